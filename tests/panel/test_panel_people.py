"""People and what they did, on the page."""

from playwright.sync_api import expect

from tests.panelcase import PageTests, password
from tests.support import Client


class PeopleTests(PageTests):
    def test_people(self) -> None:
        """Users are made, given rights, and removed; what people did is there to be read."""
        self.server("one")
        page = self.visit(path="#/people").page
        expect(page.get_by_role("button", name="1 admin", exact=True)).to_be_visible()
        page.get_by_role("button", name="New person").click()
        page.get_by_label("User name").fill("ann")
        page.get_by_label("Password").fill("short")
        page.get_by_role("button", name="Save").click()
        expect(self.error(page)).to_have_text("15 characters or more.")
        expect(page.get_by_label("Password")).to_be_focused()
        page.get_by_label("Password").fill(password)
        page.get_by_label("Add a server").select_option("one")
        page.get_by_label("one: power").check()
        page.get_by_role("button", name="Save").click()
        ann = page.get_by_role("button", name="ann", exact=True)
        row = page.get_by_role("row").filter(has=ann)
        expect(row).to_contain_text("one: power")
        rights = self.admin("user_list")["users"][1]["servers"]
        self.assertEqual(rights, {"one": ["view", "power"]})
        ann.click()
        page.get_by_label("one: command").check()
        page.get_by_role("button", name="Save").click()
        expect(row).to_contain_text("command")
        ann.click()
        page.get_by_role("button", name="Take one away").click()
        page.get_by_role("button", name="Save").click()
        expect(row).to_contain_text("nothing")
        ann.click()
        page.get_by_role("button", name="Delete …").click()
        page.get_by_role("button", name="Delete now").click()
        expect(ann).to_have_count(0)
        page.get_by_role("link", name="Audit").click()
        did = page.get_by_role("row").filter(has_text="deleted a person")
        expect(did).to_contain_text("ann")
        expect(did).to_contain_text("done")

    def test_password(self) -> None:
        """Everybody changes their own password."""
        page = self.visit(path="#/account").page
        page.get_by_label("Old password").fill(self.daemon.password)
        page.get_by_label("New password").fill(password)
        page.get_by_role("button", name="Change password").click()
        expect(page.get_by_role("main").get_by_text("The password is changed.")).to_be_visible()
        Client(self.daemon.base).login("admin", password)

    def test_audit(self) -> None:
        """A filter finds what was done long ago, beyond the entries that are there at first."""
        self.server("one")
        self.admin("server_cmd", server="one", command="say needle")
        for number in range(60):
            self.admin("server_settings", server="one", settings={"description": str(number)})
        page = self.visit(path="#/audit").page
        rows = page.get_by_role("table").locator("tbody tr:not(.day)")
        expect(rows).to_have_count(50)
        expect(page.get_by_text("needle")).to_have_count(0)
        page.get_by_label("Filter, also what was typed").fill("needle")
        expect(rows).to_have_count(1)
        expect(rows).to_contain_text("say needle")
        expect(page.get_by_text("entries were looked through")).to_be_visible()
        expect(page.get_by_role("button", name="Older")).to_have_count(0)
