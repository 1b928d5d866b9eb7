"""Which processes belong to a server, and how they are ended, whatever those try."""

import builtins
import contextlib
import errno
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from typing import Any, Final

import psutil
from twisted.trial.unittest import SkipTest, SynchronousTestCase, TestCase

from gamepanel.disk.mounts import mountsIn
from gamepanel.process import cgroup, usage
from gamepanel.process.grouping import Groups, Hierarchy, find, hierarchies, places
from gamepanel.process.limits import Limits
from gamepanel.process.members import (
    Look,
    ProcessTag,
    Seen,
    SharedLook,
    endLeftovers,
    environmentBytes,
    identify,
    killAll,
    leader,
    lookAround,
    members,
    readEnvironment,
    tagVariables,
)
from gamepanel.process.usage import Census, Counted, sample
from tests.support import awaitExec, needRoot, patience

nobody = 65534

firstEnds: Final = """if True:
    import ctypes, platform, threading, time
    threading.Thread(target=time.sleep, args=(1000,)).start()
    exits = {"x86_64": 60, "aarch64": 93}
    # Of this thread only, which no function of the C library does for the first.
    ctypes.CDLL(None).syscall(exits[platform.machine()], 0)
"""


def until(check: Callable[[], Any]) -> Any:
    """Wait until something is true."""
    end = time.monotonic() + patience
    while not (found := check()):
        if time.monotonic() > end:
            raise AssertionError("it did not come to be")
        time.sleep(0.01)
    return found


def hide(test: SynchronousTestCase | TestCase, pid: int) -> None:
    """Let a process be one that another user hides from us, see C{hidepid} in C{proc(5)}."""
    asked = open

    def refuse(path: Any, *arguments: Any, **more: Any) -> Any:
        if path == f"/proc/{pid}/stat":
            raise PermissionError(errno.EPERM, os.strerror(errno.EPERM), path)
        return asked(path, *arguments, **more)

    test.patch(builtins, "open", refuse)


class IdentityTests(SynchronousTestCase):
    def test_hidden(self) -> None:
        """One that we may not look at is none that is known, but its number is taken."""
        pid = os.getpid()
        known = identify(pid)
        hide(self, pid)
        found = identify(pid)
        self.assertNotIn(found, (None, known))


class Children(SynchronousTestCase):
    """Processes that a test has started, all of which end with it."""

    def setUp(self) -> None:
        self.home = os.path.abspath(self.mktemp())
        os.mkdir(self.home)

    def child(self, *command: str, **environment: str) -> int:
        """A process that runs, in a session of its own, with the tag of the server C{a}."""
        own = {"GAMEPANEL_SERVER": "a", "HOME": self.home, "PATH": os.environ["PATH"]}
        process = subprocess.Popen(
            command or ("sleep", "1000"),
            env={**own, **environment},
            start_new_session=True,
            stdout=subprocess.DEVNULL,
        )
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        awaitExec(process.pid)
        return process.pid

    def tag(self, session: int | None = None, group: str | None = None) -> ProcessTag:
        return ProcessTag("a", frozenset({self.home}), session, group)


class TagTests(SynchronousTestCase):
    def test_variables(self) -> None:
        """Only what a process is known by is taken, and nothing that was cut off."""
        whole = b"A=1\0GAMEPANEL_SERVER=a\0HOME=/x=y\0GAMEPANEL_JOB=12\0"
        found = {"GAMEPANEL_SERVER": "a", "HOME": "/x=y", "GAMEPANEL_JOB": "12"}
        self.assertEqual(tagVariables(whole), found)
        self.assertEqual(tagVariables(whole[:-1]).get("GAMEPANEL_JOB"), None)
        self.assertEqual((tagVariables(b""), tagVariables(b"HOME=/x")), ({}, {}))


