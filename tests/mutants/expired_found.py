"""Who is registered no longer is still found, until somebody sweeps."""

from __future__ import annotations

import sys

from ainp_harness.wire.envelope import CapabilityQuery
from reference_broker import discovery
from reference_broker.__main__ import main
from reference_broker.embedding import Vector
from reference_broker.trust import Decay

AREAS = ("registration",)
PROFILE = "draft-00"
FINDS = frozenset({"AINP-REG-007"})
RELATED: frozenset[str] = frozenset()

statement = discovery._statement


def statement_of_all_times(vector: Vector, query: CapabilityQuery, rows: int, decay: Decay) -> tuple[str, list[object]]:
    sql, arguments = statement(vector, query, rows, decay)
    return sql.replace("a.expires_at > $2", "$2::bigint > 0"), arguments


if __name__ == "__main__":
    discovery._statement = statement_of_all_times
    sys.exit(main(sys.argv[1:]))
