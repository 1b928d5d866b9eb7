"""
Jobs that make, restore and verify backups: what comes before and after their workers.
"""

import os
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Final

import msgspec
from msgspec.structs import asdict, replace
from twisted.logger import Logger

from gamepanel.backups.directorystore import DirectoryStore
from gamepanel.backups.exchange import Intent, copiesName, settle, tidy
from gamepanel.backups.quiescing import Quiescer
from gamepanel.backups.selection import Selection, selection
from gamepanel.backups.service import Backups, Known, changeIndex, headerOf
from gamepanel.backups.values import Backup, Header, InstalledThen
from gamepanel.base.errors import (
    Busy,
    JobRunning,
    Locked,
    NoSpace,
    NoSuchBackup,
    NoSuchServer,
    PanelError,
    SourceUnavailable,
)
from gamepanel.disk import confined
from gamepanel.disk.pathtext import storable
from gamepanel.jobs.queue import Jobs
from gamepanel.jobs.runtimes import isGone
from gamepanel.jobs.values import backupKinds, beginning, failed, isFromBackup
from gamepanel.process.home import homeIn
from gamepanel.servers.backupoptions import (
    backupLimit,
    backupSettings,
    excludeName,
    includeName,
)
from gamepanel.servers.creation import atRest
from gamepanel.servers.directory import Directory
from gamepanel.servers.server import GameServer
from gamepanel.store.installs import Installed
from gamepanel.store.jobs import JobRow
from gamepanel.wire.causes import because
from gamepanel.wire.decoding import undecodable

quiescingStep: Final = because("step_quiescing")

damaged: Final = "backup_damaged"
"""Code of why a job has failed that has found a backup to be damaged."""


