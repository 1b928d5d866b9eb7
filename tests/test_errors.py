"""How errors are raised."""

import ast
from collections.abc import Iterator
from pathlib import Path

from twisted.trial.unittest import SynchronousTestCase

import gamepanel


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
        """No error names itself as its cause: who follows the causes would never come to an end."""
        found = []
        for path in sorted(Path(gamepanel.__file__).parent.rglob("*.py")):
            for node in ast.walk(ast.parse(path.read_text())):
                if not isinstance(node, ast.Raise) or not isinstance(node.cause, ast.Name):
                    continue
                if node.cause.id in raised(node.exc):
                    found.append(f"{path}:{node.lineno}")
        self.assertEqual(found, [])
