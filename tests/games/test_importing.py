"""Types that are made of the eggs and templates of other panels."""

import json
import os
import time
import tomllib
from typing import Any, Final

from click.testing import CliRunner
from twisted.trial.unittest import SynchronousTestCase

from gamepanel.client.local import importTypes
from gamepanel.games.importing import Imported, convert, typeName
from gamepanel.games.importing.foreign import maxBytes
from gamepanel.games.option import BadValue
from gamepanel.games.parsing import parse
from gamepanel.local.importing import importFiles

port: Final = "{{server.build.default.port}}"


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
                "./s $( [[ {{FAST}} == 1 ]] && printf %s '-fast -x' )",
                ["./s", {"when": "fast", "add": ["-fast", "-x"]}],
            ),
            (
                './s $(if [ -n "$MAP" ]; then echo "-map=$MAP"; fi)',
                ["./s", {"when": "map", "add": ["-map={map}"]}],
            ),
            ("./s ${MAP:+-map $MAP}", ["./s", {"when": "map", "add": ["-map", "{map}"]}]),
            (
                'java $( [ ! -f args.txt ] && printf %s "-jar s.jar" || printf %s "@args.txt" )',
                [
                    "java",
                    {"newest": "args.txt", "add": ["@args.txt"], "otherwise": ["-jar", "s.jar"]},
                ],
            ),
            ("java -jar s-*.jar", ["java", "-jar", {"newest": "s-*.jar", "add": ["{newest}"]}]),
            ("./s {{EXTRA_ARGS}} {{NAME}}", ["./s", "-a", "-b", "{name}"]),
            (
                "/home/container/bin/s -d /home/container/x",
                ["{directory}/bin/s", "-d", "{directory}/x"],
            ),
            ("./s 'a{b}'", ["./s", "a{{b}}"]),
            ("./s 2>&1 | tee log.txt", ["./s"]),
            ('bash -c "./s -x"', ["./s", "-x"]),
            ("rm -f old.log; mkdir -p logs && ./s", ["./s"]),
        ):
            table = self.table(startup=startup, variables=given)
            self.assertEqual(table["run"]["command"], expected, startup)

    def test_surroundings(self) -> None:
        """Variables, the directory and a file that is followed are taken over."""
        table = self.table(
            startup="export LD_PATH=./lib; cd bin; MODE=fast ./s & tail -F logs/s.log"
        )
        self.assertEqual(table["run"]["environment"], {"LD_PATH": "./lib", "MODE": "fast"})
        self.assertEqual(table["run"]["directory"], "bin")
        self.assertEqual(table["console"], {"follow": "logs/s.log"})

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

    def test_shells(self) -> None:
        """What needs a shell or Windows is named."""
        for startup, part in (
            ("./s $(cat name.txt)", "$(cat name.txt)"),
            ("./other; ./s", "./other"),
            ("./s | ./filter", "| ./filter"),
            ("if [ -f a ] && grep b a; then ./x; fi; ./s", "if [ -f a ]"),
            ("wine s.exe", "wine s.exe"),
            ("./s 'never closed", "./s 'never closed"),
            ("for i in 1 2; do ./a; done; ./s", "for i in"),
        ):
            said = self.left(startup=startup)
            self.assertTrue(any(part in what for what in said), (startup, said))
        for startup in ("", "echo hello", "if then", "$(x)"):
            found = imported(egg(startup=startup))
            self.assertIsNone(found.text, startup)
            self.assertIn("start command", str(found.report.error))

    def test_inverted(self) -> None:
        """An argument for when something is off stands there otherwise."""
        given = [variable("GUARD", "1", "boolean")]
        table = self.table(
            startup="./s $( [ $GUARD == 1 ] || printf %s '-noguard' ) "
            "x?a=b$( [ 1 == 1 ] && echo ' -c')",
            variables=given,
        )
        self.assertEqual(
            table["run"]["command"],
            ["./s", {"when": "guard", "add": [], "otherwise": ["-noguard"]}, "x?a=b", "-c"],
        )
        [option] = table["options"]
        self.assertEqual((option["title"], option["default"]), ("GUARD", True))

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

    def test_listeners(self) -> None:
        """The first listener of BungeeCord is set by lines of a file that is written once."""
        find = {"listeners[0].query_port": port, "listeners[0].host": f"0.0.0.0:{port}"}
        table = self.table(
            config={"files": json.dumps({"config.yml": {"parser": "yaml", "find": find}})}
        )
        self.assertEqual(table["files"][0]["set"]["  host:"], "  host: 0.0.0.0:{port}")
        self.assertEqual(table["install"][0]["keep"], ["config.yml"])
        self.assertIn("  host: 0.0.0.0:{port}\n", table["install"][0]["text"])


