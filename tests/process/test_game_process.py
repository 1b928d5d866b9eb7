"""The process of a game: started, followed, killed with all that belongs to it."""

import ast
import contextlib
import errno
import fcntl
import os
import signal
import subprocess
import sys
import termios
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from twisted.internet import reactor as installed
from twisted.internet.defer import Deferred, inlineCallbacks
from twisted.trial.unittest import SynchronousTestCase, TestCase

from gamepanel.base.errors import (
    NotPermitted,
    SpawnFailed,
)
from gamepanel.console.fifo import openForChild
from gamepanel.console.gameprocess import GameProcess
from gamepanel.console.readings import Readings
from gamepanel.console.ring import Ring, headerBytes
from gamepanel.console.spawning import spawn
from gamepanel.process.adopted import AdoptedProcess
from gamepanel.process.launch import Account, Launch
from gamepanel.process.members import (
    Identity,
    ProcessTag,
    identify,
    killAll,
    leader,
    maySignal,
    members,
    onlyChild,
    see,
)
from gamepanel.process.runfiles import Exit, RunFiles
from gamepanel.process.usage import Census, Counted, Sample, Usage, percent, sample, ticksPerSecond
from gamepanel.web.http.problems import headersOf, httpStatusOf
from tests.support import (
    awaitExec,
    needRoot,
    patience,
    until,
)

reactor: Any = installed


