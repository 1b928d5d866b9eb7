"""What is told of a server is encoded once, and anew as soon as it changes."""

import json
from typing import Any

from gamepanel.games.parsing import parse
from gamepanel.process.usage import Usage
from gamepanel.servers.settings import Settings
from gamepanel.servers.view import viewOf
from gamepanel.web.api.overview import statuses, summaries
from tests.servers.test_game_server import GameServerCase, definition


class PiecesTests(GameServerCase):
    def setUp(self) -> None:
        super().setUp()
        self.statuses, self.summaries = statuses(), summaries()

    def status(self) -> Any:
        return json.loads(self.statuses.of(self.server))

    def summary(self) -> Any:
        return json.loads(self.summaries.of(self.server))

    def test_kept(self) -> None:
        """While nothing changes, it is the very same, however much time passes."""
        status, summary = self.statuses.of(self.server), self.summaries.of(self.server)
        self.advance(100)
        self.assertIs(self.statuses.of(self.server), status)
        self.assertIs(self.summaries.of(self.server), summary)
        self.assertFalse(self.statuses.renew(self.server))

    def test_keptWhileRunning(self) -> None:
        """So it is of a server that runs, within a second; then it tells how long that is."""
        self.run_()
        self.reactor.advance(-self.reactor.seconds() % 1)
        status, summary = self.statuses.of(self.server), self.summaries.of(self.server)
        before = self.status()["uptime"]
        self.reactor.advance(0.9)
        self.assertIs(self.statuses.of(self.server), status)
        self.reactor.advance(0.1)
        self.assertTrue(self.statuses.renew(self.server))
        self.assertAlmostEqual(self.status()["uptime"], before + 1, 3)
        self.assertIs(self.summaries.of(self.server), summary)

    def test_uptime(self) -> None:
        """How long it runs is never told more than a second too short, and never too long."""
        self.run_()
        begin = self.reactor.seconds() - (viewOf(self.server).uptime or 0)
        for _ in range(40):
            self.reactor.advance(0.07)
            late = self.reactor.seconds() - begin - self.status()["uptime"]
            self.assertTrue(-0.002 < late <= 1, late)

    def test_life(self) -> None:
        """Each change of its life is told at once."""
        told = [(self.status()["status"], self.summary()["status"])]
        self.successResultOf(self.server.start())
        told.append((self.status()["status"], self.status()["pid"]))
        self.game.begin(77)
        self.reactor.settle()
        told.append((self.status()["status"], self.status()["pid"]))
        self.game.print(b"READY\n")
        self.advance(0.01)
        told.append((self.status()["status"], self.summary()["status"]))
        self.end(1)
        status = self.status()
        told.append((status["status"], self.summary()["status"]))
        self.assertEqual(
            told,
            [
                ("stopped", "stopped"),
                ("starting", None),
                ("starting", 77),
                ("running", "running"),
                ("waiting", "waiting"),
            ],
        )
        self.assertEqual((status["pid"], status["uptime"], status["exit"]["code"]), (None, None, 1))

    def test_restarts(self) -> None:
        """Crashes are forgotten, and clocks are set, without anything that tells of it."""
        self.run_()
        self.end(1)
        before = self.status()["restarts"]
        self.kernel.uptime += 0.5
        after = self.status()["restarts"]
        self.assertEqual((before["count"], after["nextAt"]), (1, before["nextAt"] - 0.5))
        self.kernel.uptime += 600
        self.assertEqual(self.status()["restarts"]["count"], 0)

    def test_log(self) -> None:
        """The end of its log is that of this very moment, before anybody has been told of it."""
        self.run_()
        before = self.status()["readIndex"]
        self.server.ring.append(b"more")
        self.assertEqual(self.status()["readIndex"], before + 4)

    def test_settings(self) -> None:
        """A new description is told at once, and so is what its type is called by now."""
        self.status(), self.summary()
        self.server.change(Settings(description="new"))
        self.context.definition_ = parse(definition.replace("A game", "The game"))
        for told in (self.status(), self.summary()):
            self.assertEqual((told["description"], told["typeTitle"]), ("new", "The game"))

    def test_limits(self) -> None:
        """What it may use is told as it is set now, and where there is no limit that is null."""
        before = self.status()["limits"]
        self.server.change(Settings(own={"memoryLimit": 512, "cpuLimit": 150}))
        self.assertEqual(
            (before, self.status()["limits"]),
            (
                {"memoryBytes": None, "cpuPercent": None},
                {"memoryBytes": 512 * 1024 * 1024, "cpuPercent": 150},
            ),
        )

    def test_usage(self) -> None:
        """What it uses is told as soon as it is known anew."""
        self.run_()
        before = self.statuses.of(self.server)
        self.patch(self.context.counting, "usage", lambda shim: Usage(12.5, 1000, 2))
        self.assertEqual(self.status()["usage"]["cpuPercent"], 12.5)
        self.assertIsNone(json.loads(before)["usage"])
