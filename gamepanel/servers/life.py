"""
The life of one server: a state machine.

It acts through L{Actions}, which it is given, and knows nothing of
processes, files or HTTP. Time is a clock that it is given too.

::

    stopped, crashed, failed --start--> preparing --launched--> starting --ready--> running
    preparing --broke--> failed                        (waiting, if the policy had begun it)
    starting, running --stop, terminate, killTree--> stopping --ended, cleared--> stopped
    stopping --notPermitted--> running          (its processes are another user's)
    starting, running --ended--> stopped | crashed | failed | waiting   (as the policy decides)
    starting --startFailed--> stopping --ended, cleared--> failed | waiting  (as the policy decides)
    running --stopHung--> stopping --ended, cleared--> crashed | waiting     (as the policy decides)
    waiting --due, start--> preparing;  waiting --stop, terminate, killTree--> stopped
    stopped, crashed, failed, waiting --rest--> installing --rested--> stopped | as before
    installing --notInstalled--> failed

C{preparing} is shown as C{starting}: files are written, what an earlier run left
behind is ended, and then the process is spawned.

When a game has C{ended} that was to stop, its other processes are killed before the state is
another (C{cleared}); what one leaves behind that ends by itself stays until the next start.

A run that ends by itself before it was ready is a failed start: the policy treats it as
a crash whatever its exit code, and C{failed} is shown where a crash would be C{crashed}.
"""

from collections.abc import Callable, Sequence
from typing import Any, Final, Protocol

from attrs import define, field
from automat import TypeMachineBuilder
from msgspec.structs import replace
from twisted.internet.defer import Deferred, fail, succeed
from twisted.internet.interfaces import IDelayedCall, IReactorTime
from twisted.python.failure import Failure

from gamepanel.base.errors import NotRunning
from gamepanel.games.definition import StopStep
from gamepanel.process.kernel import Kernel
from gamepanel.process.runfiles import Exit
from gamepanel.servers import events, state
from gamepanel.servers.restart import (
    GiveUp,
    Policy,
    StayDown,
    TryAgain,
    decide,
    floored,
    isClean,
    recent,
)
from gamepanel.servers.state import Ended, Status
from gamepanel.wire.causes import Cause, because

notStarted: Final = because("stopped_before_start")

waitsNoMore: Final = because("stopped_while_waiting")


class Playing(Protocol):
    """A game that runs, as far as the machine deals with it."""

    def say(self, command: str) -> Deferred[None]:
        """
        Give the game a line of its type.

        @return: fires when that has it, and fails when it can't take it.
        """

    def signal(self, name: str) -> None:
        """Signal its group, if that is there and ours."""


