"""The directory of a server as its file worker sees and changes it."""

import contextlib
import errno
import fcntl
import os
import signal
import socket
import stat
import threading
import time
from pathlib import Path
from typing import Any

import msgspec
from twisted.trial.unittest import SynchronousTestCase

from gamepanel.worker.files import listing
from gamepanel.worker.files.listing import maxSearched, searchSeconds, snapshotSeconds
from gamepanel.worker.files.listing import search as searching
from gamepanel.worker.files.messages import (
    Answer,
    Answered,
    Asked,
    Check,
    Create,
    Delete,
    Discard,
    Entry,
    Found,
    List,
    Look,
    MakeDirectory,
    Move,
    Open,
    OpenArchive,
    Opened,
    Place,
    Requests,
    Search,
    SetExecutable,
    Staged,
    Stale,
    archiveSuffix,
    jobSuffix,
    length,
    newName,
)
from gamepanel.worker.files.serving import Server, Work
from gamepanel.worker.files.tree import Refused, Tree, partSeconds


class TreeCase(SynchronousTestCase):
    """
    A server's directory with a worker in this process.

    @ivar isStepping: whether paths are resolved step by step.
    """

    isStepping = False

    def setUp(self) -> None:
        top = Path(self.mktemp()).absolute()
        self.home, self.staging, self.outside = top / "files", top / "staging", top / "outside"
        for directory in (self.home, self.staging, self.outside):
            directory.mkdir(parents=True)
        (self.outside / "secret").write_text("secret")
        self.work = self.worker()

    def worker(self, owner: int | None = None, isApart: bool = False) -> Work:
        """@param isApart: whether the directory is a mount of its own."""
        root, staging = (os.open(each, os.O_PATH) for each in (self.home, self.staging))
        self.addCleanup(os.close, root)
        self.addCleanup(os.close, staging)
        beside = root if isApart else staging
        self.tree = Tree(str(self.home), root, beside, owner, self.isStepping)
        self.addCleanup(os.close, self.tree._mounts)
        return Work(self.tree)

    def ask(self, request: Requests) -> Any:
        """The answer."""
        found = self.work.do(request)
        if isinstance(found, Answer):
            return found
        while True:
            try:
                next(found)
            except StopIteration as done:
                return done.value

    def refused(self, request: Requests, code: str, cause: str | None = None) -> None:
        """It is refused with this code, and leaves nothing open or behind."""
        opened = len(os.listdir("/proc/self/fd"))
        refusal = self.assertRaises(Refused, self.ask, request).refusal
        self.assertEqual((refusal.code, refusal.cause), (code, cause), request)
        # What others have left may be collected meanwhile.
        self.assertLessEqual(len(os.listdir("/proc/self/fd")), opened)

    def names(self, path: str = "") -> list[str]:
        """The names in a directory."""
        return [entry.name for entry in self.ask(List(path, None, 1000)).entries]

    def write(self, path: str, data: bytes, revision: str | None = None) -> Entry:
        """Write a file as the daemon does."""
        name = newName()
        created = self.ask(Create(name))
        with open(created.descriptor, "wb") as file:
            file.write(data)
        entry: Entry = self.ask(Place(name, path, revision))
        return entry


