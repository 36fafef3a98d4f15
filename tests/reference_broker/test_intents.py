"""Sending, queueing, receiving and confirming: one intent from its sender to its recipient, and what is refused on the way."""

from __future__ import annotations

import asyncio
import uuid

import orjson
import pytest

from ainp_harness.wire.messages import FREEFORM_NOTE_SCHEMA
from ainp_harness.wire.signing import Scheme
from tests.reference_broker.agents import JSON, Agent, code, note, now_ms
from tests.reference_broker.conftest import MakeAgent

HOUR_MS = 3_600_000


async def test_an_intent_waits_for_an_absent_agent_and_arrives_unchanged(alice: Agent, bob: Agent) -> None:
    big = {**note("x"), "n": 295147905179352830000, "nul": "\x00", "composed": "é e\u0301", "zero": -0.0}
    message = alice.intent(bob.did, payload=big)

    answer = await alice.post("/api/v1/intents", message)

    assert answer.status_code == 202
    receipt = answer.json()
    assert receipt["status"] == "queued"
    assert receipt["error_code"] == "AGENT_OFFLINE"
    assert receipt["expires_at"] == message["timestamp"] + message["ttl"]
    (delivered,) = await bob.poll()
    assert delivered["envelope"] == {**message, "payload": {**big, "n": 2.9514790517935283e20}}


async def test_a_present_agent_is_not_called_absent(alice: Agent, bob: Agent) -> None:
    await bob.poll()

    assert (await alice.send(bob.did)).json()["status"] == "accepted"


async def test_confirmed_messages_are_gone_and_others_come_again(alice: Agent, bob: Agent, agent: MakeAgent) -> None:
    for _ in range(2):
        await alice.send(bob.did)
    first, second = await bob.poll()

    stranger = agent()
    assert (await stranger.confirm(second["delivery_id"])).status_code == 204  # its own inbox; the id is another's
    assert code(await stranger.proven("POST", bob.inbox + "/confirm", b'{"delivery_ids":[]}')) == (403, "UNAUTHORIZED")
    assert (await bob.confirm(first["delivery_id"], "no such id", "7.77")).status_code == 204

    assert await bob.poll() == [second]


async def test_priority_then_first_in_first_out(alice: Agent, bob: Agent) -> None:
    even = {"urgency": 0.5, "importance": 0.5, "novelty": 0.5, "ethicalWeight": 0.5}
    qualities = [even, {**even, "urgency": 1}, even, {**even, "bid": 10}, {**even, "novelty": 0}]
    sent = [alice.intent(bob.did, qos=quality) for quality in qualities]
    for message in sent:
        await alice.post("/api/v1/intents", message)

    order = [message["envelope"]["id"] for message in await bob.poll()]
    assert order == [sent[n]["id"] for n in (3, 1, 0, 2, 4)]
    assert [message["envelope"]["id"] for message in await bob.poll(limit=2)] == order[:2]


async def test_a_long_poll_gets_what_comes(alice: Agent, bob: Agent) -> None:
    waiting = asyncio.create_task(bob.poll(wait_ms=10_000))
    await asyncio.sleep(0.3)
    await alice.send(bob.did)

    assert len(await asyncio.wait_for(waiting, 2)) == 1
    assert await alice.poll(wait_ms=100) == []


async def test_of_twenty_equal_messages_at_once_one_is_taken(alice: Agent, bob: Agent) -> None:
    message = alice.intent(bob.did)

    answers = await asyncio.gather(*(alice.post("/api/v1/intents", message) for _ in range(20)))

    assert sorted(answer.status_code for answer in answers) == [202] + [409] * 19
    assert len(await bob.poll()) == 1


async def test_a_replay_is_refused_whatever_else_changes(alice: Agent, bob: Agent, agent: MakeAgent) -> None:
    identifier = str(uuid.uuid4())
    assert (await alice.send(bob.did, id=identifier)).status_code == 202

    for changed in ({"id": identifier.upper()}, {"id": identifier, "ttl": HOUR_MS}, {"id": identifier, "payload": note("other")}):
        assert code(await alice.send(bob.did, **changed)) == (409, "DUPLICATE_INTENT")
    advert = await alice.advertise("keeps bees", id=identifier)
    assert code(advert) == (409, "DUPLICATE_INTENT")
    assert (await agent().send(bob.did, id=identifier)).status_code == 202  # another sender's


