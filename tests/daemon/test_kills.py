"""
A kill waits for nothing else: passwords, deletions, config files and disks, around a real daemon.

Each test lets one kind of work wait or take long, ends two games meanwhile, and then sees that the
work is not done. So what counts is what comes first, however fast the host is.
"""

import contextlib
import json
import os
import re
import select
import subprocess
import time
from collections.abc import Collection
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from functools import partial
from http.client import HTTPConnection
from pathlib import Path
from typing import Any, Final

import psutil
from twisted.trial.unittest import SkipTest, SynchronousTestCase

from gamepanel.accounts.passwords import hashNow, hashOfNobody, maxQueued
from gamepanel.base.threads import sizes
from gamepanel.servers.configs.__main__ import maxCostly
from gamepanel.state import checkFree, databaseIn
from gamepanel.store.database import openFile
from gamepanel.store.users import UserRow, addUser
from gamepanel.wire.proof import solve
from tests.daemon.test_attacks import configType
from tests.process.test_server_users import ownIds
from tests.servers.test_configs import aliases
from tests.support import Daemon, need, needRoot, patience

pipedType: Final = """
title = "Reads a named pipe"
[run]
command = ["/bin/sh", "-c", "exec cat <>pipe"]
[console]
kind = "fifo"
path = "pipe"
"""


class KillCase(SynchronousTestCase):
    """A daemon with two games: C{killed} is to be killed; C{stopped} ignores SIGTERM."""

    options: tuple[str, ...] = ()
    wrapper: tuple[str, ...] = ()

    def setUp(self) -> None:
        self.daemon = Daemon(("--allow-generic", *self.options), wrapper=self.wrapper)
        self.addCleanup(self.daemon.cleanUp)
        self.prepare()
        self.client = self.daemon.start()
        self.games = [
            self.run_("killed", "echo up; exec cat"),
            self.run_("stopped", "trap '' TERM; echo up; exec cat"),
        ]

    def prepare(self) -> None:
        """What is to be there before the daemon."""

    def run_(self, server: str, script: str) -> int:
        """Make a server that runs a script, and start it; its pid when it has said "up"."""
        self.client("server_create", type="shell", server=server, options={"script": script})
        self.client("server_start", server=server)
        self.client.untilLog(server, "up\n")
        pid: int = self.client("server_status", server=server)["pid"]
        return pid

    def endGames(self) -> None:
        """Kill one game, and stop the other, which takes a kill, too; both are gone then."""
        self.client("server_force_kill", server="killed")
        self.client("server_stop", server="stopped")
        self.client.wait(
            lambda: not any(map(psutil.pid_exists, self.games)), "the end of the games"
        )
        for server in ("killed", "stopped"):
            ended = self.client.until(server, "stopped")
            self.assertEqual(ended["exit"]["signal"], "KILL", server)

    def files(self, server: str) -> Path:
        """The directory of a server's game."""
        return Path(self.daemon.state, "servers", server, "files")

    def ask(self, name: str, source: str = "127.0.0.1", **fields: Any) -> HTTPConnection:
        """Send a request from an address, and wait for no answer."""
        wire = HTTPConnection(
            "127.0.0.1", self.daemon.port, timeout=patience, source_address=(source, 0)
        )
        self.addCleanup(wire.close)
        headers = {
            "Content-Type": "application/json",
            "Authorization": f"Bearer {self.client.token}",
        }
        wire.request("POST", f"/{name}", json.dumps(fields), headers)
        return wire

    def answered(self, asked: Collection[HTTPConnection]) -> list[HTTPConnection]:
        """Those to which there is an answer."""
        found, _, _ = select.select([wire.sock for wire in asked], [], [], 0)
        return [wire for wire in asked if wire.sock in found]


