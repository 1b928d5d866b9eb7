"""
Fills the directory of a new server with a copy of another directory of this host, or with that
directory itself. The daemon's user does that, since nobody else may read both; no link is followed.
"""

import errno
import json
import os
import shutil
import signal
import stat
from collections.abc import Mapping
from contextlib import suppress
from typing import Any, Final

import msgspec

from gamepanel.disk.mounts import mountsBelow
from gamepanel.jobs.progress import Progress
from gamepanel.jobs.worker.moving import loadManifest
from gamepanel.jobs.worker.report import Failed, Report
from gamepanel.jobs.worker.unpacked import Bounds, MiB
from gamepanel.jobs.worker.within import chunkBytes, createAnew, walk, way
from gamepanel.servers.files import confined
from gamepanel.servers.process.launch import Account

maxEntries: Final = 1_000_000
"""So many files, directories and links are copied."""

roomEach: Final = 64 * MiB
"""It is looked again how much room is on the disk after so many bytes."""

step: Final = "Copying files"

moveStep: Final = "Moving files"


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
    _say(moveStep if isMoved else step)
    if isMoved and _move(task["from"], task["home"], report):
        _tidy(task["home"])
        if account is not None:
            confined.handOver(task["home"], account)
        return {}
    _copy(task["from"], task["directory"], task["home"], account, report)
    if isMoved:
        _removeMoved(task["from"])
    return {}


def _say(text: str) -> None:
    """For the console of the server, too."""
    print(f"[gamepanel] {text}", flush=True)


def _copy(source: str, directory: str, home: str, account: Account | None, report: Report) -> None:
    new = os.path.join(directory, "copy")
    confined.discard(new)
    os.mkdir(new, stat.S_IMODE(os.stat(home).st_mode))
    try:
        copyTree(source, new, report)
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


def _move(source: str, home: str, report: Report) -> bool:
    """
    Let a directory be the server's.

    @return: False, and nothing is done, where that takes more than a step: it is mounted there, or
        is on another file system.
    """
    report.progress(Progress(moveStep))
    if mountsBelow(source):
        # It would go along, and what is no file in it would be removed there.
        raise Failed("Something is mounted in it; unmount that first, or copy the directory.")
    mode = stat.S_IMODE(os.stat(home).st_mode)
    with way("/") as root:
        parent, name = root.to(source.lstrip("/"))
        if not stat.S_ISDIR(os.stat(name, dir_fd=parent, follow_symlinks=False).st_mode):
            raise Failed("It is no directory any more.")
        # It can't be undone any more.
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        try:
            os.rename(name, home, src_dir_fd=parent)
        except OSError as error:
            signal.signal(signal.SIGTERM, _end)
            if error.errno not in (errno.EXDEV, errno.EBUSY):
                raise
            return False
    os.chmod(home, mode)
    return True


def _tidy(home: str) -> None:
    """Leave out what is no file, directory or link, as a copy does."""
    others = [path for path, status in walk(home) if not _isPlain(status.st_mode)]
    with way(home) as found:
        for path in others:
            parent, name = found.to(path)
            os.unlink(name, dir_fd=parent)


def _isPlain(mode: int) -> bool:
    return stat.S_ISREG(mode) or stat.S_ISDIR(mode) or stat.S_ISLNK(mode)


def _removeMoved(source: str) -> None:
    """Remove what was copied, as far as that can be done."""
    try:
        confined.remove(source)
    except OSError as error:
        _say(f"Not all of the old directory could be removed: {error.strerror or error}.")


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


def copyTree(source: str, target: str, report: Report) -> None:
    """
    Copy what is in a directory: files with their modes and times, directories, links as links. What
    is none of these is left out.

    @param target: an empty directory.

    @raise Failed: when it is too much.
    @raise OSError: when something can't be read or written.
    """
    done, lookAt = 0, 0
    with way(source) as reading, way(target) as writing:
        for number, (path, status) in enumerate(walk(source)):
            if number >= maxEntries:
                raise Failed(f"There are more than {maxEntries} files.")
            parent, name = reading.to(path)
            into, _ = writing.to(path)
            if stat.S_ISDIR(status.st_mode):
                os.mkdir(name, stat.S_IMODE(status.st_mode) | 0o700, dir_fd=into)
            elif stat.S_ISLNK(status.st_mode):
                os.symlink(os.readlink(name, dir_fd=parent), name, dir_fd=into)
            elif stat.S_ISREG(status.st_mode):
                done += _copyFile(parent, into, name)
            if done >= lookAt:
                lookAt = done + roomEach
                if shutil.disk_usage(target).free < Bounds().spare:
                    raise Failed("The disk is too full for the copy.")
                report.progress(Progress(step, done))
    report.progress(Progress(step, done, done))


def _copyFile(parent: int, into: int, name: str) -> int:
    """Copy a file; how many bytes it has."""
    flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
    with open(os.open(name, flags, dir_fd=parent), "rb") as file:
        status = os.fstat(file.fileno())
        # Not setuid: it belongs to another user.
        mode = stat.S_IMODE(status.st_mode) & 0o777
        create = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
        with open(os.open(name, create, mode, dir_fd=into), "wb") as copied:
            shutil.copyfileobj(file, copied, chunkBytes)
            copied.flush()
            os.fchmod(copied.fileno(), mode)
            os.utime(copied.fileno(), ns=(status.st_atime_ns, status.st_mtime_ns))
        return status.st_size
