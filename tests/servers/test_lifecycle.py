"""The life of a server, with hands that only write down what they do."""

from collections.abc import Callable, Sequence
from typing import Any

from attrs import Factory, define
from automat import NoTransition
from twisted.internet.defer import Deferred, succeed
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from gamepanel.base.errors import StdinFull
from gamepanel.games.definition import StopStep
from gamepanel.process.kernel import Kernel
from gamepanel.process.runfiles import Exit
from gamepanel.servers import state as states
from gamepanel.servers.events import (
    Crashed,
    Failed,
    GivenUp,
    LifeEvent,
    Ready,
    Starting,
    Stopped,
    Stopping,
    Waiting,
)
from gamepanel.servers.life import Life, Lifecycle
from gamepanel.servers.restart import Policy
from gamepanel.servers.state import Ended, Status
from gamepanel.wire.causes import Cause, because


def onRequest(code: int) -> Cause:
    """Of a run that was stopped, and ended so."""
    return because("stopped_on_request", exit=Exit(code).cause)


def byItself(code: int) -> Cause:
    """Of a run that ended so by itself."""
    return because("ended_by_itself", exit=Exit(code).cause)


@define
class FakeHands:
    """Actions that write down what they are told."""

    done: list[str] = Factory(list)
    statuses: list[Status] = Factory(list)
    events: list[LifeEvent] = Factory(list)
    steps: Sequence[StopStep] = (
        StopStep(command="quit", patience=30),
        StopStep(signal="TERM", patience=15),
    )
    restarts: Policy = Factory(Policy)
    listens: bool | None = True
    said: list[Deferred[None]] = Factory(list)
    rest: Deferred[None] | None = None

    def prepare(self) -> None:
        self.done.append("prepare")

    def cancelPreparing(self) -> None:
        self.done.append("cancel")

    def say(self, command: str) -> Deferred[None]:
        self.done.append(f"say {command}")
        said: Deferred[None] = Deferred()
        self.said.append(said)
        if self.listens is not None:
            said.callback(None) if self.listens else said.errback(StdinFull())
        return said

    @property
    def game(self) -> "FakeHands":
        return self

    def signal(self, name: str) -> None:
        self.done.append(name)

    def killTree(self) -> None:
        self.done.append("kill")

    def killRest(self) -> Deferred[None]:
        return succeed(None) if self.rest is None else self.rest

    def stopSteps(self) -> Sequence[StopStep]:
        return self.steps

    def published(self, status: Status, events: Sequence[LifeEvent]) -> None:
        self.statuses.append(status)
        self.events += events

    def policy(self) -> Policy:
        return self.restarts


class LifeCase(SynchronousTestCase):
    """Tests with one life."""

    def setUp(self) -> None:
        self.clock = Clock()
        self.hands = FakeHands()
        self.core = self._core(states.Stopped())
        self.life = self.core.now

    def tearDown(self) -> None:
        if self.core.status.state in ("stopped", "crashed", "failed", "running"):
            self.assertEqual(self.clock.getDelayedCalls(), [])

    def _core(self, status: Status) -> Lifecycle:
        seconds = self.clock.seconds
        times = Kernel(uptime=seconds, now=lambda: 1000 + seconds(), jitter=lambda: 0)
        return Lifecycle(self.hands, self.clock, times, status)

    @property
    def state(self) -> str:
        return self.core.status.state

    @property
    def status(self) -> Any:
        """With what belongs to its state."""
        return self.core.status

    def run_(self) -> None:
        """Bring it to where players are."""
        self.life.start()
        self.life._launched()
        self.life._ready()
        self.hands.done.clear()

    def endUnready(self, code: int) -> None:
        """It ends, and its type says when it would have been ready."""
        self.life._ended(Exit(code), 5.0, because(f"not ready, {Exit(code)}"))


