"""
A part of a mapped file that the kernel can write to without waiting for a disk.

A page that is not in memory is read from the disk at the first access. A process that is killed
while the kernel waits for that within C{readv(2)} has taken some of the bytes from the
pipe and put only some of them here. So the pages are made ready before.
"""

import errno
import mmap
from typing import Final

madvPopulateRead: Final = 22
"""C{MADV_POPULATE_READ} of C{madvise(2)}, since Linux 5.14; Python has no name for it."""

madvPopulateWrite: Final = 23
"""C{MADV_POPULATE_WRITE} of C{madvise(2)}, since Linux 5.14; Python has no name for it."""


def populate(memory: mmap.mmap, start: int, size: int) -> None:
    """
    Make the pages of a part of a mapped file resident and writable.

    @param start: its first byte, counted from the beginning of the mapping.
    @param size: how many bytes it has.

    @raise OSError: when the disk does not let us have them; all is as it was then.
    """
    first = start - start % mmap.PAGESIZE
    try:
        memory.madvise(madvPopulateWrite, first, start + size - first)
    except OSError as error:
        if error.errno != errno.EINVAL:
            raise
        touch(memory, first, start + size)


def load(memory: mmap.mmap, start: int, size: int) -> None:
    """
    Make the pages of a part of a mapped file resident, to be read.

    @param start: its first byte, counted from the beginning of the mapping.
    @param size: how many bytes it has.

    @raise OSError: when the disk does not give them. Whoever reads such a page is killed by a
        SIGBUS.
    """
    first = start - start % mmap.PAGESIZE
    try:
        memory.madvise(madvPopulateRead, first, start + size - first)
    except OSError as error:
        # Kernels before 5.14 can't be asked.
        if error.errno != errno.EINVAL:
            raise


def letGo(memory: mmap.mmap, start: int) -> None:
    """
    Have the pages of a mapped file in memory no more: what was written to them stays in the
    kernel's cache of files until the disk has it.

    @param start: those that begin here or later, counted from the beginning of the mapping.
    """
    first = start + -start % mmap.PAGESIZE
    if first < len(memory):
        memory.madvise(mmap.MADV_DONTNEED, first)


def touch(memory: mmap.mmap, first: int, end: int) -> None:
    """
    Do the same where the kernel is too old to be asked: write to each page what it has.

    @param first: the beginning of a page.
    @param end: behind the last byte.
    """
    for page in range(first, end, mmap.PAGESIZE):
        memory[page] = memory[page]
