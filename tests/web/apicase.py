"""What tests of the API share: each is run in memory, and over a socket against a daemon that is a
process of its own."""

import atexit
import json
import os
import secrets
import signal
from collections.abc import Container
from typing import Any, Final

from treq.client import HTTPClient
from twisted.internet import reactor as installed
from twisted.internet.defer import Deferred
from twisted.internet.task import LoopingCall, deferLater
from twisted.trial.unittest import TestCase
from twisted.web.client import Agent, HTTPConnectionPool

from gamepanel.wire.causes import Cause
from gamepanel.wire.proof import solve
from tests.inmemory import InMemoryPanel
from tests.support import Daemon, Refused, patience

reactor: Any = installed
password = "correct horse battery staple"


class Answer:
    """A response, read whole."""

    def __init__(self, status: int, headers: Any, body: bytes) -> None:
        self.status = status
        self.headers = headers
        self.body = body

    def header(self, name: str) -> str | None:
        """The only value of a header, or None."""
        values = self.headers.getRawHeaders(name, [])
        assert len(values) <= 1, values
        return values[0] if values else None

    @property
    def json(self) -> Any:
        """What the body says."""
        return json.loads(self.body)


class ApiCase:
    """
    Asks the API. Tests of it hold in memory and over a socket, see L{InMemory} and L{OverSocket};
    C{self} is a L{TestCase}, too.
    """

    timeout = 4 * patience
    base = "http://127.0.0.1:8080/"
    http: Any
    token: str | None = None
    password: str = password
    state: str
    assertEqual: Any
    assertIn: Any
    assertNotIn: Any
    assertTrue: Any
    assertIsNone: Any
    assertLess: Any
    assertLessEqual: Any

    async def finish(self, late: "Deferred[Any]") -> Any:
        """What comes late; in memory somebody must carry the bytes."""
        raise NotImplementedError

    async def raw(self, method: str, path: str, **more: Any) -> Answer:
        """Send a request as it is."""
        headers = more.pop("headers", {})
        response = await self.finish(
            self.http.request(method, self.base + path, headers=headers, **more)
        )
        body = await self.finish(response.content())
        return Answer(response.code, response.headers, body)

    async def send(self, name: str, fields: Any, token: str | None = None) -> Answer:
        """Send fields to an endpoint, as the contract has it."""
        headers = {"Content-Type": "application/json"}
        token = token or self.token
        if token:
            headers["Authorization"] = f"Bearer {token}"
        answer = await self.raw("POST", name, data=json.dumps(fields).encode(), headers=headers)
        kind = "application/json" if answer.status == 200 else "application/problem+json"
        self.assertEqual(answer.header("Content-Type"), kind)
        self.assertEqual(answer.header("Cache-Control"), "no-store")
        self.assertEqual(answer.header("X-Content-Type-Options"), "nosniff")
        self.assertEqual(answer.header("Server"), "gamepanel")
        return answer

    async def call(self, name: str, /, **fields: Any) -> Any:
        """What an endpoint answers."""
        answer = await self.send(name, fields)
        if answer.status != 200:
            raise Refused(answer.status, answer.json, {})
        return answer.json

    async def refused(self, status: int, code: str, name: str, /, **fields: Any) -> Any:
        """That an endpoint refuses, and how; the whole problem."""
        answer = await self.send(name, fields)
        problem = answer.json
        self.assertEqual((answer.status, problem["code"]), (status, code), problem)
        self.assertEqual((problem["status"], problem["type"]), (status, "about:blank"))
        for told in (problem, *problem.get("errors", ())):
            self.assertEqual(str(Cause(**told["cause"])), told["detail"])
        return problem

    def newId(self) -> str:
        """An id that no other test has."""
        return f"s{secrets.token_hex(4)}"

    async def server(self, script: str | None = None, type: str = "shell", **options: Any) -> str:
        """Make a server."""
        id = self.newId()
        if script is not None:
            options["script"] = script
        await self.call("server_create", type=type, server=id, options=options)
        return id

    async def started(self, script: str | None = None, type: str = "shell", **options: Any) -> str:
        """Make a server and start it."""
        id = await self.server(script, type, **options)
        self.assertEqual(await self.call("server_start", server=id), {"status": "starting"})
        return id

    async def status(self, id: str) -> Any:
        """All about a server."""
        return await self.call("server_status", server=id)

    async def untilStatus(self, id: str, *states: str) -> Any:
        """Wait for a state."""
        for _ in range(int(patience / 0.01)):
            status = await self.status(id)
            if status["status"] in states:
                return status
            await deferLater(reactor, 0.01)
        raise AssertionError(f"{id} is {status}, not {states}")

    async def untilLog(self, id: str, text: str) -> str:
        """Wait for a text in the log."""
        index = 0
        whole: str = ""
        for _ in range(200):
            chunk = await self.call("server_log", server=id, readIndex=index, wait=1)
            whole += chunk["data"]
            index = chunk["nextReadIndex"]
            if text in whole:
                return str(whole)
        raise AssertionError(f"{text!r} is not in {whole!r}")

    async def _login(self, username: str, password: str, **other: Any) -> Answer:
        info = (await self.raw("GET", "login_info")).json
        work = info["proofOfWork"]
        self.assertEqual((work["algorithm"], work["amount"]), ("sha256-lz-1", 8))
        token = other.get("token", info["token"])
        proofs = solve(token, username, work["amount"], work["difficulty"])
        fields = {
            "username": username,
            "password": password,
            "token": token,
            "proofOfWork": other.get("proofs", proofs),
        }
        return await self.send("login", fields)

    def putType(self, name: str, text: str) -> None:
        """Write an operator's own type."""
        with open(os.path.join(self.state, "types", f"{name}.toml"), "w") as file:
            file.write(text)


