"""
Installing servers anew.
"""

from typing import Any

from gamepanel.wire.message import Message, ServerId, TypeName


class Retype(Message, frozen=True):
    """
    A request to let a server be of another type.

    @ivar type: what the server is to be.
    @ivar options: values of that type's options; those that have the same name and kind now
        are kept.
    """

    server: ServerId
    type: TypeName
    options: dict[str, Any] = {}
