"""
Which part of a server carries out what its state machine decides.
"""

from collections.abc import Sequence

from attrs import define
from twisted.internet.defer import Deferred

from gamepanel.games.definition import StopStep
from gamepanel.servers.basics import Basics
from gamepanel.servers.core import Core
from gamepanel.servers.current import CurrentRun
from gamepanel.servers.ending import Ending
from gamepanel.servers.events import LifeEvent
from gamepanel.servers.lifefile import LifeFile
from gamepanel.servers.restart import Policy
from gamepanel.servers.starting import Starting
from gamepanel.servers.status import Status


@define(eq=False, repr=False)
class Acting:
    """
    Has the parts of a server do what its state machine decides: the
    L{gamepanel.servers.core.Actions} of that.
    """

    _basics: Basics
    _file: LifeFile
    _current: CurrentRun
    _starting: Starting
    _ending: Ending

    def prepare(self) -> None:
        """See L{gamepanel.servers.core.Actions}."""
        self._starting.prepare()

    def cancelPreparing(self) -> None:
        """See L{gamepanel.servers.core.Actions}."""
        self._starting.cancelPreparing()

    def say(self, command: str) -> Deferred[None]:
        """See L{gamepanel.servers.core.Actions}."""
        return self._current.say(command)

    def signal(self, name: str) -> None:
        """See L{gamepanel.servers.core.Actions}."""
        self._current.signal(name)

    def killTree(self) -> None:
        """See L{gamepanel.servers.core.Actions}."""
        self._ending.killTree()

    def killRest(self) -> Deferred[None]:
        """See L{gamepanel.servers.core.Actions}."""
        return self._ending.killRest()

    def stopSteps(self) -> Sequence[StopStep]:
        """See L{gamepanel.servers.core.Actions}."""
        return self._current.stopSteps()

    def policy(self) -> Policy:
        """See L{gamepanel.servers.core.Actions}."""
        return self._basics.policy()

    def published(self, status: Status, events: Sequence[LifeEvent]) -> None:
        """See L{gamepanel.servers.core.Actions}."""
        self._file.published(status, events)


def coreOf(
    basics: Basics, file: LifeFile, current: CurrentRun, starting: Starting, ending: Ending
) -> Core:
    """What the state machine of a server works with, made of the server's parts."""
    actions, kernel = Acting(basics, file, current, starting, ending), basics.kernel
    return Core(actions, basics.context.reactor, kernel.uptime, kernel.now, kernel.jitter)
