"""
A server's log as the API tells of it.
"""

from base64 import b64encode

from gamepanel.servers.console import Chunk, decode
from gamepanel.servers.server import GameServer
from gamepanel.web.messages import Encoding, LogChunk


def chunkOf(server: GameServer, start: int, limit: int, encoding: Encoding) -> LogChunk:
    """
    What can be told from an index on.

    @param start: the index; if it was overrun, the answer begins later.
    @param limit: bytes of the log at the most; at least 4, so that any character fits.
    """
    chunk = server.ring.read(start, limit)
    if encoding == "base64":
        data, size = b64encode(chunk.data).decode("ascii"), len(chunk.data)
    else:
        data, size = _text(server, chunk)
    return LogChunk(
        oldReadIndex=chunk.start,
        nextReadIndex=chunk.start + size,
        readIndex=server.ring.position,
        encoding=encoding,
        data=data,
    )


def _text(server: GameServer, chunk: Chunk) -> tuple[str, int]:
    """Whole characters of a chunk, and how many bytes they stand for."""
    boundary = server.runIndex - chunk.start
    before = ""
    rest = chunk.data
    if 0 < boundary <= len(rest):
        # What the run before left unfinished, this one does not complete.
        before, _ = decode(rest[:boundary], final=True)
        rest = rest[boundary:]
    final = server.logEnded and chunk.end == server.ring.position
    text, size = decode(rest, final)
    return before + text, len(chunk.data) - len(rest) + size
