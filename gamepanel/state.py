"""
The state directory, and the lock that makes it one process's alone.
"""

import fcntl
import os


class StateTaken(Exception):
    """Another process works on the state directory."""


def defaultState() -> str:
    """The user's state directory, as the XDG base directory specification has it."""
    base = os.environ.get("XDG_STATE_HOME") or os.path.expanduser("~/.local/state")
    return os.path.join(base, "gamepanel")


def databaseIn(state: str) -> str:
    """The file of the store."""
    return os.path.join(state, "gamepanel.sqlite")


def take(state: str) -> int:
    """
    Take a state directory. It belongs to the open file, so it holds in the process that
    twistd forks when it daemonises, and ends with the last that has it.

    @return: the descriptor of its lock.

    @raise StateTaken: when somebody else has it.
    @raise OSError: when it can't be reached.
    """
    path = os.path.join(state, "lock")
    lock = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        os.close(lock)
        raise StateTaken() from error
    return lock
