"""Kinds of eggs and templates that are imported, each by a small one of our own."""

import re
import subprocess
import tomllib
from typing import Any, Final

from twisted.trial.unittest import SynchronousTestCase

from gamepanel.games.importing import Imported
from gamepanel.games.parsing import parse
from tests.games.test_importing import egg, imported, script, variable

fetch: Final = "curl -o x https://example.org/x"
fetched: Final = {"download": "https://example.org/x", "to": "x"}


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


class StartKinds(Kinds):
    """Commands that start a game."""

    def command(self, startup: str, **changes: Any) -> list[Any]:
        """The arguments of a start command."""
        found: list[Any] = self.whole(egg(startup=startup, **changes))["run"]["command"]
        return found

    def test_either(self) -> None:
        """A word in which one of two texts is printed is the whole word in both ways."""
        asked = [variable("PVP", "1", "required|boolean"), variable("MAP", "hill")]
        self.assertEqual(
            self.command(
                './s {{MAP}}?PvP=$( [ "$PVP" == "1" ] && echo -n True || echo -n False )?x',
                variables=asked,
            ),
            [
                "./s",
                {"when": "pvp", "add": ["{map}?PvP=True?x"], "otherwise": ["{map}?PvP=False?x"]},
            ],
        )
        self.assertEqual(
            self.command(
                './s $( if [ "$PVP" == "0" ]; then echo --calm; else echo --wild; fi )',
                variables=asked,
            ),
            ["./s", {"when": "pvp", "add": ["--wild"], "otherwise": ["--calm"]}],
        )

    def test_quoted(self) -> None:
        """A command that stands in quotes as a whole is read without them."""
        command = '"./s --name \\"{{N}}\\" --port {{SERVER_PORT}} "x""'
        self.assertEqual(
            self.command(command, variables=[variable("N", "a")]),
            ["./s", "--name", "{n}", "--port", "{port}", "x"],
        )

    def test_printf(self) -> None:
        """What printf prints by %s has nothing between."""
        asked = [variable("PVP", "1", "required|boolean")]
        self.assertEqual(
            self.command("./s $( [[ $PVP == 1 ]] && printf %s -pvp= on )", variables=asked),
            ["./s", {"when": "pvp", "add": ["-pvp=on"]}],
        )

    def test_directory(self) -> None:
        """The game may be started in a directory of the server that is named wholly."""
        run = self.whole(egg(startup="cd /home/container/bin && ./s"))["run"]
        self.assertEqual((run["directory"], run["command"]), ("bin", ["./s"]))

    def test_clients(self) -> None:
        """A client is not taken for the game."""
        document = egg(startup="redis-server --port {{SERVER_PORT}} & redis-cli -p {{SERVER_PORT}}")
        self.assertEqual(self.loaded(document)[1]["run"]["command"][0], "redis-server")
        self.assertEqual(len(self.left(document)), 1)

    def test_script(self) -> None:
        """A script that is written is started by its interpreter."""
        lines = ("cat <<'EOF' > go.sh", "#!/usr/bin/env bash", "exec ./s", "EOF", "chmod +x go.sh")
        self.assertEqual(self.command("./go.sh", scripts=script(*lines)), ["bash", "./go.sh"])


