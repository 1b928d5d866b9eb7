"""
What somebody elsewhere may send, in a real daemon: what it may take up, and what comes of it.
"""

import contextlib
import ctypes
import itertools
import json
import os
import shlex
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from http.client import HTTPConnection, HTTPSConnection
from pathlib import Path
from typing import Any, BinaryIO, Final
from unittest import SkipTest

import psutil
import trustme
from twisted.trial.unittest import SynchronousTestCase

from gamepanel.operations.actor import keep, trimEach
from gamepanel.web.api.stream import eventBytes
from gamepanel.web.http.transport import budget
from tests.support import Client, Daemon, freePort, need, needIPv6, needRoot, patience

newNetwork: Final = 0x40000000
"""C{CLONE_NEWNET}, which Python has names for since 3.12."""

proxy: Final = "203.0.113.200"
"""The address of a reverse proxy."""

freeBind: Final = 78
"""C{IPV6_FREEBIND}, which Python has no name for."""

MiB: Final = 1024 * 1024


def enterNetwork(test: SynchronousTestCase) -> None:
    """
    Be in a network of our own until a test is over, in which we have every address of
    198.51.100.0/24, 203.0.113.0/24 and 2001:db8::/32: connections from there are none of our own
    host's to a daemon.

    @raise SkipTest: when that can't be had here.
    """
    needRoot("make a network of its own")
    ip = need("ip")
    libc = ctypes.CDLL(None, use_errno=True)
    before = os.open("/proc/thread-self/ns/net", os.O_RDONLY | os.O_CLOEXEC)
    test.addCleanup(os.close, before)
    if libc.unshare(newNetwork):
        raise SkipTest("no network can be made in this container")
    test.addCleanup(libc.setns, before, newNetwork)
    for command in (
        "link set lo up",
        "route add local 198.51.100.0/24 dev lo",
        "route add local 203.0.113.0/24 dev lo",
        "-6 route add local 2001:db8::/32 dev lo",
    ):
        subprocess.run([ip, *command.split()], check=True)


