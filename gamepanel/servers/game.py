"""
One run of a game, as long as it goes on: its process, how it is given commands, and the wait until
players can come to it.

They can when it has printed its ready line, where its type names one, and when it holds its port,
where its type wants that.
"""

import os
import signal
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import Any, Final, cast

from msgspec import Struct
from msgspec.structs import replace
from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.interfaces import IReactorTime
from twisted.internet.task import deferLater
from twisted.logger import Logger
from twisted.python.failure import Failure

from gamepanel.base.backoff import backoff
from gamepanel.base.errors import Busy, NotPermitted, NotRunning, PanelError
from gamepanel.base.hub import Hub, SingleFlight
from gamepanel.base.timer import Timer
from gamepanel.console.gameprocess import GameProcess
from gamepanel.console.lines import Found
from gamepanel.console.ring import Ring
from gamepanel.console.spawning import spawn
from gamepanel.console.text import (
    lastLines,
    maxQuotedCharacters,
    plain,
    shortened,
)
from gamepanel.host.ports import Port
from gamepanel.host.sockets import Address, Holder, Protocol
from gamepanel.process.adopted import AdoptedProcess
from gamepanel.process.launch import Launch
from gamepanel.process.limits import MiB
from gamepanel.process.members import Identity
from gamepanel.process.runfiles import Exit
from gamepanel.process.usage import Counted
from gamepanel.servers.basics import Basics
from gamepanel.servers.channels.channel import Ends, INetworkReactor
from gamepanel.servers.channels.fifo import removeFifo
from gamepanel.servers.channels.kinds import NoChannel, kinds
from gamepanel.servers.channels.wiring import refusedProblem
from gamepanel.servers.events import OutOfMemory
from gamepanel.servers.follower import FollowedFile, Follower
from gamepanel.servers.kill import Killer
from gamepanel.servers.life import Lifecycle
from gamepanel.servers.lifefile import LifeFile
from gamepanel.servers.serverlog import ConsoleSearch, ServerLog, Taker
from gamepanel.servers.storedlife import Owed, Run
from gamepanel.wire.causes import Cause, because

killedCodes: Final = (None, 128 + signal.SIGKILL)
"""How the kernel ends a game for its memory."""

portSeconds: Final = 5.0
"""So soon after its ready line a game must hold its port, where its type wants that."""

firstPause: Final = 0.05
"""After the first look at what may come true, in seconds; doubled for each that follows."""


lastLookSeconds: Final = 0.05
"""At the end of a run what is left is searched for no longer than this, at once."""


async def comesTrue(
    clock: IReactorTime, look: Callable[[], Deferred[bool | None]], seconds: float
) -> bool:
    """
    Wait until something is so of which the kernel does not tell, such as an opened port.

    @param look: whether it is; None when that can't be known, which ends the wait.
    @param seconds: how long to wait at most. What counts is a look that was begun later
        than that, so that none that takes long is the last.

    @return: False when it did not come true.
    """
    end, retries = clock.seconds() + seconds, 0
    while True:
        isLast = clock.seconds() >= end
        isSo = await look()
        if isSo is not False or isLast:
            return isSo is not False
        await deferLater(clock, backoff(retries, firstPause, max(end - clock.seconds(), 0)))
        retries += 1


def saidIn(found: Found) -> list[str]:
    """A line that a game has printed, fit to be quoted."""
    return [shortened(plain(found.line), maxQuotedCharacters)]


def whyNotReady(run: Run, ring: Ring, exit: Exit, said: Found | None) -> Cause:
    """
    What to say of a run that ended before it had printed its ready line.

    @param said: the line that says that the start has failed, if there was one.
    """
    if said is not None:
        return because("start_failed", exit=exit.cause, lines=saidIn(said))
    lines = lastLines(ring, run.runIndex, run.encoding)
    return because("ended_unready", exit=exit.cause, lines=lines or None)


