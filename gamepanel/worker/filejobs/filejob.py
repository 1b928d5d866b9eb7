"""
Copies, archives and downloads in a server's directory. Each is made beside the directory and put
into it at the end, all of it or nothing. It is all done as the user of the server.
"""

import bz2
import codecs
import errno
import gzip
import lzma
import os
import resource
import shutil
import signal
import stat
import tarfile
import zipfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any, BinaryIO, Final
from urllib.parse import urlsplit

import msgspec
from attrs import define, evolve, frozen

from gamepanel.base.errors import PanelError
from gamepanel.disk import beneath, walking
from gamepanel.disk.confined import openPlain
from gamepanel.disk.durable import syncAll
from gamepanel.disk.mounts import mountsBelow
from gamepanel.disk.pathtext import restored
from gamepanel.jobs.progress import Progress
from gamepanel.jobs.report import Failed, Report
from gamepanel.process import rights
from gamepanel.process.home import prepare
from gamepanel.process.launch import Account
from gamepanel.wire.causes import Cause, because
from gamepanel.worker.copying import Room, checkOwner, copyFile, copyTree
from gamepanel.worker.filejobs.zipwriter import ZipWriter
from gamepanel.worker.files.entering import begin
from gamepanel.worker.files.making import making, moveIn, pathOf, removeLeft, stagedName
from gamepanel.worker.files.messages import (
    Refusal,
    Workplace,
    archiveSuffix,
    jobSuffix,
    newName,
)
from gamepanel.worker.files.tree import Refused, Tree, outermost
from gamepanel.worker.journal import moveAll
from gamepanel.worker.quota import usage
from gamepanel.worker.steps.downloading import download
from gamepanel.worker.steps.requesting import Patience, Requests
from gamepanel.worker.steps.task import Sources
from gamepanel.worker.unpack import archives, tarheaders, zstd
from gamepanel.worker.unpack.unpacked import Bounds, MiB
from gamepanel.worker.unpack.within import walk, way

_gone: Final = (None, errno.ENOENT, errno.ELOOP, errno.ENXIO)
"""What is said of a file that is gone, or another thing than just now; it is left out."""

mostArchives: Final = 4
"""Archives that lie beside the directory of a server."""

maxMemoryBytes: Final = 1024 * MiB
"""Of address space: an archive must not take the memory that games need."""

_patience: Final = Patience(stallBytes=4 * MiB)
"""Else a slow server could keep a job for months."""

_imported: Final = (bz2, gzip, lzma, tarfile, zipfile, tarheaders, zstd)
"""Imported elsewhere when they are needed, which may be by a user who can't read them."""


@frozen
class FileJob:
    """
    What a job has to do, and where.

    @ivar task: see L{filejob}.
    @ivar used: bytes of the disk that the server takes, where there is a limit.
    """

    task: Mapping[str, Any]
    report: Report
    tree: Tree
    used: int

    @property
    def mayReplace(self) -> bool:
        """Whether a file may take the place of another."""
        return bool(self.task["replace"])

    @property
    def revision(self) -> str | None:
        """What must be where a file is to be, see L{Tree.check}."""
        return None if self.mayReplace else ""

    @property
    def left(self) -> int | None:
        """
        Bytes that may still be taken; None where there is no limit.

        @raise Failed: when there are none.
        """
        limit: int = self.task["limit"]
        if limit and self.used >= limit:
            raise Failed(because("over_limit", limit=limit))
        return limit - self.used if limit else None

    def room(self, step: Cause, block: int = 4096) -> Room:
        """What keeps it to the limits of the disk, and tells how far it is."""
        self.report.progress(Progress.doing(step))
        limit, spare = self.task["limit"], self.task["spare"]
        return Room(pathOf(self.tree.staging), limit, self.report, self.used, spare, step, block)

    def checkOwner(self, file: BinaryIO, path: str) -> None:
        """
        Check that a file may be read that has several names.

        @raise Failed: when it may not.
        """
        checkOwner(file, self.owner, path)

    @property
    def owner(self) -> int:
        """Number of the user whose files are read that have several names (hard links)."""
        return os.geteuid() if self.tree.owner is None else self.tree.owner


