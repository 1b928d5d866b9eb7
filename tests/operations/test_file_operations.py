"""What people may do with files of servers: who may, when, and what is asked of a worker then."""

import os
from types import SimpleNamespace
from typing import Any

from msgspec import UNSET
from twisted.internet.defer import Deferred, fail
from twisted.trial.unittest import SynchronousTestCase

from gamepanel.accounts.rights import Person, everything
from gamepanel.base.errors import (
    BadPath,
    BadRequest,
    Busy,
    FileChanged,
    Forbidden,
    JobRunning,
    NoSpace,
    NoSuchServer,
    NotText,
    QuotaExceeded,
    TooManyRequests,
)
from gamepanel.operations.actor import Actor, Audit
from gamepanel.operations.files import Files, checkPath, maxSearches
from gamepanel.operations.transfers import Transfers, TransferSlots
from gamepanel.operations.uploads import Upload
from gamepanel.wire.files import (
    DeleteFiles,
    ListFiles,
    MoveFile,
    ReadFile,
    SearchFiles,
    UpdateFile,
    WriteFile,
)
from gamepanel.wire.files import MakeDirectory as NewDirectory
from gamepanel.wire.message import Encoding
from gamepanel.worker.files.messages import (
    Check,
    Create,
    Created,
    Delete,
    Discard,
    Entry,
    Found,
    MakeDirectory,
    Move,
    Open,
    Opened,
    Place,
    Search,
    SetExecutable,
)
from tests.operations.test_operations import Directory, Jobs, Workers
from tests.support import atOnce, memoryStore

entry = Entry("file", "file", 4, 2.0, 0o640, "now")


searching = SearchFiles(server="a", text="x", place="names", limit=9)


def writing(path: str, revision: str | None = None) -> WriteFile:
    """A request to write, over whatever there is."""
    wanted = UNSET if revision is None else revision
    return WriteFile(server="a", path=path, data="", revision=wanted)


def updating(path: str) -> UpdateFile:
    """A request to make something a program."""
    return UpdateFile(server="a", path=path, executable=True)


def moving(source: str, target: str, replace: bool = False) -> MoveFile:
    """A request to move."""
    return MoveFile(server="a", source=source, target=target, replace=replace)


def making(path: str) -> NewDirectory:
    """A request to make a directory."""
    return NewDirectory(server="a", path=path)


class Disk:
    """What servers take of the disk."""

    def __init__(self, done: list[Any]) -> None:
        self.done = done
        self.error: Exception | None = None

    async def check(self, server: Any, limit: int | None = None, more: int = 0) -> None:
        """See L{gamepanel.servers.diskusage.DiskUsage.check}."""
        if self.error is not None:
            raise self.error
        self.done.append(("more", more))

    def grew(self, server: Any, size: int) -> None:
        """See L{gamepanel.servers.diskusage.DiskUsage.grew}."""
        self.done.append(("grew", size))


class FilesCase(SynchronousTestCase):
    """
    What tests of operations on files share.

    @ivar lack: what the host lacks.
    @ivar audit: where what is done is noted.
    """

    lack: Exception | None = None
    audit: Audit

    def checkRoom(self) -> None:
        """See L{gamepanel.servers.host.HostContext.checkRoom}."""
        if self.lack is not None:
            raise self.lack

    def actorWith(self, *rights: str) -> Actor:
        """Somebody with these rights on the server."""
        servers = {"a": frozenset(rights)} if rights else {}
        return Actor(Person("ann", servers=servers), "192.0.2.1", self.audit)

    def result(self, work: Any) -> Any:
        """What an operation returns, or the class of what it raises."""
        found: list[Any] = []
        Deferred.fromCoroutine(work).addCallbacks(
            found.append, lambda failure: found.append(failure.type)
        )
        return found[0]


