"""Installing and updating on the page."""

import json
import re
import time
from pathlib import Path
from typing import Any, Final

from playwright.sync_api import expect

from tests.panelcase import PageTests, password
from tests.support import patience

MiB = 1024 * 1024


written: Final = """
title = "Written"
[[install]]
match = { version = ["v1.2.3", 'v([0-9.]+)'] }
[[install]]
write = "game.sh"
text = "echo ready; exec cat"
[run]
command = ["sh", "game.sh"]
ready = '^ready$'
"""
"""A game that is installed by writing it."""


class RealTests(PageTests):
    def test_install(self) -> None:
        """A game is made in the form, installed, started; then its version is there."""
        Path(self.daemon.state, "types", "written.toml").write_text(written)
        page: Any = self.visit(path="#/new/written").page
        page.get_by_label("Description").fill("My game")
        expect(page.get_by_label("Id", exact=True)).to_have_value("my-game")
        page.get_by_role("button", name="Create").click()
        expect(self.pill(page)).to_have_text("Stopped", timeout=2000 * patience)
        facts = page.get_by_role("complementary", name="Facts")
        expect(facts.get_by_role("heading", name="Version")).to_be_visible()
        expect(facts).to_contain_text("1.2.3")
        page.get_by_role("button", name="Start", exact=True).click()
        expect(self.pill(page)).to_have_text("Running", timeout=2000 * patience)
        page.goto(f"{self.daemon.base}#/server/my-game/activity")
        done = page.get_by_role("region", name="Activity")
        expect(done).to_contain_text("(install) is done")


lacking: Final = '''
title = "A game whose name is so long that there is no room for it"
[[install]]
run = ["sh", "-c", """
echo E: no such depot 4711
test -e ../ready # averylongwordofmorethanfiftylettersthatnobodybreaks"""]
[run]
command = ["sh", "-c", "echo ready; exec cat"]
'''
"""A game that can be installed when somebody has prepared its host."""


