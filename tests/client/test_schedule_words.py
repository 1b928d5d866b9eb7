"""Schedules in words: what people type, and what they are told."""

from typing import Any

import click
from twisted.trial.unittest import SynchronousTestCase

from gamepanel.client.durations import seconds, typed
from gamepanel.client.schedulewords import duration, isForgeable, sentence, step, toldStep


class StepsTests(SynchronousTestCase):
    def test_steps(self) -> None:
        """A step is read, and told in the very words."""
        for text, meant in (
            ("command say Good night", {"command": "say Good night"}),
            ("restart", {"power": "restart"}),
            ("kill", {"power": "kill"}),
            ("backup", {"backup": ""}),
            ("backup by night", {"backup": "by night"}),
            ("update", {"update": True}),
            ("wait 1m30s", {"wait": 90}),
            ("countdown 10m,10s say {time}", {"countdown": [600, 10], "command": "say {time}"}),
            ("always start", {"power": "start", "always": True}),
            ("always command always", {"command": "always", "always": True}),
        ):
            self.assertEqual(step(text), meant, text)
            self.assertEqual(toldStep(meant), text)
        self.assertEqual(step("  wait   30 "), {"wait": 30})

    def test_mistakes(self) -> None:
        """Whatever is no step is refused in a sentence that says what one is."""
        for text in (
            *("", "always", "say hello", "command", "Restart", "restart now", "update x"),
            *("wait", "wait soon", "wait 1.5s", "wait -1", "wait 99999999999s"),
            *("countdown", "countdown 10m", "countdown say x", "countdown 10m, 5m say x"),
        ):
            said = str(self.assertRaises(click.BadParameter, step, text))
            self.assertIn("must be like", said, text)

    def test_hidden(self) -> None:
        """Who may not give commands is not told them; what a newer daemon adds is shown."""
        self.assertEqual(toldStep({"command": None, "always": False}), "command …")
        hidden = {"countdown": [600, 60], "command": None, "always": True}
        self.assertEqual(toldStep(hidden), "always countdown 10m,1m …")
        self.assertEqual(toldStep({"dance": 1}), "dance")

    def test_durations(self) -> None:
        """Durations are typed and told alike, in whole seconds."""
        for text, meant in (("0s", 0), ("90s", 90), ("1d", 86400), ("2h5s", 7205), ("1.5m", 90)):
            self.assertEqual(seconds(text), meant)
            self.assertEqual(duration(text), meant)
            self.assertEqual(seconds(typed(meant)), meant)
        self.assertEqual((typed(90), typed(0), duration("90")), ("1m30s", "0s", 90))
        self.assertIsNone(seconds("9" * 400 + "d"))


def told(when: dict[str, Any], only: Any = "always") -> str:
    """The sentence of a schedule that restarts."""
    return sentence({"when": when, "only": only, "steps": [{"power": "restart"}]})


class SentencesTests(SynchronousTestCase):
    def test_times(self) -> None:
        """A day and a time are told as such, and all else of cron as it is."""
        for cron, words in (
            ("0 4 * * *", "daily at 04:00"),
            ("5 14 * * 1-5", "Mon-Fri at 14:05"),
            ("30 20 * * SAT,7", "Sat,Sun at 20:30"),
            ("*/15 * * * *", "at */15 * * * *"),
            ("0 4 1 * *", "at 0 4 1 * *"),
            ("0 4 * * 5L", "at 0 4 * * 5L"),
            ("0 4 * * FRI#2", "at 0 4 * * FRI#2"),
        ):
            self.assertEqual(told({"cron": cron}), f"{words}: restart")

    def test_rest(self) -> None:
        """So are zone, tolerance, events and conditions."""
        for when, only, words in (
            (
                {"cron": "0 4 * * *", "timezone": "Europe/Berlin", "within": 3600},
                ("outdated", "empty"),
                "daily at 04:00 Europe/Berlin, within 1h, if outdated and empty: restart",
            ),
            ({"event": "emptied", "after": 300}, "used", "on emptied, 5m later, if used: restart"),
            ({"event": "line", "pattern": "^x y"}, "always", "on line ^x y: restart"),
            ({"event": "ready"}, ["always", "empty"], "on ready, if empty: restart"),
            ({"tide": "high"}, "always", "on something: restart"),
        ):
            self.assertEqual(told(when, only), words)

    def test_forgeable(self) -> None:
        """Of patterns for lines those that fit anywhere in one are known."""
        for pattern, isSo in (("x", True), ("^x", False), ("(?i)^x", False), (r"\Ax", False)):
            self.assertEqual(isForgeable({"event": "line", "pattern": pattern}), isSo, pattern)
        self.assertFalse(isForgeable({"event": "chat", "pattern": "x"}))
        self.assertFalse(isForgeable({"cron": "0 4 * * *"}))
