"""What an accepted negotiation sets aside: its price, of the initiator's credits, for the one it negotiated with.

A RESULT that says success, under the negotiation's trace and from that one to the initiator, releases it (`credits.py`). An ABORT or a
TIMEOUT gives it back. In a group nobody is named as the one to be paid, so nothing is set aside.
"""

from __future__ import annotations

from reference_broker.credits import Credits
from reference_broker.negotiation_session import Session
from reference_broker.negotiation_terms import price_of


class CreditEscrow:
    """The seam of `negotiations.py`, kept by the accounts."""

    def __init__(self, books: Credits) -> None:
        self._books = books

    async def reserve(self, session: Session) -> None:
        price = price_of(session.proposal)
        if session.mechanism is None and price is not None:
            payee = next(did for did in session.participants if did != session.initiator)
            await self._books.hold_escrow(session.id, price, payer=session.initiator, payee=payee, trace_id=session.trace_id)

    async def release(self, session: Session) -> None:
        await self._books.return_escrow(session.id)
