"""Stores of backups: written, read, forgotten; whose they are."""

import io
import os
from pathlib import Path
from typing import IO

from msgspec.structs import replace
from twisted.trial.unittest import SynchronousTestCase

from gamepanel.backups import index
from gamepanel.backups.directorystore import (
    DirectoryStore,
    archiveSuffix,
    claim,
    indexSuffix,
    markName,
)
from gamepanel.backups.index import DamagedBackup, Reading, encoded, manifestLines
from gamepanel.backups.selection import Selection
from gamepanel.backups.store import StoreUnavailable
from gamepanel.backups.values import Backup, Entry, Header
from gamepanel.worker.unpack.zstd import zstd

entries = (
    "",
    Entry("world", "directory", 0o750, 1),
    Entry("a\udcff", "file", 0o640, 2, 3, "00"),
    "world",
    Entry("link", "link", 0o777, 3, target="../../etc"),
    Entry("same", "hardlink", 0o640, 2, 3, target="a\udcff"),
)


def header(data: bytes, **changes: object) -> Header:
    """The first part of an index whose entries are these."""
    hashing = index.Hashing(io.BytesIO(data))
    about = Backup(7, "survival", "minetest", 1.5, note="before")
    return Header(about, {"port": 1}, entries=hashing.finish(), archive="ab")


def compressed() -> bytes:
    """All entries."""
    lines = [*manifestLines({"server.jar": "12"}), *(encoded(each) for each in entries)]
    return zstd.compress(b"".join(lines))


def written() -> bytes:
    """An index."""
    file = io.BytesIO()
    data = compressed()
    index.write(file, header(data), io.BytesIO(data))
    return file.getvalue()


def read(data: bytes) -> tuple[Header, list[object], dict[str, str]]:
    """All that is in an index."""
    file = io.BytesIO(data)
    found = index.readHeader(file)
    reading = Reading(file, found)
    return found, list(reading.lines()), reading.manifest


