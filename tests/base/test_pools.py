"""Threads for each purpose: none waits for another."""

import subprocess
import sys
from threading import Event, Timer, current_thread
from typing import Any

from twisted.internet import reactor as installed
from twisted.internet.defer import Deferred, gatherResults
from twisted.internet.task import Clock
from twisted.internet.threads import deferToThread
from twisted.trial.unittest import TestCase

from gamepanel.base import threads as pools
from gamepanel.base.errors import Busy
from gamepanel.base.threads import InTurn, Pools, PoolThread, hangSeconds, mostSpare, sizes
from tests.support import patience

reactor: Any = installed


class PoolsTests(TestCase):
    timeout = 4 * patience

    def setUp(self) -> None:
        self.clock = Clock()
        self.pools = Pools(reactor, self.clock)
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

    async def hang(self, count: int) -> list["Deferred[Any]"]:
        """So many directories of games hang; fires when each has a thread."""
        begun = [Event() for _ in range(count)]

        def work(number: int) -> bool:
            begun[number].set()
            return self.goOn.wait(patience)

        hanging = [self.pools.of("games")(work, number) for number in range(count)]
        await gatherResults(deferToThread(each.wait, patience) for each in begun)
        return hanging

    async def test_replaced(self) -> None:
        """For a thread that is busy with one thing for seconds there is another, for a while."""
        games = self.pools.of("games")
        hanging = await self.hang(sizes["games"])
        waiting = games(lambda: "done")
        self.clock.advance(hangSeconds - 0.1)
        self.assertFalse(waiting.called)
        self.clock.advance(0.1)
        self.assertEqual(await waiting, "done")
        self.assertEqual(await games(lambda: "at once"), "at once")
        self.goOn.set()
        await gatherResults(hanging)
        # From here on there are as many as at first.
        self.goOn.clear()
        hanging = await self.hang(sizes["games"])
        waiting = games(lambda: "done")
        await self.pools.of("disk")(lambda: None)
        self.assertFalse(waiting.called)
        self.goOn.set()
        await gatherResults([*hanging, waiting])
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def another(self) -> Pools:
        """Pools that the test itself stops."""
        another = Pools(reactor, self.clock)
        another.start()
        return another

    async def test_left(self) -> None:
        """At the end nobody waits for what hangs."""
        self.patch(pools, "hangSeconds", 0.05)
        self.pools = self.another()
        hanging = await self.hang(sizes["games"])
        self.assertFalse(self.pools.stop())
        self.goOn.set()
        # None has waited in vain until then.
        self.assertEqual(await gatherResults(hanging), [True] * len(hanging))

    async def test_finished(self) -> None:
        """What is only slow is finished."""
        self.patch(pools, "hangSeconds", patience)
        another, done = self.another(), list[str]()

        def work() -> None:
            self.goOn.wait(patience)
            done.append("done")

        slow = another.of("games")(work)
        Timer(0.05, self.goOn.set).start()
        self.assertTrue(another.stop())
        self.assertEqual(done, ["done"])
        await slow

    def test_exit(self) -> None:
        """Nor does the program's end wait for it."""
        program = """if True:
            import sys, time
            from twisted.internet import reactor
            from gamepanel.base import threads as pools
            pools.hangSeconds = 0.05
            hanging = pools.Pools(reactor, reactor)
            def hang():
                print("hangs", flush=True)
                reactor.callFromThread(reactor.stop)
                time.sleep(1000)
            hanging.start()
            reactor.callWhenRunning(lambda: hanging.of("games")(hang))
            reactor.addSystemEventTrigger("after", "shutdown", hanging.stop)
            reactor.run()
        """
        command = [sys.executable, "-c", program]
        done = subprocess.run(command, check=True, capture_output=True, timeout=patience)
        self.assertEqual(done.stdout, b"hangs\n")

    async def test_busy(self) -> None:
        """When all of those hang, too, what has waited for as long is given up, and never done."""
        hanging, done = list["Deferred[Any]"](), list[int]()
        while len(hanging) < sizes["games"] + mostSpare["games"]:
            hanging += await self.hang(sizes["games"])
            self.clock.advance(hangSeconds)
        waiting = self.pools.of("games")(done.append, 1)
        self.clock.advance(hangSeconds)
        self.assertIsNotNone((await self.assertFailure(waiting, Busy)).retryAfter)
        self.assertFalse(any(each.called for each in hanging))
        self.goOn.set()
        await gatherResults(hanging)
        await self.pools.of("games")(done.append, 2)
        self.assertEqual((done, self.clock.getDelayedCalls()), ([2], []))

    def refuse(self, isRefused: bool = True) -> None:
        """Let the kernel begin no more threads, or begin them again."""

        def start(thread: PoolThread) -> None:
            if isRefused:
                raise RuntimeError("can't start new thread")
            super(PoolThread, thread).start()

        self.patch(PoolThread, "start", start)

    async def test_noThread(self) -> None:
        """What can have no thread is busy, and later all is as ever. One for killing is there."""
        self.pools = self.another()
        self.refuse()
        for purpose in sizes.keys() - {"killing"}:
            busy = await self.assertFailure(self.pools.of(purpose)(divmod, 7, 2), Busy)
            self.assertIsNotNone(busy.retryAfter)
        self.assertIsNot(await self.pools.of("killing")(current_thread), current_thread())
        self.refuse(False)
        for purpose in sizes:
            self.assertIsNot(await self.pools.of(purpose)(current_thread), current_thread())
        self.assertTrue(self.pools.stop())
        self.assertEqual(self.clock.getDelayedCalls(), [])

    async def test_noThreadAtFirst(self) -> None:
        """Killing goes on without a thread where none could be begun, until one can be."""
        self.refuse()
        self.pools = self.another()
        killing = self.pools.of("killing")
        self.assertIs(await killing(current_thread), current_thread())
        await self.assertFailure(killing(int, "x"), ValueError)
        self.refuse(False)
        self.assertIsNot(await killing(current_thread), current_thread())
        self.assertTrue(self.pools.stop())

    async def test_oneThread(self) -> None:
        """Where a purpose can have no more threads than it has, what comes waits for these."""
        [slow] = self.block("host", 1)
        self.refuse()
        waiting = [self.pools.of("host")(divmod, number, 2) for number in range(3)]
        self.assertFalse(any(each.called for each in waiting))
        self.goOn.set()
        self.assertEqual(await gatherResults(waiting), [(0, 0), (0, 1), (1, 0)])
        await slow
        # From here on there may be more again.
        self.refuse(False)
        self.goOn.clear()
        [slow] = self.block("host", 1)
        self.assertEqual(await self.pools.of("host")(divmod, 7, 2), (3, 1))
        self.goOn.set()
        await slow

    async def test_notReplaced(self) -> None:
        """A thread that hangs gets its replacement as soon as the kernel has another."""
        hanging = await self.hang(sizes["games"])
        waiting = self.pools.of("games")(lambda: "done")
        self.refuse()
        self.clock.advance(hangSeconds)
        self.refuse(False)
        self.assertFalse(waiting.called)
        self.clock.advance(hangSeconds)
        self.assertEqual(await waiting, "done")
        self.assertFalse(any(each.called for each in hanging))
        self.goOn.set()
        await gatherResults(hanging)
        self.assertEqual(self.clock.getDelayedCalls(), [])

    async def test_arguments(self) -> None:
        """What a function returns or raises comes back."""
        self.assertEqual(await self.pools.of("host")(divmod, 7, 2), (3, 1))
        await self.assertFailure(self.pools.of("host")(int, "x"), ValueError)
