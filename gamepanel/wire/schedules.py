"""
Schedules of servers: what they do, and when.
"""

from typing import Annotated, Final

from msgspec import UNSET, Meta, UnsetType

from gamepanel.wire.backups import Note
from gamepanel.wire.message import Answer, Index, Message, ServerId, Text, Time
from gamepanel.wire.server import commandPattern
from gamepanel.wire.values import (
    Only,
    PowerAction,
    RunResult,
    Trigger,
    TriggerEvent,
    extensible,
    notePattern,
)

DAY: Final = 86400

Name = Annotated[
    str,
    Meta(min_length=1, max_length=100, pattern=notePattern, description="For people."),
]
Duration = Annotated[int, Meta(ge=0, le=DAY)]
Line = Annotated[str, Meta(max_length=4095, pattern=commandPattern)]
Moment = Annotated[int, Meta(ge=1, le=DAY)]


class When(Message, frozen=True, omit_defaults=True):
    """
    When a schedule runs: at the times of C{cron}, or by C{event}.

    @ivar cron: five fields, as Debian's cron has them.
    @ivar timezone: name of the time zone of C{cron}, as C{Europe/Berlin}; absent: the daemon's.
    @ivar within: what was due while the daemon was away is done if it is not later than this, in
        seconds; absent: 0.
    @ivar event: kind of the event, of the server; or C{line}, for a line of its console.
    @ivar after: it runs so many seconds after the event, if what the event said still holds;
        absent: 0.
    @ivar pattern: regular expression (RE2) that is searched in the line, the text of the chat, or
        the name of the player.
    """

    cron: Annotated[str, Meta(max_length=200)] | None = None
    timezone: Annotated[str, Meta(max_length=64)] | None = None
    within: Duration | None = None
    event: TriggerEvent | None = None
    after: Duration | None = None
    pattern: Annotated[str, Meta(min_length=1, max_length=200)] | None = None


class Step(Message, frozen=True, omit_defaults=True):
    """
    What a schedule does: one of these; C{countdown} has a C{command}, too.

    @ivar command: line for the console; in a countdown C{time} and C{seconds}, in braces, stand for
        what is left.
    @ivar power: what is done with the server.
    @ivar backup: note of a backup that is made.
    @ivar update: true: the server is updated.
    @ivar wait: seconds to wait.
    @ivar countdown: seconds before the end at which the command is given, descending.
    @ivar always: whether it is done also when an earlier step has failed.
    """

    command: Line | None = None
    power: PowerAction | None = None
    backup: Note | None = None
    update: bool | None = None
    wait: Duration | None = None
    countdown: Annotated[list[Moment], Meta(min_length=1, max_length=20)] | None = None
    always: bool | None = None


class WhenInfo(Answer, frozen=True):
    """
    When a schedule runs: at the times of C{cron}, or by C{event}.

    @ivar cron: five fields.
    @ivar timezone: name of the time zone of C{cron}; absent: the daemon's.
    @ivar within: what was due while the daemon was away is done if it is not later than this, in
        seconds.
    @ivar event: kind of the event.
    @ivar after: it runs so many seconds after the event, if what the event said still holds.
    @ivar pattern: regular expression that is searched for.
    """

    cron: str | UnsetType = UNSET
    timezone: str | UnsetType = UNSET
    within: Duration | UnsetType = UNSET
    event: Annotated[str, extensible(TriggerEvent)] | UnsetType = UNSET
    after: Duration | UnsetType = UNSET
    pattern: str | UnsetType = UNSET


class StepInfo(Answer, frozen=True):
    """
    What a schedule does.

    @ivar command: line for the console; null for who has not the right C{command}.
    @ivar power: what is done with the server.
    @ivar backup: note of a backup that is made.
    @ivar update: true: the server is updated.
    @ivar wait: seconds to wait.
    @ivar countdown: seconds before the end at which the command is given.
    @ivar always: whether it is done also when an earlier step has failed.
    """

    command: str | UnsetType | None = UNSET
    power: Annotated[str, extensible(PowerAction)] | UnsetType = UNSET
    backup: str | UnsetType = UNSET
    update: bool | UnsetType = UNSET
    wait: Duration | UnsetType = UNSET
    countdown: tuple[Moment, ...] | UnsetType = UNSET
    always: bool = False


