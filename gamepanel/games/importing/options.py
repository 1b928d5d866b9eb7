"""Makes options of variables: their types, bounds, choices and patterns."""

import re
from collections.abc import Iterator
from typing import Any, Final

import msgspec

from gamepanel.games.importing.text import tableOf
from gamepanel.games.importing.variables import Kind, Table, Variable, Variables
from gamepanel.games.option import BadValue, Option

_SECRET: Final = re.compile(
    r"PASS(?:WORD|WD|PHRASE)?\d*$|SECRET|(?:^|_)TOKEN|_KEY$|^KEY$|PWD$", re.I
)
_OWN: Final = re.compile(r"(?:RCON|ADMIN|QUERY|TELNET).*(?:PASS|PWD)", re.I)
"""Passwords that only the operator uses, which can be made."""

_longest: Final = 4096
"""Characters of a value; a longer bound says nothing."""

generated: Final = 20
"""Characters of a password that is made."""

_given: Final[dict[str, Table]] = tableOf("options")
"""Options beside those of variables, by their names."""


def given(name: str, **more: Any) -> Table:
    """
    An option of C{options.toml}.

    @param more: what else it says.
    """
    return {"name": name, **_given[name], **more}


def tables(variables: Variables) -> Iterator[Table]:
    """The options of a type: those that something depends on, in their order."""
    asked = variables.asked
    known = asked.intersection(variables.given.values())
    if "port" in known:
        yield given("port", **({} if variables.port is None else {"default": variables.port}))
    if "address" in known:
        yield given("address")
    for variable in variables:
        if variable.name in asked:
            yield _fitting(variable, variables)
        elif not variables.given and not variable.hidden:
            variables.notes.leave("options", variable.env, "nothing depends on it", False)
    if "memory" in known:
        yield given("memory")


def _fitting(variable: Variable, variables: Variables) -> Table:
    """An option that its default fits: bounds that forbid it are taken away."""
    table, notes = _table(variable, variables), variables.notes
    for narrow in ("", "pattern", "min_length", "max_length", "minimum", "maximum", "choices"):
        if narrow in table:
            notes.leave(
                "options",
                f"{variable.env}: {narrow} {table[narrow]}",
                f"its default {variable.default!r} does not fit",
                matters=False,
            )
            del table[narrow]
            table.pop("hint", None) if narrow == "pattern" else None
            if narrow == "choices" and table["type"] == "enum":
                table["type"] = "string"
        if _fits(table):
            break
    else:
        notes.leave("options", f"{variable.env} = {variable.default}", "is no value", False)
        table.pop("default", None)
    for rule in variable.rules.unknown:
        notes.leave("options", f"{variable.env}: {rule}", "this rule is not known", False)
    return table


def _fits(table: Table) -> bool:
    try:
        option = msgspec.convert(table, Option)
        for choice in option.choices or ():
            option.check(choice)
        if option.pattern is not None:
            re.compile(option.pattern)
        if option.default is not None:
            option.check(option.default)
        if option.generate is not None:
            option.check("aZ09" * (option.generate // 4))
    except (msgspec.ValidationError, BadValue, re.error, RecursionError, OverflowError):
        return False
    return True


def _table(variable: Variable, variables: Variables) -> Table:
    default = variables.value(variable)
    kind = _kind(variable, variables, default)
    table: Table = {"name": variable.name, "title": line(variable.title or variable.env)[:120]}
    if description := _description(variable, variables):
        table["description"] = description
    table["type"] = kind
    value = _value(kind, default)
    if value is not None:
        table["default"] = value
    isEmpty = variable.env in variables.usage.empty
    if variable.rules.required and kind != "boolean" and not isEmpty:
        table["required"] = True
    _narrow(table, variable, variables)
    if kind == "password" and _OWN.search(variable.env) and not default:
        table["generate"] = generated
        if not _fits(table):
            del table["generate"]
    if kind == "port":
        table["group"] = "Network"
    if variable.group:
        table["group"] = variable.group[:64]
    if not variable.editable:
        table["advanced"] = True
    return table


def _kind(variable: Variable, variables: Variables, default: str) -> Kind:
    rules = variable.rules
    if variables.isTruth(variable):
        return "boolean"
    if variables.isPort(variable):
        return "port"
    if rules.isTruth or (rules.choices is not None and not rules.isNumber):
        return "enum"
    if variable.env in variables.usage.empty:
        return "string"
    if rules.integer or variable.kind == "integer":
        return "integer" if re.fullmatch(r"-?\d{0,15}", default) else "string"
    if rules.number:
        if re.fullmatch(r"-?\d{0,15}", default):
            # Games read 5 where 5.0 stood, but not always 5.0 where 5 stood.
            return "integer"
        return "number" if re.fullmatch(r"-?\d{1,15}\.\d{1,9}", default) else "string"
    if _SECRET.search(variable.env) and "\n" not in default:
        return "password"
    return "text" if "\n" in default else "string"


def _value(kind: Kind, default: str) -> object:
    if kind == "boolean":
        return default.lower() in ("1", "true", "yes", "on")
    if default == "":
        return None
    if kind in ("integer", "port"):
        return int(default) if re.fullmatch(r"-?\d+", default) else None
    if kind == "number":
        return float(default)
    return default


def _narrow(table: Table, variable: Variable, variables: Variables) -> None:
    rules, kind = variable.rules, table["type"]
    if kind in ("integer", "number"):
        for key, bound in (("minimum", rules.least), ("maximum", rules.most)):
            if bound is not None:
                table[key] = int(bound) if bound == int(bound) else bound
        if rules.choices is not None and kind == "integer":
            choices = [choice for choice in rules.choices if re.fullmatch(r"-?\d{1,15}", choice)]
            table["choices"] = [int(choice) for choice in choices] or None
    elif kind == "enum":
        table["choices"] = _choices(variable)
    elif kind in ("string", "text", "password"):
        if rules.least is not None and not rules.isNumber and 0 < rules.least <= _longest:
            table["min_length"] = int(rules.least)
        if rules.most is not None and not rules.isNumber and 0 < rules.most <= _longest:
            table["max_length"] = int(rules.most)
        if rules.pattern is not None:
            table["pattern"] = rules.pattern
            if rules.hint is not None:
                table["hint"] = rules.hint
        empty = variables.usage.empty.get(variable.env)
        if empty is not None:
            # An empty value stands for it; the word itself would be taken for a version.
            table.pop("min_length", None)
            table["pattern"] = f"(?!(?i:{re.escape(empty)})$)(?:{rules.pattern or '.*'})"
            table["hint"] = f"empty for {empty}"
    if table.get("choices", "") is None:
        del table["choices"]


def _choices(variable: Variable) -> list[str]:
    if variable.rules.choices is not None:
        choices = [choice for choice in variable.rules.choices if choice]
        return choices if variable.default in ("", *choices) else [*choices, variable.default]
    words = ("true", "false") if variable.default.lower() in ("true", "false") else ("1", "0")
    return list(words)


def _description(variable: Variable, variables: Variables) -> str:
    text = re.sub(r"<[^<>]{0,300}>", "", variable.description).strip()
    text = "\n".join(line.strip() for line in text.splitlines())
    text = "".join(c if c.isprintable() or c == "\n" else "" for c in text)[:2000]
    empty = variables.usage.empty.get(variable.env)
    if empty is not None:
        text = f"{text}\n" if text else text
        text += f"Empty for {empty}."
    return text


def line(text: str) -> str:
    """A text as one line that can be printed."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())
