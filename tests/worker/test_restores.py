"""Restoring backups, each in a process of its own, as the daemon runs it."""

import io
import json
import os
import random
import signal
import tarfile
import tempfile
import time
from pathlib import Path
from typing import Any

import msgspec
from msgspec.structs import replace

from gamepanel.backups import exchange, index
from gamepanel.backups.exchange import Intent, settle
from gamepanel.backups.index import DamagedBackup, Hashing, Reading, encoded, readHeader
from gamepanel.backups.selection import Restored, Selection
from gamepanel.backups.values import Backup, Entry, Header, InstalledThen
from gamepanel.disk import confined
from gamepanel.disk.stepping import identityOf
from gamepanel.worker.backups import tape
from gamepanel.worker.backups.databases import magic
from gamepanel.worker.backups.restore import brought
from gamepanel.worker.backups.unpacking import Tree
from gamepanel.worker.unpack.zstd import zstd
from tests.support import needRoot, patience
from tests.worker.backupcase import BackupCase, described


class RestoreTests(BackupCase):
    """What is replaced, and what stays."""

    def test_selected(self) -> None:
        """What the backup had selected is as it was; all else stays, what is in between too."""
        self.write(world_a="old", world_logs_x="log", mods_m="mod")
        self.backUp(selection=Selection(("world",), ("world/logs",)))
        self.write(world_a="new", world_b="later", world_logs_x="newer", mods_m="other", top="t")
        kept = (self.home / "mods" / "m").stat()
        self.restore()
        self.assertEqual(
            self.texts(),
            {"world/a": "old", "world/logs/x": "newer", "mods/m": "other", "top": "t"},
        )
        self.assertEqual((self.home / "mods" / "m").stat().st_ino, kept.st_ino)

    def test_paths(self) -> None:
        """One file, or one directory, comes back alone."""
        self.write(world_a="old", world_b="old", conf="old")
        self.backUp()
        self.write(world_a="new", world_b="new", world_c="new", conf="new")
        self.restore(paths=["world/a"])
        after = {"world/a": "old", "world/b": "new", "world/c": "new", "conf": "new"}
        self.assertEqual(self.texts(), after)
        self.restore(paths=["world"])
        self.assertEqual(self.texts(), {"world/a": "old", "world/b": "old", "conf": "new"})
        self.assertEqual(self.failsToRestore(paths=["worl"]), "backup_lacks")

    def test_keepOthers(self) -> None:
        """What the backup does not hold may stay."""
        self.write(world_a="old", world_b="old")
        self.backUp()
        self.write(world_a="new", world_c_d="new")
        (self.home / "world" / "b").unlink()
        self.write(world_b_c="in the way")
        self.restore(keepOthers=True)
        self.assertEqual(self.texts(), {"world/a": "old", "world/b": "old", "world/c/d": "new"})

    def test_companions(self) -> None:
        """A database that is restored is not read with the journal of the one that was there."""
        base, log = self.home / "map.sqlite", self.home / "map.sqlite-wal"
        base.write_bytes(magic + b"old")
        self.write(notes="old")
        (self.home / "notes-wal").write_text("no journal of a database")
        self.backUp()
        base.write_bytes(magic + b"new")
        log.write_bytes(b"frames of the new one")
        self.restore(paths=["map.sqlite", "notes"])
        self.assertEqual(base.read_bytes(), magic + b"old")
        self.assertFalse(log.exists())
        self.assertTrue((self.home / "notes-wal").exists())
        log.write_bytes(b"frames of the new one")
        self.restore(keepOthers=True)
        self.assertFalse(log.exists())
        log.write_bytes(b"frames of the old one")
        self.backUp("two")
        log.write_bytes(b"other frames")
        self.restore(name="two")
        self.assertEqual(log.read_bytes(), b"frames of the old one")

    def test_inTheWay(self) -> None:
        """What is no part of the backup is not replaced by it."""
        self.write(world_a="old")
        self.backUp(selection=Selection(("world", "x"), ("world/a/keep",)))
        (self.home / "world" / "a").unlink()
        self.write(world_a_keep="precious")
        self.assertEqual(self.failsToRestore(), "restore_in_the_way")

    def test_hardlinks(self) -> None:
        """Of several names of one file any may come back alone."""
        self.write(a_one="content", b="other")
        for name in ("c", "d"):
            os.link(self.home / "a" / "one", self.home / name)
        self.backUp()
        for path in ("a/one", "c", "d"):
            (self.home / path).unlink()
        self.restore(paths=["c"])
        self.assertEqual(self.texts(), {"b": "other", "c": "content"})
        self.restore(paths=["c", "d"])
        self.assertTrue(os.path.samefile(self.home / "c", self.home / "d"))
        self.restore()
        self.assertTrue(os.path.samefile(self.home / "a" / "one", self.home / "d"))

    def test_links(self) -> None:
        """Links come back wherever they lead, and nothing is written through one."""
        outside = self.top / "outside"
        outside.mkdir()
        (outside / "a").write_text("theirs")
        self.write(world_a="ours")
        (self.home / "out").symlink_to(outside)
        self.backUp()
        (self.home / "world" / "a").unlink()
        (self.home / "world").rmdir()
        (self.home / "world").symlink_to(outside)
        (self.home / "out").unlink()
        self.restore()
        self.assertEqual((outside / "a").read_text(), "theirs")
        self.assertEqual(os.readlink(self.home / "out"), str(outside))
        self.assertFalse((self.home / "world").is_symlink())

    def test_installed(self) -> None:
        """What was installed comes along, for the paths that are restored."""
        install = self.directory / "install"
        install.mkdir()
        self.write(server="jar", mods_a="mod")
        manifest = {"server": "1", "mods/a": "2"}
        (install / "manifest").write_text(json.dumps(manifest))
        installed = InstalledThen("1.0", 5.0, {"java": "21"})
        header = Header(Backup(7, "s", "t", 1.5), installed=installed)
        self.backUp(header=msgspec.to_builtins(header))
        (install / "manifest").write_text(json.dumps({"server": "3", "new": "4"}))
        self.restore(paths=["server"])
        after = json.loads((install / "manifest").read_text())
        self.assertEqual(after, {"server": "1", "new": "4"})
        self.assertIsNone(self.intent().installed)
        self.restore()
        self.assertEqual(json.loads((install / "manifest").read_text()), manifest)
        self.assertEqual(self.intent().installed, msgspec.to_builtins(installed))

    def test_brought(self) -> None:
        """Shared programs that are gone are those of an installation in the same job, if any."""
        gone = "/none/shared/java-21-x/java"
        then = InstalledThen("1.0", 5.0, {"java": gone, "build": "7"})
        now = {"version": "2.0", "variables": {"java": "/there/java", "build": "8"}}
        self.assertEqual(brought(then, None)["variables"], {"java": gone, "build": "7"})
        self.assertEqual(
            brought(then, now),
            {"version": "1.0", "at": 5.0, "variables": {"java": "/there/java", "build": "7"}},
        )

    def intent(self) -> Intent:
        """What the last job was about to do."""
        return msgspec.json.decode((self.job / "outcome").read_bytes(), type=Intent)

    def beginBackup(self, name: str = "one", **task: Any) -> Any:
        """Start a backup, of a header if one is given."""
        if "header" not in task:
            return super().beginBackup(name, **task)
        return self.begin("backup", name=name, runs=False, left=None, limit=0, **task)

    def test_space(self) -> None:
        """A server gets no larger than it may be, with what stays."""
        self.write(world_a="x" * 400_000)
        self.backUp(selection=Selection(("world",)))
        self.assertEqual(self.failsToRestore(limit=100_000), "over_limit")
        self.write(mods="x" * 700_000)
        self.assertEqual(self.failsToRestore(limit=1_000_000), "over_limit")
        self.restore(limit=4_000_000)

    def test_killed(self) -> None:
        """Whenever it is killed, the directory is the old one or the new one."""
        chance = random.Random(28)
        for number in range(40):
            self.write(**{f"world_{number}": "old"})
        (self.home / "large").write_bytes(chance.randbytes(8 << 20))
        self.backUp()
        new = described(self.home)
        for number in range(6):
            (self.home / "large").write_text("changed")
            (self.home / "later").write_text("later")
            old = described(self.home)
            worker = self.beginRestore()
            time.sleep(chance.uniform(0.2, 1.2))
            worker.send_signal(signal.SIGKILL if number % 2 else signal.SIGTERM)
            worker.wait(patience)
            now = described(self.home)
            self.assertIn(now, (old, new))
            if now == new:
                self.assertTrue(settle(str(self.directory), str(self.home), self.intent().tree))
        self.restore()
        self.assertEqual(described(self.home), new)

    def test_twoSteps(self) -> None:
        """Where two names can't be exchanged it takes two renames, which are finished later."""
        directory, home = str(self.directory), str(self.home)
        self.write(a="old")
        new = self.directory / "restore" / "new"
        new.mkdir(parents=True)
        (new / "a").write_text("new")
        tree = identityOf(os.stat(new))
        self.assertFalse(settle(directory, home, tree))
        os.rename(home, self.directory / "restore" / "old")
        self.assertTrue(settle(directory, home, tree))
        self.assertEqual(self.texts(), {"a": "new"})
        exchange.tidy(directory)
        new.mkdir(parents=True)
        exchange.exchange(directory, home, lambda one, other: False)
        self.assertEqual(self.texts(), {})
        self.assertTrue(settle(directory, home, identityOf(os.stat(home))))


