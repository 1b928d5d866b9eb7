"""What the service manager and the log are told of a start and an end."""

import contextlib
import io
import os
import re
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from twisted.internet.address import IPv4Address, IPv6Address, UNIXAddress
from twisted.internet.defer import Deferred
from twisted.internet.error import CannotListenError
from twisted.internet.task import Clock
from twisted.internet.testing import MemoryReactor
from twisted.logger import capturedLogs
from twisted.trial.unittest import SynchronousTestCase

from gamepanel.service.application import StartFailed, TopService, exceptTold, tellFailure
from gamepanel.service.notify import AddressTelling, Announcement, addressText, notifier
from gamepanel.service.watchdog import Watchdog, watchdogSeconds
from gamepanel.store.migrating import BadStore
from tests.support import Daemon, awaitExec, patience, twistd


class Manager:
    """
    Stands for systemd: gets what a service sends.
    """

    def __init__(self, path: str) -> None:
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(path)
        self.socket.settimeout(patience)

    def read(self) -> list[str]:
        """The lines of the next message."""
        return self.socket.recv(4096).decode().splitlines()


class NotifierTests(SynchronousTestCase):
    def test_sent(self) -> None:
        """A message arrives, and the variable is gone: no child may speak for the daemon."""
        path = self.mktemp()
        for name, address in ((path, path), (f"\0gamepanel-{os.getpid()}", None)):
            manager = Manager(name)
            self.addCleanup(manager.socket.close)
            environment = {"NOTIFY_SOCKET": address or "@" + name[1:], "LANG": "C"}
            notify = notifier(environment)
            self.assertEqual(environment, {"LANG": "C"})
            notify("READY=1")
            self.assertEqual(manager.read(), ["READY=1"])

    def test_nobody(self) -> None:
        """Without a service manager nothing happens; with one that is gone a line is logged."""
        with capturedLogs() as events:
            notifier({})("READY=1")
        self.assertEqual(events, [])
        with capturedLogs() as events:
            notifier({"NOTIFY_SOCKET": self.mktemp()})("READY=1")
        self.assertEqual(len(events), 1)

    def test_full(self) -> None:
        """A service manager that reads nothing keeps us waiting for a moment, not for ever."""
        path = self.mktemp()
        manager = Manager(path)
        self.addCleanup(manager.socket.close)
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
            sender.setblocking(False)
            with contextlib.suppress(BlockingIOError):
                while True:
                    sender.sendto(b"x", path)
        with capturedLogs() as events:
            notifier({"NOTIFY_SOCKET": path})("WATCHDOG=1")
        self.assertEqual(len(events), 1)


class WatchdogTests(SynchronousTestCase):
    def test_interval(self) -> None:
        """What systemd wants is taken from the environment, and left to no child."""
        for wanted, seconds in (
            ({"WATCHDOG_USEC": "30000000"}, 30.0),
            ({"WATCHDOG_USEC": "500000", "WATCHDOG_PID": "7"}, 0.5),
            ({"WATCHDOG_USEC": "500000", "WATCHDOG_PID": "8"}, None),
            ({"WATCHDOG_USEC": "0"}, None),
            ({"WATCHDOG_USEC": "soon"}, None),
            ({"WATCHDOG_USEC": "\N{SUPERSCRIPT TWO}"}, None),
            ({"WATCHDOG_USEC": "9" * 5_000}, None),
            ({}, None),
        ):
            environment = {"LANG": "C", **wanted}
            self.assertEqual(watchdogSeconds(environment, 7), seconds, wanted)
            self.assertEqual(environment, {"LANG": "C"})

    def test_told(self) -> None:
        """It is told well within the time, by the reactor, also while the daemon ends."""
        said: list[str] = []
        clock = Clock()
        watchdog = Watchdog(said.append, clock, 30.0)
        watchdog.startService()
        clock.advance(0)
        clock.pump([10] * 3)
        self.assertEqual(said, ["WATCHDOG=1"] * 4)
        watchdog.stopService()
        clock.advance(10)
        self.assertEqual(len(said), 5)

    def test_nobody(self) -> None:
        """Where nobody waits for it nothing is planned."""
        clock = Clock()
        Watchdog(self.fail, clock, None).startService()
        self.assertEqual(clock.getDelayedCalls(), [])


class AnnouncementTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.said: list[str] = []
        self.reactor = MemoryReactor()
        self.announcement = Announcement(self.said.append, self.reactor, "/state")

    def test_ready(self) -> None:
        """It is ready as soon as the reactor runs, and ending as soon as it is told to end."""
        self.announcement.heard(IPv4Address("TCP", "127.0.0.1", 80))
        self.announcement.heard(UNIXAddress(b"/run/socket"))
        self.announcement.startService()
        self.assertEqual(self.said, [])
        with capturedLogs() as events:
            self.reactor.run()
        [event] = events
        self.assertEqual(event["addresses"], "127.0.0.1:80, unix:/run/socket")
        [said] = self.said
        self.assertRegex(
            said, r"^STATUS=gamepanel \S+ listens at 127.0.0.1:80, unix:/run/socket\nREADY=1$"
        )
        self.announcement.stopService()
        self.assertIn("STOPPING=1", self.said[1].splitlines())

    def test_never(self) -> None:
        """What has been stopped before the reactor ran was never ready."""
        self.announcement.startService()
        self.announcement.stopService()
        self.reactor.run()
        self.assertNotIn("READY", "".join(self.said))

    def test_reloading(self) -> None:
        """A reload has a beginning, with the time that systemd wants, and an end."""
        before = time.monotonic()
        self.announcement.reloading()
        self.announcement.reloaded()
        [first, moment], [last] = (each.splitlines() for each in self.said)
        self.assertEqual((first, last), ("RELOADING=1", "READY=1"))
        name, _, microseconds = moment.partition("=")
        self.assertEqual(name, "MONOTONIC_USEC")
        self.assertTrue(before - 0.001 < int(microseconds) / 1e6 < time.monotonic() + 0.001)

    def test_addresses(self) -> None:
        """Addresses look as people write them."""
        for address, text in (
            (IPv4Address("TCP", "192.0.2.1", 80), "192.0.2.1:80"),
            (IPv6Address("TCP", "::1", 80), "[::1]:80"),
            (UNIXAddress(b"/run/\xff"), "unix:/run/\ufffd"),
        ):
            self.assertEqual(addressText(address), text)

    def test_endpoint(self) -> None:
        """The address is that of the port, not of its description."""
        heard: list[Any] = []

        class Port:
            def getHost(self) -> str:
                return "address"

        class Endpoint:
            def listen(self, factory: object) -> Deferred[Any]:
                listening: Deferred[Any] = Deferred()
                listening.callback(Port())
                return listening

        port = self.successResultOf(
            AddressTelling(Endpoint(), heard.append).listen(None)  # type: ignore[arg-type]
        )
        self.assertEqual((type(port), heard), (Port, ["address"]))


