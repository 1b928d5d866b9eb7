"""
Schedules and their runs.
"""

import sqlite3
from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec
from msgspec import Struct
from msgspec.structs import replace
from twisted.internet.defer import Deferred

from gamepanel.store.events import EventRow, NewEvent, insertEvents
from gamepanel.store.transactions import Tables, asJson
from gamepanel.wire.values import RunResult, Trigger

keptRuns: Final = 100
"""Of the runs of a schedule so many are kept, the newest."""


class ScheduleRow(Struct, frozen=True):
    """
    A schedule as stored.

    @ivar schedule: its number, never given twice; 0 until it is stored.
    @ivar creation: of its server.
    @ivar plan: what it does, and when.
    @ivar by: who has made or changed it last.
    @ivar account: number of their account; 0 where nobody logs in.
    @ivar nextAt: when it is due, Unix time in seconds; None when that is not known.
    @ivar done: the moment up to which it has run, likewise.
    @ivar pending: the event that it waits behind; None where there is none.
    @ivar last: what came of its last run; None where there was none.
    """

    schedule: int
    creation: int
    plan: Mapping[str, Any]
    by: str
    account: int = 0
    nextAt: float | None = None
    done: float = 0.0
    pending: Mapping[str, Any] | None = None
    last: Mapping[str, Any] | None = None


class RunRow(Struct, frozen=True):
    """
    A run of a schedule as stored.

    @ivar run: its number, never given twice; 0 until it is stored.
    @ivar startedAt: Unix time in seconds, as C{endedAt} and C{seenAt}.
    @ivar result: what came of it; None while it goes on.
    @ivar step: number of the last step that began.
    @ivar detail: what came of it, for people.
    @ivar state: how far it has come; None when it is over.
    @ivar job: the one that the step has made which was begun last.
    @ivar seenAt: when a daemon last looked at it.
    """

    run: int
    schedule: int
    startedAt: float
    trigger: Trigger
    seenAt: float
    endedAt: float | None = None
    result: RunResult | None = None
    step: int = 0
    detail: str = ""
    state: Mapping[str, Any] | None = None
    job: int | None = None


_COLUMNS: Final = "schedule, creation, plan, madeBy, account, nextAt, done, pending, last"

_RUN_COLUMNS: Final = (
    "run, schedule, startedAt, cause, seenAt, endedAt, result, step, detail, state, job"
)


class ScheduleTables(Tables):
    """Schedules: added, changed, removed; their runs: added, changed, read."""

    def addSchedule(self, row: ScheduleRow) -> Deferred[ScheduleRow]:
        """
        Store a new schedule.

        @return: fires with it, with its number.
        """

        def add(cursor: sqlite3.Cursor) -> ScheduleRow:
            numbered = replace(row, schedule=_count(cursor, "schedule"))
            marks = ", ".join("?" * len(_stored(numbered)))
            cursor.execute(
                f"INSERT INTO schedules ({_COLUMNS}) VALUES ({marks})",  # noqa: S608
                _stored(numbered),
            )
            return numbered

        return self.do(add)

    def changeSchedule(self, row: ScheduleRow) -> Deferred[None]:
        """Store what people have said of a schedule, and when it is due by that."""
        number, _, plan, by, account, nextAt, done, pending, _ = _stored(row)
        return self.doEach(
            "UPDATE schedules SET plan = ?, madeBy = ?, account = ?, nextAt = ?, done = ?, "
            "pending = ? WHERE schedule = ?",
            [(plan, by, account, nextAt, done, pending, number)],
        )

    def removeSchedule(self, schedule: int) -> Deferred[None]:
        """Forget a schedule, and all its runs."""
        return self.doEach("DELETE FROM schedules WHERE schedule = ?", [(schedule,)])

    def keep(
        self, row: ScheduleRow, run: RunRow | None = None, events: Sequence[NewEvent] = ()
    ) -> Deferred[tuple[int, list[EventRow]]]:
        """
        Store how far a schedule has come, and one of its runs, in one transaction. Nothing is
        stored of one that was removed.

        @param run: new, or changed; one that is over pushes out old ones.
        @param events: what has happened by that.

        @return: fires with the number of the run, and the events as stored.
        """

        def keep(cursor: sqlite3.Cursor) -> tuple[int, list[EventRow]]:
            *_, nextAt, done, pending, last = _stored(row)
            cursor.execute(
                "UPDATE schedules SET nextAt = ?, done = ?, pending = ?, last = ? "
                "WHERE schedule = ?",
                (nextAt, done, pending, last, row.schedule),
            )
            if not cursor.rowcount:
                return 0, []
            return 0 if run is None else _putRun(cursor, run), insertEvents(cursor, events)

        return self.do(keep)

    def seen(self, now: float) -> Deferred[None]:
        """A daemon looks at all runs that go on."""
        return self.doEach("UPDATE scheduleRuns SET seenAt = ? WHERE endedAt IS NULL", [(now,)])

    def readRuns(self, schedule: int, before: int | None, limit: int) -> Deferred[list[RunRow]]:
        """
        Fires with runs of a schedule, newest first.

        @param before: with smaller numbers than this only.
        """
        return self.find(
            _run,
            f"SELECT {_RUN_COLUMNS} FROM scheduleRuns "  # noqa: S608
            "WHERE schedule = ? AND run < ? ORDER BY run DESC LIMIT ?",
            (schedule, 2**63 - 1 if before is None else before, limit),
        )


