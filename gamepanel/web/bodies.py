"""
How large the body of a request may be, for all endpoints in one table.
"""

from typing import Final

KiB: Final = 1024

_limits: Final[dict[str, int]] = {
    "server_create": 64 * KiB,
    "server_settings": 64 * KiB,
    "server_retype": 64 * KiB,
    "user_": 64 * KiB,
    "schedule_": 64 * KiB,
    "webhook_": 64 * KiB,
    "token_create": 64 * KiB,
    "token_update": 64 * KiB,
    "server_cmd": 32 * KiB,
    "file_": 16 * KiB,
    "login": 8 * KiB,
}
"""In bytes, by the name of an endpoint, or by how the names of several begin."""

_usual: Final = 4 * KiB


def maxBodyOf(name: str) -> int:
    """What the body of an endpoint may have at the most, in bytes."""
    group = name.partition("_")[0] + "_"
    return _limits.get(name, _limits.get(group, _usual))
