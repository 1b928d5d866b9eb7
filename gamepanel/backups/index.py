"""
The index of a backup, a file beside its archive::

    HEADER              a L{Header} as JSON, on a line
    BLAKE2b             of that line, in hexadecimal digits, on a line
    ENTRIES             compressed by Zstandard: lines of JSON

A line of the entries is a directory's path (a text), something in the directory before it (a
L{Entry}, an array), or some of the list of installed files (a sum for each path, an object). What
is in a directory follows at once, in the order of the archive. Names that are not UTF-8 are as
L{gamepanel.disk.pathtext} has them.

Anybody may have put anything in the place of an index: all of it is checked when it is read.
"""

import shutil
from collections.abc import Collection, Iterator, Mapping
from hashlib import blake2b
from heapq import nsmallest
from itertools import islice
from typing import IO, Any, Final

import msgspec
from msgspec.structs import replace

from gamepanel.backups.values import Entry, Header
from gamepanel.disk.pathtext import isText, restored, storable
from gamepanel.wire.decoding import undecodable

maxHeaderBytes: Final = 1024 * 1024
maxLineBytes: Final = 4 * 1024 * 1024
"""A path of 4,000 levels has up to 1 MiB, and six times that as JSON at the worst."""

maxEntries: Final = 10_000_000

manifestLine: Final = 100
"""Installed files on a line."""

maxManifestBytes: Final = 128 * 1024 * 1024
"""Of all those lines, which stay in memory."""

hashBytes: Final = 32

_form: Final = 1


class DamagedBackup(Exception):
    """An index or an archive is not what was written."""


def newHash() -> Any:
    """What makes the hashes of backups."""
    return blake2b(digest_size=hashBytes)


class Hashing:
    """
    A file whose content is hashed as it is read or written, from its beginning to its end.

    @ivar size: bytes that have been read or written.
    """

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._hash = newHash()
        self.size = 0

    def _took(self, data: Any) -> None:
        self._hash.update(data)
        self.size += len(data)

    def read(self, size: int = -1, /) -> bytes:
        """At most so many bytes more."""
        data = self._file.read(size)
        self._took(data)
        return data

    def write(self, data: Any, /) -> int:
        """Write some more."""
        self._took(data)
        self._file.write(data)
        return len(data)

    def flush(self) -> None:
        """Nothing is held back."""

    def finish(self) -> str:
        """The hash, after the rest was read."""
        while self.read(1024 * 1024):
            pass
        return self.digest()

    def digest(self) -> str:
        """The hash of what has been read or written by now, in hexadecimal digits."""
        return str(self._hash.hexdigest())


def encoded(line: Entry | str | Mapping[str, str]) -> bytes:
    """A line of the entries."""
    return msgspec.json.encode(storable(msgspec.to_builtins(line))) + b"\n"


def manifestLines(manifest: Mapping[str, str]) -> Iterator[bytes]:
    """The lines for a list of installed files."""
    items = iter(manifest.items())
    while some := dict(islice(items, manifestLine)):
        yield encoded(some)


def write(file: IO[bytes], header: Header, entries: IO[bytes]) -> None:
    """
    Write an index.

    @param header: with the hash of its entries.
    @param entries: the compressed entries, from their beginning.
    """
    line = msgspec.json.encode(header)
    file.write(line + b"\n" + _digest(line) + b"\n")
    shutil.copyfileobj(entries, file, 1024 * 1024)


def _digest(data: bytes) -> bytes:
    hashed = newHash()
    hashed.update(data)
    return str(hashed.hexdigest()).encode()


def readHeader(file: IO[bytes]) -> Header:
    """
    Read the first part of an index; what follows in the file are its entries.

    @raise DamagedBackup: when the file does not begin with a header of a form that is known.
    """
    line, digest = file.readline(maxHeaderBytes), file.readline(2 * hashBytes + 2)
    if digest != _digest(line.removesuffix(b"\n")) + b"\n":
        raise DamagedBackup("its index is damaged")
    try:
        header = msgspec.json.decode(line, type=Header)
    except undecodable as error:
        raise DamagedBackup("its index does not fit") from error
    if header.form != _form:
        raise DamagedBackup(f"its index has form {header.form}, which is not known here")
    return header


def rewrite(file: IO[bytes], old: IO[bytes], header: Header) -> None:
    """
    Write an index anew with another header.

    @param old: the index as it was.

    @raise DamagedBackup: when that file is no index.
    """
    before = readHeader(old)
    write(file, replace(header, archive=before.archive, entries=before.entries), old)


