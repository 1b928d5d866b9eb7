"""
Installing servers anew.
"""

from collections.abc import Mapping
from typing import Any

from gamepanel.client.calls.base import Calls
from gamepanel.wire.installing import Retype
from gamepanel.wire.jobs import JobBegun
from gamepanel.wire.server import OfServer
from gamepanel.wire.versions import ReadVersions, VersionsInfo


class InstallCalls(Calls):
    """The methods of installing."""

    __slots__ = ()

    async def serverUpdate(self, server: str) -> JobBegun:
        """Bring the newest files of a server's game, as its type says; it must be at rest."""
        return await self.connection.call("server_update", OfServer(server=server), JobBegun)

    async def serverVersions(self, server: str, *, refresh: bool = False) -> VersionsInfo:
        """
        Which version of a server's game is installed, and which is newest.

        @param refresh: whether an answer of the last hour will not do, but one of the last ten
            minutes.
        """
        message = ReadVersions(server=server, refresh=refresh)
        return await self.connection.call("server_versions", message, VersionsInfo)

    async def serverRetype(
        self, server: str, type: str, *, options: Mapping[str, Any] | None = None
    ) -> JobBegun:
        """
        Let a server be of another type, in the same directory; it must be at rest.

        @param options: values by the names of that type's options; those that have the same name
            and kind now are kept.
        """
        message = Retype(server=server, type=type, options=dict(options or {}))
        return await self.connection.call("server_retype", message, JobBegun)
