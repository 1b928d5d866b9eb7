"""The words of the page: there is one for all that the daemon can say, in each language."""

import re
from pathlib import Path
from typing import Any, get_args

from playwright.sync_api import expect
from twisted.trial.unittest import SynchronousTestCase

from gamepanel.games.definition import LimitRules, RestartRules
from gamepanel.servers.limitoptions import limitOptions
from gamepanel.servers.settings import daemonOptions
from gamepanel.wire.codes import ErrorCode
from tests.browser import root
from tests.panelcase import PageTests

texts: Path = root / "gamepanel" / "panel" / "texts"


def names(language: str) -> set[str]:
    """The names of all texts of a language."""
    found: set[str] = set()
    for file in (texts / language).glob("*.js"):
        found |= set(re.findall(r'^  "?([\w.-]+)"?:', file.read_text(), re.MULTILINE))
    return found


class WordTests(SynchronousTestCase):
    def test_all(self) -> None:
        """Each code of an error, each setting of the daemon, each kind of event has its words."""
        settings = (*daemonOptions(RestartRules()), *limitOptions(LimitRules()))
        table = (root / "docs" / "reference" / "api.md").read_text().partition("| kind | data |")[2]
        rows = [line.split("|")[1] for line in table.splitlines() if line.startswith("| `")]
        kinds = [kind for row in rows for kind in re.findall("`([a-z_]+)`", row)]
        self.assertIn("crashed", kinds)
        wanted = {
            *(f"code.{code}" for code in get_args(ErrorCode)),
            *(f"event.{kind}" for kind in kinds),
            *(f"field.{option.name}" for option in settings),
            *(f"field.{option.name}.about" for option in settings),
        }
        for language in ("en", "de"):
            self.assertEqual(wanted - names(language), set(), language)

    def test_languages(self) -> None:
        """Each language with texts is named where it is chosen, and its words can be loaded."""
        there = {path.name for path in texts.iterdir()}
        panel = texts.parent
        chosen = re.search(r"LANGUAGES = \[(.*)\]", (panel / "begin.js").read_text())
        assert chosen
        self.assertEqual(set(re.findall(r'"(\w+)"', chosen[1])), there)
        text = (panel / "lib" / "text.js").read_text()
        offered = re.search(r"LANGUAGES = \{(.*)\}", text)
        assert offered
        self.assertEqual(set(re.findall(r"(\w+): ", offered[1])), there)
        loaded = re.findall(r'(\w+): \(\) => import\("../texts/(\w+)/words.js"\)', text)
        self.assertEqual(set(loaded), {(name, name) for name in there})


class GermanTests(PageTests):
    def test_settings(self) -> None:
        """In German no title and no hint of the daemon's own settings is English."""
        self.admin("server_create", type="shell", server="one")
        page: Any = self.visit(logIn=False, locale="de-DE").page
        page.get_by_label("Benutzername").fill("admin")
        page.get_by_label("Passwort").fill(self.daemon.password)
        page.get_by_role("button", name="Anmelden").click()
        expect(page.get_by_role("link", name="one", exact=True)).to_be_visible()
        page.goto(f"{self.daemon.base}#/server/one/settings")
        expect(page.get_by_label("Speicher", exact=True)).to_be_visible()
        said = page.get_by_role("main").inner_text()
        settings = self.admin("server_settings", server="one")["settings"]
        own = [each for each in settings if f"field.{each['name']}" in names("de")]
        self.assertGreater(len(own), 10)
        for each in own:
            for words in (each["title"], each["description"], each.get("hint", "")):
                self.assertFalse(words and f"{words}\n" in said, words)

    def test_reasons(self) -> None:
        """Reasons and errors of the daemon are told in German, too; what is not known, as it is."""
        page: Any = self.visit(logIn=False, hasModules=True, locale="de-DE").page
        told = page.evaluate(
            """async (texts) => {
                const { told } = await import("/panel/lib/text.js");
                return texts.map(told);
            }""",
            [
                "ended by itself, exit code 3",
                "ended before it was ready, signal SEGV; the game's last lines:\n| no map",
                "it ended 5 times within 10 minutes",
                "Port 3979 is taken by another program of this host.",
                "Downloading server.jar from example.org",
                "Running false",
                "Install step 2 of 3 (run sh) has failed: sh has ended with exit code 1",
                "The installation has failed: Install step 2 of 3 (run sh) has failed: no",
                "The installation was cancelled. Update the server to try again.",
                "its game gave no answer for 120 seconds",
                "The host has restarted.",
                "no such sentence",
            ],
        )
        self.assertEqual(
            told,
            [
                "endete von selbst, Code 3",
                "endete, bevor er bereit war, Signal SEGV; seine letzten Zeilen:\n| no map",
                "endete 5-mal in 10 Minuten",
                "Port 3979 hat ein anderes Programm dieses Rechners.",
                "server.jar von example.org wird geladen",
                "false läuft",
                "Schritt 2 von 3 (run sh) ist gescheitert: sh endete mit Code 1",
                "Das Einrichten ist bei Schritt 2 von 3 (run sh) gescheitert: no",
                "Das Einrichten wurde abgebrochen. Aktualisieren versucht es noch einmal.",
                "sein Spiel gab 120 Sekunden lang keine Antwort",
                "Der Rechner hat neu gestartet.",
                "no such sentence",
            ],
        )
        more = page.evaluate(
            """async () => {
                const { describe } = await import("/panel/lib/events.js");
                const data = { kind: "update", job: 3, error: "The host has restarted." };
                return describe({ kind: "job_failed", data }).more;
            }"""
        )
        self.assertIn("Der Rechner hat neu gestartet.", more)
