"""
The log of a server or a job as a mapped file, and the checkpoint beside it.

The standby reader imports this, too (L{gamepanel.console.standby}): so it is plain Python
that brings in nothing large.

All of it waits for the disk: call it in a thread, but when the daemon starts.
"""

import errno
import json
import mmap
import os
from functools import partial
from typing import Final

from gamepanel.console.mapped import letGo, load, populate
from gamepanel.console.ring import DamagedConsole, Ring, headerBytes
from gamepanel.console.times import Times
from gamepanel.console.told import Told
from gamepanel.disk.replacing import replaceFile

ringBytes: Final = 1024 * 1024 + 4096
"""A page more than what shall be kept, see L{Ring.oldest}."""


def consoleFile(directory: str) -> str:
    """The file of the log."""
    return os.path.join(directory, "console")


def checkpointFile(directory: str) -> str:
    """The file that says how the log was when the disk last had all of it."""
    return os.path.join(directory, "checkpoint")


def timesOf(directory: str) -> Times:
    """When what is in its log was read."""
    return Times(os.path.join(directory, "times"))


def toldOf(directory: str) -> Told:
    """Which parts of its log are the daemon's own."""
    return Told(os.path.join(directory, "told"))


def makeConsole(directory: str, base: int) -> None:
    """
    Make an empty log.

    @param base: index of its first byte.
    """
    path = consoleFile(directory)
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        # A hole in the file would be a SIGBUS when the disk is full.
        os.posix_fallocate(descriptor, 0, headerBytes + ringBytes)
        memory = mmap.mmap(descriptor, 0)
        ring = Ring.format(memoryview(memory), base, partial(populate, memory))
        synchronize(directory, ring, isOpen=False)
    finally:
        os.close(descriptor)


def openConsole(directory: str) -> Ring:
    """
    Map a log into memory.

    @raise DamagedConsole: when the file does not hold one.
    @raise OSError: when it can't be opened, or the disk does not give its first page.
    """
    memory = mapConsole(directory)
    ring = Ring(memoryview(memory), partial(populate, memory), timesOf(directory).note)
    return belonging(ring, directory, memory)


def belonging(ring: Ring, directory: str, memory: mmap.mmap) -> Ring:
    """A log that knows which memory it has, and which parts of it are the daemon's own."""
    ring.told, ring.load = toldOf(directory), partial(load, memory)
    return ring


def rest(ring: Ring) -> None:
    """Have no more of a log in memory than its numbers, until it is used again."""
    if isinstance(ring.mapping, mmap.mmap):
        letGo(ring.mapping, headerBytes)


def mapConsole(directory: str) -> mmap.mmap:
    """
    The memory of a log, as its file has it.

    @raise DamagedConsole: when the file is not as large as that of a log.
    @raise OSError: when it can't be opened, or the disk does not give its first page.
    """
    descriptor = os.open(consoleFile(directory), os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW)
    try:
        if os.fstat(descriptor).st_size != headerBytes + ringBytes:
            raise DamagedConsole("it is not as large as a console is")
        memory = mmap.mmap(descriptor, 0)
    finally:
        os.close(descriptor)
    # Where the disk fails, reading the numbers in there would be a SIGBUS.
    populate(memory, 0, headerBytes)
    return memory


def synchronize(directory: str, ring: Ring, isOpen: bool) -> None:
    """
    Let the disk have a log as it is now: its bytes first, and then the checkpoint
    that says so.

    @param isOpen: whether something can be printed after this.

    @raise OSError: when the disk does not take it, or does not give what it should have.
    """
    # Not by mmap.flush: that keeps all threads of the process waiting, too. Nor by reading what
    # is mapped, which would be resident then.
    descriptor = os.open(consoleFile(directory), os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW)
    try:
        header, sums, isOpen = ring.checkpoint(isOpen, partial(_fetch, descriptor))
        os.fdatasync(descriptor)
    finally:
        os.close(descriptor)
    checkpoint = {"header": header, "sums": sums, "isOpen": isOpen}
    replaceFile(checkpointFile(directory), json.dumps(checkpoint, separators=(",", ":")).encode())


def _fetch(descriptor: int, start: int, size: int) -> bytes:
    """What a file has from here on: also what its memory was given just now."""
    data = os.pread(descriptor, size, start)
    if len(data) < size:
        raise OSError(errno.EIO, "the file of a console was cut off")
    return data
