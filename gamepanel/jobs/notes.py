"""
What a job tells the console of its server, a line for each step: each comes there once, also when
the daemon was away meanwhile. Only the worker can write it, none of the programs that it runs.
"""

import os
import struct
from contextlib import suppress
from typing import Final

from msgspec import Struct

from gamepanel.jobs.files import notedBytes
from gamepanel.jobs.process import JobProcess
from gamepanel.servers.server import GameServer

pieceBytes: Final = 65_536
"""So many bytes of lines are read at once."""

maxNotes: Final = 1_000
"""The console is told so many lines."""

tooMany: Final = "More of this is in the log of the job."

_layout: Final = struct.Struct("=3Q")
assert _layout.size == notedBytes


class Noted(Struct, frozen=True):
    """
    The last line that was told, or was about to be.

    @ivar start: index of its first byte in the lines of the job.
    @ivar end: index behind it there.
    @ivar target: index behind it in the console, when it is there.
    """

    start: int = 0
    end: int = 0
    target: int = 0

    def next(self, position: int) -> int:
        """
        From where in the lines of the job it is gone on.

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
        self._server = server
        self._directory = directory
        self._count = 0
        noted = load(directory) or Noted()
        self._next = noted.next(server.ring.position)
        # Each line is in the log of the job, too.
        self._stopLooking = process.grew.listen(lambda _: self._look())
        self._look()

    def _look(self) -> None:
        # None where an earlier version has begun it.
        with suppress(FileNotFoundError), open(f"{self._directory}/lines", "rb") as file:
            file.seek(self._next)
            while self._count <= maxNotes and (lines := file.readlines(pieceBytes)):
                for line in lines:
                    if not line.endswith(b"\n"):
                        # The rest of it is yet to come.
                        return
                    self._tell(line)

    def _tell(self, line: bytes) -> None:
        start, self._next = self._next, self._next + len(line)
        self._count += 1
        if self._count <= maxNotes:
            self._note(line[:-1].decode(errors="replace"), start, self._next)
        elif self._count == maxNotes + 1:
            self._note(tooMany, start, self._next)
            self._stopLooking()

    def _note(self, text: str, start: int, end: int) -> None:
        def about(target: int) -> None:
            # Where it can't be put down the line may come twice, should the daemon end now.
            with suppress(OSError):
                save(self._directory, Noted(start, end, target))

        self._server.log.note(text, about)
