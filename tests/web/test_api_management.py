"""The contract: types, and servers that are made and destroyed."""

import re
import secrets
import socket
from typing import Any

from twisted.internet.defer import Deferred, gatherResults

from tests.support import freePort
from tests.web.apicase import ApiCase, InMemory, OverSocket


class ManagementTests(ApiCase):
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


class InMemoryTests(ManagementTests, InMemory):
    """Without a socket."""


class OverSocketTests(ManagementTests, OverSocket):
    """Against a real daemon."""
