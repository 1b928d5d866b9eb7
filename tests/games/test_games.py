"""Types: how they are read, checked and expanded."""

import json
import os
import resource
import tomllib
from collections.abc import Mapping
from configparser import ConfigParser
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import javaproperties
from hypothesis import given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML
from twisted.logger import ILogObserver, globalLogPublisher
from twisted.trial.unittest import SynchronousTestCase
from zope.interface import implementer

from gamepanel.base.errors import NoSuchType
from gamepanel.games import catalogue as catalogueModule
from gamepanel.games import catalogue as catalogues
from gamepanel.games.arguments import arguments
from gamepanel.games.cannothold import CannotHold
from gamepanel.games.catalogue import Catalogue, shippedTypes
from gamepanel.games.configfiles import Value, edit
from gamepanel.games.definition import BadDefinition, Format
from gamepanel.games.machine import machineValues
from gamepanel.games.option import BadValue
from gamepanel.games.parsing import parse
from gamepanel.games.template import BadTemplate, Template
from gamepanel.servers.plan import placeholderValues
from gamepanel.servers.settings import Settings

minimal = """
title = "T"
[run]
command = ["game"]
"""


def optionType(lines: str, command: str = '["game"]') -> str:
    return f'title = "T"\n[[options]]\nname = "o"\n{lines}\n[run]\ncommand = {command}\n'


def followed(port: str, more: str = "") -> str:
    """A type with a port that another follows."""
    second = f'[[options]]\nname = "q"\ntype = "port"\nport = {{ of = "o", {port} }}\n{more}\n'
    return optionType("type = 'port'").replace("[run]", second + "[run]")


def inFile(format: str, key: str, value: str, more: str = "") -> str:
    """A type that sets one key of a file; the value is TOML."""
    return (
        minimal + f"[[files]]\npath = 'x'\nformat = '{format}'\nset = {{'{key}' = {value}}}\n{more}"
    )


class TemplateTests(SynchronousTestCase):
    def test_expands(self) -> None:
        """Names stand for values, doubled braces for braces, and what is missing for nothing."""
        values = {"a": "1", "b": "{a}"}
        for text, expected in (
            ("x{a}y", "x1y"),
            ("{b}", "{a}"),
            ("{{a}}", "{a}"),
            ("{a}{b}{c}", "1{a}"),
            ("", ""),
        ):
            template = Template.parse(text, ("a", "b", "c"))
            self.assertEqual(template.expand(values), expected, text)

    def test_refuses(self) -> None:
        """Anything else in braces is an error."""
        for text in ("{", "}", "{x}", "{}", "{a", "a}", "{ a}", "{a.b}", "{{{x}}}"):
            self.assertRaises(BadTemplate, Template.parse, text, ("a",))


