"""
What the daemon asks a file worker, and what that answers.

A frame is four bytes of length (big-endian) and JSON; a descriptor travels with the frame of the
answer that has it (C{SCM_RIGHTS}). The worker imports this: so it brings in nothing large.

Paths are those of the API, checked by who asks: relative to the
server's directory, empty for itself. A revision tells one state of a file from others.
"""

import secrets
import struct
from typing import Any, Final

from msgspec import Struct

maxFrameBytes: Final = 4 * 1024 * 1024
"""A frame that is larger is none of ours; 1,000 paths are 1 MiB, 1,000 entries less."""


length: Final = struct.Struct(">I")
"""Of a frame, before it."""

maxPathBytes: Final = 1024
"""Of a path; what is further down is not served."""

prefix: Final = ".gamepanel."
"""Names of files that are created begin so, and of what is to be removed."""

goneSuffix: Final = ".gone"
"""So the names of what is to be removed end."""

jobSuffix: Final = ".job"
"""So the name of a directory ends in which a job makes something, locked (C{flock}) until then."""

archiveSuffix: Final = ".zip"
"""So the name of an archive ends that can be fetched until it is C{archiveSeconds} old."""

archiveSeconds: Final = 3600.0


class Owner(Struct, frozen=True):
    """Whom files belong to: numbers of a user and of a group."""

    uid: int
    gid: int


class Workplace(Struct, frozen=True):
    """
    Where a worker works.

    @ivar home: absolute path of the directory of a server.
    @ivar staging: absolute path of the one beside it, which need not be there.
    @ivar account: whom it is done as; None for the daemon's user.
    """

    home: str
    staging: str
    account: Owner | None


def newName(suffix: str = ".new") -> str:
    """A name for a file that is created."""
    return f"{prefix}{secrets.token_hex(16)}{suffix}"


class Request(Struct, frozen=True, tag=True):
    """What a worker is asked."""


class Look(Request, frozen=True):
    """
    What there is of one name; answered by an L{Entry}.

    @ivar path: of anything.
    """

    path: str


class List(Request, frozen=True):
    """
    Some of what is in a directory, sorted by name; answered by a L{Listed}.

    @ivar after: only names behind this one; None for the first page, which is of now.
    @ivar limit: number of entries.
    """

    path: str
    after: str | None
    limit: int


class Open(Request, frozen=True):
    """Open a plain file to be read; answered by an L{Opened}, with a descriptor."""

    path: str


class OpenArchive(Request, frozen=True):
    """
    Open an archive that lies beside the server's directory; answered by an L{Opened}.

    @ivar name: with C{archiveSuffix}.
    """

    name: str


class Create(Request, frozen=True):
    """
    Open a file beside the server's directory to be written, made if it is not there; answered by a
    L{Created}, with a descriptor. It is locked (C{flock}) as long as that is open. One whose name
    ends in C{.new} is removed when a worker finds it without a lock, any other stays.

    @ivar name: as L{newName} makes it.
    """

    name: str


class Place(Request, frozen=True):
    """
    Put a file that was created into the server's directory, after it is on the disk; answered by an
    L{Entry}.

    @ivar name: of the file beside.
    @ivar path: where to.
    @ivar revision: what must be there: a revision, empty for nothing, None for whatever it is.
    """

    name: str
    path: str
    revision: str | None


class Check(Request, frozen=True):
    """
    Whether a L{Place} could be done now, and would be refused if not; answered by an L{Entry} of
    what is there, or by an L{Answer} where there is nothing.
    """

    path: str
    revision: str | None


class Discard(Request, frozen=True):
    """Remove a file that was created, if it is there; answered by an L{Answer}."""

    name: str


class Staged(Request, frozen=True):
    """
    A file that was created and not placed; answered by an L{Entry}.

    @ivar name: as L{newName} makes it.
    """

    name: str


