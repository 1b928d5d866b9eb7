"""Files that are sent and fetched, over a socket and with the worker that opens them."""

import io
import json
import os
import socket
import zipfile
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import urlencode

from twisted.internet import process
from twisted.internet import reactor as installed
from twisted.internet.defer import Deferred
from twisted.internet.endpoints import TCP4ClientEndpoint, connectProtocol
from twisted.internet.protocol import Protocol, connectionDone
from twisted.internet.task import deferLater
from twisted.python.failure import Failure
from twisted.trial.unittest import TestCase

from gamepanel.base.errors import JobRunning, TooManyRequests
from gamepanel.operations.files import Files
from gamepanel.operations.transfers import TransferSlots, maxTransfersOfUser
from gamepanel.process.home import stagingIn
from gamepanel.web.http.transport import PanelSite
from tests.inmemory import InMemoryPanel
from tests.support import patience, until

reactor: Any = installed

hugeBytes = 2**30

isSlow = True
"""Each test has a worker of files, which takes longer to begin than most tests take."""


class Wire(Protocol):
    """A client that says what it is told to."""

    transport: Any

    def __init__(self) -> None:
        self.got = b""
        self.ended: Deferred[None] = Deferred()

    def dataReceived(self, data: bytes) -> None:
        self.got += data
        reply = Reply(self.got)
        if len(reply.body) == int(reply.headers.get("Content-Length", -1)):
            # Else a refusal would be seen only when nothing more is thrown away.
            self.transport.loseConnection()

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        self.ended.callback(None)


class Reply:
    """An answer."""

    def __init__(self, got: bytes) -> None:
        while got.startswith(b"HTTP/1.1 100 "):
            got = got.partition(b"\r\n\r\n")[2]
        head, _, self.body = got.partition(b"\r\n\r\n")
        first, *fields = head.decode("latin-1").split("\r\n")
        self.status = int(first.split()[1]) if first else 0
        self.headers = dict(field.split(": ", 1) for field in fields if ": " in field)

    @property
    def json(self) -> Any:
        """What the body says."""
        return json.loads(self.body)

    @property
    def said(self) -> tuple[int, str]:
        """Status and code of a refusal."""
        return self.status, self.json["code"]


