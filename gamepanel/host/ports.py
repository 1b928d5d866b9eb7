"""
The ports of this host: whether one is taken, and whether some process holds it.

All of it asks the kernel and reads C{/proc}: call it in a thread.
"""

import errno
import socket
from collections.abc import Collection, Iterable
from ipaddress import ip_address
from typing import Final

from msgspec import Struct

from gamepanel.host.sockets import Protocol, heldBy, leavingStates, listeningState, socketsAt

everyAddress: Final = ("0.0.0.0", "::")  # noqa: S104 (looked at, never listened on)
"""What most programs bind to: all addresses of both families."""


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
        states = {row.state for row in socketsAt(number, protocol)}
    except OSError:
        return False
    return bool(states) and states <= leavingStates


def isHeld(port: Port, processes: Iterable[int]) -> bool | None:
    """
    Whether some process takes connections or datagrams at a port, in one of its protocols.

    @param processes: their numbers; no more of them are asked for than needed.

    @return: None when it can't be known, since a process keeps its open files to itself.
    """
    try:
        wanted = {
            row.link
            for protocol in port.protocols
            for row in socketsAt(port.number, protocol)
            if protocol == "udp" or row.state == listeningState
        }
    except OSError:
        return None
    if not wanted:
        return False
    isKnown = True
    for process in processes:
        held = heldBy(process, wanted)
        if held:
            return True
        isKnown = isKnown and held is not None
    return False if isKnown else None
