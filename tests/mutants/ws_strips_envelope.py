"""Over a WebSocket envelopes come without their signature: nobody can verify them."""

from __future__ import annotations

import json
import sys

from reference_broker import delivery
from reference_broker.__main__ import main

AREAS = (
    "websocket",
    "delivery",
)
FINDS = frozenset({"AINP-QOS-002"})
RELATED: frozenset[str] = frozenset()


def frame_without_sig(delivery_id: str, envelope: bytes) -> bytes:
    stripped = {name: value for name, value in json.loads(envelope).items() if name != "sig"}
    return json.dumps({"delivery_id": delivery_id, "envelope": stripped}).encode()


if __name__ == "__main__":
    delivery.frame_of = frame_without_sig
    sys.exit(main(sys.argv[1:]))
