"""
What treq lacks: no cookies, bodies of a bounded size, URLs with IPv6 addresses.
"""

from collections.abc import Callable
from http.cookiejar import DefaultCookiePolicy
from typing import cast

from hyperlink import URL
from treq.client import HTTPClient
from treq.cookies import IndexableCookieJar
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import ITransport
from twisted.internet.protocol import Protocol, connectionDone
from twisted.python.failure import Failure
from twisted.web.client import ResponseDone
from twisted.web.http import PotentialDataLoss
from twisted.web.iweb import IAgent, IResponse


class TooLong(Exception):
    """A body is larger than its limit; the connection has been closed."""


class _Literal(URL):
    """
    A URL whose host is an IPv6 address.

    A URL is turned into ASCII before a request is sent; hyperlink then takes such
    an address for a name, and finds that no name may have colons.
    """

    def to_uri(self) -> URL:
        """Nothing of it needs to be turned."""
        return self


def forTreq(url: str) -> URL:
    """
    @param url: in ASCII when its host is an IPv6 address, such as C{http://[::1]:8080/}.

    @raise ValueError: when it is none.
    """
    parsed = URL.from_text(url)
    return _Literal.from_text(url) if ":" in parsed.host else parsed


def newClient(agent: IAgent) -> HTTPClient:
    """
    A treq client without cookies: treq would keep and return all that it is sent.
    """
    return HTTPClient(agent, IndexableCookieJar(DefaultCookiePolicy(allowed_domains=())))


class Body(Protocol):
    """
    Reader of a body, which hands it on as it comes. Unlike treq's, it closes the connection when
    it is cancelled.

    @ivar done: fires when the body is complete, or fails: with C{ResponseFailed}, or with what
        C{take} has raised.
    """

    def __init__(self, take: Callable[[bytes], object]) -> None:
        self.done: Deferred[None] = Deferred(lambda _: self.close())
        self._take = take

    def close(self) -> None:
        """Close the connection."""
        cast(ITransport, self.transport).loseConnection()

    def dataReceived(self, data: bytes) -> None:
        """A chunk has arrived."""
        if self.done.called:
            return
        try:
            self._take(data)
        except Exception:
            self.done.errback()
            self.close()

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """The body is complete, or its connection lost."""
        if self.done.called:
            return
        if reason.check(ResponseDone):
            self.done.callback(None)
        else:
            self.done.errback(reason)


def discard(response: IResponse) -> None:
    """Close the connection of a response whose body is not wanted."""
    readBody(response, 0).addErrback(lambda _: None).cancel()


def readBody(response: IResponse, limit: int) -> Deferred[bytes]:
    """
    Read the body of a response.

    @param limit: size limit in bytes.

    @return: fires with the body, or fails with L{TooLong} or C{ResponseFailed}; cancelling it
        closes the connection.
    """
    found = bytearray()

    def take(data: bytes) -> None:
        if len(found) + len(data) > limit:
            raise TooLong(f"the answer has more than {limit} bytes")
        found.extend(data)

    def ended(failure: Failure) -> None:
        # So ends a body without a length.
        failure.trap(PotentialDataLoss)

    body = Body(take)
    response.deliverBody(body)
    return body.done.addErrback(ended).addCallback(lambda _: bytes(found))
