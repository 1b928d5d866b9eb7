"""
What others do costs nobody else much: floods, slow disks and many processes around a real daemon.

Times are bounded widely, and medians count, so that a busy host does no harm: what is to be seen is
whether one waits for all of the others. What it comes to on a quiet one benchmarks/ measures.
"""

import contextlib
import json
import os
import subprocess
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import psutil
from twisted.trial.unittest import SkipTest, SynchronousTestCase

from benchmarks import hostile
from benchmarks.floods import definition
from tests.support import Daemon, awaitExec, need, needMounts, patience
from tests.test_attacks import configType
from tests.test_body import dear
from tests.test_containment import withoutGroups

longMilliseconds = 400.0
"""Half of all wait for a few at the most, on a busy host for some tens; once it was a second."""


class UndisturbedCase(SynchronousTestCase):
    wrapper: tuple[str, ...] = ()

    def setUp(self) -> None:
        self.daemon = Daemon(wrapper=self.wrapper)
        self.addCleanup(self.daemon.cleanUp)
        self.client = self.daemon.start()

    def run_(self, server: str, script: str = "exec cat") -> int:
        """Make a server that runs a script, and start it; its pid."""
        self.client("server_create", type="shell", server=server, options={"script": script})
        self.client("server_start", server=server)
        pid: int = self.client.until(server, "running")["pid"]
        return pid

    def read(self, what: str) -> int:
        """What the daemon has read so far: C{rchar} bytes, in C{syscr} calls."""
        lines = Path(f"/proc/{self.daemon.process.pid}/io").read_text().splitlines()
        return int(dict(line.split(": ") for line in lines)[what])

    def took(self, act: Callable[[], Any]) -> float:
        """For how many seconds it is waited for something."""
        begun = time.monotonic()
        act()
        return time.monotonic() - begun


class RequestTests(UndisturbedCase):
    def setUp(self) -> None:
        super().setUp()
        self.patch(hostile, "seconds", 1.5)

    def test_dear(self) -> None:
        """32 connections that send the dearest bodies hold up neither others nor a game's write."""
        report = Path(self.mktemp()).absolute()
        self.run_("game", hostile.game.replace("PATH", str(report)))
        self.client.wait(report.exists, "the game")
        for name in ("64 KiB of names", "64 KiB of nearly a NUL", "chunks of a byte"):
            with hostile.flood(self.daemon.port, name):
                self.client.wait(self.isAttacked, name)
                report.write_text("")
                median, _ = hostile.healthz(self.daemon.port)
                held = min(map(float, report.read_text().split()))
            self.assertLess(max(median, held), longMilliseconds, name)

    def isAttacked(self) -> bool:
        """Whether many are connected."""
        found = psutil.Process(self.daemon.process.pid).net_connections("tcp")
        return len([each for each in found if each.raddr]) > hostile.connections // 2

    def test_tokenFirst(self) -> None:
        """A bad token in the header is refused before anything looks at the body."""
        for body in (b"{", b"\xff", b"[" * 60_000, dear["a NUL after many names"]):
            for token, expected in (
                (None, (400, "bad_request")),
                ("0" * 64, (403, "token_invalid")),
                (self.client.token, (400, "bad_request")),
            ):
                headers = {"Content-Type": "application/json"}
                if token is not None:
                    headers["Authorization"] = f"Bearer {token}"
                wire = HTTPConnection("127.0.0.1", self.daemon.port, timeout=patience)
                self.addCleanup(wire.close)
                wire.request("POST", "/server_create", body, headers)
                answer = wire.getresponse()
                found = answer.status, json.load(answer)["code"]
                self.assertEqual(found, expected, (token, body[:20]))

    def test_lines(self) -> None:
        """Games that print empty lines as fast as they can, and are never ready, hold up nobody."""
        (Path(self.daemon.state) / "types" / "flood.toml").write_text(definition)
        for number in range(4):
            self.client("server_create", type="flood", server=f"flood{number}")
            self.client("server_start", server=f"flood{number}")
        for number in range(4):
            self.client.wait(partial(self.isFlooding, f"flood{number}"), "a flood")
        self.assertLess(hostile.healthz(self.daemon.port)[0], longMilliseconds)

    def isFlooding(self, server: str) -> bool:
        """Whether a server has printed more than its log keeps."""
        found: int = self.client("server_log", server=server, limit=4)["readIndex"]
        return found > 5_000_000


