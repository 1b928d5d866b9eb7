"""
What a server needs from those it lives with; L{gamepanel.servers.hostcontext} has it.
"""

from collections.abc import Mapping
from typing import Protocol

from twisted.internet.task import Cooperator

from gamepanel.base.threads import Threads
from gamepanel.console.gameprocess import IGameReactor
from gamepanel.console.readings import Readings
from gamepanel.games.definition import ServerType
from gamepanel.process.containment import Contained
from gamepanel.process.launch import Account, Launch
from gamepanel.process.usage import Usage
from gamepanel.servers.configs.worker import ConfigFiles
from gamepanel.servers.diskusage import Limited
from gamepanel.servers.events import EventSink
from gamepanel.servers.settings import Settings


class ContextUser(Protocol):
    """What those need of a server."""

    @property
    def type(self) -> str:
        """Name of its type."""

    @property
    def creation(self) -> int:
        """Number of its creation."""

    @property
    def directory(self) -> str:
        """Its directory in the state directory."""


class ServerContext(Protocol):
    """What a server needs from those it lives with."""

    @property
    def reactor(self) -> IGameReactor:
        """Watches pipes and processes, and measures time."""

    @property
    def boot(self) -> str:
        """The C{bootId} of the host."""

    @property
    def path(self) -> str:
        """PATH of children."""

    @property
    def events(self) -> EventSink:
        """Where what happens goes."""

    @property
    def threads(self) -> Threads:
        """Run what waits for disk or C{/proc} elsewhere."""

    @property
    def readings(self) -> Readings:
        """Reads the consoles of games again that print all the time."""

    @property
    def slices(self) -> Cooperator:
        """Works off what is long, a little in each turn of the reactor."""

    @property
    def configs(self) -> ConfigFiles:
        """Reads and writes configuration files."""

    def definition(self, server: ContextUser) -> ServerType:
        """The server's type, as it is now; raises L{SpawnFailed} when there is none any more."""

    async def account(self, server: ContextUser, definition: ServerType) -> Account | None:
        """Whom a server of this type runs as; raises L{SpawnFailed} when there is no such user."""

    def ownUser(self, server: ContextUser) -> int | None:
        """The number of the user that a server's game alone runs as, if it has one of its own."""

    def isolated(
        self, launch: Launch, definition: ServerType, settings: Settings, directory: str
    ) -> Launch:
        """
        A launch with the sandbox that it is to have, if any. Call it in a thread; raises
        L{SpawnFailed} when it must not start without one.
        """

    def contained(
        self, id: str, launch: Launch, definition: ServerType, settings: Settings
    ) -> Contained:
        """
        A launch with the control group and the limits that it is to have, if any. Call it in
        a thread; raises L{SpawnFailed} when it must not start without them.
        """

    def shownLimits(self, definition: ServerType, settings: Settings) -> Mapping[str, int]:
        """
        The limits that count on this host, by the names of their settings: what its type wants
        and can't be had is 0.
        """

    async def lookAtTypes(self) -> None:
        """See to it that type files count as they are now."""

    async def checkDisk(self, server: Limited, limit: int | None = None) -> None:
        """
        Raise L{QuotaExceeded} when a server takes more of the disk than it may, or than another
        limit, in bytes.
        """

    def checkRoom(self) -> None:
        """Raise L{NoSpace} when the disk is nearly full, L{Busy} when open files run out."""

    def usage(self, shim: int) -> Usage | None:
        """What the processes of this shim used when last looked at."""
