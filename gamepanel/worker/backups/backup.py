"""
Makes a backup: one process reads as the server's user, this one compresses and hashes what comes
and writes it into the store.
"""

import os
import signal
from collections.abc import Mapping
from typing import Annotated, Any, Final

import msgspec
from msgspec import Meta, Struct
from msgspec.structs import replace

from gamepanel.backups.directorystore import DirectoryStore, Mark
from gamepanel.backups.exchange import copiesName
from gamepanel.backups.index import Hashing, manifestLines
from gamepanel.backups.store import StoreUnavailable, Writing
from gamepanel.backups.values import Header
from gamepanel.disk import confined
from gamepanel.disk.pathtext import restored
from gamepanel.jobs.progress import Progress
from gamepanel.jobs.report import Failed, Report
from gamepanel.wire.causes import because
from gamepanel.worker.backups.copier import Copier, Frames, Place, copier, frames, yieldToGames
from gamepanel.worker.backups.reading import Reader, tapeStream
from gamepanel.worker.moving import loadManifest
from gamepanel.worker.unpack.zstd import zstd

step: Final = because("step_backing_up")

spareBytes: Final = 16 * 1024 * 1024
"""Of the store's disk that stay free."""

lookBytes: Final = 64 * 1024 * 1024
"""After so much was written it is looked again how much space the disk has."""

level: Final = 3
"""Of the compression."""


def storeOf(given: Any) -> DirectoryStore:
    """
    The store that a task names.

    @raise Failed: when the store can't be used.
    """
    store = DirectoryStore(restored(given["path"]), msgspec.convert(given["mark"], Mark))
    try:
        store.check()
    except StoreUnavailable as error:
        raise Failed(error.cause) from error
    return store


def endWhenAsked() -> None:
    """From here on the job can be cancelled: what has been begun is undone."""

    def end(number: int, frame: object) -> None:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        raise SystemExit(1)

    signal.signal(signal.SIGTERM, end)


def backup(task: Mapping[str, Any], report: Report) -> dict[str, Any]:
    """
    @param task: C{store}, C{place} (L{Place}), the C{header} as far as it is known, C{name} of the
        backup in the store, C{runs} (whether the game does), C{left} (bytes that may be taken, or
        None) of C{limit}.

    @return: number of the backup.

    @raise Failed: when the backup can't be made; nothing is left of it then.
    """
    yieldToGames()
    store, place = storeOf(task["store"]), Place.of(task["place"])
    header = msgspec.convert(task["header"], Header)
    report.progress(Progress.doing(step))
    place.prepare()
    copies = _copiesIn(place) if task["runs"] else None

    def read(pipe: int) -> Mapping[str, Any]:
        if copies is None:
            isConfined = place.enter((place.home,), ())
        else:
            # SQLite needs that: of a database with a write-ahead log even readers write.
            isConfined = place.enter((), (place.home, copies))
        reader = Reader(place.home, header.selection, Frames(pipe), copies, isConfined)
        reader.read()
        return reader.result()

    endWhenAsked()
    try:
        with copier(read, isReader=True) as process, store.write(task["name"]) as writing:
            made = _write(process, writing, header, task, report)
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
            writing.commit(made)
    finally:
        if copies is not None:
            confined.discard(copies)
    return {"backup": made.backup.backup}


def _copiesIn(place: Place) -> str:
    """
    Make the directory for copies of databases, beside the server's.

    @return: its absolute path.
    """
    path = os.path.join(place.directory, copiesName)
    confined.discard(path)
    os.mkdir(path, 0o700)
    if place.account is not None:
        os.chown(path, *place.account)
    return path


def _write(
    process: Copier, writing: Writing, header: Header, task: Mapping[str, Any], report: Report
) -> Header:
    """
    Write what the reading process sends.

    @return: the header of the index.
    """
    archive, entries = Hashing(writing.archive), Hashing(writing.entries)
    install = os.path.join(Place.of(task["place"]).directory, "install")
    done = lookAt = 0
    with _compressed(archive) as tape, _compressed(entries) as lines:
        for line in manifestLines(loadManifest(install)):
            lines.write(line)
        for stream, data in frames(process.pipe):
            (tape if stream == tapeStream else lines).write(data)
            done += len(data) if stream == tapeStream else 0
            written = _written(archive, entries, task)
            if written >= lookAt:
                space = writing.left - spareBytes
                if space <= 0:
                    raise Failed(because("store_full"))
                lookAt = written + min(lookBytes, space)
            report.progress(Progress.doing(step, done))
    found = msgspec.convert(process.finish(), _Read)
    about = replace(
        header.backup,
        size=_written(archive, entries, task),
        # Files of holes may seem to have any size.
        total=min(found.total, 2**53 - 1),
        files=found.files,
        complete=found.complete,
        changed=found.changed,
    )
    return replace(header, backup=about, archive=archive.digest(), entries=entries.digest())


def _written(archive: Hashing, entries: Hashing, task: Mapping[str, Any]) -> int:
    """
    Number of bytes that were written.

    @raise Failed: when they are more than the backup may have.
    """
    written = archive.size + entries.size
    if task["left"] is not None and written > task["left"]:
        raise Failed(because("backup_over_limit", limit=task["limit"]))
    return written


class _Read(Struct, frozen=True):
    """What the reader says has come of it."""

    changed: tuple[str, ...]
    complete: bool
    files: Annotated[int, Meta(ge=0)]
    total: Annotated[int, Meta(ge=0)]


def _compressed(hashing: Hashing) -> Any:
    """A file that compresses what is written to it, in threads where the library has those."""
    parameters = zstd.CompressionParameter
    _, most = parameters.nb_workers.bounds()
    options: Any = {
        parameters.compression_level: level,
        parameters.nb_workers: min(most, len(os.sched_getaffinity(0))),
    }
    file: Any = hashing
    return zstd.ZstdFile(file, "w", options=options)