class LookTests(Children):
    def test_anotherUser(self) -> None:
        """A process of another user that carries the tag counts for nothing and blocks nothing."""
        needRoot("have processes of another user")
        stranger = self.child("setpriv", f"--reuid={nobody}", "--clear-groups", "sleep", "1000")
        until(lambda: os.stat(f"/proc/{stranger}").st_uid == nobody)
        self.assertEqual((members(self.tag()), killAll(self.tag(), None)), ([], 0))
        # It does where the files of the server are that user's.
        os.chown(self.home, nobody, -1)
        self.assertEqual((members(self.tag()), killAll(self.tag(), None)), ([stranger], 1))

    def test_firstThread(self) -> None:
        """A process whose first thread has ended goes on in the others, and is no less ours."""
        child = subprocess.Popen(
            [sys.executable, "-c", firstEnds],
            env={"GAMEPANEL_SERVER": "a", "HOME": self.home},
            start_new_session=True,
        )
        self.addCleanup(child.wait)
        self.addCleanup(child.kill)
        pid, process = child.pid, psutil.Process(child.pid)
        until(lambda: process.status() == psutil.STATUS_ZOMBIE)
        found = sample(pid)
        assert found is not None
        self.assertGreater(found.memoryBytes, 1_000_000)
        # By its environment, and by its session.
        for tag in (self.tag(), self.tag(session=pid)):
            self.assertEqual(members(tag), [pid])
        self.assertEqual(killAll(self.tag(), None), 1)
        # Its environment goes first, and then the thread.
        until(lambda: not members(self.tag()))
        until(lambda: sample(pid) is None)
        # Now only its parent has yet to hear of it.
        self.assertEqual(process.status(), psutil.STATUS_ZOMBIE)

    def test_ownUser(self) -> None:
        """Who has a user of its own is known by that, whatever a process has made of the rest."""
        look = Look({3: Seen(3, 1, 3, 0, 500), 4: Seen(4, 3, 4, 0, 0), 5: Seen(5, 1, 5, 0, 0)})
        tag = ProcessTag("a", frozenset(), None, user=500)
        self.assertEqual([each.pid for each in look.known(tag)], [3, 4])
        self.assertEqual(look.known(ProcessTag("a", frozenset(), None)), [])

    def test_leader(self) -> None:
        """The shim leads its session; so does a sandbox, which is not it, whatever its number."""
        sandbox, monitor, shim = Seen(3, 7, 3, 0, 0), Seen(7, 9, 9, 0, 0), Seen(9, 1, 9, 0, 0)
        look = Look({each.pid: each for each in (sandbox, monitor, shim)}, lambda pid: {})
        self.assertEqual(leader(ProcessTag("a", frozenset(), 9), lambda: look), 9)

    def test_hugeEnvironment(self) -> None:
        """Of a huge environment only the beginning is read."""
        filling = {f"FILLING{i}": "x" * 100_000 for i in range(16)}
        pid = self.child("env", "LAST=1", "GAMEPANEL_JOB=1", "sleep", "1000", **filling)
        until(lambda: os.path.basename(os.readlink(f"/proc/{pid}/exe")) == "sleep")
        with open(f"/proc/{pid}/environ", "rb") as environment:
            self.assertGreater(len(environment.read()), 1_600_000)
        read: list[int] = []
        pread = os.pread

        def counting(descriptor: int, size: int, offset: int) -> bytes:
            data = pread(descriptor, size, offset)
            read.append(len(data))
            return data

        self.patch(os, "pread", counting)
        found = readEnvironment(pid)
        self.assertEqual((found.get("GAMEPANEL_SERVER"), found.get("GAMEPANEL_JOB")), ("a", None))
        self.assertLessEqual(sum(read), environmentBytes)

    def test_knownFirst(self) -> None:
        """
        What is of its session is killed before any environment is read, since that can take
        as long as some process likes.
        """
        game, other = self.child(), self.child()
        killed: list[int] = []
        done: list[tuple[int, bool]] = []
        send = signal.pidfd_send_signal

        def sending(descriptor: int, number: int) -> None:
            with open(f"/proc/self/fdinfo/{descriptor}") as lines:
                [pid] = [line.split()[1] for line in lines if line.startswith("Pid:")]
            killed.append(int(pid))
            send(descriptor, number)

        def reading(pid: int) -> dict[str, str]:
            done.append((pid, game in killed))
            return readEnvironment(pid)

        def looking() -> Look:
            return Look(lookAround().processes, reading)

        self.patch(signal, "pidfd_send_signal", sending)
        self.assertEqual(killAll(self.tag(session=game), None, looking), 2)
        self.assertIn((other, True), done)
        self.assertNotIn(False, [isKilled for _, isKilled in done])

    def test_readOnce(self) -> None:
        """However many servers are looked for, an environment is read once in a look."""
        read: list[int] = []

        def reading(pid: int) -> dict[str, str]:
            read.append(pid)
            return {"GAMEPANEL_SERVER": "a"}

        user = os.geteuid()
        look = Look({pid: Seen(pid, 1, pid, pid, user) for pid in (10, 11)}, reading)
        self.assertEqual([each.pid for each in look.members(self.tag())], [10, 11])
        self.assertEqual([each.pid for each in look.members(self.tag(session=10))], [10, 11])
        self.assertEqual(read, [10, 11])

    def test_circle(self) -> None:
        """Numbers that were read while they changed do not make it look for ever."""
        look = Look({10: Seen(10, 11, 1, 1, 0), 11: Seen(11, 10, 1, 1, 0)}, lambda pid: {})
        self.assertEqual(look.members(self.tag(session=99)), [])


