"""
Checks and writes the members of an archive: where each goes, how much all may be, and what is
refused, such as path traversal (C{../}), absolute paths, and symlinks that lead outside.
"""

import errno
import os
import shutil
import stat
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Final, Protocol

from attrs import frozen

from gamepanel.games.globs import covered
from gamepanel.jobs.report import Failed
from gamepanel.wire.causes import because
from gamepanel.worker.unpack.within import Way, chunkBytes, leadsInside

MiB: Final = 1024 * 1024

maxPathBytes: Final = 1_024
maxNameBytes: Final = 255

roomEach: Final = 64 * MiB
"""It is looked again how much room is on the disk after so many bytes."""


@frozen
class Bounds:
    """
    What may come out of an archive.

    @ivar entries: so many files, directories and links.
    @ivar size: so many bytes in all.
    @ivar ratio: so many bytes for each byte of the archive, once there are C{floor} bytes.
    @ivar spare: so many bytes stay free on the disk.
    """

    entries: int = 200_000
    size: int = 256 * 1024 * MiB
    ratio: int = 200
    floor: int = 64 * MiB
    spare: int = 16 * MiB


class Source(Protocol):
    """Where the bytes of a file come from."""

    def read(self, size: int = -1, /) -> bytes:
        """At most so many more."""


def shown(name: str) -> str:
    """A name from an archive, for people."""
    return "".join(each if each.isprintable() else "?" for each in name)[:100]


class Count:
    """
    What has come out so far.

    @ivar size: so many bytes.
    @ivar bounds: what may come out.
    @ivar where: how far that is, and of how much, for people.
    """

    def __init__(
        self, archive: str, to: str, bounds: Bounds, tell: Callable[[int, int | None], None]
    ) -> None:
        """@param tell: called with bytes done and of how many, again and again."""
        size = os.stat(archive).st_size
        self.where: Callable[[], tuple[int, int | None]] = lambda: (self.size, None)
        self._mostBytes = min(bounds.size, max(bounds.floor, size * bounds.ratio))
        self.bounds = bounds
        self._to = to
        self._tell = tell
        self._entries = 0
        self.size = 0
        self._lookAt = 0

    def entry(self) -> None:
        """One more."""
        self._entries += 1
        if self._entries > self.bounds.entries:
            raise Failed(because("archive_too_many_files", most=self.bounds.entries))

    def came(self, count: int) -> None:
        """So many more bytes."""
        self.size += count
        if self.size > self._mostBytes:
            raise Failed(because("archive_too_large", most=self._mostBytes))
        if self.size >= self._lookAt:
            self._lookAt = self.size + roomEach
            if shutil.disk_usage(self._to).free < self.bounds.spare + chunkBytes:
                raise Failed(because("archive_no_room"))
        self._tell(*self.where())


class Counted:
    """What is read of a stream is counted."""

    def __init__(self, source: Source, count: Count) -> None:
        self._source = source
        self._count = count

    def read(self, size: int = -1, /) -> bytes:
        """At most a piece of it."""
        data = self._source.read(chunkBytes if size < 0 else min(size, chunkBytes))
        self._count.came(len(data))
        return data


@frozen
class Wanted:
    """
    What is wanted of an archive.

    @ivar strip: so many names are taken off at the beginning of each path in it.
    @ivar only: globs of the paths (after that) that are wanted; everything if there are none.
    @ivar executable: globs of paths that become executable, whatever the archive says.
    @ivar skip: tells of a path (after that) whether it is left out.
    """

    strip: int = 0
    only: Sequence[str] = ()
    executable: Sequence[str] = ()
    skip: Callable[[str], bool] = lambda path: False


class Target:
    """
    The directory that is unpacked into.
    """

    def __init__(self, into: Way, count: Count, wanted: Wanted) -> None:
        self._way = into
        self._count = count
        self._wanted = wanted
        self._files: dict[str, None] = {}
        self._links: list[tuple[str, str]] = []

    def path(self, name: str) -> str | None:
        """
        Where a member goes; None when it is not wanted.

        @raise Failed: when its name is none for a file.
        """
        self._count.entry()
        try:
            encoded = os.fsencode(name)
        except UnicodeEncodeError:
            raise Failed(because("archive_bad_name", path=shown(name))) from None
        if name.startswith("/"):
            raise Failed(because("archive_absolute_path", path=shown(name)))
        steps = [step for step in name.split("/") if step not in ("", ".")]
        if ".." in steps:
            raise Failed(because("archive_path_outside", path=shown(name)))
        isLong = any(len(os.fsencode(step)) > maxNameBytes for step in steps)
        if "\0" in name or isLong or len(encoded) > maxPathBytes:
            raise Failed(because("archive_bad_name", path=shown(name)))
        path, wanted = "/".join(steps[self._wanted.strip :]), self._wanted
        isWanted = path and (not wanted.only or covered(path, wanted.only))
        return path if isWanted and not wanted.skip(path) else None

    def directory(self, path: str) -> None:
        """Make a directory that may be there already."""
        with reached(path):
            self._way.to(f"{path}/.", make=True)

    def file(self, path: str, source: Source, isExecutable: bool) -> None:
        """Make a file, in the place of one that is there."""
        mode = 0o777 if isExecutable or covered(path, self._wanted.executable) else 0o666
        with reached(path):
            parent, name = self._make(path)
            flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
            descriptor = os.open(name, flags, mode, dir_fd=parent)
        with open(descriptor, "wb") as file:
            while data := source.read(chunkBytes):
                file.write(data)
        self._files[path] = None

    def copy(self, path: str, of: str) -> None:
        """Make a file that is the same as another which was unpacked before."""
        with reached(of):
            parent, name = self._way.to(of)
            flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
            descriptor = os.open(name, flags, dir_fd=parent)
        with open(descriptor, "rb") as source:
            mode = os.fstat(descriptor).st_mode
            if not stat.S_ISREG(mode):
                raise Failed(because("archive_link_to_no_file", path=shown(path)))
            if path != of:
                self.file(path, Counted(source, self._count), bool(mode & 0o100))

    def link(self, path: str, target: str) -> None:
        """Note a link; all are made at the end, so that nothing is reached through one."""
        if not leadsInside(path, target):
            raise Failed(because("archive_link_outside", path=shown(path)))
        self._links.append((path, target))

    def finish(self) -> list[str]:
        """
        Make the links.

        @return: paths of all files and links.
        """
        for path, target in self._links:
            with reached(path):
                parent, name = self._make(path)
                os.symlink(target, name, dir_fd=parent)
            self._files[path] = None
        return list(self._files)

    def _make(self, path: str) -> tuple[int, str]:
        """The directory of what is about to be made; what has its name is gone."""
        parent, name = self._way.to(path, make=True)
        with suppress(FileNotFoundError):
            os.unlink(name, dir_fd=parent)
        return parent, name


_IN_THE_WAY: Final = (
    errno.ENOTDIR,
    errno.EISDIR,
    errno.EEXIST,
    errno.ENOENT,
    errno.ELOOP,
    # What unlink(2) says of a directory, as POSIX has it.
    errno.EPERM,
)


@contextmanager
def reached(path: str) -> Iterator[None]:
    """Say in words for people what is in the way of a path."""
    try:
        yield
    except OSError as error:
        if error.errno not in _IN_THE_WAY:
            raise
        raise Failed(because("archive_path_in_the_way", path=shown(path))) from error
