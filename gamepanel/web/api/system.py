"""
For machines: whether the daemon answers, and what its API is.
"""

from pathlib import Path
from typing import Any

import msgspec
from attrs import define

from gamepanel.operations.readiness import Readiness
from gamepanel.web.api.endpoint import Access, Call, serves
from gamepanel.web.http.request import Encoded
from gamepanel.wire.message import Empty
from gamepanel.wire.system import Failing, Health


def description(needsToken: bool) -> bytes:
    """
    The OpenAPI document, which C{python -m docs.contract} makes of the declarations.

    @param needsToken: whether there is any endpoint that wants an access token.
    """
    text = (Path(__file__).parent / "openapi.json").read_bytes()
    document: dict[str, Any] = msgspec.json.decode(text)
    if not needsToken:
        for methods in document["paths"].values():
            for operation in methods.values():
                operation["security"] = []
    return msgspec.json.encode(document)


@define
class SystemEndpoints:
    """
    Section 6 of the contract.

    @ivar readiness: whether the daemon can do its work.
    """

    access: Access
    readiness: Readiness
    _encoded: Encoded | None = None

    @serves("healthz")
    def healthz(self, call: Call[Empty]) -> Health:
        return Health()

    @serves("readyz")
    async def readyz(self, call: Call[Empty]) -> Health | Failing:
        failure = await self.readiness.failure()
        if failure is None:
            return Health()
        call.request.setResponseCode(503, b"Service Unavailable")
        return Failing(detail=failure)

    @serves("openapi.json")
    def openapi(self, call: Call[Empty]) -> Encoded:
        if self._encoded is None:
            self._encoded = Encoded(description(self.access.accounts.mode != "noauth"))
        return self._encoded
