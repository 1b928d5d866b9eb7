"""
Fakes of what is below a server: a reactor that starts no process, and a kernel that knows of
the processes that it would have started.
"""

import os
import select
import signal as signals
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Any, cast

from attrs import Factory, define
from msgspec.structs import replace
from twisted.internet.defer import Deferred, execute
from twisted.internet.error import ProcessTerminated
from twisted.internet.interfaces import (
    IProcessProtocol,
    IProcessTransport,
    IReactorFDSet,
    IReactorProcess,
    IReactorTime,
    IReadDescriptor,
    IWriteDescriptor,
)
from twisted.internet.task import Clock, Cooperator
from twisted.python.failure import Failure
from zope.interface import implementer

from gamepanel.base.errors import NoSuchType
from gamepanel.base.threads import alike
from gamepanel.console.readings import Readings
from gamepanel.games.definition import ServerType
from gamepanel.host.ports import Port
from gamepanel.process.containment import Contained
from gamepanel.process.isolatedgame import Isolated
from gamepanel.process.kernel import Kernel
from gamepanel.process.launch import Launch, messageDescriptor
from gamepanel.process.limits import Limits
from gamepanel.process.members import Identity, ProcessTag
from gamepanel.process.sandbox import Sandbox
from gamepanel.process.usage import Counting
from gamepanel.servers.diskusage import DiskUsage
from gamepanel.servers.limitoptions import shownLimits
from gamepanel.servers.settings import Settings
from gamepanel.store.events import EventRow, NewEvent
from tests.support import ConfigsHere


@define(eq=False)
class FakeGame:
    """
    A process that was to be started, seen from inside: the shim and its game.

    @ivar pid: of the shim.
    @ivar arguments: what was to be run.
    @ivar record: the file that the shim renames at the end.
    """

    pid: int
    arguments: Sequence[str]
    environment: Mapping[str, str]
    record: str
    _ends: dict[int, int]

    def begin(self, pid: int) -> None:
        """The shim runs the game, which has this number."""
        self._tell(f"pid {pid}")

    def beginIsolated(self) -> None:
        """The game is there, in its sandbox."""
        self._tell("up")

    def print(self, data: bytes) -> None:
        """The game prints something."""
        os.write(self._ends[1], data)

    def read(self) -> bytes:
        """What waits in the game's stdin."""
        os.set_blocking(self._ends[0], False)
        try:
            return os.read(self._ends[0], 65536)
        except BlockingIOError:
            return b""

    def fillStdin(self) -> None:
        """Let so much wait there that nothing more can be taken."""
        os.set_blocking(self._ends[0], False)
        with suppress(BlockingIOError):
            while True:
                os.write(self._ends[0], b"\n" * 4096)

    def exit(self, code: int) -> None:
        """The game ends, and the shim tells of it."""
        os.rename(self.record, f"{self.record}.{code}")
        self._tell(f"exit {code}")

    def _tell(self, message: str) -> None:
        os.write(self._ends[messageDescriptor], message.encode() + b"\n")

    def close(self) -> None:
        """Close its ends of the pipes."""
        for descriptor in self._ends.values():
            os.close(descriptor)
        self._ends = {}


@implementer(IProcessTransport)
class FakeTransport:
    """What C{spawnProcess} answers."""

    def __init__(self, kernel: "FakeKernel", pid: int) -> None:
        self.pid: int | None = pid
        self._kernel = kernel

    def signalProcess(self, signalID: str | int) -> None:
        assert self.pid is not None
        self._kernel.kill(self.pid, str(signalID))

    def closeStdin(self) -> None: ...

    def closeStdout(self) -> None: ...

    def closeStderr(self) -> None: ...

    def closeChildFD(self, descriptor: int) -> None: ...

    def loseConnection(self) -> None: ...

    def write(self, data: bytes) -> None:
        raise NotImplementedError()

    def writeSequence(self, data: Any) -> None:
        raise NotImplementedError()

    def writeToChild(self, childFD: int, data: bytes) -> None:
        raise NotImplementedError()

    def getPeer(self) -> Any:
        raise NotImplementedError()

    def getHost(self) -> Any:
        raise NotImplementedError()


