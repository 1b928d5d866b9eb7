"""The file by which C{make test} installs: what is tested, and nothing else."""

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from twisted.trial.unittest import SynchronousTestCase

root = Path(__file__).parents[2]


def locked() -> Iterator[tuple[Requirement, list[str]]]:
    """What is installed, each with the hashes of its files."""
    text = (root / "requirements-dev.txt").read_text().replace("\\\n", " ")
    for line in text.splitlines():
        if line and not line.startswith("#"):
            requirement, *hashes = line.split(" --hash=")
            yield Requirement(requirement), [found.strip() for found in hashes]


def wanted(project: Any) -> Iterator[Requirement]:
    """What the project says that it needs, for its tests, too."""
    extras = project["optional-dependencies"]
    for text in [*project["dependencies"], *(each for found in extras.values() for each in found)]:
        requirement = Requirement(text)
        if canonicalize_name(requirement.name) != "gamepanel":
            yield requirement


class LockTests(SynchronousTestCase):
    def test_hashes(self) -> None:
        """Each stands there with one version and the hashes of its files; and from nowhere."""
        for requirement, hashes in locked():
            [specifier] = requirement.specifier
            self.assertEqual(specifier.operator, "==", requirement)
            self.assertTrue(hashes, requirement)
            for found in hashes:
                self.assertTrue(re.fullmatch("sha256:[0-9a-f]{64}", found), requirement)
        self.assertNotIn("://", (root / "requirements-dev.txt").read_text())

    def test_complete(self) -> None:
        """Whatever the project needs is there, in a version that it allows: else run make lock."""
        versions: dict[str, list[str]] = {}
        for requirement, _ in locked():
            [specifier] = requirement.specifier
            versions.setdefault(canonicalize_name(requirement.name), []).append(specifier.version)
        project = tomllib.loads((root / "pyproject.toml").read_text())["project"]
        for requirement in wanted(project):
            found = versions.get(canonicalize_name(requirement.name), [])
            self.assertTrue(found, requirement)
            for version in found:
                self.assertIn(version, requirement.specifier, requirement)
