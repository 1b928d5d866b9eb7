"""
One game server: what people ask of it, and what its life has done.
"""

from collections.abc import Callable, Sequence

from automat import NoTransition
from msgspec import Struct
from twisted.internet.defer import Deferred, fail

from gamepanel.base.errors import (
    AlreadyRunning,
    JobRunning,
    NotInstalled,
    NotPermitted,
    NotRunning,
    NotStopped,
    SpawnFailed,
)
from gamepanel.base.hub import Hub
from gamepanel.console.ring import Ring
from gamepanel.games.definition import StopStep
from gamepanel.servers.basics import Basics
from gamepanel.servers.events import LifeEvent, ServerEvent
from gamepanel.servers.game import Game, Parts, Runs
from gamepanel.servers.kill import Killer
from gamepanel.servers.life import Lifecycle
from gamepanel.servers.lifefile import LifeFile
from gamepanel.servers.restart import Policy
from gamepanel.servers.serverlog import ConsoleSearch, ServerLog
from gamepanel.servers.settings import Settings
from gamepanel.servers.start import Starter
from gamepanel.servers.state import Ended, Failed, Status
from gamepanel.servers.storedlife import Run
from gamepanel.store.installs import Installed
from gamepanel.wire.causes import Cause


class Presence(Struct, frozen=True):
    """
    How many play on a server, and who.

    @ivar online: how many.
    @ivar max: how many can; None when that is not known.
    @ivar names: who, in the order in which they came; None when that is not known.
    @ivar at: when that was last heard of, Unix time in seconds.
    """

    online: int
    max: int | None
    names: tuple[str, ...] | None
    at: float


