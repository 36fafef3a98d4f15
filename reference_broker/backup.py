"""Backups of PostgreSQL, the one store whose loss nobody else makes good: a consistent copy of every table in one file, and its restoring.

It needs no program beside the broker's own: tables travel by COPY within one transaction. A file is a gzipped tar of `manifest.json` and
one `TABLE.copy` each (PostgreSQL's text format). It holds the broker's signing key, unless SIGNING_KEY gives it: keep it as a secret.
What waits in the stream is not in it. docs/broker.md, Backups, says how to run it daily.
"""

from __future__ import annotations

import asyncio
import io
import json
import os
import re
import tarfile
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import asyncpg
import structlog

from reference_broker import migrations
from reference_broker.database import CONNECT_S, StartFailed

FORMAT = 1
KEEP_DAYS = 7
"""Deployment summary, PostgreSQL: daily backups, kept for 7 days."""

NAME = re.compile(r"ainp-\d{8}T\d{6}Z\.backup")
TABLE_NAME = re.compile(r"[a-z_][a-z0-9_]{0,62}")
COPY_S = 3_600.0

TABLES = "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
COLUMNS = """
SELECT column_name FROM information_schema.columns
WHERE table_schema = 'public' AND table_name = $1 AND is_generated = 'NEVER' ORDER BY ordinal_position
"""
REFERENCES = """
SELECT c.relname AS child, p.relname AS parent FROM pg_constraint f
JOIN pg_class c ON c.oid = f.conrelid JOIN pg_class p ON p.oid = f.confrelid
WHERE f.contype = 'f' AND f.connamespace = 'public'::regnamespace AND c.oid <> p.oid
"""
IDENTITIES = """
SELECT column_name FROM information_schema.columns WHERE table_schema = 'public' AND table_name = $1
AND pg_get_serial_sequence(quote_ident(table_name), column_name) IS NOT NULL
"""
DIMENSIONS = "SELECT atttypmod FROM pg_attribute WHERE attrelid = 'capabilities'::regclass AND attname = 'embedding'"
NEXT = "SELECT setval(pg_get_serial_sequence($1, $2), greatest((SELECT max({column}) FROM {table}), 1))"

_log = structlog.get_logger("backup")


class BackupFailed(StartFailed):
    """A backup cannot be made or restored; the message says why."""


@dataclass(frozen=True)
class Manifest:
    """What a backup says of itself. `tables`: name to its columns and rows, parents before those that refer to them."""

    format: int
    made_at: str
    embedding_dim: int
    steps: list[str]
    tables: dict[str, dict[str, Any]]


async def back_up(url: str, where: Path) -> Path:
    """Write a backup and give its file.

    Args:
        where: the file; or a folder, in which it gets a name by its time, and older ones than 7 days are removed afterwards.

    Raises:
        BackupFailed: the database is not there or not migrated, or the file cannot be written.
    """
    made, in_folder = time.time(), await asyncio.to_thread(where.is_dir)
    file = where / time.strftime("ainp-%Y%m%dT%H%M%SZ.backup", time.gmtime(made)) if in_folder else where
    connection = await _connected(url)
    try:
        with tempfile.TemporaryDirectory(dir=file.parent, prefix=".ainp-backup-") as scratch:
            manifest = await _copy_out(connection, Path(scratch), made)
            _pack(Path(scratch), manifest, Path(scratch) / "whole")
            (Path(scratch) / "whole").replace(file)  # a file by this name is always whole
    except OSError as error:
        raise BackupFailed(f"the backup cannot be written to {file}: {error.strerror or error}") from error
    finally:
        await connection.close(timeout=CONNECT_S)
    _log.info("backed_up", file=str(file), rows={name: table["rows"] for name, table in manifest.tables.items()})
    if in_folder:
        remove_old(where, now=made)
    return file


def remove_old(folder: Path, *, now: float, keep_days: int = KEEP_DAYS) -> list[Path]:
    """Remove the backups of a folder that are older than this; nothing but files that are named as ours."""
    ours = [file for file in folder.iterdir() if NAME.fullmatch(file.name)]
    old = [file for file in ours if file.stat().st_mtime < now - keep_days * 86_400]
    for file in old:
        file.unlink(missing_ok=True)
    return old


