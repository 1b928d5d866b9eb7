"""
Keeps what is installed for a server to the limit of disk space that the server has.
"""

import os
from contextlib import suppress
from typing import Final

from attrs import frozen

from gamepanel.jobs.worker.planning import Journal
from gamepanel.jobs.worker.report import Failed

MiB: Final = 1024 * 1024

_blockBytes: Final = 512
"""Of a block of C{stat(2)}, whatever the file system has."""


@frozen
class Room:
    """
    How much there may be.

    @ivar limit: bytes of the disk that the server's directory may take; 0: there is no limit.
    @ivar directory: that directory.
    @ivar staging: where files are made before they are moved there.
    """

    limit: int
    directory: str
    staging: str

    def look(self) -> None:
        """
        See whether files that are being made go beyond the limit already: those that are staged, or
        those in the directory, where a program may write. What they replace is not known yet.

        @raise Failed: when they do.
        """
        if self.limit and max(usage(self.staging), usage(self.directory)) > self.limit:
            raise self._failed()

    def check(self, journal: Journal) -> None:
        """
        See whether staged files may be moved into the directory: what it will take then counts, or
        else that it will take no more than now.

        @raise Failed: when they may not.
        """
        if not self.limit:
            return
        more = 0
        for operation in journal.operations:
            if operation.kind in ("put", "replace"):
                more += _sizeOf(os.path.join(self.staging, operation.source))
            if operation.kind in ("replace", "take"):
                more -= _sizeOf(os.path.join(self.directory, operation.path))
        if more > 0 and usage(self.directory) + more > self.limit:
            raise self._failed()

    def _failed(self) -> Failed:
        return Failed(f"It takes more of the disk than the server may: {self.limit // MiB} MiB.")


def usage(directory: str) -> int:
    """How many bytes of the disk all that is in a directory takes; what has several names, once."""
    sizes: dict[tuple[int, int], int] = {}
    for _, directories, files, descriptor in os.fwalk(directory, follow_symlinks=False):
        for name in (*directories, *files):
            # Whatever installs goes on meanwhile.
            with suppress(OSError):
                found = os.stat(name, dir_fd=descriptor, follow_symlinks=False)
                sizes[found.st_dev, found.st_ino] = found.st_blocks * _blockBytes
    return sum(sizes.values())


def _sizeOf(path: str) -> int:
    with suppress(OSError):
        return os.lstat(path).st_blocks * _blockBytes
    return 0
