"""
Logging in and out.
"""

from msgspec import Struct

from gamepanel.accounts.accounts import Accounts
from gamepanel.accounts.rights import Session
from gamepanel.base.errors import AuthMode, InvalidCredentials, TooManyRequests
from gamepanel.operations.actor import Actor, Audit
from gamepanel.wire.authentication import Login


class Sessions(Struct, frozen=True):
    """
    How people get tokens, lose them, and change what they get them for.
    """

    _accounts: Accounts
    _audit: Audit

    async def login(self, given: Login, address: str, source: str) -> tuple[str, float]:
        """
        Get an access token; see L{Accounts.login}.

        @param address: where the client is, as the audit trail has it.
        @param source: what the address counts as where there are limits.
        """
        # Not written down: it costs nothing, and would push out what does.
        self._accounts.admit(source)
        username = given.username
        try:
            found = await self._accounts.login(
                username, given.password, given.token, given.proofOfWork, source
            )
        except (InvalidCredentials, TooManyRequests) as error:
            self._record(username, address, error.code)
            raise
        self._record(username, address, "ok")
        return found

    def _record(self, username: str, address: str, result: str) -> None:
        # A name that nobody has may be a password, typed in the wrong place.
        name = username if self._accounts.isUser(username) else None
        self._audit.record(name, address, "login", None, result, unauthenticated=result != "ok")

    async def logout(self, actor: Actor, session: Session | None) -> None:
        """
        End a session.

        @raise AuthMode: where there are none.
        """
        with actor.acting("logout"):
            await self._accounts.logout(self._own(session))

    async def changePassword(
        self, actor: Actor, session: Session | None, old: str, new: str, source: str
    ) -> None:
        """
        Give oneself another password; all other sessions end.

        @param source: what the client's address counts as where there are limits.

        @raise AuthMode: where there are no passwords.
        @raise InvalidCredentials: when the old one is wrong.
        @raise BadRequest: when the new one is not to the policy.
        """
        with actor.acting("password_change"):
            await self._accounts.changePassword(self._own(session), old, new, source)

    def _own(self, session: Session | None) -> Session:
        if session is None:
            raise AuthMode()
        return session