class LifeTests(LifeCase):
    def test_starts(self) -> None:
        """It is starting until its ready line has come."""
        self.life.start()
        self.assertEqual((self.state, self.hands.done), ("starting", ["prepare"]))
        self.life._launched()
        self.assertEqual(self.state, "starting")
        self.life._ready()
        self.assertEqual(self.state, "running")
        self.assertTrue(self.core.status.wanted)

    def test_startFails(self) -> None:
        """When it can't be started, it says why, and can be started again."""
        self.life.start()
        self.life._broke(because("no such program"))
        self.assertEqual(
            self.core.status.ended, Ended(None, 1000, because("no such program"), True)
        )
        self.assertEqual((self.state, self.status.givenUp), ("failed", None))
        self.life.start()
        self.assertEqual(self.state, "starting")

    def test_startFailsByItself(self) -> None:
        """When what the policy has begun can't be started, that is tried again as a crash is."""
        self.hands.restarts = Policy(giveUpAfter=3, firstDelay=2)
        self.run_()
        self.life._ended(Exit(3), 5.0)
        self.clock.advance(2)
        self.life._broke(because("no space"))
        self.assertEqual((self.state, self.status.restartAt), ("waiting", 6.0))
        self.assertEqual(self.core.status.ended, Ended(None, 1002, because("no space"), True))
        self.clock.advance(4)
        self.life._broke(because("no space"))
        self.assertEqual(self.state, "failed")
        self.assertEqual(str(self.status.givenUp), "it ended 3 times within 10 minutes")

    def test_endsBeforeReady(self) -> None:
        """
        An end before it was ready is a failed start whatever its code: tried again as a
        crash is, and C{failed} in the end.
        """
        self.hands.restarts = Policy(giveUpAfter=3, firstDelay=2)
        for code, delay in ((0, 2), (1, 4)):
            if self.state == "stopped":
                self.life.start()
            self.life._launched()
            self.endUnready(code)
            self.assertEqual(self.state, "waiting")
            why = because(f"not ready, {Exit(code)}")
            self.assertEqual(self.core.status.ended, Ended(Exit(code), 5.0, why, True))
            self.clock.advance(delay - 0.1)
            self.assertEqual(self.state, "waiting")
            self.clock.advance(0.2)
            self.assertEqual(self.state, "starting")
        self.life._launched()
        self.endUnready(0)
        self.assertEqual(self.state, "failed")
        self.assertEqual(str(self.status.givenUp), "it ended 3 times within 10 minutes")
        self.assertEqual(
            self.core.status.ended,
            Ended(Exit(0), 5.0, because("not ready, exit code 0"), True),
        )

    def test_endsBeforeReadyNeverRestarted(self) -> None:
        """One that is never to be restarted has failed at once, also with a clean code."""
        self.hands.restarts = Policy(policy="never")
        self.life.start()
        self.life._launched()
        self.endUnready(0)
        self.assertEqual(self.state, "failed")
        self.assertEqual(str(self.status.givenUp), "it is set never to be restarted")

    def test_endsWithoutReadyLine(self) -> None:
        """Where nobody knows when it is ready, an early end is judged as any."""
        self.life.start()
        self.life._launched()
        self.life._ended(Exit(0), 5.0)
        self.assertEqual(self.state, "stopped")
        self.life.start()
        self.life._launched()
        self.life._ended(Exit(1), 5.0)
        self.assertEqual(self.state, "waiting")
        self.assertEqual(self.core.status.ended, Ended(Exit(1), 5.0, byItself(1)))
        self.life.stop()

    def test_stoppedWhileStarting(self) -> None:
        """An end that was asked for is no failed start."""
        for ask in ("stop", "terminate", "killTree"):
            self.life.start()
            self.life._launched()
            getattr(self.life, ask)()
            self.endUnready(1)
            self.assertEqual((self.state, self.core.status.crashes), ("stopped", ()), ask)
            self.assertFalse(self.core.status.wanted)

    def test_startFailed(self) -> None:
        """
        One that says that its start has failed is stopped as its type says, and is tried
        again as after a crash.
        """
        self.life.start()
        self.life._launched()
        self.life._startFailed(because("it said so"))
        self.assertEqual((self.state, self.hands.done[1:]), ("stopping", ["say quit"]))
        self.clock.advance(30)
        self.assertEqual(self.hands.done[1:], ["say quit", "TERM"])
        self.life._startFailed(because("again"))
        self.life._ready()
        self.life._ended(Exit(0), 5.0)
        self.assertEqual((self.state, self.core.status.wanted), ("waiting", True))
        self.assertEqual(self.core.status.ended, Ended(Exit(0), 5.0, because("it said so"), True))
        self.clock.advance(2)
        self.assertEqual((self.state, self.status.by), ("starting", None))

    def test_startFailedAndStopped(self) -> None:
        """Whoever stops it meanwhile, or starts it anew, gets what they want."""
        for ask, state in (
            ("stop", "stopped"),
            ("terminate", "stopped"),
            ("killTree", "stopped"),
            ("retire", "stopped"),
            ("restart", "starting"),
        ):
            self.life.start()
            self.life._launched()
            self.life._startFailed(because("it said so"))
            getattr(self.life, ask)()
            self.life._ended(Exit(0), 5.0)
            self.assertEqual((self.state, self.core.status.crashes), (state, ()), ask)

    def test_startFailedTooLate(self) -> None:
        """Once it was ready, nothing that it says makes its start a failed one."""
        self.run_()
        self.life._startFailed(because("it said so"))
        self.assertEqual((self.state, self.hands.done), ("running", []))

    def test_policyChangedAfterFailedStart(self) -> None:
        """A new policy counts for one that waits after a failed start, too."""
        self.hands.restarts = Policy(firstDelay=100)
        self.life.start()
        self.life._launched()
        self.endUnready(0)
        self.hands.restarts = Policy(firstDelay=10)
        self.life._reconsider()
        self.assertEqual((self.state, self.status.restartAt), ("waiting", 10.0))
        self.hands.restarts = Policy(policy="never")
        self.life._reconsider()
        self.assertEqual(self.state, "failed")

    def test_stopSteps(self) -> None:
        """It is stopped as its type says, each step after its patience, and killed at last."""
        self.run_()
        self.life.stop()
        self.assertEqual((self.state, self.hands.done), ("stopping", ["say quit"]))
        self.clock.advance(29.9)
        self.assertEqual(self.hands.done, ["say quit"])
        self.clock.advance(0.2)
        self.assertEqual(self.hands.done, ["say quit", "TERM"])
        self.clock.advance(15)
        self.assertEqual(self.hands.done, ["say quit", "TERM", "kill"])
        self.life._ended(Exit(137), 5.0)
        self.assertEqual(self.state, "stopped")
        self.assertEqual(self.core.status.ended, Ended(Exit(137), 5.0, onRequest(137)))

    def test_clearedFirst(self) -> None:
        """
        It is stopped only when nothing is left of it; until then it can be told to start again, or
        not to.
        """
        for asks, state in ((), "stopped"), (("restart",), "starting"), (("killTree",), "stopped"):
            self.hands.rest = Deferred()
            self.run_()
            self.life.stop()
            self.life._ended(Exit(0), 5.0)
            self.clock.advance(100)
            for ask in asks:
                getattr(self.life, ask)()
            self.assertEqual(self.state, "stopping")
            self.hands.rest.callback(None)
            ended = self.core.status.ended
            self.assertEqual((self.state, ended and ended.exit), (state, Exit(0)))
            self.life.stop() if state == "starting" else None

    def test_notClearedWhenEndedByItself(self) -> None:
        """What a game leaves behind that ends by itself is left alone."""
        self.hands.rest = Deferred()
        self.run_()
        self.life._ended(Exit(0), 5.0)
        self.assertEqual(self.state, "stopped")

    def test_stopStepThatCanNotBeTaken(self) -> None:
        """A command that can't be said is not waited for."""
        self.hands.listens = False
        self.run_()
        self.life.stop()
        self.assertEqual(self.hands.done, ["say quit", "TERM"])

    def test_stopStepThatIsNotTakenInTheEnd(self) -> None:
        """A command of which it turns out later that it can't be said is waited for until then."""
        self.hands.listens = None
        self.run_()
        self.life.stop()
        self.clock.advance(10)
        self.assertEqual(self.hands.done, ["say quit"])
        self.hands.said[0].errback(StdinFull())
        self.assertEqual((self.hands.done, self.status.stepsTried), (["say quit", "TERM"], 2))
        self.clock.advance(14.9)
        self.assertEqual(self.hands.done, ["say quit", "TERM"])
        self.clock.advance(0.1)
        self.assertEqual(self.hands.done, ["say quit", "TERM", "kill"])

    def test_stopStepThatIsNotTakenTooLate(self) -> None:
        """What becomes of a command has no meaning any more when the next step has begun."""
        self.hands.listens = None
        self.run_()
        self.life.stop()
        self.clock.advance(30)
        self.hands.said[0].errback(StdinFull())
        self.assertEqual(self.hands.done, ["say quit", "TERM"])
        self.clock.advance(15)
        self.life._ended(Exit(137), 5.0)
        self.run_()
        self.life.stop()
        self.life._ended(Exit(0), 5.0)
        self.hands.said[1].errback(StdinFull())
        self.assertEqual((self.state, self.hands.done), ("stopped", ["say quit"]))

    def test_stopStepThatIsEmpty(self) -> None:
        """A command of which the settings leave nothing is not said, nor waited for."""
        self.hands.steps = (StopStep(command="", patience=30), StopStep(signal="INT", patience=15))
        self.run_()
        self.life.stop()
        self.assertEqual(self.hands.done, ["INT"])

    def test_stoppedInTime(self) -> None:
        """One that stops by its command gets nothing more."""
        self.run_()
        self.life.stop()
        self.life._ended(Exit(0), 5.0)
        self.clock.advance(100)
        self.assertEqual((self.state, self.hands.done), ("stopped", ["say quit"]))

    def test_notPermitted(self) -> None:
        """One that can't be ended runs on; when it ends at last, that had been asked for."""
        self.run_()
        self.life.stop()
        self.clock.advance(30)
        self.clock.advance(15)
        self.assertEqual(self.hands.done, ["say quit", "TERM", "kill"])
        self.life._notPermitted()
        self.assertEqual(self.state, "running")
        self.life._ended(Exit(143), 1000)
        self.assertEqual(self.state, "stopped")
        # Nor does it stay asked for by its next run.
        self.run_()
        self.life._ended(Exit(1), 1000)
        self.assertEqual(self.state, "waiting")

    def test_noSteps(self) -> None:
        """A type without steps is killed at once."""
        self.hands.steps = ()
        self.run_()
        self.life.stop()
        self.assertEqual(self.hands.done, ["kill"])

    def test_terminateAgainAndAgain(self) -> None:
        """Each kill is a SIGTERM, and nothing follows by itself."""
        self.run_()
        self.life.terminate()
        self.life.terminate()
        self.clock.advance(1000)
        self.assertEqual((self.state, self.hands.done), ("stopping", ["TERM", "TERM"]))

    def test_askedForIsNoCrash(self) -> None:
        """An end that was asked for is never a crash, whatever its code."""
        for ask in ("stop", "terminate", "killTree"):
            self.run_()
            getattr(self.life, ask)()
            self.life._ended(Exit(1), 5.0)
            self.assertEqual((self.state, self.core.status.crashes), ("stopped", ()), ask)
            self.assertFalse(self.core.status.wanted)

    def test_cleanEndByItself(self) -> None:
        """A stop from within the game is none either."""
        self.run_()
        self.life._ended(Exit(0), 5.0)
        self.assertEqual(self.state, "stopped")
        self.assertEqual(self.core.status.ended, Ended(Exit(0), 5.0, byItself(0)))
        self.assertTrue(self.core.status.wanted)

    def test_crashesAndGivesUp(self) -> None:
        """After each crash it waits twice as long, until there are too many."""
        self.hands.restarts = Policy(giveUpAfter=3, firstDelay=2, window=600)
        self.run_()
        for delay in (2, 4):
            self.life._ended(Exit(3), 5.0)
            self.assertEqual(self.state, "waiting")
            self.assertEqual(self.status.restartAt, self.clock.seconds() + delay)
            self.clock.advance(delay - 0.1)
            self.assertEqual(self.state, "waiting")
            self.clock.advance(0.2)
            self.assertEqual(self.state, "starting")
            self.assertNotIsInstance(self.core.status, states.Waiting)
            self.life._launched()
            self.life._ready()
        self.life._ended(Exit(3), 5.0)
        self.assertEqual(self.state, "crashed")
        self.assertEqual(str(self.status.givenUp), "it ended 3 times within 10 minutes")

    def test_healthyRunForgets(self) -> None:
        """A run as long as the window makes the next crash the first one."""
        self.hands.restarts = Policy(giveUpAfter=3, firstDelay=2, window=600)
        for _ in range(6):
            if self.state != "starting":
                self.life.start()
            self.life._launched()
            self.clock.advance(600)
            self.life._ended(Exit(3), 5.0)
            self.assertEqual(self.status.restartAt, self.clock.seconds() + 2)
            self.clock.advance(2)

    def test_waiting(self) -> None:
        """While it waits it can be started at once, or let be."""
        self.run_()
        self.life._ended(Exit(3), 5.0)
        self.life.start()
        self.assertEqual(self.state, "starting")
        self.life._launched()
        for ask in ("stop", "terminate", "killTree"):
            self.life._ended(Exit(3), 5.0)
            self.assertEqual(self.state, "waiting")
            getattr(self.life, ask)()
            self.assertEqual((self.state, self.clock.getDelayedCalls()), ("stopped", []))
            self.life.start()
            self.life._launched()

    def test_restartFloor(self) -> None:
        """
        No automatic restart comes sooner than 1 s after the last start, be that one of the
        policy, too; people need not wait.
        """
        self.hands.restarts = Policy(policy="always", firstDelay=0, giveUpAfter=99)
        self.run_()
        self.clock.advance(0.25)
        self.life._ended(Exit(0), 5.0)
        self.assertEqual((self.state, self.status.restartAt), ("waiting", 1.0))
        self.assertEqual(self.hands.events[-1], Waiting(1001.0))
        self.clock.advance(0.75)
        self.assertEqual(self.hands.done, ["prepare"])
        # It takes its time to get ready, and what counts is when its process began.
        self.clock.advance(3)
        self.life._launched()
        self.life._ended(Exit(0), 5.0)
        self.assertEqual(self.status.restartAt, 5.0)
        self.life._reconsider()
        self.assertEqual(self.status.restartAt, 5.0)
        self.life.start()
        self.assertEqual(self.hands.done, ["prepare", "prepare"])
        self.life._launched()
        self.life.restart()
        self.life._ended(Exit(0), 5.0)
        self.assertEqual(self.hands.done[-1], "prepare")
        self.life._launched()
        self.life._ready()
        self.clock.advance(1)
        self.life._ended(Exit(0), 5.0)
        self.assertEqual(self.status.restartAt, 5.0)

    def test_policyChangedWhileWaiting(self) -> None:
        """A new policy counts at once, also for one that waits."""
        self.hands.restarts = Policy(firstDelay=100)
        self.run_()
        self.life._ended(Exit(3), 5.0)
        self.hands.restarts = Policy(firstDelay=10)
        self.life._reconsider()
        self.assertEqual((self.state, self.status.restartAt), ("waiting", 10.0))
        self.hands.restarts = Policy(policy="never")
        self.life._reconsider()
        self.assertEqual(self.state, "crashed")
        self.assertEqual(str(self.status.givenUp), "it is set never to be restarted")

    def test_restart(self) -> None:
        """A restart stops it as its type says and starts it when it has ended."""
        self.run_()
        self.life.restart()
        self.assertEqual((self.state, self.hands.done), ("stopping", ["say quit"]))
        self.clock.advance(30)
        self.assertEqual(self.hands.done, ["say quit", "TERM"])
        self.life._ended(Exit(143), 5.0)
        self.assertEqual(self.state, "starting")
        self.assertEqual(self.hands.done, ["say quit", "TERM", "prepare"])

    def test_restartGivenUp(self) -> None:
        """A kill while it restarts means that it shall not run."""
        self.run_()
        self.life.restart()
        self.life.terminate()
        self.life._ended(Exit(143), 5.0)
        self.assertEqual(self.state, "stopped")

    def test_restartAtRest(self) -> None:
        """Whatever is at rest is started by a restart."""
        self.life.restart()
        self.life._broke(because("x"))
        self.life.restart()
        self.assertEqual((self.state, self.hands.done), ("starting", ["prepare", "prepare"]))

    def test_stopWhilePreparing(self) -> None:
        """What has no process yet is not begun."""
        self.life.start()
        self.life.stop()
        self.assertEqual((self.state, self.hands.done), ("stopped", ["prepare", "cancel"]))

    def test_refusals(self) -> None:
        """What makes no sense is refused."""
        for ask in (self.life.stop, self.life.terminate, self.life.killTree):
            self.assertRaises(NoTransition, ask)
        for step in (self._nothing, self.life._launched, self.life._ready, self.life.stop):
            self.life.start() if step == self._nothing else step()
            self.assertRaises(NoTransition, self.life.start)

    def _nothing(self) -> None: ...

    def test_retire(self) -> None:
        """When the daemon takes it along, it does not forget that it was to run."""
        self.run_()
        self.life.retire()
        self.assertEqual(self.hands.done, ["say quit"])
        self.life._ended(Exit(0), 5.0)
        self.assertEqual((self.state, self.core.status.wanted), ("stopped", True))
        self.life.retire()

    def _resumed(self, status: Status) -> Life:
        self.core = self._core(status)
        return self.core.now

    def test_resumeWaiting(self) -> None:
        """A wait goes on for what is left of it."""
        self._resumed(states.Waiting(restartAt=5.0))
        self.clock.advance(4.9)
        self.assertEqual(self.hands.done, [])
        self.clock.advance(0.2)
        self.assertEqual(self.hands.done, ["prepare"])

    def test_resumeStopping(self) -> None:
        """A stop goes on with the step that was under way."""
        life = self._resumed(states.Stopping(stepsTried=1))
        self.clock.advance(30)
        self.assertEqual(self.hands.done, ["TERM"])
        life._ended(Exit(0), 1.0)
        self.assertEqual(self.state, "stopped")

    def test_resumeStartFailed(self) -> None:
        """One that was being stopped since its start had failed has failed to start."""
        life = self._resumed(
            states.Stopping(purpose="unready", reason=because("it said so"), stepsTried=1)
        )
        life._ended(Exit(0), 1.0)
        self.assertEqual(
            (self.state, self.core.status.ended),
            ("waiting", Ended(Exit(0), 1.0, because("it said so"), True)),
        )

    def test_resumeTheRest(self) -> None:
        """In every other state it goes on as if nothing had been."""
        events: dict[Status, tuple[Callable[[Life], None], str]] = {
            states.Stopped(): (lambda life: life.start(), "starting"),
            states.Crashed(): (lambda life: life.start(), "starting"),
            states.Failed(): (lambda life: life.start(), "starting"),
            states.Starting(): (lambda life: life._ready(), "running"),
            states.Running(): (lambda life: life._ended(Exit(0), 1.0), "stopped"),
            states.Stopping(): (lambda life: life._ended(Exit(0), 1.0), "stopped"),
        }
        for status, (happens, expected) in events.items():
            happens(self._resumed(status))
            self.assertEqual(self.state, expected, status)


