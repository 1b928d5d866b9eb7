"""Jobs with files that people begin: who may, what is refused at once, what the worker is told."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

from twisted.internet.defer import Deferred
from twisted.internet.task import Clock

from gamepanel.accounts.rights import everything
from gamepanel.base.errors import (
    BadPath,
    BadRequest,
    FileExists,
    Forbidden,
    JobRunning,
    NoSpace,
    NoSuchFile,
    NoSuchServer,
    NotADirectory,
    QuotaExceeded,
    Unsupported,
)
from gamepanel.base.hub import Hub
from gamepanel.games.definition import LimitRules
from gamepanel.jobs.progress import Progress
from gamepanel.jobs.values import ended
from gamepanel.operations.actor import Actor, Audit
from gamepanel.operations.beginning import Beginning
from gamepanel.operations.creation import Creation
from gamepanel.operations.filejobs import FileJobs
from gamepanel.operations.files import Files
from gamepanel.process.runfiles import Exit
from gamepanel.store.jobs import JobRow
from gamepanel.wire.files import FetchFile, MoveFile, PackFiles, UnpackFile
from gamepanel.wire.jobs import JobBegun
from gamepanel.wire.management import Destroy
from gamepanel.worker.files.messages import (
    Check,
    Discard,
    Entry,
    Look,
    OpenArchive,
    Opened,
    archiveSeconds,
    archiveSuffix,
)
from tests.operations.test_file_operations import Disk, FilesCase
from tests.operations.test_operations import Accounts, Directory, Jobs, Workers
from tests.support import atOnce, memoryStore

file = Entry("file", "file", 4, 2.0, 0o640, "now")
directory = Entry("sub", "directory", 0, 2.0, 0o750)


def copying(source: str, target: str, replace: bool) -> MoveFile:
    """A request to copy."""
    return MoveFile(server="a", source=source, target=target, replace=replace)


def packing(paths: list[str], target: str | None, replace: bool) -> PackFiles:
    """A request to pack."""
    return PackFiles(server="a", paths=paths, target=target, replace=replace)


def unpacking(path: str, target: str | None, replace: bool) -> UnpackFile:
    """A request to unpack."""
    return UnpackFile(server="a", path=path, target=target, replace=replace)


def fetching(url: str, target: str, sha256: str | None, replace: bool) -> FetchFile:
    """A request to download."""
    return FetchFile(server="a", url=url, target=target, sha256=sha256, replace=replace)


class KeptJobs(Jobs):
    """Jobs that note what is added."""

    async def add(self, *given: Any) -> Any:
        """See L{gamepanel.jobs.queue.Jobs.add}."""
        self.done.append(("add", *given))
        return SimpleNamespace(job=9)

    async def cancel(self, job: int) -> None:
        """See L{gamepanel.jobs.queue.Jobs.cancel}."""
        await super().cancel(job)
        self.running = None


async def _noAccount(*about: object) -> None:
    return None


class FileJobTests(FilesCase):
    def setUp(self) -> None:
        self.done: list[Any] = []
        self.directory: Any = Directory(self.done)
        found: Any = self.directory
        jobs: Any = KeptJobs(self.done)
        self.jobs, self.disk, self.clock = jobs, Disk(self.done), Clock()
        self.forgotten: list[Any] = []
        disk: Any = self.disk
        disk.forget = self.forgotten.append
        found.context = SimpleNamespace(
            threads=SimpleNamespace(files=atOnce, disk=atOnce),
            disk=disk,
            checkRoom=self.checkRoom,
            account=_noAccount,
            isolation=SimpleNamespace(visible=SimpleNamespace(state="/state")),
            sources={"allowed": ["192.0.2.0/24"], "mirrors": [["a", "b"]]},
            reactor=self.clock,
        )
        found.ending = Hub()
        definition = SimpleNamespace(limits=LimitRules())
        self.server: Any = found.server
        self.server.basics = SimpleNamespace(definition=lambda: definition)
        self.server.directory = "/state/servers/a"
        self.server.settings = SimpleNamespace(own={})
        self.server.diskLimit = 5
        self.workers = Workers(self.done, {Look: file})
        files = Files(found, jobs, self.workers)
        self.fileJobs = FileJobs(found, files, self.workers, jobs, self.clock.seconds, 1000)
        store, _ = memoryStore()
        self.audit = Audit(store.audit, lambda: 1.0)
        self.actor = self.actorWith("files")

    def all(self, actor: Actor) -> dict[str, Callable[[], Any]]:
        """Every operation, by its endpoint."""
        of = self.fileJobs
        return {
            "file_copy": lambda: of.copy(actor, copying("y", "x", False)),
            "file_pack": lambda: of.pack(actor, packing(["x"], None, False)),
            "file_unpack": lambda: of.unpack(actor, unpacking("x", None, False)),
            "file_fetch": lambda: of.fetch(actor, fetching("http://b", "x", None, False)),
        }

    def added(self) -> dict[str, Any]:
        """What the worker of the last job is told."""
        kind, server, creation, unit, by, task = self.done[-1][1:]
        self.assertEqual((server, creation, unit, by), ("a", 7, "bytes", "ann"))
        return {"kind": kind, **task}

    def test_rights(self) -> None:
        """All want the right to the files; each try is written down."""
        expected = []
        for rights, error in (((), NoSuchServer), (tuple(everything - {"files"}), Forbidden)):
            for name, act in self.all(self.actorWith(*rights)).items():
                self.assertIs(self.result(act()), error, name)
                expected.append((name, "a", "x", error.code))
        self.assertEqual(self.done, [])
        rows: Any = self.successResultOf(Deferred.fromCoroutine(self.audit.read(None, 500)))
        written = [(row.action, row.server, row.target, row.result) for row in reversed(rows)]
        self.assertEqual(written, expected)

    def test_one(self) -> None:
        """A server has one job at a time, of whatever kind."""
        for kind in ("update", "copy"):
            self.jobs.running = SimpleNamespace(job=3, kind=kind)
            for name, act in self.all(self.actor).items():
                self.assertIs(self.result(act()), JobRunning, name)
        self.assertEqual(self.done, [])

    def test_space(self) -> None:
        """Where the disk or the server is full nothing begins."""
        self.workers.answers.update({Check: file, Look: directory})
        for name, act in self.all(self.actor).items():
            self.lack, self.disk.error = NoSpace(), None
            self.assertIs(self.result(act()), NoSpace, name)
            self.lack, self.disk.error = None, QuotaExceeded()
            self.assertIs(self.result(act()), QuotaExceeded, name)

    def test_refused(self) -> None:
        """What can be known at once is refused at once."""
        of, actor = self.fileJobs, self.actor
        for work, error in (
            (of.copy(actor, copying("", "x", False)), BadPath),
            (of.copy(actor, copying("x", "../x", False)), BadPath),
            (of.pack(actor, packing(["/x"], None, False)), BadPath),
            (of.pack(actor, packing(["x"], "", False)), BadPath),
            (of.unpack(actor, unpacking("x", "y/", False)), BadPath),
            (of.fetch(actor, fetching("http://b", "", None, False)), BadPath),
            (of.fetch(actor, fetching("ftp://b", "x", None, False)), BadRequest),
            (of.fetch(actor, fetching("http://me:secret@b", "x", None, False)), BadRequest),
            (of.copy(actor, copying("x", "x/y", False)), Unsupported),
            (of.copy(actor, copying("x", "x", True)), Unsupported),
            (of.pack(actor, packing(["y", "x"], "x", True)), Unsupported),
            # There is no archive.
            (of.unpack(actor, unpacking("x", None, False)), NoSuchFile),
        ):
            self.assertIs(self.result(work), error)
        self.workers.answers[Check] = file
        self.assertIs(self.result(of.unpack(actor, unpacking("x", "y", False))), NotADirectory)
        self.workers.answers[Check] = FileExists()
        for work in (
            of.copy(actor, copying("x", "y", False)),
            of.pack(actor, packing(["x"], "y", False)),
            of.fetch(actor, fetching("http://b", "x", None, False)),
        ):
            self.assertIs(self.result(work), FileExists)
        # A directory takes no place of another, nor does a file.
        self.workers.answers[Look] = directory
        self.assertIs(self.result(of.copy(actor, copying("x", "y", True))), FileExists)
        kinds = {"x": file, "y": directory}
        self.workers.answers[Look] = lambda asked: kinds[asked.path]
        self.assertIs(self.result(of.copy(actor, copying("x", "y", True))), FileExists)
        self.workers.answers[Look] = NoSuchFile()
        self.assertIs(self.result(of.copy(actor, copying("x", "y", True))), NoSuchFile)
        self.assertIs(self.result(of.pack(actor, packing(["x"], None, True))), NoSuchFile)
        self.assertNotIn("add", [each[0] for each in self.done if isinstance(each, tuple)])

    def test_begun(self) -> None:
        """The worker is told what to do, where, as whom, and how much it may take."""
        self.assertEqual(
            self.result(self.fileJobs.copy(self.actor, copying("x", "y", True))), JobBegun(job=9)
        )
        self.assertEqual(self.done[0], Look("x"))
        task = self.added()
        place = {"home": "/state/servers/a/files", "staging": "/state/servers/a/staging"}
        self.assertEqual(set(task.pop("limits").values()), {0})
        self.assertGreater(task.pop("spare"), 0)
        self.assertEqual(
            task,
            {
                "kind": "copy",
                "path": "x",
                "to": "y",
                "replace": True,
                "place": {**place, "account": None},
                "readable": [],
                "state": "/state",
                "limit": 5,
            },
        )
        self.workers.answers[Check] = file
        self.workers.answers[Look] = NoSuchFile()
        self.result(self.fileJobs.unpack(self.actor, unpacking("sub/x.zip", None, False)))
        self.assertEqual(self.added()["to"], "sub")

    def test_names(self) -> None:
        """An archive that lies beside has a name for who fetches it."""
        for paths, name in (
            (["w/x"], "x.zip"),
            (["w/x", "w/y"], "w.zip"),
            (["x", "y"], "a.zip"),
            ([""], "a.zip"),
        ):
            self.result(self.fileJobs.pack(self.actor, packing(paths, None, False)))
            task = self.added()
            self.assertEqual(task["name"], name)
            self.assertTrue(task["archive"].endswith(archiveSuffix))
        self.workers.answers[Check] = file
        self.result(self.fileJobs.pack(self.actor, packing(["x"], "z", True)))
        self.assertNotIn("archive", self.added())

    def row(self, **changes: Any) -> JobRow:
        """A job that has packed files, at the time 0."""
        given: dict[str, Any] = {
            "job": 4,
            "server": "a",
            "creation": 7,
            "kind": "pack",
            "status": "done",
            "unit": "bytes",
            "by": "ann",
            "createdAt": 0.0,
            "endedAt": 0.0,
            "task": {"archive": "beside.zip", "name": "x.zip"},
        }
        return JobRow(**{**given, **changes})

    def test_archives(self) -> None:
        """An archive can be had for an hour, by who has the right."""
        self.jobs.rows[4] = self.row()
        self.workers.answers[OpenArchive] = Opened(file, 5)
        of = self.fileJobs
        self.assertEqual(self.result(of.asksTicket(self.actor, 4)), ("job", 4, ""))
        found = self.result(of.download(self.actor.person, 4))
        self.assertEqual((found.entry.name, found.descriptor), ("x.zip", 5))
        self.assertEqual(self.done, [OpenArchive("beside.zip")])
        self.assertIs(self.result(of.asksTicket(self.actorWith("view"), 4)), Forbidden)
        self.assertIs(self.result(of.asksTicket(self.actorWith(), 4)), NoSuchFile)
        self.assertIs(self.result(of.asksTicket(self.actor, 99)), NoSuchFile)
        for changes in (
            {"creation": 6},
            {"status": "failed"},
            {"kind": "unpack"},
            {"task": {"to": "x"}},
        ):
            self.jobs.rows[4] = self.row(**changes)
            self.assertIs(self.result(of.asksTicket(self.actor, 4)), NoSuchFile)
        self.jobs.rows[4] = self.row()
        self.clock.advance(archiveSeconds)
        self.assertIs(self.result(of.download(self.actor.person, 4)), NoSuchFile)

    def test_over(self) -> None:
        """What a job has left goes when it is over, an archive after an hour."""
        changed = self.fileJobs.changed
        changed(self.row(status="running", endedAt=None))
        changed(self.row(kind="update", status="failed"))
        changed(self.row(creation=6, status="failed"))
        self.assertEqual((self.done, self.forgotten), ([], []))
        changed(self.row(status="failed"))
        self.assertEqual(self.done, [("tidy", "a")])
        self.done.clear()
        changed(self.row())
        self.assertEqual(self.forgotten, [self.server] * 2)
        self.clock.advance(archiveSeconds - 1)
        self.assertEqual(self.done, [])
        self.clock.advance(1)
        self.assertEqual(self.done, [Discard("beside.zip")])
        changed(self.row(task={"to": "x"}))
        # The daemon ends.
        changed(self.row())
        self.directory.ending.tell(None)
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_beginning(self) -> None:
        """Right, state and disk are looked at again when a job begins that has waited."""
        person = [self.actor.person]
        accounts: Any = SimpleNamespace(rightsOf=lambda name: person[0])
        begin = Beginning(self.directory, self.jobs, accounts.rightsOf, self.workers).check
        row = self.row(status="queued", endedAt=None)
        self.assertEqual(begin(row), row)
        # What a worker has open for people goes on.
        self.assertEqual(self.done, [])
        self.lack = NoSpace()
        self.assertRaises(NoSpace, begin, row)
        self.lack = None
        copy = SimpleNamespace(job=5, task={"source": 7}, status="running")
        self.jobs.all = lambda: [copy]
        self.assertRaises(JobRunning, begin, row)
        self.jobs.all = list
        person[0] = self.actorWith("settings").person
        self.assertRaises(Forbidden, begin, row)

    def test_destroyed(self) -> None:
        """A server is destroyed when its job is cancelled, unless it runs."""
        accounts: Any = Accounts(self.done)
        backups: Any = None
        creation = Creation(self.directory, self.jobs, accounts, backups)
        actor = self.actorWith("destroy")
        for state, cancelled in (("stopped", [("cancel", 3)]), ("running", [])):
            self.jobs.running = SimpleNamespace(job=3, kind="pack")
            self.server.status.state = state
            self.result(creation.destroy(actor, Destroy(server="a")))
            self.assertEqual([each for each in self.done if each[0] == "cancel"], cancelled)
            self.done.clear()

    def test_result(self) -> None:
        """What a worker says has come of it is checked as any input is."""
        said = {"size": 5, "entries": "many", "revision": "r" * 300, "more": 1}
        row = self.row(status="running", endedAt=None)
        found = ended(row, Exit(0), Progress(result=said), False, "", 1.0)
        self.assertEqual(found.result, {"size": 5})
