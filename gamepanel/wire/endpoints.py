"""
What is known of endpoints on both sides.
"""

from typing import Final

apiVersion: Final = 1
"""Grows when something is changed, not when something is added."""

reads: Final = frozenset(
    (
        *(
            "config",
            "login_info",
            "openapi.json",
            "healthz",
            "readyz",
            "whoami",
            "user_list",
            "audit_log",
        ),
        *("server_create_options", "server_list", "server_status", "server_log"),
        *("server_log_stream", "server_history", "server_versions", "player_list"),
        *("job_list", "job_status", "job_log", "event_list", "event_stream"),
        *("host_status", "host_history"),
    )
)
"""Endpoints that change nothing: a request whose answer was lost may be sent again."""