class InMemory(ApiCase, TestCase):
    """The API without a socket."""

    def setUp(self) -> None:
        self.inMemory = InMemoryPanel(password=password)
        self.state = self.inMemory.state
        self.http = self.inMemory.http()
        self.token = self.inMemory.token()

    async def finish(self, late: "Deferred[Any]") -> Any:
        pump = LoopingCall(self.http.flush)
        pump.start(0.005)
        try:
            return await late
        finally:
            pump.stop()

    def tearDown(self) -> Any:
        return Deferred.fromCoroutine(self.end())

    async def end(self) -> None:
        await self.inMemory.end()


mostTests: Final = 12
"""So many tests share a daemon, one after the other."""

_daemons: Final[list[tuple[Daemon, str | None, int]]] = []
"""One that the next test may have, its token, and how many have had it."""


def _endDaemons() -> None:
    for daemon, _, _ in _daemons:
        daemon.end()
        daemon.cleanUp()


atexit.register(_endDaemons)


class OverSocket(ApiCase, TestCase):
    """
    The API of a real daemon, which tests share.

    @cvar alone: names of those that share none.
    """

    alone: Container[str] = ()

    def setUp(self) -> None:
        if self._testMethodName in self.alone or not _daemons:
            self.daemon = Daemon()
            self.token, self.tests = self.daemon.start().token, 0
        else:
            self.daemon, self.token, self.tests = _daemons.pop()
        self.state = self.daemon.state
        self.password = self.daemon.password
        self.base = self.daemon.base
        self.pool = HTTPConnectionPool(reactor, persistent=True)
        self.http = HTTPClient(Agent(reactor, pool=self.pool))

    def tearDown(self) -> Any:
        return Deferred.fromCoroutine(self.end())

    async def end(self) -> None:
        await self.pool.closeCachedConnections()
        self.tests += 1
        if self._testMethodName not in self.alone and self.tests < mostTests:
            _daemons.append((self.daemon, self.token, self.tests))
            return
        status = self.daemon.end()
        self.daemon.cleanUp()
        output = "\n".join(self.daemon.output)
        # Twisted ends by the signal that it was told to end by.
        self.assertEqual(status, -signal.SIGTERM, output)
        self.assertIn(" on\n", output)
        self.assertNotIn("Traceback", output)
        self.assertNotIn(str(self.token), output)

    async def finish(self, late: "Deferred[Any]") -> Any:
        return await late
