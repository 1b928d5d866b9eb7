"""
A server's log as the API tells of it.
"""

from base64 import b64encode

import msgspec

from gamepanel.console.consolefile import timesOf
from gamepanel.console.ring import Chunk
from gamepanel.console.text import decode
from gamepanel.console.times import firstSince, within
from gamepanel.servers.server import GameServer
from gamepanel.wire.message import Encoding, milliseconds
from gamepanel.wire.server import LogChunk, ReadLog


def startOf(server: GameServer, message: ReadLog) -> int | None:
    """
    Where the part begins that is asked for.

    @return: the index; None when nothing was read since the time that is asked for.
    """
    if message.since is None:
        return message.readIndex
    index = firstSince(timesOf(server.directory).marks(), message.since)
    # A mark is made before its bytes are there.
    if index is None or index >= server.ring.position:
        return None
    return index if message.encoding == "base64" else _wholeCharacter(server, index)


def _wholeCharacter(server: GameServer, index: int) -> int:
    """Where the character begins that a byte belongs to; elsewhere than in UTF-8 its line."""
    if server.encoding != "utf-8":
        near = server.ring.read(max(index - 4096, 0), min(index, 4096))
        return index - (len(near.data) - (near.data.rfind(b"\n") + 1))
    near = server.ring.read(max(index - 3, 0), 4)
    data = near.data[: index - near.start + 1]
    for back in range(len(data)):
        if data[-1 - back] & 0b1100_0000 != 0b1000_0000:
            return index - back
    return index


def pageOf(server: GameServer, message: ReadLog) -> LogChunk:
    """What C{server_log} answers now."""
    start = startOf(server, message)
    index = server.ring.position if start is None else start
    chunk = chunkOf(server, index, message.limit, message.encoding)
    if not message.times:
        return chunk
    marks = within(timesOf(server.directory).marks(), chunk.oldReadIndex, chunk.nextReadIndex)
    return msgspec.structs.replace(
        chunk, times=tuple((each, milliseconds(at)) for each, at in marks)
    )


def chunkOf(server: GameServer, start: int, limit: int, encoding: Encoding) -> LogChunk:
    """
    What can be told from an index on.

    @param start: the index; if it was overrun, the answer begins later.
    @param limit: bytes of the log at the most; at least 4, so that any character fits.
    """
    chunk = server.ring.read(start, limit)
    text = _text(server, chunk) if encoding == "utf-8" else ("", 0)
    return _page(chunk, server.ring.position, encoding, text)


def logChunk(chunk: Chunk, end: int, encoding: Encoding, isOver: bool) -> LogChunk:
    """
    What is told of a piece of the log of a job.

    @param end: index of the end of the log.
    @param isOver: whether nothing more will come into it.
    """
    text = decode(chunk.data, isOver and chunk.end == end) if encoding == "utf-8" else ("", 0)
    return _page(chunk, end, encoding, text)


def _page(chunk: Chunk, end: int, encoding: Encoding, text: tuple[str, int]) -> LogChunk:
    data, size = text
    if encoding == "base64":
        data, size = b64encode(chunk.data).decode("ascii"), len(chunk.data)
    return LogChunk(
        oldReadIndex=chunk.start,
        nextReadIndex=chunk.start + size,
        readIndex=end,
        encoding=encoding,
        data=data,
    )


def _text(server: GameServer, chunk: Chunk) -> tuple[str, int]:
    """Whole characters of a chunk, and how many bytes they stand for."""
    boundary = (0 if server.run is None else server.run.runIndex) - chunk.start
    before = ""
    rest = chunk.data
    if 0 < boundary <= len(rest):
        # What the run before left unfinished, this one does not complete.
        before, _ = decode(rest[:boundary], True, server.encoding)
        rest = rest[boundary:]
    final = server.logEnded and chunk.end == server.ring.position
    text, size = decode(rest, final, server.encoding)
    return before + text, len(chunk.data) - len(rest) + size
