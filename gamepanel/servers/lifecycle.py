"""
The life of one server: a state machine.

It acts through L{Actions}, which it is given, and knows nothing of processes,
files or HTTP. Time is a clock that it is given too.

::

    stopped, crashed, failed --start--> preparing --launched--> starting --ready--> running
    preparing --broke--> failed                        (waiting, if the policy had begun it)
    starting, running --stop, terminate, killTree--> stopping --ended--> stopped
    stopping --notPermitted--> running          (its processes are another user's)
    starting, running --ended--> stopped | crashed | failed | waiting   (as the policy decides)
    starting --startFailed--> stopping --ended--> failed | waiting      (as the policy decides)
    waiting --due, start--> preparing;  waiting --stop, terminate, killTree--> stopped

C{preparing} is shown as C{starting}: files are written, what an earlier run left
behind is ended, and then the process is spawned.

A run that ends by itself before it was ready is a failed start: the policy treats it as
a crash whatever its exit code, and C{failed} is shown where a crash would be C{crashed}.
"""

from collections.abc import Callable, Sequence
from typing import Any, Final, Protocol

from attrs import Factory, define, evolve
from automat import TypeMachineBuilder
from twisted.internet.interfaces import IDelayedCall, IReactorTime

from gamepanel.games.definition import StopStep
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
from gamepanel.servers.restart import (
    Exit,
    GiveUp,
    Policy,
    StayDown,
    TryAgain,
    decide,
    floored,
    isClean,
    recent,
)
from gamepanel.servers.status import Ended, Status
from gamepanel.wire.values import State

notStarted: Final = "stopped before it had started"

waitsNoMore: Final = "stopped while it waited for its next try"


class Actions(Protocol):
    """What the machine can do."""

    def prepare(self) -> None:
        """Begin to get ready for a run; then C{_launched} or C{_broke} is called on the life."""

    def cancelPreparing(self) -> None:
        """Stop getting ready: neither is to be called any more."""

    def say(self, command: str) -> bool:
        """Give the game a line of its type; False if it stands for nothing or can't be taken."""

    def signal(self, name: str) -> None:
        """Signal its group."""

    def killTree(self) -> None:
        """Begin to kill all that belongs to it, until nothing is left."""

    def stopSteps(self) -> Sequence[StopStep]:
        """How this run is to be stopped."""

    def policy(self) -> Policy:
        """When it is to be started again."""

    def whyNotReady(self, exit: Exit) -> str | None:
        """
        What to say of a run that ended before it was ready; None where its type does
        not say when it is.
        """

    def published(self, status: Status, events: Sequence[LifeEvent]) -> None:
        """The status has changed, since these events have happened."""


class Life(Protocol):
    """
    What can happen to a server. What begins with an underscore comes from actions and clock;
    C{by} is who asks for it, None when nobody does.
    """

    def start(self, by: str | None = None) -> None:
        """Somebody wants it to run."""

    def restart(self, by: str | None = None) -> None:
        """Somebody wants it to stop as its type says, and then to run."""

    def stop(self, by: str | None = None) -> None:
        """Somebody wants it to stop as its type says."""

    def retire(self) -> None:
        """The daemon ends and takes it along; it does not forget that it was to run."""

    def terminate(self, by: str | None = None) -> None:
        """Somebody wants it to get SIGTERM."""

    def killTree(self, by: str | None = None) -> None:
        """Somebody wants all its processes killed."""

    def _launched(self) -> None:
        """Its process runs."""

    def _broke(self, reason: str) -> None:
        """It could not be started."""

    def _ready(self) -> None:
        """Players can come."""

    def _startFailed(self, reason: str) -> None:
        """Its process runs, but players will never be able to come."""

    def _ended(self, exit: Exit, at: float) -> None:
        """Its process has ended (Unix time)."""

    def _due(self) -> None:
        """It is time for the next try."""

    def _notPermitted(self) -> None:
        """Its processes live on, since we may not end them."""

    def _nextStep(self) -> None:
        """The patience for a step is over."""

    def _reconsider(self) -> None:
        """The policy is another now."""

    def _stays(self, ended: Ended, by: str | None = None) -> None:
        """Judged: all is well."""

    def _gaveUp(self, ended: Ended, reason: str) -> None:
        """Judged: it will not be restarted."""

    def _gaveUpStarting(self, ended: Ended, reason: str) -> None:
        """Judged: its start has failed, and will not be tried again."""

    def _retries(self, ended: Ended, crashes: tuple[float, ...], delay: float) -> None:
        """Judged: it will be restarted after so many seconds."""


