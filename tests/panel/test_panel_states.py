"""States of the page beside the ordinary: nothing answers, much is chosen, something is down."""

import re
from typing import Any

from playwright.sync_api import expect

from tests.panelcase import PageTests, password

phone: dict[str, Any] = {"viewport": {"width": 360, "height": 740}, "has_touch": True}


class AwayTests(PageTests):
    def drawn(self, use: Any) -> bool:
        """Whether something is drawn where a picture of the sprite stands."""
        return bool(use.evaluate("(use) => use.getBBox().width > 0"))

    def test_shapes(self) -> None:
        """
        While nothing answers, states have the shape of what is unknown though it could not be
        fetched then; edges stay, grey; what makes a server waits, as buttons do.
        """
        self.admin("server_create", type="shell", server="one", options={"script": "exit 3"})
        self.admin("server_settings", server="one", settings={"restart": "never"})
        self.admin("server_start", server="one")
        self.admin.until("one", "crashed")
        page: Any = self.visit().page
        row = self.row(page, "one")
        edge = row.locator(":scope > :first-child")
        expect(row.locator(".pill")).to_have_text("Crashed")
        red = edge.evaluate("(cell) => getComputedStyle(cell).boxShadow")
        self.daemon.kill()
        expect(row.locator(".pill")).to_have_text("Was crashed")
        self.assertTrue(self.drawn(row.locator(".pill use")))
        banner = page.get_by_role("region", name="Connection")
        expect(banner).to_be_visible()
        self.assertTrue(self.drawn(banner.locator("use")))
        # Also those of a view that nobody has looked at before.
        page.get_by_role("link", name="one", exact=True).click()
        expect(page.get_by_text("could not be loaded")).to_be_visible()
        expect(page.get_by_text("comes by itself")).to_be_visible()
        page.evaluate("window.isSame = true")
        self.daemon.start()
        expect(page.get_by_role("log", name="Console")).to_be_visible()
        self.assertTrue(page.evaluate("window.isSame"))
        page.go_back()
        self.daemon.kill()
        expect(row.locator(".pill")).to_have_text("Was crashed")
        expect(banner).to_contain_text(re.compile(r"What you see is from \S+\. Games run on\."))
        grey = edge.evaluate("(cell) => getComputedStyle(cell).boxShadow")
        self.assertNotIn(grey, ("none", red))
        new = page.get_by_role("link", name="New server")
        expect(new).to_have_attribute("aria-disabled", "true")
        new.click(force=True)
        expect(page).not_to_have_url(re.compile("#/new"))
        # On a phone words stand alone; this outline needs a gap between itself and them.
        page.set_viewport_size({"width": 360, "height": 740})
        pill, words = (row.locator(each).bounding_box() for each in (".pill", ".pill span"))
        ends = [box["x"] + box["width"] for box in (pill, words)]
        self.assertGreaterEqual(ends[0] - ends[1], 7)


class UnknownTests(PageTests):
    def test_word(self) -> None:
        """
        A state that a newer daemon has is shown as it is, and nothing is offered that needs to
        know whether the server runs.
        """

        def newer(route: Any) -> None:
            answer = route.fetch()
            route.fulfill(response=answer, body=answer.text().replace('"stopped"', '"dozing"'))

        self.admin("server_create", type="shell", server="one")
        page: Any = self.visit(path="#/server/one/console").page
        page.route("**/server_status", newer)
        expect(self.pill(page)).to_have_text("Dozing")
        expect(self.pill(page).locator("use[href='#s-unknown']")).to_have_count(1)
        for verb in ("Start", "Stop", "Restart"):
            button = page.get_by_role("button", name=verb, exact=True)
            expect(button).to_have_attribute("aria-disabled", "true")
            expect(button).to_have_attribute("title", "Not possible while it is dozing")
        expect(page.get_by_text("Not possible while it is dozing")).to_be_visible()
        page.get_by_role("link", name="Servers", exact=True).first.click()
        expect(self.row(page, "one").locator(".pill")).to_have_text("Dozing")
        expect(page.get_by_role("group", name="Show only")).to_contain_text("dozing")


