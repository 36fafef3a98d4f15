"""A DID that nobody has ever heard of is taken for one that is away."""

from __future__ import annotations

import sys

from reference_broker import presence
from reference_broker.__main__ import main

AREAS = ("intents",)
PROFILE = "draft-00"
FINDS = frozenset({"AINP-INT-005"})
RELATED: frozenset[str] = frozenset()


async def everybody_is_known(_self: presence.Presence, _did: str) -> bool:
    return True


if __name__ == "__main__":
    presence.Presence.known = everybody_is_known
    sys.exit(main(sys.argv[1:]))
