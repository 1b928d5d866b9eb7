"""
By what one knows the processes of one server: values, which ask nobody.
"""

from collections.abc import Mapping
from typing import Final

from msgspec import Struct

wanted: Final = frozenset({b"GAMEPANEL_SERVER", b"GAMEPANEL_JOB", b"HOME"})
"""The variables that a process is known by."""


class ProcessTag(Struct, frozen=True):
    """
    By what one knows the processes of one server.

    @ivar server: the server's id, in the GAMEPANEL_SERVER of their environment.
    @ivar homes: what their HOME may be; tells our server from one of the same id
        that another daemon on this host runs. A process without one counts as ours.
    @ivar session: number of the session that its shim leads or has led, if known.
    @ivar group: absolute path of its control group, if it has one.
    @ivar user: number of the user that its game alone runs as, if it has one of its own.
    """

    server: str
    homes: frozenset[str]
    session: int | None
    group: str | None = None
    user: int | None = None

    def isIn(self, environment: Mapping[str, str]) -> bool:
        """Whether a process with this environment carries the tag."""
        return environment.get("GAMEPANEL_SERVER") == self.server and environment.get("HOME") in {
            None,
            *self.homes,
        }


def tagVariables(environment: bytes) -> dict[str, str]:
    """
    The variables that a process is known by.

    @param environment: as the kernel shows it: each with a zero byte behind it. The last may be
        cut off, and counts for nothing then.
    """
    complete = environment[: environment.rfind(b"\0") + 1]
    pairs = (each.partition(b"=") for each in complete.split(b"\0"))
    return {
        name.decode(): value.decode("utf-8", "surrogateescape")
        for name, _, value in pairs
        if name in wanted
    }
