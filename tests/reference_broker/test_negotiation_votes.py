"""Counting votes and making one proposal of several: tables."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ainp_harness.wire.envelope import Envelope, MsgType, parse_envelope
from ainp_harness.wire.errors import WireError
from ainp_harness.wire.identity import Identity
from ainp_harness.wire.messages import NEGOTIATE_SCHEMA, Stamp, envelope
from reference_broker.negotiation_terms import Mechanism, Phase, Proposal, move_of
from reference_broker.negotiation_votes import LARGEST_BYTES, Vote, combined, convergence, decides, score

ALICE = Identity.derived("votes", "alice").did
BOB = Identity.derived("votes", "bob").did
U, M, W = Mechanism.UNANIMOUS, Mechanism.MAJORITY, Mechanism.WEIGHTED


def votes(text: str) -> tuple[list[str], list[Vote]]:
    """'AR-' is three participants: one accepts, one rejects, one has not answered."""
    phases = {"A": Phase.ACCEPT, "R": Phase.REJECT, "C": Phase.COUNTER}
    return [f"did:{n}" for n in range(len(text))], [Vote(f"did:{n}", phases[one]) for n, one in enumerate(text) if one != "-"]


@pytest.mark.parametrize(
    ("mechanism", "cast", "threshold", "decided"),
    [
        (U, "AAA", 0.9, True),
        (U, "AAR", 0.5, False),
        (U, "AA-", 0.5, False),
        (M, "AAR", 0.5, True),
        (M, "AAR", 0.75, False),
        (M, "AAR", 0.9, False),
        (M, "AAAR", 0.75, True),
        (M, "AARR", 0.5, False),  # a tie
        (M, "AARR", 0.1, False),
        (M, "AAC", 0.666666667, True),
        (M, "A--", 0.3, False),
        (M, "AAA", 1.0, True),
        (W, "AAR", 0.66, True),
        (W, "AAR", 0.9, False),
        (W, "A--", 0.3, True),
        (W, "RRR", 0.0, False),
    ],
)
def test_decisions_of_equals(mechanism: Mechanism, cast: str, threshold: float, decided: bool) -> None:
    participants, answers = votes(cast)
    share = score(mechanism, participants, answers, dict.fromkeys(participants, 0.5))

    assert decides(mechanism, share, threshold) is decided


@pytest.mark.parametrize(
    ("trust", "cast", "expected"), [((0.9, 0.1), "AR", 0.9), ((0.9, 0.1), "RA", 0.1), ((0.9, 0.1), "A-", 0.9), ((0.0, 0.0), "AA", 0.0)]
)
def test_weights(trust: tuple[float, ...], cast: str, expected: float) -> None:
    participants, answers = votes(cast)

    assert score(W, participants, answers, dict(zip(participants, trust, strict=True))) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("one", "other", "expected"), [(10, 4, 0.4), (4, 10, 0.4), (5, 5, 1.0), (0, 0, 1.0), (0, 3, 0.0), (None, 3, None), (3, None, None)]
)
def test_convergence(one: float | None, other: float | None, expected: float | None) -> None:
    assert convergence(one, other) == (expected if expected is None else pytest.approx(expected))


@given(st.floats(0, 1e6), st.floats(0, 1e6))
def test_convergence_is_a_share(one: float, other: float) -> None:
    assert 0 <= (convergence(one, other) or 0) <= 1


STANDING: Proposal = {"price": 10, "participants": ["a"], "terms": {"days": ["mon"], "escrow_required": True}}


@pytest.mark.parametrize(
    ("cast", "made"),
    [
        ([Vote("a", Phase.REJECT), Vote("b", Phase.REJECT)], STANDING),
        ([], STANDING),
        ([Vote("a", Phase.COUNTER, {"price": 4}), Vote("b", Phase.COUNTER, {"price": 6})], {**STANDING, "price": 5}),
        ([Vote("a", Phase.ACCEPT), Vote("b", Phase.COUNTER, {"price": 4})], {**STANDING, "price": 7}),
        ([Vote("a", Phase.COUNTER, {"latency_ms": 9})], {**STANDING, "latency_ms": 9}),
        (
            [Vote("a", Phase.COUNTER, {"terms": {"days": ["tue", "mon"], "escrow_required": False, "new": {"x": 1}}})],
            {**STANDING, "terms": {"days": ["mon", "tue"], "escrow_required": True, "new": {"x": 1}}},
        ),
    ],
)
def test_one_proposal_of_several(cast: list[Vote], made: Proposal) -> None:
    assert combined(STANDING, cast) == made
    assert STANDING["terms"] == {"days": ["mon"], "escrow_required": True}


def test_a_proposal_does_not_outgrow_a_message() -> None:
    many = [Vote(f"did:{n}", Phase.COUNTER, {"price": n, "terms": {"days": [f"{n}" * (LARGEST_BYTES // 8)]}}) for n in range(10)]

    assert combined(STANDING, many) == {**STANDING, "price": 4.5}


# -- the payload


def said(payload: Any, **members: Any) -> Envelope:
    made = envelope(
        MsgType.NEGOTIATE, Stamp("6b0d3c2e-3f0a-4d59-9d07-1a2b3c4d5e6f", "t", 1),
        from_did=ALICE, to_did=BOB, schema=NEGOTIATE_SCHEMA, payload=payload,
    )  # fmt: skip
    return parse_envelope({name: value for name, value in {**made, **members}.items() if value is not None})


OFFER: dict[str, Any] = {"negotiation_id": "n", "round": 1, "phase": "OFFER", "proposal": {"price": 1}}


def test_a_move() -> None:
    move = move_of(said({**OFFER, "round": 1.0, "constraints": {"max_rounds": 3}}))

    assert (move.by, move.to, move.round, move.phase, move.wishes.max_rounds) == (ALICE, BOB, 1, Phase.OFFER, 3)


@pytest.mark.parametrize(
    "change",
    [
        {"negotiation_id": ""}, {"negotiation_id": 7}, {"negotiation_id": "a\x00"}, {"negotiation_id": "x" * 513}, {"round": 0},
        {"round": 1.5}, {"round": "1"}, {"round": True}, {"round": None}, {"phase": "HAGGLE"}, {"phase": ["OFFER"]}, {"phase": None},
        {"proposal": None}, {"proposal": "cheap"}, {"proposal": {"price": -1}}, {"proposal": {"price": "1"}},
        {"proposal": {"confidence": 2}}, {"proposal": {"privacy": "secret"}}, {"proposal": {"terms": []}},
        {"proposal": {"terms": {"escrow_required": "yes"}}}, {"proposal": {"terms": {"escrow_ref": ""}}},
        {"proposal": {"terms": {"evidence_required": "photo"}}}, {"constraints": []}, {"constraints": {"max_rounds": 0}},
        {"constraints": {"timeout_per_round_ms": 0}}, {"constraints": {"convergence_threshold": 1.1}},
        {"proposal": {"participants": [ALICE, BOB]}},  # and a to_did
    ],
    ids=str,
)  # fmt: skip
def test_what_is_no_move(change: dict[str, Any]) -> None:
    with pytest.raises(WireError) as error:
        move_of(said({**OFFER, **change}))

    assert error.value.code == "INVALID_ENVELOPE"


@pytest.mark.parametrize(
    "members",
    [
        {}, {"participants": []}, {"participants": [ALICE]}, {"participants": [ALICE, ALICE]}, {"participants": ALICE},
        {"participants": [ALICE, "bob"]}, {"participants": [ALICE, BOB], "voting_mechanism": "dice"},
        {"participants": [ALICE, BOB], "convergence_threshold": 2},
    ],
    ids=str,
)  # fmt: skip
def test_what_is_no_group(members: dict[str, Any]) -> None:
    with pytest.raises(WireError):
        move_of(said({**OFFER, "proposal": members}, to_did=None))
