"""Members that are null are dropped on the way."""

from __future__ import annotations

import sys
from dataclasses import replace
from typing import Any

from ainp_harness.wire.envelope import Envelope
from reference_broker import inbox
from reference_broker.__main__ import main

AREAS = ("delivery",)
FINDS = frozenset({"AINP-QOS-002"})
RELATED: frozenset[str] = frozenset()

store = inbox.Inbox.store


def without_null(value: Any) -> Any:
    match value:
        case dict():
            return {name: without_null(item) for name, item in value.items() if item is not None}
        case list():
            return [without_null(item) for item in value]
    return value


async def store_changed(self: inbox.Inbox, envelope: Envelope, did: str, *, deadline_ms: int) -> None:
    await store(self, replace(envelope, raw=without_null(envelope.raw)), did, deadline_ms=deadline_ms)


if __name__ == "__main__":
    inbox.Inbox.store = store_changed
    sys.exit(main(sys.argv[1:]))
