"""
All backups that are known, and the jobs that make, restore and verify them: what comes before and
after their workers.
"""

import os
from collections.abc import Callable, Collection, Sequence
from contextlib import suppress
from typing import Any, Final

import msgspec
from attrs import define, field
from msgspec.structs import asdict, replace
from twisted.internet.defer import DeferredLock
from twisted.logger import Logger

from gamepanel.backups import index
from gamepanel.backups.directorystore import DirectoryStore, Mark, claim, markOf
from gamepanel.backups.index import DamagedBackup
from gamepanel.backups.quiescing import Quiescer
from gamepanel.backups.retention import Retention
from gamepanel.backups.selection import Selection, selection
from gamepanel.backups.store import StoreUnavailable
from gamepanel.backups.values import Backup, Entry, Header, InstalledThen
from gamepanel.base.errors import (
    Busy,
    NoSpace,
    NoSuchBackup,
    NoSuchFile,
    NoSuchServer,
    PanelError,
    QuotaExceeded,
    SourceUnavailable,
    shortage,
)
from gamepanel.disk.pathtext import storable
from gamepanel.jobs.queue import Jobs
from gamepanel.jobs.values import backupKinds, isFromBackup
from gamepanel.process.home import homeIn
from gamepanel.servers.backupoptions import (
    backupLimit,
    backupSettings,
    excludeName,
    includeName,
    keepDailyName,
    keepLastName,
    keepWeeklyName,
)
from gamepanel.servers.creation import atRest
from gamepanel.servers.directory import Directory
from gamepanel.servers.server import GameServer
from gamepanel.store.backups import BackupRow, BackupTables
from gamepanel.store.installs import Installed
from gamepanel.store.jobs import JobRow
from gamepanel.wire.causes import because
from gamepanel.wire.decoding import undecodable

maxAdopted: Final = 10**9
"""A number beyond this is not taken over with a backup that somebody else has made."""

damaged: Final = "backup_damaged"
"""Code of why a job has failed that has found a backup to be damaged."""


class Known(msgspec.Struct, frozen=True):
    """
    A backup that is known.

    @ivar info: what people are told of it.
    @ivar store: random name of the store that it lies in.
    @ivar name: its own there.
    @ivar creation: of its server; None where it was adopted.
    """

    info: Backup
    store: str
    name: str
    creation: int | None

    @classmethod
    def of(cls, row: BackupRow) -> "Known":
        """As it is stored."""
        return cls(msgspec.convert(row.info, Backup), row.store, row.name, row.creation)

    def row(self) -> BackupRow:
        """As it is to be stored."""
        info = msgspec.to_builtins(self.info)
        return BackupRow(self.info.backup, self.store, self.name, self.creation, info)


@define
class StorePlace:
    """
    Where backups lie.

    @ivar path: absolute, of the directory.
    @ivar instance: of this daemon.
    """

    path: str
    instance: str

    def usable(self, isUsed: bool) -> tuple[DirectoryStore, Mark]:
        """
        The store; it waits for the disk.

        @param isUsed: whether backups are known: then there is a store already.

        @raise PanelError: when it can't be used.
        """
        try:
            mark = markOf(self.path)
            if mark is None and isUsed:
                raise StoreUnavailable(because("store_missing"))
            if mark is None:
                mark = claim(self.path, self.instance)
        except StoreUnavailable as error:
            raise SourceUnavailable(error.cause) from error
        except OSError as error:
            why = because("backup_unreadable", error=error.strerror)
            raise shortage(error) or SourceUnavailable(why) from error
        if mark.instance != self.instance:
            raise SourceUnavailable(because("store_of_other"))
        return DirectoryStore(self.path, mark), mark

    def adopt(self) -> tuple[DirectoryStore, Mark]:
        """
        The store, which is this daemon's from now on.

        @raise PanelError: when it can't be.
        """
        try:
            claim(self.path, self.instance)
        except StoreUnavailable as error:
            raise SourceUnavailable(error.cause) from error
        except OSError as error:
            why = because("backup_unreadable", error=error.strerror)
            raise shortage(error) or SourceUnavailable(why) from error
        return self.usable(isUsed=True)


