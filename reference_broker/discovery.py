"""Finding agents by meaning: the nearest capabilities in the index, filtered, one entry an agent, best first.

Of equally similar ones the more trusted comes first. Filters are part of the index query, so a matching agent is never hidden by better
ranked ones that do not match. Nothing is cached here: a fresh registration is found at once and a replaced one no longer.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ainp_harness.wire.embedding import decode_f32
from ainp_harness.wire.envelope import CapabilityQuery
from ainp_harness.wire.errors import ErrorCode, WireError
from reference_broker.clock import now_ms
from reference_broker.database import Database
from reference_broker.embedding import Embedding, Vector, unit
from reference_broker.errors import BrokerError
from reference_broker.trust import Decay

NO_HISTORY_MS = 1000
"""The estimate for an agent that has answered nothing yet (docs/surface-v1.md)."""

OVERFETCH = 2
"""Rows asked for an agent: an agent can match by several capabilities."""

MOST_ROWS = 6_400


@dataclass(frozen=True)
class Match:
    """An agent and what it matched by."""

    did: str
    capability: str
    tags: tuple[str, ...]
    similarity: float
    trust: float
    latency_ms: float
    price: float | None


@dataclass(frozen=True)
class Found:
    """Matches, and the milliseconds that the index took."""

    matches: list[Match]
    index_ms: float

    @property
    def headers(self) -> dict[str, str]:
        return {"Server-Timing": f"index;dur={self.index_ms:.2f}"}


class Discovery:
    """Asks the index."""

    def __init__(self, database: Database, embedding: Embedding, *, dim: int, decay: Decay) -> None:
        self._database = database
        self._embedding = embedding
        self._dim = dim
        self._decay = decay

    async def find(self, query: CapabilityQuery, *, limit: int, min_similarity: float | None) -> Found:
        """The best agents for a query.

        Raises:
            BrokerError: INVALID_QUERY, for an embedding of another dimension; UNAVAILABLE.
        """
        vector = await self._vector(query)
        if not vector.any():
            return Found([], 0.0)
        began = time.perf_counter()
        best: dict[str, Match] = {}
        rows = max(limit * OVERFETCH, 40)
        while True:
            found = await self._nearest(vector, query, rows)
            for match in found:
                best.setdefault(match.did, match)
            if len(best) >= limit or len(found) < rows or rows >= MOST_ROWS:
                break
            rows *= 4
        took_ms = (time.perf_counter() - began) * 1000
        matches = [match for match in best.values() if min_similarity is None or match.similarity >= min_similarity]
        matches.sort(key=lambda match: (-match.similarity, -match.trust))
        return Found(matches[:limit], took_ms)

    async def _vector(self, query: CapabilityQuery) -> Vector:
        """With both embedding and description the embedding decides."""
        if query.embedding is None:
            return await self._embedding.of(query.description)
        try:
            numbers = decode_f32(query.embedding)
        except WireError as error:
            raise BrokerError(ErrorCode.INVALID_QUERY, str(error)) from error
        if len(numbers) != self._dim:
            raise BrokerError(ErrorCode.INVALID_QUERY, f"embedding: has {len(numbers)} dimensions, the index has {self._dim}")
        return unit(np.asarray(numbers))

    async def _nearest(self, vector: Vector, query: CapabilityQuery, rows: int) -> list[Match]:
        sql, arguments = _statement(vector, query, rows, self._decay)
        return [
            Match(
                did=row["did"],
                capability=row["description"],
                tags=tuple(row["tags"]),
                similarity=round(max(-1.0, min(1.0, row["similarity"])), 6),
                trust=row["trust"],
                latency_ms=latency_of(row["answer_times_ms"]),
                price=row["price"],
            )
            for row in await self._database.fetch(sql, *arguments)
        ]


def latency_of(answer_times_ms: Sequence[float]) -> float:
    return round(statistics.median(answer_times_ms), 1) if answer_times_ms else NO_HISTORY_MS


def _statement(vector: Vector, query: CapabilityQuery, rows: int, decay: Decay) -> tuple[str, list[object]]:
    """Only the filters that are asked for are written: the planner then knows what it plans. `rows` is ours, never the client's text."""
    arguments: list[object] = [vector, now_ms()]
    trust = decay.sql("$2")
    filters = ["a.expires_at > $2", "c.embedding IS NOT NULL"]

    def where(condition: str, value: object) -> None:
        arguments.append(value)
        filters.append(condition.replace("?", f"${len(arguments)}"))

    if query.tags:
        where("c.tags @> ?::text[]", list(query.tags))
    if query.min_trust is not None:
        where(f"{trust} >= ?", query.min_trust)
    if query.max_cost is not None:
        where("(c.price IS NULL OR c.price <= ?)", query.max_cost)
    if query.max_latency_ms is not None:
        where(
            f"coalesce((SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY t) FROM unnest(a.answer_times_ms) AS t), {NO_HISTORY_MS}) <= ?",
            query.max_latency_ms,
        )
    return (
        "SELECT c.did, c.description, c.tags, c.price, 1 - (c.embedding <=> $1) AS similarity, "
        f"{trust} AS trust, a.answer_times_ms"
        f" FROM capabilities c JOIN agents a ON a.did = c.did WHERE {' AND '.join(filters)} ORDER BY c.embedding <=> $1 LIMIT {int(rows)}",
        arguments,
    )
