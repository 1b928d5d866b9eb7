"""
A run of a schedule as a value: how far it has come, and what is next.

Each step is stored before it acts, so that a later daemon knows what may have been done. What is
next is a function of that and of what is known of the server.
"""

from collections.abc import Sequence
from typing import Final, Literal

from msgspec import Struct
from msgspec.structs import replace

from gamepanel.wire.causes import duration
from gamepanel.wire.schedules import DAY, Step
from gamepanel.wire.values import JobStatus, RunResult, State, Trigger

patience: Final = 3600.0
"""So long a step waits for a job in its way, or for the end of a game that it kills; in seconds."""

retrySeconds: Final = 30.0
"""After so long it is tried again; each refusal is written down in the audit trail."""

awaySeconds: Final = 630.0
"""A daemon that was away for longer goes on with no run: 10 minutes, and as known to 30 s."""

atRest: Final[tuple[State, ...]] = ("stopped", "crashed", "failed", "installing")

Kind = Literal["command", "power", "backup", "update", "wait", "countdown"]


class Run(Struct, frozen=True):
    """
    How far a run has come.

    @ivar by: name of whom it runs for, with the rights that their account has at each step.
    @ivar account: its number.
    @ivar steps: what is done; the schedule may be changed meanwhile.
    @ivar startedAt: Unix time in seconds, as all times here.
    @ivar step: number of the step that is next, or being done.
    @ivar began: number of the last step that began.
    @ivar since: since when it is its turn.
    @ivar begunAt: when it was stored that it begins; None while it has not begun.
    @ivar retryAt: when it is tried again; 0 where nothing was in the way.
    @ivar game: when the run of the game began that went on when the step did; None where none did.
    @ivar job: number of the job that the step has made.
    @ivar given: lines of the countdown that were given.
    @ivar failed: why the first step has failed that has; empty while none has.
    @ivar cancelled: why it ends where it is; empty where it does not.
    """

    by: str
    account: int
    steps: Sequence[Step]
    trigger: Trigger
    startedAt: float
    since: float
    step: int = 0
    began: int = 0
    begunAt: float | None = None
    retryAt: float = 0.0
    game: float | None = None
    job: int | None = None
    given: int = 0
    failed: str = ""
    cancelled: str = ""

    @property
    def current(self) -> Step:
        """The step that is next, or being done."""
        return self.steps[self.step]

    @property
    def kind(self) -> Kind:
        """The kind of that."""
        step = self.current
        if step.countdown is not None:
            return "countdown"
        if step.command is not None:
            return "command"
        if step.power is not None:
            return "power"
        if step.wait is not None:
            return "wait"
        return "update" if step.update else "backup"


class Seen(Struct, frozen=True):
    """
    What is known now.

    @ivar now: Unix time in seconds.
    @ivar state: of the server.
    @ivar game: when the run of its game began that goes on; None where none does.
    @ivar job: status of the job that the step has made; None where it has made none, or nobody
        knows it any more.
    @ivar jobError: why that has failed.
    @ivar isOverdue: whether the game should have been ready by now.
    """

    now: float
    state: State
    game: float | None = None
    job: JobStatus | None = None
    jobError: str = ""
    isOverdue: bool = False


class Begin(Struct, frozen=True):
    """The step is to be stored as it is in this run, and then done."""

    run: Run


class Give(Struct, frozen=True):
    """A line of a countdown is to be given; then the run is this one."""

    run: Run
    line: str


class Await(Struct, frozen=True):
    """Nothing is to be done before this time, unless something changes."""

    run: Run
    until: float


class Over(Struct, frozen=True):
    """The run is over."""

    run: Run
    result: RunResult
    detail: str


def following(run: Run, seen: Seen) -> Begin | Give | Await | Over:
    """What is next."""
    while True:
        if run.cancelled:
            return Over(run, "cancelled", run.cancelled)
        run = _inTime(run, seen.now)
        begunAt = run.begunAt
        found = _beginning(run, seen) if begunAt is None else _goingOn(run, begunAt, seen)
        if not isinstance(found, Run):
            return found
        run = found


def _inTime(run: Run, now: float) -> Run:
    """
    A run that takes longer than a day has failed: only what is always done is still done, each
    of these steps within an hour.
    """
    end = run.startedAt + DAY
    if now <= end or run.step == len(run.steps):
        return run
    run = replace(run, failed=run.failed or "It took longer than a day.")
    isOver = not run.current.always or now > max(end, run.since) + patience
    return passed(run, now) if isOver else run


