"""Files of releases of GitHub, which scripts find with C{jq} and C{grep}, as steps."""

import json
import re
from typing import TYPE_CHECKING

from gamepanel.games.importing.bash import Unfit, arguments, branch, commands, nodes, source
from gamepanel.games.importing.scope import Scope
from gamepanel.games.importing.text import Ref, Text
from gamepanel.games.importing.variables import Table

if TYPE_CHECKING:
    from tree_sitter import Node


def chosen(node: "Node", scope: Scope) -> list[Table]:
    """
    The steps of a condition that finds the address of a file of a release: the newest, or that of a
    version; none if it is no such condition.
    """
    condition, body = branch(node)
    rest = [child for child in node.children if child.type == "else_clause"]
    known = None if condition is None else scope.condition(condition)
    if not isinstance(known, tuple) or known[1] or len(body) != 1 or len(rest) != 1:
        return []
    picks = [one for one in nodes(rest[0]) if one.type == "variable_assignment"]
    marks = ("browser_download_url", "tag_name")
    env = nameOf(body[0])
    if body[0].type != "variable_assignment" or env is None:
        return []
    if not any(all(mark in source(one) for mark in marks) for one in picks):
        return []
    if any(nameOf(one) != env and "tag_name" not in source(one) for one in picks):
        return []
    return picked(env, body[0], scope, known[0])


def picked(env: str, node: "Node", scope: Scope, version: str | None = None) -> list[Table]:
    """
    The steps by which a filter of jq finds the address of a file of a release; none where a value
    is found otherwise.

    @param env: the variable that gets the address.
    @param version: the option that says which release; None for the newest always.
    """
    text = source(node)
    held = [name for name in scope.documents if re.search(rf"\$\{{?{name}\b", text)]
    if len(held) != 1 or "browser_download_url" not in text:
        return []
    url = scope.documents[held[0]]
    if not url.template.endswith("/releases/latest"):
        return []
    name = scope.variables.freeName(env)
    newest: Table = {
        "fetch": scope.variables.use(url),
        "as": "jq",
        "let": {name: _filter(node, scope)},
    }
    scope.values[env] = Text.of(Ref(name))
    if version is None:
        return [newest]
    tagged = f"{newest['fetch'].removesuffix('/latest')}/tags/{{{version}}}"
    return [{**newest, "unless": version}, {**newest, "fetch": tagged, "when": version}]


def _filter(node: "Node", scope: Scope) -> str:
    """What C{echo | jq | grep} takes of a release, as one filter."""
    filters: list[str] = []
    for name, command in commands(node):
        plain = [one for one in arguments(command) if not source(one).startswith("-")]
        options = "".join(source(one) for one in arguments(command) if one not in plain)
        if name == "jq" and len(plain) == 1 and "arg" not in options:
            found = scope.text(plain[0], globs=True).plain
            if found is None or "$" in found:
                raise Unfit(source(command))
            filters.append(found)
        elif name == "grep" and len(plain) == 1:
            pattern = scope.text(plain[0], globs=True).plain
            if pattern is None or re.search("[PocA-DF-Z]", options.replace("-E", "")):
                raise Unfit(source(command))
            flags = '; "i"' if "i" in options else ""
            test = f"test({json.dumps(pattern)}{flags})"
            filters.append(f"select({test} | not)" if "v" in options else f"select({test})")
        elif name == "head":
            filters = [f"first({' | '.join(filters)})"]
        elif name not in ("echo", "printf"):
            raise Unfit(source(command))
    return " | ".join(filters)


def nameOf(node: "Node") -> str | None:
    """The variable that is assigned to."""
    name = node.child_by_field_name("name")
    return None if name is None else source(name)
