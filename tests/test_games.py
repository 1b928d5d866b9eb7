"""Types: how they are read, checked and expanded."""

import json
import os
import tomllib
from collections.abc import Mapping
from configparser import ConfigParser
from typing import Any

import javaproperties
from hypothesis import given
from hypothesis import strategies as st
from ruamel.yaml import YAML
from twisted.logger import ILogObserver, globalLogPublisher
from twisted.trial.unittest import SynchronousTestCase
from zope.interface import implementer

from gamepanel.errors import NoSuchType
from gamepanel.games.catalogue import Catalogue, shippedTypes
from gamepanel.games.configfiles import CannotHold, edit
from gamepanel.games.definition import (
    BadDefinition,
    BadValue,
    Format,
    OptionValue,
    arguments,
    parse,
)
from gamepanel.games.template import BadTemplate, Template

minimal = """
title = "T"
[run]
command = ["game"]
"""


def optionType(lines: str, command: str = '["game"]') -> str:
    return f'title = "T"\n[[options]]\nname = "o"\n{lines}\n[run]\ncommand = {command}\n'


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
        self.assertIsNone(found.ready)

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
            (minimal + "[[files]]\npath = 'x'\nformat = 'xml'\nset = {}", "xml"),
            (minimal + "[[files]]\npath = 'x'\nformat = 'ini'\nset = {a = ''}", "section"),
            (minimal + "[restart]\nwindow = 0", "window"),
            (minimal + "[install]\n", "install"),
            ("[", "Invalid"),
        ):
            error = self.assertRaises(BadDefinition, parse, text)
            self.assertIn(where, str(error))

    def test_failedStarts(self) -> None:
        """
        A type can say which line means that the start has failed. Whether a start needs its
        port follows from whether there are a port and a ready line, unless the type says so.
        """
        self.assertEqual(parse(minimal + "failed = '^bind: '").failed, "^bind: ")
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


before: dict[Format, str] = {
    "properties": "# head\nother=1\nk=old\n\n! tail\n",
    "ini": "; head\n[s]\n# note\nk = old\nother = 1\n\n[t]\nk = 2\n",
    "json": '{\n    "s": {\n        "k": "old",\n        "other": 1\n    }\n}\n',
    "yaml": "# head\ns:\n  k: old  # note\n  other: [1, 2]\n",
    "toml": '# head\n[s]\nk = "old" # note\nother = 1\n',
}
keys: dict[Format, str] = {
    "properties": "k",
    "ini": "s.k",
    "json": "s.k",
    "yaml": "s.k",
    "toml": "s.k",
}


def read(format: Format, text: str) -> dict[str, Any]:
    """What another reader finds in a file, by dotted keys."""
    if format == "properties":
        return dict(javaproperties.loads(text))
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


class ConfigFilesTests(SynchronousTestCase):
    def test_theRestStays(self) -> None:
        """Only the value changes: order, comments and other keys stay as they are."""
        for format, text in before.items():
            new = '"new"' if format == "yaml" else "new"
            after = edit(format, text, {keys[format]: "new"})
            self.assertEqual(after, text.replace("old  #", "old #").replace("old", new))

    def test_newFile(self) -> None:
        """Where nothing is, the file has just what is set, in sections and nested."""
        for format, expected in (
            ("properties", "k=v\n"),
            ("ini", "[s]\nk = v\n"),
            ("json", '{\n  "s": {\n    "k": "v"\n  }\n}\n'),
            ("yaml", 's:\n  k: "v"\n'),
            ("toml", '[s]\nk = "v"\n'),
        ):
            self.assertEqual(edit(format, "", {keys[format]: "v"}), expected)  # type: ignore[arg-type, index]

    @given(st.sampled_from(sorted(before)), st.text(max_size=20))
    def test_exactOrRefused(self, format: Format, value: str) -> None:
        """A value reads back as itself and reaches no other key, or is refused."""
        try:
            after = edit(format, before[format], {keys[format]: value})
        except CannotHold:
            return
        self.assertEqual(read(format, after), {**read(format, before[format]), keys[format]: value})

    def test_hostileValues(self) -> None:
        """Line breaks and section heads stay values, or are refused."""
        hostile = ("a\nother = 9", "a\r\nother=9", "x\n[t]\nk = 9", '"\nother = 9\n"', "\u2028x")
        for format, text in before.items():
            for value in hostile:
                try:
                    after = edit(format, text, {keys[format]: value})
                except CannotHold:
                    continue
                self.assertNotEqual(format, "ini")
                self.assertEqual(read(format, after), {**read(format, text), keys[format]: value})

    def test_types(self) -> None:
        """json, yaml and toml hold numbers and booleans as such."""
        values: tuple[tuple[OptionValue, str], ...] = ((True, "true"), (5, "5"), (1.5, "1.5"))
        formats: tuple[Format, ...] = ("json", "yaml", "toml")
        for format in formats:
            for value, shown in values:
                self.assertIn(shown, edit(format, "", {"a.b": value}))

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
            ("ini", "no section\n"),
        )
        for format, text in broken:
            self.assertRaises(CannotHold, edit, format, text, {"a.b": "x"})


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

    def test_genericIsOff(self) -> None:
        """The type that runs any program is there only if it is allowed."""
        catalogue = Catalogue((shippedTypes(),))
        self.assertRaises(NoSuchType, catalogue.find, "generic")
        self.assertNotIn("generic", catalogue.all())

    def test_operatorWins(self) -> None:
        """A file of the operator's own takes the place of a shipped one, and counts at once."""
        catalogue = Catalogue((shippedTypes(), self.own))
        self.assertEqual(catalogue.find("openttd").title, "OpenTTD")
        self.write("openttd.toml", minimal)
        self.assertEqual(catalogue.find("openttd").title, "T")
        self.write("openttd.toml", minimal.replace('"T"', '"Another"'))
        self.assertEqual(catalogue.find("openttd").title, "Another")
        os.unlink(os.path.join(self.own, "openttd.toml"))
        self.assertEqual(catalogue.find("openttd").title, "OpenTTD")

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
        told = dict(self.warnings())
        self.assertEqual(
            set(told), {"bad.toml", "Bad Name.toml", "latin.toml", "directory.toml", "pipe.toml"}
        )
        self.assertIn("usr", told["bad.toml"])
        self.assertEqual(len([w for w in self.warnings() if w[0] == "bad.toml"]), 1)
