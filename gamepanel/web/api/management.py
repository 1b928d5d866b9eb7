"""
Making and removing servers, and all of them at a glance.
"""

import os
from typing import Any

from msgspec import UNSET, Struct

from gamepanel.games.definition import ServerType
from gamepanel.servers.directory import Directory
from gamepanel.servers.needs import hintOf, missingPrograms
from gamepanel.web.api.endpoint import Call, serves
from gamepanel.web.api.overview import Overview
from gamepanel.web.api.render import optionsOf
from gamepanel.wire.management import (
    CreateOptions,
    TypeOptions,
    TypeProblem,
    Types,
    TypeSummary,
)
from gamepanel.wire.message import Empty


class ManagementEndpoints(Struct, frozen=True):
    """
    Section 3 of the contract, without the status.
    """

    directory: Directory
    overview: Overview

    @serves("server_create_options")
    async def serverCreateOptions(self, call: Call[CreateOptions]) -> Types | TypeOptions:
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
        context = self.directory.context
        host = (context.path, os.uname().machine, context.isolation)
        missing = missingPrograms(definition, *host)
        return TypeSummary(
            type=name,
            title=definition.title,
            description=definition.description,
            missing=tuple(missing),
            hint=hintOf(definition, *host) if missing else "",
            icon=definition.icon or "",
            tags=definition.tags,
            tested=definition.tested,
        )

    @serves("server_list")
    def serverList(self, call: Call[Empty]) -> Any:
        return self.overview.answer(call.person)
