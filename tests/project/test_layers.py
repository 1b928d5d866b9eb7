"""
Where things belong: imports go down only, classes stay small, everything public has a docstring.
"""

import ast
import re
import tomllib
from collections import Counter
from collections.abc import Container, Iterator, Mapping
from functools import cache
from inspect import getdoc
from pathlib import Path
from typing import Final

from attrs import frozen
from twisted.python.reflect import namedAny
from twisted.trial.unittest import SynchronousTestCase
from zope.interface import implementedBy

import gamepanel
from gamepanel.wire.causes import sentences

package: Final = Path(gamepanel.__file__).parent

parsed = cache(ast.parse)

maxClassLines: Final = 350
"""Lines of a class with its own bases: one that is cut into slices is as long as it was."""

maxParameters: Final = 7
"""Of a constructor; values are made by naming their fields, and have as many as they need."""

_wire: Final = frozenset({"wire"})
_base: Final = _wire | {"base"}
_disk: Final = _base | {"disk"}
_store: Final = _disk | {"store"}
_host: Final = _store | {"host"}
_process: Final = _host | {"process"}
_console: Final = _process | {"console"}
_games: Final = _console | {"games"}
_servers: Final = _games | {"servers/configs", "servers/channels", "servers"}
_accounts: Final = _store | {"accounts"}
_jobs: Final = _servers | {"jobs"}
_players: Final = _servers | {"players", "players/queries"}
_files: Final = _process | {"worker", "worker/files"}
_backups: Final = _jobs | {"worker/unpack", "backups"}
_schedules: Final = _jobs | {"events", "schedules"}
_operations: Final = _backups | _schedules | _players | _accounts | _files | {"operations"}
_service: Final = _accounts | {"service"}
_web: Final = _operations | {"web/http", "web/api", "web"}

layers: Final[dict[str, frozenset[str]]] = {
    "wire": frozenset(),
    "base": _wire,
    "disk": _base,
    "store": _disk,
    # It knows the kernel and the store, and no server.
    "host": _store,
    "process": _host,
    "console": _process,
    "games": _console,
    "games/importing": _games,
    "servers/configs": _games,
    "servers/channels": _games,
    "servers": _servers,
    # They do not know servers, nor servers them.
    "accounts": _store,
    "jobs": _servers,
    "events": _store,
    "worker/unpack": _games | {"jobs"},
    "worker/steps": _games | {"jobs", "worker/unpack"},
    "worker": _games | {"jobs", "worker/unpack", "worker/steps"},
    "worker/files": _files,
    "worker/filejobs": _games | _files | {"jobs", "worker/unpack", "worker/steps"},
    "backups": _jobs | {"worker/unpack"},
    "schedules": _jobs | {"events"},
    "worker/backups": _backups | _files | {"worker/steps"},
    "players": _servers,
    "players/queries": _servers | {"players"},
    "operations": _operations,
    "client": _base,
    "local": _service | _games | {"state", "games/importing"},
    "panel": frozenset(),
    "web/http": _accounts | {"host"},
    "web/api": _operations | {"web/http"},
    "web": _web,
    "service": _accounts,
    "state": _service,
    "options": _service | {"state", "host"},
    "parts": _operations | _service | {"options", "state"},
    "daemon": _web | _service | {"options", "state", "parts"},
    "tap": _service | {"host", "options", "state", "parts", "daemon"},
}
"""What each package of ours, and each file beside them, may import besides itself."""

allowed: Final = frozenset(
    {
        # Commands that work on this host: imported when they are called.
        ("client/local.py", "local"),
        ("client/local.py", "state"),
    }
)
"""Imports that go elsewhere: file and package."""

wideConstructors: Final = frozenset[str]()
"""Those that still take more than they may."""

onlyBases: Final = frozenset({"IGameReactor"})
"""Base classes that still have one subclass."""

Definition = ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef


