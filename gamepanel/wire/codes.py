"""
The codes of refusals: stable words that programs read.
"""

from typing import Literal

ProblemCode = Literal[
    "missing", "unknown", "type", "range", "pattern", "choice", "conflict", "value"
]
"""What is wrong with one field; C{range} also of a length, C{value} all else."""

ErrorCode = Literal[
    "internal_error",
    "bad_request",
    "token_missing",
    "token_invalid",
    "forbidden",
    "invalid_credentials",
    "login_token_invalid",
    "login_token_expired",
    "login_token_used",
    "proof_invalid",
    "origin_refused",
    "not_found",
    "no_such_server",
    "no_such_type",
    "no_such_user",
    "no_such_job",
    "method_not_allowed",
    "timeout",
    "server_exists",
    "already_running",
    "not_running",
    "not_stopped",
    "not_permitted",
    "stdin_full",
    "stdin_closed",
    "console_unavailable",
    "auth_mode",
    "port_in_use",
    "user_exists",
    "last_admin",
    "readonly",
    "job_running",
    "job_over",
    "not_installable",
    "not_installed",
    "unsupported",
    "too_large",
    "unsupported_media_type",
    "host_refused",
    "too_many_requests",
    "busy",
    "auth_unavailable",
    "source_unavailable",
    "shutting_down",
    "spawn_failed",
    "no_space",
    "quota_exceeded",
]
"""One for each thing that a caller may be told."""
