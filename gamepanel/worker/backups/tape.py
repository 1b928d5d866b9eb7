"""
The archives of backups: tar (POSIX.1-2001, C{pax}), read and written as one stream.

Any C{tar} reads them. We read what we write and nothing else: files, directories, symbolic and hard
links, and files with holes as GNU tar has them (sparse format 1.0), whose content begins with a map
of what is no hole. A member that is followed by another of the same name does not count.
"""

import os
import tarfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, Final, Protocol

from attrs import define, field

from gamepanel.backups.index import DamagedBackup, newHash
from gamepanel.backups.values import Entry, Kind

blockBytes: Final = 512

chunkBytes: Final = 1024 * 1024

maxHeaderBytes: Final = 8 * 1024 * 1024
"""Of what stands before a member: its name and where it leads, each up to 4,000 levels deep."""

maxSegments: Final = 100_000
"""A file with more parts between its holes is stored as if it had none."""

end: Final = bytes(2 * blockBytes)
"""Of an archive."""

_types: Final[dict[Kind, bytes]] = {
    "file": tarfile.REGTYPE,
    "directory": tarfile.DIRTYPE,
    "link": tarfile.SYMTYPE,
    "hardlink": tarfile.LNKTYPE,
}

_kinds: Final = {type: kind for kind, type in _types.items()}

Segment = tuple[int, int]
"""Where a file has content: the first byte, and the one behind the last."""


def padding(size: int) -> bytes:
    """What follows the content of a member."""
    return bytes(-size % blockBytes)


def header(path: str, entry: Entry, size: int = 0, *, isSparse: bool = False) -> bytes:
    """
    What stands before a member.

    @param size: bytes of its content in the archive.
    @param isSparse: whether its content begins with a map.
    """
    info = tarfile.TarInfo(path)
    info.type, info.mode, info.size = _types[entry.kind], entry.mode, size
    info.mtime = entry.modifiedAt // 1_000_000_000
    info.linkname = entry.target
    if isSparse:
        directory, _, name = path.rpartition("/")
        info.name = f"{directory or '.'}/GNUSparseFile.0/{name}"
        info.pax_headers = {
            "GNU.sparse.major": "1",
            "GNU.sparse.minor": "0",
            "GNU.sparse.name": path,
            "GNU.sparse.realsize": str(entry.size),
        }
    return info.tobuf(tarfile.PAX_FORMAT, "utf-8", "surrogateescape")


def sparseMap(segments: Sequence[Segment], size: int) -> bytes:
    """
    The map at the beginning of a file with holes.

    @param size: of the file.
    """
    # One of no bytes at the end: GNU tar goes by it.
    parts = [(start, stop - start) for start, stop in segments] + [(size, 0)]
    numbers = (number for part in parts for number in part)
    text = "".join(f"{number}\n" for number in (len(parts), *numbers)).encode()
    return text + padding(len(text))


class Stream(Protocol):
    """Where an archive comes from."""

    def read(self, size: int, /) -> bytes:
        """At most so many more bytes; none at the end."""


@define
class Member:
    """
    Something in an archive.

    @ivar size: of a file.
    @ivar target: as of L{Entry}.
    @ivar isSparse: whether its content begins with a map.
    @ivar content: size of what is in the archive of it.
    """

    path: str
    kind: Kind
    size: int
    target: str
    isSparse: bool
    content: int
    _read: Callable[[int], bytes]
    _left: int = field(default=-1, init=False)
    _hash: Any = field(default=None, init=False)

    def read(self, most: int = chunkBytes) -> bytes:
        """
        More of its content; empty at the end.

        @raise DamagedBackup: when the archive ends within the content.
        """
        if self._hash is None:
            self._left, self._hash = self.content, newHash()
        data = self._read(min(most, chunkBytes, self._left)) if self._left else b""
        if self._left and not data:
            raise DamagedBackup("its archive ends too soon")
        self._left -= len(data)
        self._hash.update(data)
        return data

    def finish(self) -> str:
        """
        Read the rest.

        @return: the hash of its content.
        """
        while self.read():
            pass
        return str(self._hash.hexdigest())

    def segments(self) -> Iterator[Segment]:
        """
        Read the map that its content begins with.

        @return: in the order of the content.

        @raise DamagedBackup: when the content does not begin with a map.
        """
        block = b""

        def number() -> int:
            nonlocal block
            while b"\n" not in block:
                more = self.read(blockBytes)
                if len(block) > 2 * blockBytes or not more:
                    raise DamagedBackup("its archive does not fit")
                block += more
            text, _, block = block.partition(b"\n")
            if not text.isdigit() or len(text) > 19:
                raise DamagedBackup("its archive does not fit")
            return int(text)

        count, before = number(), 0
        if count > maxSegments + 1:
            raise DamagedBackup("its archive does not fit")
        found = []
        for _ in range(count):
            start, length = number(), number()
            if start < before or start + length > self.size:
                raise DamagedBackup("its archive does not fit")
            before = start + length
            found.append((start, before))
        if sum(stop - start for start, stop in found) != self._left:
            raise DamagedBackup("its archive does not fit")
        return iter(found)


