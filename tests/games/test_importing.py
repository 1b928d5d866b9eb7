"""Types that are made of the eggs and templates of other panels."""

import json
import os
import subprocess
import time
import tomllib
from typing import Any, Final

from click.testing import CliRunner
from twisted.trial.unittest import SynchronousTestCase

from gamepanel.client.local import importTypes
from gamepanel.games.importing import Imported, convert, typeName
from gamepanel.games.importing.foreign import maxBytes
from gamepanel.games.parsing import parse
from gamepanel.local.importing import importFiles
from gamepanel.process import isolation

port: Final = "{{server.build.default.port}}"

maxSeconds: Final = 200.0
"""Processor time of one import: linear ones take 2 s at most, others would take hours."""


def egg(**changes: Any) -> dict[str, Any]:
    """An egg of our own, with changes."""
    made: dict[str, Any] = {
        "meta": {"version": "PTDL_v2"},
        "name": "Sheep Racing",
        "description": "Sheep run.",
        "features": None,
        "docker_images": {"Debian": "example.org/images:debian"},
        "startup": "./sheep --port {{SERVER_PORT}}",
        "config": {
            "files": "{}",
            "startup": '{"done": "Ready (all sheep)"}',
            "logs": "{}",
            "stop": "quit",
        },
        "scripts": {"installation": {"script": "", "entrypoint": "bash"}},
        "variables": [],
    }
    made.update(changes)
    return made


def variable(env: str, default: str, given: object = "required|string", **more: Any) -> Any:
    """A variable of an egg."""
    return {"name": env, "env_variable": env, "default_value": default, "rules": given, **more}


def script(*lines: str) -> dict[str, Any]:
    """An install script."""
    return {"installation": {"script": "\r\n".join(("#!/bin/bash", *lines))}}


def imported(document: object) -> Imported:
    """What becomes of a document."""
    return convert("x.json", json.dumps(document).encode())


