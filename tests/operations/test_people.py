"""Several people: who sees and does what, what ends when that changes, and what is written down."""

import json
import os
import socket
from typing import Any

from twisted.trial.unittest import SynchronousTestCase

from tests.support import Client, Daemon, Refused, patience

password = "a meadow full of sheep"


class Stream:
    """A client of C{server_log_stream}."""

    def __init__(self, client: Client, server: str) -> None:
        port = int(client.base.rstrip("/").rpartition(":")[2])
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=patience)
        self.file = self.socket.makefile("rb")
        head = (
            f"GET /server_log_stream?server={server} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n"
            f"Authorization: Bearer {client.token}\r\n\r\n"
        )
        self.socket.sendall(head.encode())
        self.status = int(self.file.readline().split()[1])

    def untilEnd(self) -> list[str]:
        """The events that come until the last."""
        events: list[str] = []
        with self.socket, self.file:
            while "end" not in events:
                line = self.file.readline()
                assert line
                if line.startswith(b"event: "):
                    events.append(line[7:].decode().strip())
        return events


class PeopleTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.daemon = Daemon()
        self.admin = self.daemon.start()
        self.addCleanup(self.daemon.cleanUp)

    def user(self, name: str, **fields: Any) -> Client:
        """Make a user, who logs in."""
        self.admin("user_create", username=name, password=password, **fields)
        return self.loggedIn(name)

    def loggedIn(self, name: str, password: str = password) -> Client:
        """A client of a user."""
        client = Client(self.daemon.base)
        client.login(name, password)
        return client

    def refused(self, client: Client, name: str, **fields: Any) -> tuple[int, str]:
        """How a request is refused."""
        error = self.assertRaises(Refused, client, name, **fields)
        return error.status, error.code

    def server(self, id: str) -> None:
        """A server that runs."""
        self.admin("server_create", type="shell", server=id)
        self.admin("server_start", server=id)
        self.admin.until(id, "running")

    def test_rights(self) -> None:
        """Each endpoint wants its right; a server that may not be seen is not there."""
        self.server("one")
        self.server("two")
        ann = self.user("ann", servers={"one": ["command"]})
        self.assertEqual([s["server"] for s in ann("server_list")["servers"]], ["one"])
        self.assertEqual([s["server"] for s in ann("server_status")["servers"]], ["one"])
        self.assertEqual(ann("server_create_options"), {"types": []})
        needs = {
            "view": ("server_status", "server_log"),
            "command": ("server_cmd",),
            "power": (
                *("server_start", "server_stop", "server_restart"),
                *("server_kill", "server_force_kill"),
            ),
            "settings": ("server_settings",),
            "destroy": ("server_destroy",),
            "files": (
                *("file_list", "file_read", "file_search", "file_write", "file_update"),
                *("file_make_directory", "file_move", "file_delete"),
            ),
        }
        fields: dict[str, Any] = {
            "server_cmd": {"command": "x"},
            "server_settings": {"settings": {}},
            "file_read": {"path": "x"},
            "file_search": {"text": "x"},
            "file_write": {"path": "x", "data": ""},
            "file_update": {"path": "x", "executable": True},
            "file_make_directory": {"path": "x"},
            "file_move": {"from": "x", "to": "y"},
            "file_delete": {"paths": ["x"]},
        }
        for right, names in needs.items():
            for name in names:
                more = fields.get(name, {})
                self.assertEqual(
                    self.refused(ann, name, server="two", **more), (404, "no_such_server"), name
                )
                if right in ("view", "command"):
                    ann(name, server="one", **more)
                else:
                    self.assertEqual(
                        self.refused(ann, name, server="one", **more), (403, "forbidden"), name
                    )
        self.assertEqual(Stream(ann, "two").status, 404)
        for name, more in (
            ("server_create", {"type": "shell", "server": "x"}),
            ("server_create_options", {"type": "shell"}),
            ("user_list", {}),
            ("user_create", {"username": "x", "password": password}),
            ("user_update", {"username": "ann", "admin": True}),
            ("user_delete", {"username": "admin"}),
            ("audit_log", {}),
        ):
            self.assertEqual(self.refused(ann, name, **more), (403, "forbidden"), name)

    def test_create(self) -> None:
        """Whoever may create has every right on what they created, and on nothing else."""
        self.server("one")
        ann = self.user("ann", create=True)
        self.assertIn("problems", self.admin("server_create_options"))
        self.assertEqual(list(ann("server_create_options")), ["types"])
        ann("server_create", type="shell", server="mine")
        ann("server_settings", server="mine", settings={"level": 3})
        ann("server_start", server="mine")
        everything = ["view", "command", "power", "settings", "destroy", "files", "backup"]
        self.assertEqual(ann("whoami")["servers"], {"mine": everything})
        self.assertEqual(self.refused(ann, "server_start", server="one")[0], 404)
        ann("server_force_kill", server="mine")
        ann.until("mine", "stopped")
        ann("server_destroy", server="mine")
        self.assertEqual(ann("whoami")["servers"], {})
        # Whoever makes another of that id gives nobody what they had on the first.
        self.admin("server_create", type="shell", server="mine")
        self.assertEqual(self.refused(ann, "server_status", server="mine")[0], 404)

    def test_users(self) -> None:
        """Users are made, changed and removed; each mistake is told."""
        self.server("one")
        made = self.admin(
            "user_create", username="ann", password=password, servers={"one": ["power"]}
        )
        self.assertEqual(
            made,
            {
                "username": "ann",
                "admin": False,
                "create": False,
                "disabled": False,
                "external": False,
                "servers": {"one": ["view", "power"]},
            },
        )
        users = self.admin("user_list")["users"]
        self.assertEqual([user["username"] for user in users], ["admin", "ann"])
        changed = self.admin("user_update", username="ann", create=True, servers={"one": ["view"]})
        self.assertEqual((changed["create"], changed["servers"]), (True, {"one": ["view"]}))
        changed = self.admin("user_update", username="ann", servers={})
        self.assertEqual((changed["create"], changed["servers"]), (True, {}))
        for name, fields, refusal in (
            ("user_create", {"username": "ann", "password": password}, (409, "user_exists")),
            ("user_create", {"username": "bob"}, (400, "bad_request")),
            ("user_create", {"username": "bob", "password": "short"}, (400, "bad_request")),
            (
                "user_create",
                {"username": "bob", "password": password, "external": True},
                (400, "bad_request"),
            ),
            (
                "user_create",
                {"username": "bob", "password": password, "servers": {"two": ["view"]}},
                (404, "no_such_server"),
            ),
            (
                "user_create",
                {"username": "bob", "password": password, "servers": {"two": []}},
                (404, "no_such_server"),
            ),
            ("user_update", {"username": "bob"}, (404, "no_such_user")),
            ("user_update", {"username": "ann", "password": "short"}, (400, "bad_request")),
            (
                "user_update",
                {"username": "ann", "servers": {"two": ["view"]}},
                (404, "no_such_server"),
            ),
            ("user_update", {"username": "admin", "admin": False}, (409, "last_admin")),
            ("user_update", {"username": "admin", "disabled": True}, (409, "last_admin")),
            ("user_delete", {"username": "admin"}, (409, "last_admin")),
            ("user_delete", {"username": "bob"}, (404, "no_such_user")),
        ):
            self.assertEqual(self.refused(self.admin, name, **fields), refusal, fields)
        self.admin("user_update", username="ann", admin=True)
        self.admin("user_update", username="admin", admin=False)
        self.assertEqual(self.refused(self.admin, "user_list"), (403, "forbidden"))
        ann = self.loggedIn("ann")
        ann("user_delete", username="admin")
        self.assertEqual(self.refused(self.admin, "whoami"), (403, "token_invalid"))
        # All of it holds for the next daemon, too.
        self.daemon.kill()
        self.daemon.start(login=False)
        self.assertEqual([u["username"] for u in ann("user_list")["users"]], ["ann"])

    def test_whatEnds(self) -> None:
        """What hangs on a right or a token ends at once when that does, and nothing else."""
        self.server("one")
        self.server("two")
        rights = {"one": ["view"], "two": ["view"]}
        for name, change in (
            ("withdrawn", {"servers": {"two": ["view"]}}),
            ("disabled", {"disabled": True}),
            ("password", {"password": "another meadow of sheep"}),
            ("deleted", None),
        ):
            client = self.user(name, servers=rights)
            one, two = Stream(client, "one"), Stream(client, "two")
            stays = Stream(self.admin, "one")
            if change is None:
                self.admin("user_delete", username=name)
            else:
                self.admin("user_update", username=name, **change)
            self.assertEqual(one.untilEnd()[-1], "end", name)
            if name == "withdrawn":
                self.assertEqual(self.refused(client, "server_log", server="one")[0], 404)
                client("server_log", server="two")
            else:
                self.assertEqual(two.untilEnd()[-1], "end", name)
                self.assertEqual(self.refused(client, "whoami"), (403, "token_invalid"))
            self.admin("server_cmd", server="one", command=f"still {name}")
            self.admin.untilLog("one", f"still {name}")
            while b"still " + name.encode() not in stays.file.readline():
                pass
            stays.socket.close()

    def test_whatOneEnds(self) -> None:
        """A logout ends the streams of its token, a changed password those of the others."""
        self.server("one")
        ann = self.user("ann", servers={"one": ["view"]})
        other = self.loggedIn("ann")
        mine, theirs = Stream(ann, "one"), Stream(other, "one")
        ann("password_change", oldPassword=password, password="another meadow of sheep")
        self.assertEqual(theirs.untilEnd()[-1], "end")
        ann("logout")
        self.assertEqual(mine.untilEnd()[-1], "end")

    def test_demoted(self) -> None:
        """Somebody who was an admin loses what was open by that."""
        self.server("one")
        boss = self.user("boss", admin=True)
        stream = Stream(boss, "one")
        self.admin("user_update", username="boss", admin=False)
        self.assertEqual(stream.untilEnd()[-1], "end")
        self.assertEqual(self.refused(boss, "server_status", server="one")[1], "no_such_server")

    def test_longPoll(self) -> None:
        """A long poll ends with the right that it needs."""
        self.server("one")
        ann = self.user("ann", servers={"one": ["view"]})
        body = json.dumps({"server": "one", "wait": 30, "readIndex": 0}).encode()
        wire = socket.create_connection(("127.0.0.1", self.daemon.port), timeout=patience)
        with wire:
            wire.sendall(
                b"POST /server_log HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nAuthorization: Bearer %s\r\n"
                b"Content-Type: application/json\r\nContent-Length: %d\r\n\r\n%s"
                % (self.daemon.port, str(ann.token).encode(), len(body), body)
            )
            # Answered after the poll was taken up, since both came in this order.
            self.admin("user_update", username="ann", servers={})
            self.assertIn(b"no_such_server", wire.recv(65536))

    def test_passwordChange(self) -> None:
        """Changing one's password ends all other sessions; the old one must be right."""
        path = os.path.join(self.daemon.state, "admin-password")
        other = self.loggedIn("admin", self.daemon.password)
        fields = {"oldPassword": "wrong", "password": password}
        self.assertEqual(
            self.refused(self.admin, "password_change", **fields), (403, "invalid_credentials")
        )
        fields["oldPassword"] = self.daemon.password
        weak = {**fields, "password": "password12345678"}
        error = self.assertRaises(Refused, self.admin, "password_change", **weak)
        self.assertEqual(error.problem["errors"][0]["pointer"], "/password")
        self.assertTrue(os.path.exists(path))
        self.admin("password_change", **fields)
        self.assertFalse(os.path.exists(path))
        self.admin("whoami")
        self.assertEqual(self.refused(other, "whoami"), (403, "token_invalid"))
        self.loggedIn("admin", password)
        # Guessing the old one is throttled like a login.
        answers = [
            self.refused(self.admin, "password_change", oldPassword="x", password=password)[0]
            for _ in range(8)
        ]
        self.assertEqual(answers[:5], [403] * 5)
        # Where one takes a second, it is looked at once more.
        self.assertIn(429, answers[5:])

    def test_audit(self) -> None:
        """What people did is written down, with who, from where and how it went; no secrets."""
        self.server("one")
        ann = self.user("ann", servers={"one": ["view"]})
        self.refused(ann, "server_kill", server="one")
        ann("server_log", server="one")
        self.assertRaises(Refused, self.loggedIn, "ann", "a secret that is wrong")
        self.assertRaises(Refused, self.loggedIn, "secret-typed-as-name", "x")
        ann("logout")
        entries = self.admin("audit_log")["entries"]
        self.assertEqual(
            [(e["username"], e["action"], e["server"], e["result"]) for e in reversed(entries)],
            [
                ("admin", "login", None, "ok"),
                ("admin", "server_create", "one", "ok"),
                ("admin", "server_start", "one", "ok"),
                ("admin", "user_create", None, "ok"),
                ("ann", "login", None, "ok"),
                ("ann", "server_kill", "one", "forbidden"),
                ("ann", "login", None, "invalid_credentials"),
                (None, "login", None, "invalid_credentials"),
                ("ann", "logout", None, "ok"),
            ],
        )
        self.assertEqual({e["address"] for e in entries}, {"127.0.0.1"})
        targets = {e["action"]: e["target"] for e in entries if e["target"] is not None}
        self.assertEqual(targets, {"user_create": "ann"})
        for secret in ("secret", password, str(self.admin.token)):
            self.assertNotIn(secret, json.dumps(entries))
        ids = [e["id"] for e in entries]
        self.assertEqual(ids, sorted(ids, reverse=True))
        page = self.admin("audit_log", before=ids[2], limit=3)["entries"]
        self.assertEqual([e["id"] for e in page], ids[3:6])
        # It is there after the daemon has been killed.
        self.daemon.kill()
        self.daemon.start(login=False)
        self.assertEqual(self.admin("audit_log")["entries"], entries)
        self.daemon.end()
        with open(os.path.join(self.daemon.state, "gamepanel.sqlite"), "rb") as file:
            self.assertNotIn(str(self.admin.token).encode(), file.read())
        output = "\n".join(self.daemon.output)
        for secret in ("secret-typed", password, str(self.admin.token)):
            self.assertNotIn(secret, output)
