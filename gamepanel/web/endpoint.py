"""
Declaring endpoints, once and in one way: each is a method of a class that has a L{Section}, takes
a L{Call}, and returns an answer; what it raises becomes the answer's status.

The declaration is data. L{gamepanel.web.serving} carries it out, and the OpenAPI document is
made of it.
"""

from collections.abc import Callable, Mapping
from inspect import cleandoc
from typing import Any, Generic, Protocol, TypeVar, get_type_hints

from attrs import Factory, define, frozen
from msgspec import Struct, field
from twisted.web.iweb import IRequest

from gamepanel.accounts.accounts import Accounts
from gamepanel.accounts.audit import Audit
from gamepanel.accounts.rights import Person
from gamepanel.accounts.tokens import Session
from gamepanel.base.errors import PanelError, TokenInvalid
from gamepanel.operations.actor import Actor
from gamepanel.web.bodies import maxBodyOf
from gamepanel.web.http.addresses import ClientAddresses, sourceOf
from gamepanel.web.http.admission import Route

M = TypeVar("M", bound=Struct)
G = TypeVar("G")
R = TypeVar("R")


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


class Endpoint(Struct, frozen=True):
    """
    What is known of an endpoint.

    @ivar name: its path without the slash.
    @ivar group: the title of the section that it belongs to.
    @ivar route: what is checked before a request is read.
    @ivar method: what carries it out, unbound.
    @ivar takes: the type of its requests.
    @ivar answers: the type of its answers, or what an open stream is made of.
    @ivar isOpen: whether it needs no token.
    @ivar isCancellable: whether it is given up when its client leaves; else what was begun is
        finished.
    @ivar raises: what it refuses with, beside what every endpoint does.
    @ivar mediaType: of its answers.
    @ivar schema: of its answers (JSON Schema), where they have no type.
    @ivar headers: of requests that it looks at, with what they mean.
    @ivar failing: the type of its answers with status 503, where that is its own.
    """

    name: str
    group: str
    route: Route
    method: Callable[[Any, Call[Any]], Any]
    takes: type[Struct]
    answers: Any
    isOpen: bool
    isCancellable: bool
    raises: tuple[type[PanelError], ...]
    mediaType: str = "application/json"
    schema: Mapping[str, Any] = {}
    headers: Mapping[str, str] = {}
    failing: type[Struct] | None = None

    @property
    def description(self) -> str:
        """For people."""
        return cleandoc(self.method.__doc__ or "")


@define
class Section:
    """
    The endpoints of one section of the contract, in the order in which they were declared.

    @ivar title: for people.
    """

    title: str
    endpoints: list[Endpoint] = Factory(list)

    def endpoint(
        self,
        name: str,
        takes: type[M],
        *,
        get: bool = False,
        post: bool = True,
        open: bool = False,
        maxBody: int | None = None,
        cancellable: bool = False,
        answers: Any = None,
        raises: tuple[type[PanelError], ...] = (),
        mediaType: str = "application/json",
        schema: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
        failing: type[Struct] | None = None,
    ) -> Callable[[Callable[[G, Call[M]], R]], Callable[[G, Call[M]], R]]:
        """
        Declare a method to be an endpoint; the method stays as it is.

        @param name: of the endpoint; its path without the slash.
        @param takes: the type of its requests.
        @param get: whether it answers GET, with the fields in the query.
        @param post: whether it answers POST, with the fields in the body.
        @param open: whether it needs no token.
        @param maxBody: of its body, in bytes, where L{gamepanel.web.bodies} does not say it.
        @param cancellable: see L{Endpoint.isCancellable}.
        @param answers: the type of its answers, where the method's own does not say it.
        @param raises: what it refuses with, beside what every endpoint does.
        @param mediaType: of its answers.
        @param schema: of its answers (JSON Schema), where they have no type.
        @param headers: of requests that it looks at, with what they mean.
        @param failing: see L{Endpoint.failing}.
        """
        methods = ("GET", "HEAD") * get + ("POST",) * post

        def declare(method: Callable[[G, Call[M]], R]) -> Callable[[G, Call[M]], R]:
            self.endpoints.append(
                Endpoint(
                    name,
                    self.title,
                    Route(methods, maxBodyOf(name) if maxBody is None else maxBody),
                    method,
                    takes,
                    answers or get_type_hints(method)["return"],
                    open,
                    cancellable,
                    raises,
                    mediaType,
                    schema or {},
                    headers or {},
                    failing,
                )
            )
            return method

        return declare


class Endpoints(Protocol):
    """An object whose methods are endpoints."""

    @property
    def section(self) -> Section:
        """The declarations of its endpoints."""

    @property
    def access(self) -> Access:
        """Decides who is let in."""
