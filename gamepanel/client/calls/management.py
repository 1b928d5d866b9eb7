"""
Making and removing servers, and all of them at a glance.
"""

from collections.abc import Mapping
from typing import Any

from gamepanel.client.calls.base import Calls
from gamepanel.wire.management import (
    CopyFrom,
    Created,
    CreateOptions,
    CreateServer,
    Destroy,
    ServerList,
    TypeOptions,
    Types,
)
from gamepanel.wire.message import Done, Empty
from gamepanel.wire.server import Statuses, StatusOf


class ManagementCalls(Calls):
    """The methods of management."""

    __slots__ = ()

    async def types(self) -> Types:
        """All types that servers can be made of (C{server_create_options})."""
        return await self.connection.call("server_create_options", CreateOptions(), Types)

    async def typeOptions(self, type: str) -> TypeOptions:
        """What can be set when a server of a type is made (C{server_create_options})."""
        message = CreateOptions(type=type)
        return await self.connection.call("server_create_options", message, TypeOptions)

    async def serverCreate(
        self,
        type: str,
        server: str,
        *,
        description: str = "",
        options: Mapping[str, Any] | None = None,
        copyOf: str | None = None,
        directory: str | None = None,
        move: bool = False,
    ) -> Created:
        """
        Make a server.

        @param options: values by the names of the type's options.
        @param copyOf: a server at rest whose files it begins with.
        @param directory: of the host, whose files it begins with.
        @param move: whether that directory becomes the server's, instead of being copied.
        """
        source = None
        if copyOf is not None or directory is not None:
            source = CopyFrom(server=copyOf, directory=directory, move=move)
        message = CreateServer(
            type=type,
            server=server,
            description=description,
            options=dict(options or {}),
            source=source,
        )
        # What a type needs may have to be downloaded.
        return await self.connection.call("server_create", message, Created, patience=600)

    async def serverDestroy(self, server: str, *, deleteFiles: bool = False) -> Done:
        """
        Remove a server that does not run.

        @param deleteFiles: whether its files are deleted, too; else they move aside.
        """
        message = Destroy(server=server, deleteFiles=deleteFiles)
        return await self.connection.call("server_destroy", message, Done, patience=60)

    async def serverList(self) -> ServerList:
        """All servers that may be seen, in brief."""
        return await self.connection.call("server_list", Empty(), ServerList)

    async def serverStatuses(self) -> Statuses:
        """All about all servers that may be seen (C{server_status})."""
        return await self.connection.call("server_status", StatusOf(), Statuses)