class DownTests(PageTests):
    def crash(self, id: str) -> None:
        """A server that has printed much, and is down for good."""
        script = "for n in 1 2 3 4 5 6 7 8 9; do echo $n; done; seq 2000; exit 3"
        self.admin("server_create", type="shell", server=id, options={"script": script})
        self.admin("server_start", server=id)
        self.admin.until(id, "crashed")

    def test_console(self) -> None:
        """Below what has happened the console is as high as the window allows; the title tells."""
        self.crash("one")
        page: Any = self.visit(path="#/server/one/console").page
        told = page.get_by_role("region", name="What happened")
        expect(told).to_contain_text(re.compile("and given up after 3 crashes in"))
        expect(told).to_contain_text("It ended with code 3.")
        expect(page.locator(".ln", has_text=re.compile("^2000$")).last).to_be_visible()
        self.assertLess(page.locator(".console").bounding_box()["height"], 800)
        expect(page).to_have_title("(1) one crashed · gamepanel")

    def test_phone(self) -> None:
        """On a phone what parts two runs takes one row, and nothing is written over it."""
        self.crash("one")
        page: Any = self.visit(path="#/server/one/console", **phone).page
        parting = page.locator(".sep span", has_text="Run ended").last
        expect(parting).to_be_visible()
        self.assertLessEqual(parting.bounding_box()["height"], 18.5)


class ManyTests(PageTests):
    def test_more(self) -> None:
        """What is seldom done to several lies behind More: pinning, and killing, which asks."""
        for id in ("one", "two"):
            self.server(id)
        self.admin("server_create", type="shell", server="three")
        visitor = self.visit()
        page: Any = visitor.page
        for id in ("one", "three"):
            page.get_by_label(f"Select {id}").check()
        bulk = page.get_by_role("region", name="Selected servers")
        more = bulk.get_by_role("button", name="More for 2 servers")
        more.click()
        page.get_by_role("menuitem", name="Pin to the top").click()
        expect(page.locator(".pinned")).to_have_count(2)
        more.click()
        self.assertEqual(visitor.violations(), [])
        page.get_by_role("menuitem", name="Kill 1").click()
        dialog = page.get_by_role("dialog", name="Kill 1 server")
        expect(dialog).to_contain_text("saves nothing")
        dialog.get_by_role("button", name="Kill 1").click()
        self.admin.until("one", "stopped", "crashed")
        self.assertEqual(self.admin("server_status", server="two")["status"], "running")


