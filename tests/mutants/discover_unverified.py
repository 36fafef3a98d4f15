"""The signatures of DISCOVER and ADVERTISE are not verified."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from typing import Any

from ainp_harness.wire.signing import Scheme, verify
from reference_broker import admission
from reference_broker.__main__ import main

AREAS = ("signature",)
FINDS = frozenset({"AINP-SIG-006"})
RELATED = frozenset(
    {
        "AINP-SIG-003",  # a changed DISCOVER is taken too
    }
)


def verify_what_is_routed(envelope: dict[str, Any], key: bytes, schemes: Iterable[Scheme], **known: bool) -> Scheme:
    return Scheme.JCS_SHA256 if envelope["msg_type"] in ("DISCOVER", "ADVERTISE") else verify(envelope, key, schemes)


if __name__ == "__main__":
    admission.verify = verify_what_is_routed
    sys.exit(main(sys.argv[1:]))
