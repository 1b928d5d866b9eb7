"""
What jobs that install a server have to do with it: it is kept at rest meanwhile, its console tells
what is done, and what came of it is known of the server.
"""

import os
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from typing import Any, Final

import msgspec
from msgspec import Struct
from msgspec.structs import asdict, replace
from twisted.internet.defer import Deferred
from twisted.logger import Logger

from gamepanel.base.errors import NotStopped, PanelError
from gamepanel.jobs.notes import Notes
from gamepanel.jobs.queue import Jobs
from gamepanel.jobs.runtimes import removeUnused
from gamepanel.jobs.values import areRunning, copiesOf, installKinds, isFromBackup, needRest, saying
from gamepanel.servers.directory import Directory
from gamepanel.servers.server import GameServer
from gamepanel.store.installs import Installed
from gamepanel.store.jobs import JobRow
from gamepanel.wire.causes import Cause, because
from gamepanel.wire.decoding import undecodable

maxOutcome: Final = 256 * 1024
"""Bytes of what a worker says has come of it."""

half: Final = "half"
"""A file in a server's directory C{install} while what is not undone may be half done."""

moving: Final = ("journal", "undoing")
"""Files there while files are moved into its game's directory, or back."""

interrupted: Final = because("installation_interrupted")


class Outcome(msgspec.Struct, frozen=True):
    """
    What a worker says has come of it.

    @ivar version: what is installed, for people.
    @ivar variables: of the install steps.
    """

    version: str | None = None
    variables: dict[str, str] = {}


class _Found(Struct, frozen=True):
    """
    What a worker has left.

    @ivar isHalf: whether the server's directory is half updated.
    @ivar isMoving: whether that is so only since its files were being moved.
    @ivar isThere: whether the copy that was to be made is in its place, whatever became of the
        worker afterwards.
    """

    outcome: Outcome
    isHalf: bool = False
    isMoving: bool = False
    isThere: bool = False


def _look(job: str, task: Mapping[str, Any]) -> _Found:
    """What a worker has left; in a thread."""
    server, home = task.get("directory", ""), task.get("home", "")
    install = os.path.join(server, "install")
    isHalf = os.path.lexists(os.path.join(install, half))
    isMoving = any(os.path.lexists(os.path.join(install, name)) for name in moving)
    ends = {"isHalf": isHalf or isMoving, "isMoving": isMoving and not isHalf}
    try:
        isThere = "from" in task and bool(os.listdir(home))
        with open(os.path.join(job, "outcome"), "rb") as file:
            outcome = msgspec.json.decode(file.read(maxOutcome), type=Outcome)
            return _Found(outcome, **ends, isThere=isThere)
    except (OSError, *undecodable):
        return _Found(Outcome(), **ends)


