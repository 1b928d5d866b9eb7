"""
The processes of the jobs that run: started, adopted, watched, put away.
"""

import os
from collections.abc import Callable, Collection, Mapping
from functools import partial
from typing import Any, Final

from twisted.logger import Logger
from twisted.python.failure import Failure

from gamepanel.base.errors import Busy
from gamepanel.base.timer import Timer
from gamepanel.console.readings import Readings
from gamepanel.console.ring import Ring
from gamepanel.jobs import files
from gamepanel.jobs.process import JobHost, JobProcess, undoSeconds
from gamepanel.jobs.values import advanced, backupKinds, fileKinds, hostRestarted, installKinds
from gamepanel.process import cgroup
from gamepanel.process.limits import Limits, limitableBy
from gamepanel.process.runfiles import Exit
from gamepanel.store.jobs import JobRow
from gamepanel.wire.causes import Caused, because

lookSeconds: Final = 0.5
"""How often it is looked how far jobs are, while any runs."""


def limitsIn(task: Mapping[str, Any], controllers: Collection[str]) -> dict[str, str]:
    """
    What is written into the files of a job's control group, by their names.

    @param controllers: those that can be had.
    """
    limits = Limits.of(task.get("limits", {}))
    return limits.restricted(limitableBy(controllers))[0].files()


class NotAdopted(Caused):
    """What an earlier daemon has started can't be gone on with; the text says why."""


class Workers:
    """
    All processes of jobs, by the number of the job.
    """

    def __init__(
        self, host: JobHost, ended: Callable[[int, Exit], None], looked: Callable[[int], None]
    ) -> None:
        """
        @param ended: called with the number of a job whose process has ended.
        @param looked: called with the number of each job that runs, again and again.
        """
        self._host = host
        self._readings = Readings(host.reactor)
        self._ended = ended
        self._looked = looked
        self._processes: dict[int, JobProcess] = {}
        self._looking = Timer(host.reactor)
        self._isLeaving = False
        self._log = Logger()

    def forget(self, kept: frozenset[int]) -> None:
        """
        Remove the directories of jobs that are stored no more.

        @param kept: numbers of those that are.
        """
        self._host.threads.deleting(files.forget, self._host.root, kept).addErrback(
            self._notForgotten
        )

    def _notForgotten(self, failure: Failure) -> None:
        """The next daemon removes them."""
        if not failure.check(Busy):
            self._log.failure("directories of old jobs can't be removed", failure)

    def directory(self, job: int) -> str:
        """Where the files of a job are."""
        return os.path.join(self._host.root, str(job))

    def process(self, job: int) -> JobProcess | None:
        """What runs of a job, while it does."""
        return self._processes.get(job)

    def advanced(self, row: JobRow) -> JobRow:
        """A job as its process says it is."""
        process = self._processes.get(row.job)
        return row if process is None else advanced(row, process.progress())

    def adopt(self, row: JobRow) -> bool:
        """
        Go on with what an earlier daemon has started.

        @return: whether it had begun.

        @raise NotAdopted: when it has ended with the host, or its files can't be used.
        """
        directory = self.directory(row.job)
        run = files.loadRun(directory)
        if run is None:
            return False
        if run.boot != self._host.boot:
            raise NotAdopted(hostRestarted)
        try:
            process = self._process(row, files.openLog(directory), run)
        except OSError as error:
            reason = error.strerror or str(error)
            raise NotAdopted(because("files_unusable", error=reason)) from error
        self._processes[row.job] = process
        hasBegun = process.adopt()
        if not hasBegun:
            del self._processes[row.job]
        self._look()
        return hasBegun

    async def start(self, row: JobRow) -> None:
        """
        Start the process of a job.

        @raise OSError: when its files can't be made.
        @raise PanelError: when the kernel refuses.
        """
        ring = await self._host.threads.disk(
            files.make, self.directory(row.job), row.kind, row.task
        )
        group = None
        if self._host.groups is not None:
            limits = limitsIn(row.task, self._host.groups.controllers)
            group = await self._host.threads.host(self._host.groups.make, f"job-{row.job}", limits)
        process = self._process(row, ring, files.Run(self._host.boot, group=group))
        process.start(self._host.path)
        self._processes[row.job] = process
        self._look()

    @property
    def areRunning(self) -> bool:
        """Whether there is a process of any job."""
        return bool(self._processes)

    def _process(self, row: JobRow, ring: Ring, run: files.Run) -> JobProcess:
        return JobProcess(
            self._host,
            self._readings,
            row.job,
            ring,
            run,
            partial(self._ended, row.job),
            undoSeconds if row.kind in installKinds | fileKinds | backupKinds else 0.0,
        )

    async def finish(self, job: int) -> None:
        """
        Put away what only a job that runs needs; what it has printed is kept.

        @raise Busy: when the host lacks threads; another try may do.
        """
        process = self._processes.get(job)
        await self._host.threads.disk(
            files.finish, self.directory(job), None if process is None else process.ring
        )
        self._processes.pop(job, None)
        if process is not None:
            process.close()
            if process.run.group is not None:
                await self._host.threads.killing(cgroup.removeSoon, process.run.group)

    def _look(self) -> None:
        if self._processes and not (self._looking.isSet or self._isLeaving):
            self._looking.after(lookSeconds, self._lookNow)

    def _lookNow(self) -> None:
        for job in list(self._processes):
            self._looked(job)
        self._look()

    def leave(self) -> None:
        """Let go of all that runs: it goes on, and the next daemon adopts it."""
        self._isLeaving = True
        self._looking.cancel()
        for process in self._processes.values():
            process.abandon()
