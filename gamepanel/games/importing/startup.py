"""
The start command of an egg or template, as C{[run]} of a type: the words of one program, or a shell
that finds the values of options in its environment.
"""

import re
from typing import TYPE_CHECKING, Any, Final

from attrs import define, field

from gamepanel.games.importing import images
from gamepanel.games.importing.bash import (
    Tree,
    Unfit,
    arguments,
    assigned,
    commandName,
    commands,
    nodes,
    parse,
    programs,
    source,
    unwrapped,
)
from gamepanel.games.importing.configs import envOf, placeholder
from gamepanel.games.importing.report import NotImported
from gamepanel.games.importing.scope import Scope
from gamepanel.games.importing.text import Ref, Text, located, words
from gamepanel.games.importing.values import parameter, wordText
from gamepanel.games.importing.variables import Table, Variables

if TYPE_CHECKING:
    from tree_sitter import Node

Element = str | dict[str, Any]

maxCommand: Final = 64 * 1024
"""Characters of a start command that is read."""

_QUOTED: Final = re.compile(r"'([^'\"$`\\]*\{\{[^'\"$`\\]*)'")
_ESCAPED: Final = re.compile(r'(?<=[=\s])\\"([^"\\]*)\\"')
_HEAP: Final = re.compile(r"-XX:(?:MaxRAMPercentage|MaxRAMFraction)=\S+")
_REMOTE: Final = re.compile(
    r"(?:mc)?rcon\s(?:-t\s+(?P<kind>\w+)\s+)?(?:-\w\s+)*?-a\s+\"?[\w.${}]{1,80}?:"
    r"\$?\{?(?P<port>\w+)\}?\"?\s+(?:-t\s+(?P<later>\w+)\s+)?-p\s+\"?\$?\{?(?P<password>\w+)"
)
"""The program C{rcon} of the containers, which takes the lines of the console."""

_remoteKinds: Final = {"rcon": "rcon", "web": "rcon-web", "telnet": "telnet"}

_ambient: Final = words(
    "HOME PATH PWD USER LANG TERM DISPLAY RANDOM SECONDS HOSTNAME UID OLDPWD LD_LIBRARY_PATH "
    "LD_PRELOAD TZ IFS PPID BASHPID"
)
"""Variables that a shell has without being given them."""

_WINDOWS: Final = re.compile(
    r"(?:^|[\s;&|(/\"])(?:wine(?:64|-staging)?|proton|protontricks)\s|\.(?:exe|bat|cmd)(?:[\s\"]|$)",
    re.I,
)
"""Programs for Windows, and what runs them."""

_runners: Final = frozenset({"bash", "sh", "ash", "dash", "eval"})

_FLAG: Final = re.compile(r"[-+][^{}\s]*")
_SETTERS: Final = frozenset({"+set", "+seta", "+sets", "-set", "--set", "-s", "-server_set"})


@define
class Start:
    """
    What C{[run]} and C{needs} say.

    @ivar isShell: whether a shell starts it.
    """

    command: list[Element] = field(factory=list)
    directory: str = "."
    environment: dict[str, str] = field(factory=dict)
    needs: list[str] = field(factory=list)
    console: Table = field(factory=dict)
    isShell: bool = False
    isWindows: bool = False

    @property
    def usesJava(self) -> bool:
        """Whether it starts the program of the step C{java}."""
        return "{java_program}" in f"{self.command}{self.environment}"


def read(text: str, scope: Scope, globs: dict[str, str]) -> Start:
    """
    @param globs: files of an install recipe that other names stand for.

    @raise NotImported: when it can't be told what is started.
    """
    if len(text) > maxCommand:
        raise NotImported("the start command is too long")
    notes = scope.variables.notes
    start = _Reader(scope, globs).read(_normalized(text, scope.variables))
    if _WINDOWS.search(text) and not re.search(r"\b(?:mono|dotnet)\b", text):
        start.isWindows = True
        notes.isWindows = True
        notes.leave("startup", text, "a program for Windows: it needs Wine or Proton")
    return start


