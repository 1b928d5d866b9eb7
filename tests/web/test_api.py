"""The contract: conventions and logins."""

import json

from twisted.internet.defer import Deferred, gatherResults

from gamepanel.wire.proof import solve
from tests.web.apicase import ApiCase, InMemory, OverSocket


class ConventionsTests(ApiCase):
    async def test_unknownPaths(self) -> None:
        """Names are matched exactly: anything else is 404."""
        for path in (
            "x",
            "panel",
            "panel/",
            "panel/__init__.py",
            "panel/../app.js",
            "panel/vendor/htm.js",
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


class InMemoryTests(ConventionsTests, InMemory):
    """Without a socket."""

    async def test_leaving(self) -> None:
        """A daemon that is about to end takes no more requests."""
        self.inMemory.directory.ending.tell(None)
        await self.refused(503, "shutting_down", "server_list")


class OverSocketTests(ConventionsTests, OverSocket):
    """Against a real daemon."""

    # Failed logins slow down those that follow.
    alone = ("test_badLogins",)
