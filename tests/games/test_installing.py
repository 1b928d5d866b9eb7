"""Install steps of types: how they are read and checked, and what values become in them."""

from collections.abc import Mapping
from typing import Any

from twisted.trial.unittest import SynchronousTestCase

from gamepanel.games import documents, installvalues
from gamepanel.games.definition import BadDefinition
from gamepanel.games.documents import BadExpression, NothingFound
from gamepanel.games.installing import (
    Fetch,
    Java,
    MakeDirectory,
    ModrinthPack,
    SteamCmd,
    decodeSteps,
    variablesOf,
)
from gamepanel.games.installneeds import Host, missingOf
from gamepanel.games.installvalues import Unfit
from gamepanel.games.parsing import parse
from gamepanel.games.template import Template
from gamepanel.process.isolation import Isolation
from gamepanel.process.seen import Visible
from gamepanel.servers.needs import hintOf, missingPrograms
from gamepanel.wire.causes import because

head = """
title = "T"
[[options]]
name = "version"
type = "string"
[[options]]
name = "pvp"
type = "boolean"
"""

vanilla = """
[[install]]
fetch = "https://piston-meta.mojang.com/mc/game/version_manifest_v2.json"
unless = "version"
let = { version = "latest.release" }
[[install]]
fetch = "https://piston-meta.mojang.com/mc/game/version_manifest_v2.json"
let = { manifest = "versions[?id=='{version}'].url | [0]" }
[[install]]
fetch = "{manifest}"
[install.let]
url = "downloads.server.url"
sha1 = "downloads.server.sha1"
java = "javaVersion.majorVersion"
[[install]]
java = "{java}"
[[install]]
download = "{url}"
to = "server.jar"
sha1 = "{sha1}"
"""


def typeWith(steps: str, command: str = '["game"]') -> str:
    """A type with these install steps."""
    return f"{head}{steps}\n[run]\ncommand = {command}\n"


def step(text: str) -> str:
    """A type with this install step."""
    return typeWith(f"[[install]]\n{text}")


