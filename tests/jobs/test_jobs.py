"""Long work: what is told of it, how it is queued, and real workers that outlive the daemon."""

import io
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import msgspec
from msgspec.structs import replace
from twisted.internet import reactor as installed
from twisted.internet.defer import Deferred
from twisted.internet.task import deferLater
from twisted.internet.threads import deferToThread
from twisted.trial.unittest import SynchronousTestCase, TestCase

from gamepanel.base.errors import Busy, JobOver, JobRunning, NoSuchJob, Unsupported
from gamepanel.base.threads import alike
from gamepanel.console.ring import Chunk, Ring
from gamepanel.jobs import files, queue
from gamepanel.jobs.installs import Outcome, _look
from gamepanel.jobs.process import JobHost
from gamepanel.jobs.progress import Progress, maxStep, read, recordBytes, write
from gamepanel.jobs.queue import Jobs
from gamepanel.jobs.report import Report
from gamepanel.jobs.values import ended, nextToBegin
from gamepanel.process.grouping import find
from gamepanel.process.launch import childPath
from gamepanel.process.limits import Limits, workerMiB
from gamepanel.process.members import identify
from gamepanel.process.proc import bootId
from gamepanel.process.runfiles import Exit
from gamepanel.store import Store, jobs
from gamepanel.store.events import EventFilter, EventRow
from gamepanel.store.jobs import JobRow, loadJobs
from gamepanel.wire.causes import because
from gamepanel.wire.values import JobKind, JobStatus
from gamepanel.worker.__main__ import give
from tests.process.test_groups import hide
from tests.support import ImmediateTransactions, patience

reactor: Any = installed


def row(**more: Any) -> JobRow:
    """Some job."""
    fields = {"kind": "delete", "status": "running", "unit": "files", "by": "admin"}
    return JobRow(1, "cave", 7, **{**fields, "createdAt": 1.0, "task": {}, **more})


class ProgressTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.memory = memoryview(bytearray(recordBytes))

    def put(self, content: bytes) -> None:
        """What something else than our worker may write."""
        self.memory[8:12] = len(content).to_bytes(4, "little")
        self.memory[12 : 12 + len(content)] = content

    def test_newest(self) -> None:
        """Whoever looks gets the newest record; before there is one, none."""
        self.assertIsNone(read(self.memory))
        for done in (1, 2):
            progress = Progress("Deleting files", done, 9, None, {"backup": 3})
            write(self.memory, progress)
            self.assertEqual(read(self.memory), progress)

    def test_half(self) -> None:
        """A record that is just being written is none."""
        write(self.memory, Progress("x"))
        self.memory[0] |= 1
        self.assertIsNone(read(self.memory))
        write(self.memory, Progress("y"))
        self.assertEqual(read(self.memory), Progress("y"))

    def test_hostile(self) -> None:
        """What a worker reports is checked as any input is."""
        told = Progress("a\nb\x1b" + "x" * 999, -5, -1, "e" * 2000)
        self.put(msgspec.json.encode(told))
        found = read(self.memory)
        assert found is not None
        self.assertEqual(found.step[:4], "a b ")
        self.assertEqual(len(found.step), maxStep)
        self.assertEqual((found.done, found.total), (0, None))
        for content in (
            *(b"\xff" * 64, b"[" * 4000, b'{"done": "x"}'),
            *(b'{"step": "\xff"}', b'{"result": {"x": ' + b"[" * 4000),
        ):
            self.put(content)
            self.assertIsNone(read(self.memory))
        self.memory[8:12] = b"\xff" * 4
        self.assertIsNone(read(self.memory))

    def test_names(self) -> None:
        """Names that are not UTF-8 may be told of, as far as they can be shown."""
        name = os.fsdecode(b"caf\xe9")
        write(self.memory, Progress(f"Keeping {name}", error=f"{name} can't be made"))
        found = Progress("Keeping caf ", error="caf  can't be made")
        self.assertEqual(read(self.memory), found)
        report = Report(lambda progress: write(self.memory, progress))
        self.patch(sys, "stderr", io.StringIO())
        self.assertEqual(give(report, because("no_such_path", path=name)), 1)
        told = Progress(error="there is no caf ", cause=because("no_such_path", path="caf "))
        self.assertEqual(read(self.memory), told)

    def test_large(self) -> None:
        """One that does not fit is cut to what does."""
        write(self.memory, Progress("x" * 9999, 3, 4, None, {"y": "z" * 9999}))
        self.assertEqual(read(self.memory), Progress("x" * 40, 3, 4))


