"""Registering, replacing, removing, and being found by meaning."""

from __future__ import annotations

import asyncio
import uuid
from typing import Any

import orjson
import pytest

from ainp_harness.wire.did import public_key_of
from ainp_harness.wire.embedding import embedding_object, encode_f32
from ainp_harness.wire.messages import capability
from ainp_harness.wire.signing import verify
from tests.reference_broker.agents import Agent, code, now_ms
from tests.reference_broker.conftest import MakeAgent


async def found(agent: Agent, query: str, **parameters: Any) -> list[dict[str, Any]]:
    answer = await agent.http.get("/api/v1/discovery", params={"query": query, **parameters}, headers={"X-Forwarded-For": agent.address})
    assert answer.status_code == 200, answer.text
    assert answer.headers["Server-Timing"].startswith("index;dur=")
    results: list[dict[str, Any]] = answer.json()["results"]
    return results


async def test_registering_showing_and_replacing(alice: Agent) -> None:
    answer = await alice.register("bakes bread", tags=("food", "é"), credentials=["urn:c:1"], ttl_ms=60_000)

    assert answer.status_code == 201
    assert answer.json() == {"did": alice.did, "capabilities": 1, "verified": True, "expires_at": answer.json()["expires_at"]}
    assert abs(answer.json()["expires_at"] - now_ms() - 60_000) < 5_000
    shown = (await alice.call("GET", f"/api/v1/agents/{alice.did}")).json()
    assert shown["capabilities"] == [{"description": "bakes bread", "tags": ["food", "é"], "version": "1.0.0"}]
    assert shown["trust"]["score"] == 0.5
    assert shown["credentials"] == ["urn:c:1"]
    assert (await alice.register("bakes cakes")).status_code == 200
    assert (await alice.register("bakes cakes", proof=False)).status_code == 401


async def test_unproven_first_then_proven(alice: Agent, agent: MakeAgent) -> None:
    assert (await alice.register(proof=False)).json()["verified"] is False
    assert code(await alice.register("another", proof=False)) == (401, "UNAUTHORIZED")
    assert code(await agent().register(did=alice.did, publicKey=alice.identity.public_key_base64)) == (403, "UNAUTHORIZED")
    assert (await alice.register()).json()["verified"] is True


async def test_a_broken_proof_is_not_none(alice: Agent, agent: MakeAgent) -> None:
    body = orjson.dumps({"did": alice.did, "capabilities": [capability("bees")]})
    assert code(await agent().proven("POST", "/api/v1/agents", body, claim=alice.did)) == (401, "INVALID_SIGNATURE")
    headers = {"Content-Type": "application/json", "X-AINP-DID": alice.did}
    assert code(await alice.call("POST", "/api/v1/agents", content=body, headers=headers)) == (401, "UNAUTHORIZED")
    assert code(await alice.call("GET", f"/api/v1/agents/{alice.did}")) == (404, "NOT_FOUND")


@pytest.mark.parametrize(
    ("members", "refusal"),
    [
        ({"did": None}, "INVALID_REGISTRATION"),
        ({"did": "did:key:test"}, "INVALID_DID"),
        ({"did": "did:key:zQ3shokFTS3brHcDQrn82RUDfCZESWL1ZdCEJwekUDPQiYBme"}, "INVALID_DID"),
        ({"publicKey": "base64key"}, "INVALID_REGISTRATION"),
        ({"publicKey": "A" * 43 + "="}, "INVALID_REGISTRATION"),
        ({"capabilities": None}, "INVALID_REGISTRATION"),
        ({"capabilities": []}, "INVALID_REGISTRATION"),
        ({"capabilities": "all"}, "INVALID_REGISTRATION"),
        ({"capabilities": [capability("")]}, "INVALID_REGISTRATION"),
        ({"capabilities": [capability("a\x00b")]}, "INVALID_REGISTRATION"),
        ({"capabilities": [{**capability("x"), "tags": [1]}]}, "INVALID_REGISTRATION"),
        ({"capabilities": [{**capability("x"), "embedding": embedding_object([1.0] * 8)}]}, "INVALID_REGISTRATION"),
        ({"capabilities": [{**capability("x"), "embedding": embedding_object([1.0] * 256, "another:model")}]}, "INVALID_REGISTRATION"),
        ({"capabilities": [{**capability("x"), "embedding": {**embedding_object([1.0] * 256), "dtype": "f64"}}]}, "INVALID_REGISTRATION"),
        ({"ttl_ms": -1}, "INVALID_REGISTRATION"),
        ({"ttl_ms": "1"}, "INVALID_REGISTRATION"),
        ({"ttl_ms": 10**12}, "INVALID_REGISTRATION"),
        ({"credentials": [1]}, "INVALID_REGISTRATION"),
    ],
)
async def test_invalid_registrations_register_nothing(alice: Agent, members: dict[str, Any], refusal: str) -> None:
    assert code(await alice.register(**members)) == (400, refusal)
    assert (await alice.call("GET", f"/api/v1/agents/{alice.did}")).status_code == 404


