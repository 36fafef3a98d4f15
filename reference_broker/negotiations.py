"""Negotiations as they are carried out: each move under the lock of its row, by the rules of `negotiation_rules.py`, passed on to the
others through their queues together with what the broker itself has to say.

It knows no surface: a route makes a `Move` of its request and gives it to `take`. Who sent it was verified before.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any, Protocol

import structlog

from ainp_harness.wire.envelope import Envelope
from ainp_harness.wire.errors import ErrorCode
from reference_broker import negotiation_rules as rules
from reference_broker.clock import now_ms
from reference_broker.database import Database
from reference_broker.errors import BrokerError, not_found, unavailable
from reference_broker.identity import BrokerIdentity
from reference_broker.inbox import Inbox
from reference_broker.negotiation_messages import Messages, constraints_told
from reference_broker.negotiation_rules import Step
from reference_broker.negotiation_session import Refused, Session, State, begin
from reference_broker.negotiation_store import Held, Store
from reference_broker.negotiation_terms import Mechanism, Move, Phase, terms_of
from reference_broker.presence import Presence
from reference_broker.registry import Registry

SWEEP_S = 0.25
"""How late something that happens by itself may be noticed, where nobody asks."""

WAIT_S = 2.0
"""For those before it: beyond this a message is refused with 503."""

PUT_OFF_MS = 60_000

TRUST_UNKNOWN = 0.5
"""Of a participant that is not registered, as of one without history (docs/surface-v1.md)."""

_log = structlog.get_logger("negotiations")


class Escrow(Protocol):
    """What an accepted negotiation sets aside. Both are called under the negotiation's lock, with `session.id` as their key, and may be
    called again for the same key when the first time could not be completed: the second time must change nothing."""

    async def reserve(self, session: Session) -> None:
        """It is accepted, and its terms have an escrow_ref. A BrokerError (INSUFFICIENT_CREDITS) refuses the ACCEPT."""

    async def release(self, session: Session) -> None:
        """It has ended without acceptance, and its terms have an escrow_ref: nothing stays set aside for it."""


class NoEscrow:
    """A broker without credits: an escrow_ref is the parties' own business."""

    async def reserve(self, session: Session) -> None: ...

    async def release(self, session: Session) -> None: ...