class GameServer:
    """
    One game server, from its creation to its destruction.

    @ivar happens: tells what happens to it.
    @ivar runs: its runs.
    @ivar log: its console, and who follows that.
    @ivar life: where it stands, and what can happen then.
    @ivar file: what the next daemon must know of it.
    @ivar search: finds lines in its console.
    @ivar killer: ends what is left of it.
    @ivar starter: begins its runs.
    @ivar installed: what its install steps have brought; None: nothing was ever to.
    @ivar job: number of the long work of it that waits or runs.
    @ivar players: who plays; None when that is not known.
    @ivar lost: why and since when its files can't be used; None when they can.
    @ivar held: number of the job that copies it at rest: it is not to be started meanwhile.
    """

    def __init__(self, basics: Basics, ring: Ring, lastEvent: int = 0) -> None:
        """
        @param basics: which it is, and what has been set.
        @param ring: what is in its console.
        @param lastEvent: number of the last of its events that is stored.
        """
        self.basics, self.id, self.creation = basics, basics.id, basics.creation
        self.directory, self.home = basics.directory, basics.home
        self.happens: Hub[ServerEvent] = Hub()
        self.runs = Runs()
        self.log = ServerLog(basics, ring, self.happens)
        self.life = Lifecycle(self, basics.context.reactor, basics.kernel)
        self.file = LifeFile(basics, self.log, self.happens, self.life, lastEvent)
        self.search = ConsoleSearch(
            basics.context.reactor, basics.context.slices, self.log, self.file, self.runs.changed
        )
        self.killer = Killer(basics, self.file, self.life)
        self.starter = Starter(
            Parts(basics, self.log, self.search, self.file, self.life, self.killer, self.runs)
        )
        self.installed: Installed | None = None
        self.job: int | None = None
        self.players: Presence | None = None
        self.lost: Ended | None = None
        self.held: int | None = None

    # What is known of it.

    @property
    def type(self) -> str:
        """Name of its type."""
        return self.basics.type

    @property
    def settings(self) -> Settings:
        """What has been set; a change counts from the next start on."""
        return self.basics.settings

    @property
    def diskLimit(self) -> int:
        """What its directory may take of the disk, in bytes; 0 where there is no limit."""
        return self.basics.diskLimit

    @property
    def status(self) -> Status:
        """Where its life stands."""
        return self.life.status

    @property
    def ring(self) -> Ring:
        """What is in its console."""
        return self.log.ring

    @property
    def logEnded(self) -> bool:
        """Whether nothing more can come into its log but by another run."""
        return not self.log.isOpen

    @property
    def game(self) -> Game | None:
        """What runs; None while nothing does."""
        return self.runs.game

    @property
    def asked(self) -> Game | None:
        """The game that is to be asked whether it is well: players can come, and there is a way."""
        game = self.game
        isAsked = game is not None and game.record.asking and self.status.state == "running"
        return game if isAsked else None

    @property
    def run(self) -> Run | None:
        """The current run, or the last."""
        return self.file.run

    @property
    def shim(self) -> int | None:
        """Number of its shim's process, while a run goes on."""
        return None if self.game is None else self.game.shim

    @property
    def endedAt(self) -> float | None:
        """When the last run has ended, Unix time in seconds; None while one goes on."""
        return None if self.runs.last is None else self.runs.last.endedAt

    @property
    def encoding(self) -> str:
        """In which the current or last run prints text."""
        return "utf-8" if self.run is None else self.run.encoding

    @property
    def unusable(self) -> Cause | None:
        """Why its files can't be used, in a sentence; None when they can."""
        reason = None if self.lost is None else self.lost.reason
        return reason if isinstance(reason, Cause) else None

    # What is asked of it.

    def start(self, by: str | None = None) -> Deferred[None]:
        """
        Start it, or start it now if it waits for its next try.

        @param by: who asks for it; None when nobody does. So below.

        @return: see L{Starter.started}. Cancelling it only stops the waiting.

        @raise AlreadyRunning: when it is not at rest.
        @raise JobRunning: when long work needs it at rest.
        @raise NotInstalled: when what installs it has not worked.
        @raise SpawnFailed: when its files can't be used, so that it may run already.
        """
        self._checkUsable()
        self.basics.context.checkRoom()
        try:
            return self.starter.started(lambda: self.life.now.start(by))
        except NoTransition:
            raise AlreadyRunning() from None

    def stop(self, by: str | None = None) -> None:
        """
        Stop it as its type says.

        @raise NotRunning: when there is nothing to stop.
        @raise NotPermitted: when we can't.
        """
        self._ask(self.life.now.stop, by)

    def restart(self, by: str | None = None) -> None:
        """
        Stop it as its type says, and then start it; if it is at rest, start it.

        @raise JobRunning: when long work needs it at rest.
        @raise NotInstalled: when what installs it has not worked.
        @raise SpawnFailed: when its files can't be used, so that it may run already.
        """
        self._checkUsable()
        self._ask(self.life.now.restart, by)

    def retire(self) -> None:
        """
        Stop it as its type says because the daemon ends; it does not count as asked for.

        @raise NotPermitted: when we can't.
        """
        self._checkPermitted()
        self.life.now.retire()

    def terminate(self, by: str | None = None) -> None:
        """
        Send SIGTERM to its process group.

        @raise NotRunning: when there is nothing to send it to.
        @raise NotPermitted: when we can't.
        """
        self._ask(self.life.now.terminate, by)

    async def killEverything(self, by: str | None = None) -> None:
        """
        Send SIGKILL to every process of it, also those that an earlier run left behind.

        @raise NotRunning: when there is none.
        @raise NotPermitted: when we can't.
        """
        if self.unusable is not None:
            # Whatever a kill does to it, nobody could write down that it was asked for.
            raise NotPermitted(self.unusable)
        self._checkPermitted()
        try:
            self.life.now.killTree(by)
        except NoTransition:
            if self.status.state == "installing":
                # What is done now may be done as the game's user, whose processes would be killed.
                raise NotRunning() from None
            isLeft = await self.killer.areLeft()
            if self.status.state in ("starting", "running", "stopping"):
                # It was started while we looked.
                self.life.now.killTree(by)
            elif isLeft:
                self.killTree()
            else:
                raise (NotRunning() if isLeft is False else NotPermitted()) from None

    def _checkUsable(self) -> None:
        if self.unusable is not None:
            raise SpawnFailed(self.unusable)
        if self.status.state == "installing":
            raise JobRunning(job=self.job)
        if self.held is not None:
            raise JobRunning(job=self.held)
        if self.installed is not None and self.installed.at is None:
            raise NotInstalled()

    def _checkPermitted(self) -> None:
        if self.game is not None and not self.game.mayEnd:
            raise NotPermitted()

    def _ask(self, request: Callable[[str | None], None], by: str | None) -> None:
        self._checkPermitted()
        try:
            request(by)
        except NoTransition:
            if self.unusable is not None:
                raise NotPermitted(self.unusable) from None
            raise NotRunning() from None

    def command(self, line: str) -> Deferred[None]:
        """
        Hand its game a console line.

        @return: fires when it has it; fails with L{NotRunning} when there is no game, else as
            L{gamepanel.servers.channels.channel.CommandChannel.send} does.
        """
        return fail(NotRunning()) if self.game is None else self.game.command(line)

    # What its life has done: see L{gamepanel.servers.life.Actions}.

    def prepare(self) -> None:
        """Begin to get ready for a run."""
        installed = self.installed
        self.starter.begin({} if installed is None else installed.variables)

    def cancelPreparing(self) -> None:
        """Stop getting ready."""
        self.starter.cancel()

    def killTree(self) -> None:
        """Kill all of it, whatever its life waits for; it does not count as asked for."""
        self.killer.begin(self.game)

    def killRest(self) -> Deferred[None]:
        """Kill what is left of it; fires when nothing is left that can be killed."""
        return self.killer.begin(self.game)

    def stopSteps(self) -> Sequence[StopStep]:
        """How this run is to be stopped."""
        return () if self.run is None else self.run.stopSteps

    def policy(self) -> Policy:
        """When it is to be started again."""
        return self.basics.policy()

    def published(self, status: Status, events: Sequence[LifeEvent]) -> None:
        """The status has changed, since these events have happened."""
        self.file.published(events)

    # What becomes of it otherwise.

    def change(self, settings: Settings, type: str | None = None) -> None:
        """
        Take on new settings.

        @param type: name of the type that it is of from now on, at rest; None: as before.
        """
        self.basics.change(settings, type)
        if self.status.state == "waiting":
            self.life.now._reconsider()
        self.file.tell()

    def show(self, players: Presence | None) -> None:
        """Tell who plays from now on."""
        if players != self.players:
            self.players = players
            self.file.tell()

    def changed(self, installed: Installed | None, job: int | None) -> None:
        """
        Something that is shown with its status is another.

        @param installed: what its install steps have brought; None: nothing was ever to.
        @param job: the long work of it that waits or runs.
        """
        if (installed, job) != (self.installed, self.job):
            self.installed, self.job = installed, job
            self.file.tell()

    def rest(self) -> None:
        """
        Keep it at rest while long work needs that, also when its restart policy wants it to start.

        @raise NotStopped: when it runs, or is about to.
        """
        try:
            self.life.now.rest()
        except NoTransition:
            raise NotStopped() from None
        self.log.openForNotes()

    def endRest(self, failure: Cause | None, *, isChanged: bool = False) -> None:
        """
        It may be started again.

        @param failure: why it can't, for people, since it is not installed.
        @param isChanged: whether the work has changed it; else its state is as before.
        """
        self.log.close()
        self.log.sync.soon()
        if self.status.state != "installing":
            return
        if failure is None:
            mayStart = self.installed is None or self.installed.at is not None
            self.life.now._rested(mayStart, isChanged)
        else:
            self.life.now._notInstalled(failure)

    def lose(self, reason: Cause) -> None:
        """Its files can't be used for now. It may run all the same, so it is left alone."""
        self.starter.forget()
        isNews = self.unusable != reason
        if isNews:
            self.lost = Ended(None, self.basics.kernel.now(), reason)
        self.life.goOn(Failed(self.lost))
        if isNews:
            self.file.tell()

    def regain(self) -> None:
        """Its files can be used."""
        if self.lost is not None:
            self.lost = None
            self.file.tell()
            self.log.tellPosition()

    def abandon(self) -> None:
        """Let go of its process, which runs on, and of all plans."""
        self.life.disarm()
        self.log.sync.cancel()
        self.starter.cancel()
        self.killer.cancel()
        self.starter.abandon()
