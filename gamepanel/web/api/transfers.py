"""
Files of servers, sent and fetched: the part of section 11 of the contract whose bodies are no JSON.
"""

from collections.abc import Callable
from typing import Any

from msgspec import UNSET, Struct
from twisted.internet.interfaces import IReactorTime

from gamepanel.accounts.rights import Person
from gamepanel.accounts.tickets import Thing, Tickets, ticketSeconds
from gamepanel.base.errors import BadRange, BadRequest, PanelError, TokenInvalid, problem
from gamepanel.base.threads import InThread
from gamepanel.operations.backups import BackupOperations
from gamepanel.operations.filejobs import FileJobs
from gamepanel.operations.transfers import Download, Transfers, mayUseFiles
from gamepanel.process.proc import uptime
from gamepanel.web.api.endpoint import Call, serves
from gamepanel.web.api.waiting import cancel
from gamepanel.web.http.ranges import attachment, dateOf, isSame, rangeOf
from gamepanel.web.http.sending import FileSender
from gamepanel.wire.backups import DownloadBackup
from gamepanel.wire.causes import because
from gamepanel.wire.files import FileWritten
from gamepanel.wire.transfers import (
    AskTicket,
    AskUpload,
    DownloadFile,
    Ticket,
    UploadFile,
    UploadOffset,
)
from gamepanel.worker.files.messages import Entry


class TransferEndpoints(Struct, frozen=True):
    """
    @ivar inThread: runs what reads and writes files of servers.
    """

    clock: IReactorTime
    inThread: InThread
    tickets: Tickets
    transfers: Transfers
    fileJobs: FileJobs
    backups: BackupOperations

    @serves("download_ticket")
    async def downloadTicket(self, call: Call[AskTicket]) -> Ticket:
        message = call.message
        one = None, None, None
        if message.job is not None and (message.server, message.path, message.backup) == one:
            thing = await self.fileJobs.asksTicket(call.actor, message.job)
        elif message.backup is not None and message.server is None and message.path is None:
            thing = self.backups.asksTicket(call.actor, message.backup)
        else:
            thing = self.transfers.asksTicket(call.actor, *_fileOf(message))
        ticket = self.tickets.issue(call.person.username, call.token, thing)
        return Ticket(ticket=ticket, expires=ticketSeconds)

    @serves("file_download")
    async def fileDownload(self, call: Call[DownloadFile]) -> bytes:
        thing = self._thing(call)
        with self.transfers.slots.one(call.person):
            found = await self._found(call, thing)
            try:
                await self._send(call, found, thing)
            finally:
                await self.transfers.close(found.descriptor)
        return b""

    @serves("backup_download")
    async def backupDownload(self, call: Call[DownloadBackup]) -> bytes:
        message = call.message
        thing: Thing = ("backup", message.backup, "")
        if message.ticket is not None and self.tickets.find(message.ticket).thing != thing:
            raise TokenInvalid()
        with self.transfers.slots.one(call.person):
            found = await self.backups.download(call.actor, message.backup)
            try:
                await self._send(call, found, thing)
            finally:
                await self.transfers.close(found.descriptor)
        return b""

    def _thing(self, call: Call[DownloadFile]) -> Thing:
        """
        What is to be sent.

        @raise TokenInvalid: when there is a ticket, and it is not good for this.
        """
        message, ticket = call.message, call.message.ticket
        if ticket is not None and message.server is None and message.path is None:
            thing = self.tickets.find(ticket).thing
            if thing[0] != "job":
                raise TokenInvalid()
            return thing
        thing = self.transfers.find(call.actor, *_fileOf(message))
        if ticket is not None and self.tickets.find(ticket).thing != thing:
            raise TokenInvalid()
        return thing

    async def _found(self, call: Call[DownloadFile], thing: Thing) -> Download:
        if thing[0] == "job":
            return await self.fileJobs.download(call.person, thing[1])
        return await self.transfers.download(call.actor, *_fileOf(call.message))

    async def _send(
        self, call: Call[DownloadFile] | Call[DownloadBackup], found: Download, thing: Thing
    ) -> None:
        request: Any = call.request
        entry, size = found.entry, found.entry.size
        tag, modified = b'"%s"' % entry.revision.encode(), dateOf(entry.modifiedAt)
        part = None
        if isSame(request.getHeader(b"If-Range"), tag, modified):
            part = _partOf(request, size)
        if call.message.ticket is not None and request.method == b"GET":
            # What is refused has not used it up.
            self.tickets.use(call.message.ticket, thing)
        for name, value in (
            (b"Accept-Ranges", b"bytes"),
            (b"Cache-Control", b"no-store"),
            (b"Content-Disposition", attachment(entry.name)),
            (b"Content-Security-Policy", b"sandbox"),
            (b"ETag", tag),
            (b"Last-Modified", modified),
        ):
            request.setHeader(name, value)
        start, end = 0, size
        if part is not None:
            start, end = part
            request.setResponseCode(206)
            request.setHeader(b"Content-Range", b"bytes %d-%d/%d" % (start, end - 1, size))
        request.setHeader(b"Content-Type", found.mediaType)
        request.setHeader(b"Content-Length", b"%d" % (end - start))
        if request.method == b"HEAD":
            return
        sender = FileSender(request, self.clock, self.inThread)
        undo = whileAllowed(call, self.clock, found.check, lambda _: sender.breakOff())
        try:
            await sender.send(found.descriptor, start, end)
        finally:
            undo()

    @serves("file_upload")
    async def fileUpload(self, call: Call[UploadFile]) -> FileWritten | UploadOffset:
        _checkPiece(call.message)
        check = mayUseFiles(call.message.server)
        undo = whileAllowed(call, self.clock, check, call.upload.fail)
        try:
            found = await self._receive(call)
        finally:
            undo()
        if isinstance(found, int):
            return UploadOffset(offset=found)
        return FileWritten(revision=found.revision, size=found.size)

    async def _receive(self, call: Call[UploadFile]) -> Entry | int:
        message, body, actor = call.message, call.upload, call.actor
        where = message.server, message.path, message.revision
        if message.upload is None or message.size is None or message.offset is None:
            return await self.transfers.upload(actor, *where, body, body.length)
        upload = self.transfers.piece(call.person, message.upload, *where, message.size)
        return await self.transfers.uploadPiece(
            call.actor, upload, message.offset, body, body.length
        )

    @serves("upload_status")
    async def uploadStatus(self, call: Call[AskUpload]) -> UploadOffset:
        message = call.message
        offset, revision = await self.transfers.status(call.person, message.server, message.upload)
        return UploadOffset(offset=offset, revision=UNSET if revision is None else revision)