class DamagedTests(SynchronousTestCase):
    def test_unknown(self) -> None:
        """Where a file of a job holds something else, what it would say is not known."""
        directory = Path(self.mktemp())
        directory.mkdir()
        for content in (b"", b"{}x", b'{"boot": "\xff"}', b'{"x": ' + b"[" * 100_000):
            (directory / "run").write_bytes(content)
            self.assertIsNone(files.loadRun(str(directory)))
            (directory / "outcome").write_bytes(content.replace(b"boot", b"version"))
            self.assertEqual(_look(str(directory), {}).outcome, Outcome())


class OrderTests(SynchronousTestCase):
    def test_next(self) -> None:
        """First come, first served, so many at once; deletions beside them, one at a time."""

        def job(number: int, kind: JobKind, status: JobStatus) -> JobRow:
            return replace(row(), job=number, kind=kind, status=status)

        queued = [job(9, "pack", "queued"), job(4, "delete", "queued"), job(5, "copy", "queued")]
        packs = [job(1, "pack", "running"), job(2, "pack", "running")]
        deletion = job(3, "delete", "running")
        for running, atMost, expected in (
            ([], 2, 4),
            ([deletion], 2, 5),
            (packs, 2, 4),
            ([*packs, deletion], 2, None),
            ([*packs, deletion], 3, 5),
            ([packs[0], deletion], 2, 5),
            ([job(1, "update", "running"), job(2, "install", "running"), deletion], 2, 5),
        ):
            found = nextToBegin([*queued, *running], atMost)
            self.assertEqual(None if found is None else found.job, expected)
        self.assertIsNone(nextToBegin([job(1, "pack", "done")], 2))
        # What people do with files keeps nothing else from beginning.
        found = nextToBegin([*packs, job(6, "update", "queued")], 2)
        self.assertEqual(None if found is None else found.job, 6)


class EndTests(SynchronousTestCase):
    def test_ends(self) -> None:
        """Code 0 is done, whatever was asked; else it is cancelled or failed, with a reason."""
        told = Progress("step", 2, 4, "no luck", {"backup": 1})
        printed = "Its worker has ended with exit code 1. The last line of its log: line"
        for exit, progress, cancelled, line, status, error, result in (
            (Exit(0), told, False, "", "done", None, {"backup": 1}),
            (Exit(0), told, True, "", "done", None, {"backup": 1}),
            (Exit(137), told, True, "", "cancelled", None, {}),
            (Exit(1), told, False, "line", "failed", "no luck", {}),
            (
                Exit(1),
                None,
                False,
                "line",
                "failed",
                printed,
                {},
            ),
            (Exit(137), None, False, "line", "failed", "Its worker was ended by KILL.", {}),
            (
                *(Exit(143), Progress("Copying files"), False, "line", "failed"),
                *("Copying files has failed: its worker was ended by TERM.", {}),
            ),
            (
                *(Exit(137), Progress("Running x", where="Install step 1 of 2 (run x)"), False),
                *("line", "failed"),
                *("Install step 1 of 2 (run x) has failed: its worker was ended by KILL.", {}),
            ),
            (Exit(9), None, False, "", "failed", "Its worker has ended with exit code 9.", {}),
        ):
            over = ended(row(), exit, progress, cancelled, line, 5.0)
            self.assertEqual(
                (over.status, over.error, over.result, over.endedAt), (status, error, result, 5.0)
            )


class TableTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.transactions = ImmediateTransactions()
        self.store = Store(self.transactions)

    def add(self, **more: Any) -> JobRow:
        return self.successResultOf(self.store.jobs.addJob(row(**more)))

    def test_back(self) -> None:
        """A job comes back as it was stored; its end with its event."""
        first, second = self.add(task={"path": "/x"}), self.add(status="queued")
        self.assertEqual((first.job, second.job), (1, 2))
        self.assertEqual(loadJobs(self.transactions.connection), [first, second])
        over = ended(first, Exit(0), Progress("s", 1, 1, None, {"n": 1}), False, "", 9.0)
        self.successResultOf(self.store.jobs.changeJob(over))
        self.assertEqual(self.successResultOf(self.store.jobs.findJob(1)), over)
        self.assertEqual(loadJobs(self.transactions.connection), [second])
        self.assertIsNone(self.successResultOf(self.store.jobs.findJob(3)))

    def test_long(self) -> None:
        """A list of jobs has no tasks; what is long of one goes when it is over."""
        task = {"archive": "x", "paths": ["long"]}
        added = self.add(kind="pack", task=task)
        [found] = self.successResultOf(self.store.jobs.readJobs(None, "", None, None, 9))
        self.assertEqual(found, replace(added, task={}))
        over = ended(added, Exit(0), None, False, "", 9.0)
        self.successResultOf(self.store.jobs.changeJob(over))
        kept = self.successResultOf(self.store.jobs.findJob(1))
        self.assertEqual(kept, replace(over, task={"archive": "x"}))

    def test_kept(self) -> None:
        """The newest are kept; those with files push no others out."""
        self.patch(jobs, "keptJobs", 2)
        kinds: tuple[JobKind, ...] = ("install", "copy", "update", "pack", "delete", "copy", "copy")
        for kind in kinds:
            added = self.add(kind=kind)
            over = ended(added, Exit(0), None, False, "", 9.0)
            self.successResultOf(self.store.jobs.changeJob(over))
        rows = self.successResultOf(self.store.jobs.readJobs(None, "", None, None, 9))
        self.assertEqual([each.job for each in rows], [7, 6, 5, 3])

    def test_read(self) -> None:
        """Newest first, of some servers, before a number."""
        for _ in range(3):
            self.add()

        def numbers(*arguments: Any) -> list[int]:
            rows = self.successResultOf(self.store.jobs.readJobs(*arguments))
            return [each.job for each in rows]

        self.assertEqual(numbers(None, "", None, None, 2), [3, 2])
        self.assertEqual(numbers([7], "", "cave", 3, 9), [2, 1])
        self.assertEqual(numbers([8], "", None, None, 9), [])
        self.assertEqual(numbers([8], "admin", None, None, 1), [3])
        self.assertEqual(numbers(None, "", "other", None, 9), [])


