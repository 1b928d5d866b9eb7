"""
C{make audit-page}: Lighthouse looks at each page as a phone of the middle class has it, on a slow
network; a page that falls below what we want ends it with 1.
"""

import json
import subprocess
import sys
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any, Final

from playwright.sync_api import sync_playwright

from tests.support import Client, Daemon, freePort, need, patience

root: Final = Path(__file__).parent.parent
program: Final = root / ".venv" / "lighthouse" / "node_modules" / ".bin" / "lighthouse"
reports: Final = root / "var" / "lighthouse"

wanted: Final = {"accessibility": 100, "best-practices": 100, "performance": 98}
"""The least of each score, of 100."""

megabytes: Final = 3.4
"""Of a full log."""

pages: Final = (
    ("login", ""),
    ("overview", ""),
    ("console with a full log", "#/server/full/console"),
    ("activity", "#/server/full/activity"),
    ("settings", "#/server/full/settings"),
    ("new server", "#/new"),
    ("host", "#/host"),
)


def fill(client: Client) -> None:
    """Some servers, of which one has a full log."""
    line = "[12:00:00] [Server thread/INFO]: a line as games print it, number"
    size = len(line) + 8
    count = int(megabytes * 1024 * 1024 / size)
    script = f"seq -f '{line} %06g' {count}; echo all of it; exec cat"
    for number in range(12):
        client("server_create", type="shell", server=f"rest-{number:02}")
    client("server_create", type="shell", server="full", options={"script": script})
    client("server_start", server="full")
    printed = count * size + len("all of it\n")
    client.wait(lambda: client("server_status", server="full")["readIndex"] >= printed, "the log")


def scores(url: str, port: int, name: str) -> dict[str, int]:
    """What Lighthouse gives a page, of 100 for each category."""
    report = reports / f"{name.replace(' ', '-')}.json"
    done = subprocess.run(
        [
            *(str(program), url, f"--port={port}", "--disable-storage-reset", "--quiet"),
            *(f"--only-categories={','.join(wanted)}", "--output=json"),
            f"--output-path={report}",
        ],
        capture_output=True,
        text=True,
        timeout=10 * patience,
        check=False,
    )
    if done.returncode:
        raise SystemExit(f"{name}: Lighthouse failed:\n{done.stderr[-2000:]}")
    told: dict[str, Any] = json.loads(report.read_text())
    return {each: round(100 * told["categories"][each]["score"]) for each in wanted}


def audited(
    daemon: Daemon, client: Client, only: Collection[str]
) -> Iterator[tuple[str, dict[str, int]]]:
    """Each page and its scores; C{only} these, where it names some."""
    port = freePort()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch_persistent_context(
            str(Path(daemon.state) / "browser"),
            executable_path=need("chromium"),
            args=["--no-sandbox", f"--remote-debugging-port={port}"],
        )
        page = browser.new_page()
        page.goto(daemon.base)
        for name, path in pages:
            if only and name not in only:
                continue
            token = "null" if name == "login" else json.dumps(json.dumps(client.token))
            page.evaluate(f"localStorage.setItem('gamepanel.token', {token})")
            yield name, scores(daemon.base + path, port, name)
        browser.close()


def main() -> int:
    """Print the scores; 1 if one is too low."""
    reports.mkdir(parents=True, exist_ok=True)
    daemon = Daemon()
    low = 0
    try:
        client = daemon.start()
        fill(client)
        print(f"{'page':28}" + "".join(f"{name:>16}" for name in wanted))
        for name, found in audited(daemon, client, sys.argv[1:]):
            below = [each for each, least in wanted.items() if found[each] < least]
            low += len(below)
            mark = f"  too low: {', '.join(below)}" if below else ""
            print(f"{name:28}" + "".join(f"{score:16}" for score in found.values()) + mark)
    finally:
        daemon.cleanUp()
    return 1 if low else 0


if __name__ == "__main__":
    sys.exit(main())
