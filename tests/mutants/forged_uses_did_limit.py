"""A message that does not verify counts against the DID it claims: anybody uses up anybody's limit."""

from __future__ import annotations

import sys
from collections.abc import Awaitable, Callable
from typing import Any

from starlette.requests import HTTPConnection

from ainp_harness.wire.errors import WireError
from reference_broker import admission
from reference_broker.__main__ import main
from reference_broker.errors import BrokerError

AREAS = ("limits",)
FINDS = frozenset({"AINP-LIM-006"})
RELATED: frozenset[str] = frozenset()


async def count_the_claimed(self: admission.Admission, connection: HTTPConnection, read: Callable[[], Awaitable[Any]]) -> Any:
    try:
        return await read()
    except (BrokerError, WireError):
        if (did := getattr(connection.state, "did", None)) is not None:
            counted = await self._limits.count_did(did)
            connection.state.counted = counted
            if counted.retry_after_ms is not None:
                raise counted.refusal() from None
        raise


if __name__ == "__main__":
    admission.Admission._verified = count_the_claimed
    sys.exit(main(sys.argv[1:]))