class QueueTests(TestCase):
    """With real workers, and a store in memory."""

    timeout = 4 * patience

    def setUp(self) -> None:
        self.state = os.path.abspath(self.mktemp())
        os.mkdir(self.state)
        self.transactions = ImmediateTransactions()
        self.store = Store(self.transactions)
        self.told: list[str] = []
        self.groups = find(self.state, "test")
        if self.groups is not None:
            self.addCleanup(self.groups.leave)
        self.jobs = self.daemon()

    def daemon(self, **more: Any) -> Jobs:
        """The jobs of a daemon on this state."""

        def tell(rows: Sequence[EventRow]) -> None:
            self.told.extend(each.kind for each in rows)

        host = JobHost(
            reactor,
            alike(deferToThread),
            os.path.join(self.state, "jobs"),
            childPath(os.environ["PATH"]),
            more.pop("boot", bootId()),
            lambda: 5.0,
            self.groups,
        )
        jobs = Jobs(host, self.store.jobs, tell)
        self.addCleanup(jobs.leave)
        return jobs

    async def until(self, jobs: Jobs, job: int, *statuses: str) -> JobRow:
        """Wait until a job has one of these statuses."""
        while (found := await jobs.find(job)).status not in statuses:
            await jobs.changed.next()
        # What has happened is told when those know who follow the job itself.
        await deferLater(reactor, 0)
        return found

    def tree(self, count: int = 20) -> Path:
        """A directory to be deleted."""
        root = Path(self.state) / "removed"
        for number in range(count):
            (root / str(number)).mkdir(parents=True)
            (root / str(number) / "file").write_text("x")
        return root

    async def test_done(self) -> None:
        """A worker deletes a directory; its end is stored, with its event, and then told."""
        root = self.tree()
        job = await self.jobs.add("delete", "cave", 1, "files", "admin", {"path": str(root)})
        over = await self.until(self.jobs, job.job, "done", "failed")
        self.assertEqual((over.status, over.error), ("done", None))
        self.assertFalse(root.exists())
        self.assertEqual((over.done, over.total), (40, 40))
        self.assertEqual(self.told, ["job_done"])
        [event] = await self.store.events.readEvents(EventFilter(), 0, 9)
        self.assertEqual((event.kind, event.data["job"]), ("job_done", job.job))
        self.assertEqual(os.listdir(self.jobs.workers.directory(job.job)), [])
        opened = [os.path.realpath(f"/proc/self/fd/{each}") for each in os.listdir("/proc/self/fd")]
        self.assertEqual([path for path in opened if path.startswith(self.state)], [])

    async def test_limits(self) -> None:
        """A job is held to the limits of its task, as far as the host has controllers for them."""
        made: list[Any] = []

        def make(name: str, limits: Any) -> str:
            made.append((name, limits))
            raise OSError(28, "no")

        self.groups = cast(Any, SimpleNamespace(controllers={"pids", "memory"}, make=make))
        jobs = self.daemon()
        wanted = Limits(memory=100, cpu=50, processes=20).forInstalling()
        self.assertEqual(wanted, Limits(200 + workerMiB, 100, 40))
        job = await jobs.add("verify", "a", 1, "bytes", "admin", {"limits": wanted.settings()})
        await self.until(jobs, job.job, "failed")
        [(name, limits)] = made
        self.assertEqual((name, limits["pids.max"]), (f"job-{job.job}", "40"))
        self.assertEqual(limits["memory.max"], str(328 * 1024 * 1024))
        self.assertNotIn("cpu.max", limits)

    async def test_failed(self) -> None:
        """Why a worker gives up is known, and what it printed is kept."""
        job = await self.jobs.add(
            "delete", "cave", 1, "files", "admin", {"path": "/proc/self/status"}
        )
        over = await self.until(self.jobs, job.job, "done", "failed")
        self.assertEqual(over.error, "Not all could be deleted: Not a directory.")
        chunk, end = files.readLog(self.jobs.workers.directory(job.job), 0, 99)
        self.assertEqual(chunk.data, b"Not all could be deleted: Not a directory.\n")
        self.assertEqual(end, chunk.end)
        self.assertEqual(self.told, ["job_failed"])

    async def test_refusals(self) -> None:
        """What is over or not there can't be cancelled, nor can what deletes."""
        job = await self.jobs.add("delete", "cave", 1, "files", "admin", {"path": "/nowhere"})
        with self.assertRaises(Unsupported):
            await self.jobs.cancel(job.job)
        await self.until(self.jobs, job.job, "done")
        with self.assertRaises(JobOver):
            await self.jobs.cancel(job.job)
        with self.assertRaises(NoSuchJob):
            await self.jobs.find(99)

    async def test_one(self) -> None:
        """A server has one job at a time; another's waits while as many run as may."""
        first = await self.jobs.add("verify", "a", 1, "files", "admin", {})
        with self.assertRaises(JobRunning):
            await self.jobs.add("verify", "a", 1, "files", "admin", {})
        for creation in (2, 3):
            await self.jobs.add("verify", "b", creation, "files", "admin", {})
        statuses = [(await self.jobs.find(number)).status for number in (1, 2, 3)]
        self.assertEqual(statuses, ["running", "running", "queued"])
        await self.jobs.cancel(3)
        self.assertEqual((await self.until(self.jobs, 3, "cancelled")).startedAt, None)
        # There is no worker of this kind, so they fail.
        for number in (1, 2):
            await self.until(self.jobs, number, "failed")
        self.assertIsNone(self.jobs.jobOf(first.creation or 0))

    async def test_cancel(self) -> None:
        """Cancelling ends every process of a job."""
        pipe = os.path.join(self.state, "pipe")
        os.mkfifo(pipe)
        job = await self.jobs.add("verify", "a", 1, "files", "admin", {"path": pipe})
        await self.jobs.cancel(job.job)
        over = await self.until(self.jobs, job.job, "cancelled", "failed")
        self.assertEqual(over.status, "cancelled")

    async def test_adopted(self) -> None:
        """What runs goes on while no daemon is there, and the next one tells how it ended."""
        root = self.tree(300)
        job = await self.jobs.add("delete", "cave", 1, "files", "admin", {"path": str(root)})
        await self.until(self.jobs, job.job, "running")
        while self.jobs.workers.process(job.job) is None:
            await deferToThread(lambda: None)
        self.jobs.leave()
        next = self.daemon()
        next.load(loadJobs(self.transactions.connection), frozenset({job.job}))
        over = await self.until(next, job.job, "done", "failed")
        self.assertEqual((over.status, over.error), ("done", None))
        self.assertFalse(root.exists())
        self.assertEqual(self.told, ["job_done"])

    async def test_hostRestarted(self) -> None:
        """After a restart of the host what ran has failed, and what was queued is begun."""
        self.jobs.leave()
        ran = await self.store.jobs.addJob(row(kind="verify", startedAt=2.0))
        os.makedirs(os.path.join(self.state, "jobs", "1"))
        files.saveRun(os.path.join(self.state, "jobs", "1"), files.Run("another boot"))
        waited = await self.store.jobs.addJob(row(status="queued", task={"path": "/nowhere"}))
        next = self.daemon()
        next.load(loadJobs(self.transactions.connection), frozenset({1, 2}))
        over = await self.until(next, ran.job, "failed")
        self.assertEqual(over.error, "The host has restarted.")
        await self.until(next, waited.job, "done")

    async def test_noThreads(self) -> None:
        """One that ends while the host allows no threads is over as soon as it does."""
        self.patch(queue, "retrySeconds", 0.01)
        lacking = ["conclude", "finish"]
        conclude, finish = self.jobs.conclude, files.finish

        async def concluding(row: JobRow) -> Any:
            if "conclude" in lacking:
                lacking.remove("conclude")
                raise Busy()
            return await conclude(row)

        def finishing(directory: str, ring: Ring | None) -> None:
            if "finish" in lacking:
                lacking.remove("finish")
                raise Busy()
            finish(directory, ring)

        self.jobs.conclude = concluding
        self.patch(files, "finish", finishing)
        task = {"path": str(self.tree())}
        job = await self.jobs.add("delete", "cave", 1, "files", "admin", task)
        self.assertEqual((await self.until(self.jobs, job.job, "done", "failed")).status, "done")
        self.assertEqual((lacking, self.jobs.all()), ([], []))
        self.assertEqual(os.listdir(self.jobs.workers.directory(job.job)), [])

    async def test_hidden(self) -> None:
        """What another user's process has the number of now, which we may not see, has ended."""
        self.jobs.leave()
        other = identify(os.getpid())
        ran = await self.store.jobs.addJob(row(kind="verify", startedAt=2.0))
        directory = os.path.join(self.state, "jobs", "1")
        files.make(directory, "verify", {}).close()
        files.saveRun(directory, files.Run(bootId(), other))
        hide(self, os.getpid())
        next = self.daemon()
        next.load(loadJobs(self.transactions.connection), frozenset({1}))
        over = await self.until(next, ran.job, "failed")
        self.assertEqual(over.error, "Its worker has ended with exit code unknown.")

    async def test_forgotten(self) -> None:
        """What is left of jobs that nobody knows any more is removed."""
        for name in ("4", "\N{SUPERSCRIPT TWO}", "5"):
            os.makedirs(os.path.join(self.state, "jobs", name))
        jobs = os.path.join(self.state, "jobs")
        done: Deferred[None] = deferToThread(files.forget, jobs, frozenset({5}))
        await done
        self.assertEqual(os.listdir(jobs), ["5"])

    def test_numbered(self) -> None:
        """A file whose name is like that of a log, but has no number, is none."""
        Path(self.state, "log.\N{SUPERSCRIPT TWO}").touch()
        Path(self.state, "log." + "9" * 200).touch()
        self.assertEqual(files.readLog(self.state, 0, 99), (Chunk(0, b""), 0))
        Path(self.state, "log.5").write_text("text")
        self.assertEqual(files.readLog(self.state, 0, 99), (Chunk(5, b"text"), 9))
