"""
Backups of servers.
"""

from msgspec import Struct, structs

from gamepanel.backups.values import Backup
from gamepanel.operations.backups import BackupOperations
from gamepanel.web.api.endpoint import Call, serves
from gamepanel.web.api.files import entryInfo
from gamepanel.wire.backups import (
    Adopted,
    BackupInfo,
    BackupList,
    CreateBackup,
    ListBackupFiles,
    ListBackups,
    OfBackup,
    RestoreBackup,
    UpdateBackup,
)
from gamepanel.wire.files import FileList
from gamepanel.wire.jobs import JobBegun
from gamepanel.wire.message import Done, Empty, milliseconds


def _info(backup: Backup) -> BackupInfo:
    found = structs.asdict(backup)
    for name in ("at", "checkedAt"):
        if found[name] is not None:
            found[name] = milliseconds(found[name])
    return BackupInfo(**found)


class BackupEndpoints(Struct, frozen=True):
    """
    Section 12 of the contract.
    """

    backups: BackupOperations

    @serves("backup_create")
    async def backupCreate(self, call: Call[CreateBackup]) -> JobBegun:
        message = call.message
        job = await self.backups.create(call.actor, message.server, message.note, message.locked)
        return JobBegun(job=job)

    @serves("backup_list")
    async def backupList(self, call: Call[ListBackups]) -> BackupList:
        found = self.backups.list(call.person, call.message.server)
        return BackupList(backups=tuple(map(_info, found)))

    @serves("backup_files")
    async def backupFiles(self, call: Call[ListBackupFiles]) -> FileList:
        message = call.message
        entries, more, hidden = await self.backups.files(
            call.person, message.backup, message.path, message.after, message.limit
        )
        return FileList(entries=tuple(map(entryInfo, entries)), more=more, hidden=hidden)

    @serves("backup_restore")
    async def backupRestore(self, call: Call[RestoreBackup]) -> JobBegun:
        message = call.message
        what = message.server, message.backup, message.paths, message.keepOthers
        return JobBegun(job=await self.backups.restore(call.actor, *what))

    @serves("backup_verify")
    async def backupVerify(self, call: Call[OfBackup]) -> JobBegun:
        return JobBegun(job=await self.backups.verify(call.actor, call.message.backup))

    @serves("backup_update")
    async def backupUpdate(self, call: Call[UpdateBackup]) -> BackupInfo:
        message = call.message
        changed = await self.backups.update(
            call.actor, message.backup, message.note, message.locked
        )
        return _info(changed)

    @serves("backup_delete")
    async def backupDelete(self, call: Call[OfBackup]) -> Done:
        await self.backups.delete(call.actor, call.message.backup)
        return Done()

    @serves("backup_adopt")
    async def backupAdopt(self, call: Call[Empty]) -> Adopted:
        return Adopted(backups=tuple(await self.backups.adopt(call.actor)))