@define
class Core:
    """
    What the machine works with.

    @ivar actions: what it acts through.
    @ivar clock: measures delays and patience.
    @ivar uptime: seconds since the host started: goes on in sleep, knows no clock changes.
    @ivar now: Unix time in seconds, for people.
    @ivar jitter: a random number from -1 to 1.
    @ivar status: what was published last.
    @ivar timer: what will happen if nothing else does; a change of state cancels it.
    """

    actions: Actions
    clock: IReactorTime
    uptime: Callable[[], float]
    now: Callable[[], float]
    jitter: Callable[[], float]
    status: Status = Factory(Status)
    timer: IDelayedCall | None = None
    _news: list[LifeEvent] = Factory(list)

    def note(self, event: LifeEvent) -> None:
        """Something has happened; it is published with the change of state that follows."""
        self._news.append(event)

    def become(self, state: State, *events: LifeEvent, **changes: Any) -> None:
        """
        Publish a change of state and its events; what belongs to the old one only is forgotten.
        """
        self.disarm()
        fresh = {
            "restartAt": None,
            "givenUp": None,
            "again": False,
            "stepsTried": None,
            "startFailure": None,
            "by": None,
        }
        self.status = evolve(self.status, state=state, **(fresh | changes))
        self._publish(*events)

    def change(self, **changes: Any) -> None:
        """Publish a change within a state; what is to happen in it still will."""
        self.status = evolve(self.status, **changes)
        self._publish()

    def _publish(self, *events: LifeEvent) -> None:
        news, self._news = (*self._news, *events), []
        self.actions.published(self.status, news)

    def arm(self, delay: float, then: Callable[[], None]) -> None:
        """Let something happen after so many seconds in this state."""
        self.disarm()
        self.timer = self.clock.callLater(delay, then)

    def disarm(self) -> None:
        """Forget what was to happen."""
        if self.timer is not None and self.timer.active():
            self.timer.cancel()
        self.timer = None


builder = TypeMachineBuilder(Life, Core)

stopped = builder.state("stopped")
crashed = builder.state("crashed")
failed = builder.state("failed")
preparing = builder.state("preparing")
starting = builder.state("starting")
running = builder.state("running")
stopping = builder.state("stopping")
judging = builder.state("judging")
waiting = builder.state("waiting")


@stopped.upon(Life.start).to(preparing)
@stopped.upon(Life.restart).to(preparing)
@crashed.upon(Life.start).to(preparing)
@crashed.upon(Life.restart).to(preparing)
@failed.upon(Life.start).to(preparing)
@failed.upon(Life.restart).to(preparing)
@waiting.upon(Life.start).to(preparing)
@waiting.upon(Life.restart).to(preparing)
def prepare(life: Life, core: Core, by: str | None = None) -> None:
    # A person looks after it: what it did before counts no more.
    begin(core, by, wanted=True, crashes=())


def begin(core: Core, by: str | None, **changes: Any) -> None:
    """Get ready for a run."""
    core.become("starting", Starting(by), by=by, startedUptime=core.uptime(), **changes)
    core.actions.prepare()


@judging.upon(Life.start).to(preparing)
def prepareAgain(life: Life, core: Core, by: str | None = None) -> None:
    begin(core, by)


@waiting.upon(Life._due).to(preparing)
def retry(life: Life, core: Core) -> None:
    prepareAgain(life, core)


