"""
What people can set about a server, and which values fit.
"""

import re
import string
from collections.abc import Callable
from functools import cached_property
from ipaddress import ip_address
from typing import Annotated, Final, Literal

import msgspec
from msgspec import Meta, Struct

from gamepanel.wire.causes import Caused, because
from gamepanel.wire.values import OptionKind, OptionValue, PortProtocol

maxTextLength: Final = 4096
"""How many characters a value may have where its option sets no bound."""

generatedCharacters: Final = string.ascii_letters + string.digits
"""Of which passwords are made."""


AddressFamily = Literal["ipv4", "ipv6"]


class BadValue(Caused):
    """A value that an option does not take; its cause is without the value."""


class Table(Struct, forbid_unknown_fields=True, frozen=True, kw_only=True, dict=True):
    """A table of a type file; unknown keys are errors."""


class Follows(Table, frozen=True):
    """
    What the number of a port follows from.

    @ivar of: name of another port.
    @ivar plus: how much is added to its number.
    """

    of: str
    plus: int


class Option(Table, frozen=True):
    """
    Something about a server that people can set.

    @ivar name: how placeholders and the API call it.
    @ivar type: what kind of value it takes.
    @ivar protocol: for ports: which of the two it occupies.
    @ivar default: its value where none is given.
    @ivar required: whether it must have a value.
    @ivar readonly: whether it can be set at creation only.
    @ivar minLength: in characters.
    @ivar maxLength: in characters.
    @ivar pattern: regular expression for the whole value.
    @ivar generate: for passwords: so many random letters and digits where none is given.
    @ivar follows: for ports: which other it follows; it can't be set then.
    @ivar hint: what C{pattern} wants, for people.
    @ivar group: heading below which a form shows it, with others.
    @ivar advanced: whether a form may keep it out of the way of newcomers.
    @ivar address: for strings: its value is an IP address of one of these families, at which the
        game listens.
    @ivar accept: address of terms that whoever creates the server must accept by this.
    """

    name: Annotated[str, Meta(pattern=r"^[a-z][a-z0-9_]{0,63}\Z")]
    type: OptionKind
    title: str = ""
    description: str = ""
    protocol: PortProtocol = "both"
    default: OptionValue | None = None
    required: bool = False
    readonly: bool = False
    minLength: Annotated[int, Meta(ge=0)] | None = msgspec.field(default=None, name="min_length")
    maxLength: Annotated[int, Meta(ge=1)] | None = msgspec.field(default=None, name="max_length")
    pattern: str | None = None
    choices: tuple[OptionValue, ...] | None = None
    unit: str | None = None
    minimum: int | float | None = None
    maximum: int | float | None = None
    generate: Annotated[int, Meta(ge=8, le=256)] | None = None
    follows: Follows | None = msgspec.field(default=None, name="port")
    hint: str | None = None
    group: Annotated[str, Meta(min_length=1, max_length=64)] | None = None
    advanced: bool = False
    address: Annotated[tuple[AddressFamily, ...], Meta(min_length=1)] | None = None
    accept: Annotated[str, Meta(pattern=r"^https?://[^\s]+\Z")] | None = None

    @property
    def isText(self) -> bool:
        """Whether its values are texts."""
        return self.type in ("string", "text", "password", "enum")

    @property
    def isNumber(self) -> bool:
        """Whether its values are numbers."""
        return self.type in ("integer", "number", "port")

    @cached_property
    def bounds(self) -> tuple[float | None, float | None]:
        """The least and the greatest value, for numbers."""
        if self.type == "port":
            return (1 if self.minimum is None else self.minimum), (
                65535 if self.maximum is None else self.maximum
            )
        return self.minimum, self.maximum

    def check(self, value: object) -> OptionValue:
        """
        @return: the value.

        @raise BadValue: when this option does not take it.
        """
        _checks[self.type](self, value)
        assert isinstance(value, str | int | float)
        if self.choices is not None and value not in self.choices:
            raise BadValue(because("not_a_choice", choices=self.choices))
        return value


def _checkText(option: Option, value: object) -> None:
    if not isinstance(value, str):
        raise BadValue(because("not_string"))
    if "\0" in value:
        raise BadValue(because("has_nul"))
    if option.type != "text" and ("\n" in value or "\r" in value):
        raise BadValue(because("not_one_line"))
    if len(value) < (option.minLength or 0):
        raise BadValue(because("too_short", least=option.minLength))
    longest = maxTextLength if option.maxLength is None else option.maxLength
    if len(value) > longest:
        raise BadValue(because("too_long", most=longest))
    if option.pattern is not None and not re.fullmatch(option.pattern, value):
        if option.hint is not None:
            raise BadValue(because("not_as_hinted", hint=option.hint))
        raise BadValue(because("no_match", pattern=option.pattern))
    if option.address is not None and value and _family(value) not in option.address:
        raise BadValue(because("not_address", families=option.address))


def _family(value: str) -> str:
    try:
        return f"ipv{ip_address(value).version}"
    except ValueError:
        return ""


def _checkNumber(option: Option, value: object) -> None:
    whole = option.type != "number"
    if isinstance(value, bool) or not isinstance(value, int if whole else int | float):
        raise BadValue(because("not_integer" if whole else "not_number"))
    least, greatest = option.bounds
    if not -(2**53) < value < 2**53:
        raise BadValue(because("beyond_2_53"))
    if least is not None and value < least:
        raise BadValue(because("too_small", least=least))
    if greatest is not None and value > greatest:
        raise BadValue(because("too_large_number", most=greatest))


def _checkBoolean(option: Option, value: object) -> None:
    # First of all: somebody who has said nothing of terms must be told of them.
    if option.accept is not None and value is not True:
        raise BadValue(because("terms", url=option.accept))
    if not isinstance(value, bool):
        raise BadValue(because("not_boolean"))


_checks: dict[OptionKind, Callable[[Option, object], None]] = {
    "string": _checkText,
    "text": _checkText,
    "password": _checkText,
    "enum": _checkText,
    "integer": _checkNumber,
    "number": _checkNumber,
    "port": _checkNumber,
    "boolean": _checkBoolean,
}