class IndexTests(SynchronousTestCase):
    """The file that says what is in an archive."""

    def test_back(self) -> None:
        """What was written is read again, names that are no text too."""
        found, lines, manifest = read(written())
        self.assertEqual(found, header(compressed()))
        self.assertEqual(lines, list(entries))
        self.assertEqual(manifest, {"server.jar": "12"})

    def test_holdsInstalled(self) -> None:
        """Where no list says what was installed, a backup holds it that leaves out nothing."""
        data = zstd.compress(b"".join(encoded(each) for each in entries))
        for selection, isThere in (
            (Selection(), True),
            (Selection((), ("node_modules",)), False),
            (Selection(("world",)), False),
        ):
            file = io.BytesIO()
            about = replace(header(data), selection=selection)
            index.write(file, about, io.BytesIO(data))
            file.seek(0)
            found = index.readHeader(file)
            self.assertEqual(Reading(file, found).holdsInstalled(), isThere, selection)

    def test_paths(self) -> None:
        """Each entry has its path."""
        file = io.BytesIO(written())
        paths = [path for path, _ in Reading(file, index.readHeader(file)).entries()]
        self.assertEqual(paths, ["world", "a\udcff", "world/link", "world/same"])

    def test_pages(self) -> None:
        """A directory is read in order of its names, from any one on; only what is text."""

        def page(path: str, after: str, most: int) -> list[str] | None:
            file = io.BytesIO(written())
            found = Reading(file, index.readHeader(file)).page(path, after, most)
            return None if found is None else [each.name for each in found]

        self.assertEqual(page("", "", 9), ["world"])
        self.assertEqual(page("world", "", 1), ["link"])
        self.assertEqual(page("world", "link", 9), ["same"])
        self.assertIsNone(page("worl", "", 9))

    def test_lacking(self) -> None:
        """Of some paths those are told that are not there."""
        file = io.BytesIO(written())
        found = Reading(file, index.readHeader(file)).lacking(("world", "worl", "world/link/x"))
        self.assertEqual(found, {"worl", "world/link/x"})

    def test_flipped(self) -> None:
        """No bit can be another, unless it means the same."""
        whole = written()
        before = read(whole)
        found = 0
        for place in range(len(whole)):
            for bit in range(8):
                data = bytearray(whole)
                data[place] ^= 1 << bit
                try:
                    self.assertEqual(read(bytes(data)), before)
                except DamagedBackup:
                    found += 1
        self.assertGreater(found, len(whole) * 8 * 0.98)

    def test_cut(self) -> None:
        """One that ends too soon is damaged."""
        whole = written()
        for length in range(len(whole)):
            self.assertRaises(DamagedBackup, read, whole[:length])

    def test_hostile(self) -> None:
        """No name leads elsewhere, and no line is endless."""
        for line in (
            b'"../a"',
            b'"/a"',
            b'["..","file",420,0]',
            b'["a/b","file",420,0]',
            b'["a","hardlink",420,0,0,"","../x"]',
            b'["a","device",420,0]',
            b'["a","file",-1,0]',
            b'["a","file",420,1e30]',
            b'["a","file",420,9223372036854775808]',
            b'["a","file",420,0,9223372036854775808]',
            b'["a","file",420,0,0,"","",-1]',
            b"[" * 100_000,
            b'"' + b"a" * (index.maxLineBytes + 1) + b'"',
            b'["first","file",420,0]\n5',
        ):
            data = zstd.compress(b'""\n' + line + b"\n")
            file = io.BytesIO()
            index.write(file, header(data), io.BytesIO(data))
            self.assertRaises(DamagedBackup, read, file.getvalue())

    def test_manifest(self) -> None:
        """The list of what is installed stays in memory, so it has an end."""
        much = "x" * (index.maxLineBytes - 100)
        packer, line = zstd.ZstdCompressor(1), encoded({"a": much})
        data = b"".join([*(packer.compress(line) for _ in range(33)), packer.flush()])
        file = io.BytesIO()
        index.write(file, header(data), io.BytesIO(data))
        self.assertRaises(DamagedBackup, read, file.getvalue())

    def test_about(self) -> None:
        """What an index says of its backup is what could be said of one."""
        for about in (
            Backup(7, "../a", "minetest", 1.5),
            Backup(7, "survival", "", 1.5),
            Backup(7, "survival", "minetest", 1e300),
            Backup(7, "survival", "minetest", 1.5, note="\33[2J"),
            Backup(7, "survival", "minetest", 1.5, note="x" * 501),
            Backup(-7, "survival", "minetest", 1.5),
            Backup(7, "survival", "minetest", 1.5, size=-1),
            Backup(7, "survival", "minetest", 1.5, changed=("x",) * 21),
        ):
            file = io.BytesIO()
            index.write(file, Header(about), io.BytesIO())
            file.seek(0)
            self.assertRaises(DamagedBackup, index.readHeader, file)

    def test_rewritten(self) -> None:
        """A note changes, and what the archive was known by stays."""
        file = io.BytesIO()
        changed = Header(Backup(7, "survival", "minetest", 1.5, note="after", locked=True))
        index.rewrite(file, io.BytesIO(written()), changed)
        found, lines, _ = read(file.getvalue())
        self.assertEqual((found.backup.note, found.archive), ("after", "ab"))
        self.assertEqual(lines, list(entries))


