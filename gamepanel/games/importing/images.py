"""Programs: what images of containers bring, and packages of Debian; C{programs.toml} has them."""

import re
from collections.abc import Iterable
from typing import Final

from gamepanel.games.importing.text import tableOf, words

table: Final = tableOf("programs")
"""What C{programs.toml} says."""

builtins: Final = frozenset[str](table["builtins"])
everywhere: Final = frozenset[str](table["everywhere"])
stubs: Final = frozenset[str](table["stubs"])
renamed: Final[dict[str, str]] = table["renamed"]
known: Final = words(table["usual"]) | table["packages"].keys() | table["elsewhere"].keys()
"""Programs of which it is known where a host has them from."""

JAVA: Final = re.compile(
    r"(?:java|jdk|jre|temurin|corretto|zulu)(?:[_:-]?(?:java|jdk|jre)?)[_:-]?(\d{1,2})(?!\d)", re.I
)
"""Images of Java, with its major version."""


def javaVersions(images: Iterable[str]) -> list[str]:
    """The versions of Java that images bring, the oldest first."""
    found = {match[1] for image in images for match in JAVA.finditer(image)}
    return sorted((version for version in found if 7 < int(version) < 40), key=int)


def needs(images: Iterable[str]) -> list[str]:
    """The programs that images bring beside Java; of several images, those that all bring."""
    found = [
        {name for name, pattern in table["images"].items() if re.search(pattern, image, re.I)}
        for image in images
    ]
    return sorted(set.intersection(*found)) if found else []


def hint(programs: Iterable[str]) -> str | None:
    """What to tell an operator who lacks programs."""
    elsewhere = table["elsewhere"]
    names = [table["packages"].get(name, name) for name in programs if name not in elsewhere]
    plain = [name for name in dict.fromkeys(names) if re.fullmatch(r"[a-z0-9][a-z0-9+.-]+", name)]
    more = [elsewhere[name] for name in programs if name in elsewhere]
    return "; ".join([*([f"apt install {' '.join(plain)}"] if plain else []), *more]) or None
