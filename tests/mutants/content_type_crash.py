"""A content type that is not JSON ends in a 500."""

from __future__ import annotations

import sys

from reference_broker import admission
from reference_broker.__main__ import main

AREAS = (
    "envelope",
    "errors",
)
FINDS = frozenset({"AINP-ENV-014", "AINP-ERR-002"})
RELATED: frozenset[str] = frozenset()


def check(header: str | None) -> None:
    if not (header or "").startswith("application/json"):
        raise RuntimeError("no parser for this content type")


if __name__ == "__main__":
    admission.check_content_type = check
    sys.exit(main(sys.argv[1:]))
