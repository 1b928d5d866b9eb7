"""Keys of one letter, and the list of all keys."""

import re
from typing import Any

from playwright.sync_api import expect

from tests.panelcase import PageTests


class KeyTests(PageTests):
    def pressAll(self, page: Any, keys: str) -> None:
        for key in keys:
            page.keyboard.press(key)

    def test_servers(self) -> None:
        """In the list keys move, choose, open menus and turn the view; "?" lists them all."""
        for id in ("one", "two"):
            self.admin("server_create", type="shell", server=id)
        visitor = self.visit()
        page: Any = visitor.page
        expect(page.locator("tr.row")).to_have_count(2)
        page.keyboard.press("?")
        dialog = page.get_by_role("dialog", name="Keys")
        expect(dialog.get_by_text("Jump to or do")).to_be_visible()
        self.assertEqual(visitor.violations(), [])
        page.keyboard.press("Escape")
        expect(dialog).to_have_count(0)
        self.pressAll(page, "jj")
        expect(page.get_by_role("link", name="two", exact=True)).to_be_focused()
        self.pressAll(page, "kx")
        expect(page.get_by_label("Select one")).to_be_checked()
        page.keyboard.press(".")
        expect(page.get_by_role("menu", name="More for one")).to_be_visible()
        page.keyboard.press("Escape")
        page.get_by_role("link", name="two", exact=True).focus()
        page.keyboard.press("s")
        self.admin.until("two", "running")
        page.keyboard.press("v")
        expect(page.locator("li.card")).to_have_count(2)
        page.keyboard.press("/")
        page.keyboard.type("gh?")
        expect(page.get_by_label("Filter by name")).to_have_value("gh?")
        expect(page.get_by_role("dialog")).to_have_count(0)

    def test_elsewhere(self) -> None:
        """Two keys go to a page, a number to a tab, "i" to the command line."""
        self.server("one")
        page = self.visit(path="#/server/one/console").page
        expect(page.get_by_role("log")).to_be_visible()
        page.keyboard.press("2")
        expect(page.get_by_role("heading", name="Events")).to_be_visible()
        page.keyboard.press("1")
        expect(page.get_by_role("log")).to_be_visible()
        page.keyboard.press("i")
        expect(page.get_by_role("textbox", name="Command")).to_be_focused()
        page.keyboard.type("gh2")
        expect(page.get_by_role("textbox", name="Command")).to_have_value("gh2")
        page.get_by_role("log").focus()
        self.pressAll(page, "gh")
        expect(page.get_by_role("heading", name="Host")).to_be_visible()

    def test_off(self) -> None:
        """Somebody who does not want them turns them off; Ctrl-K stays."""
        page = self.visit(path="#/account").page
        page.get_by_label("Keys of one letter").uncheck()
        page.get_by_role("heading", name="admin").click()
        self.pressAll(page, "?gs")
        page.keyboard.press("Control+k")
        expect(page.get_by_role("dialog", name="Jump")).to_be_visible()
        expect(page).to_have_url(re.compile("#/account$"))
