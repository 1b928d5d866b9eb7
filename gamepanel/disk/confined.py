"""
Files inside a server's own directory, which belongs to its game.

The game may put links there that lead elsewhere, so no link is followed: each
step of a path is opened from the one before. Nor is anything touched that is
mounted there.
"""

from __future__ import annotations

import itertools
import os
import secrets
import stat
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from typing import BinaryIO, Final, Protocol

from gamepanel.disk.mounted import isMounted
from gamepanel.disk.walking import walk

maxFileBytes: Final = 256 * 1024
"""A configuration file that is larger is none."""

maxEntries: Final = 100_000
"""So many files are looked at in a search; a game may have left any number."""


class Owner(Protocol):
    """Whom files are to belong to: numbers of a user and of a group."""

    @property
    def uid(self) -> int:
        """The user."""

    @property
    def gid(self) -> int:
        """The group."""


class Pattern(Protocol):
    """A pattern of paths, relative to the server's directory."""

    @property
    def base(self) -> str:
        """The directory that all it covers is in; empty for the server's own."""

    def covers(self, path: str) -> bool:
        """Whether a path fits."""

    def mayHold(self, path: str) -> bool:
        """Whether something in this directory may fit."""


class TooMany(Exception):
    """A search has met more than L{maxEntries} files; the text says where."""


_DIRECTORY: Final = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


@contextmanager
def _directory(
    root: str, steps: list[str], owner: Owner | None = None, make: bool = False
) -> Iterator[int]:
    """
    The directory at the end of these steps, open until the end.

    @param make: whether what is missing is made.
    """
    current = os.open(root, _DIRECTORY)
    try:
        for step in steps:
            try:
                following = os.open(step, _DIRECTORY, dir_fd=current)
            except FileNotFoundError:
                if not make:
                    raise
                os.mkdir(step, 0o700, dir_fd=current)
                following = os.open(step, _DIRECTORY, dir_fd=current)
                _give(following, owner)
            os.close(current)
            current = following
        yield current
    finally:
        os.close(current)


def _give(descriptor: int, owner: Owner | None) -> None:
    if owner is not None:
        os.fchown(descriptor, owner.uid, owner.gid)


def _steps(path: str) -> tuple[list[str], str]:
    *directories, name = [step for step in path.split("/") if step not in ("", ".")]
    return directories, name


@contextmanager
def entry(
    root: str, path: str, owner: Owner | None = None, make: bool = False
) -> Iterator[tuple[int, str]]:
    """
    Something in a server's directory: the directory that it is in, open until the end and reached
    through no link, and its name there.

    @param owner: who directories that are made for it shall belong to.
    @param make: whether those that are missing are made.

    @raise OSError: when it can't be reached.
    """
    directories, name = _steps(path)
    with _directory(root, directories, owner, make) as parent:
        yield parent, name


def openPlain(name: str, directory: int | None = None) -> BinaryIO:
    """
    Open a plain file to be read, where a game may have put anything.

    @param name: of the file, or its path, all directories of which are ours.
    @param directory: descriptor of the directory that it is in, for a name.

    @raise OSError: when it is no plain file, not there, or can't be opened.
    """
    # Without O_NONBLOCK a pipe of that name would hold us up.
    flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
    descriptor = os.open(name, flags, dir_fd=directory)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise OSError("it is no plain file")
    return open(descriptor, "rb")


def readText(root: str, path: str, mayBeLinked: bool = False) -> str | None:
    """
    What is in a text file; None if there is none.

    @param root: the server's directory.
    @param path: relative to it.
    @param mayBeLinked: whether it may have another name elsewhere (a hard link): not
        where the game can make one to a file that it may not read.

    @raise OSError: when it is no plain file, too large, or can't be reached.
    @raise UnicodeDecodeError: when it is not UTF-8.
    """
    directories, name = _steps(path)
    try:
        with _directory(root, directories) as parent:
            file = openPlain(name, parent)
    except FileNotFoundError:
        return None
    with file:
        if os.fstat(file.fileno()).st_nlink > 1 and not mayBeLinked:
            raise OSError("it has another name elsewhere (a hard link)")
        content = file.read(maxFileBytes + 1)
        if len(content) > maxFileBytes:
            raise OSError(f"it has more than {maxFileBytes // 1024} KiB")
        return content.decode()


