"""What is said in a negotiation: the payload of a NEGOTIATE as a typed Move, every member checked once. What a move does is in
`negotiation_rules.py`.

A proposal stays the JSON object it came as, because what others wrote into it is theirs; here are the few members that the protocol reads.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from ainp_harness.wire.did import check_did
from ainp_harness.wire.envelope import Envelope
from ainp_harness.wire.errors import ErrorCode, WireError

Proposal = Mapping[str, Any]

LONGEST_ID = 512
MOST_PARTICIPANTS = 100
LONGEST_ROUND_MS = 24 * 3_600_000
"""Bounds of this house: the sources name none."""


class Phase(StrEnum):
    """What a message of a negotiation does (draft-00, negotiation messages)."""

    OFFER = "OFFER"
    COUNTER = "COUNTER"
    ACCEPT = "ACCEPT"
    REJECT = "REJECT"
    ABORT = "ABORT"
    TIMEOUT = "TIMEOUT"


class Mechanism(StrEnum):
    """How a group decides (draft-00, voting mechanisms)."""

    UNANIMOUS = "unanimous"
    MAJORITY = "majority"
    WEIGHTED = "weighted"


@dataclass(frozen=True)
class Wishes:
    """The constraints that an OFFER asks for; None is a member that it leaves to the defaults."""

    max_rounds: int | None = None
    timeout_per_round_ms: float | None = None
    convergence_threshold: float | None = None


@dataclass(frozen=True)
class Group:
    """Who decides together, and how: the OFFER's proposal tells."""

    participants: tuple[str, ...]
    mechanism: Mechanism
    convergence_threshold: float | None


@dataclass(frozen=True)
class Move:
    """One message of a negotiation, whatever surface it came by.

    `round` is None where a surface carries none: then it is the one that fits. `to` is the other party of an OFFER between two, `group` is
    that of an OFFER to a group; other phases need neither. `trace_id` is that of the messages that the broker makes, from the OFFER on.
    """

    negotiation_id: str
    phase: Phase
    by: str
    round: int | None = None
    proposal: Proposal | None = None
    to: str | None = None
    group: Group | None = None
    wishes: Wishes = Wishes()
    trace_id: str = ""


def move_of(envelope: Envelope) -> Move:
    """The move that a NEGOTIATE makes.

    Raises:
        WireError: INVALID_ENVELOPE with the member at fault, INVALID_DID for a participant that is no DID.
    """
    payload = envelope.payload
    if payload is None:
        raise _malformed("missing", "payload")
    if envelope.to_query is not None:
        raise _malformed("a negotiation is between DIDs", "to_query")
    try:
        phase = Phase(payload.get("phase"))  # type: ignore[arg-type]  # anything that is no member raises
    except ValueError as error:
        raise _malformed(f"missing, or not one of {', '.join(Phase)}", "payload.phase") from error
    proposal = check_proposal(payload.get("proposal"), needed=phase in (Phase.OFFER, Phase.COUNTER))
    group = group_of(proposal) if phase is Phase.OFFER and proposal is not None and "participants" in proposal else None
    if phase is Phase.OFFER and (envelope.to_did is None) == (group is None):
        raise _malformed("an OFFER goes to to_did, or to the participants of its proposal", "to_did")
    return Move(
        negotiation_id=negotiation_id(payload.get("negotiation_id"), "payload.negotiation_id"),
        phase=phase,
        by=envelope.from_did,
        round=_integer(payload, "round", "payload"),
        proposal=proposal,
        to=envelope.to_did,
        group=group,
        wishes=_wishes(payload.get("constraints")),
        trace_id=envelope.trace_id,
    )


def negotiation_id(value: Any, member: str = "negotiation_id") -> str:
    """Any text that is not empty (ERRATUM-17), within a bound.

    Raises:
        WireError: INVALID_ENVELOPE.
    """
    if not isinstance(value, str) or not value or "\x00" in value or len(value) > LONGEST_ID:
        raise _malformed(f"missing, empty, no text, or over {LONGEST_ID} characters", member)
    return value


