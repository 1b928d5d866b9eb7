"""
What every endpoint does with a request: token, fields, person, and then its own method;
the answer is encoded.
"""

from collections.abc import Callable, Coroutine
from inspect import iscoroutine, iscoroutinefunction
from typing import Any, Final

from twisted.internet.defer import Deferred
from twisted.logger import Logger
from twisted.python.failure import Failure
from twisted.web.iweb import IRequest

from gamepanel.accounts.rights import Person, anonymous
from gamepanel.accounts.tokens import Session
from gamepanel.base.errors import PanelError
from gamepanel.web.endpoint import Access, Call
from gamepanel.web.http.addresses import sourceOf
from gamepanel.web.http.answering import reply
from gamepanel.web.http.reading import (
    fieldsOf,
    messageOf,
    present,
    refuseSecond,
    takeToken,
    tokenInHeader,
)
from gamepanel.wire.endpoints import Endpoint

_log = Logger()

maxRemembered: Final = 256
"""Of a body, in bytes; what a longer one says is found anew each time."""


class Served:
    """
    An endpoint, together with the method that carries it out.

    @ivar endpoint: its declaration.
    @ivar waits: whether it mostly has to wait for something before it can answer.
    """

    def __init__(
        self, access: Access, endpoint: Endpoint, method: Callable[[Call[Any]], Any]
    ) -> None:
        self.endpoint = endpoint
        self.waits = iscoroutinefunction(method)
        self._access = access
        self._needsToken = access.accounts.needsToken and not endpoint.isOpen
        self._method = method

    def answer(self, request: IRequest) -> Any:
        """
        @return: the bytes of the answer, or a Deferred of them.

        @raise PanelError: what the endpoint refuses with.
        """
        session = self._sessionByHeader(request)
        if session is not None and not isinstance(session, Session):
            return self._later(Deferred.fromCoroutine(self._whenKnown(request, session)), request)
        # It may have ended by what has become of its user.
        person = self._person(session)
        message = None if session is None else _said(request)
        if message is None:
            fields, token = self._read(request, session)
            if token is not None:
                found = self._session(request, token)
                if not isinstance(found, Session):
                    known = self._whenKnown(request, found, fields)
                    return self._later(Deferred.fromCoroutine(known), request)
                session, person = found, self._person(found)
            message = self._messageOf(request, fields, person)
        result = self._method(Call(message, person, session, request, self._access))
        if iscoroutine(result):
            result = _begun(result)
        if isinstance(result, Deferred):
            return self._later(result, request)
        return reply(request, result)

    def _sessionByHeader(self, request: IRequest) -> Session | Deferred[Session] | None:
        """Whose token is in the header: found before anything looks at what is in the body."""
        token = tokenInHeader(request) if self._needsToken else None
        return None if token is None else self._session(request, token)

    def _session(self, request: IRequest, token: str) -> Session | Deferred[Session]:
        source = sourceOf(self._access.addresses.address(request))
        return self._access.accounts.session(token, source)

    def _read(
        self, request: IRequest, session: Session | None
    ) -> tuple[dict[str, Any], str | None]:
        """
        @param session: of the token in the header.

        @return: the fields, and the token where it is among them.
        """
        fields = fieldsOf(request, self.endpoint.takes)
        inBody = takeToken(fields, self._needsToken) if request.method == b"POST" else None
        if not self._needsToken:
            return fields, None
        if session is None:
            return fields, present(inBody)
        refuseSecond(inBody)
        return fields, None

    def _messageOf(self, request: IRequest, fields: dict[str, Any], person: Person) -> Any:
        message = messageOf(self.endpoint.takes, fields, person.maySee)
        _remember(request, message)
        return message

    async def _whenKnown(
        self,
        request: IRequest,
        session: Deferred[Session],
        fields: dict[str, Any] | None = None,
    ) -> Any:
        """
        Go on when it is known whose a token is.

        @param fields: None when they have not been read yet.
        """
        known = await session
        person = self._person(known)
        if fields is None:
            fields, _ = self._read(request, known)
        message = self._messageOf(request, fields, person)
        result = self._method(Call(message, person, known, request, self._access))
        return await result if isinstance(result, Deferred) or iscoroutine(result) else result

    def _person(self, session: Session | None) -> Person:
        return anonymous if session is None else self._access.accounts.person(session)

    def _later(self, begun: Deferred[Any], request: IRequest) -> Deferred[object]:
        done: Deferred[object] = begun.addCallback(lambda result: reply(request, result))
        return done if self.endpoint.waits else _shielded(done, request)


def _begun(work: Coroutine[Any, Any, Any]) -> Any:
    """
    Begin some work, which mostly need not wait for anything: without a Deferred of its own then.

    @param work: awaits nothing but Deferreds. What it does before it waits is done in the context
        of the caller (see C{contextvars}).

    @return: its result, or a Deferred of that.
    """
    try:
        work.send(None)
    except StopIteration as done:
        return done.value
    # What a Deferred is asked for that has no result yet is itself, again and again.
    return Deferred.fromCoroutine(work)


def _shielded(done: Deferred[object], request: IRequest) -> Deferred[object]:
    """
    A Deferred that can be cancelled without cancelling the work behind it.

    What an endpoint has answered with is cancelled when the client leaves. What was begun is
    finished all the same; its result then goes nowhere, except for a bug, which must be seen.
    """
    shielded: Deferred[object] = Deferred()

    def settle(result: object) -> None:
        if shielded.called and isinstance(result, Failure) and not result.check(PanelError):
            _log.failure("bug in answering {path}", result, path=request.path)
        shielded.callback(result)

    done.addBoth(settle)
    return shielded


def _remember(request: Any, message: Any) -> None:
    """
    Keep what a request says, if its header may come again, until another with that comes; not a
    body that has the token.
    """
    memo: dict[str, Any] | None = getattr(request, "memo", None)
    if memo is not None and memo.get("token") and len(request.body) <= maxRemembered:
        memo["said"] = request.body, message


def _said(request: Any) -> Any:
    """
    What a request says, if the last one with the same header, and so with the same token, had
    the very same body, and nothing was wrong with that.
    """
    memo: dict[str, Any] | None = getattr(request, "memo", None)
    if memo is None or "said" not in memo:
        return None
    body, message = memo["said"]
    return message if body == request.body else None
