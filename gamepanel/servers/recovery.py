"""
What the files of a server say when a daemon takes it up, and what to do about those
that are damaged.

All of it waits for the disk: call it in a thread, but when the daemon starts.
"""

import os
import time
from contextlib import suppress
from typing import Final

from msgspec import Struct
from twisted.logger import Logger

from gamepanel.console import consolefile
from gamepanel.console.ring import DamagedConsole, Ring, tell
from gamepanel.servers import layout
from gamepanel.servers.storedlife import BadRecord, Record
from gamepanel.servers.storedlife import load as loadRecord

cutNote: Final = (
    b"\n[gamepanel] The host has restarted; the last second of output before that may be missing.\n"
)

damageBytes: Final = 2**40
"""
A new log begins so far behind the last known end of a damaged one. No server has
printed as much between two records of its life, so no index stands for two bytes.
"""

_log: Final = Logger()


class Found(Struct, frozen=True):
    """
    What the files of a server say.

    @ivar ring: its log.
    @ivar record: what was known of its life, if it has begun one.
    @ivar lostRecord: whether that was damaged.
    @ivar newBase: where its log begins anew, if that was damaged or missing.
    """

    ring: Ring
    record: Record | None
    lostRecord: bool
    newBase: int | None


def find(id: str, directory: str, boot: str) -> Found:
    """
    Read the files of a server. What is damaged moves aside.

    @param directory: its directory.
    @param boot: the C{bootId} of the host.

    @raise OSError: when they can't be used; nothing is lost then, and another try may do.
    """
    life = os.path.join(directory, "life")
    record, damage = None, None
    try:
        record = loadRecord(life)
    except BadRecord as error:
        damage = error
    try:
        ring, newBase = _console(directory, record, boot), None
    except (DamagedConsole, FileNotFoundError) as error:
        ring, newBase = _anew(id, directory, record, error)
    if damage is not None:
        # Last, so that another try after a failure of the rest finds it, too.
        _quarantine(id, life, str(damage))
    return Found(ring, record, damage is not None, newBase)


def _anew(id: str, directory: str, record: Record | None, reason: Exception) -> tuple[Ring, int]:
    """A new log whose indexes were never given out, and the first of them."""
    _quarantine(id, os.path.join(directory, "console"), str(reason))
    os.makedirs(os.path.join(directory, "files"), mode=0o700, exist_ok=True)
    base = damageBytes if record is None else record.position + damageBytes
    consolefile.makeConsole(directory, base)
    return consolefile.openConsole(directory), base


def _console(directory: str, record: Record | None, boot: str) -> Ring:
    """A server's log as it is."""
    if record is None or record.boot == boot:
        return consolefile.openConsole(directory)
    ring, isCut = layout.restoreConsole(directory)
    if isCut:
        try:
            tell(ring, cutNote)
        except OSError:
            # A full disk takes no note of it; what it says holds no line of a game.
            ring.append(cutNote)
    return ring


def _quarantine(id: str, path: str, reason: str) -> None:
    aside = f"{path}.damaged-{time.time_ns()}"
    with suppress(FileNotFoundError):
        os.rename(path, aside)
    _log.error("{server}: {path} is quarantined: {reason}", server=id, path=path, reason=reason)