def _normalized(text: str, variables: Variables) -> str:
    """A start command in which all placeholders are parameters of a shell."""

    def value(match: re.Match[str]) -> str:
        env = envOf(match[1])
        found = None if env is None else variables.text(env)
        variables.orNothing(found, "startup", match.group())
        return "" if found is None else f"${{{env}}}"

    text = unwrapped(text).replace("\r\n", "\n").replace("\0", "")
    text = _QUOTED.sub(lambda match: f'"{match[1]}"', text)
    # The panels take escaped quotes away when they read the command a second time.
    text = _ESCAPED.sub(lambda match: _unescaped(match, text), text)
    text = placeholder.sub(value, text)
    if _HEAP.search(text):
        heap = "" if "-Xmx" in text else "-Xmx${SERVER_MEMORY}M"
        variables.notes.take("startup", "-Xmx for Java's share of a container's memory")
        text = _HEAP.sub("", _HEAP.sub(heap, text, count=1))
        text = re.sub(r"-XX:InitialRAMPercentage=\S+", "", text)
    return text.strip().strip(";").strip()


def _unescaped(match: re.Match[str], text: str) -> str:
    isQuoted = len(re.findall(r'(?<!\\)"', text[: match.start()])) % 2 == 1
    return match.group() if isQuoted else f'"{match[1]}"'