preparing.upon(Life.restart).loop().returns(None)


@preparing.upon(Life.stop).to(stopped)
@preparing.upon(Life.terminate).to(stopped)
def abort(life: Life, core: Core, by: str | None = None) -> None:
    core.actions.cancelPreparing()
    core.become("stopped", Stopped(by, None, notStarted), wanted=False)


@preparing.upon(Life.killTree).to(stopped)
def abortAndKill(life: Life, core: Core, by: str | None = None) -> None:
    abort(life, core, by)
    core.actions.killTree()


@preparing.upon(Life.retire).to(stopped)
def abortForNow(life: Life, core: Core) -> None:
    core.actions.cancelPreparing()
    core.become("stopped", Stopped(None, None, notStarted))


@preparing.upon(Life._launched).to(starting)
def launched(life: Life, core: Core) -> None:
    # It is shown as starting already.
    core.status = evolve(core.status, startedUptime=core.uptime())


@preparing.upon(Life._broke).to(judging)
def broke(life: Life, core: Core, reason: str) -> None:
    ended = Ended(None, core.now(), reason, startFailed=True)
    if core.status.crashes:
        # Nobody waits for this try to tell what is wrong; the next may go better.
        judge(life, core, ended, countedCrashes(core))
    else:
        core.note(Failed(reason))
        life._gaveUpStarting(ended, "")


@starting.upon(Life._ready).to(running)
def ready(life: Life, core: Core) -> None:
    core.become("running", Ready(core.status.by))


@starting.upon(Life.stop).to(stopping)
@running.upon(Life.stop).to(stopping)
def stop(life: Life, core: Core, by: str | None = None) -> None:
    core.become("stopping", Stopping(by), wanted=False, stepsTried=0, by=by)
    tryNextStep(life, core)


@starting.upon(Life._startFailed).to(stopping)
def startFailed(life: Life, core: Core, reason: str) -> None:
    core.become("stopping", Stopping(None), stepsTried=0, startFailure=reason)
    tryNextStep(life, core)


@stopping.upon(Life.stop).loop()
def stopToo(life: Life, core: Core, by: str | None = None) -> None:
    core.change(wanted=False, again=False, startFailure=None, by=by)
    beginSteps(life, core)


def beginSteps(life: Life, core: Core) -> None:
    """Try the steps of its type, if that is not under way already."""
    if core.status.stepsTried is None:
        core.change(stepsTried=0)
        tryNextStep(life, core)


@starting.upon(Life.retire).to(stopping)
@running.upon(Life.retire).to(stopping)
def retire(life: Life, core: Core) -> None:
    core.become("stopping", Stopping(None), stepsTried=0)
    tryNextStep(life, core)


@stopping.upon(Life.retire).loop()
def retireToo(life: Life, core: Core) -> None:
    core.change(again=False, startFailure=None)
    beginSteps(life, core)


@starting.upon(Life.restart).to(stopping)
@running.upon(Life.restart).to(stopping)
def restart(life: Life, core: Core, by: str | None = None) -> None:
    core.become("stopping", Stopping(by), wanted=True, again=True, stepsTried=0, crashes=(), by=by)
    tryNextStep(life, core)


@stopping.upon(Life.restart).loop()
def restartToo(life: Life, core: Core, by: str | None = None) -> None:
    core.change(wanted=True, again=True, crashes=(), startFailure=None, by=by)
    beginSteps(life, core)


@stopping.upon(Life._nextStep).loop()
def tryNextStep(life: Life, core: Core) -> None:
    steps = core.actions.stopSteps()
    for tried in range(core.status.stepsTried or 0, len(steps)):
        step = steps[tried]
        if step.command is not None and not core.actions.say(step.command):
            continue
        if step.signal is not None:
            core.actions.signal(step.signal)
        core.change(stepsTried=tried + 1)
        core.arm(step.patience, life._nextStep)
        return
    core.actions.killTree()


