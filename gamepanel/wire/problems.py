"""
Refusals, as RFC 9457 has them.
"""

from typing import Annotated, Literal

from msgspec import UNSET, Struct, UnsetType

from gamepanel.wire.codes import ErrorCode, ProblemCode
from gamepanel.wire.message import Answer, Text
from gamepanel.wire.values import extensible


class FieldProblem(Answer, frozen=True):
    """
    What is wrong with one field.

    @ivar pointer: JSON pointer (RFC 6901) to the field; to what it is in where its name is none
        that is known.
    @ivar code: what is wrong with it, for programs.
    """

    pointer: str
    detail: Text
    code: Annotated[str, extensible(ProblemCode)] = "value"


class ProblemDetails(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """
    A refusal; RFC 9457.

    @ivar type: always the same.
    @ivar status: of HTTP.
    @ivar code: the stable word that programs read.
    @ivar errors: the fields that do not fit.
    @ivar requestId: by which a bug is found in the log.
    """

    type: Annotated[str, extensible(Literal["about:blank"])]
    title: Text
    status: int
    code: Annotated[str, extensible(ErrorCode)]
    detail: Text
    errors: tuple[FieldProblem, ...] | UnsetType = UNSET
    requestId: str | UnsetType = UNSET
