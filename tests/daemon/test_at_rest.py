"""What a daemon at rest has in memory: what it does not need is not even imported."""

import json
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from functools import cache
from typing import Final

from twisted.trial.unittest import SynchronousTestCase

from tests.support import freePort, patience

others: Final = frozenset(
    {
        *("click", "configupdater", "javaproperties", "jmespath", "jq", "multiprocessing"),
        *("nacl", "opengsq", "prompt_toolkit", "psutil", "re2", "rich", "ruamel", "tomlkit"),
        *("tomllib", "treq", "tree_sitter", "tree_sitter_bash", "wsproto"),
    }
)
"""What our parts use that a daemon does without until it is asked for something."""

ours: Final = (
    *("gamepanel.client.", "gamepanel.local.", "gamepanel.worker.steps."),
    *("gamepanel.worker.unpack.", "gamepanel.worker.files.tree.", "gamepanel.worker.moving."),
    *("gamepanel.worker.files.listing.", "gamepanel.worker.files.serving."),
    *("gamepanel.games.importing.", "gamepanel.players.queries.__main__."),
    "gamepanel.games.parsing.",
    *("gamepanel.accounts.introspection.", "gamepanel.accounts.introspectionclient."),
)

mostAttrs: Final = 90
"""Classes of ours that attrs makes. Each takes 14 kB, a value that is a L{msgspec.Struct} 3 kB."""

program: Final = """
import gc, json, linecache, sys
from twisted.internet import reactor, task
from twisted.scripts.twistd import run

def ofFiles():
    with open("/proc/self/status") as status:
        return next(line.split()[1] for line in status if line.startswith("RssFile:"))

def look():
    before.append(ofFiles())
    if not gc.get_freeze_count():
        task.deferLater(reactor, 0.01, look)
        return
    gc.unfreeze()
    made = [each for each in gc.get_objects() if isinstance(each, type)]
    named = {f"{each.__module__}.{each.__qualname__}" for each in made if hasattr(each, attrs)}
    print("found", json.dumps({
        "ofFiles": [before[0], ofFiles()],
        "modules": sorted(sys.modules),
        "lines": sorted(linecache.cache),
        "attrs": sorted(each for each in named if each.startswith("gamepanel.")),
    }))
    sys.stdout.flush()
    reactor.stop()

attrs, before = "__attrs_attrs__", []
reactor.callWhenRunning(look)
sys.argv = ["twistd", *sys.argv[1:]]
run()
"""


@cache
def atRest() -> Mapping[str, list[str]]:
    """Let a daemon start, and say what it has in memory then; kilobytes of files also before."""
    with tempfile.TemporaryDirectory(prefix="gamepanel-test-") as state:
        said = subprocess.run(
            [
                *(sys.executable, "-c", program, "-n", "--pidfile", f"{state}/pid"),
                *("gamepanel", "--state", state, "--auth", "noauth", "--isolate", "off"),
                *("--listen", f"tcp:{freePort()}:interface=127.0.0.1"),
            ],
            check=True,
            capture_output=True,
            text=True,
            timeout=2 * patience,
        ).stdout
    [line] = [each for each in said.splitlines() if " found " in each]
    found: Mapping[str, list[str]] = json.loads(line.partition(" found ")[2])
    return found


class RestTests(SynchronousTestCase):
    def test_others(self) -> None:
        """No package is imported that only some requests need."""
        modules = atRest()["modules"]
        self.assertIn("gamepanel.servers.server", modules)
        self.assertEqual({each.partition(".")[0] for each in modules} & others, set())

    def test_ours(self) -> None:
        """Nor is a part of our own that only other processes need, or a rare request."""
        modules = atRest()["modules"]
        self.assertEqual([each for each in modules if f"{each}.".startswith(ours)], [])

    def test_values(self) -> None:
        """Most values are of a kind whose classes take little memory."""
        made = atRest()["attrs"]
        self.assertIn("gamepanel.games.catalogue.Catalogue", made)
        self.assertLessEqual(len(made), mostAttrs)

    def test_libraries(self) -> None:
        """What only the start needs of programs and libraries is not in memory any more."""
        before, after = map(int, atRest()["ofFiles"])
        self.assertLess(after, before / 2)

    def test_lines(self) -> None:
        """The text of methods that were made while it started is not kept."""
        self.assertEqual([each for each in atRest()["lines"] if each.startswith("<")], [])
