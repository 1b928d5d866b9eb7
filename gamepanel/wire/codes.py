"""
The codes of refusals: stable words that programs read, and what HTTP makes of each.
"""

from collections.abc import Mapping
from typing import Final, Literal, NamedTuple

ProblemCode = Literal[
    "missing", "unknown", "type", "range", "pattern", "choice", "conflict", "value"
]
"""What is wrong with one field; C{range} also of a length, C{value} all else."""


class Code(NamedTuple):
    """
    What a code of a refusal means.

    @ivar status: of HTTP.
    @ivar retryable: its status where it passes by itself, so that another try makes sense later;
        None where it never does.
    """

    status: int
    retryable: int | None = None


codes: Final[Mapping[str, Code]] = {
    "internal_error": Code(500),
    "bad_request": Code(400),
    "token_missing": Code(403),
    "token_invalid": Code(403),
    "forbidden": Code(403),
    "invalid_credentials": Code(403),
    "login_token_invalid": Code(403),
    "login_token_expired": Code(403),
    "login_token_used": Code(403),
    "proof_invalid": Code(403),
    "origin_refused": Code(403),
    "not_found": Code(404),
    "no_such_server": Code(404),
    "no_such_type": Code(404),
    "no_such_user": Code(404),
    "no_such_job": Code(404),
    "method_not_allowed": Code(405),
    "timeout": Code(408),
    "server_exists": Code(409),
    "already_running": Code(409),
    "not_running": Code(409),
    "not_stopped": Code(409),
    "not_permitted": Code(409),
    "stdin_full": Code(409),
    "stdin_closed": Code(409),
    "console_unavailable": Code(409),
    "auth_mode": Code(409),
    "port_in_use": Code(409),
    "user_exists": Code(409),
    "last_admin": Code(409),
    "readonly": Code(409),
    "job_running": Code(409),
    "job_over": Code(409),
    "not_installable": Code(409),
    "not_installed": Code(409),
    "unsupported": Code(409),
    "too_large": Code(413),
    "unsupported_media_type": Code(415),
    "host_refused": Code(421),
    "too_many_requests": Code(429, 429),
    "busy": Code(503, 503),
    "auth_unavailable": Code(503, 503),
    "source_unavailable": Code(503, 503),
    "shutting_down": Code(503, 503),
    "spawn_failed": Code(409, 503),
    "no_space": Code(507),
    "quota_exceeded": Code(507),
}
"""One for each thing that a caller may be told, with what it means."""
