"""
A channel to a console on a reactor that connects to nobody, and what is at the other end of it: a
test speaks for the console.
"""

from collections.abc import Callable
from typing import Any

from attrs import Factory, define
from twisted.internet.address import IPv4Address
from twisted.internet.defer import Deferred, execute, succeed
from twisted.internet.error import ConnectionDone, ConnectionRefusedError
from twisted.internet.interfaces import IDelayedCall
from twisted.internet.protocol import DatagramProtocol
from twisted.internet.testing import MemoryReactorClock, StringTransport
from twisted.python.failure import Failure
from twisted.trial.unittest import SynchronousTestCase

from gamepanel.console.inserting import Inserter
from gamepanel.console.ring import Ring, headerBytes
from gamepanel.host.sockets import Address, Holder
from gamepanel.servers.channels.channel import CommandChannel, Ends
from gamepanel.servers.channels.kinds import kinds
from gamepanel.servers.channels.wiring import Wiring


class Transport(StringTransport):
    """A connection over TCP whose other end reads at once, unless it is told not to."""

    reads = True
    isCut = False

    def setTcpNoDelay(self, enabled: bool) -> None: ...

    def write(self, data: bytes) -> None:
        super().write(data)
        if self.reads and self.producer is not None:
            self.producer.resumeProducing()

    def abortConnection(self) -> None:
        self.isCut = True
        super().abortConnection()


@define(eq=False)
class Stream:
    """The console's end of a connection over TCP."""

    protocol: Any
    transport: Transport

    def sent(self) -> bytes:
        """What has come since the last time."""
        data: bytes = self.transport.value()
        self.transport.clear()
        return data

    def says(self, data: bytes, size: int = 0) -> None:
        """Send something, in pieces of a size."""
        step = size or max(len(data), 1)
        for start in range(0, len(data), step):
            self.protocol.dataReceived(data[start : start + step])

    def closes(self) -> None:
        """Close the connection."""
        self.protocol.readConnectionLost()
        self.protocol.connectionLost(Failure(ConnectionDone()))


@define(eq=False)
class Datagrams:
    """The console's end of packets over UDP; also what our end writes to."""

    protocol: DatagramProtocol
    packets: list[bytes] = Factory(list)
    isStopped: bool = False
    isRefused: bool = False
    isPaused: bool = False
    maxThroughput: int = 0

    def connect(self, host: str, port: int) -> None: ...

    def getHost(self) -> IPv4Address:
        """See L{twisted.internet.interfaces.IUDPTransport}."""
        return IPv4Address("UDP", "127.0.0.1", 5)

    def pauseProducing(self) -> None:
        self.isPaused = True

    def resumeProducing(self) -> None:
        self.isPaused = False

    def write(self, data: bytes) -> None:
        """See L{twisted.internet.interfaces.IUDPTransport}; it tells within that of a refusal."""
        assert not self.isStopped
        self.packets.append(data)
        if self.isRefused:
            self.protocol.connectionRefused()

    def stopListening(self) -> None:
        """See L{twisted.internet.interfaces.IUDPTransport}."""
        self.isStopped = True

    def sent(self) -> list[bytes]:
        """What has come since the last time."""
        packets, self.packets = self.packets, []
        return packets

    def says(self, data: bytes) -> None:
        """Send a packet."""
        self.protocol.datagramReceived(data, ("127.0.0.1", 1))


class NetReactor(MemoryReactorClock):
    """
    Keeps all that would be connected.

    @ivar timers: how many were made.
    """

    def __init__(self) -> None:
        super().__init__()
        self.datagrams: list[Datagrams] = []
        self.timers = 0

    def callLater(self, *what: Any, **how: Any) -> IDelayedCall:
        """See L{twisted.internet.interfaces.IReactorTime}."""
        self.timers += 1
        return super().callLater(*what, **how)

    def listenUDP(
        self, port: int, protocol: DatagramProtocol, interface: str = "", maxPacketSize: int = 0
    ) -> None:
        """See L{twisted.internet.interfaces.IReactorUDP}."""
        other: Any = Datagrams(protocol)
        self.datagrams.append(other)
        protocol.makeConnection(other)


class ChannelCase(SynchronousTestCase):
    """
    Tests with one channel.

    @ivar refusals: how often it was told that the password is refused.
    @ivar holder: whose the console's port is.
    @ivar later: fires when that is known, if it takes time.
    @ivar looks: how often that was looked for.
    """

    def setUp(self) -> None:
        self.reactor = NetReactor()
        self.ring = Ring.format(memoryview(bytearray(headerBytes + 2 * 1024 * 1024)))
        self.refusals = self.looks = 0
        self.holder: Holder = "ours"
        self.later: Deferred[Holder] | None = None
        self.home = self.mktemp()

    def begin(self, kind: str, **wiring: Any) -> CommandChannel:
        """A channel of a kind, whose game is there."""
        channel = kinds[kind](self.ends(**wiring))
        self.addCleanup(channel.close)
        channel.begin()
        return channel

    def ends(self, **wiring: Any) -> Ends:
        """What a channel is given."""
        values = {"port": 27015, "password": "secret", **wiring}
        reactor: Any = self.reactor
        log = Inserter(reactor, lambda: self.ring, lambda: None)
        return Ends(
            *(lambda data: None, lambda: False, Wiring(**values), self.home),
            *(reactor, lambda: log, self._refused),
            *(execute, self._whose),
        )

    def _whose(self, protocol: str, theirs: Address, ours: Address | None) -> Deferred[Holder]:
        self.looks += 1
        return self.later or succeed(self.holder)

    def _refused(self) -> None:
        self.refusals += 1

    def accept(self) -> Stream:
        """Accept the connection that was asked for last."""
        factory: Any = self.reactor.tcpClients[-1][2]
        protocol = factory.buildProtocol(IPv4Address("TCP", "127.0.0.1", 27015))
        transport = Transport()
        protocol.makeConnection(transport)
        return Stream(protocol, transport)

    def refuse(self) -> None:
        """Accept none."""
        factory: Any = self.reactor.tcpClients[-1][2]
        factory.clientConnectionFailed(None, Failure(ConnectionRefusedError()))

    @property
    def log(self) -> bytes:
        """All that is in the log."""
        return self.ring.read(0, self.ring.position).data

    @property
    def seen(self) -> bytes:
        """What patterns see of it, without empty lines."""
        data = self.ring.told.masked(self.ring.read, 0, self.log)
        return b"".join(line + b"\n" for line in data.split(b"\n") if line.strip(b"\0"))

    def failsWith(self, sent: Any, error: Callable[..., Exception]) -> Any:
        """Why a line was not sent."""
        return self.failureResultOf(sent, error).value
