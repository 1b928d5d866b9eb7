"""The page by keyboard alone: what has the focus can be seen, and the focus is never lost."""

import re
from pathlib import Path
from typing import Any, Final

from playwright.sync_api import expect

from tests.panelcase import PageTests

noMouse: Final = """
    for (const name of ["mousedown", "pointerdown", "touchstart"]) {
        addEventListener(name, () => console.error("used a mouse"), true);
    }
"""
"""Tests fail of what the console of a browser complains of."""

mark: Final = """
    () => {
        const own = document.activeElement;
        if (own === document.body) return "nothing";
        const box = own.getBoundingClientRect();
        const isInside = box.bottom > 0 && box.top < innerHeight && box.width > 0;
        const isLined = (each) => each && getComputedStyle(each).outlineStyle !== "none";
        const isMarked = isLined(own) || isLined(own.closest("label"));
        const name = own.getAttribute("aria-label") || own.textContent.trim() || own.id;
        if (isInside && isMarked) return "";
        return `${own.tagName} ${name}: ${isInside ? "no mark" : "outside"}`;
    }
"""
"""What is wrong with how the focus shows; nothing if it can be seen."""

slash: Final = """
    () => document.addEventListener(
        "focusin",
        ({ target }) => {
            const key = new KeyboardEvent("keydown", { key: "/", bubbles: true });
            target.dispatchEvent(key);
        },
        { once: true },
    )
"""
"""Press "/" as soon as something gets the focus."""

players: Final = """
title = "Arena"
[[options]]
name = "level"
title = "Level"
type = "integer"
default = 5
[run]
command = ["sh", "-c", "echo ready; exec cat"]
ready = '^ready$'
[players]
join = '^(?P<name>[a-z]+) joined$'
leave = '^(?P<name>[a-z]+) left$'
"""
"""A game that prints what is typed: so players come and go."""


class KeyboardTests(PageTests):
    def focusShows(self, page: Any) -> None:
        self.assertEqual(page.evaluate(mark), "")

    def test_pass(self) -> None:
        """
        With the keyboard alone one logs in, finds one of a dozen servers, opens it, types a
        command, stops it by the palette, and is back in the list where one was.
        """
        for number in range(12):
            self.admin("server_create", type="shell", server=f"server-{number:02}")
        self.server("server-07x")
        visitor = self.visit(logIn=False, script=noMouse)
        page: Any = visitor.page
        expect(page.get_by_label("User name")).to_be_focused()
        self.focusShows(page)
        page.keyboard.type("admin")
        page.keyboard.press("Tab")
        self.focusShows(page)
        page.keyboard.type(self.daemon.password)
        page.keyboard.press("Enter")
        expect(page.locator("tr.row")).to_have_count(13)
        for _ in range(40):
            page.keyboard.press("Tab")
            self.focusShows(page)
        page.keyboard.press("/")
        self.focusShows(page)
        page.keyboard.type("07x")
        expect(page.locator("tr.row")).to_have_count(1)
        page.keyboard.press("Enter")
        link = page.get_by_role("link", name="server-07x", exact=True)
        expect(link).to_be_focused()
        self.focusShows(page)
        page.keyboard.press("Enter")
        expect(page.get_by_role("log", name="Console")).to_be_visible()
        page.keyboard.press("i")
        command = page.get_by_role("textbox", name="Command")
        expect(command).to_be_focused()
        self.focusShows(page)
        page.keyboard.type("typed with keys")
        page.keyboard.press("Enter")
        expect(page.get_by_role("log")).to_contain_text("typed with keys")
        page.keyboard.press("Control+k")
        page.keyboard.type("stop server")
        expect(page.get_by_role("option", selected=True)).to_contain_text("Stop server-07x")
        page.keyboard.press("Enter")
        self.admin.until("server-07x", "stopped")
        expect(page.get_by_role("dialog")).to_have_count(0)
        expect(command).to_be_focused()
        page.go_back()
        expect(link).to_be_focused()
        self.focusShows(page)
        expect(page).to_have_url(re.compile("q=07x"))
        page.keyboard.press("/")
        page.keyboard.press("Escape")
        expect(page.locator("tr.row")).to_have_count(13)
        page.keyboard.press("Enter")
        expect(page.get_by_role("link", name="server-00", exact=True)).to_be_focused()

    def test_atOnce(self) -> None:
        """Who comes back to the list can type on at once: no key is lost before its first frame."""
        self.admin("server_create", type="shell", server="one")
        page: Any = self.visit().page
        page.get_by_role("link", name="one", exact=True).click()
        expect(page.get_by_role("log", name="Console")).to_be_visible()
        page.evaluate(slash)
        page.go_back()
        expect(page.get_by_label("Filter by name, type, tag")).to_be_focused()

    def test_groups(self) -> None:
        """Where a server goes to another group the focus goes along."""
        for id in ("one", "two"):
            self.admin("server_create", type="shell", server=id, options={"script": "exec cat"})
        page: Any = self.visit().page
        expect(page.locator("tr.row")).to_have_count(2)
        # Nothing stands above them: they need no heading.
        expect(page.locator("tr.group")).to_have_count(0)
        page.get_by_role("link", name="two", exact=True).focus()
        page.keyboard.press("p")
        expect(page.get_by_role("button", name="Pinned 1")).to_be_visible()
        expect(page.get_by_role("button", name="All others 1")).to_be_visible()
        expect(page.locator("tr.row").first).to_have_attribute("aria-label", "two")
        expect(page.get_by_role("link", name="two", exact=True)).to_be_focused()
        page.keyboard.press(".")
        page.keyboard.press("p")
        expect(page.locator("tr.group")).to_have_count(0)
        expect(page.get_by_role("button", name="More for two")).to_be_focused()
        page.goto(f"{self.daemon.base}#/?q=nothing")
        expect(page.get_by_role("heading", name="No server fits “nothing”")).to_be_visible()