class StepTests(SynchronousTestCase):
    def test_whole(self) -> None:
        """Steps are read in their order, and what they set may stand in the command."""
        definition = parse(typeWith(vanilla, '["{java_program}", "-jar", "server.jar", "{url}"]'))
        self.assertEqual([each.works for each in definition.steps][-2:], ["java", "download"])
        first = definition.steps[0]
        assert isinstance(first, Fetch)
        self.assertEqual((first.unless, first.let), ("version", {"version": "latest.release"}))
        self.assertIn("java_program", definition.placeholders)
        self.assertEqual(
            variablesOf(definition.steps),
            ("version", "manifest", "url", "sha1", "java", "java_program"),
        )

    def test_kinds(self) -> None:
        """Each kind of step can be had, with all that it can say."""
        for text in (
            "fetch = 'https://a.example/'\nas = 'text'\nlet = { x = '^(\\d{64})  {version}' }",
            "match = { x = ['{version}', '^(\\d+)'] }",
            "download = 'https://a.example/{version}'\nto = 'a-{version}.jar'\nexecutable = true\n"
            "md5 = 'd41d8cd98f00b204e9800998ecf8427e'\nkeep = ['*.cfg']",
            f"download = 'https://a.example'\nto = 'a'\nsha256 = 'sha256:{'ab' * 32}'",
            "unpack = 'a'\nto = '.'\nstrip = 1\nonly = ['b/*']\nexecutable = ['c']\nkeep = ['d']",
            "write = 'a/b.txt'\ntext = '{server} {{}}'\nkeep = ['a/*']",
            "move = 'a'\nto = 'b/c'\nwhen = 'pvp'",
            "remove = '*.tmp'",
            "directory = 'mods'\nmachine = 'aarch64'",
            "java = '21'",
            "steamcmd = 740\nbeta = '{version}'\nplatforms = ['windows', 'linux']\n"
            "validate = true\naccount = true",
            "pip = ['piqueserver=={version}', 'x[y]>=1,<2']\npython = '3.11'",
            "npm = ['flying-squid@{version}', '@a/b']",
            "run = ['{directory}/x', '-a', '{version}']\npatience = 5",
            "mrpack = 'https://a.example/{version}.mrpack'",
        ):
            self.assertEqual(len(parse(step(text)).steps), 1, text)

    def test_refuses(self) -> None:
        """What can't work is refused when the type is loaded, with its place and the reason."""
        for text, reason in (
            ("x = 1", "install[0]: is not one of fetch"),
            ("java = '8'\nremove = 'x'", "has remove and java, so it is not one of"),
            ("java = '8'\ncolour = 1", "install[0]: Object contains unknown field `colour`"),
            ("fetch = 'https://a.example/'", "missing required field `let`"),
            ("fetch = 'https://a.example/'\nlet = {}", "Expected `object` of length >= 1"),
            ("fetch = 'https://a.example/'\nlet = { A = 'a' }", "matching regex"),
            ("fetch = 'https://a.example/'\nlet = { server = 'a' }", "can have the name server"),
            ("fetch = 'https://a.example/'\nlet = { a = 'b[' }", "(fetch).let.a: not a JMESPath"),
            ("fetch = 'https://a.example/'\nlet = { a = 'no(b)' }", "there is no function no"),
            ("fetch = 'https://a.example/'\nlet = { a = '{b}' }", "{b} names no option"),
            ("fetch = 'https://a.example/'\nas = 'text'\nlet = { a = '(' }", "not a regular"),
            ("fetch = 'https://a.example/'\nas = 'text'\nlet = { a = 'b' }", "exactly one group"),
            ("fetch = 'https://a.example/'\nas = 'text'\nlet = { a = '({b})' }", "names no option"),
            ("fetch = 'ftp://a.example/'\nlet = { a = 'a' }", "must begin with http"),
            ("fetch = 'https://{version}.example/'\nlet = { a = 'a' }", "a part of the host"),
            ("fetch = 'https://a{version}/'\nlet = { a = 'a' }", "a part of the host"),
            ("fetch = 'https://u@a.example/'\nlet = { a = 'a' }", "a user name"),
            ("fetch = '{url}'\nlet = { url = 'a' }", "{url} names no option"),
            ("match = { a = ['b', 'c'] }", "exactly one group"),
            ("match = { a = ['{b}', '(c)'] }", "{b} names no option"),
            ("download = 'https://a.example/'\nto = '../a'", "(download).to: the path must stay"),
            ("download = 'https://a.example/'\nto = '/a'", "the path must stay"),
            ("download = 'https://a.example/'\nto = '.'", "must be that of a file"),
            ("download = 'https://a.example/'\nto = 'a'\nsha1 = 'abc'", "must have 40 digits"),
            ("download = 'https://a.example/'\nto = 'a'\nsha1 = 'md5:abc'", "of another kind"),
            ("unpack = 'a'\nto = '/tmp'", "the path must stay"),
            ("unpack = 'a'\nonly = ['../*']", "the path must stay"),
            ("unpack = 'a'\nstrip = -1", "Expected `int` >= 0"),
            ("write = 'a'\ntext = '{'", "a single {"),
            ("java = 'new'", "must be a major version"),
            ("steamcmd = 0", "Expected `int` >= 1"),
            ("steamcmd = 1\nto = '../x'", "to"),
            ("steamcmd = 1\nplatforms = ['linux', 'linux']", "there twice"),
            ("pip = ['-r x']", "must be a package"),
            ("pip = ['https://a.example/x.whl']", "must be a package"),
            ("pip = ['a @ file:///x']", "must be a package"),
            ("npm = ['--global']", "must be a package"),
            ("npm = ['git+https://a.example/x']", "must be a package"),
            ("npm = ['../x']", "must be a package"),
            ("pip = ['a']\npython = '2'", "matching regex"),
            ("run = []", "Expected `array` of length >= 1"),
            ("run = ['']", "the program has no name"),
            ("run = ['x', '{y}']", "(run).run[1]: {y} names no option"),
            ("fetch = 'https://x/'\nas = 'yq'\nlet = { a = 'b' }", "Invalid enum value 'yq'"),
            ("script = ''", "Expected `str` of length >= 1"),
            ('script = "a\\u0000b"', "(script).script: no shell reads a NUL"),
            ("script = 'x'\nshell = 'zsh'", "Invalid enum value 'zsh'"),
            ("script = 'x'\npatience = 0", "Expected `float` > 0.0"),
            ("script = 'x'\nenvironment = { 'A B' = 'x' }", "matching regex"),
            (
                "script = 'x'\nenvironment = { PATH = 'x' }",
                "PATH: it is the shell's own",
            ),
            ("script = 'x'\nenvironment = { LD_PRELOAD = 'x' }", "it is the shell's own"),
            ("script = 'x'\nenvironment = { A = '{nope}' }", "{nope} names no option"),
            ("mrpack = 'x'", "must begin with http"),
            ("remove = 'x'\nwhen = 'y'", "y names no option"),
            ("remove = 'x'\nmachine = 'vax'", "Invalid enum value"),
        ):
            with self.assertRaises(BadDefinition, msg=text) as raised:
                parse(step(text))
            self.assertIn(reason, str(raised.exception))

    def test_order(self) -> None:
        """A variable can be named by the steps behind the one that sets it, and by no other."""
        steps = "[[install]]\nremove = '{a}'\n[[install]]\nmatch = { a = ['b', '(b)'] }\n"
        with self.assertRaisesRegex(BadDefinition, r"install\[0\].*{a} names no option"):
            parse(typeWith(steps))
        with self.assertRaisesRegex(BadDefinition, "java_program"):
            parse(typeWith("", '["{java_program}"]'))

    def test_decode(self) -> None:
        """Steps pass as JSON to the worker, and are there what they were."""
        definition = parse(typeWith(vanilla))
        self.assertEqual(decodeSteps(definition.install), definition.steps)


