"""Installing and updating on the page."""

import json
import re
import time
from pathlib import Path
from typing import Any, Final

from playwright.sync_api import expect

from tests.panel import PageTests

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
        expect(self.pill(page)).to_have_text("Stopped", timeout=60_000)
        facts = page.get_by_role("complementary", name="Facts")
        expect(facts.get_by_role("heading", name="Version")).to_be_visible()
        expect(facts).to_contain_text("1.2.3")
        page.get_by_role("button", name="Start", exact=True).click()
        expect(self.pill(page)).to_have_text("Running", timeout=60_000)
        page.goto(f"{self.daemon.base}#/server/my-game/activity")
        done = page.get_by_role("region", name="Activity")
        expect(done).to_contain_text("(install) is done")


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
        until = time.monotonic() + 30
        while time.monotonic() < until and "left" not in panel.inner_text():
            self.job["done"] = min(self.job["done"] + MiB // 4, 30 * MiB)
            page.wait_for_timeout(100)
        expect(panel).to_contain_text(re.compile(r"MiB of 50 MiB · .*/s · .* left"))
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
        self.status = {"status": "failed", "job": None, "installed": None, "exit": exit}
        page = self.open("console")
        what = page.get_by_role("region", name="What happened")
        expect(what).to_contain_text("no such version")
        what.get_by_role("button", name="Install again …").click()
        page.get_by_role("dialog").get_by_role("button", name="Update", exact=True).click()
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
        page.get_by_role("menuitem", name="Update …").click()
        dialog = page.get_by_role("dialog")
        expect(dialog).to_contain_text("It must be stopped first.")
        expect(dialog.get_by_role("button", name="Update", exact=True)).to_be_disabled()
        self.assertEqual(
            [each for each in self.sent if each[0] == "server_update"],
            [],
        )

    def test_pace(self) -> None:
        """How fast and how long still is reckoned from the last ten seconds, where that can be."""
        page = self.visit(logIn=False).page
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
