"""
All that the daemon uses of Twisted's processes without Twisted promising that it stays, as
L{gamepanel.web.http.request} has it of connections.
"""

import os

from twisted.internet import process

maxChildDescriptor = 16
"""No child is given a descriptor with a larger number than this."""


def spawnLightly() -> None:
    """
    Let the cost of starting a process not grow with what is open. Each time, Twisted looks at
    every descriptor of ours, three for each server that runs. But nearly all are closed by
    C{exec}, since Python opens them so (PEP 446); it is enough to look at those that were handed
    on to us, and at the numbers that a child may be given. C{_listOpenFDs}: there is no other way
    to tell.
    """
    handedOn = [number for number in process._listOpenFDs() if _isHandedOn(number)]
    numbers = sorted({*range(maxChildDescriptor), *handedOn})
    # Twisted does the same to it.
    process.detector._listOpenFDs = lambda: numbers  # type: ignore[method-assign]


def _isHandedOn(number: int) -> bool:
    try:
        return os.get_inheritable(number)
    except OSError:
        # That by which they were listed.
        return False
