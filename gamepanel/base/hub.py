"""
Telling those who want to know: a hub for each server, for each session, and for the daemon.
"""

from collections.abc import Callable
from typing import ClassVar, Generic, TypeVar

from attrs import Factory, define
from twisted.internet.defer import Deferred
from twisted.logger import Logger

E = TypeVar("E")


@define(eq=False, repr=False)
class Hub(Generic[E]):
    """
    Listeners, each on its own: one that fails is logged and hurts no other, and one that
    has left is not called any more, even when it leaves while others are being told.
    """

    _log: ClassVar[Logger] = Logger()

    _listeners: dict[int, Callable[[E], object]] = Factory(dict)
    _last: int = 0

    def __bool__(self) -> bool:
        return bool(self._listeners)

    def __len__(self) -> int:
        return len(self._listeners)

    def listen(self, listener: Callable[[E], object]) -> Callable[[], None]:
        """
        @param listener: called with each event, from the next on.

        @return: a function that ends it; harmless when done already.
        """
        self._last += 1
        number = self._last
        self._listeners[number] = listener
        return lambda: self._listeners.pop(number, None) and None

    def tell(self, event: E) -> None:
        """Tell all who listen now."""
        for number, listener in list(self._listeners.items()):
            if number not in self._listeners:
                continue
            try:
                listener(event)
            except Exception:
                self._log.failure("a listener has failed at {event}", event=event)

    def next(self) -> Deferred[E]:
        """
        @return: fires with the next event; cancelling it ends the wait.
        """
        result: Deferred[E] = Deferred(lambda _: end())

        def once(event: E) -> None:
            end()
            result.callback(event)

        end = self.listen(once)
        return result
