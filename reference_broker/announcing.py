"""The WebSocket of the surface servesys: it says that there is a new message and hands over results and negotiations; nothing is sent
or confirmed over it. When a session sends what, and how it ends, is `delivery.py`'s.
"""

from __future__ import annotations

import orjson

from reference_broker.delivery import NOT_JSON, Session
from reference_broker.inbox import Delivery
from reference_broker.servesys import is_pushed_whole, notification

NOT_TAKEN = orjson.dumps({"error": "INVALID_MESSAGE", "message": "nothing is sent over this connection; use the operations"})


class Announcing(Session):
    """A session that announces."""

    def _frame(self, delivery: Delivery) -> bytes:
        envelope = orjson.loads(delivery.envelope)
        return delivery.envelope if is_pushed_whole(envelope) else orjson.dumps(notification(delivery.delivery_id, envelope))

    async def _take(self, text: str) -> None:
        """What is sent here is not taken, and what is no JSON ends the connection too."""
        await self._write(NOT_TAKEN)
        try:
            orjson.loads(text)
        except orjson.JSONDecodeError:
            await self.close(NOT_JSON)
