"""What was wrong with the page once: what a person sees and does, so that it stays right."""

import re
import signal
from typing import Any

import msgspec
from playwright.sync_api import expect

from gamepanel.wire.causes import because
from tests.browser import Visitor
from tests.panelcase import PageTests, password

contrast = """
(element) => {
    const rgb = (text) => text.match(/[\\d.]+/g).slice(0, 3).map(Number);
    const light = (parts) => {
        const [r, g, b] = parts.map((part) => {
            const x = part / 255;
            return x <= 0.04045 ? x / 12.92 : ((x + 0.055) / 1.055) ** 2.4;
        });
        return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    const { color, backgroundColor } = getComputedStyle(element);
    const [a, b] = [light(rgb(color)), light(rgb(backgroundColor))].sort((x, y) => y - x);
    return (a + 0.05) / (b + 0.05);
}
"""
"""Of a text to its ground, as WCAG 2.2 counts it; for what has a ground of its own."""


class PowerTests(PageTests):
    def test_places(self) -> None:
        """The power buttons stay where they are, whatever the state; what does not fit says why."""
        self.server("one")
        page = self.visit(path="#/server/one/console").page
        buttons = {
            name: page.get_by_role("button", name=name, exact=True)
            for name in ("Start", "Stop", "Restart")
        }
        expect(self.pill(page)).to_have_text("Running")
        before = {name: button.bounding_box() for name, button in buttons.items()}
        expect(buttons["Start"]).to_have_attribute("title", "It is running already")
        buttons["Stop"].click()
        expect(self.pill(page)).to_have_text("Stopped")
        after = {name: button.bounding_box() for name, button in buttons.items()}
        self.assertEqual(before, after)
        expect(page.get_by_role("button", name="Kill")).to_have_count(0)

    def test_doubleClick(self) -> None:
        """A second click is for what stood there before: it neither kills nor starts."""
        # It takes some time to end, and says how it was told to.
        self.server("one", "trap 'echo asked; exit 0' TERM; while :; do sleep 0.05; done")
        page = self.visit().page
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url.rpartition("/")[2]))
        stop = self.row(page, "one").locator(".verb")
        expect(stop).to_have_text("Stop")
        stop.dblclick()
        pill = self.row(page, "one").locator(".pill")
        expect(pill).to_have_text("Stopped")
        reading = ("server_status", "server_history")
        self.assertEqual(
            [name for name in asked if name.startswith("server_") and name not in reading],
            ["server_stop"],
        )

    def test_lateClick(self) -> None:
        """The second click of a double one does nothing, also where the browser is late with it."""
        self.server("one")
        page = self.visit().page
        verb = self.row(page, "one").locator(".verb")
        verb.click()
        expect(verb).to_have_text("Start")
        expect(verb).to_be_enabled()
        # The mouse is there still.
        page.mouse.down(click_count=2)
        with page.expect_response("**/server_status"):
            page.mouse.up(click_count=2)
        expect(verb).to_have_text("Start")
        self.assertEqual(self.admin("server_status", server="one")["status"], "stopped")
        verb.click()
        self.admin.until("one", "running")

    def test_calm(self) -> None:
        """For half a second after its state has changed a server takes nothing, then it does."""
        self.admin("server_create", type="shell", server="one", options={"script": "exec cat"})
        visitor = self.visit()
        page = visitor.page
        start = self.row(page, "one").locator(".verb")
        expect(start).to_be_enabled()
        page.clock.install()
        page.clock.pause_at(page.evaluate("Date.now()") / 1000 + 10)
        self.admin("server_start", server="one")
        self.admin.until("one", "running")
        pill = self.row(page, "one").locator(".pill")

        def hasChanged() -> bool:
            # Little by little: it must not be over when it is looked at.
            page.clock.run_for(20)
            return bool(pill.inner_text() == "Running")

        self.admin.wait(hasChanged, "the change")
        stop = self.row(page, "one").get_by_role("button", name="Stop one")
        expect(stop).to_have_attribute("title", "Its state has just changed")
        stop.click(force=True)
        self.assertEqual(self.admin("server_status", server="one")["status"], "running")
        page.clock.run_for(600)
        expect(stop).to_be_enabled()

    def test_killAsks(self) -> None:
        """Killing says what is lost, and offers to stop; Escape leaves it, with the focus back."""
        self.server("one")
        page = self.visit().page
        more = page.get_by_role("button", name="More for one")
        more.focus()
        page.keyboard.press("Enter")
        expect(page.get_by_role("menuitem", name="Console")).to_be_focused()
        page.keyboard.press("End")
        expect(page.get_by_role("menuitem", name="Kill …")).to_be_focused()
        page.keyboard.press("Enter")
        dialog = page.get_by_role("dialog", name="Kill one?")
        expect(dialog).to_contain_text("saves nothing")
        page.keyboard.press("Escape")
        expect(dialog).to_have_count(0)
        expect(more).to_be_focused()
        self.assertEqual(self.admin("server_status", server="one")["status"], "running")
        more.click()
        page.get_by_role("menuitem", name="Kill …").click()
        page.get_by_role("button", name="Stop instead").click()
        expect(self.row(page, "one").locator(".pill")).to_have_text("Stopped")
        reason = self.admin("server_status", server="one")["exit"]["reason"]
        self.assertNotIn("KILL", reason)

    def test_readable(self) -> None:
        """Buttons that can't be used now can be read, in both themes."""
        self.server("one")
        for scheme in ("light", "dark"):
            page = self.visit(path="#/server/one/settings", color_scheme=scheme).page
            for name in ("Start", "Destroy …"):
                button = page.get_by_role("button", name=name, exact=True)
                expect(button).to_be_disabled()
                self.assertGreaterEqual(button.evaluate(contrast), 4.5, (scheme, name))
            page.goto(f"{self.daemon.base}#/people")
            page.get_by_role("button", name="New person").click()
            save = page.get_by_role("button", name="Save")
            expect(save).to_be_disabled()
            self.assertGreaterEqual(save.evaluate(contrast), 4.5, scheme)
        page = self.visit(logIn=False).page
        self.assertGreaterEqual(
            page.get_by_role("button", name="Log in").evaluate(contrast), 4.5, "login"
        )