class SharedLookTests(SynchronousTestCase):
    def test_shared(self) -> None:
        """
        Threads that ask while one looks share one look that begins after they have asked: what
        they look for may not have been there before.
        """
        looks: list[Look] = []
        isLooking, mayEnd = threading.Event(), threading.Event()

        def looking() -> Look:
            looks.append(Look({}))
            mine = looks[-1]
            if mine is looks[0]:
                isLooking.set()
                mayEnd.wait(patience)
            return mine

        shared = SharedLook(looking)
        answers: dict[int, Look] = {}
        threads = [
            threading.Thread(target=lambda i=i: answers.update({i: shared()})) for i in range(9)
        ]
        threads[0].start()
        isLooking.wait(patience)
        for thread in threads[1:]:
            thread.start()
        until(lambda: shared._waiting == 8)
        mayEnd.set()
        for thread in threads:
            thread.join(patience)
        self.assertEqual(len(looks), 2)
        self.assertIs(answers[0], looks[0])
        for number in range(1, 9):
            self.assertIs(answers[number], looks[1])

    def test_failure(self) -> None:
        """A look that fails fails for whoever looked, and the next is another."""
        outcomes: list[Any] = [OSError("no files left"), Look({})]

        def looking() -> Look:
            outcome = outcomes.pop(0)
            if isinstance(outcome, OSError):
                raise outcome
            found: Look = outcome
            return found

        shared = SharedLook(looking)
        self.assertRaises(OSError, shared)
        self.assertEqual(shared().processes, {})


