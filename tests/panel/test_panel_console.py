"""The console of a server on the page."""

import re
from pathlib import Path
from typing import Any

from playwright.sync_api import expect

from tests.panelcase import PageTests
from tests.support import Refused


class ConsoleTests(PageTests):
    def open(self, id: str, **options: Any) -> Any:
        """A server's page."""
        page = self.visit(path=f"#/server/{id}/console", **options).page
        self.log = page.get_by_role("log", name="Console")
        self.box = page.get_by_role("textbox", name="Command")
        return page

    def find(self, page: Any) -> Any:
        """The field to search in, opened by its key."""
        field = page.get_by_label("Find in the log")
        if not field.count():
            page.keyboard.press("Control+f")
        return field

    def test_text(self) -> None:
        """Colours are shown; nothing else in a log is more than text."""
        self.server(
            "one",
            r"printf '\033[1;31mred\033[0m plain \033[38;5;46mgreen\n'; "
            r"printf '<img src=x onerror=alert(1)> <script>alert(2)</script>\n'; "
            r"printf 'a\033[2Jb\033]0;title\007c\000d\n'; exec cat",
        )
        page = self.open("one")
        expect(self.log).to_contain_text("<img src=x onerror=alert(1)> <script>alert(2)</script>")
        expect(self.log).to_contain_text("a␛[2Jbc␀d")
        self.assertEqual(self.log.locator("img, script, a").count(), 0)
        red = self.log.get_by_text("red", exact=True)
        expect(red).to_have_class("bold")
        expect(red).to_have_css("color", "rgb(255, 143, 133)")
        expect(self.log.get_by_text("green")).to_have_css("color", "rgb(0, 255, 0)")
        self.assertEqual(page.title(), "one · gamepanel")

    def test_command(self) -> None:
        """A command goes to the game; those before come back; a reason says why one can't."""
        self.server("one")
        page = self.open("one")
        for line in ("first", "second"):
            self.box.fill(line)
            self.box.press("Enter")
            expect(self.log).to_contain_text(line)
            expect(self.box).to_have_value("")
        self.box.press("ArrowUp")
        self.box.press("ArrowUp")
        expect(self.box).to_have_value("first")
        self.box.press("ArrowDown")
        expect(self.box).to_have_value("second")
        self.kill(page, "one")
        expect(self.box).to_be_disabled()
        expect(self.box).to_have_attribute(
            "placeholder", "It does not run. Start it to type commands."
        )

    def test_noConsole(self) -> None:
        """Where a game has no console the page says so in the place of taking a line."""
        Path(self.daemon.state, "types", "deaf.toml").write_text(
            'title = "T"\n[run]\ncommand = ["sleep", "1000"]\n[console]\nkind = "none"\n'
        )
        self.admin("server_create", type="deaf", server="one")
        self.admin("server_start", server="one")
        self.admin.until("one", "running")
        self.open("one")
        expect(self.box).to_be_disabled()
        reason = "This game has no console: it takes no commands."
        expect(self.box).to_have_attribute("placeholder", reason)

    def test_stdinFull(self) -> None:
        """A game that does not read is told of, and the line stays."""
        self.server("one", "exec sleep 1000")
        line = "x" * 4000
        for _ in range(30):
            try:
                self.admin("server_cmd", server="one", command=line)
            except Refused:
                break
        page = self.open("one")
        self.box.fill(line)
        self.box.press("Enter")
        expect(self.error(page)).to_contain_text("the command was not sent")
        expect(self.box).to_have_value(line)

    def test_scrolling(self) -> None:
        """It follows the end, unless one looks elsewhere; then it says how much is new."""
        self.server("one", "seq 1 500; exec cat")
        page = self.open("one")
        expect(self.log.get_by_text("500", exact=True)).to_be_visible()
        self.log.hover()
        page.mouse.wheel(0, -4000)
        expect(self.log.get_by_text("500", exact=True)).to_have_count(0)
        for number in range(3):
            self.admin("server_cmd", server="one", command=f"news {number}")
        fresh = page.get_by_role("button", name="3 new lines")
        fresh.click()
        expect(self.log.get_by_text("news 2", exact=True)).to_be_visible()
        self.admin("server_cmd", server="one", command="and on")
        expect(self.log.get_by_text("and on", exact=True)).to_be_visible()

    def test_littleScrolling(self) -> None:
        """The smallest step up is enough to stay, by wheel or by key; the end follows again."""
        self.server("one", "seq 1 500; exec cat")
        page = self.open("one")
        # With the line that says when the run began: it comes late, and moves what is below.
        expect(self.log.locator(".all")).to_have_css("height", f"{501 * 18}px")
        for step in (lambda: page.mouse.wheel(0, -10), lambda: self.log.press("ArrowUp")):
            expect(self.log.get_by_text("500", exact=True)).to_be_visible()
            self.log.hover()
            end = self.log.evaluate("(log) => log.scrollTop")
            step()
            expect(self.log).not_to_have_js_property("scrollTop", end)
            # The page hears of it with the next frame.
            page.evaluate(
                "new Promise((r) => requestAnimationFrame(() => requestAnimationFrame(r)))"
            )
            self.admin("server_cmd", server="one", command="news")
            page.get_by_role("button", name="1 new line").click()
            expect(self.log.get_by_text("news", exact=True).last).to_be_visible()

    def test_trimmed(self) -> None:
        """What one reads stays where it is while the oldest lines go."""
        self.server("one", "seq 1 119990; read -r x; seq 119991 121000; exec cat")
        page = self.open("one")
        expect(self.log.get_by_text("119990", exact=True)).to_be_visible()
        self.find(page).fill("60000")
        expect(self.log.locator(".hit")).to_have_text("60000")
        before = self.log.locator(".hit").bounding_box()
        self.admin("server_cmd", server="one", command="go")
        expect(page.get_by_role("button", name="1,010 new lines")).to_be_visible()
        expect(self.log.locator(".hit")).to_have_text("60000")
        self.assertEqual(self.log.locator(".hit").bounding_box(), before)
        self.find(page).fill("1")
        expect(self.log.locator(".hit")).not_to_have_text("1")

    def test_lateRule(self) -> None:
        """What one reads stays where it is when it becomes known where the run before it began."""
        self.server("one", "seq 1 2000; exec cat")
        visitor = self.visit(logIn=False, path="#/server/one/console")
        page: Any = visitor.page
        held: list[Any] = []
        page.route("**/event_list", lambda route: held.append(route))
        visitor.logIn("admin", self.daemon.password)
        self.log = page.get_by_role("log", name="Console")
        with page.expect_request("**/event_list"):
            expect(self.log.get_by_text("2000", exact=True)).to_be_visible()
        self.find(page).fill("777")
        hit = self.log.locator(".hit")
        expect(hit).to_have_text("1777")
        height = "(log) => log.scrollHeight"
        before = hit.bounding_box(), self.log.evaluate(height)
        for route in held:
            route.continue_()
        self.admin.wait(lambda: self.log.evaluate(height) > before[1], "the rule")
        self.assertEqual(hit.bounding_box(), before[0])

    def test_selection(self) -> None:
        """What is chosen of a log is copied line by line, without breaks where it only wraps."""
        long = "w" * 400
        self.server("one", f"echo alpha; echo {long}; echo gamma; exec cat")
        page = self.open("one")
        page.context.grant_permissions(["clipboard-read", "clipboard-write"])
        expect(self.log).to_contain_text("gamma")
        self.log.evaluate(
            """(log) => {
                const rows = [...log.querySelectorAll(".ln")];
                const [first, last] = [rows[0], rows.at(-1)];
                getSelection().setBaseAndExtent(first, 0, last, last.childNodes.length);
            }"""
        )
        page.keyboard.press("Control+C")
        read = "navigator.clipboard.readText()"
        self.assertEqual(page.evaluate(read), f"alpha\n{long}\ngamma")
        page.evaluate("navigator.clipboard.writeText('')")
        page.get_by_role("button", name="Copy").click()
        expect(page.get_by_role("button", name="Copied")).to_be_visible()
        self.assertEqual(page.evaluate(read), f"alpha\n{long}\ngamma")

    def test_typing(self) -> None:
        """Whatever happens while one types, nothing is sent twice, and nothing is lost."""
        self.server("one")
        page = self.open("one")
        held: list[Any] = []
        page.route("**/server_cmd", lambda route: held.append(route))
        self.box.fill("first")
        with page.expect_request("**/server_cmd"):
            self.box.press("Enter")
        self.box.press("Enter")
        self.box.press_sequentially(" and more")
        for route in held:
            route.continue_()
        # What the game says to it may come before its answer, with which it is remembered.
        page.wait_for_function("Object.values(localStorage).some((each) => each.includes('first'))")
        expect(self.log).to_contain_text("first")
        expect(self.box).to_have_value("first and more")
        # A second one would have been sent before the first was answered.
        self.assertEqual(len(held), 1)
        page.unroute("**/server_cmd")
        self.box.press("ArrowUp")
        expect(self.box).to_have_value("first")
        self.box.press("ArrowDown")
        expect(self.box).to_have_value("first and more")
        self.admin("server_force_kill", server="one")
        expect(page.locator("#prompt-why")).to_have_class("why")
        expect(self.box).to_be_focused()
        self.box.press("Enter")
        self.assertNotIn("more", self.admin("server_log", server="one")["data"])

    def hide(self, page: Any, hidden: bool) -> None:
        """Let a tab be one that nobody looks at, as far as it knows."""
        page.evaluate(
            """(hidden) => {
                const property = { get: () => hidden, configurable: true };
                Object.defineProperty(document, "hidden", property);
                document.dispatchEvent(new Event("visibilitychange"));
            }""",
            hidden,
        )

    def test_hidden(self) -> None:
        """A tab that nobody looks at lacks nothing afterwards."""
        self.server("one", "read -r x; seq 1 100000; echo end; exec cat")
        page = self.open("one")
        expect(self.box).to_be_editable()
        self.hide(page, True)
        self.admin("server_cmd", server="one", command="go")
        size = sum(len(str(n)) + 1 for n in range(1, 100001)) + len("end\n")
        self.admin.wait(
            lambda: self.admin("server_status", server="one")["readIndex"] == size, "all of it"
        )
        self.hide(page, False)
        expect(self.log.get_by_text("end", exact=True)).to_be_visible()
        with page.expect_download() as waiting:
            page.get_by_role("button", name="Download").click()
        lines = Path(waiting.value.path()).read_text().splitlines()
        self.assertEqual(lines, [*map(str, range(1, 100001)), "end"])

    def test_manyTabs(self) -> None:
        """Many tabs leave connections for the one that somebody looks at."""
        self.server("one")
        visitor = self.visit(logIn=False)
        visitor.page.get_by_label("Stay logged in").check()
        visitor.logIn("admin", self.daemon.password)
        expect(visitor.page.get_by_role("link", name="one")).to_be_visible()
        for _ in range(8):
            other = visitor.tab("#/server/one/console")
            expect(other.get_by_role("log")).to_be_visible()
            self.hide(other, True)
        page = visitor.tab("#/server/one/console")
        box = page.get_by_role("textbox", name="Command")
        expect(box).to_be_editable()
        for number in range(5):
            box.fill(f"line {number}")
            box.press("Enter")
            expect(box).to_have_value("")
            expect(page.get_by_role("log")).to_contain_text(f"line {number}")

    def test_find(self) -> None:
        """A text is found, wherever it is; all of it can be copied and downloaded."""
        self.server("one", "seq 1 2000; exec cat")
        page = self.open("one")
        expect(self.log.get_by_text("2000", exact=True)).to_be_visible()
        hits = page.locator(".hits")
        self.find(page).fill("777")
        expect(hits).to_have_text("2 of 2")
        expect(hits.locator("b")).to_have_text("2")
        expect(self.log.locator(".hit")).to_have_text("1777")
        self.find(page).press("Shift+Enter")
        expect(hits).to_have_text("1 of 2")
        expect(self.log.locator(".hit")).to_have_text("777")
        self.find(page).fill("no such text")
        expect(hits).to_have_text("not found")
        self.find(page).fill("")
        with page.expect_download() as waiting:
            page.get_by_role("button", name="Download").click()
        self.assertEqual(waiting.value.suggested_filename, "one.log")
        text = Path(waiting.value.path()).read_text()
        self.assertEqual(text, "".join(f"{n}\n" for n in range(1, 2001)))
        page.context.grant_permissions(["clipboard-read", "clipboard-write"])
        page.get_by_role("button", name="Copy").click()
        expect(page.get_by_role("button", name="Copied")).to_be_visible()
        self.assertEqual(page.evaluate("navigator.clipboard.readText()"), text)

    def test_findAtOnce(self) -> None:
        """Enter right after what is looked for goes on from the newest, as it does later."""
        self.server("one", "seq 1 2000; exec cat")
        page = self.open("one")
        expect(self.log.get_by_text("2000", exact=True)).to_be_visible()
        self.find(page).evaluate(
            """async (field) => {
                field.value = "777";
                field.dispatchEvent(new Event("input", { bubbles: true }));
                // What is drawn anew is so before anything else happens.
                for (let n = 0; n < 9; n++) await null;
                const key = { key: "Enter", shiftKey: true, bubbles: true };
                field.dispatchEvent(new KeyboardEvent("keydown", key));
            }"""
        )
        expect(self.log.locator(".hit")).to_have_text("777")
        expect(page.locator(".hits")).to_have_text("1 of 2")

    def test_notYetKnown(self) -> None:
        """As long as it is not known whether a server runs one may type: nothing is lost."""
        self.server("one")
        stay = f"localStorage.setItem('gamepanel.token', '\"{self.admin.token}\"');"
        page: Any = self.visit(logIn=False, script=stay).page
        held: list[Any] = []
        page.route("**/server_status", lambda route: held.append(route))
        page.goto(f"{self.daemon.base}#/server/one/console")
        page.reload()
        log = page.get_by_role("log", name="Console")
        expect(log).to_be_visible()
        page.keyboard.press("i")
        page.keyboard.type("hello")
        expect(page.get_by_role("textbox", name="Command")).to_have_value("hello")
        page.keyboard.press("Enter")
        expect(log).to_contain_text("hello")
        expect(self.pill(page)).to_have_count(0)
        page.unroute("**/server_status")
        # It asks anew until it is known.
        expect(self.pill(page)).to_have_text("Running")

    def test_badNews(self) -> None:
        """That nothing answers is what was said last, though lines came just before."""
        self.server("one")
        visitor = self.visit(logIn=False, path="#/server/one/console")
        page = visitor.page
        page.clock.install()
        visitor.logIn("admin", self.daemon.password)
        log = page.get_by_role("log", name="Console")
        expect(log).to_be_visible()
        expect(self.pill(page)).to_have_text("Running")
        # From now on time goes by only as it is told here; lines are said every two seconds.
        page.clock.pause_at(page.evaluate("Date.now()") / 1000 + 10)
        page.clock.run_for(3000)
        with page.expect_response("**/server_log"):
            self.admin("server_cmd", server="one", command="news")
        self.admin.wait(lambda: self.isShown(page, "news"), "the line")
        self.daemon.kill()
        self.admin.wait(lambda: self.isShown(page, "does not answer"), "what is wrong")
        page.clock.run_for(5000)
        expect(page.get_by_role("status")).to_contain_text("does not answer")

    def isShown(self, page: Any, text: str) -> bool:
        """Whether a text is on a page, a moment later by its clock."""
        page.clock.run_for(20)
        return bool(page.get_by_text(text).count())

    def printAll(self) -> None:
        """The game prints thirty times as much as is kept, and ends with a line of its own."""
        self.admin("server_cmd", server="one", command="go")
        size = 300_000 * 101 + len("end\n")
        self.admin.wait(
            lambda: self.admin("server_status", server="one")["readIndex"] == size, "all of it"
        )

    def expectGap(self, page: Any) -> None:
        """The page has read on, and says that bytes are gone."""
        expect(self.log.get_by_text("end", exact=True)).to_be_visible()
        self.find(page).fill("bytes are gone here")
        self.find(page).press("Enter")
        expect(self.log.get_by_text(re.compile(r"\d+ bytes are gone here"))).to_be_visible()

    def test_overrun(self) -> None:
        """Bytes that are gone while one watches are told of, and how many."""
        self.server("one", "read -r x; seq -f %0100.0f 1 300000; echo end; exec cat")
        page = self.open("one")
        expect(self.box).to_be_enabled()
        # The page sleeps for a while; the ring does not wait for it.
        missed: list[Any] = []

        def miss(route: Any) -> None:
            missed.append(route)
            route.abort()

        page.route("**/server_log", miss)
        self.printAll()
        # The browser tells of them only when it is asked for something.
        self.admin.wait(lambda: page.evaluate("1") and missed, "an attempt to read on")
        page.unroute("**/server_log")
        self.expectGap(page)

    def test_overrunAtFirst(self) -> None:
        """So are those that were printed after the page has found an empty console."""
        self.server("one", "read -r x; seq -f %0100.0f 1 300000; echo end; exec cat")
        visitor = self.visit(logIn=False, path="#/server/one/console")
        page: Any = visitor.page
        self.log = page.get_by_role("log", name="Console")

        def pass_(route: Any) -> None:
            # What it asks the end with goes through, but not that it follows from there.
            if route.request.post_data_json["readIndex"] == 0:
                route.abort()
            else:
                route.continue_()

        page.route("**/server_log", pass_)
        visitor.logIn("admin", self.daemon.password)
        expect(page.locator(".banner")).to_be_visible()
        self.printAll()
        page.unroute("**/server_log")
        self.expectGap(page)

    def test_killed(self) -> None:
        """The daemon dies under a live console: the page says so, comes back, and lacks nothing."""
        script = "i=0; while :; do i=$((i+1)); echo line $i; sleep 0.02; done"
        self.server("one", script)
        page = self.open("one")
        expect(self.log).to_contain_text(re.compile(r"line \d"))
        self.box.fill("half a comm")
        self.daemon.kill()
        expect(page.get_by_role("status")).to_contain_text("does not answer")
        self.daemon.start(login=False)
        expect(page.locator(".banner")).to_have_count(0)
        expect(self.box).to_have_value("half a comm")
        self.admin("server_force_kill", server="one")
        self.admin.until("one", "stopped")
        expect(self.pill(page)).to_have_text("Stopped")
        with page.expect_download() as waiting:
            page.get_by_role("button", name="Download").click()
        lines = Path(waiting.value.path()).read_text().splitlines()
        self.assertGreater(len(lines), 50)
        self.assertEqual(lines, [f"line {n + 1}" for n in range(len(lines))])

    def test_flood(self) -> None:
        """A hundred thousand lines: none is dropped, and few are in the page."""
        self.server("one", "read -r x; seq 1 100000; exec cat")
        page = self.open("one")
        expect(self.box).to_be_enabled()
        self.box.fill("go")
        self.box.press("Enter")
        expect(self.log.get_by_text("100000", exact=True)).to_be_visible()
        self.assertLess(page.locator(".ln").count(), 150)
        with page.expect_download() as waiting:
            page.get_by_role("button", name="Download").click()
        lines = Path(waiting.value.path()).read_text().splitlines()
        self.assertEqual(lines, [str(number) for number in range(1, 100001)])
