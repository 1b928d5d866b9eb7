"""
Takes a server up from its files, so that it goes on as if the daemon had never been away.
"""

import errno
from collections.abc import Callable
from contextlib import suppress
from typing import ClassVar, Final

from attrs import define
from automat import NoTransition
from msgspec.structs import replace
from twisted.logger import Logger

from gamepanel.process.exit import Exit
from gamepanel.process.identity import Identity
from gamepanel.servers.basics import Basics
from gamepanel.servers.current import CurrentRun
from gamepanel.servers.ending import Ending
from gamepanel.servers.events import Stopped
from gamepanel.servers.lifefile import LifeFile
from gamepanel.servers.recovery import Found
from gamepanel.servers.resuming import Lifecycle
from gamepanel.servers.serverlog import ServerLog
from gamepanel.servers.status import Ended, Status
from gamepanel.servers.storedlife import Record, Run

_gone: Final = (None, errno.ESRCH, errno.ENOENT, errno.ENXIO, errno.EINVAL)
"""Why a run can't be adopted: it is over. All else says that we could not find out."""


@define(eq=False, repr=False)
class Adoption:
    """
    Takes a server up from its files.

    @ivar lost: why and since when its files can't be used; None when they can.
    """

    _log: ClassVar[Logger] = Logger()

    _basics: Basics
    _serverLog: ServerLog
    _file: LifeFile
    _current: CurrentRun
    _ending: Ending
    _lifecycle: Callable[[], Lifecycle]
    lost: Ended | None = None

    def wake(self, found: Found) -> bool:
        """
        Go on as if the daemon had never been away.

        @param found: what its files say.

        @return: whether the host has restarted since.

        @raise OSError: when its files can't be used after all; call L{lose} then.
        """
        self._serverLog.ring, rebooted = found.ring, False
        # As it may be when its files could not be used before.
        isInstalling = self._lifecycle().status.state == "installing"
        isKnown = not found.lostRecord and (found.record is None or found.record.run is None)
        self._current.mayHaveLeft = not isKnown
        if found.record is not None:
            rebooted = self._goOn(found.record, found.newBase)
        elif found.lostRecord:
            self._disown()
        else:
            self._lifecycle().become(Status())
        if isInstalling:
            with suppress(NoTransition):
                self._lifecycle().life.rest()
        if self.lost is not None:
            self.lost = None
            self._file.tell(self._lifecycle().status)
            self._serverLog.tellPosition()
        # It may have ended long ago, and nobody was there to see that.
        self._current.runs.tell(None)
        return rebooted

    def _goOn(self, record: Record, newBase: int | None) -> bool:
        self._file.outbox.resume(record.eventNumber, record.events)
        run = record.run
        if run is not None and newBase is not None:
            run = replace(run, runIndex=newBase)
        self._file.run = run
        rebooted = record.boot != self._basics.context.boot
        self._lifecycle().become(self._statusAfter(record, rebooted))
        if self._lifecycle().status.state in ("starting", "running", "stopping"):
            self._adopt()
        if rebooted or newBase is not None:
            self._file.save(self._lifecycle().status)
        self._file.outbox.send()
        return rebooted

    def _statusAfter(self, record: Record, rebooted: bool) -> Status:
        if rebooted:
            return self._afterReboot(record.status)
        if record.status.state == "starting" and (record.run is None or record.run.over):
            # It was getting ready; there is no process yet, so begin anew.
            now = self._basics.kernel.uptime()
            return replace(record.status, state="waiting", restartAt=now)
        return record.status

    def _afterReboot(self, status: Status) -> Status:
        """What is left of a status when the host has restarted: no run is, and no plan."""
        if status.state in ("stopped", "failed", "crashed", "installing"):
            return replace(status, crashes=())
        now, reason = self._basics.kernel.now(), "the host restarted"
        self._file.outbox.add((Stopped(None, Exit(None), reason),), now)
        return Status(ended=Ended(Exit(None), now, reason), wanted=status.wanted)

    def _disown(self) -> None:
        """
        What was known of its run was lost: end what runs of it, since nobody could
        tell what that is.
        """
        now = self._basics.kernel.now()
        reason = "what was known of its run was damaged; what ran of it was ended"
        self._lifecycle().become(Status(ended=Ended(None, now, reason)))
        self._file.outbox.add((Stopped(None, None, reason),), now)
        self._file.save(self._lifecycle().status)
        self._file.outbox.send()
        self._ending.beginLeftovers()

    # Its process.

    def _adopt(self) -> None:
        run = self._file.run
        shim = self._shim(run)
        try:
            if shim is None or run is None:
                raise ProcessLookupError(errno.ESRCH, "it has ended")
            game = self._current.adopt(run, shim)
        except OSError as error:
            if error.errno not in _gone:
                raise
            self._current.endedMeanwhile()
            return
        if not game.mayEnd:
            self._log.warn(
                "{server}: its game runs as another user, whom this daemon may not signal: "
                "it can't be stopped or killed from here",
                server=self._basics.id,
            )
        if self._file.run != run:
            # Else it says so already; hundreds of files take their time when all are adopted.
            self._file.save(self._lifecycle().status)
        if self._lifecycle().status.state == "starting":
            game.readiness.begin(isThere=game.record.pid is not None)

    def _shim(self, run: Run | None) -> Identity | None:
        kernel = self._basics.kernel
        shim = None if run is None else run.shim
        isThere = shim is not None and kernel.identify(shim.pid) == shim
        if isThere or self._basics.files.ended() is not None:
            return shim
        # It died between the decision to spawn and the note that it had, or
        # could not write that.
        pid = kernel.leader(self._current.tag())
        return None if pid is None else kernel.identify(pid)

    # When its files can't be used.

    def lose(self, reason: str) -> None:
        """
        Its files can't be used for now. It may run all the same, so it is left alone.

        @param reason: why, in a sentence.
        """
        self._current.lose()
        isNews = self.unusable != reason
        if isNews:
            self.lost = Ended(None, self._basics.kernel.now(), reason)
        self._lifecycle().become(Status("failed", self.lost))
        if isNews:
            self._file.tell(self._lifecycle().status)

    @property
    def unusable(self) -> str | None:
        """Why its files can't be used, in a sentence; None when they can."""
        return None if self.lost is None else self.lost.reason
