"""
One game server: its parts, put together.
"""

from collections.abc import Mapping, Sequence

from msgspec.structs import replace
from twisted.internet.defer import Deferred

from gamepanel.base.hub import Hub
from gamepanel.console.ring import Ring
from gamepanel.process.kernel import Kernel, thisKernel
from gamepanel.process.owners import Counted
from gamepanel.servers.acting import coreOf
from gamepanel.servers.adoption import Adoption
from gamepanel.servers.appearance import Appearance
from gamepanel.servers.basics import Basics
from gamepanel.servers.context import ServerContext
from gamepanel.servers.current import CurrentRun
from gamepanel.servers.ending import Ending
from gamepanel.servers.events import ServerEvent
from gamepanel.servers.lifefile import LifeFile
from gamepanel.servers.presence import Presence
from gamepanel.servers.requests import Requests
from gamepanel.servers.resting import Resting
from gamepanel.servers.resuming import Lifecycle
from gamepanel.servers.serverlog import ServerLog
from gamepanel.servers.settings import Settings
from gamepanel.servers.starting import Starting
from gamepanel.servers.status import Status
from gamepanel.servers.storedlife import Run
from gamepanel.servers.view import Trace, View, Views
from gamepanel.servers.wellbeing import Wellbeing
from gamepanel.store.events import NewEvent
from gamepanel.store.installs import Installed
from gamepanel.wire.values import OptionValue


