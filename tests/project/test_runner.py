"""C{make test}: what is run, how it is counted, and that nothing is left."""

import io
import os
import subprocess
import sys
import time
from collections import Counter
from contextlib import redirect_stdout
from pathlib import Path

import psutil
from twisted.trial.unittest import SynchronousTestCase

from tests.__main__ import (
    Counts,
    alike,
    counted,
    failures,
    grouped,
    isFast,
    isKnown,
    main,
    modules,
    mostLines,
    root,
    skipReasons,
)
from tests.support import patience

isSlow = True
"""What is left behind and what hangs are waited for."""

sample = '''
import subprocess, tempfile
from unittest import SkipTest
from twisted.trial.unittest import SynchronousTestCase

class SampleTests(SynchronousTestCase):
    def test_passes(self):
        """Its files are where they are removed."""
        print("made in", tempfile.mkdtemp())

    def test_isSkipped(self):
        raise SkipTest("luck is not installed; apt install luck")
'''

failing = """
    def test_fails(self):
        self.fail("as it should")
"""

leaving = """
    def test_leaves(self):
        print("left", subprocess.Popen(["sleep", "1000"], start_new_session=True).pid)
"""


hanging = """
    def test_hangs(self):
        import time
        time.sleep(1000)
"""


class NameTests(SynchronousTestCase):
    def test_known(self) -> None:
        """Files, modules, classes and tests are known."""
        here = "tests.project.test_runner.NameTests.test_known"
        for name in ("tests/project/test_runner.py", *(here.rsplit(".", n)[0] for n in range(4))):
            self.assertTrue(isKnown(name), name)

    def test_unknown(self) -> None:
        """A name that is wrong is told of in a sentence, and nothing is run."""
        wrong = (
            "tests.test_none",
            "tests.project.test_runner.NoTests",
            "tests/project/test_none.py",
        )
        for name in wrong:
            with redirect_stdout(io.StringIO()) as out:
                self.assertEqual(main([name, "tests.project.test_runner"]), 1)
            self.assertTrue(out.getvalue().startswith(f"There is no test of the name {name}; one"))


class FastTests(SynchronousTestCase):
    def test_fast(self) -> None:
        """
        Modules are slow that get a daemon or a browser, also from another module of tests, and
        those that say so.
        """
        for name in ("base.test_errors", "servers.test_game_server", "process.test_shutdown"):
            self.assertTrue(isFast(f"tests.{name}"), name)
        for name in (
            "daemon.test_faults",
            "panel.test_panel_keys",
            "client.test_cli",
            "project.test_package",
        ):
            self.assertFalse(isFast(f"tests.{name}"), name)


class CountsTests(SynchronousTestCase):
    def test_summaries(self) -> None:
        """What trial says last counts, and a trial that did not come to its end has failed."""
        for output, status, counts in (
            ("PASSED (successes=3)\n", 0, Counts(passed=3)),
            ("PASSED (skips=2, successes=3)\n", 0, Counts(3, 0, 2)),
            ("FAILED (skips=1, failures=2, errors=4, successes=5)\n", 1, Counts(5, 6, 1)),
            ("FAILED (unexpectedSuccesses=1, expectedFailures=2)\n", 1, Counts(0, 1, 2)),
            ("PASSED (successes=1)\nmore\nFAILED (failures=1)\n", 1, Counts(0, 1, 0)),
            ("test_x ... [OK]\n", -9, Counts(failed=1)),
            ("PASSED (successes=3)\n", -11, Counts(3, 1, 0)),
            ("", 0, Counts(failed=1)),
        ):
            self.assertEqual(counted(output, status), counts, output)

    def test_reasons(self) -> None:
        """Each reason for a skip is told once, with the number of tests."""
        block = "=====\n[SKIPPED]\n{}\n\n{}\n"
        output = block.format("no luck;\napt install luck", "tests.a.B.test_c\ntests.a.B.test_d")
        output += block.format("only root can fly", "tests.a.B.test_e")
        expected = {"no luck; apt install luck": 2, "only root can fly": 1}
        self.assertEqual(skipReasons(output), Counter(expected))

    def test_failures(self) -> None:
        """What failed can be told again, and no more of it than can be read."""
        begin, end = f"\n{'=' * 79}\n", f"\n{'-' * 79}\nRan 3 tests\n\nFAILED (failures=2)\n"
        output = "test_a ... [FAIL]\n"
        output += f"{begin}[SKIPPED]\nno luck\n\ntests.a.B.test_c\n"
        long = "\n".join(map(str, range(1000)))
        output += f"{begin}[FAIL]\n1 != 2\n\ntests.a.B.test_a{begin}[ERROR]\n{long}{end}"
        first, *rest = failures(output).split("[ERROR]\n")
        self.assertEqual(first, "[FAIL]\n1 != 2\n\ntests.a.B.test_a\n")
        lines = "\n".join(rest).splitlines()
        self.assertEqual((lines[0], lines[-1], len(lines)), ("0", "999", mostLines))