async def test_a_refused_message_has_not_used_up_its_id(alice: Agent, bob: Agent, agent: MakeAgent) -> None:
    identifier = str(uuid.uuid4())
    forged = agent().identity.sign(alice.intent(bob.did, id=identifier))

    assert code(await alice.post("/api/v1/intents", forged)) == (401, "INVALID_SIGNATURE")
    assert code(await alice.send(agent().did, id=identifier)) == (404, "AGENT_OFFLINE")
    assert code(await alice.send(bob.did, id=identifier, schema="https://ainp.dev/schemas/intents/none/v1")) == (422, "UNSUPPORTED_SCHEMA")
    assert (await alice.send(bob.did, id=identifier)).status_code == 202


async def test_the_deadline_is_ttl_and_the_margin(alice: Agent, bob: Agent) -> None:
    """The margin is 1 s in these tests: queued until then, and its id free again after it."""
    identifier = str(uuid.uuid4())
    assert (await alice.send(bob.did, id=identifier, ttl=1_000)).status_code == 202
    await asyncio.sleep(1.3)
    assert code(await alice.send(bob.did, id=identifier)) == (409, "DUPLICATE_INTENT")
    assert len(await bob.poll()) == 1
    await asyncio.sleep(0.9)

    assert await bob.poll() == []
    assert (await alice.send(bob.did, id=identifier)).status_code == 202


@pytest.mark.parametrize(
    ("members", "refusal"),
    [
        ({"version": "0.2.0"}, (400, "UNSUPPORTED_VERSION")),
        ({"version": None}, (400, "INVALID_ENVELOPE")),
        ({"msg_type": "intent"}, (400, "INVALID_ENVELOPE")),
        ({"msg_type": "DISCOVER"}, (400, "INVALID_ENVELOPE")),
        ({"id": "0d6ab7ea-5bd8-11ef-8f1a-325096b39f47"}, (400, "INVALID_ENVELOPE")),
        ({"timestamp": "now"}, (400, "INVALID_ENVELOPE")),
        ({"timestamp": -5}, (400, "INVALID_TIMESTAMP")),
        ({"timestamp": 1_700_000_000}, (410, "TIMEOUT")),
        ({"ttl": 0}, (400, "INVALID_ENVELOPE")),
        ({"ttl": 2**63}, (400, "INVALID_ENVELOPE")),
        ({"trace_id": "a\x00b"}, (400, "INVALID_ENVELOPE")),
        ({"from_did": ""}, (400, "INVALID_ENVELOPE")),
        ({"from_did": "did:example:1"}, (400, "INVALID_DID")),
        ({"from_did": "did:web:nobody.example"}, (401, "UNAUTHORIZED")),
        ({"to_query": {"description": "bees"}}, (400, "INVALID_ENVELOPE")),
        ({"to_did": None}, (400, "INVALID_ENVELOPE")),
        ({"qos": {"urgency": 2, "importance": 0, "novelty": 0, "ethicalWeight": 0}}, (400, "INVALID_ENVELOPE")),
        ({"schema": "https://ainp.dev/schemas/intents/none/v1"}, (422, "UNSUPPORTED_SCHEMA")),
        ({"payload": {**note(), "budget": None}}, (422, "UNSUPPORTED_SCHEMA")),
        ({"payload": {**note(), "embedding": {"b64": "AAAA", "dim": 1, "dtype": "f32"}}}, (422, "UNSUPPORTED_SCHEMA")),
        ({"payload": {**note(), "semantics": {"attachments": [{"url": "data:text/plain,x"}]}}}, (422, "UNSUPPORTED_SCHEMA")),
        ({"payload": {**note(), "pad": "x" * 1_048_576}}, (413, "PAYLOAD_TOO_LARGE")),
    ],
)
async def test_refusals_by_member(alice: Agent, bob: Agent, members: dict, refusal: tuple[int, str]) -> None:
    message = alice.intent(bob.did, **members)

    answer = await alice.post("/api/v1/intents", {name: value for name, value in message.items() if value is not None})

    assert code(answer) == refusal
    assert answer.json().get("intent_id") == message["id"]
    assert "X-RateLimit-Remaining" in answer.headers
    assert await bob.poll() == []