class TurnClock(Clock):
    """One whose next turn is a millisecond later, as a reactor's is no part of this one."""

    def callLater(self, delay: float, *more: Any, **named: Any) -> Any:
        return super().callLater(delay or 0.001, *more, **named)

    def turn(self) -> None:
        """Begin the next turn."""
        self.advance(0.001)


def wholeSlices(clock: IReactorTime) -> Cooperator:
    """
    As L{gamepanel.base.threads.slices}, but with each slice as long as there is work: how far
    one gets does not depend on how fast a machine is.
    """
    return Cooperator(lambda: lambda: False, lambda work: clock.callLater(0, work))


class PlainConnection:
    """
    A connection as far as it is looked at to send over it at once.

    @ivar takes: so many bytes are taken at once; None when it is lost.
    """

    dataBuffer = b""
    _tempDataLen = 0
    takes: int | None = 1_000_000

    def __init__(self, reactor: Any = None) -> None:
        self.socket = self
        self.reactor = reactor
        self.sent: list[bytes] = []
        self.written: list[bytes] = []

    def send(self, data: bytes) -> int:
        if self.takes is None:
            raise BrokenPipeError
        self.sent.append(data[: self.takes])
        return len(self.sent[-1])

    def write(self, data: bytes) -> None:
        self.written.append(data)


@define(eq=False)
class Watching:
    """A reactor that only remembers whom it would watch."""

    watched: set[object] = Factory(set)

    def addReader(self, reader: object) -> None:
        self.watched.add(reader)

    def removeReader(self, reader: object) -> None:
        self.watched.discard(reader)


@implementer(IReactorProcess, IReactorFDSet)
class FakeReactor(Clock):
    """
    Writes down what is to be started; watches descriptors when it is told to.

    @ivar refusal: why the next process can't be started, if it can't.
    @ivar atSpawn: called before one is.
    """

    def __init__(self, kernel: "FakeKernel") -> None:
        super().__init__()
        self._kernel = kernel
        self._readers: list[IReadDescriptor] = []
        self.refusal: OSError | None = None
        self.atSpawn: Callable[[], object] = lambda: None

    def spawnProcess(
        self,
        processProtocol: IProcessProtocol,
        executable: bytes | str,
        args: Sequence[bytes | str] = (),
        env: Mapping[Any, Any] | None = None,
        path: bytes | str | None = None,
        uid: int | None = None,
        gid: int | None = None,
        usePTY: bool | tuple[int, int, int] = False,
        childFDs: Mapping[int, int | str] | None = None,
    ) -> IProcessTransport:
        """See L{IReactorProcess}."""
        if self.refusal is not None:
            raise self.refusal
        self.atSpawn()
        ends = {number: os.dup(int(mine)) for number, mine in (childFDs or {}).items()}
        arguments = [str(each) for each in args]
        record = arguments[arguments.index("shim") + 1]
        # It will be renamed: never anything else of this host.
        assert os.path.basename(record) == "exit", record
        pid = self._kernel.born()
        game = FakeGame(pid, arguments, dict(env or {}), record, ends)
        self._kernel.games.append(game)
        transport = FakeTransport(self._kernel, pid)

        def gone() -> None:
            transport.pid = None
            reason = Failure(ProcessTerminated(signal=9))
            processProtocol.processExited(reason)
            processProtocol.processEnded(reason)

        self._kernel.atEnd[pid] = lambda: self.callLater(0, gone)
        processProtocol.makeConnection(transport)
        return transport

    def settle(self) -> None:
        """Let all that can be read be read, and what is due be done."""
        while True:
            self.advance(0)
            readers = {reader.fileno(): reader for reader in self._readers}
            poll = select.poll()
            for descriptor in readers:
                poll.register(descriptor, select.POLLIN)
            ready = [readers[descriptor] for descriptor, _ in poll.poll(0)]
            if not ready:
                break
            for reader in ready:
                if reader in self._readers:
                    reader.doRead()
        self.advance(0)

    def addReader(self, reader: IReadDescriptor) -> None:
        if reader not in self._readers:
            self._readers.append(reader)

    def removeReader(self, reader: IReadDescriptor) -> None:
        if reader in self._readers:
            self._readers.remove(reader)

    def addWriter(self, writer: IWriteDescriptor) -> None:
        raise NotImplementedError()

    def removeWriter(self, writer: IWriteDescriptor) -> None:
        raise NotImplementedError()

    def removeAll(self) -> list[IReadDescriptor | IWriteDescriptor]:
        removed, self._readers = self._readers, []
        return list(removed)

    def getReaders(self) -> list[IReadDescriptor]:
        return list(self._readers)

    def getWriters(self) -> list[IWriteDescriptor]:
        return []


