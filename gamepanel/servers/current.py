"""
The run of a server that goes on now, if one does.
"""

import signal
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Final

from msgspec.structs import replace
from twisted.internet.defer import Deferred, fail
from twisted.logger import Logger
from twisted.python.failure import Failure

from gamepanel.base.errors import Busy, NotPermitted, NotRunning, PanelError
from gamepanel.base.hub import Hub
from gamepanel.base.sharing import Single
from gamepanel.games.definition import StopStep
from gamepanel.process.exit import Exit
from gamepanel.process.identity import Identity
from gamepanel.process.launch import Launch
from gamepanel.process.limits import MiB
from gamepanel.process.owners import Counted
from gamepanel.process.tag import ProcessTag
from gamepanel.servers.basics import Basics
from gamepanel.servers.channels.fifo import removeFifo
from gamepanel.servers.events import OutOfMemory
from gamepanel.servers.lifefile import LifeFile
from gamepanel.servers.readiness import Readiness, lastLookSeconds
from gamepanel.servers.resuming import Lifecycle
from gamepanel.servers.run import GameRun
from gamepanel.servers.search import ConsoleSearch
from gamepanel.servers.serverlog import ServerLog
from gamepanel.servers.storedlife import Run

killedCodes: Final = (None, 128 + signal.SIGKILL)
"""How the kernel ends a game for its memory."""


