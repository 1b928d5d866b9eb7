"""jq's filters: what they find, and that they see and cost nothing else."""

import json
import os
import signal
from collections.abc import Mapping
from pathlib import Path
from types import FrameType

from twisted.trial.unittest import SynchronousTestCase

from gamepanel.games.documents import NothingFound
from gamepanel.games.installing import Fetch, decodeSteps
from gamepanel.jobs.report import Failed, Report
from gamepanel.worker.steps import filtering
from gamepanel.worker.steps.perform import let
from gamepanel.worker.steps.requesting import Requests
from gamepanel.worker.steps.task import Sources as Where
from gamepanel.worker.steps.task import Task
from gamepanel.worker.steps.work import Work
from tests.support import patience
from tests.worker.stepcase import Bench

isSlow = True
"""A filter has a bound of memory, of which the threads of other tests would take some."""

releases = json.dumps(
    [
        {"id": "1.9", "files": [{"name": "a.zip", "url": "https://x/a"}]},
        {"id": "1.10", "build": 7, "stable": True, "files": [{"name": "b.tar", "url": "u'$(id)"}]},
    ]
).encode()


class FilterTests(SynchronousTestCase):
    def find(self, filter: str, data: bytes = releases, **values: str) -> str:
        """What a filter finds."""
        return filtering.find(filter, data, values)

    def fails(self, filter: str, data: bytes = releases, **values: str) -> str:
        """Why it finds nothing."""
        return str(self.assertRaises(NothingFound, self.find, filter, data, **values))

    def test_found(self) -> None:
        """The first result is found, as text; objects of the filter itself have their braces."""
        for filter, found in (
            ('.[] | select(.id == "1.10").files[0].url', "u'$(id)"),
            (".[].id", "1.9"),
            ("map({a: .id}) | .[1].a", "1.10"),
            (".[1].build", "7"),
            (".[1].stable", "true"),
            ('.[].files[] | select(.name | test("^b\\\\.tar$")) | .name', "b.tar"),
        ):
            self.assertEqual(self.find(filter), found)

    def test_nothing(self) -> None:
        """Nothing, or what is no text, says what it is, as does a filter that is none."""
        for filter, reason in (
            ("empty", "document does not have it"),
            (".[2].id", "document does not have it"),
            ('""', "document does not have it"),
            (".", "an array"),
            (".[0]", "an object"),
            (".[", "syntax error"),
            (".[0].id.x", "Cannot index string"),
            ("$nope", "$nope is not defined"),
            ("halt", "document does not have it"),
            ("input", "break"),
        ):
            self.assertIn(reason, self.fails(filter))
        self.assertIn("parse error", self.fails(".", b"<html>"))
        self.assertIn("UTF-8", self.fails(".", b'"\xff"'))
        self.assertLessEqual(len(self.fails("(" * 100_000)), 300)

    def test_values(self) -> None:
        """Values are variables of the filter, whatever they hold, and never part of it."""
        self.assertEqual(self.find('.[] | select(.id == $version) | "y"', version="1.9"), "y")
        hostile = '"] | $ENV | .[\n`id` $(id) \\(1+1)'
        self.assertEqual(self.find("$x", x=hostile), hostile)

    def test_sees(self) -> None:
        """It sees no variable of our environment, and no file."""
        directory = Path(self.mktemp())
        directory.mkdir()
        (directory / "secret.json").write_text('"secret"')
        search = json.dumps({"search": str(directory.absolute())})
        self.assertIn("PATH", os.environ)
        # As a library does: readline, for one, puts the size of the terminal there.
        os.putenv("GAMEPANEL_UNSEEN", "1")
        self.addCleanup(os.unsetenv, "GAMEPANEL_UNSEEN")
        self.assertEqual(self.find("$ENV | tostring"), "{}")
        self.assertEqual(self.find("env | length"), "0")
        importing = f'import "secret" as $secret {search}; $secret[0]'
        self.assertIn("jq: error", self.fails(importing))
        self.assertIn("PATH", os.environ)

    def test_costs(self) -> None:
        """What needs too much time or memory, or aborts its process, is told, and we go on."""
        self.patch(filtering, "cpuSeconds", int(4 * patience))
        for filter in ('[range(1e9) | . * "x" * 1000000]', "def f: [f]; f", "def f: 1 + f; f"):
            self.assertIn("256 MiB", self.fails(filter))
        self.patch(filtering, "cpuSeconds", 1)
        self.assertIn("more than 1 s", self.fails("last(range(1e12))"))
        self.patch(filtering, "cpuSeconds", int(4 * patience))
        self.assertEqual(self.find(".[0].id"), "1.9")
        deep = b"[" * 100_000
        self.assertIn("depth", self.fails(".", deep))
        self.assertRaises(ChildProcessError, os.waitpid, -1, os.WNOHANG)

    def test_cancelled(self) -> None:
        """With the wish to end the job its process is gone."""

        def stop(number: int, frame: FrameType | None) -> None:
            # Once it waits for its process, which may take long to begin.
            if frame is not None and "pid" in frame.f_locals:
                signal.setitimer(signal.ITIMER_REAL, 0)
                raise KeyboardInterrupt

        self.addCleanup(signal.signal, signal.SIGALRM, signal.signal(signal.SIGALRM, stop))
        self.addCleanup(signal.setitimer, signal.ITIMER_REAL, 0)
        with self.assertRaises(KeyboardInterrupt):
            signal.setitimer(signal.ITIMER_REAL, 0.2, 0.2)
            self.find("last(range(1e12))")
        self.assertRaises(ChildProcessError, os.waitpid, -1, os.WNOHANG)


class StepTests(SynchronousTestCase):
    def let(self, filters: Mapping[str, str], **options: str) -> Mapping[str, str]:
        """The variables that a step sets."""
        steps = decodeSteps([{"fetch": "https://a.example/", "as": "jq", "let": dict(filters)}])
        requests = Requests(Where())
        place = Bench(os.path.abspath(self.mktemp()), requests)
        task = Task("cave", "x86_64", "/nowhere", options)
        work = Work(steps, task, place, Report(lambda progress: None), requests)
        assert isinstance(steps[0], Fetch)
        let(work, steps[0], releases)
        return work.variables

    def test_step(self) -> None:
        """A step sets variables by filters, in which options are variables."""
        filters = {"url": ".[] | select(.id == $version).files[0].url", "id": "{a: .[0].id}.a"}
        self.assertEqual(self.let(filters, version="1.9"), {"url": "https://x/a", "id": "1.9"})

    def test_fails(self) -> None:
        """What is not found is told with the variable; a text that is too long is none."""
        failure = self.assertRaises(Failed, self.let, {"url": ".[7].id"})
        self.assertIn("url: the document does not have it", str(failure))
        failure = self.assertRaises(Failed, self.let, {"url": '"x" * 5000'})
        self.assertIn("more than 4096 characters", str(failure))
