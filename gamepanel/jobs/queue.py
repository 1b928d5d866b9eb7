"""
All jobs of this daemon: queued, begun in turn, watched, adopted, ended.
"""

import os
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, Final, Protocol

from attrs import evolve
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IDelayedCall
from twisted.internet.task import deferLater
from twisted.logger import Logger
from twisted.python.failure import Failure

from gamepanel.errors import JobOver, JobRunning, NoSpace, NoSuchJob, PanelError, Unsupported
from gamepanel.jobs import files
from gamepanel.jobs.process import JobProcess
from gamepanel.jobs.values import (
    advanced,
    ended,
    endEvent,
    failed,
    hostRestarted,
    uncountedKinds,
)
from gamepanel.servers.console import Ring, decode
from gamepanel.servers.events import Hub
from gamepanel.servers.process import IGameReactor
from gamepanel.servers.restart import Exit
from gamepanel.store.events import EventRow, NewEvent
from gamepanel.store.jobs import JobRow
from gamepanel.wire.values import JobKind, Unit

lookSeconds: Final = 0.5
"""How often it is looked how far jobs are, while any runs."""

retrySeconds: Final = 1.0
"""After so long it is tried again to store what could not be."""

lastLineBytes: Final = 1_000


class JobStore(Protocol):
    """The part of the store that this needs; see L{gamepanel.store.jobs.JobTables}."""

    def addJob(self, row: JobRow) -> Deferred[JobRow]:
        """Store a new one."""

    def changeJob(self, row: JobRow, event: NewEvent | None) -> Deferred[list[EventRow]]:
        """Store how one is now."""

    def findJob(self, job: int) -> Deferred[JobRow | None]:
        """Read one."""

    def readJobs(
        self,
        creations: Collection[int] | None,
        by: str,
        server: str | None,
        before: int | None,
        limit: int,
    ) -> Deferred[list[JobRow]]:
        """Read some, newest first."""


