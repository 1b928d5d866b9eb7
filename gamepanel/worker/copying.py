"""
Fills the directory of a new server with a copy of another directory of this host, or with that
directory itself. The daemon's user does that, since nobody else may read both. It is opened once,
and no symlink is followed, whoever tries to win a race.
"""

import errno
import json
import os
import shutil
import signal
import stat
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from typing import Any, BinaryIO, Final

import msgspec
from attrs import define, field, frozen

from gamepanel.disk import confined
from gamepanel.disk.confined import openPlain
from gamepanel.disk.mounts import mountsBelow
from gamepanel.disk.stepping import identityOf, parentOf
from gamepanel.jobs.progress import Progress
from gamepanel.jobs.report import Failed, Report
from gamepanel.process.launch import Account
from gamepanel.wire.causes import Cause, because
from gamepanel.worker.moving import loadManifest
from gamepanel.worker.unpack.unpacked import Bounds, MiB
from gamepanel.worker.unpack.within import chunkBytes, createAnew, walk, way

maxEntries: Final = 1_000_000
"""So many files, directories and links are copied."""

roomEach: Final = 64 * MiB
"""It is looked again how much room is on the disk after so many bytes, or fewer."""

blockBytes: Final = 4096
"""What is less than this takes as much of the disk."""

step: Final = because("step_copying")

moveStep: Final = because("step_moving_files")

_DIRECTORY: Final = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


@frozen
class Source:
    """
    The directory that is copied or moved.

    @ivar path: absolute path that it had when it was opened.
    @ivar parent: descriptor of the directory that it is in.
    @ivar name: of it there.
    @ivar directory: its own descriptor.
    """

    path: str
    parent: int
    name: str
    directory: int


