"""
What is kept of servers that are no more.
"""

import time
from typing import Final

from twisted.internet.interfaces import IDelayedCall
from twisted.logger import Logger

from gamepanel.disk.places import Places
from gamepanel.process.home import takeBack
from gamepanel.servers import kept
from gamepanel.servers.host import HostContext

pruneSeconds: Final = 24 * 3600.0
"""So often old consoles are looked for."""


firstSeconds: Final = 60.0
"""For the first time so long after the start, when there is other work."""


class Keeping:
    """
    Looks after what is kept of servers that are no more. Nobody waits for any of it.
    """

    def __init__(self, context: HostContext, places: Places) -> None:
        self._context = context
        self._places = places
        self._next: IDelayedCall | None = None
        self._log = Logger()

    def begin(self) -> None:
        """Remove old consoles, soon and then each day."""
        self._later(firstSeconds)

    def _later(self, seconds: float) -> None:
        self._next = self._context.reactor.callLater(seconds, self._again)

    def _again(self) -> None:
        self.prune()
        self._later(pruneSeconds)

    def end(self) -> None:
        """Do that no more."""
        if self._next is not None:
            self._next.cancel()
            self._next = None

    def prune(self) -> None:
        """Remove old consoles, see L{kept.prune}."""
        done = self._context.threads.deleting(kept.prune, self._places.removed, time.time())
        done.addErrback(lambda failure: self._log.failure("old consoles stay", failure))

    def takeBack(self, aside: str) -> None:
        """Let files of a server that is no more be ours."""
        done = self._context.threads.deleting(takeBack, aside)
        done.addErrback(
            lambda failure: self._log.failure("{path} can't be taken back", failure, path=aside)
        )
