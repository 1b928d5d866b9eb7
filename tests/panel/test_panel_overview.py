"""The list of servers on the page."""

import re
import signal
import time

from playwright.sync_api import expect

from tests.panelcase import PageTests


class OverviewTests(PageTests):
    def test_first(self) -> None:
        """Where there is no server one is told how to make the first."""
        page = self.visit().page
        expect(page.get_by_role("heading", name="Your first server")).to_be_visible()
        page.get_by_role("link", name=re.compile("^All .* games")).click()
        expect(page.get_by_role("link", name="Colossal Cave Adventure")).to_be_visible()

    def test_live(self) -> None:
        """Each server with what fits its state; a click does it; all of it without a reload."""
        self.server("one", description="<b>hostile</b> & <img src=x onerror=alert(1)>")
        page = self.visit().page
        row = self.row(page, "one")
        state = row.locator(".pill")
        expect(state).to_have_text("Running")
        expect(row).to_contain_text("<b>hostile</b> & <img src=x onerror=alert(1)>")
        expect(row.get_by_role("button", name="Start one")).to_have_count(0)
        row.get_by_role("button", name="Stop one").click()
        expect(state).to_have_text("Stopped")
        row.get_by_role("button", name="Start one").click()
        expect(state).to_have_text("Running")
        started = self.admin("server_status", server="one")["startedAt"]
        row.get_by_role("button", name="More for one").click()
        page.get_by_role("menuitem", name="Restart").click()
        self.admin.wait(
            lambda: (self.admin("server_status", server="one")["startedAt"] or 0) > started,
            "another run",
        )
        expect(state).to_have_text("Running")
        self.kill(page, "one")
        expect(state).to_have_text("Stopped")
        self.admin("server_create", type="shell", server="two")
        expect(page.get_by_role("link", name="two")).to_be_visible()

    def test_many(self) -> None:
        """Many can be filtered and sorted."""
        for number in range(12):
            self.admin("server_create", type="shell", server=f"server-{number:02}")
        self.admin("server_start", server="server-07")
        page = self.visit().page
        rows = page.locator("tr.row")
        expect(rows).to_have_count(12)
        page.get_by_label("Filter").fill("-1")
        expect(rows).to_have_count(2)
        page.get_by_label("Filter").fill("running")
        expect(rows).to_have_count(1)
        page.get_by_label("Filter").fill("")
        # While somebody is at the list its order stays.
        expect(self.row(page, "server-07").locator(".c-mem")).to_contain_text("iB")
        page.get_by_role("button", name="Memory").click()
        expect(rows.first).to_contain_text("server-07")

    def test_silent(self) -> None:
        """A daemon that is there and does not answer is told of; when it does, all goes on."""
        self.server("one")
        page = self.visit().page
        expect(page.get_by_role("link", name="one")).to_be_visible()
        self.daemon.process.send_signal(signal.SIGSTOP)
        expect(page.locator(".banner")).to_be_visible()
        self.daemon.process.send_signal(signal.SIGCONT)
        expect(page.locator(".banner")).to_have_count(0)
        self.admin("server_force_kill", server="one")
        expect(self.row(page, "one").locator(".pill")).to_have_text("Stopped")

    def test_graphs(self) -> None:
        """What a server uses is drawn, and told in words."""
        self.server("one", "while :; do :; done")
        page = self.visit().page
        graph = page.get_by_role("img", name=re.compile(r"CPU \d+"))
        expect(graph.locator("polyline")).to_be_attached()
        expect(self.row(page, "one")).to_contain_text(re.compile(r"\d MiB"))
        page.get_by_role("link", name="one").click()
        expect(page.get_by_role("img", name=re.compile(r"Memory \d.* MiB"))).to_be_visible()
        status = self.admin("server_status", server="one")
        expect(page.get_by_role("definition").filter(has_text=str(status["pid"]))).to_be_visible()
        expect(page.locator(".sh-fact.up")).to_contain_text(re.compile(r"\d+ s$"))

    def test_hour(self) -> None:
        """The curve of a server in the list is that of its last hour, from before one came."""
        self.server("one")
        now = int(time.time())
        past = [
            {"at": now - 60 * n, "cpuPercent": 5.0 * (n % 9), "memoryBytes": 1, "players": None}
            for n in range(59, 0, -1)
        ]
        page = self.visit(logIn=False).page
        page.route(
            re.compile("/server_history$"),
            lambda route: route.fulfill(json={"interval": 60, "samples": past}),
        )
        self.visitors[-1].logIn("admin", self.daemon.password)
        expect(page.get_by_role("columnheader", name="CPU, 1 h")).to_be_visible()
        curve = self.row(page, "one").locator(".spark polyline")
        expect(curve).to_have_attribute("points", re.compile("( [^ ]+){58}"))

    def test_germanFilter(self) -> None:
        """One finds a state by the word that stands there."""
        for number in range(8):
            self.admin("server_create", type="shell", server=f"server-{number}")
        self.admin("server_start", server="server-3")
        visitor = self.visit(logIn=False, locale="de-DE")
        page = visitor.page
        page.get_by_label("Benutzername").fill("admin")
        page.get_by_label("Passwort").fill(self.daemon.password)
        page.get_by_role("button", name="Anmelden").click()
        page.get_by_label("Filtern").fill("läuft")
        expect(page.locator("tr.row")).to_have_count(1)
