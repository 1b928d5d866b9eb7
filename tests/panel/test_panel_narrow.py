"""The page on screens of any width, under a finger, and with all that opens open."""

from pathlib import Path
from typing import Any, Final

from playwright.sync_api import expect

from tests.browser import Visitor
from tests.panelcase import PageTests

longest: Final = "an-id-as-long-as-one-can-be-1234"
"""An id of 32 letters."""

party: Final = """
title = "A party"
[[options]]
name = "port"
title = "Port"
type = "port"
protocol = "tcp"
default = 25565
[run]
command = ["sh", "-c", "echo ready; exec cat"]
ready = '^ready$'
needs_port = false
[players]
join = '^(?P<name>[a-z]+) joined$'
leave = '^(?P<name>[a-z]+) left$'
"""
"""A game with a port, that prints what is typed: so tests let players come."""

wideness: Final = "document.documentElement.scrollWidth - innerWidth"

targets: Final = """
    (selector) => {
        const all = [...document.querySelectorAll(selector)].filter((own) => own.checkVisibility());
        const boxes = all.map((own) => [own.getAttribute("aria-label") ?? own.textContent.trim(),
            own.getBoundingClientRect()]);
        const { width } = document.documentElement.getBoundingClientRect();
        const small = boxes.filter(([, box]) => Math.min(box.width, box.height) < 44);
        const outside = boxes.filter(([, box]) => box.left < 0 || box.right > width);
        const meet = (a, b) => a.left < b.right && b.left < a.right && a.top < b.bottom
            && b.top < a.bottom;
        const over = boxes.filter(([, a], at) => boxes.slice(at + 1).some(([, b]) => meet(a, b)));
        const names = (found) => found.map(([name]) => name);
        return [boxes.length, names(small), names(outside), names(over)];
    }
"""
"""How many targets there are, and which are too small for a finger, not on screen, or overlap."""


class Scene(PageTests):
    """Two servers whose names have all the letters that there may be, with players on."""

    def setUp(self) -> None:
        super().setUp()
        Path(self.daemon.state, "types", "party.toml").write_text(party)
        for id, port in ((longest, 25565), ("small", 25566)):
            self.admin(
                "server_create",
                type="party",
                server=id,
                options={"port": port},
                description="Described in as many words as a list has no room for",
            )
            self.admin("server_start", server=id)
            self.admin.until(id, "running")
            for name in ("ann", "bob"):
                self.admin("server_cmd", server=id, command=f"{name} joined")
        self.admin("server_settings", server="small", settings={"tags": "coop trains"})

    def enter(self, **options: Any) -> Visitor:
        """Somebody who speaks any language logs in."""
        visitor = self.visit(logIn=False, **options)
        visitor.page.locator("#login-name").fill("admin")
        visitor.page.locator("#login-password").fill(self.daemon.password)
        visitor.page.locator("form [type=submit]").click()
        expect(visitor.page.locator("tr.row")).to_have_count(2)
        return visitor


