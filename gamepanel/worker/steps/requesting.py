"""
Asks sources on the internet: through mirrors, along redirects, again where that may help; for how
long, and how much is taken, is bounded.
"""

import re
import ssl
import time
from collections.abc import Callable
from functools import cached_property
from typing import Any, Final, TypeVar
from urllib.parse import quote, urljoin, urlsplit

import msgspec
from attrs import frozen

from gamepanel import __version__
from gamepanel.base.backoff import backoff
from gamepanel.games.installvalues import Unfit, checkUrl
from gamepanel.host.publicaddresses import AddressPolicy, ownAddresses, parseNetwork
from gamepanel.jobs.report import Failed
from gamepanel.wire.causes import because
from gamepanel.wire.decoding import undecodable
from gamepanel.worker.steps.connecting import (
    Answer,
    Broken,
    Refused,
    Resolve,
    ask,
    connect,
    resolve,
)
from gamepanel.worker.steps.task import Sources

maxRedirects: Final = 5

homepage: Final = "https://pypi.org/project/gamepanel/"
"""Where one can read who we are."""

_GITHUB: Final = "api.github.com"
_SAFE: Final = ":/?#[]@!$&'()*+,;=%~"

MiB: Final = 1024 * 1024

T = TypeVar("T")


@frozen
class Patience:
    """
    Bounds of what is fetched; times are in seconds.

    @ivar connect: for a connection, TLS included.
    @ivar head: for the head of an answer.
    @ivar document: for a whole document.
    @ivar stall: in which at least C{stallBytes} of a file must come, or the rest of it.
    @ivar tries: how often something is tried.
    @ivar pause: before the second try; twice that before the third, and so on.
    @ivar documentBytes: a document may have so many.
    @ivar fileBytes: a file may have so many.
    @ivar freeBytes: so many must stay free on the disk.
    """

    connect: float = 20.0
    head: float = 60.0
    document: float = 180.0
    stall: float = 60.0
    stallBytes: int = 64 * 1024
    tries: int = 5
    pause: float = 1.0
    documentBytes: int = 32 * MiB
    fileBytes: int = 256 * 1024 * MiB
    freeBytes: int = 64 * MiB


usual: Final = Patience()
"""How patient we are where nobody says otherwise."""


def mirrored(url: str, mirrors: tuple[tuple[str, str], ...]) -> tuple[str, tuple[str, str] | None]:
    """
    Where something is fetched from instead.

    @return: the address, and the mirror that it leads to, if there is one: that with the longest
        beginning in common.
    """
    fitting = [(start, to) for start, to in mirrors if _begins(url, start)]
    if not fitting:
        return url, None
    mirror = max(fitting, key=lambda pair: len(pair[0]))
    return mirror[1] + url.removeprefix(mirror[0]), mirror


def _begins(url: str, start: str) -> bool:
    """Whether an address begins with another, to the end of one of its parts."""
    if not url.startswith(start):
        return False
    return start.endswith("/") or url[len(start) : len(start) + 1] in ("", "/", "?")


def redirected(url: str, location: str, mirror: tuple[str, str] | None) -> str:
    """
    The address that a redirect leads to.

    @param url: where it comes from, without mirrors.
    @param location: what it says.
    @param mirror: the one that it came from; what it says of itself means the original.

    @raise Refused: when it may not be followed.
    """
    try:
        found = urljoin(url, quote(location, safe=_SAFE))
        if mirror is not None and _begins(found, mirror[1]):
            found = mirror[0] + found.removeprefix(mirror[1])
        found = checkUrl(found.partition("#")[0])
    except (Unfit, ValueError) as error:
        raise Refused(because("redirected_badly", error=str(error))) from error
    if urlsplit(url).scheme == "https" and urlsplit(found).scheme != "https":
        raise Refused(because("redirected_to_http"))
    return found


