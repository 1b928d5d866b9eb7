"""
What people ask of a server, and when that is refused.
"""

from collections.abc import Callable

from attrs import define
from automat import NoTransition
from twisted.internet.defer import Deferred

from gamepanel.base.errors import JobRunning, NotInstalled, NotPermitted, NotRunning, SpawnFailed
from gamepanel.servers.adoption import Adoption
from gamepanel.servers.basics import Basics
from gamepanel.servers.current import CurrentRun
from gamepanel.servers.ending import Ending
from gamepanel.servers.resuming import Lifecycle
from gamepanel.servers.starting import Starting


@define(eq=False, repr=False)
class Requests:
    """
    What people ask of a server.
    """

    _basics: Basics
    _current: CurrentRun
    _starting: Starting
    _ending: Ending
    _adoption: Adoption
    _lifecycle: Callable[[], Lifecycle]

    def start(self, by: str | None = None) -> Deferred[None]:
        """
        Start it, or start it now if it waits for its next try.

        @param by: who asks for it; None when nobody does. So below.

        @return: fires when its process runs; fails with L{SpawnFailed}, L{NoSpace} or L{Busy}
            when there will be none. Cancelling it only stops the waiting.

        @raise AlreadyRunning: when it is not at rest.
        @raise JobRunning: when long work needs it at rest.
        @raise NotInstalled: when what installs it has not worked.
        @raise SpawnFailed: when its files can't be used, so that it may run already.
        """
        self._checkUsable()
        return self._starting.start(by)

    def stop(self, by: str | None = None) -> None:
        """
        Stop it as its type says.

        @raise NotRunning: when there is nothing to stop.
        @raise NotPermitted: when we can't.
        """
        self._ask(self._lifecycle().life.stop, by)

    def restart(self, by: str | None = None) -> None:
        """
        Stop it as its type says, and then start it; if it is at rest, start it.

        @raise JobRunning: when long work needs it at rest.
        @raise NotInstalled: when what installs it has not worked.
        @raise SpawnFailed: when its files can't be used, so that it may run already.
        """
        self._checkUsable()
        self._ask(self._lifecycle().life.restart, by)

    def _checkUsable(self) -> None:
        if self._adoption.unusable is not None:
            raise SpawnFailed(self._adoption.unusable)
        if self._lifecycle().status.state == "installing":
            raise JobRunning(job=self._basics.job)
        if self._basics.installed is not None and self._basics.installed.at is None:
            raise NotInstalled()

    def retire(self) -> None:
        """
        Stop it as its type says because the daemon ends; it does not count as asked for.

        @raise NotPermitted: when we can't.
        """
        self._checkPermitted()
        self._lifecycle().life.retire()

    def terminate(self, by: str | None = None) -> None:
        """
        Send SIGTERM to its process group.

        @raise NotRunning: when there is nothing to send it to.
        @raise NotPermitted: when we can't.
        """
        self._ask(self._lifecycle().life.terminate, by)

    def _ask(self, request: Callable[[str | None], None], by: str | None) -> None:
        self._checkPermitted()
        try:
            request(by)
        except NoTransition:
            if self._adoption.unusable is not None:
                raise NotPermitted(self._adoption.unusable) from None
            raise NotRunning() from None

    async def killEverything(self, by: str | None = None) -> None:
        """
        Send SIGKILL to every process of it, also those that an earlier run left behind.

        @raise NotRunning: when there is none.
        @raise NotPermitted: when we can't.
        """
        if self._adoption.unusable is not None:
            # Whatever a kill does to it, nobody could write down that it was asked for.
            raise NotPermitted(self._adoption.unusable)
        self._checkPermitted()
        try:
            self._lifecycle().life.killTree(by)
        except NoTransition:
            await self._killLeftovers(by)

    async def _killLeftovers(self, by: str | None) -> None:
        if self._lifecycle().status.state == "installing":
            # Nothing was left when that began; and what is done now may be done as the game's user,
            # all of whose processes would be killed.
            raise NotRunning()
        tag, kernel = self._current.tag(), self._basics.kernel
        left: list[int] = await self._basics.context.threads.killing(kernel.members, tag)
        if self._lifecycle().status.state in ("starting", "running", "stopping"):
            # It was started while we looked.
            self._lifecycle().life.killTree(by)
        elif any(kernel.maySignal(pid) for pid in left):
            self._ending.killTree()
        elif any(pid != tag.session for pid in left):
            raise NotPermitted()
        else:
            raise NotRunning()

    def _checkPermitted(self) -> None:
        if not self._current.mayEnd:
            raise NotPermitted()
