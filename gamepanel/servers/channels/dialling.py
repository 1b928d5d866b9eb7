"""
Makes connections over TCP.
"""

from collections.abc import Callable
from typing import Final

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IAddress, IConnector
from twisted.internet.protocol import ClientFactory
from twisted.python.failure import Failure

from gamepanel.servers.channels.channel import Ends
from gamepanel.servers.channels.session import Deaf, Dial, Listener, StreamSession
from gamepanel.wire.causes import because

connectSeconds: Final = 10.0
"""So long a connection may take to be made."""


class _Factory(ClientFactory):
    """Makes one connection. Twisted's own lines about that are not for our log."""

    noisy = False

    def __init__(self, stream: StreamSession, failed: Callable[[str], None]) -> None:
        self._stream = stream
        self._failed = failed

    def buildProtocol(self, addr: IAddress | None) -> StreamSession:
        return self._stream

    def clientConnectionFailed(self, connector: IConnector, reason: Failure) -> None:
        self._failed(reason.getErrorMessage())


class Dialled:
    """
    A connection over TCP, from the first try on.
    """

    def __init__(
        self, ends: Ends, listener: Listener, make: Callable[[Ends, Listener], StreamSession]
    ) -> None:
        self._listener = listener
        self._stream = make(ends, listener)
        self.longest = self._stream.longest
        wiring = ends.wiring
        self._connector = ends.reactor.connectTCP(
            wiring.host, wiring.port, _Factory(self._stream, self._failed), connectSeconds
        )

    def _failed(self, reason: str) -> None:
        listener, self._listener = self._listener, Deaf()
        listener.ended(because("connection_lost", error=reason))

    def command(self, line: bytes) -> Deferred[None]:
        """See L{gamepanel.servers.channels.session.Session}."""
        return self._stream.command(line)

    def end(self) -> None:
        """See L{gamepanel.servers.channels.session.Session}."""
        self._listener = Deaf()
        if self._stream.transport is None:
            self._stream.listener = Deaf()
            self._connector.disconnect()
        else:
            self._stream.end()


def overTCP(make: Callable[[Ends, Listener], StreamSession]) -> Dial:
    """
    Makes connections over TCP.

    @param make: what makes one that is about to be connected.
    """
    return lambda ends, listener: Dialled(ends, listener, make)
