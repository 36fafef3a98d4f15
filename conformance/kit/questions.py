"""What is asked of PostgreSQL, Redis and NATS, each in a few statements that change nothing, `flush` apart. Plain JSON values come back."""

from __future__ import annotations

import asyncio
import re
import secrets
from collections.abc import Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any

import asyncpg
import nats
import nats.errors
import nats.js.errors
import redis.asyncio as redis
from nats.aio.client import Client

DatabaseQuestion = Callable[[asyncpg.Connection], Awaitable[Any]]
CacheQuestion = Callable[[str], Awaitable[Any]]
StreamQuestion = Callable[[str, str], Awaitable[Any]]

ANSWER_S = 5.0
LOOK_BACK = 300
"""So many of the last messages of a stream are searched for one of ours."""

COLUMNS = """
SELECT table_name || '.' || column_name, data_type || ' ' || is_nullable || ' ' || coalesce(column_default, '')
FROM information_schema.columns WHERE table_schema = 'public'
"""
INDEXES = "SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'"
CONSTRAINTS = """
SELECT conrelid::regclass || '.' || conname, pg_get_constraintdef(oid) FROM pg_constraint
WHERE connamespace = 'public'::regnamespace AND conrelid <> 0
"""
TABLES = "SELECT format('%I', tablename) FROM pg_tables WHERE schemaname = 'public' ORDER BY 1"
SAFE_NAME = re.compile(r"[a-z_][a-z0-9_]{0,62}")
CONTENT = "SELECT count(*), md5(coalesce(string_agg(md5(t::text), '' ORDER BY t::text), '')) FROM {table} t"


async def schema_version(connection: asyncpg.Connection) -> dict[str, Any]:
    """What schema_version says, and which extensions there are."""
    versions = [row[0] for row in await connection.fetch("SELECT version FROM schema_version")]
    return {"versions": versions, **await postgres(connection)}


async def postgres(connection: asyncpg.Connection) -> dict[str, Any]:
    """The server's version as a number (160004 is 16.4), and its extensions."""
    extensions = {row[0]: row[1] for row in await connection.fetch("SELECT extname, extversion FROM pg_extension")}
    return {"version": int(await connection.fetchval("SHOW server_version_num")), "extensions": extensions}


async def snapshot(connection: asyncpg.Connection) -> dict[str, Any]:
    """The schema, and of each table how many rows it has and a digest of them."""
    async with connection.transaction(isolation="repeatable_read", readonly=True):
        schema = {name: dict(await connection.fetch(sql)) for name, sql in (("columns", COLUMNS), ("indexes", INDEXES))}
        schema["constraints"] = dict(await connection.fetch(CONSTRAINTS))
        tables = {}
        for row in await connection.fetch(TABLES):
            count, digest = await connection.fetchrow(CONTENT.format(table=row[0]))
            tables[row[0]] = {"rows": count, "digest": digest}
        return {"schema": schema, "tables": tables}


async def indexes(connection: asyncpg.Connection) -> dict[str, Any]:
    """Every index by its definition."""
    return dict(await connection.fetch(INDEXES))


async def redis_info(url: str) -> dict[str, Any]:
    """Version, memory and persistence, as INFO tells them."""
    async with _redis(url) as client:
        told = await client.info()
    names = ("redis_version", "server_name", "maxmemory", "maxmemory_policy", "aof_enabled")
    return {name: told.get(name) for name in names}


async def set_and_get(url: str) -> dict[str, Any]:
    """A key of our own set for 100 ms, got at once, and looked for after 300."""
    key, value = f"ainp-harness:{secrets.token_hex(8)}", secrets.token_hex(4)
    async with _redis(url) as client:
        await client.set(key, value, px=100)
        got = await client.get(key)
        await asyncio.sleep(0.3)
        return {"set": value, "got": got, "after": await client.get(key)}


async def flush(url: str) -> dict[str, Any]:
    """Forget everything: Redis is a cache here."""
    async with _redis(url) as client:
        before = await client.dbsize()
        await client.flushall()
    return {"keys_before": before}


async def nats_info(url: str, _asked: str) -> dict[str, Any]:
    """What the server greets with, and whether JetStream answers."""
    async with _nats(url) as client:
        told = {name: client._server_info.get(name) for name in ("version", "jetstream", "max_payload")}
        account = await client.jetstream(timeout=ANSWER_S).account_info()
        return {**told, "streams": account.streams}


async def streams_with(url: str, asked: str) -> dict[str, Any]:
    """Every stream, how it keeps its messages, and whether one of its latest holds this text."""
    async with _nats(url) as client:
        context = client.jetstream(timeout=ANSWER_S)
        found = {}
        for info in await context.streams_info():
            name = str(info.config.name)
            found[name] = {
                "storage": str(info.config.storage).rpartition(".")[2].lower(),
                "max_age_s": info.config.max_age,
                "subjects": info.config.subjects,
                "messages": info.state.messages,
                "holds": await _holds(client, name, info.state.first_seq, info.state.last_seq, asked.encode()),
            }
        return found


def of_log(text: str, secrets: Mapping[str, str]) -> dict[str, Any]:
    """The lines, and how often which secret stands in them: counted here, as the recorder takes the secrets themselves out."""
    return {"lines": text.splitlines(), "secrets": {name: text.count(secret) for name, secret in secrets.items() if secret in text}}


async def _holds(client: Client, stream: str, first: int, last: int, text: bytes) -> bool:
    context = client.jetstream(timeout=ANSWER_S)
    for sequence in range(last, max(first, last - LOOK_BACK, 1) - 1, -1):
        try:
            message = await context.get_msg(stream, sequence)
        except nats.js.errors.NotFoundError:
            continue
        if text in (message.data or b""):
            return True
    return False


@asynccontextmanager
async def _redis(url: str) -> Any:
    client = redis.from_url(url, decode_responses=True, socket_timeout=ANSWER_S, socket_connect_timeout=ANSWER_S)
    try:
        yield client
    finally:
        await client.aclose()


@asynccontextmanager
async def _nats(url: str) -> Any:
    client = await nats.connect(url, name="ainp-harness", connect_timeout=int(ANSWER_S), allow_reconnect=False)
    try:
        yield client
    finally:
        await client.close()


async def create_database(connection: asyncpg.Connection, name: str) -> None:
    """An empty database beside the broker's."""
    await connection.execute(f'CREATE DATABASE "{_safe(name)}" TEMPLATE template0')


async def drop_database(connection: asyncpg.Connection, name: str) -> None:
    """Take it away again, whoever is connected to it."""
    await connection.execute(f'DROP DATABASE IF EXISTS "{_safe(name)}" WITH (FORCE)')


def _safe(name: str) -> str:
    if not SAFE_NAME.fullmatch(name):
        raise ValueError(f"{name!r} is no name that needs no quoting")
    return name