@cache
def modules() -> Mapping[str, str]:
    """The texts of all our files, by their paths below the package."""
    paths = sorted(package.rglob("*.py"))
    return {path.relative_to(package).as_posix(): path.read_text() for path in paths}


def layerOf(path: str) -> str:
    """The package that a file is in; the file itself, beside the packages."""
    return path.rpartition("/")[0] or path.removesuffix(".py")


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


def importedLayers(text: str, paths: Mapping[str, str]) -> set[str]:
    """
    The packages that a file imports, anywhere in it.

    @param paths: of all our files, by the name that each is imported by.
    """
    return {layerOf(paths[name]) for name in importedFiles(parsed(text), paths)} - {"__init__"}


def misplaced(path: str, text: str, paths: Mapping[str, str]) -> Iterator[str]:
    """What a file imports that it may not."""
    layer = layerOf(path)
    for imported in sorted(importedLayers(text, paths) - layers[layer] - {layer}):
        if (path, imported) not in allowed:
            yield f"{path} imports {imported}"


def isTransition(node: Definition) -> bool:
    """Whether a function is part of the table of a state machine, which says what it is for."""
    return any(
        isinstance(part, ast.Attribute) and part.attr == "upon"
        for decorator in node.decorator_list
        for part in ast.walk(decorator)
    )


def isDeclared(node: Definition) -> bool:
    """Whether a method carries out an endpoint, whose declaration says what it is for."""
    names = [each.func for each in node.decorator_list if isinstance(each, ast.Call)]
    return any(isinstance(name, ast.Name) and name.id == "serves" for name in names)


def explains(node: Definition) -> bool:
    """
    Whether a class says what it is by its code, which of an error may be its name: the sentence of
    that is shown to users.
    """
    values = [
        each.value.value
        for each in node.body
        if isinstance(each, ast.Assign)
        and isinstance(each.value, ast.Constant)
        and any(isinstance(target, ast.Name) and target.id == "code" for target in each.targets)
    ]
    if isinstance(node, ast.ClassDef) and "PanelError" in map(ast.unparse, node.bases):
        values.append(re.sub(r"(?<!^)(?=[A-Z])", "_", node.name).lower())
    return any(value in sentences for value in values)


def undocumented(name: str, node: ast.Module | ast.ClassDef) -> Iterator[str]:
    """Everything public in a module or a class that does not say what it is."""
    if not ast.get_docstring(node) and not (isinstance(node, ast.ClassDef) and explains(node)):
        yield name
    for part in node.body:
        if not isinstance(part, Definition) or part.name.startswith("_"):
            continue
        if isinstance(part, ast.ClassDef):
            yield from undocumented(f"{name}.{part.name}", part)
        elif not (ast.get_docstring(part) or isTransition(part) or isDeclared(part)):
            yield f"{name}.{part.name}"


def isInherited(path: str, name: str) -> bool:
    """
    Whether what a method does is said where it is declared: in a base class, or an interface of
    Zope.

    @param name: as L{undocumented} has it.
    """
    holder, _, method = name.removeprefix(f"{path}.").rpartition(".")
    if not holder or name == path:
        return False
    owner = namedAny(f"{nameOf(path)}.{holder}")
    isDeclared = any(method in interface for interface in implementedBy(owner))
    return isDeclared or bool(getdoc(getattr(owner, method)))


class LayerTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.sources = modules()
        self.paths = {nameOf(path): path for path in self.sources}

    def test_complete(self) -> None:
        """Each package has its place, and no other is named."""
        there = {layerOf(path) for path in self.sources} - {"__init__"}
        self.assertEqual(there, layers.keys())

    def test_packaged(self) -> None:
        """Each directory with modules is a package that is installed."""
        listed = tomllib.loads((package.parent / "pyproject.toml").read_text())
        there = {
            f"gamepanel.{path.rpartition('/')[0].replace('/', '.')}".rstrip(".")
            for path in self.sources
        }
        self.assertEqual(there - set(listed["tool"]["setuptools"]["packages"]), set())

    def test_down(self) -> None:
        """Imports go down only."""
        found = [
            wrong
            for path, text in self.sources.items()
            if path != "__init__.py"
            for wrong in misplaced(path, text, self.paths)
        ]
        self.assertEqual(found, [])

    def test_found(self) -> None:
        """An import that goes up is found wherever it stands, one that goes down is not."""
        text = "def f():\n    from gamepanel.web import root\n    import gamepanel.store\n"
        found = list(misplaced("servers/x.py", text, self.paths))
        self.assertEqual(found, ["servers/x.py imports web"])
        text = "from gamepanel import daemon, accounts\nimport gamepanel.wire.values\n"
        found = list(misplaced("servers/x.py", text, self.paths))
        self.assertEqual(found, ["servers/x.py imports accounts", "servers/x.py imports daemon"])

    def test_noCircle(self) -> None:
        """No package imports one that imports it, directly or through others."""
        imports: dict[str, set[str]] = {layer: set() for layer in layers}
        for path, text in self.sources.items():
            if (layer := layerOf(path)) in layers:
                found = importedLayers(text, self.paths) - {layer}
                imports[layer] |= {each for each in found if (path, each) not in allowed}
        self.assertEqual(inCircles(imports), set())

    def test_noCircleOfFiles(self) -> None:
        """No file imports one that imports it, directly or through others, anywhere in it."""
        sources = {nameOf(path): parsed(text) for path, text in self.sources.items()}
        imports = {name: importedFiles(tree, sources) for name, tree in sources.items()}
        self.assertEqual(inCircles(imports), set())

    def test_circleFound(self) -> None:
        """Files that import each other are found, however long the way; those beside are not."""
        imports = {"a": {"b"}, "b": {"c", "d"}, "c": {"a"}, "d": {"e"}, "e": set[str](), "f": {"a"}}
        self.assertEqual(inCircles(imports), {"a", "b", "c"})
        tree = parsed("def f():\n    from p import a\n    from p.b import x\n    import p.c\n")
        names = ("p", "p.a", "p.b", "p.c", "p.d")
        self.assertEqual(importedFiles(tree, names), {"p.a", "p.b", "p.c"})


@frozen
class Class:
    """What is looked at of a class."""

    name: str
    path: str
    lines: int
    bases: tuple[str, ...]
    parameters: int


def ours(tree: ast.Module) -> set[str]:
    """The names of a file that are ours: defined there, or imported from another file of ours."""
    found = {node.name for node in ast.walk(tree) if isinstance(node, ast.ClassDef)}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("gamepanel"):
            found.update(alias.name for alias in node.names)
    return found


def nameIn(base: ast.expr) -> str:
    """The name of a base class, without what it is of; empty where it is called by its module."""
    if isinstance(base, ast.Subscript):
        base = base.value
    return base.id if isinstance(base, ast.Name) else ""


def parametersOf(node: ast.ClassDef) -> int:
    """How much a constructor takes; 0 of a value, whose fields are public."""
    for part in node.body:
        if isinstance(part, ast.FunctionDef) and part.name == "__init__":
            return len(part.args.args) + len(part.args.kwonlyargs) - 1
    decorators = [ast.unparse(each) for each in node.decorator_list]
    if not any(each.startswith("define") for each in decorators):
        return 0
    return sum(
        isinstance(part, ast.AnnAssign)
        and part.value is None
        and "ClassVar" not in ast.unparse(part.annotation)
        for part in node.body
    )


@cache
def classes() -> Mapping[str, Class]:
    """Our classes, without what is generated."""
    found = {}
    for path, text in modules().items():
        if path.startswith(("panel/", "client/calls.py")):
            continue
        tree = parsed(text)
        known = ours(tree) | {"Protocol", "Exception", "Struct"}
        for node in ast.walk(tree):
            if isinstance(node, ast.ClassDef):
                bases = tuple(base for base in map(nameIn, node.bases) if base in known)
                lines = (node.end_lineno or 0) - node.lineno + 1
                # Another one may have the name already.
                key = f"{path}:{node.name}" if node.name in found else node.name
                found[key] = Class(node.name, path, lines, bases, parametersOf(node))
    return found


