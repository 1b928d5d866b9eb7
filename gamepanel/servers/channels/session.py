"""
What a connection to a console is to the channel that has made it.
"""

from collections.abc import Callable
from typing import Any, Final, Literal

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import (
    IConnector,
    IDelayedCall,
    IHalfCloseableProtocol,
    IPullProducer,
    IReactorTime,
)
from twisted.internet.protocol import ClientFactory, connectionDone
from twisted.internet.protocol import Protocol as StreamProtocol
from twisted.python.failure import Failure
from zope.interface import implementer

from gamepanel.base.errors import StdinFull
from gamepanel.host.sockets import Holder
from gamepanel.servers.channels.answer import Answer
from gamepanel.servers.channels.channel import Ends
from gamepanel.wire.causes import Cause, because

connectSeconds: Final = 10.0
"""So long a connection may take to be made."""

handSeconds: Final = 1.0
"""A peer for which the kernel does not take all of a command within so long does not read."""

maxMessages: Final = 64
"""So many messages of a peer are taken in one turn of the reactor: others have theirs between."""

turnSeconds: Final = 0.001
"""Nor are more begun after so long."""

pauseSeconds: Final = 0.005
"""So long later come the next: a peer that never stops takes a small part of a processor."""

maxUnsentBytes: Final = 64 * 1024
"""While more than this waits to be sent to a peer, it is not read."""

Ending = Literal["lost", "absent", "foreign"]
"""
Why there is no connection: C{absent} where nobody has the port, C{foreign} where it can't be known
to be the game's.
"""


class Listener:
    """Is told what comes of a connection. After C{refused} and C{ended} comes nothing more."""

    def opened(self) -> None:
        """Commands are taken."""

    def refused(self) -> None:
        """The password is wrong."""

    def answered(self, data: bytes, note: str) -> None:
        """All of the answer to the last command is there; see L{Answer}."""

    def rest(self, data: bytes) -> None:
        """So much has come of the answer to the last command, and now the connection ends."""

    def said(self, data: bytes) -> None:
        """It has sent lines that nobody asked for."""

    def ended(self, why: Cause, kind: Ending = "lost") -> None:
        """The connection is no more, or could not be made."""


class Deaf(Listener):
    """Hears nothing: it takes the place of a listener that is done with a connection."""


def notOurs(holder: Holder, port: int) -> Cause:
    """Why a console is not talked to."""
    return because("port_of_another" if holder == "others" else "port_unclear", port=port)


class Timers:
    """
    What is to be done later, by names; nothing any more after L{end}.
    """

    def __init__(self, clock: IReactorTime) -> None:
        self._clock = clock
        self._pending: dict[str, IDelayedCall] = {}
        self._isOver = False

    def after(self, name: str, seconds: float, then: Callable[[], None]) -> None:
        """Do something later, in place of what was to be done of this name."""
        self.forget(name)
        # A transport of packets tells within a write that nobody has that port.
        if not self._isOver:
            self._pending[name] = self._clock.callLater(seconds, then)

    def forget(self, name: str) -> None:
        """What is of this name is not to be done any more."""
        timer = self._pending.pop(name, None)
        if timer is not None and timer.active():
            timer.cancel()

    def waits(self, name: str) -> bool:
        """Whether what is of this name is yet to be done."""
        return name in self._pending and self._pending[name].active()

    def end(self) -> None:
        """Do nothing of it."""
        self._isOver = True
        for name in tuple(self._pending):
            self.forget(name)


class Session:
    """
    A connection to a console, from the first try to its end.

    @cvar longest: how many bytes a command may have.

    @ivar answer: the answer that is awaited.
    @ivar timers: what it does later.
    """

    longest: int

    def __init__(self, ends: Ends, listener: Listener) -> None:
        self.ends = ends
        self.listener = listener
        self.answer: Answer | None = None
        self.timers = Timers(ends.reactor)

    @property
    def isOver(self) -> bool:
        """Whether nothing is told of it any more."""
        return isinstance(self.listener, Deaf)

    def open(self) -> None:
        """Begin to connect."""
        raise NotImplementedError

    def command(self, line: bytes) -> Deferred[None]:
        """
        Send a command; one at a time, and none before the last was answered.

        @return: fires when the kernel has all of it; fails with L{StdinFull} when it does not take
            that, so that the peer will never have all of it.
        """
        raise NotImplementedError

    def end(self) -> None:
        """Close it; nothing is told of it any more."""
        raise NotImplementedError

    def refuse(self) -> None:
        """The password is wrong."""
        listener = self.listener
        self.end()
        listener.refused()

    def answered(self, data: bytes, note: str) -> None:
        """All of an answer is there."""
        self.answer = None
        self.listener.answered(data, note)

    def dropped(self) -> None:
        """It is over: let go of timers. It may be called again."""
        self.timers.end()
        if self.answer is not None:
            self.answer.cancel()
            self.answer = None


class _Factory(ClientFactory):
    """Makes one connection. Twisted's own lines about that are not for our log."""

    noisy = False

    def __init__(self, stream: "StreamSession") -> None:
        self._stream = stream

    def buildProtocol(self, addr: object) -> "StreamSession":
        return self._stream

    def clientConnectionFailed(self, connector: IConnector, reason: Failure) -> None:
        self._stream.connectionLost(reason)


