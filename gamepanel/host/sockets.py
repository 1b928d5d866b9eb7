"""
The sockets of this host, and which processes have them open.

All of it reads C{/proc}: call it in a thread.
"""

import os
import re
import struct
from collections.abc import Collection, Iterable, Iterator
from ipaddress import IPv6Address, ip_address
from itertools import islice
from typing import Final, Literal

from msgspec import Struct

Protocol = Literal["tcp", "udp"]

Holder = Literal["ours", "others", "nobody", "unknown"]
"""Whose a socket is; C{unknown} where a process keeps its open files to itself."""

Address = tuple[str, int]
"""An IP address and a port."""

listeningState: Final = "0A"
"""State of a TCP socket that takes connections, see C{include/net/tcp_states.h}."""

leavingStates: Final = frozenset(("04", "05", "06", "09", "0B"))
"""States of TCP connections that no process may have any more: FIN_WAIT1 and 2, TIME_WAIT, …"""

maxDescriptors: Final = 20_000
"""So many open files of a process are looked at; one that has more keeps them to itself."""


class Row(Struct, frozen=True):
    """
    A socket, as the kernel's tables have it.

    @ivar address: what it is bound to, in hexadecimal digits.
    @ivar peer: address and port of its other end, likewise.
    @ivar state: two digits.
    @ivar user: number of the user who has made it.
    @ivar inode: its number; "0" for a connection that no process has accepted yet.
    """

    address: str
    peer: str
    state: str
    user: int
    inode: str

    @property
    def link(self) -> str:
        """What the descriptors of a process that has it open lead to."""
        return f"socket:[{self.inode}]"


def socketsAt(number: int, protocol: Protocol) -> Iterator[Row]:
    """
    Each socket that is bound to a port. Source: C{proc_net_tcp(5)} and
    C{Documentation/networking/proc_net_tcp.rst} of the kernel; the others look the same.

    @raise OSError: when the kernel does not tell.
    """
    row = re.compile(
        rf"^\s*\d+: ([0-9A-F]+):{number:04X} (\S+) ([0-9A-F]{{2}}) \S+ \S+ \S+ +(\d+) +\d+ (\d+)",
        re.M,
    )
    for name in (protocol, f"{protocol}6"):
        try:
            with open(f"/proc/net/{name}") as table:
                for address, peer, state, user, inode in row.findall(table.read()):
                    yield Row(address, peer, state, int(user), inode)
        except FileNotFoundError:
            # A kernel without this family.
            continue


def heldBy(process: int, wanted: Collection[str]) -> set[str] | None:
    """
    Which of some open files a process has.

    @param wanted: what descriptors lead to, such as C{socket:[123]}.

    @return: None when it keeps its open files to itself.
    """
    root, found = f"/proc/{process}/fd", set[str]()
    try:
        with os.scandir(root) as entries:
            for count, entry in enumerate(islice(entries, maxDescriptors + 1)):
                if len(found) == len(wanted):
                    break
                if count == maxDescriptors:
                    return None
                target = _target(f"{root}/{entry.name}")
                if target in wanted:
                    found.add(target)
    except PermissionError:
        return None
    except OSError:
        # It has ended.
        return set()
    return found


def _target(link: str) -> str:
    """
    What a descriptor leads to; nothing when it was just closed.

    @raise PermissionError: when we may not know.
    """
    try:
        return os.readlink(link)
    except PermissionError:
        raise
    except OSError:
        return ""


def otherEnd(
    protocol: Protocol,
    theirs: Address,
    ours: Address | None,
    processes: Iterable[int],
    user: int | None = None,
) -> Holder:
    """
    Whose the socket is that gets what we send from a connected socket.

    A connection that was not accepted yet is in the hands of whoever listens, and a datagram goes
    to one of all sockets that are bound to its port: then all that come into question must be held.

    @param theirs: the address that our socket is connected to.
    @param ours: its own address; None as long as there is no socket of ours.
    @param processes: numbers of those that may have it; no more of them are asked for than needed.
    @param user: number of a user who has no other processes than these.
    """
    try:
        wanted = list(_likely(protocol, theirs, ours))
    except OSError:
        return "unknown"
    if not wanted:
        return "nobody"
    if user is not None and all(row.user == user for row in wanted):
        return "ours"
    missing = {row.link for row in wanted}
    isKnown = True
    for process in processes:
        held = heldBy(process, missing)
        missing -= held or set()
        if not missing:
            return "ours"
        isKnown = isKnown and held is not None
    return "others" if isKnown else "unknown"


def _likely(protocol: Protocol, theirs: Address, ours: Address | None) -> Iterator[Row]:
    """The sockets of which one gets what we send."""
    addresses = _written(theirs[0])
    # The wildcard addresses of both families: that of IPv4 may be written as one of IPv6, too.
    everywhere = _written("0.0.0.0") | _written("::")  # noqa: S104 (looked at, never listened on)
    sockets = list(socketsAt(theirs[1], protocol))
    peers = {f"{address}:{ours[1]:04X}" for address in _written(ours[0])} if ours else set()
    ends = [row for row in sockets if row.address in addresses and row.peer in peers]
    waiting = [
        row
        for row in sockets
        if row.address in addresses | everywhere and row.peer.endswith(":0000")
    ]
    if protocol == "udp":
        yield from (*ends, *waiting)
        return
    for row in ends:
        if row.inode != "0":
            yield row
        elif row.state not in leavingStates:
            yield from (each for each in waiting if each.state == listeningState)


def _written(address: str) -> frozenset[str]:
    """
    An address as the tables have it: words of four bytes, each in the order of this machine. One
    of IPv4 may stand among those of IPv6, too.
    """
    parsed = ip_address(address.partition("%")[0])
    if isinstance(parsed, IPv6Address):
        parsed = parsed.ipv4_mapped or parsed
    packed = parsed.packed
    forms = (packed,) if len(packed) == 16 else (packed, b"\0" * 10 + b"\xff\xff" + packed)
    return frozenset(
        "".join(f"{word:08X}" for (word,) in struct.iter_unpack("=I", form)) for form in forms
    )
