"""What is served of the page, to whom, and for how long it may be kept."""

import gzip
import re
import shutil
from functools import partial
from pathlib import Path
from typing import Final

from twisted.internet.address import IPv4Address
from twisted.internet.error import ConnectionDone
from twisted.internet.task import Clock, Cooperator
from twisted.python.failure import Failure
from twisted.trial.unittest import SynchronousTestCase

from gamepanel.web import panel
from gamepanel.web.http.addresses import ClientAddresses
from gamepanel.web.http.transport import Channel, PanelSite
from gamepanel.web.panel import PanelFiles, Sources, _file, _unpacked, squeezed
from gamepanel.web.root import Root
from tests.fakes import TurnClock, wholeSlices
from tests.web.test_transport import Wire

packs: Final = "Accept-Encoding: gzip"


class SqueezedTests(SynchronousTestCase):
    def test_gaps(self) -> None:
        """What is there for people only is not sent; what means something is."""
        css = 'i {}\n/* a,\n b */\na :hover,\n  b > i {\n  margin: 0 auto;\n  content: ":";\n}\n'
        self.assertEqual(squeezed(css), 'i{}a :hover,b > i{margin:0 auto;content:":"}')

    def test_strings(self) -> None:
        """No string in the style sheets looks like that."""
        for path, file in Sources().files.items():
            if path.endswith(".css"):
                for string in re.findall(r'"[^"\n]*"', file.plain.decode()):
                    self.assertEqual(squeezed(string), string, path)


class PanelFilesTests(SynchronousTestCase):
    scripts = (
        *("first.js", "types-de.js", "words-de.js", "words-en.js", "tools.js", "server.js"),
        *("rest.js", "styles.css"),
    )
    """And the styles."""

    def setUp(self) -> None:
        self.clock = Clock()
        self.sources = Sources()
        self.page = PanelFiles(wholeSlices(self.clock), self.sources)
        root = Root([], ClientAddresses(), frozenset(), frozenset(), lambda: False, self.page)
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
        self.join()
        return self.answer(wire)

    def join(self) -> None:
        """Let the scripts be made."""
        while self.clock.getDelayedCalls():
            self.clock.advance(0)

    def script(self, name: str = "first.js") -> str:
        """The address of a script, as the page has it."""
        _, _, body = self.get("/")
        [place] = {match.decode() for match in re.findall(rb"/panel/[0-9a-f]{24}", body)}
        return f"{place}/{name}"

    def test_lazily(self) -> None:
        """Nothing is joined until somebody asks; then all who ask meanwhile are answered."""
        self.assertEqual(self.clock.getDelayedCalls(), [])
        _, page = self.ask("/")
        self.assertEqual(self.answer(page)[0], 200)
        self.assertEqual(len(self.clock.getDelayedCalls()), 1)
        path = re.search(rb"/panel/\w+/first.js", page.value())
        assert path is not None
        leaves, unanswered = self.ask(path[0].decode())
        _, stays = self.ask(path[0].decode())
        leaves.connectionLost(Failure(ConnectionDone()))
        self.assertEqual(stays.value(), b"")
        self.join()
        self.assertEqual(self.answer(stays)[0], 200)
        self.assertEqual(unanswered.value(), b"")
        self.ask("/")
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_inSlices(self) -> None:
        """Others have their turn after each module that is read, and after each script."""
        turns = TurnClock()
        page = PanelFiles(
            Cooperator(lambda: lambda: True, partial(turns.callLater, 0)), self.sources
        )
        root = Root([], ClientAddresses(), frozenset(), frozenset(), lambda: False, page)
        self.site = PanelSite(root, Clock())
        self.ask("/")
        taken = 0
        while turns.getDelayedCalls():
            turns.advance(0.001)
            taken += 1
        modules = [path for path in self.sources.files if path.endswith(".js")]
        self.assertGreater(taken, len(modules))

    def test_forGood(self) -> None:
        """Scripts and styles are kept for good; the page that names them is asked for each time."""
        for name in self.scripts:
            status, headers, _ = self.get(self.script(name))
            self.assertEqual(status, 200, name)
            self.assertEqual(headers["Cache-Control"], "public, max-age=31536000, immutable")
        for path in ("/", "/panel/index.html", "/panel/app.js", "/panel/sprite.svg"):
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
        """Another text has another address."""
        before = self.page.routes.keys()
        self.assertEqual(PanelFiles(wholeSlices(self.clock)).routes.keys(), before)
        sources = Sources()
        sources.files["app.js"] = _file(sources.files["app.js"].plain + b"\n", "app.js")
        after = PanelFiles(wholeSlices(self.clock), sources).routes.keys()
        self.assertEqual(
            sorted(re.sub(rb"[0-9a-f]{24}", b"", path) for path in before ^ after),
            sorted(2 * [f"/panel//{name}".encode() for name in self.scripts]),
        )

    def test_otherJoining(self) -> None:
        """So has the same text when it is joined in another way."""
        place = Path(self.mktemp())
        (place / "web").mkdir(parents=True)
        here = Path(panel.__file__).parent
        (place / "panel").symlink_to(here.parent / "panel")
        names = ("panel.py", "scripts.py")
        for name in names:
            shutil.copy(here / name, place / "web")
        self.patch(panel, "_PACKAGE", place)
        before = Sources().name
        for name in names:
            with (place / "web" / name).open("a") as program:
                program.write("# another\n")
            before, after = Sources().name, before
            self.assertNotEqual(before, after)

    def test_unpackedOnce(self) -> None:
        """What is asked for unpacked again and again is not unpacked each time."""
        self.addCleanup(_unpacked.cache_clear)
        script = self.script()
        _unpacked.cache_clear()
        bodies = {self.get(script)[2] for _ in range(5)}
        self.assertEqual((len(bodies), _unpacked.cache_info().misses), (1, 1))

    def test_broken(self) -> None:
        """Modules that can't be joined are a bug, told as such; no request waits for ever."""
        self.sources.files["app.js"] = _file(b'export * from "./x.js";', "app.js")
        self.assertEqual(self.get(self.script())[0], 500)
        [error] = self.flushLoggedErrors(ValueError)
        self.assertIn("app.js, line 1", str(error.value))