class EggTests(SynchronousTestCase):
    """What becomes of an egg."""

    def table(self, **changes: Any) -> dict[str, Any]:
        """The type file of an egg, which loads."""
        found = imported(egg(**changes))
        self.assertIsNone(found.report.error)
        assert found.text is not None
        parse(found.text)
        return tomllib.loads(found.text)

    def left(self, matters: bool = True, **changes: Any) -> list[str]:
        """What was left out of an egg."""
        report = imported(egg(**changes)).report
        self.assertEqual(report.complete, not any(left.matters for left in report.leftOut))
        return [left.what for left in report.leftOut if left.matters is matters]

    def test_whole(self) -> None:
        """An egg becomes a type with all that it says."""
        table = self.table()
        self.assertEqual(table["title"], "Sheep Racing")
        self.assertEqual(table["run"]["command"], ["./sheep", "--port", "{port}"])
        self.assertEqual(table["run"]["ready"], r"Ready \(all sheep\)")
        self.assertEqual(
            [next(iter(step.items())) for step in table["stop"]],
            [("command", "quit"), ("signal", "TERM")],
        )
        self.assertFalse(table["tested"])
        self.assertEqual(imported(egg()).report.type, "sheep-racing")

    def test_formats(self) -> None:
        """All formats of eggs are read, as JSON and as YAML, with what is otherwise in them."""
        for version, changes in (
            ("PTDL_v1", {"images": ["x"], "docker_images": None}),
            ("PTDL_v2", {}),
            ("PLCN_v1", {"variables": [variable("A", "1", ["required", "in:1,2"])]}),
            ("PLCN_v2", {"config": {"files": {}, "startup": {"done": ["a", "b"]}, "stop": "^C"}}),
            ("PLCN_v3", {"startup": None, "startup_commands": {"Default": "./sheep"}}),
        ):
            found = imported(egg(meta={"version": version}, **changes))
            self.assertEqual((found.report.error, found.report.format), (None, version))
        text = "meta: {version: PLCN_v3}\nname: Y\nstartup_commands: {Default: ./y}\nscripts: {}\n"
        found = convert("y.yaml", text.encode())
        self.assertEqual((found.report.error, found.report.title), (None, "Y"))
        self.assertIn("is not known", str(imported(egg(meta={"version": "PTDL_v9"})).report.error))

    def test_rules(self) -> None:
        """Rules become types, bounds, choices and patterns."""
        for default, rules, expected in (
            (
                "5",
                "required|integer|between:1,60",
                {"type": "integer", "minimum": 1, "maximum": 60},
            ),
            ("5", "required|numeric|max:9", {"type": "integer", "maximum": 9, "default": 5}),
            ("0.5", "numeric|min:0", {"type": "number", "minimum": 0, "default": 0.5}),
            ("a b", "required|string|between:3,15", {"min_length": 3, "max_length": 15}),
            ("a", ["required", "in:a,b"], {"type": "enum", "choices": ["a", "b"]}),
            ("true", "in:true,false", {"type": "boolean", "default": True}),
            ("1", "boolean", {"type": "enum", "choices": ["1", "0"]}),
            ("a.jar", r"required|regex:/^([\w|.-]+)(\.jar)$/", {"pattern": r"^([\w|.-]+)(\.jar)$"}),
            ("", "nullable|string|max:20", {"type": "string", "max_length": 20}),
            ("x", "alpha_dash", {"pattern": r"[\w-]*"}),
            ("", "required|digits:4", {"type": "integer", "minimum": 1000, "maximum": 9999}),
            ("5", "required|digits_between:1,3", {"type": "integer", "default": 5}),
            ("7656119", "numeric|digits_between:1,20", {"type": "integer", "default": 7656119}),
        ):
            table = self.table(startup="./s {{V}}", variables=[variable("V", default, rules)])
            [option] = table["options"]
            self.assertEqual(option, {**option, **expected}, rules)
            self.assertEqual(option.get("required", False), "required" in rules)

    def test_names(self) -> None:
        """Names of variables become such as options may have; ports and passwords are known."""
        given = [
            variable("SERVER_DESCRIPTION", "x"),
            variable("description", "x"),
            variable("QUERY_PORT", "27015"),
            variable("RCON_PASSWORD", ""),
        ]
        startup = "./s {{SERVER_DESCRIPTION}} {{description}} {{QUERY_PORT}} {{RCON_PASSWORD}}"
        options = {
            option["name"]: option
            for option in self.table(startup=startup, variables=given)["options"]
        }
        self.assertLessEqual({"server_description", "game_description"}, options.keys())
        self.assertEqual(options["query_port"]["type"], "port")
        self.assertEqual(options["rcon_password"]["generate"], 20)

    def test_misfit(self) -> None:
        """Bounds that a default does not fit are left out, which is told."""
        given = [variable("V", "many words", "required|string|max:3")]
        [option] = self.table(startup="./s {{V}}", variables=given)["options"]
        self.assertNotIn("max_length", option)
        said = self.left(False, startup="./s {{V}}", variables=given)
        self.assertIn("V: max_length 3", said)

    def test_startup(self) -> None:
        """A start command becomes a list of arguments; nothing of a shell is left in it."""
        given = [
            variable("NAME", "My sheep"),
            variable("PASS", "", "nullable|string"),
            variable("FAST", "0", "boolean"),
            variable("MAP", "", "nullable|string"),
            variable("EXTRA_ARGS", "-a -b", "string"),
        ]
        for startup, expected in (
            ('./s -name "{{NAME}}" x', ["./s", "-name", "{name}", "x"]),
            ("./s ${NAME} $NAME", ["./s", "{name}", "{name}"]),
            ("./s -p '{{PASS}}' -q", ["./s", {"when": "pass", "add": ["-p", "{pass}"]}, "-q"]),
            (
                "./s +set pw {{PASS}}",
                ["./s", {"when": "pass", "add": ["+set", "pw", "{pass}"]}],
            ),
            (
                "java -jar s-*.jar",
                ["{java_program}", "-jar", {"newest": "s-*.jar", "add": ["{newest}"]}],
            ),
            (
                "/home/container/bin/s -d /home/container/x",
                ["{directory}/bin/s", "-d", "{directory}/x"],
            ),
            ("./s 'a{b}'", ["./s", "a{{b}}"]),
            ("./s -x 2>&1 > /dev/null", ["./s", "-x"]),
            ('bash -c "./s -x"', ["./s", "-x"]),
            ('exec ./s -n=\\"{{NAME}}\\"', ["./s", "-n={name}"]),
            ("/usr/local/bin/python s.py", ["python3", "s.py"]),
        ):
            table = self.table(startup=startup, variables=given)
            self.assertEqual(table["run"]["command"], expected, startup)

    def test_shell(self) -> None:
        """
        A command that needs a shell is one, with values in its environment, and in double quotes
        wherever they stand; only a list of arguments is taken apart.
        """
        given = [
            variable("NAME", "My sheep"),
            variable("PASS", "", "nullable|string"),
            variable("FAST", "0", "boolean"),
            variable("EXTRA_ARGS", "-a -b", "string"),
        ]
        for startup, expected in (
            ("./a; ./s {{NAME}}", './a; ./s "${NAME}"'),
            ("./s {{PASS}} & wait", './s ${PASS:+"${PASS}"} & wait'),
            ('./s -p="{{PASS}}" | tee x', './s -p="${PASS}" | tee x'),
            ("./s -p={{PASS}}x | tee x", './s -p="${PASS}"x | tee x'),
            ("./s {{EXTRA_ARGS}} {{NAME}}", './s ${EXTRA_ARGS} "${NAME}"'),
            ("./s '{{NAME}}' && true", './s "${NAME}" && true'),
            (
                "./s $( [[ {{FAST}} == 1 ]] && printf %s '-fast -x' )",
                """./s $( [[ "${FAST}" == 1 ]] && printf %s '-fast -x' )""",
            ),
            (
                './s $(if [ -n "$PASS" ]; then echo "-map=$PASS"; fi)',
                './s $(if [ -n "$PASS" ]; then echo "-map=$PASS"; fi)',
            ),
            ("./s ${PASS:+-map $PASS}", './s ${PASS:+-map "${PASS}"}'),
            ("./s ${PASS:-none}", './s "${PASS:-none}"'),
            ("cat /home/container/a; ./s", 'cat "$HOME"/a; ./s'),
            ('cat "/home/container/a"; ./s', 'cat "$HOME/a"; ./s'),
            ("java -jar s.jar & wait", '"$JAVA_PROGRAM" -jar s.jar & wait'),
            ("X=1; ./s $X ${NAME}; true", 'X=1; ./s $X "${NAME}"; true'),
            ('bash -c "./s \\"{{NAME}}\\"; true"', './s "${NAME}"; true'),
        ):
            found = imported(egg(startup=startup, variables=given))
            assert found.text is not None, found.report.error
            parse(found.text)
            run = tomllib.loads(found.text)["run"]
            text = expected.replace("{", "{{").replace("}", "}}")
            self.assertEqual(run["command"], ["bash", "-c", text], startup)
            if "{{NAME}}" in startup:
                self.assertEqual(run["environment"]["NAME"], "{name}")
            said = [left.what for left in found.report.leftOut if "list of" in left.why]
            self.assertEqual(said, ["${EXTRA_ARGS}"] if "EXTRA" in startup else [], startup)

    def test_values(self) -> None:
        """Whatever a value holds, a shell takes it as one word, and runs nothing of it."""
        given = [variable("NAME", "x"), variable("PASS", "", "nullable|string")]
        startup = "printf '<%s>' {{NAME}} -p={{PASS}} \"{{PASS}}\" {{PASS}} $(echo a) end; true"
        command = self.table(startup=startup, variables=given)["run"]["command"]
        text = command[2].replace("{{", "{").replace("}}", "}")
        for value in ("$(touch made)", "`touch made`", "a b", '"; touch made; "', "'", "*", "a\nb"):
            where = self.mktemp()
            os.mkdir(where)
            environment = {"NAME": value, "PASS": value, "PATH": os.defpath}
            done = subprocess.run(
                ["bash", "-c", text], env=environment, cwd=where, capture_output=True, check=True
            )
            said = f"<{value}><-p={value}><{value}><{value}><a><end>"
            self.assertEqual(done.stdout.decode(), said)
            self.assertEqual(os.listdir(where), [])

    def test_unknown(self) -> None:
        """A placeholder that no variable has is named, in each kind of command."""
        for startup in ("./s {{NONE}} x", "./s {{NONE}} x; true", "./s $NONE"):
            said = self.left(False, startup=startup)
            self.assertTrue(any("NONE" in what for what in said), said)
        self.assertEqual(self.table(startup="./s {{NONE}} x")["run"]["command"], ["./s", "x"])

    def test_program(self) -> None:
        """A program that an option names is told."""
        given = [variable("BIN", "./s")]
        for startup in ("{{BIN}} -x", "{{BIN}} -x; true"):
            report = imported(egg(startup=startup, variables=given)).report
            self.assertTrue(any("option names" in left.why for left in report.leftOut), startup)
        # A second shell would read values as its text.
        self.assertEqual(
            self.left(startup='true; sh -c "./s {{BIN}}"', variables=given), ['sh -c "./s ${BIN}"']
        )

    def test_surroundings(self) -> None:
        """Variables and the directory are taken over."""
        table = self.table(
            startup="export LD_LIBRARY_PATH=./lib:$LD_LIBRARY_PATH; cd bin; MODE=fast ./s"
        )
        self.assertEqual(table["run"]["environment"], {"LD_LIBRARY_PATH": "./lib", "MODE": "fast"})
        self.assertEqual(table["run"]["directory"], "bin")
        self.assertEqual(table["run"]["command"], ["./s"])

    def test_remote(self) -> None:
        """Lines of the console that a program takes to the game by RCON are sent by us."""
        given = [variable("RCON_PORT", "25575"), variable("RCON_PASS", "", "required|string")]
        startup = (
            '(while read c; do rcon -a "localhost:$RCON_PORT" -p "$RCON_PASS" "$c"; done) '
            "< /dev/stdin & ./s"
        )
        table = self.table(startup=startup, variables=given)
        self.assertEqual(
            table["console"], {"kind": "rcon", "port": "{rcon_port}", "password": "{rcon_pass}"}
        )
        self.assertEqual(self.left(startup=startup, variables=given), [])

    def test_windows(self) -> None:
        """Programs for Windows are told; what starts nothing, or is not closed, too."""
        for startup in ("wine s.exe", "xvfb-run -a proton run s.exe; true", "./s.exe -x", "x.bat"):
            report = imported(egg(startup=startup)).report
            self.assertTrue(report.windows, startup)
            self.assertFalse(report.complete)
        self.assertIn("./s 'never closed", self.left(startup="./s 'never closed"))
        for startup in ("", "# nothing", " ; "):
            found = imported(egg(startup=startup))
            self.assertIsNone(found.text, startup)
            self.assertIn("start command", str(found.report.error))

    def test_images(self) -> None:
        """What images bring must be on the host, with a word how to get it."""
        table = self.table(docker_images={"a": "x/yolks:nodejs_20", "b": "x/yolks:nodejs_22"})
        self.assertEqual((table["needs"], table["hint"]), (["node"], "apt install nodejs"))
        for image, needs in (
            ("x/yolks:python_3.8", ["python3"]),
            ("x/yolks:dotnet_8", ["dotnet"]),
            ("mono:6", ["mono"]),
            ("x/yolks:debian", None),
        ):
            table = self.table(docker_images={"a": image})
            self.assertEqual(table.get("needs"), needs)
        # Debian has no .NET.
        found = imported(egg(docker_images={"a": "x/yolks:dotnet_8", "b": "x/yolks:dotnet_6"}))
        assert found.text is not None
        self.assertIn("hint = '.NET of Microsoft: learn.", found.text.replace('"', "'"))
        taken = [each.what for each in found.report.taken if each.part == "image"]
        self.assertEqual(taken[0], "dotnet of this host, for x/yolks:dotnet_8")

    def test_heap(self) -> None:
        """A share of a container's memory is the memory of the server; Java is brought."""
        table = self.table(
            startup="java -Xms128M -XX:MaxRAMPercentage=95.0 -jar s.jar",
            docker_images={"8": "example.org/java_8", "21": "example.org/java_21"},
            features=["eula"],
        )
        self.assertEqual(
            table["run"]["command"],
            ["{java_program}", "-Xms128M", "-Xmx{memory}M", "-jar", "s.jar"],
        )
        self.assertEqual(table["install"], [{"java": "{java_version}"}])
        options = {option["name"]: option for option in table["options"]}
        self.assertEqual(options["java_version"]["choices"], ["8", "21"])
        self.assertEqual(options["java_version"]["default"], "21")
        self.assertIn("accept", options["eula"])
        self.assertEqual(table["files"][0]["set"], {"eula": "{eula}"})

    def test_console(self) -> None:
        """Ready lines are texts or expressions; C{^C} is INT, then TERM."""
        for done, expected in (
            ("a.b (c)", r"a\.b \(c\)"),
            (["a", "b"], "(?:a)|(?:b)"),
            ("regex:^Done \\d+", r"^Done \d+"),
        ):
            config = {"startup": json.dumps({"done": done}), "files": "{}", "stop": "^C"}
            table = self.table(config=config)
            self.assertEqual(table["run"]["ready"], expected)
            self.assertEqual([step["signal"] for step in table["stop"]], ["INT", "TERM"])
        config = {"startup": json.dumps({"done": "regex:(?<=a)b"}), "files": "{}", "stop": ""}
        self.assertIn("regex:(?<=a)b", self.left(config=config))

    def test_files(self) -> None:
        """Config files of all kinds are taken over, with the values that they name."""
        env = "{{server.build.env.NAME}}"
        for parser, find, expected in (
            ("properties", {"server-port": port}, ("properties", {"server-port": "{port}"})),
            (
                "ini",
                {"Net.port": port, "top": env},
                ("ini", {"Net.port": "{port}", ".top": "{name}"}),
            ),
            (
                "ini",
                {"[/Script/A.B].Name": "{{env.NAME}}"},
                ("ini", {"[/Script/A.B].Name": "{name}"}),
            ),
            (
                "json",
                {"a.b": port, "c": "true", "d": "5"},
                ("json", {"a.b": "{port}", "c": True, "d": 5}),
            ),
            ("yaml", {"a": "{{server.environment.NAME}}"}, ("yaml", {"a": "{name}"})),
            ("file", {"name": f'name "{env}"'}, ("lines", {"name": 'name "{name}"'})),
            ("file", {"#name": f"name={env}"}, ("lines", {"name": "name={name}"})),
            ("xml", {"S.port": port}, ("xml", {"S/port": "{port}"})),
        ):
            files = json.dumps({"/conf/x": {"parser": parser, "find": find}})
            table = self.table(
                config={"files": files}, variables=[variable("NAME", "n")], startup="./s"
            )
            [file] = table["files"]
            self.assertEqual((file["path"], file["format"], file["set"]), ("conf/x", *expected))

    def test_directory(self) -> None:
        """The server's directory has its own name, whatever it was called in a container."""
        find = {"world": "/home/container/saves/{{server.build.env.NAME}}.wld"}
        files = json.dumps({"s.txt": {"parser": "properties", "find": find}})
        table = self.table(
            config={"files": files},
            variables=[
                variable("NAME", "n"),
                variable("HERE", "/home/container/x", "in:/home/container/x"),
            ],
            startup="cd bin; ./s --root /home/container/$NAME $HERE",
        )
        self.assertEqual(table["files"][0]["set"]["world"], "{directory}/saves/{name}.wld")
        self.assertEqual(
            table["run"]["command"], ["./s", "--root", "{directory}/{name}", "{directory}/x"]
        )

    def test_unsayable(self) -> None:
        """Keys that lead into lists, and paths that lead out, are named."""
        for path, parser, find, part in (
            ("x.yml", "yaml", {"a[0].b": "1"}, "x.yml: a[0].b"),
            ("../x", "file", {"a": "a b"}, "../x"),
            ("x", "conf", {"a": "b"}, "x: conf"),
        ):
            files = json.dumps({path: {"parser": parser, "find": find}})
            said = self.left(config={"files": files})
            self.assertTrue(any(part in what for what in said), said)

    def test_unfit(self) -> None:
        """A config file that no type file can hold is left out and named; the others stay."""
        wanted = {"odd.json": float("nan"), "plain.json": 1}
        files = {name: {"parser": "json", "find": {"a": wanted[name]}} for name in wanted}
        config = {"files": json.dumps(files)}
        self.assertEqual(self.left(config=config), ["odd.json"])
        self.assertEqual(
            [file["path"] for file in self.table(config=config)["files"]], ["plain.json"]
        )

    def test_listeners(self) -> None:
        """The first listener of BungeeCord is set by lines of a file that is written once."""
        find = {"listeners[0].query_port": port, "listeners[0].host": f"0.0.0.0:{port}"}
        table = self.table(
            config={"files": json.dumps({"config.yml": {"parser": "yaml", "find": find}})}
        )
        self.assertEqual(table["files"][0]["set"]["  host:"], "  host: 0.0.0.0:{port}")
        self.assertEqual(table["install"][0]["keep"], ["config.yml"])
        self.assertIn("  host: 0.0.0.0:{port}\n", table["install"][0]["text"])


