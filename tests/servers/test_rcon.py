"""Source RCON, against a console written from its documentation."""

import os
import struct
import sys
from functools import partial
from pathlib import Path

from twisted.trial.unittest import SynchronousTestCase

from gamepanel.base.errors import BadRequest, ConsoleUnavailable, StdinFull
from gamepanel.servers.channels.answer import cutNote, noneNote
from gamepanel.servers.channels.channel import CommandChannel
from tests.consoles import ChannelCase, Stream
from tests.support import Client, Daemon, Refused, freePort


def packet(id: int, type: int, body: bytes) -> bytes:
    """A packet as the documentation has it."""
    content = struct.pack("<ii", id, type) + body + b"\0\0"
    return struct.pack("<i", len(content)) + content


class RconTests(ChannelCase):
    def logIn(self, **wiring: str) -> tuple[CommandChannel, Stream]:
        """A channel whose password was taken."""
        channel = self.begin("rcon", **wiring)
        console = self.accept()
        [login] = self.packets(console)
        self.assertEqual(login[1:], (3, b"secret"))
        console.says(packet(login[0], 0, b"") + packet(login[0], 2, b""), 3)
        return channel, console

    def packets(self, console: Stream) -> list[tuple[int, int, bytes]]:
        """The packets that have come."""
        data, found = console.sent(), []
        while data:
            size, id, type = struct.unpack_from("<iii", data)
            found.append((id, type, data[12 : 4 + size].removesuffix(b"\0\0")))
            data = data[4 + size :]
        return found

    def test_bytes(self) -> None:
        """What is sent is, byte for byte, as the documentation has it."""
        channel = self.begin("rcon", password="passwrd")
        console = self.accept()
        self.assertEqual(
            console.sent(),
            b"\x11\0\0\0" + b"\0\x10\0\0" + b"\x03\0\0\0" + b"passwrd\0\0",
        )
        console.says(b"\x0a\0\0\0\0\x10\0\0\x02\0\0\0\0\0")
        channel.send("echo")
        self.assertEqual(
            console.sent(), b"\x0e\0\0\0" + b"\x02\x10\0\0" + b"\x02\0\0\0" + b"echo\0\0"
        )

    def test_answer(self) -> None:
        """
        A command and its answer are in the log once; no pattern sees them. The empty packet goes
        out only after the first packet of the answer.
        """
        channel, console = self.logIn()
        self.assertIsNone(self.successResultOf(channel.send("status")))
        [(id, type, body)] = self.packets(console)
        self.assertEqual((type, body), (2, b"status"))
        console.says(packet(id, 0, b"host\nbob joi"))
        [(mark, type, body)] = self.packets(console)
        self.assertEqual((type, body), (0, b""))
        console.says(packet(id, 0, b"ned the game\r\n") + packet(mark, 0, b""))
        # Source adds this.
        console.says(packet(mark, 0, b"\0\1\0\0"))
        self.assertEqual(self.log, b"> status\nhost\nbob joined the game\n")
        self.assertEqual(self.seen, b"")

    def test_order(self) -> None:
        """A command is sent when the one before it was answered, each to its own answer."""
        channel, console = self.logIn()
        first, second = channel.send("a"), channel.send("b")
        self.successResultOf(first)
        self.assertNoResult(second)
        [(id, _, body)] = self.packets(console)
        self.assertEqual(body, b"a")
        console.says(packet(id, 0, b"A"))
        [(mark, _, _)] = self.packets(console)
        console.says(packet(mark, 0, b"Unknown request 0"))
        self.successResultOf(second)
        [(id, _, body)] = self.packets(console)
        # Late packets of the first are not the answer to the second.
        console.says(packet(mark, 0, b"late") + packet(mark - 1, 0, b"late"))
        console.says(packet(id, 0, b"B"))
        [(mark, _, _)] = self.packets(console)
        console.says(packet(mark, 0, b""))
        self.assertEqual(self.log, b"> a\nA\n> b\nB\n")

    def test_single(self) -> None:
        """Where an answer is one packet no empty one is sent."""
        channel, console = self.logIn(rconEnd="single")
        channel.send("a")
        [(id, _, _)] = self.packets(console)
        console.says(packet(id, 0, b"A"))
        self.assertEqual((self.log, console.sent()), (b"> a\nA\n", b""))

    def test_idle(self) -> None:
        """Where it ends when nothing more comes, that is waited for."""
        channel, console = self.logIn(rconEnd="idle")
        channel.send("a")
        [(id, _, _)] = self.packets(console)
        for _ in range(5):
            console.says(packet(id, 0, b"A"))
            self.reactor.advance(0.15)
        self.assertEqual(self.log, b"> a\n")
        self.reactor.advance(0.06)
        self.assertEqual((self.log, console.sent()), (b"> a\nAAAAA\n", b""))

    def test_timers(self) -> None:
        """However many packets an answer has, its end is waited for by one timer."""
        channel, console = self.logIn(rconEnd="idle")
        channel.send("a")
        [(id, _, _)] = self.packets(console)
        made = self.reactor.timers
        console.says(packet(id, 0, b"A") * 60)
        self.assertEqual(self.reactor.timers, made + 1)
        self.reactor.advance(0.2)
        self.assertEqual(self.log, b"> a\n" + b"A" * 60 + b"\n")

    def test_noEcho(self) -> None:
        """A console that does not answer the empty packet is not asked for it again."""
        channel, console = self.logIn()
        channel.send("a")
        [(id, _, _)] = self.packets(console)
        console.says(packet(id, 0, b"A"))
        self.packets(console)
        self.reactor.advance(2)
        self.assertEqual(self.log, b"> a\nA\n")
        channel.send("b")
        [(id, _, _)] = self.packets(console)
        console.says(packet(id, 0, b"B"))
        self.reactor.advance(0.2)
        self.assertEqual((self.log, console.sent()), (b"> a\nA\n> b\nB\n", b""))

    def test_ownIds(self) -> None:
        """An answer whose id the console has made up is one all the same."""
        channel, console = self.logIn(rconEnd="idle")
        channel.send("a")
        console.says(packet(0, 0, b"A"))
        self.reactor.advance(0.2)
        self.assertEqual(self.log, b"> a\nA\n")

    def test_refused(self) -> None:
        """A wrong password is told once, and not tried again; commands say why."""
        channel = self.begin("rcon")
        console = self.accept()
        console.says(packet(4096, 0, b"") + packet(-1, 2, b""))
        self.assertIn(b"has refused its password", self.log)
        self.assertEqual((self.refusals, self.log.count(b"\n")), (1, 1))
        self.reactor.advance(3600)
        channel.begin()
        self.assertEqual(len(self.reactor.tcpClients), 1)
        error = self.failsWith(channel.send("a"), ConsoleUnavailable)
        self.assertIn("refused its password", error.detail)

    def test_again(self) -> None:
        """Who can't be reached is tried again after 1 s, doubling to 30 s."""
        channel = self.begin("rcon")
        tried = []
        for _ in range(8):
            self.failsWith(channel.send("a"), ConsoleUnavailable)
            self.refuse()
            before, count = self.reactor.seconds(), len(self.reactor.tcpClients)
            while len(self.reactor.tcpClients) == count:
                self.reactor.advance(0.5)
            tried.append(self.reactor.seconds() - before)
        self.assertEqual(tried, [1, 2, 4, 8, 16, 30, 30, 30])
        self.assertEqual(self.log, b"")

    def test_lost(self) -> None:
        """
        What has come of an answer when the connection ends is shown, the loss is told, and the
        commands that wait are refused; none is sent on the next connection.
        """
        channel, console = self.logIn()
        channel.send("a")
        waiting = channel.send("b")
        [(id, _, _)] = self.packets(console)
        console.says(packet(id, 0, b"half"))
        console.closes()
        self.failureResultOf(waiting)
        self.assertEqual(self.log, b"> a\nhalf\n")
        self.failsWith(channel.send("c"), ConsoleUnavailable)
        self.reactor.advance(1)
        self.assertTrue(self.log.startswith(b"> a\nhalf\n[gamepanel] The connection"), self.log)
        self.assertEqual(self.log.count(b"\n"), 3)
        console = self.accept()
        [login] = self.packets(console)
        console.says(packet(login[0], 2, b""))
        self.assertEqual(console.sent(), b"")
        self.successResultOf(channel.send("d"))

    def test_silent(self) -> None:
        """A console that takes a connection and says nothing is left after 10 s."""
        channel = self.begin("rcon")
        console = self.accept()
        self.reactor.advance(10)
        self.assertTrue(console.transport.disconnecting)
        self.failsWith(channel.send("a"), ConsoleUnavailable)
        self.reactor.advance(1)
        self.assertEqual(len(self.reactor.tcpClients), 2)

    def test_noAnswer(self) -> None:
        """A command that is not answered in 10 s is given up; those behind it waited too long."""
        channel, console = self.logIn()
        channel.send("a")
        second, third = channel.send("b"), channel.send("c")
        self.reactor.advance(10)
        self.successResultOf(second)
        self.failsWith(third, StdinFull)
        self.assertEqual(self.log, f"> a\n[gamepanel] {noneNote}\n> b\n".encode())
        self.assertEqual([body for _, _, body in self.packets(console)], [b"a", b"b"])

    def test_bounded(self) -> None:
        """So many commands wait, and no more."""
        channel, _ = self.logIn()
        waiting = [channel.send("a") for _ in range(33)]
        self.failsWith(channel.send("b"), StdinFull)
        self.assertNoResult(waiting[-1])
        channel.close()
        for sent in waiting[1:]:
            self.failsWith(sent, ConsoleUnavailable)

    def test_doesNotRead(self) -> None:
        """A peer that does not read gets no more; what it has not got it never gets whole."""
        channel, console = self.logIn()
        console.transport.reads = False
        sent = channel.send("a")
        self.reactor.advance(1)
        self.failsWith(sent, StdinFull)
        self.assertTrue(console.transport.isCut)
        self.assertNotIn(b"> a", self.log)

    def test_flood(self) -> None:
        """Of an answer 1 MiB is kept; what is no packet ends the connection."""
        channel, console = self.logIn(rconEnd="idle")
        channel.send("a")
        [(id, _, _)] = self.packets(console)
        for _ in range(300):
            console.says(packet(id, 0, b"x" * 4000))
        self.reactor.advance(0.2)
        self.assertIn(cutNote.encode(), self.log)
        self.assertLess(len(self.log), 1024 * 1024 + 200)
        junk = (b"HTTP/1.1 400 Bad Request\r\n\r\n", b"\xff\xff\xff\xff", b"\0\0\0\0")
        for each, delay in zip(junk, (1, 2, 4), strict=True):
            console.says(each)
            self.assertTrue(console.transport.isCut, each)
            self.reactor.advance(delay)
            console = self.accept()

    def test_lines(self) -> None:
        """A line is sent as it is, in the game's encoding; what can't be one is refused."""
        channel, console = self.logIn(encoding="cp1251")
        channel.send('say x";quit Привет')
        [(_, _, body)] = self.packets(console)
        self.assertEqual(body, 'say x";quit Привет'.encode("cp1251"))
        for line in ("日本", "a\nb", "a\rb", "a\0b", "x" * 5000):
            self.failsWith(channel.send(line), BadRequest)

    def test_ended(self) -> None:
        """When the game has ended nothing is tried any more, and nothing told."""
        channel, console = self.logIn()
        channel.send("a")
        channel.close()
        self.assertTrue(console.transport.disconnecting)
        console.closes()
        self.assertEqual(self.log, b"> a\n")
        self.assertEqual(self.reactor.getDelayedCalls(), [])
        self.failsWith(channel.send("b"), ConsoleUnavailable)

    def test_where(self) -> None:
        """Only addresses of this host are looked at."""
        channel = self.begin("rcon", host="192.0.2.1")
        error = self.failsWith(channel.send("a"), ConsoleUnavailable)
        self.assertIn("192.0.2.1 is no address of this host", error.detail)
        self.assertEqual(self.reactor.tcpClients, [])