def writeText(root: str, path: str, text: str, owner: Owner | None) -> None:
    """
    Put a text file in the place of what is there, in one step.

    @param owner: who the file, and directories made for it, shall belong to.

    @raise OSError: when it can't be done; what was there is as it was then.
    """
    directories, name = _steps(path)
    new = f".{name}.new"
    with _directory(root, directories, owner, make=True) as parent:
        with suppress(FileNotFoundError):
            os.unlink(new, dir_fd=parent)
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
        descriptor = os.open(new, flags, 0o600, dir_fd=parent)
        with open(descriptor, "w", encoding="utf-8", newline="") as file:
            _give(descriptor, owner)
            file.write(text)
            file.flush()
            os.fsync(descriptor)
        os.rename(new, name, src_dir_fd=parent, dst_dir_fd=parent)


def newest(root: str, glob: Pattern) -> str | None:
    """
    The path of the newest plain file that a glob covers, if there is one. No link is
    followed or taken for a file.

    @param root: the server's directory.

    @return: relative to the server's directory; never beginning with a dash.

    @raise TooMany: when there are too many files to look at.
    @raise OSError: when one of the directories can't be read.
    """
    budget = itertools.count(1)
    directories = [f"{glob.base}/" if glob.base else ""]
    files: list[tuple[int, str]] = []
    while directories:
        directory = directories.pop()
        for entry in _entries(root, directory, budget):
            path = directory + entry.name
            if entry.is_dir(follow_symlinks=False):
                if glob.covers(path) or glob.mayHold(path):
                    directories.append(f"{path}/")
            elif glob.covers(path) and _isText(path) and entry.is_file(follow_symlinks=False):
                files.append((_modified(entry), path))
    _, found = max(files, default=(0, None))
    return f"./{found}" if found is not None and found.startswith("-") else found


def _entries(root: str, directory: str, budget: Iterator[int]) -> Iterator[os.DirEntry[str]]:
    """
    What is in a directory; nothing if that is not there.

    @param budget: counts all that are looked at.
    """
    with ExitStack() as stack:
        try:
            descriptor = stack.enter_context(_directory(root, directory.split("/")[:-1]))
            entries = stack.enter_context(os.scandir(descriptor))
        except FileNotFoundError:
            return
        for entry in entries:
            if next(budget) > maxEntries:
                raise TooMany(directory or "its directory")
            yield entry


def _isText(path: str) -> bool:
    """Whether it could be an argument."""
    try:
        path.encode()
    except UnicodeEncodeError:
        return False
    return True


def _modified(entry: os.DirEntry[str]) -> int:
    try:
        return entry.stat(follow_symlinks=False).st_mtime_ns
    except FileNotFoundError:
        return -1


def directoryExists(root: str, path: str) -> bool:
    """Whether one can start in this directory: it is there, reached through no link."""
    try:
        with _directory(root, [step for step in path.split("/") if step not in ("", ".")]):
            return True
    except OSError:
        return False


def remove(
    path: str, removed: Callable[[], None] = lambda: None, directory: int | None = None
) -> None:
    """
    Delete a directory and all that is in it. Links are deleted, never followed; what is
    mounted inside stays, and so do the directories above it.

    However deep it is, two directories are open at a time: one whose turn comes hands
    its own up to the root before it goes.

    @param removed: called for each file and directory that is gone.
    @param directory: descriptor of the directory that it is in, for a name.

    @raise OSError: when something had to stay; all else is gone.
    """
    root = os.open(path, _DIRECTORY, dir_fd=directory)
    try:
        empty(root, removed)
    finally:
        os.close(root)
    os.rmdir(path, dir_fd=directory)


