"""
Filters of jq, as JMESPath: paths, C{select}, indexes and what install scripts use besides.
"""

import re
from collections.abc import Mapping
from typing import Final

from attrs import evolve

from gamepanel.games.importing.documents import Document, Untold, field, quote, withoutV
from gamepanel.games.importing.text import Text

maxLength: Final = 2000
"""Characters of a filter; a longer one is not looked at."""

_STEP: Final = re.compile(
    r"""\.(?P<name>[A-Za-z_]\w*)\??"""
    r"""|\.?\[\s*(?P<index>-?\d+)\s*\]\??"""
    r"""|\.?\[\s*\]\??"""
    r"""|\.?\[\s*"(?P<key>[^"]*)"\s*\]\??"""
    r"""|\.?\[\s*\$(?P<var>\w+)\s*\]\??|\.\$(?P<put>__\d+)"""
    r"""|\."(?P<quoted>[^"]*)"\??"""
    r"""|\.?\[\s*(?P<from>\d*):(?P<until>\d*)\s*\]"""
)
_COMPARE: Final = re.compile(r"(.+?)\s*(==|!=)\s*(.+)", re.DOTALL)
_CALL: Final = re.compile(r"(\w+)\((.*)\)", re.DOTALL)
_ENTRY: Final = re.compile(r"(?:\.?(\[-?\d+\]))?\.(key|value)(.*)", re.DOTALL)
_ANY: Final = re.compile(r"(?:index|contains|inside|startswith)\((.*)\)|\.\s*==\s*(.+)", re.DOTALL)
_PATH: Final = re.compile(r"(?:\.\w*(?:\[[^\]]*\])*\??)+|\.")


def apply(document: Document, filter: str, arguments: Mapping[str, Text]) -> Document:
    """
    What a filter finds in a document.

    @param arguments: values of C{--arg}.

    @raise Untold: when it can't be said in JMESPath.
    """
    if len(filter) > maxLength:
        raise Untold("a filter of jq that is too long")
    stages = [stage.strip() for stage in _split(filter.strip(), "|")]
    while stages:
        stage = stages.pop(0)
        if stage in ("to_entries", "to_entries[]") and stages:
            document, rest = _entries(document, stage, stages[0])
            stages[0] = rest
        else:
            document = _stage(document, stage, arguments)
    return document


def _entries(document: Document, stage: str, after: str) -> tuple[Document, str]:
    """
    Names or values of an object.

    @return: also what is done with them.
    """
    match = _ENTRY.fullmatch(after)
    if match is None or (match[1] is None) is not stage.endswith("]"):
        raise Untold(stage)
    found = f"{match[2]}s({document.expression or '@'}){match[1] or '[]'}"
    rest = match[3] if match[3][:1] in ("", ".") else f".{match[3]}"
    return evolve(document, expression=found, isMany=match[1] is None), rest


def _split(text: str, mark: str) -> list[str]:
    """The parts between marks that are in no bracket and no quotes."""
    parts, depth, start, at, inText = [], 0, 0, 0, False
    while at < len(text):
        character = text[at]
        if inText:
            at += character == "\\"
            inText = character != '"'
        elif character == '"':
            inText = True
        elif character in "([{":
            depth += 1
        elif character in ")]}":
            depth -= 1
        elif depth == 0 and text.startswith(mark, at):
            before = text[at - 1 : at]
            after = text[at + len(mark) : at + len(mark) + 1]
            isWord = mark.isalpha() and (before.isalnum() or after.isalnum())
            if not isWord and not (mark == "|" and after == "="):
                parts.append(text[start:at])
                start = at + len(mark)
                at = start
                continue
        at += 1
    parts.append(text[start:])
    return parts


def _stage(document: Document, stage: str, arguments: Mapping[str, Text]) -> Document:
    if stage in ("", ".", "tostring", "ascii_downcase") or stage.startswith("@"):
        return document
    if stage.startswith("[") and stage.endswith("]"):
        inner = apply(document, stage[1:-1], arguments)
        return evolve(inner, isMany=False)
    if stage.startswith("(") and stage.endswith(")"):
        return apply(document, stage[1:-1], arguments)
    if stage.startswith("["):
        close = _closing(stage)
        inner = apply(document, stage[1:close], arguments)
        return _path(evolve(inner, isMany=False), stage[close + 1 :], arguments)
    call = _CALL.fullmatch(stage)
    if call is not None:
        return _function(document, call[1], call[2], arguments)
    if stage in ("first", "last"):
        return _whole(document, f"[{0 if stage == 'first' else -1}]")
    if stage == "keys" or stage == "keys_unsorted":
        return evolve(document, expression=f"keys({document.expression or '@'})")
    if stage == "reverse":
        return evolve(document, expression=f"reverse({document.expression or '@'})")
    if stage in ("max", "sort", "unique"):
        if stage == "max":
            return evolve(document, expression=f"newest({document.expression or '@'})")
        return evolve(document, expression=f"sort({document.expression or '@'})")
    compare = _COMPARE.fullmatch(stage)
    if compare is not None and _isArgument(compare[3], arguments):
        return _check(document, compare[3], arguments)
    return _path(document, stage, arguments)


