"""
All schedules: known, changed, begun when they are due, or when something has happened.
"""

from collections import Counter
from collections.abc import Callable, Collection, Sequence
from typing import Any, Final

from msgspec.structs import replace
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IReactorTime
from twisted.logger import Logger

from gamepanel.base.errors import (
    AlreadyRunning,
    NoSpace,
    NoSuchSchedule,
    NotRunning,
    PanelError,
    TooMany,
)
from gamepanel.base.timer import Timer
from gamepanel.console.linepatterns import Unsupported
from gamepanel.console.linetriggers import triggerPattern
from gamepanel.events.journal import Journal
from gamepanel.schedules.cron import Moments, parsed
from gamepanel.schedules.due import Clocks, Verdict, due
from gamepanel.schedules.running import Active, Runs, Schedule, lookSeconds
from gamepanel.schedules.values import Plan, holding, holds, maxOfServer, missing, searched
from gamepanel.servers.directory import Directory
from gamepanel.servers.server import GameServer
from gamepanel.store.events import EventRow
from gamepanel.store.schedules import RunRow, ScheduleRow, ScheduleTables
from gamepanel.wire.causes import because
from gamepanel.wire.schedules import When
from gamepanel.wire.values import Trigger, TriggerEvent

log = Logger()

perMinute: Final = 6
"""By events a schedule runs so often in a minute at most."""

perHour: Final = 60
"""And so often in an hour."""

tooOften: Final = f"It came more than {perMinute} times in a minute, or {perHour} in an hour."

whySkipped: Final = {
    "late": "It was due while the daemon was away, or the host slept.",
    "set forward": "The clock was set past the time when it was due.",
}


def momentsOf(when: When) -> Moments:
    """
    The moments of a cron line.

    @raise ValueError: when the line or the zone is wrong; the text is a sentence for people.
    """
    return parsed(when.cron or "", when.timezone)


def clocksNow(now: Callable[[], float], uptime: Callable[[], float]) -> Clocks:
    """What clocks show."""
    return Clocks(now(), uptime())


def awaited(schedule: Schedule) -> TriggerEvent | None:
    """
    The event that a schedule waits for; None when it is disabled or waits for none, or its pattern
    is one that RE2 refuses by now, which is logged.
    """
    when = schedule.plan.when
    try:
        if when.pattern is not None:
            triggerPattern(when.pattern)
    except Unsupported as error:
        log.error("schedule {n}: its pattern can't be used: {why}", n=schedule.number, why=error)
        return None
    return when.event if schedule.plan.enabled else None


def matches(when: When, row: EventRow) -> bool:
    """Whether an event of the kind that a schedule waits for has the pattern that it waits for."""
    if when.pattern is None or when.event not in searched:
        return True
    text = str(row.data.get(searched[when.event], ""))
    return triggerPattern(when.pattern).search(text) is not None


