"""Lite mode, in which a message needs no signature."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from typing import Any

from ainp_harness.wire.signing import Scheme, verify
from reference_broker import admission
from reference_broker.__main__ import main

PROFILE = "draft-00"
AREAS = ("lite",)
FINDS = frozenset({"AINP-LIT-001"})
RELATED: frozenset[str] = frozenset()


def verify_if_signed(envelope: dict[str, Any], key: bytes, schemes: Iterable[Scheme], **known: bool) -> Scheme:
    return verify(envelope, key, schemes) if envelope.get("sig") or "ttl" in envelope else Scheme.JCS_SHA256


if __name__ == "__main__":
    os.environ["AINP_LITE"] = "true"
    admission.verify = verify_if_signed
    sys.exit(main(sys.argv[1:]))