class BackupJobs:
    """
    What jobs with backups have to do with servers and with the store.
    """

    def __init__(
        self,
        directory: Directory,
        jobs: Jobs,
        backups: Backups,
        quiescer: Quiescer,
        now: Callable[[], float],
    ) -> None:
        """@param now: Unix time in seconds."""
        self._directory = directory
        self._jobs = jobs
        self._backups = backups
        self._quiescer = quiescer
        self._now = now
        self._log = Logger()
        jobs.changed.listen(self._changed)

    def begin(self) -> None:
        """Go on after the daemon was away, when servers and jobs have been taken up."""
        running = {row.creation: row for row in self._jobs.all() if row.kind == "backup"}
        for server in self._directory.all():
            job = running.get(server.creation)
            if job is None:
                self._quiescer.release(server)
            elif job.status == "running" and server.status.state in atRest:
                server.held = job.job

    def leave(self) -> None:
        """Let go of all plans: the daemon ends."""
        self._quiescer.leave()

    def _changed(self, row: JobRow) -> None:
        server = self._directory.ofCreation(row.creation) if row.kind == "backup" else None
        if server is None:
            return
        if row.isOver:
            if server.held == row.job:
                server.held = None
                server.file.tell()
            self._quiescer.release(server)
        elif row.cause == beginning and server.status.state in atRest:
            # Whether its game runs counts now; nobody starts it before the copy is over.
            server.held = row.job

    async def prepare(self, row: JobRow) -> JobRow:
        """
        Do what comes before a worker; see L{Jobs.prepare}.

        @raise PanelError: when the job can't begin.
        """
        if row.kind not in backupKinds and not isFromBackup(row):
            return row
        _, mark = await self._backups.usable()
        task: dict[str, Any] = {
            "store": {"path": storable(self._backups.place.path), "mark": asdict(mark)}
        }
        if row.kind == "backup":
            return await self._prepareBackup(row, task)
        known = self._backups.find(row.task["backup"])
        if known.store != mark.store:
            raise SourceUnavailable(because("store_missing"))
        task["name"] = known.name
        if row.kind != "verify":
            server = self._existing(row)
            task |= {"place": await self._placeOf(server), "limit": server.diskLimit}
        return replace(row, task={**row.task, **task})

    def _existing(self, row: JobRow) -> GameServer:
        server = self._directory.ofCreation(row.creation)
        if server is None:
            raise NoSuchServer(because("server_gone"))
        return server

    async def _placeOf(self, server: GameServer) -> Any:
        context = self._directory.context
        account = await context.account(server.creation, server.basics.definition())
        place = {
            "directory": server.directory,
            "home": homeIn(server.directory),
            "account": None if account is None else [account.uid, account.gid],
            "state": context.isolation.visible.state,
        }
        return storable(place)

    async def _prepareBackup(self, row: JobRow, task: dict[str, Any]) -> JobRow:
        server = self._existing(row)
        own = server.settings.own
        task |= {
            "place": await self._placeOf(server),
            "left": self._backups.left(server, self._now()),
            "limit": backupLimit(own),
        }
        rules = server.basics.definition().backup
        given = backupSettings(own)
        selected = selection(
            str(given[includeName]),
            str(given[excludeName]),
            Selection(rules.include, rules.exclude),
        )
        if server.game is not None and server.game.record.quiescing is not None:
            self._jobs.doing(row, quiescingStep)
        # Last, so that it takes no longer than it must.
        quiesced = await self._quiescer.quiesce(server, row.job)
        task |= {
            # One that it does not hold may be started at any time.
            "runs": server.held != row.job,
            "header": msgspec.to_builtins(self._header(server, row, selected, quiesced)),
        }
        return replace(row, task={**row.task, **task})

    def _header(
        self, server: GameServer, row: JobRow, selected: Selection, quiesced: bool | None
    ) -> Header:
        installed = server.installed
        about = Backup(
            row.task["number"],
            server.id,
            server.type,
            self._now(),
            note=row.task["note"],
            by=row.by,
            locked=row.task["locked"],
            version=None if installed is None else installed.version,
            quiesced=quiesced,
        )
        return Header(
            about,
            dict(server.settings.options),
            server.settings.description,
            None
            if installed is None
            else InstalledThen(installed.version, installed.at, dict(installed.variables)),
            selected,
        )

    async def conclude(self, row: JobRow) -> tuple[JobRow, Installed | None]:
        """See what has come of a job that is over; see L{Jobs.conclude}."""
        if row.kind == "backup":
            return await self._made(row), None
        if row.kind == "restore" or isFromBackup(row):
            await self._checked(row, isWhole=False)
            return await self._restored(row)
        if row.kind == "verify":
            await self._checked(row, isWhole=row.status == "done")
        return row, None

    async def _made(self, row: JobRow) -> JobRow:
        server, name = self._directory.ofCreation(row.creation), row.task["name"]
        if server is not None:
            # Copies of databases, where the worker was killed.
            await self._discard(confined.discard, os.path.join(server.directory, copiesName))
        header, why = None, because("backup_unreadable", error=None)
        try:
            store, mark = await self._backups.usable()
            header = await self._backups.inThread(_finished, store, name)
        except (NoSpace, Busy):
            raise
        except PanelError as error:
            why = error.cause or why
        if header is None:
            # Whatever its worker says: nobody would find it.
            return failed(row, why, self._now()) if row.status == "done" else row
        # All of it is there, whatever became of the worker afterwards.
        info = header.backup
        if info.quiesced and (server is None or not self._quiescer.isStill(server, row.job)):
            info = replace(info, quiesced=False)
            with suppress(SourceUnavailable, NoSpace):
                await self._backups.inThread(changeIndex, store, name, info)
        await self._backups.add(Known(info, mark.store, name, row.creation))
        deleted = [] if server is None else await self._deleteExpired(server)
        result = {"backup": info.backup, "deleted": deleted}
        return replace(row, status="done", result=result, error=None, cause=None)

    async def _discard(self, remove: Callable[[str], None], path: str) -> None:
        """
        Remove what a worker has left that was killed; what has to stay, the next one removes.

        @raise Busy: when the host lacks threads; another try may do.
        """
        try:
            await self._directory.context.threads.deleting(remove, path)
        except OSError as error:
            self._log.warn("{path} can't be removed: {reason}", path=path, reason=str(error))

    async def _deleteExpired(self, server: GameServer) -> list[int]:
        """Delete what no rule keeps."""
        deleted = []
        expired = self._backups.retention(server).expired(self._backups.ofServer(server.creation))
        for number in expired:
            try:
                await self._backups.forget(number, onlyHere=True)
            except (JobRunning, Locked, NoSuchBackup):
                # One that a job reads has time until the next; somebody else was quicker.
                pass
            except (PanelError, OSError) as error:
                reason = str(error)
                self._log.error(
                    "backup {number} can't be deleted: {reason}", number=number, reason=reason
                )
            else:
                deleted.append(number)
        return deleted

    async def _checked(self, row: JobRow, isWhole: bool) -> None:
        """Let what a job has found out about a backup be known: whether it is damaged."""
        isDamaged = row.cause is not None and row.cause.code == damaged
        if isWhole or isDamaged:
            changes = {"checkedAt": row.endedAt, "damaged": isDamaged}
            with suppress(NoSuchBackup):
                await self._backups.change(row.task["backup"], changes, mayDiffer=True)

    async def _restored(self, row: JobRow) -> tuple[JobRow, Installed | None]:
        server = self._directory.ofCreation(row.creation)
        path = os.path.join(self._jobs.workers.directory(row.job), "outcome")

        def look() -> Intent | None:
            with suppress(OSError, *undecodable), open(path, "rb") as file:
                intent = msgspec.json.decode(file.read(), type=Intent)
                if server is not None and settle(
                    server.directory, homeIn(server.directory), intent.tree
                ):
                    return intent
            return None

        intent: Intent | None = await self._backups.inThread(look)
        if server is not None:
            # The tree that was replaced, or the new one, where the worker was killed.
            await self._discard(tidy, server.directory)
        if intent is None:
            return row, None
        row = replace(row, status="done", error=None, cause=None, result={})
        if intent.installed is None and row.kind == "restore":
            return row, None
        found = msgspec.convert(intent.installed or {}, InstalledThen)
        at = (found.at if row.kind == "restore" else None) or row.endedAt
        if await self._backups.inThread(lambda: any(map(isGone, found.variables.values()))):
            # An update of the server brings it again.
            at = None
        return row, Installed(found.version, at, found.variables)


def _finished(store: DirectoryStore, name: str) -> Header | None:
    """The header of the backup that a worker has made; what of it is unfinished is removed."""
    with suppress(OSError):
        store.discard(name)
    return headerOf(store, name)
