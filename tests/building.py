"""The page, built anew from a copy of its sources."""

import shutil
import subprocess
from pathlib import Path
from typing import Final

from tests.support import need, patience

sources: Final = Path(__file__).parent.parent / "gamepanel" / "panel"


def copySources(place: Path) -> Path:
    """A copy of the page's sources at a place that is not there yet, without what was built."""
    ignore = shutil.ignore_patterns("__pycache__", "node_modules", "dist")
    return Path(shutil.copytree(sources, place, ignore=ignore))


def build(copy: Path) -> dict[str, bytes]:
    """
    What C{make page} makes of such a copy, by the names of files.

    @raise SkipTest: npm is not installed.
    """
    for command in ("ci --ignore-scripts --no-audit --no-fund", "run build"):
        done = subprocess.run(
            [need("npm"), *command.split()],
            cwd=copy,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=10 * patience,
        )
        if done.returncode or "[WARNING]" in done.stdout:
            raise AssertionError(done.stdout)
    return {path.name: path.read_bytes() for path in (copy / "dist").iterdir()}
