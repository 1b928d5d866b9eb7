"""Staged files come into a server's directory: all or none, and no file of a person is lost."""

import errno
import hashlib
import json
import os
import shutil
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, BinaryIO

from attrs import evolve
from twisted.trial.unittest import SynchronousTestCase

from gamepanel.disk import confined
from gamepanel.jobs import files
from gamepanel.jobs.report import Failed, Report
from gamepanel.servers.installtask import located
from gamepanel.worker.copying import Room, _copy, _copyManifest, copyTree, opened
from gamepanel.worker.moving import Move, loadManifest
from gamepanel.worker.place import InstallPlace
from gamepanel.worker.planning import Journal, Rules, plan
from gamepanel.worker.steps import tree
from gamepanel.worker.unpack.within import walk
from tests.disk.test_trees import depth, nest
from tests.support import needRoot

isSlow = True

usual = Rules()


def room(target: str, limit: int = 0) -> Room:
    """What a copy may take."""
    return Room(target, limit, Report(lambda progress: None))


Tree = Mapping[str, str | None]
"""Content of files by their paths; None: a directory; what begins with C{->}: a link."""


def make(root: Path, tree: Tree) -> None:
    """Make files."""
    for name, text in tree.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if text is None:
            path.mkdir(exist_ok=True)
        elif text.startswith("->"):
            path.symlink_to(text[2:])
        else:
            path.write_text(text)


def read(root: Path) -> dict[str, str | None]:
    """All that is in a directory, see L{Tree}; directories only where they are empty."""
    found: dict[str, str | None] = {}
    for path in root.rglob("*"):
        name = str(path.relative_to(root))
        if path.is_symlink():
            found[name] = f"->{os.readlink(path)}"
        elif path.is_file():
            found[name] = path.read_text()
        elif not any(path.iterdir()):
            found[name] = None
    return found


def strange(place: Path, other: Path) -> Iterator[str]:
    """
    Put one thing after another in a place: what a file there should not be.

    @param other: a file that a link leads to.
    """
    kinds: Mapping[str, Callable[[], object]] = {
        "link": lambda: place.symlink_to(other.absolute()),
        "directory": place.mkdir,
        "no UTF-8": lambda: place.write_bytes(b'{"\xff": "1"}'),
        "nested": lambda: place.write_text("[" * 100_000),
        "list": lambda: place.write_text("[]"),
        "other object": lambda: place.write_text('{"operations": {}, "manifest": 1}'),
        "sparse": lambda: subprocess.run(["truncate", "--size=1T", place], check=True),
        "pipe": lambda: os.mkfifo(place),
    }
    for name, put in kinds.items():
        confined.discard(str(place))
        put()
        yield name


class MoveTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.top = Path(self.mktemp())
        for name in ("files", "install/staged"):
            (self.top / name).mkdir(parents=True)

    def move(self, top: Path | None = None, **more: object) -> Move:
        """What moves."""
        top = top or self.top
        places = (top / "install", top / "files", top / "install/staged")
        return Move(*map(str, places), **more)  # type: ignore[arg-type]

    def plan(self, rules: Rules = usual) -> Journal:
        """Work out what is to be done."""
        home, install = self.top / "files", str(self.top / "install")
        return plan(str(home), f"{install}/staged", loadManifest(install), rules)

    def update(self, tree: Tree, rules: Rules = usual) -> Journal:
        """Install these files."""
        staged = self.top / "install/staged"
        shutil.rmtree(staged)
        staged.mkdir()
        make(staged, tree)
        journal = self.plan(rules)
        self.move().perform(journal)
        return journal

    def there(self) -> dict[str, str | None]:
        """What is in the server's directory."""
        return read(self.top / "files")


