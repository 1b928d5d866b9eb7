"""Trees of files: read without following a link, removed however deep, kept in their places."""

import os
import resource
import shutil
import stat
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Final

from twisted.trial.unittest import SkipTest, SynchronousTestCase

from gamepanel.base.errors import (
    Busy,
)
from gamepanel.console import consolefile
from gamepanel.console.ring import DamagedConsole
from gamepanel.disk import confined
from gamepanel.disk.walking import walk
from gamepanel.games.globs import Glob
from gamepanel.process import landlock
from gamepanel.process.launch import Account
from gamepanel.servers import layout
from tests.support import (
    needMounts,
    needRoot,
)


class BeneathTests(SynchronousTestCase):
    """Nothing is read or written through a link."""

    def setUp(self) -> None:
        self.root = os.path.abspath(self.mktemp())
        self.outside = os.path.abspath(self.mktemp())
        os.mkdir(self.root)
        os.mkdir(self.outside)
        with open(f"{self.outside}/secret", "w") as file:
            file.write("secret")

    def test_plain(self) -> None:
        """What is plain is written and read; what is not there is not made."""
        self.assertIsNone(confined.readText(self.root, "a/b/c"))
        self.assertEqual(os.listdir(self.root), [])
        confined.writeText(self.root, "a/./b/c", "text ✓", None)
        self.assertEqual(confined.readText(self.root, "a/b/c"), "text ✓")
        self.assertEqual(stat.S_IMODE(os.stat(f"{self.root}/a").st_mode), 0o700)
        self.assertTrue(confined.directoryExists(self.root, "a/b"))
        self.assertFalse(confined.directoryExists(self.root, "a/x"))
        self.assertFalse(confined.directoryExists(f"{self.root}/none", ""))

    def test_links(self) -> None:
        """A link in any place is an error."""
        os.symlink(f"{self.outside}/secret", f"{self.root}/file")
        os.symlink(self.outside, f"{self.root}/dir")
        for path in ("file", "dir/secret", "dir/new"):
            self.assertRaises(OSError, confined.readText, self.root, path)
        self.assertRaises(OSError, confined.writeText, self.root, "dir/new", "x", None)
        self.assertFalse(confined.directoryExists(self.root, "dir"))
        confined.writeText(self.root, "file", "x", None)
        self.assertEqual(confined.readText(self.root, "file"), "x")
        self.assertEqual(os.listdir(self.outside), ["secret"])
        with open(f"{self.outside}/secret") as file:
            self.assertEqual(file.read(), "secret")

    def put(self, path: str, age: int) -> None:
        """A file that is so many seconds old."""
        target = os.path.join(self.root, path)
        os.makedirs(os.path.dirname(target), exist_ok=True)
        Path(target).touch()
        os.utime(target, (1_000_000 - age, 1_000_000 - age))

    def test_newest(self) -> None:
        """The newest file that fits a glob is found, in one directory or below several."""
        self.assertIsNone(confined.newest(self.root, Glob.of("save/*.sav")))
        for path, age in (
            *(("save/a.sav", 3), ("save/b.sav", 2), ("save/c.txt", 1), ("save/.d.sav", 0)),
            *(("w1/x.sav", 5), ("w2/x.sav", 4), ("w2/-y", 9), ("-z", 9), ("a[1]", 9)),
        ):
            self.put(path, age)
        os.mkdir(f"{self.root}/save/directory.sav")
        open(f"{self.root}/save/".encode() + b"\xff.sav", "w").close()
        for pattern, found in (
            ("save/*.sav", "save/.d.sav"),
            ("./save//a.sav", "save/a.sav"),
            ("save/?.sav", "save/b.sav"),
            ("save/.*.sav", "save/.d.sav"),
            ("w*/x.sav", "w2/x.sav"),
            ("w[13]/x.sav", None),
            ("**/x.sav", "w2/x.sav"),
            ("w1", "w1/x.sav"),
            ("w2/-*", "w2/-y"),
            ("-*", "./-z"),
            ("a[1]", "a[1]"),
            ("*", "./-z"),
            ("none/*", None),
        ):
            if pattern == "*":
                os.utime(f"{self.root}/-z")
            self.assertEqual(confined.newest(self.root, Glob.of(pattern)), found, pattern)

    def test_newestFollowsNoLink(self) -> None:
        """A link is neither the newest file nor a directory to look into."""
        self.put("save/a.sav", 9)
        os.symlink(f"{self.outside}/secret", f"{self.root}/save/link.sav")
        os.symlink(self.outside, f"{self.root}/sand")
        Path(self.outside, "x.sav").touch()
        self.assertEqual(confined.newest(self.root, Glob.of("save/*")), "save/a.sav")
        self.assertEqual(confined.newest(self.root, Glob.of("sa*/*.sav")), "save/a.sav")
        # Silently none, and a game would begin a new world.
        self.assertRaises(OSError, confined.newest, self.root, Glob.of("sand/*.sav"))

    def test_newestIsBounded(self) -> None:
        """Where a game has left too many files, that is said instead of searching on."""
        self.patch(confined, "maxEntries", 20)
        for number in range(10):
            self.put(f"d{number}/a", 1)
        self.assertIn(confined.newest(self.root, Glob.of("d*/a")), {f"d{n}/a" for n in range(10)})
        self.put("d0/b", 1)
        error = self.assertRaises(confined.TooMany, confined.newest, self.root, Glob.of("d*/*"))
        self.assertIn("d", str(error))

    def test_noPlainFile(self) -> None:
        """A pipe holds nobody up, and a directory is no file."""
        os.mkfifo(f"{self.root}/pipe")
        os.mkdir(f"{self.root}/directory")
        for path in ("pipe", "directory"):
            self.assertRaises(OSError, confined.readText, self.root, path)


