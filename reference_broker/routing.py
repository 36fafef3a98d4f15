"""From an admitted message to its recipients' queues: who gets an INTENT or a RESULT, who of them is absent, and what the sender is told.

Everything happens under the message's claim (`ledger.py`): when any step refuses it, its id was never used. It is acknowledged once
the stream has stored it (`inbox.py`) for at least one recipient.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import structlog

from ainp_harness.wire.envelope import CapabilityQuery, Envelope, MsgType
from ainp_harness.wire.errors import ErrorCode
from reference_broker.admission import Admission
from reference_broker.batching import outcomes
from reference_broker.credits import Credits
from reference_broker.discovery import Discovery
from reference_broker.errors import BrokerError, not_found
from reference_broker.inbox import Inbox, QueueFull
from reference_broker.ledger import REMEMBER_INTENT_MS, Claim, Ledger, TakenIntent
from reference_broker.presence import Presence
from reference_broker.schemas import answered_intent, check_intent, check_schema, no_queue, result_status
from reference_broker.trust import Trust

FAN_OUT = 3
"""A to_query goes to the best matching agents, at most so many (docs/surface-v1.md)."""

RETRY_ABSENT_MS = 60_000
RETRY_FULL_MS = 10_000

_log = structlog.get_logger("routing")


@dataclass(frozen=True)
class Receipt:
    """What became of a message that was taken."""

    envelope: Envelope
    recipients: tuple[str, ...]
    absent: tuple[str, ...]

    def body(self) -> dict[str, Any]:
        """The answer to the sender: accepted, or queued for recipients that are all absent."""
        receipt: dict[str, Any] = {"status": "accepted", "id": self.envelope.raw["id"], "recipients": list(self.recipients)}
        if not self.absent:
            return receipt
        if len(self.absent) < len(self.recipients):
            return {**receipt, "queued_for": list(self.absent)}
        return {
            **receipt,
            "status": "queued",
            "queued": True,
            "error_code": str(ErrorCode.AGENT_OFFLINE),
            "error_message": "absent; the message waits until it expires",
            "retry_after_ms": RETRY_ABSENT_MS,
            "expires_at": int(self.envelope.expires_ms),
        }


@dataclass(frozen=True)
class Routing:
    """The way of a message. `send` is the whole of it."""

    admission: Admission
    ledger: Ledger
    presence: Presence
    trust: Trust
    discovery: Discovery
    inbox: Inbox
    credits: Credits
    min_similarity: float
    custom_intents: bool = False

    async def send(self, envelope: Envelope) -> Receipt:
        """Take an INTENT or a RESULT.

        Raises:
            BrokerError: DUPLICATE_INTENT, or the first cause of v1.refusals after it that applies.
        """
        intent = envelope.msg_type is MsgType.INTENT
        claim = self.admission.claim_of(envelope, keep_ms=REMEMBER_INTENT_MS if intent else 0)
        async with self.ledger.claim(claim):
            return await (self._intent(envelope, claim) if intent else self._result(envelope))

    async def _intent(self, envelope: Envelope, claim: Claim) -> Receipt:
        check_intent(envelope, custom=self.custom_intents)
        async with self.credits.bidding(envelope.from_did, envelope.id, envelope.qos.bid, until_ms=claim.until_ms):
            return await self._to_whom(envelope, claim)

    async def _to_whom(self, envelope: Envelope, claim: Claim) -> Receipt:
        if envelope.to_query is not None:
            return await self._by_query(envelope, envelope.to_query, claim)
        assert envelope.to_did is not None  # an INTENT has one of the two: parse_envelope
        if not await self.presence.known(envelope.to_did):
            raise BrokerError(ErrorCode.AGENT_OFFLINE, "to_did: not known here", queued=False)
        return await self._deliver(envelope, [envelope.to_did])

    async def _by_query(self, envelope: Envelope, query: CapabilityQuery, claim: Claim) -> Receipt:
        found = await self.discovery.find(query, limit=FAN_OUT, min_similarity=self.min_similarity)
        if not found.matches:
            raise BrokerError(ErrorCode.AGENT_OFFLINE, "to_query: matches no agent", queued=False)
        recipients = [match.did for match in found.matches]
        if no_queue(envelope):  # the absent ones will not get it, so they may not answer it
            absent = await self._absent(recipients)
            recipients = [did for did in recipients if did not in absent]
        await self.ledger.set_recipients(replace(claim, recipients=tuple(recipients)))
        return await self._deliver(envelope, recipients)

    async def _result(self, envelope: Envelope) -> Receipt:
        """A RESULT goes to whoever sent the intent that it names, and comes only from one who got that intent."""
        check_schema(envelope)
        intents = await self.ledger.intents(answered_intent(envelope.payload))
        if not intents:
            raise not_found("the intent that payload.intent_id names")
        answered = [intent for intent in intents if envelope.from_did in intent.recipients and envelope.to_did in (None, intent.sender)]
        if not answered:
            raise BrokerError(ErrorCode.UNAUTHORIZED, "only a recipient of an intent may answer it, to its sender")
        paid = [(intent.id, intent.sender) for intent in answered] if result_status(envelope.payload) == "success" else []
        async with self.credits.paying(paid, envelope.from_did, envelope.trace_id):
            receipt = await self._deliver(envelope, [intent.sender for intent in answered])
        await self._note_answers(envelope, answered)
        return receipt

    async def _deliver(self, envelope: Envelope, recipients: Sequence[str]) -> Receipt:
        absent = await self._absent(recipients)
        if absent and no_queue(envelope):
            recipients = [did for did in recipients if did not in absent]
            absent = []
        if not recipients:
            raise BrokerError(ErrorCode.AGENT_OFFLINE, "absent, and not to be queued", queued=False, retry_after_ms=RETRY_ABSENT_MS)
        stored = await self._store(envelope, recipients)
        return Receipt(envelope, tuple(stored), tuple(did for did in absent if did in stored))

    async def _absent(self, recipients: Sequence[str]) -> list[str]:
        absent = []
        for did, here in zip(recipients, await outcomes([self.presence.present(did) for did in recipients]), strict=True):
            if isinstance(here, BaseException):
                raise here
            if not here:
                absent.append(did)
        return absent

    async def _store(self, envelope: Envelope, recipients: Sequence[str]) -> list[str]:
        """Put it into each queue; those that have it. One recipient's full queue is not the others' fault."""
        deadline_ms = self.admission.deadline_ms(envelope)
        told = await outcomes([self.inbox.store(envelope, did, deadline_ms=deadline_ms) for did in recipients])
        stored = [did for did, outcome in zip(recipients, told, strict=True) if outcome is None]
        if stored:
            return stored
        for outcome in told:
            if outcome is not None and not isinstance(outcome, QueueFull):
                raise outcome
        raise BrokerError(ErrorCode.AGENT_OFFLINE, "the queue is full", status=503, queued=False, retry_after_ms=RETRY_FULL_MS)

    async def _note_answers(self, result: Envelope, intents: Sequence[TakenIntent]) -> None:
        """The message is stored already: what goes wrong here must not refuse it."""
        try:
            for intent in intents:
                await self.trust.note(result.from_did, intent, result_status(result.payload))
        except BrokerError:
            _log.warning("answer_not_noted")
