"""What became of an intent, for its sender alone: how far it has come, and taking it back before anybody got it.

Delivered is told by the ledger, where the hand-over is noted (`handover.py`); confirmed by the stream, where a confirmed message is gone.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ainp_harness.wire.errors import ErrorCode
from reference_broker.clock import now_ms
from reference_broker.credits import Credits
from reference_broker.database import Database
from reference_broker.errors import BrokerError, not_found
from reference_broker.inbox import Inbox


@dataclass(frozen=True)
class Taken:
    """A row of the ledger, as much as its sender may ask about."""

    recipients: tuple[str, ...]
    deadline_ms: int
    handed_over: bool
    cancelled: bool


class Intents:
    """`status` and `cancel`, the two operations of the feature queue_control."""

    def __init__(self, database: Database, inbox: Inbox, books: Credits, *, margin_ms: int) -> None:
        self._database = database
        self._inbox = inbox
        self._books = books
        self._margin_ms = margin_ms

    async def status(self, did: str, intent_id: str) -> dict[str, Any]:
        """How far this agent's intent has come.

        Raises:
            BrokerError: UNAUTHORIZED (403) for another's intent, NOT_FOUND, UNAVAILABLE.
        """
        taken = await self._taken(did, intent_id)
        return {
            "id": intent_id,
            "status": await self._word(did, intent_id.lower(), taken),
            "expires_at": taken.deadline_ms - self._margin_ms,
        }

    async def cancel(self, did: str, intent_id: str) -> None:
        """Take this agent's intent out of every queue; its bid comes back. Doing it twice is doing it once.

        Raises:
            BrokerError: TIMEOUT (410) once a recipient got it or it expired; as `status`.
        """
        taken = await self._taken(did, intent_id)
        key = intent_id.lower()
        async with self._database.connection() as connection, connection.transaction():
            if not await connection.fetchval(_CANCEL, key, did, now_ms()):
                raise BrokerError(ErrorCode.TIMEOUT, "delivered or expired already: it can no longer be cancelled")
            await self._books.give_back_bid(connection, key, did)
        await self._inbox.withdraw((key, did), taken.recipients)

    async def _word(self, did: str, key: str, taken: Taken) -> str:
        if taken.cancelled:
            return "cancelled"
        expired = taken.deadline_ms < now_ms()
        if not taken.handed_over:
            return "expired" if expired else "queued"
        # After the deadline nothing waits any more, confirmed or not.
        return "delivered" if expired or await self._inbox.copies((key, did), taken.recipients) else "confirmed"

    async def _taken(self, did: str, intent_id: str) -> Taken:
        if "\x00" in intent_id:
            raise not_found("this intent")
        rows = await self._database.fetch(_TAKEN, intent_id.lower(), now_ms())
        own = next((row for row in rows if row["did"] == did), None)
        if own is None:
            if rows:
                raise BrokerError(ErrorCode.UNAUTHORIZED, "only its sender may ask about an intent")
            raise not_found("this intent")
        return Taken(tuple(own["recipients"]), own["until"], own["handed_over_at"] is not None, own["cancelled"])


_TAKEN = "SELECT did, until, recipients, handed_over_at, cancelled FROM ledger WHERE key = $1 AND recipients <> '{}' AND forget_at >= $2"

_CANCEL = """
UPDATE ledger SET cancelled = true WHERE key = $1 AND did = $2 AND handed_over_at IS NULL AND until >= $3 RETURNING true
"""
