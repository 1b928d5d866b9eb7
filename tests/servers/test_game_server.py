"""A server on a reactor that starts no process, and on a kernel that has none: no time passes."""

import contextlib
import errno
import json
import os
from itertools import islice
from pathlib import Path
from typing import Any

from msgspec.structs import replace
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IProcessTransport, IReactorFDSet, IReactorProcess
from twisted.trial.unittest import SynchronousTestCase
from zope.interface.verify import verifyClass

from gamepanel.base.errors import (
    AlreadyRunning,
    NotPermitted,
    NotRunning,
    SpawnFailed,
    StdinClosed,
    StdinFull,
)
from gamepanel.console import consolefile
from gamepanel.games.parsing import parse
from gamepanel.host.ports import Port
from gamepanel.process.limits import Limits, MiB
from gamepanel.process.runfiles import Exit
from gamepanel.servers import game, layout, restore
from gamepanel.servers.basics import Basics
from gamepanel.servers.channels.channel import Ends
from gamepanel.servers.events import Destroyed, Leaving, LogGrew, Ready, ServerEvent, StatusChanged
from gamepanel.servers.kill import pauses
from gamepanel.servers.lifefile import Outbox, maxPending
from gamepanel.servers.lifefile import save as saveLife
from gamepanel.servers.server import GameServer
from gamepanel.servers.settings import Settings
from gamepanel.servers.storedlife import load as loadLife
from gamepanel.servers.view import viewOf
from gamepanel.wire.causes import because
from tests.fakes import FakeContext, FakeGame, FakeKernel, FakeReactor, FakeTransport
from tests.servers.test_recovery import SlowDisk

definition = """
title = "A game"
[run]
command = ["/bin/cat"]
ready = '^READY$'
failed = '^cannot'
[[stop]]
command = "save"
patience = 5
[[stop]]
command = "quit"
patience = 30
[[stop]]
signal = "TERM"
patience = 15
[restart]
give_up_after = 3
"""


class FakeTests(SynchronousTestCase):
    def test_interfaces(self) -> None:
        """The fakes have what the real ones have."""
        verifyClass(IReactorProcess, FakeReactor)
        verifyClass(IReactorFDSet, FakeReactor)
        verifyClass(IProcessTransport, FakeTransport)


class GameServerCase(SynchronousTestCase):
    """Tests with one server."""

    def setUp(self) -> None:
        self.kernel = FakeKernel()
        self.addCleanup(self.kernel.close)
        self.reactor = FakeReactor(self.kernel)
        self.context = FakeContext(self.reactor, parse(definition))
        self.place = os.path.abspath(self.mktemp())
        layout.make(self.place, self.place + ".aside", None)
        self.server = self.another()
        self.addCleanup(lambda: self.server.abandon())

    def another(self, lastEvent: int = 0) -> GameServer:
        """The server as the next daemon takes it up."""
        found = restore.find("a", self.place, self.context.boot)
        context: Any = self.context
        kernel = self.kernel.kernel(self.reactor)
        basics = Basics("a", 1, "t", Settings(), self.place, context, kernel)
        server = GameServer(basics, found.ring, lastEvent)
        restore.wake(server, found)
        return server

    def takeOver(self) -> None:
        """The daemon ends, and the next one begins."""
        self.server.abandon()
        self.server = self.another()
        self.reactor.settle()

    @property
    def game(self) -> FakeGame:
        """What was started last."""
        return self.kernel.games[-1]

    @property
    def state(self) -> str:
        return self.server.status.state

    def advance(self, seconds: float) -> None:
        """Let time pass, and what is due happen."""
        self.reactor.settle()
        self.reactor.advance(seconds)
        self.reactor.settle()

    def settle(self) -> None:
        """Let what is under way come to an end, if it does within a second."""
        for _ in range(100):
            self.advance(0.01)

    def run_(self) -> FakeGame:
        """Start it, and let players come."""
        started = self.server.start()
        self.successResultOf(started)
        self.game.begin(77)
        self.game.print(b"loading\nREADY\n")
        self.advance(0.01)
        self.assertEqual(self.state, "running")
        return self.game

    def end(self, code: int) -> None:
        """The game ends by itself."""
        self.game.exit(code)
        self.reactor.settle()

    @property
    def log(self) -> bytes:
        return self.server.ring.read(0, 100_000).data


