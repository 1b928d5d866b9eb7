"""
Long work: what is to be done, what is being done, and how it ended.
"""

import sqlite3
from collections.abc import Collection, Mapping
from typing import Any, Final

import msgspec
from msgspec import Struct
from msgspec.structs import asdict, replace
from twisted.internet.defer import Deferred

from gamepanel.store.events import EventRow, NewEvent, insertEvents
from gamepanel.store.installs import Installed, putInstall, putType
from gamepanel.store.schedules import jobMade
from gamepanel.store.transactions import Tables, asJson
from gamepanel.wire.causes import Cause
from gamepanel.wire.values import JobKind, JobStatus, Unit

keptJobs: Final = 1_000
"""
So many of those that are over are kept, the newest; and as many with files of people, of which one
person can make any number.
"""


class JobRow(Struct, frozen=True):
    """
    A job as stored.

    @ivar job: its number; 0 until it is stored.
    @ivar server: id of the server that it is for, if it is for one.
    @ivar creation: of that server.
    @ivar step: what it is doing, for people.
    @ivar done: how much of C{total} is done, in C{unit}; None when the total is not known.
    @ivar by: who asked for it: a username, or C{schedule:N}.
    @ivar createdAt: Unix time in seconds, as C{startedAt} and C{endedAt}.
    @ivar error: why it failed, for people.
    @ivar result: what came of it; depends on its kind.
    @ivar cause: what C{error} says, or where there is none C{step}, as data if that is known.
    @ivar task: what the worker is to do; depends on its kind.
    """

    job: int
    server: str | None
    creation: int | None
    kind: JobKind
    status: JobStatus
    unit: Unit
    by: str
    createdAt: float
    task: Mapping[str, Any]
    step: str = ""
    done: int = 0
    total: int | None = None
    startedAt: float | None = None
    endedAt: float | None = None
    error: str | None = None
    result: Mapping[str, Any] = {}
    cause: Cause | None = None

    @property
    def isOver(self) -> bool:
        """Whether nothing more will happen to it."""
        return self.status not in ("queued", "running")


_COLUMNS: Final = (
    "job, server, creation, kind, status, unit, madeBy, createdAt, task, step, done, total, "
    "startedAt, endedAt, error, result"
)

_FIELDS: Final = [{"madeBy": "by"}.get(name, name) for name in _COLUMNS.split(", ")]


class JobTables(Tables):
    """Long work: added, changed, read."""

    def addJob(self, row: JobRow) -> Deferred[JobRow]:
        """
        Store a new job.

        @return: fires with it, with its number.
        """
        return self.do(lambda cursor: insertJob(cursor, row))

    def changeJob(
        self, row: JobRow, *events: NewEvent, installed: Installed | None = None
    ) -> Deferred[list[EventRow]]:
        """
        Store how a job is now, and in the same transaction what has happened by that.

        @param installed: what is installed of its server now, if that has changed. When a server
            has got another type it is stored, too.

        @return: fires with the events as stored.
        """

        def change(cursor: sqlite3.Cursor) -> list[EventRow]:
            cursor.execute(
                "UPDATE jobs SET status = :status, step = :step, done = :done, total = :total, "
                "startedAt = :startedAt, endedAt = :endedAt, error = :error, result = :result "
                "WHERE job = :job",
                _stored(row),
            )
            if row.isOver:
                # It may be 1 MiB, and is of no use any more.
                cursor.execute(
                    "UPDATE jobs SET task = json_remove(task, '$.paths') WHERE job = ?", (row.job,)
                )
                _trim(cursor)
            if installed is not None and row.creation is not None:
                putInstall(cursor, row.creation, installed)
            if row.kind == "retype" and row.status == "done" and row.creation is not None:
                putType(cursor, row.creation, row.task["type"], row.task["values"])
            return insertEvents(cursor, events)

        return self.do(change)

    def readJobs(
        self,
        creations: Collection[int] | None,
        by: str,
        server: str | None,
        before: int | None,
        limit: int,
    ) -> Deferred[list[JobRow]]:
        """
        Fires with jobs, newest first, without what their workers are to do, which may be long.

        @param creations: of these servers only; None: of all.
        @param by: beside those, the deletions that this user has asked for.
        @param server: with this id for their server only; None: with any.
        @param before: with smaller numbers than this only.
        """
        where, values = "job < ?", [2**63 - 1 if before is None else before]
        named: list[str] = []
        if creations is not None:
            where += " AND (creation IN (SELECT value FROM json_each(?))"
            where += " OR kind = 'delete' AND madeBy = ?)"
            named += [asJson(list(creations)), by]
        if server is not None:
            where += " AND server = ?"
            named.append(server)
        columns = _COLUMNS.replace("task", "'{}'")
        return self.find(
            _row,
            f"SELECT {columns} FROM jobs WHERE {where} ORDER BY job DESC LIMIT ?",  # noqa: S608
            (*values, *named, limit),
        )

    def findJob(self, job: int) -> Deferred[JobRow | None]:
        """Fires with a job, or None if there is none of this number."""
        statement = f"SELECT {_COLUMNS} FROM jobs WHERE job = ?"  # noqa: S608
        return self.find(_row, statement, (job,)).addCallback(lambda found: next(iter(found), None))


def insertJob(cursor: sqlite3.Cursor, row: JobRow) -> JobRow:
    """Store a new job within a transaction; returned with its number."""
    cursor.execute("UPDATE counters SET value = value + 1 WHERE name = 'job'")
    (number,) = cursor.execute("SELECT value FROM counters WHERE name = 'job'").fetchone()
    row = replace(row, job=number)
    values = ", ".join(f":{name}" for name in _FIELDS)
    cursor.execute(f"INSERT INTO jobs ({_COLUMNS}) VALUES ({values})", _stored(row))  # noqa: S608
    jobMade(cursor, row.by, number)
    return row


def loadJobs(connection: sqlite3.Connection) -> list[JobRow]:
    """All jobs that are not over, oldest first."""
    return [
        _row(*found)
        for found in connection.execute(
            f"SELECT {_COLUMNS} FROM jobs "  # noqa: S608
            "WHERE status IN ('queued', 'running') ORDER BY job"
        )
    ]


def storedJobs(connection: sqlite3.Connection) -> frozenset[int]:
    """Numbers of all jobs that are stored."""
    return frozenset(job for (job,) in connection.execute("SELECT job FROM jobs"))


def _trim(cursor: sqlite3.Cursor) -> None:
    for kinds in ("NOT IN", "IN"):
        over = (
            "status NOT IN ('queued', 'running') "
            f"AND kind {kinds} ('copy', 'pack', 'unpack', 'fetch')"
        )
        cursor.execute(
            f"DELETE FROM jobs WHERE {over} AND job <= (SELECT job "  # noqa: S608
            f"FROM jobs WHERE {over} ORDER BY job DESC LIMIT 1 OFFSET ?)",
            (keptJobs,),
        )


def _row(*found: Any) -> JobRow:
    values = dict(zip(_FIELDS, found, strict=True))
    for name in ("task", "result"):
        values[name] = msgspec.json.decode(values[name])
    if values["error"] is not None and (cause := values["result"].pop("cause", None)):
        values["cause"] = Cause(**cause)
    return JobRow(**values)


def _stored(row: JobRow) -> dict[str, Any]:
    """
    A job by its fields, as its columns have them. Of one that has failed the result is nothing but
    its cause: older daemons know no column for that.
    """
    result = {"cause": row.cause} if row.error is not None and row.cause else row.result
    return {**asdict(row), "task": asJson(row.task), "result": asJson(result)}