class HeadKeyTests(PageTests):
    def test_keys(self) -> None:
        """On a server's page the same letters act on it; the palette tells them."""
        self.server("one")
        page: Any = self.visit(path="#/server/one/console").page
        expect(page.get_by_role("log", name="Console")).to_be_visible()
        page.keyboard.press("Control+k")
        page.keyboard.type("restart one")
        option = page.get_by_role("option", selected=True)
        expect(option).to_contain_text("Restart one")
        expect(option.locator("kbd")).to_have_text("r")
        page.keyboard.press("Escape")
        # A letter in a field is a letter.
        page.get_by_role("textbox", name="Command").fill("rs")
        page.get_by_role("log").focus()
        restart = page.get_by_role("button", name="Restart", exact=True)
        expect(restart).to_be_enabled()
        started = self.admin("server_status", server="one")["startedAt"]
        page.keyboard.press("r")
        self.admin.wait(
            lambda: self.admin("server_status", server="one")["startedAt"] not in (None, started),
            "another run",
        )
        # While it starts it can be started anew, too.
        expect(self.pill(page)).to_have_text("Running")
        expect(restart).to_be_enabled()
        page.keyboard.press("s")
        self.admin.until("one", "stopped")
        page.keyboard.press("Control+k")
        page.keyboard.type("start one")
        expect(option).to_contain_text("Start one")
        expect(option.locator("kbd")).to_have_text("s")

    def test_players(self) -> None:
        """Where players are on, a letter asks before it ends their game, as a button does."""
        Path(self.daemon.state, "types", "arena.toml").write_text(players)
        self.admin("server_create", type="arena", server="one")
        self.admin("server_start", server="one")
        self.admin.until("one", "running")
        self.admin("server_cmd", server="one", command="ann joined")
        page: Any = self.visit(path="#/server/one/console").page
        self.admin.wait(
            lambda: (self.admin("server_status", server="one")["players"] or {}).get("online"),
            "a player",
        )
        expect(page.locator(".sh-fact.pl b")).to_have_text("1")
        page.get_by_role("log").focus()
        page.keyboard.press("s")
        dialog = page.get_by_role("dialog", name="Stop one?")
        expect(dialog).to_contain_text("1 player")
        page.keyboard.press("Escape")
        expect(dialog).to_have_count(0)
        self.assertEqual(self.admin("server_status", server="one")["status"], "running")
        page.get_by_role("button", name="Stop", exact=True).click()
        dialog.get_by_role("button", name="Stop").click()
        self.admin.until("one", "stopped")


