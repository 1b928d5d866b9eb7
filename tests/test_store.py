"""The store: what brings it to this version."""

import hashlib
from pathlib import Path
from typing import Final

from twisted.trial.unittest import SynchronousTestCase

import gamepanel.store

directory: Final = Path(gamepanel.store.__file__).parent / "migrations"

landed: Final = {
    "0001-users-and-servers.sql": "9f4138d91cd9584e33ce003b5287e58d35198ddc059d3c06b021a61b325ee5b2",
    "0002-audit.sql": "0b26d58f6d64e66d8f74d024970fc2aa28907302e5d0b74a12efcce2b257c0c5",
}
"""The SHA-256 of each migration. What stands here never changes: stores have been made by it."""


class MigrationFileTests(SynchronousTestCase):
    def test_unchanged(self) -> None:
        """A migration never changes once it has landed, and each that there is stands here."""
        found = {
            file.name: hashlib.sha256(file.read_bytes()).hexdigest() for file in directory.iterdir()
        }
        self.assertEqual(found, landed)

    def test_numbers(self) -> None:
        """They are numbered from one on, without a gap."""
        numbers = [int(name.partition("-")[0]) for name in sorted(landed)]
        self.assertEqual(numbers, list(range(1, len(landed) + 1)))
