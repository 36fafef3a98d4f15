"""CBOR and lite mode through the broker: another way of writing the same message, and never another way in."""

from __future__ import annotations

from typing import Any

import cbor2
import httpx
import pytest

from ainp_harness.wire.cbor_envelope import from_cbor, to_cbor
from ainp_harness.wire.did import public_key_of
from ainp_harness.wire.envelope import MsgType
from ainp_harness.wire.messages import DISCOVER_SCHEMA, envelope
from ainp_harness.wire.signing import verify
from reference_broker.incoming import MAX_BODY_BYTES, is_cbor, prefers_cbor
from tests.reference_broker.agents import Agent, code, now_ms, stamp

CBOR = {"Content-Type": "application/cbor"}


async def in_cbor(agent: Agent, body: bytes, path: str = "/api/v1/intents", **headers: str) -> httpx.Response:
    return await agent.call("POST", path, content=body, headers={**CBOR, **headers})


async def test_an_intent_in_cbor_arrives_as_its_json(alice: Agent, bob: Agent) -> None:
    message = alice.intent(bob.did)

    answer = await in_cbor(alice, to_cbor(message))

    assert (answer.status_code, answer.json()["id"]) == (202, message["id"])
    assert [one["envelope"] for one in await bob.poll()] == [message]


async def test_an_id_is_used_up_in_either_encoding(alice: Agent, bob: Agent) -> None:
    message = alice.intent(bob.did)
    assert (await in_cbor(alice, to_cbor(message))).status_code == 202

    assert code(await alice.post("/api/v1/intents", message)) == (409, "DUPLICATE_INTENT")
    assert code(await in_cbor(alice, to_cbor(message))) == (409, "DUPLICATE_INTENT")


WRONG: list[tuple[bytes, tuple[int, str]]] = [
    (b"", (400, "INVALID_ENVELOPE")),
    (b"{}", (400, "INVALID_ENVELOPE")),
    (cbor2.dumps([1]), (400, "INVALID_ENVELOPE")),
    (cbor2.dumps({14: {"n": float("nan")}}), (400, "INVALID_ENVELOPE")),
    (b"\xa1\x0e" + b"\x81" * 100_000, (400, "INVALID_ENVELOPE")),
    (b"\xa1\x0e\x9b\x00\x00\x00\xff\xff\xff\xff\xff", (400, "INVALID_ENVELOPE")),
    (b"\xa1" * (MAX_BODY_BYTES + 1), (413, "PAYLOAD_TOO_LARGE")),
]


@pytest.mark.parametrize(("body", "expected"), WRONG, ids=[f"{body[:8].hex()}-{len(body)}" for body, _ in WRONG])
async def test_what_is_no_envelope_is_refused(alice: Agent, body: bytes, expected: tuple[int, str]) -> None:
    assert code(await in_cbor(alice, body)) == expected


async def test_what_cbor_says_in_few_bytes_is_measured_as_json(alice: Agent, bob: Agent) -> None:
    """200,000 times `false` are as many bytes in CBOR, and six times that in JSON, in which it would be kept."""
    payload = {**alice.intent(bob.did)["payload"], "many": [False] * 200_000}
    outside = alice.intent(bob.did, attestations=[False] * 200_000)

    assert code(await in_cbor(alice, to_cbor(alice.intent(bob.did, payload=payload)))) == (413, "PAYLOAD_TOO_LARGE")
    assert code(await in_cbor(alice, to_cbor(outside))) == (413, "PAYLOAD_TOO_LARGE")


async def test_a_changed_message_is_refused_with_its_id(alice: Agent, bob: Agent) -> None:
    message = {**alice.intent(bob.did), "ttl": 61_000}

    answer = await in_cbor(alice, to_cbor(message))

    assert code(answer) == (401, "INVALID_SIGNATURE")
    assert answer.json()["intent_id"] == message["id"]


async def test_cbor_is_for_envelopes(alice: Agent) -> None:
    registration = await alice.call("POST", "/api/v1/agents", content=b"\xa0", headers=CBOR)

    assert code(registration) == (415, "UNSUPPORTED_MEDIA_TYPE")


def question(agent: Agent) -> dict[str, Any]:
    query = {"description": "keeps bees"}
    return agent.identity.sign(envelope(MsgType.DISCOVER, stamp(), from_did=agent.did, schema=DISCOVER_SCHEMA, to_query=query))


