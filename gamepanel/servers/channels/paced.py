"""
Leaves a pause between two commands, for games that read only one of several lines that arrive
together.
"""

from collections import deque
from collections.abc import Callable
from typing import Final

from twisted.internet.defer import Deferred, fail
from twisted.internet.interfaces import IDelayedCall
from twisted.python.failure import Failure

from gamepanel.base.errors import NotRunning, StdinFull
from gamepanel.servers.channels.channel import Channel, Ends

maxWaiting: Final = 32
"""So many commands wait for those before them."""


class PacedChannel:
    """
    Hands each command to another channel when the pause after the one before is over.
    """

    def __init__(self, ends: Ends, channel: Channel) -> None:
        self._ends = ends
        self._channel = channel
        self._waiting: deque[tuple[str, Deferred[None]]] = deque()
        self._pause: IDelayedCall | None = None

    def begin(self) -> None:
        """See L{gamepanel.servers.channels.channel.Channel}."""
        self._channel.begin()

    def send(self, line: str) -> Deferred[None]:
        """See L{gamepanel.servers.channels.channel.Channel}."""
        if self._pause is None:
            return self._hand(line)
        if len(self._waiting) >= maxWaiting:
            return fail(StdinFull())
        sent: Deferred[None] = Deferred(lambda _: None)
        self._waiting.append((line, sent))
        return sent

    def _hand(self, line: str) -> Deferred[None]:
        self._pause = self._ends.reactor.callLater(self._ends.wiring.pause, self._over)
        return self._channel.send(line)

    def _over(self) -> None:
        self._pause = None
        if self._waiting:
            line, sent = self._waiting.popleft()
            self._hand(line).addCallbacks(
                _settle, _settle, callbackArgs=(sent,), errbackArgs=(sent,)
            )

    def close(self) -> None:
        """See L{gamepanel.servers.channels.channel.Channel}."""
        if self._pause is not None and self._pause.active():
            self._pause.cancel()
        self._pause = None
        waiting, self._waiting = self._waiting, deque()
        for _, sent in waiting:
            _settle(Failure(NotRunning()), sent)
        self._channel.close()


def _settle(result: Failure | None, sent: Deferred[None]) -> None:
    """Tell who gave a command what has become of it."""
    if sent.called:
        return
    if isinstance(result, Failure):
        sent.errback(result)
    else:
        sent.callback(None)


def paced(make: Callable[[Ends], Channel]) -> Callable[[Ends], Channel]:
    """A kind of channels, with pauses where its type wants them."""

    def channel(ends: Ends) -> Channel:
        inner = make(ends)
        return PacedChannel(ends, inner) if ends.wiring.pause else inner

    return channel
