"""Install scripts that are imported, each kind by a small one of our own."""

from typing import Any

from tests.games.test_importing import egg, script, variable
from tests.games.test_importing_kinds import Kinds


class ScriptKinds(Kinds):
    """What install scripts do."""

    def steps(self, *lines: str, **changes: Any) -> list[dict[str, Any]]:
        """The steps of a script of which nothing that matters is left out."""
        found: list[dict[str, Any]] = self.whole(egg(scripts=script(*lines), **changes))["install"]
        return found

    def expressions(self, pipeline: str) -> list[str]:
        """What is taken out of a text by a pipeline."""
        fetched, download = self.steps(
            f"V=$(curl -s https://example.org/page | {pipeline})",
            'curl -o x.zip "https://example.org/x-$V.zip"',
        )
        self.assertEqual(fetched["as"], "text")
        self.assertEqual(download["download"], "https://example.org/x-{v}.zip")
        return list(fetched["let"].values())


class PackageTests(ScriptKinds):
    """Packages of Node and Python."""

    def test_elsewhere(self) -> None:
        """Packages of a project in a directory below are installed there."""
        self.assertEqual(
            self.steps("mkdir web", "cd web", "npm install", "/usr/local/bin/yarn install --prod"),
            [
                {"directory": "web"},
                {"run": ["npm", "--prefix", "web", "install"]},
                {"run": ["yarn", "--cwd", "web", "install", "--prod"]},
            ],
        )

    def test_managing(self) -> None:
        """What else managers of packages do is run; only removals have nothing to do."""
        self.assertEqual(
            self.steps(
                "npm update sheep && npm prune --omit=dev",
                "npm uninstall wolves",
                "yarn add hay --dev",
                "yarn generate",
                "npx meadow db:migrate",
            ),
            [
                {"run": ["npm", "update", "sheep"]},
                {"run": ["npm", "prune", "--omit=dev"]},
                {"run": ["yarn", "add", "hay", "--dev"]},
                {"run": ["yarn", "generate"]},
                {"run": ["npx", "meadow", "db:migrate"]},
            ],
        )

    def test_here(self) -> None:
        """C{pwd} prints the server's directory."""
        self.assertEqual(
            self.steps("cd /mnt/server", "pip install -U --target $(pwd) hay wool"),
            [{"pip": ["hay", "wool"]}],
        )


