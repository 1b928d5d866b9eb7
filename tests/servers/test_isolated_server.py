"""A server whose game is isolated: what is known of it from outside."""

from gamepanel.process.isolatedgame import Isolated
from gamepanel.process.sandbox import Sandbox
from gamepanel.servers.view import viewOf
from tests.fakes import FakeGame
from tests.servers.test_game_server import GameServerCase


class IsolatedTests(GameServerCase):
    """A game in a sandbox: in another session and group than its shim."""

    def setUp(self) -> None:
        super().setUp()
        self.context.sandbox = Sandbox(writable=("/s/files",))

    def start(self) -> FakeGame:
        """Start it, until its sandbox is there."""
        self.successResultOf(self.server.start())
        self.kernel.sandboxes[self.game.pid] = Isolated(77, 70, 70)
        self.game.beginIsolated()
        self.reactor.settle()
        return self.game

    def test_chain(self) -> None:
        """It is started through bubblewrap."""
        self.assertIn("/usr/bin/bwrap", self.start().arguments)

    def test_signals(self) -> None:
        """Its number is the game's; signals go to the game's group, and no other."""
        game = self.start()
        self.assertEqual(viewOf(self.server).pid, 77)
        self.server.terminate()
        self.assertEqual(self.kernel.signals, [(70, "TERM")])
        self.end(7)
        self.assertEqual(
            str(self.server.status.ended and self.server.status.ended.exit), "exit code 7"
        )
        self.assertNotIn((game.pid, "TERM"), self.kernel.signals)

    def test_early(self) -> None:
        """A signal that comes before its sandbox is there waits for that."""
        self.successResultOf(self.server.start())
        self.server.terminate()
        self.reactor.settle()
        self.assertEqual(self.kernel.signals, [])
        self.kernel.sandboxes[self.game.pid] = Isolated(77, 70, 70)
        self.game.beginIsolated()
        self.reactor.settle()
        self.assertEqual(self.kernel.signals, [(70, "TERM")])

    def test_adopted(self) -> None:
        """The next daemon knows its game, too, whatever of it the last one had heard."""
        game = self.start()
        self.takeOver()
        self.assertEqual(viewOf(self.server).pid, 77)
        self.server.terminate()
        self.assertEqual(self.kernel.signals, [(70, "TERM")])
        game.exit(0)
        self.reactor.settle()
        self.assertEqual(self.state, "stopped")

    def test_adoptedEarly(self) -> None:
        """Also if its sandbox was not there yet when the daemon died."""
        self.successResultOf(self.server.start())
        game = self.game
        self.takeOver()
        self.server.terminate()
        self.assertEqual((viewOf(self.server).pid, self.kernel.signals), (None, []))
        self.kernel.sandboxes[game.pid] = Isolated(77, 70, 70)
        game.beginIsolated()
        self.reactor.settle()
        self.assertEqual((viewOf(self.server).pid, self.kernel.signals), (77, [(70, "TERM")]))

    def test_justEnded(self) -> None:
        """A game that has ended, which its shim has not told yet, gets no signal, nor the shim."""
        game = self.start()
        del self.kernel.sandboxes[game.pid]
        self.server.terminate()
        self.assertEqual(self.kernel.signals, [])
        self.end(0)
        self.assertEqual(self.state, "stopped")

    def test_noSandbox(self) -> None:
        """Where bubblewrap fails the start has failed, and its words are the reason."""
        self.successResultOf(self.server.start())
        self.game.print(b"bwrap: no\n")
        self.end(1)
        self.assertIn(
            "bwrap: no",
            str(self.server.status.ended.reason) if self.server.status.ended else "",
        )
