"""
A user id of the host for each server, of a range that the operator has given.

An id is given again only when nothing of its last server is left: no process, no file, no memory
that programs share. What of that can be said without looking is a function of rows; one look at the
host, by a program of its own, is for all ids, and is remembered.
"""

import json
import subprocess
import sys
from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any, Final

from twisted.internet.defer import Deferred, DeferredLock

from gamepanel.base.collecting import ownEnvironment
from gamepanel.base.errors import SpawnFailed, shortage
from gamepanel.host.userids import Range
from gamepanel.process.launch import Account
from gamepanel.process.leftovers import Left, maxSeconds, shared
from gamepanel.process.yielding import yielding
from gamepanel.store.serverusers import ServerUserRow, ServerUserTables
from gamepanel.wire.causes import Cause, because

retrySeconds: Final = 60.0
"""After so long an id may be free that was not."""


def inOrder(ids: Iterable[int], rows: Mapping[int, ServerUserRow]) -> list[int]:
    """Those that nobody has, the one that is free for the longest first."""
    free = [uid for uid in ids if uid not in rows or rows[uid].creation is None]
    # One that has never been given has been free for ever.
    return sorted(free, key=lambda uid: (rows[uid].freedAt or 0.0 if uid in rows else 0.0, uid))


def look(ids: Range, asides: Collection[str], places: Collection[str] = shared) -> Left:
    """
    Look for what is left of all ids, in a program of its own. It waits: call it in a thread.

    @param asides: where files of servers that are no more lie.
    @param places: directories of the host that everybody may write to.

    @raise OSError: when it can't be started, or does not answer.
    """
    command = (*yielding, sys.executable, "-m", "gamepanel.process.leftovers")
    try:
        done = subprocess.run(
            command,
            input=json.dumps([ids.first, ids.last, sorted(asides), [*places]]).encode(),
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=ownEnvironment(),
            cwd="/",
            timeout=maxSeconds * 6,
            check=True,
        )
        uids, unseen = json.loads(done.stdout)
    except (subprocess.SubprocessError, ValueError) as error:
        raise OSError(f"what is left of user ids can't be looked for: {error}") from error
    return Left(frozenset(uids), unseen)


class ServerUsers:
    """
    Gives each server an id.
    """

    def __init__(
        self,
        ids: Range,
        store: ServerUserTables,
        inThread: Callable[..., Deferred[Any]],
        now: Callable[[], float],
        removed: str,
        look: Callable[[Range, Collection[str]], Left] = look,
    ) -> None:
        """
        @param inThread: C{deferToThread}, or something like it.
        @param now: Unix time in seconds.
        @param removed: the directory with what is left of all servers that are no more.
        @param look: see L{look}.
        """
        self._ids = ids
        self._store = store
        self._inThread = inThread
        self._now = now
        self._removed = removed
        self._look = look
        self._rows: dict[int, ServerUserRow] = {}
        self._reserved: set[int] = set()
        self._looking = DeferredLock()
        self._clean: set[int] = set()
        self._refusal: tuple[float, Cause] | None = None

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
            uid = self._next()
            if uid is None:
                await self._lookAgain()
                uid = self._next()
            if uid is None:
                assert self._refusal is not None
                raise SpawnFailed(self._refusal[1], retryAfter=retrySeconds)
            self._clean.discard(uid)
            self._reserved.add(uid)
            return _account(uid)

    def _next(self) -> int | None:
        """The next id of which nothing was left when it was looked for, while nobody had it."""
        return next((uid for uid in inOrder(self._ids, self._rows) if uid in self._clean), None)

    async def _lookAgain(self) -> None:
        """Look for what is left of all ids that nobody has; not again right after none was free."""
        if self._refusal is not None and self._now() < self._refusal[0]:
            return
        free = [uid for uid in inOrder(self._ids, self._rows) if uid not in self._reserved]
        before = {uid: self._rows.get(uid) for uid in free}
        left = Left(frozenset())
        if free:
            try:
                left = await self._inThread(self._look, self._ids, self.kept())
            except OSError as error:
                raise shortage(error) or SpawnFailed(
                    because("user_ids_not_looked_for"), retryAfter=retrySeconds
                ) from error
        self._clean = {
            uid
            for uid, row in before.items()
            if uid not in left.uids
            # Nobody has had it meanwhile.
            and self._rows.get(uid) is row
            # As whom nothing has run, that has left nothing, however much lies there.
            and (left.unseen is None or row is None or row.freedAt is None)
        }
        self._refusal = None if self._clean else (self._now() + retrySeconds, _why(free, left))

    def release(self, account: Account) -> None:
        """A reserved id was not needed."""
        self._reserved.discard(account.uid)
        self._clean.add(account.uid)

    async def assign(self, account: Account, creation: int) -> None:
        """
        Let a reserved id be a server's.

        @param creation: number of its creation.
        """
        row = ServerUserRow(account.uid, creation)
        try:
            await self._store.setServerUser(row)
        except BaseException:
            self.release(account)
            raise
        self._rows[account.uid] = row
        self._reserved.discard(account.uid)

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

    async def free(self, creation: int, aside: str, hasRun: bool = True) -> bool:
        """
        A server is no more.

        @param aside: where its files are now.
        @param hasRun: whether a program has run as its user, and may have left something.

        @return: whether it had an id.
        """
        row = self._of(creation)
        if row is None:
            return False
        self._rows[row.uid] = ServerUserRow(row.uid, None, self._now() if hasRun else None, aside)
        self._refusal = None
        await self._store.setServerUser(self._rows[row.uid])
        return True


def _why(free: Collection[int], left: Left) -> Cause:
    """Why no id can be given."""
    if free and left.unseen is not None:
        where = left.unseen if left.unseen in shared else None
        return because("user_ids_unseen", directory=where)
    return because("no_user_id")


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
