"""
Who wants to know what a server does, and is told.
"""

from collections.abc import Callable
from typing import Literal

from attrs import Factory, define
from twisted.internet.defer import Deferred

Event = Literal["grew", "changed", "gone", "leaving"]
"""There is more in its log; its status has changed; it has been destroyed; the daemon ends."""

Watcher = Callable[[Event], None]


@define
class Watchers:
    """
    Those who want to know, each on its own: one who leaves, or fails, takes no other along.
    """

    _watchers: dict[int, Watcher] = Factory(dict)
    _next: int = 0

    def __bool__(self) -> bool:
        return bool(self._watchers)

    def __len__(self) -> int:
        return len(self._watchers)

    def add(self, watcher: Watcher) -> Callable[[], None]:
        """
        @param watcher: called with each event, from the next on.

        @return: a function that ends it; harmless when done already.
        """
        self._next += 1
        number = self._next
        self._watchers[number] = watcher
        return lambda: self._watchers.pop(number, None) and None

    def tell(self, event: Event) -> None:
        """Let all know."""
        for watcher in list(self._watchers.values()):
            watcher(event)

    def next(self) -> Deferred[Event]:
        """
        @return: fires with the next event; cancelling it ends the watch.
        """
        result: Deferred[Event] = Deferred(lambda _: end())

        def once(event: Event) -> None:
            end()
            result.callback(event)

        end = self.add(once)
        return result
