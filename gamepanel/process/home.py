"""
The directories of a server that belong to its game, and whom they belong to.
"""

import os
from contextlib import suppress
from typing import Final

from gamepanel.base.errors import SpawnFailed, shortage
from gamepanel.disk import confined
from gamepanel.process.launch import Account
from gamepanel.wire.causes import because

passableMode: Final = 0o711
"""Of directories that others than us must be able to pass, where a game is another user's."""


def homeIn(directory: str) -> str:
    """The directory that belongs to the game."""
    return os.path.join(directory, "files")


def installIn(directory: str) -> str:
    """The directory beside that, in which it is installed."""
    return os.path.join(directory, "install")


def stagingIn(directory: str) -> str:
    """The directory beside that, in which people's files are until they are put into it."""
    return os.path.join(directory, "staging")


def prepare(directory: str, account: Account | None) -> None:
    """
    See to it that a game finds the directory that belongs to it, and can be run by its account. A
    game that runs as the daemon's own user may have removed it, or put something else in its place.
    It is not made here: who has only moved it away would find an empty world.

    @raise SpawnFailed: when it can't be used.
    """
    home = homeIn(directory)
    try:
        os.close(os.open(home, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC))
    except OSError as error:
        cause = because("files_not_opened", error=error.strerror)
        raise shortage(error) or SpawnFailed(cause) from error
    if account is not None:
        give(directory, account)


def give(directory: str, account: Account) -> None:
    """
    See to it that a game can be run by an account: what is in its directory belongs to it,
    and it can get there.

    @raise SpawnFailed: when it can't be done.
    """
    home = homeIn(directory)
    try:
        os.chmod(directory, passableMode)
        if os.lstat(home).st_uid != account.uid:
            confined.handOver(home, account)
    except OSError as error:
        cause = because("files_not_given", user=str(account), error=error.strerror)
        raise shortage(error) or SpawnFailed(cause) from error


def takeBack(directory: str) -> None:
    """
    Let what is kept of a server that is no more belong to us; its game had a user id that another
    game may get.
    """
    for name in ("stdin", "stdout"):
        with suppress(FileNotFoundError):
            os.unlink(os.path.join(directory, name))
    for theirs in (homeIn(directory), installIn(directory), stagingIn(directory)):
        with suppress(FileNotFoundError):
            if os.lstat(theirs).st_uid != os.geteuid():
                confined.handOver(theirs, Account(os.geteuid(), os.getegid(), None))
