"""
Requests to a daemon that may be reached under several addresses, and what can go wrong.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, Final, Protocol, TypeVar

import msgspec
from attrs import define, field
from treq.client import HTTPClient
from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.error import (
    ConnectError,
    ConnectingCancelledError,
    ConnectionClosed,
    DNSLookupError,
)
from twisted.internet.error import TimeoutError as ConnectTimeout
from twisted.internet.interfaces import IReactorTime
from twisted.internet.ssl import Certificate, trustRootFromCertificates
from twisted.python.failure import Failure
from twisted.web.client import (
    Agent,
    BrowserLikePolicyForHTTPS,
    HTTPConnectionPool,
)
from twisted.web.iweb import IPolicyForHTTPS

from gamepanel import errors
from gamepanel.errors import PanelError, Problem
from gamepanel.web.messages import Config, Message, ProblemDetails

T = TypeVar("T")

requestSeconds: Final = 30.0
"""An answer must be there after so long, beside what the request itself asks to wait."""

connectSeconds: Final = 10.0
maxAnswer: Final = 32 * 2**20
apiVersion: Final = 1

_classes: Final = {
    kind.code: kind
    for kind in vars(errors).values()
    if isinstance(kind, type) and issubclass(kind, PanelError)
}


_asking: Final = frozenset(
    (
        *("login_info", "whoami", "user_list", "audit_log", "server_create_options"),
        *("server_list", "server_status", "server_log"),
    )
)
"""Endpoints that change nothing."""


class ClientError(Exception):
    """
    Something that is not a refusal of the daemon; the text is for people.
    """


class Unreachable(ClientError):
    """No daemon could be reached, or the connection was lost before it answered."""


class BadAnswer(ClientError):
    """Something answered, but not as a daemon does."""


class NewerDaemon(ClientError):
    """The daemon speaks a newer version of the API than this client."""


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


class Http(Protocol):
    """The part of treq's client that is used."""

    @property
    def request(self) -> Callable[..., Deferred[Any]]:
        """Sends a request."""


def newHttp(reactor: Any, certificates: str | None) -> tuple[HTTPClient, HTTPConnectionPool]:
    """
    An HTTP client that checks certificates, and the connections that it keeps.

    @param certificates: path of a PEM file with those to trust instead of the host's own.

    @raise ClientError: when there are none in it.
    """
    policy: IPolicyForHTTPS = BrowserLikePolicyForHTTPS()
    if certificates is not None:
        policy = BrowserLikePolicyForHTTPS(trustRootFromCertificates(_read(certificates)))
    pool = HTTPConnectionPool(reactor, persistent=True)
    # Less than the daemon keeps an idle connection.
    pool.cachedConnectionTimeout = 30
    agent = Agent(reactor, policy, connectTimeout=connectSeconds, pool=pool)
    return HTTPClient(agent), pool


def _read(path: str) -> list[Certificate]:
    mark = b"-----END CERTIFICATE-----"
    try:
        with open(path, "rb") as file:
            parts = file.read().split(mark)[:-1]
        found = [Certificate.loadPEM(part + mark) for part in parts]
    except Exception as error:
        raise ClientError(f"{path}: can't be read as certificates: {error}") from error
    if not found:
        raise ClientError(f"{path}: there are no certificates in it")
    return found


