"""
What people do with backups, for all who ask: HTTP, schedules.
"""

import os
import secrets
import time
from collections.abc import Sequence
from typing import Any, Final

from msgspec import Struct

from gamepanel.accounts.rights import Person
from gamepanel.accounts.tickets import Thing
from gamepanel.backups.directorystore import archiveSuffix
from gamepanel.backups.service import Backups, Known
from gamepanel.backups.values import Backup
from gamepanel.base.errors import (
    Forbidden,
    NoSuchBackup,
    NoSuchFile,
    NoSuchServer,
    TooMany,
    Unsupported,
    shortage,
)
from gamepanel.jobs.queue import Jobs
from gamepanel.operations.actor import Actor, checkIdle, reach, usable
from gamepanel.operations.files import checkName, checkPath
from gamepanel.operations.transfers import Download
from gamepanel.servers.directory import Directory
from gamepanel.servers.installtask import BackupOrigin
from gamepanel.servers.server import GameServer
from gamepanel.wire.causes import because
from gamepanel.wire.values import JobKind
from gamepanel.worker.files.messages import Entry

maxLocked: Final = 20
"""Locked backups of a server."""


class BackupOperations(Struct, frozen=True):
    """
    All want the right C{backup} on the server that a backup is of; of one that is destroyed, or was
    adopted, an administrator.
    """

    _directory: Directory
    _jobs: Jobs
    _backups: Backups

    # What is known.

    def find(self, person: Person, backup: int) -> Known:
        """
        A backup that a person may use.

        @raise NoSuchBackup: when there is none of this number, or the person may not see it.
        @raise Forbidden: when the person may see its server, but has not the right.
        """
        known = self._backups.find(backup)
        server = self._directory.ofCreation(known.creation)
        try:
            if server is None:
                person.checkAdmin()
            else:
                person.checkRight(server.id, "backup")
        except NoSuchServer:
            raise NoSuchBackup() from None
        except Forbidden:
            if server is None:
                raise NoSuchBackup() from None
            raise
        return known

    def list(self, person: Person, server: str | None) -> list[Backup]:
        """
        Backups, newest first.

        @param server: only of the server of this id; None for all that the person may use.

        @raise NoSuchServer: when there is none of this id, or the person may not see it.
        @raise Forbidden: when the person has not the right on it.
        """
        if server is not None:
            creation = reach(self._directory, person, server, "backup").creation
            known = [each for each in self._backups.all() if each.creation == creation]
            return [each.info for each in known]
        return [each.info for each in self._backups.all() if self._mayUse(person, each)]

    def _mayUse(self, person: Person, known: Known) -> bool:
        server = self._directory.ofCreation(known.creation)
        if server is None or person.admin:
            return person.admin
        return "backup" in person.servers.get(server.id, frozenset())

    async def files(
        self, person: Person, backup: int, path: str, after: str | None, limit: int
    ) -> tuple[Sequence[Entry], bool, int]:
        """
        A page of what a backup holds.

        @return: it, whether there is more, and how many names are left out.

        @raise PanelError: as C{backup_files} refuses.
        """
        known = self.find(person, backup)
        checkPath(path)
        found, hidden = await self._backups.page(known, path, after or "", limit + 1)
        page = [
            Entry(
                each.name,
                "file" if each.kind == "hardlink" else each.kind,
                each.size,
                each.modifiedAt / 1e9,
                each.mode,
                "",
            )
            for each in found[:limit]
        ]
        return page, len(found) > limit, hidden

    # What begins a job.

    async def create(self, actor: Actor, id: str, note: str, locked: bool) -> int:
        """
        Make a backup of a server.

        @return: number of the job that does it.

        @raise PanelError: as C{backup_create} refuses.
        """
        with actor.acting("backup_create", id):
            server = await usable(self._directory, actor.person, id, "backup")
            checkIdle(self._jobs, server)
            if locked:
                self._checkLocked(server.creation)
            self._backups.left(server, time.time())
            await self._backups.checkSpace(server)
            number = await self._backups.number()
            stamp = time.strftime("%Y%m%d-%H%M%S", time.gmtime())
            name = f"{id}-{stamp}-{secrets.token_hex(4)}"
            task = {"number": number, "name": name, "note": note, "locked": locked}
            return await self._add(actor, server, "backup", task)

    async def restore(
        self, actor: Actor, id: str, backup: int, paths: Sequence[str], keepOthers: bool
    ) -> int:
        """
        Restore a backup.

        @param paths: only these; without any, all that it had selected.
        @param keepOthers: whether what it does not hold stays.

        @return: number of the job that does it.

        @raise PanelError: as C{backup_restore} refuses.
        """
        with actor.acting("backup_restore", id, str(backup)):
            server = await usable(self._directory, actor.person, id, "backup")
            known = self.find(actor.person, backup)
            for position, path in enumerate(paths):
                checkName(path, "paths", position)
            if known.info.type != server.type:
                raise Unsupported(because("backup_of_other_type", type=known.info.type))
            checkIdle(self._jobs, server)
            await self._backups.checkHeld(known, paths)
            # From here on nobody starts it.
            server.rest()
            try:
                await server.killer.endLeftovers()
                task = {"backup": backup, "paths": list(paths), "keepOthers": keepOthers}
                return await self._add(actor, server, "restore", task)
            except BaseException:
                server.endRest(None)
                raise

    async def origin(self, person: Person, backup: int, type: str) -> BackupOrigin:
        """
        What a new server begins with that is made of a backup.

        @param type: name of the type that it is to have.

        @raise PanelError: as C{server_create} refuses.
        """
        known = self.find(person, backup)
        if known.info.type != type:
            raise Unsupported(because("copy_of_other_type"))
        header, isWhole = await self._backups.header(known)
        return BackupOrigin(backup, header.options, isWhole)

    async def verify(self, actor: Actor, backup: int) -> int:
        """
        Verify a backup.

        @return: number of the job that does it.

        @raise PanelError: as C{backup_verify} refuses.
        """
        with actor.acting("backup_verify", target=str(backup)):
            known = self.find(actor.person, backup)
            await self._backups.storeOf(known)
            server = self._directory.ofCreation(known.creation)
            if server is not None:
                checkIdle(self._jobs, server)
            about = (known.info.server, -backup if server is None else server.creation)
            task = {"backup": backup}
            return (await self._jobs.add("verify", *about, "bytes", actor.name, task)).job

    async def _add(self, actor: Actor, server: GameServer, kind: JobKind, task: Any) -> int:
        about = (server.id, server.creation)
        return (await self._jobs.add(kind, *about, "bytes", actor.name, task)).job

    # What changes.

    def _checkLocked(self, creation: int | None) -> None:
        locked = [each for each in self._backups.all() if each.creation == creation]
        if sum(each.info.locked for each in locked) >= maxLocked:
            raise TooMany(because("too_many_locked", most=maxLocked))

    async def update(
        self, actor: Actor, backup: int, note: str | None, locked: bool | None
    ) -> Backup:
        """
        Change what people say of a backup.

        @param note: None: as it is, as C{locked}.

        @raise PanelError: as C{backup_update} refuses.
        """
        with actor.acting("backup_update", target=str(backup)):
            known = self.find(actor.person, backup)
            if locked and not known.info.locked:
                self._checkLocked(known.creation)
            given = {"note": note, "locked": locked}
            changes = {name: value for name, value in given.items() if value is not None}
            return await self._backups.change(backup, changes)

    async def delete(self, actor: Actor, backup: int) -> None:
        """
        Delete a backup.

        @raise PanelError: as C{backup_delete} refuses.
        """
        with actor.acting("backup_delete", target=str(backup)):
            self.find(actor.person, backup)
            await self._backups.forget(backup)

    async def adopt(self, actor: Actor) -> Sequence[int]:
        """
        Take in what lies in the store and is not known; for administrators.

        @return: the numbers of that.

        @raise PanelError: as C{backup_adopt} refuses.
        """
        with actor.acting("backup_adopt"):
            actor.person.checkAdmin()
            return await self._backups.adopt()

    # Downloads.

    def asksTicket(self, actor: Actor, backup: int) -> Thing:
        """
        Somebody wants a ticket for an archive.

        @return: see L{gamepanel.accounts.tickets}.

        @raise NoSuchBackup: as L{find}.
        """
        with actor.acting("download_ticket", target=str(backup)):
            self.find(actor.person, backup)
            return ("backup", backup, "")

    async def download(self, actor: Actor, backup: int) -> Download:
        """
        Open an archive to be sent.

        @raise NoSuchFile: when it is gone.
        """
        with actor.acting("backup_download", target=str(backup)):
            known = self.find(actor.person, backup)
            store = await self._backups.storeOf(known)

            def opened() -> tuple[int, os.stat_result]:
                with store.archive(known.name) as file:
                    return os.dup(file.fileno()), os.fstat(file.fileno())

            try:
                descriptor, status = await self._directory.context.threads.files(opened)
            except OSError as error:
                raise shortage(error) or NoSuchFile() from error
            stamp = time.strftime("%Y-%m-%d-%H%M", time.localtime(known.info.at))
            name = f"{known.info.server}-{stamp}{archiveSuffix}"
            revision = f"{status.st_ino:x}-{status.st_mtime_ns:x}-{status.st_size:x}"
            entry = Entry(name, "file", status.st_size, status.st_mtime, 0o600, revision)
            return Download(
                lambda person: self.find(person, backup), entry, descriptor, b"application/zstd"
            )
