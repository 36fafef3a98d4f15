"""Rate limits: 100 a minute for each DID and each address, no more and no less, whoever asks.

Each probe uses up a budget of its own: a fresh DID, or an address that nothing else uses. Where there is only one address, the probes
about it run last of all.
"""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from ainp_harness.wire.exchange import Exchange
from conformance.kit.agents import Agent
from conformance.kit.probe import Probe, requirement
from conformance.kit.transport import Call

AT_ONCE = 20


async def _signed_burst(probe: Probe, agent: Agent, count: int) -> list[Exchange]:
    """`count` signed requests of one DID, spread over operations."""
    call = replace(probe.proven(agent), expects_limit=True)
    intents = replace(probe.call_by(agent), expects_limit=True)
    to = (await probe.recipient()).did
    exchanges: list[Exchange] = []

    async def one(number: int) -> Exchange:
        if number % 3 == 0:
            return await probe.call("poll", {"did": agent.did, "limit": 1}, call)
        return await probe.call("send_intent", {"envelope": agent.intent(to)}, intents)

    for start in range(0, count, AT_ONCE):
        exchanges += await asyncio.gather(*(one(number) for number in range(start, min(start + AT_ONCE, count))))
    return exchanges


@requirement("AINP-LIM-001", "AINP-LIM-004")
async def test_a_did_has_a_hundred_a_minute(probe: Probe) -> None:
    """ERRATUM-05: a broker that lets a burst of 200 pass follows the draft instead."""
    limit, window = probe.constants.limit_per_did, probe.constants.limit_window_s
    alice = probe.agent("alice")
    exchanges = await _signed_burst(probe, alice, limit + 5)
    if all(exchange.response is not None and exchange.response.status != 429 for exchange in exchanges):
        exchanges += await _signed_burst(probe, alice, limit)
    probe.claim(
        "limited_after", *exchanges, limit=limit, window_s=window, other_limit=200, erratum="ERRATUM-05", requirements=["AINP-LIM-001"]
    )
    probe.claim("tells_retry", *exchanges, window_s=window, requirements=["AINP-LIM-004"])


@requirement("AINP-LIM-003")
async def test_one_limit_does_not_touch_another(probe: Probe) -> None:
    alice, bob = probe.agent("alice"), probe.agent("bob")
    exchanges = await _signed_burst(probe, alice, probe.constants.limit_per_did + 1)
    probe.control("tells_retry", *exchanges, window_s=probe.constants.limit_window_s, requirement="AINP-LIM-001")
    to = await probe.recipient()
    probe.claim("not_limited", await probe.send(bob.intent(to), bob))
    probe.claim("not_limited", await probe.poll(bob))


@requirement("AINP-LIM-005")
async def test_the_headers_count_down(probe: Probe) -> None:
    alice, to = probe.agent("alice"), await probe.recipient()
    exchanges = [await probe.send(alice.intent(to), alice) for _ in range(3)]
    probe.control("accepted", *exchanges)
    probe.claim("counts_down", *exchanges, limit=probe.constants.limit_per_did)


def _public(probe: Probe, address: str | None) -> Call:
    return replace(probe.call_by(None), address=address, expects_limit=True)


async def _public_burst(probe: Probe, address: str | None, count: int) -> list[Exchange]:
    """`count` requests of public operations from one address, over all of them together."""
    stranger = probe.agent("stranger").did
    calls: list[tuple[str, dict[str, object]]] = [
        ("discover_text", {"query": "a plumber", "limit": 1}),
        ("get_agent", {"did": stranger}),
        ("capabilities", {}),
    ]
    offered = [(operation, values) for operation, values in calls if probe.offers(operation)]
    exchanges: list[Exchange] = []
    for start in range(0, count, AT_ONCE):
        chosen = [offered[number % len(offered)] for number in range(start, min(start + AT_ONCE, count))]
        exchanges += await asyncio.gather(*(probe.call(operation, values, _public(probe, address)) for operation, values in chosen))
    return exchanges


