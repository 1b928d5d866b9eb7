"""
Small files that are replaced in one step (atomically): whoever reads one finds all of the old or
all of the new.

The standby reader imports this, too (L{gamepanel.console.standby}): so it is plain Python
that brings in nothing large.
"""

import os


def replaceFile(path: str, data: bytes, isSynced: bool = True) -> None:
    """
    Put a file in the place of what is there. Only its owner may read it.

    @param isSynced: whether the disk has it before it takes that place; else a crash of the host
        may leave it empty.

    @raise OSError: when it can't be written; what was there is as it was then.
    """
    new = f"{path}.new"
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC
    with open(os.open(new, flags, 0o600), "wb") as file:
        # One that was left there may have other rights.
        os.fchmod(file.fileno(), 0o600)
        file.write(data)
        if isSynced:
            file.flush()
            os.fsync(file.fileno())
    os.rename(new, path)
