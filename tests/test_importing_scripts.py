"""Install scripts that are imported, each kind by a small one of our own."""

from typing import Any

from tests.test_importing import egg, script
from tests.test_importing_kinds import Kinds


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
