"""
What is looked at before a request is: from where it claims to come, where it
wants to go, and how large it is. All of it is known when its header is.
"""

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Final

from msgspec import Struct, field
from twisted.internet.address import IPv4Address, IPv6Address
from twisted.internet.interfaces import IAddress
from twisted.web.iweb import IRequest

from gamepanel.accounts.networks import addressOf
from gamepanel.base.errors import (
    BadRequest,
    HostRefused,
    MethodNotAllowed,
    NotFound,
    OriginRefused,
    TooLarge,
    UnsupportedMediaType,
)
from gamepanel.web.http.addresses import ClientAddresses
from gamepanel.web.http.largebody import plainBytes
from gamepanel.wire.causes import because

_HOST: Final = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+)(?::([0-9]{0,5}))?")
_JSON: Final = re.compile(rb'application/json(\s*;\s*charset="?utf-8"?)?\s*', re.IGNORECASE)
_FILE: Final = re.compile(rb"application/octet-stream\s*", re.IGNORECASE)
_EXPOSED: Final = (b"Access-Control-Expose-Headers", b"Retry-After, WWW-Authenticate")
preflight: Final = (
    (b"Access-Control-Allow-Methods", b"GET, HEAD, POST"),
    (b"Access-Control-Allow-Headers", b"Authorization, Content-Type, Last-Event-ID"),
    (b"Access-Control-Max-Age", b"600"),
)
"""What is told in advance to pages of an allowed origin."""

_DEFAULT_PORTS: Final = {"http": 80, "https": 443}


class Route(Struct, frozen=True):
    """
    What is known of a path.

    @ivar methods: that it takes.
    @ivar maxBody: in bytes.
    @ivar isPage: whether it is the page for people or a part of it.
    @ivar takesFile: whether its body is a file, of a length that is told before.
    @ivar isSlow: whether its body may come for as long as it takes, see
        L{gamepanel.web.http.largebody}.
    """

    methods: tuple[str, ...]
    maxBody: int
    isPage: bool = False
    takesFile: bool = False
    isSlow: bool = False

    def handsOver(self, length: int | None) -> bool:
        """
        Whether a body is not read before its request is answered, see
        L{gamepanel.web.http.largebody}.

        @param length: in bytes; None when nobody knows yet.
        """
        return length is not None and (self.takesFile or length > plainBytes)


class Admission(Struct, frozen=True):
    """
    Decides what is let in.

    @ivar routes: all paths that there are.
    @ivar addresses: tell from where and how requests come.
    @ivar names: host names that are ours, with any port.
    @ivar origins: of pages that may use the API although they are not ours.
    """

    routes: Mapping[bytes, Route]
    addresses: ClientAddresses = field(default_factory=ClientAddresses)
    names: frozenset[str] = frozenset()
    origins: frozenset[str] = frozenset()

    def check(self, request: IRequest, path: bytes, method: bytes, length: int | None) -> None:
        """
        @param path: without the query.
        @param length: of the body; None when nobody knows yet.

        @raise PanelError: the first of the contract's checks that fails.
        """
        ours = request.getHost()
        self._checkHost(request, ours)
        route = self.routes.get(path)
        if route is None:
            raise NotFound()
        verb = method.decode("ascii", "replace")
        if verb == "OPTIONS" and self.corsHeaders(request):
            return
        if verb not in route.methods:
            raise MethodNotAllowed()
        self._checkOrigin(request, ours, route.isPage)
        if verb == "POST" and length != 0:
            _checkMediaType(request, _FILE if route.takesFile else _JSON)
        if route.takesFile and not request.requestHeaders.hasHeader(b"Content-Length"):
            raise BadRequest(because("no_length"))
        if length is not None and length > route.maxBody:
            raise TooLarge()

    def handsOver(self, path: bytes, length: int | None) -> bool:
        """See L{Route.handsOver}; no page does."""
        route = self.routes.get(path)
        return route is not None and route.handsOver(length)

    def isSlow(self, path: bytes) -> bool:
        """Whether the body of a request to a path may be slow."""
        route = self.routes.get(path)
        return route is not None and route.isSlow

    def allow(self, path: bytes) -> tuple[str, ...]:
        """The methods that a path takes."""
        route = self.routes.get(path)
        return () if route is None else route.methods

    def corsHeaders(self, request: IRequest) -> list[tuple[bytes, bytes]]:
        """The headers by which pages of an allowed origin may read an answer; none for others."""
        for origin in request.requestHeaders.getRawHeaders(b"Origin", []):
            if origin.decode("latin-1") in self.origins:
                return [(b"Access-Control-Allow-Origin", origin), (b"Vary", b"Origin"), _EXPOSED]
        return []

    def _checkHost(self, request: IRequest, ours: IAddress) -> None:
        hosts = request.requestHeaders.getRawHeaders(b"Host", [])
        if len(hosts) != 1:
            raise BadRequest(because("not_one_host"))
        match = _HOST.fullmatch(hosts[0].decode("latin-1"))
        if match is None:
            raise BadRequest(because("bad_host"))
        name, port = match.groups()
        if not self._isOurs(name, int(port) if port else None, ours):
            raise HostRefused()

    def _isOurs(self, name: str, port: int | None, ours: IAddress) -> bool:
        name = name.lower().removesuffix(".")
        if name in self.names:
            return True
        if not isinstance(ours, IPv4Address | IPv6Address):
            # A UNIX socket has no port to compare with.
            return _isLoopback(name)
        if port != ours.port and not (port is None and ours.port in _DEFAULT_PORTS.values()):
            return False
        return _isLoopback(name) or _address(name) == _address(ours.host)

    def _checkOrigin(self, request: IRequest, ours: IAddress, isPage: bool) -> None:
        headers = request.requestHeaders
        origins = headers.getRawHeaders(b"Origin", [])
        isSecure = self.addresses.isSecure(request)
        if not all(self._originIsOurs(o.decode("latin-1"), ours, isSecure) for o in origins):
            raise OriginRefused()
        # A person who follows a link to the page comes from elsewhere.
        navigates = isPage and b"navigate" in headers.getRawHeaders(b"Sec-Fetch-Mode", [])
        if navigates:
            return
        if not origins and b"cross-site" in headers.getRawHeaders(b"Sec-Fetch-Site", []):
            raise OriginRefused()

    def _originIsOurs(self, origin: str, ours: IAddress, isSecure: bool) -> bool:
        if origin in self.origins:
            return True
        scheme, separator, host = origin.partition("://")
        match = _HOST.fullmatch(host)
        if not separator or match is None or scheme not in _DEFAULT_PORTS:
            return False
        if isSecure and scheme == "http":
            # A page that others can change on its way is not ours.
            return False
        name, port = match.groups()
        return self._isOurs(name, int(port) if port else _DEFAULT_PORTS[scheme], ours)


@lru_cache(maxsize=64)
def _address(name: str) -> str:
    """One spelling of an IP address for all, or the name as it is."""
    return str(addressOf(name.strip("[]")) or name)


@lru_cache(maxsize=64)
def _isLoopback(name: str) -> bool:
    found = addressOf(name.strip("[]"))
    return name == "localhost" or (found is not None and found.is_loopback)


def _checkMediaType(request: IRequest, wanted: "re.Pattern[bytes]") -> None:
    headers = request.requestHeaders
    types = headers.getRawHeaders(b"Content-Type", [])
    if len(types) != 1 or not wanted.fullmatch(types[0]):
        raise UnsupportedMediaType(None if wanted is _JSON else because("not_octets"))
    if headers.hasHeader(b"Content-Encoding"):
        raise UnsupportedMediaType()
