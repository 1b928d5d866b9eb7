"""
What a request says: its fields, from body or query, as what its endpoint takes; and its token.
"""

import re
from typing import Any, Final, TypeVar, cast

import msgspec
from msgspec import Struct
from twisted.web.iweb import IRequest

from gamepanel.errors import BadRequest, Problem, TokenInvalid, TokenMissing
from gamepanel.web.http.body import parse

maxProblems: Final = 10
"""Fields that one refusal points at."""

maxToken: Final = 128
"""Characters of an access token."""

M = TypeVar("M", bound=Struct)

_BEARER: Final = re.compile(r"Bearer +(\S+)", re.IGNORECASE)
_ERROR: Final = re.compile(
    r"(?P<what>.*?)(?: - at (?:`(?:key|value)` in )*`\$(?P<path>.*)`)?", re.DOTALL
)
_STEP: Final = re.compile(r"\d+|\w+|\.\.\.")
_MISSING: Final = re.compile(r"Object missing required field `(.*)`")


def fieldsOf(request: IRequest) -> dict[str, Any]:
    """What a request says: in its body, or in its query."""
    if request.method != b"POST":
        return _query(request)
    if cast(Any, request).args:
        raise BadRequest("A POST has its fields in the body.")
    return parse(cast(Any, request).content.read())


def takeToken(fields: dict[str, Any], isNeeded: bool) -> str | None:
    """
    Take the token out of the fields of a body, if there is one.

    @param isNeeded: whether the request wants a token.

    @raise BadRequest: when it is nothing that a token could be.
    @raise TokenInvalid: when it is too long for one, where one is needed.
    """
    token = fields.pop("accessToken", None)
    if token is not None and not isinstance(token, str):
        raise BadRequest(problems=(Problem(("accessToken",), "must be a string"),))
    if token is not None and len(token) > maxToken:
        if isNeeded:
            raise TokenInvalid()
        detail = f"must have at most {maxToken} characters"
        raise BadRequest(problems=(Problem(("accessToken",), detail),))
    return token


def tokenOf(request: IRequest, inBody: str | None) -> str:
    """The token that came with a request, in its header or in its body."""
    headers = request.requestHeaders.getRawHeaders(b"Authorization", [])
    if inBody is None:
        return _bearer(headers)
    if headers:
        raise BadRequest("The token must be in the header or in the body, not in both.")
    return inBody


def _bearer(headers: list[bytes]) -> str:
    if not headers:
        raise TokenMissing()
    if len(headers) > 1:
        raise BadRequest("There must be one Authorization at the most.")
    match = _BEARER.fullmatch(headers[0].decode("latin-1"))
    if match is None:
        raise TokenInvalid("The Authorization must be: Bearer TOKEN.")
    return match.group(1)


def _query(request: IRequest) -> dict[str, Any]:
    """The fields in a query; whole numbers are what only they can look like."""
    fields: dict[str, Any] = {}
    for name, values in cast(Any, request).args.items():
        if len(values) != 1:
            raise BadRequest("The query has a name twice.")
        try:
            fields[name.decode()] = _value(name.decode(), values[0].decode())
        except UnicodeDecodeError:
            raise BadRequest("The query is not UTF-8.") from None
    return fields


def _value(name: str, text: str) -> str | int:
    if name in ("readIndex", "after") and re.fullmatch(r"[0-9]{1,16}", text):
        return int(text)
    return text


def messageOf(takes: type[M], fields: dict[str, Any]) -> M:
    """
    The fields as what the endpoint takes; null stands for absent.
    """
    known = takes.__struct_encode_fields__
    unknown = tuple(
        Problem((name,), "there is no such field") for name in fields if name not in known
    )
    if unknown:
        # What was sent must not make the answer long.
        raise BadRequest(problems=unknown[:maxProblems])
    present = {name: value for name, value in fields.items() if value is not None}
    for first, second in getattr(takes, "exclusive", ()):
        if first in present and second in present:
            raise BadRequest(problems=(Problem((second,), f"can't be there with {first}"),))
    try:
        return msgspec.convert(present, takes)
    except msgspec.ValidationError as error:
        raise BadRequest(problems=(_problem(str(error)),)) from None


def _problem(text: str) -> Problem:
    """msgspec's words for what is wrong, as a field and a detail without what came in."""
    match = _ERROR.fullmatch(text)
    assert match is not None
    what, path = match.group("what"), match.group("path") or ""
    field = tuple(_STEP.findall(path))
    if named := _MISSING.fullmatch(what):
        return Problem((*field, named.group(1)), "is missing")
    if what.startswith("Invalid enum value"):
        what = "none of the words that can stand here"
    return Problem(field, what.replace("`", ""))
