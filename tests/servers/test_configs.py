"""Configuration files of games are read and written by a worker, whatever is in them."""

import json
import os
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
from twisted.internet import reactor as installed
from twisted.internet.defer import Deferred, gatherResults
from twisted.internet.error import ProcessDone
from twisted.internet.process import ProcessReader, ProcessWriter
from twisted.internet.task import Clock
from twisted.python.failure import Failure
from twisted.trial.unittest import SynchronousTestCase, TestCase

from gamepanel.base.errors import Busy, NoSpace, PanelError, SpawnFailed
from gamepanel.games.cannothold import CannotHold
from gamepanel.process.launch import Account
from gamepanel.servers.configs import __main__ as program
from gamepanel.servers.configs import perform as work
from gamepanel.servers.configs.child import answerOf
from gamepanel.servers.configs.perform import Answer, FileTask, Reason, Task, tooCostly
from gamepanel.servers.configs.worker import (
    WorkerConfigs,
    WorkerProcess,
    idleSeconds,
    refusals,
    stuckSeconds,
    writeFiles,
)
from tests.support import needRoot, patience, until

isSlow = True
"""What takes too long has to take that long here, too."""

reactor: Any = installed

MiB = 1024 * 1024


def fileTask(path: str, format: str = "json", **changes: Any) -> FileTask:
    """A file to set keys in."""
    changes = changes or {"a": "v"}
    return FileTask(path=path, format=format, changes=changes, seed=None, seedRoot=None)


aliases = "a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"{name}: &{name} [{','.join(['*' + before] * 9)}]\n"
    for before, name in zip("abcdefghi", "bcdefghij", strict=True)
)
"""YAML that stands for 9 ** 10 texts."""

longKeys = json.dumps({"k" * 100_000: {f"{number}": 1 for number in range(12_000)}})
"""JSON that costs 1.2 GB once each key is told with all that leads to it."""


