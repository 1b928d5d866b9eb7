"""
Puts staged files in their places in a server's directory: all of them or none, whenever it is
interrupted, and no file of a person is lost.

What is to be done is worked out first (L{gamepanel.worker.planning}), with a sum of each
file, and written into a journal. From then on it can be finished, or undone, by whoever finds the
journal: each operation may be done or undone again. What is replaced or removed is kept apart until
all is done::

    INSTALL/journal     what is being done
    INSTALL/undoing     the same, while it is being undone
    INSTALL/manifest    what is installed: a sum for each path
    INSTALL/aside/N     what operation N has taken away
"""

import errno
import json
import os
from collections.abc import Callable, Collection, Iterator
from contextlib import suppress
from typing import Any, Final, Literal

import msgspec

from gamepanel.disk import confined
from gamepanel.disk.durable import sync, syncAll
from gamepanel.jobs.report import Failed
from gamepanel.wire.causes import because
from gamepanel.worker.planning import Journal, Manifest, Operation
from gamepanel.worker.unpack.within import Way, createAnew, way

syncedEach: Final = 500
"""So many files are synced one by one; more are with their whole file system."""

maxStateBytes: Final = 256 * 1024 * 1024
"""A journal or a manifest that is larger is none of ours."""

_notOurs: Final = (ValueError, RecursionError, msgspec.MsgspecError)
"""What is raised for a journal or a manifest that is none of ours."""


def loadManifest(install: str) -> Manifest:
    """
    What is installed, as far as that is known.

    @raise OSError: when it can't be read now.
    """
    try:
        found = msgspec.convert(_read(os.path.join(install, "manifest")), dict[str, str])
        return {_inside(path): made for path, made in found.items()}
    except (FileNotFoundError, *_notOurs):
        return {}


def _read(path: str) -> Any:
    """
    What is in a journal or a manifest: the game may have put anything in its place.

    @raise OSError: when it can't be read now.
    @raise ValueError: or C{RecursionError}, when it is no plain file, too large, or no JSON.
    """
    try:
        file = confined.openPlain(path)
    except OSError as error:
        # No number is for what is no plain file; the others are a link and a socket.
        if error.errno in (None, errno.ELOOP, errno.ENXIO):
            raise ValueError("it is no plain file") from error
        raise
    with file:
        if os.fstat(file.fileno()).st_size > maxStateBytes:
            raise ValueError("it is too large")
        return json.loads(file.read(maxStateBytes))


def _inside(path: str) -> str:
    """
    A path that stays inside.

    @raise ValueError: when it does not, or no file can have it.
    """
    if b"\0" in os.fsencode(path) or ".." in path.split("/"):
        raise ValueError("it leads elsewhere")
    return path


