"""A row of the servesys inbox names its reader as the sender."""

from __future__ import annotations

import sys
from typing import Any

from reference_broker import servesys
from reference_broker.__main__ import main

AREAS = ("intents",)
BINDING = "servesys"
FINDS = frozenset({"AINP-INT-001"})
RELATED: frozenset[str] = frozenset()

listed_row = servesys.listed_row


def row_of_the_readers_own(message_id: str, envelope: dict[str, Any], *, owner: str, **times: Any) -> dict[str, Any]:
    return {**listed_row(message_id, envelope, owner=owner, **times), "from_did": owner}


if __name__ == "__main__":
    servesys.listed_row = row_of_the_readers_own
    sys.exit(main(sys.argv[1:]))