class StartTests(GameServerCase):
    def test_starts(self) -> None:
        """It is starting until it has printed its ready line; all it prints is in its log."""
        started = self.server.start()
        self.successResultOf(started)
        self.assertEqual((self.state, self.server.shim), ("starting", self.game.pid))
        self.assertFalse(self.server.logEnded)
        self.assertEqual(self.game.arguments[-1], "/bin/cat")
        self.assertEqual(self.game.environment["GAMEPANEL_SERVER"], "a")
        self.game.begin(77)
        self.game.print(b"loading\n")
        self.advance(0.01)
        self.assertEqual((self.state, viewOf(self.server).pid), ("starting", 77))
        self.game.print(b"READY\n")
        self.advance(0.01)
        self.assertEqual((self.state, self.log), ("running", b"loading\nREADY\n"))
        self.assertRaises(AlreadyRunning, self.server.start)
        self.successResultOf(self.server.command("say hello"))
        self.assertEqual(self.game.read(), b"say hello\n")

    def test_refused(self) -> None:
        """A process that the kernel does not give is a failed start, with the reason."""
        self.reactor.refusal = OSError(errno.EAGAIN, "No more processes")
        error = self.failureResultOf(self.server.start(), SpawnFailed)
        self.assertIn("No more processes", error.getErrorMessage())
        self.assertEqual((self.state, self.server.shim), ("failed", None))
        self.reactor.refusal = None
        self.run_()

    def test_noDirectory(self) -> None:
        """
        It is said where its directory is missing, or a game has put something else in its place:
        it is not made anew, since somebody may have moved it away, with a world in it.
        """
        os.rmdir(f"{self.place}/files")
        os.mkdir(f"{self.place}.other")
        for put, reason in (
            (lambda: None, "No such file or directory"),
            (lambda: os.symlink(f"{self.place}.other", f"{self.place}/files"), "Not a directory"),
            (lambda: open(f"{self.place}/files", "w").close(), "Not a directory"),
        ):
            put()
            error = self.failureResultOf(self.server.start(), SpawnFailed)
            told = f"The directory of its files can't be opened: {reason}."
            self.assertEqual(error.getErrorMessage(), told)
            self.assertEqual((self.state, self.kernel.games), ("failed", []))
            with contextlib.suppress(FileNotFoundError):
                os.unlink(f"{self.place}/files")
        os.mkdir(f"{self.place}/files")
        self.run_()

    def test_portTaken(self) -> None:
        """It is not started when a program of the host has its port."""
        self.context.definition_ = parse(
            'title = "t"\n[[options]]\nname = "port"\ntype = "port"\ndefault = 30000\n'
            '[run]\ncommand = ["/bin/cat"]\n'
        )
        self.kernel.taken = Port(30000, frozenset(("udp",)))
        error = self.failureResultOf(self.server.start(), SpawnFailed)
        self.assertIn("30000 (UDP) is taken", error.getErrorMessage())
        self.assertEqual((self.state, self.kernel.games), ("failed", []))

    def test_leftovers(self) -> None:
        """What an earlier run has left is ended before another begins."""
        self.run_()
        left = self.kernel.born()
        self.end(0)
        self.kernel.signals.clear()
        started = self.server.start()
        self.settle()
        self.successResultOf(started)
        self.assertEqual(self.kernel.signals, [(left, "KILL")])
        self.assertEqual(len(self.kernel.games), 2)

    def test_stopWhilePreparing(self) -> None:
        """A stop before there is a process ends the start; those who wait for it are told."""
        self.context.isBusy = True
        started = self.server.start()
        self.assertEqual(self.state, "starting")
        self.server.stop()
        error = self.failureResultOf(started, SpawnFailed)
        self.assertIn("stopped before it had started", error.getErrorMessage())
        self.context.work()
        self.settle()
        self.assertEqual((self.state, self.kernel.games), ("stopped", []))

    def test_failedLine(self) -> None:
        """A line that says that the start has failed ends it, and is quoted."""
        self.successResultOf(self.server.start())
        self.game.begin(77)
        self.game.print(b"cannot bind\n")
        self.advance(0.01)
        self.assertEqual((self.state, self.game.read()), ("stopping", b"save\n"))
        self.end(0)
        status = self.server.status
        assert status.ended is not None
        self.assertEqual((status.state, status.ended.startFailed), ("waiting", True))
        self.assertIn("| cannot bind", str(status.ended.reason))

    def test_endsBeforeReady(self) -> None:
        """An end before it was ready is a failed start, with the last lines of the game."""
        self.successResultOf(self.server.start())
        self.game.begin(77)
        self.game.print(b"no map\n")
        self.end(0)
        ended = self.server.status.ended
        assert ended is not None
        self.assertEqual((self.state, ended.startFailed), ("waiting", True))
        self.assertIn("| no map", str(ended.reason))

    def test_readyAtTheEnd(self) -> None:
        """A ready line right before the end counts: it was no failed start."""
        self.successResultOf(self.server.start())
        self.game.begin(77)
        self.game.print(b"READY")
        self.end(0)
        ended = self.server.status.ended
        assert ended is not None
        self.assertEqual((self.state, ended.startFailed), ("stopped", False))


