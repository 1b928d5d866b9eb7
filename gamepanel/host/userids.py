"""
The range of user ids that servers get: what it says, and whether it is free on this host.
"""

import fcntl
import grp
import os
import pwd
import re
import struct
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from msgspec import Struct

reserved: Final = range(61184, 65536)
"""Ids that systemd gives to services, and those of nobody: see systemd's UIDS-GIDS."""

greatest: Final = 2**31 - 2
"""What every program and file system can hold."""

claims: Final = "/run/gamepanel-users.lock"
"""A file in which each daemon of this host has locked the bytes of its ids."""

Names = Mapping[str, Sequence[tuple[int, int]]]
"""Ranges of ids that others have, the last of each included, by who says so."""


class Range(Struct, frozen=True):
    """
    User ids, and group ids of the same numbers.

    @ivar first: the first of them.
    @ivar last: the last of them.
    """

    first: int
    last: int

    def __iter__(self) -> Iterator[int]:
        return iter(range(self.first, self.last + 1))


def serverUsers(text: str, names: Names) -> Range:
    """
    A range of user ids.

    @param text: C{FIRST-LAST}.
    @param names: what this host has given to others.

    @raise ValueError: when that is none, or one that servers must not have.
    """
    match = re.fullmatch(r"(\d{1,10})-(\d{1,10})", text)
    if match is None:
        raise ValueError(f"{text} is no range; write it like 70000-70999")
    first, last = int(match[1]), int(match[2])
    if not 0 < first <= last <= greatest:
        raise ValueError(f"{text} must ascend, from 1 to {greatest} at the most")
    taken = {**names, "systemd and nobody": [(reserved.start, reserved.stop - 1)]}
    for who, ranges in taken.items():
        for start, end in ranges:
            if start <= last and first <= end:
                what = str(start) if start == end else f"{start}-{end}"
                raise ValueError(f"{text} holds {what}, which belongs to {who}")
    return Range(first, last)


def claim(ids: Range, path: str = claims) -> int:
    """
    Take a range, so that no other daemon gives the same ids: it would end games of this one, whose
    processes it took for its own.

    The lock is that of an open file (C{F_OFD_SETLK}, C{fcntl_locking(2)}): it holds over a fork,
    and ends with the process.

    @return: the descriptor that holds it.

    @raise ValueError: when another process has one of the ids.
    @raise OSError: when the file can't be made, or locked.
    """
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    count = ids.last - ids.first + 1
    lock = struct.pack("hhqqi", fcntl.F_WRLCK, os.SEEK_SET, ids.first, count, 0)
    try:
        fcntl.fcntl(descriptor, fcntl.F_OFD_SETLK, lock)
    except OSError as error:
        os.close(descriptor)
        if not isinstance(error, BlockingIOError | PermissionError):
            raise
        raise ValueError(
            f"{ids.first}-{ids.last}: another gamepanel on this host has some of these ids"
        ) from error
    return descriptor


def namesOnHost() -> dict[str, list[tuple[int, int]]]:
    """Ids that this host has given: to users, to groups, and to users for their containers."""
    return {
        "a user": [(each.pw_uid, each.pw_uid) for each in pwd.getpwall()],
        "a group": [(each.gr_gid, each.gr_gid) for each in grp.getgrall()],
        "/etc/subuid": subordinate("/etc/subuid"),
        "/etc/subgid": subordinate("/etc/subgid"),
    }


def subordinate(path: str) -> list[tuple[int, int]]:
    """Source: C{subuid(5)}."""
    try:
        # In bytes: names in it need not be UTF-8.
        with open(path, "rb") as file:
            rows = [line.strip().split(b":") for line in file]
    except OSError:
        return []
    return [
        (int(row[1]), int(row[1]) + int(row[2]) - 1)
        for row in rows
        if len(row) == 3 and row[1].isdigit() and row[2].isdigit()
    ]
