"""What logs take of the daemon's memory: what is used, and nothing a minute later."""

import os
import re
from typing import Final

from twisted.trial.unittest import SynchronousTestCase

from gamepanel.console.consolefile import (
    checkpointFile,
    consoleFile,
    makeConsole,
    openConsole,
    synchronize,
)
from gamepanel.console.idle import IdleLogs, idleLooks, parts
from gamepanel.console.ring import headerBytes, put

page: Final = os.sysconf("SC_PAGE_SIZE")

aMinute: Final = (idleLooks + 1) * parts
"""So many looks."""


def resident(path: str) -> int:
    """How much of a file this process has mapped and in memory, in bytes."""
    with open("/proc/self/smaps") as maps:
        found = re.search(rf"{re.escape(path)}\n(?:.*\n)*?Rss: +(\d+) kB", maps.read())
    assert found is not None
    return int(found[1]) * 1024


class IdleLogTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.directory = os.path.abspath(self.mktemp())
        os.mkdir(self.directory)
        makeConsole(self.directory, 0)
        self.ring = openConsole(self.directory)
        self.addCleanup(lambda: self.ring.close())
        self.path = consoleFile(self.directory)
        self.idle = IdleLogs(lambda: [self.ring])

    def look(self, count: int) -> None:
        for _ in range(count):
            self.idle.look()

    def test_checkpoint(self) -> None:
        """To let the disk have a log makes no page of it resident, full or not."""
        self.assertLessEqual(resident(self.path), headerBytes)
        self.ring.append(b"a line\n")
        before = resident(self.path)
        self.assertLessEqual(before, headerBytes + page)
        synchronize(self.directory, self.ring, isOpen=True)
        self.assertEqual(resident(self.path), before)
        self.ring.append(b"x" * 2 * self.ring.capacity)
        self.look(aMinute)
        synchronize(self.directory, self.ring, isOpen=True)
        self.assertLessEqual(resident(self.path), headerBytes)

    def test_rests(self) -> None:
        """A minute after its last use only the numbers of a log stay; nothing of it is lost."""
        data = os.urandom(self.ring.capacity)
        self.ring.append(data)
        self.assertGreater(resident(self.path), self.ring.capacity)
        self.look(aMinute)
        self.assertLessEqual(resident(self.path), headerBytes)
        start, found = self.ring.read(0, self.ring.capacity)
        self.assertEqual(found, data[start:])
        self.assertGreater(resident(self.path), len(found))
        self.look(aMinute)
        self.assertLessEqual(resident(self.path), headerBytes)

    def test_used(self) -> None:
        """One that is read or written in between stays."""
        for use in (
            lambda: self.ring.append(b"more"),
            lambda: put(self.ring, b"more"),
            lambda: self.ring.read(0, 1),
        ):
            self.ring.append(b"x" * self.ring.capacity)
            for _ in range(4):
                self.look(aMinute - 2 * parts)
                use()
                self.assertGreater(resident(self.path), self.ring.capacity // 2)

    def test_cut(self) -> None:
        """A file that somebody has cut off is an error, and never the end of the daemon."""
        self.ring.append(b"x" * self.ring.capacity)
        self.look(aMinute)
        os.truncate(self.path, headerBytes + page)
        self.assertEqual(self.ring.read(self.ring.position - 100, 100).data, b"")
        self.assertRaises(OSError, synchronize, self.directory, self.ring, isOpen=True)

    def test_again(self) -> None:
        """A log of which nothing is resident is read and written as ever, by another, too."""
        self.ring.append(b"before\n")
        self.look(aMinute)
        self.ring.append(b"after\n")
        other = openConsole(self.directory)
        self.addCleanup(other.close)
        self.assertEqual(other.read(0, 99).data, b"before\nafter\n")
        self.assertTrue(os.path.exists(checkpointFile(self.directory)))