@pytest.mark.last
@requirement("AINP-LIM-002", "AINP-LIM-004", "AINP-LIM-006")
async def test_an_address_has_a_hundred_a_minute_on_public_operations(probe: Probe) -> None:
    """And forging X-Forwarded-For or X-AINP-DID afterwards opens nothing."""
    limit, window = probe.constants.limit_per_ip, probe.constants.limit_window_s
    address = await probe.fresh_address()
    exchanges = await _public_burst(probe, address, limit + 5)
    own = probe.own_address
    probe.claim("limited_after", *exchanges, limit=limit, window_s=window, exclusive=own, requirements=["AINP-LIM-002"])
    probe.claim("tells_retry", *exchanges, window_s=window, requirements=["AINP-LIM-004"])
    forged = [
        {"x-forwarded-for": "203.0.113.7"},
        {"x-forwarded-for": "203.0.113.8, 203.0.113.9"},
        {"x-real-ip": "203.0.113.10"},
        {"forwarded": "for=203.0.113.11"},
        {"x-ainp-did": probe.agent("claimed").did},
    ]
    for headers in forged:
        call = replace(_public(probe, address), headers=headers)
        probe.claim(
            "still_limited_or_refused", await probe.call("discover_text", {"query": "a plumber"}, call), requirements=["AINP-LIM-006"]
        )


@pytest.mark.last
@requirement("AINP-LIM-006")
async def test_nobody_uses_up_anothers_limit(probe: Probe) -> None:
    """120 messages in alice's name with another's signature; then alice herself sends."""
    alice, mallory = probe.agent("alice"), probe.agent("mallory")
    to = await probe.recipient()
    address = await probe.fresh_address()
    probe.control("accepted", await probe.send(alice.intent(to), alice))
    call = replace(probe.call_by(None), address=address, expects_limit=True)
    forged: list[Exchange] = []
    for _ in range(120 // AT_ONCE):
        batch = [mallory.sign(alice.unsigned_intent(to.did)) for _ in range(AT_ONCE)]
        forged += await asyncio.gather(*(probe.call("send_intent", {"envelope": envelope}, call) for envelope in batch))
    probe.claim("refused", *forged, codes=["INVALID_SIGNATURE", "UNAUTHORIZED", "RATE_LIMIT_EXCEEDED"], statuses=[400, 401, 403, 429])
    probe.claim("accepted", await probe.send(alice.intent(to), alice))


@pytest.mark.depth("standard")
@requirement("AINP-LIM-011")
async def test_what_a_refusal_says_of_waiting_is_true(probe: Probe) -> None:
    alice = probe.agent("alice")
    exchanges = await _signed_burst(probe, alice, probe.constants.limit_per_did + 1)
    limited = [exchange for exchange in exchanges if exchange.response is not None and exchange.response.status == 429]
    probe.claim("tells_retry", *exchanges, window_s=probe.constants.limit_window_s)
    await asyncio.sleep(min(probe.retry_after_s(limited[-1]) + 0.2, probe.constants.limit_window_s + 1))
    after = await probe.call("poll", {"did": alice.did, "limit": 1}, replace(probe.proven(alice), expects_limit=True))
    probe.claim("not_limited", after)


@pytest.mark.depth("standard")
@requirement("AINP-LIM-012")
async def test_the_window_slides(probe: Probe) -> None:
    """50 at once, 50 after 50 s, 60 after 61 s: 50 of the last pass, as the first 50 have left the window."""
    alice = probe.agent("alice")
    begun = asyncio.get_running_loop().time()
    first = await _signed_burst(probe, alice, 50)
    await asyncio.sleep(max(0.0, begun + 50 - asyncio.get_running_loop().time()))
    second = await _signed_burst(probe, alice, 50)
    probe.control("not_limited", *first, *second, requirement="AINP-LIM-001")
    await asyncio.sleep(max(0.0, begun + 62 - asyncio.get_running_loop().time()))
    third = await _signed_burst(probe, alice, 60)
    probe.claim("limited_after", *third, limit=50, window_s=probe.constants.limit_window_s)
