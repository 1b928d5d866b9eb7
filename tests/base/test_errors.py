"""How errors are raised."""

import ast
from collections.abc import Iterator
from pathlib import Path

from twisted.trial.unittest import SynchronousTestCase

import gamepanel
from gamepanel.base import errors
from gamepanel.web.http.problems import pointerTo
from gamepanel.wire.codes import codes as known


def raised(node: ast.expr | None) -> Iterator[str]:
    """The names of what an expression may raise, as far as it raises what has a name."""
    if isinstance(node, ast.Name):
        yield node.id
    elif isinstance(node, ast.BoolOp):
        for value in node.values:
            yield from raised(value)
    elif isinstance(node, ast.IfExp):
        yield from raised(node.body)
        yield from raised(node.orelse)


class CauseTests(SynchronousTestCase):
    def test_none(self) -> None:
        """No error names itself as its cause: following the causes would never come to an end."""
        found = []
        for path in sorted(Path(gamepanel.__file__).parent.rglob("*.py")):
            for node in ast.walk(ast.parse(path.read_text())):
                if not isinstance(node, ast.Raise) or not isinstance(node.cause, ast.Name):
                    continue
                if node.cause.id in raised(node.exc):
                    found.append(f"{path}:{node.lineno}")
        self.assertEqual(found, [])


class CodeTests(SynchronousTestCase):
    def test_complete(self) -> None:
        """The codes of the API are those of the classes that can be raised."""
        kinds = [kind for kind in vars(errors).values() if isinstance(kind, type)]
        codes = {kind.code for kind in kinds if issubclass(kind, errors.PanelError)}
        self.assertEqual(codes, set(known))


class PointerTests(SynchronousTestCase):
    def test_ours(self) -> None:
        """A field becomes a JSON pointer; the whole of a request is the empty one."""
        self.assertEqual(pointerTo(("options", "port")), "/options/port")
        self.assertEqual(pointerTo(("servers", "a", "0")), "/servers/a/0")
        self.assertEqual(pointerTo(()), "")
