"""Negotiations in PostgreSQL: one row each, read and changed under its lock, so that any instance may take any message.

Whoever holds a row may deliver messages before the transaction ends: what was not delivered has not happened.
"""

from __future__ import annotations

import math
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import asdict
from typing import Any

import asyncpg
import orjson

from ainp_harness.wire.canonical import compact
from reference_broker.database import Database
from reference_broker.negotiation_session import Constraints, Session, State
from reference_broker.negotiation_terms import Mechanism, Phase
from reference_broker.negotiation_votes import Vote

KEEP_MS = 24 * 3_600_000
"""How long an ended negotiation may still be read."""

LISTED = 200


class Held:
    """A negotiation whose row is locked, and that nobody else changes meanwhile; None where there is none of this id."""

    def __init__(self, connection: asyncpg.pool.PoolConnectionProxy, session: Session | None) -> None:
        self._connection = connection
        self.session = session

    async def begin(self, session: Session) -> bool:
        """Enter a new one; False when somebody else has just taken the id."""
        entered = await self._connection.fetchval(_INSERT, *_row(session))
        self.session = session
        return entered is not None

    async def save(self, session: Session) -> None:
        await self._connection.execute(_UPDATE, *_row(session))
        self.session = session


class Store:
    """The table."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @asynccontextmanager
    async def hold(self, negotiation_id: str) -> AsyncIterator[Held]:
        """Lock a negotiation for as long as the block takes; what the block raises undoes what it saved.

        Raises:
            BrokerError: UNAVAILABLE.
        """
        async with self._database.connection() as connection, connection.transaction():
            document = await connection.fetchval("SELECT document FROM negotiations WHERE id = $1 FOR UPDATE", negotiation_id)
            yield Held(connection, None if document is None else from_document(document))

    @asynccontextmanager
    async def hold_due(self, now_ms: int) -> AsyncIterator[Held]:
        """Lock the one that has been due longest and that no other instance holds, if there is any."""
        async with self._database.connection() as connection, connection.transaction():
            document = await connection.fetchval(_DUE, now_ms)
            yield Held(connection, None if document is None else from_document(document))

    async def read(self, negotiation_id: str) -> Session | None:
        """As it was last saved; without a lock."""
        document = await self._database.fetchval("SELECT document FROM negotiations WHERE id = $1", negotiation_id)
        return None if document is None else from_document(document)

    async def of(self, did: str) -> Sequence[Session]:
        """Those that a DID takes part in, the latest first."""
        rows = await self._database.fetch(
            "SELECT document FROM negotiations WHERE parties @> ARRAY[$1] ORDER BY forget_at DESC LIMIT $2", did, LISTED
        )
        return [from_document(row["document"]) for row in rows]

    async def put_off(self, negotiation_id: str, until_ms: int) -> None:
        """Look at one that could not be moved on again at this time, so that it does not keep the others waiting."""
        await self._database.execute("UPDATE negotiations SET due_at = $2 WHERE id = $1 AND due_at IS NOT NULL", negotiation_id, until_ms)

    async def forget(self, now_ms: int) -> None:
        """Forget what ended a day ago."""
        await self._database.execute("DELETE FROM negotiations WHERE forget_at < $1 AND due_at IS NULL", now_ms)


_INSERT = """
INSERT INTO negotiations (id, parties, state, due_at, forget_at, document) VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT DO NOTHING RETURNING id
"""

_UPDATE = "UPDATE negotiations SET parties = $2, state = $3, due_at = $4, forget_at = $5, document = $6 WHERE id = $1"

_DUE = "SELECT document FROM negotiations WHERE due_at <= $1 ORDER BY due_at LIMIT 1 FOR UPDATE SKIP LOCKED"


def _row(session: Session) -> tuple[Any, ...]:
    due_at = None if session.due_ms is None else math.ceil(session.due_ms)
    forget_at = math.ceil(session.ends_ms) + KEEP_MS
    return (session.id, list(session.parties), str(session.state), due_at, forget_at, to_document(session))


def to_document(session: Session) -> str:
    return compact(asdict(session)).decode()


def from_document(document: str) -> Session:
    members = orjson.loads(document)
    return Session(
        **{
            **members,
            "participants": tuple(members["participants"]),
            "mechanism": Mechanism(members["mechanism"]) if members["mechanism"] is not None else None,
            "constraints": Constraints(**members["constraints"]),
            "state": State(members["state"]),
            "votes": tuple(Vote(vote["by"], Phase(vote["phase"]), vote["proposal"]) for vote in members["votes"]),
        }
    )
