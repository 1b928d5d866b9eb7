"""
One game server: its type, settings, console, life and process, brought together.
"""

import errno
import os
import re
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from functools import partial
from typing import Any, Final

from attrs import evolve, frozen
from automat import NoTransition
from msgspec.structs import replace
from twisted.internet.defer import CancelledError, Deferred, DeferredLock
from twisted.internet.interfaces import IDelayedCall
from twisted.internet.task import deferLater
from twisted.logger import Logger
from twisted.python.failure import Failure

from gamepanel.disk.shortages import shortageLog
from gamepanel.errors import (
    AlreadyRunning,
    NoSpace,
    NotPermitted,
    NotRunning,
    PanelError,
    SpawnFailed,
    StdinClosed,
    shortage,
)
from gamepanel.games.arguments import asText
from gamepanel.games.definition import ServerType, StopStep
from gamepanel.host.ports import Port
from gamepanel.servers.appearance import Appearance, appearance
from gamepanel.servers.configs.worker import writeFiles
from gamepanel.servers.context import ServerContext
from gamepanel.servers.events import (
    Destroyed,
    Hub,
    Leaving,
    LifeEvent,
    LogGrew,
    ServerEvent,
    StatusChanged,
    Stopped,
)
from gamepanel.servers.files.layout import give, homeIn, synchronize
from gamepanel.servers.files.life import Record, Run, save
from gamepanel.servers.lifecycle import Core, Life, resume
from gamepanel.servers.log.ring import Ring
from gamepanel.servers.outbox import Outbox
from gamepanel.servers.plan import Plan, checkStart, placeholderValues, plan
from gamepanel.servers.ports import addresses, mainPort, ports
from gamepanel.servers.process.adopted import AdoptedProcess
from gamepanel.servers.process.identity import Identity
from gamepanel.servers.process.kernel import Kernel, thisKernel
from gamepanel.servers.process.process import GameProcess
from gamepanel.servers.process.runfiles import RunFiles
from gamepanel.servers.process.spawning import spawn
from gamepanel.servers.process.tag import ProcessTag
from gamepanel.servers.process.usage import Usage
from gamepanel.servers.readiness import FailedLine, StartLines, comesTrue, lastLines, quoted
from gamepanel.servers.recovery import Found
from gamepanel.servers.restart import Exit, Policy, recent
from gamepanel.servers.settings import Settings
from gamepanel.servers.status import Ended, Status
from gamepanel.store.events import NewEvent

maxCommandBytes: Final = 4095
"""Of a console line without its end; with it, what a pipe takes whole."""

syncSeconds: Final = 1.0
"""After it has grown, a log is on the disk so long later: what a crash of the host may cost."""

portSeconds: Final = 5.0
"""So soon after its ready line a game must hold its port, where its type wants that."""

growthSeconds: Final = 0.005
"""How often those who watch a log are told that it grows, when it grows all the time."""


_gone: Final = (None, errno.ESRCH, errno.ENOENT, errno.ENXIO, errno.EINVAL)
"""Why a run can't be adopted: it is over. All else says that we could not find out."""


@frozen
class View:
    """
    What can be said of a server at one moment.

    @ivar readIndex: end of its log.
    @ivar run: the current run, or the last.
    @ivar alive: whether that run goes on.
    @ivar pid: the game's own process, while it is alive and known.
    @ivar crashes: how many crashes count now.
    @ivar window: for how long each counts, in seconds; None when there are none.
    @ivar usage: what its processes used when last looked at, while it is alive.
    """

    status: Status
    readIndex: int
    run: Run | None
    alive: bool
    pid: int | None
    crashes: int
    window: float | None
    usage: Usage | None


