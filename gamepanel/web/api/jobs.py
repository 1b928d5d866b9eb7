"""
Long work: how far it is, what it prints, its end.
"""

from collections.abc import Callable
from typing import Any

from msgspec import Struct
from twisted.internet.interfaces import IReactorTime

from gamepanel.console.ring import Chunk
from gamepanel.jobs import files
from gamepanel.jobs.queue import Jobs
from gamepanel.jobs.values import jobObject
from gamepanel.operations.jobs import JobOperations
from gamepanel.servers.directory import Directory
from gamepanel.store.jobs import JobRow
from gamepanel.web.api.endpoint import Call, serves
from gamepanel.web.api.log import logChunk
from gamepanel.web.api.waiting import nextEvent
from gamepanel.wire.jobs import JobInfo, JobList, ReadJobLog, ReadJobs, WaitForJob
from gamepanel.wire.server import LogChunk


class JobEndpoints(Struct, frozen=True):
    """
    Section 8 of the contract.
    """

    directory: Directory
    jobs: Jobs
    operations: JobOperations
    clock: IReactorTime

    @serves("job_list")
    async def jobList(self, call: Call[ReadJobs]) -> JobList:
        rows = await self.operations.read(call.person, call.message)
        return JobList(jobs=tuple(map(_info, rows)))

    @serves("job_status")
    async def jobStatus(self, call: Call[WaitForJob]) -> JobInfo:
        row = await self.operations.find(call.person, call.message.job)
        if row.isOver or not call.message.wait:
            return _info(row)

        def changes(settle: Callable[[Any], None]) -> Callable[[], object]:
            return self.jobs.changed.listen(lambda now: settle(now) if now.job == row.job else None)

        happens: Any = (changes, self.directory.ending.listen)
        await nextEvent(call.session, self.clock, call.message.wait, *happens)
        return _info(await self.operations.find(call.person, call.message.job))

    @serves("job_log")
    async def jobLog(self, call: Call[ReadJobLog]) -> LogChunk:
        message = call.message
        deadline = self.clock.seconds() + message.wait
        while True:
            row = await self.operations.find(call.person, call.message.job)
            chunk = await self._chunk(row, message)
            left = deadline - self.clock.seconds()
            isOver = row.isOver or left <= 0 or self.directory.leaving
            if isOver or chunk.nextReadIndex != message.readIndex:
                return chunk
            await self._growth(call, row, left)

    async def _growth(self, call: Call[ReadJobLog], row: JobRow, seconds: float) -> None:
        """Wait until a job prints something or is over."""
        process = self.jobs.workers.process(row.job)
        happens: list[Any] = [self.jobs.changed.listen, self.directory.ending.listen]
        if process is not None:
            happens.append(process.grew.listen)
        await nextEvent(call.session, self.clock, seconds, *happens)

    async def _chunk(self, row: JobRow, message: ReadJobLog) -> LogChunk:
        process = self.jobs.workers.process(row.job)
        if process is not None:
            ring = process.ring
            return logChunk(
                ring.read(message.readIndex, message.limit), ring.position, message.encoding, False
            )
        found: tuple[Chunk, int] = await self.directory.context.threads.disk(
            files.readLog, self.jobs.workers.directory(row.job), message.readIndex, message.limit
        )
        return logChunk(*found, message.encoding, True)


def _info(row: JobRow) -> JobInfo:
    return JobInfo(**jobObject(row))
