"""
Gives up what a process does not need that listens to games.
"""

import ctypes
import os
import resource
from contextlib import suppress
from typing import Final

from gamepanel.process import rights
from gamepanel.process.landlock import confine
from gamepanel.servers.configs.child import imported

MiB: Final = 1024 * 1024

limits: Final = {
    resource.RLIMIT_AS: 1024 * MiB,
    resource.RLIMIT_NOFILE: 1024,
    resource.RLIMIT_CORE: 0,
    resource.RLIMIT_NPROC: 0,
}
"""What it may use; it starts no other process."""

nobody: Final = 65_534
"""The user that owns nothing."""

niceness: Final = 10
"""Games and the daemon come first."""

# Of <linux/prctl.h> and <linux/capability.h>.
_DROP_FROM_BOUNDING: Final = 24
_VERSION_3: Final = 0x20080522
_MOST_CAPABILITIES: Final = 64


class _Header(ctypes.Structure):
    _fields_ = [("version", ctypes.c_uint32), ("pid", ctypes.c_int)]


class _Sets(ctypes.Structure):
    _fields_ = [("sets", ctypes.c_uint32 * 6)]


def renounce() -> None:
    """
    Keep no right beyond what every process of an ordinary user has, and of the disk only what
    Python imports. Root becomes nobody. What a kernel does not let us drop stays.
    """
    for limit, most in limits.items():
        with suppress(OSError, ValueError):
            resource.setrlimit(limit, (rights.allowed(limit, most),) * 2)
    with suppress(OSError):
        os.nice(niceness)
    with suppress(OSError):
        rights.gainNothing()
    with suppress(OSError):
        confine(imported(), (), "")
    with suppress(OSError):
        for capability in range(_MOST_CAPABILITIES):
            # Fails behind the last that the kernel knows, and where we have none.
            rights.control(_DROP_FROM_BOUNDING, capability)
    if os.geteuid() == 0:
        with suppress(OSError):
            _becomeNobody()
    with suppress(OSError):
        rights.hide()
    _dropCapabilities()


def _becomeNobody() -> None:
    os.seteuid(nobody)
    # Somebody may have installed us where only root reads: modules are imported later, too.
    canImport = all(
        os.access(path, os.R_OK, effective_ids=True) for path in (__file__, os.__file__)
    )
    os.seteuid(0)
    if canImport:
        rights.become(nobody, nobody)


def _dropCapabilities() -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    libc.capset(ctypes.byref(_Header(_VERSION_3, 0)), ctypes.byref(_Sets()))
