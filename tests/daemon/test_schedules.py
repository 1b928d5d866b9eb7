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

        length = lost = 0.0
        for round in range(1, rounds + 2):
            client("schedule_run", schedule=number)
            if round > 1:
                # The first shows how long it takes.
                time.sleep(chance.uniform(0, length))
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
            jobs = client("job_list", server="cave")["jobs"]
            self.assertEqual(len(jobs), round)
            length = length or run["endedAt"] - run["startedAt"]
        said = linesOf("said")
        for word in ("one", "two", "three"):
            self.assertLessEqual(said.count(word), rounds + 1)
            lost += rounds + 1 - said.count(word)
        # One may not be given where nobody knows whether it was.
        self.assertLessEqual(lost, rounds)
