"""
Jobs that begin: what was allowed when one was asked for is looked at again, since it may have
waited for long.
"""

from collections.abc import Callable

from msgspec import Struct
from msgspec.structs import replace

from gamepanel.accounts.rights import Person
from gamepanel.base.errors import Forbidden, JobRunning, NoSuchServer, NotStopped, Unsupported
from gamepanel.jobs.queue import Jobs
from gamepanel.jobs.values import areRunning, copiesOf, fileKinds, needRest, uncountedKinds
from gamepanel.operations.actor import checkRest, reach
from gamepanel.operations.jobs import rightsToCancel
from gamepanel.servers.directory import Directory
from gamepanel.servers.installtask import outcomeOf
from gamepanel.servers.server import GameServer
from gamepanel.store.jobs import JobRow
from gamepanel.wire.causes import because
from gamepanel.worker.files.asking import FileWorkers


def copyable(
    directory: Directory, jobs: Jobs, person: Person, source: str, type: str
) -> GameServer:
    """
    The server that a new one begins as a copy of.

    @param source: its id.
    @param type: of the new one.

    @raise NoSuchServer: when there is none of this id, or the person may not see it.
    @raise Forbidden: when the person has not the rights C{settings} and C{files} on it.
    @raise JobRunning: when it has a job itself.
    @raise NotStopped: when it is not at rest.
    @raise Unsupported: when it is of another type.
    """
    server = reach(directory, person, source, "settings")
    person.checkRight(source, "files")
    if (job := jobs.jobOf(server.creation)) is not None:
        raise JobRunning(job=job.job)
    isAtRest = server.status.state in ("stopped", "crashed", "failed")
    if not isAtRest and not areRunning(copiesOf(jobs.all(), server.creation)):
        raise NotStopped()
    if server.type != type:
        raise Unsupported(because("copy_of_other_type"))
    return server


class Beginning(Struct, frozen=True):
    """
    What must still be so when a job begins. Servers are known by their creation: another one may
    have got the id.
    """

    _directory: Directory
    _jobs: Jobs
    _rightsOf: Callable[[str], Person | None]
    _workers: FileWorkers

    def check(self, row: JobRow) -> JobRow:
        """
        Look at a job again that is about to begin.

        @return: the job, with what its task says of other servers as it is now.

        @raise PanelError: when it may not begin, with the reason.
        """
        if row.creation is not None and row.kind in (*needRest, *uncountedKinds):
            # A worker would go on with the directory that there was.
            self._workers.end(row.creation)
        if row.kind in uncountedKinds or row.task.get("recover"):
            # Nobody's right: what is destroyed goes, and what is half done is finished.
            return row
        server = self._directory.ofCreation(row.creation)
        person = self._rightsOf(row.by)
        if server is None and row.kind == "verify":
            # What was made of a destroyed server only administrators may use.
            if person is not None and not person.admin:
                raise _notAny(row)
            return row
        if server is None:
            raise NoSuchServer(because("server_gone"))
        if person is not None:
            self._checkRights(person, row)
        if row.kind in fileKinds:
            checkRest(self._jobs, server)
            self._directory.context.checkRoom()
        creation = row.task.get("source")
        if creation is None:
            return row
        source = self._directory.ofCreation(creation)
        if source is None:
            raise NoSuchServer(because("source_gone"))
        try:
            copyable(self._directory, self._jobs, person or _anybody, source.id, server.type)
        except (Forbidden, NoSuchServer):
            raise _notAny(row) from None
        except (JobRunning, NotStopped):
            raise NotStopped(because("source_not_at_rest", server=source.id)) from None
        return replace(row, task={**row.task, "outcome": outcomeOf(source.installed)})

    def _checkRights(self, person: Person, row: JobRow) -> None:
        try:
            if row.server is not None:
                person.checkRight(row.server, rightsToCancel[row.kind])
            if row.kind == "retype":
                person.checkCreate()
            if "from" in row.task and "source" not in row.task:
                person.checkAdmin()
        except (Forbidden, NoSuchServer):
            raise _notAny(row) from None


def _notAny(row: JobRow) -> Forbidden:
    return Forbidden(because("right_lost", user=row.by))


_anybody = Person("anybody", admin=True)
"""Whose rights only their token could tell, which was looked at when the job was asked for."""
