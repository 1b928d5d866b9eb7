"""
Reads the files of a server for a backup: what the process does that is the server's user.
"""

import errno
import os
import stat
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from itertools import islice
from typing import Any, BinaryIO, Final

from msgspec.structs import replace

from gamepanel.backups.index import encoded, newHash
from gamepanel.backups.selection import Selection
from gamepanel.backups.values import Entry, Kind, maxChanged
from gamepanel.disk.confined import openPlain
from gamepanel.disk.mounted import isMounted
from gamepanel.disk.walking import Directory, walk
from gamepanel.jobs.progress import plain
from gamepanel.worker.backups.copier import Frames
from gamepanel.worker.backups.databases import companions, copyDatabase, magic
from gamepanel.worker.backups.tape import (
    Segment,
    chunkBytes,
    end,
    header,
    maxSegments,
    padding,
    sparseMap,
)
from gamepanel.worker.copying import filled

tapeStream: Final = 0
"""Of L{Frames}: the archive."""

indexStream: Final = 1
"""Of L{Frames}: the entries of the index."""

tries: Final = 3
"""A file that changes while it is read is read again, until it was read so often."""

smallBytes: Final = chunkBytes
"""A file of this size is read as a whole before it is written."""

holeBytes: Final = 64 * 1024
"""A smaller file is stored as if it had no holes."""

maxPath: Final = 64 * 1024
"""
Characters of a directory's path, sixteen times what the kernel takes at once. Archive and index
have the whole path of each, so without a bound what is nested deep would cost its depth squared.
"""

maxNamed: Final = 1_000
"""Characters of the path of a file that is not whole which are told."""

maxTold: Final = 1_000
"""Files that the log of the job names as left out."""

_gone: Final = (None, errno.ENOENT, errno.ELOOP, errno.ENXIO, errno.ENOTDIR)
"""What is said of a file that is gone, or another thing than just now."""


