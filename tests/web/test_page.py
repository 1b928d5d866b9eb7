"""What is served of the page, to whom, and for how long it may be kept."""

import gzip
import re
import shutil
from pathlib import Path
from typing import Final

from twisted.internet.address import IPv4Address
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from gamepanel.accounts.accounts import NoAccounts
from gamepanel.operations.actor import Audit
from gamepanel.web.api.endpoint import Access, Root
from gamepanel.web.http.transport import Channel, PanelSite
from gamepanel.web.panel import _BUILT, PanelFiles, _read, _unpacked
from tests.building import build, copySources
from tests.support import memoryStore
from tests.web.test_transport import Wire

packs: Final = "Accept-Encoding: gzip"


def nobody() -> Access:
    """What nobody asks, as there are no endpoints."""
    return Access(NoAccounts(), Audit(memoryStore()[0].audit, lambda: 0.0))


class PanelFilesTests(SynchronousTestCase):
    scripts = (
        *("first.js", "types-de.js", "words-de.js", "words-en.js", "tools.js", "server.js"),
        *("rest.js", "files.js", "editor.js", "styles.css"),
    )
    """And the styles."""

    def setUp(self) -> None:
        self.page = PanelFiles()
        root = Root(nobody(), [], frozenset(), frozenset(), self.page)
        self.site = PanelSite(root, Clock())

    def ask(self, path: str, *fields: str, method: str = "GET") -> tuple[Channel, Wire]:
        """Ask on a connection of its own."""
        wire = Wire(
            hostAddress=IPv4Address("TCP", "127.0.0.1", 8080),
            peerAddress=IPv4Address("TCP", "127.0.0.1", 50000),
        )
        channel: Channel = self.site.buildProtocol(None)
        channel.makeConnection(wire)
        lines = (f"{method} {path} HTTP/1.1", "Host: localhost:8080", *fields, "", "")
        channel.dataReceived("\r\n".join(lines).encode())
        return channel, wire

    def answer(self, wire: Wire) -> tuple[int, dict[str, str], bytes]:
        """Status, headers and body."""
        head, _, body = wire.value().partition(b"\r\n\r\n")
        first, *fields = head.decode().split("\r\n")
        return int(first.split()[1]), dict(field.split(": ", 1) for field in fields), body

    def get(self, path: str, *fields: str) -> tuple[int, dict[str, str], bytes]:
        """What a path is answered with."""
        _, wire = self.ask(path, *fields)
        return self.answer(wire)

    def script(self, name: str = "first.js") -> str:
        """The address of a script, as the page has it."""
        _, _, body = self.get("/")
        [place] = {match.decode() for match in re.findall(rb"/panel/[0-9a-f]{24}", body)}
        return f"{place}/{name}"

    def test_forGood(self) -> None:
        """Scripts and styles are kept for good; the page that names them is asked for each time."""
        for name in self.scripts:
            status, headers, _ = self.get(self.script(name))
            self.assertEqual(status, 200, name)
            self.assertEqual(headers["Cache-Control"], "public, max-age=31536000, immutable")
        for path in ("/", "/panel/icon.svg", "/panel/icon-red.svg", "/panel/work.js"):
            _, headers, _ = self.get(path)
            self.assertEqual(headers["Cache-Control"], "no-cache")
            status, _, body = self.get(path, f"If-None-Match: {headers['ETag']}")
            self.assertEqual((status, body), (304, b""))
        status, _, _ = self.get(re.sub("[0-9a-f]{24}", "0" * 24, self.script()))
        self.assertEqual(status, 404)

    def test_packed(self) -> None:
        """Whoever can't unpack has the same as it is."""
        path = self.script()
        _, headers, packed = self.get(path, packs)
        self.assertEqual(headers["Content-Encoding"], "gzip")
        _, headers, plain = self.get(path)
        self.assertNotIn("Content-Encoding", headers)
        self.assertEqual(gzip.decompress(packed), plain)
        _, wire = self.ask(path, method="HEAD")
        status, headers, body = self.answer(wire)
        self.assertEqual((status, headers["Content-Length"], body), (200, str(len(plain)), b""))

    def test_other(self) -> None:
        """Another text has another address; what must not move stays where it was."""
        before = self.page.routes.keys()
        self.assertEqual(PanelFiles().routes.keys(), before)
        place = Path(shutil.copytree(_BUILT, self.mktemp()))
        with (place / "words-de.js").open("a") as words:
            words.write("\n")
        after = PanelFiles(_read(place)).routes.keys()
        self.assertEqual(
            sorted(re.sub(rb"[0-9a-f]{24}", b"", path) for path in before ^ after),
            sorted(2 * [f"/panel//{name}".encode() for name in self.scripts]),
        )

    def test_fresh(self) -> None:
        """What is served is what C{make page} builds, to the byte."""
        fresh = build(copySources(Path(self.mktemp())))
        self.assertEqual(fresh.keys(), {path.name for path in _BUILT.iterdir()})
        old = [name for name, text in fresh.items() if (_BUILT / name).read_bytes() != text]
        self.assertEqual(old, [])

    def test_unpackedOnce(self) -> None:
        """What is asked for unpacked again and again is not unpacked each time."""
        self.addCleanup(_unpacked.cache_clear)
        script = self.script()
        _unpacked.cache_clear()
        bodies = {self.get(script)[2] for _ in range(5)}
        self.assertEqual((len(bodies), _unpacked.cache_info().misses), (1, 1))
