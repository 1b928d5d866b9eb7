"""
What programs ask the daemon about itself.
"""

from typing import Annotated, Literal

from gamepanel.wire.message import Answer
from gamepanel.wire.values import extensible


class Health(Answer, frozen=True):
    """
    The daemon answers.

    @ivar status: always the same.
    """

    status: Annotated[str, extensible(Literal["ok"])] = "ok"


class Failing(Answer, frozen=True):
    """
    The daemon answers, but can't do its work.

    @ivar status: always the same.
    @ivar detail: why, for people.
    """

    detail: str
    status: Annotated[str, extensible(Literal["failing"])] = "failing"
