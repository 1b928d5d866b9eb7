"""The ring: indexes, overruns, characters, and what a dying reader leaves."""

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from gamepanel.servers.console import MARK, DamagedConsole, Ring, decode, headerBytes


def memory(capacity: int) -> memoryview:
    return memoryview(bytearray(headerBytes + capacity))


class RingTests(SynchronousTestCase):
    def test_empty(self) -> None:
        """A new log has nothing to read, and begins where it was told."""
        ring = Ring.format(memory(100), 7)
        self.assertEqual((ring.oldest, ring.position, ring.read(0, 10).data), (7, 7, b""))

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
        self.assertNotIn(MARK[:1], "".join(map(chr, range(0xD7FF))).encode())


class DecodeTests(SynchronousTestCase):
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
