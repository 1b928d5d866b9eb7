"""
Install steps of a type: what is done, in this order, to bring the files of its game, at
creation and again at each update.

L{gamepanel.games.installchecks} checks them when a type is loaded, L{gamepanel.worker.steps}
performs them.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, ClassVar, Final, Literal

import msgspec
from msgspec import Meta

from gamepanel.games.machine import Machine
from gamepanel.games.option import Table

javaVariable: Final = "java_program"
"""What a placeholder calls the program that a step C{java} has found."""

packVariables: Final = ("loader", "loader_version", "minecraft")
"""Variables that a step C{mrpack} sets."""

variablePattern: Final = r"^[a-z][a-z0-9_]{0,63}\Z"
"""Names of variables are such as those of options."""

Variable = Annotated[str, Meta(pattern=variablePattern)]
Globs = tuple[Annotated[str, Meta(min_length=1)], ...]
Text = Annotated[str, Meta(min_length=1)]


class BadStep(Exception):
    """An install step that does not fit; the text says where and why."""


class Step(Table, frozen=True, kw_only=True):
    """
    Something to do.

    @ivar when: name of an option: done only if that is true or non-empty.
    @ivar unless: the opposite.
    @ivar machine: done only on machines of this kind.
    """

    works: ClassVar[str] = ""
    """
    The one key that such a step must have. A step is called by it when it can't be done, with the
    value behind it.
    """

    isInPlace: ClassVar[bool] = False
    """Whether it can only work in the server's directory itself, and so is not undone."""

    when: str | None = None
    unless: str | None = None
    machine: Machine | None = None

    @property
    def sets(self) -> tuple[str, ...]:
        """The variables that it sets."""
        return ()


class Fetch(Step, frozen=True, kw_only=True):
    """
    Reads a document and takes variables from it.

    @ivar fetch: its URL.
    @ivar form: how it is read: C{json} and C{jq} are JSON, C{text} is any text.
    @ivar let: by the names of variables, JMESPath expressions; for C{text}, regular expressions
        with one group; for C{jq}, its filters.
    """

    works = "fetch"

    fetch: Text
    let: Annotated[dict[Variable, Text], Meta(min_length=1)]
    form: Literal["json", "text", "jq"] = msgspec.field(default="json", name="as")

    @property
    def sets(self) -> tuple[str, ...]:
        """The variables that it sets."""
        return tuple(self.let)


class Match(Step, frozen=True, kw_only=True):
    """
    Takes parts of what is already known.

    @ivar match: by the names of variables, a template and a regular expression with one group.
    """

    works = "match"

    match: Annotated[dict[Variable, tuple[Text, Text]], Meta(min_length=1)]

    @property
    def sets(self) -> tuple[str, ...]:
        """The variables that it sets."""
        return tuple(self.match)


class Download(Step, frozen=True, kw_only=True):
    """
    Downloads a file.

    @ivar download: its URL.
    @ivar to: path of the file.
    @ivar keep: globs of files that stay if they are there.
    @ivar sha256: sum of the file, as the others; it may begin with the name of its algorithm.
    """

    works = "download"

    download: Text
    to: Text
    executable: bool = False
    keep: Globs = ()
    sha256: Text | None = None
    sha512: Text | None = None
    sha1: Text | None = None
    md5: Text | None = None

    @property
    def sums(self) -> Mapping[str, str]:
        """Those that are given, by their algorithms, the strongest first."""
        given = {name: getattr(self, name) for name in ("sha512", "sha256", "sha1", "md5")}
        return {name: text for name, text in given.items() if text is not None}


class Unpack(Step, frozen=True, kw_only=True):
    """
    Unpacks an archive, and removes it.

    @ivar unpack: path of the archive, or a glob: the newest that fits.
    @ivar to: path of the directory that gets what is in it.
    @ivar strip: how many names are taken off at the beginning of each path in it.
    @ivar only: globs of what is wanted of it; everything if there are none.
    @ivar executable: globs of what becomes executable.
    @ivar keep: globs of files that stay if they are there.
    """

    works = "unpack"

    unpack: Text
    to: Text = "."
    strip: Annotated[int, Meta(ge=0, le=16)] = 0
    only: Globs = ()
    executable: Globs = ()
    keep: Globs = ()


class Write(Step, frozen=True, kw_only=True):
    """
    Writes a text file.

    @ivar write: its path.
    @ivar text: template of what is in it.
    @ivar keep: globs of files that stay if they are there.
    """

    works = "write"

    write: Text
    text: str
    keep: Globs = ()


class Move(Step, frozen=True, kw_only=True):
    """
    Moves a file or a directory.

    @ivar move: its path, or a glob: the newest that fits.
    @ivar to: its path afterwards.
    """

    works = "move"

    move: Text
    to: Text


class Remove(Step, frozen=True, kw_only=True):
    """
    Removes files and directories.

    @ivar remove: a glob.
    """

    works = "remove"

    remove: Text


class MakeDirectory(Step, frozen=True, kw_only=True):
    """
    Makes a directory.

    @ivar directory: its path.
    """

    works = "directory"

    directory: Text


