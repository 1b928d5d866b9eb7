"""A real Chromium, for tests of the page."""

import atexit
import os
import re
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.support import need, patience

root: Final = Path(__file__).parent.parent
pictures: Final = Path(os.environ.get("GAMEPANEL_PICTURES", "screenshots"))
"""Where tests put screenshots: in the directory that they run in unless somebody wants them."""

axe: Final = files("axe_core_python") / "axe.min.js"


# A busy machine is slow; what comes does not wait for it.
expect.set_options(timeout=1000 * patience)


@cache
def chromium() -> Browser:
    """The browser; one for all tests."""
    path = need("chromium")
    playwright = sync_playwright().start()
    browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])

    def close() -> None:
        browser.close()
        playwright.stop()

    atexit.register(close)
    return browser


class Visitor:
    """
    A person with a browser of their own.

    @ivar trouble: what the page has complained of.
    @ivar failed: requests that failed, while nobody expected that; not those that the page itself
        has given up, since it shows something else by now.
    """

    def __init__(
        self,
        base: str,
        path: str = "",
        script: str = "",
        hasModules: bool = False,
        **options: Any,
    ) -> None:
        """
        @param path: what is opened first, below C{base}.
        @param script: run in each page before its own scripts.
        @param hasModules: whether scripts of a test can import modules of the page from below
            C{/panel/}; then the browser keeps nothing that it has loaded.
        @param options: of the browser, as Playwright has them.
        """
        options.setdefault("viewport", {"width": 1280, "height": 800})
        # Colours that are on their way are neither of the two.
        options.setdefault("reduced_motion", "reduce")
        self.base = base
        self.context = chromium().new_context(**options)
        self.context.set_default_timeout(1000 * patience)
        if script:
            self.context.add_init_script(script)
        if hasModules:
            self.context.route(re.compile("/panel/(lib|texts|vendor|views)/"), self._module)
        self.trouble: list[str] = []
        self.failed: list[str] = []
        self.page = self.tab(path)

    def tab(self, path: str) -> Page:
        """Another tab."""
        page = self.context.new_page()
        page.on("pageerror", lambda error: self.trouble.append(str(error)))
        page.on("console", self._said)
        page.on("requestfailed", self._gone)
        page.goto(self.base + path)
        return page

    def _module(self, route: Any) -> None:
        route.fulfill(path=root / "gamepanel" / urlsplit(route.request.url).path[1:])

    def _said(self, message: Any) -> None:
        # Chromium tells of every refusal of the API; what it tells of the page is trouble.
        if message.type == "error" and "Failed to load resource" not in message.text:
            self.trouble.append(message.text)

    def _gone(self, request: Any) -> None:
        if request.failure != "net::ERR_ABORTED":
            self.failed.append(request.url)

    def logIn(self, username: str, password: str) -> None:
        """Log in as a person does."""
        self.page.get_by_label("User name").fill(username)
        self.page.get_by_label("Password").fill(password)
        self.page.get_by_role("button", name="Log in").click()

    def weight(self) -> tuple[int, int]:
        """
        Bytes of all that was loaded, as they came over the wire and as they are. What is asked
        for again and again counts once, or a slow machine would make the page heavier.
        """
        sent, plain = self.page.evaluate(
            """() => performance.getEntries().filter((e) => "transferSize" in e)
                .filter((e, at, all) => all.findIndex(({ name }) => name === e.name) === at)
                .map((e) => [e.transferSize, e.decodedBodySize])
                .reduce(([a, b], [c, d]) => [a + c, b + d])"""
        )
        return sent, plain

    def violations(self) -> list[str]:
        """What axe-core finds wrong with the page as it is."""
        # The policy of the page forbids scripts from elsewhere, so this goes past it.
        self.page.evaluate(axe.read_text())
        found = self.page.evaluate("() => axe.run()")["violations"]
        return [
            f"{each['id']}: {node['html'][:120]} {node['failureSummary'][:200]}"
            for each in found
            for node in each["nodes"]
        ]

    def picture(self, name: str) -> None:
        """Take a screenshot."""
        pictures.mkdir(parents=True, exist_ok=True)
        self.page.screenshot(path=pictures / f"{name}.png")
        if "GAMEPANEL_PICTURES" in os.environ:
            # For documents: a fraction of the size.
            self.page.screenshot(path=pictures / f"{name}.jpg", type="jpeg", quality=60)