class InstallTests(SynchronousTestCase):
    """What becomes of install scripts, of which nothing is run."""

    def steps(self, *lines: str, variables: Any = (), startup: str = "./s") -> Any:
        """The install steps of a script, from which nothing that matters is left out."""
        document = egg(scripts=script(*lines), variables=list(variables), startup=startup)
        found = imported(document)
        assert found.text is not None, found.report.error
        parse(found.text)
        self.assertEqual([left for left in found.report.leftOut if left.matters], [])
        return tomllib.loads(found.text).get("install", [])

    def left(self, *lines: str) -> list[str]:
        """What is left out of a script."""
        report = imported(egg(scripts=script(*lines))).report
        return [left.what for left in report.leftOut if left.matters]

    def test_steam(self) -> None:
        """Runs of SteamCMD become steps, with their branch and platform."""
        tool = "./steamcmd.sh +force_install_dir /mnt/server +login ${STEAM_USER} ${STEAM_PASS}"
        windows = (
            '$( [[ "${WINDOWS_INSTALL}" == "1" ]] && printf %s '
            "'+@sSteamCmdForcePlatformType windows' )"
        )
        beta = '$( [[ -z ${BETA} ]] || printf %s "-beta ${BETA}" )'
        app = variable("SRCDS_APPID", "740", "required|in:740", user_editable=False)
        get = "curl -o steamcmd.tar.gz https://cdn.example.org/steamcmd_linux.tar.gz"
        lines = (
            "cd /tmp",
            get,
            "mkdir -p /mnt/server/steamcmd",
            "tar -xzf steamcmd.tar.gz -C /mnt/server/steamcmd",
            "cd /mnt/server/steamcmd",
            'if [ "${STEAM_USER}" == "" ]; then STEAM_USER=anonymous; else echo user; fi',
            f"{tool} {windows} +app_update ${{SRCDS_APPID}} {beta} validate +quit",
            "cp -v linux64/steamclient.so ../.steam/sdk64/steamclient.so",
        )
        self.assertEqual(self.steps(*lines, variables=[app]), [{"steamcmd": 740}])
        beta_ = variable("BETA", "", "nullable|string")
        wine = variable("WINDOWS_INSTALL", "1", "in:1")
        self.assertEqual(
            self.steps(*lines, variables=[app, beta_, wine]),
            [{"steamcmd": 740, "beta": "{beta}", "platforms": ["windows"]}],
        )
        user = variable("STEAM_USER", "", "required|string")
        self.assertEqual(
            self.steps(*lines, variables=[app, user]), [{"steamcmd": 740, "account": True}]
        )

    def test_plain(self) -> None:
        """Downloads, archives, moves and texts become steps."""
        given = [variable("VERSION", "1.2"), variable("JAR", "s.jar")]
        for lines, expected in (
            (
                ["curl -sSL -o ${JAR} https://example.org/s-$VERSION.jar"],
                [{"download": "https://example.org/s-{version}.jar", "to": "{jar}"}],
            ),
            (
                ["wget https://example.org/a.zip", "unzip -o a.zip -d x", "rm a.zip"],
                [
                    {"download": "https://example.org/a.zip", "to": "a.zip"},
                    {"unpack": "a.zip", "to": "x"},
                ],
            ),
            (
                [
                    "cd /tmp",
                    "curl -L https://example.org/a.tar.gz"
                    " | tar xz --strip-components=1 -C /mnt/server",
                ],
                [
                    {"download": "https://example.org/a.tar.gz", "to": ".import/tmp/streamed.tar"},
                    {"unpack": ".import/tmp/streamed.tar", "to": ".", "strip": 1},
                    {"remove": ".import"},
                ],
            ),
            (
                ["wget https://example.org/b", "chmod +x b", "mv b server"],
                [{"download": "https://example.org/b", "to": "server", "executable": True}],
            ),
            (
                ["if [ ! -f s.cfg ]; then curl -o s.cfg https://example.org/s.cfg; fi"],
                [{"download": "https://example.org/s.cfg", "to": "s.cfg", "keep": ["s.cfg"]}],
            ),
            (
                ["cat <<EOF > s.cfg", "a=$VERSION", "b={c}", "EOF"],
                [{"write": "s.cfg", "text": "a={version}\nb={{c}}\n", "keep": ["s.cfg"]}],
            ),
            (
                ['echo "a" > a.txt', 'echo "b" >> a.txt'],
                [{"write": "a.txt", "text": "a\nb\n", "keep": ["a.txt"]}],
            ),
            (
                ["get() { curl -o $1 https://example.org/$1; }", "for f in a b; do get $f; done"],
                [{"download": f"https://example.org/{f}", "to": f} for f in "ab"],
            ),
            (
                ["wget https://example.org/i.jar", "java -jar i.jar --install"],
                [
                    {"java": "21"},
                    {"download": "https://example.org/i.jar", "to": "i.jar"},
                    {"run": ["{java_program}", "-jar", "i.jar", "--install"]},
                ],
            ),
            (
                ["git clone --depth 1 -b main https://github.com/some/game.git ."],
                [
                    {
                        "download": "https://github.com/some/game/archive/main.tar.gz",
                        "to": ".import-game.tar.gz",
                    },
                    {"unpack": ".import-game.tar.gz", "to": ".", "strip": 1},
                ],
            ),
            (["apt update; apt install -y curl", "echo done", "rmdir x", "exit 0"], []),
            (
                ['echo "[a]', "# \\`x\\` or `true`", 'b = \\"c\\"" > s.cfg'],
                [
                    {
                        "write": "s.cfg",
                        "text": '[a]\n# `x` or \nb = "c"\n',
                        "keep": ["s.cfg"],
                    }
                ],
            ),
        ):
            self.assertEqual(self.steps(*lines, variables=given), expected, lines)

    def test_seed(self) -> None:
        """A sample that is copied is what a config file begins with."""
        document = egg(scripts=script("cp data/sample.json data/settings.json"))
        text = imported(document).text
        assert text is not None
        [file] = tomllib.loads(text)["files"]
        self.assertEqual((file["path"], file["seed"]), ("data/settings.json", "data/sample.json"))

    def test_lines(self) -> None:
        """A line that is added to a file, or changed from its beginning on, is set there."""
        given = [variable("RCON_PASS", "x"), variable("NAME", "y")]
        text = imported(
            egg(
                variables=given,
                scripts=script(
                    'echo "rcon_password ${RCON_PASS}" >> server.cfg',
                    "sed -i 's/^hostname .*/hostname ${NAME}/' server.cfg",
                    'sed -i "s|^maxplayers=.*|maxplayers={8}|g" /mnt/server/server.cfg',
                    'sed -i -e "s/^name = .*$/name = $NAME/" deep/other.ini',
                ),
            )
        )
        self.assertEqual([left for left in text.report.leftOut if left.matters], [])
        assert text.text is not None
        files = {file["path"]: file for file in tomllib.loads(text.text)["files"]}
        self.assertEqual({file["format"] for file in files.values()}, {"lines"})
        self.assertEqual(
            files["server.cfg"]["set"],
            {
                "rcon_password ": "rcon_password {rcon_pass}",
                "hostname ": "hostname ${{NAME}}",
                "maxplayers=": "maxplayers={{8}}",
            },
        )
        self.assertEqual(files["deep/other.ini"]["set"], {"name = ": "name = {name}"})

    def test_noLines(self) -> None:
        """What is more than one whole line that something is set in can't be said."""
        for line in (
            "sed -i '3d' server.cfg",
            "sed -i 's/port=1/port=2/' server.cfg",
            "sed -i 's/^port=1/port=2/' server.cfg",
            "sed -i 's/^port=.*/&2/' server.cfg",
            "sed -i 's/^port=.*/other=2/' server.cfg",
            "sed -i 's/^port=.*/port=2/' a.cfg b.cfg",
            "sed -i 's/^port=.*/port=$(date)/' $(ls)",
            'echo "{" >> server.cfg',
            'echo "a" >> server.cfg',
            'printf "port 1\\nport 2" >> server.cfg',
        ):
            self.assertEqual(len(self.left(line)), 1, line)
        given = script('if [ "$X" == "1" ]; then echo "port 1" >> server.cfg; fi')
        asked = [variable("X", "1", "required|boolean")]
        report = imported(egg(variables=asked, scripts=given)).report
        self.assertFalse(report.complete)
        # A file of another kind has its keys, and what an egg sets itself goes before.
        files = '{"s.ini": {"parser": "ini", "find": {"a.b": "1"}}, '
        files += '"s.cfg": {"parser": "file", "find": {"port": "port 2"}}}'
        config = {"files": files, "startup": "{}", "logs": "{}", "stop": "^C"}
        found = imported(
            egg(config=config, scripts=script("echo port 1 >> s.cfg", "echo port 1 >> s.ini"))
        )
        assert found.text is not None
        tables = {file["path"]: file for file in tomllib.loads(found.text)["files"]}
        self.assertEqual(tables["s.cfg"]["set"], {"port": "port 2"})
        self.assertEqual(tables["s.ini"]["set"], {"a.b": "1"})
        self.assertEqual([one.what for one in found.report.leftOut if one.matters], ["s.ini: port"])

    def test_bash(self) -> None:
        """What only bash has does not keep what is around it from being read."""
        fetch = "curl -o x https://example.org/x"
        for line in (
            "local found=(${1##v} b)",
            "declare -a found=($(ls) (b)) other",
            "found+=(`date`)",
            "exec {fd}>/dev/null",
            "for (( i=0; i < ${#a[@]}; i++ )); do echo ${a[$i - 1]}; done",
            "echo x |& (cat >& $fd || cat)",
        ):
            steps = self.steps("f() {", line, "}", fetch)
            self.assertEqual(steps, [{"download": "https://example.org/x", "to": "x"}], line)

    def test_github(self) -> None:
        """Releases of GitHub are asked for their files, the newest or one of a tag."""
        given = [variable("VERSION", "latest")]
        steps = self.steps(
            "LATEST=$(curl -s https://api.github.com/repos/some/game/releases/latest)",
            "ALL=$(curl -s https://api.github.com/repos/some/game/releases)",
            'if [ -z "${VERSION}" ] || [ "${VERSION}" == "latest" ]; then',
            "  URL=$(echo ${LATEST} | jq .assets | jq -r .[].browser_download_url | grep -i linux)",
            "else",
            '  FOUND=$(echo ${ALL} | jq -r --arg V "${VERSION}" '
            "'.[] | select(.tag_name==$V) | .tag_name')",
            '  if [ "${VERSION}" == "${FOUND}" ]; then',
            '    URL=$(echo ${ALL} | jq -r --arg V "${VERSION}" '
            "'.[] | select(.tag_name==$V) | .assets[].browser_download_url' | grep -i linux)",
            "  fi",
            "fi",
            "curl -L -o game.zip $URL",
            variables=given,
        )
        name = next(iter(steps[0]["let"]))
        self.assertEqual(
            [step.get("unless", step.get("when")) for step in steps], ["version", "version", None]
        )
        self.assertEqual(
            [step["let"][name] for step in steps[:2]],
            [
                "assets[*].browser_download_url | [?contains(lower(@), 'linux')] | [0]",
                "[*] | [?tag_name=='{version}'].assets[].browser_download_url"
                " | [?contains(lower(@), 'linux')] | [0]",
            ],
        )
        self.assertEqual(steps[2], {"download": f"{{{name}}}", "to": "game.zip"})

    def test_latest(self) -> None:
        """A word for the newest version becomes an empty option, which says so."""
        steps = self.steps(
            "OK=`curl -s https://api.example.org/v | jq -r --arg V $VERSION "
            "'.versions[] | contains($V)' | grep true`",
            "NEWEST=`curl -s https://api.example.org/v | jq -r '.versions' | jq -r '.[-1]'`",
            'if [ "${OK}" == "true" ]; then echo fine; else VERSION=${NEWEST}; fi',
            "curl -o s.jar https://api.example.org/v/${VERSION}/download",
            variables=[variable("VERSION", "latest", "required|string|max:20")],
        )
        self.assertEqual(
            steps,
            [
                {
                    "fetch": "https://api.example.org/v",
                    "let": {"version": "versions[-1]"},
                    "unless": "version",
                },
                {"download": "https://api.example.org/v/{version}/download", "to": "s.jar"},
            ],
        )
        text = imported(
            egg(
                scripts=script(
                    'if [ "$VERSION" == "latest" ]; then VERSION=9; fi',
                    "wget https://example.org/$VERSION.jar",
                ),
                variables=[variable("VERSION", "latest")],
            )
        ).text
        assert text is not None
        definition = parse(text)
        option = definition.optionsByName["version"]
        self.assertEqual((option.default, option.required), (None, False))
        self.assertIn("Empty for latest", option.description)
        self.assertRaises(BadValue, option.check, "latest")
        option.check("1.2")

    def test_choices(self) -> None:
        """One of two choices becomes an option that is true or not; of more, the default."""
        lines = (
            'if [ "$KIND" == "a" ]; then wget https://example.org/a',
            "else wget https://example.org/b; fi",
        )
        steps = self.steps(*lines, variables=[variable("KIND", "a", "in:a,b")])
        self.assertEqual(
            [(s["to"], s.get("when"), s.get("unless")) for s in steps],
            [("a", None, "kind"), ("b", "kind", None)],
        )
        document = egg(scripts=script(*lines), variables=[variable("KIND", "a", "in:a,b,c")])
        self.assertIn("KIND: a, b, c", [left.what for left in imported(document).report.leftOut])

    def test_exit(self) -> None:
        """What follows an exit is done only otherwise."""
        steps = self.steps(
            'if [ "$MINE" == "1" ]; then exit 0; fi',
            "wget https://example.org/x",
            variables=[variable("MINE", "0", "boolean")],
        )
        self.assertEqual([step["unless"] for step in steps], ["mine"])

    def test_updates(self) -> None:
        """What a script does only once is not done again at updates."""
        document = egg(
            scripts=script(
                "wget https://example.org/g.zip; unzip g.zip",
                "if [ -e a.json ]; then echo; else mv a.example.json a.json; fi",
                "if [ -f w.zip ]; then echo; else ./game --create w.zip; fi",
                "if [ -f c.cfg ]; then echo; else curl https://example.org/c.cfg >> c.cfg; fi",
            )
        )
        found = imported(document)
        assert found.text is not None
        table = tomllib.loads(found.text)
        self.assertEqual(table["files"][0]["seed"], "a.example.json")
        self.assertEqual(
            table["install"][-2], {"run": ["./game", "--create", "w.zip"], "keep": ["w.zip"]}
        )
        self.assertEqual(table["install"][-1]["keep"], ["c.cfg"])
        self.assertEqual([left.what for left in found.report.leftOut if left.matters], [])

    def test_forge(self) -> None:
        """Forge's list of promoted versions is asked."""
        given = [
            variable("MC_VERSION", "latest"),
            variable("FORGE_VERSION", "", "nullable|string"),
            variable("BUILD_TYPE", "recommended", "in:recommended,latest"),
        ]
        steps = self.steps(
            "curl -s https://files.minecraftforge.net/net/minecraftforge/forge/promotions_slim.json",
            "frobnicate",
            variables=given,
        )
        self.assertIn("newest(keys(promos))", str(steps))
        self.assertIn('promos."{mc_version}-{build_type}"', str(steps))

    def test_packages(self) -> None:
        """Packages of npm, and of pip into the server's directory, are installed there."""
        steps = self.steps(
            "git clone $REPO .",
            "npm install --production",
            "if [ -f requirements.txt ]; then pip3 install -U --target . -r requirements.txt; fi",
            variables=[variable("REPO", "", "nullable|string")],
        )
        self.assertEqual(steps[0]["when"], "repo")
        self.assertIn({"run": ["npm", "install", "--production"]}, steps)
        self.assertIn(
            {"write": "requirements.txt", "text": "", "keep": ["requirements.txt"]}, steps
        )
        self.assertEqual(steps[-1]["run"][-2:], ["-r", "requirements.txt"])

    def test_left(self) -> None:
        """What has no step is quoted."""
        for line in (
            "sed -i 's/a/b/' server.cfg",
            "make install",
            "curl -o x ftp://example.org/x",
            "pip install -r requirements.txt",
            "while read l; do curl -o $l https://example.org/; done < list",
            "git clone https://git.example.org/x.git",
            "frobnicate --now",
            "ln -s /etc/passwd x",
        ):
            said = self.left(line)
            self.assertTrue(any(line.split(" < ")[0][:20] in what for what in said), (line, said))

    def test_unfit(self) -> None:
        """A step that does not fit is left out; the others stay."""
        document = egg(scripts=script("wget https://example.org/a", "wget https://x@example.org/b"))
        found = imported(document)
        assert found.text is not None
        self.assertEqual([s["to"] for s in tomllib.loads(found.text)["install"]], ["a"])
        [left] = [left for left in found.report.leftOut if left.matters]
        self.assertIn("user name", left.why)

    def test_errors(self) -> None:
        """Branches that end the script with an error are not taken."""
        steps = self.steps(
            'if [ -z "${NOTHING}" ]; then echo ok; else exit 1; fi',
            "if curl --head --fail https://example.org/x; then echo ok; else exit 2; fi",
            "curl -o x https://example.org/x",
        )
        self.assertEqual(steps, [{"download": "https://example.org/x", "to": "x"}])