class FailedStartTests(SynchronousTestCase):
    def toldOf(self, error: Exception) -> str:
        """What is told of a start that fails with this."""
        told: list[str] = []
        for phase in ("privilegedStartService", "startService"):
            top = TopService(None, told.append)

            class Part(TopService):
                pass

            def broken() -> None:
                raise error

            part = Part(None, told.append)
            setattr(part, phase, broken)
            part.setServiceParent(top)
            self.assertRaises(StartFailed, getattr(top, phase))
        self.assertEqual(told[0], told[1])
        self.assertEqual(len(told[0].splitlines()), 1)
        return told[0]

    def test_reasons(self) -> None:
        """The reason is one line; that of a bug says so, and the log has all of it."""
        self.assertEqual(self.toldOf(PermissionError(13, "Denied", "/x")), "/x: Denied")
        self.assertEqual(self.toldOf(BadStore("two\nlines")), "two lines")
        taken = CannotListenError("", 80, OSError(98, "Taken"))
        self.assertIn("80", self.toldOf(taken))
        self.assertEqual(self.flushLoggedErrors(), [])
        self.assertEqual(self.toldOf(ValueError("x")), "a bug: x; the log has more")
        self.assertEqual(len(self.flushLoggedErrors(ValueError)), 2)

    def test_noTraceback(self) -> None:
        """Python prints no traceback of what has been told, and one of all else."""
        code = (
            "import sys; from gamepanel.service.application import *; sys.excepthook = exceptTold;"
            "raise {}('x')"
        )
        said = []
        for name in ("StartFailed", "ValueError"):
            done = subprocess.run(
                [sys.executable, "-c", code.format(name)],
                capture_output=True,
                text=True,
                check=False,
            )
            self.assertEqual(done.returncode, 1)
            said.append(done.stderr)
        self.assertEqual(said[0], "")
        self.assertIn("ValueError: x", said[1])
        self.assertTrue(callable(exceptTold))

    def test_status(self) -> None:
        """
        The service manager is told the reason, of a command line that is wrong as of all else,
        whatever bytes are in it.
        """
        path = os.path.abspath(self.mktemp())
        manager = Manager(path)
        self.addCleanup(manager.socket.close)
        state = os.path.abspath(self.mktemp())
        subprocess.run(
            [twistd, "-n", "--pidfile=", "gamepanel", "--state", state, "--isolate", b"\xff"],
            env={**os.environ, "NOTIFY_SOCKET": path},
            stderr=subprocess.DEVNULL,
            timeout=patience,
            check=False,
        )
        refused = "--isolate \\udcff: must be one of auto, on, off"
        self.assertEqual(manager.read(), [f"STATUS=Could not start: {refused}"])
        hook, self.said = sys.excepthook, list[str]()
        self.addCleanup(setattr, sys, "excepthook", hook)
        with capturedLogs(), contextlib.redirect_stderr(io.StringIO()):
            tellFailure(self.said.append, "/x: Denied")
        self.assertEqual(self.said, ["STATUS=Could not start: /x: Denied"])


class DaemonTests(SynchronousTestCase):
    def setUp(self) -> None:
        # Else a daemon that nohup is around knows none.
        self.addCleanup(signal.signal, signal.SIGHUP, signal.signal(signal.SIGHUP, signal.SIG_DFL))

    def test_told(self) -> None:
        """A real daemon says when it answers and when it ends; its games know no socket."""
        path = os.path.abspath(self.mktemp())
        manager = Manager(path)
        self.addCleanup(manager.socket.close)
        daemon = Daemon(environment={"NOTIFY_SOCKET": path})
        self.addCleanup(daemon.cleanUp)
        client = daemon.start()
        [status, ready] = manager.read()
        self.assertEqual(ready, "READY=1")
        self.assertIn(f"127.0.0.1:{daemon.port}", status)
        client("server_create", type="shell", server="a")
        client("server_start", server="a")
        pid = client.wait(lambda: client("server_status", server="a")["pid"], "a process")
        awaitExec(pid, "cat")
        environment = Path(f"/proc/{pid}/environ").read_bytes()
        self.assertNotIn(b"NOTIFY_SOCKET", environment)
        self.assertNotIn(b"GAMEPANEL_SHIM", environment)
        self.assertIn(b"GAMEPANEL_SERVER=a", environment)
        daemon.process.send_signal(signal.SIGHUP)
        self.assertEqual(manager.read()[0], "RELOADING=1")
        self.assertEqual(manager.read(), ["READY=1"])
        daemon.end()
        self.assertIn("STOPPING=1", manager.read())
        lines = [each for each in daemon.output if " listens at " in each]
        self.assertEqual(len(lines), 1)
        self.assertTrue(re.search(rf"gamepanel \d\S* listens at .*:{daemon.port};", lines[0]))

    def test_alive(self) -> None:
        """A real daemon says again and again that it is alive, from its start to its end."""
        path = os.path.abspath(self.mktemp())
        manager = Manager(path)
        self.addCleanup(manager.socket.close)
        daemon = Daemon(environment={"NOTIFY_SOCKET": path, "WATCHDOG_USEC": "1500000"})
        self.addCleanup(daemon.cleanUp)
        daemon.start()
        while "READY=1" not in manager.read():
            pass
        for _ in range(3):
            self.assertEqual(manager.read(), ["WATCHDOG=1"])
        daemon.end()
