"""A backup leaves out what the agents can do."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from reference_broker import backup
from reference_broker.__main__ import main

AREAS = ("operations",)
DEPTH = "standard"
FINDS = frozenset({"AINP-OPS-010"})
RELATED: frozenset[str] = frozenset(
    {
        "AINP-OPS-008",  # no load is run
    }
)

in_order = backup.in_order


def all_but_capabilities(tables: Sequence[str], references: Sequence[tuple[str, str]]) -> list[str]:
    return [name for name in in_order(tables, references) if name != "capabilities"]


if __name__ == "__main__":
    backup.in_order = all_but_capabilities
    sys.exit(main(sys.argv[1:]))
