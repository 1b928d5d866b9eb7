"""Graphs of what was used, and lists of what happened, on the page."""

import json
import re
import time
from typing import Any

from playwright.sync_api import expect

from tests.test_panel import PageTests

mebi = 1024 * 1024


def history(route: Any) -> None:
    """
    Answer as the daemon does after two hours: the server ran for one, then not for a while,
    then again; of the newest interval nothing is stored yet.
    """
    seconds = json.loads(route.request.post_data)["seconds"]
    interval = {3600: 60, 86400: 180, 2592000: 5400}[seconds]
    count = seconds // interval
    begin = int(time.time()) // interval * interval - (count - 1) * interval
    idle = range(count // 2, count // 2 + 5)
    samples = [
        {
            "at": begin + number * interval,
            "cpuPercent": None if number in idle else 50.0 if number else 150.0,
            "memoryBytes": None if number in idle else 100 * mebi,
            "players": None,
        }
        for number in range(count - 1)
    ]
    at = begin + (count - 1) * interval
    samples.append({"at": at, "cpuPercent": None, "memoryBytes": None, "players": None})
    route.fulfill(json={"interval": interval, "samples": samples})


class HistoryTests(PageTests):
    def test_history(self) -> None:
        """
        A server's graphs show what was used before the page was opened, of an hour, a day or
        a month, and say the same in words; the newest value is the one of now.
        """
        self.server("one")
        visitor = self.visit(path="#/server/one")
        page = visitor.page
        asked: list[int] = []

        def answer(route: Any) -> None:
            asked.append(json.loads(route.request.post_data)["seconds"])
            history(route)

        page.route("**/server_history", answer)
        for name, seconds in (("1 day", 86400), ("30 days", 2592000), ("1 hour", 3600)):
            # With the keyboard.
            button = page.get_by_role("button", name=name, exact=True)
            button.focus()
            page.keyboard.press("Enter")
            expect(button).to_have_attribute("aria-pressed", "true")
            graph = page.get_by_role("img", name=re.compile(r"^CPU [\d.]+ % · .* most 150 %"))
            expect(graph).to_have_attribute("aria-label", re.compile("did not run$"))
            # Before the gap and behind it, where it goes on to the value of now.
            expect(graph.locator("polyline")).to_have_count(2)
            expect(graph.locator(".idle")).to_have_count(1)
            self.assertEqual(asked[-1], seconds)
        memory = page.locator(".chart").filter(has_text="Memory")
        expect(memory.locator(".facts")).to_contain_text(re.compile(r"on average · most 100 MiB"))
        usage = self.admin("server_status", server="one")["usage"]
        expect(memory.locator("b")).to_have_text(re.compile(r"^[\d.]+ [KM]iB$"))
        self.assertLess(usage["memoryBytes"], 100 * mebi)
        expect(page.get_by_role("img", name=re.compile("^Players"))).to_have_count(0)
        self.assertEqual(visitor.violations(), [])
        visitor.picture("history")

    def test_fresh(self) -> None:
        """An hour is asked for again once a minute; a server that was just made has no past."""
        self.admin("server_create", type="shell", server="one")
        visitor = self.visit(logIn=False)
        page = visitor.page
        page.clock.install()
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url.rpartition("/")[2]))
        visitor.logIn("admin", self.daemon.password)
        with page.expect_response("**/server_history"):
            page.get_by_role("link", name="one").click()
        graph = page.get_by_role("img", name=re.compile(r"^CPU \W+ Nothing is known"))
        expect(graph).to_be_visible()
        self.assertEqual(asked.count("server_history"), 1)
        page.clock.fast_forward(59_000)
        expect(page.get_by_role("status").first).to_have_text("stopped")
        self.assertEqual(asked.count("server_history"), 1)
        with page.expect_request("**/server_history"):
            page.clock.fast_forward(2_000)
