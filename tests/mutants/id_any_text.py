"""An id may be any text, not only a UUID version 4."""

from __future__ import annotations

import sys
from dataclasses import replace
from typing import Any
from uuid import uuid4

from ainp_harness.wire.envelope import Envelope, parse_envelope
from reference_broker import admission
from reference_broker.__main__ import main

AREAS = ("envelope",)
FINDS = frozenset({"AINP-ENV-003"})
RELATED: frozenset[str] = frozenset()


def parse(value: Any) -> Envelope:
    if not isinstance(value, dict) or not isinstance(value.get("id"), str):
        return parse_envelope(value)
    return replace(parse_envelope({**value, "id": str(uuid4())}), raw=value, id=value["id"].lower())


if __name__ == "__main__":
    admission.parse_envelope = parse
    sys.exit(main(sys.argv[1:]))