def shown(url: str) -> str:
    """An address without what may be secret, for people."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}{parts.path}"


class Requests:
    """
    Asks sources.
    """

    def __init__(
        self,
        sources: Sources,
        token: str = "",
        patience: Patience = usual,
        resolve: Resolve = resolve,
        sleep: Callable[[float], object] = time.sleep,
    ) -> None:
        """
        @param token: for GitHub's API; empty if there is none.
        """
        self.patience = patience
        self.sources = sources
        self._token = token
        self._resolve = resolve
        self._sleep = sleep
        self._allowed = tuple(parseNetwork(text) for text in sources.allowed)
        self._agent = f"gamepanel/{__version__} ({sources.contact or homepage})"

    @cached_property
    def _context(self) -> ssl.SSLContext:
        return ssl.create_default_context()

    def open(self, url: str, headers: dict[str, str] | None = None) -> Answer:
        """
        Ask once, and follow redirects.

        @return: what has neither a redirect nor an error; to be closed.

        @raise Refused: when it will not do however often it is tried.
        @raise Broken: when it may do the next time.
        """
        for _ in range(maxRedirects + 1):
            real, mirror = mirrored(url, self.sources.mirrors)
            answer = self._ask(real, url, mirror is not None, headers or {})
            if answer.status not in (301, 302, 303, 307, 308):
                return self._checked(answer)
            location = answer.header("Location")
            answer.close()
            url = redirected(url, location, mirror)
        raise Refused(because("redirected_often", most=maxRedirects))

    def _ask(self, real: str, url: str, isMirror: bool, headers: dict[str, str]) -> Answer:
        parts = urlsplit(real)
        host = parts.hostname or ""
        isSecure = parts.scheme == "https"
        policy = None if isMirror else AddressPolicy(self._allowed, ownAddresses())
        port = parts.port or (443 if isSecure else 80)
        connection = connect(host, port, policy, self.patience.connect, self._resolve)
        own = {"User-Agent": self._agent, "Accept-Encoding": "identity", "Connection": "close"}
        if self._token and isSecure and not isMirror and host == _GITHUB:
            own["Authorization"] = f"Bearer {self._token}"
        return ask(
            connection,
            host,
            port,
            (parts.path or "/") + (f"?{parts.query}" if parts.query else ""),
            {**own, **headers},
            (self.patience.connect, self.patience.head),
            self._context if isSecure else None,
            url,
        )

    def _checked(self, answer: Answer) -> Answer:
        """
        @raise Refused: for what it says when it has not got it.
        @raise Broken: for what it says when it is not well.
        """
        status = answer.status
        coding = answer.header("Content-Encoding").lower()
        # Of what is packed itself, some servers say that it is so on the way only.
        isPacked = urlsplit(answer.url).path.endswith((".gz", ".tgz"))
        plain = ("", "identity", *(("gzip", "x-gzip") if isPacked else ()))
        if status in (200, 206, 304, 416) and coding in plain:
            return answer
        answer.close()
        host = urlsplit(answer.url).hostname
        if status in (200, 206):
            raise Refused(because("sent_packed", host=host))
        if status in (403, 429) and answer.header("x-ratelimit-remaining") == "0":
            raise Refused(because("asked_too_often", host=host, status=status))
        words = because("host_answers", host=host, status=status)
        if status in (408, 425, 429) or status >= 500:
            wait = answer.header("Retry-After")
            raise Broken(words, min(float(wait), 60.0) if re.fullmatch("[0-9]{1,6}", wait) else 0.0)
        raise Refused(words)

    def again(self, do: Callable[[], T]) -> T:
        """
        Do something until it is done, at most so often as we are patient.

        @raise Failed: when it is not.
        """
        patience = self.patience
        for attempt in range(1, patience.tries + 1):
            try:
                return do()
            except Refused as error:
                raise Failed(error.cause) from error
            except Broken as error:
                if attempt == patience.tries:
                    raise Failed(because("tried_often", why=error.cause, count=attempt)) from error
                print(f"{error}; trying again", flush=True)
                self._sleep(max(backoff(attempt - 1, patience.pause), error.after))
        raise AssertionError("unreachable")

    def document(self, url: str, headers: dict[str, str] | None = None) -> tuple[bytes, str]:
        """
        Read a document.

        @return: it, and its ETag; nothing, and that, if it has not changed since.

        @param headers: such as If-None-Match.

        @raise Failed: when it can't be had.
        """
        return self.again(lambda: self._document(url, headers))

    def _document(self, url: str, headers: dict[str, str] | None) -> tuple[bytes, str]:
        most = self.patience.documentBytes
        with self.open(url, headers) as answer:
            if answer.status not in (200, 304):
                raise Refused(
                    because("host_answers", host=urlsplit(url).hostname, status=answer.status)
                )
            if (answer.announced or 0) > most:
                raise Refused(because("document_too_large", most=most))
            answer.within(self.patience.document)
            found = bytearray()
            while data := answer.read():
                found += data
                if len(found) > most:
                    raise Refused(because("document_too_large", most=most))
            return bytes(found), answer.header("ETag")

    def json(self, url: str) -> Any:
        """
        Read a JSON document.

        @raise Failed: when it can't be had, or is none.
        """
        return decoded(self.document(url)[0])


def decoded(data: bytes) -> Any:
    """
    A JSON document.

    @raise Failed: when it is none.
    """
    try:
        return msgspec.json.decode(data)
    except undecodable as error:
        raise Failed(because("document_not_json", error=str(error))) from error