class WorkerTests(TestCase):
    """A real worker."""

    timeout = 4 * patience

    def setUp(self) -> None:
        self.home = os.path.abspath(self.mktemp())
        os.mkdir(self.home)
        self.configs = WorkerConfigs(reactor)
        self.addCleanup(self.gone)

    async def gone(self) -> None:
        self.configs.close()
        await until(reactor, lambda: not self.workers() and not self.pipes(), "the worker's end")

    def pipes(self) -> list[object]:
        """Our ends of the pipes of workers, of which the reactor has not seen the end yet."""
        watched = (*reactor.getReaders(), *reactor.getWriters())
        return [each for each in watched if isinstance(each, ProcessReader | ProcessWriter)]

    def workers(self) -> list[int]:
        """Numbers of our workers' processes."""
        return [each.pid for each in psutil.Process().children() if self.isWorker(each)]

    def isWorker(self, process: psutil.Process) -> bool:
        """Whether it is one that has not ended."""
        try:
            return "gamepanel.servers.configs" in process.cmdline()
        except (psutil.NoSuchProcess, psutil.ZombieProcess):
            return False

    def write(self, *files: FileTask, account: Account | None = None) -> "Deferred[None]":
        return Deferred.fromCoroutine(writeFiles(self.configs, self.home, files, account))

    async def refused(self, *files: FileTask, account: Account | None = None) -> str:
        error: Any = await self.assertFailure(self.write(*files, account=account), SpawnFailed)
        return str(error.detail)

    def put(self, path: str, text: str) -> None:
        Path(self.home, path).write_text(text)

    async def test_written(self) -> None:
        """All files of a server are written, and what is started together shares a worker."""
        formats = ("properties", "ini", "json", "yaml", "toml")
        changes: Any = {"a.b": "v"}
        files = [fileTask(f"in/{format}", format, **changes) for format in formats]
        await gatherResults([self.write(*files), self.write(fileTask("other"))])
        self.assertEqual(len(self.workers()), 1)
        self.assertEqual(sorted(os.listdir(f"{self.home}/in")), sorted(formats))
        self.assertEqual(Path(self.home, "in/ini").read_text(), "[a]\nb = v\n")
        self.assertEqual(json.loads(Path(self.home, "other").read_text()), {"a": "v"})
        await until(reactor, lambda: not self.workers(), "the end of an idle worker")
        await self.write(fileTask("later"))
        self.assertTrue(os.path.exists(f"{self.home}/later"))

    async def test_user(self) -> None:
        """It is done as the game's user: files are that user's, and no other's are read."""
        needRoot("be another user")
        nobody = Account(65534, 65534, "nobody")
        self.home = f"/tmp/gamepanel-configs-{os.getpid()}"
        os.mkdir(self.home)
        self.addCleanup(subprocess.run, ["/bin/rm", "-rf", self.home], check=True)
        os.chown(self.home, nobody.uid, nobody.gid)
        await self.write(fileTask("in/a"), account=nobody)
        made = [os.stat(f"{self.home}/{path}") for path in ("in", "in/a")]
        self.assertEqual([each.st_uid for each in made], [nobody.uid] * 2)
        self.assertEqual([each.st_mode & 0o777 for each in made], [0o700, 0o600])
        self.put("ours", "{}")
        os.chmod(f"{self.home}/ours", 0o600)
        error = await self.refused(fileTask("ours"), account=nobody)
        self.assertEqual(error, "ours can't be written: Permission denied.")

    async def test_hostile(self) -> None:
        """
        What costs too much is a refusal of the start that names the file; it costs us no
        memory, and others do not wait for it.
        """
        attacks = {"aliases": ("yaml", aliases), "keys": ("json", longKeys)}
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        refused = []
        for path, (format, text) in attacks.items():
            self.put(path, text)
            files = (fileTask(f"fine-{path}"), fileTask(path, format))
            refused.append(Deferred.fromCoroutine(self.refused(*files)))
        await self.write(fileTask("other"))
        self.assertFalse(any(each.called for each in refused[:1]))
        self.assertEqual(
            await gatherResults(refused),
            [f"{path} can't be written: it costs too much to read." for path in attacks],
        )
        self.assertEqual(len(self.workers()), 1)
        grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
        self.assertLess(grown, 64 * 1024)

    async def test_otherRefusals(self) -> None:
        """Files that are too large, too deep or no text are refused, too, and named."""
        for text, reason in (
            ("x" * (256 * 1024 + 1), "it has more than 256 KiB"),
            ("[" * 100_000, "it can't be read as json: RecursionError"),
            ("{", "it can't be read as json: JSONDecodeError"),
        ):
            self.put("a", text)
            self.assertEqual(await self.refused(fileTask("a")), f"a can't be written: {reason}.")
            self.assertEqual(Path(self.home, "a").read_text(), text)
        os.symlink("a", f"{self.home}/linked")
        found = await self.refused(fileTask("linked"))
        self.assertIn("can't be written: it is a link,", str(found))

    async def test_halfCharacter(self) -> None:
        """A half of a character stays the escape that JSON has for it; other letters stay, too."""
        self.put("a", '{"\\ud83d": "é\\udc00", "😀": "\\ud83d\\ude00"}')
        await self.write(fileTask("a"))
        self.assertEqual(
            Path(self.home, "a").read_text(),
            '{\n  "\\ud83d": "é\\udc00",\n  "😀": "😀",\n  "a": "v"\n}\n',
        )

    async def test_refusals(self) -> None:
        """It is told what new files can't hold, by their keys."""
        files = [
            fileTask("a", "ini", **{"x.good": "v", "x.bad": " v"}),
            fileTask("b", "json"),
        ]
        found = await refusals(self.configs, files)
        self.assertEqual([list(each) for each in found], [["x.bad"], []])
        self.assertEqual(await refusals(self.configs, []), ())

    async def test_killed(self) -> None:
        """When the worker is killed, those who wait are told so; the next has a new one."""
        self.put("a", aliases)
        writing = self.write(fileTask("a", "yaml"))
        await until(reactor, self.workers, "a worker")
        for pid in self.workers():
            os.kill(pid, signal.SIGKILL)
        await self.assertFailure(writing, Busy)
        await self.write(fileTask("b"))

    async def test_libraries(self) -> None:
        """No library of a format is imported here; few modules are in the worker."""
        script = (
            "import sys, gamepanel.daemon, gamepanel.servers.configs.worker\n"
            "print([each for each in ('tomlkit', 'ruamel.yaml', 'javaproperties', 'configupdater')"
            " if each in sys.modules])"
        )
        lean = (
            "import sys, gamepanel.servers.configs.__main__\n"
            "print([each for each in ('twisted', 'attrs', 'msgspec', 'tomlkit', 'ruamel.yaml')"
            " if each in sys.modules])"
        )
        for each in (script, lean):
            done = subprocess.run(
                [sys.executable, "-c", each], capture_output=True, text=True, check=True
            )
            self.assertEqual(done.stdout, "[]\n")