class ScriptKinds(Kinds):
    """Install scripts."""

    def steps(self, *lines: str, variables: Any = (), startup: str = "./s") -> Any:
        """The install steps of a script, from which nothing that matters is left out."""
        document = egg(scripts=script(*lines), variables=list(variables), startup=startup)
        return self.whole(document).get("install", [])

    def named(self, *lines: str) -> list[str]:
        """What is left out of a script."""
        return self.left(egg(scripts=script(*lines)))

    def test_checks(self) -> None:
        """A check that ends in an error does not keep what follows from being done."""
        asked = [variable("KIND", "a", "required|in:a,b")]
        for lines in (
            ('if [ ! -f "/mnt/server/x" ]; then', "  echo no; exit 1", "fi"),
            ('if [ "$(id -u)" != "0" ]; then echo root; exit 1; fi',),
            ("if [ -d .git ]; then git pull; else echo new; fi",),
        ):
            names = [step["to"] for step in self.steps(fetch, *lines, fetch.replace("x", "y"))]
            self.assertEqual(names, ["x", "y"], lines)
        steps = self.steps(
            'if [ "$KIND" == "a" ]; then',
            "  wget https://example.org/a",
            "  if [ $? -ne 0 ]; then echo no; else exit 2; fi",
            "fi",
            variables=asked,
        )
        self.assertEqual([step.get("to") for step in steps], ["a"])

    def test_pipes(self) -> None:
        """What is run as it comes is named, never passed over."""
        bar = "bar() { local n=$1; printf '\\r%s' $n; }"
        show = f'{bar}; {fetch} | while read -r line; do if [ "$line" ]; then bar $line; fi; done'
        self.assertEqual(self.steps(show), [fetched])
        for line in (
            f"{fetch} | while read -r line; do rm $line; done",
            "curl -sSL https://example.org/install.sh | bash",
            "curl https://example.org/x | tee x | sudo sh",
            "cat setup.py | python3 -",
        ):
            named = self.named(line)
            self.assertEqual(len(named), 1, (line, named))

    def test_tee(self) -> None:
        """What is written by tee is written, or named."""
        written = {"write": "a.cfg", "text": "x=1\n", "keep": ["a.cfg"]}
        for line in (
            "tee a.cfg > /dev/null <<END\nx=1\nEND",
            "echo x=1 | tee a.cfg",
            "printf 'x=%s\\n' 1 | tee -- a.cfg >/dev/null",
        ):
            self.assertEqual(self.steps(*line.split("\n")), [written], line)
        self.assertEqual(self.steps("curl https://example.org/x | tee x"), [fetched])
        self.assertEqual(self.steps(f"{fetch} 2>&1 | tee -a install.log | grep x"), [fetched])
        for line in (
            "cat a.cfg | tee b.cfg",
            "curl https://example.org/x | jq . > x.json",
            "cat a | sed s/a/b/ > b",
            "ls | xargs rm -r",
            "echo x | grep x | tee a.cfg",
        ):
            self.assertEqual(len(self.named(line)), 1, line)

    def test_steamDirectory(self) -> None:
        """SteamCMD may install into a directory of the server's."""
        tool = "./steamcmd.sh +force_install_dir {} +login anonymous +app_update 740 +quit"
        for where, more in (
            ("/mnt/server", {}),
            ("..", {}),
            ("/mnt/server/game", {"to": "game"}),
        ):
            steps = self.steps("cd /mnt/server/steamcmd", tool.format(where))
            self.assertEqual(steps, [{"steamcmd": 740, **more}])
        steps = self.steps(
            tool.format("..").replace("+app_update", "+app_set_config 90 mod $GAME +app_update"),
            variables=[variable("GAME", "valve")],
        )
        self.assertEqual(steps, [{"steamcmd": 740, "mod": "{game}"}])
        self.assertEqual(len(self.named(tool.format("/opt/game"))), 1)

    def test_shortened(self) -> None:
        """What is cut out of a value that is looked up is cut out when it is known."""
        newest = "curl -s https://api.github.com/repos/some/game/releases/latest"
        tag = f"{newest} | grep '\"tag_name\":'"
        for line, pattern in (
            (f'V=$({tag} | sed -E \'s/.*"([^"]+)".*/\\1/\' | cut -c2-)', "^.(.*)$"),
            (f'V=$({tag} | sed -E \'s/.*"v([^"]+)".*/\\1/\')', "^v?(.*)$"),
            (f"V=$({newest} | jq -r .tag_name | sed 's/^v//')", "^v?(.*)$"),
            (f"V=$({newest} | jq -r '.tag_name | ltrimstr(\"v\")')", "^v?(.*)$"),
            (f"V=$({newest} | jq -r .tag_name | cut -d- -f1)", r"^([^\-]*)"),
            (f"V=$({newest} | jq -r .tag_name | cut -d- -f2-)", r"^[^\-]*\-(.*)$"),
        ):
            steps = self.steps(line, "curl -o x https://example.org/$V")
            self.assertEqual(list(steps[0]["let"].values()), ["tag_name"], line)
            [(name, (whole, regex))] = steps[1]["match"].items()
            self.assertEqual((whole, regex), (f"{{{next(iter(steps[0]['let']))}}}", pattern), line)
            self.assertEqual(steps[2]["download"], f"https://example.org/{{{name}}}")
        for operation, regex in (
            ("#v", "^v?(.*)$"),
            (":1", "^.(.*)$"),
            ("%%-*", r"^([^\-]*)"),
            ("##*-", r"([^\-]*)$"),
            ("#*-", r"^(?:[^\-]*\-)?(.*)$"),
            ("%-*", r"^(.*?)(?:\-[^\-]*)?$"),
        ):
            steps = self.steps(
                f"T=$({newest} | jq -r .tag_name)",
                f"curl -o x https://example.org/${{T{operation}}}",
            )
            self.assertEqual(next(iter(steps[1]["match"].values()))[1], regex, operation)
            for text in ("v1-2-c", "v1"):
                command = ["bash", "-c", f'T=$1; echo -n "${{T{operation}}}"', "-", text]
                match = re.search(regex, text)
                assert match is not None
                self.assertEqual(match[1].encode(), subprocess.check_output(command))

    def test_partly(self) -> None:
        """What is not known in every case is told where it is used."""
        asked = [variable("V", "latest")]
        lines = (
            'if [ "$V" == "latest" ]; then N=$(frobnicate); else N=$V; fi',
            "curl -o x https://example.org/$N",
        )
        found = imported(egg(scripts=script(*lines), variables=asked)).report
        self.assertIn(
            "N can't be told in every case", [left.why for left in found.leftOut if left.matters]
        )
        # Of several that might be done, the first is not taken as if it were known.
        others = (
            "if frobnicate | grep -q a; then wget https://example.org/a",
            "elif frobnicate | grep -q b; then wget https://example.org/b",
            "else exit 1; fi",
        )
        self.assertTrue(self.named(*others))
        self.assertEqual(self.named(others[0], others[2]), [])

    def test_documents(self) -> None:
        """One of two documents, of which one thing is taken."""
        steps = self.steps(
            'if [ "$V" == "1" ]; then D=$(curl https://example.org/a); '
            "else D=$(curl https://example.org/b); fi",
            "U=$(echo $D | jq -r .url)",
            "curl -o x $U",
            variables=[variable("V", "1", "required|boolean")],
        )
        url = next(iter(steps[0]["match"]))
        self.assertEqual([step.get("when") or step.get("unless") for step in steps[:2]], ["v", "v"])
        self.assertEqual(steps[2]["fetch"], f"{{{url}}}")

    def test_lookups(self) -> None:
        """Ways to look up what is newest."""
        api = "https://api.example.org/v"
        for lines, expected in (
            (
                [
                    f"N=$(curl -s {api} | jq -r .latest.release)",
                    f"V=$(curl -s {api} | jq -r --arg X $N '.all[] | select(.id == $X) | .url')",
                ],
                ["latest.release", "all[*] | [?id=='{n}'].url | [0]"],
            ),
            (
                [f"V=$(curl -s {api} | jq -r '.all | to_entries | .[0].value[0]')"],
                ["values(all)[0][0]"],
            ),
            ([f"V=$(curl -s {api} | jq -r '.all | to_entries[] | .key')"], ["keys(all)[] | [0]"]),
            ([f"V=$(curl -s {api} | jq -r .${{KIND}})"], ['"{kind}"']),
            (
                [
                    "V=$(basename $(curl -Ls -o /dev/null -w '%{url_effective}' "
                    "https://github.com/some/game/releases/latest))"
                ],
                ["tag_name"],
            ),
            (
                [
                    "A=$(curl -s https://api.github.com/repos/some/game/releases/latest)",
                    "V=$(echo $A | jq -r '.assets[].browser_download_url' | grep -i "
                    "'Game-[0-9]\\+\\.jar')",
                ],
                [
                    "assets[*].browser_download_url"
                    " | [?contains(lower(@), 'game-') && contains(lower(@), '.jar')] | [0]"
                ],
            ),
        ):
            steps = self.steps(
                *lines, "curl -o x https://example.org/$V", variables=[variable("KIND", "a")]
            )
            found = [text for step in steps for text in step.get("let", {}).values()]
            self.assertEqual(found, expected, lines)
        steps = self.steps(
            f"OK=$(curl -s {api} | jq -r --arg X $V '.all | any(.[]; index($X))' | grep -m1 true)",
            f"NEW=$(curl -s {api} | jq -r '.all[0]')",
            'if [ "$OK" != "true" ]; then V=$NEW; fi',
            "curl -o x https://example.org/$V",
            variables=[variable("V", "latest")],
        )
        self.assertEqual((steps[0]["let"], steps[0]["unless"]), ({"v": "all[0]"}, "v"))

    def test_capitals(self) -> None:
        """A choice that is in capitals anyway is known in capitals."""
        steps = self.steps(
            'K="${K^^}"',
            'if [ "$K" == "A" ]; then wget https://example.org/a; ',
            "else wget https://example.org/b; fi",
            variables=[variable("K", "B", "required|in:A,B")],
        )
        self.assertEqual([step["to"] for step in steps], ["a", "b"])

    def test_neoforge(self) -> None:
        """NeoForge is had by its list of versions."""
        base = "https://maven.neoforged.net/releases/net/neoforged/neoforge"
        found, table = self.loaded(
            egg(
                startup="java -Xmx{{SERVER_MEMORY}}M @unix_args.txt",
                variables=[
                    variable("MC_VERSION", "latest"),
                    variable("NEOFORGE_VERSION", "", "nullable|string"),
                ],
                scripts=script(f"X=$(curl {base}/maven-metadata.xml)", "frobnicate"),
            )
        )
        self.assertTrue(found.report.complete)
        self.assertIn("starts_with(@, '{neoforge_key}')", str(table["install"]))
        self.assertIn(f"{base}/{{neoforge_version}}/neoforge-", str(table["install"]))
        self.assertIn("newest", str(table["run"]["command"]))

    def test_user(self) -> None:
        """What is done as another user is done."""
        for line in (
            f"su - container -c '{fetch}'",
            f'runuser -u container -c "{fetch}"',
        ):
            self.assertEqual(self.steps(line), [fetched], line)

    def test_printed(self) -> None:
        """What printf writes is its format, once for each of what follows."""
        for line, text in (
            ("printf 'a=%s\\nb=%s\\n' \"$V\" 2 > s.cfg", "a={v}\nb=2\n"),
            ("printf '%s\\n' a b > s.cfg", "a\nb\n"),
            ("printf -- '100%%' > s.cfg", "100%"),
            ("echo -e 'a\\nb' > s.cfg", "a\nb\n"),
            ("echo 'a\\nb' > s.cfg", "a\\nb\n"),
        ):
            [step] = self.steps(line, variables=[variable("V", "1")])
            self.assertEqual(step["text"], text, line)

    def test_compressed(self) -> None:
        """An archive that is first made plain is unpacked as it came."""
        for line, name in (
            ("unxz s.tar.xz", "s.tar.xz"),
            ("gunzip s.tar.gz", "s.tar.gz"),
            ("bzip2 -d s.tar.bz2", "s.tar.bz2"),
        ):
            steps = self.steps(f"wget https://example.org/{name}", line, "tar xf s.tar")
            self.assertEqual(
                steps,
                [
                    {"download": f"https://example.org/{name}", "to": name},
                    {"unpack": name, "to": "."},
                ],
            )

    def test_modes(self) -> None:
        """Only a mode that makes executable does."""
        for mode, isExecutable in (("755", True), ("a+x", True), ("644", False), ("u=rw", False)):
            [step] = self.steps(fetch, f"chmod {mode} x")
            self.assertEqual(step.get("executable", False), isExecutable, mode)

    def test_clone(self) -> None:
        """What is cloned elsewhere, and parts of it, come to their places."""
        for address in ("git@github.com:some/game.git", "git://github.com/some/game"):
            steps = self.steps(f"git clone {address} .")
            self.assertIn("https://github.com/some/game/archive/", steps[0]["download"])
        steps = self.steps(
            "cd /tmp", "git clone https://github.com/some/game", "mv game/data /mnt/server/data"
        )
        self.assertEqual(
            [next(iter(step)) for step in steps], ["download", "unpack", "move", "remove"]
        )
        self.assertEqual(steps[2]["to"], "data")

    def test_requirements(self) -> None:
        """A list of packages may be an option, and npm may be named wholly."""
        steps = self.steps(
            "pip install -U --prefix .local -r ${LIST}",
            "/usr/local/bin/npm install",
            variables=[variable("LIST", "requirements.txt")],
        )
        self.assertEqual(steps[0], {"write": "{list}", "text": "", "keep": ["*"]})
        self.assertEqual(steps[1]["run"][-2:], ["-r", "{list}"])
        self.assertEqual(steps[2]["run"][-1], "install")

    def test_set(self) -> None:
        """A line is set by its name alone too; log files need no line."""
        table = self.whole(
            egg(
                scripts=script(
                    "sed -i 's/^port.*/port = 5/' s.cfg",
                    "echo done >> install.log",
                    "echo mode=1 >> t",
                )
            )
        )
        self.assertEqual(
            {file["path"]: file["set"] for file in table["files"]},
            {"s.cfg": {"port": "port = 5"}, "t": {"mode=": "mode=1"}},
        )

    def test_bashGlobs(self) -> None:
        """Names that only bash has do not keep the rest from being read."""
        self.assertEqual(self.steps("shopt -s extglob", fetch, "ls !(a|b)"), [fetched])

    def test_check(self) -> None:
        """A version that is looked for with a v before it is that version."""
        steps = self.steps(
            "ALL=$(curl -s https://api.github.com/repos/some/game/releases)",
            "FOUND=$(echo $ALL | jq -r '.[].tag_name' | grep -m1 \"v$VERSION\")",
            'if [ -z "$VERSION" ] || [ "$VERSION" == "latest" ]; then',
            "  VERSION=$(echo $ALL | jq -r '.[0].tag_name | del(.x)' )",
            "fi",
            "curl -o x https://example.org/$VERSION",
            variables=[variable("VERSION", "latest")],
        )
        self.assertEqual(steps[-1]["download"], "https://example.org/{version}")


