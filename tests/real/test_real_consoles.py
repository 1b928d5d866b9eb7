"""Real game servers whose consoles are not their stdin."""

import re
from pathlib import Path

from gamepanel.games.catalogue import shippedTypes
from tests.realgames import RealGame, local
from tests.support import Refused, freePort

rcon = 'kind = "rcon-quake"\nhost = "{address}"\nport = "{port}"\n'


class RealConsolesTests(RealGame):
    """Games of the catalogue, reached in another way than the catalogue says."""

    def reach(self, type: str, console: str, *changes: tuple[str, str]) -> None:
        """Let a type take commands in another way."""
        text = (Path(shippedTypes()) / f"{type}.toml").read_text()
        text = re.sub(r"(?ms)^\[console\]\n.*?(?=^\[|\Z)", "", text)
        for old, new in changes:
            self.assertIn(old, text)
            text = text.replace(old, new, 1)
        own = Path(self.daemon.state) / "types" / f"{type}.toml"
        own.parent.mkdir(exist_ok=True)
        own.write_text(f"{text}\n[console]\n{console}\n")

    def test_openarena(self) -> None:
        """OpenArena by its remote console: answers come once, also after a kill of the daemon."""
        self.reach("openarena", rcon + 'password = "{rcon_password}"')
        self.begin("openarena", port=freePort(), **local)
        self.reachConsole()
        told = self.command("serverinfo", "A gamepanel server")
        self.assertEqual(told.count("> serverinfo"), 1)
        self.daemon.kill()
        self.client = self.daemon.start()
        self.reachConsole()
        self.client("server_cmd", server="game", command="sv_maxclients")
        self.client.untilLog("game", r'"sv_maxclients" is:"8')
        whole = self.client("server_log", server="game")["data"]
        self.assertEqual(whole.count("> sv_maxclients"), 1)
        self.assertEqual(whole.count('"sv_maxclients" is:'), 1)
        self.end("server_stop", 0)

    def test_openarenaRefuses(self) -> None:
        """A password that is not its own is told once; it is stopped all the same."""
        self.reach("openarena", rcon + 'password = "wrong"')
        self.begin("openarena", port=freePort(), **local)
        self.client.untilLog("game", "refused its password")
        with self.assertRaises(Refused) as caught:
            self.client("server_cmd", server="game", command="status")
        self.assertEqual(caught.exception.code, "console_unavailable")
        self.end("server_stop", 1)
