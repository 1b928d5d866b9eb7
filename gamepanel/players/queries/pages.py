"""
Asks games that serve a page of numbers over HTTP.
"""

import re
from collections.abc import Awaitable, Callable, Mapping
from functools import lru_cache
from math import isfinite
from typing import Any, Final

import msgspec

import gamepanel
from gamepanel.games.query import Asking
from gamepanel.players.queries.bounds import Bounds, KiB, bounds
from gamepanel.players.queries.messages import Answer, answerOf
from gamepanel.players.queries.packets import WrongAnswer, strict
from gamepanel.players.queries.sockets import stream
from gamepanel.wire.decoding import undecodable

maxPageBytes: Final = 1024 * KiB
"""A longer page is no answer."""

maxHeadBytes: Final = 32 * KiB
"""What stands before it is not longer."""

_STATUS: Final = re.compile(rb"HTTP/1\.[01] 200(?: |\r\n)")
_LENGTH: Final = re.compile(rb"\r\ncontent-length:[ \t]*([0-9]{1,10})[ \t]*\r\n", re.IGNORECASE)
_ENCODED: Final = re.compile(rb"\r\n(?:transfer|content)-encoding:", re.IGNORECASE)


async def page(asking: Asking) -> bytes:
    """
    The page, if it is there at once: no redirect is followed.

    @raise WrongAnswer: when it is not.
    """
    bounds.set(Bounds(most=maxPageBytes + maxHeadBytes))
    async with stream(asking.host, asking.port) as (reader, writer):
        writer.write(request(asking))
        head = await reader.readuntil(b"\r\n\r\n")
        length = bodyLength(head)
        if length is not None:
            return await reader.readexactly(length)
        body = await reader.read(-1)
    if len(body) > maxPageBytes:
        raise WrongAnswer("the page is too long")
    return body


def request(asking: Asking) -> bytes:
    """What is sent: HTTP/1.0, so that the page comes in one piece and the connection ends."""
    host = f"[{asking.host}]" if ":" in asking.host else asking.host
    lines = (
        f"GET {asking.path} HTTP/1.0",
        f"Host: {host}:{asking.port}",
        f"User-Agent: gamepanel/{gamepanel.__version__}",
        "Accept: */*",
        "Connection: close",
    )
    return "".join(f"{line}\r\n" for line in (*lines, "")).encode("ascii")


def bodyLength(head: bytes) -> int | None:
    """
    How long a page is.

    @param head: what stands before it.

    @return: None: as long as anything comes.

    @raise WrongAnswer: when no page follows.
    """
    if not _STATUS.match(head):
        raise WrongAnswer("the page is not there")
    if _ENCODED.search(head):
        raise WrongAnswer("the page is encoded")
    found = _LENGTH.search(head)
    if found is None:
        return None
    length = int(found[1])
    if length > maxPageBytes:
        raise WrongAnswer("the page is too long")
    return length


@lru_cache(maxsize=256)
def _expression(text: str) -> Any:
    import jmespath

    return jmespath.compile(text)


def _count(value: object) -> int:
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if not isinstance(value, int) or isinstance(value, bool):
        raise WrongAnswer("it has no number where one belongs")
    return value


@strict
def jsonAnswer(asking: Asking, body: bytes) -> Answer:
    """What a page of JSON says."""
    from jmespath.exceptions import JMESPathError

    try:
        document = msgspec.json.decode(body)
        online, most, names = (
            _expression(text).search(document) if isinstance(text, str) else None
            for text in (asking.online, asking.max, asking.names)
        )
    except (*undecodable, JMESPathError, TypeError) as error:
        raise WrongAnswer("it is no JSON that its type can read") from error
    if names is not None and not (
        isinstance(names, list) and all(isinstance(each, str) for each in names)
    ):
        raise WrongAnswer("its names are no texts")
    return answerOf(_count(online), None if most is None else _count(most), names)


@strict
def metricsAnswer(asking: Asking, body: bytes) -> Answer:
    """What a page of Prometheus metrics says: all values of a name are added up."""
    text = body.decode()
    online = _metric(text, asking.online or "")
    if online is None:
        raise WrongAnswer("there is no such metric")
    most = None if asking.max is None else _metric(text, asking.max)
    return answerOf(online, most)


def _metric(text: str, name: str) -> int | None:
    total, isThere = 0.0, False
    for line in text.split("\n"):
        rest = line.removeprefix(name)
        if len(rest) == len(line) or rest[:1] not in ("{", " ", "\t"):
            continue
        words = rest.rpartition("}")[2].split()
        total, isThere = total + float(words[0]), True
    if not isfinite(total):
        raise WrongAnswer("its number is none")
    return round(total) if isThere else None


def _asks(parse: Callable[[Asking, bytes], Answer]) -> Callable[[Asking], Awaitable[Answer]]:
    async def ask(asking: Asking) -> Answer:
        return parse(asking, await page(asking))

    return ask


pageProtocols: Final[Mapping[str, Callable[[Asking], Awaitable[Answer]]]] = {
    "http-json": _asks(jsonAnswer),
    "http-metrics": _asks(metricsAnswer),
}
"""By the words of type files."""
