"""The standby reader: reads what the games print while no daemon does."""

import _thread
import contextlib
import fcntl
import json
import mmap
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from unittest import SkipTest

import psutil
from msgspec.structs import replace
from twisted.internet.error import ProcessDone, ProcessTerminated
from twisted.internet.task import Clock
from twisted.logger import capturedLogs
from twisted.python.failure import Failure
from twisted.trial.unittest import SynchronousTestCase

from gamepanel.console import consolefile, guard, mapped, readerlock, standby
from gamepanel.console.fifo import makePipe, openForChild
from gamepanel.console.guard import StandbyGuard
from gamepanel.console.ring import headerBytes
from gamepanel.jobs import files as jobFiles
from gamepanel.local.passwords import reset
from gamepanel.process.proc import bootId, startTicks
from gamepanel.servers import storedlife as life
from gamepanel.servers.lifefile import save
from gamepanel.servers.state import Running
from tests.process.test_groups import hide
from tests.support import (
    Client,
    Daemon,
    checkNumbers,
    endGames,
    flood,
    needMounts,
    patience,
    standbys,
)

rounds = int(os.environ.get("GAMEPANEL_SOAK", "6"))
"""How many times daemon and standby reader are killed; C{make soak} asks for more."""


def wait(check: Callable[[], Any], what: str) -> Any:
    """Ask again and again until the answer is true."""
    return Client("").wait(check, what)


def needPopulate() -> None:
    """
    @raise SkipTest: where the kernel can't be asked whether memory can be had.
    """
    memory = mmap.mmap(-1, mmap.PAGESIZE)
    try:
        memory.madvise(mapped.madvPopulateRead)
    except OSError:
        raise SkipTest("the kernel is older than 5.14") from None