class UpdateTests(MoveTests):
    def test_first(self) -> None:
        """Files, links and empty directories come into an empty directory."""
        tree = {"a": "1", "d/e/b": "2", "d/l": "->e/b", "empty": None}
        self.assertEqual(self.update(tree).notes, ())
        self.assertEqual(self.there(), tree)
        self.assertEqual(sorted(os.listdir(self.top / "install")), ["manifest", "staged"])

    def test_modes(self) -> None:
        """What may be executed still may."""
        staged = self.top / "install/staged"
        make(staged, {"run.sh": "1"})
        (staged / "run.sh").chmod(0o755)
        self.move().perform(self.plan())
        self.assertTrue(os.access(self.top / "files/run.sh", os.X_OK))

    def test_newVersion(self) -> None:
        """What was not changed is replaced, what the new version lacks goes, all else stays."""
        self.update({"server.jar": "1", "lib/old.jar": "1", "lib/x/y.jar": "1", "docs/a": "1"})
        make(self.top / "files", {"world/level.dat": "w", "lib/mod.jar": "mine", "docs/b": "b"})
        self.update({"server.jar": "2", "lib/new.jar": "2"})
        self.assertEqual(
            self.there(),
            {
                "server.jar": "2",
                "lib/new.jar": "2",
                "lib/mod.jar": "mine",
                "world/level.dat": "w",
                "docs/b": "b",
            },
        )

    def test_edited(self) -> None:
        """What a person has changed stays, and the new one lies beside it."""
        self.update({"motd.txt": "v1", "gone.txt": "v1"})
        make(self.top / "files", {"motd.txt": "mine", "gone.txt": "mine"})
        journal = self.update({"motd.txt": "v2"})
        expected = {"motd.txt": "mine", "motd.txt.new": "v2", "gone.txt": "mine"}
        self.assertEqual(self.there(), expected)
        words = "motd.txt was changed by hand and stays; the new one is motd.txt.new."
        self.assertEqual(journal.notes, (words,))
        for version in ("v3", "v3", "v4"):
            self.update({"motd.txt": version})
            self.assertEqual(self.there(), {**expected, "motd.txt.new": version})
        make(self.top / "files", {"motd.txt": "v4"})
        self.update({"motd.txt": "v5"})
        self.assertEqual(self.there(), {"motd.txt": "v5", "gone.txt": "mine"})

    def test_editedNew(self) -> None:
        """What a person has called so, or changed there, stays as well."""
        self.update({"a": "1"})
        make(self.top / "files", {"a": "mine", "a.new": "also mine"})
        self.update({"a": "2"})
        self.assertEqual(self.there(), {"a": "mine", "a.new": "also mine", "a.new.2": "2"})
        self.update({"a": "also mine"})
        self.assertEqual(self.there(), {"a": "mine", "a.new": "also mine"})

    def test_hollow(self) -> None:
        """A file that a game has made large without filling it stays, and is not read."""

        def digest(file: BinaryIO, name: str) -> object:
            self.assertLess(os.fstat(file.fileno()).st_size, 2**30)
            return before(file, name)

        before: Any = hashlib.file_digest
        self.patch(hashlib, "file_digest", digest)
        self.update({"a": "1", "b": "1"})
        for name in "ab":
            os.truncate(self.top / "files" / name, 2**40)
        notes = self.update({"a": "2"}).notes
        self.assertEqual(notes, ("a was changed by hand and stays; the new one is a.new.",))
        self.assertEqual(sorted(os.listdir(self.top / "files")), ["a", "a.new", "b"])
        for name in "ab":
            self.assertEqual((self.top / "files" / name).stat().st_size, 2**40)

    def test_sparse(self) -> None:
        """Files of which a good part, or little in all, is a hole are what they were."""
        staged = self.top / "install/staged"
        for text in (b"1", b"2"):
            for name, filled, size in (("part", 2**20, 2**25), ("small", 1, 2**23)):
                # By chance, since some file systems count what they can make small as less.
                (staged / name).write_bytes(text + os.urandom(filled - 1))
                os.truncate(staged / name, size)
            journal = self.plan()
            self.assertEqual(journal.notes, ())
            self.move().perform(journal)
        self.assertEqual((self.top / "files/part").read_bytes()[:1], b"2")

    def test_tenUpdates(self) -> None:
        """Over ten updates nothing of a person's is lost."""
        mine = {"world/region/r.0": "w", "mods/extra.jar": "m", "server.cfg": "by hand"}
        self.update({"server.cfg": "0", "game": "0"})
        make(self.top / "files", mine)
        for number in range(1, 11):
            self.update({"server.cfg": f"{number}", "game": f"{number}", f"lib/{number}": "x"})
            there = self.there()
            self.assertEqual({name: there[name] for name in mine}, mine)
            self.assertEqual(there["game"], f"{number}")
            self.assertEqual([name for name in there if name.startswith("lib/")], [f"lib/{number}"])

    def test_unknown(self) -> None:
        """A file that was there before the first installation is a person's, too."""
        make(self.top / "files", {"a": "mine", "b": "same"})
        self.update({"a": "1", "b": "same"})
        self.assertEqual(self.there(), {"a": "mine", "a.new": "1", "b": "same"})

    def test_owned(self) -> None:
        """A configuration file that the daemon writes stays; a new sample only if it is another."""
        rules = Rules(owned=("game.cfg",))
        self.update({"game.cfg": "sample"}, rules)
        make(self.top / "files", {"game.cfg": "port=1"})
        self.update({"game.cfg": "sample"}, rules)
        self.assertEqual(self.there(), {"game.cfg": "port=1"})
        self.update({"game.cfg": "newer"}, rules)
        self.assertEqual(self.there(), {"game.cfg": "port=1", "game.cfg.new": "newer"})

    def test_kept(self) -> None:
        """What the type says is to stay does, whether it was changed or is staged at all."""
        rules = Rules(kept=("*.cfg",))
        self.update({"a.cfg": "1", "b.cfg": "1"}, rules)
        self.update({"a.cfg": "2"}, rules)
        self.assertEqual(self.there(), {"a.cfg": "1", "b.cfg": "1"})

    def test_parts(self) -> None:
        """What comes in parts is one installation: nothing of an earlier part goes."""
        self.update({"a": "1", "old": "1"})
        self.update({"a": "2"}, Rules(isLast=False))
        self.assertEqual(self.there(), {"a": "2", "old": "1"})
        self.update({"b": "2"}, Rules(covered=("a",)))
        self.assertEqual(self.there(), {"a": "2", "b": "2"})

    def test_otherKinds(self) -> None:
        """A file becomes a directory, or a link; one that would lead out is refused."""
        self.update({"a": "1", "b": "1"})
        self.update({"a/c": "2", "b": "->a/c"})
        self.assertEqual(self.there(), {"a/c": "2", "b": "->a/c"})
        before = self.there()
        for leading in ({"x/l": "->../../x"}, {"l": "->/etc"}):
            self.assertRaises(Failed, self.update, leading)
        self.assertEqual(self.there(), before)

    def test_inTheWay(self) -> None:
        """Nothing is written through a link; what a link or file is in the way of is named."""
        (self.top / "outside").mkdir()
        make(self.top / "files", {"mods": "->../outside", "plugins": "a file"})
        for path in ("mods/a.jar", "plugins/a.jar"):
            error = self.assertRaises(Failed, self.update, {"z": "1", path: "1"})
            self.assertIn("in its way", str(error))
        self.assertEqual(self.there(), {"mods": "->../outside", "plugins": "a file"})
        self.assertEqual(os.listdir(self.top / "outside"), [])

    def test_names(self) -> None:
        """Names that are not UTF-8 are files as others are."""
        name = os.fsdecode(b"caf\xe9")
        self.update({name: "1", "a": "1"})
        self.assertEqual(self.there(), {name: "1", "a": "1"})
        self.update({"a": "2"})
        self.assertEqual(self.there(), {"a": "2"})

    def test_damagedManifest(self) -> None:
        """Where it is not known what was installed, everything is a person's."""
        self.update({"a": "1", "b": "1"})
        (self.top / "install/manifest").write_text("{")
        self.update({"a": "2"})
        self.assertEqual(self.there(), {"a": "1", "a.new": "2", "b": "1"})

    def test_strangeManifest(self) -> None:
        """The same where a game has put something else in its place, of whatever kind and size."""
        install = self.top / "install"
        (self.top / "outside").write_text('{"a": "1"}')
        for name in strange(install / "manifest", self.top / "outside"):
            self.assertEqual(loadManifest(str(install)), {}, name)
            self.update({"a": "1"})
            self.assertEqual(list(loadManifest(str(install))), ["a"], name)
        self.assertEqual((self.top / "outside").read_text(), '{"a": "1"}')

    def test_leadingOutManifest(self) -> None:
        """A manifest can't name what is elsewhere, or what no file is called."""
        for path in ("../outside", "a/../../outside", "nul\0", "\ud800"):
            content = json.dumps({path: "1"})
            (self.top / "install/manifest").write_text(content)
            self.assertEqual(loadManifest(str(self.top / "install")), {}, path)

    def test_strangeNew(self) -> None:
        """What a game has put where files are written is not written through."""
        (self.top / "outside").write_text("mine")
        for number, file in enumerate(("journal.new", "manifest.new", "aside")):
            there = self.top / "install" / file
            for name in strange(there, self.top / "outside"):
                text = f"{number} {name}"
                self.update({"a": text})
                self.assertEqual(self.there(), {"a": text})
                self.assertFalse(os.path.lexists(there), text)
        self.assertEqual((self.top / "outside").read_text(), "mine")


