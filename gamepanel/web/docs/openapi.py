"""
The API as an OpenAPI document, made from the endpoints and the types of their messages.

Source: U{OpenAPI 3.1<https://spec.openapis.org/oas/v3.1.1.html>}.
"""

import re
from collections.abc import Iterable, Mapping
from inspect import cleandoc
from typing import Any, Final, get_args

import msgspec
from msgspec import Struct

import gamepanel
from gamepanel import errors
from gamepanel.errors import PanelError
from gamepanel.web.docs.examples import examples, further
from gamepanel.web.endpoint import Endpoint
from gamepanel.web.http.problems import statusesOf
from gamepanel.web.http.reading import maxToken
from gamepanel.wire.problems import ProblemDetails

always: Final[tuple[type[PanelError], ...]] = (
    errors.BadRequest,
    errors.OriginRefused,
    errors.RequestTimeout,
    errors.HostRefused,
    errors.TooManyRequests,
    PanelError,
    errors.ShuttingDown,
)
"""What every endpoint refuses with."""

withBody: Final = (errors.TooLarge, errors.UnsupportedMediaType)
withToken: Final = (
    errors.TokenMissing,
    errors.TokenInvalid,
    errors.AuthUnavailable,
    errors.Busy,
)

_DESCRIPTION: Final = """\
Runs game servers on one host. Every endpoint takes `POST` with one JSON object as body, unless it
says `GET` (which answers `HEAD`, too), and answers one JSON object; every refusal is
`application/problem+json` (RFC 9457) with a stable `code`. What is no endpoint is 404 `not_found`,
and a method that an endpoint does not take is 405 `method_not_allowed`, with `Allow`.

The access token is sent as `Authorization: Bearer TOKEN`, or as the field `accessToken` of the
body; not both. With `--auth noauth` none is needed. `null` for an optional field means that it is
absent. Times are seconds, points in time since the Unix epoch; sizes and indexes are bytes."""

_GROUPS: Final = {
    "Authentication": "How to talk to this daemon; logging in and out.",
    "Management": "Making and removing servers, and all of them at a glance.",
    "One server": "Its console, what it does, and its settings.",
    "Players": "Who plays, and what can be done with them.",
    "Installing": "Bringing the files of games, and newer ones.",
    "Jobs": "Long work: how far it is, what it prints, its end.",
    "Events": "What happened: read, waited for, streamed.",
    "History and host": "What servers and the host use, now and lately.",
    "People": "Who uses the daemon, what each may do, and what they did.",
    "For machines": "Whether the daemon answers, and what it can be asked.",
}
"""What the endpoints of each group are for."""

_EPYTEXT: Final = re.compile(r"[LCBIU]\{([^{}]*)\}")


def plain(text: str) -> str:
    """Epytext as Markdown: what it marks as code becomes code."""
    return _EPYTEXT.sub(lambda match: f"`{match[1].strip(chr(34))}`", text)


def describe(kind: type) -> tuple[str, dict[str, str]]:
    """
    What a type's docstring says of it, and of each of its fields, those of its bases included.
    """
    fields: dict[str, str] = {}
    for base in reversed(kind.__mro__[:-1]):
        if issubclass(base, Struct) and base is not Struct and base.__doc__:
            fields |= _fields(base.__doc__)
    summary = cleandoc(kind.__doc__ or "").partition("@ivar")[0].strip()
    return plain(summary), fields


def _fields(doc: str) -> dict[str, str]:
    found = re.findall(r"@ivar (\w+): (.*?)(?=\n\s*@ivar|\Z)", cleandoc(doc), re.DOTALL)
    return {name: plain(" ".join(text.split())) for name, text in found}


