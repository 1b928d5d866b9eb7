"""
Tells what is mounted in a directory that others may have filled, name by name. The worker of config
files imports it, too: so it brings in nothing large.
"""

import ctypes
import os
import re
import struct
from typing import Final

_MOUNT: Final = 0x1000
"""
Asks for the mount that a file is on; see C{STATX_MNT_ID} in C{statx(2)}. A process that may see no
C{/proc} can ask that, too.
"""

_AT_EMPTY_PATH: Final = 0x1000

_ANSWER: Final = struct.Struct("=I140xQ104x")
"""Of a C{struct statx}: what is known, and the number of the mount."""


def isMounted(directory: int, name: str) -> bool:
    """
    Whether something is mounted in a place of a directory, by a process that may be confined.

    @raise OSError: when there is nothing, or that can't be known.
    """
    place = os.open(name, os.O_PATH | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=directory)
    try:
        return _mount(place) != _mount(directory)
    finally:
        os.close(place)


def _mount(descriptor: int) -> int:
    """Which mount something is on; a bind mount has the device number of what it shows."""
    found = _asked(descriptor)
    if found is not None:
        return found
    with open(f"/proc/self/fdinfo/{descriptor}") as file:
        read = re.search(r"^mnt_id:\s*(\d+)$", file.read(), re.MULTILINE)
    return -1 if read is None else int(read[1])


def _asked(descriptor: int) -> int | None:
    """As L{_mount}; None where the kernel does not say it so, as before 5.8."""
    ask = getattr(ctypes.CDLL(None), "statx", None)
    answer = ctypes.create_string_buffer(_ANSWER.size)
    if ask is None or ask(descriptor, b"", _AT_EMPTY_PATH, _MOUNT, answer):
        return None
    known, mount = _ANSWER.unpack(answer.raw)
    return int(mount) if known & _MOUNT else None
