"""
The settings that limit what a server may use.
"""

from collections.abc import Collection, Mapping
from typing import Final

from gamepanel.games.definition import LimitRules
from gamepanel.games.option import Option
from gamepanel.servers.process.limits import Limits
from gamepanel.wire.values import OptionValue

limitNames: Final = ("memoryLimit", "cpuLimit", "processLimit")


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
    )


def limitsOf(own: Mapping[str, OptionValue], rules: LimitRules) -> Limits:
    """
    What a server may use.

    @param own: what has been set; what is absent is as its type has it.
    """
    values = [own.get(option.name, option.default) for option in limitOptions(rules)]
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
