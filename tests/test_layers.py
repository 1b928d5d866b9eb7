"""
Where things belong: imports go down only, files and classes stay short, everything public has
a docstring.
"""

import ast
import tomllib
from collections.abc import Container, Iterator, Mapping
from pathlib import Path
from statistics import median
from typing import Final

from twisted.trial.unittest import SynchronousTestCase

import gamepanel

package: Final = Path(gamepanel.__file__).parent

maxLines: Final = 400
"""Lines of a file."""

maxMedian: Final = 150
"""Lines of the file in the middle."""

maxClassLines: Final = 250
"""Lines of a class."""

_bottom: Final = frozenset({"wire", "errors"})
_store: Final = _bottom | {"hub", "disk", "store"}
_servers: Final = _store | {"collecting", "host", "games", "servers"}
_accounts: Final = _store | {"accounts"}
_work: Final = _servers | {"jobs", "events"}
_players: Final = _work | {"players"}
_operations: Final = _players | _accounts | {"operations"}
_service: Final = _accounts | {"collecting", "service", "state"}

layers: Final[dict[str, frozenset[str]]] = {
    "wire": frozenset({"wire"}),
    "errors": _bottom,
    "hub": frozenset({"hub"}),
    "collecting": frozenset({"collecting"}),
    "disk": _bottom | {"disk"},
    "store": _store,
    "games": _bottom | {"games"},
    # It knows the kernel and the store, and no server.
    "host": _store | {"host"},
    "servers": _servers,
    "accounts": _accounts,
    "jobs": _work,
    "events": _work,
    "players": _players,
    "operations": _operations,
    "client": _bottom | {"client"},
    "local": _service | {"local", "games"},
    "panel": frozenset(),
    "web": _operations | {"web"},
    "service": _service,
    "state": _service,
    "options": _service | {"options", "host"},
    "parts": _operations | _service | {"options", "parts"},
    "daemon": _operations | _service | {"web", "options", "parts", "daemon"},
    "tap": _service | {"host", "options", "parts", "daemon", "tap"},
}
"""What each part of the package may import of the others."""

allowed: Final = frozenset(
    {
        # Commands that work on this host: imported when they are called.
        ("client/local.py", "local"),
        ("client/local.py", "state"),
    }
)
"""Imports that go elsewhere: file and part."""

Definition = ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef


def modules() -> Iterator[tuple[str, str]]:
    """All our files: path below the package, and text."""
    for path in sorted(package.rglob("*.py")):
        yield path.relative_to(package).as_posix(), path.read_text()


def partOf(path: str) -> str:
    """The part of the package that a file belongs to."""
    return path.partition("/")[0].removesuffix(".py")


