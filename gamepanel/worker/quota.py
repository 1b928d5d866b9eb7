"""
Disk quota while installing: holds an install or an update to the disk limit of its server.
"""

import os
import stat
from collections.abc import Collection
from contextlib import suppress
from typing import Final

from attrs import define

from gamepanel.disk import confined
from gamepanel.disk.walking import walk
from gamepanel.jobs.report import Failed
from gamepanel.wire.causes import because
from gamepanel.worker.planning import Journal
from gamepanel.worker.unpack.within import blockBytes

MiB: Final = 1024 * 1024


@define
class Quota:
    """
    How much of the disk may be taken.

    While files are made more is needed than at the end: for archives and what comes out of them,
    for what is about to be replaced, and for what programs keep for a while. So until then it may
    be twice the limit, beside what was there before.

    @ivar limit: bytes of the disk that the server's directory may take; 0: there is no limit.
    @ivar directory: that directory.
    @ivar staging: where files are made before they are moved there.
    @ivar made: absolute paths of all directories in which something is made.
    @ivar mounted: absolute paths in that directory of what is mounted there, which does not count.
    """

    limit: int
    directory: str
    staging: str
    mounted: Collection[str] = ()
    made: Collection[str] = ()
    _before: int = 0

    def begin(self) -> None:
        """See what is there before anything is done."""
        if self.limit:
            self._before = self._there()

    def look(self) -> None:
        """
        See whether what is being done goes far beyond the limit already.

        @raise Failed: when it does.
        """
        most = self._before + 2 * self.limit
        made = sum(usage(path, isOurs=True) for path in self.made or (self.staging,))
        if self.limit and made + self._there() > most:
            raise self._failed("far_over_limit")

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
            if operation.kind != "take":
                more += _sizeOf(os.path.join(self.staging, operation.source))
            if operation.kind in ("replace", "take"):
                more -= _sizeOf(os.path.join(self.directory, operation.path))
        if more > 0 and self._there() + more > self.limit:
            raise self._failed("over_limit")

    def _there(self) -> int:
        return usage(self.directory, self.mounted)

    def _failed(self, code: str) -> Failed:
        return Failed(because(code, limit=self.limit))


def usage(directory: str, mounted: Collection[str] = (), isOurs: bool = False) -> int:
    """
    How many bytes of the disk all takes that is in a directory; what has several names, once. 0
    where there is no such directory.

    @param mounted: absolute paths of what does not count, and is not even looked at.
    @param isOurs: whether what programs have put there may be changed, so that they hide nothing.
    """
    total, several = 0, set[tuple[int, int]]()
    depths = {path.count("/") for path in mounted}
    with suppress(OSError):
        if isOurs:
            confined.own(directory)
        # Whatever installs goes on meanwhile.
        for place in walk(directory, isTolerant=True):
            # Only where one can be: paths of what is nested without end are long.
            if directory.count("/") + len(place.steps) + 1 in depths:
                path = "/".join((directory, *place.steps))
                place.directories[:] = [
                    name for name in place.directories if f"{path}/{name}" not in mounted
                ]
            for name in (*place.directories, *place.others):
                with suppress(OSError):
                    found = os.stat(name, dir_fd=place.descriptor, follow_symlinks=False)
                    if found.st_nlink > 1:
                        if (found.st_dev, found.st_ino) in several:
                            continue
                        several.add((found.st_dev, found.st_ino))
                    total += found.st_blocks * blockBytes
                    if isOurs and stat.S_ISDIR(found.st_mode) and ~found.st_mode & stat.S_IRWXU:
                        with confined.ownDirectory(place.descriptor, name):
                            pass
    return total


def _sizeOf(path: str) -> int:
    with suppress(OSError):
        return os.lstat(path).st_blocks * blockBytes
    return 0
