"""When consoles are read again: after a pause, or each in its turn and others in between."""

import resource
from collections.abc import Callable
from functools import partial
from typing import Any

from twisted.trial.unittest import SynchronousTestCase

from gamepanel.console.finetimer import FineTimer
from gamepanel.console.readings import Readings, coarseSeconds, mostTurns, turnSeconds
from tests.fakes import TurnClock, Watching


class ReadingsTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.clock = TurnClock()
        self.readings = Readings(self.clock)
        self.read: list[str] = []

    def flood(self, name: str, seconds: float = 0, reads: int = 99) -> Callable[[], None]:
        """
        Let a console be read.

        @param seconds: so long each read of it takes.
        @param reads: so often, at the most.
        """

        def read() -> None:
            self.read.append(name)
            # Not advance, which would begin the next turn within this one.
            self.clock.rightNow += seconds
            if self.read.count(name) < reads:
                self.readings.inTurn(read)

        return self.readings.inTurn(read)

    def turn(self) -> str:
        """What is read in another turn of the reactor."""
        self.read.clear()
        self.assertLessEqual(len(self.clock.getDelayedCalls()), 1)
        self.clock.turn()
        return "".join(self.read)

    def test_pauses(self) -> None:
        """The timer waits for short pauses, the clock for long ones; both can be taken back."""
        watching: Any = Watching()
        timer = FineTimer(watching)
        readings = Readings(self.clock, timer)
        takeBack = readings.after(coarseSeconds * 0.9, lambda: self.read.append("fine"))
        self.assertEqual((len(watching.watched), self.clock.getDelayedCalls()), (1, []))
        takeBack()
        self.assertEqual(watching.watched, set())
        for name in ("a", "b"):
            takeBack = readings.after(coarseSeconds, partial(self.read.append, name))
        takeBack()
        self.clock.advance(coarseSeconds * 0.9)
        self.assertEqual((watching.watched, self.read), (set(), []))
        self.clock.advance(coarseSeconds * 0.1)
        self.assertEqual(self.read, ["a"])

    def test_noTimer(self) -> None:
        """Where the kernel gives no timer, the clock waits."""
        watching: Any = Watching()
        readings = Readings(self.clock, FineTimer(watching))
        before = resource.getrlimit(resource.RLIMIT_NOFILE)
        self.addCleanup(resource.setrlimit, resource.RLIMIT_NOFILE, before)
        resource.setrlimit(resource.RLIMIT_NOFILE, (1, before[1]))
        readings.after(0.001, lambda: self.read.append("a"))
        resource.setrlimit(resource.RLIMIT_NOFILE, before)
        self.clock.advance(0.001)
        self.assertEqual(self.read, ["a"])

    def test_inTurn(self) -> None:
        """While reads take their time there is one in each turn of the reactor."""
        for name in "abc":
            self.flood(name, turnSeconds)
        self.assertEqual(self.read, [])
        self.assertEqual([self.turn() for _ in range(4)], ["a", "b", "c", "a"])

    def test_quick(self) -> None:
        """Reads that take no time are done in one turn, each once."""
        for name in "abc":
            self.flood(name)
        self.assertEqual([self.turn(), self.turn()], ["abc", "abc"])

    def test_many(self) -> None:
        """However many there are, none waits for longer than so many turns."""
        names = [chr(ord("A") + number) for number in range(5 * mostTurns)]
        for name in names:
            self.flood(name, turnSeconds)
        self.assertEqual("".join(self.turn() for _ in range(mostTurns)), "".join(names))

    def test_oneTurnMany(self) -> None:
        """Those few that are read in one turn by their number are read, however long they take."""
        for number in range(mostTurns + 1):
            self.flood(str(number), turnSeconds)
        self.assertEqual([self.turn(), self.turn()], ["01", "23"])

    def test_takenBack(self) -> None:
        """What is taken back is not read, even by one that was read in the same turn."""
        takeBack = self.flood("a")
        takeBack()
        self.assertEqual(self.turn(), "")
        self.assertEqual(self.clock.getDelayedCalls(), [])

        self.readings.inTurn(lambda: takeBackNext())
        takeBackNext = self.flood("b")
        self.assertEqual(self.turn(), "")
        self.flood("c", reads=1)
        self.assertEqual(self.turn(), "c")
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_fails(self) -> None:
        """One that can't be read keeps no other waiting."""

        def fail() -> None:
            raise OSError

        self.readings.inTurn(fail)
        self.flood("a")
        self.assertRaises(OSError, self.turn)
        self.assertEqual(self.turn(), "a")
