"""The surface servesys of the reference broker: the same agents, messages and rules as [v1], in other shapes."""

from __future__ import annotations

import uuid
from dataclasses import replace
from typing import Any

import httpx
import orjson
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from ainp_harness.wire.embedding import embedding_object
from ainp_harness.wire.envelope import MsgType
from ainp_harness.wire.messages import ADVERTISE_SCHEMA, DISCOVER_SCHEMA, capability, envelope
from ainp_harness.wire.payloads import AdvertisePayload, IntentPayload, advertised, bare_embeddings, text_intent
from tests.reference_broker.agents import Agent, now_ms, stamp
from tests.reference_broker.conftest import MakeAgent


def refusal(answer: httpx.Response) -> tuple[int, str]:
    """Status and code of a refusal, whose form is checked on the way."""
    body = answer.json()
    assert body["message"], body
    assert body.keys() <= {"error", "message", "retry_after_ms"}, body
    return answer.status_code, body["error"]


async def register(agent: Agent, *capabilities: dict[str, Any], proof: bool = True, **members: Any) -> httpx.Response:
    address = {"did": agent.did, "capabilities": bare_embeddings(list(capabilities) or [capability("keeps bees")])}
    body = {"address": address, "ttl": 60_000, **members}
    if proof:
        return await agent.proven("POST", "/api/agents/register", orjson.dumps(body))
    return await agent.post("/api/agents/register", body)


def message(sender: Agent, to: Agent, text: str = "hello", **members: Any) -> dict[str, Any]:
    schema, payload = text_intent(IntentPayload.MESSAGE, text, [0.1, 0.2], [to.did])
    payload["semantics"].update(members)
    return sender.identity.sign(envelope(MsgType.INTENT, stamp(), from_did=sender.did, to_did=to.did, schema=schema, payload=payload))


async def send(sender: Agent, to: Agent, text: str = "hello", **members: Any) -> httpx.Response:
    return await sender.post("/api/intents/send", message(sender, to, text, **members))


async def inbox(agent: Agent, query: str = "") -> dict[str, Any]:
    answer = await agent.proven("GET", "/api/mail/inbox" + query)
    assert answer.status_code == 200, answer.text
    page: dict[str, Any] = answer.json()
    return page


async def confirm(agent: Agent, *ids: str) -> httpx.Response:
    return await agent.proven("POST", "/api/mail/confirm", orjson.dumps({"message_ids": ids}))


async def test_registering_and_showing(alice: Agent) -> None:
    answer = await register(alice, {**capability("bakes bread", ["food"]), "embedding": embedding_object([1.0] * 256)})

    assert answer.status_code == 200
    assert answer.json()["agent"]["did"] == alice.did
    assert answer.json()["credits"] is None
    shown = (await alice.call("GET", f"/api/agents/{alice.did}")).json()
    assert [one["description"] for one in shown["capabilities"]] == ["bakes bread"]
    assert shown["trust"]["score"] == 0.5
    assert (await alice.call("GET", f"/api/v1/agents/{alice.did}")).json()["did"] == alice.did  # one registry


async def test_replacing_needs_a_proof(alice: Agent, agent: MakeAgent) -> None:
    await register(alice)

    assert refusal(await register(alice, proof=False)) == (401, "UNAUTHORIZED")
    address = {"did": alice.did, "capabilities": [capability("taken over")]}
    assert refusal(await register(agent(), address=address)) == (403, "UNAUTHORIZED")
    assert (await register(alice)).status_code == 200


@pytest.mark.parametrize(
    ("members", "code"),
    [
        ({"address": None}, "INVALID_REGISTRATION"),
        ({"ttl": None}, "INVALID_REGISTRATION"),
        ({"ttl": -1}, "INVALID_REGISTRATION"),
        ({"address": {"did": "did:key:test", "capabilities": [capability("x")]}}, "INVALID_DID"),
    ],
)
async def test_what_is_no_registration(alice: Agent, members: dict[str, Any], code: str) -> None:
    assert refusal(await register(alice, proof=False, **members)) == (400, code)


async def test_searching(alice: Agent) -> None:
    tag = f"t{uuid.uuid4()}"
    await register(alice, capability("tunes grand pianos", [tag]))
    answer = await alice.post("/api/discovery/search", {"description": "piano tuning", "tags": [tag]})

    (found,) = answer.json()
    assert (found["did"], found["capabilities"]) == (alice.did, [{"description": "tunes grand pianos", "tags": [tag]}])
    assert found["similarity"] > 0.3
    assert found["trust"] == {"score": 0.5}
    assert (await alice.post("/api/discovery/search", {"description": "x", "tags": [tag + "-not"]})).json() == []


