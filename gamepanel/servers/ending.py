"""
Ends all processes of a server, whichever run they are left from.
"""

from collections.abc import Callable, Iterator
from typing import ClassVar, Final

from attrs import Factory, define
from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.task import deferLater
from twisted.logger import Logger
from twisted.python.failure import Failure

from gamepanel.base.errors import NotPermitted, shortage
from gamepanel.base.sharing import Single
from gamepanel.servers.basics import Basics
from gamepanel.servers.current import CurrentRun
from gamepanel.servers.resuming import Lifecycle

firstPause: Final = 0.01
"""After the first look for processes that are left, in seconds; doubled for each that follows."""

longestPause: Final = 0.1
"""No pause is longer, in seconds."""

spareSeconds: Final = 0.3
"""So long a shim is left alone, so that it can tell how its game ended."""

killSeconds: Final = 100.0
"""After so long of killing nothing more is tried: what lives then is not killed by a signal."""


def pauses() -> Iterator[float]:
    """
    How long to wait before each next look, in seconds.

    A look is what it takes: no event says that the last process of a session has ended, and
    one that is just being started may appear after the kill.
    """
    pause = firstPause
    while True:
        yield pause
        pause = min(2 * pause, longestPause)


@define(eq=False, repr=False)
class Ending:
    """
    Ends all processes of a server.
    """

    _log: ClassVar[Logger] = Logger()

    _basics: Basics
    _current: CurrentRun
    _lifecycle: Callable[[], Lifecycle]
    _killing: Single = Factory(lambda self: Single(self._kill), takes_self=True)

    def killTree(self) -> None:
        """See L{gamepanel.servers.core.Actions}."""
        self._killing.begin()

    def killRest(self) -> Deferred[None]:
        """See L{gamepanel.servers.core.Actions}."""
        self._killing.begin()
        return self._killing.end()

    def _kill(self) -> Deferred[None]:
        return Deferred.fromCoroutine(self._killAll()).addErrback(self._failed)

    async def _killAll(self) -> None:
        # The shim is spared at first: it tells how the game ended, also a
        # daemon that is not there yet. If it does not leave, it goes too.
        waited = 0.0
        for pause in pauses():
            shim = self._current.shim
            isLeft = await self._killOnce(shim if waited < spareSeconds else None)
            isThere = shim is not None and self._current.shim is not None
            if not (isLeft or isThere):
                self._current.mayHaveLeft = self._current.alive
                return
            if waited >= killSeconds:
                return
            await deferLater(self._basics.context.reactor, pause)
            waited += pause

    async def _killOnce(self, spared: int | None) -> bool:
        """Kill what there is; whether there was something."""
        context, kernel = self._basics.context, self._basics.kernel
        try:
            return bool(await context.threads.killing(kernel.killAll, self._current.tag(), spared))
        except OSError as error:
            if shortage(error) is None:
                raise
            # Nobody knows who is left, as long as /proc can't be read.
            return True

    def _failed(self, failure: Failure) -> None:
        if failure.check(NotPermitted):
            reason = failure.getErrorMessage()
            self._log.error("{server}: {reason}", server=self._basics.id, reason=reason)
            if self._current.game is not None:
                self._lifecycle().life._notPermitted()
        elif not failure.check(CancelledError):
            self._log.failure(
                "{server}: killing its processes failed", failure, server=self._basics.id
            )

    async def noKilling(self) -> None:
        """Wait until no kill of an earlier run is still looking for what that left."""
        while self._killing.isBusy:
            await self._killing.end()

    async def endLeftovers(self) -> None:
        """
        End what an earlier run left behind: two of a game in one directory ruin its files. Not
        while the server is being installed, which may be done as the game's user, all of whose
        processes would be killed; the next start does it then.

        @raise NotPermitted: when that is another user's.
        """
        await self.noKilling()
        context, kernel = self._basics.context, self._basics.kernel
        for pause in pauses():
            isInstalling = self._lifecycle().status.state == "installing"
            if isInstalling or not self._current.mayHaveLeft:
                return
            if not await context.threads.killing(kernel.endLeftovers, self._current.tag()):
                self._current.mayHaveLeft = False
                return
            await deferLater(context.reactor, pause)

    def beginLeftovers(self) -> None:
        """End what an earlier run left behind, while other things go on."""
        Deferred.fromCoroutine(self._endLeftoversSoon()).addErrback(self._failed)

    async def _endLeftoversSoon(self) -> None:
        # A daemon that starts learns only then that a server is being installed.
        await deferLater(self._basics.context.reactor, 0)
        await self.endLeftovers()

    def cancel(self) -> None:
        """Kill nothing more; who waits for that waits for ever."""
        self._killing.cancel()
