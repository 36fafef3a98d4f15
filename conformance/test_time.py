"""Timestamps and ttl: a minute of tolerance either way, nothing after its time, no absurd lifetimes."""

from __future__ import annotations

import pytest

from conformance.kit.mutations import Mutation, adjusted, ids
from conformance.kit.probe import Probe, requirement

MINUTE = 60_000
DAY = 24 * 60 * MINUTE


def shifted(by_ms: int, name: str) -> Mutation:
    return adjusted("timestamp", lambda value: value + by_ms, name)


EDGE = 15_000
"""Beyond the minute of tolerance by so much: for what clocks differ and a request takes."""

EXPIRED = [shifted(-(2 * MINUTE + EDGE), "75 s past timestamp + ttl"), shifted(-DAY, "a day old")]


@requirement("AINP-TTL-001")
@pytest.mark.parametrize("change", EXPIRED, ids=ids(EXPIRED))
async def test_an_expired_message_is_refused(probe: Probe, change: Mutation) -> None:
    await probe.shows_refusal(change, codes=("TIMEOUT", "INVALID_TIMESTAMP", "INVALID_ENVELOPE"))


@requirement("AINP-TTL-002")
@pytest.mark.parametrize("by_s", [-55, 55])
async def test_a_clock_may_be_a_minute_off(probe: Probe, by_s: int) -> None:
    alice, bob = probe.agent("alice"), await probe.recipient()
    await probe.make_room()
    intent = alice.sign(shifted(by_s * 1000, "skew")(alice.unsigned_intent(bob.did)))
    probe.claim("accepted", await probe.send(intent, alice))
    polls = await probe.drain(bob, until=intent["id"])
    probe.control("received", *polls, ids=[intent["id"]], requirement="AINP-INT-002")


FUTURE = [shifted(MINUTE + EDGE, "75 s ahead"), shifted(DAY, "a day ahead")]


@requirement("AINP-TTL-003")
@pytest.mark.parametrize("change", FUTURE, ids=ids(FUTURE))
async def test_a_message_from_the_future_is_refused(probe: Probe, change: Mutation) -> None:
    await probe.shows_refusal(change, codes=("INVALID_TIMESTAMP", "TIMEOUT", "INVALID_ENVELOPE"))


@requirement("AINP-TTL-006")
async def test_absurd_lifetimes_do_not_overflow(probe: Probe) -> None:
    """A day is fine; a year and 2^63 are bounded or refused, and never a fault of the server."""
    alice, bob = probe.agent("alice"), await probe.recipient()
    day = alice.intent(bob, ttl_ms=DAY)
    probe.claim("accepted", await probe.send(day, alice))
    for ttl in (365 * DAY, 2**63):
        exchange = await probe.send(alice.intent(bob, ttl_ms=ttl), alice)
        probe.claim("accepted_or_refused", exchange)
    after = alice.intent(bob)
    probe.control("accepted", await probe.send(after, alice))
    await probe.drain(bob, until=after["id"])
