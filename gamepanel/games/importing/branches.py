"""
Branches of install scripts: which are taken, and what their variables are behind them.
"""

import re
from collections.abc import Sequence
from typing import Final

from attrs import evolve, frozen

from gamepanel.games.importing.conditions import (
    All,
    Checked,
    FileThere,
    Outcome,
)
from gamepanel.games.importing.declared import Condition, newestWords
from gamepanel.games.importing.documents import Document
from gamepanel.games.importing.shell import (
    Command,
    Script,
    Simple,
)
from gamepanel.games.importing.state import State, Value
from gamepanel.games.importing.text import Ref, Text, words

prefixes: Final = frozenset(["sudo", "exec", "command", "time", "nohup", "builtin", "then", "nice"])
tests: Final = frozenset(("[", "[[", "test"))
quiet: Final = words(
    "echo printf exit return true : sleep set export local shift break continue fatal log"
)
"""Commands of branches that do nothing."""


_LISTS: Final = re.compile(r"(?:^|/)(?:requirements\.txt|package\.json)$")
"""Files that what was unpacked has, mostly; without them their steps do no harm."""


_COUNTS: Final = re.compile(r"\(\(|[A-Za-z_]\w*\[[^\]]*\]\+?=")
"""Calculates only, or sets an element of an array."""


class Over(Exception):
    """The script ends here."""


@frozen
class Branch:
    """A branch of an C{if}, and when it is taken."""

    outcome: Outcome
    body: Script
    source: str


class Branches:
    """
    Goes through the branches of a script, each under what it depends on.
    """

    def __init__(self, state: State) -> None:
        self._state = state

    def _script(self, script: Script) -> None:
        raise NotImplementedError

    def _branches(self, branches: Sequence[Branch]) -> None:
        """
        Go through all branches that may be taken, each under what it depends on.
        """
        state = self._state
        before, directory = dict(state.values), state.directory
        guards, missing, outer = state.guards, state.missing, state.missing
        results: list[tuple[tuple[Condition, ...], dict[str, Value]]] = []
        pending = guards
        isOver = False
        escaped: list[Condition] = []
        for branch in branches:
            outcome = self._known(branch, pending)
            kept = branch.outcome if outcome is False else None
            if isinstance(kept, FileThere) and _keepsOthers(kept, branch.body):
                # What comes instead is done only while the file is not there.
                missing = self._without(kept, missing)
                state.missing = missing
            if outcome is False or (outcome is None and self._passed(branch, branches)):
                continue
            state.values, state.guards = dict(before), pending
            state.directory = directory
            if isinstance(outcome, FileThere):
                state.missing = self._without(outcome, missing)
                outcome = True
            elif isinstance(outcome, Condition | All):
                conditions = (outcome,) if isinstance(outcome, Condition) else outcome.conditions
                state.guards = state.guard(conditions)
            taken = state.guards
            ended = self._body(branch, outcome is True and taken == guards)
            state.missing = missing
            if not ended:
                results.append((taken, state.values))
            elif isinstance(outcome, Condition):
                # What follows is done only otherwise.
                escaped.append(outcome.opposite)
            if outcome is True or outcome is None:
                isOver = True
                break
            if isinstance(outcome, Condition):
                pending = tuple(dict.fromkeys((*pending, outcome.opposite)))
        state.missing = outer
        state.guards = tuple(dict.fromkeys((*guards, *escaped)))
        if not isOver:
            results.append((pending, dict(before)))
        self._merge(before, results)

    def _body(self, branch: Branch, isCertain: bool) -> bool:
        """
        Go through one branch.

        @return: whether the script ends in it.
        """
        try:
            self._script(branch.body)
        except Over:
            if isCertain:
                raise
            return True
        return False

    def _known(self, branch: Branch, guards: Sequence[Condition]) -> Outcome:
        """What a branch depends on, given what is known here already."""
        outcome = branch.outcome
        if isinstance(outcome, Condition):
            if outcome in guards:
                return True
            if outcome.opposite in guards:
                return False
        if outcome is not False and branch.source != "else" and _isError(branch.body):
            # A script is not meant to fail always.
            return False
        return self._file(outcome) if isinstance(outcome, FileThere) else outcome

    def _file(self, outcome: FileThere) -> Outcome:
        """On an empty directory, only what was made before is there."""
        path = self._state.path(outcome.path)
        if path is None:
            return None
        isThere = path == "." or path in self._state.made
        if outcome.isDirectory:
            isThere = isThere or path.startswith("steamcmd")
        isThere = isThere or (self._state.unpacked is not None and _LISTS.search(path) is not None)
        if isThere:
            return outcome.isThere
        if outcome.isThere:
            return False
        return True if outcome.isDirectory else outcome

    def _without(self, outcome: FileThere, missing: tuple[str, ...]) -> tuple[str, ...]:
        path = self._state.path(outcome.path)
        return missing if path is None else (*missing, path)

    def _passed(self, branch: Branch, branches: Sequence[Branch]) -> bool:
        """Whether a branch whose condition nobody knows is passed over."""
        index = branches.index(branch)
        others = branches[index + 1 :]
        if isQuiet(branch.body):
            return True
        isOnly = all(isQuiet(other.body) for other in others)
        if others and isOnly and _isError(others[-1].body):
            return False
        later = [other for other in others if other.outcome is not None]
        self._state.leave(
            branch.source,
            "whether this is so can't be told; the other way is taken"
            if later
            else "whether this is so can't be told; it is taken for true",
            # Whether a line is there already: it is named if it can't be set.
            not re.match(r"! e?grep -\w*q", branch.source),
        )
        return bool(later)

    def _merge(
        self,
        before: dict[str, Value],
        results: Sequence[tuple[tuple[Condition, ...], dict[str, Value]]],
    ) -> None:
        """Variables that have other values in some branches become those of install steps."""
        state = self._state
        if not results:
            state.values = before
            return
        if len(results) == 1:
            state.values = results[0][1]
            return
        names = dict.fromkeys(name for _, values in results for name in values)
        merged = dict(before)
        for name in names:
            given = before.get(name, state.variables.text(name))
            found = [(guards, values.get(name, given)) for guards, values in results]
            first = found[0][1]
            if all(value == first for _, value in found):
                merged[name] = first
            elif isinstance(given, Document) and all(
                value in (given, Text.of(Ref(state.names.get(name, "")))) for _, value in found
            ):
                # Some branches have looked into it; what follows does so itself.
                merged[name] = given
            elif re.fullmatch(r"[A-Za-z]\w*", name):
                merged[name] = self._joined(name, found)
                if any(name in values and values[name] is None for _, values in results):
                    state.partial[state.nameFor(name)] = name
        state.values = merged

    def _isOption(self, name: str, taken: Sequence[Condition], value: Value) -> bool:
        """
        Whether a value is that of an option, or the word for which an empty one stands where
        it is empty.
        """
        variable = self._state.variables.find(name)
        if variable is None or not isinstance(value, Text):
            return False
        if value.only == variable.name:
            return True
        word = (value.plain or "").lower()
        if word not in newestWords or Condition(variable.name, False) not in taken:
            return False
        empty = self._state.variables.usage.empty
        return empty.setdefault(variable.env, word).lower() == word

    def _documents(self, name: str, found: Sequence[tuple[tuple[Condition, ...], Value]]) -> Value:
        """One of several whole documents: that at one of their addresses."""
        first = next(value for _, value in found if isinstance(value, Document))
        addresses = [
            (guards, value.url)
            for guards, value in found
            if isinstance(value, Document) and evolve(value, url=first.url) == first
        ]
        if len(addresses) < len(found):
            return None
        url = self._joined(f"{name}_url", addresses)
        return evolve(first, url=url) if isinstance(url, Text) else None

    def _joined(self, name: str, found: Sequence[tuple[tuple[Condition, ...], Value]]) -> Value:
        state = self._state
        known = [(guards, value) for guards, value in found if isinstance(value, Text | Document)]
        absent = state.variables.text(name)
        if not known:
            return None
        whole = [(guards, value) for guards, value in found if isWhole(value)]
        if whole:
            return self._documents(name, whole) if len(whole) == len(found) else None
        variable = state.nameFor(name)
        if all(self._isOption(name, taken, value) for taken, value in found):
            return Text.of(Ref(variable))
        guards = state.guards
        for taken, value in found:
            if value is None or isinstance(value, Checked):
                value = absent
            if value is None:
                continue
            state.guards = taken
            state.assign(variable, value, f"{name}=")
        state.guards = guards
        state.settled.add(variable)
        return Text.of(Ref(variable))


