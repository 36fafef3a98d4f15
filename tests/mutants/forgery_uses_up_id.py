"""An id is remembered before the signature is verified: a forgery uses it up."""

from __future__ import annotations

import sys

from starlette.requests import Request

from ainp_harness.wire.envelope import Envelope, MsgType
from ainp_harness.wire.errors import ErrorCode, WireError
from reference_broker import admission
from reference_broker.__main__ import main
from reference_broker.errors import BrokerError

PROFILE = "draft-00"
AREAS = ("replay",)
FINDS = frozenset({"AINP-RPL-005"})
RELATED: frozenset[str] = frozenset()

read_value = admission.Admission._read_value
verified = admission.Admission._read_envelope
forged: set[tuple[str, str]] = set()


async def read_and_remember(self: admission.Admission, request: Request, takes: tuple[MsgType, ...]) -> tuple[Envelope, int]:
    try:
        envelope, size = await verified(self, request, takes)
    except WireError as error:
        if error.code is ErrorCode.INVALID_SIGNATURE:
            forged.add((str(request.state.did), str(request.state.intent_id)))
        raise
    if (envelope.from_did, envelope.id) in forged:
        raise BrokerError(ErrorCode.DUPLICATE_INTENT, "this sender has used this id before")
    return envelope, size


if __name__ == "__main__":
    admission.Admission._read_envelope = read_and_remember
    sys.exit(main(sys.argv[1:]))