class DefinitionTests(SynchronousTestCase):
    def test_defaults(self) -> None:
        """A type needs no more than a title and a command."""
        found = parse(minimal)
        self.assertEqual((found.stop[0].signal, found.restart.policy), ("TERM", "on-failure"))
        self.assertIsNone(found.run.ready)

    def test_refuses(self) -> None:
        """What does not fit is refused, with the place and the reason."""
        for text, where in (
            ("title = 1\n[run]\ncommand=['x']", "$.title"),
            ("[run]\ncommand=['x']", "title"),
            ('title="T"', "run"),
            (minimal + "usr = 'x'", "usr"),
            ("titel = 'x'" + minimal, "titel"),
            ('title="T"\n[run]\ncommand=[]', "$.run.command"),
            (optionType("type = 'strnig'"), "strnig"),
            (optionType("type = 'string'\nminimum = 3"), "minimum"),
            (optionType("type = 'integer'\npattern = 'x'"), "pattern"),
            (optionType("type = 'string'\npattern = '('"), "pattern"),
            (optionType("type = 'integer'\ndefault = 'x'"), "default"),
            (optionType("type = 'port'\ndefault = 0"), "default"),
            (optionType("type = 'enum'"), "choices"),
            (optionType("type = 'enum'\nchoices = ['a']\ndefault = 'b'"), "default"),
            (optionType("type = 'string'").replace('"o"', '"autostart"'), "autostart"),
            (optionType("type = 'string'").replace('"o"', '"server"'), "server"),
            (optionType("type = 'string'").replace('"o"', '"O-x"'), "name"),
            (optionType("type = 'string'", '["{p}"]'), "run.command[0]"),
            (optionType("type = 'string'", '[{ when = "p", add = [] }]'), "when"),
            (optionType("type = 'string'", '[{ when = "o", add = ["{"] }]'), "add"),
            (
                optionType("type = 'string'", '[{ when = "o", add = [], otherwise = ["{p}"] }]'),
                "otherwise",
            ),
            (minimal + "ready = '['", "run.ready"),
            (minimal + "failed = 'cannot bind'", "run.failed: must begin with ^"),
            (minimal + "failed = '^['", "run.failed"),
            (minimal + "needs_port = true", "run.needs_port"),
            (minimal + "directory = '/etc'", "run.directory"),
            (minimal + "directory = 'a/../..'", "run.directory"),
            (minimal + "environment = { GAMEPANEL_SERVER = 'x' }", "GAMEPANEL_SERVER"),
            (minimal + "[[stop]]\npatience = 1", "stop[0]"),
            (minimal + "[[stop]]\nsignal = 'TERM'\ncommand = 'x'", "stop[0]"),
            (minimal + "[[stop]]\nsignal = 'KILL'", "KILL"),
            (minimal + "[[files]]\npath = '../x'\nformat = 'ini'\nset = {}", "files[0].path"),
            (minimal + "[[files]]\npath = 'x'\nformat = 'cfg'\nset = {}", "cfg"),
            (inFile("ini", "a", "''"), "write .a"),
            (inFile("lines", "motd", "'name {server}'"), "must begin with its key"),
            (inFile("lines", "motd", "'{server} motd'"), "must begin with its key"),
            (inFile("lines", "", "''"), "must begin with its key"),
            (inFile("lines", "a", "true"), "lines holds text only"),
            (inFile("ini", ".a", "['x']"), "ini holds text only"),
            (inFile("json", "a", "inf"), "no number"),
            (inFile("json", "a", "['{x}']"), "names no option"),
            (inFile("json", "a", "{b = 1}"), "files[0].set"),
            (inFile("xml", "a//b", "''"), "no way to an element"),
            (inFile("xml", "@a", "''"), "no way to an element"),
            (inFile("xml", "a[1]/b", "''"), "no way to an element"),
            (inFile("ini", "s.a", "''", "seed = '../x'"), "files[0].seed"),
            (inFile("ini", "s.a", "''", "seed = '/etc/passwd'"), "files[0].seed"),
            (minimal + "sees = ['usr']", "run.sees"),
            (minimal + "sees = ['/usr/../etc']", "run.sees"),
            (optionType("type = 'integer'\nport = { of = 'o', plus = 1 }"), "port"),
            (optionType("type = 'port'\nport = { of = 'x', plus = 1 }"), "port.of"),
            (optionType("type = 'port'\nport = { of = 'o', plus = 1 }"), "port.of"),
            (optionType("type = 'port'\nport = { of = 'o' }"), "plus"),
            (followed("plus = 0"), "port.plus"),
            (followed("plus = 70000"), "port.plus"),
            (followed("plus = 1", "default = 5"), "default"),
            (followed("plus = 1", "required = true"), "required"),
            (optionType("type = 'string'\nhint = 'x'"), "hint"),
            (optionType("type = 'string'\ngroup = ''"), "group"),
            (optionType("type = 'string'\naccept = 'https://example.org/'"), "accept"),
            (optionType("type = 'boolean'\naccept = 'javascript:x'"), "accept"),
            (
                optionType("type = 'boolean'\ndefault = true\naccept = 'https://example.org/'"),
                "accept",
            ),
            ("icon = 'A B'" + minimal, "icon"),
            ("tags = ['']" + minimal, "tags"),
            ("machines = []" + minimal, "machines"),
            ("machines = ['riscv64']" + minimal, "machines"),
            (optionType("type = 'string'\ngenerate = 12"), "generate"),
            (optionType("type = 'password'\ngenerate = 3"), "generate"),
            (optionType("type = 'password'\ngenerate = 12\nmax_length = 8"), "generate"),
            (optionType("type = 'password'\ngenerate = 12\npattern = '[a-y]*'"), "generate"),
            (optionType("type = 'password'\ngenerate = 12\ndefault = 'x'"), "generate"),
            (optionType("type = 'string'", '[{ newest = "../*", add = [] }]'), "newest"),
            (optionType("type = 'string'", '[{ newest = "**/x", add = [] }]'), "newest"),
            (optionType("type = 'string'", '[{ newest = "*" }]'), "add"),
            (optionType("type = 'string'", '[{ newest = "*", add = ["{o}{x}"] }]'), "add"),
            (optionType("type = 'string'", '["{newest}"]'), "run.command[0]"),
            (
                optionType("type = 'string'", '[{newest="*", add=[], otherwise=["{newest}"]}]'),
                "otherwise",
            ),
            (
                optionType("type = 'string'", '[{newest="*", add=[]}]').replace('"o"', '"newest"'),
                "name of an option",
            ),
            (minimal + "[restart]\nwindow = 0", "window"),
            (minimal + "[install]\n", "install"),
            (minimal + "failed = '^a|b'", "in all its alternatives"),
            ("[", "Invalid"),
        ):
            error = self.assertRaises(BadDefinition, parse, text)
            self.assertIn(where, str(error))

    def test_failedStarts(self) -> None:
        """
        A type can say which line means that the start has failed. Whether a start needs its
        port follows from whether there are a port and a ready line, unless the type says so.
        """
        self.assertEqual(parse(minimal + "failed = '^bind: '").run.failed, "^bind: ")
        port, text = optionType("type = 'port'"), optionType("type = 'integer'")
        for definition, needs in (
            (parse(minimal), False),
            (parse(minimal + "ready = 'x'"), False),
            (parse(text + "ready = 'x'"), False),
            (parse(port), False),
            (parse(port + "ready = 'x'"), True),
            (parse(port + "ready = 'x'\nneeds_port = false"), False),
            (parse(port + "needs_port = true"), True),
        ):
            self.assertEqual(definition.needsPort, needs)
        self.assertEqual((parse(port).mainPort, parse(text).mainPort), ("o", None))

    def test_checksValues(self) -> None:
        """An option takes what its type and bounds allow, and nothing else."""
        for lines, good, bad in (
            ("type='string'", ["", "ü", "x" * 4096], ["a\nb", "a\0", 1, True, "x" * 4097]),
            ("type='text'", ["a\nb"], ["a\0b"]),
            ("type='string'\nmin_length=2\nmax_length=3", ["ab", "abc"], ["a", "abcd"]),
            ("type='string'\npattern='[a-z]+'", ["ab"], ["ab\n", "a1", ""]),
            ("type='integer'\nminimum=1\nmaximum=3", [1, 3], [0, 4, 1.0, True, "1", 2**53]),
            ("type='number'", [1, 1.5, -2], [True, "1", float("nan"), float("inf"), 2.0**53]),
            ("type='port'", [1, 65535], [0, 65536, -1, "80"]),
            ("type='boolean'", [True, False], [0, 1, "true"]),
            ("type='enum'\nchoices=['a', 'b']", ["a", "b"], ["c", "", 1]),
            ("type='integer'\nchoices=[1, 2]", [1, 2], [3]),
        ):
            option = parse(optionType(lines)).options[0]
            for fine in good:
                self.assertEqual(option.check(fine), fine)
            for wrong in bad:
                with self.assertRaises(BadValue, msg=f"{lines} {wrong!r}"):
                    option.check(wrong)

    def _arguments(self, command: str, type: str, value: object) -> tuple[str, ...]:
        definition = parse(optionType(f"type = '{type}'", command))
        return arguments(definition, {"o": value, "server": "s", "directory": "/d"})

    def test_oneArgumentEach(self) -> None:
        """Each element is one argument, whatever its value holds; an empty one is left out."""
        for value in ("a b", "$(id)", "`id`", "'\"", "*", "{server}", "; id"):
            self.assertEqual(
                self._arguments('["g", "-n={o}"]', "string", value), ("g", "-n=" + value)
            )
            self.assertEqual(self._arguments('["g", "{o}"]', "string", value), ("g", value))
        self.assertEqual(self._arguments('["g", "{o}", "", "x"]', "string", None), ("g", "", "x"))
        self.assertEqual(
            self._arguments('["{server}", "{directory}/x"]', "string", ""), ("s", "/d/x")
        )

    def test_noValueBecomesAnOption(self) -> None:
        """A value can't pass for an option of the program, unless it is a number."""
        self.assertRaises(BadValue, self._arguments, '["g", "{o}"]', "string", "-rf")
        self.assertRaises(BadValue, self._arguments, '["g", "{o}x"]', "text", "-")
        self.assertEqual(self._arguments('["g", "{o}"]', "integer", -1), ("g", "-1"))
        self.assertEqual(self._arguments('["g", "-{o}"]', "string", "-x"), ("g", "--x"))

    def test_program(self) -> None:
        """A value can't let the program be another than one in the server's directory."""
        for command, value in (
            ('["{o}", "x"]', "/bin/sh"),
            ('["{o}"]', "sh"),
            ('["./{o}"]', "../../other/files/run.sh"),
            ('["{directory}/{o}"]', "../x"),
            ('["{o}"]', "/d/../e/x"),
            ('["{o}"]', "."),
            ('[{ when = "o", add = ["{o}"] }]', "/bin/sh"),
            ('["/opt/{o}/game"]', "old"),
        ):
            with self.assertRaisesRegex(BadValue, "server's directory", msg=f"{command} {value}"):
                self._arguments(command, "string", value)
        self.assertEqual(self._arguments('["./{o}.sh"]', "string", "run"), ("./run.sh",))
        self.assertEqual(self._arguments('["{o}"]', "string", "/d/bin/x"), ("/d/bin/x",))
        definition = parse(optionType("type='enum'\nchoices=['sh', 'ash']", '["{o}"]'))
        values = {"o": "ash", "server": "s", "directory": "/d"}
        self.assertEqual(arguments(definition, values), ("ash",))
        definition = parse(optionType("type='string'\ndefault='sh'", '["{o}"]'))
        self.assertEqual(arguments(definition, {**values, "o": "sh"}), ("sh",))

    def test_when(self) -> None:
        """A table is left out unless its option is true or non-empty."""
        command = '["g", { when = "o", add = ["--o", "{o}"] }]'
        for type, value, expected in (
            ("boolean", True, ("g", "--o", "true")),
            ("boolean", False, ("g",)),
            ("string", "", ("g",)),
            ("string", None, ("g",)),
            ("string", "x", ("g", "--o", "x")),
            ("integer", 0, ("g", "--o", "0")),
        ):
            self.assertEqual(self._arguments(command, type, value), expected)

    def test_otherwise(self) -> None:
        """What a table has otherwise stands there while its option is neither true nor set."""
        command = '["g", { when = "o", add = ["{o}"], otherwise = ["--no", "a{{b"] }]'
        for type, value, expected in (
            ("boolean", True, ("g", "true")),
            ("boolean", False, ("g", "--no", "a{b")),
            ("string", None, ("g", "--no", "a{b")),
            ("string", "x", ("g", "x")),
        ):
            self.assertEqual(self._arguments(command, type, value), expected)

    def test_hint(self) -> None:
        """A value that a pattern refuses is refused in the type's own words."""
        option = parse(
            optionType("type = 'string'\npattern = '[a-z]*'\nhint = 'only a to z'")
        ).options[0]
        error = self.assertRaises(BadValue, option.check, "A")
        self.assertEqual(str(error), "only a to z")

    def test_accept(self) -> None:
        """Terms are accepted by exactly true."""
        option = parse(
            optionType("type = 'boolean'\naccept = 'https://example.org/terms'")
        ).options[0]
        self.assertEqual(option.check(True), True)
        for value in (False, 1, "true", None):
            error = self.assertRaises(BadValue, option.check, value)
            self.assertIn("https://example.org/terms", str(error))

    def test_machine(self) -> None:
        """
        Placeholders know what the machine is called by those who build for it; an option of
        such a name takes its place.
        """
        command = '["{machine}", "{arch}", "{arch_alt}", "{o}"]'
        definition = parse(optionType("type = 'string'", command))
        for machine, expected in (
            ("x86_64", ("x86_64", "x64", "amd64")),
            ("aarch64", ("aarch64", "aarch64", "arm64")),
            ("riscv64", ("riscv64", "riscv64", "riscv64")),
        ):
            self.assertEqual(arguments(definition, machineValues(machine)), expected)
        own = parse(
            optionType("type = 'string'", command).replace('"o"', '"arch"').replace(', "{o}"', "")
        )
        values = placeholderValues(own, Settings("", {}, {"arch": "mine"}), "s", "/")
        self.assertEqual(arguments(own, values)[1], "mine")

    def test_newest(self) -> None:
        """A table with a glob becomes what names the newest file, or what is meant otherwise."""
        table = 'newest = "s/{o}-*.sav", add = ["-g", "{directory}/{newest}"], otherwise = ["-n"]'
        command = f'["g", {{ {table} }}]'
        definition = parse(optionType("type = 'string'", command))
        values = {"o": "a*b", "server": "s", "directory": "/d"}
        (pattern,) = definition.globs({"o": "a*b"})
        self.assertTrue(pattern.fits("s/a*b-1.sav"))
        self.assertFalse(pattern.fits("s/axb-1.sav"))
        found = arguments(definition, values, {pattern: "s/a*b-{o}.sav"})
        self.assertEqual(found, ("g", "-g", "/d/s/a*b-{o}.sav"))
        self.assertEqual(arguments(definition, values), ("g", "-n"))


