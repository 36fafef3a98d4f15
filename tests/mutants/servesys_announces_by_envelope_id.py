"""The servesys WebSocket announces a message by its envelope's id, which the inbox does not know as a message's id."""

from __future__ import annotations

import sys
from typing import Any

from reference_broker import announcing
from reference_broker.__main__ import main

AREAS = ("websocket",)
BINDING = "servesys"
FINDS = frozenset({"AINP-WSK-001"})
RELATED = frozenset(
    {
        "AINP-WSK-002",  # what the owner gets after the stranger cannot be told from anything else
        "AINP-WSK-006",
    }
)

notification = announcing.notification


def notification_by_envelope_id(message_id: str, envelope: dict[str, Any]) -> dict[str, Any]:
    return {**notification(message_id, envelope), "message_id": envelope["id"]}


if __name__ == "__main__":
    announcing.notification = notification_by_envelope_id
    sys.exit(main(sys.argv[1:]))
