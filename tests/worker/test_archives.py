"""Archives from elsewhere: what is unpacked, and what is refused."""

import bz2
import gzip
import io
import lzma
import os
import runpy
import stat
import sys
import tarfile
import types
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from attrs import evolve
from twisted.trial.unittest import SynchronousTestCase

from gamepanel.games.globs import covered
from gamepanel.jobs.report import Failed
from gamepanel.worker.unpack import archives
from gamepanel.worker.unpack.archives import _zippedName, everything, unpack, usualBounds
from gamepanel.worker.unpack.tarheaders import maxHeaderBytes
from gamepanel.worker.unpack.unpacked import Bounds, MiB, Wanted
from gamepanel.worker.unpack.within import leadsInside
from gamepanel.worker.unpack.zstd import zstd


def member(name: str, data: bytes = b"x", **fields: Any) -> tuple[tarfile.TarInfo, bytes]:
    """A member of a tar archive."""
    info = tarfile.TarInfo(name)
    info.size = len(data)
    for field, value in fields.items():
        setattr(info, field, value)
    return info, data


def link(name: str, to: str, kind: bytes = tarfile.SYMTYPE) -> tuple[tarfile.TarInfo, bytes]:
    """A link in a tar archive."""
    return member(name, b"", type=kind, linkname=to)


def tarOf(*members: tuple[tarfile.TarInfo, bytes]) -> bytes:
    """A tar archive."""
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w", errors="surrogateescape") as archive:
        for info, data in members:
            archive.addfile(info, io.BytesIO(data))
    return file.getvalue()


