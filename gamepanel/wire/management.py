"""
Creating, destroying and listing servers.
"""

from typing import Annotated, Any, ClassVar

from msgspec import UNSET, Meta, UnsetType, field

from gamepanel.wire.message import Answer, Index, Message, ServerId, Text, TypeName
from gamepanel.wire.properties import Property
from gamepanel.wire.server import ServerSummary
from gamepanel.wire.values import maxDescription


class CreateOptions(Message, frozen=True):
    """
    @ivar type: whose options are wanted; absent: which types there are.
    """

    type: TypeName | None = None


class TypeSummary(Answer, frozen=True):
    """
    A type that servers can be made of.

    @ivar missing: programs that it needs and this host lacks.
    @ivar hint: how to get them, for people.
    @ivar icon: name of a sign for it; empty if it has none.
    @ivar tags: words by which people look for it.
    @ivar tested: whether it was run in the tests of whoever wrote it.
    """

    type: TypeName
    title: Text
    description: Text
    missing: tuple[str, ...] = ()
    hint: str = ""
    icon: str = ""
    tags: tuple[str, ...] = ()
    tested: bool = True


class TypeProblem(Answer, frozen=True):
    """
    A type file that was left out, or that works with a restriction.

    @ivar file: its name.
    @ivar detail: why, or with which, for people.
    """

    file: str
    detail: str


class Types(Answer, frozen=True):
    """
    All types that servers can be made of.

    @ivar types: sorted by name.
    @ivar problems: type files that were left out, or work with a restriction; only for admins.
    """

    types: tuple[TypeSummary, ...]
    problems: tuple[TypeProblem, ...] | UnsetType = UNSET


class TypeOptions(Answer, frozen=True):
    """
    What can be set when a server of this type is made.

    @ivar options: in the order in which a form should ask for them.
    @ivar homepage: where people read more of the type; absent if its file names none.
    """

    type: TypeName
    options: tuple[Property, ...]
    homepage: str | UnsetType = UNSET


class CopyFrom(Message, frozen=True):
    """
    What a new server begins as a copy of: one of these.

    @ivar server: a server at rest, of the same type.
    @ivar backup: number of a backup of a server of the same type; options that are not given are as
        they were then.
    @ivar directory: absolute path of a directory of the host, below one that C{--adopt-from} names.
    @ivar move: whether that directory becomes the server's, instead of being copied.
    """

    exclusive: ClassVar[tuple[tuple[str, str], ...]] = (
        ("server", "directory"),
        ("server", "backup"),
        ("directory", "backup"),
    )

    server: ServerId | None = None
    directory: Annotated[str, Meta(max_length=4096)] | None = None
    move: bool | None = False
    backup: Index | None = None


class CreateServer(Message, frozen=True):
    """
    @ivar server: the id it shall have.
    @ivar description: for people.
    @ivar options: values of its type's options.
    @ivar from: what it begins as a copy of; absent: it is installed as its type says.
    """

    type: TypeName
    server: ServerId
    description: Annotated[str, Meta(max_length=maxDescription)] = ""
    options: dict[str, Any] = {}
    source: CopyFrom | None = field(default=None, name="from")


class Created(Answer, frozen=True):
    """
    The server is there.

    @ivar job: the long work that installs it; null when there is nothing to install.
    """

    server: ServerId
    job: Index | None = None


class Destroy(Message, frozen=True):
    """
    @ivar deleteFiles: whether its files are deleted, too; else they move aside.
    """

    server: ServerId
    deleteFiles: bool = False


class ServerList(Answer, frozen=True):
    """
    All servers that may be seen, by id.

    @ivar servers: sorted by id.
    """

    servers: tuple[ServerSummary, ...]
