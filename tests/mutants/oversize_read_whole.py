"""A body is read to its end, however long it is, and refused after that."""

from __future__ import annotations

import sys

from starlette.requests import ClientDisconnect, Request

from ainp_harness.wire.errors import ErrorCode
from reference_broker import admission, incoming
from reference_broker.__main__ import main
from reference_broker.errors import BrokerError

AREAS = ("security",)
FINDS = frozenset({"AINP-SEC-011"})
RELATED: frozenset[str] = frozenset()


async def read_all(request: Request) -> bytes:
    try:
        body = await request.body()
    except ClientDisconnect:
        raise BrokerError(ErrorCode.INVALID_ENVELOPE, "the body broke off") from None
    if len(body) > incoming.MAX_BODY_BYTES:
        raise BrokerError(ErrorCode.PAYLOAD_TOO_LARGE, "too much")
    return body


if __name__ == "__main__":
    admission.read_body = read_all
    sys.exit(main(sys.argv[1:]))
