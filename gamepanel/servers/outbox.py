"""
What has happened to a server and is on its way into the store.

Each event gets a number of its own and is kept with the server's life until it is stored, so
that the two do not come apart when the daemon is killed: the next one stores what it finds
there, and what is stored already the store does not take twice.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Final

from attrs import define
from twisted.internet.defer import Deferred

from gamepanel.servers.events import LifeEvent
from gamepanel.store.events import NewEvent

maxPending: Final = 1000
"""So many wait at the most; then the store must have failed for long, and the oldest are lost."""


@define
class Outbox:
    """
    The events of one server that are not stored yet.

    @ivar number: of the last event.
    @ivar pending: those that are not stored, in their order.
    """

    _server: str
    _creation: int
    _store: Callable[[NewEvent], Deferred[None]]
    number: int = 0
    pending: tuple[NewEvent, ...] = ()
    _sent: int = 0

    def add(self, events: Iterable[LifeEvent], at: float) -> None:
        """
        Something has happened. It is sent with the next L{send}, after it was written down.

        @param at: Unix time in seconds.
        """
        for event in events:
            self.number += 1
            about = (self._server, self._creation, event.kind, event.data())
            self._keep(NewEvent(at, *about, self.number))

    def resume(self, number: int, pending: Sequence[NewEvent]) -> None:
        """
        Go on from what was written down; what is known already counts once.

        @param number: of the last event that was.
        """
        for event in pending:
            if event.number is not None and event.number > self.number:
                self._keep(event)
        self.number = max(self.number, number)

    def _keep(self, event: NewEvent) -> None:
        self.pending = (*self.pending, event)[-maxPending:]

    def send(self) -> None:
        """Let the store have what it was not given yet."""
        for event in self.pending:
            number = event.number or 0
            if number > self._sent:
                self._sent = number
                self._store(event).addCallback(self._stored, number)

    def _stored(self, result: None, number: int) -> None:
        self.pending = tuple(event for event in self.pending if (event.number or 0) > number)