class Schedules:
    """
    All schedules.

    @ivar runs: those of their runs that go on.
    """

    def __init__(
        self,
        clock: IReactorTime,
        clocks: Callable[[], Clocks],
        directory: Directory,
        journal: Journal,
        tables: ScheduleTables,
        runs: Runs,
    ) -> None:
        """
        @param clocks: what clocks show now.
        """
        self.runs = runs
        self._clock = clock
        self._clocks = clocks
        self._directory = directory
        self._journal = journal
        self._tables = tables
        self._known: dict[int, Schedule] = {}
        self._triggers: dict[tuple[int, str], list[Schedule]] = {}
        # How many are being stored, by the creation of their server.
        self._adding = Counter[int]()
        self._open: Collection[RunRow] = ()
        self._before: Clocks | None = None
        self._timer = Timer(clock)
        self._undo: Callable[[], None] = lambda: None

    # Beginning and end.

    def load(self, rows: Collection[ScheduleRow], runs: Collection[RunRow]) -> None:
        """
        Take up what is stored, once servers and jobs are there.

        @param rows: all that are stored.
        @param runs: those that go on.
        """
        for row in rows:
            server = self._directory.ofCreation(row.creation)
            if server is None:
                self._tables.removeSchedule(row.schedule)
            else:
                self._known[row.schedule] = Schedule(row, Plan.of(row), server)
        self._open = [run for run in runs if run.schedule in self._known]
        for run in self._open:
            # Their jobs begin with their rights.
            self._known[run.schedule].run = Active.of(run)

    def begin(self) -> None:
        """Go on with runs that go on, and run what is due from now on."""
        for row in self._open:
            schedule = self._known[row.schedule]
            if schedule.run is not None:
                self.runs.resume(schedule, schedule.run, row.seenAt)
        self._undo = self._journal.listen(self._happened)
        self._directory.removed.listen(self._removed)
        self._index()
        for creation in {each.server.creation for each in self.all()}:
            self._watch(creation)
        self.disableOrphans()
        self._look()

    def end(self) -> None:
        """Run nothing any more."""
        self._undo()
        self._timer.cancel()
        self.runs.leave()

    # What is known, and changed.

    def all(self) -> list[Schedule]:
        """All of them, by number."""
        return [each for _, each in sorted(self._known.items())]

    def ofServer(self, creation: int) -> list[Schedule]:
        """
        Those of a server, by number.

        @param creation: of the server.
        """
        return [each for each in self.all() if each.server.creation == creation]

    def find(self, schedule: int) -> Schedule:
        """
        @raise NoSuchSchedule: when there is none of this number.
        """
        try:
            return self._known[schedule]
        except KeyError:
            raise NoSuchSchedule() from None

    async def add(self, server: GameServer, plan: Plan, by: str, account: int) -> Schedule:
        """
        Make a schedule.

        @param by: who makes it.
        @param account: number of their account; 0 where nobody logs in.

        @raise TooMany: when the server has as many as it may.
        @raise NoSpace: when it can't be stored.
        """
        creation = server.creation
        if len(self.ofServer(creation)) + self._adding[creation] >= maxOfServer:
            raise TooMany(because("too_many_schedules", most=maxOfServer))
        row = ScheduleRow(0, creation, plan.stored(), by, account, self._next(plan))
        self._adding[creation] += 1
        try:
            row = await self._tables.addSchedule(row)
        finally:
            self._adding[creation] -= 1
        schedule = self._known[row.schedule] = Schedule(row, plan, server)
        self._changed(server)
        return schedule

    async def change(self, schedule: Schedule, plan: Plan, by: str, account: int) -> None:
        """
        Change a schedule.

        @param by: who does it.
        @param account: number of their account; 0 where nobody logs in.

        @raise NoSpace: when it can't be stored.
        """
        said = {"plan": plan.stored(), "by": by, "account": account}
        isSame = (plan.when, plan.enabled) == (schedule.plan.when, schedule.plan.enabled)
        due = {} if isSame else {"nextAt": self._next(plan), "pending": None}
        await self._tables.changeSchedule(replace(schedule.row, **said, **due))
        schedule.row = replace(schedule.row, **said, **due)
        isDisabled = schedule.plan.enabled and not plan.enabled
        schedule.plan = plan
        if isDisabled and schedule.run is not None:
            schedule.run.cancel("The schedule was disabled.")
        self._changed(schedule.server)

    async def remove(self, schedule: Schedule) -> None:
        """
        Delete a schedule.

        @raise NoSpace: when that can't be stored.
        """
        await self._tables.removeSchedule(schedule.number)
        self._forget(schedule)
        self._changed(schedule.server)

    def _forget(self, schedule: Schedule) -> None:
        self._known.pop(schedule.number, None)
        if schedule.run is not None:
            schedule.run.cancel("The schedule was deleted.")

    def _removed(self, server: GameServer) -> None:
        for schedule in self.ofServer(server.creation):
            self._forget(schedule)
            self._tables.removeSchedule(schedule.number).addErrback(self._notStored)
        self._index()

    def disableOrphans(self) -> None:
        """Disable the schedules of accounts that are gone."""
        for schedule in self.all():
            row = schedule.row
            if schedule.plan.enabled and row.account and self.runs.hands.isGone(row.account):
                self._inBackground(self._disable(schedule))

    async def _disable(self, schedule: Schedule) -> None:
        row, plan = schedule.row, replace(schedule.plan, enabled=False)
        await self.change(schedule, plan, row.by, row.account)
        await self.runs.note(schedule, f"The account {row.by} was deleted, whose schedule it is.")

    async def read(self, schedule: Schedule, before: int | None, limit: int) -> Sequence[RunRow]:
        """Runs of a schedule, newest first; see L{ScheduleTables.readRuns}."""
        return await self._tables.readRuns(schedule.number, before, limit)

    async def run(self, schedule: Schedule, by: str, account: int) -> None:
        """
        Run a schedule now, for somebody.

        @raise AlreadyRunning: when a run goes on.
        @raise NoSpace: when that can't be stored.
        """
        await self.runs.begin(schedule, "person", by, account)
        self._look()

    def cancel(self, schedule: Schedule, by: str) -> None:
        """
        End the run of a schedule before its next step.

        @raise NotRunning: when there is none.
        """
        if schedule.run is None:
            raise NotRunning(because("schedule_not_running"))
        schedule.run.cancel(f"{by} has cancelled it.")

    # Time.

    def _next(self, plan: Plan) -> float | None:
        if plan.when.cron is None or not plan.enabled:
            return None
        return momentsOf(plan.when).after(self._clocks().wall)

    def _changed(self, server: GameServer) -> None:
        self._index()
        self._watch(server.creation)
        self._look()

    def _look(self) -> None:
        """Begin what is due, and look again when the next is."""
        now = self._clocks()
        for schedule in self.all():
            if schedule.row.nextAt is not None:
                try:
                    self._lookAt(schedule, schedule.row.nextAt, now)
                except Exception as error:
                    # Its time zone is gone from the host, say: it is not asked again and again.
                    log.failure("schedule {number} broke", number=schedule.number)
                    schedule.row = replace(schedule.row, nextAt=None, pending=None)
                    why = str(error) if isinstance(error, ValueError) else "Something went wrong."
                    self._inBackground(self.runs.note(schedule, why))
        if self.runs.areActive and (self._before is None or now.elapsed - self._before.elapsed > 1):
            self.runs.seen()
        self._before = now
        moments = [each.row.nextAt for each in self._known.values() if each.row.nextAt is not None]
        if moments or self.runs.areActive:
            left = min(moments, default=now.wall + lookSeconds) - now.wall
            self._timer.after(min(max(left, 0.01), lookSeconds), self._look)
        else:
            self._timer.cancel()

    def _lookAt(self, schedule: Schedule, moment: float, now: Clocks) -> None:
        row, when = schedule.row, schedule.plan.when
        if when.cron is None:
            if now.wall >= moment:
                schedule.row = replace(row, nextAt=None, pending=None)
                isSo = holds(row.pending or {}, schedule.server)
                why = "" if isSo else "What had happened did not hold any more."
                self._fireByEvent(schedule, now.wall, why)
            return
        found: Verdict = due(moment, row.done, when.within or 0, self._before, now)
        if found.since is None:
            return
        done = found.since if found.runs else row.done
        nextAt = momentsOf(when).after(found.since)
        schedule.row = replace(row, nextAt=nextAt, done=done)
        if found.runs or found.skipped is not None:
            why = "" if found.skipped is None else whySkipped[found.skipped]
            self._inBackground(self._fire(schedule, "time", why))
        else:
            self._tables.keep(schedule.row).addErrback(self._notStored)

    async def _fire(self, schedule: Schedule, trigger: Trigger, why: str) -> None:
        """
        Run a schedule, or tell why it does not.

        @param why: why it does not, for people; empty where it may.
        """
        row = schedule.row
        if not why and schedule.run is not None:
            why = "The last run went on."
        why = why or self.runs.hands.lacks(schedule)
        why = why or await missing(schedule.plan.conditions, schedule.server, self.runs.hands)
        if why:
            await self.runs.skip(schedule, trigger, why)
            return
        if not schedule.plan.enabled:
            # Since that was asked.
            return
        try:
            await self.runs.begin(schedule, trigger, row.by, row.account)
        except AlreadyRunning:
            await self.runs.skip(schedule, trigger, "The last run went on.")
        except NoSpace as error:
            await self.runs.skip(schedule, trigger, error.detail)
        self._look()

    # Events.

    def _index(self) -> None:
        self._triggers = {}
        for schedule in self.all():
            event = awaited(schedule)
            if event is not None and event != "line":
                key = (schedule.server.creation, event)
                self._triggers.setdefault(key, []).append(schedule)

    def _watch(self, creation: int) -> None:
        """Search the console of a server for the patterns of its schedules."""
        server = self._directory.ofCreation(creation)
        patterns = {
            each.number: each.plan.when.pattern or ""
            for each in self.ofServer(creation)
            if awaited(each) == "line"
        }
        if server is not None:
            server.search.watch(patterns, self._foundLine)

    def _foundLine(self, number: int, line: str) -> None:
        schedule = self._known.get(number)
        if schedule is not None and schedule.plan.enabled:
            self._trigger(schedule)

    def _happened(self, rows: Sequence[EventRow]) -> None:
        for row in rows:
            if str(row.data.get("by") or "").startswith("schedule:"):
                continue
            for schedule in self._triggers.get((row.creation or 0, row.kind), ()):
                if matches(schedule.plan.when, row):
                    self._trigger(schedule)

    def _trigger(self, schedule: Schedule) -> None:
        """What a schedule waits for has happened."""
        when, now = schedule.plan.when, self._clocks().wall
        if when.after and when.event in holding:
            game = None if schedule.server.run is None else schedule.server.run.startedAt
            pending = {"event": when.event, "game": game}
            schedule.row = replace(schedule.row, nextAt=now + when.after, pending=pending)
            self._tables.keep(schedule.row).addErrback(self._notStored)
            self._look()
        else:
            self._fireByEvent(schedule, now, "")

    def _fireByEvent(self, schedule: Schedule, now: float, why: str) -> None:
        """The same as L{_fire}, as often as events may do that."""
        fired = schedule.fired = [at for at in schedule.fired if 0 <= now - at < 3600]
        if len(fired) >= perHour or sum(now - at < 60 for at in fired) >= perMinute:
            if not schedule.isBeyond:
                schedule.isBeyond = True
                self._inBackground(self.runs.note(schedule, tooOften))
            return
        schedule.isBeyond = False
        fired.append(now)
        self._inBackground(self._fire(schedule, "event", why))

    def _inBackground(self, work: Any) -> None:
        Deferred.fromCoroutine(work).addErrback(self._notStored)

    def _notStored(self, failure: Any) -> None:
        if not failure.check(PanelError):
            log.failure("a schedule can't be carried out", failure)
