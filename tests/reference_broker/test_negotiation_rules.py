"""The rules of a negotiation, move by move, and what holds after any sequence of moves. Nothing is started."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reference_broker import negotiation_rules as rules
from reference_broker.negotiation_rules import Step
from reference_broker.negotiation_session import Refused, Session, State, begin
from reference_broker.negotiation_store import from_document, to_document
from reference_broker.negotiation_terms import Group, Mechanism, Move, Phase, Wishes

A, B, C, D, STRANGER = "did:a", "did:b", "did:c", "did:d", "did:stranger"
TRUST = {A: 0.5, B: 0.5, C: 0.5, D: 0.5}
NOW = 1_000_000


def offer(**changes: Any) -> Move:
    return Move(**{"negotiation_id": "n", "phase": Phase.OFFER, "by": A, "round": 1, "proposal": {"price": 10}, "to": B, **changes})


def group_offer(*participants: str, mechanism: Mechanism = Mechanism.UNANIMOUS, **changes: Any) -> Move:
    group = Group(participants or (A, B, C), mechanism, changes.pop("in_proposal", None))
    return offer(**{"to": None, "group": group, **changes})


def move(by: str, phase: Phase, number: int | None, **proposal: Any) -> Move:
    return Move("n", phase, by, number, proposal or None)


def play(session: Session, *moves: Move, at: int = NOW) -> Step:
    step = Step(session)
    for one in moves:
        step = rules.step(step.session, one, at, TRUST)
    return step


COUNTERED = play(begin(offer(), NOW), move(B, Phase.COUNTER, 2, price=4)).session


@pytest.mark.parametrize(
    ("one", "state", "number"),
    [
        (move(A, Phase.ACCEPT, 2), State.ACCEPTED, 2),
        (move(A, Phase.COUNTER, 3, price=5), State.OPEN, 3),
        (move(A, Phase.COUNTER, None, price=5), State.OPEN, 3),  # a surface that carries no rounds
        (move(A, Phase.REJECT, 2), State.REJECTED, 2),
        (move(B, Phase.REJECT, 2), State.REJECTED, 2),
        (move(B, Phase.ABORT, 2), State.ABORTED, 2),
        (move(A, Phase.ACCEPT, 2, price=4), State.ACCEPTED, 2),
    ],
)
def test_what_may_follow_a_counter(one: Move, state: State, number: int) -> None:
    after = play(COUNTERED, one).session

    assert (after.state, after.round) == (state, number)


@pytest.mark.parametrize(
    ("one", "code"),
    [
        (offer(), "NEGOTIATION_FAILED"),
        (move(B, Phase.ACCEPT, 2), "NEGOTIATION_FAILED"),  # one's own
        (move(B, Phase.COUNTER, 3, price=5), "NEGOTIATION_FAILED"),  # one's own
        (move(A, Phase.ACCEPT, 1), "NEGOTIATION_FAILED"),
        (move(A, Phase.ACCEPT, 3), "NEGOTIATION_FAILED"),
        (move(A, Phase.COUNTER, 2, price=5), "NEGOTIATION_FAILED"),
        (move(A, Phase.COUNTER, 4, price=5), "NEGOTIATION_FAILED"),
        (move(A, Phase.ACCEPT, 2, price=3), "NEGOTIATION_FAILED"),  # of something else
        (move(A, Phase.TIMEOUT, 2), "NEGOTIATION_FAILED"),  # too early
        (move(STRANGER, Phase.ACCEPT, 2), "UNAUTHORIZED"),
        (replace(move(A, Phase.ACCEPT, 2), to=STRANGER), "INVALID_ENVELOPE"),
        (move(A, Phase.ACCEPT, 2, terms={"escrow_required": True}), "ESCROW_REQUIRED"),
    ],
)
def test_what_may_not(one: Move, code: str) -> None:
    with pytest.raises(Refused) as refused:
        play(COUNTERED, one)

    assert refused.value.code == code


def test_an_offer_may_be_accepted_at_once_and_nothing_answers_none() -> None:
    assert play(begin(offer(), NOW), move(B, Phase.ACCEPT, 1)).session.state is State.ACCEPTED
    for phase in set(Phase) - {Phase.OFFER}:
        with pytest.raises(Refused, match="not known"):
            begin(move(A, phase, 1), NOW)
    with pytest.raises(Refused, match="round 1"):
        begin(offer(round=2), NOW)


@pytest.mark.parametrize("end", [Phase.ACCEPT, Phase.REJECT, Phase.ABORT])
@pytest.mark.parametrize("later", [Phase.COUNTER, Phase.ACCEPT, Phase.REJECT, Phase.ABORT, Phase.TIMEOUT, Phase.OFFER])
def test_nothing_leads_out_of_an_end(end: Phase, later: Phase) -> None:
    ended = play(COUNTERED, move(A, end, 2)).session
    for number in (2, 3):
        with pytest.raises(Refused) as refused:
            play(ended, move(B, later, number, price=4))
        assert refused.value.code == "NEGOTIATION_FAILED"


def test_rounds_are_used_up_exactly() -> None:
    session = begin(offer(wishes=Wishes(max_rounds=3)), NOW)
    session = play(session, move(B, Phase.COUNTER, 2, price=4), move(A, Phase.COUNTER, 3, price=9)).session
    with pytest.raises(Refused, match="used up"):
        play(session, move(B, Phase.COUNTER, 4, price=5))
    assert play(session, move(B, Phase.ACCEPT, 3)).session.proposal == {"price": 9}


def test_time() -> None:
    session = begin(offer(wishes=Wishes(max_rounds=2, timeout_per_round_ms=1000)), NOW)
    assert session.due_ms == NOW + 2000
    assert not session.is_due(NOW + 1999)
    assert play(session, move(B, Phase.TIMEOUT, 1), at=NOW + 1000).session.state is State.TIMED_OUT
    expired = rules.expire(session, NOW + 2000, {})
    assert expired.session.state is State.TIMED_OUT
    assert expired.session.due_ms is None
    assert [said.phase for said in expired.says] == [Phase.TIMEOUT]
    with pytest.raises(Refused) as refused:
        play(expired.session, move(B, Phase.ACCEPT, 1))
    assert refused.value.code == "TIMEOUT"


@pytest.mark.parametrize(
    ("one", "expected"),
    [
        (offer(), (10, 5000, 0.9)),
        (offer(wishes=Wishes(max_rounds=11)), (10, 5000, 0.9)),
        (offer(wishes=Wishes(3, 10, 0.5)), (3, 10, 0.5)),
        (offer(wishes=Wishes(convergence_threshold=0)), (10, 5000, 0)),
        (group_offer(A, B), (10, 5000, 0.9)),
        (group_offer(A, B, C), (6, 5000, 0.9)),
        (group_offer(*(f"did:{n}" for n in range(30))), (1, 5000, 0.9)),
        (group_offer(in_proposal=0.5), (6, 5000, 0.5)),
        (group_offer(in_proposal=0.5, wishes=Wishes(convergence_threshold=0.75)), (6, 5000, 0.75)),
    ],
)
def test_constraints(one: Move, expected: tuple[float, float, float]) -> None:
    held = begin(one, NOW).constraints

    assert (held.max_rounds, held.timeout_per_round_ms, held.convergence_threshold) == expected


def test_an_escrow_is_referred_to_by_the_terms_or_by_the_answer() -> None:
    session = begin(offer(proposal={"price": 10, "terms": {"escrow_required": True, "window": "w"}}), NOW)
    with pytest.raises(Refused) as refused:
        play(session, move(B, Phase.ACCEPT, 1))
    assert refused.value.code == "ESCROW_REQUIRED"
    final = play(session, move(B, Phase.ACCEPT, 1, terms={"escrow_ref": "e1"})).session.proposal
    assert final == {"price": 10, "terms": {"escrow_required": True, "window": "w", "escrow_ref": "e1"}}


# -- groups


def test_a_group_that_agrees() -> None:
    step = play(begin(group_offer(), NOW), move(B, Phase.ACCEPT, 1), move(C, Phase.ACCEPT, 1))

    assert step.session.state is State.ACCEPTED  # A, the initiator, accepts its own offer
    assert [said.phase for said in step.says] == [Phase.ACCEPT]


def test_a_group_that_does_not_goes_on_with_a_proposal_made_of_all() -> None:
    begun = begin(group_offer(proposal={"price": 10, "latency_ms": 100, "terms": {"days": ["mon"]}}), NOW)

    step = play(begun, move(B, Phase.COUNTER, 1, price=4, terms={"days": ["tue"], "x": 1}), move(C, Phase.REJECT, 1))

    assert step.session.round == 2
    assert (step.session.votes, step.session.proposer) == ((), None)
    (said,) = step.says
    assert (said.phase, said.round) == (Phase.COUNTER, 2)
    assert said.proposal == {"price": 7, "latency_ms": 100, "terms": {"days": ["mon", "tue"], "x": 1}}
    accepting = play(step.session, move(B, Phase.ACCEPT, 2), move(C, Phase.ACCEPT, 2))
    assert accepting.session.state is State.OPEN  # of a later COUNTER the initiator must say so
    assert play(accepting.session, move(A, Phase.ACCEPT, 2)).session.state is State.ACCEPTED


def test_votes_that_may_not_be_cast() -> None:
    begun = play(begin(group_offer(B, C, D), NOW), move(B, Phase.REJECT, 1)).session
    for one, text in (
        (move(B, Phase.ACCEPT, 1), "answered"),
        (move(A, Phase.ACCEPT, 1), "only participants"),
        (move(C, Phase.ACCEPT, 2), "round 2"),
        (replace(move(C, Phase.ACCEPT, 1), to=A), "to_did"),
        (move(STRANGER, Phase.ACCEPT, 1), "takes part"),
    ):
        with pytest.raises(Refused, match=text):
            play(begun, one)
    assert play(begun, move(A, Phase.ABORT, 1)).session.state is State.ABORTED


def test_a_group_ends_after_its_rounds_or_its_time() -> None:
    begun = begin(group_offer(B, C, wishes=Wishes(max_rounds=2, timeout_per_round_ms=1000)), NOW)
    assert begun.due_ms == NOW + 1000

    second = rules.expire(begun, NOW + 1000, {})
    assert [said.phase for said in second.says] == [Phase.COUNTER]
    last = rules.expire(second.session, NOW + 2000, {})
    assert last.session.state is State.ABORTED
    assert [said.phase for said in last.says] == [Phase.ABORT]
    late = rules.expire(begun, NOW + 5000, {})  # nobody looked for a while
    assert late.session.state is State.ABORTED


# -- whatever happens

MOVES = st.builds(
    move,
    st.sampled_from([A, B, C, STRANGER]),
    st.sampled_from(list(Phase)),
    st.integers(1, 12) | st.none(),
    price=st.integers(0, 100),
)
OFFERS = st.one_of(
    st.builds(lambda rounds: offer(wishes=Wishes(max_rounds=rounds)), st.integers(1, 20)),
    st.builds(
        lambda mechanism, threshold: group_offer(mechanism=mechanism, wishes=Wishes(convergence_threshold=threshold)),
        st.sampled_from(list(Mechanism)),
        st.floats(0, 1),
    ),
)


@given(OFFERS, st.lists(MOVES | st.integers(1, 20_000), max_size=40))
@settings(max_examples=300, deadline=None)
def test_after_any_moves(first: Move, moves: list[Move | int]) -> None:
    """An integer lets so much time pass."""
    session, now = begin(first, NOW), NOW
    for one in moves:
        before = session
        if isinstance(one, int):
            now += one
        elif not session.is_due(now):
            try:
                session = rules.step(session, one, now, TRUST).session
            except Refused:
                assert session is before
            else:
                assert one.by in before.parties
        if session.is_due(now):
            session = rules.expire(session, now, TRUST).session

        assert before.round <= session.round <= min(10, session.constraints.max_rounds)
        assert before.state in (State.OPEN, session.state), "nothing leads out of an end"
        assert session.state is not State.OPEN or not session.is_due(now)
        assert len({vote.by for vote in session.votes}) == len(session.votes) < len(session.participants) + 1
        assert from_document(to_document(session)) == session
    if session.state is State.OPEN:
        assert now < session.ends_ms
