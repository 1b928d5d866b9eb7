"""
How a worker becomes the user of a server, whose game may be anything.
"""

import ctypes
import os
from collections.abc import Sequence
from typing import Final

umask: Final = 0o027
"""As games have it, see L{gamepanel.process.launch}."""

_PR_SET_DUMPABLE: Final = 4
_PR_SET_NO_NEW_PRIVS: Final = 38


def become(account: Sequence[int] | None) -> None:
    """
    Be another user from here on, with no way back. All that is imported, and all files that
    only the daemon may open, must be there before. Programs of that user can neither look into
    this process nor stop it.

    @param account: numbers of the user and its group; None to stay who one is.

    @raise OSError: when it can't be done.
    """
    os.umask(umask)
    _control(_PR_SET_NO_NEW_PRIVS, 1)
    if account is None:
        return
    uid, gid = account
    os.setgroups([])
    os.setresgid(gid, gid, gid)
    os.setresuid(uid, uid, uid)
    _control(_PR_SET_DUMPABLE, 0)


def _control(option: int, value: int) -> None:
    if ctypes.CDLL(None, use_errno=True).prctl(option, value, 0, 0, 0):
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
