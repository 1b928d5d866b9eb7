"""
The released contract, and what a change of it would break.

C{python -m docs.contract} writes the file and its page anew, after something was added, and
the pages of the Python client and of the catalogue, and the methods of that client.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from attrs import evolve, frozen

import gamepanel
from docs.endpoints import codesOf, wordsOf
from docs.openapi import document

path: Final = Path(gamepanel.__file__).parent / "web" / "api" / "openapi.json"
"""The daemon serves it as it is."""

reference: Final = Path(__file__).parent / "reference"

_forPeople: Final = frozenset(("description", "example", "examples", "title"))

_renamed: Final = {"Create": "CreateServer"}
"""Types that had another name: of Create.options a generator made CreateOptions, which there is."""


def current() -> dict[str, Any]:
    """The document of this checkout."""
    made: dict[str, Any] = json.loads(json.dumps(document()))
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
    old, new = _inlined(old), _inlined(new)
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


def _inlined(document: dict[str, Any]) -> dict[str, Any]:
    """A document in which what is no object stands where it is used, though it has a name."""
    named = {
        f"#/components/schemas/{name}": {key: part for key, part in each.items() if key != "title"}
        for name, each in document["components"]["schemas"].items()
        if each["type"] != "object"
    }

    def within(part: Any) -> Any:
        if isinstance(part, dict):
            if part.get("$ref") in named:
                part = {**named[part["$ref"]], **part}
                del part["$ref"]
            return {key: within(each) for key, each in part.items()}
        return [within(each) for each in part] if isinstance(part, list) else part

    found: dict[str, Any] = within(document)
    return found


def _operation(name: str, old: dict[str, Any], new: dict[str, Any]) -> Iterator[str]:
    yield from _parameters(name, old.get("parameters", ()), new.get("parameters", ()))
    before, now = old.get("requestBody", {}), new.get("requestBody", {})
    if _meaning(before.get("content")) != _meaning(now.get("content")):
        yield f"{name} takes something else"
    if now.get("required") and not before.get("required"):
        yield f"{name} wants a body now"
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
        elif not _fits(parameter, there, isSent=True):
            yield f"{name} takes {parameter['name']} otherwise"
    for added, parameter in known.items():
        if parameter["required"]:
            yield f"{name} wants {added} now"


def _answer(name: str, old: dict[str, Any], new: dict[str, Any]) -> Iterator[str]:
    if lost := codesOf(old) - codesOf(new):
        yield f"{name} is not {', '.join(sorted(lost))} any more"
    headers = new.get("headers", {})
    for header, about in old.get("headers", {}).items():
        if not _fits(about, headers.get(header), isSent=False):
            yield f"{name} has {header} otherwise"
    if not _fits(_withoutCodes(old), _withoutCodes(new), isSent=False):
        yield f"{name} is something else"


def _withoutCodes(answer: dict[str, Any]) -> Any:
    """What an answer is, whatever codes of errors there are."""
    content = answer["content"]
    if "application/problem+json" not in content:
        return content
    schema = content["application/problem+json"]["schema"]
    return {**content, "application/problem+json": schema.get("allOf", [schema])}


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
        elif not _fits(schema, there[field], isSent):
            yield f"{name}.{field} means something else"
    required, now = set(old.get("required", ())), set(new.get("required", ()))
    changed = now - required if isSent else required - now
    for field in sorted(changed):
        yield f"{name}.{field} is {'required now' if isSent else 'not always there any more'}"
    if not _fits(_besides(old), _besides(new), isSent):
        yield f"{name} means something else"


def _besides(schema: dict[str, Any]) -> Any:
    """What a schema says of the whole."""
    return {key: part for key, part in schema.items() if key not in ("properties", "required")}


@frozen
class _Rules:
    """
    What a schema allows.

    @ivar words: what a text is one of; None where it is no such text.
    @ivar isOpen: whether later daemons may have more words.
    @ivar takesNull: whether null is one of its values.
    @ivar rest: all else, without what is for people and for generators.
    """

    words: frozenset[str] | None
    isOpen: bool
    takesNull: bool
    rest: dict[str, Any]


_null: Final = {"type": "null"}


def _rulesOf(schema: dict[str, Any], isSent: bool) -> _Rules:
    rest = {key: part for key, part in schema.items() if key not in (*_forPeople, "format")}
    parts = rest.get("anyOf", [])
    if _null in parts:
        others = [part for part in parts if part != _null]
        rest |= {"anyOf": others}
        if len(others) == 1:
            del rest["anyOf"]
            inner, more = _rulesOf(others[0], isSent), _withoutDefault(rest, isSent)
            return evolve(inner, takesNull=True, rest={**inner.rest, **more})
    words = wordsOf(rest)
    if words:
        rest["type"] = "string"
    isOpen = rest.pop("x-extensible-enum", None) is not None
    rest.pop("enum", None)
    if rest.get("additionalProperties") is True:
        del rest["additionalProperties"]
    return _Rules(
        frozenset(words) if words else None, isOpen, _null in parts, _withoutDefault(rest, isSent)
    )


def _withoutDefault(rest: dict[str, Any], isSent: bool) -> dict[str, Any]:
    """A default means something in requests only, and there one of null or {} says nothing."""
    means = isSent and rest.get("default") not in (None, {})
    return {key: part for key, part in rest.items() if key != "default" or means}


def _fits(old: Any, new: Any, isSent: bool) -> bool:
    """
    Whether who knows a part of a document as it was can go on with what it is now.

    What is sent may take more than before. What is answered may have more words than before
    only where that was said, and be null only where it could be.
    """
    if isinstance(old, dict) and isinstance(new, dict):
        return _fitRules(_rulesOf(old, isSent), _rulesOf(new, isSent), isSent)
    if isinstance(old, list) and isinstance(new, list):
        pairs = zip(old, new, strict=False)
        return len(old) == len(new) and all(_fits(one, two, isSent) for one, two in pairs)
    return bool(old == new)


def _fitRules(old: _Rules, new: _Rules, isSent: bool) -> bool:
    more, less = (new, old) if isSent else (old, new)
    if less.takesNull and not more.takesNull:
        return False
    if isSent:
        fits = new.words is None or (old.words is not None and old.words <= new.words)
    elif new.isOpen:
        fits = old.words is None or old.words <= (new.words or frozenset())
    else:
        fits = old.words == new.words and not old.isOpen
    keys = old.rest.keys() | new.rest.keys()
    return fits and all(_fits(old.rest.get(key), new.rest.get(key), isSent) for key in keys)


def _meaning(schema: Any) -> Any:
    """A part of the document without what is for people."""
    if isinstance(schema, dict):
        return {key: _meaning(value) for key, value in schema.items() if key not in _forPeople}
    return [_meaning(part) for part in schema] if isinstance(schema, list) else schema


if __name__ == "__main__":
    from importlib import import_module

    from docs import calls, catalogue
    from docs.endpoints import page

    problems = list(breaking(released(), current())) if path.exists() else []
    if problems:
        raise SystemExit("\n".join(problems))
    path.write_text(json.dumps(current(), indent=1, ensure_ascii=False) + "\n")
    (reference / "endpoints.md").write_text(page(current()))
    calls.path.write_text(calls.module())
    # It imports the client, so that must have been written before.
    methods = import_module("docs.methods")
    methods.path.write_text(methods.page())
    catalogue.path.write_text(catalogue.page(catalogue.shipped()))
