"""
Who acts, on which server they may, and what is written down of it: a bounded trail in the store.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any, Final, TypeVar

from msgspec import Struct
from twisted.internet.defer import Deferred
from twisted.logger import Logger

from gamepanel.accounts.rights import Person
from gamepanel.base.errors import JobRunning, PanelError
from gamepanel.base.hub import Hub
from gamepanel.jobs.queue import Jobs
from gamepanel.jobs.values import copiesOf, needRest
from gamepanel.servers.directory import Directory
from gamepanel.servers.server import GameServer
from gamepanel.store.audit import AuditKind, AuditRow, AuditTables, Share
from gamepanel.wire.causes import because
from gamepanel.wire.values import Right

F = TypeVar("F", bound=Callable[..., Any])

keep: Final[dict[AuditKind, Share]] = {
    "done": Share(100_000, 20_000),
    "command": Share(50_000, 5_000),
    "refused": Share(20_000, 5_000),
    "stranger": Share(2_000, 2_000),
}
"""Entries that are kept of each kind: much of one can't push out another."""

trimEach: Final = 200
"""The oldest are dropped once for so many that come."""

maxWaiting: Final = 1_000
"""Entries that may wait for the store."""


class Audit:
    """
    Writes down what people did. While the store is busy with some entries, the next
    gather, so that many cost hardly more than one.
    """

    def __init__(self, store: AuditTables, now: Callable[[], float]) -> None:
        """
        @param now: Unix time in seconds.
        """
        self._store = store
        self._now = now
        self._waiting: list[AuditRow] = []
        self._writing: Deferred[None] | None = None
        self._lost = 0
        self._sinceTrim = trimEach
        self._hub: Hub[AuditRow] = Hub()
        self._log = Logger()

    def listen(self, listener: Callable[[AuditRow], None]) -> None:
        """
        @param listener: called with each entry at once, whether it can be stored or not.
        """
        self._hub.listen(listener)

    def record(
        self,
        username: str | None,
        address: str,
        action: str,
        server: str | None,
        result: str,
        *,
        target: str | None = None,
        unauthenticated: bool = False,
    ) -> None:
        """
        Write down that something was done or refused.

        @param username: None when it is nobody that we know: what was typed there may be
            a password.
        @param result: C{"ok"}, or the code of an error.
        @param target: the user that it was about, where it was about one.
        @param unauthenticated: whether it came without a token.
        """
        kind = "stranger" if unauthenticated else _kindOf(action, result)
        row = AuditRow(self._now(), username, address, action, server, target, result, kind)
        self._hub.tell(row)
        if len(self._waiting) >= (maxWaiting // 2 if unauthenticated else maxWaiting):
            self._lost += 1
            return
        self._waiting.append(row)
        self._write()

    def _write(self) -> None:
        if self._writing is not None or not self._waiting:
            return
        rows, self._waiting = self._waiting, []
        self._sinceTrim += len(rows)
        isDue = self._sinceTrim >= trimEach
        if isDue:
            self._sinceTrim = 0
        self._writing = self._store.addAudit(rows, keep if isDue else {})
        self._writing.addCallbacks(self._written, self._failed, errbackArgs=(rows,))

    def _written(self, result: None) -> None:
        self._writing = None
        self._sayLost()
        self._write()

    def _sayLost(self) -> None:
        if self._lost:
            lost, self._lost = self._lost, 0
            self._log.error("{count} entries of the audit trail are lost", count=lost)

    def _failed(self, failure: Any, rows: list[AuditRow]) -> None:
        # A full disk lasts; these are tried again with the next, as many as may wait.
        self._waiting = rows + self._waiting
        self._lost += max(len(self._waiting) - maxWaiting, 0)
        del self._waiting[maxWaiting:]
        self._writing = None

    async def flush(self) -> None:
        """Wait until all is stored."""
        self._write()
        while self._writing is not None:
            done: Deferred[None] = Deferred()
            self._writing.addBoth(done.callback)
            await done

    async def end(self) -> None:
        """Wait until all is stored that can be."""
        await self.flush()
        self._lost += len(self._waiting)
        self._sayLost()

    async def read(self, before: int | None, limit: int) -> list[AuditRow]:
        """
        Entries, newest first.

        @param before: only with smaller ids than this.
        """
        await self.flush()
        return await self._store.readAudit(before, limit)


def _kindOf(action: str, result: str) -> AuditKind:
    if result != "ok":
        return "refused"
    return "command" if action == "server_cmd" else "done"


def nameOf(schedule: int) -> str:
    """The name of a schedule, as no user has one."""
    return f"schedule:{schedule}"


class Actor(Struct, frozen=True):
    """
    A person who acts, wherever they ask from.

    @ivar person: with the rights that they have now.
    @ivar address: where they ask from, as the audit trail has it.
    @ivar schedule: number of the schedule that acts for them; None where they do themselves.
    """

    person: Person
    address: str
    _audit: Audit
    schedule: int | None = None

    @property
    def name(self) -> str:
        """What the act is ascribed to in events and jobs."""
        return self.person.username if self.schedule is None else nameOf(self.schedule)

    @contextmanager
    def acting(
        self, action: str, server: str | None = None, target: str | None = None
    ) -> Iterator[None]:
        """
        Around an act, with the check of the right: afterwards it is written down that it was
        carried out, refused, or ended in a bug; nothing of one that is given up.

        @param action: the name of the endpoint that does this.
        @param server: the server that it is about.
        @param target: the user, job, … that it is about.
        """
        try:
            yield
        except Exception as error:
            code = error.code if isinstance(error, PanelError) else PanelError.code
            self.record(action, server, code, target)
            raise
        self.record(action, server, "ok", target)

    def accepted(self, server: str, terms: Iterable[str]) -> None:
        """
        Write down whose terms were accepted for a server.

        @param terms: their addresses.
        """
        for address in terms:
            self.record("terms_accept", server, "ok", address)

    def record(self, action: str, server: str | None, result: str, target: str | None) -> None:
        """Write down what came of an act."""
        self._audit.record(
            self.person.username, self.address, action, server, result, target=target
        )


def carriesOut(name: str) -> Callable[[F], F]:
    """
    Marks the method of an operation that carries an endpoint out as it is: it takes the actor and
    the message, and returns the answer.

    @param name: of the endpoint.
    """

    def mark(method: F) -> F:
        method.__dict__["operation"] = name
        return method

    return mark


def reach(directory: Directory, person: Person, server: str, right: Right) -> GameServer:
    """
    A server on which a person has a right.

    @raise NoSuchServer: when there is none of this id, or the person may not see it.
    @raise Forbidden: when the person may see it, but has not this right.
    """
    person.checkRight(server, right)
    return directory.find(server)


async def usable(directory: Directory, person: Person, server: str, right: Right) -> GameServer:
    """The same; one that had to be left alone since its files can't be used is looked at again."""
    found = reach(directory, person, server, right)
    if found.unusable is not None:
        await directory.lookAgain(found)
    return found


def checkRest(jobs: Jobs, server: GameServer) -> None:
    """
    Check that no job needs a server at rest, and that none copies it.

    @raise JobRunning: when one does, or is to.
    """
    job = jobs.jobOf(server.creation)
    if job is not None and job.kind in needRest:
        raise JobRunning(job=job.job)
    for copy in copiesOf(jobs.all(), server.creation):
        if copy.status == "running":
            raise JobRunning(because("goes_into_copy"), job=copy.job)


def checkIdle(jobs: Jobs, server: GameServer) -> None:
    """
    Check that no job works on a server or waits to, and that none copies it.

    @raise JobRunning: when one does, or is to.
    """
    checkRest(jobs, server)
    if (job := jobs.jobOf(server.creation)) is not None:
        raise JobRunning(job=job.job)
