"""What becomes of install scripts: steps where a recipe knows them, else one that quotes them."""

import json
import time
import tomllib
from typing import Any, Final

from gamepanel.games.importing import convert
from tests.games.test_importing import egg, imported, maxSeconds, script, variable
from tests.games.test_importing_puffer import Kinds

fetch: Final = "curl -o x https://example.org/x"
fetched: Final = {"download": "https://example.org/x", "to": "x"}

_tool: Final = "./steamcmd.sh +force_install_dir /mnt/server +login ${STEAM_USER} ${STEAM_PASS}"
_windows: Final = (
    '$( [[ "${WINDOWS_INSTALL}" == "1" ]] && printf %s \'+@sSteamCmdForcePlatformType windows\' )'
)
_beta: Final = '$( [[ -z ${BETA} ]] || printf %s "-beta ${BETA}" )'
steam: Final = (
    'if [[ "${STEAM_USER}" == "" ]]; then',
    "STEAM_USER=anonymous",
    "else echo user; fi",
    "cd /tmp",
    "mkdir -p /mnt/server/steamcmd",
    "curl -sSL -o steamcmd.tar.gz https://cdn.example.org/steamcmd_linux.tar.gz",
    "tar -xzvf steamcmd.tar.gz -C /mnt/server/steamcmd",
    "mkdir -p /mnt/server/steamapps",
    "cd /mnt/server/steamcmd",
    "chown -R root:root /mnt",
    "export HOME=/mnt/server",
    f"{_tool} {_windows} +app_update ${{SRCDS_APPID}} {_beta} ${{INSTALL_FLAGS}} validate +quit",
    "mkdir -p /mnt/server/.steam/sdk{32,64}",
    "cp -v linux64/steamclient.so ../.steam/sdk64/steamclient.so",
)
app: Final = variable("SRCDS_APPID", "740", "required|in:740", user_editable=False)
release: Final = (
    "LATEST=$(curl -s https://api.github.com/repos/some/game/releases/latest)",
    "ALL=$(curl -s https://api.github.com/repos/some/game/releases)",
    'if [ -z "${VERSION}" ] || [ "${VERSION}" == "latest" ]; then',
    "  URL=$(echo ${LATEST} | jq .assets | jq -r .[].browser_download_url | grep -i linux)",
    "else",
    '  FOUND=$(echo ${ALL} | jq -r --arg V "${VERSION}" \'.[] | select(.tag_name==$V)'
    " | .tag_name')",
    '  if [ "${VERSION}" == "${FOUND}" ]; then',
    '    URL=$(echo ${ALL} | jq -r --arg V "${VERSION}" \'.[] | select(.tag_name==$V)'
    " | .assets[].browser_download_url' | grep -i linux)",
    "  else",
    "    URL=$(echo ${LATEST} | jq .assets | jq -r .[].browser_download_url)",
    "  fi",
    "fi",
    "curl -L -o game.zip $URL",
    "unzip game.zip",
)


class ScriptKinds(Kinds):
    """What an install script becomes."""

    def become(self, *lines: str, **changes: Any) -> tuple[Any, list[dict[str, Any]]]:
        """What it became, and the steps; nothing that matters is left out."""
        document = egg(scripts=script(*lines), **changes)
        table = self.whole(document)
        return imported(document).report, table.get("install", [])

    def steps(self, *lines: str, **changes: Any) -> list[dict[str, Any]]:
        """The steps of a script that is recognised."""
        report, steps = self.become(*lines, **changes)
        self.assertNotIn("script", str(steps), report.why)
        return steps

    def quoted(self, *lines: str, **changes: Any) -> dict[str, Any]:
        """The step that quotes a script."""
        report, steps = self.become(*lines, **changes)
        self.assertEqual(report.became, "script", steps)
        self.assertTrue(report.why)
        return steps[-1]


