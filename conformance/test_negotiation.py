"""Negotiations between two: from OFFER to each of the ends, who may act and read, and what is told."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from conformance.kit.negotiations import FAR, NEAR, Negotiation, between_two, countered
from conformance.kit.probe import Probe, requirement

ENDED = ["rejected", "aborted", "timed_out"]
"""Ended without acceptance: any of the three will do (protocol.md, Negotiation)."""

STRANGERS = ["UNAUTHORIZED", "INVALID_SIGNATURE"]


@requirement("AINP-NEG-001")
async def test_two_agree(probe: Probe) -> None:
    """OFFER, COUNTER, ACCEPT: it is accepted, and both see the proposal that was."""
    negotiation, alice, bob = await between_two(probe)
    offer = await negotiation.offer(FAR)
    counter = await negotiation.say(bob, "COUNTER", 2, NEAR)
    accept = await negotiation.say(alice, "ACCEPT", 2)
    probe.claim("accepted", offer, counter, accept)
    probe.claim("negotiation_is", await negotiation.read(alice), await negotiation.read(bob), states=["accepted"], price=NEAR)
    if negotiation.by_envelope:
        polls = await probe.drain(bob, until=[probe.id_of(offer), probe.id_of(accept)])
        probe.claim("delivered_as_sent", offer, *polls)
        probe.claim("delivered_as_sent", accept, *polls)
        probe.claim("delivered_as_sent", counter, *await probe.drain(alice, until=probe.id_of(counter)))


@requirement("AINP-NEG-001")
async def test_an_id_that_is_no_uuid(probe: Probe) -> None:
    """ERRATUM-17: any text, or UUIDs only."""
    plain, _, bob = await between_two(probe)
    plain.needs_envelopes("ids of negotiations that their parties choose")
    probe.control("accepted", await plain.offer(FAR))
    named = Negotiation(probe, plain.initiator, f"harvest of {probe.token}", other=bob)
    probe.claim(
        "follows_reading",
        await named.offer(FAR),
        erratum="ERRATUM-17",
        readings={"string": {"expectation": "accepted"}, "uuid": {"expectation": "refused"}},
    )


@requirement("AINP-NEG-001")
async def test_an_offer_accepted_at_once(probe: Probe) -> None:
    """ERRATUM-22: allowed, or only what was countered is accepted."""
    negotiation, _, bob = await between_two(probe)
    probe.control("accepted", await negotiation.offer(FAR))
    probe.claim(
        "follows_reading",
        await negotiation.say(bob, "ACCEPT", 1),
        erratum="ERRATUM-22",
        readings={"allowed": {"expectation": "accepted"}, "after-counter": {"expectation": "refused"}},
    )


@requirement("AINP-NEG-002")
@pytest.mark.parametrize("end", ["REJECT", "ABORT"])
async def test_an_end_without_acceptance(probe: Probe, end: str) -> None:
    negotiation, alice, bob = await countered(probe)
    probe.claim("accepted", await negotiation.say(alice, end, 2))
    probe.claim("negotiation_is", await negotiation.read(alice), await negotiation.read(bob), states=ENDED)
    probe.claim("refused", await negotiation.say(alice, "ACCEPT", 2))
    probe.claim("negotiation_is", await negotiation.read(bob), states=ENDED)


@requirement("AINP-NEG-004")
async def test_only_who_takes_part_acts_and_reads(probe: Probe) -> None:
    """A stranger's own, right signature opens nothing, and what it tried has changed nothing."""
    negotiation, alice, bob = await countered(probe)
    mallory = probe.agent("mallory")
    tried = [
        await negotiation.say(mallory, "COUNTER", 3, FAR),
        await negotiation.say(mallory, "REJECT", 2),
        await negotiation.say(mallory, "ABORT", 2),
        await negotiation.say(mallory, "ACCEPT", 2),
        await negotiation.read(mallory),
    ]
    probe.claim("refused", *tried, codes=[*STRANGERS, "NOT_FOUND"], statuses=[401, 403, 404])
    probe.claim("negotiation_is", await negotiation.read(alice), await negotiation.read(bob), states=["open"], price=NEAR)
    probe.control("accepted", await negotiation.say(alice, "ACCEPT", 2))


