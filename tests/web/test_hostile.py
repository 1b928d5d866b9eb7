"""What strangers may send, and what must not come of it."""

import contextlib
import json
import os
import socket
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection
from pathlib import Path
from typing import Any, Final

import msgspec
import psutil
from twisted.internet.defer import Deferred
from twisted.internet.task import LoopingCall
from twisted.trial.unittest import SynchronousTestCase, TestCase

from gamepanel.wire.endpoints import Endpoint, endpoints
from gamepanel.wire.proof import solve
from tests.inmemory import InMemoryPanel
from tests.support import Client, Daemon, Refused, patience, standbys

host: Final = "Host: localhost:PORT"
json_: Final = "Content-Type: application/json"

malformed: Final = (
    ("GET",),
    ("GET /config",),
    ("GET  /config HTTP/1.1", host),
    ("GET /config HTTP/2.0", host),
    ("GET /config HTTP/1.1",),
    ("GET /config HTTP/1.1", host, host),
    ("GET /config HTTP/1.1", "Host: local host"),
    ("GET /config HTTP/1.1", "Host:"),
    ("GET http://localhost/config HTTP/1.1", host),
    ("CONNECT localhost:80 HTTP/1.1", host),
    ("PRI * HTTP/2.0", ""),
    ("G(T /config HTTP/1.1", host),
    ("GET /config HTTP/1.1", host, " folded"),
    ("GET /config HTTP/1.1", host, "no colon"),
    ("GET /config HTTP/1.1", host, "Space : x"),
    ("GET /config HTTP/1.1", host, "X: " + "x" * 9000),
    ("GET /config HTTP/1.1", host, *(f"X-{n}: x" for n in range(70))),
    ("POST /login HTTP/1.1", host, json_, "Content-Length: -1"),
    ("POST /login HTTP/1.1", host, json_, "Content-Length: +1"),
    ("POST /login HTTP/1.1", host, json_, "Content-Length: 1, 1"),
    ("POST /login HTTP/1.1", host, json_, "Content-Length: 0x1"),
    ("POST /login HTTP/1.1", host, json_, "Content-Length: " + "9" * 5000),
    ("POST /login HTTP/1.1", host, json_, "Content-Length: 2", "Content-Length: 2"),
    ("POST /login HTTP/1.1", host, json_, "Content-Length: 2", "Transfer-Encoding: chunked"),
    ("POST /login HTTP/1.1", host, json_, "Transfer-Encoding: gzip, chunked"),
    ("POST /login HTTP/1.1", host, json_, "Transfer-Encoding: identity"),
)
"""Requests that HTTP does not allow, as lines of their header."""

limits: Final = {
    "server_create": 65_536,
    "server_settings": 65_536,
    "user_create": 65_536,
    "server_cmd": 32_768,
    "login": 8192,
    "server_start": 4096,
    "server_log": 4096,
    "audit_log": 4096,
}
"""What bodies may have at the most, in bytes, of some endpoints of each kind."""

chunks: Final = (b"x\r\n", b"-1\r\n", b"0x1\r\n", b"f" * 5000 + b"\r\n", b"2\r\n{}xx")
"""Chunked bodies that are none."""


