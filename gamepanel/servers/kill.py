"""
Ends all processes of a server, whichever run they are left from.
"""

from collections.abc import Iterator, Sequence
from itertools import count
from typing import Final, Protocol

from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.task import deferLater
from twisted.logger import Logger
from twisted.python.failure import Failure

from gamepanel.base.backoff import backoff
from gamepanel.base.errors import NotPermitted, shortage
from gamepanel.base.hub import SingleFlight
from gamepanel.servers.basics import Basics
from gamepanel.servers.life import Lifecycle
from gamepanel.servers.lifefile import LifeFile
from gamepanel.servers.storedlife import Run

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
    return (backoff(retries, firstPause, longestPause) for retries in count())


class Killed(Protocol):
    """A game that is killed."""

    @property
    def shim(self) -> int | None:
        """Number of its shim's process, while it runs."""

    @property
    def isOver(self) -> bool:
        """Whether it has ended."""


class Killer:
    """
    Ends all processes of a server.

    @ivar mayHaveLeft: whether an earlier run may have left processes behind.
    """

    _log = Logger()

    def __init__(self, basics: Basics, file: LifeFile, life: Lifecycle) -> None:
        self.mayHaveLeft = False
        self._basics = basics
        self._file = file
        self._life = life
        self._killing: SingleFlight[None] = SingleFlight()

    def expect(self, isLeft: bool = True) -> None:
        """From now on, an earlier run may have left processes behind, or has left none."""
        self.mayHaveLeft = isLeft

    def begin(self, game: Killed | None) -> Deferred[None]:
        """
        Kill all of it until nothing is left, if that is not being done.

        @param game: the game that runs; its shim is spared for a moment.

        @return: fires at the end of that; never when the daemon ends first.
        """
        return self._killing(lambda: self._kill(game))

    def _kill(self, game: Killed | None) -> Deferred[None]:
        return Deferred.fromCoroutine(self._killAll(game)).addErrback(self._failed, game)

    async def _killAll(self, game: Killed | None) -> None:
        # The shim is spared at first: it tells how the game ended, also a
        # daemon that is not there yet. If it does not leave, it goes too.
        waited, rests = 0.0, pauses()
        while True:
            shim = None if game is None else game.shim
            isLeft = await self._killOnce(shim if waited < spareSeconds else None)
            isThere = shim is not None and game is not None and game.shim is not None
            if not (isLeft or isThere):
                self.mayHaveLeft = game is not None and not game.isOver
                return
            if waited >= killSeconds:
                return
            pause = next(rests)
            await deferLater(self._basics.context.reactor, pause)
            waited += pause

    async def _killOnce(self, spared: int | None) -> bool:
        """Kill what there is; whether there was something."""
        context, kernel = self._basics.context, self._basics.kernel
        tag = self._basics.tag(self._file.run)
        try:
            return bool(await context.threads.killing(kernel.killAll, tag, spared))
        except OSError as error:
            if shortage(error) is None:
                raise
            # Nobody knows who is left, as long as /proc can't be read.
            return True

    def _failed(self, failure: Failure, game: Killed | None) -> None:
        if failure.check(NotPermitted):
            reason = failure.getErrorMessage()
            self._log.error("{server}: {reason}", server=self._basics.id, reason=reason)
            if game is not None and not game.isOver:
                self._life.now._notPermitted()
        elif not failure.check(CancelledError):
            self._log.failure(
                "{server}: killing its processes failed", failure, server=self._basics.id
            )

    async def noKilling(self) -> None:
        """Wait until no kill of an earlier run is still looking for what that left."""
        while self._killing:
            await self._killing.ended()

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
            if self._life.status.state == "installing" or not self.mayHaveLeft:
                return
            tag = self._basics.tag(self._file.run)
            if not await context.threads.killing(kernel.endLeftovers, tag):
                self.mayHaveLeft = False
                return
            await deferLater(context.reactor, pause)

    def beginLeftovers(self) -> None:
        """End what an earlier run left behind, while other things go on."""
        Deferred.fromCoroutine(self._endLeftoversSoon()).addErrback(self._failed, None)

    async def _endLeftoversSoon(self) -> None:
        # A daemon that starts learns only then that a server is being installed.
        await deferLater(self._basics.context.reactor, 0)
        await self.endLeftovers()

    async def areLeft(self) -> bool | None:
        """
        Whether an earlier run has left processes that can be killed; None when all of them are
        another user's.
        """
        kernel, tag = self._basics.kernel, self._basics.tag(self._file.run)
        left: list[int] = await self._basics.context.threads.killing(kernel.members, tag)
        if any(kernel.maySignal(pid) for pid in left):
            return True
        return None if any(pid != tag.session for pid in left) else False

    def lookForLeft(self) -> None:
        """Find out now, beside everything else, whether it has left anything: starts need not."""
        run, tag = self._file.run, self._basics.tag(self._file.run)
        if tag.group is None:
            looking = self._basics.context.threads.killing(self._basics.kernel.members, tag)
            looking.addCallbacks(self._looked, self._notLooked, callbackArgs=(run,))

    def _looked(self, left: Sequence[int], run: Run | None) -> None:
        if not left and self._file.run is run:
            self.mayHaveLeft = False

    def _notLooked(self, failure: Failure) -> None:
        """The next start looks."""
        if not failure.check(OSError):
            self._log.failure("it can't be found out what is left", failure)

    def cancel(self) -> None:
        """Kill nothing more; who waits for that waits for ever."""
        self._killing.cancel()
