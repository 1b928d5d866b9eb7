"""
The users of this daemon, and what each may do.
"""

import os
from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from sqlite3 import Connection
from typing import Any, Final, Literal

from msgspec import Struct
from msgspec.structs import replace
from twisted.internet.defer import DeferredLock

from gamepanel.accounts import passwords, policy
from gamepanel.accounts.passwords import Passwords
from gamepanel.accounts.rights import Person, Session, everything
from gamepanel.base.errors import (
    Forbidden,
    InvalidCredentials,
    LastAdmin,
    NoSpace,
    NoSuchServer,
    NoSuchUser,
    UserExists,
)
from gamepanel.base.hub import Hub
from gamepanel.disk.durable import sync
from gamepanel.store.users import UserRow, UserTables, addUser, loadUsers
from gamepanel.wire.causes import because

firstUsers: Final = ("admin", "admin-here")
"""The user that the first start makes; the other where somebody from elsewhere has the name."""

Change = Literal["ended", "changed"]
"""What has become of a user: their tokens are good no more; their rights are others."""


class UserChanged(Struct, frozen=True):
    """
    A user is another now.

    @ivar name: of the user.
    @ivar change: what has become of them.
    @ivar keep: the session that this does not concern, if there is one.
    """

    name: str
    change: Change
    keep: Session | None = None


RightsByServer = Mapping[str, frozenset[str]]


