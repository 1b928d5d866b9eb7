"""What becomes of PufferPanel's templates, each by a small one of our own."""

import json
import re
import time
import tomllib
from typing import Any

from twisted.trial.unittest import SynchronousTestCase

from gamepanel.games.importing import Imported, convert
from gamepanel.games.parsing import parse
from tests.games.test_importing import imported


class Kinds(SynchronousTestCase):
    """What tests of kinds have in common."""

    def loaded(self, document: Any) -> tuple[Imported, dict[str, Any]]:
        """What becomes of a document, and its type file, which loads."""
        found = imported(document)
        assert found.text is not None, found.report.error
        parse(found.text)
        return found, tomllib.loads(found.text)

    def whole(self, document: Any) -> dict[str, Any]:
        """The type file of a document of which nothing that matters is left out."""
        found, table = self.loaded(document)
        self.assertEqual([left for left in found.report.leftOut if left.matters], [])
        return table

    def left(self, document: Any) -> list[str]:
        """What is left out that matters."""
        return [left.what for left in imported(document).report.leftOut if left.matters]


def template(*install: Any, **changes: Any) -> dict[str, Any]:
    """A template of our own, with changes."""
    run: dict[str, Any] = {"command": "./sheep ${port}", "stop": "quit", **changes.pop("run", {})}
    made = {
        "type": "sheep",
        "display": "Sheep",
        "install": list(install),
        "data": {
            "port": {"type": "integer", "value": "5000", "required": True},
            "fast": {"type": "boolean", "value": "true"},
            "breed": {"type": "string", "value": "merino", "required": True},
            "version": {"type": "string", "value": "latest", "required": True},
        },
    }
    made["data"].update(changes.pop("data", {}))  # type: ignore[attr-defined]
    return {**made, **changes, "run": run}


def commands(*lines: str) -> dict[str, Any]:
    """An operation that runs commands."""
    return {"type": "command", "commands": list(lines)}