@pytest.mark.parametrize("body", [{}, {"description": ""}, {"description": "x" * 3_000}, {"description": "x", "tags": "t"}, []])
async def test_what_is_no_search(alice: Agent, body: Any) -> None:
    assert refusal(await alice.post("/api/discovery/search", body)) == (400, "INVALID_QUERY")


async def test_advertising_and_discovering(alice: Agent, agent: MakeAgent) -> None:
    tag, mallory = f"t{uuid.uuid4()}", agent()
    payload = advertised(AdvertisePayload.ADDRESS, alice.did, [capability("forecasts rain", [tag])])
    told = envelope(MsgType.ADVERTISE, stamp(), from_did=alice.did, schema=ADVERTISE_SCHEMA, payload=payload)
    answer = await alice.post("/api/discovery/envelope", alice.identity.sign(told))
    assert answer.json() == {"status": "registered", "ttl_minutes": 7 * 24 * 60}  # bounded at the most that a registration lasts

    query = {"description": "a weather forecast", "tags": [tag]}
    for member in ({"to_query": query}, {"payload": {"query": query}}):
        asked = envelope(MsgType.DISCOVER, stamp(), from_did=mallory.did, schema=DISCOVER_SCHEMA, **member)
        (found,) = (await mallory.post("/api/discovery/envelope", mallory.identity.sign(asked))).json()["results"]
        assert found["did"] == alice.did

    told = envelope(MsgType.ADVERTISE, stamp(), from_did=mallory.did, schema=ADVERTISE_SCHEMA, payload=payload)
    assert refusal(await mallory.post("/api/discovery/envelope", mallory.identity.sign(told))) == (403, "UNAUTHORIZED")


async def test_a_message_is_listed_until_it_is_confirmed(alice: Agent, bob: Agent) -> None:
    conversation = str(uuid.uuid4())
    sent = message(alice, bob, "a text", subject="s", conversation_id=conversation)
    answer = await alice.post("/api/intents/send", sent)
    assert (answer.status_code, answer.json()["status"], answer.json()["agent_count"]) == (200, "routed", 1)
    assert answer.json()["queued"] is True  # bob has not polled yet

    (row,) = (await inbox(bob))["messages"]
    assert (row["envelope_id"], row["from_did"], row["to_dids"]) == (sent["id"], alice.did, [bob.did])
    assert (row["body_text"], row["subject"], row["conversation_id"], row["intent_type"]) == ("a text", "s", conversation, "MESSAGE")
    assert abs(row["received_at"] - now_ms()) < 10_000
    assert row["read_at"] is None
    assert [one["envelope"]["id"] for one in await bob.poll()] == [sent["id"]]  # one inbox

    assert (await confirm(bob, row["id"])).status_code == 204
    assert (await confirm(bob, row["id"])).status_code == 204
    assert (await inbox(bob))["messages"] == []


async def test_other_types_are_listed_with_their_payload(alice: Agent, bob: Agent) -> None:
    note = alice.intent(bob.did)
    await alice.post("/api/intents/send", note)
    (row,) = (await inbox(bob))["messages"]

    assert (row["intent_type"], row["body_mime"]) == ("INTENT", "application/json")
    assert orjson.loads(row["body_text"]) == note["payload"]


async def test_pages_go_from_the_newest_to_the_oldest(alice: Agent, bob: Agent) -> None:
    for number in range(5):
        await send(alice, bob, f"text {number}")
    first = await inbox(bob, "?limit=3")
    second = await inbox(bob, f"?limit=3&cursor={first['pagination']['cursor']}")

    assert [row["body_text"] for row in first["messages"] + second["messages"]] == [f"text {number}" for number in (4, 3, 2, 1, 0)]
    assert first["pagination"]["has_more"] is True
    assert second["pagination"] == {"limit": 3, "cursor": None, "has_more": False}


@pytest.mark.parametrize("query", ["?limit=0", "?limit=201", "?limit=many", "?cursor=x", "?unread=perhaps"])
async def test_what_is_no_page(alice: Agent, query: str) -> None:
    assert refusal(await alice.proven("GET", "/api/mail/inbox" + query)) == (400, "INVALID_QUERY")


