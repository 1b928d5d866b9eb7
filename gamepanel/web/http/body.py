"""
What a request says, from its body or its query, as its endpoint takes it.

JSON is read as strictly as it can be: what two readers could understand differently is refused.
Everybody may send us 64 KiB of it, so nothing here costs a step of Python for each value: the
dearest body takes some milliseconds. A longer one, of who has a good token, may have a long text,
but no more values than that.
"""

import re
from collections.abc import Collection
from itertools import islice
from typing import Annotated, Any, Final, TypeVar

import msgspec
from msgspec import Meta, Struct

from gamepanel.base.errors import BadRequest, Problem, problem
from gamepanel.web.http.largebody import plainBytes
from gamepanel.web.http.mistakes import Knows, mistakesIn, unknownFields
from gamepanel.web.http.problems import maxProblems
from gamepanel.wire.causes import because

M = TypeVar("M", bound=Struct)

maxDepth: Final = 8
maxInteger: Final = 2**53 - 1

maxValues: Final = plainBytes // 2
"""In lists and objects of a body of more than L{plainBytes}: as many as one of these can have."""

maxSearched: Final = 64
"""Fields that are searched for one that can't be taken, and numbers for those that are whole."""

_Integer = Annotated[int, Meta(ge=-(2**63), le=2**63 - 1)]
_OUT_OF_RANGE: Final = ("Number out of range", "Expected `int`")


def _valueType(levels: int) -> Any:
    """The type of a value that nests so deep at the most."""
    # How large a number may be is said by what takes it, which knows what it is called.
    plain: Any = bool | _Integer | float | str | None
    found = plain
    for _ in range(levels):
        found = plain | _list[found] | _dict[str, found]
    return found


_list: Any = list
_dict: Any = dict

# No pattern for strings in here: msgspec crashes at the end of the process where there is one
# (https://github.com/msgspec/msgspec/issues/717).
_value: Final = msgspec.json.Decoder(_valueType(maxDepth - 1))
_fields: Final = msgspec.json.Decoder(_dict[str, _valueType(maxDepth - 1)])
_encode: Final = msgspec.json.Encoder().encode
_fieldsRaw: Final = msgspec.json.Decoder(dict[str, msgspec.Raw])

_BROKEN: Final = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
_NUL: Final = re.compile(rb"(?<!\\)(?:\\\\)*+\\u0000")
_FRACTION: Final = re.compile(rb"[0-9][.eE]")
"""What a number with a fraction or an exponent has; strings may, too."""

_numbers: Final = ("readIndex", "after", "offset", "size", "backup")
"""Fields of queries that are whole numbers."""

_STRING: Final = re.compile(rb'"[^"]*+"(?:\s*+(:))?')
"""
Any string in a text that is JSON, without the quotes that are escaped; its group is there where it
is the name of something.
"""


def parse(body: bytes, known: Collection[str] = ()) -> dict[str, Any]:
    """
    The object that a body holds; no body is an empty one. Numbers that are whole are integers.

    @param known: names of fields that may be told again.

    @raise BadRequest: when it is no JSON, no object, or can't be taken by all: a name twice, a
        lone surrogate or a NUL in a string, numbers beyond those of 64 bits, more than
        L{maxDepth} levels. It points at where that is, if it can.
    """
    if not body:
        return {}
    if len(body) > plainBytes:
        _checkLong(body, known)
    try:
        fields: dict[str, Any] = _fields.decode(body)
    except msgspec.ValidationError:
        raise _refusal(body, known) from None
    except _BROKEN:
        raise BadRequest(because("not_json")) from None
    read = _encode(fields)
    if b"\\u" not in body:
        # So both have each colon in one and the same form, and with each name goes one.
        isLess = body.count(b":") != read.count(b":")
    elif b"\\u0000" in body and _NUL.search(body):
        raise _refusal(body, known)
    else:
        isLess = _countNames(body) != _countNames(read)
    if isLess:
        # Of a name that is twice, one value is kept.
        raise BadRequest(because("name_twice"))
    if _FRACTION.search(body):
        _makeWhole(fields)
    return fields


