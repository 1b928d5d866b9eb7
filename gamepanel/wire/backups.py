"""
Backups of servers.
"""

from typing import Annotated

from msgspec import Meta

from gamepanel.wire.files import Path
from gamepanel.wire.message import Answer, Bytes, Index, Message, ServerId, Text, Time, TypeName
from gamepanel.wire.values import notePattern

Note = Annotated[
    str,
    Meta(
        max_length=500,
        pattern=notePattern,
        description="For people; without control characters.",
    ),
]


class BackupInfo(Answer, frozen=True):
    """
    A backup.

    @ivar backup: its number, never given twice.
    @ivar server: the id that its server had.
    @ivar at: when the copy began.
    @ivar size: bytes that are stored.
    @ivar total: bytes of its files.
    @ivar files: number of regular files.
    @ivar by: the user who had it made.
    @ivar locked: whether neither rules nor C{backup_delete} delete it.
    @ivar version: what was installed; null when that is not known.
    @ivar complete: whether each file in it is whole.
    @ivar changed: names of files that are not; at most 20.
    @ivar quiesced: whether its game held still; null where that was not asked of it.
    @ivar checkedAt: when it was last verified; null: never.
    @ivar damaged: whether it was found to be damaged.
    """

    backup: Index
    server: ServerId
    type: TypeName
    at: Time
    size: Bytes
    total: Bytes
    files: Bytes
    note: Note
    by: str
    locked: bool
    version: Text | None
    complete: bool
    changed: tuple[str, ...]
    quiesced: bool | None
    checkedAt: Time | None
    damaged: bool


class BackupList(Answer, frozen=True):
    """
    Backups, newest first.

    @ivar backups: of servers on which one has the right C{backup}; for administrators also those of
        destroyed servers.
    """

    backups: tuple[BackupInfo, ...]


class CreateBackup(Message, frozen=True):
    """
    @ivar locked: whether no rule may delete it.
    """

    server: ServerId
    note: Note = ""
    locked: bool = False


class ListBackups(Message, frozen=True):
    """
    @ivar server: only of this one.
    """

    server: ServerId | None = None


class OfBackup(Message, frozen=True):
    """
    A request about one backup.

    @ivar backup: its number.
    """

    backup: Index


class UpdateBackup(OfBackup, frozen=True):
    """
    A request to change what is known of a backup; what is absent stays as it is.

    @ivar note: what people say of it.
    @ivar locked: whether no rule deletes it.
    """

    note: Note | None = None
    locked: bool | None = None


class ListBackupFiles(OfBackup, frozen=True):
    """
    A request for what is in a directory of a backup.

    @ivar path: of the directory.
    @ivar after: only names behind this one.
    @ivar limit: number of entries.
    """

    path: Path = ""
    after: Annotated[str, Meta(max_length=1024)] | None = None
    limit: Annotated[int, Meta(ge=1, le=1000)] = 500


class RestoreBackup(OfBackup, frozen=True):
    """
    @ivar paths: only these, and what is below them; without any, all that the backup had selected.
    @ivar keepOthers: whether what is there, and the backup does not hold, stays.
    """

    server: ServerId
    paths: Annotated[list[Path], Meta(max_length=100)] = []
    keepOthers: bool = False


class DownloadBackup(Message, frozen=True):
    """
    @ivar backup: its number.
    @ivar ticket: from C{download_ticket}, in the place of a token.
    """

    backup: Index
    ticket: Annotated[str, Meta(max_length=128)] | None = None


class Adopted(Answer, frozen=True):
    """
    What was taken in.

    @ivar backups: the numbers that they have.
    """

    backups: tuple[Index, ...]
