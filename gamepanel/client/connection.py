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
from treq.client import HTTPClient
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IReactorTime
from twisted.internet.ssl import Certificate, trustRootFromCertificates
from twisted.web.client import (
    Agent,
    BrowserLikePolicyForHTTPS,
    HTTPConnectionPool,
)
from twisted.web.iweb import IPolicyForHTTPS

from gamepanel.client.failures import (
    BadAnswer,
    ClientError,
    Lost,
    NewerDaemon,
    NotSent,
    Silent,
    Unreachable,
    decoded,
    notAnAddress,
    refusal,
    translated,
)
from gamepanel.errors import NotFound
from gamepanel.wire.authentication import Config
from gamepanel.wire.message import Message
from gamepanel.wire.urls import forTreq

T = TypeVar("T")

requestSeconds: Final = 30.0
"""An answer must be there after so long, beside what the request itself asks to wait."""

connectSeconds: Final = 10.0
maxAnswer: Final = 32 * 2**20
apiVersion: Final = 1

_asking: Final = frozenset(
    (
        *("login_info", "whoami", "user_list", "audit_log", "server_create_options"),
        *("server_list", "server_status", "server_log", "server_history"),
        *("job_list", "job_status", "job_log", "event_list", "host_status", "host_history"),
    )
)
"""Endpoints that change nothing."""


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
    clock: IReactorTime
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
        return decoded(data, answer, self.base)

    async def get(self, name: str, answer: type[T]) -> T:
        """Ask an endpoint that takes GET; see L{call}."""
        data = await self._anywhere("GET", name, None, 0.0, True)
        return decoded(data, answer, self.base)

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
                most = len(self.bases) + isinstance(error, Lost)
                if failed >= most or not (onlyAsks or isinstance(error, NotSent)):
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
        version = decoded(data, _Version, self.base).apiVersion
        if version > apiVersion:
            raise NewerDaemon(
                f"The daemon at {self.base} speaks version {version} of the API, and "
                f"this client knows {apiVersion}: upgrade gamepanel here."
            )
        return decoded(data, Config, self.base)

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
            raise notAnAddress(self.base, error) from error
        response, data = await self._exchange(method, url, headers, body, patience)
        if response.code != 200:
            raise refusal(response, data, self.base)
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
        timer = self.clock.callLater(requestSeconds + patience, asked.cancel)
        try:
            return await wait(asked)
        except ClientError:
            raise
        except Exception as error:
            if not timer.active():
                raise Silent(f"{self.base} does not answer.") from error
            raise translated(error, self.base) from error
        finally:
            if timer.active():
                timer.cancel()


def _collect(response: Any, gather: Any) -> Awaitable[Any]:
    # Imported late: treq's module of conveniences is not needed for anything else.
    from treq.content import collect

    done: Awaitable[Any] = collect(response, gather)
    return done


def _present(message: Message) -> dict[str, Any]:
    """The fields of a request that are not null: what is absent stays so."""
    fields = msgspec.structs.asdict(message)
    present = {name: value for name, value in fields.items() if value is not None}
    for first, second in message.exclusive:
        if second in present and not present[first]:
            # It was not given.
            del present[first]
    return present
