"""Faults: what happens while a service is away, and that nothing which was promised is lost by it. Each runs alone, after all others."""

from __future__ import annotations

import asyncio

import pytest

from ainp_harness.wire.exchange import Exchange
from conformance.kit.agents import Agent, Envelope
from conformance.kit.faults import Disturbance
from conformance.kit.probe import Probe, requirement

pytestmark = [pytest.mark.fault, pytest.mark.depth("standard")]

NOTICE_MS, RECOVER_MS, ALIVE_MS = 2_000, 5_000, 1_000
"""AINP-HLT-003, 004 and 005."""

WATCH_S = 2.6
"""A little beyond the time by which ready must have noticed."""

NAMES = {"postgres": "database", "redis": "redis", "nats": "nats"}
"""What ready calls each service."""

DUPLICATE = ["DUPLICATE_INTENT"]

SENT = 5


@requirement("AINP-HLT-003", "AINP-HLT-004", "AINP-HLT-005")
@pytest.mark.parametrize("role", ["postgres", "redis", "nats"])
async def test_readiness_follows_a_service_that_is_stopped(probe: Probe, role: str) -> None:
    async with probe.stopped(role) as fault:
        await _says_so(probe, role, fault)
    _recovers(probe, fault)


@requirement("AINP-HLT-003", "AINP-HLT-004", "AINP-HLT-005")
@pytest.mark.parametrize("role", ["postgres", "nats"])
async def test_readiness_follows_a_service_that_only_hangs(probe: Probe, role: str) -> None:
    """Its connections stay open and nothing answers: nobody is told that it went away."""
    async with probe.paused(role) as fault:
        await _says_so(probe, role, fault)
    _recovers(probe, fault)


async def _says_so(probe: Probe, role: str, fault: Disturbance) -> None:
    """ready names it in time, and health is alive all the same (ERRATUM-09: some make health follow)."""
    asked, alive = await asyncio.gather(probe.watch("ready", WATCH_S), probe.watch("health", WATCH_S))
    probe.claim(
        "unready_within", *asked, since_ms=fault.down_ms, within_ms=NOTICE_MS, dependency=NAMES[role], requirements=["AINP-HLT-003"]
    )
    noticed = [exchange for exchange in alive if exchange.started_ms > fault.down_ms + NOTICE_MS]
    within = {"expectation": "answers_within", "within_ms": ALIVE_MS}
    readings = {"liveness-only": {**within, "statuses": [200]}, "follows-dependencies": {**within, "statuses": [503]}}
    probe.claim("follows_reading", *noticed, erratum="ERRATUM-09", readings=readings, requirements=["AINP-HLT-005"])


def _recovers(probe: Probe, fault: Disturbance) -> None:
    probe.claim("ready_within", *fault.asked_after, since_ms=fault.up_ms, within_ms=RECOVER_MS, requirements=["AINP-HLT-004"])


@requirement("AINP-RPL-008")
async def test_losing_redis_reopens_nothing(probe: Probe) -> None:
    """Redis is a cache here: it may forget at any time, and replays are refused all the same."""
    alice, bob = probe.agent("alice"), await probe.recipient()
    message = alice.intent(bob)
    probe.control("accepted", await probe.send(message, alice))
    await probe.forget_cache()
    probe.claim("refused", await probe.send(message, alice), codes=DUPLICATE)
    await probe.restart("redis")
    probe.claim("refused", await probe.send(message, alice), codes=DUPLICATE)
    probe.control("accepted", await probe.send(alice.intent(bob), alice))


@requirement("AINP-INT-010", "AINP-REG-012", "AINP-RPL-001")
@pytest.mark.parametrize("kill", [False, True], ids=["stopped", "killed"])
async def test_what_was_acknowledged_survives_a_restart(probe: Probe, kill: bool) -> None:
    """Sent at once and acknowledged, then the broker ends: the messages are delivered, the registration is there, the ids are used up."""
    alice, bob = probe.agent("alice"), await probe.registered("bob")
    sent = [alice.intent(bob) for _ in range(SENT)]
    probe.control("accepted", *await asyncio.gather(*(probe.send(message, alice) for message in sent)))
    await probe.restart("broker", kill=kill)
    found = await probe.call("get_agent", {"did": bob.did})
    probe.claim("accepted", found, requirements=["AINP-REG-012"])
    again = await probe.send(sent[0], alice)
    probe.claim("refused", again, codes=DUPLICATE, requirements=["AINP-RPL-001"])
    polls = await probe.drain(bob, until=[message["id"] for message in sent])
    # At least once: what was handed over and not yet confirmed may come again after a kill.
    probe.claim("arrived", *polls, ids=[message["id"] for message in sent], requirements=["AINP-INT-010"])


@requirement("AINP-INT-012")
async def test_without_nats_nothing_is_acknowledged(probe: Probe) -> None:
    alice, bob, refused = await _before(probe)
    async with probe.stopped("nats"):
        probe.claim("unavailable", *await _try(probe, alice, refused))
    await _none_turns_up(probe, alice, bob, refused)


@requirement("AINP-INT-012")
async def test_while_nats_hangs_nothing_is_acknowledged(probe: Probe) -> None:
    """What NATS takes in when it goes on was refused to its sender: it must not turn up."""
    alice, bob, refused = await _before(probe)
    async with probe.paused("nats"):
        probe.claim("unavailable", *await _try(probe, alice, refused))
    await _none_turns_up(probe, alice, bob, refused)


async def _before(probe: Probe) -> tuple[Agent, Agent, list[Envelope]]:
    alice, bob = probe.agent("alice"), await probe.registered("bob")
    probe.control("accepted", await probe.send(alice.intent(bob), alice))
    return alice, bob, [alice.intent(bob) for _ in range(3)]


async def _try(probe: Probe, alice: Agent, refused: list[Envelope]) -> list[Exchange]:
    return list(await asyncio.gather(*(probe.send(message, alice) for message in refused)))


async def _none_turns_up(probe: Probe, alice: Agent, bob: Agent, refused: list[Envelope]) -> None:
    after = alice.intent(bob)
    probe.control("accepted", await probe.send(after, alice))
    polls = await probe.drain(bob, until=after["id"])
    probe.claim("not_received", *polls, ids=[message["id"] for message in refused], after=after["id"])
