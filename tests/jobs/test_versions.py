"""What is newest: asked once for all servers of a type, by a process of its own."""

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from twisted.internet import reactor as installed
from twisted.internet.defer import Deferred, fail
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase, TestCase

from gamepanel.base.collecting import Output
from gamepanel.base.errors import SourceUnavailable
from gamepanel.games.parsing import parse
from gamepanel.jobs.versions import Answer, Newest, Versions, asking, understood
from gamepanel.wire.causes import because
from gamepanel.worker.versions import _Documents
from tests.sources import Reply, Sources
from tests.support import Daemon, Refused, needRoot, patience

reactor: Any = installed

program: Final = os.path.join(os.path.dirname(sys.executable), "gamepanel")

text = """
title = "T"
[[options]]
name = "version"
type = "string"
[[options]]
name = "branch"
type = "string"
default = "main"
required = true
[[install]]
fetch = "https://files.example/newest"
unless = "version"
let = {{ version = "{0}" }}
[[install]]
download = "https://files.example/{{version}}"
to = "x"
[run]
command = ["x"]
"""
definition = parse(text.format("main"))


class VersionsTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.now = 1000.0
        self.asked: list[tuple[Mapping[str, Any], Deferred[Answer]]] = []
        self.clock = Clock()
        self.told: list[tuple[str, Newest]] = []
        self.versions = Versions(self.clock, self.ask, lambda: self.now, {"path": "/bin"})
        self.versions.changed.listen(self.told.append)

    def ask(self, question: Mapping[str, Any]) -> Deferred[Answer]:
        """Whoever asks the sources waits until the test answers."""
        self.asked.append((question, Deferred()))
        return self.asked[-1][1]

    def find(self, refresh: bool = False, of: Any = definition) -> Deferred[Newest]:
        """Ask for what is newest."""
        return Deferred.fromCoroutine(self.versions.find("t", of, refresh))

    def test_question(self) -> None:
        """Options are empty, except those that must have a value."""
        self.find()
        ((question, _),) = self.asked
        self.assertEqual(question["options"], {"version": None, "branch": "main"})
        self.assertEqual(question["steps"], definition.install)
        self.assertEqual(question["path"], "/bin")

    def test_shared(self) -> None:
        """All who ask at a time get one answer, and those of the next hour the same."""
        first, second = self.find(), self.find(refresh=True)
        self.assertIsNone(self.versions.known("t"))
        self.asked[0][1].callback(Answer("1.2"))
        newest = Newest("1.2", 1000.0)
        self.assertEqual(self.successResultOf(first), newest)
        self.assertEqual(self.successResultOf(second), newest)
        self.now += 3599
        self.assertEqual(self.successResultOf(self.find()), newest)
        self.assertEqual(len(self.asked), 1)
        self.now += 1
        self.assertNoResult(self.find())
        self.assertEqual(len(self.asked), 2)

    def test_refresh(self) -> None:
        """A new answer is had every ten minutes at the most."""
        self.find()
        self.asked[0][1].callback(Answer("1.2"))
        self.now += 599
        self.assertEqual(self.successResultOf(self.find(refresh=True)).available, "1.2")
        self.now += 1
        found = self.find(refresh=True)
        self.asked[1][1].callback(Answer("1.3"))
        self.assertEqual(self.successResultOf(found), Newest("1.3", 1600.0))
        self.assertEqual(self.versions.known("t"), Newest("1.3", 1600.0))

    def test_changed(self) -> None:
        """Where the type has other steps by now, they are asked."""
        self.find()
        self.asked[0][1].callback(Answer("1.2"))
        self.assertNoResult(self.find(of=parse(text.format("other"))))

    def test_clock(self) -> None:
        """An answer from the future is none."""
        self.find()
        self.asked[0][1].callback(Answer("1.2"))
        self.now -= 10
        self.assertNoResult(self.find())

    def test_failure(self) -> None:
        """A failure is told to all who wait, and kept for 60 s; one who is gone hurts nobody."""
        first, second, gone = self.find(), self.find(), self.find()
        gone.cancel()
        self.failureResultOf(gone)
        self.asked[0][1].errback(SourceUnavailable(because("no")))
        for each in (first, second):
            self.failureResultOf(each, SourceUnavailable)
        self.clock.advance(50)
        again = self.failureResultOf(self.find(refresh=True), SourceUnavailable).value
        self.assertEqual((again.detail, again.retryAfter), ("no", 10))
        self.assertEqual(len(self.asked), 1)
        # With other install steps it may be another.
        other = self.find(of=parse(text.format("other")))
        self.asked[1][1].errback(SourceUnavailable(because("no")))
        self.failureResultOf(other, SourceUnavailable)
        self.clock.advance(60)
        self.assertNoResult(self.find())
        self.assertEqual(len(self.asked), 3)

    def test_slow(self) -> None:
        """Nobody waits for long; what comes later is there for whoever asks then."""
        found = self.find()
        self.clock.advance(20)
        self.assertEqual(self.failureResultOf(found, SourceUnavailable).value.retryAfter, 10)
        other = self.find()
        self.assertEqual(len(self.asked), 1)
        self.asked[0][1].callback(Answer("1.2"))
        self.assertEqual(self.successResultOf(other).available, "1.2")
        self.assertEqual(self.successResultOf(self.find()).available, "1.2")
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_told(self) -> None:
        """It is told when something else is newest than before."""
        for available, before, isTold in (
            ("1.2", "1.2", False),
            ("1.3", "1.2", True),
            ("1.2", None, True),
            (None, None, False),
        ):
            self.told.clear()
            self.now += 10_000
            self.find()
            self.asked[-1][1].callback(Answer(available, before))
            self.assertEqual(self.told, [("t", Newest(available, self.now))] * isTold)

    def test_unable(self) -> None:
        """The same where no process can be had."""
        versions = Versions(
            self.clock,
            lambda question: fail(SourceUnavailable()),
            *(lambda: self.now, {}),
        )
        found = Deferred.fromCoroutine(versions.find("t", definition))
        self.failureResultOf(found, SourceUnavailable)


