"""
Uploads in pieces that are not complete: whose they are, and what they are to become. What has come
of each lies beside its server's directory.
"""

import hashlib
import os
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Any, Final

import msgspec
from msgspec import Struct
from twisted.internet.interfaces import IDelayedCall
from twisted.logger import Logger

from gamepanel.base.errors import shortage
from gamepanel.base.threads import InThread
from gamepanel.wire.decoding import undecodable
from gamepanel.worker.files.messages import prefix

keptSeconds: Final = 86400.0
"""An upload without another piece is dropped after this time."""

toldSeconds: Final = 3600.0
"""What has become of one that is complete is known for this time."""

maxUploads: Final = 20
"""Uploads of one user; the next takes the place of the one that has waited for longest."""

maxDone: Final = 10_000
"""Complete uploads of which it is known; the next one takes the place of the oldest."""

lookSeconds: Final = 3600.0
"""Interval of looks for what is to be dropped."""


newSuffix: Final = ".new"
"""So ends the name of a file that is not complete."""


class Upload(Struct, frozen=True):
    """
    @ivar key: tells it from all others, see L{keyOf}.
    @ivar user: whose it is.
    @ivar server: id of the server.
    @ivar creation: number of the server's creation.
    @ivar path: where the file is to be.
    @ivar revision: what must be there, see L{gamepanel.worker.files.messages.Place}.
    @ivar size: of the whole file, in bytes.
    """

    key: str
    user: str
    server: str
    creation: int
    path: str
    revision: str | None
    size: int

    @property
    def name(self) -> str:
        """Name of the file with what has come."""
        return f"{prefix}{self.key}.part"


def keyOf(user: str, creation: int, upload: str) -> str:
    """
    What tells an upload from all others, also from those of others who have made the same number.

    @param creation: of the server.
    @param upload: the number that its client has made.
    """
    said = f"{creation} {upload} {user}".encode()
    return hashlib.blake2b(said, digest_size=16, person=b"gamepanel-upload").hexdigest()


class Uploads:
    """
    All that are not complete. They outlive the daemon, and so are in files of their own, which are
    touched with each piece.
    """

    def __init__(
        self,
        reactor: Any,
        inThread: InThread,
        state: str,
        now: Callable[[], float],
        drop: Callable[[Upload], object],
    ) -> None:
        """
        @param inThread: runs what writes to the state directory.
        @param state: absolute path of that.
        @param now: Unix time in seconds.
        @param drop: called with one that is given up: removes what has come of it.
        """
        self._reactor = reactor
        self._inThread = inThread
        self._root = os.path.join(state, "uploads")
        self._now = now
        self._drop = drop
        # With when their last piece came, the oldest first.
        self._uploads: dict[str, tuple[float, Upload]] = {}
        # The oldest first, too.
        self._done: dict[str, tuple[float, int, str]] = {}
        self._looking: IDelayedCall | None = None
        self._isEnding = False
        self._log = Logger()
        found = sorted(self._stored(), key=lambda each: each[0])
        self._uploads.update({each[1].key: each for each in found})
        self._lookLater()

    def _stored(self) -> Iterable[tuple[float, Upload]]:
        if not os.path.isdir(self._root):
            return
        for entry in os.scandir(self._root):
            if entry.name.endswith(newSuffix):
                # A daemon was killed while it wrote this.
                with suppress(OSError):
                    os.unlink(entry.path)
                continue
            try:
                with open(entry.path, "rb") as file:
                    yield entry.stat().st_mtime, msgspec.json.decode(file.read(), type=Upload)
            except (OSError, *undecodable) as error:
                self._log.warn("{path} is none: {reason}", path=entry.path, reason=str(error))

    def find(self, key: str) -> Upload | None:
        """One that is not complete; None where there is none."""
        found = self._uploads.get(key)
        return None if found is None else found[1]

    def done(self, key: str) -> tuple[int, str] | None:
        """Size and revision of what a complete one has become; None where that is not known."""
        found = self._done.get(key)
        return None if found is None or found[0] + toldSeconds < self._now() else found[1:]

    async def touch(self, upload: Upload) -> None:
        """
        A piece is about to come, or has.

        @raise NoSpace: when the disk can't hold that.
        """
        isNew = self._uploads.pop(upload.key, None) is None
        self._uploads[upload.key] = self._now(), upload
        if isNew:
            self._makeSpace(upload.user)
            self._lookLater()
        try:
            await self._inThread(_write, self._root, upload)
        except OSError as error:
            if lack := shortage(error):
                raise lack from error
            raise

    def _makeSpace(self, user: str) -> None:
        own = [upload for _, upload in self._uploads.values() if upload.user == user]
        for oldest in own[: max(len(own) - maxUploads, 0)]:
            self.giveUp(oldest)

    def giveUp(self, upload: Upload) -> None:
        """Drop one, with what has come of it."""
        self._forget(upload)
        self._drop(upload)

    def endOf(self, user: str) -> None:
        """Drop all of a user."""
        for _, upload in list(self._uploads.values()):
            if upload.user == user:
                self.giveUp(upload)

    def finished(self, upload: Upload, revision: str) -> None:
        """
        One is complete, and its file in its place.

        @param revision: of that.
        """
        self._forget(upload)
        self._done.pop(upload.key, None)
        self._done[upload.key] = self._now(), upload.size, revision
        while self.done(oldest := next(iter(self._done))) is None or len(self._done) > maxDone:
            del self._done[oldest]

    def _forget(self, upload: Upload) -> None:
        self._uploads.pop(upload.key, None)
        self._inThread(_remove, self._root, upload.key).addErrback(self._failed)

    def _failed(self, failure: Any) -> None:
        self._log.failure("what is known of an upload can't be removed", failure)

    def _lookLater(self) -> None:
        if self._looking is None and self._uploads and not self._isEnding:
            self._looking = self._reactor.callLater(lookSeconds, self._look)

    def _look(self) -> None:
        self._looking = None
        late = self._now() - keptSeconds
        for at, upload in list(self._uploads.values()):
            if at < late:
                self.giveUp(upload)
        self._lookLater()

    def end(self) -> None:
        """Look no more: the daemon ends."""
        self._isEnding = True
        if self._looking is not None:
            self._looking.cancel()
            self._looking = None


def _write(root: str, upload: Upload) -> None:
    with suppress(FileExistsError):
        os.mkdir(root, 0o700)
    path = os.path.join(root, upload.key)
    with open(path + newSuffix, "wb") as file:
        file.write(msgspec.json.encode(upload))
    os.replace(path + newSuffix, path)


def _remove(root: str, key: str) -> None:
    with suppress(FileNotFoundError):
        os.unlink(os.path.join(root, key))
