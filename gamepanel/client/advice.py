"""
What to say of something that was not done, and what to do about it.
"""

from typing import Final

from gamepanel.client.failures import ClientError
from gamepanel.errors import PanelError
from gamepanel.wire.codes import ErrorCode

hints: Final[dict[ErrorCode, str]] = {
    "token_missing": "Log in again: gamepanel login URL",
    "token_invalid": "Log in again: gamepanel login URL",
    "forbidden": "Ask an administrator for access: gamepanel users update",
    "no_such_server": "Those that you may see: gamepanel ls",
    "no_such_type": "Those that there are: gamepanel types",
    "no_such_user": "Those that there are: gamepanel users",
    "not_running": "Start it: gamepanel start ID",
    "not_permitted": "On its host, as root: end it there, or run the daemon as its user.",
    "already_running": "Restart it: gamepanel restart ID",
    "not_stopped": "Stop it first: gamepanel stop ID --wait",
    "stdin_full": "Try again when the game has read what waits for it.",
    "server_exists": "Choose another id.",
    "port_in_use": "Choose another port: -o port=NUMBER",
    "no_space": "Make room on the host of the daemon.",
    "login_token_expired": "Try again.",
    "proof_invalid": "Try again.",
    "busy": "Try again.",
}
"""What to do next, for each code of a refusal."""


def sentences(error: PanelError | ClientError) -> list[str]:
    """What to say of something that was not done: first what, then of which fields."""
    if isinstance(error, ClientError):
        return [str(error)]
    fields = [f"{'/'.join(each.field)}: {each.detail}" for each in error.problems]
    return [error.detail, *fields]


def advice(error: PanelError) -> list[str]:
    """What was refused and what to do about it, in sentences."""
    if error.code in hints:
        return [*sentences(error), hints[error.code]]
    if error.retryAfter is not None:
        return [*sentences(error), f"Try again in {error.retryAfter:.0f} s."]
    return sentences(error)