class ProgramTests(SynchronousTestCase):
    """The worker's program, in this process."""

    def run_(self, *tasks: Task, told: Callable[[int], object] = id) -> dict[int, Answer]:
        """
        @param told: called with the number of each that is done.
        """
        ours, its = os.pipe()
        os.write(its, "".join(json.dumps(each) + "\n" for each in enumerate(tasks)).encode())
        os.close(its)
        answers: list[Any] = []

        def tell(line: str) -> None:
            answers.append(json.loads(line))
            told(answers[-1][0])

        program.Worker(ours, tell).run()
        os.close(ours)
        return dict(answers)

    def task(self, *files: FileTask) -> Task:
        return Task(home=None, files=list(files), user=None)

    def test_late(self) -> None:
        """A task that takes too long is ended, and the file named; others go on meanwhile."""
        self.patch(program, "patience", 15.0)

        def edit(format: str, text: str, changes: Any) -> None:
            if "s" in changes:
                time.sleep(999)

        self.patch(work, "edit", edit)
        answers = self.run_(
            self.task(fileTask("fine"), fileTask("slow", s="")),
            *(self.task(fileTask("fine")) for _ in range(9)),
        )
        failed = answers.pop(0)["failed"]
        assert failed is not None
        self.assertEqual((failed["path"], failed["reason"]), ("slow", tooCostly))
        self.assertEqual(answers, {n: Answer(failed=None, refused=[{}]) for n in range(1, 10)})

    def test_putOff(self) -> None:
        """However many tasks take long, others wait for none of them; each is done in its turn."""
        # A quick one has to be done within that, on a busy machine, too.
        self.patch(program, "quickSeconds", 4.0)
        self.patch(program, "patience", 24.0)
        areDone = Path(self.mktemp()).absolute()

        def edit(format: str, text: str, changes: Any) -> None:
            while "s" in changes and not (areDone.exists() and changes["s"]):
                time.sleep(0.05)

        self.patch(work, "edit", edit)
        order: list[int] = []

        def told(number: int) -> None:
            order.append(number)
            if len(order) == 5:
                areDone.touch()

        answers = self.run_(
            *(self.task(fileTask("slow", s=ends)) for ends in (True, True, True, True, False)),
            *(self.task(fileTask("fine")) for _ in range(5)),
            told=told,
        )
        good = Answer(failed=None, refused=[{}])
        self.assertEqual(sorted(order[:5]), [5, 6, 7, 8, 9])
        self.assertEqual([n for n in range(10) if answers[n] != good], [4])

    def test_answers(self) -> None:
        """A child that does not say how it went has failed at the file that it had begun."""
        task = self.task(fileTask("a"), fileTask("b"))
        good = Answer(failed=None, refused=[{"x": "y"}])
        killed, xcpu = int(signal.SIGKILL), int(signal.SIGXCPU)

        def ended(code: int) -> Reason:
            return CannotHold("worker_ended", code=code).reason

        for said, status, isLate, path, reason in (
            (b".", xcpu, False, "a", tooCostly),
            (b"..", xcpu, False, "b", tooCostly),
            (b"", killed, False, "a", ended(-9)),
            (b"..", killed, True, "b", tooCostly),
            (b"....", 0, False, "b", ended(0)),
            (b".{}", 0, False, "a", ended(0)),
            (b"." + b"[" * 99_999, 0, False, "a", ended(0)),
            (b"." + json.dumps(good).encode(), 256, False, "a", ended(1)),
        ):
            self.assertEqual(
                answerOf(task, said, status, isLate),
                Answer(failed={"path": path, "reason": reason, "errno": None}, refused=[]),
            )
        self.assertEqual(answerOf(task, b".." + json.dumps(good).encode(), 0, False), good)


