"""The command before a daemon that lies: nothing of it commands a terminal, and no token strays."""

import json
import os
import re
import subprocess
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Final

from twisted.trial.unittest import SynchronousTestCase

from tests.client.test_command import Terminal, program
from tests.support import freePort, patience

_nasty: Final = "x\x1b]0;evil\x07\x1b[2J\x9b31m\u202e[bold]y[/bold]\x00\r\x08\x1bc\nz"

_obeyed: Final = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
"""What a terminal may obey, except TAB and line feed."""

_server: Final[dict[str, Any]] = {
    "server": "one",
    "type": "t",
    "description": _nasty,
    "status": "failed",
    "typeTitle": _nasty,
    "icon": _nasty,
    "tags": [_nasty],
    "ports": [{"name": _nasty, "port": 1, "protocol": "udp"}],
}
_status: Final[dict[str, Any]] = {
    **_server,
    "readIndex": 0,
    "runIndex": 0,
    "pid": None,
    "startedAt": None,
    "uptime": None,
    "exit": {"code": 1, "signal": None, "at": 1, "reason": _nasty},
    "restarts": {"count": 0, "window": None, "nextAt": None, "givenUp": _nasty},
    "usage": None,
}
_property: Final[dict[str, Any]] = {
    "name": _nasty,
    "title": _nasty,
    "description": _nasty,
    "type": "string",
    "required": True,
    "readonly": False,
    "value": None,
    "unit": _nasty,
}
_job: Final[dict[str, Any]] = {
    "job": 1,
    "server": "one",
    "kind": "delete",
    "status": "failed",
    "step": _nasty,
    "done": 0,
    "total": None,
    "unit": "files",
    "by": _nasty,
    "createdAt": 1,
    "startedAt": None,
    "endedAt": 2,
    "error": _nasty,
    "result": {},
}
_novel: Final[dict[str, Any]] = {**_job, **dict.fromkeys(("kind", "status", "unit"), _nasty)}
"""With words that the command does not know, as all of these may be."""

_entry: Final[dict[str, Any]] = {
    "id": 1,
    "at": 1,
    "username": None,
    "address": _nasty,
    "action": _nasty,
    "server": None,
    "target": _nasty,
    "result": _nasty,
}
_event: Final[dict[str, Any]] = {
    "event": 1,
    "at": 1,
    "server": None,
    "kind": _nasty,
    "data": {_nasty: _nasty, "reason": _nasty},
}
_config: Final[dict[str, Any]] = {
    "auth": "url",
    "authUrl": _nasty,
    "urls": [],
    "apiVersion": 1,
    "software": _nasty,
    "features": [],
    "instance": "aa",
}

_file: Final[dict[str, Any]] = {
    "name": "map",
    "kind": "file",
    "size": 1,
    "modifiedAt": 1,
    "executable": True,
}

_schedule: Final[dict[str, Any]] = {
    "schedule": 1,
    "server": "one",
    "name": _nasty,
    "enabled": True,
    "when": {"cron": _nasty, "timezone": _nasty},
    "only": [_nasty],
    "steps": [{"command": _nasty}, {"power": _nasty}, {"backup": _nasty}],
    "by": _nasty,
    "nextAt": 1,
    "run": None,
    "last": {"at": 1, "result": _nasty, "detail": _nasty},
}
_run: Final[dict[str, Any]] = {
    "run": 1,
    "startedAt": 1,
    "endedAt": 2,
    "result": _nasty,
    "step": 0,
    "detail": _nasty,
    "trigger": _nasty,
}
_byEvent: Final[dict[str, Any]] = {
    **_schedule,
    "when": {"event": _nasty, "pattern": _nasty},
    "only": _nasty,
}

_answers: Final[dict[str, Any]] = {
    "server_list": {"servers": [_server, {**_server, "status": _nasty}]},
    "server_status": _status,
    "server_settings": {"settings": [_property, {**_property, "type": _nasty}]},
    "server_log": {
        "oldReadIndex": 0,
        "nextReadIndex": 0,
        "readIndex": 0,
        "encoding": "utf-8",
        "data": _nasty,
    },
    "job_list": {"jobs": [_job, _novel]},
    "job_status": _job,
    "audit_log": {"entries": [_entry]},
    "event_list": {"events": [_event], "oldest": 1, "newest": 1},
    "file_list": {"entries": [{**_file, "name": _nasty}], "more": False, "hidden": 1},
    "file_search": {
        "matches": [{"path": _nasty, "line": 1, "text": _nasty}],
        "complete": False,
    },
    "schedule_list": {"schedules": [_schedule, _byEvent]},
    "schedule_create": _schedule,
    "schedule_update": _byEvent,
    "schedule_run": {},
    "schedule_runs": {"runs": [_run]},
    "schedule_preview": {"times": [1]},
}


