"""Of a signature the first 64 bytes are looked at, and more does no harm."""

from __future__ import annotations

import sys

from ainp_harness.wire import signing
from reference_broker.__main__ import main

AREAS = ("signature",)
FINDS = frozenset({"AINP-SIG-005"})
RELATED: frozenset[str] = frozenset()

decode_base64 = signing.decode_base64


def decode_at_most_64_bytes(text: str) -> bytes:
    return decode_base64(text)[:64]


if __name__ == "__main__":
    signing.decode_base64 = decode_at_most_64_bytes
    sys.exit(main(sys.argv[1:]))
