"""When a log was read: marks that outlive the daemon."""

import os
import struct

from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from gamepanel.console.ring import Ring, headerBytes
from gamepanel.console.times import Times, firstSince, maxMarks, within
from tests.support import Daemon


class TimesTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.path = os.path.abspath(self.mktemp())
        self.clock = Clock()
        self.times = self.another()

    def another(self) -> Times:
        """As the next daemon has it."""
        return Times(self.path, self.clock.seconds, lambda: 1000 + self.clock.seconds())

    def note(self, *indexes: int) -> None:
        """Note so many indexes, a second apart."""
        for index in indexes:
            self.times.note(index)
            self.clock.advance(1)

    def test_marks(self) -> None:
        """A mark is made at most once a second, also across the end of a daemon."""
        self.assertEqual(list(self.times.marks()), [])
        for index in range(10):
            self.times.note(index)
            self.clock.advance(0.25)
        self.assertEqual(list(self.times.marks()), [(0, 1000), (4, 1001), (8, 1002)])
        self.times = self.another()
        self.note(10)
        self.assertEqual(len(self.times.marks()), 3)
        self.note(20)
        self.assertEqual(self.times.marks()[-1], (20, 1003.5))
        self.assertEqual(os.stat(self.path).st_mode & 0o777, 0o600)

    def test_nothingRead(self) -> None:
        """A mark whose bytes did not come, since the daemon was killed, gives way to the next."""
        self.note(5)
        self.times = self.another()
        self.note(5)
        self.assertEqual(list(self.times.marks()), [(5, 1001)])

    def test_starts(self) -> None:
        """Each start has a mark, however soon after another."""
        self.times.note(5)
        self.clock.advance(0.25)
        self.times.begin(7, 1000.25)
        self.times.note(7)
        self.clock.advance(0.25)
        self.times.begin(7, 1000.5)
        self.times.note(9)
        self.assertEqual(list(self.times.marks()), [(5, 1000), (7, 1000.5)])

    def test_bounded(self) -> None:
        """The newest are kept, in a file that does not grow."""
        with open(self.path, "wb") as file:
            file.write(struct.pack("<8sQ", b"gptime01", maxMarks))
            for index in range(maxMarks):
                file.write(struct.pack("<Qd", index, 1 + index / 1e6))
        size = os.path.getsize(self.path)
        self.note(maxMarks, maxMarks + 5)
        marks = self.times.marks()
        self.assertEqual((len(marks), os.path.getsize(self.path)), (maxMarks, size))
        self.assertEqual(marks[0][0], 2)
        self.assertEqual([index for index, _ in marks[-2:]], [maxMarks, maxMarks + 5])

    def test_killedAtTheTurn(self) -> None:
        """A mark that was written and not counted costs no other than the one it replaced."""
        self.test_bounded()
        with open(self.path, "r+b") as file:
            file.seek(16 + 2 * 16)
            file.write(struct.pack("<Qd", maxMarks + 9, 9000))
        marks = self.times.marks()
        self.assertEqual((marks[0][0], len(marks)), (3, maxMarks - 1))

    def test_damaged(self) -> None:
        """Whatever a crash of the host has left, what can't be true is not told."""
        self.note(1, 2, 3, 4)
        with open(self.path, "rb") as file:
            good = file.read()
        for damaged, left in (
            (b"", []),
            (good[:10], []),
            (b"x" * len(good), []),
            (good[:32] + bytes(16) + good[48:], [3, 4]),
            (good[:-7], [1, 2, 3]),
            (good[:16] + good[48:64] + good[32:], [2, 3, 4]),
        ):
            with open(self.path, "wb") as file:
                file.write(damaged)
            self.assertEqual([index for index, _ in self.times.marks()], left)
            self.note(100)
            self.assertEqual(self.times.marks()[-1][0], 100)

    def test_otherLog(self) -> None:
        """Marks behind the end are of a log that is not there any more."""
        self.note(1000, 2000)
        self.note(5)
        self.assertEqual([index for index, _ in self.times.marks()], [5])

    def test_unusable(self) -> None:
        """Where no file can be made there are no marks, and nothing fails."""
        os.mkdir(self.path)
        self.note(1)
        self.assertEqual(list(self.times.marks()), [])

    def test_within(self) -> None:
        """A page has its marks and the one that its first byte belongs to."""
        marks = [(10, 1.0), (20, 2.0), (30, 3.0)]
        for start, end, expected in (
            (0, 10, []),
            (0, 11, [10]),
            (10, 20, [10]),
            (15, 31, [10, 20, 30]),
            (30, 40, [30]),
            (40, 40, [30]),
        ):
            found = [index for index, _ in within(marks, start, end)]
            self.assertEqual(found, expected, (start, end))
        self.assertEqual(list(within([], 0, 10)), [])

    def test_since(self) -> None:
        """Nothing that was read since then is left out, whatever was done to the clock."""
        marks = [(10, 100.0), (20, 101.0), (30, 50.0), (40, 105.0)]
        for since, index in ((0, 10), (100, 10), (100.9, 10), (101, 20), (102, 40), (106, None)):
            self.assertEqual(firstSince(marks, since), index, since)

    def test_ring(self) -> None:
        """A ring notes what it takes in before it does."""
        noted: list[tuple[int, int]] = []
        ring = Ring.format(
            memoryview(bytearray(headerBytes + 8192)),
            100,
            note=lambda index: noted.append((index, ring.position)),
        )
        ring.append(b"x" * 5)
        ring.append(b"y")
        self.assertEqual(noted, [(100, 100), (105, 105)])


class DaemonTests(SynchronousTestCase):
    def test_kept(self) -> None:
        """Times are those of the reading, and outlive the daemon, however it ends."""
        daemon = Daemon()
        self.addCleanup(daemon.cleanUp)
        client = daemon.start()
        script = "echo before; read -r x; echo while; read -r x; echo after; exec cat"
        client("server_create", type="shell", server="a", options={"script": script})
        client("server_start", server="a")
        client.untilLog("a", "before")
        first = client("server_log", server="a", times=True)["times"]
        self.assertEqual(len(first), 1)
        daemon.kill()
        client = daemon.start()
        self.assertEqual(client("server_log", server="a", times=True)["times"], first)
        # The marks are a second apart.
        chunk = client("server_log", server="a", since=first[0][1] + 1, wait=1.5)
        self.assertEqual(chunk["data"], "")
        client("server_cmd", server="a", command="")
        client.untilLog("a", "while")
        [old, new] = client("server_log", server="a", times=True)["times"]
        self.assertEqual((old, new[0]), (first[0], len("before\n")))
        self.assertGreater(new[1], old[1])
        chunk = client("server_log", server="a", since=new[1])
        self.assertEqual(chunk["data"], "while\n")
