"""
Asks the kernel over a socket of netlink: for the addresses of this host, see C{rtnetlink(7)}, and
whose a connection is, see C{sock_diag(7)}.

Libraries give each with the name of its interface, and fail where one is not UTF-8: it may be any
bytes. Here no name is looked at.
"""

import os
import socket
import struct
from collections.abc import Iterator
from typing import Final

_HEADER: Final = struct.Struct("=IHHII")
"""Of a message: its length, kind and flags, a number of ours, and who it is for."""

_ADDRESS: Final = struct.Struct("=BBBBI")
"""What a message of the kind C{_NEW_ADDRESS} begins with; its first is the family."""

_ATTRIBUTE: Final = struct.Struct("=HH")
"""Of what follows: its length with these four bytes, and its kind."""

_ERROR, _DONE, _NEW_ADDRESS, _GET_ADDRESS = 2, 3, 20, 22

_REQUEST_OF_ALL: Final = 0x301

_PEER, _LOCAL = 1, 2
"""
Kinds of attributes. Where both are there the first is the address at the other end of a connection,
see C{linux/if_addr.h}; else it is our own.
"""

_maxBytes: Final = 64 * 1024

_SOCK_DIAG: Final = 4
"""The protocol C{NETLINK_SOCK_DIAG}, and the kind of its messages, C{SOCK_DIAG_BY_FAMILY}."""
_BY_FAMILY, _REQUEST = 20, 1

_TO_SOCKET: Final = struct.Struct("=BBBxI")
"""Family, protocol, extensions and states; then come ports, addresses and C{_ANY_SOCKET}."""

_PORTS: Final = struct.Struct("!HH")

_ANY_SOCKET: Final = struct.pack("=III", 0, 0xFFFFFFFF, 0xFFFFFFFF)
"""On whatever interface, and without its cookie."""

_ownerAt: Final = 4 + 48 + 12
"""Where an answer has the user id: behind four bytes, what identifies the socket, its queues."""


def addresses() -> Iterator[bytes]:
    """
    Addresses of this host, of 4 bytes or 16.

    @raise OSError: when the kernel does not say.
    """
    request = _ADDRESS.pack(socket.AF_UNSPEC, 0, 0, 0, 0)
    head = _HEADER.pack(_HEADER.size + len(request), _GET_ADDRESS, _REQUEST_OF_ALL, 1, 0)
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, socket.NETLINK_ROUTE) as kernel:
        kernel.send(head + request)
        while True:
            for kind, body in _parts(kernel.recv(_maxBytes), _HEADER):
                if kind == _DONE:
                    return
                if kind == _ERROR:
                    number = -struct.unpack_from("=i", body)[0]
                    raise OSError(number, os.strerror(number))
                if kind == _NEW_ADDRESS:
                    yield from _own(body)


def _own(body: bytes) -> Iterator[bytes]:
    found = dict(_parts(body[_ADDRESS.size :], _ATTRIBUTE))
    address = found.get(_LOCAL, found.get(_PEER))
    if body[0] in (socket.AF_INET, socket.AF_INET6) and address is not None:
        yield address


def _parts(data: bytes, head: struct.Struct) -> Iterator[tuple[int, bytes]]:
    """Kind and content of each message, or of each attribute; each begins at a multiple of four."""
    at = 0
    while at + head.size <= len(data):
        size, kind = head.unpack_from(data, at)[:2]
        yield kind, data[at + head.size : at + size]
        at += max(size, head.size) + 3 & ~3


def ownerOf(source: tuple[str, int], target: tuple[str, int]) -> int | None:
    """
    The user id of who has made a TCP connection from this host; one question of the kernel, some
    10 us.

    @param source: address and port of that end; C{target} of the other.

    @return: None where that can't be known.
    """
    family = socket.AF_INET6 if ":" in source[0] else socket.AF_INET
    try:
        ends = [socket.inet_pton(family, host).ljust(16, b"\0") for host, _ in (source, target)]
        ports = _PORTS.pack(source[1], target[1])
        states = _TO_SOCKET.pack(family, socket.IPPROTO_TCP, 0, 0xFFFFFFFF)
        request = states + ports + b"".join(ends) + _ANY_SOCKET
        head = _HEADER.pack(_HEADER.size + len(request), _BY_FAMILY, _REQUEST, 1, 0)
        with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, _SOCK_DIAG) as kernel:
            kernel.setblocking(False)
            kernel.send(head + request)
            [(kind, body)] = _parts(kernel.recv(_maxBytes), _HEADER)
    except (OSError, ValueError):
        return None
    if kind != _BY_FAMILY:
        return None
    owner: int = struct.unpack_from("=I", body, _ownerAt)[0]
    return owner
