"""What is said in a group goes on to one other alone."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from ainp_harness.wire.envelope import Envelope
from reference_broker import negotiation_messages
from reference_broker.__main__ import main

AREAS = ("negotiation",)
PROFILE = "draft-00"
FINDS = frozenset({"AINP-NEG-017"})
RELATED: frozenset[str] = frozenset()

pass_on = negotiation_messages.Messages.pass_on


async def pass_on_to_one(self: negotiation_messages.Messages, message: Envelope, others: Sequence[str]) -> None:
    await pass_on(self, message, others[:1])


if __name__ == "__main__":
    negotiation_messages.Messages.pass_on = pass_on_to_one
    sys.exit(main(sys.argv[1:]))