class FormTests(Kinds):
    """Forms that templates have had."""

    def test_first(self) -> None:
        """In the first form operations are one level deeper, and arguments have a list."""
        table = self.whole(
            {
                "pufferd": {
                    "type": "sheep",
                    "display": "Sheep",
                    "install": {"commands": [{"type": "mkdir", "target": "barn"}]},
                    "run": {"program": "./sheep", "arguments": ["-p", "${port}", '"a b"']},
                    "data": {"port": {"value": "5000", "required": True}},
                }
            }
        )
        self.assertEqual(table["install"], [{"directory": "barn"}])
        self.assertEqual(table["run"]["command"], ["./sheep", "-p", "{port}", "a b"])

    def test_lines(self) -> None:
        """A command may be written in several lines."""
        table = self.whole(template(run={"command": "./sheep -a \n  ${breed}"}))
        self.assertEqual(table["run"]["command"], ["./sheep", "-a", "{breed}"])

    def test_argumentText(self) -> None:
        """Arguments may be one text."""
        run = {"command": None, "program": "./sheep", "arguments": "-a -p ${port}"}
        command = self.whole(template(run=run))["run"]["command"]
        self.assertEqual(command, ["./sheep", "-a", "-p", "{port}"])

    def test_order(self) -> None:
        """A command without a condition is for where none of the others fits."""
        given = [
            {"command": "./any"},
            {"command": "./windows", "if": "os == 'windows'"},
            {"command": "./here", "if": "env == 'host' && os != 'windows'"},
        ]
        self.assertEqual(self.whole(template(run={"command": given}))["run"]["command"], ["./here"])
        given.pop()
        self.assertEqual(self.whole(template(run={"command": given}))["run"]["command"], ["./any"])

    def test_plain(self) -> None:
        """A command that only waits is one, too, by a shell or without."""
        for text, command in (
            ("sleep 1", ["sleep", "1"]),
            ("sleep 1; true", ["bash", "-c", "sleep 1; true"]),
        ):
            found = self.whole(template(run={"command": text}))["run"]["command"]
            self.assertEqual(found, command)

    def test_commas(self) -> None:
        """A comma behind the last value is no mistake; one in a text is a part of it."""
        text = json.dumps(template(display="a,]b"), indent=1)
        found = convert("x", re.sub(r"\n( *)([]}])", r",\n\1\2", text).encode())
        self.assertEqual(found.report.title, "a,]b")
        began = time.process_time()
        for text in ('[\\"' + '\\"' * 500_000, "{" + "," * 1_000_000, '{"a": "' + "\\" * 999_999):
            self.assertIn("no JSON", str(convert("x", text.encode()).report.error))
        self.assertLess(time.process_time() - began, 20)

    def test_either(self) -> None:
        """Of commands for several cases, a shell chooses at each start."""
        for case, test in (
            ("fast", '[ "${V_fast}" == true ]'),
            ("!fast", '! [ "${V_fast}" == true ]'),
            ("fast != true", '[ "${V_fast}" != true ]'),
            ("file_exists('/lib/' + breed)", '[ -e lib/"${V_breed}" ]'),
            ("file_exists('a/' + breed + '/b')", '[ -e a/"${V_breed}"/b ]'),
            ("!file_exists('s.jar')", "! [ -e s.jar ]"),
        ):
            given = [{"command": "./s -a ${breed}", "if": case}, {"command": "./t"}]
            run = self.whole(template(run={"command": given}))["run"]
            text = f'if {test}; then ./s -a "${{V_breed}}"; else ./t; fi'
            text = text.replace("{", "{{").replace("}", "}}")
            self.assertEqual(run["command"], ["bash", "-c", text], case)
            self.assertEqual(run["environment"]["V_breed"], "{breed}")

    def test_post(self) -> None:
        """What is done after the end is named, if it does something."""
        post = [{"type": "console", "text": "bye"}, {"type": "mkdir", "target": "x"}]
        [left] = self.left(template(run={"post": post}))
        self.assertIn("mkdir", left)

    def test_rest(self) -> None:
        """What else the panel does is named; what is only for other hosts counts."""
        more = {
            "keepAlive": {"command": "bleat", "frequency": "5m"},
            "uninstall": [{"type": "console", "text": "x"}],
            "requirements": {"os": "windows"},
        }
        self.assertEqual(
            sorted(self.left(template(**more))),
            ["keepAlive: bleat every 5m", "requirements.os: windows"],
        )

    def test_machines(self) -> None:
        """A machine that is asked for is one; two are both."""
        for arch, machines in (
            ("amd64", ["x86_64"]),
            ("arm64", ["aarch64"]),
            ("amd64 || arm64", None),
        ):
            table = self.whole(template(requirements={"arch": arch}))
            self.assertEqual(table.get("machines"), machines)

    def test_needs(self) -> None:
        """What a host must have is told; what install steps do needs nothing of it."""
        needed = {"binaries": ["unzip", "node", "java", "a || b", 5, "node"]}
        table = self.whole(template(requirements=needed, run={"command": "mono s.exe"}))
        self.assertEqual(table["needs"], ["mono", "node"])

    def test_restart(self) -> None:
        """A server that is to be started again however it ends is."""
        table = self.whole(template(run={"autorestart": True}))
        self.assertEqual(table["restart"], {"policy": "always"})


class ConditionTests(Kinds):
    """Conditions, in CEL."""

    def holds(self, condition: str) -> Any:
        """What a step with a condition depends on; None where there is no step."""
        table = self.whole(template({"type": "mkdir", "target": "x", "if": condition}))
        steps = table.get("install", [])
        if not steps:
            return None
        return {key: steps[0][key] for key in ("when", "unless") if key in steps[0]}

    def test_known(self) -> None:
        """What is known of the host and of values is looked at, with brackets as they are set."""
        for condition in (
            "env == 'host' && (os == \"windows\" || os == 'linux')",
            "!(os == 'windows')",
            "'linux' == os",
            "core:os == 'linux' && arch in ['amd64', 'arm64']",
            "!file_exists('a' + breed + '.txt')",
            "size(breed) > 0",
            "breed.size() != 0",
            "(true || fast) && !false",
        ):
            self.assertEqual(self.holds(condition), {}, condition)
        for condition in ("env == 'docker' && fast", "os in ['windows']", "file_exists('x')"):
            self.assertIsNone(self.holds(condition), condition)

    def test_options(self) -> None:
        """What depends on an option depends on it in the step, too."""
        for condition, depends in (
            ("fast", {"when": "fast"}),
            ("!fast", {"unless": "fast"}),
            ("fast == true && env != 'docker'", {"when": "fast"}),
            ("fast != true", {"unless": "fast"}),
        ):
            self.assertEqual(self.holds(condition), depends, condition)

    def test_newest(self) -> None:
        """A word for the newest is an empty option, in brackets too."""
        depends = self.holds("(version == 'latest' || version == '') && env == 'host'")
        self.assertEqual(depends, {"unless": "version"})

    def test_unknown(self) -> None:
        """What can't be told, or read, is named."""
        for condition in (
            "port > 1024",
            "a b",
            "((fast)",
            "what('x')",
            "fast &&",
            "fast ? 'a' : 'b'",
            "fast == 'x'." + "y()" * 100,
            "(" * 200,
            "!" * 5000,
        ):
            step = {"type": "mkdir", "target": "x", "if": condition}
            self.assertEqual(len(self.left(template(step))), 1, condition)


