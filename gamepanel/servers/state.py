"""
Where a server's life stands: values. Each state has what is true in it and nothing else; the life
file stores it as it is.
"""

from typing import ClassVar, Literal

from msgspec import Struct

from gamepanel.process.runfiles import Exit
from gamepanel.wire.causes import Cause
from gamepanel.wire.values import State

Reason = Cause | str
"""What is said of something, for people; a text alone is what a daemon before causes has stored."""


class Ended(Struct, frozen=True):
    """
    How the last run ended.

    @ivar exit: with what code; None when there was no process, since the start failed.
    @ivar at: when, Unix time in seconds.
    @ivar reason: for people.
    @ivar startFailed: whether it had not been ready before.
    @ivar hung: whether it was stopped since it answered nothing any more.
    """

    exit: Exit | None
    at: float
    reason: Reason
    startFailed: bool = False
    hung: bool = False

    @property
    def isFailure(self) -> bool:
        """Whether it is one whatever the exit code says."""
        return self.startFailed or self.hung


class Past(Struct, frozen=True, tag_field="state", omit_defaults=True):
    """
    What is known of a server's life in any state.

    @cvar state: the word for it.
    @ivar ended: how its last run ended, if there was one.
    @ivar crashes: when it ended by itself and was to be restarted, in seconds
        since the host started.
    @ivar wanted: whether its last power action was a start.
    @ivar startedUptime: when it was last started, in seconds since the host started.
    """

    state: ClassVar[State]

    ended: Ended | None = None
    crashes: tuple[float, ...] = ()
    wanted: bool = False
    startedUptime: float | None = None


class Stopped(Past, frozen=True, tag="stopped"):
    """Nothing runs, and all is well."""

    state = "stopped"


class Starting(Past, frozen=True, tag="starting"):
    """
    A run is made ready, or players can't come yet.

    @ivar by: who asked for it; None when nobody did.
    """

    state = "starting"
    by: str | None = None


class Running(Past, frozen=True, tag="running"):
    """Players can come."""

    state = "running"


Purpose = Literal["stop", "restart", "unready", "hung"]
"""
Why a server is stopped: for good, to be started again, since its start has failed, or since its
game answers nothing.
"""


class Stopping(Past, frozen=True, tag="stopping"):
    """
    The game is being ended.

    @ivar by: who asked for it; None when nobody did.
    @ivar purpose: why.
    @ivar reason: what is said of a start that has failed, or of a game that hangs.
    @ivar stepsTried: how many steps of its type's way to stop it have been tried; None when
        nothing follows but patience.
    """

    state = "stopping"
    by: str | None = None
    purpose: Purpose = "stop"
    reason: Reason = ""
    stepsTried: int | None = None


class Waiting(Past, frozen=True, tag="waiting"):
    """
    It will be started again by itself.

    @ivar restartAt: when, in seconds since the host started.
    """

    state = "waiting"
    restartAt: float = 0.0


class Crashed(Past, frozen=True, tag="crashed"):
    """
    It has ended by itself, and will not be started again.

    @ivar givenUp: why.
    """

    state = "crashed"
    givenUp: Reason | None = None


class Failed(Past, frozen=True, tag="failed"):
    """
    It could not be started.

    @ivar givenUp: why that is not tried again, where that was to be decided.
    """

    state = "failed"
    givenUp: Reason | None = None


AtRest = Stopped | Waiting | Crashed | Failed
"""What it can be before long work."""


class Installing(Past, frozen=True, tag="installing"):
    """
    Long work needs it at rest.

    @ivar before: what it was before that.
    """

    state = "installing"
    before: AtRest = Stopped()


Status = Stopped | Starting | Running | Stopping | Waiting | Crashed | Failed | Installing
"""What is known of a server's life: published at each change, and enough to go on from."""
