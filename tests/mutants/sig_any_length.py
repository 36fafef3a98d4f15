"""Of a signature the first 64 bytes are looked at, and more does no harm."""

from __future__ import annotations

import base64
import sys
from contextlib import suppress
from typing import Any

from ainp_harness.wire import signing
from reference_broker.__main__ import main

AREAS = ("signature",)
FINDS = frozenset({"AINP-SIG-005"})
RELATED: frozenset[str] = frozenset()

signature_of = signing.signature_of


def first_64_bytes(envelope: dict[str, Any]) -> bytes:
    data = b""
    with suppress(ValueError):
        data = base64.b64decode(str(envelope.get("sig")))
    return data[:64] if len(data) > 64 else signature_of(envelope)


if __name__ == "__main__":
    signing.signature_of = first_64_bytes
    sys.exit(main(sys.argv[1:]))
