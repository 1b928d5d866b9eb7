"""
What follows when a run has ended without being asked to, or the work is over that needed a server
at rest: the policy says it, the machine in L{gamepanel.servers.lifecycle} is told.
"""

from gamepanel.process.exit import Exit
from gamepanel.servers.core import Core, Life
from gamepanel.servers.events import Crashed, Failed, LifeEvent, Stopped
from gamepanel.servers.restart import GiveUp, StayDown, TryAgain, decide, isClean, recent
from gamepanel.servers.status import Ended, Status


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
    decision = decide(policy, exit, crashes, core.jitter(), ended.isFailure)
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


def goBack(life: Life, status: Status, mayStart: bool, isChanged: bool) -> None:
    """
    Go on when the work is over that needed a server at rest; for the other parameters see
    C{_rested} of L{Life}.

    @param status: while that went on.
    """
    wasWaiting = status.resumes or status.before == "waiting"
    if wasWaiting and status.ended is not None and mayStart:
        life._retries(status.ended, status.crashes, 0.0)
    elif status.before == "crashed" and not isChanged:
        life._stillCrashed()
    elif status.before == "failed" and not isChanged:
        life._stillFailed()
    else:
        life._atRest()


def _endIn(ended: Ended, isClean: bool) -> LifeEvent:
    """What has happened, when the policy does not leave it at that."""
    if ended.startFailed:
        return Failed(ended.reason)
    if isClean and not ended.hung:
        return Stopped(None, ended.exit, ended.reason)
    return Crashed(ended.exit, ended.reason)
