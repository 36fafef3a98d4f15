"""What stands in the semantics of an intent is not looked at, attachments apart."""

from __future__ import annotations

import sys

from ainp_harness.wire import schemas
from reference_broker.__main__ import main

AREAS = ("schemas",)
PROFILE = "draft-00"
FINDS = frozenset({"AINP-SCH-002"})
RELATED: frozenset[str] = frozenset()


def forget_semantics() -> None:
    for name in schemas.INTENTS:
        found = schemas.schema_file(name)["properties"]["semantics"]
        found.pop("required", None)
        found["properties"] = {"attachments": found["properties"]["attachments"]}


if __name__ == "__main__":
    forget_semantics()
    sys.exit(main(sys.argv[1:]))
