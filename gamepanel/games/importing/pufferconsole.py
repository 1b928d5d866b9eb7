"""
How PufferPanel reaches a game's console, asks for its players, and starts it again.
"""

from collections.abc import Callable
from typing import Any, Final

from gamepanel.games.importing.declared import Table
from gamepanel.games.importing.report import Notes
from gamepanel.games.importing.text import Text
from gamepanel.games.importing.variables import Variables

_kinds: Final = {
    "rcon": "rcon",
    "rconws": "rcon-web",
    "rcon-ws": "rcon-web",
    "rcon_ws": "rcon-web",
    "telnet": "telnet",
}

_here: Final = ("", "0.0.0.0", "127.0.0.1", "localhost", "::", "::1")  # noqa: S104
"""Addresses of this host, which needs none."""

TextOf = Callable[[object], Text]


def console(
    run: dict[str, Any], stdin: object, text: TextOf, use: Variables, notes: Notes
) -> Table:
    """
    What C{[console]} says.

    @param run: of the template.
    @param stdin: how lines come to the game, if its command says so.
    """
    table: Table = {}
    given = stdin if isinstance(stdin, dict) and stdin.get("type") else run.get("stdin")
    if isinstance(given, dict):
        table |= _input(given, text, use, notes)
    output = run.get("stdout")
    if isinstance(output, dict) and output.get("type") == "file":
        path = text(output.get("file") or output.get("path"))
        name = path.plain or ""
        if name and not name.startswith("/") and ".." not in name.split("/"):
            table["follow"] = name.removeprefix("./").replace("{", "{{").replace("}", "}}")
            notes.take("console", f"shows what is written into {name}")
        else:
            notes.leave("console", f"stdout: {output}", "this file can't be told")
    return table


def _input(given: dict[str, Any], text: TextOf, use: Variables, notes: Notes) -> Table:
    wanted = str(given.get("type") or "stdin").lower()
    if wanted in ("stdin", "standard"):
        return {}
    kind = _kinds.get(wanted)
    port, password = text(given.get("port")), text(given.get("password"))
    if kind is None or not port or not (password or kind == "telnet"):
        why = "this console is not known" if kind is None else "its port or its password is missing"
        notes.leave("console", f"stdin: {wanted}", why)
        return {}
    table: Table = {"kind": kind, "port": use.use(port)}
    if (port.plain or "").isdecimal():
        table["port"] = int(port.plain or 0)
    if password:
        table["password"] = use.use(password)
        if kind == "telnet":
            table["login"] = "(?i)password"
    address = text(given.get("ip"))
    variable = use.named(address.only) if address.only else None
    if (variable.default if variable is not None else address.plain or "") not in _here:
        table["host"] = use.use(address)
    notes.take("console", f"takes commands by {kind}")
    return table


def query(document: dict[str, Any], hasPort: bool, notes: Notes) -> Table:
    """What C{[query]} says."""
    given = document.get("query")
    kind = str(given.get("type") or "") if isinstance(given, dict) else ""
    if kind == "minecraft" and hasPort:
        notes.take("console", "asks for players as Minecraft's clients do")
        return {"protocol": "minecraft"}
    if kind:
        notes.leave("console", f"query: {kind}", "this query is not known", False)
    return {}


def restart(run: dict[str, Any]) -> Table:
    """What C{[restart]} says."""
    table: Table = {}
    if run.get("autorestart") is True:
        table["policy"] = "always"
    code = run.get("expectedExitCode")
    if isinstance(code, int) and not isinstance(code, bool) and 0 < code < 256:
        table["clean_exit_codes"] = [0, code]
    return table


def leaveRest(document: dict[str, Any], notes: Notes) -> None:
    """Name what PufferPanel does beside these."""
    if document.get("uninstall"):
        notes.leave("file", "uninstall", "a server that is deleted needs none", False)
    keepAlive = document.get("keepAlive")
    if isinstance(keepAlive, dict) and keepAlive.get("command") and keepAlive.get("frequency"):
        notes.leave(
            "console",
            f"keepAlive: {keepAlive['command']} every {keepAlive['frequency']}",
            "a schedule can do that",
        )
    tasks = document.get("tasks")
    if tasks:
        notes.leave("file", "tasks", "a schedule can do that", False)
