"""Telnet and web RCON, against consoles written from what is known of them."""

import json
from typing import Any

from twisted.internet.defer import Deferred
from wsproto import ConnectionType, WSConnection
from wsproto.events import AcceptConnection, CloseConnection, Event, Ping, Request, TextMessage

from gamepanel.base.errors import ConsoleUnavailable, StdinFull
from gamepanel.console.lines import cleaned
from gamepanel.host.sockets import Holder
from gamepanel.servers.channels import telnet
from gamepanel.servers.channels.channel import CommandChannel, Ends
from gamepanel.servers.channels.remote import RemoteChannel
from gamepanel.servers.channels.session import Listener, Session, pauseSeconds
from tests.consoles import ChannelCase, Stream


class TelnetTests(ChannelCase):
    login = "^(?:Enter|Wrong) password"

    def logIn(self, **wiring: Any) -> tuple[CommandChannel, Stream]:
        """A channel whose password was taken, as by econ of Teeworlds."""
        channel = self.begin("telnet", login=self.login, ready="^Authentication", **wiring)
        console = self.accept()
        console.says(b"Enter password:\n\0\0", 4)
        self.assertEqual(console.sent(), b"secret\r\n")
        self.failsWith(channel.send("early"), ConsoleUnavailable)
        console.says(b"Authentication successful. External console access granted.\n\0\0")
        return channel, console

    def test_answer(self) -> None:
        """
        A command and its answer are in the log once; what the game prints itself is not doubled,
        and what comes when nothing was asked is left out.
        """
        channel, console = self.logIn()
        console.says(b"[server]: something else\n\0\0")
        self.successResultOf(channel.send("say hi"))
        self.assertEqual(console.sent(), b"say hi\r\n")
        # As Teeworlds 0.7.5 writes it here and there.
        self.ring.append(b"[2026-11-26 00:55:49][chat]: *** hi\n")
        console.says(b"[00:55:49][chat]: *** hi\r\n\0[00:55:49][econ]: 1 player\r\n\0")
        self.reactor.advance(0.2)
        printed = b"[2026-11-26 00:55:49][chat]: *** hi\n"
        self.assertEqual(self.log, b"> say hi\n" + printed + b"[00:55:49][econ]: 1 player\n")
        self.assertEqual(self.seen, printed)

    def test_silent(self) -> None:
        """A command without an answer does not hold up the next."""
        channel, console = self.logIn()
        self.successResultOf(channel.send("a"))
        second = channel.send("b")
        self.assertNoResult(second)
        self.reactor.advance(1)
        self.successResultOf(second)
        self.assertEqual(console.sent(), b"a\r\nb\r\n")

    def test_refused(self) -> None:
        """A console that asks for the password again has refused it."""
        channel = self.begin("telnet", login=self.login, ready="^Authentication")
        console = self.accept()
        console.says(b"Enter password:\n\0\0")
        console.says(b"Wrong password 1/3.\n\0\0")
        self.assertEqual((self.refusals, console.sent()), (1, b"secret\r\n"))
        self.failsWith(channel.send("a"), ConsoleUnavailable)
        self.reactor.advance(600)
        self.assertEqual(len(self.reactor.tcpClients), 1)

    def test_open(self) -> None:
        """Without a password and a sign commands are taken at once."""
        channel = self.begin("telnet", password="")
        console = self.accept()
        self.successResultOf(channel.send("a"))
        self.assertEqual(console.sent(), b"a\r\n")

    def test_noSign(self) -> None:
        """Where nothing says so, a password was taken if it is not asked for again."""
        channel = self.begin("telnet", login="assword:")
        console = self.accept()
        console.says(b"Password: ")
        self.failsWith(channel.send("a"), ConsoleUnavailable)
        self.reactor.advance(0.5)
        self.successResultOf(channel.send("a"))

    def test_negotiation(self) -> None:
        """Telnet's own requests are turned down, and are no text."""
        channel = self.begin("telnet", password="")
        console = self.accept()
        console.says(b"\xff\xfb\x01\xff\xfd\x1fWelcome\xff\xf9\n")
        self.assertEqual(console.sent(), b"\xff\xfe\x01\xff\xfc\x1f")
        channel.send("a")
        console.says(b"\xff\xfb\x03answer\r\n")
        self.reactor.advance(0.2)
        self.assertEqual(self.log, b"> a\nanswer\n")

    def test_negotiationInPieces(self) -> None:
        """They may come in pieces, and anywhere."""
        for size in (1, 2, 3, 5):
            channel = self.begin("telnet", password="")
            console = self.accept()
            channel.send("a")
            start = len(self.log)
            console.sent()
            console.says(
                b"\xff\xfb\x01o\xff\xffn\xff\xfd\xff\xff\xf9e" + b"x\xff\xfb\x01" * 900, size
            )
            self.reactor.advance(0.2)
            self.assertEqual(console.sent(), b"\xff\xfe\x01\xff\xfc\xff")
            self.assertEqual(self.log[start:], b"one" + b"x" * 900 + b"\n")
            channel.close()

    def test_negotiationOnce(self) -> None:
        """Each request is turned down once, however often it comes."""
        self.begin("telnet", password="")
        console = self.accept()
        for _ in range(100):
            console.says(b"\xff\xfb\x01\xff\xfd\x01" * 100)
        self.assertEqual(console.sent(), b"\xff\xfe\x01\xff\xfc\x01")

    def test_longHead(self) -> None:
        """However much comes before it, a console that asks for the password gets it."""
        for size in range(4080, 4100):
            self.begin("telnet", login=self.login, ready="^Authentication")
            console = self.accept()
            console.says(b"x" * size + b"\n" + b"welcome\n" * 1000 + b"Enter pass")
            self.assertEqual(console.sent(), b"")
            console.says(b"word:")
            self.assertEqual(console.sent(), b"secret\r\n")

    def test_dearHead(self) -> None:
        """Whatever comes before the login, little of it is looked at with each read."""
        looked: list[int] = []

        def counting(data: bytes, encoding: str) -> str:
            looked.append(len(data))
            return cleaned(data, encoding)

        self.patch(telnet, "cleaned", counting)
        for encoding, junk in (("utf-8", "\x9d".encode()), ("latin-1", b"\x9d"), ("utf-8", b"\n")):
            self.begin("telnet", login=self.login, ready="^Authentication", encoding=encoding)
            console = self.accept()
            looked.clear()
            console.says(junk * (65536 // len(junk)))
            for _ in range(100):
                console.says(junk)
            self.assertEqual(len(looked), 65536 // telnet.maxHeadBytes + 100)
            self.assertLessEqual(max(looked), 2 * telnet.maxHeadBytes, (encoding, junk))

    def test_costs(self) -> None:
        """Of a large answer only some lines are compared with what was printed."""
        channel, console = self.logIn()
        channel.send("a")
        self.ring.append(b"\n" * 512 * 1024)
        for _ in range(16):
            console.says(b"\n" * 65536)
        compared: list[bytes] = []
        untimed = telnet._untimed

        def counting(line: bytes) -> bytes:
            compared.append(line)
            return untimed(line)

        self.patch(telnet, "_untimed", counting)
        self.reactor.advance(0.2)
        self.assertEqual(len(compared), 2 * telnet.maxCompared)

    def test_flood(self) -> None:
        """A console that never stops has its answer ended after 10 s, and costs little."""
        channel, console = self.logIn()
        channel.send("a")
        for _ in range(100):
            console.says(b"x" * 100 + b"\n")
            self.reactor.advance(0.125)
        self.assertEqual(self.log[:4], b"> a\n")
        self.assertEqual(self.log.count(b"\n"), 81)

    def test_lost(self) -> None:
        """A connection that ends is told once, and made again."""
        channel, console = self.logIn()
        channel.send("a")
        self.ring.append(b"printed\n")
        console.says(b"printed\r\nanswer\r\n")
        console.closes()
        self.assertTrue(console.transport.isCut)
        self.failsWith(channel.send("a"), ConsoleUnavailable)
        self.reactor.advance(1)
        self.assertTrue(self.log.startswith(b"> a\nprinted\nanswer\n[gamepanel] The connection"))
        self.assertEqual(self.log.count(b"\n"), 4)
        self.assertEqual(len(self.reactor.tcpClients), 2)


class Broken(Session):
    """A connection on which no command can be given."""

    longest = 100

    def open(self) -> None:
        self.listener.opened()

    def command(self, line: bytes) -> Deferred[None]:
        raise RuntimeError("broken")

    def end(self) -> None: ...


class OwnerTests(ChannelCase):
    def test_another(self) -> None:
        """
        A program that is not the game's gets nothing, and nothing of it is read. That is told
        once; when the game has its port the console is reached.
        """
        kinds = {"rcon": {}, "rcon-web": {}, "telnet": {"password": ""}}
        for number, (kind, wiring) in enumerate(kinds.items(), 1):
            self.holder = "others"
            channel = self.begin(kind, **wiring)
            for delay in (1, 2):
                console = self.accept()
                self.assertEqual((console.sent(), console.transport.isCut), (b"", True))
                error = self.failsWith(channel.send("a"), ConsoleUnavailable)
                self.assertIn("Port 27015 is another program's", error.detail)
                self.reactor.advance(delay)
            self.assertEqual(self.log.count(b"\n"), number)
            self.holder = "ours"
            console = self.accept()
            self.assertFalse(console.transport.isCut)
            self.assertEqual(bool(console.sent()), kind != "telnet")

    def test_notYetKnown(self) -> None:
        """Nothing is read until it is known; when that takes too long it is tried again."""
        self.later = later = Deferred[Holder]()
        self.begin("telnet", password="")
        console = self.accept()
        self.assertEqual(console.transport.producerState, "paused")
        self.reactor.advance(10)
        self.assertTrue(console.transport.disconnecting)
        later.callback("ours")
        self.assertEqual(self.log, b"")

    def test_broken(self) -> None:
        """A command that can't be given is answered, and so is the next."""
        sessions: list[Broken] = []

        def make(ends: Ends, listener: Listener) -> Broken:
            sessions.append(Broken(ends, listener))
            return sessions[-1]

        channel = RemoteChannel(self.ends(), make)
        self.addCleanup(channel.close)
        channel.begin()
        for number in range(1, 3):
            self.failsWith(channel.send("a"), ConsoleUnavailable)
            self.failsWith(channel.send("b"), ConsoleUnavailable)
            self.assertEqual(len(self.flushLoggedErrors(RuntimeError)), 1)
            self.reactor.advance(number)
            self.assertEqual(len(sessions), number + 1)


class WebTests(ChannelCase):
    def connect(self, **wiring: Any) -> tuple[CommandChannel, Stream]:
        """A channel whose WebSocket was accepted."""
        channel = self.begin("rcon-web", **wiring)
        stream = self.accept()
        self.socket = WSConnection(ConnectionType.SERVER)
        [request] = self.events(stream)
        assert isinstance(request, Request)
        self.target = request.target
        stream.says(self.socket.send(AcceptConnection()), 7)
        return channel, stream

    def logIn(self) -> tuple[CommandChannel, Stream]:
        """The same, when it has lasted."""
        channel, stream = self.connect()
        self.reactor.advance(1)
        return channel, stream

    def events(self, stream: Stream) -> list[Event]:
        """What has come."""
        self.socket.receive_data(stream.sent())
        return list(self.socket.events())

    def says(self, stream: Stream, id: object, text: object, size: int = 0) -> None:
        """Send a message."""
        message = {"Identifier": id, "Message": text, "Type": "Generic", "Stacktrace": ""}
        stream.says(self.socket.send(TextMessage(data=json.dumps(message))), size)

    def asked(self, stream: Stream) -> tuple[int, str]:
        """The command that has come."""
        [event] = self.events(stream)
        assert isinstance(event, TextMessage)
        found = json.loads(event.data)
        return found["Identifier"], found["Message"]

    def test_turns(self) -> None:
        """Of what has come at once so much is taken in one turn, and nothing is read until then."""
        _, stream = self.logIn()
        messages = [
            self.socket.send(TextMessage(data=json.dumps({"Message": str(n), "Identifier": 0})))
            for n in range(150)
        ]
        stream.says(b"".join(messages))
        self.assertEqual(self.log.count(b"\n"), 64)
        self.assertEqual(stream.transport.producerState, "paused")
        self.reactor.pump([pauseSeconds] * 2)
        self.assertEqual(self.log, b"".join(b"%d\n" % n for n in range(150)))
        self.assertEqual(stream.transport.producerState, "producing")

    def test_large(self) -> None:
        """A message of more than 256 KiB ends the connection."""
        _, stream = self.logIn()
        self.says(stream, 0, "x" * 200 * 1024, 65536)
        self.assertIn(b"x" * 200 * 1024, self.log)
        self.says(stream, 0, "x" * 300 * 1024, 65536)
        self.assertTrue(stream.transport.isCut)

    def test_pings(self) -> None:
        """
        While more than 64 KiB of answers wait for a console to read them it is not read; when it
        does not begin to, it is left.
        """
        for reads in (True, False):
            _, stream = self.logIn()
            stream.sent()
            stream.transport.reads = False
            pings = self.socket.send(Ping(payload=b"x" * 100)) * 200
            for _ in range(100):
                while stream.transport.producerState == "producing":
                    stream.says(pings)
                self.reactor.advance(pauseSeconds)
            self.assertLess(len(stream.transport.value()), 72 * 1024)
            if reads:
                stream.protocol.resumeProducing()
                self.reactor.pump([pauseSeconds] * 10)
                self.assertEqual(stream.transport.producerState, "producing")
            self.reactor.advance(1)
            self.assertEqual(stream.transport.isCut, not reads)

    def test_answer(self) -> None:
        """A command and its answer are in the log once, whoever else's answers come."""
        channel, stream = self.logIn()
        self.successResultOf(channel.send('say x";quit'))
        id, text = self.asked(stream)
        self.assertEqual(text, 'say x";quit')
        self.says(stream, id + 1, "not this")
        self.says(stream, id, "line one\nline two", 5)
        self.says(stream, id, "again")
        self.assertEqual(self.log, b'> say x";quit\nline one\nline two\n')
        self.assertEqual(self.seen, b"")

    def test_unasked(self) -> None:
        """What nobody has asked for is shown once, as lines of the game."""
        _, stream = self.logIn()
        self.says(stream, 0, "bob joined")
        self.says(stream, -1, "bob: hi")
        self.assertEqual(self.log, b"bob joined\nbob: hi\n")
        self.assertEqual(self.seen, self.log)

    def test_password(self) -> None:
        """The password is one part of the address, whatever is in it."""
        self.connect(password='a/b?c#d %";quit')
        self.assertEqual(self.target, "/a%2Fb%3Fc%23d%20%25%22%3Bquit")

    def test_refused(self) -> None:
        """A connection that is closed at once has refused the password."""
        channel, stream = self.connect()
        self.failsWith(channel.send("a"), ConsoleUnavailable)
        stream.says(self.socket.send(CloseConnection(code=1000)))
        self.assertEqual((self.refusals, self.log.count(b"\n")), (1, 1))
        self.reactor.advance(600)
        self.assertEqual(len(self.reactor.tcpClients), 1)

    def test_cutOff(self) -> None:
        """So has one that is cut off at once; one that has lasted is made again."""
        _, stream = self.connect()
        stream.closes()
        self.assertEqual(self.refusals, 1)
        _, stream = self.logIn()
        stream.closes()
        self.assertEqual(self.refusals, 1)
        self.reactor.advance(1)
        self.assertEqual(len(self.reactor.tcpClients), 3)

    def test_forbidden(self) -> None:
        """So has an answer by HTTP that says so; any other is no console."""
        for status, count in ((401, 1), (404, 1)):
            self.begin("rcon-web")
            stream = self.accept()
            stream.says(b"HTTP/1.1 %d X\r\nContent-Length: 0\r\n\r\n" % status)
            self.assertEqual(self.refusals, count)

    def test_oddHeaders(self) -> None:
        """A handshake with a header that is not ASCII ends the connection."""
        for name in (b"Sec-WebSocket-Protocol", b"Sec-WebSocket-Extensions"):
            self.begin("rcon-web")
            stream = self.accept()
            self.socket = WSConnection(ConnectionType.SERVER)
            self.events(stream)
            good = self.socket.send(AcceptConnection())
            stream.says(good.replace(b"\r\n\r\n", b"\r\n" + name + b": \xff\r\n\r\n"))
            self.assertTrue(stream.transport.isCut)

    def test_junk(self) -> None:
        """What is no message is ignored; what is no WebSocket ends the connection."""
        _, stream = self.logIn()
        for text in ("", "[", "[]", "{}", '{"Message": 1}', "[" * 100_000):
            stream.says(self.socket.send(TextMessage(data=text)))
        self.assertEqual(self.log, b"")
        stream.says(self.socket.send(Ping(payload=b"x")))
        self.assertTrue(stream.sent())
        stream.says(b"\xff" * 20)
        self.assertTrue(stream.transport.isCut)

    def test_doesNotRead(self) -> None:
        """A peer that does not read gets no more."""
        channel, stream = self.logIn()
        stream.transport.reads = False
        sent = channel.send("a")
        self.reactor.advance(1)
        self.failsWith(sent, StdinFull)
