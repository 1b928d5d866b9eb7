"""Making and verifying backups, each in a process of its own, as the daemon runs it."""

import io
import os
import random
import shutil
import signal
import socket
import sqlite3
import subprocess
import time
from contextlib import redirect_stdout
from pathlib import Path

from gamepanel.backups.directorystore import claim, markName
from gamepanel.backups.index import readHeader
from gamepanel.backups.selection import Selection
from gamepanel.jobs.report import Failed, Report
from gamepanel.worker.backups.copier import Frames
from gamepanel.worker.backups.databases import copyDatabase
from gamepanel.worker.backups.reading import Reader, maxPath
from gamepanel.worker.backups.verify import check
from gamepanel.worker.unpack.zstd import zstd
from tests.support import patience
from tests.worker.backupcase import BackupCase, described


def randomTree(home: Path, chance: random.Random) -> None:
    """Fill a directory with whatever games leave, and with what they should not."""
    names = [b"a", b"b.dat", b"\xff\xfe", "ü\n".encode(), b"n" * 255, b"-x", b" ", b"'\"\\"]
    places = [os.fsencode(home)]
    made: list[bytes] = []
    for _ in range(60):
        path = os.path.join(chance.choice(places), chance.choice(names))
        if os.path.lexists(path) or len(path) > 3_000:
            continue
        kind = chance.randrange(7)
        if kind < 2:
            os.mkdir(path)
            places.append(path)
        elif kind == 2:
            os.symlink(chance.choice([b"/etc/passwd", b"../../x", b"\xff", b"a" * 300]), path)
        elif kind == 3 and made:
            os.link(chance.choice(made), path)
        else:
            size = chance.choice([0, 1, 511, 512, 513, 70_000, (1 << 20) + 7])
            with open(path, "wb") as file:
                file.write(chance.randbytes(size))
                if chance.randrange(4) == 0:
                    file.seek((3 << 20) + 13, os.SEEK_CUR)
                    file.write(b"x" * chance.choice([0, 5]))
                    file.truncate(file.tell() + chance.choice([0, 4 << 20]))
            made.append(path)
    modes = 0o600, 0o644, 0o755, 0o500, 0o700, 0o1777
    for path in (*made, *places[:0:-1]):
        # Whoever runs this gets into every directory, and can remove it.
        least = 0o700 if os.path.isdir(path) else 0
        os.chmod(path, chance.choice(modes) | least)
        os.utime(path, ns=(1, chance.randrange(1, 2**60)))