class JournalTests(MoveTests):
    def setUp(self) -> None:
        super().setUp()
        self.outside = self.top / "outside"
        self.outside.write_text('{"operations": [["take", "mine", ""]], "manifest": {}}')
        make(self.top, {"files/mine": "1", "install/aside/0": "2"})

    def check(self, name: str, what: str) -> None:
        """Nobody goes on with that journal, and nothing is lost."""
        error = self.assertRaises(Failed, self.move().recover)
        self.assertIn(
            f"the file install/{name} beside the server's directory is damaged", str(error), what
        )
        self.assertEqual(self.there(), {"mine": "1"}, what)
        self.assertTrue(os.path.lexists(self.top / "install" / name), what)
        self.assertEqual((self.top / "install/aside/0").read_text(), "2", what)

    def test_strange(self) -> None:
        """Where a game has put something in the place of a journal that is said."""
        for name in ("journal", "undoing"):
            for what in strange(self.top / "install" / name, self.outside):
                self.check(name, what)

    def test_unread(self) -> None:
        """One that can't be read now is not damaged, nor is a manifest; another try may do."""
        (self.top / "install/journal").write_text("{}")
        (self.top / "install/manifest").write_text('{"mine": "x"}')

        def fail(*arguments: object) -> object:
            raise OSError(errno.EIO, os.strerror(errno.EIO))

        self.patch(confined, "openPlain", fail)
        error = self.assertRaises(OSError, self.move().recover)
        self.assertEqual(error.errno, errno.EIO)
        self.assertRaises(OSError, loadManifest, str(self.top / "install"))

    def test_operations(self) -> None:
        """A journal of which anything is unknown, or leads elsewhere, is none."""
        journal = self.top / "install/journal"
        for operation in (
            ["destroy", "mine", ""],
            ["\udcff", "mine", ""],
            ["take", "mine"],
            ["take", "mine", 1],
            ["take", "../outside", ""],
            ["put", "mine", "../../outside"],
            ["take", "nul\0", ""],
            ["take", "\ud800", ""],
        ):
            written = {"operations": [["take", "mine", ""], operation], "manifest": {}}
            journal.write_text(json.dumps(written))
            self.check("journal", str(operation))


