"""
Fills the directory of a new server with a copy of another directory of this host. The daemon's user
does that, since nobody else may read both; no link is followed.
"""

import os
import shutil
import signal
import stat
from collections.abc import Mapping
from typing import Any, Final

import msgspec

from gamepanel.jobs.progress import Progress
from gamepanel.jobs.worker.report import Failed, Report
from gamepanel.jobs.worker.unpacked import Bounds, MiB
from gamepanel.jobs.worker.within import chunkBytes, walk, way
from gamepanel.servers.files import confined
from gamepanel.servers.process.launch import Account

maxEntries: Final = 1_000_000
"""So many files, directories and links are copied."""

roomEach: Final = 64 * MiB
"""It is looked again how much room is on the disk after so many bytes."""

step: Final = "Copying files"


def copying(task: Mapping[str, Any], report: Report) -> dict[str, Any]:
    """
    @param task: as L{gamepanel.servers.installtask.copyTask} makes it.

    @return: nothing more to tell; what is installed then is in the file C{outcome}.

    @raise Failed: when it can't be copied; the server's directory is empty then.
    """
    signal.signal(signal.SIGTERM, _end)
    directory, home, account = task["directory"], task["home"], task["account"]
    new = os.path.join(directory, "copy")
    # For the console of the server, too.
    print(f"[gamepanel] {step}", flush=True)
    shutil.rmtree(new, ignore_errors=True)
    os.mkdir(new, stat.S_IMODE(os.stat(home).st_mode))
    try:
        copyTree(task["from"], new, report)
        if account is not None:
            confined.handOver(new, Account(account[0], account[1], None))
        # In one step, and only if nothing is there.
        os.rename(new, home)
    except BaseException:
        shutil.rmtree(new, ignore_errors=True)
        raise
    _copyManifest(task["manifest"], os.path.join(directory, "install"), account)
    with open("outcome", "wb") as outcome:
        outcome.write(msgspec.json.encode(task["outcome"]))
    return {}


def _end(number: int, frame: object) -> None:
    """It is cancelled: what was begun goes."""
    raise SystemExit(1)


def _copyManifest(manifest: str | None, install: str, account: list[int] | None) -> None:
    """What was installed is known of the copy, too."""
    if manifest is None or not os.path.isfile(manifest) or os.path.islink(manifest):
        return
    os.makedirs(install, mode=0o700, exist_ok=True)
    shutil.copyfile(manifest, os.path.join(install, "manifest"), follow_symlinks=False)
    if account is not None:
        confined.handOver(install, Account(account[0], account[1], None))


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
        # Not setuid: who it belongs to is another.
        mode = stat.S_IMODE(status.st_mode) & 0o777
        create = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
        with open(os.open(name, create, mode, dir_fd=into), "wb") as copied:
            shutil.copyfileobj(file, copied, chunkBytes)
            copied.flush()
            os.fchmod(copied.fileno(), mode)
            os.utime(copied.fileno(), ns=(status.st_atime_ns, status.st_mtime_ns))
        return status.st_size