class PageTests(ScriptKinds):
    """Versions and addresses that stand in pages."""

    def test_substitution(self) -> None:
        """C{sed} that prints only what it has found, the last of a line as the first."""
        self.assertEqual(
            self.expressions(r"sed -n 's/.*is <b>\(.*\)<\/b>.*/\1/p'"),
            [r"^[^\n]*is <b>(.*)</b>"],
        )
        self.assertEqual(
            self.expressions("grep 'build:' | sed -E 's/.*\"([^\"]+)\".*/\\1/'"),
            [r'^(?=[^\n]*build:)[^\n]*"([^"]+)"'],
        )

    def test_lines(self) -> None:
        """C{grep -o} takes a part of those lines only that were chosen before."""
        self.assertEqual(
            self.expressions("grep -i newest | grep -oP '(?<=<b>).+?(?=</b>)' | sed 's/^ *//'"),
            [r"^(?=[^\n]*(?i:newest))[^\n]*?((?<=<b>).+?(?=</b>))"],
        )

    def test_entries(self) -> None:
        """Entries of an object are its values, or their names."""
        fetched, _ = self.steps(
            "V=$(curl -s https://example.org/v | jq -r '.herds | to_entries | .[0].value[0]')",
            'curl -o x.zip "https://example.org/x-$V.zip"',
        )
        self.assertEqual(fetched["let"], {"v": "values(herds)[0][0]"})
        fetched, _ = self.steps(
            "V=$(curl -s https://example.org/v | jq -r '.herds | to_entries | .[0].key')",
            'curl -o x.zip "https://example.org/x-$V.zip"',
        )
        self.assertEqual(fetched["let"], {"v": "keys(herds)[0]"})

    def test_anyOf(self) -> None:
        """A version that one of several lists must hold is taken as it is given."""
        lists = "curl -s https://example.org/v"
        *_, download = self.steps(
            f"IN=$({lists} | jq -r --arg V $WOOL '.herds | any(.[]; index($V))' | grep true)",
            f"NEWEST=$({lists} | jq -r '.newest')",
            'if [ "$IN" != "true" ]; then WOOL=$NEWEST; fi',
            'curl -o x.zip "https://example.org/x-$WOOL.zip"',
            variables=[variable("WOOL", "latest")],
        )
        self.assertEqual(download["download"], "https://example.org/x-{wool}.zip")

    def test_argument(self) -> None:
        """What is looked for in a document may come out of another."""
        named = "curl -s https://example.org/names"
        found = self.steps(
            f"BEST=$({named} | jq -r .best)",
            'if [ -z "$WOOL" ] || [ "$WOOL" == "latest" ]; then',
            f"  URL=$({named} | jq -r --arg V $BEST '.all[] | select(.id == $V) | .url')",
            "else",
            f"  URL=$({named} | jq -r --arg V $WOOL '.all[] | select(.id == $V) | .url')",
            "fi",
            "curl -o x.zip $URL",
            variables=[variable("WOOL", "latest")],
        )
        address = "https://example.org/names"
        self.assertEqual(
            found,
            [
                {"fetch": address, "let": {"best": "best"}, "unless": "wool"},
                {"fetch": address, "unless": "wool"}
                | {"let": {"url": "all[*] | [?id=='{best}'].url | [0]"}},
                {"fetch": address, "when": "wool"}
                | {"let": {"url": "all[*] | [?id=='{wool}'].url | [0]"}},
                {"download": "{url}", "to": "x.zip"},
            ],
        )

    def test_key(self) -> None:
        """An option may be the name of a field."""
        fetched, _ = self.steps(
            'V=$(curl -s https://example.org/v | jq -r ".$KIND")',
            'curl -o x.zip "https://example.org/x-$V.zip"',
            variables=[variable("KIND", "wool")],
        )
        self.assertEqual(fetched["let"], {"v": '"{kind}"'})

    def test_anything(self) -> None:
        """Digits in a pattern stand for anything."""
        fetched, _ = self.steps(
            "URLS=$(curl -s https://example.org/v | jq -r '.files[].url')",
            r"curl -o x.zip $(echo $URLS | grep -i 'sheep-[0-9]\+\.[0-9]\+\.zip')",
        )
        self.assertEqual(
            fetched["let"],
            {
                "url": "files[*].url"
                " | [?contains(lower(@), 'sheep-') && contains(lower(@), '.zip')] | [0]"
            },
        )

    def test_function(self) -> None:
        """A function that only fetches prints what is there, into an archive too."""
        found = self.steps(
            'get() { curl -sL "$1"; }',
            'FOUND="$(get https://example.org/v | jq -r .url)"',
            'get "$FOUND" | tar -xJ',
        )
        self.assertEqual(found[0], {"fetch": "https://example.org/v", "let": {"found": "url"}})
        self.assertEqual(found[1]["download"], "{found}")
        self.assertEqual(found[2]["to"], ".")


