"""
What a store of backups is, whatever it lies on.
"""

from contextlib import AbstractContextManager
from typing import IO, Protocol

from gamepanel.backups.values import Header
from gamepanel.wire.causes import Caused


class StoreUnavailable(Caused):
    """A store can't be used, since the store is not there, or another daemon's."""


class Writing(Protocol):
    """A backup that is being written; nobody knows of the backup until it is committed."""

    @property
    def archive(self) -> IO[bytes]:
        """What its archive is written to."""

    @property
    def entries(self) -> IO[bytes]:
        """What the entries of its index are written to."""

    @property
    def left(self) -> int:
        """Bytes that the store has space for."""

    def commit(self, header: Header) -> None:
        """
        Let the backup be there: all of it is on the disk, then it has its name.

        @raise OSError: when the backup can't be written.
        """


class Store(Protocol):
    """
    Where backups lie, by their names. All of it waits for the disk: call it in a thread. What is
    not known is never overwritten or removed.
    """

    def check(self) -> None:
        """
        See whether the store is there, and this daemon's.

        @raise StoreUnavailable: when it is not.
        """

    def write(self, name: str) -> AbstractContextManager[Writing]:
        """
        Write a backup, which is gone at the end unless it was committed.

        @param name: a name that no other backup has.

        @raise OSError: when the backup can't be written.
        """

    def discard(self, name: str) -> None:
        """Remove what a process that was killed has written of a backup and not committed."""

    def archive(self, name: str) -> IO[bytes]:
        """
        Read an archive.

        @raise OSError: when the archive is not there.
        """

    def index(self, name: str) -> IO[bytes]:
        """
        Read an index.

        @raise OSError: when the index is not there.
        """

    def change(self, name: str, header: Header) -> None:
        """
        Let an index have another header, in one step; its hashes stay.

        @raise DamagedBackup: when the file is no index.
        @raise OSError: when the index can't be written.
        """

    def forget(self, name: str) -> None:
        """Remove a backup; what is gone already does not matter."""

    def names(self) -> list[str]:
        """Names of all backups of which archive and index are there."""
