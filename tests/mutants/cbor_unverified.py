"""A message in CBOR is not verified: its signature is said to be over bytes that nobody has."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from typing import Any

from ainp_harness.wire.cbor_envelope import from_cbor
from ainp_harness.wire.signing import Scheme, verify
from reference_broker import admission
from reference_broker.__main__ import main

PROFILE = "draft-00"
AREAS = ("envelope",)
FINDS = frozenset({"AINP-ENV-017"})
RELATED: frozenset[str] = frozenset()

came_in_cbor: set[str] = set()


def read(data: bytes) -> dict[str, Any]:
    value = from_cbor(data)
    came_in_cbor.add(str(value.get("id")))
    return value


def verify_json(envelope: dict[str, Any], key: bytes, schemes: Iterable[Scheme], **known: bool) -> Scheme:
    return Scheme.JCS_SHA256 if envelope["id"] in came_in_cbor else verify(envelope, key, schemes)


if __name__ == "__main__":
    admission.from_cbor, admission.verify = read, verify_json
    sys.exit(main(sys.argv[1:]))