def isWhole(value: Value) -> bool:
    """Whether this is a document of which nothing is taken yet."""
    return isinstance(value, Document) and not value.expression and not value.lines


def nameOf(command: Command) -> str:
    """The name of a simple command, without what is only before it."""
    if not isinstance(command, Simple) or not command.words:
        return ""
    words = [word.source for word in command.words if word.source not in prefixes]
    return words[0] if words else ""


def isQuiet(script: Script) -> bool:
    """Whether nothing in this does anything."""
    simple = list(script.simple())
    return all(
        (nameOf(command) in quiet and not _writes(command))
        or nameOf(command) in tests
        or _COUNTS.match(nameOf(command))
        or (not command.words and not command.assignments)
        for command in simple
    )


def _writes(command: Simple) -> bool:
    return any(
        redirect.operator in (">", ">>") and redirect.target.source[:1] not in ("&", "/")
        for redirect in command.redirects
    )


def _keepsOthers(kept: FileThere, body: Script) -> bool:
    """Whether what other branches do is done only while a file is not there."""
    # What is cloned here comes without its history.
    return not _isError(body) and kept.path.template.rsplit("/", 1)[-1] != ".git"


def _isError(script: Script) -> bool:
    """Whether the script ends here with an error."""
    if not script.statements or script.statements[-1].rest:
        return False
    last = script.statements[-1].first.commands[-1]
    if not isinstance(last, Simple):
        return False
    words = [word.source for word in last.words]
    return words[:1] in (["exit"], ["fatal"]) and len(words) > 1 and words[1] != "0"