class DamagedTests(SynchronousTestCase):
    def test_answer(self) -> None:
        """A process that says something else than an answer has not answered."""
        for said in (b"", b'{"available": "\xff"}', b'{"x": ' + b"[" * 60_000):
            error = self.assertRaises(SourceUnavailable, understood, Output(said, b""))
            self.assertIn("could not be asked", error.detail)

    def test_kept(self) -> None:
        """A document that was kept, and is damaged, is not known."""
        directory = os.path.abspath(self.mktemp())
        os.mkdir(directory)
        documents = _Documents(directory)
        url = "https://files.example/newest"
        documents[url] = ("seven", b"data")
        self.assertEqual(documents.get(url), ("seven", b"data"))
        (path,) = Path(directory).iterdir()
        whole = path.read_bytes()
        for content in (
            b"",
            whole.replace(b"seven", b"\xff" * 5),
            b"\x81\xa1x" + b"\x91" * 5_000,
        ):
            self.assertNotEqual(content, whole)
            path.write_bytes(content)
            self.assertIsNone(documents.get(url))


class ProcessTests(TestCase):
    """A real process, and sources on this host."""

    timeout = 4 * patience

    def setUp(self) -> None:
        self.sources = Sources()
        self.addCleanup(self.sources.close)
        self.state = os.path.abspath(self.mktemp())
        os.mkdir(self.state)
        how = {
            "account": None,
            "machine": os.uname().machine,
            "path": os.environ["PATH"],
            "sources": {"mirrors": self.sources.mirrors},
            "shared": os.path.join(self.state, "shared"),
            "cache": os.path.join(self.state, "versions"),
        }
        self.now = 0.0
        self.versions = Versions(reactor, asking(reactor), lambda: self.now, how)
        self.told: list[tuple[str, Newest]] = []
        self.versions.changed.listen(self.told.append)

    async def find(self) -> str | None:
        """What is newest, asked anew."""
        self.now += 10_000
        return (await self.versions.find("t", definition)).available

    async def test_asks(self) -> None:
        """It is found out without a download, and what has not changed is not sent again."""
        self.sources.put("https://files.example/newest", {"main": "1.2"})
        self.assertEqual(await self.find(), "1.2")
        self.assertEqual(await self.find(), "1.2")
        self.assertEqual(self.sources.paths(), ["files.example/newest"] * 2)
        self.assertEqual(self.told, [("t", Newest("1.2", 10_000))])
        self.assertIn("If-None-Match", self.sources.asked[1].headers)
        self.sources.put("https://files.example/newest", Reply(status=404))
        with self.assertRaisesRegex(SourceUnavailable, "files.example answers 404"):
            await self.find()


