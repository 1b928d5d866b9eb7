"""
Requests through a reactor of Twisted's.
"""

import asyncio
import sys
from collections.abc import Sequence
from typing import Any, Final, NoReturn, TypeVar

from OpenSSL import SSL
from service_identity import VerificationError
from treq.client import HTTPClient
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
from twisted.internet.ssl import Certificate, trustRootFromCertificates
from twisted.python.failure import Failure
from twisted.web.client import (
    Agent,
    BrowserLikePolicyForHTTPS,
    FileBodyProducer,
    HTTPConnectionPool,
)
from twisted.web.http_headers import Headers
from twisted.web.iweb import IPolicyForHTTPS, IResponse

from gamepanel.client import failures
from gamepanel.client.caller import Caller, connectSeconds, requestSeconds
from gamepanel.client.exchange import FilePart, Reply, Request, maxAnswer, transferSeconds
from gamepanel.client.failures import ClientError
from gamepanel.wire.http import Body, TooLong, discard, forTreq, newClient, readBody

_pieceBytes: Final = 65536

__all__ = ["Connection", "newHttp", "requestSeconds", "wait"]

T = TypeVar("T")


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


def newHttp(reactor: Any, certificates: str | None) -> tuple[HTTPClient, HTTPConnectionPool]:
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
    return newClient(agent), pool


def _trust(path: str) -> Any:
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
    Requests through treq.

    @ivar clock: what its timers run by.
    """

    def __init__(
        self,
        http: HTTPClient,
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

    async def exchange(self, request: Request, seconds: float | None = None) -> Reply:
        base = request.base

        def tooLate(_result: object, _seconds: float) -> NoReturn:
            raise failures.silent(base)

        asked = Deferred.fromCoroutine(self._ask(request))
        if seconds is not None:
            asked.addTimeout(seconds, self.clock, tooLate)
        try:
            return await wait(asked)
        except ClientError:
            raise
        except TooLong as error:
            raise failures.tooLong(base, maxAnswer) from error
        except Exception as error:
            raise translated(error, base) from error

    async def _ask(self, request: Request) -> Reply:
        body: Any = request.body
        if isinstance(body, FilePart):
            left, body = body.left, FileBodyProducer(body, readSize=_pieceBytes)
            body.length = left
        response = await self._http.request(
            request.method,
            forTreq(request.base + request.name),
            headers=Headers({name: [value] for name, value in request.headers.items()}),
            data=body,
            allow_redirects=False,
            unbuffered=True,
        )
        data = await self._body(response, request)
        return Reply(response.code, _headers(response), data)

    async def _body(self, response: IResponse, request: Request) -> bytes:
        """What an answer says; nothing where it is a file, which fails if it stands still."""
        save = request.save
        if save is not None and response.code == 200 != request.saved:
            discard(response)
            return b""
        if save is None or response.code != request.saved:
            return await readBody(response, maxAnswer)

        def moved(data: bytes) -> None:
            timer.reset(transferSeconds)
            save(data)

        body = Body(moved)
        timer = self.clock.callLater(transferSeconds, body.close)
        response.deliverBody(body)
        try:
            await body.done
        finally:
            if timer.active():
                timer.cancel()
        return b""


def _headers(response: Any) -> dict[str, str]:
    found = response.headers.getAllRawHeaders()
    return {name.decode("latin-1").lower(): values[0].decode("latin-1") for name, values in found}


def translated(error: Exception, base: str) -> Exception:
    """What a failed exchange means, in a sentence."""
    causes = [error, *_reasons(error)]
    for cause in causes:
        if isinstance(cause, SSL.SysCallError | SSL.ZeroReturnError):
            return failures.lost(base)
        if isinstance(cause, SSL.Error | VerificationError):
            return failures.notSecure(base, _tls(cause))
    for cause in causes:
        if isinstance(cause, DNSLookupError):
            return failures.noSuchHost(base)
        if isinstance(cause, ConnectionRefusedError):
            return failures.notReached(base, failures.nothingListens)
        if isinstance(cause, ConnectingCancelledError | CancelledError):
            return CancelledError()
        if isinstance(cause, ConnectError | ConnectTimeout):
            return failures.notReached(base, _plain(cause))
    if any(isinstance(cause, ConnectionClosed) for cause in causes):
        return failures.lost(base)
    if isinstance(error, ValueError):
        return failures.notAnAddress(base, error)
    return failures.noDaemon(base, _plain(error))


def _reasons(error: Exception) -> list[Exception]:
    found = [
        reason.value for reason in getattr(error, "reasons", ()) if isinstance(reason, Failure)
    ]
    return [value for value in found if isinstance(value, Exception)]


def _plain(error: Exception) -> str:
    return str(error).strip().rstrip(".") or type(error).__name__


def _tls(error: Exception) -> str:
    """What has gone wrong with TLS."""
    if isinstance(error, VerificationError):
        return failures.otherHost
    parts = error.args[0] if error.args else ()
    reason = str(parts[-1][-1]) if isinstance(parts, list) and parts else _plain(error)
    if "certificate" in reason:
        return failures.untrusted(reason)
    return f"there is no TLS ({reason})"
