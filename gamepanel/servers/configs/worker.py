"""
The daemon's end of the worker: starts it when it is needed, and ends it when it was idle
for a moment, so that what is started together shares one.
"""

import json
import os
import sys
from collections.abc import Mapping, Sequence
from typing import Any, Final, Protocol

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IProcessTransport, IReactorProcess, IReactorTime
from twisted.internet.protocol import ProcessProtocol
from twisted.logger import Logger
from twisted.python.failure import Failure

from gamepanel.base.collecting import ownEnvironment
from gamepanel.base.errors import Busy, PanelError, SpawnFailed, shortage
from gamepanel.base.timer import Timer
from gamepanel.process.launch import Account
from gamepanel.servers.configs.perform import Answer, FileTask, Reason, Task
from gamepanel.wire.causes import because

idleSeconds: Final = 1.0
"""So long after its last task a worker is there for the next."""

stuckSeconds: Final = 30.0
"""A worker that has tasks and answers none for so long is ended."""


class ConfigFiles(Protocol):
    """Reads and writes the configuration files of games."""

    def ask(self, task: Task) -> Deferred[Answer]:
        """Do a task; fails with L{Busy} when nobody can. Cancelling it only stops the waiting."""

    def close(self) -> None:
        """The daemon ends: let go of what is being done."""


class IWorkerReactor(IReactorProcess, IReactorTime):
    """What running a worker needs of a reactor."""


async def writeFiles(
    configs: ConfigFiles, home: str, files: Sequence[FileTask], account: Account | None
) -> None:
    """
    Write the configuration files of a server.

    @param home: its directory.
    @param account: whom its game runs as.

    @raise SpawnFailed: naming the first that can't be written.
    @raise NoSpace: when the disk is full.
    @raise Busy: when nothing can be started now.
    """
    if not files:
        return
    user = None if account is None else (account.uid, account.gid, account.name)
    answer = await configs.ask(Task(home=home, files=list(files), user=user))
    if (failed := answer["failed"]) is not None:
        number, reason = failed["errno"], failed["reason"]
        lack = None if number is None else shortage(OSError(number, reason))
        raise lack or SpawnFailed(because("file_unwritable", file=failed["path"], why=reason))


async def refusals(
    configs: ConfigFiles, files: Sequence[FileTask]
) -> Sequence[Mapping[str, Reason]]:
    """
    What new files can't hold.

    @return: for each file the reasons by key.

    @raise Busy: when that can't be found out now.
    """
    if not files:
        return ()
    answer = await configs.ask(Task(home=None, files=list(files), user=None))
    if answer["failed"] is not None:
        raise Busy(because("values_not_checked"), retryAfter=5)
    return answer["refused"]


class WorkerProcess(ProcessProtocol, ConfigFiles):
    """
    One worker, while it is there L{ConfigFiles}.

    @ivar isOver: whether it takes no more tasks.
    """

    transport: IProcessTransport

    def __init__(self, reactor: IWorkerReactor) -> None:
        self._pending: dict[int, Deferred[Answer]] = {}
        self._count = 0
        self._unread = b""
        self._timer = Timer(reactor)
        self._log = Logger()
        self.isOver = False

    def ask(self, task: Task) -> Deferred[Answer]:
        self._count += 1
        answer: Deferred[Answer] = Deferred()
        isFirst = not self._pending
        self._pending[self._count] = answer
        self.transport.write(json.dumps([self._count, task]).encode() + b"\n")
        if isFirst:
            # Not for each: else one that hangs would never be ended while others ask.
            self._wait()
        return answer

    def _wait(self) -> None:
        """Wait for the next answer, or else for the next task."""
        self._timer.cancel()
        if self._pending:
            self._timer.after(stuckSeconds, self.close)
        elif not self.isOver:
            self._timer.after(idleSeconds, self.dismiss)

    def dismiss(self) -> None:
        """It is needed no more; it ends by itself."""
        self.isOver = True
        self.transport.closeStdin()

    def close(self) -> None:
        """See L{ConfigFiles}: it is ended, whatever it does."""
        self.isOver = True
        self._timer.cancel()
        try:
            self.transport.signalProcess("KILL")
        except Exception as error:
            # It has ended, or is not ours any more; processEnded tells those who wait.
            self._log.debug("worker: {reason}", reason=str(error))

    def outReceived(self, data: bytes) -> None:
        *lines, self._unread = (self._unread + data).split(b"\n")
        for line in lines:
            number, answer = json.loads(line)
            waiting = self._pending.pop(number)
            if not waiting.called:
                waiting.callback(answer)
        self._wait()

    def errReceived(self, data: bytes) -> None:
        """See C{ProcessProtocol}: a bug of ours."""
        text = data[:4096].decode(errors="replace")
        self._log.error("worker of configuration files: {text}", text=text)

    def processEnded(self, reason: Failure) -> None:
        self.isOver = True
        self._timer.cancel()
        pending, self._pending = self._pending, {}
        for waiting in pending.values():
            if not waiting.called:
                waiting.errback(unavailable())


def unavailable() -> PanelError:
    """What is said when no worker can be had."""
    return Busy(because("config_files_busy"), retryAfter=5)


class WorkerConfigs(ConfigFiles):
    """The L{ConfigFiles} of a daemon."""

    def __init__(self, reactor: Any) -> None:
        self._reactor: IWorkerReactor = reactor
        self._worker: WorkerProcess | None = None

    def ask(self, task: Task) -> Deferred[Answer]:
        if self._worker is None or self._worker.isOver:
            try:
                self._worker = self._started()
            except OSError as error:
                raise shortage(error) or unavailable() from error
        return self._worker.ask(task)

    def _started(self) -> WorkerProcess:
        worker = WorkerProcess(self._reactor)
        arguments = [sys.executable, "-m", "gamepanel.servers.configs", str(os.getpid())]
        self._reactor.spawnProcess(
            worker, sys.executable, arguments, env=ownEnvironment(), path="/"
        )
        return worker

    def close(self) -> None:
        if self._worker is not None:
            self._worker.close()
