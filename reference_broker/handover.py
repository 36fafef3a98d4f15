"""Which comes first, handing an intent over or cancelling it: one row of the ledger decides, for all instances.

Whatever hands a message to its recipient asks here, once, before it does. From then on its sender can no longer cancel it, and what was
cancelled before is not handed over.
"""

from __future__ import annotations

from collections.abc import Sequence

from reference_broker.batching import Batch
from reference_broker.clock import now_ms
from reference_broker.database import Database


class HandOver:
    """Called with an intent, as (id, sender): whether it may be handed over.

    Raises:
        BrokerError: UNAVAILABLE; then nobody knows, and it waits.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._ask = Batch(self._hand_over_all)

    async def __call__(self, intent: tuple[str, str]) -> bool:
        return await self._ask(intent)

    async def _hand_over_all(self, batch: Sequence[tuple[str, str]]) -> Sequence[bool]:
        asked = sorted(set(batch))
        rows = await self._database.fetch(_HAND_OVER, *_columns(asked), now_ms())
        given = {(row["key"], row["did"]) for row in rows}
        if unsure := [intent for intent in asked if intent not in given]:
            # Cancelled; or unknown here, as after a backup was restored: then the stream's word counts.
            rows = await self._database.fetch(_CANCELLED, *_columns(unsure))
            given |= set(unsure) - {(row["key"], row["did"]) for row in rows}
        return [intent in given for intent in batch]


_HAND_OVER = """
UPDATE ledger SET handed_over_at = coalesce(handed_over_at, $3) FROM (
    SELECT key, did FROM ledger JOIN unnest($1::text[], $2::text[]) AS asked (key, did) USING (key, did)
    ORDER BY key, did FOR UPDATE OF ledger
) AS mine, (SELECT set_config('synchronous_commit', 'off', true) AS setting) AS quick
WHERE ledger.key = mine.key AND ledger.did = mine.did AND NOT cancelled AND quick.setting = 'off'
RETURNING ledger.key, ledger.did
"""
"""It does not wait for the disk, as every delivery waits for it: a crash of PostgreSQL may forget the hand-overs of its last second."""

_CANCELLED = """
SELECT key, did FROM ledger JOIN unnest($1::text[], $2::text[]) AS asked (key, did) USING (key, did) WHERE cancelled
"""


def _columns(intents: Sequence[tuple[str, str]]) -> tuple[list[str], list[str]]:
    return [key for key, _ in intents], [did for _, did in intents]