class TransferCase(TestCase):
    """A panel that listens, and a server with files."""

    timeout = 4 * patience

    def setUp(self) -> Any:
        self.panel = InMemoryPanel()
        self.token: str | None = self.panel.token()
        self.wires: list[Wire] = []
        self.site = PanelSite(self.panel.root, reactor)
        self.port = reactor.listenTCP(0, self.site, interface="127.0.0.1")
        self.host = f"127.0.0.1:{self.port.getHost().port}"
        return Deferred.fromCoroutine(self.begin())

    async def begin(self) -> None:
        await self.call("server_create", type="shell", server="cave", options={})
        self.home = os.path.join(self.panel.directory.find("cave").directory, "files")

    def tearDown(self) -> Any:
        return Deferred.fromCoroutine(self.finish())

    async def finish(self) -> None:
        for wire in self.wires:
            wire.transport.abortConnection()
            await wire.ended
        await until(reactor, lambda: not len(self.site.connections), "the end of all connections")
        await self.port.stopListening()
        await self.panel.end()
        # File workers were killed; the reactor has to hear of it.
        await until(reactor, lambda: not process.reapProcessHandlers, "the end of the workers")
        await deferLater(reactor, 0.05)

    def path(self, name: str) -> str:
        """Where a file of the server is on the disk."""
        return os.path.join(self.home, name)

    def put(self, name: str, content: bytes) -> None:
        """Write a file as the game would."""
        with open(self.path(name), "wb") as file:
            file.write(content)

    def huge(self, name: str) -> None:
        """Make a file that no buffers hold."""
        self.put(name, b"")
        os.truncate(self.path(name), hugeBytes)

    def content(self, name: str) -> bytes:
        """What is in a file."""
        with open(self.path(name), "rb") as file:
            return file.read()

    def staged(self) -> list[str]:
        """What lies beside the server's directory."""
        beside = stagingIn(os.path.dirname(self.home))
        return os.listdir(beside) if os.path.isdir(beside) else []

    async def written(self, length: int) -> None:
        """Wait until the first bytes of an upload are in its file: the worker has answered."""
        beside = stagingIn(os.path.dirname(self.home))

        def areWritten() -> bool:
            return any(
                os.path.getsize(os.path.join(beside, name)) == length for name in self.staged()
            )

        await until(reactor, areWritten, "the bytes of the upload")

    async def open(self) -> Wire:
        """A connection."""
        host, _, port = self.host.partition(":")
        wire: Wire = await connectProtocol(TCP4ClientEndpoint(reactor, host, int(port)), Wire())
        # Many that wait would take much memory of the kernel.
        wire.transport.getHandle().setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
        self.wires.append(wire)
        return wire

    def head(self, verb: str, name: str, query: dict[str, Any], *more: str) -> bytes:
        """The header of a request."""
        target = f"/{name}?{urlencode(query)}" if query else f"/{name}"
        token = [f"Authorization: Bearer {self.token}"] if self.token else []
        lines = [f"{verb} {target} HTTP/1.1", f"Host: {self.host}", *token, *more]
        return "".join(f"{line}\r\n" for line in (*lines, "Connection: close", "")).encode()

    async def ask(self, data: bytes) -> Reply:
        """Send a whole request, and wait for its answer."""
        wire = await self.open()
        wire.transport.write(data)
        await wire.ended
        return Reply(wire.got)

    async def untilSome(self, wire: Wire) -> None:
        """Wait for the first bytes of an answer."""
        await until(reactor, lambda: wire.got, "the first bytes")

    async def untilTrue(self, ask: Callable[[], Awaitable[bool]], what: str) -> None:
        """Ask again and again until the answer is yes."""
        end = reactor.seconds() + patience
        while not await ask():
            self.assertLess(reactor.seconds(), end, what)
            await deferLater(reactor, 0.01)

    async def call(self, name: str, **fields: Any) -> Any:
        """What an endpoint answers."""
        body = json.dumps(fields).encode()
        kind = "Content-Type: application/json"
        head = self.head("POST", name, {}, kind, f"Content-Length: {len(body)}")
        reply = await self.ask(head + body)
        self.assertEqual(reply.status, 200, reply.body)
        return reply.json

    async def get(self, path: str, *more: str, **query: Any) -> Reply:
        """Fetch a file."""
        wanted = {"server": "cave", "path": path, **query}
        return await self.ask(self.head("GET", "file_download", wanted, *more))

    def uploading(self, path: str, length: int, *more: str, **query: Any) -> bytes:
        """The header of an upload."""
        kind = "Content-Type: application/octet-stream"
        wanted = {"server": "cave", "path": path, **query}
        return self.head("POST", "file_upload", wanted, kind, f"Content-Length: {length}", *more)

    async def upload(self, path: str, content: bytes, *more: str, **query: Any) -> Reply:
        """Send a file."""
        return await self.ask(self.uploading(path, len(content), *more, **query) + content)

    async def user(self, name: str, *rights: str) -> str:
        """A token of a user who has these rights from now on."""
        token, self.token = self.token, self.panel.token()
        servers = {"cave": list(rights)} if rights else {}
        if self.panel.users.find(name) is None:
            secret = "a meadow full of sheep"
            await self.call("user_create", username=name, password=secret, servers=servers)
        else:
            await self.call("user_update", username=name, servers=servers)
        self.token = token
        return self.panel.token(name)

    def audited(self) -> list[tuple[str, str | None, str]]:
        """What the audit trail has of files."""
        found = self.panel.connection.execute(
            "SELECT action, target, result FROM audit WHERE action LIKE 'file%' ORDER BY id"
        )
        return [tuple(each) for each in found]


