"""The list of the page with fifty servers: filters, groups, pins, many at once, and jumping."""

import re
from typing import Any

from playwright.sync_api import expect

from tests.panelcase import PageTests, password


class FiftyTests(PageTests):
    def fill(self) -> None:
        """Fifty servers, of which three are in trouble, some run, and one has tags."""
        for number in range(50):
            self.admin("server_create", type="shell", server=f"server-{number:02}")
        for number in (3, 7, 11, 12, 13):
            options = {"settings": {"script": "exec cat" if number > 7 else "exit 4"}}
            settings = {**options["settings"], "restart": "never"}
            self.admin("server_settings", server=f"server-{number:02}", settings=settings)
            self.admin("server_start", server=f"server-{number:02}")
        self.admin.until("server-03", "crashed")
        self.admin.until("server-07", "crashed")
        for number in (11, 12, 13):
            self.admin.until(f"server-{number}", "running")
        self.admin("server_settings", server="server-20", settings={"tags": "coop trains"})

    def test_list(self) -> None:
        """
        What is in trouble stands on top, with a red edge and the reason; chips count and
        filter; all of it is in the address; the rows are on shared columns.
        """
        self.fill()
        visitor = self.visit()
        page: Any = visitor.page
        rows = page.locator("tr.row")
        expect(rows).to_have_count(50)
        self.assertEqual(
            [rows.nth(n).get_attribute("aria-label") for n in range(3)],
            ["server-03", "server-07", "server-00"],
        )
        expect(rows.first.locator(":scope > :first-child")).to_have_css(
            "box-shadow", re.compile("inset")
        )
        expect(rows.first).to_contain_text("Ended with 4")
        chips = page.get_by_role("group", name="Show only").get_by_role("button")
        self.assertEqual(
            [" ".join(text.split()) for text in chips.all_inner_texts()],
            ["50 all", "2 crashed", "3 running", "45 stopped"],
        )
        # All at one moment: what is read later may be of other numbers.
        boxes = "(all) => all.map((each) => each.getBoundingClientRect())"
        lefts = {box["x"] for box in rows.locator(".pill").evaluate_all(boxes)}
        heights = {box["height"] for box in rows.evaluate_all(boxes)}
        self.assertEqual((len(lefts), rows.count()), (1, 50))
        self.assertLessEqual(max(heights), 49)
        chips.filter(has_text="running").click()
        expect(rows).to_have_count(3)
        expect(page).to_have_url(re.compile("state=running"))
        page.reload()
        visitor.logIn("admin", self.daemon.password)
        expect(rows).to_have_count(3)
        chips.filter(has_text="running").click()
        page.keyboard.press("/")
        page.keyboard.type("server-1")
        expect(rows).to_have_count(10)
        page.keyboard.type("zzz")
        expect(page.get_by_text("No server fits “server-1zzz”")).to_be_visible()
        page.get_by_role("button", name="Clear the filter").click()
        expect(rows).to_have_count(50)
        for width in (360, 1280, 1920):
            page.set_viewport_size({"width": width, "height": 900})
            wide = page.evaluate("document.documentElement.scrollWidth - innerWidth")
            self.assertLessEqual(wide, 0)
            self.assertEqual(visitor.violations(), [], width)

    def test_groups(self) -> None:
        """Servers are grouped by tag or type, folded, pinned, and shown as cards."""
        self.fill()
        page = self.visit().page
        page.get_by_label("Group").select_option("By tag")
        group = page.get_by_role("button", name=re.compile("^coop"))
        expect(group).to_contain_text("1")
        group.click()
        expect(group).to_have_attribute("aria-expanded", "false")
        page.get_by_label("Group").select_option("By type")
        expect(page.get_by_role("button", name=re.compile("^A shell script 50"))).to_be_visible()
        page.get_by_label("Group").select_option("Trouble first")
        page.get_by_role("button", name="More for server-40").click()
        page.get_by_role("menuitem", name="Pin to the top").click()
        expect(page.locator("tr.row").nth(2)).to_have_attribute("aria-label", "server-40")
        page.get_by_role("button", name="Cards").click()
        expect(page.locator("li.card")).to_have_count(50)
        expect(page).to_have_url(re.compile("view=cards"))

    def test_bulk(self) -> None:
        """Several are started together; the buttons say for how many that fits; Escape lets go."""
        self.fill()
        page = self.visit().page
        for id in ("server-00", "server-01", "server-11"):
            page.get_by_label(f"Select {id}").check()
        bulk = page.get_by_role("region", name="Selected servers")
        expect(bulk).to_contain_text("3 selected")
        expect(bulk.get_by_role("button", name="Stop 1")).to_be_enabled()
        bulk.get_by_role("button", name="Start 2").click()
        self.admin.until("server-00", "running")
        self.admin.until("server-01", "running")
        expect(page.get_by_role("status")).to_have_text("Start: 2 done.")
        expect(bulk.get_by_role("button", name="Stop 3")).to_be_enabled()
        page.keyboard.press("Escape")
        expect(bulk).to_have_count(0)

    def test_jump(self) -> None:
        """Ctrl-K finds a server by a few letters, and does what can be done, with keys alone."""
        self.fill()
        page = self.visit().page
        expect(page.locator("tr.row")).to_have_count(50)
        page.keyboard.press("Control+k")
        expect(page.get_by_role("combobox", name="Jump to a server")).to_be_focused()
        page.keyboard.type("r-12")
        chosen = page.get_by_role("listbox").get_by_role("option", selected=True)
        expect(chosen).to_contain_text("server-12")
        page.keyboard.press("Enter")
        expect(page.get_by_role("heading", name="server-12")).to_be_visible()
        page.keyboard.press("Control+k")
        page.keyboard.type("stop")
        page.keyboard.press("Enter")
        self.admin.until("server-12", "stopped")
        page.keyboard.press("Control+k")
        page.keyboard.press("Escape")
        expect(page.get_by_role("dialog")).to_have_count(0)

    def test_notAdmin(self) -> None:
        """Who is no admin sees what is theirs, and no host line."""
        self.fill()
        rights = {"server-03": ["view"], "server-04": ["power"]}
        self.admin("user_create", username="ann", password=password, servers=rights)
        visitor = self.visit(logIn=False)
        visitor.logIn("ann", password)
        expect(visitor.page.locator("tr.row")).to_have_count(2)
        expect(visitor.page.locator(".host-line")).to_have_count(0)
        nav = visitor.page.get_by_role("navigation", name="Panel", exact=True)
        expect(nav.get_by_role("link")).to_have_count(1)
