"""
Who asks, and may do what: people, the sessions of their access tokens, and their rights.
"""

import re
from collections.abc import Callable, Mapping
from hashlib import blake2b
from math import inf
from typing import Final, Literal, get_args

from attrs import Factory, define
from msgspec import Struct, field

from gamepanel.base.errors import Forbidden, NoSuchServer
from gamepanel.base.hub import Hub
from gamepanel.wire.values import Right

everything: Final[frozenset[Right]] = frozenset(get_args(Right))
"""What whoever creates a server may do on it."""


idleSeconds: Final = 7 * 86400
"""An access token that is not used for so long has expired."""


class Person(Struct, frozen=True):
    """
    Somebody, as far as rights go.

    @ivar username: the name, C{"anonymous"} where nobody logs in.
    @ivar admin: may do all.
    @ivar create: may create servers.
    @ivar servers: rights on each server that is named.
    @ivar subject: who it is at the issuer of the token, which gives a name to others later; None
        where nobody says so.
    @ivar account: number of the account that is stored, which a new one of the same name does not
        have; 0 where there is none.
    """

    username: str
    admin: bool = False
    create: bool = False
    servers: Mapping[str, frozenset[str]] = field(default_factory=dict)
    subject: str | None = None
    account: int = 0

    @property
    def identity(self) -> tuple[str, str | None]:
        """What is the same as long as it is the same person."""
        return self.username, self.subject

    def maySee(self, server: str) -> bool:
        """Whether this server exists for them."""
        return self.admin or bool(self.servers.get(server))

    @property
    def mayCreate(self) -> bool:
        """Whether they may create servers."""
        return self.admin or self.create

    def checkRight(self, server: str, right: Right) -> None:
        """
        @raise NoSuchServer: when they may not even see it, so that they learn nothing.
        @raise Forbidden: when they may see it but not do this.
        """
        if self.admin:
            return
        rights = self.servers.get(server)
        if not rights:
            raise NoSuchServer()
        if right != "view" and right not in rights:
            raise Forbidden()

    def checkAdmin(self) -> None:
        """
        @raise Forbidden: when they are no admin.
        """
        if not self.admin:
            raise Forbidden()

    def checkCreate(self) -> None:
        """
        @raise Forbidden: when they may not create servers.
        """
        if not self.mayCreate:
            raise Forbidden()


def granted(username: str, scope: str, subject: str | None = None) -> Person:
    """
    What the scope of a token from elsewhere grants.

    @param scope: words of which C{gamepanel:admin}, C{gamepanel:create} and
        C{gamepanel:ID:RIGHT} mean something to us (RFC 6749, 3.3).
    @param subject: see L{Person}.
    """
    words = set(scope.split())
    servers: dict[str, frozenset[str]] = {}
    for word in words:
        match = _SCOPE.fullmatch(word)
        if match is not None and match[2] in everything:
            servers[match[1]] = servers.get(match[1], frozenset()) | {match[2]}
    isAdmin, mayCreate = "gamepanel:admin" in words, "gamepanel:create" in words
    return Person(username, isAdmin, mayCreate, servers, subject)


def merged(one: Person, other: Person) -> Person:
    """The first of two, with the rights of both."""
    servers = dict(one.servers)
    for server, rights in other.servers.items():
        servers[server] = servers.get(server, frozenset()) | rights
    isAdmin, mayCreate = one.admin or other.admin, one.create or other.create
    account = one.account or other.account
    return Person(one.username, isAdmin, mayCreate, servers, one.subject, account)


def listed(rights: frozenset[str]) -> list[Right]:
    """Rights in their usual order, C{view} always among them."""
    usual: tuple[Right, ...] = get_args(Right)
    return [right for right in usual if right == "view" or right in rights]


_SCOPE: Final = re.compile(r"gamepanel:([a-z0-9][a-z0-9_-]{0,31}):([a-z]+)")

anonymous: Final = Person("anonymous", admin=True)
"""Whoever asks, where nobody has to log in."""


def digestOf(token: str) -> bytes:
    """What is stored of an access token."""
    return blake2b(token.encode(), digest_size=32, person=b"gamepanel-access").digest()


SessionEvent = Literal["ended", "lapsed", "changed"]
"""
What happens to a token: it is good no more; for now nobody can say whether it is; its
user has other rights now.
"""


@define(eq=False, repr=False)
class Session:
    """
    An access token that is good.

    @ivar digest: of the token.
    @ivar user: whose it is.
    @ivar endsAt: when it ends at the latest, in seconds of a clock that nobody sets.
    @ivar usedAt: when it was used last, by the same clock.
    @ivar idle: for how many seconds it may go unused; without a bound where somebody else vouches
        for it.
    """

    digest: bytes
    user: str
    endsAt: float
    usedAt: float
    idle: float = idleSeconds
    _hub: Hub[SessionEvent] = Factory(Hub)

    @property
    def isForeign(self) -> bool:
        """Whether somebody else vouches for the token."""
        return self.idle == inf

    @property
    def idleEnd(self) -> float:
        """When it ends if it is not used."""
        return min(self.endsAt, self.usedAt + self.idle)

    def isOver(self, uptime: float) -> bool:
        """Whether its time has come, by the clock that it was made by."""
        return uptime >= self.idleEnd

    def watch(self, callback: Callable[[SessionEvent], None]) -> Callable[[], None]:
        """
        @param callback: called with what happens to the token before its time.

        @return: a function that takes it back; harmless when called already.
        """
        return self._hub.listen(callback)

    @property
    def isWatched(self) -> bool:
        """Whether something goes on for as long as the token is good."""
        return bool(self._hub)

    def tell(self, event: SessionEvent) -> None:
        """Tell those who want to know."""
        self._hub.tell(event)
