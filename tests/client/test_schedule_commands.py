"""The commands for schedules: real processes, a real daemon."""

import json
from pathlib import Path
from typing import Any

from docs.contract import current
from tests.client.test_command import CommandCase
from tests.web.test_openapi import answerSchema, check

nightly = ("--cron", "0 4 * * *", "--timezone", "Europe/Berlin", "--do", "restart")


class ScheduleCommandsTests(CommandCase):
    def setUp(self) -> None:
        super().setUp()
        self.logIn()
        self.admin("server_create", type="shell", server="one", options={})

    def schedules(self, *arguments: str, status: int = 0, **more: Any) -> str:
        """What a command for schedules prints, and then says."""
        found, out, said = self.execute("schedules", *arguments, **more)
        self.assertEqual(found, status, (arguments, out, said))
        return out + said

    def answered(self, endpoint: str, *arguments: str, **more: Any) -> Any:
        """What a command prints for programs, which an endpoint answers."""
        answer = json.loads(self.schedules(*arguments, "--json", **more))
        check(current(), answerSchema(current(), endpoint), answer)
        return answer

    def only(self) -> Any:
        """The only schedule that there is."""
        [found] = self.admin("schedule_list")["schedules"]
        return found

    def test_everyDay(self) -> None:
        """One is made, listed, changed, run, looked into, disabled, enabled and deleted."""
        said = self.schedules(
            *("create", "one", "hello", "--cron", "0 4 * * *", "--within", "1h"),
            *("--only", "running,used", "--do", "always command hi there", "--do", "wait 0s"),
        )
        what = "daily at 04:00, within 1h, if running and used: always command hi there; wait 0s"
        self.assertRegex(said, rf"^Schedule 1 of one, {what}\. Next: 20[-: 0-9]+04:00:00\.\n$")
        found = self.only()
        self.assertEqual(found["when"], {"cron": "0 4 * * *", "within": 3600})
        self.assertEqual(found["only"], ["running", "used"])
        row = self.schedules("ls", "one").split("\t")
        self.assertEqual(row[:3], ["1", "one", "hello"])
        self.assertEqual(row[4:], ["", what + "\n"])
        self.schedules("edit", "1", "--timezone", "UTC", "--within", "5m", "--name", "hey")
        found = self.only()
        self.assertEqual(
            (found["name"], found["when"]),
            ("hey", {"cron": "0 4 * * *", "within": 300, "timezone": "UTC"}),
        )
        self.schedules("edit", "1", "--timezone", "", "--do", "command hello")
        found = self.only()
        self.assertEqual(found["when"], {"cron": "0 4 * * *", "within": 300})
        self.assertEqual(len(found["steps"]), 1)
        self.admin("server_start", server="one")
        self.admin.until("one", "running", "starting")
        self.assertEqual(self.schedules("run", "1", "--wait"), "Schedule 1: ok.\n")
        self.admin.untilLog("one", "hello\n")
        row = self.schedules("runs", "1").rstrip("\n").split("\t")
        self.assertEqual(row[3:], ["person", "ok", ""])
        self.assertIn("It is disabled.", self.schedules("disable", "1"))
        self.assertIn("\t\tdisabled\tdaily", self.schedules("ls"))
        self.assertEqual(self.schedules("preview", "1", "--count", "2").count("04:00:00\n"), 2)
        self.assertIn("Next: ", self.schedules("enable", "1"))
        self.schedules("edit", "1", "--on", "emptied", "--after", "5m")
        self.assertEqual(self.only()["when"], {"event": "emptied", "after": 300})
        self.assertEqual(self.schedules("rm", "1", "--yes"), "Schedule 1 is deleted.\n")
        self.assertEqual(self.schedules("ls"), "")

    def test_running(self) -> None:
        """What runs is seen and cancelled; who has waited for it is told, by the status, too."""
        self.schedules("create", "one", "long", *nightly, "--do", "wait 1h", "--disabled")
        self.schedules("edit", "1", "--do", "command x", "--do", "wait 1h")
        # It does not run, so it takes no command.
        said = self.schedules("run", "1", "--wait", status=1)
        self.assertIn("gamepanel: Schedule 1 failed: ", said)
        self.assertRegex(self.schedules("ls"), r"\tdisabled\t.*: command x; wait 1h \(.+\)\n")
        self.schedules("edit", "1", "--do", "wait 1h")
        self.schedules("run", "1")
        self.assertIn("\tstep 1\t", self.schedules("ls"))
        self.assertIn("\tperson\tstep 1\t", self.schedules("runs", "1", "--limit", "1"))
        look = "gamepanel schedules runs 1\n"
        self.assertIn(look, self.schedules("run", "1", status=1))
        self.schedules("cancel", "1")
        self.admin.wait(lambda: self.only()["run"] is None, "its end")
        self.assertEqual(self.only()["last"]["result"], "cancelled")
        self.assertIn(look, self.schedules("cancel", "1", status=1))
        self.schedules("edit", "1", "--do", "wait 1m")
        self.assertIn(look, self.schedules("run", "1", "--wait", "--timeout", "0", status=1))

    def test_programs(self) -> None:
        """A script reads what the API answers."""
        made = self.answered("schedule_create", "create", "one", "n", *nightly)
        [known] = self.answered("schedule_list", "ls", "one")["schedules"]
        self.assertEqual((made, made["name"]), (known, "n"))
        self.assertEqual(self.schedules("ls", "--format", "{schedule} {name}"), "1 n\n")
        self.answered("schedule_update", "edit", "1", "--only", "empty")
        self.assertEqual(self.answered("schedule_update", "disable", "1")["enabled"], False)
        self.answered("schedule_preview", "preview", "1")
        times = self.answered("schedule_preview", "preview", "--cron", "0 4 * * sun", "-n", "3")
        self.assertEqual(len(times["times"]), 3)
        self.schedules("edit", "1", "--do", "wait 0s")
        self.assertEqual(json.loads(self.schedules("run", "1", "--wait", "--json"))["result"], "ok")
        self.answered("schedule_runs", "runs", "1")
        self.answered("schedule_delete", "rm", "1", "--yes")

    def test_file(self) -> None:
        """A schedule is made of JSON, such as that of another one; options win."""
        self.schedules("create", "one", "n", *nightly)
        [found] = self.answered("schedule_list", "ls")["schedules"]
        file = Path(self.mktemp()).absolute()
        file.write_text(json.dumps(found))
        self.admin("server_create", type="shell", server="two", options={})
        self.schedules("create", "two", "--file", str(file))
        self.schedules(
            "create", "two", "m", "--file", "-", "--do", "start", input=json.dumps(found)
        )
        one, two, three = self.admin("schedule_list")["schedules"]
        for name in ("name", "when", "only", "steps"):
            self.assertEqual(one[name], two[name])
        self.assertEqual((two["server"], three["name"], three["when"]), ("two", "m", one["when"]))
        self.assertEqual(three["steps"], [{"power": "start", "always": False}])
        self.schedules("edit", "3", "--file", str(file), "--timezone", "UTC")
        self.assertEqual(
            self.admin("schedule_list")["schedules"][2]["when"],
            {"cron": "0 4 * * *", "timezone": "UTC"},
        )
        for text in ("[]", "{", "\xff"):
            said = self.schedules("create", "two", "--file", "-", status=2, input=text)
            self.assertIn("no JSON object", said)

    def test_editor(self) -> None:
        """Without options all of it is edited as JSON, again where it does not fit."""
        self.schedules("create", "one", "n", *nightly)
        for script, said in (
            ("true", "Nothing was changed.\n"),
            ("sed -i s/,/,,/", "This is no JSON object"),
            ("sed -i s/Berlin/Atlantis/", "no time zone"),
            ("sed -i 's/0 4/30 5/'", "daily at 05:30 Europe/Berlin: restart."),
        ):
            isWrong = "sed" in script and "daily" not in said
            found = self.schedules("edit", "1", status=int(isWrong), EDITOR=script, VISUAL=script)
            self.assertIn(said, found)
        self.assertEqual(self.only()["when"]["cron"], "30 5 * * *")

    def test_mistakes(self) -> None:
        """Each ends in a sentence that says what to do, and in its status."""
        self.schedules("create", "one", "n", *nightly)
        for arguments, status, words in (
            (("create", "one", "n", "--cron", "0 4 * * *"), 2, "--do"),
            (("create", "one", "n", "--do", "start"), 2, "--on"),
            (("create", "one", *nightly), 2, "NAME"),
            (("create", "one", "n", "--do", "say hi"), 2, "command LINE"),
            (("create", "one", "n", *nightly, "--on", "ready"), 2, "--on with --after"),
            (("create", "one", "n", *nightly, "--after", "5m"), 2, "--on with --after"),
            (("create", "one", "n", *nightly, "--within", "soon"), 2, "1h30m"),
            (("edit", "1", "--pattern", "x"), 2, "--on with --after"),
            (("preview", "--timezone", "UTC"), 2, "--cron"),
            (("preview",), 2, "--cron"),
            (("rm", "1"), 2, "--yes"),
            (("create", "one", "n", "--cron", "0 4 31 2 *", "--do", "start"), 1, "when/cron"),
            (("create", "one", "n", *nightly, "--only", "full"), 1, "only"),
            (("create", "on", "n", *nightly), 1, "Did you mean one?"),
            (("edit", "9", "--name", "x"), 1, "gamepanel schedules ls"),
            (("runs", "9"), 1, "gamepanel schedules ls"),
            (("rm", "1", "9", "--yes"), 1, "gamepanel schedules ls"),
        ):
            self.assertIn(words, self.schedules(*arguments, status=status), arguments)
        self.only()

    def test_forgeable(self) -> None:
        """Who makes a pattern that players' words could fit is warned, and only then."""
        line = ("create", "one", "n", "--on", "line", "--do", "start", "--pattern")
        self.assertIn("does not begin with ^", self.schedules(*line, "Done"))
        self.assertNotIn("begin", self.schedules(*line, "^Done"))
        self.assertNotIn("begin", self.schedules("edit", "1", "--pattern", "^Done"))

    def test_terminal(self) -> None:
        """It is asked before schedules are deleted."""
        self.schedules("create", "one", "n", *nightly)
        for answer, status in (("n", 1), ("y", 0)):
            terminal = self.terminal("schedules", "rm", "1")
            terminal.expect("Delete n of one?")
            terminal.send(f"{answer}\r")
            self.assertEqual(terminal.status(), status)
        self.assertEqual(self.schedules("ls"), "")

    def test_completion(self) -> None:
        """Numbers, zones and the first word of a step are completed."""
        self.schedules("create", "one", "n", *nightly)
        for words, found in (
            ("run ", "plain,1\n"),
            ("create one n --timezone Europe/Berl", "plain,Europe/Berlin\n"),
            ("create one n --do cou", "plain,countdown\n"),
        ):
            line = f"gamepanel schedules {words}"
            more = {"_GAMEPANEL_COMPLETE": "bash_complete", "COMP_LINE": line}
            point = str(len(line.encode()))
            self.assertEqual(self.ok(**more, COMP_POINT=point), found)
