"""
From where a request comes, also through a reverse proxy.
"""

import ipaddress
import re
from collections.abc import Callable
from functools import lru_cache
from typing import Any, Final

from attrs import field, frozen
from msgspec import Struct
from twisted.internet.interfaces import IAddress
from twisted.web.iweb import IRequest

from gamepanel.accounts.networks import addressOf
from gamepanel.accounts.throttle import Buckets
from gamepanel.host.netlink import ownerOf
from gamepanel.web.http.request import once

requestRate: Final = 200.0
requestBurst: Final = 2000.0
"""Requests of one address: so many at once, then each second."""

bytesRate: Final = 256 * 1024.0
bytesBurst: Final = 8 * 1024 * 1024.0
"""Bytes of bodies of one address, likewise."""

loopback: Final = "127.0.0.1"
"""The source that all connections over the loopback interface are, whatever their address."""

_WITH_PORT: Final = re.compile(r"\[([0-9A-Fa-f:.]+)\](?::\d+)?|([0-9.]+):\d+")

_NETWORK_BITS: Final = 64
"""What one subscriber has of IPv6 is one address to us (RFC 6177)."""


@lru_cache(maxsize=1024)
def sourceOf(address: str) -> str:
    """
    What counts as one when it is about limits: an IPv4 address, a network of IPv6, or L{loopback}:
    any program of this host has all of 127.0.0.0/8 and ::1.

    @param address: as a connection has it; empty for a UNIX socket.
    """
    found = addressOf(address)
    if found is None:
        return address
    if found.is_loopback:
        return loopback
    if isinstance(found, ipaddress.IPv4Address):
        return str(found)
    return str(ipaddress.ip_network((found, _NETWORK_BITS), strict=False))


@lru_cache(maxsize=1024)
def isLocal(address: str) -> bool:
    """Whether this is our own host; at the other end of a UNIX socket there is no other."""
    return sourceOf(address) in ("", loopback)


@lru_cache(maxsize=1024)
def _spelled(address: str) -> str:
    """One spelling for all, or nothing if it is no address; some proxies tell a port, too."""
    match = _WITH_PORT.fullmatch(address.strip())
    bare = address.strip() if match is None else match[1] or match[2]
    return str(addressOf(bare) or "")


def hostOf(peer: IAddress) -> str:
    """The address of the other end of a connection; all UNIX sockets have the same."""
    return str(getattr(peer, "host", ""))


class Peer(Struct, frozen=True):
    """
    The other end of a connection.

    @ivar source: what it counts as where there are limits, see L{sourceOf}.
    @ivar isOurs: whether it is on our own host, or a trusted proxy.
    @ivar game: what it counts as where there are rates, if it is a game: its user.
    """

    source: str
    isOurs: bool
    game: str = ""


@frozen
class ClientAddresses:
    """
    Tells where requests come from.

    @ivar proxies: addresses of reverse proxies whose word counts; nothing stands for all that
        come over a UNIX socket.
    @ivar isGame: whether a user id is that of games; None where they have none of their own.
    """

    proxies: frozenset[str] = frozenset()
    isGame: Callable[[int], bool] | None = None
    _requests: Buckets = field(factory=lambda: Buckets(requestRate, requestBurst))
    _bytes: Buckets = field(factory=lambda: Buckets(bytesRate, bytesBurst))

    def isProxy(self, address: str) -> bool:
        """Whether a connection from there comes for many."""
        return _spelled(address) in self.proxies

    def peer(self, address: IAddress, ours: IAddress) -> Peer:
        """
        The other end of a connection; a proxy is no neighbour of those in its network.

        @param ours: this end.
        """
        host = hostOf(address)
        if isLocal(host):
            return Peer(sourceOf(host), isOurs=True, game=self._gameAt(address, ours))
        if self.isProxy(host):
            return Peer(host, isOurs=True)
        return Peer(sourceOf(host), isOurs=False)

    def _gameAt(self, address: Any, ours: Any) -> str:
        if self.isGame is None or not hostOf(address):
            return ""
        user = ownerOf((address.host, address.port), (ours.host, ours.port))
        return f"user {user}" if user is not None and self.isGame(user) else ""

    def address(self, request: IRequest) -> str:
        """The client's address: that a proxy of ours tells last, or the connection's."""
        return once(request, "address", self._address)

    def _address(self, request: IRequest) -> str:
        peer = hostOf(request.getClientAddress())
        told = _last(request, b"X-Forwarded-For") if self.isProxy(peer) else ""
        # What the proxy got it from may be anything.
        return _spelled(told) or peer

    def isSecure(self, request: IRequest) -> bool:
        """Whether nobody on the way could read this: by TLS to us, or to a proxy of ours."""
        if self.isProxy(hostOf(request.getClientAddress())):
            told = _last(request, b"X-Forwarded-Proto")
            if told:
                return told.lower() == "https"
        return bool(request.isSecure())

    def admit(self, request: IRequest, now: float, game: str = "") -> None:
        """
        @param now: in seconds, by a clock that nobody sets.
        @param game: see L{Peer}.

        @raise TooManyRequests: when there have been too many from there; our own host, its games
            aside, and a proxy itself have no limit.
        """
        payer = self._payer(request, game)
        if payer:
            self._requests.take(payer, now)

    def admitBytes(self, request: IRequest, length: int, now: float, game: str = "") -> None:
        """
        @param length: of a body, or of a part of it, in bytes.
        @param now: as above.
        @param game: as above.

        @raise TooManyRequests: when too many bytes have come from there, likewise.
        """
        payer = self._payer(request, game) if length else ""
        if payer:
            self._bytes.take(payer, now, length)

    def _payer(self, request: IRequest, game: str) -> str:
        """What a request counts for where there are rates; nothing where there are none."""
        if game:
            # Whatever it says of itself.
            return game
        address = self.address(request)
        return "" if isLocal(address) or self.isProxy(address) else sourceOf(address)


def _last(request: IRequest, name: bytes) -> str:
    """What the last hop has added to a list in a header."""
    values = request.requestHeaders.getRawHeaders(name, [])
    return str(values[-1].decode("latin-1").rpartition(",")[2].strip()) if values else ""