def _whole(document: Document, step: str) -> Document:
    joined = f"{document.expression} | {step}" if document.expression else step
    return evolve(document, expression=joined, isMany=False)


def _closing(text: str) -> int:
    depth = 0
    for at, character in enumerate(text):
        depth += (character in "([{") - (character in ")]}")
        if depth == 0:
            return at
    raise Untold(text)


def _isArgument(text: str, arguments: Mapping[str, Text]) -> bool:
    return text.strip().lstrip("(").rstrip(")").removeprefix("$") in arguments


def _check(document: Document, text: str, arguments: Mapping[str, Text]) -> Document:
    """A value is only looked for."""
    value = arguments[text.strip().lstrip("(").rstrip(")").removeprefix("$")]
    if len(value.names) != 1:
        raise Untold(f"jq {text}")
    return evolve(document, checks=next(iter(value.names)))


def _function(
    document: Document, name: str, inside: str, arguments: Mapping[str, Text]
) -> Document:
    if name == "select":
        test, checked = _test(inside, arguments)
        many = document if document.isMany else evolve(document, isMany=True)
        expression = f"{many.expression} | [?{test}]" if many.expression else f"[?{test}]"
        if not document.isMany:
            raise Untold(f"select({inside})")
        return evolve(many, expression=expression, checks=checked and f"?{checked}")
    if name in ("contains", "index", "inside", "any", "IN", "test", "has") and _isArgument(
        inside, arguments
    ):
        return _check(document, inside, arguments)
    if name == "map":
        inner = apply(_each(document), inside, arguments)
        return evolve(inner, isMany=False)
    if name == "any" and ";" in inside:
        # Whether a value is there at all.
        found = _ANY.fullmatch(inside.partition(";")[2].strip())
        if found is not None and _isArgument(found[1] or found[2], arguments):
            return _check(document, found[1] or found[2], arguments)
    if name in ("first", "last", "limit"):
        if name == "limit":
            inside = inside.partition(";")[2]
        return apply(document, inside, arguments).pick(-1 if name == "last" else 0)
    if name in ("ltrimstr", "sub") and re.fullmatch(r'"\^?v"(?:; *"")?', inside.strip()):
        return evolve(document, cut=withoutV)
    if name == "del":
        # Descriptions of releases, which are of no interest here either.
        return document
    if name in ("sort_by", "max_by"):
        path = inside.strip().removeprefix(".")
        if re.fullmatch(r"\w+", path):
            joined = f"{name}({document.expression or '@'}, &{path})"
            return evolve(document, expression=joined)
    raise Untold(f"{name}({inside})")


def _each(document: Document) -> Document:
    if document.isMany:
        return evolve(document, expression=f"{document.expression}[]")
    return evolve(document, expression=f"{document.expression}[*]", isMany=True)


def _path(document: Document, text: str, arguments: Mapping[str, Text]) -> Document:
    text = text.strip()
    at = 0
    if "//" in text:
        text = text.partition("//")[0].strip()
    compared = document.checks
    while at < len(text):
        if text[at:] == ".":
            break
        match = _STEP.match(text, at)
        if match is None:
            raise Untold(f"jq {text}")
        at = match.end()
        document = _step(document, match, arguments)
    if compared is not None and compared.startswith("?"):
        # select(.tag == $TAG) | .tag only looks for it; other fields are wanted.
        name, _, option = compared[1:].partition("=")
        isSame = text.removeprefix(".") == name
        return evolve(document, checks=option if isSame else None)
    return document


def _step(document: Document, match: re.Match[str], arguments: Mapping[str, Text]) -> Document:
    before = document.expression
    name = match["name"] or match["key"] or match["quoted"]
    if (variable := match["var"] or match["put"]) is not None:
        value = arguments.get(variable)
        if value is None:
            raise Untold(f"${variable}")
        name = value.template
        joined = f'"{name}"'
        return evolve(document, expression=f"{before}.{joined}" if before else joined)
    if name is not None:
        step = field(name)
        if not before:
            return evolve(document, expression=step)
        return evolve(document, expression=f"{before}.{step}")
    if match["index"] is not None:
        return evolve(document, expression=f"{before}[{match['index']}]")
    if match["from"] is not None:
        return evolve(document, expression=f"{before}[{match['from']}:{match['until']}]")
    return _each(document)


