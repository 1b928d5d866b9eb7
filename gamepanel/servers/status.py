"""
Where a server's life stands: values.
"""

from msgspec import Struct

from gamepanel.process.exit import Exit
from gamepanel.wire.values import State


class Ended(Struct, frozen=True):
    """
    How the last run ended.

    @ivar exit: with what code; None when there was no process, since the start failed.
    @ivar at: when, Unix time in seconds.
    @ivar reason: in words, for people.
    @ivar startFailed: whether it had not been ready before.
    @ivar hung: whether it was stopped since it answered nothing any more.
    """

    exit: Exit | None
    at: float
    reason: str
    startFailed: bool = False
    hung: bool = False

    @property
    def isFailure(self) -> bool:
        """Whether it is one whatever the exit code says."""
        return self.startFailed or self.hung


class Status(Struct, frozen=True):
    """
    What is known of a server's life. Published at each change, and enough to go
    on from when the daemon was away.

    @ivar state: where it stands.
    @ivar ended: how its last run ended, if there was one.
    @ivar crashes: when it ended by itself and was to be restarted, in seconds
        since the host started.
    @ivar restartAt: when it will be started again, likewise, while C{waiting}.
    @ivar givenUp: why it will not be, while C{crashed} or C{failed}, and while it is
        C{installing} after that.
    @ivar wanted: whether its last power action was a start.
    @ivar again: whether it is to be started as soon as it has stopped.
    @ivar stepsTried: how many steps of its type's way to stop it have been tried,
        while C{stopping}; None when nothing follows but patience.
    @ivar by: who asked for what it does now, while C{starting} or C{stopping}; None when
        nobody did.
    @ivar startFailure: why its start has failed, while it is C{stopping} for that.
    @ivar hung: what is said of a game that hangs, while it is C{stopping} for that.
    @ivar before: the state to go back to when what it is C{installing} for is over.
    @ivar resumes: how daemons before the store's tenth form wrote that C{before} is C{waiting}.
    @ivar startedUptime: when it was last started, in seconds since the host started.
    """

    state: State = "stopped"
    ended: Ended | None = None
    crashes: tuple[float, ...] = ()
    restartAt: float | None = None
    givenUp: str | None = None
    wanted: bool = False
    again: bool = False
    stepsTried: int | None = None
    startFailure: str | None = None
    hung: str | None = None
    by: str | None = None
    startedUptime: float | None = None
    before: State = "stopped"
    resumes: bool = False
