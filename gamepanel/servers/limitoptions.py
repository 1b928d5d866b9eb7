"""
The settings that limit what a server may use.
"""

from collections.abc import Collection, Mapping
from typing import Final

from gamepanel.games.definition import LimitRules
from gamepanel.games.option import Option
from gamepanel.process.limits import Limits, MiB
from gamepanel.wire.values import OptionValue

diskLimitName: Final = "diskLimit"


def limitOptions(rules: LimitRules) -> tuple[Option, ...]:
    """The settings, as a type has them by default."""
    return (
        Option(
            name="memoryLimit",
            title="Memory limit",
            description="When the game uses more, the kernel ends it; 0: no limit. Counts from "
            "the next start on, as the other limits do.",
            type="integer",
            unit="MiB",
            minimum=0,
            maximum=16_777_216,
            default=rules.memory,
            required=True,
            advanced=True,
        ),
        Option(
            name="cpuLimit",
            title="CPU limit",
            description="In per cent of a core: 150 is one and a half; 0: no limit.",
            type="integer",
            unit="%",
            minimum=0,
            maximum=102_400,
            default=rules.cpu,
            required=True,
            advanced=True,
        ),
        Option(
            name="processLimit",
            title="Process limit",
            description="So many processes and threads at once; 0: no limit.",
            type="integer",
            minimum=0,
            maximum=4_194_304,
            default=rules.processes,
            required=True,
            advanced=True,
        ),
        Option(
            name=diskLimitName,
            title="Limit of disk space",
            description="Installations and starts are refused beyond it; 0: no limit.",
            type="integer",
            unit="MiB",
            minimum=0,
            maximum=2**30,
            default=rules.disk,
            required=True,
            advanced=True,
        ),
    )


def diskLimit(own: Mapping[str, OptionValue], rules: LimitRules) -> int:
    """
    What the directory of a server may take of the disk, in bytes; 0 where there is no limit.

    @param own: what has been set; what is absent is as its type has it.
    """
    value = own.get(diskLimitName, rules.disk)
    return value * MiB if isinstance(value, int) else 0


def limitsOf(own: Mapping[str, OptionValue], rules: LimitRules) -> Limits:
    """
    What a server may use.

    @param own: what has been set; what is absent is as its type has it.
    """
    defaults = Limits(rules.memory, rules.cpu, rules.processes).settings()
    values = [own.get(name, default) for name, default in defaults.items()]
    return Limits(*(value if isinstance(value, int) else 0 for value in values))


def shownLimits(
    own: Mapping[str, OptionValue], rules: LimitRules, limitable: Collection[str]
) -> dict[str, int]:
    """
    The limits that are shown: what a type wants and can't be had here is 0.

    @param limitable: names of those that can be had.
    """
    return {
        name: value if name in own or name in limitable else 0
        for name, value in limitsOf(own, rules).settings().items()
    }
