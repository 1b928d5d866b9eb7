"""
Files of servers that come and go: the daemon moves their bytes, a file worker opens them.
"""

import os
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Final, Protocol

from attrs import Factory, define
from msgspec import Struct, field
from twisted.internet.defer import Deferred

from gamepanel.accounts.accounts import Accounts
from gamepanel.accounts.rights import Person
from gamepanel.accounts.users import UserChanged
from gamepanel.base.errors import (
    AuthMode,
    BadRequest,
    FileChanged,
    NoSpace,
    NoSuchFile,
    PanelError,
    QuotaExceeded,
    TooLarge,
    TooManyRequests,
    shortage,
)
from gamepanel.base.threads import closing
from gamepanel.operations.actor import Actor
from gamepanel.operations.files import Files, checkName
from gamepanel.operations.uploads import Upload, Uploads, keyOf
from gamepanel.servers.directory import Directory
from gamepanel.servers.host import HostContext, watermarkBytes
from gamepanel.servers.server import GameServer
from gamepanel.wire.causes import because
from gamepanel.worker.files.asking import FileWorkers
from gamepanel.worker.files.messages import (
    Check,
    Create,
    Created,
    Discard,
    Entry,
    Open,
    Opened,
    Place,
    Staged,
    newName,
)

maxTransfers: Final = 64
maxTransfersOfUser: Final = 16
keptForAdmins: Final = 8
"""Transfers that only administrators get."""

defaultMaxUpload: Final = 16 * 2**30


class Body(Protocol):
    """What is uploaded, see L{gamepanel.web.http.largebody.LargeBody}."""

    async def read(self) -> list[bytes]:
        """The next bytes; nothing at the end."""

    def fail(self, error: PanelError) -> None:
        """Let what waits for bytes fail with this."""


@define(eq=False)
class TransferSlots:
    """
    Counts the transfers that are under way, within bounds.
    """

    _users: Counter[str] = Factory(Counter)

    @contextmanager
    def one(self, person: Person) -> Iterator[None]:
        """
        Around a transfer.

        @raise TooManyRequests: when there are too many.
        """
        most = maxTransfers if person.admin else maxTransfers - keptForAdmins
        isFull = self._users[person.username] >= maxTransfersOfUser
        if isFull or self._users.total() >= most:
            raise TooManyRequests(because("too_many_transfers"), retryAfter=5)
        self._users[person.username] += 1
        try:
            yield
        finally:
            self._users[person.username] -= 1
            if not self._users[person.username]:
                del self._users[person.username]


@define(eq=False)
class Space:
    """
    Space on the disk that counts as used, since uploads that run now are to take it.
    """

    context: HostContext
    _claims: "set[Claim]" = Factory(set)

    async def claim(self, server: GameServer, size: int, later: int = 0) -> "Claim":
        """
        Take space, until the end of a C{with} around what is to take it.

        @param size: in bytes.
        @param later: bytes for which there has to be space, too, but which are not claimed yet.

        @raise NoSpace: when the disk has not so much, beside what others have claimed.
        @raise QuotaExceeded: when the server may not take so much.
        """
        made = Claim(self, server, size)
        # Before anything waits, so that several at once do not all find the same space.
        self._claims.add(made)
        try:
            free = await self.context.threads.files(_freeAt, server.directory)
            if free - later - sum(each.left for each in self._claims) < watermarkBytes:
                raise NoSpace()
            await self.context.disk.check(server, more=later + self.comingOf(server))
        except BaseException:
            self.release(made)
            raise
        return made

    def release(self, claim: "Claim") -> None:
        """Give back what has not been taken."""
        self._claims.discard(claim)

    def comingOf(self, server: GameServer) -> int:
        """How much is yet to come for a server, in bytes."""
        return sum(each.left for each in self._claims if each.server is server)


@define(eq=False)
class Claim:
    """
    Space that an upload is to take.

    @ivar left: what it has not taken yet, in bytes.
    """

    _space: Space
    server: GameServer
    left: int

    def __enter__(self) -> "Claim":
        return self

    def __exit__(self, *_: object) -> None:
        self._space.release(self)

    def taken(self, size: int) -> None:
        """
        Some of it has been written.

        @param size: in bytes.

        @raise QuotaExceeded: when the server has more by now than it may.
        """
        self.left -= size
        server, disk = self.server, self._space.context.disk
        disk.grew(server, size)
        used, limit = disk.usedBy(server), server.diskLimit
        if limit and used is not None and used + self._space.comingOf(server) > limit:
            raise QuotaExceeded(because("over_disk_limit", used=used, limit=limit))


def _freeAt(path: str) -> int:
    found = os.statvfs(path)
    return found.f_bavail * found.f_frsize