def isAlive(pid: int) -> bool:
    """Whether a process is there and has not ended."""
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


class RunTests(SynchronousTestCase):
    def run_(self, text: str, *arguments: str) -> tuple[int, list[str]]:
        """Run a module as C{make test} does; its status, and what was printed."""
        path = Path(self.mktemp()).absolute() / "test_sample.py"
        path.parent.mkdir()
        path.write_text(text)
        done = subprocess.run(
            [sys.executable, "-m", "tests", *arguments, str(path)],
            cwd=root,
            capture_output=True,
            text=True,
            check=False,
        )
        return done.returncode, done.stdout.splitlines()

    def made(self, lines: list[str]) -> str:
        """The directory that a test of the sample has made."""
        [line] = [line for line in lines if "made in " in line]
        return line.partition("made in ")[2]

    def test_passed(self) -> None:
        """All is well: the last line counts, the one before has what is missing; nothing stays."""
        status, lines = self.run_(sample)
        self.assertEqual((status, lines[-1]), (0, "1 passed, 0 failed, 1 skipped"), lines)
        self.assertEqual(lines[-2], "1 skipped: luck is not installed; apt install luck")
        self.assertFalse(os.path.exists(self.made(lines)))

    def test_namesakes(self) -> None:
        """Modules of one name share no directory; its name is short, for the sake of sockets."""
        other = Path(self.mktemp()).absolute() / "test_sample.py"
        other.parent.mkdir()
        other.write_text(sample)
        status, lines = self.run_(sample, str(other))
        self.assertEqual((status, lines[-1]), (0, "2 passed, 0 failed, 2 skipped"), lines)
        made = [Path(line.partition("made in ")[2]) for line in lines if "made in " in line]
        self.assertEqual(sorted(path.parent.name for path in made), ["0", "1"])

    def test_skipsForbidden(self) -> None:
        """Where all must be installed, a skip is a failure."""
        status, lines = self.run_(sample, "--no-skips")
        self.assertEqual((status, lines[-1]), (1, "1 passed, 0 failed, 1 skipped"), lines)

    def test_failed(self) -> None:
        """A failure makes the status 1, and what the module left can be looked at."""
        status, lines = self.run_(sample + failing)
        self.assertEqual((status, lines[-1]), (1, "1 passed, 1 failed, 1 skipped"), lines)
        self.assertTrue(os.path.isdir(self.made(lines)))
        # Told where it happens, and at the end.
        self.assertEqual(sum("as it should" in line for line in lines), 4, lines)
        [where] = [line.rpartition("see ")[2] for line in lines if "; see " in line]
        self.assertTrue(self.made(lines).startswith(where))

    def test_left(self) -> None:
        """A process that outlives its tests is ended, and a failure."""
        status, lines = self.run_(sample + leaving)
        self.assertEqual((status, lines[-1]), (1, "2 passed, 1 failed, 1 skipped"), lines)
        [line] = [line for line in lines if " left a process: " in line]
        self.assertIn("sleep 1000", line)
        pid = int(line.partition(" left a process: ")[2].split()[0])
        end = time.monotonic() + patience
        while isAlive(pid):
            self.assertLess(time.monotonic(), end)
            time.sleep(0.02)

    def test_hangs(self) -> None:
        """What does not end is ended, and a failure."""
        status, lines = self.run_(sample + hanging, "--limit", "5")
        self.assertEqual((status, lines[-1]), (1, "0 passed, 1 failed, 0 skipped"), lines)
        self.assertIn("ended after 5 s", lines)

    def test_nothing(self) -> None:
        """That no test ran is no success."""
        self.assertEqual(self.run_("")[0], 1)

    def test_all(self) -> None:
        """Each module with tests is run once."""
        there = (root / "tests").rglob("test_*.py")
        names = sorted(f"tests.{path.parent.name}.{path.stem}" for path in there)
        self.assertEqual(sorted(modules()), names)
        fast, slow = set(filter(isFast, names)), {name for name in names if not isFast(name)}
        self.assertLess(alike, slow)
        for chosen, expected in (
            ((False, False), fast | slow),
            ((True, False), fast),
            ((False, True), (fast | slow) - alike),
        ):
            found = [name for group in grouped(*chosen, 4) for name in group]
            self.assertEqual(sorted(found), sorted(expected))
