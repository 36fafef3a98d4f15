"""A negotiation as it stands: its state and its numbers, and how an OFFER begins one. What moves it on is `negotiation_rules.py`.

Pure, as the rules: time is given.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from ainp_harness.wire.errors import ErrorCode
from reference_broker.negotiation_terms import Mechanism, Move, Phase, Proposal
from reference_broker.negotiation_votes import Vote

MAX_ROUNDS = 10
"""Never more, whatever is asked (draft-00, DoS protection)."""

GROUP_ROUNDS = 20
"""A group that asks for no number has so many rounds divided by its participants, at least one (RFC-001, multi-party negotiation)."""

TIMEOUT_PER_ROUND_MS = 5_000
CONVERGENCE_THRESHOLD = 0.9


class State(StrEnum):
    """Open, or how it ended."""

    OPEN = "open"
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    ABORTED = "aborted"
    TIMED_OUT = "timed_out"


class Refused(Exception):
    """The rules do not allow this move; nothing has changed."""

    def __init__(self, code: ErrorCode, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


@dataclass(frozen=True)
class Constraints:
    """What the OFFER asked for, with the defaults applied."""

    max_rounds: int
    timeout_per_round_ms: float
    convergence_threshold: float


@dataclass(frozen=True)
class Session:
    """A negotiation as it stands. Times are Unix milliseconds."""

    id: str
    initiator: str
    participants: tuple[str, ...]
    """The two; of a group those who decide, with or without the initiator."""
    mechanism: Mechanism | None
    """How a group decides; None between two."""
    constraints: Constraints
    trace_id: str
    state: State
    round: int
    proposal: Proposal
    proposer: str | None
    """Whose the standing proposal is; None for the broker's."""
    convergence: float | None
    """Between two that of the last two prices; in a group the share that accepts."""
    votes: tuple[Vote, ...]
    began_ms: int
    round_began_ms: int
    spoke_ms: int
    """When the last message came."""

    @property
    def parties(self) -> tuple[str, ...]:
        """Everybody who may act and read: the participants, and the initiator."""
        return tuple(dict.fromkeys((self.initiator, *self.participants)))

    @property
    def ends_ms(self) -> float:
        """The overall limit (ERRATUM-13)."""
        return self.began_ms + self.constraints.max_rounds * self.constraints.timeout_per_round_ms

    @property
    def due_ms(self) -> float | None:
        """When something happens by itself; None once it has ended."""
        if self.state is not State.OPEN:
            return None
        if self.mechanism is None:
            return self.ends_ms
        return min(self.round_began_ms + self.constraints.timeout_per_round_ms, self.ends_ms)

    def is_due(self, now_ms: int) -> bool:
        return self.due_ms is not None and self.due_ms <= now_ms


def begin(move: Move, now_ms: int) -> Session:
    """The session that an OFFER opens.

    Raises:
        Refused: NOT_FOUND for any other phase: there is nothing that it could answer; NEGOTIATION_FAILED for another round than 1.
    """
    if move.phase is not Phase.OFFER:
        raise Refused(ErrorCode.NOT_FOUND, "this negotiation is not known here")
    if move.round not in (None, 1):
        raise Refused(ErrorCode.NEGOTIATION_FAILED, f"round {move.round}: an OFFER is round 1")
    group = move.group
    participants = group.participants if group is not None else (move.by, move.to or "")
    votes = (Vote(move.by, Phase.ACCEPT),) if group is not None and move.by in participants else ()
    return Session(
        id=move.negotiation_id,
        initiator=move.by,
        participants=participants,
        mechanism=group.mechanism if group is not None else None,
        constraints=constraints_of(move),
        trace_id=move.trace_id,
        state=State.OPEN,
        round=1,
        proposal=move.proposal or {},
        proposer=move.by,
        convergence=None,
        votes=votes,
        began_ms=now_ms,
        round_began_ms=now_ms,
        spoke_ms=now_ms,
    )


def constraints_of(move: Move) -> Constraints:
    """What an OFFER wishes, within the bounds; where it wishes nothing, the defaults (docs/protocol.md)."""
    wishes, group = move.wishes, move.group
    rounds = MAX_ROUNDS if group is None else max(1, GROUP_ROUNDS // len(group.participants))
    threshold = group.convergence_threshold if group is not None and wishes.convergence_threshold is None else wishes.convergence_threshold
    return Constraints(
        max_rounds=min(MAX_ROUNDS, rounds if wishes.max_rounds is None else wishes.max_rounds),
        timeout_per_round_ms=TIMEOUT_PER_ROUND_MS if wishes.timeout_per_round_ms is None else wishes.timeout_per_round_ms,
        convergence_threshold=CONVERGENCE_THRESHOLD if threshold is None else threshold,
    )