def empty(root: int, removed: Callable[[], None] = lambda: None) -> None:
    """
    Delete all that is in a directory, as L{remove} does.

    @param root: its descriptor.

    @raise OSError: when something had to stay; all else is gone.
    """
    stays: set[str] = set()
    while found := [name for name in os.listdir(root) if name not in stays]:
        stays.update(name for name in found if not _removeEntry(root, name, removed))
    if stays:
        raise OSError(f"{len(stays)} of what is in it can't be deleted")


def discard(path: str) -> None:
    """
    Delete what is there, if anything is: a directory as L{remove} does, a link itself.

    @raise OSError: when something had to stay.
    """
    with suppress(FileNotFoundError):
        try:
            remove(path)
        except NotADirectoryError:
            os.unlink(path)


def _removeEntry(root: int, name: str, removed: Callable[[], None]) -> bool:
    """Delete a file, or a directory after it has handed up those in it; whether that went well."""
    try:
        if not stat.S_ISDIR(os.stat(name, dir_fd=root, follow_symlinks=False).st_mode):
            os.unlink(name, dir_fd=root)
            removed()
            return True
        with ownDirectory(root, name) as directory:
            for inner in os.listdir(directory):
                _handUp(directory, inner, root, removed)
        os.rmdir(name, dir_fd=root)
    except FileNotFoundError:
        # Somebody else has deleted it just now.
        return True
    except OSError:
        return False
    removed()
    return True


def _handUp(directory: int, name: str, root: int, removed: Callable[[], None]) -> None:
    if not stat.S_ISDIR(os.stat(name, dir_fd=directory, follow_symlinks=False).st_mode):
        os.unlink(name, dir_fd=directory)
        removed()
        return
    with ownDirectory(directory, name):
        pass
    os.rename(name, secrets.token_hex(16), src_dir_fd=directory, dst_dir_fd=root)


@contextmanager
def ownDirectory(parent: int, name: str) -> Iterator[int]:
    """
    A directory, opened after we have seen to it that we may change what is in it: a game
    may have made one that not even its owner may.

    @raise OSError: when something else is mounted there, too.
    """
    place = os.open(name, os.O_PATH | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=parent)
    try:
        if isMounted(parent, name):
            raise OSError("something is mounted there")
        if os.fstat(place).st_mode & stat.S_IRWXU != stat.S_IRWXU:
            # By this name, since fchmod(2) does not take such a descriptor.
            os.chmod(f"/proc/self/fd/{place}", 0o700)
        directory = os.open(".", _DIRECTORY, dir_fd=place)
    finally:
        os.close(place)
    try:
        yield directory
    finally:
        os.close(directory)


def own(path: str) -> None:
    """
    See to it that we may change what is in a directory that is ours, as L{ownDirectory} does.

    @param path: absolute path of it.

    @raise OSError: when it is none, or that can't be done.
    """
    parent = os.open(os.path.dirname(path), _DIRECTORY)
    try:
        with ownDirectory(parent, os.path.basename(path)):
            pass
    finally:
        os.close(parent)


def handOver(path: str, account: Owner) -> None:
    """
    Let a directory and what is in it belong to an account. Links are not followed; what
    is mounted inside, and files that have another name elsewhere, stay whose they are. The
    directory itself comes last: as long as it is not theirs, this was not done to its end.

    @raise OSError: when it can't be done; some of it may have been.
    """
    for found in walk(path):
        if found.steps:
            os.fchown(found.descriptor, account.uid, account.gid)
        for name in found.others:
            _handOverFile(found.descriptor, name, account)
        # Known before it is entered: of what is mounted there even that may be denied to us.
        found.directories[:] = [
            name for name in found.directories if not isMounted(found.descriptor, name)
        ]
    os.chown(path, account.uid, account.gid, follow_symlinks=False)


def _handOverFile(directory: int, name: str, account: Owner) -> None:
    file = os.open(name, os.O_PATH | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=directory)
    try:
        status = os.fstat(file)
        if not stat.S_ISLNK(status.st_mode) and status.st_nlink == 1:
            os.chown(f"/proc/self/fd/{file}", account.uid, account.gid)
    finally:
        os.close(file)
