"""Which comes first, handing an intent over or cancelling it: one row of the ledger decides, for all instances.

Whatever hands a message to its recipient asks here, once, before it does. From then on its sender can no longer cancel it, and what was
cancelled before is not handed over. Neither is a copy that its sender was told is not there: the stream may have stored it although its
acknowledgement did not come, and then the sender tried again.
"""

from __future__ import annotations

from collections.abc import Sequence

from reference_broker.batching import Batch
from reference_broker.clock import now_ms
from reference_broker.database import Database

SAME_ATTEMPT_MS = 500
"""A clock may be set back between claiming and storing; an attempt that was given up is older, for it waited longer than this."""


class HandOver:
    """Called with an intent, as (id, sender, when the stream was asked to store it): whether it may be handed over.

    Raises:
        BrokerError: UNAVAILABLE; then nobody knows, and it waits.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._ask = Batch(self._hand_over_all)

    async def __call__(self, intent: tuple[str, str, int]) -> bool:
        return await self._ask(intent)

    async def _hand_over_all(self, batch: Sequence[tuple[str, str, int]]) -> Sequence[bool]:
        asked = sorted(set(batch))
        rows = await self._database.fetch(_HAND_OVER, *_columns(asked), now_ms())
        given = {(row["key"], row["did"], row["asked_at"]) for row in rows}
        if unsure := [intent for intent in asked if intent not in given]:
            # Cancelled, or refused; or unknown here, as after a backup was restored: then the stream's word counts.
            rows = await self._database.fetch(_WITHHELD, *_columns(unsure))
            given |= set(unsure) - {(row["key"], row["did"], row["asked_at"]) for row in rows}
        return [intent in given for intent in batch]


_HAND_OVER = f"""
UPDATE ledger SET handed_over_at = coalesce(handed_over_at, $4) FROM (
    SELECT key, did, asked_at FROM ledger JOIN unnest($1::text[], $2::text[], $3::bigint[]) AS asked (key, did, asked_at) USING (key, did)
    WHERE NOT cancelled AND taken_at <= asked_at + {SAME_ATTEMPT_MS}
    ORDER BY key, did FOR UPDATE OF ledger
) AS mine, (SELECT set_config('synchronous_commit', 'off', true) AS setting) AS quick
WHERE ledger.key = mine.key AND ledger.did = mine.did AND NOT cancelled AND quick.setting = 'off'
RETURNING ledger.key, ledger.did, mine.asked_at
"""
"""It does not wait for the disk, as every delivery waits for it: a crash of PostgreSQL may forget the hand-overs of its last second."""

_WITHHELD = f"""
SELECT key, did, asked_at FROM ledger JOIN unnest($1::text[], $2::text[], $3::bigint[]) AS asked (key, did, asked_at) USING (key, did)
WHERE cancelled OR taken_at > asked_at + {SAME_ATTEMPT_MS}
"""


def _columns(intents: Sequence[tuple[str, str, int]]) -> tuple[list[str], list[str], list[int]]:
    return [key for key, _, _ in intents], [did for _, did, _ in intents], [asked_at for _, _, asked_at in intents]