class StopTests(GameServerCase):
    def test_steps(self) -> None:
        """Its type's steps are tried one after the other, and killing is the last."""
        game = self.run_()
        self.server.stop()
        self.assertEqual((self.state, game.read()), ("stopping", b"save\n"))
        self.advance(4.9)
        self.assertEqual(game.read(), b"")
        self.advance(0.1)
        self.assertEqual(game.read(), b"quit\n")
        self.advance(30)
        self.assertEqual(self.kernel.signals, [(game.pid, "TERM")])
        self.advance(15)
        self.settle()
        self.assertEqual(self.kernel.signals[1:], [(game.pid, "KILL game"), (game.pid, "KILL")])
        ended = self.server.status.ended
        assert ended is not None
        self.assertEqual((self.state, ended.exit), ("stopped", Exit(137)))
        self.assertRaises(NotRunning, self.server.stop)

    def test_heeds(self) -> None:
        """A game that heeds the first step is stopped, and no timer is left."""
        self.run_()
        self.server.stop()
        self.game.print(b"saved\n")
        self.end(0)
        self.advance(2)
        self.assertEqual((self.state, self.server.shim), ("stopped", None))
        self.assertTrue(self.server.logEnded)
        self.assertEqual(self.log, b"loading\nREADY\nsaved\n")
        self.assertEqual((self.reactor.getDelayedCalls(), self.reactor.getReaders()), ([], []))

    def test_stdinFull(self) -> None:
        """A step that can't be taken is passed over at once."""
        game = self.run_()
        game.fillStdin()
        self.failureResultOf(self.server.command("x"), StdinFull)
        self.server.stop()
        self.assertEqual(self.kernel.signals, [(game.pid, "TERM")])

    def test_stdinClosed(self) -> None:
        """Neither is one waited for that a game which has closed its stdin does not get."""
        game = self.run_()
        self.kernel.isDeaf = True
        self.failureResultOf(self.server.command("x"), StdinClosed)
        self.server.stop()
        self.assertEqual((game.read(), self.kernel.signals), (b"", [(game.pid, "TERM")]))

    def test_restart(self) -> None:
        """A restart stops it, waits for its end, and starts it anew."""
        first = self.run_()
        self.server.restart()
        self.assertEqual((self.state, first.read()), ("stopping", b"save\n"))
        self.end(0)
        self.settle()
        self.assertEqual((self.state, len(self.kernel.games)), ("starting", 2))
        assert self.server.run is not None
        self.assertEqual(self.server.run.runIndex, len(b"loading\nREADY\n"))

    def test_terminate(self) -> None:
        """SIGTERM goes to its process group."""
        self.run_()
        self.server.terminate()
        self.assertEqual(self.kernel.signals, [(self.game.pid, "TERM")])
        self.end(143)
        self.assertEqual(self.state, "stopped")

    def test_kill(self) -> None:
        """All its processes are killed; its shim goes last and tells the exit code."""
        self.run_()
        self.successResultOf(self.killed())
        self.settle()
        ended = self.server.status.ended
        assert ended is not None
        self.assertEqual((self.state, ended.exit), ("stopped", Exit(137)))
        self.assertEqual(self.kernel.alive, {})
        self.failureResultOf(self.killed(), NotRunning)

    def killed(self) -> Deferred[None]:
        """Kill it."""
        return Deferred.fromCoroutine(self.server.killEverything())

    def test_shimStays(self) -> None:
        """
        A shim that does not leave when its game has ended is killed, too, after it was given
        some time to tell how that was.
        """
        game = self.run_()
        os.unlink(game.record)
        self.successResultOf(self.killed())
        for _ in range(30):
            self.advance(0.01)
        self.assertEqual(self.kernel.signals, [])
        self.settle()
        self.assertEqual(self.kernel.signals, [(game.pid, "KILL")])

    def test_killPauses(self) -> None:
        """Whether something is left is looked for ever less often."""
        found = list(islice(pauses(), 6))
        self.assertEqual(found, [0.01, 0.02, 0.04, 0.08, 0.1, 0.1])

    def test_killLeftovers(self) -> None:
        """A server at rest can be killed while something of an earlier run is left."""
        left = self.kernel.born()
        self.successResultOf(self.killed())
        self.settle()
        self.assertEqual((self.kernel.signals, self.state), ([(left, "KILL")], "stopped"))

    def test_killWhileDisksHang(self) -> None:
        """A kill waits for no disk, and for nobody who looks into directories of games."""
        self.run_()

        def never(*what: object) -> Deferred[Any]:
            return Deferred()

        threads = self.context.threads
        self.context.threads = replace(threads, disk=never, games=never, deleting=never)
        self.takeOver()
        self.successResultOf(self.killed())
        self.settle()
        self.assertEqual((self.state, self.kernel.alive), ("stopped", {}))

    def test_startAfterKill(self) -> None:
        """A start right after a kill waits until that has ended what it looks for."""
        left = self.kernel.born()
        self.successResultOf(self.killed())
        started = self.server.start()
        self.assertEqual((self.kernel.signals, self.kernel.games), ([(left, "KILL")], []))
        self.settle()
        self.successResultOf(started)
        self.assertEqual(len(self.kernel.games), 1)

    def test_hangingDirectory(self) -> None:
        """A server whose directory hangs has one thread, however often somebody starts it."""
        hanging = SlowDisk()
        self.context.threads = replace(self.context.threads, games=hanging.inThread)
        self.takeOver()
        for _ in range(5):
            started = self.server.start()
            self.server.stop()
            self.failureResultOf(started, SpawnFailed)
        self.assertEqual(len(hanging.waiting), 1)
        # When it answers, what nobody waits for any more is not even begun.
        started = self.server.start()
        hanging.go()
        while hanging.waiting:
            self.assertNoResult(started)
            self.assertEqual(len(hanging.waiting), 1)
            hanging.go()
            self.settle()
        self.successResultOf(started)

    def test_foreign(self) -> None:
        """What runs as another user can't be stopped, and nothing is tried."""
        game = self.run_()
        self.kernel.foreign.add(game.pid)
        self.assertRaises(NotPermitted, self.server.stop)
        self.failureResultOf(self.killed(), NotPermitted)
        self.assertEqual((self.state, game.read()), ("running", b""))


