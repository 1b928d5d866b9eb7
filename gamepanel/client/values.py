"""
Values as a person writes them in a shell: C{name=value}.
"""

from collections.abc import Iterable
from math import isfinite
from typing import Any, Final

import click

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
                return next((c for c in property.choices or () if _shown(c) == text), text)
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


def _shown(choice: object) -> str:
    return str(choice).lower() if isinstance(choice, bool) else str(choice)


def shown(property: Property) -> str:
    """The value of a property for people."""
    if property.type == "password":
        return "(hidden)"
    if property.value is None:
        return ""
    unit = f" {property.unit}" if property.unit else ""
    return f"{_shown(property.value)}{unit}"
