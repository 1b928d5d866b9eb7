"""
Creating and destroying servers.
"""

import os
from contextlib import suppress

from msgspec import Struct

from gamepanel.accounts.accounts import Accounts
from gamepanel.accounts.rights import everything
from gamepanel.base.errors import (
    BadRequest,
    Forbidden,
    JobOver,
    JobRunning,
    NoSuchType,
    NoSuchUser,
    TokenInvalid,
    problem,
)
from gamepanel.jobs.queue import Jobs
from gamepanel.jobs.values import copiesOf, fileKinds
from gamepanel.operations.actor import Actor, carriesOut, reach
from gamepanel.operations.backups import BackupOperations
from gamepanel.operations.beginning import copyable
from gamepanel.operations.settings import termsIn
from gamepanel.process.home import installIn
from gamepanel.servers.creation import atRest
from gamepanel.servers.directory import Directory
from gamepanel.servers.installtask import BackupOrigin, Origin, adoptable, located
from gamepanel.wire.causes import because
from gamepanel.wire.codes import ProblemCode
from gamepanel.wire.management import CopyFrom, Created, CreateServer, Destroy
from gamepanel.wire.message import Done


class Creation(Struct, frozen=True):
    """
    The beginning and the end of servers.
    """

    _directory: Directory
    _jobs: Jobs
    _accounts: Accounts
    _backups: BackupOperations

    @carriesOut("server_create")
    async def create(self, actor: Actor, wanted: CreateServer) -> Created:
        """
        Create a server, all of it or nothing. It wants the right to create; the creator gets
        every right on the server.

        To begin as a copy of a server at rest wants the rights C{settings} and C{files} on that;
        of a directory of the host, which may be moved, an administrator.

        @raise NoSuchType: when there is no such type.
        @raise BadRequest: naming each value that is not taken.
        @raise ServerExists: when the id is taken.
        @raise PortInUse: when a port is another server's.
        @raise SpawnFailed: when the host lacks a program that it needs.
        """
        type, source = wanted.type, wanted.source
        with actor.acting("server_create", wanted.server):
            actor.person.checkCreate()
            origin = None if source is None else await self._origin(actor, type, source)
            owner = await self._accounts.owner(actor.person)
            try:
                server, job = await self._directory.creation.create(
                    type,
                    wanted.server,
                    wanted.description,
                    wanted.options,
                    owner,
                    everything,
                    actor.name,
                    actor.person.maySee,
                    origin,
                )
            except NoSuchUser:
                # The creator has been removed meanwhile.
                raise TokenInvalid() from None
            except NoSuchType:
                why = self._directory.catalogue.whyLeftOut(type) if actor.person.admin else None
                raise NoSuchType(why) from None
            self._accounts.created(owner, server.id)
            if job is not None:
                self._jobs.added(job)
            definition = self._directory.catalogue.find(server.type)
            actor.accepted(server.id, termsIn(definition, definition.optionsByName))
        return Created(server=server.id, job=None if job is None else job.job)

    async def _origin(self, actor: Actor, type: str, source: CopyFrom) -> Origin | BackupOrigin:
        context = self._directory.context
        given = [source.server, source.directory, source.backup]
        if len(given) - given.count(None) != 1:
            code: ProblemCode = "conflict" if any(each is not None for each in given) else "missing"
            wrong = problem(("from",), because("one_source"), code)
            raise BadRequest(problems=(wrong,))
        if source.move and source.directory is None:
            wrong = problem(("from", "move"), because("only_directory_moved"))
            raise BadRequest(problems=(wrong,))
        if source.backup is not None:
            return await self._backups.origin(actor.person, source.backup, type)
        if source.server is None:
            if not actor.person.admin:
                raise Forbidden()
            path = source.directory or ""
            state = context.state
            found = await context.threads.disk(adoptable, path, context.adoptFrom, state)
            if found is None:
                wrong = problem(("from", "directory"), because("not_adoptable"))
                raise BadRequest(problems=(wrong,))
            real, identity = found
            return Origin(real, identity, isMoved=bool(source.move))
        server = copyable(self._directory, self._jobs, actor.person, source.server, type)
        real, identity = await context.threads.disk(located, server.home)
        return Origin(
            real,
            identity,
            server.creation,
            os.path.join(installIn(server.directory), "manifest"),
            server.installed,
            limit=server.diskLimit,
        )

    @carriesOut("server_destroy")
    async def destroy(self, actor: Actor, wanted: Destroy) -> Done:
        """
        Destroy a server, and every right on it. It wants the right C{destroy}.

        Its job is cancelled first, if it has one.

        @raise NotStopped: when it runs.
        @raise JobRunning: when a job copies it, or is to.
        @raise NotPermitted: when processes are left behind that we may not end.
        """
        with actor.acting("server_destroy", wanted.server):
            server = reach(self._directory, actor.person, wanted.server, "destroy")
            for copy in copiesOf(self._jobs.all(), server.creation):
                raise JobRunning(because("is_being_copied"), job=copy.job)
            job = self._jobs.jobOf(server.creation)
            if job is not None and job.kind == "backup":
                raise JobRunning(because("is_being_backed_up"), job=job.job)
            isForFiles = job is not None and (job.kind in fileKinds or job.kind == "verify")
            if server.status.state == "installing" or (
                isForFiles and server.status.state in atRest
            ):
                await _endJob(self._jobs, server.creation)
            deleting = await self._directory.creation.destroy(
                server, wanted.deleteFiles, actor.name, self._accounts.destroyed
            )
            if deleting is not None:
                self._jobs.added(deleting)
        return Done()


async def _endJob(jobs: Jobs, creation: int) -> None:
    """Cancel the job of a server, and wait until what it has begun is undone."""
    while (row := jobs.jobOf(creation)) is not None:
        with suppress(JobOver):
            await jobs.cancel(row.job)
        while (now := jobs.jobOf(creation)) is not None and now.job == row.job:
            await jobs.changed.next()
