"""A signature whose S is not reduced verifies: S + L is taken for S."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from typing import Any

from ainp_harness.wire.errors import WireError
from ainp_harness.wire.signing import Scheme, encode_base64, signature_of, verify
from reference_broker import admission
from reference_broker.__main__ import main

PROFILE = "draft-00"
AREAS = ("signature",)
FINDS = frozenset({"AINP-SIG-007"})
RELATED: frozenset[str] = frozenset()

ORDER = 2**252 + 27742317777372353535851937790883648493


def verify_reduced(envelope: dict[str, Any], key: bytes, schemes: Iterable[Scheme], **known: bool) -> Scheme:
    try:
        return verify(envelope, key, schemes)
    except WireError:
        signature = signature_of(envelope)
        s = int.from_bytes(signature[32:], "little") % ORDER
        return verify({**envelope, "sig": encode_base64(signature[:32] + s.to_bytes(32, "little"))}, key, schemes)


if __name__ == "__main__":
    admission.verify = verify_reduced
    sys.exit(main(sys.argv[1:]))