class TreeTests(TreeCase):
    def test_listed(self) -> None:
        """What is there is listed by name, as what it is; a name that is no text is counted."""
        (self.home / "sub").mkdir()
        (self.home / "a.txt").write_text("hello")
        (self.home / "link").symlink_to("/etc")
        os.mkfifo(self.home / "pipe")
        open(os.fsencode(self.home) + b"/\xff", "w").close()
        found = self.ask(List("", None, 10))
        self.assertEqual(
            [(each.name, each.kind) for each in found.entries],
            [("a.txt", "file"), ("link", "link"), ("pipe", "other"), ("sub", "directory")],
        )
        self.assertEqual((found.entries[0].size, found.more, found.hidden), (5, False, 1))

    def test_archives(self) -> None:
        """An archive beside the directory can be read, until it is too old."""
        name, pipe = newName(archiveSuffix), newName(archiveSuffix)
        (self.staging / name).write_text("zip")
        os.mkfifo(self.staging / pipe)
        opened = self.ask(OpenArchive(name))
        os.close(opened.descriptor)
        self.assertEqual(opened.entry.size, 3)
        self.refused(OpenArchive(newName(archiveSuffix)), "no_such_file")
        self.refused(OpenArchive(pipe), "no_such_file")
        self.assertFalse(self.tree.tidy())
        self.assertIn(name, os.listdir(self.staging))
        os.utime(self.staging / name, (5, 5))
        self.assertFalse(self.tree.tidy())
        self.assertEqual(os.listdir(self.staging), [pipe])
        # Something that a job has left is to be removed, unless that goes on.
        os.mkdir(self.staging / newName(jobSuffix))
        self.assertTrue(self.tree.tidy())

    def test_pages(self) -> None:
        """Pages go on in one snapshot for a while; the first is of now."""
        now = 0.0
        self.work._listing._clock = lambda: now
        for name in "abcde":
            (self.home / name).touch()
        first = self.ask(List("", None, 2))
        self.assertEqual(([each.name for each in first.entries], first.more), (["a", "b"], True))
        (self.home / "bb").touch()
        (self.home / "d").unlink()
        second = self.ask(List("", "b", 9))
        self.assertEqual([each.name for each in second.entries], ["c", "e"])
        now = snapshotSeconds + 1
        later = self.ask(List("", "b", 9))
        self.assertEqual([each.name for each in later.entries], ["bb", "c", "e"])
        self.assertEqual(self.names(), ["a", "b", "bb", "c", "e"])

    def test_manyNames(self) -> None:
        """A directory with many names lets other requests have their turn."""
        self.patch(listing, "sliceNames", 20)
        for number in range(45):
            (self.home / f"{number:02}").touch()
        work: Any = self.work.do(List("", None, 3))
        self.assertEqual(len(list(work)), 2)

    def test_opened(self) -> None:
        """A plain file is opened; nothing else, and nothing through a link."""
        (self.home / "file").write_text("inside")
        (self.home / "sub").mkdir()
        (self.home / "link").symlink_to(self.outside / "secret")
        (self.home / "way").symlink_to(self.outside)
        os.mkfifo(self.home / "pipe")
        opened = self.ask(Open("file"))
        with open(opened.descriptor) as file:
            self.assertEqual(file.read(), "inside")
        self.assertEqual(opened.entry.revision, self.ask(Look("file")).revision)
        self.refused(Open("link"), "not_a_file", "path_is_link")
        self.refused(Open("way/secret"), "not_a_file", "path_is_link")
        self.refused(List("way", None, 1), "not_a_directory", "path_is_link")
        self.refused(Open("pipe"), "not_a_file", "path_is_special")
        self.refused(Open("sub"), "not_a_file", "path_is_directory")
        self.refused(Open("none"), "no_such_file")
        self.refused(Open("none/file"), "no_such_file")
        self.refused(Open("file/more"), "not_a_directory")
        self.refused(List("file", None, 1), "not_a_directory")
        self.refused(Open("x" * 256), "bad_path", "path_too_long")
        error = self.assertRaises(Refused, self.ask, Open("link"))
        self.assertEqual(error.refusal.values, {"target": str(self.outside / "secret")})

    def test_oddLinks(self) -> None:
        """Where a link leads can be told in JSON, whatever its game has made it of."""
        os.symlink(b"\xff", os.fsencode(self.home) + b"/link")
        for request in (Open("link"), Check("link", None), List("link", None, 1)):
            error = self.assertRaises(Refused, self.ask, request)
            self.assertEqual(error.refusal.values, {"target": "\N{REPLACEMENT CHARACTER}"})

    def test_leased(self) -> None:
        """A file that its game has a lease on is not waited for."""
        (self.home / "file").write_text("text")
        file = os.open(self.home / "file", os.O_WRONLY)
        self.addCleanup(os.close, file)
        # Else the signal that somebody wants the file would end this process.
        fcntl.fcntl(file, fcntl.F_SETSIG, signal.SIGURG)
        try:
            fcntl.fcntl(file, fcntl.F_SETLEASE, fcntl.F_WRLCK)
        except OSError:
            # This file system has none, so nobody can be kept waiting.
            return
        self.refused(Open("file"), "busy", "is_being_written")
        self.assertEqual(self.ask(Search("", "text", False, 9)).matches, ())
        fcntl.fcntl(file, fcntl.F_SETLEASE, fcntl.F_UNLCK)
        os.close(self.ask(Open("file")).descriptor)

    def test_severalNames(self) -> None:
        """A file with several names is served where its owner may read it in any case."""
        (self.home / "one").write_text("x")
        os.link(self.home / "one", self.home / "two")
        for owner, isServed in ((None, True), (os.geteuid(), True), (-1, False)):
            self.work = self.worker(owner)
            if isServed:
                os.close(self.ask(Open("one")).descriptor)
            else:
                self.refused(Open("one"), "not_a_file", "has_several_names")
                self.refused(SetExecutable("two", True), "not_a_file", "has_several_names")

    def test_written(self) -> None:
        """A file is put there whole; the modes of one that is replaced stay."""
        entry = self.write("new", b"first")
        self.assertEqual((entry.size, stat.S_IMODE(entry.mode)), (5, 0o640))
        (self.home / "new").chmod(0o4711)
        entry = self.write("new", b"second")
        self.assertEqual((self.home / "new").read_bytes(), b"second")
        self.assertEqual(stat.S_IMODE((self.home / "new").stat().st_mode), 0o711)
        self.assertEqual(entry.revision, self.ask(Look("new")).revision)
        self.assertEqual(os.listdir(self.staging), [])

    def test_revision(self) -> None:
        """It is not put there where something else is than should be."""
        entry = self.write("file", b"1", "")
        self.assertRaises(Refused, self.write, "file", b"2", "")
        self.assertEqual((self.home / "file").read_bytes(), b"1")
        (self.home / "file").write_bytes(b"12")
        for request in (Check("file", entry.revision), Place(newName(), "file", entry.revision)):
            self.refused(request, "file_changed")
        self.refused(Check("file", ""), "file_exists")
        (self.home / "file").unlink()
        self.refused(Check("file", entry.revision), "file_changed", "file_is_gone")
        self.assertEqual(self.ask(Check("file", "")), Answer())
        self.refused(Check("none/file", None), "no_such_file")
        (self.home / "file").mkdir()
        self.refused(Check("file", None), "not_a_file", "path_is_directory")
        self.write("other", b"3", self.write("other", b"2").revision)

    def test_staged(self) -> None:
        """One writes to a file beside at a time; what nobody writes to any more is removed."""
        name, part = newName(), newName(".part")
        descriptor = self.ask(Create(name)).descriptor
        self.refused(Create(name), "file_changed", "is_being_written")
        os.close(self.ask(Create(part)).descriptor)
        os.write(descriptor, b"text")
        self.assertEqual([self.ask(Staged(each)).size for each in (name, part)], [4, 0])
        self.assertFalse(self.tree.tidy())
        self.assertEqual(set(os.listdir(self.staging)), {name, part})
        os.close(descriptor)
        self.assertFalse(self.tree.tidy())
        self.assertEqual(os.listdir(self.staging), [part])
        forgotten = newName(".part")
        os.close(self.ask(Create(forgotten)).descriptor)
        os.utime(self.staging / forgotten, (time.time() - partSeconds - 60,) * 2)
        self.assertFalse(self.tree.tidy())
        self.assertEqual(os.listdir(self.staging), [part])
        self.assertEqual(self.ask(Discard(part)), Answer())
        self.assertEqual(os.listdir(self.staging), [])
        self.refused(Staged(part), "no_such_file")
        os.symlink(self.outside / "secret", self.staging / name)
        self.refused(Create(name), "not_a_directory", None)

    def test_apart(self) -> None:
        """Where nothing can be moved beside the directory, it lies in it and is not shown."""
        self.work = self.worker(isApart=True)
        name = newName()
        os.close(self.ask(Create(name)).descriptor)
        self.assertEqual(os.listdir(self.home), [name])
        self.assertEqual(self.names(), [])
        self.ask(Place(name, "file", ""))
        self.assertEqual(self.names(), ["file"])
        self.ask(Delete(("file",)))
        self.assertEqual(self.names(), [])
        self.assertTrue(self.tree.tidy())

    def test_executable(self) -> None:
        """Who may read a program may run it; all else of its modes stays."""
        (self.home / "run").touch(0o600)
        (self.home / "run").chmod(0o640)
        self.ask(SetExecutable("run", True))
        self.assertEqual(stat.S_IMODE((self.home / "run").stat().st_mode), 0o750)
        self.ask(SetExecutable("run", False))
        self.assertEqual(stat.S_IMODE((self.home / "run").stat().st_mode), 0o640)
        self.refused(SetExecutable("", True), "not_a_file", "path_is_directory")

    def test_moved(self) -> None:
        """Things are moved, and replace nothing but a file by a file, where that is wanted."""
        for name in ("a", "b"):
            (self.home / name).write_text(name)
        self.ask(MakeDirectory("sub"))
        self.refused(MakeDirectory("sub"), "file_exists")
        self.refused(Move("a", "b", False), "file_exists")
        self.refused(Move("a", "sub", True), "file_exists")
        self.refused(Move("sub", "a", True), "file_exists")
        self.refused(Move("sub", "sub/inner", False), "unsupported", "goes_into_itself")
        self.refused(Move("none", "c", False), "no_such_file")
        self.ask(Move("a", "b", True))
        self.assertEqual((self.home / "b").read_text(), "a")
        self.ask(Move("b", "sub/c", False))
        self.ask(Move("sub", "other", False))
        self.assertEqual((self.home / "other" / "c").read_text(), "a")
        (self.home / "way").symlink_to(self.outside)
        self.refused(Move("other", "way/x", False), "not_a_directory", "path_is_link")
        self.refused(Move("way/secret", "mine", False), "not_a_directory", "path_is_link")

    def test_deleted(self) -> None:
        """What is deleted is moved aside, with all that is in it, whatever its mode."""
        (self.home / "sub" / "deep").mkdir(parents=True)
        (self.home / "sub" / "file").touch()
        (self.home / "sub").chmod(0)
        (self.home / "link").symlink_to(self.outside)
        os.mkfifo(self.home / "pipe")
        (self.home / "stays").touch()
        self.assertEqual(self.ask(Delete(("sub", "sub/file", "link", "pipe"))), Answer())
        self.assertEqual(os.listdir(self.home), ["stays"])
        self.assertEqual(os.listdir(self.outside), ["secret"])
        self.assertTrue(self.tree.tidy())

    def test_deletedOrNone(self) -> None:
        """If one of them can't be deleted, all are where they were."""
        (self.home / "a").touch()
        (self.home / "sub").mkdir()
        self.refused(Delete(("a", "none")), "no_such_file")
        self.assertEqual(self.names(), ["a", "sub"])
        moveAside = self.tree._moveAside

        def failing(path: str, target: tuple[int, str]) -> None:
            if path == "sub":
                raise PermissionError(13, "no")
            moveAside(path, target)

        self.tree._moveAside = failing  # type: ignore[method-assign]
        self.refused(Delete(("a", "sub")), "not_permitted", "file_not_permitted")
        self.assertEqual(self.names(), ["a", "sub"])
        self.assertEqual(os.listdir(self.staging), [])

    def test_deletedOnFullDisk(self) -> None:
        """Where the disk has no space for what is moved aside, that is told."""
        (self.home / "a").touch()

        def full(*_: object, **named: object) -> None:
            raise OSError(errno.ENOSPC, "full")

        self.patch(os, "mkdir", full)
        refusal = self.assertRaises(Refused, self.ask, Delete(("a",))).refusal
        self.assertEqual(refusal.errno, errno.ENOSPC)
        self.assertEqual(self.names(), ["a"])

    def test_mountedPlaces(self) -> None:
        """Mounts at and below a path are found by the table of the kernel."""
        self.tree.home = ""
        self.assertTrue(self.tree.mountsIn("proc"))
        self.assertFalse(self.tree.mountsIn("proc/version"))

    def test_stale(self) -> None:
        """Where the server has another directory by now, another worker is to be asked."""
        self.assertEqual(self.names(), [])
        self.home.rename(self.outside / "old")
        self.assertEqual(self.work.do(List("", None, 1)), Stale())
        self.home.mkdir()
        self.assertEqual(self.work.do(List("", None, 1)), Stale())

    def test_swapped(self) -> None:
        """
        A game that exchanges a directory for a link 10,000 times gets no operation to touch
        anything outside.
        """
        (self.home / "way").mkdir()
        (self.home / "way" / "secret").write_text("inside")
        (self.home / "link").symlink_to(self.outside)
        ended, before = threading.Event(), sorted(os.listdir(self.outside))

        def swap() -> None:
            home = str(self.home)
            for _ in range(10_000):
                with contextlib.suppress(OSError):
                    os.rename(f"{home}/way", f"{home}/aside")
                with contextlib.suppress(OSError):
                    os.rename(f"{home}/link", f"{home}/way")
                with contextlib.suppress(OSError):
                    os.rename(f"{home}/way", f"{home}/link")
                with contextlib.suppress(OSError):
                    os.rename(f"{home}/aside", f"{home}/way")
            ended.set()

        swapping = threading.Thread(target=swap)
        swapping.start()
        self.addCleanup(swapping.join)
        requests: tuple[Requests, ...] = (
            Open("way/secret"),
            SetExecutable("way/secret", True),
            MakeDirectory("way/made"),
            Move("way/made", "way/other", False),
            Delete(("way/other",)),
            List("way", None, 10),
            Search("way", "secret", True, 5),
            Search("", "secret", False, 5),
        )
        while not ended.is_set():
            for request in requests:
                with contextlib.suppress(Refused):
                    answer = self.ask(request)
                    if isinstance(answer, Opened):
                        with open(answer.descriptor) as file:
                            self.assertEqual(file.read(), "inside")
                    elif isinstance(answer, Found):
                        self.assertNotIn(
                            "secret", [each.text for each in answer.matches if each.line]
                        )
            with contextlib.suppress(Refused):
                self.write("way/new", b"new")
        self.assertEqual(sorted(os.listdir(self.outside)), before)
        mode = stat.S_IMODE((self.outside / "secret").stat().st_mode)
        self.assertFalse(mode & 0o111)