class Actions(Protocol):
    """What the machine has done by its server."""

    def prepare(self) -> None:
        """Begin to get ready for a run; then C{_launched} or C{_broke} is called on the life."""

    def cancelPreparing(self) -> None:
        """Stop getting ready: neither is to be called any more."""

    @property
    def game(self) -> "Playing | None":
        """The game, while it runs."""

    def killTree(self) -> None:
        """Begin to kill all that belongs to it, until nothing is left."""

    def killRest(self) -> Deferred[None]:
        """
        Kill what is left of it although its game has ended.

        @return: fires when nothing is left that can be killed; never when the daemon ends first.
        """

    def stopSteps(self) -> Sequence[StopStep]:
        """How this run is to be stopped."""

    def policy(self) -> Policy:
        """When it is to be started again."""

    def published(self, status: Status, news: Sequence[events.LifeEvent]) -> None:
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

    def rest(self) -> None:
        """Long work begins that needs it at rest, or waits for its turn."""

    def _rested(self, mayStart: bool, isChanged: bool = True) -> None:
        """
        That is over.

        @param mayStart: whether it can be started; else its restart policy tries no more.
        @param isChanged: whether the work has changed the server; else a crash or a failed start
            before it still counts.
        """

    def _notInstalled(self, reason: Cause) -> None:
        """That is over, and it can't be started."""

    def _atRest(self) -> None:
        """Nothing follows."""

    def _stillCrashed(self) -> None:
        """It had crashed before, and nothing has changed."""

    def _stillFailed(self) -> None:
        """It had failed before, and nothing has changed."""

    def _launched(self) -> None:
        """Its process runs."""

    def _broke(self, reason: Cause) -> None:
        """It could not be started."""

    def _ready(self) -> None:
        """Players can come."""

    def _startFailed(self, reason: Cause) -> None:
        """Its process runs, but players will never be able to come."""

    def _hung(self, seconds: float) -> None:
        """Its game has answered nothing for so many seconds."""

    def _stopHung(self, reason: Cause) -> None:
        """Its game hangs, and is to be stopped and started again for that."""

    def _responding(self, seconds: float) -> None:
        """Its game answers again, after so many seconds."""

    def _ended(self, exit: Exit, at: float, unready: Cause | None = None) -> None:
        """
        Its process has ended (Unix time).

        @param unready: what to say of a run that had not been ready; None where its type
            does not say when it is.
        """

    def _cleared(self, exit: Exit, at: float) -> None:
        """Nothing is left of a run that was to stop; for the parameters see L{_ended}."""

    def _due(self) -> None:
        """It is time for the next try."""

    def _notPermitted(self) -> None:
        """Its processes live on, since we may not end them."""

    def _nextStep(self) -> None:
        """The patience for a step is over."""

    def _reconsider(self) -> None:
        """The policy is another now."""

    def _stays(self, ended: Ended, by: str | None = None) -> None:
        """The policy says: all is well."""

    def _gaveUp(self, ended: Ended, reason: Cause) -> None:
        """The policy says: it will not be restarted."""

    def _gaveUpStarting(self, ended: Ended, reason: Cause | None) -> None:
        """
        Its start has failed, and will not be tried again.

        @param reason: as the policy says; None where it was not asked.
        """

    def _retries(self, ended: Ended, crashes: tuple[float, ...], delay: float) -> None:
        """The policy says: it will be restarted after so many seconds."""


def pastOf(status: state.Past) -> dict[str, Any]:
    """What stays true in the next state."""
    return {name: getattr(status, name) for name in state.Past.__struct_fields__}


@define(eq=False, repr=False)
class Lifecycle:
    """
    The life of a server, and what the machine works with.

    @ivar actions: what it acts through.
    @ivar clock: measures delays and patience.
    @ivar kernel: knows the time.
    @ivar status: what was published last.
    @ivar now: what can happen to the server now.
    @ivar timer: what will happen if nothing else does; a change of state cancels it.
    """

    actions: Actions
    clock: IReactorTime
    kernel: Kernel
    status: Status = field(factory=state.Stopped)
    now: Life = field(init=False)
    timer: IDelayedCall | None = field(init=False, default=None)
    _news: tuple[events.LifeEvent, ...] = field(init=False, default=())

    def __attrs_post_init__(self) -> None:
        self.now = resume(self)

    def goOn(self, status: Status) -> None:
        """Go on from another status."""
        self.disarm()
        self.status = status
        self.now = resume(self)

    def note(self, event: events.LifeEvent) -> None:
        """Something has happened; it is published with the change of state that follows."""
        self._news = (*self._news, event)

    def become(self, kind: type[Status], *news: events.LifeEvent, **changes: Any) -> None:
        """
        Publish a change of state and its events; what belongs to the old one only is forgotten.

        @param kind: of the new state.
        @param changes: what is true in it.
        """
        self.disarm()
        self.status = kind(**(pastOf(self.status) | changes))
        self._publish(*news)

    def change(self, **changes: Any) -> None:
        """Publish a change within a state; what is to happen in it still will."""
        self.status = replace(self.status, **changes)
        self._publish()

    def _publish(self, *news: events.LifeEvent) -> None:
        news, self._news = (*self._news, *news), ()
        self.actions.published(self.status, news)

    def arm(self, delay: float, then: Callable[[], None]) -> IDelayedCall:
        """
        Let something happen after so many seconds in this state.

        @return: is L{timer} for as long as it may happen.
        """
        self.disarm()
        self.timer = self.clock.callLater(delay, then)
        return self.timer

    def disarm(self) -> None:
        """Forget what was to happen."""
        if self.timer is not None and self.timer.active():
            self.timer.cancel()
        self.timer = None


