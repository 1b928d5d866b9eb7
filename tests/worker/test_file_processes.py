"""The daemon's end of the file workers: how many there are, how long, and what they are asked."""

import json
import os
import pwd
import shutil
import socket
import tempfile
from collections.abc import Callable
from typing import Any

import msgspec
from attrs import Factory, define
from twisted.internet import reactor as installed
from twisted.internet.defer import CancelledError, Deferred, succeed
from twisted.internet.error import ProcessDone
from twisted.internet.process import reapProcessHandlers
from twisted.internet.protocol import ProcessProtocol
from twisted.internet.task import Clock, deferLater
from twisted.python.failure import Failure
from twisted.trial.unittest import SynchronousTestCase, TestCase

from gamepanel.base.errors import Busy, NoSpace, NoSuchFile, NotPermitted, SpawnFailed
from gamepanel.worker.files import processes
from gamepanel.worker.files.messages import (
    Answer,
    Answered,
    Asked,
    Create,
    Delete,
    Entry,
    List,
    Look,
    Open,
    Opened,
    Owner,
    Place,
    Refusal,
    Stale,
    Workplace,
    archiveSeconds,
    goneSuffix,
    jobSuffix,
    length,
    newName,
)
from gamepanel.worker.files.processes import (
    WorkerPool,
    errorOf,
    idleSeconds,
    maxTries,
    maxWorkers,
    removalSeconds,
    stuckSeconds,
)
from tests.support import needRoot, patience


@define(eq=False)
class Server:
    """A server, as far as its worker needs it."""

    creation: int = 7
    id: str = "a"
    type: str = "t"
    directory: str = "/nowhere"


@define(eq=False)
class Process:
    """A process that was spawned: its protocol, and our end of its socket."""

    protocol: Any
    arguments: list[str]
    channel: socket.socket | None
    signals: list[str] = Factory(list)
    pid: int = 1

    def signalProcess(self, signal: str) -> None:
        """See C{IProcessTransport}."""
        self.signals.append(signal)

    def asked(self) -> list[Asked]:
        """What it was asked since the last time."""
        assert self.channel is not None
        self.channel.setblocking(False)
        try:
            data = self.channel.recv(1 << 20)
        except BlockingIOError:
            data = b""
        found = []
        while data:
            [size] = length.unpack_from(data)
            found.append(msgspec.json.decode(data[4 : 4 + size], type=Asked))
            data = data[4 + size :]
        return found

    def answer(self, answered: Answered, descriptor: int = -1) -> None:
        """Answer something."""
        assert self.channel is not None
        frame = msgspec.json.encode(answered)
        given = [] if descriptor < 0 else [descriptor]
        socket.send_fds(self.channel, [length.pack(len(frame)) + frame], given)

    def ends(self) -> None:
        """It ends."""
        if self.channel is not None:
            self.channel.close()
        self.protocol.processEnded(Failure(ProcessDone(None)))


class Reactor(Clock):
    """Notes what is spawned, and lets all that is watched read and write."""

    def __init__(self) -> None:
        super().__init__()
        self.processes: list[Process] = []
        self.refusal: OSError | None = None
        self.readers: set[Any] = set()
        self.writers: set[Any] = set()

    def spawnProcess(
        self, protocol: ProcessProtocol, executable: str, args: list[str], **named: Any
    ) -> None:
        """See C{IReactorProcess}."""
        if self.refusal is not None:
            raise self.refusal
        standard = named["childFDs"].get(0)
        channel = None if standard is None else socket.socket(fileno=os.dup(standard))
        process = Process(protocol, args, channel)
        self.processes.append(process)
        protocol.makeConnection(process)

    def addReader(self, reader: Any) -> None:
        """See C{IReactorFDSet}."""
        self.readers.add(reader)

    def removeReader(self, reader: Any) -> None:
        """See C{IReactorFDSet}."""
        self.readers.discard(reader)

    def addWriter(self, writer: Any) -> None:
        """See C{IReactorFDSet}."""
        self.writers.add(writer)

    def removeWriter(self, writer: Any) -> None:
        """See C{IReactorFDSet}."""
        self.writers.discard(writer)

    def turn(self) -> None:
        """Write all that is to be written, and read all that is there."""
        for writer in list(self.writers):
            self._done(writer, writer.doWrite())
        for reader in list(self.readers):
            if reader in self.readers:
                self._done(reader, reader.doRead())
        self.advance(0)

    def _done(self, channel: Any, why: Any) -> None:
        if why is not None:
            self.readers.discard(channel)
            self.writers.discard(channel)
            channel.connectionLost(Failure(why))