async def test_what_was_read_stays_listed(alice: Agent, bob: Agent) -> None:
    await send(alice, bob, "one")
    await send(alice, bob, "two")
    newest = (await inbox(bob))["messages"][0]
    answer = await bob.proven("POST", "/api/mail/read", orjson.dumps({"message_id": newest["id"]}))
    assert answer.json() == {"success": True, "message_id": newest["id"], "read": True}

    listed = (await inbox(bob))["messages"]
    assert [row["read_at"] is not None for row in listed] == [True, False]
    assert [row["body_text"] for row in (await inbox(bob, "?unread=true"))["messages"]] == ["one"]
    await confirm(bob, newest["id"])
    assert refusal(await bob.proven("POST", "/api/mail/read", orjson.dumps({"message_id": newest["id"]}))) == (404, "NOT_FOUND")
    assert refusal(await bob.proven("POST", "/api/mail/read", b"{}")) == (400, "INVALID_QUERY")


async def test_an_inbox_is_its_owners_alone(alice: Agent, bob: Agent, agent: MakeAgent) -> None:
    await send(alice, bob)
    (row,) = (await inbox(bob))["messages"]
    mallory, named = agent(), {"X-AINP-DID": bob.did}

    assert refusal(await mallory.call("GET", "/api/mail/inbox")) == (401, "UNAUTHORIZED")
    assert refusal(await mallory.call("GET", "/api/mail/inbox", headers=named)) == (401, "UNAUTHORIZED")
    assert refusal(await mallory.proven("GET", "/api/mail/inbox", claim=bob.did)) == (401, "INVALID_SIGNATURE")
    assert (await inbox(mallory))["messages"] == []
    assert refusal(await confirm(mallory, row["id"])) == (403, "UNAUTHORIZED")
    mark = await mallory.proven("POST", "/api/mail/read", orjson.dumps({"message_id": row["id"]}))
    assert refusal(mark) == (403, "UNAUTHORIZED")
    assert [one["read_at"] for one in (await inbox(bob))["messages"]] == [None]


async def test_a_replay_is_one_on_both_surfaces(alice: Agent, bob: Agent) -> None:
    sent = message(alice, bob)
    assert (await alice.post("/api/intents/send", sent)).status_code == 200

    assert refusal(await alice.post("/api/intents/send", sent)) == (409, "DUPLICATE_INTENT")
    assert (await alice.post("/api/v1/intents", sent)).json()["error_code"] == "DUPLICATE_INTENT"


async def test_each_surface_refuses_in_its_own_shape(alice: Agent) -> None:
    assert refusal(await alice.post("/api/intents/send", {})) == (400, "INVALID_ENVELOPE")
    assert refusal(await alice.call("GET", f"/api/agents/{alice.did}")) == (404, "NOT_FOUND")
    assert (await alice.call("GET", "/api/v1/no-such-thing")).json().keys() == {"msg_type", "error_code", "error_message"}
    both = (await alice.call("GET", "/api/no-such-thing")).json()  # who asks there, nobody knows
    assert (both["error"], both["error_code"]) == ("NOT_FOUND", "NOT_FOUND")
    assert (await alice.call("PUT", "/api/intents/send")).status_code == 405


def socket_of(agent: Agent, http: httpx.AsyncClient, path: str, proof: bool = True) -> connect:
    headers = agent.identity.prove(method="GET", target=path, timestamp_ms=now_ms(), body=b"") if proof else {}
    return connect(f"{str(http.base_url).replace('http', 'ws', 1)}{path}", additional_headers={"X-Forwarded-For": agent.address, **headers})


async def test_the_websocket_announces(alice: Agent, bob: Agent, http: httpx.AsyncClient) -> None:
    async with socket_of(bob, http, f"/?did={bob.did}") as socket:
        await send(alice, bob, "x" * 200, subject="s")
        told = orjson.loads(await socket.recv())
        (row,) = (await inbox(bob))["messages"]
        assert (told["@type"], told["type"], told["message_id"]) == ("NOTIFICATION", "new_message", row["id"])
        assert (told["from_did"], told["subject"], len(told["preview"])) == (alice.did, "s", 100)

        await socket.send('{"confirm": []}')
        assert orjson.loads(await socket.recv())["error"] == "INVALID_MESSAGE"
        await socket.send("no JSON")
        assert orjson.loads(await socket.recv())["error"] == "INVALID_MESSAGE"
        await socket.wait_closed()
        assert socket.close_code == 1007


async def test_the_websocket_hands_over_results(alice: Agent, bob: Agent, http: httpx.AsyncClient) -> None:
    sent = message(alice, bob)
    await alice.post("/api/intents/send", sent)
    async with socket_of(alice, http, f"/?did={alice.did}") as socket:
        await bob.answer(sent["id"], to=alice.did, trace_id=sent["trace_id"])
        told = orjson.loads(await socket.recv())
    assert (told["msg_type"], told["payload"]["intent_id"]) == ("RESULT", sent["id"])
    assert (await inbox(alice))["messages"][0]["intent_type"] == "RESULT"