class SlowChannel:
    """
    A channel that takes its time.

    @ivar sent: what was sent, and what fires when the kernel has it.
    @ivar isClosed: whether it was let go of.
    """

    def __init__(self, ends: Ends) -> None:
        self.sent: list[tuple[str, Deferred[None]]] = []
        self.isClosed = False

    def begin(self) -> None:
        """See L{gamepanel.servers.channels.channel.CommandChannel}."""

    def send(self, line: str) -> Deferred[None]:
        """See L{gamepanel.servers.channels.channel.CommandChannel}."""
        handed: Deferred[None] = Deferred()
        self.sent.append((line, handed))
        return handed

    def close(self) -> None:
        """See L{gamepanel.servers.channels.channel.CommandChannel}."""
        self.isClosed = True


class ChannelTests(GameServerCase):
    """A server whose commands take some time to get to its game."""

    def setUp(self) -> None:
        super().setUp()
        self.channels: list[SlowChannel] = []
        self.patch(game, "kinds", {"stdin": self.channel})

    def channel(self, ends: Ends) -> SlowChannel:
        """The channel of another run."""
        self.channels.append(SlowChannel(ends))
        return self.channels[-1]

    def test_command(self) -> None:
        """A command is answered when the channel has handed it over."""
        self.failureResultOf(self.server.command("early"), NotRunning)
        self.run_()
        sent = self.server.command("hello")
        self.assertNoResult(sent)
        [(line, handed)] = self.channels[0].sent
        handed.callback(None)
        self.assertEqual((line, self.successResultOf(sent)), ("hello", None))

    def test_stopStep(self) -> None:
        """
        A stop step is waited for as long as its command may still come to the game; a bug in
        the channel hinders no stop, and is logged.
        """
        game = self.run_()
        self.server.stop()
        self.advance(1)
        [(first, handed)] = self.channels[0].sent
        handed.errback(StdinFull())
        [_, (second, handed)] = self.channels[0].sent
        self.assertEqual((first, second, self.kernel.signals), ("save", "quit", []))
        handed.errback(ZeroDivisionError())
        self.assertEqual(self.kernel.signals, [(game.pid, "TERM")])
        self.assertEqual(len(self.flushLoggedErrors(ZeroDivisionError)), 1)

    def test_closed(self) -> None:
        """A channel is let go of when its run ends, and when the daemon does."""
        self.run_()
        self.end(0)
        self.run_()
        self.assertEqual([each.isClosed for each in self.channels], [True, False])
        self.takeOver()
        self.assertEqual([each.isClosed for each in self.channels], [True, True, False])


