"""
Servers go on with what earlier daemons have written of their lives, in the first form: files that
those have written, from C{tests/servers/lives}, one for each state.
"""

import json
import os
import shutil
from pathlib import Path
from typing import Any, Final

from gamepanel.console.standby import openRuns
from gamepanel.process.runfiles import Exit
from gamepanel.servers.state import (
    AtRest,
    Crashed,
    Ended,
    Failed,
    Installing,
    Running,
    Starting,
    Status,
    Stopped,
    Stopping,
    Waiting,
)
from gamepanel.servers.view import viewOf
from tests.servers.test_game_server import GameServerCase

lives: Final = Path(__file__).parent / "lives"

older, newer = commits = ("24dd038", "04abd37")

crash: Final = "ended by itself, exit code 3"

tooOften: Final = "it ended 3 times within 10 minutes"


class FirstFormTests(GameServerCase):
    def written(self, commit: str, name: str) -> dict[str, Any]:
        """What an earlier daemon has written."""
        found: dict[str, Any] = json.loads((lives / commit / f"{name}.json").read_text())
        return found

    def goOn(self, commit: str, name: str) -> Status:
        """A daemon goes on with it."""
        self.server.abandon()
        shutil.copy(lives / commit / f"{name}.json", f"{self.place}/life")
        self.context.events.recorded.clear()
        self.server = self.another()
        return self.server.status

    def play(self) -> None:
        """What the files tell of runs, with the numbers that they tell."""
        game = self.run_()
        self.assertEqual((game.pid, viewOf(self.server).pid), (5000, 77))

    def ended(self, commit: str, name: str) -> Ended:
        """How it says that the last run has ended."""
        at = self.written(commit, name)["status"]["ended"]["at"]
        return Ended(Exit(3), at, crash)

    def test_atRest(self) -> None:
        """What was at rest is as it was."""
        for commit in commits:
            at = self.written(commit, "stopped")["status"]["ended"]["at"]
            stopped = Ended(Exit(0), at, "stopped on request, exit code 0")
            self.assertEqual(self.goOn(commit, "stopped"), Stopped(stopped, startedUptime=1000.0))
            crashes = tuple(self.written(commit, "crashed")["status"]["crashes"])
            self.assertEqual(len(crashes), 2)
            self.assertEqual(
                self.goOn(commit, "crashed"),
                Crashed(self.ended(commit, "crashed"), crashes, True, 1060.02, givenUp=tooOften),
            )
            why = Ended(None, 1_700_000_000.0, "The type is not there any more.", True)
            self.assertEqual(self.goOn(commit, "failed"), Failed(why, (), True, 1000.0))

    def test_waiting(self) -> None:
        """What waited for its next try goes on waiting, and is started."""
        for commit in commits:
            status = self.goOn(commit, "waiting")
            ended = self.ended(commit, "waiting")
            self.assertEqual(
                status, Waiting(ended, (1000.01,), True, 1000.0, restartAt=1002.01), commit
            )
            self.server.abandon()
        self.goOn(newer, "waiting")
        self.advance(3)
        self.assertEqual((self.state, len(self.kernel.games)), ("starting", 1))

    def test_installing(self) -> None:
        """Work that needs it at rest goes on; then it is what it was, as far as that is told."""
        for commit in commits:
            before: tuple[tuple[str, AtRest, str], ...] = (
                ("installing", Stopped(), "stopped"),
                ("installing-waiting", Waiting(), "waiting"),
                ("installing-crashed", Crashed(givenUp=tooOften), "crashed"),
                ("installing-failed", Failed(), "failed"),
            )
            for name, kind, after in before:
                isKnown = commit == newer or name == "installing-waiting"
                status = self.goOn(commit, name)
                assert isinstance(status, Installing)
                self.assertEqual(status.before, kind if isKnown else Stopped(), (commit, name))
                if name == "installing-crashed":
                    self.assertEqual(status.ended, self.ended(commit, name))
                    self.assertEqual(viewOf(self.server).givenUp, tooOften if isKnown else None)
                self.server.endRest(None)
                self.assertEqual(self.state, after if isKnown else "stopped", (commit, name))

    def test_runs(self) -> None:
        """A game that runs goes on running, in whatever state it was."""
        self.play()
        for commit in commits:
            past: dict[str, Any] = {"wanted": True, "startedUptime": 1000.0}
            self.assertEqual(self.goOn(commit, "running"), Running(**past))
            self.assertEqual((self.server.shim, viewOf(self.server).pid), (5000, 77))
            self.assertEqual(self.goOn(commit, "starting"), Starting(**past, by="ann"))
            cases = (
                ("stopping", Stopping(by="ann", stepsTried=2, startedUptime=1000.0)),
                ("stopping-terminated", Stopping(by="ann", startedUptime=1000.0)),
                ("stopping-again", Stopping(**past, by="ann", purpose="restart", stepsTried=1)),
                (
                    "stopping-unready",
                    Stopping(
                        **past,
                        purpose="unready",
                        reason="the start failed; the game said:\n| cannot bind",
                        stepsTried=1,
                    ),
                ),
                (
                    "stopping-hung",
                    Stopping(
                        **past,
                        purpose="hung",
                        reason="its game gave no answer for 60 seconds",
                        stepsTried=1,
                    ),
                ),
            )
            for name, status in cases:
                self.assertEqual(self.goOn(commit, name), status, (commit, name))
                self.assertEqual(self.server.shim, 5000)

    def test_ends(self) -> None:
        """When it ends, what was to follow follows."""
        for commit in commits:
            for name, after, reason in (
                ("running", "waiting", crash),
                ("stopping", "stopped", "stopped on request, exit code 3"),
                ("stopping-again", "starting", "stopped on request, exit code 3"),
                ("stopping-unready", "waiting", "the start failed; the game said:\n| cannot bind"),
                (
                    *("stopping-hung", "waiting"),
                    "its game gave no answer for 60 seconds, exit code 3",
                ),
            ):
                with self.subTest(commit=commit, name=name):
                    self.tearDown()
                    self.doCleanups()
                    self.setUp()
                    self.play()
                    self.goOn(commit, name)
                    self.end(3)
                    self.settle()
                    ended = self.server.status.ended
                    assert ended is not None
                    self.assertEqual((self.state, str(ended.reason)), (after, reason))

    def test_preparing(self) -> None:
        """A start that was only being prepared begins anew."""
        for commit in commits:
            self.assertEqual(self.goOn(commit, "starting-prepared").state, "waiting")
        self.advance(0.1)
        self.assertEqual((self.state, len(self.kernel.games)), ("starting", 1))

    def test_events(self) -> None:
        """What had happened and was not known to be stored is stored, with its numbers."""
        for commit in commits:
            self.goOn(commit, "waiting")
            self.assertEqual(
                [(event.number, event.kind) for event in self.context.events.store()],
                [(1, "starting"), (2, "ready"), (3, "crashed"), (4, "waiting")],
            )

    def test_kept(self) -> None:
        """It is kept as it was when it is written anew, in the form of today."""
        for commit in commits:
            self.goOn(commit, "waiting")
            self.server.stop()
            before, now = Path(f"{self.place}/life.v1"), Path(f"{self.place}/life")
            self.assertEqual(json.loads(before.read_text()), self.written(commit, "waiting"))
            self.assertEqual(json.loads(now.read_text())["version"], 2)
            self.server.abandon()
            self.server = self.another()
            self.assertEqual(self.state, "stopped")
            self.assertEqual(json.loads(before.read_text()), self.written(commit, "waiting"))

    def test_openRuns(self) -> None:
        """The standby reader finds the runs that go on, in both forms."""
        for commit in commits:
            state = self.mktemp()
            for path in sorted((lives / commit).iterdir()):
                os.makedirs(f"{state}/servers/{path.stem}")
                shutil.copy(path, f"{state}/servers/{path.stem}/life")
            self.assertEqual(
                sorted(os.path.basename(each) for each in openRuns(state, "boot")),
                [
                    *("running", "starting", "stopping", "stopping-again", "stopping-hung"),
                    *("stopping-terminated", "stopping-unready"),
                ],
            )
        self.play()
        os.makedirs(f"{state}/servers/a")
        shutil.copy(f"{self.place}/life", f"{state}/servers/a/life")
        self.assertIn(f"{state}/servers/a", openRuns(state, "boot"))
