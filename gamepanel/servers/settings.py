"""
What is set for one server: the daemon's own settings, and the options of its type.
"""

import secrets
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import msgspec
from msgspec import Struct, field
from msgspec.structs import replace

from gamepanel.base.errors import BadRequest, Problem, ReadOnly, problem
from gamepanel.games.definition import LimitRules, RestartRules, ServerType
from gamepanel.games.option import BadValue, Option, generatedCharacters
from gamepanel.servers.limitoptions import diskLimitName
from gamepanel.servers.restart import Policy
from gamepanel.wire.causes import because
from gamepanel.wire.values import OptionValue, maxDescription

Values = Mapping[str, OptionValue]

isolationName: Final = "isolation"
restartWhenHungName: Final = "restartWhenHung"
backupLimitName: Final = "backupLimit"


def _option(name: str, said: Mapping[str, Any]) -> Option:
    """A setting, from the table of all."""
    lists = {key: tuple(each) for key, each in said.items() if isinstance(each, list)}
    return Option(name=name, **{**said, **lists})


_table: Final = msgspec.json.decode((Path(__file__).parent / "settings.json").read_bytes())
"""The settings, with what forms say of them; for some a type says what the default is."""

_own: Final = {name: _option(name, said) for name, said in _table["own"].items()}
_limits: Final = {name: _option(name, said) for name, said in _table["limits"].items()}

backupOptions: Final = {name: _option(name, said) for name, said in _table["backups"].items()}
"""The settings that are about backups, by their names."""

descriptionOption: Final = replace(_own["description"], maxLength=maxDescription)

tagsOption: Final = _own["tags"]

protectedOptions: Final = (_own[isolationName],)
"""What protects the host and other servers, so that only administrators may set it."""


def protectedOf(definition: ServerType) -> tuple[Option, ...]:
    """The settings that only administrators may set, as servers of a type have them."""
    return (*protectedOptions, *limitOptions(definition.limits), backupOptions[backupLimitName])


def ownOptions(definition: ServerType) -> tuple[Option, ...]:
    """
    The settings of the daemon that servers of a type have: an option of the type wins over one
    that is younger than the type may be.
    """
    return tuple(
        option
        for option in (
            *daemonOptions(definition.restart),
            *limitOptions(definition.limits),
            *backupOptions.values(),
        )
        if option.name not in definition.optionsByName
    )


def daemonOptions(rules: RestartRules) -> tuple[Option, ...]:
    """The settings that every server has; those of restarts as its type has them by default."""
    defaults = {
        "restart": rules.policy,
        "restartFirstDelay": rules.firstDelay,
        "restartMaxDelay": rules.maxDelay,
        "restartGiveUpAfter": rules.giveUpAfter,
        "restartWindow": rules.window,
    }
    return _withDefaults({**_own, "description": descriptionOption}, defaults)


def limitOptions(rules: LimitRules) -> tuple[Option, ...]:
    """The settings that limit what a server may use, as a type has them by default."""
    defaults = {
        "memoryLimit": rules.memory,
        "cpuLimit": rules.cpu,
        "processLimit": rules.processes,
        diskLimitName: rules.disk,
    }
    return _withDefaults(_limits, defaults)


def _withDefaults(
    options: Mapping[str, Option], defaults: Mapping[str, OptionValue]
) -> tuple[Option, ...]:
    return tuple(
        replace(option, default=defaults[name]) if name in defaults else option
        for name, option in options.items()
    )


