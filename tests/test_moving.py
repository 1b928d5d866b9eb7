"""Staged files come into a server's directory: all or none, and no file of a person is lost."""

import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

from attrs import evolve
from twisted.trial.unittest import SynchronousTestCase

from gamepanel.jobs.worker.moving import Move, loadManifest
from gamepanel.jobs.worker.planning import Journal, Rules, plan
from gamepanel.jobs.worker.report import Failed

usual = Rules()

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
        for tree in ({"x/l": "->../../x"}, {"l": "->/etc"}):
            self.assertRaises(Failed, self.update, tree)
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
