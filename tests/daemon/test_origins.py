"""What a page of another origin can do in a browser, where the daemon allows that origin."""

from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

from twisted.trial.unittest import SynchronousTestCase

from tests.browser import chromium
from tests.support import Daemon, patience

reader = """
async ([base, token]) => {
  const bad = { method: "POST", headers: { Authorization: "Bearer ab" } };
  const refused = await fetch(base + "whoami", bad);
  READER
  return [refused.status, refused.headers.get("WWW-Authenticate"), told];
}
"""
"""Sends what wants a preflight, and reads a header that a page must be allowed to."""


def example() -> str:
    """What the docs say how to read a stream."""
    page = Path(__file__).parents[2] / "docs" / "reference" / "api.md"
    [text] = page.read_text().split("```js\n")[1:]
    return text.partition("```")[0]


class Quiet(SimpleHTTPRequestHandler):
    """Serves pages and tells nobody."""

    def log_message(self, format: str, *arguments: Any) -> None:
        pass


class OriginTests(SynchronousTestCase):
    def test_origin(self) -> None:
        """It reads answers, their headers, and a stream, as the docs show."""
        place = Path(self.mktemp())
        place.mkdir()
        (place / "index.html").write_text("<!doctype html><title>Elsewhere</title>")
        pages = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(place)))
        self.addCleanup(pages.server_close)
        self.addCleanup(pages.shutdown)
        Thread(target=pages.serve_forever, daemon=True).start()
        origin = f"http://127.0.0.1:{pages.server_port}"
        daemon = Daemon(("--allow-origin", origin))
        self.addCleanup(daemon.cleanUp)
        client = daemon.start()
        context = chromium().new_context()
        self.addCleanup(context.close)
        context.set_default_timeout(1000 * patience)
        page = context.new_page()
        page.goto(origin)
        found = page.evaluate(
            reader.replace(
                "READER",
                example()
                + """
  const told = [];
  const stop = new AbortController();
  const take = (event, data) => told.push([event, data.kind]) && stop.abort();
  await read(base + "event_stream?after=0", token, take, stop.signal).catch(() => null);
""",
            ),
            [daemon.base, client.token],
        )
        status, challenge, told = found
        self.assertEqual((status, challenge), (403, 'Bearer error="invalid_token"'))
        self.assertEqual(told[0], ["daemon_started", "daemon_started"])