def endSession(pid: int) -> None:
    """Kill all of a session that this process leads."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(pid, signal.SIGKILL)


def killed(tag: ProcessTag) -> int | None:
    """How many are killed; None when we may not."""
    try:
        return killAll(tag, None)
    except NotPermitted:
        return None


class TreeTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.home = os.path.abspath(self.mktemp())

    def child(self, server: str, home: str, script: str = "exec sleep 1000") -> int:
        """A process with a tag, in a session of its own."""
        process = subprocess.Popen(
            ["/bin/sh", "-c", script],
            env={"GAMEPANEL_SERVER": server, "HOME": home, "PATH": os.environ["PATH"]},
            start_new_session=True,
            stdout=subprocess.DEVNULL,
        )
        self.addCleanup(process.wait)
        self.addCleanup(endSession, process.pid)
        awaitExec(process.pid, "sleep" if "exec sleep" in script else "sh")
        return process.pid

    def test_marks(self) -> None:
        """A server's processes are known by their tag; another daemon's of that id are not."""
        mine, other = self.child("a", self.home), self.child("a", "/elsewhere")
        self.child("b", self.home)
        tag = ProcessTag("a", frozenset({self.home}), None)
        self.assertEqual(members(tag), [mine])
        self.assertEqual(leader(tag), mine)
        self.assertEqual(killAll(tag, sparing=mine), 0)
        self.assertEqual(killAll(tag, None), 1)
        self.assertEqual(os.waitpid(mine, 0)[1], signal.SIGKILL)
        self.assertIsNone(leader(tag))
        self.assertIsNotNone(identify(other))

    def test_notOurs(self) -> None:
        """What we may not end is told of; but a shim that nobody can end does no harm."""
        needRoot("have processes of another user")
        pid = self.child("a", self.home, "sleep 1000 & wait")
        tag = ProcessTag("a", frozenset({self.home}), pid)
        while (game := onlyChild(pid)) is None:
            time.sleep(0.01)
        self.assertTrue(maySignal(game))
        self.assertEqual(self.asNobody(lambda: (maySignal(game), killed(tag))), (False, None))
        # Stopped, so that it does not see the end of its child.
        os.kill(pid, signal.SIGSTOP)
        os.kill(game, signal.SIGKILL)
        while see(game) is not None:
            time.sleep(0.01)
        self.assertEqual(self.asNobody(lambda: killed(tag)), 0)

    def asNobody(self, ask: Callable[[], object]) -> object:
        """What a user without any rights is told."""
        reader, writer = os.pipe()
        child = os.fork()
        if child == 0:
            try:
                os.setuid(65534)
                os.write(writer, repr(ask()).encode())
            finally:
                os._exit(0)
        os.close(writer)
        os.waitpid(child, 0)
        with open(reader) as said:
            return ast.literal_eval(said.read())

    def test_session(self) -> None:
        """A process that has lost its tag is known by its session."""
        pid = self.child("a", self.home, "env -i sleep 1000 & exec sleep 1000")
        tag = ProcessTag("a", frozenset({self.home}), pid)
        found: set[int] = set()
        while len(found) < 2:
            found = set(members(tag))
        self.assertIn(pid, found)
        self.assertIn(onlyChild(pid), found)

    def test_census(self) -> None:
        """What the processes of a session use, without its shim."""
        pid = self.child("a", self.home, "sleep 1000 & wait")
        census = Census()
        # Right behind its fork and its exec a process has no memory of its own yet.
        until = time.monotonic() + patience
        while (usage := self.take(census, pid)) is None or usage.memoryBytes <= 100_000:
            self.assertLess(time.monotonic(), until, usage)
            time.sleep(0.01)
        self.assertEqual(usage.processes, 1)
        self.assertNotIn(1, census.usages)

    def take(self, census: Census, shim: int) -> Usage | None:
        """Look at all processes; what those of one use."""
        for _ in census.take([Counted(shim, shim, ProcessTag("none", frozenset(), None))]):
            pass
        return census.usages.get(shim)

    def test_nothingYet(self) -> None:
        """What a run uses is not known before its game is there: it is not nothing."""
        pid = self.child("a", self.home, "exec sleep 1000")
        self.assertIsNone(self.take(Census(), pid))

    def test_percent(self) -> None:
        """What is used is measured from the last look, or from the start where there was none."""
        second = ticksPerSecond
        before, now = Sample(100 * second, 3.0, 0), Sample(100 * second, 4.0, 0)
        self.assertEqual(percent(now, before, 2.0, 110.0), 50)
        self.assertEqual(percent(now, None, 2.0, 110.0), 40)
        self.assertEqual(percent(now, before, None, 110.0), 40)
        # Another process has the number now.
        self.assertEqual(percent(now, Sample(50 * second, 3.0, 0), 2.0, 110.0), 40)
        # Just started.
        self.assertEqual(percent(Sample(100 * second, 1 / second, 0), None, None, 100.0), 100)

    def test_sample(self) -> None:
        """What the kernel says of us; nothing of a process that has ended."""
        spent, found = time.process_time(), sample(os.getpid())
        assert found is not None
        self.assertLess(abs(found.cpuSeconds - spent), 0.5)
        self.assertGreater(found.memoryBytes, 2**20)
        identity = identify(os.getpid())
        assert identity is not None
        self.assertEqual(found.startTicks, identity.startTicks)
        ended = subprocess.Popen(["/bin/true"])
        os.waitid(os.P_PID, ended.pid, os.WEXITED | os.WNOWAIT)
        self.assertIsNone(sample(ended.pid))
        ended.wait()
        self.assertIsNone(sample(ended.pid))


class Reports:
    """A listener that writes down what it is told."""

    def __init__(self) -> None:
        self.pid: int | None = None
        self.exit: Exit | None = None

    def consoleGrew(self) -> float:
        return 1

    def consoleStuck(self, reason: OSError | None) -> None: ...

    def gameHasPid(self, pid: int) -> None:
        self.pid = pid

    def gameEnded(self, exit: Exit) -> None:
        self.exit = exit


class RefusingReactor:
    """A host that has no process to give."""

    def __init__(self, error: OSError) -> None:
        self.error = error

    def spawnProcess(self, *arguments: object, **more: object) -> None:
        raise self.error


class ProcessTests(TestCase):
    """Real children of C{/bin/sh}."""

    timeout = 4 * patience

    def setUp(self) -> None:
        self.place = os.path.abspath(self.mktemp())
        os.mkdir(self.place)
        self.files = RunFiles(self.place)
        self.ring = Ring.format(memoryview(bytearray(headerBytes + 100_000)))
        self.reports = Reports()
        self.game = self.another()

    def another(self) -> GameProcess:
        return GameProcess(reactor, Readings(reactor), self.files, self.ring, self.reports)

    def start(
        self, *command: str, directory: str | None = None, account: Account | None = None
    ) -> None:
        variables = {"PATH": os.environ["PATH"], "HOME": self.place}
        launch = Launch(command, variables, {}, directory or self.place, account)
        spawn(reactor, launch, self.files, self.game)

    def ended(self) -> Deferred[Any]:
        """Until it has."""
        check = lambda: self.reports.exit  # noqa: E731
        return Deferred.fromCoroutine(until(reactor, check, "its end"))

    @property
    def printed(self) -> bytes:
        return self.ring.read(0, 100_000).data

    @inlineCallbacks
    def test_exits(self) -> Any:
        """Exit codes are what a shell would report, and all output is there at the end."""
        for script, code in (
            ("echo out; echo err >&2; exit 7", 7),
            ("exit 0", 0),
            ("kill -9 $$", 137),
            ("kill -TERM $$", 143),
            ("exec no-such-program", 127),
        ):
            self.reports.exit, self.game = None, self.another()
            self.start("/bin/sh", "-c", script)
            self.assertEqual((yield self.ended()), Exit(code), script)
            self.assertIsNone(self.game.shim)
            record = self.files.ended()
            assert record is not None
            self.assertEqual(record[0], Exit(code))
        self.assertTrue(self.printed.startswith(b"out\nerr\n"), self.printed)

    def test_refused(self) -> None:
        """What passes by itself is told apart from what only a person can mend."""
        for number, status, retryAfter in (
            (errno.EAGAIN, 503, b"5"),
            (errno.ENOMEM, 503, b"5"),
            (errno.EACCES, 409, None),
        ):
            launch = Launch(("sh",), {"PATH": "/bin", "HOME": self.place}, {}, self.place)
            refusing: Any = RefusingReactor(OSError(number, "no"))
            error = self.assertRaises(
                SpawnFailed, spawn, refusing, launch, self.files, self.another()
            )
            self.assertEqual(httpStatusOf(error), status)
            self.assertEqual(dict(headersOf(error)).get(b"Retry-After"), retryAfter)

    @inlineCallbacks
    def test_adopted(self) -> Any:
        """One that another daemon started is driven to its end as one's own."""
        self.start("/bin/sh", "-c", 'read -r x; echo "got $x"; exit 5')
        shim = self.game.shim
        assert shim is not None
        yield Deferred.fromCoroutine(until(reactor, lambda: self.reports.pid, "its pid"))
        identity = identify(shim)
        assert identity is not None
        self.game.abandon()
        self.game = self.another()
        self.game.open()
        AdoptedProcess(reactor, identity, self.game)
        self.game.command(b"hello\n")
        self.assertEqual((yield self.ended()), Exit(5))
        self.assertEqual(self.printed, b"got hello\n")

    def test_noRecord(self) -> None:
        """A file whose name is like that of a record, but has no number, says nothing."""
        for code in ("\N{SUPERSCRIPT TWO}", "9" * 200, ""):
            Path(self.place, f"exit.{code}").touch()
        self.assertIsNone(self.files.ended())
        Path(self.place, "exit.5").touch()
        record = self.files.ended()
        assert record is not None
        self.assertEqual(record[0], Exit(5))

    def test_recycledPid(self) -> None:
        """A process of the same number that started at another time is not adopted."""
        now = identify(os.getpid())
        assert now is not None
        wrong = Identity(now.pid, now.startTicks - 1)
        self.assertRaises(ProcessLookupError, AdoptedProcess, reactor, wrong, self.game)
        self.assertRaises(
            ProcessLookupError, AdoptedProcess, reactor, Identity(2**22 + 1, 1), self.game
        )

    @inlineCallbacks
    def test_notPermitted(self) -> Any:
        """Another user's game can't be signalled; its end is known also if its shim stays."""

        class Foreign(AdoptedProcess):
            def signalProcess(self, signalID: str | int) -> None:
                raise PermissionError(errno.EPERM, "Operation not permitted")

        def refuse(group: int, number: int) -> None:
            raise PermissionError(errno.EPERM, "Operation not permitted")

        self.start("/bin/sh", "-c", 'read -r x; echo "got $x"; exit 5')
        shim = self.game.shim
        assert shim is not None
        self.addCleanup(os.kill, shim, signal.SIGKILL)
        yield Deferred.fromCoroutine(until(reactor, lambda: self.reports.pid, "its pid"))
        self.assertTrue(self.game.maySignal())
        identity = identify(shim)
        assert identity is not None
        self.game.abandon()
        self.game = GameProcess(
            reactor, Readings(reactor), self.files, self.ring, self.reports, refuse
        )
        self.game.open()
        self.game.isStarted = True
        Foreign(reactor, identity, self.game)
        self.assertFalse(self.game.maySignal())
        self.assertRaises(NotPermitted, self.game.signal, "TERM")
        self.game.command(b"hello\n")
        self.assertEqual((yield self.ended()), Exit(5))
        self.assertEqual(self.printed, b"got hello\n")
        self.assertIsNone(self.game.shim)

    @inlineCallbacks
    def test_brokenDisk(self) -> Any:
        """A run is over when all that it printed is in the log, and not before."""
        broken = True

        def populate(start: int, size: int) -> None:
            if broken:
                raise OSError("the disk is broken")

        for signalled in (False, True):
            broken = True
            self.ring = Ring.format(memoryview(bytearray(headerBytes + 99)), 0, populate)
            self.reports = Reports()
            self.game = self.another()
            self.start("/bin/sh", "-c", "echo last words; exit 3")
            told = lambda: self.game._exit  # noqa: E731
            yield Deferred.fromCoroutine(until(reactor, told, "its exit code"))
            shim = self.game.shim
            assert shim is not None
            if signalled:
                os.kill(shim, signal.SIGKILL)
                gone = lambda: self.game.shim is None  # noqa: E731
                yield Deferred.fromCoroutine(until(reactor, gone, "its end"))
            self.assertIsNone(self.reports.exit)
            broken = False
            self.assertEqual((yield self.ended()), Exit(3))
            self.assertEqual(self.printed, b"last words\n")

    @inlineCallbacks
    def test_keeperKilled(self) -> Any:
        """Without its shim the run is over; its code is unknown except for the shim's own end."""
        self.start("/bin/sh", "-c", "exec sleep 1000")
        game = yield Deferred.fromCoroutine(until(reactor, lambda: self.reports.pid, "its pid"))
        shim = self.game.shim
        assert shim is not None
        os.kill(shim, signal.SIGKILL)
        self.assertEqual((yield self.ended()), Exit(137))
        os.kill(game, signal.SIGKILL)

    @inlineCallbacks
    def test_umask(self) -> Any:
        """What a game writes is not for others, and written by none, whatever our umask is."""
        for ours in (0o077, 0):
            before = os.umask(ours)
            self.addCleanup(os.umask, before)
            self.reports = Reports()
            self.game = self.another()
            self.start("/bin/sh", "-c", "echo > made; mkdir -p inner; umask")
            self.assertEqual((yield self.ended()), Exit(0))
            made = [os.stat(f"{self.place}/{name}").st_mode & 0o777 for name in ("made", "inner")]
            self.assertEqual(made, [0o640, 0o750])
            os.rmdir(f"{self.place}/inner")
            os.unlink(f"{self.place}/made")

    @inlineCallbacks
    def test_directory(self) -> Any:
        """It starts in its directory, also if the name of its program has a C{=}."""
        place = os.path.realpath(f"{self.place}/a=b")
        os.mkdir(place)
        os.symlink("/bin/sh", f"{place}/sh")
        self.start(f"{place}/sh", "-c", 'pwd -P; echo "$PWD $OLDPWD"', directory=place)
        self.assertEqual((yield self.ended()), Exit(0))
        self.assertEqual(self.printed.decode(), f"{place}\n{place} \n")

    @inlineCallbacks
    def test_directoryOfOthers(self) -> Any:
        """It comes into no directory that its user may not enter, and we may."""
        needRoot("be another user for games")
        nobody = Account(65534, 65534, "nobody")
        os.chmod(self.place, 0o700)
        self.start("/bin/sh", "-c", "pwd", account=nobody)
        self.assertEqual((yield self.ended()), Exit(125))
        self.assertNotIn(b"\n/", self.printed)
        self.reports = Reports()
        self.game = self.another()
        self.start("/bin/sh", "-c", "pwd", directory="/", account=nobody)
        self.assertEqual((yield self.ended()), Exit(0))
        self.assertTrue(self.printed.endswith(b"\n/\n"), self.printed)

    @inlineCallbacks
    def test_shimSleeps(self) -> Any:
        """
        A shim without its game reads nothing that is sent to it, does not leave before SIGTERM
        comes, and does not spin where the game has made its stdin non-blocking.
        """
        self.start("python3", "-c", "import os; os.set_blocking(0, False)")
        shim = self.game.shim
        assert shim is not None
        self.addCleanup(os.kill, shim, signal.SIGKILL)
        self.game.abandon()
        pipe = openForChild(self.files.stdin)
        self.addCleanup(os.close, pipe)

        def sleeps() -> bool:
            with open(f"/proc/{shim}/stat", "rb") as stat:
                return b"(sleep) S" in stat.read()

        yield Deferred.fromCoroutine(until(reactor, sleeps, "its sleep"))
        os.write(pipe, b"x" * 4096)
        for name in ("INT", "HUP", "QUIT"):
            os.kill(shim, signal.Signals[f"SIG{name}"])
        self.assertTrue(sleeps())
        waiting = fcntl.ioctl(pipe, termios.FIONREAD, bytes(4))
        self.assertEqual(int.from_bytes(waiting, sys.byteorder), 4096)
        self.assertEqual(self.files.ended()[0], Exit(0))  # type: ignore[index]