class FakeTransport:
    """A worker that only listens."""

    def __init__(self) -> None:
        self.heard: list[Any] = []

    def write(self, data: bytes) -> None:
        self.heard.append(json.loads(data))

    def closeStdin(self) -> None:
        self.heard.append("end of tasks")

    def signalProcess(self, signal: str) -> None:
        self.heard.append(signal)


class ConversationTests(SynchronousTestCase):
    """What is said to a worker, and when."""

    def setUp(self) -> None:
        self.clock = Clock()
        clock: Any = self.clock
        self.worker = WorkerProcess(clock)
        transport: Any = FakeTransport()
        self.heard = transport.heard
        self.worker.transport = transport
        self.task = Task(home="/h", files=[fileTask("a")], user=None)

    def answer(self, number: int, failed: Any = None) -> None:
        line = json.dumps([number, {"failed": failed, "refused": []}]).encode() + b"\n"
        self.worker.outReceived(line[:5])
        self.worker.outReceived(line[5:])

    def test_idle(self) -> None:
        """A worker that has been idle for a moment is let go; a task puts that off."""
        for number in (1, 2):
            asked = self.worker.ask(self.task)
            self.clock.advance(idleSeconds * 2)
            self.answer(number)
            self.assertEqual(self.successResultOf(asked), {"failed": None, "refused": []})
            self.clock.advance(idleSeconds * 0.9)
        self.assertEqual([each[0] for each in self.heard], [1, 2])
        self.clock.advance(idleSeconds)
        self.assertEqual(self.heard[2:], ["end of tasks"])
        self.assertTrue(self.worker.isOver)
        self.worker.processEnded(Failure(ProcessDone(0)))
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_stuck(self) -> None:
        """One that answers nothing for long is ended; those who wait are told."""
        one, other = self.worker.ask(self.task), self.worker.ask(self.task)
        self.clock.advance(stuckSeconds - 1)
        self.answer(1)
        self.successResultOf(one)
        self.clock.advance(stuckSeconds - 1)
        # That more is asked of it does not give it more time.
        late = self.worker.ask(self.task)
        self.assertEqual(self.heard[3:], [])
        self.clock.advance(1)
        self.assertEqual(self.heard[3:], ["KILL"])
        self.worker.processEnded(Failure(ProcessDone(0)))
        self.failureResultOf(other, Busy)
        self.failureResultOf(late, Busy)
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_cancelled(self) -> None:
        """An answer that nobody waits for any more does no harm, nor does an end."""
        for _ in range(2):
            asked = self.worker.ask(self.task)
            asked.cancel()
            asked.addErrback(lambda _: None)
        self.answer(1)
        self.worker.processEnded(Failure(ProcessDone(0)))
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_noSpace(self) -> None:
        """A full disk is told as such."""
        writing = Deferred.fromCoroutine(writeFiles(self.worker, "/h", [fileTask("a")], None))
        self.answer(1, {"path": "a", "reason": "No space left on device", "errno": 28})
        self.failureResultOf(writing, NoSpace)
        self.worker.close()
        self.worker.processEnded(Failure(ProcessDone(0)))

    def test_unchecked(self) -> None:
        """Values that could not be checked are not taken for good."""
        asking = Deferred.fromCoroutine(refusals(self.worker, [fileTask("a")]))
        self.answer(1, {"path": "a", "reason": "", "errno": None})
        self.failureResultOf(asking, Busy)
        self.worker.close()
        self.worker.processEnded(Failure(ProcessDone(0)))

    def test_notStarted(self) -> None:
        """When the kernel has no process for a worker, that passes."""

        class Refusing:
            def spawnProcess(self, *arguments: Any, **more: Any) -> None:
                raise BlockingIOError(11, "no")

        self.assertRaises(PanelError, WorkerConfigs(Refusing()).ask, self.task)
