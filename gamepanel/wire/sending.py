"""
HTTP requests that are sent with all of their body in memory, and answers that are gathered.

This is the part of treq that we use, by the same names, so that its fakes do for tests: treq itself
wants TLS to be installed, which not everybody needs.
"""

from collections.abc import Callable, Mapping
from typing import Any, cast

from attrs import define
from hyperlink import URL
from twisted.internet.defer import Deferred, succeed
from twisted.internet.interfaces import IConsumer, ITransport
from twisted.internet.protocol import Protocol, connectionDone
from twisted.python.failure import Failure
from twisted.web.client import ResponseDone
from twisted.web.http import PotentialDataLoss
from twisted.web.http_headers import Headers
from twisted.web.iweb import IAgent, IBodyProducer, IResponse
from zope.interface import implementer


@implementer(IBodyProducer)
class _Bytes:
    """A body that is there already."""

    def __init__(self, data: bytes) -> None:
        self.length = len(data)
        self._data = data

    def startProducing(self, consumer: IConsumer) -> Deferred[None]:
        """Give all of it."""
        consumer.write(self._data)
        return succeed(None)

    def pauseProducing(self) -> None:
        """It has been given already."""

    def resumeProducing(self) -> None:
        """It has been given already."""

    def stopProducing(self) -> None:
        """It has been given already."""


@define
class AgentClient:
    """Sends requests by an agent."""

    _agent: IAgent

    def request(
        self,
        method: str,
        url: URL,
        *,
        headers: Mapping[str, str],
        data: bytes | None,
        allow_redirects: bool = False,
        unbuffered: bool = True,
    ) -> Deferred[IResponse]:
        """
        Send a request; redirects are never followed.

        @param url: see L{gamepanel.wire.urls}.
        @param data: the body.
        @param allow_redirects: for fakes.
        @param unbuffered: for fakes.

        @return: the answer, with its body yet to come.
        """
        return self._agent.request(
            method.encode("ascii"),
            url.to_uri().to_text().encode("ascii"),
            Headers({name: [value] for name, value in headers.items()}),
            None if data is None else _Bytes(data),
        )


class _Body(Protocol):
    """Hands on a body."""

    def __init__(self, take: Callable[[bytes], object]) -> None:
        self._take = take
        self.done: Deferred[None] = Deferred(lambda _: self._abort())

    def _abort(self) -> None:
        cast(ITransport, self.transport).loseConnection()

    def dataReceived(self, data: bytes) -> None:
        """Some of it."""
        self._take(data)

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """That was all."""
        if self.done.called:
            return
        if reason.check(ResponseDone, PotentialDataLoss):
            self.done.callback(None)
        else:
            self.done.errback(reason)


def collect(response: Any, take: Callable[[bytes], object]) -> Deferred[None]:
    """
    Gather the body of an answer.

    @param take: is given each part of it.

    @return: fires when all of it has come; cancelling it closes the connection.
    """
    body = _Body(take)
    response.deliverBody(body)
    return body.done
