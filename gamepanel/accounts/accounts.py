"""
One object for all that depends on how people authenticate: with no token at all, with
passwords of this daemon, or with tokens from elsewhere.

L{Accounts} is the common ground and refuses what a mode may lack; L{NoAccounts} is the mode
C{noauth}, L{gamepanel.accounts.logins.Logins} the mode C{password}, and
L{gamepanel.accounts.introspection.Introspection} the mode C{url}.
"""

from abc import abstractmethod
from sqlite3 import Connection
from typing import Any, ClassVar

from twisted.internet.defer import Deferred

from gamepanel.accounts.rights import Person, Session, anonymous
from gamepanel.accounts.users import UserChanged, Users
from gamepanel.base.errors import AuthMode
from gamepanel.wire.values import AuthMethod


class Accounts:
    """
    The people who use the daemon and their tokens.

    What a mode does not have raises L{AuthMode}.

    @cvar mode: how people authenticate.
    @cvar needsToken: whether a request must have a token.
    """

    mode: ClassVar[AuthMethod]
    needsToken: ClassVar[bool] = True

    def __init__(self, users: Users | None = None) -> None:
        """
        @param users: those who are stored by this daemon; None where there are none.
        """
        self._stored = users
        if users is not None:
            users.whenChanged(self._changed)

    def load(self, connection: Connection) -> None:
        """Take up what is stored, before anything else happens."""
        if self._stored is not None:
            self._stored.load(connection)

    def _changed(self, user: UserChanged) -> None:
        """A user has changed."""

    async def end(self) -> None:
        """Store what is not stored yet, and end what is under way."""

    @abstractmethod
    def session(self, token: str, address: str) -> Session | Deferred[Any]:
        """
        The session of a token, at once or later.

        @param address: of the client that shows it.

        @raise TokenInvalid: when it is not good.
        @raise AuthUnavailable: when nobody can say so now.
        @raise Busy: when too much is being asked.
        """

    @abstractmethod
    def person(self, session: Session) -> Person:
        """
        Whose session it is, with the rights they have now.

        @raise TokenInvalid: when the session has ended.
        """

    async def logout(self, session: Session) -> None:
        """End a session."""
        raise AuthMode()

    def ticket(self, address: str) -> tuple[str, int]:
        """
        @param address: of the client that asks.

        @return: a token for one login, and the difficulty of its proofs in bits.

        @raise TooManyRequests: when this address has asked too often.
        """
        raise AuthMode()

    def admit(self, address: str) -> None:
        """
        @raise TooManyRequests: when this address has tried to log in too often.
        """
        raise AuthMode()

    async def login(
        self, username: str, password: str, token: str, proofs: list[int], address: str
    ) -> tuple[str, float]:
        """
        Log in with a password.

        @param address: of the client that asks.

        @return: an access token, and after how many seconds without use it ends.
        """
        raise AuthMode()

    async def changePassword(
        self, session: Session, oldPassword: str, password: str, address: str
    ) -> None:
        """
        Give a user another password, which ends all their sessions but this one.

        @param address: of the client that asks.
        """
        raise AuthMode()

    def isUser(self, name: str) -> bool:
        """Whether a user of this name is stored here."""
        return self._stored is not None and self._stored.find(name) is not None

    @property
    def users(self) -> Users:
        """All users that are stored here."""
        if self._stored is None:
            raise AuthMode()
        return self._stored

    def rightsOf(self, name: str) -> Person | None:
        """
        The rights that somebody has now who once asked for something.

        @return: None when only their token could tell.
        """
        row, known = self.users.find(name), self.users.person(name)
        return Person(name) if row is None or row.disabled else known

    async def owner(self, person: Person) -> str | None:
        """
        The user who gets the rights on a new server; None when nobody needs them.

        @raise Forbidden: when the rights would come to somebody else of the same name.
        """
        return None if self._stored is None else await self._stored.owner(person)

    def created(self, owner: str | None, server: str) -> None:
        """
        A server has been created.

        @param owner: the user with every right on it, see L{owner}.
        """
        if owner is not None:
            self.users.created(owner, server)

    def destroyed(self, server: str) -> None:
        """A server is gone, and so are all rights on it."""
        if self._stored is not None:
            self._stored.destroyed(server)


class NoAccounts(Accounts):
    """
    The mode C{noauth}: no request needs a token, and every client may do everything.
    """

    mode = "noauth"
    needsToken = False

    def session(self, token: str, address: str) -> Session:
        """There are no sessions."""
        raise AuthMode()

    def person(self, session: Session) -> Person:
        """Everybody is the same person."""
        return anonymous

    def rightsOf(self, name: str) -> Person:
        return anonymous


def accountOf(accounts: Accounts, number: int) -> Person | None:
    """
    What an account may do now, by its number and what is stored of it; None when it is gone.
    Where nobody logs in it is everybody's.
    """
    return accounts.users.account(number) if accounts.needsToken else anonymous