class LineWatch(Taker):
    """
    Waits for the line that says that players can come, or never will.

    @ivar said: that line, when it was found.
    """

    # One that says both has failed.
    names = frozenset({"failed", "ready"})

    def __init__(
        self, search: ConsoleSearch, run: Run, found: Callable[[Found], None] | None
    ) -> None:
        """
        @param run: that it is printed in.
        @param found: called once with what was found; nothing is looked for after that.
        """
        self.said: Found | None = None
        self._search = search
        self._run = run
        self._found = found
        search.add(self)

    def entered(self, run: Run) -> tuple[int, bool] | None:
        isOurs = (run.runIndex, run.startedAt) == (self._run.runIndex, self._run.startedAt)
        return (run.runIndex, False) if isOurs else None

    def took(self, found: Found) -> None:
        self.said = found
        self.cancel()
        if self._found is not None:
            self._found(found)

    def lastLook(self, seconds: float = lastLookSeconds) -> Found | None:
        """
        What is found in all that the run has printed when it is over.

        @param seconds: how long to search.
        """
        self._found = None
        if self.said is None:
            self._search.hurry(seconds)
        self.cancel()
        return self.said

    def cancel(self) -> None:
        """Look no more."""
        self._search.remove(self)


class Parts(Struct, frozen=True):
    """
    The parts of a server that its runs work with: see L{gamepanel.servers.server.GameServer}.
    """

    basics: Basics
    log: ServerLog
    search: ConsoleSearch
    file: LifeFile
    life: Lifecycle
    killer: Killer
    runs: "Runs"


class Readiness:
    """
    Waits until players can come, and tells the life of the server.
    """

    _log = Logger()

    def __init__(self, parts: Parts, game: "Game") -> None:
        self._basics, self._life, self._game = parts.basics, parts.life, game
        self._serverLog, self._search = parts.log, parts.search
        # The wait for its ready line, then that until it holds its port.
        self._watch: LineWatch | Deferred[None] | None = None
        self._overdue = Timer(parts.basics.context.reactor)

    @property
    def _run(self) -> Run:
        return self._game.record

    def begin(self, isThere: bool) -> None:
        """
        Begin to wait.

        @param isThere: whether there is a process of the game already.
        """
        if self._run.ready is not None:
            self._watch = LineWatch(self._search, self._run, self._found)
            self._overdue.after(self._run.readyWithin, self._isOverdue)
        elif isThere:
            self._lookForPort()

    def gameIsThere(self) -> None:
        """There is a process of the game now."""
        if self._run.ready is None:
            self._lookForPort()

    def _found(self, found: Found) -> None:
        self._overdue.cancel()
        if found.name == "failed":
            reason = because("start_failed", exit=None, lines=saidIn(found))
            self._life.now._startFailed(reason)
        else:
            self._lookForPort()

    def _isOverdue(self) -> None:
        self._log.warn(
            "{server}: has not printed its ready line within {seconds} s; it goes on starting",
            server=self._basics.id,
            seconds=self._run.readyWithin,
        )

    def _lookForPort(self) -> None:
        """It says that players can come: they can if it has opened its port."""
        if self._run.port is None:
            self._life.now._ready()
        elif not isinstance(self._watch, Deferred):
            self._watch = Deferred.fromCoroutine(self._awaitPort(self._run.port))
            self._watch.addErrback(self._notLookedFor)

    async def _awaitPort(self, port: Port) -> None:
        context, kernel = self._basics.context, self._basics.kernel
        look = partial(context.threads.host, kernel.holdsPort, port, self._basics.tag(self._run))
        if await comesTrue(context.reactor, look, portSeconds):
            self._life.now._ready()
        else:
            code = "port_not_opened" if self._run.ready is None else "port_not_opened_when_ready"
            about = {"port": port.number, "protocols": sorted(port.protocols)}
            self._life.now._startFailed(because(code, **about, seconds=portSeconds))

    def _notLookedFor(self, failure: Failure) -> None:
        if not failure.check(CancelledError):
            # What can't be known is no reason to stop a game.
            self._log.failure(
                "{server}: its port can't be looked for", failure, server=self._basics.id
            )
            self._life.now._ready()

    def over(self, exit: Exit) -> Cause | None:
        """
        The run has ended. It may have become ready just before, or while the daemon was away.

        @return: what to say of it if it had not been ready; None where its type does not
            say when it is.
        """
        watch = self._watch
        if self._run.ready is None or self._life.status.state != "starting":
            self.cancel()
            return None
        if not isinstance(watch, Deferred):
            said = (watch or LineWatch(self._search, self._run, None)).lastLook()
            self.cancel()
            if said is None or said.name != "ready":
                return whyNotReady(self._run, self._serverLog.ring, exit, said)
        self.cancel()
        # For its port it was not given the time.
        self._life.now._ready()
        return None

    def cancel(self) -> None:
        """Wait no more."""
        self._overdue.cancel()
        watch, self._watch = self._watch, None
        if watch is not None:
            watch.cancel()