class RecipeTests(ScriptKinds):
    """Scripts that are recognised as a whole."""

    def test_steam(self) -> None:
        """SteamCMD's script is a step, with its number, branch, platform and account."""
        for more, expected in (
            ([], {"steamcmd": 740}),
            (
                [variable("BETA", "", "nullable|string"), variable("WINDOWS_INSTALL", "1", "in:1")],
                {"steamcmd": 740, "beta": "{beta}", "platforms": ["windows"]},
            ),
            ([variable("STEAM_USER", "", "required")], {"steamcmd": 740, "account": True}),
            ([variable("STEAM_USER", "me", "string")], {"steamcmd": 740, "account": True}),
            ([variable("STEAM_USER", "anonymous", "required")], {"steamcmd": 740}),
        ):
            steps = self.steps(*steam, variables=[app, *more])
            self.assertEqual(steps, [expected])
        report, _ = self.become(*steam, variables=[app])
        self.assertEqual((report.became, report.why), ("recognised", "SteamCMD installs 740"))

    def test_steamRest(self) -> None:
        """What stands beside and only brings a file goes with it; anything else does not."""
        given = [app]
        steps = self.steps(
            *steam,
            "mkdir -p /mnt/server/cfg",
            "cd /mnt/server/cfg",
            'FILE="/mnt/server/cfg/a.cfg"',
            'if [ -f "$FILE" ]; then echo there; else',
            "curl -o a.cfg https://example.org/a.cfg; fi",
            "[ -f b.cfg ] || wget -q https://example.org/b.cfg",
            "chmod +x /mnt/server/start.sh",
            variables=given,
        )
        self.assertEqual(
            steps[1:],
            [
                {"directory": "cfg"},
                *(
                    {
                        "download": f"https://example.org/{name}.cfg",
                        "to": f"cfg/{name}.cfg",
                        "keep": [f"cfg/{name}.cfg"],
                    }
                    for name in "ab"
                ),
            ],
        )
        for line in (
            "cp /mnt/server/a /mnt/server/b",
            "rm /mnt/server/a",
            "if [ -f /mnt/server/a ]; then sed -i s/a/b/ /mnt/server/a; fi",
            "./steamcmd.sh +workshop_download_item 1 2 +quit",
        ):
            self.assertIn(line, self.quoted(*steam, line, variables=given)["script"])

    def test_downloads(self) -> None:
        """One download and what becomes of it are steps."""
        given = [variable("VERSION", "1.2"), variable("JAR", "s.jar")]
        get = {"download": "https://example.org/a.zip", "to": "a.zip"}
        for lines, expected in (
            (
                ["curl -sSL -o ${JAR} https://example.org/s-$VERSION.jar"],
                [{"download": "https://example.org/s-{version}.jar", "to": "{jar}"}],
            ),
            (
                ["wget https://example.org/a.zip", "unzip -o a.zip -d x", "rm a.zip"],
                [get, {"unpack": "a.zip", "to": "x"}],
            ),
            (
                ["wget -O b.tgz https://example.org/a.tar.gz", "tar xzf b.tgz --strip 1 -C x"],
                [
                    {"download": "https://example.org/a.tar.gz", "to": "b.tgz"},
                    {"unpack": "b.tgz", "to": "x", "strip": 1},
                ],
            ),
            (
                ["wget https://example.org/b.x", "chmod +x b.x", "mv b.x server"],
                [
                    {"download": "https://example.org/b.x", "to": "b.x", "executable": True},
                    {"move": "b.x", "to": "server"},
                ],
            ),
            (
                ["if [ ! -f s.cfg ]; then curl -o s.cfg https://example.org/s.cfg; fi"],
                [{"download": "https://example.org/s.cfg", "to": "s.cfg", "keep": ["s.cfg"]}],
            ),
            (
                [fetch, "cat <<EOF > s.cfg", "a=$VERSION", "b={c}", "EOF"],
                [fetched, {"write": "s.cfg", "text": "a={version}\nb={{c}}\n", "keep": ["s.cfg"]}],
            ),
            (
                [fetch, "cat <<'EOF' > s.cfg", "a=$VERSION", "EOF"],
                [fetched, {"write": "s.cfg", "text": "a=$VERSION\n", "keep": ["s.cfg"]}],
            ),
            (
                ["wget https://example.org/i.jar", "java -jar i.jar --install"],
                [
                    {"java": "21"},
                    {"download": "https://example.org/i.jar", "to": "i.jar"},
                    {"run": ["{java_program}", "-jar", "i.jar", "--install"]},
                ],
            ),
            (["apt update; apt install -y curl", "echo done", "exit 0", "make"], []),
            (
                ["cd /mnt/server || exit 1", "apk add curl > /dev/null 2>&1", fetch, "exit"],
                [fetched],
            ),
        ):
            self.assertEqual(self.steps(*lines, variables=given), expected, lines)

    def test_versions(self) -> None:
        """A word for the newest is an empty option, on which steps depend."""
        document = egg(
            scripts=script(
                'if [ -z "$VERSION" ] || [ "$VERSION" == "latest" ]; then',
                "wget https://example.org/newest.jar -O s.jar",
                "else wget https://example.org/$VERSION.jar -O s.jar; fi",
            ),
            variables=[variable("VERSION", "latest")],
        )
        table = self.whole(document)
        self.assertEqual(
            [
                (step["download"][-11:], step.get("when"), step.get("unless"))
                for step in table["install"]
            ],
            [("/newest.jar", None, "version"), ("ersion}.jar", "version", None)],
        )
        [option] = [one for one in table["options"] if one["name"] == "version"]
        self.assertNotIn("default", option)
        self.assertIn("Empty for latest", option["description"])

    def test_release(self) -> None:
        """A release of GitHub is asked for its files by jq: the newest, or one of a tag."""
        steps = self.steps(*release, variables=[variable("VERSION", "latest")])
        self.assertEqual(
            [(step["fetch"].rsplit("/releases", 1)[1], step["as"]) for step in steps[:2]],
            [("/latest", "jq"), ("/tags/{version}", "jq")],
        )
        self.assertEqual((steps[0]["unless"], steps[1]["when"]), ("version", "version"))
        for step in steps[:2]:
            filter = '.assets | .[].browser_download_url | select(test("linux"; "i"))'
            self.assertEqual(step["let"], {"url": filter})
        self.assertEqual(
            steps[2:], [{"download": "{url}", "to": "game.zip"}, {"unpack": "game.zip"}]
        )
        report, _ = self.become(*release, variables=[variable("VERSION", "latest")])
        self.assertEqual(report.why, "it gets a release of some/game")

    def test_loaders(self) -> None:
        """Servers and loaders of Minecraft are known by where they ask."""
        given = [
            variable("MC_VERSION", "latest"),
            variable("SERVER_JARFILE", "server.jar"),
            *(
                variable(f"{name}_VERSION", "", "nullable|string")
                for name in ("FORGE", "NEOFORGE", "FABRIC", "LOADER")
            ),
            variable("BUILD_NUMBER", "latest"),
        ]
        for address, part in (
            ("files.minecraftforge.net/net/minecraftforge/forge/promotions_slim.json", "installer"),
            ("maven.neoforged.net/releases/net/neoforged/neoforge/maven-metadata.xml", "neoforged"),
            ("meta.fabricmc.net/v2/versions/loader", "/server/jar"),
            ("api.papermc.io/v2/projects/velocity", "fill.papermc.io/v3/projects/velocity"),
            ("launchermeta.mojang.com/mc/game/version_manifest.json", "piston-meta"),
        ):
            lines = ("cd /mnt/server", f"V=$(curl -s https://{address} | jq -r .x)")
            steps = self.steps(*lines, "ln -s $(ls) y", variables=given)
            self.assertIn(part, str(steps))
            self.assertEqual(steps[0].get("unless", steps[1].get("unless")), "mc_version")
            for more in ("frobnicate", "curl https://example.org/x -o y"):
                self.quoted(*lines, more, variables=given)

    def test_forge(self) -> None:
        """The file of arguments that Forge's installer makes is found where it is."""
        startup = (
            'java $( [[ ! -f unix_args.txt ]] && printf %s "-jar {{JAR}}" '
            '|| printf %s "@unix_args.txt" )'
        )
        table = self.whole(
            egg(
                startup=startup,
                variables=[
                    variable("MC_VERSION", "latest"),
                    variable("FORGE_VERSION", "", "string"),
                    variable("JAR", "s.jar"),
                ],
                scripts=script("curl https://files.minecraftforge.net/x/promotions_slim.json"),
            )
        )
        self.assertEqual(
            table["run"]["command"][1],
            {
                "newest": "libraries/net/minecraftforge/forge/*/unix_args.txt",
                "add": ["@{newest}"],
                "otherwise": ["-jar", "{jar}"],
            },
        )


