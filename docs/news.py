"""
Checks C{newsfragments/}: what users read of each change in the notes of the next release.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

kinds: Final = ("feature", "bugfix", "doc", "removal", "misc")
"""What a change can be."""


def badNews(directory: Path) -> Iterator[str]:
    """
    What is wrong with the fragments in a directory.

    A name is C{ISSUE.KIND} or C{ISSUE.SLUG.KIND}; the text is a paragraph that ends in a full stop.
    """
    for path in sorted(directory.iterdir()):
        place = f"{directory.name}/{path.name}"
        if not re.fullmatch(rf"[0-9]+(\.[a-z0-9-]+)?\.({'|'.join(kinds)})", path.name):
            yield f"{place}: must be named ISSUE.KIND or ISSUE.SLUG.KIND; kinds: {', '.join(kinds)}"
            continue
        if not re.fullmatch(r"(\S.*\n)*\S.*\.\)?\n", path.read_text()):
            yield f"{place}: must be a paragraph that ends in a full stop"