class Reading:
    """
    Reads the entries of an index.

    @ivar manifest: installed files by now: they come before all entries.
    @ivar hidden: names in a page that are not UTF-8, which are left out.
    """

    def __init__(self, file: IO[bytes], header: Header) -> None:
        """@param file: behind its header."""
        self.manifest: dict[str, str] = {}
        self.hidden = self._listed = 0
        self._file = file
        self._header = header

    def lines(self) -> Iterator[str | Entry]:
        """
        All directories and entries.

        @raise DamagedBackup: when the entries are not what was written; all of them have come by
            then.
        """
        for line in self._raw():
            try:
                found = msgspec.json.decode(line)
                if rb"\u0000" in line:
                    # Rare, and most of the time that reading takes.
                    found = restored(found)
                if isinstance(found, dict):
                    self._listed += len(line)
                    if self._listed > maxManifestBytes:
                        raise DamagedBackup("its list of installed files is too long")
                    self.manifest |= msgspec.convert(found, dict[str, str])
                elif isinstance(found, str):
                    yield _inside(found)
                else:
                    entry = msgspec.convert(found, Entry)
                    _check(entry)
                    yield entry
            except (*undecodable, ValueError) as error:
                raise DamagedBackup("its index does not fit") from error

    def _raw(self) -> Iterator[bytes]:
        # Not before it is needed: a daemon that reads no backup does without.
        from gamepanel.worker.unpack.zstd import zstd

        hashing: Any = Hashing(self._file)
        try:
            with zstd.ZstdFile(hashing) as file:
                for count in range(maxEntries):
                    if not (line := file.readline(maxLineBytes)):
                        break
                    if not line.endswith(b"\n"):
                        raise DamagedBackup(f"line {count} of its index is too long")
                    yield line
                else:
                    raise DamagedBackup("its index is too long")
        except (zstd.ZstdError, EOFError) as error:
            raise DamagedBackup("its index is damaged") from error
        if hashing.finish() != self._header.entries:
            raise DamagedBackup("its index is damaged")

    def entries(self) -> Iterator[tuple[str, Entry]]:
        """
        All entries with their paths.

        @raise DamagedBackup: as L{lines}.
        """
        directory: str | None = None
        for line in self.lines():
            if isinstance(line, str):
                directory = line
            elif directory is None:
                raise DamagedBackup("its index does not fit")
            else:
                yield f"{directory}/{line.name}" if directory else line.name, line

    def holdsInstalled(self) -> bool:
        """
        Whether the backup holds all that was installed. Where no list tells what that was, the
        backup does if all files were selected.

        @raise DamagedBackup: as L{lines}.
        """
        found = {path for path, _ in self.entries() if path in self.manifest}
        isListed = bool(self.manifest) or self._header.selection.isAll
        return isListed and found == self.manifest.keys()

    def lacking(self, paths: Collection[str]) -> set[str]:
        """
        Those of some paths at which nothing is.

        @raise DamagedBackup: as L{lines}.
        """
        return set(paths).difference(path for path, _ in self.entries())

    def page(self, path: str, after: str, most: int) -> list[Entry] | None:
        """
        What is in a directory, in order of its names; None where there is no such directory.

        @param after: only names behind this one.
        @param most: entries at the most.

        @raise DamagedBackup: as L{lines}.
        """
        isThere = False

        def inside() -> Iterator[Entry]:
            nonlocal isThere
            isIn = False
            for line in self.lines():
                if isinstance(line, str):
                    isIn = line == path
                    isThere |= isIn
                elif isIn and not isText(line.name):
                    self.hidden += 1
                elif isIn and line.name > after:
                    yield line

        found = nsmallest(most, inside(), key=lambda each: each.name)
        return found if isThere else None


def _check(entry: Entry) -> None:
    name = entry.name
    if not name or "/" in name or "\0" in name or name in (".", ".."):
        raise ValueError("no file has this name")
    if entry.kind == "hardlink":
        _inside(entry.target)
    if "\0" in entry.target:
        raise ValueError("no file is like this")


def _inside(path: str) -> str:
    if "\0" in path or (path and any(bad in f"/{path}/" for bad in ("//", "/./", "/../"))):
        raise ValueError("it leads elsewhere")
    return path
