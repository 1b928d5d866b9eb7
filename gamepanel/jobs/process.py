"""
The process that does a job: started, adopted, ended.

It runs through the same chain of programs as a game, with pipes and a log of its own,
and carries C{GAMEPANEL_JOB} where a game carries C{GAMEPANEL_SERVER}: what is done to the
processes of a server never touches its jobs.
"""

import os
import sys
from collections.abc import Callable
from contextlib import suppress
from typing import Final

from attrs import frozen
from msgspec.structs import replace
from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.task import deferLater
from twisted.logger import Logger
from twisted.python.failure import Failure

from gamepanel.base.collecting import ownEnvironment
from gamepanel.base.errors import PanelError
from gamepanel.base.hub import Hub
from gamepanel.base.threads import Threads
from gamepanel.console.gameprocess import GameProcess, IGameReactor
from gamepanel.console.readings import Readings
from gamepanel.console.ring import Ring
from gamepanel.console.spawning import spawn
from gamepanel.console.text import decode
from gamepanel.jobs import files
from gamepanel.jobs.progress import Progress, read
from gamepanel.process.adopted import AdoptedProcess
from gamepanel.process.grouping import Groups
from gamepanel.process.launch import Launch, certificates, proxies
from gamepanel.process.members import ProcessTag, endLeftovers, identify, killAll, leader
from gamepanel.process.runfiles import Exit, RunFiles

undoSeconds: Final = 120.0
"""How long a worker that undoes what it has begun may take for that, before it is killed."""

killSeconds = 0.05
"""How long what is left of a job has before it is killed again."""

restSeconds: Final = 0.004
"""How long the pipe of a worker that prints all the time may gather that."""

lastLineBytes: Final = 1_000
"""The last line is looked for in so many bytes."""


@frozen
class JobHost:
    """
    What jobs need of the machine and of this daemon.

    @ivar reactor: watches their pipes, and starts them.
    @ivar threads: run what waits elsewhere.
    @ivar root: absolute path of the directory of all jobs.
    @ivar path: PATH of workers.
    @ivar boot: the C{bootId} of the host.
    @ivar now: Unix time in seconds.
    @ivar groups: the control groups of this host, if there are any for us.
    """

    reactor: IGameReactor
    threads: Threads
    root: str
    path: str
    boot: str
    now: Callable[[], float]
    groups: Groups | None = None


