"""
A user id of the host for each server, of a range that the operator has given.

An id is given again only when nothing of its last server is left: no process, no file, no memory
that programs share. What of that can be said without looking is a function of rows; the looking
waits for the disk.
"""

import os
import stat
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import suppress
from functools import partial
from typing import Any, Final, Protocol

from twisted.internet.defer import Deferred, DeferredLock

from gamepanel.errors import SpawnFailed
from gamepanel.host.userids import Range
from gamepanel.servers.process.launch import Account
from gamepanel.servers.process.proc import hasEnded
from gamepanel.store.serverusers import ServerUserRow

retrySeconds: Final = 60.0
"""After so long an id may be free that was not."""

maxFiles: Final = 200_000
"""So many files are looked at before an id is given again; where there are more it is not."""

shared: Final = (
    *("/tmp", "/var/tmp", "/dev/shm", "/dev/mqueue"),  # noqa: S108
    *("/run/lock", "/var/lock"),
)
"""Directories of the host that everybody may write to."""

interprocess: Final = ("/proc/sysvipc/shm", "/proc/sysvipc/sem", "/proc/sysvipc/msg")
"""
Lists of what programs have shared with others, see C{sysvipc(7)}: it outlives them, and another
server with the same id could read it.
"""


class ServerUserStore(Protocol):
    """Keeps who has which id."""

    def setServerUser(self, row: ServerUserRow) -> Deferred[None]:
        """Store who has a user id now."""


def inOrder(ids: Iterable[int], rows: Mapping[int, ServerUserRow]) -> list[int]:
    """Those that nobody has, the one that is free for the longest first."""
    free = [uid for uid in ids if uid not in rows or rows[uid].creation is None]
    # One that has never been given has been free for ever.
    return sorted(free, key=lambda uid: (rows[uid].freedAt or 0.0 if uid in rows else 0.0, uid))


def isClean(
    uid: int,
    aside: str | None,
    places: Collection[str] = shared,
    isFirst: bool = False,
    lists: Collection[str] = interprocess,
) -> bool:
    """
    Whether nothing is left of the last server that had an id. Call it in a thread.

    @param aside: where its files were moved to, if they were.
    @param isFirst: whether we never gave it, so that nobody has left anything: too many files to
        look at say nothing then.
    @param lists: see L{interprocess}.
    """
    if any(uid in _sharers(path) for path in lists):
        return False
    if any(uid in _users(pid) for pid in os.listdir("/proc") if pid.isdigit()):
        return False
    looked = 0
    # What an id can't reach in directories of the host would not help the next server that has it.
    # On a busy host that leaves few of the files there to look at.
    reached = [_owners(place, lambda found: _isReachable(found, uid)) for place in places]
    for owners in (*reached, *(() if aside is None else (_owners(aside),))):
        for owner in owners:
            looked += 1
            if owner == uid:
                return False
            if looked > maxFiles:
                return isFirst
    return True


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


def _isReachable(directory: os.stat_result, uid: int) -> bool:
    """Whether a user whose one group has the same number may go into a directory of others."""
    return bool(directory.st_mode & stat.S_IXOTH) or directory.st_gid == uid


def _owners(
    place: str, isLookedInto: Callable[[os.stat_result], bool] = lambda directory: True
) -> Iterator[int]:
    """
    Whose the files in a directory are, and the directory itself.

    @param isLookedInto: says of a directory whether what is in it counts.
    """
    # Somebody may have put one directory into another a thousand times.
    places = [place]
    while places:
        place = places.pop()
        try:
            found = os.lstat(place)
            yield found.st_uid
            if stat.S_ISDIR(found.st_mode) and isLookedInto(found):
                with os.scandir(place) as entries:
                    for entry in entries:
                        # Others make and remove files there meanwhile. What they have mounted can
                        # be closed to us, and is no id's without a process, which is looked for.
                        with suppress(OSError):
                            if entry.is_dir(follow_symlinks=False):
                                places.append(entry.path)
                            else:
                                yield entry.stat(follow_symlinks=False).st_uid
        except OSError:
            continue


