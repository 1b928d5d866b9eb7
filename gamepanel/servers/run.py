"""
One run of a game, as long as it goes on.
"""

import os
from collections.abc import Callable
from contextlib import suppress
from typing import Any, cast

from msgspec.structs import replace
from twisted.internet.defer import Deferred
from twisted.logger import Logger
from twisted.python.failure import Failure

from gamepanel.console.followed import FollowedFile
from gamepanel.console.gameprocess import GameProcess
from gamepanel.console.spawning import spawn
from gamepanel.host.sockets import Address, Holder, Protocol
from gamepanel.process.adopted import AdoptedProcess
from gamepanel.process.exit import Exit
from gamepanel.process.identity import Identity
from gamepanel.process.launch import Launch
from gamepanel.servers.basics import Basics
from gamepanel.servers.channels.channel import Ends, INetworkReactor
from gamepanel.servers.channels.kinds import kinds
from gamepanel.servers.channels.none import NoChannel
from gamepanel.servers.channels.wiring import refusedProblem
from gamepanel.servers.follower import Follower
from gamepanel.servers.lifefile import LifeFile
from gamepanel.servers.readiness import Readiness
from gamepanel.servers.resuming import Lifecycle
from gamepanel.servers.search import ConsoleSearch
from gamepanel.servers.serverlog import ServerLog
from gamepanel.servers.storedlife import Run


class GameRun:
    """
    All that exists only while a game runs. It is the
    L{gamepanel.console.gameprocess.ProcessListener} of its process.

    @ivar record: what is written down of it.
    @ivar process: the shim and its pipes.
    @ivar channel: how it is given commands.
    @ivar readiness: waits until players can come.
    """

    _errors = Logger()

    def __init__(
        self,
        basics: Basics,
        log: ServerLog,
        search: ConsoleSearch,
        file: LifeFile,
        lifecycle: Callable[[], Lifecycle],
        record: Run,
        ended: Callable[[Readiness, Exit], None],
    ) -> None:
        """
        @param record: what is known of it before there is a process.
        @param ended: called at its end; nothing comes after that.
        """
        self._basics = basics
        self._log = log
        self._file = file
        self.record = record
        self.process = GameProcess(
            *(basics.context.reactor, basics.context.readings, basics.files, log.ring, self),
            *(basics.kernel.signalGroup, basics.kernel.isolated),
        )
        ends = Ends(
            *(self.process.command, self._hasClosedStdin, record.wiring, basics.home),
            *(cast(INetworkReactor, basics.context.reactor), log.inserter, self._refused),
            *(basics.games, self._whose),
        )
        self.channel = kinds.get(record.channel, NoChannel)(ends)
        self._follower = self._followerOf(record.wiring.follow)
        self.readiness = Readiness(basics, log, search, lifecycle, self._known)
        self._lifecycle = lifecycle
        self._ended = ended

    def _followerOf(self, path: str) -> Follower | None:
        if not path:
            return None
        basics = self._basics
        return Follower(
            *(basics.context.reactor, basics.games, self._log, basics.directory),
            FollowedFile(basics.home, path),
        )

    def spawn(self, launch: Launch) -> None:
        """
        Start its process.

        @raise NoSpace: when the disk is full.
        @raise SpawnFailed: when the kernel refuses otherwise.
        """
        spawn(self._basics.context.reactor, launch, self._basics.files, self.process)
        assert self.process.shim is not None
        self.note(shim=self._basics.kernel.identify(self.process.shim))

    def adopt(self, shim: Identity) -> None:
        """
        Take over the process that an earlier daemon started.

        @raise OSError: when it has ended, or can't be taken over; nothing is open then.
        """
        kernel = self._basics.kernel
        try:
            self.process.open()
            AdoptedProcess(
                *(self._basics.context.reactor, shim, self.process, kernel.identify),
                *(kernel.openProcess, kernel.signalProcess),
            )
        except OSError:
            self.process.release()
            raise
        pid = self._gamesPid(shim) if self.record.pid is None else self.record.pid
        self.process.isStarted = pid is not None
        self.process.isIsolated = self.record.isIsolated
        self.note(shim=shim, pid=pid)
        if pid is not None:
            self._begin()

    def _begin(self) -> None:
        """There is a process of the game."""
        self.channel.begin()
        if self._follower is not None:
            self._follower.begin()

    def _gamesPid(self, shim: Identity) -> int | None:
        if not self.record.isIsolated:
            return self._basics.kernel.onlyChild(shim.pid)
        game = self._basics.kernel.isolated(shim.pid)
        return None if game is None else game.pid

    def note(self, **changes: Any) -> None:
        """Keep something with what is known of it; it is written down with the next change."""
        self.record = self._file.run = replace(self.record, **changes)

    def _known(self) -> Run:
        return self.record

    @property
    def session(self) -> int | None:
        """Number of the session that the game is in."""
        shim, pid = self.process.shim, self.record.pid
        if shim is None or pid is None or not self.record.isIsolated:
            return shim
        with suppress(ProcessLookupError):
            return os.getsid(pid)
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
        self.note(wiring=replace(self.record.wiring, problem=refusedProblem))
        self._file.save(self._lifecycle().status)

    def _whose(self, protocol: Protocol, theirs: Address, ours: Address | None) -> Deferred[Holder]:
        """See L{Ends}."""
        basics = self._basics
        tag = basics.tag(self.record)
        look = basics.context.threads.host(basics.kernel.otherEnd, protocol, theirs, ours, tag)
        return look.addErrback(self._notKnown)

    def _notKnown(self, failure: Failure) -> Holder:
        self._errors.failure(
            "{server}: its console is not looked for", failure, server=self._basics.id
        )
        return "unknown"

    def abandon(self) -> None:
        """Let go of it: it runs on."""
        self.readiness.cancel()
        self.channel.close()
        if self._follower is not None:
            self._follower.close()
        self._log.flush()
        self.process.abandon()

    # What its process tells: see L{gamepanel.console.gameprocess.ProcessListener}.

    def consoleGrew(self) -> float:
        """See L{ProcessListener}."""
        return self._log.grew()

    def consoleStuck(self, reason: OSError | None) -> None:
        """See L{ProcessListener}."""
        self._log.stuck(reason)

    def gameHasPid(self, pid: int) -> None:
        """See L{ProcessListener}."""
        self.note(pid=pid)
        self._begin()
        status = self._lifecycle().status
        if status.state == "starting" and self.record.ready is None and self.record.port is None:
            self._lifecycle().life._ready()
            return
        self._file.save(status)
        self._file.tell(status)
        self.readiness.gameIsThere()

    def gameEnded(self, exit: Exit) -> None:
        """See L{ProcessListener}."""
        self.channel.close()
        if self._follower is None:
            self._over(exit)
        else:
            self._follower.finish().addCallback(lambda _: self._over(exit))

    def _over(self, exit: Exit) -> None:
        self._log.flush()
        self._ended(self.readiness, exit)
