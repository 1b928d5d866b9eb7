"""What is acknowledged is on the disk: the system calls of real processes, as strace sees them."""

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any
from unittest import SkipTest

from attrs import define
from twisted.trial.unittest import SynchronousTestCase

from tests.support import Client, Daemon, need


@define
class Trace:
    """
    What a process lets the disk have.

    @ivar output: where strace writes.
    """

    output: Path

    @classmethod
    def new(cls, test: SynchronousTestCase) -> "Trace":
        """
        For a process that a test starts.

        @raise SkipTest: where no process can be traced.
        """
        done = subprocess.run([need("strace"), "-o", os.devnull, "true"], capture_output=True)
        if done.returncode:
            raise SkipTest("no process may be traced in this container")
        return cls(Path(test.mktemp()).absolute())

    @property
    def command(self) -> tuple[str, ...]:
        """What the process is run by; it is the child itself, not strace."""
        calls = "trace=fsync,fdatasync"
        return (need("strace"), "-D", "-f", "-y", "-qq", "-o", str(self.output), "-e", calls)

    def paths(self) -> list[str]:
        """Of what has been synced so far, in order."""
        return re.findall(r"sync\(\d+<([^>]*)>", self.output.read_text())


class DurableTests(SynchronousTestCase):
    def test_directories(self) -> None:
        """A directory that is made is synced with all above it that had to be made."""
        trace, base = Trace.new(self), os.path.realpath(self.mktemp())
        os.mkdir(base)
        code = (
            f"from gamepanel.disk.durable import makeDirectories as m; m({base + '/a/b'!r}, 0o700)"
        )
        subprocess.run([*trace.command, sys.executable, "-c", code], check=True)
        self.assertEqual(trace.paths(), [base, f"{base}/a"])
        self.assertTrue(os.path.isdir(f"{base}/a/b"))


class ConsoleTests(SynchronousTestCase):
    def test_order(self) -> None:
        """
        Of a console the disk has the bytes before the checkpoint that tells of them. Both are
        synced in a way that keeps no other thread waiting, as C{mmap.flush} would.
        """
        trace, place = Trace.new(self), os.path.realpath(self.mktemp())
        os.mkdir(place)
        code = (
            "from gamepanel.console import consolefile as f\n"
            f"f.makeConsole({place!r}, 0)\n"
            f"ring = f.openConsole({place!r})\n"
            "ring.append(b'x')\n"
            f"f.synchronize({place!r}, ring, True)"
        )
        subprocess.run([*trace.command, sys.executable, "-c", code], check=True)
        both = [f"{place}/console", f"{place}/checkpoint.new"]
        self.assertEqual(trace.paths(), both + both)


class AcknowledgedTests(SynchronousTestCase):
    """A daemon that is traced."""

    def setUp(self) -> None:
        self.trace = Trace.new(self)
        state = os.path.realpath(tempfile.mkdtemp(prefix="gamepanel-test-"))
        self.daemon = Daemon(wrapper=self.trace.command, state=state)
        self.client = self.daemon.start()
        self.addCleanup(self.daemon.cleanUp)

    def commits(self) -> int:
        """How many transactions of the store are on the disk."""
        return self.trace.paths().count(f"{self.daemon.state}/gamepanel.sqlite-wal")

    def test_start(self) -> None:
        """What the first start makes is on the disk before anybody is let in."""
        state = self.daemon.state
        paths = self.trace.paths()
        for path in ("", "/gamepanel.sqlite-wal", "/admin-password"):
            self.assertIn(f"{state}{path}", paths)
        password = paths.index(f"{state}/admin-password")
        self.assertEqual(paths[password + 1], state)
        # The file first, then the user: see makeFirstUser.
        self.assertIn(f"{state}/gamepanel.sqlite-wal", paths[password:])

    def test_changes(self) -> None:
        """Each change is on the disk when it is answered."""
        password = "a meadow full of sheep"
        calls: tuple[tuple[str, dict[str, Any]], ...] = (
            ("server_create", {"type": "shell", "server": "a"}),
            ("server_settings", {"server": "a", "settings": {"level": 9}}),
            ("user_create", {"username": "ann", "password": password}),
            ("user_update", {"username": "ann", "disabled": True}),
            ("user_delete", {"username": "ann"}),
            ("server_destroy", {"server": "a"}),
        )
        for name, fields in calls:
            # What is still to be written of earlier ones is written now.
            self.client("audit_log")
            before = self.commits()
            self.client(name, **fields)
            self.assertGreater(self.commits(), before, name)
        before = self.commits()
        Client(self.daemon.base).login("admin", self.daemon.password)
        self.assertGreater(self.commits(), before, "login")

    def test_newServer(self) -> None:
        """The directory of a new server is on the disk when it is answered, and before its row."""
        self.client("audit_log")
        before = len(self.trace.paths())
        self.client("server_create", type="shell", server="a")
        paths = self.trace.paths()[before:]
        place = f"{self.daemon.state}/servers/a"
        row = paths.index(f"{self.daemon.state}/gamepanel.sqlite-wal")
        for path in (f"{place}/checkpoint.new", place, os.path.dirname(place)):
            self.assertIn(path, paths[:row])
