"""The broker tells what came of the votes to the initiator alone."""

from __future__ import annotations

import sys

from reference_broker import negotiation_messages
from reference_broker import negotiation_rules as rules
from reference_broker.__main__ import main

AREAS = ("negotiation",)
PROFILE = "draft-00"
FINDS = frozenset({"AINP-NEG-017"})
RELATED = frozenset({"AINP-NEG-012", "AINP-SIG-011"})


async def say_to_one(self: negotiation_messages.Messages, step: rules.Step) -> None:
    session = step.session
    for saying in step.says:
        await self._store(self._saying(session, saying, to=None), (session.initiator,))


if __name__ == "__main__":
    negotiation_messages.Messages.say = say_to_one
    sys.exit(main(sys.argv[1:]))