@define
class Room:
    """
    Sees to it that a copy neither fills the disk nor takes more than its server may; and tells how
    far it is.

    @ivar target: where it is made.
    @ivar limit: bytes that may be taken in all; 0: as many as there are.
    @ivar taken: bytes that are, C{before} that it began included.
    @ivar spare: bytes that stay free on the disk.
    @ivar step: what is done, for people.
    @ivar block: bytes of which each part that is written takes a whole number.
    """

    target: str
    limit: int
    report: Report
    before: int = 0
    spare: int = Bounds().spare
    step: Cause = step
    block: int = blockBytes
    taken: int = field(init=False)
    _lookAt: int = field(init=False)

    def __attrs_post_init__(self) -> None:
        self.taken = self._lookAt = self.before

    def take(self, count: int) -> None:
        """
        So many bytes are about to be written.

        @raise Failed: when there is no room for them.
        """
        self.taken += -(-count // self.block) * self.block
        if self.limit and self.taken > self.limit:
            raise Failed(because("over_limit", limit=self.limit))
        if self.taken > self._lookAt:
            left = shutil.disk_usage(self.target).free - self.spare - count
            if left < 0:
                raise Failed(because("copy_too_large"))
            # Looked at again before it can be full.
            self._lookAt = self.taken + min(roomEach, left)
            self.report.progress(Progress.doing(self.step, self.taken - self.before))

    def tell(self) -> None:
        """It has all been written."""
        done = self.taken - self.before
        self.report.progress(Progress.doing(self.step, done, done))


def copying(task: Mapping[str, Any], report: Report) -> dict[str, Any]:
    """
    @param task: as L{gamepanel.servers.installtask.copyTask} makes it.

    @return: nothing more to tell; what is installed then is in the file C{outcome}.

    @raise Failed: when it can't be done; the server's directory is empty then, and the other is as
        it was.
    """
    signal.signal(signal.SIGTERM, _end)
    given = task["account"]
    account = None if given is None else Account(given[0], given[1], None)
    isMoved = task.get("move", False)
    _copyManifest(task["manifest"], os.path.join(task["directory"], "install"), account)
    # Before the one step that does it: whoever finds the files in their place knows what they are.
    with open("outcome", "wb") as outcome:
        outcome.write(msgspec.json.encode(task["outcome"]))
        outcome.flush()
        os.fsync(outcome.fileno())
    report.say(moveStep if isMoved else step)
    room = Room(task["directory"], task.get("limit", 0), report)
    with opened(task["from"], task.get("identity", ())) as source:
        if isMoved and _move(source, task["home"], report):
            _tidy(task["home"])
            if account is not None:
                confined.handOver(task["home"], account)
            return {}
        _copy(source.directory, task["directory"], task["home"], account, room)
        if isMoved:
            _removeMoved(source, report)
    return {}


@contextmanager
def opened(path: str, identity: Sequence[int]) -> Iterator[Source]:
    """
    The directory that was asked for, open until the end. Others may own directories on the way to
    it, and put symlinks in their places at any time: none is followed, and all that is done goes by
    these descriptors.

    @param path: its real path.
    @param identity: which one it was when that was allowed, see L{identityOf}.

    @raise Failed: when there is another now.
    """
    with ExitStack() as stack:
        try:
            parent, name = stack.enter_context(parentOf(path))
            directory = os.open(name, _DIRECTORY, dir_fd=parent)
        except OSError as error:
            raise Failed(because("directory_not_opened", error=error.strerror)) from error
        stack.callback(os.close, directory)
        if identityOf(os.fstat(directory)) != tuple(identity):
            raise Failed(because("directory_replaced"))
        yield Source(path, parent, name, directory)


def _copy(source: int, directory: str, home: str, account: Account | None, room: Room) -> None:
    new = os.path.join(directory, "copy")
    confined.discard(new)
    os.mkdir(new, stat.S_IMODE(os.stat(home).st_mode))
    try:
        copyTree(source, new, room)
        if account is not None:
            confined.handOver(new, account)
        # It can't be undone any more.
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        # In one step, and only if nothing is there.
        os.rename(new, home)
    except BaseException:
        with suppress(OSError):
            confined.discard(new)
        raise


def _move(source: Source, home: str, report: Report) -> bool:
    """
    Let a directory be the server's.

    @return: False, and nothing is done, where that takes more than a step: it is mounted there, or
        is on another file system.
    """
    report.progress(Progress.doing(moveStep))
    if mountsBelow(source.path):
        # It would go along, and what is no file in it would be removed there.
        raise Failed(because("is_mounted"))
    mode = stat.S_IMODE(os.stat(home).st_mode)
    # It can't be undone any more.
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    try:
        os.rename(source.name, home, src_dir_fd=source.parent)
    except OSError as error:
        signal.signal(signal.SIGTERM, _end)
        if error.errno not in (errno.EXDEV, errno.EBUSY):
            raise
        return False
    os.chmod(home, mode)
    return True


def _tidy(home: str) -> None:
    """Leave out what is no file, directory or link, as a copy does."""
    plain = (stat.S_IFREG, stat.S_IFDIR, stat.S_IFLNK)
    others = [path for path, status in walk(home) if stat.S_IFMT(status.st_mode) not in plain]
    with way(home) as found:
        for path in others:
            parent, name = found.to(path)
            os.unlink(name, dir_fd=parent)


def _removeMoved(source: Source, report: Report) -> None:
    """Remove what was copied, as far as that can be done."""
    try:
        confined.empty(source.directory)
        # If its owner has put another in its place, at most an empty one of theirs goes.
        os.rmdir(source.name, dir_fd=source.parent)
    except OSError as error:
        report.say(f"Not all of the old directory could be removed: {error.strerror or error}.")


def _end(number: int, frame: object) -> None:
    """It is cancelled: what was begun goes."""
    raise SystemExit(1)


def _copyManifest(manifest: str | None, install: str, account: Account | None) -> None:
    """What was installed is known of the copy, too."""
    known = {} if manifest is None else loadManifest(os.path.dirname(manifest))
    if not known:
        return
    os.makedirs(install, mode=0o700, exist_ok=True)
    with open(createAnew(os.path.join(install, "manifest")), "w") as file:
        json.dump(known, file)
    if account is not None:
        confined.handOver(install, account)


def copyTree(source: int, target: str, room: Room, owner: int | None = None) -> None:
    """
    Copy what is in a directory: files with their modes and times, directories, links as links. What
    is none of these is left out.

    @param source: descriptor of the directory.
    @param target: an empty directory.
    @param owner: whose files are copied that have several names (hard links); None for those of
        whom the directory belongs to.

    @raise Failed: when it is too much, or holds a file that its owner may have no right to.
    @raise OSError: when something can't be read or written.
    """
    if owner is None:
        owner = os.fstat(source).st_uid
    with way(".", source) as reading, way(target) as writing:
        for number, (path, status) in enumerate(walk(".", source)):
            if number >= maxEntries:
                raise Failed(because("too_many_files", most=maxEntries))
            # What goes meanwhile is left out.
            with suppress(FileNotFoundError):
                parent, name = reading.to(path)
                into, _ = writing.to(path)
                if stat.S_ISDIR(status.st_mode):
                    room.take(1)
                    os.mkdir(name, stat.S_IMODE(status.st_mode) | 0o700, dir_fd=into)
                elif stat.S_ISLNK(status.st_mode):
                    room.take(1)
                    os.symlink(os.readlink(name, dir_fd=parent), name, dir_fd=into)
                elif stat.S_ISREG(status.st_mode):
                    with openPlain(name, parent) as file:
                        checkOwner(file, owner, path)
                        copyFile(file, into, name, room)
    room.tell()


def checkOwner(file: BinaryIO, owner: int, path: str) -> None:
    """
    Where the kernel does not protect hard links (C{fs.protected_hardlinks}), anybody may have made
    one in their directory to a file that they can't read.
    """
    status = os.fstat(file.fileno())
    if status.st_nlink > 1 and status.st_uid != owner:
        raise Failed(because("hard_link", path=path))


def copyFile(file: BinaryIO, into: int, name: str, room: Room) -> None:
    """Copy a file; its holes stay holes."""
    status = os.fstat(file.fileno())
    # Not setuid: it belongs to another user.
    mode = stat.S_IMODE(status.st_mode) & 0o777
    create = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    with open(os.open(name, create, mode, dir_fd=into), "wb") as copied:
        for start, end in filled(file.fileno(), status.st_size):
            copied.seek(start)
            while start < end:
                data = os.pread(file.fileno(), min(chunkBytes, end - start), start)
                if not data:
                    # It has become shorter meanwhile.
                    break
                room.take(len(data))
                copied.write(data)
                start += len(data)
        copied.truncate(status.st_size)
        os.fchmod(copied.fileno(), mode)
        os.utime(copied.fileno(), ns=(status.st_atime_ns, status.st_mtime_ns))


def filled(file: int, size: int) -> Iterator[tuple[int, int]]:
    """Where a file holds data, and not a hole: first byte, and the one behind the last."""
    end = 0
    while end < size:
        try:
            start = os.lseek(file, end, os.SEEK_DATA)
        except OSError as error:
            if error.errno != errno.ENXIO:
                raise
            # Only a hole follows.
            return
        # A file system that knows no holes says that all is data.
        end = min(os.lseek(file, start, os.SEEK_HOLE), size)
        yield start, end