class FileTests(ScriptKinds):
    """What becomes of files."""

    def test_secret(self) -> None:
        """What is made at random becomes an option that is."""
        table = self.whole(
            egg(
                scripts=script(
                    "touch gate.key",
                    "date +%s | sha256sum | base64 | head -c 12 > gate.key",
                    "KEY=$(tr -dc a-z </dev/urandom | head -c 24)",
                    'echo "key=$KEY" > farm.cfg',
                )
            )
        )
        (secret,) = (option for option in table["options"] if option["name"] == "secret")
        self.assertEqual((secret["type"], secret["generate"]), ("password", 20))
        self.assertEqual(
            table["install"],
            [
                {"write": "gate.key", "text": "{secret}", "keep": ["gate.key"]},
                {"write": "farm.cfg", "text": "key={secret}\n", "keep": ["farm.cfg"]},
            ],
        )

    def test_upwards(self) -> None:
        """What is moved out of the directory that it came in is brought to where it belongs."""
        found = self.steps(
            "cd /mnt/server",
            "git clone https://github.com/example/sheep",
            "cd sheep",
            "mv * /mnt/server",
        )
        self.assertEqual(found[1]["to"], ".")
        self.assertEqual(found[1]["strip"], 1)

    def test_quilt(self) -> None:
        """Quilt's installer puts the server where it is started."""
        found = self.steps(
            "curl -o q.jar https://example.org/q.jar",
            "java -jar q.jar install server 1.21 --download-server",
            "cd server && mv * /mnt/server && cd ..",
        )
        self.assertEqual(
            found[-1]["run"][3:],
            ["install", "server", "1.21", "--download-server", "--install-dir=."],
        )

    def test_saved(self) -> None:
        """A file that is elsewhere meanwhile is kept."""
        found = self.steps(
            "mv /mnt/server/farm.xml /tmp/farm.xml",
            "curl -o /tmp/x.tar.gz https://example.org/x.tar.gz",
            "tar -xzf /tmp/x.tar.gz -C /mnt/server -strip-components=1",
            "mv /tmp/farm.xml /mnt/server/farm.xml",
        )
        self.assertEqual(found[1]["keep"], ["farm.xml"])
        self.assertEqual(found[1]["strip"], 1)

    def test_needless(self) -> None:
        """What is only calculated has no step, nor what nobody asks for."""
        self.assertEqual(
            self.steps(
                "newer() { for ((i=0; i<3; i++)); do if [[ -z ${a[i]} ]]; then a[i]=0; fi; done; }",
                "newer 1.2 1.3",
                "OTHER=$(curl -s https://example.org/v | jq -r .other)",
                "echo ${OTHER#v}",
                "curl -o x https://example.org/x",
                "sheep.zip",
            ),
            [{"download": "https://example.org/x", "to": "x"}],
        )

    def test_nested(self) -> None:
        """An archive may come out of another."""
        found = self.steps(
            "curl -o x.zip https://example.org/x.zip",
            "unzip x.zip",
            "tar xf sheep-*.tar --strip-components=1",
            "rm x.zip sheep-*.tar",
        )
        self.assertEqual(found[-1], {"unpack": "sheep-*.tar", "to": ".", "strip": 1})

    def test_shownArchive(self) -> None:
        """An archive whose progress is shown is unpacked as any other."""
        found = self.steps(
            "curl -o x.tar.xz https://example.org/x.tar.xz", "pv x.tar.xz | tar -xJ -C farm"
        )
        self.assertEqual(found[-1], {"unpack": "x.tar.xz", "to": "farm"})

    def test_called(self) -> None:
        """What a program makes is called as an option says."""
        found = self.steps(
            "curl -o i.jar https://example.org/i.jar",
            "java -jar i.jar",
            "mv out/sheep-*.jar $JAR",
            variables=[variable("JAR", "server.jar")],
        )
        self.assertEqual(found[-1], {"move": "out/sheep-*.jar", "to": "{jar}"})

    def test_other(self) -> None:
        """C{sed} that writes another file moves it, and sets a line."""
        table = self.whole(
            egg(
                scripts=script(
                    "curl -o b.cfg https://example.org/b.cfg",
                    "sed 's/^wolves=.*/wolves=0/' b.cfg > c.cfg",
                )
            )
        )
        self.assertEqual(
            table["install"][-1], {"download": "https://example.org/b.cfg", "to": "c.cfg"}
        )
        self.assertEqual(table["files"][-1]["set"], {"wolves=": "wolves=0"})
        self.assertEqual(
            self.left(egg(scripts=script("sed s/wolf/dog/ a.cfg > b.cfg"))),
            ["sed s/wolf/dog/ a.cfg > b.cfg"],
        )

    def test_braces(self) -> None:
        """A condition within braces is one, too."""
        _, second, download = self.steps(
            'if { [ -z "$WOOL" ] || [ "$WOOL" == "latest" ]; }; then',
            "  V=$(curl -s https://example.org/v | jq -r .newest)",
            "else",
            "  V=$WOOL",
            "fi",
            'curl -o x.zip "https://example.org/x-$V.zip"',
            variables=[variable("WOOL", "latest")],
        )
        self.assertEqual(second, {"match": {"v": ["{wool}", "^(.*)$"]}, "when": "wool"})
        self.assertEqual(download["download"], "https://example.org/x-{v}.zip")


