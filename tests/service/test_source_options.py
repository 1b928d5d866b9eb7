"""Options of the command line about where is downloaded from."""

import os
from pathlib import Path

import msgspec
from twisted.python import usage
from twisted.trial.unittest import SynchronousTestCase

from gamepanel.disk import steamaccount
from gamepanel.disk.steamaccount import SteamAccount, decode
from gamepanel.local.steam import NotLoggedIn, login
from gamepanel.options import Options
from gamepanel.service.sourceoptions import mirrorOf, networkOf, readToken


def parsed(*arguments: str) -> Options:
    """Options of a command line."""
    options = Options()
    options.parseOptions(arguments)
    return options


class SourceOptionsTests(SynchronousTestCase):
    def test_usual(self) -> None:
        """Without any nothing is said."""
        self.assertEqual(
            parsed().sources,
            {"mirrors": [], "allowed": [], "contact": "", "tokenFile": None, "steamFile": None},
        )

    def test_taken(self) -> None:
        """Networks and mirrors may be several; the token stays in its file."""
        token = Path(self.mktemp())
        token.touch(0o600)
        token.write_text("ghp_abc\n")
        account = Path(self.mktemp())
        steamaccount.write(str(account), SteamAccount("ann", {"Steam/config/config.vdf": b"x"}))
        found = parsed(
            *("--allow-address", "10.0.0.0/8", "--allow-address", "::1"),
            *("--mirror", "https://a.example/=http://127.0.0.1:8/a/"),
            *("--contact", "me@a.example", "--github-token", str(token)),
            *("--steam-account", str(account)),
        ).sources
        self.assertEqual(
            found,
            {
                "mirrors": [("https://a.example/", "http://127.0.0.1:8/a/")],
                "allowed": ["10.0.0.0/8", "::1/128"],
                "contact": "me@a.example",
                "tokenFile": str(token.absolute()),
                "steamFile": str(account.absolute()),
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
            (("--steam-account", str(readable)), "others may read it"),
            (("--steam-account", str(empty)), "steam-login has not made it"),
            (("--steam-account", "/nowhere/x"), "No such file"),
        ):
            failure = self.assertRaises(usage.UsageError, parsed, *arguments)
            self.assertIn(reason, str(failure))
        self.assertRaises(ValueError, networkOf, "")


class SteamLoginTests(SynchronousTestCase):
    """A program that does as SteamCMD does."""

    def steamcmd(self, does: str) -> str:
        """The path of such a program."""
        path = Path(self.mktemp())
        path.write_text(f"#!/bin/sh\n{does}\n")
        path.chmod(0o755)
        return str(path.absolute())

    def test_kept(self) -> None:
        """What SteamCMD keeps of a login is kept, for nobody else to read."""
        program = self.steamcmd(
            'mkdir -p "$HOME/Steam/config"; echo "$*" > "$HOME/Steam/config/config.vdf"; '
            'echo x > "$HOME/Steam/config/other"'
        )
        path = Path(self.mktemp())
        login("ann", str(path), program)
        self.assertEqual(path.stat().st_mode & 0o777, 0o600)
        kept = decode(steamaccount.read(str(path)))
        self.assertEqual(
            kept, SteamAccount("ann", {"Steam/config/config.vdf": b"+login ann +quit\n"})
        )

    def test_refused(self) -> None:
        """Where nothing is kept, no file is made."""
        path = self.mktemp()
        for name, does, reason in (
            ("ann", "exit 5", "exit code 5"),
            ("ann", "exit 0", "has not logged in"),
            ("+quit", "exit 0", "no name of an account"),
        ):
            with self.assertRaisesRegex(NotLoggedIn, reason):
                login(name, path, self.steamcmd(does))
            self.assertFalse(os.path.exists(path))
        with self.assertRaisesRegex(NotLoggedIn, "there is no program /nowhere/steamcmd"):
            login("ann", path, "/nowhere/steamcmd")

    def test_hostile(self) -> None:
        """A file that names others is none."""
        for path in ("../config.vdf", "/etc/config.vdf", "Steam/x", "a//config.vdf"):
            account = SteamAccount("ann", {path: b""})
            self.assertRaises(ValueError, decode, msgspec.json.encode(account))
        self.assertRaises(ValueError, decode, b'{"username": "+quit", "files": {}}')
        for odd in (b'{"username": "\xff", "files": {}}', b'{"x": ' + b"[" * 100_000):
            with self.assertRaisesRegex(ValueError, "gamepanel steam-login has not made it"):
                decode(odd)