async def test_times_within_the_skew_are_taken(alice: Agent, bob: Agent) -> None:
    assert (await alice.send(bob.did, timestamp_ms=now_ms() + 55_000)).status_code == 202
    assert (await alice.send(bob.did, timestamp_ms=now_ms() - 600_000, ttl=HOUR_MS)).status_code == 202
    assert code(await alice.send(bob.did, timestamp_ms=now_ms() + 65_000)) == (400, "INVALID_TIMESTAMP")
    assert code(await alice.send(bob.did, timestamp_ms=now_ms() - 62_000, ttl=60_000)) == (410, "TIMEOUT")


@pytest.mark.parametrize(
    ("body", "headers", "refusal"),
    [
        (b"{", JSON, (400, "INVALID_ENVELOPE")),
        (b"", JSON, (400, "INVALID_ENVELOPE")),
        (b"[]", JSON, (400, "INVALID_ENVELOPE")),
        (b'{"a":NaN}', JSON, (400, "INVALID_ENVELOPE")),
        (b'{"a":1e400}', JSON, (400, "INVALID_ENVELOPE")),
        (b'{"a":"\xff"}', JSON, (400, "INVALID_ENVELOPE")),
        (b'{"a":"\x00"}', JSON, (400, "INVALID_ENVELOPE")),
        (b'{"a":' + b"[" * 10_000 + b"]" * 10_000 + b"}", JSON, (400, "INVALID_ENVELOPE")),
        (b"{}", {"Content-Type": "text/plain"}, (415, "UNSUPPORTED_MEDIA_TYPE")),
        (b"{}", {}, (415, "UNSUPPORTED_MEDIA_TYPE")),
        (b"{}", {"Content-Type": "application/json; charset=latin-1"}, (415, "UNSUPPORTED_MEDIA_TYPE")),
        (b" " * 1_200_000, {"Content-Type": "text/plain"}, (413, "PAYLOAD_TOO_LARGE")),
    ],
)
async def test_refusals_of_bodies(alice: Agent, body: bytes, headers: dict[str, str], refusal: tuple[int, str]) -> None:
    answer = await alice.call("POST", "/api/v1/intents", content=body, headers=headers)

    assert code(answer) == refusal
    assert "orjson" not in answer.text


async def test_content_types_that_are_taken(alice: Agent, bob: Agent) -> None:
    for content_type in ("application/json; charset=UTF-8", "application/ld+json", "Application/JSON;charset=utf-8"):
        body = orjson.dumps(alice.intent(bob.did))
        answer = await alice.call("POST", "/api/v1/intents", content=body, headers={"Content-Type": content_type})
        assert answer.status_code == 202


async def test_a_large_payload_arrives(alice: Agent, bob: Agent) -> None:
    assert (await alice.send(bob.did, payload={**note(), "pad": "x" * 900_000})).status_code == 202

    (delivered,) = await bob.poll()
    assert len(delivered["envelope"]["payload"]["pad"]) == 900_000


@pytest.mark.parametrize("sig", [None, "", "dummy-sig", 7, "A" * 86 + "==", "A" * 85 + "B=="])
async def test_what_is_no_signature_is_refused(alice: Agent, bob: Agent, sig: object) -> None:
    message = {**alice.intent(bob.did), "sig": sig}

    assert code(await alice.post("/api/v1/intents", message)) == (401, "INVALID_SIGNATURE")


@pytest.mark.parametrize("scheme", list(Scheme))
async def test_every_scheme_is_taken(alice: Agent, bob: Agent, scheme: Scheme) -> None:
    message = alice.identity.sign(alice.intent(bob.did), scheme)

    assert (await alice.post("/api/v1/intents", message)).status_code == 202


async def test_to_query_reaches_the_best_three(alice: Agent, agent: MakeAgent) -> None:
    word = f"repairs antique clocks in {uuid.uuid4().hex[:6]}"
    clockmakers = [agent() for _ in range(5)]
    await clockmakers[0].register(word)
    for clockmaker in clockmakers[1:]:
        await clockmaker.register(word + " and cuckoo clocks")
    await clockmakers[0].poll()

    receipt = (await alice.send(to_query={"description": word})).json()

    assert receipt["status"] == "accepted"
    assert len(receipt["recipients"]) == 3
    assert receipt["recipients"][0] == clockmakers[0].did
    assert set(receipt["recipients"]) <= {clockmaker.did for clockmaker in clockmakers}
    assert receipt["queued_for"] == receipt["recipients"][1:]
    nothing = await alice.send(to_query={"description": "qwxz vbnm plok"})
    assert code(nothing) == (404, "AGENT_OFFLINE")
    assert nothing.json()["queued"] is False


