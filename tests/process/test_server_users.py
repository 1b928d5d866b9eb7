"""A user id for each server: which range is taken, who gets which, and what a game has of it."""

import errno
import itertools
import os
import pwd
import shutil
import socket
import stat
import subprocess
from collections.abc import Collection
from contextlib import nullcontext
from pathlib import Path
from typing import Final, cast

import psutil
from attrs import frozen
from twisted.internet.defer import Deferred, execute, succeed
from twisted.trial.unittest import SynchronousTestCase

from gamepanel.base.errors import SpawnFailed
from gamepanel.host.userids import Range, claim, namesOnHost, serverUsers, subordinate
from gamepanel.process.launch import Account
from gamepanel.process.leftovers import Left, interprocess, leftBy, shared
from gamepanel.process.users import ServerUsers, inOrder, look
from gamepanel.store.serverusers import ServerUserRow, ServerUserTables, loadServerUsers
from tests.process.test_groups import until
from tests.process.test_isolation import IsolationCase, sleepSeconds
from tests.support import Refused, memoryStore, needIsolation, needRoot, patience

ownIds: Final = 2_000_000_000 + os.getpid() % 1_400_000 * 100
"""
The first of a hundred user ids that nothing else on this host has, neither tests of another process
nor what killed ones have left: forty for the tests here, and the others for those of two modules.
"""


class RangeTests(SynchronousTestCase):
    def test_taken(self) -> None:
        """A range that nobody has."""
        found = serverUsers("70000-70002", {"a user": [(1000, 1000)]})
        self.assertEqual(list(found), [70000, 70001, 70002])

    def test_refused(self) -> None:
        """What is no range, and one that holds somebody's id."""
        names = {"a user": [(1000, 1000)], "/etc/subuid": [(100000, 165535)]}
        for text, why in (
            ("", "no range"),
            ("5", "no range"),
            ("5-", "no range"),
            ("a-b", "no range"),
            ("0-5", "ascend"),
            ("9-5", "ascend"),
            ("1-99999999999", "no range"),
            ("1-2147483647", "ascend"),
            ("999-1001", "holds 1000, which belongs to a user"),
            ("165535-165536", "belongs to /etc/subuid"),
            ("61000-61184", "holds 61184-65535"),
            ("65535-65540", "systemd"),
        ):
            error = self.assertRaises(ValueError, serverUsers, text, names)
            self.assertIn(why, str(error), text)

    def test_host(self) -> None:
        """The users and groups of this host."""
        found = namesOnHost()
        for who in ("a user", "a group"):
            self.assertIn((0, 0), found[who])
        self.assertRaises(ValueError, serverUsers, "1-100", found)

    def test_subordinate(self) -> None:
        """A range of a user whose name is not UTF-8 is taken, and what is no range says nothing."""
        path = self.mktemp()
        Path(path).write_bytes(b"a\xff:100000:65536\nb:\xc2\xb2:5\nc:5\n\nd:200000:1\n")
        self.assertEqual(subordinate(path), [(100000, 165535), (200000, 200000)])


class ClaimTests(SynchronousTestCase):
    def test_overlap(self) -> None:
        """Two daemons can't have ids in common, as long as both of them live."""
        path = self.mktemp()
        held = [claim(Range(500, 509), path), claim(Range(510, 510), path)]
        for ids in (Range(509, 600), Range(1, 500), Range(505, 506), Range(510, 2**31 - 2)):
            self.assertRaises(ValueError, claim, ids, path)
        for descriptor in held:
            os.close(descriptor)
        os.close(claim(Range(1, 2**31 - 2), path))

    def test_noLeak(self) -> None:
        """A range that is refused, whatever for, leaves no descriptor open."""
        path = self.mktemp()
        held = claim(Range(500, 509), path)
        self.addCleanup(os.close, held)
        before = os.listdir("/proc/self/fd")
        self.assertRaises(ValueError, claim, Range(500, 509), path)
        # The kernel knows no byte before the first.
        self.assertRaises(OSError, claim, Range(-2, -1), path)
        self.assertEqual(os.listdir("/proc/self/fd"), before)


class ServerUsersTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.stored: list[ServerUserRow] = []
        self.dirty: set[int] = set()
        self.looked: list[list[str]] = []
        self.unseen: str | None = None
        self.now = 100.0
        self.users = self.another()

    def another(self) -> ServerUsers:
        """Those of the next daemon."""
        return ServerUsers(
            Range(500, 502),
            cast(ServerUserTables, self),
            execute,
            lambda: self.now,
            "/removed",
            self.look,
        )

    def setServerUser(self, row: ServerUserRow) -> Deferred[None]:
        """See L{ServerUserStore}."""
        self.stored.append(row)
        return succeed(None)

    def look(self, ids: Range, asides: Collection[str]) -> Left:
        """Look for what is left of all ids."""
        self.assertEqual(ids, Range(500, 502))
        self.looked.append(sorted(asides))
        return Left(frozenset(self.dirty), self.unseen)

    def uid(self, creation: int) -> int:
        """The id of a server."""
        account = self.successResultOf(Deferred.fromCoroutine(self.users.account(creation)))
        self.assertEqual(account, Account(account.uid, account.uid, None))
        return account.uid

    def refused(self, creation: int) -> str:
        """Why a server gets no id."""
        account = Deferred.fromCoroutine(self.users.account(creation))
        failure = self.failureResultOf(account, SpawnFailed)
        self.assertIsNotNone(failure.value.retryAfter)
        return str(failure.value.detail)

    def free(self, creation: int, hasRun: bool = True) -> None:
        """Destroy a server."""
        free = self.users.free(creation, f"/removed/{creation}", hasRun)
        self.successResultOf(Deferred.fromCoroutine(free))
        self.now += 1

    def test_own(self) -> None:
        """Each server has its own, which stays, also over a restart."""
        self.assertEqual([self.uid(7), self.uid(8), self.uid(7)], [500, 501, 500])
        self.assertEqual(self.stored, [ServerUserRow(500, 7), ServerUserRow(501, 8)])
        users = self.another()
        users.load(self.stored, {7, 8})
        self.users = users
        self.assertEqual([self.uid(8), self.uid(9)], [501, 502])

    def test_none(self) -> None:
        """When all are taken, there is no more, and waiting may help."""
        for creation in (1, 2, 3):
            self.uid(creation)
        self.assertIn("No user id", self.refused(4))
        self.assertEqual(self.looked, [[]])

    def test_again(self) -> None:
        """Given again is the one that is free for the longest, if nothing is left of it."""
        for creation in (1, 2, 3):
            self.uid(creation)
        for creation in (2, 1, 3):
            self.free(creation)
        self.dirty = {501}
        self.looked.clear()
        self.assertEqual([self.uid(4), self.uid(5)], [500, 502])
        self.assertEqual(self.looked, [["/removed/1", "/removed/2", "/removed/3"]])
        self.dirty = set()
        self.assertEqual(self.uid(6), 501)

    def test_once(self) -> None:
        """One look is for all ids, and that nothing was free is remembered for a minute."""
        self.assertEqual([self.uid(1), self.uid(2), self.uid(3)], [500, 501, 502])
        self.assertEqual(len(self.looked), 1)
        self.free(1)
        self.dirty = {500}
        for _ in range(5):
            self.assertIn("something that its last server has left", self.refused(4))
        self.assertEqual(len(self.looked), 2)
        self.dirty = set()
        self.now += 60
        self.assertEqual(self.uid(4), 500)
        self.dirty = {500}
        self.free(2)
        self.assertEqual(self.uid(5), 501)

    def test_tooMany(self) -> None:
        """
        Where there is too much to look at, only ids are given that nothing has run as, and the
        refusal says just that.
        """
        self.uid(1)
        self.uid(2)
        self.free(1)
        self.free(2, hasRun=False)
        self.unseen = "/tmp"
        self.users.load(self.stored, set())
        self.assertEqual({self.uid(3), self.uid(4)}, {501, 502})
        self.assertIn("/tmp holds too many files to look through", self.refused(5))
        self.unseen = "/state/removed/x"
        self.now += 60
        self.assertIn("What destroyed servers have left holds too many", self.refused(5))

    def test_reserved(self) -> None:
        """One that is being given is not given twice; one that was not needed is free."""
        first = self.successResultOf(Deferred.fromCoroutine(self.users.reserve()))
        self.assertEqual(self.uid(1), 501)
        self.users.release(first)
        self.assertEqual(self.uid(2), 500)

    def test_unknown(self) -> None:
        """What can't be looked for is no reason to give an id."""

        def fail(ids: Range, asides: Collection[str]) -> Left:
            raise OSError(errno.EAGAIN, "no process")

        self.users = ServerUsers(
            Range(1, 1), cast(ServerUserTables, self), execute, lambda: 0.0, "/removed", fail
        )
        self.assertIn("can't be looked for", self.refused(1))

    def test_crashed(self) -> None:
        """
        That a server was destroyed may not have been stored: then what is left of it is looked
        for among all that is left.
        """
        self.users.load([ServerUserRow(500, 7), ServerUserRow(501, 8)], {8})
        self.assertEqual(self.users.kept(), ["/removed"])
        self.assertEqual([self.uid(1), self.uid(2)], [502, 500])
        self.assertEqual(self.looked, [["/removed"]])

    def test_order(self) -> None:
        """A user id that was never given comes before all that were."""
        rows = {
            1: ServerUserRow(1, None, 20.0),
            2: ServerUserRow(2, 9),
            3: ServerUserRow(3, None, 10.0),
        }
        self.assertEqual(inOrder([1, 2, 3, 4], rows), [4, 3, 1])

    def test_stored(self) -> None:
        """What is stored comes back."""
        store, connection = memoryStore()
        row = ServerUserRow(70000, None, 5.0, "/removed/a")
        for each in (ServerUserRow(70000, 3), row, ServerUserRow(70001, 4)):
            self.successResultOf(store.serverUsers.setServerUser(each))
        self.assertEqual(loadServerUsers(connection), [row, ServerUserRow(70001, 4)])