class RuntimeTests(Kinds):
    """Java and Node.js of templates."""

    def test_programs(self) -> None:
        """A program whose version is in its name is the one that was got."""
        for java in ("java17", "java${jv}", "${java}", "java"):
            table = self.whole(
                template(
                    {"type": "javadl", "version": "${jv}"},
                    {"type": "download", "files": "https://example.org/i.jar"},
                    commands(f"{java} -jar i.jar --install"),
                    data={
                        "jv": {"type": "integer", "value": "17"},
                        "java": {"type": "string", "value": "java"},
                    },
                    run={"command": f"sh -c 'cd farm && exec {java} -jar s.jar'"},
                )
            )
            self.assertEqual(table["install"][0], {"java": "{jv}"})
            self.assertEqual(
                table["install"][-1], {"run": ["{java_program}", "-jar", "i.jar", "--install"]}
            )
            self.assertEqual(table["run"]["command"], ["{java_program}", "-jar", "s.jar"])
            self.assertEqual(table["run"]["directory"], "farm")

    def test_image(self) -> None:
        """Without another word, Java is that of the image for containers."""
        for image, version in (
            ("eclipse-temurin:17", "17"),
            ("amazoncorretto:11", "11"),
            ("openjdk:8-alpine", "8"),
            ("sheep/farm", "21"),
        ):
            environment = {"type": "docker", "image": image}
            table = self.whole(template(environment=environment, run={"command": "java -jar s"}))
            self.assertEqual(table["install"], [{"java": version}])

    def test_node(self) -> None:
        """Node.js is the host's."""
        table = self.whole(
            template({"type": "nodejsdl", "version": "20"}, run={"command": "node20 s.js"})
        )
        self.assertEqual((table["run"]["command"], table["needs"]), (["node", "s.js"], ["node"]))

    def test_arguments(self) -> None:
        """Many arguments in one value are taken apart by a shell, and told."""
        data = {"jvmArgs": {"type": "string", "value": "-Xa -Xb"}}
        found, table = self.loaded(template(data=data, run={"command": "./s ${jvmArgs} go"}))
        self.assertEqual(table["run"]["command"], ["bash", "-c", "./s ${{V_jvmargs}} go"])
        self.assertTrue(any("list of" in left.why for left in found.report.leftOut))
        options = [{"value": "-Xa -Xb"}, {"value": "-Xc"}]
        chosen = {"q": {"type": "option", "value": "-Xc", "options": options}}
        table = self.whole(template(data=chosen, run={"command": "./s ${q} go"}))
        self.assertEqual(table["run"]["command"][2], "./s ${{V_q}} go")

    def test_choices(self) -> None:
        """Of a choice in which nothing is one, too, nothing has to be chosen."""
        options = [{"value": ""}, {"value": "a"}, {"value": "+b"}]
        data = {"q": {"type": "option", "value": "", "options": options, "required": True}}
        table = self.whole(template(data=data, run={"command": "./s x${q}"}))
        [option] = table["options"]
        self.assertNotIn("required", option)
        self.assertEqual(option["choices"], ["a", "+b"])

    def test_negative(self) -> None:
        """A number below zero is a number, since no text may begin with -."""
        data = {"range": {"type": "string", "value": "-1", "required": True}}
        table = self.whole(template(data=data, run={"command": "./s -range ${range}"}))
        self.assertEqual(table["run"]["command"], ["./s", "-range", "{range}"])
        self.assertEqual(table["options"][0]["type"], "integer")


