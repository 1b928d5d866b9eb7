"""
Which connections there are, how many each source may have, and which go when there are too many.
"""

from typing import Final, Protocol

from twisted.internet.interfaces import IDelayedCall, IReactorTime

from gamepanel.accounts.networks import Quotas
from gamepanel.web.http.addresses import loopback

maxConnections: Final = 512
maxConnectionsOfAddress: Final = 32

keptShare: Final = 16
"""
One in so many connections is kept for the loopback interface and for trusted proxies, as long as
these have none.
"""

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
    @ivar isStreaming: whether it carries a stream, of which there is a limit of its own.
    @ivar activeAt: when something came last, by the reactor's clock.
    @ivar idleSince: when it began to have no request, likewise; None while it has one.
    @ivar incompleteSince: when a request began that is not complete, likewise.
    @ivar stuckSince: when the client ceased to read what it is sent, likewise.
    @ivar closingSince: when we began to close it, likewise; the client may not let us.
    """

    source: str
    isOurs: bool
    activeAt: float
    idleSince: float | None
    incompleteSince: float | None
    stuckSince: float | None
    closingSince: float | None

    @property
    def isStreaming(self) -> bool:
        """See above."""

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
        self._half = maximum // 2
        self._kept = maximum // keptShare
        self._unkept = maximum - self._kept
        self._sources: dict[str, set[Connection]] = {}
        self._quotas = Quotas(maxConnectionsOfAddress)
        self._count = 0
        self._sweeping: IDelayedCall | None = None

    def __len__(self) -> int:
        return self._count

    def opened(self, connection: Connection) -> None:
        """A connection has been made; one too many is closed, or another in its place."""
        source = connection.source
        isFull = not connection.isOurs and self._quotas.isFull(source)
        self._add(connection)
        if isFull:
            self._drop(connection)
        elif source == loopback and self._share(loopback) > 1:
            self._drop(self._slowest() or connection)
        elif self._count > self._unkept and self._count - self._inKept() > self._unkept:
            self._drop(self._idlest())
        if self._sweeping is None:
            self._sweeping = self._clock.callLater(sweepSeconds, self._sweep)

    def _add(self, connection: Connection) -> None:
        self._sources.setdefault(connection.source, set()).add(connection)
        self._count += 1
        if not connection.isOurs:
            self._quotas.take(connection.source)

    def _drop(self, connection: Connection) -> None:
        # It counts no more, although its end is told of only later.
        self.closed(connection)
        connection.abortConnection()

    def _share(self, source: str) -> float:
        """How much a source has of what it may: over 1 is too much."""
        found = self._sources[source]
        if source == loopback:
            return sum(not each.isStreaming for each in found) / self._half
        isOurs = next(iter(found)).isOurs
        return len(found) / self._unkept if isOurs else self._quotas.share(source)

    def _inKept(self) -> int:
        """How many have a place that is kept: the first of each source of ours."""
        firsts = (next(iter(found)) for found in self._sources.values())
        return min(sum(first.isOurs for first in firsts), self._kept)

    def _slowest(self) -> Connection | None:
        """
        The connection of loopback whose request has been incomplete for longest; where there is
        none, the one that has waited for its client for longest.
        """
        found = (c for c in self._sources[loopback] if not c.isStreaming)
        waiting = [c for c in found if _since(c) is not None]
        return min(waiting, key=lambda c: (c.incompleteSince is None, _since(c)), default=None)

    def _idlest(self) -> Connection:
        """The connection of the greediest source that has been idle for longest."""
        shares = {source: self._share(source) for source in self._sources}
        most = max(shares.values())
        return min(
            (c for source, share in shares.items() if share == most for c in self._sources[source]),
            key=lambda c: (c.isStreaming, c.idleSince is None, c.activeAt),
        )

    def closed(self, connection: Connection) -> None:
        """A connection has ended."""
        found = self._sources.get(connection.source, set())
        if connection not in found:
            return
        found.remove(connection)
        self._count -= 1
        if not found:
            del self._sources[connection.source]
        if not connection.isOurs:
            self._quotas.give(connection.source)
        if not self._count and self._sweeping is not None:
            self._sweeping.cancel()
            self._sweeping = None

    def _sweep(self) -> None:
        """Close what has been idle or stuck for long; one timer for all connections."""
        self._sweeping = self._clock.callLater(sweepSeconds, self._sweep)
        now = self._clock.seconds()
        for connection in [c for found in self._sources.values() for c in found]:
            since = [t for t in (connection.stuckSince, connection.closingSince) if t is not None]
            if since and min(since) <= now - stuckSeconds:
                connection.abortConnection()
            elif connection.idleSince is not None and connection.idleSince <= now - idleSeconds:
                connection.loseConnection()


def _since(connection: Connection) -> float | None:
    """
    Since when a connection has waited for its client: for the rest of a request, until it reads
    its answer, or for a request.
    """
    for since in (connection.incompleteSince, connection.stuckSince, connection.idleSince):
        if since is not None:
            return since
    return None
