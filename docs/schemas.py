"""
JSON Schemas of the messages, as the OpenAPI document has them.

Source: U{JSON Schema 2020-12<https://json-schema.org/draft/2020-12>}, and what generators of
clients make of it: without C{format} Go and Java take 32 bits for each number, a C{default} in an
answer is code that does not compile in Go, and an C{enum} refuses each word that is added later.
"""

import re
from collections.abc import Iterable
from inspect import cleandoc
from typing import Any, Final, get_args

import msgspec
from msgspec import NODEFAULT, Struct, UnsetType

from gamepanel.wire.message import Message

Schema = dict[str, Any]

_ref: Final = "#/components/schemas/{name}"

_formats: Final = {"integer": "int64", "number": "double"}
"""Of numbers: indexes and sizes outgrow 32 bits, and times lose seconds in them."""

_EPYTEXT: Final = re.compile(r"[LCBIU]\{([^{}]*)\}")


def plain(text: str) -> str:
    """Epytext as Markdown: what it marks as code becomes code."""
    return _EPYTEXT.sub(lambda match: f"`{match[1].strip(chr(34))}`", text)


def describe(kind: type) -> tuple[str, dict[str, str]]:
    """
    What a type's docstring says of it, and of each of its fields, those of its bases included, as
    Markdown.
    """
    summary, fields = documented(kind)
    return plain(summary), {name: plain(text) for name, text in fields.items()}


def documented(kind: type) -> tuple[str, dict[str, str]]:
    """The same as it is written."""
    fields: dict[str, str] = {}
    for base in reversed(kind.__mro__[:-1]):
        if issubclass(base, Struct) and base is not Struct and base.__doc__:
            found = re.findall(
                r"@ivar (\w+): (.*?)(?=\n\s*@ivar|\Z)", cleandoc(base.__doc__), re.DOTALL
            )
            fields |= {name: " ".join(text.split()) for name, text in found}
    return cleandoc(kind.__doc__ or "").partition("@ivar")[0].strip(), fields


def schemasOf(roots: Iterable[type[Struct]]) -> dict[str, Schema]:
    """
    The schemas of messages, and of all that they are made of, sorted by name.

    A type of a field that has a title (such as C{ServerId}) has a schema of its own, too.
    """
    structs = _structs(roots)
    _, schemas = msgspec.json.schema_components(list(structs.values()), ref_template=_ref)
    scalars: dict[str, Schema] = {}
    for name, schema in schemas.items():
        _dress(schema, structs[name], scalars)
    return dict(sorted({**schemas, **scalars}.items()))


def schemaOf(kind: type[Struct]) -> Schema:
    """The schema of one message alone."""
    schema: Schema = msgspec.json.schema(kind)["$defs"][kind.__name__]
    _dress(schema, kind, {})
    return schema


def nullable(schema: Schema) -> Schema:
    """The schema of what may also be null."""
    parts = schema.get("anyOf", [schema])
    null = {"type": "null"}
    return {"anyOf": parts if null in parts else [*parts, null]}


def notNull(schema: Schema) -> Schema:
    """The schema of what may not be null."""
    parts = [part for part in schema.get("anyOf", [schema]) if part != {"type": "null"}]
    return parts[0] if len(parts) == 1 else {"anyOf": parts}


def _structs(roots: Iterable[type[Struct]]) -> dict[str, type[Struct]]:
    """All types that are named in a schema, by name."""
    found: dict[str, type[Struct]] = {}

    def visit(kind: Any) -> None:
        isNew = isinstance(kind, type) and issubclass(kind, Struct) and kind.__name__ not in found
        if isNew:
            found[kind.__name__] = kind
            for field in msgspec.structs.fields(kind):
                visit(field.type)
        for part in get_args(kind):
            visit(part)

    for root in roots:
        visit(root)
    return found


def _dress(schema: Schema, kind: type[Struct], scalars: dict[str, Schema]) -> None:
    """
    Give a schema what only our own types know.

    @param scalars: takes the schemas of the types of its fields that have one of their own.
    """
    isRequest = issubclass(kind, Message)
    summary, told = describe(kind)
    schema["description"] = summary or f"A request: {kind.__name__}."
    properties = schema.get("properties", {})
    for field in msgspec.structs.fields(kind):
        name = field.encode_name
        found = _plain(properties[name], isRequest, scalars)
        default = properties[name].get("default")
        about = told.get(name) or properties[name].get("description", "")
        if isRequest and (field.default is not NODEFAULT or field.default_factory is not NODEFAULT):
            # What is null is absent. A default of null, or of nothing, would say that once more.
            found = nullable(found) | ({} if default in (None, {}) else {"default": default})
        properties[name] = found | {"description": about}
    if properties and not isRequest:
        # Defaults of answers are for clients of older daemons; this one sends all of them.
        fields = msgspec.structs.fields(kind)
        schema["required"] = [f.encode_name for f in fields if UnsetType not in get_args(f.type)]


def _plain(schema: Schema, isRequest: bool, scalars: dict[str, Schema]) -> Schema:
    r"""
    What generators take: regular expressions as ECMAScript has them (C{\Z} is Python's), numbers
    with their size.
    """
    found = {key: part for key, part in schema.items() if key not in ("default", "title")}
    for name in ("anyOf", "prefixItems"):
        if name in found:
            found[name] = [_plain(part, isRequest, scalars) for part in found[name]]
    for name in ("items", "additionalProperties"):
        if isinstance(found.get(name), dict):
            found[name] = _plain(found[name], isRequest, scalars)
    if "propertyNames" in found:
        found["propertyNames"] = _plain(found["propertyNames"], isRequest, {})
    if "pattern" in found:
        found["pattern"] = re.sub(r"\\Z$", "$", found["pattern"])
    if "enum" in found:
        found["type"] = "string"
    kind = found.get("type")
    if kind in _formats:
        found["format"] = _formats[kind]
    if kind == "object" and "additionalProperties" not in found:
        found["additionalProperties"] = _anyValue if isRequest else True
    if "prefixItems" in found:
        found["items"] = _itemOf(found["prefixItems"])
    if "title" not in schema or kind is None:
        return found
    scalars[schema["title"]] = {"title": schema["title"], **found}
    return {"$ref": _ref.format(name=schema["title"])}


_anyValue: Final = {"type": ["string", "number", "boolean", "null"]}
"""What an option or a setting can be given."""


def _itemOf(items: list[Schema]) -> Schema:
    """What each item of a tuple of numbers is, for those who know no tuples."""
    numbers = [item for item in items if item.get("type") == "number"]
    return {"type": "number", "format": "double"} if numbers else items[0]
