"""What the command says of an event, on one line."""

from typing import Any

from twisted.trial.unittest import SynchronousTestCase

from gamepanel.client.events import about
from gamepanel.wire.events import EventInfo


class AboutTests(SynchronousTestCase):
    def said(self, kind: str, **data: Any) -> str:
        """What is said of an event with such data."""
        return about(EventInfo(event=1, at=0.0, server="a", kind=kind, data=data))

    def test_quoted(self) -> None:
        """Of what a game printed, the last line stands behind the reason."""
        reason = "exit code 1; the game's last lines:\n| Traceback\n| no such port"
        self.assertEqual(
            self.said("failed", reason=reason),
            "exit code 1; the game's last lines: no such port",
        )
        self.assertEqual(self.said("failed", reason="it was killed"), "it was killed")

    def test_nextTry(self) -> None:
        """When it is tried again is a time of day."""
        self.assertRegex(self.said("waiting", nextAt=1795662081.5), r"^next try at \d\d:\d\d:\d\d$")

    def test_others(self) -> None:
        """What is null or has parts of its own is left out."""
        self.assertEqual(
            self.said("stopped", by=None, code=0, reason="stopped on request"),
            "stopped on request, code 0",
        )
        self.assertEqual(
            self.said("changed", by="ann", settings=["level", "tags"]),
            "by ann, settings level, tags",
        )
        self.assertEqual(
            self.said("crashed", code=3, reason="ended by itself, exit code 3"),
            "ended by itself, exit code 3",
        )
