"""Runs of schedules by a real daemon, which is killed between their steps."""

import os
import random
import time
from typing import Any, Final

from twisted.trial.unittest import SynchronousTestCase

from tests.support import Daemon, typesForTests

rounds: Final = int(os.environ.get("GAMEPANEL_SOAK", "10"))

game: Final = r"""
title = "A game that tells its starts"

[run]
command = ["sh", "-c", '''
echo began >> starts
echo ready
while read -r line; do
    [ "$line" = quit ] && exit 0
    echo "$line" >> said
done
''']
ready = "^ready"

[[stop]]
command = "quit"
patience = 10
"""

steps: Final[list[dict[str, Any]]] = [
    {"command": "one"},
    {"backup": "of a schedule"},
    {"power": "restart"},
    {"command": "two"},
    {"wait": 1},
    {"power": "stop"},
    {"power": "start", "always": True},
    {"command": "three"},
]


class ScheduleTests(SynchronousTestCase):
    def test_killed(self) -> None:
        """
        Whenever a daemon is killed, the next goes on with the run: no command is given twice, one
        backup is made, it is restarted and stopped once, and the server runs in the end.
        """
        daemon = Daemon(types={**typesForTests, "telling": game})
        self.addCleanup(daemon.cleanUp)
        client = daemon.start()
        token, chance = client.token, random.Random(29)
        client("server_create", type="telling", server="cave", options={})
        client("server_start", server="cave")
        client.until("cave", "running")
        fields = {"server": "cave", "name": "all", "when": {"cron": "0 4 1 1 *"}, "steps": steps}
        number = client("schedule_create", **fields)["schedule"]
        home = os.path.join(daemon.state, "servers", "cave", "files")

        def linesOf(name: str) -> list[str]:
            with open(os.path.join(home, name)) as file:
                return file.read().split()

        for round in range(1, rounds + 1):
            client("schedule_run", schedule=number)

            def isAt() -> bool:
                (known,) = client("schedule_list")["schedules"]  # noqa: B023
                run = known["run"]
                return run is None or run["step"] >= round % len(steps)  # noqa: B023

            client.wait(isAt, "a step")
            # Before the step acts, or behind that.
            time.sleep(chance.choice((0.0, 0.01, 0.1)))
            daemon.kill()
            client = daemon.start(login=False)
            client.token = token

            def over() -> Any:
                (run, *_) = client("schedule_runs", schedule=number, limit=1)["runs"]  # noqa: B023
                return run["endedAt"] and run

            run = client.wait(over, "the end of the run")
            self.assertEqual((run["result"], run["detail"]), ("ok", ""))
            self.assertEqual(client("server_status", server="cave")["status"], "running")
            # One start, and two for each run.
            self.assertEqual(len(linesOf("starts")), 1 + 2 * round)
            jobs = client("job_list", server="cave", limit=200)["jobs"]
            self.assertEqual(len(jobs), min(round, 200))
        # Each kill may have come between the storing of a command and its giving.
        client.wait(lambda: len(linesOf("said")) >= 2 * rounds, "the commands")
        said = linesOf("said")
        for word in ("one", "two", "three"):
            self.assertLessEqual(said.count(word), rounds)