class OtherUserTests(BackupCase):
    """A game that is another user's."""

    account = (54321, 54321)

    def mktemp(self) -> str:
        """A directory where that user gets."""
        return tempfile.mkdtemp(prefix="gamepanel-test-")

    def test_ofOthers(self) -> None:
        """
        What an administrator has put there stays, though its game's user may not link it; and what
        nobody gets into is replaced.
        """
        needRoot("give files away")
        self.top.chmod(0o711)
        self.write(world_a="old", world_closed_b="never read")
        for path in (self.home, *self.home.rglob("*")):
            os.chown(path, *self.account)
        os.chmod(self.home / "world" / "closed", 0)
        about = self.backUp(selection=Selection(("world",))).backup
        self.assertEqual(about.changed, ("world/closed",))
        self.write(world_a="new", config="theirs")
        (self.home / "link").symlink_to("config")
        self.restore()
        self.assertEqual(os.readlink(self.home / "link"), "config")
        (self.home / "link").unlink()
        self.assertEqual(self.texts(), {"world/a": "old", "config": "theirs"})


class HostileTests(BackupCase):
    """What somebody has put in the place of a backup."""

    def put(self, members: bytes, *lines: Any) -> None:
        """Put a backup there, with an index that fits the archive byte by byte."""
        for each in self.stored():
            (self.storePath / each).unlink()
        data = zstd.compress(b"".join(encoded(line) for line in lines))
        archive = zstd.compress(members)

        def digest(content: bytes) -> str:
            return Hashing(io.BytesIO(content)).finish()

        header = Header(Backup(7, "s", "t", 1.5), archive=digest(archive), entries=digest(data))
        (self.storePath / "one.tar.zst").write_bytes(archive)
        with open(self.storePath / "one.index", "wb") as file:
            index.write(file, header, io.BytesIO(data))

    def member(self, name: str, type: bytes = tarfile.REGTYPE, **about: Any) -> bytes:
        """The header of a member."""
        info = tarfile.TarInfo(name)
        info.type = type
        for key, value in about.items():
            setattr(info, key, value)
        return info.tobuf(tarfile.PAX_FORMAT, "utf-8", "surrogateescape")

    def build(self) -> None:
        """Build the tree of what was put there."""
        new = self.top / "new"
        confined.discard(str(new))
        new.mkdir()
        tree = Tree(str(self.home), str(new), Restored(), False, {})
        with self.store.index("one") as file, self.store.archive("one") as archive:
            entries = Reading(file, readHeader(file)).entries()
            tree.build(zstd.ZstdFile(archive), entries)

    def sparse(self, size: object, blocks: bytes, **about: object) -> bytes:
        """A member that says that it has holes."""
        headers = {
            "GNU.sparse.major": "1",
            "GNU.sparse.name": "a",
            "GNU.sparse.realsize": str(size),
            **about,
        }
        return self.member("a", size=len(blocks), pax_headers=headers) + blocks

    def test_damaged(self) -> None:
        """None is restored that is not just what its index says."""
        end = bytes(1024)
        file = Entry("a", "file", 0o644, 0)
        large = Entry("a", "file", 0o644, 0, 10, stored=512)
        samples: list[tuple[Any, ...]] = [
            (self.member("../a") + end, "", file),
            (self.member("/a") + end, "", file),
            (self.member("b") + end, "", file),
            (self.member("a"), "", file),
            (self.member("a") + self.member("b") + end, "", file),
            (end, "", file),
            (self.member("a") + end, ""),
            (self.member("a", tarfile.CHRTYPE) + end, "", file),
            (self.member("a", tarfile.FIFOTYPE) + end, "", file),
            (self.member("a", size=10) + end, "", replace(large, stored=10)),
            (self.member("a", size=1 << 60) + end, "", Entry("a", "file", 0o644, 0, 1 << 60)),
            # More than space was looked for.
            (self.member("a", size=1024) + end + self.member("a") + end, "", file),
            (self.member("a") + end, "", replace(file, size=1)),
            (self.member("a") + self.member("a") + end, "", file, file),
            (b"x" * 512, "", file),
            (
                self.member("a", tarfile.SYMTYPE, linkname="x") + end,
                "",
                Entry("a", "link", 0o777, 0, target="y"),
            ),
            (self.member("a", tarfile.DIRTYPE, size=512) + end, "", Entry("a", "directory", 0, 0)),
            (self.member("a", pax_headers={"comment": "x" * (9 << 20)}) + end, "", file),
            (self.member("a", pax_headers={"size": "-1"}) + end, "", file),
            (self.member("a", pax_headers={"size": "9" * 5000}) + end, "", file),
            (self.member("a", pax_headers={"size": "x"}) + end, "", file),
            (self.pax(b"0 a=b\n") + self.member("a") + end, "", file),
            (self.pax(b"-6 a=b\n") + self.member("a") + end, "", file),
            (self.pax(b"6 abc\n") + self.member("a") + end, "", file),
        ]
        for size, blocks in (
            (10, b"9" * 512),
            (10, b"1\n0\n11\n".ljust(512, b"\0")),
            (10, b"2\n5\n1\n0\n1\n".ljust(512, b"\0")),
            (10, b"1\n0\n5\n".ljust(512, b"\0")),
            (10, b"999999999\n".ljust(512, b"\0")),
            (10, b"1\n-1\n5\n".ljust(512, b"\0")),
            ("x", b"1\n10\n0\n".ljust(512, b"\0")),
            (-1, b"1\n10\n0\n".ljust(512, b"\0")),
            (11, b"1\n10\n0\n".ljust(512, b"\0")),
        ):
            samples.append((self.sparse(size, blocks) + end, "", large))
        for members, *lines in samples:
            with self.subTest(members=members[:2000], lines=lines):
                self.put(members, *lines)
                self.assertRaises(DamagedBackup, self.build)
        self.put(*samples[0])
        self.assertEqual(self.failsToRestore(), "backup_damaged")

    def pax(self, data: bytes) -> bytes:
        """A header before a member."""
        info = tarfile.TarInfo("pax")
        info.type, info.size = tarfile.XHDTYPE, len(data)
        return info.tobuf(tarfile.USTAR_FORMAT) + data + tape.padding(len(data))

    def test_through(self) -> None:
        """No member gets through a link that came before it."""
        outside = Path(self.mktemp()).absolute()
        outside.mkdir()
        link = self.member("a", tarfile.SYMTYPE, linkname=str(outside))
        inner = self.member("a/b") + bytes(1024)
        empty = Hashing(io.BytesIO()).finish()
        self.put(
            link + inner,
            "",
            Entry("a", "link", 0o777, 0, target=str(outside)),
            "a",
            Entry("b", "file", 0o644, 0, hash=empty),
        )
        self.assertIsNotNone(self.failsToRestore())
        hard = self.member("c", tarfile.LNKTYPE, linkname="a/b") + bytes(1024)
        (outside / "b").write_text("theirs")
        self.put(
            link + hard,
            "",
            Entry("a", "link", 0o777, 0, target=str(outside)),
            Entry("c", "hardlink", 0o644, 0, target="a/b"),
        )
        self.assertIsNotNone(self.failsToRestore())
        self.assertEqual(os.listdir(outside), ["b"])
