"""
Carries out the runs of schedules, each step after it was stored, and tells how they end.
"""

from collections.abc import Callable, Sequence
from typing import Any, Final, Protocol

import msgspec
from attrs import define, field
from msgspec.structs import replace
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IReactorTime
from twisted.internet.task import deferLater
from twisted.logger import Logger
from twisted.python.failure import Failure

from gamepanel.base.errors import (
    AlreadyRunning,
    JobRunning,
    NoSpace,
    NoSuchJob,
    NotRunning,
    PanelError,
)
from gamepanel.jobs.queue import Jobs
from gamepanel.schedules.runs import (
    Await,
    Begin,
    Give,
    Over,
    Run,
    Seen,
    blocked,
    failing,
    following,
    resumed,
)
from gamepanel.schedules.values import Knows, Plan
from gamepanel.servers.events import StatusChanged
from gamepanel.servers.server import GameServer
from gamepanel.servers.state import Waiting
from gamepanel.store.events import EventRow, NewEvent
from gamepanel.store.schedules import RunRow, ScheduleRow, ScheduleTables
from gamepanel.wire.schedules import Step
from gamepanel.wire.values import RunResult, Trigger

lookSeconds: Final = 30.0
"""The wall clock is asked anew at least so often while something is to come."""

storeSeconds: Final = 1.0
"""After so long it is tried again to store what could not be."""


@define(eq=False, repr=False)
class Schedule:
    """
    A schedule that is known.

    @ivar row: as it is stored.
    @ivar plan: what people have said of it.
    @ivar server: whose it is.
    @ivar run: the run that goes on; None where there is none.
    @ivar fired: when it was to run by events in the last hour, Unix time in seconds.
    @ivar isBeyond: whether it was more often of late than it may.
    """

    row: ScheduleRow
    plan: Plan
    server: GameServer
    run: "Active | None" = None
    fired: list[float] = field(factory=list)
    isBeyond: bool = False

    @property
    def number(self) -> int:
        """Never given twice."""
        return self.row.schedule


@define(eq=False, repr=False)
class Active:
    """
    A run that goes on.

    @ivar run: how far it has come.
    @ivar number: its own.
    @ivar cancelled: why it is to end; empty where it is not.
    @ivar wake: fires when it is to be looked at again; None while nothing is waited for.
    @ivar going: the work on it.
    """

    run: Run
    number: int = 0
    cancelled: str = ""
    wake: Deferred[None] | None = None
    going: Deferred[None] | None = None

    @classmethod
    def of(cls, row: RunRow) -> "Active":
        """A run that an earlier daemon has begun."""
        run = replace(msgspec.convert(row.state, Run), job=row.job)
        return cls(run, row.run, run.cancelled)

    def awake(self) -> None:
        """Look again at what is next."""
        wake, self.wake = self.wake, None
        if wake is not None:
            wake.callback(None)

    def cancel(self, why: str) -> None:
        """End it where it is."""
        self.cancelled = self.cancelled or why
        self.awake()


class Hands(Knows, Protocol):
    """What runs act through: it checks rights, and writes down what is done."""

    async def do(self, run: Run, schedule: Schedule, step: Step) -> int | None:
        """
        Do a step that is neither wait nor countdown.

        @return: number of the job that it has made.

        @raise PanelError: when it is refused.
        """

    def lacks(self, schedule: Schedule) -> str:
        """Why its account may not have a schedule run, in a sentence; empty when it may."""

    def isGone(self, account: int) -> bool:
        """Whether there is no such account any more."""