def _write(descriptor: int, data: bytes, offset: int) -> None:
    """Write all of it, unless that would leave too little on the disk. It waits for the disk."""
    view = memoryview(data)
    while view:
        size = os.pwrite(descriptor, view, offset)
        view, offset = view[size:], offset + size
    found = os.fstatvfs(descriptor)
    if found.f_bavail * found.f_frsize < watermarkBytes:
        raise NoSpace(because("disk_low", least=watermarkBytes))


class Download(Struct, frozen=True):
    """
    A file that is open to be sent.

    @ivar check: raises an error for somebody who may not read it.
    @ivar entry: what it is.
    @ivar descriptor: to be closed.
    @ivar mediaType: of it.
    """

    check: Callable[[Person], object]
    entry: Entry
    descriptor: int
    mediaType: bytes = b"application/octet-stream"


def mayUseFiles(server: str) -> Callable[[Person], object]:
    """
    What raises an error for somebody who has not the right C{files}.

    @param server: id of the server.
    """
    return lambda person: person.checkRight(server, "files")


class Transfers(Struct, frozen=True):
    """
    Each wants the right C{files}.

    @ivar slots: counts them.
    @ivar uploads: knows those in pieces that are not complete.
    @ivar maxUpload: size limit of an upload, in bytes.
    """

    files: Files
    workers: FileWorkers
    context: HostContext
    slots: TransferSlots
    space: Space
    uploads: Uploads
    maxUpload: int
    _receiving: set[str] = field(default_factory=set)

    async def download(self, actor: Actor, id: str, path: str) -> Download:
        """
        Open a file to be sent.

        @raise NoSuchFile: when there is none.
        @raise NotAFile: when it is no plain file.
        """
        server = self.files.reading(actor.person, id)
        checkName(path)
        opened: Opened = await self.workers.ask(server, Open(path))
        return Download(mayUseFiles(server.id), opened.entry, opened.descriptor)

    def asksTicket(self, actor: Actor, id: str, path: str) -> tuple[str, int, str]:
        """
        Somebody wants a ticket for a file.

        @return: see L{find}.
        """
        with actor.acting("download_ticket", id, path):
            return self.find(actor, id, path)

    def find(self, actor: Actor, id: str, path: str) -> tuple[str, int, str]:
        """What a ticket for a file is good for, see L{gamepanel.accounts.tickets}."""
        server = self.files.reading(actor.person, id)
        checkName(path)
        return ("file", server.creation, path)

    async def upload(
        self, actor: Actor, id: str, path: str, revision: str | None, body: Body, size: int
    ) -> Entry:
        """
        Put a file in its place when all of it is on the disk.

        @param revision: what must be there; empty for nothing, None for whatever it is.
        @param body: what is to be in the file.
        @param size: of it, in bytes.

        @raise TooLarge: when it is larger than an upload may be.
        @raise FileChanged: when something else is there.
        @raise NoSpace: or L{QuotaExceeded}, when there is no space for it.
        """
        with actor.acting("file_upload", id, path), self._slot(actor, id, path, size) as server:
            await self.workers.ask(server, Check(path, revision))
            with await self.space.claim(server, size) as claim:
                name = newName()
                created: Created = await self.workers.ask(server, Create(name))
                try:
                    await self._receive(created, body, claim)
                    # A job may have come meanwhile.
                    self.files.changing(actor.person, id)
                    entry: Entry = await self.workers.ask(server, Place(name, path, revision))
                except BaseException:
                    # If the worker is gone, the next one removes it.
                    self.workers.ask(server, Discard(name)).addErrback(lambda _: None)
                    raise
                finally:
                    # Until here, or a worker that is begun meanwhile would remove it.
                    self.close(created.descriptor)
        return entry

    @contextmanager
    def _slot(self, actor: Actor, id: str, path: str, size: int) -> Iterator[GameServer]:
        """
        Around an upload, with the checks that need no worker.

        @return: the server.
        """
        server = self.files.reading(actor.person, id)
        checkName(path)
        with self.slots.one(actor.person):
            self.files.checkRest(server)
            if size > self.maxUpload:
                raise TooLarge()
            yield server

    def piece(
        self, person: Person, upload: str, id: str, path: str, revision: str | None, size: int
    ) -> Upload:
        """
        What an upload in pieces is to become.

        @param upload: the number that its client has made.
        @param size: of the whole file, in bytes.

        @raise NoSuchServer: when there is no such server, or the person may not see it.
        @raise Forbidden: when the person has not the right.
        """
        creation = self.files.reading(person, id).creation
        key = keyOf(person.username, creation, upload)
        return Upload(key, person.username, id, creation, path, revision, size)

    async def uploadPiece(
        self, actor: Actor, upload: Upload, offset: int, body: Body, length: int
    ) -> Entry | int:
        """
        Append a piece to an upload; with the last byte the file is put in its place. What has come
        of a piece that broke off stays.

        @param upload: says the same with each of its pieces.
        @param offset: number of bytes that came before.
        @param length: of the piece, in bytes.

        @return: the file, or number of bytes that are there now.

        @raise PanelError: as L{upload}.
        @raise FileChanged: when there are more or fewer bytes, or another piece is under way, too.
        @raise BadRequest: when it is another file than with the first piece, or becomes larger.
        """
        about = upload.server, upload.path
        with actor.acting("file_upload", *about):
            if offset + length > upload.size:
                raise BadRequest(because("other_upload"))
            with self._slot(actor, *about, upload.size) as server:
                known = self.uploads.find(upload.key)
                if known not in (None, upload):
                    raise BadRequest(because("other_upload"))
                if upload.key in self._receiving or (known is None and offset):
                    raise FileChanged(because("other_offset"))
                self._receiving.add(upload.key)
                try:
                    return await self._piece(actor, server, upload, offset, body, length)
                finally:
                    self._receiving.discard(upload.key)

    async def _piece(
        self,
        actor: Actor,
        server: GameServer,
        upload: Upload,
        offset: int,
        body: Body,
        length: int,
    ) -> Entry | int:
        await self.workers.ask(server, Check(upload.path, upload.revision))
        # What does not fit as a whole is refused with its first piece, not with its last.
        with await self.space.claim(server, length, upload.size - offset - length) as claim:
            await self.uploads.touch(upload)
            created: Created = await self.workers.ask(server, Create(upload.name))
            try:
                if created.size != offset:
                    raise FileChanged(because("other_offset"))
                await self._receive(created, body, claim)
                await self.uploads.touch(upload)
                if offset + length < upload.size:
                    return offset + length
                self.files.changing(actor.person, upload.server)
                place = Place(upload.name, upload.path, upload.revision)
                entry: Entry = await self.workers.ask(server, place)
            finally:
                self.close(created.descriptor)
        self.uploads.finished(upload, entry.revision)
        return entry

    async def status(self, person: Person, id: str, upload: str) -> tuple[int, str | None]:
        """
        How far an upload in pieces is.

        @return: number of bytes that have come, and the revision of the file if that was all.

        @raise NoSuchFile: when there is none.
        """
        server = self.files.reading(person, id)
        key = keyOf(person.username, server.creation, upload)
        done, known = self.uploads.done(key), self.uploads.find(key)
        if known is None:
            if done is None:
                raise NoSuchFile()
            return done
        try:
            staged: Entry = await self.workers.ask(server, Staged(known.name))
        except NoSuchFile:
            # Nothing of the first piece has come.
            return 0, None
        return staged.size, None

    async def _receive(self, created: Created, body: Body, claim: "Claim") -> None:
        """Append a body to a file beside a server's directory, and let the disk have it."""
        offset, inThread = created.size, self.context.threads.files
        forget = self.workers.onEnd(claim.server.creation, body.fail)
        try:
            while pieces := await body.read():
                data = b"".join(pieces)
                await inThread(_write, created.descriptor, data, offset)
                offset += len(data)
                claim.taken(len(data))
            await inThread(os.fsync, created.descriptor)
            # It may have been given up meanwhile.
            await body.read()
        except OSError as error:
            if lack := shortage(error):
                raise lack from error
            raise
        finally:
            forget()

    def close(self, descriptor: int) -> Deferred[None]:
        """Close a file; fires when that is done."""
        return closing(self.context.threads, descriptor)


def transfersOn(
    directory: Directory,
    files: Files,
    workers: FileWorkers,
    accounts: Accounts,
    maxUpload: int,
) -> Transfers:
    """
    The transfers of a daemon.

    @param accounts: uploads in pieces end with theirs.
    @param maxUpload: size limit of an upload, in bytes.
    """

    def drop(upload: Upload) -> None:
        server = directory.ofCreation(upload.creation)
        if server is not None:
            workers.ask(server, Discard(upload.name)).addErrback(lambda _: None)

    context = directory.context
    uploads = Uploads(context.reactor, context.threads.disk, context.state, time.time, drop)
    directory.ending.listen(lambda _: uploads.end())

    def changed(change: UserChanged) -> None:
        if accounts.users.find(change.name) is None:
            uploads.endOf(change.name)

    # Where there are no accounts, none ends.
    with suppress(AuthMode):
        accounts.users.whenChanged(changed)
    return Transfers(files, workers, context, TransferSlots(), Space(context), uploads, maxUpload)
