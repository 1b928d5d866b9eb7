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

from gamepanel.wire.codes import ProblemCode
from gamepanel.wire.values import OptionKind, OptionValue, PortProtocol

maxTextLength: Final = 4096
"""How many characters a value may have where its option sets no bound."""

generatedCharacters: Final = string.ascii_letters + string.digits
"""Of which passwords are made."""


AddressFamily = Literal["ipv4", "ipv6"]


class BadValue(Exception):
    """
    A value that an option does not take; the text says why, without the value.

    @ivar code: the same for programs.
    """

    def __init__(self, detail: str, code: ProblemCode = "value") -> None:
        self.code: ProblemCode = code
        super().__init__(detail)


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
            raise BadValue(
                "must be one of " + ", ".join(str(choice) for choice in self.choices), "choice"
            )
        return value


def _checkText(option: Option, value: object) -> None:
    if not isinstance(value, str):
        raise BadValue("must be a string", "type")
    if "\0" in value:
        raise BadValue("must not hold a NUL")
    if option.type != "text" and ("\n" in value or "\r" in value):
        raise BadValue("must be one line")
    if len(value) < (option.minLength or 0):
        raise BadValue(f"must have at least {option.minLength} characters", "range")
    longest = maxTextLength if option.maxLength is None else option.maxLength
    if len(value) > longest:
        raise BadValue(f"must have at most {longest} characters", "range")
    if option.pattern is not None and not re.fullmatch(option.pattern, value):
        wanted = f"must match {option.pattern}" if option.hint is None else option.hint
        raise BadValue(wanted, "pattern")
    if option.address is not None and value and _family(value) not in option.address:
        families = " or ".join(each.replace("ip", "IP") for each in option.address)
        raise BadValue(f"must be an {families} address")


def _family(value: str) -> str:
    try:
        return f"ipv{ip_address(value).version}"
    except ValueError:
        return ""


def _checkNumber(option: Option, value: object) -> None:
    whole = option.type != "number"
    if isinstance(value, bool) or not isinstance(value, int if whole else int | float):
        raise BadValue("must be a whole number" if whole else "must be a number", "type")
    least, greatest = option.bounds
    if not -(2**53) < value < 2**53:
        raise BadValue("must be within 2^53", "range")
    if least is not None and value < least:
        raise BadValue(f"must be at least {least}", "range")
    if greatest is not None and value > greatest:
        raise BadValue(f"must be at most {greatest}", "range")


def _checkBoolean(option: Option, value: object) -> None:
    # First of all: somebody who has said nothing of terms must be told of them.
    if option.accept is not None and value is not True:
        raise BadValue(f"must be true: the terms at {option.accept} have to be accepted")
    if not isinstance(value, bool):
        raise BadValue("must be true or false", "type")


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
