"""
An example of each endpoint: what is sent and what is answered.

They stand in the OpenAPI document, and tests send them to a real daemon in this order.
"""

from typing import Any, Final

_STATUS: Final = {
    "server": "cave",
    "type": "adventure",
    "description": "Colossal Cave",
    "status": "running",
    "typeTitle": "Adventure",
    "icon": "book",
    "tags": ["quiet"],
    "ports": [],
    "players": None,
    "readIndex": 1234,
    "runIndex": 0,
    "pid": 4711,
    "startedAt": 1790000000.25,
    "uptime": 12.5,
    "exit": None,
    "restarts": {"count": 0, "window": None, "nextAt": None, "givenUp": None},
    "usage": {"cpuPercent": 0.5, "memoryBytes": 12582912, "processes": 1},
    "responds": None,
    "limits": {"memoryBytes": 536870912, "cpuPercent": None},
    "installed": None,
    "needsInstall": False,
    "job": None,
    "runPorts": [],
    "console": "stdin",
}

_SAMPLE: Final = {
    "at": 1790000000,
    "cpuPercent": 0.5,
    "memoryBytes": 12582912,
    "players": None,
}

_JOB: Final = {
    "job": 1,
    "server": "cave",
    "kind": "delete",
    "status": "running",
    "step": "Deleting files",
    "done": 120000,
    "total": None,
    "unit": "files",
    "by": "admin",
    "createdAt": 1790000000.25,
    "startedAt": 1790000000.5,
    "endedAt": None,
    "error": None,
    "result": {},
}

_REVISION: Final = "5a1c-8-18d6f1c0a5b3e400-18d6f1c0a5b3e400"

_EVENTS: Final = """\
event: ready
id: 1
data: {"event":1,"at":1790000000.25,"server":"cave","kind":"ready","data":{"by":null}}

"""

_ANN: Final = {
    "username": "ann",
    "admin": False,
    "create": False,
    "disabled": False,
    "external": False,
    "servers": {"cave": ["view", "command", "power"]},
}

_DESCRIPTION: Final = {
    "name": "description",
    "title": "Description",
    "description": "For people.",
    "type": "text",
    "required": False,
    "readonly": False,
    "value": "Colossal Cave",
    "maxLength": 1000,
}

_OF_CAVE: Final = {"server": "cave"}

_BACKUP: Final = {
    "backup": 3,
    "server": "cave",
    "type": "adventure",
    "at": 1790000000.25,
    "size": 41210,
    "total": 103744,
    "files": 17,
    "note": "before the update",
    "by": "admin",
    "locked": False,
    "version": None,
    "complete": True,
    "changed": [],
    "quiesced": True,
    "checkedAt": None,
    "damaged": False,
}

_SCHEDULE: Final = {
    "schedule": 4,
    "server": "cave",
    "name": "nightly restart",
    "enabled": True,
    "when": {"cron": "0 4 * * *", "timezone": "Europe/Berlin", "within": 3600},
    "only": "running",
    "steps": [
        {"countdown": [300, 60, 10], "command": "say Restart in {time}", "always": False},
        {"power": "restart", "always": False},
    ],
    "by": "admin",
    "nextAt": 1790042400.0,
    "run": None,
    "last": {"at": 1789956342.5, "result": "ok", "detail": ""},
}

_STREAM: Final = """\
retry: 1000

event: status
data: {"server":"cave","type":"adventure","status":"running",…}

event: log
id: 11
data: {"oldReadIndex":0,"nextReadIndex":11,"readIndex":11,"encoding":"utf-8","data":"WELCOME TO "}

:

event: end
data: {"server":"cave","code":"no_such_server"}

"""

