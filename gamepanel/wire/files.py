"""
Files of servers.
"""

from typing import Annotated, ClassVar, Final, Literal

from msgspec import UNSET, Meta, UnsetType, field

from gamepanel.wire.message import (
    Answer,
    Bytes,
    Encoding,
    EncodingUsed,
    Message,
    ServerId,
    Text,
    Time,
)
from gamepanel.wire.values import extensible, sumPattern

maxRead: Final = 1024 * 1024
"""Bytes of a file in one answer."""

Path = Annotated[
    str,
    Meta(
        title="Path",
        description="Names with `/` between them, relative to the server's directory.",
    ),
]
FileKind = Annotated[str, extensible(Literal["file", "directory", "link", "other"])]
Revision = Annotated[str, Meta(description="Tells one state of a file from others.")]


class FileEntry(Answer, frozen=True):
    """
    Something in a directory.

    @ivar name: in its directory.
    @ivar kind: what it is; C{other} are pipes, sockets and devices.
    @ivar size: in bytes.
    @ivar modifiedAt: in seconds since the Unix epoch.
    @ivar executable: whether it may be run by whom it belongs to.
    """

    name: str
    kind: FileKind
    size: Bytes
    modifiedAt: Time
    executable: bool


class ListFiles(Message, frozen=True):
    """
    A request for what is in a directory.

    @ivar path: of the directory.
    @ivar after: only names behind this one.
    @ivar limit: number of entries.
    """

    server: ServerId
    path: Path = ""
    after: Annotated[str, Meta(max_length=1024)] | None = None
    limit: Annotated[int, Meta(ge=1, le=1000)] = 500


class FileList(Answer, frozen=True):
    """
    Some of what is in a directory, sorted by name.

    @ivar entries: sorted by name (code points).
    @ivar more: whether there is more behind that.
    @ivar hidden: number of names that are not UTF-8, which are not shown.
    """

    entries: tuple[FileEntry, ...]
    more: bool
    hidden: Bytes


class ReadFile(Message, frozen=True):
    """
    A request for some of a file.

    @ivar offset: of the first byte.
    @ivar limit: number of bytes.
    """

    server: ServerId
    path: Path
    offset: Annotated[int, Meta(ge=0, le=2**53 - 1)] = 0
    limit: Annotated[int, Meta(ge=1, le=maxRead)] = maxRead
    encoding: Encoding = "utf-8"


class FileText(Answer, frozen=True):
    """
    Some of a file.

    @ivar data: that, as C{encoding} says.
    @ivar offset: of the first byte.
    @ivar size: of the whole file, in bytes.
    """

    data: str
    encoding: EncodingUsed
    offset: Bytes
    size: Bytes
    revision: Revision


class WriteFile(Message, frozen=True):
    """
    A request to write a file.

    @ivar data: all that is to be in it.
    @ivar revision: what must be there now, null for nothing; left out for whatever it is.
    """

    nullable: ClassVar[frozenset[str]] = frozenset({"revision"})

    server: ServerId
    path: Path
    data: str
    encoding: Encoding = "utf-8"
    revision: Annotated[str, Meta(min_length=1, max_length=256)] | UnsetType | None = UNSET


class FileWritten(Answer, frozen=True):
    """
    A file that was written.

    @ivar size: in bytes.
    """

    revision: Revision
    size: Bytes


class UpdateFile(Message, frozen=True):
    """
    A request to let a file be a program or not.

    @ivar executable: whether whoever may read it may run it.
    """

    server: ServerId
    path: Path
    executable: bool


class MakeDirectory(Message, frozen=True):
    """
    A request to make a directory.
    """

    server: ServerId
    path: Path


class MoveFile(Message, frozen=True):
    """
    A request to move, rename or copy something.

    @ivar from: what is moved or copied.
    @ivar to: where to.
    @ivar replace: whether a file may take the place of another.
    """

    server: ServerId
    source: Path = field(name="from")
    target: Path = field(name="to")
    replace: bool = False


class DeleteFiles(Message, frozen=True):
    """
    A request to delete something, all of it or nothing.

    @ivar paths: of files, links and directories with all that is in them.
    """

    server: ServerId
    paths: Annotated[list[Path], Meta(min_length=1, max_length=1000)]


class PackFiles(Message, frozen=True):
    """
    A request to make a zip.

    @ivar paths: of files, links and directories with all that is in them.
    @ivar to: path of the zip; without it that lies beside the server's directory for an hour.
    @ivar replace: whether it may take the place of a file.
    """

    server: ServerId
    paths: Annotated[list[Path], Meta(min_length=1, max_length=1000)]
    target: Path | None = field(name="to", default=None)
    replace: bool = False


class UnpackFile(Message, frozen=True):
    """
    A request to unpack an archive.

    @ivar path: of the archive.
    @ivar to: path of a directory, made if it is missing; without it the one that the archive is in.
    @ivar replace: whether files may take the place of others.
    """

    server: ServerId
    path: Path
    target: Path | None = field(name="to", default=None)
    replace: bool = False


class FetchFile(Message, frozen=True):
    """
    A request to download a file from elsewhere.

    @ivar url: of http or https.
    @ivar to: where the file is to be.
    @ivar sha256: its sum, in hexadecimal digits.
    @ivar replace: whether it may take the place of a file.
    """

    server: ServerId
    url: Annotated[str, Meta(max_length=2048)]
    target: Path = field(name="to")
    sha256: Annotated[str, Meta(pattern=sumPattern)] | None = None
    replace: bool = False


class SearchFiles(Message, frozen=True):
    """
    A request to search text files, or names.

    @ivar text: what is searched, upper and lower case the same.
    @ivar in: whether lines are searched, or last names.
    @ivar path: of the directory that is searched.
    @ivar limit: number of matches.
    """

    server: ServerId
    text: Annotated[str, Meta(min_length=1, max_length=200)]
    place: Literal["content", "names"] = field(name="in", default="content")
    path: Path = ""
    limit: Annotated[int, Meta(ge=1, le=200)] = 50


class FileMatch(Answer, frozen=True):
    """
    Something that was found.

    @ivar line: number of the line, from 1; 0 where names are searched.
    @ivar text: some of the line, or the name.
    """

    path: Path
    line: Bytes
    text: Text


class FileMatches(Answer, frozen=True):
    """
    What was found.

    @ivar matches: in the order in which they were found.
    @ivar complete: whether that is all; false where the limit or the time ended the search.
    """

    matches: tuple[FileMatch, ...]
    complete: bool
