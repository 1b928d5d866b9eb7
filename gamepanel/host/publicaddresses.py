"""
Which addresses may be reached when somebody else says where: those that are public, never
one of this host, and what the operator allows beside them.
"""

import ipaddress
from typing import Final

from attrs import frozen

from gamepanel.host import netlink

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

_MAPPED: Final = ipaddress.IPv6Network("::ffff:0:0/96")

_NAT64: Final = ipaddress.IPv6Network("64:ff9b::/96")

_EMBEDDED: Final[tuple[tuple[ipaddress.IPv6Network, int], ...]] = (
    # NAT64: the last 32 bits.
    (_NAT64, 0),
    # The same for local use, where the last 32 bits are the most common place.
    (ipaddress.IPv6Network("64:ff9b:1::/48"), 0),
    # 6to4: behind the first 16 bits.
    (ipaddress.IPv6Network("2002::/16"), 80),
    # Such as ::127.0.0.1, which some systems take for the IPv4 address.
    (ipaddress.IPv6Network("::/96"), 0),
)
"""Networks whose addresses hold an IPv4 address, and how many bits are behind that."""

_TEREDO: Final = ipaddress.IPv6Network("2001::/32")


def _held(address: ipaddress.IPv6Address) -> list[ipaddress.IPv4Address]:
    """The IPv4 addresses that an IPv6 address holds."""
    number = int(address)
    found = [
        ipaddress.IPv4Address(number >> behind & 0xFFFFFFFF)
        for network, behind in _EMBEDDED
        if address in network
    ]
    if address in _TEREDO:
        # The server's, and the client's with each bit turned.
        found.append(ipaddress.IPv4Address(number >> 64 & 0xFFFFFFFF))
        found.append(ipaddress.IPv4Address(~number & 0xFFFFFFFF))
    return found


def plain(address: Address) -> Address:
    """The IPv4 address where an IPv6 address is but another way to write one."""
    if isinstance(address, ipaddress.IPv6Address) and address in _MAPPED:
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return address


def isPublic(address: Address) -> bool:
    """Whether an address belongs to the internet, and to one host there."""
    address = plain(address)
    if not address.is_global or address.is_multicast:
        return False
    if isinstance(address, ipaddress.IPv4Address):
        return not address.is_reserved
    # Where there is no IPv4, all that has no other address is reached by one of those.
    if address.is_reserved and address not in _NAT64:
        return False
    return not address.is_site_local and all(isPublic(held) for held in _held(address))


@frozen
class AddressPolicy:
    """
    Where may be gone to.

    @ivar allowed: networks that may be reached whatever they are.
    @ivar own: addresses of this host.
    """

    allowed: tuple[Network, ...] = ()
    own: frozenset[Address] = frozenset()

    def permits(self, text: str) -> bool:
        """
        Whether an address may be connected to.

        @param text: as L{socket.getaddrinfo} gives it; what is no address may not.
        """
        try:
            address = plain(ipaddress.ip_address(text))
        except ValueError:
            return False
        if any(address in network for network in self.allowed):
            return True
        return isPublic(address) and address not in self.own


def ownAddresses() -> frozenset[Address]:
    """
    Addresses that this host has now.

    @raise OSError: when the kernel does not say.
    """
    return frozenset(plain(ipaddress.ip_address(each)) for each in netlink.addresses())


def parseNetwork(text: str) -> Network:
    """
    A network such as C{10.0.0.0/8}, or an address.

    @raise ValueError: when it is none.
    """
    return ipaddress.ip_network(text)