async def test_the_websocket_is_its_owners_alone(alice: Agent, bob: Agent, http: httpx.AsyncClient) -> None:
    for path, proof, status in (("/", True, 400), (f"/?did={bob.did}", True, 403), (f"/?did={alice.did}", False, 401)):
        with pytest.raises(InvalidStatus) as refused:
            async with socket_of(alice, http, path, proof):
                pass
        assert refused.value.response.status_code == status
        assert b'"error":' in refused.value.response.body


# -- negotiations


async def move(agent: Agent, path: str, **body: Any) -> httpx.Response:
    return await agent.proven("POST", "/api/negotiations" + path, orjson.dumps(body))


async def created(alice: Agent, bob: Agent, price: float = 10, **members: Any) -> httpx.Response:
    body = {"intent_id": str(uuid.uuid4()), "initiator_did": alice.did, "responder_did": bob.did, "initial_proposal": {"price": price}}
    return await move(alice, "", **{**body, **members})


async def test_a_negotiation_runs_to_acceptance(alice: Agent, bob: Agent, agent: MakeAgent) -> None:
    answer = await created(alice, bob, max_rounds=5, ttl_minutes=1)
    session = answer.json()
    assert (answer.status_code, session["state"], session["max_rounds"]) == (201, "initiated", 5)
    assert abs(session["expires_at"] - session["created_at"] - 60_000) < 1_000
    path = f"/{session['id']}"

    proposed = (await move(bob, path + "/propose", proposer_did=bob.did, proposal={"price": 4})).json()
    assert (proposed["state"], proposed["current_proposal"], proposed["convergence_score"]) == ("proposed", {"price": 4}, 0.4)
    assert refusal(await move(bob, path + "/accept", acceptor_did=bob.did)) == (409, "NEGOTIATION_FAILED")  # its own proposal
    accepted = (await move(alice, path + "/accept", acceptor_did=alice.did)).json()
    assert (accepted["state"], accepted["final_proposal"]) == ("accepted", {"price": 4})

    shown = await bob.proven("GET", f"/api/negotiations/{session['id']}")
    assert shown.json() == accepted
    listed = await bob.proven("GET", f"/api/negotiations?agent_did={bob.did}&state=accepted")
    assert [one["id"] for one in listed.json()] == [session["id"]]
    assert refusal(await move(alice, path + "/settle")) == (409, "NEGOTIATION_FAILED")
    assert refusal(await agent().proven("GET", f"/api/negotiations/{session['id']}")) == (403, "UNAUTHORIZED")


async def test_a_negotiation_is_rejected(alice: Agent, bob: Agent) -> None:
    path = f"/{(await created(alice, bob)).json()['id']}"

    assert (await move(bob, path + "/reject", rejector_did=bob.did, reason="no")).json()["state"] == "rejected"
    assert refusal(await move(alice, path + "/accept", acceptor_did=alice.did))[0] == 409


async def test_nobody_negotiates_in_anothers_name(alice: Agent, bob: Agent, agent: MakeAgent) -> None:
    path, mallory = f"/{(await created(alice, bob)).json()['id']}", agent()

    assert refusal(await created(replace(mallory), bob, initiator_did=alice.did)) == (403, "UNAUTHORIZED")
    assert refusal(await move(mallory, path + "/accept", acceptor_did=bob.did)) == (403, "UNAUTHORIZED")
    assert refusal(await move(mallory, path + "/reject", rejector_did=mallory.did)) == (403, "UNAUTHORIZED")
    assert refusal(await bob.post("/api/negotiations" + path + "/accept", {"acceptor_did": bob.did})) == (401, "UNAUTHORIZED")


@pytest.mark.parametrize(
    "members",
    [{"intent_id": "x"}, {"responder_did": None}, {"initial_proposal": None}, {"max_rounds": 21}, {"max_rounds": 1.5}, {"ttl_minutes": 0}],
)
async def test_what_is_no_creation(alice: Agent, bob: Agent, members: dict[str, Any]) -> None:
    assert refusal(await created(alice, bob, **members)) == (400, "INVALID_ENVELOPE")


async def test_an_unknown_negotiation(alice: Agent) -> None:
    assert refusal(await alice.proven("GET", f"/api/negotiations/{uuid.uuid4()}")) == (404, "NOT_FOUND")
    assert refusal(await move(alice, f"/{uuid.uuid4()}/accept", acceptor_did=alice.did)) == (404, "NOT_FOUND")
