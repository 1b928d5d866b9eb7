"""
The state directory: the lock that makes it one process's alone, the name of its daemon, and
what a start needs to know of its store.
"""

import fcntl
import os
import re
import secrets
import sqlite3
from contextlib import closing, suppress
from typing import Final

from attrs import field, frozen

from gamepanel.accounts.users import makeFirstUser, userToReset
from gamepanel.disk.durable import makeDirectories, sync
from gamepanel.disk.replacing import replaceFile
from gamepanel.service.exitstatus import DataRefused, StartRefused
from gamepanel.store.database import openFile
from gamepanel.store.migrating import BadStore, UnreachableStore
from gamepanel.store.users import loadUsers

_INSTANCE: Final = re.compile(r"[0-9a-f]{32}")


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


def checkFree(state: str) -> None:
    """
    See that nobody works on a state directory. Nothing is made or kept open: it may be taken
    by somebody else right after this, which L{openState} finds.

    @raise StartRefused: when another process has it.
    """
    try:
        lock = os.open(os.path.join(state, "lock"), os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        # There is none yet, or what is wrong with it is told when it is taken.
        return
    try:
        fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError as error:
        raise _taken(state) from error
    finally:
        os.close(lock)


def _taken(state: str) -> StartRefused:
    return StartRefused(f"--state {state}: another gamepanel runs on it")


def instanceOf(state: str) -> str:
    """
    The name of a daemon by its state directory: random, made with it and kept in it. One that
    can't be true is made anew.

    @raise OSError: when it can't be read or made.
    """
    path = os.path.join(state, "instance")
    with suppress(FileNotFoundError, UnicodeDecodeError), open(path, encoding="ascii") as file:
        found = file.read(100).strip()
        if _INSTANCE.fullmatch(found):
            return found
    made = secrets.token_hex(16)
    replaceFile(path, f"{made}\n".encode())
    sync(state)
    return made


@frozen
class StateDirectory:
    """
    A state directory that belongs to this process.

    @ivar path: absolute.
    @ivar lock: the descriptor of its lock, which ends with the process.
    @ivar instance: tells its daemon from others, under whatever address it is reached.
    @ivar firstUser: name and password of the user that has just been made, if one has.
    @ivar lostAdmin: whom to give a new password, when no administrator can log in.
    """

    path: str
    lock: int
    instance: str
    firstUser: tuple[str, str] | None = field(default=None, repr=False)
    lostAdmin: str | None = None

    def release(self) -> None:
        """Let another daemon have it, before this process has ended."""
        fcntl.flock(self.lock, fcntl.LOCK_UN)

    @property
    def database(self) -> str:
        """The file of the store."""
        return databaseIn(self.path)


def openState(path: str, hasPasswords: bool) -> StateDirectory:
    """
    Take the state directory, make what it lacks, and look whether its store can be used.

    @param path: absolute; made where it is missing.
    @param hasPasswords: whether people log in here: then there must be a user who can.

    @raise StartRefused: when it can't be had now.
    @raise DataRefused: when what is stored can't be used.
    """
    try:
        makeDirectories(path, 0o700)
        lock = take(path)
    except OSError as error:
        raise StartRefused(f"--state {path}: {error.strerror}") from error
    except StateTaken:
        raise _taken(path) from None
    try:
        return _opened(path, lock, hasPasswords)
    except BaseException:
        os.close(lock)
        raise


def _opened(path: str, lock: int, hasPasswords: bool) -> StateDirectory:
    database = databaseIn(path)
    try:
        if isLost(database) and hasEntries(os.path.join(path, "servers")):
            raise BadStore("it is missing or empty, but there are servers; restore it")
        connection = openFile(database)
    except UnreachableStore as error:
        raise StartRefused(f"--state {path}: gamepanel.sqlite: {error}") from error
    except BadStore as error:
        raise DataRefused(f"--state {path}: gamepanel.sqlite: {error}") from error
    with closing(connection):
        try:
            instance = instanceOf(path)
        except OSError as error:
            raise StartRefused(f"--state {path}: instance: {error.strerror}") from error
        if not hasPasswords:
            return StateDirectory(path, lock, instance)
        try:
            made = makeFirstUser(connection, path)
        except (OSError, sqlite3.Error) as error:
            reason = getattr(error, "strerror", None) or error
            raise StartRefused(f"--state {path}: the first user can't be made: {reason}") from error
        return StateDirectory(path, lock, instance, made, userToReset(loadUsers(connection)))


def isLost(path: str) -> bool:
    """Whether there is no store, or nothing in it."""
    return not os.path.exists(path) or os.path.getsize(path) == 0


def hasEntries(path: str) -> bool:
    """Whether there is a directory with something in it."""
    return os.path.isdir(path) and bool(os.listdir(path))