class DownloadTests(TransferCase):
    async def test_whole(self) -> None:
        """A file comes as it is, to be saved, never to be shown as a page."""
        self.put("map ö.bin", content := os.urandom(1_000_000))
        reply = await self.get("map ö.bin")
        self.assertEqual((reply.status, reply.body), (200, content))
        for name, value in (
            ("Content-Type", "application/octet-stream"),
            ("Content-Length", "1000000"),
            ("Content-Security-Policy", "sandbox"),
            ("X-Content-Type-Options", "nosniff"),
            ("Cache-Control", "no-store"),
            ("Accept-Ranges", "bytes"),
        ):
            self.assertEqual(reply.headers[name], value)
        disposition = reply.headers["Content-Disposition"]
        self.assertEqual(
            disposition, "attachment; filename=\"map _.bin\"; filename*=UTF-8''map%20%C3%B6.bin"
        )
        self.assertTrue(reply.headers["Last-Modified"].endswith(" GMT"))

    async def test_range(self) -> None:
        """Some of a file, if it is still the same; HEAD says what would come."""
        self.put("map", b"0123456789")
        whole = await self.get("map")
        tag, date = whole.headers["ETag"], whole.headers["Last-Modified"]
        for more in ([], [f"If-Range: {tag}"], [f"If-Range: {date}"]):
            part = await self.get("map", "Range: bytes=2-4", *more)
            self.assertEqual((part.status, part.body), (206, b"234"))
            self.assertEqual(part.headers["Content-Range"], "bytes 2-4/10")
        for more in (["Range: bytes=2-4", 'If-Range: "no"'], ["Range: bytes=9-1"]):
            self.assertEqual((await self.get("map", *more)).body, b"0123456789")
        reply = await self.get("map", "Range: bytes=10-")
        self.assertEqual(reply.said, (416, "bad_range"))
        self.assertEqual(reply.headers["Content-Range"], "bytes */10")
        head = await self.ask(
            self.head(
                "HEAD", "file_download", {"server": "cave", "path": "map"}, "Range: bytes=0-1"
            )
        )
        self.assertEqual((head.status, head.body), (206, b""))
        self.assertEqual(head.headers["Content-Length"], "2")
        self.put("empty", b"")
        self.assertEqual((await self.get("empty")).body, b"")

    async def test_refused(self) -> None:
        """What is no plain file is not sent, and nothing that a link leads to."""
        os.symlink("/etc/passwd", self.path("link"))
        os.mkdir(self.path("directory"))
        os.mkfifo(self.path("pipe"))
        for path, said in (
            ("missing", (404, "no_such_file")),
            ("link", (409, "not_a_file")),
            ("directory", (409, "not_a_file")),
            ("pipe", (409, "not_a_file")),
            ("../console", (400, "bad_path")),
            ("/etc/passwd", (400, "bad_path")),
            ("", (400, "bad_path")),
        ):
            self.assertEqual((await self.get(path)).said, said, path)
        reply = await self.ask(self.head("GET", "file_download", {"server": "cave"}))
        self.assertEqual(reply.json["errors"][0]["pointer"], "/path")

    async def test_rights(self) -> None:
        """It takes the right, and learns nothing without."""
        self.put("map", b"0123456789")
        for name, rights, said in (
            ("bob", ("view",), (403, "forbidden")),
            ("eve", (), (404, "no_such_server")),
        ):
            self.token = await self.user(name, *rights)
            self.assertEqual((await self.get("map")).said, said)
            self.assertEqual((await self.upload("map", b"x")).said, said)
        self.token = await self.user("ann", "files")
        self.assertEqual((await self.get("map")).status, 200)
        self.token = None
        self.assertEqual((await self.get("map")).said, (403, "token_missing"))
        self.assertEqual((await self.upload("map", b"x")).said, (403, "token_missing"))

    async def test_rightsBeforeSlots(self) -> None:
        """Who has not the right learns nothing of how many transfers there are."""

        def full(*_: object) -> None:
            raise TooManyRequests()

        self.patch(TransferSlots, "one", full)
        for name, rights, said in (
            ("bob", ("view",), (403, "forbidden")),
            ("eve", (), (404, "no_such_server")),
            ("ann", ("files",), (429, "too_many_requests")),
        ):
            self.token = await self.user(name, *rights)
            self.assertEqual((await self.get("map")).said, said)
            self.assertEqual((await self.upload("map", b"x")).said, said)

    async def test_tickets(self) -> None:
        """A ticket is good for one GET of that file; HEAD does not use it up."""
        self.put("map", b"0123456789")
        self.put("other", b"")
        made = await self.call("download_ticket", server="cave", path="map")
        self.assertEqual(made["expires"], 60)
        ticket = made["ticket"]
        for either in (ticket, "0" * 64):
            self.assertEqual((await self.get("map", ticket=either)).said, (400, "bad_request"))
        token, self.token = self.token, None
        self.assertEqual((await self.get("other", ticket=ticket)).said, (403, "token_invalid"))
        wanted = {"server": "cave", "path": "map", "ticket": ticket}
        self.assertEqual((await self.ask(self.head("HEAD", "file_download", wanted))).status, 200)
        refused = await self.get("map", "Range: bytes=10-", ticket=ticket)
        self.assertEqual(refused.said, (416, "bad_range"))
        self.assertEqual((await self.get("map", ticket=ticket)).body, b"0123456789")
        for used in (ticket, "0" * 64, "x"):
            self.assertEqual((await self.get("map", ticket=used)).said, (403, "token_invalid"))
        alone = await self.ask(self.head("GET", "file_download", {"ticket": ticket}))
        self.assertEqual(alone.said, (403, "token_invalid"))
        self.token = token

    async def test_ticketEnds(self) -> None:
        """A ticket ends with its token, and with the right of who asked for it."""
        self.put("map", b"0123456789")
        for end in ("logout", "right"):
            self.token = await self.user("ann", "files")
            ticket = (await self.call("download_ticket", server="cave", path="map"))["ticket"]
            if end == "logout":
                await self.call("logout")
            else:
                await self.user("ann", "view")
            self.token = None
            status = (await self.get("map", ticket=ticket)).status
            self.assertEqual(status, 403)

    async def test_ended(self) -> None:
        """A token that ends, or a right, breaks off what goes on."""
        self.huge("map")
        for end in ("logout", "right"):
            self.token = await self.user("ann", "files")
            wire = await self.open()
            wire.transport.write(
                self.head("GET", "file_download", {"server": "cave", "path": "map"})
            )
            await self.untilSome(wire)
            wire.transport.pauseProducing()
            if end == "logout":
                await self.call("logout")
            else:
                await self.user("ann", "view")
            wire.transport.resumeProducing()
            await wire.ended
            self.assertLess(len(wire.got), hugeBytes)

    async def test_endedBefore(self) -> None:
        """A token that ends, or a right, while the file is being opened: nothing is sent."""
        self.put("map", b"0123456789")
        ask = self.panel.workers.ask

        async def loggingOut(*asked: Any) -> Any:
            found = await ask(*asked)
            await self.call("logout")
            return found

        async def withdrawing(*asked: Any) -> Any:
            found = await ask(*asked)
            await self.user("ann", "view")
            return found

        for opening in (loggingOut, withdrawing):
            self.token = await self.user("ann", "files")
            self.patch(self.panel.workers, "ask", opening)
            wire = await self.open()
            wire.transport.write(
                self.head("GET", "file_download", {"server": "cave", "path": "map"})
            )
            await wire.ended
            self.assertEqual(wire.got, b"")

    async def test_slots(self) -> None:
        """Four users who hold all that they may leave some for administrators only."""
        self.huge("map")
        wires = []
        for name in ("a", "b", "c", "d"):
            self.token = await self.user(name, "files")
            for _ in range(maxTransfersOfUser):
                wire = await self.open()
                wire.transport.write(
                    self.head("GET", "file_download", {"server": "cave", "path": "map"})
                )
                await self.untilSome(wire)
                wire.transport.pauseProducing()
                wires.append(wire)
        held = [wire for wire in wires if wire.got.startswith(b"HTTP/1.1 200 ")]
        self.assertEqual(len(held), 56)
        self.put("small", b"x")
        refused = await self.get("small")
        self.assertEqual(refused.said, (429, "too_many_requests"))
        self.assertIn("Retry-After", refused.headers)
        self.token = self.panel.token()
        self.assertEqual((await self.get("small")).body, b"x")
        for wire in wires:
            wire.transport.abortConnection()
        for wire in wires:
            await wire.ended
        self.token = await self.user("d", "files")
        await self.untilTrue(self.isServed, "a place")

    async def isServed(self) -> bool:
        """Whether a small file comes."""
        return (await self.get("small")).status == 200


