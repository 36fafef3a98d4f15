"""Discovery by more than a text: filters, vectors, the order of what is found, and the DISCOVER_RESULT as a signed message.

Whom a filter must leave out is first found without it, with one and the same query.
"""

from __future__ import annotations

from typing import Any

import pytest

from ainp_harness.wire.embedding import embedding_object, encode_f32
from ainp_harness.wire.exchange import Exchange
from ainp_harness.wire.messages import capability
from conformance.kit.agents import Agent
from conformance.kit.probe import Probe, requirement
from conformance.kit.vectors import direction, known_vector

BY = pytest.mark.parametrize("operation", ["discover_text", "discover"])
"""Asked by text, and by a signed DISCOVER."""

TEXT = "presses cider from windfall apples"


async def _ask(probe: Probe, operation: str, text: str, **query: Any) -> Exchange:
    """One query, by a signed DISCOVER or by text; a member of it that the operation has no place for leaves the probe out."""
    if operation == "discover":
        return await probe.discover(text, **query)
    if "tags" in query:
        query["tags_csv"] = ",".join(query["tags"])
    for name in {*query} - {"tags", "tags_csv"}:
        if not probe.takes(operation, name):
            probe.leaves_out(f"{name} of {operation}")
    return await probe.call(operation, {"query": text, "limit": 100, **query})


async def _tagged(probe: Probe, name: str, *tags: str) -> Agent:
    return await probe.registered(name, TEXT, [f"{tag}-{probe.token}" for tag in tags])


@requirement("AINP-DSC-003")
@BY
async def test_the_best_come_first(probe: Probe, operation: str) -> None:
    """Agents closer and closer to the query, the last two with its own text, which every declared least similarity lets through: each
    answer tells how similar they are and how much they are trusted."""
    tags = [f"ranked-{probe.token}"]
    for name, text in (("far", "repairs the roofs of apple stores"), ("nearer", "makes juice and cider of apples")):
        await probe.registered(name, text, tags)
    near = [await probe.registered(name, TEXT, tags) for name in ("near", "as near")]
    found = await probe.search(TEXT, operation=operation, wanted=[agent.did for agent in near], tags=tags, tags_csv=tags[0], limit=10)
    for agent in near:
        probe.control("finds", found, did=agent.did)
    probe.claim("ranks", found, at_least=2)


@requirement("AINP-DSC-004")
@BY
async def test_tags_filter(probe: Probe, operation: str) -> None:
    both, left, right, none = [
        await _tagged(probe, name, *tags) for name, tags in (("both", ("a", "b")), ("left", ("a",)), ("right", ("b",)), ("none", ("c",)))
    ]
    wanted = [f"a-{probe.token}", f"b-{probe.token}"]
    for agent, tag in ((none, "c"), (left, "a"), (right, "b")):
        tags = [f"{tag}-{probe.token}"]
        there = await probe.search(TEXT, operation=operation, wanted=[agent.did], tags=tags, tags_csv=tags[0], limit=100)
        probe.control("finds", there, did=agent.did)
    found = await _ask(probe, operation, TEXT, tags=wanted)
    probe.claim("filters_by_tags", found, both=both.did, one=[left.did, right.did], none=[none.did], tags=probe.declared.tags)


@requirement("AINP-DSC-005")
@BY
async def test_min_trust_filters(probe: Probe, operation: str) -> None:
    """Bounds a little below and a little above the trust that get_agent tells."""
    alice = await _tagged(probe, "alice", "trust")
    tags = [f"trust-{probe.token}"]
    shown = await probe.call("get_agent", {"did": alice.did})
    probe.control("tells_some", shown, fields=["trust"], requirement="AINP-TRU-001")
    trust = float(probe.told(shown, "trust"))
    below, above = round(trust * 0.8, 4), round(trust + (1 - trust) * 0.2, 4)
    await probe.search(TEXT, operation=operation, wanted=[alice.did], tags=tags, tags_csv=tags[0], limit=100)
    probe.claim("finds", await _ask(probe, operation, TEXT, tags=tags, min_trust=below), did=alice.did)
    if above <= trust:
        probe.leaves_out("an agent that is not wholly trusted")
    probe.claim("finds_none_of", await _ask(probe, operation, TEXT, tags=tags, min_trust=above), dids=[alice.did])


def _dim(probe: Probe) -> int:
    return probe.agent("anybody").dim


def _direction(probe: Probe, name: str) -> list[float]:
    """A vector of this attempt's own, whose second half is zeros: with half as many numbers, filled up, it would be the same."""
    half = _dim(probe) // 2
    return direction(f"{probe.token} {name}".encode(), half) + [0.0] * (_dim(probe) - half)


async def _pointing(probe: Probe, name: str, text: str, vector: list[float]) -> Agent:
    """An agent that gives the embedding of its capability itself."""
    agent = probe.agent(name)
    agent.description = text
    await probe.register(agent, [{**capability(text), "embedding": embedding_object(vector, probe.declared.embedding.get("model"))}])
    return agent


async def _found_by(probe: Probe, vector: list[float], wanted: Agent) -> Exchange:
    return await probe.search(TEXT, operation="discover", wanted=[wanted.did], embedding=encode_f32(vector))


