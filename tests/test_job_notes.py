"""C{gamepanel.jobs.notes}: lines of a job for the console of its server."""

from typing import Any
from unittest.mock import Mock

from twisted.trial.unittest import SynchronousTestCase

from gamepanel.hub import Hub
from gamepanel.jobs.notes import Notes, maxNotes, pieceBytes, tooMany
from gamepanel.servers.log.ring import Ring, headerBytes


class NotesTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.process: Any = Mock()
        self.process.ring = Ring.format(memoryview(bytearray(headerBytes + 1024 * 1024)))
        self.process.grew = Hub()
        self.server: Any = Mock()
        self.server.ring = Ring.format(memoryview(bytearray(headerBytes + 4096)))
        self.notes = Notes(self.process, self.server, "/nowhere")

    def prints(self, data: bytes) -> list[str]:
        """What the console is told when the job has printed this."""
        self.server.resting.note.reset_mock()
        self.process.ring.append(data)
        self.process.grew.tell(None)
        return [call.args[0] for call in self.server.resting.note.call_args_list]

    def test_lines(self) -> None:
        """Lines that begin as they must are told, each once, when they are whole."""
        self.assertEqual(self.prints(b"[gamepanel] one\nx [gamepanel] no\n[game"), ["one"])
        self.assertEqual(self.prints(b"panel] two\n\n[gamepanel] three\n"), ["two", "three"])
        self.assertEqual(self.prints(b"\n" * 100_000 + b"[gamepanel] four\n"), ["four"])
        self.assertEqual(self.prints(b"x" * pieceBytes), [])
        self.assertEqual(
            self.prints(b"\n[gamepanel] five\xff\n"), ["five\N{REPLACEMENT CHARACTER}"]
        )

    def test_many(self) -> None:
        """Only so many are told, and that there are more."""
        told = self.prints(b"[gamepanel] again\n" * (maxNotes + 5))
        self.assertEqual(told, [*(["again"] * maxNotes), tooMany])
        self.assertEqual(self.prints(b"[gamepanel] again\n"), [])

    def test_indexes(self) -> None:
        """Each is put down with the place where it stands, so that none comes twice."""
        place = self.mktemp()
        self.notes = Notes(self.process, self.server, place)
        put: list[Any] = []
        self.patch(Notes, "_note", lambda notes, *about: put.append(about))
        self.prints(b"x\n[gamepanel] one\n")
        self.assertIn(("one", 2, 18), put)
