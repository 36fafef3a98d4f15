"""Trust: numbers that add up and fade, made of what agents do and not of what they say of themselves."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from ainp_harness.wire.messages import capability
from ainp_harness.wire.payloads import AdvertisePayload
from conformance.kit.mutations import member
from conformance.kit.probe import Probe, requirement
from conformance.kit.standing import answered

LONGEST_DAY_S = 3.0
"""A broker whose day is no longer than that is told to be so for tests: then a day can be waited for."""

ANSWERS = 6

TEXT = "grinds lenses for telescopes"


def day_of(probe: Probe) -> float:
    return probe.declared.constants.get("trust_day_s", 86_400.0)


@requirement("AINP-TRU-001")
@pytest.mark.long_wait
async def test_the_score_is_what_its_dimensions_make(probe: Probe) -> None:
    """Of a stranger, and of agents whose dimensions differ: one failed at all it was asked, one did all but never wholly.

    Days cannot be waited for, unless the broker tells that its own are short.
    """
    workers = [await probe.registered(name, TEXT) for name in ("stranger", "failing", "halfway")]
    for worker, status in ((workers[1], "failed"), (workers[2], "partial")):
        probe.control("accepted", *await answered(probe, worker, [status] * ANSWERS), requirement="AINP-INT-007")
    day_s = day_of(probe)
    day: dict[str, Any] = {} if day_s == 86_400 else {"day_ms": day_s * 1000}
    probe.claim("trust_adds_up", *[await probe.call("get_agent", {"did": worker.did}) for worker in workers], **day)
    if day_s <= LONGEST_DAY_S:
        await asyncio.sleep(day_s * 1.5)
        probe.claim("trust_adds_up", *[await probe.call("get_agent", {"did": worker.did}) for worker in workers], **day)


CLAIMED = {
    "score": 1.0,
    "dimensions": {"reliability": 1.0, "honesty": 1.0, "competence": 1.0, "timeliness": 1.0},
    "decay_rate": 1.0,
    "last_updated": 1_790_000_000_000,
}


@requirement("AINP-TRU-002")
@pytest.mark.parametrize("operation", ["register", "advertise"])
async def test_nobody_is_trusted_for_saying_so(probe: Probe, operation: str) -> None:
    """Two agents alike, one of whom claims to be trusted wholly: the broker tells and filters both alike (ERRATUM-31)."""
    tags = [f"claims-{probe.token}"]
    honest, boasting = await probe.registered("honest", TEXT, tags), probe.agent("boasting")
    offered = [capability(TEXT, tags)]
    if operation == "register":
        if not probe.takes("register", "trust"):
            probe.leaves_out("a place for trust in a registration")
        claimed = await probe.try_register(boasting, offered, trust=CLAIMED)
    else:
        place = "payload.trust" if boasting.payloads.advertise is AdvertisePayload.CAPABILITIES else "payload.address.trust"
        envelope = boasting.sign(member(place, CLAIMED)(boasting.advertise(offered)))
        claimed = await probe.send(envelope, boasting, operation="advertise")
    if not probe.accepted(claimed):
        probe.claim("refused", claimed)
        return
    shown = [await probe.call("get_agent", {"did": agent.did}) for agent in (honest, boasting)]
    readings = {
        "ignored": {"expectation": "tells_the_same", "field": "trust"},
        "stored": {"expectation": "tells", "field": "trust", "value": 1.0, "last": True},
    }
    probe.claim("follows_reading", *shown, erratum="ERRATUM-31", readings=readings)
    ranked = await probe.search(TEXT, wanted=[honest.did, boasting.did], tags=tags, tags_csv=tags[0])
    probe.control("finds", ranked, did=boasting.did)
    probe.claim("trusts_alike", ranked, dids=[honest.did, boasting.did])


MISTRUSTED = 51
"""Of the last 100 intents, so many failures leave fewer than half successes, whatever the others were."""


@requirement("AINP-TRU-003")
@pytest.mark.depth("standard")
async def test_who_fails_is_flagged_or_ranked_down(probe: Probe) -> None:
    """Three agents alike, of whom the one registered between the others answered everything with success, and those everything with
    failure: whichever way equals are ordered, one of the two comes first."""
    tags = [f"outlier-{probe.token}"]
    before, good, after = [await probe.registered(name, TEXT, tags) for name in ("bad", "good", "as bad")]
    await probe.make_room(6 * MISTRUSTED)
    for worker, status in ((before, "failed"), (good, "success"), (after, "failed")):
        probe.control("accepted", *await answered(probe, worker, [status] * MISTRUSTED), requirement="AINP-INT-007")
    found = await probe.search(TEXT, operation="discover", wanted=[good.did], tags=tags)
    probe.control("finds", found, did=good.did)
    for bad in (before, after):
        probe.claim("flagged_or_behind", found, did=bad.did, ahead=good.did)