class GroupTests(Children):
    """Real control groups, where this host has some for us."""

    def setUp(self) -> None:
        super().setUp()
        found = find(self.home, "test")
        if found is None:
            raise SkipTest("no control groups can be had here")
        self.groups: Groups = found
        self.path = found.make("server-a")
        self.addCleanup(self.end)

    def end(self) -> None:
        """Leave nothing behind."""
        cgroup.kill(self.path, sparesShim=False)
        self.assertTrue(cgroup.removeSoon(self.path))
        self.groups.leave()
        self.assertFalse(os.path.exists(self.groups.root))

    def enter(self, part: str, script: str) -> int:
        """A shell that runs in a part of the group."""
        enter = f'echo 0 >"{self.path}/{part}/cgroup.procs"; {script}'
        return self.child("/bin/sh", "-c", enter)

    def escape(self) -> int:
        """A process that has left session, parents and environment behind; its number."""
        file = os.path.join(self.home, "escaped")
        script = f"echo $$ >{file}.new; mv {file}.new {file}; exec sleep 1000"
        self.enter("game", f"env -i setsid -f /bin/sh -c '{script}'; exec sleep 1000")
        until(lambda: os.path.exists(file))
        with open(file) as number:
            return int(number.read())

    def test_escape(self) -> None:
        """What has left session, parents and environment behind is killed all the same."""
        shim, escaped = self.enter("shim", "exec sleep 1000"), self.escape()
        without = self.tag()
        self.assertNotIn(escaped, members(without))
        tag = self.tag(session=shim, group=self.path)
        self.assertIn(escaped, members(tag))
        self.assertGreaterEqual(killAll(tag, sparing=shim), 2)
        until(lambda: cgroup.processes(self.path) == [shim])
        self.assertEqual(leader(tag), shim)

    def test_leftovers(self) -> None:
        """
        What an earlier run has left behind is found without a look at all processes, and killed.
        """
        escaped = self.escape()

        def looking() -> Look:
            raise AssertionError("it looks at every process of the host")

        tag = self.tag(group=self.path)
        # One that has done its work may be among them.
        self.assertGreaterEqual(endLeftovers(tag, looking), 2)
        until(lambda: escaped not in lookAround().processes)
        until(lambda: not endLeftovers(tag, looking))

    def test_named(self) -> None:
        """A game may give the groups that it makes any name, and its processes count."""
        shim, inner = self.enter("shim", "exec sleep 1000"), f"{self.path}/game/a\udcff\r:b"
        os.mkdir(inner)
        odd = self.enter("game/a\udcff\r:b", "exec sleep 1000")
        until(lambda: cgroup.processes(inner))
        tag = self.tag(session=shim, group=self.path)
        self.assertTrue(any(each.endswith("/game/a\udcff\r:b") for each in usage.groupsOf(odd)))
        self.assertEqual(
            usage.Owners([Counted(shim, shim, tag)], usage.Remembered()).owner(odd), shim
        )

    def nest(self, depth: int, name: str) -> int:
        """Make groups in each other below the game's; a descriptor of the innermost."""
        inner = os.open(os.path.join(self.path, cgroup.gamePart), os.O_RDONLY)
        for _ in range(depth):
            outer = inner
            try:
                os.mkdir(name, dir_fd=outer)
                inner = os.open(name, os.O_RDONLY, dir_fd=outer)
            finally:
                os.close(outer)
        return inner

    def test_nested(self) -> None:
        """However deep a game nests groups, what runs in them is found and ended, and they go."""
        for bound in cgroup.bounds:
            with contextlib.suppress(FileNotFoundError):
                cgroup.write(os.path.join(self.path, cgroup.gamePart, bound), "max")
        # Together they are longer than a path can be.
        inner, deep, beside = self.nest(1_200, "as-a-game-likes"), self.child(), self.child()
        with open(os.open(cgroup.procs, os.O_WRONLY, dir_fd=inner), "w") as entered:
            entered.write(str(deep))
        os.close(inner)
        cgroup.write(os.path.join(self.path, cgroup.gamePart, cgroup.procs), str(beside))
        self.assertEqual(set(cgroup.processes(self.path)), {deep, beside})
        self.assertFalse(cgroup.remove(self.path))
        self.assertEqual(cgroup.kill(self.path, sparesShim=True), 2)
        until(lambda: not cgroup.processes(self.path))
        self.groups.sweep()
        self.assertFalse(os.path.exists(self.path))

    def test_closed(self) -> None:
        """A group that a game has closed to us hides none beside it, and can be removed."""
        game = os.path.join(self.path, cgroup.gamePart)
        for name in ("a", "b", "c"):
            os.mkdir(f"{game}/{name}")
        runs = self.child()
        cgroup.write(f"{game}/{cgroup.procs}", str(runs))
        for mode in (0o400, 0o000):
            for name in ("a", "b", "c"):
                os.chmod(f"{game}/{name}", mode)
            self.assertEqual(cgroup.processes(self.path), [runs])
        cgroup.kill(self.path, sparesShim=False)
        self.assertTrue(cgroup.removeSoon(self.path))

    def test_bounds(self) -> None:
        """A game can nest groups as containers do, not without end, nor make any number of them."""
        game = os.path.join(self.path, cgroup.gamePart)
        if not os.path.exists(os.path.join(game, "cgroup.max.depth")):
            raise SkipTest("groups can't be bounded in this hierarchy")
        os.close(self.nest(12, "deep"))
        self.assertRaises(OSError, self.nest, 1, "deep/" * 12 + "er")
        for number in range(500 - 12):
            os.mkdir(f"{game}/{number}")
        self.assertRaises(OSError, os.mkdir, f"{game}/more")

    def test_oldKernel(self) -> None:
        """Where there is no file to kill a group by, each of its processes is killed."""
        escaped = self.escape()
        cgroup._killEach(cgroup.processes(self.path, cgroup.gamePart))
        until(lambda: escaped not in lookAround().processes)

    def test_counted(self) -> None:
        """What is counted for a game that has ended is kept until its shim has told it."""
        shim = self.enter("shim", "exec sleep 1000")
        until(lambda: cgroup.processes(self.path))
        self.groups.sweep()
        self.assertTrue(os.path.isdir(os.path.join(self.path, cgroup.gamePart)))
        os.kill(shim, signal.SIGKILL)
        until(lambda: not cgroup.processes(self.path))
        self.groups.sweep()
        self.assertFalse(os.path.exists(self.path))

    def test_anew(self) -> None:
        """A group is made anew for each run, but not while something lives in it."""
        self.assertTrue(cgroup.remove(self.path))
        self.assertEqual((cgroup.processes(self.path), cgroup.kill(self.path, False)), ([], 0))
        self.groups.make("server-a")
        self.enter("game", "exec sleep 1000")
        until(lambda: cgroup.processes(self.path))
        self.assertFalse(cgroup.remove(self.path))
        self.assertTrue(cgroup.processes(self.path))


