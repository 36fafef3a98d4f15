"""Timestamps and ttl: a minute of tolerance either way, nothing after its time, no absurd lifetimes."""

from __future__ import annotations

import pytest

from conformance.kit.mutations import Mutation, adjusted
from conformance.kit.probe import Probe, requirement

DAY = 24 * 60 * 60_000

TTL_MS = 60_000
"""Of an intent of the suite."""


def shifted(by_ms: int, name: str) -> Mutation:
    return adjusted("timestamp", lambda value: value + by_ms, name)


EDGE = 15_000
"""Beyond the tolerance by so much: for what clocks differ and a request takes."""


def _skew_ms(probe: Probe) -> int:
    return int(probe.constants.skew_s * 1000)


@requirement("AINP-TTL-001")
@pytest.mark.parametrize("by", ["just past ttl and tolerance", "a day"])
async def test_an_expired_message_is_refused(probe: Probe, by: str) -> None:
    by_ms = DAY if by == "a day" else TTL_MS + _skew_ms(probe) + EDGE
    await probe.shows_refusal(shifted(-by_ms, by), codes=("TIMEOUT", "INVALID_TIMESTAMP", "INVALID_ENVELOPE"))


@requirement("AINP-TTL-002")
@pytest.mark.parametrize("sign", [-1, 1], ids=["late", "early"])
async def test_a_clock_may_be_a_minute_off(probe: Probe, sign: int) -> None:
    """55 s of the minute: the rest is for what a request takes."""
    alice, bob = probe.agent("alice"), await probe.recipient()
    await probe.make_room()
    intent = alice.sign(shifted(sign * _skew_ms(probe) * 11 // 12, "skew")(alice.unsigned_intent(bob.did)))
    probe.claim("accepted", await probe.send(intent, alice))
    polls = await probe.drain(bob, until=intent["id"])
    probe.control("received", *polls, ids=[intent["id"]], requirement="AINP-INT-002")


@requirement("AINP-TTL-003")
@pytest.mark.parametrize("by", ["just past tolerance", "a day"])
async def test_a_message_from_the_future_is_refused(probe: Probe, by: str) -> None:
    by_ms = DAY if by == "a day" else _skew_ms(probe) + EDGE
    await probe.shows_refusal(shifted(by_ms, by), codes=("INVALID_TIMESTAMP", "TIMEOUT", "INVALID_ENVELOPE"))


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


@requirement("AINP-TTL-004")
async def test_an_old_timestamp_with_a_long_ttl(probe: Probe) -> None:
    """ERRATUM-06: ten minutes old, to be delivered within the hour."""
    alice, bob = probe.agent("alice"), await probe.recipient()
    probe.control("accepted", await probe.send(alice.intent(bob, ttl_ms=3_600_000), alice))
    old = alice.sign(shifted(-600_000, "ten minutes old")(alice.intent(bob, ttl_ms=3_600_000)))
    exchange = await probe.send(old, alice)
    readings = {
        "until-expiry": {"expectation": "accepted"},
        "skew-only": {"expectation": "refused", "codes": ["INVALID_TIMESTAMP", "TIMEOUT"]},
    }
    probe.claim("follows_reading", exchange, erratum="ERRATUM-06", readings=readings)
    probe.control("accepted", await probe.send(alice.intent(bob), alice))