class GameServer:
    """
    One game server, from its creation to its destruction.

    @ivar id: its id.
    @ivar creation: number of its creation, which no other server has, not even one with this id.
    @ivar type: name of its type.
    @ivar settings: what has been set; a change counts from the next start on.
    @ivar ring: its console.
    @ivar happens: tells what happens to it.
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
        """
        @param directory: its directory in the state directory, see
            L{gamepanel.servers.files.layout}.
        @param lastEvent: number of the last of its events that is stored.
        """
        self.id = id
        self.creation = creation
        self.type = type
        self.settings = settings
        self.directory = directory
        self.ring = ring
        self.happens: Hub[ServerEvent] = Hub()
        self._context = context
        self._kernel = kernel
        self._log = Logger()
        self._files = RunFiles(directory)
        self._outbox = Outbox(id, creation, lambda event: context.events.record(event), lastEvent)
        self._run: Run | None = None
        self._game: GameProcess | None = None
        self._startLines: StartLines | None = None
        self._failedLine: FailedLine | None = None
        self._portLookedFor: Deferred[None] | None = None
        self._overdue: IDelayedCall | None = None
        self._appearance: Appearance | None = None
        self._syncing: IDelayedCall | None = None
        self._disk = DeferredLock()
        self._growthDue = False
        self._nextGrowthAt = 0.0
        self._killing: Deferred[None] | None = None
        self._preparing: Deferred[None] | None = None
        self._starters: list[Deferred[None]] = []
        self._lost: Ended | None = None
        self._core = Core(
            self,
            context.reactor,
            kernel.uptime,
            kernel.now,
            kernel.jitter,
        )
        self._life: Life = resume(self._core)

    @property
    def home(self) -> str:
        """The directory that belongs to its game."""
        return homeIn(self.directory)

    @property
    def status(self) -> Status:
        """Where its life stands."""
        return self._core.status

    @property
    def appearance(self) -> Appearance:
        """By what people recognise it, as its type and its settings are now."""
        definition: ServerType | None
        try:
            definition = self._context.definition(self)
        except SpawnFailed:
            definition = None
        if self._appearance is None or not self._appearance.isOf(definition, self.settings):
            self._appearance = appearance(self.type, definition, self.settings)
        return self._appearance

    @property
    def shim(self) -> int | None:
        """Number of its shim's process, while a run goes on."""
        return None if self._game is None else self._game.shim

    @property
    def session(self) -> int | None:
        """Number of the session that its game is in, while a run goes on."""
        shim, run = self.shim, self._run
        if shim is None or run is None or not run.isIsolated or run.pid is None:
            return shim
        with suppress(ProcessLookupError):
            return os.getsid(run.pid)
        return shim

    @property
    def runIndex(self) -> int:
        """Where in its log the output of the current or last run begins."""
        return 0 if self._run is None else self._run.runIndex

    @property
    def logEnded(self) -> bool:
        """Whether nothing more can come into its log but by another run."""
        return self._game is None

    def view(self) -> View:
        """All that can be said of it now."""
        alive = self._game is not None
        shim = self.shim
        window = self.policy().window if self.status.crashes else 0.0
        crashes = len(recent(self.status.crashes, self._kernel.uptime(), window))
        return View(
            self.status,
            self.ring.position,
            self._run,
            alive,
            self._run.pid if alive and self._run else None,
            crashes,
            window if crashes else None,
            self._context.usage(shim) if shim is not None else None,
        )

    # After the daemon was away.

    def wake(self, found: Found) -> bool:
        """
        Go on as if the daemon had never been away.

        @param found: what its files say.

        @return: whether the host has restarted since.

        @raise OSError: when its files can't be used after all; call L{lose} then.
        """
        self.ring, rebooted = found.ring, False
        if found.record is not None:
            rebooted = self._goOn(found.record, found.newBase)
        elif found.lostRecord:
            self._disown()
        else:
            self._become(Status())
        if self._lost is not None:
            self._lost = None
            self._tellStatus()
            self.happens.tell(LogGrew(self.ring.position))
        return rebooted

    def _goOn(self, record: Record, newBase: int | None) -> bool:
        self._outbox.resume(record.eventNumber, record.events)
        self._run = record.run
        if self._run is not None and newBase is not None:
            self._run = replace(self._run, runIndex=newBase)
        rebooted = record.boot != self._context.boot
        if rebooted:
            self._become(self._afterReboot(record.status))
        elif record.status.state == "starting" and (record.run is None or record.run.over):
            # It was getting ready; there is no process yet, so begin anew.
            self._become(evolve(record.status, state="waiting", restartAt=self._kernel.uptime()))
        else:
            self._become(record.status)
        if self.status.state in ("starting", "running", "stopping"):
            self._adopt()
        if rebooted or newBase is not None:
            self._save()
        self._outbox.send()
        return rebooted

    def _afterReboot(self, status: Status) -> Status:
        """What is left of a status when the host has restarted: no run is, and no plan."""
        if status.state in ("stopped", "failed", "crashed"):
            return evolve(status, crashes=())
        now, reason = self._kernel.now(), "the host restarted"
        self._outbox.add((Stopped(None, Exit(None), reason),), now)
        return Status(ended=Ended(Exit(None), now, reason), wanted=status.wanted)

    def _become(self, status: Status) -> None:
        self._core.disarm()
        self._core.status = status
        self._life = resume(self._core)

    def lose(self, reason: str) -> None:
        """
        Its files can't be used for now. It may run all the same, so it is left alone.

        @param reason: why, in a sentence.
        """
        if self._game is not None:
            self._game.abandon()
            self._game = None
        self._lookNoMore()
        isNews = self.unusable != reason
        if isNews:
            self._lost = Ended(None, self._kernel.now(), reason)
        self._run = None
        self._become(Status("failed", self._lost))
        if isNews:
            self._tellStatus()

    @property
    def unusable(self) -> str | None:
        """Why its files can't be used, in a sentence; None when they can."""
        return None if self._lost is None else self._lost.reason

    def _disown(self) -> None:
        """
        What was known of its run is lost: end what runs of it, since nobody could
        tell what that is.
        """
        reason = "what was known of its run was damaged; what ran of it was ended"
        self._become(Status(ended=Ended(None, self._kernel.now(), reason)))
        self._outbox.add((Stopped(None, None, reason),), self._kernel.now())
        self._save()
        self._outbox.send()
        Deferred.fromCoroutine(self.endLeftovers()).addErrback(self._killFailed)

    def _adopt(self) -> None:
        run = self._run
        shim = None if run is None else run.shim
        if (
            shim is None or self._kernel.identify(shim.pid) != shim
        ) and self._files.ended() is None:
            # It died between the decision to spawn and the note that it had, or
            # could not write that.
            pid = self._kernel.leader(self._tag())
            shim = None if pid is None else self._kernel.identify(pid)
        game = GameProcess(
            *(self._context.reactor, self._files, self.ring, self, self._kernel.signalGroup),
            self._kernel.isolated,
        )
        try:
            if shim is None or run is None:
                raise ProcessLookupError(errno.ESRCH, "it has ended")
            game.open()
            AdoptedProcess(
                *(self._context.reactor, shim, game, self._kernel.identify),
                *(self._kernel.openProcess, self._kernel.signalProcess),
            )
        except OSError as error:
            game.release()
            if error.errno not in _gone:
                raise
            self._endedMeanwhile()
            return
        self._game = game
        pid = self._gamesPid(run, shim) if run.pid is None else run.pid
        game.isStarted = pid is not None
        game.isIsolated = run.isIsolated
        self._run = replace(run, shim=shim, pid=pid)
        if not self.mayEnd:
            self._log.warn(
                "{server}: its game runs as another user, whom this daemon may not signal: "
                "it can't be stopped or killed from here",
                server=self.id,
            )
        self._save()
        if self.status.state == "starting":
            self._lookForReady()

    def _gamesPid(self, run: Run, shim: Identity) -> int | None:
        if not run.isIsolated:
            return self._kernel.onlyChild(shim.pid)
        game = self._kernel.isolated(shim.pid)
        return None if game is None else game.pid

    def _lookForReady(self) -> None:
        assert self._run is not None
        if self._run.ready is not None:
            self._startLines = _linesToLookFor(self._run)
            self._overdue = self._context.reactor.callLater(
                self._run.readyWithin, self._isOverdue, self._run.readyWithin
            )
            self.consoleGrew()
        elif self._run.pid is not None:
            self._lookForPort(self._run)

    def _lookForPort(self, run: Run) -> None:
        """It says that players can come: they can if it has opened its port."""
        if run.port is None:
            self._life._ready()
        elif self._portLookedFor is None:
            self._portLookedFor = Deferred.fromCoroutine(self._awaitPort(run, run.port))
            self._portLookedFor.addErrback(self._portNotLookedFor)

    async def _awaitPort(self, run: Run, port: Port) -> None:
        look = partial(self._context.inThread, self._kernel.holdsPort, port, self._tag())
        if await comesTrue(self._context.reactor, look, portSeconds):
            self._life._ready()
        else:
            since = "its start" if run.ready is None else "the ready line"
            self._life._startFailed(
                f"Port {port} was not opened within {portSeconds:g} s of {since}."
            )

    def _portNotLookedFor(self, failure: Failure) -> None:
        if not failure.check(CancelledError):
            # What can't be known is no reason to stop a game.
            self._log.failure("{server}: its port can't be looked for", failure, server=self.id)
            self._life._ready()

    def _isOverdue(self, seconds: float) -> None:
        self._overdue = None
        self._log.warn(
            "{server}: has not printed its ready line within {seconds} s; it goes on starting",
            server=self.id,
            seconds=seconds,
        )

    def _lookNoMore(self) -> None:
        self._startLines = None
        if self._portLookedFor is not None:
            self._portLookedFor.cancel()
            self._portLookedFor = None
        if self._overdue is not None:
            self._overdue.cancel()
            self._overdue = None

    def _endedMeanwhile(self) -> None:
        ended = self._files.ended()
        self._over(*(ended or (Exit(None), self._kernel.now())))

    def _over(self, exit: Exit, at: float) -> None:
        if self._run is not None:
            self._lookForTheLastTime(self._run)
            self._run = replace(self._run, over=True)
        self._lookNoMore()
        self._life._ended(exit, at)

    def _lookForTheLastTime(self, run: Run) -> None:
        """It may have become ready just before it ended, or while the daemon was away."""
        if self.status.state != "starting" or run.ready is None:
            return
        if self._portLookedFor is not None:
            # Its ready line has come; for its port it was not given the time.
            self._life._ready()
            return
        lines = self._startLines or _linesToLookFor(run)
        found = lines.look(self.ring, isOver=True)
        self._failedLine = found if isinstance(found, FailedLine) else None
        if found == "ready":
            self._life._ready()

    def whyNotReady(self, exit: Exit) -> str | None:
        """See L{Actions}."""
        run, said = self._run, self._failedLine
        if run is None or run.ready is None:
            return None
        if said is not None:
            return f"the start failed, {exit}; the game said:{quoted((said.text,))}"
        lines = lastLines(self.ring, run.runIndex)
        told = f"; the game's last lines:{quoted(lines)}" if lines else "; it printed nothing"
        return f"ended before it was ready, {exit}{told}"

    # What people ask for.

    def start(self, by: str | None = None) -> Deferred[None]:
        """
        Start it, or start it now if it waits for its next try.

        @param by: who asks for it; None when nobody does. So below.

        @return: fires when its process runs; fails with L{SpawnFailed}, L{NoSpace} or L{Busy}
            when there will be none. Cancelling it only stops the waiting.

        @raise AlreadyRunning: when it is not at rest.
        @raise SpawnFailed: when its files can't be used, so that it may run already.
        """
        self._checkUsable()
        self._context.checkRoom()
        started: Deferred[None] = Deferred()
        self._starters.append(started)
        try:
            self._life.start(by)
        except NoTransition:
            self._starters.remove(started)
            raise AlreadyRunning() from None
        return started

    def stop(self, by: str | None = None) -> None:
        """
        Stop it as its type says.

        @raise NotRunning: when there is nothing to stop.
        @raise NotPermitted: when we can't.
        """
        self._ask(self._life.stop, by)

    def restart(self, by: str | None = None) -> None:
        """
        Stop it as its type says, and then start it; if it is at rest, start it.

        @raise SpawnFailed: when its files can't be used, so that it may run already.
        """
        self._checkUsable()
        self._ask(self._life.restart, by)

    def _checkUsable(self) -> None:
        if self.unusable is not None:
            raise SpawnFailed(self.unusable)

    def retire(self) -> None:
        """
        Stop it as its type says because the daemon ends; it does not count as asked for.

        @raise NotPermitted: when we can't.
        """
        self._checkPermitted()
        self._life.retire()

    def terminate(self, by: str | None = None) -> None:
        """
        Send SIGTERM to its process group.

        @raise NotRunning: when there is nothing to send it to.
        @raise NotPermitted: when we can't.
        """
        self._ask(self._life.terminate, by)

    def _ask(self, request: Callable[[str | None], None], by: str | None) -> None:
        self._checkPermitted()
        try:
            request(by)
        except NoTransition:
            if self.unusable is not None:
                raise NotPermitted(self.unusable) from None
            raise NotRunning() from None

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
            self._life.killTree(by)
        except NoTransition:
            pass
        else:
            return
        tag = self._tag()
        left: list[int] = await self._context.inThread(self._kernel.members, tag)
        if self.status.state in ("starting", "running", "stopping"):
            # It was started while we looked.
            self._life.killTree(by)
        elif any(self._kernel.maySignal(pid) for pid in left):
            self.killTree()
        elif any(pid != tag.session for pid in left):
            raise NotPermitted()
        else:
            raise NotRunning()

    @property
    def mayEnd(self) -> bool:
        """Whether we could end what runs of it: not if that is another user's."""
        pid = None if self._run is None else self._run.pid
        return self._game is None or (
            self._game.maySignal() and (pid is None or self._kernel.maySignal(pid))
        )

    def _checkPermitted(self) -> None:
        if not self.mayEnd:
            raise NotPermitted()

    def command(self, text: str) -> None:
        """
        Hand its game a console line, whole.

        @param text: without a line end; at most L{maxCommandBytes} of UTF-8.

        @raise NotRunning: when it has no process.
        @raise StdinFull: when the game does not read.
        @raise StdinClosed: when the game has closed its stdin.
        """
        if self._game is None:
            raise NotRunning()
        pid = self._run.pid if self._run is not None else None
        if pid is not None and self._kernel.hasClosed(pid, self._files.stdin):
            raise StdinClosed()
        self._game.command(text.encode() + b"\n")

    def change(self, settings: Settings) -> None:
        """Take on new settings."""
        self.settings = settings
        if self.status.state == "waiting":
            self._life._reconsider()
        self._tellStatus()

    # What its life wants done: see L{gamepanel.servers.lifecycle.Actions}.

    def prepare(self) -> None:
        """See L{Actions}."""
        self._preparing = Deferred.fromCoroutine(self._prepare())
        self._preparing.addErrback(self._couldNotStart)

    async def _prepare(self) -> None:
        await self._context.lookAtTypes()
        definition = self._context.definition(self)
        account = self._context.account(definition)
        try:
            await self.endLeftovers()
        except NotPermitted:
            raise SpawnFailed(
                "An earlier run has left processes of another user behind, which the daemon "
                "may not end."
            ) from None
        planned = await self._context.inThread(
            plan, definition, self.id, self.home, self.settings, self._context.path, account
        )
        if account is not None:
            await self._context.inThread(give, self.directory, account)
        launch = await self._context.inThread(
            self._context.isolated, planned.launch, definition, self.settings, self.home
        )
        planned = evolve(planned, launch=launch)
        await self._checkPorts(definition)
        await self._context.inThread(checkStart, self.home, planned, definition)
        await writeFiles(self._context.configs, self.home, planned.files, account)
        # From here on indexes are given out that the disk does not know of.
        await self._synchronize(True)
        await self._noKilling()
        self._begin(definition, planned)

    async def _checkPorts(self, definition: ServerType) -> None:
        wanted = tuple(ports(definition, self.settings))
        if not wanted:
            return
        bound = addresses(definition, self.settings)
        taken: Port | None = await self._context.inThread(self._kernel.firstTaken, wanted, bound)
        if taken is not None:
            raise SpawnFailed(f"Port {taken} is taken by another program of this host.")

    async def _noKilling(self) -> None:
        """Until no kill of an earlier run is still looking for what that left."""
        while self._killing is not None:
            await deferLater(self._context.reactor, 0.01)

    async def endLeftovers(self) -> None:
        """
        End what an earlier run left behind: two of a game in one directory ruin its files.

        @raise NotPermitted: when that is another user's.
        """
        await self._noKilling()
        while await self._context.inThread(self._kernel.killAll, self._tag(), None):
            await deferLater(self._context.reactor, 0.02)

    def _begin(self, definition: ServerType, planned: Plan) -> None:
        values = placeholderValues(definition, self.settings, self.id, self.home)
        texts = {name: asText(value) for name, value in values.items()}
        self._run = Run(
            boot=self._context.boot,
            runIndex=self.ring.position,
            startedAt=self._kernel.now(),
            startedUptime=self._kernel.uptime(),
            home=planned.launch.home,
            stop=tuple(_filledIn(definition, step, texts) for step in definition.stop),
            ready=definition.run.ready,
            readyWithin=definition.run.readyWithin,
            failed=definition.run.failed,
            port=mainPort(definition, self.settings) if definition.needsPort else None,
            isIsolated=planned.launch.sandbox is not None,
        )
        # Before the spawn, and not without: a daemon that dies in between finds the
        # child by this and its tag.
        self._write()
        game = GameProcess(
            *(self._context.reactor, self._files, self.ring, self, self._kernel.signalGroup),
            self._kernel.isolated,
        )
        spawn(self._context.reactor, planned.launch, self._files, game)
        self._game = game
        shim = game.shim
        assert shim is not None
        self._run = replace(self._run, shim=self._kernel.identify(shim))
        self._life._launched()
        self._lookForReady()
        self._save()
        self._tellStarters(None)

    def _couldNotStart(self, failure: Failure) -> None:
        if isinstance(failure.value, OSError):
            failure = Failure(shortage(failure.value) or failure.value)
        if failure.check(CancelledError):
            self._tellStarters(SpawnFailed("It was stopped before it had started."))
            return
        error = failure.value
        if not isinstance(error, PanelError):
            self._log.failure("{server}: the start failed", failure, server=self.id)
            error = SpawnFailed()
        self._life._broke(error.detail)
        self._tellStarters(error)

    def _tellStarters(self, error: PanelError | None) -> None:
        starters, self._starters = self._starters, []
        for starter in starters:
            if not starter.called:
                starter.callback(None) if error is None else starter.errback(error)

    def cancelPreparing(self) -> None:
        """See L{Actions}."""
        if self._preparing is not None:
            self._preparing.cancel()

    def say(self, command: str) -> bool:
        """See L{Actions}."""
        if not command:
            return False
        try:
            self.command(command)
        except PanelError:
            return False
        return True

    def signal(self, name: str) -> None:
        """See L{Actions}."""
        if self._game is not None:
            with suppress(NotRunning, NotPermitted):
                self._game.signal(name)

    def killTree(self) -> None:
        """See L{Actions}."""
        if self._killing is None:
            self._killing = Deferred.fromCoroutine(self._killTree())
            self._killing.addErrback(self._killFailed).addBoth(self._killed)

    async def _killTree(self) -> None:
        # The shim is spared at first: it tells how the game ended, also a
        # daemon that is not there yet. If it does not leave, it goes too.
        for attempt in range(1000):
            shim = self.shim
            spared = shim if attempt < 20 else None
            try:
                found = await self._context.inThread(self._kernel.killAll, self._tag(), spared)
            except OSError as error:
                if shortage(error) is None:
                    raise
                # Nobody knows who is left, as long as /proc can't be read.
                found = 1
            if not found and (shim is None or self.shim is None):
                return
            await deferLater(self._context.reactor, 0.01 if attempt < 20 else 0.1)

    def _killFailed(self, failure: Failure) -> None:
        if failure.check(NotPermitted):
            self._log.error("{server}: {reason}", server=self.id, reason=failure.getErrorMessage())
            if self._game is not None:
                self._life._notPermitted()
        elif not failure.check(CancelledError):
            self._log.failure("{server}: killing its processes failed", failure, server=self.id)

    def _killed(self, result: object) -> None:
        self._killing = None

    def stopSteps(self) -> Sequence[StopStep]:
        """See L{Actions}."""
        return () if self._run is None else self._run.stop

    def policy(self) -> Policy:
        """See L{Actions}."""
        try:
            rules = self._context.definition(self).restart
        except SpawnFailed:
            return Policy(policy="never")
        return self.settings.policy(rules)

    def published(self, status: Status, events: Sequence[LifeEvent]) -> None:
        """See L{Actions}. What has happened is written down with the status, and sent then."""
        self._outbox.add(events, self._kernel.now())
        self._save()
        self._outbox.send()
        self._tellStatus()

    def _tellStatus(self) -> None:
        self.happens.tell(StatusChanged(self.status))

    @property
    def pendingEvents(self) -> Sequence[NewEvent]:
        """What has happened to it and is not known to be stored."""
        return self._outbox.pending

    def tellDestroyed(self) -> None:
        """Tell that it has been destroyed."""
        self.happens.tell(Destroyed())

    def tellLeaving(self) -> None:
        """Tell that the daemon ends."""
        self.happens.tell(Leaving())

    def _write(self) -> None:
        record = Record(
            *(self._context.boot, self.ring.position, self.status, self._run),
            eventNumber=self._outbox.number,
            events=self._outbox.pending,
        )
        try:
            save(os.path.join(self.directory, "life"), record)
        except OSError as error:
            reason = f"The state of {self.id} can't be written: {error.strerror}."
            raise shortage(error) or NoSpace(reason) from error

    def _save(self) -> None:
        try:
            self._write()
        except NoSpace as error:
            shortageLog.say(error)
        except PanelError as error:
            self._log.error(
                "{server}: its state can't be written: {reason}",
                server=self.id,
                reason=error.detail,
            )

    def _tag(self) -> ProcessTag:
        run = self._run
        homes = {self.home} if run is None else {self.home, run.home}
        return ProcessTag(self.id, frozenset(homes), None if run is None else self._session(run))

    def _session(self, run: Run) -> int | None:
        """
        The session of a run, also when its shim is gone: the kernel gives its
        number to nobody else while a process is left in it.
        """
        if run.shim is None or run.boot != self._context.boot:
            return None
        now = self._kernel.identify(run.shim.pid)
        return run.shim.pid if now in (None, run.shim) else None

    # What its process tells: see L{gamepanel.servers.process.process.ProcessListener}.

    def consoleGrew(self) -> None:
        """
        See L{ProcessListener}. Those who watch are told at once of the first line, and
        of what follows it closely every L{growthSeconds}.
        """
        self._syncSoon()
        if not self._growthDue and (self.happens or self._startLines is not None):
            self._growthDue = True
            delay = max(self._nextGrowthAt - self._context.reactor.seconds(), 0)
            self._context.reactor.callLater(min(delay, growthSeconds), self._tellGrowth)

    def consoleStuck(self, reason: OSError | None) -> None:
        """See L{ProcessListener}."""
        if reason is None:
            self._log.info("{server}: its console can be written again", server=self.id)
        else:
            self._log.error(
                "{server}: its console can't be written, so its output waits: {reason}",
                server=self.id,
                reason=str(reason),
            )

    def _syncSoon(self) -> None:
        if self._syncing is None:
            self._syncing = self._context.reactor.callLater(syncSeconds, self._sync)

    def _sync(self) -> None:
        self._syncing = None
        self._synchronize(self._game is not None).addErrback(self._notSynced)

    def _synchronize(self, isOpen: bool) -> Deferred[Any]:
        # One after the other, should the disk be slow.
        return self._disk.run(
            self._context.inThread, synchronize, self.directory, self.ring, isOpen
        )

    def _notSynced(self, failure: Failure) -> None:
        lack = shortage(failure.value) if isinstance(failure.value, OSError) else None
        if isinstance(lack, NoSpace):
            # It is tried again each second.
            shortageLog.say(lack)
            return
        self._log.error(
            "{server}: its console can't be synced: {reason}",
            server=self.id,
            reason=failure.getErrorMessage(),
        )

    def _tellGrowth(self) -> None:
        self._growthDue = False
        self._nextGrowthAt = self._context.reactor.seconds() + growthSeconds
        self._lookAtLines()
        self.happens.tell(LogGrew(self.ring.position))

    def _lookAtLines(self) -> None:
        found = None if self._startLines is None else self._startLines.look(self.ring)
        if found is None or self._run is None:
            return
        self._lookNoMore()
        if isinstance(found, FailedLine):
            self._life._startFailed(f"the start failed; the game said:{quoted((found.text,))}")
        else:
            self._lookForPort(self._run)

    def gameHasPid(self, pid: int) -> None:
        """See L{ProcessListener}."""
        assert self._run is not None
        self._run = replace(self._run, pid=pid)
        if self._run.ready is None and self._run.port is None:
            self._life._ready()
            return
        self._save()
        self._tellStatus()
        if self._run.ready is None:
            self._lookForPort(self._run)

    def gameEnded(self, exit: Exit) -> None:
        """See L{ProcessListener}."""
        self._game = None
        self._syncSoon()
        ended = None
        with suppress(OSError):
            ended = self._files.ended()
        self._over(exit, self._kernel.now() if ended is None else ended[1])

    def abandon(self) -> None:
        """
        Let go of its process, which runs on, and of all plans: the daemon ends, or it
        has been destroyed.
        """
        self._core.disarm()
        self._lookNoMore()
        if self._syncing is not None:
            self._syncing.cancel()
            self._syncing = None
        self.cancelPreparing()
        if self._killing is not None:
            self._killing.cancel()
        if self._game is not None:
            self._game.abandon()


def _linesToLookFor(run: Run) -> StartLines:
    return StartLines(
        None if run.ready is None else re.compile(run.ready),
        None if run.failed is None else re.compile(run.failed),
        run.runIndex,
    )


def _filledIn(definition: ServerType, step: StopStep, texts: Mapping[str, str]) -> StopStep:
    if step.command is None:
        return step
    command = definition.template(step.command).expand(texts)
    return StopStep(command=command, patience=step.patience)
