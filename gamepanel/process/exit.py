"""
How a process has ended.
"""

import signal

from msgspec import Struct

from gamepanel.wire.causes import Cause, MiB, because


def _signalName(code: int) -> str | None:
    """The signal that a shell's exit code tells of, without SIG."""
    try:
        return signal.Signals(code - 128).name.removeprefix("SIG") if code > 128 else None
    except ValueError:
        return None


class Exit(Struct, frozen=True):
    """
    How a server's process ended.

    @ivar code: what a shell would report, 128 + n for an end by signal n; None when nobody saw it.
    @ivar memoryLimit: in MiB, where the kernel ended it since it had used more.
    """

    code: int | None
    memoryLimit: int | None = None

    @property
    def signal(self) -> str | None:
        """
        Name of the signal that ended it, without SIG. A shell can't tell that
        from a program that exits with such a code, nor can we.
        """
        return None if self.code is None else _signalName(self.code)

    @property
    def cause(self) -> Cause:
        """The same for people."""
        if self.memoryLimit is not None:
            return because("out_of_memory", limit=self.memoryLimit * MiB)
        if self.code is None:
            return because("exit_unknown")
        if self.signal:
            return because("exit_signal", signal=self.signal)
        return because("exit_code", code=self.code)

    def __str__(self) -> str:
        return str(self.cause)