class WireTests(SynchronousTestCase):
    """Raw sockets against a real daemon."""

    def setUp(self) -> None:
        self.scratch = os.path.abspath(self.mktemp())
        os.mkdir(self.scratch)
        self.daemon = Daemon(environment={"TMPDIR": self.scratch})
        self.daemon.start()
        self.addCleanup(self.daemon.cleanUp)

    def exchange(self, data: bytes) -> bytes:
        """All that comes back until the connection is closed."""
        with socket.create_connection(("127.0.0.1", self.daemon.port), timeout=patience) as wire:
            wire.sendall(data)
            answer = b""
            while part := wire.recv(65536):
                answer += part
        return answer

    def test_malformed(self) -> None:
        """One answer, 400 as problem+json, and what follows is not taken as a request."""
        after = b"GET /healthz HTTP/1.1\r\nHost: localhost:%d\r\n\r\n" % self.daemon.port
        sent = ["\r\n".join((*lines, "", "")).encode() for lines in malformed]
        head = ("POST /login HTTP/1.1", host, json_, "Transfer-Encoding: chunked", "", "")
        sent += ["\r\n".join(head).encode() + chunk for chunk in chunks]
        port = str(self.daemon.port).encode()
        before = self.daemon.resources()
        with ThreadPoolExecutor(16) as pool:
            answers = pool.map(lambda d: self.exchange(d.replace(b"PORT", port) + after), sent)
            for data, answer in zip(sent, answers, strict=True):
                head_, _, body = answer.partition(b"\r\n\r\n")
                self.assertTrue(head_.startswith(b"HTTP/1.1 400 "), (data[:60], answer))
                self.assertEqual(answer.count(b"HTTP/1.1"), 1, (data[:60], answer))
                self.assertIn(b"\r\nServer: gamepanel\r\n", head_)
                self.assertIn(b"\r\nContent-Type: application/problem+json\r\n", head_)
                self.assertEqual(json.loads(body)["code"], "bad_request")
        self.assertNothingLeaks(before)
        self.daemon.end()
        self.assertNotIn("Traceback", "\n".join(self.daemon.output))

    def assertNothingLeaks(self, before: tuple[int, int]) -> None:
        """That the daemon has no more open files than before, and hardly more memory."""
        client = Client(self.daemon.base)
        client.wait(lambda: self.daemon.resources()[0] <= before[0], "the end of all connections")
        self.assertLess(self.daemon.resources()[1] - before[1], 8 * 2**20)

    def test_hugeBodies(self) -> None:
        """A body over the limit is never stored, however it comes."""
        before = self.daemon.resources()
        head = f"POST /login HTTP/1.1\r\nHost: localhost:{self.daemon.port}\r\n{json_}\r\n"
        for length in (10**6, 2**40):
            answer = self.exchange(f"{head}Content-Length: {length}\r\n\r\n".encode())
            self.assertTrue(answer.startswith(b"HTTP/1.1 413 "), answer)
        chunk = b"10000\r\n" + b" " * 0x10000 + b"\r\n"
        with socket.create_connection(("127.0.0.1", self.daemon.port), timeout=patience) as wire:
            wire.sendall(f"{head}Transfer-Encoding: chunked\r\n\r\n".encode())
            # What comes after the refusal is thrown away until the connection is closed.
            with contextlib.suppress(OSError):
                for _ in range(4000):
                    wire.sendall(chunk)
        self.assertNothingLeaks(before)
        self.assertEqual(os.listdir(self.scratch), [])

    def test_bodyOfEachRoute(self) -> None:
        """Each endpoint has a limit of its own, which a body that is full may have, and no more."""
        for name, limit in limits.items():
            head = f"POST /{name} HTTP/1.1\r\nHost: localhost:{self.daemon.port}\r\n{json_}\r\n"
            for size, status in ((limit, 403), (limit + 1, 413)):
                if (name, status) == ("login", 403):
                    # It takes no token: the fields are what is missing.
                    status = 400
                rest = f"Connection: close\r\nContent-Length: {size}\r\n\r\n"
                answer = self.exchange((head + rest).encode() + b"{}".ljust(limit))
                self.assertTrue(answer.startswith(b"HTTP/1.1 %d " % status), (name, size, answer))

    def test_manyProblems(self) -> None:
        """Very many fields that nobody knows are told of once: their names are not repeated."""
        client = Client(self.daemon.base)
        client.login("admin", self.daemon.password)
        fields: dict[str, Any] = {f"x{number}": 1 for number in range(2000)}
        options = {"type": "shell", "server": "a", "options": fields}
        for name, wrong in (
            ("server_create", options),
            ("server_create", fields),
            ("login", fields),
        ):
            error = self.assertRaises(Refused, client, name, **dict([*wrong.items()][:500]))
            codes = [each["code"] for each in error.problem["errors"]]
            self.assertEqual((error.status, codes.count("unknown")), (400, 1), name)
            self.assertLessEqual(len(codes), 64, name)


_foreign: Final = r"Expected|regex|\\Z|\bstr\b|float"
"""What only libraries say."""

values: Final[dict[str, tuple[Any, ...]]] = {
    "string": ("", "x", "\ufffd" * 500),
    "integer": (0, -1, 7, 2**53 - 1),
    "number": (1.5, 1e300, -0.5),
    "boolean": (True, False),
    "array": ([], [[]], ["x", 1]),
    "object": ({}, {"a": {"b": 1}}, {"__proto__": 1}),
}
"""Of each kind that JSON has, some."""


def kindsOf(schema: dict[str, Any]) -> set[str]:
    """The kinds of values that a field may have."""
    if "anyOf" in schema:
        return set().union(*map(kindsOf, schema["anyOf"]))
    if "enum" in schema:
        return {"string"}
    kind = schema.get("type", "object")
    # A number may be written as an integer.
    return {"number", "integer"} if kind == "number" else {kind}


