"""
All backups that are known, and the store that they lie in.
"""

import os
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from typing import Any, Final

import msgspec
from msgspec.structs import replace
from twisted.internet.defer import DeferredLock

from gamepanel.backups import index
from gamepanel.backups.directorystore import DirectoryStore, Mark, claim, markOf
from gamepanel.backups.index import DamagedBackup
from gamepanel.backups.retention import Retention
from gamepanel.backups.store import StoreUnavailable
from gamepanel.backups.values import Backup, Entry, Header
from gamepanel.base.errors import (
    JobRunning,
    Locked,
    NoSpace,
    NoSuchBackup,
    NoSuchFile,
    PanelError,
    QuotaExceeded,
    SourceUnavailable,
    shortage,
)
from gamepanel.jobs.queue import Jobs
from gamepanel.servers.backupoptions import (
    backupLimit,
    backupSettings,
    keepDailyName,
    keepLastName,
    keepWeeklyName,
)
from gamepanel.servers.directory import Directory
from gamepanel.servers.server import GameServer
from gamepanel.store.backups import BackupRow, BackupTables
from gamepanel.wire.causes import because

spareBytes: Final = 16 * 1024 * 1024
"""Of the store's disk that stay free."""

maxAdopted: Final = 10**9
"""A number beyond this is not taken over with a backup that somebody else has made."""


class Known(msgspec.Struct, frozen=True):
    """
    A backup that is known.

    @ivar info: what people are told of it.
    @ivar store: random name of the store that it lies in.
    @ivar name: name of the backup in that store.
    @ivar creation: number of its server's creation; None for a backup that was adopted.
    """

    info: Backup
    store: str
    name: str
    creation: int | None

    @classmethod
    def of(cls, row: BackupRow) -> "Known":
        """The backup that a row of the database is about."""
        return cls(msgspec.convert(row.info, Backup), row.store, row.name, row.creation)

    def row(self) -> BackupRow:
        """The row of the database for this backup."""
        info = msgspec.to_builtins(self.info)
        return BackupRow(self.info.backup, self.store, self.name, self.creation, info)


class StorePlace(msgspec.Struct, frozen=True):
    """
    Where backups lie.

    @ivar path: absolute, of the directory.
    @ivar instance: of this daemon.
    """

    path: str
    instance: str

    def usable(self, isUsed: bool) -> tuple[DirectoryStore, Mark]:
        """
        The store; this waits for the disk.

        @param isUsed: whether backups are known: then there is a store already.

        @raise SourceUnavailable: when the store is not there, or another daemon's.
        @raise OSError: when the store can't be made.
        """
        try:
            mark = markOf(self.path)
            if mark is None and isUsed:
                raise StoreUnavailable(because("store_missing"))
            if mark is None:
                mark = claim(self.path, self.instance)
        except StoreUnavailable as error:
            raise SourceUnavailable(error.cause) from error
        if mark.instance != self.instance:
            raise SourceUnavailable(because("store_of_other"))
        return DirectoryStore(self.path, mark), mark

    def adopt(self) -> tuple[DirectoryStore, Mark]:
        """
        The store, which is this daemon's from now on; this waits for the disk.

        @raise SourceUnavailable: when it can't be known whose store it was.
        @raise OSError: when the store can't be made.
        """
        try:
            claim(self.path, self.instance)
        except StoreUnavailable as error:
            raise SourceUnavailable(error.cause) from error
        return self.usable(isUsed=True)


