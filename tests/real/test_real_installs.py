"""
Real game servers that the daemon installs by itself, started and updated: from npm's
registry and PyPI, so this needs the internet.
"""

import json
import subprocess
from functools import partial
from typing import Any
from urllib.error import URLError
from urllib.request import urlopen

from tests.realgames import RealGame, local
from tests.support import Daemon, freePort, need, patience


def readJson(url: str) -> Any:
    """What is at an address; None as long as nobody answers there."""
    try:
        with urlopen(url, timeout=patience) as answer:
            return json.load(answer)
    except URLError:
        return None


class RealInstallsTests(RealGame):
    """Games whose types have install steps."""

    def test_flyingSquid(self) -> None:
        """flying-squid, from npm, keeps its world and what was set by hand, also when updated."""
        need("npm")
        options = {"port": freePort(), "online_mode": False}
        status = self.begin("flying-squid", **options, **local)
        self.assertEqual(status["installed"]["version"], "1.12.0")
        self.answers()
        seed = self.client.untilLog("game", "World seed: ").split("World seed: ")[1].split()[0]
        self.build(19)
        self.end("server_stop", 0)
        self.assertEqual(self.block(20), "stone")
        settings = (self.files / "settings.json").read_text()
        self.edit("settings.json", settings.replace("{", '{"kickTimeout": 5000,', 1))
        self.installed(self.client("server_update", server="game")["job"])
        start = self.client("server_status", server="game")["readIndex"]
        self.again()
        self.client.untilLog("game", f"World seed: {seed}", start)
        self.assertIn('"kickTimeout": 5000', (self.files / "settings.json").read_text())
        self.build(21)
        self.end("server_kill", 143, "TERM")
        self.assertEqual([self.block(height) for height in (20, 22, 23)], ["stone", "stone", "air"])

    def build(self, height: int) -> None:
        """Set a block, and when that is saved another one above, which is not saved yet."""
        self.client("server_cmd", server="game", command=f"setblock 0 {height} 0 1")
        self.client.wait(lambda: self.block(height) == "stone", "the first block")
        self.client("server_cmd", server="game", command=f"setblock 0 {height + 1} 0 1")
        self.command("version", "This server is running flying-squid")

    def block(self, height: int) -> str:
        """What flying-squid has saved of a place in its world; nothing while it saves."""
        script = """
            const { Anvil } = require("prismarine-provider-anvil");
            const { Vec3 } = require("vec3");
            const [region, height] = process.argv.slice(1);
            new (Anvil("1.16.5"))(region).load(0, 0).then(chunk => {
                console.log(chunk.getBlock(new Vec3(0, Number(height), 0)).name);
                process.exit();
            });
        """
        found = subprocess.run(
            [need("node"), "-e", script, str(self.files / "world" / "region"), str(height)],
            env={"NODE_PATH": str(self.files / "node_modules")},
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        return found.stdout.strip()

    def test_piqueserver(self) -> None:
        """
        piqueserver, from PyPI, brings its sample configuration; what was set by hand stays, also
        when it is updated.
        """
        need("python3.11")
        self.daemon = Daemon(self.reaching)
        status = freePort()
        self.begin("piqueserver", port=freePort(), status_port=status, **local)
        self.answers()

        def told() -> Any:
            # Its status page comes after it has asked for the host's address in vain.
            return self.client.wait(partial(readJson, f"http://127.0.0.1:{status}/json"), "it")

        said = told()
        self.assertEqual((said["serverName"], said["gameMode"]), ("A gamepanel server", "ctf"))
        self.end("server_stop", 0)
        self.installed(self.client("server_update", server="game")["job"])
        config = (self.files / "config/config.toml").read_text()
        self.assertIn("[rights]\n", config)
        self.edit("config/config.toml", config.replace('game_mode = "ctf"', 'game_mode = "tc"'))
        self.client("server_settings", server="game", settings={"server_name": "Other"})
        self.again()
        said = told()
        self.assertEqual((said["serverName"], said["gameMode"]), ("Other", "tc"))
        self.end("server_stop", 0)
