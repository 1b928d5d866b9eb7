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
"""Its addresses hold an IPv4 address in their last 32 bits (RFC 6052)."""

_GLOBAL_UNICAST: Final = ipaddress.IPv6Network("2000::/3")
"""All other IPv6 is reserved, local, multicast or another way to write an IPv4 address."""

# IANA's registry of special purposes, IPv4; 192.0.0.192 is in it, where Oracle's cloud has its
# metadata. IPv6: protocol assignments with Teredo, 6to4 (both lead to any IPv4 address),
# documentation, AS112. The last: metadata and agents of Azure, which each machine there reaches.
_names: Final = """
    0.0.0.0/8 10.0.0.0/8 100.64.0.0/10 127.0.0.0/8 169.254.0.0/16 172.16.0.0/12 192.0.0.0/24
    192.0.2.0/24 192.31.196.0/24 192.52.193.0/24 192.88.99.0/24 192.168.0.0/16 192.175.48.0/24
    198.18.0.0/15 198.51.100.0/24 203.0.113.0/24 224.0.0.0/4 240.0.0.0/4
    2001::/23 2001:db8::/32 2002::/16 3fff::/20 2620:4f:8000::/48
    168.63.129.16/32
"""
_special: Final[tuple[Network, ...]] = tuple(map(ipaddress.ip_network, _names.split()))
"""
Networks that are not of the internet, or lead elsewhere: an own list, since Python's differs from
release to release (3.11.9 takes 192.0.0.192 for global).
"""


def plain(address: Address) -> Address:
    """The IPv4 address where an IPv6 address is but another way to write one."""
    if isinstance(address, ipaddress.IPv6Address) and address in _MAPPED:
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return address


def isPublic(address: Address) -> bool:
    """Whether an address belongs to the internet, and to one host there."""
    address = plain(address)
    if isinstance(address, ipaddress.IPv6Address) and address in _NAT64:
        # Where there is no IPv4, all that has no other address is reached by one of those.
        return isPublic(ipaddress.IPv4Address(int(address) & 0xFFFFFFFF))
    if isinstance(address, ipaddress.IPv6Address) and address not in _GLOBAL_UNICAST:
        return False
    return not any(address in network for network in _special)


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

        @param text: as C{socket.getaddrinfo} gives it; what is no address may not.
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