depth: Final = 2100
"""No path of so many steps can be told to the system, nor be gone through by as many calls."""


def nest(path: str) -> None:
    """Make a directory in which directories are nested so deep."""
    os.makedirs(path, exist_ok=True)
    inner = os.open(path, os.O_RDONLY)
    for _ in range(depth):
        os.mkdir("d", dir_fd=inner)
        deeper = os.open("d", os.O_RDONLY, dir_fd=inner)
        os.close(inner)
        inner = deeper
    os.close(inner)


class RemoveTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.root = os.path.abspath(self.mktemp())
        os.makedirs(f"{self.root}/files/a/b")
        Path(self.root, "files/a/b/file").write_text("x")
        self.other = os.path.abspath(self.mktemp())
        os.mkdir(self.other)
        Path(self.other, "kept").write_text("x")

    def test_links(self) -> None:
        """A link in it is removed, and not what it leads to."""
        os.symlink(self.other, f"{self.root}/files/link")
        os.symlink(f"{self.other}/kept", f"{self.root}/files/a/link")
        confined.remove(self.root)
        self.assertFalse(os.path.exists(self.root))
        self.assertEqual(os.listdir(self.other), ["kept"])

    def fewFiles(self) -> None:
        """We may have few files open from here on."""
        before = resource.getrlimit(resource.RLIMIT_NOFILE)
        self.addCleanup(resource.setrlimit, resource.RLIMIT_NOFILE, before)
        resource.setrlimit(resource.RLIMIT_NOFILE, (200, before[1]))

    def test_deep(self) -> None:
        """However deep it is, it goes, with few files open."""
        nest(f"{self.root}/files")
        self.fewFiles()
        confined.remove(self.root)
        self.assertFalse(os.path.exists(self.root))

    def test_discard(self) -> None:
        """Whatever is there goes; that nothing is there is no error."""
        os.mkfifo(f"{self.root}/pipe")
        os.symlink(self.other, f"{self.root}/link")
        for name in ("pipe", "link", "files", "none"):
            confined.discard(f"{self.root}/{name}")
        self.assertEqual((os.listdir(self.root), os.listdir(self.other)), ([], ["kept"]))

    def test_walk(self) -> None:
        """Each directory comes before those in it, however deep, with few files open."""
        os.makedirs(f"{self.root}/files/a/c/d")
        os.makedirs(f"{self.root}/files/left/out")
        nest(f"{self.root}/files/b")
        os.symlink(self.other, f"{self.root}/files/link")
        self.fewFiles()
        seen = []
        for found in walk(f"{self.root}/files"):
            seen.append(("/".join(found.steps), list(found.directories), found.others))
            if not found.steps:
                found.directories.remove("left")
        self.addCleanup(confined.remove, self.root)
        self.assertEqual(seen[0], ("", ["a", "b", "left"], ["link"]))
        self.assertEqual(
            seen[1:6],
            [
                ("a", ["b", "c"], []),
                ("a/b", [], ["file"]),
                ("a/c", ["d"], []),
                ("a/c/d", [], []),
                ("b", ["d"], []),
            ],
        )
        self.assertEqual((len(seen), len(seen[-1][0])), (6 + depth, 1 + 2 * depth))

    def test_walkMoved(self) -> None:
        """A directory that is moved meanwhile leads nowhere else."""
        os.makedirs(f"{self.root}/files/c")
        os.makedirs(f"{self.root}/files/a/b/deep")
        os.mkdir(f"{self.other}/c")
        seen = list[str]()

        def go() -> None:
            for found in walk(f"{self.root}/files"):
                seen.append("/".join(found.steps))
                if seen[-1] == "a/b/deep":
                    os.rename(f"{self.root}/files/a", f"{self.other}/a")

        self.assertRaises(OSError, go)
        self.assertEqual(seen, ["", "a", "a/b", "a/b/deep"])

    def test_walkRemoved(self) -> None:
        """A directory that is removed meanwhile is left out, or that a file is in the place of."""
        for path in ("a/b/deep/gone", "a/c", "d", "e"):
            os.makedirs(f"{self.root}/files/{path}")
        seen = list[str]()
        for found in walk(f"{self.root}/files"):
            seen.append("/".join(found.steps))
            if seen[-1] == "a/b/deep":
                shutil.rmtree(f"{self.root}/files/a")
                os.rmdir(f"{self.root}/files/d")
                open(f"{self.root}/files/d", "w").close()
        self.assertEqual(seen, ["", "a", "a/b", "a/b/deep", "e"])

    def test_walkTolerant(self) -> None:
        """One can go on without what can't be read, and is moved or removed meanwhile."""

        def denied(path: str, flags: int, *, dir_fd: int | None = None) -> int:
            if path == "denied":
                raise PermissionError(13, "no")
            return before(path, flags, dir_fd=dir_fd)

        for path in ("a/b/deep/gone", "a/c", "a/denied", "d/e/gone", "d/f", "g"):
            os.makedirs(f"{self.root}/files/{path}")
        before = os.open
        self.patch(os, "open", denied)
        self.assertRaises(OSError, list, walk(f"{self.root}/files"))
        seen = list[str]()
        for found in walk(f"{self.root}/files", isTolerant=True):
            seen.append("/".join(found.steps))
            if seen[-1] == "a/b/deep/gone":
                os.rename(f"{self.root}/files/a/b", f"{self.other}/b")
                os.mkdir(f"{self.root}/files/a/b")
            elif seen[-1] == "d/e/gone":
                shutil.rmtree(f"{self.root}/files/d")
        self.assertEqual(
            seen, ["", "a", "a/b", "a/b/deep", "a/b/deep/gone", "a/c", "d", "d/e", "d/e/gone", "g"]
        )

    def run_(self, code: str, *wrapper: str) -> None:
        """Run code in a process of its own, in which C{root} and C{other} are known."""
        prologue = f"import os; from gamepanel.disk import confined; root = {self.root!r}\n"
        done = subprocess.run(
            [*wrapper, sys.executable, "-c", prologue + code],
            capture_output=True,
            text=True,
            env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
        )
        self.assertEqual((done.returncode, done.stderr), (0, ""))

    def test_unreadable(self) -> None:
        """Directories that not even their owner may read or change go, too."""
        code = """if True:
            for name, mode in (("0", 0), ("1", 0o300), ("2", 0o500)):
                os.makedirs(f"{root}/{name}/in/side")
                open(f"{root}/{name}/in/side/file", "w").close()
                os.chmod(f"{root}/{name}/in", mode)
                os.chmod(f"{root}/{name}", mode)
            confined.remove(root)
            assert not os.path.exists(root)
        """
        before = ""
        if os.geteuid() == 0:
            # Root may read everything, so this is for somebody else, who may not read the checkout.
            before = "os.setgroups([]); os.setuid(65534)\n"
            parent = tempfile.mkdtemp()
            self.addCleanup(shutil.rmtree, parent)
            os.chown(parent, 65534, 65534)
            self.root = f"{parent}/room"
        self.run_(f"{before}os.makedirs({self.root!r}, exist_ok=True)\n{code}")

    def confine(self) -> str:
        """Code with which a process keeps itself to what we remove, as a worker does."""
        begin = "from gamepanel.process.landlock import confine"
        return f"{begin}; confine([], [{os.path.dirname(self.root)!r}], '/none')"

    def test_confined(self) -> None:
        """A process that opens only files below of it, and none of /proc, removes it as well."""
        if (lack := landlock.lack()) is not None:
            raise SkipTest(f"a process can't be confined here: {lack}")
        self.run_(f"{self.confine()}\nconfined.remove(root)")
        self.assertFalse(os.path.exists(self.root))

    def test_mountsConfined(self) -> None:
        """That one, too, lets stay what is mounted."""
        if (lack := landlock.lack()) is not None:
            raise SkipTest(f"a process can't be confined here: {lack}")
        self.test_mounts(self.confine())

    def test_mounts(self, before: str = "") -> None:
        """What is mounted in it stays, and all else goes."""
        needMounts()
        code = f"""if True:
            import subprocess
            os.makedirs(root + "/files/maps/deep")
            os.mkdir(root + "/own")
            for place in ("/files/maps/deep", "/files/a", "/own"):
                subprocess.run(["mount", "--bind", {self.other!r}, root + place], check=True)
            {before}
            try:
                confined.remove(root)
            except OSError as error:
                assert "can't be deleted" in str(error), error
            else:
                raise AssertionError("nothing was said")
            assert not os.path.exists(root + "/files/a/b")
        """
        self.run_(code, "unshare", "--mount", "--propagation", "private")
        self.assertEqual(os.listdir(self.other), ["kept"])

    def test_handOver(self) -> None:
        """All of it belongs to somebody else then, but not what links lead to."""
        needRoot("give files away")
        os.symlink(f"{self.other}/kept", f"{self.root}/files/link")
        os.link(f"{self.other}/kept", f"{self.root}/files/hard")
        confined.handOver(f"{self.root}/files", Account(65534, 65534, "nobody"))
        for path, owner in (
            (f"{self.root}/files", 65534),
            (f"{self.root}/files/a/b", 65534),
            (f"{self.root}/files/a/b/file", 65534),
            (f"{self.other}/kept", 0),
            (self.other, 0),
            (self.root, 0),
        ):
            self.assertEqual(os.stat(path).st_uid, owner, path)

    def test_handOverDeep(self) -> None:
        """However deep it is, all of it belongs to somebody else then, with few files open."""
        needRoot("give files away")
        nest(f"{self.root}/files")
        self.addCleanup(confined.remove, self.root)
        self.fewFiles()
        confined.handOver(f"{self.root}/files", Account(65534, 65534, "nobody"))
        owners = [os.fstat(found.descriptor).st_uid for found in walk(f"{self.root}/files")]
        self.assertEqual(owners, [65534] * (3 + depth))

    def test_handOverMounted(self) -> None:
        """What is mounted in it stays whose it is, and is not even entered."""
        needMounts()
        code = f"""if True:
            import subprocess
            from gamepanel.process.launch import Account
            os.makedirs(root + "/files/a/z")
            mount = ["mount", "--bind", {self.other!r}, root + "/files/a/b"]
            subprocess.run(mount, check=True)
            confined.handOver(root + "/files", Account(65534, 65534, "nobody"))
            for path in ("/files", "/files/a", "/files/a/z"):
                assert os.stat(root + path).st_uid == 65534, path
            for path in ("/files/a/b", "/files/a/b/kept"):
                assert os.stat(root + path).st_uid == 0, path
        """
        self.run_(code, "unshare", "--mount", "--propagation", "private")

    def test_hardLink(self) -> None:
        """A file that has another name elsewhere is not read as one of ours."""
        os.link(f"{self.other}/kept", f"{self.root}/config")
        self.assertRaises(OSError, confined.readText, self.root, "config")


class PlaceTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.place = os.path.abspath(self.mktemp())
        self.aside = os.path.abspath(self.mktemp())

    def test_made(self) -> None:
        """A room has an empty console, and only its owner gets in, whatever the umask."""
        old = os.umask(0)
        self.addCleanup(os.umask, old)
        layout.make(self.place, self.aside, None)
        ring = consolefile.openConsole(self.place)
        self.assertEqual(ring.position, 0)
        ring.append(b"kept")
        self.assertEqual(consolefile.openConsole(self.place).read(0, 9).data, b"kept")
        for path, mode in (("", 0o700), ("files", 0o700), ("console", 0o600)):
            status = os.stat(os.path.join(self.place, path))
            self.assertEqual(stat.S_IMODE(status.st_mode), mode, path)
        # No hole that a full disk could make a SIGBUS of.
        status = os.stat(os.path.join(self.place, "console"))
        self.assertGreaterEqual(status.st_blocks * 512, status.st_size)

    def test_whole(self) -> None:
        """If it can't be made, nothing of it is left; what a crash has left moves aside."""
        os.mkdir(self.place)
        Path(self.place, "left").touch()
        layout.make(self.place, self.aside, None)
        self.assertEqual(os.listdir(self.aside), ["left"])
        layout.unmake(self.place)
        self.assertFalse(os.path.exists(self.place))
        missing = self.place + "/x/y"
        error = self.assertRaises(FileNotFoundError, layout.make, missing, self.aside, None)
        self.assertIsNone(error.__cause__)

    def test_shortage(self) -> None:
        """Without files to open it is refused, and nothing of it is left."""
        before = resource.getrlimit(resource.RLIMIT_NOFILE)
        self.addCleanup(resource.setrlimit, resource.RLIMIT_NOFILE, before)
        resource.setrlimit(resource.RLIMIT_NOFILE, (1, before[1]))
        try:
            self.assertRaises(Busy, layout.make, self.place, self.aside, None)
        finally:
            resource.setrlimit(resource.RLIMIT_NOFILE, before)
        self.assertFalse(os.path.exists(self.place))

    def test_truncated(self) -> None:
        """A console of another size is none."""
        layout.make(self.place, self.aside, None)
        os.truncate(os.path.join(self.place, "console"), 100)
        self.assertRaises(DamagedConsole, consolefile.openConsole, self.place)

    def test_damagedCheckpoint(self) -> None:
        """A log whose checkpoint is no JSON is told to be damaged."""
        layout.make(self.place, self.aside, None)
        odd = (b"", b"{}", b'{"header": "\xff"}', b'{"x": ' + b"[" * 100_000)
        for content in odd:
            Path(consolefile.checkpointFile(self.place)).write_bytes(content)
            self.assertRaises(DamagedConsole, layout.restoreConsole, self.place)
