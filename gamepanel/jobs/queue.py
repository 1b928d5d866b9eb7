"""
All jobs of this daemon: queued, begun in turn, watched, adopted, ended.
"""

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from functools import partial
from typing import Any, Final, TypeVar

from msgspec.structs import replace
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IReactorTime
from twisted.internet.task import deferLater
from twisted.logger import Logger
from twisted.python.failure import Failure

from gamepanel.base.errors import (
    Busy,
    JobOver,
    JobRunning,
    NoSpace,
    NoSuchJob,
    PanelError,
    Unsupported,
)
from gamepanel.base.hub import Hub
from gamepanel.jobs.process import JobHost
from gamepanel.jobs.values import beginning, ended, endEvents, failed, nextToBegin, uncountedKinds
from gamepanel.jobs.workers import NotAdopted, Workers
from gamepanel.process.runfiles import Exit
from gamepanel.store.events import EventRow
from gamepanel.store.installs import Installed
from gamepanel.store.jobs import JobRow, JobTables
from gamepanel.wire.causes import Cause, because
from gamepanel.wire.values import JobKind, Unit

T = TypeVar("T")

retrySeconds: Final = 1.0
"""After so long it is tried again to store what could not be."""


class Jobs:
    """
    All jobs that are not over, and the way to those that are.

    @ivar changed: tells of each change of a job.
    @ivar workers: the processes of those that run.
    @ivar check: looks at one again that is about to begin, and returns it as it is to be done; what
        it raises is why it may not begin.
    @ivar prepare: does what comes before the worker of one that has begun, and returns it as the
        worker is to do it; what it raises is why it can't be done.
    @ivar conclude: says of a job that is over how it is stored, and what is installed then.
    """

    def __init__(
        self,
        host: JobHost,
        store: JobTables,
        tell: Callable[[Sequence[EventRow]], None],
        atMost: int = 2,
    ) -> None:
        """
        @param tell: told of events that have been stored with a change of a job.
        @param atMost: so many run at once; those of L{uncountedKinds} beside them, one at a time.
        """
        self.changed: Hub[JobRow] = Hub()
        self.conclude: Callable[[JobRow], Awaitable[tuple[JobRow, Installed | None]]] = _asItIs
        self.check: Callable[[JobRow], JobRow] = _asAsked
        self.prepare: Callable[[JobRow], Awaitable[JobRow]] = _asPrepared
        self._reactor = host.reactor
        self._store = store
        self._tell = tell
        self._now = host.now
        self._atMost = atMost
        self._rows: dict[int, JobRow] = {}
        self._beginning: dict[int, Deferred[None]] = {}
        self._reserved: set[int] = set()
        self._ending: set[int] = set()
        self._isLeaving = False
        self._log = Logger()
        self.workers = Workers(host, self._ended, self._looked)

    # After the daemon was away.

    def load(self, rows: Collection[JobRow], kept: frozenset[int]) -> None:
        """
        Go on with what is not over; nothing new begins before L{begin}.

        @param rows: those jobs.
        @param kept: numbers of all that are stored.
        """
        self._rows = {row.job: row for row in rows}
        self.workers.forget(kept)
        for row in rows:
            if row.status == "running":
                self._resume(row)

    def _resume(self, row: JobRow) -> None:
        try:
            if not self.workers.adopt(row):
                # It was to begin, and has not.
                self._rows[row.job] = replace(row, status="queued", startedAt=None)
        except NotAdopted as error:
            self._over(failed(row, error.cause, self._now()))

    # What is asked for.

    def jobOf(self, creation: int) -> JobRow | None:
        """The one job of a server that is queued or runs, if there is one."""
        for row in self._rows.values():
            if row.creation == creation and row.kind not in uncountedKinds:
                return row
        return None

    def all(self) -> list[JobRow]:
        """All jobs that are not over."""
        return list(self._rows.values())

    async def add(
        self,
        kind: JobKind,
        server: str,
        creation: int,
        unit: Unit,
        by: str,
        task: Mapping[str, Any],
    ) -> JobRow:
        """
        Have something done for a server, now or in turn.

        @param creation: of the server.
        @param by: who asks for it.
        @param task: what the worker of this kind is to do.

        @raise JobRunning: when the server has a job already.
        @raise NoSpace: when it can't be stored.
        """
        if (running := self.jobOf(creation)) is not None or creation in self._reserved:
            raise JobRunning(job=None if running is None else running.job)
        self._reserved.add(creation)
        try:
            row = await self._store.addJob(
                JobRow(0, server, creation, kind, "queued", unit, by, self._now(), task)
            )
        finally:
            self._reserved.discard(creation)
        self.added(row)
        return row

    def added(self, row: JobRow) -> None:
        """Take on a job that has been stored, queued."""
        self._rows[row.job] = row
        self.changed.tell(row)
        self.begin()

    async def find(self, job: int) -> JobRow:
        """
        A job, as it is now.

        @raise NoSuchJob: when there is none of this number (any more).
        """
        row = self._rows.get(job) or await self._store.findJob(job)
        if row is None:
            raise NoSuchJob()
        return self.workers.advanced(row)

    async def read(
        self,
        creations: Collection[int] | None,
        by: str,
        server: str | None,
        before: int | None,
        limit: int,
    ) -> list[JobRow]:
        """Jobs, newest first; see L{gamepanel.store.jobs.JobTables.readJobs}."""
        rows = await self._store.readJobs(creations, by, server, before, limit)
        return [self.workers.advanced(self._rows.get(row.job, row)) for row in rows]

    async def cancel(self, job: int) -> None:
        """
        End a job; what it has begun is undone.

        @raise NoSuchJob: when there is none of this number.
        @raise JobOver: when it has ended already.
        @raise Unsupported: when it is of a kind that goes on in any case.
        """
        row = await self.find(job)
        if row.isOver or job in self._ending:
            raise JobOver()
        if row.kind in uncountedKinds:
            raise Unsupported(because("deletion_goes_on"))
        process = self.workers.process(job)
        if process is not None:
            process.cancel()
            return
        self._over(replace(row, status="cancelled", endedAt=self._now()))
        if (starting := self._beginning.get(job)) is not None:
            starting.cancel()

    # What is done about it.

    def begin(self) -> None:
        """Begin what is next, as long as there is room for it."""
        atMost, ending = self._atMost, self._ending
        while not self._isLeaving and (row := nextToBegin(self.all(), atMost, ending)):
            self._start(row)

    def _start(self, row: JobRow) -> None:
        try:
            row = self.check(row)
        except PanelError as error:
            self._over(failed(row, error.cause or because(error.code), self._now()))
            return
        row = replace(
            row, status="running", step=str(beginning), startedAt=self._now(), cause=beginning
        )
        self._set(row)
        self._beginning[row.job] = starting = Deferred.fromCoroutine(self._run(row))
        starting.addErrback(self._couldNotStart, row)

    async def _run(self, row: JobRow) -> None:
        try:
            await self._store.changeJob(row)
            await self.workers.start(await self.prepare(row))
            self.changed.tell(row)
        finally:
            self._beginning.pop(row.job, None)

    def _couldNotStart(self, failure: Failure, row: JobRow) -> None:
        if self._isLeaving or row.job in self._ending:
            return
        if not failure.check(PanelError, OSError):
            self._log.failure("job {number}: the start failed", failure, number=row.job)
        self._over(failed(row, _startFailure(failure.value), self._now()))

    def _ended(self, job: int, exit: Exit) -> None:
        """A worker has ended."""
        process = self.workers.process(job)
        if self._isLeaving or process is None:
            # The next daemon finds how it has ended.
            return
        found = (process.progress(), process.run.isCancelled, process.lastLine())
        self._over(ended(self._rows[job], exit, *found, self._now()))

    def _over(self, row: JobRow) -> None:
        """A job is over: stored with its event, then told."""
        if row.job not in self._ending:
            self._ending.add(row.job)
            Deferred.fromCoroutine(self._keepEnd(row)).addErrback(self._notStored, row)

    async def _keepEnd(self, row: JobRow) -> None:
        row, installed = await _patiently(self._reactor, partial(self.conclude, row))
        store = partial(self._store.changeJob, row, *endEvents(row), installed=installed)
        events = await _patiently(self._reactor, store)
        await _patiently(self._reactor, partial(self.workers.finish, row.job))
        self._rows.pop(row.job, None)
        self._ending.discard(row.job)
        self.changed.tell(row)
        self._tell(events)
        self.begin()

    def _notStored(self, failure: Failure, row: JobRow) -> None:
        self._log.failure("job {number}: its end can't be stored", failure, number=row.job)

    def _set(self, row: JobRow) -> None:
        self._rows[row.job] = row
        self.changed.tell(row)

    def _looked(self, job: int) -> None:
        """A worker may have come further."""
        row = self._rows.get(job)
        if row is not None and job not in self._ending and self.workers.advanced(row) != row:
            self._set(self.workers.advanced(row))

    def doing(self, row: JobRow, step: Cause) -> None:
        """
        Let people see what is done before the worker of a job begins.

        @param row: the job, which runs.
        """
        self._set(replace(row, step=str(step), cause=step))

    def leave(self) -> None:
        """Let go of all that runs: it goes on, and the next daemon adopts it."""
        self._isLeaving = True
        for starting in list(self._beginning.values()):
            starting.cancel()
        self.workers.leave()


def _asAsked(row: JobRow) -> JobRow:
    return row


async def _asPrepared(row: JobRow) -> JobRow:
    return row


async def _asItIs(row: JobRow) -> tuple[JobRow, Installed | None]:
    return row, None


async def _patiently(clock: IReactorTime, work: Callable[[], Awaitable[T]]) -> T:
    """Do something again and again while the host lacks space on its disk, or threads."""
    while True:
        try:
            return await work()
        except (NoSpace, Busy):
            await deferLater(clock, retrySeconds)


def _startFailure(error: BaseException | None) -> Cause:
    """Why a job could not be started."""
    if isinstance(error, PanelError) and error.cause is not None:
        return error.cause
    return because("job_not_started", error=error.strerror if isinstance(error, OSError) else None)