OnlyInfo = Annotated[str, extensible(Only)]
ResultInfo = Annotated[str, extensible(RunResult)]


class RunNow(Answer, frozen=True):
    """
    A run that goes on.

    @ivar startedAt: when it began.
    @ivar step: number of the step that is done, from 0.
    """

    startedAt: Time
    step: Index


class LastRun(Answer, frozen=True):
    """
    What came of the last run.

    @ivar at: when it ended.
    @ivar result: what came of it.
    @ivar detail: the same for people; empty only where it is C{ok}.
    """

    at: Time
    result: ResultInfo
    detail: Text


class ScheduleInfo(Answer, frozen=True):
    """
    A schedule.

    @ivar schedule: its number, never given twice.
    @ivar enabled: whether it runs by itself.
    @ivar when: at which times, or by which event.
    @ivar only: what must hold for it to run; of several all.
    @ivar steps: what it does, one after the other.
    @ivar by: the user who has made or changed it last, with whose rights it runs.
    @ivar nextAt: when it is due; null while it is disabled, and where it waits for an event.
    @ivar run: the run that goes on; null when there is none.
    @ivar last: the last run; null when there was none.
    """

    schedule: Index
    server: ServerId
    name: Text
    enabled: bool
    when: WhenInfo
    only: OnlyInfo | tuple[OnlyInfo, ...]
    steps: tuple[StepInfo, ...]
    by: str
    nextAt: Time | None
    run: RunNow | None
    last: LastRun | None


class ScheduleList(Answer, frozen=True):
    """
    Schedules.

    @ivar schedules: of servers that may be seen, by number.
    """

    schedules: tuple[ScheduleInfo, ...]


class ListSchedules(Message, frozen=True):
    """
    @ivar server: only of this one.
    """

    server: ServerId | None = None


Conditions = Only | Annotated[list[Only], Meta(min_length=1, max_length=6)]
Steps = Annotated[list[Step], Meta(min_length=1, max_length=20)]


class CreateSchedule(Message, frozen=True):
    """
    @ivar name: for people.
    @ivar when: at which times, or by which event.
    @ivar steps: what it does, one after the other.
    @ivar only: what must hold for it to run; of several all.
    @ivar enabled: whether it runs by itself.
    """

    server: ServerId
    name: Name
    when: When
    steps: Steps
    only: Conditions = "always"
    enabled: bool = True


class OfSchedule(Message, frozen=True):
    """
    A request about one schedule.

    @ivar schedule: its number.
    """

    schedule: Index


class UpdateSchedule(OfSchedule, frozen=True):
    """
    A request to change a schedule; what is absent stays as it is.

    @ivar name: for people.
    @ivar when: at which times, or by which event.
    @ivar steps: what it does, one after the other.
    @ivar only: what must hold for it to run; of several all.
    @ivar enabled: whether it runs by itself.
    """

    name: Name | None = None
    when: When | None = None
    steps: Steps | None = None
    only: Conditions | None = None
    enabled: bool | None = None


class PreviewSchedule(Message, frozen=True):
    """
    @ivar when: at which times.
    @ivar count: times at the most.
    """

    when: When
    count: Annotated[int, Meta(ge=1, le=20)] = 5


class Times(Answer, frozen=True):
    """
    When something is due.

    @ivar times: ascending; none where it waits for an event.
    """

    times: tuple[Time, ...]


class ReadRuns(OfSchedule, frozen=True):
    """
    @ivar before: only with smaller numbers.
    @ivar limit: runs at the most.
    """

    before: Index | None = None
    limit: Annotated[int, Meta(ge=1, le=100)] = 50


class RunInfo(Answer, frozen=True):
    """
    A run of a schedule.

    @ivar run: its number.
    @ivar startedAt: when it began.
    @ivar endedAt: null while it goes on.
    @ivar result: what came of it; null while it goes on.
    @ivar step: number of the last step that began, from 0.
    @ivar detail: what came of it, for people; empty only where it is C{ok}, or goes on.
    @ivar trigger: why it began.
    """

    run: Index
    startedAt: Time
    endedAt: Time | None
    result: ResultInfo | None
    step: Index
    detail: Text
    trigger: Annotated[str, extensible(Trigger)]


class RunList(Answer, frozen=True):
    """
    Runs of a schedule, newest first.

    @ivar runs: also those that were skipped.
    """

    runs: tuple[RunInfo, ...]
