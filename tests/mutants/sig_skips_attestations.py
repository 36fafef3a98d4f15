"""The signature does not cover attestations: they can be added and changed after signing."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from typing import Any

from ainp_harness.wire.errors import WireError
from ainp_harness.wire.signing import Scheme, verify
from reference_broker import admission
from reference_broker.__main__ import main

AREAS = ("signature",)
FINDS = frozenset({"AINP-SIG-003"})
RELATED: frozenset[str] = frozenset()


def verify_without_attestations(envelope: dict[str, Any], key: bytes, schemes: Iterable[Scheme], **known: bool) -> Scheme:
    try:
        return verify(envelope, key, schemes)
    except WireError:
        return verify({name: value for name, value in envelope.items() if name != "attestations"}, key, schemes)


if __name__ == "__main__":
    admission.verify = verify_without_attestations
    sys.exit(main(sys.argv[1:]))
