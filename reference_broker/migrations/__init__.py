"""The schema, step by step. Every file may run again without changing anything, and leaves `schema_version` at its own version.

Several instances that start at once wait for each other on an advisory lock; the first applies, the others find it done.
"""

from __future__ import annotations

from pathlib import Path

import asyncpg

CURRENT = "0.1.1"
STEPS = ("schema.sql", "001_add_agent_registration_fields.sql")
_LOCK = 0x41494E50  # "AINP"; any number does that nobody else locks


async def migrate(connection: asyncpg.Connection, *, embedding_dim: int) -> str | None:
    """Bring the schema to CURRENT, in one transaction; the version it had before, None for an empty database."""
    async with connection.transaction():
        await connection.execute("SELECT pg_advisory_xact_lock($1)", _LOCK)
        before = await _version(connection)
        if before != CURRENT:
            for step in STEPS:
                sql = (Path(__file__).parent / step).read_text(encoding="utf-8")
                await connection.execute(sql.replace(":embedding_dim", str(embedding_dim)))
        return before


async def _version(connection: asyncpg.Connection) -> str | None:
    if await connection.fetchval("SELECT to_regclass('schema_version')") is None:
        return None
    version: str | None = await connection.fetchval("SELECT version FROM schema_version")
    return version
