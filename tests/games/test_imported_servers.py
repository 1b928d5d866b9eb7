"""
Eggs and a template, recorded for this, become servers: imported, installed from sources on this
host, started as stand-ins of their games, and updated while people's files stay.
"""

import json
import os
from functools import partial
from pathlib import Path
from typing import Any

from twisted.trial.unittest import SynchronousTestCase

from gamepanel.local.importing import importFiles
from tests.sources import Sources
from tests.support import Daemon, need, needIsolation, patience
from tests.worker.stepcase import tarOf

game = b"""\
#!/bin/sh
echo "version $(cat version.txt), name $1, mode ${2-none}"
exec cat
"""
"""Stands for each of the games."""

name = 'it\'s "$(touch pwned)" `touch pwned`; touch pwned'
"""What somebody calls a server, which means much to a shell."""


def printed(version: int, mode: str) -> str:
    """The line by which a game says that it is there."""
    return f"version {version}, name {name}, mode {mode}"


def packed(version: str) -> bytes:
    """The archive of a version of the game."""
    files = {"version.txt": version.encode(), "settings.cfg": f"default {version}\n".encode()}
    return tarOf({**files, "bin/game.sh": game})


def variable(env: str, default: str) -> dict[str, Any]:
    """A variable of an egg."""
    return {
        "name": env.title(),
        "env_variable": env,
        "default_value": default,
        "user_viewable": True,
        "user_editable": True,
        "rules": "required|string",
    }


def egg(title: str, startup: str, script: str) -> dict[str, Any]:
    """An egg of Pterodactyl."""
    return {
        "meta": {"version": "PTDL_v2"},
        "name": title,
        "startup": startup,
        "config": {"files": "{}", "startup": '{"done": "version "}', "stop": "^C"},
        "scripts": {"installation": {"script": script, "entrypoint": "ash"}},
        "variables": [variable("VERSION", "1"), variable("SERVER_NAME", "cave")],
    }


starts = './bin/game.sh "{{SERVER_NAME}}"'

unpacking = """\
#!/bin/ash
# Server files: /mnt/server
apk add --no-cache curl
cd /mnt/server
curl -sSL https://files.example/${VERSION}.tar.gz -o game.tar.gz
tar -xzf game.tar.gz
rm game.tar.gz
chmod +x bin/game.sh
"""
"""One download, which a recipe knows."""

releasing = """\
cd /mnt/server
RELEASE=$(curl --silent "https://api.github.com/repos/cave/game/releases/latest")
DOWNLOAD_URL=$(echo "$RELEASE" | jq -r '.assets[].browser_download_url' | grep -i linux.tar.gz)
curl -L ${DOWNLOAD_URL} -o game.tar.gz
tar xzf game.tar.gz && rm game.tar.gz
chmod +x bin/game.sh
"""
"""A release of GitHub, which another knows."""

scripting = """\
#!/bin/bash\r
apt-get -y update && sudo apt-get -y install curl
useradd -m cave || true
cd /mnt/server
for part in $(curl -fsS "http://files.example/parts-$VERSION"); do
  curl -fsS "http://files.example/$part" | tar -xz
done
sed -i "s/default/script/" settings.cfg
chown -R root:root /mnt/server
chmod 755 bin/game.sh
echo "$SERVER_NAME" > installed-as.txt
"""
"""One that no recipe knows, with what only a container's root could do."""

inShell = (
    'MODE=$(sed "s/ .*//" settings.cfg); ./bin/game.sh {{SERVER_NAME}} $MODE; '
    'echo "{{SERVER_NAME}} has ended"'
)
"""A start command that needs a shell."""

template: dict[str, Any] = {
    "type": "cave",
    "display": "Template",
    "data": {
        "version": {"value": "1", "display": "Version", "userEdit": True},
        "name": {"value": "cave", "display": "Name", "userEdit": True},
    },
    "install": [
        {"type": "download", "files": ["https://files.example/${version}.tar.gz"]},
        {"type": "extract", "source": "${version}.tar.gz", "destination": "."},
        {"type": "command", "commands": ["chmod +x bin/game.sh"]},
    ],
    "run": {"command": './bin/game.sh "${name}"', "stopCode": 2},
}

eggs: dict[str, tuple[dict[str, Any], str]] = {
    "unpacked": (egg("Unpacked", starts, unpacking), "recognised"),
    "released": (egg("Released", starts, releasing), "recognised"),
    "scripted": (egg("Scripted", starts, scripting), "script"),
    "chained": (egg("Chained", inShell, scripting), "script"),
    "template": (template, "recognised"),
}
"""Files by the names of their types, and what installs of them become."""


