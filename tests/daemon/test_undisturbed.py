"""
What others do costs nobody else much: floods and many processes around a real daemon.

Times are bounded widely, and medians count, so that a busy host does no harm: what is to be seen is
whether one waits for all of the others. What it comes to on a quiet one benchmarks/ measures.
"""

import json
import subprocess
import time
from functools import partial
from http.client import HTTPConnection
from pathlib import Path

import psutil
from twisted.trial.unittest import SynchronousTestCase

from benchmarks import hostile, measure
from benchmarks.floods import definition
from tests.process.test_containment import withoutGroups
from tests.support import Daemon, awaitExec, need, needMounts, patience
from tests.web.test_body import dear

longMilliseconds = 400.0
"""Half of all wait for a few at the most, on a busy host for some tens; once it was a second."""


def most() -> float:
    """L{longMilliseconds}, or as many times that as this host is slower now than a quiet one."""
    begun = time.monotonic()
    for _ in range(3_000_000):
        pass
    return longMilliseconds * max(1.0, (time.monotonic() - begun) / 0.1)


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


class RequestTests(UndisturbedCase):
    def setUp(self) -> None:
        super().setUp()
        self.patch(measure, "seconds", 1.5)

    def test_dear(self) -> None:
        """32 connections that send the dearest bodies hold up neither others nor a game's write."""
        report = Path(self.mktemp()).absolute()
        self.run_("game", hostile.game.replace("PATH", str(report)))
        self.client.wait(report.exists, "the game")
        for name in ("64 KiB of names", "64 KiB of nearly a NUL", "chunks of a byte"):
            with hostile.flood(self.daemon.port, name):
                self.client.wait(self.isAttacked, name)
                report.write_text("")
                median, _ = measure.healthz(self.daemon.port)
                held = min(map(float, self.client.wait(lambda: report.read_text().split(), name)))
                self.assertLess(max(median, held), most(), name)

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
        median = measure.healthz(self.daemon.port)[0]
        self.assertLess(median, most())

    def test_controls(self) -> None:
        """Nor do lines of controls that begin a terminal sequence and never end it."""
        plain = self.used("plain", "aa")
        self.assertLess(self.used("controls", r"\302\235"), 10 * max(plain, 0.5))

    def used(self, server: str, text: str) -> float:
        """Processor time of the daemon for a server that prints long lines, in seconds."""
        process = psutil.Process(self.daemon.process.pid)
        script = f"""awk 'BEGIN {{ for (n = 0; n < 6000; n++) printf "{text}" }}' >line
            for n in $(seq 80); do cat line; echo; done; echo READY; exec cat"""
        before = process.cpu_times()
        self.client("server_create", type="telling", server=server, options={"script": script})
        self.client("server_start", server=server)
        self.client.until(server, "running")
        return process.cpu_times().user - before.user

    def isFlooding(self, server: str) -> bool:
        """Whether a server has printed more than its log keeps."""
        found: int = self.client("server_log", server=server, limit=4)["readIndex"]
        return found > 5_000_000


class StartTests(UndisturbedCase):
    def cost(self, name: str) -> int:
        """How often the daemon reads something for a start after a run, at the least of some."""
        found = []
        self.run_(name)
        for _ in range(4):
            self.client("server_kill", server=name)
            self.client.until(name, "stopped")
            self.client.wait(self.isCalm, "the end of all that it does for that")
            before = self.read("syscr")
            self.client("server_start", server=name)
            self.client.wait(partial(self.isListed, name), "its start")
            found.append(self.read("syscr") - before)
        return min(found)

    def isListed(self, name: str) -> bool:
        """Whether the list says that it runs; for a status its processes would be counted."""
        servers = self.client("server_list")["servers"]
        return any(each["server"] == name and each["status"] == "running" for each in servers)

    def isCalm(self) -> bool:
        """Whether the daemon reads nothing now; it does while it looks for what was left."""
        before = self.read("syscr")
        time.sleep(0.1)
        return self.read("syscr") == before

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
        # Some of these are looks for what it uses. A whole environment would count as twelve.
        self.assertTrue(1 <= looks < 20, looks)
        self.assertEqual([other.poll() for other in others], [None] * 200)
