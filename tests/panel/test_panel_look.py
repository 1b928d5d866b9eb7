"""How the page looks, and whether everybody can use it."""

import re
from collections.abc import Callable
from typing import Any

from playwright.sync_api import expect

from tests.browser import Visitor
from tests.panelcase import PageTests
from tests.support import freePort, need


class LookTests(PageTests):
    """How it looks, and whether everybody can use it."""

    def pages(self, visitor: Visitor, name: str) -> None:
        """Look at each page: axe finds nothing wrong, and nothing is wider than the screen."""
        page = visitor.page

        def press(name: str) -> Callable[[], None]:
            return lambda: page.get_by_role("button", name=name, exact=True).first.click()

        def find() -> None:
            page.keyboard.press("Control+f")
            page.get_by_label("Find in the log").fill("server")

        def refuse() -> None:
            page.get_by_label("Id", exact=True).fill("NOT an id")
            page.get_by_role("button", name="Create").click()
            expect(self.error(page)).to_be_visible()

        def jump() -> None:
            page.keyboard.press("Control+k")
            page.keyboard.type("trai")
            expect(page.get_by_role("option", name=re.compile("trains")).first).to_be_visible()

        def destroy() -> None:
            page.get_by_role("button", name="Destroy …").click()
            expect(page.get_by_role("dialog")).to_be_visible()

        # A phone shows no facts beside the console.
        facts = None if name.startswith("phone") else press("Hide facts")
        for path, ready, prepare in (
            ("", "link:trains", press("More for trains")),
            ("?view=cards", "link:trains", jump),
            ("server/trains/console", "log:Console", find),
            ("server/colours/console", "log:Console", press("Time stamps")),
            ("server/arena/console", "region:What happened", facts),
            ("server/trains/activity", "heading:Events", None),
            ("server/trains/settings", "button:Save", None),
            ("server/trains/backups", "heading:No backup yet", None),
            ("server/arena/settings", "button:Destroy", destroy),
            ("activity", "link:arena", None),
            ("new", "link:OpenTTD", None),
            ("new/openttd", "button:Create", refuse),
            ("people", "button:admin", press("admin")),
            ("audit", "row:created a server", None),
            ("host", "heading:Versions", None),
            ("account", "button:Change password", None),
        ):
            page.goto(f"{self.daemon.base}#/{path}")
            role, _, what = ready.partition(":")
            expect(page.get_by_role(role, name=what).first).to_be_visible()  # type: ignore[arg-type]
            if path.endswith("console"):
                expect(page.get_by_role("log").locator(".ln").first).to_be_visible()
            visitor.picture(f"{name}-{re.sub('[^a-z]+', '-', path).strip('-') or 'overview'}")
            if prepare is not None:
                prepare()
            self.assertEqual(visitor.violations(), [], path)
            wide = page.evaluate("document.documentElement.scrollWidth - innerWidth")
            self.assertLessEqual(wide, 0, path)

    def scene(self) -> None:
        """Some servers, as people have them."""
        game = {"server_name": "Club trains", "address": "127.0.0.1", "port": freePort()}
        about = {"server": "trains", "description": "For the club"}
        self.admin("server_create", type="openttd", options=game, **about)
        self.admin("server_start", server="trains")
        self.admin("server_create", type="adventure", server="cave", description="Colossal Cave")
        self.admin("server_start", server="cave")
        # Each colour on each ground, and some of those that are none of the sixteen.
        script = (
            "for b in 40 41 42 43 44 45 46 47 100 107; do "
            "for f in 30 31 32 33 34 35 36 37 90 97; do "
            r"printf '\033[%s;%sm%s on %s\033[0m ' $f $b $f $b; done; echo; done; "
            r"printf '\033[38;5;16mdark\033[0m \033[7;34minverse\033[0m \033[2mdim\033[0m\n'; "
            "exec cat"
        )
        self.server("colours", script, description="A test of colours")
        crash = {"script": "echo no map to load >&2; exit 3"}
        self.admin("server_create", type="shell", server="arena", options=crash)
        self.admin("server_settings", server="arena", settings={"restartFirstDelay": 600})
        self.admin("server_start", server="arena")
        self.admin.until("trains", "running")
        self.admin.untilLog("cave", "> ")
        self.admin("server_cmd", server="trains", command='say "Welcome to the club!"')
        self.admin.untilLog("trains", "Welcome to the club!\n")

    def test_looks(self) -> None:
        """Light, dark and on a phone."""
        need("openttd")
        self.scene()
        phone = {"viewport": {"width": 360, "height": 740}, "has_touch": True}
        for name, options in (
            ("light", {"color_scheme": "light"}),
            ("dark", {"color_scheme": "dark"}),
            ("phone", phone),
            ("phone-dark", {**phone, "color_scheme": "dark"}),
            ("wide", {"viewport": {"width": 3840, "height": 2160}, "color_scheme": "dark"}),
        ):
            visitor = self.visit(logIn=False, **options)
            expect(visitor.page.get_by_label("User name")).to_be_visible()
            self.assertEqual(visitor.violations(), [])
            visitor.picture(f"{name}-login")
            visitor.logIn("admin", self.daemon.password)
            expect(visitor.page.get_by_role("link", name="trains")).to_be_visible()
            # Some history for the graphs.
            graph = visitor.page.locator(".spark polyline").first
            expect(graph).to_have_attribute("points", re.compile("( [^ ]+){3}"))
            self.pages(visitor, name)

    def test_theme(self) -> None:
        """The button that turns the theme shows what it turns to, also where the system chose."""
        page: Any = self.visit(color_scheme="dark").page
        icon = page.get_by_role("button", name="Theme").locator("use")
        expect(icon).to_have_attribute("href", re.compile("#i-sun$"))
        page.emulate_media(color_scheme="light")
        expect(icon).to_have_attribute("href", re.compile("#i-moon$"))
        page.get_by_role("button", name="Theme").click()
        expect(icon).to_have_attribute("href", re.compile("#i-sun$"))
        expect(page.locator("html")).to_have_attribute("data-theme", "dark")

    def test_keyboard(self) -> None:
        """With the keyboard alone one logs in, starts a server and types into its console."""
        self.admin("server_create", type="shell", server="one")
        page = self.visit(logIn=False).page
        expect(page.get_by_label("User name")).to_be_focused()
        page.keyboard.type("admin")
        page.keyboard.press("Tab")
        page.keyboard.type(self.daemon.password)
        page.keyboard.press("Enter")
        expect(page.get_by_role("link", name="one")).to_be_visible()
        self.tabTo(page, "button", "Start one")
        page.keyboard.press("Enter")
        expect(self.row(page, "one").locator(".pill")).to_have_text("Running")
        self.tabTo(page, "link", "one")
        page.keyboard.press("Enter")
        self.tabTo(page, "textbox", "Command")
        page.keyboard.type("typed with keys")
        page.keyboard.press("Enter")
        expect(page.get_by_role("log")).to_contain_text("typed with keys")

    def tabTo(self, page: Any, role: str, name: str) -> None:
        """Press Tab until something has the focus."""
        wanted = page.get_by_role(role, name=name, exact=True)
        expect(wanted).to_be_visible()
        for _ in range(40):
            if wanted.evaluate("(element) => element === document.activeElement"):
                return
            page.keyboard.press("Tab")
        self.fail(f"{name} can't be reached")
