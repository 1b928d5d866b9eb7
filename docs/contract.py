"""
The released contract, and what a change of it would break.

C{python -m docs.contract} writes the file and its page anew, after something was added, and
the page of the catalogue.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from gamepanel.web.api.auth import AuthEndpoints
from gamepanel.web.api.events import EventEndpoints
from gamepanel.web.api.history import HistoryEndpoints
from gamepanel.web.api.installing import InstallEndpoints
from gamepanel.web.api.jobs import JobEndpoints
from gamepanel.web.api.management import ManagementEndpoints
from gamepanel.web.api.people import PeopleEndpoints
from gamepanel.web.api.players import PlayerEndpoints
from gamepanel.web.api.server import ServerEndpoints
from gamepanel.web.api.system import SystemEndpoints
from gamepanel.web.docs.openapi import document
from gamepanel.web.endpoint import Endpoint

path: Final = Path(__file__).parent / "reference" / "openapi-v1.json"

_forPeople: Final = frozenset(("description", "example", "examples"))

_renamed: Final = {"Create": "CreateServer"}
"""Types that had another name: of Create.options a generator made CreateOptions, which there is."""

groups: Final = (
    AuthEndpoints,
    ManagementEndpoints,
    ServerEndpoints,
    PlayerEndpoints,
    InstallEndpoints,
    JobEndpoints,
    EventEndpoints,
    HistoryEndpoints,
    PeopleEndpoints,
    SystemEndpoints,
)


def endpoints() -> list[Endpoint]:
    """All endpoints that there are."""
    return [found for group in groups for found in group.section.endpoints]


def current() -> dict[str, Any]:
    """The document of this checkout, without the version of the software."""
    made: dict[str, Any] = json.loads(json.dumps(document(endpoints())))
    made["info"]["version"] = "1"
    return made


def released() -> dict[str, Any]:
    """
    The document as it was released, with the names that its types have now: a name is not
    sent, and only those of generated code can collide.
    """
    text = path.read_text()
    for old, new in _renamed.items():
        for place in ('"{}": {{\n', '"title": "{}"', '"#/components/schemas/{}"'):
            text = text.replace(place.format(old), place.format(new))
    found: dict[str, Any] = json.loads(text)
    return found


def breaking(old: dict[str, Any], new: dict[str, Any]) -> Iterator[str]:
    """
    What a client of the old contract would miss in the new one, one line for each thing.
    """
    for name, item in old["paths"].items():
        for verb, operation in item.items():
            there = new["paths"].get(name, {}).get(verb)
            if there is None:
                yield f"{verb.upper()} {name} is gone"
            else:
                yield from _operation(f"{verb.upper()} {name}", operation, there)
    if old["servers"] != new["servers"]:
        yield "it is served elsewhere"
    for name, scheme in old["components"]["securitySchemes"].items():
        if _meaning(new["components"]["securitySchemes"].get(name)) != _meaning(scheme):
            yield f"the token is not sent as {name} any more"
    sent = _reachable(old, "requestBody")
    for name, schema in old["components"]["schemas"].items():
        there = new["components"]["schemas"].get(name)
        if there is None:
            yield f"{name} is gone"
        else:
            yield from _schema(name, schema, there, name in sent)


def _operation(name: str, old: dict[str, Any], new: dict[str, Any]) -> Iterator[str]:
    yield from _parameters(name, old.get("parameters", ()), new.get("parameters", ()))
    if _meaning(old.get("requestBody")) != _meaning(new.get("requestBody")):
        yield f"{name} takes something else"
    wanted, given = new["security"] or [{}], old["security"] or [{}]
    if any(way not in wanted for way in given):
        yield f"{name} wants a token otherwise"
    for status, answer in old["responses"].items():
        there = new["responses"].get(status)
        if there is None:
            yield f"{name} does not answer {status} any more"
        else:
            yield from _answer(f"{name} {status}", answer, there)


def _parameters(name: str, old: Any, new: Any) -> Iterator[str]:
    known = {parameter["name"]: parameter for parameter in new}
    for parameter in old:
        there = known.pop(parameter["name"], None)
        if there is None:
            yield f"{name} does not take {parameter['name']} any more"
        elif _meaning(there) != _meaning(parameter):
            yield f"{name} takes {parameter['name']} otherwise"
    for added, parameter in known.items():
        if parameter["required"]:
            yield f"{name} wants {added} now"


def _answer(name: str, old: dict[str, Any], new: dict[str, Any]) -> Iterator[str]:
    if lost := _codes(old) - _codes(new):
        yield f"{name} is not {', '.join(sorted(lost))} any more"
    headers = new.get("headers", {})
    for header, about in old.get("headers", {}).items():
        if _meaning(headers.get(header)) != _meaning(about):
            yield f"{name} has {header} otherwise"
    if _meaning(_withoutCodes(old)) != _meaning(_withoutCodes(new)):
        yield f"{name} is something else"


def _withoutCodes(answer: dict[str, Any]) -> Any:
    """What an answer is, whatever codes of errors there are."""
    content = answer["content"]
    if "application/problem+json" not in content:
        return content
    schema = content["application/problem+json"]["schema"]
    return {**content, "application/problem+json": schema["allOf"]}


def _codes(answer: dict[str, Any]) -> set[str]:
    problem = answer["content"].get("application/problem+json", {}).get("schema", {})
    return set(problem.get("properties", {}).get("code", {}).get("enum", ()))


def _refs(part: Any) -> set[str]:
    """All types that a part of a document names."""
    if isinstance(part, dict):
        own = {part["$ref"].rpartition("/")[2]} if "$ref" in part else set()
        return own.union(*map(_refs, part.values()))
    return set().union(*map(_refs, part)) if isinstance(part, list) else set()


def _reachable(document: dict[str, Any], place: str) -> set[str]:
    """The types that requests are made of."""
    found: set[str] = set()
    waiting = {
        name
        for item in document["paths"].values()
        for operation in item.values()
        for name in _refs(operation.get(place))
    }
    while waiting:
        found |= waiting
        schemas = document["components"]["schemas"]
        waiting = {name for one in waiting for name in _refs(schemas[one])} - found
    return found


def _schema(name: str, old: dict[str, Any], new: dict[str, Any], isSent: bool) -> Iterator[str]:
    fields, there = old.get("properties", {}), new.get("properties", {})
    for field, schema in fields.items():
        if field not in there:
            yield f"{name}.{field} is gone"
        elif _meaning(schema) != _meaning(there[field]):
            yield f"{name}.{field} means something else"
    required, now = set(old.get("required", ())), set(new.get("required", ()))
    changed = now - required if isSent else required - now
    for field in sorted(changed):
        yield f"{name}.{field} is {'required now' if isSent else 'not always there any more'}"
    if _besides(old) != _besides(new):
        yield f"{name} means something else"


def _besides(schema: dict[str, Any]) -> Any:
    """What a schema says of the whole."""
    parts = {key: part for key, part in schema.items() if key not in ("properties", "required")}
    return _meaning(parts)


def _meaning(schema: Any) -> Any:
    """A schema without what is for people."""
    if isinstance(schema, dict):
        return {key: _meaning(value) for key, value in schema.items() if key not in _forPeople}
    return [_meaning(part) for part in schema] if isinstance(schema, list) else schema


if __name__ == "__main__":
    from docs import catalogue
    from docs.endpoints import page

    problems = list(breaking(released(), current())) if path.exists() else []
    if problems:
        raise SystemExit("\n".join(problems))
    path.write_text(json.dumps(current(), indent=1, ensure_ascii=False) + "\n")
    (path.parent / "endpoints.md").write_text(page(current()))
    catalogue.path.write_text(catalogue.page(catalogue.shipped()))
