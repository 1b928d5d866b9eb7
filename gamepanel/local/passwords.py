"""
C{gamepanel reset-password}: lets somebody in again who has lost their password.
"""

import os
import pwd
import time
from collections.abc import Mapping
from contextlib import closing
from sqlite3 import Connection, Error

from attrs import frozen
from msgspec.structs import replace

from gamepanel.accounts import passwords, policy
from gamepanel.accounts.users import (
    firstUsers,
    forgetFirstPassword,
    isLocalAdmin,
    writeFirstPassword,
)
from gamepanel.base.errors import BadRequest
from gamepanel.state import StateTaken, databaseIn, take
from gamepanel.store.audit import AuditRow
from gamepanel.store.database import openFile
from gamepanel.store.migrating import BadStore
from gamepanel.store.users import UserRow, loadUsers, resetUser

action = "reset_password"
"""What the audit trail calls it."""

here = "local"
"""From where it came, in the audit trail: it came by no network."""


class NotReset(Exception):
    """The password could not be reset; the text says why."""


class OtherOwner(NotReset):
    """
    What we would write could not be used by the daemon.

    @ivar owner: the user that it belongs to.
    """

    def __init__(self, state: str, owner: str) -> None:
        super().__init__(f"{state} belongs to the user {owner}, who must do this")
        self.owner = owner


@frozen
class Reset:
    """
    What has been done.

    @ivar password: that was made; None where one was given.
    @ivar file: that it stands in, too, if it does.
    @ivar changes: what else is new, in words.
    """

    password: str | None
    file: str | None
    changes: tuple[str, ...]


def reset(state: str, name: str, password: str | None) -> Reset:
    """
    Give a user another password, and let them in: a disabled one is enabled, and where no
    administrator could log in they become one. A state without any user gets this one.
    Their tokens end.

    @param state: absolute path of the state directory.
    @param password: None to make one.

    @raise NotReset: when it can't be done; nothing has changed then.
    """
    path = databaseIn(state)
    try:
        if not os.path.getsize(path):
            raise NotReset(f"{path} is empty")
        owner = os.stat(path).st_uid
    except OSError as error:
        raise NotReset(f"{path}: {error.strerror}") from error
    if owner != os.geteuid():
        raise OtherOwner(state, _nameOf(owner))
    try:
        lock = take(state)
    except StateTaken:
        raise NotReset(f"a daemon runs on {state}: end it first") from None
    except OSError as error:
        raise NotReset(f"{state}: {error.strerror}") from error
    try:
        with closing(openFile(path)) as connection:
            return _reset(connection, state, name, password)
    except (BadStore, Error) as error:
        raise NotReset(f"{path}: {error}") from error
    except OSError as error:
        raise NotReset(f"{state}: {error.strerror}") from error
    finally:
        os.close(lock)


def _nameOf(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)


def _reset(connection: Connection, state: str, name: str, password: str | None) -> Reset:
    users = {user.name: user for user in loadUsers(connection)}
    old = _find(users, name)
    if password is not None:
        _check(password, name)
    made = None if password is not None else passwords.generate()
    hash = passwords.hashNow(made or password or "")
    new = replace(old or UserRow(name, None), password=hash, disabled=False)
    if not any(isLocalAdmin(user) for user in {**users, name: new}.values()):
        new = replace(new, admin=True)
    # Before the user is stored, as when the first one is made.
    file = _write(state, made) if name in firstUsers else None
    entry = AuditRow(time.time(), None, here, action, None, name, "ok", "done")
    resetUser(connection, new, entry)
    return Reset(made, file, tuple(_changes(old, new)))


def _find(users: Mapping[str, UserRow], name: str) -> UserRow | None:
    """
    The user of this name; None where there is no user at all.

    @raise NotReset: when it can't be this one.
    """
    old = users.get(name)
    if old is not None and old.external:
        raise NotReset(f"{name} comes from elsewhere (--auth url), and has no password here")
    names = sorted(user.name for user in users.values() if not user.external)
    if old is None and names:
        raise NotReset(f"there is no user {name}; there are: {', '.join(names)}")
    return old


def _write(state: str, made: str | None) -> str | None:
    """
    Put a made password where that of the first user stands; one that was given stands nowhere.

    @return: the path.
    """
    if made is not None:
        return writeFirstPassword(state, made)
    forgetFirstPassword(state)
    return None


def _check(password: str, name: str) -> None:
    try:
        policy.check(password, name)
    except BadRequest as error:
        reasons = "; ".join(problem.detail for problem in error.problems)
        raise NotReset(f"the password {reasons}") from error


def _changes(old: UserRow | None, new: UserRow) -> list[str]:
    changes = []
    if old is None:
        changes.append("made")
    elif old.disabled:
        changes.append("enabled")
    if new.admin and not (old and old.admin):
        changes.append("an administrator")
    return changes