class GameServer:
    """
    One game server, from its creation to its destruction.

    @ivar id: its id.
    @ivar creation: number of its creation, which no other server has, not even one with this id.
    @ivar type: name of its type.
    @ivar directory: its directory in the state directory, see L{gamepanel.servers.layout}.
    @ivar home: the directory that belongs to its game.
    @ivar happens: tells what happens to it.
    @ivar runs: told when a run has begun, and when one is over.
    @ivar search: finds lines in its console.
    @ivar adoption: takes it up when the daemon starts.
    @ivar log: its console, and who follows that.
    @ivar wellbeing: whether its game answers.
    @ivar resting: keeps it at rest while long work needs that.
    """

    def __init__(
        self,
        id: str,
        type: str,
        settings: Settings,
        directory: str,
        ring: Ring,
        context: ServerContext,
        creation: int = 0,
        lastEvent: int = 0,
        kernel: Kernel = thisKernel,
    ) -> None:
        """@param lastEvent: number of the last of its events that is stored."""
        self.id, self.type, self.creation, self.directory = id, type, creation, directory
        self.happens: Hub[ServerEvent] = Hub()
        self._basics = Basics(id, creation, type, settings, directory, context, kernel)
        self.log = ServerLog(self._basics, ring, self.happens)
        self._file = LifeFile(self._basics, self.log, self.happens, lastEvent)
        life = self._life
        self._current = CurrentRun(self._basics, self.log, self._file, life)
        self.runs, self.search = self._current.runs, self._current.search
        self.home = self._basics.home
        self._views = Views(self._basics, self.log, self._file, self._current, life)
        self._ending = Ending(self._basics, self._current, life)
        parts = (self._basics, self.log, self._file, self._current, self._ending, life)
        self._starting, self.adoption = Starting(*parts), Adoption(*parts)
        asked = (self._basics, self._current, self._starting, self._ending, self.adoption)
        self._requests = Requests(*asked, life)
        self.wellbeing = Wellbeing(self._basics, self._file, self._current, life)
        self.resting = Resting(self._basics, self.log, self._file, life)
        core = coreOf(self._basics, self._file, self._current, self._starting, self._ending)
        self._lifecycle = Lifecycle(core)

    def _life(self) -> Lifecycle:
        # For the parts, which are there before it.
        return self._lifecycle

    @property
    def settings(self) -> Settings:
        """What has been set; a change counts from the next start on."""
        return self._basics.settings

    @property
    def installed(self) -> Installed | None:
        """What its install steps have brought; None: nothing was ever to."""
        return self._basics.installed

    @property
    def job(self) -> int | None:
        """Number of the long work of it that waits or runs."""
        return self._basics.job

    @property
    def appearance(self) -> Appearance:
        """By what people recognise it, as its type and its settings are now."""
        return self._basics.appearance

    @property
    def ring(self) -> Ring:
        """Its console."""
        return self.log.ring

    @property
    def status(self) -> Status:
        """Where its life stands."""
        return self._lifecycle.status

    @property
    def shim(self) -> int | None:
        """Number of its shim's process, while a run goes on."""
        return self._current.shim

    @property
    def counted(self) -> Counted | None:
        """By what its processes are counted, while a run goes on."""
        return self._current.counted

    @property
    def runIndex(self) -> int:
        """Where in its log the output of the current or last run begins."""
        return 0 if self._file.run is None else self._file.run.runIndex

    @property
    def endedAt(self) -> float | None:
        """When the last run has ended, Unix time in seconds; None while one goes on."""
        return self._current.endedAt

    @property
    def encoding(self) -> str:
        """In which the current or last run prints text."""
        return "utf-8" if self._file.run is None else self._file.run.encoding

    @property
    def logEnded(self) -> bool:
        """Whether nothing more can come into its log but by another run."""
        return not self.log.isOpen

    @property
    def run(self) -> Run | None:
        """The current run, or the last."""
        return self._file.run

    @property
    def players(self) -> Presence | None:
        """Who plays; None when that is not known."""
        return self._basics.players

    def show(self, players: Presence | None) -> None:
        """Tell who plays from now on."""
        if players != self._basics.players:
            self._basics.players = players
            self._file.tell(self.status)

    @property
    def diskLimit(self) -> int:
        """What its directory may take of the disk, in bytes; 0 where there is no limit."""
        return self._basics.diskLimit

    @property
    def unusable(self) -> str | None:
        """Why its files can't be used, in a sentence; None when they can."""
        return self.adoption.unusable

    @property
    def pendingEvents(self) -> Sequence[NewEvent]:
        """What has happened to it and is not known to be stored."""
        return self._file.outbox.pending

    def view(self) -> View:
        """All that can be said of it now."""
        return self._views.now()

    def trace(self) -> Trace:
        """See L{Views.trace}."""
        return self._views.trace()

    def start(self, by: str | None = None) -> Deferred[None]:
        """See L{Requests.start}."""
        return self._requests.start(by)

    def stop(self, by: str | None = None) -> None:
        """See L{Requests.stop}."""
        self._requests.stop(by)

    def restart(self, by: str | None = None) -> None:
        """See L{Requests.restart}."""
        self._requests.restart(by)

    def retire(self) -> None:
        """See L{Requests.retire}."""
        self._requests.retire()

    def killNow(self) -> None:
        """Kill all of it, whatever its life waits for; it does not count as asked for."""
        self._ending.killTree()

    def terminate(self, by: str | None = None) -> None:
        """See L{Requests.terminate}."""
        self._requests.terminate(by)

    async def killEverything(self, by: str | None = None) -> None:
        """See L{Requests.killEverything}."""
        await self._requests.killEverything(by)

    async def endLeftovers(self) -> None:
        """See L{Ending.endLeftovers}."""
        await self._ending.endLeftovers()

    def command(self, line: str) -> Deferred[None]:
        """See L{CurrentRun.command}."""
        return self._current.command(line)

    def change(self, settings: Settings) -> None:
        """Take on new settings."""
        self._basics.settings = settings
        if self.status.state == "waiting":
            self._lifecycle.life._reconsider()
        self._file.tell(self.status)

    def retype(self, type: str, options: Mapping[str, OptionValue]) -> None:
        """Be of another type from now on, with these values of its options; at rest."""
        self.type = self._basics.type = type
        self.change(replace(self.settings, options=options))

    def abandon(self) -> None:
        """Let go of its process, which runs on, and of all plans."""
        self._lifecycle.disarm()
        self.log.sync.cancel()
        self._starting.cancelPreparing()
        self._ending.cancel()
        self._current.abandon()
