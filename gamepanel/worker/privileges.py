"""
How a worker becomes the user of a server, whose game may be anything.
"""

import os
from collections.abc import Sequence
from typing import Final

from gamepanel.process import rights

umask: Final = 0o027
"""As games have it, see L{gamepanel.process.launch}."""


def become(account: Sequence[int] | None) -> None:
    """
    Be another user from here on, with no way back. All that is imported, and all files that
    only the daemon may open, must be there before. Programs of that user can neither look into
    this process nor stop it.

    @param account: numbers of the user and its group; None to stay who one is.

    @raise OSError: when it can't be done.
    """
    os.umask(umask)
    rights.gainNothing()
    if account is not None:
        uid, gid = account
        rights.become(uid, gid)
