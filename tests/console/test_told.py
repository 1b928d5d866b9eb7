"""What the daemon writes into the log of a game, and that no pattern is searched in it."""

import os
from typing import Any

from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from gamepanel.console.consolefile import openConsole, toldOf
from gamepanel.console.inserting import Inserter, holdSeconds
from gamepanel.console.linepatterns import LinePatterns
from gamepanel.console.lines import LineSearch
from gamepanel.console.ring import SENTINEL, Ring, headerBytes, put, tell
from gamepanel.console.text import lastLines
from gamepanel.console.told import Told, maxStale
from gamepanel.servers import layout
from tests.scaling import checkLinear


class PutTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.memory = memoryview(bytearray(headerBytes + 100))
        self.ring = Ring.format(self.memory)

    def test_whole(self) -> None:
        """What is put into a log is there, wherever its end lies; the oldest bytes give way."""
        expected = b""
        for size in (10, 60, 70, 84, 1, 0, 33):
            data = bytes(65 + n % 26 for n in range(size))
            put(self.ring, data)
            expected += data
            kept = expected[-(100 - len(SENTINEL)) :]
            self.assertEqual(self.ring.position, len(expected))
            chunk = self.ring.read(0, 1000)
            self.assertTrue(expected.endswith(chunk.data))
            self.assertEqual(chunk.end, len(expected))
            self.assertEqual(Ring(self.memory).read(0, 1000), chunk)
            self.assertLessEqual(len(chunk.data), len(kept))

    def test_killed(self) -> None:
        """Of what was being put when we were killed all is there or none."""
        put(self.ring, b"x" * 95)
        before = Ring(self.memory).read(0, 1000)

        class Killed(Exception): ...

        def kill() -> None:
            raise Killed()

        self.assertRaises(Killed, put, self.ring, b"lost" * 5, kill)
        self.assertEqual(Ring(self.memory).read(0, 1000), before)
        # Killed between the last two steps.
        put(self.ring, b"kept" * 5)
        header = self.memory[:headerBytes].cast("Q")
        numbers = [index for index in range(8) if header[index] == 115]
        header[min(numbers)] = 95
        self.assertEqual(Ring(self.memory).read(95, 1000).data, b"kept" * 5)


class ToldTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.place = self.mktemp()
        layout.make(self.place, self.place + ".aside", None)
        self.ring = openConsole(self.place)

    def again(self) -> Ring:
        """The log as the next daemon finds it."""
        self.ring = openConsole(self.place)
        return self.ring

    def found(self, isOver: bool = False) -> list[str]:
        """The lines that a search finds."""
        search = LineSearch(LinePatterns({"any": "joined"}), frozenset(), 0)
        return [found.line for found in search.pieces(self.ring, isOver) if found is not None]

    def test_notSearched(self) -> None:
        """What is the daemon's own is not searched, also not by the next daemon."""
        self.ring.append(b"eve joined\n")
        tell(self.ring, b"[gamepanel] bob joined\nbob joined\n")
        self.ring.append(b"al joined\n")
        tell(self.ring, b"bob joined\n")
        self.assertEqual(self.found(), ["eve joined", "al joined"])
        self.again()
        self.assertEqual(self.found(), ["eve joined", "al joined"])

    def test_inside(self) -> None:
        """A line of the game that was not ended goes on behind it, also behind several."""
        self.ring.append(b"al joi")
        tell(self.ring, b"\nbob joined\n")
        tell(self.ring, b"bob joined\n")
        self.ring.append(b"ned\n")
        tell(self.ring, b"bob joined\n")
        self.assertEqual(self.found(), ["al joined"])
        self.again()
        self.assertEqual(self.found(), ["al joined"])

    def test_large(self) -> None:
        """However much that is, nothing of it is searched, and all behind it is."""
        tell(self.ring, b"bob joined\n" * 50_000)
        self.ring.append(b"al joined\n")
        self.assertEqual(self.found(), ["al joined"])

    def test_killedBetween(self) -> None:
        """
        A note of what was not written any more is no note: what comes to stand there is the
        game's.
        """
        self.ring.append(b"one\n")
        self.ring.told.note(self.ring.read, self.ring.position, b"[gamepanel] ten bytes\n")
        self.again()
        self.ring.append(b"al joined the game, yes\n")
        self.assertEqual(self.found(), ["al joined the game, yes"])
        self.again()
        self.assertEqual(self.found(), ["al joined the game, yes"])
        self.assertEqual(os.path.getsize(os.path.join(self.place, "told")), 0)

    def test_overrun(self) -> None:
        """Of what the game has overwritten in part the rest is not searched."""
        tell(self.ring, b"bob joined\n" * 1000)
        self.ring.append(b"x\n" * ((self.ring.capacity - 5000) // 2))
        self.assertEqual(self.found(), [])
        self.again()
        self.assertEqual(self.found(), [])

    def test_bounded(self) -> None:
        """Notes of what is gone are forgotten."""
        for _ in range(2 * maxStale):
            tell(self.ring, b"x" * 2000 + b"\n")
        size = os.path.getsize(os.path.join(self.place, "told"))
        self.assertLess(size, 16 * (maxStale + 600))

    def test_damaged(self) -> None:
        """Whatever its file holds, a log can be used."""
        tell(self.ring, b"bob joined\n")
        path = os.path.join(self.place, "told")
        with open(path, "rb") as file:
            data = file.read()
        for damaged in (data[:-1], data + b"x", os.urandom(160), b"\xff" * 64):
            with open(path, "wb") as file:
                file.write(damaged)
            self.again()
            tell(self.ring, b"bob joined\n")
            self.ring.append(b"al joined\n")
            self.assertIn("al joined", self.found())

    def test_quoted(self) -> None:
        """What is quoted of a game is its own."""
        self.ring.append(b"cannot open\n")
        tell(self.ring, b"[gamepanel] something\n")
        self.assertEqual(lastLines(self.ring, 0), ("cannot open",))

    def test_encoding(self) -> None:
        """Lines are searched, and quoted, as the text that they are in their encoding."""
        self.ring.append("Вася joined\n".encode("cp1251"))
        patterns = LinePatterns({"any": "^Вася joined$"})
        search = LineSearch(patterns, frozenset(), 0, encoding="cp1251")
        self.assertEqual([each.line for each in search.pieces(self.ring) if each], ["Вася joined"])
        self.assertEqual(lastLines(self.ring, 0, "cp1251"), ("Вася joined",))

    def test_cannotNote(self) -> None:
        """What can't be noted is not written."""
        os.mkdir(os.path.join(self.place, "told"))
        self.assertRaises(OSError, tell, self.ring, b"bob joined\n")
        self.assertEqual(self.ring.position, 0)
        self.assertIsNone(toldOf(self.place).next(self.ring.read, 0))


class InserterTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.clock = Clock()
        self.ring = Ring.format(memoryview(bytearray(headerBytes + 4 * 1024 * 1024)))
        clock: Any = self.clock
        self.inserter = Inserter(clock, lambda: self.ring, lambda: None)

    @property
    def log(self) -> bytes:
        return self.ring.read(0, self.ring.position).data

    def test_betweenLines(self) -> None:
        """Lines are written at once where the game has ended its line."""
        self.inserter.tell(b"told\n")
        self.ring.append(b"game\n")
        self.inserter.say(b"said\n")
        self.assertEqual(self.log, b"told\ngame\nsaid\n")
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_waits(self) -> None:
        """Within a line of the game they wait for its end."""
        self.ring.append(b"ga")
        self.inserter.tell(b"told\n")
        self.inserter.say(b"said\n")
        self.ring.append(b"m")
        self.inserter.grew()
        self.clock.advance(holdSeconds / 2)
        self.assertEqual(self.log, b"gam")
        self.ring.append(b"e\n")
        self.inserter.grew()
        self.assertEqual(self.log, b"game\ntold\nsaid\n")
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_waitsNoLonger(self) -> None:
        """They do not wait for a prompt."""
        self.ring.append(b"> ")
        self.inserter.tell(b"told\n")
        self.clock.advance(holdSeconds)
        self.assertEqual(self.log, b"> \ntold\n")
        self.ring.append(b"al joined\n")
        self.ring.append(b"> ")
        self.inserter.say(b"said\n")
        self.clock.advance(holdSeconds)
        self.assertEqual(self.log, b"> \ntold\nal joined\n> \nsaid\n")
        search = LineSearch(LinePatterns({"any": "^(al joined|said)$"}), frozenset(), 0)
        found = [each.line for each in search.pieces(self.ring) if each is not None]
        self.assertEqual(found, ["al joined", "said"])

    def test_bounded(self) -> None:
        """Much does not wait."""
        self.ring.append(b"ga")
        for _ in range(3):
            self.inserter.tell(b"x" * 100_000 + b"\n")
        self.assertEqual(len(self.log), 3 + 3 * 100_001)

    def test_manyShort(self) -> None:
        """Tens of thousands of short lines that wait cost linear time, and are written as one."""

        def many(count: int) -> None:
            self.setUp()
            self.ring.append(b"ga")
            notes = self.mktemp()
            self.ring.told = Told(notes)
            for _ in range(count):
                self.inserter.tell(b"a\n")
                self.inserter.grew()
            self.ring.append(b"me\n")
            self.inserter.grew()
            self.assertEqual(self.log, b"game\n" + count * b"a\n")
            self.assertEqual(os.path.getsize(notes), 16)

        checkLinear(many, 1_000)

    def test_heldAnew(self) -> None:
        """What was written does not count any more."""
        for _ in range(3):
            self.inserter.tell(b"x" * 100_000 + b"\n")
        self.ring.append(b"ga")
        self.inserter.tell(b"told\n")
        self.assertEqual(self.log[-2:], b"ga")

    def test_after(self) -> None:
        """Who has lines written is told where, right before, and whether they are there."""
        told: list[object] = []
        self.ring.append(b"game\n")
        self.inserter.say(
            b"said\n", lambda index, data: told.append((index, data)), lambda is_: told.append(is_)
        )
        self.assertEqual(told, [(5, b"said\n"), True])

        def cannot(index: int, data: bytes) -> None:
            raise OSError(28, "No space left on device")

        self.inserter.say(b"lost\n", cannot, told.append)
        self.assertEqual((told[2:], self.log), ([False], b"game\nsaid\n"))


class NoFileTests(SynchronousTestCase):
    def test_memory(self) -> None:
        """A log that outlives nobody needs no file."""
        ring = Ring.format(memoryview(bytearray(headerBytes + 1000)))
        self.assertIsNone(Told(None).next(ring.read, 0))
        tell(ring, b"x\n")
        span = ring.told.next(ring.read, 0)
        assert span is not None
        self.assertEqual((span.start, span.end), (0, 2))
