"""
The modules of the page, joined to a few scripts: over a slow network each request costs more than
what is in it, and one long text packs better than ninety short ones.

Each module becomes a block of its own, in the order in which they need each other, and leaves what
it exports where those after it find it. Comments and indents fall away. No name is changed, so a
browser's debugger shows what was written.
"""

import posixpath
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Final

from attrs import Factory, define, frozen
from msgspec import Struct

_TOKEN: Final = re.compile(
    r"""(?P<comment>//[^\n]*|/\*.*?\*/)
    |(?P<space>\s+)
    |(?P<string>"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*')
    |(?P<word>[\w$\#]+)
    |(?P<regex>/(?:[^/\\\[\n]|\\.|\[(?:[^\]\\\n]|\\.)*\])+/\w*)
    |(?P<template>`)
    |(?P<open>[({\[])
    |(?P<close>[)}\]])
    |(?P<other>[^\s\w$\#"'`/(){}\[\]]+|/)""",
    re.VERBOSE | re.DOTALL,
)
_TEXT: Final = re.compile(r"(?:[^`\\$]|\\.|\$(?!\{))*(?:`|(?P<hole>\$\{))", re.DOTALL)
_BEFORE_VALUES: Final = frozenset(
    {"await", "case", "delete", "do", "else", "in", "instanceof", "new", "of", "return", "throw"}
    | {"typeof", "void", "yield"}
)
"""Words after which a slash begins a regular expression; after others it divides."""
_APART: Final = frozenset("{}()[],;=<>?:&|")
"""A space beside one of these means nothing; nor does a line end behind or before some of them."""
_BEHIND: Final = frozenset("{([,;")
_BEFORE: Final = frozenset("})],")
_CONDITIONS: Final = frozenset({"for", "if", "while", "with"})
"""Words after whose brackets, too."""

_IMPORT: Final = re.compile(
    r"import\s*(?:(?P<default>[\w$]+)\s*,?)?\s*(?:\{(?P<names>[^}]*)\})?\s*(?:from)?\s*"
    r'"(?P<path>\.[^"]+)"\s*;?'
)
_LOAD: Final = re.compile(r'import\(\s*"(?P<path>\.[^"]+)"\s*,?\s*\)')
_LIST: Final = re.compile(r'export\s*\{(?P<names>[^}]*)\}(?:\s*from\s*"(?P<path>\.[^"]+)")?\s*;?')
_DEFAULT: Final = re.compile(
    r"export\s+default\s+(?:(?=(?:async\s+)?(?:function\s*\*\s*|function\s+|class\s+)"
    r"(?!extends\b)(?P<name>[\w$]+)))?"
)
_NAMED: Final = re.compile(
    r"export\s+(?=(?:const\s+|class\s+|(?:async\s+)?function\s+)"
    r"(?:(?P<name>[\w$]+)|\[(?P<names>[\w$,\s]+)\]))"
)
_DEFAULT_NAME: Final = "$default"
_FIRST: Final = "first"
"""The script that a page begins with."""


@frozen
class Module:
    """
    What a module consists of.

    @ivar path: in the page's directory.
    @ivar needs: paths of modules that have to be there first, and what is imported from each.
    @ivar loads: paths of modules that it may want later.
    @ivar body: its text, as it stands within a script.
    @ivar exports: the names that others may import.
    @ivar waits: whether it waits for something before those behind it begin.
    """

    path: str
    needs: Mapping[str, frozenset[str]]
    loads: tuple[str, ...]
    body: str
    exports: frozenset[str] = frozenset()
    waits: bool = False


def readModule(path: str, text: str) -> Module:
    """
    @param path: in the page's directory.

    @raise ValueError: it says something in a way that is not known here.
    """
    return _Reader(path, text).module()


