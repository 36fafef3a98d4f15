"""The rules of a negotiation as a table, and the short code that walks it. Pure: no I/O, no clock, no randomness; time and trust are given.

THEORY OF OPERATION

1. A negotiation is *open* from its OFFER until it has ended, in one of four ways. Nothing leads out of an end, except that what was
   accepted with an escrow may still be called off. Nothing is ever accepted that had ended otherwise.
2. What a message may do depends on its phase and on whether two or a group negotiate: the tables below. A phase that is not in the
   table is never right while the negotiation is open (a second OFFER).

A rule says three things: *who* may send it, which *round* it carries, and what comes of it. Rounds: the OFFER is round 1. Between two, a
COUNTER carries the next round, and everything else the round of the proposal that it answers. In a group all answers are votes on the
proposal that stands, so they carry its round, COUNTERs too; the next round is begun by the broker.

Time is the third thing that moves a negotiation. `due_ms` says when something happens by itself: between two at the end of the whole
(TIMEOUT), in a group at the end of each round (ACCEPT, a COUNTER of the broker's, or at last ABORT). Whoever looks at a session after
its `due_ms` first calls `expire`; `step` may rely on that.

`step` and `expire` give the session as it is then, and what the broker itself has to say to everybody. Nobody else's message
is made here: those go on to the others as they came.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import Enum

from ainp_harness.wire.errors import ErrorCode
from reference_broker.negotiation_session import Refused, Session, State
from reference_broker.negotiation_terms import Move, Phase, Proposal, price_of, terms_of
from reference_broker.negotiation_votes import Vote, combined, convergence, decides, score


class Who(Enum):
    """Who may send a message, of those who take part."""

    ANYBODY = "whoever takes part"
    ANSWERING = "the one to whom the standing proposal was made"
    VOTING = "a participant that has not answered the standing proposal yet"


class Then(Enum):
    """What comes of a message that does not end the negotiation."""

    PROPOSED = "its proposal stands now"
    VOTED = "it is counted; the last one ends the round"


@dataclass(frozen=True)
class Rule:
    """One line of the tables. `later`: how many rounds after the standing proposal's it carries."""

    who: Who
    then: State | Then
    later: int = 0


BETWEEN_TWO: Mapping[Phase, Rule] = {
    Phase.COUNTER: Rule(Who.ANSWERING, Then.PROPOSED, later=1),
    Phase.ACCEPT: Rule(Who.ANSWERING, State.ACCEPTED),
    Phase.REJECT: Rule(Who.ANYBODY, State.REJECTED),
    Phase.ABORT: Rule(Who.ANYBODY, State.ABORTED),
    Phase.TIMEOUT: Rule(Who.ANYBODY, State.TIMED_OUT),  # once a round has taken too long
}

IN_A_GROUP: Mapping[Phase, Rule] = {
    Phase.COUNTER: Rule(Who.VOTING, Then.VOTED),
    Phase.ACCEPT: Rule(Who.VOTING, Then.VOTED),
    Phase.REJECT: Rule(Who.VOTING, Then.VOTED),
    Phase.ABORT: Rule(Who.ANYBODY, State.ABORTED),
    Phase.TIMEOUT: Rule(Who.ANYBODY, State.TIMED_OUT),  # once a round has taken too long
}


AFTER_ACCEPT: Mapping[Phase, Rule] = {
    Phase.ABORT: Rule(Who.ANYBODY, State.ABORTED),
    Phase.TIMEOUT: Rule(Who.ANYBODY, State.TIMED_OUT),
}
"""Of what was accepted with an escrow: until a RESULT has released it, it can be called off (RFC-001, escrow timeout)."""


@dataclass(frozen=True)
class Saying:
    """A message that the broker itself has for everybody."""

    phase: Phase
    round: int
    proposal: Proposal


@dataclass(frozen=True)
class Step:
    """What a move, or the time, has led to."""

    session: Session
    says: tuple[Saying, ...] = ()


def step(session: Session, move: Move, now_ms: int, trust: Mapping[str, float]) -> Step:
    """What a move does to a session that is not due.

    Args:
        trust: of each participant, for a group that weighs its votes by it.

    Raises:
        Refused: UNAUTHORIZED, INVALID_ENVELOPE, TIMEOUT, NEGOTIATION_FAILED or ESCROW_REQUIRED.
    """
    if move.by not in session.parties:
        raise Refused(ErrorCode.UNAUTHORIZED, "only who takes part in a negotiation may act in it")
    _check_addressee(session, move)
    rule = _rule_of(session, move.phase)
    _check_who(session, rule, move)
    _check_round(session, rule, move)
    if move.phase is Phase.TIMEOUT and now_ms < session.spoke_ms + session.constraints.timeout_per_round_ms:
        raise Refused(ErrorCode.NEGOTIATION_FAILED, "TIMEOUT: this round may still take a while")
    if move.phase is Phase.ACCEPT:
        _check_accepted(session.proposal, move.proposal)
    spoken = replace(session, spoke_ms=now_ms)
    if rule.then is Then.PROPOSED:
        return Step(_proposed(spoken, move, now_ms))
    if rule.then is Then.VOTED:
        return _voted(spoken, Vote(move.by, move.phase, move.proposal), now_ms, trust)
    assert isinstance(rule.then, State)  # the other kind of outcome that a rule has
    final = with_reference(session.proposal, move.proposal) if rule.then is State.ACCEPTED else session.proposal
    return Step(replace(spoken, state=rule.then, proposal=final))


