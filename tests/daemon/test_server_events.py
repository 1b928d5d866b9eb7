"""What happens to servers is stored, also when the daemon is killed while it happens."""

import contextlib
import itertools
import json
import os
import random
import sqlite3
import time
from pathlib import Path
from typing import Any, Final

from twisted.trial.unittest import SynchronousTestCase

from tests.support import Client, Daemon, Refused, typesForTests

rounds = int(os.environ.get("GAMEPANEL_SOAK", "6"))
"""How many times the daemon is killed; C{make soak} asks for more."""

flaps = "echo run >>runs; trap 'exit 0' TERM; sleep 0.1 & wait $!; exit 3"
"""A server that crashes soon, unless it is stopped before."""

stays = "echo run >>runs; trap 'exit 0' TERM; sleep 1000 & wait $!; exit 3"
"""A server that runs until it is stopped."""

patient: Final = typesForTests["shell"].replace("patience = 0.5", "patience = 60")

follows: Final = {
    "created": {"starting"},
    # It begins anew when the daemon was killed before there was a process.
    "starting": {"starting", "ready", "stopping", "stopped", "failed", "crashed"},
    "ready": {"stopping", "stopped", "crashed"},
    "stopping": {"stopped"},
    "stopped": {"starting", "destroyed"},
    "crashed": {"waiting", "given_up"},
    "failed": {"starting", "waiting", "given_up"},
    "waiting": {"starting", "stopped"},
    "given_up": {"starting"},
}
"""What may come next in the life of a server."""


class ServerEventTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.daemon = Daemon(())
        self.addCleanup(self.daemon.cleanUp)
        self.client: Client = self.daemon.start()

    def create(self, id: str, script: str, type: str = "shell") -> None:
        """Make a server that runs a script."""
        self.client("server_create", type=type, server=id, options={"script": script})

    def events(self, **fields: Any) -> list[Any]:
        """All that has happened, in its order."""
        found: list[Any] = []
        while page := self.client(
            "event_list", after=found[-1]["event"] if found else 0, limit=1000, **fields
        )["events"]:
            found += page
        return found

    def kinds(self, server: str, count: int) -> list[str]:
        """What happened to a server, once so much has."""
        self.client.wait(lambda: len(self.events(server=server)) >= count, f"{count} events")
        return [event["kind"] for event in self.events(server=server)]

    def test_life(self) -> None:
        """A life is told with who asked for what, and what nobody asked for."""
        self.create("a", "exit 3")
        self.client("server_start", server="a")
        self.client.until("a", "crashed")
        crash = ["starting", "ready", "crashed"]
        self.assertEqual(
            self.kinds("a", 13),
            ["created", *crash, "waiting", *crash, "waiting", *crash, "given_up"],
        )
        events = self.events(server="a")
        by = [event["data"]["by"] for event in events if event["kind"] == "starting"]
        self.assertEqual(by, ["admin", None, None])
        reason = "ended by itself, exit code 3"
        exit = {"code": "exit_code", "values": {"code": 3}}
        cause = {"code": "ended_by_itself", "values": {"exit": exit}}
        told = {"code": 3, "signal": None, "reason": reason, "cause": cause}
        self.assertEqual(events[3]["data"], told)
        self.assertGreater(events[4]["data"]["nextAt"], events[4]["at"])
        cause = {"code": "ended_too_often", "values": {"count": 3, "window": 600.0}}
        reason = "it ended 3 times within 10 minutes"
        self.assertEqual(events[-1]["data"], {"reason": reason, "cause": cause})

    def test_stop(self) -> None:
        """A stop is told with who asked for it, and goes on under the next daemon."""
        Path(self.daemon.state, "types/patient.toml").write_text(patient)
        self.create("a", stays, "patient")
        self.client("server_start", server="a")
        self.client.until("a", "running")
        self.daemon.kill()
        self.client = self.daemon.start()
        self.client("server_stop", server="a")
        self.client.until("a", "stopped")
        self.assertEqual(
            self.kinds("a", 5), ["created", "starting", "ready", "stopping", "stopped"]
        )
        stopped = self.events(server="a")[-1]["data"]
        self.assertEqual((stopped["by"], stopped["signal"]), ("admin", None))

    def test_destroyed(self) -> None:
        """What happened right before a server was destroyed is told before that."""
        self.create("a", "exit 0")
        self.client("server_start", server="a")
        self.client.until("a", "stopped")
        self.client("server_destroy", server="a")
        self.client.wait(lambda: self.events(kinds=["destroyed"]), "its end")
        kinds = [event["kind"] for event in self.events() if event["server"] == "a"]
        self.assertEqual(kinds, ["created", "starting", "ready", "stopped", "destroyed"])

    def ask(self, server: str) -> None:
        """Ask for something that it may not be able to do."""
        name = random.choice(["server_start", "server_stop", "server_restart", "server_kill"])
        with contextlib.suppress(Refused):
            self.client(name, server=server)

    def test_killed(self) -> None:
        """
        Killed at random moments while servers start, crash and stop: every event is there
        once, in its order, and numbered without a gap.
        """
        servers = {"flaps": flaps, "stays": stays}
        for id, script in servers.items():
            self.create(id, script)
        for _ in range(rounds):
            for _ in range(random.randrange(1, 8)):
                self.ask(random.choice(list(servers)))
            time.sleep(random.uniform(0, 0.15))
            self.daemon.kill()
            token = self.client.token
            self.client = self.daemon.start(login=False)
            self.client.token = token
        for id in servers:
            with contextlib.suppress(Refused):
                self.client("server_stop", server=id)
            self.client.until(id, "stopped", "crashed")
        # The last are stored before the daemon ends.
        self.daemon.end()
        self.client = self.daemon.start()
        events = self.events()
        self.assertEqual([event["event"] for event in events], list(range(1, len(events) + 1)))
        for id in servers:
            self.check(id, [event for event in events if event["server"] == id])

    def check(self, id: str, events: list[Any]) -> None:
        """What happened to one server makes sense, and nothing is missing."""
        kinds = [event["kind"] for event in events]
        for before, after in itertools.pairwise(kinds):
            self.assertIn(after, follows[before], kinds)
        ends = [event for event in events if event["data"].get("code") is not None]
        directory = Path(self.daemon.state, "servers", id)
        # Killed at unlucky moments it never came as far as that.
        path = directory / "files" / "runs"
        runs = path.read_text().count("run") if path.exists() else 0
        self.assertGreaterEqual(len(ends), runs)
        self.assertGreaterEqual(kinds.count("starting"), runs)
        with contextlib.closing(
            sqlite3.connect(Path(self.daemon.state, "gamepanel.sqlite"))
        ) as store:
            [(stored,)] = store.execute(
                "SELECT number FROM eventsStored JOIN servers USING (creation) WHERE id = ?", (id,)
            )
        # All but its creation have numbers of its own.
        self.assertEqual(stored, len(events) - 1)
        life = json.loads((directory / "life").read_text())
        self.assertEqual(life["eventNumber"], stored)
