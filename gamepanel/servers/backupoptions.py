"""
The settings of a server that are about its backups.
"""

from collections.abc import Mapping
from typing import Final

from gamepanel.process.limits import MiB
from gamepanel.servers.settings import backupLimitName, backupOptions
from gamepanel.wire.values import OptionValue

keepLastName: Final = "backupKeepLast"
keepDailyName: Final = "backupKeepDaily"
keepWeeklyName: Final = "backupKeepWeekly"
includeName: Final = "backupInclude"
excludeName: Final = "backupExclude"


def backupSettings(own: Mapping[str, OptionValue]) -> dict[str, OptionValue]:
    """
    What they are set to, by their names.

    @param own: what has been set.
    """
    found: dict[str, OptionValue] = {}
    for name, option in backupOptions.items():
        value = own.get(name, option.default)
        assert value is not None
        found[name] = value
    return found


def backupLimit(own: Mapping[str, OptionValue]) -> int:
    """What all backups of a server may take, in bytes; 0 where there is no limit."""
    value = backupSettings(own)[backupLimitName]
    return value * MiB if isinstance(value, int) else 0
