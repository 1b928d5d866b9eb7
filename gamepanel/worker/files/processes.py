"""
The daemon's end of the file workers: begins one for each server in use, asks it, ends it.
"""

import json
import os
import socket
import sys
from collections import deque
from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress
from typing import Any, Final

import msgspec
from twisted.internet import main
from twisted.internet.abstract import FileDescriptor
from twisted.internet.defer import Deferred, fail
from twisted.internet.error import ProcessExitedAlready
from twisted.internet.interfaces import IProcessTransport
from twisted.internet.protocol import ProcessProtocol
from twisted.logger import Logger
from twisted.python.failure import Failure

from gamepanel.base.collecting import ownEnvironment
from gamepanel.base.errors import (
    Busy,
    JobRunning,
    NotPermitted,
    PanelError,
    ShuttingDown,
    shortage,
)
from gamepanel.base.timer import Timer
from gamepanel.disk.mounted import isMounted
from gamepanel.disk.pathtext import storable
from gamepanel.process.home import homeIn, stagingIn
from gamepanel.process.yielding import yielding
from gamepanel.wire.causes import because
from gamepanel.worker.files import messages
from gamepanel.worker.files.asking import FileWorkers, Served

maxWorkers: Final = 32
"""Workers at a time, in all."""

idleSeconds: Final = 60.0
"""A worker ends after so long without a request."""

stuckSeconds: Final = 60.0
"""A worker that answers nothing for so long while something is asked is killed."""

removalSeconds: Final = 600.0
"""Timeout of a removal while others wait; it is gone on with behind those."""

maxTries: Final = 3
"""A request is tried anew where the server has got another directory meanwhile."""

_refusals: Final = {each.code: each for each in PanelError.__subclasses__()}


def errorOf(refusal: messages.Refusal) -> PanelError:
    """What a caller is told of a refusal."""
    if refusal.errno is not None:
        error = OSError(refusal.errno, os.strerror(refusal.errno))
        why = because("file_system_error", error=error.strerror)
        return shortage(error) or NotPermitted(why)
    cause = None if refusal.cause is None else because(refusal.cause, **refusal.values)
    return _refusals[refusal.code](cause, retryAfter=5 if refusal.code == Busy.code else None)


def ended() -> PanelError:
    """What is said when a worker ends before it has answered."""
    return Busy(because("file_worker_ended"), retryAfter=1)


class Channel(FileDescriptor):
    """A socket to a worker, on which descriptors come with answers."""

    def __init__(
        self, reactor: Any, own: socket.socket, answered: Callable[[messages.Answered], object]
    ) -> None:
        """@param answered: called with each answer; its descriptor belongs to the callee."""
        super().__init__(reactor)
        own.setblocking(False)
        self._socket = own
        self._answered = answered
        self._unread = b""
        self._descriptors: deque[int] = deque()
        self.connected = 1
        self.startReading()

    def fileno(self) -> int:
        """See C{FileDescriptor}."""
        return self._socket.fileno()

    def ask(self, asked: messages.Asked) -> None:
        """Send a request."""
        frame = msgspec.json.encode(asked)
        self.write(messages.length.pack(len(frame)) + frame)

    def writeSomeData(self, data: bytes) -> int | BaseException:
        """See C{FileDescriptor}."""
        try:
            return self._socket.send(data)
        except BlockingIOError:
            return 0
        except OSError:
            return main.CONNECTION_LOST

    def doRead(self) -> BaseException | None:
        """See C{FileDescriptor}."""
        try:
            data, descriptors, flags, _ = socket.recv_fds(self._socket, 1 << 16, 1)
        except BlockingIOError:
            return None
        except OSError:
            return main.CONNECTION_LOST
        for descriptor in descriptors:
            # No game gets it.
            os.set_inheritable(descriptor, False)
            self._descriptors.append(descriptor)
        if flags & socket.MSG_CTRUNC and not descriptors:
            # We have too many open files: its answer comes without it.
            self._descriptors.append(-1)
        if not data:
            return main.CONNECTION_DONE
        self._unread += data
        return self._take()

    def _take(self) -> BaseException | None:
        while len(self._unread) >= messages.length.size:
            size = messages.length.unpack_from(self._unread)[0]
            if size > messages.maxFrameBytes:
                return main.CONNECTION_LOST
            end = messages.length.size + size
            if len(self._unread) < end:
                break
            frame, self._unread = self._unread[messages.length.size : end], self._unread[end:]
            answered = msgspec.json.decode(frame, type=messages.Answered)
            if isinstance(answered.answer, messages.Opened | messages.Created):
                answer = msgspec.structs.replace(
                    answered.answer, descriptor=self._descriptors.popleft()
                )
                answered = msgspec.structs.replace(answered, answer=answer)
            self._answered(answered)
        return None

    def connectionLost(self, reason: Failure) -> None:
        """See C{FileDescriptor}."""
        super().connectionLost(reason)
        self._socket.close()
        while self._descriptors:
            _close(self._descriptors.popleft())