class Move:
    """
    Does what a journal says.
    """

    def __init__(
        self, install: str, home: str, staged: str, stepped: Callable[[], None] = lambda: None
    ) -> None:
        """
        @param install: directory of the journal, on the same file system.
        @param home: the server's directory.
        @param staged: the directory of the staged files.
        @param stepped: called before and after each step.
        """
        self._install = install
        self._home = home
        self._staged = staged
        self._stepped = stepped
        self._aside = os.path.join(install, "aside")

    def _at(self, name: str) -> str:
        return os.path.join(self._install, name)

    def recover(self) -> bool:
        """
        Finish what an earlier worker has begun, or undo it, if that had begun to.

        @return: whether something was finished.

        @raise Failed: when it can't be known what that was; no file of the server is touched then.
        """
        if os.path.exists(self._at("undoing")):
            self.undo()
        elif os.path.exists(self._at("journal")):
            self._finish(_load(self._at("journal")))
            return True
        return False

    def perform(self, journal: Journal, committed: Callable[[], None] = lambda: None) -> None:
        """
        Do it.

        @param committed: called before that is done which can't be undone any more.
        """
        confined.discard(self._aside)
        os.mkdir(self._aside, 0o700)
        self._sync([operation.source for operation in journal.operations])
        self._stepped()
        self._write("journal", _encoded(journal))
        self._finish(journal, committed)

    def _finish(self, journal: Journal, committed: Callable[[], None] = lambda: None) -> None:
        self._stepped()
        # Once for all: what is nested deep would be a way as long as all before each time.
        with way(self._home) as home, way(self._staged) as staged:
            for number, operation in enumerate(journal.operations):
                for _ in self._do(number, operation, home, staged):
                    self._stepped()
        committed()
        syncAll(self._install)
        self._write("manifest", json.dumps(dict(journal.manifest)))
        self._stepped()
        for operation in journal.operations:
            if operation.kind == "take":
                self._removeEmpty(operation.path)
        self._stepped()
        os.unlink(self._at("journal"))
        self._stepped()
        with suppress(OSError):
            confined.discard(self._aside)

    def _do(self, number: int, operation: Operation, home: Way, staged: Way) -> Iterator[None]:
        aside = os.path.join(self._aside, str(number))
        if operation.kind == "take":
            if not os.path.lexists(aside):
                with suppress(FileNotFoundError):
                    parent, name = home.to(operation.path)
                    os.rename(name, aside, src_dir_fd=parent)
            yield
            return
        parent, name = home.to(operation.path, make=True)
        if operation.kind == "make":
            with suppress(FileExistsError):
                os.mkdir(name, dir_fd=parent)
            yield
            return
        source, sourceName = staged.to(operation.source)
        if not _isThere(source, sourceName):
            return
        if operation.kind == "replace" and not os.path.lexists(aside):
            _keep(parent, name, aside)
            yield
        os.rename(sourceName, name, src_dir_fd=source, dst_dir_fd=parent)
        yield

    def undo(self) -> None:
        """
        Let all be as it was before the journal was written, if there is one.

        @raise Failed: when it can't be known what that was; no file of the server is touched then.
        """
        with suppress(FileNotFoundError):
            os.rename(self._at("journal"), self._at("undoing"))
        if not os.path.exists(self._at("undoing")):
            return
        journal = _load(self._at("undoing"))
        for number, operation in reversed(list(enumerate(journal.operations))):
            self._stepped()
            self._undo(os.path.join(self._aside, str(number)), operation)
        syncAll(self._install)
        self._stepped()
        os.unlink(self._at("undoing"))
        with suppress(OSError):
            confined.discard(self._aside)

    def _undo(self, aside: str, operation: Operation) -> None:
        if operation.kind == "make":
            self._removeDirectory(operation.path)
            return
        # Its directory may not be there, or still be a file, if this was never done.
        with way(self._home) as home, suppress(FileNotFoundError, NotADirectoryError):
            parent, name = home.to(operation.path, make=operation.kind == "take")
            if os.path.lexists(aside):
                os.rename(aside, name, dst_dir_fd=parent)
            elif operation.kind == "put" and not self._isStaged(operation.source):
                os.unlink(name, dir_fd=parent)

    def _isStaged(self, path: str) -> bool:
        with way(self._staged) as staged:
            try:
                return _isThere(*staged.to(path))
            except OSError:
                return False

    def _removeEmpty(self, path: str) -> None:
        """Remove the directories that a file was in, as far as nothing else is in them."""
        while path := path.rpartition("/")[0]:
            if not self._removeDirectory(path):
                return

    def _removeDirectory(self, path: str) -> bool:
        with way(self._home) as home:
            try:
                parent, name = home.to(path)
                os.rmdir(name, dir_fd=parent)
            except OSError:
                return False
        return True

    def _write(self, name: str, text: str) -> None:
        with open(createAnew(self._at(f"{name}.new")), "w") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        self._stepped()
        # Only a directory is not replaced by a file.
        with suppress(FileNotFoundError, NotADirectoryError):
            confined.remove(self._at(name))
        os.rename(self._at(f"{name}.new"), self._at(name))
        sync(self._install)

    def _sync(self, paths: Collection[str]) -> None:
        """Let the disk have what is staged."""
        if len(paths) > syncedEach:
            syncAll(self._install)
            return
        for path in paths:
            whole = os.path.join(self._staged, path)
            if os.path.isfile(whole) and not os.path.islink(whole):
                sync(whole)


def _isThere(parent: int, name: str) -> bool:
    try:
        os.stat(name, dir_fd=parent, follow_symlinks=False)
    except FileNotFoundError:
        return False
    return True


def _keep(parent: int, name: str, aside: str) -> None:
    """Set a file aside; it stays in its place, too, where that can be, until it is replaced."""
    try:
        os.link(name, aside, src_dir_fd=parent, follow_symlinks=False)
    except FileNotFoundError:
        pass
    except OSError:
        os.rename(name, aside, src_dir_fd=parent)


def _encoded(journal: Journal) -> str:
    # Names that are no UTF-8 are escaped.
    return json.dumps(
        {
            "operations": [[o.kind, o.path, o.staged] for o in journal.operations],
            "manifest": dict(journal.manifest),
        }
    )


class _Written(msgspec.Struct):
    """What L{_encoded} writes."""

    operations: list[tuple[Literal["put", "replace", "take", "make"], str, str]]
    manifest: dict[str, str]


def _load(path: str) -> Journal:
    """
    @raise Failed: when it is no journal: what it stood for can be neither finished nor undone, and
        nothing that was set aside may be lost.
    @raise OSError: when it can't be read now.
    """
    try:
        found = msgspec.convert(_read(path), _Written)
        operations = tuple(
            Operation(kind, _inside(to), _inside(staged)) for kind, to, staged in found.operations
        )
    except _notOurs as error:
        raise Failed(because("journal_damaged", file=os.path.basename(path))) from error
    return Journal(operations, found.manifest)
