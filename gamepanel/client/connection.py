"""
Requests through a reactor of Twisted's.
"""

import asyncio
import sys
from collections.abc import Callable, Sequence
from typing import Any, Final, Protocol, TypeVar

from hyperlink import URL
from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.error import (
    ConnectError,
    ConnectingCancelledError,
    ConnectionClosed,
    ConnectionRefusedError,
    DNSLookupError,
)
from twisted.internet.error import TimeoutError as ConnectTimeout
from twisted.internet.interfaces import IReactorTime
from twisted.python.failure import Failure
from twisted.web.client import (
    Agent,
    BrowserLikePolicyForHTTPS,
    ContentDecoderAgent,
    GzipDecoder,
    HTTPConnectionPool,
)
from twisted.web.iweb import IPolicyForHTTPS

from gamepanel.client.caller import Caller, connectSeconds, requestSeconds
from gamepanel.client.exchange import Gathered, Reply, Request
from gamepanel.client.failures import (
    ClientError,
    NotSent,
    lost,
    noDaemon,
    noSuchHost,
    notAnAddress,
    nothingListens,
    notReached,
    notSecure,
    otherHost,
    silent,
    untrusted,
)
from gamepanel.wire.sending import AgentClient, collect
from gamepanel.wire.urls import forTreq

__all__ = ["Connection", "newHttp", "requestSeconds", "wait"]

T = TypeVar("T")

notInstalled: Final = "https needs what is not installed here: pip install 'gamepanel[tls]'."

_endsOfTLS: Final = frozenset(("SysCallError", "ZeroReturnError"))
"""Errors of C{OpenSSL.SSL}, which not everybody has."""


async def wait(work: Deferred[T]) -> T:
    """
    Wait for a Deferred, in a coroutine of Twisted's or in a task of asyncio's.
    """
    try:
        task = asyncio.current_task()
    except RuntimeError:
        task = None
    if task is None:
        return await work
    return await work.asFuture(task.get_loop())


_HOW: Final = "see docs/how-to/use-the-client.md (How to use it from Python)"


def runningReactor() -> Any:
    """
    The reactor that sends what this program asks for.

    @raise ClientError: when none runs, or not on the loop of asyncio's that does: then nothing
        would ever be sent, and whoever waits for an answer would wait forever, in silence.
    """
    reactor: Any = sys.modules.get("twisted.internet.reactor")
    try:
        loop = asyncio.get_running_loop()
    except RuntimeError:
        if reactor is None:
            start = "twisted.internet.task.react(main)"
            raise ClientError(f"No reactor runs. Start the program with {start}; {_HOW}.") from None
        # It may start only when this coroutine waits for the first time: task.react does so.
        return reactor
    # Twisted has no public name for the loop that its reactor runs on.
    if reactor is None or not reactor.running or loop not in vars(reactor).values():
        raise ClientError(
            "A loop of asyncio runs, and Twisted's reactor does not run on it. Before all else in "
            "the coroutine for asyncio.run write: "
            "asyncioreactor.install(asyncio.get_running_loop()), and then "
            f"reactor.startRunning(installSignalHandlers=False); {_HOW}."
        )
    return reactor


class Http(Protocol):
    """What sends requests: an L{AgentClient}, or a fake of treq's."""

    @property
    def request(self) -> Callable[..., Deferred[Any]]:
        """Sends a request."""


def newHttp(reactor: Any, certificates: str | None) -> tuple[AgentClient, HTTPConnectionPool]:
    """
    An HTTP client that checks certificates, and the connections that it keeps.

    @param certificates: path of a PEM file with those to trust instead of the host's own.

    @raise ClientError: when there are none in it.
    """
    policy: IPolicyForHTTPS = BrowserLikePolicyForHTTPS()
    if certificates is not None:
        policy = BrowserLikePolicyForHTTPS(_trust(certificates))
    pool = HTTPConnectionPool(reactor, persistent=True)
    # Less than the daemon keeps an idle connection.
    pool.cachedConnectionTimeout = 30
    agent = Agent(reactor, policy, connectTimeout=connectSeconds, pool=pool)
    return AgentClient(ContentDecoderAgent(agent, [(b"gzip", GzipDecoder)])), pool


