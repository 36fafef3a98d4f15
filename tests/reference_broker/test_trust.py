"""Trust: what an agent's answers make of it, how it fades, and what it can do about it by words alone."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any

import orjson
import pytest

from ainp_harness.wire.errors import ErrorCode
from ainp_harness.wire.messages import capability, result_payload
from reference_broker.errors import BrokerError
from reference_broker.registration import Offer
from reference_broker.registry import Registry
from reference_broker.trust import DAY_MS, Decay
from tests.reference_broker.agents import Agent, code
from tests.reference_broker.conftest import MakeAgent

WEIGHTS = {"reliability": 0.35, "honesty": 0.35, "competence": 0.20, "timeliness": 0.10}


async def trust_of(agent: Agent) -> dict[str, Any]:
    told: dict[str, Any] = (await agent.call("GET", f"/api/v1/agents/{agent.did}")).json()["trust"]
    return told


async def answered(asker: Agent, worker: Agent, statuses: Sequence[str]) -> None:
    for status in statuses:
        intent_id = (await asker.send(worker.did)).json()["id"]
        payload = {**result_payload(intent_id, {}), "status": status}
        assert (await worker.answer(intent_id, to=asker.did, payload=payload)).status_code == 202


@pytest.mark.parametrize(("days", "left"), [(0, 0.5), (0.99, 0.5), (1, 0.4885), (1.99, 0.4885), (30, 0.5 * 0.977**30), (-1, 0.5)])
def test_trust_fades_by_whole_days(days: float, left: float) -> None:
    now = 100 * DAY_MS

    assert Decay().of(0.5, round(now - days * DAY_MS), now) == pytest.approx(left, abs=1e-6)


async def test_a_stranger_has_half_of_everything(alice: Agent) -> None:
    await alice.register()

    told = await trust_of(alice)

    assert told["score"] == 0.5
    assert told["dimensions"] == {"reliability": 0.5, "honesty": 0.5, "competence": 0.5, "timeliness": 0.5}
    assert told["decay_rate"] == 0.977


@pytest.mark.parametrize(
    ("statuses", "dimensions"),
    [
        (["success"] * 5, {"reliability": 10 / 15, "honesty": 0.5, "competence": 10 / 15, "timeliness": 10 / 15}),
        (["partial"] * 5, {"reliability": 10 / 15, "honesty": 0.5, "competence": 5 / 15, "timeliness": 10 / 15}),
        (["failed"] * 5, {"reliability": 5 / 15, "honesty": 0.5, "competence": 5 / 15, "timeliness": 10 / 15}),
    ],
)
async def test_answers_make_trust(alice: Agent, agent: MakeAgent, statuses: list[str], dimensions: dict[str, float]) -> None:
    worker = agent()
    await worker.register()
    await answered(alice, worker, statuses)

    told = await trust_of(worker)

    assert told["dimensions"] == pytest.approx(dimensions, abs=1e-6)
    assert told["score"] == pytest.approx(sum(weight * dimensions[name] for name, weight in WEIGHTS.items()), abs=1e-5)


async def test_the_last_answer_to_an_intent_counts(alice: Agent, agent: MakeAgent) -> None:
    worker = agent()
    await worker.register()
    intent_id = (await alice.send(worker.did)).json()["id"]
    for status in ("failed", "success"):
        await worker.answer(intent_id, to=alice.did, payload={**result_payload(intent_id, {}), "status": status})

    assert (await trust_of(worker))["dimensions"]["competence"] == pytest.approx(6 / 11, abs=1e-6)


async def test_answering_oneself_tells_nothing(alice: Agent) -> None:
    await alice.register()
    await answered(alice, alice, ["success"] * 3)

    assert (await trust_of(alice))["score"] == 0.5


async def test_a_bad_history_outlives_the_entry(alice: Agent, agent: MakeAgent) -> None:
    worker = agent()
    await worker.register()
    await answered(alice, worker, ["failed"] * 3)
    before = await trust_of(worker)
    assert (await worker.proven("DELETE", f"/api/v1/agents/{worker.did}")).status_code == 204
    await worker.register()

    assert await trust_of(worker) == before
    assert before["score"] < 0.5


async def test_claims_are_worth_nothing(alice: Agent) -> None:
    claim = {"score": 1.0, "dimensions": dict.fromkeys(WEIGHTS, 1.0)}
    await alice.register(trust=claim)
    assert (await trust_of(alice))["score"] == 0.5
    await alice.advertise("bees", payload={"capabilities": [capability("bees")], "trust": claim})

    assert (await trust_of(alice))["score"] == 0.5


async def test_of_equals_the_more_trusted_comes_first_and_min_trust_keeps_the_other_out(alice: Agent, agent: MakeAgent) -> None:
    word = f"restores maps {uuid.uuid4().hex}"
    workers = [agent() for _ in range(3)]
    for worker in workers:
        await worker.register(word)
    for worker, status in zip(workers, ("failed", "success", "partial"), strict=True):
        await answered(alice, worker, [status] * 2)
    bad, good, fair = workers

    matches = (await alice.discover(word)).json()["payload"]["matches"]
    told = [(await trust_of(worker))["score"] for worker in (good, fair, bad)]

    assert [match["did"] for match in matches[:3]] == [good.did, fair.did, bad.did]
    assert [match["trust"]["score"] for match in matches[:3]] == told
    trusted = (await alice.discover(word, min_trust=told[1])).json()["payload"]["matches"]
    # Others of this broker may do something like it.
    assert [match["did"] for match in trusted if match["did"] in (good.did, fair.did, bad.did)] == [good.did, fair.did]


async def test_credentials_can_be_required() -> None:
    registry = Registry(None, None, dim=8, decay=Decay(), credentials_required=True)  # type: ignore[arg-type]  # asked before either

    with pytest.raises(BrokerError) as refusal:
        await registry.register("did:key:x", Offer((), ()), verified=True, expires_at=0)

    assert (refusal.value.code, refusal.value.status) == (ErrorCode.EVIDENCE_INSUFFICIENT, 422)


async def test_an_intent_that_does_not_fit_its_schema_is_not_taken(alice: Agent, bob: Agent) -> None:
    message = alice.intent(bob.did)
    message["payload"]["semantics"].pop("body")

    answer = await alice.post("/api/v1/intents", alice.identity.sign(message))

    assert code(answer) == (422, "UNSUPPORTED_SCHEMA")
    assert orjson.loads(answer.content)["error_message"] == "payload.semantics.body: missing"