class Runs:
    """
    The runs that go on.

    @ivar hands: what they act through.
    """

    hands: Hands

    def __init__(
        self,
        clock: IReactorTime,
        now: Callable[[], float],
        jobs: Jobs,
        tables: ScheduleTables,
        tell: Callable[[Sequence[EventRow]], None],
    ) -> None:
        """
        @param now: Unix time in seconds.
        @param tell: told of events that were stored with the end of a run.
        """
        self._clock = clock
        self._now = now
        self._jobs = jobs
        self._tables = tables
        self._tell = tell
        self._active: set[Active] = set()
        self._isLeaving = False
        self._log = Logger()

    @property
    def areActive(self) -> bool:
        """Whether a run goes on."""
        return bool(self._active)

    def seen(self) -> None:
        """The daemon looks at all runs that go on."""
        self._tables.seen(self._now()).addErrback(lambda _: None)

    def leave(self) -> None:
        """Let go of all runs: the next daemon goes on with them."""
        self._isLeaving = True
        for active in list(self._active):
            # One that acts ends behind that.
            if active.wake is not None and active.going is not None:
                active.going.cancel()

    async def begin(self, schedule: Schedule, trigger: Trigger, by: str, account: int) -> None:
        """
        Begin a run.

        @param by: name of whom it runs for.
        @param account: its number.

        @raise AlreadyRunning: when one goes on.
        @raise NoSpace: when it can't be stored.
        """
        if schedule.run is not None:
            raise AlreadyRunning()
        now = self._now()
        active = Active(Run(by, account, schedule.plan.steps, trigger, now, now))
        schedule.run = active
        try:
            active.number, _ = await self._tables.keep(schedule.row, self._row(schedule, active))
        except BaseException:
            schedule.run = None
            raise
        if not active.number:
            # It was removed meanwhile.
            schedule.run = None
            return
        self._go(schedule, active)

    def resume(self, schedule: Schedule, active: Active, seenAt: float) -> None:
        """
        Go on with a run that an earlier daemon has begun.

        @param seenAt: when that has last looked at it, Unix time in seconds.
        """
        active.run = resumed(active.run, self._seen(schedule), seenAt)
        self._go(schedule, active)

    async def skip(self, schedule: Schedule, trigger: Trigger, why: str) -> None:
        """
        Tell that a run was skipped.

        @param why: a sentence for people.
        """
        now = self._now()
        row = RunRow(0, schedule.number, now, trigger, now, now, "skipped", 0, why)
        await self.note(schedule, why, row)

    async def note(self, schedule: Schedule, why: str, row: RunRow | None = None) -> None:
        """Tell why a schedule does not run."""
        last = {"at": self._now(), "result": "skipped", "detail": why}
        schedule.row = replace(schedule.row, last=last)
        try:
            await self._tables.keep(schedule.row, row)
        except NoSpace:
            # Until there is room again many may come: they must not wait for it.
            self._log.info("not stored of schedule {n}: {why}", n=schedule.number, why=why)

    # One run.

    def _go(self, schedule: Schedule, active: Active) -> None:
        self._active.add(active)
        active.going = Deferred.fromCoroutine(self._run(schedule, active))
        active.going.addErrback(self._broke, schedule).addBoth(
            lambda _: self._active.discard(active)
        )

    def _broke(self, failure: Failure, schedule: Schedule) -> None:
        if not self._isLeaving:
            self._log.failure("a run of schedule {number} broke", failure, number=schedule.number)
            schedule.run = None

    async def _run(self, schedule: Schedule, active: Active) -> None:
        while not self._isLeaving:
            seen = self._seen(schedule)
            if active.run.job is not None:
                seen = await self._withJob(seen, active.run.job)
            run = replace(active.run, cancelled=active.cancelled)
            match following(run, seen):
                case Over(run, result, detail):
                    active.run = run
                    await self._end(schedule, active, result, detail)
                    return
                case Await(run, until):
                    active.run = run
                    await self._pause(schedule, active, until)
                case Give(run, line):
                    active.run = await self._do(schedule, run, Step(command=line))
                case Begin(run):
                    active.run = run
                    await self._stored(schedule, self._row(schedule, active))
                    if run.kind not in ("wait", "countdown"):
                        active.run = await self._do(schedule, run, run.current)

    def _seen(self, schedule: Schedule) -> Seen:
        server = schedule.server
        game = server.run.startedAt if server.run and server.shim is not None else None
        status, state, uptime = server.status, server.status.state, server.basics.kernel.uptime()
        if isinstance(status, Waiting) and status.restartAt <= uptime:
            # So is one whose start an earlier daemon has left half done.
            state = "starting"
        isOverdue = (
            game is not None
            and server.run is not None
            and server.run.ready is not None
            and uptime - server.run.startedUptime > server.run.readyWithin
        )
        return Seen(self._now(), state, game, isOverdue=isOverdue)

    async def _withJob(self, seen: Seen, job: int) -> Seen:
        try:
            row = await self._jobs.find(job)
        except NoSuchJob:
            return replace(seen, jobError="nobody knows it any more.")
        return replace(seen, job=row.status, jobError=row.error or "")

    async def _do(self, schedule: Schedule, run: Run, step: Step) -> Run:
        try:
            return replace(run, job=await self.hands.do(run, schedule, step))
        except JobRunning:
            return blocked(run, self._now())
        except NotRunning as error:
            isDone = step.power in ("stop", "kill")
            return run if isDone else failing(run, error.detail, self._now())
        except AlreadyRunning:
            return run
        except PanelError as error:
            return failing(run, error.detail, self._now())
        except Exception:
            self._log.failure("a step of schedule {number} broke", number=schedule.number)
            return failing(run, "Something went wrong.", self._now())

    async def _pause(self, schedule: Schedule, active: Active, until: float) -> None:
        """Wait until then, or something changes; the wall clock may be set meanwhile."""
        active.wake = woken = Deferred[None]()
        seconds = min(max(until - self._now(), 0), lookSeconds)
        call = self._clock.callLater(seconds, active.awake)
        undo = schedule.server.happens.listen(
            lambda event: active.awake() if isinstance(event, StatusChanged) else None
        )
        changed = self._jobs.changed.listen(
            lambda row: active.awake() if row.job == active.run.job and row.isOver else None
        )
        try:
            await woken
        finally:
            active.wake = None
            undo()
            changed()
            if call.active():
                call.cancel()

    async def _end(
        self, schedule: Schedule, active: Active, result: RunResult, detail: str
    ) -> None:
        now, server = self._now(), schedule.server
        row = replace(
            self._row(schedule, active), endedAt=now, result=result, detail=detail, state=None
        )
        events = []
        if result in ("ok", "failed"):
            data = {
                "schedule": schedule.number,
                "name": schedule.plan.name,
                "error": detail or None,
            }
            kind = "schedule_ran" if result == "ok" else "schedule_failed"
            events = [NewEvent(now, server.id, server.creation, kind, data)]
        last = {"at": now, "result": result, "detail": detail}
        schedule.row = replace(schedule.row, last=last)
        await self._stored(schedule, row, events)
        schedule.run = None

    def _row(self, schedule: Schedule, active: Active) -> RunRow:
        run, now = active.run, self._now()
        about: dict[str, Any] = msgspec.to_builtins(run)
        return RunRow(
            active.number,
            schedule.number,
            run.startedAt,
            run.trigger,
            now,
            step=run.began,
            state=about,
            job=run.job,
        )

    async def _stored(
        self, schedule: Schedule, row: RunRow, events: Sequence[NewEvent] = ()
    ) -> None:
        """Store how a schedule and a run are now; on a full disk again and again."""
        while True:
            try:
                _, told = await self._tables.keep(schedule.row, row, events)
            except NoSpace:
                await deferLater(self._clock, storeSeconds)
            else:
                self._tell(told)
                return