class AwayTests(PageTests):
    def test_away(self) -> None:
        """
        While the daemon is away states are outlines, buttons wait, and the bar that says so
        hides nothing; when it is back, all goes on.
        """
        self.server("one")
        page = self.visit().page
        row = self.row(page, "one")
        expect(row.locator(".pill")).to_have_text("Running")
        self.daemon.process.send_signal(signal.SIGSTOP)
        expect(page.locator(".banner")).to_be_visible()
        expect(row.locator(".pill")).to_have_text("Was running")
        expect(row.locator(".pill")).to_have_css("background-color", "rgba(0, 0, 0, 0)")
        verb = row.locator(".verb")
        expect(verb).to_be_disabled()
        expect(verb).to_have_attribute("title", re.compile("Waits for the daemon"))
        bar = page.locator(".banner").bounding_box()
        heading = page.get_by_role("heading", name="Servers").bounding_box()
        assert bar is not None
        assert heading is not None
        self.assertGreaterEqual(heading["y"], bar["y"] + bar["height"])
        self.daemon.process.send_signal(signal.SIGCONT)
        expect(row.locator(".pill")).to_have_text("Running")
        expect(verb).to_be_enabled()


class WordsTests(PageTests):
    def test_oneRegion(self) -> None:
        """All that is said aloud is said in one place."""
        self.server("one")
        page = self.visit(path="#/server/one/console").page
        expect(page.get_by_role("log")).to_be_visible()
        live = page.locator(
            '[role=status], [role=alert], output, [aria-live]:not([aria-live="off"])'
        )
        for tab in ("console", "activity", "settings"):
            page.goto(f"{self.daemon.base}#/server/one/{tab}")
            expect(page.locator(".tabs [aria-current]")).to_have_text(re.compile(tab, re.I))
            expect(live).to_have_count(1)
        expect(live).to_have_attribute("id", "live")

    def test_crashIsSaid(self) -> None:
        """A crash is said, is in title and picture of the tab, and in the list with its reason."""
        self.server("one", "read -r x; exit 3")
        self.admin("server_settings", server="one", settings={"restartGiveUpAfter": 1})
        page = self.visit().page
        expect(self.row(page, "one").locator(".pill")).to_have_text("Running")
        expect(page).to_have_title("Servers · gamepanel")
        self.admin("server_cmd", server="one", command="go")
        expect(page.get_by_role("status")).to_have_text("one has crashed.")
        expect(page).to_have_title("(1) Servers · gamepanel")
        icon = page.locator('link[rel="icon"]')
        expect(icon).to_have_attribute("href", "/panel/icon-red.svg")
        row = self.row(page, "one")
        expect(row).to_contain_text("Ended with 3")
        expect(row).to_contain_text("1 crash in 10 min, given up")
        self.admin("server_start", server="one")
        expect(page).to_have_title("Servers · gamepanel")

    def test_givenUp(self) -> None:
        """How often it crashed is told as it was when it was given up, also later."""
        page = self.visit(logIn=False, hasModules=True).page
        often = because("ended_too_often", count=5, window=600)
        says = page.evaluate(
            """async ([often, never]) => {
                const { restartText } = await import("/panel/lib/reasons.js");
                const of = (status, count, window, givenUp, cause) => {
                    const restarts = { count, window, nextAt: null, givenUp, cause };
                    return restartText({ status, restarts });
                };
                return [
                    of("crashed", 0, null, "it ended 5 times within 10 minutes", often),
                    of("crashed", 1, 600, "it is set never to be restarted", never),
                    of("failed", 2, 600, "something else"),
                    of("running", 3, 600, null),
                    of("running", 0, null, null),
                ];
            }""",
            [msgspec.to_builtins(each) for each in (often, because("never_restarted"))],
        )
        self.assertEqual(
            says,
            [
                "5 crashes in 10 min, given up",
                "1 crash in 10 min, it is set never to be restarted",
                "2 crashes in 10 min, something else",
                "3 crashes in 10 min",
                "",
            ],
        )

    def test_noPatterns(self) -> None:
        """What does not fit is told in plain words; the first such field has the focus."""
        page = self.visit(path="#/new/shell", hasModules=True, locale="en-US").page
        page.get_by_label("Id", exact=True).fill("NOT an id")
        page.get_by_role("button", name="Create").click()
        expect(self.error(page)).to_contain_text("Small letters, digits")
        expect(page.get_by_label("Id", exact=True)).to_be_focused()
        used = {"port": 2302, "protocols": ["udp"], "server": None, "free": None}
        causes = [
            *(because("not_id"), because("no_match", pattern="[a-z]*")),
            *(because("not_a_word", words=["utf-8", "base64"]), because("not_string")),
            because("too_short", least=15),
            because("port_used", **{**used, "server": "two"}),
            because("port_used", **{**used, "server": "two", "free": 12303}),
            because("port_used", **used),
            because("port_used", **{**used, "port": 12302, "free": 12303}),
            because("not_as_hinted", hint="only a to z"),
        ]
        says = page.evaluate(
            """async (problems) => {
                const { wrongText } = await import("/panel/lib/wrong.js");
                return problems.map((problem) => wrongText(problem));
            }""",
            [{"detail": str(each), "cause": msgspec.to_builtins(each)} for each in causes],
        )
        self.assertEqual(
            says,
            [
                *["This does not fit."] * 4,
                "15 characters or more.",
                "Port 2302 belongs to two.",
                "Port 2302 belongs to two. 12303 is free.",
                "Port 2302 belongs to another server.",
                "Port 12302 belongs to another server. 12303 is free.",
                "only a to z",
            ],
        )


