"""An intent needs no budget."""

from __future__ import annotations

import sys

from ainp_harness.wire import schemas
from reference_broker.__main__ import main

AREAS = ("schemas",)
PROFILE = "draft-00"
FINDS = frozenset({"AINP-SCH-003"})
RELATED: frozenset[str] = frozenset()


def demand_no_budget() -> None:
    for name in schemas.INTENTS:
        schemas.schema_file(name)["required"].remove("budget")


if __name__ == "__main__":
    demand_no_budget()
    sys.exit(main(sys.argv[1:]))