def _trust(path: str) -> Any:
    try:
        # Not everybody has what TLS needs.
        from twisted.internet.ssl import Certificate, trustRootFromCertificates
    except ImportError as error:
        raise ClientError(notInstalled) from error
    mark = b"-----END CERTIFICATE-----"
    try:
        with open(path, "rb") as file:
            parts = file.read().split(mark)[:-1]
        found = [Certificate.loadPEM(part + mark) for part in parts]
    except Exception as error:
        raise ClientError(f"{path}: can't be read as certificates: {error}") from error
    if not found:
        raise ClientError(f"{path}: there are no certificates in it")
    return trustRootFromCertificates(found)


class Connection(Caller):
    """
    See L{Caller}.

    @ivar clock: what its timers run by.
    """

    def __init__(
        self,
        http: Http,
        clock: IReactorTime,
        bases: Sequence[str],
        token: str | None = None,
        pool: HTTPConnectionPool | None = None,
        others: Sequence[str] = (),
        instance: str = "",
    ) -> None:
        super().__init__(bases, token, others, instance)
        self.clock = clock
        self._http = http
        self._pool = pool

    async def close(self) -> None:
        if self._pool is not None:
            await wait(self._pool.closeCachedConnections())

    async def exchange(self, request: Request, seconds: float) -> Reply:
        base = request.base
        try:
            url = forTreq(base + request.name)
        except ValueError as error:
            raise notAnAddress(base, error) from error
        asked = Deferred.fromCoroutine(self._ask(request, url))
        timer = self.clock.callLater(seconds, asked.cancel)
        try:
            return await wait(asked)
        except ClientError:
            raise
        except Exception as error:
            if not timer.active():
                raise silent(base) from error
            raise translated(error, base) from error
        finally:
            if timer.active():
                timer.cancel()

    async def _ask(self, request: Request, url: URL) -> Reply:
        response = await self._http.request(
            *(request.method, url),
            headers=request.headers,
            data=request.body,
            allow_redirects=False,
            unbuffered=True,
        )
        gathered = Gathered(request.base)
        await collect(response, gathered.add)
        return Reply(response.code, _headers(response), gathered.whole())


def _headers(response: Any) -> dict[str, str]:
    found = response.headers.getAllRawHeaders()
    return {name.decode("latin-1").lower(): values[0].decode("latin-1") for name, values in found}


def translated(error: Exception, base: str) -> Exception:
    """What a failed exchange means, in a sentence."""
    causes = [error, *_reasons(error)]
    for cause in causes:
        if type(cause).__name__ in _endsOfTLS:
            return lost(base)
        if type(cause).__module__.startswith(("OpenSSL", "service_identity")):
            return notSecure(base, _tls(cause))
        if isinstance(cause, NotImplementedError):
            # So Twisted says that TLS is not installed.
            return NotSent(f"{base}: {notInstalled}")
    for cause in causes:
        if isinstance(cause, DNSLookupError):
            return noSuchHost(base)
        if isinstance(cause, ConnectionRefusedError):
            return notReached(base, nothingListens)
        if isinstance(cause, ConnectingCancelledError | CancelledError):
            return CancelledError()
        if isinstance(cause, ConnectError | ConnectTimeout):
            return notReached(base, _plain(cause))
    if any(isinstance(cause, ConnectionClosed) for cause in causes):
        return lost(base)
    if isinstance(error, ValueError):
        return notAnAddress(base, error)
    return noDaemon(base, _plain(error))


def _reasons(error: Exception) -> list[Exception]:
    found = [
        reason.value for reason in getattr(error, "reasons", ()) if isinstance(reason, Failure)
    ]
    return [value for value in found if isinstance(value, Exception)]


def _plain(error: Exception) -> str:
    return str(error).strip().rstrip(".") or type(error).__name__


def _tls(error: Exception) -> str:
    """What has gone wrong with TLS."""
    if type(error).__module__.startswith("service_identity"):
        return otherHost
    parts = error.args[0] if error.args else ()
    reason = str(parts[-1][-1]) if isinstance(parts, list) and parts else _plain(error)
    if "certificate" in reason:
        return untrusted(reason)
    return f"there is no TLS ({reason})"
