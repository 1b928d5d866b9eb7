"""
What a method that carries out an endpoint is given: the request that has been let in, and by whom.
"""

from collections.abc import Callable
from typing import Any, Generic, TypeVar

from attrs import frozen
from msgspec import Struct, field
from twisted.web.iweb import IRequest

from gamepanel.accounts.accounts import Accounts
from gamepanel.accounts.audit import Audit
from gamepanel.accounts.rights import Person
from gamepanel.accounts.tokens import Session
from gamepanel.base.errors import TokenInvalid
from gamepanel.operations.actor import Actor
from gamepanel.web.http.addresses import ClientAddresses, sourceOf

M = TypeVar("M", bound=Struct)
F = TypeVar("F", bound=Callable[..., Any])


class Access(Struct, frozen=True):
    """
    Who is let in, and what is written down of it.

    @ivar accounts: the people and their tokens.
    @ivar audit: where it is written down.
    @ivar addresses: tell from where requests come.
    """

    accounts: Accounts
    audit: Audit
    addresses: ClientAddresses = field(default_factory=ClientAddresses)


@frozen
class Call(Generic[M]):
    """
    A request that has been let in.

    @ivar message: what it says.
    @ivar person: the person who says it.
    @ivar session: of the token that came with it; None where none is needed.
    @ivar request: as HTTP has it.
    """

    message: M
    person: Person
    session: Session | None
    request: IRequest
    _access: Access

    @property
    def address(self) -> str:
        """From where it comes."""
        return self._access.addresses.address(self.request)

    @property
    def source(self) -> str:
        """What it counts as where there are limits."""
        return sourceOf(self.address)

    @property
    def actor(self) -> Actor:
        """The person as one who acts."""
        return Actor(self.person, self.address, self._access.audit)

    @property
    def isForeign(self) -> bool:
        """Whether its token comes from elsewhere."""
        return self.session is not None and self.session.isForeign

    def personNow(self) -> Person:
        """
        The person who asks, with the rights that they have by now.

        @raise TokenInvalid: when the token has ended.
        """
        if self.session is None:
            return self.person
        return self._access.accounts.person(self.session)

    def maySee(self, server: str) -> bool:
        """Whether this server may be seen with its token by now."""
        try:
            return self.personNow().maySee(server)
        except TokenInvalid:
            return False


def serves(name: str) -> Callable[[F], F]:
    """
    Mark a method as the one that carries out an endpoint; otherwise it stays as it is.

    @param name: of the endpoint, see L{gamepanel.wire.endpoints}. The method takes a L{Call} of the
        message and returns the answer, or a Deferred or coroutine of it; it raises what the
        endpoint refuses.
    """

    def mark(method: F) -> F:
        method.__dict__["endpoint"] = name
        return method

    return mark
