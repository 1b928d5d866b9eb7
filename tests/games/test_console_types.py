"""What a type says of its console."""

from twisted.trial.unittest import SynchronousTestCase

from gamepanel.games.console import Console
from gamepanel.games.definition import BadDefinition
from gamepanel.games.parsing import parse

beginning = """
title = "T"
[[options]]
name = "rcon_port"
type = "port"
[[options]]
name = "secret"
type = "password"
[run]
command = ["game"]
"""

rcon = "kind = 'rcon'\nport = '{rcon_port}'\npassword = '{secret}'\n"


def consoleOf(lines: str) -> Console:
    """The console of a type with these lines in its table."""
    return parse(f"{beginning}[console]\n{lines}\n").console


class ConsoleTypeTests(SynchronousTestCase):
    def test_default(self) -> None:
        """A type without the table takes commands on stdin, in UTF-8."""
        console = parse(beginning).console
        self.assertEqual((console.kind, console.encoding), ("stdin", "utf-8"))

    def test_kinds(self) -> None:
        """Each kind is taken with the keys that it needs."""
        rest = "port = '{rcon_port}'\npassword = '{secret}'\n"
        for lines, kind in (
            ("kind = 'stdin'", "stdin"),
            ("kind = 'none'\nfollow = 'logs/latest.log'\nencoding = 'cp1251'", "none"),
            ("kind = 'fifo'\npath = 'console.fifo'", "fifo"),
            (rcon + "rcon_end = 'idle'\nhost = '127.0.0.1'", "rcon"),
            ("kind = 'rcon-quake'\n" + rest, "rcon-quake"),
            ("kind = 'rcon-battleye'\n" + rest, "rcon-battleye"),
            ("kind = 'rcon-web'\n" + rest, "rcon-web"),
            ("kind = 'telnet'\nport = 8081", "telnet"),
            ("kind = 'telnet'\nlogin = '^Enter password:'\nready = 'ok'\n" + rest, "telnet"),
        ):
            self.assertEqual(consoleOf(lines).kind, kind)

    def test_encodings(self) -> None:
        """Each encoding of the list is one that Python knows, in which only LF ends a line."""
        for name in ("utf-8", "latin-1", "cp1250", "cp1258", "koi8-r", "gbk", "big5", "euc-kr"):
            self.assertEqual(consoleOf(f"encoding = '{name}'").encoding, name)
            self.assertEqual("a\n".encode(name), b"a\n")

    def test_refused(self) -> None:
        """What does not fit is refused, with the key and the reason."""
        for lines, reason in (
            ("kind = 'ssh'", "Invalid enum value 'ssh'"),
            ("encoding = 'utf-16'", "Invalid enum value 'utf-16'"),
            ("colour = 1", "unknown field"),
            ("port = '1'", "console: port does not go with kind stdin"),
            ("path = 'x'", "console: path does not go with kind stdin"),
            (rcon + "path = 'x'", "console: path does not go with kind rcon"),
            (rcon + "pause = 0.1", "console: pause does not go with kind rcon"),
            ("pause = 0", "pause"),
            (rcon + "ready = 'x'", "console: ready does not go with kind rcon"),
            ("kind = 'none'\nrcon_end = 'idle'", "rcon_end does not go with kind none"),
            ("kind = 'fifo'", "console: kind fifo needs path"),
            ("kind = 'fifo'\npath = '../x'", "console.path: must stay inside"),
            ("kind = 'rcon'\nport = 1", "console: kind rcon needs password"),
            ("kind = 'rcon'\npassword = 'x'", "console: kind rcon needs port"),
            ("kind = 'telnet'\nport = 1\npassword = 'x'", "console: kind telnet needs login"),
            ("kind = 'telnet'\nport = 1\nlogin = 'x'", "console: kind telnet needs password"),
            ("kind = 'telnet'\nport = 1\nready = '('", "console.ready: not a regular expression"),
            ("kind = 'telnet'\nport = 70000", "port"),
            ("follow = '/etc/passwd'", "console.follow: must stay inside"),
            ("follow = 'logs/'", "console.follow: must be that of a file"),
            ("follow = '{nothing}'", "console.follow: {nothing} names no option"),
            (rcon.replace("{secret}", "{other}"), "console.password: {other} names no option"),
        ):
            with self.assertRaises(BadDefinition, msg=lines) as caught:
                consoleOf(lines)
            self.assertIn(reason, str(caught.exception), lines)