def filejob(task: Mapping[str, Any], report: Report) -> dict[str, Any]:
    """
    @param task: as L{gamepanel.operations.filejobs} makes it.

    @return: what came of it.

    @raise Failed: when it can't be done; nothing is left of it then.
    """
    for codec in ("ascii", "latin-1", "cp437", "idna", "punycode", "utf-8", "utf-16"):
        codecs.lookup(codec)
    place = msgspec.convert(restored(task["place"]), Workplace)
    own, last = os.path.split(place.home)
    home = os.path.join(os.path.realpath(own), last)
    mounted = mountsBelow(home) if task["limit"] else ()
    _prepare(own, place)
    try:
        tree = begin(place, restored(task["readable"]), task["state"])
        signal.signal(signal.SIGTERM, _end)
        _limitMemory()
        # Games come first.
        os.nice(10)
        tree.tidy()
        for name in tree.staged():
            # What can't be undone now is looked at again later, and no reason to do nothing else.
            with suppress(OSError):
                if name.endswith(jobSuffix):
                    removeLeft(tree, name, waits=True)
        used = usage(tree.home, mounted) + usage(place.staging) if task["limit"] else 0
        return _done(FileJob(task, report, tree, used))
    except Refused as error:
        raise Failed(_causeOf(error.refusal)) from error


def _limitMemory() -> None:
    """Keep this process to L{maxMemoryBytes}, or to what it was allowed before, if that is less."""
    most = rights.allowed(resource.RLIMIT_AS, maxMemoryBytes)
    resource.setrlimit(resource.RLIMIT_AS, (most, most))


def _done(job: FileJob) -> dict[str, Any]:
    try:
        return _kinds[job.task["kind"]](job)
    except MemoryError:
        raise Failed(because("system_error", error=os.strerror(errno.ENOMEM))) from None


def _prepare(directory: str, place: Workplace) -> None:
    """See to it that the server's user can get to its directory, as before a start."""
    owner = place.account
    account = None if owner is None else Account(owner.uid, owner.gid, None)
    try:
        prepare(directory, account)
    except PanelError as error:
        raise Failed(error.cause or because(error.code)) from error


def _causeOf(refusal: Refusal) -> Cause:
    if refusal.errno is not None:
        return because("system_error", error=os.strerror(refusal.errno))
    return because(refusal.cause or refusal.code, **refusal.values)


def _end(number: int, frame: object) -> None:
    """It is cancelled: what was begun goes."""
    _hold()
    raise SystemExit(1)


def _hold() -> None:
    """It can't be cancelled any more."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)


def _copy(job: FileJob) -> dict[str, Any]:
    source, target = job.task["path"], job.task["to"]
    tree, room = job.tree, job.room(because("step_copying"))
    if target == source or target.startswith(f"{source}/"):
        raise Refused("unsupported", "goes_into_itself")
    opened, status, link = _opened(tree, source)
    isFile = stat.S_ISREG(status.st_mode)
    try:
        with making(tree) as made:
            if link is not None:
                os.symlink(link, stagedName, dir_fd=made)
            elif isFile:
                _copyPlain(job, opened, source, made, room)
            else:
                _copyDirectory(job, opened, made, room)
            _hold()
            moveIn(tree, made, target, job.mayReplace and isFile)
    finally:
        _close(opened)
    room.tell()
    return {}


def _opened(tree: Tree, path: str) -> tuple[int, os.stat_result, str | None]:
    """
    Open something to be read.

    @return: a descriptor of the file or directory, to be closed; what is known of it; and where it
        leads, if it is a link: then the descriptor is -1.

    @raise Refused: when it is something else, or can't be opened.
    """
    with tree.told(path), tree.held(path) as (held, status):
        if tree.mountsIn(path):
            raise Refused("unsupported", "path_is_mounted")
        if stat.S_ISLNK(status.st_mode):
            return -1, status, os.readlink("", dir_fd=held)
        if stat.S_ISDIR(status.st_mode):
            return tree.beneath.open(path, beneath.directory), status, None
        return *tree.opened(path), None


def _close(descriptor: int) -> None:
    if descriptor >= 0:
        os.close(descriptor)


def _copyPlain(job: FileJob, opened: int, source: str, made: int, room: Room) -> None:
    with open(opened, "rb", closefd=False) as file:
        job.checkOwner(file, source)
        copyFile(file, made, stagedName, room)
    with openPlain(stagedName, made) as copied:
        os.fsync(copied.fileno())


def _copyDirectory(job: FileJob, opened: int, made: int, room: Room) -> None:
    """Copy all that is in a directory; the times of directories come when nothing follows."""
    os.mkdir(stagedName, 0o700, dir_fd=made)
    copied = os.open(stagedName, beneath.directory, dir_fd=made)
    try:
        copyTree(opened, pathOf(copied), room, job.owner)
        with way(".", copied) as writing:
            for path, status in walk(".", opened):
                # One that was made meanwhile has not been copied.
                with suppress(FileNotFoundError, NotADirectoryError):
                    if stat.S_ISDIR(status.st_mode):
                        parent, name = writing.to(path)
                        _setTimes(name, status, parent)
        status = os.fstat(opened)
        os.fchmod(copied, stat.S_IMODE(status.st_mode) & 0o777 | 0o700)
        os.utime(copied, ns=(status.st_atime_ns, status.st_mtime_ns))
        syncAll(pathOf(copied))
    finally:
        os.close(copied)


def _setTimes(name: str, status: os.stat_result, directory: int) -> None:
    times = status.st_atime_ns, status.st_mtime_ns
    os.utime(name, ns=times, dir_fd=directory, follow_symlinks=False)


@contextmanager
def _beside(tree: Tree) -> Iterator[tuple[str, int]]:
    """A file that is being made beside the server's directory: its name, and a descriptor."""
    name = newName()
    descriptor, _ = tree.created(name)
    try:
        yield name, descriptor
    finally:
        # It may have its place by now.
        with suppress(FileNotFoundError):
            os.unlink(name, dir_fd=tree.staging)
        os.close(descriptor)