class Game:
    """
    One run of a game, from its start, or its adoption, to its end. It is the
    L{gamepanel.console.gameprocess.ProcessListener} of its process.

    @ivar record: what is written down of it.
    @ivar process: the shim and its pipes.
    @ivar readiness: waits until players can come.
    @ivar isOver: whether it has ended, or was let go.
    @ivar endedAt: when it has, Unix time in seconds.
    @ivar responds: whether it has answered its last query; None before the first answer.
    """

    _errors = Logger()

    def __init__(self, parts: Parts) -> None:
        """@param parts: of its server, which has kept what is known of its run."""
        basics, log = parts.basics, parts.log
        self._basics, self._log, self._file = basics, log, parts.file
        self._life, self._search, self._killer = parts.life, parts.search, parts.killer
        self._changed = parts.runs.changed
        assert self._file.run is not None
        self.record = self._file.run
        self.isOver = False
        self.endedAt: float | None = None
        self.responds: bool | None = None
        # What the process tells of its console.
        self.consoleGrew, self.consoleStuck = log.grew, log.stuck
        self.process = GameProcess(
            basics.context.reactor,
            basics.context.readings,
            basics.files,
            log.ring,
            self,
            basics.kernel.signalGroup,
            basics.kernel.isolated,
        )
        wiring = self.record.wiring
        ends = Ends(
            self.process.command,
            self._hasClosedStdin,
            wiring,
            basics.home,
            cast(INetworkReactor, basics.context.reactor),
            log.inserter,
            self._refused,
            basics.games,
            self._whose,
        )
        self._channel = kinds.get(self.record.channel, NoChannel)(ends)
        self._follower: Follower | None = None
        if wiring.follow:
            followed = FollowedFile(basics.home, wiring.follow)
            self._follower = Follower(
                basics.context.reactor, basics.games, log, basics.directory, followed
            )
        self.readiness = Readiness(parts, self)
        self._tidying: SingleFlight[None] = SingleFlight()
        # Fires when what it has printed was searched.
        self._finishing: Deferred[None] | None = None

    # Beginning.

    def spawn(self, launch: Launch) -> None:
        """
        Start its process. What is known of it is written down before, and not without: a daemon
        that dies in between finds the process by this and its tag.

        @raise NoSpace: when the disk is full.
        @raise SpawnFailed: when the kernel refuses otherwise.
        """
        self._file.write()
        spawn(self._basics.context.reactor, launch, self._basics.files, self.process)
        assert self.process.shim is not None
        self._note(shim=self._basics.kernel.identify(self.process.shim))

    def adopt(self, shim: Identity) -> None:
        """
        Take over the process that an earlier daemon started.

        @raise OSError: when it has ended, or can't be taken over; nothing is open then.
        """
        kernel, run = self._basics.kernel, self.record
        try:
            self.process.open()
            AdoptedProcess(
                self._basics.context.reactor,
                shim,
                self.process,
                kernel.identify,
                kernel.openProcess,
                kernel.signalProcess,
            )
        except OSError:
            self.process.release()
            raise
        pid = self._gamesPid(run, shim) if run.pid is None else run.pid
        self.process.isStarted = pid is not None
        self.process.isIsolated = run.isIsolated
        self._note(shim=shim, pid=pid)
        if pid is not None:
            self._begin()

    def _gamesPid(self, run: Run, shim: Identity) -> int | None:
        if not run.isIsolated:
            return self._basics.kernel.onlyChild(shim.pid)
        game = self._basics.kernel.isolated(shim.pid)
        return None if game is None else game.pid

    def _begin(self) -> None:
        """There is a process of the game."""
        self._channel.begin()
        if self._follower is not None:
            self._follower.begin()

    # What is known of it.

    def _note(self, **changes: Any) -> None:
        """Keep something with what is known of it; it is written down with the next change."""
        self.record = replace(self.record, **changes)
        self._file.keep(self.record)

    @property
    def shim(self) -> int | None:
        """Number of its shim's process, while it runs."""
        return None if self.isOver else self.process.shim

    @property
    def counted(self) -> Counted | None:
        """By what its processes are counted, while it runs."""
        shim, run = self.shim, self.record
        if shim is None:
            return None
        inside = run.pid if run.isIsolated else None
        return Counted(shim, self._session(shim, run), self._basics.marks(run), inside)

    def _session(self, shim: int, run: Run) -> int:
        """Number of the session that the game is in."""
        if run.pid is not None and run.isIsolated:
            with suppress(ProcessLookupError):
                return os.getsid(run.pid)
        return shim

    @property
    def mayEnd(self) -> bool:
        """Whether we could end it: not if it is another user's."""
        pid = self.record.pid
        return self.process.maySignal() and (pid is None or self._basics.kernel.maySignal(pid))

    def _hasClosedStdin(self) -> bool:
        pid = self.record.pid
        return pid is not None and self._basics.kernel.hasClosed(pid, self.process.stdin)

    def _refused(self) -> None:
        """Its console has refused the password: no daemon is to try that again in this run."""
        self._note(wiring=replace(self.record.wiring, problem=refusedProblem))
        self._file.save()

    def _whose(self, protocol: Protocol, theirs: Address, ours: Address | None) -> Deferred[Holder]:
        """Whose the other end of a socket is: see L{Ends}."""
        basics = self._basics
        tag = basics.tag(self.record)
        look = basics.context.threads.host(basics.kernel.otherEnd, protocol, theirs, ours, tag)
        return look.addErrback(self._notKnown)

    def _notKnown(self, failure: Failure) -> Holder:
        self._errors.failure(
            "{server}: its console is not looked for", failure, server=self._basics.id
        )
        return "unknown"

    # What is done with it.

    def command(self, line: str) -> Deferred[None]:
        """
        Hand it a console line.

        @return: fires when it has it; fails as
            L{gamepanel.servers.channels.channel.CommandChannel.send} does.
        """
        return self._channel.send(line)

    def say(self, command: str) -> Deferred[None]:
        """
        Give it a line of its type.

        @return: fires when it has that, and fails when it can't take it.
        """
        return self._channel.send(command).addErrback(self._notSaid)

    def _notSaid(self, failure: Failure) -> Failure:
        if not failure.check(PanelError):
            self._errors.failure("{server}: a command failed", failure, server=self._basics.id)
        return failure

    def signal(self, name: str) -> None:
        """Signal its group, if that is there and ours."""
        with suppress(NotRunning, NotPermitted):
            self.process.signal(name)

    def abandon(self) -> None:
        """Let go of it: it runs on."""
        if self._finishing is not None:
            self._finishing.cancel()
        if self.isOver:
            return
        self.isOver = True
        self.readiness.cancel()
        self._channel.close()
        if self._follower is not None:
            self._follower.close()
        self._log.flush()
        self.process.abandon()

    # What it is kept from while a backup is made.

    def owe(self, owed: Owed) -> None:
        """
        It is about to be told to hold still for a backup. This outlives the daemon.

        @raise PanelError: when that can't be written down: then it is not to be told.
        """
        self._note(owed=owed)
        try:
            self._file.write()
        except PanelError:
            self._note(owed=None)
            raise

    def told(self, owed: Owed | None) -> None:
        """
        It has been told to go on.

        @param owed: what is left of that; None: nothing.
        """
        self._note(owed=owed)
        self._file.save()

    # Whether it answers what L{gamepanel.players.queries} asks it.

    def show(self, responds: bool) -> None:
        """It has answered its last query, or has not."""
        if self.responds is not responds:
            self.responds = responds
            self._file.tell()

    def answered(self) -> None:
        """It has answered for the first time. This outlives the daemon."""
        self._note(answered=True)
        self._file.save()

    def hung(self, since: float, seconds: float) -> None:
        """
        It hangs.

        @param since: when it has begun to, in seconds since the host started.
        @param seconds: for how long it has been asked in vain.
        """
        self._note(silentSince=since)
        life = self._life.now
        life._hung(seconds)
        if self._basics.settings.restartsWhenHung:
            life._stopHung(because("hung", exit=None, seconds=seconds))

    def responding(self, seconds: float) -> None:
        """
        It answers again.

        @param seconds: after how long.
        """
        self._note(silentSince=None)
        self._life.now._responding(seconds)

    # What its process tells: see L{gamepanel.console.gameprocess.ProcessListener}.

    def gameHasPid(self, pid: int) -> None:
        """The game's own process has this number."""
        self._note(pid=pid)
        self._begin()
        run = self.record
        if self._life.status.state == "starting" and run.ready is None and run.port is None:
            self._life.now._ready()
            return
        self._file.save()
        self._file.tell()
        self.readiness.gameIsThere()

    def gameEnded(self, exit: Exit) -> None:
        """The run is over, and all it had printed is in the ring."""
        self._channel.close()
        if self._follower is None:
            self._over(exit)
        else:
            self._follower.finish().addCallback(lambda _: self._over(exit))

    def _over(self, exit: Exit) -> None:
        self._log.flush()
        self._log.close()
        self._log.sync.soon()
        ended = None
        with suppress(OSError):
            ended = self._basics.files.ended()
        self._conclude(exit, self._basics.kernel.now() if ended is None else ended[1])

    def endedMeanwhile(self) -> None:
        """It has ended while no daemon was there."""
        self._conclude(*(self._basics.files.ended() or (Exit(None), self._basics.kernel.now())))

    def _conclude(self, exit: Exit, at: float) -> None:
        self.isOver = True
        exit = self._outOfMemory(self.record, exit)
        self._note(over=True)
        if self._life.status.state != "stopping":
            # Else that is killed.
            self._killer.lookForLeft()
        if self.record.wiring.path:
            self._tidying(self._removeFifo)
        unready = self.readiness.over(exit)
        self.endedAt = at
        self._changed.tell(None)
        # Who follows what it printed tells all of that before the end is told.
        self._finishing = self._search.finish(lastLookSeconds)
        self._finishing.addCallbacks(
            lambda _: self._life.now._ended(exit, at, unready), lambda failure: None
        )

    def _outOfMemory(self, run: Run, exit: Exit) -> Exit:
        """Put away its control group; its exit, with what the kernel has counted."""
        tag = self._basics.tag(run)
        killed = 0 if tag.group is None else self._basics.kernel.closeGroup(tag.group)
        if not (killed and run.memoryLimit and exit.code in killedCodes):
            return exit
        self._life.note(OutOfMemory(run.memoryLimit * MiB))
        return Exit(exit.code, run.memoryLimit)

    def _removeFifo(self) -> Deferred[None]:
        path = self.record.wiring.path
        removing = self._basics.games(removeFifo, self._basics.home, path)
        return removing.addErrback(self._notRemoved)

    def _notRemoved(self, failure: Failure) -> None:
        """The next start does it."""
        if not failure.check(OSError, Busy):
            self._errors.failure("a named pipe can't be removed", failure)

    async def tidied(self) -> None:
        """Wait until nothing of it is still being removed."""
        while self._tidying:
            await self._tidying.ended()


class Runs:
    """
    The runs of a server.

    @ivar changed: told when one has begun, and when one is over.
    @ivar last: that which goes on, or the last one; None when there was none.
    """

    def __init__(self) -> None:
        self.changed: Hub[None] = Hub()
        self.last: Game | None = None

    @property
    def game(self) -> Game | None:
        """What runs; None while nothing does."""
        return None if self.last is None or self.last.isOver else self.last
