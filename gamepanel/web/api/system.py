"""
For machines: whether the daemon answers, and what its API is.
"""

import msgspec
from attrs import define

from gamepanel.operations.readiness import Readiness
from gamepanel.web.endpoint import Access, Call, Endpoint, Section
from gamepanel.web.http.answering import Encoded
from gamepanel.wire.message import Empty
from gamepanel.wire.system import Failing, Health


@define
class SystemEndpoints:
    """
    Section 6 of the contract.

    @ivar readiness: whether the daemon can do its work.
    @ivar endpoints: all that there are.
    """

    section = Section("For machines")

    access: Access
    readiness: Readiness
    endpoints: tuple[Endpoint, ...]
    _encoded: Encoded | None = None

    @section.endpoint("healthz", Empty, get=True, post=False, open=True)
    def healthz(self, call: Call[Empty]) -> Health:
        """Whether the daemon answers."""
        return Health()

    @section.endpoint(
        "readyz", Empty, get=True, post=False, open=True, answers=Health, failing=Failing
    )
    async def readyz(self, call: Call[Empty]) -> Health | Failing:
        """
        Whether the daemon can do its work.

        It can't while the disk is full or can't be written, or the database is gone: 503 with the
        reason. A good result is told for 5 s, a bad one for 1 s.
        """
        failure = await self.readiness.failure()
        if failure is None:
            return Health()
        call.request.setResponseCode(503, b"Service Unavailable")
        return Failing(detail=failure)

    @section.endpoint(
        "openapi.json", Empty, get=True, post=False, open=True, schema={"type": "object"}
    )
    def openapi(self, call: Call[Empty]) -> Encoded:
        """This document."""
        if self._encoded is None:
            # Few daemons are ever asked.
            from gamepanel.web.docs.openapi import document

            needsToken = self.access.accounts.mode != "noauth"
            self._encoded = Encoded(msgspec.json.encode(document(self.endpoints, needsToken)))
        return self._encoded
