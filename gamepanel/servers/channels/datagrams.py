"""
What consoles that are reached over UDP have in common.
"""

from typing import Any, Final

from twisted.internet.defer import Deferred
from twisted.internet.error import CannotListenError, MessageLengthError
from twisted.internet.protocol import DatagramProtocol
from twisted.python.failure import Failure

from gamepanel.base.errors import ConsoleUnavailable
from gamepanel.host.sockets import Address, Holder
from gamepanel.servers.channels.channel import Ends
from gamepanel.servers.channels.session import (
    Deaf,
    Ending,
    Listener,
    Session,
    maxMessages,
    notOurs,
    pauseSeconds,
    turnSeconds,
)
from gamepanel.wire.causes import Cause, because

maxPacketBytes: Final = 65536

maxTurnBytes: Final = 8 * 1024
"""When so much was received in one turn of the reactor, others have theirs."""

_ABSENT: Final = because("nobody_listens")


class DatagramSession(Session, DatagramProtocol):
    """
    Exchanges packets with one console; with which is up to subclasses. Packets of others don't
    come to us, since the socket is connected.
    """

    longest = 1024
    noisy = False
    transport: Any

    def __init__(self, ends: Ends, listener: Listener) -> None:
        super().__init__(ends, listener)
        self._count = 0
        self._turnBegan = 0.0

    @property
    def _theirs(self) -> Address:
        return self.ends.wiring.host, self.ends.wiring.port

    def open(self) -> None:
        """
        Begin to exchange packets, once somebody has the port: a packet to one that nobody has
        costs us ours.
        """
        self.ends.whose("udp", self._theirs, None).addCallback(self._open)

    def _open(self, holder: Holder) -> None:
        if not self._mayTalk(holder):
            return
        interface = "::" if ":" in self.ends.wiring.host else ""
        try:
            self.ends.reactor.listenUDP(0, self, interface=interface, maxPacketSize=maxPacketBytes)
        except (CannotListenError, OSError) as error:
            self.over(because("connection_lost", error=str(error)))

    def _mayTalk(self, holder: Holder) -> bool:
        if self.isOver:
            return False
        if holder == "nobody":
            self.over(_ABSENT, "absent")
        elif holder != "ours":
            self.over(notOurs(holder, self.ends.wiring.port), "foreign")
        return holder == "ours"

    def startProtocol(self) -> None:
        self.transport.maxThroughput = maxTurnBytes
        self.transport.connect(*self._theirs)
        self.begin()

    def stopProtocol(self) -> None:
        """See C{DatagramProtocol}: that is how it tells that a packet was refused."""
        if not self.isOver:
            self.over(_ABSENT, "absent")

    def begin(self) -> None:
        """Packets can be sent; for subclasses."""

    def write(self, data: bytes) -> Deferred[None]:
        """
        Send a packet, if the port is still the game's: it can be another's from one packet to the
        next.

        @return: fires when the kernel has taken it; fails with L{ConsoleUnavailable} when it was
            not sent, and then this is over.
        """
        ours = self.transport.getHost()
        asked = self.ends.whose("udp", self._theirs, (ours.host, ours.port))
        return asked.addCallback(self._write, data)

    def _write(self, holder: Holder, data: bytes) -> None:
        if self._mayTalk(holder):
            self.reply(data)
        if self.isOver:
            raise ConsoleUnavailable(because("packet_not_sent"))

    def post(self, data: bytes) -> None:
        """Send a packet likewise, for which nobody waits."""
        self.write(data).addErrback(Failure.trap, ConsoleUnavailable)

    def reply(self, data: bytes) -> None:
        """Send a packet at once, in answer to one that has come."""
        if self.isOver:
            return
        try:
            self.transport.write(data)
        except (OSError, MessageLengthError):
            self.over(because("packet_failed"))

    def datagramReceived(self, datagram: bytes, addr: object) -> None:
        """See C{DatagramProtocol}. So many are taken in a turn, however small they are."""
        if self.isOver:
            return
        self._count += 1
        if self._count == 1:
            self._turnBegan = self.ends.reactor.seconds()
            self.timers.after("turn", 0, self._turnOver)
        if datagram:
            self.received(datagram)
        isLong = self.ends.reactor.seconds() > self._turnBegan + turnSeconds
        if (isLong or self._count >= maxMessages) and not self.isOver:
            self.transport.maxThroughput = 0
            self.transport.pauseProducing()
            self.timers.after("turn", pauseSeconds, self._readOn)

    def _turnOver(self) -> None:
        self._count = 0

    def _readOn(self) -> None:
        self._count = 0
        self.transport.maxThroughput = maxTurnBytes
        self.transport.resumeProducing()

    def received(self, datagram: bytes) -> None:
        """A packet has come that is not empty; for subclasses."""
        raise NotImplementedError

    def connectionRefused(self) -> None:
        """See C{DatagramProtocol}: nobody has that port."""
        self.over(_ABSENT, "absent")

    def over(self, why: Cause, kind: Ending = "lost") -> None:
        """It is not there any more."""
        if self.answer is not None:
            self.listener.rest(self.answer.take())
        listener = self.listener
        self.end()
        listener.ended(why, kind)

    def end(self) -> None:
        self.listener = Deaf()
        self.dropped()
        if self.transport is not None:
            self.transport.stopListening()