class FailedTests(PageTests):
    """An install that fails, as each part of the page shows it."""

    def setUp(self) -> None:
        super().setUp()
        Path(self.daemon.state, "types", "lacking.toml").write_text(
            lacking.replace("../ready", f"{self.daemon.state}/ready")
        )
        self.admin("server_create", type="lacking", server="one")
        self.admin.until("one", "failed")

    def prepare(self) -> None:
        """From now on it can be installed."""
        Path(self.daemon.state, "ready").touch()

    def test_list(self) -> None:
        """A row offers to install it, not to start it; so do its menu, a card and the key."""
        self.server("two")
        visitor = self.visit()
        page: Any = visitor.page
        one = self.row(page, "one")
        expect(one.get_by_role("button", name="Start one")).to_have_count(0)
        expect(one.get_by_role("button", name="Install one")).to_have_text("Install …")
        page.get_by_role("button", name="More for one").click()
        menu = page.get_by_role("menu")
        expect(menu.get_by_role("menuitem", name="Install …")).to_be_visible()
        expect(menu.get_by_role("menuitem", name="Start", exact=True)).to_have_count(0)
        self.assertEqual(visitor.violations(), [])
        page.keyboard.press("Escape")
        page.goto(f"{self.daemon.base}#/?view=cards")
        expect(page.locator("li.card")).to_have_count(2)
        page.get_by_role("link", name="one", exact=True).focus()
        page.keyboard.press("s")
        dialog = page.get_by_role("dialog", name="Install one?")
        expect(dialog).to_contain_text("What you have changed stays")
        self.prepare()
        dialog.get_by_role("button", name="Install", exact=True).click()
        self.admin.until("one", "stopped")
        expect(page.get_by_role("button", name="Start one")).to_be_enabled()

    def test_row(self) -> None:
        """A row says first why it failed, and its id in full; on a phone nothing runs over."""
        visitor = self.visit()
        page: Any = visitor.page
        one = self.row(page, "one")
        expect(one).to_contain_text("Install failed: sh has ended with exit code 1.")
        name = one.get_by_role("link", name="one", exact=True)
        self.assertTrue(name.evaluate("(own) => own.scrollWidth <= own.clientWidth"))
        verb = one.get_by_role("button", name="Install one")
        inner = "(own) => own.clientWidth - own.firstElementChild.offsetWidth"
        self.assertGreaterEqual(verb.evaluate(inner), 8)
        name.click()
        facts = page.get_by_role("complementary", name="Facts")
        expect(facts).to_contain_text(re.compile("Last exit.*failed, "))
        page.set_viewport_size({"width": 360, "height": 740})
        what = page.get_by_role("region", name="What happened")
        over = "(own) => own.scrollWidth - own.clientWidth"
        self.assertLessEqual(what.evaluate(over), 0)

    def test_german(self) -> None:
        """Why it failed is said in German, to its end."""
        visitor = self.visit(logIn=False, locale="de-DE")
        page: Any = visitor.page
        page.locator("#login-name").fill("admin")
        page.locator("#login-password").fill(self.daemon.password)
        page.locator("form [type=submit]").click()
        one = self.row(page, "one")
        expect(one).to_contain_text(
            "Nicht eingerichtet: sh endete mit Code 1. Das Verzeichnis des Servers ist halb"
        )
        verb = one.locator(".verb")
        inner = "(own) => own.clientWidth - own.firstElementChild.offsetWidth"
        self.assertGreaterEqual(verb.evaluate(inner), 4)

    def test_several(self) -> None:
        """Of several it is not among those that are started, but among those that are updated."""
        page: Any = self.visit().page
        page.get_by_label("Select one").check()
        bulk = page.get_by_role("region", name="Selected servers")
        expect(bulk.get_by_role("button", name="Start 0", exact=True)).to_be_disabled()
        bulk.get_by_role("button", name="More for 1 server").click()
        self.prepare()
        page.get_by_role("menuitem", name="Update 1 …").click()
        page.get_by_role("dialog").get_by_role("button", name="Update 1").click()
        self.admin.until("one", "stopped")
        expect(bulk.get_by_role("button", name="Start 1", exact=True)).to_be_enabled()

    def test_page(self) -> None:
        """Its own page says why Start waits; the palette and the key offer to install it."""
        page: Any = self.visit(path="#/server/one/console").page
        start = page.get_by_role("button", name="Start", exact=True)
        expect(start).to_have_attribute("title", re.compile("not installed"))
        log = page.get_by_role("log", name="Console")
        log.focus()
        page.keyboard.press("s")
        expect(page.get_by_role("dialog", name="Install one?")).to_be_visible()
        page.keyboard.press("Escape")
        page.keyboard.press("Control+k")
        page.keyboard.type("> one")
        option = page.get_by_role("option")
        expect(option).to_have_count(1)
        expect(option).to_contain_text("Install one")
        page.keyboard.press("Enter")
        self.prepare()
        page.keyboard.press("ArrowDown")
        page.keyboard.press("Enter")
        self.admin.until("one", "stopped")

    def test_output(self) -> None:
        """What its programs print is shown as it comes and afterwards, and never in the console."""
        page: Any = self.visit(path="#/server/one/console").page
        what = page.get_by_role("region", name="What happened")
        output = page.get_by_role("log", name="Output of the programs")
        expect(what.get_by_role("log")).to_contain_text("E: no such depot 4711")
        log = page.get_by_role("log", name="Console")
        expect(log).to_contain_text("[gamepanel]")
        expect(log).not_to_contain_text("4711")
        page.goto(f"{self.daemon.base}#/server/one/activity")
        expect(page.get_by_text("Output of the programs")).to_be_visible()
        expect(output).to_have_count(0)
        page.get_by_text("Output of the programs").click()
        expect(output).to_contain_text("E: no such depot 4711")
        wait = lacking.replace("test -e ../ready", "exec sleep 1000")
        Path(self.daemon.state, "types", "waits.toml").write_text(wait)
        self.admin("server_create", type="waits", server="two")
        page.goto(f"{self.daemon.base}#/server/two/console")
        running = page.get_by_role("region", name="Installing")
        expect(running.get_by_role("log")).to_contain_text("E: no such depot 4711")

    def test_mayNot(self) -> None:
        """Who may only start it is told why that can't be done now."""
        rights = {"one": ["power"]}
        self.admin("user_create", username="ann", password=password, servers=rights)
        visitor = self.visit(logIn=False)
        visitor.logIn("ann", password)
        start = self.row(visitor.page, "one").get_by_role("button", name="Start one")
        expect(start).to_have_attribute("aria-disabled", "true")
        expect(start).to_have_attribute("title", re.compile("not installed"))

    def test_half(self) -> None:
        """What an update has left in part says so at rest, too, and offers to go on."""
        self.admin("server_create", type="shell", server="half")
        page: Any = self.visit().page
        part = {"status": "stopped", "installed": None, "needsInstall": True}

        def tell(route: Any) -> None:
            response = route.fetch()
            told = response.json()
            for each in told.get("servers", [told]):
                each.update(part if each["server"] == "half" else {})
            route.fulfill(response=response, json=told)

        page.route(re.compile("/server_status$"), tell)
        row = self.row(page, "half")
        expect(row).to_contain_text("It is not installed. Update it first.")
        expect(row.get_by_role("button", name="Install half")).to_be_enabled()
        row.get_by_role("link").click()
        what = page.get_by_role("region", name="What happened")
        expect(what).to_contain_text("It is not installed. Update it first.")
        what.get_by_role("button", name="Install again …").click()
        expect(page.get_by_role("dialog", name="Install half?")).to_be_visible()

    def test_cancel(self) -> None:
        """While it is installed its row offers to cancel that; no letter does."""
        wait = lacking.replace("test -e ../ready", "exec sleep 1000")
        Path(self.daemon.state, "types", "waits.toml").write_text(wait)
        self.admin("server_create", type="waits", server="two")
        page: Any = self.visit().page
        cancel = self.row(page, "two").get_by_role("button", name="Cancel two")
        expect(cancel).to_be_enabled()
        page.get_by_role("link", name="two", exact=True).focus()
        page.keyboard.press("s")
        cancel.click()
        self.admin.until("two", "failed")
        expect(self.row(page, "two").get_by_role("button", name="Install two")).to_be_enabled()


