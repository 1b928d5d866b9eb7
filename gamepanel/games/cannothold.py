"""
Why a config file can't be edited.
"""

from typing import Any


class CannotHold(Exception):
    """
    A file can't be read, or its format has no way to write a value.

    @ivar reason: why, as JSON: the code of a cause of L{gamepanel.wire.causes}, and its values.
        That module is not imported: this runs in processes that begin for a moment.
    """

    def __init__(self, code: str, /, **values: Any) -> None:
        self.reason: dict[str, Any] = {"code": code, "values": values}
        super().__init__(code)