writingType = """
title = "A game of one file"
[[options]]
name = "version"
type = "string"
[[install]]
fetch = "https://files.example/newest"
unless = "version"
let = { version = "main" }
[[install]]
write = "game"
text = "{version}"
[run]
command = ["cat"]
"""


class DaemonTests(SynchronousTestCase):
    """A real daemon, and sources on this host."""

    def setUp(self) -> None:
        self.sources = Sources()
        self.addCleanup(self.sources.close)
        self.daemon = Daemon((*self.sources.options, "--auth", "noauth"))
        self.addCleanup(self.daemon.cleanUp)
        types = Path(self.daemon.state, "types")
        types.mkdir()
        (types / "writing.toml").write_text(writingType)
        self.newest("1")
        self.client = self.daemon.start(login=False)

    def newest(self, version: str) -> None:
        """Let this be the newest version."""
        self.sources.put("https://files.example/newest", {"main": version})

    def create(self, id: str, type: str = "writing", **options: str) -> None:
        """Create a server, and wait until it is installed."""
        self.client("server_create", type=type, server=id, options=options)
        self.client.until(id, "stopped")

    def versions(self, id: str, **fields: Any) -> tuple[Any, ...]:
        """What is said of its versions, without the time."""
        found = self.client("server_versions", server=id, **fields)
        return found["installed"], found["available"], found["pinned"]

    def test_versions(self) -> None:
        """What is installed, what is newest, and an event where that is something else."""
        self.create("a")
        self.create("b", version="0")
        self.create("c", "shell")
        self.assertEqual(self.versions("a"), ("1", "1", False))
        self.assertEqual(self.versions("b", refresh=True), ("0", "1", True))
        error = self.assertRaises(Refused, self.versions, "c")
        self.assertEqual((error.status, error.code), (409, "not_installable"))
        environment = {**os.environ, "GAMEPANEL_URL": f"http://127.0.0.1:{self.daemon.port}"}
        said = subprocess.run(
            [program, "versions", "b"],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env=environment,
            text=True,
            check=False,
        )
        self.assertIn("newest: 1 (an option holds it at its version)", said.stdout)
        # It knows what was newest before.
        self.daemon.kill()
        self.newest("2")
        self.client = self.daemon.start(login=False)
        for _ in range(2):
            self.assertEqual(self.versions("a"), ("1", "2", False))

        def told() -> Any:
            events = self.client("event_list", kinds=["update_available"])["events"]
            return [(each["server"], each["data"]) for each in events]

        found = self.client.wait(told, "the event")
        self.assertEqual(found, [("a", {"installed": "1", "available": "2"})])
        self.assertEqual(len(self.sources.asked), 3)

    def test_nobody(self) -> None:
        """Where games run as other users, what asks the sources has none of their rights."""
        needRoot("run games as other users")
        self.daemon.kill()
        self.daemon.options = (*self.daemon.options, "--server-user", "nobody", "--insecure")
        self.client = self.daemon.start(login=False)
        self.create("a")
        self.assertEqual(self.versions("a"), ("1", "1", False))
        cache = Path(self.daemon.state, "versions")
        self.assertEqual({each.stat().st_uid for each in (cache, *cache.iterdir())}, {65534})
        self.assertIn("newest-writing", {each.name for each in cache.iterdir()})

    def test_unavailable(self) -> None:
        """Where a source does not answer that is said."""
        self.create("a")
        self.sources.put("https://files.example/newest", Reply(status=404))
        error = self.assertRaises(Refused, self.versions, "a")
        self.assertEqual((error.status, error.code), (503, "source_unavailable"))
        self.assertIn("files.example answers 404", str(error))
