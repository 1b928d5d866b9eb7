"""Packages of PyPI and of npm's registry, installed by pip and npm from registries on this host."""

import io
import json
import os
import shutil
import tarfile
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from unittest import SkipTest

from twisted.trial.unittest import SynchronousTestCase

from gamepanel.jobs.report import Failed
from gamepanel.process.launch import Account, Launch, childPath
from gamepanel.process.sandbox import programBubblewrap
from gamepanel.process.seen import Visible
from gamepanel.worker.steps.packages import _nodeVersion
from gamepanel.worker.steps.requesting import Requests
from gamepanel.worker.steps.task import Sources as Where
from tests.sources import Reply, sha
from tests.support import needIsolation
from tests.worker.stepcase import StepsTestCase, usual
from tests.worker.test_moving import strange

isSlow = True


def wheelOf(name: str, version: str) -> bytes:
    """A package of Python with one module."""
    data = io.BytesIO()
    info = f"{name}-{version}.dist-info"
    with zipfile.ZipFile(data, "w") as wheel:
        wheel.writestr(f"{name}.py", f"version = {version!r}\n")
        wheel.writestr(
            f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
        )
        wheel.writestr(
            f"{info}/WHEEL",
            "Wheel-Version: 1.0\nGenerator: x\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        )
        wheel.writestr(f"{info}/RECORD", "")
    return data.getvalue()


def packageOf(name: str, version: str) -> bytes:
    """A package of Node.js with one file."""
    data = io.BytesIO()
    files = {
        "package.json": json.dumps({"name": name, "version": version}).encode(),
        "index.js": b"module.exports = 1;\n",
    }
    with tarfile.open(fileobj=data, mode="w:gz") as archive:
        for path, content in files.items():
            info = tarfile.TarInfo(f"package/{path}")
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return data.getvalue()


class PackageTestCase(StepsTestCase):
    """
    The host's own programs are used.
    """

    isIsolated = False

    def setUp(self) -> None:
        super().setUp()
        self.path = childPath(os.environ["PATH"])

    def requests(self, **more: Any) -> Requests:
        """What asks the sources; registries are there, too."""
        mirrors = (
            ("https://pypi.org/", f"{self.sources.url}files.example/"),
            ("https://registry.npmjs.org/", f"{self.sources.url}files.example/"),
        )
        where = Where((*self.sources.mirrors, *mirrors))
        return Requests(where, patience=usual, sleep=self.paused.append)

    def confinement(self) -> tuple[str, ...]:
        """That of a server which is isolated, where the test wants that."""
        if not self.isIsolated:
            return ()
        # As if there were a user of the server: root has its sandbox only for one.
        account = Account(os.geteuid(), os.getegid(), None)
        home = self.bench.directory
        launch = Launch(("/bin/sh",), {"PATH": self.path, "HOME": home}, {}, home, account)
        sandbox = Visible(self.root).installing(
            *(launch, (), ("python3", "npm", "node")),
            *(os.path.join(self.root, "shared"), self.bench.staging),
        )
        return tuple(programBubblewrap(sandbox, isRoot=False))


class PipTests(PackageTestCase):
    def setUp(self) -> None:
        super().setUp()
        links = []
        for version in ("1.2", "1.10"):
            file = f"gp_test_game-{version}-py3-none-any.whl"
            self.sources.put(f"https://files.example/{file}", wheelOf("gp_test_game", version))
            links.append(f'<a href="/files.example/{file}">{file}</a>')
        html = {"Content-Type": "text/html"}
        self.sources.put(
            "https://files.example/simple/gp-test-game/",
            Reply("<!DOCTYPE html>{}".format("".join(links)).encode(), headers=html, etag=""),
        )

    def install(self, requirement: str) -> str | None:
        """Install it; what is said of the version."""
        return self.perform({"pip": [requirement]}).version

    def test_versions(self) -> None:
        """The version that is wanted, then the newest, in one virtualenv that stays."""
        if shutil.which("python3", path=self.path) is None:
            raise SkipTest("python3 is not installed; apt install python3-venv")
        try:
            self.assertEqual(self.install("gp_test_game==1.2"), "1.2")
        except Failed as error:
            if "virtualenv" in str(error):
                raise SkipTest(f"{error} apt install python3-venv") from error
            raise
        own = Path(self.bench.directory, ".venv")
        (own / "mine").touch()
        self.assertEqual(self.install("gp_test_game=="), "1.10")
        self.assertTrue((own / "mine").exists())
        with self.assertRaisesRegex(Failed, "pip can't install them: .*no-such"):
            self.install("no-such-package==1")


class NpmTests(PackageTestCase):
    def put(self, versions: Mapping[str, bytes], newest: str) -> None:
        """Let these versions be there."""
        about = {}
        for version, data in versions.items():
            path = f"gp-test-game/-/gp-test-game-{version}.tgz"
            self.sources.put(f"https://files.example/{path}", data)
            about[version] = {
                "name": "gp-test-game",
                "version": version,
                "dist": {
                    "tarball": f"{self.sources.url}files.example/{path}",
                    "shasum": sha("sha1", data),
                },
            }
        document = {"name": "gp-test-game", "dist-tags": {"latest": newest}, "versions": about}
        self.sources.put("https://files.example/gp-test-game", document)

    def test_versions(self) -> None:
        """The version that is wanted, then the newest; nothing else is left in the directory."""
        if shutil.which("npm", path=self.path) is None:
            raise SkipTest("npm is not installed; apt install npm")
        self.put({v: packageOf("gp-test-game", v) for v in ("1.2.0", "1.10.0")}, "1.10.0")
        self.assertEqual(self.perform({"npm": ["gp-test-game@1.2.0"]}).version, "1.2.0")
        self.assertEqual(self.perform({"npm": ["gp-test-game@"]}).version, "1.10.0")
        self.assertEqual(
            sorted(os.listdir(self.bench.directory)),
            ["node_modules", "package-lock.json", "package.json"],
        )
        self.assertEqual(os.listdir(self.bench.staging), [])
        with self.assertRaisesRegex(Failed, "npm can't install them: Not Found"):
            self.perform({"npm": ["gp-no-such-game"]})


class VersionTests(SynchronousTestCase):
    def test_strange(self) -> None:
        """What a package of npm has in the place of its description says no version."""
        directory = Path(self.mktemp())
        package = directory / "node_modules/@a/b"
        package.mkdir(parents=True)
        (package / "package.json").write_text('{"version": "1.2"}')
        self.assertEqual(_nodeVersion(str(directory), "@a/b"), "1.2")
        (package / "other").write_text('{"version": "1.2"}')
        for name in strange(package / "package.json", package / "other"):
            self.assertEqual(_nodeVersion(str(directory), "@a/b"), "", name)


class IsolatedPipTests(PipTests):
    isIsolated = True

    def setUp(self) -> None:
        needIsolation()
        super().setUp()
        # What stands in for programs elsewhere, in the home of somebody, is not seen there.
        self.path = "/usr/local/bin:/usr/bin:/bin"


class IsolatedNpmTests(NpmTests):
    isIsolated = True

    def setUp(self) -> None:
        needIsolation()
        super().setUp()
        # What stands in for programs elsewhere, in the home of somebody, is not seen there.
        self.path = "/usr/local/bin:/usr/bin:/bin"