def expire(session: Session, now_ms: int, trust: Mapping[str, float]) -> Step:
    """What the time does to a session that is due: the end between two, the end of a round in a group."""
    if session.mechanism is not None:
        return _close_round(session, now_ms, trust)
    ended = replace(session, state=State.TIMED_OUT)
    return Step(ended, (Saying(Phase.TIMEOUT, session.round, session.proposal),))


def with_reference(standing: Proposal, answer: Proposal | None) -> Proposal:
    """The standing proposal, with the escrow that an ACCEPT refers to."""
    reference = terms_of(answer).get("escrow_ref")
    return standing if reference is None else {**standing, "terms": {**terms_of(standing), "escrow_ref": reference}}


def _check_addressee(session: Session, move: Move) -> None:
    others = () if session.mechanism is not None else session.parties
    if move.to is not None and (move.to not in others or move.to == move.by):
        raise Refused(ErrorCode.INVALID_ENVELOPE, "to_did: not the other party; messages of a group have none")


def _rule_of(session: Session, phase: Phase) -> Rule:
    if session.state is State.TIMED_OUT:
        raise Refused(ErrorCode.TIMEOUT, "this negotiation has timed out")
    if session.state is State.ACCEPTED and phase in AFTER_ACCEPT and terms_of(session.proposal).get("escrow_ref"):
        return AFTER_ACCEPT[phase]
    if session.state is not State.OPEN:
        raise Refused(ErrorCode.NEGOTIATION_FAILED, f"this negotiation has ended: {session.state}")
    rule = (BETWEEN_TWO if session.mechanism is None else IN_A_GROUP).get(phase)
    if rule is None:
        raise Refused(ErrorCode.NEGOTIATION_FAILED, f"{phase}: this negotiation has begun")
    return rule


def _check_who(session: Session, rule: Rule, move: Move) -> None:
    if rule.who is Who.ANSWERING and move.by == session.proposer:
        raise Refused(ErrorCode.NEGOTIATION_FAILED, f"{move.phase}: the standing proposal is your own")
    if rule.who is Who.VOTING and move.by not in session.participants:
        raise Refused(ErrorCode.NEGOTIATION_FAILED, f"{move.phase}: only participants vote")
    if rule.who is Who.VOTING and any(vote.by == move.by for vote in session.votes):
        raise Refused(ErrorCode.NEGOTIATION_FAILED, f"{move.phase}: you have answered this round's proposal")


def _check_round(session: Session, rule: Rule, move: Move) -> None:
    expected = session.round + rule.later
    if move.round not in (None, expected):
        raise Refused(ErrorCode.NEGOTIATION_FAILED, f"round {move.round}: a {move.phase} carries round {expected} now")
    if expected > session.constraints.max_rounds:
        raise Refused(ErrorCode.NEGOTIATION_FAILED, f"the {session.constraints.max_rounds} rounds are used up")


def _check_accepted(standing: Proposal, answer: Proposal | None) -> None:
    """An ACCEPT is of the proposal that stands: of no other price, and with the escrow that its terms ask for."""
    if answer is not None and price_of(answer) not in (None, price_of(standing)):
        raise Refused(ErrorCode.NEGOTIATION_FAILED, "ACCEPT: of another price than the standing proposal's")
    required, referred = (any(terms_of(one).get(name) for one in (standing, answer)) for name in ("escrow_required", "escrow_ref"))
    if required and not referred:
        raise Refused(ErrorCode.ESCROW_REQUIRED, "the terms ask for an escrow: an ACCEPT needs escrow_ref")


def _proposed(session: Session, move: Move, now_ms: int) -> Session:
    proposal = move.proposal or {}
    return replace(
        session,
        round=session.round + 1,
        proposal=proposal,
        proposer=move.by,
        convergence=convergence(price_of(session.proposal), price_of(proposal)),
        round_began_ms=now_ms,
    )


def _voted(session: Session, vote: Vote, now_ms: int, trust: Mapping[str, float]) -> Step:
    votes = (*session.votes, vote)
    assert session.mechanism is not None  # only a group votes
    share = score(session.mechanism, session.participants, votes, trust)
    counted = replace(session, votes=votes, convergence=share)
    return _close_round(counted, now_ms, trust) if len(votes) == len(session.participants) else Step(counted)


def _close_round(session: Session, now_ms: int, trust: Mapping[str, float]) -> Step:
    """All have answered, or the time is up: it is accepted, or goes into the next round, or there is none."""
    mechanism = session.mechanism
    assert mechanism is not None  # only a group has rounds that close
    share = score(mechanism, session.participants, session.votes, trust)
    session = replace(session, convergence=share)
    if decides(mechanism, share, session.constraints.convergence_threshold):
        return Step(replace(session, state=State.ACCEPTED), (Saying(Phase.ACCEPT, session.round, session.proposal),))
    if session.round >= session.constraints.max_rounds or now_ms >= session.ends_ms:
        return Step(replace(session, state=State.ABORTED), (Saying(Phase.ABORT, session.round, session.proposal),))
    proposal = combined(session.proposal, session.votes)
    following = replace(
        session, round=session.round + 1, proposal=proposal, proposer=None, votes=(), round_began_ms=now_ms, spoke_ms=now_ms
    )
    return Step(following, (Saying(Phase.COUNTER, following.round, proposal),))
