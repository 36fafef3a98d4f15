"""Rate limits: an exact sliding window for each DID and each address, shared by all instances through Redis.

The times of the last requests are a list in Redis; one script trims, counts and appends, by Redis's own clock, so that neither
concurrency nor instances let one request too many pass. While Redis does not answer, each instance counts for itself and says so.
Which requests count against whom is not decided here: see `admission.py`.
"""

from __future__ import annotations

import math
import time
from collections import OrderedDict, deque
from collections.abc import Sequence
from dataclasses import dataclass

import structlog

from ainp_harness.wire.errors import ErrorCode
from reference_broker.batching import Batch
from reference_broker.cache import Cache
from reference_broker.errors import BrokerError
from reference_broker.settings import Settings

COUNT = """
local now_parts = redis.call('TIME')
local now = now_parts[1] * 1000000 + now_parts[2]
local window = tonumber(ARGV[1])
local answers = {}
for i, key in ipairs(KEYS) do
    local limit = tonumber(ARGV[i + 1])
    local oldest = redis.call('LINDEX', key, 0)
    while oldest and tonumber(oldest) <= now - window do
        redis.call('LPOP', key)
        oldest = redis.call('LINDEX', key, 0)
    end
    local used = redis.call('LLEN', key)
    if used >= limit then
        answers[i] = {-1, tonumber(oldest) + window - now}
    else
        redis.call('RPUSH', key, string.format('%.0f', now))
        redis.call('PEXPIRE', key, math.ceil(window / 1000))
        answers[i] = {limit - used - 1, 0}
    end
end
return answers
"""
"""Times are microseconds. A request that is refused is not counted: it would push the caller's way out ever further away."""

LOCAL_WINDOWS = 50_000
"""How many callers an instance counts by itself while Redis is down."""

_log = structlog.get_logger("limits")


@dataclass(frozen=True)
class Counted:
    """What counting a request said. The headers go on its answer, whatever that is."""

    limit: int
    remaining: int
    retry_after_ms: int | None
    """None when the request may pass."""
    degraded: bool

    @property
    def headers(self) -> dict[str, str]:
        headers = {"X-RateLimit-Limit": str(self.limit), "X-RateLimit-Remaining": str(max(self.remaining, 0))}
        return {**headers, "X-RateLimit-Degraded": "true"} if self.degraded else headers

    def refusal(self) -> BrokerError:
        message = f"more than {self.limit} requests; try again after retry_after_ms"
        return BrokerError(ErrorCode.RATE_LIMIT_EXCEEDED, message, retry_after_ms=self.retry_after_ms, headers=self.headers)


class Limits:
    """Counts requests, one key a caller."""

    def __init__(self, cache: Cache, settings: Settings) -> None:
        self._settings = settings
        self._cache = cache
        self._script = cache.script(COUNT)
        self._local = LocalWindows(settings.limit_window_s)
        self._count = Batch(self._count_all)

    async def count_did(self, did: str) -> Counted:
        return await self._count((f"limit:did:{did}", self._settings.limit_per_did))

    async def count_address(self, address: str) -> Counted:
        return await self._count((f"limit:ip:{address}", self._settings.limit_per_ip))

    async def _count_all(self, batch: Sequence[tuple[str, int]]) -> Sequence[Counted]:
        keys = [key for key, _ in batch]
        window_us = round(self._settings.limit_window_s * 1_000_000)
        answers = await self._cache.run(self._script, keys, [window_us, *(limit for _, limit in batch)])
        if answers is None:
            return [self._local.count(key, limit, time.monotonic()) for key, limit in batch]
        return [
            Counted(limit, remaining, math.ceil(wait_us / 1000) if remaining < 0 else None, degraded=False)
            for (_, limit), (remaining, wait_us) in zip(batch, answers, strict=True)
        ]


class LocalWindows:
    """The same windows in this process's memory, bounded; the least recently seen caller is forgotten first."""

    def __init__(self, window_s: float) -> None:
        self._window_s = window_s
        self._times: OrderedDict[str, deque[float]] = OrderedDict()

    def count(self, key: str, limit: int, now: float) -> Counted:
        times = self._times.setdefault(key, deque())
        self._times.move_to_end(key)
        if len(self._times) > LOCAL_WINDOWS:
            self._times.popitem(last=False)
        while times and times[0] <= now - self._window_s:
            times.popleft()
        if len(times) >= limit:
            return Counted(limit, -1, math.ceil((times[0] + self._window_s - now) * 1000), degraded=True)
        times.append(now)
        return Counted(limit, limit - len(times), None, degraded=True)
