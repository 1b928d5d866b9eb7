"""
Making and removing servers, and all of them at a glance.
"""

import os

from attrs import frozen
from msgspec import UNSET

from gamepanel.accounts.rights import everything
from gamepanel.errors import (
    Busy,
    Forbidden,
    NoSpace,
    NoSuchServer,
    NoSuchType,
    NoSuchUser,
    NotPermitted,
    NotStopped,
    PortInUse,
    ServerExists,
    SpawnFailed,
    TokenInvalid,
)
from gamepanel.games.definition import ServerType
from gamepanel.jobs.queue import Jobs
from gamepanel.servers.directory import Directory, missingPrograms
from gamepanel.web.endpoint import Access, Call, Section, always
from gamepanel.web.render import optionsOf, summaryOf, termsIn
from gamepanel.wire.management import (
    Created,
    CreateOptions,
    CreateServer,
    Destroy,
    ServerList,
    TypeOptions,
    TypeProblem,
    Types,
    TypeSummary,
)
from gamepanel.wire.message import Done, Empty


@frozen
class ManagementEndpoints:
    """
    Section 3 of the contract, but for the status.
    """

    section = Section("Management")

    access: Access
    directory: Directory
    jobs: Jobs

    @section.endpoint("server_create_options", CreateOptions, raises=(NoSuchType, Forbidden))
    async def serverCreateOptions(self, call: Call[CreateOptions]) -> Types | TypeOptions:
        """Which types there are, or what can be set for one."""
        if call.message.type is not None:
            call.person.checkCreate()
        elif not call.person.mayCreate:
            return Types(types=())
        await self.directory.lookAtTypes()
        if call.message.type is None:
            # It looks for programs, and so at the disk.
            types = await self.directory.inThread(self._summaries)
            return Types(types=types, problems=self._problems() if call.person.admin else UNSET)
        definition = self.directory.catalogue.find(call.message.type)
        proposed = await self.directory.freePorts(definition)
        return TypeOptions(type=call.message.type, options=optionsOf(definition, proposed))

    def _problems(self) -> tuple[TypeProblem, ...]:
        return tuple(
            TypeProblem(file=os.path.basename(each.path), detail=each.reason)
            for each in self.directory.catalogue.leftOut
        )

    def _summaries(self) -> tuple[TypeSummary, ...]:
        types = self.directory.catalogue.all()
        return tuple(self._summary(name, found) for name, found in types.items())

    def _summary(self, name: str, definition: ServerType) -> TypeSummary:
        missing = missingPrograms(definition, self.directory.path, os.uname().machine)
        return TypeSummary(
            type=name,
            title=definition.title,
            description=definition.description,
            missing=tuple(missing),
            hint=definition.hint if missing else "",
            icon=definition.icon or "",
            tags=definition.tags,
            tested=definition.tested,
        )

    @section.endpoint(
        "server_create",
        CreateServer,
        audited=always,
        raises=(NoSuchType, Forbidden, ServerExists, PortInUse, SpawnFailed, NoSpace, Busy),
    )
    async def serverCreate(self, call: Call[CreateServer]) -> Created:
        """Make a server."""
        call.person.checkCreate()
        message = call.message
        owner = await self.access.accounts.owner(call.person)
        try:
            server = await self.directory.create(
                message.type,
                message.server,
                message.description,
                message.options,
                owner,
                everything,
                call.person.username,
                call.person.maySee,
            )
        except NoSuchUser:
            # Whoever asked has been removed meanwhile.
            raise TokenInvalid() from None
        self.access.accounts.created(owner, server.id)
        definition = self.directory.catalogue.find(server.type)
        call.recordAccepted(server.id, termsIn(definition, definition.optionsByName))
        return Created(server=server.id)

    @section.endpoint(
        "server_destroy",
        Destroy,
        audited=always,
        raises=(NoSuchServer, Forbidden, NotStopped, NotPermitted, NoSpace),
    )
    async def serverDestroy(self, call: Call[Destroy]) -> Done:
        """Remove a server."""
        call.person.checkRight(call.message.server, "destroy")
        server = self.directory.find(call.message.server)
        deleting = await self.directory.destroy(
            server, call.message.deleteFiles, call.person.username, self.access.accounts.destroyed
        )
        if deleting is not None:
            self.jobs.added(deleting)
        return Done()

    @section.endpoint("server_list", Empty)
    def serverList(self, call: Call[Empty]) -> ServerList:
        """All servers that may be seen."""
        return ServerList(
            servers=tuple(
                summaryOf(server)
                for server in self.directory.all()
                if call.person.maySee(server.id)
            )
        )
