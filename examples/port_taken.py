"""
Says which program has a port, and how to take another: C{make run} asks it first.

Usage: port_taken.py PORT
"""

import errno
import os
import socket
import sys
from contextlib import suppress
from pathlib import Path

from gamepanel.host.ports import Port, isHeld


def trouble(port: int) -> int:
    """The number of the error that listening on a port of loopback would meet, or 0."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
            probe.listen()
        except OSError as error:
            return error.errno or errno.EINVAL
    return 0


def holder(port: int) -> str:
    """The program that listens on a port; of another user's, only root is told."""
    wanted = Port(port, frozenset({"tcp"}))
    # Each may end meanwhile.
    with suppress(OSError):
        for each in filter(str.isdecimal, os.listdir("/proc")):
            if isHeld(wanted, [int(each)]):
                name = Path("/proc", each, "comm").read_bytes().decode(errors="replace").strip()
                return f"{name} (process {each})"
    return "another program"


def main(text: str) -> None:
    if not text.isdecimal() or not 0 < int(text) < 65536:
        sys.exit(f"PORT={text}: must be a number from 1 to 65535.")
    port = int(text)
    found = trouble(port)
    if not found:
        return
    why = os.strerror(found)
    if found == errno.EADDRINUSE:
        why = f"{holder(port)} is using it"
    other = next(each for each in range(8080, 65536) if not trouble(each))
    sys.exit(f"Port {port}: {why}. To take another: make run PORT={other}")


main(sys.argv[1])