before: dict[Format, str] = {
    "properties": "# head\nother=1\nk=old\n\n! tail\n",
    "ini": "; head\n[s]\n# note\nk = old\nother = 1\n\n[t]\nk = 2\n",
    "json": '{\n    "s": {\n        "k": "old",\n        "other": 1\n    }\n}\n',
    "yaml": "# head\ns:\n  k: old  # note\n  other: [1, 2]\n",
    "toml": '# head\n[s]\nk = "old" # note\nother = 1\n',
    "lines": "# head\nkey 2\nk old\n\nother 1\nk second\n",
    "xml": "<!-- head -->\n<s>\n  <a  k='old' n='1'/>  <!-- note -->\n  <k>2</k>\n</s>\n",
}
keys: dict[Format, str] = {
    "properties": "k",
    "ini": "s.k",
    "json": "s.k",
    "yaml": "s.k",
    "toml": "s.k",
    "lines": "k",
    "xml": "s/a/@k",
}


def read(format: Format, text: str) -> dict[str, Any]:
    """What another reader finds in a file, by dotted keys."""
    if format == "properties":
        return dict(javaproperties.loads(text))
    if format == "lines":
        lines = text.removesuffix("\n").split("\n")
        own = next((line for line in lines if line.startswith("k ")), "k ")
        return {"k": own.removeprefix("k "), "rest": [line for line in lines if line is not own]}
    if format == "xml":
        root = ElementTree.fromstring(text)
        found = {f"s/{e.tag}/@{name}": v for e in root for name, v in e.attrib.items()}
        return {**found, **{f"s/{e.tag}": e.text for e in root}, "s": (root.tag, root.attrib)}
    tree: dict[str, Any]
    if format == "ini":
        parser = ConfigParser(interpolation=None)
        parser.read_string(text)
        tree = {name: dict(section) for name, section in parser.items()}
    elif format == "json":
        tree = json.loads(text)
    elif format == "yaml":
        tree = YAML(typ="safe").load(text)
    else:
        tree = tomllib.loads(text)
    return {f"{name}.{key}": value for name, table in tree.items() for key, value in table.items()}


