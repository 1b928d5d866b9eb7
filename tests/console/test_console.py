"""The ring: indexes, overruns, characters, and what a dying reader leaves."""

import errno

from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from gamepanel.console.checkpoint import Checkpoint, blockBytes
from gamepanel.console.ring import (
    SENTINEL,
    Chunk,
    DamagedConsole,
    Ring,
    alwaysReady,
    headerBytes,
    jump,
)
from gamepanel.console.text import decode


def memory(capacity: int) -> memoryview:
    return memoryview(bytearray(headerBytes + capacity))


class RingTests(SynchronousTestCase):
    def test_empty(self) -> None:
        """A new log has nothing to read, and begins where it was told."""
        ring = Ring.format(memory(100), 7)
        self.assertEqual((ring.oldest, ring.position, ring.read(0, 10).data), (7, 7, b""))

    @settings(deadline=None)
    @given(st.lists(st.binary(max_size=70), max_size=12))
    def test_keepsTheNewest(self, pieces: list[bytes]) -> None:
        """Whatever is taken in, the newest part is kept under the indexes it came with."""
        ring, whole = Ring.format(memory(64)), b""
        for piece in pieces:
            ring.append(piece)
            whole += piece
            self.assertEqual(ring.position, len(whole))
            self.assertEqual(ring.oldest, max(0, len(whole) - 48))
            chunk = ring.read(0, 1000)
            self.assertEqual((chunk.start, chunk.data), (ring.oldest, whole[ring.oldest :]))

    def test_limits(self) -> None:
        """A read begins at the oldest byte if it must, ends at the limit, and knows no future."""
        ring = Ring.format(memory(64))
        ring.append(bytes(range(100)))
        for start, limit, expected in (
            (0, 5, (52, bytes(range(52, 57)))),
            (60, 5, (60, bytes(range(60, 65)))),
            (98, 9, (98, b"bc")),
            (100, 9, (100, b"")),
            (5000, 9, (100, b"")),
        ):
            chunk = ring.read(start, limit)
            self.assertEqual((chunk.start, chunk.data), expected)

    def test_announceStopsAtTheEnd(self) -> None:
        """A read never wraps: it gets the room up to the ring's end."""
        ring = Ring.format(memory(64))
        ring.append(b"x" * 60)
        self.assertEqual(len(ring.announce(50)), 4)

    def test_readyBeforeItIsAnnounced(self) -> None:
        """The memory of a read is made ready first; if it can't be, nothing is announced."""
        place, asked, refuses = memory(64), list[tuple[int, int]](), False
        header = place[:headerBytes].cast("Q")

        def populate(start: int, size: int) -> None:
            # Neither mark nor target stand there yet.
            self.assertEqual(header[3], header[4])
            self.assertNotIn(SENTINEL[:1], bytes(place[headerBytes:]))
            asked.append((start, size))
            if refuses:
                raise OSError("the disk is broken")

        ring = Ring.format(place, 0, populate)
        ring.append(b"x" * 60)
        self.assertEqual(asked, [(headerBytes, 60)])
        refuses = True
        self.assertRaises(OSError, ring.announce, 50)
        self.assertEqual(asked[1:], [(headerBytes + 60, 4)])
        self.assertEqual((header[3], header[4]), (60, 60))
        refuses = False
        ring.append(b"yes")
        self.assertEqual(ring.read(ring.oldest, 99).data, b"x" * 45 + b"yes")

    def _interrupted(self, waiting: int, filled: bool) -> Ring:
        """What a new daemon finds when the last one died within a read."""
        place = memory(64)
        ring = Ring.format(place)
        ring.append(b"before" * 9)
        room = ring.announce(waiting)
        if filled:
            room[:] = b"N" * len(room)
        return Ring(place)

    def test_killedBeforeTheRead(self) -> None:
        """If the mark still stands, the bytes are still in the pipe."""
        for waiting in (1, 2, 5, 16, 40):
            ring = self._interrupted(waiting, False)
            self.assertEqual(ring.position, 54)
            self.assertEqual(ring.read(ring.oldest, 99).data, (b"before" * 9)[ring.oldest :])

    def test_killedAfterTheRead(self) -> None:
        """If it does not, the bytes are in the ring."""
        for waiting in (1, 2, 5, 10):
            ring = self._interrupted(waiting, True)
            self.assertEqual(ring.position, 54 + waiting)
            self.assertEqual(ring.read(54, 99).data, b"N" * waiting)

    def test_goesOnAfterRecovery(self) -> None:
        """The next read after a recovery takes up exactly there."""
        ring = self._interrupted(5, False)
        ring.append(b"again")
        self.assertEqual(ring.read(54, 99).data, b"again")

    def test_damaged(self) -> None:
        """A header that can't be true is refused, whichever number is wrong."""
        for index, value in ((0, 1), (1, 65), (2, 50), (4, 300), (4, 2**60), (4, 9)):
            place = memory(64)
            Ring.format(place).append(b"0123456789")
            place[:headerBytes].cast("Q")[index] = value
            with self.assertRaises(DamagedConsole, msg=f"{index} {value}"):
                Ring(place)

    def test_marksAreNoText(self) -> None:
        """No text can look like the mark."""
        self.assertNotIn(SENTINEL[:1], "".join(map(chr, range(0xD7FF))).encode())


