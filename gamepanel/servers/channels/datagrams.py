"""
What consoles that are reached over UDP have in common.
"""

from collections.abc import Callable
from typing import Any, Final

from twisted.internet.defer import Deferred
from twisted.internet.error import CannotListenError
from twisted.internet.interfaces import IDelayedCall
from twisted.internet.protocol import DatagramProtocol

from gamepanel.servers.channels.answer import Answer
from gamepanel.servers.channels.channel import Ends
from gamepanel.servers.channels.session import Deaf, Listener

maxPacketBytes: Final = 65536


class DatagramSession(DatagramProtocol):
    """
    Exchanges packets with one console; with which is up to subclasses. Packets of others don't
    come to us, since the socket is connected.
    """

    longest = 1024
    noisy = False
    transport: Any

    def __init__(self, ends: Ends, listener: Listener) -> None:
        self.ends = ends
        self.listener = listener
        self.answer: Answer | None = None
        self._timers: dict[str, IDelayedCall] = {}
        self._isOver = False

    def startProtocol(self) -> None:
        """See L{DatagramProtocol}."""
        wiring = self.ends.wiring
        self.transport.connect(wiring.host, wiring.port)
        self.begin()

    def begin(self) -> None:
        """Packets can be sent; for subclasses."""

    def after(self, name: str, seconds: float, then: Callable[[], None]) -> None:
        """Do something later, in place of what was to be done of this name, unless it is over."""
        self.forget(name)
        if self._isOver:
            # The transport tells within a write that nobody has that port.
            return
        self._timers[name] = self.ends.reactor.callLater(seconds, then)

    def forget(self, name: str) -> None:
        """What is of this name is not to be done any more."""
        timer = self._timers.pop(name, None)
        if timer is not None and timer.active():
            timer.cancel()

    def command(self, line: bytes) -> Deferred[None]:
        """See L{gamepanel.servers.channels.session.Session}; for subclasses."""
        raise NotImplementedError

    def write(self, data: bytes) -> bool:
        """Send a packet; whether the kernel has taken it."""
        if self._isOver:
            return False
        try:
            self.transport.write(data)
        except OSError:
            return False
        return True

    def answered(self, data: bytes, note: str) -> None:
        """All of an answer is there."""
        self.answer = None
        self.listener.answered(data, note)

    def connectionRefused(self) -> None:
        """See L{DatagramProtocol}: nobody has that port."""
        self.over("Nobody listens at its port.")

    def refuse(self) -> None:
        """The password is wrong."""
        listener = self.listener
        self.end()
        listener.refused()

    def over(self, reason: str) -> None:
        """It is not there any more."""
        if self.answer is not None:
            self.listener.rest(self.answer.take())
        listener = self.listener
        self.end()
        listener.ended(reason)

    def end(self) -> None:
        """See L{gamepanel.servers.channels.session.Session}."""
        self._isOver = True
        self.listener = Deaf()
        if self.answer is not None:
            self.answer.cancel()
            self.answer = None
        for name in tuple(self._timers):
            self.forget(name)
        if self.transport is not None:
            self.transport.stopListening()


def listen(session: DatagramSession) -> DatagramSession:
    """Begin to exchange packets."""
    reactor = session.ends.reactor
    interface = "::" if ":" in session.ends.wiring.host else ""
    try:
        reactor.listenUDP(0, session, interface=interface, maxPacketSize=maxPacketBytes)
    except (CannotListenError, OSError) as error:
        reactor.callLater(0, session.over, str(error))
    return session
