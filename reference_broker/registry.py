"""Who is registered, in PostgreSQL: entering, replacing, showing and removing entries. Finding them by meaning is `discovery.py`.

A first registration may come without proof and is marked as unverified; an entry that stands is replaced or removed by its own DID's
proof only. Changes are one transaction, so nobody sees half an entry, or an old capability beside a new one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from ainp_harness.wire.errors import ErrorCode
from reference_broker import trust
from reference_broker.clock import now_ms
from reference_broker.database import Database
from reference_broker.embedding import Embedding, Vector, unit
from reference_broker.errors import BrokerError, not_found
from reference_broker.registration import Capability, Malformed, Offer
from reference_broker.trust import Decay

FORGET_EXPIRED_MS = 24 * 3_600_000


@dataclass(frozen=True)
class Entry:
    """A registration as it was taken."""

    did: str
    capabilities: int
    verified: bool
    expires_at: int
    is_new: bool


class Registry:
    """The agents and their capabilities."""

    def __init__(self, database: Database, embedding: Embedding, *, dim: int, decay: Decay, credentials_required: bool = False) -> None:
        self._database = database
        self._embedding = embedding
        self._dim = dim
        self._decay = decay
        self._credentials_required = credentials_required

    async def register(self, did: str, offer: Offer, *, verified: bool, expires_at: int) -> Entry:
        """Enter an agent, or replace its entry. `verified`: its key was proven, just now, to be its own.

        Raises:
            Malformed: an embedding is of another model or dimension than the index.
            BrokerError: UNAUTHORIZED (401), for an entry that stands and no proof; EVIDENCE_INSUFFICIENT, where credentials are required;
                UNAVAILABLE.
        """
        if self._credentials_required and not offer.credentials:
            raise BrokerError(ErrorCode.EVIDENCE_INSUFFICIENT, "credentials: this broker registers no agent without them")
        vectors = await self._vectors(offer.capabilities)
        now = now_ms()
        async with self._database.connection() as connection, connection.transaction():
            await connection.execute("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))", did)
            stands = await connection.fetchval("SELECT expires_at > $2 FROM agents WHERE did = $1", did, now)
            if stands and not verified:
                raise BrokerError(ErrorCode.UNAUTHORIZED, "replacing an entry needs a proof by its DID", status=401)
            await connection.execute(_UPSERT, did, expires_at, verified, orjson.dumps(offer.credentials).decode(), now)
            await connection.execute(trust.RECKON, did)
            await connection.execute("DELETE FROM capabilities WHERE did = $1", did)
            await connection.executemany(
                _CAPABILITY, [_row(did, n, c, v) for n, (c, v) in enumerate(zip(offer.capabilities, vectors, strict=True))]
            )
        return Entry(did, len(offer.capabilities), verified, expires_at, is_new=not stands)

    async def get(self, did: str) -> dict[str, Any]:
        """What anybody may see of an agent.

        Raises:
            BrokerError: NOT_FOUND, when it is not registered or its registration has expired.
        """
        now = now_ms()
        async with self._database.connection() as connection:
            agent = await connection.fetchrow("SELECT * FROM agents WHERE did = $1 AND expires_at > $2", did, now)
            if agent is None:
                raise not_found("this agent")
            capabilities = await connection.fetch(
                "SELECT description, tags, version, evidence FROM capabilities WHERE did = $1 ORDER BY position", did
            )
        return {
            "did": did,
            "capabilities": [{name: value for name, value in dict(row).items() if value is not None} for row in capabilities],
            "trust": trust.told(agent, self._decay, now),
            "credentials": orjson.loads(agent["credentials"]),
            "verified": agent["verified"],
            "expires_at": agent["expires_at"],
        }

    async def remove(self, did: str) -> None:
        """Take an entry away.

        Raises:
            BrokerError: NOT_FOUND.
        """
        gone = await self._database.fetchval("DELETE FROM agents WHERE did = $1 AND expires_at > $2 RETURNING did", did, now_ms())
        if gone is None:
            raise not_found("this agent")

    async def sweep(self) -> None:
        """Take what has expired out of the index, and forget agents that expired a day ago."""
        now = now_ms()
        await self._database.execute(
            "DELETE FROM capabilities USING agents WHERE agents.did = capabilities.did AND agents.expires_at <= $1", now
        )
        await self._database.execute("DELETE FROM agents WHERE expires_at <= $1", now - FORGET_EXPIRED_MS)

    async def _vectors(self, capabilities: Sequence[Capability]) -> list[Vector | None]:
        """Given embeddings where they fit the index, else one made from the description."""
        for n, capability in enumerate(capabilities):
            if capability.embedding is not None and len(capability.embedding) != self._dim:
                raise Malformed(f"capabilities[{n}].embedding", f"has {len(capability.embedding)} dimensions, the index has {self._dim}")
            if capability.model is not None and capability.model != self._embedding.model:
                raise Malformed(f"capabilities[{n}].embedding.model", f"not the model of the index, {self._embedding.model}")
        made = iter(await self._embedding.of_all([c.description for c in capabilities if c.embedding is None]))
        vectors = [unit(c.embedding) if c.embedding is not None else next(made) for c in capabilities]
        return [vector if vector.any() else None for vector in vectors]


_UPSERT = """
INSERT INTO agents (did, expires_at, verified, credentials, registered_at, trust_updated_at)
VALUES ($1, $2, $3, $4, $5, $5)
ON CONFLICT (did) DO UPDATE SET expires_at = excluded.expires_at, verified = excluded.verified, credentials = excluded.credentials,
    registered_at = excluded.registered_at
"""

_CAPABILITY = """
INSERT INTO capabilities (did, position, description, tags, version, evidence, price, embedding) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
"""


def _row(did: str, position: int, capability: Capability, vector: Vector | None) -> tuple[Any, ...]:
    c = capability
    return (did, position, c.description, list(c.tags), c.version, c.evidence, c.price, vector)
