"""A freeform-note without a subject is refused: an optional member is demanded."""

from __future__ import annotations

import sys

from ainp_harness.wire import schemas
from reference_broker.__main__ import main

AREAS = ("schemas",)
PROFILE = "draft-00"
FINDS = frozenset({"AINP-SCH-001"})
RELATED: frozenset[str] = frozenset()


def demand_a_subject() -> None:
    schemas.schema_file("freeform-note")["properties"]["semantics"]["required"].append("subject")


if __name__ == "__main__":
    demand_a_subject()
    sys.exit(main(sys.argv[1:]))
