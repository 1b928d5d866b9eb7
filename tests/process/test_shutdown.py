"""What the daemon asks systemd at its end, and how it stops its servers when the host goes down."""

import os
import signal
import subprocess
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import psutil
from msgspec.structs import replace
from twisted.internet import reactor as installed
from twisted.internet.defer import Deferred
from twisted.internet.task import Clock
from twisted.logger import capturedLogs, formatEvent
from twisted.trial.unittest import SynchronousTestCase, TestCase

from gamepanel.process.launch import shim
from gamepanel.process.runfiles import Exit
from gamepanel.servers.server import GameServer
from gamepanel.service.shutdown import Systemd, askSeconds, secondsOf
from tests.inmemory import InMemoryPanel
from tests.support import patience, until

reactor: Any = installed

answers = """#!/bin/sh
case "$*" in
is-system-running) cat "$0.state"; exit 1 ;;
"show --value --property=TimeoutStopUSec gamepanel.service") cat "$0.time" ;;
esac
"""
"""In place of systemctl."""


class SpanTests(SynchronousTestCase):
    def test_table(self) -> None:
        """A time span as systemd writes it."""
        for span, seconds in (
            ("5min", 300.0),
            ("1min 30s", 90.0),
            ("1h 500ms", 3600.5),
            ("infinity", None),
            ("", None),
        ):
            self.assertEqual(secondsOf(span), seconds, span)


class SystemdTests(TestCase):
    def systemd(self, state: str, span: str = "5min", *, isBooted: bool = True) -> Systemd:
        """One that says so."""
        program = Path(self.mktemp()).absolute()
        program.write_text(answers)
        program.chmod(0o755)
        Path(f"{program}.state").write_text(state + "\n")
        Path(f"{program}.time").write_text(span + "\n")
        groups = Path(self.mktemp())
        groups.write_text("1:name=systemd:/\n0::/system.slice/gamepanel.service/daemon\n")
        booted = os.path.dirname(program) if isBooted else f"{program}.none"
        return Systemd(reactor, booted, str(groups), str(program))

    async def test_asked(self) -> None:
        """The host goes down when it is stopping, and not in any other state."""
        for state, isGoingDown in (("stopping", True), ("running", False), ("degraded", False)):
            self.assertEqual(await self.systemd(state).isHostGoingDown(), isGoingDown)
        self.assertFalse(await self.systemd("stopping", isBooted=False).isHostGoingDown())

    async def test_time(self) -> None:
        """Of the time that the unit has, the last seconds are kept for what has to be killed."""
        for span, seconds in (("5min", 290.0), ("8s", 0.0), ("infinity", None)):
            self.assertEqual(await self.systemd("stopping", span).stopSeconds(), seconds)

    async def test_hangs(self) -> None:
        """One that does not answer in time is killed, and then nothing is known."""
        systemd = self.systemd("stopping")
        Path(systemd.program).write_text('#!/bin/sh\necho $$ >"$0.pid"\nexec sleep 1000\n')
        clock = Clock()
        both = SimpleNamespace(spawnProcess=reactor.spawnProcess, callLater=clock.callLater)
        asked = Deferred.fromCoroutine(replace(systemd, reactor=both).isHostGoingDown())
        file = Path(f"{systemd.program}.pid")
        await until(reactor, lambda: file.exists() and file.read_text().endswith("\n"))
        pid = int(file.read_text())
        clock.advance(askSeconds)
        self.assertFalse(await asked)
        await until(reactor, lambda: not psutil.pid_exists(pid), "the end of its command")


commanded = """
title = "Saves by its command"
[run]
command = ["/bin/sh", "-c", "echo up; trap '' TERM; read -r line; echo \\"$line\\" >saved"]
ready = "up"
[[stop]]
command = "save and quit"
patience = 60
"""

deaf = """
title = "Never stops"
[run]
command = ["/bin/sh", "-c", "trap '' TERM; echo up; while :; do sleep 0.1; done"]
ready = "up"
[[stop]]
signal = "TERM"
patience = 60
"""


class LeavingTests(TestCase):
    """Real children."""

    timeout = 4 * patience

    async def start(self, id: str, definition: str) -> GameServer:
        """A server of a type that runs."""
        Path(self.panel.state, "types", f"{id}.toml").write_text(definition)
        creation = self.panel.directory.creation
        server: GameServer = (await creation.create(id, id, "", {}, None, (), "admin"))[0]
        await server.start("admin")
        await until(reactor, lambda: server.status.state == "running")
        return server

    async def test_stopped(self) -> None:
        """
        When the host goes down each server gets its stop steps, and what has not stopped in time is
        killed and named; both count as running, for the next boot.
        """
        self.panel = InMemoryPanel()
        saves = await self.start("commanded", commanded)
        stays = await self.start("deaf", deaf)
        self.panel.directory.takeAlong()
        with capturedLogs() as said:
            await self.panel.directory.leave(0.5)
        try:
            self.assertEqual(Path(saves.home, "saved").read_text(), "save and quit\n")
            for server, exit in (saves, Exit(0)), (stays, Exit(137)):
                ended = server.status.ended
                self.assertEqual((server.status.state, ended and ended.exit), ("stopped", exit))
                self.assertTrue(server.status.wanted)
                self.assertIsNone(server.shim)
            told = [formatEvent(each) for each in said]
            self.assertEqual(
                [each for each in told if "killed" in each],
                ["deaf has not stopped within 0.5 s, and is killed"],
            )
        finally:
            await self.panel.end()


class ShimTests(SynchronousTestCase):
    def test_ends(self) -> None:
        """
        A shim that no daemon dismisses lets the signal go by that its game ends by, and is ended by
        the next one.
        """
        place = Path(self.mktemp())
        place.mkdir()
        record = place / "exit"
        record.touch()
        game = "trap 'exit 3' TERM; echo up >&2; while :; do sleep 0.05; done"
        # Nobody listens to what it tells.
        silently = ("/bin/sh", "-c", 'exec 3>/dev/null && exec "$@"', "silently")
        process = subprocess.Popen(
            [
                *(*silently, "/bin/sh", "-c", shim, "shim", str(record.absolute()), "", ""),
                *("/bin/sh", "-c", game),
            ],
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        assert process.stderr is not None
        self.assertEqual(process.stderr.readline(), b"up\n")
        os.killpg(process.pid, signal.SIGTERM)
        end = time.monotonic() + patience
        while Path("/proc", str(process.pid), "comm").read_text() != "sleep\n":
            self.assertLess(time.monotonic(), end)
            time.sleep(0.01)
        self.assertTrue((place / "exit.3").exists())
        process.terminate()
        self.assertEqual(process.wait(patience), -signal.SIGTERM)
        process.stderr.close()
