"""
Kinds of machines, and what vendors call them.
"""

from collections.abc import Mapping
from typing import Final, Literal

Machine = Literal["x86_64", "aarch64"]
"""Kinds of machines that types know of."""

machineNames: Final[Mapping[str, tuple[str, str]]] = {
    "x86_64": ("x64", "amd64"),
    "aarch64": ("aarch64", "arm64"),
}
"""What vendors call each kind in their file names."""


def machineValues(machine: str) -> dict[str, str]:
    """
    What placeholders can name of the machine. These came later than the first types, so an
    option of such a name takes its place.

    @param machine: as uname(2) has it.
    """
    arch, alternative = machineNames.get(machine, (machine, machine))
    return {"machine": machine, "arch": arch, "arch_alt": alternative}
