"""
Installing servers anew: updates, and other types.
"""

from collections.abc import Mapping
from typing import Any

from msgspec import UNSET, Struct

from gamepanel.base.errors import JobRunning, NotInstallable, SpawnFailed
from gamepanel.games.definition import ServerType
from gamepanel.jobs.queue import Jobs
from gamepanel.jobs.values import copiesOf
from gamepanel.operations.actor import Actor, carriesOut, usable
from gamepanel.operations.settings import termsIn
from gamepanel.servers.directory import Directory
from gamepanel.servers.installtask import installTask
from gamepanel.servers.limitoptions import diskLimit
from gamepanel.servers.server import GameServer
from gamepanel.servers.settings import Settings
from gamepanel.store.jobs import JobRow
from gamepanel.wire.installing import Retype
from gamepanel.wire.jobs import JobBegun
from gamepanel.wire.server import OfServer
from gamepanel.wire.values import JobKind


class Installing(Struct, frozen=True):
    """
    All want the right C{settings}.
    """

    _directory: Directory
    _jobs: Jobs

    @carriesOut("server_update")
    async def update(self, actor: Actor, wanted: OfServer) -> JobBegun:
        """
        Run the install steps of a server's type again.

        @return: number of the job that does it.

        @raise NotInstallable: when its type has none.
        @raise NotStopped: when it runs.
        @raise JobRunning: when it has a job already.
        @raise SpawnFailed: when its files, or what an earlier run has left, are in the way.
        @raise NoSpace: when the disk is full.
        @raise QuotaExceeded: when it takes more of the disk than it may.
        """
        with actor.acting("server_update", wanted.server):
            server = await usable(self._directory, actor.person, wanted.server, "settings")
            await self._directory.context.lookAtTypes()
            definition = server.basics.definition()
            if not definition.install:
                raise NotInstallable()
            job = await self._add(actor, server, definition, "update", server.settings)
        return JobBegun(job=job.job)

    @carriesOut("server_retype")
    async def retype(self, actor: Actor, wanted: Retype) -> JobBegun:
        """
        Install another type in the directory of a server. It also wants the right to create.

        @return: number of the job that does it; the server is of that type when it is done. Also
            the options whose values that type does not take, so that they have its defaults.

        @raise NoSuchType: when there is no such type.
        @raise BadRequest: naming each value that is not taken.
        @raise PortInUse: when a port is another server's.
        @raise NotInstallable: when that type has no install steps.
        @raise NotStopped: when it runs.
        @raise JobRunning: when it has a job already.
        @raise SpawnFailed: when the host lacks a program, or its files are in the way.
        @raise NoSpace: when the disk is full.
        @raise QuotaExceeded: when it takes more of the disk than it may.
        """
        type, options = wanted.type, wanted.options
        with actor.acting("server_retype", wanted.server, type):
            server = await usable(self._directory, actor.person, wanted.server, "settings")
            actor.person.checkCreate()
            await self._directory.context.lookAtTypes()
            definition = self._directory.catalogue.find(type, actor.person.admin)
            if not definition.install:
                raise NotInstallable()
            found = await self._directory.creation.retyped(
                server, definition, options, actor.person.maySee
            )
            settings = found.settings
            names = settings.differing(
                definition, server.settings, self._directory.catalogue.all().get(server.type)
            )
            changes = {"type": type, "values": dict(settings.options), "changed": names}
            job = await self._add(actor, server, definition, "retype", settings, changes)
            actor.accepted(server.id, termsIn(definition, options))
        return JobBegun(job=job.job, reset=found.reset or UNSET)

    async def _add(
        self,
        actor: Actor,
        server: GameServer,
        definition: ServerType,
        kind: JobKind,
        settings: Settings,
        more: Mapping[str, Any] = {},
    ) -> JobRow:
        context = self._directory.context
        if (job := self._jobs.jobOf(server.creation)) is not None:
            raise JobRunning(job=job.job)
        if server.unusable is not None:
            raise SpawnFailed(server.unusable)
        if server.status.state == "installing":
            # It is being copied, or somebody else is just asking for the same.
            copies = copiesOf(self._jobs.all(), server.creation)
            raise JobRunning(job=copies[0].job if copies else None)
        context.checkRoom()
        # From here on nobody starts it.
        server.rest()
        try:
            if server.installed is None or server.installed.at is not None:
                # One that is half updated nothing but an update can mend.
                await context.disk.check(server, diskLimit(settings.own, definition.limits))
            await server.killer.endLeftovers()
            account = await context.account(server.creation, definition)
            task = await context.threads.disk(
                installTask,
                definition,
                server.id,
                settings,
                server.directory,
                account,
                context.path,
                context.sources,
                context.isolation,
            )
            return await self._jobs.add(
                kind, server.id, server.creation, "bytes", actor.name, {**task, **more}
            )
        except BaseException:
            server.endRest(None)
            raise