class JobTests(PageTests):
    """What a daemon tells of jobs is given to the page here: no source, and no waiting for one."""

    def setUp(self) -> None:
        super().setUp()
        self.sent: list[tuple[str, dict[str, Any]]] = []
        now = time.time()
        self.job: dict[str, Any] = {
            "job": 318,
            "server": "one",
            "kind": "install",
            "status": "running",
            "step": "Read the list of versions",
            "done": 0,
            "total": None,
            "unit": "steps",
            "by": "admin",
            "createdAt": now,
            "startedAt": now,
            "endedAt": None,
            "error": None,
            "result": {},
        }
        self.status: dict[str, Any] = {"job": 318, "status": "installing", "installed": None}
        self.versions: dict[str, Any] = {
            "installed": "91",
            "available": "97",
            "pinned": False,
            "at": now,
        }

    def pretend(self, page: Any) -> None:
        """Let the page be told of a job and of versions of the server "one"."""

        def status(route: Any) -> None:
            response = route.fetch()
            told = response.json()
            for each in told.get("servers", [told]):
                each.update(self.status)
            route.fulfill(response=response, json=told)

        def job(route: Any) -> None:
            route.fulfill(json=self.job)

        def sent(answer: Any) -> Any:
            def reply(route: Any) -> None:
                name = route.request.url.rpartition("/")[2]
                self.sent.append((name, json.loads(route.request.post_data)))
                route.fulfill(json=answer())

            return reply

        page.route(re.compile("/server_status$"), status)
        page.route(re.compile("/job_status$"), job)
        page.route(re.compile("/job_list$"), lambda route: route.fulfill(json={"jobs": [self.job]}))
        page.route(re.compile("/job_cancel$"), sent(dict))
        page.route(re.compile("/server_update$"), sent(lambda: {"job": 319}))
        page.route(re.compile("/server_versions$"), sent(lambda: self.versions))

    def open(self, path: str) -> Any:
        self.admin("server_create", type="shell", server="one")
        visitor = self.visit(logIn=False)
        self.pretend(visitor.page)
        visitor.logIn("admin", self.daemon.password)
        expect(visitor.page.get_by_role("link", name="one", exact=True)).to_be_visible()
        visitor.page.goto(f"{self.daemon.base}#/server/one/{path}")
        return visitor.page

    def test_install(self) -> None:
        """An install tells its steps, how far it is, how fast, how long still, and Cancel."""
        page = self.open("console")
        panel = page.get_by_role("region", name="Installing")
        expect(panel).to_contain_text("Installing A shell script")
        expect(panel).to_contain_text("Job 318 · started by admin")
        expect(panel).to_contain_text("Read the list of versions")
        self.job.update(step="Download game.jar", done=0, total=50 * MiB, unit="bytes")
        expect(panel.locator("li.done")).to_have_text("done: Read the list of versions")
        until = time.monotonic() + patience
        pace = re.compile(r"MiB of 50 MiB · .*/s · .* left")
        # It says so while the job goes on, and no longer when that stands still.
        while not (isSaid := pace.search(panel.inner_text())) and time.monotonic() < until:
            self.job["done"] = min(self.job["done"] + MiB // 4, 30 * MiB)
            page.wait_for_timeout(100)
        self.assertTrue(isSaid)
        self.assertEqual(self.visitors[-1].violations(), [])
        self.visitors[-1].picture("light-server-installing")
        bar = panel.get_by_role("progressbar")
        expect(bar).to_have_attribute("aria-valuenow", re.compile(r"^\d+$"))
        with page.expect_response("**/job_cancel"):
            panel.get_by_role("button", name="Cancel").click()
        self.assertEqual(self.sent, [("job_cancel", {"job": 318})])

    def test_failed(self) -> None:
        """A server whose install has failed is not started but installed again."""
        self.job.update(status="failed", error="no such version")
        exit = {"code": None, "signal": None, "at": time.time(), "reason": "no such version"}
        self.status = {"status": "failed", "job": None, "needsInstall": True, "exit": exit}
        page = self.open("console")
        what = page.get_by_role("region", name="What happened")
        expect(what).to_contain_text("no such version")
        what.get_by_role("button", name="Install again …").click()
        page.get_by_role("dialog").get_by_role("button", name="Install", exact=True).click()
        expect(page.get_by_role("dialog")).to_have_count(0)
        self.assertIn(("server_update", {"server": "one"}), self.sent)

    def test_update(self) -> None:
        """Beside the console stands which version is out; the question says from which to which."""
        installed = {"version": "91", "at": time.time() - 86400}
        self.status = {"status": "stopped", "job": None, "installed": installed}
        page = self.open("console")
        facts = page.get_by_role("complementary", name="Facts")
        expect(facts).to_contain_text("97 is out")
        facts.get_by_role("button", name="Update …").click()
        dialog = page.get_by_role("dialog", name="Update one from 91 to 97?")
        expect(dialog).to_contain_text("What you have changed stays")
        self.assertEqual(self.visitors[-1].violations(), [])
        dialog.get_by_role("button", name="Update", exact=True).click()
        expect(dialog).to_have_count(0)
        self.assertEqual(self.sent[-1], ("server_update", {"server": "one"}))

    def test_newest(self) -> None:
        """What is the newest is said to be; one may look again, and a game that runs waits."""
        installed = {"version": "97", "at": time.time() - 86400}
        self.status = {"status": "running", "job": None, "installed": installed}
        self.versions["installed"] = "97"
        page = self.open("console")
        facts = page.get_by_role("complementary", name="Facts")
        expect(facts).to_contain_text("the newest")
        facts.get_by_role("button", name="Look again").click()
        expect(facts).to_contain_text("the newest")
        page.get_by_role("button", name="More for one").click()
        update = page.get_by_role("menuitem", name="Update …")
        expect(update).to_be_disabled()
        expect(update).to_have_attribute("title", "Not possible while it is running")
        self.assertEqual(
            [each for each in self.sent if each[0] == "server_update"],
            [],
        )

    def test_pace(self) -> None:
        """How fast and how long still is reckoned from the last ten seconds, where that can be."""
        page = self.visit(logIn=False, hasModules=True).page
        found = page.evaluate(
            """async () => {
                const { paceOf, timeLeft } = await import("/panel/lib/pace.js");
                const at = (points) => paceOf(points.map(([at, done]) => ({ at, done })));
                return [
                    at([[0, 0], [10, 100]]), at([[0, 0], [20, 100], [22, 120]]), at([[0, 5]]),
                    at([[0, 5], [5, 5]]), timeLeft(10, { done: 1, total: 100 }),
                    timeLeft(0, { done: 1, total: 100 }), timeLeft(10, { done: 1, total: null }),
                ];
            }"""
        )
        self.assertEqual(found, [10, 10, 0, 0, 10, None, None])
