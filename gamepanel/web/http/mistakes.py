"""
What is wrong with a request, in words of ours.

msgspec says it for programmers, with regular expressions and names of types, and its paths have no
names of maps. So what it has refused is looked through again, by the types of the fields.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache
from itertools import islice
from typing import Any, Final

from msgspec import Struct, inspect
from msgspec.structs import replace

from gamepanel.base.errors import Problem, problem
from gamepanel.wire.causes import Cause, because
from gamepanel.wire.server import commandPattern
from gamepanel.wire.values import idPattern, notePattern, sumPattern, uploadPattern, usernamePattern

maxSearched: Final = 64
"""Items of a list or a map that are looked through: a body can have thousands."""

Path = tuple[str, ...]
Knows = Callable[[str], bool]

_patterns: Final[Mapping[str, Cause]] = {
    idPattern: because("not_id"),
    usernamePattern: because("not_username"),
    commandPattern: because("not_command"),
    notePattern: because("no_control_characters"),
    uploadPattern: because("no_match", pattern="[0-9a-f]{32}"),
    sumPattern: because("no_match", pattern="[0-9A-Fa-f]{64}"),
}
"""What is wrong where a pattern does not match."""

_unfitting: Final = problem((), because("unfit"))


def mistakesIn(takes: type[Struct], fields: Mapping[str, Any], knows: Knows) -> Iterator[Problem]:
    """
    What is wrong with the fields of a request; at least one thing, as they were refused.

    @param knows: whether a name in a map may be told again: nothing else that was sent is.
    """
    found = list(_object(_typeOf(takes), fields, (), knows))
    yield from found or (_unfitting,)


def unknownFields(
    fields: Iterable[str], known: Iterable[str], path: Path = ()
) -> Iterator[Problem]:
    """The problem of an object that has other fields than are known there, if it has."""
    known = list(known)
    if any(name not in known for name in fields):
        cause = because("unknown_field", known=known) if known else because("no_fields")
        yield problem(path, cause)


def _walk(kind: Any, value: Any, path: Path, knows: Knows) -> Iterator[Problem]:
    if isinstance(kind, inspect.Metadata):
        kind = kind.type
    if isinstance(kind, inspect.UnionType):
        if value is None and kind.includes_none:
            return
        kinds = [each.type if isinstance(each, inspect.Metadata) else each for each in kind.types]
        kinds = [each for each in kinds if not isinstance(each, inspect.NoneType)]
        # Of two that it may be, such as a word or a list of them, the one that it looks like.
        isList = isinstance(value, list)
        alike = (each for each in kinds if isinstance(each, inspect.ListType) == isList)
        kind = next(alike, kinds[0])
    match kind:
        case inspect.StructType():
            yield from _object(kind, value, path, knows)
        case inspect.DictType():
            yield from _map(kind, value, path, knows)
        case inspect.ListType():
            yield from _list(kind, value, path, knows)
        case inspect.IntType() | inspect.FloatType():
            yield from _number(kind, value, path)
        case inspect.StrType():
            yield from _text(kind, value, path)
        case inspect.LiteralType():
            if value not in kind.values:
                yield problem(path, because("not_a_word", words=list(kind.values)))
        case inspect.BoolType():
            if not isinstance(value, bool):
                yield problem(path, because("not_boolean"))


def _object(kind: Any, value: Any, path: Path, knows: Knows) -> Iterator[Problem]:
    if not isinstance(value, Mapping):
        yield problem(path, because("not_object"))
        return
    yield from unknownFields(value, (each.encode_name for each in kind.fields), path)
    for field in kind.fields:
        name = field.encode_name
        if name in value:
            yield from _walk(field.type, value[name], (*path, name), knows)
        elif field.required:
            yield problem((*path, name), because("is_missing"))


def _map(kind: Any, value: Any, path: Path, knows: Knows) -> Iterator[Problem]:
    if not isinstance(value, Mapping):
        yield problem(path, because("not_object"))
        return
    for name, each in islice(value.items(), maxSearched):
        wrong = list(_walk(kind.key_type, name, path, knows))
        if wrong:
            yield problem(path, because("bad_name", why=wrong[0].cause))
        elif knows(name):
            yield from _walk(kind.value_type, each, (*path, name), knows)
        else:
            for found in _walk(kind.value_type, each, (), knows):
                yield replace(found, field=path)


def _list(kind: Any, value: Any, path: Path, knows: Knows) -> Iterator[Problem]:
    if not isinstance(value, list):
        yield problem(path, because("not_list"))
        return
    yield from _length(kind, value, path, ("too_few_items", "too_many_items"))
    for number, each in enumerate(value[:maxSearched]):
        yield from _walk(kind.item_type, each, (*path, str(number)), knows)


def _number(kind: Any, value: Any, path: Path) -> Iterator[Problem]:
    isWhole = isinstance(kind, inspect.IntType)
    if isinstance(value, bool) or not isinstance(value, int if isWhole else int | float):
        yield problem(path, because("not_integer" if isWhole else "not_number"))
    elif kind.ge is not None and value < kind.ge:
        yield problem(path, because("too_small", least=kind.ge))
    elif kind.le is not None and value > kind.le:
        yield problem(path, because("too_large_number", most=kind.le))


def _text(kind: Any, value: Any, path: Path) -> Iterator[Problem]:
    if not isinstance(value, str):
        yield problem(path, because("not_string"))
        return
    yield from _length(kind, value, path, ("too_short", "too_long"))
    if kind.pattern is not None and not _matcher(kind.pattern)(value):
        yield problem(path, _patterns[kind.pattern])


@cache
def _typeOf(takes: type[Struct]) -> Any:
    return inspect.type_info(takes)


@cache
def _matcher(pattern: str) -> Callable[[str], Any]:
    return re.compile(pattern).search


def _length(kind: Any, value: Any, path: Path, causes: tuple[str, str]) -> Iterator[Problem]:
    if kind.min_length is not None and len(value) < kind.min_length:
        yield problem(path, because(causes[0], least=kind.min_length))
    if kind.max_length is not None and len(value) > kind.max_length:
        yield problem(path, because(causes[1], most=kind.max_length))