@starting.upon(Life.terminate).to(stopping)
@running.upon(Life.terminate).to(stopping)
def terminate(life: Life, core: Core, by: str | None = None) -> None:
    core.become("stopping", Stopping(by), wanted=False, by=by)
    core.actions.signal("TERM")


@stopping.upon(Life.terminate).loop()
def terminateToo(life: Life, core: Core, by: str | None = None) -> None:
    # Steps that are under way go on: it may not heed this signal either.
    core.change(wanted=False, again=False, startFailure=None, by=by)
    core.actions.signal("TERM")


@starting.upon(Life.killTree).to(stopping)
@running.upon(Life.killTree).to(stopping)
def killTree(life: Life, core: Core, by: str | None = None) -> None:
    core.note(Stopping(by))
    killTreeToo(life, core, by)


@stopping.upon(Life.killTree).loop()
def killTreeToo(life: Life, core: Core, by: str | None = None) -> None:
    # As if all steps had been tried, so that another daemon would go on with it.
    core.become("stopping", wanted=False, stepsTried=len(core.actions.stopSteps()), by=by)
    core.actions.killTree()


@stopping.upon(Life._notPermitted).to(running)
def runsOn(life: Life, core: Core) -> None:
    """What was tried to end it was to no avail, and nothing more can be tried."""
    core.become("running")


@stopping.upon(Life._ended).to(judging)
def endedOnRequest(life: Life, core: Core, exit: Exit, at: float) -> None:
    failure = core.status.startFailure
    if failure is not None:
        core.disarm()
        judge(life, core, Ended(exit, at, failure, startFailed=True), countedCrashes(core))
        return
    ended = Ended(exit, at, f"stopped on request, {exit}")
    by = core.status.by
    if core.status.again:
        # Published with the start: were the daemon killed in between, that would be forgotten.
        core.status = evolve(core.status, ended=ended)
        core.note(Stopped(by, exit, ended.reason))
        life.start(by)
    else:
        life._stays(ended, by)


@starting.upon(Life._ended).to(judging)
def endedWhileStarting(life: Life, core: Core, exit: Exit, at: float) -> None:
    reason = core.actions.whyNotReady(exit)
    if reason is None:
        endedByItself(life, core, exit, at)
        return
    core.disarm()
    judge(life, core, Ended(exit, at, reason, startFailed=True), countedCrashes(core))


@running.upon(Life._ended).to(judging)
def endedByItself(life: Life, core: Core, exit: Exit, at: float) -> None:
    if not core.status.wanted:
        # It had been asked to stop, but we could not make it.
        life._stays(Ended(exit, at, f"stopped on request, {exit}"))
        return
    core.disarm()
    judge(life, core, Ended(exit, at, f"ended by itself, {exit}"), countedCrashes(core))


def countedCrashes(core: Core) -> tuple[float, ...]:
    """The crashes that count, with one that happens now."""
    now = core.uptime()
    return (*recent(core.status.crashes, now, core.actions.policy().window), now)


def judge(
    life: Life, core: Core, ended: Ended, crashes: tuple[float, ...], isNews: bool = True
) -> None:
    """
    Let the policy say what follows.

    @param isNews: whether it has ended just now.
    """
    exit, policy = ended.exit or Exit(None), core.actions.policy()
    decision = decide(policy, exit, crashes, core.jitter(), ended.startFailed)
    if isNews and not isinstance(decision, StayDown):
        core.note(_endIn(ended, isClean(policy, exit)))
    match decision:
        case StayDown():
            life._stays(ended)
        case GiveUp(reason) if ended.startFailed:
            life._gaveUpStarting(ended, reason)
        case GiveUp(reason):
            life._gaveUp(ended, reason)
        case TryAgain(delay):
            life._retries(ended, crashes, delay)


def _endIn(ended: Ended, isClean: bool) -> LifeEvent:
    """What has happened, when the policy does not leave it at that."""
    if ended.startFailed:
        return Failed(ended.reason)
    if isClean:
        return Stopped(None, ended.exit, ended.reason)
    return Crashed(ended.exit, ended.reason)


