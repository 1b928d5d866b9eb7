"""What became of a foreign file."""

from typing import Final, Literal

from msgspec import Struct, field

maxQuote: Final = 300
"""Characters of a quotation; of a longer one only the beginning is shown."""

Part = Literal["file", "options", "startup", "console", "files", "install", "image"]


class NotImported(Exception):
    """A file of which no type can be made; the text says why."""


class Taken(Struct, frozen=True, kw_only=True):
    """
    Something that was taken over.

    @ivar part: of which part of the file.
    @ivar what: what it is, for people.
    """

    part: Part
    what: str


class Left(Struct, frozen=True, kw_only=True):
    """
    Something that was left out, or is otherwise than it was.

    @ivar part: of which part of the file.
    @ivar what: a quotation.
    @ivar why: why, for people.
    @ivar matters: whether the server lacks something by that.
    """

    part: Part
    what: str
    why: str
    matters: bool = True


class Report(Struct, frozen=True, kw_only=True):
    """
    What became of one file.

    @ivar file: its path, as it was given.
    @ivar format: C{PTDL_v2}, C{PufferPanel} and so on; empty if that is not known.
    @ivar title: of the game.
    @ivar type: name of the type; None if there is none.
    @ivar written: path of the type file; None if nothing was written.
    @ivar error: why nothing was written.
    @ivar complete: whether nothing that matters was left out.
    @ivar became: what its way to install became: C{recognised} steps, or a C{script}; None if it
        has none, or it was left out.
    @ivar why: why it became that, for people.
    @ivar windows: whether it is a program for Windows.
    @ivar isolated: whether its servers run isolated only.
    @ivar missing: why they can't run so on this host; None where they can, or need not.
    """

    file: str
    format: str = ""
    title: str = ""
    type: str | None = None
    written: str | None = None
    error: str | None = None
    complete: bool = False
    became: Literal["recognised", "script"] | None = None
    why: str = ""
    windows: bool = False
    isolated: bool = False
    missing: str | None = None
    taken: tuple[Taken, ...] = ()
    leftOut: tuple[Left, ...] = field(default=(), name="leftOut")


class Notes:
    """Collects what is to be reported."""

    def __init__(self) -> None:
        self._taken: dict[Taken, None] = {}
        self._left: dict[Left, None] = {}
        self.became: Literal["recognised", "script"] | None = None
        self.why = ""
        self.isWindows = False

    def become(self, became: Literal["recognised", "script"] | None, why: str) -> None:
        """Say what the way to install became, and why."""
        self.became, self.why = became, _quote(why)

    def take(self, part: Part, what: str) -> None:
        """Something is taken over."""
        self._taken[Taken(part=part, what=_quote(what))] = None

    def leave(self, part: Part, what: str, why: str, matters: bool = True) -> None:
        """Something is left out."""
        self._left[Left(part=part, what=_quote(what), why=_quote(why), matters=matters)] = None

    @property
    def taken(self) -> tuple[Taken, ...]:
        """In the order in which it came."""
        return tuple(self._taken)

    @property
    def left(self) -> tuple[Left, ...]:
        """What matters first."""
        return tuple(sorted(self._left, key=lambda left: not left.matters))

    @property
    def complete(self) -> bool:
        """Whether nothing that matters was left out."""
        return not any(left.matters for left in self._left)


def _quote(text: str) -> str:
    """One line that is safe to print."""
    line = " ".join(text.split())
    line = "".join(character if character.isprintable() else "?" for character in line)
    return line if len(line) <= maxQuote else line[:maxQuote] + "…"
