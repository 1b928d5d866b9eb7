"""
Who uses the daemon, what each may do, and what they did.
"""

from collections.abc import Mapping

from gamepanel.client.calls.base import Calls
from gamepanel.wire.message import Done, Empty
from gamepanel.wire.people import (
    AuditEntries,
    ChangePassword,
    CreateUser,
    OfUser,
    ReadAudit,
    UpdateUser,
    User,
    UserList,
)
from gamepanel.wire.values import Right


class PeopleCalls(Calls):
    """The methods of people."""

    __slots__ = ()

    async def whoami(self) -> User:
        """Who we are, and what we may do."""
        return await self.connection.call("whoami", Empty(), User)

    async def passwordChange(self, oldPassword: str, password: str) -> Done:
        """Change our own password; all our other sessions end."""
        message = ChangePassword(oldPassword=oldPassword, password=password)
        return await self.connection.call("password_change", message, Done)

    async def userList(self) -> UserList:
        """All users."""
        return await self.connection.call("user_list", Empty(), UserList)

    async def userCreate(
        self,
        username: str,
        *,
        password: str | None = None,
        admin: bool = False,
        create: bool = False,
        external: bool = False,
        servers: Mapping[str, list[Right]] | None = None,
    ) -> User:
        """
        Make a user.

        @param password: for a user who is not external.
        @param servers: rights on each server.
        """
        message = CreateUser(
            username=username,
            password=password,
            admin=admin,
            create=create,
            external=external,
            servers=None if servers is None else dict(servers),
        )
        return await self.connection.call("user_create", message, User)

    async def userUpdate(
        self,
        username: str,
        *,
        password: str | None = None,
        admin: bool | None = None,
        create: bool | None = None,
        disabled: bool | None = None,
        servers: Mapping[str, list[Right]] | None = None,
    ) -> User:
        """
        Change a user; None leaves a thing as it is.

        @param servers: takes the place of the whole map of rights.
        """
        message = UpdateUser(
            username=username,
            password=password,
            admin=admin,
            create=create,
            disabled=disabled,
            servers=None if servers is None else dict(servers),
        )
        return await self.connection.call("user_update", message, User)

    async def userDelete(self, username: str) -> Done:
        """Remove a user."""
        return await self.connection.call("user_delete", OfUser(username=username), Done)

    async def auditLog(self, *, before: int | None = None, limit: int = 100) -> AuditEntries:
        """
        What people did, newest first.

        @param before: only entries with smaller ids.
        """
        message = ReadAudit(before=before, limit=limit)
        return await self.connection.call("audit_log", message, AuditEntries)
