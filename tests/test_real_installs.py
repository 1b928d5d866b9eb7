"""
Real game servers that the daemon installs by itself, started and updated: from npm's registry, so
this needs the internet.
"""

import subprocess

from tests.realgames import RealGame, local
from tests.support import freePort, need


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
