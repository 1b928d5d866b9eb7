"""What SteamCMD is told in a script, as steps."""

import re

from gamepanel.games.importing.bash import Unfit
from gamepanel.games.importing.scope import Scope
from gamepanel.games.importing.text import Text
from gamepanel.games.importing.variables import Table


def steps(text: str, scope: Scope) -> list[Table]:
    """
    The applications that a command installs.

    @raise Unfit: when it does something else.
    """
    flat = re.sub(r"\\\n|\s+", " ", text)
    if re.search("workshop_download_item|app_info_print|app_status", flat):
        raise Unfit(text)
    updates = re.findall(r"app_update \"?(\$\{?\w+\}?|\d+)(.*?)(?=\+app_update|$)", flat)
    folder = re.search(r"force_install_dir \"?([^\s\"]+)", flat)
    to = "." if folder is None else scope.path(scope.address(folder[1]))
    if not updates or to is None:
        raise Unfit(text)
    platforms = _platforms(flat, scope)
    found: list[Table] = []
    for given, rest in updates:
        number = scope.address(given)
        variable = scope.variables.behind(number)
        app = (number.plain or "") if variable is None else variable.default
        app = app.strip().split(" ")[0]
        if not re.fullmatch(r"[1-9]\d{0,8}", app):
            raise Unfit(text)
        step: Table = {"steamcmd": int(app)}
        step |= {"to": to} if to != "." else {}
        for key, pattern, part in (
            ("beta", r"-beta \"?(\$\{?\w+\}?|[\w.-]+)", rest),
            ("mod", r"app_set_config \"?\$?\{?\w+\}?\"? mod \"?(\$\{?\w+\}?|\w+)", flat),
        ):
            match = re.search(pattern, part)
            value = Text() if match is None else scope.address(match[1], Text())
            if value and value.plain not in ("public", "none"):
                step[key] = scope.variables.use(value)
        step |= {"platforms": platforms} if platforms != ["linux"] else {}
        step |= {"account": True} if _needsAccount(flat, scope) else {}
        found.append(step)
    return found


def _platforms(text: str, scope: Scope) -> list[str]:
    """Whose files are wanted; one for Windows is asked for by a variable, mostly."""
    if "ForcePlatformType" not in text or "windows" not in text:
        return ["linux"]
    variable = scope.variables.find("WINDOWS_INSTALL")
    value = scope.values.get("WINDOWS_INSTALL", Text())
    wanted = value.plain if variable is None else variable.default
    if "WINDOWS_INSTALL" not in text or wanted == "1":
        return ["windows"]
    # Some games can be had without a login only in this order.
    isBoth = re.search(r"WINDOWS_INSTALL\W+(?:==|-eq)\W+1\W+\]+\s*\|\|", text)
    return ["windows", "linux"] if isBoth else ["linux"]


def _needsAccount(text: str, scope: Scope) -> bool:
    """Whether an application is for those who own it only: then a login is required."""
    login = re.search(r"\+login \"?\$\{?(\w+)", text)
    if re.search(r"\+login \"?(?!anonymous\b)\w", text):
        return True
    for name in ("STEAM_USER", "STEAM_USERNAME", login[1] if login is not None else ""):
        variable = scope.variable(name) or scope.variables.find(name)
        if variable is not None:
            default = variable.default.lower()
            isRequired = variable.rules.required and default != "anonymous"
            return isRequired or default not in ("", "anonymous")
    return False