class ShellTests(SynchronousTestCase):
    def test_texts(self) -> None:
        """No value is ever pasted into a text for bash; it is given in the environment."""
        environment = '\nenvironment = { V = "{version}" }'
        text = '["bash", "-c", "exec game \\"$V\\" ${{HOME}}", "game", "{version}"]'
        self.assertTrue(parse(typeWith("", text + environment)).hasShell)
        for command in ('["game", "-c", "x"]', '["bash", "start.sh"]', '["bash"]'):
            self.assertFalse(parse(typeWith("", command)).hasShell)
        for command, reason in (
            ('["bash", "-c", "game {version}"]', "{version} would be read by the shell"),
            ('["bash", "-c", "cd {directory}"]', "{directory} would be read by the shell"),
            ('["bash", "-c", { when = "pvp", add = ["{version}"] }]', "bash -c needs a text"),
            ('["bash", "-c"]', "bash -c needs a text"),
        ):
            failure = self.assertRaises(BadDefinition, parse, typeWith("", command))
            self.assertIn(reason, str(failure))


class NeedTests(SynchronousTestCase):
    def lacks(self, text: str, machine: str, *there: str) -> tuple[str, ...]:
        """What a host lacks on which only these programs, files and modules are there."""
        steps = parse(step(text)).steps
        has = there.__contains__
        found = missingOf(steps, Host(machine, has, has, has))
        return tuple(need.what for need in found)

    def test_lacks(self) -> None:
        """A step needs programs, a library, a kind of machine, or what runs 32-bit programs."""
        filtering = "fetch = 'https://x/'\nas = 'jq'\nlet = { a = '{b: .c}' }"
        for text, machine, there, lack in (
            ("npm = ['a']", "x86_64", (), ("node", "npm")),
            ("npm = ['a']", "x86_64", ("node", "npm"), ()),
            ("npm = ['a']\nmachine = 'aarch64'", "x86_64", (), ()),
            ("pip = ['a']", "x86_64", (), ("python3",)),
            ("pip = ['a']\npython = '3.11'", "x86_64", ("python3",), ("python3.11",)),
            ("steamcmd = 1", "x86_64", ("/lib/ld-linux.so.2",), ()),
            ("steamcmd = 1", "aarch64", (), ("a machine of x86_64 (this is aarch64)",)),
            ("java = '21'", "aarch64", (), ()),
            ("fetch = 'https://x/'\nlet = { a = 'b' }", "x86_64", (), ()),
            (filtering, "x86_64", ("jq",), ()),
            ("script = 'x'", "x86_64", ("bash",), ()),
            ("script = 'x'", "x86_64", (), ("bash",)),
            (filtering, "x86_64", (), ("the library jq of Python",)),
        ):
            self.assertEqual(self.lacks(text, machine, *there), lack)
        (loader,) = self.lacks("steamcmd = 1", "x86_64")
        self.assertIn("32-bit", loader)

    def test_isolation(self) -> None:
        """A script, and a command that is a shell's, need isolation, beside all else."""
        visible = Visible("/state")
        off, there = Isolation("off", None, visible), Isolation("auto", None, visible)
        lacking = Isolation("auto", because("bubblewrap_missing"), visible)
        asRoot = Isolation("on", because("games_as_root"), visible)
        shell = typeWith("", '["bash", "-c", "exec cat"]')
        for text in (step("script = 'x'"), shell, 'hint = "ask Ann"\n' + shell):
            definition = parse(text)
            for isolation, hint in (
                (lacking, "apt install bubblewrap"),
                (off, "the daemon runs with --isolate off"),
                (asRoot, "games run as root: give --server-user or --server-users"),
            ):
                host = ("/bin", "x86_64", isolation)
                lack = "isolation of servers (bubblewrap)"
                self.assertEqual(missingPrograms(definition, *host), [lack])
                own = "ask Ann; " if definition.hint else ""
                self.assertEqual(hintOf(definition, *host), own + hint)
            self.assertEqual(missingPrograms(definition, "/bin", "x86_64", there), [])
        self.assertEqual(missingPrograms(parse(step("remove = 'x'")), "/bin", "x86_64", off), [])

    def test_told(self) -> None:
        """What is missing is told with the type's hint, or with what is known of the steps."""
        definition = parse(step("npm = ['a']"))
        self.assertEqual(missingPrograms(definition, "/nowhere", "x86_64"), ["node", "npm"])
        self.assertEqual(hintOf(definition, "/nowhere", "x86_64"), "apt install nodejs npm")
        definition = parse("hint = 'ask Ann'\n" + step("npm = ['a']"))
        self.assertEqual(hintOf(definition, "/nowhere", "x86_64"), "ask Ann")


