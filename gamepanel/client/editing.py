"""
The settings of a server as a text that a person edits: TOML, with what is to be known of each as
comments.
"""

import json
import tomllib
from collections.abc import Iterator, Sequence
from typing import Any

from gamepanel.client.terminal import clean
from gamepanel.wire.properties import Property


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