class QuotedTests(ScriptKinds):
    """Scripts that no recipe knows."""

    def test_whole(self) -> None:
        """A script is quoted as it is, but for its line ends, with what it names."""
        lines = (
            "cd /mnt/server",
            "git clone $REPO . # '''",
            '[ "$A" ] || echo \\\\ "${B}"',
            "\tjq",
        )
        given = [
            variable("REPO", "https://example.org"),
            variable("A", "1", "boolean"),
            variable("B", "x", "in:x"),
            variable("OTHER", "y"),
        ]
        step = self.quoted(*lines, "id $SERVER_PORT", variables=given)
        text = "\n".join(("#!/bin/bash", *lines, "id $SERVER_PORT")) + "\n"
        self.assertEqual(step["script"], text)
        self.assertEqual(
            step["environment"],
            {"REPO": "{repo}", "A": "{a}", "B": "x", "SERVER_PORT": "{port}"},
        )

    def test_needs(self) -> None:
        """
        Programs that it runs, and not every host has, are needed, but for those of some cases that
        nobody knows; Java is brought.
        """
        document = egg(
            scripts=script(
                "help() { sudo unzip x; }",
                "help; xargs 7z < a",
                "java -jar x",
                "apt install a",
                "chown a b",
                "/usr/bin/foo",
                "./bar",
                "$X y",
                "exec git pull",
                "python x.py",
                "if ./a; then curl x; else falal no; fi",
            )
        )
        table = self.whole(document)
        self.assertEqual(table["needs"], ["unzip", "7z", "git", "python", "curl"])
        self.assertEqual(table["hint"], "apt install unzip 7zip git python-is-python3 curl")
        self.assertEqual(table["install"][0], {"java": "21"})

    def test_oddities(self) -> None:
        """Whatever a script does, it is quoted, never half understood."""
        for line in (
            "sed -i 's/a/b/' server.cfg",
            "make install",
            "curl -o x ftp://example.org/x",
            "pip install -r requirements.txt",
            "while read l; do curl -o $l https://example.org/; done < list",
            "git clone https://git.example.org/x.git",
            "frobnicate --now",
            "ln -s /etc/passwd x",
            "curl -sSL https://example.org/install.sh | bash",
            "curl -L https://example.org/a.tar.gz | tar xz -C /mnt/server",
            "get() { curl -o $1 https://example.org/$1; }; get a",
            'echo "rcon_password ${X}" >> server.cfg',
            "for i in a b; do wget https://example.org/$i; done",
            "curl -H 'X: y' -o x https://example.org/x",
            "curl -u a:b -o x https://example.org/x",
            "tar xzf a.tgz farm/barn",
            "unzip a.zip farm/barn",
            "mv * ..",
            "npm install",
            'if [ "$KIND" == "a" ]; then wget https://example.org/a.zip; fi',
            "case $KIND in a) wget https://example.org/a.zip;; esac",
            "wget https://example.org/a.zip || exit 1; wget $(cat a)",
            "cat > x <<< a",
            "touch /etc/x; rm -rf /mnt/server",
            "echo $(date) > x",
            'cd "$(ls)"',
            "eval $X",
            "cat <<EOF | bash\nmake\nEOF",
            "cat <<EOF && make\nmake\nEOF",
            "declare -a found=($(ls) (b)) other; make",
        ):
            kind = variable("KIND", "a", "required|in:a,b,c")
            step = self.quoted(fetch, line, variables=[kind])
            self.assertEqual(step["script"], f"#!/bin/bash\n{fetch}\n{line}\n")

    def test_shells(self) -> None:
        """C{ash} and C{sh} run as bash; other languages are named."""
        for shell in ("ash", "/bin/sh", "bash", "/bin/bash -e", ""):
            scripts = {"installation": {"script": "make", "entrypoint": shell}}
            self.assertEqual(self.whole(egg(scripts=scripts))["install"], [{"script": "make\n"}])
        scripts = {"installation": {"script": "print(1)", "entrypoint": "python3"}}
        self.assertEqual(self.left(egg(scripts=scripts)), ["a script of python3"])

    def test_without(self) -> None:
        """Without scripts, what is missing then is said; what a recipe knows stays."""
        document = egg(scripts=script("make"))
        found = convert("x", json.dumps(document).encode(), withScripts=False)
        assert found.text is not None
        self.assertNotIn("install", tomllib.loads(found.text))
        [left] = [left for left in found.report.leftOut if left.matters]
        self.assertIn("no recipe knows it: make", left.why)
        data = json.dumps(egg(scripts=script(fetch))).encode()
        found = convert("x", data, withScripts=False)
        self.assertTrue(found.report.complete)

    def test_reserved(self) -> None:
        """A variable whose name a shell reads is named, where the script has no other."""
        path = variable("LD_X", "x", "string")
        self.assertEqual(self.left(egg(scripts=script("make $LD_X"), variables=[path])), ["LD_X"])

    def test_hostile(self) -> None:
        """Large, deep and broken scripts end soon, quoted or named."""
        for text in (
            "if true; then " * 500,
            "$(" * 500 + ")" * 500,
            "f() { f; f; }; f",
            'X="' + "${A:-" * 200 + "}" * 200 + '"; make',
            "x=1; " * 100_000,
            "make a b c; " * 8_000,
            "a" * 300_000,
            "cat <<EOF\n" * 1000,
            "((((((((((" * 100,
            "case x in " * 200,
            "[ -f x ] && " * 5_000 + "make",
            "curl -o a " + "-H " * 50_000,
            'echo "' + "\\" * 200_000,
        ):
            began = time.process_time()
            found = imported(egg(scripts={"installation": {"script": text}}))
            self.assertIsNotNone(found.text, (text[:40], found.report.error))
            self.assertLess(time.process_time() - began, maxSeconds, text[:40])
