"""What the validation rules of Laravel, in which eggs say which values fit, mean for an option."""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Final

from attrs import define, field

from gamepanel.games.importing.text import tableOf, words

maxRules: Final = 64
"""So many rules of a variable count."""

maxDigits: Final = 16
"""A number with so many digits has no bound that is worth to be named."""

_table: Final = tableOf("rules")
_numeric: Final = frozenset(("integer", "int", "numeric", "digits", "digits_between", "decimal"))
_truths: Final = frozenset(("0", "1", "true", "false"))


@define
class Rules:
    """
    What is known of a variable.

    @ivar unknown: rules that mean nothing to us.
    """

    required: bool = False
    integer: bool = False
    number: bool = False
    boolean: bool = False
    choices: tuple[str, ...] | None = None
    pattern: str | None = None
    hint: str | None = None
    least: float | None = None
    most: float | None = None
    unknown: list[str] = field(factory=list)

    @property
    def isNumber(self) -> bool:
        """Whether bounds are those of a number, not of a length."""
        return self.integer or self.number

    @property
    def isTruth(self) -> bool:
        """Whether its values say yes or no."""
        choices = {choice.lower() for choice in self.choices or () if choice}
        return self.boolean or (bool(self.choices) and choices <= _truths)


def read(given: object) -> Rules:
    """@param given: as an egg has them: a text with | between them, or a list."""
    rules = Rules()
    found = [rule.partition(":") for rule in _split(given)[:maxRules]]
    names = {name for name, _, _ in found}
    rules.integer = bool(names & {"integer", "int", "digits", "digits_between"})
    rules.number = bool(names & _numeric) and not rules.integer
    for name, _, argument in found:
        use = _known.get(name)
        if use is not None:
            use(rules, argument)
        elif name not in _ignored:
            rules.unknown.append(f"{name}:{argument}" if argument else name)
    return rules


def _split(given: object) -> list[str]:
    if isinstance(given, Sequence) and not isinstance(given, str):
        return [str(rule).strip() for rule in given]
    rules: list[str] = []
    rest = str(given or "")
    while rest:
        # An expression may hold the very sign that stands between rules.
        match = re.match(r"\s*(?:not_)?regex:(.)", rest)
        end = rest.find("|")
        if match is not None:
            closing = {"(": ")", "{": "}", "[": "]"}.get(match[1], match[1])
            ending = re.compile(re.escape(closing) + r"[a-zA-Z]*(\||\Z)")
            found = ending.search(rest, match.end())
            end = found.start(1) if found is not None and found[1] else -1
            if found is None:
                end = rest.find("|")
        rules.append((rest if end < 0 else rest[:end]).strip())
        rest = "" if end < 0 else rest[end + 1 :]
    return [rule for rule in rules if rule]


def _numbers(argument: str) -> list[float]:
    return [
        float(part) for part in argument.split(",") if re.fullmatch(r"\s*-?\d+(\.\d+)?\s*", part)
    ]


def _min(rules: Rules, argument: str) -> None:
    rules.least = next(iter(_numbers(argument)), rules.least)


def _max(rules: Rules, argument: str) -> None:
    rules.most = next(iter(_numbers(argument)), rules.most)


def _between(rules: Rules, argument: str) -> None:
    bounds = _numbers(argument)
    if len(bounds) == 2:
        rules.least, rules.most = min(bounds), max(bounds)


def _size(rules: Rules, argument: str) -> None:
    for size in _numbers(argument)[:1]:
        rules.least = rules.most = size


def _digits(rules: Rules, argument: str) -> None:
    counts = [int(count) for count in _numbers(argument) if count > 0]
    if counts and counts[0] < maxDigits:
        fewest, most = counts[0], counts[-1]
        rules.least = 10 ** (fewest - 1) if fewest > 1 else 0
        # More digits are as good as no bound.
        rules.most = 10**most - 1 if most < maxDigits else rules.most


def _choices(rules: Rules, argument: str) -> None:
    choices = tuple(dict.fromkeys(part.strip().strip('"') for part in argument.split(",")))
    rules.choices = choices if any(choices) else None


def _regex(rules: Rules, argument: str) -> None:
    opening = argument[:1]
    closing = {"(": ")", "{": "}", "[": "]"}.get(opening, opening)
    end = argument.rfind(closing)
    if end <= 0:
        rules.unknown.append(f"regex:{argument}")
        return
    body, flags = argument[1:end], argument[end + 1 :]
    if body.startswith("^") and body.endswith("$") and not body.endswith("\\$"):
        # With | the anchors are each of one alternative only.
        body = body[1:-1] if "|" not in body else body
    else:
        body = body if body.startswith("^") else f".*{body}"
        body = body if body.endswith("$") else f"{body}.*"
    body = re.sub(r"\[:(\w+):\]", _posix, body).replace("\\/", "/").replace("\\h", " \\t")
    # Python has no possessive quantifiers before 3.11 and no \z.
    body = body.replace("\\z", "\\Z").replace("(?<", "(?P<") if "(?<" in body else body
    body = body.replace("(?P<=", "(?<=").replace("(?P<!", "(?<!")
    try:
        re.compile(body)
    except (re.error, RecursionError, OverflowError):
        rules.unknown.append(f"regex:{argument}")
        return
    rules.pattern = f"(?i:{body})" if "i" in flags else body


def _posix(match: re.Match[str]) -> str:
    classes = {"alnum": "A-Za-z0-9", "alpha": "A-Za-z", "digit": "0-9", "space": r"\s"}
    return classes.get(match[1], r"\w")


def _fixed(pattern: str, hint: str) -> Callable[[Rules, str], None]:
    def use(rules: Rules, argument: str) -> None:
        if rules.pattern is None:
            rules.pattern, rules.hint = pattern, hint

    return use


def _ends(before: str, after: str) -> Callable[[Rules, str], None]:
    def use(rules: Rules, argument: str) -> None:
        texts = [re.escape(part.strip()) for part in argument.split(",") if part.strip()]
        if texts and rules.pattern is None:
            rules.pattern = f"{before}(?:{'|'.join(texts)}){after}"

    return use


def _set(name: str) -> Callable[[Rules, str], None]:
    def use(rules: Rules, argument: str) -> None:
        setattr(rules, name, True)

    return use


_known: Final[Mapping[str, Callable[[Rules, str], None]]] = {
    "required": _set("required"),
    "filled": _set("required"),
    "boolean": _set("boolean"),
    "bool": _set("boolean"),
    "min": _min,
    "gte": _min,
    "max": _max,
    "lte": _max,
    "between": _between,
    "size": _size,
    "digits": _digits,
    "digits_between": _digits,
    "in": _choices,
    "regex": _regex,
    **{name: _fixed(*pattern) for name, pattern in _table["patterns"].items()},
    "starts_with": _ends("", ".*"),
    "ends_with": _ends(".*", ""),
}

_ignored: Final = words(_table["ignored"])
