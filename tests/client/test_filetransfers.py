"""Files that the client sends and fetches as streams, with a reactor and without."""

import os
from io import BytesIO
from typing import Any

from twisted.internet.defer import Deferred
from twisted.internet.threads import deferToThread

from gamepanel.base.errors import BadRange, FileChanged, FileExists, NoSuchFile
from gamepanel.client import Lost, Panel
from gamepanel.client._blocking import BlockingConnection
from tests.web.test_transfers import TransferCase, reactor


def finished(work: Any) -> Any:
    """What a coroutine returns that waits for nothing."""
    try:
        work.send(None)
    except StopIteration as done:
        return done.value
    raise AssertionError("it waits")


class ClientCase(TransferCase):
    """What is done is done by both kinds of client."""

    async def both(self, act: Any) -> list[Any]:
        """What comes of it with each of them."""
        base = f"http://{self.host}/"
        panel = await Panel.connect(base, token=self.token, reactor=reactor)
        try:
            first = await act(panel)
        finally:
            await panel.close()

        def blocking() -> Any:
            connection: Any = BlockingConnection([base], self.token)
            return finished(act(Panel(connection, panel.config, None)))

        second: Deferred[Any] = deferToThread(blocking)
        return [first, await second]


class StreamTests(ClientCase):
    async def test_both(self) -> None:
        """What was sent is fetched again, whole or from an offset on."""
        content = os.urandom(1_000_000)

        async def act(panel: Panel) -> Any:
            sent = await panel.fileUpload("cave", "ö &?.bin", BytesIO(content), len(content))
            got: list[bytes] = []
            revision = await panel.fileDownload("cave", "ö &?.bin", got.append)
            self.assertEqual((b"".join(got), revision), (content, sent.revision))
            got.clear()
            await panel.fileDownload(
                "cave", "ö &?.bin", got.append, offset=999_000, revision=revision
            )
            self.assertEqual(b"".join(got), content[999_000:])
            return sent.size

        self.assertEqual(await self.both(act), [len(content)] * 2)

    async def test_refused(self) -> None:
        """Refusals are raised, also of a file that is being sent."""
        self.put("map", b"0123456789")

        async def act(panel: Panel) -> Any:
            got: list[bytes] = []
            for kind, work in (
                (NoSuchFile, panel.fileDownload("cave", "missing", got.append)),
                (BadRange, panel.fileDownload("cave", "map", got.append, offset=10)),
                (
                    FileChanged,
                    panel.fileDownload("cave", "map", got.append, offset=1, revision="other"),
                ),
                (
                    FileExists,
                    panel.fileUpload("cave", "map", BytesIO(b"x" * 10**6), 10**6, revision=""),
                ),
            ):
                try:
                    await work
                except kind:
                    continue
                raise AssertionError(kind)
            self.assertEqual(got, [])
            return True

        self.assertEqual(await self.both(act), [True] * 2)

    async def test_pieces(self) -> None:
        """A file is sent in pieces, and gone on with where it stands."""

        async def act(panel: Panel) -> Any:
            number = os.urandom(16).hex()
            said: Any = {"upload": number, "size": 10}
            source = BytesIO(b"0123456789")
            first = await panel.fileUploadPiece("cave", "map", source, 4, offset=0, **said)
            told = await panel.uploadStatus("cave", number)
            self.assertEqual((told.offset, first.offset), (4, 4))  # type: ignore[union-attr]
            last = await panel.fileUploadPiece("cave", "map", source, 6, offset=4, **said)
            self.assertEqual(last.size, 10)  # type: ignore[union-attr]
            return self.content("map")

        self.assertEqual(await self.both(act), [b"0123456789"] * 2)

    async def test_cutShort(self) -> None:
        """A file of which not all comes is none."""
        self.huge("map")

        async def act(panel: Panel) -> Any:
            def cut(_: bytes) -> None:
                os.truncate(self.path("map"), 1_000_000)

            try:
                await panel.fileDownload("cave", "map", cut)
            except Lost:
                self.huge("map")
                return True
            return False

        self.assertEqual(await self.both(act), [True] * 2)