def _makeWhole(fields: dict[str, Any]) -> None:
    """
    Make integers of numbers that have a fraction or an exponent, but are whole: of the first
    L{maxSearched}, in as many objects and lists.
    """
    inside: list[Any] = [fields]
    count = 0
    for holder in inside:
        for key, value in holder.items() if holder.__class__ is dict else enumerate(holder):
            if value.__class__ is float:
                count += 1
                if count > maxSearched:
                    return
                if value % 1 == 0 and -maxInteger <= value <= maxInteger:
                    holder[key] = int(value)
            elif value.__class__ in (dict, list) and count + len(inside) < maxSearched:
                inside.append(value)


def _checkLong(body: bytes, known: Collection[str]) -> None:
    """
    Check that a long body has not too many values, of which each takes time.

    @raise BadRequest: when it has, or is no JSON.
    """
    try:
        values = [bytes(value) for value in _fieldsRaw.decode(body).values()]
    except _BROKEN:
        raise _refusal(body, known) from None
    inside = sum(value.count(b",") for value in values if not value.startswith(b'"'))
    # Of a name that is twice, one value is kept, and the other counts as what is between them.
    if inside > maxValues or len(body) - sum(map(len, values)) > plainBytes:
        raise BadRequest()


def _countNames(text: bytes) -> int:
    plain = text.replace(b"\\\\", b"").replace(b'\\"', b"")
    return len(b"".join(_STRING.findall(plain)))


def _refusal(body: bytes, known: Collection[str]) -> BadRequest:
    """What to say of a body whose values, or one of its names, can't be taken."""
    try:
        fields = _fieldsRaw.decode(body)
    except msgspec.ValidationError:
        return BadRequest(because("not_a_json_object"))
    except _BROKEN:
        return BadRequest(because("not_json"))
    for name, value in fields.items() if len(fields) <= maxSearched else ():
        path = (name,) if name in known else ()
        if _NUL.search(value):
            return BadRequest(problems=(problem(path, because("has_nul")),))
        try:
            _value.decode(value)
        except msgspec.ValidationError as error:
            return BadRequest(problems=(_problem(path, str(error)),))
        except _BROKEN:
            return BadRequest(because("not_json"))
    return BadRequest()


def _problem(path: tuple[str, ...], text: str) -> Problem:
    if text.startswith(_OUT_OF_RANGE):
        return problem(path, because("beyond_64_bits"))
    return problem(path, because("too_deep", most=maxDepth))


def fieldsOf(request: Any, takes: type[Struct], inQuery: bool = False) -> dict[str, Any]:
    """
    What a request says: in its body, or in its query.

    @param takes: what its endpoint takes.
    @param inQuery: whether it is in the query of a POST, too.
    """
    if inQuery or request.method != b"POST":
        return _query(request)
    if request.args:
        raise BadRequest(because("post_with_query"))
    return parse(request.body, takes.__struct_encode_fields__)


def _query(request: Any) -> dict[str, Any]:
    """The fields in a query; whole numbers are what only they can look like."""
    fields: dict[str, Any] = {}
    for given, values in request.args.items():
        if len(values) != 1:
            raise BadRequest(because("query_name_twice"))
        try:
            name, value = given.decode(), values[0].decode()
        except UnicodeDecodeError:
            raise BadRequest(because("query_not_utf8")) from None
        isNumber = name in _numbers and re.fullmatch(r"[0-9]{1,16}", value)
        fields[name] = int(value) if isNumber else value
    return fields


def messageOf(takes: type[M], fields: dict[str, Any], knows: Knows = lambda name: False) -> M:
    """
    The fields as what the endpoint takes; null stands for absent, where it is no value.

    @param knows: whether a name in a map may be told again.
    """
    nullable = getattr(takes, "nullable", ())
    given = {name: value for name, value in fields.items() if value is not None or name in nullable}
    if not fields.keys() <= given.keys() | set(takes.__struct_encode_fields__):
        # So that null is none that is let through.
        raise BadRequest(problems=tuple(unknownFields(fields, takes.__struct_encode_fields__)))
    for first, second in getattr(takes, "exclusive", ()):
        if first in given and second in given:
            raise BadRequest(problems=(problem((second,), because("excludes", other=first)),))
    try:
        return msgspec.convert(given, takes)
    except msgspec.ValidationError:
        found = islice(mistakesIn(takes, given, knows), maxProblems)
        raise BadRequest(problems=tuple(found)) from None
