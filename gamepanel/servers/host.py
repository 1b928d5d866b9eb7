"""
What this host and this daemon give each server: types, accounts, room, threads.
"""

import os
import pwd
import resource
import shutil
import time
from collections.abc import Mapping
from typing import Any, Final

from msgspec import Struct
from twisted.logger import Logger

from gamepanel.base.errors import Busy, NoSpace, SpawnFailed
from gamepanel.base.hub import Coalesced
from gamepanel.base.threads import Threads, slices
from gamepanel.console.finetimer import FineTimer
from gamepanel.console.gameprocess import IGameReactor
from gamepanel.console.readings import Readings
from gamepanel.games.catalogue import Catalogue
from gamepanel.games.definition import ServerType
from gamepanel.process.containment import Contained, Containment
from gamepanel.process.home import homeIn, passableMode
from gamepanel.process.isolation import Isolation
from gamepanel.process.launch import Account, Launch
from gamepanel.process.proc import bootId, isRoomForFiles
from gamepanel.process.seen import Visible
from gamepanel.process.usage import Counting
from gamepanel.process.users import ServerUsers, group, passwd
from gamepanel.servers import layout
from gamepanel.servers.configs.worker import ConfigFiles
from gamepanel.servers.diskusage import DiskUsage
from gamepanel.servers.events import EventSink
from gamepanel.servers.limitoptions import limitsOf, shownLimits
from gamepanel.servers.needs import checkIsolated
from gamepanel.servers.settings import Settings
from gamepanel.wire.causes import because

MiB: Final = 1024 * 1024

watermarkBytes: Final = 16 * MiB
"""With less space than this on the disk, nothing new is begun that needs some."""

spareFiles: Final = 32
"""So many open files are left to those who ask and to the killing; no server gets them."""


def groupOf(id: str) -> str:
    """Name of the control group of a server."""
    return f"server-{id}"


class HostSetup(Struct, frozen=True):
    """
    How servers are run on this host, as its operator wants it.

    @ivar state: absolute path of the state directory.
    @ivar path: PATH of children.
    @ivar serverUser: whom servers run as, where we are root.
    @ivar isRoot: whether we are.
    @ivar boot: the C{bootId} of the host; None to ask the kernel.
    @ivar isolation: whether games are isolated; None when none is.
    @ivar users: gives each server a user id, where we are root; None when none has its own.
    @ivar containment: what holds the processes of a server together; None when nothing does.
    @ivar sources: where games are downloaded from.
    @ivar adoptFrom: directories of the host below which servers may be copied from.
    """

    state: str
    path: str
    serverUser: str | None = None
    isRoot: bool = False
    boot: str | None = None
    isolation: Isolation | None = None
    users: ServerUsers | None = None
    containment: Containment | None = None
    sources: Mapping[str, Any] = {}
    adoptFrom: tuple[str, ...] = ()


