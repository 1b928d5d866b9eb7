"""
Asking an introspection endpoint over HTTP.
"""

from typing import Any, Final

from attrs import define
from treq.client import HTTPClient
from twisted.internet.defer import CancelledError, Deferred
from twisted.web.client import (
    Agent,
    HTTPConnectionPool,
    RequestTransmissionFailed,
    ResponseFailed,
    ResponseNeverReceived,
)
from twisted.web.http_headers import Headers
from twisted.web.iweb import IResponse

from gamepanel.accounts.introspected import OddAnswer
from gamepanel.accounts.introspection import askSeconds
from gamepanel.wire.http import discard, forTreq, newClient, readBody

maxAnswer: Final = 64 * 1024
"""Size limit of an answer, in bytes."""


_ABOUT_THE_TOKEN: Final = frozenset((400, 404, 413, 422))
"""Statuses that say that this token can't be asked about, not that nothing can."""


class BadEndpoint(Exception):
    """The endpoint says what it must not; the text says what."""


@define
class IntrospectionClient:
    """
    Asks the introspection endpoint about tokens; see L{gamepanel.accounts.introspection.Ask}.

    @ivar http: keeps connections.
    @ivar afresh: makes a new one for each question.
    @ivar url: of the endpoint.
    @ivar headers: of each request; among them what we authenticate ourselves with.
    """

    _http: HTTPClient
    _afresh: HTTPClient
    _url: str
    _headers: Headers

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
        if response.code != 200:
            # The body is discarded: nobody would notice the end of its connection otherwise.
            discard(response)
            kind = OddAnswer if response.code in _ABOUT_THE_TOKEN else BadEndpoint
            raise kind(f"it answers with status {response.code}")
        try:
            return await readBody(response, maxAnswer)
        except ResponseFailed as error:
            raise BadEndpoint("the answer is incomplete") from error

    async def _post(self, http: HTTPClient, token: str) -> IResponse:
        """Ask; the answer's status and headers, with its body yet to come."""
        return await http.post(
            forTreq(self._url),
            data={"token": token},
            headers=self._headers,
            allow_redirects=False,
            unbuffered=True,
        )


def introspectionClient(reactor: Any, url: str, authorization: str | None) -> IntrospectionClient:
    """
    A client that asks over the network. Certificates are checked against those that the
    host trusts.

    @param authorization: what we authenticate ourselves with there, or None.
    """
    headers = Headers({"Accept": ["application/json"]})
    if authorization is not None:
        headers.setRawHeaders("Authorization", [authorization])
    kept, afresh = (
        newClient(Agent(reactor, connectTimeout=askSeconds, pool=HTTPConnectionPool(reactor, keep)))
        for keep in (True, False)
    )
    return IntrospectionClient(kept, afresh, url, headers)
