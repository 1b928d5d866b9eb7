"""Requests that nobody would think of: no bug answers, no traceback, memory stays flat."""

import json
import os
import random
import socket
import time
from http.client import HTTPConnection
from typing import Any, Final

import msgspec
import psutil
from twisted.trial.unittest import SynchronousTestCase

from gamepanel.wire.endpoints import Endpoint, endpoints
from tests.support import Client, Daemon, patience

seconds: Final = float(os.environ.get("GAMEPANEL_FUZZ", "3"))
# The same each time, except where it is to find what nobody has yet: C{make soak}.
chance: Final = time.time_ns() % 10**9 if "GAMEPANEL_FUZZ" in os.environ else 1
seed: Final = int(os.environ.get("GAMEPANEL_FUZZ_SEED", str(chance)))

texts: Final = (
    *("", "a", "one", "shell", "admin", "view", "utf-8", "Ä", "\u202e", "\ud800", "\0", "\x1b[2J"),
    *("../../etc/passwd", "{script}", "%s%n", "' OR 1=1 --", "x" * 300, "-1", "\r\nX: y"),
)
numbers: Final = (0, 1, -1, 3.5, 1e308, 2**53, -(2**63), 10**400, float("nan"), 4096)


class Fuzz:
    """Makes requests out of what the endpoints take, and spoils some."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.endpoints = [
            found
            for found in endpoints.values()
            if found.section in ("Authentication", "Management", "One server", "People")
            # What would end the session, or take long, is tried elsewhere.
            and found.name not in ("logout", "server_log_stream")
        ]

    def value(self, depth: int = 0) -> Any:
        """Anything that JSON has, and some that it has not."""
        kind = self.random.randrange(8 if depth < 4 else 5)
        if kind < 2:
            return self.random.choice(texts)
        if kind < 4:
            return self.random.choice(numbers)
        if kind == 4:
            return self.random.choice((None, True, False))
        items = [self.value(depth + 1) for _ in range(self.random.randrange(4))]
        return items if kind < 7 else {self.random.choice(texts): item for item in items}

    def fields(self, endpoint: Endpoint) -> dict[str, Any]:
        """Fields for an endpoint, some of them such as it wants."""
        schema = msgspec.json.schema(endpoint.takes)["$defs"][endpoint.takes.__name__]
        found: dict[str, Any] = {}
        for name in schema["properties"]:
            if self.random.random() < 0.8:
                right = {"server": "one", "username": "ann", "type": "shell", "limit": 50}.get(name)
                found[name] = right if right and self.random.random() < 0.6 else self.value()
        if self.random.random() < 0.1:
            found[self.random.choice(texts)] = self.value()
        found.pop("wait", None)
        return found

    def body(self) -> tuple[str, bytes]:
        """An endpoint's name and a body for it."""
        endpoint = self.random.choice(self.endpoints)
        body = bytearray(json.dumps(self.fields(endpoint)).encode())
        while body and self.random.random() < 0.2:
            body[self.random.randrange(len(body))] = self.random.randrange(256)
        return endpoint.name, bytes(body)


class FuzzTests(SynchronousTestCase):
    def test_requests(self) -> None:
        """Every answer is a success or a refusal that the contract knows."""
        daemon = Daemon(())
        self.addCleanup(daemon.cleanUp)
        client = daemon.start()
        client("server_create", type="shell", server="one")
        # Whatever fails, it can be had again.
        print(f"GAMEPANEL_FUZZ_SEED={seed}", flush=True)
        fuzz = Fuzz(seed)
        process = psutil.Process(daemon.process.pid)
        sizes = []
        end = time.monotonic() + seconds
        count = 0
        while time.monotonic() < end:
            for _ in range(200):
                self.send(daemon, client, *fuzz.body())
                count += 1
            self.sendRaw(daemon, fuzz)
            sizes.append(process.memory_info().rss)
            self.assertIsNone(daemon.process.poll())
        self.assertGreater(count, 100)
        # The first third fills caches and bounded tables.
        settled = max(sizes[: len(sizes) // 3 + 1])
        self.assertLess(sizes[-1] - settled, 24 * 2**20, f"seed {seed}: {sizes}")
        client("whoami")
        daemon.end()
        self.assertNotIn("Traceback", "\n".join(daemon.output), f"seed {seed}")

    def send(self, daemon: Daemon, client: Client, name: str, body: bytes) -> None:
        """Send a body, and look at the answer."""
        wire = HTTPConnection("127.0.0.1", daemon.port, timeout=patience)
        headers = {"Content-Type": "application/json", "Authorization": f"Bearer {client.token}"}
        try:
            wire.request("POST", f"/{name}", body, headers)
            answer = wire.getresponse()
            said = json.loads(answer.read())
        finally:
            wire.close()
        told = (seed, name, body, said)
        self.assertIn(answer.status, {200, 400, 403, 404, 405, 409, 413, 429, 503}, told)
        if answer.status != 200:
            self.assertEqual(said["status"], answer.status, told)

    def sendRaw(self, daemon: Daemon, fuzz: Fuzz) -> None:
        """Send what looks like HTTP, more or less."""
        name, body = fuzz.body()
        head = (
            f"POST /{name} HTTP/1.1\r\nHost: localhost:{daemon.port}\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        data = bytearray(head.encode() + body)
        for _ in range(fuzz.random.randrange(1, 6)):
            data[fuzz.random.randrange(len(data))] = fuzz.random.randrange(256)
        try:
            with socket.create_connection(("127.0.0.1", daemon.port), timeout=0.05) as wire:
                wire.sendall(data)
                answer = wire.recv(65536)
        except OSError:
            return
        self.assertFalse(answer.startswith(b"HTTP/1.1 500"), (seed, bytes(data), answer))