class HostCrashTests(SynchronousTestCase):
    """The disk has pages of different times; only what a checkpoint vouches for counts."""

    def setUp(self) -> None:
        self.size = 3 * blockBytes
        self.place = memory(self.size)
        self.ring = Ring.format(self.place)
        self.printed = bytes(range(256)) * 400
        self.ring.append(self.printed)

    def restore(self, checkpoint: Checkpoint) -> Ring:
        return Ring.restore(self.place, checkpoint)

    def kept(self, ring: Ring, start: int, end: int) -> bytes:
        """All that is kept from one index to another."""
        data = b""
        while start < end:
            chunk = ring.read(start, end - start)
            if not chunk.data:
                break
            data, start = data + chunk.data, chunk.end
        return data

    def test_nothingLost(self) -> None:
        """A log that nothing could be added to goes on as it was."""
        checkpoint = self.ring.checkpoint(isOpen=False)
        ring = self.restore(checkpoint)
        self.assertEqual((ring.oldest, ring.position), (0, len(self.printed)))
        self.assertEqual(self.kept(ring, 0, ring.position), self.printed)

    def test_laterBytes(self) -> None:
        """What was printed after the checkpoint is gone, and its indexes stand for nothing else."""
        checkpoint = self.ring.checkpoint(isOpen=True)
        end = self.ring.position
        self.ring.append(b"later")
        ring = self.restore(checkpoint)
        self.assertEqual(ring.position, end + jump)
        ring.append(b"after")
        self.assertEqual(self.kept(ring, 0, end), self.printed)
        for index in (end, end + 3, end + jump):
            chunk = ring.read(index, 99)
            self.assertEqual((chunk.start, chunk.data), (end + jump, b"after"))
        self.assertEqual(Ring(self.place).read(end - 1, 99).data, self.printed[-1:])

    def test_overwritten(self) -> None:
        """Where newer bytes came over older ones, those are gone, and never are others shown."""
        checkpoint = self.ring.checkpoint(isOpen=True)
        end = self.ring.position
        self.ring.append(b"n" * (self.size - len(self.printed) + 5000))
        ring = self.restore(checkpoint)
        self.assertEqual(ring.oldest, blockBytes)
        self.assertEqual(self.kept(ring, 0, end), self.printed[blockBytes:])

    def test_lostPages(self) -> None:
        """A page that the disk never got ends what is believed."""
        checkpoint = self.ring.checkpoint(isOpen=True)
        self.place[headerBytes + 100 : headerBytes + 200] = bytes(100)
        self.place[:headerBytes] = bytes(headerBytes)
        self.assertEqual(self.restore(checkpoint).oldest, blockBytes)
        last = headerBytes + len(self.printed) - 1
        self.place[last : last + 1] = b"?"
        ring = self.restore(checkpoint)
        self.assertEqual(ring.oldest, ring.position)

    def test_closed(self) -> None:
        """The memory is let go of; the indexes are as before, and no byte is there."""
        memory = bytearray(headerBytes + 64)
        ring = Ring.format(memoryview(memory), 1000)
        ring.append(b"hello")
        ring.close()
        # It would refuse that to whoever still has a view of it.
        memory.clear()
        self.assertEqual((ring.position, ring.oldest), (1005, 1005))
        self.assertEqual(ring.read(0, 10), Chunk(1005, b""))

    def test_twice(self) -> None:
        """A second crash leaves what came after the first one."""
        ring = self.restore(self.ring.checkpoint(isOpen=True))
        ring.append(b"between")
        first = ring.position
        ring = self.restore(ring.checkpoint(isOpen=True))
        self.assertEqual(ring.position, first + jump)
        self.assertEqual(self.kept(ring, 0, first), b"between")

    def test_floodDuringCheckpoint(self) -> None:
        """What is replaced while the sums are made is not vouched for."""
        ring = self.ring

        def flooded(start: int, size: int) -> bytes:
            data = bytes(self.place[start : start + size])
            if ring.position == len(self.printed):
                ring.append(b"f" * (self.size - len(self.printed) + 10))
            return data

        checkpoint = ring.checkpoint(isOpen=True, fetch=flooded)
        self.assertEqual([begin for begin, _ in checkpoint.sums], [blockBytes])

    def test_readOnce(self) -> None:
        """A checkpoint reads what has come since the last one; the sums are as if it read all."""
        sizes: list[int] = []

        def counted(start: int, size: int) -> bytes:
            sizes.append(size)
            return bytes(self.place[start : start + size])

        ring = self.ring
        for data, most in ((b"", self.size), (b"", 0), (b"more" * 10, 40), (b"", 0)):
            ring.append(data)
            sizes.clear()
            checkpoint = ring.checkpoint(True, counted)
            self.assertLessEqual(sum(sizes), most)
            self.assertEqual(checkpoint, Ring(self.place).checkpoint(True))
        for _ in range(3):
            # Around the end of its memory: of the oldest block less and less is kept.
            ring.append(b"n" * (self.size // 2))
            sizes.clear()
            checkpoint = ring.checkpoint(True, counted)
            self.assertLessEqual(sum(sizes), self.size // 2 + 2 * blockBytes)
            self.assertEqual(checkpoint, Ring(self.place).checkpoint(True))

    def test_unreadable(self) -> None:
        """What the disk does not give is as if it were not kept; what it gives is read."""

        def fail(start: int, size: int) -> None:
            raise OSError(errno.EFAULT, "Bad address")

        self.ring.load = fail
        end = self.ring.position
        self.assertEqual(self.ring.read(0, 100), Chunk(end, b""))
        self.assertEqual(self.ring.read(end, 0), Chunk(end, b""))
        self.ring.load = alwaysReady
        self.assertEqual(self.ring.read(0, 100).data, self.printed[:100])

    def test_foreign(self) -> None:
        """A checkpoint of another log is refused."""
        other = Ring.format(memory(self.size + 1)).checkpoint(False)
        self.assertRaises(DamagedConsole, self.restore, other)


class DecodeTests(SynchronousTestCase):
    @settings(deadline=None)
    @given(st.binary(max_size=40), st.lists(st.integers(0, 40), max_size=5))
    def test_cutsDoNotMatter(self, data: bytes, cuts: list[int]) -> None:
        """However bytes are cut, decoding goes on where it ended and gives the same text."""
        text, index = "", 0
        for cut in (*sorted(cuts), len(data)):
            piece, used = decode(data[index:cut], cut == len(data))
            text, index = text + piece, index + used
        self.assertEqual((text, index), (data.decode("utf-8", "replace"), len(data)))

    def test_unfinished(self) -> None:
        """An unfinished character waits for its rest, until there can be none."""
        euro = "€".encode()
        self.assertEqual(decode(b"a" + euro[:2], False), ("a", 1))
        self.assertEqual(decode(b"a" + euro[:2], True), ("a\ufffd", 3))
