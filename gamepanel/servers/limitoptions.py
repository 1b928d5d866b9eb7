"""
The settings that limit what a server may use.
"""

from collections.abc import Collection, Mapping
from typing import Final

from gamepanel.games.definition import LimitRules
from gamepanel.process.limits import Limits, MiB
from gamepanel.wire.values import OptionValue

diskLimitName: Final = "diskLimit"


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
