"""
Unpacks archives: zip, tar, and tar compressed by gzip, bzip2, xz or Zstandard.

An archive comes from elsewhere, so nothing in it is believed: no name leads out of the
directory, no file is reached through a link, links lead only to what is inside, there are no
devices, nothing gets the rights of another user (setuid), and there are bounds on what comes out.
Whoever calls this has a directory of its own for it, and removes that if unpacking fails.
"""

import os
import stat
import struct
import zlib
from collections.abc import Callable
from contextlib import nullcontext, suppress
from typing import IO, Any, Final, cast

from gamepanel.jobs.report import Failed
from gamepanel.wire.causes import because
from gamepanel.worker.unpack.unpacked import (
    Bounds,
    Count,
    Counted,
    MiB,
    Target,
    Wanted,
    shown,
)
from gamepanel.worker.unpack.within import way

everything: Final = Wanted()
usualBounds: Final = Bounds()

maxDirectoryBytes: Final = 64 * MiB
"""Of the list of files that a zip has."""

_ownVersion: Final = 45
"""What L{gamepanel.worker.filejobs.zipwriter} says that it needs, of every entry."""

_unix: Final = 3
"""So a zip says that it was made on Unix."""

maxLinkBytes: Final = 4_096
"""Of where a link in a zip leads."""


def unpack(
    archive: str,
    to: str,
    wanted: Wanted = everything,
    tell: Callable[[int, int | None], None] = lambda done, total: None,
    bounds: Bounds = usualBounds,
) -> list[str]:
    """
    Unpack an archive.

    @param archive: path of the file.
    @param to: path of a directory; what is in it already stays, except what is replaced.
    @param tell: called with bytes done and of how many, again and again.

    @return: paths of all files and links, relative to C{to}.

    @raise Failed: when it can't be read, or holds what is refused; some of it may be there then.
    """
    count = Count(archive, to, bounds, tell)
    count.came(0)
    with way(to) as into, open(archive, "rb") as file:
        target = Target(into, count, wanted)
        try:
            _unpack(file, target, count)
        except damages() as error:
            raise Failed(because("archive_damaged", error=str(error))) from error
        return target.finish()


def damages() -> tuple[type[Exception], ...]:
    """What the libraries raise for what they can't read."""
    import lzma
    import tarfile
    import zipfile

    from gamepanel.worker.unpack.zstd import zstd

    libraries = (tarfile.TarError, zipfile.BadZipFile, zlib.error, lzma.LZMAError, struct.error)
    return (*libraries, zstd.ZstdError, ValueError, EOFError, RuntimeError)


def _unpack(file: IO[bytes], target: Target, count: Count) -> None:
    begin = file.read(512)
    file.seek(0)
    if begin.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        _unpackZip(file, target, count)
        return
    size = os.fstat(file.fileno()).st_size
    count.where = lambda: (min(file.tell(), size), size)
    with _decompressed(begin, file) as stream:
        try:
            _unpackTar(stream, target, count)
        except OSError as error:
            # What gzip and bz2 raise for damage; the system's own have a number.
            if error.errno is not None:
                raise
            raise ValueError(str(error)) from error


def _decompressed(begin: bytes, file: IO[bytes]) -> Any:
    """What is in a file, decompressed if it is compressed, as a stream."""
    if begin.startswith(b"\x1f\x8b"):
        import gzip

        return gzip.GzipFile(fileobj=file, mode="rb")
    if begin.startswith(b"BZh"):
        import bz2

        return bz2.BZ2File(file)
    if begin.startswith(b"\xfd7zXZ\0"):
        import lzma

        return lzma.LZMAFile(file)
    if begin.startswith(b"\x28\xb5\x2f\xfd"):
        from gamepanel.worker.unpack.zstd import zstd

        return zstd.ZstdFile(file)
    return nullcontext(file)


def _unpackTar(stream: Any, target: Target, count: Count) -> None:
    import tarfile

    from gamepanel.worker.unpack.tarheaders import BoundedTarInfo

    counted: Any = Counted(stream, count)
    opened: Any = tarfile.open
    options = {"tarinfo": BoundedTarInfo, "errors": "surrogateescape"}
    with opened(fileobj=counted, mode="r|", **options) as tar:
        for member in tar:
            # Else it keeps all that it has met.
            tar.members.clear()
            _unpackMember(tar, member, target, count)


def _unpackMember(tar: Any, member: Any, target: Target, count: Count) -> None:
    path = target.path(member.name)
    if not (member.isreg() or member.isdir() or member.issym() or member.islnk()):
        raise Failed(because("archive_device", path=shown(member.name)))
    if path is None:
        return
    if member.isdir():
        target.directory(path)
    elif member.issym():
        target.link(path, member.linkname)
    elif member.islnk():
        of = target.path(member.linkname)
        if of is None:
            raise Failed(because("archive_link_missing", path=shown(path)))
        target.copy(path, of)
    else:
        source = tar.extractfile(member)
        # The holes of a sparse file have not been counted.
        target.file(
            path, Counted(source, count) if member.issparse() else source, bool(member.mode & 0o100)
        )


def _unpackZip(file: IO[bytes], target: Target, count: Count) -> None:
    import zipfile

    with zipfile.ZipFile(cast(IO[bytes], _Listed(file))) as archive:
        total = sum(member.file_size for member in archive.infolist())
        count.where = lambda: (count.size, total)
        for member in archive.infolist():
            _unpackZipped(archive, member, target, count)


class _Listed:
    """
    A zip, whose list of files the library reads at once: one that is too large is refused.
    """

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file

    def __getattr__(self, name: str) -> Any:
        return getattr(self._file, name)

    def read(self, size: int = -1) -> bytes:
        """Some of its bytes."""
        if size > maxDirectoryBytes:
            raise Failed(because("archive_too_many"))
        return self._file.read(size)


def _unpackZipped(archive: Any, member: Any, target: Target, count: Count) -> None:
    mode = member.external_attr >> 16 if member.create_system == _unix else 0
    path = target.path(_zippedName(member))
    kind = stat.S_IFMT(mode)
    if kind not in (0, stat.S_IFREG, stat.S_IFDIR, stat.S_IFLNK):
        raise Failed(because("archive_device", path=shown(member.filename)))
    if path is None:
        return
    if member.is_dir() or kind == stat.S_IFDIR:
        target.directory(path)
        return
    if member.flag_bits & 1:
        raise Failed(because("archive_encrypted"))
    with archive.open(member) as source:
        counted = Counted(source, count)
        if kind == stat.S_IFLNK:
            target.link(path, os.fsdecode(counted.read(maxLinkBytes)))
        else:
            target.file(path, counted, bool(mode & 0o100))


def _zippedName(member: Any) -> str:
    """
    The name of a member. Many programs write UTF-8 without saying so, and some of Windows write
    its separators.
    """
    name: str = member.filename
    # Else it is from an extra field (0x7075), and right.
    isPlain = name == member.orig_filename.partition("\0")[0]
    if isPlain and not member.flag_bits & 0x800:
        isOurs = member.create_system == _unix and member.create_version == _ownVersion
        with suppress(UnicodeError):
            encoded = name.encode("cp437")
            # In our own archives a name is bytes, whatever they mean.
            name = os.fsdecode(encoded) if isOurs else encoded.decode("utf-8")
    return name.replace("\\", "/") if member.create_system == 0 else name