class BodiesTests(TestCase):
    """All endpoints, all fields, all kinds of wrong values."""

    def setUp(self) -> None:
        self.inMemory = InMemoryPanel()
        self.http = self.inMemory.http()
        self.token = self.inMemory.token()
        self.addCleanup(lambda: Deferred.fromCoroutine(self.inMemory.end()))

    async def send(self, name: str, fields: dict[str, Any]) -> tuple[int, Any]:
        """Status and body of an answer."""
        headers = {"Content-Type": "application/json", "Authorization": f"Bearer {self.token}"}
        body = json.dumps(fields).encode()
        url = f"http://127.0.0.1:8080/{name}"
        late = self.http.post(url, data=body, headers=headers)
        # The site answers some of so many in the next turn of the reactor.
        pump = LoopingCall(self.http.flush)
        pump.start(0.001)
        try:
            response = await late
            return response.code, await response.json()
        finally:
            pump.stop()

    async def test_everyFieldOfEveryEndpoint(self) -> None:
        """A field of a wrong kind is refused with a pointer to it; an unknown one, too."""
        checked = 0
        sections = ("Authentication", "Management", "One server", "People")
        for endpoint in endpoints.values():
            if endpoint.section in sections and "POST" in endpoint.methods:
                checked += await self._check(endpoint)
        self.assertGreater(checked, 500)

    async def _check(self, endpoint: Endpoint) -> int:
        schema = msgspec.json.schema(endpoint.takes)
        fields = schema["$defs"][endpoint.takes.__name__]["properties"]
        right = {"server": "a", "username": "u", "type": "shell", "command": "", "password": "p"}
        right |= {"oldPassword": "p", "token": "t", "proofOfWork": []}  # type: ignore[dict-item]
        base = {name: value for name, value in right.items() if name in fields}
        status, problem = await self.send(endpoint.name, {**base, "unknown": 1})
        found = problem["errors"][0]
        self.assertEqual((status, found["pointer"], found["code"]), (400, "", "unknown"))
        checked = 0
        for name, field in fields.items():
            kinds = kindsOf(field)
            for kind, wrong in values.items():
                for value in wrong if kind not in kinds else ():
                    status, problem = await self.send(endpoint.name, {**base, name: value})
                    told = (endpoint.name, name, value, problem)
                    self.assertEqual((status, problem["code"]), (400, "bad_request"), told)
                    pointers = [error["pointer"] for error in problem["errors"]]
                    self.assertTrue(any(p.startswith(f"/{name}") for p in pointers), told)
                    for error in problem["errors"]:
                        self.assertNotRegex(error["detail"], _foreign, told)
                    checked += 1
        return checked

    async def test_mapsOfRights(self) -> None:
        """A map of rights has ids of servers and words that there are."""
        wrong: tuple[Any, ...] = (
            {"A": ["view"]},
            {"a": ["fly"]},
            {"a": "view"},
            {"a": [1]},
            {"": []},
        )
        for servers in wrong:
            status, problem = await self.send("user_update", {"username": "u", "servers": servers})
            self.assertEqual((status, problem["code"]), (400, "bad_request"), servers)
            self.assertTrue(problem["errors"][0]["pointer"].startswith("/servers"), problem)
            self.assertNotIn("fly", str(problem))


class RaceTests(SynchronousTestCase):
    """Many at once."""

    def setUp(self) -> None:
        self.daemon = Daemon()
        self.client = self.daemon.start()
        self.addCleanup(self.daemon.cleanUp)

    def together(self, count: int, name: str, **fields: Any) -> dict[str, int]:
        """How often each answer came when so many send the same at the same time."""

        def send(wire: HTTPConnection) -> str:
            headers = {
                "Content-Type": "application/json",
                "Authorization": f"Bearer {self.client.token}",
            }
            wire.request("POST", f"/{name}", json.dumps(fields), headers)
            answer = json.load(wire.getresponse())
            wire.close()
            return str(answer.get("code", "ok"))

        wires = [
            HTTPConnection("127.0.0.1", self.daemon.port, timeout=patience) for _ in range(count)
        ]
        for wire in wires:
            wire.connect()
        with ThreadPoolExecutor(count) as pool:
            found = list(pool.map(send, wires))
        return {word: found.count(word) for word in set(found)}

    def test_logins(self) -> None:
        """One token admits one login, however many race."""
        info = self.client("login_info")
        work = info["proofOfWork"]
        proofs = solve(info["token"], "admin", work["amount"], work["difficulty"])
        self.client.token = None
        answers = self.together(
            50,
            "login",
            username="admin",
            password=self.daemon.password,
            token=info["token"],
            proofOfWork=proofs,
        )
        self.assertEqual(answers, {"ok": 1, "login_token_used": 49})

    def test_creations(self) -> None:
        """One of many who make the same server makes it."""
        answers = self.together(100, "server_create", type="shell", server="a")
        self.assertEqual(answers, {"ok": 1, "server_exists": 99})

    def test_starts(self) -> None:
        """One of many who start a server starts it, and one process runs."""
        self.client("server_create", type="shell", server="a")
        answers = self.together(100, "server_start", server="a")
        self.assertEqual(answers, {"ok": 1, "already_running": 99})
        pid = self.client.until("a", "running")["pid"]
        session = os.getsid(pid)
        mine = [p for p in psutil.pids() if p != session and _sessionOf(p) == session]
        self.assertEqual(mine, [pid])

    def test_users(self) -> None:
        """One of many who make a user makes them."""
        answers = self.together(
            10, "user_create", username="ann", password="a meadow full of sheep"
        )
        self.assertEqual(answers, {"ok": 1, "user_exists": 9})


