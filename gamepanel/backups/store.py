"""
What a store of backups is, whatever it lies on.
"""

from contextlib import AbstractContextManager
from typing import IO, Protocol

from gamepanel.backups.values import Header
from gamepanel.wire.causes import Caused


class StoreUnavailable(Caused):
    """A store can't be used: it is not there, or another daemon's."""


class Writing(Protocol):
    """A backup that is being written: nobody knows of it until it is committed."""

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
        Let it be there: all of it is on the disk, then it has its name.

        @raise OSError: when it can't be.
        """


class Store(Protocol):
    """
    Where backups lie, by their names. All of it waits for the disk: call it in a thread. What is
    not known is never overwritten or removed.
    """

    def check(self) -> None:
        """
        See whether it is there, and this daemon's.

        @raise StoreUnavailable: when it is not.
        """

    def write(self, name: str) -> AbstractContextManager[Writing]:
        """
        Write a backup. It is gone at the end unless it was committed.

        @param name: that no other has.

        @raise OSError: when it can't be written.
        """

    def discard(self, name: str) -> None:
        """Remove what was written by a process that was killed, unless that was committed."""

    def archive(self, name: str) -> IO[bytes]:
        """
        Read an archive.

        @raise OSError: when it is not there.
        """

    def index(self, name: str) -> IO[bytes]:
        """
        Read an index.

        @raise OSError: when it is not there.
        """

    def change(self, name: str, header: Header) -> None:
        """
        Let an index have another header, in one step; its hashes stay.

        @raise DamagedBackup: when it is none.
        @raise OSError: when it can't be written.
        """

    def forget(self, name: str) -> None:
        """Remove a backup; what is gone already does not matter."""

    def names(self) -> list[str]:
        """All that are there, whole."""