class SlowDiskTests(UndisturbedCase):
    """Where system calls take as long as strace has them take."""

    def slow(self, calls: str, seconds: float) -> None:
        """Let these system calls of the daemon take longer from now on."""
        delay = f"inject={calls}:delay_enter={int(seconds * 1e6)}"
        tracer = subprocess.Popen(
            [
                *(need("strace"), "-f", "-qq", "-o", os.devnull),
                *("-e", f"trace={calls}", "-e", delay, "-p", str(self.daemon.process.pid)),
            ],
            stderr=subprocess.DEVNULL,
        )
        self.addCleanup(tracer.wait)
        self.addCleanup(tracer.kill)
        status = Path(f"/proc/{self.daemon.process.pid}/status")
        end = time.monotonic() + patience
        while f"TracerPid:\t{tracer.pid}\n" not in status.read_text():
            if tracer.poll() is not None or time.monotonic() > end:
                raise SkipTest("no process may be traced in this container")
            time.sleep(0.01)

    def test_kill(self) -> None:
        """A game is killed while all that is to be on the disk waits for it."""
        for number in range(8):
            self.run_(f"noisy{number}", "while :; do echo x; sleep 0.1; done")
        pid = self.run_("a")
        self.slow("fsync,fdatasync,msync", 60)
        # All logs are to be synced meanwhile.
        time.sleep(2)
        self.client("server_force_kill", server="a")
        seconds = self.took(lambda: self.client.wait(lambda: not psutil.pid_exists(pid), "its end"))
        self.assertLess(seconds, 10)

    def test_delete(self) -> None:
        """Nobody waits for the end of a deletion, neither whoever asked for it nor others."""
        self.run_("a")
        self.client("server_create", type="shell", server="b")
        files = Path(self.daemon.state, "servers", "b", "files")
        for number in range(3000):
            (files / str(number)).touch()
        self.slow("unlinkat", 0.01)
        for act in (
            lambda: self.client("server_destroy", server="b", deleteFiles=True),
            lambda: self.client("server_create", type="shell", server="b"),
            lambda: self.client("server_force_kill", server="a"),
            lambda: self.client.until("a", "stopped"),
        ):
            self.assertLess(self.took(act), 10)
        # Else nothing was shown.
        removed = Path(self.daemon.state, "removed")
        self.assertTrue(any(path.name.isdigit() for path in removed.rglob("*")))


class ConfigTests(UndisturbedCase):
    def worker(self) -> psutil.Process | None:
        """The process that reads and writes config files, if there is one."""
        for process in psutil.Process(self.daemon.process.pid).children():
            with contextlib.suppress(psutil.Error):
                if "gamepanel.servers.configs" in process.cmdline():
                    return process
        return None

    def test_stuck(self) -> None:
        """Nobody waits for config files that take for ever, but the game that they are of."""
        (Path(self.daemon.state) / "types" / "json.toml").write_text(
            configType.format(format="json", key="k")
        )
        for type, server in (("json", "files"), ("shell", "b")):
            self.client("server_create", type=type, server=server)
        file = Path(self.daemon.state, "servers", "files", "files", "game.json")
        pid = self.run_("a")
        with ThreadPoolExecutor(1) as pool:
            while True:
                start = pool.submit(self.client, "server_start", server="files")
                worker = self.client.wait(self.worker, "the worker")
                worker.suspend()
                if not file.exists():
                    break
                # It was too fast.
                worker.resume()
                start.result()
                self.client("server_force_kill", server="files")
                self.client.until("files", "stopped")
                file.unlink()
            try:
                self.client("server_force_kill", server="a")
                self.client.wait(lambda: not psutil.pid_exists(pid), "its end")
                self.client("server_destroy", server="b", deleteFiles=True)
                self.run_("b")
                self.assertFalse(start.done())
            finally:
                worker.resume()
            start.result()
        self.client.until("files", "running")


class StartTests(UndisturbedCase):
    def cost(self, name: str) -> int:
        """How often the daemon reads something for a start after a run, at the least of some."""
        found = []
        self.run_(name)
        for _ in range(4):
            self.client("server_kill", server=name)
            self.client.until(name, "stopped")
            before = self.read("syscr")
            self.client("server_start", server=name)
            self.client.until(name, "running")
            found.append(self.read("syscr") - before)
        return min(found)

    def test_flat(self) -> None:
        """A start looks at no more when many servers run than when few do."""
        few = self.cost("few")
        for number in range(40):
            self.run_(f"more{number}")
        self.assertLess(self.cost("many"), few + 20)


class ProcessTests(UndisturbedCase):
    """Where neither control groups nor process namespaces hold what belongs to a server."""

    wrapper = (
        *withoutGroups[:-2],
        'mount --bind /bin/false "$(command -v bwrap)" && ' + withoutGroups[-2],
        withoutGroups[-1],
    )

    def setUp(self) -> None:
        needMounts()
        need("bwrap")
        super().setUp()

    def test_environments(self) -> None:
        """200 processes with environments of 1.6 MB cost a kill no more than their beginnings."""
        pid = self.run_("a")
        filling = {f"FILLING{number}": "x" * 100_000 for number in range(16)}
        others = [
            subprocess.Popen(["/bin/sleep", "1000"], env={**filling, "GAMEPANEL_SERVER": "a"})
            for _ in range(200)
        ]
        for other in others:
            self.addCleanup(other.wait)
            self.addCleanup(other.kill)
        for other in others:
            awaitExec(other.pid)
        before = self.read("rchar")
        self.client("server_force_kill", server="a")
        self.client.wait(lambda: not psutil.pid_exists(pid), "its end")
        self.client.until("a", "stopped")
        # What is left is looked for now, so that look has come to its end.
        self.client("server_start", server="a")
        self.client.until("a", "running")
        looks = (self.read("rchar") - before) / (200 * 128 * 1024)
        self.assertTrue(1 <= looks < 6, looks)
        self.assertEqual([other.poll() for other in others], [None] * 200)
