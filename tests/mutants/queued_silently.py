"""A message for an absent agent is acknowledged like any other (ERRATUM-07)."""

from __future__ import annotations

import sys
from dataclasses import replace
from typing import Any

from reference_broker import routing
from reference_broker.__main__ import main

AREAS = ("intents",)
PROFILE = "draft-00"
FINDS = frozenset({"AINP-INT-005"})
DISPUTED = frozenset({"AINP-INT-005"})
RELATED: frozenset[str] = frozenset()

body = routing.Receipt.body


def as_if_all_were_there(self: routing.Receipt) -> dict[str, Any]:
    return body(replace(self, absent=()))


if __name__ == "__main__":
    routing.Receipt.body = as_if_all_were_there
    sys.exit(main(sys.argv[1:]))