class Installs:
    """
    What jobs that install a server have to do with it.

    @ivar others: says of a job of another kind that is over what L{Jobs.conclude} does.
    """

    def __init__(
        self,
        directory: Directory,
        jobs: Jobs,
        disk: Callable[..., Deferred[Any]],
        now: Callable[[], float],
    ) -> None:
        """
        @param disk: runs a function with its arguments in a thread.
        @param now: Unix time in seconds.
        """
        self._directory = directory
        self._jobs = jobs
        self._disk = disk
        self._now = now
        self._concluded: dict[int, Installed] = {}
        self._toRecover: dict[int, Mapping[str, Any]] = {}
        self._told: set[int] = set()
        self._log = Logger()
        self.others: Callable[[JobRow], Awaitable[tuple[JobRow, Installed | None]]] = _asItIs
        jobs.conclude = self._conclude
        jobs.changed.listen(self._changed)

    def load(self) -> None:
        """Go on after the daemon was away, when servers and jobs have been taken up."""
        for row in self._jobs.all():
            self._follow(row)
        for server in self._directory.all():
            if server.status.state == "installing" and not self._isNeeded(server):
                installed = server.installed
                isWhole = installed is None or installed.at is not None
                server.endRest(None if isWhole else interrupted)

        self._removeRuntimes()

    def _isNeeded(self, server: GameServer) -> bool:
        """Whether a job needs a server at rest: its own, or one that copies it."""
        creation = server.creation
        copies = copiesOf(self._jobs.all(), creation)
        return self._jobs.jobOf(creation) is not None or areRunning(copies)

    def _source(self, row: JobRow) -> GameServer | None:
        """The server that a job copies."""
        return self._directory.ofCreation(row.task.get("source"))

    def _removeRuntimes(self) -> None:
        """Remove what no server needs any more; not while one is installed that may."""
        if self._toRecover or any(row.kind in installKinds for row in self._jobs.all()):
            return
        used = {
            value
            for server in self._directory.all()
            if server.installed is not None
            for value in server.installed.variables.values()
        }
        shared = os.path.join(self._directory.context.state, "shared")
        removing = self._directory.context.threads.deleting(removeUnused, shared, used, self._now())
        removing.addErrback(lambda failure: self._log.failure("runtimes stay", failure))

    def _server(self, row: JobRow) -> GameServer | None:
        return self._directory.ofCreation(row.creation)

    def _changed(self, row: JobRow) -> None:
        if row.isOver:
            self._release(row)
            self._over(row)
            self._removeRuntimes()
        else:
            self._follow(row)

    def _release(self, row: JobRow) -> None:
        """What a job has copied may be started again, if it was the last that did."""
        source = self._source(row)
        if source is not None and row.startedAt is not None and not self._isNeeded(source):
            source.endRest(None)

    def _follow(self, row: JobRow) -> None:
        source = self._source(row)
        if source is not None and row.status == "running":
            # It was looked at just now; nothing else can have started it.
            with suppress(NotStopped):
                source.rest()
        server = self._server(row)
        if server is None or row.kind == "delete":
            return
        server.changed(server.installed, row.job)
        if row.kind not in needRest:
            return
        try:
            server.rest()
        except NotStopped:
            # It was asked for at rest; nothing else can have started it.
            return
        process = self._jobs.workers.process(row.job)
        if process is not None and row.job not in self._told:
            self._told.add(row.job)
            Notes(process, server, self._jobs.workers.directory(row.job))

    def _over(self, row: JobRow) -> None:
        self._told.discard(row.job)
        concluded = self._concluded.pop(row.job, None)
        server = self._server(row)
        if server is None or row.kind == "delete":
            self._toRecover.pop(row.job, None)
            return
        if row.kind == "retype" and row.status == "done":
            settings = replace(server.settings, options=row.task["values"])
            server.change(settings, row.task["type"])
        before = server.installed
        server.changed(concluded or before, None)
        if row.kind not in needRest:
            return
        self._directory.context.disk.forget(server)
        isWhole = concluded is not None and concluded.at is not None
        neverWhole = before is not None and before.at is None and not isWhole
        reason = _reason(row) if row.status != "done" and neverWhole else None
        task = self._toRecover.get(row.job)
        if task is None:
            server.endRest(reason, isChanged=row.status == "done")
        else:
            # It stays at rest until that is over, too.
            recovering = Deferred.fromCoroutine(self._recover(server, row, task, reason))
            recovering.addErrback(lambda failure: self._log.failure("{id}", failure, id=server.id))

    async def _recover(
        self, server: GameServer, row: JobRow, task: Mapping[str, Any], reason: Cause | None
    ) -> None:
        """Have finished what a job was in the middle of."""
        about = (server.id, server.creation)
        try:
            await self._jobs.add(row.kind, *about, row.unit, row.by, task)
        except PanelError:
            # The next update does it.
            server.endRest(reason)
        finally:
            # From here on the new job says what is needed.
            self._toRecover.pop(row.job, None)

    async def _conclude(self, row: JobRow) -> tuple[JobRow, Installed | None]:
        """
        What is installed now that a job is over.

        @return: the job, as it is to be stored; and what is installed, if that has changed.
        """
        server = self._server(row)
        if row.kind not in installKinds or isFromBackup(row):
            row, brought = await self.others(row)
            if brought is not None and server is not None:
                self._concluded[row.job] = brought
            return row, brought
        found = await self._disk(_look, self._jobs.workers.directory(row.job), row.task)
        if found.isThere:
            row = replace(row, status="done", error=None, cause=None)
        installed = None
        if row.status == "done":
            outcome = found.outcome
            installed = Installed(outcome.version, row.endedAt, outcome.variables)
            row = replace(row, result={"version": outcome.version})
        elif found.isHalf:
            installed = Installed()
            why = row.cause or row.error or because("job_cancelled")
            isToGoOn = found.isMoving and server is not None and not row.task.get("recover")
            if isToGoOn:
                self._toRecover[row.job] = _finishing(row, found.outcome, server)
            half = "is_being_finished" if isToGoOn else "is_half_updated"
            row = replace(row, **saying(because(half, why=why)))
        elif row.task.get("recover"):
            # It is as it was before that job.
            given = row.task["before"]
            installed = Installed(at=row.endedAt) if given is None else Installed(**given)
        if installed is not None and server is not None:
            self._concluded[row.job] = installed
        return row, installed


async def _asItIs(row: JobRow) -> tuple[JobRow, Installed | None]:
    return row, None


def _finishing(row: JobRow, outcome: Outcome, server: GameServer | None) -> dict[str, Any]:
    """What the job is to do that finishes another one; see L{gamepanel.worker.recovering}."""
    before = None if server is None else server.installed
    return {
        **row.task,
        "recover": True,
        "outcome": msgspec.to_builtins(outcome),
        "before": None if before is None else asdict(before),
    }


def _reason(row: JobRow) -> Cause:
    """Why a server can't be started."""
    if row.status == "cancelled":
        return because("installation_cancelled")
    return because("installation_failed", why=row.cause or row.error)