number = "0123456789abcdef" * 2


class ArchiveTests(TransferCase):
    async def finished(self, name: str, **fields: Any) -> Any:
        """A job, when it is over."""
        job = (await self.call(name, server="cave", **fields))["job"]
        while True:
            found = await self.call("job_status", job=job, wait=5)
            if found["endedAt"] is not None:
                return found

    async def test_archive(self) -> None:
        """Files come as one archive, by a ticket that is good for one download."""
        self.put("map", b"0123456789")
        packed = await self.finished("file_pack", paths=["map"])
        self.assertEqual((packed["kind"], packed["status"]), ("pack", "done"))
        self.assertEqual(packed["result"]["entries"], 1)
        ticket = (await self.call("download_ticket", job=packed["job"]))["ticket"]
        token, self.token = self.token, None
        wanted = {"ticket": ticket}
        head = self.head("GET", "file_download", wanted, "Range: bytes=99999-")
        self.assertEqual((await self.ask(head)).said, (416, "bad_range"))
        reply = await self.ask(self.head("GET", "file_download", wanted))
        self.assertIn('filename="map.zip"', reply.headers["Content-Disposition"])
        with zipfile.ZipFile(io.BytesIO(reply.body)) as archive:
            self.assertEqual(archive.read("map"), b"0123456789")
        used = await self.ask(self.head("GET", "file_download", wanted))
        self.assertEqual(used.said, (403, "token_invalid"))
        self.token = token

    async def test_jobs(self) -> None:
        """Files are copied, packed and unpacked by jobs."""
        self.put("map", b"0123456789")
        for name, fields in (
            ("file_copy", {"from": "map", "to": "other"}),
            ("file_pack", {"paths": ["map", "other"], "to": "both.zip"}),
            ("file_unpack", {"path": "both.zip", "to": "again"}),
        ):
            self.assertEqual((await self.finished(name, **fields))["status"], "done")
        self.assertEqual(self.content("again/other"), b"0123456789")
        self.assertEqual(self.staged(), [])
        done = ["file_copy", "file_pack", "file_unpack"]
        self.assertEqual([action for action, *_ in self.audited()], done)


