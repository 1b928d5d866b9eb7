"""Patterns that are searched in console lines: in linear time, all of a game at once."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from twisted.trial.unittest import SynchronousTestCase

from gamepanel.console.linepatterns import LinePatterns, Unsupported, fallbackBytes, linear
from gamepanel.games.catalogue import Catalogue, Doubt, LeftOut, shippedTypes
from gamepanel.games.definition import BadDefinition
from gamepanel.games.linechecks import lineProblem
from gamepanel.games.parsing import parse


def typeWith(**run: str) -> str:
    """The text of a type with these patterns."""
    lines = "".join(f"{name} = '{pattern}'\n" for name, pattern in run.items())
    return f'title = "T"\n[run]\ncommand = ["sh"]\n{lines}'


class LinePatternsTests(SynchronousTestCase):
    def test_find(self) -> None:
        """The first pattern that fits a line counts; a line without one is nothing."""
        patterns = LinePatterns({"failed": "^bind failed", "ready": "ready$"})
        for line, found in (
            ("it is ready", "ready"),
            ("bind failed, not ready", "failed"),
            ("ready or not", None),
            ("", None),
        ):
            self.assertEqual(patterns.find(line), found and (found, {}), line)
        self.assertTrue(patterns.fits("ready", "bind failed, not ready"))
        self.assertFalse(patterns.fits("join", "x"))

    def test_many(self) -> None:
        """Whatever one of the patterns finds in a line may be in that line among others."""
        for pattern, line in (
            ("^ready$", "ready"),
            ("^$", ""),
            (r"\bup\b", "up"),
            (r"\Bp$", "up"),
            ("(?i)READY", "ready"),
            ("(?s)^a.b$", "axb"),
            (r"\Aready\z", "ready"),
            ("(?m)^ready", "ready"),
            ("(?-m)^ready$", "ready"),
            ("ready|steady$", "steady"),
            ("(?P<name>a)|(?P<name2>b)", "b"),
            (r"a\\A", r"a\A"),
            (r"ready(?= now)", "ready now"),
        ):
            patterns = LinePatterns({"failed": "^never", "ready": pattern})
            found = patterns.find(line)
            self.assertEqual(found and found[0], "ready", pattern)
            for lines in (line, f"x\n{line}\ny\n", f"{line}\ny", f"x\n{line}"):
                self.assertTrue(patterns.mayBeIn(lines), (pattern, lines))
        for pattern in ("^ready$", r"\d+ players"):
            self.assertFalse(LinePatterns({"ready": pattern}).mayBeIn("not ready\nx players\n"))
        self.assertFalse(LinePatterns({}).mayBeIn("x"))

    def test_together(self) -> None:
        """All that fit a line are found with one search of it, each with its groups, in order."""
        patterns = LinePatterns({"b": "(?P<x>b.)", "a": "^a", "ready": "(?<=z)r", "c": "c$"})
        searched: list[str] = []

        def counted(search: Any, name: str) -> Any:
            def count(line: str) -> Any:
                searched.append(name)
                return search(line)

            return count

        patterns._set = counted(patterns._set, "all")
        for name in ("a", "b", "c"):
            patterns._searches[name] = counted(patterns._searches[name], name)
        for line, expected in (
            ("abzr c", [("b", {"x": "bz"}), ("a", {}), ("ready", {}), ("c", {})]),
            ("ac", [("a", {}), ("c", {})]),
            ("zr", [("ready", {})]),
            ("x", []),
        ):
            searched.clear()
            self.assertEqual(patterns.findAll(line), expected)
            fitting = [name for name, _ in expected if name != "ready"]
            self.assertEqual(searched, ["all", *fitting])
        # Where that search could not be done, each pattern is searched for itself.
        patterns._set = lambda line: None
        self.assertEqual(patterns.findAll("ac"), [("a", {}), ("c", {})])

    def test_blowUp(self) -> None:
        """What takes others for ever takes no time worth mentioning: this would not end."""
        line = "a" * 4095
        for pattern in (r"^(a+)+$", r"^(a|aa)+$", r"^(\w+\s?)*$", r"^(.*a){20}b$", r"^(.*?,){11}P"):
            for patterns in ({"join": pattern}, {"join": pattern, "leave": "^b"}):
                found = LinePatterns(patterns)
                self.assertIsNone(found.find(line + "!"), pattern)
                self.assertFalse(found.mayBeIn(line + "!\n" + line + "!"), pattern)

    def test_fallback(self) -> None:
        """What RE2 refuses is searched in the beginning of a line, or not at all."""
        around, refused = "(?<=now )ready", {"failed": r"^(.)\1"}
        patterns = LinePatterns({"ready": around, **refused})
        self.assertEqual(patterns.find("now ready"), ("ready", {}))
        self.assertEqual(patterns.find("aa"), None)
        for length, found in ((fallbackBytes - 9, "ready"), (fallbackBytes - 8, None)):
            self.assertEqual(patterns.find("x" * length + "now ready"), found and (found, {}))
        self.assertEqual(patterns.find("é" * (fallbackBytes // 2 - 4) + "now ready"), None)

    def test_unsupported(self) -> None:
        """What RE2 refuses, and what would take too much memory, is told, and on no stderr."""
        for pattern in ("(?<=a)b", r"(a)\1", "(", "(?:[^a]{900}b){900}", r"(?:\pL{100}){100}"):
            self.assertRaises(Unsupported, linear, pattern)
        script = (
            "from gamepanel.console.linepatterns import linear\n"
            "try: linear('(?<=a)b')\nexcept Exception as error: print(error)"
        )
        done = subprocess.run([sys.executable, "-c", script], capture_output=True, check=True)
        self.assertEqual(done.stderr, b"")
        self.assertIn(b"(?<=", done.stdout)

    def test_import(self) -> None:
        """RE2 is imported when a pattern is compiled, and not for the types that are shipped."""
        script = (
            "import sys, gamepanel.daemon\n"
            "from gamepanel.games.catalogue import Catalogue, shippedTypes\n"
            "from gamepanel.console.linepatterns import LinePatterns\n"
            "assert dict(Catalogue((shippedTypes(),)).all())\nprint('re2' in sys.modules)\n"
            "LinePatterns({'ready': 'x'})\nprint('re2' in sys.modules)"
        )
        done = subprocess.run(
            [sys.executable, "-c", script], capture_output=True, text=True, check=True
        )
        self.assertEqual(done.stdout, "False\nTrue\n")


class TypesTests(SynchronousTestCase):
    def test_shipped(self) -> None:
        """RE2 takes all patterns of the types that are shipped."""
        for name, definition in Catalogue((shippedTypes(),), True).all().items():
            self.assertIsNone(lineProblem(definition), name)

    def test_refused(self) -> None:
        """What RE2 refuses leaves a type out, except its ready line, which is told of."""
        self.assertIsNone(lineProblem(parse(typeWith(ready="a", failed="^b"))))
        problem: Any = lineProblem(parse(typeWith(ready="(?<=a)b")))
        self.assertIn("run.ready: RE2 refuses it (invalid perl operator: (?<=)", problem)
        bad = parse(typeWith(failed="^(a)(?=b)"))
        error = self.assertRaises(BadDefinition, lineProblem, bad)
        self.assertIn("run.failed: RE2 refuses it", str(error))
        # Only RE2 takes these.
        self.assertIsNone(lineProblem(parse(typeWith(ready=r"\pL\z"))))
        self.assertRaises(BadDefinition, parse, typeWith(ready="("))

    def test_problems(self) -> None:
        """A file that counts in spite of its ready line is named among the problems."""
        directory = os.path.abspath(self.mktemp())
        os.mkdir(directory)
        Path(directory, "odd.toml").write_text(typeWith(ready="(?<=a)b"))
        Path(directory, "bad.toml").write_text(typeWith(failed="^(?=b)"))
        catalogue = Catalogue((directory,))
        self.assertEqual(list(catalogue.all()), ["odd"])
        left, doubt = catalogue.problems
        self.assertEqual((type(left), type(doubt)), (LeftOut, Doubt))
        self.assertEqual(left.path, f"{directory}/bad.toml")
        self.assertEqual(doubt.path, f"{directory}/odd.toml")
        # A second look tells the same.
        catalogue.look()
        self.assertEqual(catalogue.problems, (left, doubt))
        Path(directory, "odd.toml").write_text(typeWith(ready="ab"))
        catalogue.look()
        self.assertEqual(catalogue.problems, (left,))