class SessionTests(PageTests):
    def stay(self) -> Visitor:
        """Log in, and stay so."""
        visitor = self.visit(logIn=False)
        visitor.page.get_by_label("Stay logged in").check()
        visitor.logIn("admin", self.daemon.password)
        expect(visitor.page.get_by_role("link", name="Account of admin")).to_be_visible()
        return visitor

    def test_allTabs(self) -> None:
        """Staying logged in holds for all tabs, and logging out in one of them, too."""
        visitor = self.stay()
        other = visitor.tab("#/account")
        expect(other.get_by_role("heading", name="admin")).to_be_visible()
        other.get_by_role("button", name="Log out").click()
        expect(other.get_by_label("User name")).to_be_visible()
        expect(visitor.page.get_by_label("User name")).to_be_visible()

    def test_forgotten(self) -> None:
        """Commands that were typed are there again after a reload, and forgotten after a logout."""
        self.server("one")
        visitor = self.stay()
        page = visitor.page
        page.goto(f"{self.daemon.base}#/server/one/console")
        box = page.get_by_role("textbox", name="Command")
        box.fill("op ann")
        box.press("Enter")
        expect(box).to_have_value("")
        page.reload()
        box.press("ArrowUp")
        expect(box).to_have_value("op ann")
        self.logOut(page)
        expect(page.get_by_label("User name")).to_be_visible()
        self.assertNotIn("op ann", page.evaluate("JSON.stringify({ ...localStorage })"))
        visitor.logIn("admin", self.daemon.password)
        page.goto(f"{self.daemon.base}#/server/one/console")
        box.press("ArrowUp")
        expect(box).to_have_value("")

    def test_audit(self) -> None:
        """The page with what people did shows what they typed, and on which server."""
        self.server("one")
        self.admin("server_cmd", server="one", command="whitelist add <b>jette</b>")
        page = self.visit(path="#/audit").page
        row = page.get_by_role("row").filter(has_text="whitelist")
        expect(row.locator("code")).to_have_text("whitelist add <b>jette</b>")
        expect(row.get_by_role("link", name="one")).to_be_visible()
        page.get_by_label("Filter, also what was typed").fill("jette")
        expect(page.locator("tbody tr:not(.day)")).to_have_count(1)