class _Reader:
    def __init__(self, scope: Scope, globs: dict[str, str]) -> None:
        self._scope = scope
        self._variables = scope.variables
        self._notes = scope.variables.notes
        self._globs = globs
        self._start = Start()

    def read(self, text: str) -> Start:
        tree = self._parsed(text)
        if not any(True for _ in commands(tree.root)):
            raise NotImported("the start command starts no program")
        if not self._simple(tree):
            self._start = Start()
            self._start.isShell = True
            _Shell(self._scope, self._start).read(tree)
        first = self._start.command[0]
        shown = "a shell" if self._start.isShell else first
        self._notes.take("startup", f"starts {shown}")
        if isinstance(first, str) and first.startswith("{") and first != "{java_program}":
            name = first.split("}")[0].strip("{")
            if name != "directory":
                why = "the program is what this option names: it must be in the server's directory"
                self._notes.leave("startup", f"starts {first}", why, False)
        return self._start

    def _parsed(self, text: str) -> Tree:
        try:
            tree = parse(text)
            if not tree.hasErrors:
                return tree
            # Quotes that are not closed are a mistake that panels bear.
            plain = parse(re.sub(r"[\"'`]", "", text))
        except Unfit as error:
            raise NotImported(f"the start command can't be read: {error}") from error
        if plain.hasErrors or text.count('"') % 2 == 0:
            self._notes.leave("startup", text, "is not quite bash; a shell is given it as it is")
            return tree
        self._notes.leave("startup", text, "its quotes are not closed; it is read without them")
        return plain

    # One program

    def _simple(self, tree: Tree) -> bool:
        """
        Read it as one program.

        @return: whether it is one, for which no shell is needed.
        """
        asked = self._variables.asked
        try:
            statements = [node for node in _flat(tree.root) if node.type != "comment"]
            for statement in statements[:-1]:
                self._prepare(statement)
            self._program(statements[-1])
        except (Unfit, IndexError):
            self._variables.forget(asked)
            return False
        return not tree.hasErrors

    def _prepare(self, node: "Node") -> None:
        """What may stand before the program: C{export}, and C{cd}."""
        if node.type == "declaration_command" and source(node).startswith("export"):
            for child in node.named_children:
                self._assign(child, True)
        elif node.type == "variable_assignment":
            self._assign(node, False)
        elif node.type == "command" and commandName(node) == "cd" and len(arguments(node)) == 1:
            path = self._variables.use(self._text(arguments(node)[0]))
            steps = path.replace("{directory}", "").strip("/").split("/")
            if path.startswith("/") or "{" in path.replace("{directory}", "") or ".." in steps:
                raise Unfit(source(node))
            inner = "/".join(step for step in steps if step not in ("", "."))
            self._start.directory = inner or "."
        else:
            raise Unfit(source(node))

    def _assign(self, node: "Node", isExported: bool) -> None:
        name, value = node.child_by_field_name("name"), node.child_by_field_name("value")
        if node.type != "variable_assignment" or name is None:
            raise Unfit(source(node))
        text = Text() if value is None else self._text(value, source(name))
        self._scope.values[source(name)] = text
        if isExported and text:
            self._start.environment[source(name)] = self._variables.use(text)

    def _text(self, node: "Node", name: str = "") -> Text:
        def lookup(env: str) -> Text | None:
            if env in self._scope.values:
                return self._scope.values[env]
            if env == "HOME":
                return Text.of("/home/container")
            if name in ("LD_LIBRARY_PATH", "LD_PRELOAD") and env in _ambient:
                return Text()
            found = self._variables.text(env)
            if env in _ambient:
                return found
            return self._variables.orNothing(found, "startup", f"${env}")

        text = wordText(node, lookup)
        if name in ("LD_LIBRARY_PATH", "LD_PRELOAD") and (plain := text.plain) is not None:
            text = Text.of(":".join(step for step in re.split(r"[:\s]", plain) if step))
        return located(text).replace("/mnt/server", ".")

    def _program(self, node: "Node") -> None:
        if node.type == "redirected_statement":
            body, *redirects = node.named_children
            harmless = re.compile(r"(?:\d?>+|&>+|<)\s*(?:/dev/null|/dev/stdin)|\d?>&\d")
            if not all(harmless.fullmatch(source(one)) for one in redirects):
                raise Unfit(source(node))
            node = body
        if node.type != "command":
            raise Unfit(source(node))
        for child in node.named_children:
            if child.type == "variable_assignment":
                self._assign(child, True)
        name = node.child_by_field_name("name")
        assert name is not None
        given = [name, *arguments(node)]
        if commandName(node) in ("exec", "nohup"):
            given = given[1:]
        if not given or source(given[0]) in (*_runners, "source", ".", "cd", "if", "while"):
            raise Unfit(source(node))
        elements = [element for one in given for element in self._elements(one)]
        if not elements:
            raise Unfit(source(node))
        if isinstance(elements[0], str):
            elements[0] = self._programName(elements[0])
        self._start.command = paired(elements, self._variables)

    def _programName(self, name: str) -> str:
        plain = re.sub(r"^/(?:usr/(?:local/)?)?s?bin/", "", name)
        if plain == "java" or plain.endswith("/bin/java"):
            return "{java_program}"
        plain = images.renamed.get(plain, plain)
        if "/" not in plain and "{" not in plain:
            self._start.needs.append(plain)
        return plain

    def _elements(self, node: "Node") -> list[Element]:
        """
        The arguments that a word becomes.

        @raise Unfit: when a shell must say.
        """
        if node.type == "command_substitution":
            return self._recipe(source(node))
        if node.type in ("simple_expansion", "expansion"):
            variable = self._scope.variable(parameter(node))
            constant = None if variable is None else self._variables.constant(variable)
            if variable is not None and constant is None and self._variables.isList(variable):
                raise Unfit(source(node))
            if constant is not None and re.search(r"\s", constant):
                return [Text.of(one).template for one in constant.split()]
        if node.type in ("word", "concatenation") and "*" in source(node):
            return self._newest(node)
        text = self._text(node)
        if not text and node.type not in ("string", "raw_string"):
            return []
        known = self._globs.get((text.plain or "").removeprefix("@"))
        if known is not None:
            return [{"newest": known, "add": ["@{newest}"]}]
        return [self._variables.use(text)]

    def _newest(self, node: "Node") -> list[Element]:
        text = located(wordText(node, self._variables.text, globs=True)).template
        match = re.fullmatch(r"(@|-[\w.:-]+=)?(?:\./|\{directory\}/)?([\w.+/{}*-]+)", text)
        if match is None or "**" in match[2] or "?" in text or match[2].startswith("/"):
            raise Unfit(source(node))
        if "{" in match[2] and not re.fullmatch(r"(?:[^{}]|\{\w+\})*", match[2]):
            raise Unfit(source(node))
        for name in re.findall(r"\{(\w+)\}", match[2]):
            self._variables.use(Text.of(Ref(name)))
        # One that is called by a path must stay one.
        prefix = match[1] or ("./" if node.parent and node.parent.type == "command_name" else "")
        return [{"newest": match[2], "add": [f"{prefix}{{newest}}"]}]

    def _recipe(self, text: str) -> list[Element]:
        """C{$([ -f unix_args.txt ] && ...)} of Forge, whose file a recipe has elsewhere."""
        for name, glob in self._globs.items():
            jar = re.search(r"-jar \"?(?:\$\{?(\w+)\}?|([\w.-]+))", text)
            if name in text and jar is not None:
                value = self._variables.text(jar[1]) if jar[1] else Text.of(jar[2])
                if value is not None:
                    away = ["-jar", self._variables.use(value)]
                    return [{"newest": glob, "add": ["@{newest}"], "otherwise": away}]
        raise Unfit(text)