class Reader:
    """
    Writes an archive, and beside it the entries of its index.

    @ivar changed: files that are not whole.
    @ivar isComplete: whether there is none.
    @ivar files: number of regular files.
    @ivar total: bytes of all of them.
    """

    def __init__(
        self,
        home: str,
        selection: Selection,
        out: Frames,
        copies: str | None = None,
        isConfined: bool = True,
    ) -> None:
        """
        @param home: absolute path of the server's directory.
        @param copies: absolute path of an empty directory for copies of databases; None where they
            are read as any other file, since the game does not run.
        @param isConfined: see L{Place.enter}; SQLite follows symlinks.
        """
        self.changed: list[str] = []
        self.isComplete = True
        self.files = self.total = 0
        self._home = home
        self._selection = selection
        self._out = out
        self._copies = copies
        self._isConfined = isConfined
        self._linked: dict[tuple[int, int], str] = {}
        self._told = 0

    def read(self) -> None:
        """
        Read everything.

        @raise OSError: when the directory itself can't be read.
        """
        waiting = set[str]()
        for found in walk(self._home, isTolerant=True):
            self._directory(found, waiting)
        for path in waiting:
            # Nobody could enter this directory.
            with suppress(OSError):
                os.stat(os.path.join(self._home, path), follow_symlinks=False)
                self._isNotWhole(path)
        self._out.write(tapeStream, end)
        self._out.flush()

    def result(self) -> Mapping[str, Any]:
        """What is known of the backup when all was read."""
        return {
            "changed": self.changed,
            "complete": self.isComplete,
            "files": self.files,
            "total": self.total,
        }

    def _directory(self, found: Directory, waiting: set[str]) -> None:
        place = "/".join(found.steps)
        waiting.discard(place)
        inner = f"{place}/" if place else ""
        self._out.write(indexStream, encoded(place))
        entered = []
        for name in found.directories:
            path = f"{inner}{name}"
            if self._selection.enters(path) and self._makeDirectory(found.descriptor, name, path):
                entered.append(name)
                waiting.add(path)
        found.directories[:] = entered
        copied = set[str]()
        for name in found.others:
            path = f"{inner}{name}"
            if name not in copied and self._selection.selects(path):
                self._other(found.descriptor, name, path, copied)

    def _makeDirectory(self, directory: int, name: str, path: str) -> bool:
        """Add a directory to the archive; returns whether the directory is to be entered."""
        if len(path) > maxPath:
            self._isNotWhole(path, "its path is too long")
            return False
        try:
            if isMounted(directory, name):
                self._leaveOut(path, "something is mounted there")
                return False
            status = os.stat(name, dir_fd=directory, follow_symlinks=False)
        except OSError as error:
            self._failed(path, error)
            return False
        if not stat.S_ISDIR(status.st_mode):
            return False
        entry = _entry(name, "directory", status)
        self._add(entry, header(path, entry))
        return True

    def _other(self, directory: int, name: str, path: str, copied: set[str]) -> None:
        try:
            status = os.stat(name, dir_fd=directory, follow_symlinks=False)
            if stat.S_ISLNK(status.st_mode):
                target = os.readlink(name, dir_fd=directory)
                entry = _entry(name, "link", status, target=target)
                self._add(entry, header(path, entry))
            elif stat.S_ISREG(status.st_mode):
                self._file(directory, name, path, copied)
            else:
                self._leaveOut(path, "it is no file, directory or link")
        except OSError as error:
            self._failed(path, error)

    def _file(self, directory: int, name: str, path: str, copied: set[str]) -> None:
        with openPlain(name, directory) as file:
            status = os.fstat(file.fileno())
            key = status.st_dev, status.st_ino
            if status.st_nlink > 1 and key in self._linked:
                entry = _entry(name, "hardlink", status, status.st_size, target=self._linked[key])
                self._add(entry, header(path, entry))
                return
            isDatabase = self._copies is not None and os.pread(file.fileno(), 16, 0) == magic
        if not (isDatabase and self._database(name, path, status, copied)):
            self._plain(directory, name, path)
            if isDatabase:
                self._isNotWhole(path)
        if status.st_nlink > 1:
            self._linked[key] = path

    def _database(self, name: str, path: str, status: os.stat_result, copied: set[str]) -> bool:
        assert self._copies is not None
        copy = os.path.join(self._copies, "copy")
        if not (self._isConfined and copyDatabase(os.path.join(self._home, path), copy)):
            return False
        with openPlain(copy) as file:
            # Nobody else knows of it.
            os.unlink(copy)
            entry, isWhole = self._content(file, name, path, status)
        self._index(path, entry, isWhole)
        copied.update(f"{name}{suffix}" for suffix in companions)
        return True

    def _plain(self, directory: int, name: str, path: str) -> None:
        """Add a file, which may change while it is read."""
        entry, isWhole, stored = None, False, 0
        for _ in range(tries):
            try:
                with openPlain(name, directory) as file:
                    status = os.fstat(file.fileno())
                    entry, isWhole = self._content(file, name, path, status)
                    stored = max(stored, entry.stored)
            except OSError:
                # One that has been read by now is in the archive.
                if entry is None:
                    raise
                break
            if isWhole:
                break
        assert entry is not None
        self._index(path, replace(entry, stored=stored), isWhole)

    def _content(
        self, file: BinaryIO, name: str, path: str, about: os.stat_result
    ) -> tuple[Entry, bool]:
        """
        Add a member with what is in a file now.

        @param about: whose mode and times it gets.

        @return: the entry for it, and whether it is what was in the file at one moment.
        """
        status, hashing = os.fstat(file.fileno()), newHash()
        size, segments = status.st_size, _segments(file.fileno(), status)
        if segments is None and size <= smallBytes:
            data = file.read(size)
            hashing.update(data)
            entry = _entry(name, "file", about, len(data), hash=hashing.hexdigest())
            entry = replace(entry, stored=len(data))
            self._out.write(tapeStream, header(path, entry, len(data)))
            self._out.write(tapeStream, data)
            self._out.write(tapeStream, padding(len(data)))
            isShort = len(data) < size
        else:
            parts, before = [(0, size)], b""
            if segments is not None:
                parts, before = segments, sparseMap(segments, size)
            content = len(before) + sum(stop - start for start, stop in parts)
            entry = _entry(name, "file", about, size)
            isSparse = segments is not None
            self._out.write(tapeStream, header(path, entry, content, isSparse=isSparse) + before)
            hashing.update(before)
            isShort = False
            for part in _parts(file.fileno(), parts):
                # It has become shorter, or can't be read on: so much was promised.
                isShort |= isinstance(part, int)
                data = bytes(part) if isinstance(part, int) else part
                hashing.update(data)
                self._out.write(tapeStream, data)
            self._out.write(tapeStream, padding(content))
            entry = replace(entry, hash=hashing.hexdigest(), stored=content)
        return entry, not isShort and _isStill(file.fileno(), status, segments, entry.hash)

    def _index(self, path: str, entry: Entry, isWhole: bool) -> None:
        self.files += 1
        self.total += entry.size
        self._out.write(indexStream, encoded(entry))
        if not isWhole:
            self._isNotWhole(path)

    def _add(self, entry: Entry, member: bytes) -> None:
        self._out.write(tapeStream, member)
        self._out.write(indexStream, encoded(entry))

    def _failed(self, path: str, error: OSError) -> None:
        if error.errno not in _gone:
            self._isNotWhole(path)

    def _isNotWhole(
        self, path: str, why: str = "it can't be read, or changes all the time"
    ) -> None:
        self.isComplete = False
        text = os.fsencode(path).decode(errors="replace")[:maxNamed]
        if text not in self.changed:
            if len(self.changed) < maxChanged:
                self.changed.append(text)
            self._tell(f"{text} is not whole: {why}")

    def _leaveOut(self, path: str, why: str) -> None:
        self._tell(f"{os.fsencode(path).decode(errors='replace')} is left out: {why}")

    def _tell(self, text: str) -> None:
        if self._told < maxTold:
            self._told += 1
            print(plain(text))