def _beginning(run: Run, seen: Seen) -> Begin | Await | Over | Run:
    if run.step == len(run.steps):
        return Over(run, "failed" if run.failed else "ok", run.failed)
    if run.failed and not run.current.always:
        return passed(run, seen.now)
    if seen.now < run.retryAt:
        return Await(run, run.retryAt)
    if run.retryAt and seen.now - run.since > patience:
        return failing(run, "Something was in its way for an hour.", seen.now)
    if run.current.power == "start" and seen.state == "stopping":
        # It ends first.
        return (
            Await(run, run.since + patience)
            if seen.now < run.since + patience
            else failing(run, "The server does not end.", seen.now)
        )
    run = replace(run, began=run.step, begunAt=seen.now, game=seen.game, job=None, given=0)
    return Begin(run)


def _goingOn(run: Run, begunAt: float, seen: Seen) -> Begin | Give | Await | Run:
    step, now = run.current, seen.now
    match run.kind:
        case "command":
            return passed(run, now)
        case "wait":
            end = begunAt + (step.wait or 0)
            return passed(run, now) if now >= end else Await(run, end)
        case "countdown":
            return _counting(run, begunAt, seen)
        case "power":
            return _powering(run, begunAt, seen)
    if run.job is None:
        # Its number is stored together with it: there is none.
        return replace(run, begunAt=None)
    if seen.job == "done":
        return passed(run, now)
    if seen.job in ("queued", "running"):
        return Await(run, now + patience)
    said = f"The job {run.job} {'was cancelled' if seen.job == 'cancelled' else 'has failed'}"
    return failing(run, f"{said}: {seen.jobError}" if seen.jobError else f"{said}.", now)


def _counting(run: Run, begunAt: float, seen: Seen) -> Give | Await | Run:
    moments = run.current.countdown or [0]
    end = begunAt + moments[0]
    if run.given and seen.game != run.game:
        return failing(run, "The game has ended during the countdown.", seen.now)
    if run.given < len(moments):
        left = moments[run.given]
        if seen.now < end - left:
            return Await(run, end - left)
        line = run.current.command or ""
        line = line.replace("{time}", duration(left) if left != 1 else "1 second")
        return Give(replace(run, given=run.given + 1), line.replace("{seconds}", str(left)))
    return passed(run, seen.now) if seen.now >= end else Await(run, end)


def _powering(run: Run, begunAt: float, seen: Seen) -> Await | Run:
    action, state = run.current.power, seen.state
    if action in ("start", "restart"):
        isOther = action == "start" or seen.game != run.game
        if state == "running" and isOther:
            return passed(run, seen.now)
        if state in ("stopped", "crashed", "failed", "waiting"):
            return failing(run, "The server has ended before it was running.", seen.now)
        if state == "starting" and isOther and seen.isOverdue:
            return failing(run, "The server was not running in time.", seen.now)
        return Await(run, run.startedAt + DAY)
    isOver = state in atRest or (seen.game is not None and seen.game != run.game)
    if isOver:
        return passed(run, seen.now)
    if action == "kill" and seen.now - begunAt > patience:
        return failing(run, "The server does not end.", seen.now)
    return Await(run, begunAt + patience if action == "kill" else run.startedAt + DAY)


def passed(run: Run, now: float) -> Run:
    """The step is done, or left out."""
    return replace(run, step=run.step + 1, since=now, begunAt=None, retryAt=0.0, job=None)


def failing(run: Run, why: str, now: float) -> Run:
    """
    The step has failed.

    @param why: a sentence for people.
    """
    return passed(replace(run, failed=run.failed or f"Step {run.step + 1}: {why}"), now)


def blocked(run: Run, now: float) -> Run:
    """Something is in the way of the step, which has done nothing: it is tried again."""
    return replace(run, begunAt=None, retryAt=now + retrySeconds)


def resumed(run: Run, seen: Seen, seenAt: float) -> Run:
    """
    A run after a restart of the daemon: nothing is done twice.

    @param seenAt: when the last daemon has looked at it.
    """
    if run.step == len(run.steps):
        return run
    if seen.now - seenAt > awaySeconds:
        away = f"The daemon was away for {duration(round(seen.now - seenAt))}."
        run = replace(run, failed=run.failed or f"Step {run.step + 1}: {away}")
        if not run.current.always:
            return passed(run, seen.now)
    if run.begunAt is None:
        return run
    match run.kind:
        case "command":
            return passed(run, seen.now)
        case "countdown":
            return failing(run, "The daemon was restarted during the countdown.", seen.now)
        case "power":
            isHarmless = run.current.power in ("start", "stop")
            # Of restart and kill nobody knows whether they were asked for.
            isSame = seen.game == run.game
            return replace(run, begunAt=None) if isHarmless or isSame else run
    return run