def importedParts(tree: ast.Module) -> Iterator[str]:
    """The parts of the package that a file imports, anywhere in it."""
    for node in ast.walk(tree):
        names: list[str] = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module == "gamepanel":
            names = [f"gamepanel.{alias.name}" for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module is not None:
            names = [node.module]
        for name in names:
            if name.startswith("gamepanel.") and name != "gamepanel.__version__":
                yield name.split(".")[1]


def nameOf(path: str) -> str:
    """The name by which a file is imported."""
    return f"gamepanel.{path.removesuffix('.py').replace('/', '.')}".removesuffix(".__init__")


def importedFiles(tree: ast.Module, names: Container[str]) -> set[str]:
    """
    The names of our files that a file imports, anywhere in it.

    @param names: of all our files.
    """
    found = set[str]()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module is not None:
            inside = [f"{node.module}.{alias.name}" for alias in node.names]
            found.update(name if name in names else node.module for name in inside)
    return {name for name in found if name in names}


def inCircles(imports: Mapping[str, set[str]]) -> set[str]:
    """Those that import themselves through others."""

    def reached(start: str) -> set[str]:
        seen, waiting = set[str](), list(imports[start])
        while waiting:
            name = waiting.pop()
            if name not in seen:
                seen.add(name)
                waiting += imports[name]
        return seen

    return {name for name in imports if name in reached(name)}


def misplaced(path: str, text: str) -> Iterator[str]:
    """What a file imports that it may not."""
    part = partOf(path)
    for imported in sorted(set(importedParts(ast.parse(text)))):
        if imported not in layers[part] and (path, imported) not in allowed:
            yield f"{path} imports {imported}"


def isTransition(node: Definition) -> bool:
    """Whether a function is part of the table of a state machine, which says what it is for."""
    return any(
        isinstance(part, ast.Attribute) and part.attr == "upon"
        for decorator in node.decorator_list
        for part in ast.walk(decorator)
    )


def explains(node: Definition) -> bool:
    """Whether a class says what it is in a sentence that users are shown."""
    targets = [each.targets[0] for each in node.body if isinstance(each, ast.Assign)]
    return any(isinstance(each, ast.Name) and each.id == "explanation" for each in targets)


def undocumented(name: str, node: ast.Module | ast.ClassDef) -> Iterator[str]:
    """Everything public in a module or a class that does not say what it is."""
    if not ast.get_docstring(node) and not (isinstance(node, ast.ClassDef) and explains(node)):
        yield name
    for part in node.body:
        if not isinstance(part, Definition) or part.name.startswith("_"):
            continue
        if isinstance(part, ast.ClassDef):
            yield from undocumented(f"{name}.{part.name}", part)
        elif not ast.get_docstring(part) and not isTransition(part):
            yield f"{name}.{part.name}"


class LayerTests(SynchronousTestCase):
    def test_complete(self) -> None:
        """Each part of the package has its place, and each that is named may import itself."""
        parts = {partOf(path) for path, _ in modules()} - {"__init__"}
        self.assertEqual(parts - layers.keys(), set())

    def test_packaged(self) -> None:
        """Each directory with modules is a package that is installed."""
        listed = tomllib.loads((package.parent / "pyproject.toml").read_text())
        there = {
            f"gamepanel.{path.rpartition('/')[0].replace('/', '.')}".rstrip(".")
            for path, _ in modules()
            # It is run by hand, where the page's libraries are renewed.
            if not path.startswith("panel/vendor/")
        }
        self.assertEqual(there - set(listed["tool"]["setuptools"]["packages"]), set())

    def test_down(self) -> None:
        """Imports go down only."""
        found = [
            wrong
            for path, text in modules()
            if path != "__init__.py"
            for wrong in misplaced(path, text)
        ]
        self.assertEqual(found, [])

    def test_found(self) -> None:
        """An import that goes up is found wherever it stands, one that goes down is not."""
        text = "def f():\n    from gamepanel.web import root\n    import gamepanel.store\n"
        self.assertEqual(list(misplaced("servers/x.py", text)), ["servers/x.py imports web"])
        text = "from gamepanel import errors, accounts\nimport gamepanel.wire.values\n"
        self.assertEqual(list(misplaced("servers/x.py", text)), ["servers/x.py imports accounts"])

    def test_noCircle(self) -> None:
        """No part may import one that may import it, except the work above the servers."""
        both = {
            frozenset((one, other))
            for one, below in layers.items()
            for other in below & layers.keys()
            if one != other and one in layers[other]
        }
        self.assertEqual(both, {frozenset(("jobs", "events")), frozenset(("service", "state"))})

    def test_noCircleOfFiles(self) -> None:
        """No file imports one that imports it, directly or through others, anywhere in it."""
        sources = {nameOf(path): ast.parse(text) for path, text in modules()}
        imports = {name: importedFiles(tree, sources) for name, tree in sources.items()}
        self.assertEqual(inCircles(imports), set())

    def test_circleFound(self) -> None:
        """Files that import each other are found, however long the way; those beside are not."""
        imports = {"a": {"b"}, "b": {"c", "d"}, "c": {"a"}, "d": {"e"}, "e": set[str](), "f": {"a"}}
        self.assertEqual(inCircles(imports), {"a", "b", "c"})
        tree = ast.parse("def f():\n    from p import a\n    from p.b import x\n    import p.c\n")
        names = ("p", "p.a", "p.b", "p.c", "p.d")
        self.assertEqual(importedFiles(tree, names), {"p.a", "p.b", "p.c"})


class LengthTests(SynchronousTestCase):
    def test_files(self) -> None:
        """No file is long; most are short."""
        lengths = {path: len(text.splitlines()) for path, text in modules()}
        long = {path for path, length in lengths.items() if length > maxLines}
        self.assertEqual(long, set())
        self.assertLess(median(lengths.values()), maxMedian)

    def test_classes(self) -> None:
        """No class is large."""
        large = {
            node.name
            for _, text in modules()
            for node in ast.walk(ast.parse(text))
            if isinstance(node, ast.ClassDef)
            and (node.end_lineno or 0) - node.lineno >= maxClassLines
        }
        self.assertEqual(large, set())


class DocstringTests(SynchronousTestCase):
    def test_all(self) -> None:
        """Everything public says what it is."""
        found = [name for path, text in modules() for name in undocumented(path, ast.parse(text))]
        self.assertEqual(found, [])

    def test_found(self) -> None:
        """What does not say so is found: modules, classes, methods, functions."""
        text = "class A:\n    def b(self): ...\n    def _c(self): ...\nasync def d(): ...\n"
        self.assertEqual(list(undocumented("m", ast.parse(text))), ["m", "m.A", "m.A.b", "m.d"])
        text = (
            '"""M."""\nclass E:\n    explanation = "It is so."\n@s.upon(L.x).to(t)\ndef f(): ...\n'
        )
        self.assertEqual(list(undocumented("m", ast.parse(text))), [])
