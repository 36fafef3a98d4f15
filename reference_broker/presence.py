"""Who is known and who is here. Known is a DID while it is registered and for a day after it last proved itself; present while it
has a WebSocket open or has polled within the last minute (docs/surface-v1.md).

Only a known DID can be absent: what is sent to any other is refused, not queued.
"""

from __future__ import annotations

from collections.abc import Sequence

from reference_broker.batching import Batch
from reference_broker.cache import Cache
from reference_broker.clock import now_ms
from reference_broker.database import Database
from reference_broker.errors import BrokerError

KNOWN_MS = 24 * 3_600_000
WRITE_EVERY_MS = 60_000
"""How often one DID's last proof is written down: a minute in a day is exact enough."""

REMEMBERED = 100_000


class Presence:
    """Answers for all instances: what is shared lies in PostgreSQL (known) and Redis (present)."""

    def __init__(self, database: Database, cache: Cache, *, presence_s: float) -> None:
        self._database = database
        self._cache = cache
        self._presence_s = presence_s
        self._written: dict[str, int] = {}
        self._known_until: dict[str, int] = {}
        self._connected: set[str] = set()
        self._polled_until: dict[str, int] = {}
        self._write = Batch(self._write_all)
        self._ask_known = Batch(self._known_all)
        self._ask_present = Batch(self._present_all)

    async def proved(self, did: str) -> None:
        """This DID has just proved itself, by a signed message or by a proof. What it asked for does not fail when this can't be noted."""
        now = now_ms()
        if now - self._written.get(did, 0) < WRITE_EVERY_MS:
            return
        try:
            await self._write((did, now))
        except BrokerError:
            return
        if len(self._written) > REMEMBERED:
            self._written.clear()
        self._written[did] = now

    async def known(self, did: str) -> bool:
        """Whether this DID may have a queue. Times only grow while a DID goes on proving itself, so the last answer may be kept."""
        now = now_ms()
        if self._known_until.get(did, 0) > now:
            return True
        until = await self._ask_known(did)
        if len(self._known_until) > REMEMBERED:
            self._known_until.clear()
        # Not longer than a minute: a registration may be taken back.
        self._known_until[did] = min(until, now + WRITE_EVERY_MS)
        return until > now

    async def present(self, did: str) -> bool:
        """Whether this DID will get a message without being waited for. What this instance has seen itself needs no asking."""
        if did in self._connected or self._polled_until.get(did, 0) > now_ms():
            return True
        return await self._ask_present(did)

    async def polled(self, did: str) -> None:
        if len(self._polled_until) > REMEMBERED:
            self._polled_until.clear()
        self._polled_until[did] = now_ms() + round(self._presence_s * 1000)
        await self._cache.put(f"polled:{did}", "1", for_s=self._presence_s)

    async def connected(self, did: str) -> None:
        """It has a WebSocket here. Say so again before presence_s has passed."""
        self._connected.add(did)
        await self._cache.put(f"connected:{did}", "1", for_s=self._presence_s)

    async def disconnected(self, did: str, *, elsewhere: bool) -> None:
        """Its WebSocket here is gone. `elsewhere`: because it has connected to another instance, which says so itself."""
        self._connected.discard(did)
        if not elsewhere:
            await self._cache.remove(f"connected:{did}")

    async def sweep(self) -> None:
        """Forget who has not proved itself for a day."""
        await self._database.execute("DELETE FROM proven WHERE at < $1", now_ms() - KNOWN_MS)

    async def _write_all(self, batch: Sequence[tuple[str, int]]) -> Sequence[None]:
        latest = dict(batch)
        await self._database.execute(
            "INSERT INTO proven AS old (did, at) SELECT * FROM unnest($1::text[], $2::bigint[])"
            " ON CONFLICT (did) DO UPDATE SET at = greatest(old.at, excluded.at)",
            list(latest),
            list(latest.values()),
        )
        return [None] * len(batch)

    async def _known_all(self, batch: Sequence[str]) -> Sequence[int]:
        rows = await self._database.fetch(
            "SELECT asked.did, greatest(agents.expires_at, proven.at + $2, 0) AS until FROM unnest($1::text[]) AS asked (did)"
            " LEFT JOIN agents ON agents.did = asked.did LEFT JOIN proven ON proven.did = asked.did",
            list(set(batch)),
            KNOWN_MS,
        )
        until = {row["did"]: row["until"] for row in rows}
        return [until[did] for did in batch]

    async def _present_all(self, batch: Sequence[str]) -> Sequence[bool]:
        values = await self._cache.many([key for did in batch for key in (f"polled:{did}", f"connected:{did}")])
        if values is None:
            return [False] * len(batch)
        return [values[2 * n] is not None or values[2 * n + 1] is not None for n in range(len(batch))]
