"""
Lines of a job's log that are for the console of its server, too: each comes there once, also when
the daemon was away meanwhile.
"""

import os
import struct
from contextlib import suppress
from typing import Final

from msgspec import Struct

from gamepanel.jobs.files import notedBytes
from gamepanel.jobs.process import JobProcess
from gamepanel.servers.server import GameServer

prefix: Final = b"[gamepanel] "
"""Lines of a job's log that begin so are for the console of its server, too."""

pieceBytes: Final = 65_536
"""So much of the log is looked at at once; a longer line counts as several."""

maxNotes: Final = 1_000
"""The console is told so many; a program of a job that prints them without end holds up nobody."""

tooMany: Final = "More of this is in the log of the job."

_layout: Final = struct.Struct("=3Q")
assert _layout.size == notedBytes


class Noted(Struct, frozen=True):
    """
    The last line that was told, or was about to be.

    @ivar start: index of its first byte in the log of the job.
    @ivar end: index behind it there.
    @ivar target: index behind it in the console, when it is there.
    """

    start: int = 0
    end: int = 0
    target: int = 0

    def next(self, position: int) -> int:
        """
        From where in the log of the job it is gone on.

        @param position: the end of the console.
        """
        return self.end if position >= self.target else self.start


def load(directory: str) -> Noted | None:
    """What was put down of a job; None if it was begun by a daemon that did not do that."""
    with suppress(OSError, struct.error), open(os.path.join(directory, "noted"), "rb") as file:
        return Noted(*_layout.unpack(file.read()))
    return None


def save(directory: str, noted: Noted) -> None:
    """
    Put down what is about to be told.

    @raise OSError: when there is no space, say.
    """
    flags = os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC
    descriptor = os.open(os.path.join(directory, "noted"), flags, 0o600)
    try:
        os.write(descriptor, _layout.pack(noted.start, noted.end, noted.target))
    finally:
        os.close(descriptor)


class Notes:
    """
    Tells the console of a server what its job says is being done.
    """

    def __init__(self, process: JobProcess, server: GameServer, directory: str) -> None:
        """@param directory: of the job."""
        self._process = process
        self._server = server
        self._directory = directory
        self._count = 0
        noted = load(directory)
        ends = process.ring.position, server.ring.position
        self._next = ends[0] if noted is None else noted.next(ends[1])
        process.grew.listen(lambda _: self._look())
        self._look()

    def _look(self) -> None:
        ring = self._process.ring
        while self._next < ring.position and self._count <= maxNotes:
            chunk = ring.read(self._next, pieceBytes)
            end = chunk.data.rfind(b"\n") + 1
            if not end and len(chunk.data) < pieceBytes:
                # The rest of the line is yet to come.
                return
            self._next = chunk.start + (end or len(chunk.data))
            self._lookAt(chunk.data[:end], chunk.start)

    def _lookAt(self, lines: bytes, index: int) -> None:
        """@param index: where they begin in the log of the job."""
        # Only what may be such a line is looked at by itself: there may be 100,000 others.
        begin = lines.find(prefix)
        while begin >= 0 and self._count <= maxNotes:
            end = lines.index(b"\n", begin) + 1
            if begin == 0 or lines[begin - 1 : begin] == b"\n":
                self._count += 1
                text = lines[begin + len(prefix) : end - 1].decode(errors="replace")
                isLast = self._count > maxNotes
                self._note(tooMany if isLast else text, index + begin, index + end)
            begin = lines.find(prefix, end)

    def _note(self, text: str, start: int, end: int) -> None:
        def about(target: int) -> None:
            # Where it can't be put down the line may come twice, should the daemon end now.
            with suppress(OSError):
                save(self._directory, Noted(start, end, target))

        self._server.resting.note(text, about)
