"""
What the worker is told that installs a server: a value of the store.
"""

import os
from collections.abc import Mapping, Sequence
from typing import Any

from gamepanel.games.definition import ServerType
from gamepanel.servers.files.layout import homeIn
from gamepanel.servers.process.launch import Account
from gamepanel.servers.settings import Settings


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


def _kept(steps: Sequence[Mapping[str, Any]]) -> list[str]:
    """Globs of files that stay if they are there."""
    return [glob for step in steps for glob in step.get("keep", ())]
