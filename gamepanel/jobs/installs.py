"""
What jobs that install a server have to do with it: it is kept at rest meanwhile, its console tells
what is done, and what came of it is known of the server.
"""

import os
from collections.abc import Mapping
from typing import Any, Final, Protocol

import msgspec
from attrs import evolve, frozen

from gamepanel.errors import NoSuchServer, NotStopped
from gamepanel.jobs.notes import Notes
from gamepanel.jobs.queue import Jobs
from gamepanel.jobs.values import installKinds, needRest
from gamepanel.servers.directory import Directory
from gamepanel.servers.server import GameServer
from gamepanel.store.installs import Installed
from gamepanel.store.jobs import JobRow

maxOutcome: Final = 256 * 1024
"""Bytes of what a worker says has come of it."""

marks: Final = ("half", "journal", "undoing")
"""Files in a server's directory C{install} while its game's directory may be half updated."""

isHalfUpdated: Final = (
    "The server's directory is half updated: it can't be started before an update has succeeded."
)

interrupted: Final = "The installation was interrupted. Update the server to try again."


class Outcome(msgspec.Struct, frozen=True):
    """
    What a worker says has come of it.

    @ivar version: what is installed, for people.
    @ivar variables: of the install steps.
    """

    version: str | None = None
    variables: dict[str, str] = {}


class Disk(Protocol):
    """Runs what waits for the disk elsewhere."""

    def __call__(self, function: Any, *arguments: Any) -> Any:
        """Fires with what the function returns."""


@frozen
class _Found:
    """
    What a worker has left.

    @ivar isHalf: whether the server's directory is half updated.
    @ivar isThere: whether the copy that was to be made is in its place, whatever became of the
        worker afterwards.
    """

    outcome: Outcome
    isHalf: bool
    isThere: bool


def _look(job: str, task: Mapping[str, Any]) -> _Found:
    """What a worker has left; in a thread."""
    server, home = task.get("directory", ""), task.get("home", "")
    isHalf = any(os.path.lexists(os.path.join(server, "install", name)) for name in marks)
    try:
        isThere = "from" in task and bool(os.listdir(home))
        with open(os.path.join(job, "outcome"), "rb") as file:
            return _Found(msgspec.json.decode(file.read(maxOutcome), type=Outcome), isHalf, isThere)
    except (OSError, msgspec.MsgspecError):
        return _Found(Outcome(), isHalf, False)


class Installs:
    """
    What jobs that install a server have to do with it.
    """

    def __init__(self, directory: Directory, jobs: Jobs, disk: Disk) -> None:
        self._directory = directory
        self._jobs = jobs
        self._disk = disk
        self._concluded: dict[int, Installed] = {}
        self._told: set[int] = set()
        jobs.conclude = self._conclude
        jobs.changed.listen(self._changed)

    def load(self) -> None:
        """Go on after the daemon was away, when servers and jobs have been taken up."""
        for row in self._jobs.all():
            self._follow(row)
        for server in self._directory.all():
            if server.status.state == "installing" and self._jobs.jobOf(server.creation) is None:
                installed = server.installed
                isWhole = installed is None or installed.at is not None
                server.resting.end(None if isWhole else interrupted)

    def _server(self, row: JobRow) -> GameServer | None:
        try:
            server = self._directory.find(row.server or "")
        except NoSuchServer:
            return None
        return server if server.creation == row.creation else None

    def _changed(self, row: JobRow) -> None:
        if row.isOver:
            self._over(row)
        else:
            self._follow(row)

    def _follow(self, row: JobRow) -> None:
        server = self._server(row)
        if server is None or row.kind == "delete":
            return
        server.resting.changed(server.installed, row.job)
        if row.kind not in needRest:
            return
        try:
            server.resting.begin()
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
            return
        if row.kind == "retype" and row.status == "done":
            server.retype(row.task["type"], row.task["values"])
        before = server.installed
        server.resting.changed(concluded or before, None)
        if row.kind not in needRest:
            return
        neverWhole = before is not None and before.at is None
        server.resting.end(_reason(row) if row.status != "done" and neverWhole else None)

    async def _conclude(self, row: JobRow) -> tuple[JobRow, Installed | None]:
        """
        What is installed now that a job is over.

        @return: the job, as it is to be stored; and what is installed, if that has changed.
        """
        if row.kind not in installKinds:
            return row, None
        server = self._server(row)
        found = await self._disk(_look, self._jobs.workers.directory(row.job), row.task)
        if found.isThere:
            row = evolve(row, status="done", error=None)
        installed = None
        if row.status == "done":
            outcome = found.outcome
            installed = Installed(outcome.version, row.endedAt, outcome.variables)
            row = evolve(row, result={"version": outcome.version})
        elif found.isHalf:
            installed = Installed()
            reason = (row.error or "It was cancelled.").removesuffix(".")
            row = evolve(row, error=f"{reason}. {isHalfUpdated}"[:2_000])
        if installed is not None and server is not None:
            self._concluded[row.job] = installed
        return row, installed


def _reason(row: JobRow) -> str:
    """Why a server can't be started, for people."""
    if row.status == "cancelled":
        return "The installation was cancelled. Update the server to try again."
    return f"The installation has failed: {row.error}"
