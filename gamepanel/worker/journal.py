"""
Moves what came out of an archive into a server's directory: all of it or nothing (a transaction),
whenever it is interrupted, and nothing that others have written is lost.

What is staged has the paths that it is to have. A directory is moved as a whole where none is yet.
Before anything is moved a journal tells which inode each file is: what is done can be undone
(rollback) by whoever finds the journal, as often as that is begun, and what is another file by now,
or was written to, is somebody else's and stays.
"""

import errno
import json
import os
import stat
from collections.abc import Iterator
from contextlib import suppress
from typing import Final, Literal

import msgspec

from gamepanel.disk import beneath
from gamepanel.disk.beneath import Beneath
from gamepanel.disk.confined import openPlain
from gamepanel.disk.durable import syncAll
from gamepanel.jobs.report import Failed
from gamepanel.wire.causes import because
from gamepanel.worker.unpack.within import Way, walk, way

_name: Final = "journal"

_isGone: Final = (errno.ENOENT, errno.ENOTDIR, errno.ELOOP, errno.EXDEV)
"""What is said of a path when a directory in it has gone, or is another thing."""

_cantExchange: Final = (errno.ENOSYS, errno.EINVAL)
"""What file systems say that can't exchange two files, such as NFS."""

maxLineBytes: Final = 65_536
"""A line of a journal that is longer is none of ours."""

_Mark = tuple[int, int, int]


class _Step(msgspec.Struct, frozen=True, array_like=True):
    """
    A line of the journal.

    @ivar path: of a staged file or directory, and in the server's directory.
    @ivar kind: C{put} where nothing is, C{replace} a file, or C{within} a directory that is put.
    @ivar mark: see L{_markOf}.
    """

    path: str
    kind: Literal["put", "replace", "within"]
    mark: _Mark

    @property
    def isDirectory(self) -> bool:
        """Whether it is a directory."""
        return self.mark[1] < 0


def _markOf(status: os.stat_result) -> _Mark:
    """Tells a file from others, and from itself after it was written to: inode, size, time."""
    if stat.S_ISDIR(status.st_mode):
        return status.st_ino, -1, 0
    return status.st_ino, status.st_size, status.st_mtime_ns


_Place = tuple[int, str]
"""A directory, and a name in it."""


def _statusOf(place: _Place) -> os.stat_result | None:
    """What is known of what is somewhere; None where nothing is."""
    try:
        return os.stat(place[1], dir_fd=place[0], follow_symlinks=False)
    except FileNotFoundError:
        return None


def moveAll(root: Beneath, made: int, staged: str, mayReplace: bool) -> int:
    """
    Move all that is staged. If it raises, L{undo} is to be called.

    @param made: descriptor of the directory of the job.
    @param staged: name in it of the directory with what is staged.
    @param mayReplace: whether a file may take the place of another.

    @return: the number of files, links and new directories.

    @raise Failed: when something is in the way.
    @raise OSError: when it can't be done.
    """
    whole = f"/proc/self/fd/{made}/."
    count = 0
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    with open(os.open(f"{_name}.new", flags, 0o600, dir_fd=made), "w") as file:
        for step in _planned(root, made, staged, mayReplace):
            # Names that are no UTF-8 are escaped.
            file.write(json.dumps(msgspec.to_builtins(step)) + "\n")
            count += 1
    # The files, their names, and what is to be done with them.
    syncAll(whole)
    os.rename(f"{_name}.new", _name, src_dir_fd=made, dst_dir_fd=made)
    os.fsync(made)
    with way(staged, made) as source:
        for number, step in enumerate(_steps(made)):
            if step.kind != "within":
                _move(root, step, source.to(step.path), (made, str(number)))
    syncAll(whole)
    # Else a power cut might bring it back, and what is done be undone.
    os.unlink(_name, dir_fd=made)
    os.fsync(made)
    return count


def _planned(root: Beneath, made: int, staged: str, mayReplace: bool) -> Iterator[_Step]:
    for path, status in walk(staged, made):
        kind = _kindOf(root, path, status.st_mode, mayReplace)
        if kind is not None:
            yield _Step(path, kind, _markOf(status))


