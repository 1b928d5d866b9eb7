"""
What a daemon that has started lets go of.
"""

import ctypes
import gc
import linecache
import mmap
from collections.abc import Iterable, Iterator
from typing import Final

clib: Final = ctypes.CDLL(None)


def begin() -> list[tuple[int, int]]:
    """
    All is imported now; the daemon will be put together. Call it while there is one thread only.

    @return: for L{settle}.
    """
    forgetText()
    # Next to nothing that is made from here on is garbage.
    gc.disable()
    return unwritten()


def settle(libraries: Iterable[tuple[int, int]]) -> None:
    """
    Let collections of garbage look past all that a daemon has when it has started: to look at it
    again and again would keep everybody waiting for some 30 ms each time, and once more is not
    worth it, since next to nothing of it is garbage. Before that, drop what was of use for
    starting only.

    @param libraries: what L{begin} has found.
    """
    forgetText()
    gc.freeze()
    gc.enable()
    giveBackMemory()
    # Where a library has gone, something else may be by now, and code may have been written to.
    still = set(unwritten())
    letGo(part for part in libraries if part in still)


def forgetText() -> None:
    """
    Drop the text of all methods that attrs has made: 1 MB, only to be shown in tracebacks. What is
    made later takes its place.
    """
    linecache.clearcache()


def giveBackMemory() -> None:
    """Let the host have the memory that the C library keeps for later, where it has a way to."""
    trim = getattr(clib, "malloc_trim", None)
    if trim is not None:
        trim(0)


def unwritten() -> list[tuple[int, int]]:
    """
    The parts of this program and its libraries that are in memory as they are in their files. A
    library that another thread is loading would look the same for a moment.

    @return: address and length of each, in bytes; none where the kernel does not tell.
    """
    try:
        # Libraries may be in a directory whose name is not UTF-8.
        with open("/proc/self/smaps", errors="surrogateescape") as maps:
            return list(partsIn(maps))
    except OSError:
        return []


def partsIn(maps: Iterable[str]) -> Iterator[tuple[int, int]]:
    """
    What L{unwritten} returns.

    @param maps: the lines of C{smaps}, see C{proc_pid_smaps(5)}.
    """
    start = length = 0
    for line in maps:
        if line[0].isupper() and not line.startswith(("Anonymous:", "Swap:")):
            # With hundreds of logs there are tens of thousands of lines.
            continue
        match line.split(maxsplit=5):
            case ["Anonymous:", kilobytes, "kB"] if kilobytes != "0":
                # It has been written to when its library was linked.
                length = 0
            case ["Swap:", kilobytes, "kB"]:
                # What has been written to and is swapped out counts here only.
                if length and kilobytes == "0":
                    yield start, length
            case [range, permissions, _, _, _, path] if "-" in range:
                isOfFile = permissions in ("r-xp", "r--p") and path.startswith("/")
                start, end = (int(address, 16) for address in range.split("-"))
                length = end - start if isOfFile else 0
            case [range, *_] if "-" in range:
                length = 0


def letGo(parts: Iterable[tuple[int, int]]) -> None:
    """
    Have no more in memory what is in files, too. Of libraries most is used by the start alone,
    nearly all of that of OpenSSL; what is used again comes from the kernel's cache of files.

    @param parts: address and length of each, in bytes.
    """
    for start, length in parts:
        # What the kernel does not let go stays.
        clib.madvise(ctypes.c_void_p(start), ctypes.c_size_t(length), mmap.MADV_DONTNEED)