class PasswordTests(KillCase):
    """Where passwords are checked, which takes all the time of the one processor there is."""

    dearHash: Final = re.sub("m=[0-9]+,t=[0-9]+", "m=131072,t=10", hashOfNobody())
    """Nearly the dearest that is obeyed, so that the queue stays full for seconds."""

    def setUp(self) -> None:
        # Else a host with many processors would check all of them at once.
        processor = str(min(os.sched_getaffinity(0)))
        self.wrapper = (need("taskset", "util-linux"), "--cpu-list", processor)
        super().setUp()

    def prepare(self) -> None:
        """Users whose passwords take long to check."""
        password = "a meadow full of sheep"
        Path(self.daemon.state, "admin-password").write_text(password)
        with closing(openFile(databaseIn(self.daemon.state))) as connection:
            addUser(connection, UserRow("admin", hashNow(password), admin=True))
            for number in range(maxQueued + 1):
                addUser(connection, UserRow(f"user{number}", self.dearHash))

    def login(self, number: int) -> dict[str, Any]:
        """What logs a user in, without the password."""
        info, name = self.client("login_info"), f"user{number}"
        work = info["proofOfWork"]
        proofs = solve(info["token"], name, work["amount"], work["difficulty"])
        return {"username": name, "password": "x", "token": info["token"], "proofOfWork": proofs}

    def test_logins(self) -> None:
        """Games end while so many log in, each from elsewhere, that one of them is turned away."""
        logins = [self.login(number) for number in range(maxQueued + 1)]
        asked = [
            self.ask("login", f"127.0.0.{number}", **login)
            for number, login in enumerate(logins, 2)
        ]
        self.client.wait(partial(self.isBusy, asked), "a full queue")
        self.endGames()
        waiting = [wire for wire in asked if wire not in self.answered(asked)]
        self.assertGreaterEqual(len(waiting), maxQueued // 2)
        # It is the passwords that they wait for.
        first = self.client.wait(partial(self.answered, waiting), "a login")[0]
        self.assertEqual(json.load(first.getresponse())["code"], "invalid_credentials")

    def isBusy(self, asked: list[HTTPConnection]) -> bool:
        """Whether one is turned away; takes those away that have been answered."""
        codes = []
        for wire in self.answered(asked):
            asked.remove(wire)
            codes.append(json.load(wire.getresponse())["code"])
        return "busy" in codes


class TracedCase(KillCase):
    """Where system calls take as long as strace has them take."""

    def slow(self, calls: str, seconds: float, *paths: Path) -> None:
        """
        Let these system calls of the daemon, and of what it starts from now on, take longer.

        @param paths: where only those count that are about one of these.
        """
        self.traced = Path(self.mktemp())
        about = [word for path in paths for word in ("-P", str(path))]
        tracer = subprocess.Popen(
            [
                *(need("strace"), "-f", "-y", "-qq", "-o", str(self.traced)),
                *("-e", f"trace={calls}"),
                *("-e", f"inject={calls}:delay_enter={int(seconds * 1e6)}", *about),
                *("-p", str(self.daemon.process.pid)),
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

    def callers(self, call: str) -> int:
        """
        How many threads have begun such a call.

        @param call: how it begins, as a pattern.
        """
        return len({*re.findall(rf"^(\d+) +{call}", self.traced.read_text(), re.MULTILINE)})


class LargeCase(TracedCase):
    """With servers that have many files."""

    def makeLarge(self) -> None:
        """Servers with many files."""
        self.large = [f"large{number}" for number in range(4)]
        for server in self.large:
            self.client("server_create", type="shell", server=server)
            for number in range(1000):
                (self.files(server) / str(number)).touch()

    def removed(self) -> list[Path]:
        """What is left of the files of these servers."""
        # Unlike other ways this minds no directory that goes meanwhile.
        found = os.walk(Path(self.daemon.state, "removed"))
        return [Path(at, name) for at, _, names in found for name in names if name.isdigit()]


class DeletionTests(LargeCase):
    """Where large directories are deleted."""

    def test_deleted(self) -> None:
        """Games end, and a server with an id that is free now is made, while files are deleted."""
        self.makeLarge()
        self.slow("unlinkat", 0.05)
        for server in self.large:
            self.client("server_destroy", server=server, deleteFiles=True)
        self.client.wait(lambda: self.callers(r"unlinkat\("), "a deletion")
        self.endGames()
        self.run_(self.large[0], "echo up; exec cat")
        self.assertNotEqual(self.removed(), [])


class TakingBackTests(LargeCase):
    """Where what is kept of destroyed servers is made the daemon's own."""

    first: Final = ownIds + 50
    options = ("--server-users", f"{first}-{first + 49}")

    def setUp(self) -> None:
        needRoot("run games as other users")
        super().setUp()

    def test_kept(self) -> None:
        """Games end while the daemon takes many files back from the users of other games."""
        self.makeLarge()
        uids = {path.stat().st_uid for server in self.large for path in [self.files(server)]}
        for server in self.large:
            uid = self.files(server).stat().st_uid
            for path in self.files(server).iterdir():
                os.chown(path, uid, uid)
        self.slow("/chown", 0.05)
        for server in self.large:
            self.client("server_destroy", server=server)
        self.client.wait(lambda: self.callers(r"f?chown(?:at)?\("), "a file that is taken back")
        self.endGames()
        self.assertTrue({path.stat().st_uid for path in self.removed()} & uids)


class ConfigTests(KillCase):
    """Where a worker reads and writes config files."""

    def prepare(self) -> None:
        """Types of servers that have such files."""
        types = Path(self.daemon.state, "types")
        types.mkdir()
        for format, key in (("json", "k"), ("yaml", "s.k")):
            (types / f"{format}.toml").write_text(configType.format(format=format, key=key))

    def worker(self) -> psutil.Process | None:
        """Its process, if there is one."""
        for process in psutil.Process(self.daemon.process.pid).children():
            with contextlib.suppress(psutil.Error):
                if "gamepanel.servers.configs" in process.cmdline():
                    return process
        return None

    def busy(self) -> int:
        """How many files it is busy with, for so long already that they must be costly."""
        worker = self.worker()
        if worker is None:
            return 0
        found = 0
        for child in worker.children():
            with contextlib.suppress(psutil.Error):
                found += sum(child.cpu_times()[:2]) >= 0.1
        return found

    def test_costly(self) -> None:
        """Games end while it is busy with costly files, and more wait for their turn."""
        servers = [f"costly{number}" for number in range(4 * maxCostly)]
        for server in servers:
            self.client("server_create", type="yaml", server=server)
            (self.files(server) / "game.yaml").write_text(aliases)
        starts = [self.ask("server_start", server=server) for server in servers]
        self.client.wait(lambda: self.busy() >= maxCostly, "work for the worker")
        self.endGames()
        self.assertLessEqual(len(self.answered(starts)), len(starts) // 2)

    def test_stuck(self) -> None:
        """Games end and start while it is stuck; only the one waits whose file it is to write."""
        for type, server in (("json", "files"), ("shell", "other")):
            self.client("server_create", type=type, server=server)
        file = self.files("files") / "game.json"
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
                self.endGames()
                self.client("server_destroy", server="other", deleteFiles=True)
                self.run_("other", "echo up; exec cat")
                self.assertFalse(start.done())
            finally:
                worker.resume()
            start.result()
        self.client.until("files", "running")


class DiskTests(TracedCase):
    """Where a disk does not answer."""

    def test_sync(self) -> None:
        """Games end while the logs of others wait for a disk that hangs."""
        for number in range(2 * sizes["disk"]):
            self.run_(f"noisy{number}", "while :; do echo up; sleep 0.1; done")
        self.slow("fsync,fdatasync,msync", 600)
        # A thread that was in the midst of it then goes on to the next, and hangs there.
        call = r"f(?:data)?sync\(\d+<.*/(?:console|checkpoint\.new)>"
        self.client.wait(lambda: self.callers(call) == sizes["disk"], "a full pool")
        self.endGames()
        self.assertNotIn("resumed", self.traced.read_text())

    def test_pipe(self) -> None:
        """Games end while a command waits for a directory that hangs, to open the pipe there."""
        types = Path(self.daemon.state, "types")
        (types / "piped.toml").write_text(pipedType)
        self.client("server_create", type="piped", server="piped")
        self.client("server_start", server="piped")
        self.client.until("piped", "running")
        self.slow("openat", 600, self.files("piped"))
        sent = self.ask("server_cmd", server="piped", command="x")
        self.client.wait(lambda: self.callers(r"openat\("), "the command")
        self.endGames()
        self.assertEqual(self.answered([sent]), [])

    def test_directory(self) -> None:
        """Games end, and start, while directories of others hang that are started or measured."""
        servers = [f"hanging{number}" for number in range(2 * sizes["games"])]
        for server in servers:
            self.client("server_create", type="shell", server=server)
        self.client("server_create", type="shell", server="measured")
        self.client("server_settings", server="measured", settings={"diskLimit": 1000})
        servers.append("measured")
        self.slow("openat", 600, *map(self.files, servers))
        starts = [self.ask("server_start", server=server) for server in servers]
        # One more is the process that measures.
        self.client.wait(lambda: self.callers(r"openat\(") > sizes["games"], "a full pool")
        self.endGames()
        self.client("server_start", server="killed")
        self.client.until("killed", "running")
        self.assertEqual(self.answered(starts), [])

    def test_end(self) -> None:
        """
        The daemon ends though a directory hangs, and another may work on its state, for as long as
        the thread that waits for it keeps the process.
        """
        self.client("server_create", type="shell", server="hanging")
        self.slow("openat", 600, self.files("hanging"))
        self.ask("server_start", server="hanging")
        self.client.wait(lambda: self.callers(r"openat\("), "a call that hangs")
        self.daemon.process.terminate()
        # The thread itself ends only when strace does.
        daemon = psutil.Process(self.daemon.process.pid)
        self.client.wait(lambda: daemon.status() == psutil.STATUS_ZOMBIE, "the end")
        self.assertEqual(daemon.num_threads(), 2)
        checkFree(self.daemon.state)