class SteppingTreeTests(TreeTests):
    """The same without openat2."""

    isStepping = True


class SearchTests(TreeCase):
    def test_text(self) -> None:
        """Lines are found, upper and lower case the same, in files that are text."""
        (self.home / "sub").mkdir()
        (self.home / "sub" / "a.cfg").write_text("one\nMotd=HELLO there\r\nhello\n")
        (self.home / "binary").write_bytes(b"hello\0")
        (self.home / "latin").write_bytes(b"hello \xe4")
        (self.home / "large").write_bytes(b"hello\n" + b"x" * maxSearched)
        (self.home / "link").symlink_to(self.outside / "secret")
        found = self.ask(Search("", "Hello", False, 9))
        self.assertEqual(
            [(each.path, each.line, each.text) for each in found.matches],
            [("sub/a.cfg", 2, "Motd=HELLO there"), ("sub/a.cfg", 3, "hello")],
        )
        self.assertTrue(found.complete)
        self.assertFalse(self.ask(Search("", "hello", False, 1)).complete)
        self.assertEqual(self.ask(Search("", "secret", False, 9)).matches, ())
        (self.home / "long").write_text("x" * 500 + "needle" + "y" * 500)
        [match] = self.ask(Search("", "needle", False, 9)).matches
        self.assertEqual((len(match.text), "needle" in match.text), (200, True))
        # In lower case each of them is two.
        (self.home / "long").write_text("ß" * 600 + "needle" + "y" * 500)
        [match] = self.ask(Search("", "needle", False, 9)).matches
        self.assertEqual((len(match.text), "needle" in match.text), (200, True))
        [match] = self.ask(Search("", "ß" * 200, False, 9)).matches
        self.assertEqual(match.text, "ß" * 200)

    def test_names(self) -> None:
        """Last names are found, of directories, too."""
        (self.home / "Maps").mkdir()
        (self.home / "Maps" / "map1").touch()
        (self.home / "other").touch()
        found = self.ask(Search("", "map", True, 9))
        self.assertEqual(
            [(each.path, each.line) for each in found.matches], [("Maps", 0), ("Maps/map1", 0)]
        )
        inside = self.ask(Search("Maps", "map", True, 9))
        self.assertEqual([each.path for each in inside.matches], ["Maps/map1"])
        self.refused(Search("none", "map", True, 9), "no_such_file")

    def test_deep(self) -> None:
        """What is so far down that nobody can ask for its path is not told of."""
        name, above = "name" * 50, os.open(self.home, os.O_RDONLY)
        for _ in range(8):
            os.mkdir(name, dir_fd=above)
            below = os.open(name, os.O_RDONLY, dir_fd=above)
            file = os.open("text", os.O_WRONLY | os.O_CREAT, 0o600, dir_fd=below)
            os.write(file, b"words")
            os.close(file)
            os.close(above)
            above = below
        os.close(above)
        for text, isOfNames in (("name", True), ("text", True), ("words", False)):
            found = self.ask(Search("", text, isOfNames, 200))
            # Five times such a name, with what is between them, are 1,004 bytes.
            self.assertEqual((len(found.matches), found.complete), (5, True))

    def test_time(self) -> None:
        """A search that takes too long ends with what it has found."""
        for number in range(5):
            (self.home / f"name{number}").touch()
        times = iter([0.0, 1.0, 2.0, 3.0, searchSeconds + 1])
        work = searching(self.tree, Search("", "name", True, 9), lambda: next(times))
        found: Any = None
        while found is None:
            try:
                next(work)
            except StopIteration as done:
                found = done.value
        self.assertFalse(found.complete)
        self.assertEqual(len(found.matches), 3)


class ServerTests(TreeCase):
    def test_turns(self) -> None:
        """What takes long lets other requests be answered meanwhile; each has its number."""
        for number in range(50):
            (self.home / f"file{number:02}").write_text("text")
        ours, its = socket.socketpair()
        for asked in (
            Asked(1, Search("", "nothing", False, 9)),
            Asked(2, Look("file01")),
            Asked(3, Open("file01")),
        ):
            frame = msgspec.json.encode(asked)
            ours.sendall(length.pack(len(frame)) + frame)
        ours.shutdown(socket.SHUT_WR)
        with its:
            serving = Server(its, self.work.do)
            serving.run()
            while serving._running:
                serving._goOn(*serving._running.popleft())
        data, descriptors, _, _ = socket.recv_fds(ours, 1 << 16, 4)
        data += ours.recv(1 << 16)
        ours.close()
        self.assertEqual(len(descriptors), 1)
        os.close(descriptors[0])
        answers = []
        while data:
            [size] = length.unpack_from(data)
            answers.append(msgspec.json.decode(data[4 : 4 + size], type=Answered))
            data = data[4 + size :]
        self.assertEqual([each.number for each in answers], [2, 3, 1])