class TemplateTests(SynchronousTestCase):
    """What becomes of PufferPanel's templates."""

    def template(self, **changes: Any) -> dict[str, Any]:
        """A template of our own, with changes."""
        made: dict[str, Any] = {
            "type": "sheep",
            "display": "Sheep Racing",
            "install": [],
            "run": {"command": "./sheep -port ${port} -cfg ${server-cfg}", "stop": "quit"},
            "data": {
                "port": {"type": "integer", "value": "5000", "required": True, "display": "Port"},
                "server-cfg": {"value": "s.cfg", "required": True, "desc": "The <b>file</b>"},
                "kind": {
                    "type": "option",
                    "value": "a",
                    "options": [{"value": "a"}, {"value": "b", "display": "B"}],
                },
                "fast": {"type": "boolean", "value": "false"},
            },
            "environment": {"type": "standard"},
        }
        made.update(changes)
        return made

    def table(self, **changes: Any) -> dict[str, Any]:
        """The type file of a template, which loads, with nothing that matters left out."""
        found = imported(self.template(**changes))
        self.assertIsNone(found.report.error)
        assert found.text is not None
        parse(found.text)
        self.assertEqual([left for left in found.report.leftOut if left.matters], [])
        return tomllib.loads(found.text)

    def test_whole(self) -> None:
        """A template becomes a type with its options, of which the port is the first."""
        table = self.table()
        self.assertEqual(
            table["run"]["command"], ["./sheep", "-port", "{port}", "-cfg", "{server_cfg}"]
        )
        self.assertEqual([option["name"] for option in table["options"]], ["port", "server_cfg"])
        self.assertEqual(table["options"][0]["default"], 5000)
        self.assertEqual(table["options"][1]["description"], "The file")

    def test_run(self) -> None:
        """The command for a host, the variables, the directory and a signal are taken over."""
        run = {
            "command": [
                {"command": "./docker", "if": "env == 'docker'"},
                {"command": "./host ${kind}", "if": "env != 'docker'"},
            ],
            "stopCode": 2,
            "environmentVars": {"KIND": "${kind}"},
            "workingDirectory": "bin",
        }
        table = self.table(run=run)
        self.assertEqual(table["run"]["command"], ["./host", "{kind}"])
        self.assertEqual(table["run"]["environment"], {"KIND": "{kind}"})
        self.assertEqual(table["run"]["directory"], "bin")
        self.assertEqual([step["signal"] for step in table["stop"]], ["INT", "TERM"])

    def test_operations(self) -> None:
        """Operations become steps; files of properties are set before each start."""
        table = self.table(
            install=[
                {"type": "steamgamedl", "appId": "730"},
                {"type": "javadl", "version": "21"},
                {"type": "mkdir", "target": "maps"},
                {"type": "download", "files": ["https://example.org/s-1.zip"]},
                {"type": "extract", "source": "s-1.zip", "destination": "."},
                {"type": "download", "files": "https://example.org/t-2.jar"},
                {"type": "move", "source": "t-*.jar", "target": "t.jar"},
                {"type": "writefile", "target": "s.properties", "text": "port=${port}\na=b\n"},
                {"type": "writefile", "target": "s.txt", "text": "${port}", "if": "fast"},
                {"type": "download", "files": "https://example.org/w", "if": "os == 'windows'"},
                {"type": "mkdir", "target": "n", "if": "file_exists('x') && os == 'linux'"},
                {"type": "mkdir", "target": "y", "if": '!file_exists("x")'},
                {"type": "command", "commands": ["chmod +x sheep"]},
            ],
            run={"command": "java21 -jar t.jar"},
        )
        self.assertEqual(
            table["install"],
            [
                {"java": "21"},
                {"steamcmd": 730},
                {"directory": "maps"},
                {"download": "https://example.org/s-1.zip", "to": "s-1.zip"},
                {"unpack": "s-1.zip", "to": ".", "executable": ["sheep"]},
                {"download": "https://example.org/t-2.jar", "to": "t.jar"},
                {"write": "s.txt", "text": "{port}", "keep": ["s.txt"], "when": "fast"},
                {"directory": "y"},
            ],
        )
        self.assertEqual(table["files"][0]["set"], {"port": "{port}", "a": "b"})
        self.assertEqual(table["run"]["command"], ["{java_program}", "-jar", "t.jar"])

    def test_minecraft(self) -> None:
        """Servers of Minecraft are had where they are published."""
        for operation, part in (
            ({"type": "mojangdl", "version": "latest", "target": "s.jar"}, "piston-meta"),
            ({"type": "paperdl", "version": "1.21"}, "fill.papermc.io"),
            ({"type": "fabricdl"}, "meta.fabricmc.net"),
            ({"type": "forgedl", "version": "1.20.1-47.2.0"}, "1.20.1-47.2.0-installer.jar"),
            ({"type": "forgedl", "minecraftVersion": "1.20.1"}, "promotions_slim"),
            ({"type": "neoforgedl", "version": "21.0.1"}, "neoforge-21.0.1-installer.jar"),
        ):
            table = self.table(install=[operation])
            self.assertIn(part, str(table["install"]))

    def test_choice(self) -> None:
        """What depends on a choice is done for its default, which is told."""
        found = imported(
            self.template(
                install=[
                    {"type": "mkdir", "target": "x", "if": "kind == 'a'"},
                    {"type": "mkdir", "target": "y", "if": "kind == 'b'"},
                ],
                run={"command": "./s ${kind}"},
            )
        )
        assert found.text is not None
        table = tomllib.loads(found.text)
        self.assertEqual(table["install"], [{"directory": "x"}])
        self.assertEqual(table["run"]["command"], ["./s", "a"])
        self.assertEqual(
            [left.what for left in found.report.leftOut if left.matters], ["kind: a, b"]
        )


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
            self.assertLess(time.process_time() - began, 20)

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
            self.assertLess(time.process_time() - began, 20, text[:40])

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
        reports = list(importFiles([one, one, "/nowhere/x"], self.to, False))
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
        [report] = importFiles([one], self.to, False)
        self.assertIn("is there already", str(report.error))
        [report] = importFiles([one], self.to, True)
        self.assertIsNotNone(report.written)
        with open(victim) as file:
            self.assertEqual(file.read(), "mine")
        self.assertEqual(os.listdir(self.to), ["sheep-racing.toml"])

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
        good = self.file("good.json", json.dumps(egg(startup="./other; ./s")))
        bad = self.file("bad.json", "{")
        run = CliRunner().invoke(importTypes, [good, bad, "--to", self.to])
        self.assertEqual(run.exit_code, 1)
        self.assertIn("LEFT OUT", run.output)
        self.assertIn("nothing written: no JSON", run.output)
        run = CliRunner().invoke(importTypes, [good, "--to", self.to, "--overwrite", "--json"])
        self.assertEqual(run.exit_code, 0)
        [report] = json.loads(run.output)
        self.assertFalse(report["complete"])
        self.assertEqual(report["leftOut"][0]["what"], "./other")