class HostileTests(SynchronousTestCase):
    """Whatever a file holds, it ends soon, with a clear word."""

    def test_refused(self) -> None:
        """Files that are no eggs, or cost too much, are refused."""
        deep = "[" * 100_000
        aliases = "a: &a [x,x]\nb: &b [*a,*a]\nc: [*b,*b]\n"
        for data, reason in (
            (b"", "no object"),
            (b"[]", "no object"),
            (b"{", "no JSON"),
            (b"\xff\xfe{}", "not UTF-8"),
            (b'{"a": "\0"}', "NUL"),
            (b"{}", "no egg and no template"),
            (b'{"a": 1, "a": 2}', "twice"),
            (deep.encode(), "nested too deeply"),
            (f"a: {deep}".encode(), "nested too deeply"),
            (b"{" + b'"a":{' * 40 + b"}" * 41, "nested too deeply"),
            (b" " * (maxBytes + 1), "KiB"),
            (json.dumps([0] * 30_000).encode(), "more than"),
            (b"a: [" + b"x," * 50_000 + b"]", "more than"),
            (aliases.encode(), "alias"),
            (b"a: !!python/object/apply:os.system [id]", "tag"),
            (b"a: !x y", "tag"),
            (b"a: b\na: c", "no YAML"),
            (b'{"meta": {"version": "PTDL_v2"}}', "no start command"),
            (b'{"run": {}, "data": {}}', "no start command"),
            (b'{"n": ' + b"9" * 5000 + b"}", "too long"),
        ):
            began = time.process_time()
            found = convert("x", data)
            self.assertIsNone(found.text)
            self.assertIn(reason, str(found.report.error), data[:40])
            self.assertLess(time.process_time() - began, maxSeconds)

    def test_odd(self) -> None:
        """Parts of other kinds than expected fail at most this file."""
        values: list[Any] = [None, 1, "x", [], {}, [None], {"a": None}, [[]], True]
        for key in egg():
            for value in values:
                found = imported(egg(**{key: value}))
                self.assertEqual(found.text is None, found.report.error is not None, (key, value))
                if found.text is not None:
                    parse(found.text)
        variables: list[Any] = [None, 1, [], {"env_variable": 5}, {"env_variable": "A", "rules": 5}]
        for one in variables:
            self.assertIsNone(imported(egg(variables=[one])).report.error)

    def test_scripts(self) -> None:
        """Scripts that nest deeply, repeat themselves or never close end soon."""
        for text in (
            "if true; then " * 500,
            "$(" * 500 + ")" * 500,
            "f() { f; f; }; f",
            'X="' + "${A:-" * 200 + "}" * 200 + '"',
            "for i in a b c d e f g h; do " * 8 + "echo; " + "done; " * 8,
            "x=1; " * 100_000,
            "a" * 300_000,
            "cat <<EOF\n" * 1000,
            "((((((((((" * 100,
            "case x in " * 200,
        ):
            began = time.process_time()
            document = egg(scripts={"installation": {"script": text}})
            found = imported(document)
            self.assertIsNotNone(found.text, text[:40])
            self.assertLess(time.process_time() - began, maxSeconds, text[:40])

    def test_values(self) -> None:
        """Values with braces, quotes and control characters stay values."""
        odd = "{a} {{b}} \"q\" 'q' \\ \x7f \x1b \ud800 \u2028 end"
        found = imported(
            egg(
                name=odd,
                description=odd,
                variables=[variable("V", odd, "string")],
                startup="./s '{x}' {{V}}",
            )
        )
        self.assertIsNone(found.report.error)
        assert found.text is not None
        definition = parse(found.text)
        self.assertEqual(definition.run.command[1], "{{x}}")
        self.assertTrue(definition.title.isprintable())

    def test_typeNames(self) -> None:
        """A type's name is made of the title, and is its own."""
        for title, expected in (
            ("Sheep Racing!", "sheep-racing"),
            ("../../etc/passwd", "etc-passwd"),
            ("羊", "imported"),
            ("x" * 80, "x" * 32),
        ):
            self.assertEqual(typeName(title), expected)
        self.assertEqual(typeName("A", {"a", "a-2"}), "a-3")
        self.assertEqual(len(typeName("x" * 80, {"x" * 32})), 32)