def document(endpoints: Iterable[Endpoint]) -> dict[str, Any]:
    """
    The whole document.
    """
    known = list(endpoints)
    types = {kind.__name__: kind for endpoint in known for kind in _typesOf(endpoint)}
    types["ProblemDetails"] = ProblemDetails
    _, schemas = msgspec.json.schema_components(
        list(types.values()), ref_template="#/components/schemas/{name}"
    )
    for name, schema in schemas.items():
        _dress(schema, _structs(types.values())[name])
    for endpoint in known:
        if not endpoint.isOpen and "POST" in endpoint.route.methods:
            _addToken(schemas[endpoint.takes.__name__])
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "gamepanel",
            "version": gamepanel.__version__,
            "summary": "Runs game servers and looks after them.",
            "description": _DESCRIPTION,
            "contact": {"name": "the gamepanel authors"},
            "license": {"name": "MIT", "identifier": "MIT"},
        },
        "servers": [{"url": "/"}],
        "tags": [
            {"name": name, "description": _GROUPS[name]}
            for name in dict.fromkeys(endpoint.group for endpoint in known)
        ],
        "paths": {f"/{endpoint.name}": _path(endpoint) for endpoint in known},
        "components": {
            "schemas": dict(sorted(schemas.items())),
            "securitySchemes": {
                "bearer": {"type": "http", "scheme": "bearer", "description": "An access token."}
            },
        },
    }


def _typesOf(endpoint: Endpoint) -> list[type[Struct]]:
    inBody = [endpoint.takes] if "POST" in endpoint.route.methods else []
    return [*inBody, *_answersOf(endpoint)]


def _answersOf(endpoint: Endpoint) -> list[type[Struct]]:
    kinds = get_args(endpoint.answers) or (endpoint.answers,)
    return [kind for kind in kinds if isinstance(kind, type) and issubclass(kind, Struct)]


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


def _dress(schema: dict[str, Any], kind: type[Struct]) -> None:
    """Give a schema what only our own types know."""
    summary, fields = describe(kind)
    schema["description"] = summary or f"A request: {kind.__name__}."
    for name, field in schema.get("properties", {}).items():
        _plainSchema(field)
        if name in fields:
            field["description"] = fields[name]


def _plainSchema(schema: dict[str, Any]) -> None:
    r"""
    What generators take: regular expressions as ECMAScript has them (C{\Z} is Python's), and
    tuples as lists of so many items.
    """
    if "prefixItems" in schema:
        schema["items"] = {"anyOf": schema.pop("prefixItems")}
    for part in schema.get("anyOf", ()):
        _plainSchema(part)
    for name in ("items", "additionalProperties", "propertyNames"):
        if isinstance(schema.get(name), dict):
            _plainSchema(schema[name])
    if "pattern" in schema:
        schema["pattern"] = re.sub(r"\\Z$", "$", schema["pattern"])


def _addToken(schema: dict[str, Any]) -> None:
    schema.setdefault("properties", {})["accessToken"] = {
        "type": ["string", "null"],
        "maxLength": maxToken,
        "description": "An access token, unless it is sent in the header.",
    }


def _path(endpoint: Endpoint) -> dict[str, Any]:
    verbs = [verb for verb in endpoint.route.methods if verb != "HEAD"]
    return {verb.lower(): _operation(endpoint, verb) for verb in verbs}


def _operation(endpoint: Endpoint, verb: str) -> dict[str, Any]:
    lines = plain(endpoint.description).split("\n\n", 1)
    both = len(endpoint.route.methods) > 2
    found: dict[str, Any] = {
        "operationId": f"{endpoint.name}_get" if both and verb == "GET" else endpoint.name,
        "summary": lines[0],
        # Generators and linters want one, also where the summary says it all.
        "description": lines[-1],
        "tags": [endpoint.group],
        "security": [] if endpoint.isOpen else [{"bearer": []}, {}],
        "responses": _responses(endpoint, verb),
    }
    if verb == "POST":
        found["requestBody"] = {
            "required": True,
            "content": {"application/json": _content(endpoint.takes, endpoint.name, 0)},
        }
    else:
        found["parameters"] = [*_parameters(endpoint.takes), *_headers(endpoint.headers)]
    return found


