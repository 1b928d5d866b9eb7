"""RCON of Quake 3 and of BattlEye, against consoles written from their documentation."""

import socket
from binascii import unhexlify
from types import SimpleNamespace
from typing import Any
from zlib import crc32

from twisted.internet import reactor as installed
from twisted.internet.defer import succeed
from twisted.internet.task import deferLater
from twisted.trial.unittest import TestCase

from gamepanel.base.errors import BadRequest, ConsoleUnavailable
from gamepanel.host.sockets import Holder
from gamepanel.servers.channels.answer import noneNote
from gamepanel.servers.channels.channel import CommandChannel
from gamepanel.servers.channels.datagrams import DatagramSession
from gamepanel.servers.channels.session import Listener, pauseSeconds
from gamepanel.servers.channels.wiring import Wiring
from tests.consoles import ChannelCase, Datagrams
from tests.support import patience

reactor: Any = installed

MARK = b"\xff\xff\xff\xff"


class QuakeTests(ChannelCase):
    def logIn(self) -> tuple[CommandChannel, Datagrams]:
        """A channel whose console is there."""
        channel = self.begin("rcon-quake")
        console = self.reactor.datagrams[-1]
        self.assertEqual(console.sent(), [MARK + b"rcon secret echo gamepanel"])
        console.says(MARK + b"print\ngamepanel\n")
        return channel, console

    def test_answer(self) -> None:
        """A command and its answer of several packets are in the log once."""
        channel, console = self.logIn()
        self.assertIsNone(self.successResultOf(channel.send("status")))
        self.assertEqual(console.sent(), [MARK + b"rcon secret status"])
        console.says(MARK + b"print\nmap: oa_dm1\nnum sc")
        self.reactor.advance(0.1)
        console.says(MARK + b"print\nore ping\n\n")
        self.reactor.advance(0.2)
        self.assertEqual(self.log, b"> status\nmap: oa_dm1\nnum score ping\n")
        self.assertEqual(self.seen, b"")

    def test_there(self) -> None:
        """It is there once it has answered; until then it is asked every two seconds."""
        channel = self.begin("rcon-quake")
        console = self.reactor.datagrams[-1]
        self.reactor.advance(2)
        self.reactor.advance(2)
        self.assertEqual(len(console.sent()), 3)
        self.failsWith(channel.send("a"), ConsoleUnavailable)
        console.says(MARK + b"statusResponse\nwhatever")
        self.failsWith(channel.send("a"), ConsoleUnavailable)
        console.says(MARK + b"print\n\n")
        self.successResultOf(channel.send("a"))

    def test_notThere(self) -> None:
        """A port that nobody has is looked for each second, and nothing is sent to it."""
        self.holder = "nobody"
        channel = self.begin("rcon-quake")
        for looks in range(1, 100):
            self.assertEqual(self.looks, looks)
            self.failsWith(channel.send("a"), ConsoleUnavailable)
            self.reactor.advance(1)
        self.assertEqual(self.reactor.datagrams, [])
        self.holder = "ours"
        self.reactor.advance(1)
        self.reactor.datagrams[-1].says(MARK + b"print\n\n")
        self.successResultOf(channel.send("a"))

    def test_another(self) -> None:
        """What is another's gets nothing, at the start and later; that is told once."""
        holders: tuple[Holder, ...] = ("others", "unknown")
        for holder in holders:
            self.holder, count = holder, self.log.count(b"\n")
            channel = self.begin("rcon-quake")
            self.reactor.advance(1)
            self.failsWith(channel.send("a"), ConsoleUnavailable)
            self.assertEqual(self.log.count(b"\n"), count + 1)
            channel.close()
        self.assertEqual(self.reactor.datagrams, [])
        self.holder = "ours"
        channel, console = self.logIn()
        self.holder = "others"
        self.failsWith(channel.send("a"), ConsoleUnavailable)
        self.assertTrue(console.isStopped)
        self.assertEqual(console.sent(), [])
        self.assertIn(b"Port 27015 is another program's", self.log)

    def test_closed(self) -> None:
        """A packet that was refused ends it until somebody has the port again."""
        for kind in ("rcon-quake", "rcon-battleye"):
            channel = self.begin(kind)
            console = self.reactor.datagrams[-1]
            # That is all that Twisted tells.
            console.protocol.doStop()
            self.failsWith(channel.send("a"), ConsoleUnavailable)
            self.reactor.advance(1)
            self.assertIsNot(self.reactor.datagrams[-1], console)

    def test_turns(self) -> None:
        """So many packets are taken in one turn, then others have theirs."""
        _, console = self.logIn()
        self.reactor.advance(0)
        for _ in range(64):
            self.assertFalse(console.isPaused)
            console.says(b"")
        self.assertEqual((console.isPaused, console.maxThroughput), (True, 0))
        self.reactor.advance(pauseSeconds)
        self.assertEqual((console.isPaused, console.maxThroughput), (False, 8192))

    def test_leftMeanwhile(self) -> None:
        """Nothing is sent any more once a packet was answered by a refusal."""
        self.begin("rcon-quake")
        console = self.reactor.datagrams[-1]
        console.isRefused = True
        self.reactor.advance(2)
        self.assertTrue(console.isStopped)
        self.assertEqual(len(console.sent()), 2)
        self.reactor.advance(2)
        self.assertEqual(console.sent(), [])
        self.assertEqual(len(self.reactor.datagrams), 2)

    def test_refused(self) -> None:
        """A wrong password is told once, whenever it turns out, and not tried again."""
        for words in (b"Bad rconpassword.\n", b"No rconpassword set on the server.\n"):
            refusals, lines = self.refusals, self.log.count(b"\n")
            channel = self.begin("rcon-quake")
            console = self.reactor.datagrams[-1]
            console.says(MARK + b"print\n" + words)
            self.assertEqual(self.refusals, refusals + 1)
            self.assertEqual(self.log.count(b"\n"), lines + 1)
            self.failsWith(channel.send("a"), ConsoleUnavailable)
            self.reactor.advance(600)
            self.assertEqual(self.reactor.datagrams[-1], console)

    def test_passwords(self) -> None:
        """A password that the game would take for something else is sent nowhere."""
        for password in ('x";quit', "a b", "a\\b", "a\nb"):
            self.begin("rcon-quake", password=password)
            self.reactor.advance(0)
            self.assertEqual(self.reactor.datagrams, [])
        self.assertEqual(self.refusals, 4)

    def test_silent(self) -> None:
        """A command without an answer does not hold up the next."""
        channel, console = self.logIn()
        self.successResultOf(channel.send('say x";quit'))
        second = channel.send("b")
        self.reactor.advance(1)
        self.successResultOf(second)
        sent = [MARK + b'rcon secret say x";quit', MARK + b"rcon secret b"]
        self.assertEqual(console.sent(), sent)
        self.assertEqual(self.log, b'> say x";quit\n> b\n')
        self.reactor.advance(1)
        console.says(MARK + b"print\nlate\n")
        self.assertEqual(self.log, b'> say x";quit\n> b\nlate\n')
        self.assertEqual(self.seen, b"")

    def test_long(self) -> None:
        """What does not fit into a packet is refused."""
        channel, _ = self.logIn()
        self.failsWith(channel.send("x" * 901), BadRequest)


