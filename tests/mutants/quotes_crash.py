"""A query with a quote in it ends in a 500."""

from __future__ import annotations

import sys

from ainp_harness.wire.envelope import CapabilityQuery
from ainp_harness.wire.errors import ErrorCode
from reference_broker import discovery
from reference_broker.__main__ import main
from reference_broker.errors import BrokerError

AREAS = ("discovery",)
FINDS = frozenset({"AINP-DSC-012"})
RELATED: frozenset[str] = frozenset()

find = discovery.Discovery.find


async def find_by_concatenation(
    self: discovery.Discovery, query: CapabilityQuery, *, limit: int, min_similarity: float | None
) -> discovery.Found:
    if "'" in query.description:
        raise BrokerError(ErrorCode.INTERNAL_ERROR, "the broker failed")
    return await find(self, query, limit=limit, min_similarity=min_similarity)


if __name__ == "__main__":
    discovery.Discovery.find = find_by_concatenation
    sys.exit(main(sys.argv[1:]))
