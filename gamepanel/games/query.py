"""
How a type's servers are asked whether they are well and who plays: the table C{[query]}.
"""

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from ipaddress import ip_address
from typing import Annotated, Final, Literal, get_args
from urllib.parse import quote, urlsplit

import msgspec
from msgspec import Meta, Struct

from gamepanel.games.option import Option, Table
from gamepanel.games.template import BadTemplate, Template

GameProtocol = Literal[
    "minecraft",
    "source",
    "quake2",
    "quake3",
    "gamespy3",
    "raknet",
    "unreal2",
    "teamspeak3",
    "openttd",
    "ddnet",
    "teeworlds",
    "armagetron",
    "mumble",
]
"""Protocols of games."""

HttpProtocol = Literal["http-json", "http-metrics"]
"""What games that serve a page of numbers speak."""

QueryProtocol = GameProtocol | HttpProtocol

httpProtocols: Final[frozenset[str]] = frozenset(get_args(HttpProtocol))

nameless: Final = frozenset({"raknet", "openttd", "mumble", "http-metrics"})
"""Protocols whose answers hold no names of players."""

leastSilence: Final = 3
"""A game is not called hung before so many queries have gone unanswered."""

usualSilence: Final = 120.0
"""After so many seconds it is, unless its type says otherwise."""

longestWait: Final = 5.0
"""No answer is waited for longer, in seconds."""

loopbackWords: Final = frozenset({"", "*", "ANY", "localhost"})
"""What else games call all addresses of a host, or its own."""

_METRIC: Final = re.compile(r"[A-Za-z_:][A-Za-z0-9_:]*")
_MAX_EXPRESSION: Final = 1024


class Query(Table, frozen=True):
    """
    How servers of a type are asked.

    @ivar protocol: what they speak.
    @ivar port: the port, or a template of it; None for the first option of type port.
    @ivar host: template of the address, which must be one of this host.
    @ivar url: template of the page, for the protocols of HTTP.
    @ivar online: how many play, there: a JMESPath expression or the name of a metric.
    @ivar max: how many can, likewise.
    @ivar names: whether the names in an answer are all that there are; for C{http-json} a
        JMESPath expression for them.
    @ivar every: seconds between two queries.
    @ivar hungAfter: see L{silence}.
    """

    protocol: QueryProtocol
    port: str | Annotated[int, Meta(ge=1, le=65535)] | None = None
    host: str | None = None
    url: str | None = None
    online: Annotated[str, Meta(max_length=_MAX_EXPRESSION)] | None = None
    max: Annotated[str, Meta(max_length=_MAX_EXPRESSION)] | None = None
    names: bool | Annotated[str, Meta(max_length=_MAX_EXPRESSION)] = False
    every: Annotated[float, Meta(ge=1, le=3600)] = 15.0
    hungAfter: Annotated[float, Meta(ge=0, le=86400)] | None = msgspec.field(
        default=None, name="hung_after"
    )

    @property
    def isHttp(self) -> bool:
        """Whether a page is asked for."""
        return self.protocol in httpProtocols

    @property
    def silence(self) -> float:
        """After how many seconds without an answer a game is called hung; 0: never."""
        if self.hungAfter is None:
            return max(usualSilence, leastSilence * self.every)
        return self.hungAfter


def queryProblems(
    query: Query, placeholders: Collection[str], options: Mapping[str, Option]
) -> Iterator[str]:
    """
    What is wrong with a type's C{[query]}, each with the key that it is about.

    @param placeholders: what the type's templates may name.
    @param options: of the type.
    """
    if query.hungAfter:
        least = max(5.0, leastSilence * query.every)
        if query.hungAfter < least:
            yield f"hung_after: must be 0 or at least {least:g}, three times every"
    yield from _httpProblems(query) if query.isHttp else _gameProblems(query, options)
    if query.names is True and query.protocol in nameless:
        yield f"names: an answer of {query.protocol} holds no names"
    if isinstance(query.names, str) and query.protocol != "http-json":
        yield "names: an expression goes with http-json only"
    for key, text in (("port", query.port), ("host", query.host), ("url", query.url)):
        if isinstance(text, str):
            try:
                Template.parse(text, placeholders)
            except BadTemplate as error:
                yield f"{key}: {error}"


def _gameProblems(query: Query, options: Mapping[str, Option]) -> Iterator[str]:
    for key, text in (("url", query.url), ("online", query.online), ("max", query.max)):
        if text is not None:
            yield f"{key}: goes with http-json and http-metrics only"
    ports = [name for name, option in options.items() if option.type == "port"]
    if query.port is None:
        if not ports:
            yield "port: must be given, since there is no option of type port"
        elif query.protocol == "teamspeak3":
            yield "port: must be given: that of server queries, beside the one for voices"
    elif query.port not in {f"{{{name}}}" for name in ports} and not _isPort(str(query.port)):
        yield "port: must be an option of type port in braces, or a number from 1 to 65535"
    if query.protocol == "teamspeak3" and not ports:
        yield "protocol: teamspeak3 needs an option of type port, which is the one for voices"


