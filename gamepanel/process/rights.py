"""
How a process gives up rights, with no way back: see C{prctl(2)}, C{setrlimit(2)} and
C{setresuid(2)}.

Processes that begin for a moment import this, too: so it is plain Python that brings in nothing
large.
"""

import ctypes
import os
import resource
import signal
from typing import Final

# Of <linux/prctl.h>.
_deathSignal: Final = 1
_dumpable: Final = 4
_noNewPrivs: Final = 38

_prctl = ctypes.CDLL(None, use_errno=True).prctl
_prctl.argtypes = [ctypes.c_int, *([ctypes.c_ulong] * 4)]


def control(option: int, value: int) -> None:
    """
    See C{prctl(2)}.

    @raise OSError: when the kernel refuses.
    """
    if _prctl(option, value, 0, 0, 0) != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))


def dieWith(parent: int) -> None:
    """
    End when our parent ends.

    @param parent: its number, in case it has ended already.
    """
    control(_deathSignal, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)


def gainNothing() -> None:
    """Gain no right by what is executed (no new privileges). Raises C{OSError} as L{control}."""
    control(_noNewPrivs, 1)


def hide() -> None:
    """
    Let no process of our user trace this one, or use what it has open. Another user makes it
    visible again. Raises C{OSError} as L{control}.
    """
    control(_dumpable, 0)


def become(uid: int, gid: int, name: str | None = None) -> None:
    """
    Be another user from here on, hidden from others of that user.

    @param name: whose further groups it gets; None: none.

    @raise OSError: when it can't be done.
    """
    if name is None:
        os.setgroups([])
    else:
        os.initgroups(name, gid)
    os.setresgid(gid, gid, gid)
    os.setresuid(uid, uid, uid)
    hide()


def allowed(limit: int, most: int) -> int:
    """
    What a limit of this process can be at most.

    @param limit: such as C{RLIMIT_AS}.
    @param most: what is wanted; less, where less is allowed to us.
    """
    _, hard = resource.getrlimit(limit)
    return most if hard == resource.RLIM_INFINITY else min(most, hard)
