"""
Values as a person writes them: C{name=value} in a shell, and TOML in an editor.
"""

import json
from collections.abc import Iterable, Iterator, Sequence
from math import isfinite
from typing import Any, Final

import click

from gamepanel.client.terminal import clean
from gamepanel.wire.properties import Property

_WORDS: Final = {"true": True, "yes": True, "on": True, "false": False, "no": False, "off": False}


def parse(pairs: Iterable[str], known: Iterable[Property], others: str = "") -> dict[str, Any]:
    """
    Values by name, each as its property wants it. C{name=} takes one back to its default.

    @param others: a sentence for whoever looks for what is set elsewhere.

    @raise UsageError: when there is no such property, or a value can't be one of it.
    """
    properties = {property.name: property for property in known}
    found: dict[str, Any] = {}
    for pair in pairs:
        name, separator, text = pair.partition("=")
        if not separator:
            raise click.UsageError(f"{pair}: must be like name=value")
        if name not in properties:
            raise click.UsageError(_unknown(name, properties, others))
        found[name] = value(text, properties[name]) if text else None
    return found


def _unknown(name: str, known: Iterable[str], others: str) -> str:
    """What to say of a name that nothing has: what may have been meant, or else all there are."""
    what = f"{name}: there is no such thing to set"
    if near := meant(name, known):
        return f"{what}. Did you mean {near}?"
    told = f"{what}; there are {', '.join(known)}"
    return f"{told}. {others}" if others else told


def meant(name: str, known: Iterable[str]) -> str | None:
    """Of these the one that somebody may have meant who has typed a name."""
    from difflib import get_close_matches

    return next(iter(get_close_matches(name, list(known), 1)), None)


def value(text: str, property: Property) -> Any:
    """
    A value as its property wants it.

    @raise UsageError: when it can't be one.
    """
    try:
        match property.type:
            case "enum":
                return next((c for c in property.choices or () if written(c) == text), text)
            case "integer" | "port":
                return int(text)
            case "number":
                return _finite(text)
            case "boolean":
                return _WORDS[text.lower()]
            case _:
                return text
    except (ValueError, KeyError):
        raise click.UsageError(f"{property.name}: {text} is no {property.type}") from None


def _finite(text: str) -> float:
    # JSON has no other numbers, and what it has instead would mean something else.
    number = float(text)
    if not isfinite(number):
        raise ValueError(text)
    return number


def written(choice: object) -> str:
    """A value that may be chosen, as a person writes it."""
    return str(choice).lower() if isinstance(choice, bool) else str(choice)


def shown(property: Property) -> str:
    """The value of a property for people."""
    if property.type == "password":
        return "(hidden)"
    if property.value is None:
        return ""
    unit = f" {property.unit}" if property.unit else ""
    return f"{written(property.value)}{unit}"


class BadText(Exception):
    """What was written is no TOML, or names what is not there; the text is for people."""


def text(server: str, found: Sequence[Property]) -> str:
    """The text to edit."""
    head = (
        f"# Settings of {server}. Save to set what you have changed.\n"
        "# A line that is removed takes its setting back to its default.\n"
    )
    return head + "".join("\n" + "".join(_lines(each)) for each in found if not each.readonly)


def _lines(property: Property) -> Iterator[str]:
    notes = [property.title, property.description, *_bounds(property)]
    yield f"# {'. '.join(clean(note).rstrip('.') for note in notes if note)}.\n"
    if property.type == "password":
        yield f'# {property.name} = "(hidden)"\n'
    elif property.value is None:
        yield f"# {property.name} =\n"
    else:
        yield f"{property.name} = {_written(property.value)}\n"


def _bounds(property: Property) -> Iterator[str]:
    if property.choices:
        yield "One of " + ", ".join(map(str, property.choices))
    if property.maximum and property.type != "port":
        yield f"{property.minimum or 0} to {property.maximum}"
    if property.unit:
        yield f"Unit: {property.unit}"


def _written(value: str | int | float | bool) -> str:
    # A JSON string is a TOML string, except for DEL.
    return json.dumps(value).replace("\x7f", "\\u007f")


def changes(edited: str, found: Sequence[Property]) -> dict[str, Any]:
    """
    What is to be set anew, by name; None for what is to have its default.

    @raise BadText: when it can't be read.
    """
    import tomllib

    try:
        wanted = tomllib.loads(edited)
    except tomllib.TOMLDecodeError as error:
        raise BadText(f"This is no TOML: {error}.") from error
    known = {each.name: each for each in found if not each.readonly}
    unknown = [name for name in wanted if name not in known]
    if unknown:
        raise BadText(f"{unknown[0]}: there is no such thing to set.")
    new = {name: value for name, value in wanted.items() if value != known[name].value}
    gone = {
        name: None
        for name, each in known.items()
        if name not in wanted and each.value is not None and each.type != "password"
    }
    return {**new, **gone}
