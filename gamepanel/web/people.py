"""
The people who use the daemon: what each may do, and what they did.
"""

from collections.abc import Mapping
from typing import Any

from attrs import frozen

from gamepanel.accounts.rights import Person, listed
from gamepanel.accounts.users import Users
from gamepanel.errors import (
    AuthMode,
    BadRequest,
    Busy,
    Forbidden,
    InvalidCredentials,
    LastAdmin,
    NoSpace,
    NoSuchServer,
    NoSuchUser,
    Problem,
    UserExists,
)
from gamepanel.store import AuditRow, UserRow
from gamepanel.web.endpoint import Access, Call, Section, always
from gamepanel.wire.message import Done, Empty
from gamepanel.wire.people import (
    AuditEntries,
    AuditEntry,
    ChangePassword,
    CreateUser,
    OfUser,
    ReadAudit,
    UpdateUser,
    User,
    UserList,
)
from gamepanel.wire.values import Right


@frozen
class PeopleEndpoints:
    """
    Section 5 of the contract.
    """

    section = Section("People")

    access: Access

    def _admin(self, call: Call[Any]) -> Users:
        """All users, if this is an admin."""
        users = self.access.accounts.users
        _checkAdmin(call.person)
        return users

    @section.endpoint("whoami", Empty)
    def whoami(self, call: Call[Empty]) -> User:
        """Who is asking, and what they may do."""
        return _user(call.person, False, call.isForeign)

    @section.endpoint(
        "password_change",
        ChangePassword,
        audited=always,
        raises=(AuthMode, InvalidCredentials, Busy, NoSpace),
    )
    async def passwordChange(self, call: Call[ChangePassword]) -> Done:
        """Give oneself another password; all other tokens of the user end."""
        message = call.message
        await self.access.accounts.changePassword(
            call.ownSession, message.oldPassword, message.password, call.source
        )
        return Done()

    @section.endpoint("user_list", Empty, raises=(AuthMode, Forbidden))
    def userList(self, call: Call[Empty]) -> UserList:
        """All users."""
        return UserList(users=tuple(map(_userOf, self._admin(call).all())))

    @section.endpoint(
        "user_create",
        CreateUser,
        audited=always,
        raises=(AuthMode, Forbidden, UserExists, NoSuchServer, Busy, NoSpace),
    )
    async def userCreate(self, call: Call[CreateUser]) -> User:
        """Make a user."""
        users, message = self._admin(call), call.message
        if (message.password is None) != message.external:
            wrong = "is not for external users" if message.external else "is missing"
            raise BadRequest(problems=(Problem(("password",), wrong),))
        row = UserRow(
            message.username,
            None,
            message.admin,
            message.create,
            False,
            message.external,
            _rights(message.servers or {}),
        )
        return _userOf(await users.create(row, message.password))

    @section.endpoint(
        "user_update",
        UpdateUser,
        audited=always,
        raises=(AuthMode, Forbidden, NoSuchUser, NoSuchServer, LastAdmin, Busy, NoSpace),
    )
    async def userUpdate(self, call: Call[UpdateUser]) -> User:
        """Change a user; what is absent stays as it is."""
        users, message = self._admin(call), call.message
        row = users.find(message.username)
        if row is not None and row.external and message.password is not None:
            raise BadRequest(problems=(Problem(("password",), "is not for external users"),))
        row = await users.update(
            message.username,
            password=message.password,
            admin=message.admin,
            mayCreate=message.create,
            disabled=message.disabled,
            rights=None if message.servers is None else _rights(message.servers),
        )
        return _userOf(row)

    @section.endpoint(
        "user_delete",
        OfUser,
        audited=always,
        raises=(AuthMode, Forbidden, NoSuchUser, LastAdmin, NoSpace),
    )
    async def userDelete(self, call: Call[OfUser]) -> Done:
        """Remove a user."""
        await self._admin(call).delete(call.message.username)
        return Done()

    @section.endpoint("audit_log", ReadAudit, raises=(Forbidden,))
    async def auditLog(self, call: Call[ReadAudit]) -> AuditEntries:
        """What people did, newest first."""
        _checkAdmin(call.person)
        rows = await self.access.audit.read(call.message.before, call.message.limit)
        return AuditEntries(entries=tuple(map(_entry, rows)))


def _checkAdmin(person: Person) -> None:
    if not person.admin:
        raise Forbidden()


def _rights(servers: Mapping[str, list[Right]]) -> dict[str, frozenset[str]]:
    """Rights as they are kept: each includes that to see."""
    return {id: frozenset({"view", *names} if names else ()) for id, names in servers.items()}


def _user(person: Person, disabled: bool, external: bool) -> User:
    return User(
        username=person.username,
        admin=person.admin,
        create=person.create,
        disabled=disabled,
        external=external,
        servers={id: listed(rights) for id, rights in sorted(person.servers.items())},
    )


def _userOf(row: UserRow) -> User:
    person = Person(row.name, row.admin, row.mayCreate, row.rights)
    return _user(person, row.disabled, row.external)


def _entry(row: AuditRow) -> AuditEntry:
    assert row.id is not None
    return AuditEntry(
        id=row.id,
        at=row.at,
        username=row.username,
        address=row.address,
        action=row.action,
        server=row.server,
        target=row.target,
        result=row.result,
    )