class Settings(Struct, frozen=True):
    """
    What has been set for a server. What is absent has its default.

    @ivar description: for people.
    @ivar own: values of the daemon's settings, without the description.
    @ivar options: values of the options of its type.
    """

    description: str = ""
    own: Values = field(default_factory=dict)
    options: Values = field(default_factory=dict)

    @property
    def isIsolated(self) -> bool:
        """Whether its game is to be isolated."""
        return bool(self.own.get(isolationName))

    @property
    def restartsWhenHung(self) -> bool:
        """Whether a game that hangs is to be stopped and started again."""
        return bool(self.own.get(restartWhenHungName))

    def value(self, option: Option) -> OptionValue | None:
        """The value an option has, if it has one."""
        if option.name == "description":
            return self.description
        explicit = self.own.get(option.name, self.options.get(option.name))
        return option.default if explicit is None else explicit

    @property
    def tags(self) -> tuple[str, ...]:
        """The words by which people look for the server."""
        return tuple(str(self.value(tagsOption)).split())

    def optionValues(self, definition: ServerType) -> dict[str, OptionValue | None]:
        """Each option of the type, with the value it has."""
        return {option.name: self.optionValue(definition, option) for option in definition.options}

    def optionValue(self, definition: ServerType, option: Option) -> OptionValue | None:
        """The value an option of the type has; a port that follows another has it from that."""
        if option.follows is None:
            explicit = self.options.get(option.name)
            return option.default if explicit is None else explicit
        leader = self.value(definition.optionsByName[option.follows.of])
        return leader + option.follows.plus if isinstance(leader, int) else None

    def values(self, definition: ServerType) -> dict[str, OptionValue | None]:
        """All that can be set of a server of a type, and the value that it has."""
        own = {option.name: self.value(option) for option in ownOptions(definition)}
        return {**own, **self.optionValues(definition)}

    def differing(
        self, definition: ServerType, before: "Settings", old: ServerType | None
    ) -> list[str]:
        """
        The names of what has another value than before.

        @param definition: the type of the server.
        @param old: its type before; None where there is none of that name any more.
        """
        had = {} if old is None else before.values(old)
        nothing = object()
        now = self.values(definition).items()
        return [name for name, value in now if had.get(name, nothing) != value]

    def policy(self, rules: RestartRules) -> Policy:
        """When the server is to be restarted."""
        values: dict[str, Any] = {
            option.name: self.value(option) for option in daemonOptions(rules)
        }
        return Policy(
            policy=values["restart"],
            cleanExitCodes=rules.cleanExitCodes,
            firstDelay=float(values["restartFirstDelay"]),
            maxDelay=float(values["restartMaxDelay"]),
            giveUpAfter=values["restartGiveUpAfter"],
            window=float(values["restartWindow"]),
        )

    def changed(self, definition: ServerType, changes: Mapping[str, object]) -> "Settings":
        """
        These settings with some of another value.

        @param changes: new values by name, unchecked; None takes one back to its default.

        @raise BadRequest: naming each value that is not taken.
        @raise ReadOnly: when one can be set at creation only.
        """
        own = {option.name: option for option in ownOptions(definition)}
        following, changes = _parted(definition, changes)
        checked = _checked({**own, **definition.optionsByName}, changes, "settings")
        if any(
            name in definition.optionsByName
            and definition.optionsByName[name].readonly
            and value != self.options.get(name, definition.optionsByName[name].default)
            for name, value in checked.items()
        ):
            raise ReadOnly()
        description = checked.pop("description", self.description)
        result = Settings(
            "" if description is None else str(description),
            _merged(self.own, {k: v for k, v in checked.items() if k in own}),
            _merged(self.options, {k: v for k, v in checked.items() if k not in own}),
        )
        result.checkRequired(definition, "settings")
        result.checkFollowing(definition, "settings")
        for option, value in following:
            # Whoever sends all back that was shown means no harm.
            shown = (self.optionValue(definition, option), result.optionValue(definition, option))
            if value is not None and value not in shown:
                raise ReadOnly()
        return result

    def checkUnprotected(self, definition: ServerType, before: "Settings") -> None:
        """
        Check a change that is not an administrator's.

        @raise ReadOnly: when it changes what protects the host and other servers.
        """
        if any(self.value(option) != before.value(option) for option in protectedOf(definition)):
            raise ReadOnly(because("only_admins"))

    def checkFollowing(self, definition: ServerType, where: str) -> None:
        """
        @raise BadRequest: naming each port that leaves no number for one that follows it.
        """
        problems = tuple(
            problem(
                (where, option.follows.of),
                because("no_number_left", name=option.name, port=value),
            )
            for option in definition.options
            if option.follows is not None
            and isinstance(value := self.optionValue(definition, option), int)
            and not 0 < value < 65536
        )
        if problems:
            raise BadRequest(problems=problems)

    def checkRequired(self, definition: ServerType, where: str) -> None:
        """
        @raise BadRequest: naming each option that must have a value and has none.
        """
        missing = tuple(
            problem((where, option.name), because("needs_value"))
            for option in definition.options
            if option.required and option.accept is None and self.value(option) in (None, "")
        )
        if missing:
            raise BadRequest(problems=missing)


def _parted(
    definition: ServerType, changes: Mapping[str, object]
) -> tuple[list[tuple[Option, object]], dict[str, object]]:
    """Changes of ports that follow others, which are none, and all the rest."""
    options = definition.optionsByName
    following = {name for name in changes if name in options and options[name].follows is not None}
    rest = {name: value for name, value in changes.items() if name not in following}
    return [(options[name], changes[name]) for name in sorted(following)], rest


def _merged(old: Values, changes: Mapping[str, OptionValue | None]) -> Values:
    merged = {**old, **changes}
    return {name: value for name, value in merged.items() if value is not None}


def _checked(
    options: Mapping[str, Option], changes: Mapping[str, object], where: str
) -> dict[str, OptionValue | None]:
    problems = tuple(_problems(options, changes, where))
    if problems:
        raise BadRequest(problems=problems)
    return {
        name: None if value is None else options[name].check(value)
        for name, value in changes.items()
    }


def _problems(
    options: Mapping[str, Option], changes: Mapping[str, object], where: str
) -> Iterator[Problem]:
    if any(name not in options for name in changes):
        yield problem((where,), because("unknown_setting"))
    for name, value in changes.items():
        if name not in options:
            continue
        if options[name].follows is not None:
            yield problem((where, name), because("follows_port"))
        elif value is not None or options[name].accept is not None:
            try:
                options[name].check(value)
            except BadValue as error:
                yield problem((where, name), error.cause)


def randomPassword(length: int) -> str:
    """So many random letters and digits."""
    return "".join(secrets.choice(generatedCharacters) for _ in range(length))


def _generated(definition: ServerType, given: Values, make: Callable[[int], str]) -> Values:
    """Values for all options that are to have a random one where none is given."""
    return {
        option.name: make(option.generate)
        for option in definition.options
        if option.generate is not None and option.name not in given
    }


def _unaccepted(definition: ServerType) -> dict[str, object]:
    """What is given for terms that nobody has said anything of."""
    return {option.name: None for option in definition.options if option.accept is not None}


def created(
    definition: ServerType,
    description: str,
    options: Mapping[str, object],
    makePassword: Callable[[int], str] = randomPassword,
) -> Settings:
    """
    The settings of a new server.

    @param options: values of its type's options, unchecked; None is as if absent.
    @param makePassword: a password of a length.

    @raise BadRequest: naming each value that is not taken or is missing.
    """
    problems = (
        *_problems({"description": descriptionOption}, {"description": description}, ""),
        *_problems(definition.optionsByName, {**_unaccepted(definition), **options}, "options"),
    )
    if problems:
        raise BadRequest(problems=problems)
    given = _merged({}, _checked(definition.optionsByName, options, "options"))
    values = {**given, **_generated(definition, given, makePassword)}
    settings = Settings(description, {}, values)
    settings.checkRequired(definition, "options")
    settings.checkFollowing(definition, "options")
    return settings
