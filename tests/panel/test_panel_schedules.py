"""Schedules on the page: their form, their sentences, and what is done with them."""

import json
import re
import subprocess
from typing import Any, Final

from playwright.sync_api import expect
from twisted.trial.unittest import SynchronousTestCase

from tests.browser import root
from tests.panelcase import PageTests, password
from tests.support import need, patience

module: Final = """
import { readFileSync } from "node:fs";
const text = readFileSync(process.argv[1], "utf-8");
const when = await import(`data:text/javascript,${encodeURIComponent(text)}`);
const cases = JSON.parse(process.argv[2]);
console.log(JSON.stringify(cases.map(([name, ...given]) => when[name](...given))));
"""


def called(*cases: tuple[Any, ...]) -> list[Any]:
    """What functions of lib/when.js return, each given as its name and what it is called with."""
    path = str(root / "gamepanel/panel/lib/when.js")
    command = [need("node"), "--input-type=module", "--eval", module, path, json.dumps(cases)]
    said = subprocess.run(command, capture_output=True, check=True, timeout=patience).stdout
    found: list[Any] = json.loads(said)
    return found


class WhenTests(SynchronousTestCase):
    """The form of days and times, and the API's WHEN."""

    def test_days(self) -> None:
        """Five fields that are days and times are shown as such; all others stay five fields."""
        cases: list[tuple[str, list[int] | None, list[str]]] = [
            ("0 4 * * *", [1, 2, 3, 4, 5, 6, 0], ["04:00"]),
            ("30 4,16 * * 1-5", [1, 2, 3, 4, 5], ["04:30", "16:30"]),
            ("0,30 9  * * Sat,SUN", [6, 0], ["09:00", "09:30"]),
            ("5 7 * * 5-7", [5, 6, 0], ["07:05"]),
            ("0 0 * * 0-7", [1, 2, 3, 4, 5, 6, 0], ["00:00"]),
            ("*/15 * * * *", None, []),
            ("0 4 1 * *", None, []),
            ("0 4 * 1 *", None, []),
            ("0 4 * * 5L", None, []),
            ("0 4 * * FRI#2", None, []),
            ("0 4 * * 6-1", None, []),
            ("0 4 * * 1-2-3", None, []),
            ("0 4 * * */2", None, []),
            ("0 0,1,2,3,4,5,6 * * *", None, []),
        ]
        found = called(*(("formOf", {"cron": cron}) for cron, _, _ in cases))
        for (cron, days, times), form in zip(cases, found, strict=True):
            self.assertEqual(form["cron"], cron)
            self.assertEqual(form["kind"], "cron" if days is None else "time", cron)
            if days is not None:
                self.assertEqual((form["days"], form["times"]), (days, times), cron)

    def test_back(self) -> None:
        """A form that nobody has changed is the same WHEN; what says nothing is left out."""
        same: list[dict[str, Any]] = [
            {"cron": "0 4 * * *", "timezone": "Europe/Berlin", "within": 5400},
            {"cron": "30 4,16 * * 1,2,3,4,5"},
            {"cron": "0 20 * * 6,0"},
            {"cron": "L 4 30 2 5#1", "timezone": "UTC"},
            {"event": "emptied", "after": 90},
            {"event": "line", "pattern": "^Done"},
            {"event": "chat", "pattern": "!backup"},
            {"event": "of_a_newer_daemon"},
        ]
        forms = called(*(("formOf", when) for when in same))
        self.assertEqual(called(*(("whenOf", form) for form in forms)), same)
        # What the form has of another kind, or of another event, is not sent.
        full = {"within": "10 min", "after": "1 h", "pattern": "x", "timezone": "UTC"}
        cases = [({"kind": "event", "event": event}, event) for event in ("ready", "chat", "line")]
        made = called(*(("whenOf", {**forms[0], **full, **form}) for form, _ in cases))
        self.assertEqual(
            made,
            [
                {"event": "ready", "after": 3600},
                {"event": "chat", "pattern": "x"},
                {"event": "line", "pattern": "x"},
            ],
        )
        # A pattern that is missing is for the daemon to refuse, at its field.
        [made] = called(("whenOf", {**forms[4], "event": "line"}))
        self.assertEqual(made, {"event": "line", "pattern": ""})

    def test_flaws(self) -> None:
        """Days and times that are no five fields are told of; in another form they don't matter."""
        [form] = called(("formOf", {"cron": "0 4 * * *"}))
        cases: list[tuple[dict[str, Any], str]] = [
            ({}, ""),
            ({"days": []}, "noDays"),
            ({"times": ["04:00", ""]}, "noTime"),
            ({"times": ["04:00", "16:30"]}, "unevenTimes"),
            ({"times": ["04:00", "04:30", "16:00", "16:30"]}, ""),
            ({"times": ["04:00", "04:00"]}, ""),
            ({"days": [], "kind": "event"}, ""),
        ]
        found = called(*(("flawOf", {**form, **changes}) for changes, _ in cases))
        self.assertEqual(found, [flaw for _, flaw in cases])

    def test_spans(self) -> None:
        """Times to wait are read and written with their unit; what is none stays as it is."""
        cases = [("90 s", 90), ("10min", 600), (" 2 H ", 7200), ("0 s", 0)]
        wrong = ["", "10", "-5 s", "1.5 h", "soon"]
        given = [text for text, _ in cases]
        found = called(*(("secondsOf", text) for text in [*given, *wrong]))
        self.assertEqual(found, [*(seconds for _, seconds in cases), *wrong])
        found = called(*(("spanOf", seconds) for seconds in (0, 1, 60, 90, 3600, 5400, 86400)))
        self.assertEqual(found, ["0 s", "1 s", "1 min", "90 s", "1 h", "90 min", "24 h"])

    def test_forgeable(self) -> None:
        """A pattern is safe only where all that it can be begins with the line."""
        safe = ["^Done", "(?i)^done", "^(a|b) joined", "^a|^b", r"^\[Server\] \|", "^[|]x"]
        risky = ["Done", "a|^b", "^a|b", "(^a)", ".*^", r"\^a", "[^a]b", ""]
        found = called(*(("isForgeable", pattern) for pattern in [*safe, *risky]))
        self.assertEqual(found, [False] * len(safe) + [True] * len(risky))


