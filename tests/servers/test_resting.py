"""A server stays at rest while long work needs that, and goes on afterwards where it was."""

from types import SimpleNamespace
from typing import Any

from automat import NoTransition
from twisted.internet.defer import Deferred, execute
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from gamepanel.base.hub import Hub
from gamepanel.process.runfiles import Exit
from gamepanel.servers.events import Failed, ServerEvent, StatusChanged
from gamepanel.servers.restore import Restoring
from gamepanel.servers.state import (
    Crashed,
    Ended,
    Installing,
    Status,
    Stopped,
    Waiting,
)
from gamepanel.servers.state import Failed as Unstarted
from gamepanel.wire.causes import because
from tests.servers.test_lifecycle import LifeCase

ended = Ended(Exit(3), 990.0, "ended by itself, exit code 3")


class RestTests(LifeCase):
    def begin(self, status: Status) -> None:
        """It is in this state, and work begins."""
        self.core = self._core(status)
        self.life = self.core.now
        self.life.rest()
        self.assertEqual(self.state, "installing")

    def test_begins(self) -> None:
        """It can begin when nothing runs, and then neither start nor restart do anything."""
        for status in (Stopped(), Crashed(), Unstarted()):
            self.begin(status)
            for refused in (self.life.start, self.life.restart, self.life.stop):
                self.assertRaises(NoTransition, refused)
            self.life.rest()
            self.life.retire()
            self.assertEqual(self.state, "installing")
            self.life._rested(True)
            self.assertEqual(self.state, "stopped")

    def test_asBefore(self) -> None:
        """Where the work has changed nothing, it is what it was, and nobody is told that again."""
        why = "it ended 3 times"
        for status in (
            Stopped(ended, wanted=True),
            Crashed(ended, wanted=True, givenUp=why),
            Unstarted(ended, wanted=True, givenUp=why),
        ):
            self.begin(status)
            self.assertEqual(self.core.status.ended, ended)
            # The next daemon goes on with it.
            self.core = self._core(self.core.status)
            self.life = self.core.now
            self.hands.events.clear()
            self.life._rested(True, isChanged=False)
            self.assertEqual((self.core.status, self.hands.events), (status, []))

    def test_notWhileItRuns(self) -> None:
        """It can't begin while something runs, or is about to."""
        self.life.start()
        for step in (lambda: None, self.life._launched, self.life._ready, self.life.stop):
            step()
            self.assertRaises(NoTransition, self.life.rest)
        self.life._ended(Exit(0), 1000.0)

    def test_failed(self) -> None:
        """What is not installed has failed, and says why."""
        self.begin(Stopped())
        self.hands.events.clear()
        self.life._notInstalled(because("no luck"))
        self.assertEqual(self.state, "failed")
        self.assertEqual(self.hands.events, [Failed(because("no luck"))])
        assert self.core.status.ended is not None
        self.assertEqual(str(self.core.status.ended.reason), "no luck")

    def test_policyWaits(self) -> None:
        """A restart that is due meanwhile comes afterwards."""
        self.begin(Waiting(ended, (0.0,), True, restartAt=5.0))
        self.clock.advance(60)
        self.assertEqual((self.state, self.hands.done), ("installing", []))
        self.life._rested(True)
        self.assertEqual(self.state, "waiting")
        self.clock.advance(1)
        self.assertEqual((self.state, self.hands.done), ("starting", ["prepare"]))

    def test_policyGoesWithout(self) -> None:
        """Not so if it can't be started then."""
        self.begin(Waiting(ended, (0.0,), True, restartAt=5.0))
        self.life._rested(False)
        self.clock.advance(60)
        self.assertEqual((self.state, self.hands.done), ("stopped", []))

    def test_resumed(self) -> None:
        """The next daemon goes on with it."""
        self.begin(Waiting(ended, (0.0,), True, restartAt=5.0))
        self.core = self._core(self.core.status)
        self.life = self.core.now
        self.assertRaises(NoTransition, self.life.start)
        self.life._rested(True)
        self.assertEqual(self.state, "waiting")
        self.life.stop()


class AutostartTests(SynchronousTestCase):
    def test_waits(self) -> None:
        """A server that is to start with the host starts when the work on it is over."""
        cases: tuple[tuple[Status, list[str]], ...] = (
            (Stopped(), ["a"]),
            (Crashed(), ["a"]),
            (Unstarted(), []),
        )
        for after, started in cases:
            clock = Clock()
            done: list[str] = []
            happens: Hub[ServerEvent] = Hub()
            server: Any = SimpleNamespace(
                id="a",
                status=Installing(),
                held=None,
                happens=happens,
                start=lambda done=done: execute(done.append, "a"),
            )
            nothing: Any = None
            context: Any = SimpleNamespace(reactor=clock)
            registry: Any = SimpleNamespace(find=lambda id, server=server: server)
            waking = Restoring(context, registry, nothing)
            self.successResultOf(Deferred.fromCoroutine(waking._startInTurn(["a"])))
            happens.tell(StatusChanged(Installing()))
            clock.advance(60)
            self.assertEqual(done, [])
            server.status = after
            happens.tell(StatusChanged(server.status))
            clock.advance(0)
            self.assertEqual((done, len(happens)), (started, 0))