class HostContext:
    """
    What all servers of a daemon need of it and of the host; for what stands not here see
    L{HostSetup}.

    @ivar catalogue: the types.
    @ivar counting: what servers use.
    @ivar disk: what those take of the disk that have a limit.
    """

    def __init__(
        self,
        reactor: IGameReactor,
        threads: Threads,
        catalogue: Catalogue,
        events: EventSink,
        configs: ConfigFiles,
        setup: HostSetup,
    ) -> None:
        """
        @param threads: run what waits elsewhere.
        @param events: where what happens goes.
        @param configs: reads and writes configuration files.
        """
        self.reactor = reactor
        self.threads = threads
        self.catalogue = catalogue
        self.events = events
        self.configs = configs
        self.readings = Readings(reactor, FineTimer(reactor))
        self.slices = slices(reactor)
        self.counting = Counting(reactor, threads.killing)
        self.disk = DiskUsage(reactor, threads.disk, events, time.time)
        self.state, self.path = setup.state, setup.path
        self.users = setup.users if setup.isRoot else None
        self.sources, self.adoptFrom = setup.sources, setup.adoptFrom
        self.boot = setup.boot or bootId()
        self.isolation = setup.isolation or Isolation("off", None, Visible(setup.state))
        self.containment = setup.containment or Containment()
        self._serverUser = setup.serverUser
        self._isRoot = setup.isRoot
        self._look = Coalesced(lambda: threads.disk(catalogue.look))
        self._log = Logger()

    async def lookAtTypes(self) -> None:
        """See to it that type files count as they are now, as far as they can be looked at."""
        try:
            await self._look()
        except OSError as error:
            self._log.warn("type files can't be looked at: {reason}", reason=error.strerror)
        self.catalogue.tell()

    async def account(self, creation: int, definition: ServerType) -> Account | None:
        """
        Whom a server of this type runs as; raises L{SpawnFailed} when there is no such user.

        @param creation: number of the creation of the server.
        """
        if self.users is not None and definition.run.user is None:
            return self._passing(await self.users.account(creation))
        return self._named(definition)

    async def reserved(self, definition: ServerType) -> Account | None:
        """
        Whom a server of this type that is about to be made will run as. If L{ServerUsers} has
        given it, it is to be assigned or released.

        @raise SpawnFailed: when there is no such user, or none left.
        """
        if self.users is not None and definition.run.user is None:
            return self._passing(await self.users.reserve())
        return self._named(definition)

    def _named(self, definition: ServerType) -> Account | None:
        name = definition.run.user or self._serverUser
        if name is None or not self._isRoot:
            return None
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            raise SpawnFailed(because("no_host_user", user=name)) from None
        return self._passing(Account(entry.pw_uid, entry.pw_gid, name))

    def _passing(self, account: Account) -> Account:
        self._setMode(passableMode)
        return account

    def isolated(
        self, launch: Launch, definition: ServerType, settings: Settings, directory: str
    ) -> Launch:
        """
        A launch with the sandbox that it is to have, if any. Call it in a thread; raises
        L{SpawnFailed} when it must not start without one, and an error C{unsupported} when its
        command is run isolated only.
        """
        home, names = homeIn(directory), {}
        if launch.account is not None and launch.account.name is None:
            shown = {
                "/etc/passwd": passwd(launch.account, home),
                "/etc/group": group(launch.account),
            }
            names = layout.writeNames(directory, shown)
        found = self.isolation.applied(
            launch,
            home,
            settings.isIsolated,
            definition.run.sees,
            definition.needs,
            names.items(),
        )
        checkIsolated(definition, self.isolation, found.sandbox is not None, isInstalled=False)
        return found

    def contained(
        self, id: str, launch: Launch, definition: ServerType, settings: Settings
    ) -> Contained:
        """
        A launch with the control group and the limits that it is to have, if any. Call it in
        a thread; raises L{SpawnFailed} when it must not start without them.
        """
        wanted = limitsOf(settings.own, definition.limits)
        return self.containment.applied(groupOf(id), launch, wanted, settings.own)

    def isApart(self, definition: ServerType, settings: Settings) -> bool:
        """Whether a game runs as another user than we, or isolated."""
        isIsolated = settings.isIsolated or self.isolation.mode == "on"
        return (
            self._haveUser
            or (self._isRoot and definition.run.user is not None)
            or (isIsolated and self.isolation.isOffered)
        )

    def shownLimits(self, definition: ServerType, settings: Settings) -> dict[str, int]:
        """The limits of a server that are shown: what its type wants and can't be had is 0."""
        limitable = self.containment.limitable(self.isApart(definition, settings))
        return shownLimits(settings.own, definition.limits, limitable)

    def checkLimits(self, definition: ServerType, before: Settings, after: Settings) -> None:
        """
        Check a change of settings.

        @raise Unsupported: when it sets a limit that can't be had here.
        """
        old, new = (limitsOf(each.own, definition.limits) for each in (before, after))
        self.containment.check(old, new, self.isApart(definition, after))

    def features(self) -> tuple[str, ...]:
        """What C{config} tells of what can be done for games here."""
        isApart = self.isolation.isOffered or self._haveUser
        isEach = self.isolation.isOffered and self.isolation.mode == "on"
        return (
            *(("isolation",) if self.isolation.isOffered else ()),
            *(("uid-per-server",) if self.users is not None else ()),
            "disk-limit",
            *self.containment.features(isApart, self.users is not None or isEach),
        )

    @property
    def _haveUser(self) -> bool:
        """Whether games have another user than we, whatever their type says."""
        return self._isRoot and (self._serverUser is not None or self.users is not None)

    def checkRoom(self) -> None:
        """Raise L{NoSpace} when the disk is nearly full, L{Busy} when open files run out."""
        if shutil.disk_usage(self.state).free < watermarkBytes:
            raise NoSpace(because("disk_low", least=watermarkBytes))
        most, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
        if not isRoomForFiles(spareFiles, most):
            raise Busy(because("too_few_open_files"), retryAfter=5)

    def prepareState(self) -> None:
        """
        Let games of other users pass to their own directories, if there may be such.
        """
        # None of the shipped types names a user.
        named = any(each.run.user for each in self.catalogue.own())
        anotherUser = self._isRoot and (self._serverUser or self.users or named)
        self._setMode(passableMode if anotherUser else 0o700)

    def _setMode(self, mode: int) -> None:
        """Only games of another user must be able to pass, to their own directories."""
        for directory in (self.state, os.path.join(self.state, "servers")):
            os.chmod(directory, mode)