async def test_what_is_not_to_be_queued_is_not(alice: Agent, bob: Agent) -> None:
    urgent = {"urgency": 0.9, "importance": 0.5, "novelty": 0.5, "ethicalWeight": 0.5}
    for members in ({"payload": {**note(), "metadata": {"no_queue": True}}}, {"ttl": 4_000, "qos": urgent}):
        answer = await alice.send(bob.did, **members)
        assert code(answer) == (404, "AGENT_OFFLINE")
        assert answer.json()["queued"] is False
        assert answer.json()["retry_after_ms"] > 0
    assert await bob.poll() == []


async def test_only_a_recipient_answers_and_only_to_the_sender(alice: Agent, bob: Agent, agent: MakeAgent) -> None:
    carol = agent()
    intent_id = (await alice.send(bob.did)).json()["id"]

    assert code(await carol.answer(intent_id, to=alice.did)) == (403, "UNAUTHORIZED")
    assert code(await bob.answer(intent_id, to=carol.did)) == (403, "UNAUTHORIZED")
    assert code(await bob.answer(str(uuid.uuid4()), to=alice.did)) == (404, "NOT_FOUND")
    assert code(await bob.answer(intent_id, to=alice.did, payload={"intent_id": intent_id})) == (422, "UNSUPPORTED_SCHEMA")
    assert (await bob.answer(intent_id.upper(), to=alice.did)).status_code == 202
    assert (await bob.answer(intent_id, to=None)).status_code == 202

    assert [message["envelope"]["msg_type"] for message in await alice.poll()] == ["RESULT", "RESULT"]


async def test_a_full_queue_is_told(alice: Agent, bob: Agent, agent: MakeAgent) -> None:
    answers = await asyncio.gather(*(alice.send(bob.did) for _ in range(60)))
    assert {answer.status_code for answer in answers} == {202}

    answer = await alice.send(bob.did)

    assert code(answer) == (503, "AGENT_OFFLINE")
    assert answer.json()["queued"] is False
    assert (await alice.send(alice.did)).status_code == 202
    assert len(await bob.poll(limit=200)) == 60


async def test_only_the_owner_reads_an_inbox(alice: Agent, bob: Agent) -> None:
    assert code(await alice.call("GET", bob.inbox)) == (401, "UNAUTHORIZED")
    assert code(await alice.call("GET", bob.inbox, headers={"X-AINP-DID": bob.did})) == (401, "UNAUTHORIZED")
    assert code(await alice.proven("GET", bob.inbox)) == (403, "UNAUTHORIZED")
    assert code(await alice.proven("GET", bob.inbox, claim=bob.did)) == (401, "INVALID_SIGNATURE")
    assert code(await bob.proven("GET", bob.inbox, at=now_ms() - 61_000)) == (401, "INVALID_SIGNATURE")
    assert code(await bob.proven("GET", bob.inbox + "?limit=0")) == (400, "INVALID_QUERY")
    assert code(await bob.proven("GET", bob.inbox + "?wait_ms=25001")) == (400, "INVALID_QUERY")


async def test_a_proof_that_changes_something_is_taken_once(bob: Agent) -> None:
    body, at = orjson.dumps({"delivery_ids": []}), now_ms()

    assert (await bob.proven("POST", bob.inbox + "/confirm", body, at=at)).status_code == 204
    assert code(await bob.proven("POST", bob.inbox + "/confirm", body, at=at)) == (409, "DUPLICATE_INTENT")
    assert (await bob.proven("GET", bob.inbox, at=at)).status_code == 200
    assert (await bob.proven("GET", bob.inbox, at=at)).status_code == 200


async def test_schemas_of_other_messages(alice: Agent, bob: Agent) -> None:
    assert code(await alice.advertise("bees", schema=FREEFORM_NOTE_SCHEMA)) == (422, "UNSUPPORTED_SCHEMA")
