"""
The decorator every endpoint wears: token, right, decoding, encoding.

An endpoint is a method of a Klein class that takes a L{Call} and returns an
answer, or a coroutine of one; what it raises becomes the answer's status.
"""

from collections.abc import Callable, Coroutine, Iterable, Mapping
from inspect import cleandoc, iscoroutine
from typing import Any, Final, Generic, Protocol, TypeVar, cast, get_type_hints

from attrs import Factory, define, field, frozen
from klein import Klein
from klein.resource import KleinResource
from msgspec import Struct
from twisted.internet.defer import Deferred
from twisted.logger import Logger
from twisted.python.failure import Failure
from twisted.web.iweb import IRequest
from werkzeug.exceptions import HTTPException

from gamepanel.accounts.accounts import Accounts
from gamepanel.accounts.audit import Audit
from gamepanel.accounts.rights import Person, anonymous
from gamepanel.accounts.tokens import Session
from gamepanel.errors import (
    AuthMode,
    NotFound,
    PanelError,
    TokenInvalid,
)
from gamepanel.web.answering import broken, refuse, reply
from gamepanel.web.gate import Route
from gamepanel.web.reading import fieldsOf, messageOf, takeToken, tokenOf
from gamepanel.web.senders import Senders, sourceOf

maxBody: Final = 64 * 1024

M = TypeVar("M", bound=Struct)

_log = Logger()


@frozen
class Access:
    """
    Who is let in, and what is written down of it.

    @ivar accounts: the people and their tokens.
    @ivar audit: where it is written down.
    @ivar senders: who tells from where requests come.
    """

    accounts: Accounts
    audit: Audit
    senders: Senders = Factory(Senders)


@frozen
class Call(Generic[M]):
    """
    A request that has been let in.

    @ivar message: what it says.
    @ivar person: who says it.
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
        return self._access.senders.address(self.request)

    @property
    def source(self) -> str:
        """What it counts as where there are limits."""
        return sourceOf(self.address)

    @property
    def isForeign(self) -> bool:
        """Whether its token comes from elsewhere."""
        return self.session is not None and self.session.isForeign

    @property
    def ownSession(self) -> Session:
        """
        The session of its token, for what is about that token.

        @raise AuthMode: where no request has one.
        """
        if self.session is None:
            raise AuthMode()
        return self.session

    def personNow(self) -> Person:
        """
        Who says it, with the rights that they have by now.

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

    def record(self, action: str, error: Exception | None) -> None:
        """Write down that it was carried out, refused, or ended in a bug."""
        server = getattr(self.message, "server", None)
        job = getattr(self.message, "job", None)
        target = getattr(self.message, "username", None if job is None else str(job))
        code = error.code if isinstance(error, PanelError) else PanelError.code
        result = "ok" if error is None else code
        self._access.audit.record(
            self.person.username, self.address, action, server, result, target=target
        )

    def recordAccepted(self, server: str, terms: Iterable[str]) -> None:
        """Write down whose terms were accepted for a server; what was asked for has been done."""
        for address in terms:
            self._access.audit.record(
                self.person.username, self.address, "terms_accept", server, "ok", target=address
            )


class Endpoints(Protocol):
    """
    A class of endpoints.
    """

    @property
    def access(self) -> Access:
        """Who is let in."""


def always(message: Struct) -> bool:
    """For endpoints that change something each time."""
    return True


@frozen
class Endpoint:
    """
    What is known of an endpoint.

    @ivar name: its path without the slash.
    @ivar group: the title of those that it belongs to.
    @ivar route: what the gate knows of it.
    @ivar takes: the type of its requests.
    @ivar answers: the type of its answers, or what an open stream is made of.
    @ivar isOpen: whether it needs no token.
    @ivar raises: what it refuses with, beside what every endpoint does.
    @ivar description: for people.
    @ivar mediaType: of its answers.
    @ivar schema: of its answers (JSON Schema), where they have no type.
    @ivar headers: of requests that it looks at, with what they mean.
    """

    name: str
    group: str
    route: Route
    takes: type[Struct]
    answers: Any
    isOpen: bool
    raises: tuple[type[PanelError], ...]
    description: str
    mediaType: str = "application/json"
    schema: Mapping[str, Any] = {}
    headers: Mapping[str, str] = {}


G = TypeVar("G", bound=Endpoints)
Method = Callable[[G, Call[M]], Any]
RouteMethod = Callable[[G, IRequest], Any]


