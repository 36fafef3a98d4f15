"""Redis, for what may be lost: counters of limits and who is present. It runs without persistence and may evict keys, so nothing
that must be remembered lives there.

A Redis that does not answer is not an error for the callers: they get None and do without. It is left alone for a moment then,
so that a paused server doesn't make every request wait for a time-out.
"""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, TypeVar

import structlog
from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.commands.core import AsyncScript
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import RedisError

ANSWER_S = 0.5
LEAVE_ALONE_S = 1.0
CONNECTIONS = 8

Result = TypeVar("Result")

_log = structlog.get_logger("cache")


class Cache:
    """One pool of connections, and the memory of whether the server answers."""

    def __init__(self, url: str) -> None:
        pool = BlockingConnectionPool.from_url(
            url,
            max_connections=CONNECTIONS,
            timeout=ANSWER_S,
            socket_timeout=ANSWER_S,
            socket_connect_timeout=ANSWER_S,
            retry=Retry(NoBackoff(), 1, supported_errors=(RedisConnectionError,)),
            decode_responses=True,
        )
        self._redis = Redis(connection_pool=pool)
        self._down_until = 0.0

    async def close(self) -> None:
        await self._redis.aclose(close_connection_pool=True)

    async def ping(self) -> None:
        """Raises when Redis does not answer; asks even a server that is being left alone."""
        await self._redis.ping()
        self._down_until = 0.0

    def script(self, source: str) -> AsyncScript:
        return self._redis.register_script(source)

    async def run(self, script: AsyncScript, keys: Sequence[str], arguments: Sequence[Any]) -> Any | None:
        return await self._ask(lambda: script(keys=keys, args=arguments))

    async def many(self, keys: Sequence[str]) -> Sequence[object | None] | None:
        """The values of these keys, None for each that is not there."""
        return await self._ask(lambda: self._redis.mget(keys))

    async def put(self, key: str, value: str, *, for_s: float) -> None:
        await self._ask(lambda: self._redis.set(key, value, px=round(for_s * 1000)))

    async def remove(self, key: str) -> None:
        await self._ask(lambda: self._redis.delete(key))

    async def _ask(self, call: Callable[[], Awaitable[Result]]) -> Result | None:
        if time.monotonic() < self._down_until:
            return None
        try:
            return await call()
        except (RedisError, OSError, TimeoutError) as error:
            self._down_until = time.monotonic() + LEAVE_ALONE_S
            _log.warning("redis_unavailable", reason=type(error).__name__)
            return None
