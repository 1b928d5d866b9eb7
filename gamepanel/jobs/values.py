"""
What follows from how a worker has ended, and what is told of a job.
"""

from collections import Counter
from collections.abc import Collection, Container, Iterable, Mapping
from typing import Any, Final

from msgspec.structs import replace

from gamepanel.jobs.progress import Progress, maxError
from gamepanel.process.runfiles import Exit
from gamepanel.store.events import NewEvent
from gamepanel.store.jobs import JobRow
from gamepanel.wire.causes import Cause, because
from gamepanel.wire.jobs import JobInfo
from gamepanel.wire.message import milliseconds
from gamepanel.wire.values import JobKind

needRest: Final[frozenset[JobKind]] = frozenset(("install", "update", "retype", "restore"))
"""Kinds that need a server at rest, and keep it so."""

installKinds: Final[frozenset[JobKind]] = frozenset(("install", "update", "retype"))
"""Kinds that bring the files of a server's type."""

fileKinds: Final[frozenset[JobKind]] = frozenset(("copy", "pack", "unpack", "fetch"))
"""Kinds that people begin with the files of a server, whose life goes on meanwhile."""

backupKinds: Final[frozenset[JobKind]] = frozenset(("backup", "restore", "verify"))
"""Kinds that are about a backup."""

maxRevision: Final = 256
"""Length of a revision of a file, in characters."""

uncountedKinds: Final[frozenset[JobKind]] = frozenset(("delete",))
"""Kinds that belong to what was destroyed: they count for no server, nor for C{--jobs}."""

beginning: Final = because("step_starting")
"""What a job does until its worker says something else, for people."""

hostRestarted: Final = because("job_host_restarted")


def nextToBegin(
    rows: Collection[JobRow], atMost: int, ending: Container[int] = ()
) -> JobRow | None:
    """
    The job that is to begin now, if there is one: first come, first served.

    @param atMost: so many run at once, and as many of L{fileKinds} beside them, which one person
        can make as long as they like; and one of L{uncountedKinds}.
    @param ending: numbers of those whose end is being stored.
    """
    running = Counter(_groupOf(row) for row in rows if row.status == "running")
    for row in sorted(rows, key=lambda row: row.job):
        group = _groupOf(row)
        hasRoom = running[group] < (1 if group is uncountedKinds else atMost)
        if row.status == "queued" and hasRoom and row.job not in ending:
            return row
    return None


def _groupOf(row: JobRow) -> Collection[JobKind]:
    """The kinds that a job is counted with; empty for all others."""
    return next((kinds for kinds in (uncountedKinds, fileKinds) if row.kind in kinds), frozenset())


def copiesOf(rows: Iterable[JobRow], creation: int) -> list[JobRow]:
    """
    The jobs that copy a server, or are to.

    @param creation: of the server.
    """
    return [row for row in rows if row.task.get("source") == creation]


def isFromBackup(row: JobRow) -> bool:
    """Whether a job installs a server by a backup."""
    return row.kind == "install" and "backup" in row.task


def areRunning(rows: Iterable[JobRow]) -> bool:
    """Whether any of some jobs has begun."""
    return any(row.status == "running" for row in rows)


def advanced(row: JobRow, progress: Progress | None) -> JobRow:
    """A job as its worker says it is."""
    if progress is None:
        return row
    step = progress.step or row.step
    cause = progress.cause if progress.error is None else row.cause
    return replace(row, step=step, done=progress.done, total=progress.total, cause=cause)


def ended(
    row: JobRow, exit: Exit, progress: Progress | None, isCancelled: bool, lastLine: str, now: float
) -> JobRow:
    """
    A job after its worker has ended.

    @param isCancelled: whether somebody had asked for its end.
    @param lastLine: what it printed last.
    """
    row = advanced(row, progress)
    if exit.code == 0:
        result = progress.result if progress is not None else {}
        if row.kind in fileKinds:
            result = {name: each for name, each in result.items() if _isResult(name, each)}
        return replace(row, status="done", endedAt=now, result=result, cause=None)
    if isCancelled:
        return replace(row, status="cancelled", endedAt=now, cause=None)
    if progress is not None and progress.error:
        error, cause = progress.error, progress.cause
        return replace(row, status="failed", endedAt=now, error=error, cause=cause)
    return failed(row, _unexplained(exit, progress, lastLine), now)


_results: Final[Mapping[str, type]] = {"size": int, "entries": int, "revision": str}
"""What a job with files of people may say has come of it: a game's user could say anything."""


def _isResult(name: str, value: object) -> bool:
    isShort = not isinstance(value, str) or len(value) <= maxRevision
    return type(value) is _results.get(name) and isShort


def _unexplained(exit: Exit, progress: Progress | None, lastLine: str) -> Cause:
    """Why a job has failed whose worker could not say it: it was killed, or has a bug."""
    doing = ("" if progress is None else progress.where or progress.step) or None
    if exit.signal:
        return because("worker_killed", doing=doing, signal=exit.signal)
    # A program may have printed that: it is no reason.
    return because("worker_failed", doing=doing, exit=exit.cause, line=lastLine or None)


def failed(row: JobRow, why: Cause, now: float) -> JobRow:
    """A job that has failed, for this reason."""
    return replace(row, status="failed", endedAt=now, **saying(why))


def saying(why: Cause) -> dict[str, Any]:
    """The fields of a job that has failed that say why; one that says too much has no cause."""
    text = str(why)
    return {"error": text[:maxError], "cause": why if len(text) <= maxError else None}


def jobObject(row: JobRow) -> Mapping[str, Any]:
    """The fields of L{JobInfo}, as they are stored in events, too."""
    found = {name: getattr(row, name) for name in JobInfo.__struct_fields__}
    for name in ("createdAt", "startedAt", "endedAt"):
        if found[name] is not None:
            found[name] = milliseconds(found[name])
    if row.cause is None:
        del found["cause"]
    return found


def endEvents(row: JobRow) -> list[NewEvent]:
    """What has happened when a job is over."""
    about = row.endedAt or row.createdAt, row.server, row.creation
    events = [NewEvent(*about, f"job_{row.status}", jobObject(row))]
    if row.kind == "retype" and row.status == "done":
        names = ["type", *row.task.get("changed", ())]
        events.append(NewEvent(*about, "changed", {"by": row.by, "settings": names}))
    return events
