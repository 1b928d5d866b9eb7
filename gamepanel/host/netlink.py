"""
Asks the kernel for the addresses of this host, over a socket of netlink; see C{rtnetlink(7)}.

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
