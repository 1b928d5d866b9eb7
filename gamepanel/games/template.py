"""
Placeholders in the text of a type, without a shell.

C{{name}} stands for a value, C{{{{} and C{}}}} are braces. What a value contains
is never expanded again.
"""

import re
from collections.abc import Collection, Mapping
from typing import Final

from msgspec import Struct

_PIECE: Final = re.compile(r"\{\{|\}\}|\{([^{}]*)\}|[{}]|[^{}]+")


class BadTemplate(ValueError):
    """A text with braces that mean nothing."""


class Template(Struct, frozen=True):
    """
    A text with placeholders.

    @ivar pieces: literal texts, and names of placeholders as 1-tuples.
    """

    pieces: tuple[str | tuple[str], ...]

    @classmethod
    def parse(cls, text: str, names: Collection[str]) -> "Template":
        """
        @param names: what a placeholder may name.

        @raise BadTemplate: for anything else in braces.
        """
        pieces: list[str | tuple[str]] = []
        for match in _PIECE.finditer(text):
            piece, name = match.group(), match.group(1)
            if piece in ("{{", "}}"):
                pieces.append(piece[0])
            elif name is not None and name in names:
                pieces.append((name,))
            elif name is not None:
                raise BadTemplate(f"{{{name}}} names no option")
            elif piece in "{}":
                raise BadTemplate(f"a single {piece} (write {piece * 2} for a brace)")
            else:
                pieces.append(piece)
        return cls(tuple(pieces))

    def expand(self, values: Mapping[str, str]) -> str:
        """
        @param values: the text that each name stands for; one that is missing stands for nothing.
        """
        return "".join(
            piece if isinstance(piece, str) else values.get(piece[0], "") for piece in self.pieces
        )

    @property
    def names(self) -> frozenset[str]:
        """All that its placeholders name."""
        return frozenset(piece[0] for piece in self.pieces if not isinstance(piece, str))

    @property
    def only(self) -> str | None:
        """The name, if this is exactly one placeholder."""
        match self.pieces:
            case ((name,),):
                return name
        return None

    def leader(self, values: Mapping[str, str]) -> str | None:
        """The name of the placeholder whose value the text begins with, if it does."""
        for piece in self.pieces:
            if isinstance(piece, str):
                return None
            if values.get(piece[0]):
                return piece[0]
        return None
