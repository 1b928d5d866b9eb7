"""
What is known of a backup.
"""

from typing import Annotated, Any, Final, Literal

from msgspec import Meta, Struct

from gamepanel.backups.selection import Selection
from gamepanel.wire.backups import Note
from gamepanel.wire.message import Bytes, Index, ServerId, TypeName

maxChanged: Final = 20
"""Files that are named which are not whole in a backup."""

Kind = Literal["file", "directory", "link", "hardlink"]

Size = Annotated[int, Meta(ge=0, le=2**63 - 1)]
Moment = Annotated[float, Meta(ge=0, le=2**37)]
"""A calendar has no later ones."""


class Backup(Struct, frozen=True):
    """
    What people are told of a backup.

    @ivar backup: its number.
    @ivar server: id that its server had.
    @ivar type: name of the type that it had.
    @ivar at: when the copy began, Unix time in seconds.
    @ivar size: bytes that are stored.
    @ivar total: bytes of its files.
    @ivar files: number of regular files.
    @ivar by: who had it made.
    @ivar locked: whether no rule may delete it.
    @ivar version: what was installed.
    @ivar complete: whether each file in it is whole.
    @ivar changed: paths of some that are not, for people.
    @ivar quiesced: whether its game held still; None where that was not asked of it.
    @ivar checkedAt: when it was last verified, Unix time in seconds.
    @ivar damaged: whether it was found to be damaged.
    """

    backup: Index
    server: ServerId
    type: TypeName
    at: Moment
    size: Bytes = 0
    total: Bytes = 0
    files: Bytes = 0
    note: Note = ""
    by: str = ""
    locked: bool = False
    version: str | None = None
    complete: bool = True
    changed: Annotated[tuple[str, ...], Meta(max_length=maxChanged)] = ()
    quiesced: bool | None = None
    checkedAt: Moment | None = None
    damaged: bool = False


class InstalledThen(Struct, frozen=True):
    """
    What was installed of the server; as L{gamepanel.store.installs.Installed}.
    """

    version: str | None = None
    at: float | None = None
    variables: dict[str, str] = {}


class Header(Struct, frozen=True):
    """
    The first part of an index.

    @ivar backup: what people are told.
    @ivar options: values that the options of the server's type had.
    @ivar description: of the server.
    @ivar installed: None: nothing was ever to be.
    @ivar selection: which files were taken.
    @ivar archive: BLAKE2b of the archive, in hexadecimal digits.
    @ivar entries: the same of the second part of the index.
    @ivar form: version of the format.
    """

    backup: Backup
    options: dict[str, Any] = {}
    description: str = ""
    installed: InstalledThen | None = None
    selection: Selection = Selection()
    archive: str = ""
    entries: str = ""
    form: int = 1


class Entry(Struct, frozen=True, array_like=True):
    """
    Something in a backup.

    @ivar name: last one of its path.
    @ivar size: of a file, in bytes.
    @ivar modifiedAt: nanoseconds since the Unix epoch.
    @ivar hash: BLAKE2b of what the archive holds of a file, in hexadecimal digits.
    @ivar target: where a link leads; of a hard link, the path of the file that it is.
    @ivar stored: bytes that the archive holds of a file, before they are compressed; of one that it
        holds several times, the most at a time.
    """

    name: str
    kind: Kind
    mode: Annotated[int, Meta(ge=0, le=0o7777)]
    modifiedAt: Annotated[int, Meta(ge=-(2**63), le=2**63 - 1)]
    size: Size = 0
    hash: str = ""
    target: str = ""
    stored: Size = 0