def _close(descriptor: int) -> None:
    if descriptor >= 0:
        os.close(descriptor)


class FileWorker(ProcessProtocol):
    """
    One worker.

    @ivar isOver: whether it takes no more requests.
    @ivar idleSince: since when nothing is asked of it, by the reactor's clock.
    """

    transport: IProcessTransport | None = None

    def __init__(self, reactor: Any, litter: Callable[[], object]) -> None:
        """@param litter: called when something lies aside that is to be removed."""
        self._reactor = reactor
        self._litter = litter
        self._channel: Channel | None = None
        self._waiting: list[messages.Asked] = []
        self._pending: dict[int, Deferred[messages.Answers]] = {}
        self._count = 0
        self._timer = Timer(reactor)
        self._failure: BaseException = ended()
        self._log = Logger()
        self.isOver = False
        self.idleSince: float = reactor.seconds()

    @property
    def isIdle(self) -> bool:
        """Whether nothing is asked of it."""
        return not self._pending

    def begin(self, place: messages.Workplace) -> None:
        """
        Start the process, unless it is over before.

        @raise OSError: when it can't be started.
        """
        if self.isOver:
            return
        own, its = socket.socketpair()
        try:
            spawn(self._reactor, self, place, {0: its.fileno(), 1: "r", 2: "r"})
        except BaseException:
            own.close()
            raise
        finally:
            its.close()
        self._channel = Channel(self._reactor, own, self._answered)
        waiting, self._waiting = self._waiting, []
        for asked in waiting:
            self._channel.ask(asked)

    def ask(self, request: messages.Requests) -> Deferred[messages.Answers]:
        """
        @return: fires with the answer; fails with L{Busy} when it ends before.
        """
        if self.isOver:
            return fail(self._failure)
        self._count += 1
        asked = messages.Asked(self._count, request)
        answer: Deferred[messages.Answers] = Deferred()
        isFirst = not self._pending
        self._pending[self._count] = answer
        if self._channel is None:
            self._waiting.append(asked)
        else:
            self._channel.ask(asked)
        if isFirst:
            self._wait()
        return answer

    def _wait(self) -> None:
        """Wait for the next answer, or else for the next request."""
        self._timer.cancel()
        if self.isIdle and not self.isOver:
            self._timer.after(idleSeconds, self.dismiss)
        elif not self.isOver:
            self._timer.after(stuckSeconds, self.close)

    def _answered(self, answered: messages.Answered) -> None:
        waiting = self._pending.pop(answered.number)
        if not self._pending:
            self.idleSince = self._reactor.seconds()
        self._wait()
        if answered.isLitter:
            self._litter()
        answer = answered.answer
        if not waiting.called:
            waiting.callback(answer)
        elif isinstance(answer, messages.Opened | messages.Created):
            _close(answer.descriptor)

    def dismiss(self) -> None:
        """It is needed no more, and ends by itself."""
        self.isOver = True
        self._timer.cancel()
        if self._channel is not None:
            self._channel.loseConnection()

    def close(self) -> None:
        """End it, whatever it does; what it was asked fails."""
        self.dismiss()
        if self.transport is not None:
            # It may have ended already.
            with suppress(Exception):
                self.transport.signalProcess("KILL")
        self.fail(ended())

    def fail(self, error: BaseException) -> None:
        """Let all that was asked fail."""
        self.isOver = True
        self._failure = error
        self._timer.cancel()
        pending, self._pending = self._pending, {}
        self._waiting.clear()
        for waiting in pending.values():
            if not waiting.called:
                waiting.errback(Failure(error))

    def outReceived(self, data: bytes) -> None:
        self.errReceived(data)

    def errReceived(self, data: bytes) -> None:
        """See C{ProcessProtocol}: a bug of ours."""
        self._log.error("file worker: {text}", text=data[:4096].decode(errors="replace"))

    def processEnded(self, reason: Failure) -> None:
        # What it had answered before comes first.
        self._reactor.callLater(0, self.close)


