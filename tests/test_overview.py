"""The status of all servers: in slices, once for all who ask, filtered for each."""

import json
from collections.abc import Callable
from typing import Any

from attrs import define
from twisted.internet.defer import Deferred
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from gamepanel.accounts.rights import Person
from gamepanel.errors import NoSuchServer
from gamepanel.servers.log.ring import Ring, headerBytes
from gamepanel.servers.server import GameServer
from gamepanel.servers.settings import Settings
from gamepanel.servers.slices import slices
from gamepanel.web.api.overview import Overview
from tests.test_stream import FakeHouse


@define
class FakeDirectory:
    """Servers that are only there."""

    servers: dict[str, GameServer]

    async def count(self) -> None: ...

    def all(self) -> list[GameServer]:
        return list(self.servers.values())

    def find(self, id: str) -> GameServer:
        if id not in self.servers:
            raise NoSuchServer()
        return self.servers[id]


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
        self.turns = Turns()
        reactor: Any = self.turns
        context: Any = FakeHouse(Clock())
        ring = Ring.format(memoryview(bytearray(headerBytes + 100)))
        ids = [f"s{number:04}" for number in range(3000)]
        self.servers = {
            id: GameServer(id, "t", Settings(), "/nowhere", ring, context) for id in ids
        }
        directory: Any = FakeDirectory(self.servers)
        self.overview = Overview(directory, slices(reactor))

    def ask(self, person: Person) -> Deferred[bytes]:
        return Deferred.fromCoroutine(self.overview.encoded(person))

    def answer(self, asked: Deferred[bytes]) -> list[str]:
        """The ids that an answer names, once it has come."""
        while self.turns.waiting and not asked.called:
            self.turns.turn()
        return [s["server"] for s in json.loads(self.successResultOf(asked))["servers"]]

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
        """Who asks while a look is under way is told of a later time than that."""
        first = self.ask(Person("r", admin=True))
        self.turns.turn()
        self.assertFalse(first.called)
        del self.servers["s0000"]
        second = self.ask(Person("r", admin=True))
        self.assertIn("s0000", self.answer(first))
        self.assertNotIn("s0000", self.answer(second))

    def test_destroyedMeanwhile(self) -> None:
        """A server that is destroyed during a look is left out."""
        asked = self.ask(Person("r", admin=True))
        self.turns.turn()
        del self.servers["s2999"]
        self.assertNotIn("s2999", self.answer(asked))
