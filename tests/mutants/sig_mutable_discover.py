"""A signature that once verified is good for any DISCOVER or ADVERTISE of its sender."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from typing import Any

from ainp_harness.wire.signing import Scheme, verify
from reference_broker import admission
from reference_broker.__main__ import main

AREAS = ("signature",)
FINDS = frozenset({"AINP-SIG-003"})
RELATED: frozenset[str] = frozenset()

good: dict[tuple[Any, Any], Scheme] = {}


def verify_once(envelope: dict[str, Any], key: bytes, schemes: Iterable[Scheme], **known: bool) -> Scheme:
    seen = (envelope["from_did"], envelope.get("sig"))
    if envelope["msg_type"] in ("DISCOVER", "ADVERTISE") and seen in good:
        return good[seen]
    good[seen] = verify(envelope, key, schemes)
    return good[seen]


if __name__ == "__main__":
    admission.verify = verify_once
    sys.exit(main(sys.argv[1:]))
