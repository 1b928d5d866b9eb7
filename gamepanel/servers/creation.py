"""
Servers are made, changed, destroyed: each wholly or not at all.
"""

import time
from collections.abc import Awaitable, Callable, Collection, Mapping
from typing import Any, Final

from attrs import frozen
from msgspec.structs import replace
from twisted.internet.defer import DeferredLock
from twisted.logger import Logger

from gamepanel.base.errors import BadRequest, NoSuchServer, NotStopped, ServerExists, shortage
from gamepanel.console import consolefile
from gamepanel.console.ring import Ring
from gamepanel.disk.places import Places
from gamepanel.games.definition import ServerType
from gamepanel.process.launch import Account
from gamepanel.servers import layout
from gamepanel.servers.basics import Basics
from gamepanel.servers.events import Destroyed
from gamepanel.servers.host import HostContext, groupOf
from gamepanel.servers.installtask import BackupOrigin, Origin, copyTask, installTask
from gamepanel.servers.kept import Keeping
from gamepanel.servers.limitoptions import diskLimit
from gamepanel.servers.needs import checkIsolated, checkNeeds
from gamepanel.servers.plan import checkUsable
from gamepanel.servers.ports import Claim
from gamepanel.servers.registry import Registry
from gamepanel.servers.server import GameServer
from gamepanel.servers.settings import Settings, created, isolationName
from gamepanel.store import Store
from gamepanel.store.events import NewEvent
from gamepanel.store.installs import Installed
from gamepanel.store.jobs import JobRow
from gamepanel.store.servers import ServerRow
from gamepanel.wire.values import OptionValue

atRest: Final = ("stopped", "crashed", "failed", "waiting")
"""What a server may be while it is destroyed."""


@frozen
class Retyped:
    """
    What a server of another type would be set to.

    @ivar reset: names of options whose values that type does not take, so that they have its
        defaults.
    """

    settings: Settings
    reset: tuple[str, ...]