class Jobs:
    """
    All jobs that are not over, and the way to those that are.

    @ivar changed: tells of each change of a job.
    """

    def __init__(
        self,
        reactor: IGameReactor,
        inThread: Callable[..., Deferred[Any]],
        store: JobStore,
        tell: Callable[[Sequence[EventRow]], None],
        state: str,
        path: str,
        boot: str,
        now: Callable[[], float],
        atMost: int = 2,
    ) -> None:
        """
        @param inThread: runs what waits for the disk elsewhere.
        @param tell: told of events that have been stored with a change of a job.
        @param state: absolute path of the state directory.
        @param path: PATH of workers.
        @param boot: the C{bootId} of the host.
        @param now: Unix time in seconds.
        @param atMost: so many run at once; those of L{uncountedKinds} beside them, one at a time.
        """
        self.changed: Hub[JobRow] = Hub()
        self._reactor = reactor
        self._inThread = inThread
        self._store = store
        self._tell = tell
        self._root = os.path.join(state, "jobs")
        self._path = path
        self._boot = boot
        self._now = now
        self._atMost = atMost
        self._rows: dict[int, JobRow] = {}
        self._processes: dict[int, JobProcess] = {}
        self._beginning: dict[int, Deferred[None]] = {}
        self._reserved: set[int] = set()
        self._ending: set[int] = set()
        self._looking: IDelayedCall | None = None
        self._isLeaving = False
        self._log = Logger()

    # After the daemon was away.

    def load(self, rows: Collection[JobRow], kept: frozenset[int]) -> None:
        """
        Go on with what is not over.

        @param rows: those jobs.
        @param kept: numbers of all that are stored.
        """
        self._rows = {row.job: row for row in rows}
        self._inThread(files.forget, self._root, kept).addErrback(self._notForgotten)
        for row in rows:
            if row.status == "running":
                self._resume(row)
        self._begin()

    def _notForgotten(self, failure: Failure) -> None:
        self._log.failure("directories of old jobs can't be removed", failure)

    def _resume(self, row: JobRow) -> None:
        directory = self._directory(row.job)
        run = files.loadRun(directory)
        if run is None:
            self._requeue(row)
            return
        if run.boot != self._boot:
            self._over(row, failed(row, hostRestarted, self._now()))
            return
        try:
            process = self._process(row, files.openLog(directory), run)
        except OSError as error:
            reason = f"Its files can't be used: {error.strerror or error}."
            self._over(row, failed(row, reason, self._now()))
            return
        self._processes[row.job] = process
        if not process.adopt():
            del self._processes[row.job]
            self._requeue(row)
        self._look()

    def _requeue(self, row: JobRow) -> None:
        """It was to begin, and has not."""
        self._rows[row.job] = evolve(row, status="queued", startedAt=None)

    # What is asked for.

    def jobOf(self, creation: int) -> JobRow | None:
        """The one job of a server that is queued or runs, if there is one."""
        for row in self._rows.values():
            if row.creation == creation and row.kind not in uncountedKinds:
                return row
        return None

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
        if self.jobOf(creation) is not None or creation in self._reserved:
            raise JobRunning()
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
        self._begin()

    async def find(self, job: int) -> JobRow:
        """
        A job, as it is now.

        @raise NoSuchJob: when there is none of this number (any more).
        """
        row = self._rows.get(job) or await self._store.findJob(job)
        if row is None:
            raise NoSuchJob()
        return self._current(row)

    async def read(
        self,
        creations: Collection[int] | None,
        by: str,
        server: str | None,
        before: int | None,
        limit: int,
    ) -> list[JobRow]:
        """
        Jobs, newest first; see L{gamepanel.store.jobs.JobTables.readJobs}.
        """
        rows = await self._store.readJobs(creations, by, server, before, limit)
        return [self._current(self._rows.get(row.job, row)) for row in rows]

    def _current(self, row: JobRow) -> JobRow:
        process = self._processes.get(row.job)
        return row if process is None else advanced(row, process.progress())

    def process(self, job: int) -> JobProcess | None:
        """What runs of a job, while it does."""
        return self._processes.get(job)

    def directory(self, job: int) -> str:
        """Where what a job has printed is kept."""
        return self._directory(job)

    async def cancel(self, job: int) -> None:
        """
        End a job; what it has begun is undone.

        @raise NoSuchJob: when there is none of this number.
        @raise JobOver: when it has ended already.
        @raise Unsupported: when it is of a kind that goes on in any case.
        """
        row = await self.find(job)
        if row.isOver:
            raise JobOver()
        if row.kind in uncountedKinds:
            raise Unsupported("What deletes the files of a destroyed server can't be cancelled.")
        if job in self._ending:
            raise JobOver()
        process = self._processes.get(job)
        if process is not None:
            process.cancel()
            return
        self._over(row, evolve(row, status="cancelled", endedAt=self._now()))
        beginning = self._beginning.get(job)
        if beginning is not None:
            beginning.cancel()

    # What is done about it.

    def _directory(self, job: int) -> str:
        return os.path.join(self._root, str(job))

    def _begin(self) -> None:
        """Begin what is next, as long as there is room for it."""
        for row in sorted(self._rows.values(), key=lambda row: row.job):
            isCounted = row.kind not in uncountedKinds
            if row.status == "queued" and self._busy(isCounted) < (
                self._atMost if isCounted else 1
            ):
                self._start(row)

    def _busy(self, isCounted: bool) -> int:
        return sum(
            row.status == "running" and (row.kind not in uncountedKinds) == isCounted
            for row in self._rows.values()
        )

    def _start(self, row: JobRow) -> None:
        if self._isLeaving:
            return
        row = evolve(row, status="running", startedAt=self._now())
        self._set(row)
        beginning = Deferred.fromCoroutine(self._run(row))
        self._beginning[row.job] = beginning
        beginning.addErrback(self._couldNotStart, row)

    async def _run(self, row: JobRow) -> None:
        try:
            directory = self._directory(row.job)
            await self._store.changeJob(row, None)
            ring = await self._inThread(files.make, directory, row.kind, row.task)
            process = self._process(row, ring, files.Run(self._boot))
            process.start(self._path)
        finally:
            self._beginning.pop(row.job, None)
        self._processes[row.job] = process
        self._look()

    def _process(self, row: JobRow, ring: Ring, run: files.Run) -> JobProcess:
        return JobProcess(
            self._reactor,
            self._inThread,
            row.job,
            self._directory(row.job),
            ring,
            run,
            lambda exit: self._ended(row.job, exit),
        )

    def _couldNotStart(self, failure: Failure, row: JobRow) -> None:
        if self._isLeaving or row.job in self._ending:
            return
        match failure.value:
            case PanelError() as error:
                reason = error.detail
            case OSError() as error:
                reason = f"It could not be started: {error.strerror}."
            case _:
                self._log.failure("job {number}: the start failed", failure, number=row.job)
                reason = "It could not be started."
        self._over(row, failed(row, reason, self._now()))

    def _ended(self, job: int, exit: Exit) -> None:
        """A worker has ended."""
        process = self._processes[job]
        if self._isLeaving:
            # The next daemon finds how it has ended.
            return
        row = ended(
            self._rows[job],
            exit,
            process.progress(),
            process.isCancelled,
            _lastLine(process.ring),
            self._now(),
        )
        self._over(self._rows[job], row)

    def _over(self, before: JobRow, row: JobRow) -> None:
        """A job is over: stored with its event, then told."""
        if before.job not in self._ending:
            self._ending.add(before.job)
            Deferred.fromCoroutine(self._keepEnd(row)).addErrback(self._notStored, row)

    async def _keepEnd(self, row: JobRow) -> None:
        while True:
            try:
                events = await self._store.changeJob(row, endEvent(row))
                break
            except NoSpace:
                await deferLater(self._reactor, retrySeconds)
        process = self._processes.pop(row.job, None)
        await self._inThread(
            files.finish, self._directory(row.job), None if process is None else process.ring
        )
        if process is not None:
            process.close()
        self._rows.pop(row.job, None)
        self._ending.discard(row.job)
        self._tell(events)
        self.changed.tell(row)
        self._begin()

    def _notStored(self, failure: Failure, row: JobRow) -> None:
        self._log.failure("job {number}: its end can't be stored", failure, number=row.job)

    def _set(self, row: JobRow) -> None:
        self._rows[row.job] = row
        self.changed.tell(row)

    def _look(self) -> None:
        if self._looking is None and self._processes and not self._isLeaving:
            self._looking = self._reactor.callLater(lookSeconds, self._lookNow)

    def _lookNow(self) -> None:
        self._looking = None
        for job, process in self._processes.items():
            row = self._rows.get(job)
            if row is not None and job not in self._ending:
                now = advanced(row, process.progress())
                if now != row:
                    self._set(now)
        self._look()

    def leave(self) -> None:
        """Let go of all that runs: it goes on, and the next daemon adopts it."""
        self._isLeaving = True
        if self._looking is not None:
            self._looking.cancel()
            self._looking = None
        for beginning in list(self._beginning.values()):
            beginning.cancel()
        for process in self._processes.values():
            process.abandon()


def _lastLine(ring: Ring) -> str:
    """What was printed last, for people."""
    data = ring.read(max(ring.position - lastLineBytes, 0), lastLineBytes).data
    lines = [line.strip() for line in decode(data, final=True)[0].splitlines() if line.strip()]
    return "".join(each for each in lines[-1] if each.isprintable()) if lines else ""
