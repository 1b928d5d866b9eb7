"""
What tells one daemon from another, under whatever address it is reached.
"""

import os
import re
import secrets
from contextlib import suppress
from typing import Final

from gamepanel.durable import sync

_INSTANCE: Final = re.compile(r"[0-9a-f]{32}")


def instanceOf(state: str) -> str:
    """
    The name of a daemon by its state directory: random, made with it and kept in it. One that
    can't be true is made anew.

    @raise OSError: when it can't be read or made.
    """
    path = os.path.join(state, "instance")
    with suppress(FileNotFoundError, UnicodeDecodeError), open(path, encoding="ascii") as file:
        found = file.read(100).strip()
        if _INSTANCE.fullmatch(found):
            return found
    made = secrets.token_hex(16)
    new = f"{path}.new"
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC | os.O_NOFOLLOW
    with open(os.open(new, flags, 0o600), "w") as file:
        file.write(made + "\n")
        file.flush()
        os.fsync(file.fileno())
    os.rename(new, path)
    sync(state)
    return made