class Liar(BaseHTTPRequestHandler):
    """Answers what a daemon would, with all that a terminal obeys."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        """Tell of oneself."""
        self.reply(200, {**_config, **self.server.says})  # type: ignore[attr-defined]

    def do_POST(self) -> None:
        """Answer with what is nasty, or refuse in that way."""
        name = self.path.strip("/")
        token = self.headers.get("Authorization")
        self.server.tokens.append(token)  # type: ignore[attr-defined]
        size = int(self.headers.get("Content-Length", 0))
        body = json.loads(self.rfile.read(size))
        if name == "server_create_options":
            self.reply(200, self.types(body))
        elif name in (answers := self.server.answers):  # type: ignore[attr-defined]
            self.reply(200, answers[name])
        else:
            errors = [{"pointer": f"/{_nasty}", "detail": _nasty}]
            problem = {"type": "about:blank", "title": _nasty, "status": 409, "code": _nasty}
            self.reply(409, {**problem, "detail": _nasty, "errors": errors})

    def types(self, body: dict[str, Any]) -> dict[str, Any]:
        """What there is to make, or to set."""
        if "type" in body:
            return {"type": "t", "options": [_property]}
        one = {"type": "t", "title": _nasty, "description": _nasty}
        return {"types": [one], "problems": [{"file": _nasty, "detail": _nasty}]}

    def reply(self, status: int, answer: Any) -> None:
        """Send an answer."""
        data = json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *arguments: Any) -> None:
        """Say nothing."""


class HostileCase(SynchronousTestCase):
    def setUp(self) -> None:
        self.home = os.path.abspath(self.mktemp())
        self.environment = {
            **os.environ,
            "XDG_CONFIG_HOME": self.home,
            "TERM": "xterm-256color",
            "NO_COLOR": "1",
        }
        self.liar = self.serve()
        self.base = self.baseOf(self.liar)

    def serve(self) -> Any:
        """A daemon that lies."""
        server = ThreadingHTTPServer(("127.0.0.1", 0), Liar)
        server.says, server.answers = {}, _answers  # type: ignore[attr-defined]
        server.tokens = []  # type: ignore[attr-defined]
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()

        def end() -> None:
            server.shutdown()
            server.server_close()
            thread.join()

        self.addCleanup(end)
        return server

    def baseOf(self, server: Any) -> str:
        """Its address."""
        return f"http://127.0.0.1:{server.server_address[1]}/"

    def remember(self, **known: Any) -> None:
        """Write down a daemon that somebody has logged in to."""
        directory = Path(self.home, "gamepanel")
        directory.mkdir(parents=True, exist_ok=True)
        entry = {"url": self.base, "username": "ann", "token": "ab", **known}
        document = {"default": "home", "panels": {"home": entry}}
        (directory / "panels.json").write_text(json.dumps(document))

    def execute(self, *arguments: str) -> tuple[int, str, str]:
        """Run a command as a script does: status, stdout, stderr."""
        done = subprocess.run(
            [program, *arguments],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=patience,
            env=self.environment,
            check=False,
        )
        out, said = done.stdout.decode(), done.stderr.decode()
        self.assertNotIn("Traceback", said, arguments)
        return done.returncode, out, said


class RawTests(HostileCase):
    def setUp(self) -> None:
        super().setUp()
        self.remember()

    def test_damaged(self) -> None:
        """Whatever is in the file of daemons, one is told to mend it."""
        for content in (b"{", b'{"default": "\xff"}', b'{"x": ' + b"[" * 100_000):
            Path(self.home, "gamepanel", "panels.json").write_bytes(content)
            status, _, said = self.execute("ls")
            self.assertEqual(status, 2)
            self.assertIn("panels.json", said)
            self.assertIn("Mend or remove it.", said)

    def test_commands(self) -> None:
        """Nothing in an answer reaches the terminal raw, whatever is asked and however."""
        for line in (
            ("ls",),
            ("ls", "--json"),
            ("ls", "--format", "{description} {tags} {ports}"),
            ("status",),
            ("status", "one"),
            ("status", "one", "one"),
            ("status", "one", "--json"),
            ("settings", "one"),
            ("settings", "one", "x=1"),
            ("types",),
            ("types", "t"),
            ("types", "t", "--json"),
            ("create", "t", "two"),
            ("create", "t", "two", "-o", "y=1"),
            ("log", "one"),
            ("log", "one", "--json"),
            ("jobs",),
            ("job", "1"),
            ("job", "1", "--wait"),
            ("job", "1", "--json"),
            ("audit",),
            ("events",),
            ("events", "--json"),
            ("start", "one"),
            ("start", "one", "two", "--json"),
            ("cmd", "one", "x"),
            ("cmd", "one", "x", "--json"),
            ("files", "ls", "one"),
            ("files", "ls", "one", "--json"),
            ("files", "search", "one", "x"),
            ("files", "get", "-r", "one:", self.home),
            ("schedules", "ls"),
            ("schedules", "ls", "--json"),
            ("schedules", "ls", "--format", "{name} {when}"),
            ("schedules", "create", "one", "x", "--cron", "x", "--do", "update"),
            ("schedules", "edit", "1", "--name", "x"),
            ("schedules", "enable", "1"),
            ("schedules", "run", "1", "--wait"),
            ("schedules", "runs", "1"),
            ("schedules", "preview", "1"),
            ("schedules", "cancel", "1"),
            ("login", self.base, "--password-file", os.devnull),
        ):
            for text in self.execute(*line)[1:]:
                self.assertEqual(_obeyed.findall(text), [], (line, text))

    def test_traversal(self) -> None:
        """No name that a daemon tells leads out of the directory that files are fetched into."""
        outside = Path(self.mktemp()).absolute()
        (outside / "here").mkdir(parents=True)
        entries = [
            {**_file, "name": name, "kind": kind}
            for name in ("", ".", "..", "../map", "/map", f"{outside}/map", "a/b", "a\0b")
            for kind in ("file", "directory")
        ]
        self.liar.answers = {
            "file_list": {"entries": entries, "more": False, "hidden": 0},
            "file_read": {
                "data": "x",
                "encoding": "utf-8",
                "offset": 0,
                "size": 1,
                "revision": "r",
            },
        }
        status, _, said = self.execute("files", "get", "-r", "one:", f"{outside}/here")
        self.assertEqual(status, 1, said)
        self.assertEqual(said.count("no name of a file"), len(entries), said)
        found = [str(each.relative_to(outside)) for each in outside.rglob("*")]
        self.assertEqual(sorted(found), ["here", "here/one"])

    def test_words(self) -> None:
        """What a newer daemon calls a state, and all else, is shown as it is."""
        known = {**_answers, "server_start": {"status": "failed"}}
        words = "failed|delete|files|string|udp|utf-8"
        self.liar.answers = json.loads(re.sub(f'"({words})"', '"dozing"', json.dumps(known)))
        for line in (("ls",), ("status", "one"), ("settings", "one", "--json"), ("jobs",)):
            status, out, said = self.execute(*line)
            self.assertEqual((status, said), (0, ""), line)
            self.assertIn("dozing", out, line)
        # What is over is so whatever it is called.
        self.assertIn("dozing", self.execute("job", "1", "--wait", "--timeout", "1")[1])
        # Neither running nor at rest: it is waited for.
        status, _, said = self.execute("start", "one", "--wait", "--timeout", "0")
        self.assertIn("is still dozing", said)

    def test_addresses(self) -> None:
        """Nor does an address that the daemon tells of: it is none with what a terminal obeys."""
        self.liar.says = {"urls": [f"{self.base}\x1b]0;owned\x07\x1b[2J/"]}
        _, out, said = self.execute("open", "--print")
        self.assertEqual((out, said), (self.base + "\n", ""))

    def test_markup(self) -> None:
        """What looks like markup stays text."""
        self.assertIn("[bold]y[/bold]", self.execute("ls")[1])
        terminal = Terminal(("ls",), self.environment)
        self.addCleanup(terminal.close)
        self.assertEqual(terminal.status(), 0)
        self.assertIn("[bold]y[/bold]", terminal.all)
        self.assertEqual(_obeyed.findall(terminal.all.replace("\r\n", "\n")), [])

    def test_question(self) -> None:
        """Nor does a question have anything raw of what it asks for."""
        for words in (("create", "t", "two"), ("schedules", "rm", "1")):
            terminal = Terminal(words, self.environment)
            self.addCleanup(terminal.close)
            terminal.expect(r"\[bold\]y\[/bold\].*: ")
            self.assertEqual(_obeyed.findall(terminal.all.replace("\r\n", "\n")), [])


class StrayTests(HostileCase):
    def test_anotherDaemon(self) -> None:
        """A daemon that shows another instance than before gets no token."""
        self.remember(instance="bb")
        status, _, said = self.execute("ls")
        self.assertEqual((status, self.liar.tokens), (4, []))
        self.assertIn(f"gamepanel login {self.base}", said)

    def test_loginElsewhere(self) -> None:
        """Where only an unsafe address is left, a person is asked, and logs in anew there."""
        gone = f"https://127.0.0.1:{freePort()}/"
        self.remember(url=gone, others=[self.base], instance="aa")
        self.assertEqual((self.execute("ls")[0], self.liar.tokens), (3, []))
        for answer, status in (("n", 3), ("y", 1)):
            terminal = Terminal(("ls",), self.environment)
            self.addCleanup(terminal.close)
            terminal.expect(f"{re.escape(self.base)}.*Log in there anew")
            terminal.send(f"{answer}\r")
            if answer == "y":
                # The daemon that is played takes tokens, and knows nobody.
                terminal.expect("Token: ")
                terminal.send("cd\r")
            self.assertEqual(terminal.status(), status, terminal.all)
        self.assertEqual(self.liar.tokens, ["Bearer cd"])
