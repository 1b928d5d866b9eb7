"""
What the OpenAPI document can't say, told to schemathesis.

What is made to be refused stays as it is, except its nulls.
"""

import base64
from pathlib import Path
from typing import Any

import schemathesis
from schemathesis import Case, GenerationMode, HookContext

password = "a sentence that nobody else has"
"""To the policy of C{login_info}, which is no schema."""


known = {"server": ("cave", "one"), "type": ("shell", "lacking"), "username": ("ann", "ben")}
"""What the test has made, so that not all requests are about what is not there."""


types = Path(__file__).parent.parent / "gamepanel" / "games" / "types"

shipped = frozenset(path.stem for path in types.glob("*.toml"))
"""Types that come with gamepanel; their names are learnt from answers."""


def whole(value: Any) -> Any:
    """
    A value without NUL: to JSON Schema it is a character, the contract takes none.
    """
    if isinstance(value, str):
        # Not without it: some must not be empty.
        return value.replace("\0", "0")
    if isinstance(value, dict):
        return {key: whole(each) for key, each in value.items()}
    return [whole(each) for each in value] if isinstance(value, list) else value


def filePath(text: str) -> str:
    """A path of a file, of what was made up."""
    names = [name[:50] for name in text.split("/") if name not in ("", ".", "..")]
    return "/".join(names[:4]) or "x"


def ofFiles(body: dict[str, Any]) -> dict[str, Any]:
    """A request about files, with paths and data that are such."""
    for name in {"path", "from", "to"} & body.keys():
        body[name] = filePath(body[name] or "")
    if "paths" in body:
        body["paths"] = [filePath(path) for path in body["paths"]]
    if body.get("encoding") == "base64" and "data" in body:
        body["data"] = base64.b64encode(body["data"].encode()).decode()
    if body.get("offset"):
        # Not inside a character.
        body["encoding"] = "base64"
    return body


def ofSchedules(body: dict[str, Any]) -> dict[str, Any]:
    """A request about schedules: times or an event, and steps that are of one kind each."""
    when = body.get("when")
    if when is not None:
        event = when.get("event")
        pattern = {"pattern": "^x"} if event in ("line", "chat") else {}
        timed = {"cron": "0 4 * * *", "within": when.get("within")}
        body["when"] = timed if event is None else {"event": event, **pattern}
    for number, step in enumerate(body.get("steps") or ()):
        step = {name: value for name, value in step.items() if value is not None}
        line = step.get("command", "x").encode()[:4095].decode("utf-8", "ignore")
        made = {**step, "command": line}
        if "countdown" in step:
            made["countdown"] = [60, 10]
        kinds = [{"countdown", "command"}, *({name} for name in ("power", "backup", "wait"))]
        kept = next((kind for kind in kinds if kind <= made.keys()), {"command"})
        body["steps"][number] = {name: made[name] for name in {*kept, "always"} & made.keys()}
    return body


def valid(path: str, body: dict[str, Any]) -> dict[str, Any]:
    """
    A request that fits its schema, made to fit what is told beside it.
    """
    body = whole(body)
    for name, values in known.items():
        # By what was made up, so that a seed makes the same requests again.
        made = body.get(name)
        if isinstance(made, str) and path != "/login" and len(made) % 3 < len(values):
            body[name] = values[len(made) % 3]
    if path == "/user_create":
        # Those that the test knows are never external, since those take no password later.
        if body.get("username") in known["username"]:
            body["external"] = False
        # A password for users who log in with one, and none for external ones.
        body["password"] = None if body.get("external") else password
    if path == "/user_update" and body.get("password") is not None:
        # Those that were made up may be external, and have none.
        body["password"] = password if body.get("username") in known["username"] else None
    if path.startswith("/file_") or path == "/download_ticket":
        body = ofFiles(body)
    if path.startswith("/schedule_"):
        body = ofSchedules(body)
    if path == "/download_ticket":
        # It is for the one or for the other.
        archive = {"job": body.get("job")}
        file = {"server": body.get("server") or "cave", "path": body.get("path") or "x"}
        body = file if archive["job"] is None else archive
    if path == "/file_fetch":
        # Not from anybody: a job that fails at once.
        body["url"] = "http://127.0.0.1:1/x"
    for name in ("options", "settings"):
        # Which names there are depends on the type, and is asked for by server_create_options.
        if name in body:
            body[name] = {}
    if path in ("/server_create", "/server_retype") and body.get("type") in shipped:
        # Some have terms or an option that must be there, some are downloaded.
        body["type"] = "shell"
    if path == "/server_create":
        # It must be one of the two: a server of that type, or a directory that the operator has
        # named.
        body.pop("from", None)
    if path == "/server_cmd":
        # The bound is one of bytes, which a schema can't tell.
        body["command"] = body["command"].encode()[:4095].decode("utf-8", "ignore")
    if path == "/server_log" and body.get("since") is not None:
        # One of the two says where to begin.
        body.pop("readIndex", None)
    return body


def invalid(value: Any) -> Any:
    """
    What is to be refused, in the place of a null, which is no value of a field that must be there
    and the absence of all others. Lists in a list are taken nowhere.
    """
    return [[]] if value is None else value


def spared(path: str, body: dict[str, Any]) -> dict[str, Any]:
    """
    The same about somebody else, where it would change or remove the user that all are sent as:
    names come back from what was answered before.
    """
    isOurs = path in ("/user_update", "/user_delete") and body.get("username") == "admin"
    return {**body, "username": "ann"} if isOurs else body


def soon(body: dict[str, Any]) -> dict[str, Any]:
    """
    The same with a shorter wait for news, which mostly do not come: any number that is allowed
    becomes a small one, which is allowed, too.
    """
    wait = body.get("wait")
    if isinstance(wait, int | float) and not isinstance(wait, bool) and 0 <= wait <= 30:
        return {**body, "wait": min(wait, 0.01)}
    return body


@schemathesis.hook
def map_case(context: HookContext, case: Case[Any]) -> Case[Any]:
    """Called with each request before it is sent."""
    if case.meta is None:
        return case
    isPositive = case.meta.generation.mode is GenerationMode.POSITIVE
    if isPositive and case.path == "/download_ticket" and not isinstance(case.body, dict):
        # No field must be there, but one of two things must be told.
        case.body = {}
    if not isinstance(case.body, dict):
        return case
    if isPositive:
        case.body = soon(spared(case.path, valid(case.path, case.body)))
    else:
        body = {name: invalid(value) for name, value in case.body.items()}
        case.body = soon(spared(case.path, body))
    return case
