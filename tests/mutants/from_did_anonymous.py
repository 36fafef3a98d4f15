"""A message from nobody, or from what is no DID, is taken unverified as from an anonymous agent."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from ainp_harness.wire.envelope import Envelope, parse_envelope
from ainp_harness.wire.signing import Scheme, verify
from reference_broker import admission
from reference_broker.__main__ import main

AREAS = ("envelope",)
FINDS = frozenset({"AINP-ENV-007"})
RELATED: frozenset[str] = frozenset()

ANONYMOUS = "did:key:z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK"


def parse(value: Any) -> Envelope:
    if not isinstance(value, dict) or str(value.get("from_did")).startswith("did:"):
        return parse_envelope(value)
    return replace(parse_envelope({**value, "from_did": ANONYMOUS}), raw=value)


def verify_the_named(envelope: dict[str, Any], key: bytes, schemes: Iterable[Scheme], **known: bool) -> Scheme:
    named = str(envelope.get("from_did")).startswith("did:")
    return verify(envelope, key, schemes) if named else Scheme.JCS_SHA256


if __name__ == "__main__":
    admission.parse_envelope, admission.verify = parse, verify_the_named
    sys.exit(main(sys.argv[1:]))