class JobProcess:
    """
    What runs of one job.

    @ivar ring: what its programs print.
    @ivar run: what is written down of it.
    @ivar grew: tells that there is more of that.
    """

    def __init__(
        self,
        host: JobHost,
        readings: Readings,
        number: int,
        ring: Ring,
        run: files.Run,
        ended: Callable[[Exit], None],
        patience: float = 0.0,
    ) -> None:
        """
        @param readings: reads again what its programs print all the time.
        @param number: of the job.
        @param patience: seconds that it has to undo what it has begun, when it is cancelled.
        @param ended: called when its process has ended, and all it had printed is in the ring.
        """
        self.ring = ring
        self.grew: Hub[None] = Hub()
        self._reactor = host.reactor
        self._killingThread = host.threads.killing
        self._number = number
        self._directory = directory = os.path.join(host.root, str(number))
        self.run = run
        self._ended = ended
        self._patience = patience
        self._files = RunFiles(directory)
        self._progress = files.openProgress(directory)
        self._process = GameProcess(host.reactor, readings, self._files, ring, self)
        self._killing: Deferred[None] | None = None
        self._log = Logger()

    def progress(self) -> Progress | None:
        """How far it is, if that can be told."""
        if self._progress.closed:
            return None
        with memoryview(self._progress) as memory:
            return read(memory)

    def lastLine(self) -> str:
        """What was printed last, for people."""
        start = max(self.ring.position - lastLineBytes, 0)
        text = decode(self.ring.read(start, lastLineBytes).data, final=True)[0]
        lines = [line.strip() for line in text.splitlines() if line.strip()]
        return "".join(each for each in lines[-1] if each.isprintable()) if lines else ""

    def start(self, path: str) -> None:
        """
        Start the worker.

        @param path: its PATH.

        @raise PanelError: when the kernel refuses.
        """
        launch = Launch(
            (sys.executable, "-m", "gamepanel.worker", self._directory),
            self._environment(path),
            {},
            self._directory,
            group=self.run.group,
        )
        files.saveRun(self._directory, self.run)
        spawn(self._reactor, launch, self._files, self._process)
        shim = self._process.shim
        assert shim is not None
        self._remember(replace(self.run, shim=identify(shim)))

    def _environment(self, path: str) -> dict[str, str]:
        return {
            **ownEnvironment(path),
            "HOME": self._directory,
            "PWD": self._directory,
            "GAMEPANEL_JOB": str(self._number),
            "PYTHONUNBUFFERED": "1",
            **{name: os.environ[name] for name in (*certificates, *proxies) if name in os.environ},
        }

    def _remember(self, run: files.Run) -> None:
        self.run = run
        try:
            files.saveRun(self._directory, run)
        except OSError as error:
            # A later daemon finds it by its tag.
            self._log.error(
                "job {number}: its run can't be written: {reason}",
                number=self._number,
                reason=str(error),
            )

    def adopt(self) -> bool:
        """
        Go on with the process that an earlier daemon has started.

        @return: whether there is one, or its end is known; else it was never started.
        """
        shim = self.run.shim
        if (shim is None or identify(shim.pid) != shim) and self._files.ended() is None:
            pid = leader(self._tag())
            shim = None if pid is None else identify(pid)
        try:
            if shim is None:
                raise ProcessLookupError
            self._process.open()
            AdoptedProcess(self._reactor, shim, self._process)
        except OSError:
            self._process.release()
            ended = self._files.ended()
            if ended is None and self.run.shim is None:
                return False
            self._ended(ended[0] if ended else Exit(None))
            return True
        self._process.isStarted = True
        self._remember(replace(self.run, shim=shim))
        if self.run.isCancelled:
            self.cancel()
        return True

    def cancel(self) -> None:
        """End all its processes; what it has begun is undone by what follows its end."""
        if not self.run.isCancelled:
            self._remember(replace(self.run, isCancelled=True))
        if self._killing is None:
            self._killing = Deferred.fromCoroutine(self._kill())
            self._killing.addErrback(self._killFailed)

    async def _kill(self) -> None:
        if self._patience:
            with suppress(PanelError):
                # A game of the same user can have stopped it. That comes first: any thread of what
                # is stopped may get the other signal, and the one that waits may not hear of it.
                self._process.signal("CONT")
                self._process.signal("TERM")
            await deferLater(self._reactor, self._patience)
        # The shim is spared while there is anything else: it tells how the worker ended.
        attempt = 0
        while self._process.shim is not None:
            spared = self._process.shim if attempt < 20 else None
            await self._killingThread(killAll, self._tag(), spared)
            attempt += 1
            await deferLater(self._reactor, killSeconds)

    def _killFailed(self, failure: Failure) -> None:
        if not failure.check(CancelledError):
            self._log.failure("job {number}: it can't be ended", failure, number=self._number)

    def _tag(self) -> ProcessTag:
        shim = self.run.shim
        session = None
        if shim is not None and identify(shim.pid) in (None, shim):
            session = shim.pid
        homes, group = frozenset({self._directory}), self.run.group
        return ProcessTag(str(self._number), homes, session, group, isJob=True)

    def abandon(self) -> None:
        """Let go of it: the daemon ends, and it goes on."""
        if self._killing is not None:
            self._killing.cancel()
        self._process.abandon()

    def close(self) -> None:
        """Let go of its files: it is over."""
        self._progress.close()
        self.ring.close()

    # What its process tells: see L{gamepanel.console.gameprocess.ProcessListener}.

    def consoleGrew(self) -> float:
        """There is more in the ring."""
        self.grew.tell(None)
        return restSeconds

    def consoleStuck(self, reason: OSError | None) -> None:
        """What it prints has to wait, since the disk fails; with None: it goes on."""
        if reason is not None:
            self._log.error(
                "job {number}: its log can't be written, so its output waits: {reason}",
                number=self._number,
                reason=str(reason),
            )

    def gameHasPid(self, pid: int) -> None:
        """The worker runs."""

    def gameEnded(self, exit: Exit) -> None:
        """The worker has ended; what it has left behind is ended, too."""
        if self._killing is not None:
            self._killing.cancel()
        left = self._killingThread(endLeftovers, self._tag())
        left.addErrback(self._killFailed).addBoth(lambda _: self._ended(exit))
        self.grew.tell(None)