@define
class _Reader:
    _path: str
    _text: str
    _at: int = 0
    _out: list[str] = Factory(list)
    _open: list[str] = Factory(list)
    _before: str = ""
    """What came last, of what means anything."""
    _imports: list[str] = Factory(list)
    _exports: dict[str, str] = Factory(dict)
    """Names, and what each is called within."""
    _needs: dict[str, frozenset[str]] = Factory(dict)
    _loads: dict[str, None] = Factory(dict)
    _waits: bool = False
    _isAsync: bool = False
    """Whether there is a function that may wait in the statement at the top that is being read."""
    _declares: str = ""
    """The word that began the declaration at the top which is being read."""
    _changing: set[str] = Factory(set)
    """Names at the top that may get another value later."""

    def module(self) -> Module:
        while self._at < len(self._text):
            self._step()
        if self._open:
            raise self._wrong()
        for own in self._exports.values():
            if own in self._changing:
                # Others would keep the value that it has now.
                raise ValueError(f"{self._path}: {own} may change, and can't be exported")
        text = "".join(self._out).strip()
        members = ",".join(_member(*each) for each in self._exports.items())
        left = f"$m[{_quoted(self._path)}]={{{members}}};\n"
        body = "".join(self._imports) + f"{text}\n{left}"
        # What "var" declares would hold for the whole script, were it not in a function.
        isApart = re.search(r"\bvar\b", text)
        body = f"(()=>{{{body}}})();\n" if isApart else f"{{{body}}}\n"
        exports = frozenset(self._exports)
        return Module(self._path, self._needs, tuple(self._loads), body, exports, self._waits)

    def _step(self) -> None:
        match = _TOKEN.match(self._text, self._at)
        if match is None:
            raise self._wrong()
        kind, text = str(match.lastgroup), match[0]
        if kind != "comment" and text.startswith("/") and not self._takesValue():
            kind, text = "other", "/"
        if kind == "word" and text in ("import", "export") and self._statement(text):
            return
        self._at += len(text)
        if kind in ("space", "comment"):
            self._blank(text)
            return
        self._out.append(text)
        if not self._open:
            self._atTop(kind, text)
        # What is in a function waits when that is called.
        self._isAsync |= text == "async"
        self._waits |= text == "await" and not self._isAsync
        before, self._before = self._before, text
        if kind == "template":
            self._template()
        elif kind == "open":
            self._open.append(f"if{text}" if before in _CONDITIONS else text)
        elif kind == "close":
            self._close(text)
        elif kind == "word" and before.endswith(".") and not before.endswith("..."):
            # The name of a member means nothing by itself.
            self._before = f".{text}"

    def _atTop(self, kind: str, text: str) -> None:
        """Look at what stands in no brackets."""
        if kind == "word":
            if self._declares == "let" and (self._before == "let" or self._before.endswith(",")):
                self._changing.add(text)
            if text == "let":
                self._declares = text
        elif kind == "open" and self._before == "let":
            raise self._wrong()
        elif ";" in text and kind == "other":
            self._declares, self._isAsync = "", False
        elif "," in text and kind == "other" and self._declares == "export":
            raise self._wrong()

    def _takesValue(self) -> bool:
        """Whether a value comes next, and not what is done with the one before."""
        last = self._before[-1:]
        if last == "}" or self._before.endswith(("++", "--")):
            # Of a block or a value, and before or behind one: that is not known here.
            raise self._wrong()
        if re.match(r"[\w$]", last):
            return self._before in _BEFORE_VALUES
        return self._before == "if()" or last not in (")", "]", '"', "'", "`")

    def _blank(self, text: str) -> None:
        """Of a gap only its line end stays, where that may end a statement; else a space."""
        last, following = "".join(self._out[-1:])[-1:], self._text[self._at : self._at + 1]
        if last == " " and "\n" in text:
            self._out[-1] = "\n"
        elif last and last not in " \n":
            isEnd = "\n" in text and last not in _BEHIND and following not in _BEFORE
            self._out += "\n" if isEnd else " " if not _APART & {last, following} else ""

    def _template(self) -> None:
        match = _TEXT.match(self._text, self._at)
        if match is None:
            raise self._wrong()
        self._out.append(match[0])
        self._at = match.end()
        if match["hole"]:
            self._open.append("${")
            self._before = "{"
        else:
            self._before = "`"

    def _close(self, bracket: str) -> None:
        opened = self._open.pop() if self._open else ""
        if opened == "${" and bracket == "}":
            self._template()
        elif opened[-1:] + bracket not in ("()", "[]", "{}"):
            raise self._wrong()
        elif opened == "if(":
            self._before = "if()"
        elif bracket == "}" and not self._open:
            self._isAsync = False

    def _statement(self, word: str) -> bool:
        """Take what imports or exports; whether that was it."""
        if self._before[-1:] == ".":
            return False
        if word == "import":
            known = self._take(_LOAD, self._load) or (
                not self._open and self._take(_IMPORT, self._import)
            )
        else:
            forms = ((_LIST, self._list), (_DEFAULT, self._default), (_NAMED, self._named))
            known = not self._open and any(self._take(form, act) for form, act in forms)
        if not known:
            raise self._wrong()
        return True

    def _take(self, form: re.Pattern[str], act: Callable[[re.Match[str]], None]) -> bool:
        match = form.match(self._text, self._at)
        if match is None:
            return False
        self._at = match.end()
        act(match)
        return True

    def _load(self, match: re.Match[str]) -> None:
        path = self._resolved(match)
        self._loads[path] = None
        self._out.append(f"$load({_quoted(path)})")
        self._before = ")"

    def _import(self, match: re.Match[str]) -> None:
        pairs = _pairs(match["names"])
        if match["default"]:
            pairs.append(("default", match["default"]))
        self._imports.append(_taken(pairs, self._needed(match, pairs)))

    def _list(self, match: re.Match[str]) -> None:
        pairs = _pairs(match["names"])
        if match["path"]:
            # Under a name that nobody else has: what is only passed on is not known here.
            passed = [(name, f"$x{len(self._exports) + n}") for n, (name, _) in enumerate(pairs)]
            self._imports.append(_taken(passed, self._needed(match, pairs)))
            pairs = [(own, public) for (_, own), (_, public) in zip(passed, pairs, strict=True)]
        self._exports |= {public: own for own, public in pairs}

    def _default(self, match: re.Match[str]) -> None:
        if not match["name"]:
            self._out.append(f"const {_DEFAULT_NAME}=")
            self._before = "="
        self._exports["default"] = match["name"] or _DEFAULT_NAME

    def _named(self, match: re.Match[str]) -> None:
        names = match["name"] or match["names"]
        self._exports |= {name: name for name in re.split(r"[\s,]+", names) if name}
        self._declares = "export" if self._text.startswith("const", self._at) else ""

    def _needed(self, match: re.Match[str], pairs: Iterable[tuple[str, str]]) -> str:
        path = self._resolved(match)
        names = frozenset(name for name, _ in pairs)
        self._needs[path] = self._needs.get(path, frozenset()) | names
        return path

    def _resolved(self, match: re.Match[str]) -> str:
        return posixpath.normpath(posixpath.join(posixpath.dirname(self._path), match["path"]))

    def _wrong(self) -> ValueError:
        line = self._text.count("\n", 0, self._at) + 1
        return ValueError(f"{self._path}, line {line}: not understood")