class NetworkTests(SynchronousTestCase):
    """Connections from many addresses."""

    def setUp(self) -> None:
        needIPv6()
        enterNetwork(self)
        self.port6 = freePort()
        self.daemon = Daemon(
            (
                *("--allow-generic", "--trusted-proxy", proxy),
                *("--listen", f"tcp6:{self.port6}:interface=\\:\\:1"),
            )
        )
        self.addCleanup(self.daemon.cleanUp)
        self.client = self.daemon.start()

    def connect(self, source: str) -> socket.socket:
        """A connection from an address."""
        there = ("::1", self.port6) if ":" in source else ("127.0.0.1", self.daemon.port)
        wire = socket.socket(socket.AF_INET6 if ":" in source else socket.AF_INET)
        self.addCleanup(wire.close)
        wire.settimeout(patience)
        if ":" in source:
            wire.setsockopt(socket.IPPROTO_IPV6, freeBind, 1)
        wire.bind((source, 0))
        # One too many may be closed even before we know that it was open.
        with contextlib.suppress(ConnectionResetError):
            wire.connect(there)
        return wire

    def isOver(self, wire: socket.socket) -> bool:
        """Whether the daemon has closed a connection on which it has said nothing."""
        wire.setblocking(False)
        try:
            return wire.recv(1) == b""
        except BlockingIOError:
            return False
        except OSError:
            return True

    def over(self, wires: Iterable[socket.socket]) -> list[int]:
        """Which of some connections the daemon has closed; it has seen all of them."""
        # What comes later is taken later, of each port.
        for own in ("127.0.0.1", "::1"):
            wire = self.connect(own)
            self.assertEqual(self.ask(wire), b"HTTP/1.1 200")
            wire.close()
        return [number for number, wire in enumerate(wires) if self.isOver(wire)]

    def ask(self, wire: socket.socket) -> bytes:
        """What comes first of the answer to a request."""
        wire.sendall(self.request(wire))
        wire.settimeout(patience)
        return wire.recv(12)

    def test_networks(self) -> None:
        """A /64 of IPv6 has as many connections as one of IPv4, a /56 twice, a /48 four times."""
        for sources, most in (
            ([f"198.51.100.{number}" for number in [1] * 40], 32),
            ([f"2001:db8::{number:x}" for number in range(1, 41)], 32),
            ([f"2001:db8:1:{subnet:x}::1" for subnet in range(80)], 64),
            ([f"2001:db8:2:{subnet:x}::1" for subnet in range(0, 160 * 256, 256)], 128),
        ):
            wires = [self.connect(source) for source in sources]
            self.assertEqual(self.over(wires), list(range(most, len(sources))), sources[0])

    def test_greediest(self) -> None:
        """When all places are taken, the idlest connection of the greediest goes for a new one."""
        single = [f"198.51.100.{number}" for number in range(1, 225)]
        greedy = [f"203.0.113.{number}" for number in range(1, 9) for _ in range(32)]
        wires = [self.connect(source) for source in (*single, *greedy)]
        self.assertEqual(self.over(wires), [])
        # The oldest of the greedy has something to do again.
        wires[len(single)].sendall(b"GET /config HTTP/1.1\r\n")
        self.client("whoami")
        self.assertEqual(self.ask(self.connect("2001:db8:3::1")), b"HTTP/1.1 200")
        self.assertEqual(self.ask(self.connect("198.51.100.250")), b"HTTP/1.1 200")
        over = self.over(wires)
        self.assertEqual(len(over), 2)
        self.assertEqual(over[0], len(single) + 1)
        self.assertGreater(over[1], len(single))

    def test_kept(self) -> None:
        """However many come from elsewhere, our own host and trusted proxies find a place."""
        others = [f"198.51.100.{number}" for number in range(1, 16) for _ in range(32)]
        wires = [self.connect(source) for source in others]
        self.assertEqual(self.over(wires), [])
        more = [f"203.0.113.{number}" for number in range(1, 11)]
        wires += [self.connect(source) for source in more]
        # Not one more in all: each of these has the place of one that came before.
        self.assertEqual(len(self.over(wires)), len(more))
        # A place is left for each of ours that has none yet. What looks at them is one more.
        ours = [self.connect(source) for source in ("127.0.0.1", proxy)]
        self.assertEqual({self.ask(wire) for wire in ours}, {b"HTTP/1.1 200"})
        self.assertLessEqual(len(self.over(wires)), len(more) + 2)
        # For all further ones others lose theirs; and no limit of an address holds for a proxy.
        further = [self.connect(proxy) for _ in range(40)]
        self.assertEqual({self.ask(wire) for wire in further}, {b"HTTP/1.1 200"})
        self.assertGreaterEqual(len(self.over(wires)), len(more) + 38)

    def test_loopback(self) -> None:
        """However many addresses of loopback a program takes, it locks nobody out."""
        half = b"GET /healthz HTTP/1.1\r\nHost: localhost:%d\r\nX" % self.daemon.port
        for number in range(600):
            wire = self.connect(f"127.8.{number // 200}.{number % 200 + 1}")
            with contextlib.suppress(OSError):
                wire.sendall(half)
        for source in ("127.0.0.1", "::1", "198.51.100.1", proxy):
            self.assertEqual(self.ask(self.connect(source)), b"HTTP/1.1 200", source)

    def test_requests(self) -> None:
        """Who asks too often is told to wait, a /64 of IPv6 as an address; others do not notice."""
        for sources, other in (
            (("198.51.100.1", "198.51.100.1"), "198.51.100.2"),
            (("2001:db8::1", "2001:db8::2"), "2001:db8:0:1::1"),
        ):
            found = Counter[bytes]()
            wires = [self.connect(source) for source in sources]
            streams = [wire.makefile("rb") for wire in wires]
            # Some come back meanwhile, the more the slower this host is.
            while not found[b"429"] and found[b"200"] < 20_000:
                for wire, stream in zip(wires, streams, strict=True):
                    wire.sendall(self.request(wire) * 100)
                    found.update(self.answered(stream) for _ in range(100))
            for stream in streams:
                stream.close()
            self.assertEqual(set(found), {b"200", b"429"})
            self.assertGreaterEqual(found[b"200"], 2000)
            self.assertEqual(self.ask(self.connect(other)), b"HTTP/1.1 200")

    def request(self, wire: socket.socket) -> bytes:
        """A request."""
        return b"GET /healthz HTTP/1.1\r\nHost: localhost:%d\r\n\r\n" % wire.getpeername()[1]

    def answered(self, stream: BinaryIO) -> bytes:
        """The status of the next answer."""
        status = stream.readline().split()[1]
        size = 0
        while (line := stream.readline()) != b"\r\n":
            name, _, value = line.partition(b":")
            if name == b"Content-Length":
                size = int(value)
        stream.read(size)
        return status

    def test_bytes(self) -> None:
        """An address pays for the bytes of its bodies; others do not notice."""
        body = json.dumps({"server": "a", "type": "shell", "x": "x" * 60_000})
        statuses = {}
        for source in ("198.51.100.1", "198.51.100.2"):
            wire = HTTPConnection(
                "127.0.0.1", self.daemon.port, timeout=patience, source_address=(source, 0)
            )
            headers = {
                "Content-Type": "application/json",
                "Authorization": f"Bearer {self.client.token}",
            }
            statuses[source] = Counter[int]()
            isGreedy = source == "198.51.100.1"
            # What it may send grows meanwhile, the more the slower this host is.
            while not statuses[source][429 if isGreedy else 400] and statuses[source][400] < 2000:
                wire.request("POST", "/server_create", body, headers)
                answer = wire.getresponse()
                answer.read()
                statuses[source][answer.status] += 1
            wire.close()
        # 8 MiB at once, and a little more while this takes its time.
        self.assertEqual(set(statuses["198.51.100.1"]), {400, 429})
        self.assertGreaterEqual(statuses["198.51.100.1"][400], 8 * MiB // len(body))
        self.assertEqual(statuses["198.51.100.2"], {400: 1})


class HstsTests(SynchronousTestCase):
    def answered(self, *options: str) -> list[str | None]:
        """What two ports, one without TLS and one with it, tell browsers to stay with."""
        authority = trustme.CA()
        path = Path(self.mktemp()).absolute()
        authority.issue_cert("localhost").private_key_and_cert_chain_pem.write_to_path(path)
        port = freePort()
        daemon = Daemon(("--listen", f"ssl:{port}:interface=127.0.0.1:privateKey={path}", *options))
        self.addCleanup(daemon.cleanUp)
        daemon.start(login=False)
        trust = ssl.create_default_context()
        authority.configure_trust(trust)
        found = []
        for wire in (
            HTTPConnection("localhost", daemon.port, timeout=patience),
            HTTPSConnection("localhost", port, timeout=patience, context=trust),
        ):
            wire.request("GET", "/config")
            answer = wire.getresponse()
            self.assertEqual(answer.status, 200)
            found.append(answer.getheader("Strict-Transport-Security"))
            wire.close()
        return found

    def test_asked(self) -> None:
        """Only with --hsts, and only over TLS, browsers are told to stay with TLS."""
        self.assertEqual(self.answered("--hsts", "600"), [None, "max-age=600"])

    def test_off(self) -> None:
        """By itself the daemon tells them nothing: it would hold for all ports of a host name."""
        self.assertEqual(self.answered(), [None, None])


def logEvents(stream: bytes) -> list[dict[str, Any]]:
    """The events of a log in a stream, which came in chunks."""
    _, _, rest = stream.partition(b"\r\n\r\n")
    text = b""
    while rest:
        size, _, rest = rest.partition(b"\r\n")
        text, rest = text + rest[: int(size, 16)], rest[int(size, 16) + 2 :]
    return [
        json.loads(block.partition(b"\ndata: ")[2])
        for block in text.split(b"\n\n")
        if block.startswith(b"event: log\n")
    ]


class FloodTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.daemon = Daemon()
        self.addCleanup(self.daemon.cleanUp)
        self.client = self.daemon.start()

    def run_(self, script: str) -> None:
        """Make a server that runs a script, and start it."""
        self.client("server_create", type="shell", server="a", options={"script": script})
        self.client("server_start", server="a")
        self.client.until("a", "running")

    def request(self, method: str, path: str, body: bytes = b"") -> bytes:
        """A request as it goes over the wire."""
        lines = (
            f"{method} /{path} HTTP/1.1",
            f"Host: localhost:{self.daemon.port}",
            f"Authorization: Bearer {self.client.token}",
            "Content-Type: application/json",
            f"Content-Length: {len(body)}",
        )
        return "\r\n".join((*lines, "", "")).encode() + body

    def test_audit(self) -> None:
        """20,000 commands of somebody do not wash away who made whom an admin."""
        self.run_("exec cat >/dev/null")
        self.client("user_create", username="ann", password="a long enough password", admin=True)
        sending = self.request("POST", "server_cmd", b'{"server": "a", "command": "x"}')
        with socket.create_connection(("127.0.0.1", self.daemon.port), patience) as wire:
            stream = wire.makefile("rb")
            for _ in range(400):
                wire.sendall(sending * 50)
                for _ in range(50):
                    self.assertEqual(stream.readline(), b"HTTP/1.1 200 OK\r\n")
                    while stream.readline() != b"\r\n":
                        pass
                    self.assertEqual(stream.read(2), b"{}")
        found: Counter[str] = Counter()
        before: int | None = None
        while entries := self.client("audit_log", limit=500, before=before)["entries"]:
            found.update(entry["action"] for entry in entries)
            before = entries[-1]["id"]
        self.assertEqual(found["user_create"], 1)
        share = keep["command"].each
        self.assertTrue(share <= found["server_cmd"] < share + trimEach + 50, found)

    def command(self, command: str, size: int = 0) -> bytes:
        """A request with a console line, in a body of so many bytes at the least."""
        body = json.dumps({"server": "a", "command": command}).encode()
        return self.request("POST", "server_cmd", body.ljust(size))

    def orderOf(self, flood: Sequence[bytes], asked: bytes) -> list[str]:
        """
        In which order the daemon does what has come over many connections, each of which has sent
        a flood, and over one that has sent a request after them: the lines that a game gets.
        """
        self.run_("exec cat")
        address = ("127.0.0.1", self.daemon.port)
        wires = [socket.create_connection(address, patience) for _ in range(len(flood) + 1)]
        for wire in wires:
            self.addCleanup(wire.close)
            # From here on it is one that the daemon looks at.
            wire.sendall(self.request("GET", "healthz"))
            self.assertTrue(wire.recv(65536).startswith(b"HTTP/1.1 200 "))
        # The kernel tells first of a connection that it has just told of.
        self.assertTrue(self.daemon.answers)
        # All that is sent is there when the daemon looks, however fast it is.
        self.daemon.process.send_signal(signal.SIGSTOP)
        try:
            for wire, data in zip(wires, [*flood, asked], strict=True):
                wire.sendall(data)
        finally:
            self.daemon.process.send_signal(signal.SIGCONT)
        count = sum(data.count(b"POST /") for data in (*flood, asked))
        self.client.wait(
            lambda: self.client("server_status", server="a")["readIndex"] >= 2 * count, "all"
        )
        log = self.client("server_log", server="a", readIndex=0, limit=262144)["data"]
        lines: list[str] = log.split()
        self.assertEqual(len(lines), count)
        return lines

    def test_many(self) -> None:
        """
        However many requests have come before, over however many connections, some of each are
        answered in a turn: one that comes then has not all of them before it.
        """
        lines = self.orderOf([self.command("x") * 200] * 32, self.command("y"))
        # One turn's that were answered when it was looked at, and one of each connection.
        self.assertLess(lines.index("y"), 3 * budget)

    def test_dear(self) -> None:
        """However dear requests are that have come before, what is cheap has one of them before."""
        lines = self.orderOf([self.command("x", 30_000)] * 64, self.command("y"))
        # Two that a turn has room for, and one that each has a place for.
        self.assertLess(lines.index("y"), 5)

    def test_stalledWatcher(self) -> None:
        """
        Whoever watches a console and reads nothing keeps neither the game nor others waiting, and
        costs no memory for what is printed meanwhile.
        """
        self.run_("yes 0123456789abcde")
        with socket.socket() as wire:
            wire.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            wire.connect(("127.0.0.1", self.daemon.port))
            wire.sendall(self.request("GET", "server_log_stream?server=a"))
            process = psutil.Process(self.daemon.process.pid)
            # It is full by now, whatever else is made in the first moments.
            self.position(20 * MiB)
            before = process.memory_info().rss
            self.position(120 * MiB)
            self.assertLess(process.memory_info().rss - before, 16 * MiB)
            self.assertTrue(self.daemon.answers)
            # It may go on, with what is kept.
            wire.settimeout(patience)
            data = b""
            with contextlib.suppress(ConnectionError):
                while len(data) < MiB and (part := wire.recv(65536)):
                    data += part
            self.assertIn(b"0123456789abcde", data)

    def test_watchersOfAllPaces(self) -> None:
        """
        Some read all the time what a game prints line by line, some only now and then, and some
        only when it is over: each gets each byte of it, once and in its order.
        """
        place = tempfile.mkdtemp(dir="/tmp")
        self.addCleanup(shutil.rmtree, place)
        self.daemon.kill()
        # Over TCP the kernel may take all of it.
        self.daemon.options = (*self.daemon.options, "--listen", f"unix:{place}/socket:mode=600")
        self.client = self.daemon.start()
        lines = [f"line {i} {'x' * 150}\n" for i in range(4000)]
        program = (
            "import time\nfor i in range(4000):\n print('line', i, 'x' * 150, flush=True)\n"
            # Who reads nothing for half a minute is dropped, and being woken up may take its time.
            " if i % 20 == 19: time.sleep(0.006)"
        )
        self.run_(f"read -r go; exec {sys.executable} -c {shlex.quote(program)}")
        paces = (1, 1, 1, 7, 500, 0, 0)
        wires = [socket.socket(socket.AF_UNIX) for _ in paces]
        for wire in wires:
            self.addCleanup(wire.close)
            wire.settimeout(patience)
            wire.connect(f"{place}/socket")
            wire.sendall(self.request("GET", "server_log_stream?server=a&readIndex=0"))
            self.assertEqual(wire.recv(12, socket.MSG_PEEK), b"HTTP/1.1 200")
        came = [bytearray() for _ in wires]
        last, limit = b"\nid: %d\n" % len("".join(lines)), time.monotonic() + 2 * patience

        def hasAll(data: bytearray) -> bool:
            _, found, event = data[-2 * eventBytes :].partition(last)
            return bool(found) and b"\n\n\r\n" in event

        def receive(wire: socket.socket, data: bytearray) -> None:
            part = wire.recv(65536)
            self.assertTrue(part and time.monotonic() < limit)
            data += part

        self.client("server_cmd", server="a", command="go")
        for turn in itertools.count():
            for wire, pace, data in zip(wires, paces, came, strict=True):
                if pace and turn % pace == 0 and not hasAll(data):
                    receive(wire, data)
            if hasAll(came[0]):
                break
        for wire, data in zip(wires, came, strict=True):
            while not hasAll(data):
                receive(wire, data)
            told, index = "", 0
            for event in logEvents(bytes(data)):
                self.assertEqual(event["oldReadIndex"], index)
                told, index = told + event["data"], event["nextReadIndex"]
            self.assertEqual(told, "".join(lines))

    def follow(self) -> socket.socket | None:
        """Follow a console with the token of now, or be told to come back later."""
        wire = socket.create_connection(("127.0.0.1", self.daemon.port), patience)
        self.addCleanup(wire.close)
        wire.sendall(self.request("GET", "server_log_stream?server=a"))
        status = wire.recv(12)
        if status == b"HTTP/1.1 200":
            return wire
        self.assertEqual(status, b"HTTP/1.1 429")
        return None

    def test_streams(self) -> None:
        """
        Who follows too much is told to wait, with however many tokens; a part is kept for
        administrators, and all else is answered.
        """
        self.daemon.kill()
        self.daemon.options = (*self.daemon.options, "--max-streams", "20")
        self.client = self.daemon.start()
        self.run_("exec cat")
        password = "only looks at one thing"
        self.client("user_create", username="ann", password=password, servers={"a": ["view"]})
        admins = self.client.token
        self.client.login("ann", password)
        first = [self.follow() for _ in range(10)]
        self.client.login("ann", password)
        first += [self.follow() for _ in range(6)]
        self.assertEqual([each is None for each in first], [False] * 15 + [True])
        self.client.token = admins
        second = [self.follow() for _ in range(6)]
        self.assertEqual([each is None for each in second], [False] * 5 + [True])
        self.client.until("a", "running")
        # Whoever leaves makes a place.
        assert first[0] is not None
        first[0].close()
        self.client.wait(self.follow, "a place")

    def position(self, least: int) -> None:
        """Wait until the log is so long."""
        look = lambda: self.client("server_status", server="a")["readIndex"] >= least  # noqa: E731
        Client.wait(self.client, look, f"{least} bytes", 4 * patience)