@implementer(IPullProducer, IHalfCloseableProtocol)
class StreamSession(Session, StreamProtocol):
    """
    A connection over TCP; what is said on it is up to subclasses. It is the producer of its own
    transport, which says by that when the kernel has all that was written.
    """

    longest = 4095
    transport: Any

    def __init__(self, ends: Ends, listener: Listener) -> None:
        super().__init__(ends, listener)
        self._handed: Deferred[None] | None = None
        self._unsent = 0
        self._isPaused = self._isStuck = False

    def open(self) -> None:
        wiring = self.ends.wiring
        self._connector = self.ends.reactor.connectTCP(
            wiring.host, wiring.port, _Factory(self), connectSeconds
        )

    def connectionMade(self) -> None:
        """
        See C{twisted.internet.protocol.Protocol}. Nothing is sent or read before it is known that
        the other end is the game's: any program can listen at a port that this has yet to open.
        """
        self.transport.setTcpNoDelay(True)
        self.transport.registerProducer(self, False)
        self._pause()
        theirs, ours = self.transport.getPeer(), self.transport.getHost()
        self.ends.whose("tcp", (theirs.host, theirs.port), (ours.host, ours.port)).addCallback(
            self._belongsTo
        )

    def _belongsTo(self, holder: Holder) -> None:
        if self.isOver:
            return
        if holder == "ours":
            self.begin()
            self._readOn()
        elif holder == "nobody":
            self.fail(because("connection_closed"))
        else:
            self.fail(notOurs(holder, self.ends.wiring.port), "foreign")

    def begin(self) -> None:
        """There is a connection; for subclasses."""

    def dataReceived(self, data: bytes) -> None:
        if not self.isOver:
            self.feed(data)
            self._takeSome()

    def feed(self, data: bytes) -> None:
        """Keep what has come until it is taken; for subclasses."""
        raise NotImplementedError

    def take(self) -> bool:
        """Take one message of what has come, if there is a whole one; for subclasses."""
        raise NotImplementedError

    def _takeSome(self) -> None:
        seconds = self.ends.reactor.seconds
        end = seconds() + turnSeconds
        for _ in range(maxMessages):
            if self.isOver:
                return
            if self._unsent > maxUnsentBytes:
                # It is gone on with when the peer has read that.
                self._isStuck = True
                self._pause()
                return
            if not self.take():
                self._readOn()
                return
            if seconds() > end:
                break
        self._pause()
        self.timers.after("turn", pauseSeconds, self._takeSome)

    def _pause(self) -> None:
        if not self._isPaused:
            self._isPaused = True
            self.transport.pauseProducing()

    def _readOn(self) -> None:
        """Read, if there is no reason not to."""
        # Taking the last message may have ended it.
        if self._isPaused and not self.timers.waits("turn") and not self.isOver:
            self._isPaused = False
            self.transport.resumeProducing()

    def reply(self, data: bytes) -> None:
        """Write something. A peer that does not read is not read any more, and then left."""
        self._unsent += len(data)
        self.transport.write(data)
        if self._unsent > maxUnsentBytes and not self.timers.waits("taken"):
            self.timers.after("taken", handSeconds, self._notTaken)

    def hand(self, data: bytes) -> Deferred[None]:
        """Write a command, and wait until the kernel has all of it."""
        handed: Deferred[None] = Deferred()
        self._handed = handed
        if not self.timers.waits("taken"):
            self.timers.after("taken", handSeconds, self._notTaken)
        self.transport.write(data)
        return handed

    def resumeProducing(self) -> None:
        """See C{IPullProducer}: the kernel has all that was written."""
        handed = self._settle()
        self._unsent = 0
        if self._isStuck:
            self._isStuck = False
            self.timers.after("turn", 0, self._takeSome)
        if handed is not None:
            handed.callback(None)

    def stopProducing(self) -> None:
        """See C{IPullProducer}."""

    def _settle(self) -> Deferred[None] | None:
        self.timers.forget("taken")
        handed, self._handed = self._handed, None
        return handed

    def _notTaken(self) -> None:
        # Where it is cut off in the middle of a command, the peer never gets the end of that.
        self.fail(because("reads_nothing"))

    def fail(self, why: Cause, kind: Ending = "lost") -> None:
        """Give up: cut it off at once, and tell why."""
        self.transport.abortConnection()
        self._over(why, kind)

    def _over(self, why: Cause, kind: Ending = "lost") -> None:
        if self.answer is not None:
            self.rest(self.answer.take())
        listener, self.listener = self.listener, Deaf()
        self.dropped()
        handed = self._settle()
        if handed is not None:
            handed.errback(StdinFull())
        listener.ended(why, kind)

    def rest(self, data: bytes) -> None:
        """So much of an answer has come, and nothing more will."""
        self.listener.rest(data)

    def readConnectionLost(self) -> None:
        """
        See C{IHalfCloseableProtocol}: it has closed the connection. So it is cut off, or the
        kernel would keep the game's port taken for a minute, and some games don't bear that.
        """
        self.fail(because("connection_closed"))

    def writeConnectionLost(self) -> None:
        """See C{IHalfCloseableProtocol}."""

    def end(self) -> None:
        if self.isOver:
            return
        self.listener = Deaf()
        self.dropped()
        if self.transport is None:
            self._connector.disconnect()
        elif self._settle() is not None:
            self.transport.abortConnection()
        else:
            # What was handed to the kernel still goes out.
            self.transport.unregisterProducer()
            self.transport.loseConnection()

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        self._over(because("connection_lost", error=reason.getErrorMessage()))
