"""A RESULT is acknowledged and reaches nobody."""

from __future__ import annotations

import sys

from ainp_harness.wire.envelope import Envelope, MsgType
from reference_broker import inbox
from reference_broker.__main__ import main

AREAS = ("intents",)
PROFILE = "draft-00"
FINDS = frozenset({"AINP-INT-007"})
RELATED = frozenset({"AINP-INT-008"})

store = inbox.Inbox.store


async def store_no_result(self: inbox.Inbox, envelope: Envelope, did: str, *, deadline_ms: int) -> None:
    if envelope.msg_type is not MsgType.RESULT:
        await store(self, envelope, did, deadline_ms=deadline_ms)


if __name__ == "__main__":
    inbox.Inbox.store = store_no_result
    sys.exit(main(sys.argv[1:]))
