"""
Compares the systemd unit that the daemon runs under with what this release needs: an upgrade by
pip leaves the unit of an older one, with which isolation, groups and the watchdog are off.
"""

import os
import re
import shlex
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import msgspec

_table: Final[dict[str, Any]] = msgspec.json.decode(
    (Path(__file__).parent / "unit.json").read_bytes()
)

directories: Final[Sequence[str]] = _table["directories"]
"""Where units are, the first that has one wins, see C{systemd.unit(5)}."""

needed: Final[Mapping[str, str]] = _table["needed"]
"""Lines without which the daemon promises less; other values of them may be wanted."""

decisive: Final = frozenset({"Type", "KillMode"})
"""Of these no other value will do."""

harmful: Final[Sequence[str]] = _table["harmful"]
"""Lines with which games can't be isolated, have no control groups, or lose their files."""

_off: Final = frozenset({"", "no", "false", "off", "0", "default", "all", "disconnected"})


def unitOf(cgroup: str, environment: Mapping[str, str]) -> str | None:
    """
    The name of the unit of the system that a process is the main one of.

    @param cgroup: its C{/proc/self/cgroup}.
    """
    if "INVOCATION_ID" not in environment:
        return None
    found = re.search(
        r"^[^:]*:(?:name=systemd)?:/system\.slice/(?:.*/)?([^/\n]+\.service)(?:/daemon)?$",
        cgroup,
        re.M,
    )
    return None if found is None else found[1]


def settingsOf(texts: Iterator[str]) -> dict[str, str]:
    """The last value of each setting of unit files, of the fragment and then its drop-ins."""
    found = {}
    for text in texts:
        for line in text.replace("\\\n", " ").splitlines():
            name, separator, value = line.partition("=")
            if separator and not name.startswith(("#", ";")):
                found[name.strip()] = value.strip()
    return found


def _files(unit: str, places: Sequence[str]) -> Iterator[str]:
    fragments = (Path(place, unit) for place in places)
    yield next(each for each in fragments if each.is_file()).read_text(errors="replace")
    dropIns: dict[str, Path] = {}
    for place in reversed(places):
        dropIns |= {each.name: each for each in Path(place, f"{unit}.d").glob("*.conf")}
    for name in sorted(dropIns):
        yield dropIns[name].read_text(errors="replace")


def faults(settings: Mapping[str, str]) -> Iterator[str]:
    """What is wrong with the settings of a unit, for people."""
    lacks = [
        f"{name}={value}"
        for name, value in needed.items()
        if name not in settings or (name in decisive and settings[name] != value)
    ]
    if lacks:
        yield f"lacks {', '.join(lacks)}"
    wrong = [f"{each}={settings[each]}" for each in harmful if settings.get(each, "") not in _off]
    if wrong:
        yield f"must not have {', '.join(wrong)}"


def oldUnit(places: Sequence[str] = directories) -> str | None:
    """
    What to say of the unit that this process runs under, in a sentence with the commands that
    mend it; None when nothing is wrong with it, or it can't be known.
    """
    try:
        unit = unitOf(Path("/proc/self/cgroup").read_text(), os.environ)
        if unit is None:
            return None
        found = list(faults(settingsOf(_files(unit, places))))
    except (OSError, StopIteration, RuntimeError):
        return None
    if not found:
        return None
    shipped = os.path.join(sys.prefix, "share/doc/gamepanel/gamepanel.service")
    source = shipped if os.path.exists(shipped) else "docs/gamepanel.service"
    return (
        f"the unit {unit} is not that of this release: it {' and '.join(found)}. Type: "
        f"cp {shlex.quote(source)} /etc/systemd/system/{shlex.quote(unit)} && "
        f"systemctl daemon-reload && systemctl restart {shlex.quote(unit)}"
    )
