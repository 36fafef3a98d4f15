"""Custom intents are declared, and one without a context of its own is taken."""

from __future__ import annotations

import sys

from ainp_harness.wire import schemas
from reference_broker.__main__ import main

AREAS = ("schemas",)
PROFILE = "draft-00"
FINDS = frozenset({"AINP-SCH-005"})
ENVIRONMENT = {"AINP_CUSTOM_INTENTS": "true"}
RELATED: frozenset[str] = frozenset()


def demand_no_context() -> None:
    schemas.schema_file("custom")["required"].remove("@context")


if __name__ == "__main__":
    demand_no_context()
    sys.exit(main(sys.argv[1:]))