class PaletteTests(PageTests):
    def test_here(self) -> None:
        """What begins so comes first; settings are found, and gone to; ">" is for deeds alone."""
        self.server("one")
        self.server("forest")
        page: Any = self.visit(path="#/server/one/console").page
        expect(self.pill(page)).to_have_text("Running")
        page.keyboard.press("Control+k")
        page.keyboard.type("rest")
        options = page.get_by_role("option")
        expect(options.filter(has_text="Restart when it hangs")).to_contain_text("off")
        expect(options.first).to_contain_text("Restart one")
        expect(options.filter(has_text="forest")).to_be_visible()
        page.keyboard.press("Control+a")
        page.keyboard.type("> ")
        expect(options.filter(has_text="Stop one")).to_be_visible()
        expect(options.filter(has_text="Servers")).to_have_count(0)
        page.keyboard.press("Control+a")
        page.keyboard.type("first wait")
        expect(options).to_have_count(1)
        page.keyboard.press("Enter")
        expect(page.get_by_label("First wait")).to_be_focused()

    def test_typedAhead(self) -> None:
        """What is typed before the field is there is looked for, too."""
        self.server("one")
        visitor = self.visit(logIn=False)
        page: Any = visitor.page
        held: list[Any] = []
        page.get_by_label("Stay logged in").check()
        visitor.logIn("admin", self.daemon.password)
        expect(self.row(page, "one")).to_be_visible()
        page.route("**/tools.js", lambda route: held.append(route))
        with page.expect_request("**/tools.js"):
            page.reload()
            expect(self.row(page, "one").locator(".pill")).to_have_text("Running")
            page.keyboard.press("Control+k")
            page.keyboard.type("one")
        expect(page.locator(".palette")).to_have_count(0)
        for route in held:
            route.continue_()
        field = page.get_by_role("combobox", name="Jump")
        expect(field).to_be_focused()
        expect(field).to_have_value("one")
        page.keyboard.type("!")
        expect(field).to_have_value("one!")
        page.keyboard.press("Escape")
        page.keyboard.press("Control+k")
        expect(field).to_have_value("")

    def test_hasty(self) -> None:
        """Enter before the field is there does what fits best, Escape leaves; neither is lost."""
        for id in ("one", "two"):
            self.admin("server_create", type="shell", server=id)
        stay = f"localStorage.setItem('gamepanel.token', '\"{self.admin.token}\"');"
        page: Any = self.visit(logIn=False, script=stay).page
        held: list[Any] = []
        page.route("**/tools.js", lambda route: held.append(route))
        page.goto(f"{self.daemon.base}#/server/one/console")
        with page.expect_request("**/tools.js"):
            page.reload()
            expect(page.get_by_role("log")).to_be_visible()
            page.keyboard.press("Control+k")
            page.keyboard.type("one")
        page.keyboard.press("Escape")
        page.keyboard.press("Control+k")
        page.keyboard.type("two")
        page.keyboard.press("Enter")
        for route in held:
            route.continue_()
        expect(page.get_by_role("heading", name="two", exact=True)).to_be_visible()
        expect(page.get_by_role("dialog")).to_have_count(0)
        page.keyboard.press("Control+k")
        expect(page.get_by_role("combobox", name="Jump")).to_have_value("")

    def test_leftAtOnce(self) -> None:
        """Whoever leaves it before it has been drawn has all keys again."""
        for id in ("one", "two"):
            self.admin("server_create", type="shell", server=id)
        page: Any = self.visit().page
        expect(page.locator("tr.row")).to_have_count(2)
        page.keyboard.press("Control+k")
        expect(page.get_by_role("combobox", name="Jump")).to_be_focused()
        page.keyboard.press("Escape")
        expect(page.get_by_role("dialog")).to_have_count(0)
        field = page.evaluate(
            """async () => {
                // What changes is there before anything else happens.
                const tell = async (target, event) => {
                    target.dispatchEvent(event);
                    for (let n = 0; n < 9; n++) await null;
                };
                const press = (key, more) => {
                    const event = new KeyboardEvent("keydown", { key, bubbles: true, ...more });
                    return tell(document.activeElement, event);
                };
                await press("k", { ctrlKey: true });
                await tell(document.querySelector("dialog"), new Event("cancel"));
                await press("/");
                return document.activeElement.type;
            }"""
        )
        self.assertEqual(field, "search")

    def test_notLoaded(self) -> None:
        """Where the palette can't be had, what is typed goes where it went before."""
        self.server("one")
        visitor = self.visit(logIn=False)
        page: Any = visitor.page
        page.route("**/tools.js", lambda route: route.abort())
        visitor.logIn("admin", self.daemon.password)
        expect(self.row(page, "one")).to_be_visible()
        field = page.get_by_placeholder("Filter")
        page.keyboard.press("Control+k")
        expect(page.get_by_role("button", name="Try again")).to_be_visible()
        field.focus()
        page.keyboard.type("one")
        expect(field).to_have_value("one")
        visitor.trouble.clear()


class PeopleTests(PageTests):
    def test_atOnce(self) -> None:
        """The first field of a person has the focus with the first frame: no key is lost."""
        page: Any = self.visit(path="#/people").page
        focused = page.get_by_role("button", name="New person").evaluate(
            """async (button) => {
                button.click();
                // What is drawn anew is so before anything else happens.
                for (let n = 0; n < 9; n++) await null;
                return document.activeElement.id;
            }"""
        )
        self.assertEqual(focused, "person-name")

    def test_list(self) -> None:
        """Rights are told in brief; what somebody did is a step away, and in the address."""
        ids = ("one", "two", "three", "four")
        for id in ids:
            self.admin("server_create", type="shell", server=id)
        rights = {id: ["view", "power"] for id in ids}
        self.admin("user_create", username="ann", password=password, servers=rights)
        some = {id: ["view", "power"] for id in ids[:2]}
        self.admin("user_create", username="bob", password=password, servers=some)
        visitor = self.visit(path="#/people?who=ann", **phone)
        page: Any = visitor.page
        row = page.get_by_role("row")
        expect(row.filter(has_text="ann")).to_contain_text("4 servers: power")
        expect(row.filter(has_text="bob")).to_contain_text("one, two: power")
        expect(page.get_by_role("button", name="Discard")).to_be_attached()
        wide = page.evaluate("document.documentElement.scrollWidth - innerWidth")
        self.assertLessEqual(wide, 0)
        page.get_by_role("button", name="More for bob").click()
        page.get_by_role("menuitem", name="What they did").click()
        expect(page.get_by_role("heading", name="What people did")).to_be_visible()
        expect(page).to_have_url(re.compile("#/audit.who=bob$"))
        expect(page.get_by_text("Nothing fits.")).to_be_visible()
        page.goto(f"{self.daemon.base}#/audit")
        expect(page.get_by_role("row").filter(has_text="added a person")).to_have_count(2)