def endpoint(
    app: Klein,
    name: str,
    takes: type[M],
    *,
    get: bool = False,
    post: bool = True,
    open: bool = False,
    maxBody: int = maxBody,
    cancellable: bool = False,
    audited: Callable[[M], bool] | None = None,
    answers: Any = None,
    raises: tuple[type[PanelError], ...] = (),
    mediaType: str = "application/json",
    schema: Mapping[str, Any] | None = None,
    headers: Mapping[str, str] | None = None,
) -> Callable[[Method[G, M]], RouteMethod[G]]:
    """
    Make a method an endpoint.

    @param name: of the endpoint; its path without the slash.
    @param takes: the type of its requests.
    @param get: whether it answers GET, with the fields in the query.
    @param post: whether it answers POST, with the fields in the body.
    @param open: whether it needs no token.
    @param maxBody: in bytes.
    @param cancellable: whether it is given up when its client leaves; else what
        was begun is finished.
    @param audited: says of a request whether it is written down; None: never.
    @param answers: the type of its answers, where the method's own does not say it.
    @param raises: what it refuses with, beside what every endpoint does.
    @param mediaType: of its answers.
    @param schema: of its answers (JSON Schema), where they have no type.
    @param headers: of requests that it looks at, with what they mean.
    """
    methods = ("GET", "HEAD") * get + ("POST",) * post

    def decorate(method: Method[G, M]) -> RouteMethod[G]:
        def answer(self: G, request: IRequest) -> Any:
            begun: Any = getattr(request, "begun", None)
            if begun is not None:
                return begun
            fields = fieldsOf(request)
            accounts, session = self.access.accounts, None
            isNeeded = not open and accounts.needsToken
            inBody = takeToken(fields, isNeeded) if request.method == b"POST" else None
            if isNeeded:
                source = sourceOf(self.access.senders.address(request))
                session = accounts.session(tokenOf(request, inBody), source)
            if isinstance(session, Deferred):
                later = _afterwards(session, lambda known: perform(self, request, fields, known))
                return _later(later, request, cancellable)
            result = perform(self, request, fields, session)
            if iscoroutine(result):
                return _later(result, request, cancellable)
            return reply(request, result)

        def perform(
            self: G, request: IRequest, fields: dict[str, Any], session: Session | None
        ) -> Any:
            access, person = self.access, anonymous
            if session is not None:
                person = access.accounts.person(session)
            call = Call(messageOf(takes, fields), person, session, request, access)
            if audited is None or not audited(call.message):
                return method(self, call)
            return _recorded(call, name, lambda: method(self, call))

        answer.__name__ = method.__name__
        answer.__doc__ = method.__doc__
        answer.endpoint = Endpoint(  # type: ignore[attr-defined]
            name,
            cast(Any, app).title,
            Route(methods, maxBody),
            takes,
            answers or get_type_hints(method)["return"],
            open,
            raises,
            cleandoc(method.__doc__ or ""),
            mediaType,
            schema or {},
            headers or {},
        )
        app.route(f"/{name}", methods=list(methods))(answer)
        return answer

    return decorate


@define
class Group:
    """
    A Klein app as a resource.

    Most endpoints answer at once. For those the Deferreds that Klein puts
    around each request are half the time it takes, so it is only asked for
    those that have to wait.
    """

    _app: Klein
    _resource: KleinResource = field(init=False)
    _endpoints: dict[bytes, str] = field(init=False)

    def __attrs_post_init__(self) -> None:
        self._resource = self._app.resource()
        self._endpoints = {
            rule.rule.encode(): rule.endpoint for rule in self._app.url_map.iter_rules()
        }

    @property
    def routes(self) -> dict[bytes, Route]:
        """All paths, and what they take."""
        return {b"/" + found.name.encode(): found.route for found in endpointsOf(self._app)}

    def render(self, request: Any) -> Any:
        """See L{twisted.web.resource.IResource}; only for paths in L{routes}."""
        try:
            answer: Any = self._app.execute_endpoint(self._endpoints[request.path], request)
        except PanelError as error:
            return refuse(request, error)
        except Exception:
            return broken(request, Failure(), _log)
        if isinstance(answer, bytes):
            return answer
        # What has begun is what Klein is given when it calls the endpoint again.
        request.begun = answer
        return self._resource.render(request)


async def _afterwards(session: Deferred[Session], perform: Callable[[Session], Any]) -> Any:
    """Do something when it is known whose a token is."""
    result = perform(await session)
    return await result if iscoroutine(result) or isinstance(result, Deferred) else result


def _recorded(call: Call[Any], name: str, perform: Callable[[], Any]) -> Any:
    """Do something and write down how it went, now or later."""
    try:
        result = perform()
    except Exception as error:
        call.record(name, error)
        raise
    if iscoroutine(result):
        return _recordedLater(call, name, result)
    call.record(name, None)
    return result


async def _recordedLater(call: Call[Any], name: str, work: Coroutine[Any, Any, Any]) -> Any:
    try:
        result = await work
    except Exception as error:
        call.record(name, error)
        raise
    call.record(name, None)
    return result


def endpointsOf(app: Klein) -> list[Endpoint]:
    """All endpoints of a Klein app, in the order in which they were made."""
    return [cast(Any, found).__wrapped__.endpoint for found in app.endpoints.values()]


def _later(
    work: Coroutine[Any, Any, Any], request: IRequest, cancellable: bool
) -> Deferred[object]:
    done = Deferred.fromCoroutine(work).addCallback(lambda result: reply(request, result))
    if cancellable:
        return done
    # Klein cancels what it was given when the client leaves. Cancelling this one
    # does not reach the work, so what was begun is finished; its result then goes
    # nowhere, but for a bug, which must be seen.
    shielded: Deferred[object] = Deferred()

    def settle(result: object) -> None:
        if shielded.called and isinstance(result, Failure) and not result.check(PanelError):
            _log.failure("bug in answering {path}", result, path=request.path)
        shielded.callback(result)

    done.addBoth(settle)
    return shielded


def answerErrors(app: Klein) -> None:
    """
    Let a Klein app answer every error as the contract has it. Klein takes the
    first handler that matches, so the order is from particular to general.
    """

    @app.handle_errors(PanelError)
    def refused(self: object, request: IRequest, failure: Failure) -> bytes:
        assert isinstance(failure.value, PanelError)
        return refuse(request, failure.value)

    @app.handle_errors(HTTPException)
    def unrouted(self: object, request: IRequest, failure: Failure) -> bytes:
        # The gate has let only known paths and methods through.
        return refuse(request, NotFound())

    @app.handle_errors(Exception)
    def buggy(self: object, request: IRequest, failure: Failure) -> bytes:
        return broken(request, failure, _log)


def newApp(title: str) -> Klein:
    """
    A Klein app for a group of endpoints.

    @param title: of the group, for people.
    """
    app = Klein()
    cast(Any, app).title = title
    app.url_map.strict_slashes = False
    app.url_map.merge_slashes = False
    answerErrors(app)
    return app
