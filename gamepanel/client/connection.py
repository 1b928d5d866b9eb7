"""
Requests to a daemon that may be reached under several addresses, and what can go wrong.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, Final, Protocol, TypeVar

import msgspec
from attrs import define, field
from hyperlink import URL
from msgspec import Struct
from OpenSSL import SSL
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
    HTTPConnectionPool,
)
from twisted.web.iweb import IPolicyForHTTPS

from gamepanel import errors
from gamepanel.errors import NotFound, PanelError, Problem
from gamepanel.wire.authentication import Config
from gamepanel.wire.message import Message
from gamepanel.wire.problems import ProblemDetails
from gamepanel.wire.urls import forTreq

T = TypeVar("T")

requestSeconds: Final = 30.0
"""An answer must be there after so long, beside what the request itself asks to wait."""

connectSeconds: Final = 10.0
maxAnswer: Final = 32 * 2**20
apiVersion: Final = 1

_classes: Final[dict[str, type[PanelError]]] = {
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


class _NotSent(Unreachable):
    """There was no connection, so nothing of the request can have been carried out."""


class _Lost(Unreachable):
    """The connection was lost; nobody knows whether the request was carried out."""


class _Silent(Unreachable):
    """No answer came in time, or one that says that the daemon is away."""


class BadAnswer(ClientError):
    """Something answered, but not as a daemon does."""


class NewerDaemon(ClientError):
    """The daemon speaks a newer version of the API than this client."""


class _Version(Struct):
    apiVersion: int


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

        An address that fails is left for the next one. A request that may have been carried
        out is never sent again, unless it only asks.

        @param patience: how long the request itself asks the daemon to wait, in seconds.

        @raise PanelError: what the daemon refuses with.
        @raise Unreachable: when none can be reached.
        @raise BadAnswer: when what answers is no daemon.
        """
        body = msgspec.json.encode(_present(message))
        data = await self._anywhere("POST", name, body, patience, name in _asking)
        return _decoded(data, answer, self.base)

    async def get(self, name: str, answer: type[T]) -> T:
        """Ask an endpoint that takes GET; see L{call}."""
        data = await self._anywhere("GET", name, None, 0.0, True)
        return _decoded(data, answer, self.base)

    async def _anywhere(
        self, method: str, name: str, body: bytes | None, patience: float, onlyAsks: bool
    ) -> bytes:
        """What the first address answers that does."""
        failed = 0
        while True:
            try:
                return await self._send(method, name, body, patience)
            except Unreachable as error:
                failed += 1
                self._current = (self._current + 1) % len(self.bases)
                # A kept connection may have been closed just when it was taken.
                most = len(self.bases) + isinstance(error, _Lost)
                if failed >= most or not (onlyAsks or isinstance(error, _NotSent)):
                    raise

    async def close(self) -> None:
        """Close the connections that are kept for the next request."""
        if self._pool is not None:
            await wait(self._pool.closeCachedConnections())

    async def settle(self) -> Config:
        """
        Find the best address that answers, by what the first one that does tells of the others.
        """
        config = await self._first()
        if config.urls:
            self.bases = list(dict.fromkeys([*config.urls, *self.bases]))
            config = await self._first()
        return config

    async def _first(self) -> Config:
        problem: ClientError | None = None
        for number in range(len(self.bases)):
            self._current = number
            try:
                return await self._config()
            except ClientError as error:
                problem = problem or error
        self._current = 0
        assert problem is not None
        raise problem

    async def _config(self) -> Config:
        try:
            data = await self._send("GET", "config", None, 0.0)
        except NotFound as error:
            raise BadAnswer(
                f"There is no daemon at {self.base}, but there may be above."
            ) from error
        # Of a newer daemon all else may be different.
        version = _decoded(data, _Version, self.base).apiVersion
        if version > apiVersion:
            raise NewerDaemon(
                f"The daemon at {self.base} speaks version {version} of the API, and "
                f"this client knows {apiVersion}: upgrade gamepanel here."
            )
        return _decoded(data, Config, self.base)

    async def _send(self, method: str, name: str, body: bytes | None, patience: float) -> bytes:
        """What the address that is in use answers; raises what it refuses with."""
        headers = {"Accept": "application/json"}
        if body is not None:
            headers["Content-Type"] = "application/json"
        if self.token is not None:
            headers["Authorization"] = f"Bearer {self.token}"
        try:
            url = forTreq(self.base + name)
        except ValueError as error:
            raise _notAnAddress(self.base, error) from error
        response, data = await self._exchange(method, url, headers, body, patience)
        if response.code != 200:
            raise _refusal(response, data, self.base)
        return data

    async def _exchange(
        self,
        method: str,
        url: URL,
        headers: dict[str, str],
        body: bytes | None,
        patience: float,
    ) -> tuple[Any, bytes]:
        async def exchange() -> tuple[Any, bytes]:
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
            return response, b"".join(parts)

        asked = Deferred.fromCoroutine(exchange())
        timer = self._clock.callLater(requestSeconds + patience, asked.cancel)
        try:
            return await wait(asked)
        except ClientError:
            raise
        except Exception as error:
            if not timer.active():
                raise _Silent(f"{self.base} does not answer.") from error
            raise _translated(error, self.base) from error
        finally:
            if timer.active():
                timer.cancel()


