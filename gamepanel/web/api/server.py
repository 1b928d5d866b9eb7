"""
One server: its status, log, console, power and settings.
"""

from collections.abc import Coroutine
from typing import Any

from msgspec import Struct
from twisted.internet.interfaces import IReactorTime

from gamepanel.base.errors import (
    AlreadyRunning,
    AuthUnavailable,
    Busy,
    ConsoleUnavailable,
    Forbidden,
    JobRunning,
    NoSpace,
    NoSuchServer,
    NoSuchType,
    NotInstalled,
    NotPermitted,
    NotRunning,
    PortInUse,
    QuotaExceeded,
    ReadOnly,
    SpawnFailed,
    StdinClosed,
    StdinFull,
    TokenInvalid,
    Unsupported,
)
from gamepanel.operations.console import Console
from gamepanel.operations.power import Power
from gamepanel.operations.reach import reach
from gamepanel.operations.settings import ServerSettings
from gamepanel.servers.directory import Directory
from gamepanel.servers.events import Destroyed, Leaving
from gamepanel.servers.server import GameServer
from gamepanel.web.api.log import pageOf
from gamepanel.web.api.overview import Overview
from gamepanel.web.api.pieces import Pieces
from gamepanel.web.api.render import settingsOf
from gamepanel.web.api.sse import lastEventId
from gamepanel.web.api.stream import Streams
from gamepanel.web.api.waiting import nextEvent
from gamepanel.web.endpoint import Access, Call, Section
from gamepanel.web.http.answering import Encoded
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
    Statuses,
    StatusOf,
    StreamLog,
)


