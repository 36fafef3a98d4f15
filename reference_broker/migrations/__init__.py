"""The schema, step by step. Every file may run again without changing anything, and is applied once.

`schema_version` is the version of the deployment's promise (0.1.1); which files made it so, and what came on top, stands in
`schema_steps`. Several instances that start at once wait for each other on an advisory lock; the first applies, the others find it done.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import asyncpg

CURRENT = "0.1.1"
_LOCK = 0x41494E50  # "AINP"; any number does that nobody else locks


def steps() -> list[str]:
    """The files in the order in which they are applied."""
    return ["schema.sql", *sorted(path.name for path in Path(__file__).parent.glob("[0-9][0-9][0-9]_*.sql"))]


async def migrate(connection: asyncpg.Connection, *, embedding_dim: int, only: Sequence[str] | None = None) -> str | None:
    """Apply what is missing, in one transaction; the version there was before, None for an empty database.

    Args:
        only: of the steps no others than these: a backup is restored into the schema that it was made of.
    """
    async with connection.transaction():
        await connection.execute("SELECT pg_advisory_xact_lock($1)", _LOCK)
        before = await _version(connection)
        await connection.execute(
            "CREATE TABLE IF NOT EXISTS schema_steps (name text PRIMARY KEY, applied_at timestamptz NOT NULL DEFAULT now())"
        )
        applied = {row["name"] for row in await connection.fetch("SELECT name FROM schema_steps")}
        for step in steps():
            if step not in applied and (only is None or step in only):
                sql = (Path(__file__).parent / step).read_text(encoding="utf-8")
                await connection.execute(sql.replace(":embedding_dim", str(embedding_dim)))
                await connection.execute("INSERT INTO schema_steps (name) VALUES ($1)", step)
        return before


async def _version(connection: asyncpg.Connection) -> str | None:
    if await connection.fetchval("SELECT to_regclass('schema_version')") is None:
        return None
    version: str | None = await connection.fetchval("SELECT version FROM schema_version")
    return version
