"""
Install scripts that are recognised as a whole: SteamCMD, one download and what becomes of it, a
release of GitHub. Whatever else stands in a script, it is no such script.
"""

import json
import posixpath
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from gamepanel.games.definition import fixedPlaceholders
from gamepanel.games.importing.bash import (
    Tree,
    Unfit,
    arguments,
    commandName,
    commands,
    nodes,
    source,
)
from gamepanel.games.importing.images import stubs
from gamepanel.games.importing.text import Ref, Text, words
from gamepanel.games.importing.values import pieces, wordText
from gamepanel.games.importing.variables import Table, Variables, newestWords
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
_roots: Final = ("/mnt/server", "/home/container")

_flags: Final = {
    "curl": (
        words("o output retry retry-delay connect-timeout m max-time A user-agent"),
        words(
            "s S L f k # O silent show-error location fail remote-name compressed create-dirs "
            "progress-bar insecure"
        ),
    ),
    "wget": (
        words("O output-document t tries T timeout U user-agent progress"),
        words(
            "q c N v nv nc quiet continue no-verbose no-check-certificate show-progress "
            "no-clobber timestamping"
        ),
    ),
    "unzip": (words("d"), words("o q n u")),
    "tar": (
        words("f file C directory strip strip-components"),
        words(
            "x z j J v p a no-same-owner no-same-permissions overwrite extract gzip verbose "
            "gunzip xz bzip2"
        ),
    ),
}
"""Options of programs that have a value, and others that change nothing here."""