class ServerUsers:
    """
    Gives each server an id.
    """

    def __init__(
        self,
        ids: Range,
        store: ServerUserStore,
        inThread: Callable[..., Deferred[Any]],
        now: Callable[[], float],
        removed: str,
        isClean: Callable[..., bool] = isClean,
    ) -> None:
        """
        @param inThread: C{deferToThread}, or something like it.
        @param now: Unix time in seconds.
        @param removed: the directory with what is left of all servers that are no more.
        """
        self._ids = ids
        self._store = store
        self._inThread = inThread
        self._now = now
        self._removed = removed
        self._isClean = isClean
        self._rows: dict[int, ServerUserRow] = {}
        self._reserved: set[int] = set()
        self._looking = DeferredLock()

    def load(self, rows: Iterable[ServerUserRow], creations: Collection[int]) -> None:
        """
        Know what is stored.

        @param creations: numbers of the creations of all servers that there are.
        """
        for row in rows:
            if row.creation is not None and row.creation not in creations:
                # The daemon died after the server was destroyed, and before this was stored.
                row = ServerUserRow(row.uid, None, self._now(), self._removed)
            self._rows[row.uid] = row

    def kept(self) -> list[str]:
        """Where files of servers that are no more may lie that are still such a user's."""
        return [row.aside for row in self._rows.values() if row.creation is None and row.aside]

    async def reserve(self) -> Account:
        """
        An id that is nobody's, for a server that is about to be made.

        @raise SpawnFailed: when there is none left.
        """
        async with self._looking:
            for uid in inOrder(self._ids, self._rows):
                row = self._rows.get(uid)
                aside = None if row is None else row.aside
                look = partial(self._isClean, uid, aside, isFirst=row is None)
                if uid not in self._reserved and await self._inThread(look):
                    self._reserved.add(uid)
                    return _account(uid)
        raise SpawnFailed(
            "No user id of --server-users is free: each is a server's, or something that its last "
            "server has left is still there.",
            retryAfter=retrySeconds,
        )

    def release(self, account: Account) -> None:
        """A reserved id was not needed."""
        self._reserved.discard(account.uid)

    async def assign(self, account: Account, creation: int) -> None:
        """
        Let a reserved id be a server's.

        @param creation: number of its creation.
        """
        row = ServerUserRow(account.uid, creation)
        try:
            await self._store.setServerUser(row)
            self._rows[account.uid] = row
        finally:
            self.release(account)

    async def account(self, creation: int) -> Account:
        """
        Whom a server runs as; the same each time. One that was made before there were ids for
        servers gets one now.

        @param creation: number of its creation.

        @raise SpawnFailed: when there is no id left.
        """
        row = self._of(creation)
        if row is not None:
            return _account(row.uid)
        account = await self.reserve()
        await self.assign(account, creation)
        return account

    def _of(self, creation: int) -> ServerUserRow | None:
        return next((row for row in self._rows.values() if row.creation == creation), None)

    def uidOf(self, creation: int) -> int | None:
        """The id that a server has, if it has got one yet."""
        row = self._of(creation)
        return None if row is None else row.uid

    async def free(self, creation: int, aside: str) -> bool:
        """
        A server is no more.

        @param aside: where its files are now.

        @return: whether it had an id.
        """
        row = self._of(creation)
        if row is None:
            return False
        self._rows[row.uid] = ServerUserRow(row.uid, None, self._now(), aside)
        await self._store.setServerUser(self._rows[row.uid])
        return True


def _account(uid: int) -> Account:
    return Account(uid, uid, None)


def passwd(account: Account, home: str) -> str:
    """What a game sees as /etc/passwd where the host knows no name for its user."""
    return (
        "root:x:0:0:root:/root:/usr/sbin/nologin\n"
        f"game:x:{account.uid}:{account.gid}::{home}:/usr/sbin/nologin\n"
        "nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin\n"
    )


def group(account: Account) -> str:
    """What it sees as /etc/group."""
    return f"root:x:0:\ngame:x:{account.gid}:\nnogroup:x:65534:\n"
