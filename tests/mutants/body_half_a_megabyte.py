"""A body over 500,000 bytes is refused, while a payload of 1 MB must pass."""

from __future__ import annotations

import sys

from reference_broker import incoming
from reference_broker.__main__ import main

AREAS = ("security",)
FINDS = frozenset({"AINP-SEC-003"})
RELATED: frozenset[str] = frozenset()


if __name__ == "__main__":
    incoming.MAX_BODY_BYTES = 500_000
    sys.exit(main(sys.argv[1:]))
