"""Texts of which a part is known only when a server is set up or installed."""

import re
import tomllib
from collections.abc import Callable, Iterable
from importlib.resources import files
from typing import Any, Final

from attrs import frozen

from gamepanel.games.machine import machineValues

maxName: Final = 60
"""Characters of a name of an option or variable, so that one can be made different."""


def words(text: str) -> frozenset[str]:
    """The words of a text, as a set."""
    return frozenset(text.split())


def tableOf(name: str) -> dict[str, Any]:
    """What a TOML file beside this one says: what is known of foreign files."""
    return tomllib.loads(files(__package__).joinpath(f"{name}.toml").read_text())


_reserved: Final = words(
    "description tags autostart restart server directory newest java_program loader "
    "loader_version minecraft"
) | frozenset(machineValues(""))
"""Names with another meaning in a type file."""


_HOME: Final = re.compile(r"/home/container(?![\w-])")


@frozen
class Ref:
    """The value of an option, or of a variable of an install step."""

    name: str


@frozen
class Text:
    """@ivar pieces: what is known, and whose values stand there."""

    pieces: tuple[str | Ref, ...] = ()

    @classmethod
    def of(cls, *parts: "str | Ref | Text") -> "Text":
        """Parts one behind the other."""
        pieces: list[str | Ref] = []
        for part in parts:
            for piece in part.pieces if isinstance(part, Text) else (part,):
                if isinstance(piece, str) and pieces and isinstance(pieces[-1], str):
                    pieces[-1] += piece
                elif piece != "":
                    pieces.append(piece)
        return cls(tuple(pieces))

    @classmethod
    def read(cls, template: str) -> "Text":
        """A text of its template, which has no braces but for values."""
        pieces = re.split(r"\{(\w+)\}", template)
        return cls.of(*(Ref(one) if at % 2 else one for at, one in enumerate(pieces)))

    @property
    def plain(self) -> str | None:
        """The text, if all of it is known."""
        return "".join(map(str, self.pieces)) if not self.names else None

    @property
    def only(self) -> str | None:
        """The name, if this is exactly one value."""
        match self.pieces:
            case (Ref(name),):
                return name
        return None

    @property
    def names(self) -> frozenset[str]:
        """Whose values stand in it."""
        return frozenset(piece.name for piece in self.pieces if isinstance(piece, Ref))

    @property
    def head(self) -> str:
        """What is known of its beginning."""
        return self.pieces[0] if self.pieces and isinstance(self.pieces[0], str) else ""

    @property
    def template(self) -> str:
        """As a type file writes it."""
        return "".join(
            f"{{{piece.name}}}"
            if isinstance(piece, Ref)
            else piece.replace("{", "{{").replace("}", "}}")
            for piece in self.pieces
        )

    def replace(self, old: str, new: str) -> "Text":
        """With another text in place of one that is known."""
        return Text.of(*(p.replace(old, new) if isinstance(p, str) else p for p in self.pieces))

    def __bool__(self) -> bool:
        return bool(self.pieces)


def filled(pattern: re.Pattern[str], source: str, value: Callable[[re.Match[str]], Text]) -> Text:
    """
    A text in which values stand in place of what a pattern finds.

    @param value: called with each match, in their order.
    """
    parts: list[str | Text] = []
    at = 0
    for match in pattern.finditer(source):
        parts += [source[at : match.start()], value(match)]
        at = match.end()
    return Text.of(*parts, source[at:])


def located(text: Text) -> Text:
    """A text in which the server's directory has its own name, not that in a container."""

    def piece(given: str | Ref) -> Ref | Text:
        return given if isinstance(given, Ref) else filled(_HOME, given, lambda match: directory)

    directory = Text.of(Ref("directory"))
    return Text.of(*map(piece, text.pieces))


def nameOf(text: str, taken: Iterable[str] = ()) -> str:
    """
    A name of an option or a variable.

    @param text: what it is made of.
    @param taken: names that others have.
    """
    name = re.sub(r"[^a-z0-9]+", "_", text.lower()).strip("_")[:maxName]
    if not name or not name[0].isalpha():
        name = f"v_{name}".rstrip("_")
    if name in _reserved:
        name = f"game_{name}"
    found, number = name, 1
    while found in taken:
        number += 1
        found = f"{name}_{number}"
    return found
