"""
Install scripts that are recognised as a whole: SteamCMD, one download and what becomes of it, a
release of GitHub. Whatever else stands in a script, it is no such script.
"""

import posixpath
import re
from typing import TYPE_CHECKING, Final

from gamepanel.games.definition import fixedPlaceholders
from gamepanel.games.importing import releases, steam
from gamepanel.games.importing.bash import (
    Tree,
    Unfit,
    arguments,
    branch,
    commandName,
    commands,
    nodes,
    source,
)
from gamepanel.games.importing.flags import optionsOf
from gamepanel.games.importing.images import stubs
from gamepanel.games.importing.scope import Known, Scope, opposite
from gamepanel.games.importing.text import Text, words
from gamepanel.games.importing.values import pieces
from gamepanel.games.importing.variables import Table, Variables
from gamepanel.games.installchecks import checkSteps
from gamepanel.games.installing import BadStep, decodeSteps
from gamepanel.games.machine import machineValues

if TYPE_CHECKING:
    from tree_sitter import Node

maxSteps: Final = 60
"""Steps of a script that is recognised."""

_harmless: Final = stubs | words(
    "echo printf sleep clear set exit true : ls pwd date whoami id uname sync tput return cat "
    "update-ca-certificates dpkg rmdir unset shopt"
)
"""Commands that leave nothing in the server's directory."""

_steamFolders: Final = ("steamcmd", "steamapps", ".steam", "Steam")


def read(tree: Tree, variables: Variables, values: dict[str, Text]) -> "Reader":
    """
    @param values: of variables that have one already.

    @raise Unfit: for a script that is none of these; the text quotes what says so.
    """
    if tree.hasErrors:
        raise Unfit("parts of it are no bash")
    reader = Reader(variables, values)
    reader.statements(tree.root)
    names = {*variables.given.values(), *(variable.name for variable in variables)}
    try:
        fixed = (*fixedPlaceholders, *machineValues(""), "java_program")
        checkSteps(decodeSteps(reader.steps), names, fixed)
    except BadStep as error:
        raise Unfit(str(error)) from error
    return reader


class _End(Exception):
    """The script ends here."""


