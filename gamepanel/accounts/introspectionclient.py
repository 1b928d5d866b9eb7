"""
Asking an introspection endpoint over HTTP.
"""

from typing import Any, Final, cast
from urllib.parse import urlencode

from attrs import define
from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.interfaces import ITransport
from twisted.internet.protocol import Protocol, connectionDone
from twisted.python.failure import Failure
from twisted.web.client import (
    Agent,
    HTTPConnectionPool,
    RequestTransmissionFailed,
    ResponseDone,
    ResponseNeverReceived,
)

from gamepanel.accounts.introspected import OddAnswer
from gamepanel.accounts.introspection import askSeconds
from gamepanel.wire.sending import AgentClient
from gamepanel.wire.urls import forTreq

maxAnswer: Final = 64 * 1024
"""More than this, in bytes, is no answer."""


_ABOUT_THE_TOKEN: Final = frozenset((400, 404, 413, 422))
"""Statuses that say that this token can't be asked about, not that nothing can."""


class BadEndpoint(Exception):
    """The endpoint says what it must not; the text says what."""


class _Body(Protocol):
    """Gathers a body, but not more than it may have."""

    def __init__(self, most: int) -> None:
        self._most = most
        self.done: Deferred[bytes] = Deferred(lambda _: self._abort())
        self._parts = bytearray()

    def _abort(self) -> None:
        cast(ITransport, self.transport).loseConnection()

    def dataReceived(self, data: bytes) -> None:
        """Some of it."""
        if len(self._parts) + len(data) <= self._most:
            self._parts += data
        else:
            self._abort()

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """That was all."""
        if self.done.called:
            return
        if reason.check(ResponseDone):
            self.done.callback(bytes(self._parts))
        else:
            self.done.errback(BadEndpoint("the answer is too long or incomplete"))


@define
class IntrospectionClient:
    """
    Asks the introspection endpoint about tokens; see L{gamepanel.accounts.introspection.Ask}.

    @ivar http: keeps connections.
    @ivar afresh: makes a new one for each question.
    @ivar url: of the endpoint.
    @ivar authorization: what we authenticate ourselves with there, or None.
    """

    _http: AgentClient
    _afresh: AgentClient
    _url: str
    _authorization: str | None

    def __call__(self, token: str) -> Deferred[bytes]:
        """What the endpoint says of a token."""
        return Deferred.fromCoroutine(self._ask(token))

    async def _ask(self, token: str) -> bytes:
        try:
            response = await self._post(self._http, token)
        except (ResponseNeverReceived, RequestTransmissionFailed) as error:
            if any(reason.check(CancelledError) for reason in error.reasons):
                raise
            # The endpoint may just have closed a connection that was kept. The agent repeats no
            # POST by itself, but to ask this twice changes nothing.
            response = await self._post(self._afresh, token)
        body = _Body(maxAnswer if response.code == 200 else 0)
        response.deliverBody(body)
        if response.code != 200:
            # Taken and thrown away: nobody would notice the end of its connection otherwise.
            body.done.addErrback(lambda failure: failure.trap(BadEndpoint, CancelledError) and None)
            body.done.cancel()
            kind = OddAnswer if response.code in _ABOUT_THE_TOKEN else BadEndpoint
            raise kind(f"it answers with status {response.code}")
        return await body.done

    async def _post(self, http: AgentClient, token: str) -> Any:
        """Ask; the answer's status and headers, with its body yet to come."""
        headers = {
            "Accept": "application/json",
            "Accept-Encoding": "identity",
            "Content-Type": "application/x-www-form-urlencoded",
        }
        if self._authorization is not None:
            headers["Authorization"] = self._authorization
        body = urlencode({"token": token}).encode("ascii")
        return await http.request("POST", forTreq(self._url), headers=headers, data=body)


def _client(reactor: Any, persistent: bool) -> AgentClient:
    pool = HTTPConnectionPool(reactor, persistent=persistent)
    return AgentClient(Agent(reactor, connectTimeout=askSeconds, pool=pool))


def introspectionClient(reactor: Any, url: str, authorization: str | None) -> IntrospectionClient:
    """
    A client that asks over the network. Certificates are checked against those that the
    host trusts.
    """
    return IntrospectionClient(
        _client(reactor, persistent=True), _client(reactor, persistent=False), url, authorization
    )
