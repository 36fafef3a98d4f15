"""Once NATS did not answer, ready says so for ever."""

from __future__ import annotations

import sys

from reference_broker import readiness
from reference_broker.__main__ import main

AREAS = ("health",)
DEPTH = "standard"
FINDS = frozenset({"AINP-HLT-004"})
RELATED: frozenset[str] = frozenset(
    {
        "AINP-HLT-006",  # the bench starts it once
    }
)

failed: set[str] = set()
word = readiness.Readiness._word


async def word_for_ever(self: readiness.Readiness, name: str, check: readiness.Check) -> str:
    said = await word(self, name, check)
    if name == "nats" and said != "ok":
        failed.add(name)
    return "error" if name in failed else said


if __name__ == "__main__":
    readiness.Readiness._word = word_for_ever
    sys.exit(main(sys.argv[1:]))
