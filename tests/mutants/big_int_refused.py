"""A message with an integer beyond 2^53 is refused as no JSON."""

from __future__ import annotations

import sys
from typing import Any

from ainp_harness.wire.canonical import NotCanonical, parse_json
from reference_broker import admission
from reference_broker.__main__ import main

PROFILE = "draft-00"
AREAS = ("envelope",)
FINDS = frozenset({"AINP-ENV-016"})
RELATED: frozenset[str] = frozenset()


def parse_small(data: bytes) -> Any:
    if b"295147905179352830000" in data:
        raise NotCanonical("an integer that is too large")
    return parse_json(data)


if __name__ == "__main__":
    admission.parse_message = lambda data: (parse_small(data), False)
    sys.exit(main(sys.argv[1:]))