def linesWithBases(name: str, known: Mapping[str, Class]) -> int:
    """Lines of a class together with those of its bases that are ours."""
    found = known.get(name)
    if found is None:
        return 0
    return found.lines + sum(linesWithBases(base, known) for base in found.bases)


class ShapeTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.sources = modules()
        self.classes = classes()

    def test_lines(self) -> None:
        """No class is large, whatever it is cut into."""
        found = {
            each for each in self.classes if linesWithBases(each, self.classes) > maxClassLines
        }
        self.assertEqual(found, set())

    def test_parameters(self) -> None:
        """No constructor takes much."""
        found = {each.name for each in self.classes.values() if each.parameters > maxParameters}
        self.assertEqual(found, wideConstructors)

    def test_stars(self) -> None:
        """What is listed is listed one by one, not by parts to save lines."""
        found = [
            f"{path}:{node.lineno}"
            for path, text in self.sources.items()
            if not path.startswith("panel/")
            for node in ast.walk(parsed(text))
            if isinstance(node, ast.Starred) and isinstance(node.value, ast.Tuple | ast.List)
        ]
        self.assertEqual(found, [])

    def test_bases(self) -> None:
        """A base class is for several; an interface, an error or a value may have one subclass."""
        heirs = Counter(base for each in self.classes.values() for base in each.bases)
        found = {
            name
            for name, count in heirs.items()
            if count == 1 and (known := self.classes.get(name)) and not self._isExempt(known)
        }
        self.assertEqual(found, onlyBases)

    def _isExempt(self, known: Class) -> bool:
        if known.path.startswith("wire/") or known.path.endswith("errors.py"):
            return True
        bases = [*known.bases]
        while bases:
            base = bases.pop()
            if base in ("Protocol", "Exception", "Struct"):
                return True
            bases += self.classes[base].bases
        return False

    def test_tests(self) -> None:
        """No file of tests is long, but for the importer's."""
        lengths = {
            path.relative_to(package.parent).as_posix(): len(path.read_text().splitlines())
            for path in (package.parent / "tests").rglob("*.py")
            if "importing" not in path.name
        }
        self.assertEqual({each for each in lengths if lengths[each] > 1000}, set())


class DocstringTests(SynchronousTestCase):
    def test_all(self) -> None:
        """Everything public says what it is, or has a docstring from where it is declared."""
        found = [
            name
            for path, text in modules().items()
            for name in undocumented(path, parsed(text))
            if not isInherited(path, name)
        ]
        self.assertEqual(found, [])

    def test_found(self) -> None:
        """What does not say so is found: modules, classes, methods, functions."""
        text = "class A:\n    def b(self): ...\n    def _c(self): ...\nasync def d(): ...\n"
        self.assertEqual(list(undocumented("m", parsed(text))), ["m", "m.A", "m.A.b", "m.d"])
        text = "class NoSuch(PanelError): ...\nclass NoSpace(PanelError): ...\nclass Busy: ...\n"
        self.assertEqual(list(undocumented("m", parsed(text))), ["m", "m.NoSuch", "m.Busy"])
        text = '"""M."""\nclass E:\n    code = "busy"\n@s.upon(L.x).to(t)\ndef f(): ...\n'
        self.assertEqual(list(undocumented("m", parsed(text))), [])

    def test_inherited(self) -> None:
        """Bases and interfaces say what their methods do; nobody does of what is declared here."""
        place = "service/logs.py"
        for name, isSaid in (("Sifted.__call__", True), ("Log", False), ("openLog", False)):
            self.assertEqual(isInherited(place, f"{place}.{name}"), isSaid, name)
        place = "service/application.py"
        self.assertTrue(isInherited(place, f"{place}.TopService.startService"))
        self.assertFalse(isInherited(place, place))
