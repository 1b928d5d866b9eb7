"""
Verifies a backup: reads all of it.
"""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from typing import IO, Any, Final

from gamepanel.backups.index import DamagedBackup, Hashing, Reading, readHeader
from gamepanel.backups.store import Store
from gamepanel.backups.values import Entry, Header
from gamepanel.jobs.progress import Progress
from gamepanel.jobs.report import Failed, Report
from gamepanel.wire.causes import because
from gamepanel.worker.backups.backup import storeOf
from gamepanel.worker.backups.copier import yieldToGames
from gamepanel.worker.backups.tape import Member, chunkBytes, follow
from gamepanel.worker.unpack.zstd import zstd

step: Final = because("step_verifying")


class Archive:
    """
    An archive that is read and hashed. Whoever has opened its file closes it.
    """

    def __init__(self, file: IO[bytes], report: Report, step: Any, total: int) -> None:
        """
        @param step: what is done, for people.
        @param total: bytes that the archive has.
        """
        self._hashing = Hashing(file)
        hashing: Any = self._hashing
        self._stream: Any = zstd.ZstdFile(hashing)
        self._report, self._step, self._total = report, step, total

    def read(self, size: int = chunkBytes, /) -> bytes:
        """
        Some more of what was compressed.

        @raise DamagedBackup: when the archive can't be decompressed.
        """
        try:
            data: bytes = self._stream.read(size)
        except (zstd.ZstdError, EOFError) as error:
            raise DamagedBackup("its archive can't be decompressed") from error
        self._report.progress(
            Progress.doing(self._step, min(self._hashing.size, self._total), self._total)
        )
        return data

    def finish(self, digest: str) -> None:
        """
        Read the rest.

        @param digest: the hash that it must have.

        @raise DamagedBackup: when the archive has another hash.
        """
        while self.read():
            pass
        if self._hashing.finish() != digest:
            raise DamagedBackup("its archive is damaged")


@contextmanager
def opened(store: Store, name: str) -> Iterator[tuple[Header, IO[bytes], IO[bytes]]]:
    """
    A backup, open until the end.

    @return: the header of its index, what follows in that, and its archive.

    @raise Failed: when the backup is damaged, or its index or archive is gone.
    """
    try:
        with ExitStack() as files:
            try:
                file = files.enter_context(store.index(name))
                archive = files.enter_context(store.archive(name))
            except FileNotFoundError as error:
                raise DamagedBackup("its archive or its index is gone") from error
            yield readHeader(file), file, archive
    except DamagedBackup as error:
        # In English only: it is for who reads the job's log.
        print(f"the backup is damaged: {error}")
        raise Failed(because("backup_damaged")) from error


def verify(task: Mapping[str, Any], report: Report) -> dict[str, Any]:
    """
    @param task: C{store}, and C{name} of the backup there.

    @return: an empty result.

    @raise Failed: when the backup is damaged, or can't be read.
    """
    yieldToGames()
    check(storeOf(task["store"]), task["name"], report)
    return {}


def check(store: Store, name: str, report: Report) -> None:
    """
    Read all of a backup.

    @raise Failed: when the backup is damaged, or can't be read.
    """
    with opened(store, name) as (header, file, archive):
        reading = Archive(archive, report, step, header.backup.size)
        follow(reading, Reading(file, header).entries(), _ignore)
        reading.finish(header.archive)


def _ignore(path: str, entry: Entry, member: Member) -> None:
    """Do nothing with a member: its content is hashed in any case."""
