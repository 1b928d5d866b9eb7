"""The variables of an egg or template: what they are used for, and the options that they become."""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final, Literal

from attrs import define, field

from gamepanel.games.importing.report import Notes, Part
from gamepanel.games.importing.rules import Rules
from gamepanel.games.importing.text import Ref, Text, located, nameOf, words

maxVariables: Final = 300
"""So many variables of a file count."""

newestWords: Final = frozenset(("latest", "newest", "stable", "recommended", "default", "last"))
"""Words that stand for whatever is newest."""

panelOnly: Final = words(
    "STEAM_USER STEAM_PASS STEAM_AUTH STEAM_PASSWORD STEAM_USERNAME SRCDS_LOGIN "
    "WINDOWS_INSTALL SRCDS_BETAPASS SRCDS_BETA_PASS INSTALL_FLAGS EXTRA_FLAGS "
    "STEAMCMD_EXTRA_FLAGS AUTO_UPDATE UPDATE_ON_START GAME_AUTOUPDATE VALIDATE "
    "STEAMCMD_VALIDATE GITHUB_USER GITHUB_OAUTH_TOKEN XVFB WINEDEBUG WINEARCH WINEPATH "
    "WINETRICKS_RUN DISPLAY DISPLAY_WIDTH DISPLAY_HEIGHT DISPLAY_DEPTH"
)
"""Variables for what the panels and their containers do, which is done otherwise here."""

builtins: Final[Mapping[str, str]] = {
    "SERVER_PORT": "port",
    "SERVER_IP": "address",
    "INTERNAL_IP": "address",
    "SERVER_MEMORY": "memory",
    "P_SERVER_UUID": "server",
    "HOME": "directory",
}
"""What Pterodactyl gives to each server."""

_FREE: Final = re.compile(
    r"ARG|FLAG|PARAM|EXTRA|ADDITIONAL|OPTION|STARTUP|COMMAND|JVM|CUSTOM|_CMD", re.I
)
"""Names of variables in which people write whole arguments."""

Kind = Literal["string", "text", "integer", "number", "boolean", "enum", "port", "password"]
Table = dict[str, Any]
"""A table of a type file."""


@define
class Variable:
    """
    A variable.

    @ivar env: its name in the file.
    @ivar default: its value where none is given.
    @ivar kind: what the file says of its type: string, integer, boolean or option.
    @ivar hidden: whether nobody can set it.
    @ivar editable: whether others than administrators can set it.
    @ivar name: of the option.
    @ivar group: of options, for forms.
    """

    env: str
    title: str
    description: str
    default: str
    rules: Rules
    kind: str = "string"
    hidden: bool = False
    editable: bool = True
    name: str = ""
    group: str | None = None


def _smallPort(env: str) -> bool:
    """Whether a name in small letters is that of a port, as C{vport} and C{serverPort}."""
    if env == env.upper():
        return False
    return (
        re.search(r"(?<!sup)(?<!trans)(?<![ie][mx])(?<!pass)port(?:v\d)?$", env.lower()) is not None
    )


@define
class Usage:
    """
    What variables are used for, found when a file is looked through for the first time.

    @ivar texts: variables whose values stand somewhere.
    @ivar empty: words for which an empty value stands, by variables.
    @ivar shells: variables that a script or a shell reads.
    @ivar truths: variables of which only whether they are true counts.
    """

    texts: set[str] = field(factory=set)
    empty: dict[str, str] = field(factory=dict)
    shells: set[str] = field(factory=set)
    truths: set[str] = field(factory=set)

    @property
    def known(self) -> tuple[object, ...]:
        """All of it, to see whether there is more."""
        sets = (self.texts, self.shells, self.truths)
        return (*map(frozenset, sets), tuple(self.empty.items()))


