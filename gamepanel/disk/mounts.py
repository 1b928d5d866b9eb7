"""
What is mounted where: see C{proc_pid_mountinfo(5)}.

Who may mount something gives it the name that he likes, and on many hosts each user may (with
FUSE, or an automounted disk): so the table is bytes, and only a blank parts its fields.
"""

import os
import re
from collections.abc import Iterable, Iterator

from attrs import frozen


@frozen
class Mount:
    """
    Something that is mounted.

    @ivar place: absolute path of where it is.
    @ivar root: absolute path, within its file system, of what is seen there.
    @ivar kind: type of the file system.
    @ivar options: those of the file system.
    @ivar device: major and minor number of the file system.
    """

    place: str
    root: str
    kind: str
    options: tuple[str, ...]
    device: str


def mountsIn(table: bytes) -> Iterator[Mount]:
    """@param table: the content of C{/proc/self/mountinfo}."""
    for line in table.split(b"\n")[:-1]:
        # Before the dash there may be any number of fields, and any field may be empty.
        before, _, after = line.partition(b" - ")
        device, root, place = before.split(b" ")[2:5]
        kind, _, options = after.split(b" ")[:3]
        every = tuple(_named(options).split(","))
        yield Mount(_named(place), _named(root), _named(kind), every, device.decode())


def mounts() -> list[Mount]:
    """
    All that this process can see.

    @raise OSError: when that can't be known.
    """
    with open("/proc/self/mountinfo", "rb") as table:
        return list(mountsIn(table.read()))


def mountsBelow(directory: str) -> list[str]:
    """
    All places below a directory where something is mounted.

    @param directory: an absolute path, with no link in it.

    @raise OSError: when that can't be known.
    """
    begin = directory.rstrip("/") + "/"
    return [each.place for each in mounts() if each.place.startswith(begin)]


def deviceOf(path: str, table: Iterable[Mount]) -> str:
    """
    The device that a path lies on; empty where that can't be known. The path is not touched: a disk
    that is away may hang.

    @param path: absolute, with no link in it; nothing need be there.
    @param table: what is mounted; of two at one place the later one counts.
    """
    longest, device = 0, ""
    for mount in table:
        place = f"{mount.place.rstrip('/')}/"
        if len(place) >= longest and f"{path}/".startswith(place):
            longest, device = len(place), mount.device
    return device


def _named(name: bytes) -> str:
    # Blanks, line ends and backslashes in names are written as three octal digits.
    name = re.sub(rb"\\([0-7]{3})", lambda found: bytes([int(found[1], 8)]), name)
    return os.fsdecode(name)
