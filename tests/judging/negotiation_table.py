"""Rows of the table of expectations (test_expectations.py): how negotiations stand, and what the broker says in them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from nacl.signing import SigningKey

from ainp_harness.wire.did import did_key
from ainp_harness.wire.envelope import MsgType
from ainp_harness.wire.exchange import Exchange, FailureKind
from ainp_harness.wire.messages import NEGOTIATE_SCHEMA, Stamp, envelope, negotiate_payload
from ainp_harness.wire.signing import sign
from tests.judging.evidence import ALICE, BOB, CREATED_MS, error, exchange, polled, unanswered

HELD, BROKEN, NOT_SHOWN = "held", "broken", "not_shown"

KEY, OTHER_KEY = SigningKey(b"broker" + bytes(26)), SigningKey(b"other" + bytes(27))
BROKER = did_key(bytes(KEY.verify_key))
CAROL = did_key(bytes(OTHER_KEY.verify_key))

LIMITED = error(429, "RATE_LIMIT_EXCEEDED", "negotiate")
UNREADABLE = error(404, "NOT_FOUND", "get_negotiation")


def told(operation: str = "get_negotiation", **members: Any) -> Exchange:
    return exchange(operation, 200, {"negotiation_id": "n1", **members}, method="GET")


def at(started_ms: float, status: int = 200) -> Exchange:
    """Sent then, and answered within 100 ms."""
    return replace(exchange("negotiate", status), started_ms=CREATED_MS + started_ms, duration_ms=100)


def agent(did: str, trust: Any = 0.5) -> Exchange:
    return exchange("get_agent", 200, {"did": did, "trust": {"score": trust}}, method="GET")


def said(phase: str, price: float | None = None, by: SigningKey = KEY, n: int = 1, **members: Any) -> dict[str, Any]:
    """A message of the broker's, in the negotiation n1."""
    payload = negotiate_payload("n1", phase, 1, proposal=None if price is None else {"price": price})
    stamp = Stamp(f"6b0d3c2e-3f0a-4d59-9d07-1a2b3c4d5e6{n}", "t", int(CREATED_MS))
    made = envelope(MsgType.NEGOTIATE, stamp, from_did=did_key(bytes(by.verify_key)), schema=NEGOTIATE_SCHEMA, payload=payload)
    return sign({**made, **members}, by)


DECLARED = exchange("capabilities", 200, {"did": BROKER}, method="GET")
IN = {"negotiation_id": "n1", "parties": [ALICE, BOB]}
WEIGHED = {"accepting": [ALICE, BOB], "threshold": 0.6, "in_round": 1}
BY_TRUST = {"threshold": 0.4, "in_round": 1, "heads": 0.5}
AGENTS = [agent(ALICE), agent(BOB), agent(CAROL)]
GOES_ON = told(state="open", round=2)