@define(eq=False)
class Backups:
    """
    All backups that are known.
    """

    _directory: Directory
    _jobs: Jobs
    _tables: BackupTables
    _place: StorePlace
    _quiescer: Quiescer
    _now: Callable[[], float]
    _known: dict[int, Known] = field(factory=dict)
    _adopting: DeferredLock = field(factory=DeferredLock)
    _log: Logger = field(factory=Logger)

    def load(self, rows: Collection[BackupRow]) -> None:
        """
        Take up what is known, before jobs are.

        @param rows: all that are stored.
        """
        self._known = {row.backup: Known.of(row) for row in rows}
        self._jobs.changed.listen(self._changed)

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

    # What is known.

    def all(self) -> list[Known]:
        """All of them, newest first."""
        return sorted(self._known.values(), key=lambda each: -each.info.backup)

    def find(self, backup: int) -> Known:
        """
        @raise NoSuchBackup: when there is none of this number.
        """
        try:
            return self._known[backup]
        except KeyError:
            raise NoSuchBackup() from None

    def ofServer(self, creation: int) -> list[Backup]:
        """
        What is known of the backups of a server.

        @param creation: of the server.
        """
        return [each.info for each in self._known.values() if each.creation == creation]

    def isRead(self, backup: int) -> int | None:
        """Number of a job that reads a backup, or waits to."""
        for row in self._jobs.all():
            if row.task.get("backup") == backup:
                return row.job
        return None

    async def usable(self) -> tuple[DirectoryStore, Mark]:
        """
        The store.

        @raise PanelError: when it can't be used.
        """
        found: tuple[DirectoryStore, Mark] = await self._inThread(
            self._place.usable, bool(self._known)
        )
        return found

    async def storeOf(self, known: Known) -> DirectoryStore:
        """
        The store that a backup lies in.

        @raise SourceUnavailable: when that is not there.
        """
        store, mark = await self.usable()
        if mark.store != known.store:
            raise SourceUnavailable(because("store_missing"))
        return store

    async def _inThread(self, function: Callable[..., Any], *arguments: Any) -> Any:
        return await self._directory.context.threads.files(function, *arguments)

    # What changes.

    async def checkSpace(self, server: GameServer) -> None:
        """
        See whether the store has space for another backup of a server, as large as the last.

        @raise NoSpace: when it has not.
        @raise SourceUnavailable: when it can't be used.
        """
        await self.usable()
        last = max(self.ofServer(server.creation), key=lambda each: each.at, default=None)
        free = await self._inThread(_freeAt, self._place.path)
        if free < (0 if last is None else last.size) + spareBytes:
            raise NoSpace()

    async def number(self) -> int:
        """A number that no backup has had."""
        return await self._tables.nextBackup()

    async def change(self, known: Known, info: Backup, store: DirectoryStore) -> None:
        """
        Let something else be known of a backup, in its index too.

        @param info: that.
        """
        now = replace(known, info=info)
        await self._inThread(_changeIndex, store, known.name, info)
        await self._tables.putBackup(now.row())
        self._known[info.backup] = now

    async def forget(self, known: Known) -> None:
        """Remove a backup; one that lies in another store stays there, unknown."""
        with suppress(SourceUnavailable):
            store = await self.storeOf(known)
            await self._inThread(store.forget, known.name)
        await self._tables.removeBackup(known.info.backup)
        self._known.pop(known.info.backup, None)

    async def page(
        self, known: Known, path: str, after: str, most: int
    ) -> tuple[Sequence[Entry], int]:
        """
        Some of what is in a directory of a backup.

        @return: that, and how many names are not UTF-8 and left out.

        @raise NoSuchFile: when it has no such directory, or its index is gone or damaged.
        """
        store = await self.storeOf(known)
        found = await self._inThread(_page, store, known.name, path, after, most)
        if found is None:
            raise NoSuchFile()
        page: tuple[Sequence[Entry], int] = found
        return page

    async def checkHeld(self, known: Known, paths: Sequence[str]) -> None:
        """
        See whether a backup holds something at each of some paths.

        @raise NoSuchFile: when it does not.
        """
        store = await self.storeOf(known)
        for path in paths:
            if not await self._inThread(_holds, store, known.name, path):
                raise NoSuchFile(because("backup_lacks", path=path))

    async def header(self, known: Known) -> tuple[Header, bool]:
        """
        The header of a backup's index.

        @return: it, and whether the backup holds all that was installed.

        @raise NoSuchFile: when it is gone, or damaged.
        """
        store = await self.storeOf(known)
        found: tuple[Header, bool] | None = await self._inThread(_wholeOf, store, known.name)
        if found is None:
            raise NoSuchFile()
        return found

    async def adopt(self) -> list[int]:
        """
        Take in what lies in the store and is not known.

        @return: the numbers of that.

        @raise PanelError: when the store can't be used.
        """
        async with self._adopting:
            store, mark = await self._inThread(self._place.adopt)
            there = {each.name for each in self._known.values() if each.store == mark.store}
            found = []
            for name in await self._inThread(store.names):
                header = None if name in there else await self._inThread(_headerOf, store, name)
                if header is not None:
                    found.append(await self._take(store, mark, name, header.backup))
            return found

    async def _take(self, store: DirectoryStore, mark: Mark, name: str, info: Backup) -> int:
        number = info.backup
        if not 0 < number < maxAdopted or number in self._known:
            number = await self._tables.nextBackup()
            info = replace(info, backup=number)
            await self._inThread(_changeIndex, store, name, info)
        known = Known(info, mark.store, name, None)
        await self._tables.putBackup(known.row())
        self._known[number] = known
        return number

    # Jobs.

    def _server(self, creation: int | None) -> GameServer | None:
        servers = self._directory.all()
        return next((each for each in servers if each.creation == creation), None)

    def _changed(self, row: JobRow) -> None:
        server = self._server(row.creation) if row.kind == "backup" and row.isOver else None
        if server is not None:
            if server.held == row.job:
                server.held = None
                server.file.tell()
            self._quiescer.release(server)

    async def prepare(self, row: JobRow) -> JobRow:
        """
        Do what comes before a worker; see L{Jobs.prepare}.

        @raise PanelError: when it can't begin.
        """
        if row.kind not in backupKinds and not isFromBackup(row):
            return row
        _, mark = await self.usable()
        task: dict[str, Any] = {"store": {"path": storable(self._place.path), "mark": asdict(mark)}}
        if row.kind == "backup":
            return await self._prepareBackup(row, task)
        known = self.find(row.task["backup"])
        if known.store != mark.store:
            raise SourceUnavailable(because("store_missing"))
        task["name"] = known.name
        if row.kind != "verify":
            server = self._existing(row)
            task |= {"place": await self._placeOf(server), "limit": server.diskLimit}
        return replace(row, task={**row.task, **task})

    def _existing(self, row: JobRow) -> GameServer:
        server = self._server(row.creation)
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
        if server.status.state in atRest:
            server.held = row.job
        own, limit = server.settings.own, backupLimit(server.settings.own)
        task |= {"place": await self._placeOf(server), "left": None, "limit": limit}
        if limit:
            task["left"] = limit - self._kept(server, row)
            if task["left"] <= 0:
                raise QuotaExceeded(because("backup_over_limit", limit=limit))
        rules = server.basics.definition().backup
        given = backupSettings(own)
        selected = selection(
            str(given[includeName]),
            str(given[excludeName]),
            Selection(rules.include, rules.exclude),
        )
        # Last, so that it takes no longer than it must.
        quiesced = await self._quiescer.quiesce(server, row.job)
        task |= {
            "runs": server.status.state not in atRest,
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

    def _retention(self, server: GameServer) -> Retention:
        given = backupSettings(server.settings.own)
        names = keepLastName, keepDailyName, keepWeeklyName
        return Retention(*(int(given[name]) for name in names))

    def _kept(self, server: GameServer, row: JobRow) -> int:
        """Bytes that the backups of a server will take beside another one, by its rules."""
        made = Backup(row.task["number"], server.id, server.type, self._now())
        before = self.ofServer(server.creation)
        gone = frozenset(self._retention(server).expired([*before, made]))
        return sum(each.size for each in before if each.backup not in gone)

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
        server, name = self._server(row.creation), row.task["name"]
        try:
            store, mark = await self.usable()
        except (NoSpace, Busy):
            raise
        except PanelError:
            return row
        header: Header | None = await self._inThread(_finished, store, name)
        if header is None:
            return row
        # All of it is there, whatever became of the worker afterwards.
        info = header.backup
        if info.quiesced and (server is None or not self._quiescer.isStill(server, row.job)):
            info = replace(info, quiesced=False)
            await self._inThread(_changeIndex, store, name, info)
        known = Known(info, mark.store, name, row.creation)
        await self._tables.putBackup(known.row())
        self._known[info.backup] = known
        deleted = [] if server is None else await self._deleteExpired(server)
        result = {"backup": info.backup, "deleted": deleted}
        return replace(row, status="done", result=result, error=None, cause=None)

    async def _deleteExpired(self, server: GameServer) -> list[int]:
        """Delete what no rule keeps."""
        deleted = []
        for number in self._retention(server).expired(self.ofServer(server.creation)):
            known = self._known[number]
            # One that a job reads has time until the next.
            if self.isRead(number) is None:
                try:
                    await self.storeOf(known)
                    await self.forget(known)
                except (PanelError, OSError) as error:
                    self._log.error(
                        "backup {number} can't be deleted: {reason}",
                        number=number,
                        reason=str(error),
                    )
                else:
                    deleted.append(number)
        return deleted

    async def _checked(self, row: JobRow, isWhole: bool) -> None:
        """What a job has found out about a backup."""
        isDamaged = row.cause is not None and row.cause.code == damaged
        known = self._known.get(row.task["backup"])
        if known is None or not (isWhole or isDamaged):
            return
        info = replace(known.info, checkedAt=row.endedAt, damaged=isDamaged)
        with suppress(SourceUnavailable):
            await self.change(known, info, await self.storeOf(known))

    async def _restored(self, row: JobRow) -> tuple[JobRow, Installed | None]:
        # A daemon that makes no backups does without.
        from gamepanel.backups.exchange import Intent, settle

        server = self._server(row.creation)
        path = os.path.join(self._jobs.workers.directory(row.job), "outcome")

        def look() -> Intent | None:
            with suppress(OSError, *undecodable), open(path, "rb") as file:
                intent = msgspec.json.decode(file.read(), type=Intent)
                if server is not None and settle(
                    server.directory, homeIn(server.directory), intent.tree
                ):
                    return intent
            return None

        intent: Intent | None = await self._inThread(look)
        if intent is None:
            return row, None
        row = replace(row, status="done", error=None, cause=None, result={})
        if intent.installed is None and row.kind == "restore":
            return row, None
        found = msgspec.convert(intent.installed or {}, InstalledThen)
        at = found.at if row.kind == "restore" else None
        return row, Installed(found.version, at or row.endedAt, found.variables)


spareBytes: Final = 16 * 1024 * 1024
"""Of the store's disk that stay free."""


def _wholeOf(store: DirectoryStore, name: str) -> tuple[Header, bool] | None:
    with suppress(DamagedBackup, OSError), store.index(name) as file:
        header = index.readHeader(file)
        return header, index.Reading(file, header).holdsInstalled()
    return None


def _freeAt(path: str) -> int:
    about = os.statvfs(path)
    return about.f_bavail * about.f_frsize


def _headerOf(store: DirectoryStore, name: str) -> Header | None:
    """The header of an index; None where there is none, or it is damaged."""
    with suppress(DamagedBackup, OSError), store.index(name) as file:
        return index.readHeader(file)
    return None


def _finished(store: DirectoryStore, name: str) -> Header | None:
    """What a worker has made; what it has not come to the end of is removed."""
    header = _headerOf(store, name)
    if header is None:
        store.discard(name)
    return header


def _changeIndex(store: DirectoryStore, name: str, info: Backup) -> None:
    """
    Let an index say something else of a backup.

    @raise PanelError: when the disk is full.
    """
    try:
        header = _headerOf(store, name)
        if header is not None:
            store.change(name, replace(header, backup=info))
    except DamagedBackup:
        pass
    except OSError as error:
        why = because("backup_unreadable", error=error.strerror)
        raise shortage(error) or SourceUnavailable(why) from error


def _page(
    store: DirectoryStore, name: str, path: str, after: str, most: int
) -> tuple[Sequence[Entry], int] | None:
    with suppress(OSError, DamagedBackup), store.index(name) as file:
        reading = index.Reading(file, index.readHeader(file))
        found = reading.page(path, after, most)
        return None if found is None else (found, reading.hidden)
    return None


def _holds(store: DirectoryStore, name: str, path: str) -> bool:
    with suppress(OSError, DamagedBackup), store.index(name) as file:
        return index.Reading(file, index.readHeader(file)).holds(path)
    return False
