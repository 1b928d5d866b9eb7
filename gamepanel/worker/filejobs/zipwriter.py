"""
Writes zip archives in constant memory: the list of entries (the central directory) waits in a file
until the end. C{zipfile} keeps it in memory, about 600 bytes an entry.
"""

import errno
import os
import stat
import struct
import time
import zlib
from collections.abc import Callable
from typing import Any, BinaryIO, Final

from attrs import define

chunkBytes: Final = 1024 * 1024

_local: Final = struct.Struct("<4s5H3L2H")
_central: Final = struct.Struct("<4s4B4H3L5H2L")
_end: Final = struct.Struct("<4s4H2LH")
_end64: Final = struct.Struct("<4sQ2H2L4Q")
_locator: Final = struct.Struct("<4sLQL")

_isUtf8: Final = 0x800
_deflated: Final = 8
_version: Final = 45
"""Which version of the format is needed: that of Zip64."""

_unix: Final = 3
_level: Final = 3
"""Of compression: an archive is mostly taken away at once."""

_most32: Final = 0xFFFFFFFF
_most16: Final = 0xFFFF

_large: Final = 0xF0000000
"""A file of this size may be over 4 GiB when it is compressed."""

_firstYear: Final = 1980
_lastYear: Final = 2107


@define
class ZipWriter:
    """
    A zip that is being written.

    @ivar count: number of entries.
    """

    _file: BinaryIO
    _list: BinaryIO
    _wrote: Callable[[int], object]
    count: int = 0
    _offset: int = 0

    def directory(self, name: bytes, status: os.stat_result) -> None:
        """
        Add a directory.

        @param name: its path in the archive.
        """
        self._add(name + b"/", status, None, b"")

    def link(self, name: bytes, status: os.stat_result, target: bytes) -> None:
        """Add a symlink as a link."""
        self._add(name, status, None, target)

    def file(self, name: bytes, file: BinaryIO) -> None:
        """
        Add a plain file, as many bytes as it has now; fewer if it becomes shorter meanwhile.

        @raise OSError: when it can't be read, or the archive not be written.
        """
        self._add(name, os.fstat(file.fileno()), file, b"")

    def _add(
        self, name: bytes, status: os.stat_result, source: BinaryIO | None, data: bytes
    ) -> None:
        if len(name) > _most16:
            raise OSError(errno.ENAMETOOLONG, os.strerror(errno.ENAMETOOLONG))
        begin, isLarge = self._offset, source is not None and status.st_size >= _large
        method = 0 if source is None else _deflated
        flags = _isUtf8 if _isText(name) else 0
        about = (flags, method, *_timeOf(status.st_mtime))

        def header(crc: int, packed: int, size: int) -> bytes:
            extra = struct.pack("<2H2Q", 1, 16, size, packed) if isLarge else b""
            sizes = (_most32, _most32) if isLarge else (packed, size)
            fixed = _local.pack(b"PK\3\4", _version, *about, crc, *sizes, len(name), len(extra))
            return fixed + name + extra

        head = header(zlib.crc32(data), len(data), len(data))
        self._write(head + data)
        crc, packed, size = zlib.crc32(data), len(data), len(data)
        if source is not None:
            crc, packed, size = self._deflate(source, status.st_size)
            self._file.seek(begin)
            self._file.write(header(crc, packed, size))
            self._file.seek(self._offset)
        self._list.write(_entry(name, status.st_mode, about, crc, packed, size, begin))
        self.count += 1

    def _deflate(self, source: BinaryIO, left: int) -> tuple[int, int, int]:
        """
        @return: the sum, and the sizes in the archive and of the file, in bytes.
        """
        crc, begin, size = 0, self._offset, 0
        packing: Any = zlib.compressobj(_level, zlib.DEFLATED, -zlib.MAX_WBITS)
        while left and (data := source.read(min(left, chunkBytes))):
            crc = zlib.crc32(data, crc)
            size, left = size + len(data), left - len(data)
            self._write(packing.compress(data))
        self._write(packing.flush())
        return crc, self._offset - begin, size

    def _write(self, data: bytes) -> None:
        if data:
            self._wrote(len(data))
            self._file.write(data)
            self._offset += len(data)

    def finish(self) -> None:
        """
        Write the list of entries.

        @raise OSError: when it can't be written.
        """
        begin = self._offset
        self._list.seek(0)
        while data := self._list.read(chunkBytes):
            self._write(data)
        size, end = self._offset - begin, self._offset
        numbers = (self.count, self.count, size, begin)
        if self.count >= _most16 or end >= _most32:
            versions = (_version, _version)
            self._write(_end64.pack(b"PK\6\6", _end64.size - 12, *versions, 0, 0, *numbers))
            self._write(_locator.pack(b"PK\6\7", 0, end, 1))
            numbers = (
                *(min(self.count, _most16),) * 2,
                min(size, _most32),
                min(begin, _most32),
            )
        self._write(_end.pack(b"PK\5\6", 0, 0, *numbers, 0))
        self._file.flush()


def _entry(
    name: bytes,
    mode: int,
    about: tuple[int, ...],
    crc: int,
    packed: int,
    size: int,
    begin: int,
) -> bytes:
    """An entry of the list; what is too large for its field stands in an extra one (Zip64)."""
    large = [each for each in (size, packed, begin) if each >= _most32]
    extra = struct.pack(f"<2H{len(large)}Q", 1, 8 * len(large), *large) if large else b""
    fields = (min(packed, _most32), min(size, _most32), len(name), len(extra))
    attributes = mode << 16 | (0x10 if stat.S_ISDIR(mode) else 0)
    versions = (_version, _unix, _version, 0)
    fixed = _central.pack(
        b"PK\1\2", *versions, *about, crc, *fields, 0, 0, 0, attributes, min(begin, _most32)
    )
    return fixed + name + extra


def _isText(name: bytes) -> bool:
    try:
        name.decode()
    except UnicodeDecodeError:
        return False
    return True


def _timeOf(seconds: float) -> tuple[int, int]:
    """A time as MS-DOS has it: of the day, and the day."""
    try:
        found = time.localtime(seconds)
    except (OverflowError, ValueError, OSError):
        found = time.localtime(0)
    if not _firstYear <= found.tm_year <= _lastYear:
        return 0, 0x21
    clock = found.tm_hour << 11 | found.tm_min << 5 | found.tm_sec // 2
    return clock, (found.tm_year - _firstYear) << 9 | found.tm_mon << 5 | found.tm_mday
