"""
What the worker is told that installs a server: a value of the store.
"""

import os
from collections.abc import Mapping, Sequence
from typing import Any

from attrs import frozen

from gamepanel.games.definition import ServerType
from gamepanel.servers.files.layout import homeIn
from gamepanel.servers.process.launch import Account
from gamepanel.servers.settings import Settings
from gamepanel.store.installs import Installed


def installTask(
    definition: ServerType,
    server: str,
    settings: Settings,
    directory: str,
    account: Account | None,
    path: str,
    sources: Mapping[str, Any],
) -> dict[str, Any]:
    """
    @param server: its id.
    @param directory: its directory in the state directory.
    @param account: whom its game runs as.
    @param path: PATH of the programs that are run.
    @param sources: where is downloaded from, as the operator wants it.

    @return: what L{gamepanel.jobs.worker.install} takes.
    """
    return {
        "server": server,
        "directory": directory,
        "home": homeIn(directory),
        "account": None if account is None else [account.uid, account.gid],
        "steps": list(definition.install),
        "options": settings.optionValues(definition),
        "machine": os.uname().machine,
        "path": path,
        "owned": [file.path for file in definition.files],
        "kept": _kept(definition.install),
        "sources": dict(sources),
        # Beside all servers.
        "shared": os.path.join(os.path.dirname(os.path.dirname(directory)), "shared"),
    }


@frozen
class Origin:
    """
    What a new server begins as a copy of.

    @ivar path: absolute path of the directory.
    @ivar manifest: absolute path of the list of what was installed there, if there may be one.
    @ivar installed: what is installed there, as far as it is known.
    """

    path: str
    manifest: str | None = None
    installed: Installed | None = None


def copyTask(origin: Origin, directory: str, account: Account | None) -> dict[str, Any]:
    """
    @param directory: of the new server, in the state directory.
    @param account: whom its game runs as.

    @return: what L{gamepanel.jobs.worker.copying} takes.
    """
    installed = origin.installed or Installed()
    return {
        "directory": directory,
        "home": homeIn(directory),
        "account": None if account is None else [account.uid, account.gid],
        "from": origin.path,
        "manifest": origin.manifest,
        "outcome": {"version": installed.version, "variables": dict(installed.variables)},
    }


def adoptable(path: str, roots: Sequence[str]) -> str | None:
    """
    The real path of a directory that a server may begin as a copy of; None if this is none. It
    waits for the disk: call it in a thread.

    @param roots: what it must be below of.
    """
    found = os.path.realpath(path)
    inside = any(found.startswith(os.path.realpath(root).rstrip("/") + "/") for root in roots)
    return found if os.path.isabs(path) and inside and os.path.isdir(found) else None


def _kept(steps: Sequence[Mapping[str, Any]]) -> list[str]:
    """Globs of files that stay if they are there."""
    return [glob for step in steps for glob in step.get("keep", ())]
