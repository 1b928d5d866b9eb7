"""
Making and removing servers, and all of them at a glance.
"""

import os
from typing import Any

from msgspec import UNSET, Struct

from gamepanel.base.errors import (
    Busy,
    Forbidden,
    JobRunning,
    NoSpace,
    NoSuchServer,
    NoSuchType,
    NotPermitted,
    NotStopped,
    PortInUse,
    ServerExists,
    SpawnFailed,
    Unsupported,
)
from gamepanel.games.definition import ServerType
from gamepanel.operations.creation import Creation
from gamepanel.servers.directory import Directory
from gamepanel.servers.needs import hintOf, missingPrograms
from gamepanel.web.api.overview import Overview
from gamepanel.web.api.render import optionsOf
from gamepanel.web.endpoint import Access, Call, Section
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


class ManagementEndpoints(Struct, frozen=True):
    """
    Section 3 of the contract, without the status.
    """

    section = Section("Management")

    access: Access
    directory: Directory
    creation: Creation
    overview: Overview

    @section.endpoint("server_create_options", CreateOptions, raises=(NoSuchType, Forbidden))
    async def serverCreateOptions(self, call: Call[CreateOptions]) -> Types | TypeOptions:
        """
        Which types there are, or what can be set for one.

        With C{type} the answer has C{options}, without it C{types}.
        """
        if call.message.type is not None:
            call.person.checkCreate()
        elif not call.person.mayCreate:
            return Types(types=())
        await self.directory.context.lookAtTypes()
        if call.message.type is None:
            # It looks for programs, and so at the disk.
            types = await self.directory.context.threads.host(self._summaries)
            return Types(types=types, problems=self._problems() if call.person.admin else UNSET)
        definition = self.directory.catalogue.find(call.message.type, call.person.admin)
        proposed = await self.directory.freePorts(definition)
        return TypeOptions(
            type=call.message.type,
            options=optionsOf(definition, proposed),
            homepage=definition.homepage or UNSET,
        )

    def _problems(self) -> tuple[TypeProblem, ...]:
        return tuple(
            TypeProblem(file=os.path.basename(each.path), detail=each.reason)
            for each in self.directory.catalogue.problems
        )

    def _summaries(self) -> tuple[TypeSummary, ...]:
        types = self.directory.catalogue.all()
        return tuple(self._summary(name, found) for name, found in types.items())

    def _summary(self, name: str, definition: ServerType) -> TypeSummary:
        path, machine = self.directory.context.path, os.uname().machine
        missing = missingPrograms(definition, path, machine)
        return TypeSummary(
            type=name,
            title=definition.title,
            description=definition.description,
            missing=tuple(missing),
            hint=hintOf(definition, path, machine) if missing else "",
            icon=definition.icon or "",
            tags=definition.tags,
            tested=definition.tested,
        )

    @section.endpoint(
        "server_create",
        CreateServer,
        raises=(
            *(NoSuchType, Forbidden, ServerExists, PortInUse, SpawnFailed, NoSpace, Busy),
            *(NoSuchServer, NotStopped, JobRunning, Unsupported),
        ),
    )
    async def serverCreate(self, call: Call[CreateServer]) -> Created:
        """Make a server."""
        message = call.message
        job = await self.creation.create(
            *(call.actor, message.server, message.type, message.description, message.options),
            message.source,
        )
        return Created(server=message.server, job=job)

    @section.endpoint(
        "server_destroy",
        Destroy,
        raises=(NoSuchServer, Forbidden, NotStopped, JobRunning, NotPermitted, NoSpace),
    )
    async def serverDestroy(self, call: Call[Destroy]) -> Done:
        """Remove a server."""
        await self.creation.destroy(call.actor, call.message.server, call.message.deleteFiles)
        return Done()

    @section.endpoint("server_list", Empty, answers=ServerList)
    def serverList(self, call: Call[Empty]) -> Any:
        """All servers that may be seen."""
        return self.overview.answer(call.person)
