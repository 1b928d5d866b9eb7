"""What the page weighs, how soon it shows a console, and how it bears a flood."""

from collections.abc import Iterator
from statistics import median
from typing import Any, Final

from tests.browser import Visitor
from tests.support import Client, Daemon

visits: Final = 10
floodLines: Final = 100_000
fullBytes: Final = 3_565_158
"""Of a log that is full: 3.4 MiB."""
keys: Final = 60

_firstRow: Final = """
    window.firstRow = new Promise((resolve) =>
        new MutationObserver((_, observer) => {
            if (!document.querySelector("[data-line]")) return;
            observer.disconnect();
            requestAnimationFrame(() => resolve(performance.now()));
        }).observe(document, { childList: true, subtree: true }));
"""
_slowest: Final = """
    window.slowest = { event: 0, task: 0 };
    const watch = (name, options) =>
        new PerformanceObserver((list) => {
            for (const { duration } of list.getEntries())
                window.slowest[name] = Math.max(window.slowest[name], duration);
        }).observe(options);
    watch("event", { type: "event", durationThreshold: 16 });
    watch("task", { type: "longtask" });
"""


def _server(client: Client, id: str, script: str) -> None:
    client(
        "server_create", type="generic", server=id, options={"command": f"/bin/sh -c '{script}'"}
    )
    client("server_start", server=id)
    client.until(id, "running")


def page() -> Iterator[tuple[str, str]]:
    """Names and figures."""
    daemon = Daemon()
    client = daemon.start()
    try:
        _server(client, "hello", "seq 1 1000; exec cat")
        client.untilLog("hello", "1000\n")
        _server(client, "flood", f"read -r x; seq 1 {floodLines}; echo end; exec cat")
        line = "[12:00:00] [Server thread/INFO]: a line as games print it, number"
        lines = fullBytes // (len(line) + 8)
        _server(client, "full", f'seq -f "{line} %06g" {lines}; echo all of it; exec cat')
        printed = lines * (len(line) + 8)
        client.wait(
            lambda: client("server_status", server="full")["readIndex"] > printed, "a full log"
        )
        # Somebody who has stayed logged in.
        stay = f"localStorage.setItem('gamepanel.token', '\"{client.token}\"');"
        yield from _load(daemon, stay)
        yield from _phone(daemon, stay)
        yield from _flood(daemon, stay)
    finally:
        daemon.cleanUp()


def _load(daemon: Daemon, stay: str) -> Iterator[tuple[str, str]]:
    """Opening a console, each time as somebody who was never there."""
    took = []
    for _ in range(visits):
        visitor = Visitor(daemon.base, "#/server/hello", stay + _firstRow)
        took.append(visitor.page.evaluate("window.firstRow"))
        weight = visitor.weight()
        visitor.context.close()
    yield "page: first line of a console, p50 / max ms", f"{median(took):.0f} / {max(took):.0f}"
    yield "page: first load, kB compressed / plain", " / ".join(f"{w / 1000:.0f}" for w in weight)


def _phone(daemon: Daemon, stay: str) -> Iterator[tuple[str, str]]:
    """Opening the console of a full log on a phone of the middle class, over a slow network."""
    took = []
    for _ in range(3):
        visitor = Visitor(daemon.base, "", viewport={"width": 360, "height": 740})
        page = visitor.page
        session = visitor.context.new_cdp_session(page)
        session.send("Network.enable")
        # As Lighthouse has it: 150 ms there and back, 1.6 Mbit/s, a quarter of this processor.
        slow = {"offline": False, "latency": 150, "downloadThroughput": 204_800}
        session.send("Network.emulateNetworkConditions", {**slow, "uploadThroughput": 96_000})
        session.send("Emulation.setCPUThrottlingRate", {"rate": 4})
        page.add_init_script(stay + _firstRow)
        page.goto("about:blank")
        page.goto(f"{daemon.base}#/server/full/console", timeout=60_000)
        took.append(page.evaluate("window.firstRow"))
        visitor.context.close()
    yield (
        "page: first line of a log of 3.4 MiB on a slow phone, visited before, p50 / max ms",
        f"{median(took):.0f} / {max(took):.0f}",
    )


def _flood(daemon: Daemon, stay: str) -> Iterator[tuple[str, str]]:
    """Typing while lines come as fast as they can."""
    visitor = Visitor(daemon.base, "#/server/flood", stay + _slowest)
    _showAll(visitor.page)
    box = visitor.page.get_by_role("textbox", name="Command")
    box.fill("go")
    box.press("Enter")
    for _ in range(keys):
        box.press("x")
    visitor.page.get_by_text("end", exact=True).wait_for()
    slowest: dict[str, float] = visitor.page.evaluate("window.slowest")
    yield "page: key to frame under 100,000 lines, max ms", f"{slowest['event']:.0f}"
    yield "page: longest task under 100,000 lines, ms", f"{slowest['task']:.0f}"
    yield "page: heap with 100,000 lines, MB", f"{_heap(visitor.page) / 1e6:.1f}"
    visitor.context.close()


def _showAll(page: Any) -> None:
    """
    Let all of a page be in sight. Chromium without a screen hides what would be below the frame of
    its window, the line to type into: what a key does there is shown only together with the next
    change anywhere above.
    """
    session = page.context.new_cdp_session(page)
    window = session.send("Browser.getWindowForTarget")
    bounds = {"height": window["bounds"]["height"] + 200}
    session.send("Browser.setWindowBounds", {"windowId": window["windowId"], "bounds": bounds})


def _heap(page: Any) -> float:
    session = page.context.new_cdp_session(page)
    session.send("HeapProfiler.collectGarbage")
    session.send("Performance.enable")
    metrics = session.send("Performance.getMetrics")["metrics"]
    return float(next(m["value"] for m in metrics if m["name"] == "JSHeapUsedSize"))
