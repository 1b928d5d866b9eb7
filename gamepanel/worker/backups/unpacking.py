"""
Builds the tree that a restore puts in the place of a server's directory: what the process does that
is the server's user. What stays is linked in, so it costs no space and no time; what the backup
holds is unpacked. No link is followed, wherever it leads.
"""

import os
import stat
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from typing import Any, Final

from attrs import define, field

from gamepanel.backups.selection import Restored
from gamepanel.backups.values import Entry
from gamepanel.disk import confined
from gamepanel.disk.walking import walk
from gamepanel.jobs.report import Failed, Report
from gamepanel.wire.causes import because
from gamepanel.worker.backups.databases import companions, magic
from gamepanel.worker.backups.reading import maxPath
from gamepanel.worker.backups.tape import Member, Stream, follow
from gamepanel.worker.copying import Room, copyFile
from gamepanel.worker.unpack.unpacked import reached
from gamepanel.worker.unpack.within import Way, blockBytes, way

plainMode: Final = 0o1777
"""Of files and directories; setuid and setgid are not restored."""

maxTold: Final = 500
"""Characters of a path that is too long which are told."""

_new: Final = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC


@define
class Tree:
    """
    The tree that is built.

    @ivar home: absolute path of the server's directory.
    @ivar new: of the new one, empty.
    @ivar wanted: what is restored.
    @ivar keepOthers: whether what the backup does not hold stays.
    @ivar linked: for the path of a file that is not restored, the paths of hard links to it that
        are.
    @ivar left: bytes that what stays may take of the disk; None where there is no limit.
    @ivar limit: bytes that all may take.
    """

    home: str
    new: str
    wanted: Restored
    keepOthers: bool
    linked: Mapping[str, list[str]]
    left: int | None = None
    limit: int = 0
    _directories: dict[str, tuple[int, int]] = field(factory=dict, init=False)
    _made: dict[str, str] = field(factory=dict, init=False)

    def build(self, stream: Stream, entries: Iterable[tuple[str, Entry]]) -> None:
        """
        Build it.

        @raise DamagedBackup: when the backup is not what was written.
        @raise Failed: when something is in the way.
        """
        with way(self.new) as into:
            self._link(into)
            follow(stream, entries, lambda *member: self._take(into, *member))
            self._finish(into)

    def _finish(self, into: Way) -> None:
        """Give directories their modes and times, as nothing is made in them any more."""
        closed = []
        for found in walk(self.new):
            path = "/".join(found.steps)
            mode, modifiedAt = self._directories.get(path, (None, 0))
            if mode is None:
                continue
            if mode & stat.S_IRUSR and mode & stat.S_IXUSR:
                os.fchmod(found.descriptor, mode)
                os.utime(found.descriptor, ns=(modifiedAt, modifiedAt))
            else:
                closed.append(path)
        # Nobody gets into these any more: from below.
        for path in reversed(closed):
            mode, modifiedAt = self._directories[path]
            parent, name = into.to(path)
            os.utime(name, ns=(modifiedAt, modifiedAt), dir_fd=parent)
            os.chmod(name, mode, dir_fd=parent)

    def _link(self, into: Way) -> None:
        """
        Link in what stays.

        @raise Failed: when it takes too much of the disk.
        """
        taken = 0
        for found in walk(self.home):
            inner = "/".join((*found.steps, ""))
            if not (self.keepOthers or self.wanted.selection.exclude):
                # Nothing stays of what is in these; and they may be closed to us.
                found.directories[:] = [
                    name for name in found.directories if self._stays(f"{inner}{name}")
                ]
            self._checkLengths(inner, found.directories)
            for name in found.directories:
                status = os.stat(name, dir_fd=found.descriptor, follow_symlinks=False)
                mode = stat.S_IMODE(status.st_mode) & plainMode
                self._directories[f"{inner}{name}"] = mode, status.st_mtime_ns
                if self._stays(f"{inner}{name}"):
                    into.to(f"{inner}{name}/.", make=True)
            for name in found.others:
                if self._stays(f"{inner}{name}"):
                    status = os.stat(name, dir_fd=found.descriptor, follow_symlinks=False)
                    taken += status.st_blocks * blockBytes
                    parent, _ = into.to(f"{inner}{name}", make=True)
                    try:
                        os.link(
                            name,
                            name,
                            src_dir_fd=found.descriptor,
                            dst_dir_fd=parent,
                            follow_symlinks=False,
                        )
                    except PermissionError:
                        # The kernel lets nobody link what somebody else has put there.
                        self._copy(found.descriptor, name, parent, taken)
        if self.left is not None and taken > self.left:
            raise Failed(because("over_limit", limit=self.limit))

    def _checkLengths(self, inner: str, names: list[str]) -> None:
        """
        See whether paths of directories are as short as those in backups: all are in memory.

        @param inner: what their paths begin with.
        @param names: theirs; those that do not stay, and are too long, are taken out.

        @raise Failed: when one that stays is too long.
        """
        tooLong = [name for name in names if len(inner) + len(name) > maxPath]
        for name in tooLong:
            if self._stays(f"{inner}{name}"):
                told = os.fsencode(inner).decode(errors="replace")[:maxTold]
                raise Failed(because("restore_in_the_way", path=told))
            names.remove(name)

    def _copy(self, directory: int, name: str, into: int, taken: int) -> None:
        status = os.stat(name, dir_fd=directory, follow_symlinks=False)
        if stat.S_ISLNK(status.st_mode):
            os.symlink(os.readlink(name, dir_fd=directory), name, dir_fd=into)
            return
        room = Room(self.new, self.limit, Report(lambda progress: None), taken)
        with confined.openPlain(name, directory) as file:
            copyFile(file, into, name, room)

    def _stays(self, path: str) -> bool:
        return self.keepOthers or not self.wanted.selects(path)

    def _take(self, into: Way, path: str, entry: Entry, member: Member) -> None:
        isWanted = self.wanted.selects(path)
        if entry.kind == "hardlink":
            if isWanted:
                self._hardlink(into, path, entry.target)
        elif isWanted or path in self.linked:
            paths = [*([path] if isWanted else []), *self.linked.get(path, ())]
            with reached(paths[0]):
                self._put(into, paths[0], entry, member)
            self._made[path] = paths[0]

    def _hardlink(self, into: Way, path: str, target: str) -> None:
        source = self._made.get(target) if target in self.linked else target
        if source is None or source == path:
            # It was made in the place of that.
            return
        with reached(path), way(self.new) as other:
            there, name = other.to(source)
            parent, last = self._cleared(into, path)
            os.link(name, last, src_dir_fd=there, dst_dir_fd=parent, follow_symlinks=False)

    def _put(self, into: Way, path: str, entry: Entry, member: Member) -> None:
        if entry.kind == "directory":
            self._directory(into, path, entry)
            return
        parent, name = self._cleared(into, path)
        times = entry.modifiedAt, entry.modifiedAt
        if entry.kind == "link":
            os.symlink(entry.target, name, dir_fd=parent)
            os.utime(name, ns=times, dir_fd=parent, follow_symlinks=False)
            return
        with open(os.open(name, _new, 0o600, dir_fd=parent), "wb") as file:
            if member.isSparse:
                for start, stop in member.segments():
                    file.seek(start)
                    _copy(member.read, file.write, stop - start)
                file.truncate(entry.size)
            else:
                _copy(member.read, file.write, member.content)
            file.flush()
            os.fchmod(file.fileno(), entry.mode & plainMode)
            os.utime(file.fileno(), ns=times)
            if os.pread(file.fileno(), len(magic), 0) == magic:
                self._loseCompanions(parent, name, path)

    def _loseCompanions(self, parent: int, name: str, path: str) -> None:
        """Let no journal of the database that was there before be taken for the restored one's."""
        for suffix in companions:
            if f"{path}{suffix}" not in self._made:
                with suppress(FileNotFoundError, IsADirectoryError):
                    os.unlink(f"{name}{suffix}", dir_fd=parent)

    def _directory(self, into: Way, path: str, entry: Entry) -> None:
        parent, name = into.to(path, make=True)
        with suppress(FileNotFoundError):
            status = os.stat(name, dir_fd=parent, follow_symlinks=False)
            if not stat.S_ISDIR(status.st_mode):
                self._cleared(into, path)
        into.to(f"{path}/.", make=True)
        self._directories[path] = entry.mode & plainMode, entry.modifiedAt

    def _cleared(self, into: Way, path: str) -> tuple[int, str]:
        """The directory and name of a path, at which nothing is any more."""
        parent, name = into.to(path, make=True)
        with suppress(FileNotFoundError):
            status = os.stat(name, dir_fd=parent, follow_symlinks=False)
            if not stat.S_ISDIR(status.st_mode):
                os.unlink(name, dir_fd=parent)
            elif self.keepOthers:
                confined.remove(name, directory=parent)
            else:
                raise Failed(because("restore_in_the_way", path=path))
        return parent, name


def _copy(read: Callable[[int], bytes], write: Callable[[bytes], Any], size: int) -> None:
    while size and (data := read(size)):
        write(data)
        size -= len(data)