def _flat(root: "Node") -> list["Node"]:
    """The statements of a script; those that C{&&} joins, too."""
    found: list[Node] = []
    for node in root.children:
        if node.type == "list" and any(child.type == "&&" for child in node.children):
            found += _flat(node)
        elif node.type in ("&", "|", "||"):
            raise Unfit("&")
        elif node.is_named:
            found.append(node)
    return found


class _Shell:
    """
    Makes C{bash -c} of a start command: values are in its environment, and in double quotes
    wherever they stand.
    """

    def __init__(self, scope: Scope, start: Start) -> None:
        self._scope = scope
        self._variables = scope.variables
        self._notes = scope.variables.notes
        self._start = start
        self._edits: list[tuple[int, int, str]] = []
        self._own: frozenset[str] = frozenset()

    def read(self, tree: Tree) -> None:
        self._own = assigned(tree.root)
        removed = self._remote(tree)
        waiting = [(tree.root, "", False)]
        while waiting:
            node, parent, isQuoted = waiting.pop()
            if node.start_byte in removed and node.type == removed[node.start_byte]:
                continue
            inner = self._node(node, parent, isQuoted)
            waiting += [(child, node.type, inner) for child in reversed(node.children)]
        text = self._edited(tree.source)
        self._start.command = ["bash", "-c", Text.of(text).template]
        for name in programs(tree.root):
            if name not in ("java", "rcon", "mcrcon"):
                self._start.needs.append(images.renamed.get(name, name))
        for name, node in commands(tree.root):
            if name in _runners and any(one.type != "word" for one in arguments(node)):
                why = "a second shell reads this, and values in it as its text"
                self._notes.leave(
                    "startup",
                    source(node),
                    why,
                    any("expansion" in one.type for one in nodes(node)),
                )
        why = "a shell starts it, so its servers must be isolated"
        self._notes.leave("startup", text, why, False)

    def _remote(self, tree: Tree) -> dict[int, str]:
        """
        Have the console reach the game by RCON where a loop of the command does.

        @return: what is left out for that: types of nodes, by their starts.
        """
        for node in tree.root.children:
            match = _REMOTE.search(source(node))
            if match is None or node.type not in ("redirected_statement", "subshell", "pipeline"):
                continue
            kind = _remoteKinds.get(match["kind"] or match["later"] or "rcon")
            values = [self._variables.text(match[name]) for name in ("port", "password")]
            if kind is None or not all(values) or sum(1 for _ in commands(node)) > 4:
                continue
            port, password = (self._variables.use(value) for value in values if value is not None)
            self._start.console = {"kind": kind, "port": port, "password": password}
            if kind == "telnet":
                self._start.console["login"] = "(?i)password"
            self._notes.take("console", f"takes commands by {kind}")
            self._edits.append((node.start_byte, node.end_byte, ":"))
            return {node.start_byte: node.type}
        return {}

    def _edited(self, text: bytes) -> str:
        for start, end, new in sorted(self._edits, key=lambda edit: edit[:2], reverse=True):
            text = text[:start] + new.encode() + text[end:]
        return text.decode("utf-8", "replace")

    def _node(self, node: "Node", parent: str, isQuoted: bool) -> bool:
        """@return: whether what is in it needs no quotes."""
        kind = node.type
        if kind in ("word", "string_content", "heredoc_content", "raw_string"):
            self._words(node, parent, isQuoted or kind != "word")
        if kind == "arithmetic_expansion" and "$" in source(node)[1:]:
            why = "a shell calculates with it, which can run what a value says"
            self._notes.leave("startup", source(node), why, False)
        if kind in ("simple_expansion", "expansion"):
            return self._expansion(node, parent, isQuoted)
        if kind in ("string", "heredoc_body", "arithmetic_expansion"):
            return True
        return isQuoted and kind not in ("command_substitution", "process_substitution")

    def _words(self, node: "Node", parent: str, isQuoted: bool) -> None:
        text = source(node)
        if parent == "command_name":
            name = re.sub(r"^/(?:usr/(?:local/)?)?bin/", "", text)
            if name == "java":
                self._start.environment["JAVA_PROGRAM"] = "{java_program}"
                self._edits.append((node.start_byte, node.end_byte, '"$JAVA_PROGRAM"'))
            elif name in images.renamed:
                self._edits.append((node.start_byte, node.end_byte, images.renamed[name]))
        for match in re.finditer(r"/(?:home/container|mnt/server)(?![\w-])", text):
            start = node.start_byte + len(text[: match.start()].encode())
            home = "$HOME" if isQuoted else '"$HOME"'
            if node.type == "raw_string":
                home = "'\"$HOME\"'"
            self._edits.append((start, start + len(match.group()), home))

    def _expansion(self, node: "Node", parent: str, isQuoted: bool) -> bool:
        names = [source(child) for child in node.children if child.type == "variable_name"]
        name = names[0] if names else ""
        if not name or name in self._own:
            return isQuoted
        local = self._scope.values.get(name)
        value = self._variables.use(local) if local is not None else self._variables.shell(name)
        if value is None:
            if name not in _ambient and "-" not in source(node):
                self._variables.orNothing(None, "startup", source(node))
            return isQuoted
        if name not in ("HOME", "GAMEPANEL_SERVER"):
            self._start.environment[name] = value
        if isQuoted:
            return True
        if parent == "command_name":
            why = "the program is what this option names"
            self._notes.leave("startup", source(node), why, False)
        variable = self._scope.variable(name)
        isAlone = parent in ("command", "for_statement")
        if variable is not None and isAlone and self._variables.isList(variable):
            why = "is a list of arguments: a shell takes it apart at blanks"
            self._notes.leave("startup", source(node), why, False)
            return isQuoted
        operation = source(node).removeprefix("${").removeprefix(name)
        if node.type == "expansion" and operation.startswith((":+", "+")):
            return isQuoted
        if node.type == "expansion" and operation != "}":
            self._edits += [(node.start_byte, node.start_byte, '"')]
            self._edits += [(node.end_byte, node.end_byte, '"')]
            return True
        mayVanish = isAlone and (variable is None or self._variables.mayBeEmpty(variable))
        whole = f'"${{{name}}}"'
        if mayVanish:
            whole = f"${{{name}:+{whole}}}"
        self._edits.append((node.start_byte, node.end_byte, whole))
        return True


