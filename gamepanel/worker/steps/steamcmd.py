"""
Installs applications of Steam with SteamCMD.
"""

import os
import re
import shutil
from contextlib import suppress
from typing import Final

from gamepanel.disk.steamaccount import SteamAccount, decode
from gamepanel.games.installing import SteamCmd
from gamepanel.games.installvalues import Unfit
from gamepanel.jobs.report import Failed
from gamepanel.wire.causes import because
from gamepanel.worker.steps import programs, tree
from gamepanel.worker.steps.work import Work
from gamepanel.worker.unpack import archives
from gamepanel.worker.unpack.within import chunkBytes

steamPatience: Final = 6 * 3600.0
"""Seconds for one run of SteamCMD."""

runs: Final = 3
"""So often it is tried: its first run mostly updates itself, and sometimes does no more."""

own: Final = ".steamcmd"
"""Where a server has its copy of SteamCMD, in its directory."""

maxClientBytes: Final = 256 * 1024 * 1024
"""Steam's library is not nearly as large."""

_PROGRESS: Final = re.compile(
    r"Update state \(0x[0-9a-f]+\) ([a-z ]+), progress: [0-9.]+ \((\d+) / (\d+)\)"
)
_ERROR: Final = re.compile(r"(?:ERROR!|FAILED) ?(.*)")


class _Listener:
    """Understands what SteamCMD prints."""

    def __init__(self, work: Work, app: int) -> None:
        self.isDone = False
        self.error = ""
        self._work = work
        self._success = re.compile(rf"Success! App '{app}' (?:fully installed|already up to date)")

    def heard(self, line: str) -> None:
        """It has printed a line."""
        if found := _PROGRESS.search(line):
            self._work.tell(int(found[2]), int(found[3]))
        elif self._success.search(line):
            self.isDone = True
        elif found := _ERROR.search(line):
            self.error = found[1][:500]


def install(work: Work, step: SteamCmd) -> None:
    """
    Install an application into the server's directory.

    @raise Failed: when SteamCMD does not say that it is installed.
    """
    account = _account(work) if step.account else None
    beta = _word(work, step.beta, "branch")
    mod = _word(work, step.mod, "mod")
    to = work.path(step.to, isDirectory=True)
    if to != ".":
        tree.makeDirectory(work.place.directory, to)
    directory = os.path.normpath(os.path.join(work.place.directory, to))
    work.begin(because("step_preparing_steamcmd", app=step.steamcmd))
    program = programOf(work)
    try:
        if account is not None:
            for path, data in account.files.items():
                tree.write(work.place.directory, path, data, mode=0o600)
        who = "anonymous" if account is None else account.username
        for platform in step.platforms:
            work.begin(because("step_steam", app=step.steamcmd, platform=platform))
            command = [program, "+@NoPromptForPassword", "1"]
            command += ["+@sSteamCmdForcePlatformType", platform]
            command += ["+force_install_dir", directory, "+login", who]
            command += ["+app_set_config", str(step.steamcmd), "mod", mod] if mod else []
            _update(work, step, beta, command)
    finally:
        # The game shall not have it.
        for path in () if account is None else account.files:
            with suppress(OSError):
                tree.remove(work.place.directory, path)
    _giveClient(work)
    manifest = f"{to}/steamapps/appmanifest_{step.steamcmd}.acf"
    if work.version is None:
        work.version = _buildId(work.place.directory, manifest)


def _word(work: Work, text: str | None, kind: str) -> str:
    """A name that SteamCMD is told; empty for none."""
    found = "" if text is None else work.text(text)
    if not re.fullmatch(r"[A-Za-z0-9._-]*", found) or found.startswith("-"):
        raise Unfit(because("no_steam_name", kind=kind))
    return found


def _account(work: Work) -> SteamAccount:
    if not work.task.secrets.steamAccount:
        raise Failed(because("steam_account_needed"))
    try:
        return decode(work.task.secrets.steamAccount)
    except ValueError as error:
        raise Failed(because("steam_account_unusable", error=str(error))) from error


def _update(work: Work, step: SteamCmd, beta: str, before: list[str]) -> None:
    command = [*before, "+app_update", str(step.steamcmd)]
    command += ["-beta", beta] if beta else []
    command += ["validate"] if step.validate else []
    listener = _Listener(work, step.steamcmd)
    for _ in range(runs):
        programs.execute(work, [*command, "+quit"], steamPatience, listener.heard)
        if listener.isDone:
            return
    raise Failed(because("steamcmd_failed", error=listener.error or None))


def programOf(work: Work) -> str:
    """
    Absolute path of SteamCMD: the host's, else the server's copy, made if it is not there.

    @raise Failed: when it can't be had.
    """
    if found := shutil.which("steamcmd", path=work.task.path):
        return found
    directory = os.path.join(work.place.directory, own)
    program = os.path.join(directory, "steamcmd.sh")
    if not os.access(program, os.X_OK):
        archive = work.place.shared.steamcmd(work.tell)
        tree.makeDirectory(work.place.directory, own)
        archives.unpack(archive, directory, tell=work.tell)
    return program


def _giveClient(work: Work) -> None:
    """Put Steam's library where games look for it: below their HOME."""
    for bits in ("32", "64"):
        source, to = f"{own}/linux{bits}/steamclient.so", f".steam/sdk{bits}/steamclient.so"
        with suppress(OSError), tree.reading(work.place.directory, source) as file:
            if os.fstat(file.fileno()).st_size <= maxClientBytes:
                with open(tree.create(work.place.directory, to), "wb") as copied:
                    shutil.copyfileobj(file, copied, chunkBytes)


def _buildId(root: str, manifest: str) -> str | None:
    with suppress(OSError), tree.reading(root, manifest) as file:
        found = re.search(rb'"buildid"\s+"([0-9]+)"', file.read(1024 * 1024))
        return None if found is None else found[1].decode()
    return None
