"""Threads for each purpose: none waits for another."""

from threading import Event
from typing import Any

from twisted.internet import reactor as installed
from twisted.internet.defer import Deferred, gatherResults
from twisted.trial.unittest import TestCase

from gamepanel.servers.threads import InTurn
from gamepanel.service.pools import Pools, sizes
from tests.support import patience

reactor: Any = installed


class PoolsTests(TestCase):
    timeout = 60

    def setUp(self) -> None:
        self.pools = Pools(reactor)
        self.pools.start()
        self.goOn = Event()
        self.addCleanup(self.pools.stop)
        self.addCleanup(self.goOn.set)

    def block(self, purpose: str, count: int) -> list["Deferred[Any]"]:
        """Something for a purpose that takes long."""
        return [self.pools.of(purpose)(self.goOn.wait, patience) for _ in range(count)]

    async def test_apart(self) -> None:
        """Whatever waits, and however much of it: there is a thread for each other purpose."""
        for blocked in sizes:
            self.goOn.clear()
            waiting = self.block(blocked, 20)
            for purpose in sizes.keys() - {blocked}:
                self.assertEqual(await self.pools.of(purpose)(lambda: "done"), "done")
            self.assertFalse(any(each.called for each in waiting))
            self.goOn.set()
            await gatherResults(waiting)

    async def test_bounded(self) -> None:
        """No more is done at a time than there are threads; the rest waits for its turn."""
        begun: list[int] = []

        def work(number: int) -> None:
            begun.append(number)
            self.goOn.wait(patience)

        waiting = [self.pools.of("deleting")(work, number) for number in range(9)]
        await self.pools.of("disk")(lambda: None)
        self.assertLessEqual(len(begun), sizes["deleting"])
        self.goOn.set()
        await gatherResults(waiting)
        self.assertEqual(sorted(begun), list(range(9)))

    async def test_inTurn(self) -> None:
        """Who has one thing done at a time leaves threads to others, however much is asked for."""
        pool = self.pools.of("games")
        mine, others = InTurn(pool), InTurn(pool)
        waiting = [mine(self.goOn.wait, patience) for _ in range(20)]
        self.assertEqual(await others(divmod, 7, 2), (3, 1))
        await self.assertFailure(others(int, "x"), ValueError)
        self.assertFalse(any(each.called for each in waiting))
        self.goOn.set()
        self.assertEqual(await gatherResults(waiting), [True] * 20)

    async def test_arguments(self) -> None:
        """What a function returns or raises comes back."""
        self.assertEqual(await self.pools.of("host")(divmod, 7, 2), (3, 1))
        await self.assertFailure(self.pools.of("host")(int, "x"), ValueError)