class OperationTests(Kinds):
    """Operations of templates."""

    def test_nameless(self) -> None:
        """A file whose name only its server knows is moved to the name that it is given."""
        table = self.whole(
            template(
                {"type": "download", "files": "https://example.org/api/${breed}/download?a=b"},
                {"type": "move", "source": "sheep-*.jar", "target": "sheep.jar"},
                run={"command": "java -jar sheep.jar"},
            )
        )
        self.assertEqual(
            table["install"][1:],
            [
                {"download": "https://example.org/api/{breed}/download?a=b", "to": "download"},
                {"move": "download", "to": "sheep.jar"},
            ],
        )

    def test_addressed(self) -> None:
        """A file whose address is an option is called as it is at first, or as another says."""
        data = {"link": {"type": "string", "value": "https://example.org/x/s.zip"}}
        steps = [
            {"type": "download", "files": ["${link}"]},
            {"type": "extract", "source": "s.zip", "destination": "."},
        ]
        table = self.whole(template(*steps, data=data))
        self.assertEqual(
            table["install"],
            [{"download": "{link}", "to": "s.zip"}, {"unpack": "s.zip"}],
        )

    def test_moved(self) -> None:
        """A file that was used where it was is moved only then."""
        table = self.whole(
            template(
                {"type": "download", "files": "https://example.org/i.jar"},
                commands("java -jar i.jar"),
                {"type": "mkdir", "target": "old"},
                {"type": "move", "source": "i.jar", "target": "old/i.jar"},
            )
        )
        self.assertEqual(table["install"][1]["to"], "i.jar")
        self.assertEqual(table["install"][-1], {"move": "i.jar", "to": "old/i.jar"})

    def test_paths(self) -> None:
        """Paths are those of the server's directory, whatever they are called."""
        table = self.whole(
            template(
                {"type": "mkdir", "target": "${rootDir}/barn"},
                {"type": "mkdir", "target": "/hay/${server}"},
                commands("mkdir ${rootdir}/straw", "mv ${rootDir}/a/ ${rootDir}/b/"),
                commands("steamcmd +force_install_dir ${rootDir} +app_update 740 +quit"),
                data={"server": {"type": "string", "value": "one", "required": True}},
            )
        )
        self.assertEqual(
            table["install"],
            [
                {"directory": "barn"},
                {"directory": "hay/{game_server}"},
                {"directory": "straw"},
                {"move": "a", "to": "b/a"},
                {"steamcmd": 740},
            ],
        )

    def test_steam(self) -> None:
        """SteamCMD is the daemon's own; a login is asked for where somebody is named."""
        given = {
            "type": "steamgamedl",
            "appId": 740,
            "username": "${user}",
            "extraArgs": ["-beta", "${breed}"],
        }
        url = "https://steamcdn-a.akamaihd.net/client/installer/steamcmd_linux.tar.gz"
        for user, account in (("anonymous", {}), ("shepherd", {"account": True})):
            table = self.whole(
                template(
                    {"type": "download", "files": url},
                    {"type": "mkdir", "target": "steamcmd"},
                    given,
                    data={"user": {"type": "string", "value": user}},
                    run={"pre": [given]},
                )
            )
            self.assertEqual(table["install"], [{"steamcmd": 740, "beta": "{breed}", **account}])

    def test_later(self) -> None:
        """A script changes what SteamCMD installs, so it runs that itself."""
        steam = {"type": "steamgamedl", "appId": "740", "username": "shepherd"}
        alter = {"type": "alterfile", "file": "s.xml", "search": "a", "replace": "${breed}"}
        run = {"pre": [steam]}
        table = self.whole(template(steam, alter, run=run))
        [step] = table["install"]
        lines = step["script"].splitlines()
        [app] = [at for at, line in enumerate(lines) if '"shepherd" +app_update 740' in line]
        [change] = [at for at, line in enumerate(lines) if "perl" in line]
        self.assertLess(app, change)
        self.assertEqual((table["machines"], table["needs"]), (["x86_64"], ["curl", "perl"]))
        # It needs no other script, so a login is the daemon's.
        [step] = self.whole(template(run=run))["install"]
        self.assertEqual(step, {"steamcmd": 740, "account": True})

    def test_unseen(self) -> None:
        """What steps have done in the server's directory is not there for a script."""
        steps = (
            {"type": "download", "files": "https://example.org/i.jar"},
            commands("java -jar i.jar"),
            {"type": "mojangdl", "version": "1.21"},
            commands("./other"),
        )
        self.assertEqual(self.left(template(*steps)), ["its script"])

    def test_fileThere(self) -> None:
        """Whether a program has made a file is asked when it has run."""
        move = {"type": "move", "source": "i-*.jar", "target": "i.jar"}
        table = self.whole(
            template(
                {"type": "download", "files": "https://example.org/i.jar"},
                commands("java -jar i.jar"),
                {**move, "if": "!file_exists('run.sh')"},
            )
        )
        self.assertIn("if ! [ -e run.sh ]; then", table["install"][-1]["script"])

    def test_inherited(self) -> None:
        """Variables in the environment keep what is named beside themselves, and PATH is ours."""
        variables = {"LD_LIBRARY_PATH": "./a:${LD_LIBRARY_PATH}:./b", "PATH": "/opt/x:$PATH"}
        run = self.whole(template(run={"environmentVars": variables}))["run"]
        self.assertEqual(run["environment"], {"LD_LIBRARY_PATH": "./a:./b"})

    def test_login(self) -> None:
        """A login that must be given is that of the daemon's account."""
        for value, account in (("anonymous", {}), ("", {"account": True})):
            data = {"user": {"type": "string", "value": value, "required": True}}
            step = commands("steamcmd +login ${user} +app_update 740 +quit")
            [found] = self.whole(template(step, data=data))["install"]
            self.assertEqual(found, {"steamcmd": 740, **account})

    def test_windows(self) -> None:
        """Files for Windows are had where they are asked for."""
        given = {"type": "steamgamedl", "appId": "740", "extraArgs": "-os windows"}
        self.assertEqual(
            self.whole(template(given))["install"], [{"steamcmd": 740, "platforms": ["windows"]}]
        )

    def test_quotes(self) -> None:
        """Values are put in before quotes are looked at, and however a name is written."""
        table = self.whole(template(run={"command": "./s '${breed} x' ${PORT}"}))
        self.assertEqual(table["run"]["command"], ["./s", "{breed} x", "{port}"])

    def test_nobody(self) -> None:
        """A name that is no variable's is told."""
        found, table = self.loaded(template(run={"command": "./s -host ${sheep}"}))
        self.assertEqual(table["run"]["command"], ["./s", "-host"])
        self.assertIn("${sheep}", [left.what for left in found.report.leftOut])

    def test_alter(self) -> None:
        """A part of a file is changed by a script, or before each start."""
        given = {"type": "alterfile", "file": "s.cfg", "search": "^a.*$", "replace": "b=${breed}"}
        for isRegex, change in ((True, "s/$ENV{S}/$ENV{R}/g"), (False, "\\Q$ENV{S}\\E")):
            one = {**given, "regex": isRegex}
            [step] = self.whole(template(one))["install"]
            self.assertIn(change, step["script"])
            self.assertEqual(step["environment"], {"V_breed": "{breed}"})
            command = self.whole(template(run={"pre": [one]}))["run"]["command"]
            self.assertTrue(command[2].startswith("S='^a.*$' R="), command)

    def test_branch(self) -> None:
        """A branch of a game of Steam is one of its betas."""
        for branch, beta in (("", {}), ("test", {"beta": "test"})):
            step = {"type": "steamgamedl", "appId": "740", "branch": branch}
            self.assertEqual(self.whole(template(step))["install"], [{"steamcmd": 740, **beta}])

    def test_unknown(self) -> None:
        """Operations that have no step are named."""
        for operation in ({"type": "archive"}, {"type": "curseforge"}, {"type": "shear"}):
            self.assertEqual(len(self.left(template(operation))), 1)

    def test_terms(self) -> None:
        """Minecraft's terms are accepted where a file says so; other terms are an option."""
        data = {"eula": {"type": "boolean", "value": "false"}}
        written = {"type": "writefile", "target": "eula.txt", "text": "eula=${eula}"}
        [option, *_] = self.whole(template(written, data=data))["options"]
        self.assertIn("Minecraft", option["accept"])
        terms = {"type": "option", "value": "0", "options": [{"value": "0"}, {"value": 1}]}
        table = self.whole(template(data={"eula": terms}, run={"command": "./s terms=${eula}"}))
        self.assertEqual([option["type"] for option in table["options"]], ["enum"])
        self.assertNotIn("files", table)

    def test_ports(self) -> None:
        """Numbers that are called ports are ports."""
        data = {
            name: {"type": kind, "value": value}
            for name, kind, value in (
                ("vport", "integer", "9987"),
                ("gamePort", "string", "5001"),
                ("support", "integer", "5"),
            )
        }
        run = {"command": "./s ${vport} ${gamePort} ${support}"}
        table = self.whole(template(data=data, run=run))
        self.assertEqual(
            [(option["name"], option["type"]) for option in table["options"]],
            [("vport", "port"), ("gameport", "port"), ("support", "integer")],
        )


