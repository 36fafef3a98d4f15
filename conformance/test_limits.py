"""Rate limits: 100 a minute for each DID and each address, no more and no less, whoever asks.

Each probe uses up a budget of its own: a fresh DID, or an address that nothing else uses. Where there is only one address, the probes
about it run last of all.
"""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from ainp_harness.judging.expectations.limits import is_limited
from ainp_harness.wire.binding import Rendered
from ainp_harness.wire.exchange import Exchange
from ainp_harness.wire.messages import capability
from conformance.kit.bursts import AT_ONCE, each_signed_operation, minute_readings, over_the_limit, signed, signed_burst, went_on
from conformance.kit.probe import Probe, requirement
from conformance.kit.transport import Call, own_proof


@requirement("AINP-LIM-001", "AINP-LIM-004", "AINP-ERR-005")
async def test_a_did_has_a_hundred_a_minute(probe: Probe) -> None:
    """ERRATUM-05: a broker that lets a burst of 200 intents pass follows the draft instead. Once over, each signed operation is refused."""
    alice, to = probe.agent("alice"), await probe.registered("to", "hears from many")
    exchanges = await over_the_limit(probe, alice, to, more=5)
    probe.claim("tells_retry", *exchanges, window_s=probe.constants.limit_window_s, requirements=["AINP-LIM-004"])
    if limited := [exchange for exchange in exchanges if is_limited(exchange)]:
        probe.claim("refused", *limited, codes=["RATE_LIMIT_EXCEEDED"], statuses=[429], strict=True, requirements=["AINP-ERR-005"])
    readings = minute_readings(probe)
    probe.claim("follows_reading", *exchanges, erratum="ERRATUM-05", readings=readings, requirements=["AINP-LIM-001"])
    over = await each_signed_operation(probe, alice, to)
    of_both = over[:1] if went_on(exchanges, probe.constants.limit_per_did) else over
    probe.claim("still_limited_or_refused", *of_both, requirements=["AINP-LIM-001"])


FORGED_ADDRESSES: list[dict[str, str]] = [
    {"x-forwarded-for": "203.0.113.7"},
    {"x-forwarded-for": "203.0.113.8, 203.0.113.9"},
    {"x-real-ip": "203.0.113.10"},
    {"forwarded": "for=203.0.113.11"},
    {"true-client-ip": "203.0.113.12"},
    {"cf-connecting-ip": "203.0.113.13"},
    {"x-client-ip": "203.0.113.14"},
]


@requirement("AINP-LIM-006")
async def test_a_blocked_did_cannot_pass_as_another(probe: Probe) -> None:
    """Once alice is over her limit, what she claims beside her signature opens nothing."""
    alice, to = probe.agent("alice"), await probe.registered("to", "hears from many")
    exchanges = await over_the_limit(probe, alice, to)
    probe.control("some_limited", *exchanges, requirement="AINP-LIM-001")
    for number, address in enumerate([{}, *FORGED_ADDRESSES]):
        call = signed(probe, alice, proof=None, headers=address | {"x-ainp-did": probe.agent(f"claimed {number}").did})
        probe.claim("still_limited_or_refused", await probe.call("send_intent", {"envelope": alice.intent(to)}, call))


@requirement("AINP-LIM-003")
async def test_one_limit_does_not_touch_another(probe: Probe) -> None:
    alice, bob, to = probe.agent("alice"), probe.agent("bob"), await probe.registered("to", "hears from many")
    exchanges = await over_the_limit(probe, alice, to)
    probe.control("some_limited", *exchanges, requirement="AINP-LIM-001")
    sent = await probe.call("send_intent", {"envelope": bob.intent(to)}, signed(probe, bob, proof=None))
    probe.claim("not_limited", sent, await probe.call("poll", {"did": bob.did, "limit": 1}, signed(probe, bob)))


@requirement("AINP-LIM-005")
async def test_the_headers_count_down(probe: Probe) -> None:
    alice, to = probe.agent("alice"), await probe.registered("to", "hears from many")
    exchanges = [await probe.send(alice.intent(to), alice) for _ in range(3)]
    probe.control("accepted", *exchanges)
    readings = {"hard": {"expectation": "counts_down", "limit": probe.constants.limit_per_did}}
    if burst := probe.declared.limits.get("burst_10s"):
        readings["burst"] = {"expectation": "counts_down", "limit": int(burst)}
    probe.claim("follows_reading", *exchanges, erratum="ERRATUM-05", readings=readings)


def _public(probe: Probe, address: str | None) -> Call:
    return replace(probe.call_by(None), address=address, expects_limit=True)


async def _each_public_operation(probe: Probe, address: str | None, name: str) -> list[Exchange]:
    """One request of every public operation that is offered, a registration among them."""
    call = _public(probe, address)
    fresh = probe.agent(name)
    registration = await probe.try_register(
        fresh, [capability("registers once too often")], call=replace(call, proof=own_proof(fresh.identity))
    )
    calls: list[tuple[str, dict[str, object]]] = [("discover_text", {"query": "a plumber", "limit": 1}), ("get_agent", {"did": fresh.did})]
    exchanges = [registration]
    for operation, values in [*calls, ("capabilities", {})]:
        if probe.offers(operation):
            exchanges.append(await probe.call(operation, values, call))
    return exchanges


