"""
Files sent and fetched as streams: none is ever whole in memory.
"""

import re
from collections.abc import Callable
from typing import BinaryIO
from urllib.parse import quote, urlencode

import msgspec
from attrs import frozen

from gamepanel.base.errors import FileChanged
from gamepanel.client.caller import Caller
from gamepanel.client.exchange import FilePart, Request, decoded, refusal
from gamepanel.client.failures import noDaemon
from gamepanel.wire.backups import DownloadBackup
from gamepanel.wire.files import FileWritten
from gamepanel.wire.transfers import DownloadFile, UploadFile, UploadOffset

Write = Callable[[bytes], object]
"""Takes the pieces of a file."""


async def upload(
    connection: Caller, message: UploadFile, source: BinaryIO, length: int
) -> FileWritten | UploadOffset:
    """
    Send a file, or a piece of one.

    @param source: read from where it stands.
    @param length: number of bytes that are sent.

    @return: what is on the disk now; of a piece that is not the last, how much has come.
    """
    base = await connection.reached()
    headers = {**connection.authorization, "Content-Type": "application/octet-stream"}
    target = _target("file_upload", message)
    reply = await connection.exchange(
        Request("POST", base, target, headers, FilePart(source, length))
    )
    if reply.status != 200:
        raise refusal(reply, base)
    # Of an upload in pieces only the last has a revision.
    if b'"revision"' in reply.data:
        return decoded(reply.data, FileWritten, base)
    return decoded(reply.data, UploadOffset, base)


async def download(
    connection: Caller,
    message: DownloadFile | DownloadBackup,
    write: Write,
    offset: int,
    revision: str | None,
) -> str:
    """
    Fetch a file, or the rest of one.

    @param write: called with each of its pieces.
    @param offset: index of the first byte that is wanted.
    @param revision: of the file that the bytes before are of.

    @return: its revision.

    @raise FileChanged: when it is another file by now; nothing has been written then.
    """
    base = await connection.reached()
    headers = connection.authorization
    if offset:
        headers["Range"] = f"bytes={offset}-"
    if offset and revision is not None:
        headers["If-Range"] = f'"{revision}"'
    target, wanted = _target(_names[type(message)], message), 206 if offset else 200
    reply = await connection.exchange(Request("GET", base, target, headers, None, write, wanted))
    if reply.status == 200 != wanted:
        raise FileChanged()
    if reply.status != wanted:
        raise refusal(reply, base)
    return reply.headers.get("etag", "").strip('"')


_names = {DownloadFile: "file_download", DownloadBackup: "backup_download"}


@frozen
class Archive:
    """
    What is known of the archive of a backup.

    @ivar name: what a file with it is called; nothing but letters, digits, - and dots.
    @ivar size: in bytes.
    """

    name: str
    size: int
    revision: str


async def archive(connection: Caller, message: DownloadBackup) -> Archive:
    """What is known of an archive, by its first byte."""
    base = await connection.reached()
    headers = {**connection.authorization, "Range": "bytes=0-0"}
    target = _target(_names[DownloadBackup], message)
    request = Request("GET", base, target, headers, None, lambda data: None, 206)
    reply = await connection.exchange(request)
    if reply.status != 206:
        raise refusal(reply, base)
    size = reply.headers.get("content-range", "").rpartition("/")[2]
    name = re.search(r'filename="([\w-][\w.-]*)"', reply.headers.get("content-disposition", ""))
    if not size.isdecimal() or name is None:
        raise noDaemon(base, "it does not say what an archive is called, and how large it is")
    return Archive(name[1], int(size), reply.headers.get("etag", "").strip('"'))


def _target(name: str, message: DownloadFile | DownloadBackup | UploadFile) -> str:
    said = msgspec.to_builtins(message)
    fields = {field: value for field, value in said.items() if value is not None}
    return f"{name}?{urlencode(fields, quote_via=quote, safe='')}"
