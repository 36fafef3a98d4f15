"""Of what is sent to an absent agent the first two messages wait; the others are said to."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Sequence

from ainp_harness.wire.envelope import Envelope
from reference_broker import routing
from reference_broker.__main__ import main

AREAS = ("queue",)
PROFILE = "draft-00"
FINDS = frozenset({"AINP-QUE-001"})
RELATED = frozenset({"AINP-QUE-002"})

store = routing.Routing._store
waiting: Counter[str] = Counter()


async def store_two(self: routing.Routing, envelope: Envelope, recipients: Sequence[str]) -> list[str]:
    for did in await self._absent(recipients):
        waiting[did] += 1
    kept = [did for did in recipients if waiting[did] <= 2]
    if kept:
        await store(self, envelope, kept)
    return list(recipients)


if __name__ == "__main__":
    routing.Routing._store = store_two
    sys.exit(main(sys.argv[1:]))