def zipOf(*members: tuple[Any, bytes], compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    """A zip archive; a member's name may be a whole C{ZipInfo}."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", compression) as archive:
        for name, data in members:
            archive.writestr(name, data)
    return file.getvalue()


def zipped(name: str, mode: int) -> zipfile.ZipInfo:
    """A member of a zip archive that was made under Unix."""
    info = zipfile.ZipInfo(name)
    info.create_system = 3
    info.external_attr = mode << 16
    return info


class ArchiveTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.top = Path(self.mktemp())
        self.to = self.top / "inside"
        self.to.mkdir(parents=True)

    def unpack(self, data: bytes, wanted: Wanted = everything, **more: Any) -> list[str]:
        """Unpack an archive that has this content."""
        path = self.top / "archive"
        path.write_bytes(data)
        return sorted(unpack(str(path), str(self.to), wanted, **more))

    def refused(self, data: bytes, words: str, **more: Any) -> None:
        """An archive is refused with these words, and nothing outside was touched."""
        error = self.assertRaises(Failed, self.unpack, data, **more)
        self.assertIn(words, str(error))
        self.assertEqual(sorted(os.listdir(self.top)), ["archive", "inside"])

    def there(self) -> dict[str, bytes]:
        """All files, with what is in them."""
        return {
            os.fsdecode(path.relative_to(self.to)): path.read_bytes()
            for path in sorted(self.to.rglob("*"))
            if path.is_file()
        }


class KindTests(ArchiveTests):
    def test_kinds(self) -> None:
        """Each kind is known by its content, and comes out as it was put in."""
        plain = tarOf(
            member("bin/game", b"#!/bin/sh\n", mode=0o755), member("data/a.txt", b"a" * 3_000_000)
        )
        for data in (
            plain,
            gzip.compress(plain, 1),
            bz2.compress(plain, 1),
            lzma.compress(plain, preset=0),
            zstd.compress(plain),
            zipOf((zipped("bin/game", 0o100755), b"#!/bin/sh\n"), ("data/a.txt", b"a" * 3_000_000)),
        ):
            self.assertEqual(self.unpack(data), ["bin/game", "data/a.txt"])
            self.assertEqual(self.there()["data/a.txt"], b"a" * 3_000_000)
            self.assertTrue(os.access(self.to / "bin/game", os.X_OK))
            self.assertFalse(stat.S_IXUSR & (self.to / "data/a.txt").stat().st_mode)

    def test_wanted(self) -> None:
        """Names are taken off, some are chosen or left out, some become executable."""
        data = tarOf(
            member("top"), *(member(f"top/{name}") for name in ("a/run.sh", "a/b/c", "d", "e.txt"))
        )
        for wanted, expected in (
            (Wanted(1), ["a/b/c", "a/run.sh", "d", "e.txt"]),
            (Wanted(2), ["b/c", "run.sh"]),
            (Wanted(1, ("a",)), ["a/b/c", "a/run.sh"]),
            (Wanted(1, ("a/*",)), ["a/b/c", "a/run.sh"]),
            (Wanted(1, ("**/*.sh", "?")), ["a/b/c", "a/run.sh", "d"]),
            (Wanted(1, skip=lambda path: path == "d"), ["a/b/c", "a/run.sh", "e.txt"]),
            (Wanted(9), []),
        ):
            self.assertEqual(self.unpack(data, wanted), expected)
        self.unpack(data, Wanted(1, executable=("**/*.sh",)))
        self.assertTrue(os.access(self.to / "a/run.sh", os.X_OK))
        self.assertFalse(stat.S_IXUSR & (self.to / "d").stat().st_mode)

    def test_globs(self) -> None:
        """A star stays within a name, two do not; a directory means what is in it."""
        for path, glob, expected in (
            ("a/b", "a/*", True),
            ("a/b", "*", True),
            ("ab", "a", False),
            ("a/b.txt", "*.txt", False),
            ("a/b.txt", "**/*.txt", True),
            ("b.txt", "**/*.txt", True),
            ("a/x/b", "a/**/b", True),
            ("a.b", "a?b", True),
            ("a/b", "a?b", False),
            ("[a]", "[a]", True),
            ("a", "[a]", False),
            (".a/b", "*", True),
            ("x/.a", "**/*a", True),
            ("a/x/y/b", "a/**", True),
            ("ab/x", "a**", True),
            ("a/b", "./a//b", True),
        ):
            self.assertEqual(covered(path, (glob,)), expected, (path, glob))

    def test_links(self) -> None:
        """Links that stay inside come out as links, hard ones as copies."""
        self.unpack(
            tarOf(
                member("lib/real.so.1", b"code", mode=0o755),
                link("lib/real.so", "real.so.1"),
                link("deep/er/up", "../../lib"),
                link("same", "lib/real.so.1", tarfile.LNKTYPE),
            )
        )
        self.assertEqual(os.readlink(self.to / "lib/real.so"), "real.so.1")
        self.assertEqual((self.to / "deep/er/up/real.so").read_bytes(), b"code")
        self.assertEqual((self.to / "same").stat().st_nlink, 1)
        self.assertTrue(os.access(self.to / "same", os.X_OK))
        self.unpack(zipOf((zipped("link", stat.S_IFLNK | 0o777), b"same")))
        self.assertEqual(os.readlink(self.to / "link"), "same")

    def test_names(self) -> None:
        """Names that are not UTF-8 come out as they are, those of zips as they were meant."""
        self.assertEqual(self.unpack(tarOf(member("caf\udce9"))), ["caf\udce9"])
        self.assertIn(b"caf\xe9", os.listdir(os.fsencode(self.to)))
        raw = zipOf(("aXXb.txt", b"1")).replace(b"aXXb", "aéb".encode())
        self.assertEqual(self.unpack(raw), ["aéb.txt"])
        # As DOS and older programs write it (cp437).
        self.assertEqual(self.unpack(zipOf(("aX", b"1")).replace(b"aX", b"a\x82")), ["aé"])
        # What newer versions of Python take from an extra field, also for one like ours.
        info = zipped("caf?", 0o100644)
        info.filename, info.create_version = "café", 45
        self.assertEqual(_zippedName(info), "café")
        windows = zipfile.ZipInfo("maps\\one.map")
        windows.create_system = 0
        self.assertEqual(self.unpack(zipOf((windows, b"1"))), ["maps/one.map"])

    def test_modes(self) -> None:
        """Nothing gets the rights of another user."""
        self.unpack(tarOf(member("a", mode=0o6777)))
        self.unpack(zipOf((zipped("b", 0o106777), b"1")))
        for name in "ab":
            mode = (self.to / name).stat().st_mode
            self.assertFalse(mode & (stat.S_ISUID | stat.S_ISGID), name)
            self.assertTrue(mode & stat.S_IXUSR, name)

    def test_replaced(self) -> None:
        """A later file of the same name replaces an earlier one, or a link."""
        (self.top / "outside").write_text("mine")
        (self.to / "a").symlink_to("../outside")
        self.unpack(tarOf(member("a", b"1"), member("a", b"2")))
        self.assertEqual(self.there(), {"a": b"2"})
        self.assertEqual((self.top / "outside").read_text(), "mine")

    def test_progress(self) -> None:
        """It is told how far it is."""
        told: list[tuple[int, int | None]] = []
        data = zipOf(("a", b"1" * 100), ("b", b"2" * 100))
        self.unpack(data, tell=lambda *how: told.append(how))
        self.assertEqual(told[-1], (200, 200))
        self.unpack(tarOf(member("a")), tell=lambda *how: told.append(how))
        self.assertEqual(told[-1][1], len(tarOf(member("a"))))


class HostileTests(ArchiveTests):
    def test_paths(self) -> None:
        """No name leads out."""
        for name in ("../a", "a/../../b", "..", "/etc/passwd", "//x"):
            words = "an absolute path" if name.startswith("/") else "leads out"
            self.refused(tarOf(member(name)), words)
            self.refused(zipOf((name, b"1")), words)
        windows = zipfile.ZipInfo("..\\b")
        windows.create_system = 0
        self.refused(zipOf((windows, b"1")), "leads out")
        self.refused(tarOf(member("a/" + "b" * 256)), "no file can have")
        self.refused(tarOf(member("/".join(["abcdefg"] * 200))), "no file can have")

    def test_links(self) -> None:
        """No link leads out, and nothing is reached through one."""
        for name, to in (
            ("a", ".."),
            ("a", "/etc"),
            ("a", "b/../.."),
            ("a", "b/.."),
            ("d/a", "../.."),
            ("a", ""),
        ):
            self.refused(tarOf(link(name, to)), "leads out")
        self.refused(zipOf((zipped("a", stat.S_IFLNK), b"../b")), "leads out")
        self.refused(tarOf(link("a", "../archive", tarfile.LNKTYPE)), "leads out")
        self.refused(tarOf(link("a", "nothing", tarfile.LNKTYPE)), "in the way")
        self.refused(tarOf(link("a", ".", tarfile.LNKTYPE)), "not unpacked")
        (self.to / "out").symlink_to("..")
        self.refused(tarOf(member("out/x")), "in the way")
        self.refused(tarOf(link("copy", "out", tarfile.LNKTYPE)), "in the way")
        self.refused(tarOf(link("copy", "out/archive", tarfile.LNKTYPE)), "in the way")

    def test_throughItsOwn(self) -> None:
        """A link of the archive itself is not followed by what comes behind it."""
        self.refused(tarOf(link("a", "b"), member("b/c"), member("a/d")), "in the way")

    def test_inside(self) -> None:
        """A link first goes up, by no more than it is deep, and then only down."""
        for path, target, expected in (
            ("a", "b", True),
            ("a/b", "../c", True),
            ("a/b", "../..", False),
            ("a/b/c", "../../d/e", True),
            ("a/b", "./../c", True),
            ("a", "..", False),
            ("a", "b/..", False),
            ("a", "/b", False),
            ("a", "", False),
            ("a", "b\0c", False),
        ):
            self.assertEqual(leadsInside(path, target), expected, (path, target))

    def test_devices(self) -> None:
        """There are no devices and pipes."""
        for kind in (tarfile.CHRTYPE, tarfile.BLKTYPE, tarfile.FIFOTYPE):
            self.refused(tarOf(member("a", b"", type=kind)), "a device")
        for mode in (stat.S_IFCHR, stat.S_IFBLK, stat.S_IFIFO, stat.S_IFSOCK):
            self.refused(zipOf((zipped("a", mode | 0o600), b"")), "a device")

    def test_inTheWay(self) -> None:
        """A file can't be where a directory is, nor the other way round."""
        self.refused(tarOf(member("a/b"), member("a")), "in the way")
        self.refused(tarOf(member("c"), member("c/d")), "in the way")

    def test_bounds(self) -> None:
        """There are bounds on the number of files, on what comes out, and on how much it grows."""
        zeros = b"\0" * (4 * MiB)
        few, small = evolve(usualBounds, entries=3), evolve(usualBounds, size=MiB)
        grown = evolve(usualBounds, floor=MiB, ratio=10)
        many = [member(f"f{number}", b"") for number in range(4)]
        self.refused(tarOf(*many), "more than 3 files", bounds=few)
        self.refused(zipOf(*((info.name, b"") for info, _ in many)), "more than 3", bounds=few)
        for bounds in (small, grown):
            for data in (
                zipOf(("a", zeros)),
                *(pack(tarOf(member("a", zeros))) for pack in packers),
            ):
                self.refused(data, "MiB come out", bounds=bounds)
        full = evolve(usualBounds, spare=2**62)
        self.refused(tarOf(member("a")), "too full", bounds=full)

    def test_sparse(self) -> None:
        """What a sparse file says that it has counts, too."""
        header = member("a", b"", type=tarfile.GNUTYPE_SPARSE)[0].tobuf(tarfile.GNU_FORMAT)
        size = 64 * MiB
        raw = bytearray(header)
        raw[483:495] = b"%011o\0" % size
        raw[148:156] = b"        "
        raw[148:156] = b"%06o\0 " % sum(raw)
        data = bytes(raw) + bytes(1024)
        self.refused(data, "MiB come out", bounds=Bounds(size=MiB))

    def test_headers(self) -> None:
        """A header that would have to be read into memory has a bound."""
        long = member("././@LongLink", b"", type=tarfile.GNUTYPE_LONGNAME)[0]
        long.size = maxHeaderBytes + 1
        data = long.tobuf(tarfile.GNU_FORMAT) + bytes(2 * MiB)
        self.refused(data, "one of its headers is too large")
        chain = tarOf(member("a", pax_headers={"x": "y"}))[:1024] * 2_000
        self.refused(chain + bytes(1024), "damaged")

    def test_directory(self) -> None:
        """A zip whose list of files would not fit into memory is refused."""
        self.patch(archives, "maxDirectoryBytes", 90)
        self.refused(zipOf(("a", b"1"), ("b", b"2")), "too many files")

    def test_damaged(self) -> None:
        """What is damaged, cut, encrypted or no archive at all is refused."""
        plain = tarOf(member("a", os.urandom(100_000)))
        encrypted = bytearray(zipOf(("a", b"1" * 100), compression=zipfile.ZIP_STORED))
        encrypted[6] |= 1
        encrypted[encrypted.find(b"PK\x01\x02") + 8] |= 1
        for data in (
            b"",
            b"no archive " * 100,
            b"PK\x03\x04 and nothing more",
            plain[:50_000],
            *(pack(plain)[:50_000] for pack in packers),
            zipOf(("a", os.urandom(100_000)))[:50_000],
        ):
            self.refused(data, "damaged, or none that can be read")
        self.refused(bytes(encrypted), "encrypted")
        wrong = bytearray(zipOf(("a", b"1" * 100), compression=zipfile.ZIP_STORED))
        wrong[40] ^= 1
        self.refused(bytes(wrong), "damaged")


class ZstandardTests(SynchronousTestCase):
    def test_ownOfPython(self) -> None:
        """Where Python has Zstandard itself, that is used, and no package is needed for it."""
        own: Any = types.ModuleType("compression")
        own.zstd = types.ModuleType("compression.zstd")
        self.patch(sys, "modules", {**sys.modules, "compression": own})
        for version, expected in (((3, 14), own.zstd), ((3, 13), zstd)):
            self.patch(sys, "version_info", version)
            found = runpy.run_path(str(Path(archives.__file__).with_name("zstd.py")))
            self.assertIs(found["zstd"], expected)


packers: tuple[Callable[[bytes], bytes], ...] = (
    gzip.compress,
    bz2.compress,
    lzma.compress,
    zstd.compress,
)
