"""Lite mode, in which qos and ttl are optional and unchecked in every message, not in an INTENT alone."""

from __future__ import annotations

import os
import sys
from dataclasses import replace
from typing import Any

from ainp_harness.wire.envelope import Envelope, parse_envelope
from ainp_harness.wire.messages import DEFAULT_QOS
from reference_broker import admission
from reference_broker.__main__ import main

PROFILE = "draft-00"
AREAS = ("envelope", "lite")
FINDS = frozenset({"AINP-ENV-005", "AINP-ENV-009"})
RELATED: frozenset[str] = frozenset()


def parse(value: Any) -> Envelope:
    if not isinstance(value, dict) or value.get("msg_type") == "INTENT":
        return parse_envelope(value)
    return replace(parse_envelope({**value, "qos": dict(DEFAULT_QOS), "ttl": 60_000}), raw=value)


if __name__ == "__main__":
    os.environ["AINP_LITE"] = "true"
    admission.parse_envelope = parse
    sys.exit(main(sys.argv[1:]))
