"""
Gives up what a process does not need that listens to games.
"""

import ctypes
import os
import resource
from contextlib import suppress
from typing import Final

from gamepanel.servers.configs.child import control

MiB: Final = 1024 * 1024

limits: Final = {
    resource.RLIMIT_AS: 1024 * MiB,
    resource.RLIMIT_NOFILE: 1024,
    resource.RLIMIT_CORE: 0,
    resource.RLIMIT_NPROC: 0,
}
"""What it may use; it starts no other process."""

niceness: Final = 10
"""Games and the daemon come first."""

# Of <linux/prctl.h> and <linux/capability.h>.
_DUMPABLE, _DROP_FROM_BOUNDING, _NO_NEW_PRIVS = 4, 24, 38
_VERSION_3: Final = 0x20080522
_MOST_CAPABILITIES: Final = 64


class _Header(ctypes.Structure):
    _fields_ = [("version", ctypes.c_uint32), ("pid", ctypes.c_int)]


class _Sets(ctypes.Structure):
    _fields_ = [("sets", ctypes.c_uint32 * 6)]


def renounce() -> None:
    """
    Keep the user, and no right beyond what every process of that user has. What a kernel does not
    let us drop stays.
    """
    for limit, most in limits.items():
        with suppress(OSError, ValueError):
            _, hard = resource.getrlimit(limit)
            least = most if hard == resource.RLIM_INFINITY else min(most, hard)
            resource.setrlimit(limit, (least, least))
    with suppress(OSError):
        os.nice(niceness)
    for option, value in ((_NO_NEW_PRIVS, 1), (_DUMPABLE, 0)):
        with suppress(OSError):
            control(option, value)
    _dropCapabilities()


def _dropCapabilities() -> None:
    with suppress(OSError):
        for capability in range(_MOST_CAPABILITIES):
            # Fails behind the last that the kernel knows, and where we have none.
            control(_DROP_FROM_BOUNDING, capability)
    libc = ctypes.CDLL(None, use_errno=True)
    libc.capset(ctypes.byref(_Header(_VERSION_3, 0)), ctypes.byref(_Sets()))