@define(eq=False)
class FakeKernel:
    """
    A kernel with the processes of one server.

    @ivar games: all that were started, in their order.
    @ivar alive: when each process that lives was born, by its number.
    @ivar signals: what was sent: to which process, or group, and what.
    @ivar foreign: those of them that we may not signal.
    @ivar uptime: seconds since it started.
    @ivar memoryKills: how many processes of a run have ended for their memory.
    @ivar looks: how often it was looked for what an earlier run has left.
    @ivar isDeaf: whether games have closed their stdin.
    @ivar taken: what port a program of the host has.
    @ivar sandboxes: games in sandboxes, by their shims.
    """

    games: list[FakeGame] = Factory(list)
    alive: dict[int, int] = Factory(dict)
    signals: list[tuple[int, str]] = Factory(list)
    foreign: set[int] = Factory(set)
    atEnd: dict[int, Callable[[], object]] = Factory(dict)
    uptime: float = 1000.0
    memoryKills: int = 0
    looks: int = 0
    isDeaf: bool = False
    taken: Port | None = None
    sandboxes: dict[int, Isolated] = Factory(dict)
    _last: int = 4999
    _opened: dict[int, int] = Factory(dict)

    def kernel(self, clock: Clock) -> Kernel:
        """It, as a server knows it."""
        return Kernel(
            uptime=lambda: self.uptime + clock.seconds(),
            now=lambda: 1_700_000_000 + clock.seconds(),
            jitter=lambda: 0.0,
            identify=self.identify,
            openProcess=self.openProcess,
            signalProcess=self.signalProcess,
            signalGroup=self.signalGroup,
            maySignal=lambda pid: pid not in self.foreign,
            onlyChild=lambda pid: None,
            isolated=self.sandboxes.get,
            leader=lambda tag: next(iter(self.alive), None),
            members=lambda tag: list(self.alive),
            killAll=self.killAll,
            closeGroup=lambda path: self.memoryKills,
            endLeftovers=self.endLeftovers,
            hasClosed=lambda pid, pipe: self.isDeaf,
            firstTaken=lambda ports, addresses: self.taken,
            holdsPort=lambda port, tag: True,
            otherEnd=lambda protocol, theirs, ours, tag: "ours",
        )

    def born(self) -> int:
        """A new process."""
        self._last += 1
        self.alive[self._last] = self._last * 10
        return self._last

    def identify(self, pid: int) -> Identity | None:
        return Identity(pid, self.alive[pid]) if pid in self.alive else None

    def openProcess(self, pid: int) -> int:
        """A descriptor that can be read when the process has ended."""
        if pid not in self.alive:
            raise ProcessLookupError(3, "No such process")
        reader, writer = os.pipe()
        self.atEnd[pid] = lambda: os.close(writer)
        self._opened[reader] = pid
        return reader

    def signalProcess(self, descriptor: int, number: int) -> None:
        self.kill(self._opened[descriptor], signals.Signals(number).name.removeprefix("SIG"))

    def signalGroup(self, group: int, number: int) -> None:
        if group in self.foreign:
            raise PermissionError(1, "Operation not permitted")
        if number:
            self.signals.append((group, signals.Signals(number).name.removeprefix("SIG")))

    def kill(self, pid: int, name: str) -> None:
        """Send a process, by its number, a signal; it ends by that."""
        self.signals.append((pid, name))
        del self.alive[pid]
        self.atEnd.pop(pid, lambda: None)()

    def endLeftovers(self, tag: ProcessTag) -> int:
        """What is left of an earlier run, once."""
        self.looks += 1
        return self.killAll(tag, None)

    def killAll(self, tag: ProcessTag, sparing: int | None) -> int:
        """All but one; the game of a shim that is spared ends, too."""
        found = [pid for pid in self.alive if pid != sparing]
        for pid in found:
            self.kill(pid, "KILL")
        game = next((game for game in self.games if game.pid == sparing), None)
        if game is not None and os.path.exists(game.record):
            self.signals.append((game.pid, "KILL game"))
            game.exit(137)
            return len(found) + 1
        return len(found)

    def close(self) -> None:
        """Close what is open."""
        for game in self.games:
            game.close()


