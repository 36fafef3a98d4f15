"""What was taken: the memory by which a replay is refused, and by which a RESULT finds who may send it and to whom it goes.

It is a table in PostgreSQL, not a key in Redis, because Redis here may evict and forgets on restart, and losing it must not reopen
the window for replays. A claim is one atomic insert, so of many equal messages at once exactly one is taken.
"""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

import structlog

from ainp_harness.wire.errors import ErrorCode
from reference_broker.batching import Batch
from reference_broker.clock import now_ms
from reference_broker.database import Database
from reference_broker.errors import BrokerError

REMEMBER_INTENT_MS = 24 * 3_600_000
"""How long the recipients of an intent may answer it, or until its deadline where that is later (docs/surface-v1.md)."""

SWEEP_ROWS = 10_000

_log = structlog.get_logger("ledger")


@dataclass(frozen=True)
class Claim:
    """One use of (did, key): a message's sender and id, or a proof's DID and signature."""

    did: str
    key: str
    until_ms: int
    """Before this time the same (did, key) is a replay."""
    keep_ms: int = 0
    """How long after being taken it must be found by those who answer."""
    recipients: tuple[str, ...] = ()


@dataclass(frozen=True)
class TakenIntent:
    """An intent that was acknowledged, as much as a RESULT needs to know of it."""

    id: str
    sender: str
    recipients: frozenset[str]
    taken_ms: int
    until_ms: int
    """Its deadline."""


def proof_key(signature: bytes) -> str:
    return "proof:" + hashlib.sha256(signature).hexdigest()


class Ledger:
    """Claims, and the intents behind them."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._insert = Batch(self._insert_all)

    @asynccontextmanager
    async def claim(self, claim: Claim) -> AsyncIterator[None]:
        """Hold (did, key) while the work is done, and keep it if it succeeds; if the work raises, it was never used.

        A process that dies between claiming and acknowledging leaves the id used up until its deadline.

        Raises:
            BrokerError: DUPLICATE_INTENT, when it was taken before; UNAVAILABLE, when the ledger does not answer.
        """
        if not await self._insert(claim):
            raise BrokerError(ErrorCode.DUPLICATE_INTENT, "this sender has used this id before")
        try:
            yield
        except BaseException as error:
            sure = isinstance(error, BrokerError) and error.code is not ErrorCode.UNAVAILABLE
            await self._release(claim, sure=sure)
            raise

    async def set_recipients(self, claim: Claim) -> None:
        """Say who may answer, for an intent whose recipients were found after it was claimed."""
        await self._database.execute(
            "UPDATE ledger SET recipients = $3 WHERE key = $1 AND did = $2", claim.key, claim.did, list(claim.recipients)
        )

    async def intents(self, intent_id: str) -> list[TakenIntent]:
        """The intents of this id that are remembered: more than one only when several senders happened to use the same id."""
        rows = await self._database.fetch(_ANSWERABLE, intent_id, now_ms())
        return [TakenIntent(intent_id, row["did"], frozenset(row["recipients"]), row["taken_at"], row["until"]) for row in rows]

    async def sweep(self) -> None:
        """Forget what nobody may ask for any more."""
        some = "DELETE FROM ledger WHERE (key, did) IN (SELECT key, did FROM ledger WHERE forget_at < $1 LIMIT $2)"
        while await self._database.execute(some, now_ms(), SWEEP_ROWS) == f"DELETE {SWEEP_ROWS}":
            pass

    async def _insert_all(self, batch: Sequence[Claim]) -> Sequence[bool]:
        # Of equal claims in one batch the first is tried: PostgreSQL refuses to touch one row twice in a statement.
        first = {(claim.did, claim.key): claim for claim in reversed(batch)}
        now = now_ms()
        columns = zip(*((c.key, c.did, c.until_ms, max(c.until_ms, now + c.keep_ms), _joined(c)) for c in first.values()), strict=True)
        taken = await self._database.fetch(_INSERT, now, *(list(column) for column in columns))
        new = {(row["did"], row["key"]) for row in taken}
        return [(claim.did, claim.key) in new and first[claim.did, claim.key] is claim for claim in batch]

    async def _release(self, claim: Claim, *, sure: bool) -> None:
        """Not `sure`: a service did not answer, and may yet have stored what is refused now. What is left of the claim keeps it from being
        handed over (`handover.py`), unless that has happened already: then it was taken."""
        try:
            await self._database.execute(_FORGET if sure or not claim.keep_ms else _REFUSE, claim.key, claim.did)
        except BrokerError:
            _log.error("claim_not_released", key=claim.key, did=claim.did)


_INSERT = """
INSERT INTO ledger AS old (key, did, until, forget_at, recipients, taken_at)
SELECT key, did, until, forget_at, string_to_array(recipients, ' '), $1
FROM unnest($2::text[], $3::text[], $4::bigint[], $5::bigint[], $6::text[]) AS new (key, did, until, forget_at, recipients)
ON CONFLICT (key, did) DO UPDATE
SET until = excluded.until, forget_at = excluded.forget_at, recipients = excluded.recipients, taken_at = excluded.taken_at,
    handed_over_at = NULL, cancelled = false
WHERE old.until < excluded.taken_at
RETURNING old.key, old.did
"""


_FORGET = "DELETE FROM ledger WHERE key = $1 AND did = $2"
_REFUSE = """
UPDATE ledger SET until = 0, recipients = '{}', cancelled = true WHERE key = $1 AND did = $2 AND handed_over_at IS NULL
"""

_ANSWERABLE = """
SELECT did, recipients, taken_at, until FROM ledger WHERE key = $1 AND recipients <> '{}' AND forget_at >= $2 AND NOT cancelled
"""


def _joined(claim: Claim) -> str:
    """unnest flattens arrays of arrays, and a DID holds no space."""
    return " ".join(claim.recipients)