class ListenerTests(GameServerCase):
    def test_told(self) -> None:
        """Those who listen are told of each status and of each growth of the log, with it."""
        told: list[ServerEvent] = []
        self.server.happens.listen(told.append)
        self.run_()
        states = [event.status.state for event in told if isinstance(event, StatusChanged)]
        self.assertEqual((states[0], states[-1]), ("starting", "running"))
        grown = [event for event in told if isinstance(event, LogGrew)]
        self.assertEqual(grown[-1], LogGrew(len(b"loading\nREADY\n")))
        self.server.happens.tell(Destroyed())
        self.server.happens.tell(Leaving())
        self.assertEqual(told[-2:], [Destroyed(), Leaving()])

    def test_fails(self) -> None:
        """One that fails hurts neither the server nor those who listen with it."""

        def fails(event: ServerEvent) -> None:
            raise ZeroDivisionError

        told: list[ServerEvent] = []
        self.server.happens.listen(fails)
        self.server.happens.listen(told.append)
        self.run_()
        self.assertEqual(len(self.flushLoggedErrors(ZeroDivisionError)), len(told))


class EventTests(GameServerCase):
    """What has happened, on its way into the store."""

    def kinds(self) -> list[tuple[int | None, str]]:
        """Numbers and kinds of what was sent since the last time; it is stored now."""
        return [(event.number, event.kind) for event in self.context.events.store()]

    def life(self) -> dict[str, Any]:
        """What is written down."""
        life: dict[str, Any] = json.loads(Path(self.place, "life").read_text())
        return life

    def written(self) -> list[str]:
        """The kinds of the events that are."""
        return [event["kind"] for event in self.life()["events"]]

    def test_kinds(self) -> None:
        """Each is sent once, numbered, with whose it is and what the contract says of it."""
        self.successResultOf(self.server.start("ann"))
        self.game.begin(77)
        self.game.print(b"READY\n")
        self.advance(0.01)
        self.server.stop("ben")
        self.end(0)
        events = self.context.events.store()
        self.assertEqual([event.number for event in events], [1, 2, 3, 4])
        self.assertEqual({(event.server, event.creation) for event in events}, {("a", 1)})
        self.assertEqual(
            [(event.kind, event.data) for event in events],
            [
                ("starting", {"by": "ann"}),
                ("ready", {"by": "ann"}),
                ("stopping", {"by": "ben"}),
                (
                    "stopped",
                    {
                        "by": "ben",
                        "code": 0,
                        "signal": None,
                        "reason": "stopped on request, exit code 0",
                        "cause": because("stopped_on_request", exit=Exit(0).cause),
                    },
                ),
            ],
        )

    def test_crash(self) -> None:
        """A crash is told with what ended it, and when the next try is."""
        self.run_()
        self.context.events.store()
        self.end(137)
        crashed, waiting = self.context.events.store()
        why = because("ended_by_itself", exit=because("exit_signal", signal="KILL"))
        told = {"reason": "ended by itself, signal KILL", "cause": why}
        self.assertEqual(crashed.data, {"code": 137, "signal": "KILL", **told})
        self.assertEqual(waiting.data, {"nextAt": crashed.at + 2})

    def test_writtenFirst(self) -> None:
        """It is written down with the status before it is sent, until it is stored."""
        seen: list[tuple[str, list[str]]] = []
        self.context.events.heard = lambda event: seen.append(
            (self.life()["status"]["state"], self.written())
        )
        self.run_()
        self.assertEqual(seen, [("starting", ["starting"]), ("running", ["starting", "ready"])])
        self.context.events.store()
        self.server.stop()
        self.assertEqual((self.written(), self.life()["eventNumber"]), (["stopping"], 3))

    def test_killed(self) -> None:
        """What a daemon that was killed had not stored the next one sends, and goes on there."""
        self.run_()
        self.assertEqual(self.kinds(), [(1, "starting"), (2, "ready")])
        self.server.stop()
        self.context.events.recorded.clear()
        self.takeOver()
        self.end(0)
        self.assertEqual(self.kinds(), [(3, "stopping"), (4, "stopped")])

    def test_unsent(self) -> None:
        """What is known to be stored is not sent again."""
        self.run_()
        self.context.events.store()
        self.server.stop()
        self.context.events.store()
        self.takeOver()
        self.takeOver()
        # The file is not written anew only because it is stored: the store knows it.
        self.assertEqual({number for number, _ in self.kinds()}, {3})

    def test_olderLife(self) -> None:
        """A life that an older daemon wrote has none; the store knows how far they came."""
        self.run_()
        life = self.life()
        del life["events"], life["eventNumber"]
        self.context.events.recorded.clear()
        self.server.abandon()
        Path(self.place, "life").write_text(json.dumps({**life, "version": 1, "ofNewer": 1}))
        self.server = self.another(lastEvent=2)
        self.server.stop()
        self.assertEqual(self.kinds(), [(3, "stopping")])

    def test_lostLife(self) -> None:
        """When its life is lost, its numbers go on behind those that are stored."""
        self.run_()
        self.context.events.store()
        self.server.abandon()
        Path(self.place, "life").write_text("rubbish")
        self.server = self.another(lastEvent=2)
        [stopped] = self.context.events.store()
        self.assertEqual((stopped.number, stopped.kind), (3, "stopped"))
        self.assertIn("damaged", stopped.data["reason"])
        self.assertEqual(self.state, "stopped")
        self.flushLoggedErrors()

    def test_reboot(self) -> None:
        """A run that the host's end has ended is told as stopped, once."""
        self.run_()
        self.context.events.store()
        self.server.abandon()
        consolefile.synchronize(self.place, self.server.ring, True)
        self.kernel.alive.clear()
        self.context.boot = "another"
        self.server = self.another()
        stopped = self.context.events.store()[-1]
        why = because("host_restarted")
        data = {"by": None, "code": None, "signal": None, "reason": str(why), "cause": why}
        self.assertEqual((stopped.number, stopped.kind, stopped.data), (3, "stopped", data))
        self.takeOver()
        self.assertEqual(self.kinds()[-1], (3, "stopped"))

    def test_bounded(self) -> None:
        """A store that takes nothing for long costs the oldest, not the life."""
        outbox = Outbox("a", 1, self.context.events.record)
        outbox.add([Ready(None)] * (maxPending + 5), 0.0)
        outbox.send()
        self.assertEqual((outbox.number, outbox.pending[0].number), (maxPending + 5, 6))
        outbox.send()
        self.assertEqual(len(self.kinds()), maxPending)
        self.assertEqual(outbox.pending, ())


