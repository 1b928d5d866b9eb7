"""Consoles that come faster than they are read: each is read in its turn, others in between."""

from collections.abc import Callable

from twisted.trial.unittest import SynchronousTestCase

from gamepanel.servers.process.floods import Floods, mostTurns, turnSeconds
from tests.fakes import TurnClock


class FloodsTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.clock = TurnClock()
        self.floods = Floods(self.clock)
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
                self.floods.add(read)

        return self.floods.add(read)

    def turn(self) -> str:
        """What is read in another turn of the reactor."""
        self.read.clear()
        self.assertLessEqual(len(self.clock.getDelayedCalls()), 1)
        self.clock.turn()
        return "".join(self.read)

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

        self.floods.add(lambda: takeBackNext())
        takeBackNext = self.flood("b")
        self.assertEqual(self.turn(), "")
        self.flood("c", reads=1)
        self.assertEqual(self.turn(), "c")
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_fails(self) -> None:
        """One that can't be read keeps no other waiting."""

        def fail() -> None:
            raise OSError

        self.floods.add(fail)
        self.flood("a")
        self.assertRaises(OSError, self.turn)
        self.assertEqual(self.turn(), "a")
