"""
Sets texts and attributes in an XML document, and leaves each other byte of it alone.

A document with a type declaration is refused: without one there are no entities
but those of XML itself, so nothing can grow or be fetched when it is read.
"""

import re
from collections.abc import Mapping
from typing import Final
from xml.parsers import expat

from attrs import Factory, define

from gamepanel.games.cannothold import CannotHold
from gamepanel.games.xmlpath import Path, Step

maxElements: Final = 20_000
"""A document with more is no configuration file, and costs too much to read."""

# In linear time also for what is no XML: there is no "<" in a tag, nor in the values of one.
_TAG: Final = re.compile(
    rb"""<[^\s/<>]++(?:\s++[^\s=/<>]++\s*+=\s*+(?:"[^"<]*+"|'[^'<]*+'))*+\s*+/?>"""
)
_ATTRIBUTE: Final = re.compile(rb"""(?<!\s)\s++([^\s=/<>]++)\s*+=\s*+("[^"<]*+"|'[^'<]*+')""")
_ASIDE: Final = re.compile(
    rb"<!\[CDATA\[.*?(?:\]\]>|\Z)|(<!--.*?(?:-->|\Z)|<\?.*?(?:\?>|\Z))", re.DOTALL
)
_NEVER: Final = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What no document can hold."""


@define
class _Element:
    """
    An element, and where it stands.

    @ivar text: the characters that are directly in it.
    @ivar start: index of its first byte.
    @ivar inside: index of the first byte after its start tag.
    @ivar insideEnd: index of the first byte of its end tag; None where it has none.
    """

    name: str
    attributes: dict[str, str]
    start: int = 0
    inside: int = 0
    insideEnd: int | None = None
    text: str = ""
    children: list["_Element"] = Factory(list)

    def fits(self, step: Step) -> bool:
        """Whether a step can lead here."""
        return self.name == step.name and all(
            self.attributes.get(name) == value for name, value in step.attributes
        )


class _Reader:
    """Reads a document into elements."""

    def __init__(self, data: bytes) -> None:
        self.root: _Element | None = None
        self.encoding = "utf-8"
        self._data = data
        self._open: list[_Element] = []
        self._count = 0
        # Whatever it declares: we have read it as UTF-8.
        self._parser = expat.ParserCreate("utf-8")
        self._parser.buffer_text = True
        self._parser.XmlDeclHandler = self._declared
        self._parser.StartDoctypeDeclHandler = self._refuse
        self._parser.StartElementHandler = self._started
        self._parser.EndElementHandler = self._ended
        self._parser.CharacterDataHandler = self._text
        self._parser.Parse(data, True)

    def _declared(self, version: str, encoding: str | None, standalone: int) -> None:
        self.encoding = (encoding or "utf-8").lower()

    def _refuse(self, *args: object) -> None:
        raise CannotHold("has_dtd")

    def _started(self, name: str, attributes: dict[str, str]) -> None:
        self._count += 1
        if self._count > maxElements:
            raise CannotHold("too_many_elements", most=maxElements)
        start = self._parser.CurrentByteIndex
        tag = _TAG.match(self._data, start)
        if tag is None:
            raise CannotHold("tag_not_found", name=name)
        element = _Element(name, attributes, start, tag.end())
        if self._open:
            self._open[-1].children.append(element)
        else:
            self.root = element
        self._open.append(element)

    def _ended(self, name: str) -> None:
        element = self._open.pop()
        if not self._data.endswith(b"/>", 0, element.inside):
            element.insideEnd = self._parser.CurrentByteIndex

    def _text(self, text: str) -> None:
        self._open[-1].text += text


def edit(text: str, changes: Mapping[str, str]) -> str:
    """
    The text of a document in which some texts and attributes have new values.

    @param changes: values by L{Path}s.

    @raise CannotHold: when it can't be done without touching anything else.
    """
    paths = {Path.parse(key): value for key, value in changes.items()}
    for key, value in changes.items():
        if _NEVER.search(value):
            raise CannotHold("value_not_held", format="xml", key=key)
    data = text.encode()
    if paths and not text.strip():
        root = next(iter(paths)).steps[0]
        data = b'<?xml version="1.0" encoding="UTF-8"?>\n' + _newTag(root, b"/") + b"\n"
    expected = _root(data)
    data = _write(data, paths)
    for path, value in sorted(paths.items(), key=lambda item: _target(expected, item[0]) is None):
        _imagine(expected, path, value)
    result = _root(data)
    isThere = all(_value(result, path) == value for path, value in paths.items())
    if not isThere or _outline(result) != _outline(expected):
        raise CannotHold("changes_others", format="xml")
    return data.decode()


def _root(data: bytes) -> _Element:
    root = _Reader(data).root
    assert root is not None
    return root


def _write(data: bytes, paths: Mapping[Path, str]) -> bytes:
    """First what is there gets its value, all at once; then what is missing is made."""
    left = dict(paths)
    while left:
        document = _Reader(data)
        assert document.root is not None
        isUnicode = document.encoding in ("utf-8", "utf8", "us-ascii", "ascii")
        found = {path: _target(document.root, path) for path in left}
        pieces = [
            _replacement(data, element, path.attribute, left.pop(path), isUnicode)
            for path, element in found.items()
            if element is not None
        ]
        if not pieces:
            path = next(iter(left))
            pieces = [_addition(data, document.root, path, left.pop(path), isUnicode)]
        # From the end on, so that what comes before stays where it is.
        for start, end, new in sorted(pieces, key=lambda piece: piece[:2], reverse=True):
            data = data[:start] + new + data[end:]
    return data


def _walk(root: _Element, steps: tuple[Step, ...]) -> list[list[_Element]]:
    """The elements that are reached by each step, in the order of the document."""
    reached = [[root] if root.fits(steps[0]) else []]
    for step in steps[1:]:
        reached.append(
            [child for element in reached[-1] for child in element.children if child.fits(step)]
        )
    return reached


def _target(root: _Element, path: Path) -> _Element | None:
    """The element that has, or shall get, the value; None where it must be made."""
    elements = _walk(root, path.steps)[-1]
    having = (element for element in elements if path.attribute in element.attributes)
    return next(having, elements[0] if elements else None)


def _value(root: _Element, path: Path) -> str | None:
    element = _target(root, path)
    if element is None:
        return None
    return element.text if path.attribute is None else element.attributes.get(path.attribute)


def _parent(root: _Element, path: Path) -> tuple[_Element, tuple[Step, ...]]:
    """The element in which something must be made, and the steps that lack."""
    reached = [elements for elements in _walk(root, path.steps) if elements]
    if not reached:
        raise CannotHold("other_root", name=path.steps[0].name)
    parent = reached[-1][0]
    if not parent.children and parent.text.strip():
        raise CannotHold("holds_text", name=parent.name)
    return parent, path.steps[len(reached) :]


def _replacement(
    data: bytes, element: _Element, attribute: str | None, value: str, isUnicode: bool
) -> tuple[int, int, bytes]:
    """Where something has to be replaced, and by what."""
    tag = data[element.start : element.inside]
    tagEnd = element.start + len(tag.rstrip(b"/>").rstrip())
    if attribute is None:
        if element.children:
            raise CannotHold("holds_elements", name=element.name)
        new = _escape(value, "", isUnicode)
        if element.insideEnd is None:
            return tagEnd, element.inside, b">" + new + b"</" + element.name.encode() + b">"
        inside = data[element.inside : element.insideEnd]
        kept = b"".join(match[1] or b"" for match in _ASIDE.finditer(inside))
        return element.inside, element.insideEnd, new + kept
    for match in _ATTRIBUTE.finditer(tag):
        if match[1].decode() == attribute:
            quote = match[2][:1]
            start, end = match.span(2)
            new = quote + _escape(value, quote.decode(), isUnicode) + quote
            return element.start + start, element.start + end, new
    return tagEnd, tagEnd, _newAttribute(attribute, value, isUnicode)


def _addition(
    data: bytes, root: _Element, path: Path, value: str, isUnicode: bool
) -> tuple[int, int, bytes]:
    """The same for what is not there yet; it comes last in its parent."""
    parent, steps = _parent(root, path)
    new = _newElements(steps, path.attribute, value, isUnicode)
    outer = _indentation(data, parent)
    if parent.children:
        before = _indentation(data, parent.children[-1])
    else:
        before = (outer or b"\n") + b"  "
    if parent.insideEnd is None:
        tag = data[parent.start : parent.inside].rstrip(b"/>").rstrip()
        end = (outer or b"\n") + b"</" + parent.name.encode() + b">"
        return parent.start + len(tag), parent.inside, b">" + before + new + end
    at = parent.inside + len(data[parent.inside : parent.insideEnd].rstrip())
    after = b"" if data[at : parent.insideEnd] else (outer or b"\n") * bool(before)
    return at, at, before + new + after


def _indentation(data: bytes, element: _Element) -> bytes:
    """The line break and the white space before an element, if it begins a line."""
    match = re.search(rb"\r?\n[ \t]*\Z", data[: element.start])
    return b"" if match is None else match[0]


def _newTag(step: Step, end: bytes, more: bytes = b"") -> bytes:
    attributes = b"".join(_newAttribute(name, value, True) for name, value in step.attributes)
    return b"<" + step.name.encode() + attributes + more + end + b">"


def _newAttribute(name: str, value: str, isUnicode: bool) -> bytes:
    return b" " + name.encode() + b'="' + _escape(value, '"', isUnicode) + b'"'


def _newElements(
    steps: tuple[Step, ...], attribute: str | None, value: str, isUnicode: bool
) -> bytes:
    *outer, last = steps
    if attribute is None:
        end = b"</" + last.name.encode() + b">"
        new = _newTag(last, b"") + _escape(value, "", isUnicode) + end
    else:
        new = _newTag(last, b"/", _newAttribute(attribute, value, isUnicode))
    for step in reversed(outer):
        new = _newTag(step, b"") + new + b"</" + step.name.encode() + b">"
    return new


def _escape(value: str, quote: str, isUnicode: bool) -> bytes:
    """
    @param quote: around it, in an attribute; empty in a text.
    @param isUnicode: whether those who read it will take it for UTF-8.
    """
    special = {"&": "&amp;", "<": "&lt;", ">": "&gt;", "\r": "&#13;"}
    if quote:
        special |= {"\n": "&#10;", "\t": "&#9;", quote: "&quot;" if quote == '"' else "&apos;"}
    text = "".join(special.get(character, character) for character in value)
    return text.encode() if isUnicode else text.encode("ascii", "xmlcharrefreplace")


def _imagine(root: _Element, path: Path, value: str) -> None:
    """Do with elements what is to be done with the document."""
    element = _target(root, path)
    if element is None:
        element, steps = _parent(root, path)
        for step in steps:
            child = _Element(step.name, dict(step.attributes))
            element.children.append(child)
            element = child
    if path.attribute is None:
        element.text = value
    else:
        element.attributes[path.attribute] = value


def _outline(root: _Element) -> list[tuple[int, str, dict[str, str], str]]:
    """All that a document says, without the white space between elements."""
    outline = []
    waiting = [(0, root)]
    while waiting:
        depth, element = waiting.pop()
        text = element.text.strip() if element.children else element.text
        outline.append((depth, element.name, element.attributes, text))
        waiting += [(depth + 1, child) for child in reversed(element.children)]
    return outline
