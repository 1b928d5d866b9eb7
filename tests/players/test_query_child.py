"""The child that asks games, and the daemon's end of it."""

import asyncio
import os
from pathlib import Path
from typing import Any

import msgspec
import psutil
from attrs import Factory, define
from twisted.internet import reactor as installed
from twisted.internet.defer import Deferred, inlineCallbacks
from twisted.internet.error import ProcessDone, ProcessExitedAlready
from twisted.internet.protocol import DatagramProtocol
from twisted.internet.task import Clock
from twisted.python.failure import Failure
from twisted.trial.unittest import SynchronousTestCase, TestCase

from gamepanel.games.query import Asking
from gamepanel.players.queries.child import Child
from gamepanel.players.queries.messages import Answer, Question, Reply, maxLineBytes
from gamepanel.players.queries.process import (
    ChildAsker,
    ChildProcess,
    idleSeconds,
    longestPause,
    provenSeconds,
    spawning,
    stuckSeconds,
)
from gamepanel.players.queries.renounce import niceness, nobody
from tests import fakegames
from tests.support import patience, until

reactor: Any = installed
asking = Asking(protocol="mumble", host="127.0.0.1", port=9, every=15, silence=0)


@define(eq=False)
class FakeTransport:
    """The pipes of a child that is not there."""

    said: list[Question] = Factory(list)
    done: list[str] = Factory(list)

    def write(self, data: bytes) -> None:
        self.said += [msgspec.json.decode(line, type=Question) for line in data.splitlines()]

    def closeStdin(self) -> None:
        self.done.append("closed")

    def signalProcess(self, name: str) -> None:
        if "ended" in self.done:
            raise ProcessExitedAlready()
        self.done.append(name)


class AskerTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.clock = Clock()
        self.children: list[ChildProcess] = []
        self.fails = False
        self.asker = ChildAsker(self.clock, self.clock.seconds, self.spawn)
        self.replies: list[Reply | None] = []

    def spawn(self, child: ChildProcess) -> None:
        if self.fails:
            raise OSError(11, "Resource temporarily unavailable")
        child.transport = FakeTransport()  # type: ignore[assignment]
        self.children.append(child)

    def ask(self) -> bool:
        return self.asker.ask(asking, self.replies.append)

    def pipes(self, index: int = -1) -> FakeTransport:
        transport: Any = self.children[index].transport
        return transport  # type: ignore[no-any-return]

    def die(self) -> None:
        """The child of now ends."""
        self.pipes().done.append("ended")
        self.children[-1].processEnded(Failure(ProcessDone(0)))

    def reply(self, *replies: Reply) -> None:
        for each in replies:
            self.children[-1].outReceived(msgspec.json.encode(each) + b"\n")

    def test_oneChild(self) -> None:
        """One child asks all; what it says comes to whoever has asked, however it is cut."""
        self.assertEqual(self.children, [])
        self.assertTrue(self.ask() and self.ask())
        self.assertEqual([each.number for each in self.pipes().said], [1, 2])
        second, first = Reply(2, 0.5, Answer(3, None, ("a",))), Reply(1, 0.5)
        data = msgspec.json.encode(second) + b"\n" + msgspec.json.encode(first) + b"\n"
        for byte in data:
            self.children[0].outReceived(bytes([byte]))
        self.assertEqual((self.replies, len(self.children)), ([second, first], 1))
        self.reply(Reply(7, 0.5))
        self.assertEqual(len(self.replies), 2)

    def test_idle(self) -> None:
        """It ends so long after the last question, and another begins with the next."""
        self.ask()
        self.clock.advance(idleSeconds - 1)
        self.ask()
        self.clock.advance(idleSeconds - 1)
        self.assertEqual(self.pipes().done, [])
        self.clock.advance(1)
        self.assertEqual(self.pipes().done, ["closed"])
        self.die()
        self.assertEqual(self.clock.getDelayedCalls(), [])
        self.assertTrue(self.ask())
        self.assertEqual(len(self.children), 2)

    def test_dies(self) -> None:
        """Whoever waits hears that nobody knows, and the next comes after a pause that grows."""
        self.ask()
        self.die()
        self.assertEqual(self.replies, [None])
        pause = 1.0
        for _ in range(12):
            self.assertFalse(self.ask())
            self.clock.advance(pause - 0.01)
            self.assertFalse(self.ask())
            self.clock.advance(0.02)
            self.assertTrue(self.ask())
            self.die()
            pause = min(2 * pause, longestPause)
        self.clock.advance(pause)
        self.assertTrue(self.ask())
        self.clock.advance(provenSeconds)
        self.ask()
        self.die()
        self.clock.advance(1)
        self.assertTrue(self.ask())

    def test_notStarted(self) -> None:
        """Where no process can be had it is tried again after a while."""
        self.fails = True
        self.assertFalse(self.ask())
        self.fails = False
        self.assertFalse(self.ask())
        self.clock.advance(1)
        self.assertTrue(self.ask())

    def test_lies(self) -> None:
        """
        Of what none of our children says nothing counts, and nobody knows of the game that it is
        about; others are not concerned.
        """
        good = b'{"number":%d,"took":1,"answer":{"online":1,"names":["%s"]}}\n'
        self.assertTrue(self.ask())
        for number, (said, of) in enumerate(
            (
                (b"x" * 257, b'"online":1'),
                (b"x", b'"online":1.5'),
                (b"x", b'"online":true'),
                (b"x", b'"online":-1'),
                (b"x", b'"online":' + b"[" * 500 + b"]" * 500),
                (b"\xff", b'"online":1'),
            ),
            2,
        ):
            self.ask()
            line = (good % (number, said)).replace(b'"online":1', of)
            self.children[-1].outReceived(line)
            self.assertEqual((self.replies, self.pipes().done), ([None], []), line)
            self.replies.clear()
        deep = b'{"number":1,"took":1,"answer":' + b"[" * 500
        for said in (b"hello\n", b"{}\n", deep + b"\n", good % (1, b"\\ud800")):
            self.children[-1].outReceived(said)
            self.assertEqual((self.replies, self.pipes().done), ([], []), said)
        self.reply(Reply(1, 0.5, Answer(3)))
        self.assertEqual(self.replies, [Reply(1, 0.5, Answer(3))])
        self.assertEqual(len(self.children), 1)

    def test_longLine(self) -> None:
        """A child whose line has no end is ended, before it fills our memory."""
        self.ask()
        self.children[-1].outReceived(b"x" * (maxLineBytes + 1))
        self.assertEqual((self.pipes().done, self.replies), (["KILL"], []))
        self.die()
        self.assertEqual(self.replies, [None])

    def test_hangs(self) -> None:
        """A child that does not reply in time is ended."""
        self.ask()
        self.clock.advance(asking.wait + stuckSeconds)
        self.asker.look()
        self.assertEqual(self.pipes().done, [])
        self.clock.advance(0.1)
        self.asker.look()
        self.assertEqual(self.pipes().done, ["KILL"])
        self.die()
        self.asker.look()
        # It may have ended just before.
        self.children[-1].kill()

    def test_close(self) -> None:
        """With the daemon it ends, and nobody is asked any more."""
        self.ask()
        self.asker.close()
        self.assertEqual(self.pipes().done, ["KILL"])
        self.assertFalse(self.ask())
        self.die()
        self.assertEqual(self.clock.getDelayedCalls(), [])


class ReasonTests(TestCase):
    """What the child says of a game that it could not ask."""

    async def test_halfCharacter(self) -> None:
        """An error that has in it what JSON can't hold is told all the same."""
        told: Deferred[Reply] = Deferred()

        async def fails(asking: Asking) -> Answer:
            raise ValueError("no \ud83d" + "x" * 300)

        async def ask() -> None:
            Child(told.callback, fails).take(Question(1, asking))
            await asyncio.sleep(0)

        asyncio.run(ask())
        reply = msgspec.json.decode(msgspec.json.encode(await told), type=Reply)
        self.assertEqual(reply.reason[:20], "ValueError: no ?xxxx")


