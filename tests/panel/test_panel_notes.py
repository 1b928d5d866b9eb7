"""The browser tells of crashes, to people who want that."""

from typing import Any, Final

from playwright.sync_api import expect

from tests.panelcase import PageTests

recorder: Final = """
    window.told = [];
    window.Notification = class {
        static permission = "default";
        static requestPermission() {
            Notification.permission = ANSWER;
            return Promise.resolve(ANSWER);
        }
        constructor(text, options) { window.told.push([text, options.tag, options.icon]); }
    };
"""
"""Stands in for what only a desktop shows; it keeps what it was told to show."""


class NoteTests(PageTests):
    def open(self, answer: str) -> Any:
        """The page of the account, of somebody who answers so when asked for leave."""
        script = recorder.replace("ANSWER", f"'{answer}'")
        page: Any = self.visit(path="#/account", script=script).page
        expect(page.get_by_label("Tell me when a server crashes")).not_to_be_checked()
        return page

    def test_told(self) -> None:
        """Whoever wants it and lets the browser is told of a crash once, with a tag of its own."""
        self.server("one", "read -r x; exit 3")
        self.admin("server_settings", server="one", settings={"restart": "never"})
        page = self.open("granted")
        page.get_by_label("Tell me when a server crashes").check()
        page.get_by_role("link", name="Servers", exact=True).click()
        expect(self.row(page, "one").locator(".pill")).to_have_text("Running")
        self.assertEqual(page.evaluate("told"), [])
        self.admin("server_cmd", server="one", command="x")
        expect(self.row(page, "one").locator(".pill")).to_have_text("Crashed")
        text = "one has crashed."
        self.assertEqual(page.evaluate("told"), [[text, text, "/panel/icon-red.svg"]])

    def test_notAllowed(self) -> None:
        """Where the browser does not allow it that is said, and the box stays empty."""
        page = self.open("denied")
        box = page.get_by_label("Tell me when a server crashes")
        box.click()
        expect(page.get_by_role("status")).to_have_text("The browser does not allow it.")
        expect(box).not_to_be_checked()

    def test_unwanted(self) -> None:
        """Who has not asked for it is told nothing but by the page."""
        self.server("one", "read -r x; exit 3")
        self.admin("server_settings", server="one", settings={"restart": "never"})
        page = self.open("granted")
        page.get_by_role("link", name="Servers", exact=True).click()
        expect(self.row(page, "one").locator(".pill")).to_have_text("Running")
        self.admin("server_cmd", server="one", command="x")
        expect(page.get_by_role("status")).to_have_text("one has crashed.")
        self.assertEqual(page.evaluate("told"), [])