class Members:
    """
    Reads an archive, one member after the other.
    """

    def __init__(self, stream: Stream) -> None:
        self._stream = stream
        self._current: Member | None = None

    def next(self) -> Member | None:
        """
        The next member; what was not read of the one before is passed over. None at the end.

        @raise DamagedBackup: when the member is none that we write.
        """
        if self._current is not None:
            self._current.finish()
            self._exactly(len(padding(self._current.content)))
            self._current = None
        try:
            info, more = self._info(), dict[str, str]()
            if info is not None and info.type == tarfile.XHDTYPE:
                if info.size > maxHeaderBytes:
                    raise DamagedBackup("a header in its archive is too large")
                data = self._exactly(info.size)
                self._exactly(len(padding(info.size)))
                more, info = dict(_records(data)), self._info()
                if info is None:
                    raise DamagedBackup("its archive ends too soon")
            if info is None:
                return None
            self._current = self._member(info, more)
        except (tarfile.HeaderError, ValueError) as error:
            raise DamagedBackup("its archive does not fit") from error
        return self._current

    def _exactly(self, size: int) -> bytes:
        parts = []
        while size:
            data = self._stream.read(min(size, chunkBytes))
            if not data:
                raise DamagedBackup("its archive ends too soon")
            parts.append(data)
            size -= len(data)
        return b"".join(parts)

    def _info(self) -> tarfile.TarInfo | None:
        block = self._exactly(blockBytes)
        if not any(block):
            return None
        return tarfile.TarInfo.frombuf(block, "utf-8", "surrogateescape")

    def _member(self, info: tarfile.TarInfo, more: dict[str, str]) -> Member:
        kind = _kinds.get(info.type)
        content = int(more.get("size", info.size))
        if kind is None or content < 0 or (kind != "file" and content):
            raise DamagedBackup("its archive does not fit")
        isSparse = "GNU.sparse.major" in more
        path = more["GNU.sparse.name"] if isSparse else more.get("path", info.name)
        return Member(
            path.removesuffix("/") if kind == "directory" else path,
            kind,
            int(more["GNU.sparse.realsize"]) if isSparse else content,
            more.get("linkpath", info.linkname),
            isSparse,
            content,
            self._stream.read,
        )


def _records(data: bytes) -> Iterator[tuple[str, str]]:
    """
    The names and values in a header of C{pax}.

    @raise ValueError: when the data is no such header.
    """
    at = 0
    while at < len(data):
        length, _, _ = data[at : at + 20].partition(b" ")
        size = int(length)
        record, at = data[at : at + size], at + size
        if size <= 0 or len(record) != size or not record.endswith(b"\n"):
            raise ValueError("it is none")
        key, isThere, value = record[len(length) + 1 : -1].partition(b"=")
        if not isThere:
            raise ValueError("it is none")
        yield key.decode(), os.fsdecode(value)


Take = Callable[[str, Entry, Member], None]
"""A function that is given a member of an archive and may read the content."""


def follow(stream: Stream, entries: Iterable[tuple[str, Entry]], take: Take) -> None:
    """
    Read an archive beside its index, which says what must be in it, in its order.

    @param take: given each member. One of a file that has changed while it was read is followed by
        another; the last one counts.

    @raise DamagedBackup: when something is not as the index says.
    """
    members = Members(stream)
    member = members.next()
    for path, entry in entries:
        while member is not None:
            if (member.path, member.kind, member.target) != (path, entry.kind, entry.target):
                raise DamagedBackup("its archive and its index differ")
            if member.content > entry.stored:
                # Space was looked for by the index.
                raise DamagedBackup("a file in its archive is larger than it may be")
            take(path, entry, member)
            isFile, digest, size = entry.kind == "file", member.finish(), member.size
            member = members.next()
            if not isFile:
                break
            if member is None or member.path != path:
                if (digest, size) != (entry.hash, entry.size):
                    raise DamagedBackup("a file in its archive is another")
                break
        else:
            raise DamagedBackup("its archive ends too soon")
    if member is not None:
        raise DamagedBackup("its archive and its index differ")
