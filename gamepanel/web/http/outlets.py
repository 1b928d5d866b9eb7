"""
Sends answers: over one connection, or the same over many.
"""

from collections.abc import Callable, Sequence
from contextlib import suppress
from itertools import repeat
from operator import call
from typing import Any, Final

from twisted.internet.tcp import Server
from twisted.internet.unix import Server as UNIXServer

smallBytes: Final = 65_536
"""Whatever is no more than this is sent at once, where nothing is in its way."""

_plain: Final = (Server, UNIXServer)
"""Connections over which is sent just what is written to them."""


def writerTo(transport: Any) -> Callable[[bytes], None]:
    """
    Sends at once what the kernel takes, where nothing else waits to be sent, and the rest when it
    can be. Twisted always lets the reactor tell first that something can be sent, which costs two
    calls of the kernel and another turn. Much at once would keep others waiting: only so much as
    the reactor lets through.

    What waits is in C{dataBuffer} and counted in C{_tempDataLen}, which Twisted keeps private.

    @param transport: a connection; when it is lost, nothing is sent any more.

    @return: what sends. A console that many watch is sent by little else, so all that stays as it
        is has been looked up before.
    """
    if type(transport) not in _plain:
        write: Callable[[bytes], None] = transport.write
        return write
    send: Callable[[bytes], int] = transport.socket.send

    def sendNow(data: bytes) -> None:
        if not (transport.dataBuffer or transport._tempDataLen) and len(data) <= smallBytes:
            try:
                sent = send(data)
            except OSError:
                # Nothing is taken now, or the connection is lost, which the reactor is to find.
                sent = 0
            if sent == len(data):
                return
            data = data[sent:]
        transport.write(data)

    return sendNow


class Outlet:
    """
    A connection, to send over.

    @ivar transport: the connection.
    @ivar write: sends, see L{writerTo}.
    @ivar send: gives the kernel what that takes of it, and says how much; None where more is to
        be done than to send.
    """

    __slots__ = ("send", "transport", "write")

    def __init__(self, transport: Any) -> None:
        self.transport = transport
        self.write = writerTo(transport)
        isPlain = type(transport) in _plain
        self.send: Callable[[bytes], int] | None = transport.socket.send if isPlain else None


class Outlets:
    """
    Several connections that are sent the same.
    """

    def __init__(self, outlets: Sequence[Outlet]) -> None:
        """
        @param outlets: at least one.
        """
        self._outlets = outlets
        self._sends = [outlet.send for outlet in outlets if outlet.send is not None]
        self._areAllPlain = len(self._sends) == len(outlets)
        self._reactor: Any = outlets[0].transport.reactor if self._areAllPlain else None

    def send(self, data: bytes) -> list[tuple[int, Outlet, bytes]]:
        """
        Send it at once over each that takes it.

        Nearly all that one more who watches a console costs is here. So while the reactor has
        nothing to send to anybody, which would have to go first, the loop over all is one of
        C{map}.

        @return: which take only some of it, or none, and what is left to be written to each.
        """
        sent: list[int] = []
        if self._areAllPlain and len(data) <= smallBytes and not self._reactor.getWriters():
            # The first that takes nothing ends it.
            with suppress(OSError):
                sent.extend(map(call, self._sends, repeat(data)))
            if len(sent) == len(self._outlets) and sent.count(len(data)) == len(sent):
                return []
        sent += [0] * (len(self._outlets) - len(sent))
        return [
            (number, outlet, data[size:])
            for number, (outlet, size) in enumerate(zip(self._outlets, sent, strict=True))
            if size < len(data)
        ]
