"""
What values become where install steps name them: in addresses, paths, expressions, sums,
names of packages. Whatever they hold, they stay what they are there.
"""

import re
from collections.abc import Mapping
from typing import Final
from urllib.parse import quote, unquote, urlsplit

from gamepanel.games.globs import Glob
from gamepanel.games.template import Template
from gamepanel.wire.causes import Caused, because

maxUrl: Final = 2_048
"""Characters of an address."""

sumLengths: Final[Mapping[str, int]] = {"sha512": 128, "sha256": 64, "sha1": 40, "md5": 32}
"""Hexadecimal digits of each kind of sum."""

_EXPRESSION: Final = re.compile(r"[A-Za-z0-9._+-]*")
_VERSION: Final = re.compile(r"[A-Za-z0-9._+~^*-]*")
_PIP: Final = re.compile(
    r"([A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?(?:\[[A-Za-z0-9._, -]+\])?)"
    r"(?:(===|==|~=|>=|<=|!=|>|<)([A-Za-z0-9._+!*-]*)(?:,(?:==|~=|>=|<=|!=|>|<)[A-Za-z0-9._+!*-]+)*)?"
)
_NPM: Final = re.compile(
    r"((?:@[a-z0-9~-][a-z0-9._~-]*/)?[A-Za-z0-9~-][A-Za-z0-9._~-]*)(?:@([A-Za-z0-9._+~^*-]*))?"
)


class Unfit(Caused, ValueError):
    """A value that has no place there; its cause is without the value."""


def checkUrl(url: str) -> str:
    """
    @return: the address.

    @raise Unfit: when it is not such as is fetched.
    """
    if len(url) > maxUrl:
        raise Unfit(because("url_too_long", most=maxUrl))
    if not url.isascii() or not url.isprintable() or " " in url:
        raise Unfit(because("url_not_encoded"))
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError as error:
        raise Unfit(because("no_url")) from error
    if parts.scheme not in ("http", "https") or not host:
        raise Unfit(because("url_without_host"))
    if "@" in parts.netloc or "\\" in url:
        raise Unfit(because("url_with_user"))
    if any(unquote(step) in (".", "..") for step in parts.path.split("/")):
        raise Unfit(because("url_with_dots"))
    return url


def urlOf(template: Template, values: Mapping[str, str]) -> str:
    """
    An address. Values in it are percent-encoded, unless it is exactly one placeholder.

    @raise Unfit: when it is not such as is fetched.
    """
    if template.only is not None:
        return checkUrl(values.get(template.only, ""))
    return checkUrl(template.expand({name: quote(text, safe="") for name, text in values.items()}))


def checkUrlTemplate(template: Template) -> None:
    """
    @raise Unfit: when a value could lead it to another host, or it is no address at all.
    """
    if template.only is not None:
        return
    head = template.pieces[0] if template.pieces else ""
    if not isinstance(head, str) or not re.match(r"https?://", head):
        raise Unfit(because("url_not_http"))
    if len(template.pieces) > 1 and not re.match(r"https?://[^/?#]+[/?#]", head):
        raise Unfit(because("placeholder_in_host"))
    checkUrl(template.expand(dict.fromkeys(template.names, "x")))


def checkPath(path: str, isDirectory: bool = False) -> str:
    """
    @param isDirectory: whether it may be the server's directory itself.

    @return: a path relative to the server's directory, in its shortest form.

    @raise Unfit: when it leads elsewhere.
    """
    if path.startswith("/") or "\0" in path or ".." in path.split("/"):
        raise Unfit(because("path_outside"))
    steps = [step for step in path.split("/") if step not in ("", ".")]
    if not path or not (steps or isDirectory):
        raise Unfit(because("path_of_no_file"))
    short = "/".join(steps)
    try:
        isLong = len(short.encode()) > 1_024 or any(len(step.encode()) > 255 for step in steps)
    except UnicodeEncodeError as error:
        raise Unfit(because("path_not_utf8")) from error
    if isLong:
        raise Unfit(because("path_too_long"))
    return short or "."


def pathOf(template: Template, values: Mapping[str, str], isDirectory: bool = False) -> str:
    """
    A path relative to the server's directory. Each value in it must be one name.

    @raise Unfit: when it leads elsewhere.
    """
    for name in template.names:
        text = values.get(name, "")
        if text in ("", ".", "..") or "/" in text or not text.isprintable():
            raise Unfit(because("no_file_name", name=name))
    return checkPath(template.expand(values), isDirectory)


def globOf(template: Template, values: Mapping[str, str]) -> Glob:
    """
    The same of a glob; characters of values mean nothing there.

    @raise Unfit: when it leads elsewhere.
    """
    pathOf(template, values)
    return Glob.parse(template, values)


def expressionOf(template: Template, values: Mapping[str, str]) -> str:
    """
    An expression. Values in it have no character that means anything in JMESPath's texts.

    @raise Unfit: when one has another.
    """
    for name in template.names:
        if not _EXPRESSION.fullmatch(values.get(name, "")):
            raise Unfit(because("other_characters", name=name))
    return template.expand(values)


def sumOf(algorithm: str, text: str) -> str:
    """
    A sum in lower case.

    @param text: its hexadecimal digits; the algorithm's name and a colon may stand before.

    @raise Unfit: when it is none of this algorithm.
    """
    prefix, _, digits = text.strip().rpartition(":")
    digits = digits.lower()
    if prefix.lower() not in ("", algorithm):
        raise Unfit(because("sum_of_other_kind", algorithm=algorithm))
    if not re.fullmatch(r"[0-9a-f]*", digits) or len(digits) != sumLengths[algorithm]:
        raise Unfit(because("no_sum", algorithm=algorithm, digits=sumLengths[algorithm]))
    return digits


def _package(
    kind: re.Pattern[str], code: str, template: Template, values: Mapping[str, str]
) -> re.Match[str]:
    for name in template.names:
        if not _VERSION.fullmatch(values.get(name, "")):
            raise Unfit(because("no_version", name=name))
    found = kind.fullmatch(template.expand(values))
    if found is None:
        raise Unfit(because(code))
    return found


def requirementOf(template: Template, values: Mapping[str, str]) -> tuple[str, str]:
    """
    A package of PyPI: its requirement without a version that is empty, and its name.

    @raise Unfit: when it is none; addresses, paths and options are none.
    """
    found = _package(_PIP, "no_pip_package", template, values)
    name = found[1].partition("[")[0]
    return (found[0] if found[3] else found[1]), name


def nodePackageOf(template: Template, values: Mapping[str, str]) -> tuple[str, str]:
    """
    A package of npm's registry, without a version that is empty, and its name.

    @raise Unfit: when it is none; addresses, paths and options are none.
    """
    found = _package(_NPM, "no_npm_package", template, values)
    if found[1].startswith("-"):
        raise Unfit(because("no_npm_package"))
    return (found[0] if found[2] else found[1]), found[1]
