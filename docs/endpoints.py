"""The reference of endpoints as a page, made from the OpenAPI document."""

import json
from collections.abc import Iterator
from typing import Any

_INTRO = """\
# Endpoints

Made from the [OpenAPI 3.1 document](../../gamepanel/web/api/openapi.json) that the daemon serves
at `openapi.json`; what holds for all of them stands in [the contract](api.md). Where a text is
"such as" some words, later versions may have more of them.
"""


def page(document: dict[str, Any]) -> str:
    """The whole page, in Markdown."""
    groups: dict[str, list[str]] = {}
    for path, item in document["paths"].items():
        verb = "post" if "post" in item else "get"
        operation = item[verb]
        text = "\n".join(_endpoint(document, path, item, verb, operation))
        groups.setdefault(operation["tags"][0], []).append(text)
    parts = [_INTRO]
    for title, texts in groups.items():
        parts += [f"## {title}\n", *texts]
    parts.append("## Types\n")
    for name, schema in document["components"]["schemas"].items():
        parts.append("\n".join([f"### {name}\n", schema["description"], "", *_fields(schema)]))
    return "\n".join(parts) + "\n"


def _endpoint(
    document: dict[str, Any], path: str, item: Any, verb: str, operation: dict[str, Any]
) -> Iterator[str]:
    yield f"### {path[1:]}\n"
    yield f"`{' '.join(v.upper() for v in sorted(item))} {path}` {operation['summary']}\n"
    if operation["description"] != operation["summary"]:
        yield operation["description"] + "\n"
    stream = operation["responses"]["200"]["content"].get("text/event-stream")
    if stream is not None:
        yield f"```text\n{stream['example'].strip()}\n```\n"
    if not operation["security"]:
        yield "Needs no token.\n"
    content = operation.get("requestBody", {}).get("content", {}).get("application/json")
    answer = operation["responses"]["200"]["content"].get("application/json", {})
    for title, part in (("Takes", content), ("Answers", answer)):
        names = _names(part or {})
        if names:
            yield f"{title} {' or '.join(f'[{name}](#{name.lower()})' for name in names)}.\n"
        for example in _examples(part or {}):
            yield f"```json\n{json.dumps(example, indent=2, ensure_ascii=False)}\n```\n"
    for parameter in operation.get("parameters", ()):
        required = "required" if parameter["required"] else "optional"
        name = parameter["name"]
        name = f"`?{name}=`" if parameter["in"] == "query" else f"header `{name}`"
        kind = _kind(parameter["schema"])
        yield f"- {name} ({kind}; {required}): {parameter['description']}"
    own = sorted(_codes(operation) - _common(document))
    if own:
        yield f"\nRefuses with {', '.join(f'`{code}`' for code in own)}.\n"


def _examples(content: dict[str, Any]) -> list[Any]:
    """What is worth to be shown."""
    values = [each["value"] for each in content.get("examples", {}).values()]
    return [each for each in (content.get("example"), *values) if each]


def _names(content: dict[str, Any]) -> list[str]:
    schema = content.get("schema", {})
    parts = schema.get("anyOf", [schema])
    return [part["$ref"].rpartition("/")[2] for part in parts if "$ref" in part]


def _codes(operation: dict[str, Any]) -> set[str]:
    return set().union(*map(codesOf, operation["responses"].values()))


def codesOf(answer: dict[str, Any]) -> set[str]:
    """The codes that a refusal is told to have."""
    problem = answer["content"].get("application/problem+json", {}).get("schema", {})
    return set(wordsOf(problem.get("properties", {}).get("code", {})))


def wordsOf(schema: dict[str, Any]) -> Any:
    """The words that a text is one of."""
    return schema.get("enum", schema.get("x-extensible-enum", ()))


def _common(document: dict[str, Any]) -> set[str]:
    """What every endpoint with a token refuses with."""
    return _codes(document["paths"]["/whoami"]["post"])


def _fields(schema: dict[str, Any]) -> Iterator[str]:
    if schema["type"] != "object":
        yield _kind(schema)[0].upper() + _kind(schema)[1:] + ".\n"
        return
    if not schema.get("properties"):
        yield "No fields.\n"
        return
    yield "| field | type | |\n|---|---|---|"
    required = schema.get("required", ())
    for name, field in schema["properties"].items():
        star = "" if name in required else " (optional)"
        about = field.get("description", "").replace("|", "\\|")
        if "default" in field:
            about += f" Default: `{json.dumps(field['default'])}`."
        yield f"| `{name}` | {_kind(field)}{star} | {about} |"
    yield ""


def _kind(schema: dict[str, Any]) -> str:
    """A type in words."""
    if "anyOf" in schema:
        return " or ".join(_kind(part) for part in schema["anyOf"])
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return f"[{name}](#{name.lower()})"
    if words := wordsOf(schema):
        listed = ", ".join(f"`{json.dumps(word)}`" for word in words)
        return listed if "enum" in schema else f"string, such as {listed}"
    kind = schema.get("type", "anything")
    if kind == "array":
        return _list(schema)
    if kind == "object":
        return _map(schema)
    if isinstance(kind, list):
        return " or ".join(kind)
    bounds = list(_bounds(schema))
    return f"{kind} ({', '.join(bounds)})" if bounds else kind


def _list(schema: dict[str, Any]) -> str:
    kinds = [_kind(part) for part in schema.get("prefixItems", ())]
    if not kinds:
        return f"list of {_kind(schema['items'])}"
    if len(set(kinds)) == 1:
        return f"{len(kinds)} {kinds[0]}s"
    return f"[{', '.join(kinds)}]"


def _map(schema: dict[str, Any]) -> str:
    values = schema.get("additionalProperties")
    if not isinstance(values, dict):
        return "object"
    kind = _kind(values)
    return f"object of ({kind})" if " or " in kind else f"object of {kind}"


def _bounds(schema: dict[str, Any]) -> Iterator[str]:
    for key, words in (
        ("minimum", "at least {}"),
        ("maximum", "at most {}"),
        ("minLength", "at least {} characters"),
        ("maxLength", "at most {} characters"),
    ):
        if key in schema:
            text = words.format(schema[key])
            yield text.removesuffix("s") if schema[key] == 1 else text
    if "pattern" in schema:
        yield "`" + schema["pattern"].replace("|", "\\|") + "`"
