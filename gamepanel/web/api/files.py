"""
Files of servers.
"""

import base64
import binascii

from msgspec import Struct

from gamepanel.base.errors import BadRequest, problem
from gamepanel.operations.filejobs import FileJobs
from gamepanel.operations.files import Files
from gamepanel.web.api.endpoint import Call, serves
from gamepanel.wire.causes import because
from gamepanel.wire.files import (
    DeleteFiles,
    FetchFile,
    FileEntry,
    FileList,
    FileMatch,
    FileMatches,
    FileText,
    FileWritten,
    ListFiles,
    MakeDirectory,
    MoveFile,
    PackFiles,
    ReadFile,
    SearchFiles,
    UnpackFile,
    UpdateFile,
    WriteFile,
)
from gamepanel.wire.jobs import JobBegun
from gamepanel.wire.message import Done, milliseconds
from gamepanel.worker.files.messages import Entry


def entryInfo(entry: Entry) -> FileEntry:
    """What is told of something in a directory."""
    return FileEntry(
        name=entry.name,
        kind=entry.kind,
        size=entry.size,
        modifiedAt=milliseconds(entry.modifiedAt),
        executable=entry.kind == "file" and bool(entry.mode & 0o100),
    )


def _data(message: WriteFile) -> bytes:
    if message.encoding == "utf-8":
        return message.data.encode()
    try:
        return base64.b64decode(message.data, validate=True)
    except (binascii.Error, ValueError):
        raise BadRequest(problems=(problem(("data",), because("not_base64")),)) from None


class FileEndpoints(Struct, frozen=True):
    """
    Section 11 of the contract.
    """

    files: Files

    @serves("file_list")
    async def fileList(self, call: Call[ListFiles]) -> FileList:
        found = await self.files.list(call.person, call.message)
        return FileList(
            entries=tuple(map(entryInfo, found.entries)), more=found.more, hidden=found.hidden
        )

    @serves("file_read")
    async def fileRead(self, call: Call[ReadFile]) -> FileText:
        message = call.message
        found = await self.files.read(call.person, message)
        isText = message.encoding == "utf-8"
        return FileText(
            data=(found.data if isText else base64.b64encode(found.data)).decode(),
            encoding=message.encoding,
            offset=message.offset,
            size=found.size,
            revision=found.revision,
        )

    @serves("file_search")
    async def fileSearch(self, call: Call[SearchFiles]) -> FileMatches:
        found = await self.files.search(call.person, call.message)
        matches = tuple(
            FileMatch(path=each.path, line=each.line, text=each.text) for each in found.matches
        )
        return FileMatches(matches=matches, complete=found.complete)

    @serves("file_write")
    async def fileWrite(self, call: Call[WriteFile]) -> FileWritten:
        written = await self.files.write(call.actor, call.message, _data(call.message))
        return FileWritten(revision=written.revision, size=written.size)

    @serves("file_update")
    async def fileUpdate(self, call: Call[UpdateFile]) -> Done:
        await self.files.update(call.actor, call.message)
        return Done()

    @serves("file_make_directory")
    async def fileMakeDirectory(self, call: Call[MakeDirectory]) -> Done:
        await self.files.makeDirectory(call.actor, call.message.server, call.message.path)
        return Done()

    @serves("file_move")
    async def fileMove(self, call: Call[MoveFile]) -> Done:
        await self.files.move(call.actor, call.message)
        return Done()

    @serves("file_delete")
    async def fileDelete(self, call: Call[DeleteFiles]) -> Done:
        await self.files.delete(call.actor, call.message.server, call.message.paths)
        return Done()


class FileJobEndpoints(Struct, frozen=True):
    """
    Those of section 11 that begin a job.
    """

    jobs: FileJobs

    @serves("file_copy")
    async def fileCopy(self, call: Call[MoveFile]) -> JobBegun:
        return JobBegun(job=await self.jobs.copy(call.actor, call.message))

    @serves("file_pack")
    async def filePack(self, call: Call[PackFiles]) -> JobBegun:
        return JobBegun(job=await self.jobs.pack(call.actor, call.message))

    @serves("file_unpack")
    async def fileUnpack(self, call: Call[UnpackFile]) -> JobBegun:
        return JobBegun(job=await self.jobs.unpack(call.actor, call.message))

    @serves("file_fetch")
    async def fileFetch(self, call: Call[FetchFile]) -> JobBegun:
        return JobBegun(job=await self.jobs.fetch(call.actor, call.message))
