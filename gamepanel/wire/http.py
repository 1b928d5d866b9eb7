"""
What treq lacks: no cookies, bodies of a bounded size, URLs with IPv6 addresses.
"""

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


class _Body(Protocol):
    """
    Reader of a body. Unlike treq's, it closes the connection when it is cancelled.
    """

    def __init__(self, limit: int) -> None:
        self.done: Deferred[bytes] = Deferred(lambda _: self._close())
        self._limit = limit
        self._data = bytearray()

    def _close(self) -> None:
        cast(ITransport, self.transport).loseConnection()

    def dataReceived(self, data: bytes) -> None:
        """A chunk has arrived."""
        if len(self._data) <= self._limit:
            self._data += data
        if len(self._data) > self._limit:
            self._close()

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """The body is complete, or its connection lost."""
        if self.done.called:
            return
        if len(self._data) > self._limit:
            self.done.errback(TooLong(f"the answer has more than {self._limit} bytes"))
        elif reason.check(ResponseDone, PotentialDataLoss):
            self.done.callback(bytes(self._data))
        else:
            self.done.errback(reason)


def readBody(response: IResponse, limit: int) -> Deferred[bytes]:
    """
    Read the body of a response.

    @param limit: size limit in bytes.

    @return: fires with the body, or fails with L{TooLong} or C{ResponseFailed}; cancelling it
        closes the connection.
    """
    body = _Body(limit)
    response.deliverBody(body)
    return body.done
