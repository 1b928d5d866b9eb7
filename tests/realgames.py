"""
What tests of real game servers stand on: a daemon with a game, which is made, started,
commanded and ended.
"""

import os
import re
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any, Final
from unittest import SkipTest

import psutil
from twisted.trial.unittest import SynchronousTestCase

from gamepanel.games.catalogue import Catalogue, shippedTypes
from tests.support import (
    Client,
    Daemon,
    Refused,
    freePort,
    need,
    needIsolation,
    patience,
    takePort,
)

local = {"address": "127.0.0.1"}

games: Final = Path(sys.prefix) / "games"
"""Where C{make games} puts game servers and players from npm."""


def freePair() -> int:
    """A free port behind which there is another."""
    while True:
        port = freePort()
        if takePort(port + 1):
            return port


class RealGame(SynchronousTestCase):
    """
    A daemon with a game. Games are isolated, where that can be had. Where the daemon is root,
    the games are not: Freeciv refuses root.
    """

    client: Client

    def setUp(self) -> None:
        self.options: tuple[str, ...] = ()
        try:
            self.options = needIsolation()
        except SkipTest:
            self.options = ("--server-user", "games") if os.geteuid() == 0 else ()
        self.daemon = Daemon(self.options)

    @property
    def reaching(self) -> tuple[str, ...]:
        """
        Options of a daemon whose games reach the virtualenv that we are in: where they are not
        isolated, another user might not.
        """
        return self.options if "--isolate" in self.options else ()

    def show(self, type: str, path: str) -> None:
        """
        Let games of a type see more, as an operator does whose files are elsewhere; then nothing
        is installed.
        """
        shipped = (Path(shippedTypes()) / f"{type}.toml").read_text()
        shipped = re.sub(r"(?ms)^\[\[install\]\]\n.*?\n\n", "", shipped)
        own = Path(self.daemon.state) / "types" / f"{type}.toml"
        own.parent.mkdir(exist_ok=True)
        own.write_text(shipped.replace("[run]", f'[run]\nsees = ["{path}"]', 1))

    def begin(self, type: str, **options: Any) -> Any:
        """Start a game and wait until players can come."""
        if "PATH" not in self.daemon.environment:
            for program in Catalogue((shippedTypes(),)).find(type).needs:
                need(program)
        self.client = self.daemon.start()
        self.addCleanup(self.daemon.cleanUp)
        made = self.client("server_create", type=type, server="game", options=options)
        self.installed(made["job"])
        return self.again()

    def installed(self, job: int | None) -> None:
        """Wait until its files are there. The internet may fail once."""
        if job is None:
            return
        if self.over(job)["status"] == "failed":
            job = self.client("server_update", server="game")["job"]
            assert job is not None
        found = self.over(job)
        self.assertEqual(found["status"], "done", found["error"])

    def over(self, job: int) -> Any:
        """Wait for the end of a job."""

        def look() -> Any:
            found = self.client("job_status", job=job, wait=1)
            return found if found["status"] not in ("queued", "running") else None

        return self.client.wait(look, f"the end of job {job}", 10 * patience)

    def again(self, server: str = "game") -> Any:
        """Start it, and wait until players can come."""
        self.client("server_start", server=server)
        ends = ("waiting", "crashed", "failed", "stopped")
        status = self.client.until(server, "running", *ends)
        self.assertEqual(
            status["status"], "running", self.client("server_log", server=server)["data"]
        )
        if "--isolate" in self.options:
            self.assertIsolated(status["pid"], server)
        return status

    def assertIsolated(self, pid: int, server: str) -> None:
        """A game sees of the host what it needs, and no other server."""
        root = f"/proc/{pid}/root"
        self.assertEqual(os.listdir(f"{root}{self.daemon.state}/servers"), [server])
        self.assertEqual(os.listdir(f"{root}{self.daemon.state}"), ["servers"])
        self.assertEqual({*os.listdir(root)} & {"home", "var", "run", "sys", "srv"}, set())
        self.assertEqual(min(filter(str.isdigit, os.listdir(f"{root}/proc")), key=int), "1")

    def failure(self) -> str:
        """Why its start fails."""
        self.client("server_settings", server="game", settings={"restart": "never"})
        self.client("server_start", server="game")
        status = self.client.until("game", "running", "failed")
        self.assertEqual(status["status"], "failed")
        reason: str = status["exit"]["reason"]
        return reason

    def answers(self) -> None:
        """It answers what the daemon asks it again and again."""

        def responds() -> object:
            return self.client("server_status", server="game")["responds"]

        self.client.wait(responds, "an answer to a query")

    def joinOpenTTD(self, port: int) -> "subprocess.Popen[bytes]":
        """
        Somebody who plays OpenTTD, C{probebot}. On a busy host the game drops those who take long
        to join, and they do not try again by themselves.
        """
        work = Path(self.mktemp()).absolute()
        work.mkdir()
        (work / "openttd.cfg").write_text("[network]\nclient_name = probebot\n")
        arguments = [
            *(need("openttd"), "-c", str(work / "openttd.cfg")),
            *("-v", "null:ticks=2000000000", "-b", "null", "-s", "null", "-m", "null"),
            *("-n", f"127.0.0.1:{port}"),
        ]
        begin = self.client("server_log", server="game")["readIndex"]
        for isLast in (False, False, True):
            player = subprocess.Popen(
                arguments,
                env={"HOME": str(work), "PATH": os.environ["PATH"]},
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
            self.addCleanup(player.wait)
            self.addCleanup(player.kill)
            try:
                self.client.untilLog("game", "probebot has joined the game", begin)
                break
            except AssertionError:
                if isLast:
                    raise
                player.kill()
        return player

    def command(self, line: str, answer: str) -> str:
        """Give it a line, and see the answer in what comes after."""
        start = self.client("server_status", server="game")["readIndex"]
        self.client("server_cmd", server="game", command=line)
        return self.client.untilLog("game", answer, start)

    def reachConsole(self) -> None:
        """Wait until its console is there, by an empty line."""

        def isTaken() -> bool:
            try:
                self.client("server_cmd", server="game", command="")
            except Refused as error:
                if error.code != "console_unavailable":
                    raise
                return False
            return True

        self.client.wait(isTaken, "its console")

    def end(self, how: str, code: int, signal: str | None = None) -> None:
        """End it, and see how that went."""
        self.client(how, server="game")
        ended = self.client.until("game", "stopped", "failed")["exit"]
        self.assertEqual((ended["code"], ended["signal"]), (code, signal), ended["reason"])

    @property
    def files(self) -> Path:
        """The server's directory."""
        return Path(self.daemon.state) / "servers" / "game" / "files"

    def edit(self, path: str, text: str) -> None:
        """Write a file by hand, as an operator does: it is readable for the game."""
        file = self.files / path
        for directory in reversed(file.parents):
            if not directory.exists():
                directory.mkdir()
                directory.chmod(0o755)
        file.write_text(text)
        file.chmod(0o644)

    def append(self, path: str, line: str) -> None:
        """Add a line to a file by hand."""
        self.edit(path, (self.files / path).read_text() + line + "\n")

    def generated(self, path: str, key: str) -> str:
        """The password that was made for a key of a file."""
        found = re.search(rf'^{key} "([A-Za-z0-9]{{24}})"$', (self.files / path).read_text(), re.M)
        assert found, key
        return found[1]

    def assertSecret(self, path: str, *secrets: str) -> None:
        """Passwords are in a file that others can't read, and nowhere else."""
        for place in (self.files, self.files / path):
            self.assertEqual(stat.S_IMODE(place.stat().st_mode) & 0o077, 0, place)
        text = (self.files / path).read_text()
        log = self.client("server_log", server="game")["data"]
        arguments = [" ".join(p.info["cmdline"] or ()) for p in psutil.process_iter(["cmdline"])]
        for secret in secrets:
            self.assertIn(secret, text)
            self.assertNotIn(secret, log)
            self.assertFalse([line for line in arguments if secret in line])