def countedCrashes(core: Lifecycle) -> tuple[float, ...]:
    """The crashes that count, with one that happens now."""
    now = core.kernel.uptime()
    return (*recent(core.status.crashes, now, core.actions.policy().window), now)


def judge(
    life: Life, core: Lifecycle, ended: Ended, crashes: tuple[float, ...], isNews: bool = True
) -> None:
    """
    Let the policy say what follows.

    @param isNews: whether it has ended just now.
    """
    exit, policy = ended.exit or Exit(None), core.actions.policy()
    decision = decide(policy, exit, crashes, core.kernel.jitter(), ended.isFailure)
    if isNews and not isinstance(decision, StayDown):
        core.note(_endIn(ended, isClean(policy, exit)))
    match decision:
        case StayDown():
            life._stays(ended)
        case GiveUp(why) if ended.startFailed:
            life._gaveUpStarting(ended, why)
        case GiveUp(why):
            life._gaveUp(ended, why)
        case TryAgain(delay):
            life._retries(ended, crashes, delay)


def goBack(life: Life, status: state.Installing, mayStart: bool, isChanged: bool) -> None:
    """
    Go on when the work is over that needed a server at rest; for the other parameters see
    C{_rested} of L{Life}.

    @param status: while that went on.
    """
    if isinstance(status.before, state.Waiting) and status.ended is not None and mayStart:
        life._retries(status.ended, status.crashes, 0.0)
    elif isinstance(status.before, state.Crashed) and not isChanged:
        life._stillCrashed()
    elif isinstance(status.before, state.Failed) and not isChanged:
        life._stillFailed()
    else:
        life._atRest()


def _endIn(ended: Ended, isClean: bool) -> events.LifeEvent:
    """What has happened, when the policy does not leave it at that."""
    if ended.startFailed:
        return events.Failed(ended.reason)
    if isClean and not ended.hung:
        return events.Stopped(None, ended.exit, ended.reason)
    return events.Crashed(ended.exit, ended.reason)


def stoppingOf(core: Lifecycle) -> state.Stopping:
    """What is known while the game is being ended."""
    assert isinstance(core.status, state.Stopping)
    return core.status


def awaitStep(life: Life, core: Lifecycle, patience: float, begun: Deferred[None]) -> None:
    """Be patient with a step, until it turns out that it will not come to the game."""
    timer = core.arm(patience, life._nextStep)

    def notTaken(failure: Failure) -> None:
        # The next step and any change of state would have disarmed it.
        if timer is core.timer and timer.active():
            life._nextStep()

    begun.addErrback(notTaken)


def signal(core: Lifecycle, name: str) -> None:
    """Signal the game, if it runs."""
    if core.actions.game is not None:
        core.actions.game.signal(name)


def beginStep(core: Lifecycle, step: StopStep) -> Deferred[None]:
    """
    Do what a step wants done.

    @return: fires when the game has it; fails when it will not come to it.
    """
    if step.signal is not None:
        signal(core, step.signal)
    if step.command is None:
        return succeed(None)
    # What is left empty by the settings stands for nothing.
    game = core.actions.game
    return game.say(step.command) if game and step.command else fail(NotRunning())