def check_proposal(value: Any, *, needed: bool) -> Proposal | None:
    """A proposal whose known members are of their types; unknown ones do no harm.

    Raises:
        WireError: INVALID_ENVELOPE with the member at fault.
    """
    if value is None and not needed:
        return None
    if not isinstance(value, dict):
        raise _malformed("missing, or no object", "payload.proposal")
    for name, most in (("price", math.inf), ("latency_ms", math.inf), ("confidence", 1.0)):
        _number(value, name, "payload.proposal", least=0.0, most=most)
    if value.get("privacy", "public") not in ("encrypted", "public"):
        raise _malformed("neither encrypted nor public", "payload.proposal.privacy")
    terms = value.get("terms", {})
    if not isinstance(terms, dict):
        raise _malformed("no object", "payload.proposal.terms")
    if not isinstance(terms.get("escrow_required", False), bool):
        raise _malformed("neither true nor false", "payload.proposal.terms.escrow_required")
    for name in ("escrow_ref", "window"):
        if name in terms and not (isinstance(terms[name], str) and terms[name]):
            raise _malformed("empty, or no text", f"payload.proposal.terms.{name}")
    evidence = terms.get("evidence_required", [])
    if not isinstance(evidence, list) or not all(isinstance(item, str) for item in evidence):
        raise _malformed("not a list of texts", "payload.proposal.terms.evidence_required")
    return value


def group_of(proposal: Proposal) -> Group:
    """The group that an OFFER's proposal names. Without a mechanism it decides as the strictest does.

    Raises:
        WireError: INVALID_ENVELOPE with the member at fault, INVALID_DID for a participant that is no DID.
    """
    participants = proposal.get("participants")
    where = "payload.proposal"
    if not isinstance(participants, list) or not all(isinstance(did, str) for did in participants):
        raise _malformed("not a list of DIDs", f"{where}.participants")
    if not 2 <= len(participants) <= MOST_PARTICIPANTS or len(set(participants)) < len(participants):
        raise _malformed(f"not 2 to {MOST_PARTICIPANTS} different DIDs", f"{where}.participants")
    for did in participants:
        check_did(did)
    try:
        mechanism = Mechanism(proposal.get("voting_mechanism", Mechanism.UNANIMOUS))
    except ValueError as error:
        raise _malformed(f"not one of {', '.join(Mechanism)}", f"{where}.voting_mechanism") from error
    return Group(tuple(participants), mechanism, _number(proposal, "convergence_threshold", where, least=0.0, most=1.0))


def price_of(proposal: Proposal) -> float | None:
    price: float | None = proposal.get("price")
    return price


def terms_of(proposal: Proposal | None) -> Mapping[str, Any]:
    terms: Mapping[str, Any] = (proposal or {}).get("terms", {})
    return terms


def _wishes(value: Any) -> Wishes:
    if value is None:
        return Wishes()
    where = "payload.constraints"
    if not isinstance(value, dict):
        raise _malformed("no object", where)
    return Wishes(
        max_rounds=_integer(value, "max_rounds", where) if "max_rounds" in value else None,
        timeout_per_round_ms=_number(value, "timeout_per_round_ms", where, least=1.0, most=LONGEST_ROUND_MS),
        convergence_threshold=_number(value, "convergence_threshold", where, least=0.0, most=1.0),
    )


def _integer(holder: Mapping[str, Any], name: str, where: str) -> int:
    number = holder.get(name)
    # Numbers of JSON are doubles: 2.0 is a whole number too.
    if isinstance(number, bool) or not isinstance(number, int | float) or number != int(number) or number < 1:
        raise _malformed("missing, or no whole number from 1 on", f"{where}.{name}")
    return int(number)


def _number(holder: Mapping[str, Any], name: str, where: str, *, least: float, most: float) -> float | None:
    if name not in holder:
        return None
    number = holder[name]
    if isinstance(number, bool) or not isinstance(number, int | float) or not least <= number <= most:
        raise _malformed(f"no number of at least {least:g}" + (f" and at most {most:g}" if most < math.inf else ""), f"{where}.{name}")
    return number


def _malformed(message: str, member: str) -> WireError:
    return WireError(ErrorCode.INVALID_ENVELOPE, message, member)
