"""The stream keeps its messages in memory."""

from __future__ import annotations

import sys
from typing import Any

from reference_broker import jetstream
from reference_broker.__main__ import main

AREAS = ("operations",)
FINDS = frozenset({"AINP-OPS-007"})
RELATED: frozenset[str] = frozenset(
    {
        "AINP-OPS-008",  # no load is run
    }
)

api = jetstream.JetStream.api


async def in_memory(self: jetstream.JetStream, name: str, request: dict[str, Any] | None = None) -> dict[str, Any]:
    if name.startswith("STREAM.CREATE") and request is not None:
        request = {**request, "storage": "memory"}
    return await api(self, name, request)


if __name__ == "__main__":
    jetstream.JetStream.api = in_memory
    sys.exit(main(sys.argv[1:]))
