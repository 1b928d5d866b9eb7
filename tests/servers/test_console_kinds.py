"""Servers whose games take commands in other ways than on stdin."""

import os
import stat
from typing import Any

from msgspec.structs import replace
from twisted.internet.defer import CancelledError
from twisted.trial.unittest import SynchronousTestCase

from gamepanel.base.errors import (
    BadRequest,
    ConsoleUnavailable,
    NotRunning,
    SpawnFailed,
    StdinClosed,
    StdinFull,
)
from gamepanel.games.parsing import parse
from gamepanel.host.ports import Port
from gamepanel.servers.channels.wiring import refusedProblem, wiring
from tests.consoles import Transport
from tests.fakes import FakeGame
from tests.servers.test_game_server import GameServerCase
from tests.servers.test_rcon import packet

beginning = """
title = "A game"
[[options]]
name = "rcon_port"
type = "port"
[[options]]
name = "secret"
type = "password"
[[options]]
name = "address"
type = "string"
[run]
command = ["/bin/cat"]
ready = '^READY$'
needs_port = false
[[stop]]
command = "quit"
patience = 30
[[stop]]
signal = "TERM"
patience = 15
[console]
"""

rcon = "kind = 'rcon'\nport = '{rcon_port}'\npassword = 'x{secret}'\nhost = '{address}'"


class KindCase(GameServerCase):
    """Tests with a server of a kind."""

    console = "kind = 'stdin'"

    def setUp(self) -> None:
        super().setUp()
        self.context.definition_ = parse(beginning + self.console)


class StdinTests(KindCase):
    console = "encoding = 'cp1251'"

    def test_encoding(self) -> None:
        """A line is given in the game's encoding; one that this can't hold is refused."""
        game = self.run_()
        self.successResultOf(self.server.command("привет"))
        self.failureResultOf(self.server.command("日本"), BadRequest)
        self.assertEqual(game.read(), "привет\n".encode("cp1251"))

    def test_log(self) -> None:
        """What a run prints is read in its encoding, by the next daemon, too."""
        self.run_()
        self.assertEqual(self.server.encoding, "cp1251")
        self.takeOver()
        self.assertEqual(self.server.encoding, "cp1251")


class PauseTests(KindCase):
    console = "pause = 0.5"

    def test_pause(self) -> None:
        """Between two commands there is a pause, and their order stays."""
        game = self.run_()
        self.successResultOf(self.server.command("one"))
        second, third = self.server.command("two"), self.server.command("three")
        self.assertEqual(game.read(), b"one\n")
        self.assertNoResult(second)
        self.advance(0.5)
        self.successResultOf(second)
        self.assertEqual(game.read(), b"two\n")
        self.advance(0.5)
        self.successResultOf(third)
        self.assertEqual(game.read(), b"three\n")
        self.advance(0.5)
        self.successResultOf(self.server.command("four"))
        self.assertEqual(game.read(), b"four\n")

    def test_bounded(self) -> None:
        """So many wait and no more; those who wait at the end of the daemon are told."""
        game = self.run_()
        waiting = [self.server.command("x") for _ in range(33)]
        self.failureResultOf(self.server.command("y"), StdinFull)
        waiting[1].addErrback(lambda _: None)
        waiting[1].cancel()
        self.takeOver()
        for sent in waiting[2:]:
            self.failureResultOf(sent, NotRunning)
        self.assertEqual(game.read(), b"x\n")

    def test_closed(self) -> None:
        """A command that can't be given when its turn comes fails."""
        self.run_()
        self.successResultOf(self.server.command("x"))
        sent = self.server.command("y")
        self.kernel.isDeaf = True
        self.advance(0.5)
        self.failureResultOf(sent, StdinClosed)


