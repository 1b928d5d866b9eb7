"""
The variables of an egg or template, and the options that they become.
"""

from typing import Final

from gamepanel.games.importing.declared import (
    Condition,
    Declared,
    Variable,
    newestWords,
)

_truthy: Final = frozenset(("1", "true", "yes", "on"))
_falsy: Final = frozenset(("0", "false", "no", "off"))


class Variables(Declared):
    """
    All variables of a file.
    """

    def isSet(self, env: str) -> Condition | bool | None:
        """Whether a variable is not empty; None if there is no such."""
        variable = self._declared.get(env)
        if variable is None:
            return True if env in self.given else None
        constant = self.constant(variable)
        if constant is not None:
            return constant != ""
        if self.isTruth(variable):
            return True
        if variable.env not in self.usage.empty and self._neverEmpty(variable):
            return True
        return self._condition(variable, True)

    def _neverEmpty(self, variable: Variable) -> bool:
        if variable.rules.isNumber or self.isPort(variable):
            return True
        return variable.rules.required and variable.default.lower() not in newestWords

    def equals(self, env: str, value: str) -> Condition | bool | None:
        """
        Whether a variable has a value.

        @return: None where that can't be told, or there is no such variable.
        """
        variable = self._declared.get(env)
        if variable is None:
            return None
        constant = self.constant(variable)
        if constant is not None:
            return constant.lower() == value.lower()
        if value == "":
            found = self.isSet(env)
            if isinstance(found, Condition):
                return found.opposite
            return None if found is None else not found
        if variable.kind == "boolean" or variable.rules.isTruth:
            self.usage.conditions.add(env)
            if not self.isTruth(variable):
                return None
            if value.lower() in _truthy | _falsy:
                return self._condition(variable, value.lower() in _truthy)
            return False
        if value.lower() in newestWords and variable.rules.choices is None:
            word = self.usage.empty.setdefault(env, value)
            if word.lower() == value.lower():
                return self._condition(variable, False)
            self.notes.leave(
                "options", f"{env} = {value}", "this value does nothing special any more", False
            )
            return False
        if (other := self._otherOf(variable)) is not None and value in (other, variable.default):
            self.usage.pairs.add(env)
            return self._condition(variable, value == other)
        if variable.rules.choices is not None:
            self.usage.fixed.add(env)
            return variable.default.lower() == value.lower()
        if value.lower() == variable.default.lower():
            return None
        self.notes.leave(
            "options", f"{env} = {value}", "this value does nothing special any more", matters=False
        )
        return False

    def _otherOf(self, variable: Variable) -> str | None:
        """The other of two choices, if only conditions depend on which it is."""
        choices = [choice for choice in variable.rules.choices or () if choice]
        if len(choices) != 2 or variable.default not in choices:
            return None
        if variable.env in self.usage.texts:
            return None
        return choices[1 - choices.index(variable.default)]

    def pairOf(self, variable: Variable) -> str | None:
        """The other of two choices, if the option is whether it is that."""
        return self._otherOf(variable) if variable.env in self.usage.pairs else None

    def checked(self, name: str) -> Condition:
        """
        That an option is set, whose value is one of those that a document lists: a word for
        the newest is none.
        """
        variable = self._byName.get(name)
        if variable is None:
            return Condition(name, True)
        if variable.default.lower() in newestWords and variable.rules.choices is None:
            self.usage.empty.setdefault(variable.env, variable.default)
        return self._condition(variable, True)

    def fix(self, env: str) -> bool:
        """
        From now on a variable has its default only, since what depends on it can't be said.

        @return: whether it does.
        """
        variable = self._declared.get(env)
        if variable is None or variable.default == "":
            return False
        self.usage.fixed.add(env)
        return True

    def drop(self, name: str) -> bool:
        """
        From now on an option that is empty unless somebody sets it is no option.

        @return: whether it was one.
        """
        variable = self._byName.get(name)
        if variable is None:
            return False
        isOff = variable.default.lower() in ("0", "false") and self.isTruth(variable)
        if variable.default != "" and not isOff:
            return False
        self.usage.fixed.add(variable.env)
        return True

    def _condition(self, variable: Variable, isSet: bool) -> Condition:
        self.usage.conditions.add(variable.env)
        self._asked.add(variable.name)
        return Condition(variable.name, isSet)

    def spread(self, env: str) -> None:
        """All arguments in a variable are in the command already."""
        self.usage.spread.add(env)