mounted = b"""\
31 23 0:28 / /sys/fs/cgroup rw,relatime - tmpfs tmpfs rw,mode=755
35 31 0:32 / /sys/fs/cgroup/memory rw,relatime - cgroup cgroup rw,memory
40 31 0:37 / /sys/fs/cgroup/systemd rw,relatime - cgroup cgroup rw,name=systemd
41 31 0:38 /part /sys/fs/cgroup/unified rw,relatime shared:9 - cgroup2 cgroup2 rw
"""

ours = b"9:name=systemd:/\n4:memory:/x\n0::/part/unit/daemon\n"


class PlaceTests(SynchronousTestCase):
    def test_hierarchies(self) -> None:
        """New hierarchies come first, and old ones with controllers are not ours to use."""
        self.assertEqual(
            hierarchies(mountsIn(mounted), ours),
            [
                Hierarchy("/sys/fs/cgroup/unified", "/part", "/part/unit/daemon", False),
                Hierarchy("/sys/fs/cgroup/systemd", "/", "/", True),
            ],
        )

    def places(self, own: str, *, isManaged: bool = False) -> Sequence[str]:
        hierarchy = Hierarchy("/m", "/part", own, False)
        return list(places(hierarchy, isManaged))

    def test_places(self) -> None:
        """The group around ours where that is the one of the unit; else ours; none we can't see."""
        self.assertEqual(self.places("/part/unit/daemon"), ["/m/unit", "/m/unit/daemon"])
        self.assertEqual(self.places("/part/unit"), ["/m/unit"])
        self.assertEqual(self.places("/elsewhere"), [])

    def test_notText(self) -> None:
        """A group whose name could not be written down is as none."""
        self.assertEqual(self.places("/part/unit\udcff"), [])

    def test_managed(self) -> None:
        """What a service manager looks after and has not delegated is left alone."""
        self.assertEqual(self.places("/part/unit/daemon", isManaged=True), [])


