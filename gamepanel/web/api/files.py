"""
Files of servers.
"""

import base64
import binascii

from msgspec import Struct

from gamepanel.base.errors import BadRequest, problem
from gamepanel.operations.files import Files
from gamepanel.web.api.endpoint import Call, serves
from gamepanel.wire.causes import because
from gamepanel.wire.files import (
    FileEntry,
    FileList,
    FileMatch,
    FileMatches,
    FileText,
    FileWritten,
    ListFiles,
    ReadFile,
    SearchFiles,
    WriteFile,
)
from gamepanel.wire.message import milliseconds
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
