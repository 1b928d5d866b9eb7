"""
How endpoints are served: the dispatch of a request to its endpoint, what each does with it (token,
fields, person), and what the method is given that carries it out.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Final, Generic, Protocol, TypeVar

from klein import Klein
from klein.resource import KleinResource
from msgspec import Struct, field
from twisted.internet.defer import Deferred
from twisted.python.failure import Failure
from twisted.web.iweb import IRequest

from gamepanel.accounts.accounts import Accounts
from gamepanel.accounts.rights import Person, Session, anonymous
from gamepanel.accounts.tickets import Tickets
from gamepanel.base.errors import (
    BadRequest,
    PanelError,
    ShuttingDown,
    TokenInvalid,
    TokenMissing,
    problem,
)
from gamepanel.operations.actor import Actor, Audit
from gamepanel.web.http.addresses import ClientAddresses, sourceOf
from gamepanel.web.http.admission import Admission, Route, preflight
from gamepanel.web.http.body import fieldsOf, messageOf
from gamepanel.web.http.largebody import LargeBody
from gamepanel.web.http.request import answerLater, failed, once, refuse, reply
from gamepanel.wire.causes import because
from gamepanel.wire.endpoints import Endpoint, endpoints

M = TypeVar("M", bound=Struct)
F = TypeVar("F", bound=Callable[..., Any])

maxRemembered: Final = 256
"""Of a body, in bytes; what a longer one says is found anew each time."""

maxToken: Final = 128
"""Characters of an access token."""

_BEARER: Final = re.compile(r"Bearer +(\S+)", re.IGNORECASE)


class Access(Struct, frozen=True):
    """
    Who is let in, and what is written down of it.

    @ivar accounts: the people and their tokens.
    @ivar audit: where it is written down.
    @ivar addresses: tell from where requests come.
    @ivar tickets: what can be sent in place of a token, for one download each.
    """

    accounts: Accounts
    audit: Audit
    addresses: ClientAddresses = field(default_factory=ClientAddresses)
    tickets: Tickets = field(default_factory=Tickets)


class Call(Struct, Generic[M], frozen=True):
    """
    A request that has been let in.

    @ivar message: what it says.
    @ivar person: the person who says it.
    @ivar session: of the token that came with it; None where none is needed.
    @ivar request: as HTTP has it.
    @ivar token: that came with it; None likewise.
    """

    message: M
    person: Person
    session: Session | None
    request: IRequest
    _access: Access
    token: str | None = None

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
    def upload(self) -> LargeBody:
        """The body, of an endpoint that takes a file."""
        body: LargeBody = getattr(self.request, "upload")  # noqa: B009
        return body

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


Method = Callable[[Call[Any]], Any]
"""Carries out an endpoint."""


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


def methodsOf(groups: Iterable[object]) -> Iterator[tuple[str, Method]]:
    """The methods of some objects that carry out endpoints, with the names of those."""
    for group in groups:
        for method in vars(type(group)).values():
            if hasattr(method, "endpoint"):
                yield method.endpoint, method.__get__(group)
            elif hasattr(method, "operation"):
                yield method.operation, _carryingOut(method.__get__(group))


def _carryingOut(operation: Callable[[Actor, Any], Any]) -> Method:
    return lambda call: operation(call.actor, call.message)


class Served:
    """
    An endpoint, together with the method that carries it out.
    """

    def __init__(self, access: Access, endpoint: Endpoint, method: Method) -> None:
        self._access = access
        self._takes = endpoint.takes
        self._takesFile, self._takesTicket = endpoint.takesFile, endpoint.takesTicket
        self._needsToken = access.accounts.needsToken and not endpoint.isOpen
        self._method = method

    def answer(self, request: IRequest) -> bytes | Deferred[bytes]:
        """
        Carry out a request. Mostly it need not wait for anything, and is done without a Deferred.

        @return: the answer.

        @raise PanelError: what the endpoint refuses with.
        """
        work = self._answer(request)
        try:
            work.send(None)
        except StopIteration as done:
            body: bytes = done.value
            return body
        # What it awaits is a Deferred without a result, which answers the next send likewise.
        return Deferred.fromCoroutine(work)

    async def _answer(self, request: Any) -> bytes:
        # The token in the header is looked at before anything that is in the body.
        token = once(request, "token", _tokenInHeader) if self._needsToken else None
        session = None if token is None else self._session(request, token)
        if isinstance(session, Deferred):
            session = await session
        person = self._person(session)
        message = None if session is None else _said(request)
        if message is None:
            fields = await self._fields(request, session)
            if token is not None and request.upload is not None:
                # A long body takes its time: the token, or a right, may have ended meanwhile, and
                # what the introspection endpoint said of it may be too old.
                found = self._session(request, token)
                session = await found if isinstance(found, Deferred) else found
                person = self._person(session)
            if self._takesTicket and session is not None:
                # Whatever ticket it is.
                _refuseSecond(fields.get("ticket"))
            inBody = self._tokenIn(fields, request.method)
            if session is not None:
                _refuseSecond(inBody)
            elif self._needsToken:
                if inBody is None:
                    raise TokenMissing()
                token = inBody
                found = self._session(request, token)
                session = await found if isinstance(found, Deferred) else found
                person = self._person(session)
            message = messageOf(self._takes, fields, person.maySee)
            _remember(request, message)
        result = self._method(Call(message, person, session, request, self._access, token))
        if hasattr(result, "__await__"):
            result = await result
        body = reply(request, result)
        return body if isinstance(body, bytes) else await body

    async def _fields(self, request: Any, session: Session | None) -> dict[str, Any]:
        """
        What a request says. A body that has not been read is read only for a good token, and a
        file not here.
        """
        if request.upload is not None:
            if self._needsToken and session is None:
                raise TokenMissing()
            if not self._takesFile:
                request.body = await request.upload.whole()
                await request.turn(len(request.body))
        return fieldsOf(request, self._takes, self._takesFile)

    def _tokenIn(self, fields: dict[str, Any], method: bytes) -> str | None:
        """The token in the body of a request, or that which asked for the ticket it has."""
        ticket = fields.get("ticket") if self._takesTicket else None
        if ticket is not None and self._needsToken:
            return self._access.tickets.find(str(ticket)).token
        inBody = method == b"POST" and not self._takesFile
        return _takeToken(fields, self._needsToken) if inBody else None

    def _session(self, request: Any, token: str) -> Session | Deferred[Session]:
        source = sourceOf(self._access.addresses.address(request))
        return self._access.accounts.session(token, source)

    def _person(self, session: Session | None) -> Person:
        """
        The person whose token it is.

        @raise TokenInvalid: when the token has ended by what has become of its user.
        """
        return anonymous if session is None else self._access.accounts.person(session)


def _takeToken(fields: dict[str, Any], isNeeded: bool) -> str | None:
    """
    Take the token out of the fields of a body, if there is one.

    @param isNeeded: whether the request wants a token.

    @raise BadRequest: when it is nothing that a token could be.
    @raise TokenInvalid: when it is too long for one, where one is needed.
    """
    token = fields.pop("accessToken", None)
    if token is not None and not isinstance(token, str):
        raise BadRequest(problems=(problem(("accessToken",), because("not_string")),))
    if token is not None and len(token) > maxToken:
        if isNeeded:
            raise TokenInvalid()
        wrong = problem(("accessToken",), because("too_long", most=maxToken))
        raise BadRequest(problems=(wrong,))
    return token


def _refuseSecond(found: object) -> None:
    """
    See that a request with a token in its header has no other, nor a ticket.

    @raise BadRequest: when it has.
    """
    if found is not None:
        raise BadRequest(because("two_tokens"))


def _tokenInHeader(request: IRequest) -> str | None:
    """
    The token in the header of a request, if there is one.

    @raise BadRequest: when there may be several.
    @raise TokenInvalid: when it is nothing that a token could be.
    """
    headers = request.requestHeaders.getRawHeaders(b"Authorization", [])
    if not headers:
        return None
    if len(headers) > 1:
        raise BadRequest(because("two_authorizations"))
    match = _BEARER.fullmatch(headers[0].decode("latin-1"))
    if match is None:
        raise TokenInvalid(because("not_bearer"))
    return match.group(1)


def _remember(request: Any, message: Any) -> None:
    """
    Keep what a request says, if its header may come again, until another with that comes; not a
    body that has the token.
    """
    if request.memo.get("token") and len(request.body) <= maxRemembered:
        request.memo["said"] = request.body, message


def _said(request: Any) -> Any:
    """
    What a request says, if the last one with the same header, and so with the same token, had
    the very same body, and nothing was wrong with that.
    """
    body, message = request.memo.get("said", (None, None))
    return message if body == request.body else None


class Page(Protocol):
    """The files that people see in a browser."""

    @property
    def routes(self) -> Mapping[bytes, Route]:
        """All paths, and what they take."""

    def render(self, request: Any) -> bytes:
        """The body of an answer; only for paths in C{routes}."""


class Root(KleinResource):
    """
    Dispatches a request to an endpoint or to a file of the page, by path.

    Each endpoint is a route of one Klein app. Its name is looked up here: a path has no parts that
    differ, and Klein's own matching and Deferreds would double what a request costs.

    A request has been admitted by L{gamepanel.web.http.transport} when its header was there.
    """

    def __init__(
        self,
        access: Access,
        groups: Iterable[object],
        names: frozenset[str],
        origins: frozenset[str],
        page: Page | None = None,
        declared: Mapping[str, Endpoint] = endpoints,
    ) -> None:
        """
        @param access: decides who is let in.
        @param groups: all objects whose methods carry out endpoints.
        @param names: see L{Admission}.
        @param origins: see L{Admission}.
        @param page: what people see; None serves the API alone.
        @param declared: the endpoints by name.
        """
        self._klein = Klein()
        super().__init__(self._klein)
        self._isLeaving = False
        self._page = page
        self._endpoints: dict[bytes, Endpoint] = {}
        for name, method in methodsOf(groups):
            endpoint, path = declared[name], f"/{name}"
            served = Served(access, endpoint, method)
            self._klein.route(path, methods=endpoint.methods, endpoint=name)(served.answer)
            self._endpoints[path.encode()] = endpoint
        found = {
            path: Route(each.methods, each.maxBody, takesFile=each.takesFile, isSlow=each.isSlow)
            for path, each in self._endpoints.items()
        }
        if page is not None:
            found |= page.routes
        self.addresses = access.addresses
        self.admission = Admission(found, access.addresses, names, origins)

    def leave(self, event: None = None) -> None:
        """The daemon is about to end: let nobody in any more."""
        self._isLeaving = True

    def render(self, request: IRequest) -> Any:
        if self._isLeaving:
            return self.refuse(request, ShuttingDown(retryAfter=5))
        if self.admission.origins:
            self._allowOrigin(request)
        if request.method == b"OPTIONS":
            request.setResponseCode(204)
            for name, value in ((b"Cache-Control", b"no-store"), *preflight):
                request.setHeader(name, value)
            return b""
        endpoint = self._endpoints.get(request.path)
        if endpoint is None:
            assert self._page is not None
            return self._page.render(request)
        try:
            answer = self._klein.execute_endpoint(endpoint.name, request)
        except Exception:
            return failed(request, Failure())
        if isinstance(answer, Deferred):
            return answerLater(request, answer, endpoint.waits)
        return answer

    def refuse(self, request: IRequest, error: PanelError) -> bytes:
        """Answer a request that was not let in."""
        self._allowOrigin(request)
        return refuse(request, error, self.admission.allow(request.path))

    def _allowOrigin(self, request: IRequest) -> None:
        for name, value in self.admission.corsHeaders(request):
            request.setHeader(name, value)
