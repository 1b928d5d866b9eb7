"""What tests of the workers of backups share: a server's directory, a store, and jobs."""

import os
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import msgspec
from twisted.trial.unittest import SynchronousTestCase

from gamepanel.backups.directorystore import DirectoryStore, claim, markName
from gamepanel.backups.index import Reading, readHeader
from gamepanel.backups.selection import Selection
from gamepanel.backups.values import Backup, Entry, Header
from gamepanel.disk import confined
from gamepanel.disk.pathtext import storable
from gamepanel.jobs import files
from gamepanel.jobs.progress import read
from gamepanel.worker.backups.copier import Place
from tests.support import patience

isSlow = True
"""Each job has a process of its own, which takes longer to begin than most tests take."""

Described = dict[str, tuple[Any, ...]]


def described(home: Path) -> Described:
    """
    All that is in a directory: for each path its kind, mode, time, content, and whether it has
    holes; what has several names has a number.
    """
    found: Described = {}
    numbers: dict[tuple[int, int], int] = {}
    for place, directories, others in os.walk(os.fsencode(home)):
        directories.sort()
        for name in sorted((*directories, *others)):
            whole = os.path.join(place, name)
            status = os.lstat(whole)
            mode = status.st_mode
            about: tuple[Any, ...] = (oct(mode), status.st_mtime_ns)
            if stat.S_ISLNK(mode):
                about += (os.readlink(whole),)
            elif stat.S_ISREG(mode):
                several = None
                if status.st_nlink > 1:
                    several = numbers.setdefault((status.st_dev, status.st_ino), len(numbers))
                hasHoles = status.st_size > 1 << 20 and status.st_blocks * 512 < status.st_size // 2
                with open(whole, "rb") as file:
                    content = file.read() if status.st_size < 1 << 24 else status.st_size
                about += (content, several, hasHoles)
            found[os.fsdecode(os.path.relpath(whole, os.fsencode(home)))] = about
    return found


class BackupCase(SynchronousTestCase):
    """
    A server's directory, a store, and jobs.

    @ivar account: numbers of the game's user and group; None where that is the daemon's.
    """

    account: tuple[int, int] | None = None

    def setUp(self) -> None:
        self.top = Path(self.mktemp()).absolute()
        # What is nested deep nobody else can.
        self.addCleanup(lambda: confined.discard(str(self.top)))
        self.directory = self.top / "server"
        self.home = self.directory / "files"
        self.home.mkdir(parents=True)
        self.storePath = self.top / "store"
        self.mark = claim(str(self.storePath), "ours")
        self.store = DirectoryStore(str(self.storePath), self.mark)
        self.count = 0

    def write(self, **files: str) -> None:
        """Write files of a server, by their paths with C{_} in the place of slashes."""
        for name, text in files.items():
            path = self.home / name.replace("_", "/")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)

    def texts(self) -> dict[str, str]:
        """All files of the server, with what is in them."""
        return {
            path.relative_to(self.home).as_posix(): path.read_text()
            for path in sorted(self.home.rglob("*"))
            if path.is_file()
        }

    def begin(self, kind: str, **task: Any) -> subprocess.Popen[bytes]:
        """Start the worker of a job."""
        self.count += 1
        self.job = self.top / f"job{self.count}"
        place = Place(str(self.directory), str(self.home), self.account)
        own = {
            "store": {
                "path": storable(str(self.storePath)),
                "mark": msgspec.to_builtins(self.mark),
            },
            "place": storable(msgspec.to_builtins(place)),
        }
        files.make(str(self.job), kind, {**own, **task}).close()
        root = os.path.dirname(os.path.dirname(os.path.dirname(__file__)))
        worker = subprocess.Popen(
            [sys.executable, "-m", "gamepanel.worker", "."],
            cwd=self.job,
            env={**os.environ, "PYTHONPATH": root},
            stdout=open(self.job / "printed", "wb"),  # noqa: SIM115
            stderr=subprocess.STDOUT,
        )
        self.addCleanup(worker.wait)
        self.addCleanup(worker.kill)
        return worker

    def progress(self) -> Any:
        """How far the job is."""
        with files.openProgress(str(self.job)) as memory, memoryview(memory) as view:
            return read(view)

    def ends(self, worker: subprocess.Popen[bytes]) -> str | None:
        """The code of why a job has failed; None when it is done."""
        code = worker.wait(patience)
        found = self.progress()
        if code == 0 and found.error is None:
            return None
        self.assertIsNotNone(found.cause, (self.job / "printed").read_bytes().decode())
        return str(found.cause.code)

    def beginBackup(self, name: str = "one", **task: Any) -> subprocess.Popen[bytes]:
        """Start a backup."""
        selection = task.pop("selection", Selection())
        header = Header(Backup(7, "survival", "minetest", 1.5), selection=selection)
        given = {"name": name, "runs": False, "left": None, "limit": 0, **task}
        return self.begin("backup", header=msgspec.to_builtins(header), **given)

    def backUp(self, name: str = "one", **task: Any) -> Header:
        """Make a backup, and see what is known of it."""
        self.assertIsNone(self.ends(self.beginBackup(name, **task)))
        with self.store.index(name) as file:
            return readHeader(file)

    def entries(self, name: str = "one") -> dict[str, Entry]:
        """What is in a backup."""
        with self.store.index(name) as file:
            return dict(Reading(file, readHeader(file)).entries())

    def beginRestore(self, name: str = "one", **task: Any) -> subprocess.Popen[bytes]:
        """Start a restore."""
        given = {"name": name, "paths": [], "keepOthers": False, "limit": 0, **task}
        return self.begin("restore", **given)

    def restore(self, name: str = "one", **task: Any) -> None:
        """Restore a backup; nothing else is left of that."""
        self.assertIsNone(self.ends(self.beginRestore(name, **task)))
        self.assertFalse((self.directory / "restore").exists())

    def failsToRestore(self, name: str = "one", **task: Any) -> str | None:
        """Why one can't be restored; nothing has changed by that."""
        before = described(self.home)
        code = self.ends(self.beginRestore(name, **task))
        self.assertEqual(described(self.home), before)
        self.assertFalse((self.directory / "restore").exists())
        return code

    def stored(self) -> list[str]:
        """What lies in the store beside its own file."""
        return sorted(each.name for each in self.storePath.iterdir() if each.name != markName)