def spawn(
    reactor: Any,
    protocol: ProcessProtocol,
    place: messages.Workplace,
    descriptors: dict[int, int | str],
    *more: str,
) -> None:
    """
    Start a process of this package.

    @param more: further arguments.

    @raise OSError: when it can't be started.
    """
    given = json.dumps(storable(msgspec.to_builtins(place)))
    command = [sys.executable, "-m", "gamepanel.worker.files", given, *more]
    if more:
        command = [*yielding, *command]
    reactor.spawnProcess(
        protocol, command[0], command, env=ownEnvironment(), path="/", childFDs=descriptors
    )


class _Removal(ProcessProtocol):
    """The process that removes what lies aside."""

    transport: IProcessTransport | None = None

    def __init__(self, done: Callable[[], object]) -> None:
        self._done = done
        self._log = Logger()

    def outReceived(self, data: bytes) -> None:
        self.errReceived(data)

    def errReceived(self, data: bytes) -> None:
        self._log.warn("{text}", text=data[:4096].decode(errors="replace").rstrip())

    def kill(self) -> None:
        """End it, whatever it does."""
        assert self.transport is not None
        # It may have ended already.
        with suppress(ProcessExitedAlready):
            self.transport.signalProcess("KILL")

    def processEnded(self, reason: Failure) -> None:
        self._done()


def _left(directory: str) -> list[str]:
    """
    Names of our files beside the directory of a server, or in it, where it is a mount of its own.

    @param directory: see L{Served}.
    """
    home, staging = homeIn(directory), stagingIn(directory)
    with suppress(OSError):
        names = os.listdir(home if _isApart(home) else staging)
        return [name for name in names if name.startswith(messages.prefix)]
    return []


