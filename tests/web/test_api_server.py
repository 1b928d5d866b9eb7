"""The contract: one server: starts, stops, ends."""

import os
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from twisted.internet.defer import Deferred, gatherResults
from twisted.internet.task import deferLater

from gamepanel.wire.causes import Cause
from tests.support import freePort, patience, until
from tests.web.apicase import ApiCase, InMemory, OverSocket, reactor


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


class ServerTests(ApiCase):
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


class InMemoryTests(ServerTests, InMemory):
    """Without a socket."""


class OverSocketTests(ServerTests, OverSocket):
    """Against a real daemon."""
