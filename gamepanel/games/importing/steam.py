"""
SteamCMD in install scripts.
"""

import re
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Final

from gamepanel.games.importing.declared import Table, Variable
from gamepanel.games.importing.shell import Substitution, Word
from gamepanel.games.importing.state import State, Value, outside
from gamepanel.games.importing.text import Text, words

Expand = Callable[[Word], Value]

variables: Final = words(
    "SRCDS_APPID STEAM_APPID STEAM_USER STEAM_PASS STEAM_AUTH STEAM_PASSWORD "
    "STEAM_USERNAME WINDOWS_INSTALL SRCDS_BETAPASS SRCDS_BETA_PASS INSTALL_FLAGS "
    "EXTRA_FLAGS AUTO_UPDATE VALIDATE UPDATE_ON_START STEAMCMD_EXTRA_FLAGS "
    "GAME_AUTOUPDATE SRCDS_LOGIN STEAMCMD_VALIDATE"
)
"""Variables that only SteamCMD is told, or a panel that runs it at each start."""


def steamSteps(state: State, expand: Expand, words: Sequence[Word], source: str) -> None:
    """
    The steps of one run of SteamCMD.
    """
    flat = _flat(words)
    platforms = _platforms(state, flat, source)
    account = needsAccount(state) or _asksLogin(state, expand, flat)
    found, to, mod = False, ".", ""
    for index, word in enumerate(flat):
        if word.source == "+app_update" and index + 1 < len(flat):
            found = _app(state, expand, flat, index, platforms, account, source) or found
            if found and state.steps:
                state.steps[-1].update({"to": to} if to != "." else {})
                state.steps[-1].update({"mod": mod} if mod else {})
        elif word.source == "+force_install_dir" and index + 1 < len(flat):
            value = expand(flat[index + 1])
            path = state.path(value) if isinstance(value, Text) else None
            if path is not None and path.startswith(outside):
                state.leave(source, f"SteamCMD installs into the server's directory, not {path}")
                return
            to = path or "."
        elif word.source == "+workshop_download_item":
            state.leave(word.source, "items of Steam's Workshop have no step")
        elif word.source in ("+app_set_config", "app_set_config"):
            value = expand(flat[index + 3]) if len(flat) > index + 3 else None
            if isinstance(value, Text) and flat[index + 2].source == "mod":
                mod = state.use(value)
            else:
                state.leave(" ".join(w.source for w in flat[index : index + 4]), "has no step")
    if not found:
        state.leave(source, "which application of Steam it installs can't be told")


def _app(
    state: State,
    expand: Expand,
    flat: Sequence[Word],
    index: int,
    platforms: list[str],
    account: bool,
    source: str,
) -> bool:
    number = _number(state, expand, flat[index + 1])
    if number is None:
        return False
    step: Table = {"steamcmd": number}
    for at in range(index + 2, len(flat)):
        word = flat[at].source.strip("\"'")
        if word == "+app_update":
            break
        if word == "-beta" and at + 1 < len(flat):
            value = expand(flat[at + 1])
            if isinstance(value, Text) and value:
                step["beta"] = state.use(value)
        if word == "validate":
            step["validate"] = True
    betas = re.search(r"-beta\s+\$\{?(\w+)\}?", source)
    if betas is not None and "beta" not in step:
        value = state.values.get(betas[1]) or state.variables.text(betas[1])
        if isinstance(value, Text) and value and value.plain not in ("public", "none"):
            step["beta"] = state.use(value)
    if platforms != ["linux"]:
        step["platforms"] = platforms
    if account:
        step["account"] = True
    # Files that people changed are theirs; SteamCMD looks at its own anyway.
    step.pop("validate", None)
    return state.emit(step, source)


def _number(state: State, expand: Expand, word: Word) -> int | None:
    value = expand(word)
    text = value.plain if isinstance(value, Text) else None
    name = value.only if isinstance(value, Text) else None
    variable = state.variables.named(name) if name is not None else None
    if variable is not None and state.variables.fix(variable.env):
        text = variable.default
    text = (text or "").split(" ")[0]
    return int(text) if re.fullmatch(r"[1-9]\d{0,8}", text) else None


def _flat(words: Sequence[Word]) -> list[Word]:
    """The words, also those that substitutions print."""
    found: list[Word] = []
    for word in words:
        inner = [part for part in word.parts if isinstance(part, Substitution)]
        if not inner:
            found.append(word)
        for part in inner:
            for simple in part.script.simple():
                name = simple.words[0].source if simple.words else ""
                if name in ("printf", "echo"):
                    found += _flat(simple.words[1:])
    return found


def _platforms(state: State, words: Sequence[Word], source: str) -> list[str]:
    """Whose files are wanted; one for Windows is asked for by a variable, mostly."""
    asked = any("ForcePlatformType" in word.source for word in words)
    if not (asked and any("windows" in word.source for word in words)):
        return ["linux"]
    variable = state.variables.find("WINDOWS_INSTALL")
    value = state.values.get("WINDOWS_INSTALL")
    isWanted = variable is not None and variable.default == "1"
    isWanted = isWanted or (isinstance(value, Text) and value.plain == "1")
    if re.search(r"WINDOWS_INSTALL\W+(?:==|-eq)\W+1\W+\]+\s*\|\|", source):
        # Some games can be had without a login only in this order.
        return ["windows"] if isWanted else ["windows", "linux"]
    if "WINDOWS_INSTALL" in source:
        return ["windows"] if isWanted else ["linux"]
    return ["windows"]


def _asksLogin(state: State, expand: Expand, words: Sequence[Word]) -> bool:
    """Whether the login is a variable that must be given."""
    for word, following in pairwise(words):
        if word.source == "+login":
            value = expand(following)
            name = value.only if isinstance(value, Text) else None
            variable = state.variables.named(name) if name is not None else None
            return variable is not None and _isNeeded(variable)
    return False


def _isNeeded(variable: Variable) -> bool:
    isAnonymous = variable.default.lower() in ("", "anonymous")
    isRequired = variable.rules.required and variable.default.lower() != "anonymous"
    return isRequired or not isAnonymous


def needsAccount(state: State) -> bool:
    """Whether an application is for those who own it only: then a login is required."""
    for name in ("STEAM_USER", "STEAM_USERNAME"):
        variable = state.variables.find(name)
        if variable is not None:
            return _isNeeded(variable)
    return False