class Negotiations:
    """All negotiations, of all instances."""

    def __init__(
        self,
        database: Database,
        inbox: Inbox,
        presence: Presence,
        registry: Registry,
        identity: BrokerIdentity,
        *,
        margin_ms: int,
        at_once: int,
        escrow: Escrow | None = None,
    ) -> None:
        self._store = Store(database)
        self._messages = Messages(inbox, presence, identity, margin_ms=margin_ms)
        self._presence = presence
        self._registry = registry
        self._escrow: Escrow = escrow or NoEscrow()
        # A row is held while the stream answers: a slow stream must not take all connections from those who do not need it.
        self._holding = asyncio.Semaphore(at_once)

    async def take(self, move: Move, message: Envelope | None = None) -> Session:
        """Carry out a move, and give the session as it is then.

        Args:
            move: by whom, what, in which round; see `negotiation_terms.Move`. `move.by` has proven that it is the one.
            message: the signed NEGOTIATE that made it, which goes to the others as it is. None where the surface carries none: then the
                broker tells the others in its own name, with the mover's DID as `by` in the payload.

        Raises:
            BrokerError: NOT_FOUND, UNAUTHORIZED, NEGOTIATION_FAILED, TIMEOUT, ESCROW_REQUIRED; AGENT_OFFLINE for a party that is not known,
                or whose queue takes nothing; UNAVAILABLE. Nothing has changed then, except that an end that was due has come.
        """
        if move.phase is Phase.OFFER:
            await self._check_invited(move)
        refused: Refused | None = None
        async with self._one_of_a_few(), self._store.hold(move.negotiation_id) as held:
            await self._catch_up(held)
            try:
                await self._carry_out(held, move, message)
            except Refused as error:
                refused = error  # raised below: an end that was due stays
        if refused is not None:
            raise BrokerError(refused.code, refused.message)
        assert held.session is not None  # a move that was carried out left one
        return held.session

    async def get(self, negotiation_id: str, did: str) -> Session:
        """A negotiation, for one who takes part in it.

        Raises:
            BrokerError: NOT_FOUND, UNAUTHORIZED (403), UNAVAILABLE.
        """
        session = await self._store.read(negotiation_id)
        if session is not None and session.is_due(now_ms()):
            async with self._one_of_a_few(), self._store.hold(negotiation_id) as held:
                await self._catch_up(held)
            session = held.session
        if session is None:
            raise not_found("this negotiation")
        if did not in session.parties:
            raise BrokerError(ErrorCode.UNAUTHORIZED, "only who takes part in a negotiation may read it")
        return session

    async def of(self, did: str) -> Sequence[Session]:
        """Those that a DID takes part in, the latest first."""
        return await self._store.of(did)

    async def forget(self) -> None:
        await self._store.forget(now_ms())

    async def sweep_for_ever(self) -> None:
        """Every instance looks for what is due. Of several that find the same, one holds the row, and the others pass it by."""
        while True:
            await asyncio.sleep(SWEEP_S)
            try:
                while await self._expire_one():
                    pass
            except BrokerError:
                _log.warning("sweep_put_off")

    async def _expire_one(self) -> bool:
        session: Session | None = None
        try:
            async with self._one_of_a_few(), self._store.hold_due(now_ms()) as held:
                session = held.session
                await self._catch_up(held)
        except BrokerError:
            raise
        except Exception:  # noqa: BLE001  # whatever is wrong with this one, the others must go on
            _log.exception("negotiation_not_moved_on", negotiation=session.id if session else None)
            if session is not None:
                await self._store.put_off(session.id, now_ms() + PUT_OFF_MS)
        return session is not None

    @asynccontextmanager
    async def _one_of_a_few(self) -> AsyncIterator[None]:
        try:
            async with asyncio.timeout(WAIT_S):
                await self._holding.acquire()
        except TimeoutError:
            raise unavailable() from None
        try:
            yield
        finally:
            self._holding.release()

    async def _carry_out(self, held: Held, move: Move, message: Envelope | None) -> None:
        now, before = now_ms(), held.session
        if before is None:
            after = Step(begin(move, now))
            if not await held.begin(after.session):
                raise Refused(ErrorCode.NEGOTIATION_FAILED, "OFFER: this negotiation has begun")
        else:
            after = rules.step(before, move, now, await self._trust_of(before))
            await held.save(after.session)
        await self._settle(after.session)
        others = [did for did in after.session.parties if did != move.by]
        await self._messages.pass_on(message or self._messages.in_own_name(after.session, move), others)
        await self._messages.say(after)

    async def _catch_up(self, held: Held) -> None:
        """Let happen what was due before anything else does."""
        now = now_ms()
        if held.session is None or not held.session.is_due(now):
            return
        after = rules.expire(held.session, now, await self._trust_of(held.session))
        await held.save(after.session)
        await self._settle(after.session)
        await self._messages.say(after)

    async def _settle(self, session: Session) -> None:
        """The seam to credits: what an end means for an escrow."""
        if session.state is State.OPEN or not terms_of(session.proposal).get("escrow_ref"):
            return
        await (self._escrow.reserve(session) if session.state is State.ACCEPTED else self._escrow.release(session))

    async def _check_invited(self, move: Move) -> None:
        """An OFFER reaches everybody whom it names, so all of them are known; and nobody negotiates alone."""
        named = move.group.participants if move.group is not None else (move.to or "",)
        if move.by in named and move.group is None:
            raise BrokerError(ErrorCode.INVALID_ENVELOPE, "to_did: nobody negotiates alone")
        known = await asyncio.gather(*(self._presence.known(did) for did in named if did != move.by))
        if not all(known):
            raise BrokerError(ErrorCode.AGENT_OFFLINE, "one of those named is not known here", queued=False)

    async def _trust_of(self, session: Session) -> Mapping[str, float]:
        """What get_agent tells of each, for a group that weighs its votes."""
        if session.mechanism is not Mechanism.WEIGHTED:
            return {}
        scores = await asyncio.gather(*(self._trust(did) for did in session.participants))
        return dict(zip(session.participants, scores, strict=True))

    async def _trust(self, did: str) -> float:
        try:
            return float((await self._registry.get(did))["trust"]["score"])
        except BrokerError as error:
            if error.code is not ErrorCode.NOT_FOUND:
                raise
            return TRUST_UNKNOWN


def session_body(session: Session) -> dict[str, Any]:
    """The answer of negotiate and get_negotiation (docs/surface-v1.md)."""
    return {
        "negotiation_id": session.id,
        "state": str(session.state),
        "round": session.round,
        "proposal": dict(session.proposal),
        "constraints": constraints_told(session),
        "convergence": session.convergence,
        "participants": list(session.participants),
    }
