"""What is installed: the plugin, and a wheel with all that the daemon needs."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from zipfile import ZipFile

from twisted.application.service import IServiceMaker
from twisted.plugin import getPlugins
from twisted.trial.unittest import SynchronousTestCase

from gamepanel.options import Options

isSlow = True

root = Path(__file__).parents[2]

isSource = re.compile(r"gamepanel/panel/(?!dist/|vendor/LICENSE|__init__)").match
"""Whether a file is there only for those who change the page, and is not installed."""


def files(directory: Path) -> set[Path]:
    """All files below a directory."""
    return {path for path in directory.rglob("*") if path.is_file()}


class PackageTests(SynchronousTestCase):
    def test_plugin(self) -> None:
        """twistd finds the plugin."""
        [maker] = [p for p in getPlugins(IServiceMaker) if p.tapname == "gamepanel"]
        self.assertIs(maker.options, Options)

    def checkout(self) -> Path:
        """A copy of what a wheel is made of; builds in one directory would disturb each other."""
        work = Path(self.mktemp()).absolute()
        work.mkdir()
        ignore = shutil.ignore_patterns("__pycache__", "_build", "dropin.cache", "node_modules")
        for name in ("docs", "gamepanel", "twisted"):
            shutil.copytree(root / name, work / name, ignore=ignore)
        for name in ("LICENSE", "README.md", "pyproject.toml", "setup.py"):
            shutil.copy(root / name, work / name)
        return work

    def build(self, checkout: Path) -> Path:
        """The wheel of a checkout."""
        work = Path(self.mktemp()).absolute()
        subprocess.run(
            [
                *(sys.executable, "-m", "pip", "--disable-pip-version-check", "wheel", "--quiet"),
                *("--no-deps", "--wheel-dir", work, checkout),
            ],
            check=True,
        )
        [wheel] = work.glob("*.whl")
        return wheel

    def test_sdist(self) -> None:
        """All of the checkout is in the sdist, whose tests run; building it says nothing odd."""
        work = Path(self.mktemp()).absolute()
        ignored = ("__pycache__", "_build", ".peers", "*.egg-info", "*.pyc", "dropin.cache", ".?*")

        def ignore(directory: str, names: list[str]) -> set[str]:
            match = shutil.ignore_patterns(*ignored, "var", "build", "node_modules", "_trial*")
            found = match(directory, names) - {".ci"}
            return found | {"dist"} if directory == str(root) else found

        shutil.copytree(root, work / "checkout", ignore=ignore)
        before = {path.relative_to(work / "checkout") for path in files(work / "checkout")}
        tools = work / "tools"
        subprocess.run(
            [
                *(sys.executable, "-m", "pip", "--disable-pip-version-check", "install", "--quiet"),
                *("--target", tools, "setuptools>=77"),
            ],
            check=True,
        )
        code = f"from setuptools.build_meta import build_sdist; build_sdist({str(work)!r})"
        done = subprocess.run(
            [sys.executable, "-c", code],
            cwd=work / "checkout",
            env={**os.environ, "PYTHONPATH": str(tools)},
            capture_output=True,
            text=True,
            check=True,
        )
        self.assertNotIn("****", done.stdout + done.stderr)
        [archive] = work.glob("*.tar.gz")
        shutil.unpack_archive(archive, work / "sdist", filter="data")
        [sdist] = (work / "sdist").iterdir()
        self.assertEqual(before - {path.relative_to(sdist) for path in files(sdist)}, set())
        command = [
            sys.executable,
            "-m",
            "tests",
            "tests.console.test_times",
            "tests.project.test_news",
        ]
        subprocess.run(command, cwd=sdist, capture_output=True, check=True)

    def test_installed(self) -> None:
        """README's way to install it brings all of it: plugin, catalogue, migrations, programs."""
        work = Path(self.mktemp()).absolute()
        work.mkdir()
        readme = (root / "README.md").read_text()
        [commands] = re.findall(r"## Installing it for good\n\n((?: {4}.*\n)+)", readme)
        self.assertEqual(len(commands.splitlines()), 2)
        environment = {
            **os.environ,
            "PATH": f"{os.path.dirname(sys.executable)}:{os.environ['PATH']}",
        }
        done = subprocess.run(
            ["/bin/sh", "-ec", commands.replace("/opt/gamepanel", str(work / "v"))],
            cwd=self.checkout(),
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        self.assertEqual(done.returncode, 0, done.stdout)
        self.assertIn("--server-user=", done.stdout)
        python = work / "v" / "bin" / "python"
        [there] = (work / "v" / "lib").glob("python*/site-packages")
        subprocess.run(
            [work / "v" / "bin" / "gamepanel", "--help"], check=True, capture_output=True
        )
        code = (
            "import gamepanel.games.catalogue as c, gamepanel; print(gamepanel.__file__);"
            "print(*c.Catalogue((c.shippedTypes(),)).all());"
            "from gamepanel.store.database import connect;"
            "from gamepanel.store.migrating import migrate;"
            "d = connect(':memory:'); migrate(d);"
            "print(d.execute('PRAGMA user_version').fetchone()[0] > 0);"
            "from twisted.application.service import IServiceMaker as m;"
            "from twisted.plugin import getPlugins as p; print(*(x.tapname for x in p(m)))"
        )
        said = subprocess.run(
            [python, "-c", code], capture_output=True, text=True, check=True, cwd=work
        ).stdout.splitlines()
        self.assertTrue(said[0].startswith(str(there)), said)
        self.assertIn("openttd", said[1])
        self.assertEqual("True", said[2])
        self.assertIn("gamepanel", said[3])

    def test_removed(self) -> None:
        """All is in the wheel, but nothing of an earlier release that an earlier build has left."""
        checkout = self.checkout()
        old = checkout / "build" / "lib" / "gamepanel"
        shutil.copytree(checkout / "gamepanel", old)
        for name in ("removed.py", "games/types/removed.toml"):
            (old / name).write_text("# a part of an earlier release\n")
        with ZipFile(self.build(checkout)) as wheel:
            names = wheel.namelist()
        files = {str(path.relative_to(checkout)) for path in checkout.glob("gamepanel/**/*.*")}
        self.assertEqual([name for name in files - set(names) if not isSource(name)], [])
        self.assertEqual([name for name in names if isSource(name)], [])
        self.assertEqual([name for name in names if "removed" in name], [])
        self.assertFalse((checkout / "build" / "bdist.linux-x86_64").exists())