class CrashTests(GameServerCase):
    def test_restarts(self) -> None:
        """It is started again after a delay that doubles; too many crashes are the end."""
        for delay in (2, 4):
            if self.state == "stopped":
                self.run_()
            else:
                self.game.begin(77)
                self.game.print(b"READY\n")
                self.advance(0.01)
            self.end(3)
            self.assertEqual(self.state, "waiting")
            self.advance(delay - 0.1)
            self.assertEqual(self.state, "waiting")
            self.advance(0.1)
            self.settle()
            self.assertEqual(self.state, "starting")
        self.game.begin(77)
        self.game.print(b"READY\n")
        self.advance(0.01)
        self.end(3)
        self.assertEqual((self.state, len(self.kernel.games)), ("crashed", 3))
        self.assertIn("3 times", str(viewOf(self.server).givenUp))

    def test_shimKilled(self) -> None:
        """A shim that was killed says nothing, so its own end is what is known."""
        self.run_()
        self.kernel.kill(self.game.pid, "KILL")
        self.reactor.settle()
        ended = self.server.status.ended
        assert ended is not None
        self.assertEqual((self.state, ended.exit), ("waiting", Exit(137)))

    def test_nothingLeft(self) -> None:
        """
        A start looks for what an earlier run has left only where that may have left something:
        looking costs the more the more there is on the host.
        """
        self.run_()
        self.assertEqual(self.kernel.looks, 0)
        self.end(0)
        self.run_()
        self.assertEqual(self.kernel.looks, 0)
        left = self.kernel.born()
        self.end(0)
        started = self.server.start()
        self.settle()
        self.successResultOf(started)
        self.assertNotIn(left, self.kernel.alive)
        self.assertEqual(self.kernel.looks, 2)

    def test_installing(self) -> None:
        """
        When its life is lost, what may be left is not ended while it is being installed, which may
        be done as the game's user, but before it is started.
        """
        for isInstalling in (False, True):
            self.server.abandon()
            Path(self.place, "life").write_text("rubbish")
            left = self.kernel.born()
            self.server = self.another()
            if isInstalling:
                # As jobs do, which are taken up after the servers.
                self.server.rest()
            self.settle()
            self.assertEqual(left in self.kernel.alive, isInstalling)
        self.server.endRest(None)
        started = self.server.start()
        self.settle()
        self.successResultOf(started)
        self.assertNotIn(left, self.kernel.alive)
        self.flushLoggedErrors()

    def test_unusableInstalling(self) -> None:
        """Nor when its files could not be used at first: it is still being installed then."""
        self.server.lose(because("no"))
        self.server.rest()
        Path(self.place, "life").write_text("rubbish")
        installer = self.kernel.born()
        restore.wake(self.server, restore.find("a", self.place, self.context.boot))
        self.settle()
        self.assertEqual((self.state, installer in self.kernel.alive), ("installing", True))
        self.flushLoggedErrors()

    def test_unknown(self) -> None:
        """Nor does the next daemon's first start, unless there has been a run."""
        self.takeOver()
        self.run_()
        self.assertEqual(self.kernel.looks, 0)
        self.end(0)
        self.takeOver()
        self.run_()
        self.assertEqual(self.kernel.looks, 1)

    def limited(self) -> FakeGame:
        """It runs in a control group, and may use 64 MiB."""
        self.context.group, self.context.limits = "/group", Limits(memory=64)
        return self.run_()

    def kinds(self) -> list[tuple[str, object]]:
        """What was told, with its limit."""
        return [(each.kind, each.data.get("limit")) for each in self.context.events.store()]

    def test_outOfMemory(self) -> None:
        """What the kernel ends for its memory is told with the limit, once, before the crash."""
        self.limited()
        self.kinds()
        self.kernel.memoryKills = 2
        self.end(137)
        ended = self.server.status.ended
        assert ended is not None
        self.assertEqual((self.state, ended.exit), ("waiting", Exit(137, 64)))
        self.assertIn("it used more than its limit of 64 MiB", str(ended.reason))
        told = [("out_of_memory", 64 * MiB), ("crashed", None), ("waiting", None)]
        self.assertEqual(self.kinds(), told)

    def test_outOfMemoryMeanwhile(self) -> None:
        """The next daemon tells it, when it happens while none is there."""
        game = self.limited()
        self.server.abandon()
        self.kinds()
        self.kernel.memoryKills = 1
        game.exit(137)
        self.takeOver()
        self.settle()
        self.assertIn(("out_of_memory", 64 * MiB), self.kinds())

    def test_otherEnds(self) -> None:
        """A game that ends otherwise, after a helper had used too much, tells its own code."""
        self.limited()
        self.kernel.memoryKills = 1
        self.end(3)
        ended = self.server.status.ended
        assert ended is not None
        self.assertEqual(ended.exit, Exit(3))

    def test_group(self) -> None:
        """Its control group is written down, for the next daemon; not for one after a reboot."""
        self.limited()
        record = loadLife(os.path.join(self.place, "life"))
        assert record is not None and record.run is not None
        self.assertEqual((record.run.group, record.run.memoryLimit), ("/group", 64))

    def test_dropped(self) -> None:
        """What its type wants limited, and can't be here, is said in its log."""
        self.context.dropped = ("memoryLimit",)
        self.run_()
        said = b"[gamepanel] Its type wants limits that this host can't enforce: memoryLimit.\n"
        self.assertEqual(self.log, said + b"loading\nREADY\n")

    def test_startNow(self) -> None:
        """A start while it waits begins at once."""
        self.run_()
        self.end(3)
        self.successResultOf(self.server.start())
        self.assertEqual((self.state, len(self.kernel.games)), ("starting", 2))
        self.assertEqual(self.server.status.crashes, ())