def _isApart(home: str) -> bool:
    """
    Whether a directory is a mount of its own, also a bind mount; as workers decide it, see
    L{gamepanel.worker.files.entering.begin}.
    """
    own, name = os.path.split(home)
    parent = os.open(own, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        return isMounted(parent, name)
    finally:
        os.close(parent)


class WorkerPool(FileWorkers):
    """The L{FileWorkers} of a daemon."""

    def __init__(
        self, reactor: Any, placeOf: Callable[[Any], Awaitable[messages.Workplace]]
    ) -> None:
        """@param placeOf: finds where the worker of a server works, or raises L{PanelError}."""
        self._reactor = reactor
        self._placeOf = placeOf
        self._workers: dict[int, FileWorker] = {}
        self._closers: dict[int, list[Callable[[PanelError], object]]] = {}
        self._litter: dict[int, Served] = {}
        self._isRemoving = False
        self._removal = Timer(reactor)
        self._later: list[Timer] = []
        self._isEnding = False
        self._log = Logger()

    def ask(self, server: Served, request: messages.Requests) -> Deferred[Any]:
        return Deferred.fromCoroutine(self._ask(server, request))

    async def _ask(self, server: Served, request: messages.Requests) -> messages.Answers:
        for _ in range(maxTries):
            worker = self._worker(server)
            answer = await worker.ask(request)
            if isinstance(answer, messages.Refusal):
                raise errorOf(answer)
            if not isinstance(answer, messages.Stale):
                if isinstance(answer, messages.Opened | messages.Created) and answer.descriptor < 0:
                    raise Busy(because("too_many_open_files"), retryAfter=5)
                return answer
            worker.dismiss()
        raise ended()

    def _worker(self, server: Served) -> FileWorker:
        worker = self._workers.get(server.creation)
        if worker is not None and not worker.isOver:
            return worker
        if self._isEnding:
            raise ended()
        self._makeSpace()
        worker = FileWorker(self._reactor, lambda: self._tidyLater(server))
        self._workers[server.creation] = worker
        starting = Deferred.fromCoroutine(self._begin(worker, server))
        starting.addErrback(self._notBegun, worker)
        return worker

    def _makeSpace(self) -> None:
        """
        Let another worker be begun: the one that has been idle for longest ends.

        @raise Busy: when all are busy.
        """
        self._workers = {
            creation: worker for creation, worker in self._workers.items() if not worker.isOver
        }
        if len(self._workers) < maxWorkers:
            return
        idle = [worker for worker in self._workers.values() if worker.isIdle]
        if not idle:
            raise Busy(because("file_workers_busy", most=maxWorkers), retryAfter=5)
        min(idle, key=lambda worker: worker.idleSince).dismiss()

    async def _begin(self, worker: FileWorker, server: Served) -> None:
        place = await self._placeOf(server)
        worker.begin(place)

    def _notBegun(self, failure: Failure, worker: FileWorker) -> None:
        error = failure.value
        if isinstance(error, OSError):
            error = shortage(error) or ended()
        elif not isinstance(error, PanelError):
            self._log.failure("a file worker can't be begun", failure)
            error = ended()
        worker.fail(error)

    def end(self, creation: int) -> None:
        for close in self._closers.pop(creation, ()):
            close(ShuttingDown(retryAfter=5) if self._isEnding else JobRunning())
        worker = self._workers.pop(creation, None)
        if worker is not None:
            worker.close()

    def begin(self, servers: Iterable[Served]) -> None:
        """
        See to what an earlier daemon has left beside the directories of servers: what a job that
        was killed was moving in is undone, and an archive goes after its time.
        """
        others = []
        for server in servers:
            suffixes = {os.path.splitext(name)[1] for name in _left(server.directory)}
            if messages.jobSuffix in suffixes:
                self.tidy(server)
            elif messages.goneSuffix in suffixes:
                others.append(server)
            if messages.archiveSuffix in suffixes:
                later = Timer(self._reactor)
                later.after(messages.archiveSeconds + 1.0, self._tidyLater, server)
                self._later.append(later)
        for server in others:
            self._tidyLater(server)

    def tidy(self, server: Served) -> None:
        # To undo what was being moved in is urgent, what was deleted elsewhere can wait.
        self._litter = {server.creation: server, **self._litter}
        self._remove()

    def _tidyLater(self, server: Served) -> None:
        """Remove what lies aside of a server, after what is to be removed of others."""
        self._litter[server.creation] = server
        self._remove()

    def onEnd(self, creation: int, close: Callable[[PanelError], object]) -> Callable[[], None]:
        closers = self._closers.setdefault(creation, [])
        closers.append(close)

        def forget() -> None:
            if close in closers:
                closers.remove(close)
            if not closers and self._closers.get(creation) is closers:
                del self._closers[creation]

        return forget

    def close(self) -> None:
        """The daemon ends."""
        self._isEnding = True
        for later in (self._removal, *self._later):
            later.cancel()
        for creation in [*self._workers, *self._closers]:
            self.end(creation)

    def _remove(self) -> None:
        """Remove what lies aside of one server after the other, by one process."""
        if self._isRemoving or self._isEnding or not self._litter:
            return
        self._isRemoving = True
        server = self._litter.pop(next(iter(self._litter)))
        removing = Deferred.fromCoroutine(self._removeOf(server))
        removing.addErrback(self._notRemoved)

    async def _removeOf(self, server: Served) -> None:
        place = await self._placeOf(server)
        child: dict[int, int | str] = {1: "r", 2: "r"}
        removal = _Removal(self._removed)
        spawn(self._reactor, removal, place, child, "remove")
        self._watch(removal, server)

    def _watch(self, removal: _Removal, server: Served) -> None:
        if not self._isEnding:
            self._removal.after(removalSeconds, self._late, removal, server)

    def _late(self, removal: _Removal, server: Served) -> None:
        if self._litter.keys() <= {server.creation}:
            self._watch(removal, server)
            return
        # A game may make files as fast as they are removed.
        self._litter.pop(server.creation, None)
        self._litter[server.creation] = server
        removal.kill()

    def _notRemoved(self, failure: Failure) -> None:
        self._log.warn("what was deleted is not removed: {reason}", reason=str(failure.value))
        self._removed()

    def _removed(self) -> None:
        self._removal.cancel()
        self._isRemoving = False
        self._remove()
