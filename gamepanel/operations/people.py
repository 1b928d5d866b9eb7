"""
Looking after users, and reading what people did.
"""

from collections.abc import Collection, Mapping
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from gamepanel.accounts.accounts import Accounts
from gamepanel.accounts.rights import Person
from gamepanel.accounts.users import Users
from gamepanel.base.errors import BadRequest, problem
from gamepanel.operations.actor import Actor, Audit
from gamepanel.store import AuditRow, UserRow
from gamepanel.wire.causes import because

_notExternal: Final = problem(("password",), because("not_external"))

GivenRights = Mapping[str, Collection[str]]
"""Rights on servers, by their ids."""


class People(Struct, frozen=True):
    """
    All of it is for admins only.
    """

    _accounts: Accounts
    _audit: Audit

    def all(self, person: Person) -> list[UserRow]:
        """All users by name."""
        return self._users(person).all()

    async def create(self, actor: Actor, row: UserRow, password: str | None) -> UserRow:
        """
        Create a user.

        @param row: how they shall be; without a hash, rights as they are written.
        @param password: None for a user from elsewhere.

        @raise UserExists: when there is one of this name.
        @raise NoSuchServer: when a right is on a server that there is not.
        @raise BadRequest: when the password is missing, superfluous, or not to the policy.
        """
        with actor.acting("user_create", target=row.name):
            users = self._users(actor.person)
            if (password is None) != row.external:
                wrong = problem(("password",), because("is_missing"))
                raise BadRequest(problems=(_notExternal if row.external else wrong,))
            return await users.create(replace(row, rights=_withView(row.rights)), password)

    async def update(
        self,
        actor: Actor,
        name: str,
        *,
        password: str | None,
        admin: bool | None,
        mayCreate: bool | None,
        disabled: bool | None,
        rights: GivenRights | None,
    ) -> UserRow:
        """
        Change a user; None leaves a thing as it is.

        @raise NoSuchUser: when there is none of this name.
        @raise NoSuchServer: when a right is on a server that there is not.
        @raise LastAdmin: when nobody would be left who may do this.
        @raise BadRequest: when the password is superfluous, or not to the policy.
        """
        with actor.acting("user_update", target=name):
            users = self._users(actor.person)
            row = users.find(name)
            if row is not None and row.external and password is not None:
                raise BadRequest(problems=(_notExternal,))
            return await users.update(
                name,
                password=password,
                admin=admin,
                mayCreate=mayCreate,
                disabled=disabled,
                rights=None if rights is None else _withView(rights),
            )

    async def delete(self, actor: Actor, name: str) -> None:
        """
        Remove a user.

        @raise NoSuchUser: when there is none of this name.
        @raise LastAdmin: when nobody would be left who may do this.
        """
        with actor.acting("user_delete", target=name):
            await self._users(actor.person).delete(name)

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


def _withView(rights: GivenRights) -> dict[str, frozenset[str]]:
    """Rights as they are kept: each includes that to see."""
    return {id: frozenset({"view", *names} if names else ()) for id, names in rights.items()}
