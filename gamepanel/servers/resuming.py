"""
Goes on with the life of a server from any status, as if the daemon had never been away.
"""

from attrs import Factory, define

from gamepanel.servers.core import Core, Life
from gamepanel.servers.events import LifeEvent
from gamepanel.servers.lifecycle import (
    crashed,
    failed,
    installing,
    machine,
    running,
    starting,
    stopped,
    stopping,
    waiting,
)
from gamepanel.servers.status import Status

resumable = {
    "installing": installing,
    "stopped": stopped,
    "crashed": crashed,
    "failed": failed,
    "starting": starting,
    "running": running,
    "stopping": stopping,
    "waiting": waiting,
}
"""The state to go on from, for each that is shown."""


def resume(core: Core) -> Life:
    """
    The life of a server that was there before the daemon, from the status that
    C{core} holds. Its process, if it has one, has been adopted; it may end only later.
    """
    life = machine(core, resumable[core.status.state])
    if core.status.state == "waiting" and core.status.restartAt is not None:
        core.arm(max(core.status.restartAt - core.uptime(), 0.0), life._due)
    if core.status.state == "stopping" and core.status.stepsTried is not None:
        # The patience of the step that was under way begins anew.
        steps = core.actions.stopSteps()
        patience = steps[core.status.stepsTried - 1].patience if core.status.stepsTried else 0.0
        core.arm(patience, life._nextStep)
    return life


@define(eq=False, repr=False)
class Lifecycle:
    """
    Has the life of a server, which begins anew where that is taken up from its files.

    @ivar life: what can happen to it now.
    """

    _core: Core
    life: Life = Factory(lambda self: resume(self._core), takes_self=True)

    @property
    def status(self) -> Status:
        """What was published last."""
        return self._core.status

    def note(self, event: LifeEvent) -> None:
        """Something has happened; it is published with the change of status that follows."""
        self._core.note(event)

    def become(self, status: Status) -> None:
        """Go on from another status."""
        self.disarm()
        self._core.status = status
        self.life = resume(self._core)

    def disarm(self) -> None:
        """Forget what was to happen by itself."""
        self._core.disarm()
