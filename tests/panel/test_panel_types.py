"""What type files say, on the page: in German, and with the colours of a game."""

import re
from pathlib import Path
from typing import Any, Final

from playwright.sync_api import expect
from twisted.trial.unittest import SynchronousTestCase

from gamepanel.games.catalogue import Catalogue, shippedTypes
from tests.browser import Visitor, root
from tests.panelcase import PageTests

quake: Final = """
title = "OpenArena"
[run]
command = ["sh", "-c", 'echo "^3Plum^7 entered"; echo "2^32 and ^x0f0green"; exec cat']
[players]
join = '^join (?P<name>.+)$'
"""
"""A type of the name of one of Quake's family, whose servers need but a shell."""

german: Final = root / "gamepanel" / "panel" / "texts" / "de"


def said() -> dict[str, str]:
    """All that shipped types say to people, and where; names of games are the same in German."""
    found: dict[str, str] = {}
    for name, definition in Catalogue((shippedTypes(),), True).all().items():
        texts = [definition.description, *definition.tags]
        # A command is one in German, too.
        if definition.hint and not definition.hint.startswith("apt install "):
            texts.append(definition.hint)
        for option in definition.options:
            texts += [option.title, option.description, option.hint or "", option.group or ""]
            # Numbers, and what is abbreviated, is the same in German.
            texts += [
                each
                for each in map(str, option.choices or ())
                if re.fullmatch("[A-Za-z_-]{4,}", each)
            ]
        if definition.players is not None:
            texts += [action.title for action in definition.players.actions]
        found.update({text: name for text in texts if text})
    return found


class TableTests(SynchronousTestCase):
    def test_all(self) -> None:
        """Each text of a shipped type has German words, and no words are left of what is gone."""
        table = (german / "types.js").read_text()
        quoted = re.findall(r'^  "((?:[^"\\]|\\.)*)":', table, re.MULTILINE)
        plain = re.findall(r"^  (\w+):", table, re.MULTILINE)
        known = {re.sub(r"\\(.)", r"\1", key) for key in quoted} | set(plain)
        texts = said()
        self.assertGreater(len(texts), 250)
        self.assertEqual({text: texts[text] for text in texts.keys() - known}, {})
        self.assertEqual(known - texts.keys(), set())


class GermanTests(PageTests):
    def open(self, path: str, locale: str = "de-DE") -> Visitor:
        """Log in, with a browser of a language; then go somewhere."""
        visitor = self.visit(logIn=False, locale=locale)
        form = visitor.page.locator("form")
        form.locator("#login-name").fill("admin")
        form.locator("#login-password").fill(self.daemon.password)
        form.locator("[type=submit]").click()
        expect(visitor.page.locator(".top-right")).to_be_visible()
        visitor.page.goto(f"{self.daemon.base}#/{path}")
        return visitor

    def loaded(self, visitor: Visitor) -> bool:
        """Whether the words of type files came to a browser."""
        names = visitor.page.evaluate("performance.getEntriesByType('resource').map((e) => e.name)")
        return any(re.search(r"/types[^/]*\.js$", name) for name in names)

    def test_catalogue(self) -> None:
        """Cards, tags, and the form of a game are German; so is what is searched for."""
        page: Any = self.open("new").page
        expect(
            page.get_by_text("Server des Fabrikspiels Factorio, ohne Bildschirm.")
        ).to_be_visible()
        expect(page.get_by_role("button", name=re.compile("Überleben"))).to_be_visible()
        page.get_by_role("searchbox").fill("wikinger")
        expect(page.locator(".type-card")).to_have_count(1)
        page.goto(f"{self.daemon.base}#/new/openarena")
        expect(page.get_by_label("Erste Karte")).to_be_visible()
        texts = page.get_by_role("main").inner_text()
        for english in said():
            if len(english) > 12:
                self.assertNotIn(f"{english}\n", texts)

    def test_choices(self) -> None:
        """What can be chosen is German where it is a word; what is sent is the word of the type."""
        page: Any = self.open("new/minecraft-paper").page
        choice = page.get_by_label("Schwierigkeit", exact=True)
        expect(choice.locator("option")).to_have_text(["friedlich", "leicht", "normal", "schwer"])
        choice.select_option(label="schwer")
        expect(choice).to_have_value("hard")
        expect(page.get_by_role("link", name="papermc.io")).to_have_attribute(
            "href", re.compile("^https://papermc.io")
        )

    def test_used(self) -> None:
        """A field that is limited tells how many characters of it are used."""
        page: Any = self.open("new/minecraft-paper", "en-GB").page
        field = page.locator(".field").filter(has=page.get_by_label("Line in the server list"))
        field.locator("input").fill("Caf\u00e9 \U0001f600")
        expect(field.locator(".hint")).to_have_text("At most 59 characters; 6 used.")

    def test_list(self) -> None:
        """The list names a game as Germans do, without the words of all type files."""
        self.admin("server_create", type="generic", server="one", options={"command": "cat"})
        visitor = self.open("")
        expect(visitor.page.locator(".ty")).to_have_text("Beliebiges Programm")
        self.assertFalse(self.loaded(visitor))

    def test_english(self) -> None:
        """Who reads English loads no words of another language."""
        visitor = self.open("new/openarena", "en-GB")
        expect(visitor.page.get_by_label("First map")).to_be_visible()
        self.assertFalse(self.loaded(visitor))


