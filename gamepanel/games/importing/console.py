"""How a console says that players can come, and how the game is asked to stop."""

import re
from typing import Final

from gamepanel.console.linepatterns import Unsupported, linear
from gamepanel.games.importing.report import Notes
from gamepanel.games.importing.variables import Table

_FORMATTING: Final = re.compile(r"\x1b\[[0-9;]*m|\\u001b\[[0-9;]*m")


def ready(done: object, notes: Notes) -> str | None:
    """
    The pattern of the ready line.

    @param done: the text that says so, or some; such as begin with C{regex:} are expressions.
    """
    texts = [done] if isinstance(done, str) else done if isinstance(done, list) else []
    patterns: list[str] = []
    for text in texts[:20]:
        if not isinstance(text, str) or not text.strip() or text == "change this part":
            continue
        if text.startswith("regex:"):
            pattern = text.removeprefix("regex:").strip("/")
        else:
            plain = _FORMATTING.sub("", text).strip("\r\n")
            pattern = re.sub(r"([\\.^$*+?{}\[\]|()])", r"\\\1", plain)
        try:
            linear(pattern)
        except Unsupported as error:
            notes.leave("console", text, f"no expression of RE2: {error}")
            continue
        patterns.append(pattern)
        notes.take("console", f"ready when a line holds {text!r}")
    if len(patterns) < 2:
        return patterns[0] if patterns else None
    return "|".join(f"(?:{pattern})" for pattern in patterns)


def stopSteps(stop: object, notes: Notes, code: object = None) -> list[Table]:
    """
    How a game is stopped.

    @param stop: a line for its console, or C{^C}.
    @param code: a signal's number, as PufferPanel has it.
    """
    text = stop.strip() if isinstance(stop, str) else ""
    if isinstance(code, int) and not text:
        names = {1: "HUP", 2: "INT", 3: "QUIT"}
        first = names.get(code, "TERM")
        steps: list[Table] = [{"signal": first, "patience": 60}]
        return steps if first == "TERM" else [*steps, {"signal": "TERM", "patience": 15}]
    if text.upper() in ("^C", "^^C", "CTRL+C", "^^^C", "SIGINT"):
        notes.take("console", "stops by INT, then TERM")
        return [{"signal": "INT", "patience": 60}, {"signal": "TERM", "patience": 15}]
    if text.upper() in ("", "^SIGKILL", "SIGKILL", "^K", "^SIGTERM", "SIGTERM", "^D"):
        if text.upper() == "^D":
            notes.leave("console", text, "the end of input is no way to stop here; TERM is", False)
        return [{"signal": "TERM", "patience": 30}]
    if "\n" in text or not text.isprintable():
        notes.leave("console", text, "is no line for a console; TERM stops it")
        return [{"signal": "TERM", "patience": 30}]
    notes.take("console", f"stops by {text!r}, then TERM")
    line = text.replace("{", "{{").replace("}", "}}")
    return [{"command": line, "patience": 60}, {"signal": "TERM", "patience": 15}]