class FakeSink:
    """
    Where what happens goes.

    @ivar recorded: what has come, with what fires when it is stored.
    @ivar heard: called with each as it comes.
    """

    def __init__(self) -> None:
        self.recorded: list[tuple[NewEvent, Deferred[None]]] = []
        self.heard: Callable[[NewEvent], object] = lambda event: None

    def record(self, event: NewEvent) -> Deferred[None]:
        """See L{EventSink}."""
        stored: Deferred[None] = Deferred()
        self.recorded.append((event, stored))
        self.heard(event)
        return stored

    def stored(self, rows: Sequence[EventRow]) -> None:
        """See L{EventSink}."""
        raise NotImplementedError()

    def store(self) -> list[NewEvent]:
        """Store all that has come."""
        recorded, self.recorded = self.recorded, []
        for _, stored in recorded:
            stored.callback(None)
        return [event for event, _ in recorded]


class FakeContext:
    """
    What a server needs from those it lives with.

    @ivar definition_: its type; None when there is none any more.
    @ivar group: the control group of its runs.
    @ivar limits: what that limits.
    @ivar dropped: what its type wants limited, and can't be.
    @ivar isBusy: whether what is to be done in a thread waits, until L{work} is called.
    @ivar sandbox: what its game sees, if that is isolated.
    """

    def __init__(self, reactor: FakeReactor, definition: ServerType) -> None:
        self.reactor: Any = reactor
        self.boot = "boot"
        self.path = os.defpath
        self.users = None
        self.definition_: ServerType | None = definition
        self.isBusy = False
        self.group: str | None = None
        self.limits = Limits()
        self.dropped: tuple[str, ...] = ()
        self.sandbox: Sandbox | None = None
        self.events = FakeSink()
        self.configs = ConfigsHere()
        self.readings = Readings(self.reactor)
        self.slices = wholeSlices(self.reactor)
        self.threads = alike(self.inThread)
        self.counting = Counting(self.reactor, self.inThread)
        self.disk = DiskUsage(cast(Any, reactor), self.inThread, self.events, lambda: 0.0)
        self._waiting: list[Callable[[], None]] = []

    @property
    def catalogue(self) -> Any:
        """Knows its type."""
        return self

    def find(self, type: str) -> ServerType:
        """Its type, whatever its name."""
        if self.definition_ is None:
            raise NoSuchType()
        return self.definition_

    def whyLeftOut(self, type: str) -> None:
        """Nobody knows why."""

    async def account(self, creation: int, definition: ServerType) -> None:
        return None

    def isolated(self, launch: Launch, *what: object) -> Launch:
        return replace(launch, sandbox=self.sandbox)

    def shownLimits(self, definition: ServerType, settings: Settings) -> dict[str, int]:
        return shownLimits(settings.own, definition.limits, ("memoryLimit", "cpuLimit"))

    def contained(self, id: str, launch: Launch, *what: object) -> Contained:
        return Contained(replace(launch, group=self.group, limits=self.limits), self.dropped)

    async def lookAtTypes(self) -> None: ...

    def inThread(self, function: Callable[..., Any], *arguments: object) -> Deferred[Any]:
        if not self.isBusy:
            return execute(function, *arguments)
        result: Deferred[Any] = Deferred(lambda _: None)

        def work() -> None:
            if not result.called:
                execute(function, *arguments).chainDeferred(result)

        self._waiting.append(work)
        return result

    def work(self) -> None:
        """Do what waits."""
        self.isBusy = False
        waiting, self._waiting = self._waiting, []
        for work in waiting:
            work()

    def checkRoom(self) -> None: ...
