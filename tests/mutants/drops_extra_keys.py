"""Members of an envelope that the broker does not know are dropped on the way."""

from __future__ import annotations

import sys
from dataclasses import replace

from ainp_harness.wire.envelope import Envelope
from reference_broker import inbox
from reference_broker.__main__ import main

AREAS = ("delivery",)
FINDS = frozenset({"AINP-QOS-002"})
RELATED: frozenset[str] = frozenset()

store = inbox.Inbox.store
KNOWN = frozenset(
    ("version", "msg_type", "id", "timestamp", "ttl", "trace_id", "from_did", "to_did", "to_query", "schema", "qos", "payload", "sig")
)


async def store_the_known(self: inbox.Inbox, envelope: Envelope, did: str, *, deadline_ms: int) -> None:
    known = {name: value for name, value in envelope.raw.items() if name in KNOWN}
    await store(self, replace(envelope, raw=known), did, deadline_ms=deadline_ms)


if __name__ == "__main__":
    inbox.Inbox.store = store_the_known
    sys.exit(main(sys.argv[1:]))
