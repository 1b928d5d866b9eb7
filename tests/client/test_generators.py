"""What makes clients out of the OpenAPI document, and what checks such documents."""

import importlib
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any
from unittest import SkipTest

from twisted.trial.unittest import SynchronousTestCase

from docs.contract import current
from gamepanel.wire.proof import solve
from tests.support import Daemon, patience

environment = Path(sys.prefix)
"""The virtualenv that the tests run in; what comes from npm is in it, too, see the Makefile."""


def run(*command: str) -> str:
    """
    What a command prints; it fails for anything to complain of.
    """
    path = f"{environment / 'bin'}:{os.environ['PATH']}"
    done = subprocess.run(
        command,
        env={**os.environ, "PATH": path},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=4 * patience,
        check=False,
    )
    if done.returncode:
        raise AssertionError(f"{command[0]} ended with {done.returncode}:\n{done.stdout}")
    return done.stdout


def needNode(program: str) -> str:
    """
    The path of a program that C{make test} has got from npm.

    @raise SkipTest: when there was no npm.
    """
    path = environment / "node" / "node_modules" / ".bin" / program
    if not path.exists():
        raise SkipTest(f"{program} is not installed; apt install npm, and make test anew")
    return str(path)


class GeneratorTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.work = Path(self.mktemp()).absolute()
        self.work.mkdir()
        self.document = self.work / "openapi.json"
        self.document.write_text(json.dumps(current()))

    def test_spectral(self) -> None:
        """The ruleset spectral:oas has nothing to warn of."""
        program = needNode("spectral")
        rules = self.work / "rules.yaml"
        rules.write_text('extends: ["spectral:oas"]\n')
        run(program, "lint", str(self.document), "-r", str(rules), "--fail-severity", "hint")

    def test_typescript(self) -> None:
        """openapi-typescript makes types of every endpoint, and a compiler takes them."""
        program, compiler = needNode("openapi-typescript"), needNode("tsc")
        made = self.work / "panel.d.ts"
        told = run(program, str(self.document), "-o", str(made))
        self.assertNotIn("warn", told.lower())
        text = made.read_text()
        for path in current()["paths"]:
            self.assertIn(f'"{path}": {{', text)
        again = self.work / "again.d.ts"
        run(program, str(self.document), "-o", str(again))
        self.assertEqual(again.read_text(), text)
        # What a page shows compiles, as it says.
        page = (Path(__file__).parents[2] / "docs/how-to/use-another-language.md").read_text()
        [sample] = re.findall(r"```ts\n(.*?)```", page, re.DOTALL)
        (self.work / "sample.ts").write_text(sample)
        run(program, str(self.document), "--default-non-nullable=false", "-o", str(made))
        strict = ("--noEmit", "--strict", "--lib", "es2022,dom", "--module", "es2022")
        run(compiler, *strict, str(made), str(self.work / "sample.ts"))

    def test_python(self) -> None:
        """A client made by openapi-python-client makes, starts, commands and destroys a server."""
        made = self.work / "panelclient"
        config = self.work / "config.yaml"
        page = (Path(__file__).parents[2] / "docs/how-to/use-another-language.md").read_text()
        [overrides] = re.findall(r"```yaml\n(.*?)```", page, re.DOTALL)
        config.write_text(overrides)
        told = run(
            *(str(environment / "bin" / "openapi-python-client"), "generate"),
            *("--fail-on-warning", "--meta", "none", "--config", str(config)),
            *("--path", str(self.document), "--output-path", str(made)),
        )
        self.assertNotIn("WARNING", told)
        sys.path.insert(0, str(self.work))
        self.addCleanup(sys.path.remove, str(self.work))
        self.addCleanup(self.forget)
        daemon = Daemon(())
        self.addCleanup(daemon.cleanUp)
        daemon.start()
        self.play(daemon)

    def forget(self) -> None:
        """Let another test import what it has made."""
        for name in [name for name in sys.modules if name.partition(".")[0] == "panelclient"]:
            del sys.modules[name]

    def play(self, daemon: Daemon) -> None:
        """Use the generated client as a program would."""
        package = importlib.import_module("panelclient")
        models = importlib.import_module("panelclient.models")
        anonymous = package.Client(base_url=daemon.base)

        def call(group: str, name: str, client: Any, **fields: Any) -> Any:
            module = importlib.import_module(f"panelclient.api.{group}.{name}")
            answer = module.sync(client=client, **fields)
            self.assertNotIsInstance(answer, models.ProblemDetails)
            return answer

        info = call("authentication", "login_info_get", anonymous)
        work = info.proof_of_work
        login = models.Login(
            username="admin",
            password=daemon.password,
            token=info.token,
            proof_of_work=solve(info.token, "admin", work.amount, work.difficulty),
        )
        token = call("authentication", "login", anonymous, body=login).access_token
        client = package.AuthenticatedClient(base_url=daemon.base, token=token)
        options = models.CreateServerOptionsType0.from_dict({"script": "exec cat"})
        made = models.CreateServer(type_="shell", server="echo", options=options)
        call("management", "server_create", client, body=made)
        server = models.OfServer(server="echo")
        call("one_server", "server_start", client, body=server)
        line = models.Command(server="echo", command="hello from a generated client")
        call("one_server", "server_cmd", client, body=line)
        log = models.ReadLog(server="echo", wait=min(patience, 30))
        self.assertEqual(
            call("one_server", "server_log", client, body=log).data,
            "hello from a generated client\n",
        )
        call("one_server", "server_force_kill", client, body=server)
        status = models.StatusOf(server="echo")
        while call("one_server", "server_status", client, body=status).status != "stopped":
            pass
        call("management", "server_destroy", client, body=models.Destroy(server="echo"))
        left = call("management", "server_list", client, body=models.Empty())
        self.assertEqual(left.servers, [])