def _pack(job: FileJob) -> dict[str, Any]:
    tree, to = job.tree, job.task["to"]
    if to in job.task["paths"]:
        # The archive would take the place of the only file that it is to hold.
        raise Refused("unsupported", "goes_into_itself")
    step = because("step_packing")
    room = job.room(step, block=1)
    paths = outermost(job.task["paths"])
    common = os.path.commonpath([path.rpartition("/")[0] for path in paths])
    if to is not None:
        with tree.told(to, isFile=True):
            tree.check(to, job.revision)
    with _beside(tree) as (name, descriptor), _unnamed(tree) as listed:
        with open(descriptor, "wb", closefd=False) as file:
            packing = _Packing(job, ZipWriter(file, listed, room.take), to)
            for path in paths:
                packing.add(path, path[len(common) + 1 :] if common else path)
            packing.writer.finish()
        os.fsync(descriptor)
        size = os.fstat(descriptor).st_size
        _hold()
        if to is not None:
            with tree.told(to, isFile=True):
                tree.place(name, to, job.revision)
        else:
            _keep(tree, name, job.task["archive"])
    room.tell()
    return {"size": size, "entries": packing.writer.count}


@contextmanager
def _unnamed(tree: Tree) -> Iterator[BinaryIO]:
    """A file without a name, to be written and read."""
    name, flags = newName(), os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    descriptor = os.open(name, flags, 0o600, dir_fd=tree.staging)
    # A worker that is just begun may remove it, too.
    with suppress(FileNotFoundError):
        os.unlink(name, dir_fd=tree.staging)
    with open(descriptor, "w+b") as file:
        yield file


def _keep(tree: Tree, name: str, archive: str) -> None:
    """Let an archive lie beside the server's directory; the oldest gives way."""
    os.rename(name, archive, src_dir_fd=tree.staging, dst_dir_fd=tree.staging)
    found = []
    for each in tree.staged():
        if each.endswith(archiveSuffix):
            # Another process may remove an old one meanwhile.
            with suppress(FileNotFoundError):
                found.append((os.stat(each, dir_fd=tree.staging).st_mtime_ns, each))
    for _, oldest in sorted(found)[:-mostArchives]:
        with suppress(FileNotFoundError):
            os.unlink(oldest, dir_fd=tree.staging)


