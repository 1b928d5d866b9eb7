"""
Long work: how far it is, what it prints, its end.
"""

from collections.abc import AsyncIterator, Callable
from typing import Literal

from gamepanel.client import following
from gamepanel.client.calls.base import Calls
from gamepanel.wire.jobs import JobInfo, JobList, OfJob, ReadJobLog, ReadJobs, WaitForJob
from gamepanel.wire.message import Done
from gamepanel.wire.server import LogChunk


class JobCalls(Calls):
    """The methods of jobs."""

    __slots__ = ()

    async def jobList(
        self, *, server: str | None = None, before: int | None = None, limit: int = 50
    ) -> JobList:
        """
        Jobs, newest first.

        @param server: jobs of this server only.
        @param before: only jobs with smaller numbers.
        """
        message = ReadJobs(server=server, before=before, limit=limit)
        return await self.connection.call("job_list", message, JobList)

    async def jobStatus(self, job: int, *, wait: float = 0.0) -> JobInfo:
        """
        How far a job is.

        @param wait: seconds to wait for its next change, 0 to 30; a job that is over is
            answered at once.
        """
        message = WaitForJob(job=job, wait=wait)
        return await self.connection.call("job_status", message, JobInfo, patience=wait)

    async def jobLog(
        self,
        job: int,
        *,
        readIndex: int = 0,
        limit: int = 65536,
        wait: float = 0.0,
        encoding: Literal["utf-8", "base64"] = "utf-8",
    ) -> LogChunk:
        """
        What the programs of a job have printed.

        @param readIndex: the C{nextReadIndex} of the answer before.
        @param limit: bytes at the most.
        @param wait: seconds to wait for something new, 0 to 30.
        """
        message = ReadJobLog(
            job=job, readIndex=readIndex, limit=limit, wait=wait, encoding=encoding
        )
        return await self.connection.call("job_log", message, LogChunk, patience=wait)

    async def jobCancel(self, job: int) -> Done:
        """End a job; what it had begun is undone."""
        return await self.connection.call("job_cancel", OfJob(job=job), Done)

    def followJob(
        self,
        job: int,
        *,
        end: float | None = None,
        away: Callable[[str | None], None] | None = None,
    ) -> AsyncIterator[JobInfo]:
        """
        How far a job is, now and at each change, until it is over.

        It goes on through lost connections and restarts of the daemon, which a job outlives.

        @param end: until when at the most, as C{clock} has it; None: without an end.
        @param away: called with a sentence when the daemon can't be reached, and with None
            when it can again.

        @return: for C{async for}; the last one is over, unless C{end} has come.

        @raise NoSuchJob: in the loop, when there is no such job.
        """
        return following.followJob(self.clock, self.jobStatus, job, end, away)
