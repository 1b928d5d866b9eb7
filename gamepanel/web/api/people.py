"""
The people who use the daemon: what each may do, and what they did.
"""

from msgspec import Struct
from msgspec.structs import asdict

from gamepanel.accounts.rights import Person, listed
from gamepanel.accounts.users import personOf
from gamepanel.operations.people import People
from gamepanel.operations.sessions import Sessions
from gamepanel.store.audit import AuditRow
from gamepanel.store.users import UserRow
from gamepanel.web.api.endpoint import Call, serves
from gamepanel.wire.message import Done, Empty, milliseconds
from gamepanel.wire.people import (
    AuditEntries,
    AuditEntry,
    ChangePassword,
    CreateUser,
    ReadAudit,
    UpdateUser,
    User,
    UserList,
)


class PeopleEndpoints(Struct, frozen=True):
    """
    Section 5 of the contract.
    """

    people: People
    sessions: Sessions

    @serves("whoami")
    def whoami(self, call: Call[Empty]) -> User:
        return _user(call.person, False, call.isForeign)

    @serves("password_change")
    async def passwordChange(self, call: Call[ChangePassword]) -> Done:
        message = call.message
        await self.sessions.changePassword(
            call.actor, call.session, message.oldPassword, message.password, call.source
        )
        return Done()

    @serves("user_list")
    def userList(self, call: Call[Empty]) -> UserList:
        return UserList(users=tuple(map(_userOf, self.people.all(call.person))))

    @serves("user_create")
    async def userCreate(self, call: Call[CreateUser]) -> User:
        return _userOf(await self.people.create(call.actor, call.message))

    @serves("user_update")
    async def userUpdate(self, call: Call[UpdateUser]) -> User:
        return _userOf(await self.people.update(call.actor, call.message))

    @serves("audit_log")
    async def auditLog(self, call: Call[ReadAudit]) -> AuditEntries:
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
    return _user(personOf(row), row.disabled, row.external)


def _entry(row: AuditRow) -> AuditEntry:
    known = asdict(row)
    del known["kind"]
    return AuditEntry(**known | {"at": milliseconds(row.at)})