def _sessionOf(pid: int) -> int:
    try:
        return os.getsid(pid)
    except ProcessLookupError:
        return 0


def connections(pid: int) -> list[Any]:
    """What is connected to a process."""
    found = psutil.Process(pid).net_connections("tcp")
    return [each for each in found if each.status != psutil.CONN_LISTEN]


def waitingAt(port: int) -> int:
    """How many connections to a port nobody has accepted yet. Source: C{proc_pid_net(5)}."""
    for line in Path("/proc/net/tcp").read_text().splitlines()[1:]:
        _, local, _, state, queues = line.split()[:5]
        if state == "0A" and int(local.partition(":")[2], 16) == port:
            return int(queues.partition(":")[2], 16)
    return 0


class ExhaustionTests(SynchronousTestCase):
    def test_openFiles(self) -> None:
        """With 96 open files and 200 idle connections, the others are served, and all recovers."""
        daemon = Daemon(wrapper=("prlimit", "--nofile=96:96"))
        client = daemon.start()
        self.addCleanup(daemon.cleanUp)
        client("server_create", type="shell", server="a")
        client("server_start", server="a")
        client.until("a", "running")
        # It keeps a file for its standby reader, and has closed all else that it needs to start one
        # before it answers again; what asked that was no connection of long.
        client.wait(lambda: standbys(daemon.state), "a standby reader")
        client("server_list")
        client.wait(lambda: not connections(daemon.process.pid), "the end of all connections")
        before = daemon.resources()
        kept = HTTPConnection("127.0.0.1", daemon.port, timeout=patience)

        def command(text: str) -> int:
            body = json.dumps({"server": "a", "command": text, "accessToken": client.token})
            kept.request("POST", "/server_cmd", body, {"Content-Type": "application/json"})
            answer = kept.getresponse()
            answer.read()
            return answer.status

        self.assertEqual(command("before"), 200)
        idle = [socket.socket() for _ in range(200)]
        for wire in idle:
            # One too many may be closed before we know that it was open.
            wire.connect_ex(("127.0.0.1", daemon.port))
        # While more come than it has files for, some are turned away, whoever they are.
        client.wait(lambda: not waitingAt(daemon.port), "the last of them to be accepted")
        # It has been idle for longest, so it has given way; another finds a place.
        kept.close()
        for number in range(20):
            self.assertEqual(command(f"number {number}"), 200)
        for wire in idle:
            wire.close()
        kept.close()
        client.untilLog("a", "number 19")
        client.wait(lambda: daemon.resources()[0] <= before[0], "the end of all connections")
        self.assertLess(daemon.resources()[1] - before[1], 8 * 2**20)
        daemon.end()
        output = "\n".join(daemon.output)
        self.assertNotIn("Traceback", output)
        # Twisted says of each that it turned away that it did, between two lines; it never spins.
        self.assertLess(len(daemon.output), 3 * len(idle) + 30, output)

    def test_throttlesAreBounded(self) -> None:
        """Whoever fails again and again is told to wait, and gets no more work out of us."""
        daemon = Daemon()
        client = daemon.start()
        self.addCleanup(daemon.cleanUp)
        stranger = Client(daemon.base)
        tokens = [stranger("login_info")["token"] for _ in range(8)]
        logins = [
            {
                "username": "nobody",
                "password": "x",
                "token": token,
                "proofOfWork": solve(token, "nobody", 8, 14),
            }
            for token in tokens
        ]
        refusals = [self.assertRaises(Refused, stranger, "login", **login) for login in logins]
        codes = [error.code for error in refusals]
        self.assertEqual(codes[:5], ["invalid_credentials"] * 5)
        # Where one takes a second, the next is looked at, too: pauses count from its beginning.
        self.assertIn("too_many_requests", codes[5:])
        [wait, *_] = [e.headers["Retry-After"] for e in refusals if "Retry-After" in e.headers]
        most = 2 ** (codes.index("too_many_requests") - 5)
        self.assertIn(int(wait), range(1, most + 1))
        self.assertGreater(stranger("login_info")["proofOfWork"]["difficulty"], 14)
        client("server_list")