class PlaceTests(MoveTests):
    def setUp(self) -> None:
        super().setUp()
        self.top = self.top.absolute()
        bringer: Any = None
        places = (str(self.top / "install"), str(self.top / "files"))
        self.place = InstallPlace(*places, (), (), self.fail, bringer)
        self.place.begin()

    def test_strangeMark(self) -> None:
        """What a game has put where it is marked that a server is half updated is not opened."""
        outside = self.top / "outside"
        outside.write_text("mine")
        half = self.top / "install/half"
        for name in strange(half, outside):
            make(Path(self.place.staging), {"a": name})
            self.place.settle()
            self.assertEqual(os.lstat(half).st_size, 0, name)
            self.assertTrue(stat.S_ISREG(os.lstat(half).st_mode), name)
        for name in strange(half, outside):
            self.place.finish()
            self.assertFalse(os.path.lexists(half), name)
        self.assertEqual(outside.read_text(), "mine")

    def test_home(self) -> None:
        """A server's directory is made anew where the game has removed it, and no link followed."""
        home = self.top / "files"
        home.rmdir()
        self.place.make(None)
        self.assertEqual(stat.S_IMODE(home.stat().st_mode), 0o700)
        home.rename(self.top / "other")
        home.symlink_to("other")
        error = self.assertRaises(Failed, self.place.make, None)
        self.assertIn("The directory of its files can't be opened", str(error))

    def test_deep(self) -> None:
        """However deep it is what is staged, the next update begins with nothing."""
        nest(self.place.staging)
        self.addCleanup(confined.discard, self.place.staging)
        self.place.begin()
        self.assertEqual(os.listdir(self.place.staging), [])


