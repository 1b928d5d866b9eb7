"""
All servers of this daemon: made, found, destroyed; and those who run them.
"""

import os
import pwd
import resource
import shutil
import time
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import suppress
from typing import Any, Final

from twisted.internet.defer import Deferred, DeferredLock, succeed
from twisted.internet.interfaces import IDelayedCall, IReactorTime
from twisted.internet.task import Cooperator, deferLater
from twisted.logger import Logger

from gamepanel.disk.durable import makeDirectories
from gamepanel.errors import (
    Busy,
    NoSpace,
    NoSuchServer,
    NoSuchType,
    NotPermitted,
    NotStopped,
    PanelError,
    PortInUse,
    Problem,
    ServerExists,
    SpawnFailed,
    shortage,
)
from gamepanel.games.catalogue import Catalogue
from gamepanel.games.definition import ServerType
from gamepanel.host.ports import taken
from gamepanel.servers import recovery
from gamepanel.servers.context import ContextUser
from gamepanel.servers.events import EventSink, Hub
from gamepanel.servers.files import layout
from gamepanel.servers.log.ring import Ring, headerBytes
from gamepanel.servers.plan import checkUsable
from gamepanel.servers.ports import Claim, Clash, addresses, clashes, ports, proposals
from gamepanel.servers.process.group import Census, Usage
from gamepanel.servers.process.launch import Account
from gamepanel.servers.process.proc import bootId
from gamepanel.servers.process.process import IGameReactor
from gamepanel.servers.server import GameServer
from gamepanel.servers.settings import Settings, created
from gamepanel.servers.sharing import Shared
from gamepanel.store import ServerRow, Store
from gamepanel.store.events import NewEvent
from gamepanel.store.jobs import JobRow

MiB: Final = 1024 * 1024

watermarkBytes: Final = 16 * MiB
"""With less space than this on the disk, nothing new is begun that needs some."""

spareFiles: Final = 32
"""So many open files are left to those who ask and to the killing; no server gets them."""

lookAgainSeconds: Final = 5.0
"""How often servers whose files can't be used are looked at again."""

censusSeconds: Final = 2.0
"""What processes use is looked at no more often than this, and only when somebody asks."""

farewellSeconds: Final = 0.05

sliceSeconds: Final = 0.002

atRest: Final = ("stopped", "crashed", "failed", "waiting")
"""What a server may be while it is destroyed."""


def missingPrograms(definition: ServerType, path: str, machine: str) -> list[str]:
    """
    The programs that a type needs and that are not on this PATH.

    @param machine: what this one is, as uname(2) has it; if none of the type's programs
        runs on such a one, that is missing, too.
    """
    missing = [program for program in definition.needs if shutil.which(program, path=path) is None]
    if machine in definition.machines:
        return missing
    return [f"a machine of {' or '.join(definition.machines)} (this is {machine})", *missing]


def slices(reactor: IReactorTime) -> Cooperator:
    """Works things off in slices of L{sliceSeconds}, and lets others have their turn in between."""

    def slice() -> Callable[[], bool]:
        end = time.monotonic() + sliceSeconds
        return lambda: time.monotonic() >= end

    return Cooperator(slice, lambda work: reactor.callLater(0, work))