class CurrentRun:
    """
    The run of a server that goes on now, if one does.

    @ivar game: it; None while nothing runs.
    @ivar mayHaveLeft: whether an earlier run may have left processes behind.
    @ivar endedAt: when the last one has ended, Unix time in seconds; None while one goes on.
    @ivar runs: told when a run has begun and when one is over.
    @ivar search: finds lines in what runs print.
    """

    _logger = Logger()

    def __init__(
        self,
        basics: Basics,
        log: ServerLog,
        file: LifeFile,
        lifecycle: Callable[[], Lifecycle],
    ) -> None:
        self.game: GameRun | None = None
        self.mayHaveLeft = False
        self.endedAt: float | None = None
        self.runs: Hub[None] = Hub()
        self.search = ConsoleSearch(basics.context.reactor, basics.context.slices, log, self)
        self._basics = basics
        self._log = log
        self._file = file
        self._lifecycle = lifecycle
        self._tidying = Single(self._removeFifo)
        # Fires when what the last run has printed was searched.
        self._finishing: Deferred[None] | None = None

    @property
    def run(self) -> Run | None:
        """What is known of the current run, or the last."""
        return self._file.run

    @property
    def alive(self) -> bool:
        """Whether a run goes on."""
        return self.game is not None

    @property
    def shim(self) -> int | None:
        """Number of its shim's process."""
        return None if self.game is None else self.game.process.shim

    @property
    def counted(self) -> Counted | None:
        """By what its processes are counted, while a run goes on."""
        game, shim = self.game, self.shim
        if game is None or shim is None or (session := game.session) is None:
            return None
        inside = game.record.pid if game.record.isIsolated else None
        return Counted(shim, session, self._basics.marks(self._file.run), inside)

    @property
    def mayEnd(self) -> bool:
        """Whether we could end what runs: not if that is another user's."""
        return self.game is None or self.game.mayEnd

    def tag(self) -> ProcessTag:
        """What tells the processes of this run, or the last, from all others."""
        return self._basics.tag(self._file.run)

    # Beginning.

    def spawn(self, record: Run, launch: Launch) -> GameRun:
        """
        Begin a run. What is known of it is written down before, and not without: a daemon
        that dies in between finds the process by this and its tag.

        @raise NoSpace: when the disk is full.
        @raise SpawnFailed: when the kernel refuses otherwise.
        """
        self._file.run = record
        self._file.write(self._lifecycle().status)
        game = self._of(record)
        game.spawn(launch)
        return self._begun(game)

    def adopt(self, record: Run, shim: Identity) -> GameRun:
        """
        Go on with a run that an earlier daemon began.

        @raise OSError: when it has ended, or can't be taken over.
        """
        game = self._of(record)
        game.adopt(shim)
        return self._begun(game)

    def _of(self, record: Run) -> GameRun:
        return GameRun(
            *(self._basics, self._log, self.search, self._file, self._lifecycle, record),
            self._gameEnded,
        )

    def _begun(self, game: GameRun) -> GameRun:
        self.game, self.endedAt = game, None
        self.mayHaveLeft = True
        self._log.isOpen = True
        self.runs.tell(None)
        self._basics.responds = None
        return game

    # Ending.

    def _gameEnded(self, readiness: Readiness, exit: Exit) -> None:
        self._forget()
        self._log.sync.soon()
        ended = None
        with suppress(OSError):
            ended = self._basics.files.ended()
        self._over(readiness, exit, self._basics.kernel.now() if ended is None else ended[1])

    def endedMeanwhile(self) -> None:
        """The run that was written down has ended while no daemon was there."""
        exit, at = self._basics.files.ended() or (Exit(None), self._basics.kernel.now())
        run = self._file.run
        if run is None:
            self._lifecycle().life._ended(exit, at)
        else:
            readiness = Readiness(
                *(self._basics, self._log, self.search, self._lifecycle, lambda: run)
            )
            self._over(readiness, exit, at)

    def _over(self, readiness: Readiness, exit: Exit, at: float) -> None:
        if self._file.run is not None:
            exit = self._outOfMemory(self._file.run, exit)
            self._file.run = replace(self._file.run, over=True)
            if self._lifecycle().status.state != "stopping":
                # Else that is killed.
                self._lookForLeft(self._file.run)
            if self._file.run.wiring.path:
                self._tidying.begin()
        unready = readiness.over(exit)
        self.endedAt = at
        self.runs.tell(None)
        # Who follows what it printed tells all of that before the end is told.
        self._finishing = self.search.finish(lastLookSeconds)
        self._finishing.addCallbacks(
            lambda _: self._lifecycle().life._ended(exit, at, unready), lambda failure: None
        )

    def _removeFifo(self) -> Deferred[None]:
        path = "" if self._file.run is None else self._file.run.wiring.path
        removing = self._basics.games(removeFifo, self._basics.home, path)
        return removing.addErrback(self._notRemoved)

    def _notRemoved(self, failure: Failure) -> None:
        """The next start does it."""
        if not failure.check(OSError, Busy):
            self._logger.failure("a named pipe can't be removed", failure)

    async def tidied(self) -> None:
        """Wait until nothing of the last run is still being removed."""
        while self._tidying.isBusy:
            await self._tidying.end()

    def _lookForLeft(self, run: Run) -> None:
        """Find out now, beside everything else, whether it has left anything: starts need not."""
        tag = self.tag()
        if tag.group is None:
            looking = self._basics.context.threads.killing(self._basics.kernel.members, tag)
            looking.addCallbacks(self._looked, self._notLooked, callbackArgs=(run,))

    def _looked(self, left: Sequence[int], run: Run) -> None:
        if not left and self._file.run is run:
            self.mayHaveLeft = False

    def _notLooked(self, failure: Failure) -> None:
        """The next start looks."""
        if not failure.check(OSError):
            self._logger.failure("it can't be found out what is left", failure)

    def _outOfMemory(self, run: Run, exit: Exit) -> Exit:
        """Put away the control group of a run; its exit, with what the kernel has counted."""
        tag = self.tag()
        killed = 0 if tag.group is None else self._basics.kernel.closeGroup(tag.group)
        if not (killed and run.memoryLimit and exit.code in killedCodes):
            return exit
        self._lifecycle().note(OutOfMemory(run.memoryLimit * MiB))
        return Exit(exit.code, run.memoryLimit)

    def lose(self) -> None:
        """Let go of it, since its files can't be used; nothing is known of it any more."""
        self.abandon()
        self._forget()
        self.mayHaveLeft = True
        self._file.run = None

    def _forget(self) -> None:
        self.game = None
        self._log.isOpen = False

    def abandon(self) -> None:
        """Let go of it: it runs on."""
        if self._finishing is not None:
            self._finishing.cancel()
        if self.game is not None:
            self.game.abandon()

    def command(self, line: str) -> Deferred[None]:
        """
        Hand its game a console line.

        @return: see L{gamepanel.servers.channels.channel.Channel.send}; fails with
            L{NotRunning} when there is no game.
        """
        return fail(NotRunning()) if self.game is None else self.game.channel.send(line)

    # What the life of the server wants done: see L{gamepanel.servers.core.Actions}.

    def say(self, command: str) -> Deferred[None]:
        """See L{Actions}."""
        return self.command(command).addErrback(self._notSaid)

    def _notSaid(self, failure: Failure) -> Failure:
        if not failure.check(PanelError):
            self._logger.failure("{server}: a command failed", failure, server=self._basics.id)
        return failure

    def signal(self, name: str) -> None:
        """See L{Actions}."""
        if self.game is not None:
            with suppress(NotRunning, NotPermitted):
                self.game.process.signal(name)

    def stopSteps(self) -> Sequence[StopStep]:
        """See L{Actions}."""
        return () if self._file.run is None else self._file.run.stop
