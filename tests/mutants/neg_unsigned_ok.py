"""A NEGOTIATE is not verified."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from typing import Any

from ainp_harness.wire.signing import Scheme, verify
from reference_broker import admission
from reference_broker.__main__ import main

AREAS = ("negotiation",)
PROFILE = "draft-00"
FINDS = frozenset({"AINP-NEG-010"})
RELATED: frozenset[str] = frozenset()


def verify_all_but_negotiations(envelope: dict[str, Any], key: bytes, schemes: Iterable[Scheme], **known: bool) -> Scheme:
    return Scheme.JCS_SHA256 if envelope["msg_type"] == "NEGOTIATE" else verify(envelope, key, schemes)


if __name__ == "__main__":
    admission.verify = verify_all_but_negotiations
    sys.exit(main(sys.argv[1:]))