class SetExecutable(Request, frozen=True):
    """Let a plain file be a program or not; answered by an L{Answer}."""

    path: str
    executable: bool


class MakeDirectory(Request, frozen=True):
    """Make a directory; answered by an L{Answer}."""

    path: str


class Move(Request, frozen=True):
    """
    Move or rename something; answered by an L{Answer}.

    @ivar replace: whether a plain file may take the place of another.
    """

    source: str
    target: str
    replace: bool


class Delete(Request, frozen=True):
    """
    Move things aside, all or none, to be removed by the daemon; answered by
    an L{Answer}.
    """

    paths: tuple[str, ...]


class Search(Request, frozen=True):
    """
    Search the lines of text files, or names; answered by a L{Found}.

    @ivar path: of the directory to search.
    @ivar text: what is searched, upper and lower case the same.
    @ivar isOfNames: whether last names are searched, not lines.
    @ivar limit: number of matches.
    """

    path: str
    text: str
    isOfNames: bool
    limit: int


class Answer(Struct, frozen=True, tag=True):
    """What a worker answers: here, that it is done."""


class Refusal(Answer, frozen=True):
    """
    Why something can't be done.

    @ivar code: of L{gamepanel.wire.codes}.
    @ivar cause: of L{gamepanel.wire.causes}; None where the code says all.
    @ivar values: those of the cause.
    @ivar errno: in place of a code: number of an error of the system.
    """

    code: str
    cause: str | None = None
    values: dict[str, Any] = {}
    errno: int | None = None


class Stale(Answer, frozen=True):
    """The server has another directory by now: to be asked again of another worker."""


class Entry(Answer, frozen=True):
    """
    Something in a directory.

    @ivar kind: C{file}, C{directory}, C{link} or C{other}.
    @ivar size: in bytes.
    @ivar modifiedAt: seconds since the Unix epoch.
    @ivar mode: as in C{stat(2)}.
    @ivar revision: of a plain file; empty in lists.
    """

    name: str
    kind: str
    size: int
    modifiedAt: float
    mode: int
    revision: str = ""


class Listed(Answer, frozen=True):
    """
    A page of a directory.

    @ivar more: whether there are names behind them.
    @ivar hidden: number of names in the directory that are not UTF-8.
    """

    entries: tuple[Entry, ...]
    more: bool = False
    hidden: int = 0


class Opened(Answer, frozen=True):
    """
    A plain file that is open to be read.

    @ivar descriptor: of it, for who asked; to be closed by them.
    """

    entry: Entry
    descriptor: int = -1


class Created(Answer, frozen=True):
    """
    A file beside the server's directory that is open to be written.

    @ivar size: what is in it already, in bytes.
    @ivar descriptor: of it, for who asked; to be closed by them.
    """

    size: int
    descriptor: int = -1


class Match(Struct, frozen=True):
    """
    What a search has found.

    @ivar line: number of the line, from 1; 0 where names are searched.
    @ivar text: the line, or some of it around what was found; or the name.
    """

    path: str
    line: int
    text: str


class Found(Answer, frozen=True):
    """
    What a search has found.

    @ivar complete: whether that is all there is.
    """

    matches: tuple[Match, ...]
    complete: bool


Requests = (
    Look
    | List
    | Open
    | OpenArchive
    | Create
    | Place
    | Check
    | Discard
    | Staged
    | SetExecutable
    | MakeDirectory
    | Move
    | Delete
    | Search
)
"""All that can be asked."""

Answers = Answer | Refusal | Stale | Entry | Listed | Opened | Created | Found
"""All that can be answered."""


class Asked(Struct, frozen=True):
    """A frame with a request; C{number} comes again with the answer."""

    number: int
    request: Requests


class Answered(Struct, frozen=True):
    """
    A frame with an answer.

    @ivar isLitter: whether something lies aside that is to be removed.
    """

    number: int
    answer: Answers
    isLitter: bool = False
