"""A message with a member that the broker does not know is refused."""

from __future__ import annotations

import sys
from typing import Any

from ainp_harness.wire.cbor_envelope import KEYS
from ainp_harness.wire.envelope import Envelope, parse_envelope
from ainp_harness.wire.errors import ErrorCode, WireError
from reference_broker import admission
from reference_broker.__main__ import main

PROFILE = "draft-00"
AREAS = ("envelope",)
FINDS = frozenset({"AINP-ENV-012"})
RELATED: frozenset[str] = frozenset()

KNOWN = frozenset(KEYS.values())


def parse(value: Any) -> Envelope:
    envelope = parse_envelope(value)
    if unknown := value.keys() - KNOWN:
        raise WireError(ErrorCode.INVALID_ENVELOPE, "not known", sorted(unknown)[0])
    return envelope


if __name__ == "__main__":
    admission.parse_envelope = parse
    sys.exit(main(sys.argv[1:]))
