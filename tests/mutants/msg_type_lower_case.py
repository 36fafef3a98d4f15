"""msg_type is compared without regard to case: "intent" is taken for INTENT."""

from __future__ import annotations

import sys
from dataclasses import replace
from typing import Any

from ainp_harness.wire.envelope import Envelope, parse_envelope
from reference_broker import admission
from reference_broker.__main__ import main

AREAS = ("envelope",)
FINDS = frozenset({"AINP-ENV-002"})
RELATED: frozenset[str] = frozenset()


def parse(value: Any) -> Envelope:
    if not isinstance(value, dict) or not isinstance(value.get("msg_type"), str):
        return parse_envelope(value)
    return replace(parse_envelope({**value, "msg_type": value["msg_type"].upper()}), raw=value)


if __name__ == "__main__":
    admission.parse_envelope = parse
    sys.exit(main(sys.argv[1:]))