@waiting.upon(Life._reconsider).to(judging)
def reconsider(life: Life, core: Core) -> None:
    core.disarm()
    ended, crashes = core.status.ended, core.status.crashes
    if ended is None or not crashes:
        life._retries(ended or Ended(None, core.now(), "interrupted"), crashes, 0.0)
    else:
        judge(life, core, ended, crashes, isNews=False)


@judging.upon(Life._stays).to(stopped)
def stays(life: Life, core: Core, ended: Ended, by: str | None = None) -> None:
    core.become("stopped", Stopped(by, ended.exit, ended.reason), ended=ended)


@judging.upon(Life._gaveUp).to(crashed)
def gaveUp(life: Life, core: Core, ended: Ended, reason: str) -> None:
    core.become("crashed", GivenUp(reason), ended=ended, givenUp=reason)


@judging.upon(Life._gaveUpStarting).to(failed)
def gaveUpStarting(life: Life, core: Core, ended: Ended, reason: str) -> None:
    if reason:
        core.note(GivenUp(reason))
    core.become("failed", ended=ended, givenUp=reason or None)


@judging.upon(Life._retries).to(waiting)
def retries(life: Life, core: Core, ended: Ended, crashes: tuple[float, ...], delay: float) -> None:
    started, uptime = core.status.startedUptime, core.uptime()
    delay = floored(delay, None if started is None else uptime - started)
    event = Waiting(core.now() + delay)
    core.become("waiting", event, ended=ended, crashes=crashes, restartAt=uptime + delay)
    core.arm(delay, life._due)


@waiting.upon(Life.stop).to(stopped)
@waiting.upon(Life.terminate).to(stopped)
def waitNoMore(life: Life, core: Core, by: str | None = None) -> None:
    core.become("stopped", Stopped(by, None, waitsNoMore), wanted=False)


@waiting.upon(Life.killTree).to(stopped)
def waitNoMoreAndKill(life: Life, core: Core, by: str | None = None) -> None:
    # An earlier run may have left something behind.
    waitNoMore(life, core, by)
    core.actions.killTree()


@waiting.upon(Life.retire).to(stopped)
def waitNoMoreForNow(life: Life, core: Core) -> None:
    core.become("stopped", Stopped(None, None, waitsNoMore))


stopped.upon(Life.retire).loop().returns(None)
crashed.upon(Life.retire).loop().returns(None)
failed.upon(Life.retire).loop().returns(None)

# Late news: a line that looks ready again, a game that takes long to die.
running.upon(Life._startFailed).loop().returns(None)
stopping.upon(Life._startFailed).loop().returns(None)
running.upon(Life._ready).loop().returns(None)
running.upon(Life._notPermitted).loop().returns(None)
stopping.upon(Life._ready).loop().returns(None)

machine = builder.build()
"""Makes a life from its core; a second argument is the state to go on from."""

resumable = {
    "installing": stopped,
    "stopped": stopped,
    "crashed": crashed,
    "failed": failed,
    "starting": starting,
    "running": running,
    "stopping": stopping,
    "waiting": waiting,
}
"""The state to go on from, for each that is shown."""


def resume(core: Core) -> Life:
    """
    The life of a server that was there before the daemon, from the status that
    C{core} holds. Its process, if it has one, has been adopted; it may end only later.
    """
    life = machine(core, resumable[core.status.state])
    if core.status.state == "waiting" and core.status.restartAt is not None:
        core.arm(max(core.status.restartAt - core.uptime(), 0.0), life._due)
    if core.status.state == "stopping" and core.status.stepsTried is not None:
        # The patience of the step that was under way begins anew.
        steps = core.actions.stopSteps()
        patience = steps[core.status.stepsTried - 1].patience if core.status.stepsTried else 0.0
        core.arm(patience, life._nextStep)
    return life
