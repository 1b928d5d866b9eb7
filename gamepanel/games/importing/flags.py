"""Options of the programs by which scripts download and unpack."""

from typing import TYPE_CHECKING, Final

from gamepanel.games.importing.bash import Unfit, source
from gamepanel.games.importing.images import table
from gamepanel.games.importing.scope import Scope
from gamepanel.games.importing.text import Text, words

if TYPE_CHECKING:
    from tree_sitter import Node

known: Final = {
    name: (words(one["valued"]), words(one["plain"])) for name, one in table["options"].items()
}
"""Options of programs that have a value, and others that change nothing here."""


def optionsOf(
    name: str, given: list["Node"], scope: Scope, text: str
) -> tuple[dict[str, Text], list["Node"]]:
    """
    The options of a command, and its other arguments.

    @param name: one of L{known}.
    @param text: the whole command.

    @raise Unfit: for an option that does more than is known here.
    """
    valued, flags = known[name]
    found: dict[str, Text] = {}
    plain: list[Node] = []
    waiting = list(given)
    while waiting:
        node = waiting.pop(0)
        option = source(node)
        if name == "tar" and node is given[0] and not option.startswith("-"):
            option = f"-{option}"
        if not option.startswith("-"):
            plain.append(node)
            continue
        word, equals, inline = option.lstrip("-").partition("=")
        isLong = option.startswith("--") or word in flags
        for at, part in enumerate([word] if isLong else word):
            if part in flags:
                found[part] = Text()
                continue
            rest = inline if isLong else option[at + 2 :]
            if (
                part not in valued
                or "$" in rest
                or not (rest or waiting)
                or (equals and not isLong)
            ):
                raise Unfit(text)
            found[part] = Text.of(rest) if rest else scope.text(waiting.pop(0), globs=True)
            break
    return found, plain
