"""
What a server may use: values, and what they are in the files of a control group.
"""

from collections.abc import Collection, Iterator, Mapping
from typing import Final

from msgspec import Struct

MiB: Final = 1024 * 1024

periodMicroseconds: Final = 100_000
"""Over how long CPU time is shared out; what the kernel has by default."""

controllerOf: Final = {"memoryLimit": "memory", "cpuLimit": "cpu", "processLimit": "pids"}
"""The controller that each of the settings needs."""

featureOf: Final = {
    "memoryLimit": "memory-limit",
    "cpuLimit": "cpu-limit",
    "processLimit": "process-limit",
}
"""What C{config} calls the ability to enforce each of the settings."""


workerMiB: Final = 128
"""What a worker that installs something takes itself."""


def limitableBy(controllers: Collection[str]) -> frozenset[str]:
    """
    The settings that limit something.

    @param controllers: those that can be had.
    """
    return frozenset(name for name, needed in controllerOf.items() if needed in controllers)


class Limits(Struct, frozen=True):
    """
    What a server may use; 0 where there is no limit.

    @ivar memory: in MiB.
    @ivar cpu: in per cent of a core.
    @ivar processes: how many processes and threads.
    """

    memory: int = 0
    cpu: int = 0
    processes: int = 0

    @classmethod
    def of(cls, settings: Mapping[str, int]) -> "Limits":
        """The limits that these settings are, see L{settings}; what is absent is no limit."""
        return cls(*(settings.get(name, 0) for name in controllerOf))

    def settings(self) -> dict[str, int]:
        """The limits by the names of their settings."""
        return {
            "memoryLimit": self.memory,
            "cpuLimit": self.cpu,
            "processLimit": self.processes,
        }

    def files(self) -> dict[str, str]:
        """What is written into the files of the game's group, by their names."""
        return dict(self._files())

    def _files(self) -> Iterator[tuple[str, str]]:
        if self.memory:
            yield "memory.max", str(self.memory * MiB)
            # A game that goes on in swap is no better off, and the whole host worse.
            yield "memory.swap.max", "0"
            # Half a game is no game: it ends as a whole, and is started anew.
            yield "memory.oom.group", "1"
        if self.cpu:
            yield "cpu.max", f"{self.cpu * periodMicroseconds // 100} {periodMicroseconds}"
        if self.processes:
            yield "pids.max", str(self.processes)

    def forInstalling(self) -> "Limits":
        """
        What the job may use that installs the server: twice as much, as of the disk, since it has
        to unpack, compile and link what is only run afterwards.
        """
        memory = 2 * self.memory + workerMiB if self.memory else 0
        return Limits(memory, 2 * self.cpu, 2 * self.processes)

    def restricted(self, limitable: Collection[str]) -> tuple["Limits", tuple[str, ...]]:
        """
        What of them can be had.

        @param limitable: names of the settings that limit something here.

        @return: and the settings that can't be.
        """
        given = self.settings()
        lacking = tuple(name for name, value in given.items() if value and name not in limitable)
        kept = {name: 0 if name in lacking else value for name, value in given.items()}
        return Limits(*kept.values()), lacking
