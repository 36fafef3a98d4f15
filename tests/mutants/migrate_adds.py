"""Migrating again makes one more table."""

from __future__ import annotations

import sys

import asyncpg

from reference_broker import migrations
from reference_broker.__main__ import main
from reference_broker.clock import now_ms

AREAS = ("operations",)
FINDS = frozenset({"AINP-OPS-004"})
RELATED: frozenset[str] = frozenset(
    {
        "AINP-OPS-008",  # no load is run
    }
)

migrate = migrations.migrate


async def migrate_and_add(connection: asyncpg.Connection, *, embedding_dim: int) -> str | None:
    before = await migrate(connection, embedding_dim=embedding_dim)
    await connection.execute(f"CREATE TABLE migrated_{now_ms()} (at bigint)")
    return before


if __name__ == "__main__":
    migrations.migrate = migrate_and_add
    sys.exit(main(sys.argv[1:]))