def _kindOf(
    root: Beneath, path: str, mode: int, mayReplace: bool
) -> Literal["put", "replace", "within"] | None:
    """What is to be done; None for a directory that is there."""
    try:
        with root.parent(path) as place:
            there = _statusOf(place)
    except FileNotFoundError:
        return "within"
    except OSError as error:
        if error.errno not in _isGone:
            raise Failed(because("of_path", path=path, why=error.strerror)) from error
        raise Failed(because("path_in_the_way", path=path)) from error
    if there is None:
        return "put"
    if stat.S_ISDIR(mode):
        if stat.S_ISDIR(there.st_mode):
            return None
        raise Failed(because("directory_in_the_way", path=path))
    if mayReplace and stat.S_ISREG(mode) and stat.S_ISREG(there.st_mode):
        return "replace"
    raise Failed(because("file_there", path=path))


def _move(root: Beneath, step: _Step, staged: _Place, aside: _Place) -> None:
    try:
        with root.parent(step.path) as target:
            if step.kind == "put" or not _replace(step, staged, target, aside):
                beneath.renameNew(staged, target)
    except FileExistsError:
        raise Failed(because("file_there", path=step.path)) from None
    except OSError as error:
        if error.errno not in _isGone:
            raise
        raise Failed(because("path_in_the_way", path=step.path)) from error


def _replace(step: _Step, staged: _Place, target: _Place, aside: _Place) -> bool:
    """
    Put a file in the place of another, which is kept.

    @return: False when that has gone meanwhile.

    @raise FileExistsError: when it is no plain file any more.
    """
    try:
        beneath.exchange(staged, target)
    except FileNotFoundError:
        return False
    except OSError as error:
        if error.errno not in _cantExchange:
            raise
        beneath.renameNew(target, aside)
        beneath.renameNew(staged, target)
    old = _oldOf(step, staged, aside)
    status = None if old is None else _statusOf(old)
    if status is None or not stat.S_ISREG(status.st_mode):
        raise FileExistsError
    return True


def _oldOf(step: _Step, staged: _Place, aside: _Place) -> _Place | None:
    """Where the file is now that another was put in the place of; None where there was none."""
    if _statusOf(aside) is not None:
        return aside
    status = _statusOf(staged)
    return None if status is None or _markOf(status) == step.mark else staged


def undo(root: Beneath, made: int, staged: str) -> None:
    """
    Let all be as it was before L{moveAll}, if that was begun and not done.

    @raise OSError: when it can't; what could not be undone can be still.
    """
    if _statusOf((made, _name)) is None:
        return
    failure: OSError | None = None
    directories: list[_Step] = []
    with way(staged, made) as source:
        for number, step in enumerate(_steps(made)):
            if step.isDirectory:
                directories.append(step)
                continue
            try:
                _moveBack(root, step, source, (made, str(number)))
            except OSError as error:
                failure = failure if error.errno in _isGone else error
    for step in reversed(directories):
        # Others may have put something in it.
        with suppress(OSError), root.parent(step.path) as (parent, last):
            if _isOurs(step, (parent, last)):
                os.rmdir(last, dir_fd=parent)
    if failure is not None:
        raise failure
    syncAll(f"/proc/self/fd/{made}/.")
    os.unlink(_name, dir_fd=made)


def _moveBack(root: Beneath, step: _Step, source: Way, aside: _Place) -> None:
    with root.parent(step.path) as target:
        isOurs, old = _isOurs(step, target), None
        if step.kind == "replace":
            old = _oldOf(step, source.to(step.path), aside)
        status = None if old is None else _statusOf(old)
        if isOurs and (status is None or stat.S_ISDIR(status.st_mode)):
            os.unlink(target[1], dir_fd=target[0])
        if old is None:
            return
        if isOurs:
            os.rename(old[1], target[1], src_dir_fd=old[0], dst_dir_fd=target[0])
        elif _statusOf(target) is None:
            beneath.renameNew(old, target)


def _isOurs(step: _Step, place: _Place) -> bool:
    status = _statusOf(place)
    return status is not None and _markOf(status) == step.mark


def _steps(made: int) -> Iterator[_Step]:
    """
    What the journal says.

    @raise OSError: when there is none, or it is none of ours: a game could have made it, where
        the directory of a job lies in that of the server.
    """
    with openPlain(_name, made) as file:
        for line in iter(lambda: file.readline(maxLineBytes), b""):
            try:
                step = msgspec.convert(json.loads(line), _Step)
            except (ValueError, RecursionError, msgspec.MsgspecError):
                step = _Step("..", "put", (0, 0, 0))
            if "\0" in step.path or ".." in step.path.split("/"):
                raise OSError("the journal of a job is damaged")
            yield step
