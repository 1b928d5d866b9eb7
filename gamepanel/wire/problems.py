"""
Refusals, as RFC 9457 has them.
"""

from typing import Annotated, Literal

from msgspec import UNSET, Struct, UnsetType

from gamepanel.wire.causes import Cause
from gamepanel.wire.codes import ProblemCode, codes
from gamepanel.wire.message import Answer, Index, Text
from gamepanel.wire.values import extensible


class FieldProblem(Answer, frozen=True):
    """
    What is wrong with one field.

    @ivar pointer: JSON pointer (RFC 6901) to the field; to what it is in where its name is none
        that is known.
    @ivar code: what is wrong with it, for programs.
    @ivar cause: the same as C{detail}, as data.
    """

    pointer: str
    detail: Text
    code: Annotated[str, extensible(ProblemCode)] = "value"
    cause: Cause | UnsetType = UNSET


class ProblemDetails(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """
    A refusal; RFC 9457.

    @ivar type: always the same.
    @ivar status: of HTTP.
    @ivar code: the stable word that programs read.
    @ivar errors: the fields that do not fit.
    @ivar requestId: by which a bug is found in the log.
    @ivar job: with C{job_running}: the long work that is in the way, where it may be seen.
    @ivar cause: the same as C{detail}, as data; with C{port_in_use}: C{port}, C{server} (null where
        it may not be seen) and C{free} (the next port that nobody has, or null).
    """

    type: Annotated[str, extensible(Literal["about:blank"])]
    title: Text
    status: int
    code: Annotated[str, extensible(None, *codes)]
    detail: Text
    errors: tuple[FieldProblem, ...] | UnsetType = UNSET
    requestId: str | UnsetType = UNSET
    job: Index | UnsetType = UNSET
    cause: Cause | UnsetType = UNSET
