"""
What pipelines of install scripts print, when they only take something out of a document.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Final

from attrs import evolve

from gamepanel.games.importing import jq
from gamepanel.games.importing.conditions import Checked
from gamepanel.games.importing.documents import Document, Untold, fields, withoutV
from gamepanel.games.importing.shell import Parameter, Simple, Word
from gamepanel.games.importing.state import State, Value
from gamepanel.games.importing.text import Text

Expand = Callable[[Word], Value]

_githubFields: Final = {
    "browser_download_url": "assets[].browser_download_url",
    "tag_name": "tag_name",
    "zipball_url": "zipball_url",
    "tarball_url": "tarball_url",
}
"""What is looked for by grep in answers of GitHub, and where it is in them."""


_QUOTED: Final = re.compile(
    r"s(?P<mark>.)\.\*(?:: *)?\"(?P<v>v\??)?\\?\((?:\[\^\"\]|\.)(?:[*+]|\\\+)\\?\)\"(?:,|\.\*)*"
    r"(?P=mark)\\1(?P=mark)"
)


class Pipes:
    """
    Follows a value through a pipeline.
    """

    def __init__(self, state: State, expand: Expand) -> None:
        self._state = state
        self._expand = expand

    def then(self, value: Value, command: Simple) -> Value:
        """
        What a command makes of what it reads.

        @raise Untold: when that can't be told.
        """
        if not command.words:
            return value
        name = command.words[0].source.rsplit("/", 1)[-1]
        use = self._commands.get(name)
        isCut = isinstance(value, Document) and bool(value.cut)
        if use is None or (isCut and name not in ("cat", "tee", "head", "xargs", "uniq", "tr")):
            raise Untold(command.source)
        return use(self, value, command.words[1:])

    def _texts(self, words: Sequence[Word]) -> list[str]:
        found = []
        for word in words:
            value = self._expand(word)
            if not isinstance(value, Text):
                raise Untold(word.source)
            self._state.use(value)
            found.append(value.template)
        return found

    def _same(self, value: Value, words: Sequence[Word]) -> Value:
        return value

    def _jq(self, value: Value, words: Sequence[Word]) -> Value:
        arguments: dict[str, Text] = {}
        filters: list[str] = []
        rest = list(words)
        while rest:
            word = rest.pop(0)
            if word.source in ("--arg", "--argjson") and len(rest) > 1:
                name, wanted = rest.pop(0).source, rest.pop(0)
                given = self._known(wanted)
                if isinstance(given, Document | Checked) or given is None:
                    raise Untold(f"--arg {name}")
                arguments[name] = given
            elif not word.source.startswith("-") or word.source == "-":
                filters.append(_filter(self._expand, word, arguments))
        if isinstance(value, Text) and filters in (["@uri"], ["."]):
            # Steps encode values that are parts of addresses.
            return value
        if isinstance(value, Text) or value is None:
            raise Untold("jq")
        if isinstance(value, Checked):
            return value
        found = jq.apply(value, filters[0] if filters else ".", arguments)
        if found.checks is not None and not found.checks.startswith("?"):
            name = found.checks
            if name in self._state.settled:
                return evolve(found, checks=None)
            return Checked(name)
        return evolve(found, checks=None)

    def _known(self, word: Word) -> Value:
        """A value; one that is taken out of a document is made that of a variable."""
        value = self._expand(word)
        if not isinstance(value, Document):
            return value
        parameter = word.parts[0] if len(word.parts) == 1 else None
        name = parameter.name if isinstance(parameter, Parameter) else None
        free = self._state.variables.freeName("value")
        made = self._state.assign(self._state.nameFor(name) if name else free, value, word.source)
        if name and made is not None:
            self._state.values[name] = made
        return made

    def _grep(self, value: Value, words: Sequence[Word]) -> Value:
        if isinstance(value, Checked):
            return value
        options = [word.source for word in words if word.source.startswith("-")]
        flags = "".join(re.sub(r"^-", "", option) for option in options if option[1:2] != "-")
        texts = self._texts(
            [word for word in words if not word.source.startswith("-") and word.source != "1"]
        )
        # Lines around those that hold something are others, mostly.
        if not texts or not isinstance(value, Document) or re.search("[ABC]", flags):
            raise Untold("grep")
        return self._held(value, texts[0], flags)

    def _held(self, value: Document, text: str, flags: str) -> Value:
        if not value.expression and "api.github.com" in value.url.head:
            for name, path in _githubFields.items():
                if name in text:
                    expression = self._inReleases(value, path)
                    found = evolve(value, expression=expression, isMany="[" in expression)
                    rest = text.partition(name)[2].strip("\"': .*")
                    return found.holding(rest) if rest else found
        if not value.isText and value.expression:
            if "o" in flags:
                # What it prints is cut out of a value: known only of the whole value.
                if re.match(r"\^?https?:", text) or text.startswith('"'):
                    return value.holding(text.strip('"')) if value.isMany else value
                raise Untold(f"grep -o {text}")
            found = value.holding(text, "v" not in flags, "i" in flags)
            return found.pick(0) if "m" in flags else found
        if value.expression:
            raise Untold(f"grep {text}")
        text = text.replace("\\.", ".") if "F" in flags else text
        pattern = f"(?i:{perl(text)})" if "i" in flags else perl(text)
        if "o" in flags:
            return _taken(value, f"({pattern})", "[^\\n]*?")
        if "v" in flags:
            raise Untold(f"grep -v {text}")
        return evolve(value, isText=True, isMany=True, lines=(*value.lines, pattern))

    def _inReleases(self, value: Document, path: str) -> str:
        isList = re.search(r"/releases/?$", value.url.template) is not None
        return f"[].{path}" if isList else path

    def _head(self, value: Value, words: Sequence[Word]) -> Value:
        return value.pick(0) if isinstance(value, Document) else value

    def _tail(self, value: Value, words: Sequence[Word]) -> Value:
        if isinstance(value, Document) and value.isText and value.isMany:
            raise Untold("tail")
        return value.pick(-1) if isinstance(value, Document) else value

    def _sort(self, value: Value, words: Sequence[Word]) -> Value:
        if not isinstance(value, Document) or not value.isMany:
            return value
        if value.isText:
            raise Untold("sort")
        flags = "".join(word.source for word in words)
        ordered = f"sort({value.expression})"
        if "V" in flags or "k" in flags or "n" in flags:
            # Only the newest of them is ever taken.
            ordered = f"[newest({value.expression})]"
        return evolve(value, expression=f"{ordered}[]")

    def _cut(self, value: Value, words: Sequence[Word]) -> Value:
        """What stands between quotes or marks of JSON, or a field of a known text."""
        source = " ".join(word.source for word in words)
        if isinstance(value, Document):
            if value.expression and not value.isText and not _isOfJson(source):
                return evolve(value, cut=_cutOut(source))
            return value if value.expression and not value.isText else self._lineCut(value, source)
        if isinstance(value, Text) and value.only is not None and "/" in source:
            # The name of a file in an address.
            return Text.of(self._state.fileName(value))
        if isinstance(value, Text) and value.plain is not None:
            match = re.search(r"-d\s*['\"]?(.)['\"]?\s+-f\s*(\d+)", source)
            if match is not None:
                parts = value.plain.split(match[1])
                index = int(match[2]) - 1
                return Text.of(parts[index] if index < len(parts) else "")
        raise Untold(f"cut {source}")

    def _lineCut(self, value: Document, source: str) -> Document:
        match = re.search(r"-d\s*\\?['\"]?(.?)['\"]?['\"]?\s*-f\s*(\d+)(-?)", source)
        if match is None or value.expression or len(value.lines) != 1:
            raise Untold(f"cut {source}")
        mark = match[1] or '"'
        other = f"[^{re.escape(mark)}\\n]*"
        before = f"{other}{re.escape(mark)}" * (int(match[2]) - 1)
        taken = "[^\\n]*" if match[3] else other
        pattern = f"^(?=[^\\n]*{value.lines[0]}){before}({taken})"
        return evolve(value, expression=pattern, lines=())

    def _sed(self, value: Value, words: Sequence[Word]) -> Value:
        """Replacements in known texts, and such as only take away quotes."""
        source = " ".join(word.source for word in words)
        if isinstance(value, Text) and value.plain is not None:
            return Text.of(_substituted(value.plain, words))
        if isinstance(value, Text) and "{{" in source:
            # {{NAME}} in the value of a variable: nobody can know that.
            return value
        if isinstance(value, Document) and re.search(r"s(.)\W*[\"'\\,]+\W*\1\1g?", source):
            return value
        if isinstance(value, Document) and (found := _extracted(value, words)) is not None:
            return found
        if isinstance(value, Document) and value.expression and all(map(_trims, words)):
            return value
        if isinstance(value, Document) and (found := _unquoted(value, words)) is not None:
            return found
        raise Untold(f"sed {source}")

    def _tr(self, value: Value, words: Sequence[Word]) -> Value:
        source = " ".join(word.source for word in words)
        if isinstance(value, Text) and value.plain is not None and "-d" not in source:
            return value
        if re.search(r"-d\s*['\"]?[\\'\", \[\]nrt:space]+['\"]?$", source):
            return value
        raise Untold(f"tr {source}")

    def _awk(self, value: Value, words: Sequence[Word]) -> Value:
        source = " ".join(word.source for word in words)
        if isinstance(value, Document) and value.expression and not value.isText:
            if re.search(r"-F\s*\\?['\"\[]|\$2|\$4", source) or "print $1" in source:
                return value
        elif isinstance(value, Document) and (
            match := re.search(r"-F\s*['\"]*(.)['\"]*\s+.*\$(\d)", source)
        ):
            return self._lineCut(value, f"-d '{match[1]}' -f {match[2]}")
        raise Untold(f"awk {source}")

    def _xargs(self, value: Value, words: Sequence[Word]) -> Value:
        if words:
            raise Untold("xargs")
        return value

    _commands: Mapping[str, "Callable[[Pipes, Value, Sequence[Word]], Value]"] = {
        "jq": _jq,
        "grep": _grep,
        "egrep": _grep,
        "zgrep": _grep,
        "head": _head,
        "tail": _tail,
        "sort": _sort,
        "cut": _cut,
        "sed": _sed,
        "tr": _tr,
        "awk": _awk,
        "cat": _same,
        "tee": _same,
        "uniq": _same,
        "xargs": _xargs,
        "dos2unix": _same,
    }


def _extracted(value: Document, words: Sequence[Word]) -> Document | None:
    """What C{sed -n 's/.*BEFORE\\(...\\)AFTER.*/\\1/p'} cuts out of the lines of a text."""
    plains = [word.plain or "" for word in words]
    isExtended = any(re.fullmatch(r"-\w*[Er]\w*", plain) for plain in plains)
    scripts = [plain for plain in plains if not plain.startswith("-")]
    match = re.fullmatch(r"s([/|#,])(.*?)(?<!\\)\1\\1\1p?", scripts[0]) if scripts else None
    if match is None or len(scripts) > 1 or value.expression or len(value.lines) > 1:
        return None
    pattern = match[2].replace(f"\\{match[1]}", match[1])
    if not isExtended:
        # Basic expressions write what is special the other way round.
        pattern = re.sub(
            r"\\([(){}+?|])|([(){}+?|])",
            lambda m: m[1] or f"\\{m[2]}",
            pattern,
        )
    if len(re.findall(r"(?<!\\)\((?!\?)", pattern)) != 1:
        return None
    bare = re.sub(r"^\^?\.\*|\.\*\$?$", "", pattern)
    perl(bare)
    return _taken(value, bare, "[^\\n]*" if re.match(r"\^?\.\*", pattern) else "[^\\n]*?")


def _taken(value: Document, pattern: str, before: str) -> Document:
    """
    A part of the lines of a text that hold what they must.

    @param before: what stands in front of it.
    """
    held = "".join(f"(?=[^\\n]*{line})" for line in value.lines)
    isPlain = not held and before.endswith("?")
    expression = pattern if isPlain else f"^{held}{before}{pattern}"
    return evolve(value, expression=expression, isText=True, isMany=True, lines=())


def _trims(word: Word) -> bool:
    """Whether a word of C{sed} only takes away blanks at the ends of lines, or is an option."""
    blanks = r"(?:\[\[:(?:space|blank):\]\]| |\\s|\\t)[*+]?"
    return re.fullmatch(rf"-\w+|s/(?:\^{blanks}|{blanks}\$?)//g?", word.plain or "?") is not None


def _unquoted(value: Document, words: Sequence[Word]) -> Document | None:
    """A value without the C{v} before it, or that stands between quotes in a line of JSON."""
    plain = " ".join(word.plain or "$" for word in words if word.source[:1] != "-")
    if value.expression and re.fullmatch(r"s(.)\^?v\1\1", plain):
        return evolve(value, cut=withoutV)
    taken = re.fullmatch(_QUOTED, plain)
    if not value.expression or taken is None or value.isText:
        return None
    return evolve(value, cut=withoutV) if taken["v"] else value


def _filter(expand: Expand, word: Word, arguments: dict[str, Text]) -> str:
    """A filter; values that a shell puts into it become arguments."""
    if word.plain is not None:
        return word.plain
    value = expand(word)
    if not isinstance(value, Text):
        raise Untold(word.source)
    text = ""
    for piece in value.pieces:
        if isinstance(piece, str):
            text += piece
        else:
            name = f"__{len(arguments)}"
            arguments[name] = Text.of(piece)
            text += f"[${name}]" if text.endswith(".") else f"${name}"
    # A value within quotes is a text already.
    return re.sub(r'"\$(__\d+)"', r"$\1", text)


def _isOfJson(source: str) -> bool:
    """Whether C{cut} only takes away the marks of JSON around a value."""
    return re.search(r"-d\s*(?:\\?\"|'\"'|\"'\"|['\"]?:)|-d\s*\"\\\"\"", source) is not None


def _cutOut(source: str) -> str:
    """A regular expression for what C{cut} takes of a value."""
    match = re.search(r"-c\s*(\d+)-(\d*)", source)
    if match is not None and not match[2] and int(match[1]) < 20:
        return f"^{'.' * (int(match[1]) - 1)}(.*)$"
    match = re.search(r"-d\s*(['\"]?)(.)\1", source)
    wanted = re.search(r"-f\s*(\d)(-?)(\d?)", source)
    if match is None or wanted is None or match[2] == " ":
        raise Untold(f"cut {source}")
    first = int(wanted[1])
    last = (int(wanted[3]) if wanted[3] else None) if wanted[2] else first
    if not 0 < first <= (last or 9) < 10:
        raise Untold(f"cut {source}")
    return fields(match[2], first, last)


def perl(text: str) -> str:
    """A regular expression of grep, as Python writes it."""
    text = re.sub(
        r"\[:(\w+):\]", lambda m: {"digit": "0-9", "alpha": "A-Za-z"}.get(m[1], r"\w"), text
    )
    text = (
        text.replace("\\K", "")
        if "\\K" not in text
        else f"(?:{text.partition(chr(92) + 'K')[0]})" + text.partition("\\K")[2]
    )
    text = re.sub(r"\((?!\?)", "(?:", text)
    try:
        re.compile(text)
    except (re.error, RecursionError, OverflowError):
        raise Untold(f"grep {text}") from None
    return text


def _substituted(text: str, words: Sequence[Word]) -> str:
    for word in words:
        plain = word.plain or ""
        match = re.fullmatch(r"s(.)(.*?)(?<!\\)\1(.*?)(?<!\\)\1(g?)", plain)
        if match is None:
            continue
        if re.search(r"[\[\](){}^$*+?|]", match[2]):
            raise Untold(f"sed {plain}")
        old = re.sub(r"\\(.)", r"\1", match[2])
        new = re.sub(r"\\(.)", r"\1", match[3])
        text = text.replace(old, new, -1 if match[4] else 1) if old else text
    return text
