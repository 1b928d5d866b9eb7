"""
The daemons that a person has logged in to, kept in the user's configuration directory.
"""

import os
from pathlib import Path
from typing import Final

import click
import msgspec
from msgspec import Struct

from gamepanel.client.caller import baseOf
from gamepanel.client.failures import ClientError
from gamepanel.wire.decoding import undecodable


class Known(Struct, kw_only=True, omit_defaults=True):
    """
    A daemon that somebody has logged in to.

    @ivar url: that was given.
    @ivar others: addresses of the same daemon, as it told then.
    @ivar instance: what it showed then, see L{gamepanel.client.caller}.
    @ivar certificates: path of a PEM file with those to trust instead of the host's own.
    """

    url: str
    others: list[str] = []
    instance: str = ""
    username: str | None = None
    token: str | None = None
    certificates: str | None = None

    @property
    def bases(self) -> list[str]:
        """
        What was named as its address.

        @raise ClientError: when that is none.
        """
        return [baseOf(self.url)]

    @property
    def urls(self) -> list[str]:
        """All addresses."""
        return [self.url, *self.others]


class Panels(Struct, kw_only=True):
    """
    All of them by name.

    @ivar default: which is meant when none is named.
    """

    default: str | None = None
    panels: dict[str, Known] = {}

    def withoutTokens(self) -> "Panels":
        """All that may be shown."""
        shown = {n: msgspec.structs.replace(known, token=None) for n, known in self.panels.items()}
        return Panels(default=self.default, panels=shown)


class NotLoggedIn(ClientError):
    """There is no daemon to talk to yet."""


_path: Final = Path(click.get_app_dir("gamepanel")) / "panels.json"


def load() -> Panels:
    """
    What is remembered.

    @raise ClientError: when the file can't be read.
    """
    try:
        return msgspec.json.decode(_path.read_bytes(), type=Panels)
    except FileNotFoundError:
        return Panels()
    except (OSError, *undecodable) as error:
        raise ClientError(f"{_path}: {error}. Mend or remove it.") from error


def save(panels: Panels) -> None:
    """
    Remember, readable for the user only.

    @raise ClientError: when the file can't be written.
    """
    import tempfile

    try:
        _path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor, name = tempfile.mkstemp(dir=_path.parent)
        with open(descriptor, "wb") as file:
            file.write(msgspec.json.format(msgspec.json.encode(panels), indent=2) + b"\n")
        os.replace(name, _path)
    except OSError as error:
        raise ClientError(f"{_path}: {error.strerror}.") from error


def choose(name: str | None) -> Known:
    """
    The daemon that is meant: the one that is named, else that of C{GAMEPANEL_URL} and
    C{GAMEPANEL_TOKEN}, else the one that was logged in to last.

    @raise NotLoggedIn: when there is none.
    """
    url = os.environ.get("GAMEPANEL_URL")
    if name is None and url:
        return Known(url=url, token=os.environ.get("GAMEPANEL_TOKEN"))
    panels = load()
    found = panels.panels.get(name or panels.default or "")
    if found is None:
        wanted = "here yet" if name is None else f"as {name}"
        raise NotLoggedIn(f"Nobody has logged in {wanted}. Try: gamepanel login URL")
    return found