class OnceTests(ScriptKinds):
    """What is done before the first start only, and how programs are started."""

    def test_makes(self) -> None:
        """A program that makes a file which is not there is run at the installation."""
        make = "./sheep --make worlds/${NAME}.zip"
        run = {
            "run": ["./sheep", "--make", "worlds/{name}.zip"],
            "keep": ["worlds/{name}.zip"],
        }
        asked = [variable("NAME", "hill")]
        for startup in (
            f'[ ! -f "./worlds/${{NAME}}.zip" ] && {make}; ./sheep --play',
            f"if [ ! -f worlds/{{{{NAME}}}}.zip ]; then {make}; fi; ./sheep --play",
        ):
            for lines in ((), (f"if [ -e worlds/$NAME.zip ]; then echo; else {make}; fi",)):
                table = self.whole(egg(startup=startup, variables=asked, scripts=script(*lines)))
                self.assertEqual(table["run"]["command"], ["./sheep", "--play"])
                self.assertEqual(table["install"], [run])

    def test_programs(self) -> None:
        """Programs stay in front, and find the server's directory."""
        for startup, expected in (
            ("./sheep --saves ~/worlds -x '~/y'", ["./sheep", "--saves", "{directory}/worlds"]),
            ("redis-server a.conf --daemonize yes", ["redis-server", "a.conf"]),
        ):
            found = self.whole(egg(startup=startup))["run"]["command"]
            self.assertEqual(found[: len(expected)], expected)
            self.assertEqual(found[len(expected) :], ["-x", "~/y"] if "-x" in startup else [])

    def test_written(self) -> None:
        """A script without a first line is started by C{sh}."""
        table = self.whole(
            egg(
                startup="./play -q",
                scripts=script("echo 'exec mono sheep.exe \"$@\"' > play", "chmod +x play"),
            )
        )
        self.assertEqual(table["run"]["command"], ["sh", "./play", "-q"])