class Directory:
    """
    All servers, and what they share. It is the L{ServerContext} of each.

    @ivar leaving: whether the daemon is about to end.
    @ivar ending: tells when it is.
    @ivar events: where what happens goes.
    """

    def __init__(
        self,
        reactor: IGameReactor,
        inThread: Callable[..., Deferred[Any]],
        store: Store,
        catalogue: Catalogue,
        state: str,
        path: str,
        events: EventSink,
        serverUser: str | None = None,
        isRoot: bool = False,
        stopsServers: bool = False,
        boot: str | None = None,
    ) -> None:
        """
        @param inThread: C{deferToThread}, or something like it.
        @param state: absolute path of the state directory.
        @param path: PATH of children.
        @param events: where what happens goes.
        @param serverUser: whom servers run as, where we are root.
        @param isRoot: whether we are.
        @param stopsServers: whether servers are stopped when the daemon ends.
        @param boot: the C{bootId} of the host; None to ask the kernel.
        """
        self.reactor = reactor
        self.inThread = inThread
        self.catalogue = catalogue
        self.path = path
        self.leaving = False
        self.ending: Hub[None] = Hub()
        self.boot = bootId() if boot is None else boot
        self._stopsServers = stopsServers
        self._startingUp: Deferred[None] = succeed(None)
        self._store = store
        self._state = state
        self.events = events
        self._serverUser = serverUser
        self._isRoot = isRoot
        self._servers: dict[str, GameServer] = {}
        self._reserved: dict[str, Claim | None] = {}
        self._changing = DeferredLock()
        self._looking = Shared(lambda: Deferred.fromCoroutine(self._lookInTurn()))
        self._nextLook: IDelayedCall | None = None
        self._census = Census()
        self._counting: list[Deferred[None]] | None = None
        self._slices = slices(reactor)
        self._look = Shared(lambda: inThread(catalogue.look))
        self._log = Logger()

    # What servers ask of their context: see L{gamepanel.servers.context.ServerContext}.

    def definition(self, server: ContextUser) -> ServerType:
        """See L{ServerContext}."""
        try:
            return self.catalogue.find(server.type)
        except NoSuchType:
            raise SpawnFailed(f"The type {server.type} is not there any more.") from None

    async def lookAtTypes(self) -> None:
        """See L{ServerContext}. What can't be looked at now stays as it was known."""
        try:
            await self._look()
        except OSError as error:
            self._log.warn("type files can't be looked at: {reason}", reason=error.strerror)
        self.catalogue.tell()

    def account(self, definition: ServerType) -> Account | None:
        """See L{ServerContext}."""
        name = definition.run.user or self._serverUser
        if name is None or not self._isRoot:
            return None
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            raise SpawnFailed(f"There is no user {name} on this host.") from None
        self._setMode(layout.passableMode)
        return Account(entry.pw_uid, entry.pw_gid, name)

    def checkRoom(self) -> None:
        """See L{ServerContext}."""
        if shutil.disk_usage(self._state).free < watermarkBytes:
            raise NoSpace(f"Less than {watermarkBytes // MiB} MiB are free on the disk.")
        most, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
        if len(os.listdir("/proc/self/fd")) > most - spareFiles:
            raise Busy("The daemon has too few open files left for another server.", retryAfter=5)

    def usage(self, shim: int) -> Usage | None:
        """See L{ServerContext}."""
        return self._census.usage(shim)

    # Finding.

    def find(self, id: str) -> GameServer:
        """
        The server of this id.

        @raise NoSuchServer: when there is none.
        """
        try:
            return self._servers[id]
        except KeyError:
            raise NoSuchServer() from None

    def exists(self, id: str) -> bool:
        """Whether there is a server of this id."""
        return id in self._servers

    def creations(self, isMeant: Callable[[str], bool]) -> list[int]:
        """
        Numbers of the creations of servers that there are.

        @param isMeant: says of the id of a server whether it is wanted.
        """
        return [server.creation for id, server in self._servers.items() if isMeant(id)]

    def all(self) -> list[GameServer]:
        """All servers, sorted by id."""
        return [self._servers[id] for id in sorted(self._servers)]

    @property
    def countIsFresh(self) -> bool:
        """Whether what processes use was looked at lately."""
        at = self._census.at
        return at is not None and time.monotonic() - at < censusSeconds

    async def count(self) -> None:
        """
        See to it that what processes use is known as of now, give or take
        L{censusSeconds}. Whoever asks meanwhile waits for the same count.
        """
        if self.countIsFresh:
            return
        shims = [server.shim for server in self._servers.values() if server.shim is not None]
        if not shims:
            return
        waiting: Deferred[None] = Deferred()
        if self._counting is None:
            self._counting = []
            self._slices.coiterate(self._census.take(shims)).addBoth(self._counted)
        self._counting.append(waiting)
        await waiting

    def readings(self) -> Iterator[tuple[int, float, int]]:
        """
        What each server that runs has used, as of the last count: the number of its creation,
        CPU time of its run in seconds, and memory in bytes.
        """
        for server in self._servers.values():
            shim = server.shim
            usage = None if shim is None else self._census.usage(shim)
            if shim is not None and usage is not None:
                yield server.creation, self._census.cpuSeconds(shim), usage.memoryBytes

    def _counted(self, result: object) -> None:
        counting, self._counting = self._counting, None
        for waiting in counting or ():
            if not waiting.called:
                waiting.callback(None)

    # Making, changing, destroying.

    async def create(
        self,
        type: str,
        id: str,
        description: str,
        options: Mapping[str, object],
        owner: str | None,
        rights: Collection[str],
        by: str,
        maySee: Callable[[str], bool] = lambda id: False,
    ) -> GameServer:
        """
        Make a server: all of it, or nothing.

        @param id: as L{gamepanel.wire.values.idPattern} wants it.
        @param options: values of its type's options, unchecked.
        @param owner: the user who gets rights on it, if there is one.
        @param rights: which.
        @param by: who makes it.
        @param maySee: whether whoever asks may be told of another server.

        @raise NoSuchType: when there is no such type.
        @raise BadRequest: naming each value that is not taken.
        @raise ServerExists: when the id is taken.
        @raise PortInUse: when a port is another server's.
        @raise SpawnFailed: when the host lacks a program that it needs.
        @raise NoSpace: when the disk is full.
        """
        await self.lookAtTypes()
        definition = self.catalogue.find(type)
        settings = created(definition, description, options)
        checkUsable(definition, settings, "options")
        if id in self._servers or id in self._reserved:
            raise ServerExists()
        self._checkPorts(definition, settings, id, "options", maySee)
        self._checkNeeds(definition)
        self.checkRoom()
        account = self.account(definition)
        self._reserved[id] = Claim(id, definition, settings)
        place = self._place(id)
        try:
            await self.inThread(layout.make, place, self._aside(id), account)
            try:
                ring = self._open(place)
                event = NewEvent(time.time(), id, None, "created", {"type": type, "by": by})
                made = await self._store.addServer(_row(id, type, settings), owner, rights, event)
            except BaseException:
                await self.inThread(layout.unmake, place)
                raise
            server = GameServer(id, type, settings, place, ring, self, made.creation)
            self._servers[id] = server
            self.events.stored(made.events)
            return server
        finally:
            del self._reserved[id]

    def _open(self, place: str) -> Ring:
        try:
            return layout.openConsole(place)
        except OSError as error:
            if lack := shortage(error):
                raise lack from error
            raise

    def _aside(self, id: str) -> str:
        """Where what is left of a server is kept."""
        return os.path.join(self._state, "removed", f"{id}-{time.time_ns()}")

    def _place(self, id: str) -> str:
        return os.path.join(self._state, "servers", id)

    def _checkNeeds(self, definition: ServerType) -> None:
        missing = missingPrograms(definition, self.path, os.uname().machine)
        if missing:
            hint = f" Install it like this: {definition.hint}." if definition.hint else ""
            raise SpawnFailed(f"This host lacks {', '.join(missing)}.{hint}")

    def _checkPorts(
        self,
        definition: ServerType,
        settings: Settings,
        id: str,
        where: str,
        maySee: Callable[[str], bool],
    ) -> None:
        found = list(clashes(Claim(id, definition, settings), self._claims(id)))
        if not found:
            return

        def holder(clash: Clash) -> str:
            return f"the server {clash.server}" if maySee(clash.server) else "another server"

        raise PortInUse(
            f"Port {found[0].port} is used by {holder(found[0])}.",
            tuple(
                Problem((where, clash.option), f"{clash.port} is used by {holder(clash)}")
                for clash in found
            ),
        )

    def _claims(self, id: str | None = None) -> Iterator[Claim]:
        """Every server but one, also those that are being made."""
        types = self.catalogue.all()
        for other in self._servers.values():
            if other.id != id and other.type in types:
                yield Claim(other.id, types[other.type], other.settings)
        yield from (claim for claim in self._reserved.values() if claim is not None)

    async def freePorts(self, definition: ServerType) -> Mapping[str, int]:
        """
        Ports that a new server of a type could have, by the names of its options: no other
        server and no other program has them.
        """
        occupied = [port for claim in self._claims() for port in ports(claim.type, claim.settings)]
        bound = addresses(definition, Settings())
        found: Mapping[str, int] = await self.inThread(
            proposals, definition, occupied, lambda port: taken(port, bound) is None
        )
        return found

    async def change(
        self,
        server: GameServer,
        changes: Mapping[str, object],
        maySee: Callable[[str], bool] = lambda id: False,
    ) -> None:
        """
        Set some of a server's settings, all or none.

        @param changes: new values by name, unchecked; None takes one back to its default.
        @param maySee: whether whoever asks may be told of another server.

        @raise BadRequest: naming each value that is not taken.
        @raise ReadOnly: when one can be set at creation only.
        @raise PortInUse: when a port is another server's.
        @raise NoSuchServer: when it has been destroyed meanwhile.
        """
        # One after the other, so that what is taken back is only ever one's own.
        async with self._changing:
            if not self._has(server):
                raise NoSuchServer()
            definition = self.catalogue.find(server.type)
            settings = server.settings.changed(definition, changes)
            checkUsable(definition, settings, "settings")
            self._checkPorts(definition, settings, server.id, "settings", maySee)
            before = server.settings
            # At once, so that nobody else takes its ports.
            server.change(settings)
            try:
                await self._store.changeServer(_row(server.id, server.type, settings))
            except BaseException:
                server.change(before)
                raise

    async def destroy(
        self, server: GameServer, deleteFiles: bool, by: str, forgotten: Callable[[str], None]
    ) -> JobRow | None:
        """
        Forget a server; its id is free at once.

        @param deleteFiles: whether its files are to be deleted, too; else they are kept aside.
        @param by: who destroys it.
        @param forgotten: called with its id before that can be another server's.

        @return: the job that is to delete its files.

        @raise NotStopped: when it runs.
        @raise NotPermitted: when an earlier run has left processes behind that we may not end.
        @raise NoSuchServer: when it has been destroyed meanwhile.
        """
        await self.lookAgain(server)
        if not self._has(server):
            raise NoSuchServer()
        if server.status.state not in atRest:
            raise NotStopped()
        self._reserved[server.id] = None
        # From here on nobody finds it, and so nobody starts it.
        del self._servers[server.id]
        aside = self._aside(server.id)
        now, about = time.time(), (server.id, server.creation)
        event = NewEvent(now, *about, "destroyed", {"type": server.type, "by": by})
        job = None
        if deleteFiles:
            job = JobRow(0, *about, "delete", "queued", "files", by, now, {"path": aside})
        try:
            if server.status.state == "waiting":
                server.terminate(by)
            await server.endLeftovers()
            removed = await self._store.removeServer(
                server.id, *server.pendingEvents, event, job=job
            )
        except BaseException:
            self._servers[server.id] = server
            del self._reserved[server.id]
            raise
        try:
            forgotten(server.id)
            server.abandon()
            server.tellDestroyed()
            server.ring.close()
            self.events.stored(removed.events)
            await self.inThread(layout.moveAside, self._place(server.id), aside)
        finally:
            del self._reserved[server.id]
        return removed.job

    # The beginning and the end.

    def load(self, rows: Collection[ServerRow], asides: Mapping[str, str] | None = None) -> None:
        """
        Take up the servers that there are, before anything else happens.

        A directory without a row is what a crash left of a server being made or
        destroyed: it moves aside.

        @param asides: where to, for servers whose files are to be deleted.
        """
        makeDirectories(os.path.join(self._state, "removed"), 0o700)
        root = os.path.join(self._state, "servers")
        makeDirectories(root, 0o700)
        types = self.catalogue.all().values()
        anotherUser = self._isRoot and (self._serverUser or any(t.run.user for t in types))
        self._setMode(layout.passableMode if anotherUser else 0o700)
        known = {row.id for row in rows}
        for name in os.listdir(root):
            if name not in known:
                self._moveAside(os.path.join(root, name), name, (asides or {}).get(name))
        toStart = [row.id for row in rows if self._wake(row)]
        self._startingUp = Deferred.fromCoroutine(self._startInTurn(toStart))

    def _setMode(self, mode: int) -> None:
        """Only games of another user must be able to pass, to their own directories."""
        for directory in (self._state, os.path.join(self._state, "servers")):
            os.chmod(directory, mode)

    def _moveAside(self, path: str, name: str, wanted: str | None) -> None:
        aside = wanted if wanted and not os.path.lexists(wanted) else self._aside(name)
        try:
            layout.moveAside(path, aside)
        except OSError as error:
            self._log.error(
                "{name} is no server (any more), and can't be moved: {reason}",
                name=name,
                reason=str(error),
            )
        else:
            self._log.warn(
                "{name} is no server (any more): moved to {aside}", name=name, aside=aside
            )

    def _wake(self, row: ServerRow) -> bool:
        """
        Take up one server. If its files can't be used it is left as it is, for now.

        @return: whether it is to be started, since the host has restarted.
        """
        place = self._place(row.id)
        settings = Settings(row.description, row.own, row.options)
        nothing = Ring.format(memoryview(bytearray(2 * headerBytes)))
        server = GameServer(
            *(row.id, row.type, settings, place, nothing, self, row.creation, row.lastEvent)
        )
        self._servers[row.id] = server
        try:
            return self._goOn(server, recovery.find(row.id, place, self.boot))
        except OSError as error:
            self._log.error(
                "{server}: its files can't be used, it is left as it is until they can: {reason}",
                server=row.id,
                reason=str(error),
            )
            server.lose(_whyUnusable(error))
            self._lookAgainSoon()
            return False

    def _goOn(self, server: GameServer, found: recovery.Found) -> bool:
        rebooted = server.wake(found)
        return rebooted and server.status.wanted and bool(server.settings.own.get("autostart"))

    def _lookAgainSoon(self) -> None:
        if self._nextLook is None and not self.leaving:
            self._nextLook = self.reactor.callLater(lookAgainSeconds, self._lookAtAllAgain)

    def _lookAtAllAgain(self) -> None:
        self._nextLook = None
        if any(server.unusable is not None for server in self._servers.values()):
            looking = self._looking()
            looking.addErrback(lambda failure: self._log.failure("looking again failed", failure))
            looking.addBoth(lambda _: self._lookAgainSoon())

    async def lookAgain(self, server: GameServer) -> None:
        """
        Take up a server whose files could not be used, if they can be now.
        """
        if server.unusable is not None:
            # Never twice at a time: a log that is read into must not be opened anew.
            await self._looking()

    async def _lookInTurn(self) -> None:
        for server in self.all():
            if server.unusable is not None:
                await self._lookAt(server)

    async def _lookAt(self, server: GameServer) -> None:
        try:
            found = await self.inThread(recovery.find, server.id, server.directory, self.boot)
            if self.leaving or not self._has(server):
                return
            toStart = self._goOn(server, found)
        except OSError as error:
            server.lose(_whyUnusable(error))
            return
        self._log.info("{server}: its files can be used again", server=server.id)
        if toStart:
            await self._startInTurn([server.id])

    def _has(self, server: GameServer) -> bool:
        return self._servers.get(server.id) is server

    async def _startInTurn(self, ids: list[str]) -> None:
        """Start servers, one after the other: all at once would keep a host busy for minutes."""
        for id in ids:
            with suppress(PanelError):
                await self.find(id).start()

    async def leave(self) -> None:
        """Let go of all servers: they run on, or are stopped first."""
        self.leaving = True
        self.ending.tell(None)
        self._startingUp.cancel()
        if self._nextLook is not None:
            self._nextLook.cancel()
            self._nextLook = None
        for server in self.all():
            server.tellLeaving()
        running = [server for server in self.all() if server.shim is not None]
        if self._stopsServers:
            for server in self.all():
                try:
                    server.retire()
                except NotPermitted as error:
                    self._log.warn(
                        "{server} runs on: {reason}", server=server.id, reason=error.detail
                    )
            for server in running:
                # It goes back to another state if it turns out that it can't be ended.
                while server.shim is not None and server.status.state == "stopping":
                    await server.happens.next()
        else:
            self._log.info("{count} servers run on", count=len(running))
        for server in self.all():
            server.abandon()
        # What has just been said to clients is yet to be sent.
        await deferLater(self.reactor, farewellSeconds)


def _whyUnusable(error: OSError) -> str:
    """For people who do not know the host's paths."""
    return f"Its files can't be used: {error.strerror or 'they are damaged'}."


def _row(id: str, type: str, settings: Settings) -> ServerRow:
    return ServerRow(id, type, settings.description, settings.own, settings.options)
