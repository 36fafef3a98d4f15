"""The limits of both readings, over the real Redis and without it."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator

import httpx
import pytest

from ainp_harness.targets.embedded import EmbeddedTarget
from ainp_harness.wire.envelope import MsgType
from reference_broker.cache import Cache
from reference_broker.limits import BURST, Budget, Counted, Limits, LocalCounts
from reference_broker.routes.health import declaration
from reference_broker.settings import Settings
from tests.reference_broker.agents import Agent, code
from tests.reference_broker.conftest import MakeAgent

INTENTS = Budget(200, 10.0, 0.6)


def settings(redis_url: str = "redis://127.0.0.1:1", **changes: object) -> Settings:
    return Settings(database_url="postgresql://h/d", redis_url=redis_url, nats_url="nats://h", **changes)  # type: ignore[arg-type]


def passed(counted: list[Counted]) -> int:
    return sum(one.retry_after_ms is None for one in counted)


def test_a_local_window_slides_and_tells_the_truth() -> None:
    counts, three = LocalCounts(), Budget(3, 60)
    assert [counts.count("a", three, at).remaining for at in (0.0, 10.0, 20.0)] == [2, 1, 0]
    assert counts.count("a", three, 50.0).retry_after_ms == 10_000
    assert counts.count("b", three, 50.0).remaining == 2
    assert counts.count("a", three, 60.0).retry_after_ms is None
    assert counts.count("a", three, 60.0).retry_after_ms == 10_000


def test_a_local_bucket_gives_a_burst_and_then_its_rate() -> None:
    counts = LocalCounts()
    assert passed([counts.count("a", INTENTS, n / 100) for n in range(300)]) == 200  # in 3 s: never more than 200 in 10 s
    assert counts.count("a", INTENTS, 3.0).retry_after_ms == 7_000
    assert passed([counts.count("a", INTENTS, 10.0 + n / 100) for n in range(100)]) == pytest.approx(17, abs=1)  # what came in since
    assert passed([counts.count("b", INTENTS, n * 0.3) for n in range(600)]) == pytest.approx(500, abs=1)  # twice the rate for 3 minutes


async def test_the_store_counts_as_the_process_does(target: EmbeddedTarget) -> None:
    cache = Cache(str(target.redis_url))
    try:
        limits = Limits(cache, settings(str(target.redis_url), ainp_limits="draft-00", limit_discovery=10, limit_window_s=6))
        said = [await limits.count_did("did:a", MsgType.INTENT) for _ in range(BURST + 20)]
        assert passed(said) == BURST
        assert [one.remaining for one in said[:3]] == [199, 198, 197]
        assert not any(one.degraded for one in said)
        wait_ms = said[-1].retry_after_ms
        assert wait_ms is not None
        assert 7_000 < wait_ms <= 10_000
        assert passed([await limits.count_did("did:a", MsgType.RESULT)]) == 0
        assert passed([await limits.count_did("did:a", MsgType.DISCOVER) for _ in range(11)]) == 10
        assert passed([await limits.count_did("did:a", kind) for kind in (MsgType.ADVERTISE, None) for _ in range(60)]) == 100
        assert passed([await limits.count_did("did:b", MsgType.INTENT)]) == 1
    finally:
        await cache.close()


async def test_the_bucket_is_true_about_when_it_has_one_more(target: EmbeddedTarget) -> None:
    cache = Cache(str(target.redis_url))
    try:
        limits = Limits(cache, settings(str(target.redis_url)))
        small = Budget(3, 0.05, 0.3)
        for _ in range(3):
            assert (await limits._count(("bucket", small))).retry_after_ms is None
            await asyncio.sleep(0.03)
        over = await limits._count(("bucket", small))
        assert over.retry_after_ms is not None
        await asyncio.sleep(over.retry_after_ms / 1000)
        assert (await limits._count(("bucket", small))).retry_after_ms is None
        assert (await limits._count(("bucket", small))).retry_after_ms is not None
    finally:
        await cache.close()


async def test_without_a_store_the_instance_counts_and_says_so() -> None:
    limits = Limits(Cache("redis://127.0.0.1:1"), settings(ainp_limits="draft-00"))
    said = [await limits.count_did("did:a", MsgType.INTENT) for _ in range(BURST + 1)]
    assert passed(said) == BURST
    assert said[0].headers["X-RateLimit-Degraded"] == "true"
    assert said[-1].refusal().code == "RATE_LIMIT_EXCEEDED"


def test_what_differs_is_declared() -> None:
    def limits_of(**changes: object) -> dict[str, object]:
        limits: dict[str, object] = declaration(settings(**changes), did="d", instance="i", model="m")["limits"]
        return limits

    assert "burst_10s" not in limits_of(limit_discovery=10)
    assert limits_of(ainp_limits="draft-00")["burst_10s"] == 200
    assert "discovery_per_minute" not in limits_of(ainp_limits="draft-00")
    assert limits_of(ainp_limits="draft-00", limit_discovery=10, limit_window_s=3)["discovery_per_minute"] == 10
    told = declaration(settings(skew_s=5, replay_margin_s=4, presence_s=3, limit_window_s=2), did="d", instance="i", model="m")
    assert (told["constants"], told["presence_s"], told["limits"]["window_s"]) == ({"skew_s": 5, "replay_margin_s": 4}, 3, 2)


@pytest.fixture
async def two(target: EmbeddedTarget) -> AsyncIterator[list[httpx.AsyncClient]]:
    async with (
        httpx.AsyncClient(base_url=target.base_urls[0], timeout=10, verify=False) as one,
        httpx.AsyncClient(base_url=target.base_urls[1], timeout=10, verify=False) as other,
    ):
        yield [one, other]


async def test_two_instances_have_one_limit(two: list[httpx.AsyncClient], agent: MakeAgent) -> None:
    alice = agent()
    there = [Agent(client, alice.identity, alice.address) for client in two]
    answers = await asyncio.gather(*(there[n % 2].proven("GET", alice.inbox) for n in range(110)))
    assert Counter(answer.status_code for answer in answers) == {200: 100, 429: 10}
    assert code(next(answer for answer in answers if answer.status_code == 429)) == (429, "RATE_LIMIT_EXCEEDED")
