"""
Options of types and settings of servers, as a form shows them.
"""

from typing import Annotated

from msgspec import UNSET, Struct, UnsetType

from gamepanel.wire.message import Text
from gamepanel.wire.values import OptionKind, OptionValue, extensible


class Property(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """
    Something that can be set, and the value it has.

    @ivar name: by which it is set.
    @ivar type: what its values are; C{text} has lines, C{password} is never shown.
    @ivar required: whether it must have a value.
    @ivar readonly: whether it can be given at creation only.
    @ivar value: the value it has, or its default; null if it has none or is a password.
    @ivar choices: all values that it can have.
    @ivar minimum: least number.
    @ivar maximum: greatest number.
    @ivar minLength: in characters.
    @ivar maxLength: in characters.
    @ivar pattern: regular expression that all of a value must match.
    @ivar unit: of numbers.
    @ivar hint: what the pattern wants, for people.
    @ivar group: heading below which a form shows it, with others.
    @ivar advanced: whether a form may keep it out of the way of newcomers.
    @ivar accept: address of terms that are accepted by this; it must be true.
    """

    name: str
    title: Text
    description: Text
    type: Annotated[str, extensible(OptionKind)]
    required: bool
    readonly: bool
    value: OptionValue | None
    choices: tuple[OptionValue, ...] | UnsetType = UNSET
    minimum: int | float | UnsetType = UNSET
    maximum: int | float | UnsetType = UNSET
    minLength: int | UnsetType = UNSET
    maxLength: int | UnsetType = UNSET
    pattern: str | UnsetType = UNSET
    unit: str | UnsetType = UNSET
    hint: str | UnsetType = UNSET
    group: str | UnsetType = UNSET
    advanced: bool | UnsetType = UNSET
    accept: str | UnsetType = UNSET