Known = bool | tuple[str, bool] | None
"""Whether something is so; that an option is set, or is not; None where it can't be told."""


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
        self._values = values
        self._documents: dict[str, Text] = {}
        self._directory: str | None = ""
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
        elif not self._isHarmless(node):
            raise Unfit(source(node))

    def _isHarmless(self, node: "Node") -> bool:
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

    def _list(self, node: "Node") -> None:
        left, right = node.named_children[0], node.named_children[-1]
        operator = next(child.type for child in node.children if not child.is_named)
        if operator == "||" and self._isHarmless(right):
            self._statement(left)
            return
        known = self.condition(left)
        if known is None:
            if operator == "||" or left.type in ("test_command", "negated_command"):
                raise Unfit(source(node))
            self._statement(left)
            self._statement(right)
            return
        chosen = known if operator == "&&" else opposite(known)
        self._branch(chosen, [right], _fileOf(left))

    def _if(self, node: "Node") -> None:
        if self._isHarmless(node) or self._release(node):
            return
        branches: list[tuple[Node | None, list[Node]]] = []
        for part in (node, *(c for c in node.children if c.type.endswith("_clause"))):
            condition, body = _split(part)
            branches.append((condition, body))
        isFile = any(condition is not None and _fileOf(condition) for condition, _ in branches)
        known: Known = True
        for condition, body in branches:
            outcome = True if condition is None else self.condition(condition)
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
            isSafe = not isFile or not self.steps or all(map(self._isHarmless, body))
            if not isSafe:
                raise Unfit("it changes files that are there")
            return
        guard, isMissing = self._guard, self._isMissing
        if isinstance(known, tuple):
            if guard is not None:
                raise Unfit("a condition in a condition")
            self._guard = known
        self._isMissing = isMissing or isFile
        before = self._directory
        try:
            for statement in body:
                self._statement(statement)
        except _End:
            raise Unfit("exit in a branch") from None
        finally:
            self._guard, self._isMissing = guard, isMissing
        if self._directory != before and isinstance(known, tuple):
            raise Unfit("cd in a branch")

    # Conditions

    def condition(self, node: "Node") -> Known:
        """What a condition comes to."""
        text = source(node).strip()
        if text in ("true", "false"):
            return text == "true"
        if node.type == "compound_statement":
            return self.condition(node.named_children[0])
        if node.type == "negated_command":
            return opposite(self.condition(node.named_children[0]))
        if node.type == "list":
            left, right = (self.condition(one) for one in node.named_children)
            return joined(left, right, "||" in [child.type for child in node.children])
        match = re.fullmatch(
            r"(?:\[\[?|test) (!)? ?(-[a-z]) \"?([^\"]*?)\"?(?: \]\]?)?", " ".join(text.split())
        )
        if match is not None:
            found = self._test(match[2], match[3])
            return opposite(found) if match[1] else found
        match = re.fullmatch(
            r"(?:\[\[?|test) [\"x]*\$\{?(\w+)\}?[\"x]* (==?|!=|-eq|-ne) [\"']?x?([\w.]*)[\"']?"
            r"(?: \]\]?)?",
            " ".join(text.split()),
        )
        if match is None:
            return None
        found = self._equals(match[1], match[3])
        return opposite(found) if match[2] in ("!=", "-ne") else found

    def _test(self, operator: str, operand: str) -> Known:
        name = re.fullmatch(r"\$\{?(\w+)\}?", operand)
        if operator in ("-z", "-n") and name is not None:
            isEmpty = self._equals(name[1], "")
            return isEmpty if operator == "-z" else opposite(isEmpty)
        if operator in ("-f", "-d", "-e", "-s", "-r", "-x"):
            # Nothing is there at first, but for the directory itself.
            text = re.sub(r"\$\{?(\w+)\}?", lambda m: self._plain(m[1]), operand)
            return operator in ("-d", "-e") and text.rstrip("/") in _roots
        return None

    def _plain(self, env: str) -> str:
        value = self._values.get(env)
        return (value.plain if value is not None else None) or "?"

    def _equals(self, env: str, value: str) -> Known:
        known = self._values.get(env)
        variable = self._variables.find(env)
        if known is not None and known.only is not None:
            variable = self._variables.named(known.only)
            env = env if variable is None else variable.env
        elif known is not None:
            return None if known.plain is None else known.plain == value
        if variable is None:
            return value == "" if env not in self._documents else None
        constant = self._variables.constant(variable)
        if constant is not None:
            return constant == value
        if value == "" and not self._variables.mayBeEmpty(variable):
            return False
        if value.lower() in ("", *newestWords) and variable.rules.choices is None:
            if value == "" and variable.default.lower() not in ("", *newestWords):
                return self._variables.condition(env), False
            return self._variables.orNewest(env), False
        if self._variables.rulesTruth(variable) and value in ("0", "1", "true", "false"):
            return self._variables.condition(env), value in ("1", "true")
        return None

    # Values

    def _text(self, node: "Node", globs: bool = False) -> Text:
        return wordText(node, self._lookup, globs)

    def _lookup(self, env: str) -> Text | None:
        if env in self._values:
            return self._values[env]
        return self._variables.text(env)

    def _assign(self, node: "Node") -> None:
        name, value = node.child_by_field_name("name"), node.child_by_field_name("value")
        if name is None or self._guard is not None:
            raise Unfit(source(node))
        env = source(name)
        if value is None:
            self._values[env] = Text()
            return
        inner = [one for one in nodes(value) if one.type == "command_substitution"]
        if len(inner) == 1:
            found = list(commands(inner[0]))
            urls = re.findall(r"https://api\.github\.com/repos/[^\s\"'`)]+", source(inner[0]))
            if len(found) == 1 and found[0][0] in ("curl", "wget") and len(urls) == 1:
                self._documents[env] = self._address(urls[0])
                return
            if self._picked(env, inner[0], None):
                return
        self._values[env] = self._text(value)

    def _address(self, text: str, absent: Text | None = None) -> Text:
        parts: list[str | Text] = []
        for index, piece in enumerate(re.split(r"\$\{?(\w+)\}?", text)):
            value = self._lookup(piece) or absent if index % 2 else Text.of(piece)
            if value is None:
                raise Unfit(text)
            parts.append(value)
        return Text.of(*parts)

    def _path(self, text: Text) -> str | None:
        """Relative to the server's directory; C{.} for that itself, None outside of it."""
        path = text.template
        for root in (*_roots, "{directory}"):
            if path == root or path.startswith(f"{root}/"):
                path = "/" + path[len(root) :].lstrip("/")
                break
        else:
            if path.startswith("/"):
                return None
            if self._directory is None:
                return None
            path = f"/{self._directory}/{path}"
        self._variables.use(text)
        return posixpath.normpath(path).lstrip("/") or "."

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
            self._steam(text)
        elif name == "exit":
            raise _End
        elif name in _harmless:
            if any(one.type == "command_substitution" for one in nodes(node)):
                raise Unfit(text)
        elif name == "java":
            words = [self._variables.use(self._text(one)) for one in given]
            self._emit({"run": ["{java_program}", *words]})
        elif name in ("cd", "mkdir", "rm", "mv", "cp", "touch", "chmod", *_flags):
            getattr(self, f"_{name}")(given, text)
        else:
            raise Unfit(text)

    def _options(
        self, name: str, given: list["Node"], text: str
    ) -> tuple[dict[str, Text], list["Node"]]:
        """
        The options of a command, and its other arguments.

        @raise Unfit: for an option that does more than is known here.
        """
        valued, flags = _flags[name]
        found: dict[str, Text] = {}
        plain: list[Node] = []
        waiting = list(given)
        while waiting:
            node = waiting.pop(0)
            option = source(node)
            if name == "tar" and node is given[0] and not option.startswith("-"):
                option = f"-{option}"
            if not option.startswith("-"):
                plain.append(node)
                continue
            word, equals, inline = option.lstrip("-").partition("=")
            isLong = option.startswith("--") or word in flags
            for at, part in enumerate([word] if isLong else word):
                if part in flags:
                    found[part] = Text()
                    continue
                rest = inline if isLong else option[at + 2 :]
                if (
                    part not in valued
                    or "$" in rest
                    or not (rest or waiting)
                    or (equals and not isLong)
                ):
                    raise Unfit(text)
                found[part] = Text.of(rest) if rest else self._text(waiting.pop(0), globs=True)
                break
        return found, plain

    def _paths(self, given: list["Node"], text: str, globs: bool = False) -> list[str | None]:
        plain = [one for one in given if not source(one).startswith("-")]
        if not plain:
            raise Unfit(text)
        return [self._path(self._text(one, globs)) for one in plain]

    def _cd(self, given: list["Node"], text: str) -> None:
        if len(given) != 1:
            raise Unfit(text)
        path = self._path(self._text(given[0]))
        self._directory = "" if path == "." else path

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
        if "steamclient.so" not in text or "linux" not in text:
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
            path = self._path(self._text(one, globs=True))
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
        path = None if target is None else self._path(self._text(target))
        heredocs = [one for one in redirects if one.type == "heredoc_redirect"]
        if path in (None, ".") or "{" in str(path):
            raise Unfit(text)
        if commandName(body) == "cat" and len(heredocs) == 1:
            content = self._heredoc(heredocs[0])
        elif commandName(body) == "echo" and len(arguments(body)) == 1:
            content = Text.of(self._text(arguments(body)[0]), "\n")
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
        return pieces(body, self._lookup)

    # Downloads and archives

    def _curl(self, given: list["Node"], text: str) -> None:
        options, plain = self._options("curl", given, text)
        output = options.get("o", options.get("output"))
        if output is None and "O" not in options and "remote-name" not in options:
            raise Unfit(text)
        self._download(plain, output, text)

    def _wget(self, given: list["Node"], text: str) -> None:
        options, plain = self._options("wget", given, text)
        self._download(plain, options.get("O", options.get("output-document")), text)

    def _download(self, plain: list["Node"], output: Text | None, text: str) -> None:
        if len(plain) != 1:
            raise Unfit(text)
        url = self._text(plain[0])
        if "steamcmd_linux" in url.head:
            return
        if not re.match(r"https?://", url.head) and url.only is None:
            raise Unfit(text)
        if output is None:
            tail = url.template.partition("?")[0].rpartition("/")[2]
            if url.only is not None or not re.search(r"\.\w+$", tail):
                raise Unfit(text)
            output = Text.read(tail)
        path = self._path(output)
        if path is None or path in (".", "-"):
            raise Unfit(text)
        step: Table = {"download": self._variables.use(url), "to": path}
        self._emit(step)
        self._downloads[path] = step

    def _unzip(self, given: list["Node"], text: str) -> None:
        options, plain = self._options("unzip", given, text)
        self._unpack(plain, options.get("d"), "0", text)

    def _tar(self, given: list["Node"], text: str) -> None:
        options, plain = self._options("tar", given, text)
        archive = options.get("f", options.get("file"))
        to = options.get("C", options.get("directory"))
        strip = options.get("strip", options.get("strip-components", Text.of("0")))
        if plain or archive is None or not options.keys() & {"x", "extract"}:
            raise Unfit(text)
        self._unpack([archive], to, strip.plain or "", text)

    def _unpack(
        self, archives: "Sequence[Node | Text]", to: Text | None, strip: str, text: str
    ) -> None:
        if len(archives) != 1 or not re.fullmatch(r"\d|1[0-6]", strip):
            raise Unfit(text)
        given = archives[0] if isinstance(archives[0], Text) else self._text(archives[0], True)
        archive, where = self._path(given), self._path(to or Text.of("."))
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

    # SteamCMD

    def _steam(self, text: str) -> None:
        flat = re.sub(r"\\\n|\s+", " ", text)
        if re.search("workshop_download_item|app_info_print|app_status", flat):
            raise Unfit(text)
        updates = re.findall(r"app_update \"?(\$\{?\w+\}?|\d+)(.*?)(?=\+app_update|$)", flat)
        folder = re.search(r"force_install_dir \"?([^\s\"]+)", flat)
        to = "." if folder is None else self._path(self._address(folder[1]))
        if not updates or to is None:
            raise Unfit(text)
        for given, rest in updates:
            number = self._address(given)
            variable = self._variables.named(number.only or "")
            app = (number.plain or "") if variable is None else variable.default
            app = app.strip().split(" ")[0]
            if not re.fullmatch(r"[1-9]\d{0,8}", app):
                raise Unfit(text)
            step: Table = {"steamcmd": int(app)}
            step |= {"to": to} if to != "." else {}
            for key, pattern, part in (
                ("beta", r"-beta \"?(\$\{?\w+\}?|[\w.-]+)", rest),
                ("mod", r"app_set_config \"?\$?\{?\w+\}?\"? mod \"?(\$\{?\w+\}?|\w+)", flat),
            ):
                match = re.search(pattern, part)
                value = Text() if match is None else self._address(match[1], Text())
                if value and value.plain not in ("public", "none"):
                    step[key] = self._variables.use(value)
            platforms = self._platforms(flat)
            step |= {"platforms": platforms} if platforms != ["linux"] else {}
            step |= {"account": True} if self._needsAccount(flat) else {}
            if step not in self.steps:
                self._emit(step)
            self.app = int(app)

    def _platforms(self, text: str) -> list[str]:
        """Whose files are wanted; one for Windows is asked for by a variable, mostly."""
        if "ForcePlatformType" not in text or "windows" not in text:
            return ["linux"]
        variable = self._variables.find("WINDOWS_INSTALL")
        value = self._values.get("WINDOWS_INSTALL")
        wanted = variable.default if variable is not None else "" if value is None else value.plain
        if re.search(r"WINDOWS_INSTALL\W+(?:==|-eq)\W+1\W+\]+\s*\|\|", text):
            # Some games can be had without a login only in this order.
            return ["windows"] if wanted == "1" else ["windows", "linux"]
        if "WINDOWS_INSTALL" in text:
            return ["windows"] if wanted == "1" else ["linux"]
        return ["windows"]

    def _needsAccount(self, text: str) -> bool:
        """Whether an application is for those who own it only: then a login is required."""
        login = re.search(r"\+login \"?\$\{?(\w+)", text)
        for name in ("STEAM_USER", "STEAM_USERNAME", login[1] if login is not None else ""):
            local = self._values.get(name, Text()).only
            variable = self._variables.named(local or "") or self._variables.find(name)
            if variable is not None:
                default = variable.default.lower()
                isRequired = variable.rules.required and default != "anonymous"
                return isRequired or default not in ("", "anonymous")
        return False

    # Releases of GitHub

    def _release(self, node: "Node") -> bool:
        """
        Read a condition that finds the address of a file of a release: the newest, or that of a
        version.

        @return: whether it is one.
        """
        condition, body = _split(node)
        rest = [child for child in node.children if child.type == "else_clause"]
        known = None if condition is None else self.condition(condition)
        if not isinstance(known, tuple) or known[1] or len(body) != 1 or len(rest) != 1:
            return False
        picked = [one for one in nodes(rest[0]) if one.type == "variable_assignment"]
        marks = ("browser_download_url", "tag_name")
        env = _nameOf(body[0])
        if body[0].type != "variable_assignment" or env is None:
            return False
        if not any(all(mark in source(one) for mark in marks) for one in picked):
            return False
        if any(_nameOf(one) != env and "tag_name" not in source(one) for one in picked):
            return False
        return self._picked(env, body[0], known[0])

    def _picked(self, env: str, node: "Node", version: str | None) -> bool:
        """
        Have the address of a file of a release found by a filter of jq.

        @param version: the option that says which release; None for the newest always.
        """
        text = source(node)
        held = [name for name in self._documents if re.search(rf"\$\{{?{name}\b", text)]
        if len(held) != 1 or "browser_download_url" not in text:
            return False
        url = self._documents[held[0]]
        if not url.template.endswith("/releases/latest"):
            return False
        name = self._variables.freeName(env)
        let = {name: self._filter(node)}
        base = self._variables.use(url).removesuffix("/latest")
        step: Table = {"fetch": f"{base}/latest", "as": "jq", "let": let}
        if version is not None:
            self._emit({**step, "unless": version})
            step = {**step, "fetch": f"{base}/tags/{{{version}}}", "when": version}
        self._emit(step)
        self._values[env] = Text.of(Ref(name))
        self.release = base[len("https://api.github.com/repos/") : -len("/releases")]
        return True

    def _filter(self, node: "Node") -> str:
        """What C{echo | jq | grep} takes of a release, as one filter."""
        filters: list[str] = []
        for name, command in commands(node):
            plain = [one for one in arguments(command) if not source(one).startswith("-")]
            options = "".join(source(one) for one in arguments(command) if one not in plain)
            if name == "jq" and len(plain) == 1 and "arg" not in options:
                found = self._text(plain[0], globs=True).plain
                if found is None or "$" in found:
                    raise Unfit(source(command))
                filters.append(found)
            elif name == "grep" and len(plain) == 1:
                pattern = self._text(plain[0], globs=True).plain
                if pattern is None or re.search("[PocA-DF-Z]", options.replace("-E", "")):
                    raise Unfit(source(command))
                flags = '; "i"' if "i" in options else ""
                test = f"test({json.dumps(pattern)}{flags})"
                filters.append(f"select({test} | not)" if "v" in options else f"select({test})")
            elif name == "head":
                filters = [f"first({' | '.join(filters)})"]
            elif name not in ("echo", "printf"):
                raise Unfit(source(command))
        return " | ".join(filters)


def _nameOf(node: "Node") -> str | None:
    name = node.child_by_field_name("name")
    return None if name is None else source(name)


def _split(node: "Node") -> tuple["Node | None", list["Node"]]:
    """The condition of C{if}, C{elif} or C{else}, and what is done then."""
    condition: Node | None = None
    body: list[Node] = []
    isBody = node.type == "else_clause"
    for child in node.children:
        if child.type == "then":
            isBody = True
        elif child.type.endswith("_clause"):
            break
        elif child.is_named and child.type != "comment":
            if isBody:
                body.append(child)
            elif condition is None:
                condition = child
            else:
                raise Unfit(source(node))
    return condition, body


def joined(left: Known, right: Known, isOr: bool) -> Known:
    """What two conditions come to together."""
    for one, other in ((left, right), (right, left)):
        if isinstance(one, bool):
            return one if one is isOr else other
    return left if left == right else None


def opposite(known: Known) -> Known:
    """The other way round."""
    if isinstance(known, tuple):
        return known[0], not known[1]
    return None if known is None else not known


def _fileOf(node: "Node") -> bool:
    """Whether it asks for a file."""
    return re.search(r"(?:\[|test|!)\s+-[fdes]\s", source(node)) is not None