class ImportedServersTests(SynchronousTestCase):
    def setUp(self) -> None:
        need("curl")
        isolated = needIsolation()
        self.sources = Sources()
        self.addCleanup(self.sources.close)
        for version in ("1", "2"):
            archive = packed(version)
            self.sources.put(f"https://files.example/{version}.tar.gz", archive)
            self.sources.put(f"http://files.example/{version}.tar.gz", archive)
            self.sources.put(
                f"http://files.example/parts-{version}", f"{version}.tar.gz\n".encode()
            )
        self.sources.github("cave/game", "v1", {"game-linux.tar.gz": packed("1")})
        proxies = {"http_proxy": self.sources.url, "no_proxy": ""}
        self.daemon = Daemon((*isolated, *self.sources.options), environment=proxies)
        self.addCleanup(self.daemon.cleanUp)
        self.imported()
        self.client = self.daemon.start()

    def imported(self) -> None:
        """Make types of all of them."""
        files = []
        for each, (document, _) in eggs.items():
            path = os.path.join(self.daemon.state, f"{each}.json")
            Path(path).write_text(json.dumps(document))
            files.append(path)
        types = os.path.join(self.daemon.state, "types")
        reports = list(importFiles(files, types, False, True))
        found = {report.type: (report.became, report.complete) for report in reports}
        self.assertEqual(found, {each: (became, True) for each, (_, became) in eggs.items()})

    def over(self, job: int) -> None:
        """Wait until a job is done."""

        def look() -> Any:
            found = self.client("job_status", job=job, wait=1)
            return found if found["status"] not in ("queued", "running") else None

        ended = self.client.wait(look, f"the end of job {job}", 2 * patience)
        printed = self.client("job_log", job=job)["data"]
        self.assertEqual((ended["status"], ended["error"]), ("done", None), printed)

    def say(self, lines: dict[str, str]) -> None:
        """Start servers, wait until each game has printed its line, and stop them."""
        for server in lines:
            self.client("server_start", server=server)
        for server, line in lines.items():
            self.client.wait(partial(self.hasSaid, server, line), f"{line!r} of {server}")
        for server in lines:
            self.client("server_stop", server=server)
        for server in lines:
            self.client.wait(partial(self.isStopped, server), f"the end of {server}")

    def hasSaid(self, server: str, line: str) -> bool:
        """Whether a game has printed a line."""
        return line in self.client("server_log", server=server)["data"].splitlines()

    def isStopped(self, server: str) -> bool:
        """Whether a game has ended."""
        return bool(self.client("server_status", server=server)["status"] == "stopped")

    def files(self, server: str) -> Path:
        """The directory of a server."""
        return Path(self.daemon.state, "servers", server, "files")

    def edited(self, server: str) -> None:
        """Somebody changes a file of a server, as its user would."""
        path = self.files(server) / "settings.cfg"
        owner = path.stat()
        path.write_text("edited by hand\n")
        os.chown(path, owner.st_uid, owner.st_gid)

    def test_servers(self) -> None:
        """
        Each is installed and starts; values are arguments, whatever they hold; an update to another
        version keeps what was edited, and puts the new file beside it.
        """
        nameOf = {each: "name" if each == "template" else "server_name" for each in eggs}
        jobs = [
            self.client("server_create", type=each, server=each, options={nameOf[each]: name})
            for each in eggs
        ]
        for job in jobs:
            self.over(job["job"])
        self.say({each: printed(1, "script" if each == "chained" else "none") for each in eggs})
        self.assertEqual((self.files("scripted") / "installed-as.txt").read_text(), f"{name}\n")
        self.assertEqual((self.files("scripted") / "settings.cfg").read_text(), "script 1\n")
        for each in eggs:
            self.edited(each)
            if each != "released":
                self.client("server_settings", server=each, settings={"version": "2"})
        self.sources.github("cave/game", "v2", {"game-linux.tar.gz": packed("2")})
        for job in [self.client("server_update", server=each) for each in eggs]:
            self.over(job["job"])
        for each in eggs:
            news = "script 2\n" if each in ("scripted", "chained") else "default 2\n"
            self.assertEqual((self.files(each) / "settings.cfg").read_text(), "edited by hand\n")
            self.assertEqual((self.files(each) / "settings.cfg.new").read_text(), news)
        self.say({each: printed(2, "edited" if each == "chained" else "none") for each in eggs})
        found = [where for where, _, names in os.walk(self.daemon.state) if "pwned" in names]
        self.assertEqual(found, [])
