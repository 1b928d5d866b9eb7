"""What jobs do with files of a server: each in a process of its own, as the daemon runs it."""

import contextlib
import errno
import fcntl
import json
import lzma
import os
import shutil
import signal
import stat
import subprocess
import sys
import tarfile
import threading
import time
import zipfile
import zlib
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from twisted.trial.unittest import SynchronousTestCase

from gamepanel.disk import beneath
from gamepanel.jobs import files
from gamepanel.jobs.progress import read
from gamepanel.jobs.report import Failed, Report
from gamepanel.worker import journal
from gamepanel.worker.filejobs import filejob
from gamepanel.worker.files.making import removeLeft, stagedName
from gamepanel.worker.files.messages import archiveSuffix, jobSuffix, newName
from gamepanel.worker.files.tree import Tree
from gamepanel.worker.journal import moveAll
from gamepanel.worker.unpack.unpacked import Bounds, MiB
from tests.support import patience

isSlow = True
"""Each job has a process of its own, which takes longer to begin than most tests take."""


class Jobs(SynchronousTestCase):
    """
    A server's directory, and jobs for it.

    @ivar before: arguments that come before the command of a worker.
    """

    before: tuple[str, ...] = ()

    def setUp(self) -> None:
        self.top = Path(self.mktemp()).absolute()
        self.home, self.staging = self.top / "files", self.top / "staging"
        self.outside = self.top / "outside"
        for each in (self.home, self.staging, self.outside):
            each.mkdir(parents=True)
        (self.outside / "secret").write_text("secret")

    def begin(self, kind: str, **task: Any) -> subprocess.Popen[bytes]:
        """Start the worker of a job."""
        self.job = self.top / "job"
        place = {"home": str(self.home), "staging": str(self.staging), "account": None}
        own = {"place": place, "readable": ["/etc", "/usr", "/lib"], "state": "", "replace": False}
        usual = {"limit": 0, "spare": 1, "most": 1 << 40, "sources": {}, "sha256": None}
        files.make(str(self.job), kind, {**own, **usual, "to": None, **task}).close()
        command = [*self.before, sys.executable, "-m", "gamepanel.worker", "."]
        root = os.path.dirname(os.path.dirname(os.path.dirname(__file__)))
        worker = subprocess.Popen(
            command,
            cwd=self.job,
            env={**os.environ, "PYTHONPATH": root},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        self.addCleanup(worker.wait)
        self.addCleanup(worker.kill)
        return worker

    def progress(self) -> Any:
        """How far the job is."""
        with files.openProgress(str(self.job)) as memory, memoryview(memory) as view:
            return read(view)

    def run_(self, kind: str, **task: Any) -> dict[str, Any]:
        """What comes of a job, which is done."""
        worker = self.begin(kind, **task)
        code = worker.wait(patience)
        found = self.progress()
        self.assertEqual((code, found.error), (0, None))
        self.assertEqual(self.left(), [])
        result: dict[str, Any] = found.result
        return result

    def fails(self, kind: str, **task: Any) -> str:
        """Why a job fails: the code of the cause. Nothing has changed by it."""
        before = self.tree()
        self.assertEqual(self.begin(kind, **task).wait(patience), 1)
        self.assertEqual((self.tree(), self.left()), (before, []))
        cause = self.progress().cause
        assert cause is not None
        code: str = cause.code
        return code

    def left(self) -> list[str]:
        """What lies beside the server's directory that is no archive."""
        return [name for name in os.listdir(self.staging) if not name.endswith(archiveSuffix)]

    def tree(self) -> dict[str, Any]:
        """All that is in the directory: content, or where a link leads."""
        found: dict[str, Any] = {}
        for path in sorted(self.home.rglob("*")):
            name = str(path.relative_to(self.home))
            if path.is_symlink():
                found[name] = ("link", os.readlink(path))
            elif path.is_file():
                found[name] = path.read_bytes()
            else:
                found[name] = stat.S_IFMT(path.lstat().st_mode)
        return found

    def write(self, path: str, text: str = "") -> Path:
        """A file in the directory."""
        file = self.home / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
        return file


class CopyTests(Jobs):
    def test_file(self) -> None:
        """A file is copied with its bits and times; one that is there only with replace."""
        file = self.write("a", "text")
        file.chmod(0o755)
        os.utime(file, (5, 7))
        self.run_("copy", path="a", to="b")
        status = (self.home / "b").stat()
        self.assertEqual((stat.S_IMODE(status.st_mode), status.st_mtime), (0o755, 7))
        self.write("a", "new")
        self.assertEqual(self.fails("copy", path="a", to="b"), "file_exists")
        self.run_("copy", path="a", to="b", replace=True)
        self.assertEqual((self.home / "b").read_text(), "new")

    def test_directory(self) -> None:
        """A directory is copied: links as links, without pipes, with the times of directories."""
        self.write("d/in/x", "x")
        (self.home / "d/link").symlink_to("/etc/passwd")
        os.mkfifo(self.home / "d/pipe")
        os.utime(self.home / "d/in", (5, 7))
        os.utime(self.home / "d", (5, 9))
        self.run_("copy", path="d", to="e")
        found = {name: made for name, made in self.tree().items() if name.startswith("e")}
        expected = {"e": stat.S_IFDIR, "e/in": stat.S_IFDIR, "e/in/x": b"x"}
        self.assertEqual(found, expected | {"e/link": ("link", "/etc/passwd")})
        self.assertEqual((self.home / "e/in").stat().st_mtime, 7)
        self.assertEqual((self.home / "e").stat().st_mtime, 9)

    def test_refused(self) -> None:
        """Nothing goes into itself, through a link, or where something is; a pipe is no file."""
        self.write("d/x")
        (self.home / "out").symlink_to(self.outside)
        os.mkfifo(self.home / "pipe")
        for source, target, code in (
            ("d", "d/e", "goes_into_itself"),
            ("d", "d", "goes_into_itself"),
            ("d/x", "d", "file_exists"),
            ("none", "e", "no_such_file"),
            ("out/secret", "e", "path_is_link"),
            ("d/x", "out/e", "path_is_link"),
            ("pipe", "e", "path_is_special"),
        ):
            self.assertEqual(self.fails("copy", path=source, to=target), code)
        self.assertEqual(os.listdir(self.outside), ["secret"])

    def test_limit(self) -> None:
        """A copy keeps to the limit of the server, and to what the disk must have free."""
        self.write("a", "x" * 300_000)
        task = {"path": "a", "to": "b"}
        self.assertEqual(self.fails("copy", **task, limit=500_000), "over_limit")
        self.assertEqual(self.fails("copy", **task, spare=1 << 60), "copy_too_large")
        self.run_("copy", **task, limit=900_000)
        (self.home / "links").mkdir()
        for number in range(200):
            (self.home / f"links/{number}").symlink_to("x")
        code = self.fails("copy", path="links", to="more", limit=1_200_000)
        self.assertEqual(code, "over_limit")

    def test_lessMemory(self) -> None:
        """Where a process may take less memory than a job needs at most, jobs go with that."""
        self.before = ("sh", "-c", 'ulimit -v 900000 && exec "$@"', "sh")
        self.write("a", "text")
        self.run_("copy", path="a", to="b")
        self.assertEqual(self.tree(), {"a": b"text", "b": b"text"})


class PackTests(Jobs):
    def test_packed(self) -> None:
        """Names are relative to what holds all; links stay links, pipes are left out."""
        self.write("w/one/x", "x" * 5000).chmod(0o755)
        self.write("w/two", "2")
        (self.home / "w/one/link").symlink_to("x")
        os.mkfifo(self.home / "w/one/pipe")
        (self.home / "w/one/empty").mkdir()
        result = self.run_("pack", paths=["w/two", "w/one", "w/one/x"], to="w/one/a.zip")
        with zipfile.ZipFile(self.home / "w/one/a.zip") as found:
            self.assertIsNone(found.testzip())
            names = ["one/", "one/empty/", "one/link", "one/x", "two"]
            self.assertEqual(sorted(found.namelist()), names)
            self.assertEqual(found.read("one/link"), b"x")
            self.assertEqual(found.getinfo("one/x").external_attr >> 16 & 0o777, 0o755)
        self.assertEqual(result["entries"], 5)
        self.assertEqual(self.fails("pack", paths=["w/two"], to="w/one/a.zip"), "file_exists")
        # It does not hold the one that it replaces.
        self.run_("pack", paths=["w"], to="w/one/a.zip", replace=True)
        with zipfile.ZipFile(self.home / "w/one/a.zip") as found:
            self.assertNotIn("w/one/a.zip", found.namelist())

    def test_all(self) -> None:
        """The directory itself can be packed, and unpacked again; names may be no text."""
        self.write("a/b", "b")
        open(os.fsencode(self.home) + b"/\xff", "w").close()
        self.run_("pack", paths=[""], to="all.zip")
        self.run_("unpack", path="all.zip", to="again")
        self.assertEqual((self.home / "again/a/b").read_text(), "b")
        self.assertTrue(os.path.exists(os.fsencode(self.home) + b"/again/\xff"))

    def test_kept(self) -> None:
        """Without a place of its own it lies beside, with three others at most."""
        self.write("a", "a")
        names = [newName(archiveSuffix) for _ in range(5)]
        for name in names:
            self.run_("pack", paths=["a"], archive=name)
        self.assertEqual(sorted(os.listdir(self.staging)), sorted(names[1:]))
        os.utime(self.staging / names[1], (5, 5))
        self.run_("copy", path="a", to="b")
        self.assertEqual(sorted(os.listdir(self.staging)), sorted(names[2:]))

    def test_refused(self) -> None:
        """What a link leads to is not packed; one who lacks the space is told."""
        (self.home / "out").symlink_to(self.outside)
        self.write("a", "".join(map(str, range(100_000))))
        self.assertEqual(self.fails("pack", paths=["out/secret"], to="z"), "path_is_link")
        self.assertEqual(self.fails("pack", paths=["none"], to="z"), "no_such_file")
        code = self.fails("pack", paths=["out", "a"], to="a", replace=True)
        self.assertEqual(code, "goes_into_itself")
        self.assertEqual(self.fails("pack", paths=["a"], to="z", limit=550_000), "over_limit")
        # It would be read for hours.
        os.truncate(self.home / "a", Bounds().size + 1)
        self.assertEqual(self.begin("pack", paths=["a"], to="z").wait(patience), 1)
        self.assertEqual(self.progress().cause.code, "larger_than")
        self.assertEqual(self.left(), [])
        os.truncate(self.home / "a", 5000)
        self.assertEqual(self.fails("pack", paths=["a"], to="z", spare=1 << 60), "copy_too_large")


class UnpackTests(Jobs):
    def archive(self, name: str, **members: str) -> None:
        """A zip in the directory."""
        with zipfile.ZipFile(self.home / name, "w", zipfile.ZIP_DEFLATED) as made:
            for path, text in members.items():
                made.writestr(path, text)

    def test_kinds(self) -> None:
        """An archive is known by its content; directories that are missing are made."""
        self.write("x", "#!")
        (self.home / "x").chmod(0o777)
        for mode in ("w", "w:gz", "w:bz2", "w:xz"):
            with tarfile.open(self.home / "archive.odd", mode) as made:
                made.add(self.home / "x", "in/x")
            self.run_("unpack", path="archive.odd", to="made/here")
            found = self.home / "made/here/in/x"
            self.assertEqual((found.read_text(), found.stat().st_mode & 0o777), ("#!", 0o750))
            shutil.rmtree(self.home / "made")

    def test_merged(self) -> None:
        """What is there stays; a file is replaced only where that is wanted."""
        self.write("d/mine", "mine")
        self.write("d/same", "old")
        self.archive("a.zip", **{"d/same": "new", "d/other": "other"})
        before = self.tree()
        self.assertEqual(self.fails("unpack", path="a.zip", to=""), "file_there")
        self.run_("unpack", path="a.zip", to="", replace=True)
        self.assertEqual(self.tree(), before | {"d/same": b"new", "d/other": b"other"})

    def test_hostile(self) -> None:
        """Nothing gets outside; what is in the way makes it fail before anything is moved."""
        (self.home / "out").symlink_to(self.outside)
        self.archive("good.zip", x="")
        self.archive("up.zip", **{"../x": ""})
        self.archive("link.zip", **{"a": "", "out/x": ""})
        self.archive("file.zip", **{"a": "", "up.zip/x": ""})
        for name, code in (
            ("up.zip", "archive_path_outside"),
            ("link.zip", "directory_in_the_way"),
            ("file.zip", "directory_in_the_way"),
        ):
            self.assertEqual(self.fails("unpack", path=name, to=""), code)
        self.assertEqual(self.fails("unpack", path="good.zip", to="out"), "directory_in_the_way")
        self.assertEqual(self.fails("unpack", path="out/secret", to=""), "path_is_link")
        self.write("none.zip", "text")
        self.assertEqual(self.fails("unpack", path="none.zip", to=""), "archive_damaged")
        self.assertEqual(os.listdir(self.outside), ["secret"])

    def test_limit(self) -> None:
        """What comes out keeps to the limit of the server, also of many small files."""
        self.archive("a.zip", **{str(number): "x" for number in range(200)})
        self.assertEqual(self.fails("unpack", path="a.zip", to="d", limit=500_000), "over_limit")
        self.archive("b.zip", x="x" * 600_000)
        code = self.fails("unpack", path="b.zip", to="d", limit=500_000)
        self.assertEqual(code, "archive_too_large")

    def test_memory(self) -> None:
        """An archive that wants more memory than a job may take is refused."""
        packed = bytearray(lzma.compress(b"x" * 1000))
        # The dictionary: 4 GiB, as the header of its only block says.
        end = 12 + 4 * (packed[12] + 1)
        packed[packed.index(b"\x21\x01", 12) + 2] = 40
        packed[end - 4 : end] = zlib.crc32(packed[12 : end - 4]).to_bytes(4, "little")
        (self.home / "a.tar.xz").write_bytes(packed)
        self.assertEqual(self.fails("unpack", path="a.tar.xz", to=""), "archive_damaged")
        self.assertIn("memory", str(self.progress().cause))


class Killed(Exception):
    """In place of a signal that kills the process."""


class MovingTests(Jobs):
    """What came out of an archive is moved in: in this process, which so can be interrupted."""

    def setUp(self) -> None:
        super().setUp()
        roots = os.open(self.home, os.O_PATH), os.open(self.staging, os.O_PATH)
        # It waits for all that others write to this disk.
        self.patch(journal, "syncAll", lambda whole: None)
        self.root = Tree(str(self.home), roots[0], roots[1], None)
        for each in (*roots, self.root._mounts):
            self.addCleanup(os.close, each)
        self.write("d/same", "old")
        self.write("d/other", "old")

    def stage(self) -> str:
        """Name of the directory of a job that has something staged."""
        directory = self.staging / newName(jobSuffix)
        staged = directory / stagedName / "d"
        for path in ("same", "more", "new/x", "new/in/y"):
            (staged / path).parent.mkdir(parents=True, exist_ok=True)
            (staged / path).write_text("new")
        (staged / "new/link").symlink_to("x")
        return directory.name

    def move(self, name: str, mayReplace: bool = True) -> int:
        """Move in what is staged, as a job does that may be killed."""
        made = os.open(self.staging / name, os.O_RDONLY | os.O_DIRECTORY)
        try:
            return moveAll(self.root.beneath, made, stagedName, mayReplace)
        finally:
            os.close(made)

    @contextlib.contextmanager
    def killedAt(self, number: int, *names: str, isRaised: bool = True) -> Iterator[None]:
        """Let what does something raise L{Killed} at this call, before that is done."""
        count = 0

        def counted(function: Callable[..., Any]) -> Callable[..., Any]:
            def call(*given: Any) -> Any:
                nonlocal count
                count += 1
                if count == number:
                    raise Killed
                return function(*given)

            return call

        owners = [(beneath if hasattr(beneath, name) else journal, name) for name in names]
        patches = [self.patch(owner, name, counted(getattr(owner, name))) for owner, name in owners]
        try:
            yield
        except Killed:
            self.assertTrue(isRaised)
        else:
            self.assertFalse(isRaised)
        finally:
            for patch in patches:
                patch.restore()

    def killed(self) -> str:
        """Name of the directory of a job that was killed when it had moved all."""
        name = self.stage()
        with self.killedAt(2, "syncAll"):
            self.move(name)
        return name

    def test_moved(self) -> None:
        """A directory that is new is moved as a whole; all that is new is counted."""
        before = self.tree()
        self.assertEqual(self.move(self.stage()), 7)
        new = {"d/more": b"new", "d/new": stat.S_IFDIR, "d/new/in": stat.S_IFDIR, "d/same": b"new"}
        new |= {"d/new/x": b"new", "d/new/in/y": b"new", "d/new/link": b"new"}
        found = self.tree()
        found["d/new/link"] = (self.home / "d/new/link").read_bytes()
        self.assertEqual(found, before | new)

    def test_undone(self) -> None:
        """
        What was being moved in when the worker was killed is undone by the next, also if that is
        killed; and where no two files can be exchanged.
        """
        before = self.tree()

        def exchange(source: tuple[int, str], target: tuple[int, str]) -> None:
            raise OSError(errno.EINVAL, "no such thing")

        for hasExchange, steps in ((True, 5), (False, 6)):
            if not hasExchange:
                self.patch(beneath, "exchange", exchange)
            names = ("syncAll", "renameNew", *["exchange"] * hasExchange)
            for number in range(1, steps + 2):
                name = self.stage()
                with self.killedAt(number, *names, isRaised=number <= steps):
                    self.move(name)
                if number > steps:
                    break
                if number > 1:
                    with self.killedAt(2, "_moveBack"):
                        removeLeft(self.root, name)
                removeLeft(self.root, name)
                self.assertEqual((self.tree(), self.left()), (before, []), number)
            self.assertEqual((self.home / "d/same").read_text(), "new")
            removeLeft(self.root, name)
            self.assertEqual((self.home / "d/same").read_text(), "new")
            shutil.rmtree(self.home / "d/new")
            os.unlink(self.home / "d/more")
            (self.home / "d/same").write_text("old")

    def test_edited(self) -> None:
        """What others have written since a worker was killed stays when the rest is undone."""
        for path in ("d/same", "d/more", "d/new/x", "d/new/in/y"):
            for isInPlace in (True, False):
                before, name = self.tree(), self.killed()
                if not isInPlace:
                    os.unlink(self.home / path)
                (self.home / path).write_text("edited")
                (self.home / "d/new/theirs").write_text("theirs")
                removeLeft(self.root, name)
                theirs = {path: b"edited", "d/new/theirs": b"theirs"}
                directories = {"d/new": stat.S_IFDIR}
                if "in" in path:
                    directories["d/new/in"] = stat.S_IFDIR
                self.assertEqual((self.tree(), self.left()), (before | directories | theirs, []))
                shutil.rmtree(self.home / "d")
                self.write("d/same", "old")
                self.write("d/other", "old")

    def test_gone(self) -> None:
        """Where the directory that all was in has gone there is nothing to undo."""
        name = self.killed()
        shutil.rmtree(self.home / "d")
        (self.home / "d").symlink_to(self.outside)
        removeLeft(self.root, name)
        self.assertEqual((os.listdir(self.home), self.left()), (["d"], []))
        self.assertEqual(os.listdir(self.outside), ["secret"])

    def test_notUndone(self) -> None:
        """What can't be undone now can be later, and hinders no other job."""
        before, name = self.tree(), self.killed()

        def rename(*given: Any, **more: Any) -> None:
            raise OSError(errno.EIO, "the disk is broken")

        patch = self.patch(os, "rename", rename)
        self.assertRaises(OSError, removeLeft, self.root, name)
        patch.restore()
        self.assertEqual(self.left(), [name])
        removeLeft(self.root, name)
        self.assertEqual((self.tree(), self.left()), (before, []))

    def test_damaged(self) -> None:
        """A journal that leads elsewhere is none of ours; other jobs go on."""
        name = self.stage()
        for line in (["../outside/secret", "put", [1, 1, 1]], "nonsense", ["a", "b"]):
            (self.staging / name / "journal").write_text(json.dumps(line))
            self.assertRaises(OSError, removeLeft, self.root, name)
        worker = self.begin("copy", path="d/same", to="copy")
        self.assertEqual(worker.wait(patience), 0)
        self.assertEqual(self.left(), [name])

    def test_taken(self) -> None:
        """A file that is made meanwhile stays, and nothing is moved."""
        for path, mayReplace in (("d/more", True), ("d/new", True), ("d/more", False)):
            if not mayReplace:
                os.unlink(self.home / "d/same")
            before = self.tree()

            def sync(whole: str, path: str = path) -> None:
                self.write(path, "theirs")

            patch = self.patch(journal, "syncAll", sync)
            name = self.stage()
            error = self.assertRaises(Failed, self.move, name, mayReplace)
            self.assertEqual(error.cause.code, "file_there")
            patch.restore()
            removeLeft(self.root, name)
            self.assertEqual((self.tree(), self.left()), (before | {path: b"theirs"}, []))
            os.unlink(self.home / path)

    def test_replaced(self) -> None:
        """What is no plain file any more when it is to be replaced stays."""
        before = self.tree()
        del before["d/same"]

        def sync(whole: str) -> None:
            os.unlink(self.home / "d/same")
            (self.home / "d/same/in").mkdir(parents=True)

        self.patch(journal, "syncAll", sync)
        name = self.stage()
        self.assertRaises(Failed, self.move, name)
        self.patch(journal, "syncAll", lambda whole: None)
        removeLeft(self.root, name)
        directories = {"d/same": stat.S_IFDIR, "d/same/in": stat.S_IFDIR}
        self.assertEqual((self.tree(), self.left()), (before | directories, []))

    def test_quicker(self) -> None:
        """A directory that another process has removed is no error."""
        removeLeft(self.root, newName(jobSuffix))
        before, name = self.tree(), self.killed()
        other, real = self.lock(name), fcntl.flock

        def flock(descriptor: int, how: int) -> None:
            patch.restore()
            self.assertEqual(how, fcntl.LOCK_EX)
            os.close(other)
            removeLeft(self.root, name)
            real(descriptor, how)

        removeLeft(self.root, name)
        self.assertEqual(self.left(), [name])
        patch = self.patch(fcntl, "flock", flock)
        removeLeft(self.root, name, waits=True)
        self.assertEqual((self.tree(), self.left()), (before, []))

    def lock(self, name: str) -> int:
        """Lock the directory of a job as another process does, until what is returned is closed."""
        other = os.open(self.staging / name, os.O_RDONLY | os.O_DIRECTORY)
        fcntl.flock(other, fcntl.LOCK_EX)
        return other

    def test_waits(self) -> None:
        """A job waits for another process that undoes what an earlier one was moving in."""
        before, name = self.tree(), self.killed()
        old = self.staging / newName(archiveSuffix)
        old.touch()
        os.utime(old, (5, 5))
        other = self.lock(name)
        try:
            worker = self.begin("copy", path="d/same", to="copy")
            deadline = time.monotonic() + patience
            # It removes that just before it looks at what jobs have left.
            while old.exists():
                self.assertLess(time.monotonic(), deadline)
                time.sleep(0.01)
        finally:
            os.close(other)
        self.assertEqual(worker.wait(patience), 0)
        self.assertEqual((self.tree(), self.left()), (before | {"copy": b"old"}, []))

    def do(self, kind: str, **task: Any) -> dict[str, Any]:
        """Do a job in this process."""
        self.patch(filejob, "_hold", lambda: None)
        whole = {"kind": kind, "limit": 0, "spare": 1, "replace": False, **task}
        report = Report(lambda progress: None)
        return filejob._done(filejob.FileJob(whole, report, self.root, 0))

    def test_space(self) -> None:
        """What came out of an archive takes its space once, and may leave too little."""
        size = 8 * MiB
        with zipfile.ZipFile(self.home / "a.zip", "w", zipfile.ZIP_DEFLATED) as made:
            made.writestr("x", b"x" * size)

        def disk(path: str) -> Any:
            taken = sum(each.stat().st_size for each in self.staging.rglob("x"))
            return SimpleNamespace(free=2 * size - taken)

        self.patch(shutil, "disk_usage", disk)
        task, before = {"path": "a.zip", "to": ""}, self.tree()
        error = self.assertRaises(Failed, self.do, "unpack", **task, spare=size * 3 // 2)
        self.assertEqual(error.cause.code, "archive_no_room")
        self.assertEqual((self.tree(), self.left()), (before, []))
        self.do("unpack", **task, spare=size // 2)
        self.assertEqual((self.home / "x").stat().st_size, size)

    def test_memory(self) -> None:
        """A job that takes too much memory fails, and is no bug."""

        def copy(*given: object) -> None:
            raise MemoryError

        self.patch(filejob, "_copyPlain", copy)
        error = self.assertRaises(Failed, self.do, "copy", path="d/same", to="copy")
        self.assertEqual((error.cause.code, self.left()), ("system_error", []))

    def test_archiveGone(self) -> None:
        """An old archive that another process removes meanwhile is no error."""
        names = [newName(archiveSuffix) for _ in range(5)]
        for number, name in enumerate(names):
            (self.staging / name).touch()
            os.utime(self.staging / name, (number, number))
        found = [*names, newName(archiveSuffix)]
        tree: Any = SimpleNamespace(staging=self.root.staging, staged=lambda: found)
        filejob._keep(tree, names[4], names[4])
        self.assertEqual(sorted(os.listdir(self.staging)), sorted(names[1:]))

    def test_broken(self) -> None:
        """A path that can't be looked at is told with the reason; a link in the way as that."""
        for number, code in ((errno.EIO, "of_path"), (errno.ELOOP, "path_in_the_way")):

            def parent(path: str, number: int = number) -> Any:
                raise OSError(number, os.strerror(number))

            root: Any = SimpleNamespace(parent=parent)
            error = self.assertRaises(Failed, journal._kindOf, root, "x", stat.S_IFREG, False)
            self.assertEqual(error.cause.code, code)


class Source(BaseHTTPRequestHandler):
    """Has a file of 300,000 bytes, which it sends slowly if that is asked for."""

    def do_GET(self) -> None:
        """Answer."""
        data = b"x" * 300_000
        self.send_response(200)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        if self.path == "/slow":
            self.wfile.write(data[:1000])
            self.server.more.wait(patience)  # type: ignore[attr-defined]
            return
        self.wfile.write(data)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


class FetchTests(Jobs):
    def setUp(self) -> None:
        super().setUp()
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Source)
        self.server.daemon_threads = True
        self.more = threading.Event()
        self.server.more = self.more  # type: ignore[attr-defined]
        thread = threading.Thread(target=self.server.serve_forever)
        thread.start()
        self.addCleanup(self.server.server_close)
        self.addCleanup(thread.join)
        self.addCleanup(self.server.shutdown)
        self.addCleanup(self.more.set)
        self.task: dict[str, Any] = {
            "url": f"http://127.0.0.1:{self.server.server_port}/x?secret",
            "to": "file",
            "sources": {"allowed": ["127.0.0.0/8"]},
        }

    def test_fetched(self) -> None:
        """A file is put into its place, and in the place of another only where that is wanted."""
        result = self.run_("fetch", **self.task)
        self.assertEqual((self.home / "file").stat().st_size, 300_000)
        self.assertEqual(result["size"], 300_000)
        self.assertEqual(self.fails("fetch", **self.task), "file_exists")
        self.run_("fetch", **self.task, replace=True)

    def test_refused(self) -> None:
        """Only public addresses, not over a mirror; at most as much as may be uploaded."""
        task = {**self.task, "sources": {"mirrors": [["http://127.0.0.1", "http://127.0.0.1"]]}}
        self.assertEqual(self.fails("fetch", **task), "address_not_public")
        self.assertEqual(self.fails("fetch", **self.task, most=1000), "larger_than")
        self.assertEqual(self.fails("fetch", **self.task, limit=100_000), "larger_than")
        self.assertEqual(self.fails("fetch", **self.task, spare=1 << 60), "no_room")
        self.assertEqual(self.fails("fetch", **self.task, sha256="0" * 64), "wrong_sum")
        self.assertEqual(self.fails("fetch", **{**self.task, "to": "no/file"}), "no_such_file")

    def test_cancelled(self) -> None:
        """One that is cancelled leaves nothing; what one that is killed has left goes next."""
        task = {**self.task, "url": self.task["url"].replace("/x?secret", "/slow")}
        for number in (signal.SIGTERM, signal.SIGKILL):
            worker = self.begin("fetch", **task)
            deadline = time.monotonic() + patience
            while self.progress() is None or not self.progress().done:
                self.assertIsNone(worker.poll())
                self.assertLess(time.monotonic(), deadline)
                time.sleep(0.01)
            worker.send_signal(number)
            worker.wait(patience)
            self.assertEqual(len(self.left()), number == signal.SIGKILL)
            self.assertEqual(self.tree(), {})
        place = {"home": str(self.home), "staging": str(self.staging), "account": None}
        command = [sys.executable, "-m", "gamepanel.worker.files", json.dumps(place), "remove"]
        subprocess.run(command, check=True, cwd=os.getcwd(), env=dict(os.environ))
        self.assertEqual(self.left(), [])
