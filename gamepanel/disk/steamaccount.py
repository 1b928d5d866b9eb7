"""
The file with a login at Steam, which C{gamepanel steam-login} makes and C{--steam-account} names.
"""

import os
import stat
from typing import Annotated, Final

import msgspec
from msgspec import Meta, Struct

from gamepanel.disk.replacing import replaceFile
from gamepanel.wire.decoding import undecodable

namePattern: Final = r"^[A-Za-z0-9_]{1,64}\Z"
"""How accounts of Steam are called."""

loginFiles: Final = ("config.vdf", "loginusers.vdf", "local.vdf")
"""Names of the files in which SteamCMD keeps a login."""

maxFileBytes: Final = 1024 * 1024
"""None of them is as large."""


class SteamAccount(Struct, forbid_unknown_fields=True, frozen=True):
    """
    A login.

    @ivar username: whose it is.
    @ivar files: what SteamCMD has kept of it, by paths relative to its HOME.
    """

    username: Annotated[str, Meta(pattern=namePattern)]
    files: dict[Annotated[str, Meta(pattern=r"^[A-Za-z0-9._/-]{1,200}\Z")], bytes]


def decode(data: bytes) -> SteamAccount:
    """
    What the file says.

    @raise ValueError: when it says something else.
    """
    try:
        found = msgspec.json.decode(data, type=SteamAccount)
    except undecodable as error:
        raise ValueError(f"gamepanel steam-login has not made it: {error}") from error
    for path in found.files:
        steps = path.split("/")
        if steps[-1] not in loginFiles or ".." in steps or "" in steps:
            raise ValueError("gamepanel steam-login has not made it: it names other files")
    return found


def read(path: str) -> bytes:
    """
    The file, checked.

    @raise ValueError: when it can't be used, or others than its owner may read it.
    """
    try:
        with open(path, "rb") as file:
            mode = os.fstat(file.fileno()).st_mode
            data = file.read(8 * maxFileBytes)
    except OSError as error:
        raise ValueError(error.strerror or "it can't be read") from error
    if mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise ValueError("others may read it; make it private (chmod 600)")
    decode(data)
    return data


def write(path: str, account: SteamAccount) -> None:
    """
    Put the file in the place of what is there; only its owner may read it.

    @raise OSError: when it can't be written.
    """
    replaceFile(path, msgspec.json.encode(account))
