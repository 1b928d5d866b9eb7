"""Keeping games from saving while a backup is made."""

from types import SimpleNamespace
from typing import Any

from msgspec.structs import replace
from twisted.internet.defer import CancelledError, Deferred, fail, succeed
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from gamepanel.backups.quiescing import Quiescer, retrySeconds
from gamepanel.base.errors import ConsoleUnavailable, NoSpace
from gamepanel.base.hub import Hub
from gamepanel.console.ring import Chunk
from gamepanel.games.definition import StopStep
from gamepanel.servers.serverlog import patternsOf, savedName
from gamepanel.servers.storedlife import Owed, Quiescing, Run

usual = Quiescing(("off", "all"), "^saved$", None, 30.0, ("on", "all-on"))


class FakeGame:
    """
    A game that takes lines, and a run of it that is written down.

    @ivar done: what has happened, in order, for all tests.
    @ivar fails: lines that it can't be given, with why.
    """

    def __init__(self, done: list[Any], quiescing: Quiescing | None) -> None:
        self.done = done
        self.fails: dict[str, Exception] = {}
        self.isOver = False
        self.quiescing = quiescing
        self.owed: Owed | None = None

    @property
    def record(self) -> Any:
        """What is written down."""
        told = 0 if self.owed is None else self.owed.told
        after = () if self.quiescing is None else self.quiescing.after[told:]
        return SimpleNamespace(quiescing=self.quiescing, owed=self.owed, startedAt=1.0, after=after)

    def owe(self, owed: Owed) -> None:
        """See L{gamepanel.servers.game.Game}."""
        if "disk" in self.fails:
            raise self.fails["disk"]
        self.told(owed)

    def told(self, owed: Owed | None) -> None:
        """See L{gamepanel.servers.game.Game}."""
        self.owed = owed
        self.done.append("released" if owed is None else ("owed", owed.told))

    def command(self, line: str) -> Deferred[None]:
        """See L{gamepanel.servers.game.Game}."""
        if line in self.fails:
            return fail(self.fails[line])
        self.done.append(line)
        return succeed(None)


class RunTests(SynchronousTestCase):
    """What a run knows of its silence."""

    run_ = Run(
        "boot",
        0,
        1.0,
        1.0,
        "/home",
        (StopStep(command="quit"),),
        None,
        120.0,
        quiescing=usual,
        owed=Owed(7, 1.0, 1),
    )

    def test_stopSteps(self) -> None:
        """It is told to go on before it is told to end, as far as it was not told that yet."""
        steps = [(step.command, step.patience) for step in self.run_.stopSteps]
        self.assertEqual(steps, [("all-on", 0.0), ("quit", 15.0)])
        others = replace(self.run_, owed=None)
        self.assertEqual(others.stopSteps, self.run_.stop)

    def test_pattern(self) -> None:
        """The line that is waited for is among those that are looked for."""
        self.assertEqual(patternsOf(self.run_), {savedName: "^saved$"})


class QuiescingTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.done: list[Any] = []
        self.clock = Clock()
        self.quiescer = Quiescer(self.clock, lambda: 100.0 + self.clock.seconds())
        self.server: Any = self.running(usual)

    def running(self, quiescing: Quiescing | None) -> Any:
        """A server whose game runs."""
        self.takers: list[Any] = []
        return SimpleNamespace(
            id="a",
            creation=1,
            game=FakeGame(self.done, quiescing),
            status=SimpleNamespace(state="running"),
            ring=SimpleNamespace(position=10, read=lambda start, limit: Chunk(start, b"\n")),
            runs=SimpleNamespace(changed=Hub()),
            search=SimpleNamespace(add=self.takers.append, remove=self.takers.remove),
            log=SimpleNamespace(tell=self.done.append),
        )

    def begin(self) -> Deferred[bool | None]:
        """Tell it to hold still."""
        return Deferred.fromCoroutine(self.quiescer.quiesce(self.server, 7))

    def found(self) -> None:
        """It prints the line that is waited for."""
        self.takers[0].took(None)

    def test_quiesced(self) -> None:
        """What it is owed is written down before it is told; then its line is waited for."""
        quiesced = self.begin()
        self.assertEqual(self.done, [("owed", 0), "off", "all"])
        self.assertNoResult(quiesced)
        self.assertEqual(self.takers[0].entered(self.server.game.record), (10, False))
        self.found()
        self.assertIs(self.successResultOf(quiesced), True)
        self.assertEqual((self.takers, self.clock.getDelayedCalls()), ([], []))
        self.assertTrue(self.quiescer.isStill(self.server, 7))
        self.assertFalse(self.quiescer.isStill(self.server, 8))

    def test_late(self) -> None:
        """What never comes is waited for as long as the type says."""
        quiesced = self.begin()
        self.clock.advance(29.9)
        self.assertNoResult(quiesced)
        self.clock.advance(0.2)
        self.assertIs(self.successResultOf(quiesced), False)
        self.assertEqual(self.takers, [])

    def test_asked(self) -> None:
        """Where the type says so it is asked again and again."""
        self.server = self.running(Quiescing(("hold",), "^saved$", "query", 30.0, ("resume",)))
        quiesced = self.begin()
        self.clock.pump([1.0, 1.0])
        self.assertEqual(self.done[1:], ["hold", "query", "query", "query"])
        self.found()
        self.assertIs(self.successResultOf(quiesced), True)
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_withoutLine(self) -> None:
        """Where no line is waited for, it holds still when it was told."""
        self.server = self.running(Quiescing(("off",), None, None, 30.0, ("on",)))
        self.assertIs(self.successResultOf(self.begin()), True)

    def test_nothingToSay(self) -> None:
        """Of a game whose type says nothing, or that is not running, it is not asked."""
        self.server = self.running(None)
        self.assertIsNone(self.successResultOf(self.begin()))
        self.server = self.running(usual)
        self.server.status.state = "starting"
        self.assertIsNone(self.successResultOf(self.begin()))
        self.server.game = None
        self.assertIsNone(self.successResultOf(self.begin()))
        self.assertEqual(self.done, [])

    def test_earlier(self) -> None:
        """One that an earlier daemon has told is not told twice."""
        self.server.game.owed = Owed(7, 50.0)
        self.assertIs(self.successResultOf(self.begin()), False)
        self.assertEqual(self.done, [])

    def test_notTaken(self) -> None:
        """One that does not take a line does not hold still; what it may be owed stays."""
        self.server.game.fails["all"] = ConsoleUnavailable()
        self.assertIs(self.successResultOf(self.begin()), False)
        self.assertEqual(self.done, [("owed", 0), "off"])
        self.assertTrue(self.quiescer.isStill(self.server, 7))

    def test_notWritten(self) -> None:
        """What can't be written down is not done."""
        self.server.game.fails["disk"] = NoSpace()
        self.assertIs(self.successResultOf(self.begin()), False)
        self.assertEqual(self.done, [])

    def test_ended(self) -> None:
        """When the game ends there is nothing to wait for."""
        quiesced = self.begin()
        self.server.runs.changed.tell(None)
        self.assertIs(self.successResultOf(quiesced), False)
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_cancelled(self) -> None:
        """A job that is cancelled ends the wait, not what is owed."""
        quiesced = self.begin()
        quiesced.cancel()
        self.failureResultOf(quiesced, CancelledError)
        self.assertEqual((self.takers, self.clock.getDelayedCalls()), ([], []))
        self.assertIsNotNone(self.server.game.owed)

    def test_released(self) -> None:
        """It is told to go on, line by line, and its console for how long it was kept."""
        self.server.game.owed = Owed(7, 98.5)
        self.quiescer.release(self.server)
        told = self.done.pop()
        self.assertEqual(self.done, ["on", ("owed", 1), "all-on", ("owed", 2), "released"])
        self.assertIn("1.5 s", told)
        self.quiescer.release(self.server)
        self.assertEqual(len(self.done), 5)

    def test_outOfReach(self) -> None:
        """A console that can't be reached is tried again; no line comes twice."""
        self.server.game.owed = Owed(7, 100.0)
        self.server.game.fails["all-on"] = ConsoleUnavailable()
        self.quiescer.release(self.server)
        self.assertEqual(self.done, ["on", ("owed", 1)])
        self.clock.advance(retrySeconds)
        self.assertEqual(self.done, ["on", ("owed", 1)])
        self.server.game.fails.clear()
        self.clock.advance(retrySeconds)
        self.assertEqual(self.done[2:-1], ["all-on", ("owed", 2), "released"])
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_stopping(self) -> None:
        """One that is being stopped is told by its stop steps."""
        self.server.game.owed = Owed(7, 100.0)
        self.server.status.state = "stopping"
        self.quiescer.release(self.server)
        self.assertEqual(self.done, [])
        self.assertFalse(self.quiescer.isStill(self.server, 7))

    def test_stopped(self) -> None:
        """
        The stop steps of a game that is stopped while it is told to go on stay the same: they are
        counted, and one that is left out would be the one that ends it.
        """
        self.server.game.owed = Owed(7, 100.0)
        told: Deferred[None] = Deferred()
        self.server.game.command = lambda line: told
        self.quiescer.release(self.server)
        self.server.status.state = "stopping"
        told.callback(None)
        self.assertEqual((self.done, self.server.game.owed.told), ([], 0))

    def test_left(self) -> None:
        """A daemon that ends has no plans left."""
        self.server.game.owed = Owed(7, 100.0)
        self.server.game.fails["on"] = ConsoleUnavailable()
        self.quiescer.release(self.server)
        self.assertEqual(len(self.clock.getDelayedCalls()), 1)
        self.quiescer.leave()
        self.assertEqual(self.clock.getDelayedCalls(), [])