async def _public_burst(probe: Probe, address: str | None, count: int) -> list[Exchange]:
    """`count` requests of public operations from one address, all of them among them."""
    exchanges = await _each_public_operation(probe, address, "first")
    stranger = probe.agent("stranger").did
    calls: list[tuple[str, dict[str, object]]] = [("discover_text", {"query": "a plumber", "limit": 1}), ("get_agent", {"did": stranger})]
    while (left := count - len(exchanges)) > 0:
        chosen = [calls[number % len(calls)] for number in range(min(AT_ONCE, left))]
        exchanges += await asyncio.gather(*(probe.call(operation, values, _public(probe, address)) for operation, values in chosen))
    return exchanges


@pytest.mark.last
@requirement("AINP-LIM-002", "AINP-LIM-004", "AINP-LIM-006")
async def test_an_address_has_a_hundred_a_minute_on_public_operations(probe: Probe) -> None:
    """Over all of them together; and forging X-Forwarded-For or X-AINP-DID afterwards opens nothing."""
    limit, window = probe.constants.limit_per_ip, probe.constants.limit_window_s
    address = await probe.fresh_address()
    exchanges = await _public_burst(probe, address, limit + 5)
    own = probe.own_address
    probe.claim("limited_after", *exchanges, limit=limit, window_s=window, exclusive=own, requirements=["AINP-LIM-002"])
    probe.claim("tells_retry", *exchanges, window_s=window, requirements=["AINP-LIM-004"])
    over = await _each_public_operation(probe, address, "second")
    probe.claim("still_limited_or_refused", *over, requirements=["AINP-LIM-002"])
    for headers in [*FORGED_ADDRESSES, {"x-ainp-did": probe.agent("claimed").did}]:
        call = replace(_public(probe, address), headers=headers)
        forged = await probe.call("discover_text", {"query": "a plumber"}, call)
        probe.claim("still_limited_or_refused", forged, requirements=["AINP-LIM-006"])


@pytest.mark.disturbs
@pytest.mark.last
@requirement("AINP-LIM-006")
async def test_nobody_uses_up_anothers_limit(probe: Probe) -> None:
    """120 messages and polls in alice's name with another's signature, or what a budget leaves; then alice herself sends and polls."""
    alice, mallory = probe.agent("alice"), probe.agent("mallory")
    to = await probe.recipient()
    address = await probe.fresh_address()
    probe.control("accepted", await probe.send(alice.intent(to), alice))
    call = replace(probe.call_by(None), address=address, expects_limit=True)

    def forged_proof(rendered: Rendered, now_ms: int) -> dict[str, str]:
        proof = mallory.identity.prove(method=rendered.method, target=rendered.target, timestamp_ms=now_ms, body=rendered.body)
        return {**proof, "X-AINP-DID": alice.did}

    async def one(number: int) -> Exchange:
        if number % 2:
            return await probe.call("poll", {"did": alice.did, "limit": 1}, replace(call, proof=forged_proof))
        return await probe.call("send_intent", {"envelope": mallory.sign(alice.unsigned_intent(to.did))}, call)

    forged: list[Exchange] = []
    for _ in range(probe.affords(240) // AT_ONCE):
        forged += await asyncio.gather(*(one(number) for number in range(AT_ONCE)))
    probe.claim("refused", *forged, codes=["INVALID_SIGNATURE", "UNAUTHORIZED", "RATE_LIMIT_EXCEEDED"], statuses=[400, 401, 403, 429])
    sent = await probe.call("send_intent", {"envelope": alice.intent(to)}, signed(probe, alice, proof=None))
    probe.claim("not_limited", sent, await probe.call("poll", {"did": alice.did, "limit": 1}, signed(probe, alice)))


@pytest.mark.depth("standard")
@pytest.mark.long_wait
@requirement("AINP-LIM-011")
async def test_what_a_refusal_says_of_waiting_is_true(probe: Probe) -> None:
    alice, to = probe.agent("alice"), await probe.registered("to", "hears from many")
    exchanges = await over_the_limit(probe, alice, to)
    limited = [exchange for exchange in exchanges if is_limited(exchange)]
    probe.claim("tells_retry", *exchanges, window_s=probe.constants.limit_window_s)
    await asyncio.sleep(min(probe.retry_after_s(limited[-1]) + 0.2, probe.constants.limit_window_s + 1))
    after = await probe.call("send_intent", {"envelope": alice.intent(to)}, signed(probe, alice, proof=None))
    probe.claim("not_limited", after)


@pytest.mark.depth("standard")
@pytest.mark.long_wait
@requirement("AINP-LIM-012")
async def test_the_window_slides(probe: Probe) -> None:
    """Of a window of a minute: 50 at once, 50 after 50 s, 60 after 62 s: 50 of the last pass, as the first 50 have left the window."""
    limit, window = probe.constants.limit_per_did, probe.constants.limit_window_s
    half = limit // 2
    alice, to = probe.agent("alice"), await probe.registered("to", "hears from many")
    begun = asyncio.get_running_loop().time()
    first = await signed_burst(probe, alice, to, half)
    done = asyncio.get_running_loop().time()
    await asyncio.sleep(max(0.0, begun + window * 5 / 6 - asyncio.get_running_loop().time()))
    second = await signed_burst(probe, alice, to, half)
    probe.control("not_limited", *first, *second, requirement="AINP-LIM-001")
    await asyncio.sleep(max(0.0, done + window + max(window / 30, 1.5) - asyncio.get_running_loop().time()))
    third = await signed_burst(probe, alice, to, half + 10)
    probe.claim("passes_no_window_over", *first, *second, *third, limit=limit, window_s=window, at_least=limit + half)