def made(make: Any, text: str, values: Mapping[str, str], *more: Any) -> Any:
    """What a template becomes; the reason where it becomes nothing."""
    try:
        return make(*more, Template.parse(text, values.keys()), values)
    except Unfit as error:
        return str(error)


class ValueTests(SynchronousTestCase):
    def test_urls(self) -> None:
        """A value in an address is one piece of it, whatever it holds."""
        for text, value, expected in (
            ("https://a.example/{v}/x", "1.21", "https://a.example/1.21/x"),
            ("https://a.example/{v}/x", "a/b?c#d&e", "https://a.example/a%2Fb%3Fc%23d%26e/x"),
            ("https://a.example/{v}", "ä %\n", "https://a.example/%C3%A4%20%25%0A"),
            ("https://a.example/?q={v}", "1+2~_-", "https://a.example/?q=1%2B2~_-"),
            ("{v}", "http://b.example:8080/x?y=z", "http://b.example:8080/x?y=z"),
        ):
            self.assertEqual(made(installvalues.urlOf, text, {"v": value}), expected)

    def test_badUrls(self) -> None:
        """An address that comes from elsewhere is http or https, short, and names no user."""
        for text, value, reason in (
            ("https://a.example/{v}/x", "..", "holds . or .."),
            ("https://a.example/{v}{v}/x", ".", "holds . or .."),
            ("{v}", "https://a.example/x/%2e%2E/y", "holds . or .."),
            ("{v}", "", "does not begin"),
            ("{v}", "file:///etc/passwd", "does not begin"),
            ("{v}", "ftp://a.example/", "does not begin"),
            ("{v}", "//a.example/", "does not begin"),
            ("{v}", "https:///x", "does not begin"),
            ("{v}", "https://u:p@a.example/", "a user name"),
            ("{v}", "https://a.example\\@b.example/", "a user name"),
            ("{v}", "https://a.example/a b", "percent-encoded"),
            ("{v}", "https://a.example/\r\nX: y", "percent-encoded"),
            ("{v}", "https://\u00e4.example/", "percent-encoded"),
            ("{v}", "https://a.example:99999/", "it is no address"),
            ("{v}", "https://[::1/", "it is no address"),
            ("{v}", "https://a.example/" + "x" * 2048, "2048 characters"),
        ):
            self.assertIn(reason, made(installvalues.urlOf, text, {"v": value}), value)

    def test_paths(self) -> None:
        """A value in a path is one name, and the path stays in the server's directory."""
        for value, expected in (
            ("1.21.jar", "mods/1.21.jar"),
            ("..", "no file name"),
            ("", "no file name"),
            ("a/b", "no file name"),
            ("a\0", "no file name"),
            ("a\nb", "no file name"),
            ("x" * 256, "too long"),
        ):
            self.assertIn(expected, made(installvalues.pathOf, "./mods//{v}", {"v": value}))
        self.assertEqual(made(installvalues.pathOf, "-{v}", {"v": "x"}), "-x")
        glob = made(installvalues.globOf, "{v}*", {"v": "[a]?*"})
        fitting = [path for path in ("[a]?*", "[a]?*b", "ax", "[a]xy") if glob.fits(path)]
        self.assertEqual(fitting, ["[a]?*", "[a]?*b"])

    def test_expressions(self) -> None:
        """A value in an expression can't end the text that it stands in."""
        text = "versions[?id=='{v}'].url | [0]"
        found = made(installvalues.expressionOf, text, {"v": "1.21-rc1+2_a"})
        self.assertEqual(found, "versions[?id=='1.21-rc1+2_a'].url | [0]")
        for value in ("' || '", "`1`", '"', "a b", "ä", "1\n"):
            self.assertIn("other characters", made(installvalues.expressionOf, text, {"v": value}))

    def test_sums(self) -> None:
        """A sum may say its kind, which must be the one that is meant."""
        digits = "AB" * 32
        self.assertEqual(installvalues.sumOf("sha256", digits), "ab" * 32)
        self.assertEqual(installvalues.sumOf("sha256", f" sha256:{digits}\n"), "ab" * 32)
        for text in ("", "sha256:", digits[1:], f"md5:{'ab' * 16}", f"sha512:{digits}", "g" * 64):
            self.assertRaises(Unfit, installvalues.sumOf, "sha256", text)

    def test_packages(self) -> None:
        """A package is a name and perhaps a version; an empty version is the newest."""
        for make, text, value, expected in (
            (installvalues.requirementOf, "a.b=={v}", "1.2", ("a.b==1.2", "a.b")),
            (installvalues.requirementOf, "a.b=={v}", "", ("a.b", "a.b")),
            (installvalues.requirementOf, "a[b]>=1,<2", "", ("a[b]>=1,<2", "a")),
            (installvalues.nodePackageOf, "@a/b@{v}", "^1.2", ("@a/b@^1.2", "@a/b")),
            (installvalues.nodePackageOf, "b@{v}", "", ("b", "b")),
        ):
            self.assertEqual(made(make, text, {"v": value}), expected)
        for value in ("1 --index-url x", "1;x", "file:x", "1\n", "../x", "http://x"):
            for make, text in (
                (installvalues.requirementOf, "a=={v}"),
                (installvalues.nodePackageOf, "a@{v}"),
            ):
                self.assertIn("no version", made(make, text, {"v": value}))