examples: Final[dict[str, tuple[Any, Any]]] = {
    "config": (
        {},
        {
            "auth": "password",
            "authUrl": None,
            "urls": [],
            "apiVersion": 1,
            "software": "gamepanel/0.1.0",
            "features": ["log-stream", "files", "backups", "schedules"],
            "instance": "5c0a4dfb2f0d4c6f8f1f6c1d8a3b7e90",
            "maxUpload": 17179869184,
        },
    ),
    "healthz": ({}, {"status": "ok"}),
    "readyz": ({}, {"status": "ok"}),
    "login_info": (
        {},
        {
            "passwordPolicy": {"minLength": 15, "maxLength": 256, "description": "15 to 256 …"},
            "token": "ab" * 43,
            "proofOfWork": {"algorithm": "sha256-lz-1", "amount": 8, "difficulty": 14},
            "expires": 300,
        },
    ),
    "login": (
        {
            "username": "admin",
            "password": "a meadow full of sheep",
            "token": "ab" * 43,
            "proofOfWork": [1725, 5106, 4760, 483, 5494, 6662, 1146, 2084],
        },
        {"accessToken": "cd" * 32, "expires": 604800, "username": "admin"},
    ),
    "whoami": (
        {},
        {
            "username": "admin",
            "admin": True,
            "create": False,
            "disabled": False,
            "external": False,
            "servers": {},
        },
    ),
    "server_create_options": (
        {},
        {
            "types": [
                {
                    "type": "adventure",
                    "title": "Adventure",
                    "description": "The first one.",
                    "missing": [],
                    "hint": "",
                    "icon": "book",
                    "tags": ["text"],
                    "tested": True,
                }
            ],
            "problems": [],
        },
    ),
    "server_create": (
        {"type": "adventure", "server": "cave", "description": "Colossal Cave"},
        {"server": "cave", "job": None},
    ),
    "event_list": (
        {"server": "cave", "after": 0, "limit": 1},
        {
            "events": [
                {
                    "event": 1,
                    "at": 1790000000.25,
                    "server": "cave",
                    "kind": "created",
                    "data": {"type": "adventure", "by": "admin"},
                }
            ],
            "oldest": 1,
            "newest": 1,
        },
    ),
    "server_list": (
        {},
        {
            "servers": [
                {
                    "server": "cave",
                    "type": "adventure",
                    "description": "Colossal Cave",
                    "status": "stopped",
                    "typeTitle": "Adventure",
                    "icon": "book",
                    "tags": ["quiet"],
                    "ports": [],
                    "players": None,
                }
            ]
        },
    ),
    "server_start": (_OF_CAVE, {"status": "starting"}),
    "server_status": (_OF_CAVE, _STATUS),
    "server_log": (
        {"server": "cave", "readIndex": 0, "wait": 5, "times": True},
        {
            "oldReadIndex": 0,
            "nextReadIndex": 11,
            "readIndex": 11,
            "encoding": "utf-8",
            "data": "WELCOME TO ",
            "times": [[0, 1790000000.5]],
        },
    ),
    "server_history": (
        {"server": "cave", "seconds": 3600},
        {"interval": 60, "samples": [_SAMPLE]},
    ),
    "host_status": (
        {},
        {
            "cpuPercent": 37.5,
            "cores": 2,
            "load": [0.4, 0.3, 0.2],
            "memoryBytes": 2147483648,
            "memoryTotal": 8589934592,
            "diskFree": 64424509440,
            "diskTotal": 107374182400,
            "uptime": 86400.0,
            "daemon": {
                "version": "0.1.0",
                "startedAt": 1790000000.25,
                "pid": 4700,
                "memoryBytes": 62914560,
            },
            "servers": {"running": 1},
            "disk": [{"server": "cave", "bytes": 12582912, "limit": 1073741824}],
            "backupsOnSameDisk": True,
        },
    ),
    "host_history": (
        {"seconds": 3600},
        {"interval": 60, "samples": [{**_SAMPLE, "diskFree": 64424509440}]},
    ),
    "server_cmd": ({"server": "cave", "command": "no"}, {}),
    "player_list": (
        _OF_CAVE,
        {
            "players": [
                {
                    "name": "ann",
                    "online": True,
                    "since": 1790000000.25,
                    "lastSeen": 1790000012.5,
                }
            ],
            "actions": [{"name": "kick", "title": "Kick"}],
        },
    ),
    "player_action": ({"server": "cave", "action": "kick", "player": "ann"}, {}),
    "server_settings": (
        {"server": "cave", "settings": {"autostart": True}},
        {"settings": [_DESCRIPTION]},
    ),
    "file_make_directory": ({"server": "cave", "path": "maps"}, {}),
    "file_write": (
        {"server": "cave", "path": "maps/hall.txt", "data": "A hall.\n", "revision": None},
        {"revision": _REVISION, "size": 8},
    ),
    "file_update": ({"server": "cave", "path": "maps/hall.txt", "executable": False}, {}),
    "file_list": (
        {"server": "cave", "path": "maps"},
        {
            "entries": [
                {
                    "name": "hall.txt",
                    "kind": "file",
                    "size": 8,
                    "modifiedAt": 1790000000.25,
                    "executable": False,
                }
            ],
            "more": False,
            "hidden": 0,
        },
    ),
    "file_read": (
        {"server": "cave", "path": "maps/hall.txt"},
        {
            "data": "A hall.\n",
            "encoding": "utf-8",
            "offset": 0,
            "size": 8,
            "revision": _REVISION,
        },
    ),
    "file_search": (
        {"server": "cave", "text": "hall", "path": "maps"},
        {"matches": [{"path": "maps/hall.txt", "line": 1, "text": "A hall."}], "complete": True},
    ),
    "download_ticket": (
        {"server": "cave", "path": "maps/hall.txt"},
        {"ticket": "c5" * 32, "expires": 60},
    ),
    "file_download": ({"server": "cave", "path": "maps/hall.txt"}, "A hall.\n"),
    "file_upload": (
        {"server": "cave", "path": "maps/hall.txt", "revision": ""},
        {"revision": _REVISION, "size": 8},
    ),
    "upload_status": (
        {"server": "cave", "upload": "0c" * 16},
        {"offset": 8, "revision": _REVISION},
    ),
    "file_move": ({"server": "cave", "from": "maps/hall.txt", "to": "maps/cellar.txt"}, {}),
    "file_copy": ({"server": "cave", "from": "maps", "to": "maps-old"}, {"job": 9}),
    "file_pack": ({"server": "cave", "paths": ["maps"], "to": "maps.zip"}, {"job": 10}),
    "file_unpack": ({"server": "cave", "path": "maps.zip", "to": "again"}, {"job": 11}),
    "file_fetch": (
        {"server": "cave", "url": "https://example.org/mill.map", "to": "maps/mill.map"},
        {"job": 12},
    ),
    "backup_create": ({"server": "cave", "note": "before the update"}, {"job": 13}),
    "backup_list": (_OF_CAVE, {"backups": [_BACKUP]}),
    "backup_files": (
        {"backup": 3, "path": "maps"},
        {
            "entries": [
                {
                    "name": "hall.txt",
                    "kind": "file",
                    "size": 8,
                    "modifiedAt": 1790000000.25,
                    "executable": False,
                }
            ],
            "more": False,
            "hidden": 0,
        },
    ),
    "backup_restore": ({"server": "cave", "backup": 3, "paths": ["maps"]}, {"job": 14}),
    "backup_verify": ({"backup": 3}, {"job": 15}),
    "backup_update": ({"backup": 3, "note": "before the update"}, _BACKUP),
    "backup_delete": ({"backup": 3}, {}),
    "backup_download": ({"backup": 3}, "…"),
    "schedule_list": (_OF_CAVE, {"schedules": [_SCHEDULE]}),
    "schedule_create": (
        {
            "server": "cave",
            "name": "nightly restart",
            "when": {"cron": "0 4 * * *", "timezone": "Europe/Berlin", "within": 3600},
            "only": "running",
            "steps": [
                {"countdown": [300, 60, 10], "command": "say Restart in {time}"},
                {"power": "restart"},
            ],
        },
        _SCHEDULE,
    ),
    "schedule_update": ({"schedule": 4, "enabled": True}, _SCHEDULE),
    "schedule_delete": ({"schedule": 4}, {}),
    "schedule_run": ({"schedule": 4}, {}),
    "schedule_cancel": ({"schedule": 4}, {}),
    "schedule_preview": (
        {"when": {"cron": "0 4 * * *", "timezone": "Europe/Berlin"}, "count": 2},
        {"times": [1790042400.0, 1790128800.0]},
    ),
    "schedule_runs": (
        {"schedule": 4},
        {
            "runs": [
                {
                    "run": 12,
                    "startedAt": 1789956000.0,
                    "endedAt": 1789956342.5,
                    "result": "ok",
                    "step": 1,
                    "detail": "",
                    "trigger": "time",
                }
            ]
        },
    ),
    "backup_adopt": ({}, {"backups": [1, 2, 3]}),
    "file_delete": ({"server": "cave", "paths": ["maps"]}, {}),
    "server_restart": (_OF_CAVE, {"status": "stopping"}),
    "server_stop": (_OF_CAVE, {"status": "stopping"}),
    "server_kill": (_OF_CAVE, {"status": "stopping"}),
    "server_force_kill": (_OF_CAVE, {"status": "stopping"}),
    "user_create": (
        {
            "username": "ann",
            "password": "a meadow full of sheep",
            "servers": {"cave": ["command", "power"]},
        },
        _ANN,
    ),
    "user_list": ({}, {"users": [_ANN]}),
    "user_update": (
        {"username": "ann", "servers": {"cave": ["command", "power"]}},
        _ANN,
    ),
    "user_delete": ({"username": "ann"}, {}),
    "audit_log": (
        {"limit": 1},
        {
            "entries": [
                {
                    "id": 1,
                    "at": 1790000000.25,
                    "username": "admin",
                    "address": "192.0.2.7",
                    "action": "server_start",
                    "server": "cave",
                    "target": None,
                    "result": "ok",
                }
            ]
        },
    ),
    "server_retype": (
        {"server": "cave", "type": "minecraft-paper", "options": {"eula": True}},
        {"job": 2},
    ),
    "server_update": ({"server": "cave"}, {"job": 2}),
    "server_versions": (
        {"server": "cave"},
        {"installed": "1.21.9", "available": "1.21.10", "pinned": False, "at": 1768000000.0},
    ),
    "server_destroy": ({"server": "cave", "deleteFiles": True}, {}),
    "job_list": ({"limit": 1}, {"jobs": [_JOB]}),
    "job_status": ({"job": 1, "wait": 10}, _JOB),
    "job_log": (
        {"job": 1},
        {"oldReadIndex": 0, "nextReadIndex": 0, "readIndex": 0, "encoding": "utf-8", "data": ""},
    ),
    "job_cancel": ({"job": 2}, {}),
    "password_change": (
        {"oldPassword": "a meadow full of sheep", "password": "another meadow, of cows"},
        {},
    ),
    "logout": ({}, {}),
    "server_log_stream": ({}, _STREAM),
    "event_stream": ({}, _EVENTS),
}
"""What is sent and answered first."""

further: Final[dict[str, tuple[Any, Any]]] = {
    "server_status": ({}, {"servers": [_STATUS]}),
    "server_create_options": (
        {"type": "openttd"},
        {
            "type": "openttd",
            "options": [
                {
                    "name": "port",
                    "title": "Port",
                    "description": "",
                    "type": "port",
                    "required": True,
                    "readonly": False,
                    "value": 3979,
                    "minimum": 1,
                    "maximum": 65535,
                }
            ],
            "homepage": "https://www.openttd.org/",
        },
    ),
}
"""What else some endpoints are for."""