class LimitTests(SynchronousTestCase):
    def test_files(self) -> None:
        """Limits are what the kernel wants to have written; none is nothing."""
        self.assertEqual(Limits().files(), {})
        self.assertEqual(
            Limits(memory=64, cpu=150, processes=20).files(),
            {
                "memory.max": "67108864",
                "memory.swap.max": "0",
                "memory.oom.group": "1",
                "cpu.max": "150000 100000",
                "pids.max": "20",
            },
        )

    def test_restricted(self) -> None:
        """What a host can't enforce is named, and nothing that is not asked for."""
        wanted = Limits(memory=64, cpu=150)
        self.assertEqual(wanted.restricted({"memoryLimit", "cpuLimit"}), (wanted, ()))
        self.assertEqual(wanted.restricted({"cpuLimit"}), (Limits(cpu=150), ("memoryLimit",)))


class CensusTests(Children):
    """Whose a process is that has left the session of its game."""

    def census(self, *runs: Counted) -> dict[int, int]:
        """How many processes each run has, by its shim."""
        census = Census()
        # What has left a session is known by what is read after the first look.
        for _ in range(2):
            for _ in census.take(runs):
                pass
            census.remembered.learn(usage.readAll(census.remembered.unread))
        found = {run.shim: census.usages.get(run.shim) for run in runs}
        return {shim: 0 if usage is None else usage.processes for shim, usage in found.items()}

    def counted(self, server: str, shim: int) -> Counted:
        """A run that began with this process."""
        return Counted(shim, shim, ProcessTag(server, frozenset({self.home}), None))

    def test_tagged(self) -> None:
        """It counts for the server whose tag it carries, and no other does."""
        shim, other = self.child(), self.child(GAMEPANEL_SERVER="b")
        self.child()
        self.child(HOME="/elsewhere")
        self.child(GAMEPANEL_SERVER="", GAMEPANEL_JOB="1")
        found = self.census(self.counted("a", shim), self.counted("b", other))
        self.assertEqual(found, {shim: 1, other: 0})

    def test_anothersUser(self) -> None:
        """One of another user than ours and that of the files counts for nothing."""
        needRoot("run as others")
        shim = self.child()
        user = ("setpriv", f"--reuid={nobody}", f"--regid={nobody}", "--clear-groups")
        self.child(*user, "sleep", "1000")
        self.assertEqual(self.census(self.counted("a", shim)), {shim: 0})

    def test_remembered(self) -> None:
        """An environment is read once for each process, and forgotten with it."""
        read: list[int] = []

        def look(pid: int) -> dict[str, str]:
            read.append(pid)
            return {}

        self.patch(usage, "readEnvironment", look)
        remembered = usage.Remembered()
        for key in ((5, 1), (5, 1), (5, 1), (5, 2), (6, 1), (5, 2)):
            # One look for each.
            remembered.environment(*key)
            remembered.forget()
            remembered.learn(usage.readAll(remembered.unread))
        self.assertEqual(read, [5, 5, 6, 5])

    def test_notHere(self) -> None:
        """No look reads an environment: a process can make wait whoever does."""

        def look(pid: int) -> dict[str, str]:
            raise AssertionError(pid)

        shim, other, census = self.child(), self.child(), Census()
        self.patch(usage, "readEnvironment", look)
        for _ in census.take([self.counted("a", shim)]):
            pass
        self.assertIn(other, [pid for pid, _ in census.remembered.unread])