class Creation:
    """
    Makes, changes and destroys servers.
    """

    def __init__(
        self,
        context: HostContext,
        registry: Registry,
        store: Store,
        places: Places,
        lookAgain: Callable[[GameServer], Awaitable[None]],
        keeping: Keeping,
    ) -> None:
        """
        @param lookAgain: takes up a server whose files could not be used, if they can be now.
        """
        self._context = context
        self._registry = registry
        self._store = store.servers
        self._places = places
        self._lookAgain = lookAgain
        self._keeping = keeping
        self._changing = DeferredLock()
        self._log = Logger()

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
        origin: Origin | BackupOrigin | None = None,
    ) -> tuple[GameServer, JobRow | None]:
        """
        Make a server: all of it, or nothing.

        @param id: as L{gamepanel.wire.values.idPattern} wants it.
        @param options: values of its type's options, unchecked.
        @param owner: the user who gets rights on it, if there is one.
        @param rights: which.
        @param by: who makes it.
        @param maySee: whether whoever asks may be told of another server.
        @param origin: what it begins as a copy of, instead of being installed; or a backup.

        @return: it, and the job that is to install it, if its type has steps for that.

        @raise NoSuchType: when there is no such type.
        @raise BadRequest: naming each value that is not taken.
        @raise ServerExists: when the id is taken.
        @raise PortInUse: when a port is another server's.
        @raise SpawnFailed: when the host lacks a program that it needs.
        @raise Unsupported: when it is run isolated only, or what installs it, and can't be here.
        @raise NoSpace: when the disk is full.
        """
        await self._context.lookAtTypes()
        definition = self._context.catalogue.find(type)
        if isinstance(origin, BackupOrigin):
            options = _fitting(definition, origin.options, options)
        settings = created(definition, description, options)
        if self._context.isolation.isOffered:
            settings = replace(settings, own={isolationName: True})
        await checkUsable(self._context.configs, definition, settings, "options")
        if self._registry.isTaken(id):
            raise ServerExists()
        claim = Claim(id, definition, settings)
        self._registry.checkPorts(claim, "options", maySee)
        checkNeeds(definition, self._context.path)
        isolation = self._context.isolation
        checkIsolated(definition, isolation, isolation.isOffered, isInstalled=False)
        if origin is None:
            checkIsolated(definition, isolation, isolation.isOffered, isInstalled=True)
        self._context.checkRoom()
        self._registry.reserve(id, claim)
        place = self._places.server(id)
        account = None
        try:
            account = await self._context.reserved(definition)
            await self._context.threads.disk(layout.make, place, self._places.aside(id), account)
            try:
                ring = _open(place)
                now = time.time()
                event = NewEvent(now, id, None, "created", {"type": type, "by": by})
                job = None
                if definition.install or origin is not None:
                    task = await _firstTask(
                        self._context, definition, id, settings, place, account, origin
                    )
                    job = JobRow(0, id, None, "install", "queued", "bytes", by, now, task)
                made = await self._store.addServer(
                    _row(id, type, settings), owner, rights, event, job=job
                )
            except BaseException:
                await self._context.threads.disk(layout.unmake, place)
                raise
            await self._assign(account, made.creation)
            server = GameServer(
                Basics(id, made.creation, type, settings, place, self._context), ring
            )
            if made.job is not None:
                server.changed(Installed(), made.job.job)
                server.rest()
            self._registry.add(server)
            self._context.events.stored(made.events)
            return server, made.job
        finally:
            self._registry.release(id)
            if account is not None and self._context.users is not None:
                self._context.users.release(account)

    async def _assign(self, account: Account | None, creation: int) -> None:
        """Let a user id that was reserved be a server's, if it is one for a server alone."""
        users = self._context.users
        if users is not None and account is not None and account.name is None:
            await users.assign(account, creation)

    async def change(
        self,
        server: GameServer,
        changes: Mapping[str, object],
        maySee: Callable[[str], bool] = lambda id: False,
        isAdmin: bool = True,
        by: str | None = None,
    ) -> None:
        """
        Set some of a server's settings, all or none.

        @param changes: new values by name, unchecked; None takes one back to its default.
        @param maySee: whether whoever asks may be told of another server.
        @param isAdmin: whether an administrator asks.
        @param by: who asks; None when nobody does.

        @raise BadRequest: naming each value that is not taken.
        @raise ReadOnly: when one can be set at creation only, or by administrators only.
        @raise Unsupported: when one can't be had on this host.
        @raise PortInUse: when a port is another server's.
        @raise NoSuchServer: when it has been destroyed meanwhile.
        """
        # One after the other, so that what is taken back is only ever one's own.
        async with self._changing:
            if not self._registry.has(server):
                raise NoSuchServer()
            definition = self._context.catalogue.find(server.type)
            shown = self._context.shownLimits(definition, server.settings)
            # Whoever sends back what was shown changes nothing.
            news = {n: v for n, v in changes.items() if n not in shown or shown[n] != v}
            settings = server.settings.changed(definition, news)
            if not isAdmin:
                settings.checkUnprotected(definition, server.settings)
            self._context.isolation.check(settings.isIsolated and not server.settings.isIsolated)
            self._context.checkLimits(definition, server.settings, settings)
            if settings.options != server.settings.options:
                await checkUsable(self._context.configs, definition, settings, "settings")
                if not self._registry.has(server):
                    raise NoSuchServer()
            self._registry.checkPorts(Claim(server.id, definition, settings), "settings", maySee)
            before = server.settings
            # At once, so that nobody else takes its ports.
            server.change(settings)
            names = settings.differing(definition, before, definition)
            about = time.time(), server.id, server.creation
            event = NewEvent(*about, "changed", {"by": by, "settings": names})
            row = _row(server.id, server.type, settings)
            try:
                stored = await self._store.changeServer(row, *([event] if names else []))
            except BaseException:
                server.change(before)
                raise
            self._context.events.stored(stored)

    async def retyped(
        self,
        server: GameServer,
        definition: ServerType,
        options: Mapping[str, object],
        maySee: Callable[[str], bool],
    ) -> Retyped:
        """
        The settings of a server after it has got another type; nothing is changed.

        @param definition: that type.
        @param options: values of its options, unchecked. Those of options that have the same
            name and kind now are kept, as far as they fit that type.
        @param maySee: whether whoever asks may be told of another server.

        @raise BadRequest: naming each value that is not taken or is missing.
        @raise PortInUse: when a port is another server's.
        @raise SpawnFailed: when the host lacks a program that it needs.
        """
        kept = keptOptions(
            self._context.catalogue.all().get(server.type), definition, server.settings
        )
        reset: list[str] = []
        while True:
            try:
                settings = created(definition, server.settings.description, {**kept, **options})
                settings = replace(settings, own=server.settings.own)
                await checkUsable(self._context.configs, definition, settings, "options")
                break
            except BadRequest as error:
                # A value that nobody has asked for is no reason to refuse: it goes back to its
                # default.
                named = {problem.field[-1] for problem in error.problems}
                unfit = named & (kept.keys() - options.keys())
                if not unfit:
                    raise
                reset += sorted(unfit)
                kept = {name: value for name, value in kept.items() if name not in unfit}
        self._registry.checkPorts(Claim(server.id, definition, settings), "options", maySee)
        checkNeeds(definition, self._context.path)
        return Retyped(settings, tuple(reset))

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
        await self._lookAgain(server)
        if not self._registry.has(server):
            raise NoSuchServer()
        if server.status.state not in atRest:
            raise NotStopped()
        self._registry.reserve(server.id)
        # From here on nobody finds it, and so nobody starts it.
        self._registry.remove(server)
        aside = self._places.aside(server.id)
        now, about = time.time(), (server.id, server.creation)
        event = NewEvent(now, *about, "destroyed", {"type": server.type, "by": by})
        job = None
        if deleteFiles:
            job = JobRow(0, *about, "delete", "queued", "files", by, now, {"path": aside})
        try:
            if server.status.state == "waiting":
                server.terminate(by)
            await server.killer.endLeftovers()
            removed = await self._store.removeServer(
                server.id, *server.file.outbox.pending, event, job=job
            )
        except BaseException:
            self._registry.add(server)
            self._registry.release(server.id)
            raise
        try:
            forgotten(server.id)
            server.abandon()
            server.happens.tell(Destroyed())
            server.ring.close()
            self._context.events.stored(removed.events)
            await self._context.threads.killing(
                self._context.containment.remove, groupOf(server.id)
            )
            await self._context.threads.disk(
                layout.moveAside, self._places.server(server.id), aside
            )
            await self._freeUser(server, aside, deleteFiles)
            self._keeping.prune()
        finally:
            self._registry.release(server.id)
        return removed.job

    async def _freeUser(self, server: GameServer, aside: str, deleteFiles: bool) -> None:
        """Its user id may be another's, once nothing of it is left: what is kept is ours then."""
        users = self._context.users
        if users is None:
            return
        hasRun = server.run is not None or server.installed is not None
        if await users.free(server.creation, aside, hasRun) and not deleteFiles:
            self._keeping.takeBack(aside)


