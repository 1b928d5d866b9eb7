"""
Finding and cancelling jobs.
"""

from typing import Final

from msgspec import Struct

from gamepanel.accounts.rights import Person
from gamepanel.base.errors import NoSuchJob
from gamepanel.jobs.queue import Jobs
from gamepanel.jobs.values import uncountedKinds
from gamepanel.operations.actor import Actor, carriesOut
from gamepanel.servers.directory import Directory
from gamepanel.store.jobs import JobRow
from gamepanel.wire.jobs import OfJob, ReadJobs
from gamepanel.wire.message import Done
from gamepanel.wire.values import JobKind, Right

rightsToCancel: Final[dict[JobKind, Right]] = {
    "install": "settings",
    "update": "settings",
    "retype": "settings",
    "delete": "destroy",
    "copy": "files",
    "pack": "files",
    "unpack": "files",
    "fetch": "files",
    "backup": "backup",
    "restore": "backup",
    "verify": "backup",
}
"""The right that starting a job of each kind wants."""


class JobOperations(Struct, frozen=True):
    """
    All jobs, as far as a person may see them.
    """

    _directory: Directory
    _jobs: Jobs

    async def read(self, person: Person, wanted: ReadJobs) -> list[JobRow]:
        """Jobs that a person may see, newest first."""
        creations = None if person.admin else self._directory.creations(person.maySee)
        return await self._jobs.read(
            creations, person.username, wanted.server, wanted.before, wanted.limit
        )

    async def find(self, person: Person, job: int) -> JobRow:
        """
        A job that a person may see.

        @raise NoSuchJob: when there is none of this number, or the person may not see it.
        """
        row = await self._jobs.find(job)
        isOwn = row.kind in uncountedKinds and row.by == person.username
        mayAll = person.admin or isOwn
        if not mayAll and row.creation not in self._directory.creations(person.maySee):
            raise NoSuchJob()
        return row

    @carriesOut("job_cancel")
    async def cancel(self, actor: Actor, wanted: OfJob) -> Done:
        """
        End a job; what it had begun is undone. It wants the rights that starting it wants.

        @raise JobOver: when it has ended.
        @raise Unsupported: when it can't be undone.
        """
        try:
            row = await self.find(actor.person, wanted.job)
        except NoSuchJob:
            with actor.acting("job_cancel", target=str(wanted.job)):
                raise
        with actor.acting("job_cancel", row.server, str(row.job)):
            if row.kind == "retype":
                actor.person.checkCreate()
            if row.server is not None and row.kind not in uncountedKinds:
                actor.person.checkRight(row.server, rightsToCancel[row.kind])
            await self._jobs.cancel(row.job)
        return Done()