class Java(Step, frozen=True, kw_only=True):
    """
    Sees to it that there is a Java runtime, whose program becomes C{{java_program}}.

    @ivar java: its major version.
    """

    works = "java"

    sets = (javaVariable,)

    java: Text


class SteamCmd(Step, frozen=True, kw_only=True):
    """
    Installs an application of Steam.

    @ivar steamcmd: its number.
    @ivar to: path of the directory that gets it.
    @ivar beta: name of the branch.
    @ivar mod: what is installed of it, where it has several (C{valve} or C{cstrike} of 90).
    @ivar platforms: whose files are wanted; one run for each, in order.
    @ivar validate: whether SteamCMD looks at all files, which undoes changes to them.
    @ivar account: whether it is for those who own it only.
    """

    works = "steamcmd"
    isInPlace = True

    steamcmd: Annotated[int, Meta(ge=1, le=2**32 - 1)]
    to: Text = "."
    beta: Text | None = None
    mod: Text | None = None
    platforms: Annotated[
        tuple[Literal["linux", "windows", "macos"], ...], Meta(min_length=1, max_length=3)
    ] = ("linux",)
    validate: bool = False
    account: bool = False


class Pip(Step, frozen=True, kw_only=True):
    """
    Installs packages of Python into a virtualenv C{.venv} in the server's directory.

    @ivar pip: requirements, such as C{name==version}.
    @ivar python: version of the interpreter, such as 3.11.
    """

    works = "pip"
    isInPlace = True

    pip: Annotated[tuple[Text, ...], Meta(min_length=1)]
    python: Annotated[str, Meta(pattern=r"^3(\.[0-9]{1,2})?\Z")] | None = None


class Npm(Step, frozen=True, kw_only=True):
    """
    Installs packages of Node.js into C{node_modules} in the server's directory.

    @ivar npm: packages, such as C{name@version}.
    """

    works = "npm"
    isInPlace = True

    npm: Annotated[tuple[Text, ...], Meta(min_length=1)]


class RunProgram(Step, frozen=True, kw_only=True):
    """
    Runs a program in the server's directory; it must end with 0.

    @ivar run: program and arguments.
    @ivar patience: seconds that it may take.
    @ivar keep: globs of what it makes, as templates: it is not run where one of these is there.
    """

    works = "run"
    isInPlace = True

    run: Annotated[tuple[str, ...], Meta(min_length=1)]
    patience: Annotated[float, Meta(gt=0, le=86400)] = 600.0
    keep: Globs = ()


class Script(Step, frozen=True, kw_only=True):
    """
    Runs a script in a sandbox, which sees what is staged and nothing of the server's own files; it
    must end with 0.

    @ivar script: its text, in which nothing stands for a value.
    @ivar shell: what it is written for.
    @ivar patience: seconds that it may take.
    @ivar environment: variables beside options and those of other steps, as templates.
    """

    works = "script"

    script: Text
    shell: Literal["bash"] = "bash"
    patience: Annotated[float, Meta(gt=0, le=86400)] = 3600.0
    environment: dict[Annotated[str, Meta(pattern=r"^[A-Za-z_][A-Za-z0-9_]*\Z")], str] = {}


_RESERVED: Final = re.compile(
    "PATH|HOME|TMPDIR|PWD|OLDPWD|SHELL|_|REPLY|IFS|ENV|PS4|SHELLOPTS|SHLVL|UID|EUID|PPID|GROUPS"
    "|GLOBIGNORE|FUNCNEST|POSIXLY_CORRECT|PROMPT_COMMAND|GCONV_PATH|BASH.*|LD_.*|GAMEPANEL_.*"
)


def isReserved(name: str) -> bool:
    """Whether a variable steers the shell itself, or what loads programs: scripts get no such."""
    return _RESERVED.fullmatch(name) is not None


class ModrinthPack(Step, frozen=True, kw_only=True):
    """
    Installs a modpack of Modrinth.

    @ivar mrpack: URL of its file.
    """

    works = "mrpack"

    sets = packVariables

    mrpack: Text


kinds: Final = {kind.works: kind for kind in Step.__subclasses__()}
"""What a step does, by the one key that it must have."""


def decodeStep(value: Mapping[str, Any], where: str) -> Step:
    """
    A step as a type file has it.

    @raise BadStep: when it does not fit.
    """
    found = [key for key in kinds if key in value]
    if len(found) != 1:
        known = ", ".join(kinds)
        lack = f"has {' and '.join(found)}, so it is" if found else "is"
        raise BadStep(f"{where}: {lack} not one of {known}")
    try:
        return msgspec.convert(value, kinds[found[0]])
    except msgspec.ValidationError as error:
        raise BadStep(f"{where}: {error}") from error


def decodeSteps(values: Sequence[Mapping[str, Any]]) -> tuple[Step, ...]:
    """
    The steps of a type.

    @raise BadStep: when one does not fit.
    """
    return tuple(decodeStep(value, f"install[{index}]") for index, value in enumerate(values))


def variablesOf(steps: Sequence[Step]) -> tuple[str, ...]:
    """All variables that these may set."""
    return tuple(dict.fromkeys(name for step in steps for name in step.sets))