def _collect(response: Any, gather: Any) -> Awaitable[Any]:
    # Imported late: treq's module of conveniences is not needed for anything else.
    from treq.content import collect

    done: Awaitable[Any] = collect(response, gather)
    return done


def _translated(error: Exception, base: str) -> Exception:
    """What a failed exchange means, in a sentence."""
    causes = [error, *_reasons(error)]
    for cause in causes:
        if isinstance(cause, SSL.SysCallError | SSL.ZeroReturnError):
            return _Lost(f"The connection to {base} was lost before it answered.")
        if type(cause).__module__.startswith(("OpenSSL", "service_identity")):
            return _NotSent(f"{base}: {_tls(cause)}.")
    for cause in causes:
        if isinstance(cause, DNSLookupError):
            return _NotSent(f"{base}: there is no such host.")
        if isinstance(cause, ConnectionRefusedError):
            return _NotSent(f"{base} can't be reached: nothing listens there.")
        if isinstance(cause, ConnectingCancelledError | CancelledError):
            return CancelledError()
        if isinstance(cause, ConnectError | ConnectTimeout):
            return _NotSent(f"{base} can't be reached: {_plain(cause)}.")
    if any(isinstance(cause, ConnectionClosed) for cause in causes):
        return _Lost(f"The connection to {base} was lost before it answered.")
    if isinstance(error, ValueError):
        return _notAnAddress(base, error)
    return BadAnswer(f"{base} does not answer as a daemon does: {_plain(error)}.")


def _notAnAddress(base: str, error: ValueError) -> BadAnswer:
    return BadAnswer(f"{base} is no address of a daemon: {error}.")


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
    present = {name: value for name, value in fields.items() if value is not None}
    for first, second in message.exclusive:
        if second in present and not present[first]:
            # It was not given.
            del present[first]
    return present


def _decoded(data: bytes, answer: type[T], base: str) -> T:
    try:
        return msgspec.json.decode(data, type=answer)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise BadAnswer(f"{_stranger(base)}, or another version of it.") from error


def _stranger(base: str) -> str:
    return f"What answers at {base} is no gamepanel"


_away: Final = frozenset((502, 503, 504))
"""What a reverse proxy answers while the daemon behind it restarts."""


def _refusal(response: Any, data: bytes, base: str) -> Exception:
    """What an answer means that is not 200."""
    status = response.code
    try:
        problem = msgspec.json.decode(data, type=ProblemDetails)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        if status in _away:
            return _Silent(f"The daemon behind {base} does not answer (status {status}).")
        if 300 <= status < 400:
            to = _header(response, "Location") or "somewhere else"
            return BadAnswer(f"{_stranger(base)}; it sends us to {to}.")
        return BadAnswer(f"{_stranger(base)} (status {status}).")
    kind = _classes.get(problem.code, PanelError)
    found = () if isinstance(problem.errors, msgspec.UnsetType) else problem.errors
    seconds = _header(response, "Retry-After")
    error = kind(
        problem.detail,
        tuple(Problem(tuple(p.pointer.split("/")[1:]), p.detail) for p in found),
        float(seconds) if seconds.isdecimal() else None,
    )
    if kind is PanelError:
        # A code that this client does not know yet.
        error.code = problem.code  # type: ignore[misc,assignment]
    return error


def _header(response: Any, name: str) -> str:
    values = response.headers.getRawHeaders(name, [])
    return str(values[0]) if values else ""
