"""get_agent shows an agent whose registration has expired."""

from __future__ import annotations

import sys
from typing import Any

from reference_broker import registry
from reference_broker.__main__ import main

AREAS = ("registration",)
PROFILE = "draft-00"
FINDS = frozenset({"AINP-REG-007"})
RELATED: frozenset[str] = frozenset()

get, now = registry.Registry.get, registry.now_ms


async def get_what_was(self: registry.Registry, did: str) -> dict[str, Any]:
    registry.now_ms = lambda: now() - 3_600_000
    try:
        return await get(self, did)
    finally:
        registry.now_ms = now


if __name__ == "__main__":
    registry.Registry.get = get_what_was
    sys.exit(main(sys.argv[1:]))
