"""Schedules on the page: their form, their sentences, and what is done with them."""

import json
import subprocess
from typing import Any, Final

from twisted.trial.unittest import SynchronousTestCase

from tests.browser import root
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
        cases = [
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
