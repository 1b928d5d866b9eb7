"""
Finds the types of game servers: the shipped ones and the operator's own.
"""

import os
import re
import stat
from collections.abc import Callable, Iterable
from importlib.resources import files
from typing import Final

from attrs import Factory, define, frozen
from twisted.logger import Logger

from gamepanel.errors import NoSuchType
from gamepanel.games.definition import BadDefinition, ServerType, idPattern, parse

genericType: Final = "generic"
"""The type whose command is an option: whoever may create servers of it may run any program."""

maxFileBytes: Final = 1024 * 1024
"""A type file is never as large; what is larger was put there by mistake."""


@frozen
class _Loaded:
    """
    A file as it was when it was read.

    @ivar stamp: tells whether it has changed since.
    @ivar definition: what it says, or None if it does not fit.
    """

    stamp: tuple[int, int, int]
    definition: ServerType | None


@define
class Catalogue:
    """
    All types that there are now. A new or changed file counts from the next look on.

    @ivar directories: where the files are; what a later one has wins over an earlier one's.
    @ivar allowGeneric: whether the type C{generic} is offered.
    """

    directories: tuple[str, ...]
    allowGeneric: bool = False
    _loaded: dict[str, _Loaded] = Factory(dict)
    _told: dict[str, str] = Factory(dict)
    _log: Logger = Factory(Logger)

    def all(self) -> dict[str, ServerType]:
        """Every type, by its name, in the order of names."""
        found: dict[str, ServerType] = {}
        for directory in self.directories:
            for name, path in _typeFiles(directory, self._leftOut):
                definition = self._load(name, path)
                if definition is not None:
                    found[name] = definition
        if not self.allowGeneric:
            found.pop(genericType, None)
        return dict(sorted(found.items()))

    def find(self, name: str) -> ServerType:
        """
        The type of this name.

        @raise NoSuchType: when there is none.
        """
        definition = self.all().get(name)
        if definition is None:
            raise NoSuchType()
        return definition

    def _leftOut(self, path: str, reason: str) -> None:
        # Only once, though the file is looked at again and again.
        if self._told.get(path) != reason:
            self._told[path] = reason
            self._log.warn("type file {path} is left out: {reason}", path=path, reason=reason)

    def _load(self, name: str, path: str) -> ServerType | None:
        try:
            status = os.stat(path)
            stamp = (status.st_mtime_ns, status.st_size, status.st_ino)
            known = self._loaded.get(path)
            if known is None or known.stamp != stamp:
                # Only once for each state of a file, so that a bad one is one line in the log.
                known = self._loaded[path] = _Loaded(stamp, self._read(path))
        except OSError as error:
            self._leftOut(path, error.strerror or "unreadable")
            return None
        return known.definition

    def _read(self, path: str) -> ServerType | None:
        try:
            # Were it a pipe, opening it otherwise would wait for somebody to write.
            descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
            with open(descriptor, encoding="utf-8") as file:
                if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                    raise BadDefinition("it is no plain file")
                text = file.read(maxFileBytes + 1)
            if len(text) > maxFileBytes:
                raise BadDefinition("the file is too large")
            return parse(text)
        except (BadDefinition, UnicodeDecodeError) as error:
            self._leftOut(path, str(error))
            return None


def _typeFiles(directory: str, leftOut: Callable[[str, str], None]) -> Iterable[tuple[str, str]]:
    """Names and paths of the type files in a directory, which may be absent."""
    try:
        entries = sorted(os.listdir(directory))
    except OSError:
        return
    for entry in entries:
        name = entry.removesuffix(".toml")
        if name == entry:
            continue
        path = os.path.join(directory, entry)
        if re.match(idPattern, name):
            yield name, path
        else:
            leftOut(path, "its name is not that of a type (a-z, 0-9, _ and -)")


def shippedTypes() -> str:
    """The directory of the types that come with gamepanel."""
    return str(files("gamepanel.games") / "types")
