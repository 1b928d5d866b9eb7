"""Causes: what a sentence says, as data."""

import ast
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

from twisted.trial.unittest import SynchronousTestCase

import gamepanel
from gamepanel.base.errors import PanelError
from gamepanel.games.cannothold import CannotHold
from gamepanel.wire.causes import MiB, Sentence, because, namesIn, sentences
from gamepanel.wire.codes import codes

package = Path(gamepanel.__file__).parent


def alternatives(sentence: Sentence) -> tuple[str, ...]:
    """All the texts of a cause."""
    return (sentence,) if isinstance(sentence, str) else sentence


@cache
def trees() -> Mapping[Path, ast.Module]:
    """All files of the package, parsed."""
    return {path: ast.parse(path.read_text()) for path in sorted(package.rglob("*.py"))}


def calls() -> Iterator[tuple[str, str, frozenset[str] | None]]:
    """
    Where the package names a cause with its values: the place, the code, and the names of the
    values, None where they come as a whole.
    """
    for path, tree in trees().items():
        for node in ast.walk(tree):
            if not isinstance(node, ast.Call) or not node.args:
                continue
            name = node.func.id if isinstance(node.func, ast.Name) else ""
            if name not in ("because", "CannotHold"):
                continue
            parts = ast.walk(node.args[0])
            codes = [each.value for each in parts if isinstance(each, ast.Constant)]
            names = [each.arg for each in node.keywords if each.arg is not None]
            whole = len(names) < len(node.keywords)
            for code in codes:
                if isinstance(code, str) and (code in sentences or len(codes) == 1):
                    yield f"{path}:{node.lineno}", code, None if whole else frozenset(names)


class SentenceTests(SynchronousTestCase):
    def test_values(self) -> None:
        """Each cause is told with the values that its text names, neither more nor less."""
        seen = 0
        for place, code, given in calls():
            self.assertIn(code, sentences, place)
            wanted = frozenset().union(*map(namesIn, alternatives(sentences[code])))
            if given is not None:
                seen += 1
                self.assertLessEqual(given, wanted, place)
                # Where some may be left out there is a text for that.
                each = [namesIn(text) for text in alternatives(sentences[code])]
                self.assertTrue(any(names <= given for names in each), place)
        self.assertGreater(seen, 150)

    def test_used(self) -> None:
        """Each cause is one that something can tell."""
        said = {
            node.value
            for path, tree in trees().items()
            if path.name != "causes.py"
            for node in ast.walk(tree)
            if isinstance(node, ast.Constant) and isinstance(node.value, str)
        }
        refusals = {each.code for each in PanelError.__subclasses__()}
        self.assertEqual(sentences.keys() - said - refusals, set())

    def test_codes(self) -> None:
        """Each code of a refusal has a status, and a text for where there is no more to say."""
        for code in codes:
            self.assertRegex(str(because(code)), r"^[A-Z].*\.$")

    def test_alternatives(self) -> None:
        """Of several texts, each can be the first whose values are all there."""
        for code, sentence in sentences.items():
            each = [namesIn(text) for text in alternatives(sentence)]
            for number, names in enumerate(each):
                self.assertFalse(any(before <= names for before in each[:number]), code)

    def test_text(self) -> None:
        """A text has its values as people write them; one that is not there is left out."""
        for cause, text in (
            (because("not_running"), "The server is not running."),
            (because("lacks_programs", programs=["a", "b"], hint=None), "This host lacks a, b."),
            (
                because("lacks_programs", programs=["a"], hint="apt install a"),
                "This host lacks a. Install it like this: apt install a.",
            ),
            (
                because("over_disk_limit", used=3.4 * MiB, limit=2 * MiB),
                "The server takes 3 MiB of the disk; its limit is 2 MiB.",
            ),
            (
                because("port_taken", port=1, protocols=["tcp", "udp"]),
                "Port 1 (TCP and UDP) is taken by another program of this host.",
            ),
            (because("not_address", families=["ipv4"]), "must be an IPv4 address"),
            (
                because("bad_name", why=because("too_short", least=3)),
                "has a name that is none: it must have at least 3 characters",
            ),
            (
                because(
                    "file_cant_hold", file="a.ini", why=CannotHold("too_many_keys", most=3).reason
                ),
                "a.ini: it has more than 3 keys",
            ),
            (because("of_a_newer_daemon", x=1), "of_a_newer_daemon"),
        ):
            self.assertEqual(str(cause), text)
        # Braces in a value are none of ours.
        self.assertEqual(
            str(because("type_left_out", file="{why}", why="{file}")), "{why} was left out: {file}"
        )
