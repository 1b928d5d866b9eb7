"""
What the state machine of a server is made of: what it can do, what can happen to it, and
what it knows. What follows from what is in L{gamepanel.servers.lifecycle}.
"""

from collections.abc import Callable, Sequence
from typing import Any, Protocol

from attrs import Factory, define
from msgspec.structs import replace
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IDelayedCall, IReactorTime

from gamepanel.games.definition import StopStep
from gamepanel.process.exit import Exit
from gamepanel.servers.events import LifeEvent
from gamepanel.servers.restart import Policy
from gamepanel.servers.status import Ended, Status
from gamepanel.wire.values import State


class Actions(Protocol):
    """
    What the machine can do.
    """

    def prepare(self) -> None:
        """Begin to get ready for a run; then C{_launched} or C{_broke} is called on the life."""

    def cancelPreparing(self) -> None:
        """Stop getting ready: neither is to be called any more."""

    def say(self, command: str) -> Deferred[None]:
        """
        Give the game a line of its type.

        @return: fires when that has it, and fails when it can't take it.
        """

    def signal(self, name: str) -> None:
        """Signal its group."""

    def killTree(self) -> None:
        """Begin to kill all that belongs to it, until nothing is left."""

    def killRest(self) -> Deferred[None]:
        """
        Kill what is left of it although its game has ended.

        @return: fires when nothing is left that can be killed; never when the daemon ends first.
        """

    def stopSteps(self) -> Sequence[StopStep]:
        """How this run is to be stopped."""

    def policy(self) -> Policy:
        """When it is to be started again."""

    def published(self, status: Status, events: Sequence[LifeEvent]) -> None:
        """The status has changed, since these events have happened."""


class Life(Protocol):
    """
    What can happen to a server. What begins with an underscore comes from actions and clock;
    C{by} is who asks for it, None when nobody does.
    """

    def start(self, by: str | None = None) -> None:
        """Somebody wants it to run."""

    def restart(self, by: str | None = None) -> None:
        """Somebody wants it to stop as its type says, and then to run."""

    def stop(self, by: str | None = None) -> None:
        """Somebody wants it to stop as its type says."""

    def retire(self) -> None:
        """The daemon ends and takes it along; it does not forget that it was to run."""

    def terminate(self, by: str | None = None) -> None:
        """Somebody wants it to get SIGTERM."""

    def killTree(self, by: str | None = None) -> None:
        """Somebody wants all its processes killed."""

    def rest(self) -> None:
        """Long work begins that needs it at rest, or waits for its turn."""

    def _rested(self, mayStart: bool, isChanged: bool = True) -> None:
        """
        That is over.

        @param mayStart: whether it can be started; else its restart policy tries no more.
        @param isChanged: whether the work has changed the server; else a crash or a failed start
            before it still counts.
        """

    def _notInstalled(self, reason: str) -> None:
        """That is over, and it can't be started."""

    def _atRest(self) -> None:
        """Nothing follows."""

    def _stillCrashed(self) -> None:
        """It had crashed before, and nothing has changed."""

    def _stillFailed(self) -> None:
        """It had failed before, and nothing has changed."""

    def _launched(self) -> None:
        """Its process runs."""

    def _broke(self, reason: str) -> None:
        """It could not be started."""

    def _ready(self) -> None:
        """Players can come."""

    def _startFailed(self, reason: str) -> None:
        """Its process runs, but players will never be able to come."""

    def _hung(self, seconds: float) -> None:
        """Its game has answered nothing for so many seconds."""

    def _stopHung(self, reason: str) -> None:
        """Its game hangs, and is to be stopped and started again for that."""

    def _responding(self, seconds: float) -> None:
        """Its game answers again, after so many seconds."""

    def _ended(self, exit: Exit, at: float, unready: str | None = None) -> None:
        """
        Its process has ended (Unix time).

        @param unready: what to say of a run that had not been ready; None where its type
            does not say when it is.
        """

    def _cleared(self, exit: Exit, at: float) -> None:
        """Nothing is left of a run that was to stop; for the parameters see L{_ended}."""

    def _due(self) -> None:
        """It is time for the next try."""

    def _notPermitted(self) -> None:
        """Its processes live on, since we may not end them."""

    def _nextStep(self) -> None:
        """The patience for a step is over."""

    def _reconsider(self) -> None:
        """The policy is another now."""

    def _stays(self, ended: Ended, by: str | None = None) -> None:
        """The policy says: all is well."""

    def _gaveUp(self, ended: Ended, reason: str) -> None:
        """The policy says: it will not be restarted."""

    def _gaveUpStarting(self, ended: Ended, reason: str) -> None:
        """The policy says: its start has failed, and will not be tried again."""

    def _retries(self, ended: Ended, crashes: tuple[float, ...], delay: float) -> None:
        """The policy says: it will be restarted after so many seconds."""


@define
class Core:
    """
    What the machine works with.

    @ivar actions: what it acts through.
    @ivar clock: measures delays and patience.
    @ivar uptime: seconds since the host started: goes on in sleep, knows no clock changes.
    @ivar now: Unix time in seconds, for people.
    @ivar jitter: a random number from -1 to 1.
    @ivar status: what was published last.
    @ivar timer: what will happen if nothing else does; a change of state cancels it.
    """

    actions: Actions
    clock: IReactorTime
    uptime: Callable[[], float]
    now: Callable[[], float]
    jitter: Callable[[], float]
    status: Status = Factory(Status)
    timer: IDelayedCall | None = None
    _news: tuple[LifeEvent, ...] = ()

    def note(self, event: LifeEvent) -> None:
        """Something has happened; it is published with the change of state that follows."""
        self._news = (*self._news, event)

    def become(self, state: State, *events: LifeEvent, **changes: Any) -> None:
        """
        Publish a change of state and its events; what belongs to the old one only is forgotten.
        """
        self.disarm()
        fresh = {
            "restartAt": None,
            "givenUp": None,
            "again": False,
            "stepsTried": None,
            "startFailure": None,
            "hung": None,
            "by": None,
            "before": "stopped",
            "resumes": False,
        }
        self.status = replace(self.status, state=state, **(fresh | changes))
        self._publish(*events)

    def change(self, **changes: Any) -> None:
        """Publish a change within a state; what is to happen in it still will."""
        self.status = replace(self.status, **changes)
        self._publish()

    def _publish(self, *events: LifeEvent) -> None:
        news, self._news = (*self._news, *events), ()
        self.actions.published(self.status, news)

    def arm(self, delay: float, then: Callable[[], None]) -> IDelayedCall:
        """
        Let something happen after so many seconds in this state.

        @return: is L{timer} for as long as it may happen.
        """
        self.disarm()
        self.timer = self.clock.callLater(delay, then)
        return self.timer

    def disarm(self) -> None:
        """Forget what was to happen."""
        if self.timer is not None and self.timer.active():
            self.timer.cancel()
        self.timer = None