def paired(elements: list[Element], variables: Variables) -> list[Element]:
    """
    A flag before a value that may be empty goes with it: an argument that is empty is left
    out, and the flag would take the next for its value.
    """
    found: list[Element] = []
    for element in elements:
        name = re.fullmatch(r"\{(\w+)\}", element) if isinstance(element, str) else None
        variable = variables.named(name[1]) if name is not None else None
        last = found[-1] if found else None
        if (
            variable is None
            or not (isinstance(last, str) and len(found) > 1)
            or not variables.mayBeEmpty(variable)
        ):
            found.append(element)
            continue
        before = found[-2] if len(found) > 2 else None
        if isinstance(before, str) and before in _SETTERS and not _FLAG.fullmatch(last):
            found[-2:] = [{"when": variable.name, "add": [before, last, element]}]
        elif _FLAG.fullmatch(last):
            found[-1:] = [{"when": variable.name, "add": [last, element]}]
        else:
            found.append(element)
    return found


def environment(variables: Variables, start: Start, installOnly: frozenset[str]) -> Table:
    """
    The variables that a game is given: those of its command, and such as stand nowhere
    else, which it can only have read from there.
    """
    found: Table = dict(start.environment)
    for variable in variables:
        name = variable.env
        if name in (*found, *installOnly, "GAMEPANEL_SERVER") or not re.fullmatch(
            r"[A-Za-z_][A-Za-z0-9_]*", name
        ):
            continue
        if variable.name in variables.asked and not name.startswith("LD_"):
            continue
        value = variables.text(name)
        if value is not None and value:
            found[name] = variables.use(value)
    return found