async def restore(url: str, file: Path) -> None:
    """Fill an empty database from a backup: the schema as it was then, its rows, then what migrations came since.

    Raises:
        BackupFailed: the file is no backup, comes from a newer version, or the database is not empty.
    """
    with tempfile.TemporaryDirectory(prefix="ainp-restore-") as scratch:
        manifest = _unpack(file, Path(scratch))
        if unknown := [step for step in manifest.steps if step not in migrations.steps()]:
            raise BackupFailed(f"{file} was made by a newer version: this one does not know the step {unknown[0]}")
        connection = await _connected(url)
        try:
            async with connection.transaction():  # the whole of it, or nothing
                await _require_empty(connection)
                await migrations.migrate(connection, embedding_dim=manifest.embedding_dim, only=manifest.steps)
                await _copy_in(connection, Path(scratch), manifest)
                await migrations.migrate(connection, embedding_dim=manifest.embedding_dim)
        finally:
            await connection.close(timeout=CONNECT_S)
    _log.info("restored", file=str(file), made_at=manifest.made_at, rows={name: table["rows"] for name, table in manifest.tables.items()})


async def _connected(url: str) -> asyncpg.Connection:
    try:
        return await asyncpg.connect(url, timeout=CONNECT_S, command_timeout=COPY_S)
    except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        raise BackupFailed(f"PostgreSQL does not take the connection ({type(error).__name__}); is DATABASE_URL right?") from error


async def _copy_out(connection: asyncpg.Connection, folder: Path, made: float) -> Manifest:
    async with connection.transaction(isolation="repeatable_read", readonly=True):
        if await connection.fetchval("SELECT to_regclass('schema_steps')") is None:
            raise BackupFailed("the database holds no schema of this broker; is DATABASE_URL right?")
        dim = await connection.fetchval(DIMENSIONS)
        steps = [row["name"] for row in await connection.fetch("SELECT name FROM schema_steps")]
        names = [row["tablename"] for row in await connection.fetch(TABLES)]
        tables = {}
        for name in in_order(names, [(row["child"], row["parent"]) for row in await connection.fetch(REFERENCES)]):
            columns = [row["column_name"] for row in await connection.fetch(COLUMNS, name)]
            told = await connection.copy_from_table(name, columns=columns, output=folder / f"{name}.copy")
            tables[name] = {"columns": columns, "rows": int(told.rpartition(" ")[2])}
    made_at = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(made))
    return Manifest(FORMAT, made_at, dim, [step for step in migrations.steps() if step in steps], tables)


async def _copy_in(connection: asyncpg.Connection, folder: Path, manifest: Manifest) -> None:
    for name in reversed(manifest.tables):  # what a migration put there comes from the backup
        await connection.execute(f'DELETE FROM "{name}"')
    for name, table in manifest.tables.items():
        told = await connection.copy_to_table(name, columns=table["columns"], source=folder / f"{name}.copy")
        if int(told.rpartition(" ")[2]) != table["rows"]:
            raise BackupFailed(f"the table {name} took {told.rpartition(' ')[2]} rows of {table['rows']}")
        for row in await connection.fetch(IDENTITIES, name):
            column = row["column_name"]
            await connection.fetchval(NEXT.format(column=f'"{column}"', table=f'"{name}"'), name, column)


async def _require_empty(connection: asyncpg.Connection) -> None:
    if names := [row["tablename"] for row in await connection.fetch(TABLES)]:
        raise BackupFailed(f"the database is not empty (it has the table {names[0]}): a backup is restored into a new one")


def in_order(tables: Sequence[str], references: Sequence[tuple[str, str]]) -> list[str]:
    """Tables with those before each other that others refer to.

    Args:
        references: (child, parent) of every foreign key between two of them.
    """
    left, ordered = sorted(tables), []
    while left:
        free = [name for name in left if not any(child == name and parent in left for child, parent in references)]
        if not free:
            raise BackupFailed(f"tables refer to each other in a circle: {', '.join(left)}")
        ordered += free
        left = [name for name in left if name not in free]
    return ordered


def _pack(folder: Path, manifest: Manifest, file: Path) -> None:
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as out, tarfile.open(fileobj=out, mode="w:gz", compresslevel=6) as packed:
        told = json.dumps(asdict(manifest), indent=2).encode()
        entry = tarfile.TarInfo("manifest.json")
        entry.size = len(told)
        packed.addfile(entry, io.BytesIO(told))
        for name in manifest.tables:
            packed.add(folder / f"{name}.copy", arcname=f"{name}.copy")


def _unpack(file: Path, folder: Path) -> Manifest:
    try:
        with tarfile.open(file, mode="r:gz") as packed:
            packed.extractall(folder, filter="data")
        told: Mapping[str, Any] = json.loads((folder / "manifest.json").read_text())
        manifest = Manifest(**told)
    except (OSError, EOFError, tarfile.TarError, ValueError, TypeError) as error:
        raise BackupFailed(f"{file} is no backup that can be read: {error}") from error
    if bad := [name for name in manifest.tables if not TABLE_NAME.fullmatch(name)]:
        raise BackupFailed(f"{file} is no backup of this broker: it has a table {bad[0]!r}")
    if manifest.format != FORMAT:
        raise BackupFailed(f"{file} is of format {manifest.format}, this version reads {FORMAT}")
    return manifest
