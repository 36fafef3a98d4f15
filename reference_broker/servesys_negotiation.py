"""Negotiations of the surface servesys, to and from those of the service: sessions between two, one operation a phase. Pure.

There are no envelopes here and no rounds to say: who moves is whoever proves the request, and the round is the one that fits.
"""

from __future__ import annotations

import uuid
from typing import Any

from ainp_harness.wire.did import check_did
from ainp_harness.wire.errors import ErrorCode, WireError
from reference_broker.negotiation_session import MAX_ROUNDS, Session, State
from reference_broker.negotiation_terms import LONGEST_ROUND_MS, Move, Phase, Wishes, check_proposal

MINUTE_MS = 60_000
DEFAULT_MINUTES = 60
MOST_ASKED = 20
"""max_rounds may be asked up to here; the protocol's bound of 10 holds all the same."""

ENDED = {State.ACCEPTED: "accepted", State.REJECTED: "rejected", State.ABORTED: "rejected", State.TIMED_OUT: "expired"}


def creation(body: dict[str, Any]) -> Move:
    """The OFFER that opens a session: {intent_id, initiator_did, responder_did, initial_proposal, max_rounds?, ttl_minutes?}.

    Raises:
        WireError: INVALID_ENVELOPE with the member at fault, INVALID_DID.
    """
    rounds = _within(body, "max_rounds", 1, MOST_ASKED, MAX_ROUNDS)
    minutes = _within(body, "ttl_minutes", 0, LONGEST_ROUND_MS / MINUTE_MS, DEFAULT_MINUTES)
    if rounds != int(rounds) or minutes <= 0:
        raise _malformed("max_rounds is a whole number, ttl_minutes is over 0")
    rounds = min(int(rounds), MAX_ROUNDS)
    return Move(
        negotiation_id=str(uuid.uuid4()),
        phase=Phase.OFFER,
        by=_did(body, "initiator_did"),
        proposal=check_proposal(body.get("initial_proposal"), needed=True),
        to=_did(body, "responder_did"),
        wishes=Wishes(max_rounds=rounds, timeout_per_round_ms=minutes * MINUTE_MS / rounds),
        trace_id=_uuid(body, "intent_id"),
    )


ACTOR = {Phase.COUNTER: "proposer_did", Phase.ACCEPT: "acceptor_did", Phase.REJECT: "rejector_did"}
"""Where the body of each further operation says who moves."""


def answer(negotiation_id: str, phase: Phase, body: dict[str, Any]) -> Move:
    """A further move in a session.

    Raises:
        WireError: INVALID_ENVELOPE with the member at fault, INVALID_DID.
    """
    proposal = check_proposal(body.get("proposal"), needed=True) if phase is Phase.COUNTER else None
    return Move(negotiation_id=negotiation_id, phase=phase, by=_did(body, ACTOR[phase]), proposal=proposal)


def session_told(session: Session) -> dict[str, Any]:
    """A session as this surface shows it. Of its rounds the one that stands is told: earlier proposals are not kept."""
    proposal = dict(session.proposal)
    standing = {
        "round_number": session.round,
        "proposer_did": session.proposer,
        "proposal": proposal,
        "timestamp": session.round_began_ms,
    }
    responder = next((did for did in session.participants if did != session.initiator), None)
    return {
        "id": session.id,
        "intent_id": session.trace_id or None,
        "initiator_did": session.initiator,
        "responder_did": responder,
        "state": state_told(session),
        "rounds": [standing],
        "current_proposal": proposal,
        "final_proposal": proposal if session.state is State.ACCEPTED else None,
        "convergence_score": session.convergence,
        "max_rounds": session.constraints.max_rounds,
        "created_at": session.began_ms,
        "expires_at": int(session.ends_ms),
    }


def state_told(session: Session) -> str:
    """initiated, proposed, counter_proposed, or how it ended."""
    if session.state is State.OPEN:
        return {1: "initiated", 2: "proposed"}.get(session.round, "counter_proposed")
    return ENDED[session.state]


def _did(body: dict[str, Any], name: str) -> str:
    value = body.get(name)
    if not isinstance(value, str) or not value or "\x00" in value:
        raise _malformed("missing, empty, or no text", name)
    return check_did(value)


def _uuid(body: dict[str, Any], name: str) -> str:
    value = body.get(name)
    try:
        return str(uuid.UUID(value))
    except (ValueError, AttributeError, TypeError):
        raise _malformed("missing, or no UUID", name) from None


def _within(body: dict[str, Any], name: str, low: float, high: float, default: float) -> float:
    value = body.get(name, default)
    if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
        raise _malformed(f"not a number from {low:g} to {high:g}", name)
    return float(value)


def _malformed(message: str, member: str | None = None) -> WireError:
    return WireError(ErrorCode.INVALID_ENVELOPE, message, member)
