"""
One server: its console, what it does, and its settings.
"""

from collections.abc import AsyncIterator, Callable, Mapping
from typing import Any, Literal

from gamepanel.client import following
from gamepanel.client.calls.base import Calls
from gamepanel.client.following import Piece
from gamepanel.wire.message import Done
from gamepanel.wire.server import (
    ChangeSettings,
    Command,
    LogChunk,
    NewStatus,
    OfServer,
    ReadLog,
    ServerStatus,
    SettingsList,
    StatusOf,
)


class ServerCalls(Calls):
    """The methods of one server."""

    __slots__ = ()

    async def serverStatus(self, server: str) -> ServerStatus:
        """All about a server."""
        message = StatusOf(server=server)
        return await self.connection.call("server_status", message, ServerStatus)

    async def serverLog(
        self,
        server: str,
        *,
        readIndex: int = 0,
        limit: int = 65536,
        wait: float = 0.0,
        encoding: Literal["utf-8", "base64"] = "utf-8",
        times: bool = False,
        since: float | None = None,
    ) -> LogChunk:
        """
        Some of a log.

        @param readIndex: the C{nextReadIndex} of the answer before.
        @param limit: bytes at the most, 4 to 262144.
        @param wait: seconds to wait for something to send, 0 to 30.
        @param times: whether to tell when it was read.
        @param since: in the place of C{readIndex}: begins at what was read at that time or
            later, in seconds since the epoch; known to a second.
        """
        message = ReadLog(
            server=server,
            readIndex=readIndex,
            limit=limit,
            wait=wait,
            encoding=encoding,
            # An older daemon knows no such field.
            times=times or None,
            since=since,
        )
        return await self.connection.call("server_log", message, LogChunk, patience=wait)

    def follow(
        self,
        server: str,
        *,
        readIndex: int = 0,
        encoding: Literal["utf-8", "base64"] = "utf-8",
        away: Callable[[str | None], None] | None = None,
        times: bool = False,
    ) -> AsyncIterator[Piece]:
        """
        A log from an index on, for as long as the server exists.

        It goes on through lost connections and restarts of the daemon, at the very byte;
        what was overrun meanwhile is said by C{lost} of the piece that follows.

        @param away: called with a sentence when the daemon can't be reached, and with None
            when it can again.
        @param times: whether C{chunk.times} tells when it was read.

        @return: pieces for C{async for}.

        @raise NoSuchServer: in the loop, when the server is destroyed or may not be seen.
        @raise TokenInvalid: in the loop, when the token ends.
        """
        return following.follow(
            self.clock, self.serverLog, server, readIndex, encoding, away, times
        )

    async def serverCmd(self, server: str, command: str) -> Done:
        """
        Hand a game a console line.

        @param command: one line without its end, at most 4095 bytes of UTF-8.
        """
        message = Command(server=server, command=command)
        return await self.connection.call("server_cmd", message, Done)

    async def _power(self, name: str, server: str) -> NewStatus:
        return await self.connection.call(name, OfServer(server=server), NewStatus)

    async def serverStart(self, server: str) -> NewStatus:
        """Start a server."""
        return await self._power("server_start", server)

    async def serverStop(self, server: str) -> NewStatus:
        """Stop a server as its type says."""
        return await self._power("server_stop", server)

    async def serverRestart(self, server: str) -> NewStatus:
        """Stop a server as its type says, and start it again."""
        return await self._power("server_restart", server)

    async def serverKill(self, server: str) -> NewStatus:
        """Send SIGTERM to a server's process group."""
        return await self._power("server_kill", server)

    async def serverForceKill(self, server: str) -> NewStatus:
        """Send SIGKILL to every process of a server."""
        return await self._power("server_force_kill", server)

    async def serverSettings(
        self, server: str, settings: Mapping[str, Any] | None = None
    ) -> SettingsList:
        """
        What is set, after setting some of it anew.

        @param settings: new values by name; None takes one back to its default.
        """
        message = ChangeSettings(
            server=server, settings=None if settings is None else dict(settings)
        )
        return await self.connection.call("server_settings", message, SettingsList)