class FileTests(Kinds):
    """Files that templates write."""

    def test_lines(self) -> None:
        """What is written before each start is written by the shell that starts the game."""
        step = {"type": "writefile", "target": "conf/s.txt", "text": 'a="${breed}"\n$x `y`'}
        run = self.whole(template(run={"pre": [step]}))["run"]
        self.assertEqual(
            run["command"][2],
            'cat > "conf/s.txt" << END_OF_FILE\na="${{V_breed}}"\n\\$x \\`y\\`\nEND_OF_FILE\n'
            './sheep "${{V_port}}"',
        )
        self.assertEqual(run["environment"], {"V_breed": "{breed}", "V_port": "{port}"})

    def test_once(self) -> None:
        """What is written at the install is written once."""
        for text in ("just words\n  and more", '{"a": ${breed}}', "[]", "a\n$x `y` \\ z", ""):
            step = {"type": "writefile", "target": "s.x", "text": text}
            [found] = self.whole(template(step))["install"]
            expected = text.replace("{", "{{").replace("}", "}}").replace("${{breed}}", "{breed}")
            self.assertEqual(found["text"].rstrip("\n"), expected)
            self.assertEqual(found["keep"], ["s.x"])

    def test_depends(self) -> None:
        """A file that is there only if an option is set is written by a step, then."""
        step = {"type": "writefile", "target": "s.properties", "text": "a=1", "if": "fast"}
        [found] = self.whole(template(step))["install"]
        self.assertEqual((found["write"], found["when"]), ("s.properties", "fast"))

    def test_escapes(self) -> None:
        """What stands escaped in a file of properties is an option as people write it."""
        data = {"motd": {"type": "string", "value": "A\\n\\u00A79 b\\\\c \\ud800"}}
        step = {"type": "writefile", "target": "s.properties", "text": "#x\nmotd=${motd}\n\nb=c"}
        table = self.whole(template(step, data=data))
        self.assertEqual(table["options"][-1]["default"], "A\n\u00a79 b\\c \\ud800")
        self.assertEqual(table["files"][0]["set"], {"motd": "{motd}", "b": "c"})