def _quoted(path: str) -> str:
    return f'"{path}"'


def _pairs(names: str | None) -> list[tuple[str, str]]:
    """Each name, and what it is called from now on."""
    found = []
    for part in (names or "").split(","):
        first, *rest = part.split()[::2] or [""]
        if first:
            found.append((first, rest[0] if rest else first))
    return found


def _member(key: str, value: str) -> str:
    return key if key == value else f"{key}:{value}"


def _taken(pairs: Iterable[tuple[str, str]], path: str) -> str:
    members = ",".join(_member(name, own) for name, own in pairs)
    return f"const{{{members}}}=$m[{_quoted(path)}];\n" if members else ""


class Scripts(Struct, frozen=True):
    """
    Which modules stand in which script.

    @ivar modules: by their path.
    @ivar places: for each script, by its name, the paths of what stands in it, in their order.
    """

    modules: Mapping[str, Module]
    places: Mapping[str, tuple[str, ...]]

    def text(self, name: str) -> str:
        """The text of a script."""
        if name == _FIRST:
            where = {path: each for each, paths in self.places.items() for path in paths}
            later = {path for module in self.modules.values() for path in module.loads}
            members = ",".join(f"{_quoted(path)}:{_quoted(where[path])}" for path in sorted(later))
            head = f"const $where={{{members}}};\n{_RUNTIME}"
        elif self.isAlone(name):
            # The first one may wait for it before it does anything else.
            head = "export const $m={};\n"
        else:
            head = f'import{{$m,$load}}from"./{_FIRST}.js";export{{$m}};\n'
        return head + "".join(self.modules[path].body for path in self.places[name])

    def isAlone(self, name: str) -> bool:
        """Whether a script needs nothing that stands in another one."""
        own = [self.modules[path] for path in self.places[name]]
        needs = {path for module in own for path in module.needs}
        return needs <= {*self.places[name]} and not any(module.loads for module in own)


