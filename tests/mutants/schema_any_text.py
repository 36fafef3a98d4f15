"""A schema may be any text; one that nobody knows is taken for a note."""

from __future__ import annotations

import sys
from dataclasses import replace
from typing import Any

from ainp_harness.wire.envelope import Envelope, parse_envelope
from ainp_harness.wire.messages import FREEFORM_NOTE_SCHEMA
from reference_broker import admission
from reference_broker.__main__ import main

PROFILE = "draft-00"
AREAS = ("envelope",)
FINDS = frozenset({"AINP-ENV-008"})
RELATED: frozenset[str] = frozenset()


def parse(value: Any) -> Envelope:
    if not isinstance(value, dict) or value.get("msg_type") != "INTENT" or ":" in str(value.get("schema")):
        return parse_envelope(value)
    return replace(parse_envelope({**value, "schema": FREEFORM_NOTE_SCHEMA}), raw=value)


if __name__ == "__main__":
    admission.parse_envelope = parse
    sys.exit(main(sys.argv[1:]))
