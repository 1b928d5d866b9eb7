"""
Restores a backup: this process reads the store, one of the server's user builds a new tree beside
the directory, and then this one lets it take the directory's place.
"""

import json
import os
import signal
import stat
from collections.abc import Mapping
from contextlib import suppress
from typing import IO, Any, Final

import msgspec
from attrs import define, field
from msgspec.structs import asdict

from gamepanel.backups.exchange import (
    Intent,
    exchange,
    manifestName,
    newName,
    restoreName,
    settle,
    tidy,
)
from gamepanel.backups.index import Reading
from gamepanel.backups.selection import Restored
from gamepanel.backups.values import Header, InstalledThen
from gamepanel.disk import beneath
from gamepanel.disk.durable import syncAll
from gamepanel.disk.mounted import isMounted
from gamepanel.disk.mounts import mountsBelow
from gamepanel.disk.stepping import identityOf
from gamepanel.jobs.progress import Progress
from gamepanel.jobs.report import Failed, Report
from gamepanel.jobs.runtimes import isGone
from gamepanel.process.home import passableMode
from gamepanel.wire.causes import because
from gamepanel.worker.backups.backup import endWhenAsked, spareBytes, storeOf
from gamepanel.worker.backups.copier import Copier, Place, copier, yieldToGames
from gamepanel.worker.backups.tape import chunkBytes
from gamepanel.worker.backups.unpacking import Tree
from gamepanel.worker.backups.verify import Archive, opened
from gamepanel.worker.install import install
from gamepanel.worker.moving import loadManifest
from gamepanel.worker.unpack.within import createAnew

step: Final = because("step_restoring")

lastStep: Final = because("step_moving_in")

entryBytes: Final = 4096
"""What a file takes of the disk beside its content."""


@define
class Plan:
    """
    What is to be restored of a backup, known before anything is.

    @ivar size: bytes of the disk that it takes.
    @ivar linked: see L{Tree}.
    @ivar manifest: files of it that were installed, with their sums.
    @ivar isWhole: whether all that were installed are restored.
    """

    size: int = 0
    linked: dict[str, list[str]] = field(factory=dict)
    manifest: dict[str, str] = field(factory=dict)
    isWhole: bool = False


def plan(reading: Reading, wanted: Restored) -> Plan:
    """
    @param reading: the index, which is read to its end.

    @raise Failed: when a path that is wanted is not there.
    @raise DamagedBackup: when the index is not what was written.
    """
    found, lacking, installed = Plan(), set(wanted.paths), set[str]()
    unwanted = dict[str, int]()
    for path, entry in reading.entries():
        isWanted = wanted.selects(path)
        lacking.discard(path)
        if path in reading.manifest:
            installed.add(path)
        if entry.kind == "hardlink" and isWanted and not wanted.selects(entry.target):
            found.linked.setdefault(entry.target, []).append(path)
        if isWanted:
            found.size += entry.stored + entryBytes
        elif entry.kind == "file":
            unwanted[path] = entry.stored
    for path in lacking:
        raise Failed(because("backup_lacks", path=path))
    found.size += sum(unwanted.get(path, 0) for path in found.linked)
    found.manifest = {path: made for path, made in reading.manifest.items() if wanted.selects(path)}
    isEverything = not wanted.paths and wanted.selection.isAll
    isThere = installed == reading.manifest.keys() == found.manifest.keys()
    found.isWhole = isThere and (isEverything or bool(installed))
    return found


def restore(task: Mapping[str, Any], report: Report) -> dict[str, Any]:
    """
    @param task: C{store}, C{name} of the backup there, C{place} (L{Place}), C{paths},
        C{keepOthers}, C{limit} (bytes of the disk that the server may take, or 0); where it has
        C{steps} too, see L{gamepanel.worker.install.install}, these come first.

    @return: nothing more to tell; what is about to be done is in the file C{outcome} (L{Intent})
        before it is.

    @raise Failed: when it can't be done; nothing has changed then.
    """
    yieldToGames()
    store, place = storeOf(task["store"]), Place.of(task["place"])
    installedNow = _install(task, report) if "steps" in task else None
    report.say(step)
    report.progress(Progress.doing(step))
    place.prepare()
    _checkMounts(place.home)
    tidy(place.directory)
    with (
        opened(store, task["name"]) as (header, file, archive),
        open("outcome", "wb") as outcome,
    ):
        wanted = Restored(header.selection, tuple(task["paths"]))
        begin = file.tell()
        found = plan(Reading(file, header), wanted)
        file.seek(begin)
        _checkSpace(place, found, task["limit"])
        endWhenAsked()
        try:
            new = _makeNew(place)
            manifest = _manifestOf(place, found, wanted, task["keepOthers"])
            tree = Tree(
                place.home,
                new,
                wanted,
                task["keepOthers"],
                found.linked,
                task["limit"] - found.size if task["limit"] else None,
                task["limit"],
            )
            _build(tree, manifest, place, header, (file, archive), report)
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
            report.say(lastStep)
            report.progress(Progress.doing(lastStep))
            syncAll(new)
            identity = identityOf(os.stat(new, follow_symlinks=False))
            installed = header.installed if found.isWhole else None
            come = installedNow if installed is None else brought(installed, installedNow)
            intent = Intent(identity, come)
            outcome.write(msgspec.json.encode(intent))
            outcome.flush()
            os.fsync(outcome.fileno())
            exchange(place.directory, place.home)
            settle(place.directory, place.home, identity)
        finally:
            # The next restore of the server removes what stays.
            with suppress(OSError):
                tidy(place.directory)
    return {}


