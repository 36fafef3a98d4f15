"""Checks of the integration and verification gates that no other requirement of the phase shows (promises/gates.toml names them)."""

from __future__ import annotations

import asyncio
from typing import Any

from ainp_harness.wire.messages import capability
from conformance.kit import questions
from conformance.kit.probe import Probe, requirement

IN_A_ROW = 10
QUERIES = 20
AT_ONCE = 50

HEALTH_MS, HEALTH_AIM_MS = 1_000, 500
DISCOVERY_MS = 500
"""Deployment summary, verification and testing strategy."""

SUBJECTS = (
    "plane tickets",
    "legal contracts",
    "weather",
    "piano lessons",
    "lathes",
    "guard dogs",
    "knitting",
    "tax returns",
    "roses",
    "violins",
)


@requirement("AINP-OPS-006", "AINP-OPS-012")
async def test_health_ten_times(probe: Probe) -> None:
    probe.claim("answers", *[await probe.call("health", {}) for _ in range(IN_A_ROW)], statuses=[200])


@requirement("AINP-OPS-012")
async def test_health_is_prompt(probe: Probe) -> None:
    exchanges = [await probe.call("health", {}) for _ in range(3)]
    probe.claim("prompt", *exchanges, share=1.0, within_ms=HEALTH_MS, aim_ms=HEALTH_AIM_MS)


@requirement("AINP-OPS-006")
async def test_the_index_is_hnsw(probe: Probe) -> None:
    probe.claim("has_index", await probe.database(questions.indexes), method="hnsw")


@requirement("AINP-OPS-006")
async def test_redis_keeps_and_forgets(probe: Probe) -> None:
    probe.claim("keeps_and_forgets", await probe.cache(questions.set_and_get))


@requirement("AINP-OPS-006")
async def test_logs_are_structured(probe: Probe) -> None:
    """A forged message is refused: that is an event which the log must tell (AINP-SEC-007), so that there are lines to look at."""
    alice, mallory, to = probe.agent("alice"), probe.agent("mallory"), await probe.recipient()
    probe.mark_logs()
    await probe.send(mallory.sign(alice.unsigned_intent(to.did)))
    probe.claim("logs_are_structured", await probe.logs(until=[alice.did]))


@requirement("AINP-OPS-006")
async def test_tags_narrow_discovery(probe: Probe) -> None:
    tag, text = f"tag-{probe.token}", "repairs church organs"
    tagged, other = await probe.registered("tagged", text, [tag]), await probe.registered("other", text)
    found = await probe.search(text, wanted=[tagged.did], unwanted=[other.did], tags=[tag], tags_csv=tag)
    probe.claim("finds", found, did=tagged.did)
    probe.claim("finds_none_of", found, dids=[other.did])


@requirement("AINP-OPS-006")
async def test_minimum_trust_narrows_discovery(probe: Probe) -> None:
    """A new agent is found with a minimum of 0, and not with one of 1."""
    if not probe.takes("discover_text", "min_trust"):
        probe.leaves_out("discovery with a minimum trust")
    text = f"paints lighthouses white, number {probe.token}"
    agent = await probe.registered("painter", text)
    probe.claim("finds", await probe.search(text, wanted=[agent.did], min_trust=0), did=agent.did)
    probe.claim("finds_none_of", await probe.call("discover_text", {"query": text, "min_trust": 1}), dids=[agent.did])


@requirement("AINP-OPS-006")
async def test_a_query_is_routed(probe: Probe) -> None:
    alice, tag, text = probe.agent("alice"), f"tag-{probe.token}", "builds wooden staircases"
    carpenter = await probe.registered("carpenter", text, [tag])
    await probe.search(text, wanted=[carpenter.did], tags=[tag], tags_csv=tag)
    probe.control("accepted", await probe.poll(carpenter))  # present
    query = alice.query_intent(text, tags=[tag])
    probe.claim("accepted", await probe.send(query, alice))
    probe.claim("received", *await probe.drain(carpenter, until=query["id"]), ids=[query["id"]])


@requirement("AINP-OPS-006")
async def test_an_agents_life(probe: Probe) -> None:
    """Registration, retrieval, discovery, an intent, its delivery and its confirmation, one after another."""
    alice, text = probe.agent("alice"), f"winds tower clocks, number {probe.token}"
    bob = probe.agent("bob")
    probe.claim("accepted", await probe.try_register(bob, [capability(text, ["conformance"])]))
    probe.claim("tells", await probe.call("get_agent", {"did": bob.did}), field="did", value=bob.did)
    probe.claim("finds", await probe.search(text, wanted=[bob.did]), did=bob.did)
    intent = alice.intent(bob)
    probe.claim("accepted", await probe.send(intent, alice))
    probe.claim("received", *await probe.drain(bob, until=intent["id"]), ids=[intent["id"]])
    probe.claim("nothing_delivered", await probe.poll(bob))


@requirement("AINP-OPS-006")
async def test_discovery_is_prompt(probe: Probe) -> None:
    """20 different queries one after another, each new to the broker."""
    await probe.registered("agent", "answers whoever asks")
    exchanges = []
    for number in range(QUERIES):
        query = f"somebody for {SUBJECTS[number % len(SUBJECTS)]} {number} {probe.token}"
        exchanges.append(await probe.call("discover_text", {"query": query, "limit": 5}))
    probe.claim("prompt", *exchanges, share=0.95, within_ms=DISCOVERY_MS)


@requirement("AINP-OPS-006")
async def test_fifty_at_once(probe: Probe) -> None:
    """50 requests of different kinds at the same time, all answered in full."""
    agent = await probe.registered("agent", "is asked by many at once")
    await probe.make_room(AT_ONCE)
    calls: list[tuple[str, dict[str, Any]]] = [("get_agent", {"did": agent.did}), ("health", {}), ("ready", {})]
    exchanges = await asyncio.gather(*(probe.call(*calls[number % len(calls)]) for number in range(AT_ONCE)))
    probe.claim("answers", *exchanges, statuses=[200])