reactor: Any = installed

look = Look("file")
entry = Entry("file", "file", 1, 2.0, 0o640, "r")


class PoolTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.reactor = Reactor()
        self.place: Callable[[Any], Any] = lambda server: succeed(
            Workplace("/s/files", "/s/staging", None)
        )
        self.pool = WorkerPool(self.reactor, lambda server: self.place(server))
        self.addCleanup(self.close)

    def close(self) -> None:
        """End all, with nothing left that is waited for."""
        self.pool.close()
        self.reactor.turn()
        for process in self.reactor.processes:
            process.ends()
        self.reactor.advance(0)
        self.assertEqual(self.reactor.getDelayedCalls(), [])

    def ask(self, creation: int = 7, request: Any = look) -> Deferred[Any]:
        """Ask the worker of a server."""
        asked = self.pool.ask(Server(creation), request)
        self.reactor.turn()
        return asked

    def test_asked(self) -> None:
        """One process answers all that is asked of one server, by numbers."""
        first, second = self.ask(), self.ask()
        [process] = self.reactor.processes
        self.assertEqual(process.asked(), [Asked(1, look), Asked(2, look)])
        process.answer(Answered(2, Answer()))
        process.answer(Answered(1, entry))
        self.reactor.turn()
        self.assertEqual(self.successResultOf(first), entry)
        self.assertEqual(self.successResultOf(second), Answer())

    def test_descriptors(self) -> None:
        """A descriptor comes with its answer; it is closed where nobody waits any more."""
        own, other = os.pipe()
        self.addCleanup(os.close, own)
        first, second = self.ask(request=Open("a")), self.ask(request=Open("b"))
        second.addErrback(lambda failure: failure.trap(CancelledError))
        second.cancel()
        [process] = self.reactor.processes
        for number in (1, 2):
            process.answer(Answered(number, Opened(entry)), other)
        os.close(other)
        for _ in range(3):
            self.reactor.turn()
        descriptor = self.successResultOf(first).descriptor
        self.assertFalse(os.get_inheritable(descriptor))
        os.write(descriptor, b"x")
        os.close(descriptor)
        # Nobody else has the other end open.
        self.assertEqual((os.read(own, 9), os.read(own, 9)), (b"x", b""))

    def test_refused(self) -> None:
        """What a worker refuses fails with the error of that code."""
        asked = self.ask()
        self.reactor.processes[0].answer(Answered(1, Refusal("no_such_file")))
        self.reactor.turn()
        self.failureResultOf(asked, NoSuchFile)
        self.assertIsInstance(errorOf(Refusal("", errno=28)), NoSpace)
        self.assertIsInstance(errorOf(Refusal("", errno=71)), NotPermitted)
        self.assertEqual(errorOf(Refusal("busy", "is_being_written")).retryAfter, 5)

    def test_idle(self) -> None:
        """A worker that is asked nothing for a while ends; the next request begins another."""
        asked = self.ask()
        self.reactor.processes[0].answer(Answered(1, Answer()))
        self.reactor.turn()
        self.successResultOf(asked)
        self.reactor.advance(idleSeconds - 1)
        again = self.ask()
        self.assertEqual(len(self.reactor.processes), 1)
        self.reactor.processes[0].answer(Answered(2, Answer()))
        self.reactor.turn()
        self.successResultOf(again)
        self.reactor.advance(idleSeconds)
        self.reactor.turn()
        self.assertEqual(self.reactor.processes[0].signals, [])
        assert self.reactor.processes[0].channel is not None
        self.assertEqual(len(self.reactor.processes[0].asked()), 2)
        self.failureResultOf(self.endOf(self.ask()), Busy)
        self.assertEqual(len(self.reactor.processes), 2)

    def endOf(self, asked: Deferred[Any]) -> Deferred[Any]:
        """A request whose worker ends before it has answered."""
        self.reactor.processes[-1].ends()
        self.reactor.advance(0)
        return asked

    def test_stuck(self) -> None:
        """A worker that answers nothing is killed, and what it was asked fails."""
        asked = self.ask()
        self.reactor.advance(stuckSeconds - 1)
        self.assertNoResult(asked)
        self.reactor.advance(1)
        self.failureResultOf(asked, Busy)
        self.assertEqual(self.reactor.processes[0].signals, ["KILL"])

    def test_most(self) -> None:
        """At most so many there are: the one that is idle for longest ends, or none is begun."""
        waiting = [self.ask(creation) for creation in range(maxWorkers)]
        self.failureResultOf(self.ask(100), Busy)
        for creation in (5, 3):
            self.reactor.processes[creation].answer(Answered(1, Answer()))
            self.reactor.turn()
            self.reactor.advance(1)
        other = self.ask(100)
        self.assertNoResult(other)
        self.assertEqual(len(self.reactor.processes), maxWorkers + 1)
        # Of the fifth a new one is begun in place of the third.
        self.ask(5).addErrback(lambda failure: failure.trap(Busy))
        self.assertEqual(len(self.reactor.processes), maxWorkers + 2)
        self.failureResultOf(self.ask(3), Busy)
        for each in (*waiting, other):
            each.addErrback(lambda failure: failure.trap(Busy))

    def test_end(self) -> None:
        """A job that exchanges the directory ends the worker, and what is open for writing."""
        closed: list[tuple[str, str]] = []
        self.pool.onEnd(7, lambda error: closed.append(("a", error.code)))
        forget = self.pool.onEnd(7, lambda error: closed.append(("b", error.code)))
        self.pool.onEnd(8, lambda error: closed.append(("c", error.code)))
        forget()
        asked = self.ask()
        self.pool.end(7)
        self.assertEqual(closed, [("a", "job_running")])
        self.failureResultOf(asked, Busy)
        self.assertEqual(self.reactor.processes[0].signals, ["KILL"])
        self.pool.end(7)
        # With the daemon the rest ends; whoever sends it is to try again.
        self.pool.close()
        self.assertEqual(closed, [("a", "job_running"), ("c", "shutting_down")])

    def test_stale(self) -> None:
        """A worker of another directory is left, and the next one asked; not for ever."""
        asked = self.ask()
        for number in range(maxTries):
            self.assertEqual(len(self.reactor.processes), number + 1)
            self.reactor.processes[-1].answer(Answered(1, Stale()))
            self.reactor.turn()
            self.reactor.turn()
        self.failureResultOf(asked, Busy)

    def test_notBegun(self) -> None:
        """Why none can be begun is told."""
        self.reactor.refusal = OSError(11, "no")
        self.failureResultOf(self.ask(), Busy)
        self.reactor.refusal = None

        async def failing(server: Any) -> Workplace:
            raise SpawnFailed()

        self.place = failing
        self.failureResultOf(self.ask(), SpawnFailed)

    def delete(self, creation: int) -> None:
        """Something of a server is deleted."""
        asked = self.ask(creation, Delete(("x",)))
        self.reactor.processes[-1].answer(Answered(1, Answer(), True))
        self.reactor.turn()
        self.successResultOf(asked)

    def removing(self) -> list[Process]:
        """The processes that remove, or have removed."""
        return [each for each in self.reactor.processes if each.arguments[-1] == "remove"]

    def test_removed(self) -> None:
        """What is moved aside is removed by one process after the other."""
        self.delete(1)
        self.delete(2)
        self.assertEqual(len(self.removing()), 1)
        self.removing()[0].ends()
        self.assertEqual(len(self.removing()), 2)
        self.assertEqual(self.removing()[1].arguments[0], "/usr/bin/nice")

    def test_begin(self) -> None:
        """What an earlier daemon has left is seen to at the start, an archive after its time."""
        top = self.mktemp()
        left: tuple[tuple[str, ...], ...] = ((".job",), (".zip",), (".part", ".new"), ())
        for number, suffixes in enumerate(left, 1):
            staging = f"{top}/{number}/staging"
            os.makedirs(staging)
            os.mkdir(f"{top}/{number}/files")
            for name in (*map(newName, suffixes), "theirs.job"):
                os.mkdir(f"{staging}/{name}")
        asked: list[int] = []

        def place(server: Any) -> Deferred[Workplace]:
            asked.append(server.creation)
            return succeed(Workplace("/s/1", "/s/staging", None))

        self.place = place
        self.pool.begin([Server(number, directory=f"{top}/{number}") for number in range(1, 6)])
        self.assertEqual((asked, len(self.removing())), ([1], 1))
        self.removing()[0].ends()
        self.reactor.advance(archiveSeconds)
        self.assertEqual(asked, [1])
        self.reactor.advance(1)
        self.assertEqual(asked, [1, 2])
        self.removing()[1].ends()
        # The daemon ends.
        self.pool.begin([Server(2, directory=f"{top}/2")])
        self.pool.close()
        self.assertEqual(self.reactor.getDelayedCalls(), [])

    def test_order(self) -> None:
        """What is to be undone is looked at before what is only to be removed."""
        top = self.mktemp()
        for number, suffix in enumerate((goneSuffix, goneSuffix, jobSuffix), 1):
            os.makedirs(f"{top}/{number}/files")
            os.makedirs(f"{top}/{number}/staging/{newName(suffix)}")
        self.place = lambda server: succeed(Workplace(f"/s/{server.creation}", "/s/staging", None))
        self.pool.begin([Server(number, directory=f"{top}/{number}") for number in range(1, 4)])
        self.pool.tidy(Server(4))
        for count in range(1, 5):
            self.assertEqual(len(self.removing()), count)
            self.removing()[-1].ends()
        homes = [json.loads(each.arguments[-2])["home"] for each in self.removing()]
        self.assertEqual(homes, ["/s/3", "/s/4", "/s/1", "/s/2"])

    def test_mount(self) -> None:
        """What is left is looked for in a directory that is a mount of its own, bind mounts too."""
        top = self.mktemp()
        os.makedirs(f"{top}/staging")
        os.makedirs(f"{top}/files/{newName(jobSuffix)}")
        self.pool.begin([Server(directory=top)])
        self.assertEqual(self.removing(), [])
        self.patch(processes, "isMounted", lambda directory, name: name == "files")
        self.pool.begin([Server(directory=top)])
        self.assertEqual(len(self.removing()), 1)

    def test_removalTimeout(self) -> None:
        """A removal that takes long makes way for others, and is gone on with behind them."""
        self.place = lambda server: succeed(Workplace(f"/s/{server.creation}", "/s/staging", None))
        self.delete(1)
        self.reactor.advance(removalSeconds)
        self.delete(2)
        self.reactor.advance(removalSeconds - 1)
        self.assertEqual(self.removing()[0].signals, [])
        self.reactor.advance(1)
        self.assertEqual(self.removing()[0].signals, ["KILL"])
        for count in (1, 2):
            self.assertEqual(len(self.removing()), count)
            self.removing()[-1].ends()
        homes = [json.loads(each.arguments[-2])["home"] for each in self.removing()]
        self.assertEqual(homes, ["/s/1", "/s/2", "/s/1"])


