"""Any of the tags asked for will do, although all are declared to be needed."""

from __future__ import annotations

import sys

from ainp_harness.wire.envelope import CapabilityQuery
from reference_broker import discovery
from reference_broker.__main__ import main
from reference_broker.embedding import Vector
from reference_broker.trust import Decay

AREAS = ("discovery",)
PROFILE = "draft-00"
FINDS = frozenset({"AINP-DSC-004"})
RELATED: frozenset[str] = frozenset()

statement = discovery._statement


def statement_of_any_tag(vector: Vector, query: CapabilityQuery, rows: int, decay: Decay) -> tuple[str, list[object]]:
    sql, arguments = statement(vector, query, rows, decay)
    return sql.replace("c.tags @> ", "c.tags && "), arguments


if __name__ == "__main__":
    discovery._statement = statement_of_any_tag
    sys.exit(main(sys.argv[1:]))