class RecoveringTests(MoveTests):
    def recover(self) -> str:
        """Have a worker finish what another was in the middle of; why it gives up, if it does."""
        top = str(self.top.absolute())
        job = f"{top}/job"
        task = {"recover": True, "account": None, "directory": top, "home": f"{top}/files"}
        files.make(job, "update", {**task, "outcome": {}}).close()
        done = subprocess.run(
            [sys.executable, "-m", "gamepanel.worker", job],
            cwd=job,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
            capture_output=True,
            text=True,
        )
        self.assertEqual(done.returncode, 1 if done.stderr else 0)
        return done.stderr

    def test_damaged(self) -> None:
        """That a journal is damaged is said in words."""
        (self.top / "install/journal").write_text("{}")
        self.assertIn("journal beside the server's directory is damaged", self.recover())

    def test_deep(self) -> None:
        """However deep it is what is staged, it goes when all is done."""
        (self.top / "install/journal").write_text('{"operations": [], "manifest": {}}')
        nest(str(self.top / "install/staged"))
        self.addCleanup(confined.discard, str(self.top / "install/staged"))
        self.assertEqual(self.recover(), "")
        self.assertEqual(os.listdir(self.top / "install"), ["manifest"])


class DeepTests(SynchronousTestCase):
    def test_moved(self) -> None:
        """Directories that are nested deep are made each from the one before."""
        deep = "/".join("d" * 100)
        make(Path(self.source), {f"{deep}/end": "1"})
        install = os.path.abspath(self.mktemp())
        os.mkdir(install)
        opened, real = [], os.open

        def count(*given: Any, **more: Any) -> int:
            opened.append(given)
            return real(*given, **more)

        journal = plan(self.target, self.source, {}, Rules())
        self.patch(os, "open", count)
        Move(install, self.target, self.source).perform(journal)
        self.assertLess(len(opened), 1000)
        self.assertTrue(os.path.isfile(f"{self.target}/{deep}/end"))

    def setUp(self) -> None:
        self.source, self.target = (os.path.abspath(self.mktemp()) for _ in range(2))
        for path in (self.source, self.target):
            os.mkdir(path)
            self.addCleanup(confined.remove, path)

    def test_order(self) -> None:
        """All that is in a directory is told of, each directory before what is in it."""
        make(Path(self.source), {"b/c": "1", "a": "1", "d": "->b", "b/e/f": "1"})
        modes = {path: stat.S_IFMT(status.st_mode) for path, status in walk(self.source)}
        self.assertEqual(list(modes), ["b", "a", "d", "b/e", "b/c", "b/e/f"])
        self.assertEqual(modes["d"], stat.S_IFLNK)

    def test_removed(self) -> None:
        """A step removes what it is told to, however deep it is, and follows no link."""
        nest(f"{self.source}/a/d")
        make(Path(self.target), {"kept": "1"})
        make(Path(self.source), {"a/link": f"->{self.target}", "link": f"->{self.target}"})
        self.assertRaises(OSError, tree.remove, self.source, "link/kept")
        for path in ("a", "link"):
            tree.remove(self.source, path)
        self.assertEqual((os.listdir(self.source), os.listdir(self.target)), ([], ["kept"]))

    def copy(self, limit: int = 0) -> int:
        """Copy the source; how many bytes that takes."""
        found = room(self.target, limit)
        with opened(*located(self.source)) as source:
            copyTree(source.directory, self.target, found)
        return found.taken

    def test_copied(self) -> None:
        """Directories are copied however deep they are nested."""
        nest(self.source)
        self.copy()
        self.assertEqual(sum(1 for _ in walk(self.target)), depth)

    def test_holes(self) -> None:
        """A copy of a file with holes has them, too, and takes no more of the disk."""
        data = os.urandom(8192)
        with open(f"{self.source}/large", "wb") as file:
            for start in (0, 2**30, 2**40 - 8192):
                file.seek(start)
                file.write(data)
        os.truncate(f"{self.source}/large", 2**40)
        Path(self.source, "hollow").touch()
        os.truncate(f"{self.source}/hollow", 2**40)
        self.assertEqual(self.copy(limit=10 * 4096), 3 * 8192)
        self.assertEqual(os.stat(f"{self.target}/hollow").st_size, 2**40)
        with open(f"{self.target}/large", "rb") as file:
            for start in (0, 2**30, 2**40 - 8192):
                file.seek(start)
                self.assertEqual(file.read(8192), data)
        status = os.stat(f"{self.target}/large")
        self.assertEqual(status.st_size, 2**40)
        self.assertLess(status.st_blocks * 512, 2**20)

    def test_limit(self) -> None:
        """A copy takes no more of the disk than its server may: looked at within a file, too."""
        Path(self.source, "large").write_bytes(b"x" * 2**23)
        error = self.assertRaises(Failed, self.copy, 2**22)
        self.assertIn("It takes more of the disk than the server may: 4 MiB.", str(error))
        self.assertLessEqual(os.stat(f"{self.target}/large").st_size, 2**22)
        shutil.rmtree(self.target)
        os.mkdir(self.target)
        for number in range(8):
            Path(self.source, f"small{number}").write_bytes(b"x")
        os.unlink(f"{self.source}/large")
        self.assertRaises(Failed, self.copy, 7 * 4096)

    def test_hardLinks(self) -> None:
        """No file of another user is copied that somebody may have linked to; their own are."""
        for name in ("mine", "theirs"):
            Path(self.source, name).write_text(name)
            os.link(f"{self.source}/{name}", f"{self.source}/{name}2")
        self.copy()
        self.assertEqual(sorted(os.listdir(self.target)), ["mine", "mine2", "theirs", "theirs2"])
        needRoot("give a file to somebody else")
        os.chown(f"{self.source}/theirs", 65534, 65534)
        shutil.rmtree(self.target)
        os.mkdir(self.target)
        error = self.assertRaises(Failed, self.copy)
        self.assertIn("theirs has another name elsewhere (a hard link)", str(error))
        self.assertNotIn("theirs", os.listdir(self.target))

    def test_otherDirectory(self) -> None:
        """What has been put in the place of the directory that was asked for is not opened."""
        top = Path(self.source)
        for name in ("theirs/old", "secret/old"):
            (top / name).mkdir(parents=True)
        asked = located(f"{self.source}/theirs/old")
        (top / "theirs").rename(top / "moved")
        for put in ("->secret", None):
            make(top, {"theirs": put})
            with self.assertRaises(Failed), opened(*asked):
                pass
            confined.discard(f"{self.source}/theirs")
        (top / "theirs").mkdir()
        (top / "secret/old").rename(top / "theirs/old")
        with self.assertRaises(Failed) as caught, opened(*asked):
            pass
        self.assertIn("there is another one by now", str(caught.exception))

    def test_copiedAgain(self) -> None:
        """What an earlier copy has left goes, however deep it is."""
        directory = os.path.abspath(self.mktemp())
        nest(f"{directory}/copy")
        self.addCleanup(confined.remove, directory)
        os.mkdir(f"{directory}/files")
        make(Path(self.source), {"a": "1"})
        with opened(*located(self.source)) as source:
            _copy(source.directory, directory, f"{directory}/files", None, room(directory))
        self.assertEqual(os.listdir(directory), ["files"])
        self.assertEqual(read(Path(directory, "files")), {"a": "1"})

    def test_manifest(self) -> None:
        """What was installed is known of a copy, unless something else is in that place."""
        place = Path(self.source, "manifest")
        place.write_text('{"a": "1"}')
        _copyManifest(str(place), self.target, None)
        self.assertEqual(loadManifest(self.target), {"a": "1"})
        os.unlink(f"{self.target}/manifest")
        (Path(self.source) / "other").write_text('{"a": "1"}')
        for name in strange(place, Path(self.source, "other")):
            _copyManifest(str(place), self.target, None)
            self.assertEqual(os.listdir(self.target), [], name)

    def test_unreadable(self) -> None:
        """What can't be read is not left out silently."""

        def denied(path: str, flags: int, *, dir_fd: int | None = None) -> int:
            if path == "b":
                raise PermissionError(13, "no")
            return before(path, flags, dir_fd=dir_fd)

        make(Path(self.source), {"a/b/c": "1"})
        before = os.open
        self.patch(os, "open", denied)
        self.assertRaises(PermissionError, list, walk(self.source))


