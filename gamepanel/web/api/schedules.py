"""
Schedules of servers.
"""

from typing import Any

from msgspec import Struct, structs

from gamepanel.accounts.rights import Person
from gamepanel.operations.schedules import ScheduleOperations
from gamepanel.schedules.running import Schedule
from gamepanel.store.schedules import RunRow
from gamepanel.web.api.endpoint import Call, serves
from gamepanel.wire.message import milliseconds
from gamepanel.wire.schedules import (
    CreateSchedule,
    LastRun,
    ListSchedules,
    PreviewSchedule,
    ReadRuns,
    RunInfo,
    RunList,
    RunNow,
    ScheduleInfo,
    ScheduleList,
    Step,
    StepInfo,
    Times,
    UpdateSchedule,
    When,
    WhenInfo,
)


class ScheduleEndpoints(Struct, frozen=True):
    """
    Section 13 of the contract.
    """

    schedules: ScheduleOperations

    @serves("schedule_list")
    async def scheduleList(self, call: Call[ListSchedules]) -> ScheduleList:
        found = self.schedules.list(call.person, call.message)
        return ScheduleList(schedules=tuple(_info(call.person, each) for each in found))

    @serves("schedule_create")
    async def scheduleCreate(self, call: Call[CreateSchedule]) -> ScheduleInfo:
        return _info(call.person, await self.schedules.create(call.actor, call.message))

    @serves("schedule_update")
    async def scheduleUpdate(self, call: Call[UpdateSchedule]) -> ScheduleInfo:
        return _info(call.person, await self.schedules.update(call.actor, call.message))

    @serves("schedule_preview")
    async def schedulePreview(self, call: Call[PreviewSchedule]) -> Times:
        return Times(times=tuple(self.schedules.preview(call.message)))

    @serves("schedule_runs")
    async def scheduleRuns(self, call: Call[ReadRuns]) -> RunList:
        found = await self.schedules.runs(call.person, call.message)
        return RunList(runs=tuple(map(_runInfo, found)))


def _info(person: Person, schedule: Schedule) -> ScheduleInfo:
    row, plan, server = schedule.row, schedule.plan, schedule.server
    mayRead = person.admin or "command" in person.servers.get(server.id, ())
    only = plan.only if isinstance(plan.only, str) else tuple(plan.only)
    run = None if schedule.run is None else schedule.run.run
    isDue, last = plan.enabled and plan.when.cron is not None, row.last
    return ScheduleInfo(
        schedule=row.schedule,
        server=server.id,
        name=plan.name,
        enabled=plan.enabled,
        when=_whenInfo(plan.when),
        only=only,
        steps=tuple(_stepInfo(step, mayRead) for step in plan.steps),
        by=row.by,
        nextAt=_moment(row.nextAt if isDue else None),
        run=None if run is None else RunNow(startedAt=milliseconds(run.startedAt), step=run.began),
        last=None if last is None else LastRun(**{**last, "at": milliseconds(last["at"])}),
    )


def _moment(at: float | None) -> float | None:
    return None if at is None else milliseconds(at)


def _whenInfo(when: When) -> WhenInfo:
    return WhenInfo(**_given(when))


def _stepInfo(step: Step, mayRead: bool) -> StepInfo:
    given = _given(step)
    if "command" in given and not mayRead:
        given["command"] = None
    return StepInfo(**given)


def _given(message: Struct) -> dict[str, Any]:
    """The fields of a message that were given."""
    return {
        name: tuple(value) if name == "countdown" else value
        for name, value in structs.asdict(message).items()
        if value is not None
    }


def _runInfo(row: RunRow) -> RunInfo:
    return RunInfo(
        run=row.run,
        startedAt=milliseconds(row.startedAt),
        endedAt=_moment(row.endedAt),
        result=row.result,
        step=row.step,
        detail=row.detail,
        trigger=row.trigger,
    )
