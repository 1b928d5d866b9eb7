"""
What can be said of a server at one moment: a value, and how it comes about.
"""

from collections.abc import Callable

from msgspec import Struct

from gamepanel.process.usage import Usage
from gamepanel.servers.basics import Basics
from gamepanel.servers.current import CurrentRun
from gamepanel.servers.lifefile import LifeFile
from gamepanel.servers.presence import Presence
from gamepanel.servers.restart import recent
from gamepanel.servers.resuming import Lifecycle
from gamepanel.servers.serverlog import ServerLog
from gamepanel.servers.status import Status
from gamepanel.servers.storedlife import Run


class View(Struct, frozen=True):
    """
    What can be said of a server at one moment.

    @ivar readIndex: end of its log.
    @ivar run: the current run, or the last.
    @ivar alive: whether that run goes on.
    @ivar pid: the game's own process, while it is alive and known.
    @ivar uptime: for how long it has been alive, in seconds; None when it is not.
    @ivar crashes: how many crashes count now.
    @ivar window: for how long each counts, in seconds; None when there are none.
    @ivar nextAt: when it will be started again, Unix time in seconds, while it waits for that.
    @ivar usage: what its processes used when last looked at, while it is alive.
    @ivar players: who plays; None when that is not known.
    @ivar responds: whether its game has answered its last query; None when that is not known.
    """

    status: Status
    readIndex: int
    run: Run | None
    alive: bool
    pid: int | None
    uptime: float | None
    crashes: int
    window: float | None
    nextAt: float | None
    usage: Usage | None
    players: Presence | None = None
    responds: bool | None = None


Trace = tuple[object, ...]
"""Which server is meant, and what is to be said of it: equal as long as both stay."""


class Views(Struct, frozen=True):
    """
    Looks at a server.
    """

    _basics: Basics
    _log: ServerLog
    _file: LifeFile
    _current: CurrentRun
    _lifecycle: Callable[[], Lifecycle]

    def now(self) -> View:
        """All that can be said of it now."""
        status, run, alive = self._lifecycle().status, self._file.run, self._current.alive
        crashes, window = self._crashes(status)
        return View(
            status,
            self._log.ring.position,
            run,
            alive,
            run.pid if alive and run is not None else None,
            self._uptime(run) if alive and run is not None else None,
            crashes,
            window if crashes else None,
            self._nextAt(status),
            self._usage(),
            self._basics.players,
            self._responds(),
        )

    def trace(self) -> Trace:
        """
        What its view and its appearance are made of, at a fraction of the cost. Equal as long as
        these are, except that C{uptime} counts in whole seconds.
        """
        status, alive = self._lifecycle().status, self._current.alive
        basics = self._basics
        return (
            basics.id,
            basics.creation,
            status,
            basics.appearance,
            # Installed anew, its time is another.
            None if basics.installed is None else (basics.installed.version, basics.installed.at),
            basics.job,
            self._file.run,
            self._log.ring.position,
            int(basics.kernel.uptime()) if alive else None,
            self._usage() if alive else None,
            self._responds(),
            self._crashes(status) if status.crashes else None,
            None if status.restartAt is None else self._nextAt(status),
            basics.players,
        )

    def _uptime(self, run: Run) -> float:
        return round(self._basics.kernel.uptime() - run.startedUptime, 3)

    def _crashes(self, status: Status) -> tuple[int, float]:
        window = self._basics.policy().window if status.crashes else 0.0
        return len(recent(status.crashes, self._basics.kernel.uptime(), window)), window

    def _nextAt(self, status: Status) -> float | None:
        # As people's clocks have it now.
        kernel = self._basics.kernel
        if status.restartAt is None:
            return None
        return round(kernel.now() + status.restartAt - kernel.uptime(), 3)

    def _responds(self) -> bool | None:
        return self._basics.responds if self._current.alive else None

    def _usage(self) -> Usage | None:
        shim = self._current.shim
        return None if shim is None else self._basics.context.usage(shim)