class RowKeyTests(PageTests):
    def test_keys(self) -> None:
        """In the list keys start, stop, restart, copy, pin; arrows move; the menu tells them."""
        self.server("one")
        self.admin("server_create", type="two-ports", server="two")
        page: Any = self.visit(permissions=["clipboard-read", "clipboard-write"]).page
        expect(page.locator("tr.row")).to_have_count(2)
        one, two = (page.get_by_role("link", name=id, exact=True) for id in ("one", "two"))
        one.focus()
        page.keyboard.press("ArrowDown")
        expect(two).to_be_focused()
        page.keyboard.press("c")
        expect(page.get_by_role("status")).to_have_text("Copied")
        page.keyboard.press("r")
        expect(page.get_by_role("status")).to_have_text("It does not run")
        page.keyboard.press("ArrowUp")
        expect(one).to_be_focused()
        expect(self.row(page, "one").get_by_role("button", name="Stop one")).to_be_enabled()
        started = self.admin("server_status", server="one")["startedAt"]
        page.keyboard.press("r")
        self.admin.wait(
            lambda: (self.admin("server_status", server="one")["startedAt"] or 0) > started,
            "another run",
        )
        self.admin.until("one", "running")
        expect(self.row(page, "one").locator(".pill")).to_have_text("Running")
        page.keyboard.press(".")
        items = page.get_by_role("menu").get_by_role("menuitem")
        expect(items.last).to_be_visible()
        said = [" ".join(text.split()) for text in items.all_inner_texts()]
        wanted = ["Console Enter", "Stop s", "Restart r", "Pin to the top p", "Settings", "Kill …"]
        self.assertEqual(said, wanted)
        # For half a second after its state has changed it takes nothing.
        expect(items.filter(has_text="Stop")).to_be_enabled()
        page.keyboard.press("s")
        self.admin.until("one", "stopped")
        expect(page.get_by_role("button", name="More for one")).to_be_focused()

    def test_off(self) -> None:
        """Whoever has turned such keys off finds none in menus, and none of them does anything."""
        self.admin("server_create", type="shell", server="one")
        page: Any = self.visit(path="#/account").page
        page.get_by_label("Keys of one letter").uncheck()
        page.evaluate("location.hash = '#/'")
        page.get_by_role("button", name="More for one").click()
        expect(page.get_by_role("menuitem", name="Pin to the top")).to_be_visible()
        expect(page.locator(".menu kbd")).to_have_count(0)
        page.keyboard.press("p")
        expect(page.get_by_role("menu")).to_be_visible()

    def test_phone(self) -> None:
        """On a phone, where a row has no button for it, a server is started by its menu."""
        self.admin("server_create", type="shell", server="one", options={"script": "exec cat"})
        phone = {"width": 360, "height": 740}
        page: Any = self.visit(viewport=phone, has_touch=True, is_mobile=True).page
        page.get_by_role("button", name="More for one").tap()
        page.get_by_role("menuitem", name="Start", exact=True).tap()
        self.admin.until("one", "running")

    def test_turn(self) -> None:
        """Brackets go to the server before and behind, with the same tab, round and round."""
        for id in ("a-10", "a-9", "b"):
            self.admin("server_create", type="shell", server=id)
        page: Any = self.visit(path="#/server/a-9/settings").page
        expect(page.get_by_role("heading", name="a-9")).to_be_visible()
        for key, id in (("]", "a-10"), ("]", "b"), ("]", "a-9"), ("[", "b")):
            page.keyboard.press(key)
            expect(page).to_have_url(re.compile(f"#/server/{id}/settings$"))
            expect(page.get_by_role("heading", name=id, exact=True)).to_be_visible()

    def test_another(self) -> None:
        """The palette restarts another server than the one whose page this is."""
        for id in ("one", "two", "three"):
            self.server(id)
        self.admin("server_stop", server="three")
        self.admin.until("three", "stopped")
        page: Any = self.visit(path="#/server/one/console").page
        expect(page.get_by_role("log", name="Console")).to_be_visible()
        started = self.admin("server_status", server="two")["startedAt"]
        page.keyboard.press("Control+k")
        page.keyboard.type("rest")
        options = page.get_by_role("listbox").get_by_role("option")
        expect(options.first).to_contain_text("Restart one")
        expect(options.nth(1)).to_contain_text("Restart another …")
        page.keyboard.press("ArrowDown")
        page.keyboard.press("Enter")
        group = page.get_by_role("group", name="Restart another …")
        expect(group.get_by_role("option")).to_have_count(2)
        page.keyboard.type("tw")
        expect(group.get_by_role("option")).to_have_count(1)
        page.keyboard.press("Enter")
        expect(page.get_by_role("dialog")).to_have_count(0)
        self.admin.wait(
            lambda: (self.admin("server_status", server="two")["startedAt"] or 0) > started,
            "another run",
        )


