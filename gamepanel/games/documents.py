"""
How install steps take values from documents: JMESPath for JSON, regular expressions for text. For
jq see L{gamepanel.worker.steps.filtering}.

JMESPath is imported when it is first needed.
"""

import re
from collections.abc import Mapping
from functools import cache
from typing import Any, Final

from gamepanel.wire.causes import Caused, because

_PART: Final = re.compile(r"[0-9]+|[^0-9]+")
_NAMED: Final = re.compile(r"\{([a-z][a-z0-9_]{0,63})\}")


class BadExpression(ValueError):
    """An expression that can't be compiled; the text says why."""


class NothingFound(Caused):
    """A document does not hold what is looked for."""


def versionKey(text: str) -> tuple[tuple[int, int, str], ...]:
    """By what texts are sorted when runs of digits in them count as numbers."""
    return tuple(
        (1, int(part[:4000]), "") if part.isdecimal() else (0, 0, part)
        for part in _PART.findall(text)
    )


@cache
def _options() -> Any:
    from jmespath import functions
    from jmespath.visitor import Options

    class Functions(functions.Functions):
        """Those of JMESPath, and our own."""

        @functions.signature({"types": ["array-string"]})
        def _func_newest(self, versions: list[str]) -> str | None:
            return max(versions, key=versionKey, default=None)

        @functions.signature({"types": ["string"]})
        def _func_lower(self, text: str) -> str:
            return text.lower()

    return Options(custom_functions=Functions())


def checkJson(expression: str) -> None:
    """
    Check a JMESPath expression.

    @raise BadExpression: when it is none, or calls a function that is not there.
    """
    import jmespath
    from jmespath.exceptions import JMESPathError

    try:
        waiting: list[Any] = [jmespath.compile(expression).parsed]
    except JMESPathError as error:
        reason = str(error).splitlines()[0]
        raise BadExpression(f"not a JMESPath expression: {reason}") from error
    except RecursionError as error:
        raise BadExpression("not a JMESPath expression: it is nested too deeply") from error
    known = _options().custom_functions.FUNCTION_TABLE
    while waiting:
        node = waiting.pop()
        if node["type"] == "function_expression" and node["value"] not in known:
            raise BadExpression(f"not a JMESPath expression: there is no function {node['value']}")
        waiting += [child for child in node["children"] if isinstance(child, dict)]


def fromJson(expression: str, document: object) -> str:
    """
    What an expression finds, as text.

    @raise NothingFound: when that is nothing, or no text, number or boolean.
    """
    import jmespath
    from jmespath.exceptions import JMESPathError

    try:
        found = jmespath.search(expression, document, _options())
    except JMESPathError as error:
        raise NothingFound(because("search_failed", error=str(error).splitlines()[0])) from error
    except (RecursionError, ValueError) as error:
        raise NothingFound(because("not_searchable")) from error
    return variableOf(found)


def variableOf(found: object) -> str:
    """
    What was found in a JSON document, as text.

    @raise NothingFound: when that is nothing, or no text, number or boolean.
    """
    if found is None or found == "":
        raise NothingFound(because("not_in_document"))
    if isinstance(found, bool):
        return "true" if found else "false"
    if isinstance(found, str | int | float):
        return str(found)
    raise NothingFound(because("found_array" if isinstance(found, list) else "found_object"))


def regex(pattern: str, values: Mapping[str, str]) -> str:
    """
    A regular expression in which C{{name}} stands for exactly the text of a value.

    @param values: the texts; braces around anything else are those of the expression.

    @raise BadExpression: when braces hold a name that is not known.
    """

    def literal(match: re.Match[str]) -> str:
        if match[1] not in values:
            raise BadExpression(f"{{{match[1]}}} names no option or variable")
        return re.escape(values[match[1]])

    return _NAMED.sub(literal, pattern)


def checkRegex(pattern: str, names: frozenset[str]) -> None:
    """
    Check a regular expression with one group.

    @param names: what it may name.

    @raise BadExpression: when it is none.
    """
    text = regex(pattern, dict.fromkeys(names, "x"))
    try:
        groups = re.compile(text, re.MULTILINE).groups
    except (re.error, RecursionError, OverflowError) as error:
        raise BadExpression(f"not a regular expression: {error}") from error
    if groups != 1:
        raise BadExpression("must have exactly one group, ( )")


def fromText(pattern: str, text: str) -> str:
    """
    What the one group of the first match of a regular expression holds; C{^} and C{$} stand for
    the ends of lines.

    @raise NothingFound: when there is none, or it is empty.
    """
    found = re.search(pattern, text, re.MULTILINE)
    if found is None or not found[1]:
        raise NothingFound(because("nothing_matches"))
    return found[1]