def put(format: Format, text: str, value: str) -> str:
    """A file in which the value is set anew."""
    return edit(format, text, {keys[format]: f"k {value}" if format == "lines" else value})


class ConfigFilesTests(SynchronousTestCase):
    def test_dottedSections(self) -> None:
        """A section of an ini file may have dots in its name, which stands in brackets then."""
        text = edit(
            "ini", "[/Script/A.B]\nx=1\n[c]\ny=2\n", {"[/Script/A.B].x": "5", "[D.E].z": "7"}
        )
        self.assertEqual(
            text, "[/Script/A.B]\nx=5\n[c]\ny=2\n[D.E]\nz = 7\n".replace("x=5", "x = 5")
        )
        self.assertRaises(CannotHold, edit, "ini", "", {"[c].y": "3"})

    def test_theRestStays(self) -> None:
        """Only the value changes: order, comments and other keys stay as they are."""
        for format, text in before.items():
            new = '"new"' if format == "yaml" else "new"
            after = put(format, text, "new")
            self.assertEqual(after, text.replace("old  #", "old #").replace("old", new))

    def test_newFile(self) -> None:
        """Where nothing is, the file has just what is set, in sections and nested."""
        for format, expected in (
            ("properties", "k=v\n"),
            ("ini", "[s]\nk = v\n"),
            ("json", '{\n  "s": {\n    "k": "v"\n  }\n}\n'),
            ("yaml", 's:\n  k: "v"\n'),
            ("toml", '[s]\nk = "v"\n'),
            ("lines", "k v\n"),
            ("xml", '<?xml version="1.0" encoding="UTF-8"?>\n<s>\n  <a k="v"/>\n</s>\n'),
        ):
            self.assertEqual(put(format, "", "v"), expected)  # type: ignore[arg-type]

    @settings(deadline=None)
    @given(st.sampled_from(sorted(before)), st.text(max_size=20))
    def test_exactOrRefused(self, format: Format, value: str) -> None:
        """A value reads back as itself and reaches no other key, or is refused."""
        try:
            after = put(format, before[format], value)
        except CannotHold:
            return
        self.assertEqual(read(format, after), {**read(format, before[format]), keys[format]: value})

    def test_hostileValues(self) -> None:
        """Line breaks and section heads stay values, or are refused."""
        hostile = ("a\nother = 9", "a\r\nother=9", "x\n[t]\nk = 9", '"\nother = 9\n"', "\u2028x")
        for format, text in before.items():
            for value in hostile:
                try:
                    after = put(format, text, value)
                except CannotHold:
                    continue
                self.assertNotIn(format, ("ini", "lines"))
                self.assertEqual(read(format, after), {**read(format, text), keys[format]: value})

    def test_types(self) -> None:
        """json, yaml and toml hold numbers and booleans as such."""
        values: tuple[Value, ...] = (True, 5, 1.5, [], ["no", 'a"b', 1, True, 0.5])
        formats: tuple[Format, ...] = ("json", "yaml", "toml")
        for format in formats:
            for value in values:
                text = edit(format, "", {"a.b": value})
                self.assertEqual(read(format, text), {"a.b": value})
                self.assertEqual(edit(format, text, {"a.b": value}), text)
                # True is 1 to Python, but not to a game.
                self.assertEqual(read(format, edit(format, text, {"a.b": 1})), {"a.b": 1})

    def test_keepsCase(self) -> None:
        """Keys of an ini file keep their case."""
        self.assertEqual(edit("ini", "[S]\nKey = 1\n", {"S.Key": "2"}), "[S]\nKey = 2\n")

    def test_whatOpenTTDWrites(self) -> None:
        """Repeated keys, and keys without a value, stay as they are."""
        text = "[ai_players]\nnone = \nnone = \n\n[newgrf]\nalone\n\n[network]\nname = x\n"
        self.assertEqual(edit("ini", text, {"network.name": "y"}), text.replace("= x", "= y"))

    def test_colonsInIniKeys(self) -> None:
        """A colon may be part of a key, as in an IPv6 address."""
        text = "[bans]\n::1 = \n2001:db8::1 = \n[n]\nk = x\n"
        self.assertEqual(edit("ini", text, {"n.k": "y"}), text.replace("= x", "= y"))

    def test_iniWithoutSection(self) -> None:
        """Keys may stand before all sections of an ini file; the rest stays."""
        text = "; head\nname = x\nother = [top]\n\n[s]\nname = 1\n"
        self.assertEqual(edit("ini", text, {".name": "y"}), text.replace("= x", "= y"))
        self.assertEqual(edit("ini", text, {"s.name": "2"}), text.replace("= 1", "= 2"))
        self.assertEqual(edit("ini", "", {".a": "1", "s.b": "2"}), "a = 1\n[s]\nb = 2\n")
        self.assertRaises(CannotHold, edit, "ini", text, {".[s": "]"})

    def test_lines(self) -> None:
        """
        The first line that begins with a key is replaced, where a word ends behind it; a
        key that none begins with is appended. Of several keys the longest has the line.
        """
        for text, changes, expected in (
            ("maplist a\nmap b\nmap c", {"map": "map d"}, "maplist a\nmap d\nmap c\n"),
            ("a 1\r\nb 2\r\n", {"a": "a 3", "c": "c 4"}, "a 3\r\nb 2\r\nc 4\r\n"),
            ("\ufeffa 1\n", {"a": "a 2"}, "\ufeffa 2\n"),
            ("set x 1\nset y 2\n", {"set y": "set y 3", "set": "set z"}, "set z\nset y 3\n"),
            ("+a=1\n", {"+a=": "+a=2"}, "+a=2\n"),
            ("# a 1\n a 1\n", {"a": "a 2"}, "# a 1\n a 1\na 2\n"),
        ):
            self.assertEqual(edit("lines", text, changes), expected)
            self.assertEqual(edit("lines", expected, changes), expected)
        for changes in ({"a": "a\nb"}, {"a": "a\u2028b"}, {"set": "set y", "set y": "set y 1"}):
            self.assertRaises(CannotHold, edit, "lines", "", changes)

    def test_xml(self) -> None:
        """
        Texts and attributes are set where they are, and made with what leads to them where
        they are not; elements can be told apart by an attribute. Comments and layout stay.
        """
        text = (
            '<?xml version="1.0"?>\n<!-- c -->\n<S>\n\t<p name="a" value="1"/> <!-- n -->\n'
            "\t<p value='2' name='b'></p>\n\t<t>x<!-- kept --></t>\n\t<e/>\n</S>\n"
        )
        for changes, old, new in (
            ({"S/p[@name='b']/@value": "a\"'<&"}, "'2'", "'a\"&apos;&lt;&amp;'"),
            ({'/S/p[@name="a"]/@value': '"'}, '"1"', '"&quot;"'),
            ({"S/p/@more": "\n"}, 'value="1"', 'value="1" more="&#10;"'),
            ({"S/t": "ü <"}, ">x<", ">ü &lt;<"),
            ({"S/e": "\r", "S/e/@k": "v"}, "<e/>", '<e k="v">&#13;</e>'),
            ({"S/p[@name='c']/@value": "3"}, "<e/>", '<e/>\n\t<p name="c" value="3"/>'),
            ({"S/n/m": "1", "S/n/o": "2"}, "<e/>", "<e/>\n\t<n><m>1</m>\n\t<o>2</o></n>"),
        ):
            after = edit("xml", text, changes)
            if "S/n/m" not in changes:
                self.assertEqual(after, text.replace(old, new))
            self.assertEqual(edit("xml", after, changes), after)
        latin = '<?xml version="1.0" encoding="ISO-8859-1"?>\n<a b=""/>'
        self.assertIn('b="&#252;"', edit("xml", latin, {"a/@b": "ü"}))

    def test_hostileXml(self) -> None:
        """
        A document that declares its type, and so could define entities, is refused, and so
        are values and ways that would break another element.
        """
        bomb = '<!DOCTYPE a [<!ENTITY b "bb"><!ENTITY c "&b;&b;">]>\n<a>&c;</a>'
        outside = '<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]>\n<a>&b;</a>'
        many = "<a>" + "<b/>" * 30_000 + "</a>"
        for text, changes in (
            (bomb, {"a": "x"}),
            (outside, {"a": "x"}),
            ('<!DOCTYPE a SYSTEM "http://localhost/a.dtd"><a/>', {"a": "x"}),
            ("<a>&b;</a>", {"a": "x"}),
            (many, {"a/c": "x"}),
            ("<a><b/></a>", {"a": "x"}),
            ("<a>text</a>", {"a/b": "x"}),
            ("<b/>", {"a": "x"}),
            ("", {"a/b": "x", "c/b": "x"}),
            ("<a k='1'/>", {"a[@k='1']/@k": "2", "a[@k='2']/@k": "3"}),
            ("<a/>", {"a": "\0"}),
            ("<a/>", {"a/@b": "\ufffe"}),
        ):
            with self.assertRaises(CannotHold, msg=f"{text[:50]} {changes}"):
                edit("xml", text, changes)
        deep = "<a>" * 15_000 + "</a>" * 15_000
        self.assertEqual(edit("xml", deep, {"a/@b": "1"}), deep.replace("<a>", '<a b="1">', 1))

    @settings(deadline=None)
    @given(st.text(max_size=20), st.text(max_size=20))
    def test_xmlExactOrRefused(self, text: str, attribute: str) -> None:
        """Texts and attributes read back as themselves, in new documents and in old ones."""
        for document in (
            "",
            "<a>\n <b c='x'>y</b>\n <d/>\n</a>",
            "<a><b><![CDATA[y]]></b><d/></a>",
        ):
            try:
                after = edit("xml", document, {"a/b": text, "a/b/@c": attribute, "a/d/e": text})
            except CannotHold:
                continue
            root = ElementTree.fromstring(after)
            self.assertEqual([e.tag for e in root.iter()], ["a", "b", "d", "e"])
            self.assertEqual(root[0].text or "", text)
            self.assertEqual((root[0].attrib, root[1].attrib), ({"c": attribute}, {}))
            self.assertEqual(root[1][0].text or "", text)

    @settings(deadline=None)
    @given(st.lists(st.sampled_from(["a", "a b", "ab", "c"]), unique=True), st.text(max_size=20))
    def test_linesExactOrRefused(self, keys: list[str], value: str) -> None:
        """Lines read back as themselves, and all others stay, whatever the keys are."""
        text = "ab 1\nc 1\na 1\n# a\na b 1\na 2"
        changes = {key: f"{key} {value}" for key in keys}
        try:
            after = edit("lines", text, changes)
        except CannotHold:
            return
        expected = text.split("\n")
        for key, index in (("ab", 0), ("c", 1), ("a", 2), ("a b", 4)):
            expected[index] = changes.get(key, expected[index])
        self.assertEqual(after, "\n".join(expected) + "\n")

    def test_cost(self) -> None:
        """What would take minutes to read is refused at once."""
        hostile: tuple[tuple[Format, str], ...] = (
            ("yaml", "a: [" + "[]," * 20_000 + "]\n"),
            ("ini", "[s]\n" + "k=\n" * 20_000),
            ("toml", "a = [" + "[]," * 20_000 + "]\n"),
            ("properties", "k=\\\n" * 20_000),
        )
        for format, text in hostile:
            self.assertRaises(CannotHold, edit, format, text, {"s.k": "v"})

    def test_aliasesDoNotExplode(self) -> None:
        """A short YAML file that stands for an endless one is refused."""
        levels = "".join(
            f"l{n}: &l{n} {{{', '.join(f'k{m}: *l{n - 1}' for m in range(20))}}}\n"
            for n in range(1, 9)
        )
        self.assertRaises(CannotHold, edit, "yaml", "l0: &l0 {a: 1}\n" + levels, {"x": "y"})

    def test_propertiesWithoutNeedlessEscapes(self) -> None:
        """Games that know no escapes read addresses and names as they are."""
        self.assertEqual(edit("properties", "", {"a": "127.0.0.1:1 = #!"}), "a=127.0.0.1:1 = #!\n")

    def test_unreadable(self) -> None:
        """A file that is none of its format is left alone."""
        broken: tuple[tuple[Format, str], ...] = (
            ("json", "{"),
            ("json", "[1]"),
            ("json", '{"a": 1}'),
            ("yaml", "a: [\n"),
            ("toml", "a = \n"),
            ("xml", "<a>"),
            ("xml", "<a/><b/>"),
            ("xml", "no element"),
        )
        for format, text in broken:
            key = "a/b" if format == "xml" else "a.b"
            self.assertRaises(CannotHold, edit, format, text, {key: "x"})


class CatalogueTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.own = self.mktemp()
        os.mkdir(self.own)
        self.events: list[Mapping[str, Any]] = []

        @implementer(ILogObserver)
        def observe(event: Mapping[str, Any]) -> None:
            self.events.append(event)

        globalLogPublisher.addObserver(observe)
        self.addCleanup(globalLogPublisher.removeObserver, observe)

    def write(self, name: str, text: str) -> None:
        with open(os.path.join(self.own, name), "w") as file:
            file.write(text)

    def warnings(self) -> list[tuple[str, str]]:
        return [
            (os.path.basename(event["path"]), event["reason"])
            for event in self.events
            if "left out" in str(event.get("log_format"))
        ]

    def test_shipped(self) -> None:
        """Every shipped type fits, and has what a person needs to choose it."""
        found = Catalogue((shippedTypes(),), allowGeneric=True).all()
        self.assertLessEqual(
            {
                *("adventure", "armagetron", "ddnet", "flying-squid", "freeciv", "generic"),
                *("luanti", "minecraft-java", "openarena", "openttd", "piqueserver", "teeworlds"),
            },
            set(found),
        )
        self.assertEqual(self.warnings(), [])
        for name, definition in found.items():
            self.assertTrue(definition.description, name)
            self.assertTrue(definition.hint or not definition.needs, name)
            self.assertTrue(definition.icon, name)
            self.assertTrue(definition.tags or name == "generic", name)
            for option in definition.options:
                self.assertTrue(option.title, f"{name} {option.name}")
                self.assertTrue(option.hint or not option.pattern, f"{name} {option.name}")

    def test_genericIsOff(self) -> None:
        """The type that runs any program is there only if it is allowed."""
        catalogue = Catalogue((shippedTypes(),))
        self.assertRaises(NoSuchType, catalogue.find, "generic")
        self.assertNotIn("generic", catalogue.all())

    def test_parsedOnce(self) -> None:
        """A shipped type is parsed once, however often types are looked at."""
        catalogue = Catalogue((shippedTypes(),))
        first = catalogue.find("openttd")
        catalogue.look()
        self.assertIs(catalogue.find("openttd"), first)
        self.assertIs(catalogue.all()["openttd"], first)

    def test_shippedChanged(self) -> None:
        """A shipped type that somebody has broken is left out when it is asked for; no other is."""
        self.write("broken.toml", "title =")
        self.write("good.toml", minimal)
        self.patch(catalogueModule, "shippedTypes", lambda: self.own)
        catalogue = Catalogue((self.own,))
        self.assertEqual((catalogue.problems, list(catalogue.all())), ((), ["good"]))
        self.assertRaises(NoSuchType, catalogue.find, "broken")
        self.assertEqual(len(catalogue.all()), 1)
        [problem] = catalogue.problems
        self.assertEqual(os.path.basename(problem.path), "broken.toml")

    def test_brokenKeepsItsName(self) -> None:
        """No shipped type takes the place of an operator's own that has a mistake."""
        catalogue = Catalogue((shippedTypes(), self.own))
        shipped = catalogue.find("openttd")
        for text, title in ((minimal, None), (minimal + "usr = 1", ""), (minimal, None)):
            self.write("openttd.toml", text)
            catalogue.look()
            if title is None:
                self.assertNotEqual(catalogue.find("openttd").title, shipped.title)
                self.assertIsNone(catalogue.whyLeftOut("openttd"))
                continue
            self.assertNotIn("openttd", catalogue.all())
            error = self.assertRaises(NoSuchType, catalogue.find, "openttd")
            self.assertEqual(error.detail, NoSuchType().detail)
            told = self.assertRaises(NoSuchType, catalogue.find, "openttd", tellsWhy=True)
            self.assertRegex(told.detail, "^openttd.toml was left out: .*usr")
        os.unlink(os.path.join(self.own, "openttd.toml"))
        catalogue.look()
        self.assertEqual(catalogue.find("openttd").title, shipped.title)

    def test_own(self) -> None:
        """The operator's own types are known apart from those that are shipped."""
        self.write("openttd.toml", minimal)
        catalogue = Catalogue((shippedTypes(), self.own))
        self.assertEqual([each.title for each in catalogue.own()], ["T"])

    def test_operatorWins(self) -> None:
        """
        A file of the operator's own takes the place of a shipped one, and counts from the
        next look on; in between nobody waits for the disk.
        """
        catalogue = Catalogue((shippedTypes(), self.own))
        self.assertEqual(catalogue.find("openttd").title, "OpenTTD")
        self.write("openttd.toml", minimal)
        self.assertEqual(catalogue.find("openttd").title, "OpenTTD")
        catalogue.look()
        self.assertEqual(catalogue.find("openttd").title, "T")
        self.write("openttd.toml", minimal.replace('"T"', '"Another"'))
        catalogue.look()
        self.assertEqual(catalogue.find("openttd").title, "Another")
        os.unlink(os.path.join(self.own, "openttd.toml"))
        self.assertEqual(catalogue.find("openttd").title, "Another")
        catalogue.look()
        self.assertEqual(catalogue.find("openttd").title, "OpenTTD")

    def test_shortage(self) -> None:
        """When there are too many open files, what is known stays known."""
        self.write("good.toml", minimal)
        catalogue = Catalogue((self.own,))
        catalogue.look()
        before = resource.getrlimit(resource.RLIMIT_NOFILE)
        self.addCleanup(resource.setrlimit, resource.RLIMIT_NOFILE, before)
        resource.setrlimit(resource.RLIMIT_NOFILE, (3, before[1]))
        self.assertRaises(OSError, catalogue.look)
        resource.setrlimit(resource.RLIMIT_NOFILE, before)
        self.assertEqual((list(catalogue.all()), catalogue.leftOut), (["good"], ()))

    def test_many(self) -> None:
        """A directory of any number of files costs no more than so many; that is told."""
        self.patch(catalogues, "maxFiles", 2)
        for name in "abc":
            self.write(f"{name}.toml", minimal)
        catalogue = Catalogue((self.own,))
        self.assertEqual(list(catalogue.all()), ["a", "b"])
        self.assertIn("more than 2", catalogue.leftOut[0].reason)

    def test_lean(self) -> None:
        """What checks make of a type is not kept: nobody may ever ask for it."""
        for path in sorted(Path(shippedTypes()).glob("*.toml")):
            found = parse(path.read_text())
            self.assertEqual({**vars(found), **vars(found.run)}, {}, path)

    def test_badOnesAreLeftOut(self) -> None:
        """A file that does not fit is left out with one line; the rest works on."""
        self.write("good.toml", minimal)
        self.write("bad.toml", minimal + "usr = 1")
        self.write("Bad Name.toml", minimal)
        self.write("latin.toml", "")
        with open(os.path.join(self.own, "latin.toml"), "wb") as file:
            file.write(b'title = "\xff"')
        os.mkdir(os.path.join(self.own, "directory.toml"))
        os.mkfifo(os.path.join(self.own, "pipe.toml"))
        catalogue = Catalogue((self.own,))
        for _ in range(3):
            self.assertEqual(list(catalogue.all()), ["good"])
            catalogue.look()
            catalogue.tell()
        told = dict(self.warnings())
        self.assertEqual(
            set(told), {"bad.toml", "Bad Name.toml", "latin.toml", "directory.toml", "pipe.toml"}
        )
        self.assertIn("usr", told["bad.toml"])
        self.assertEqual(len([w for w in self.warnings() if w[0] == "bad.toml"]), 1)
        self.assertEqual(
            {os.path.basename(each.path): each.reason for each in catalogue.leftOut}, told
        )
        # Mended and broken again, it is told of again.
        for text in (minimal, minimal + "usr = 12"):
            self.write("bad.toml", text)
            catalogue.look()
            catalogue.tell()
        self.assertEqual(len([w for w in self.warnings() if w[0] == "bad.toml"]), 2)

    def test_unreadable(self) -> None:
        """
        A file that is too deeply nested to be read is one that does not fit, as is one with a
        number that is too long.
        """
        self.write("deep.toml", "a = " + "[" * 100_000)
        self.write("long.toml", "a = " + "1" * 5_000)
        self.write("good.toml", minimal)
        self.assertEqual(list(Catalogue((self.own,)).all()), ["good"])