class PlacesTests(PageTests):
    def test_back(self) -> None:
        """Back returns to the place and to the filter that one had."""
        for number in range(30):
            self.admin("server_create", type="shell", server=f"server-{number:02}")
        page: Any = self.visit().page
        page.get_by_label("Filter by").fill("server")
        expect(page).to_have_url(re.compile("q=server"))
        link = page.get_by_role("link", name="server-25")
        link.scroll_into_view_if_needed()
        before = page.evaluate("scrollY")
        self.assertGreater(before, 0)
        self.admin.wait(lambda: page.evaluate("history.state?.y") == before, "a note of the place")
        link.click()
        expect(page.get_by_role("heading", name="server-25")).to_be_visible()
        page.go_back()
        expect(page.get_by_label("Filter by")).to_have_value("server")
        self.admin.wait(lambda: page.evaluate("scrollY") == before, "the place")

    def test_missingStays(self) -> None:
        """The form of a game says what this host lacks for it, as its card did."""
        page = self.visit(path="#/new").page
        page.get_by_role("link", name=re.compile("lacks no-such-program-anywhere")).click()
        told = page.get_by_role("region", name="What this host lacks")
        expect(told).to_contain_text("This host lacks no-such-program-anywhere.")
        page.reload()
        self.visitors[0].logIn("admin", self.daemon.password)
        expect(told).to_be_visible()

    def test_nothingDiffers(self) -> None:
        """Saving is off as long as nothing differs from what is set, also when typed anew."""
        self.admin("server_create", type="shell", server="one", options={"level": 5})
        page = self.visit(path="#/server/one/settings").page
        save = page.get_by_role("button", name="Save")
        bar = page.get_by_role("region", name="Changes")
        expect(bar).to_contain_text("Nothing has changed")
        expect(save).to_be_disabled()
        level = page.get_by_label("level", exact=True)
        level.fill("6")
        page.locator("#field-autostart").check()
        expect(bar).to_contain_text("2 changes")
        expect(save).to_be_enabled()
        level.fill("5")
        page.locator("#field-autostart").uncheck()
        expect(bar).to_contain_text("Nothing has changed")
        expect(save).to_be_disabled()
        level.fill("7")
        page.get_by_role("button", name="Undo level").click()
        expect(level).to_have_value("5")
        expect(save).to_be_disabled()

    def test_focus(self) -> None:
        """A wrong password of a new person is told at its field, which has the focus then."""
        page = self.visit(path="#/people").page
        page.get_by_role("button", name="New person").click()
        expect(page.get_by_text("15 characters or more; a sentence is fine.")).to_be_visible()
        page.get_by_label("User name").fill("no name")
        page.get_by_label("Password").fill(password)
        page.get_by_role("button", name="Save").click()
        expect(page.get_by_label("User name")).to_be_focused()
        expect(self.error(page)).to_contain_text("Letters, digits and")