class TouchTests(PageTests):
    def play(self) -> None:
        """A server with two players, beside one that nobody is on."""
        Path(self.daemon.state, "types", "arena.toml").write_text(players)
        self.admin("server_create", type="arena", server="full")
        self.admin("server_start", server="full")
        self.admin.until("full", "running")
        for name in ("ann", "bob"):
            self.admin("server_cmd", server="full", command=f"{name} joined")
        self.admin.wait(
            lambda: self.admin("server_status", server="full")["players"]["online"] == 2,
            "two players",
        )

    def test_asks(self) -> None:
        """What throws players out asks first, wherever it is done."""
        self.play()
        self.server("empty")
        phone = {"width": 360, "height": 740}
        visitor = self.visit(viewport=phone, has_touch=True, is_mobile=True)
        page: Any = visitor.page
        page.get_by_role("button", name="More for full").tap()
        page.get_by_role("menuitem", name="Stop").tap()
        dialog = page.get_by_role("dialog", name="Stop full?")
        expect(dialog).to_contain_text("2 players are on. They will be disconnected.")
        self.assertEqual(visitor.violations(), [])
        dialog.get_by_role("button", name="Cancel").tap()
        expect(dialog).to_have_count(0)
        page.goto(f"{self.daemon.base}#/server/full/console")
        page.get_by_role("button", name="Restart").tap()
        expect(page.get_by_role("dialog", name="Restart full?")).to_be_visible()
        page.get_by_role("dialog").get_by_role("button", name="Cancel").tap()
        page.keyboard.press("Control+k")
        page.keyboard.type(">stop full")
        page.keyboard.press("Enter")
        expect(page.get_by_role("group", name="Stop full?")).to_contain_text("2 players are on.")
        expect(page.get_by_role("option", selected=True)).to_have_text("Cancel")
        page.keyboard.press("Enter")
        self.assertEqual(self.admin("server_status", server="full")["status"], "running")
        page.get_by_role("button", name="Stop").tap()
        page.get_by_role("dialog").get_by_role("button", name="Stop").tap()
        self.admin.until("full", "stopped")
        page.goto(f"{self.daemon.base}#/server/empty/console")
        page.get_by_role("button", name="Stop").tap()
        self.admin.until("empty", "stopped")

    def test_tablet(self) -> None:
        """It asks where several are stopped together, and where a restart makes changes hold."""
        self.play()
        tablet = {"width": 1024, "height": 768}
        page: Any = self.visit(viewport=tablet, has_touch=True, is_mobile=True).page
        page.get_by_label("Select full").check()
        bulk = page.get_by_role("region", name="Selected servers")
        bulk.get_by_role("button", name="Stop 1").tap()
        dialog = page.get_by_role("dialog", name="Stop 1 server?")
        expect(dialog).to_contain_text("2 players are on. They will be disconnected.")
        dialog.get_by_role("button", name="Stop 1").tap()
        self.admin.until("full", "stopped")
        bulk.get_by_role("button", name="Start them again").tap()
        self.admin.until("full", "running")
        expect(bulk.get_by_role("button", name="Start them again")).to_have_count(0)
        for name in ("ann", "bob"):
            self.admin("server_cmd", server="full", command=f"{name} joined")
        page.goto(f"{self.daemon.base}#/server/full/settings")
        page.locator("#field-level").fill("7")
        bar = page.get_by_role("region", name="Changes")
        bar.get_by_role("button", name="Save").tap()
        bar.get_by_role("button", name="Restart now").tap()
        dialog = page.get_by_role("dialog", name="Restart full?")
        dialog.get_by_role("button", name="Cancel").tap()
        self.assertEqual(self.admin("server_status", server="full")["status"], "running")

    def test_mouse(self) -> None:
        """With a mouse it asks as well, also in the list; killing says how many lose what."""
        self.play()
        page: Any = self.visit(path="#/server/full/console").page
        expect(page.locator(".sh-fact.pl")).to_contain_text("2")
        page.get_by_role("button", name="More for full").click()
        page.get_by_role("menuitem", name="Kill …").click()
        about = "What its 2 players did since it last saved is lost. Stop saves first."
        expect(page.get_by_role("dialog", name="Kill full?")).to_contain_text(about)
        page.get_by_role("button", name="Cancel").click()
        page.goto(f"{self.daemon.base}#/")
        page.get_by_role("button", name="Stop full").click()
        dialog = page.get_by_role("dialog", name="Stop full?")
        expect(dialog).to_contain_text("2 players are on. They will be disconnected.")
        self.assertEqual(self.admin("server_status", server="full")["status"], "running")
        dialog.get_by_role("button", name="Stop").click()
        self.admin.until("full", "stopped")