class PieceTests(TransferCase):
    async def piece(self, content: bytes, offset: int, size: int = 10, **more: Any) -> Reply:
        """Send a piece."""
        said = {"upload": number, "offset": offset, "size": size, **more}
        return await self.upload(said.pop("path", "map"), content, **said)

    async def offset(self, upload: str = number) -> Any:
        """What is said of an upload, or the code of the refusal."""
        body = json.dumps({"server": "cave", "upload": upload}).encode()
        kind = "Content-Type: application/json"
        head = self.head("POST", "upload_status", {}, kind, f"Content-Length: {len(body)}")
        reply = await self.ask(head + body)
        return reply.json if reply.status == 200 else reply.json["code"]

    async def test_pieces(self) -> None:
        """A file comes in pieces, and is there with the last; nothing of it is seen before."""
        self.assertEqual(await self.offset(), "no_such_file")
        self.assertEqual((await self.piece(b"0123", 0)).json, {"offset": 4})
        self.assertEqual(await self.offset(), {"offset": 4})
        self.assertEqual((await self.piece(b"456", 4)).json, {"offset": 7})
        self.assertEqual(os.listdir(self.home), [])
        last = await self.piece(b"789", 7)
        self.assertEqual(last.json["size"], 10)
        self.assertEqual(self.content("map"), b"0123456789")
        self.assertEqual(self.staged(), [])
        # The answer to the last piece may have been lost.
        told = {"offset": 10, "revision": last.json["revision"]}
        self.assertEqual(await self.offset(), told)

    async def test_wrong(self) -> None:
        """Pieces out of order, twice, too large, or of something else change nothing."""
        self.assertEqual((await self.piece(b"3", 3)).said, (409, "file_changed"))
        await self.piece(b"0123", 0)
        for content, offset, more, said in (
            (b"0123", 0, {}, (409, "file_changed")),
            (b"6", 6, {}, (409, "file_changed")),
            (b"3", 3, {}, (409, "file_changed")),
            (b"4567890", 4, {}, (400, "bad_request")),
            (b"4", 4, {"size": 11}, (400, "bad_request")),
            (b"4", 4, {"path": "other"}, (400, "bad_request")),
            (b"4", 4, {"revision": ""}, (400, "bad_request")),
            (b"4", 4, {"upload": "x"}, (400, "bad_request")),
            (b"4", 4, {"size": 2**50}, (413, "too_large")),
        ):
            self.assertEqual((await self.piece(content, offset, **more)).said, said, more)
        reply = await self.upload("map", b"4", upload=number)
        self.assertEqual({each["pointer"] for each in reply.json["errors"]}, {"/offset", "/size"})
        self.assertEqual(await self.offset(), {"offset": 4})
        await self.piece(b"456789", 4)
        self.assertEqual(self.content("map"), b"0123456789")
        self.assertEqual((await self.piece(b"456789", 4)).said, (409, "file_changed"))

    async def test_wrongBusy(self) -> None:
        """That a piece goes beyond its file is told whatever else is under way."""

        def running(*_: object) -> None:
            raise JobRunning()

        self.patch(Files, "checkRest", running)
        self.assertEqual((await self.piece(b"01234567890", 0)).said, (400, "bad_request"))
        self.assertEqual((await self.piece(b"0123", 0)).said, (409, "job_running"))

    async def test_space(self) -> None:
        """Whether there is space for all of it is said with the first piece, which may be empty."""
        self.assertEqual((await self.piece(b"", 0)).json, {"offset": 0})
        self.assertEqual(await self.offset(), {"offset": 0})
        await self.call("server_settings", server="cave", settings={"diskLimit": 1})
        other = "f" * 32
        reply = await self.piece(b"", 0, size=2**33, upload=other)
        self.assertEqual(reply.said, (507, "quota_exceeded"))
        self.assertEqual(await self.offset(other), "no_such_file")
        self.assertEqual((await self.piece(b"0123456789", 0)).json["size"], 10)

    async def test_brokenOff(self) -> None:
        """What came of a piece that broke off stays, and is gone on with."""
        wire = await self.open()
        head = self.uploading("map", 10, upload=number, offset=0, size=10)
        wire.transport.write(head + b"01234")
        await self.written(5)
        self.assertEqual((await self.piece(b"5", 5)).said, (409, "file_changed"))
        wire.transport.abortConnection()
        await wire.ended

        async def isKnown() -> bool:
            return bool(await self.offset() == {"offset": 5})

        await self.untilTrue(isKnown, "what has come")
        reply = await self.piece(b"56789", 5)
        self.assertEqual(reply.status, 200, reply.body)
        self.assertEqual(self.content("map"), b"0123456789")

    async def test_others(self) -> None:
        """An upload is its user's only: others with the same number have one of their own."""
        await self.piece(b"0123", 0)
        self.token = await self.user("ann", "files")
        self.assertEqual(await self.offset(), "no_such_file")
        self.assertEqual((await self.piece(b"4", 4)).said, (409, "file_changed"))
        self.assertEqual((await self.piece(b"abcdefghij", 0)).json["size"], 10)
        self.assertEqual(self.content("map"), b"abcdefghij")
        self.token = self.panel.token()
        self.assertEqual(await self.offset(), {"offset": 4})

    async def test_account(self) -> None:
        """An upload ends with the account of who began it."""
        self.token = await self.user("ann", "files")
        await self.piece(b"0123", 0)
        self.token = self.panel.token()
        await self.call("user_delete", username="ann")
        await until(reactor, lambda: not self.staged(), "the end of what has come")
        self.token = await self.user("ann", "files")
        self.assertEqual(await self.offset(), "no_such_file")

    async def test_changedMeanwhile(self) -> None:
        """A revision that was right with the first piece has to be right with the last."""
        first = (await self.upload("map", b"1")).json["revision"]
        await self.piece(b"01234", 0, revision=first)
        self.put("map", b"of the game")
        reply = await self.piece(b"56789", 5, revision=first)
        self.assertEqual(reply.said, (409, "file_changed"))
        self.assertEqual(self.content("map"), b"of the game")


