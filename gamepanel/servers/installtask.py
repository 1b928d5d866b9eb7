"""
What the worker is told that installs a server: a value of the store.
"""

import errno
import os
import stat
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec
from msgspec import Struct

from gamepanel.disk.pathtext import isText, storable
from gamepanel.disk.stepping import Identity, identityOf, parentOf
from gamepanel.games.definition import ServerType
from gamepanel.process.home import homeIn
from gamepanel.process.isolation import Isolation
from gamepanel.process.launch import Account, Launch
from gamepanel.process.sandbox import Sandbox
from gamepanel.servers.limitoptions import diskLimit, limitsOf
from gamepanel.servers.needs import checkIsolated
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
    isolation: Isolation,
) -> dict[str, Any]:
    """
    It waits for the disk: call it in a thread.

    @param server: its id.
    @param directory: its directory in the state directory.
    @param account: whom its game runs as.
    @param path: PATH of the programs that are run.
    @param sources: where is downloaded from, as the operator wants it.
    @param isolation: whether games are isolated.

    @return: what L{gamepanel.worker.install} takes.

    @raise SpawnFailed: when its programs must be isolated, and can't be.
    @raise Unsupported: when a script installs it, and it is not isolated.
    """
    isIsolated = isolation.holdsInstalls(account, settings.isIsolated)
    checkIsolated(definition, isolation, isIsolated, isInstalled=True)
    sandbox = installSandbox(isolation, definition, directory, account, path)
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
        "limit": diskLimit(settings.own, definition.limits),
        "limits": limitsOf(settings.own, definition.limits).forInstalling().settings(),
        "sources": dict(sources),
        "shared": _shared(directory),
        "sandbox": storable(msgspec.to_builtins(sandbox)) if isIsolated else None,
        "readable": storable(sandbox.readable),
        "state": isolation.visible.state,
    }


def _shared(directory: str) -> str:
    """Where is what all servers share: beside them all."""
    return os.path.join(os.path.dirname(os.path.dirname(directory)), "shared")


def installSandbox(
    isolation: Isolation,
    definition: ServerType,
    directory: str,
    account: Account | None,
    path: str,
) -> Sandbox:
    """
    What the programs see that install a server, where they are isolated: what its game would, what
    is shared, and the directory that files are made in. It waits for the disk: call it in a thread.

    For the parameters see L{installTask}.
    """
    home = homeIn(directory)
    launch = Launch(("/bin/sh",), {"PATH": path, "HOME": home}, {}, home, account)
    needs = (*definition.needs, *_programs(definition.install))
    staging = os.path.join(directory, "install", "staged")
    return isolation.visible.installing(
        launch, definition.run.sees, needs, _shared(directory), staging
    )


def _programs(steps: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """Programs that steps run. What a placeholder stands for is shared, or the host's Java."""
    yield "java"
    for step in steps:
        if "run" in step:
            yield step["run"][0]
        elif "pip" in step:
            yield f"python{step.get('python') or 3}"
        elif "npm" in step:
            yield from ("npm", "node")
        elif "steamcmd" in step:
            yield "steamcmd"


class Origin(Struct, frozen=True):
    """
    What a new server begins as a copy of.

    @ivar path: real path of the directory.
    @ivar identity: which one it is, see L{located}.
    @ivar creation: of the server that has it; None if it is none's.
    @ivar manifest: absolute path of the list of what was installed there, if there may be one.
    @ivar installed: what is installed there, as far as it is known.
    @ivar isMoved: whether the directory itself becomes the server's.
    @ivar limit: bytes of the disk that it may take; 0: there is no limit.
    """

    path: str
    identity: Identity
    creation: int | None = None
    manifest: str | None = None
    installed: Installed | None = None
    isMoved: bool = False
    limit: int = 0


class BackupOrigin(Struct, frozen=True):
    """
    What a new server begins as: a backup.

    @ivar backup: its number.
    @ivar options: values of the options of its server then; those that are given count.
    @ivar isWhole: whether it holds all that was installed; else that is installed first.
    """

    backup: int
    options: Mapping[str, Any]
    isWhole: bool


def copyTask(origin: Origin, directory: str, account: Account | None, limit: int) -> dict[str, Any]:
    """
    @param directory: of the new server, in the state directory.
    @param account: whom its game runs as.
    @param limit: bytes of the disk that it may take; 0: there is no limit.

    @return: what L{gamepanel.worker.copying} takes.
    """
    limits = [each for each in (limit, origin.limit) if each]
    source = {} if origin.creation is None else {"source": origin.creation}
    return {
        **source,
        "directory": directory,
        "home": homeIn(directory),
        "account": None if account is None else [account.uid, account.gid],
        "from": origin.path,
        "identity": origin.identity,
        "move": origin.isMoved,
        "limit": min(limits, default=0),
        "manifest": origin.manifest,
        "outcome": outcomeOf(origin.installed),
    }


def outcomeOf(installed: Installed | None) -> dict[str, Any]:
    """What a copy of something that is installed will have, see L{gamepanel.jobs.installs}."""
    found = installed or Installed()
    return {"version": found.version, "variables": dict(found.variables)}


def located(path: str) -> tuple[str, Identity]:
    """
    The real path of a directory, and which one it is: whoever opens it later knows whether somebody
    has put another in its place. It waits for the disk: call it in a thread.

    @raise OSError: when there is none.
    """
    found = os.path.realpath(path, strict=True)
    with parentOf(found) as (parent, name):
        status = os.stat(name, dir_fd=parent, follow_symlinks=False)
    if not stat.S_ISDIR(status.st_mode):
        raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR))
    return found, identityOf(status)


def adoptable(path: str, roots: Sequence[str], state: str) -> tuple[str, Identity] | None:
    """
    The directory that a server may begin as a copy of, see L{located}; None if this is none. It
    waits for the disk: call it in a thread.

    @param roots: what it must be below of.
    @param state: the state directory. Nothing in it may be taken, nor what it is in: neither what
        is other servers' nor our secrets.
    """
    real, ours = os.path.realpath(path), os.path.realpath(state)
    inside = any(_isBelow(real, os.path.realpath(root)) for root in roots)
    isOurs = real == ours or _isBelow(real, ours) or _isBelow(ours, real)
    # The task of a job is JSON, which holds no path that is not UTF-8; a link may lead to one.
    if not os.path.isabs(path) or not inside or isOurs or not isText(real):
        return None
    try:
        found = located(real)
    except OSError:
        return None
    # Else somebody has put a link there since.
    return found if found[0] == real else None


def _isBelow(path: str, directory: str) -> bool:
    return path.startswith(directory.rstrip("/") + "/")


def _kept(steps: Sequence[Mapping[str, Any]]) -> list[str]:
    """Globs of files that stay if they are there."""
    return [glob for step in steps for glob in step.get("keep", ())]
