"""
What a request says: its fields, from body or query, as what its endpoint takes; and its token.
"""

import re
from itertools import islice
from typing import Any, Final, TypeVar

import msgspec
from msgspec import Struct
from twisted.web.iweb import IRequest

from gamepanel.base.errors import BadRequest, TokenInvalid, TokenMissing, problem
from gamepanel.web.http.body import parse
from gamepanel.web.http.mistakes import Knows, mistakesIn, unknownFields
from gamepanel.web.http.problems import maxProblems
from gamepanel.web.http.request import once
from gamepanel.wire.causes import because

maxToken: Final = 128
"""Characters of an access token."""

M = TypeVar("M", bound=Struct)

_BEARER: Final = re.compile(r"Bearer +(\S+)", re.IGNORECASE)


def fieldsOf(request: Any, takes: type[Struct], inQuery: bool = False) -> dict[str, Any]:
    """
    What a request says: in its body, or in its query.

    @param takes: what its endpoint takes.
    @param inQuery: whether it is in the query of a POST, too.
    """
    if inQuery or request.method != b"POST":
        return _query(request)
    if request.args:
        raise BadRequest(because("post_with_query"))
    return parse(request.content.read(), takes.__struct_encode_fields__)


def takeToken(fields: dict[str, Any], isNeeded: bool) -> str | None:
    """
    Take the token out of the fields of a body, if there is one.

    @param isNeeded: whether the request wants a token.

    @raise BadRequest: when it is nothing that a token could be.
    @raise TokenInvalid: when it is too long for one, where one is needed.
    """
    token = fields.pop("accessToken", None)
    if token is not None and not isinstance(token, str):
        raise BadRequest(problems=(problem(("accessToken",), because("not_string")),))
    if token is not None and len(token) > maxToken:
        if isNeeded:
            raise TokenInvalid()
        wrong = problem(("accessToken",), because("too_long", most=maxToken))
        raise BadRequest(problems=(wrong,))
    return token


def tokenInHeader(request: IRequest) -> str | None:
    """
    The token in the header of a request, if there is one.

    @raise BadRequest: when there may be several.
    @raise TokenInvalid: when it is nothing that a token could be.
    """
    return once(request, "token", _tokenInHeader)


def _tokenInHeader(request: IRequest) -> str | None:
    headers = request.requestHeaders.getRawHeaders(b"Authorization", [])
    if not headers:
        return None
    if len(headers) > 1:
        raise BadRequest(because("two_authorizations"))
    match = _BEARER.fullmatch(headers[0].decode("latin-1"))
    if match is None:
        raise TokenInvalid(because("not_bearer"))
    return match.group(1)


def present(token: str | None) -> str:
    """
    A token that must be there.

    @raise TokenMissing: when it is not.
    """
    if token is None:
        raise TokenMissing()
    return token


def refuseSecond(inBody: str | None) -> None:
    """
    See that a request with a token in its header has none in its body.

    @raise BadRequest: when it has.
    """
    if inBody is not None:
        raise BadRequest(because("two_tokens"))


def _query(request: Any) -> dict[str, Any]:
    """The fields in a query; whole numbers are what only they can look like."""
    fields: dict[str, Any] = {}
    for name, values in request.args.items():
        if len(values) != 1:
            raise BadRequest(because("query_name_twice"))
        try:
            fields[name.decode()] = _value(name.decode(), values[0].decode())
        except UnicodeDecodeError:
            raise BadRequest(because("query_not_utf8")) from None
    return fields


def _value(name: str, text: str) -> str | int:
    if name in ("readIndex", "after", "offset", "size") and re.fullmatch(r"[0-9]{1,16}", text):
        return int(text)
    return text


def messageOf(takes: type[M], fields: dict[str, Any], knows: Knows = lambda name: False) -> M:
    """
    The fields as what the endpoint takes; null stands for absent, where it is no value.

    @param knows: whether a name in a map may be told again.
    """
    nullable = getattr(takes, "nullable", ())
    given = {name: value for name, value in fields.items() if value is not None or name in nullable}
    if not fields.keys() <= given.keys() | set(takes.__struct_encode_fields__):
        # So that null is none that is let through.
        raise BadRequest(problems=tuple(unknownFields(fields, takes.__struct_encode_fields__)))
    for first, second in getattr(takes, "exclusive", ()):
        if first in given and second in given:
            raise BadRequest(problems=(problem((second,), because("excludes", other=first)),))
    try:
        return msgspec.convert(given, takes)
    except msgspec.ValidationError:
        found = islice(mistakesIn(takes, given, knows), maxProblems)
        raise BadRequest(problems=tuple(found)) from None
