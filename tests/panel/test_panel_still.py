"""That nothing moves under a hand on the page, in whatever order answers come."""

from collections.abc import Callable
from typing import Any

from playwright.sync_api import expect

from tests.panelcase import PageTests


class StillTests(PageTests):
    """Where one answer comes after all others."""

    def open(self, path: str, late: str, body: Any = None) -> tuple[Any, Callable[[], None]]:
        """
        Open a part of the page in a tab of its own, without one answer.

        @param late: the endpoint whose answers are held up.
        @param body: only those to requests that say this.

        @return: the tab, and what lets that answer come.
        """
        held: list[Any] = []
        isOver = False
        if not self.visitors:
            visitor = self.visit(logIn=False)
            visitor.page.get_by_label("Stay logged in").check()
            visitor.logIn("admin", self.daemon.password)
            expect(visitor.page.get_by_role("link", name="Account of")).to_be_visible()
        page = self.visitors[0].context.new_page()

        def hold(route: Any) -> None:
            if not isOver and body in (None, route.request.post_data_json):
                held.append(route)
            else:
                route.continue_()

        def release() -> None:
            nonlocal isOver
            isOver = True
            for route in held:
                route.continue_()

        page.route(f"**/{late}", hold)
        page.goto(f"{self.daemon.base}#/{path}")
        return page, release

    def test_places(self) -> None:
        """What is there stays where it is when the state of a server becomes known."""
        self.server("one")
        late = "server_status"
        for path, role, name, drawn in (
            ("settings", "link", "Files", ".server-head .pill"),
            ("activity", "heading", "Events", ".graphs figure"),
            ("players", "searchbox", "Search a name", ".graphs figure"),
        ):
            for width in (1700, 1280, 360):
                page, release = self.open(f"server/one/{path}", late)
                page.set_viewport_size({"width": width, "height": 800})
                place = page.get_by_role(role, name=name).last
                expect(place).to_be_visible()
                expect(page.locator(drawn)).to_have_count(0)
                before = place.bounding_box()
                release()
                expect(page.locator(drawn).first).to_be_visible()
                self.assertEqual(place.bounding_box(), before, (path, width))
                page.close()

    def test_last(self) -> None:
        """What stands below what is still to come is not there before it."""
        for path, late, body, above, below in (
            ("", "server_create_options", {}, "heading:Your first server", "link:Give them"),
            ("new/openttd", "server_create_options", {}, "link:openttd.org", "button:Create"),
            ("people?who=admin", "login_info", None, "button:admin", "button:Save"),
            ("account", "login_info", None, "checkbox:Tell me", "button:Change password"),
        ):
            page, release = self.open(path, late, body)

            def find(what: str, page: Any = page) -> Any:
                role, _, name = what.partition(":")
                return page.get_by_role(role, name=name).first

            # Both would be drawn at once.
            expect(find(above)).to_be_visible()
            self.assertFalse(find(below).is_visible(), path)
            release()
            expect(find(below)).to_be_visible()
            page.close()

    def test_marked(self) -> None:
        """
        What is marked in the palette stays so when others come; when it goes nothing else is
        marked for it, since Enter would do that.
        """
        self.server("one")
        self.server("a-stone")
        page, release = self.open("server/one/console", "server_status", {})
        expect(page.get_by_role("log", name="Console")).to_be_visible()
        page.keyboard.press("Control+k")
        expect(page.get_by_role("combobox", name="Jump")).to_be_focused()
        page.keyboard.type("one")
        options = page.get_by_role("option")
        expect(options.nth(1)).to_contain_text("Stop one")
        page.keyboard.press("ArrowDown")
        selected = page.get_by_role("option", selected=True)
        expect(selected).to_contain_text("Stop one")
        release()
        expect(options.nth(1)).to_contain_text("one")
        expect(options.nth(2)).to_contain_text("Stop one")
        expect(selected).to_contain_text("Stop one")
        self.admin("server_stop", server="one")
        expect(options.nth(2)).to_contain_text("Start one")
        expect(selected).to_have_count(0)
        page.keyboard.press("Enter")
        page.keyboard.press("ArrowUp")
        expect(options.last).to_have_attribute("aria-selected", "true")
        expect(page.get_by_role("combobox", name="Jump")).to_be_focused()
