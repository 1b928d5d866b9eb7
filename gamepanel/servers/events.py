"""
What happens to servers, and what of it is stored.
"""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Protocol

from msgspec import Struct
from twisted.internet.defer import Deferred

from gamepanel.process.runfiles import Exit
from gamepanel.servers.state import Status
from gamepanel.store.events import EventRow, NewEvent
from gamepanel.wire.causes import Cause
from gamepanel.wire.message import milliseconds


class LogGrew(Struct, frozen=True):
    """
    A server has printed something.

    @ivar position: index of the end of its log.
    """

    position: int


class StatusChanged(Struct, frozen=True):
    """
    The status of a server is another now, or something else that is shown with it.

    @ivar status: the status.
    """

    status: Status


class Destroyed(Struct, frozen=True):
    """A server is no more."""


class Leaving(Struct, frozen=True):
    """The daemon ends."""


ServerEvent = LogGrew | StatusChanged | Destroyed | Leaving
"""What those are told who listen to one server."""


def _about(exit: Exit | None) -> dict[str, Any]:
    """How a process ended, as the contract has it."""
    if exit is None:
        return {"code": None, "signal": None}
    return {"code": exit.code, "signal": exit.signal}


def _told(why: Cause | str) -> Mapping[str, Any]:
    """A reason as the contract has it; a text alone is one of an older daemon."""
    return {"reason": why} if isinstance(why, str) else {"reason": str(why), "cause": why}


class LifeEvent(Struct, frozen=True):
    """
    What happens in a server's life and is stored.

    @cvar kind: its word in the contract.
    """

    kind: ClassVar[str]

    def data(self) -> Mapping[str, Any]:
        """What the contract says of it."""
        return {name: getattr(self, name) for name in self.__struct_fields__}


class Starting(LifeEvent, frozen=True):
    """
    A server is being started.

    @ivar by: who asked for it; None when nobody did.
    """

    kind = "starting"
    by: str | None


class Ready(LifeEvent, frozen=True):
    """
    Players can come.

    @ivar by: who asked for the start; None when nobody did.
    """

    kind = "ready"
    by: str | None


class Stopping(LifeEvent, frozen=True):
    """
    A server is being ended.

    @ivar by: who asked for it; None when nobody did.
    """

    kind = "stopping"
    by: str | None


class Stopped(LifeEvent, frozen=True):
    """
    A server is at rest, and all is well.

    @ivar by: who asked for it; None when nobody did.
    @ivar exit: how its process ended; None when there was none.
    @ivar why: for people.
    """

    kind = "stopped"
    by: str | None
    exit: Exit | None
    why: Cause | str

    def data(self) -> Mapping[str, Any]:
        return {"by": self.by, **_about(self.exit), **_told(self.why)}


class Failed(LifeEvent, frozen=True):
    """
    A start has failed: players could not come.

    @ivar why: for people.
    """

    kind = "failed"
    why: Cause | str

    def data(self) -> Mapping[str, Any]:
        return _told(self.why)


class Crashed(LifeEvent, frozen=True):
    """
    A run has ended by itself, and not cleanly.

    @ivar exit: how.
    @ivar why: for people.
    """

    kind = "crashed"
    exit: Exit | None
    why: Cause | str

    def data(self) -> Mapping[str, Any]:
        return {**_about(self.exit), **_told(self.why)}


class Waiting(LifeEvent, frozen=True):
    """
    A server will be started again by itself.

    @ivar nextAt: when, Unix time in seconds.
    """

    kind = "waiting"
    nextAt: float

    def data(self) -> Mapping[str, Any]:
        return {"nextAt": milliseconds(self.nextAt)}


class GivenUp(LifeEvent, frozen=True):
    """
    A server will not be started again by itself, although its run was no success.

    @ivar why: for people.
    """

    kind = "given_up"
    why: Cause

    def data(self) -> Mapping[str, Any]:
        return _told(self.why)


class Hung(LifeEvent, frozen=True):
    """
    A game that had answered what it was asked answers nothing any more.

    @ivar seconds: for how long.
    """

    kind = "hung"
    seconds: float

    def data(self) -> Mapping[str, Any]:
        return {"seconds": round(self.seconds, 1)}


class Responding(LifeEvent, frozen=True):
    """
    A game that hung answers again.

    @ivar seconds: for how long it had not.
    """

    kind = "responding"
    seconds: float

    def data(self) -> Mapping[str, Any]:
        return {"seconds": round(self.seconds, 1)}


class OutOfMemory(LifeEvent, frozen=True):
    """
    The kernel has ended a run, since it used more memory than it may.

    @ivar limit: what it may use, in bytes.
    """

    kind = "out_of_memory"
    limit: int


class EventSink(Protocol):
    """Where what happens goes to be stored and told."""

    def record(self, event: NewEvent) -> Deferred[None]:
        """
        Something has happened.

        @return: fires when it is stored; does not fail.
        """

    def stored(self, rows: Sequence[EventRow]) -> None:
        """Something has happened, and was stored with what made it happen."""
