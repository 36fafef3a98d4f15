"""A message with to_did and to_query goes to to_did."""

from __future__ import annotations

import sys
from dataclasses import replace
from typing import Any

from ainp_harness.wire.envelope import Envelope, parse_envelope
from reference_broker import admission
from reference_broker.__main__ import main

PROFILE = "draft-00"
AREAS = ("envelope",)
FINDS = frozenset({"AINP-ENV-011"})
RELATED: frozenset[str] = frozenset()


def parse(value: Any) -> Envelope:
    if not isinstance(value, dict) or not {"to_did", "to_query"} <= value.keys():
        return parse_envelope(value)
    return replace(parse_envelope({name: item for name, item in value.items() if name != "to_query"}), raw=value)


if __name__ == "__main__":
    admission.parse_envelope = parse
    sys.exit(main(sys.argv[1:]))
