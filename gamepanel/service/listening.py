"""
Listens where one is told to: with certificates that can be read anew, and with
room for a burst of connections.
"""

import re
import time
from collections.abc import Iterable
from typing import Any, Final, cast

from attrs import define
from OpenSSL import SSL, crypto
from twisted.application import strports
from twisted.application.internet import StreamServerEndpointService
from twisted.internet.endpoints import serverFromString
from twisted.internet.interfaces import IOpenSSLContextFactory, IProtocolFactory
from twisted.internet.protocol import Factory
from twisted.logger import Logger
from zope.interface import implementer

backlog: Final = 512
"""
How many connections may wait to be accepted, unless the endpoint says it. Twisted asks for
50: in a burst of 60 some then wait a second, until their clients try again.
"""

DAY: Final = 86400.0

warnSeconds: Final = 14 * DAY
"""A certificate that ends within this time is told of, each day."""

_OWN_BACKLOG: Final = re.compile(r"(?<!\\):backlog=")

log = Logger()


@implementer(IOpenSSLContextFactory)
@define
class Certificate:
    """
    What TLS shows to new connections; another can take its place.

    @ivar current: a context factory, as an C{ssl:} endpoint makes it.
    """

    current: Any

    def getContext(self) -> Any:
        return self.current.getContext()


@define
class _CertificateReader:
    """A reactor that listens nowhere: it keeps the certificate that it gets for that."""

    found: Any = None

    def listenSSL(self, port: int, factory: object, contextFactory: Any, **more: object) -> None:
        """Keeps the certificate."""
        # A key that does not belong to the certificate is only found now.
        contextFactory.getContext()
        self.found = contextFactory


@define
class Listener:
    """
    Listens at one endpoint: a reactor for it, that hands on to another.

    @ivar description: the endpoint string.
    """

    description: str
    _reactor: Any
    _factory: IProtocolFactory
    _certificate: Certificate | None = None

    def service(self) -> StreamServerEndpointService:
        """What listens while it runs; if it can't, its start raises why."""
        return strports.service(self.description, self._factory, cast(Any, self))

    def readCertificate(self) -> None:
        """
        Read key and certificate of an C{ssl:} endpoint anew, for connections to come.
        When they can't be used, the old ones stay, and a line in the log says so.
        """
        if self._certificate is None:
            return
        reader = _CertificateReader()
        problem = listenWith(self.description, reader)
        if problem is not None:
            log.error(
                "the certificate of {description} can't be read anew, the old one stays: {reason}",
                description=self.description,
                reason=reasonOf(problem),
            )
        else:
            self._certificate.current = reader.found
            log.info("read the certificate of {description} anew", description=self.description)
            self.tellExpiry(time.time())

    def tellExpiry(self, now: float) -> None:
        """
        Say in the log that the certificate has ended, or ends soon; nothing where there is none.

        @param now: Unix time in seconds.
        """
        if self._certificate is None:
            return
        end = self._certificate.current.certificate.to_cryptography().not_valid_after_utc
        left = end.timestamp() - now
        values = {"description": self.description, "day": end.date().isoformat()}
        if left <= 0:
            log.error("the certificate of {description} has ended on {day}", **values)
        elif left < warnSeconds:
            log.warn("the certificate of {description} ends on {day}: renew it", **values)

    def _backlog(self, given: int) -> int:
        return given if _OWN_BACKLOG.search(self.description) else backlog

    def listenTCP(self, *where: Any, backlog: int, **more: Any) -> Any:
        """Listens, with a backlog of ours unless the endpoint names one."""
        return self._reactor.listenTCP(*where, backlog=self._backlog(backlog), **more)

    def listenSSL(
        self, port: int, factory: Any, contextFactory: Any, *, backlog: int, **more: Any
    ) -> Any:
        """Listens, with a certificate that can be replaced meanwhile."""
        self._certificate = Certificate(contextFactory)
        return self._reactor.listenSSL(
            port, factory, self._certificate, backlog=self._backlog(backlog), **more
        )

    def listenUNIX(self, *where: Any, backlog: int, **more: Any) -> Any:
        """Listens at a socket, with a backlog of ours unless the endpoint names one."""
        return self._reactor.listenUNIX(*where, backlog=self._backlog(backlog), **more)

    def __getattr__(self, name: str) -> Any:
        # All else that an endpoint may want of a reactor.
        return getattr(self._reactor, name)


def tellExpiries(listeners: Iterable[Listener]) -> None:
    """Say in the log which certificates have ended, or end soon."""
    for listener in listeners:
        listener.tellExpiry(time.time())


def listenWith(description: str, reactor: object) -> BaseException | None:
    """
    Have a reactor of ours, which answers at once, listen at an endpoint.

    @param description: the endpoint string.

    @return: why it does not.
    """
    problems: list[BaseException] = []
    try:
        endpoint = serverFromString(cast(Any, reactor), description)
        endpoint.listen(Factory()).addErrback(lambda failure: problems.append(failure.value))
    except Exception as error:
        # Each kind of endpoint has its own errors for what it can't parse: ValueError, TypeError,
        # KeyError, OpenSSL's.
        return error
    return problems[0] if problems else None


def reasonOf(error: object) -> str:
    """What an error says, in one line."""
    reason = getattr(error, "strerror", None) or str(error).rstrip(".") or type(error).__name__
    if isinstance(error, SSL.Error | crypto.Error):
        reason = _reasonOfOpenSSL(error)
    name = getattr(error, "filename", None)
    where = f"{shown(str(name))}: " if name else ""
    return " ".join(f"{where}{reason}".split())


def _reasonOfOpenSSL(error: Exception) -> str:
    [first, *_] = error.args or ("",)
    parts = first if isinstance(first, list) else []
    details = ", ".join(str(part[-1]) for part in parts) or str(first)
    return "no key and certificate can be read" + (f" ({details})" if details else "")


def shown(text: str) -> str:
    """A text from the command line that can be printed, whatever bytes it has been made of."""
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