class CrashTests(MoveTests):
    """What is found after a crash at each step is a copy that was made there."""

    before: Tree = {
        "keep": "world",
        "game": "1",
        "edited": "mine",
        "old/only/x": "1",
        "becomes": "1",
        "edited.new": "1",
    }
    staged: Tree = {
        "game": "2",
        "edited": "2",
        "new/deep/a": "2",
        "becomes/dir": "2",
        "empty": None,
        "link": "->game",
    }
    after: Tree = {
        "keep": "world",
        "game": "2",
        "edited": "mine",
        "edited.new": "2",
        "new/deep/a": "2",
        "becomes/dir": "2",
        "empty": None,
        "link": "->game",
    }

    def setUp(self) -> None:
        super().setUp()
        self.update({"game": "1", "edited": "0", "old/only/x": "1", "becomes": "1"})
        make(self.top / "files", {"keep": "world", "edited": "mine"})
        self.update({"game": "1", "edited": "1", "old/only/x": "1", "becomes": "1"})
        self.assertEqual(self.there(), self.before)
        shutil.rmtree(self.top / "install/staged")
        make(self.top / "install/staged", self.staged)

    def snapshots(self) -> list[Path]:
        """A copy of all at each step of the move."""
        made: list[Path] = []

        def stepped() -> None:
            copy = Path(f"{self.top}-{len(made)}")
            # Hard links are links in the copy, too.
            subprocess.run(["cp", "-a", self.top, copy], check=True)
            made.append(copy)

        self.move(stepped=stepped).perform(self.plan())
        self.assertEqual(self.there(), self.after)
        self.assertGreater(len(made), 15)
        return made

    def test_finished(self) -> None:
        """Once the journal is written the next worker finishes; before, nothing has happened."""
        hasBegun = False
        for copy in self.snapshots():
            isWritten = (copy / "install/journal").exists()
            manifest = loadManifest(str(copy / "install"))
            hasBegun = hasBegun or isWritten
            self.assertEqual(self.move(copy).recover(), isWritten)
            self.assertEqual(read(copy / "files"), self.after if hasBegun else self.before)
            if hasBegun:
                manifest = loadManifest(str(self.top / "install"))
            self.assertEqual(loadManifest(str(copy / "install")), manifest)
            self.assertFalse((copy / "install/journal").exists())

    def test_undone(self) -> None:
        """As long as the journal is there all can be undone, also if that is interrupted."""
        for copy in self.snapshots():
            if not (copy / "install/journal").exists():
                self.move(copy).undo()
                continue
            if (
                loadManifest(str(copy / "install")).get("game")
                == loadManifest(str(self.top / "install"))["game"]
            ):
                # The new manifest stands: it is done.
                continue
            steps: list[Path] = []

            def stepped(copy: Path = copy, steps: list[Path] = steps) -> None:
                again = Path(f"{copy}-{len(steps)}")
                subprocess.run(["cp", "-a", copy, again], check=True)
                steps.append(again)

            self.move(copy, stepped=stepped).undo()
            self.assertEqual(read(copy / "files"), self.before)
            for again in (steps[0], steps[len(steps) // 2], steps[-1]):
                self.assertFalse(self.move(again).recover())
                self.assertEqual(read(again / "files"), self.before)

    def test_failure(self) -> None:
        """A failure of the disk in the middle of it can be undone."""

        class Broken(Exception):
            """It fails."""

        for last in (3, 6, 9):
            count = 0

            def stepped(last: int = last) -> None:
                nonlocal count
                count += 1
                if count == last:
                    raise Broken

            move = self.move(stepped=stepped)
            self.assertRaises(Broken, move.perform, self.plan())
            self.move().undo()
            self.assertEqual(self.there(), self.before)
            shutil.rmtree(self.top / "install/staged")
            make(self.top / "install/staged", self.staged)

    def test_noLinks(self) -> None:
        """Where files can't have two names they are set aside by moving them."""

        def link(*arguments: object, **more: object) -> None:
            raise PermissionError(1, "no")

        self.patch(os, "link", link)
        self.test_finished()

    def test_rules(self) -> None:
        """What has been taken over by a journal is what its rules said then."""
        journal = self.plan(evolve(usual, kept=("game",)))
        self.assertNotIn("game", [operation.path for operation in journal.operations])