class Counting(DatagramSession):
    """
    Counts what has come.

    @ivar turns: how much in each turn of the reactor.
    """

    def begin(self) -> None:
        """See L{DatagramSession}."""
        self.turns = [0]
        self.atTurn()

    def atTurn(self) -> None:
        """A turn begins."""
        self.turns.append(0)
        if sum(self.turns) < 100:
            reactor.callLater(0, self.atTurn)
        else:
            self.end()

    def received(self, datagram: bytes) -> None:
        """See L{DatagramSession}."""
        self.turns[-1] += 1


class TurnTests(TestCase):
    timeout = 4 * patience

    async def test_turns(self) -> None:
        """Of small packets that are all there already, few are taken in one turn."""
        with socket.socket(type=socket.SOCK_DGRAM) as console:
            console.bind(("127.0.0.1", 0))
            console.setblocking(False)
            ends: Any = SimpleNamespace(
                reactor=reactor,
                wiring=Wiring(port=console.getsockname()[1]),
                whose=lambda *asked: succeed("ours"),
            )
            session = Counting(ends, Listener())
            session.open()
            address = session.transport.getHost()
            for number in range(200):
                console.sendto(b"x" if number % 2 else b"", (address.host, address.port))
            while not session.isOver:
                await deferLater(reactor, 0.01)
            # Half of them are empty.
            self.assertLessEqual(max(session.turns), 32)
            self.assertEqual(sum(session.turns), 100)


def be(payload: bytes) -> bytes:
    """A packet as the documentation has it."""
    body = b"\xff" + payload
    return b"BE" + crc32(body).to_bytes(4, "little") + body


