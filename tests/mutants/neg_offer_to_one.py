"""What is said in a group goes on to one other alone."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from ainp_harness.wire.envelope import Envelope
from reference_broker import negotiations
from reference_broker.__main__ import main

AREAS = ("negotiation",)
PROFILE = "draft-00"
FINDS = frozenset({"AINP-NEG-017"})
RELATED: frozenset[str] = frozenset()

pass_on = negotiations.Negotiations._pass_on


async def pass_on_to_one(self: negotiations.Negotiations, message: Envelope, others: Sequence[str]) -> None:
    await pass_on(self, message, others[:1])


if __name__ == "__main__":
    negotiations.Negotiations._pass_on = pass_on_to_one
    sys.exit(main(sys.argv[1:]))