def _isPort(text: str) -> bool:
    return text.isascii() and text.isdigit() and 0 < int(text[:6]) < 65536


def _httpProblems(query: Query) -> Iterator[str]:
    for key, text in (("port", query.port), ("host", query.host)):
        if text is not None:
            yield f"{key}: goes into the url of {query.protocol}"
    if query.url is None:
        yield f"url: must be given with {query.protocol}"
    elif not query.url.startswith("http://"):
        yield "url: must begin with http://"
    if query.online is None:
        yield f"online: must be given with {query.protocol}"
    check = _expressionProblem if query.protocol == "http-json" else _metricProblem
    names = query.names if isinstance(query.names, str) else None
    if query.names is True and query.protocol == "http-json":
        yield "names: must be an expression with http-json"
    yield from _each(check, {"online": query.online, "max": query.max, "names": names})


def _each(check: Callable[[str], str | None], texts: Mapping[str, str | None]) -> Iterator[str]:
    for key, text in texts.items():
        problem = None if text is None else check(text)
        if problem is not None:
            yield f"{key}: {problem}"


def _expressionProblem(text: str) -> str | None:
    import jmespath
    from jmespath.exceptions import JMESPathError

    try:
        jmespath.compile(text)
    except (JMESPathError, RecursionError):
        return "not a JMESPath expression"
    return None


def _metricProblem(text: str) -> str | None:
    return None if _METRIC.fullmatch(text) else "not the name of a metric"


class Unaskable(Exception):
    """A server can't be asked as it is set; the text says why."""


class Asking(Struct, frozen=True):
    """
    How one server is asked in one run: what placeholders stand for is filled in.

    @ivar host: an IP address.
    @ivar every: seconds between two queries.
    @ivar silence: see L{Query.silence}.
    @ivar path: of the page that is asked for.
    @ivar voicePort: the main port, where that is another one.
    @ivar online: see L{Query}; the others likewise.
    """

    protocol: QueryProtocol
    host: str
    port: int
    every: float
    silence: float
    path: str = ""
    voicePort: int = 0
    online: str | None = None
    max: str | None = None
    names: bool | str = False

    @property
    def wait(self) -> float:
        """For how long an answer is waited for, in seconds."""
        return min(self.every, longestWait)

    @property
    def hasAllNames(self) -> bool:
        """Whether the names in an answer are all that there are."""
        return self.names is not False


def askingOf(
    query: Query, template: Callable[[str], Template], values: Mapping[str, str], main: str | None
) -> Asking:
    """
    How a server is asked.

    @param template: parses a text of its type.
    @param values: what placeholders stand for.
    @param main: name of the option by which players reach it.

    @raise Unaskable: when it can't be, as it is set.
    """
    mainPort = "" if main is None else values.get(main, "")
    if query.isHttp:
        host, port, path = pageOf(template(query.url or ""), values)
    else:
        host = "" if query.host is None else template(query.host).expand(values)
        text = mainPort if query.port is None else template(str(query.port)).expand(values)
        if not _isPort(text):
            raise Unaskable("its port has no number")
        port, path = int(text), ""
    return Asking(
        protocol=query.protocol,
        host=addressOf(host),
        port=port,
        path=path,
        voicePort=int(mainPort) if _isPort(mainPort) else 0,
        online=query.online,
        max=query.max,
        names=query.names,
        every=query.every,
        silence=query.silence,
    )


def addressOf(host: str) -> str:
    """
    The address at which a game is asked that listens at an address of its settings.

    @raise Unaskable: when that is none.
    """
    if host in loopbackWords:
        return "127.0.0.1"
    try:
        address = ip_address(host.removeprefix("[").removesuffix("]"))
    except ValueError:
        raise Unaskable("its host is no IP address") from None
    if address.is_unspecified:
        return "127.0.0.1" if address.version == 4 else "::1"
    return str(address)


def pageOf(template: Template, values: Mapping[str, str]) -> tuple[str, int, str]:
    """
    Which page is asked for.

    @param template: of its address.
    @param values: what placeholders stand for; no character of theirs has a meaning in an
        address, except in that of a host.

    @return: address of the host, port, and path with its query.

    @raise Unaskable: when that is none.
    """
    url = template.expand({name: quote(text, safe=":") for name, text in values.items()})
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port or 80
    except ValueError:
        raise Unaskable("the address of its page is malformed") from None
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    isPlain = path.isascii() and path.isprintable() and " " not in path
    if parts.scheme != "http" or "@" in parts.netloc or not isPlain:
        raise Unaskable("the address of its page is malformed")
    return host, port, path
