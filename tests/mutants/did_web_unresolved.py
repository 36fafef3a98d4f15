"""No did:web is ever resolved."""

from __future__ import annotations

import sys
from typing import Any

from reference_broker import did_web
from reference_broker.__main__ import main

PROFILE = "draft-00"
AREAS = ("identity",)
FINDS = frozenset({"AINP-DID-002"})
RELATED: frozenset[str] = frozenset()


async def nothing(self: did_web.DidWeb, place: did_web.Place) -> Any:
    raise did_web.Unresolvable("not resolved")


if __name__ == "__main__":
    did_web.DidWeb._document = nothing
    sys.exit(main(sys.argv[1:]))
