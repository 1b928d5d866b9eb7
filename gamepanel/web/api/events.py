"""
What happened: read, waited for, streamed.
"""

from collections.abc import Sequence
from typing import Any, Final

import msgspec
from attrs import define, field
from msgspec import Struct
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IReactorTime
from twisted.logger import Logger

from gamepanel.base.errors import NoSuchServer, TokenInvalid
from gamepanel.events.journal import Journal
from gamepanel.operations.events import eventsFor
from gamepanel.servers.directory import Directory
from gamepanel.store.events import EventFilter, EventRow
from gamepanel.web.api.endpoint import Call, serves
from gamepanel.web.api.sse import OpenStreams, Stream, lastEventId
from gamepanel.web.api.waiting import nextEvent
from gamepanel.wire.events import EventInfo, EventList, ReadEvents, StreamEvents
from gamepanel.wire.message import milliseconds

pageSize: Final = 200
"""Events that a stream reads at once when it catches up."""

log = Logger()

_encode: Final = msgspec.json.Encoder().encode


class EventEndpoints(Struct, frozen=True):
    """
    The events of section 10 of the contract.
    """

    directory: Directory
    journal: Journal
    clock: IReactorTime
    streams: OpenStreams

    @serves("event_list")
    async def eventList(self, call: Call[ReadEvents]) -> EventList:
        message = call.message
        deadline = self.clock.seconds() + message.wait
        after = message.after
        while True:
            wanted = eventsFor(call.personNow(), self.directory, message.server, message.kinds)
            page = await self.journal.read(wanted, after, message.limit)
            left = deadline - self.clock.seconds()
            if page.events or left <= 0 or self.directory.leaving:
                return EventList(
                    events=tuple(map(_info, page.events)), oldest=page.oldest, newest=page.newest
                )
            after = page.newest
            if self.journal.newest > after:
                continue
            happens: Any = (self.journal.listen, self.directory.ending.listen)
            await nextEvent(call.session, self.clock, left, *happens)

    @serves("event_stream")
    async def eventStream(self, call: Call[StreamEvents]) -> bytes:
        server, after = call.message.server, lastEventId(call)
        # Whether it may be seen at all is told at once.
        eventsFor(call.person, self.directory, server)
        if after is None:
            after = call.message.after
        stream = EventStream(
            self.streams,
            call,
            directory=self.directory,
            journal=self.journal,
            server=server,
            creation=None if server is None else self.directory.find(server).creation,
            after=self.journal.newest if after is None else after,
        )
        return await self.streams.open(call, stream)


@define(eq=False, repr=False)
class EventStream(Stream):
    """
    Events for one client: first those that are stored, page by page, then new ones as
    they come.
    """

    _directory: Directory = field(kw_only=True)
    _journal: Journal = field(kw_only=True)
    _server: str | None = field(kw_only=True)
    _creation: int | None = field(kw_only=True)
    _after: int = field(kw_only=True)
    _reading: Deferred[None] | None = field(default=None, init=False)
    _isOver: bool = field(default=False, init=False)

    def listen(self) -> None:
        self.undo.append(self._journal.listen(self._happened))
        self.undo.append(self._directory.ending.listen(lambda _: self.close()))
        self.undo.append(self._stopReading)

    def _stopReading(self) -> None:
        self._isOver = True
        if self._reading is not None:
            self._reading.cancel()

    @property
    def serverId(self) -> str | None:
        return self._server

    def refusal(self) -> NoSuchServer | TokenInvalid | None:
        wanted = self._wanted()
        return None if isinstance(wanted, EventFilter) else wanted

    def _wanted(self) -> EventFilter | NoSuchServer | TokenInvalid:
        """Which events are to be sent now, or why none any more."""
        try:
            wanted = eventsFor(self._call.personNow(), self._directory, self._server)
        except (NoSuchServer, TokenInvalid) as error:
            return error
        isSame = self._creation is None or wanted.creations == [self._creation]
        return wanted if isSame else NoSuchServer()

    def catchUp(self) -> None:
        if self._reading is None and not self.paused and self._after < self._journal.newest:
            self._reading = Deferred.fromCoroutine(self._read())
            self._reading.addErrback(self._failed)

    async def _read(self) -> None:
        try:
            while not self.paused and self._after < self._journal.newest:
                wanted = self._wanted()
                if not isinstance(wanted, EventFilter):
                    self.end(wanted)
                    return
                page = await self._journal.read(wanted, self._after, pageSize)
                self._after = max(self._after, page.newest)
                self._send(page.events)
        finally:
            self._reading = None

    def _failed(self, failure: Any) -> None:
        if not self._isOver:
            log.failure("events can't be read for a stream", failure)
            self.close()

    def _happened(self, rows: Sequence[EventRow]) -> None:
        if self.paused or self._reading is not None:
            return
        if rows[0].event != self._after + 1:
            self.catchUp()
            return
        self._after = rows[-1].event
        wanted = self._wanted()
        if isinstance(wanted, EventFilter):
            self._send([row for row in rows if wanted.takes(row)])
        else:
            self.end(wanted)

    def _send(self, rows: Sequence[EventRow]) -> None:
        if rows:
            self.write(b"".join(map(_event, rows)))


def _event(row: EventRow) -> bytes:
    return b"event: %s\nid: %d\ndata: %s\n\n" % (row.kind.encode(), row.event, _encode(_info(row)))


def _info(row: EventRow) -> EventInfo:
    return EventInfo(
        event=row.event,
        at=milliseconds(row.at),
        server=row.server,
        kind=row.kind,
        data=dict(row.data),
    )