class StoreTests(SynchronousTestCase):
    """A store in a directory."""

    def setUp(self) -> None:
        self.path = Path(self.mktemp()).absolute() / "store"
        self.store = DirectoryStore(str(self.path), claim(str(self.path), "ours"))

    def left(self) -> list[str]:
        """What lies there beside its own file."""
        return sorted(each.name for each in self.path.iterdir() if each.name != markName)

    def write(self, name: str) -> None:
        """Write a backup."""
        with self.store.write(name) as writing:
            writing.archive.write(b"archive")
            writing.entries.write(compressed())
            writing.commit(header(compressed()))

    def content(self, file: IO[bytes]) -> bytes:
        """All that is in a file."""
        with file:
            return file.read()

    def test_written(self) -> None:
        """A backup is there when it was committed, for our eyes only."""
        self.write("survival-1")
        self.assertEqual(self.store.names(), ["survival-1"])
        self.assertEqual(self.content(self.store.archive("survival-1")), b"archive")
        self.assertEqual(self.content(self.store.index("survival-1")), written())
        for each in self.path.iterdir():
            self.assertEqual(each.stat().st_mode & 0o777, 0o600)

    def test_notCommitted(self) -> None:
        """Nothing stays of one that was not."""
        with self.assertRaises(ZeroDivisionError), self.store.write("survival-1") as writing:
            writing.archive.write(b"archive")
            raise ZeroDivisionError
        self.assertEqual(self.left(), [])

    def test_killed(self) -> None:
        """What a writer that was killed has left can be removed; what it has committed stays."""
        self.write("kept")
        (self.path / f"gone{archiveSuffix}").touch()
        for suffix in (archiveSuffix, indexSuffix, ".entries"):
            (self.path / f"gone{suffix}.new").touch()
        self.store.discard("gone")
        self.store.discard("kept")
        self.assertEqual(self.left(), [f"kept{indexSuffix}", f"kept{archiveSuffix}"])

    def test_twice(self) -> None:
        """What lies there is never overwritten."""
        self.write("survival-1")
        (self.path / f"survival-1{archiveSuffix}").write_bytes(b"precious")
        with self.assertRaises(FileExistsError):
            self.write("survival-1")
        self.assertEqual(self.content(self.store.archive("survival-1")), b"precious")

    def test_forgotten(self) -> None:
        """One that is forgotten is gone; twice does no harm."""
        self.write("survival-1")
        self.store.forget("survival-1")
        self.store.forget("survival-1")
        self.assertEqual(self.left(), [])

    def test_changed(self) -> None:
        """A note changes in one step; one of a damaged index does not."""
        self.write("survival-1")
        changed = Header(Backup(7, "survival", "minetest", 1.5, note="after"))
        self.store.change("survival-1", changed)
        with self.store.index("survival-1") as file:
            self.assertEqual(index.readHeader(file).backup.note, "after")
        (self.path / f"survival-1{indexSuffix}").write_bytes(b"none")
        self.assertRaises(DamagedBackup, self.store.change, "survival-1", changed)
        self.assertEqual(self.left(), [f"survival-1{indexSuffix}", f"survival-1{archiveSuffix}"])

    def test_names(self) -> None:
        """A name that leads elsewhere is none; an index without an archive is no backup."""
        self.assertRaises(ValueError, self.store.archive, "../x")
        (self.path / f"alone{indexSuffix}").touch()
        (self.path / f"..odd{indexSuffix}").touch()
        self.assertEqual(self.store.names(), [])

    def test_claimed(self) -> None:
        """A store stays what it is called when another daemon adopts it, or it is moved."""
        first = claim(str(self.path), "ours")
        self.assertEqual(claim(str(self.path), "theirs").store, first.store)
        with self.assertRaises(StoreUnavailable) as caught:
            self.store.check()
        self.assertEqual(caught.exception.cause.code, "store_of_other")
        claim(str(self.path), "ours")
        moved = self.path.with_name("moved")
        self.path.rename(moved)
        DirectoryStore(str(moved), first).check()

    def test_notMounted(self) -> None:
        """A store whose disk is not mounted is missing."""
        os.unlink(self.path / markName)
        with self.assertRaises(StoreUnavailable) as caught:
            self.store.check()
        self.assertEqual(caught.exception.cause.code, "store_missing")
        os.mkdir(self.path / markName)
        with self.assertRaises(StoreUnavailable) as caught:
            self.store.check()
        self.assertEqual(caught.exception.cause.code, "store_unreadable")
