"""What a server may use, on the page: bars in the list, lines in graphs."""

import re
from typing import Any

from playwright.sync_api import expect

from tests.panelcase import PageTests

MiB = 1024 * 1024


class LimitTests(PageTests):
    def pretend(self, page: Any, id: str, usage: int | None, limits: dict[str, Any]) -> None:
        """Let the page be told that a server uses and may use so much, wherever this runs."""

        def answer(route: Any) -> None:
            response = route.fetch()
            told = response.json()
            for status in told.get("servers", [told]):
                if status.get("server") == id:
                    status["limits"] = limits
                    if usage is not None and status["usage"]:
                        status["usage"]["memoryBytes"] = usage
            route.fulfill(response=response, json=told)

        page.route(re.compile("/server_status$"), answer)

    def test_limits(self) -> None:
        """
        In the list a bar tells how much of its memory a server uses, red when it is nearly all,
        and none where there is no limit; graphs have a line with its name.
        """
        self.server("free")
        self.server("tight")
        visitor = self.visit()
        page: Any = visitor.page
        self.pretend(page, "tight", 490 * MiB, {"memoryBytes": 512 * MiB, "cpuPercent": 150})
        cell = self.row(page, "tight").locator(".c-mem")
        expect(cell).to_contain_text("490 MiB of 512 MiB")
        expect(cell.locator(".meter")).to_have_class("meter high")
        expect(self.row(page, "free").locator(".c-mem")).to_contain_text("iB")
        expect(self.row(page, "free").locator(".meter")).to_have_count(0)
        self.assertEqual(visitor.violations(), [])
        page.goto(f"{self.daemon.base}#/server/tight/console")
        facts = page.get_by_role("complementary", name="Facts")
        expect(facts).to_contain_text("limit 150 %")
        expect(facts).to_contain_text("limit 512 MiB")
        expect(facts.locator(".mini-limit")).to_have_count(2)
        page.goto(f"{self.daemon.base}#/server/tight/activity")
        expect(page.locator(".limit-label")).to_have_text(["limit 150 %", "limit 512 MiB"])
        graph = page.get_by_role("img", name=re.compile("^Memory.*limit 512 MiB"))
        expect(graph.locator("line.limit")).to_have_count(1)
        page.goto(f"{self.daemon.base}#/server/free/activity")
        expect(page.locator(".chart")).to_have_count(2)
        expect(page.locator(".limit-label")).to_have_count(0)