class SwitchTests(PageTests):
    def test_switch(self) -> None:
        """What a game's own file has as 0 and 1 is off and on to people, also where it was so."""
        switch = '[[options]]\nname = "public"\ntitle = "Public"\ntype = "enum"\n'
        more = 'choices = ["0", "1"]\ndefault = "0"\nrequired = true\n'
        run = '[run]\ncommand = ["cat"]\n'
        path = Path(self.daemon.state, "types", "switch.toml")
        path.write_text(f'title = "Switch"\n{switch}{more}{run}')
        self.admin("server_create", type="switch", server="two")
        page: Any = self.visit(path="#/server/two/settings").page
        field = page.get_by_label("Public")
        expect(field.get_by_role("option")).to_have_text(["off", "on"])
        field.select_option("on")
        expect(page.locator(".was")).to_contain_text("off")
        page.get_by_role("button", name="Save").click()
        expect(page.get_by_role("region", name="Changes")).to_contain_text("Saved")
        settings = {
            each["name"]: each["value"]
            for each in self.admin("server_settings", server="two")["settings"]
        }
        self.assertEqual(settings["public"], "1")
        page.keyboard.press("Control+k")
        page.keyboard.type("public")
        expect(page.get_by_role("option", name="Public")).to_contain_text("on")


class ColourTests(PageTests):
    def test_console(self) -> None:
        """The codes of Quake are colours in the console, not text; a power is none of them."""
        Path(self.daemon.state, "types", "openarena.toml").write_text(quake)
        self.admin("server_create", type="openarena", server="arena")
        self.server("plain", "echo '^3Plum'; exec cat")
        self.admin("server_start", server="arena")
        self.admin.untilLog("arena", "green")
        page: Any = self.visit(path="#/server/arena/console").page
        line = page.locator(".ln", has_text="Plum entered")
        expect(line).to_have_text("Plum entered")
        colours = line.locator("span").evaluate_all("(all) => all.map((e) => e.style.color)")
        self.assertEqual(len(colours), 2)
        self.assertNotEqual(colours[0], colours[1])
        expect(page.locator(".ln", has_text="green")).to_have_text(re.compile("and green$"))
        # What comes later is read so, too; what is copied has no codes.
        self.admin("server_cmd", server="arena", command="^1late")
        expect(page.locator(".ln", has_text=re.compile("^late$"))).to_be_visible()
        page.goto(f"{self.daemon.base}#/server/plain/console")
        expect(page.locator(".ln", has_text="Plum")).to_have_text("^3Plum")

    def test_names(self) -> None:
        """Names of players and what is told of them have no codes."""
        Path(self.daemon.state, "types", "xonotic.toml").write_text(quake)
        self.admin("server_create", type="xonotic", server="arena")
        self.admin("server_start", server="arena")
        self.admin.until("arena", "running")
        self.admin("server_cmd", server="arena", command="join ^x08fPl^1um")
        page: Any = self.visit(path="#/server/arena/players").page
        expect(page.locator(".player-name")).to_have_text("Plum")
        page.get_by_label("Search a name").fill("plum")
        expect(page.locator(".player-name")).to_have_text("Plum")
        page.goto(f"{self.daemon.base}#/server/arena/activity")
        expect(page.locator(".ev-t", has_text="Plum")).to_be_visible()
        expect(page.locator(".ev-t", has_text="^")).to_have_count(0)