class AdoptionTests(GameServerCase):
    def test_runs(self) -> None:
        """A run goes on: what was printed meanwhile is there, and its end is seen."""
        game = self.run_()
        self.server.abandon()
        game.print(b"meanwhile\n")
        self.server = self.another()
        self.reactor.settle()
        self.assertEqual((self.state, self.server.shim), ("running", game.pid))
        self.assertEqual(viewOf(self.server).pid, 77)
        self.assertEqual(self.log, b"loading\nREADY\nmeanwhile\n")
        self.successResultOf(self.server.command("hello"))
        self.assertEqual(game.read(), b"hello\n")
        self.end(0)
        self.assertEqual((self.state, self.server.shim), ("stopped", None))

    def test_commands(self) -> None:
        """
        Commands around an adoption come to the game once, in their order; while no daemon has
        the game, none is taken.
        """
        game = self.run_()
        sent = [self.server.command("one"), self.server.command("two")]
        self.server.abandon()
        self.server = self.another()
        sent += [self.server.command("three"), self.server.command("")]
        self.assertEqual([self.successResultOf(each) for each in sent], [None] * 4)
        self.assertEqual(game.read(), b"one\ntwo\nthree\n\n")
        self.server.lose(because("files_unusable"))
        self.failureResultOf(self.server.command("four"), NotRunning)
        restore.wake(self.server, restore.find("a", self.place, self.context.boot))
        self.successResultOf(self.server.command("five"))
        self.assertEqual(game.read(), b"five\n")

    def test_unchanged(self) -> None:
        """A run that is as it was written down is not written down again; what is new is."""
        self.run_()
        path = os.path.join(self.place, "life")
        # As long as it is open, no other file has its number.
        with open(path) as before:
            self.takeOver()
            self.assertEqual(self.state, "running")
            self.assertEqual(os.stat(path).st_ino, os.fstat(before.fileno()).st_ino)
        record = loadLife(path)
        assert record is not None and record.run is not None
        saveLife(path, replace(record, run=replace(record.run, shim=None)))
        self.takeOver()
        again = loadLife(path)
        assert again is not None and again.run is not None
        self.assertEqual((again.run.pid, again.run.shim), (77, record.run.shim))

    def test_starts(self) -> None:
        """A start goes on: the ready line may come later, or have come meanwhile."""
        self.successResultOf(self.server.start())
        self.game.begin(77)
        self.takeOver()
        self.assertEqual(self.state, "starting")
        self.server.abandon()
        self.game.print(b"READY\n")
        self.server = self.another()
        self.advance(0.01)
        self.assertEqual(self.state, "running")

    def test_stops(self) -> None:
        """A stop goes on; the patience for a step begins anew."""
        game = self.run_()
        self.server.stop()
        self.assertEqual(game.read(), b"save\n")
        self.takeOver()
        self.advance(4.9)
        self.assertEqual((self.state, game.read()), ("stopping", b""))
        self.advance(0.1)
        self.assertEqual(game.read(), b"quit\n")

    def test_endedMeanwhile(self) -> None:
        """A run that ended while no daemon was there is judged by its exit code."""
        game = self.run_()
        self.server.abandon()
        game.exit(3)
        self.kernel.kill(game.pid, "KILL")
        self.server = self.another()
        ended = self.server.status.ended
        assert ended is not None
        self.assertEqual((self.state, ended.exit), ("waiting", Exit(3)))

    def test_otherProcess(self) -> None:
        """A process that has the number now, but began at another time, is not adopted."""
        game = self.run_()
        self.server.abandon()
        game.exit(0)
        self.kernel.alive[game.pid] += 1
        self.server = self.another()
        self.assertEqual((self.state, self.server.shim), ("stopped", None))
        self.assertEqual(self.kernel.signals, [])

    def test_spawnedButNotNoted(self) -> None:
        """A daemon that died between spawning and its note: the process is found by its tag."""
        life = os.path.join(self.place, "life")
        lives: list[bytes] = []
        self.reactor.atSpawn = lambda: lives.append(Path(life).read_bytes())
        game = self.run_()
        self.server.abandon()
        Path(life).write_bytes(lives[0])
        self.server = self.another()
        self.assertEqual((self.state, self.server.shim), ("starting", game.pid))
        self.advance(0.01)
        self.assertEqual(self.state, "running")

    def test_reboot(self) -> None:
        """After a restart of the host nothing runs; it knows that it was to run."""
        self.run_()
        self.server.abandon()
        consolefile.synchronize(self.place, self.server.ring, True)
        self.kernel.alive.clear()
        self.context.boot = "another"
        self.server = self.another()
        ended = self.server.status.ended
        assert ended is not None
        self.assertEqual((self.state, str(ended.reason)), ("stopped", "the host restarted"))
        self.assertTrue(self.server.status.wanted)