def _checkPiece(message: UploadFile) -> None:
    """
    @raise BadRequest: when some of what a piece has is not told.
    """
    told = {"upload": message.upload, "offset": message.offset, "size": message.size}
    missing = [name for name, value in told.items() if value is None]
    if missing and len(missing) < len(told):
        raise BadRequest(
            problems=tuple(problem((name,), because("is_missing")) for name in missing)
        )


def _fileOf(message: DownloadFile | AskTicket) -> tuple[str, str]:
    """
    The server and the path of a file that is to be sent.

    @raise BadRequest: when one is not told.
    """
    if message.server is not None and message.path is not None:
        for name in ("job", "backup") if isinstance(message, AskTicket) else ():
            if getattr(message, name) is not None:
                raise BadRequest(problems=(problem((name,), because("one_thing"), "conflict"),))
        return message.server, message.path
    missing = "path" if message.path is None else "server"
    raise BadRequest(problems=(problem((missing,), because("is_missing")),))


def _partOf(request: Any, size: int) -> tuple[int, int] | None:
    """The range of a file that a request wants, see L{rangeOf}; the refusal says the size."""
    try:
        return rangeOf(request.getHeader(b"Range"), size)
    except BadRange:
        request.setHeader(b"Content-Range", b"bytes */%d" % size)
        raise


def whileAllowed(
    call: Call[Any],
    clock: IReactorTime,
    check: Callable[[Person], object],
    end: Callable[[PanelError], object],
) -> Callable[[], object]:
    """
    See to it that a transfer ends when the token or the right of who asked for it does.

    @param check: raises an error when somebody has not the right.
    @param end: called with the reason.

    @return: to be called when the transfer is over.
    """
    session = call.session
    if session is None:
        return lambda: None

    def look(event: object = "") -> None:
        try:
            if event in ("ended", "lapsed"):
                raise TokenInvalid()
            check(call.personNow())
        except PanelError as error:
            end(error)

    undo = session.watch(look)
    # Since the request was let in, it may have waited for a worker.
    look()
    if call.isForeign:
        return undo
    timer = clock.callLater(max(session.endsAt - uptime(), 0), look, "ended")

    def forget() -> None:
        undo()
        cancel(timer)

    return forget
