"""
The life of one server: a state machine.

It acts through L{gamepanel.servers.core.Actions}, which it is given, and knows nothing of
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

from typing import Any, Final

from automat import TypeMachineBuilder
from msgspec.structs import replace

from gamepanel.process.exit import Exit
from gamepanel.servers.core import Core, Life
from gamepanel.servers.events import (
    Failed,
    GivenUp,
    Hung,
    Ready,
    Responding,
    Starting,
    Stopped,
    Stopping,
    Waiting,
)
from gamepanel.servers.judging import countedCrashes, goBack, judge
from gamepanel.servers.restart import floored
from gamepanel.servers.status import Ended
from gamepanel.servers.stopsteps import takeNextStep

notStarted: Final = "stopped before it had started"

waitsNoMore: Final = "stopped while it waited for its next try"


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
installing = builder.state("installing")


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
    core.status = replace(core.status, startedUptime=core.uptime())


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


@running.upon(Life._stopHung).to(stopping)
def stopHung(life: Life, core: Core, reason: str) -> None:
    core.become("stopping", Stopping(None), stepsTried=0, hung=reason)
    tryNextStep(life, core)


@running.upon(Life._hung).loop()
def hung(life: Life, core: Core, seconds: float) -> None:
    core.note(Hung(seconds))
    core.change()


@running.upon(Life._responding).loop()
def responding(life: Life, core: Core, seconds: float) -> None:
    core.note(Responding(seconds))
    core.change()


@stopping.upon(Life.stop).loop()
def stopToo(life: Life, core: Core, by: str | None = None) -> None:
    core.change(wanted=False, again=False, startFailure=None, hung=None, by=by)
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
    core.change(again=False, startFailure=None, hung=None)
    beginSteps(life, core)


@starting.upon(Life.restart).to(stopping)
@running.upon(Life.restart).to(stopping)
def restart(life: Life, core: Core, by: str | None = None) -> None:
    core.become("stopping", Stopping(by), wanted=True, again=True, stepsTried=0, crashes=(), by=by)
    tryNextStep(life, core)


@stopping.upon(Life.restart).loop()
def restartToo(life: Life, core: Core, by: str | None = None) -> None:
    if core.status.again:
        return
    core.change(wanted=True, again=True, crashes=(), startFailure=None, hung=None, by=by)
    beginSteps(life, core)


@stopping.upon(Life._nextStep).loop()
def tryNextStep(life: Life, core: Core) -> None:
    takeNextStep(life, core)


@starting.upon(Life.terminate).to(stopping)
@running.upon(Life.terminate).to(stopping)
def terminate(life: Life, core: Core, by: str | None = None) -> None:
    core.become("stopping", Stopping(by), wanted=False, by=by)
    core.actions.signal("TERM")


@stopping.upon(Life.terminate).loop()
def terminateToo(life: Life, core: Core, by: str | None = None) -> None:
    # Steps that are under way go on: it may not heed this signal either.
    core.change(wanted=False, again=False, startFailure=None, hung=None, by=by)
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


@stopping.upon(Life._ended).loop()
def clear(life: Life, core: Core, exit: Exit, at: float, unready: str | None = None) -> None:
    core.disarm()
    core.actions.killRest().addCallback(lambda _: life._cleared(exit, at))


@stopping.upon(Life._cleared).to(judging)
def endedOnRequest(life: Life, core: Core, exit: Exit, at: float) -> None:
    failure, hangs = core.status.startFailure, core.status.hung
    if failure is not None or hangs is not None:
        core.disarm()
        why = Ended(exit, at, f"{hangs}, {exit}", hung=True)
        if failure is not None:
            why = Ended(exit, at, failure, startFailed=True)
        judge(life, core, why, countedCrashes(core))
        return
    ended = Ended(exit, at, f"stopped on request, {exit}")
    by = core.status.by
    if core.status.again:
        # Published with the start: were the daemon killed in between, that would be forgotten.
        core.status = replace(core.status, ended=ended)
        core.note(Stopped(by, exit, ended.reason))
        life.start(by)
    else:
        life._stays(ended, by)


@starting.upon(Life._ended).to(judging)
def endedWhileStarting(
    life: Life, core: Core, exit: Exit, at: float, unready: str | None = None
) -> None:
    if unready is None:
        endedByItself(life, core, exit, at)
        return
    core.disarm()
    judge(life, core, Ended(exit, at, unready, startFailed=True), countedCrashes(core))


@running.upon(Life._ended).to(judging)
def endedByItself(
    life: Life, core: Core, exit: Exit, at: float, unready: str | None = None
) -> None:
    if not core.status.wanted:
        # It had been asked to stop, but we could not make it.
        life._stays(Ended(exit, at, f"stopped on request, {exit}"))
        return
    core.disarm()
    judge(life, core, Ended(exit, at, f"ended by itself, {exit}"), countedCrashes(core))


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


@stopped.upon(Life.rest).to(installing)
@crashed.upon(Life.rest).to(installing)
@failed.upon(Life.rest).to(installing)
@waiting.upon(Life.rest).to(installing)
def rest(life: Life, core: Core) -> None:
    core.become("installing", before=core.status.state, givenUp=core.status.givenUp)


@installing.upon(Life._rested).to(judging)
def rested(life: Life, core: Core, mayStart: bool, isChanged: bool = True) -> None:
    goBack(life, core.status, mayStart, isChanged)


@judging.upon(Life._atRest).to(stopped)
def atRest(life: Life, core: Core) -> None:
    core.become("stopped")


@judging.upon(Life._stillCrashed).to(crashed)
@judging.upon(Life._stillFailed).to(failed)
def asBefore(life: Life, core: Core) -> None:
    core.become(core.status.before, givenUp=core.status.givenUp)


@installing.upon(Life._notInstalled).to(failed)
def notInstalled(life: Life, core: Core, reason: str) -> None:
    core.become("failed", Failed(reason), ended=Ended(None, core.now(), reason, startFailed=True))


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
