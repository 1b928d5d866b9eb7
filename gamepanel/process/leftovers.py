"""
What users of servers that are no more have left on this host: processes, files, memory that
programs share. Whoever may write to /tmp may put a million files there, so this is looked for in a
program of its own, once for all ids: C{python -m gamepanel.process.leftovers}.
"""

import json
import os
import stat
import sys
import time
from collections.abc import Collection, Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from gamepanel.process.proc import hasEnded

maxSeconds: Final = 20.0
"""
For so much processor time files are looked through: this yields to all others, so on a busy host
much more than that may go by.
"""

shared: Final = (
    "/tmp",  # noqa: S108
    "/var/tmp",  # noqa: S108
    "/dev/shm",  # noqa: S108
    "/dev/mqueue",
    "/run/lock",
    "/var/lock",
)
"""Directories of the host that everybody may write to."""

interprocess: Final = ("/proc/sysvipc/shm", "/proc/sysvipc/sem", "/proc/sysvipc/msg")
"""
Lists of what programs have shared with others, see C{sysvipc(7)}: it outlives them, and another
server with the same id could read it.
"""


@dataclass(frozen=True)
class Left:
    """
    @ivar uids: of whom something is left.
    @ivar unseen: a directory that was not looked through in time; None when all was seen.
    """

    uids: frozenset[int]
    unseen: str | None = None


def leftBy(
    ids: range,
    asides: Collection[str],
    places: Collection[str] = shared,
    lists: Collection[str] = interprocess,
    seconds: float = maxSeconds,
) -> Left:
    """
    What is left of users.

    @param ids: theirs.
    @param asides: where files of servers that are no more lie. All that is in there counts; of
        C{places} only what the user of an id could get at, were it given again.
    @param lists: see L{interprocess}.
    @param seconds: of processor time for which files are looked through.
    """
    end = time.process_time() + seconds
    found = {uid for path in lists for uid in _sharers(path)}
    for pid in os.listdir("/proc"):
        if pid.isdigit():
            found.update(_users(pid))
    unseen: str | None = None
    for top, owners in (
        *((aside, _owners(aside)) for aside in asides),
        *((place, _owners(place, ids)) for place in places),
    ):
        for owner in owners:
            found.add(owner)
            if time.process_time() > end:
                unseen = top
                break
    return Left(frozenset(found & {*ids}), unseen)


def _users(pid: str) -> Collection[int]:
    """
    Whose a process is: its real, effective, saved and file system user; nobody's when it has ended
    and only its parent has yet to hear of it.
    """
    try:
        with open(f"/proc/{pid}/stat", "rb") as stat:
            if hasEnded(stat.read().rpartition(b")")[2].split()):
                return ()
        # In bytes: the name of a program need not be text, and is cut off after 15 of them.
        with open(f"/proc/{pid}/status", "rb") as status:
            line = next((line for line in status if line.startswith(b"Uid:")), b"Uid:")
    except OSError:
        return ()
    return [int(word) for word in line.split()[1:]]


def _sharers(path: str) -> Collection[int]:
    """Whose the things in such a list are, and who has made them."""
    try:
        with open(path) as file:
            names, *rows = [line.split() for line in file]
    except (OSError, ValueError):
        # The kernel is without them.
        return ()
    columns = [names.index(name) for name in ("uid", "cuid")]
    return {int(row[column]) for row in rows for column in columns}


def _owners(top: str, ids: range | None = None) -> Iterator[int]:
    """
    Whose the files in a directory are, and the directory itself.

    @param ids: where given, only what their users could get at counts, whose one group has the same
        number: on a busy host that leaves few of the files to look at.
    """
    # Somebody may have put one directory into another a thousand times.
    waiting: list[tuple[str, int | None]] = [(top, None)]
    while waiting:
        place, only = waiting.pop()
        # Others make and remove files there meanwhile. What they have mounted can be closed to us,
        # and is no id's without a process, which is looked for.
        with suppress(OSError):
            found = os.lstat(place)
            yield from _counting(found, only)
            if not stat.S_ISDIR(found.st_mode):
                continue
            if ids is not None and not found.st_mode & stat.S_IXOTH:
                if found.st_gid not in ids or only not in (None, found.st_gid):
                    continue
                only = found.st_gid
            with os.scandir(place) as entries:
                for entry in entries:
                    with suppress(OSError):
                        if entry.is_dir(follow_symlinks=False):
                            waiting.append((entry.path, only))
                        else:
                            yield from _counting(entry.stat(follow_symlinks=False), only)


def _counting(found: os.stat_result, only: int | None) -> Iterator[int]:
    if only is None or found.st_uid == only:
        yield found.st_uid


def main() -> None:
    """Read a range of ids and where to look from stdin, print what is left."""
    first, last, asides, places = json.load(sys.stdin)
    left = leftBy(range(first, last + 1), asides, places)
    json.dump([sorted(left.uids), left.unseen], sys.stdout)


if __name__ == "__main__":
    main()