class FileTests(FilesCase):
    def setUp(self) -> None:
        self.done: list[Any] = []
        directory: Any = Directory(self.done)
        self.jobs: Any = Jobs(self.done)
        self.disk = Disk(self.done)
        directory.context = SimpleNamespace(
            threads=SimpleNamespace(files=atOnce), disk=self.disk, checkRoom=self.checkRoom
        )
        self.workers = Workers(self.done)
        jobs: Any = self.jobs
        self.files = Files(directory, jobs, self.workers)
        store, _ = memoryStore()
        self.audit = Audit(store.audit, lambda: 1.0)
        self.actor = self.actorWith("files")

    def written(self) -> list[tuple[Any, ...]]:
        """What the audit trail has, oldest first."""
        rows: Any = self.successResultOf(Deferred.fromCoroutine(self.audit.read(None, 500)))
        return [(row.action, row.server, row.target, row.result) for row in reversed(rows)]

    def all(self, actor: Actor) -> dict[str, Any]:
        """Every operation, by its endpoint."""
        person, files = actor.person, self.files
        return {
            "file_list": lambda: files.list(person, ListFiles(server="a", limit=9)),
            "file_read": lambda: files.read(person, ReadFile(server="a", path="x", limit=9)),
            "file_search": lambda: files.search(person, searching),
            "file_write": lambda: files.write(actor, writing("x"), b""),
            "file_update": lambda: files.update(actor, updating("x")),
            "file_make_directory": lambda: files.makeDirectory(actor, making("x")),
            "file_move": lambda: files.move(actor, moving("x", "y")),
            "file_delete": lambda: files.delete(actor, DeleteFiles(server="a", paths=["x"])),
        }

    def test_rights(self) -> None:
        """All want the right to the files; each change that is tried is written down."""
        expected = []
        for rights, error in (((), NoSuchServer), (tuple(everything - {"files"}), Forbidden)):
            for name, act in self.all(self.actorWith(*rights)).items():
                self.assertIs(self.result(act()), error, name)
                if name not in ("file_list", "file_read", "file_search"):
                    expected.append((name, "a", "y" if name == "file_move" else "x", error.code))
        self.assertEqual(self.done, [])
        self.assertEqual(self.written(), expected)

    def test_jobs(self) -> None:
        """While a job needs the server at rest, files are read, but not changed."""
        self.workers.answers[Search] = Found((), True)
        self.jobs.running = SimpleNamespace(job=3, kind="update")
        for name, act in self.all(self.actor).items():
            if name in ("file_list", "file_search"):
                self.assertNotEqual(self.result(act()), JobRunning)
            elif name != "file_read":
                self.assertIs(self.result(act()), JobRunning, name)

    def test_paths(self) -> None:
        """A path that could lead elsewhere is refused before anybody is asked."""
        for path in ("", "a", "a/b c/…", "..a", "a" * 255, "/".join(["a" * 255] * 4)):
            checkPath(path)
        wrong = ("/", "/a", "a/", "a//b", ".", "a/..", "../a", "a/./b", "a" * 256, "ä" * 128)
        for path in (*wrong, "/".join(["a" * 255] * 4) + "/b"):
            error = self.assertRaises(BadPath, checkPath, path, "paths", 2)
            self.assertEqual(error.problems[0].field, ("paths", "2"))
        # Also while nothing may be changed.
        self.jobs.running = SimpleNamespace(job=3, kind="update")
        files, actor = self.files, self.actor
        for act in (
            files.write(actor, writing(""), b""),
            files.update(actor, updating("../x")),
            files.delete(actor, DeleteFiles(server="a", paths=["x", ""])),
            files.move(actor, moving("x", "../y")),
            files.makeDirectory(actor, making(".")),
            files.read(actor.person, ReadFile(server="a", path="", limit=9)),
        ):
            self.assertIs(self.result(act), BadPath)
        self.assertEqual(self.done, [])

    def uploads(self, path: str, space: Any = None) -> list[Any]:
        """What comes of an upload, whole and in pieces."""
        none: Any = None
        known: Any = SimpleNamespace(find=lambda key: None)
        slots = TransferSlots()
        transfers = Transfers(self.files, self.workers, none, slots, space, known, 10)
        piece = Upload("key", "ann", "a", 1, path, None, 10)
        return [
            self.result(transfers.upload(self.actor, "a", path, None, none, 4)),
            self.result(transfers.uploadPiece(self.actor, piece, 3, none, 4)),
            self.result(transfers.uploadPiece(self.actor, piece, 0, none, 4)),
        ]

    def test_uploadChecks(self) -> None:
        """A path that is none is told before a job is; space for all of it is looked for."""
        claimed: list[tuple[int, int]] = []

        async def claim(server: Any, size: int, later: int = 0) -> None:
            claimed.append((size, later))
            raise NoSpace()

        space = SimpleNamespace(claim=claim)
        self.assertEqual(self.uploads("x", space), [NoSpace, FileChanged, NoSpace])
        self.assertEqual(claimed, [(4, 0), (4, 6)])
        self.jobs.running = SimpleNamespace(job=3, kind="update")
        self.assertEqual(self.uploads("../x"), [BadPath] * 3)
        self.assertEqual(self.uploads("x"), [JobRunning] * 3)

    def test_changes(self) -> None:
        """What changes files is asked of the worker, and written down."""
        files, actor = self.files, self.actor
        self.result(files.update(actor, updating("x")))
        self.result(files.move(actor, moving("x", "y", True)))
        self.result(files.delete(actor, DeleteFiles(server="a", paths=["x", "y"])))
        self.result(files.makeDirectory(actor, making("sub")))
        self.assertEqual(
            self.done,
            [
                SetExecutable("x", True),
                Move("x", "y", True),
                Delete(("x", "y")),
                ("more", 0),
                MakeDirectory("sub"),
            ],
        )
        self.assertEqual(
            self.written(),
            [
                ("file_update", "a", "x", "ok"),
                ("file_move", "a", "y", "ok"),
                ("file_delete", "a", "x, y", "ok"),
                ("file_make_directory", "a", "sub", "ok"),
            ],
        )

    def writing(self) -> int:
        """A file is created: the end of a pipe from which comes what is written to it."""
        own, its = os.pipe()
        self.addCleanup(os.close, own)
        self.workers.answers[Create] = Created(0, its)
        self.workers.answers[Place] = entry
        # A pipe is never on the disk.
        self.patch(os, "fsync", lambda descriptor: None)
        return own

    def test_write(self) -> None:
        """A file is written beside the directory and put there, if it may be; then it counts."""
        own = self.writing()
        found = self.result(self.files.write(self.actor, writing("file", "old"), b"text"))
        self.assertEqual(found, entry)
        self.assertEqual(os.read(own, 9), b"text")
        check, more, create, place, grew = self.done
        self.assertEqual((check, more, grew), (Check("file", "old"), ("more", 4), ("grew", 4)))
        self.assertEqual(place, Place(create.name, "file", "old"))

    def test_writeRefused(self) -> None:
        """What is refused leaves nothing: before all of it is written, or after."""
        for error in (NoSpace(), QuotaExceeded()):
            self.lack = error if isinstance(error, NoSpace) else None
            self.disk.error = error
            found = self.result(self.files.write(self.actor, writing("file"), b"text"))
            self.assertIs(found, type(error))
        self.lack = self.disk.error = None
        self.assertEqual({type(each) for each in self.done}, {Check})
        self.done.clear()
        self.writing()
        self.workers.answers[Place] = FileChanged()
        found = self.result(self.files.write(self.actor, writing("file"), b"text"))
        self.assertIs(found, FileChanged)
        self.assertEqual(self.done[-1], Discard(self.done[2].name))

    def test_fullDisk(self) -> None:
        """A disk that is full while a file is written is told of, and nothing stays."""
        self.workers.answers[Create] = Created(0, os.open("/dev/full", os.O_WRONLY))
        found = self.result(self.files.write(self.actor, writing("file"), b"text"))
        self.assertIs(found, NoSpace)
        self.assertIsInstance(self.done[-1], Discard)

    def test_noThread(self) -> None:
        """Where no thread is free to read or write, nothing stays open."""

        def hanging(*_: object) -> Deferred[Any]:
            return fail(Busy())

        threads: Any = self.files._directory.context.threads
        threads.files = hanging
        files, actor = self.files, self.actor
        for threads.deleting in (atOnce, hanging):
            for act in (
                lambda: files.read(actor.person, ReadFile(server="a", path="x", limit=9)),
                lambda: files.write(actor, writing("x"), b""),
            ):
                descriptor = os.open(os.devnull, os.O_RDWR)
                self.workers.answers[Open] = Opened(entry, descriptor)
                self.workers.answers[Create] = Created(0, descriptor)
                self.assertIs(self.result(act()), Busy)
                self.assertRaises(OSError, os.fstat, descriptor)

    def reads(self, content: bytes, offset: int, limit: int, isText: bool = True) -> Any:
        """What is read of a file with this in it."""
        path = self.mktemp()
        with open(path, "wb") as file:
            file.write(content)
        descriptor = os.open(path, os.O_RDONLY)
        self.workers.answers[Open] = Opened(entry, descriptor)
        encoding: Encoding = "utf-8" if isText else "base64"
        wanted = ReadFile(server="a", path="x", offset=offset, limit=limit, encoding=encoding)
        found = self.result(self.files.read(self.actor.person, wanted))
        self.assertRaises(OSError, os.fstat, descriptor)
        return getattr(found, "data", found)

    def test_read(self) -> None:
        """Whole characters are read, at least one; else the bytes that are wanted."""
        text = "aä€\N{PILE OF POO}".encode()
        for offset, limit, expected in (
            (0, 99, text),
            (0, 1, b"a"),
            (0, 2, b"a"),
            (0, 3, "aä".encode()),
            (1, 1, "ä".encode()),
            (3, 1, "€".encode()),
            (6, 1, text[6:]),
            (6, 3, text[6:]),
            (10, 5, b""),
            (99, 5, b""),
            (2, 1, BadRequest),
            (8, 9, BadRequest),
        ):
            self.assertEqual(self.reads(text, offset, limit), expected, (offset, limit))
        self.assertEqual(self.reads(text, 2, 2, isText=False), text[2:4])
        for content in (b"a\0", b"\xff", b"a\xe4b", b"a\xe2\x82"):
            self.assertIs(self.reads(content, 0, 9), NotText)

    def test_searches(self) -> None:
        """So many searches of a user there are at a time."""
        waiting: list[Deferred[Any]] = []

        def ask(server: Any, request: Any) -> Deferred[Any]:
            waiting.append(Deferred())
            return waiting[-1]

        self.files = Files(
            self.files._directory,
            self.jobs,
            SimpleNamespace(ask=ask),
        )
        person = self.actor.person

        def search() -> Deferred[Any]:
            return Deferred.fromCoroutine(self.files.search(person, searching))

        asked = [search() for _ in range(maxSearches)]
        self.failureResultOf(search(), TooManyRequests)
        waiting[0].callback(Found((), True))
        self.assertEqual(self.successResultOf(asked[0]), Found((), True))
        self.assertNoResult(search())
        for each in waiting[1:]:
            each.callback(Found((), True))
        self.assertFalse(self.files._searching)