async def test_texts_and_evidence_come_back_unchanged(alice: Agent) -> None:
    texts = ["<script>alert(1)</script>", "'; DROP TABLE agents; --", "x" * 10_000, "日本語 é e\u0301"]
    capabilities = [{**capability(text), "evidence": "https://issuer.example/1"} for text in texts]
    assert (await alice.register(capabilities=capabilities)).status_code == 201

    shown = (await alice.call("GET", f"/api/v1/agents/{alice.did}")).json()
    assert shown["capabilities"] == capabilities


async def test_unregistering_is_the_owners(alice: Agent, agent: MakeAgent) -> None:
    path = f"/api/v1/agents/{alice.did}"
    assert code(await alice.proven("DELETE", path)) == (404, "NOT_FOUND")
    await alice.register()
    assert code(await alice.call("DELETE", path)) == (401, "UNAUTHORIZED")
    assert code(await agent().proven("DELETE", path)) == (403, "UNAUTHORIZED")
    assert (await alice.proven("DELETE", path)).status_code == 204
    assert (await alice.call("GET", path)).status_code == 404


async def test_an_expired_registration_is_gone(alice: Agent, agent: MakeAgent) -> None:
    word = f"tunes pianos {uuid.uuid4().hex}"
    await alice.register(word, ttl_ms=400, proof=False)
    assert alice.did in {result["did"] for result in await found(alice, word)}
    await asyncio.sleep(0.5)

    assert (await alice.call("GET", f"/api/v1/agents/{alice.did}")).status_code == 404
    assert alice.did not in {result["did"] for result in await found(alice, word)}
    sender = agent()
    assert code(await sender.send(alice.did))[1] == "AGENT_OFFLINE"  # it never proved itself
    assert (await alice.register(word, proof=False)).status_code == 201


async def test_advertising_registers_until_it_expires(alice: Agent, agent: MakeAgent) -> None:
    word = f"paints murals {uuid.uuid4().hex}"
    at = now_ms()

    answer = await alice.advertise(word, timestamp=at, ttl=100_000)

    assert answer.json() == {"did": alice.did, "expires_at": at + 100_000}
    assert (await found(alice, word, limit=1))[0]["did"] == alice.did
    other = {"did": agent().did, "capabilities": [capability("x")]}
    assert code(await alice.advertise(payload=other)) == (403, "UNAUTHORIZED")
    assert code(await alice.advertise("x\x00y")) == (400, "INVALID_ENVELOPE")
    assert code(await alice.advertise(payload={"capabilities": 3})) == (422, "UNSUPPORTED_SCHEMA")
    assert code(await alice.advertise("x", timestamp=now_ms() - 2_500, ttl=2_000)) == (410, "TIMEOUT")


async def test_found_by_meaning_and_at_once(alice: Agent, agent: MakeAgent) -> None:
    tag = uuid.uuid4().hex
    travel, books = agent(), agent()
    await travel.register("book flights and hotels for business trips", "airport transfers", tags=(tag, "travel"))
    await books.register("prepare invoices and annual accounts", tags=(tag,))

    results = await found(alice, "travel reservation", tags=tag)

    assert [result["did"] for result in results] == [travel.did, books.did]
    assert results[0]["similarity"] > results[1]["similarity"]
    assert results[0]["trust"] == 0.5
    assert [result["did"] for result in await found(alice, "travel reservation", tags=f"{tag},travel")] == [travel.did]
    assert len(await found(alice, "travel reservation", tags=tag, limit=1)) == 1
    assert await found(alice, "travel reservation", tags=tag, min_trust=0.6) == []
    assert await found(alice, "travel reservation", tags=tag, min_similarity=0.95) == []
    await travel.register("grow tomatoes", tags=(tag,))
    assert all(result["capability"] != "airport transfers" for result in await found(alice, "airport", tags=tag))