class Variables:
    """
    All variables of a file, and the options that they become.

    @ivar usage: what they are used for; it is added to.
    @ivar given: what each server is given besides, and how we call it.
    @ivar port: the usual number of the main port; None if that is not known.
    """

    def __init__(
        self,
        declared: Iterable[Variable],
        usage: Usage,
        notes: Notes,
        port: int | None = None,
        given: Mapping[str, str] = builtins,
    ) -> None:
        self.given = given
        self.usage = usage
        self.notes = notes
        self.port = port
        self._declared: dict[str, Variable] = {}
        self._asked: set[str] = set()
        names: set[str] = set(given.values())
        for variable in declared:
            if variable.env in self._declared or len(self._declared) >= maxVariables:
                notes.leave("options", variable.env, "there are two variables of this name", False)
                continue
            variable.name = nameOf(variable.env, names)
            names.add(variable.name)
            self._declared[variable.env] = variable
        self._byName = {variable.name: variable for variable in self}
        self._names = names

    def freeName(self, text: str) -> str:
        """A name that no option has."""
        name = nameOf(text, self._names)
        self._names.add(name)
        return name

    def find(self, env: str) -> Variable | None:
        """The variable of a name, if it is declared."""
        return self._declared.get(env)

    def named(self, name: str) -> Variable | None:
        """The variable that an option was made of."""
        return self._byName.get(name)

    def behind(self, text: Text) -> Variable | None:
        """The variable whose value a text is, and no more."""
        return self._byName.get(text.only or "")

    def __iter__(self) -> Iterator[Variable]:
        return iter(self._declared.values())

    def isTruth(self, variable: Variable) -> bool:
        """Whether it becomes an option that is true or false."""
        if variable.env in self.usage.empty:
            return False
        if variable.kind == "boolean":
            return True
        if not variable.rules.isTruth:
            return False
        values = {*(variable.rules.choices or ()), variable.default} - {""}
        asWritten = values <= {"true", "false"} and bool(values)
        used = self.usage.texts | self.usage.shells
        return asWritten or (variable.env in self.usage.truths and variable.env not in used)

    def rulesTruth(self, variable: Variable) -> bool:
        """Whether it is true or false, however it is written."""
        return variable.kind == "boolean" or variable.rules.isTruth

    def constant(self, variable: Variable) -> str | None:
        """Its value, if it can only have one."""
        choices = variable.rules.choices
        if choices is not None and len(choices) == 1 and variable.default in ("", *choices):
            return choices[0]
        if variable.hidden:
            return variable.default
        if variable.env in panelOnly and variable.env not in self.usage.shells:
            return variable.default
        return None

    def isList(self, variable: Variable) -> bool:
        """Whether its value is a list of arguments, which a shell takes apart at blanks."""
        rules = variable.rules
        if rules.isNumber or rules.isTruth or self.isPort(variable):
            return False
        if rules.choices is not None:
            return any(choice.startswith(("-", "+")) for choice in rules.choices)
        if rules.pattern is not None and not _fitsBlank(rules.pattern):
            return False
        default = variable.default.strip()
        hasArguments = default.startswith(("-", "+")) or " -" in default
        return hasArguments or _FREE.search(variable.env) is not None

    def mayBeEmpty(self, variable: Variable) -> bool:
        """Whether its option may have no value."""
        if variable.rules.isNumber or self.isTruth(variable) or self.isPort(variable):
            return False
        return not (variable.rules.required and self.value(variable))

    def text(self, env: str) -> Text | None:
        """
        The value of a variable; None if there is no such. It counts as used only when
        L{use} is told.
        """
        variable = self._declared.get(env)
        if variable is None:
            name = self.given.get(env)
            return None if name is None else Text.of(Ref(name))
        constant = self.constant(variable)
        if constant is not None:
            return located(Text.of(constant))
        return Text.of(Ref(variable.name))

    def orNothing(self, value: Text | None, part: Part, what: str) -> Text:
        """
        A value; nothing, which is noted, where there is no such variable.

        @param part: of the file.
        @param what: a quotation.
        """
        if value is None:
            self.notes.leave(part, what, "there is no such variable: nothing stands there", False)
        return value or Text()

    def use(self, text: Text) -> str:
        """A text as it is written into a type file; what it names is an option from then on."""
        for name in text.names:
            self._asked.add(name)
            if (variable := self._byName.get(name)) is not None:
                self.usage.texts.add(variable.env)
        return text.template

    def shell(self, env: str) -> str | None:
        """A value as the environment of a shell has it; None if there is no such variable."""
        self.usage.shells.add(env)
        text = self.text(env)
        return None if text is None else self.use(text)

    def condition(self, env: str) -> str:
        """An option on which a step depends: whether it is set."""
        variable = self._declared[env]
        self.usage.truths.add(env)
        self._asked.add(variable.name)
        return variable.name

    def orNewest(self, env: str) -> str:
        """The same of one whose empty value stands for the newest."""
        variable = self._declared[env]
        isWord = variable.default.lower() in newestWords and variable.rules.choices is None
        self.usage.empty.setdefault(env, variable.default if isWord else "latest")
        self._asked.add(variable.name)
        return variable.name

    def isPort(self, variable: Variable) -> bool:
        """Whether it becomes a port."""
        if not re.search(r"PORT(?:_?\d+)?$", variable.env) and not _smallPort(variable.env):
            return False
        if variable.rules.choices is not None or variable.kind == "boolean":
            return False
        return variable.default == "" or (
            variable.default.isdecimal() and 0 < int(variable.default[:6]) < 65536
        )

    @property
    def asked(self) -> frozenset[str]:
        """Options that something depends on."""
        return frozenset(self._asked)

    def forget(self, asked: frozenset[str]) -> None:
        """
        Nothing but these depends on options after all.

        @param asked: L{asked} of before.
        """
        self._asked = set(asked)

    def need(self, name: str) -> None:
        """An option is wanted in any case."""
        self._asked.add(name)

    def value(self, variable: Variable) -> str:
        """What its default is, with what stands for nothing taken away."""
        empty = self.usage.empty.get(variable.env)
        default = variable.default.lower()
        # Words for what is newest stand for the same.
        isEmpty = empty is not None and default in {empty.lower(), "", *newestWords}
        return "" if isEmpty else variable.default.replace("/home/container", ".")


def _fitsBlank(pattern: str) -> bool:
    try:
        return any(re.fullmatch(pattern, text) for text in ("-a b", "+a b", "a b", "a -b 1"))
    except (re.error, RecursionError):
        return True