def takeNextStep(life: Life, core: Lifecycle) -> None:
    """Try the next step that can be begun; where none is left, kill all of it."""
    steps = core.actions.stopSteps()
    for tried in range(stoppingOf(core).stepsTried or 0, len(steps)):
        begun = beginStep(core, steps[tried])
        if begun.called and isinstance(begun.result, Failure):
            begun.addErrback(lambda failure: None)
            continue
        core.change(stepsTried=tried + 1)
        awaitStep(life, core, steps[tried].patience, begun)
        return
    core.actions.killTree()


builder = TypeMachineBuilder(Life, Lifecycle)

stopped = builder.state("stopped")
crashed = builder.state("crashed")
failed = builder.state("failed")
preparing = builder.state("preparing")
starting = builder.state("starting")
running = builder.state("running")
stopping = builder.state("stopping")
judging = builder.state("judging")
waiting = builder.state("waiting")
installing = builder.state("installing")


@stopped.upon(Life.start).to(preparing)
@stopped.upon(Life.restart).to(preparing)
@crashed.upon(Life.start).to(preparing)
@crashed.upon(Life.restart).to(preparing)
@failed.upon(Life.start).to(preparing)
@failed.upon(Life.restart).to(preparing)
@waiting.upon(Life.start).to(preparing)
@waiting.upon(Life.restart).to(preparing)
def prepare(life: Life, core: Lifecycle, by: str | None = None) -> None:
    # A person looks after it: what it did before counts no more.
    begin(core, by, wanted=True, crashes=())


def begin(core: Lifecycle, by: str | None, **changes: Any) -> None:
    """Get ready for a run."""
    core.become(
        state.Starting, events.Starting(by), by=by, startedUptime=core.kernel.uptime(), **changes
    )
    core.actions.prepare()


@judging.upon(Life.start).to(preparing)
def prepareAgain(life: Life, core: Lifecycle, by: str | None = None) -> None:
    begin(core, by)


@waiting.upon(Life._due).to(preparing)
def retry(life: Life, core: Lifecycle) -> None:
    prepareAgain(life, core)


preparing.upon(Life.restart).loop().returns(None)


@preparing.upon(Life.stop).to(stopped)
@preparing.upon(Life.terminate).to(stopped)
def abort(life: Life, core: Lifecycle, by: str | None = None) -> None:
    core.actions.cancelPreparing()
    core.become(state.Stopped, events.Stopped(by, None, notStarted), wanted=False)


@preparing.upon(Life.killTree).to(stopped)
def abortAndKill(life: Life, core: Lifecycle, by: str | None = None) -> None:
    abort(life, core, by)
    core.actions.killTree()


@preparing.upon(Life.retire).to(stopped)
def abortForNow(life: Life, core: Lifecycle) -> None:
    core.actions.cancelPreparing()
    core.become(state.Stopped, events.Stopped(None, None, notStarted))


@preparing.upon(Life._launched).to(starting)
def launched(life: Life, core: Lifecycle) -> None:
    # It is shown as starting already.
    core.status = replace(core.status, startedUptime=core.kernel.uptime())


@preparing.upon(Life._broke).to(judging)
def broke(life: Life, core: Lifecycle, reason: Cause) -> None:
    ended = Ended(None, core.kernel.now(), reason, startFailed=True)
    if core.status.crashes:
        # Nobody waits for this try to tell what is wrong; the next may go better.
        judge(life, core, ended, countedCrashes(core))
    else:
        core.note(events.Failed(reason))
        life._gaveUpStarting(ended, None)


@starting.upon(Life._ready).to(running)
def ready(life: Life, core: Lifecycle) -> None:
    assert isinstance(core.status, state.Starting)
    core.become(state.Running, events.Ready(core.status.by))


@starting.upon(Life.stop).to(stopping)
@running.upon(Life.stop).to(stopping)
def stop(life: Life, core: Lifecycle, by: str | None = None) -> None:
    core.become(state.Stopping, events.Stopping(by), wanted=False, stepsTried=0, by=by)
    tryNextStep(life, core)


