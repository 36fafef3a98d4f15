"""What goes to the parties of a negotiation: a party's own message, as it came, and what the broker itself has to say, signed by its DID.

All of it goes through the agents' queues (`inbox.py`), as intents do, and is polled and pushed alike.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

import structlog

from ainp_harness.wire.envelope import Envelope, MsgType, parse_envelope
from ainp_harness.wire.errors import ErrorCode
from ainp_harness.wire.messages import NEGOTIATE_SCHEMA, negotiate_payload
from reference_broker.errors import BrokerError
from reference_broker.identity import BrokerIdentity
from reference_broker.inbox import Inbox, QueueFull
from reference_broker.negotiation_rules import Saying, Step
from reference_broker.negotiation_session import Session
from reference_broker.negotiation_terms import Move
from reference_broker.presence import Presence
from reference_broker.schemas import no_queue

RETRY_ABSENT_MS = 60_000
RETRY_FULL_MS = 10_000

_log = structlog.get_logger("negotiations")


class Messages:
    """Writes and delivers them. `margin_ms`: how long after timestamp + ttl a message still counts."""

    def __init__(self, inbox: Inbox, presence: Presence, identity: BrokerIdentity, *, margin_ms: int) -> None:
        self._inbox = inbox
        self._presence = presence
        self._identity = identity
        self._margin_ms = margin_ms

    async def pass_on(self, message: Envelope, others: Sequence[str]) -> None:
        """Put a party's message into the others' queues, as it is. In a group one full queue is not the others' fault."""
        if no_queue(message):
            present = await asyncio.gather(*(self._presence.present(did) for did in others))
            others = [did for did, here in zip(others, present, strict=True) if here]
            if not others:
                raise BrokerError(ErrorCode.AGENT_OFFLINE, "absent, and not to be queued", queued=False, retry_after_ms=RETRY_ABSENT_MS)
        if not await self._store(message, others):
            raise BrokerError(ErrorCode.AGENT_OFFLINE, "the queue is full", status=503, queued=False, retry_after_ms=RETRY_FULL_MS)

    async def say(self, step: Step) -> None:
        """What the broker has to say goes to all, signed by its own DID: in a group one message for everybody, else one to each."""
        session = step.session
        for saying in step.says:
            if session.mechanism is not None:
                await self._store(self._saying(session, saying, to=None), session.parties)
                continue
            for did in session.parties:
                await self._store(self._saying(session, saying, to=did), (did,))

    async def _store(self, message: Envelope, dids: Sequence[str]) -> int:
        """How many queues have it."""
        deadline_ms = int(message.expires_ms + self._margin_ms)
        outcomes = await asyncio.gather(*(self._inbox.store(message, did, deadline_ms=deadline_ms) for did in dids), return_exceptions=True)
        for outcome in outcomes:
            if outcome is not None and not isinstance(outcome, QueueFull):
                raise outcome
        if full := sum(outcome is not None for outcome in outcomes):
            _log.warning("queue_full", message=message.id, agents=full)
        return len(outcomes) - full

    def _saying(self, session: Session, saying: Saying, *, to: str | None) -> Envelope:
        payload = negotiate_payload(session.id, saying.phase, saying.round, proposal=saying.proposal, constraints=constraints_told(session))
        return self._own_message(session, payload, to)

    def in_own_name(self, session: Session, move: Move) -> Envelope:
        payload = negotiate_payload(session.id, move.phase, move.round or session.round, proposal=move.proposal)
        other = next((did for did in session.parties if did != move.by), None) if session.mechanism is None else None
        return self._own_message(session, {**payload, "by": move.by}, other)

    def _own_message(self, session: Session, payload: Mapping[str, Any], to: str | None) -> Envelope:
        trace_id = session.trace_id or session.id
        return parse_envelope(
            self._identity.answer(MsgType.NEGOTIATE, schema=NEGOTIATE_SCHEMA, to_did=to, trace_id=trace_id, payload=payload)
        )


def constraints_told(session: Session) -> dict[str, Any]:
    held = session.constraints
    return {
        "max_rounds": held.max_rounds,
        "timeout_per_round_ms": held.timeout_per_round_ms,
        "convergence_threshold": held.convergence_threshold,
    }
