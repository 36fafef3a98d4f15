"""An exchange sent again: signed afresh by the same key with the same distance to now, and what was wrong with it stays wrong."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import orjson
import pytest

from ainp_harness.evidence.bundle import AgentName
from ainp_harness.evidence.recorder import REDACTED
from ainp_harness.wire.did import public_key_of
from ainp_harness.wire.exchange import Body, Exchange, Request
from ainp_harness.wire.identity import Identity
from ainp_harness.wire.proof import read_proof, verify_proof
from ainp_harness.wire.signing import Scheme, verify
from conformance.kit.agents import Agent
from conformance.kit.replaying import CannotReplay, afresh, identities
from tests.judging.evidence import plan

PLAN = plan(seed="s")
THEN, NOW = 1_790_000_000_000, 1_790_003_600_000
ALICE = Agent(Identity.derived("s", "test_x.py::test_y", 1, "alice"), "s", "x", Scheme.JCS_SHA256, clock=lambda: THEN)
KNOWN = identities(PLAN, {ALICE.did: AgentName("test_x.py::test_y", 1, "alice")})


def sent(body: bytes, headers: dict[str, str] | None = None, method: str = "POST", target: str = "/api/v1/intents") -> Exchange:
    return Exchange("c0-1", "http", "send_intent", Request(method, target, headers or {}, Body.keep(body)), None, None, float(THEN), 1.0)


def intent(**changes: Any) -> dict[str, Any]:
    return ALICE.sign({**ALICE.unsigned_intent(ALICE.did), **changes})


def test_the_names_in_the_evidence_derive_the_keys() -> None:
    assert ALICE.did in KNOWN
    assert len(KNOWN) == 3  # and the two of the look


@pytest.mark.parametrize("off_ms", [0, -75_000, 75_000])
def test_a_message_is_signed_again_as_far_from_now_as_it_was(off_ms: int) -> None:
    before = intent(timestamp=THEN + off_ms)
    made = afresh(sent(orjson.dumps(before)), PLAN, KNOWN, NOW)
    after = orjson.loads(made.rendered.body)

    verify(after, ALICE.identity.public_key)
    assert after["timestamp"] == NOW + off_ms
    assert after["id"] != before["id"]
    assert {**after, "id": "", "timestamp": 0, "sig": ""} == {**before, "id": "", "timestamp": 0, "sig": ""}


def test_an_id_that_is_none_stays() -> None:
    made = afresh(sent(orjson.dumps(intent(id="not-a-uuid"))), PLAN, KNOWN, NOW)
    assert orjson.loads(made.rendered.body)["id"] == "not-a-uuid"


def test_what_was_changed_after_signing_is_sent_as_it_was() -> None:
    body = orjson.dumps({**intent(), "ttl": 1})
    made = afresh(sent(body), PLAN, KNOWN, NOW)

    assert made.rendered.body == body
    assert any("not by from_did's key" in note for note in made.notes)


def test_proof_headers_are_made_again() -> None:
    target = f"/api/v1/inbox/{ALICE.did}"
    headers = {name.lower(): value for name, value in ALICE.identity.prove(method="GET", target=target, timestamp_ms=THEN).items()}
    made = afresh(sent(b"", headers, "GET", target), PLAN, KNOWN, NOW)

    proof = read_proof({name: made.rendered.headers[name.lower()] for name in ("X-AINP-DID", "X-AINP-Timestamp", "X-AINP-Signature")})
    assert proof is not None
    verify_proof(proof, public_key_of(ALICE.did), method="GET", target=target, body=b"", now_ms=NOW)


def test_a_false_proof_stays_false() -> None:
    headers = {"x-ainp-did": ALICE.did, "x-ainp-timestamp": str(THEN), "x-ainp-signature": "A" * 86 + "=="}
    made = afresh(sent(b"", headers, "GET"), PLAN, KNOWN, NOW)

    assert made.rendered.headers["x-ainp-signature"] == headers["x-ainp-signature"]
    assert made.notes


def test_redacted_headers_are_left_out_and_told() -> None:
    made = afresh(sent(b"{}", {"authorization": REDACTED}), PLAN, KNOWN, NOW)

    assert "authorization" not in made.rendered.headers
    assert "authorization" in made.notes[0]


def test_what_cannot_be_sent_again_is_told() -> None:
    exchange = sent(b"")
    with pytest.raises(CannotReplay, match="kind ws"):
        afresh(replace(exchange, kind="ws"), PLAN, KNOWN, NOW)
    cut = replace(exchange, request=replace(exchange.request, body=Body(b"x", 2_000_000)))
    with pytest.raises(CannotReplay, match="beginning"):
        afresh(cut, PLAN, KNOWN, NOW)