class TemplateKinds(Kinds):
    """PufferPanel's templates."""

    def template(self, *install: Any, **changes: Any) -> dict[str, Any]:
        """A template of our own, with changes."""
        run = {"command": "./sheep", "stop": "quit"}
        data = {
            "port": {"type": "integer", "value": "5000", "required": True},
            "secret": {"type": "string", "value": "x"},
            "kind": {"type": "option", "value": "a", "options": [{"value": "a"}, {"value": "b"}]},
        }
        made = {"type": "sheep", "display": "Sheep", "install": list(install), "data": data}
        return {**made, **changes, "run": {**run, **changes.get("run", {})}}

    def test_channel(self) -> None:
        """The console is reached as the template says."""
        asked = {"port": "${port}", "password": "${secret}"}
        for kind, name in (("telnet", "telnet"), ("rcon", "rcon"), ("rconws", "rcon-web")):
            run = {"stdin": {"type": kind, **asked}}
            console = self.whole(self.template(run=run))["console"]
            self.assertEqual(
                (console["kind"], console["port"], console["password"]),
                (name, "{port}", "{secret}"),
            )
        self.assertNotIn("kind", self.whole(self.template(run={"stdin": {"type": "stdin"}})))
        self.assertEqual(len(self.left(self.template(run={"stdin": {"type": "pigeon"}}))), 1)

    def test_ends(self) -> None:
        """The end that is expected is no crash, and what is written into a file is shown."""
        run = {
            "command": "./s ${port}",
            "expectedExitCode": 100,
            "stdout": {"type": "file", "file": "s.log"},
        }
        table = self.whole(self.template(run=run, query={"type": "minecraft"}))
        self.assertEqual(table["restart"]["clean_exit_codes"], [0, 100])
        self.assertEqual(table["console"]["follow"], "s.log")
        self.assertEqual(table["query"]["protocol"], "minecraft")

    def test_conditions(self) -> None:
        """Conditions have brackets and lists."""
        table = self.whole(
            self.template(
                {"type": "mkdir", "target": "x", "if": "os in ['linux', 'x'] && (env == 'host')"},
                {"type": "mkdir", "target": "y", "if": "(env == 'docker' || os == 'windows')"},
                {"type": "mkdir", "target": "z", "if": "!(os == 'windows') && kind in ['a']"},
            )
        )
        self.assertEqual([step["directory"] for step in table["install"]], ["x", "z"])

    def test_operations(self) -> None:
        """Operations, with paths from the server's directory, options in them, and lines."""
        table = self.whole(
            self.template(
                {"type": "writefile", "target": "/conf/${kind}.txt", "text": "a"},
                {
                    "type": "alterfile",
                    "file": "s.cfg",
                    "search": "^port=.*$",
                    "replace": "port=${port}",
                    "regex": True,
                },
                {"type": "command", "commands": ["sh -c 'echo home=\\$HOME >> t.cfg'"]},
                {
                    "type": "spongedl",
                    "recommended": True,
                    "target": "s.jar",
                },
            )
        )
        self.assertIn(
            {"write": "conf/{kind}.txt", "text": "a", "keep": ["conf/*.txt"]}, table["install"]
        )
        self.assertIn("sponge", str(table["install"]))
        self.assertEqual(table["files"][0]["set"], {"port=": "port={port}"})

    def test_environment(self) -> None:
        """What is searched for libraries has no directory of a shell."""
        run = {"environmentVars": {"LD_LIBRARY_PATH": "./linux64:$LD_LIBRARY_PATH"}}
        run = self.whole(self.template(run=run))["run"]
        self.assertEqual(run["environment"], {"LD_LIBRARY_PATH": "./linux64"})
