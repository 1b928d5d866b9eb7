"""
Which connections there are, how many each source may have, and which go when there are too many.
"""

from typing import Final, Protocol

from twisted.internet.interfaces import IDelayedCall, IReactorTime

from gamepanel.accounts.networks import Quotas

maxConnections: Final = 512
maxConnectionsOfAddress: Final = 32

keptShare: Final = 16
"""One in so many connections is kept for our own host and for trusted proxies."""

idleSeconds: Final = 60.0
"""A connection without a request is closed after so long, or up to L{sweepSeconds} later."""

stuckSeconds: Final = 30.0
"""A client that for so long does not read what it is sent, or let us close, is dropped."""

sweepSeconds: Final = 5.0


class Connection(Protocol):
    """
    What is known of a connection.

    @ivar source: where it comes from, as limits have it; empty for a UNIX socket.
    @ivar isOurs: whether it comes from our own host, or a trusted proxy.
    @ivar activeAt: when something came last, by the reactor's clock.
    @ivar idleSince: when it began to have no request, likewise; None while it has one.
    @ivar stuckSince: when the client ceased to read what it is sent, likewise.
    @ivar closingSince: when we began to close it, likewise; the client may not let us.
    """

    source: str
    isOurs: bool
    activeAt: float
    idleSince: float | None
    stuckSince: float | None
    closingSince: float | None

    def loseConnection(self) -> None:
        """Close it when all is sent."""

    def abortConnection(self) -> None:
        """Close it at once."""


class Connections:
    """
    All connections, within bounds.

    When there are too many, the source with the largest part of what it may have loses the one that
    has been idle for longest: so whoever takes all of them hurts only themselves.
    """

    def __init__(self, clock: IReactorTime, maximum: int) -> None:
        """
        @param maximum: of all together.
        """
        self._clock = clock
        self._maximum = maximum
        self._maxOfOthers = maximum - maximum // keptShare
        self._ours: set[Connection] = set()
        self._others: dict[str, set[Connection]] = {}
        self._quotas = Quotas(maxConnectionsOfAddress)
        self._countOfOthers = 0
        self._sweeping: IDelayedCall | None = None

    def __len__(self) -> int:
        return len(self._ours) + self._countOfOthers

    def opened(self, connection: Connection) -> None:
        """A connection has been made; one too many is closed, or another in its place."""
        isSurplus = not connection.isOurs and self._quotas.isFull(connection.source)
        self._add(connection)
        if isSurplus:
            self._drop(connection)
        elif len(self) > self._maximum or self._countOfOthers > self._maxOfOthers:
            self._drop(self._idlest() or connection)
        if self._sweeping is None:
            self._sweeping = self._clock.callLater(sweepSeconds, self._sweep)

    def _add(self, connection: Connection) -> None:
        if connection.isOurs:
            self._ours.add(connection)
            return
        self._others.setdefault(connection.source, set()).add(connection)
        self._countOfOthers += 1
        self._quotas.take(connection.source)

    def _drop(self, connection: Connection) -> None:
        # It counts no more, although its end is told of only later.
        self.closed(connection)
        connection.abortConnection()

    def _idlest(self) -> Connection | None:
        """The connection of the greediest source that has been idle for longest."""
        if not self._others:
            return None
        most = max(map(self._quotas.share, self._others))
        greediest = (s for s in self._others if self._quotas.share(s) == most)
        return min(
            (found for source in greediest for found in self._others[source]),
            key=lambda found: (found.idleSince is None, found.activeAt),
        )

    def closed(self, connection: Connection) -> None:
        """A connection has ended."""
        if connection.isOurs:
            self._ours.discard(connection)
        else:
            self._remove(connection)
        if not len(self) and self._sweeping is not None:
            self._sweeping.cancel()
            self._sweeping = None

    def _remove(self, connection: Connection) -> None:
        found = self._others.get(connection.source, set())
        if connection not in found:
            return
        found.remove(connection)
        if not found:
            del self._others[connection.source]
        self._countOfOthers -= 1
        self._quotas.give(connection.source)

    def _sweep(self) -> None:
        """Close what has been idle or stuck for long; one timer for all connections."""
        self._sweeping = self._clock.callLater(sweepSeconds, self._sweep)
        now = self._clock.seconds()
        for connection in [*self._ours, *(c for found in self._others.values() for c in found)]:
            since = [t for t in (connection.stuckSince, connection.closingSince) if t is not None]
            if since and min(since) <= now - stuckSeconds:
                connection.abortConnection()
            elif connection.idleSince is not None and connection.idleSince <= now - idleSeconds:
                connection.loseConnection()
