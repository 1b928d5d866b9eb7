"""
Whether this host has so much to do that a program that is late is not to blame.
"""

import os
import re
from typing import Final

maxLoadPerCore: Final = 8.0
"""With more processes than this for each core that want to run, or wait for a disk, on the mean
of the last minute, none gets its turn in time."""

maxMemoryPressure: Final = 20.0
"""Per cent of the last ten seconds in which nobody went on, since all waited for memory."""

_FULL: Final = re.compile(r"^full avg10=([0-9.]+)", re.MULTILINE)


def memoryPressure(text: str) -> float:
    """@param text: of C{/proc/pressure/memory}; see C{Documentation/accounting/psi.rst}."""
    found = _FULL.search(text)
    return 0.0 if found is None else float(found[1])


def isOverloaded() -> bool:
    """Whether the host is. Kernels without pressure stall information tell of the load only."""
    if os.getloadavg()[0] > maxLoadPerCore * (os.cpu_count() or 1):
        return True
    try:
        with open("/proc/pressure/memory") as file:
            return memoryPressure(file.read()) > maxMemoryPressure
    except OSError:
        return False
