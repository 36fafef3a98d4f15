"""Attachments may hold the bytes themselves."""

from __future__ import annotations

import sys

from ainp_harness.wire import schemas
from reference_broker.__main__ import main

AREAS = ("schemas",)
PROFILE = "draft-00"
FINDS = frozenset({"AINP-SCH-006"})
RELATED: frozenset[str] = frozenset()


def forget_the_rule() -> None:
    schemas.schema_file("common")["definitions"]["by-url"].clear()


if __name__ == "__main__":
    forget_the_rule()
    sys.exit(main(sys.argv[1:]))
