"""What is left of servers that are no more: consoles within bounds, files for ever."""

import os
import shutil
from pathlib import Path

from twisted.trial.unittest import SynchronousTestCase

from gamepanel.servers import kept
from gamepanel.servers import storedlife as life
from gamepanel.servers.lifefile import save
from gamepanel.servers.state import Stopped
from gamepanel.servers.storedlife import Record, Run
from tests.support import Daemon

day = 24 * 3600.0
now = 1_800_000_000.0
run = Run("boot", 0, 0.0, 0.0, "/home", (), None, 0.0, over=True)


class PruneTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.removed = Path(self.mktemp())
        self.removed.mkdir()
        self.patch(kept, "maxBytes", 30 * 4096)

    def put(self, id: str, age: float, blocks: int = 1, hasRun: bool = True) -> Path:
        """What is left of a server: so many blocks of a console, and so many seconds old."""
        directory = self.removed / f"{id}-{int((now - age) * 1e9)}"
        (directory / "files").mkdir(parents=True)
        (directory / "console").write_bytes(b"x" * 4096 * blocks)
        record = Record("boot", 0, Stopped(), run if hasRun else None)
        save(str(directory / "life"), record)
        return directory

    def prune(self) -> None:
        """Look once."""
        kept.prune(str(self.removed), now)

    def test_age(self) -> None:
        """After 30 days a console goes; files that people kept never do, nor what else is there."""
        young, old = self.put("young", 29 * day), self.put("old", 31 * day)
        for directory in (young, old):
            (directory / "files/world").write_text("mine")
            (directory / "notes").write_text("mine, too")
        (self.removed / "mine").write_text("mine")
        (self.removed / "link").symlink_to(self.mktemp())
        self.prune()
        self.assertTrue((young / "console").exists())
        self.assertEqual(sorted(os.listdir(old)), ["files", "notes"])
        self.assertEqual((old / "files/world").read_text(), "mine")
        self.assertEqual(len(os.listdir(self.removed)), 4)

    def test_size(self) -> None:
        """Beyond so much of the disk the oldest go, and leave nothing where there are no files."""
        places = [self.put(f"s{number}", number * day, blocks=10) for number in range(5)]
        self.prune()
        self.assertEqual([place.exists() for place in places], [True] * 3 + [False] * 2)

    def test_gone(self) -> None:
        """What is deleted meanwhile, as a job does it, holds up nothing else."""
        gone, old = self.put("gone", 0, hasRun=False), self.put("old", 31 * day)
        load = life.load

        def delete(path: str) -> Record | None:
            shutil.rmtree(gone, ignore_errors=True)
            return load(path)

        self.patch(life, "load", delete)
        self.prune()
        self.assertFalse(gone.exists() or old.exists())

    def test_neverRan(self) -> None:
        """The console of what has never run goes at once."""
        place = self.put("new", 0, hasRun=False)
        (place / "files/world").write_text("mine")
        (self.put("unknown", 0) / "life").write_text("{")
        self.prune()
        self.assertEqual(os.listdir(place), ["files"])
        self.assertEqual(len(os.listdir(self.removed)), 2)


class DaemonTests(SynchronousTestCase):
    def test_destroyed(self) -> None:
        """Servers that are made and destroyed without a run leave nothing on the disk."""
        daemon = Daemon()
        self.addCleanup(daemon.cleanUp)
        client = daemon.start()
        removed = Path(daemon.state, "removed")
        for number in range(3):
            client("server_create", type="shell", server="a")
            if number == 2:
                (Path(daemon.state) / "servers/a/files/world").write_text("mine")
            client("server_destroy", server="a")
        client.wait(lambda: len([*removed.rglob("*")]) == 3, "the end of all else")
        [found] = [each for each in removed.rglob("*") if each.is_file()]
        self.assertEqual(found.read_text(), "mine")
