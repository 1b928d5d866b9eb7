"""
The contract, sections 1 to 4 and 6, as any client sees it.

Written once and run twice: in memory, and over a socket against a daemon that is
a process of its own.
"""

import base64
import fcntl
import json
import os
import re
import secrets
import signal
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from treq.client import HTTPClient
from treq.testing import StubTreq
from twisted.internet import reactor as installed
from twisted.internet.defer import Deferred, gatherResults
from twisted.internet.task import LoopingCall, deferLater
from twisted.trial.unittest import TestCase
from twisted.web.client import Agent, HTTPConnectionPool

from gamepanel.wire.causes import Cause
from gamepanel.wire.proof import solve
from tests.inmemory import InMemoryPanel
from tests.support import Daemon, Refused, freePort, patience, until

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


class ApiTests:
    """Each of these holds in memory and over a socket. C{self} is a L{TestCase}, too."""

    timeout = 60
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

    async def call(self, name: str, **fields: Any) -> Any:
        """What an endpoint answers."""
        answer = await self.send(name, fields)
        if answer.status != 200:
            raise Refused(answer.status, answer.json, {})
        return answer.json

    async def refused(self, status: int, code: str, name: str, **fields: Any) -> Any:
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

    # Conventions.

    async def test_unknownPaths(self) -> None:
        """Names are matched exactly: anything else is 404."""
        for path in (
            "x",
            "panel",
            "panel/",
            "panel/__init__.py",
            "panel/../app.js",
            "panel/vendor/bring.py",
            "server_list/",
            "/server_list",
            "Server_List",
            "server%5Flist",
            "a/b",
        ):
            answer = await self.raw("GET", path)
            self.assertEqual((answer.status, answer.json["code"]), (404, "not_found"), path)

    async def test_methods(self) -> None:
        """Each endpoint takes its methods only, and says which."""
        for method, path, allow in (
            ("GET", "server_list", "POST"),
            ("PUT", "server_list", "POST"),
            ("OPTIONS", "server_list", "POST"),
            ("POST", "config", "GET, HEAD"),
            ("POST", "server_log_stream", "GET, HEAD"),
            ("DELETE", "login_info", "GET, HEAD, POST"),
        ):
            answer = await self.raw(method, path)
            self.assertEqual((answer.status, answer.header("Allow")), (405, allow))
            self.assertEqual(answer.json["code"], "method_not_allowed")

    async def test_head(self) -> None:
        """GET also answers HEAD."""
        for path in ("config", "healthz", "login_info"):
            answer = await self.raw("HEAD", path)
            self.assertEqual((answer.status, answer.body), (200, b""))

    async def test_mediaTypes(self) -> None:
        """A body is JSON, and says so."""
        for headers, status in (
            ({"Content-Type": "application/json; charset=utf-8"}, 403),
            ({"Content-Type": "Application/JSON"}, 403),
            ({}, 415),
            ({"Content-Type": "text/plain"}, 415),
            ({"Content-Type": "application/json; charset=latin-1"}, 415),
            ({"Content-Type": "application/json", "Content-Encoding": "gzip"}, 415),
        ):
            answer = await self.raw("POST", "server_list", data=b"{}", headers=headers)
            self.assertEqual(answer.status, status, headers)

    async def test_noBody(self) -> None:
        """No body is an empty object, whatever it says that it is; Origin is looked at as ever."""
        for kind in ("application/json", "text/plain", ""):
            headers = {"Authorization": f"Bearer {self.token}", "Content-Type": kind}
            answer = await self.raw("POST", "whoami", headers=headers)
            self.assertEqual((answer.status, answer.json.get("username")), (200, "admin"), kind)
            answer = await self.raw("POST", "server_log", headers=headers)
            self.assertEqual(answer.json["errors"][0]["pointer"], "/server")
            foreign = {**headers, "Origin": "https://evil.example"}
            answer = await self.raw("POST", "whoami", headers=foreign)
            self.assertEqual(answer.json["code"], "origin_refused")

    async def test_bodies(self) -> None:
        """What is no JSON object, or doubtful, is refused where no token in the header is."""
        headers = {"Content-Type": "application/json"}
        for body in (
            b"{",
            b"[]",
            b"1",
            b"null",
            b"\xff",
            b'\xef\xbb\xbf{"a":1}',
            b'{"a":1,"a":2}',
            b'{"a":NaN}',
            b'{"a":Infinity}',
            b'{"a":1e999}',
            b'{"a":9223372036854775808}',
            b'{"a":' + b"9" * 5000 + b"}",
            b'{"a":"\\u0000"}',
            b'{"\\u0000":1}',
            b'{"a":"\\ud800"}',
            b'{"a":' + b"[" * 8 + b"]" * 8 + b"}",
            b'{"a":' + b"[" * 60000,
            b"{}{}",
        ):
            answer = await self.raw("POST", "server_create", data=body, headers=headers)
            self.assertEqual((answer.status, answer.json["code"]), (400, "bad_request"), body[:30])
            bad = {**headers, "Authorization": "Bearer " + "0" * 64}
            answer = await self.raw("POST", "server_create", data=body, headers=bad)
            self.assertEqual(answer.json["code"], "token_invalid", body[:30])

    async def test_tooLarge(self) -> None:
        """A body has its limit, which depends on the endpoint; it comes before the token."""
        headers = {"Content-Type": "application/json"}
        for path, size, status in (
            ("server_create", 65536, 403),
            ("server_create", 65537, 413),
            ("server_cmd", 32768, 403),
            ("server_cmd", 32769, 413),
            ("server_list", 4096, 403),
            ("server_list", 4097, 413),
            ("login", 8193, 413),
        ):
            body = b"{}" + b" " * (size - 2)
            answer = await self.raw("POST", path, data=body, headers=headers)
            self.assertEqual(answer.status, status)

    async def test_origins(self) -> None:
        """Pages of others are refused, ours are not."""
        ours = self.base.rstrip("/")
        for headers, status in (
            ({"Origin": ours}, 200),
            ({"Sec-Fetch-Site": "same-origin"}, 200),
            ({"Origin": "https://evil.example"}, 403),
            ({"Origin": "null"}, 403),
            ({"Sec-Fetch-Site": "cross-site"}, 403),
        ):
            answer = await self.raw("GET", "config", headers=headers)
            self.assertEqual(answer.status, status, headers)
            if status == 403:
                self.assertEqual(answer.json["code"], "origin_refused")
            self.assertIsNone(answer.header("Access-Control-Allow-Origin"))

    async def test_hosts(self) -> None:
        """Only names that are ours are answered to."""
        port = self.base.rstrip("/").rpartition(":")[2]
        for host, status in (
            (f"localhost:{port}", 200),
            (f"127.0.0.1:{port}", 200),
            (f"[::1]:{port}", 200),
            ("evil.example", 421),
            (f"evil.example:{port}", 421),
            ("localhost:1", 421),
            ("localhost", 421),
        ):
            answer = await self.raw("GET", "config", headers={"Host": host})
            self.assertEqual(answer.status, status, host)
        self.assertEqual(answer.json["code"], "host_refused")

    async def test_fields(self) -> None:
        """Unknown, missing and wrong fields are pointed at; nothing is echoed."""
        for name, fields, pointer in (
            ("server_list", {"x": 1}, ""),
            ("server_status", {"server": 1}, "/server"),
            ("server_log", {}, "/server"),
            ("server_log", {"server": "a", "readIndex": -1}, "/readIndex"),
            ("server_log", {"server": "a", "readIndex": 1.5}, "/readIndex"),
            ("server_log", {"server": "a", "readIndex": "1"}, "/readIndex"),
            ("event_list", {"kinds": ["crashed", "nonsense"]}, "/kinds/1"),
            ("server_log", {"server": "a", "readIndex": 2**53}, "/readIndex"),
            (
                "server_create",
                {"type": "shell", "server": "b", "options": {"level": 1e17}},
                "/options/level",
            ),
            ("server_log", {"server": "a", "readIndex": True}, "/readIndex"),
            ("server_log", {"server": "a", "limit": 3}, "/limit"),
            ("server_log", {"server": "a", "limit": 262145}, "/limit"),
            ("server_log", {"server": "a", "wait": 31}, "/wait"),
            ("server_log", {"server": "a", "wait": False}, "/wait"),
            ("server_log", {"server": "a", "encoding": "latin-1"}, "/encoding"),
            ("server_log", {"server": "A"}, "/server"),
            ("server_log", {"server": "a\n"}, "/server"),
            ("server_log", {"server": "a" * 33}, "/server"),
            ("server_cmd", {"server": "a", "command": "x\n"}, "/command"),
            ("server_cmd", {"server": "a", "command": "x\x1b"}, "/command"),
            ("server_create", {"type": "shell", "server": "b", "options": []}, "/options"),
            ("server_destroy", {"server": "a", "deleteFiles": 1}, "/deleteFiles"),
            ("server_list", {"SECRET<script>": 1}, ""),
        ):
            problem = await self.refused(400, "bad_request", name, **fields)
            self.assertEqual([e["pointer"] for e in problem["errors"]], [pointer], fields)
            self.assertNotIn("latin-1", str(problem))
            self.assertNotIn("SECRET", str(problem))

    async def test_manyProblems(self) -> None:
        """However many names are not known, that is told once, and none of them."""
        fields = {f"x{number}": 1 for number in range(200)}
        problem = await self.refused(
            400, "bad_request", "server_create", type="shell", server="a", options=fields
        )
        [error] = problem["errors"]
        self.assertEqual((error["pointer"], error["code"]), ("/options", "unknown"))
        self.assertNotIn("x1", str(problem))

    async def test_null(self) -> None:
        """Null for an optional field means that it is absent; for a required one it is no value."""
        id = await self.server()
        chunk = await self.call("server_log", server=id, readIndex=None, limit=None, wait=None)
        self.assertEqual(chunk["oldReadIndex"], 0)
        await self.refused(400, "bad_request", "server_log", server=None)

    # Authentication.

    async def test_config(self) -> None:
        """The first call of every client."""
        answer = await self.raw("GET", "config")
        config = answer.json
        self.assertEqual(
            (config["auth"], config["authUrl"], config["urls"]), ("password", None, [])
        )
        self.assertEqual(config["apiVersion"], 1)
        self.assertTrue(config["software"].startswith("gamepanel/"))

    async def test_healthz(self) -> None:
        """Machines ask whether we are there."""
        self.assertEqual((await self.raw("GET", "healthz")).json, {"status": "ok"})

    async def test_tokens(self) -> None:
        """A token comes in the header or in the body, and a bad one is 403."""
        assert self.token is not None
        for headers, body, status, code in (
            ({}, {}, 403, "token_missing"),
            ({}, {"accessToken": self.token}, 200, None),
            ({"Authorization": f"bearer {self.token}"}, {}, 200, None),
            (
                {"Authorization": f"Bearer {self.token}"},
                {"accessToken": self.token},
                400,
                "bad_request",
            ),
            ({"Authorization": "Bearer " + "0" * 64}, {}, 403, "token_invalid"),
            ({"Authorization": "Bearer " + self.token.upper()}, {}, 403, "token_invalid"),
            ({"Authorization": f"Basic {self.token}"}, {}, 403, "token_invalid"),
            ({"Authorization": f"Bearer {self.token}x"}, {}, 403, "token_invalid"),
            ({}, {"accessToken": "x"}, 403, "token_invalid"),
            ({}, {"accessToken": 1}, 400, "bad_request"),
            ({}, {"accessToken": None}, 403, "token_missing"),
            # The token comes before the fields: strangers learn nothing.
            ({}, {"x": 1}, 403, "token_missing"),
        ):
            answer = await self.raw(
                "POST",
                "server_list",
                data=json.dumps(body).encode(),
                headers={"Content-Type": "application/json", **headers},
            )
            self.assertEqual(answer.status, status, (headers, body))
            if status == 403:
                said = 'Bearer error="invalid_token"' if code == "token_invalid" else "Bearer"
                self.assertEqual(answer.header("WWW-Authenticate"), said)
            if code is not None:
                self.assertEqual(answer.json["code"], code)

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

    async def test_loginAndLogout(self) -> None:
        """A login gives a token, which a logout ends."""
        answer = await self._login("admin", self.password)
        token = answer.json["accessToken"]
        self.assertEqual((answer.status, answer.json["username"]), (200, "admin"))
        self.assertLess(3600, answer.json["expires"])
        self.assertEqual((await self.send("server_list", {}, token)).status, 200)
        self.assertEqual((await self.send("logout", {}, token)).json, {})
        self.assertEqual((await self.send("server_list", {}, token)).json["code"], "token_invalid")

    async def test_badLogins(self) -> None:
        """Each reason has its word; a wrong password and an unknown user are the same."""
        wrong = await self._login("admin", "wrong")
        unknown = await self._login("nobody", "wrong")
        self.assertEqual((wrong.status, wrong.json["code"]), (403, "invalid_credentials"))
        self.assertEqual(wrong.body, unknown.body)
        answer = await self._login("admin", "wrong", token="ab" * 43)
        self.assertEqual(answer.json["code"], "login_token_invalid")
        answer = await self._login("admin", "wrong", proofs=[0] * 8)
        self.assertEqual(answer.json["code"], "proof_invalid")
        answer = await self._login("admin", "wrong", proofs=[])
        self.assertEqual(answer.json["code"], "proof_invalid")

    async def test_tokenIsUsedOnce(self) -> None:
        """One login token admits one check of a password, however many requests race."""
        info = (await self.raw("GET", "login_info")).json
        work = info["proofOfWork"]
        fields = {
            "username": "admin",
            "password": self.password,
            "token": info["token"],
            "proofOfWork": [0] * work["amount"],
        }
        # Wrong proofs do not use it up.
        self.assertEqual((await self.send("login", fields)).json["code"], "proof_invalid")
        fields["proofOfWork"] = solve(info["token"], "admin", work["amount"], work["difficulty"])
        answers = await gatherResults(
            [Deferred.fromCoroutine(self.send("login", fields)) for _ in range(5)]
        )
        self.assertEqual(sorted(a.status for a in answers), [200, 403, 403, 403, 403])
        self.assertEqual({a.json["code"] for a in answers if a.status == 403}, {"login_token_used"})

    # Management.

    async def test_types(self) -> None:
        """Which types there are, and what can be set for one."""
        types = (await self.call("server_create_options"))["types"]
        found = {t["type"]: t["title"] for t in types}
        self.assertEqual((found["shell"], found["openttd"]), ("A shell script", "OpenTTD"))
        game = await self.call("server_create_options", type="openttd")
        self.assertEqual(game["homepage"], "https://www.openttd.org/")
        options = await self.call("server_create_options", type="shell")
        self.assertNotIn("homepage", options)
        byName = {option["name"]: option for option in options["options"]}
        self.assertEqual(
            byName["level"],
            {
                "name": "level",
                "title": "level",
                "description": "",
                "type": "integer",
                "required": False,
                "readonly": False,
                "value": 5,
                "minimum": 1,
                "maximum": 9,
                "unit": "stars",
            },
        )
        self.assertIsNone(byName["secret"]["value"])
        self.assertEqual(byName["fixed"]["readonly"], True)
        self.assertEqual((byName["port"]["minimum"], byName["port"]["maximum"]), (1, 65535))
        await self.refused(404, "no_such_type", "server_create_options", type="none")

    def putType(self, name: str, text: str) -> None:
        """Write an operator's own type."""
        with open(os.path.join(self.state, "types", f"{name}.toml"), "w") as file:
            file.write(text)

    async def test_brokenType(self) -> None:
        """Admins are told which type files do not count, and why."""
        self.assertEqual((await self.call("server_create_options"))["problems"], [])
        self.putType("broken", 'title = "T"\nrum = 1\n')
        (problem,) = (await self.call("server_create_options"))["problems"]
        self.assertEqual(problem["file"], "broken.toml")
        self.assertIn("rum", problem["detail"])
        self.putType("broken", 'title = "T"\n[run]\ncommand = ["sh"]\n')
        # Whoever makes a server need not have looked.
        id = self.newId()
        await self.call("server_create", type="broken", server=id)
        self.assertEqual((await self.call("server_create_options"))["problems"], [])
        self.putType("broken", 'title = "T"\n[run]\ncommand = [\n"sh" "x"]\n')
        why = r"^broken\.toml was left out: .*line 4"
        for endpoint, more in (
            ("server_create", {"server": self.newId()}),
            ("server_create_options", {}),
        ):
            problem = await self.refused(404, "no_such_type", endpoint, type="broken", **more)
            self.assertTrue(re.match(why, problem["detail"]), problem)
        problem = await self.refused(409, "spawn_failed", "server_start", server=id)
        self.assertTrue(re.match(why, problem["detail"]), problem)
        name, secret = self.newId(), secrets.token_hex(20)
        await self.call("user_create", username=name, password=secret, create=True)
        token = (await self._login(name, secret)).json["accessToken"]
        answer = await self.send("server_create", {"type": "broken", "server": "x"}, token)
        self.assertEqual(answer.json["detail"], "There is no such type of server.")

    async def test_whatTypesSay(self) -> None:
        """What a type file says for people is answered; terms that are accepted are audited."""
        self.putType(
            "termed",
            'title = "T"\nicon = "train"\ntags = ["building"]\ntested = false\n'
            '[[options]]\nname = "eula"\ntype = "boolean"\naccept = "https://example.org/eula"\n'
            '[[options]]\nname = "name"\ntype = "string"\npattern = "[a-z]*"\n'
            'hint = "only a to z"\n'
            'group = "Names"\nadvanced = true\n[run]\ncommand = ["sh"]\n',
        )
        types = (await self.call("server_create_options"))["types"]
        (found,) = [found for found in types if found["type"] == "termed"]
        self.assertEqual(
            (found["icon"], found["tags"], found["tested"]), ("train", ["building"], False)
        )
        eula, name = (await self.call("server_create_options", type="termed"))["options"]
        self.assertEqual((eula["accept"], eula["required"]), ("https://example.org/eula", True))
        self.assertEqual(
            (name["hint"], name["group"], name["advanced"]), ("only a to z", "Names", True)
        )
        id = self.newId()
        fields: dict[str, Any] = {"type": "termed", "server": id}
        refusals: tuple[tuple[dict[str, Any], str], ...] = (
            ({}, "/options/eula"),
            ({"eula": False}, "/options/eula"),
            ({"eula": True, "name": "A"}, "/options/name"),
        )
        for options, pointer in refusals:
            problem = await self.refused(
                400, "bad_request", "server_create", **fields, options=options
            )
            self.assertEqual([e["pointer"] for e in problem["errors"]], [pointer])
        await self.call("server_create", **fields, options={"eula": True})
        entries = (await self.call("audit_log"))["entries"]
        accepted = [e for e in entries if e["action"] == "terms_accept"]
        self.assertEqual(
            [(e["username"], e["server"], e["target"], e["result"]) for e in accepted],
            [("admin", id, "https://example.org/eula", "ok")],
        )

    async def test_create(self) -> None:
        """A server is made, listed and has a status."""
        id = self.newId()
        answer = await self.call("server_create", type="shell", server=id, description="Mine ✓")
        self.assertEqual(answer, {"server": id, "job": None})
        summary: dict[str, Any] = {
            "server": id,
            "type": "shell",
            "description": "Mine ✓",
            "status": "stopped",
            "typeTitle": "A shell script",
            "icon": "",
            "tags": [],
            "ports": [],
            "players": None,
        }
        listed = (await self.call("server_list"))["servers"]
        self.assertIn(summary, listed)
        self.assertEqual([s["server"] for s in listed], sorted(s["server"] for s in listed))
        self.assertEqual(
            await self.status(id),
            {
                **summary,
                "readIndex": 0,
                "runIndex": 0,
                "pid": None,
                "startedAt": None,
                "uptime": None,
                "exit": None,
                "restarts": {"count": 0, "window": None, "nextAt": None, "givenUp": None},
                "usage": None,
                "responds": None,
                "limits": {"memoryBytes": None, "cpuPercent": None},
                "installed": None,
                "needsInstall": False,
                "job": None,
                "runPorts": None,
                "console": "stdin",
            },
        )
        await self.refused(409, "server_exists", "server_create", type="shell", server=id)

    async def test_createIsRefused(self) -> None:
        """What is wrong with the options is pointed at, all of it, and nothing is made."""
        id = self.newId()
        await self.refused(404, "no_such_type", "server_create", type="none", server=id)
        problem = await self.refused(
            400,
            "bad_request",
            "server_create",
            type="shell",
            server=id,
            options={"level": 10, "script": "", "port": "x", "none": 1},
        )
        self.assertEqual(
            sorted(e["pointer"] for e in problem["errors"]),
            ["/options", "/options/level", "/options/port"],
        )
        problem = await self.refused(
            400, "bad_request", "server_create", type="shell", server=id, options={"script": ""}
        )
        self.assertEqual([e["pointer"] for e in problem["errors"]], ["/options/script"])
        problem = await self.refused(
            400,
            "bad_request",
            "server_create",
            type="polite",
            server=id,
            options={"motd": " no ini file can hold this "},
        )
        self.assertEqual([e["pointer"] for e in problem["errors"]], ["/options/motd"])
        problem = await self.refused(
            409, "spawn_failed", "server_create", type="lacking", server=id
        )
        self.assertIn("no-such-program-anywhere", problem["detail"])
        self.assertIn("apt install luck", problem["detail"])
        await self.refused(404, "no_such_server", "server_status", server=id)

    async def test_createRace(self) -> None:
        """Of many who make a server of one id at once, one does."""
        id = self.newId()
        fields = {"type": "shell", "server": id}
        answers = await gatherResults(
            [Deferred.fromCoroutine(self.send("server_create", fields)) for _ in range(8)]
        )
        self.assertEqual(sorted(a.status for a in answers), [200] + [409] * 7)

    async def test_ports(self) -> None:
        """No two servers of a daemon have one port."""
        first = await self.server(port=40001)
        id = self.newId()
        options = {"port": 40001}
        await self.refused(
            409, "port_in_use", "server_create", type="shell", server=id, options=options
        )
        second = await self.server(port=40002)
        await self.refused(
            409, "port_in_use", "server_settings", server=second, settings={"port": 40001}
        )
        await self.call("server_settings", server=first, settings={"port": 40001})
        await self.call("server_destroy", server=first)
        await self.call("server_settings", server=second, settings={"port": 40001})

    async def test_portsNamed(self) -> None:
        """Each port that is another server's is pointed at, and that server is named."""
        ports: Any = {"port": freePort(), "query": freePort()}
        first = await self.server(type="two-ports", **ports)
        options = {"port": ports["query"], "query": ports["port"]}
        problem = await self.refused(
            409, "port_in_use", "server_create", type="two-ports", server="x", options=options
        )
        said = f"{ports['query']} (UDP) is used by the server {first}"
        number = re.fullmatch(rf"Port {re.escape(said)}\. (\d+) is free\.", problem["detail"])
        assert number is not None, problem["detail"]
        values = {
            "port": ports["query"],
            "protocols": ["udp"],
            "server": first,
            "free": int(number[1]),
        }
        self.assertEqual(problem["cause"], {"code": "port_in_use", "values": values})
        self.assertEqual(
            [each["pointer"] for each in problem["errors"]], ["/options/port", "/options/query"]
        )
        self.assertEqual(problem["errors"][0]["detail"], f"{said}; {number[1]} is free")
        said = f"{ports['port']} (UDP) is used by the server {first}"
        other = re.fullmatch(rf"{re.escape(said)}; (\d+) is free", problem["errors"][1]["detail"])
        assert other is not None, problem["errors"]
        self.assertEqual(len({number[1], other[1], *map(str, ports.values())}), 4)
        options = {"port": int(number[1]), "query": int(other[1])}
        await self.server(type="two-ports", **options)
        second = await self.server(port=freePort())
        problem = await self.refused(
            409, "port_in_use", "server_settings", server=second, settings={"port": ports["port"]}
        )
        self.assertEqual([e["pointer"] for e in problem["errors"]], ["/settings/port"])
        self.assertIn(first, problem["errors"][0]["detail"])

    async def test_portsOfUnseenServers(self) -> None:
        """Who may not see the other server is not told which it is."""
        port = freePort()
        await self.server(port=port)
        name, secret = self.newId(), secrets.token_hex(20)
        await self.call("user_create", username=name, password=secret, create=True)
        token = (await self._login(name, secret)).json["accessToken"]
        fields = {"type": "shell", "server": "x", "options": {"port": port}}
        answer = await self.send("server_create", fields, token)
        self.assertEqual((answer.status, answer.json["code"]), (409, "port_in_use"))
        said = f"{port} (TCP) is used by another server"
        found = re.fullmatch(rf"Port {re.escape(said)}\. \d+ is free\.", answer.json["detail"])
        self.assertTrue(found, answer.json["detail"])
        self.assertIsNone(answer.json["cause"]["values"]["server"])
        [error] = answer.json["errors"]
        self.assertEqual(error["pointer"], "/options/port")
        self.assertTrue(re.fullmatch(rf"{re.escape(said)}; \d+ is free", error["detail"]))

    async def test_portsProposed(self) -> None:
        """The form for a new server proposes ports that nobody has, each another."""
        first = await self.proposed()
        self.assertLess(first["port"], first["query"])
        await self.server(type="two-ports", **first)
        second = await self.proposed()
        self.assertEqual(set(first.values()) & set(second.values()), set())
        with socket.socket() as other:
            other.bind(("127.0.0.1", second["port"]))
            third = await self.proposed()
        self.assertLess(second["port"], third["port"])
        await self.server(type="two-ports", **second)
        self.assertIsNone(
            next(
                option["value"]
                for option in (await self.call("server_create_options", type="shell"))["options"]
                if option["name"] == "port"
            )
        )

    async def proposed(self) -> Any:
        """The ports that the form for a new server proposes."""
        answer = await self.call("server_create_options", type="two-ports")
        return {option["name"]: option["value"] for option in answer["options"]}

    async def test_destroy(self) -> None:
        """Only what does not run is destroyed; its id is free at once."""
        id = await self.started()
        await self.refused(409, "not_stopped", "server_destroy", server=id)
        await self.call("server_kill", server=id)
        await self.untilStatus(id, "stopped")
        self.assertEqual(await self.call("server_destroy", server=id, deleteFiles=True), {})
        await self.refused(404, "no_such_server", "server_status", server=id)
        await self.call("server_create", type="shell", server=id)
        self.assertEqual((await self.status(id))["readIndex"], 0)

    async def test_statusOfAll(self) -> None:
        """One call tells of all servers what each one's own tells."""
        id = await self.started()
        await self.untilStatus(id, "running")
        all = {s["server"]: s for s in (await self.call("server_status"))["servers"]}
        one = await self.status(id)
        for key in ("pid", "status", "startedAt", "type", "runIndex"):
            self.assertEqual(all[id][key], one[key])
        self.assertEqual(set(all[id]), set(one))

    # One server.

    async def test_runs(self) -> None:
        """It starts, prints, answers a command, and ends by a kill."""
        id = await self.started("echo hello; exec cat")
        await self.untilLog(id, "hello\n")
        status = await self.untilStatus(id, "running")
        self.assertTrue(os.path.exists(f"/proc/{status['pid']}"))
        # It prints before it becomes another program.
        program = Path(f"/proc/{status['pid']}/cmdline")
        await until(reactor, lambda: program.read_text() == "cat\0", "cat")
        self.assertEqual(await self.call("server_cmd", server=id, command="pïng\t"), {})
        await self.untilLog(id, "pïng\t\n")
        self.assertEqual(await self.call("server_kill", server=id), {"status": "stopping"})
        status = await self.untilStatus(id, "stopped")
        self.assertEqual((status["exit"]["code"], status["exit"]["signal"]), (143, "TERM"))
        self.assertEqual((status["pid"], status["uptime"], status["usage"]), (None, None, None))
        for name in ("server_kill", "server_force_kill", "server_stop"):
            await self.refused(409, "not_running", name, server=id)
        await self.refused(409, "not_running", "server_cmd", server=id, command="x")

    async def test_killedAtOnce(self) -> None:
        """A signal that comes before the game does is not lost on the way."""
        id = await self.server("exec cat")
        for _ in range(5):
            await self.call("server_start", server=id)
            await self.call("server_kill", server=id)
            status = await self.untilStatus(id, "stopped")
            self.assertEqual(status["exit"]["signal"], "TERM")

    async def test_usage(self) -> None:
        """While it runs, one can see what it uses."""
        id = await self.started("while :; do :; done")
        await self.untilStatus(id, "running")
        end = time.monotonic() + patience
        while time.monotonic() < end:
            status = await self.status(id)
            # It may be looked at when it has hardly begun.
            if status["usage"] and status["usage"]["memoryBytes"] > 100_000:
                break
            await deferLater(reactor, 0.1)
        self.assertEqual(status["usage"]["processes"], 1)
        self.assertLess(100_000, status["usage"]["memoryBytes"])
        await self.call("server_force_kill", server=id)
        await self.untilStatus(id, "stopped")

    async def test_startTwice(self) -> None:
        """One server is one process, however many start it."""
        id = await self.server("echo once; exec cat")
        answers = await gatherResults(
            [Deferred.fromCoroutine(self.send("server_start", {"server": id})) for _ in range(8)]
        )
        self.assertEqual(sorted(a.status for a in answers), [200] + [409] * 7)
        self.assertEqual({a.json["code"] for a in answers if a.status == 409}, {"already_running"})
        await self.untilLog(id, "once")
        chunk = await self.call("server_log", server=id)
        self.assertEqual(chunk["data"], "once\n")

    async def test_startFails(self) -> None:
        """What can't be started says why, and is failed."""
        id = await self.server(type="broken-start")
        answer = await self.send("server_start", {"server": id})
        self.assertEqual((answer.status, answer.json["code"]), (409, "spawn_failed"))
        self.assertIn("no-such-program-anywhere", answer.json["detail"])
        # Waiting does not help.
        self.assertIsNone(answer.header("Retry-After"))
        status = await self.status(id)
        self.assertEqual(status["status"], "failed")
        self.assertIn("no-such-program-anywhere", status["exit"]["reason"])
        self.assertIsNone(status["exit"]["code"])

    async def test_portTaken(self) -> None:
        """A port that another program of the host has is told at the start; nothing runs."""
        port = freePort()
        with socket.socket() as other:
            other.bind(("127.0.0.1", port))
            other.listen()
            id = await self.server("echo up; exec cat", port=port)
            told = f"Port {port} (TCP) is taken by another program of this host."
            problem = await self.refused(409, "spawn_failed", "server_start", server=id)
            self.assertEqual(problem["detail"], told)
            status = await self.status(id)
            self.assertEqual((status["status"], status["pid"]), ("failed", None))
            self.assertEqual((status["exit"]["reason"], status["readIndex"]), (told, 0))
        await self.call("server_start", server=id)
        await self.untilStatus(id, "running")

    async def test_portTakenByWhatIsLeft(self) -> None:
        """A port that only what an earlier run has left has is free at the next start."""
        port = freePort()
        listen = (
            f"import socket; s = socket.create_server(('127.0.0.1', {port})); "
            "print('up', flush=True); s.accept()"
        )
        script = f'(setsid python3 -c "{listen}" &); read -r x; exit 0'
        id = await self.started(script, port=port)
        await self.untilLog(id, "up\n")
        await self.call("server_cmd", server=id, command="end")
        await self.untilStatus(id, "stopped")
        await self.call("server_start", server=id)
        await self.untilLog(id, "up\nup\n")

    async def test_ready(self) -> None:
        """It is starting until its ready line has come."""
        id = await self.started(type="slow")
        await self.untilLog(id, "loading")
        self.assertEqual((await self.status(id))["status"], "starting")
        await self.call("server_cmd", server=id, command="go")
        await self.untilStatus(id, "running")

    async def test_endsBeforeReady(self) -> None:
        """An end before it was ready is a failed start, told in the game's own words."""
        script = "echo before; printf 'no such \\033[31mmap\\033[0m\\n'; exit 0"
        id = await self.server(script, type="telling")
        reason = (
            "ended before it was ready, exit code 0; the game's last lines:\n"
            "| before\n| no such map"
        )
        await self.call("server_settings", server=id, settings={"restartFirstDelay": 600})
        await self.call("server_start", server=id)
        status = await self.untilStatus(id, "waiting")
        self.assertEqual((status["exit"]["reason"], status["exit"]["code"]), (reason, 0))
        self.assertEqual(status["restarts"]["count"], 1)
        await self.call("server_settings", server=id, settings={"restartFirstDelay": 0})
        status = await self.untilStatus(id, "failed")
        self.assertEqual(status["exit"]["reason"], reason)
        self.assertEqual(status["restarts"]["givenUp"], "it ended 2 times within 10 minutes")
        self.assertEqual(await self.call("server_start", server=id), {"status": "starting"})

    async def test_endsRightAfterReady(self) -> None:
        """One that was ready has not failed to start, however soon it ends."""
        id = await self.started("echo READY; exit 0", type="telling")
        status = await self.untilStatus(id, "stopped", "failed")
        self.assertEqual(status["exit"]["reason"], "ended by itself, exit code 0")

    async def test_saysThatItFailed(self) -> None:
        """One that says that it can't start is stopped as its type says, and that is told."""
        script = "echo FATAL: no map; echo more; read -r x; echo got $x; exit 0"
        id = await self.server(script, type="telling")
        await self.call("server_settings", server=id, settings={"restart": "never"})
        await self.call("server_start", server=id)
        status = await self.untilStatus(id, "failed")
        self.assertEqual(
            status["exit"]["reason"], "the start failed; the game said:\n| FATAL: no map"
        )
        self.assertIn("got quit", (await self.call("server_log", server=id))["data"])
        await self.call("server_settings", server=id, settings={"script": "echo FATAL: x; exit 3"})
        await self.call("server_start", server=id)
        status = await self.untilStatus(id, "failed")
        self.assertIn("\n| FATAL: x", status["exit"]["reason"])

    async def test_opensItsPort(self) -> None:
        """One that holds its port soon after its ready line runs, whichever process does."""
        script = (
            "import os, signal, socket, time\n"
            "print('READY')\n"
            "if os.fork(): signal.pause()\n"
            "os.setsid()\n"
            "time.sleep(0.2)\n"
            "made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)\n"
            "made.bind(('127.0.0.1', int(os.environ['PORT'])))\n"
            "print('open')\n"
            "signal.pause()\n"
        )
        id = await self.started(script, type="harbour", port=freePort())
        status = await self.untilStatus(id, "running", "stopping", "failed")
        self.assertEqual(status["status"], "running")
        await self.untilLog(id, "open")

    async def test_opensNoPort(self) -> None:
        """One that says that it is ready and does not hold its port has failed to start."""
        port = freePort()
        script = "import signal; print('READY'); signal.pause()"
        id = await self.server(script, type="harbour", port=port)
        await self.call("server_settings", server=id, settings={"restart": "never"})
        await self.call("server_start", server=id)
        status = await self.untilStatus(id, "running", "failed")
        self.assertEqual(status["status"], "failed")
        self.assertEqual(
            (status["exit"]["reason"], status["exit"]["signal"]),
            (
                f"Port {port} (TCP and UDP) was not opened within 5 s of the ready line. "
                "(The type of a game that opens none says needs_port = false.)",
                "TERM",
            ),
        )

    async def test_endsBeforeItsPort(self) -> None:
        """One that ends after its ready line was ready, whether it had its port or not."""
        script = "import time; print('READY'); time.sleep(0.5)"
        id = await self.started(script, type="harbour", port=freePort())
        status = await self.untilStatus(id, "stopped", "failed", "waiting")
        self.assertEqual(status["exit"]["reason"], "ended by itself, exit code 0")

    async def test_stop(self) -> None:
        """It is stopped as its type says."""
        id = await self.started(type="polite")
        self.assertEqual(await self.call("server_stop", server=id), {"status": "stopping"})
        status = await self.untilStatus(id, "stopped")
        self.assertEqual(status["exit"]["code"], 0)
        self.assertIn("got quit", (await self.call("server_log", server=id))["data"])

    async def test_stopOneThatResists(self) -> None:
        """One that ignores its signal is killed in the end."""
        id = await self.started("trap '' TERM; echo deaf; while :; do sleep 1; done")
        await self.untilLog(id, "deaf")
        await self.call("server_stop", server=id)
        status = await self.untilStatus(id, "stopped")
        self.assertEqual(status["exit"]["signal"], "KILL")

    async def test_restart(self) -> None:
        """A restart is an end and a start; of what does not run, a start."""
        id = await self.server("echo run; exec cat")
        self.assertEqual(await self.call("server_restart", server=id), {"status": "starting"})
        first = (await self.untilStatus(id, "running"))["pid"]
        await self.untilLog(id, "run\n")
        self.assertEqual(await self.call("server_restart", server=id), {"status": "stopping"})
        await self.untilLog(id, "run\nrun\n")
        status = await self.untilStatus(id, "running")
        self.assertTrue(status["pid"] != first)
        self.assertEqual((status["runIndex"], status["readIndex"]), (4, 8))

    async def test_milliseconds(self) -> None:
        """Points in time are told to the millisecond, everywhere alike."""
        id = await self.server("echo x; exit 3")
        await self.call("server_settings", server=id, settings={"restartFirstDelay": 600})
        await self.call("server_start", server=id)
        status = await self.untilStatus(id, "waiting")
        events = (await self.call("event_list", server=id))["events"]
        running = await self.started("echo up; exec cat")
        await self.untilLog(running, "up")
        answers = {
            "server_status": await self.status(running),
            "waiting": status,
            "event_list": events,
            "audit_log": await self.call("audit_log"),
            "host_status": await self.call("host_status"),
            "server_log": await self.call("server_log", server=running, times=True),
        }
        names = {"at", "startedAt", "endedAt", "createdAt", "nextAt", "since", "lastSeen"}

        def times(value: Any) -> Iterator[float]:
            for each in value if isinstance(value, list) else ():
                yield from times(each)
            for name, each in value.items() if isinstance(value, dict) else ():
                if name in names and each is not None:
                    yield each
                elif name == "times":
                    yield from (at for _, at in each)
                else:
                    yield from times(each)

        for name, answer in answers.items():
            self.assertEqual([at for at in times(answer) if round(at, 3) != at], [], name)
            self.assertTrue(list(times(answer)), name)
        [told] = [each["data"]["nextAt"] for each in events if each["kind"] == "waiting"]
        self.assertTrue(abs(told - status["restarts"]["nextAt"]) <= 0.002)

    async def test_crash(self) -> None:
        """One that falls is started again, until that is hopeless."""
        id = await self.started("echo fall; exit 3")
        status = await self.untilStatus(id, "crashed")
        self.assertEqual(status["exit"]["code"], 3)
        self.assertEqual(status["restarts"]["givenUp"], "it ended 3 times within 10 minutes")
        given = {"code": "ended_too_often", "values": {"count": 3, "window": 600}}
        self.assertEqual(status["restarts"]["cause"], given)
        why = {"exit": {"code": "exit_code", "values": {"code": 3}}}
        self.assertEqual(status["exit"]["cause"], {"code": "ended_by_itself", "values": why})
        # Each reason is told as data, too, also of what has been stored.
        events = (await self.call("event_list", server=id))["events"]
        told = [each["data"] for each in events if "reason" in each["data"]]
        self.assertEqual(len(told), 4)
        for data in told:
            self.assertEqual(str(Cause(**data["cause"])), data["reason"])
        self.assertEqual((await self.call("server_log", server=id))["data"], "fall\n" * 3)

    async def test_waiting(self) -> None:
        """While it waits it tells until when, and a kill ends the waiting."""
        id = await self.server("exit 3")
        await self.call("server_settings", server=id, settings={"restartFirstDelay": 600})
        await self.call("server_start", server=id)
        status = await self.untilStatus(id, "waiting")
        self.assertLess(status["exit"]["at"] + 200, status["restarts"]["nextAt"])
        self.assertEqual(status["restarts"]["count"], 1)
        self.assertEqual(status["restarts"]["window"], 600)
        self.assertEqual(await self.call("server_kill", server=id), {"status": "stopped"})
        await self.call("server_start", server=id)
        await self.untilStatus(id, "waiting")
        self.assertEqual(await self.call("server_force_kill", server=id), {"status": "stopped"})
        await self.call("server_start", server=id)
        await self.untilStatus(id, "waiting")
        self.assertEqual(await self.call("server_destroy", server=id), {})

    async def test_forceKill(self) -> None:
        """Whatever belongs to it is killed, wherever it has gone."""
        script = (
            "trap '' TERM INT HUP; (setsid sleep 1000 & setsid sh -c 'cd /; sleep 1000' &); "
            "echo up; while :; do sleep 1; done"
        )
        id = await self.started(script)
        await self.untilLog(id, "up")
        self.assertEqual(await self.call("server_force_kill", server=id), {"status": "stopping"})
        await self.untilStatus(id, "stopped")
        await until(reactor, lambda: not _marked(id), "the end of all")

    async def test_forkedAway(self) -> None:
        """What has left its parent can be killed, and is ended before the next start."""
        id = await self.started("(setsid sleep 1000 &) ; exit 0")
        await self.untilStatus(id, "stopped")
        await until(reactor, lambda: len(_marked(id)) == 1)
        self.assertEqual(await self.call("server_force_kill", server=id), {"status": "stopping"})
        await until(reactor, lambda: not _marked(id), "the end of what was left")
        await self.refused(409, "not_running", "server_force_kill", server=id)
        await self.call("server_start", server=id)
        await self.untilStatus(id, "stopped")
        [left] = await until(reactor, lambda: len(found := _marked(id)) == 1 and found)
        await self.call("server_start", server=id)
        await until(reactor, lambda: left not in _marked(id), "the end of what was left")

    async def test_environment(self) -> None:
        """A child gets what it is promised, three descriptors, and nothing of the daemon."""
        id = await self.started(
            "env; ls -l /proc/$$/fd; grep NoNewPrivs /proc/self/status; ulimit -c"
        )
        await self.untilStatus(id, "stopped")
        data = (await self.call("server_log", server=id))["data"]
        lines = data.split("\ntotal", 1)[0].splitlines()
        variables = dict(line.split("=", 1) for line in lines if "=" in line)
        self.assertLessEqual(
            set(variables) - {"_", "OLDPWD", "SHLVL"},
            {"PATH", "HOME", "LANG", "TZ", "TERM", "PWD", "GAMEPANEL_SERVER"},
        )
        self.assertEqual(variables["GAMEPANEL_SERVER"], id)
        self.assertEqual(variables["HOME"], variables["PWD"])
        self.assertIn("/usr/games", variables["PATH"].split(":"))
        self.assertEqual(data.count(" -> "), 3 if "10 ->" not in data else 4)
        self.assertIn("NoNewPrivs:\t1", data)
        self.assertTrue(data.endswith("\n0\n"), data[-20:])

    # The log.

    async def test_logPages(self) -> None:
        """Pages of any size make up what was printed."""
        text = "áßç€😀\n" * 50
        id = await self.started(f"printf '{text[:7]}%.0s' $(seq 50)")
        await self.untilStatus(id, "stopped")
        for limit in (4, 5, 7, 1000, 262144):
            index, whole = 0, ""
            while True:
                chunk = await self.call("server_log", server=id, readIndex=index, limit=limit)
                self.assertEqual(chunk["oldReadIndex"], index)
                whole += chunk["data"]
                index = chunk["nextReadIndex"]
                if index == chunk["readIndex"]:
                    break
            self.assertEqual(whole, (text[:7]) * 50)

    async def test_logBase64(self) -> None:
        """base64 gives the bytes as they are."""
        id = await self.started("printf '\\000\\377\\033[1mx\\303'")
        await self.untilStatus(id, "stopped")
        chunk = await self.call("server_log", server=id, encoding="base64")
        self.assertEqual(base64.b64decode(chunk["data"]), b"\0\xff\x1b[1mx\xc3")
        chunk = await self.call("server_log", server=id)
        self.assertEqual((chunk["data"], chunk["nextReadIndex"]), ("\0\ufffd\x1b[1mx\ufffd", 8))

    async def test_logBeyondTheEnd(self) -> None:
        """Who is ahead of the end is told where it is."""
        id = await self.started("printf 12345")
        await self.untilStatus(id, "stopped")
        chunk = await self.call("server_log", server=id, readIndex=99)
        self.assertEqual(
            (chunk["oldReadIndex"], chunk["nextReadIndex"], chunk["readIndex"], chunk["data"]),
            (5, 5, 5, ""),
        )

    async def test_unfinishedCharacter(self) -> None:
        """Half a character waits for its rest, until the run has ended."""
        id = await self.started("printf 'a\\342\\202'; read -r x; printf '\\254'; exec cat")
        await self.untilLog(id, "a")
        chunk = await self.call("server_log", server=id)
        self.assertEqual((chunk["data"], chunk["nextReadIndex"]), ("a", 1))
        await self.call("server_cmd", server=id, command="")
        await self.untilLog(id, "a€")
        other = await self.started("printf 'a\\342\\202'")
        await self.untilStatus(other, "stopped")
        chunk = await self.call("server_log", server=other)
        self.assertEqual((chunk["data"], chunk["nextReadIndex"]), ("a\ufffd", 3))
        await self.call("server_settings", server=other, settings={"script": "printf '\\254b'"})
        await self.call("server_start", server=other)
        await self.untilStatus(other, "stopped")
        # What one run left unfinished, the next one does not complete.
        chunk = await self.call("server_log", server=other)
        self.assertEqual((chunk["data"], chunk["nextReadIndex"]), ("a\ufffd\ufffdb", 5))

    async def test_longPoll(self) -> None:
        """A client that waits is answered as soon as there is something, or empty."""
        id = await self.started("read -r x; echo now; exec cat")
        chunk = await self.call("server_log", server=id, wait=0.05)
        self.assertEqual((chunk["data"], chunk["readIndex"]), ("", 0))
        waiting = Deferred.fromCoroutine(self.call("server_log", server=id, wait=30))
        await self.call("server_cmd", server=id, command="")
        self.assertEqual((await waiting)["data"], "now\n")

    async def test_times(self) -> None:
        """A client that asks is told when the log was read; others get no more than before."""
        before = time.time()
        id = await self.started("echo one; exec cat")
        await self.untilLog(id, "one")
        chunk = await self.call("server_log", server=id, times=True)
        [[index, at]] = chunk["times"]
        self.assertEqual(index, 0)
        self.assertTrue(before <= at <= time.time(), at)
        self.assertNotIn("times", await self.call("server_log", server=id))
        end = chunk["readIndex"]
        page = await self.call("server_log", server=id, readIndex=end, times=True)
        self.assertEqual((page["data"], page["times"]), ("", chunk["times"]))

    async def test_since(self) -> None:
        """Only what was read since a time is sent, and one can wait for it."""
        id = await self.started("echo one; exec cat")
        await self.untilLog(id, "one")
        [[_, at]] = (await self.call("server_log", server=id, times=True))["times"]
        for since, data in ((0, "one\n"), (at, "one\n"), (at + 2, "")):
            chunk = await self.call("server_log", server=id, since=since)
            self.assertEqual((chunk["data"], chunk["readIndex"]), (data, 4), since)
            self.assertEqual(chunk["nextReadIndex"], 4)
        while time.time() < at + 1.1:
            await deferLater(reactor, 0.1)
        waiting = Deferred.fromCoroutine(
            self.call("server_log", server=id, since=at + 1, wait=30, times=True)
        )
        await self.call("server_cmd", server=id, command="two")
        chunk = await waiting
        self.assertEqual((chunk["data"], chunk["oldReadIndex"]), ("two\n", 4))
        self.assertEqual([index for index, _ in chunk["times"]], [4])
        for index in (0, 1):
            fields = {"server": id, "since": at, "readIndex": index}
            problem = await self.refused(400, "bad_request", "server_log", **fields)
            self.assertEqual(problem["errors"][0]["pointer"], "/since")

    async def test_sinceInsideACharacter(self) -> None:
        """A part that begins inside a character begins with all of it."""
        script = r"printf 'x\303'; read -r x; printf '\244y'; exec cat"
        id = await self.started(script)
        while (await self.status(id))["readIndex"] < 2:
            await deferLater(reactor, 0.01)
        [[_, at]] = (await self.call("server_log", server=id, times=True))["times"]
        while time.time() < at + 1.1:
            await deferLater(reactor, 0.1)
        await self.call("server_cmd", server=id, command="")
        chunk = await self.call("server_log", server=id, since=at + 1, wait=30)
        self.assertEqual((chunk["data"], chunk["oldReadIndex"]), ("äy", 1))
        bare = await self.call("server_log", server=id, since=at + 1, encoding="base64")
        self.assertEqual(bare["oldReadIndex"], 2)

    async def test_longPollOfWhatIsDestroyed(self) -> None:
        """A client that waits for a server that is destroyed is told."""
        id = await self.server()
        waiting = Deferred.fromCoroutine(self.send("server_log", {"server": id, "wait": 30}))
        await self.call("server_destroy", server=id)
        self.assertEqual((await waiting).json["code"], "no_such_server")

    async def test_longPollAfterLogout(self) -> None:
        """A token that ends takes its long polls along."""
        id = await self.server()
        token = (await self._login("admin", self.password)).json["accessToken"]
        waiting = Deferred.fromCoroutine(self.send("server_log", {"server": id, "wait": 30}, token))
        await self.send("logout", {}, token)
        self.assertEqual((await waiting).json["code"], "token_invalid")

    async def test_overrun(self) -> None:
        """Of what is gone, exactly so many bytes are told; the newest MiB is kept."""
        id = await self.started("yes 0123456 | head -c 3000000")
        await self.untilStatus(id, "stopped")
        chunk = await self.call("server_log", server=id, limit=8)
        self.assertEqual(chunk["readIndex"], 3000000)
        self.assertLess(chunk["oldReadIndex"], 3000000 - 1048576 + 1)
        at = chunk["oldReadIndex"] % 8
        self.assertEqual(chunk["data"], ("0123456\n" * 2)[at : at + 8])

    # Commands.

    async def test_commandLimits(self) -> None:
        """A line is whole in the pipe, up to its limit, or refused."""
        id = await self.started("exec cat")
        line = "é" * 2047 + "x"
        await self.call("server_cmd", server=id, command=line)
        await self.untilLog(id, line + "\n")
        problem = await self.refused(
            400, "bad_request", "server_cmd", server=id, command="é" * 2048
        )
        self.assertEqual(problem["errors"][0]["pointer"], "/command")
        await self.call("server_cmd", server=id, command="")

    async def test_stdinFull(self) -> None:
        """One that does not read is told of; no line is ever torn."""
        id = await self.started("read -r x; sleep 1000 & wait; cat")
        await self.untilStatus(id, "running")
        line = "x" * 1000
        sent = 0
        with self.assertRaises(Refused) as caught:  # type: ignore[attr-defined]
            for _ in range(100):
                await self.call("server_cmd", server=id, command=line)
                sent += 1
        self.assertEqual(caught.exception.code, "stdin_full")
        # It is small where an ordinary user has many. No line is in two of its pages.
        status = await self.status(id)
        stdin = os.open(f"/proc/{status['pid']}/fd/0", os.O_RDONLY | os.O_NONBLOCK)
        self.addCleanup(os.close, stdin)  # type: ignore[attr-defined]
        size = fcntl.fcntl(stdin, fcntl.F_GETPIPE_SZ)
        self.assertLess(size // len(line) * 3 // 4, sent)
        self.assertEqual(status["status"], "running")
        await self.call("server_force_kill", server=id)
        await self.untilStatus(id, "stopped")

    async def test_stdinClosed(self) -> None:
        """One that has closed its console, or reads something else, can't be told anything."""
        for stdin in ("&-", "/dev/null"):
            id = await self.started(f"exec 0<{stdin}; echo closed; exec sleep 1000")
            await self.untilLog(id, "closed")
            await self.untilStatus(id, "running")
            await self.refused(409, "stdin_closed", "server_cmd", server=id, command="x")

    async def test_noConsole(self) -> None:
        """A game without a console takes no commands, and its status says so."""
        self.putType(
            "deaf",
            'title = "Deaf"\n[run]\ncommand = ["sh", "-c", "exec sleep 1000"]\n'
            '[console]\nkind = "none"\n',
        )
        id = await self.server(type="deaf")
        self.assertEqual((await self.status(id))["console"], "none")
        await self.call("server_start", server=id)
        await self.untilStatus(id, "running")
        self.assertEqual((await self.status(id))["console"], "none")
        problem = await self.refused(
            409, "console_unavailable", "server_cmd", server=id, command="x"
        )
        self.assertIn("has no console", problem["detail"])

    async def test_encoding(self) -> None:
        """A log is shown as the text that it is in the game's encoding; raw bytes stay raw."""
        said, word = "Привет, мир", "ладно"
        octal = "".join(f"\\{byte:03o}" for byte in said.encode("cp1251"))
        self.putType(
            "cyrillic",
            f"title = 'T'\n[run]\ncommand = ['sh', '-c', 'printf \"{octal}\\n\"; exec cat']\n"
            "[console]\nencoding = 'cp1251'\n",
        )
        id = await self.started(type="cyrillic")
        await self.untilLog(id, said)
        await self.call("server_cmd", server=id, command=word)
        await self.untilLog(id, f"{word}\n")
        raw = await self.call("server_log", server=id, encoding="base64")
        self.assertEqual(base64.b64decode(raw["data"]).decode("cp1251"), f"{said}\n{word}\n")
        problem = await self.refused(400, "bad_request", "server_cmd", server=id, command="日本")
        self.assertEqual(problem["errors"][0]["pointer"], "/command")

    # Settings.

    async def test_appearance(self) -> None:
        """Lists say by what a server is recognised, and which ports it wants as it is set now."""
        self.putType(
            "seen",
            'title = "Seen from afar"\nicon = "train"\n'
            '[[options]]\nname = "port"\ntype = "port"\nprotocol = "udp"\ndefault = 20100\n'
            '[[options]]\nname = "query"\ntype = "port"\nport = {of = "port", plus = 1}\n'
            '[run]\ncommand = ["sh"]\n',
        )
        id = await self.server(type="seen", port=20200)
        changed = await self.call(
            "server_settings", server=id, settings={"tags": "club eu-1", "port": 20300}
        )
        self.assertIn("club eu-1", [each["value"] for each in changed["settings"]])
        expected = {
            "typeTitle": "Seen from afar",
            "icon": "train",
            "tags": ["club", "eu-1"],
            "ports": [
                {"name": "port", "port": 20300, "protocol": "udp"},
                {"name": "query", "port": 20301, "protocol": "both"},
            ],
        }
        self.assertEqual(await self.appearances(id), [expected] * 3)
        for tags in ("Club", "a  b", " a", "x" * 21, " ".join("abcdefghi"), "ä"):
            problem = await self.refused(
                400, "bad_request", "server_settings", server=id, settings={"tags": tags}
            )
            self.assertEqual(problem["errors"][0]["pointer"], "/settings/tags", tags)
        os.remove(os.path.join(self.state, "types", "seen.toml"))
        await self.call("server_create_options")
        lost = {"typeTitle": "seen", "icon": "", "tags": ["club", "eu-1"], "ports": []}
        self.assertEqual(await self.appearances(id), [lost] * 3)

    async def appearances(self, id: str) -> list[dict[str, Any]]:
        """What is told of a server's appearance, in the list and in both kinds of status."""
        lists = [(await self.call(name))["servers"] for name in ("server_list", "server_status")]
        found = [server for servers in lists for server in servers if server["server"] == id]
        names = ("typeTitle", "icon", "tags", "ports")
        return [{name: each[name] for name in names} for each in (*found, await self.status(id))]

    async def test_settings(self) -> None:
        """Settings are read and set, all or none, and apply at the next start."""
        id = await self.server("echo $HOME", secret="hidden", fixed="so")
        first = (await self.call("server_settings", server=id))["settings"]
        byName = {s["name"]: s for s in first}
        self.assertEqual(
            [s["name"] for s in first][:8],
            [
                *("description", "autostart", "restart", "restartFirstDelay"),
                *("restartMaxDelay", "restartGiveUpAfter", "restartWindow"),
                "restartWhenHung",
            ],
        )
        self.assertEqual(
            (byName["restart"]["value"], byName["restart"]["type"]), ("on-failure", "enum")
        )
        self.assertEqual((byName["secret"]["value"], byName["fixed"]["value"]), (None, "so"))
        problem = await self.refused(
            400,
            "bad_request",
            "server_settings",
            server=id,
            settings={"level": 7, "restart": "perhaps", "autostart": 1},
        )
        self.assertEqual(
            sorted(e["pointer"] for e in problem["errors"]),
            ["/settings/autostart", "/settings/restart"],
        )
        await self.refused(409, "readonly", "server_settings", server=id, settings={"fixed": "no"})
        changed = await self.call(
            "server_settings",
            server=id,
            settings={"level": 7, "restart": "never", "description": "New", "autostart": True},
        )
        values = {s["name"]: s["value"] for s in changed["settings"]}
        self.assertEqual((values["level"], values["restart"]), (7, "never"))
        self.assertEqual((await self.status(id))["description"], "New")
        changed = await self.call("server_settings", server=id, settings={"level": None})
        self.assertEqual({s["name"]: s["value"] for s in changed["settings"]}["level"], 5)
        # Who sends back what is there changes nothing.
        await self.call("server_settings", server=id, settings={"restart": "never"})
        await self.call("server_settings", server=id, settings={"port": 20400})
        told = (await self.call("event_list", server=id, kinds=["changed"]))["events"]
        self.assertEqual(
            [each["data"] for each in told],
            [
                {"by": "admin", "settings": [*("description", "autostart", "restart", "level")]},
                {"by": "admin", "settings": ["level"]},
                {"by": "admin", "settings": ["port"]},
            ],
        )

    async def test_configFile(self) -> None:
        """A configuration file is written before each start."""
        id = await self.started(type="polite", motd="Grüß Gott")
        await self.untilStatus(id, "running")
        file = Path(self.state, "servers", id, "files/conf/game.ini")
        self.assertEqual(file.read_text(), "[game]\nmotd = Grüß Gott\n")

    # The stream.

    async def test_streamIsRefused(self) -> None:
        """What is wrong with a stream's request is told as everywhere."""
        id = await self.server()
        auth = {"Authorization": f"Bearer {self.token}"}
        for query, headers, status in (
            (f"?server={id}", {}, 403),
            ("", auth, 400),
            (f"?server={id}&readIndex=-1", auth, 400),
            (f"?server={id}&readIndex=x", auth, 400),
            (f"?server={id}&server={id}", auth, 400),
            (f"?server={id}&x=1", auth, 400),
            (f"?server={id}&accessToken={self.token}", {}, 403),
            (f"?server={id}", {**auth, "Last-Event-ID": "x"}, 400),
            ("?server=none", auth, 404),
        ):
            answer = await self.raw("GET", "server_log_stream" + query, headers=headers)
            self.assertEqual(answer.status, status, (query, answer.body))


def _marked(id: str) -> set[int]:
    """The processes that carry a server's mark."""
    found = set()
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{pid}/environ", "rb") as file:
                mine = f"GAMEPANEL_SERVER={id}".encode() in file.read().split(b"\0")
        except OSError:
            continue
        if mine:
            found.add(int(pid))
    return found


class InMemoryTests(ApiTests, TestCase):
    """The API without a socket."""

    def setUp(self) -> None:
        self.inMemory = InMemoryPanel(password=password)
        self.state = self.inMemory.state
        self.http = StubTreq(self.inMemory.root)
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


class OverSocketTests(ApiTests, TestCase):
    """The API of a real daemon."""

    def setUp(self) -> None:
        self.daemon = Daemon()
        self.state = self.daemon.state
        self.token = self.daemon.start().token
        self.password = self.daemon.password
        self.base = self.daemon.base
        self.pool = HTTPConnectionPool(reactor, persistent=True)
        self.http = HTTPClient(Agent(reactor, pool=self.pool))

    def tearDown(self) -> Any:
        return Deferred.fromCoroutine(self.end())

    async def end(self) -> None:
        await self.pool.closeCachedConnections()
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