nasty: Final = "<img src=x onerror=alert(1)> & as long as a phone is wide, and somewhat longer"


class SchedulesTests(PageTests):
    def setUp(self) -> None:
        super().setUp()
        self.server("one")

    def create(self, **fields: Any) -> Any:
        """A schedule of the server; by itself it never runs during a test."""
        when = {"cron": "0 4 1 1 *", "timezone": "UTC"}
        steps = [{"command": "say hi"}, {"power": "stop"}]
        fields = {"name": "Yearly", "when": when, "steps": steps, **fields}
        return self.admin("schedule_create", server="one", **fields)

    def schedules(self) -> list[dict[str, Any]]:
        """Those of the server."""
        found: list[dict[str, Any]] = self.admin("schedule_list", server="one")["schedules"]
        return found

    def open(self, path: str = "", **options: Any) -> Any:
        return self.visit(path=f"#/server/one/schedules{path}", **options).page

    def add(self, page: Any, kind: str) -> None:
        """Add a step."""
        page.get_by_role("button", name="Add a step").click()
        page.get_by_role("menuitem", name=kind).click()

    def test_make(self) -> None:
        """One is made of a template, by days, times and steps; changed, disabled, and deleted."""
        page = self.open(timezone_id="America/New_York")
        expect(page.get_by_text("No schedule yet")).to_be_visible()
        page.get_by_role("link", name="Nightly restart with a countdown").click()
        form = page.get_by_role("form", name="New schedule")
        form.get_by_label("Name", exact=True).fill("Restart")
        form.get_by_role("button", name="weekend").click()
        form.get_by_role("button", name="Fri").click()
        form.get_by_label("Time 1", exact=True).fill("05:30")
        form.get_by_role("button", name="Another time").click()
        expect(form.get_by_text("Several times need the same minutes.")).to_be_visible()
        create = form.get_by_role("button", name="Create")
        expect(create).to_be_disabled()
        form.get_by_label("Time 2", exact=True).fill("17:30")
        form.get_by_label("Time zone").select_option("Asia/Tokyo")
        # Four times, each at 05:30 or 17:30 in Tokyo, 14 hours before.
        expect(form.get_by_text("16:30").or_(form.get_by_text("15:30")).first).to_be_visible()
        expect(form.locator(".preview li")).to_have_count(4)
        self.add(page, "Wait")
        form.get_by_label("How long").fill("90 s")
        form.get_by_label("Also if a step before has failed").last.check()
        form.get_by_role("button", name="Move step 3 up").press("Enter")
        # What was moved keeps the focus.
        expect(form.get_by_role("button", name="Move step 2 up")).to_be_focused()
        form.get_by_label("At", exact=True).fill("2 h, 90 s")
        expect(form.get_by_text("The game reads: say Restart in 2 hours")).to_be_visible()
        form.get_by_role("button", name="Remove step 1").press("Enter")
        expect(form.get_by_role("button", name="Remove step 1")).to_be_focused()
        create.click()
        form = page.get_by_role("form", name="Restart")
        expect(form).to_be_visible()
        [made] = self.schedules()
        when = {"cron": "30 5,17 * * 5,6,0", "timezone": "Asia/Tokyo"}
        self.assertEqual((made["when"], made["only"], made["enabled"]), (when, "running", True))
        steps = [{"wait": 90, "always": True}, {"power": "restart", "always": False}]
        self.assertEqual(made["steps"], steps)
        row = page.get_by_role("region", name="Schedules").get_by_role("listitem")
        said = "Fri, Sat, and Sun at 05:30 and 17:30 (Asia/Tokyo), only if it runs"
        expect(row).to_contain_text(said)
        expect(row).to_contain_text("wait 90 s, restart")
        self.assertEqual(self.visitors[-1].violations(), [])
        self.change(page, form, made["schedule"])

    def change(self, page: Any, form: Any, schedule: int) -> None:
        """Others change it meanwhile; what was not touched here is theirs."""
        row = page.get_by_role("region", name="Schedules").get_by_role("listitem")
        save = form.get_by_role("button", name="Save")
        expect(save).to_be_disabled()
        form.get_by_role("checkbox", name="On", exact=True).uncheck()
        run = form.get_by_role("button", name="Run now")
        expect(run).to_have_attribute("title", "Save your changes first")
        self.admin("schedule_update", schedule=schedule, name="Of others")
        form = page.get_by_role("form", name="Of others")
        expect(form.get_by_label("Name", exact=True)).to_have_value("Of others")
        form.get_by_role("button", name="Save").click()
        expect(row).to_contain_text("paused")
        [found] = self.schedules()
        self.assertEqual((found["name"], found["enabled"]), ("Of others", False))
        expect(form.get_by_role("button", name="Save")).to_be_disabled()
        form.get_by_label("Name", exact=True).fill("Mine")
        self.admin("schedule_update", schedule=schedule, name="Theirs")
        form = page.get_by_role("form", name="Theirs")
        expect(form.get_by_text("Somebody else has changed this schedule")).to_be_visible()
        form.get_by_role("button", name="Discard").click()
        expect(form.get_by_label("Name", exact=True)).to_have_value("Theirs")
        form.get_by_role("button", name="Delete …").click()
        page.get_by_role("dialog").get_by_role("button", name="Delete now").click()
        expect(page.get_by_text("No schedule yet")).to_be_visible()
        self.assertEqual(self.schedules(), [])

    def test_wrong(self) -> None:
        """What does not fit is said at its field; a pattern that chat could forge is warned of."""
        page = self.open("/new")
        form = page.get_by_role("form", name="New schedule")
        form.get_by_role("button", name="Five fields of cron").click()
        cron = form.get_by_label("Minute, hour, day")
        expect(cron).to_have_value("0 4 * * *")
        cron.fill("0 4 31 2 *")
        # At once, before anything is sent to be kept.
        expect(cron).to_have_attribute("aria-invalid", "true")
        cron.fill("0 4 L * *")
        expect(cron).not_to_have_attribute("aria-invalid", "true")
        expect(form.locator(".preview li")).to_have_count(4)
        form.get_by_role("button", name="When something happens").click()
        form.get_by_label("When something happens").select_option("line")
        pattern = form.get_by_label("Pattern")
        warning = form.get_by_text("A player could write this into the chat.")
        pattern.fill("Done")
        expect(warning).to_be_visible()
        pattern.fill("^Done")
        expect(warning).to_have_count(0)
        pattern.fill("^(")
        create = form.get_by_role("button", name="Create")
        create.click()
        expect(form.get_by_text("Add a step; at most 20 are possible.")).to_be_visible()
        self.add(page, "Wait")
        wait = form.get_by_label("How long")
        wait.fill("soon")
        create.click()
        # All stands at its field, and the first is gone to.
        expect(wait).to_have_attribute("aria-invalid", "true")
        expect(form.locator(".error").filter(has_text="Such as 90 s")).to_be_visible()
        expect(form.locator(".error").filter(has_text="Give it a name")).to_be_visible()
        expect(form.get_by_label("Name", exact=True)).to_be_focused()
        form.get_by_label("Name", exact=True).fill("Lines")
        wait.fill("10 s")
        expect(wait).not_to_have_attribute("aria-invalid", "true")
        create.click()
        expect(pattern).to_have_attribute("aria-invalid", "true")
        expect(pattern).to_be_focused()
        pattern.fill("^Done")
        create.click()
        expect(page.get_by_role("form", name="Lines")).to_be_visible()
        self.assertEqual(self.schedules()[0]["when"], {"event": "line", "pattern": "^Done"})

    def test_run(self) -> None:
        """A run that goes on tells its step and can be ended; how each went is there by itself."""
        steps = [{"command": "say hi"}, {"wait": 3600}, {"power": "stop"}]
        number = self.create(steps=steps)["schedule"]
        page = self.open(f"/{number}")
        form = page.get_by_role("form", name="Yearly")
        # Days of another year say which.
        expect(form.locator(".preview li").last).to_contain_text(re.compile(r"\b20\d\d\b"))
        form.get_by_role("button", name="Run now").click()
        row = page.get_by_role("region", name="Schedules").get_by_role("listitem")
        for place in (form, row):
            expect(place.get_by_text("step 2 of 3: wait 1 h")).to_be_visible()
        form.get_by_role("button", name="Cancel the run").click()
        runs = form.locator(".runs li")
        expect(runs).to_have_count(1)
        expect(runs).to_contain_text("cancelled")
        expect(runs).to_contain_text("by hand")
        expect(row).to_contain_text("cancelled")
        self.admin("schedule_update", schedule=number, steps=steps[:1])
        self.admin("schedule_run", schedule=number)
        expect(runs).to_have_count(2)
        expect(runs.first).to_contain_text("done")
        expect(row).to_contain_text("done")
        self.assertEqual(self.visitors[-1].violations(), [])

    def test_rights(self) -> None:
        """
        Who only looks sees no button and no command; who lacks the right to a step may delete it,
        but not change it. All of it fits on a phone, and names are nothing but text.
        """
        steps = [{"command": "say secret"}, {"countdown": [60, 10], "command": "secret {time}"}]
        number = self.create(name=nasty, steps=steps)["schedule"]
        size = {"viewport": {"width": 320, "height": 640}, "has_touch": True, "is_mobile": True}
        for name, rights in (("ann", []), ("bob", ["settings"])):
            servers = {"one": ["view", *rights]}
            self.admin("user_create", username=name, password=password, servers=servers)
        ann, bob = (
            self.visit(logIn=False, path="#/server/one/schedules", **size) for _ in range(2)
        )
        ann.logIn("ann", password)
        main = ann.page.get_by_role("main")
        main.get_by_role("link", name=nasty).click()
        expect(main.get_by_text("It runs with the rights of admin")).to_be_visible()
        expect(main.get_by_role("listitem").first).to_have_text("command")
        expect(main).not_to_contain_text("secret")
        expect(main.locator(".tab-body button")).to_have_count(0)
        self.assertEqual(ann.violations(), [])
        bob.logIn("bob", password)
        main = bob.page.get_by_role("main")
        expect(main.get_by_role("link", name=nasty)).to_be_visible()
        self.fits(bob.page)
        self.assertEqual(bob.violations(), [])
        main.get_by_role("link", name=nasty).click()
        expect(main.get_by_text("You lack the right to one of its steps")).to_be_visible()
        expect(main.get_by_role("button", name="Run now")).to_be_disabled()
        expect(main.get_by_role("button", name="Save")).to_have_count(0)
        self.fits(bob.page)
        main.get_by_role("button", name="Delete …").click()
        bob.page.get_by_role("button", name="Delete now").click()
        expect(main.get_by_text("No schedule yet")).to_be_visible()
        self.assertEqual(self.schedules(), [])
        bob.page.goto(f"{self.daemon.base}#/server/one/schedules/{number}")
        expect(main.get_by_text("There is no such schedule any more.")).to_be_visible()
        expect(main.get_by_role("link", name="All schedules")).to_be_visible()
        bob.page.goto(f"{self.daemon.base}#/server/one/schedules/new")
        self.add(bob.page, "Wait")
        self.fits(bob.page)

    def fits(self, page: Any) -> None:
        """Nothing runs over the edge."""
        over = page.evaluate("document.documentElement.scrollWidth - innerWidth")
        self.assertLessEqual(over, 0)

    def test_words(self) -> None:
        """A schedule is a sentence, in each language; a word of a newer daemon stays as it is."""
        cases: list[tuple[Any, Any, str, str]] = [
            ({"cron": "0 4 * * *"}, "always", "Every day at 04:00", "Jeden Tag um 04:00"),
            (
                {"cron": "0 4 * * 1-5", "timezone": "UTC"},
                ["running", "empty"],
                "Mon\N{EN DASH}Fri at 04:00, only if it runs and nobody plays",
                "Mo\N{EN DASH}Fr um 04:00, nur wenn er läuft und niemand spielt",
            ),
            ({"cron": "*/15 * * * *"}, "always", "Every 15 minutes", "Alle 15 Minuten"),
            ({"cron": "0 4 L * *"}, "always", "By cron: 0 4 L * *", "Nach cron: 0 4 L * *"),
            (
                {"event": "line", "pattern": "^a"},
                "used",
                "When the console has a line “^a”, only if it has run since its last backup",
                "Wenn in der Konsole eine Zeile steht „^a“, "
                "nur wenn er seit der letzten Sicherung lief",
            ),
            (
                {"event": "emptied", "after": 90},
                "always",
                "When the last player has left, after 90 s",
                "Wenn der letzte Spieler gegangen ist, nach 90 s",
            ),
            ({"event": "newer"}, "newest", "newer, only if newest", "newer, nur wenn newest"),
        ]
        given = [[when, only] for when, only, _, _ in cases]
        for at, locale in ((2, "en-US"), (3, "de-DE")):
            page = self.visit(logIn=False, hasModules=True, locale=locale, timezone_id="UTC").page
            said = page.evaluate(
                """async (cases) => {
                    const { sentenceOf } = await import("/panel/lib/schedules.js");
                    return cases.map(([when, only]) => sentenceOf({ when, only }));
                }""",
                given,
            )
            self.assertEqual(said, [case[at] for case in cases])
