"""
The directory of a job in the state directory::

    task        what the worker is to do
    progress    how far it is, see L{gamepanel.jobs.progress}
    lines       what the console of its server is told, a line each; written by the worker only
    noted       the last of them that was told, see L{gamepanel.jobs.notes}
    outcome     what has come of it, where that is more than progress can hold
    run         by what a later daemon knows its process
    console     what its programs print, while it runs
    log.START   the same when it is over; START is the index of its first byte
    stdin, stdout, keeper, exit.CODE    see L{gamepanel.process.runfiles.RunFiles}

All of it waits for the disk: call it in a thread.
"""

import mmap
import os
import shutil
from collections.abc import Mapping
from contextlib import suppress
from typing import Any, Final

import msgspec
from msgspec import Struct

from gamepanel.console import consolefile
from gamepanel.console.ring import Chunk, DamagedConsole, Ring
from gamepanel.disk.durable import sync
from gamepanel.disk.replacing import replaceFile
from gamepanel.jobs.progress import recordBytes
from gamepanel.process.members import Identity
from gamepanel.process.runfiles import numberBehind
from gamepanel.wire.decoding import undecodable

notedBytes: Final = 24
"""Size of C{noted}; nothing but zeros: nothing was told yet."""


class Run(Struct, frozen=True):
    """
    By what a later daemon knows the process of a job. The standby reader looks at C{boot}
    (L{gamepanel.console.standby.openRuns}).

    @ivar boot: the C{bootId} of the host.
    @ivar shim: the process that runs the worker; None between the decision to start it and
        its being there.
    @ivar isCancelled: whether it is to end, because somebody has asked for that.
    @ivar group: absolute path of its control group, if it has one.
    """

    boot: str
    shim: Identity | None = None
    isCancelled: bool = False
    group: str | None = None


def make(directory: str, kind: str, task: Mapping[str, Any]) -> Ring:
    """
    Make all that a worker needs, anew.

    @return: the log of the job.

    @raise OSError: when there is no space, say.
    """
    with suppress(FileNotFoundError):
        shutil.rmtree(directory)
    os.makedirs(directory, mode=0o700)
    consolefile.makeConsole(directory, 0)
    _write(directory, "progress", bytes(recordBytes))
    _write(directory, "outcome", b"")
    _write(directory, "lines", b"")
    _write(directory, "noted", bytes(notedBytes))
    _write(directory, "task", msgspec.json.encode({**task, "kind": kind}))
    return consolefile.openConsole(directory)


def _write(directory: str, name: str, data: bytes) -> None:
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC
    with open(os.open(os.path.join(directory, name), flags, 0o600), "wb") as file:
        file.write(data)


def saveRun(directory: str, run: Run) -> None:
    """
    Put down by what its process is known, in one step.

    @raise OSError: when there is no space, say.
    """
    replaceFile(os.path.join(directory, "run"), msgspec.json.encode(run), isSynced=False)


def loadRun(directory: str) -> Run | None:
    """By what the process of a job is known; None when that is not known."""
    try:
        with open(os.path.join(directory, "run"), "rb") as file:
            return msgspec.json.decode(file.read(), type=Run)
    except (OSError, *undecodable):
        return None


def openProgress(directory: str) -> mmap.mmap:
    """
    Map the file of its progress, to be read; to be closed.

    @raise OSError: when it is not there, or too small.
    """
    with open(os.path.join(directory, "progress"), "rb") as file:
        try:
            return mmap.mmap(file.fileno(), recordBytes, prot=mmap.PROT_READ)
        except ValueError as error:
            raise OSError("it is not as large as it must be") from error


def openLog(directory: str) -> Ring:
    """
    Map the log of a job that runs.

    @raise OSError: when it can't be opened.
    """
    try:
        return consolefile.openConsole(directory)
    except DamagedConsole as error:
        raise OSError(str(error)) from error


def finish(directory: str, ring: Ring | None) -> None:
    """
    Keep of a job that is over its log only.

    @param ring: the log; None when there is none.
    """
    kept = None
    if ring is not None and ring.position:
        chunk = ring.read(0, consolefile.ringBytes)
        kept = f"log.{chunk.start}"
        with suppress(OSError):
            _write(directory, kept, chunk.data)
            sync(os.path.join(directory, kept))
    with suppress(FileNotFoundError):
        for name in os.listdir(directory):
            if name != kept:
                with suppress(FileNotFoundError):
                    os.unlink(os.path.join(directory, name))


def readLog(directory: str, start: int, limit: int) -> tuple[Chunk, int]:
    """
    Some of the log of a job that is over.

    @param start: the index to begin at; the oldest byte or the end where that is before
        or beyond.
    @param limit: bytes at most.

    @return: it, and the end of the log.
    """
    with suppress(FileNotFoundError):
        for name in os.listdir(directory):
            first = numberBehind("log.", name)
            if first is not None:
                with open(os.path.join(directory, name), "rb") as file:
                    end = first + os.fstat(file.fileno()).st_size
                    begin = min(max(start, first), end)
                    file.seek(begin - first)
                    return Chunk(begin, file.read(limit)), end
    return Chunk(0, b""), 0


def forget(root: str, kept: frozenset[int]) -> None:
    """
    Remove the directories of jobs that are not known any more.

    @param root: where those of all jobs are.
    @param kept: numbers of those that are.
    """
    with suppress(FileNotFoundError):
        for name in os.listdir(root):
            if numberBehind("", name) not in kept:
                shutil.rmtree(os.path.join(root, name), ignore_errors=True)