class DocumentTests(SynchronousTestCase):
    document = {
        "latest": {"release": "1.21.10", "none": None, "empty": ""},
        "builds": ["1.21.9", "1.21.10", "1.21.2"],
        "numbers": [3, 1.5],
        "yes": True,
    }

    def test_json(self) -> None:
        """Texts, numbers and booleans are found."""
        for expression, expected in (
            ("latest.release", "1.21.10"),
            ("numbers[0]", "3"),
            ("numbers[1]", "1.5"),
            ("yes", "true"),
            ("newest(builds)", "1.21.10"),
            ("builds[?contains(lower(@), lower('1.21.9'))] | [0]", "1.21.9"),
            ("newest(builds[?starts_with(@, '1.21.')])", "1.21.10"),
        ):
            documents.checkJson(expression)
            self.assertEqual(documents.fromJson(expression, self.document), expected)

    def test_nothing(self) -> None:
        """Anything else is none, with the reason."""
        for expression, reason in (
            ("latest.none", "does not have it"),
            ("latest.empty", "does not have it"),
            ("newest(`[]`)", "does not have it"),
            ("latest", "an object"),
            ("builds", "an array"),
            ("newest(latest)", "newest()"),
            ("newest(numbers)", "newest()"),
        ):
            with self.assertRaises(NothingFound) as raised:
                documents.fromJson(expression, self.document)
            self.assertIn(reason, str(raised.exception))

    def test_newest(self) -> None:
        """Runs of digits count as numbers."""
        ordered = ["", "a", "a1", "a10", "1", "1-rc1", "1.2", "1.9", "1.10", "1.10.1", "2", "10"]
        self.assertEqual(sorted(set(ordered), key=documents.versionKey), ordered)
        documents.versionKey("9" * 100_000)

    def test_text(self) -> None:
        """The group of the first match; values in a pattern stand for themselves."""
        listing = "aa  x-1.2.zip\nbb  x-112.zip\ncc  x-1.2.zip\n"
        pattern = documents.regex(r"^([a-z]{2})  x-{version}\.zip$", {"version": "1.2"})
        self.assertEqual(documents.fromText(pattern, listing.replace("aa", "dd")), "dd")
        self.assertEqual(documents.fromText("^(bb)", listing), "bb")
        self.assertRaises(NothingFound, documents.fromText, "^(ee)", listing)
        self.assertRaises(NothingFound, documents.fromText, "^(e?)", listing)
        self.assertRaises(BadExpression, documents.regex, "({other})", {"version": ""})

    def test_tables(self) -> None:
        """What a step is can be told from its type."""
        steps = decodeSteps(
            ({"java": "8"}, {"directory": "x"}, {"steamcmd": 1}, {"mrpack": "https://a.example/"})
        )
        self.assertEqual(
            [type(each) for each in steps], [Java, MakeDirectory, SteamCmd, ModrinthPack]
        )
        self.assertEqual([each.isInPlace for each in steps], [False, False, True, False])