class CommandTests(SynchronousTestCase):
    """What is written."""

    def setUp(self) -> None:
        self.directory = os.path.abspath(self.mktemp())
        os.mkdir(self.directory)
        self.to = os.path.join(self.directory, "types")

    def file(self, name: str, text: str) -> str:
        """Write a file."""
        path = os.path.join(self.directory, name)
        with open(path, "w") as file:
            file.write(text)
        return path

    def test_written(self) -> None:
        """Each file gives a type file; two of one name get different ones."""
        one = self.file("one.json", json.dumps(egg()))
        reports = list(importFiles([one, one, "/nowhere/x"], self.to, False, True))
        self.assertEqual(
            [report.written and os.path.basename(report.written) for report in reports],
            ["sheep-racing.toml", "sheep-racing-2.toml", None],
        )
        self.assertIn("No such file", str(reports[2].error))
        self.assertEqual(sorted(os.listdir(self.to)), ["sheep-racing-2.toml", "sheep-racing.toml"])

    def test_there(self) -> None:
        """A type file that is there stays, unless it is to be replaced; a link is no way out."""
        one = self.file("one.json", json.dumps(egg()))
        os.mkdir(self.to)
        victim = self.file("victim", "mine")
        os.symlink(victim, os.path.join(self.to, "sheep-racing.toml"))
        [report] = importFiles([one], self.to, False, True)
        self.assertIn("is there already", str(report.error))
        [report] = importFiles([one], self.to, True, True)
        self.assertIsNotNone(report.written)
        with open(victim) as file:
            self.assertEqual(file.read(), "mine")
        self.assertEqual(os.listdir(self.to), ["sheep-racing.toml"])

    def test_isolation(self) -> None:
        """Where a shell installs or starts servers, it is told what isolation lacks here."""
        made = (egg(scripts=script("make install")), egg(startup="./a; ./b"), egg())
        files = [self.file(f"{at}.json", json.dumps(each)) for at, each in enumerate(made)]
        asked: list[str] = []

        def lack() -> str:
            asked.append("")
            return "no sandbox"

        reports = list(importFiles(files, self.to, False, True, lack))
        self.assertEqual(
            [(report.isolated, report.missing) for report in reports],
            [(True, "no sandbox"), (True, "no sandbox"), (False, None)],
        )
        self.assertEqual(len(asked), 1)
        [report] = importFiles(files[:1], self.to, True, False, lack)
        self.assertEqual((report.isolated, report.missing), (False, None))
        self.patch(isolation, "program", "/nowhere")
        run = CliRunner().invoke(importTypes, [files[0], "--to", self.to, "--overwrite"])
        self.assertIn("isolated only, but bubblewrap is not installed (apt install", run.output)

    def test_oddName(self) -> None:
        """A name that is not UTF-8 is refused, since no report could hold it."""
        good, odd = self.file("good.json", json.dumps(egg())), os.fsdecode(b"caf\xe9")
        for words in ((good, odd, "--to", self.to), (good, "--to", f"{self.to}/{odd}")):
            for more in ((), ("--json",)):
                run = CliRunner().invoke(importTypes, [*words, *more])
                self.assertEqual(run.exit_code, 2, run.exception)
                self.assertIn("must be UTF-8", run.output)
        self.assertFalse(os.path.exists(self.to))

    def test_command(self) -> None:
        """The command prints what was taken over and left out, or JSON; it asks no daemon."""
        made = egg(startup="wine s.exe", scripts=script("make install"))
        good = self.file("good.json", json.dumps(made))
        bad = self.file("bad.json", "{")
        run = CliRunner().invoke(importTypes, [good, bad, "--to", self.to])
        self.assertEqual(run.exit_code, 1)
        self.assertIn("LEFT OUT", run.output)
        self.assertIn("nothing written: no JSON", run.output)
        self.assertIn("its script, as no recipe knows it: make install", run.output)
        run = CliRunner().invoke(importTypes, [good, "--to", self.to, "--overwrite", "--json"])
        self.assertEqual(run.exit_code, 0)
        [report] = json.loads(run.output)
        self.assertFalse(report["complete"])
        self.assertEqual(report["leftOut"][0]["what"], "wine s.exe")
        self.assertEqual((report["became"], report["windows"]), ("script", True))
        more = ["--to", self.to, "--overwrite", "--json", "--no-scripts"]
        [report] = json.loads(CliRunner().invoke(importTypes, [good, *more]).output)
        self.assertEqual((report["became"], report["why"]), (None, "make install"))
        self.assertIn("scripts are left out", str(report["leftOut"]))
