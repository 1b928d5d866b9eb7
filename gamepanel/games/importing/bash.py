"""
Shell scripts as trees (tree-sitter-bash): what they run, and whose values they use. Nothing of
them is executed.
"""

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from attrs import frozen

from gamepanel.games.importing.images import builtins, everywhere, known, stubs

if TYPE_CHECKING:
    from tree_sitter import Node

maxBytes: Final = 1024 * 1024
"""Size of a script that is read, in bytes."""

maxNodes: Final = 150_000
"""Nodes of a tree that are looked at."""

maxDepth: Final = 200
"""Nesting of commands in a script that is looked at."""


class Unfit(Exception):
    """Something that can't be said without a shell; the text quotes it."""


@frozen
class Tree:
    """
    A script.

    @ivar source: its UTF-8 text, which the nodes index.
    @ivar hasErrors: whether parts of it are no bash.
    """

    source: bytes
    root: "Node"
    hasErrors: bool


def parse(text: str) -> Tree:
    """@raise Unfit: for a script that is too large to be looked at."""
    import tree_sitter_bash
    from tree_sitter import Language, Parser

    source = text.encode("utf-8", "replace")
    if len(source) > maxBytes:
        raise Unfit(f"it has more than {maxBytes // 1024} KiB")
    tree = Parser(Language(tree_sitter_bash.language())).parse(source)
    root = tree.root_node
    if root.descendant_count > maxNodes:
        raise Unfit(f"its tree has more than {maxNodes} nodes")
    _checkDepth(root)
    return Tree(source, root, root.has_error)


def _checkDepth(root: "Node") -> None:
    cursor, depth = root.walk(), 0
    while True:
        if cursor.goto_first_child():
            depth += 1
            if depth > maxDepth:
                raise Unfit("it is nested too deeply")
            continue
        while not cursor.goto_next_sibling():
            if not cursor.goto_parent():
                return
            depth -= 1


_INNER: Final = re.compile(
    r"\s*(?:exec\s+)?(?:/(?:usr/)?bin/)?(?:ba|da|a)?sh\s+-l?c\s+(['\"])(.*)\1\s*", re.DOTALL
)


def unwrapped(text: str) -> str:
    """What C{sh -c} is given, so that no value becomes text of a second shell."""
    inner = _INNER.fullmatch(text)
    if inner is None or inner[1] in inner[2].replace(f"\\{inner[1]}", ""):
        return text
    return re.sub(r"\\([\"$`\\])", r"\1", inner[2]) if inner[1] == '"' else inner[2]


def source(node: "Node") -> str:
    """The text of a node."""
    return (node.text or b"").decode("utf-8", "replace")


def nodes(root: "Node") -> Iterator["Node"]:
    """All nodes of a tree, parents before children."""
    waiting = [root]
    while waiting:
        node = waiting.pop()
        yield node
        waiting += reversed(node.children)


def commands(root: "Node") -> Iterator[tuple[str, "Node"]]:
    """The commands of a tree, with their names; those whose names are not literal have none."""
    for node in nodes(root):
        if node.type == "command":
            yield commandName(node), node


def commandName(node: "Node") -> str:
    """The literal name of a command; empty for one that is put together."""
    name = node.child_by_field_name("name")
    if name is None or any(inner.type.endswith("expansion") for inner in nodes(name)):
        return ""
    return source(name).strip("\"'")


def arguments(node: "Node") -> list["Node"]:
    """The arguments of a command."""
    return node.children_by_field_name("argument")


def names(root: "Node") -> frozenset[str]:
    """The variables that a tree reads or sets."""
    return frozenset(source(node) for node in nodes(root) if node.type == "variable_name")


def assigned(root: "Node") -> frozenset[str]:
    """The variables that a tree sets itself."""
    found: set[str] = set()
    for node in nodes(root):
        if node.type in ("variable_assignment", "for_statement"):
            name = node.child_by_field_name("name") or node.child_by_field_name("variable")
            if name is not None:
                found.add(source(name))
        elif node.type == "command" and commandName(node) in ("read", "mapfile", "readarray"):
            found |= {source(one) for one in arguments(node)}
    return frozenset(found)


def programs(root: "Node") -> list[str]:
    """
    Programs that a tree runs and not every host has, each once. One that is not known, and is run
    in some cases only, may be a mistake of its author's.
    """
    defined = {
        source(called)
        for node in nodes(root)
        if node.type == "function_definition"
        and (called := node.child_by_field_name("name")) is not None
    }
    found: dict[str, None] = {}
    for command, node in commands(root):
        name = command
        if name == "sudo" or name in ("exec", "nohup", "xargs", "time", "command"):
            inner = [source(one) for one in arguments(node) if not source(one).startswith("-")]
            name = inner[0] if inner else ""
        if not re.fullmatch(r"[A-Za-z0-9_][\w.+-]*", name) or name in defined:
            continue
        if name in builtins or name in everywhere or name in stubs:
            continue
        if name in known or not _isInCase(node):
            found[name] = None
    return list(found)


def _isInCase(node: "Node | None") -> bool:
    """Whether something is run in some cases only."""
    while node is not None and node.type not in ("if_statement", "list", "case_item"):
        node = node.parent
    return node is not None


def branch(node: "Node") -> tuple["Node | None", list["Node"]]:
    """The condition of C{if}, C{elif} or C{else}, and what is done then."""
    condition: Node | None = None
    body: list[Node] = []
    isBody = node.type == "else_clause"
    for child in node.children:
        if child.type == "then":
            isBody = True
        elif child.type.endswith("_clause"):
            break
        elif child.is_named and child.type != "comment":
            if isBody:
                body.append(child)
            elif condition is None:
                condition = child
            else:
                raise Unfit(source(node))
    return condition, body