NEGOTIATION: list[tuple[str, list[Exchange], dict[str, Any], str]] = [
    ("negotiation_is", [told(state="open", round=2, proposal={"price": 4})], {"states": ["open"], "in_round": 2, "price": 4}, HELD),
    ("negotiation_is", [told(state="aborted")], {"states": ["rejected", "aborted"]}, HELD),
    ("negotiation_is", [told(state="open"), told(state="accepted")], {"states": ["open"]}, BROKEN),
    ("negotiation_is", [told(state="open", round=1)], {"states": ["open"], "in_round": 2}, BROKEN),
    ("negotiation_is", [told(state="open", round=3)], {"states": ["open"], "after_round": 1}, HELD),
    ("negotiation_is", [told(state="open", round=1)], {"states": ["open"], "after_round": 1}, BROKEN),
    ("negotiation_is", [told(state="open", proposal={"price": 5})], {"states": ["open"], "price": 4}, BROKEN),
    ("negotiation_is", [told(state="open")], {"states": ["open"], "price": 4}, BROKEN),
    ("negotiation_is", [told(state="counter_proposed")], {"states": ["open"]}, HELD),  # another surface's word
    ("negotiation_is", [told()], {"states": ["open"]}, NOT_SHOWN),
    ("negotiation_is", [UNREADABLE], {"states": ["open"]}, BROKEN),
    ("negotiation_is", [unanswered("get_negotiation", FailureKind.LOCAL)], {"states": ["open"]}, NOT_SHOWN),
    ("constraints_are", [told(constraints={"max_rounds": 10})], {"max_rounds": 10}, HELD),
    ("constraints_are", [told(constraints={"max_rounds": 5})], {"max_rounds": 10}, BROKEN),
    ("constraints_are", [told(constraints={})], {"max_rounds": 10}, BROKEN),
    ("constraints_are", [told()], {"max_rounds": 10}, NOT_SHOWN),
    ("max_rounds_between", [told(constraints={"max_rounds": 4})], {"low": 3, "high": 5}, HELD),
    ("max_rounds_between", [told(constraints={"max_rounds": 10})], {"low": 3, "high": 5}, BROKEN),
    ("max_rounds_between", [told(constraints={})], {"low": 3, "high": 5}, NOT_SHOWN),
    ("convergence_is", [told(convergence=0.4000000001), told()], {"value": 0.4}, HELD),
    ("convergence_is", [told(convergence=0.6)], {"value": 0.4}, BROKEN),
    ("convergence_is", [told(convergence="0.4")], {"value": 0.4}, BROKEN),
    ("convergence_is", [told()], {"value": 0.4}, NOT_SHOWN),
    ("accepted_at_most", [told("negotiate"), told("negotiate"), error(409, operation="negotiate")], {"count": 2}, HELD),
    ("accepted_at_most", [error(400, operation="negotiate")], {"count": 2}, HELD),
    ("accepted_at_most", [told("negotiate")] * 3, {"count": 2}, BROKEN),
    ("accepted_at_most", [error(500, operation="negotiate")], {"count": 2}, BROKEN),
    ("accepted_at_most", [LIMITED], {"count": 2}, NOT_SHOWN),
    ("weighs_votes", [*AGENTS, told(state="accepted")], WEIGHED, HELD),
    ("weighs_votes", [*AGENTS, GOES_ON], WEIGHED, BROKEN),
    ("weighs_votes", [*AGENTS, GOES_ON], {**WEIGHED, "threshold": 0.9}, HELD),
    ("weighs_votes", [*AGENTS, told(state="open", round=1)], {**WEIGHED, "threshold": 0.9}, BROKEN),  # neither: it waits for more
    ("weighs_votes", [*AGENTS, told(state="accepted")], {**WEIGHED, "threshold": 0.9}, BROKEN),
    ("weighs_votes", [*AGENTS, told(state="accepted")], {**WEIGHED, "threshold": 0.9, "normalised": False}, HELD),
    ("weighs_votes", [agent(ALICE), agent(BOB), agent(CAROL, 9.0), GOES_ON], WEIGHED, HELD),
    ("weighs_votes", [agent(ALICE), agent(BOB), agent(CAROL, None), GOES_ON], WEIGHED, NOT_SHOWN),
    ("weighs_votes", [agent(ALICE), agent(BOB), GOES_ON], {**WEIGHED, "threshold": 1.0}, NOT_SHOWN),  # exactly
    ("weighs_votes", [error(404, operation="get_agent"), GOES_ON], WEIGHED, NOT_SHOWN),
    ("weighs_votes", [agent(ALICE, 0), agent(BOB, 0), GOES_ON], WEIGHED, NOT_SHOWN),
    ("weighs_votes", [*AGENTS, told(state="accepted")], {**WEIGHED, "heads": 2 / 3}, NOT_SHOWN),
    ("weighs_votes", [agent(ALICE), agent(BOB, 0.2), GOES_ON], {**BY_TRUST, "accepting": [BOB]}, HELD),
    ("weighs_votes", [agent(ALICE), agent(BOB, 0.2), told(state="accepted")], {**BY_TRUST, "accepting": [BOB]}, BROKEN),
    ("in_time", [at(0), at(800)], {"within_ms": 1_000}, HELD),
    ("in_time", [at(0), at(800, 409)], {"within_ms": 1_000}, BROKEN),
    ("in_time", [at(0), at(800, 409)], {"within_ms": 1_000, "expected": "accepted_or_refused"}, HELD),
    ("in_time", [at(0), at(1_000, 409)], {"within_ms": 1_000}, NOT_SHOWN),
    ("broker_says", [polled(said("ABORT"))], {**IN, "phases": ["ABORT"]}, HELD),
    ("broker_says", [polled(said("ABORT")), polled(said("ABORT"))], {**IN, "phases": ["ABORT"]}, HELD),  # seen again
    ("broker_says", [polled(said("ABORT"), said("ABORT", n=2))], {**IN, "phases": ["ABORT"]}, BROKEN),
    ("broker_says", [polled(said("COUNTER"))], {**IN, "phases": ["ABORT"]}, BROKEN),
    ("broker_says", [polled({**said("ABORT"), "from_did": ALICE})], {**IN, "phases": ["ABORT"]}, BROKEN),  # a party's own
    ("broker_says", [polled(said("ABORT"))], {**IN, "negotiation_id": "n2", "phases": ["ABORT"]}, BROKEN),
    ("broker_says", [polled(said("COUNTER", 3))], {**IN, "phases": ["COUNTER"], "low": 2, "high": 4}, HELD),
    ("broker_says", [polled(said("COUNTER", 10))], {**IN, "phases": ["COUNTER"], "low": 2, "high": 4}, BROKEN),
    ("broker_says", [polled(said("COUNTER"))], {**IN, "phases": ["COUNTER"], "low": 2, "high": 4}, BROKEN),
    ("broker_signs", [DECLARED, polled(said("ABORT"))], IN, HELD),
    ("broker_signs", [DECLARED, polled(said("ABORT", by=OTHER_KEY))], IN, BROKEN),
    ("broker_signs", [DECLARED, polled({**said("ABORT"), "sig": said("COUNTER")["sig"]})], IN, BROKEN),
    ("broker_signs", [DECLARED, polled({k: v for k, v in said("ABORT").items() if k != "sig"})], IN, BROKEN),
    ("broker_signs", [DECLARED, polled(said("ABORT", qos={}))], IN, BROKEN),  # signed, but no whole envelope
    ("broker_signs", [DECLARED, polled()], IN, NOT_SHOWN),
    ("broker_signs", [exchange("capabilities", 200, {}), polled(said("ABORT"))], IN, NOT_SHOWN),
]
