"""The pipes of a game."""

import errno
import fcntl
import os
from typing import Any

from twisted.internet.task import Clock
from twisted.trial.unittest import SkipTest, SynchronousTestCase

from gamepanel.base.errors import (
    StdinClosed,
    StdinFull,
)
from gamepanel.console.fifo import makePipe, openForChild, outputPipeBytes, readBytes
from gamepanel.console.gameprocess import (
    CommandPipe,
    ConsoleSource,
    busySeconds,
    retrySeconds,
)
from gamepanel.console.readings import Readings
from gamepanel.console.ring import Ring, headerBytes
from tests.fakes import TurnClock, Watching


def newRing(size: int = 300_000) -> Ring:
    """A log in memory."""
    return Ring.format(memoryview(bytearray(headerBytes + size)))


class PipesTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.path = self.mktemp()
        makePipe(self.path, None)
        self.child = openForChild(self.path)
        self.addCleanup(os.close, self.child)

    def needLarge(self) -> None:
        """
        @raise SkipTest: where the pipe is not as large as who reads it has asked for, since this
            user has too many; with all rights root may have any number.
        """
        size = fcntl.fcntl(self.child, fcntl.F_GETPIPE_SZ)
        if size < outputPipeBytes:
            raise SkipTest("this user has as many pipes as /proc/sys/fs/pipe-user-pages-soft says")

    def test_wholeLines(self) -> None:
        """A line is in the pipe whole or not at all, also when there is room for a part of it."""
        pipe = CommandPipe(self.path)
        self.addCleanup(pipe.close)
        line, count = b"x" * 4094 + b"\n", 0
        with self.assertRaises(StdinFull):
            for _ in range(100):
                pipe.write(line)
                count += 1
        data = os.read(self.child, 1000000)
        while len(data) < count * len(line):
            data += os.read(self.child, 1000000)
        self.assertEqual(data, line * count)

    def test_nobody(self) -> None:
        """A line that nobody could read is refused."""
        path = self.mktemp()
        makePipe(path, None)
        child = openForChild(path)
        pipe = CommandPipe(path)
        self.addCleanup(pipe.close)
        os.close(child)
        self.assertRaises(StdinClosed, pipe.write, b"x\n")

    def test_stolenBytes(self) -> None:
        """A child that reads its own output takes bytes away; nothing else stands there."""

        ring = Ring.format(memoryview(bytearray(headerBytes + 100)))
        watching: Any = Watching(set())
        source = ConsoleSource(
            watching, Clock(), Readings(Clock()), self.path, ring, lambda: 1, lambda _: None
        )
        self.addCleanup(source.close)
        os.write(self.child, b"stolen")
        announce = ring.announce

        def steal(waiting: int) -> memoryview:
            os.read(self.child, 4)
            return announce(waiting)

        ring.announce = steal  # type: ignore[method-assign]
        source.doRead()
        self.assertEqual(ring.read(0, 99).data, b"en")

        def stealAll(waiting: int) -> memoryview:
            os.read(self.child, 99)
            return announce(waiting)

        os.write(self.child, b"gone")
        ring.announce = stealAll  # type: ignore[method-assign]
        source.doRead()
        self.assertEqual(ring.position, 2)

    def test_gathers(self) -> None:
        """What is printed without a pause is gathered, and read until nothing has come."""
        ring = Ring.format(memoryview(bytearray(headerBytes + 100)))
        watched, clock = set[object](), Clock()
        watching: Any = Watching(watched)
        source = ConsoleSource(
            watching, clock, Readings(clock), self.path, ring, lambda: 0.5, lambda _: None
        )
        self.addCleanup(source.close)
        self.needLarge()
        clock.advance(1)
        for line in (b"a", b"b"):
            self.assertEqual(watched, {source})
            os.write(self.child, line)
            source.doRead()
        # Even if the reactor was held up meanwhile.
        for line, late in ((b"c", 0), (b"d", 2 * busySeconds)):
            os.write(self.child, line)
            self.assertEqual(watched, set())
            clock.advance(0.5 + late)
        self.assertEqual((ring.read(0, 99).data, watched), (b"abcd", set()))
        clock.advance(0.5)
        self.assertEqual((watched, clock.getDelayedCalls()), ({source}, []))
        # A little late, it still comes all the time.
        clock.advance(busySeconds * 0.9)
        os.write(self.child, b"e")
        source.doRead()
        self.assertEqual(watched, set())
        clock.advance(0.5)
        clock.advance(busySeconds * 1.1)
        os.write(self.child, b"f")
        source.doRead()
        self.assertEqual((watched, clock.getDelayedCalls()), ({source}, []))
        source.close()
        self.assertEqual(watched, set())

    def test_floods(self) -> None:
        """What would fill the pipe meanwhile is read in turn, and watched again when it stops."""
        ring = Ring.format(memoryview(bytearray(headerBytes + 8 * readBytes)))
        watched, clock = set[object](), TurnClock()
        watching: Any = Watching(watched)
        readings = Readings(clock)
        other = list[int]()
        source = ConsoleSource(
            watching, clock, readings, self.path, ring, lambda: 0.5, lambda _: None
        )
        self.addCleanup(source.close)
        self.needLarge()
        os.write(self.child, bytes(2 * readBytes))
        clock.advance(1)
        source.doRead()
        self.assertEqual((ring.position, watched), (readBytes, {source}))
        source.doRead()
        self.assertEqual((ring.position, watched), (2 * readBytes, set()))
        # Another one has come, too: each turn of the reactor has a read of each.
        readings.inTurn(lambda: other.append(ring.position))
        os.write(self.child, bytes(readBytes + 1))
        clock.turn()
        self.assertEqual((ring.position, watched, other), (3 * readBytes, set(), [3 * readBytes]))
        clock.turn()
        clock.advance(0.5)
        self.assertEqual((ring.position, watched), (3 * readBytes + 1, {source}))
        # Closed while it waits for its turn.
        os.write(self.child, bytes(2 * readBytes))
        source.doRead()
        self.assertEqual(watched, set())
        source.close()
        clock.turn()
        self.assertEqual((ring.position, clock.getDelayedCalls()), (4 * readBytes + 1, []))

    def test_lateTurn(self) -> None:
        """A console that floods takes turns even where those of others take long."""
        ring = Ring.format(memoryview(bytearray(headerBytes + 8 * readBytes)))
        watched, clock = set[object](), TurnClock()
        watching: Any = Watching(watched)
        source = ConsoleSource(
            watching, clock, Readings(clock), self.path, ring, lambda: 0.005, lambda _: None
        )
        self.addCleanup(source.close)
        self.needLarge()
        os.write(self.child, bytes(2 * readBytes))
        clock.advance(1)
        source.doRead()
        source.doRead()
        for turns in (3, 4, 5):
            os.write(self.child, bytes(readBytes))
            clock.advance(2 * busySeconds)
            self.assertEqual((ring.position, watched), (turns * readBytes, set()))

    def test_closedWhileTold(self) -> None:
        """Who is told of output may have no more of it read."""
        ring = Ring.format(memoryview(bytearray(headerBytes + 100)))
        watched, clock = set[object](), Clock()
        watching: Any = Watching(watched)

        def grew() -> float:
            if ring.position == 2:
                source.close()
            return 0.5

        source = ConsoleSource(
            watching, clock, Readings(clock), self.path, ring, grew, lambda _: None
        )
        # Else the first would have come fast, and more so for a small pipe.
        clock.advance(1)
        for line in (b"a", b"b"):
            os.write(self.child, line)
            source.doRead()
        self.assertEqual((watched, clock.getDelayedCalls()), (set(), []))

    def test_closedWhileDrained(self) -> None:
        """The same where all that waits is taken in."""
        ring = Ring.format(memoryview(bytearray(headerBytes + 100)))
        ring.append(bytes(80))
        watching: Any = Watching(set())

        def grew() -> float:
            source.close()
            return 0.5

        source = ConsoleSource(
            watching, Clock(), Readings(Clock()), self.path, ring, grew, lambda _: None
        )
        # More than up to the end of the ring.
        os.write(self.child, bytes(50))
        told = list[str]()
        source.drain(lambda: told.append("drained"))
        self.assertEqual((ring.position, told), (100, ["drained"]))

    def test_brokenDisk(self) -> None:
        """While the log can't be written to, output waits in the pipe, and is all there later."""
        broken: OSError | None = OSError(errno.EFAULT, "Bad address")

        def populate(start: int, size: int) -> None:
            if broken is not None:
                raise broken

        told = list[object]()
        watched = set[object]()
        watching: Any = Watching(watched)
        clock = Clock()
        ring = Ring.format(memoryview(bytearray(headerBytes + 100)), 0, populate)

        def grew() -> float:
            told.append("grew")
            return 1

        source = ConsoleSource(
            *(watching, clock, Readings(clock), self.path, ring), *(grew, told.append)
        )
        os.write(self.child, b"first ")
        source.doRead()
        self.assertEqual((told, watched, ring.position), ([broken], set(), 0))
        os.write(self.child, b"second")
        source.drain(lambda: told.append("drained"))
        clock.advance(retrySeconds)
        self.assertEqual((told, watched), ([broken], set()))
        broken = None
        clock.advance(retrySeconds)
        self.assertEqual(told[1:], [None, "grew", "drained"])
        self.assertEqual((ring.read(0, 99).data, watched), (b"first second", {source}))
        source.drain(lambda: told.append("at once"))
        self.assertEqual(told[4:], ["at once"])
        source.close()
        self.assertEqual((clock.getDelayedCalls(), watched), ([], set()))

    def test_stolenWhileBroken(self) -> None:
        """
        A child that reads itself what could not be written keeps neither its console nor the end
        of its run waiting for ever.
        """
        broken: OSError | None = OSError(errno.EIO, "Input/output error")

        def populate(start: int, size: int) -> None:
            if broken is not None:
                raise broken

        told, watched = list[object](), set[object]()
        watching: Any = Watching(watched)
        clock = Clock()
        ring = Ring.format(memoryview(bytearray(headerBytes + 100)), 0, populate)
        source = ConsoleSource(
            watching, clock, Readings(clock), self.path, ring, lambda: 1, lambda _: None
        )
        self.addCleanup(source.close)
        os.write(self.child, b"stolen")
        source.drain(lambda: told.append("drained"))
        self.assertEqual((told, watched), ([], set()))
        os.read(self.child, 6)
        clock.advance(retrySeconds)
        self.assertEqual((told, watched), (["drained"], {source}))
        source.drain(lambda: told.append("at once"))
        self.assertEqual(told[1:], ["at once"])
        broken = None
        os.write(self.child, b"more")
        source.doRead()
        self.assertEqual(ring.read(0, 99).data, b"more")
