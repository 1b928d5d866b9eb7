"""
A store in a directory: for each backup an archive (tar, compressed by Zstandard) and an index, and
one file that says whose store it is.
"""

import os
import re
import secrets
import shutil
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from typing import IO, Final

import msgspec
from msgspec import Struct

from gamepanel.backups import index
from gamepanel.backups.store import StoreUnavailable
from gamepanel.backups.values import Header
from gamepanel.disk import beneath
from gamepanel.disk.confined import openPlain
from gamepanel.disk.durable import makeDirectories, sync
from gamepanel.wire.causes import because
from gamepanel.wire.decoding import undecodable

markName: Final = "gamepanel-backups"
"""The file that says whose store it is."""

archiveSuffix: Final = ".tar.zst"
indexSuffix: Final = ".index"
entriesSuffix: Final = ".entries"
newSuffix: Final = ".new"

nameForm: Final = re.compile(r"[a-z0-9_-]{1,80}")

_new: Final = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC


class Mark(Struct, frozen=True):
    """
    Whose store it is.

    @ivar instance: of the daemon.
    @ivar store: a random name, by which a backup knows its store wherever that is mounted.
    """

    instance: str
    store: str


def markOf(path: str) -> Mark | None:
    """
    Whose store a directory is; None where it is nobody's.

    @raise StoreUnavailable: when its mark can't be read.
    """
    try:
        with openPlain(os.path.join(path, markName)) as file:
            return msgspec.json.decode(file.read(4096), type=Mark)
    except FileNotFoundError:
        return None
    except (OSError, *undecodable) as error:
        raise StoreUnavailable(because("store_unreadable", file=markName)) from error


def claim(path: str, instance: str) -> Mark:
    """
    Let a directory be a store of a daemon; it is made where it is not there. What lies in it stays.

    @return: whose store the directory is now: one that was somebody's keeps its random name.

    @raise StoreUnavailable: when its mark can't be read.
    @raise OSError: when the directory or its mark can't be made or written.
    """
    makeDirectories(path, 0o700)
    before = markOf(path)
    mark = Mark(instance, secrets.token_hex(16) if before is None else before.store)
    if mark != before:
        new = os.path.join(path, f"{markName}.{secrets.token_hex(4)}{newSuffix}")
        with open(os.open(new, _new, 0o600), "wb") as file:
            file.write(msgspec.json.encode(mark))
            file.flush()
            os.fsync(file.fileno())
        os.rename(new, os.path.join(path, markName))
        sync(path)
    return mark


class DirectoryWriting:
    """A backup that is being written into a directory, under names that end in C{.new}."""

    def __init__(self, path: str, name: str, stack: ExitStack) -> None:
        """@param stack: closes its files."""
        self._path = path
        self._name = name
        self._stack = stack
        self.archive = self._open(archiveSuffix)
        self.entries = self._open(entriesSuffix)

    def _open(self, suffix: str) -> IO[bytes]:
        new = os.path.join(self._path, f"{self._name}{suffix}{newSuffix}")
        return self._stack.enter_context(open(os.open(new, _new, 0o600), "w+b"))

    @property
    def left(self) -> int:
        """Bytes that the store has space for."""
        return shutil.disk_usage(self._path).free

    def commit(self, header: Header) -> None:
        """Let the backup be there: the archive first, since an index is what makes it known."""
        written = self._open(indexSuffix)
        self.entries.flush()
        self.entries.seek(0)
        index.write(written, header, self.entries)
        for file in (self.archive, written):
            file.flush()
            os.fsync(file.fileno())
        directory = os.open(self._path, beneath.directory)
        try:
            for suffix in (archiveSuffix, indexSuffix):
                new = f"{self._name}{suffix}{newSuffix}"
                beneath.renameNew((directory, new), (directory, f"{self._name}{suffix}"))
                os.fsync(directory)
        finally:
            os.close(directory)


class DirectoryStore:
    """A store in a directory: an archive and an index for each backup."""

    def __init__(self, path: str, mark: Mark) -> None:
        """
        @param path: absolute, of the directory.
        @param mark: what its file must say.
        """
        self._path = path
        self._mark = mark

    def _at(self, name: str, suffix: str) -> str:
        if not nameForm.fullmatch(name):
            raise ValueError("no backup has this name")
        return os.path.join(self._path, f"{name}{suffix}")

    def check(self) -> None:
        """See whether the store is there, and this daemon's."""
        mark = markOf(self._path)
        if mark is None:
            raise StoreUnavailable(because("store_missing"))
        if mark != self._mark:
            raise StoreUnavailable(because("store_of_other"))

    @contextmanager
    def write(self, name: str) -> Iterator[DirectoryWriting]:
        """Write a backup, which is gone at the end unless it was committed."""
        self._at(name, "")
        try:
            with ExitStack() as stack:
                yield DirectoryWriting(self._path, name, stack)
        finally:
            self.discard(name)

    def discard(self, name: str) -> None:
        """Remove the uncommitted files of a backup; an archive without an index is one."""
        suffixes = [f"{each}{newSuffix}" for each in (archiveSuffix, entriesSuffix, indexSuffix)]
        if not os.path.lexists(self._at(name, indexSuffix)):
            suffixes.append(archiveSuffix)
        self._remove(name, suffixes)

    def _remove(self, name: str, suffixes: Sequence[str]) -> None:
        for suffix in suffixes:
            with suppress(FileNotFoundError):
                os.unlink(self._at(name, suffix))

    def archive(self, name: str) -> IO[bytes]:
        """Read an archive."""
        return openPlain(self._at(name, archiveSuffix))

    def index(self, name: str) -> IO[bytes]:
        """Read an index."""
        return openPlain(self._at(name, indexSuffix))

    def change(self, name: str, header: Header) -> None:
        """Let an index have another header, in one step."""
        new = self._at(name, f"{indexSuffix}{newSuffix}")
        with suppress(FileNotFoundError):
            os.unlink(new)
        try:
            with self.index(name) as old, open(os.open(new, _new, 0o600), "wb") as file:
                index.rewrite(file, old, header)
                file.flush()
                os.fsync(file.fileno())
            os.rename(new, self._at(name, indexSuffix))
        except BaseException:
            self._remove(name, [f"{indexSuffix}{newSuffix}"])
            raise
        sync(self._path)

    def forget(self, name: str) -> None:
        """Remove a backup: its index first, which makes it known."""
        self._remove(name, [indexSuffix, archiveSuffix])
        sync(self._path)

    def names(self) -> list[str]:
        """Names of all backups of which archive and index are there."""
        there = frozenset(os.listdir(self._path))
        names = (each.removesuffix(indexSuffix) for each in there if each.endswith(indexSuffix))
        return sorted(
            each for each in names if nameForm.fullmatch(each) and f"{each}{archiveSuffix}" in there
        )
