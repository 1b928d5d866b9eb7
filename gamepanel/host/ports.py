"""
The ports of this host: whether one is taken, and whether some process holds it.

All of it asks the kernel and reads C{/proc}: call it in a thread.
"""

import errno
import os
import re
import socket
from collections.abc import Collection, Iterable, Iterator
from ipaddress import ip_address
from itertools import islice
from typing import Final, Literal

from msgspec import Struct

Protocol = Literal["tcp", "udp"]

everyAddress: Final = ("0.0.0.0", "::")  # noqa: S104 (looked at, never listened on)
"""What most programs bind to: all addresses of both families."""

maxDescriptors: Final = 20_000
"""So many open files of a process are looked at; one that has more keeps them to itself."""

_LISTENING: Final = "0A"
"""State of a TCP socket that takes connections, see C{include/net/tcp_states.h}."""

_LEAVING: Final = frozenset(("04", "05", "06", "09", "0B"))
"""States of TCP connections that no process may have any more: FIN_WAIT1 and 2, TIME_WAIT, …"""


class Port(Struct, frozen=True):
    """
    A port that a server wants.

    @ivar number: from 1 to 65535.
    @ivar protocols: C{"udp"}, C{"tcp"}.
    """

    number: int
    protocols: frozenset[Protocol]

    def overlaps(self, other: "Port") -> bool:
        """Whether no two programs can have both."""
        return self.number == other.number and bool(self.protocols & other.protocols)

    def __str__(self) -> str:
        names = " and ".join(sorted(protocol.upper() for protocol in self.protocols))
        return f"{self.number} ({names})"


def taken(port: Port, addresses: Collection[str] = everyAddress) -> Port | None:
    """
    What of a port a program that binds it now would not get; None if nothing is known
    to be in its way.

    @param addresses: what it would bind to.
    """
    protocols = frozenset(
        protocol
        for protocol in port.protocols
        if any(_isTaken(port.number, protocol, address) for address in addresses)
    )
    return Port(port.number, protocols) if protocols else None


def firstTaken(wanted: Iterable[Port], addresses: Collection[str] = everyAddress) -> Port | None:
    """The first of some ports that is taken, if one is; see L{taken}."""
    return next(filter(None, (taken(port, addresses) for port in wanted)), None)


def _isTaken(number: int, protocol: Protocol, address: str) -> bool:
    isV6 = ip_address(address).version == 6
    family = socket.AF_INET6 if isV6 else socket.AF_INET
    kind = socket.SOCK_STREAM if protocol == "tcp" else socket.SOCK_DGRAM
    try:
        with socket.socket(family, kind) as probe:
            if protocol == "tcp":
                # Else connections of an earlier run that linger in TIME_WAIT say no. For
                # UDP the same option would say yes to what is taken.
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if isV6:
                probe.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            probe.bind((address, number))
    except OSError as error:
        # What we may not bind, or an address that this host lacks, tells nothing.
        return error.errno == errno.EADDRINUSE and not _onlyLeaves(number, protocol)
    return False


def _onlyLeaves(number: int, protocol: Protocol) -> bool:
    """
    Whether all that is left at a port are connections that end: they are in the way of
    our option, too, when the program that had them did not use it. No process has the port.
    """
    if protocol != "tcp":
        return False
    try:
        states = {state for state, _ in _sockets(number, protocol)}
    except OSError:
        return False
    return bool(states) and states <= _LEAVING


def isHeld(port: Port, processes: Iterable[int]) -> bool | None:
    """
    Whether some process takes connections or datagrams at a port, in one of its protocols.

    @param processes: their numbers; no more of them are asked for than needed.

    @return: None when it can't be known, since a process keeps its open files to itself.
    """
    try:
        wanted = {
            f"socket:[{inode}]"
            for protocol in port.protocols
            for state, inode in _sockets(port.number, protocol)
            if protocol == "udp" or state == _LISTENING
        }
    except OSError:
        return None
    if not wanted:
        return False
    isKnown = True
    for process in processes:
        held = _holdsAny(process, wanted)
        if held:
            return True
        isKnown = isKnown and held is not None
    return False if isKnown else None


def _holdsAny(process: int, wanted: Collection[str]) -> bool | None:
    root = f"/proc/{process}/fd"
    try:
        with os.scandir(root) as entries:
            for count, entry in enumerate(islice(entries, maxDescriptors + 1)):
                if count == maxDescriptors:
                    return None
                if _target(f"{root}/{entry.name}") in wanted:
                    return True
    except PermissionError:
        return None
    except OSError:
        # It has ended.
        return False
    return False


def _target(link: str) -> str | None:
    try:
        return os.readlink(link)
    except OSError:
        return None


def _sockets(number: int, protocol: Protocol) -> Iterator[tuple[str, str]]:
    """
    State and inode of each socket that is bound to a port. Source: C{proc_net_tcp(5)} and
    C{Documentation/networking/proc_net_tcp.rst} of the kernel; the others look the same.

    @raise OSError: when the kernel does not tell.
    """
    row = re.compile(
        rf"^\s*\d+: [0-9A-F]+:{number:04X} \S+ ([0-9A-F]{{2}}) \S+ \S+ \S+ +\d+ +\d+ (\d+)", re.M
    )
    for name in (protocol, f"{protocol}6"):
        try:
            with open(f"/proc/net/{name}") as table:
                yield from row.findall(table.read())
        except FileNotFoundError:
            # A kernel without this family.
            continue