class ServerEndpoints(Struct, frozen=True):
    """
    Section 4 of the contract.
    """

    section = Section("One server")

    access: Access
    directory: Directory
    clock: IReactorTime
    statuses: Pieces
    overview: Overview
    streams: Streams
    power: Power
    console: Console
    settings: ServerSettings

    def _server(self, call: Call[Any]) -> GameServer:
        """The server that is meant, if it may be seen."""
        return reach(self.directory, call.person, call.message.server, "view")

    @section.endpoint(
        "server_status", StatusOf, answers=ServerStatus | Statuses, raises=(NoSuchServer,)
    )
    def serverStatus(self, call: Call[StatusOf]) -> Any:
        """
        All about one server, or about all.

        Without C{server} the answer has C{servers}, and is about all that may be seen.
        """
        if call.message.server is None:
            isFresh = self.directory.countIsFresh
            return self.overview.answer(call.person) if isFresh else self._allStatuses(call)
        server = self._server(call)
        if self.directory.countIsFresh:
            return self.statuses.of(server)
        return self._countedStatus(server)

    async def _countedStatus(self, server: GameServer) -> Encoded:
        await self.directory.count()
        return self.statuses.of(server)

    async def _allStatuses(self, call: Call[StatusOf]) -> Encoded:
        await self.directory.count()
        return await self.overview.answer(call.person)

    @section.endpoint(
        "server_log", ReadLog, cancellable=True, answers=LogChunk, raises=(NoSuchServer,)
    )
    def serverLog(self, call: Call[ReadLog]) -> Any:
        """Some of the log."""
        server, message = self._server(call), call.message
        chunk = pageOf(server, message)
        if _hasNews(chunk, message) or not message.wait:
            return chunk
        return self._awaitLog(server, call)

    async def _awaitLog(self, server: GameServer, call: Call[ReadLog]) -> LogChunk:
        message = call.message
        deadline = self.clock.seconds() + message.wait
        while True:
            left = max(deadline - self.clock.seconds(), 0)
            outcome = await nextEvent(server.happens.listen, call.session, self.clock, left)
            if outcome == "ended":
                raise TokenInvalid()
            if outcome == "lapsed":
                raise AuthUnavailable(retryAfter=1)
            if isinstance(outcome, Destroyed) or not call.maySee(server.id):
                raise NoSuchServer()
            chunk = pageOf(server, message)
            if outcome == "timeout" or isinstance(outcome, Leaving) or _hasNews(chunk, message):
                return chunk

    @section.endpoint(
        "server_log_stream",
        StreamLog,
        get=True,
        post=False,
        cancellable=True,
        mediaType="text/event-stream",
        schema={"type": "string"},
        headers={"Last-Event-ID": "The `id` of the last event: goes on at that very byte."},
        raises=(NoSuchServer,),
    )
    async def serverLogStream(self, call: Call[StreamLog]) -> bytes:
        """
        The log and each change of the status, as they come: Server-Sent Events.

        C{event: log} has as C{data} what C{server_log} answers, on one line, and as C{id}
        its C{nextReadIndex}; C{event: status} has a status object, at once and at each change;
        C{event: end} comes when the server is destroyed or may not be seen any more, or the token
        ends, with the C{code} of what a request would be refused with now, and is the last; a
        stream that closes without it is opened again. A comment comes every 15 s. A client that
        does not read is dropped; it loses nothing that is still kept when it comes back.
        """
        start = lastEventId(call)
        server = self._server(call)
        if start is None:
            start = call.message.readIndex
        if start is None:
            start = server.ring.position
        return await self.streams.open(call, server, start)

    @section.endpoint(
        "server_cmd",
        Command,
        answers=Done,
        raises=(
            NoSuchServer,
            Forbidden,
            NotRunning,
            ConsoleUnavailable,
            StdinClosed,
            StdinFull,
        ),
    )
    def serverCmd(self, call: Call[Command]) -> Coroutine[Any, Any, Done]:
        """Hand the game a console line."""
        # Not async itself: mostly it need not wait, and then it is answered at once.
        return self._command(call)

    async def _command(self, call: Call[Command]) -> Done:
        await self.console.send(call.actor, call.message.server, call.message.command)
        return Done()

    @section.endpoint(
        "server_start",
        OfServer,
        raises=(
            NoSuchServer,
            Forbidden,
            AlreadyRunning,
            JobRunning,
            NotInstalled,
            SpawnFailed,
            NoSpace,
            QuotaExceeded,
            Busy,
        ),
    )
    async def serverStart(self, call: Call[OfServer]) -> NewStatus:
        """Start it."""
        return NewStatus(status=await self.power.start(call.actor, call.message.server))

    @section.endpoint(
        "server_stop",
        OfServer,
        raises=(NoSuchServer, Forbidden, NotRunning, NotPermitted),
    )
    async def serverStop(self, call: Call[OfServer]) -> NewStatus:
        """Stop it as its type says."""
        return NewStatus(status=await self.power.stop(call.actor, call.message.server))

    @section.endpoint(
        "server_restart",
        OfServer,
        raises=(
            NoSuchServer,
            Forbidden,
            NotRunning,
            NotPermitted,
            JobRunning,
            NotInstalled,
            SpawnFailed,
        ),
    )
    async def serverRestart(self, call: Call[OfServer]) -> NewStatus:
        """Stop it as its type says, and start it again."""
        return NewStatus(status=await self.power.restart(call.actor, call.message.server))

    @section.endpoint(
        "server_kill",
        OfServer,
        raises=(NoSuchServer, Forbidden, NotRunning, NotPermitted),
    )
    async def serverKill(self, call: Call[OfServer]) -> NewStatus:
        """Send SIGTERM to its process group."""
        return NewStatus(status=await self.power.terminate(call.actor, call.message.server))

    @section.endpoint(
        "server_force_kill",
        OfServer,
        raises=(NoSuchServer, Forbidden, NotRunning, NotPermitted),
    )
    async def serverForceKill(self, call: Call[OfServer]) -> NewStatus:
        """Send SIGKILL to every process of it."""
        return NewStatus(status=await self.power.kill(call.actor, call.message.server))

    @section.endpoint(
        "server_settings",
        ChangeSettings,
        raises=(NoSuchServer, Forbidden, NoSuchType, ReadOnly, PortInUse, Unsupported, NoSpace),
    )
    async def serverSettings(self, call: Call[ChangeSettings]) -> SettingsList:
        """What is set, after setting some of it anew."""
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
