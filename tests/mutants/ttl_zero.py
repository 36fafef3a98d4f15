"""A ttl of 0, or a negative one, is taken for a minute."""

from __future__ import annotations

import sys
from dataclasses import replace
from typing import Any

from ainp_harness.wire.envelope import Envelope, parse_envelope
from reference_broker import admission
from reference_broker.__main__ import main

AREAS = ("envelope",)
FINDS = frozenset({"AINP-ENV-005"})
RELATED: frozenset[str] = frozenset()


def parse(value: Any) -> Envelope:
    ttl = value.get("ttl") if isinstance(value, dict) else None
    if not isinstance(ttl, int) or ttl > 0:
        return parse_envelope(value)
    return replace(parse_envelope({**value, "ttl": 60_000}), raw=value)


if __name__ == "__main__":
    admission.parse_envelope = parse
    sys.exit(main(sys.argv[1:]))
