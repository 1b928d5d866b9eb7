"""
The people who use the daemon: what each may do, and what they did.
"""

from msgspec import Struct

from gamepanel.accounts.rights import Person, listed
from gamepanel.base.errors import (
    AuthMode,
    Busy,
    Forbidden,
    InvalidCredentials,
    LastAdmin,
    NoSpace,
    NoSuchServer,
    NoSuchUser,
    UserExists,
)
from gamepanel.operations.people import People
from gamepanel.operations.sessions import Sessions
from gamepanel.store import AuditRow, UserRow
from gamepanel.web.endpoint import Access, Call, Section
from gamepanel.wire.message import Done, Empty, milliseconds
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


class PeopleEndpoints(Struct, frozen=True):
    """
    Section 5 of the contract.
    """

    section = Section("People")

    access: Access
    people: People
    sessions: Sessions

    @section.endpoint("whoami", Empty)
    def whoami(self, call: Call[Empty]) -> User:
        """Who is asking, and what they may do."""
        return _user(call.person, False, call.isForeign)

    @section.endpoint(
        "password_change",
        ChangePassword,
        raises=(AuthMode, InvalidCredentials, Busy, NoSpace),
    )
    async def passwordChange(self, call: Call[ChangePassword]) -> Done:
        """Give oneself another password; all other tokens of the user end."""
        message = call.message
        await self.sessions.changePassword(
            call.actor, call.session, message.oldPassword, message.password, call.source
        )
        return Done()

    @section.endpoint("user_list", Empty, raises=(AuthMode, Forbidden))
    def userList(self, call: Call[Empty]) -> UserList:
        """All users."""
        return UserList(users=tuple(map(_userOf, self.people.all(call.person))))

    @section.endpoint(
        "user_create",
        CreateUser,
        raises=(AuthMode, Forbidden, UserExists, NoSuchServer, Busy, NoSpace),
    )
    async def userCreate(self, call: Call[CreateUser]) -> User:
        """Make a user."""
        message = call.message
        row = UserRow(
            message.username,
            None,
            message.admin,
            message.create,
            False,
            message.external,
            {id: frozenset(names) for id, names in (message.servers or {}).items()},
        )
        return _userOf(await self.people.create(call.actor, row, message.password))

    @section.endpoint(
        "user_update",
        UpdateUser,
        raises=(AuthMode, Forbidden, NoSuchUser, NoSuchServer, LastAdmin, Busy, NoSpace),
    )
    async def userUpdate(self, call: Call[UpdateUser]) -> User:
        """Change a user; what is absent stays as it is."""
        message = call.message
        row = await self.people.update(
            call.actor,
            message.username,
            password=message.password,
            admin=message.admin,
            mayCreate=message.create,
            disabled=message.disabled,
            rights=message.servers,
        )
        return _userOf(row)

    @section.endpoint(
        "user_delete",
        OfUser,
        raises=(AuthMode, Forbidden, NoSuchUser, LastAdmin, NoSpace),
    )
    async def userDelete(self, call: Call[OfUser]) -> Done:
        """Remove a user."""
        await self.people.delete(call.actor, call.message.username)
        return Done()

    @section.endpoint("audit_log", ReadAudit, raises=(Forbidden,))
    async def auditLog(self, call: Call[ReadAudit]) -> AuditEntries:
        """What people did, newest first."""
        rows = await self.people.audit(call.person, call.message.before, call.message.limit)
        return AuditEntries(entries=tuple(map(_entry, rows)))


def _user(person: Person, disabled: bool, external: bool) -> User:
    return User(
        username=person.username,
        admin=person.admin,
        create=person.create,
        disabled=disabled,
        external=external,
        servers={id: [*listed(rights)] for id, rights in sorted(person.servers.items())},
    )


def _userOf(row: UserRow) -> User:
    person = Person(row.name, row.admin, row.mayCreate, row.rights)
    return _user(person, row.disabled, row.external)


def _entry(row: AuditRow) -> AuditEntry:
    assert row.id is not None
    return AuditEntry(
        id=row.id,
        at=milliseconds(row.at),
        username=row.username,
        address=row.address,
        action=row.action,
        server=row.server,
        target=row.target,
        result=row.result,
    )