game = """
import socket, struct, sys
listener = socket.create_server(("127.0.0.1", int(sys.argv[1])))
print("READY", flush=True)
def whole(peer, size):
    data = b""
    while len(data) < size:
        part = peer.recv(size - len(data))
        if not part:
            raise EOFError
        data += part
    return data
while True:
    peer, _ = listener.accept()
    try:
        while True:
            (size,) = struct.unpack("<i", whole(peer, 4))
            id, type = struct.unpack("<ii", whole(peer, 8))
            body = whole(peer, size - 8)[:-2]
            if type == 2:
                with open("done", "ab") as file:
                    file.write(body + b"\\n")
            answer = b"did " + body if type == 2 else b""
            reply = 2 if type == 3 else 0
            content = struct.pack("<ii", id, reply) + answer + b"\\0\\0"
            peer.sendall(struct.pack("<i", len(content)) + content)
    except (EOFError, OSError):
        peer.close()
"""

realType = """
title = "Has a remote console"
[[options]]
name = "port"
type = "port"
protocol = "tcp"
required = true
[run]
command = ["{python}", "-c", '''{game}''', "{port}"]
ready = '^READY$'
[console]
kind = "rcon"
port = "{port}"
password = "x"
"""


def isTaken(client: Client, line: str) -> bool:
    """Whether a command is taken; it is not while the console is not there."""
    try:
        client("server_cmd", server="a", command=line)
    except Refused as error:
        if error.code != "console_unavailable":
            raise
        return False
    return True