async def test_the_encoding_of_a_discover_result_is_negotiated(alice: Agent, bob: Agent) -> None:
    broker = (await alice.call("GET", "/api/v1")).json()
    told = await in_cbor(alice, to_cbor(question(alice)), "/api/v1/discovery", Accept="application/cbor")
    plain = await in_cbor(alice, to_cbor(question(alice)), "/api/v1/discovery")

    assert broker["encodings"] == ["json", "cbor"]
    assert {"cbor", "lite"} <= set(broker["features"])
    assert told.headers["content-type"] == "application/cbor"
    result = from_cbor(told.content)
    assert (result["msg_type"], result["from_did"]) == ("DISCOVER_RESULT", broker["did"])
    verify(result, public_key_of(broker["did"]))
    assert (plain.headers["content-type"], plain.json()["msg_type"]) == ("application/json", "DISCOVER_RESULT")


async def test_errors_are_json_in_either_case(alice: Agent) -> None:
    assert code(await in_cbor(alice, b"\xff", "/api/v1/discovery", Accept="application/cbor")) == (400, "INVALID_ENVELOPE")


@pytest.mark.parametrize(
    ("accept", "cbor"),
    [
        (None, False), ("", False), ("*/*", False), ("application/json", False), ("application/cbor", True), ("Application/CBOR", True),
        ("application/cbor, */*;q=0.1", True), ("application/json, application/cbor;q=0.9", False), ("application/cbor;q=0", False),
        ("application/cbor, application/json", False), ("application/cbor;q=x", False), ("text/html, application/cbor;q=0.2", True),
    ],
)  # fmt: skip
def test_what_accept_prefers(accept: str | None, cbor: bool) -> None:
    assert prefers_cbor(accept) is cbor


def test_the_content_type_of_cbor() -> None:
    assert is_cbor("application/cbor")
    assert is_cbor("Application/CBOR; x=1")
    assert not is_cbor("application/json")
    assert not is_cbor(None)


# -- lite


def minimal(agent: Agent, to: str | None, **members: Any) -> dict[str, Any]:
    whole = {**agent.intent(to), **members}
    return agent.identity.sign({name: value for name, value in whole.items() if name not in ("ttl", "qos", "trace_id")})


async def test_a_minimal_intent_is_taken_and_passed_on_as_it_came(alice: Agent, bob: Agent) -> None:
    message = minimal(alice, bob.did)

    answer = await alice.post("/api/v1/intents", message)

    assert answer.status_code == 202, answer.text
    assert answer.json()["expires_at"] == message["timestamp"] + 60_000
    assert [one["envelope"] for one in await bob.poll()] == [message]
    assert code(await alice.post("/api/v1/intents", message)) == (409, "DUPLICATE_INTENT")


async def test_a_minimal_intent_is_signed_and_in_time(alice: Agent, bob: Agent) -> None:
    message = minimal(alice, bob.did)
    late = minimal(alice, bob.did, timestamp=now_ms() - 62_000)  # the margin is a second here

    assert code(await alice.post("/api/v1/intents", {**message, "ttl": 60_000})) == (401, "INVALID_SIGNATURE")
    assert code(await alice.post("/api/v1/intents", {name: value for name, value in message.items() if name != "sig"})) == (
        401,
        "INVALID_SIGNATURE",
    )
    assert code(await alice.post("/api/v1/intents", late)) == (410, "TIMEOUT")


async def test_only_an_intent_to_a_did_may_be_minimal(alice: Agent, bob: Agent) -> None:
    by_query = minimal(alice, None, to_query={"description": "keeps bees"})
    no_schema = alice.identity.sign({name: value for name, value in minimal(alice, bob.did).items() if name != "schema"})
    discover = alice.identity.sign({name: value for name, value in question(alice).items() if name != "ttl"})

    assert code(await alice.post("/api/v1/intents", by_query)) == (400, "INVALID_ENVELOPE")
    assert code(await alice.post("/api/v1/intents", no_schema)) == (400, "INVALID_ENVELOPE")
    assert code(await alice.post("/api/v1/discovery", discover)) == (400, "INVALID_ENVELOPE")


async def test_a_minimal_intent_may_come_in_cbor(alice: Agent, bob: Agent) -> None:
    assert (await in_cbor(alice, to_cbor(minimal(alice, bob.did)))).status_code == 202
