"""
Finds the types of game servers: the shipped ones and the operator's own.
"""

import errno
import os
import re
import stat
import zlib
from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Final

from attrs import Factory, define
from msgspec import Struct, field
from twisted.logger import Logger

from gamepanel.base.errors import NoSuchType
from gamepanel.games.definition import BadDefinition, ServerType
from gamepanel.games.linechecks import lineProblem
from gamepanel.wire.causes import Cause, because
from gamepanel.wire.values import idPattern

genericType: Final = "generic"
"""The type whose command is an option: whoever may create servers of it may run any program."""

maxFileBytes: Final = 1024 * 1024
"""A type file is never as large; what is larger was put there by mistake."""

maxFiles: Final = 1000
"""So many type files of a directory are read."""

_PASSING: Final = frozenset((errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.EIO))
"""Errors that say nothing of a file, but of the moment."""


class LeftOut(Struct, frozen=True):
    """
    A type file that does not count.

    @ivar path: where it is.
    @ivar reason: why, for people.
    """

    path: str
    reason: str


class Doubt(Struct, frozen=True):
    """
    Something about a type file that counts all the same.

    @ivar path: where it is.
    @ivar reason: what it is, for people.
    """

    path: str
    reason: str


class _Loaded(Struct, frozen=True):
    """
    A file as it was when it was read.

    @ivar stamp: tells whether it has changed since.
    @ivar found: what it says, or why that does not count.
    @ivar doubt: what is wrong with it, where it counts all the same.
    """

    stamp: tuple[int, int, int]
    found: "ServerType | _Shipped | LeftOut"
    doubt: Doubt | None = None


class _Shipped:
    """
    A type that comes with gamepanel: most daemons need few of them. So its text is kept as it was
    when it was looked at, a seventh of what is made of it, until somebody asks for what it says.
    """

    def __init__(self, path: str, text: str) -> None:
        self._path = path
        self._text = zlib.compress(text.encode())

    @cached_property
    def definition(self) -> "ServerType | LeftOut":
        """What it says. Tests have shown that it fits, but somebody may have changed it since."""
        try:
            return _parse(zlib.decompress(self._text).decode())
        except BadDefinition as error:
            return LeftOut(self._path, str(error))

    @property
    def problem(self) -> "LeftOut | None":
        """Why it does not count, if that is known by now."""
        found = self.__dict__.get("definition")
        return found if isinstance(found, LeftOut) else None


class _Types(Mapping[str, ServerType]):
    """
    Types by name; those that nobody has asked for yet are not parsed.
    """

    def __init__(self, found: Mapping[str, ServerType | _Shipped]) -> None:
        self._found = found

    def __getitem__(self, name: str) -> ServerType:
        found = self._found[name]
        definition = found.definition if isinstance(found, _Shipped) else found
        if isinstance(definition, LeftOut):
            raise KeyError(name)
        return definition

    def __iter__(self) -> Iterator[str]:
        return (name for name in self._found if name in self)

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def own(self) -> Iterator[ServerType]:
        """Those that are not shipped."""
        return (each for each in self._found.values() if not isinstance(each, _Shipped))

    def leftOut(self) -> Iterator[LeftOut]:
        """Those that were asked for, and do not count."""
        shipped = (each for each in self._found.values() if isinstance(each, _Shipped))
        return (each.problem for each in shipped if each.problem is not None)


class _Look(Struct, frozen=True):
    """
    What was there when it was looked at.

    @ivar types: every type, by its name, in the order of names.
    @ivar leftOut: files that do not fit.
    @ivar loaded: every file, by its path.
    """

    types: _Types = field(default_factory=lambda: _Types({}))
    leftOut: tuple[LeftOut, ...] = ()
    loaded: Mapping[str, _Loaded] = field(default_factory=dict)


