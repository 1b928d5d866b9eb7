"""C{make matrix}: which Pythons and Twisteds it tries."""

import sys
import tomllib
from typing import Any

from twisted.trial.unittest import SynchronousTestCase

from tests.matrix import candidates, find, modules, needed, pairs, pythonsOf, requirements, root

project: Any = {
    "requires-python": ">=3.11",
    "dependencies": ["attrs>=24.2", "twisted[tls]>=26.4.0,<30", "twisted-iocpsupport>=1"],
    "optional-dependencies": {"dev": ["mypy>=1.15", "trustme>=1.2"], "tls": ["pyOpenSSL>=24.2"]},
}


class MatrixTests(SynchronousTestCase):
    def test_requirements(self) -> None:
        """Only Twisted is old, by the minimum of the project; tools for tests come along."""
        others = ("attrs>=24.2", "twisted-iocpsupport>=1", "pyOpenSSL>=24.2", "trustme>=1.2")
        for twisted, wanted in (
            ("oldest", "twisted[tls]==26.4.0"),
            ("newest", "twisted[tls]>=26.4.0,<30"),
        ):
            first, *rest = others
            self.assertEqual(requirements(project, twisted), (first, wanted, *rest))

    def test_ownProject(self) -> None:
        """So it is with ours: one Twisted, pinned, and all that the tests need."""
        ours = tomllib.loads((root / "pyproject.toml").read_text())["project"]
        self.assertEqual(pythonsOf(ours), ["3.11", "3.13", "3.14"])
        oldest = requirements(ours, "oldest")
        self.assertEqual(len([each for each in oldest if "==" in each]), 1)
        for name in needed:
            self.assertTrue(any(each.startswith(name) for each in oldest), name)
        for module in modules:
            self.assertTrue((root / f"{module.replace('.', '/')}.py").exists(), module)

    def test_missing(self) -> None:
        """A Python that is not there is told of in one line, and the others are tried."""
        told: list[str] = []
        found = list(pairs(project, {"3.13": "/opt/python"}.get, told.append))
        self.assertEqual(
            [(each.version, each.twisted) for each in found],
            [
                ("3.13", "oldest"),
                ("3.13", "newest"),
            ],
        )
        self.assertEqual(len({each.place for each in found}), 2)
        for line, version in zip(told, ("3.11", "3.14"), strict=True):
            self.assertTrue(line.startswith(f"Python {version}: "), line)

    def test_find(self) -> None:
        """A Python is taken only if it runs and is of the version that is looked for."""
        version = "{}.{}".format(*sys.version_info)
        self.assertEqual(
            find(version, [None, "/none", "/bin/false", sys.executable]), sys.executable
        )
        self.assertIsNone(find("2.0", [sys.executable]))
        self.assertIn(sys.executable, candidates(version))
