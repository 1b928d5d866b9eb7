"""
Requests to a daemon that may be reached under several addresses.

A token goes only where it may: never to an endpoint that takes none, and to an address that
the user has not named only if it shows the same C{instance}, over https or on this host.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from ipaddress import ip_address
from typing import Any, Final, TypeVar
from urllib.parse import urlsplit

import msgspec
from msgspec import UNSET, Struct

from gamepanel.base.errors import NotFound
from gamepanel.client.exchange import Reply, Request, decoded, refusal
from gamepanel.client.failures import (
    AnotherDaemon,
    BadAnswer,
    ClientError,
    Elsewhere,
    Lost,
    NewerDaemon,
    NotSent,
    Unreachable,
)
from gamepanel.wire.authentication import Config
from gamepanel.wire.endpoints import apiVersion, endpoints
from gamepanel.wire.message import Message

T = TypeVar("T")

requestSeconds: Final = 30.0
"""An answer must be there after so long, beside what the request itself asks to wait."""

connectSeconds: Final = 10.0


class _Version(Struct):
    apiVersion: int


def baseOf(url: str) -> str:
    """
    A base URL, with its slash.

    @raise ClientError: when it is none.
    """
    try:
        parts = urlsplit(url)
    except ValueError as error:
        raise ClientError(f"{url}: {error}") from error
    # It is printed, too, wherever the command says where the daemon is.
    isText = url.isprintable()
    if parts.scheme not in ("http", "https") or not parts.hostname or not isText:
        raise ClientError(f"{url}: an address must be like http://name or https://name")
    return url.rstrip("/") + "/"


def _bases(urls: Iterable[str]) -> list[str]:
    """Those that are base URLs: what a daemon tells may be anything."""
    found = []
    for url in urls:
        try:
            found.append(baseOf(url))
        except ClientError:
            continue
    return found


def isLoopback(base: str) -> bool:
    """Whether requests to this address stay on this host."""
    host = urlsplit(base).hostname or ""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


class Caller(ABC):
    """
    Where requests go, and with which token.

    @ivar given: base URLs that the user has named.
    @ivar bases: all that may be used, each ending in a slash, best first.
    @ivar elsewhere: addresses that the daemon has told of and where no token is sent.
    @ivar instance: what the daemon shows under all its addresses; empty as long as it is unknown.
    @ivar token: the access token, or None.
    """

    def __init__(
        self,
        bases: Sequence[str],
        token: str | None = None,
        others: Sequence[str] = (),
        instance: str = "",
    ) -> None:
        """
        @param others: addresses of the same daemon that it has told of before.
        """
        self.given = list(bases)
        self.bases = list(bases)
        self.elsewhere: list[str] = []
        self.token = token
        self.instance = instance
        self._others = _bases(others)
        self._checked: set[str] = set()
        self._current = 0

    @property
    def base(self) -> str:
        """The address that is in use."""
        return self.bases[self._current]

    async def call(self, name: str, message: Message, answer: type[T]) -> T:
        """
        Send a request to an endpoint.

        An address that fails is left for the next one. A request that may have been carried
        out is never sent again, unless it only asks.

        @raise PanelError: what the daemon refuses with.
        @raise Unreachable: when none can be reached.
        @raise BadAnswer: when what answers is no daemon.
        """
        body = msgspec.json.encode(_present(message))
        endpoint = endpoints[name]
        patience = endpoint.patience + getattr(message, "wait", 0.0)
        data = await self._anywhere("POST", name, body, patience, endpoint.reads)
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
                await self._check(self.base)
                return await self._send(method, self.base, name, body, patience)
            except Unreachable as error:
                self._checked.discard(self.base)
                failed += 1
                self._current = (self._current + 1) % len(self.bases)
                # A kept connection may have been closed just when it was taken.
                most = len(self.bases) + isinstance(error, Lost)
                if failed >= most or not (onlyAsks or isinstance(error, NotSent)):
                    raise

    async def _check(self, base: str) -> None:
        """
        See to it that an address is the daemon's before anything is sent to it.

        @raise NotSent: when it is not.
        """
        if base in self.given or base in self._checked:
            return
        try:
            await self._same(base)
        except Unreachable:
            raise
        except ClientError as error:
            raise NotSent(str(error)) from error

    async def _same(self, base: str) -> Config:
        """What an address tells that must show the instance that is known."""
        config = await self._config(base)
        if not self.instance or config.instance != self.instance:
            raise AnotherDaemon(f"What answers at {base} is another daemon.")
        self._checked.add(base)
        return config

    @abstractmethod
    async def close(self) -> None:
        """Close the connections that are kept for the next request."""

    async def settle(self) -> Config:
        """
        Find the best address that answers, by what the first one that does tells of the others.

        @raise AnotherDaemon: when it is not the one that is known by its instance.
        @raise Elsewhere: when it may be reached, but only where no token is sent.
        """
        home, config = await self._home()
        told = list(dict.fromkeys([*_bases(config.urls), *self.given, *self._others]))
        self.bases = [base for base in told if base in self.given or self._isSafe(base)]
        self.elsewhere = [base for base in told if base not in self.bases]
        for number, base in enumerate(self.bases):
            self._current = number
            if base == home:
                break
            try:
                return await (self._config(base) if base in self.given else self._same(base))
            except ClientError:
                continue
        return config

    async def _home(self) -> tuple[str, Config]:
        """The first address that answers, of those that the user has named if one does."""
        problem: ClientError | None = None
        for base in self.given:
            try:
                config = await self._config(base)
            except ClientError as error:
                problem = problem or error
                continue
            self._recognize(base, config)
            return base, config
        for base in filter(self._isSafe, self._others):
            try:
                return base, await self._same(base)
            except ClientError:
                continue
        assert problem is not None
        unsafe = [base for base in self._others if not self._isSafe(base)]
        if unsafe and isinstance(problem, Unreachable):
            raise Elsewhere(str(problem), unsafe) from problem
        raise problem

    def _recognize(self, base: str, config: Config) -> None:
        if self.instance and config.instance != self.instance:
            raise AnotherDaemon(f"What answers at {base} is another daemon than before.")
        self.instance = config.instance

    def _isSafe(self, base: str) -> bool:
        """
        Whether a token may go to an address that the user has not named: nobody can read it on
        its way there, and it is not less safe than what the user has named.
        """
        if base.startswith("https:"):
            return True
        return isLoopback(base) and not any(each.startswith("https:") for each in self.given)

    async def _config(self, base: str) -> Config:
        try:
            data = await self._send("GET", base, "config", None, 0.0)
        except NotFound as error:
            raise BadAnswer(f"There is no daemon at {base}, but there may be above.") from error
        # Of a newer daemon all else may be different.
        version = decoded(data, _Version, base).apiVersion
        if version > apiVersion:
            raise NewerDaemon(
                f"The daemon at {base} speaks version {version} of the API, and "
                f"this client knows {apiVersion}: upgrade gamepanel here."
            )
        return decoded(data, Config, base)

    async def _send(
        self, method: str, base: str, name: str, body: bytes | None, patience: float
    ) -> bytes:
        """What an address answers; raises what it refuses with."""
        headers = {"Accept": "application/json"}
        if body is not None:
            headers["Content-Type"] = "application/json"
        if not endpoints[name].isOpen:
            headers |= self.authorization
        request = Request(method, base, name, headers, body)
        reply = await self.exchange(request, requestSeconds + patience)
        if reply.status != 200:
            raise refusal(reply, base)
        return reply.data

    @property
    def authorization(self) -> dict[str, str]:
        """The header with the token, if there is one."""
        return {} if self.token is None else {"Authorization": f"Bearer {self.token}"}

    async def reached(self) -> str:
        """
        The address that is in use, after it has been seen to be the daemon's.

        @raise NotSent: when it is not.
        """
        await self._check(self.base)
        return self.base

    @abstractmethod
    async def exchange(self, request: Request, seconds: float | None = None) -> Reply:
        """
        Send one request and read its answer; a redirect is not followed.

        @param seconds: how long that may take; None for a file that is sent or fetched, which may
            take as long as something moves.

        @raise ClientError: when there is none, or not all of it.
        """


def _present(message: Message) -> dict[str, Any]:
    """The fields of a request that are not null: what is absent stays so."""
    # Some have other names than Python allows.
    names = zip(message.__struct_fields__, message.__struct_encode_fields__, strict=True)
    fields = {sent: getattr(message, name) for name, sent in names}
    present = {
        name: value
        for name, value in fields.items()
        if value is not UNSET and (value is not None or name in message.nullable)
    }
    for first, second in message.exclusive:
        if second in present and not present[first]:
            # It was not given.
            del present[first]
    return present
