"""
What install scripts take out of documents that they download, as JMESPath and regular
expressions.
"""

import re
from typing import Final

from attrs import evolve, frozen

from gamepanel.games.importing.text import Text

_VARYING: Final = re.compile(r"\.\\?[*+]|\[\^?[^\]]+\](?:\\?[*+?])?|\\d(?:\\?[*+])?")
"""Parts of an expression that stand for several texts."""


def fields(mark: str, first: int, last: int | None) -> str:
    """
    A regular expression for fields of a value.

    @param last: None for all from the first on.
    """
    field, mark = f"[^{re.escape(mark)}]*", re.escape(mark)
    before = f"{field}{mark}" * (first - 1)
    if last is None:
        return f"^{before}(.*)$"
    return f"^{before}({field}{f'(?:{mark}{field})?' * (last - first)})"


withoutV: Final = "^v?(.*)$"
"""What a tag says of a version."""


class Untold(Exception):
    """A filter that has no counterpart; the text says which."""


@frozen
class Document:
    """
    A document that a script downloads, and what it takes out of it.

    @ivar url: where it is.
    @ivar expression: JMESPath; of a text, a regular expression with one group.
    @ivar isMany: whether the expression finds several values, one below the other.
    @ivar isText: whether it is plain text.
    @ivar lines: of plain text: what a line must hold.
    @ivar literal: a text that the value ends with, if that is known.
    @ivar cut: a regular expression whose group is what is taken of the value at last.
    @ivar checks: the option that is only looked for in it.
    """

    url: Text
    expression: str = ""
    isMany: bool = False
    isText: bool = False
    lines: tuple[str, ...] = ()
    literal: str = ""
    cut: str = ""
    checks: str | None = None

    @property
    def final(self) -> str:
        """The expression for one value."""
        if self.isText or not self.isMany:
            return self.expression
        return f"{self.expression} | [0]"

    def pick(self, index: int) -> "Document":
        """The first or last of several values."""
        if not self.isMany or self.isText:
            return evolve(self, isMany=False)
        return evolve(self, expression=f"{self.expression} | [{index}]", isMany=False)

    def newest(self) -> "Document":
        """The newest of several versions."""
        if not self.isMany:
            return self
        return evolve(self, expression=f"newest({self.expression})", isMany=False)

    def holding(self, text: str, wanted: bool = True, isAnyCase: bool = False) -> "Document":
        """
        Those of several values that hold a text.

        @param isAnyCase: whether small letters and capitals are the same.
        """
        if not self.isMany:
            return self
        pieces = [piece for piece in re.split(_VARYING, text) if piece]
        tests = []
        value = "lower(@)" if isAnyCase else "@"
        quoted = _quoteSmall if isAnyCase else quote
        for index, piece in enumerate(pieces):
            plain = re.sub(r"\\(.)", r"\1", piece)
            if re.search(r"(?<!\\)[\[\]()|?+{}]", piece) and not re.search(r"\{\w+\}", piece):
                raise Untold(f"grep {text}")
            plain = plain.strip("\"'")
            if plain.startswith("^") and index == 0:
                tests.append(f"starts_with({value}, {quoted(plain[1:])})")
            elif plain.endswith("$") and index == len(pieces) - 1:
                tests.append(f"ends_with({value}, {quoted(plain[:-1])})")
            elif plain.strip("."):
                tests.append(f"contains({value}, {quoted(plain)})")
        if not tests:
            return self
        test = " && ".join(tests)
        test = test if wanted else f"!({test})"
        literal = pieces[-1].rstrip("$").replace("\\", "") if wanted else self.literal
        return evolve(
            self, expression=f"{self.expression} | [?{test}]", literal=literal or self.literal
        )


def quote(text: str) -> str:
    """A text in an expression; placeholders stay."""
    if "`" in text or "\n" in text:
        raise Untold(text)
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


def _quoteSmall(text: str) -> str:
    """The same in small letters."""
    hasValues = re.search(r"(?<!\{)\{\w+\}", text) is not None
    return f"lower({quote(text)})" if hasValues else quote(text.lower())


_identifier: Final = re.compile(r"[A-Za-z_]\w*")


def field(name: str) -> str:
    """A name of a field, as JMESPath writes it."""
    if _identifier.fullmatch(name):
        return name
    return '"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"'