def hasEnded(process: psutil.Process) -> bool:
    """Whether a process is there no more, but perhaps for its number."""
    try:
        return bool(process.status() == psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return True


def lookUntil(reader: standby.Reader, check: Callable[[], Any], what: str) -> None:
    """Let it take turns until something is true."""

    def look() -> Any:
        reader.look()
        return check()

    wait(look, what)


class Game:
    """A server directory whose pipe the test holds, as a game does."""

    def __init__(self, directory: str) -> None:
        self.directory = directory
        os.makedirs(directory)
        consolefile.makeConsole(directory, 0)
        self.pipe = os.path.join(directory, "stdout")
        makePipe(self.pipe, None)
        self.descriptor = openForChild(self.pipe)

    def say(self, data: bytes) -> None:
        """Print something."""
        os.write(self.descriptor, data)

    def end(self) -> None:
        """Close the pipe."""
        if self.descriptor != -1:
            os.close(self.descriptor)
            self.descriptor = -1

    @property
    def position(self) -> int:
        """How long its log is, by its file: nobody else may use it as a ring meanwhile."""
        with open(os.path.join(self.directory, "console"), "rb") as file:
            return int.from_bytes(file.read(32)[24:], "little")

    @property
    def log(self) -> bytes:
        """What its log holds."""
        ring = consolefile.openConsole(self.directory)
        return ring.read(ring.oldest, ring.capacity).data


class GameCase(SynchronousTestCase):
    def setUp(self) -> None:
        self.state = os.path.abspath(self.mktemp())

    def game(self, id: str) -> Game:
        game = Game(os.path.join(self.state, "servers", id))
        self.addCleanup(game.end)
        return game


class ReaderTests(GameCase):
    """The loop of the standby reader, turn by turn."""

    def test_reads(self) -> None:
        """It takes what all print into their logs, and ends when nobody is left who could."""
        a, b = self.game("a"), self.game("b")
        reader = standby.Reader([a.directory, b.directory])
        a.say(b"one\n")
        b.say(b"two\n")
        a.end()
        b.end()
        # They are over before they could be opened.
        reader.run()
        self.assertEqual((a.log, b.log), (b"", b""))
        a, b = self.game("c"), self.game("d")
        reader = standby.Reader([a.directory, b.directory])
        reader._retry()
        a.say(b"one\n")
        b.say(b"two\n")
        a.end()
        b.end()
        reader.run()
        self.assertEqual((a.log, b.log), (b"one\n", b"two\n"))

    def test_checkpoint(self) -> None:
        """The disk has what was read when it ends: position and sums, as something open."""
        game = self.game("a")
        reader = standby.Reader([game.directory])
        reader._retry()
        game.say(b"one\n")
        game.end()
        reader.run()
        stored = json.loads(Path(game.directory, "checkpoint").read_text())
        self.assertEqual((stored["header"][2], stored["isOpen"]), (4, True))
        self.assertEqual(len(stored["sums"]), 1)

    def test_checkpointMeanwhile(self) -> None:
        """Of a log that grows the disk has a checkpoint before the run is over."""
        game = self.game("a")
        reader = standby.Reader([game.directory])
        reader._retry()
        game.say(b"one\n")
        checkpoint = Path(game.directory, "checkpoint")

        reader.look()
        wait(lambda: json.loads(checkpoint.read_text())["header"][2] == 4, "a checkpoint")

    def test_oneTrouble(self) -> None:
        """What can't be used keeps no other waiting, and its output waits in the pipe."""
        good, damaged, missing = self.game("good"), self.game("damaged"), self.game("missing")
        Path(damaged.directory, "console").write_bytes(b"no log")
        os.unlink(os.path.join(missing.directory, "console"))
        reader = standby.Reader([damaged.directory, missing.directory, good.directory])
        reader._retry()
        for game in (good, damaged, missing):
            game.say(b"said\n")
        reader.look()
        self.assertEqual(good.log, b"said\n")
        consolefile.makeConsole(missing.directory, 0)
        lookUntil(reader, lambda: missing.log, "the log of the one that was mended")
        self.assertEqual(missing.log, b"said\n")
        self.assertEqual(os.read(damaged.descriptor, 100), b"said\n")
        for game in (good, damaged, missing):
            game.end()
        reader.run()

    def test_diskFails(self) -> None:
        """A log whose memory can't be had any more does not end it; it goes on when it can be."""
        needPopulate()
        good, bad = self.game("good"), self.game("bad")
        reader = standby.Reader([bad.directory, good.directory])
        reader._retry()
        console = os.path.join(bad.directory, "console")
        size = os.path.getsize(console)
        # To the kernel it is as if the disk could not be read.
        os.truncate(console, headerBytes)
        for game in (bad, good):
            game.say(b"said\n")
        lookUntil(reader, lambda: good.log, "the log of the good one")
        os.truncate(console, size)
        lookUntil(reader, lambda: bad.log, "the log of the bad one")
        self.assertEqual((bad.log, good.log), (b"said\n", b"said\n"))

    def test_replaced(self) -> None:
        """Where its lock is removed or replaced, somebody else may read: it does not any more."""
        game = self.game("a")
        lock = readerlock.openReader(self.state)
        self.addCleanup(os.close, lock)
        reader = standby.Reader([game.directory], lambda: readerlock.isStillThere(lock, self.state))
        reader._retry()
        game.say(b"one\n")
        reader.look()
        os.rename(os.path.join(self.state, "reader"), os.path.join(self.state, "old"))
        os.close(readerlock.openReader(self.state))
        game.say(b"two\n")
        reader.look()
        reader.run()
        self.assertEqual((game.log, os.read(game.descriptor, 100)), (b"one\n", b"two\n"))

    def test_nothingSaid(self) -> None:
        """Also while nobody prints, it is looked whether the state directory is still there."""
        game = self.game("a")
        lock = readerlock.openReader(self.state)
        self.addCleanup(os.close, lock)
        reader = standby.Reader([game.directory], lambda: readerlock.isStillThere(lock, self.state))
        reader._retry()
        waited = list[float | None]()

        class Poll:
            def poll(_, seconds: float | None) -> list[tuple[int, int]]:
                waited.append(seconds)
                os.unlink(os.path.join(self.state, "reader"))
                return []

        self.patch(reader, "_poll", Poll())
        reader.run()
        self.assertEqual(waited, [standby.idleSeconds])

    def test_noThread(self) -> None:
        """Where there is no thread for the disk it goes on without one."""

        def refuse(*arguments: object) -> None:
            raise RuntimeError("can't start new thread")

        self.patch(_thread, "start_new_thread", refuse)
        game = self.game("a")
        reader = standby.Reader([game.directory])
        reader._retry()
        game.say(b"one\n")
        reader.look()
        stored = json.loads(Path(game.directory, "checkpoint").read_text())
        self.assertEqual(stored["header"][2], 4)
        game.say(b"two\n")
        game.end()
        reader.run()
        self.assertEqual(game.log, b"one\ntwo\n")

    def test_unreadable(self) -> None:
        """A log that can't be read any more is an error of its checkpoint, not our end."""
        needPopulate()
        game = self.game("a")
        ring = consolefile.openConsole(game.directory)
        ring.append(b"x" * 100_000)
        os.truncate(os.path.join(game.directory, "console"), 8192)
        self.assertRaises(OSError, consolefile.synchronize, game.directory, ring, True)


class OpenRunTests(SynchronousTestCase):
    """Which runs are open, by the files that daemons write."""

    def setUp(self) -> None:
        self.state = self.mktemp()
        run = life.Run("now", 0, 1.0, 1.0, "/home", (), None, 1.0)
        status = Running(wanted=True)
        self.record = life.Record("now", 0, status, run)

    def server(self, id: str, record: life.Record | None) -> str:
        directory = os.path.join(self.state, "servers", id)
        os.makedirs(directory)
        if record is not None:
            save(os.path.join(directory, "life"), record)
        return directory

    def test_servers(self) -> None:
        """Those that began since the host has started, and are not known to be over."""
        record, run = self.record, self.record.run
        assert run is not None
        opened = self.server("open", record)
        self.server("over", replace(record, run=life.Run(**{**_fields(run), "over": True})))
        self.server("old", replace(record, run=life.Run(**{**_fields(run), "boot": "before"})))
        self.server("never", replace(record, run=None))
        self.server("new", None)
        Path(self.server("damaged", None), "life").write_text('{"run": [')
        Path(self.server("strange", None), "life").write_text('["run"]')
        self.assertEqual(list(standby.openRuns(self.state, "now")), [opened])

    def test_jobs(self) -> None:
        """Jobs that run, too."""
        for job, boot in (("1", "now"), ("2", "before")):
            directory = os.path.join(self.state, "jobs", job)
            os.makedirs(directory)
            jobFiles.saveRun(directory, jobFiles.Run(boot))
        os.makedirs(os.path.join(self.state, "jobs", "3"))
        opened = os.path.join(self.state, "jobs", "1")
        self.assertEqual(list(standby.openRuns(self.state, "now")), [opened])


def _fields(run: life.Run) -> Mapping[str, Any]:
    return {name: getattr(run, name) for name in run.__struct_fields__}


class LockTests(GameCase):
    """Who may read."""

    def setUp(self) -> None:
        super().setUp()
        os.mkdir(self.state)
        self.innocent = subprocess.Popen(["/bin/cat"], stdin=subprocess.PIPE)
        self.addCleanup(self.innocent.communicate)

    def tell(self, pid: int, ticks: int | None, boot: str) -> None:
        """Have the lock name a process."""
        Path(self.state, "reader").write_text(f"{pid} {ticks} {boot}".ljust(99) + "\n")

    def test_free(self) -> None:
        """One that is free is taken, and says by whom; what it said before harms nobody."""
        self.tell(self.innocent.pid, startTicks(self.innocent.pid), bootId())
        lock = readerlock.takeReader(self.state, bootId())
        self.addCleanup(os.close, lock)
        self.assertEqual(
            readerlock.holderOf(lock, bootId()), (os.getpid(), startTicks(os.getpid()))
        )
        self.assertIsNone(self.innocent.poll())

    def test_otherProcess(self) -> None:
        """Only that very process is killed, never another that has its number now."""
        held = readerlock.openReader(self.state)
        self.addCleanup(os.close, held)
        self.assertTrue(readerlock.tryReader(held))
        pid, ticks = self.innocent.pid, startTicks(self.innocent.pid)
        assert ticks is not None
        for wrong in ((pid, ticks + 1, bootId()), (pid, ticks, "before"), (2**22 + 1, 1, bootId())):
            self.tell(*wrong)
            error = self.assertRaises(OSError, readerlock.takeReader, self.state, bootId(), 0.05)
            self.assertIn("does not end", str(error))
            self.assertIsNone(self.innocent.poll())

    def test_hidden(self) -> None:
        """Nor one that another user hides from us."""
        held = readerlock.openReader(self.state)
        self.addCleanup(os.close, held)
        self.assertTrue(readerlock.tryReader(held))
        pid = self.innocent.pid
        self.tell(pid, startTicks(pid), bootId())
        hide(self, pid)
        error = self.assertRaises(OSError, readerlock.takeReader, self.state, bootId(), 0.05)
        self.assertIn("does not end", str(error))
        self.assertIsNone(self.innocent.poll())

    def test_killed(self) -> None:
        """Whoever reads is killed, and the lock taken when it has ended; so is who was next."""
        code = (
            "import sys, time; from gamepanel.console.readerlock import *\n"
            "lock = openReader(sys.argv[1]); print(flush=True); waitForReader(lock)\n"
            "tellHolder(lock, sys.argv[2]); print(flush=True); time.sleep(1000)"
        )
        readers = [
            subprocess.Popen(
                [sys.executable, "-c", code, self.state, bootId()], stdout=subprocess.PIPE
            )
            for _ in range(3)
        ]
        for reader in readers:
            assert reader.stdout is not None
            self.addCleanup(reader.communicate)
            self.addCleanup(reader.kill)
            reader.stdout.readline()
        probe = readerlock.openReader(self.state)
        self.addCleanup(os.close, probe)
        wait(lambda: readerlock.holderOf(probe, bootId()), "a holder")
        lock = readerlock.takeReader(self.state, bootId())
        self.addCleanup(os.close, lock)
        holder = readerlock.holderOf(lock, bootId())
        self.assertEqual(holder, (os.getpid(), startTicks(os.getpid())))
        # It lets go of its lock before it can be waited for.
        wait(lambda: -9 in [reader.poll() for reader in readers], "the end of the one that read")


class Transport:
    """Stands for the process that is spawned."""

    def __init__(self) -> None:
        self.signals: list[int] = []

    def signalProcess(self, number: int) -> None:
        self.signals.append(number)


class SpawningClock(Clock):
    """Counts what is spawned."""

    def __init__(self) -> None:
        super().__init__()
        self.spawned: list[tuple[list[str], Mapping[int, Any]]] = []
        self.transport = Transport()
        self.refusal: OSError | None = None

    def spawnProcess(
        self, protocol: Any, executable: str, arguments: list[str], **more: Any
    ) -> Transport:
        if self.refusal is not None:
            raise self.refusal
        self.spawned.append((arguments, more["childFDs"]))
        return self.transport


class GuardTests(SynchronousTestCase):
    """The daemon sees to it that one waits."""

    def setUp(self) -> None:
        self.clock = SpawningClock()
        clock: Any = self.clock
        self.isWanted = True
        self.guard = StandbyGuard(clock, "/state", "boot", lambda: self.isWanted)
        self.addCleanup(self.guard.leave)

    def test_wanted(self) -> None:
        """It is started when something runs, once, in a session of its own."""
        self.isWanted = False
        self.guard.start()
        self.clock.advance(guard.lookSeconds)
        self.assertEqual(self.clock.spawned, [])
        self.isWanted = True
        self.clock.pump([guard.lookSeconds] * 3)
        [(arguments, descriptors)] = self.clock.spawned
        self.assertEqual(arguments[0], "/usr/bin/setsid")
        self.assertEqual(arguments[-3:], [standby.__file__, "/state", str(os.getpid())])
        self.assertEqual(set(descriptors), {0, 1, 2})

    def test_again(self) -> None:
        """Another is started within a second of its end, whatever that was."""
        self.guard.start()
        for reason in (ProcessDone(0), ProcessTerminated(signal=9)):
            before = len(self.clock.spawned)
            with capturedLogs() as events:
                self.guard.processEnded(Failure(reason))
            self.assertIn("another takes its place", events[0]["log_format"])
            self.clock.advance(1.0)
            self.assertEqual(len(self.clock.spawned), before + 1)

    def test_idle(self) -> None:
        """It is ended when nothing has run for a while, not between two runs."""
        self.guard.start()
        for looks, signals in ((guard.idleLooks, []), (guard.idleLooks + 1, [signal.SIGKILL])):
            self.isWanted = True
            self.clock.advance(guard.lookSeconds)
            self.isWanted = False
            self.clock.pump([guard.lookSeconds] * looks)
            self.assertEqual(self.clock.transport.signals, signals)

    def test_complaint(self) -> None:
        """Why there is none is logged once, whether the kernel or Python says so."""
        self.clock.refusal = OSError(11, "Resource temporarily unavailable")
        with capturedLogs() as events:
            self.guard.start()
            self.clock.pump([1.0] * 3)
            self.clock.refusal = None
            for _ in range(2):
                self.clock.pump([1.0] * guard.pauseLooks)
                self.guard.errReceived(b"Traceback:\nImportError: no such thing\n")
                self.guard.processEnded(Failure(ProcessTerminated(exitCode=1)))
        self.assertEqual(
            [event["reason"] for event in events],
            ["Resource temporarily unavailable", "ImportError: no such thing"],
        )

    def test_pause(self) -> None:
        """What could not run, and so won't a second later, is not started each second."""
        self.guard.start()
        self.guard.processEnded(Failure(ProcessTerminated(exitCode=74)))
        self.clock.pump([guard.lookSeconds] * (guard.pauseLooks - 1))
        self.assertEqual(len(self.clock.spawned), 1)
        self.clock.advance(guard.lookSeconds)
        self.assertEqual(len(self.clock.spawned), 2)

    def test_leave(self) -> None:
        """When the daemon ends it is let go on, and nothing is planned any more."""
        self.guard.start()
        self.guard.leave()
        self.assertEqual(self.clock.getDelayedCalls(), [])
        self.assertEqual(self.clock.transport.signals, [signal.SIGCONT])

    def test_leaveEarly(self) -> None:
        """A daemon that ends before it has looked starts one, where a run is open."""
        for isWanted, count in ((False, 0), (True, 1)):
            self.isWanted = False
            self.guard.start()
            self.isWanted = isWanted
            self.guard.leave()
            self.assertEqual(len(self.clock.spawned), count)
            self.assertEqual(self.clock.getDelayedCalls(), [])


class ProgramTests(GameCase):
    """The program itself, without a daemon."""

    def test_small(self) -> None:
        """It imports nothing large, and nothing at all once it has begun to wait."""
        game = self.game("a")
        code = (
            "import sys\n"
            "from gamepanel.console import standby\n"
            "from gamepanel.process.proc import bootId\n"
            "before = set(sys.modules)\n"
            "standby.openRuns = lambda state, boot: [sys.argv[2]]\n"
            "standby.main(sys.argv[1], 0)\n"
            "print(sorted(before)); print(sorted(set(sys.modules) - before))"
        )
        (line,) = guard.program(self.state)[4:5]
        python = guard.program(self.state)[1:4]
        process = subprocess.Popen(
            [*python, "-c", code, self.state, game.directory],
            env={"PYTHONPATH": str(Path(line).parents[2])},
            stdout=subprocess.PIPE,
            text=True,
        )
        game.say(b"said\n")
        wait(lambda: game.position == 5, "the log")
        game.end()
        out, _ = process.communicate(timeout=patience)
        before, after = out.splitlines()
        self.assertEqual(after, "[]")
        for large in ("twisted", "attr", "msgspec", "asyncio", "dataclasses", "threading", "site"):
            self.assertNotIn(f"'{large}'", before)

    def test_job(self) -> None:
        """It reads what a job prints, more than the pipe holds, and ends with it."""
        directory = os.path.join(self.state, "jobs", "7")
        jobFiles.make(directory, "install", {}).close()
        jobFiles.saveRun(directory, jobFiles.Run(bootId()))
        pipe = os.path.join(directory, "stdout")
        makePipe(pipe, None)
        worker = openForChild(pipe)
        environment = {"PYTHONPATH": str(Path(standby.__file__).parents[2])}
        process = subprocess.Popen(guard.program(self.state), env=environment)
        for number in range(300):
            os.write(worker, b"%09999d\n" % number)
        os.close(worker)
        self.assertEqual(process.wait(patience), 0)
        ring = consolefile.openConsole(directory)
        self.assertEqual(ring.position, 3_000_000)
        self.assertEqual(ring.read(2_999_990, 10).data, b"000000299\n")

    def test_orphan(self) -> None:
        """One whose daemon has ended while somebody else reads does not stay."""
        os.mkdir(self.state)
        lock = readerlock.openReader(self.state)
        self.addCleanup(os.close, lock)
        self.assertTrue(readerlock.tryReader(lock))
        arguments = [*guard.program(self.state)[:-1], "1"]
        environment = {"PYTHONPATH": str(Path(standby.__file__).parents[2])}
        done = subprocess.run(arguments, env=environment, timeout=patience, check=False)
        self.assertEqual(done.returncode, 0)

    def test_endsJustNow(self) -> None:
        """It reads also if its daemon ends between the two looks at whether it has."""
        os.mkdir(self.state)
        taken = iter((False, False))
        self.patch(standby, "tryReader", lambda lock: next(taken, None) is None)
        told = list[int]()
        self.patch(standby, "tellHolder", lambda lock, boot: told.append(lock))
        standby.main(self.state, os.getppid() + 1)
        self.assertEqual(len(told), 1)
        os.close(told[0])


class DaemonTests(SynchronousTestCase):
    """Daemon and standby reader together."""

    def setUp(self) -> None:
        self.daemon = Daemon()
        self.client = self.daemon.start()
        self.addCleanup(self.daemon.cleanUp)

    def create(self, id: str, script: str) -> None:
        """Make a server that runs a script, and start it."""
        self.client("server_create", type="shell", server=id, options={"script": script})
        self.client("server_start", server=id)
        self.client.until(id, "running")

    def comeBack(self) -> None:
        """Another daemon takes over; the token goes on."""
        token = self.client.token
        self.client = self.daemon.start(login=False)
        self.client.token = token

    def holder(self) -> int:
        """Who may read."""
        lock = readerlock.openReader(self.daemon.state)
        try:
            found = readerlock.holderOf(lock, bootId())
        finally:
            os.close(lock)
        return 0 if found is None else found[0]

    def standby(self) -> psutil.Process:
        """The one that waits, once it does."""
        process: psutil.Process = wait(self._waiting, "a standby reader")
        return process

    def _waiting(self) -> psutil.Process | None:
        # Who has opened the lock has imported all.
        for process in standbys(self.daemon.state):
            if os.path.join(self.daemon.state, "reader") in _opened(process.pid):
                return process
        return None

    def test_neverWaits(self) -> None:
        """
        A game prints more than its pipe holds while the daemon is away: it never waits, all that
        fits the log is there, and the next daemon goes on at the right byte.
        """
        script = (
            "input(); print('y' * 8000000); print('done', flush=True); "
            "open('printed', 'w'); input(); print('after')"
        )
        self.create("a", f'exec python3 -c "{script}"')
        self.standby()
        self.daemon.kill()
        directory = Path(self.daemon.state, "servers", "a")
        with (directory / "stdin").open("w") as stdin:
            stdin.write("now\n")
        wait((directory / "files" / "printed").exists, "the end of what it prints")
        self.comeBack()
        end = 8_000_001 + 5
        self.assertEqual(self.client("server_status", server="a")["readIndex"], end)
        self.client("server_cmd", server="a", command="go")
        self.client.untilLog("a", "after\n", end)
        log = self.client("server_log", server="a", readIndex=end - 1_000_000, limit=262_144)
        self.assertEqual((log["oldReadIndex"], log["data"]), (end - 1_000_000, "y" * 262_144))

    def test_fullDisk(self) -> None:
        """
        The disk is full when the daemon goes: the standby reader keeps what a game prints in its
        log, the game never waits, and the next daemon takes over on that disk at the right byte.
        """
        needMounts()
        self.daemon.end()
        state = self.daemon.state
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=60m", "tmpfs", state], check=True)
        self.addCleanup(subprocess.run, ["umount", "--lazy", state], check=True)
        self.addCleanup(endGames, state)
        self.client = self.daemon.start()
        where = os.path.abspath(self.mktemp())
        Path(where).mkdir()
        script = (
            "import sys; n = 0\n"
            "for line in sys.stdin:\n"
            "    print('z' * 2000 if n else 'y' * 3000000, flush=True); n += 1\n"
            f"    open('{where}/%d' % n, 'w').close()"
        )
        Path(where, "prints.py").write_text(script)
        self.create("a", f"exec python3 {where}/prints.py")
        reader = self.standby()
        with (
            open(os.path.join(state, "filler"), "wb", buffering=0) as filler,
            contextlib.suppress(OSError),
        ):
            while True:
                filler.write(b"x" * 4096)
        self.daemon.kill()
        wait(lambda: self.holder() == reader.pid, "the lock")
        stdin = Path(state, "servers", "a", "stdin")
        with stdin.open("w") as file:
            file.write("now\n")
        wait(Path(where, "1").exists, "the end of what it prints")
        # More than a pipe holds, so that somebody has read it.
        end = 3_000_001
        self.assertFalse(hasEnded(reader))
        self.comeBack()
        self.assertEqual(self.client("server_status", server="a")["readIndex"], end)
        os.unlink(os.path.join(state, "filler"))
        self.client("server_cmd", server="a", command="go")
        wait(Path(where, "2").exists, "the end of what it prints then")
        self.client.wait(
            lambda: self.client("server_status", server="a")["readIndex"] == end + 2_001,
            "all of it",
        )
        log = self.client("server_log", server="a", readIndex=end - 1_000, limit=2_000)
        self.assertEqual(log["data"], "y" * 999 + "\n" + "z" * 1_000)

    def test_killedInAnyOrder(self) -> None:
        """
        Daemon and standby reader are killed in any order under games that print at full speed:
        not a byte is lost, doubled or moved.
        """
        ids = [f"flood{number}" for number in range(5)]
        for id in ids:
            self.create(id, flood)
        for _ in range(rounds):
            # With one that waits, with none, or with one that is just being started.
            if random.random() < 0.6:
                self.standby()
            time.sleep(random.uniform(0, 0.1))
            self.killSome()
            self.comeBack()
            for id in ids:
                checkNumbers(self, self.client, id)

    def killSome(self) -> None:
        """The daemon and, mostly, the standby reader, too: before it, after it or much later."""
        order = random.choice(("standby, daemon", "daemon, standby", "daemon"))
        for each in order.split(", "):
            if each == "daemon":
                self.daemon.kill()
            else:
                for process in standbys(self.daemon.state):
                    # It may have ended by itself.
                    with contextlib.suppress(psutil.NoSuchProcess):
                        process.kill()
            time.sleep(random.choice((0, random.uniform(0, 0.01), random.uniform(0, 0.3))))

    def test_again(self) -> None:
        """The daemon starts another when one has been killed."""
        self.create("a", "exec cat")
        first = self.standby()
        first.kill()
        wait(lambda: hasEnded(first), "its end")
        self.assertNotEqual(self.standby().pid, first.pid)

    def test_endsByItself(self) -> None:
        """When no run is open any more it ends."""
        self.create("a", "exec cat")
        reader = self.standby()
        self.daemon.kill()
        wait(lambda: self.holder() == reader.pid, "the lock")
        self.assertFalse(hasEnded(reader))
        endGames(self.daemon.state)
        wait(lambda: hasEnded(reader), "its end")

    def test_stopped(self) -> None:
        """One that somebody has stopped takes over, too, and ends when the next daemon is there."""
        self.create("a", "exec cat")
        reader = self.standby()
        reader.suspend()
        self.daemon.end()
        wait(lambda: self.holder() == reader.pid, "the lock")
        self.comeBack()
        wait(lambda: hasEnded(reader), "its end")

    def test_stoppedDaemon(self) -> None:
        """A daemon that is stopped still is the only one who reads."""
        self.create("a", "exec cat")
        reader = self.standby()
        process = psutil.Process(self.daemon.process.pid)
        process.suspend()
        try:
            lock = readerlock.openReader(self.daemon.state)
            self.addCleanup(os.close, lock)
            self.assertFalse(readerlock.tryReader(lock))
            self.assertEqual(self.holder(), process.pid)
            self.assertNotIn("stdout", str(_opened(reader.pid)))
        finally:
            process.resume()

    def test_notDisturbed(self) -> None:
        """Neither a second daemon nor a reset of a password disturbs who reads."""
        self.create("a", "exec cat")
        reader = self.standby()
        second = Daemon(state=self.daemon.state)
        self.assertRaises(AssertionError, second.start)
        self.assertEqual(second.process.wait(patience), 1)
        second.process.stdout.close()
        self.assertEqual(self.holder(), self.daemon.process.pid)
        self.daemon.kill()
        wait(lambda: self.holder() == reader.pid, "the lock")
        with open(os.path.join(self.daemon.state, "lock")) as lock:
            # The reader never has the lock of the daemon, so this need not wait.
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        reset(self.daemon.state, "admin", "another password")
        self.assertEqual(self.holder(), reader.pid)

    def test_stopOnExit(self) -> None:
        """With C{--on-exit stop} none is wanted; that of the daemon before has ended."""
        self.create("a", "exec cat")
        reader = self.standby()
        self.daemon.end()
        self.daemon.options = ("--on-exit", "stop")
        self.comeBack()
        wait(lambda: hasEnded(reader), "its end")
        self.client.until("a", "running")


def _opened(pid: int) -> set[str]:
    """What a process has open."""
    root = Path(f"/proc/{pid}/fd")
    found = set()
    # Of what has ended, even the list of its files can't be read on.
    with contextlib.suppress(OSError):
        for each in root.iterdir():
            found.add(os.readlink(each))
    return found