class NoneTests(KindCase):
    console = "kind = 'none'"

    def test_command(self) -> None:
        """A game without a console takes no line, and says so."""
        game = self.run_()
        error = self.failureResultOf(self.server.command("x"), ConsoleUnavailable).value
        self.assertIn("has no console", error.detail)
        self.assertEqual(game.read(), b"")

    def test_stop(self) -> None:
        """A stop step that is a command is passed over at once."""
        game = self.run_()
        self.server.stop()
        self.assertEqual(self.kernel.signals, [(game.pid, "TERM")])


class FifoTests(KindCase):
    console = "kind = 'fifo'\npath = 'run/console.fifo'"

    def setUp(self) -> None:
        super().setUp()
        self.path = os.path.join(self.server.home, "run", "console.fifo")
        self.ends: list[int] = []
        self.addCleanup(self.closeAll)

    def closeAll(self) -> None:
        for end in self.ends:
            os.close(end)

    def reader(self) -> int:
        """The game reads it."""
        self.ends.append(os.open(self.path, os.O_RDONLY | os.O_NONBLOCK))
        return self.ends[-1]

    def test_made(self) -> None:
        """It is there before the game, for its user only, and goes when the game has ended."""
        seen: list[int] = []
        self.reactor.atSpawn = lambda: seen.append(os.stat(self.path).st_mode)
        self.run_()
        self.assertEqual(seen, [stat.S_IFIFO | 0o600])
        self.end(0)
        self.assertFalse(os.path.lexists(self.path))

    def test_sends(self) -> None:
        """Lines come to the game, also to one that is adopted, and are not in the log."""
        self.run_()
        end = self.reader()
        self.successResultOf(self.server.command("one"))
        self.takeOver()
        self.assertTrue(stat.S_ISFIFO(os.stat(self.path).st_mode))
        self.successResultOf(self.server.command('two x";quit'))
        self.assertEqual(os.read(end, 1000), b'one\ntwo x";quit\n')
        self.assertEqual(self.log, b"loading\nREADY\n")

    def test_openedAgain(self) -> None:
        """A game that has closed it and opened it again gets the next line."""
        self.run_()
        end = self.reader()
        self.successResultOf(self.server.command("one"))
        self.assertEqual(os.read(end, 1000), b"one\n")
        os.close(self.ends.pop())
        self.failureResultOf(self.server.command("two"), ConsoleUnavailable)
        end = self.reader()
        self.successResultOf(self.server.command("three"))
        self.assertEqual(os.read(end, 1000), b"three\n")

    def test_opening(self) -> None:
        """While it is being opened lines wait in their order, so many and no more."""
        self.run_()
        end = self.reader()
        self.context.isBusy = True
        sent = [self.server.command(str(number)) for number in range(32)]
        self.failureResultOf(self.server.command("x"), StdinFull)
        self.context.work()
        for each in sent:
            self.successResultOf(each)
        self.assertEqual(os.read(end, 1000).split(), [b"%d" % number for number in range(32)])

    def test_endsMeanwhile(self) -> None:
        """When the game ends while it is being opened, whoever waits is told, and it is closed."""
        self.run_()
        end = self.reader()
        self.context.isBusy = True
        gone, sent = self.server.command("x"), self.server.command("y")
        gone.cancel()
        self.failureResultOf(gone, CancelledError)
        self.end(0)
        self.failureResultOf(sent, NotRunning)
        self.context.work()
        # Nothing is in it, and nobody has it open any more.
        self.assertEqual(os.read(end, 1000), b"")

    def test_notRead(self) -> None:
        """As long as nobody reads it nothing is sent; a stop goes on at once."""
        game = self.run_()
        self.failureResultOf(self.server.command("x"), ConsoleUnavailable)
        self.server.stop()
        self.assertEqual(self.kernel.signals, [(game.pid, "TERM")])

    def test_full(self) -> None:
        """A game that does not read on gets no more; what it got is whole."""
        self.run_()
        end, count = self.reader(), 0
        while not hasattr(sent := self.server.command("x" * 1000), "result") or sent.result is None:
            count += 1
        self.failureResultOf(sent, StdinFull)
        data = b""
        while part := self._read(end):
            data += part
        self.assertEqual(data, (b"x" * 1000 + b"\n") * count)

    def _read(self, end: int) -> bytes:
        try:
            return os.read(end, 65536)
        except BlockingIOError:
            return b""

    def test_leftOver(self) -> None:
        """What an earlier run has left of it is replaced; anything else is left alone."""
        os.mkdir(os.path.dirname(self.path))
        os.mkfifo(self.path, 0o666)
        self.run_()
        self.assertEqual(os.stat(self.path).st_mode, stat.S_IFIFO | 0o600)
        self.end(0)
        with open(self.path, "w"):
            pass
        error = self.failureResultOf(self.server.start(), SpawnFailed).value
        self.assertIn("run/console.fifo is in the way", error.detail)
        self.assertTrue(os.path.isfile(self.path))

    def test_links(self) -> None:
        """No link is followed, neither when it is made nor when a line is sent."""
        other = self.mktemp()
        os.mkdir(other)
        os.symlink(os.path.abspath(other), os.path.dirname(self.path))
        self.failureResultOf(self.server.start(), SpawnFailed)
        self.assertEqual(os.listdir(other), [])
        os.unlink(os.path.dirname(self.path))
        self.run_()
        os.unlink(self.path)
        elsewhere = os.path.join(os.path.abspath(other), "fifo")
        os.mkfifo(elsewhere)
        self.ends.append(os.open(elsewhere, os.O_RDONLY | os.O_NONBLOCK))
        for link in (os.symlink, os.link):
            link(elsewhere, self.path)
            self.failureResultOf(self.server.command("x"), ConsoleUnavailable)
            os.unlink(self.path)
        with open(self.path, "w"):
            pass
        self.failureResultOf(self.server.command("x"), ConsoleUnavailable)
        self.assertEqual(os.path.getsize(self.path), 0)