class _Mumble(DatagramProtocol):
    def datagramReceived(self, data: bytes, addr: Any) -> None:
        for each in fakegames.mumble(data):
            assert self.transport is not None
            self.transport.write(each, addr)


class ChildTests(TestCase):
    """A real child, asking."""

    timeout = 4 * patience

    def setUp(self) -> None:
        self.ended: list[object] = []
        self.child: ChildProcess | None = None
        self.asker = ChildAsker(reactor, reactor.seconds, self.spawn)
        port = reactor.listenUDP(0, _Mumble(), interface="127.0.0.1")
        self.addCleanup(port.stopListening)
        self.addCleanup(self.end)
        self.asking = msgspec.structs.replace(asking, port=port.getHost().port)

    def end(self) -> Deferred[Any]:
        """End the child, and wait until it has."""
        self.asker.close()
        return self.gone()

    def spawn(self, child: ChildProcess) -> None:
        self.child = child
        spawning(reactor)(child)

    def gone(self) -> Deferred[Any]:
        """Fires when there is no child any more."""

        def isGone() -> bool:
            transport: Any = None if self.child is None else self.child.transport
            return transport is None or transport.pid is None

        return Deferred.fromCoroutine(until(reactor, isGone, "the end of the child"))

    def ask(self, asking: Asking) -> Deferred[Reply | None]:
        replied: Deferred[Reply | None] = Deferred()
        self.assertTrue(self.asker.ask(asking, replied.callback))
        return replied

    @inlineCallbacks
    def askWell(self) -> Any:
        """What it answers; again, where this host was too busy for us to answer in time."""
        for _ in range(10):
            reply = yield self.ask(self.asking)
            if reply.answer is not None:
                return reply
        return reply

    @property
    def pid(self) -> int:
        transport: Any = None if self.child is None else self.child.transport
        pid = transport.pid
        assert isinstance(pid, int)
        return pid

    @inlineCallbacks
    def test_asks(self) -> Any:
        """It asks games; what comes of that has its number and how long it took."""
        reply = yield self.askWell()
        self.assertEqual((reply.answer, reply.isRefused), (Answer(2, 8), False))
        self.assertGreaterEqual(reply.took, 0)
        silent = msgspec.structs.replace(self.asking, protocol="openttd", every=0.3)
        reply = yield self.ask(silent)
        self.assertEqual((reply.answer, reply.isRefused), (None, False))
        reply = yield self.ask(msgspec.structs.replace(self.asking, host="192.0.2.1"))
        self.assertEqual((reply.answer, reply.isRefused), (None, True))

    @inlineCallbacks
    def test_rights(self) -> Any:
        """It is our user, nobody where that is root, has no right beyond that, and comes last."""
        yield self.ask(self.asking)
        status = dict(
            line.split(":\t", 1)
            for line in Path(f"/proc/{self.pid}/status").read_text().splitlines()
        )
        self.assertEqual(int(status["CapEff"], 16), 0)
        self.assertEqual(int(status["CapPrm"], 16), 0)
        self.assertEqual(status["NoNewPrivs"].strip(), "1")
        self.assertIn(
            int(status["Uid"].split()[0]), {os.getuid(), nobody if os.getuid() == 0 else -1}
        )
        process = psutil.Process(self.pid)
        self.assertGreaterEqual(process.nice(), min(os.nice(0) + niceness, 19))
        self.assertLess(process.memory_info().rss, 80 * 1024 * 1024)

    @inlineCallbacks
    def test_ends(self) -> Any:
        """It ends when its stdin does."""
        yield self.ask(self.asking)
        assert self.child is not None
        self.child.dismiss()
        yield self.gone()

    @inlineCallbacks
    def test_dies(self) -> Any:
        """When it is killed, whoever waits hears it."""
        waiting = self.ask(msgspec.structs.replace(self.asking, protocol="teeworlds"))
        assert self.child is not None
        self.child.kill()
        reply = yield waiting
        self.assertIsNone(reply)