@starting.upon(Life._startFailed).to(stopping)
def startFailed(life: Life, core: Lifecycle, reason: Cause) -> None:
    core.become(
        state.Stopping, events.Stopping(None), purpose="unready", reason=reason, stepsTried=0
    )
    tryNextStep(life, core)


@running.upon(Life._stopHung).to(stopping)
def stopHung(life: Life, core: Lifecycle, reason: Cause) -> None:
    core.become(state.Stopping, events.Stopping(None), purpose="hung", reason=reason, stepsTried=0)
    tryNextStep(life, core)


@running.upon(Life._hung).loop()
def hung(life: Life, core: Lifecycle, seconds: float) -> None:
    core.note(events.Hung(seconds))
    core.change()


@running.upon(Life._responding).loop()
def responding(life: Life, core: Lifecycle, seconds: float) -> None:
    core.note(events.Responding(seconds))
    core.change()


@stopping.upon(Life.stop).loop()
def stopToo(life: Life, core: Lifecycle, by: str | None = None) -> None:
    core.change(wanted=False, purpose="stop", reason="", by=by)
    beginSteps(life, core)


def beginSteps(life: Life, core: Lifecycle) -> None:
    """Try the steps of its type, if that is not under way already."""
    if stoppingOf(core).stepsTried is None:
        core.change(stepsTried=0)
        tryNextStep(life, core)


@starting.upon(Life.retire).to(stopping)
@running.upon(Life.retire).to(stopping)
def retire(life: Life, core: Lifecycle) -> None:
    core.become(state.Stopping, events.Stopping(None), stepsTried=0)
    tryNextStep(life, core)


@stopping.upon(Life.retire).loop()
def retireToo(life: Life, core: Lifecycle) -> None:
    core.change(purpose="stop", reason="")
    beginSteps(life, core)


@starting.upon(Life.restart).to(stopping)
@running.upon(Life.restart).to(stopping)
def restart(life: Life, core: Lifecycle, by: str | None = None) -> None:
    core.become(
        state.Stopping,
        events.Stopping(by),
        wanted=True,
        purpose="restart",
        stepsTried=0,
        crashes=(),
        by=by,
    )
    tryNextStep(life, core)


@stopping.upon(Life.restart).loop()
def restartToo(life: Life, core: Lifecycle, by: str | None = None) -> None:
    if stoppingOf(core).purpose == "restart":
        return
    core.change(wanted=True, purpose="restart", reason="", crashes=(), by=by)
    beginSteps(life, core)


@stopping.upon(Life._nextStep).loop()
def tryNextStep(life: Life, core: Lifecycle) -> None:
    takeNextStep(life, core)


@starting.upon(Life.terminate).to(stopping)
@running.upon(Life.terminate).to(stopping)
def terminate(life: Life, core: Lifecycle, by: str | None = None) -> None:
    # SIGTERM, which server_kill asks for.
    core.become(state.Stopping, events.Stopping(by), wanted=False, by=by)
    signal(core, "TERM")


@stopping.upon(Life.terminate).loop()
def terminateToo(life: Life, core: Lifecycle, by: str | None = None) -> None:
    # Steps that are under way go on: it may not heed this signal either.
    core.change(wanted=False, purpose="stop", reason="", by=by)
    signal(core, "TERM")


@starting.upon(Life.killTree).to(stopping)
@running.upon(Life.killTree).to(stopping)
def killTree(life: Life, core: Lifecycle, by: str | None = None) -> None:
    core.note(events.Stopping(by))
    killTreeToo(life, core, by)


@stopping.upon(Life.killTree).loop()
def killTreeToo(life: Life, core: Lifecycle, by: str | None = None) -> None:
    # As if all steps had been tried, so that another daemon would go on with it.
    core.become(state.Stopping, wanted=False, stepsTried=len(core.actions.stopSteps()), by=by)
    core.actions.killTree()


