"""
Brings the lines of a file into the log of a game that writes them there instead of printing them.
"""

from functools import partial
from typing import Final
from zlib import crc32

from twisted.internet.defer import Deferred, succeed
from twisted.internet.interfaces import IDelayedCall, IReactorTime
from twisted.logger import Logger
from twisted.python.failure import Failure

from gamepanel.base.errors import Busy
from gamepanel.base.threads import InThread
from gamepanel.console.followed import FollowedFile, Look, Place, Step, load, save
from gamepanel.servers.serverlog import ServerLog

lookSeconds: Final = 0.25
"""How long until the next look, as long as the file grows."""

restSeconds: Final = 1.0
"""How long where it does not."""

lastSeconds: Final = 0.5
"""At the end of a run what is left is read for no longer than this."""


class Follower:
    """
    Follows one file, from the beginning of a run or its adoption on.
    """

    def __init__(
        self,
        clock: IReactorTime,
        inThread: InThread,
        log: ServerLog,
        directory: str,
        file: FollowedFile,
    ) -> None:
        """
        @param inThread: where it is waited for the file.
        @param directory: the server's own.
        """
        self._clock = clock
        self._inThread = inThread
        self._serverLog = log
        self._directory = directory
        self._file = file
        self._place: Place | None = None
        self._timer: IDelayedCall | None = None
        self._isLooking = self._isClosed = False
        self._finished: Deferred[None] | None = None
        self._limit: IDelayedCall | None = None
        self._log = Logger()

    def begin(self) -> None:
        """Begin to look."""
        if not self._isLooking and self._timer is None and not self._isClosed:
            self._look()

    def _look(self) -> None:
        self._timer = None
        if self._place is None:
            self._place = load(self._directory).place(self._serverLog.ring.read)
        self._isLooking = True
        looking = self._inThread(self._file.look, self._place)
        looking.addCallback(self._looked).addErrback(self._broken)

    def _looked(self, look: Look) -> None:
        if self._isClosed:
            self._isLooking = False
            self._close()
            return
        if look.note:
            self._serverLog.tell(look.note)
        if look.data:
            before = partial(self._save, look.place)
            self._serverLog.inserter().say(look.data, before, partial(self._written, look.place))
        else:
            self._place = look.place
            self._again(restSeconds, isMore=False)

    def _save(self, after: Place, index: int, data: bytes) -> None:
        assert self._place is not None
        save(self._directory, Step(index, len(data), crc32(data), self._place, after))

    def _written(self, place: Place, isThere: bool) -> None:
        if isThere:
            self._place = place
        self._again(lookSeconds if isThere else restSeconds, isMore=isThere)

    def _again(self, seconds: float, isMore: bool) -> None:
        self._isLooking = False
        if self._isClosed:
            self._close()
        elif self._finished is not None:
            # Nothing is written any more: what there is comes at once.
            self._timer = self._clock.callLater(0, self._look) if isMore else None
            if not isMore:
                self._end()
        else:
            self._timer = self._clock.callLater(seconds, self._look)

    def _broken(self, failure: Failure) -> None:
        if failure.check(Busy):
            self._again(restSeconds, isMore=False)
            return
        self._log.failure("a file can't be followed", failure)
        self._isLooking = False
        self._end()

    def finish(self) -> Deferred[None]:
        """
        The game has ended: read what is left.

        @return: fires when that is in the log, or it has taken too long.
        """
        if self._isClosed or self._finished is not None:
            return succeed(None)
        finished: Deferred[None] = Deferred()
        self._finished = finished
        self._limit = self._clock.callLater(lastSeconds, self._end)
        # What waits for the end of the game's line need not wait any more.
        self._serverLog.flush()
        if not self._isLooking:
            if self._timer is not None and self._timer.active():
                self._timer.cancel()
            self._look()
        return finished

    def _end(self) -> None:
        self.close()
        finished, self._finished = self._finished, None
        if finished is not None and not finished.called:
            finished.callback(None)

    def close(self) -> None:
        """Look no more."""
        self._isClosed = True
        for timer in (self._timer, self._limit):
            if timer is not None and timer.active():
                timer.cancel()
        self._timer = None
        if not self._isLooking:
            self._close()

    def _close(self) -> None:
        self._file.close()