class KilledTests(SynchronousTestCase):
    def test_killed(self) -> None:
        """
        Over kills of the daemon, a command that was taken reaches the game once and is in the log
        once, with its answer; one that was refused reaches nobody.
        """
        daemon = Daemon()
        self.addCleanup(daemon.cleanUp)
        os.makedirs(os.path.join(daemon.state, "types"))
        text = realType.replace("{python}", sys.executable).replace("{game}", game)
        Path(daemon.state, "types", "remote.toml").write_text(text)
        client = daemon.start()
        client("server_create", type="remote", server="a", options={"port": freePort()})
        client("server_start", server="a")
        client.until("a", "running")
        taken: list[str] = []
        for number in range(3):
            line = f"first {number}"
            client.wait(partial(isTaken, client, line), "its console")
            taken.append(line)
            for line in (f"second {number}", f"third {number}"):
                client("server_cmd", server="a", command=line)
                taken.append(line)
            client.untilLog("a", f"did third {number}\n")
            if number < 2:
                daemon.kill()
                client = daemon.start()
        log = client("server_log", server="a")["data"].split("\n")
        self.assertEqual([line[2:] for line in log if line.startswith("> ")], taken)
        self.assertEqual([line[4:] for line in log if line.startswith("did ")], taken)
        done = Path(daemon.state, "servers", "a", "files", "done").read_text()
        self.assertEqual(done.splitlines(), taken)