_RUNTIME: Final = """\
export const $m={};
export const $load=(path)=>import(`./${$where[path]}.js`).then((script)=>script.$m[path]);
"""


def place(modules: Mapping[str, Module], begin: str, scriptOf: Mapping[str, str]) -> Scripts:
    """
    Put each module into the script that needs it; what several need comes with the first, so that
    each of the others needs no other than that.

    @param begin: the path of the module that the page begins with.
    @param scriptOf: the name of the script by the path of a module that is loaded later.

    @raise ValueError: modules need each other in a circle, or one is missing, or has not what is
        imported from it, or is loaded later and has no script, or is waited for by the script that
        it waits for.
    """
    needed: dict[str, dict[str, None]] = {_FIRST: {}}
    for root, name in ({begin: _FIRST} | dict(scriptOf)).items():
        for path in _inOrder(modules, root, needed.setdefault(name, {}), ()):
            for later in modules[path].loads:
                if later not in scriptOf:
                    raise ValueError(f"{later}, which {path} loads, is in no script")
    times = Counter(path for paths in needed.values() for path in paths)
    for paths in list(needed.values()):
        for path in paths:
            if times[path] > 1:
                needed[_FIRST].setdefault(path)
    first = needed.pop(_FIRST)
    # What it begins with runs when all else is there.
    first[begin] = first.pop(begin)
    rest = {name: tuple(p for p in paths if p not in first) for name, paths in needed.items()}
    scripts = Scripts(modules, {_FIRST: tuple(first)} | rest)
    for path in first:
        for later in modules[path].loads if modules[path].waits else ():
            if not scripts.isAlone(scriptOf[later]):
                raise ValueError(f"{path} may wait for {later}, which needs what is in {_FIRST}.js")
    return scripts


def _inOrder(
    modules: Mapping[str, Module], path: str, placed: dict[str, None], within: tuple[str, ...]
) -> Iterator[str]:
    """A module after all that it needs, without those that are placed already."""
    if path in placed:
        return
    if path in within:
        raise ValueError(f"{path} needs itself, by way of {', '.join(within)}")
    if path not in modules:
        raise ValueError(f"{path} is not there")
    for each, names in modules[path].needs.items():
        yield from _inOrder(modules, each, placed, (*within, path))
        if missing := names - modules[each].exports:
            raise ValueError(f"{each} does not export {', '.join(sorted(missing))} to {path}")
    placed[path] = None
    yield path