def _test(text: str, arguments: Mapping[str, Text]) -> tuple[str, str | None]:
    """
    A test of C{select}.

    @return: it, and C{FIELD=OPTION} where a field is compared with an option.
    """
    text = text.strip()
    piped = _split(text, "|")
    if len(piped) > 1:
        return _pipedTest(piped, arguments), None
    for mark, joined in (("or", "||"), ("and", "&&")):
        parts = _split(text, mark)
        if len(parts) > 1:
            tests = [_test(part, arguments)[0] for part in parts]
            return "(" + f" {joined} ".join(tests) + ")", None
    if text.startswith("(") and text.endswith(")") and _closing(text) == len(text) - 1:
        return _test(text[1:-1], arguments)
    compare = _COMPARE.fullmatch(text)
    if compare is not None:
        left, operator, right = _operand(compare[1]), compare[2], compare[3].strip()
        literal, option = _literal(right, arguments)
        return f"{left}{operator}{literal}", f"{left}={option}" if option else None
    call = _CALL.fullmatch(text)
    if call is not None:
        return _called("@", call[1], call[2], arguments), None
    return _operand(text), None


def _pipedTest(piped: list[str], arguments: Mapping[str, Text]) -> str:
    negated = piped[-1].strip() == "not"
    stages = [stage.strip() for stage in (piped[:-1] if negated else piped)]
    stages = [stage for stage in stages if stage not in ("ascii_downcase", "tostring")]
    if len(stages) == 1:
        test = _test(stages[0], arguments)[0]
    else:
        subject, last = _operand(stages[0]), stages[-1]
        if len(stages) > 2:
            raise Untold(" | ".join(piped))
        tests = []
        for part in _split(last, "and"):
            tests.append(_calledOrNot(subject, part.strip(), arguments))
        test = " && ".join(tests)
    return f"!({test})" if negated else test


def _calledOrNot(subject: str, text: str, arguments: Mapping[str, Text]) -> str:
    if text.startswith("(") and text.endswith(")"):
        text = text[1:-1].strip()
    stages = [stage.strip() for stage in _split(text, "|")]
    call = _CALL.fullmatch(stages[0])
    if call is None:
        raise Untold(text)
    test = _called(subject, call[1], call[2], arguments)
    return f"!({test})" if stages[1:] == ["not"] else test


def _called(subject: str, name: str, inside: str, arguments: Mapping[str, Text]) -> str:
    inside = inside.partition(";")[0].strip()
    if name in ("contains", "startswith", "endswith"):
        function = {"startswith": "starts_with", "endswith": "ends_with"}.get(name, name)
        return f"{function}({subject}, {_literal(inside, arguments)[0]})"
    if name == "test" and inside.startswith('"'):
        return _pattern(subject, inside[1:-1].replace("\\\\", "\\"))
    raise Untold(f"{name}({inside})")


def _pattern(subject: str, pattern: str) -> str:
    """A regular expression of literal pieces with anything between."""
    pattern = pattern.removeprefix("(?i)")
    pieces = list(re.split(r"\.\*|\.\+|\[\^?[^\]]*\][*+]?|\\d\+", pattern))
    tests = []
    for index, piece in enumerate(pieces):
        if re.search(r"(?<!\\)[()|?+{}]", piece):
            raise Untold(f"test({pattern})")
        plain = _braced(re.sub(r"\\(.)", r"\1", piece))
        if index == 0 and plain.startswith("^"):
            tests.append(f"starts_with({subject}, {quote(plain[1:])})" if plain[1:] else "")
        elif index == len(pieces) - 1 and plain.endswith("$"):
            tests.append(f"ends_with({subject}, {quote(plain[:-1])})" if plain[:-1] else "")
        elif plain:
            tests.append(f"contains({subject}, {quote(plain)})")
    found = [test for test in tests if test]
    if not found:
        raise Untold(f"test({pattern})")
    return " && ".join(found)


def _operand(text: str) -> str:
    text = text.strip()
    if text in (".", ""):
        return "@"
    if not _PATH.fullmatch(text):
        raise Untold(text)
    found = Document(Text())
    return _path(found, text, {}).expression or "@"


def _literal(text: str, arguments: Mapping[str, Text]) -> tuple[str, str | None]:
    text = text.strip().strip("()").strip()
    if text in ("true", "false", "null") or re.fullmatch(r"-?\d+", text):
        return f"`{text}`", None
    if text.startswith('"') and text.endswith('"'):
        return quote(_braced(text[1:-1].replace('\\"', '"'))), None
    value = arguments.get(text.removeprefix("$"))
    if text.startswith("$") and value is not None:
        return quote(value.template), next(iter(value.names)) if len(value.names) == 1 else None
    raise Untold(text)


def _braced(text: str) -> str:
    """A text that stands in a template."""
    return text.replace("{", "{{").replace("}", "}}")