class MinecraftTests(Kinds):
    """Operations for Minecraft."""

    def steps(self, operation: dict[str, Any], **changes: Any) -> list[dict[str, Any]]:
        """The steps of an operation."""
        found = self.whole(template(operation, **changes))["install"]
        assert isinstance(found, list)
        return found

    def test_newest(self) -> None:
        """Where a version is left empty, the newest is looked up, wherever that is published."""
        for operation, source in (
            ({"type": "mojangdl", "version": "${version}"}, "piston-meta"),
            ({"type": "paperdl", "minecraftVersion": "${version}", "build": "latest"}, "fill."),
            ({"type": "forgedl", "version": "${version}", "minecraftVersion": "1.20.1"}, "forge"),
            ({"type": "neoforgedl", "version": "${version}"}, "neoforged"),
        ):
            first = self.steps(operation)[0]
            self.assertEqual(first["unless"], "version")
            self.assertIn(source, first["fetch"])

    def test_choice(self) -> None:
        """One of several servers is installed where nothing is chosen; others are left out."""
        options = [{"value": ""}, {"value": "forge"}]
        data = {"launcher": {"type": "string", "value": "", "options": options}}
        vanilla = {"type": "mojangdl", "version": "${version}", "target": "server.jar"}
        forge = {"type": "forgedl", "minecraftVersion": "${version}", "target": "i.jar"}
        document = template(
            {**vanilla, "if": "launcher == ''"},
            {**forge, "if": "launcher == 'forge'"},
            commands("java -jar i.jar", "rm i.jar"),
            data=data,
        )
        self.assertEqual(self.left(document), ["it installs Forge"])
        steps = self.loaded(document)[1]["install"][1:5]
        self.assertEqual(
            [step["unless"] for step in steps], ["version", "launcher", "launcher", "launcher"]
        )

    def test_paper(self) -> None:
        """A build of Paper is that which is asked for."""
        steps = self.steps({"type": "paperdl", "minecraftVersion": "1.21", "build": "12"})
        self.assertTrue(steps[0]["fetch"].endswith("/paper/versions/1.21/builds/12"))

    def test_oldPaper(self) -> None:
        """What PaperMC gave at addresses of before is had from where it is now."""
        for address, build, target in (
            (
                "https://api.papermc.io/v2/projects/x/versions/${breed}/builds/7/downloads/x-7.jar",
                7,
                "x.jar",
            ),
            ("https://papermc.io/api/v1/x/${breed}/latest/download", "{build_version}", "x.jar"),
            ("https://papermc.io/api/v1/x/1.8/7/download", 7, "./${breed}.jar"),
        ):
            table = self.whole(
                template(
                    {"type": "download", "files": address},
                    {"type": "move", "source": "x-*.jar", "target": target},
                    run={"command": f"java -jar {target}"},
                )
            )
            *_, found, download = table["install"]
            base = "https://fill.papermc.io/v3/projects"
            version = "{breed}" if "breed" in address else "1.8"
            self.assertEqual(found["fetch"], f"{base}/x/versions/{version}/builds/{build}")
            jar = target.replace("${breed}", "{breed}")
            self.assertEqual(table["run"]["command"][2], jar)
            self.assertEqual(download["to"], jar.removeprefix("./"))

    def test_oldPurpur(self) -> None:
        """So is what Purpur gave at addresses of before."""
        for address in (
            "https://api.pl3x.net/v2/purpur/${breed}/latest/download/server.jar",
            "https://purpur.pl3x.net/api/v1/purpur/${breed}/latest/download",
        ):
            [step] = self.steps({"type": "download", "files": address})
            self.assertEqual(
                step["download"], "https://api.purpurmc.org/v2/purpur/{breed}/latest/download"
            )

    def test_neoforge(self) -> None:
        """NeoForge is that for a version of Minecraft."""
        steps = self.steps({"type": "neoforgedl", "minecraftVersion": "1.21.1", "target": "i.jar"})
        self.assertEqual(steps[1], {"match": {"minor": ["1.21.1", r"^(?:1\.)?(.*)$"]}})
        self.assertIn("starts_with(@, '{minor}.')", str(steps[2]["let"]))

    def test_resolved(self) -> None:
        """The version of Forge that is there is looked for at each start."""
        resolve = {"type": "resolveforgeversion", "outputVariable": "found"}
        run = {"command": "java @libraries/forge/${found}/unix_args.txt", "pre": [resolve]}
        command = self.whole(template(run=run))["run"]["command"]
        self.assertEqual(
            command[1], {"newest": "libraries/forge/*/unix_args.txt", "add": ["@{newest}"]}
        )

    def test_sponge(self) -> None:
        """Sponge is had where it is published; that for Forge is named."""
        steps = self.steps({"type": "spongedl", "minecraftVersion": "1.12.2"})
        self.assertIn("/spongevanilla/versions", steps[0]["fetch"])
        self.assertEqual(self.left(template({"type": "spongeforgedl"})), ["spongeforgedl"])


class ConsoleTests(Kinds):
    """Consoles of templates."""

    def test_choice(self) -> None:
        """A command has a console of its own; the address is said where it is another."""
        given = [{"command": "./sheep", "stdin": {"type": "telnet", "port": "8081"}}]
        run = {"command": given, "stdin": {"type": "stdin"}}
        self.assertEqual(self.whole(template(run=run))["console"], {"kind": "telnet", "port": 8081})
        asked = {"type": "rcon-ws", "port": "${port}", "password": "x", "ip": "${ip}"}
        for address, host in (("0.0.0.0", None), ("192.0.2.1", "{ip}")):
            data = {"ip": {"type": "string", "value": address}}
            console = self.whole(template(data=data, run={"stdin": asked}))["console"]
            self.assertEqual((console["kind"], console.get("host")), ("rcon-web", host))

    def test_lacking(self) -> None:
        """A console without a password, and a file elsewhere, are named."""
        for run in (
            {"stdin": {"type": "rcon", "port": "1"}},
            {"stdout": {"type": "file", "file": "../x.log"}},
        ):
            self.assertEqual(len(self.left(template(run=run))), 1)
