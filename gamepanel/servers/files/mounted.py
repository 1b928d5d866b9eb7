"""
Tells what is mounted in a directory that others may have filled, name by name. The worker of config
files imports it, too: so it brings in nothing large.
"""

import errno
import os
import re
import struct
from typing import Final

_OPENAT2: Final = 437
"""A number that all machines have in common. Source: C{openat2(2)}."""

_RESOLVE_NO_XDEV: Final = 1


def isMounted(directory: int, name: str) -> bool:
    """
    Whether something is mounted in a place of a directory, by a process that may be confined.

    @raise OSError: when there is nothing, or that can't be known.
    """
    place = os.open(name, os.O_PATH | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=directory)
    try:
        return _mount(place) != _mount(directory)
    except PermissionError:
        # It is confined. A kernel that can do that knows this call; not all others do.
        return _leadsAway(directory, name)
    finally:
        os.close(place)


def _mount(descriptor: int) -> str:
    """Which mount something is on; a bind mount has the device number of what it shows."""
    with open(f"/proc/self/fdinfo/{descriptor}") as file:
        found = re.search(r"^mnt_id:\s*(\d+)$", file.read(), re.MULTILINE)
    return "" if found is None else found[1]


def _leadsAway(directory: int, name: str) -> bool:
    # What is confined has imported it already.
    import ctypes

    how = struct.pack("=QQQ", os.O_PATH | os.O_NOFOLLOW | os.O_CLOEXEC, 0, _RESOLVE_NO_XDEV)
    call = ctypes.CDLL(None, use_errno=True).syscall
    found = call(_OPENAT2, directory, os.fsencode(name), how, ctypes.c_size_t(len(how)))
    if found >= 0:
        os.close(found)
        return False
    if (code := ctypes.get_errno()) == errno.EXDEV:
        return True
    raise OSError(code, os.strerror(code))
