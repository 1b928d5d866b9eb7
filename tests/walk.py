"""
A walk over every endpoint of a real daemon: what is answered when all is well, and what is refused,
with what differs from run to run masked.

C{python -m tests.walk} writes the record that C{tests.web.test_walk} compares with.
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path
from typing import Any, Final

from attrs import define, field

from tests.support import Client, Daemon, patience, typesForTests

path: Final = Path(__file__).parent / "walk.json"

_headers: Final = (
    *("content-type", "cache-control", "www-authenticate", "retry-after", "allow", "vary"),
    *("x-accel-buffering", "content-security-policy", "server", "x-content-type-options"),
    *("referrer-policy", "access-control-allow-origin", "access-control-expose-headers"),
    *("access-control-allow-methods", "access-control-allow-headers", "access-control-max-age"),
    "etag",
)
"""What clients look at, the length and what is of the connection aside."""

_usual: Final = {
    "content-type": "application/json",
    "cache-control": "no-store",
    "content-security-policy": (
        "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
    ),
    "server": "gamepanel",
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
}
"""What most answers have."""

_varying: Final = frozenset(
    (
        *("accessToken", "at", "cores", "cpuPercent", "createdAt", "daemon", "diskFree"),
        *("diskTotal", "endedAt", "features", "instance", "lastSeen", "load", "memoryBytes"),
        *("memoryTotal", "pid", "samples", "since", "startedAt", "token", "uptime", "nextAt"),
        *("usage", "requestId", "newest", "oldest", "software", "disk", "responds"),
    )
)
"""Fields whose values differ from run to run, and are masked unless they are null."""

_forPeople: Final = frozenset(("cause", "detail", "error", "givenUp", "reason", "step"))
"""Fields with sentences, and the same as data."""


def masked(value: Any, withSentences: bool) -> Any:
    """A part of an answer in which what differs from run to run is replaced by its type."""
    if isinstance(value, list):
        return [masked(each, withSentences) for each in value]
    if not isinstance(value, dict):
        return value
    found = {}
    for key, each in value.items():
        if key in _forPeople and not withSentences:
            continue
        isMasked = key == "usage" or (key in _varying and each is not None)
        found[key] = f"<{key}>" if isMasked else masked(each, withSentences)
    if value.get("type") == "port":
        found["value"] = "<port>"
    return found


@define
class Walk:
    """
    Sends requests, and records what comes back.

    @ivar withSentences: whether sentences for people are recorded, too.
    @ivar record: what came, by a name for each request.
    """

    daemon: Daemon
    withSentences: bool = False
    record: dict[str, Any] = field(factory=dict)
    token: str | None = None

    def exchange(
        self, method: str, target: str, body: bytes | None, headers: Mapping[str, str]
    ) -> tuple[HTTPResponse, bytes]:
        """One request on a connection of its own, and all of its answer."""
        wire = HTTPConnection("127.0.0.1", self.daemon.port, timeout=patience)
        try:
            wire.request(method, f"/{target}", body, dict(headers))
            answer = wire.getresponse()
            return answer, answer.read()
        finally:
            wire.close()

    def authorized(self, **more: str) -> dict[str, str]:
        """The headers of a good request."""
        token = {} if self.token is None else {"Authorization": f"Bearer {self.token}"}
        return {"Content-Type": "application/json", **token, **more}

    def send(
        self,
        label: str,
        method: str,
        target: str,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        isBrief: bool = False,
    ) -> Any:
        """
        Send a request and record what came: all of it, or in brief.

        @return: what the body says.
        """
        sent = self.authorized() if headers is None else headers
        answer, data = self.exchange(method, target, body, sent)
        said = json.loads(data) if data else None
        kept = _kept(answer)
        shown = masked(said, self.withSentences)
        if target == "openapi.json" and answer.status == 200:
            shown = "<the document>"
        assert label not in self.record, label
        if isBrief and isinstance(said, dict) and "code" in said and not self.withSentences:
            found = [f"{each['pointer']} {each['code']}" for each in said.get("errors", ())]
            more = [kept[name] for name in ("allow", "www-authenticate") if name in kept]
            self.record[label] = " ".join(map(str, [answer.status, said["code"], *more, *found]))
        elif isBrief and not self.withSentences:
            self.record[label] = answer.status
        else:
            self.record[label] = [answer.status, kept, shown]
        return said

    def __call__(self, label: str, name: str, /, **fields: Any) -> Any:
        """Ask an endpoint for something."""
        return self.send(f"{name}: {label}", "POST", name, json.dumps(fields).encode())

    def stream(self, label: str, target: str, until: bytes) -> None:
        """Record how a stream begins."""
        wire = HTTPConnection("127.0.0.1", self.daemon.port, timeout=patience)
        wire.request("GET", f"/{target}", headers=self.authorized())
        answer = wire.getresponse()
        data = b""
        while until not in data:
            data += answer.read1(65536)
        wire.close()
        events = [_event(each, self.withSentences) for each in data.decode().split("\n\n")]
        kept = _kept(answer)
        self.record[label] = [answer.status, kept, events]


def _kept(answer: HTTPResponse) -> dict[str, str | None]:
    """The headers of an answer that are recorded: those that are not as usual."""
    found = {name.lower(): value for name, value in answer.getheaders()}
    named = {name: found.get(name) for name in _headers}
    return {name: value for name, value in named.items() if value != _usual.get(name)}


def _event(text: str, withSentences: bool) -> list[Any]:
    lines = text.splitlines()
    return [
        masked(json.loads(line[6:]), withSentences) if line.startswith("data: {") else line
        for line in lines
    ]


def _everyEndpoint(walk: Walk, document: Mapping[str, Any]) -> None:
    """What each endpoint says to requests that are wrong in what all have in common."""
    for found, item in document["paths"].items():
        name = found[1:]
        isPost = "post" in item
        method = "POST" if isPost else "GET"
        json_ = {"Content-Type": "application/json"}
        good = walk.authorized()

        def brief(
            what: str,
            method: str,
            target: str,
            body: bytes | None,
            headers: Mapping[str, str],
            of: str = name,
        ) -> None:
            walk.send(f"{of}: {what}", method, target, body, headers, isBrief=True)

        brief("DELETE", "DELETE", name, None, good)
        brief("other method", "GET" if isPost else "POST", name, None, json_)
        brief("slash", method, f"{name}/", b"{}" if isPost else None, good)
        brief("capital", method, name.capitalize(), None, good)
        brief("no token", method, name, b"{}" if isPost else None, json_)
        bad = {"Authorization": "Bearer 00"}
        brief("bad token", method, name, b"{}" if isPost else None, json_ | bad)
        brief("host", method, name, None, good | {"Host": "elsewhere"})
        brief("origin", method, name, None, good | {"Origin": "http://elsewhere"})
        brief("allowed origin", "OPTIONS", name, None, {"Origin": "https://friend"})
        unknown = "?unheard=1" if not isPost else ""
        body = b'{"unheard": 1}' if isPost else None
        brief("unknown field", method, name + unknown, body, good)
        if not isPost:
            continue
        if not name.startswith("login_info"):
            brief("media type", "POST", name, b"{}", good | {"Content-Type": "text/plain"})
        brief("encoding", "POST", name, b"{}", good | {"Content-Encoding": "gzip"})
        brief("not JSON", "POST", name, b"{", good)
        brief("list", "POST", name, b"[]", good)
        brief("query", "POST", f"{name}?a=1", b"{}", good)
        both = json.dumps({"accessToken": walk.token, "unheard": 1}).encode()
        brief("token in body", "POST", name, both, json_)
        brief("two tokens", "POST", name, both, good)
        for size in (4, 8, 16, 32, 64):
            long = b'{"unheard": 1' + b" " * (size * 1024 - 13) + b"}"
            brief(f"{size} KiB and 1 byte", "POST", name, long, json_)
            brief(f"{size} KiB", "POST", name, long[:-2] + b"}", json_)


def _forMachines(walk: Walk) -> None:
    for name in ("config", "healthz", "readyz", "openapi.json", "login_info"):
        walk.send(f"{name}: GET", "GET", name)
        walk.send(f"{name}: HEAD", "HEAD", name)
    for name in ("server_log_stream?server=a", "event_stream"):
        walk.send(f"{name}: HEAD", "HEAD", name)
    walk("POST", "login_info")
    walk("wrong", "login", username="admin", password="x", token="00", proofOfWork=[])
    walk("long", "login", username="admin", password="x" * 2000, token="00", proofOfWork=[])


def _management(walk: Walk, client: Client) -> None:
    types = walk.send("", "POST", "server_create_options", b"{}", isBrief=True)["types"]
    ours = sorted(each["type"] for each in types if each["type"] in typesForTests)
    [one] = [each for each in types if each["type"] == "lacking"]
    walk.record["server_create_options: types"] = [ours, masked(one, True)]
    walk("type", "server_create_options", type="shell")
    walk("no type", "server_create_options", type="nothing")
    walk("none", "server_list")
    port = walk.daemon.port + 1
    walk(
        *("made", "server_create"),
        type="shell",
        server="a",
        description="One",
        options={"port": port},
    )
    walk("exists", "server_create", type="shell", server="a")
    walk("no type", "server_create", type="nothing", server="b")
    walk("wrong id", "server_create", type="shell", server="B")
    wrong = {"level": 99, "unheard": 1, "fixed": 3}
    walk("wrong options", "server_create", type="shell", server="b", options=wrong)
    walk("port", "server_create", type="shell", server="b", options={"port": port})
    walk("no source", "server_create", type="shell", server="b", **{"from": {"server": "z"}})
    walk("copy", "server_create", type="shell", server="copy", **{"from": {"server": "a"}})
    client.wait(
        lambda: client("server_status", server="copy")["job"] is None, "the end of the copy"
    )
    walk("slow", "server_create", type="slow", server="slow")
    walk("fails", "server_create", type="broken-start", server="broken")
    walk("all", "server_list")
    walk("all", "server_status")


def _server(walk: Walk, client: Client) -> None:
    walk("stopped", "server_status", server="a")
    walk("nowhere", "server_status", server="z")
    for name in ("stop", "restart", "kill", "force_kill"):
        walk("stopped", f"server_{name}", server="a")
    walk("stopped", "server_cmd", server="a", command="hello")
    walk("stopped", "player_action", server="a", action="kick", player="ann")
    walk("nothing", "player_list", server="a")
    walk("can't", "server_start", server="broken")
    walk("starts", "server_start", server="a")
    client.until("a", "running")
    walk("runs", "server_start", server="a")
    walk("runs", "server_status", server="a")
    walk("runs", "server_destroy", server="a")
    walk("runs", "server_retype", server="a", type="slow")
    walk("not installable", "server_update", server="a")
    walk("not installable", "server_versions", server="a")
    walk("line", "server_cmd", server="a", command="hello")
    client.untilLog("a", "hello")
    walk("two lines", "server_cmd", server="a", command="a\nb")
    walk("no action", "player_action", server="a", action="kick", player="ann")
    walk("text", "server_log", server="a")
    walk("base64", "server_log", server="a", encoding="base64", readIndex=2)
    walk("wait", "server_log", server="a", readIndex=6, wait=0.05)
    walk("both", "server_log", server="a", readIndex=6, since=5)
    walk("range", "server_log", server="a", limit=1, wait=31, encoding="utf-16")
    walk("settings", "server_settings", server="a")
    walk("changed", "server_settings", server="a", settings={"level": 3, "description": "Two"})
    walk("read-only", "server_settings", server="a", settings={"fixed": "x"})
    walk("wrong", "server_settings", server="a", settings={"level": "x", "unheard": 1})
    walk.stream("server_log_stream: begins", "server_log_stream?server=a&readIndex=0", b"hello")
    walk.send("server_log_stream: nowhere", "GET", "server_log_stream?server=z")
    wrong = walk.authorized(**{"Last-Event-ID": "x"})
    walk.send("server_log_stream: wrong id", "GET", "server_log_stream?server=a", None, wrong)
    walk("restarts", "server_restart", server="a")
    client.until("a", "running")
    walk("kills", "server_kill", server="a")
    client.until("a", "stopped", "crashed", "waiting", "failed", "running")
    walk("once", "server_start", server="slow")
    client.untilLog("slow", "loading")
    walk("starting", "server_status", server="slow")
    walk("ends", "server_force_kill", server="slow")
    client.until("slow", "stopped")
    # Events of others come behind that of this end.
    client.wait(
        lambda: client("event_list", after=0, server="slow", kinds=["stopped"])["events"],
        "the end of slow, as an event",
    )
    walk("short", "server_history", server="a", seconds=1)
    walk("some", "server_history", server="a")
    walk("nowhere", "server_history", server="z")


def _jobs(walk: Walk, client: Client) -> None:
    walk("all", "job_list")
    walk("one", "job_status", job=1)
    walk("none", "job_status", job=99)
    walk("one", "job_log", job=1)
    walk("none", "job_log", job=99)
    walk("over", "job_cancel", job=1)
    walk("none", "job_cancel", job=99)
    walk("away", "server_destroy", server="copy", deleteFiles=True)
    walk("gone", "server_destroy", server="copy")
    walk("all", "host_status")
    walk("some", "host_history")
    first = client("event_list", after=0, limit=3)["events"]
    walk.record["event_list: kinds"] = [each["kind"] for each in first]
    walk("created", "event_list", after=0, kinds=["created"])
    walk("wrong", "event_list", kinds=["unheard"], limit=0)
    walk("nowhere", "event_list", server="z")
    walk.stream("event_stream: begins", "event_stream?after=0", b"event: created")
    walk.send("event_stream: wrong", "GET", "event_stream?after=-1")


def _people(walk: Walk, client: Client) -> None:
    walk("admin", "whoami")
    walk("weak", "user_create", username="ann", password="x")
    password = "a meadow full of sheep"
    rights = {"a": ["command"]}
    walk("made", "user_create", username="ann", password=password, servers=rights)
    walk("exists", "user_create", username="ann", password=password)
    walk("no server", "user_create", username="bob", password=password, servers={"z": ["view"]})
    walk("wrong", "user_create", username="bob", password=password, servers={"a": ["fly"]})
    walk("all", "user_list")
    walk("changed", "user_update", username="ann", create=False)
    walk("none", "user_update", username="bob", create=True)
    walk("last", "user_update", username="admin", admin=False)
    walk("last", "user_delete", username="admin")
    walk("wrong", "password_change", oldPassword="wrong", password=password)
    admin = walk.token
    ann = Client(client.base)
    ann.login("ann", password)
    walk.token = ann.token
    walk("ann", "whoami")
    for name in ("user_list", "audit_log", "host_status", "host_history"):
        walk("ann", name)
    for name in ("server_start", "server_stop", "server_destroy", "server_update", "server_status"):
        walk("ann, not hers", name, server="slow")
        walk("ann", name, server="a") if name != "server_status" else None
    _files(walk)
    _backups(walk)
    _schedules(walk)
    walk("ann", "server_create_options")
    walk("ann", "server_create", type="shell", server="mine")
    walk("ann", "server_list")
    walk("ann", "job_list")
    walk("ann", "job_cancel", job=1)
    walk("ann", "server_settings", server="a", settings={"level": 4})
    walk("ann", "user_create", username="eve", password=password)
    new = "another meadow, of cows"
    walk("ann", "password_change", oldPassword=password, password=new)
    walk("ann", "logout")
    walk("ended", "whoami")
    walk.token = admin
    walk("gone", "user_delete", username="ann")
    walk("none", "user_delete", username="ann")
    walk("newest", "audit_log", limit=20)
    walk("wrong", "audit_log", limit=0)


def _files(walk: Walk) -> None:
    """Files of a server, by somebody who may not, and by the admin."""
    for name, more in (
        ("file_list", {}),
        ("file_read", {"path": "x"}),
        ("file_search", {"text": "x"}),
        ("file_write", {"path": "x", "data": ""}),
        ("file_update", {"path": "x", "executable": True}),
        ("file_make_directory", {"path": "x"}),
        ("file_move", {"from": "x", "to": "y"}),
        ("file_delete", {"paths": ["x"]}),
        ("file_copy", {"from": "x", "to": "y"}),
        ("file_pack", {"paths": ["x"]}),
        ("file_unpack", {"path": "x"}),
        ("file_fetch", {"url": "https://example.org/x", "to": "x"}),
        ("download_ticket", {"path": "x"}),
        ("upload_status", {"upload": "0" * 32}),
    ):
        walk("ann", name, server="a", **more)


def _backups(walk: Walk) -> None:
    """Backups of a server, by somebody who may not, and one that there is not."""
    walk("ann", "backup_create", server="a")
    walk("ann", "backup_list", server="a")
    walk("ann, all", "backup_list")
    walk("ann", "backup_restore", server="a", backup=1)
    for name in ("backup_files", "backup_verify", "backup_update", "backup_delete"):
        walk("ann", name, backup=1)
    walk("ann", "backup_adopt")


def _schedules(walk: Walk) -> None:
    """Schedules of a server, by somebody who may only look, and one that there is not."""
    when, steps = {"cron": "0 4 * * *"}, [{"command": "save"}]
    walk("ann", "schedule_create", server="a", name="nightly", when=when, steps=steps)
    walk("ann", "schedule_list", server="a")
    for name in ("update", "delete", "run", "cancel", "runs"):
        walk("ann", f"schedule_{name}", schedule=1)
    walk("wrong", "schedule_preview", when={"cron": "0 4 31 2 *"})


def walkOver(withSentences: bool = False) -> dict[str, Any]:
    """What a daemon of this checkout answers."""
    daemon = Daemon(("--allow-generic", "--allow-origin", "https://friend"))
    try:
        client = daemon.start()
        walk = Walk(daemon, withSentences, token=client.token)
        steps: list[Callable[[Walk, Client], None]] = [_management, _server, _jobs, _people]
        for step in steps:
            step(walk, client)
        _forMachines(walk)
        answer, data = walk.exchange("GET", "openapi.json", None, {})
        assert answer.status == 200
        _everyEndpoint(walk, json.loads(data))
    finally:
        daemon.cleanUp()
    found: dict[str, Any] = _withoutPort(walk.record, daemon.port + 1)
    return found


def _withoutPort(part: Any, port: int) -> Any:
    """A part of a record without the port that a server was given."""
    if isinstance(part, dict):
        return {key: _withoutPort(each, port) for key, each in part.items()}
    if isinstance(part, list):
        return [_withoutPort(each, port) for each in part]
    if isinstance(part, str):
        return re.sub(rf"\b{port}\b|\b\d+(?= is free)", "<port>", part)
    return "<port>" if part in (port, port + 1) else part


def written(record: Mapping[str, Any]) -> str:
    """A record as it stands in its file: a line for each request."""
    lines = (f"{json.dumps(k)}: {json.dumps(v)}" for k, v in sorted(record.items()))
    return "{\n" + ",\n".join(lines) + "\n}\n"


def differences(before: Mapping[str, Any], now: Mapping[str, Any]) -> Iterator[str]:
    """In what two records differ."""
    for name in sorted(before.keys() | now.keys()):
        if before.get(name) != now.get(name):
            yield f"{name}\n  before {before.get(name)}\n  now    {now.get(name)}"


if __name__ == "__main__":
    import sys

    target = Path(sys.argv[1]) if len(sys.argv) > 1 else path
    target.write_text(written(walkOver(target != path)))
