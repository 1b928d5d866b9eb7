"""
Variables of PufferPanel's templates.
"""

import json
import re
from typing import Any, Final

from gamepanel.games.importing import options, rules
from gamepanel.games.importing.declared import Variable
from gamepanel.games.importing.text import nameOf

_FLAG: Final = re.compile(r"[-+][\w.+=:/, -]*")
"""Arguments that are known as such, and that no shell looks into."""


def declared(document: dict[str, Any]) -> list[Variable]:
    """The variables of a template."""
    data = document.get("data")
    groups = document.get("groups")
    headings: dict[str, str] = {}
    for group in groups if isinstance(groups, list) else []:
        if isinstance(group, dict) and isinstance(group.get("variables"), list):
            for name in group["variables"]:
                headings[str(name)] = options.line(str(group.get("display") or ""))
    taken: set[str] = set()
    found: list[Variable] = []
    for env, given in (data if isinstance(data, dict) else {}).items():
        if not isinstance(given, dict):
            given = {"value": given}
        variable = _variable(str(env)[:200], given)
        variable.name = nameOf(variable.env, taken)
        variable.group = headings.get(variable.env) or None
        taken.add(variable.name)
        found.append(variable)
    return found


def _variable(env: str, given: dict[str, Any]) -> Variable:
    kind = str(given.get("type") or "string")
    value = given.get("value")
    text = "" if value is None else str(value).lower() if isinstance(value, bool) else str(value)
    found = rules.Rules(required=given.get("required") is True, integer=kind == "integer")
    choices = given.get("options")
    if kind == "option" or (kind == "string" and choices):
        values = [
            str(one.get("value")) if isinstance(one, dict) else str(one)
            for one in (choices if isinstance(choices, list) else [])
        ]
        found.choices = tuple(dict.fromkeys(values)) or None
        # Nothing is one of them, too.
        found.required = found.required and "" not in values
    if kind == "string" and re.fullmatch(r"-\d{1,15}", text) and not choices:
        # Else it would pass for an option of the program.
        found.integer = True
    if kind == "integer" and not re.fullmatch(r"-?\d{0,15}", text):
        found.integer = False
    return Variable(
        env=env,
        title=str(given.get("display") or ""),
        description=str(given.get("desc") or ""),
        default=text.replace("\0", ""),
        rules=found,
        kind=kind if kind in ("boolean", "integer") else "string",
        hidden=given.get("internal") is True,
        editable=given.get("userEdit") is not False,
    )


def flags(document: dict[str, Any], variables: list[Variable]) -> dict[str, tuple[str, str]]:
    """
    The arguments that are chosen: where that is one of two, of which one may be nothing, the
    variable becomes one that is true or not, since no value may pass for an option of the program.

    @return: the arguments for when it is true, and when not, by the names of the variables.
    """
    run = document.get("run")
    start = json.dumps(run.get("command") if isinstance(run, dict) else None)
    whole = json.dumps(document)
    found: dict[str, tuple[str, str]] = {}
    for variable in variables:
        choices = tuple(variable.rules.choices or ())
        place = f"${{{variable.env}}}"
        isPlain = re.fullmatch(r"[A-Za-z_]\w*", variable.env) is not None
        if not isPlain or start.count(place) != whole.count(place):
            continue
        given = list(dict.fromkeys((*choices, variable.default)) if "" in choices else choices)
        if len(given) == 1 and not variable.default:
            given.append("")
        given = [one for one in given if one in choices or not one]
        if len(given) != 2 or not all(_FLAG.fullmatch(one) for one in given if one):
            continue
        away = "" if "" in given else variable.default if variable.default in given else given[0]
        there = given[1 - given.index(away)]
        found[variable.env] = (there, away)
        name = variable.title or variable.env
        differs = f"{there.strip()}, not {away.strip()}" if away else there.strip()
        variable.kind, variable.rules.choices = "boolean", None
        variable.title = f"{name} ({differs})"
        variable.default = "true" if variable.default == there else "false"
        variable.rules.required = False
    return found
