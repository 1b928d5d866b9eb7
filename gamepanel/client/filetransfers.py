"""
Files sent and fetched as streams: none is ever whole in memory.
"""

from collections.abc import Callable
from typing import BinaryIO
from urllib.parse import quote, urlencode

import msgspec

from gamepanel.base.errors import FileChanged
from gamepanel.client.caller import Caller
from gamepanel.client.exchange import FilePart, Request, decoded, refusal
from gamepanel.wire.files import FileWritten
from gamepanel.wire.transfers import DownloadFile, UploadFile, UploadOffset


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
    message: DownloadFile,
    write: Callable[[bytes], object],
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
    target, wanted = _target("file_download", message), 206 if offset else 200
    reply = await connection.exchange(Request("GET", base, target, headers, None, write, wanted))
    if reply.status == 200 != wanted:
        raise FileChanged()
    if reply.status != wanted:
        raise refusal(reply, base)
    return reply.headers.get("etag", "").strip('"')


def _target(name: str, message: DownloadFile | UploadFile) -> str:
    said = msgspec.to_builtins(message)
    fields = {field: value for field, value in said.items() if value is not None}
    return f"{name}?{urlencode(fields, quote_via=quote, safe='')}"
