"""A timestamp in seconds is understood as such."""

from __future__ import annotations

import sys
from dataclasses import replace
from typing import Any

from ainp_harness.wire.envelope import Envelope, parse_envelope
from reference_broker import admission
from reference_broker.__main__ import main

AREAS = ("envelope",)
FINDS = frozenset({"AINP-ENV-004"})
RELATED: frozenset[str] = frozenset()


def parse(value: Any) -> Envelope:
    timestamp = value.get("timestamp") if isinstance(value, dict) else None
    if not isinstance(timestamp, int) or not 0 < timestamp < 100_000_000_000:
        return parse_envelope(value)
    return replace(parse_envelope({**value, "timestamp": timestamp * 1000}), raw=value)


if __name__ == "__main__":
    admission.parse_envelope = parse
    sys.exit(main(sys.argv[1:]))