class EventTests(LifeCase):
    """What is stored of a life."""

    def happened(self) -> list[LifeEvent]:
        """What has happened since the last time."""
        events, self.hands.events = self.hands.events, []
        return events

    def test_asked(self) -> None:
        """Who asked for a start or a stop is told with all that comes of it."""
        self.life.start("ann")
        self.life._launched()
        self.life._ready()
        self.life.stop("ben")
        self.life._ended(Exit(0), 5.0)
        self.assertEqual(
            self.happened(),
            [
                *(Starting("ann"), Ready("ann"), Stopping("ben")),
                Stopped("ben", Exit(0), onRequest(0)),
            ],
        )

    def test_lastWhoAsked(self) -> None:
        """A kill of what stops already is no other stop, but it is the killer's then."""
        self.run_()
        self.life.stop("ann")
        self.life.killTree("ben")
        self.life._ended(Exit(137), 5.0)
        self.assertEqual(
            self.happened()[2:],
            [
                Stopping("ann"),
                Stopped("ben", Exit(137), onRequest(137)),
            ],
        )

    def test_restart(self) -> None:
        """A restart is a stop and a start, published in one with the start."""
        self.run_()
        self.life.restart("ann")
        self.happened()
        published = len(self.hands.statuses)
        self.life._ended(Exit(0), 5.0)
        self.assertEqual(
            self.happened(),
            [
                Stopped("ann", Exit(0), onRequest(0)),
                Starting("ann"),
            ],
        )
        self.assertEqual(len(self.hands.statuses), published + 1)

    def test_crashes(self) -> None:
        """Each unclean end is a crash; what follows comes with it. Nobody asked for that."""
        self.hands.restarts = Policy(giveUpAfter=2, firstDelay=2)
        self.life.start("ann")
        self.life._launched()
        self.life._ready()
        self.happened()
        self.life._ended(Exit(139), 5.0)
        crash = Crashed(Exit(139), byItself(139))
        self.assertEqual(self.happened(), [crash, Waiting(1002.0)])
        self.clock.advance(2)
        self.life._launched()
        self.life._ready()
        self.assertEqual(self.happened(), [Starting(None), Ready(None)])
        self.life._ended(Exit(139), 5.0)
        givenUp = GivenUp(because("ended_too_often", count=2, window=600))
        self.assertEqual(self.happened(), [crash, givenUp])

    def test_cleanButAgain(self) -> None:
        """A clean end that is followed by a start all the same is no crash."""
        self.hands.restarts = Policy(policy="always", firstDelay=2)
        self.run_()
        self.happened()
        self.life._ended(Exit(0), 5.0)
        stopped = Stopped(None, Exit(0), byItself(0))
        self.assertEqual(self.happened(), [stopped, Waiting(1002.0)])

    def test_endsByItself(self) -> None:
        """Nobody asked for the end of a server that ends by itself, whoever has started it."""
        self.life.start("ann")
        self.life._launched()
        self.happened()
        self.life._ended(Exit(0), 5.0)
        self.assertEqual(
            self.happened(),
            [Stopped(None, Exit(0), byItself(0))],
        )

    def test_startFails(self) -> None:
        """A start that fails is told as such, with what follows."""
        self.life.start("ann")
        self.life._broke(because("no such program"))
        self.assertEqual(self.happened(), [Starting("ann"), Failed(because("no such program"))])
        self.life.start("ann")
        self.life._launched()
        self.endUnready(1)
        self.assertEqual(
            self.happened(),
            [Starting("ann"), Failed(because("not ready, exit code 1")), Waiting(1002.0)],
        )
        self.life.stop("ben")
        [stopped] = self.happened()
        self.assertEqual(stopped, Stopped("ben", None, because("stopped_while_waiting")))

    def test_failedLine(self) -> None:
        """A game that says that its start has failed is stopped, by nobody, and has failed."""
        self.hands.restarts = Policy(giveUpAfter=1)
        self.life.start("ann")
        self.life._launched()
        self.life._startFailed(because("the game said so"))
        self.life._ended(Exit(0), 5.0)
        self.assertEqual(
            self.happened()[1:],
            [
                *(Stopping(None), Failed(because("the game said so"))),
                GivenUp(because("ended_too_often", count=1, window=600)),
            ],
        )

    def test_reconsidered(self) -> None:
        """Another policy for what has crashed already is no other crash."""
        self.hands.restarts = Policy(giveUpAfter=2)
        self.run_()
        self.life._ended(Exit(1), 5.0)
        self.happened()
        self.hands.restarts = Policy(policy="never")
        self.life._reconsider()
        self.assertEqual(self.happened(), [GivenUp(because("never_restarted"))])

    def test_aborted(self) -> None:
        """A start that is taken back before there is a process is a stop."""
        self.life.start("ann")
        self.life.stop("ben")
        self.assertEqual(
            self.happened(),
            [Starting("ann"), Stopped("ben", None, because("stopped_before_start"))],
        )