def _install(task: Mapping[str, Any], report: Report) -> dict[str, Any]:
    """
    Install the server, in a process that becomes its user.

    @return: what is installed then.

    @raise Failed: when that can't be done, or it was cancelled.
    """
    # It undoes what it has begun, when it is cancelled; that is waited for.
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    with copier(lambda pipe: install(task, report), isReader=True) as process:
        process.finish()
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    with open("outcome", "rb") as file:
        found: dict[str, Any] = msgspec.json.decode(file.read(), type=dict[str, Any])
    return {"version": found.get("version"), "variables": found.get("variables", {})}


def brought(then: InstalledThen, now: Mapping[str, Any] | None) -> dict[str, Any]:
    """
    What is installed where all of it is as the backup has it.

    @param now: what was installed in the same job, whose shared programs take the place of those
        that are gone.
    """
    given = {} if now is None else now["variables"]
    variables = {
        name: given.get(name, value) if isGone(value) else value
        for name, value in then.variables.items()
    }
    return {**asdict(then), "variables": variables}


def _checkMounts(home: str) -> None:
    own, name = os.path.split(home)
    parent = os.open(own, beneath.directory)
    try:
        if isMounted(parent, name) or mountsBelow(os.path.join(os.path.realpath(own), name)):
            raise Failed(because("restore_mounted"))
    finally:
        os.close(parent)


def _checkSpace(place: Place, found: Plan, limit: int) -> None:
    about = os.statvfs(place.directory)
    if about.f_bavail * about.f_frsize < found.size + spareBytes:
        raise Failed(because("copy_too_large"))
    if limit and found.size > limit:
        raise Failed(because("over_limit", limit=limit))


def _makeNew(place: Place) -> str:
    """
    Make the directory of the new tree, which belongs to the game's user.

    @return: its absolute path.
    """
    # Where nobody but us can put something else in the place of what we have made.
    path = os.path.join(place.directory, restoreName)
    os.mkdir(path, 0o700)
    os.chmod(path, passableMode)
    new = os.path.join(path, newName)
    os.mkdir(new, 0o700)
    if place.account is not None:
        os.chown(new, *place.account)
    os.chmod(new, stat.S_IMODE(os.stat(place.home).st_mode))
    return new


def _manifestOf(place: Place, found: Plan, wanted: Restored, keepOthers: bool) -> dict[str, str]:
    """What is installed afterwards; of what is restored that is as the backup has it."""
    install = os.path.join(place.directory, "install")
    before = loadManifest(install)
    kept = {path: made for path, made in before.items() if keepOthers or not wanted.selects(path)}
    if found.manifest and not os.path.lexists(install):
        os.mkdir(install, 0o700)
        if place.account is not None:
            os.chown(install, *place.account)
    return kept | found.manifest if before or found.manifest else {}


def _build(
    tree: Tree,
    manifest: dict[str, str],
    place: Place,
    header: Header,
    files: tuple[IO[bytes], IO[bytes]],
    report: Report,
) -> None:
    """
    Let the other process build the tree.

    @param files: the index, behind its header, and the archive.
    """
    install = os.path.join(place.directory, "install")
    index, archive = files

    def work(pipe: int) -> Mapping[str, Any]:
        places = (tree.home, tree.new, *([install] if os.path.isdir(install) else []))
        place.enter((), places)
        with open(pipe, "rb", chunkBytes) as stream:
            tree.build(stream, Reading(index, header).entries())
            while stream.read(chunkBytes):
                pass
        if manifest:
            with open(createAnew(os.path.join(install, manifestName)), "w") as file:
                # Names that are no UTF-8 are escaped.
                json.dump(manifest, file)
                file.flush()
                os.fsync(file.fileno())
        return {}

    with copier(work, isReader=False) as process:
        reading = Archive(archive, report, step, header.backup.size)
        _send(reading, process)
        process.finish()
        reading.finish(header.archive)


def _send(reading: Archive, process: Copier) -> None:
    # What it has to say of that comes with its end.
    with suppress(BrokenPipeError):
        while data := reading.read():
            process.pipe.write(data)