class RemoteTests(KindCase):
    console = rcon

    def setUp(self) -> None:
        super().setUp()
        self.asked: list[tuple[str, int]] = []
        self.protocols: list[Any] = []
        reactor: Any = self.reactor
        reactor.connectTCP = self.connectTCP

    def connectTCP(self, host: str, port: int, factory: Any, timeout: float) -> Any:
        """See L{twisted.internet.interfaces.IReactorTCP}: it is connected at once."""
        self.asked.append((host, port))
        self.protocols.append(factory.buildProtocol(None))
        self.protocols[-1].makeConnection(Transport())

    def startedWith(self, **options: object) -> FakeGame:
        """A game whose options are set."""
        settings = self.server.settings.changed(self.server.basics.definition(), options)
        self.server.change(settings)
        return self.run_()

    def test_unset(self) -> None:
        """A console whose port is not set is nowhere, and says so."""
        self.run_()
        error = self.failureResultOf(self.server.command("x"), ConsoleUnavailable).value
        self.assertIn("has no port", error.detail)
        self.assertEqual(self.asked, [])

    def test_taken(self) -> None:
        """Its port must be free where it is looked for, whatever else the game binds to."""
        asked: list[tuple[list[str], tuple[str, ...]]] = []

        def taken(ports: Any, addresses: Any) -> Port | None:
            asked.append(([str(port) for port in ports], tuple(addresses)))
            return ports[0] if "127.0.0.1" in addresses else None

        self.server.basics.kernel = replace(self.server.basics.kernel, firstTaken=taken)
        text = beginning.replace('name = "address"', 'name = "address"\naddress = ["ipv4"]')
        self.context.definition_ = parse(text + rcon.partition("host")[0])
        settings = self.server.settings.changed(
            self.server.basics.definition(), {"rcon_port": 27015, "address": "127.0.0.2"}
        )
        self.server.change(settings)
        error = self.failureResultOf(self.server.start(), SpawnFailed).value
        self.assertIn("Port 27015 (TCP) is taken by another program", error.detail)
        self.assertEqual(
            asked,
            [
                (["27015 (TCP and UDP)"], ("127.0.0.2",)),
                (["27015 (TCP)"], ("127.0.0.1",)),
            ],
        )

    def test_connects(self) -> None:
        """It is connected to when there is a game, and again by the next daemon."""
        started = self.server.start()
        self.successResultOf(started)
        self.assertEqual(self.asked, [])
        self.server.stop()
        self.end(0)
        self.startedWith(rcon_port=27015, secret="s", address="127.0.0.1")
        self.assertEqual(self.asked, [("127.0.0.1", 27015)])
        [first] = self.protocols
        self.assertIn(b"\x03\0\0\0xs\0\0", first.transport.value())
        first.dataReceived(packet(4096, 2, b""))
        self.successResultOf(self.server.command("hello"))
        self.takeOver()
        self.assertTrue(first.transport.disconnecting)
        self.assertEqual(len(self.asked), 2)
        self.failureResultOf(self.server.command("early"), ConsoleUnavailable)
        self.protocols[-1].dataReceived(packet(4096, 2, b""))
        self.successResultOf(self.server.command("again"))
        self.assertEqual(self.log.count(b"\n> "), 2)
        self.assertNotIn(b"early", self.protocols[-1].transport.value())

    def test_refused(self) -> None:
        """A password that was refused is not tried again in this run, by no daemon."""
        self.startedWith(rcon_port=27015, secret="s")
        self.protocols[-1].dataReceived(packet(-1, 2, b""))
        self.takeOver()
        self.advance(100)
        error = self.failureResultOf(self.server.command("x"), ConsoleUnavailable).value
        self.assertIn("refused its password", error.detail)
        self.assertEqual((len(self.asked), self.log.count(b"has refused its password")), (1, 1))
        self.end(0)
        self.startedWith(rcon_port=27015, secret="t")
        self.assertEqual(len(self.asked), 2)

    def test_answerIsNotReady(self) -> None:
        """What a console answers does not count as the ready line."""
        settings = self.server.settings.changed(
            self.server.basics.definition(), {"rcon_port": 27015, "secret": "s"}
        )
        self.server.change(settings)
        self.successResultOf(self.server.start())
        self.game.begin(77)
        self.advance(0.01)
        console = self.protocols[-1]
        console.dataReceived(packet(4096, 2, b""))
        self.server.command("READY")
        console.dataReceived(packet(4098, 0, b"READY"))
        console.dataReceived(packet(4099, 0, b""))
        self.advance(1)
        self.assertIn(b"> READY\nREADY\n", self.log)
        self.assertEqual(self.state, "starting")
        self.takeOver()
        self.advance(1)
        self.assertEqual(self.state, "starting")
        self.game.print(b"READY\n")
        self.advance(1)
        self.assertEqual(self.state, "running")


class WiringTests(SynchronousTestCase):
    def test_filledIn(self) -> None:
        """What a type says is filled in with what is set."""
        definition = parse(beginning + rcon)
        for texts, host, port, problem in (
            ({"rcon_port": "27015", "secret": "a{b}"}, "127.0.0.1", 27015, ""),
            ({"rcon_port": "1", "address": "0.0.0.0"}, "127.0.0.1", 1, ""),
            ({"rcon_port": "1", "address": "::"}, "::1", 1, ""),
            ({"rcon_port": "1", "address": "127.0.0.2"}, "127.0.0.2", 1, ""),
            ({"rcon_port": "1", "address": "example.org"}, "127.0.0.1", 1, "is no IP address"),
            ({}, "127.0.0.1", 0, "has no port"),
        ):
            found = wiring(definition, texts)
            self.assertEqual((found.host, found.port), (host, port))
            self.assertIn(problem, found.problem)
            self.assertEqual(bool(problem), bool(found.problem))
        self.assertEqual(wiring(definition, {"rcon_port": "1", "secret": "a{b}"}).password, "xa{b}")
        self.assertIn("refused", refusedProblem)
