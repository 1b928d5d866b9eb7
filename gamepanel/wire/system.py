"""
What programs ask the daemon about itself.
"""

from typing import Literal

from gamepanel.wire.message import Answer


class Health(Answer, frozen=True):
    """
    The daemon answers.

    @ivar status: always the same.
    """

    status: Literal["ok"] = "ok"