@frozen
class Entry:
    """
    A file in a directory.

    @ivar uid: whose it is; None when we may not know.
    """

    uid: int | None

    def is_dir(self, *, follow_symlinks: bool) -> bool:
        """See L{os.DirEntry}."""
        return False

    def stat(self, *, follow_symlinks: bool) -> os.stat_result:
        """See L{os.DirEntry}."""
        if self.uid is None:
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
        return os.stat_result((stat.S_IFREG, 1, 1, 1, self.uid, self.uid, 0, 0, 0, 0))


def isClean(
    uid: int,
    aside: str | None,
    places: Collection[str] = shared,
    lists: Collection[str] = interprocess,
) -> bool:
    """Whether nothing is left of an id."""
    asides = () if aside is None else (aside,)
    return uid not in leftBy(range(uid, uid + 1), asides, places, lists).uids


class CleanTests(SynchronousTestCase):
    def test_processes(self) -> None:
        """An id that a process has is not free."""
        self.assertFalse(isClean(os.geteuid(), None, ()))
        self.assertTrue(isClean(2**31 - 5, None, ()))

    def test_ended(self) -> None:
        """A process that has ended has none, even if its parent never asks how."""
        needRoot("be another user")
        uid = ownIds + 1
        child = subprocess.Popen(
            ["setpriv", f"--reuid={uid}", "--clear-groups", "cat"], stdin=subprocess.PIPE
        )
        self.addCleanup(child.wait)
        process = psutil.Process(child.pid)
        until(lambda: uid in process.uids())
        self.assertFalse(isClean(uid, None, ()))
        assert child.stdin is not None
        child.stdin.close()
        until(lambda: process.status() == psutil.STATUS_ZOMBIE)
        self.assertTrue(isClean(uid, None, ()))

    def test_named(self) -> None:
        """What a process calls itself need not be text."""
        # Of eight digits: more do not fit in a name.
        uid = 10_000_000 + os.getpid()
        child = subprocess.Popen(
            ["/bin/sh", "-c", rf"printf '\377\nUid:\t{uid}' >/proc/self/comm; echo; read x"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        with child:
            assert child.stdout is not None
            child.stdout.readline()
            self.assertTrue(isClean(uid, None, ()))

    def test_files(self) -> None:
        """Nor one that a file has, however deep it lies."""
        needRoot("give files away")
        place = self.mktemp()
        os.makedirs(f"{place}/a/b")
        Path(f"{place}/a/b/c").touch()
        self.assertTrue(isClean(ownIds, place, ()))
        self.assertTrue(isClean(ownIds, f"{place}/missing", ()))
        os.lchown(f"{place}/a/b/c", ownIds, ownIds)
        self.assertFalse(isClean(ownIds, place, ()))
        self.assertFalse(isClean(ownIds, None, (place,)))

    def test_outOfReach(self) -> None:
        """What lies where its user can't go is not looked for, except what a server has left."""
        needRoot("give files away")
        place = self.mktemp()
        os.makedirs(f"{place}/a/b")
        Path(f"{place}/a/b/c").touch()
        os.lchown(f"{place}/a/b/c", ownIds, ownIds)
        os.chmod(f"{place}/a", 0o750)
        self.assertTrue(isClean(ownIds, None, (place,)))
        self.assertFalse(isClean(ownIds, place, ()))
        os.chown(f"{place}/a", 0, ownIds)
        self.assertFalse(isClean(ownIds, None, (place,)))

    def test_shared(self) -> None:
        """Nor one that has left memory, semaphores or messages which its programs shared."""
        needRoot("be another user")
        uid = ownIds + 2
        for kind, remove in (("--shmem=4096", "-m"), ("--semaphore=1", "-s"), ("--queue", "-q")):
            made = subprocess.run(
                ["setpriv", f"--reuid={uid}", "--clear-groups", "ipcmk", kind],
                capture_output=True,
                text=True,
                check=True,
            )
            number = made.stdout.split()[-1]
            self.addCleanup(subprocess.run, ["ipcrm", remove, number], stderr=subprocess.DEVNULL)
            self.assertFalse(isClean(uid, None, ()), kind)
            subprocess.run(["ipcrm", remove, number], check=True)
            self.assertTrue(isClean(uid, None, ()), kind)
        # Nothing is left where the kernel has no such thing.
        self.assertTrue(isClean(uid, None, (), lists=("/proc/none", os.devnull)))

    def test_deep(self) -> None:
        """So many directories in each other as somebody likes are looked through."""
        needRoot("give files away")
        place = os.path.abspath(self.mktemp())
        os.makedirs(place)
        self.addCleanup(subprocess.run, ["rm", "-rf", place], check=True)
        for _ in range(1_500):
            place += "/a"
            os.mkdir(place)
        top = place.split("/a/a")[0]
        self.assertTrue(isClean(ownIds, None, (top,)))
        os.chown(place, ownIds, ownIds)
        self.assertFalse(isClean(ownIds, None, (top,)))

    def test_late(self) -> None:
        """What is not looked through in time is named, and the rest is looked at all the same."""
        place = self.mktemp()
        os.makedirs(f"{place}/a/b")
        uid = os.getuid()
        left = leftBy(range(uid, uid + 1), (place,), ("/none", place), (), seconds=-1)
        self.assertEqual(left, Left(frozenset({uid}), place))

    def test_all(self) -> None:
        """One look finds what is left of each id, by a program of its own."""
        needRoot("give files away")
        aside, place = os.path.abspath(self.mktemp()), os.path.abspath(self.mktemp())
        for number, top in ((3, aside), (5, place)):
            os.makedirs(f"{top}/a/b")
            os.chown(f"{top}/a", ownIds + number, 0)
        left = look(Range(ownIds + 3, ownIds + 8), [aside], [place])
        self.assertEqual(left, Left(frozenset({ownIds + 3, ownIds + 5})))

    def test_removed(self) -> None:
        """A file that somebody removes meanwhile is nobody's."""
        place = self.mktemp()
        os.makedirs(place)
        Path(place, "gone").touch()
        with os.scandir(place) as found:
            entries = list(found)
        os.unlink(f"{place}/gone")
        self.patch(os, "scandir", lambda path: nullcontext(entries))
        self.assertTrue(isClean(2**31 - 5, place, ()))

    def test_closed(self) -> None:
        """What can't be looked at, as what another user has mounted, says nothing of the rest."""
        place, uid = self.mktemp(), 2**31 - 5
        os.makedirs(place)
        entries = [Entry(None)]
        self.patch(os, "scandir", lambda path: nullcontext(entries))
        self.assertTrue(isClean(uid, None, (place,)))
        entries.append(Entry(uid))
        self.assertFalse(isClean(uid, None, (place,)))


installType = """
title = "Takes long to install"
[run]
command = ["/bin/cat"]
[[install]]
run = ["/bin/sh", "-c", "echo begun; while ! [ -e go ]; do sleep 0.05; done"]
"""


class DaemonTests(IsolationCase):
    firsts = itertools.count(ownIds + 10, 10)

    def setUp(self) -> None:
        # Of its own for each test: what another has left may not have ended yet.
        self.first = next(self.firsts)

    def install(self) -> int:
        """A server is being installed, by a program that goes on until it may end; the job."""
        needRoot("run games as other users")
        self.begin("--server-users", f"{self.first}-{self.first}")
        (Path(self.daemon.state) / "types" / "long.toml").write_text(installType)
        job: int = self.client("server_create", type="long", server="a")["job"]
        self.client.wait(lambda: "begun" in self.client("job_log", job=job)["data"], "the program")
        return job

    def refusedAs(self, user: int, count: int) -> int:
        """As a user, send so many requests over loopback; how many are refused for their rate."""
        request = b"GET /healthz HTTP/1.1\r\nHost: localhost:%d\r\n\r\n" % self.daemon.port
        reads, writes = os.pipe()
        child = os.fork()
        if not child:
            os.setuid(user)
            with socket.create_connection(("127.0.0.1", self.daemon.port), patience) as wire:
                said = b""
                for _ in range(count // 100):
                    wire.sendall(request * 100)
                    end = said.count(b"HTTP/1.1 ") + 100
                    while said.count(b"HTTP/1.1 ") < end or not said.endswith(b"}"):
                        said += wire.recv(65536)
            os.write(writes, b"%d" % said.count(b"HTTP/1.1 429"))
            os._exit(0)
        os.close(writes)
        with os.fdopen(reads) as told:
            refused = int(told.read())
        os.waitpid(child, 0)
        return refused

    def test_rates(self) -> None:
        """A game has the rates of an address, though it comes over loopback; nobody else has."""
        needRoot("run games as other users")
        self.begin("--server-users", f"{self.first}-{self.first + 1}")
        self.assertGreater(self.refusedAs(self.first, 4000), 0)
        self.assertEqual(self.refusedAs(self.first + 1, 1000), 0)
        self.assertEqual(self.refusedAs(self.first + 2, 4000), 0)

    def installed(self, job: int) -> str:
        """Let that program end; how it went."""
        (Path(self.daemon.state) / "servers" / "a" / "files" / "go").touch()
        isOver = ("done", "failed", "cancelled")
        status = lambda: self.client("job_status", job=job)["status"]  # noqa: E731
        ended: str = self.client.wait(lambda: status() in isOver and status(), "end")
        return ended

    def test_installing(self) -> None:
        """To kill a server that is being installed does nothing to what installs it."""
        job = self.install()
        refused = self.assertRaises(Refused, self.client, "server_force_kill", server="a")
        self.assertEqual(refused.code, "not_running")
        self.assertEqual(self.installed(job), "done")

    def test_installingUnknown(self) -> None:
        """Nor does a daemon that finds nothing of use in what an earlier one knew of the server."""
        job = self.install()
        self.daemon.kill()
        (Path(self.daemon.state) / "servers" / "a" / "life").write_text("rubbish")
        self.client = self.daemon.start()
        status = self.client("server_status", server="a")
        self.assertEqual(status["status"], "installing")
        self.assertIn("damaged", status["exit"]["reason"])
        self.assertEqual(self.installed(job), "done")
        self.client("server_start", server="a")
        self.client.until("a", "running")

    def test_own(self) -> None:
        """
        Two servers have two ids, their files as well, and neither reads what the other has; in
        the sandbox the id has a name. An id is given again when nothing is left of it.
        """
        needRoot("run games as other users")
        needIsolation()
        options = ("--server-users", f"{self.first}-{self.first + 1}")
        self.begin(*options, "--isolate", "auto")
        self.assertLessEqual({"uid-per-server", "isolation"}, {*self.features()})
        for name in ("a", "b"):
            self.make(name)
            self.run_(name)
        servers = Path(self.daemon.state) / "servers"
        for name, uid in (("a", self.first), ("b", self.first + 1)):
            self.assertIn(
                f"uid={uid}(game) gid={uid}(game) groups={uid}(game)", self.ask("id", name)
            )
            files = os.stat(servers / name / "files")
            self.assertEqual((files.st_uid, stat.S_IMODE(files.st_mode)), (uid, 0o700))
            pid = self.client("server_status", server=name)["pid"]
            self.assertEqual(psutil.Process(pid).uids().real, uid)
        self.assertRaises(KeyError, pwd.getpwuid, self.first)
        refused = self.assertRaises(Refused, self.make, "c")
        self.assertEqual((refused.status, refused.code), (503, "spawn_failed"))
        servers = Path(self.daemon.state) / "servers"
        self.assertEqual(sorted(os.listdir(servers)), ["a", "b"])
        # Without isolation it is still the user that keeps them apart.
        self.client("server_settings", server="a", settings={"isolation": False})
        self.client("server_force_kill", server="a")
        self.client.until("a", "stopped")
        self.run_("a")
        self.assertNotIn("code 0.", self.ask(f"ls {servers}/b/files", "a"))
        self.assertNotIn("code 0.", self.ask(f"ls {self.daemon.state}", "a"))
        self.ask("echo x >kept", "a")
        self.client("server_force_kill", server="a")
        self.client.until("a", "stopped")
        # A process that hides from all else that a server is known by is still this user's.
        self.run_("a")
        self.ask(f"env -i setsid -f sleep {sleepSeconds}", "a")
        [escaped] = self.client.wait(self.sleepers, "the process")
        self.client("server_force_kill", server="a")
        self.client.until("a", "stopped")
        self.client.wait(lambda: not escaped.is_running(), "its end")
        # What is kept of it is root's, and then its id is another's.
        self.client("server_destroy", server="a")
        [aside] = (Path(self.daemon.state) / "removed").iterdir()
        self.client.wait(lambda: os.stat(aside / "files").st_uid == 0, "the files")
        self.assertEqual(os.stat(aside / "files" / "kept").st_uid, 0)
        self.make("c")
        self.assertEqual(os.stat(servers / "c" / "files").st_uid, self.first)
        shutil.rmtree(aside)