class Users:
    """
    All users. Changes come one after the other, are stored first and hold then at once.
    """

    def __init__(
        self,
        store: UserTables,
        hashing: Passwords,
        state: str,
        external: bool,
        exists: Callable[[str], bool],
    ) -> None:
        """
        @param state: directory in which the first user's password may stand.
        @param external: whether users come from elsewhere.
        @param exists: whether there is a server of this id.
        """
        self._store = store
        self._hashing = hashing
        self._state = state
        self._external = external
        self._exists = exists
        self._rows: dict[str, UserRow] = {}
        self._people: dict[str, Person] = {}
        self._changing = DeferredLock()
        self._hub: Hub[UserChanged] = Hub()

    def load(self, connection: Connection) -> None:
        """Take up what is stored, before anything else happens."""
        for row in loadUsers(connection):
            self._put(row)

    def whenChanged(self, callback: Callable[[UserChanged], None]) -> None:
        """
        @param callback: called with each change, once it is stored.
        """
        self._hub.listen(callback)

    def _put(self, row: UserRow) -> None:
        self._rows[row.name] = row
        self._people[row.name] = personOf(row)

    def find(self, name: str) -> UserRow | None:
        """A user as stored, if there is one of this name."""
        return self._rows.get(name)

    def person(self, name: str) -> Person | None:
        """A user as far as rights go, if there is one of this name."""
        return self._people.get(name)

    def account(self, number: int) -> Person | None:
        """
        What an account may do by what is stored of it, whoever has its name by now: nothing where
        it could not log in.

        @return: None when it is gone.
        """
        row = next((row for row in self._rows.values() if row.number == number), None)
        if row is None or (row.external == self._external and not row.disabled):
            return None if row is None else self._people[row.name]
        return Person(row.name, account=number)

    def all(self) -> list[UserRow]:
        """All users by name."""
        return [row for _, row in sorted(self._rows.items())]

    async def create(self, row: UserRow, password: str | None) -> UserRow:
        """
        Make a user.

        @param row: how they shall be; without a hash.
        @param password: None for a user from elsewhere.

        @raise UserExists: when there is one of this name.
        @raise NoSuchServer: when a right is on a server that there is not.
        @raise BadRequest: when the password is not to the policy.
        """
        async with self._changing:
            if row.name in self._rows:
                raise UserExists()
            self._checkServers(row.rights)
            row = replace(row, password=await self._hash(row.name, password))
            number = await self._store.putUser(row, rightsToo=True)
            row = self._withoutGone(replace(row, number=number))
            self._put(row)
        return row

    async def update(
        self,
        name: str,
        *,
        password: str | None = None,
        admin: bool | None = None,
        mayCreate: bool | None = None,
        disabled: bool | None = None,
        rights: RightsByServer | None = None,
        verified: str | None = None,
        keep: Session | None = None,
    ) -> UserRow:
        """
        Change a user; None leaves a thing as it is.

        @param verified: the hash of the old password, as far as the caller knows.
        @param keep: a session of the user that does not end with the old password.

        @raise NoSuchUser: when there is none of this name.
        @raise NoSuchServer: when a right is on a server that there is not.
        @raise LastAdmin: when nobody would be left who may do this.
        @raise BadRequest: when the password is not to the policy.
        @raise InvalidCredentials: when the user has another password by now.
        """
        async with self._changing:
            old = self._row(name)
            if verified is not None and (old.password != verified or old.disabled):
                raise InvalidCredentials()
            self._checkServers({} if rights is None else rights)
            given: dict[str, Any] = {
                "admin": admin,
                "mayCreate": mayCreate,
                "disabled": disabled,
                "rights": rights,
                "password": await self._hash(name, password),
            }
            changes = {field: value for field, value in given.items() if value is not None}
            self._checkAdmins(name, replace(old, **changes))
            ends = password is not None or disabled is True
            but = b"" if keep is None else keep.digest
            new = await self._change(name, changes, rights is not None, ends, but)
        if password is not None:
            self._forgetFirstPassword(new)
        self._hub.tell(UserChanged(name, "ended" if ends else "changed", keep))
        return new

    async def delete(self, name: str) -> None:
        """
        Remove a user.

        @raise NoSuchUser: when there is none of this name.
        @raise LastAdmin: when nobody would be left who may do this.
        """
        async with self._changing:
            row = self._row(name)
            self._checkAdmins(name, None)
            await self._store.removeUser(name)
            del self._rows[name]
            del self._people[name]
        self._forgetFirstPassword(row)
        self._hub.tell(UserChanged(name, "ended"))

    async def setHash(self, name: str, old: str, password: str) -> None:
        """
        Store another hash of the same password, which ends nothing.

        @param old: the hash that the password was right for; if the user has another by
            now, nothing happens.
        """
        hash = await self._hashing.hash(password)
        async with self._changing:
            row = self._rows.get(name)
            if row is not None and row.password == old:
                await self._change(name, {"password": hash})

    async def _change(
        self,
        name: str,
        changes: Mapping[str, Any],
        rightsToo: bool = False,
        ended: bool = False,
        but: bytes = b"",
    ) -> UserRow:
        """Store a change, and let it hold; see L{UserTables.putUser}."""
        # A server may have been made or removed since these were given, and may be meanwhile.
        row = replace(self._row(name), **changes)
        await self._store.putUser(row, rightsToo=rightsToo, ended=ended, but=but)
        row = self._withoutGone(replace(self._row(name), **changes))
        self._put(row)
        return row

    async def _hash(self, name: str, password: str | None) -> str | None:
        if password is None:
            return None
        policy.check(password, name)
        return await self._hashing.hash(password)

    def _row(self, name: str) -> UserRow:
        row = self._rows.get(name)
        if row is None:
            raise NoSuchUser()
        return row

    def _checkServers(self, rights: RightsByServer) -> None:
        if not all(map(self._exists, rights)):
            raise NoSuchServer()

    def _withoutGone(self, row: UserRow) -> UserRow:
        # What was destroyed while the change was being stored: the store has
        # dropped these rights by itself.
        return replace(
            row, rights={id: r for id, r in row.rights.items() if r and self._exists(id)}
        )

    def _checkAdmins(self, name: str, row: UserRow | None) -> None:
        """See that the change leaves an admin, of each kind that counts."""
        after = {**self._rows, name: row}
        for external in {False, self._external}:
            before = any(_isAdmin(old, external) for old in self._rows.values())
            if before and not any(_isAdmin(new, external) for new in after.values()):
                raise LastAdmin()

    async def owner(self, person: Person) -> str | None:
        """
        Who shall get the rights on a new server. Somebody from elsewhere gets a record
        for them, if there is none yet.

        @return: None where nobody needs them, as an admin does not.

        @raise Forbidden: when somebody from elsewhere has the name of another user, who must not
            get the rights.
        """
        name = person.username
        row = self._rows.get(name)
        if not self._external or (row is not None and isRecordOf(row, person)):
            return name
        if person.admin:
            return None
        if row is not None:
            raise Forbidden(because("name_taken_here"))
        with suppress(UserExists):
            await self.create(UserRow(name, None, external=True, subject=person.subject), None)
        return name

    async def bind(self, person: Person) -> None:
        """
        Let the record of somebody's name be theirs, if it is nobody's yet; on a full disk it stays
        so.
        """
        row = self._rows.get(person.username)
        if row is None or not row.external or row.subject or not person.subject:
            return
        async with self._changing:
            row = self._rows.get(person.username)
            if row is not None and row.external and row.subject is None:
                with suppress(NoSpace):
                    await self._change(row.name, {"subject": person.subject})

    def created(self, name: str, server: str) -> None:
        """Whoever has created a server has every right on it."""
        row = self._rows.get(name)
        if row is not None:
            self._put(replace(row, rights={**row.rights, server: everything}))

    def destroyed(self, server: str) -> None:
        """Nobody has a right on a server that is gone."""
        for row in list(self._rows.values()):
            if server in row.rights:
                rights = {id: names for id, names in row.rights.items() if id != server}
                self._put(replace(row, rights=rights))

    def _forgetFirstPassword(self, row: UserRow) -> None:
        if row.name in firstUsers and not row.external:
            # It says nothing any more, should it have to stay.
            forgetFirstPassword(self._state)


