"""The words of the page: there is one for all that the daemon can say, in each language."""

import re
from pathlib import Path
from typing import Any

import msgspec
from playwright.sync_api import expect
from twisted.trial.unittest import SynchronousTestCase

from gamepanel.games.definition import LimitRules, RestartRules
from gamepanel.process.runfiles import Exit
from gamepanel.servers.settings import daemonOptions, limitOptions
from gamepanel.wire.causes import Cause, because, namesIn, sentences
from gamepanel.wire.codes import codes
from tests.browser import root
from tests.panelcase import PageTests

texts: Path = root / "gamepanel" / "panel" / "texts"


def names(language: str) -> set[str]:
    """The names of all texts of a language."""
    found: set[str] = set()
    for file in (texts / language).glob("*.js"):
        found |= set(re.findall(r'^  "?([\w.-]+)"?:', file.read_text(), re.MULTILINE))
    return found


def german() -> dict[str, list[str]]:
    """The German texts of causes, by their codes."""
    text = (texts / "de" / "causes.js").read_text()
    found = {}
    for code, said in re.findall(r'^  (\w+): (".*"|\[[^\]]*\]),$', text, re.MULTILINE):
        found[code] = re.findall(r'"((?:[^"\\]|\\.)*)"', said)
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
            *(f"code.{code}" for code in codes),
            *(f"event.{kind}" for kind in kinds),
            *(f"field.{option.name}" for option in settings),
            *(f"field.{option.name}.about" for option in settings),
        }
        for language in ("en", "de"):
            self.assertEqual(wanted - names(language), set(), language)

    def test_causes(self) -> None:
        """Each cause has a German text with the values of the English one, and nothing else has."""
        table = german()
        own = {name for name in names("de") if name.startswith(("cause.", "code."))}
        there = {name.partition(".")[2] for name in own} | table.keys()
        self.assertEqual(sentences.keys() - there, set())
        self.assertEqual(there - sentences.keys(), set())
        for code, texts in table.items():
            english = sentences[code]
            wanted = [namesIn(english)] if isinstance(english, str) else [*map(namesIn, english)]
            found = [frozenset(re.findall(r"\{(\w+)[:}]", text)) for text in texts]
            self.assertEqual(found, wanted, code)

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
        page = self.german()
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

    def german(self) -> Any:
        """The page of an admin, in German."""
        page: Any = self.visit(logIn=False, locale="de-DE").page
        page.get_by_label("Benutzername").fill("admin")
        page.get_by_label("Passwort").fill(self.daemon.password)
        page.get_by_role("button", name="Anmelden").click()
        return page

    def test_seen(self) -> None:
        """Why it has ended, what has happened and why something is refused is read in German."""
        self.server("one", "read -r x; exit 3")
        self.admin("server_settings", server="one", settings={"restart": "never"})
        self.admin("server_cmd", server="one", command="go")
        page = self.german()
        row = page.get_by_role("row").filter(has_text="one")
        expect(row).to_contain_text("Endete mit 3")
        expect(row).to_contain_text("nach Einstellung nie wieder gestartet")
        page.goto(f"{self.daemon.base}#/server/one/activity")
        expect(page.get_by_role("main")).to_contain_text("endete von selbst, Code 3")
        page.goto(f"{self.daemon.base}#/server/one/console")
        why = because("port_taken", port=3979, protocols=["udp"])
        problem = {"status": 409, "code": "spawn_failed", "detail": str(why)}
        body = msgspec.json.encode({**problem, "cause": why}).decode()
        page.route("**/server_start", lambda route: route.fulfill(status=409, body=body))
        happened = page.get_by_role("region", name="Was geschah")
        happened.get_by_role("button").first.click()
        said = "Port 3979 (UDP) hat ein anderes Programm dieses Rechners."
        expect(happened).to_contain_text(said)

    def test_reasons(self) -> None:
        """Reasons and errors of the daemon are told in German, too; what is not known, as it is."""
        page: Any = self.visit(logIn=False, hasModules=True, locale="de-DE").page
        failed = {"step": 2, "steps": 3, "name": "run sh"}
        ended = because("program_failed", program="sh", exit=because("exit_code", code=1))
        step = because("step_failed", **failed, why=ended)
        cases: list[tuple[Cause | str, str]] = [
            (because("ended_by_itself", exit=Exit(3).cause), "endete von selbst, Code 3"),
            (
                because("ended_unready", exit=Exit(139).cause, lines=["no map"]),
                "endete, bevor er bereit war, Signal SEGV; seine letzten Zeilen:\n| no map",
            ),
            (because("ended_too_often", count=5, window=600), "endete 5-mal in 10 min"),
            (
                because("port_taken", port=3979, protocols=["tcp", "udp"]),
                "Port 3979 (TCP und UDP) hat ein anderes Programm dieses Rechners.",
            ),
            (
                because("step_downloading", path="server.jar", host="example.org"),
                "server.jar von example.org wird geladen",
            ),
            (step, "Schritt 2 von 3 (run sh) ist gescheitert: sh endete mit Code 1"),
            (
                because("installation_failed", why=step),
                "Das Einrichten ist gescheitert: "
                "Schritt 2 von 3 (run sh) ist gescheitert: sh endete mit Code 1",
            ),
            (
                because("is_half_updated", why=because("job_cancelled")),
                "Es wurde abgebrochen. Das Verzeichnis des Servers ist halb aktualisiert: "
                "Er kann erst starten, wenn eine Aktualisierung gelungen ist.",
            ),
            (
                because("hung", exit=None, seconds=120.4),
                "sein Spiel gab 120 Sekunden lang keine Antwort",
            ),
            # Of a daemon that knows more, with values that are none, and one of before.
            (because("of_a_newer_daemon"), "of_a_newer_daemon"),
            (
                because("is_half_updated", why=because("newer")),
                str(because("is_half_updated", why=because("newer"))),
            ),
            ("no such sentence", "no such sentence"),
        ]
        told = page.evaluate(
            """async (cases) => {
                const { told } = await import("/panel/lib/text.js");
                return cases.map(([text, cause]) => told(text, cause));
            }""",
            [
                [str(each), None if isinstance(each, str) else msgspec.to_builtins(each)]
                for each, _ in cases
            ]
            + [["as it is", {"code": "lacks_programs", "values": {"programs": 3}}]],
        )
        self.assertEqual(told, [*(german for _, german in cases), "as it is"])
        more = page.evaluate(
            """async () => {
                const { describe } = await import("/panel/lib/events.js");
                const cause = { code: "job_host_restarted", values: {} };
                const data = { kind: "update", job: 3, error: "The host has restarted.", cause };
                return describe({ kind: "job_failed", data }).more;
            }"""
        )
        self.assertIn("Der Rechner hat neu gestartet.", more)
