"""Options of the command line about where is downloaded from."""

import os
from pathlib import Path

from twisted.python import usage
from twisted.trial.unittest import SynchronousTestCase

from gamepanel.service.sourceoptions import SourceOptions, mirrorOf, networkOf, readToken


def parsed(*arguments: str) -> SourceOptions:
    """Options of a command line."""
    options = SourceOptions()
    options.parseOptions(arguments)
    return options


class SourceOptionsTests(SynchronousTestCase):
    def test_usual(self) -> None:
        """Without any nothing is said."""
        self.assertEqual(
            parsed().sources, {"mirrors": [], "allowed": [], "contact": "", "tokenFile": None}
        )

    def test_taken(self) -> None:
        """Networks and mirrors may be several; the token stays in its file."""
        token = Path(self.mktemp())
        token.touch(0o600)
        token.write_text("ghp_abc\n")
        found = parsed(
            *("--allow-address", "10.0.0.0/8", "--allow-address", "::1"),
            *("--mirror", "https://a.example/=http://127.0.0.1:8/a/"),
            *("--contact", "me@a.example", "--github-token", str(token)),
        ).sources
        self.assertEqual(
            found,
            {
                "mirrors": [("https://a.example/", "http://127.0.0.1:8/a/")],
                "allowed": ["10.0.0.0/8", "::1/128"],
                "contact": "me@a.example",
                "tokenFile": str(token.absolute()),
            },
        )
        self.assertEqual(readToken(str(token)), "ghp_abc")

    def test_mirrors(self) -> None:
        """Both ends of a mirror end with a slash, or neither does."""
        for text, expected in (
            ("https://a/=http://b/", ("https://a/", "http://b/")),
            ("https://a=http://b", ("https://a", "http://b")),
            ("https://a=http://b/c/", ("https://a/", "http://b/c/")),
            ("https://a/x/=http://b", ("https://a/x/", "http://b/")),
        ):
            self.assertEqual(mirrorOf(text), expected)

    def test_refused(self) -> None:
        """What does not fit is refused with the option's name."""
        readable = Path(self.mktemp())
        readable.write_text("x")
        os.chmod(readable, 0o644)
        empty = Path(self.mktemp())
        empty.touch(0o600)
        for arguments, reason in (
            (("--allow-address", "10.0.0.1/8"), "--allow-address 10.0.0.1/8: must be an address"),
            (("--allow-address", "x"), "must be an address or a network"),
            (("--mirror", "https://a/"), "--mirror https://a/: must be FROM=TO"),
            (("--mirror", "https://a/=b"), "must be FROM=TO"),
            (("--mirror", "ftp://a/=https://b/"), "must be FROM=TO"),
            (("--mirror", "https://a/=https://u:p@b/"), "must be FROM=TO"),
            (("--mirror", "https://a/=https://b/?x"), "must be FROM=TO"),
            (("--mirror", "https://a/=https://b:99999/"), "must be FROM=TO"),
            (("--contact", "a\r\nX: y"), "1 to 200 plain characters"),
            (("--contact", "a)"), "1 to 200 plain characters"),
            (("--contact", ""), "1 to 200 plain characters"),
            (("--github-token", "/nowhere/x"), "No such file"),
            (("--github-token", str(readable)), "everybody may read it"),
            (("--github-token", str(empty)), "must hold a token"),
        ):
            failure = self.assertRaises(usage.UsageError, parsed, *arguments)
            self.assertIn(reason, str(failure))
        self.assertRaises(ValueError, networkOf, "")
