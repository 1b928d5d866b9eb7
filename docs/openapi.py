"""
The API as an OpenAPI document, made from the endpoints and the types of their messages.

Source: U{OpenAPI 3.1<https://spec.openapis.org/oas/v3.1.1.html>}.
"""

from http import HTTPStatus
from inspect import cleandoc
from typing import Any, Final, get_args

from msgspec import Struct
from msgspec.structs import fields

from docs.examples import examples, further
from docs.schemas import describe, notNull, plain, schemaOf, schemasOf
from gamepanel.base import errors
from gamepanel.base.errors import PanelError
from gamepanel.wire.codes import codes
from gamepanel.wire.endpoints import Endpoint, apiVersion, endpoints, sections
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

The access token is sent as `Authorization: Bearer TOKEN`. Who can't send that header may put it
into the body instead, as the field `accessToken` beside those of the endpoint; not both. With
`--auth noauth` none is needed. `null` for an optional field means that it is absent. Times are
seconds, points in time since the Unix epoch; sizes and indexes are bytes.

Later versions of the daemon may add endpoints, optional fields of requests, fields of answers,
and words where an answer has `x-extensible-enum`: ignore the fields that you do not know, and
take any word. `x-reads` marks what changes nothing and may be sent again."""

_kinds: Final = {
    kind.code: kind
    for kind in vars(errors).values()
    if isinstance(kind, type) and issubclass(kind, PanelError)
}
"""The errors by their codes."""


def document() -> dict[str, Any]:
    """The whole document."""
    known = endpoints.values()
    types = [kind for endpoint in known for kind in _typesOf(endpoint)]
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "gamepanel",
            "version": str(apiVersion),
            "summary": "Runs game servers and looks after them.",
            "description": _DESCRIPTION,
            "contact": {"name": "the gamepanel authors"},
            "license": {"name": "MIT", "identifier": "MIT"},
        },
        "servers": [{"url": "/"}],
        "tags": [{"name": name, "description": about} for name, about in sections.items()],
        "paths": {f"/{endpoint.name}": _path(endpoint) for endpoint in known},
        "components": {
            "schemas": schemasOf([*types, ProblemDetails]),
            "securitySchemes": {
                "bearer": {"type": "http", "scheme": "bearer", "description": "An access token."}
            },
        },
    }


def _typesOf(endpoint: Endpoint) -> list[type[Struct]]:
    inBody = [endpoint.takes] if "POST" in endpoint.methods and not endpoint.takesFile else []
    failing = [] if endpoint.failing is None else [endpoint.failing]
    return [*inBody, *_answersOf(endpoint), *failing]


def _answersOf(endpoint: Endpoint) -> list[type[Struct]]:
    kinds = get_args(endpoint.answers) or (endpoint.answers,)
    return [kind for kind in kinds if isinstance(kind, type) and issubclass(kind, Struct)]


def _path(endpoint: Endpoint) -> dict[str, Any]:
    verbs = [verb for verb in endpoint.methods if verb != "HEAD"]
    return {verb.lower(): _operation(endpoint, verb) for verb in verbs}


def _operation(endpoint: Endpoint, verb: str) -> dict[str, Any]:
    lines = plain(cleandoc(endpoint.about)).split("\n\n", 1)
    both = len(endpoint.methods) > 2
    found: dict[str, Any] = {
        "operationId": f"{endpoint.name}_get" if both and verb == "GET" else endpoint.name,
        "summary": lines[0],
        # Generators and linters want one, also where the summary says it all.
        "description": lines[-1],
        "tags": [endpoint.section],
        "security": [] if endpoint.isOpen else [{"bearer": []}],
        "responses": _responses(endpoint, verb),
    }
    if endpoint.reads:
        found["x-reads"] = True
    if endpoint.takesFile:
        found["requestBody"] = {"required": True, "content": {"application/octet-stream": _bytes}}
        found["parameters"] = _parameters(endpoint.takes)
    elif verb == "POST":
        found["requestBody"] = {
            # No body at all is one without fields.
            "required": any(field.required for field in fields(endpoint.takes)),
            "content": {"application/json": _content(endpoint.takes, endpoint.name, 0)},
        }
    else:
        found["parameters"] = [*_parameters(endpoint.takes), *_headers(endpoint)]
    return found


_bytes: Final[dict[str, Any]] = {"schema": {"type": "string", "format": "binary"}}
"""A file, as what is sent or answered."""


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
    schema = schemaOf(takes)
    required = schema.get("required", ())
    return [
        {
            "name": name,
            "in": "query",
            "required": name in required,
            "description": field.pop("description", ""),
            "schema": notNull(field),
        }
        for name, field in schema["properties"].items()
    ]


def _headers(endpoint: Endpoint) -> list[dict[str, Any]]:
    if endpoint.resumes is None:
        return []
    return [
        {
            "name": "Last-Event-ID",
            "in": "header",
            "required": False,
            "description": endpoint.resumes,
            "schema": {"type": "string"},
        }
    ]


def _responses(endpoint: Endpoint, verb: str) -> dict[str, Any]:
    found: dict[str, Any] = {"200": _success(endpoint)}
    for status, kinds in sorted(_refusals(endpoint, verb).items()):
        codes = {"type": "string", "x-extensible-enum": [kind.code for kind in kinds]}
        found[str(status)] = {
            "description": "\n".join(f"- `{kind.code}`: {kind()}" for kind in kinds),
            "content": {
                "application/problem+json": {
                    "schema": {"allOf": [_problem], "properties": {"code": codes}}
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
    if endpoint.failing is not None:
        failing = {"schema": {"$ref": f"#/components/schemas/{endpoint.failing.__name__}"}}
        found["503"]["content"]["application/json"] = failing
    found["default"] = {
        "description": "Any other refusal, also of a path or a method that there is not.",
        "content": {"application/problem+json": {"schema": _problem}},
    }
    return found


_problem: Final = {"$ref": "#/components/schemas/ProblemDetails"}


_answerHeaders: Final[dict[str, tuple[dict[str, Any], tuple[type[PanelError], ...]]]] = {
    "Retry-After": (
        {
            "description": "After so many seconds another try makes sense.",
            "schema": {"type": "integer", "format": "int64", "minimum": 0},
        },
        (errors.TooManyRequests,),
    ),
    "WWW-Authenticate": (
        {
            "description": "With `token_missing` and `token_invalid`.",
            "schema": {"type": "string"},
        },
        (errors.TokenMissing, errors.TokenInvalid),
    ),
}
"""Headers of refusals, and of which."""


def _success(endpoint: Endpoint) -> dict[str, Any]:
    if endpoint.sendsFile:
        return {
            "description": "The bytes of the file.",
            "content": {endpoint.sendsFile: _bytes | _examples(endpoint.name, 1)},
        }
    if endpoint.answers is None:
        kind, schema = "application/json", {"type": "object"}
        if endpoint.isStream:
            kind = "text/event-stream"
            schema = {"type": "string", "description": "Server-Sent Events, without end."}
        return {
            "description": plain(cleandoc(endpoint.about)).partition("\n")[0],
            "content": {kind: {"schema": schema} | _examples(endpoint.name, 1)},
        }
    return {
        "description": describe(_answersOf(endpoint)[0])[0],
        "content": {"application/json": _content(endpoint.answers, endpoint.name, 1)},
    }


def statusesOf(kind: type[PanelError]) -> list[HTTPStatus]:
    """All the statuses that tell of errors of this kind."""
    return [HTTPStatus(each) for each in dict.fromkeys(codes[kind.code]) if each is not None]


def _refusals(endpoint: Endpoint, verb: str) -> dict[int, list[type[PanelError]]]:
    """What an endpoint refuses with, by status."""
    kinds = [
        *always,
        *(withBody if verb == "POST" else ()),
        *(() if endpoint.isOpen else withToken),
        *(_kinds[code] for code in endpoint.refuses),
    ]
    found: dict[int, list[type[PanelError]]] = {}
    for kind in sorted(set(kinds), key=lambda kind: kind.code):
        for status in statusesOf(kind):
            found.setdefault(int(status), []).append(kind)
    return found
