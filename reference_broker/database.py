"""PostgreSQL: one bounded pool, a deadline on every statement, and UNAVAILABLE for whatever keeps it from answering.

Statements live with those who need them (`registry.py`, `ledger.py` ...); here is only how they reach the server.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import asyncpg
import structlog
from pgvector.asyncpg import register_vector

from reference_broker import migrations
from reference_broker.errors import unavailable

STATEMENT_S = 2.0
ACQUIRE_S = 2.0
CONNECT_S = 2.0

SERVER_SETTINGS = {
    "application_name": "ainp-broker",
    "jit": "off",
    # Filters come after the index, so it goes on until enough have passed.
    "hnsw.iterative_scan": "strict_order",
    "hnsw.max_scan_tuples": "100000",
    # At a thousand agents the planner would rather read and sort all of them: 2.4 ms instead of 0.7.
    "enable_seqscan": "off",
}
"""Not by SET in the pool's init: asyncpg resets a connection when it is given back."""

EF_SEARCH = ((50_000, 100), (2_000_000, 200))
"""Up to so many capabilities, how wide the index is searched: at 10,000 a width of 100 has recall@10 of 0.9997, at 100,000 it has 0.97 and
a width of 200 0.99 (make bench-discovery)."""

_log = structlog.get_logger("database")


class StartFailed(Exception):
    """The broker cannot start with this database and these settings; the message says why."""


class Database:
    """The pool. Open it with `connect`."""

    def __init__(self, url: str, *, pool: int) -> None:
        self._url = url
        self._size = pool
        self._pool: asyncpg.Pool | None = None
        self._ef_search = 0

    async def migrate(self, *, embedding_dim: int) -> None:
        """Apply what is missing, on a connection of its own."""
        connection = await asyncpg.connect(self._url, timeout=CONNECT_S)
        try:
            before = await migrations.migrate(connection, embedding_dim=embedding_dim)
            _log.info("schema", before=before, now=migrations.CURRENT)
            await _check_dimension(connection, embedding_dim)
        finally:
            await connection.close(timeout=CONNECT_S)

    async def connect(self) -> None:
        self._pool = await asyncpg.create_pool(
            self._url,
            min_size=2,
            max_size=self._size,
            max_inactive_connection_lifetime=60,
            init=register_vector,
            **self._connecting(EF_SEARCH[0][1]),
        )
        await self.fit_search()

    async def fit_search(self) -> None:
        """Search the index as wide as its size needs. A setting of connections, so they are made anew when that changes."""
        count = await self.fetchval("SELECT reltuples::bigint FROM pg_class WHERE oid = 'capabilities'::regclass")
        wanted = next((width for most, width in EF_SEARCH if count <= most), EF_SEARCH[-1][1])
        if wanted != self._ef_search and self._pool is not None:
            self._pool.set_connect_args(self._url, **self._connecting(wanted))
            await self._pool.expire_connections()

    def _connecting(self, ef_search: int) -> dict[str, Any]:
        self._ef_search = ef_search
        settings = {**SERVER_SETTINGS, "hnsw.ef_search": str(ef_search)}
        return {"timeout": CONNECT_S, "command_timeout": STATEMENT_S, "server_settings": settings}

    async def close(self) -> None:
        if self._pool is None:
            return
        try:
            await asyncio.wait_for(self._pool.close(), CONNECT_S)
        except TimeoutError:
            self._pool.terminate()

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[asyncpg.pool.PoolConnectionProxy]:
        """A connection of the pool, for statements that belong together.

        Raises:
            BrokerError: UNAVAILABLE, when PostgreSQL does not answer in time.
        """
        if self._pool is None:
            raise unavailable()
        try:
            async with self._pool.acquire(timeout=ACQUIRE_S) as connection:
                try:
                    yield connection
                except (TimeoutError, asyncio.CancelledError):
                    connection.terminate()  # else giving it back waits for the cancelled statement
                    raise
        except (OSError, TimeoutError, asyncpg.InterfaceError, *_SERVER_GONE) as error:
            _log.warning("database_unavailable", reason=type(error).__name__)
            raise unavailable() from error

    async def fetch(self, sql: str, *arguments: Any) -> Sequence[asyncpg.Record]:
        async with self.connection() as connection:
            return await connection.fetch(sql, *arguments)  # type: ignore[no-any-return]

    async def fetchrow(self, sql: str, *arguments: Any) -> asyncpg.Record | None:
        async with self.connection() as connection:
            return await connection.fetchrow(sql, *arguments)

    async def fetchval(self, sql: str, *arguments: Any) -> Any:
        async with self.connection() as connection:
            return await connection.fetchval(sql, *arguments)

    async def execute(self, sql: str, *arguments: Any) -> str:
        async with self.connection() as connection:
            return await connection.execute(sql, *arguments)  # type: ignore[no-any-return]

    async def shared(self, name: str, proposed: str) -> str:
        """What all instances know by this name; the first one to ask decides."""
        await self.execute("INSERT INTO shared (name, value) VALUES ($1, $2) ON CONFLICT DO NOTHING", name, proposed)
        value: str = await self.fetchval("SELECT value FROM shared WHERE name = $1", name)
        return value


_SERVER_GONE = (
    asyncpg.PostgresConnectionError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.CannotConnectNowError,
    asyncpg.TooManyConnectionsError,
    asyncpg.QueryCanceledError,
    asyncpg.InsufficientResourcesError,
    asyncpg.InternalClientError,  # asyncpg's, when it resets a connection whose server died in the middle of an answer
)


async def _check_dimension(connection: asyncpg.Connection, expected: int) -> None:
    found = await connection.fetchval(
        "SELECT atttypmod FROM pg_attribute WHERE attrelid = 'capabilities'::regclass AND attname = 'embedding'"
    )
    if found != expected:
        raise StartFailed(
            f"EMBEDDING_DIM is {expected}, but the index was made for {found} dimensions; set it to {found}, or use a new database"
        )