def _segments(file: int, status: os.stat_result) -> list[Segment] | None:
    """Where a file has content; None for one that is to be stored without holes."""
    size = status.st_size
    if size < holeBytes or status.st_blocks * 512 >= size:
        return None
    found = list(islice(filled(file, size), maxSegments + 1))
    isWhole = found == [(0, size)]
    return None if isWhole or len(found) > maxSegments else found


def _parts(file: int, parts: Iterable[Segment]) -> Iterator[bytes | int]:
    """What is in these parts of a file; a number of bytes where they can't be read."""
    for start, stop in parts:
        while start < stop:
            want = min(chunkBytes, stop - start)
            try:
                data: bytes | int = os.pread(file, want, start) or want
            except OSError:
                data = want
            start += data if isinstance(data, int) else len(data)
            yield data


def _isStill(
    file: int, before: os.stat_result, segments: list[Segment] | None, digest: str
) -> bool:
    """Whether the beginning of a file is what was read; what it grew by does not count."""
    now = os.fstat(file)
    if (now.st_mtime_ns, now.st_size) == (before.st_mtime_ns, before.st_size):
        return True
    size, hashing = before.st_size, newHash()
    if now.st_size < size:
        return False
    if segments is not None:
        if list(islice(filled(file, size), maxSegments + 1)) != segments:
            return False
        hashing.update(sparseMap(segments, size))
    for part in _parts(file, [(0, size)] if segments is None else segments):
        if isinstance(part, int):
            return False
        hashing.update(part)
    return bool(hashing.hexdigest() == digest)


def _entry(
    name: str, kind: Kind, status: os.stat_result, size: int = 0, hash: str = "", target: str = ""
) -> Entry:
    mode = stat.S_IMODE(status.st_mode) & 0o1777
    # Some file systems have times that 64 bits of nanoseconds have not.
    modifiedAt = max(-(2**63), min(status.st_mtime_ns, 2**63 - 1))
    return Entry(name, kind, mode, modifiedAt, size, hash, target)
