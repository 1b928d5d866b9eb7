"""
Values as a person writes them in a shell: C{name=value}.
"""

from collections.abc import Iterable
from typing import Any, Final

import click

from gamepanel.web.messages import Property

_WORDS: Final = {"true": True, "yes": True, "on": True, "false": False, "no": False, "off": False}


def parse(pairs: Iterable[str], known: Iterable[Property]) -> dict[str, Any]:
    """
    Values by name, each as its property wants it. C{name=} takes one back to its default.

    @raise UsageError: when there is no such property, or a value can't be one of it.
    """
    properties = {property.name: property for property in known}
    found: dict[str, Any] = {}
    for pair in pairs:
        name, separator, text = pair.partition("=")
        if not separator:
            raise click.UsageError(f"{pair}: must be like name=value")
        if name not in properties:
            raise click.UsageError(
                f"{name}: there is no such thing to set; there are {', '.join(properties)}"
            )
        found[name] = value(text, properties[name]) if text else None
    return found


def value(text: str, property: Property) -> Any:
    """
    A value as its property wants it.

    @raise UsageError: when it can't be one.
    """
    if property.type == "enum":
        return next((c for c in property.choices or () if _shown(c) == text), text)
    try:
        if property.type in ("integer", "port"):
            return int(text)
        if property.type == "number":
            return float(text)
        if property.type == "boolean":
            return _WORDS[text.lower()]
    except (ValueError, KeyError):
        raise click.UsageError(f"{property.name}: {text} is no {property.type}") from None
    return text


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