class BackupTests(BackupCase):
    """What is in a backup, and what comes of one that can't be made."""

    def test_back(self) -> None:
        """What comes out is what went in: bytes, modes, times, links, holes, names."""
        for seed in range(4):
            with self.subTest(seed=seed):
                shutil.rmtree(self.home)
                self.home.mkdir()
                randomTree(self.home, random.Random(seed))
                before = described(self.home)
                header = self.backUp(f"tree{seed}")
                self.assertTrue(header.backup.complete)
                self.assertEqual(set(self.entries(f"tree{seed}")), set(before))
                self.assertIsNone(self.ends(self.begin("verify", name=f"tree{seed}")))
                shutil.rmtree(self.home)
                self.home.mkdir()
                (self.home / "later").write_text("gone then")
                self.restore(f"tree{seed}")
                self.assertEqual(described(self.home), before)

    def test_tar(self) -> None:
        """Any tar can unpack an archive, the holes of files too."""
        (self.home / "world").mkdir()
        (self.home / "world" / ("x" * 120)).write_text("level")
        os.link(self.home / "world" / ("x" * 120), self.home / "world" / "y")
        with open(self.home / "map", "wb") as file:
            file.write(b"a" * 4096)
            file.truncate(64 << 20)
            file.seek(32 << 20)
            file.write(b"b" * 4096)
        before = {path: about[2:] for path, about in described(self.home).items()}
        self.backUp()
        shutil.rmtree(self.home)
        self.home.mkdir()
        plain = self.top / "one.tar"
        with self.store.archive("one") as file, open(plain, "wb") as out:
            shutil.copyfileobj(zstd.ZstdFile(file), out)
        subprocess.run(["tar", "-xf", plain], cwd=self.home, check=True)
        after = {path: about[2:] for path, about in described(self.home).items()}
        self.assertEqual(after, before)

    def test_deep(self) -> None:
        """Directories may be nested without end."""
        here = os.open(self.home, os.O_RDONLY | os.O_DIRECTORY)
        for _ in range(400):
            os.mkdir("deep", dir_fd=here)
            inner = os.open("deep", os.O_RDONLY | os.O_DIRECTORY, dir_fd=here)
            os.close(here)
            here = inner
        with open(os.open("end", os.O_WRONLY | os.O_CREAT, dir_fd=here), "w") as file:
            file.write("deepest")
        os.close(here)
        self.assertEqual(self.backUp().backup.files, 1)
        self.restore()
        self.assertEqual(len(self.entries()), 401)

    def test_tooDeep(self) -> None:
        """Directories whose paths are too long are left out, and that is told."""
        (self.home / "beside").write_text("there")
        here = os.open(self.home, os.O_RDONLY | os.O_DIRECTORY)
        for _ in range(300):
            os.mkdir(b"\xff" * 255, dir_fd=here)
            inner = os.open(b"\xff" * 255, os.O_RDONLY | os.O_DIRECTORY, dir_fd=here)
            os.close(here)
            here = inner
        os.close(here)
        backup = self.backUp().backup
        self.assertEqual((backup.complete, len(backup.changed), backup.files), (False, 1, 1))
        self.assertEqual(len(self.entries()), 1 + maxPath // 256)
        self.assertIn("its path is too long", (self.job / "printed").read_text())
        self.assertEqual(self.ends(self.beginRestore(paths=["beside"])), "restore_in_the_way")
        self.restore()
        self.assertEqual((self.home / "beside").read_text(), "there")

    def test_selected(self) -> None:
        """Only what is selected is there, and the directories that it is in."""
        for path in ("world/a", "world/logs/b", "conf/c.json", "conf/c.txt", "other/d"):
            (self.home / path).parent.mkdir(parents=True, exist_ok=True)
            (self.home / path).write_text(path)
        self.backUp(selection=Selection(("world", "conf/*.json"), ("world/logs",)))
        self.assertEqual(set(self.entries()), {"world", "world/a", "conf", "conf/c.json"})

    def test_odd(self) -> None:
        """Pipes and sockets are left out, and named in the log."""
        os.mkfifo(self.home / "pipe")
        with socket.socket(socket.AF_UNIX) as bound:
            here = os.open(self.home, os.O_RDONLY)
            bound.bind(f"/proc/self/fd/{here}/socket")
            os.close(here)
            self.assertTrue(self.backUp().backup.complete)
        self.assertEqual(self.entries(), {})
        self.assertIn("pipe is left out", (self.job / "printed").read_text())

    def test_changing(self) -> None:
        """A file that changes all the time is there as it was last, and named."""
        path = self.home / "map"
        with open(path, "wb") as file:
            file.truncate(48 << 20)
            for number in range(48):
                file.seek(number << 20)
                file.write(b"a" * (1 << 20))
        with open(path, "r+b") as file:
            worker = self.beginBackup()
            while worker.poll() is None:
                for place in (0, 24 << 20, 47 << 20):
                    file.seek(place)
                    file.write(os.urandom(16))
                    file.flush()
            self.assertIsNone(self.ends(worker))
        with self.store.index("one") as index:
            about = readHeader(index).backup
        self.assertEqual((about.complete, about.changed), (False, ("map",)))
        self.assertIsNone(self.ends(self.begin("verify", name="one")))
        self.restore()
        self.assertEqual(path.stat().st_size, 48 << 20)

    def test_grows(self) -> None:
        """A file that only grows is whole."""
        with open(self.home / "log", "ab") as file:
            worker = self.beginBackup()
            while worker.poll() is None:
                file.write(b"line\n" * 100)
                file.flush()
                time.sleep(0.001)
            self.assertIsNone(self.ends(worker))
        with self.store.index("one") as index:
            self.assertTrue(readHeader(index).backup.complete)

    def test_limits(self) -> None:
        """One that takes more than it may is not made."""
        (self.home / "map").write_bytes(os.urandom(4 << 20))
        code = self.ends(self.beginBackup(left=1 << 20, limit=1 << 20))
        self.assertEqual((code, self.stored()), ("backup_over_limit", []))

    def test_otherStore(self) -> None:
        """Nothing is written where another's store is, or none."""
        (self.home / "map").write_text("map")
        claim(str(self.storePath), "theirs")
        self.assertEqual(self.ends(self.beginBackup()), "store_of_other")
        os.unlink(self.storePath / markName)
        self.assertEqual(self.ends(self.beginBackup()), "store_missing")
        self.assertEqual(self.stored(), [])

    def test_cancelled(self) -> None:
        """Nothing is left of one that is cancelled."""
        with open(self.home / "map", "wb") as file:
            for _ in range(48):
                file.write(os.urandom(1 << 20))
        worker = self.beginBackup()
        end = time.monotonic() + patience
        while not self.stored() and time.monotonic() < end:
            time.sleep(0.01)
        worker.send_signal(signal.SIGTERM)
        worker.wait(patience)
        self.assertIn(self.stored(), ([], ["one.index", "one.tar.zst"]))

    def test_damaged(self) -> None:
        """No bit of an archive can be another without being found, nor can one of the two go."""
        (self.home / "map").write_bytes(os.urandom(5_000))
        self.backUp()
        path = self.storePath / "one.tar.zst"
        whole = path.read_bytes()
        chance = random.Random(5)
        for _ in range(200):
            data = bytearray(whole)
            data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
            path.write_bytes(data)
            with redirect_stdout(io.StringIO()) as log:
                self.assertRaises(Failed, check, self.store, "one", Report(lambda progress: None))
            self.assertRegex(log.getvalue(), "^the backup is damaged: .*archive")
        path.write_bytes(data)
        self.assertEqual(self.ends(self.begin("verify", name="one")), "backup_damaged")
        path.write_bytes(whole[:-1])
        self.assertEqual(self.failsToRestore(), "backup_damaged")
        path.unlink()
        self.assertEqual(self.ends(self.begin("verify", name="one")), "backup_damaged")


class DatabaseTests(BackupCase):
    """Databases of games that run."""

    def make(self, path: Path, mode: str = "wal") -> sqlite3.Connection:
        """A database, open as its game has it."""
        connection = sqlite3.connect(path, isolation_level=None)
        self.addCleanup(connection.close)
        connection.execute(f"PRAGMA journal_mode = {mode}")
        connection.execute("CREATE TABLE blocks (place INTEGER PRIMARY KEY, data BLOB)")
        connection.executemany(
            "INSERT INTO blocks VALUES (?, ?)", [(n, os.urandom(500)) for n in range(400)]
        )
        return connection

    def test_whole(self) -> None:
        """Such a copy is whole, without what lies beside the database."""
        for mode in ("wal", "delete"):
            with self.subTest(mode=mode):
                path = self.home / f"{mode}.sqlite"
                connection = self.make(path, mode)
                header = self.backUp(mode, runs=True, selection=Selection((f"{mode}.*",)))
                self.assertTrue(header.backup.complete)
                self.assertEqual(set(self.entries(mode)), {f"{mode}.sqlite"})
                connection.close()
                os.unlink(path)
                self.restore(mode)
                restored = sqlite3.connect(path)
                count = restored.execute("SELECT count(*) FROM blocks").fetchone()
                checked = restored.execute("PRAGMA integrity_check").fetchone()
                restored.close()
                self.assertEqual((count, checked), ((400,), ("ok",)))
                self.assertFalse((self.directory / "backup").exists())

    def test_refused(self) -> None:
        """What only looks like a database is read as any other file, and named."""
        (self.home / "fake").write_bytes(b"SQLite format 3\0" + os.urandom(10_000))
        about = self.backUp(runs=True).backup
        self.assertEqual((about.complete, about.changed, about.files), (False, ("fake",), 1))

    def test_named(self) -> None:
        """
        What can't be copied so is named, however deep it lies; and where symlinks may lead out of
        the server's directory nothing is copied so, since SQLite follows them.
        """
        deep = self.home.joinpath(*["x" * 200] * 15)
        deep.mkdir(parents=True)
        (deep / "fake").write_bytes(b"SQLite format 3\0")
        self.make(self.home / "map", "delete")
        for isConfined in (True, False):
            with open(self.top / "stream", "wb") as out:
                frames = Frames(out.fileno())
                reader = Reader(str(self.home), Selection(), frames, str(self.top), isConfined)
                with redirect_stdout(io.StringIO()):
                    reader.read()
            names = [each[:10] for each in reader.changed]
            self.assertEqual(names, ["x" * 10] if isConfined else ["map", "x" * 10])
            self.assertEqual(len(reader.changed[-1]), 1_000)

    def test_locked(self) -> None:
        """One that somebody holds locked is given up, in time; the lock of ours is gone then."""
        path = self.home / "map.sqlite"
        connection = self.make(path, "delete")
        connection.execute("BEGIN EXCLUSIVE")
        self.assertFalse(copyDatabase(str(path), str(self.top / "copy"), 0.05))
        connection.execute("COMMIT")
        self.assertTrue(copyDatabase(str(path), str(self.top / "copy"), patience))
        connection.execute("DELETE FROM blocks")

    def test_slow(self) -> None:
        """No lock is held for longer than it may be."""
        path = self.home / "map.sqlite"
        connection = self.make(path, "delete")
        connection.execute("INSERT INTO blocks VALUES (-1, zeroblob(4000000))")
        self.assertFalse(copyDatabase(str(path), str(self.top / "copy"), 0.0))
        self.assertEqual(sorted(os.listdir(self.top)), ["server", "store"])
        connection.execute("DELETE FROM blocks")