def personOf(row: UserRow) -> Person:
    """A user, as far as stored rights go."""
    return Person(row.name, row.admin, row.mayCreate, row.rights, account=row.number)


def isRecordOf(row: UserRow, person: Person) -> bool:
    """Whether a record is that of somebody from elsewhere, not of who had their name before."""
    return row.external and row.subject in (None, person.subject)


def _isAdmin(row: UserRow | None, external: bool) -> bool:
    """Whether this is an admin who can come in."""
    return row is not None and row.admin and not row.disabled and row.external == external


def isLocalAdmin(row: UserRow) -> bool:
    """Whether this is an admin who can log in with a password."""
    return _isAdmin(row, external=False)


def userToReset(rows: Collection[UserRow]) -> str | None:
    """
    When no admin can log in with a password: the user whom to make one again.

    @return: None when one can.
    """
    local = sorted((row for row in rows if not row.external), key=lambda row: row.name)
    if any(map(isLocalAdmin, local)):
        return None
    # Best somebody who was one.
    names = [row.name for row in sorted(local, key=lambda row: not row.admin)]
    return names[0] if names else firstUsers[0]


def forgetFirstPassword(state: str) -> None:
    """Remove the file that the first user's password stands in."""
    with suppress(OSError):
        os.unlink(_passwordFile(state))


def writeFirstPassword(state: str, password: str) -> str:
    """
    Put the first user's password in its file.

    @return: the path.

    @raise OSError: when there is no space, say.
    """
    path = _passwordFile(state)
    with suppress(FileNotFoundError):
        os.unlink(path)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    with open(descriptor, "w") as file:
        os.chmod(descriptor, 0o600)
        file.write(password + "\n")
        file.flush()
        os.fsync(descriptor)
    sync(state)
    return path


def _passwordFile(state: str) -> str:
    return os.path.join(state, "admin-password")


def makeFirstUser(connection: Connection, state: str) -> tuple[str, str] | None:
    """
    When there is nobody who could log in, make a user with all rights.

    The password is also written to C{admin-password} in the state directory,
    before the user is stored: a crash in between leaves a file that is written
    anew, not a user whose password nobody knows.

    @return: name and password, or None if there are users already.

    @raise OSError: when there is no space, say.
    """
    users = loadUsers(connection)
    if any(not user.external for user in users):
        return None
    taken = {user.name for user in users}
    name = next((name for name in firstUsers if name not in taken), firstUsers[-1])
    password = passwords.generate()
    writeFirstPassword(state, password)
    addUser(connection, UserRow(name, passwords.hashNow(password), admin=True))
    return name, password