@define
class _Packing:
    """
    @ivar to: path of the archive, which it does not hold; None where it has none.
    @ivar left: bytes of files that may still be read: as much as may come out of an archive. Files
        of holes take no disk, and hours to be read.
    """

    job: FileJob
    writer: ZipWriter
    to: str | None
    left: int = Bounds().size

    def add(self, path: str, name: str) -> None:
        """
        Add a file, a link, or a directory with all that is in it.

        @param name: its path in the archive; empty for the server's directory.
        """
        opened, status, link = _opened(self.job.tree, path)
        try:
            if link is not None:
                self.writer.link(os.fsencode(name), status, os.fsencode(link))
            elif stat.S_ISDIR(status.st_mode):
                if name:
                    self.writer.directory(os.fsencode(name), status)
                self._addAll(opened, path, name)
            elif path != self.to:
                with open(opened, "rb", closefd=False) as file:
                    self._addFile(file, path, name)
        finally:
            _close(opened)

    def _addAll(self, opened: int, path: str, name: str) -> None:
        for found in walking.walk(".", directory=opened):
            if not (path or found.steps):
                for names in (found.directories, found.others):
                    names[:] = filter(self.job.tree.isShown, names)
            inner = "".join(f"{step}/" for step in found.steps)
            for each in (*found.directories, *found.others):
                whole = f"{path}/{inner}{each}" if path else inner + each
                self._addEntry(
                    found.descriptor, each, whole, f"{name}/{inner}{each}" if name else whole
                )

    def _addEntry(self, directory: int, last: str, path: str, name: str) -> None:
        if path == self.to:
            return
        encoded = os.fsencode(name)
        try:
            status = os.stat(last, dir_fd=directory, follow_symlinks=False)
            if stat.S_ISDIR(status.st_mode):
                self.writer.directory(encoded, status)
            elif stat.S_ISLNK(status.st_mode):
                target = os.fsencode(os.readlink(last, dir_fd=directory))
                self.writer.link(encoded, status, target)
            elif stat.S_ISREG(status.st_mode):
                with openPlain(last, directory) as file:
                    self._addFile(file, path, name)
        except OSError as error:
            if error.errno not in _gone:
                raise Failed(because("of_path", path=path, why=error.strerror)) from error

    def _addFile(self, file: BinaryIO, path: str, name: str) -> None:
        self.job.checkOwner(file, path)
        self.left -= os.fstat(file.fileno()).st_size
        if self.left < 0:
            raise Failed(because("larger_than", most=Bounds().size))
        self.writer.file(os.fsencode(name), file)


def _unpack(job: FileJob) -> dict[str, Any]:
    path, to, tree = job.task["path"], job.task["to"], job.tree
    step = because("step_unpacking", path=path)
    job.report.progress(Progress.doing(step))
    usual = Bounds()
    left = usual.size if job.left is None else job.left
    bounds = Bounds(size=min(usual.size, left), spare=job.task["spare"])
    with tree.told(path, isFile=True):
        archive, _ = tree.opened(path)
    try:
        if tree.mountsIn(to):
            raise Refused("unsupported", "path_is_mounted")
        with making(tree) as made:
            os.mkdir(stagedName, 0o700, dir_fd=made)
            with way(stagedName, made) as staged:
                into, _ = staged.to(f"{to}/.", make=True)
                archives.unpack(
                    f"/proc/self/fd/{archive}",
                    pathOf(into),
                    tell=lambda done, total: job.report.progress(Progress.doing(step, done, total)),
                    bounds=bounds,
                )
            _checkUnpacked(job, pathOf(made))
            job.report.progress(Progress.doing(because("step_moving_in")))
            _hold()
            count = moveAll(tree.beneath, made, stagedName, job.mayReplace)
    except MemoryError:
        why = "it takes too much memory to be unpacked"
        raise Failed(because("archive_damaged", error=why)) from None
    finally:
        os.close(archive)
    return {"entries": count}


def _checkUnpacked(job: FileJob, made: str) -> None:
    """
    Check what came out of an archive, which takes its space already.

    @param made: path of the directory of the job.

    @raise Failed: when it is more than the server may have, or the disk is too full now.
    """
    limit: int = job.task["limit"]
    if limit and job.used + usage(made) > limit:
        raise Failed(because("over_limit", limit=limit))
    if shutil.disk_usage(made).free < job.task["spare"]:
        raise Failed(because("archive_no_room"))


def _fetch(job: FileJob) -> dict[str, Any]:
    task, tree, to = job.task, job.tree, job.task["to"]
    url, left = task["url"], job.left
    step = because("step_downloading", path=to, host=urlsplit(url).hostname)
    job.report.progress(Progress.doing(step))
    most = task["most"] if left is None else min(task["most"], left)
    given = task["sources"]
    sources = Sources((), tuple(given.get("allowed", ())), given.get("contact", ""))
    patience = evolve(_patience, fileBytes=most, freeBytes=task["spare"])
    with tree.told(to, isFile=True):
        tree.check(to, job.revision)
    with _beside(tree) as (name, descriptor):
        download(
            Requests(sources, patience=patience),
            url,
            descriptor,
            {} if task["sha256"] is None else {"sha256": task["sha256"]},
            lambda done, total: job.report.progress(Progress.doing(step, done, total)),
        )
        _hold()
        with tree.told(to, isFile=True):
            placed = tree.place(name, to, job.revision)
    return {"size": placed.size, "revision": placed.revision}


_kinds: Final[Mapping[str, Callable[[FileJob], dict[str, Any]]]] = {
    "copy": _copy,
    "pack": _pack,
    "unpack": _unpack,
    "fetch": _fetch,
}