@stopping.upon(Life._notPermitted).to(running)
def runsOn(life: Life, core: Lifecycle) -> None:
    """What was tried to end it was to no avail, and nothing more can be tried."""
    core.become(state.Running)


@stopping.upon(Life._ended).loop()
def clear(life: Life, core: Lifecycle, exit: Exit, at: float, unready: Cause | None = None) -> None:
    core.disarm()
    core.actions.killRest().addCallback(lambda _: life._cleared(exit, at))


@stopping.upon(Life._cleared).to(judging)
def endedOnRequest(life: Life, core: Lifecycle, exit: Exit, at: float) -> None:
    now = stoppingOf(core)
    if now.purpose == "unready" or now.purpose == "hung":
        core.disarm()
        reason = now.reason
        if now.purpose == "unready":
            ended = Ended(exit, at, reason, startFailed=True)
        elif isinstance(reason, Cause):
            reason = because("hung", **{**reason.values, "exit": exit.cause})
            ended = Ended(exit, at, reason, hung=True)
        else:
            ended = Ended(exit, at, f"{reason}, {exit}", hung=True)
        judge(life, core, ended, countedCrashes(core))
        return
    ended = Ended(exit, at, because("stopped_on_request", exit=exit.cause))
    if now.purpose == "restart":
        # Published with the start: were the daemon killed in between, that would be forgotten.
        core.status = replace(now, ended=ended)
        core.note(events.Stopped(now.by, exit, ended.reason))
        life.start(now.by)
    else:
        life._stays(ended, now.by)


@starting.upon(Life._ended).to(judging)
def endedWhileStarting(
    life: Life, core: Lifecycle, exit: Exit, at: float, unready: Cause | None = None
) -> None:
    if unready is None:
        endedByItself(life, core, exit, at)
        return
    core.disarm()
    judge(life, core, Ended(exit, at, unready, startFailed=True), countedCrashes(core))


@running.upon(Life._ended).to(judging)
def endedByItself(
    life: Life, core: Lifecycle, exit: Exit, at: float, unready: Cause | None = None
) -> None:
    if not core.status.wanted:
        # It had been asked to stop, but we could not make it.
        life._stays(Ended(exit, at, because("stopped_on_request", exit=exit.cause)))
        return
    core.disarm()
    reason = because("ended_by_itself", exit=exit.cause)
    judge(life, core, Ended(exit, at, reason), countedCrashes(core))


@waiting.upon(Life._reconsider).to(judging)
def reconsider(life: Life, core: Lifecycle) -> None:
    core.disarm()
    ended, crashes = core.status.ended, core.status.crashes
    if ended is None or not crashes:
        life._retries(ended or Ended(None, core.kernel.now(), because("interrupted")), crashes, 0.0)
    else:
        judge(life, core, ended, crashes, isNews=False)


@judging.upon(Life._stays).to(stopped)
def stays(life: Life, core: Lifecycle, ended: Ended, by: str | None = None) -> None:
    core.become(state.Stopped, events.Stopped(by, ended.exit, ended.reason), ended=ended)


@judging.upon(Life._gaveUp).to(crashed)
def gaveUp(life: Life, core: Lifecycle, ended: Ended, reason: Cause) -> None:
    core.become(state.Crashed, events.GivenUp(reason), ended=ended, givenUp=reason)


@judging.upon(Life._gaveUpStarting).to(failed)
def gaveUpStarting(life: Life, core: Lifecycle, ended: Ended, reason: Cause | None) -> None:
    if reason is not None:
        core.note(events.GivenUp(reason))
    core.become(state.Failed, ended=ended, givenUp=reason)


@judging.upon(Life._retries).to(waiting)
def retries(
    life: Life, core: Lifecycle, ended: Ended, crashes: tuple[float, ...], delay: float
) -> None:
    started, uptime = core.status.startedUptime, core.kernel.uptime()
    delay = floored(delay, None if started is None else uptime - started)
    event = events.Waiting(core.kernel.now() + delay)
    core.become(state.Waiting, event, ended=ended, crashes=crashes, restartAt=uptime + delay)
    core.arm(delay, life._due)