@requirement("AINP-NEG-010")
@pytest.mark.parametrize("forgery", ["unsigned", "by another key"])
async def test_every_operation_is_proven(probe: Probe, forgery: str) -> None:
    """In the name of the one whose turn it is, unsigned or signed by somebody else; then by itself."""
    negotiation, alice, bob = await between_two(probe)
    mallory = probe.agent("mallory")
    how: dict[str, Any] = {"unsigned": True} if forgery == "unsigned" else {"signed_by": mallory}
    refusals: dict[str, Any] = {"codes": [*STRANGERS, "INVALID_ENVELOPE"], "statuses": [400, 401, 403]}
    probe.claim("refused", await negotiation.offer(FAR, **how), **refusals)
    probe.control("accepted", await negotiation.offer(FAR))
    probe.claim("refused", await negotiation.say(bob, "COUNTER", 2, NEAR, **how), **refusals)
    probe.control("accepted", await negotiation.say(bob, "COUNTER", 2, NEAR))
    for phase in ("ACCEPT", "REJECT"):
        probe.claim("refused", await negotiation.say(alice, phase, 2, **how), **refusals)
    probe.claim("refused", await negotiation.read(alice, **how), **refusals)
    probe.control("accepted", await negotiation.say(alice, "ACCEPT", 2))


@requirement("AINP-NEG-006")
@pytest.mark.long_wait
async def test_it_ends_when_its_time_is_up(probe: Probe) -> None:
    """Two rounds of a second: within the second of them it goes on, after it nothing is accepted (ERRATUM-13: the readings agree here)."""
    negotiation, alice, bob = await between_two(probe)
    negotiation.needs_envelopes("time-outs of a negotiation")
    await probe.make_room()
    offer = await negotiation.offer(FAR, constraints={"max_rounds": 2, "timeout_per_round_ms": 1_000})
    probe.control("accepted", offer)
    await asyncio.sleep(1.2)
    probe.claim("in_time", offer, await negotiation.say(bob, "COUNTER", 2, NEAR), within_ms=2_000)
    await asyncio.sleep(1.0)
    probe.claim("refused", await negotiation.say(alice, "ACCEPT", 2), codes=["TIMEOUT"], strict=True)
    probe.claim("negotiation_is", await negotiation.read(alice), await negotiation.read(bob), states=["timed_out"])


@requirement("AINP-NEG-007")
async def test_convergence_of_the_last_two_prices(probe: Probe) -> None:
    negotiation, alice, _ = await countered(probe)
    told = await negotiation.read(alice)
    if probe.told(told, "convergence") is None:
        probe.leaves_out("the convergence of a negotiation")
    probe.claim("convergence_is", told, value=0.4)
    probe.control("accepted", await negotiation.say(alice, "COUNTER", 3, 5))
    probe.claim("convergence_is", await negotiation.read(alice), value=0.8)


@requirement("AINP-NEG-015")
async def test_the_defaults_are_applied(probe: Probe) -> None:
    negotiation, _, bob = await between_two(probe)
    negotiation.needs_envelopes("constraints of a negotiation")
    probe.control("accepted", await negotiation.offer(FAR))
    read = await negotiation.read(bob)
    probe.claim("constraints_are", read, max_rounds=10, timeout_per_round_ms=5_000, convergence_threshold=0.9)


@requirement("AINP-NEG-015")
async def test_a_wish_takes_the_place_of_its_default_alone(probe: Probe) -> None:
    """Each of the three by itself: the others stay what they are without a wish."""
    defaults: dict[str, Any] = {"max_rounds": 10, "timeout_per_round_ms": 5_000, "convergence_threshold": 0.9}
    bare, alice, bob = await between_two(probe)
    bare.needs_envelopes("constraints of a negotiation")
    for name, wish in {"max_rounds": 4, "timeout_per_round_ms": 2_000, "convergence_threshold": 0.7}.items():
        negotiation = Negotiation(probe, alice, f"{bare.id}-{name}", other=bob)
        probe.control("accepted", await negotiation.offer(FAR, constraints={name: wish}))
        probe.claim("constraints_are", await negotiation.read(bob), **{**defaults, name: wish})