class WidthTests(Scene):
    def test_widths(self) -> None:
        """
        No page scrolls sideways, from 320 pixels on, in both languages; the bar of what is chosen
        lies within the window.
        """
        paths = ("", "?view=cards", "?group=tag", "new", "host", "people", "audit", "account")
        tabs = ("console", "activity", "players", "files", "backups", "settings")
        own = [f"server/{longest}/{tab}" for tab in tabs]
        for locale in ("en-GB", "de-DE"):
            page: Any = self.enter(locale=locale).page
            page.get_by_role("checkbox").first.check()
            bulk = page.locator(".bulk")
            for width in (721, 768, 900, 1280):
                page.set_viewport_size({"width": width, "height": 740})
                expect(bulk).to_be_visible()
                box = bulk.bounding_box()
                self.assertGreaterEqual(box["x"], 0, (locale, width))
                self.assertLessEqual(box["x"] + box["width"], width, (locale, width))
            for path in (*paths, *own, "nowhere"):
                page.goto(f"{self.daemon.base}#/{path}")
                expect(page.locator("main h1, main h2").first).to_be_visible()
                for width in (320, 360, 390, 721, 768, 1280):
                    page.set_viewport_size({"width": width, "height": 740})
                    self.assertLessEqual(page.evaluate(wideness), 0, (locale, path, width))

    def test_finger(self) -> None:
        """
        However long its name, all that can be done in the head of a server, in its console and in
        its tabs lies on the screen of a phone, is 44 pixels large, and nothing of it overlaps; so
        do filters, which may go on beyond its edge. The name is cut.
        """
        for width in (320, 360, 390):
            visitor = self.enter(viewport={"width": width, "height": 740}, has_touch=True)
            page: Any = visitor.page
            for id in (longest, "small"):
                page.goto(f"{self.daemon.base}#/server/{id}/console")
                expect(page.get_by_role("log", name="Console")).to_be_visible()
                page.get_by_role("button", name="Find (Ctrl F)").click()
                for selector, count in (
                    (".server-head .btn", 5),
                    (".bottom a, .bottom .menu-at > button", 5),
                    (".con-bar .btn", 6),
                    (".find .btn, .find .search", 5),
                    (".cmd .btn, .cmd input", 2),
                ):
                    found = page.evaluate(targets, selector)
                    self.assertEqual(found, [count, [], [], []], (width, id))
                bar = page.locator(".bottom").bounding_box()
                self.assertAlmostEqual(bar["y"] + bar["height"], 740, delta=1)
                expect(page.get_by_role("heading", name=id)).to_have_attribute("title", id)
            page.goto(f"{self.daemon.base}#/")
            expect(page.locator("tr.row")).to_have_count(2)
            self.assertEqual(page.evaluate(targets, "tr.row .btn, .bottom a")[1:], [[], [], []])
            for path in ("", "new", "audit", f"server/{longest}/activity"):
                page.goto(f"{self.daemon.base}#/{path}")
                filters = "main :is(.chip, .seg button, .search)"
                expect(page.locator(filters).first).to_be_visible()
                _, small, _, over = page.evaluate(targets, filters)
                self.assertEqual([small, over], [[], []], (width, path))
                self.assertLessEqual(page.evaluate(wideness), 0, (width, path))


class OpenTests(Scene):
    def opened(self, page: Any, path: str, *clicks: str) -> None:
        """Go somewhere, and press buttons or items of a menu there, one after the other."""
        page.goto(f"{self.daemon.base}#/{path}")
        for name in clicks:
            page.locator(
                f":is(button, [role=menuitem], input):visible:is([aria-label^='{name}'],"
                f":has-text('{name}'))"
            ).first.click()

    def test_axe(self) -> None:
        """With every menu and dialog open axe-core finds nothing, in both themes."""
        menu, dialog = "menu", "dialog"
        console = f"server/{longest}/console"
        for theme in ("light", "dark"):
            visitor = self.enter(color_scheme=theme)
            page: Any = visitor.page
            for role, path, *clicks in (
                (menu, "", f"More for {longest}"),
                (menu, "?group=tag", "More for small"),
                (menu, "?view=cards", "More for small"),
                (menu, console, "Levels shown"),
                (menu, console, f"More for {longest}"),
                (menu, "people", "More for admin"),
                (menu, "", "Select all", "More for 2 servers"),
                (dialog, "", "Stop small"),
                (dialog, "", "Select all", "Stop 2"),
                (dialog, console, f"More for {longest}", "Kill"),
            ):
                self.opened(page, path, *clicks)
                expect(page.get_by_role(role)).to_be_visible()
                self.assertEqual(visitor.violations(), [], (theme, path, clicks))
                page.keyboard.press("Escape")
                expect(page.get_by_role(role)).to_have_count(0)
                page.goto(f"{self.daemon.base}#/account")
                expect(page.get_by_role("button", name="Log out")).to_be_visible()
            for key in ("Control+k", "?"):
                page.keyboard.press(key)
                expect(page.get_by_role("dialog")).to_be_visible()
                self.assertEqual(visitor.violations(), [], (theme, key))
                page.keyboard.press("Escape")
