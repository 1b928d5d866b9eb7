"""The contract: schedules, and who may see, make and run them."""

import itertools
from typing import Any

from twisted.internet import reactor as installed
from twisted.internet.task import deferLater

from tests.support import patience
from tests.web.apicase import InMemory

reactor: Any = installed

password = "another meadow, of cows"
nightly: Any = {"cron": "0 4 * * *", "timezone": "Europe/Berlin", "within": 600}
steps: Any = [{"countdown": [60, 10], "command": "say {time}"}, {"power": "restart"}]


class ScheduleTests(InMemory):
    async def person(self, *rights: str, name: str = "ann") -> str:
        """The token of somebody with rights on the server."""
        servers = {"a": list(rights)}
        await self.call("user_create", username=name, password=password, servers=servers)
        return self.inMemory.token(name)

    async def make(self, **fields: Any) -> Any:
        """A schedule of a server that is made when it is not there."""
        if not self.inMemory.directory.exists("a"):
            await self.call("server_create", type="shell", server="a")
        given = {"server": "a", "name": "nightly", "when": nightly, "steps": steps, **fields}
        return await self.call("schedule_create", **given)

    async def test_known(self) -> None:
        """One is made, listed, changed and deleted; what is absent stays as it is."""
        made = await self.make(only=["running", "empty"])
        told = {name: made[name] for name in ("name", "when", "only", "by", "enabled", "last")}
        expected = {"name": "nightly", "when": nightly, "only": ["running", "empty"]}
        self.assertEqual(told, {**expected, "by": "admin", "enabled": True, "last": None})
        always = [{**step, "always": False} for step in steps]
        self.assertEqual(made["steps"], always)
        self.assertEqual((await self.call("schedule_list", server="a"))["schedules"], [made])
        number = made["schedule"]
        when = {"event": "emptied", "after": 300}
        changed = await self.call("schedule_update", schedule=number, when=when, enabled=False)
        self.assertEqual((changed["when"], changed["enabled"]), (when, False))
        self.assertEqual((changed["name"], changed["nextAt"]), ("nightly", None))
        self.assertEqual((await self.call("schedule_runs", schedule=number)), {"runs": []})
        await self.call("schedule_delete", schedule=number)
        await self.refused(404, "no_such_schedule", "schedule_delete", schedule=number)
        self.assertEqual((await self.call("schedule_list"))["schedules"], [])

    async def test_rights(self) -> None:
        """
        Who may look sees no commands; who has not the rights of all steps changes nothing; who may
        not see the server sees no schedule.
        """
        made = await self.make()
        number = made["schedule"]
        self.token = await self.person("settings", "power")
        (seen,) = (await self.call("schedule_list"))["schedules"]
        self.assertEqual([step.get("command", "") for step in seen["steps"]], [None, ""])
        await self.refused(403, "forbidden", "schedule_update", schedule=number, name="x")
        await self.refused(403, "forbidden", "schedule_run", schedule=number)
        restart = [{"power": "restart"}]
        changed = await self.call("schedule_update", schedule=number, steps=restart)
        self.assertEqual(changed["by"], "ann")
        self.token = self.inMemory.token()
        self.token = await self.person(name="eve")
        for name in ("schedule_update", "schedule_run", "schedule_cancel", "schedule_runs"):
            await self.refused(404, "no_such_schedule", name, schedule=number)
        await self.refused(404, "no_such_server", "schedule_list", server="a")
        self.assertEqual((await self.call("schedule_list"))["schedules"], [])

    async def test_wrong(self) -> None:
        """What does not fit is refused, with a pointer to it."""
        await self.make()
        for fields, pointer in (
            ({"when": {}}, "/when"),
            ({"when": {"cron": "0 4 31 2 *"}}, "/when/cron"),
            ({"when": {"cron": "0 0 4 * * *"}}, "/when/cron"),
            ({"when": {"cron": "0 4 * * *", "timezone": "../etc/passwd"}}, "/when/cron"),
            ({"when": {"cron": "0 4 * * *", "event": "ready"}}, "/when/event"),
            ({"when": {"event": "created"}}, "/when/event"),
            ({"when": {"event": "chat", "after": 5, "pattern": "x"}}, "/when/after"),
            ({"when": {"event": "line"}}, "/when/pattern"),
            ({"when": {"event": "line", "pattern": "("}}, "/when/pattern"),
            ({"when": {"event": "ready", "pattern": "x"}}, "/when/pattern"),
            ({"steps": []}, "/steps"),
            ({"steps": [{}]}, "/steps/0"),
            ({"steps": [{"wait": 1, "update": True}]}, "/steps/0"),
            (
                {"steps": [{"wait": 1}, {"countdown": [10, 10], "command": "x"}]},
                "/steps/1/countdown",
            ),
            ({"steps": [{"countdown": [10]}]}, "/steps/0/command"),
            ({"steps": [{"command": "\u00e4" * 2048}]}, "/steps/0/command"),
            ({"steps": [{"update": False}]}, "/steps/0/update"),
            ({"only": ["running", "sometimes"]}, "/only/1"),
            ({"only": "sometimes"}, "/only"),
        ):
            given = {"server": "a", "name": "x", "when": nightly, "steps": steps, **fields}
            problem = await self.refused(400, "bad_request", "schedule_create", **given)
            self.assertEqual([each["pointer"] for each in problem["errors"]], [pointer], fields)

    async def test_tooMany(self) -> None:
        """A server has at most 50."""
        for _ in range(50):
            await self.make(when={"event": "ready"}, steps=[{"wait": 1}])
        given = {"server": "a", "name": "x", "when": nightly, "steps": steps}
        await self.refused(409, "too_many", "schedule_create", **given)

    async def test_preview(self) -> None:
        """The next times of a cron line; none of an event."""
        times = (await self.call("schedule_preview", when=nightly, count=3))["times"]
        self.assertEqual(len(times), 3)
        self.assertTrue(all(80_000 < b - a < 93_000 for a, b in itertools.pairwise(times)))
        answer = await self.call("schedule_preview", when={"event": "ready"})
        self.assertEqual(answer, {"times": []})

    async def over(self, schedule: int, count: int = 1) -> Any:
        """The runs of a schedule, when so many are over."""
        for _ in range(int(patience / 0.02)):
            runs = (await self.call("schedule_runs", schedule=schedule))["runs"]
            if len(runs) == count and all(run["endedAt"] is not None for run in runs):
                return runs
            await deferLater(reactor, 0.02)
        raise AssertionError(runs)

    async def listening(self) -> None:
        """A server that runs and says what it is told."""
        script = "echo ready; while read -r line; do echo got $line; done"
        await self.call("server_create", type="shell", server="a", options={"script": script})
        await self.call("server_start", server="a")
        await self.untilStatus("a", "running")

    async def test_run(self) -> None:
        """
        One that is run gives its lines and restarts the server; what it does is told as its own,
        and its end as an event.
        """
        await self.listening()
        count = [{"countdown": [2, 1], "command": "say {time} {seconds} {x}"}]
        made = await self.make(steps=[*count, {"power": "restart"}, {"command": "hello"}])
        await self.call("schedule_run", schedule=made["schedule"])
        await self.refused(409, "already_running", "schedule_run", schedule=made["schedule"])
        await self.untilLog("a", "got say 2 seconds 2 {x}")
        (running,) = (await self.call("schedule_list"))["schedules"]
        self.assertEqual(running["run"]["step"], 0)
        log = await self.untilLog("a", "got hello")
        self.assertEqual(log.count("got say"), 2, log)
        self.assertIn("got say 1 second 1 {x}", log)
        (run,) = await self.over(made["schedule"])
        self.assertEqual((run["result"], run["detail"], run["trigger"]), ("ok", "", "person"))
        self.assertEqual(run["step"], 2)
        events = (await self.call("event_list", server="a"))["events"]
        by = {event["data"].get("by") for event in events if event["kind"] == "stopping"}
        self.assertEqual(by, {f"schedule:{made['schedule']}"})
        told = [event["data"] for event in events if event["kind"] == "schedule_ran"]
        self.assertEqual(told, [{"schedule": 1, "name": "nightly", "error": None}])
        entries = (await self.call("audit_log"))["entries"]
        (entry,) = [each for each in entries if each["action"] == "server_restart"]
        self.assertEqual((entry["username"], entry["address"]), ("admin", "schedule:1"))

    async def test_failing(self) -> None:
        """A step that fails ends the run, but for those that are always done; not a cancel."""
        always = {"power": "start", "always": True}
        made = await self.make(steps=[{"command": "x"}, {"wait": 100}, always])
        await self.call("schedule_run", schedule=made["schedule"])
        (run,) = await self.over(made["schedule"])
        self.assertEqual((run["result"], run["step"]), ("failed", 2))
        self.assertEqual(run["detail"], "Step 1: The server is not running.")
        await self.untilStatus("a", "running")
        await self.call("schedule_update", schedule=made["schedule"], steps=[{"wait": 9}, always])
        await self.call("schedule_run", schedule=made["schedule"])
        await self.call("schedule_cancel", schedule=made["schedule"])
        cancelled, _ = await self.over(made["schedule"], 2)
        told = (cancelled["result"], cancelled["step"], cancelled["detail"])
        self.assertEqual(told, ("cancelled", 0, "admin has cancelled it."))
        await self.refused(409, "not_running", "schedule_cancel", schedule=made["schedule"])

    async def test_events(self) -> None:
        """
        One begins by a line of the console, and by an event, which nothing that a schedule does
        sets off; what does not hold is skipped.
        """
        line = {"event": "line", "pattern": "^got wanted"}
        await self.call("server_create", type="shell", server="a")
        second = await self.make(when={"event": "ready"}, steps=[{"wait": 0}], only="stopped")
        await self.call("server_destroy", server="a")
        self.assertEqual((await self.call("schedule_list"))["schedules"], [])
        script = "echo ready; while read -r line; do echo got $line; done"
        await self.call("server_create", type="shell", server="a", options={"script": script})
        first = await self.make(when=line, steps=[{"command": "said"}, {"power": "restart"}])
        second = await self.make(when={"event": "ready"}, steps=[{"wait": 0}], only="stopped")
        await self.call("server_start", server="a")
        await self.untilStatus("a", "running")
        (skipped,) = await self.over(second["schedule"])
        self.assertEqual((skipped["result"], skipped["trigger"]), ("skipped", "event"))
        await self.call("server_cmd", server="a", command="wanted")
        (run,) = await self.over(first["schedule"])
        self.assertEqual((run["result"], run["trigger"]), ("ok", "event"))
        await self.over(second["schedule"])

    async def test_deletedAccount(self) -> None:
        """The schedules of an account that is deleted are disabled, and say so."""
        await self.make()
        admin, self.token = self.token, await self.person("settings", "command", "power")
        await self.make(name="hers")
        self.token = admin
        await self.call("user_delete", username="ann")
        await self.person("settings", "command", "power")
        found = (await self.call("schedule_list"))["schedules"]
        self.assertEqual([each["enabled"] for each in found], [True, False])
        self.assertIn("ann was deleted", found[1]["last"]["detail"])
