"""The status of all servers: in slices, once for all who ask, filtered for each."""

import json
from collections.abc import Callable
from typing import Any

from attrs import define
from twisted.internet.defer import Deferred
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from gamepanel.accounts.rights import Person
from gamepanel.base import threads
from gamepanel.base.threads import slices
from gamepanel.console.ring import Ring, headerBytes
from gamepanel.servers.basics import Basics
from gamepanel.servers.server import GameServer
from gamepanel.servers.settings import Settings
from gamepanel.servers.view import traceOf
from gamepanel.web.api.overview import Overview, statuses
from gamepanel.web.http.request import Encoded
from tests.web.test_stream import FakeHouse


@define
class FakeDirectory:
    """Servers that are only there."""

    servers: dict[str, GameServer]

    def all(self) -> list[GameServer]:
        return list(self.servers.values())

    def has(self, server: GameServer) -> bool:
        return self.servers.get(server.id) is server


class Turns:
    """A reactor of which each turn is asked for."""

    def __init__(self) -> None:
        self.waiting: list[Callable[[], object]] = []

    def callLater(self, delay: float, call: Callable[[], object]) -> None:
        self.waiting.append(call)

    def turn(self) -> None:
        """One turn."""
        waiting, self.waiting = self.waiting, []
        for call in waiting:
            call()


class OverviewTests(SynchronousTestCase):
    def setUp(self) -> None:
        # A server for each turn.
        self.patch(threads, "sliceSeconds", 0)
        self.turns = Turns()
        reactor: Any = self.turns
        context: Any = FakeHouse(Clock())
        ring = Ring.format(memoryview(bytearray(headerBytes + 100)))
        ids = [f"s{number:04}" for number in range(100)]
        self.servers = {
            id: GameServer(Basics(id, 0, "t", Settings(), "/nowhere", context), ring) for id in ids
        }
        directory: Any = FakeDirectory(self.servers)
        self.pieces = statuses()
        self.overview = Overview(directory, slices(reactor), self.pieces)

    def ask(self, person: Person) -> Deferred[Encoded]:
        return self.overview.answer(person)

    def answer(self, asked: Deferred[Encoded]) -> list[str]:
        """The ids that an answer names, once it has come."""
        return [each["server"] for each in self.shown(asked)]

    def shown(self, asked: Deferred[Encoded]) -> Any:
        """What an answer says, once it has come."""
        while self.turns.waiting and not asked.called:
            self.turns.turn()
        return json.loads(self.successResultOf(asked))["servers"]

    def test_slices(self) -> None:
        """Others have their turn many times while all servers are looked at."""
        asked = self.ask(Person("r", admin=True))
        for _ in range(3):
            self.turns.turn()
            self.assertFalse(asked.called)
        self.assertEqual(self.answer(asked), sorted(self.servers))

    def test_filtered(self) -> None:
        """Each sees what they may see."""
        person = Person("u", servers={"s0002": frozenset({"view"}), "gone": frozenset({"view"})})
        both = self.ask(person), self.ask(Person("n"))
        self.assertEqual(self.answer(both[0]), ["s0002"])
        self.assertEqual(self.answer(both[1]), [])

    def test_neverStale(self) -> None:
        """An answer is as of its moment, also for whoever asks while a look is under way."""
        first = self.ask(Person("r", admin=True))
        self.turns.turn()
        self.assertFalse(first.called)
        del self.servers["s0000"]
        second = self.ask(Person("r", admin=True))
        self.servers["s0001"].ring.append(b"hello")
        shown = self.shown(first)
        self.assertNotIn("s0000", [each["server"] for each in shown])
        self.assertEqual({each["readIndex"] for each in shown}, {5})
        self.assertNotIn("s0000", self.answer(second))

    def test_destroyedMeanwhile(self) -> None:
        """A server that is destroyed during a look is left out."""
        asked = self.ask(Person("r", admin=True))
        self.turns.turn()
        del self.servers["s0099"]
        self.assertNotIn("s0099", self.answer(asked))

    def test_keptWhole(self) -> None:
        """While nothing changes, the answer is the very same; then it is new."""
        admin = Person("r", admin=True)
        asked = self.ask(admin)
        while not asked.called:
            self.turns.turn()
        again = self.ask(admin)
        while not again.called:
            self.turns.turn()
        self.assertIs(self.successResultOf(again), self.successResultOf(asked))
        self.servers["s0007"].change(Settings(description="new"))
        self.assertEqual(self.shown(self.ask(admin))[7]["description"], "new")

    def test_rightsChange(self) -> None:
        """What somebody may see counts as it is when they ask, though all else is kept."""
        self.answer(self.ask(Person("u", admin=True)))
        some = Person("u", servers={"s0001": frozenset({"view"})})
        self.assertEqual(self.answer(self.ask(some)), ["s0001"])
        self.assertEqual(self.answer(self.ask(Person("u"))), [])

    def test_another(self) -> None:
        """A server that took the place of another that looked the same is told of."""
        self.answer(self.ask(Person("r", admin=True)))
        old = self.servers.pop("s0099")
        basics = old.basics
        self.servers["t"] = GameServer(
            Basics("t", 0, "t", basics.settings, "/nowhere", basics.context), old.ring
        )
        self.assertEqual(self.answer(self.ask(Person("r", admin=True)))[-1], "t")

    def test_fails(self) -> None:
        """A bug is told to those who ask, and the next who ask are answered again."""
        self.patch(self.pieces, "trace", lambda server: 1 / 0)
        asked = self.ask(Person("r", admin=True))
        self.turns.turn()
        self.failureResultOf(asked, ZeroDivisionError)
        self.pieces.trace = traceOf
        self.assertEqual(self.answer(self.ask(Person("r", admin=True))), sorted(self.servers))
