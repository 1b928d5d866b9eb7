"""
All servers of this daemon: what the rest of it knows of them.
"""

from collections.abc import Collection, Iterator, Mapping
from typing import Final

from twisted.internet.task import deferLater
from twisted.logger import Logger

from gamepanel.base.errors import NotPermitted
from gamepanel.base.hub import Hub
from gamepanel.base.timer import Timer
from gamepanel.console.ring import Ring
from gamepanel.disk.places import Places
from gamepanel.games.definition import ServerType
from gamepanel.host.ports import taken
from gamepanel.servers.creation import Creation
from gamepanel.servers.events import Leaving
from gamepanel.servers.host import HostContext
from gamepanel.servers.kept import Keeping
from gamepanel.servers.ports import addresses, proposals
from gamepanel.servers.registry import Registry
from gamepanel.servers.restore import Restoring
from gamepanel.servers.server import GameServer
from gamepanel.servers.settings import Settings
from gamepanel.store import Store
from gamepanel.store.servers import ServerRow
from gamepanel.store.serverusers import ServerUserRow

farewellSeconds: Final = 0.05


class Directory:
    """
    All servers, and those who make, find and count them.

    @ivar context: what each server is given.
    @ivar catalogue: the types of servers.
    @ivar find: see L{Registry.find}; so C{exists}, C{has}, C{all}, C{creations}.
    @ivar added: told of each server as soon as it can be found, also of those that are loaded.
    @ivar removed: told of each server that was destroyed.
    @ivar store: where they are stored.
    @ivar creation: makes, changes and destroys them.
    @ivar leaving: whether the daemon is about to end.
    @ivar ending: tells when it is.
    @ivar takesAlong: whether servers are stopped when the daemon ends.
    """

    def __init__(self, context: HostContext, store: Store, stopsServers: bool = False) -> None:
        """@param stopsServers: see C{takesAlong}."""
        self.context = context
        self.catalogue = context.catalogue
        self.store = store
        places = Places(context.state)
        registry = self._registry = Registry(context.catalogue)
        self.find, self.exists, self.has = registry.find, registry.exists, registry.has
        self.all, self.creations = registry.all, registry.creations
        self.ofCreation = registry.ofCreation
        self.added, self.removed = registry.added, registry.removed
        self._restoring = Restoring(context, registry, places)
        self._keeping = Keeping(context, places)
        self.creation = Creation(
            context, registry, store, places, self._restoring.lookAgain, self._keeping
        )
        self.leaving = False
        self.ending: Hub[None] = Hub()
        self.takesAlong = stopsServers
        self._log = Logger()

    def rings(self) -> list[Ring]:
        """The consoles of all servers, sorted by id."""
        return [server.ring for server in self.all()]

    @property
    def areRunning(self) -> bool:
        """Whether there is a process of any server."""
        return any(server.shim is not None for server in self.all())

    async def freePorts(self, definition: ServerType) -> Mapping[str, int]:
        """
        Ports that a new server of a type could have, by the names of its options: no other
        server and no other program has them.
        """
        occupied = self._registry.ports()
        bound = addresses(definition, Settings())
        found: Mapping[str, int] = await self.context.threads.host(
            proposals, definition, occupied, lambda port: taken(port, bound) is None
        )
        return found

    # Counting.

    async def count(self) -> None:
        """See to it that what processes use is known, see L{Counting.count}."""
        await self.context.counting.count(self._registry.running())

    def readings(self) -> Iterator[tuple[int, float, int, int | None]]:
        """
        What each server that runs has used, as of the last count: the number of its creation,
        CPU time of its run in seconds, memory in bytes, and how many play, if that is known.
        """
        counting = self.context.counting
        for server in self.all():
            shim = server.shim
            usage = None if shim is None else counting.usage(shim)
            if shim is not None and usage is not None:
                online = None if server.players is None else server.players.online
                yield server.creation, counting.cpuSeconds(shim), usage.memoryBytes, online

    # The beginning and the end.

    def load(self, rows: Collection[ServerRow], asides: Mapping[str, str] | None = None) -> None:
        """Take up the servers that there are, before anything else happens."""
        self._restoring.load(rows, asides)
        adopted = sum(server.shim is not None for server in self.all())
        if adopted:
            self._log.info("{servers}: adopted", servers=_runningOn(adopted))
        self.context.disk.begin(lambda: [(each, each.shim is not None) for each in self.all()])
        self._keeping.begin()

    def loadUsers(self, rows: Collection[ServerUserRow], servers: Collection[ServerRow]) -> None:
        """Know which user ids servers have, before L{load}, if they have such."""
        users = self.context.users
        if users is not None:
            users.load(rows, {row.creation for row in servers})
            for aside in users.kept():
                self._keeping.takeBack(aside)

    async def lookAgain(self, server: GameServer) -> None:
        """Take up a server whose files could not be used, if they can be now."""
        await self._restoring.lookAgain(server)

    def takeAlong(self) -> None:
        """Stop all servers when the daemon ends, since the host does."""
        self.takesAlong = True

    async def leave(self, seconds: float | None = None, jobsRun: bool = False) -> None:
        """
        Let go of all servers: they run on, or are stopped first.

        @param seconds: after so long what has not stopped is killed; None: never.
        @param jobsRun: whether the process of a job runs on.
        """
        self.leaving = True
        self.context.disk.end()
        self._keeping.end()
        self.ending.tell(None)
        self._restoring.leave()
        for server in self.all():
            server.happens.tell(Leaving())
        if self.takesAlong:
            await self._stopAll(seconds)
        else:
            running = sum(server.shim is not None for server in self.all())
            self._log.info("{servers}", servers=_runningOn(running))
        if not (jobsRun or self.areRunning):
            # Else one that was just spawned may not have entered its control group yet.
            self.context.containment.leave()
        for server in self.all():
            server.abandon()
        self.context.configs.close()
        # What has just been said to clients is yet to be sent.
        await deferLater(self.context.reactor, farewellSeconds)

    async def _stopAll(self, seconds: float | None) -> None:
        """Stop all servers by the steps of their types, in parallel."""
        for server in self.all():
            try:
                server.retire()
            except NotPermitted as error:
                self._log.warn("{server} runs on: {reason}", server=server.id, reason=error.detail)
        deadline = Timer(self.context.reactor)
        if seconds is not None:
            deadline.after(seconds, self._killAll, seconds)
        for server in self.all():
            # It goes back to another state if it turns out that it can't be ended.
            while server.status.state == "stopping":
                await server.happens.next()
        deadline.cancel()

    def _killAll(self, seconds: float) -> None:
        """Kill what has not stopped, although its steps are not over."""
        for server in self.all():
            if server.status.state == "stopping":
                self._log.warn(
                    "{server} has not stopped within {seconds:g} s, and is killed",
                    server=server.id,
                    seconds=seconds,
                )
                server.killTree()


def _runningOn(count: int) -> str:
    return "1 server runs on" if count == 1 else f"{count} servers run on"
