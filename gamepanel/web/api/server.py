"""
One server: its status, log, console, power and settings.
"""

from typing import Any

from msgspec import Struct
from twisted.internet.interfaces import IReactorTime

from gamepanel.base.errors import NoSuchServer
from gamepanel.operations.actor import reach
from gamepanel.operations.settings import ServerSettings
from gamepanel.servers.directory import Directory
from gamepanel.servers.events import Destroyed, Leaving
from gamepanel.servers.server import GameServer
from gamepanel.web.api.endpoint import Call, serves
from gamepanel.web.api.log import pageOf
from gamepanel.web.api.overview import Overview, Pieces
from gamepanel.web.api.render import settingsOf
from gamepanel.web.api.sse import lastEventId
from gamepanel.web.api.stream import Streams
from gamepanel.web.api.waiting import nextEvent
from gamepanel.web.http.request import Encoded
from gamepanel.wire.server import (
    ChangeSettings,
    LogChunk,
    ReadLog,
    SettingsList,
    StatusOf,
    StreamLog,
)


class ServerEndpoints(Struct, frozen=True):
    """
    Section 4 of the contract.
    """

    directory: Directory
    clock: IReactorTime
    statuses: Pieces
    overview: Overview
    streams: Streams
    settings: ServerSettings

    def _server(self, call: Call[Any]) -> GameServer:
        """The server that is meant, if it may be seen."""
        return reach(self.directory, call.person, call.message.server, "view")

    @serves("server_status")
    async def serverStatus(self, call: Call[StatusOf]) -> Encoded:
        server = None if call.message.server is None else self._server(call)
        if not self.directory.context.counting.isFresh:
            await self.directory.count()
        if server is None:
            return await self.overview.answer(call.person)
        return self.statuses.of(server)

    @serves("server_log")
    async def serverLog(self, call: Call[ReadLog]) -> LogChunk:
        server, message = self._server(call), call.message
        chunk = pageOf(server, message)
        if _hasNews(chunk, message) or not message.wait:
            return chunk
        deadline = self.clock.seconds() + message.wait
        while True:
            left = max(deadline - self.clock.seconds(), 0)
            outcome = await nextEvent(call.session, self.clock, left, server.happens.listen)
            if isinstance(outcome, Destroyed) or not call.maySee(server.id):
                raise NoSuchServer()
            chunk = pageOf(server, message)
            if outcome == "timeout" or isinstance(outcome, Leaving) or _hasNews(chunk, message):
                return chunk

    @serves("server_log_stream")
    async def serverLogStream(self, call: Call[StreamLog]) -> bytes:
        start = lastEventId(call)
        server = self._server(call)
        if start is None:
            start = call.message.readIndex
        if start is None:
            start = server.ring.position
        return await self.streams.open(call, server, start)

    @serves("server_settings")
    async def serverSettings(self, call: Call[ChangeSettings]) -> SettingsList:
        message = call.message
        if message.settings:
            server = await self.settings.change(call.actor, message.server, message.settings)
        else:
            server = self.settings.find(call.person, message.server)
        definition = self.directory.catalogue.find(server.type)
        limits = self.directory.context.shownLimits(definition, server.settings)
        return SettingsList(
            settings=settingsOf(definition, server.settings, call.person.admin, limits)
        )


def _hasNews(chunk: LogChunk, message: ReadLog) -> bool:
    """Whether there is something to send: bytes, or that some are gone."""
    if message.since is not None:
        return chunk.nextReadIndex != chunk.oldReadIndex
    return chunk.nextReadIndex != message.readIndex