class BattlEyeTests(ChannelCase):
    def logIn(self) -> tuple[CommandChannel, Datagrams]:
        """A channel whose password was taken."""
        channel = self.begin("rcon-battleye")
        console = self.reactor.datagrams[-1]
        self.assertEqual(console.sent(), [be(b"\0secret")])
        console.says(be(b"\0\1"))
        return channel, console

    def test_bytes(self) -> None:
        """A packet is, byte for byte, what the check sum of the documentation makes it."""
        self.begin("rcon-battleye", password="")
        [login] = self.reactor.datagrams[-1].sent()
        self.assertEqual(login, b"BE" + unhexlify("bea7f2f1")[:0] + login[2:6] + b"\xff\0")
        self.assertEqual(int.from_bytes(login[2:6], "little"), crc32(b"\xff\0"))

    def test_answer(self) -> None:
        """A command and its answer are in the log once, also when that comes twice."""
        channel, console = self.logIn()
        self.successResultOf(channel.send("players"))
        self.assertEqual(console.sent(), [be(b"\1\0players")])
        console.says(be(b"\1\0Players on server:\n(0 players in total)"))
        console.says(be(b"\1\0Players on server:\n(0 players in total)"))
        self.assertEqual(self.log, b"> players\nPlayers on server:\n(0 players in total)\n")
        self.assertEqual(self.seen, b"")
        channel.send("b")
        self.assertEqual(console.sent(), [be(b"\1\1b")])

    def test_parts(self) -> None:
        """An answer of several packets is put together, in whichever order they come."""
        channel, console = self.logIn()
        channel.send("bans")
        console.says(be(b"\1\0\0\3\2three"))
        console.says(be(b"\1\0\0\3\0one "))
        console.says(be(b"\1\0\0\3\0one "))
        self.assertEqual(self.log, b"> bans\n")
        console.says(be(b"\1\0\0\3\1two "))
        self.assertEqual(self.log, b"> bans\none two three\n")

    def test_lost(self) -> None:
        """A command whose answer is lost is sent again under its number, never a new one."""
        channel, console = self.logIn()
        channel.send("a")
        for _ in range(3):
            self.reactor.advance(1)
        self.assertEqual(console.sent(), [be(b"\1\0a")] * 4)
        console.says(be(b"\1\0A"))
        self.reactor.advance(5)
        self.assertEqual((console.sent(), self.log), ([], b"> a\nA\n"))

    def test_gone(self) -> None:
        """A server that answers nothing for 10 s is logged into anew; nothing is sent twice."""
        channel, _ = self.logIn()
        channel.send("a")
        waiting = channel.send("b")
        for _ in range(11):
            self.reactor.advance(1)
        self.failureResultOf(waiting)
        self.assertIn(noneNote.encode(), self.log)
        console = self.reactor.datagrams[-1]
        self.assertEqual(console.sent(), [be(b"\0secret")])
        console.says(be(b"\0\1"))
        self.assertEqual(console.sent(), [])
        self.successResultOf(channel.send("c"))
        self.assertEqual(console.sent(), [be(b"\1\0c")])

    def test_messages(self) -> None:
        """What is said on the server is acknowledged each time and shown once, as the game's."""
        _, console = self.logIn()
        for number, text in ((0, b"Player #0 bob connected"), (0, b"Player #0 bob connected")):
            console.says(be(bytes((2, number)) + text))
        console.says(be(b"\2\1(Global) bob: hi"))
        self.assertEqual(console.sent(), [be(b"\2\0"), be(b"\2\0"), be(b"\2\1")])
        self.assertEqual(self.log, b"Player #0 bob connected\n(Global) bob: hi\n")
        self.assertEqual(self.seen, self.log)

    def test_alive(self) -> None:
        """An empty command is sent before the server takes us for gone; it is not shown."""
        channel, console = self.logIn()
        for _ in range(31):
            self.reactor.advance(1)
        self.assertIn(be(b"\1\0"), console.sent())
        console.says(be(b"\1\0"))
        self.successResultOf(channel.send("a"))
        self.assertEqual(self.log, b"> a\n")
        self.assertEqual(console.sent(), [be(b"\1\1a")])

    def test_refused(self) -> None:
        """A wrong password is told once, and not tried again."""
        channel = self.begin("rcon-battleye")
        self.reactor.datagrams[-1].says(be(b"\0\0"))
        self.assertEqual((self.refusals, self.log.count(b"\n")), (1, 1))
        self.failsWith(channel.send("a"), ConsoleUnavailable)
        self.reactor.advance(600)
        self.assertEqual(len(self.reactor.datagrams), 1)

    def test_junk(self) -> None:
        """What is no packet, or has another check sum, is ignored."""
        _, console = self.logIn()
        whole = be(b"\2\0text")
        for junk in (
            b"",
            b"BE",
            whole[:-1],
            b"XX" + whole[2:],
            whole[:2] + b"\0\0\0\0" + whole[6:],
        ):
            console.says(junk)
        console.says(be(b"\2"))
        self.assertEqual((self.log, console.sent()), (b"", []))