async def test_a_match_is_not_hidden_by_those_that_do_not_match(alice: Agent, agent: MakeAgent) -> None:
    tag = uuid.uuid4().hex
    await asyncio.gather(*(agent().register("repair bicycles", "mend bicycles") for _ in range(30)))
    tagged = agent()
    await tagged.register("sell umbrellas", tags=(tag,))

    assert [result["did"] for result in await found(alice, "repair bicycles", tags=tag, limit=1)] == [tagged.did]
    results = await found(alice, "repair bicycles", limit=25)
    assert len({result["did"] for result in results}) == 25


@pytest.mark.parametrize("text", ["", "query=", "query=%20", "query=a%00b", "query=" + "x" * 2_001])
async def test_invalid_texts(alice: Agent, text: str) -> None:
    assert code(await alice.call("GET", f"/api/v1/discovery?{text}")) == (400, "INVALID_QUERY")


@pytest.mark.parametrize("query", ["limit=0", "limit=-1", "limit=1000", "limit=ten", "min_trust=2", "min_similarity=NaN", "tags=a%00"])
async def test_invalid_queries(alice: Agent, query: str) -> None:
    assert code(await alice.call("GET", f"/api/v1/discovery?query=x&{query}")) == (400, "INVALID_QUERY")


async def test_a_signed_discover_gets_a_signed_answer(alice: Agent, agent: MakeAgent, target: Any) -> None:
    word = f"restores oil paintings {uuid.uuid4().hex}"
    cheap, dear = agent(), agent()
    await cheap.register(capabilities=[{**capability(word), "priceHint": 1}])
    await dear.register(capabilities=[{**capability(word), "priceHint": 9}])

    answer = await alice.discover(word)

    message = answer.json()
    broker = (await alice.call("GET", "/api/v1")).json()
    assert message["msg_type"] == "DISCOVER_RESULT"
    assert (message["from_did"], message["to_did"], message["trace_id"]) == (broker["did"], alice.did, "trace")
    verify(message, public_key_of(broker["did"]))
    matches = {match["did"]: match for match in message["payload"]["matches"]}
    assert matches[dear.did]["estLatencyMs"] == 1000
    assert matches[dear.did]["trust"] == {"score": 0.5}
    within = (await alice.discover(word, max_cost=5)).json()["payload"]["matches"]
    assert dear.did not in {match["did"] for match in within}
    quick = (await alice.discover(word, max_latency_ms=500)).json()["payload"]["matches"]
    assert {cheap.did, dear.did}.isdisjoint(match["did"] for match in quick)
    assert (await alice.discover("qwxz vbnm plok")).json()["payload"]["matches"] == []
    assert code(await alice.discover(word, embedding=encode_f32([1.0] * 8))) == (400, "INVALID_QUERY")
    assert code(await alice.discover("a\x00b")) == (400, "INVALID_ENVELOPE")


async def test_an_embedding_decides(alice: Agent, agent: MakeAgent) -> None:
    tag = uuid.uuid4().hex
    direction = [0.0] * 255 + [-1.0]
    pointing = agent()
    await pointing.register(capabilities=[{**capability("unrelated words", [tag]), "embedding": embedding_object(direction)}])

    message = (await alice.discover("something else", embedding=encode_f32(direction), tags=[tag])).json()

    assert [(match["did"], match["score"]) for match in message["payload"]["matches"]] == [(pointing.did, 1.0)]


async def test_the_estimate_follows_the_agents_own_times(alice: Agent, agent: MakeAgent) -> None:
    worker = agent()
    word = f"sorts letters {uuid.uuid4().hex}"
    await worker.register(word)
    intent_id = (await alice.send(worker.did)).json()["id"]
    await worker.answer(intent_id, to=alice.did)

    (match,) = [m for m in (await alice.discover(word)).json()["payload"]["matches"] if m["did"] == worker.did]
    assert match["estLatencyMs"] < 1000