class RealWorkerTests(TestCase):
    """Real processes."""

    timeout = 4 * patience

    def setUp(self) -> None:
        # With the lowest priority a removal would wait for all else that a loaded machine does.
        self.patch(processes, "yielding", ())
        top = tempfile.mkdtemp(prefix="gamepanel-test-")
        self.addCleanup(shutil.rmtree, top, ignore_errors=True)
        os.chmod(top, 0o711)
        self.server = Server(directory=f"{top}/a")
        self.home = f"{self.server.directory}/files"
        os.makedirs(self.home)
        os.chmod(self.server.directory, 0o711)
        self.account: Owner | None = None
        self.pool = WorkerPool(reactor, self.place)
        self.addCleanup(lambda: Deferred.fromCoroutine(self.ends()))

    async def place(self, server: Server) -> Workplace:
        """Where the worker works."""
        return Workplace(self.home, f"{server.directory}/staging", self.account)

    async def ends(self) -> None:
        """End all workers, until the reactor has heard of it."""
        workers = list(self.pool._workers.values())
        while self.pool._isRemoving:
            await deferLater(reactor, 0.05)
        self.pool.close()
        while any(each.transport is not None and each.transport.pid for each in workers):
            await deferLater(reactor, 0.05)
        # One that was dismissed is in no table of the pool any more.
        while reapProcessHandlers:
            await deferLater(reactor, 0.05)
        await deferLater(reactor, 0.05)

    async def write(self) -> Entry:
        """Write a file as the daemon does."""
        name = newName()
        created = await self.pool.ask(self.server, Create(name))
        os.write(created.descriptor, b"text")
        os.close(created.descriptor)
        placed: Entry = await self.pool.ask(self.server, Place(name, "file", ""))
        return placed

    async def test_files(self) -> None:
        """A worker writes, opens, lists and deletes; what was deleted is gone soon."""
        placed = await self.write()
        opened = await self.pool.ask(self.server, Open("file"))
        self.assertEqual(opened.entry, placed)
        with open(opened.descriptor, "rb") as file:
            self.assertEqual(file.read(), b"text")
        await self.pool.ask(self.server, Delete(("file",)))
        listed = await self.pool.ask(self.server, List("", None, 9))
        self.assertEqual(listed.entries, ())
        while os.listdir(f"{self.server.directory}/staging"):
            await deferLater(reactor, 0.05)

    async def test_gone(self) -> None:
        """A directory that its game has removed is told; one that is made anew is served."""
        await self.write()
        shutil.rmtree(self.home)
        with self.assertRaises(NoSuchFile):
            await self.pool.ask(self.server, List("", None, 9))
        os.mkdir(self.home)
        listed = await self.pool.ask(self.server, List("", None, 9))
        self.assertEqual(listed.entries, ())

    async def test_otherUser(self) -> None:
        """The files belong to the server's user; what that may not read is refused."""
        needRoot("be another user")
        nobody = pwd.getpwnam("nobody")
        self.account = Owner(nobody.pw_uid, nobody.pw_gid)
        os.chown(self.home, nobody.pw_uid, nobody.pw_gid)
        await self.write()
        self.assertEqual(os.stat(f"{self.home}/file").st_uid, nobody.pw_uid)
        with open(f"{self.home}/ours", "w") as file:
            os.chmod(file.fileno(), 0o600)
        with self.assertRaises(NotPermitted):
            await self.pool.ask(self.server, Open("ours"))

    async def test_killed(self) -> None:
        """A worker that is killed is told of, and the next request has another."""
        await self.write()
        worker = self.pool._workers[self.server.creation]
        assert worker.transport is not None
        worker.transport.signalProcess("KILL")
        while not worker.isOver:
            await deferLater(reactor, 0.05)
        found = await self.pool.ask(self.server, Look("file"))
        self.assertEqual(found.size, 4)
