"""
C{gamepanel steam-login}: logs in at Steam, for games that only those who own them may download.
"""

import os
import re
import shutil
import subprocess
import tempfile

from gamepanel.disk.steamaccount import SteamAccount, loginFiles, maxFileBytes, namePattern, write


class NotLoggedIn(Exception):
    """There is no login; the text says why."""


def login(username: str, path: str, program: str | None = None) -> None:
    """
    Let a person log in on this terminal, and keep the login. The password goes to SteamCMD only.

    @param path: of the file to make.
    @param program: SteamCMD; None for the host's.

    @raise NotLoggedIn: when it does not work; no file is made or changed then.
    """
    if not re.match(namePattern, username):
        raise NotLoggedIn("this is no name of an account of Steam")
    found = shutil.which(program or "steamcmd")
    if found is None:
        raise NotLoggedIn(f"there is no program {program or 'steamcmd'} on this host")
    with tempfile.TemporaryDirectory(prefix="gamepanel-steam-") as home:
        environment = {**os.environ, "HOME": home}
        # It asks for the password, and for Steam Guard's code, by itself.
        command = [os.path.abspath(found), "+login", username, "+quit"]
        code = subprocess.run(command, env=environment, cwd=home, check=False).returncode
        files = _kept(home)
        if code or not files:
            raise NotLoggedIn(f"SteamCMD has not logged in (exit code {code})")
        try:
            write(os.path.abspath(path), SteamAccount(username, files))
        except OSError as error:
            raise NotLoggedIn(f"{path}: {error.strerror}") from error


def _kept(home: str) -> dict[str, bytes]:
    """What it has kept of the login, by paths relative to its HOME."""
    found: dict[str, bytes] = {}
    for current, _, names in os.walk(home):
        for name in set(names) & set(loginFiles):
            path = os.path.join(current, name)
            if not os.path.islink(path) and os.path.getsize(path) <= maxFileBytes:
                with open(path, "rb") as file:
                    found[os.path.relpath(path, home)] = file.read()
    return found
