"""
Looking after users, and reading what people did.
"""

from typing import Final

from msgspec import Struct

from gamepanel.accounts.accounts import Accounts
from gamepanel.accounts.rights import Person
from gamepanel.accounts.users import Users
from gamepanel.base.errors import BadRequest, problem
from gamepanel.operations.actor import Actor, Audit, carriesOut
from gamepanel.store.audit import AuditRow
from gamepanel.store.users import UserRow
from gamepanel.wire.causes import because
from gamepanel.wire.message import Done
from gamepanel.wire.people import CreateUser, OfUser, Rights, UpdateUser

_notExternal: Final = problem(("password",), because("not_external"))


class People(Struct, frozen=True):
    """
    All of it is for admins only.
    """

    _accounts: Accounts
    _audit: Audit

    def all(self, person: Person) -> list[UserRow]:
        """All users by name."""
        return self._users(person).all()

    async def create(self, actor: Actor, wanted: CreateUser) -> UserRow:
        """
        Create a user.

        @raise UserExists: when there is one of this name.
        @raise NoSuchServer: when a right is on a server that there is not.
        @raise BadRequest: when the password is missing, superfluous, or not to the policy.
        """
        with actor.acting("user_create", target=wanted.username):
            users = self._users(actor.person)
            if (wanted.password is None) != wanted.external:
                wrong = problem(("password",), because("is_missing"))
                raise BadRequest(problems=(_notExternal if wanted.external else wrong,))
            row = UserRow(
                wanted.username,
                None,
                wanted.admin,
                wanted.create,
                external=wanted.external,
                rights=_withView(wanted.servers or {}),
            )
            return await users.create(row, wanted.password)

    async def update(self, actor: Actor, wanted: UpdateUser) -> UserRow:
        """
        Change a user; None leaves a thing as it is.

        @raise NoSuchUser: when there is none of this name.
        @raise NoSuchServer: when a right is on a server that there is not.
        @raise LastAdmin: when nobody would be left who may do this.
        @raise BadRequest: when the password is superfluous, or not to the policy.
        """
        with actor.acting("user_update", target=wanted.username):
            users = self._users(actor.person)
            row = users.find(wanted.username)
            if row is not None and row.external and wanted.password is not None:
                raise BadRequest(problems=(_notExternal,))
            return await users.update(
                wanted.username,
                password=wanted.password,
                admin=wanted.admin,
                mayCreate=wanted.create,
                disabled=wanted.disabled,
                rights=None if wanted.servers is None else _withView(wanted.servers),
            )

    @carriesOut("user_delete")
    async def delete(self, actor: Actor, wanted: OfUser) -> Done:
        """
        Remove a user.

        @raise NoSuchUser: when there is none of this name.
        @raise LastAdmin: when nobody would be left who may do this.
        """
        with actor.acting("user_delete", target=wanted.username):
            await self._users(actor.person).delete(wanted.username)
        return Done()

    async def audit(self, person: Person, before: int | None, limit: int) -> list[AuditRow]:
        """
        What people did, newest first.

        @param before: only with smaller ids than this.
        """
        person.checkAdmin()
        return await self._audit.read(before, limit)

    def _users(self, person: Person) -> Users:
        """
        @raise AuthMode: where there are no users.
        """
        users = self._accounts.users
        person.checkAdmin()
        return users


def _withView(rights: Rights) -> dict[str, frozenset[str]]:
    """Rights as they are kept: each includes that to see."""
    return {id: frozenset({"view", *names} if names else ()) for id, names in rights.items()}
