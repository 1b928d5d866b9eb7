"""What words of a shell stand for, as far as no shell is needed to tell."""

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from gamepanel.games.importing.bash import Unfit, source
from gamepanel.games.importing.text import Text

if TYPE_CHECKING:
    from tree_sitter import Node

Lookup = Callable[[str], Text | None]
"""The value of a variable; None for one that is not known."""

_SPECIAL: Final = re.compile(r"[*?\[]|\{[^{}]*,[^{}]*\}|(?<!\\)[`$]")


def wordText(node: "Node", lookup: Lookup, globs: bool = False) -> Text:
    """
    The one text that a word stands for.

    @param globs: whether it may be a glob, which then stays as it is.

    @raise Unfit: when a shell must say.
    """
    kind = node.type
    if kind in ("word", "number", "variable_name", "heredoc_end"):
        return _plain(source(node), globs)
    if kind == "raw_string":
        return Text.of(source(node)[1:-1])
    if kind == "string":
        return pieces(node, lookup, 1)
    if kind == "concatenation":
        return Text.of(*(wordText(part, lookup, globs) for part in node.children))
    if kind == "command_name" and node.child_count == 1:
        return wordText(node.children[0], lookup, globs)
    if kind in ("simple_expansion", "expansion"):
        found = lookup(parameter(node))
        if found is not None:
            return found
    raise Unfit(source(node))


def _plain(text: str, globs: bool) -> Text:
    if not globs and _SPECIAL.search(text):
        raise Unfit(text)
    if text == "~" or text.startswith("~/"):
        text = "/home/container" + text[1:]
    return Text.of(re.sub(r"\\(.)", r"\1", text, flags=re.DOTALL))


def pieces(node: "Node", lookup: Lookup, quotes: int = 0) -> Text:
    """
    What stands between double quotes, or in a here-document: text and values.

    @param quotes: bytes at both ends that are not part of it.

    @raise Unfit: when a shell must say.
    """
    whole, start = node.text or b"", node.start_byte
    at, parts = quotes, []
    for child in node.children:
        if child.type not in ("simple_expansion", "expansion", "command_substitution"):
            continue
        # The tree leaves out blanks between values.
        parts.append(_unescaped(whole[at : child.start_byte - start]))
        parts.append(wordText(child, lookup))
        at = child.end_byte - start
    parts.append(_unescaped(whole[at : len(whole) - quotes]))
    return Text.of(*parts)


def _unescaped(part: bytes) -> Text:
    text = part.decode("utf-8", "replace")
    if re.search(r"(?<!\\)`", text):
        raise Unfit(text)
    return Text.of(re.sub(r"\\([\"\\$`])|\\\n", lambda match: match[1] or "", text))


def parameter(node: "Node") -> str:
    """
    The variable whose whole value stands there.

    @raise Unfit: for C{${NAME:-...}} and all else.
    """
    match = re.fullmatch(r"\$(?:\{([A-Za-z_]\w*)\}|([A-Za-z_]\w*))", source(node))
    if match is None:
        raise Unfit(source(node))
    return match[1] or match[2]