@define
class Catalogue:
    """
    All types that there were at the last L{look}; before the first, that is made when
    somebody asks.

    @ivar directories: where the files are; what a later one has wins over an earlier one's, also
        where it does not fit.
    @ivar allowGeneric: whether the type C{generic} is offered.
    """

    directories: tuple[str, ...]
    allowGeneric: bool = False
    _last: _Look | None = None
    _told: frozenset[LeftOut | Doubt] = frozenset()
    _log: Logger = Factory(Logger)

    def look(self) -> None:
        """
        See which files there are, and read those that are new or have changed. This waits
        for the disk: call it in a thread, once at a time, and then L{tell}.

        @raise OSError: when we have too many open files, or the like; nothing changes then.
        """
        known = _Look() if self._last is None else self._last
        types: dict[str, ServerType | _Shipped] = {}
        leftOut: list[LeftOut] = []
        loaded: dict[str, _Loaded] = {}
        for directory in self.directories:
            for name, found in _lookIn(directory, known.loaded, loaded):
                if isinstance(found, LeftOut):
                    leftOut.append(found)
                    # It keeps its name: no other type is to run in its place, unnoticed.
                    types.pop(name, None)
                else:
                    types[name] = found
        if not self.allowGeneric:
            types.pop(genericType, None)
        self._last = _Look(_Types(dict(sorted(types.items()))), tuple(leftOut), loaded)

    def tell(self) -> None:
        """Log what is wrong with files since it was last told; each is told of once."""
        problems = self.problems
        for each in problems:
            if each not in self._told:
                isOut = " is left out" if isinstance(each, LeftOut) else ""
                self._log.warn(
                    "type file {path}" + isOut + ": {reason}", path=each.path, reason=each.reason
                )
        self._told = frozenset(problems)

    def _known(self) -> _Look:
        if self._last is None:
            self.look()
            self.tell()
        assert self._last is not None
        return self._last

    @property
    def leftOut(self) -> tuple[LeftOut, ...]:
        """Type files that do not count."""
        known = self._known()
        return (*known.leftOut, *known.types.leftOut())

    @property
    def problems(self) -> tuple[LeftOut | Doubt, ...]:
        """What is wrong with type files, whether they count or not."""
        known = self._known()
        doubts = (each.doubt for each in known.loaded.values())
        return (*self.leftOut, *(doubt for doubt in doubts if doubt is not None))

    def all(self) -> Mapping[str, ServerType]:
        """Every type, by its name, in the order of names."""
        return self._known().types

    def own(self) -> Iterator[ServerType]:
        """The operator's own."""
        return self._known().types.own()

    def find(self, name: str, tellsWhy: bool = False) -> ServerType:
        """
        The type of this name.

        @param tellsWhy: whether the error may say why a file of that name was left out.

        @raise NoSuchType: when there is none.
        """
        definition = self.all().get(name)
        if definition is None:
            raise NoSuchType(self.whyLeftOut(name) if tellsWhy else None)
        return definition

    def whyLeftOut(self, name: str) -> Cause | None:
        """Why the file of a type was left out; None where there is no such file."""
        file = f"{name}.toml"
        reasons = [each.reason for each in self.leftOut if os.path.basename(each.path) == file]
        return because("type_left_out", file=file, why=reasons[-1]) if reasons else None


def _lookIn(
    directory: str, known: Mapping[str, _Loaded], loaded: dict[str, _Loaded]
) -> Iterator[tuple[str, ServerType | _Shipped | LeftOut]]:
    """
    What the type files of a directory say, each with its name. The directory may be absent.

    @param known: files that were read before.
    @param loaded: gets all that are there now.
    """
    try:
        entries = sorted(entry for entry in os.listdir(directory) if entry.endswith(".toml"))
    except OSError as error:
        _raisePassing(error)
        if not isinstance(error, FileNotFoundError):
            yield "", LeftOut(directory, error.strerror or "unreadable")
        return
    for entry in entries[:maxFiles]:
        name, path = entry.removesuffix(".toml"), os.path.join(directory, entry)
        if re.match(idPattern, name):
            yield name, _load(path, known, loaded)
        else:
            yield name, LeftOut(path, "its name is not that of a type (a-z, 0-9, _ and -)")
    if len(entries) > maxFiles:
        yield "", LeftOut(directory, f"it has more than {maxFiles} type files; the rest")


def _load(
    path: str, known: Mapping[str, _Loaded], loaded: dict[str, _Loaded]
) -> ServerType | _Shipped | LeftOut:
    try:
        status = os.stat(path)
        stamp = (status.st_mtime_ns, status.st_size, status.st_ino)
        before = known.get(path)
        isSame = before is not None and before.stamp == stamp
        loaded[path] = before if before and isSame else _Loaded(stamp, *_read(path))
    except OSError as error:
        _raisePassing(error)
        return LeftOut(path, error.strerror or "unreadable")
    return loaded[path].found


def _read(path: str) -> tuple[ServerType | _Shipped | LeftOut, Doubt | None]:
    try:
        # Were it a pipe, opening it otherwise would wait for somebody to write.
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        with open(descriptor, encoding="utf-8") as file:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                raise BadDefinition("it is no plain file")
            text = file.read(maxFileBytes + 1)
        if len(text) > maxFileBytes:
            raise BadDefinition("the file is too large")
        if os.path.dirname(path) == shippedTypes():
            return _Shipped(path, text), None
        definition = _parse(text)
        problem = lineProblem(definition)
        return definition, None if problem is None else Doubt(path, problem)
    except (BadDefinition, UnicodeDecodeError) as error:
        return LeftOut(path, str(error)), None


def _parse(text: str) -> ServerType:
    # What checks types is loaded with the first of them.
    from gamepanel.games.parsing import parse

    return parse(text)


def _raisePassing(error: OSError) -> None:
    if error.errno in _PASSING:
        raise error


def shippedTypes() -> str:
    """The directory of the types that come with gamepanel."""
    return os.path.join(os.path.dirname(__file__), "types")
