"""A negative ttl_ms, and one that is no number, is taken for the default."""

from __future__ import annotations

import sys
from typing import Any

from reference_broker import registration
from reference_broker.__main__ import main

AREAS = ("registration",)
FINDS = frozenset({"AINP-REG-003"})
RELATED: frozenset[str] = frozenset()


def ttl(value: Any) -> int:
    return value if isinstance(value, int) and value > 0 else registration.DEFAULT_TTL_MS


if __name__ == "__main__":
    registration._ttl = ttl
    sys.exit(main(sys.argv[1:]))
