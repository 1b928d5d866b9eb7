"""The contract: the log, commands, settings and streams of a server."""

import base64
import fcntl
import os
import time
from pathlib import Path
from typing import Any

from twisted.internet.defer import Deferred
from twisted.internet.task import deferLater

from tests.support import Refused
from tests.web.apicase import ApiCase, InMemory, OverSocket, reactor


class ConsoleTests(ApiCase):
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


class InMemoryTests(ConsoleTests, InMemory):
    """Without a socket."""


class OverSocketTests(ConsoleTests, OverSocket):
    """Against a real daemon."""