class Reader:
    """
    Makes steps of commands.

    @ivar app: the number of an application of Steam that is installed.
    @ivar release: the repository of GitHub of whose releases a file is had.
    """

    def __init__(self, variables: Variables, values: dict[str, Text]) -> None:
        self.steps: list[Table] = []
        self.app: int | None = None
        self.release: str | None = None
        self._variables = variables
        self._scope = Scope(variables, values)
        self._guard: tuple[str, bool] | None = None
        self._isMissing = False
        self._archives: list[str] = []
        self._unpacked: Table | None = None
        self._downloads: dict[str, Table] = {}

    # Statements

    def statements(self, root: "Node") -> None:
        """Read what stands in a script, or in a branch of one."""
        try:
            for node in root.named_children:
                self._statement(node)
        except _End:
            if self._guard is not None:
                raise Unfit("exit in a branch") from None

    def _statement(self, node: "Node") -> None:
        kind = node.type
        if kind == "comment":
            return
        if kind == "command":
            self._command(node)
        elif kind == "variable_assignment":
            self._assign(node)
        elif kind == "declaration_command" and re.match("export|declare|readonly", source(node)):
            for child in node.named_children:
                if child.type == "variable_assignment":
                    self._assign(child)
        elif kind == "list":
            self._list(node)
        elif kind == "if_statement":
            self._if(node)
        elif kind == "redirected_statement":
            self._redirected(node)
        elif not _isHarmless(node):
            raise Unfit(source(node))

    def _list(self, node: "Node") -> None:
        left, right = node.named_children[0], node.named_children[-1]
        operator = next(child.type for child in node.children if not child.is_named)
        if operator == "||" and _isHarmless(right):
            self._statement(left)
            return
        known = self._scope.condition(left)
        if known is None:
            if operator == "||" or left.type in ("test_command", "negated_command"):
                raise Unfit(source(node))
            self._statement(left)
            self._statement(right)
            return
        chosen = known if operator == "&&" else opposite(known)
        self._branch(chosen, [right], _fileOf(left))

    def _if(self, node: "Node") -> None:
        if _isHarmless(node) or self._release(releases.chosen(node, self._scope)):
            return
        branches: list[tuple[Node | None, list[Node]]] = []
        for part in (node, *(c for c in node.children if c.type.endswith("_clause"))):
            condition, body = branch(part)
            branches.append((condition, body))
        isFile = any(condition is not None and _fileOf(condition) for condition, _ in branches)
        known: Known = True
        for condition, body in branches:
            outcome = True if condition is None else self._scope.condition(condition)
            if outcome is None or (known is not True and outcome is not True):
                raise Unfit(source(condition or node))
            chosen = outcome if known is True else known
            self._branch(chosen, body, isFile)
            if outcome is True and known is True:
                return
            if outcome is not False:
                known = opposite(outcome)

    def _branch(self, known: Known, body: list["Node"], isFile: bool) -> None:
        if known is False or known is None:
            # A file of an archive may be there, after all.
            isSafe = not isFile or not self.steps or all(map(_isHarmless, body))
            if not isSafe:
                raise Unfit("it changes files that are there")
            return
        guard, isMissing = self._guard, self._isMissing
        if isinstance(known, tuple):
            if guard is not None:
                raise Unfit("a condition in a condition")
            self._guard = known
        if isFile and any("run" in step for step in self.steps):
            raise Unfit("it asks for files of a program")
        self._isMissing = isMissing or isFile
        before = self._scope.directory
        try:
            for statement in body:
                self._statement(statement)
        except _End:
            raise Unfit("exit in a branch") from None
        finally:
            self._guard, self._isMissing = guard, isMissing
        if self._scope.directory != before and isinstance(known, tuple):
            raise Unfit("cd in a branch")

    # Values

    def _assign(self, node: "Node") -> None:
        name, value = node.child_by_field_name("name"), node.child_by_field_name("value")
        if name is None or self._guard is not None:
            raise Unfit(source(node))
        env = source(name)
        if value is None:
            self._scope.values[env] = Text()
            return
        inner = [one for one in nodes(value) if one.type == "command_substitution"]
        if len(inner) == 1:
            found = list(commands(inner[0]))
            urls = re.findall(r"https://api\.github\.com/repos/[^\s\"'`)]+", source(inner[0]))
            if len(found) == 1 and found[0][0] in ("curl", "wget") and len(urls) == 1:
                self._scope.documents[env] = self._scope.address(urls[0])
                return
            if self._release(releases.picked(env, inner[0], self._scope)):
                return
        self._scope.values[env] = self._scope.text(value)

    def _release(self, steps: list[Table]) -> bool:
        """@return: whether these are the steps for a release of GitHub."""
        for step in steps:
            self._emit(step)
            self.release = "/".join(step["fetch"].split("/")[4:6])
        return bool(steps)

    def _emit(self, step: Table) -> None:
        if len(self.steps) >= maxSteps:
            raise Unfit(f"more than {maxSteps} steps")
        if self._guard is not None:
            step["when" if self._guard[1] else "unless"] = self._guard[0]
        if self._isMissing and "download" in step:
            step["keep"] = [step["to"]]
        self.steps.append(step)

    # Commands

    def _command(self, node: "Node") -> None:
        name, given, text = commandName(node), arguments(node), source(node)
        if name.rsplit("/", 1)[-1] in ("steamcmd.sh", "steamcmd"):
            for step in steam.steps(text, self._scope):
                self.app = step["steamcmd"]
                if step not in self.steps:
                    self._emit(step)
        elif name == "exit":
            raise _End
        elif name in _harmless:
            if any(one.type == "command_substitution" for one in nodes(node)):
                raise Unfit(text)
        elif name == "java":
            words = [self._variables.use(self._scope.text(one)) for one in given]
            self._emit({"run": ["{java_program}", *words]})
        elif name in ("curl", "wget"):
            self._download(name, given, text)
        elif name in _methods:
            _methods[name](self, given, text)
        else:
            raise Unfit(text)

    def _paths(self, given: list["Node"], text: str, globs: bool = False) -> list[str | None]:
        plain = [one for one in given if not source(one).startswith("-")]
        if not plain:
            raise Unfit(text)
        return [self._scope.path(self._scope.text(one, globs)) for one in plain]

    def _cd(self, given: list["Node"], text: str) -> None:
        if len(given) != 1:
            raise Unfit(text)
        path = self._scope.path(self._scope.text(given[0]))
        self._scope.directory = "" if path == "." else path

    def _mkdir(self, given: list["Node"], text: str) -> None:
        if "{" in text and re.search(r"\.steam/sdk\{", text):
            return
        for path in self._paths(given, text):
            if path not in (None, ".") and not self._isSteams(path):
                self._emit({"directory": path})

    def _isSteams(self, path: str | None) -> bool:
        return path is None or path.split("/")[0] in _steamFolders

    def _rm(self, given: list["Node"], text: str) -> None:
        for path in self._paths(given, text, globs=True):
            if self._isSteams(path) or path in self._archives:
                continue
            if path == "." or path == "*" or self.app is not None:
                raise Unfit(text)
            self._emit({"remove": path})

    def _mv(self, given: list["Node"], text: str) -> None:
        paths = self._paths(given, text, globs=True)
        if len(paths) != 2 or None in paths or self.app is not None:
            raise Unfit(text)
        start, end = str(paths[0]), str(paths[1])
        isFolder = source(given[-1]).rstrip("\"'").endswith(("/", "."))
        if "*" in start and (isFolder or end == "."):
            raise Unfit(text)
        if isFolder or any(step.get("directory") == end for step in self.steps):
            end = posixpath.normpath(posixpath.join(end, posixpath.basename(start)))
        self._emit({"move": start, "to": end})

    def _cp(self, given: list["Node"], text: str) -> None:
        if "steamclient.so" not in text:
            raise Unfit(text)

    def _touch(self, given: list["Node"], text: str) -> None:
        for path in self._paths(given, text):
            if path in (None, "."):
                raise Unfit(text)
            self._emit({"write": path, "text": "", "keep": [path]})

    def _chmod(self, given: list["Node"], text: str) -> None:
        plain = [
            one
            for one in given
            if not re.match(r"-[Rvf]+$|[ugoa]*[+=][rwxX]+$|0?[0-7]{3}$", source(one))
        ]
        for one in plain:
            path = self._scope.path(self._scope.text(one, globs=True))
            if path in self._downloads:
                self._downloads[path]["executable"] = True
            elif self._unpacked is not None and path not in (None, ".", "*"):
                self._unpacked.setdefault("executable", []).append(path)
            elif self.app is None and path is not None and path != ".":
                raise Unfit(text)

    def _redirected(self, node: "Node") -> None:
        body, *redirects = node.named_children
        text = source(node)
        # What stands behind << is part of that in the tree.
        inner = [one for two in redirects if two.type == "heredoc_redirect" for one in two.children]
        if any(one.type in ("pipeline", "|", "&&", "||", "command") for one in inner):
            raise Unfit(text)
        targets = [one for one in (*redirects, *inner) if one.type == "file_redirect"]
        if all(re.search(r"/dev/null|>&\d?$|\d>&\d", source(one)) for one in targets):
            if any(one.type.startswith("here") for one in redirects) and commandName(body) != "cat":
                raise Unfit(text)
            if body.type != "command" or commandName(body) != "cat":
                self._statement(body)
            return
        if body.type != "command" or len(targets) != 1 or ">>" in source(targets[0]):
            raise Unfit(text)
        target = targets[0].child_by_field_name("destination")
        path = None if target is None else self._scope.path(self._scope.text(target))
        heredocs = [one for one in redirects if one.type == "heredoc_redirect"]
        if path in (None, ".") or "{" in str(path):
            raise Unfit(text)
        if commandName(body) == "cat" and len(heredocs) == 1:
            content = self._heredoc(heredocs[0])
        elif commandName(body) == "echo" and len(arguments(body)) == 1:
            content = Text.of(self._scope.text(arguments(body)[0]), "\n")
        else:
            raise Unfit(text)
        self._emit({"write": path, "text": self._variables.use(content), "keep": [path]})

    def _heredoc(self, node: "Node") -> Text:
        body = next((one for one in node.children if one.type == "heredoc_body"), None)
        start = next(source(one) for one in node.children if one.type == "heredoc_start")
        if source(node).startswith("<<-"):
            raise Unfit(source(node))
        if body is None:
            return Text()
        if start[:1] in "'\"\\":
            return Text.of(source(body))
        return pieces(body, self._scope.lookup)

    # Downloads and archives

    def _download(self, name: str, given: list["Node"], text: str) -> None:
        options, plain = optionsOf(name, given, self._scope, text)
        key = "o" if name == "curl" else "O"
        output = options.get(key, options.get("output", options.get("output-document")))
        isNamed = output is not None or name == "wget" or options.keys() & {"O", "remote-name"}
        if len(plain) != 1 or not isNamed:
            raise Unfit(text)
        url = self._scope.text(plain[0])
        if "steamcmd_linux" in url.head:
            return
        if not re.match(r"https?://", url.head) and url.only is None:
            raise Unfit(text)
        if output is None:
            tail = url.template.partition("?")[0].rpartition("/")[2]
            if url.only is not None or not re.search(r"\.\w+$", tail):
                raise Unfit(text)
            output = Text.read(tail)
        path = self._scope.path(output)
        if path is None or path in (".", "-"):
            raise Unfit(text)
        step: Table = {"download": self._variables.use(url), "to": path}
        self._emit(step)
        self._downloads[path] = step

    def _unzip(self, given: list["Node"], text: str) -> None:
        options, plain = optionsOf("unzip", given, self._scope, text)
        if len(plain) != 1:
            raise Unfit(text)
        self._unpack(self._scope.text(plain[0], True), options.get("d"), "0", text)

    def _tar(self, given: list["Node"], text: str) -> None:
        options, plain = optionsOf("tar", given, self._scope, text)
        archive = options.get("f", options.get("file"))
        to = options.get("C", options.get("directory"))
        strip = options.get("strip", options.get("strip-components", Text.of("0")))
        if plain or archive is None or not options.keys() & {"x", "extract"}:
            raise Unfit(text)
        self._unpack(archive, to, strip.plain or "", text)

    def _unpack(self, given: Text, to: Text | None, strip: str, text: str) -> None:
        if not re.fullmatch(r"\d|1[0-6]", strip):
            raise Unfit(text)
        archive, where = self._scope.path(given), self._scope.path(to or Text.of("."))
        if where is not None and where.split("/")[0] in _steamFolders and "steamcmd" in text:
            return
        if archive in (None, ".", "-") or where is None:
            raise Unfit(text)
        step: Table = {"unpack": archive}
        step |= {"to": where} if where != "." else {}
        step |= {"strip": int(strip)} if strip != "0" else {}
        self._emit(step)
        self._archives.append(str(archive))
        self._unpacked = step


def _isHarmless(node: "Node") -> bool:
    """Whether nothing in it changes files, or a value that counts."""
    for inner in nodes(node):
        if inner.type == "command" and source(inner) in ("exit", "exit 0"):
            return False
        if inner.type == "file_redirect" and not re.search(r"/dev/null|>&", source(inner)):
            return False
        if inner.type == "variable_assignment":
            name = inner.child_by_field_name("name")
            if name is None or not source(name).startswith(("STEAM_", "WINDOWS_INSTALL")):
                return False
    return all(name in (*_harmless, "[", "[[", "test") for name, _ in commands(node))


def _fileOf(node: "Node") -> bool:
    """Whether it asks for a file."""
    return re.search(r"(?:\[|test|!)\s+-[fdes]\s", source(node)) is not None


_methods: Final = {
    "cd": Reader._cd,
    "mkdir": Reader._mkdir,
    "rm": Reader._rm,
    "mv": Reader._mv,
    "cp": Reader._cp,
    "touch": Reader._touch,
    "chmod": Reader._chmod,
    "unzip": Reader._unzip,
    "tar": Reader._tar,
}
"""Commands that become steps, by their names."""
