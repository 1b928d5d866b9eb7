"""How work is shared out over turns of the reactor."""

from collections.abc import Callable

from twisted.trial.unittest import SynchronousTestCase

from gamepanel.accounts.networks import Quotas, networksOf
from gamepanel.accounts.throttle import Buckets, Failures
from gamepanel.base.errors import TooManyRequests
from gamepanel.web.http.transport import Turns, budget, costOf, noted


class TurnsTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.next: list[Callable[[], None]] = []
        self.turns = Turns(self.next.append)
        self.done: list[str] = []

    def ask(self, name: str, cost: int = 1) -> None:
        """Have something done."""
        self.turns.do(cost, lambda: self.done.append(name))

    def turn(self) -> list[str]:
        """What is done in another turn."""
        self.done.clear()
        [now] = self.next
        self.next.clear()
        now()
        return self.done

    def test_atOnce(self) -> None:
        """As long as there is little it is done at once, and needs no timer."""
        self.ask("a")
        self.ask("b", costOf(8192))
        self.assertEqual((self.done, self.next), (["a", "b"], []))

    def test_budget(self) -> None:
        """What earlier turns have done, each a little, keeps nothing waiting in a later one."""
        for number in range(20 * budget):
            self.ask(str(number))
            self.assertEqual(self.done, [str(number)])
            self.done.clear()
            # All that is left of this turn.
            for end in self.next[:]:
                self.next.remove(end)
                end()
        # A timer is there for many of them, not for each.
        for number in range(noted - 1):
            self.ask(str(number))
        self.assertEqual((len(self.done), self.next), (noted - 1, []))
        # However much they have left over, a turn has room for the rest.
        self.ask("x", budget - noted)
        self.assertEqual(self.done[-1], "x")
        self.assertEqual(self.turn(), [])
        self.assertEqual(self.next, [])

    def test_bounded(self) -> None:
        """What is more waits, in the order in which it came, for turns that have room."""
        for number in range(3 * budget):
            self.ask(str(number))
        self.assertEqual(len(self.done), budget)
        self.assertEqual(self.turn(), [str(n) for n in range(budget, 2 * budget)])
        self.assertEqual(len(self.turn()), budget)
        self.assertFalse(self.turns.isBusy)
        self.ask("another")
        self.assertEqual(self.turn(), ["another"])
        self.assertEqual((self.turns.isBusy, self.next), (False, []))

    def test_dear(self) -> None:
        """One dear thing is done in a turn, after what is cheap, however much of that there is."""
        for name in ("a", "b", "c"):
            self.ask(name, costOf(65536))
        self.assertEqual(self.done, ["a"])
        for number in range(budget + 1):
            self.ask(str(number))
        self.assertEqual(self.turn(), [*map(str, range(budget)), "b"])
        self.assertEqual(self.turn(), [str(budget), "c"])
        self.assertFalse(self.turns.isBusy)

    def test_fromWithin(self) -> None:
        """What work asks for is done after what waits already."""

        def again() -> None:
            self.done.append("first")
            self.ask("asked for")

        self.ask("", budget)
        self.turns.do(1, again)
        self.ask("second")
        self.assertEqual(self.turn(), ["first", "second", "asked for"])


class NetworkTests(SynchronousTestCase):
    def test_networks(self) -> None:
        """A /64 is in a /56 and in a /48; all else stands for itself."""
        self.assertEqual(
            networksOf("2001:db8:1:2345::/64"),
            (("2001:db8:1:2345::/64", 1), ("2001:db8:1:2300::/56", 2), ("2001:db8:1::/48", 4)),
        )
        for source in ("192.0.2.1", "::1", "", "unix"):
            self.assertEqual(networksOf(source), ((source, 1),))

    def sources(self, subnets: range) -> list[str]:
        """Networks of one site."""
        return [f"2001:db8:0:{subnet:x}::/64" for subnet in subnets]

    def test_buckets(self) -> None:
        """Many /64 of a /56 have together what two have, and of a /48 what four have."""
        for subnets, most in ((range(256), 20), (range(0, 65536, 256), 40)):
            buckets, admitted = Buckets(1.0, 10.0), 0
            for source in self.sources(subnets):
                try:
                    buckets.take(source, 0.0)
                except TooManyRequests as error:
                    self.assertEqual(error.retryAfter, 10 / most)
                else:
                    admitted += 1
            self.assertEqual(admitted, most)
            buckets.take("2001:db8:1::/64", 0.0)

    def test_nothingTaken(self) -> None:
        """Where one bucket lacks tokens none is taken from the others."""
        buckets = Buckets(1.0, 10.0)
        buckets.take("2001:db8::/64", 0.0, 10)
        self.assertRaises(TooManyRequests, buckets.take, "2001:db8::/64", 0.0)
        buckets.take("2001:db8:0:1::/64", 0.0, 10)
        self.assertRaises(TooManyRequests, buckets.take, "2001:db8:0:2::/64", 0.0)

    def test_failures(self) -> None:
        """Failures from a whole site make logins from each of its networks harder."""
        failures = Failures()
        for source in self.sources(range(8)):
            failures.addFrom(source, 0.0)
        self.assertEqual(failures.countFrom("2001:db8:0:ff::/64", 0.0), 4)
        self.assertEqual(failures.countFrom("2001:db8:0:ff00::/64", 0.0), 2)
        self.assertEqual(failures.countFrom("2001:db8:1::/64", 0.0), 0)

    def test_places(self) -> None:
        """What has left takes no place; nothing stays in memory of it."""
        places = Quotas(2)
        sources = self.sources(range(4))
        for source in sources:
            self.assertFalse(places.isFull(source))
            places.take(source)
        self.assertTrue(places.isFull("2001:db8:0:5::/64"))
        self.assertFalse(places.isFull("2001:db8:0:500::/64"))
        self.assertEqual((places.share(sources[0]), places.share("192.0.2.1")), (1.0, 0.0))
        for source in sources:
            places.give(source)
        self.assertEqual(len(places._taken), 0)
