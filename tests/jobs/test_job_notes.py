"""C{gamepanel.jobs.notes}: lines of a job for the console of its server."""

import os
from typing import Any
from unittest.mock import Mock

from twisted.trial.unittest import SynchronousTestCase

from gamepanel.base.hub import Hub
from gamepanel.console.ring import Ring, headerBytes
from gamepanel.jobs.files import notedBytes
from gamepanel.jobs.notes import Noted, Notes, load, maxNotes, pieceBytes, save, tooMany


class NotesTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.process: Any = Mock()
        self.process.grew = Hub()
        self.server: Any = Mock()
        self.server.ring = Ring.format(memoryview(bytearray(headerBytes + 4096)))
        self.directory = self.mktemp()
        os.mkdir(self.directory)
        for name, content in (("lines", b""), ("noted", bytes(notedBytes))):
            with open(f"{self.directory}/{name}", "wb") as file:
                file.write(content)
        self.notes = Notes(self.process, self.server, self.directory)

    def says(self, data: bytes) -> list[str]:
        """What the console is told when the worker has written this."""
        self.server.log.note.reset_mock()
        with open(f"{self.directory}/lines", "ab") as file:
            file.write(data)
        self.process.grew.tell(None)
        return [call.args[0] for call in self.server.log.note.call_args_list]

    def test_lines(self) -> None:
        """Each line is told once, when it is whole."""
        self.assertEqual(self.says(b"one\ntw"), ["one"])
        self.assertEqual(self.says(b"o\nthree\n"), ["two", "three"])
        self.assertEqual(self.says(b""), [])
        self.assertEqual(self.says(b"five\xff\n"), ["five\N{REPLACEMENT CHARACTER}"])
        self.assertEqual(self.says(b"x" * pieceBytes + b"\n"), ["x" * pieceBytes])

    def test_many(self) -> None:
        """Only so many are told, and that there are more; then nobody looks any more."""
        told = self.says(b"again\n" * maxNotes)
        self.assertEqual((told, len(self.process.grew)), (["again"] * maxNotes, 1))
        self.assertEqual(self.says(b"again\n" * 5), [tooMany])
        self.assertEqual(len(self.process.grew), 0)
        self.assertEqual(self.says(b"again\n"), [])

    def test_again(self) -> None:
        """The next daemon goes on behind the last line that the console has."""
        self.says(b"one\ntwo\n")
        for call, text, noted in zip(
            self.server.log.note.call_args_list,
            ("one", "two"),
            (Noted(0, 4, 30), Noted(4, 8, 30)),
            strict=True,
        ):
            call.args[1](30)
            self.assertEqual((call.args[0], load(self.directory)), (text, noted))
        for target, again in ((0, []), (1, ["two"])):
            save(self.directory, Noted(4, 8, target))
            self.server.log.note.reset_mock()
            Notes(self.process, self.server, self.directory)
            told = [call.args[0] for call in self.server.log.note.call_args_list]
            self.assertEqual(told, again)

    def test_older(self) -> None:
        """A job that an older version has begun tells nothing."""
        os.unlink(f"{self.directory}/lines")
        Notes(self.process, self.server, self.directory)
        self.process.grew.tell(None)
        self.server.log.note.assert_not_called()
