"""What servers share: stored records, settings, lines of the log."""

import os
import stat
from pathlib import Path

from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from gamepanel.base.errors import (
    BadRequest,
    ReadOnly,
)
from gamepanel.console.text import lastLines, maxQuotedCharacters
from gamepanel.games.definition import StopStep
from gamepanel.games.parsing import parse
from gamepanel.process.members import Identity
from gamepanel.process.runfiles import Exit
from gamepanel.servers.game import comesTrue
from gamepanel.servers.lifefile import save
from gamepanel.servers.needs import missingPrograms
from gamepanel.servers.ports import ports
from gamepanel.servers.settings import Settings, created
from gamepanel.servers.state import Ended, Installing, Stopped, Stopping, Waiting
from gamepanel.servers.storedlife import BadRecord, Record, Run, load
from gamepanel.web.api.render import optionsOf, settingsOf
from gamepanel.wire.causes import because
from tests.console.test_pipes import newRing
from tests.support import (
    typesForTests,
)


class RecordTests(SynchronousTestCase):
    def test_roundTrip(self) -> None:
        """What is written is what is read."""
        path = self.mktemp()
        self.assertIsNone(load(path))
        stop = (StopStep(command="quit", patience=3), StopStep(signal="INT"))
        run = Run("boot", 5, 1.5, 2.5, "/h", stop, "x$", 9.0, Identity(7, 8), 9, True, "^y")
        ended = Ended(Exit(3), 1.0, "why", True)
        waiting = Waiting(ended, (1.0, 2.0), True, 3.0, restartAt=5.0)
        stopping = Stopping(ended, by="ann", purpose="unready", reason="so", stepsTried=2)
        resting = Installing(ended, before=Waiting(restartAt=5.0))
        for record in (
            Record("b", 1, waiting, run),
            Record("b", 1, stopping, run),
            Record("b", 1, resting, run),
            Record("b", 0, Stopped()),
        ):
            save(path, record)
            self.assertEqual(load(path), record)

    def test_mode(self) -> None:
        """It is nobody else's to read."""
        path = self.mktemp()
        save(path, Record("b", 0, Stopped()))
        self.assertEqual(stat.S_IMODE(os.stat(path).st_mode), 0o600)

    def test_bad(self) -> None:
        """What is none is refused: damaged, empty, another version."""
        path = self.mktemp()
        save(path, Record("b", 0, Stopped()))
        good = Path(path).read_bytes()
        for data in (
            *(b"", b"{", b"{}", good[:-1], good.replace(b'"version":2', b'"version":3')),
            *(good.replace(b'"boot":"b', b'"boot":"\xff'), b'{"status":{"' + b'a":{"' * 100_000),
            good[:-1] + b',"more":' + b"[" * 100_000,
        ):
            Path(path).write_bytes(data)
            self.assertRaises(BadRecord, load, path)


class SettingsTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.type = parse(typesForTests["shell"])

    def test_defaults(self) -> None:
        """What is not set is as the type has it."""
        settings = created(self.type, "d", {})
        self.assertEqual(settings.optionValues(self.type)["level"], 5)
        policy = settings.policy(self.type.restart)
        self.assertEqual((policy.firstDelay, policy.giveUpAfter), (0.05, 3))

    def test_changes(self) -> None:
        """A change leaves the rest, null takes back, and all or none is done."""
        settings = created(self.type, "d", {"level": 7, "fixed": "f"})
        changed = settings.changed(self.type, {"restart": "always", "level": None})
        self.assertEqual(changed.policy(self.type.restart).policy, "always")
        self.assertEqual(changed.optionValues(self.type)["level"], 5)
        self.assertEqual(changed.changed(self.type, {"description": "e"}).description, "e")
        self.assertRaises(ReadOnly, settings.changed, self.type, {"fixed": "g"})
        self.assertEqual(settings.changed(self.type, {"fixed": "f"}), settings)
        self.assertRaises(BadRequest, settings.changed, self.type, {"script": None, "level": 99})

    def test_followingPort(self) -> None:
        """
        A port that follows another has its number from that: it is shown and occupied, but
        not asked for, and can't be set. There must be such a number.
        """
        definition = parse(
            'title = "T"\n[[options]]\nname = "port"\ntype = "port"\ndefault = 5000\n[[options]]\n'
            'name = "query"\ntype = "port"\nprotocol = "udp"\nport = { of = "port", plus = 1 }\n'
            '[run]\ncommand = ["sh", "{query}"]\n'
        )
        settings = created(definition, "", {})
        self.assertEqual(settings.optionValues(definition), {"port": 5000, "query": 5001})
        self.assertEqual([p.number for p in ports(definition, settings)], [5000, 5001])
        self.assertEqual([p.name for p in optionsOf(definition)], ["port"])
        shown = settingsOf(definition, settings)[-1]
        self.assertEqual((shown.name, shown.value, shown.readonly), ("query", 5001, True))
        self.assertRaises(BadRequest, created, definition, "", {"query": 5001})
        # Whoever sends back all that was shown means no harm.
        changed = settings.changed(definition, {"port": 6000, "query": 5001})
        self.assertEqual(changed.options, {"port": 6000})
        self.assertEqual(changed.changed(definition, {"query": 6001}), changed)
        self.assertRaises(ReadOnly, changed.changed, definition, {"query": 6002})
        for make in (
            lambda: created(definition, "", {"port": 65535}),
            lambda: settings.changed(definition, {"port": 65535}),
        ):
            error = self.assertRaises(BadRequest, make)
            self.assertEqual([p.field[1] for p in error.problems], ["port"])

    def test_terms(self) -> None:
        """
        Whoever creates a server must accept its terms; a server that is older than they are
        can be changed otherwise without.
        """
        definition = parse(
            'title = "T"\n[[options]]\nname = "eula"\ntype = "boolean"\nrequired = true\n'
            'accept = "https://example.org/"\n[run]\ncommand = ["sh"]\n'
        )
        for options in ({}, {"eula": None}, {"eula": False}, {"eula": "true"}):
            error = self.assertRaises(BadRequest, created, definition, "", options)
            self.assertEqual([p.field for p in error.problems], [("options", "eula")])
        self.assertEqual(created(definition, "", {"eula": True}).options, {"eula": True})
        old = Settings("", {}, {"eula": False})
        self.assertEqual(old.changed(definition, {"description": "x"}).description, "x")
        self.assertRaises(BadRequest, old.changed, definition, {"eula": None})
        self.assertEqual(optionsOf(definition)[0].accept, "https://example.org/")

    def test_machines(self) -> None:
        """On a machine that its programs do not run on, a type lacks another one."""
        definition = parse('title = "T"\nmachines = ["x86_64"]\n[run]\ncommand = ["sh"]\n')
        self.assertEqual(missingPrograms(definition, "/bin", "x86_64"), [])
        (lack,) = missingPrograms(definition, "/bin", "aarch64")
        self.assertIn("x86_64", lack)
        self.assertIn("aarch64", lack)

    def test_generate(self) -> None:
        """A password of so many letters and digits is made where none is given, once."""
        definition = parse(
            'title = "T"\n[[options]]\nname = "p"\ntype = "password"\ngenerate = 24\n'
            'required = true\n[run]\ncommand = ["sh"]\n'
        )
        first, second = created(definition, "", {}), created(definition, "", {"p": None})
        self.assertRegex(str(first.options["p"]), r"^[A-Za-z0-9]{24}\Z")
        self.assertNotEqual(first.options, second.options)
        self.assertEqual(created(definition, "", {"p": "mine"}).options, {"p": "mine"})
        self.assertEqual(first.changed(definition, {"description": "x"}).options, first.options)
        (offered,) = optionsOf(definition)
        self.assertEqual((offered.required, offered.value), (False, None))


class ComesTrueTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.clock = Clock()
        self.looks: list[Deferred[bool | None]] = []
        self.found = Deferred.fromCoroutine(comesTrue(self.clock, self.look, 5.0))

    def look(self) -> Deferred[bool | None]:
        self.looks.append(Deferred())
        return self.looks[-1]

    def test_comes(self) -> None:
        """It is looked again and again, less and less often, until it is so."""
        for pause in (0.05, 0.1, 0.2):
            self.looks[-1].callback(False)
            count = len(self.looks)
            self.clock.advance(pause - 0.01)
            self.assertEqual(len(self.looks), count)
            self.clock.advance(0.011)
            self.assertEqual(len(self.looks), count + 1)
        self.looks[-1].callback(True)
        self.assertTrue(self.successResultOf(self.found))
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_unknown(self) -> None:
        """What can't be known is taken for so."""
        self.looks[-1].callback(None)
        self.assertTrue(self.successResultOf(self.found))

    def pass_(self) -> None:
        """It is not so yet: let the time pass until it is looked again."""
        self.looks[-1].callback(False)
        [call] = self.clock.getDelayedCalls()
        self.clock.advance(call.getTime() - self.clock.seconds())

    def test_never(self) -> None:
        """It is given up after the time, with a last look then."""
        while self.clock.seconds() < 5:
            self.pass_()
        self.assertNoResult(self.found)
        self.looks[-1].callback(False)
        self.assertFalse(self.successResultOf(self.found))
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_slow(self) -> None:
        """A look that takes long tells of the time when it was begun, so another one follows."""
        self.clock.advance(10)
        self.pass_()
        self.looks[-1].callback(True)
        self.assertTrue(self.successResultOf(self.found))

    def test_cancelled(self) -> None:
        """A listener that does not want to know any more leaves nothing behind."""
        self.looks[-1].callback(False)
        self.found.cancel()
        self.failureResultOf(self.found, CancelledError)
        self.assertEqual(self.clock.getDelayedCalls(), [])


class LastLinesTests(SynchronousTestCase):
    def last(self, printed: bytes, start: int = 0) -> tuple[str, ...]:
        ring = newRing()
        ring.append(printed)
        return lastLines(ring, start)

    def test_lines(self) -> None:
        """The last five that hold something, those of this run only, are told in their order."""
        self.assertEqual(self.last(b""), ())
        self.assertEqual(self.last(b"\n \n\n"), ())
        self.assertEqual(self.last(b"1\n2\n\n3\n4\n5\n6\n"), ("2", "3", "4", "5", "6"))
        self.assertEqual(self.last(b"before\nafter", 7), ("after",))

    def test_cleaned(self) -> None:
        """Nothing is left that a terminal or a reader could be fooled by."""
        self.assertEqual(
            self.last(
                b"\x1b]0;title\x07\x1b[31mred\x1b[0m\r\n\xc2\x9b2Jx\xe2\x80\xaey\tz\xff\x00\n"
            ),
            ("red", "xy z\ufffd"),
        )

    def test_bounded(self) -> None:
        """However much was printed, little is told: whole lines first, then the begin of one."""
        told = self.last(b"first\n" + b"x" * 100_000 + b"\nlast\n")
        self.assertEqual((told[-1], sum(map(len, told))), ("last", maxQuotedCharacters))
        self.assertTrue(told[0].endswith("…"), told)
        for flood in (b"x" + "ä".encode() * 20_000, "ä".encode() * 20_000 + b"\n"):
            self.assertEqual(self.last(flood), ("ä" * (maxQuotedCharacters - 1) + "…",))

    def test_quoted(self) -> None:
        """Each line is tagged as the game's."""
        told = because("ended_unready", exit=Exit(1).cause, lines=["a", "b"])
        self.assertTrue(str(told).endswith("lines:\n| a\n| b"), told)