@requirement("AINP-DSC-006")
async def test_beside_a_description_the_embedding_decides(probe: Probe) -> None:
    """One agent has the query's embedding, and another its text: both embeddings are given, so no model has to be known."""
    here, elsewhere = _direction(probe, "here"), _direction(probe, "elsewhere")
    right = await _pointing(probe, "right", "irons shirts for hotels", here)
    wrong = await _pointing(probe, "wrong", TEXT, elsewhere)
    probe.claim("finds", await _found_by(probe, here, right), did=right.did, ahead_of=[wrong.did])
    probe.claim("finds", await _found_by(probe, elsewhere, wrong), did=wrong.did, ahead_of=[right.did])


@requirement("AINP-DSC-006")
async def test_a_query_by_embedding_gives_what_its_text_gives(probe: Probe) -> None:
    """The text's embedding by the model that the broker declares, beside the description of a decoy."""
    known = known_vector(probe.declared.embedding.get("model"))
    if known is None:
        probe.leaves_out("a model whose vectors the harness knows")
    right, decoy = await probe.registered("right", known.text), await probe.registered("decoy", "trains guard dogs for warehouses")
    by_text = await probe.search(known.text, operation="discover", wanted=[right.did])
    probe.control("finds", by_text, did=right.did, ahead_of=[decoy.did])
    by_embedding = await _ask(probe, "discover", decoy.description, embedding=known.b64)
    probe.claim("finds", by_embedding, did=right.did, ahead_of=[decoy.did])


@requirement("AINP-DSC-013", "AINP-SIG-011")
async def test_a_discover_yields_a_signed_discover_result(probe: Probe) -> None:
    alice = await _tagged(probe, "alice", "result")
    found = await probe.search(TEXT, operation="discover", wanted=[alice.did], tags=[f"result-{probe.token}"])
    probe.claim("discover_result", found, requirements=["AINP-DSC-013"])
    probe.claim("signed_by_broker", found, did=probe.declared.did, requirements=["AINP-SIG-011"])


@requirement("AINP-DSC-016")
async def test_a_model_is_told(probe: Probe) -> None:
    if not probe.offers("capabilities"):
        probe.leaves_out("capabilities")
    told = await probe.call("capabilities", {})
    probe.claim("tells_some", told, fields=["model", "dim"])


@requirement("AINP-DSC-016")
async def test_a_query_of_another_dimension_is_kept_apart(probe: Probe) -> None:
    """Half of an agent's vector, which a broker that fills up or cuts off would find alike."""
    whole = _direction(probe, "whole")
    alice = await _pointing(probe, "alice", TEXT, whole)
    probe.control("finds", await _found_by(probe, whole, alice), did=alice.did, requirement="AINP-DSC-006")
    probe.claim("kept_apart", await _ask(probe, "discover", TEXT, embedding=encode_f32(whole[: len(whole) // 2])), did=alice.did)
    probe.claim("kept_apart", await _ask(probe, "discover", TEXT, embedding=encode_f32([*whole, 0.0])), did=alice.did)
    probe.control("finds", await _found_by(probe, whole, alice), did=alice.did, requirement="AINP-DSC-006")


@requirement("AINP-DSC-016")
@pytest.mark.parametrize("other", ["dimension", "model"])
async def test_a_capability_of_another_kind_is_kept_apart(probe: Probe, other: str) -> None:
    """A vector with half the dimensions, or of a model that the index does not have."""
    whole = _direction(probe, "whole")
    model = "https://models.example/another" if other == "model" else probe.declared.embedding.get("model")
    given = embedding_object(whole[: len(whole) // 2] if other == "dimension" else whole, model)
    bob = probe.agent("bob")
    registered = await probe.try_register(bob, [{**capability("irons shirts for hotels"), "embedding": given}])
    alice = await _pointing(probe, "alice", TEXT, whole)
    found = await _found_by(probe, whole, alice)
    probe.control("finds", found, did=alice.did, requirement="AINP-DSC-006")
    probe.claim("kept_apart", registered, found, did=bob.did)


@requirement("AINP-DSC-017")
async def test_max_latency_is_not_ignored(probe: Probe) -> None:
    """Bounds below and above the latency that the broker itself estimates."""
    alice = await _tagged(probe, "alice", "latency")
    tags = [f"latency-{probe.token}"]
    found = await probe.search(TEXT, operation="discover", wanted=[alice.did], tags=tags)
    probe.control("finds", found, did=alice.did)
    latency = float((probe.told(found, "latency_ms") or [0])[0])
    if latency <= 0:
        probe.leaves_out("an estimate of latency over 0")
    short = await _ask(probe, "discover", TEXT, tags=tags, max_latency_ms=latency / 2)
    probe.claim("refused_or_finds_none_of", short, dids=[alice.did])
    if probe.accepted(short):
        probe.claim("finds", await _ask(probe, "discover", TEXT, tags=tags, max_latency_ms=latency * 4 + 1000), did=alice.did)


@requirement("AINP-DSC-017")
async def test_max_cost_is_not_ignored(probe: Probe) -> None:
    """Of an agent whose price the broker tells again. One that knows no prices has nothing to filter by."""
    alice, tags = probe.agent("alice"), [f"price-{probe.token}"]
    await probe.register(alice, [{**capability(TEXT, tags), "priceHint": 5}])
    found = await probe.search(TEXT, operation="discover", wanted=[alice.did], tags=tags)
    probe.control("finds", found, did=alice.did)
    if probe.told(found, "price") in (None, []):
        probe.leaves_out("prices in its matches")
    dear = await _ask(probe, "discover", TEXT, tags=tags, max_cost=2)
    probe.claim("refused_or_finds_none_of", dear, dids=[alice.did])
    if probe.accepted(dear):
        probe.claim("finds", await _ask(probe, "discover", TEXT, tags=tags, max_cost=8), did=alice.did)