class LongBodyTests(TransferCase):
    async def test_rightEnds(self) -> None:
        """A token that ends, or a right, while a long body comes: nothing is written."""
        body = json.dumps({"server": "cave", "path": "map", "data": "x" * 100_000}).encode()
        for end, code in (("logout", "token_invalid"), ("right", "forbidden")):
            self.token = await self.user("ann", "files")
            wire = await self.open()
            more = "Content-Type: application/json", "Expect: 100-continue"
            wire.transport.write(
                self.head("POST", "file_write", {}, *more, f"Content-Length: {len(body)}")
            )
            # Its token has been looked at.
            await self.untilSome(wire)
            if end == "logout":
                await self.call("logout")
            else:
                await self.user("ann", "view")
            wire.transport.write(body)
            await wire.ended
            self.assertEqual(Reply(wire.got).said, (403, code))
        self.assertEqual(os.listdir(self.home), [])


class UploadTests(TransferCase):
    async def test_whole(self) -> None:
        """A file is there when all of it has come, and what says so is its revision."""
        content = os.urandom(3_000_000)
        reply = await self.upload("map", content)
        self.assertEqual((reply.status, reply.json["size"]), (200, len(content)))
        self.assertEqual(self.content("map"), content)
        self.assertEqual(os.stat(self.path("map")).st_mode & 0o777, 0o640)
        read = await self.call("file_read", server="cave", path="map", encoding="base64")
        self.assertEqual(read["revision"], reply.json["revision"])
        self.assertEqual((await self.upload("empty", b"")).json["size"], 0)
        self.assertEqual(self.content("empty"), b"")
        self.assertEqual(self.audited()[0], ("file_upload", "map", "ok"))

    async def test_revisions(self) -> None:
        """What is there must be what the client thinks, if it thinks anything."""
        first = (await self.upload("map", b"1", revision="")).json["revision"]
        self.assertEqual((await self.upload("map", b"2", revision="")).said, (409, "file_exists"))
        second = await self.upload("map", b"22", revision=first)
        self.assertEqual(second.status, 200)
        self.assertEqual(
            (await self.upload("map", b"3", revision=first)).said, (409, "file_changed")
        )
        self.assertEqual(
            (await self.upload("no", b"3", revision=first)).said, (409, "file_changed")
        )
        self.assertEqual(self.content("map"), b"22")
        self.assertEqual((await self.upload("map", b"4")).status, 200)
        self.assertEqual(os.listdir(self.home), ["map"])

    async def test_refusedBefore(self) -> None:
        """What is wrong is said before a byte is sent: none is asked for."""
        os.mkdir(self.path("directory"))
        self.put("file", b"")
        for path, length, query, said in (
            ("directory", 5, {}, (409, "not_a_file")),
            ("file/map", 5, {}, (409, "not_a_directory")),
            ("missing/map", 5, {}, (404, "no_such_file")),
            ("../map", 5, {}, (400, "bad_path")),
            ("", 5, {}, (400, "bad_path")),
            ("file", 5, {"revision": ""}, (409, "file_exists")),
            ("map", 2**50, {}, (413, "too_large")),
            ("map", 2**34, {"server": "none"}, (404, "no_such_server")),
            ("map", 5, {"mode": "1"}, (400, "bad_request")),
        ):
            wire = await self.open()
            head = self.uploading(path, length, "Expect: 100-continue", **query)
            wire.transport.write(head)
            await wire.ended
            self.assertEqual(Reply(wire.got).said, said, path)
            self.assertNotIn(b"100 Continue", wire.got)

    async def test_brokenOff(self) -> None:
        """Of a file of which not all has come, nothing stays; what was there is there."""
        self.put("map", b"before")
        wire = await self.open()
        wire.transport.write(self.uploading("map", 10) + b"12345")
        await self.written(5)
        wire.transport.abortConnection()
        await wire.ended
        await until(reactor, lambda: not self.staged(), "its end")
        self.assertEqual(self.content("map"), b"before")
        self.assertEqual(self.audited(), [("file_upload", "map", "timeout")])

    async def test_changedMeanwhile(self) -> None:
        """A file that the game writes meanwhile is not overwritten by one meant for another."""
        first = (await self.upload("map", b"1")).json["revision"]
        wire = await self.open()
        wire.transport.write(self.uploading("map", 2, revision=first) + b"2")
        await self.written(1)
        self.put("map", b"of the game")
        wire.transport.write(b"2")
        await wire.ended
        self.assertEqual(Reply(wire.got).said, (409, "file_changed"))
        self.assertEqual(self.content("map"), b"of the game")
        await until(reactor, lambda: not self.staged(), "its end")

    async def test_job(self) -> None:
        """A job that needs the server at rest ends an upload when it begins."""
        wire = await self.open()
        wire.transport.write(self.uploading("map", 10) + b"12345")
        await self.written(5)
        self.panel.workers.end(self.panel.directory.find("cave").creation)
        await wire.ended
        self.assertEqual(Reply(wire.got).said, (409, "job_running"))
        self.assertEqual(os.listdir(self.home), [])

    async def test_workerKilled(self) -> None:
        """A worker that is killed amid an upload costs nothing: another puts it in its place."""
        wire = await self.open()
        wire.transport.write(self.uploading("map", 10) + b"12345")
        await self.written(5)
        creation = self.panel.directory.find("cave").creation
        worker = self.panel.workers._workers[creation]
        worker.transport.signalProcess("KILL")
        await until(reactor, lambda: worker.isOver, "the end of the worker")
        wire.transport.write(b"67890")
        await wire.ended
        self.assertEqual(Reply(wire.got).status, 200, wire.got)
        self.assertEqual(self.content("map"), b"1234567890")

    async def test_rightEnds(self) -> None:
        """A right that ends, or a token, ends an upload."""
        for end, code in (("logout", "token_invalid"), ("right", "forbidden")):
            self.token = await self.user("ann", "files")
            wire = await self.open()
            wire.transport.write(self.uploading("map", 10) + b"12345")
            await self.written(5)
            if end == "logout":
                await self.call("logout")
            else:
                await self.user("ann", "view")
            await wire.ended
            self.assertEqual(Reply(wire.got).said, (403, code))
            await until(reactor, lambda: not self.staged(), "its end")
        self.assertEqual(os.listdir(self.home), [])
