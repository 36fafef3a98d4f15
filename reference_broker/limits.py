"""Rate limits: how many requests each DID and each address may send, counted exactly and shared by all instances through Redis.

The times of the last requests are a list in Redis; one script trims, counts and appends, by Redis's own clock, so that neither
concurrency nor instances let one request too many pass. While Redis does not answer, each instance counts for itself and says so.
Which requests count against whom is not decided here: see `admission.py`.
"""

from __future__ import annotations

import math
import time
from collections import OrderedDict, deque
from collections.abc import Sequence
from dataclasses import dataclass, field

from ainp_harness.wire.envelope import MsgType
from ainp_harness.wire.errors import ErrorCode
from reference_broker.batching import Batch
from reference_broker.cache import Cache
from reference_broker.errors import BrokerError
from reference_broker.settings import Settings

BURST, BURST_S = 200, 10.0
"""Of intents, where the limits are the draft's (draft-00, rate limiting: burst)."""

COUNT = """
local now_parts = redis.call('TIME')
local now = now_parts[1] * 1000000 + now_parts[2]
local answers = {}
local k = 0
for i = 1, #ARGV / 3 do
    local limit, window, fill = tonumber(ARGV[3 * i - 2]), tonumber(ARGV[3 * i - 1]), tonumber(ARGV[3 * i])
    k = k + 1
    local key, wait, remaining, full_at = KEYS[k], 0, 0, 0
    local oldest = redis.call('LINDEX', key, 0)
    while oldest and tonumber(oldest) <= now - window do
        redis.call('LPOP', key)
        oldest = redis.call('LINDEX', key, 0)
    end
    remaining = limit - redis.call('LLEN', key) - 1
    if remaining < 0 then wait = tonumber(oldest) + window - now end
    if fill > 0 then
        k = k + 1
        full_at = math.max(tonumber(redis.call('GET', KEYS[k]) or '0'), now) + fill
        local room = now + limit * fill - full_at
        wait = math.max(wait, -room)
        remaining = math.min(remaining, math.floor(room / fill))
    end
    if wait > 0 then
        answers[i] = {-1, wait}
    else
        redis.call('RPUSH', key, string.format('%.0f', now))
        redis.call('PEXPIRE', key, math.ceil(window / 1000))
        if fill > 0 then
            redis.call('SET', KEYS[k], string.format('%.0f', full_at), 'PX', math.ceil(limit * fill / 1000))
        end
        answers[i] = {remaining, 0}
    end
end
return answers
"""
"""For each budget: its limit, its window, and in how long its bucket gains one (0: it has none). Times are microseconds. A bucket is
kept as the time at which it will be full again. A request that is refused is not counted: it would push the caller's way out ever
further away."""

LOCAL_CALLERS = 50_000
"""How many callers an instance counts by itself while Redis is down."""


@dataclass(frozen=True)
class Budget:
    """At most `limit` in any `window_s`; with `fill_s`, out of a bucket that holds `limit` and gains one every `fill_s`."""

    limit: int
    window_s: float
    fill_s: float = 0.0

    def keys(self, caller: str) -> tuple[str, ...]:
        return (caller, f"{caller}:full") if self.fill_s else (caller,)

    @property
    def arguments(self) -> tuple[int, int, int]:
        return self.limit, round(self.window_s * 1_000_000), round(self.fill_s * 1_000_000)


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
    """Counts requests, one key a caller and budget."""

    def __init__(self, cache: Cache, settings: Settings) -> None:
        self.per_address = Budget(settings.limit_per_ip, settings.limit_window_s)
        self.per_did = Budget(settings.limit_per_did, settings.limit_window_s)
        self.of_messages = draft_budgets(settings) if settings.ainp_limits == "draft-00" else {}
        """Messages that have a budget of their own, instead of the one for everything that a DID signs."""
        self._cache = cache
        self._script = cache.script(COUNT)
        self._local = LocalCounts()
        self._count = Batch(self._count_all)

    async def count_did(self, did: str, msg_type: MsgType | None = None) -> Counted:
        """Count a request against a DID. `msg_type`: of the message that it is; None, where it is none."""
        if msg_type in self.of_messages:
            name, budget = self.of_messages[msg_type]
            return await self._count((f"limit:{name}:{did}", budget))
        return await self._count((f"limit:did:{did}", self.per_did))

    async def count_address(self, address: str) -> Counted:
        return await self._count((f"limit:ip:{address}", self.per_address))

    async def _count_all(self, batch: Sequence[tuple[str, Budget]]) -> Sequence[Counted]:
        keys = [key for caller, budget in batch for key in budget.keys(caller)]
        arguments = [argument for _, budget in batch for argument in budget.arguments]
        answers = await self._cache.run(self._script, keys, arguments)
        if answers is None:
            return [self._local.count(caller, budget, time.monotonic()) for caller, budget in batch]
        return [
            Counted(budget.limit, remaining, math.ceil(wait_us / 1000) if remaining < 0 else None, degraded=False)
            for (_, budget), (remaining, wait_us) in zip(batch, answers, strict=True)
        ]


def draft_budgets(settings: Settings) -> dict[MsgType | None, tuple[str, Budget]]:
    """The draft's reading (ERRATUM-05): so many intents a minute, and up to 200 in 10 s on top; discovery queries where that is set.
    A RESULT is sent like an intent, and counts like one."""
    intents = ("intents", Budget(BURST, BURST_S, settings.limit_window_s / settings.limit_per_did))
    budgets: dict[MsgType | None, tuple[str, Budget]] = {MsgType.INTENT: intents, MsgType.RESULT: intents}
    if settings.limit_discovery is not None:
        budgets[MsgType.DISCOVER] = ("discovery", Budget(settings.limit_discovery, settings.limit_window_s))
    return budgets


@dataclass
class _Caller:
    times: deque[float] = field(default_factory=deque)
    full_at: float = 0.0


class LocalCounts:
    """The same counting in this process's memory, bounded; the least recently seen caller is forgotten first."""

    def __init__(self) -> None:
        self._callers: OrderedDict[str, _Caller] = OrderedDict()

    def count(self, key: str, budget: Budget, now: float) -> Counted:
        caller = self._callers.setdefault(key, _Caller())
        self._callers.move_to_end(key)
        if len(self._callers) > LOCAL_CALLERS:
            self._callers.popitem(last=False)
        while caller.times and caller.times[0] <= now - budget.window_s:
            caller.times.popleft()
        remaining, wait_s = budget.limit - len(caller.times) - 1, 0.0
        if remaining < 0:
            wait_s = caller.times[0] + budget.window_s - now
        full_at = max(caller.full_at, now) + budget.fill_s
        if budget.fill_s:
            room_s = now + budget.limit * budget.fill_s - full_at
            wait_s, remaining = max(wait_s, -room_s), min(remaining, math.floor(room_s / budget.fill_s))
        if wait_s > 0:
            return Counted(budget.limit, -1, math.ceil(wait_s * 1000), degraded=True)
        caller.times.append(now)
        caller.full_at = full_at
        return Counted(budget.limit, remaining, None, degraded=True)
