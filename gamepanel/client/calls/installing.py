"""
Installing servers anew.
"""

from gamepanel.client.calls.base import Calls
from gamepanel.wire.jobs import JobBegun
from gamepanel.wire.server import OfServer


class InstallCalls(Calls):
    """The methods of installing."""

    __slots__ = ()

    async def serverUpdate(self, server: str) -> JobBegun:
        """Bring the newest files of a server's game, as its type says; it must be at rest."""
        return await self.connection.call("server_update", OfServer(server=server), JobBegun)
