"""
What counts as one where there are limits: an IPv4 address, and networks of IPv6.

One subscriber has a whole network of IPv6, and may have many (RFC 6177: from /64 to /48). So what
one /64 may do is bounded for the /56 and the /48 around it, too, with some more room for
neighbours.
"""

import ipaddress
from collections import Counter
from functools import lru_cache
from typing import Final

from attrs import Factory, define

_wider: Final = ((56, 2), (48, 4))
"""Networks around a /64, and how many times as much each may have."""


def addressOf(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """
    An IP address, without its scope: that of IPv4 where it is mapped into IPv6.

    @return: None when it is none.
    """
    try:
        found = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return None
    return getattr(found, "ipv4_mapped", None) or found


@lru_cache(maxsize=4096)
def networksOf(source: str) -> tuple[tuple[str, int], ...]:
    """
    All that a source counts for, and how many times as much as a single one each may have.

    @param source: an IPv4 address, or a /64 of IPv6 as C{2001:db8::/64}; anything else counts for
        itself alone.
    """
    try:
        network = ipaddress.IPv6Network(source)
    except ValueError:
        return ((source, 1),)
    if network.prefixlen != 64:
        return ((source, 1),)
    wider = [(str(network.supernet(new_prefix=bits)), times) for bits, times in _wider]
    return ((source, 1), *wider)


@define
class Quotas:
    """
    How much each source, and each network that it is in, has at the moment.

    @ivar most: of one source.
    """

    most: int
    _taken: Counter[str] = Factory(Counter)

    def isFull(self, source: str) -> bool:
        """Whether a source may have no more."""
        return any(self._taken[name] >= self.most * times for name, times in networksOf(source))

    def take(self, source: str) -> None:
        """It has one more, whether there is room or not."""
        for name, _ in networksOf(source):
            self._taken[name] += 1

    def give(self, source: str) -> None:
        """It has one less."""
        for name, _ in networksOf(source):
            self._taken[name] -= 1
            if not self._taken[name]:
                del self._taken[name]

    def share(self, source: str) -> float:
        """How much it has of what it may, where it has most: over 1 is too much."""
        found = networksOf(source)
        return max(self._taken[name] / (self.most * times) for name, times in found)