@define
class Connection:
    """
    Where requests go, and with which token.

    @ivar bases: base URLs of the same service, each ending in a slash, best first.
    @ivar token: the access token, or None.
    """

    _http: Http
    _clock: IReactorTime
    bases: list[str]
    token: str | None = None
    _pool: HTTPConnectionPool | None = None
    _current: int = field(default=0)

    @property
    def base(self) -> str:
        """The address that is in use."""
        return self.bases[self._current]

    async def call(self, name: str, message: Message, answer: type[T], patience: float = 0.0) -> T:
        """
        Send a request to an endpoint.

        When no connection can be made, the next address is tried. A request that may have
        been sent is never sent again, unless it only asks.

        @param patience: how long the request itself asks the daemon to wait, in seconds.

        @raise PanelError: what the daemon refuses with.
        @raise Unreachable: when none can be reached.
        @raise BadAnswer: when what answers is no daemon.
        """
        body = msgspec.json.encode(_present(message))
        mayRepeat = name in _asking
        tries = 0
        while True:
            try:
                return await self._send("POST", name, body, answer, patience)
            except _NotSent as error:
                tries += 1
                self._current = (self._current + 1) % len(self.bases)
                if tries >= len(self.bases):
                    raise Unreachable(str(error)) from error
            except _Lost:
                # A kept connection may have been closed just when it was taken.
                if not mayRepeat:
                    raise
                mayRepeat = False

    async def close(self) -> None:
        """Close the connections that are kept for the next request."""
        if self._pool is not None:
            await wait(self._pool.closeCachedConnections())

    async def get(self, name: str, answer: type[T]) -> T:
        """Ask an endpoint that takes GET; see L{call}."""
        try:
            return await self._send("GET", name, None, answer, 0.0)
        except _NotSent as error:
            raise Unreachable(str(error)) from error

    async def settle(self) -> Config:
        """
        Find the best address that answers, by what the first one that does tells of the others.
        """
        config = await self._first()
        if config.urls:
            self.bases = list(dict.fromkeys([*config.urls, *self.bases]))
            config = await self._first()
        if config.apiVersion > apiVersion:
            raise NewerDaemon(
                f"The daemon at {self.base} speaks version {config.apiVersion} of the API, and "
                f"this client knows {apiVersion}: upgrade gamepanel here."
            )
        return config

    async def _first(self) -> Config:
        problem: ClientError | None = None
        for number in range(len(self.bases)):
            self._current = number
            try:
                return await self.get("config", Config)
            except ClientError as error:
                problem = problem or error
        self._current = 0
        assert problem is not None
        raise problem

    async def _send(
        self, method: str, name: str, body: bytes | None, answer: type[T], patience: float
    ) -> T:
        headers = {"Accept": "application/json"}
        if body is not None:
            headers["Content-Type"] = "application/json"
        if self.token is not None:
            headers["Authorization"] = f"Bearer {self.token}"
        status, data = await self._exchange(method, self.base + name, headers, body, patience)
        return _understood(status, data, answer, self.base)

    async def _exchange(
        self,
        method: str,
        url: str,
        headers: dict[str, str],
        body: bytes | None,
        patience: float,
    ) -> tuple[int, bytes]:
        async def exchange() -> tuple[int, bytes]:
            response = await self._http.request(
                method, url, headers=headers, data=body, allow_redirects=False, unbuffered=True
            )
            parts: list[bytes] = []
            size = 0

            def gather(data: bytes) -> None:
                nonlocal size
                size += len(data)
                if size <= maxAnswer:
                    parts.append(data)

            await _collect(response, gather)
            if size > maxAnswer:
                raise BadAnswer(f"{self.base} answers with more than {maxAnswer} bytes.")
            return response.code, b"".join(parts)

        asked = Deferred.fromCoroutine(exchange())
        timer = self._clock.callLater(requestSeconds + patience, asked.cancel)
        try:
            return await wait(asked)
        except ClientError:
            raise
        except Exception as error:
            if not timer.active():
                raise Unreachable(f"{self.base} does not answer.") from error
            raise _translated(error, self.base) from error
        finally:
            if timer.active():
                timer.cancel()


def _collect(response: Any, gather: Any) -> Awaitable[Any]:
    # Imported late: treq's module of conveniences is not needed for anything else.
    from treq.content import collect

    done: Awaitable[Any] = collect(response, gather)
    return done


class _Lost(Unreachable):
    """The connection was lost; nobody knows whether the request was carried out."""


class _NotSent(Unreachable):
    """There was no connection, so nothing of the request can have been carried out."""


def _translated(error: Exception, base: str) -> Exception:
    """What a failed exchange means, in a sentence."""
    causes = [error, *_reasons(error)]
    for cause in causes:
        name = type(cause).__module__
        if name.startswith(("OpenSSL", "service_identity")):
            return Unreachable(f"{base}: {_tls(cause)}.")
    for cause in causes:
        if isinstance(cause, DNSLookupError):
            return _NotSent(f"{base}: there is no such host.")
        if isinstance(cause, ConnectingCancelledError | CancelledError):
            return CancelledError()
        if isinstance(cause, ConnectError | ConnectTimeout):
            return _NotSent(f"{base} can't be reached: {_plain(cause)}.")
    if any(isinstance(cause, ConnectionClosed) for cause in causes):
        return _Lost(f"The connection to {base} was lost before it answered.")
    if isinstance(error, ValueError):
        return BadAnswer(f"{base} is no address of a daemon: {error}.")
    return BadAnswer(f"{base} does not answer as a daemon does: {_plain(error)}.")


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
        return "the certificate is for another host"
    parts = error.args[0] if error.args else ()
    reason = str(parts[-1][-1]) if isinstance(parts, list) and parts else _plain(error)
    if "certificate" in reason:
        return f"the certificate is not to be trusted ({reason})"
    return f"there is no TLS ({reason})"


def _present(message: Message) -> dict[str, Any]:
    """The fields of a request that are not null: what is absent stays so."""
    fields = msgspec.structs.asdict(message)
    return {name: value for name, value in fields.items() if value is not None}


def _understood(status: int, data: bytes, answer: type[T], base: str) -> T:
    try:
        if status == 200:
            return msgspec.json.decode(data, type=answer)
        problem = msgspec.json.decode(data, type=ProblemDetails)
    except msgspec.MsgspecError as error:
        raise BadAnswer(
            f"What answers at {base} (status {status}) is no gamepanel, or another version of it."
        ) from error
    raise _refusal(problem)


def _refusal(problem: ProblemDetails) -> PanelError:
    kind = _classes.get(problem.code, PanelError)
    found = () if isinstance(problem.errors, msgspec.UnsetType) else problem.errors
    error = kind(problem.detail, tuple(Problem(p.pointer, p.detail) for p in found))
    if kind is PanelError:
        # A code that this client does not know yet.
        error.code = problem.code  # type: ignore[misc]
    return error