def _open(place: str) -> Ring:
    try:
        return consolefile.openConsole(place)
    except OSError as error:
        if lack := shortage(error):
            raise lack from error
        raise


def _row(id: str, type: str, settings: Settings) -> ServerRow:
    return ServerRow(id, type, settings.description, settings.own, settings.options)


async def _firstTask(
    context: HostContext,
    definition: ServerType,
    id: str,
    settings: Settings,
    place: str,
    account: Account | None,
    origin: Origin | BackupOrigin | None,
) -> Mapping[str, Any]:
    """What brings the files of a new server."""
    restoring: dict[str, Any] = {}
    if isinstance(origin, BackupOrigin):
        restoring = {"backup": origin.backup, "paths": [], "keepOthers": True}
        if origin.isWhole or not definition.install:
            return restoring
    elif origin is not None:
        return copyTask(origin, place, account, diskLimit(settings.own, definition.limits))
    task: Mapping[str, Any] = await context.threads.disk(
        installTask,
        definition,
        id,
        settings,
        place,
        account,
        context.path,
        context.sources,
        context.isolation,
    )
    return {**task, **restoring}


def _fitting(
    definition: ServerType, kept: Mapping[str, Any], given: Mapping[str, object]
) -> dict[str, object]:
    """
    Values of a type's options that somebody gives, and of those that were kept what it takes.
    """
    kept = {name: kept[name] for name in kept.keys() & definition.optionsByName.keys()}
    while True:
        options: dict[str, object] = {**kept, **given}
        try:
            created(definition, "", options)
        except BadRequest as error:
            named = {problem.field[-1] for problem in error.problems}
            if unfit := named & (kept.keys() - given.keys()):
                kept = {name: value for name, value in kept.items() if name not in unfit}
                continue
        return options


def keptOptions(
    before: ServerType | None, after: ServerType, settings: Settings
) -> dict[str, OptionValue]:
    """
    The values that options of another type take over.

    @param before: the type now; None when there is none of this name any more.
    """
    if before is None:
        return {}
    kept = {}
    for name, option in after.optionsByName.items():
        old = before.optionsByName.get(name)
        isSame = old is not None and (old.type, old.accept) == (option.type, option.accept)
        if isSame and name in settings.options and option.follows is None:
            kept[name] = settings.options[name]
    return kept