class Backups:
    """
    All backups that are known.

    @ivar place: where they lie.
    """

    def __init__(
        self, directory: Directory, jobs: Jobs, tables: BackupTables, place: StorePlace
    ) -> None:
        self.place = place
        self._directory = directory
        self._jobs = jobs
        self._tables = tables
        self._known: dict[int, Known] = {}
        self._changing = DeferredLock()

    def load(self, rows: Collection[BackupRow]) -> None:
        """
        Take up what is known, before jobs are.

        @param rows: all that are stored.
        """
        self._known = {row.backup: Known.of(row) for row in rows}

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

        @raise PanelError: when the store can't be used.
        """
        found: tuple[DirectoryStore, Mark] = await self.inThread(
            self.place.usable, bool(self._known)
        )
        return found

    async def storeOf(self, known: Known) -> DirectoryStore:
        """
        The store that a backup lies in.

        @raise SourceUnavailable: when that store is not there.
        """
        store, mark = await self.usable()
        if mark.store != known.store:
            raise SourceUnavailable(because("store_missing"))
        return store

    async def inThread(self, function: Callable[..., Any], *arguments: Any) -> Any:
        """
        What a function returns that waits for the store.

        @raise PanelError: when the store can't be read or written, or no thread is free.
        """
        try:
            return await self._directory.context.threads.files(function, *arguments)
        except OSError as error:
            raise _unusable(error) from error

    def retention(self, server: GameServer) -> Retention:
        """Which backups of a server its rules keep."""
        given = backupSettings(server.settings.own)
        names = keepLastName, keepDailyName, keepWeeklyName
        return Retention(*(int(given[name]) for name in names))

    def left(self, server: GameServer, now: float) -> int | None:
        """
        Bytes that another backup of a server may take; None where there is no limit.

        @param now: Unix time in seconds.

        @raise QuotaExceeded: when the others take all, without those that rules will delete.
        """
        limit = backupLimit(server.settings.own)
        if not limit:
            return None
        before = self.ofServer(server.creation)
        gone = self.retention(server).expired([*before, Backup(0, server.id, server.type, now)])
        left = limit - sum(each.size for each in before if each.backup not in gone)
        if left <= 0:
            raise QuotaExceeded(because("backup_over_limit", limit=limit))
        return left

    # What changes.

    async def checkSpace(self, server: GameServer) -> None:
        """
        See whether the store has space for another backup of a server, as large as the last.

        @raise NoSpace: when the store has too little.
        @raise SourceUnavailable: when the store can't be used.
        """
        await self.usable()
        last = max(self.ofServer(server.creation), key=lambda each: each.at, default=None)
        free = await self.inThread(_freeAt, self.place.path)
        if free < (0 if last is None else last.size) + spareBytes:
            raise NoSpace()

    async def number(self) -> int:
        """A number that no backup has had."""
        return await self._tables.nextBackup()

    async def add(self, known: Known) -> None:
        """Let a backup be known."""
        await self._tables.putBackup(known.row())
        self._known[known.info.backup] = known

    async def change(
        self, backup: int, changes: Mapping[str, Any], mayDiffer: bool = False
    ) -> Backup:
        """
        Change what is known of a backup, in its index too.

        @param changes: the fields of L{Backup} that change, and their new values.
        @param mayDiffer: whether the database is changed also where the index can't be, since the
            store is full, or gone.

        @raise PanelError: when there is no such backup any more, or its index can't be changed.
        """
        async with self._changing:
            known = self.find(backup)
            info = replace(known.info, **changes)
            try:
                store = await self.storeOf(known)
                await self.inThread(changeIndex, store, known.name, info)
            except (SourceUnavailable, NoSpace):
                if not mayDiffer:
                    raise
            await self.add(replace(known, info=info))
            return info

    async def forget(self, backup: int, onlyHere: bool = False) -> None:
        """
        Remove a backup; one that lies in another store stays there, unknown.

        @param onlyHere: whether a backup in another store stays known: then this fails.

        @raise Locked: when the backup is locked.
        @raise JobRunning: when a job reads the backup, or waits to.
        @raise PanelError: when the backup can't be removed.
        """
        async with self._changing:
            known, store = self.find(backup), None
            if known.info.locked:
                raise Locked()
            if (job := self.isRead(backup)) is not None:
                raise JobRunning(because("backup_is_read"), job=job)
            try:
                store = await self.storeOf(known)
            except SourceUnavailable:
                if onlyHere:
                    raise
            if store is not None:
                await self.inThread(store.forget, known.name)
            await self._tables.removeBackup(backup)
            self._known.pop(backup, None)

    async def page(
        self, known: Known, path: str, after: str, most: int
    ) -> tuple[Sequence[Entry], int]:
        """
        Some of what is in a directory of a backup.

        @return: the entries, and how many names are not UTF-8 and left out.

        @raise NoSuchFile: when the backup has no such directory, or its index is gone or damaged.
        """
        store = await self.storeOf(known)
        found = await self.inThread(_page, store, known.name, path, after, most)
        if found is None:
            raise NoSuchFile()
        page: tuple[Sequence[Entry], int] = found
        return page

    async def checkHeld(self, known: Known, paths: Sequence[str]) -> None:
        """
        See whether a backup holds something at each of some paths.

        @raise NoSuchFile: when there is nothing at one of them.
        """
        store = await self.storeOf(known)
        for path in await self.inThread(_lacking, store, known.name, paths) if paths else ():
            raise NoSuchFile(because("backup_lacks", path=path))

    async def header(self, known: Known) -> tuple[Header, bool]:
        """
        The header of a backup's index.

        @return: the header, and whether the backup holds all that was installed.

        @raise NoSuchFile: when the index is gone, or damaged.
        """
        store = await self.storeOf(known)
        found: tuple[Header, bool] | None = await self.inThread(_wholeOf, store, known.name)
        if found is None:
            raise NoSuchFile()
        return found

    async def adopt(self) -> list[int]:
        """
        Take in the backups that lie in the store and are not known.

        @return: their numbers.

        @raise PanelError: when the store can't be used.
        """
        async with self._changing:
            store, mark = await self.inThread(self.place.adopt)
            there = {each.name for each in self._known.values() if each.store == mark.store}
            # What is being made is not known yet.
            there.update(row.task.get("name", "") for row in self._jobs.all())
            found = []
            for name in await self.inThread(store.names):
                header = None if name in there else await self.inThread(headerOf, store, name)
                if header is not None:
                    found.append(await self._take(store, mark, name, header.backup))
            return found

    async def _take(self, store: DirectoryStore, mark: Mark, name: str, info: Backup) -> int:
        number = info.backup
        if not 0 < number < maxAdopted or number in self._known:
            number = await self._tables.nextBackup()
            info = replace(info, backup=number)
            await self.inThread(changeIndex, store, name, info)
        await self.add(Known(info, mark.store, name, None))
        return number


def _wholeOf(store: DirectoryStore, name: str) -> tuple[Header, bool] | None:
    with suppress(DamagedBackup, OSError), store.index(name) as file:
        header = index.readHeader(file)
        return header, index.Reading(file, header).holdsInstalled()
    return None


def _freeAt(path: str) -> int:
    about = os.statvfs(path)
    return about.f_bavail * about.f_frsize


def headerOf(store: DirectoryStore, name: str) -> Header | None:
    """The header of an index; None where the index is gone or damaged."""
    with suppress(DamagedBackup, OSError), store.index(name) as file:
        return index.readHeader(file)
    return None


def changeIndex(store: DirectoryStore, name: str, info: Backup) -> None:
    """
    Change what an index says of its backup; an index that is damaged or gone stays as it is.

    @raise OSError: when the index can't be written.
    """
    header = headerOf(store, name)
    if header is not None:
        with suppress(DamagedBackup):
            store.change(name, replace(header, backup=info))


def _unusable(error: OSError) -> PanelError:
    """What people are told when a store can't be used."""
    why = because("backup_unreadable", error=error.strerror)
    return shortage(error) or SourceUnavailable(why)


def _page(
    store: DirectoryStore, name: str, path: str, after: str, most: int
) -> tuple[Sequence[Entry], int] | None:
    with suppress(OSError, DamagedBackup), store.index(name) as file:
        reading = index.Reading(file, index.readHeader(file))
        found = reading.page(path, after, most)
        return None if found is None else (found, reading.hidden)
    return None


def _lacking(store: DirectoryStore, name: str, paths: Collection[str]) -> Collection[str]:
    with suppress(OSError, DamagedBackup), store.index(name) as file:
        return index.Reading(file, index.readHeader(file)).lacking(paths)
    return paths