def _content(kind: Any, name: str, which: int) -> dict[str, Any]:
    kinds = get_args(kind) or (kind,)
    refs = [{"$ref": f"#/components/schemas/{one.__name__}"} for one in kinds]
    content: dict[str, Any] = {"schema": refs[0] if len(refs) == 1 else {"anyOf": refs}}
    return content | _examples(name, which)


def _examples(name: str, which: int) -> dict[str, Any]:
    """
    The examples of an endpoint.

    @param which: 0 for those of requests, 1 for those of answers.
    """
    if name not in examples:
        return {}
    if name not in further:
        return {"example": examples[name][which]}
    both = (examples[name][which], further[name][which])
    return {"examples": {str(n): {"value": each} for n, each in enumerate(both, 1)}}


def _parameters(takes: type[Struct]) -> list[dict[str, Any]]:
    """The fields of a request as those of a query."""
    schema = msgspec.json.schema(takes)["$defs"][takes.__name__]
    _dress(schema, takes)
    required = schema.get("required", ())
    return [
        {
            "name": name,
            "in": "query",
            "required": name in required,
            "description": field.pop("description", ""),
            "schema": _notNull(field),
        }
        for name, field in schema["properties"].items()
    ]


def _headers(headers: Mapping[str, str]) -> list[dict[str, Any]]:
    return [
        {
            "name": name,
            "in": "header",
            "required": False,
            "description": description,
            "schema": {"type": "string"},
        }
        for name, description in headers.items()
    ]


def _notNull(schema: dict[str, Any]) -> dict[str, Any]:
    """A query has no null: an optional field is absent."""
    parts = [part for part in schema.get("anyOf", ()) if part != {"type": "null"}]
    return parts[0] if len(parts) == 1 else schema


def _responses(endpoint: Endpoint, verb: str) -> dict[str, Any]:
    found: dict[str, Any] = {"200": _success(endpoint)}
    for status, kinds in sorted(_refusals(endpoint, verb).items()):
        found[str(status)] = {
            "description": "\n".join(f"- `{kind.code}`: {kind.explanation}" for kind in kinds),
            "content": {
                "application/problem+json": {
                    "schema": {
                        "allOf": [{"$ref": "#/components/schemas/ProblemDetails"}],
                        "properties": {"code": {"enum": [kind.code for kind in kinds]}},
                    }
                }
            },
        }
        headers = {
            name: header
            for name, (header, told) in _answerHeaders.items()
            if any(kind in told for kind in kinds) or (name == "Retry-After" and status == 503)
        }
        if headers:
            found[str(status)]["headers"] = headers
    return found


_answerHeaders: Final[dict[str, tuple[dict[str, Any], tuple[type[PanelError], ...]]]] = {
    "Retry-After": (
        {
            "description": "After so many seconds another try makes sense.",
            "schema": {"type": "integer", "minimum": 0},
        },
        (errors.TooManyRequests,),
    ),
    "WWW-Authenticate": (
        {
            "description": "With `token_missing` and `token_invalid`.",
            "schema": {"const": "Bearer"},
        },
        (errors.TokenMissing, errors.TokenInvalid),
    ),
}
"""Headers of refusals, and of which."""


def _success(endpoint: Endpoint) -> dict[str, Any]:
    if endpoint.schema:
        content = {"schema": endpoint.schema} | _examples(endpoint.name, 1)
        return {
            "description": plain(endpoint.description).partition("\n")[0],
            "content": {endpoint.mediaType: content},
        }
    return {
        "description": describe(_answersOf(endpoint)[0])[0],
        "content": {"application/json": _content(endpoint.answers, endpoint.name, 1)},
    }


def _refusals(endpoint: Endpoint, verb: str) -> dict[int, list[type[PanelError]]]:
    """What an endpoint refuses with, by status."""
    kinds = [
        *always,
        *(withBody if verb == "POST" else ()),
        *(() if endpoint.isOpen else withToken),
        *endpoint.raises,
    ]
    found: dict[int, list[type[PanelError]]] = {}
    for kind in sorted(set(kinds), key=lambda kind: kind.code):
        for status in statusesOf(kind):
            found.setdefault(int(status), []).append(kind)
    return found
