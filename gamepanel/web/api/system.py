"""
For machines: whether the daemon answers, and what its API is.
"""

import msgspec
from attrs import define

from gamepanel.operations.readiness import Readiness
from gamepanel.web.api.endpoint import Access, Call, serves
from gamepanel.web.http.answering import Encoded
from gamepanel.wire.message import Empty
from gamepanel.wire.system import Failing, Health


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
            # Few daemons are ever asked.
            from gamepanel.web.docs.openapi import document

            needsToken = self.access.accounts.mode != "noauth"
            self._encoded = Encoded(msgspec.json.encode(document(needsToken)))
        return self._encoded