class LinkTests(ScriptKinds):
    """Links that several tools cut out of pages."""

    def test_links(self) -> None:
        """The first link that holds what it must, whatever is cleaned away around it."""
        page = "curl -s https://example.org/page"
        for pipeline, expected in (
            (
                "grep -Eo '\".*/*.tar.xz\"' | sed 's/\"//g' | sed 's/\\.\\///1' | grep -i $WOOL"
                " | grep -o =.* | tr -d '='",
                "href=[\"'](?:\\./)?((?=[^\"'\\n]*.tar.xz)(?=[^\"'\\n]*(?i:{wool}))[^\"'\\n]+)",
            ),
            (
                "grep sheep | grep -o '<a href=\"[^\"]*\"' | grep linux | awk '{print $2}'"
                " | cut -c7- | head -1",
                "^(?=[^\\n]*sheep)[^\\n]*?href=[\"'](?:\\./)?((?=[^\"'\\n]*linux)[^\"'\\n]+)",
            ),
            (
                "grep -Eo '(http|https):\\/\\/[^\"]+' | grep sheep.zip | cut -d'?' -f1",
                "(https?://(?=[^\\s\"'<>]*sheep.zip)[^\\s\"'<>]+)",
            ),
        ):
            found = self.steps(
                f"V=$({page} | {pipeline})",
                "curl -o x.zip $V",
                variables=[variable("WOOL", "3.1")],
            )
            self.assertEqual(found[0]["let"], {"v": expected})
        for pipeline in (
            'grep -o \'href="[^"]*"\' | tail -1',
            'grep -o \'href="[^"]*"\' | grep -v beta | cut -c7-',
            "grep -o 'href=\"[^\"]*\"' | sed 's/a/b/' | grep x | cut -c7-",
            "grep -A2 sheep | grep -o 'href=.*'",
        ):
            lines = (f"V=$({page} | {pipeline})", "curl -o x.zip https://example.org/$V")
            self.assertEqual(self.left(egg(scripts=script(*lines))), [lines[1]])

    def test_words(self) -> None:
        """Of two words for what is newest an empty value stands for the first."""
        lines = (
            'if [ "$WOOL" == "recommended" ] || [ -z "$WOOL" ]; then',
            "  V=$(curl -s https://example.org/v | jq -r .best)",
            'elif [ "$WOOL" == "latest" ]; then',
            "  V=$(curl -s https://example.org/v | jq -r .newest)",
            "else",
            "  V=$WOOL",
            "fi",
            'curl -o x.zip "https://example.org/x-$V.zip"',
        )
        table = self.whole(
            egg(scripts=script(*lines), variables=[variable("WOOL", "latest", "required|string")])
        )
        self.assertNotIn("default", table["options"][0])
        self.assertEqual(
            [(step.get("when"), step.get("unless")) for step in table["install"]],
            [(None, "wool"), ("wool", None), (None, None)],
        )

    def test_comments(self) -> None:
        """What is set at each start need not be uncommented, and comments are only written."""
        table = self.whole(
            egg(
                config={
                    "files": {"a.cfg": {"parser": "file", "find": {"sheep": "sheep={{HERD}}"}}},
                    "startup": {"done": "x"},
                    "stop": "^C",
                },
                variables=[variable("HERD", "7")],
                scripts=script("sed -i 's/#\\(sheep=.*\\)/\\1/' a.cfg", "echo '# Hay!' >> b.cfg"),
            )
        )
        self.assertEqual(
            table["install"], [{"write": "b.cfg", "text": "# Hay!\n", "keep": ["b.cfg"]}]
        )
        left = self.left(egg(scripts=script("sed -i 's/#\\(wolf=.*\\)/\\1/' a.cfg")))
        self.assertEqual(len(left), 1)

    def test_addresses(self) -> None:
        """Addresses that are piped to what downloads, and where the newest release is."""
        api = "https://api.github.com/repos/example/sheep/releases/latest"
        for pipe, to in (
            ("wget -qi -", ".import-piped"),
            ("wget -O x.zip -i -", "x.zip"),
            ("xargs -n1 curl -L -o x.zip", "x.zip"),
        ):
            found = self.steps(f"curl -s {api} | jq -r '.assets[0].url' | {pipe}")
            self.assertEqual(
                found,
                [
                    {"fetch": api, "let": {"piped": "assets[0].url"}},
                    {"download": "{piped}", "to": to},
                ],
            )
        found = self.steps(
            "V=$(curl -sI https://github.com/example/sheep/releases/latest"
            " | awk -F '/' '/^location/ {print $NF}')",
            "curl -o x.zip https://example.org/x-$V.zip",
        )
        self.assertEqual(found[0], {"fetch": api, "let": {"v": "tag_name"}})

    def test_within(self) -> None:
        """What is copied out of where it was unpacked comes after what was to go before."""
        self.assertEqual(
            self.steps(
                "curl -o x.zip https://example.org/x.zip",
                "unzip x.zip -d .new",
                "rm -rf bin",
                'cp -a ".new/." /mnt/server/',
                "tar -czf old.tar.gz worlds",
            ),
            [
                {"download": "https://example.org/x.zip", "to": "x.zip"},
                {"remove": "bin"},
                {"unpack": "x.zip", "to": "."},
            ],
        )