def jobMade(cursor: sqlite3.Cursor, by: str, job: int) -> None:
    """
    Store the number of a job with the step of a run that makes it, in the same transaction.

    @param by: who makes it.
    """
    kind, _, schedule = by.partition(":")
    if kind == "schedule":
        cursor.execute(
            "UPDATE scheduleRuns SET job = ? WHERE schedule = ? AND endedAt IS NULL",
            (job, int(schedule)),
        )


def _count(cursor: sqlite3.Cursor, name: str) -> int:
    cursor.execute("UPDATE counters SET value = value + 1 WHERE name = ?", (name,))
    (number,) = cursor.execute("SELECT value FROM counters WHERE name = ?", (name,)).fetchone()
    return int(number)


def _putRun(cursor: sqlite3.Cursor, run: RunRow) -> int:
    number = run.run or _count(cursor, "scheduleRun")
    values = msgspec.structs.astuple(replace(run, run=number))
    stored = [asJson(value) if isinstance(value, Mapping) else value for value in values]
    cursor.execute(
        f"INSERT OR REPLACE INTO scheduleRuns ({_RUN_COLUMNS}) "  # noqa: S608
        f"VALUES ({', '.join('?' * len(stored))})",
        stored,
    )
    if run.endedAt is not None:
        cursor.execute(
            "DELETE FROM scheduleRuns WHERE schedule = ? AND endedAt IS NOT NULL AND run <= "
            "(SELECT run FROM scheduleRuns WHERE schedule = ? ORDER BY run DESC LIMIT 1 OFFSET ?)",
            (run.schedule, run.schedule, keptRuns),
        )
    return number


def _stored(row: ScheduleRow) -> tuple[Any, ...]:
    """A schedule by its fields, as its columns have them."""
    values = msgspec.structs.astuple(row)
    return tuple(asJson(value) if isinstance(value, Mapping) else value for value in values)


def _read(text: str | None) -> Mapping[str, Any] | None:
    return None if text is None else msgspec.json.decode(text, type=dict[str, Any])


def _row(*found: Any) -> ScheduleRow:
    values = dict(zip(ScheduleRow.__struct_fields__, found, strict=True))
    for name in ("plan", "pending", "last"):
        values[name] = _read(values[name])
    return ScheduleRow(**values)


def _run(*found: Any) -> RunRow:
    values = dict(zip(RunRow.__struct_fields__, found, strict=True))
    return RunRow(**{**values, "state": _read(values["state"])})


def loadSchedules(connection: sqlite3.Connection) -> list[ScheduleRow]:
    """All schedules."""
    found = connection.execute(f"SELECT {_COLUMNS} FROM schedules")  # noqa: S608
    return [_row(*each) for each in found]


def loadRuns(connection: sqlite3.Connection) -> list[RunRow]:
    """All runs that go on."""
    found = connection.execute(
        f"SELECT {_RUN_COLUMNS} FROM scheduleRuns WHERE endedAt IS NULL"  # noqa: S608
    )
    return [_run(*each) for each in found]
