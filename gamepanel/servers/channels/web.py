"""
Commands by the web RCON of Rust: JSON on a WebSocket, whose address has the password in it.

Each message of ours has an identifier that its answer has, too. What comes with 0 or -1 nobody has
asked for.
"""

import json
from collections.abc import Iterator
from typing import Any, Final
from urllib.parse import quote

import msgspec
from twisted.internet.defer import Deferred
from twisted.internet.protocol import connectionDone
from twisted.python.failure import Failure
from wsproto import ConnectionType, WSConnection, events
from wsproto.utilities import LocalProtocolError, RemoteProtocolError

from gamepanel.servers.channels.answer import Answer
from gamepanel.servers.channels.channel import Ends
from gamepanel.servers.channels.session import Listener, StreamSession
from gamepanel.wire.causes import because

maxMessageBytes: Final = 256 * 1024
"""A message is no larger, as it comes."""

unasked: Final = (0, -1)
"""Identifiers of what the game says by itself."""

acceptedSeconds: Final = 1.0
"""
Rust closes a connection whose password is wrong right after it was made. One that has lasted so
long, or on which something has come, has the right one.
"""

_firstId: Final = 1000

_BROKEN: Final = (LocalProtocolError, RemoteProtocolError, UnicodeDecodeError)
"""The last is how the library takes a header of its handshake that is not ASCII."""


class _Said(msgspec.Struct):
    """A message, as far as it matters."""

    Message: str
    Identifier: int | None = None


class WebRcon(StreamSession):
    """
    A connection to a console of Rust's kind.
    """

    def __init__(self, ends: Ends, listener: Listener) -> None:
        super().__init__(ends, listener)
        self._socket = WSConnection(ConnectionType.CLIENT)
        self._events: Iterator[events.Event] = iter(())
        self._parts: list[str | bytes | bytearray] = []
        self._size = 0
        self._id = _firstId
        self._isAccepted = self._isIn = False

    def begin(self) -> None:
        wiring = self.ends.wiring
        host = f"[{wiring.host}]" if ":" in wiring.host else wiring.host
        target = "/" + quote(wiring.password, safe="")
        request = events.Request(host=f"{host}:{wiring.port}", target=target)
        self.reply(self._socket.send(request))

    def _open(self) -> None:
        if not self._isIn:
            self._isIn = True
            self.listener.opened()

    def command(self, line: bytes) -> Deferred[None]:
        self._id += 1
        text = line.decode(self.ends.wiring.encoding, "replace")
        message = {"Identifier": self._id, "Message": text, "Name": "gamepanel"}
        self.answer = Answer(self.ends.reactor, self.answered)
        return self.hand(self._socket.send(events.Message(data=json.dumps(message))))

    def feed(self, data: bytes) -> None:
        try:
            self._socket.receive_data(data)
        except _BROKEN:
            self.fail(because("not_web_rcon"))
            return
        self._events = self._socket.events()

    def take(self) -> bool:
        try:
            event = next(self._events, None)
            if event is not None:
                self._happened(event)
        except _BROKEN:
            self.fail(because("not_web_rcon"))
            return False
        return event is not None

    def _happened(self, event: events.Event) -> None:
        if isinstance(event, events.AcceptConnection):
            self._isAccepted = True
            self.timers.after("entry", acceptedSeconds, self._open)
        elif isinstance(event, events.RejectConnection | events.RejectData):
            self._rejected(getattr(event, "status_code", 0))
        elif isinstance(event, events.Ping):
            self.reply(self._socket.send(event.response()))
        elif isinstance(event, events.CloseConnection):
            self._closed()
        elif isinstance(event, events.Message):
            self._partOfMessage(event)

    def _rejected(self, status: int) -> None:
        if status in (401, 403):
            self.refuse()
        else:
            self.fail(because("no_websockets", status=status))

    def _closed(self) -> None:
        if self._isIn:
            self.fail(because("connection_closed"))
        else:
            self.refuse()

    def _partOfMessage(self, event: events.Message[Any]) -> None:
        self._parts.append(event.data)
        self._size += len(event.data)
        if self._size > maxMessageBytes:
            self.fail(because("message_too_large"))
        elif event.message_finished:
            parts, self._parts, self._size = self._parts, [], 0
            text = "".join(
                part if isinstance(part, str) else part.decode(errors="replace") for part in parts
            )
            self._message(text)

    def _message(self, text: str) -> None:
        try:
            found = msgspec.json.decode(text, type=_Said)
        except (ValueError, RecursionError):
            return
        self._open()
        data = found.Message.encode(self.ends.wiring.encoding, "replace")
        if found.Identifier in unasked:
            self.listener.said(data)
        elif found.Identifier == self._id and self.answer is not None:
            self.answer.add(data)
            self.answer.finish()

    def readConnectionLost(self) -> None:
        self._closed()

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        if self._isAccepted and not self._isIn:
            self.refuse()
        super().connectionLost(reason)