@waiting.upon(Life.stop).to(stopped)
@waiting.upon(Life.terminate).to(stopped)
def waitNoMore(life: Life, core: Lifecycle, by: str | None = None) -> None:
    core.become(state.Stopped, events.Stopped(by, None, waitsNoMore), wanted=False)


@waiting.upon(Life.killTree).to(stopped)
def waitNoMoreAndKill(life: Life, core: Lifecycle, by: str | None = None) -> None:
    # An earlier run may have left something behind.
    waitNoMore(life, core, by)
    core.actions.killTree()


@waiting.upon(Life.retire).to(stopped)
def waitNoMoreForNow(life: Life, core: Lifecycle) -> None:
    core.become(state.Stopped, events.Stopped(None, None, waitsNoMore))


@stopped.upon(Life.rest).to(installing)
@crashed.upon(Life.rest).to(installing)
@failed.upon(Life.rest).to(installing)
@waiting.upon(Life.rest).to(installing)
def rest(life: Life, core: Lifecycle) -> None:
    before = replace(core.status, **pastOf(state.Stopped()))
    core.become(state.Installing, before=before)


@installing.upon(Life._rested).to(judging)
def rested(life: Life, core: Lifecycle, mayStart: bool, isChanged: bool = True) -> None:
    assert isinstance(core.status, state.Installing)
    goBack(life, core.status, mayStart, isChanged)


@judging.upon(Life._atRest).to(stopped)
def atRest(life: Life, core: Lifecycle) -> None:
    core.become(state.Stopped)


@judging.upon(Life._stillCrashed).to(crashed)
@judging.upon(Life._stillFailed).to(failed)
def asBefore(life: Life, core: Lifecycle) -> None:
    assert isinstance(core.status, state.Installing)
    before = core.status.before
    assert isinstance(before, state.Crashed | state.Failed)
    core.become(type(before), givenUp=before.givenUp)


@installing.upon(Life._notInstalled).to(failed)
def notInstalled(life: Life, core: Lifecycle, reason: Cause) -> None:
    core.become(
        state.Failed,
        events.Failed(reason),
        ended=Ended(None, core.kernel.now(), reason, startFailed=True),
    )


installing.upon(Life.rest).loop().returns(None)
for atRestAlready in (stopped, crashed, failed, installing):
    atRestAlready.upon(Life.retire).loop().returns(None)

# Late news: a line that looks ready again, a game that takes long to die.
running.upon(Life._startFailed).loop().returns(None)
stopping.upon(Life._startFailed).loop().returns(None)
running.upon(Life._ready).loop().returns(None)
running.upon(Life._notPermitted).loop().returns(None)
stopping.upon(Life._ready).loop().returns(None)

machine = builder.build()
"""Makes a life from its core; a second argument is the state to go on from."""

resumable = {
    state.Installing: installing,
    state.Stopped: stopped,
    state.Crashed: crashed,
    state.Failed: failed,
    state.Starting: starting,
    state.Running: running,
    state.Stopping: stopping,
    state.Waiting: waiting,
}
"""The state to go on from, for each that is shown."""


def resume(core: Lifecycle) -> Life:
    """
    The life of a server that was there before the daemon, from the status that
    C{core} holds. Its process, if it has one, has been adopted; it may end only later.
    """
    life = machine(core, resumable[type(core.status)])
    match core.status:
        case state.Waiting(restartAt=at):
            core.arm(max(at - core.kernel.uptime(), 0.0), life._due)
        case state.Stopping(stepsTried=int(tried)):
            # The patience of the step that was under way begins anew.
            patience = core.actions.stopSteps()[tried - 1].patience if tried else 0.0
            core.arm(patience, life._nextStep)
    return life
