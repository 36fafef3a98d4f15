"""What a message in CBOR has under the key of its payload is not passed on."""

from __future__ import annotations

import sys
from dataclasses import replace

from starlette.requests import Request

from ainp_harness.wire.envelope import Envelope, MsgType
from reference_broker import admission, incoming
from reference_broker.__main__ import main

PROFILE = "draft-00"
AREAS = ("envelope",)
FINDS = frozenset({"AINP-ENV-017"})
RELATED: frozenset[str] = frozenset()

read = admission.Admission.envelope


async def read_without(self: admission.Admission, request: Request, *takes: MsgType) -> Envelope:
    envelope = await read(self, request, *takes)
    if incoming.is_cbor(request.headers.get("content-type")):
        envelope = replace(envelope, raw={name: value for name, value in envelope.raw.items() if name != "payload"})
    return envelope


if __name__ == "__main__":
    admission.Admission.envelope = read_without
    sys.exit(main(sys.argv[1:]))
