"""Making, setting and ending servers on the page."""

import re
from pathlib import Path
from typing import Any

from playwright.sync_api import expect

from tests.panelcase import PageTests, password
from tests.support import freePort


class ServerTests(PageTests):
    def test_settings(self) -> None:
        """Settings are a form; what the daemon refuses stands at its field."""
        self.server("one")
        page = self.visit(path="#/server/one/settings").page
        level = page.get_by_label("level", exact=True)
        expect(level).to_have_value("5")
        expect(page.get_by_label("fixed", exact=True)).to_be_disabled()
        expect(page.get_by_label("secret", exact=True)).to_have_attribute("type", "password")
        level.fill("11")
        page.get_by_role("button", name="Save").click()
        field = page.locator(".field").filter(has=level)
        expect(self.error(field)).to_be_visible()
        expect(self.error(field)).to_have_text("At most 9.")
        level.fill("7")
        page.locator("#field-autostart").check()
        page.get_by_role("button", name="Save").click()
        expect(page.locator(".savebar")).to_contain_text("Saved.")
        values = {
            p["name"]: p["value"] for p in self.admin("server_settings", server="one")["settings"]
        }
        self.assertEqual((values["level"], values["autostart"]), (7, True))

    def test_others(self) -> None:
        """What others save meanwhile is told at its field, and overwritten only if one says so."""
        self.server("one", description="first")
        page: Any = self.visit(path="#/server/one/settings").page
        description, tags = page.get_by_label("Description"), page.get_by_label("Tags")
        save = page.get_by_role("button", name="Save")
        description.fill("mine")
        theirs = {"description": "theirs", "tags": "coop"}
        self.admin("server_settings", server="one", settings=theirs)
        save.click()
        told = "Somebody else has set this to “theirs” meanwhile."
        expect(page.get_by_text(told)).to_be_visible()
        expect(page.get_by_role("button", name="Take theirs Description")).to_be_focused()
        expect(description).to_have_value("mine")
        expect(tags).to_have_value("coop")
        expect(page.get_by_text("Somebody else has just changed this; it was")).to_have_count(1)
        save.click()
        expect(page.get_by_text(told)).to_be_visible()
        settings = self.admin("server_settings", server="one")["settings"]
        self.assertEqual(next(e["value"] for e in settings if e["name"] == "description"), "theirs")
        page.get_by_role("button", name="Keep mine Description").click()
        expect(page.get_by_text(told)).to_have_count(0)
        save.click()
        expect(page.get_by_role("region", name="Changes")).to_contain_text("Saved.")
        # Without a click it is known a moment later, too.
        description.fill("mine again")
        self.admin("server_settings", server="one", settings={"description": "theirs again"})
        page.get_by_role("button", name="Take theirs Description").click()
        expect(description).to_have_value("theirs again")
        values = {
            e["name"]: e["value"] for e in self.admin("server_settings", server="one")["settings"]
        }
        self.assertEqual((values["description"], values["tags"]), ("theirs again", "coop"))

    def test_limits(self) -> None:
        """Below Limits stand memory, CPU, processes and disk, by these names."""
        self.admin("server_create", type="shell", server="one")
        page: Any = self.visit(path="#/server/one/settings").page
        limits = page.get_by_role("region", name="Limits")
        for name in ("Memory", "CPU", "Processes", "Disk space"):
            expect(limits.get_by_label(name, exact=True)).to_be_visible()

    def test_odd(self) -> None:
        """A number that is none is refused at its field, and resets nothing; drafts stay."""
        self.admin("server_create", type="shell", server="one", options={"level": 8})
        page = self.visit(path="#/server/one/settings").page
        level = page.get_by_label("level", exact=True)
        level.fill("")
        level.press_sequentially("5e")
        page.get_by_role("button", name="Save").click()
        field = page.locator(".field").filter(has=level)
        expect(self.error(field)).to_be_visible()
        page.get_by_role("link", name="Servers", exact=True).click()
        page.get_by_role("link", name="one").click()
        page.get_by_role("link", name="Settings").click()
        expect(page.get_by_role("button", name="Save")).to_be_enabled()
        settings = self.admin("server_settings", server="one")["settings"]
        self.assertEqual({p["name"]: p["value"] for p in settings}["level"], 8)

    def test_password(self) -> None:
        """A password is set, stays when it is not touched, and is removed when one says so."""
        self.admin("server_create", type="secretive", server="one")
        page: Any = self.visit(path="#/server/one/settings").page
        sent: list[Any] = []

        def note(request: Any) -> None:
            settings = (request.post_data_json or {}).get("settings")
            if settings is not None:
                sent.append(settings)

        page.on("request", note)
        secret = page.get_by_label("Secret", exact=True)
        secret.fill("x")
        secret.fill("")
        expect(page.get_by_role("button", name="Save")).to_be_disabled()
        secret.fill("pass word")
        page.get_by_role("button", name="Save").click()
        expect(page.locator(".savebar")).to_contain_text("Saved.")
        expect(secret).to_have_value("")
        page.get_by_label("Remove the password").check()
        page.get_by_role("button", name="Save").click()
        expect(page.get_by_label("Remove the password")).not_to_be_checked()
        page.get_by_role("button", name="Close").click()
        expect(page.get_by_role("button", name="Save")).to_be_disabled()
        self.assertEqual(sent, [{"secret": "pass word"}, {"secret": None}])

    def test_maker(self) -> None:
        """Whoever makes a server has every right on it; what is wrong stands at its field."""
        self.admin("user_create", username="ann", password=password, create=True)
        visitor = self.visit(logIn=False, path="#/new/shell")
        visitor.logIn("ann", password)
        page = visitor.page
        page.get_by_label("Id", exact=True).fill("mine")
        page.get_by_label("Description", exact=True).fill("x" * 1001)
        page.get_by_role("button", name="Create").click()
        field = page.locator(".field").filter(has=page.get_by_label("Description", exact=True))
        expect(self.error(field)).to_be_visible()
        page.get_by_label("Description", exact=True).fill("Mine")
        page.get_by_role("button", name="Create").click()
        page.get_by_role("button", name="Start", exact=True).click()
        expect(self.pill(page)).to_have_text("Running")
        page.get_by_role("textbox", name="Command").fill("hello")
        page.keyboard.press("Enter")
        expect(page.get_by_role("log")).to_contain_text("hello")

    def test_withdrawn(self) -> None:
        """A right that is withdrawn while one looks ends the view with a reason."""
        self.server("one")
        rights = {"one": ["view"]}
        self.admin("user_create", username="ann", password=password, servers=rights)
        visitor = self.visit(logIn=False, path="#/server/one/console")
        visitor.logIn("ann", password)
        expect(visitor.page.get_by_role("log")).to_be_visible()
        self.admin("user_update", username="ann", servers={})
        expect(visitor.page.get_by_text("There is no such server, or you may not")).to_be_visible()

    def test_oddPaths(self) -> None:
        """An address that is none says so, and the rest of the page works on."""
        page = self.visit(path="#/server/%").page
        for path in ("server/%", "server/one/two", "nowhere", "people/x", "new/none"):
            page.goto(f"{self.daemon.base}#/{path}")
            expect(page.locator(".empty, h1").first).to_be_visible()
        page.get_by_role("link", name="Servers", exact=True).click()
        expect(page.get_by_role("heading", name="Your first server")).to_be_visible()
        expect(page).to_have_title("Servers · gamepanel")

    def test_destroy(self) -> None:
        """A server is destroyed by typing its id, when it is stopped."""
        self.server("one")
        page = self.visit(path="#/server/one/settings").page
        expect(page.get_by_text("It must be stopped first.")).to_be_visible()
        expect(page.get_by_role("button", name="Destroy …")).to_be_disabled()
        self.kill(page, "one")
        page.get_by_role("button", name="Destroy …").click()
        button = page.get_by_role("button", name="Destroy it")
        expect(button).to_be_disabled()
        page.get_by_label("Type the id").fill("one")
        button.click()
        expect(page.get_by_role("heading", name="Your first server")).to_be_visible()

    def test_crashes(self) -> None:
        """What has happened to a server is told in words."""
        self.admin(
            "server_create", type="shell", server="one", options={"script": "sleep 0.1; exit 3"}
        )
        settings = {"restartFirstDelay": 600, "restart": "on-failure"}
        self.admin("server_settings", server="one", settings=settings)
        self.admin("server_start", server="one")
        self.admin.until("one", "waiting")
        page = self.visit(path="#/server/one/console").page
        told = page.get_by_role("region", name="What happened")
        expect(told).to_contain_text(re.compile(r"1 crash in 10 min, next try in \d+ m"))
        expect(told).to_contain_text("It ended with code 3")

    def test_failedStart(self) -> None:
        """Why a server has not started is there at once, with the game's own last words."""
        script = "echo '<b>no</b> map'; exit 0"
        self.admin("server_create", type="telling", server="one", options={"script": script})
        self.admin("server_settings", server="one", settings={"restart": "never"})
        page = self.visit(path="#/server/one/settings").page
        page.get_by_role("button", name="Start", exact=True).click()
        page.get_by_role("link", name="Console").click()
        told = page.get_by_role("region", name="What happened")
        expect(told).to_contain_text("Failed just now")
        expect(told).to_contain_text("It ended with code 0 before it was ready")
        expect(told.locator("pre")).to_have_text("| <b>no</b> map", use_inner_text=True)
        page.goto(self.daemon.base + "#/")
        expect(self.row(page, "one")).to_contain_text("Ended with 0 before it was ready")

    def test_createSecond(self) -> None:
        """A second server of a type gets ports of its own, without a hand of anybody's."""
        page = self.visit().page
        for id in ("one", "two"):
            page.goto(self.daemon.base + "#/new/two-ports")
            page.get_by_label("Id", exact=True).fill(id)
            page.get_by_role("button", name="Create").click()
            expect(page.get_by_role("heading", name=id, exact=True)).to_be_visible()
        ports = [
            setting["value"]
            for id in ("one", "two")
            for setting in self.admin("server_settings", server=id)["settings"]
            if setting["type"] == "port"
        ]
        self.assertEqual(len(set(ports)), 4, ports)

    def test_runPorts(self) -> None:
        """A run keeps its address, also in proposals; the one from its next start stands beside."""
        self.admin("server_create", type="two-ports", server="one")
        old = self.admin("server_status", server="one")["ports"][0]["port"]
        self.admin("server_start", server="one")
        self.admin.until("one", "running")
        new = freePort()
        self.admin("server_settings", server="one", settings={"port": new})
        status = self.admin("server_status", server="one")
        self.assertEqual((status["runPorts"][0]["port"], status["ports"][0]["port"]), (old, new))
        options = self.admin("server_create_options", type="two-ports")["options"]
        self.assertNotIn(old, [option["value"] for option in options])
        page: Any = self.visit(path="#/server/one/console").page
        address = page.locator(".sh-fact.addr")
        expect(address.locator("b")).to_have_text(str(old))
        expect(address).to_contain_text(f"From the next start on {new}")
        expect(address.get_by_role("button")).to_have_attribute("title", re.compile(f":{old}$"))
        expect(page.get_by_role("complementary")).to_contain_text(f"From the next start on {new}")
        self.admin("server_stop", server="one")
        self.admin.until("one", "stopped")
        self.assertIsNone(self.admin("server_status", server="one")["runPorts"])
        expect(address.locator("b")).to_have_text(str(new))
        expect(address.locator(".next")).to_have_count(0)

    def test_portInUse(self) -> None:
        """A port that another server has is told at its field, with the server's id."""
        port = freePort()
        self.admin("server_create", type="shell", server="one", options={"port": port})
        page = self.visit(path="#/new/shell").page
        page.get_by_label("Id", exact=True).fill("two")
        page.get_by_label("port", exact=True).fill(str(port))
        page.get_by_role("button", name="Create").click()
        expect(self.error(page)).to_have_text(
            re.compile(rf"^Port {port} belongs to one\. \d+ is free\.$")
        )

    def test_whatTypesSay(self) -> None:
        """
        A form has the groups of its type, what is for the advanced is out of the way until it
        is refused, terms are linked; admins see which type files were left out.
        """
        types = Path(self.daemon.state, "types")
        (types / "broken.toml").write_text('title = "T"\nrum = 1\n')
        (types / "grouped.toml").write_text(
            'title = "Grouped"\n[[options]]\nname = "eula"\ntitle = "I agree"\ntype = "boolean"\n'
            'accept = "https://example.org/eula"\n[[options]]\nname = "nick"\ntype = "string"\n'
            'pattern = "[a-z]*"\nhint = "only a to z"\ngroup = "Names"\n[[options]]\n'
            'name = "rate"\ntype = "integer"\nmaximum = 5\nadvanced = true\n'
            '[run]\ncommand = ["sh"]\n'
        )
        page = self.visit(path="#/new").page
        expect(page.get_by_text("broken.toml")).to_be_visible()
        page.get_by_role("link", name="Grouped").click()
        expect(page.get_by_role("group", name="Names").get_by_label("nick")).to_be_visible()
        expect(page.get_by_text("only a to z")).to_be_visible()
        expect(page.get_by_role("link", name="https://example.org/eula")).to_be_visible()
        rate = page.get_by_label("rate", exact=True)
        expect(rate).to_be_hidden()
        page.locator("summary").click()
        rate.fill("6")
        page.locator("summary").click()
        expect(rate).to_be_hidden()
        page.get_by_label("Id", exact=True).fill("mine")
        page.get_by_label("I agree").check()
        page.get_by_role("button", name="Create").click()
        expect(rate).to_be_visible()
        rate.fill("5")
        page.get_by_role("button", name="Create").click()
        expect(page.get_by_role("button", name="Start", exact=True)).to_be_visible()

    def test_create(self) -> None:
        """A game is chosen, told what it wants to know, and its console is there."""
        page = self.visit(path="#/new").page
        expect(page.get_by_text("This host lacks no-such-program-anywhere.")).to_be_visible()
        page.get_by_role("link", name="Colossal Cave Adventure").click()
        page.get_by_label("Id", exact=True).fill("NOT an id")
        page.get_by_role("button", name="Create").click()
        expect(self.error(page)).to_contain_text("Small letters, digits")
        page.get_by_label("Id", exact=True).fill("cave")
        page.get_by_label("Description").fill("Colossal Cave")
        page.get_by_role("button", name="Create").click()
        page.get_by_role("button", name="Start", exact=True).click()
        expect(page.get_by_role("log", name="Console")).to_contain_text("WELCOME TO ADVENTURE")
        page.get_by_role("textbox", name="Command").fill("no")
        page.keyboard.press("Enter")
        expect(page.get_by_role("log", name="Console")).to_contain_text("END OF A ROAD")

    def test_rights(self) -> None:
        """What a person may not do is greyed, with the reason."""
        self.server("one")
        self.server("two")
        rights = {"one": ["view"]}
        self.admin("user_create", username="ann", password=password, servers=rights)
        visitor = self.visit(logIn=False)
        visitor.logIn("ann", password)
        page = visitor.page
        expect(page.get_by_role("link", name="one")).to_be_visible()
        expect(page.get_by_role("link", name="two")).to_have_count(0)
        expect(page.get_by_role("link", name="New server")).to_have_count(0)
        expect(page.get_by_role("link", name="People")).to_have_count(0)
        page.get_by_role("link", name="one").click()
        box = page.get_by_role("textbox", name="Command")
        expect(box).to_be_disabled()
        expect(box).to_have_attribute("placeholder", "You may not type into this console.")
        stop = page.get_by_role("button", name="Stop")
        expect(stop).to_be_disabled()
        expect(stop).to_have_attribute("title", "You may not start or stop this server.")
        expect(page.get_by_role("link", name="Activity").first).to_be_visible()
        expect(page.get_by_role("link", name="Settings")).to_have_count(0)
        # Whoever has an address that is not for them is told, in one look, and finds back.
        for path in ("server/one/settings", "new", "people", "audit", "host"):
            page.goto(f"{self.daemon.base}#/{path}")
            told = page.locator(".empty")
            expect(told.locator("h2")).to_have_text("You do not have the right to see this page.")
            expect(told.get_by_role("link", name="All servers")).to_be_visible()
            expect(page.get_by_role("button", name="Destroy")).to_have_count(0)
        page.goto(self.daemon.base + "#/server/two")
        expect(page.get_by_text("There is no such server, or you may not see it.")).to_be_visible()

    def test_navigation(self) -> None:
        """Deep links, reloads, back and forward, and two tabs."""
        self.server("one")
        visitor = self.visit(logIn=False, path="#/server/one/console")
        page = visitor.page
        page.get_by_label("Stay logged in").check()
        visitor.logIn("admin", self.daemon.password)
        expect(page.get_by_role("heading", name="one")).to_be_visible()
        page.reload()
        expect(page.get_by_role("heading", name="one")).to_be_visible()
        page.get_by_role("link", name="Servers", exact=True).click()
        page.get_by_role("link", name="one").click()
        page.go_back()
        expect(page.get_by_role("heading", name="Servers")).to_be_visible()
        page.go_forward()
        expect(page.get_by_role("log", name="Console")).to_be_visible()
        other = visitor.tab("#/")
        expect(other.get_by_role("link", name="one")).to_be_visible()
        self.kill(other, "one")
        expect(self.pill(page)).to_have_text("Stopped")
