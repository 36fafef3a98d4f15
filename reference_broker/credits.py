"""Credits, behind AINP_CREDITS: a bid is reserved when its intent is taken, moves to the recipient with the first RESULT that says
success, and comes back when the intent is cancelled or expires unanswered. Escrow of a negotiation is the same, with a payee named.

Only administrators mint (`python -m reference_broker mint`), or configure what every new account begins with. An account is an agent's
own business: nobody is told another's. The books themselves are `accounts.py`.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from decimal import Decimal

import structlog
from asyncpg.pool import PoolConnectionProxy

from ainp_harness.wire.errors import ErrorCode
from reference_broker import accounts
from reference_broker.accounts import Account, Reserve, amount_of
from reference_broker.clock import now_ms
from reference_broker.database import Database
from reference_broker.errors import BrokerError

BID, ESCROW = "bid", "escrow"
ESCROW_MS = 24 * 3_600_000
"""How long what was agreed may take; then the escrow is the payer's again (a choice of this house: the sources name no time)."""

SWEEP_ROWS = 1_000

_log = structlog.get_logger("credits")


class Credits:
    """Everybody's account. Where credits are off, nothing is ever reserved and every bid is free."""

    def __init__(self, database: Database, *, enabled: bool, opening: Decimal) -> None:
        self._database = database
        self._opening = opening
        self.enabled = enabled

    async def account(self, did: str) -> Account:
        """What this agent has, after what came back to it."""
        async with self._database.connection() as connection, connection.transaction():
            await self._give_back_overdue(connection, did)
            return await accounts.read(connection, did, opening=self._opening)

    @asynccontextmanager
    async def bidding(self, payer: str, intent_id: str, bid: float, *, until_ms: int) -> AsyncIterator[None]:
        """Reserve an intent's bid while the intent is routed; if that fails, it was never reserved.

        Raises:
            BrokerError: INSUFFICIENT_CREDITS, for a bid over what is free; UNAVAILABLE.
        """
        amount = amount_of(bid)
        if not self.enabled or amount <= 0:
            yield
            return
        await self._reserve(Reserve(BID, intent_id, payer, None, None, amount, until_ms))
        try:
            yield
        except BaseException:
            await self._undo(BID, intent_id, payer)
            raise

    @asynccontextmanager
    async def paying(self, intents: Sequence[tuple[str, str]], payee: str, trace_id: str) -> AsyncIterator[None]:
        """Pay what is still reserved for these (intent id, sender), if what is done meanwhile succeeds: the delivery of the RESULT. Escrow
        that the senders hold for the payee under the same trace is released with it.

        The transaction is open so long: a RESULT that is not stored pays nothing, and one whose payment fails is not acknowledged.
        """
        if not self.enabled or not intents:
            yield
            return
        ids, senders = zip(*intents, strict=True)
        async with AsyncExitStack() as stack:
            connection = await stack.enter_async_context(self._database.connection())
            await stack.enter_async_context(connection.transaction())
            held = await accounts.take(connection, _EARNED, now_ms(), list(ids), list(senders), payee, trace_id)
            if held:
                await accounts.pay(connection, held, payee, opening=self._opening)
            else:
                await stack.aclose()
            yield

    async def give_back_bid(self, connection: PoolConnectionProxy, intent_id: str, payer: str) -> None:
        """The intent was cancelled, in this transaction."""
        await self._give_back(connection, "kind = $1 AND key = $2 AND payer = $3", BID, intent_id, payer)

    async def hold_escrow(self, negotiation_id: str, amount: float, *, payer: str, payee: str, trace_id: str) -> None:
        """Reserve an accepted price. Doing it twice is doing it once.

        Raises:
            BrokerError: INSUFFICIENT_CREDITS, UNAVAILABLE.
        """
        if self.enabled and (price := amount_of(amount)) > 0:
            await self._reserve(Reserve(ESCROW, negotiation_id, payer, payee, trace_id, price, now_ms() + ESCROW_MS))

    async def return_escrow(self, negotiation_id: str) -> None:
        """The negotiation ended without what was agreed: TIMEOUT or ABORT."""
        if self.enabled:
            async with self._database.connection() as connection, connection.transaction():
                await self._give_back(connection, "kind = $1 AND key = $2", ESCROW, negotiation_id)

    async def mint(self, did: str, amount: Decimal) -> Account:
        """Make credits. Nothing that an agent can send leads here."""
        async with self._database.connection() as connection, connection.transaction():
            return await accounts.mint(connection, did, amount, opening=self._opening)

    async def sweep(self) -> None:
        """Give back what nobody was paid in time; whoever looks at an account sees it even before."""
        more = self.enabled
        while more:
            async with self._database.connection() as connection, connection.transaction():
                some = "(kind, key, payer) IN (SELECT kind, key, payer FROM reserves WHERE return_at < $1 LIMIT $2)"
                held = await accounts.take(connection, some, now_ms(), SWEEP_ROWS)
                await accounts.give_back(connection, held)
            more = len(held) == SWEEP_ROWS

    async def _reserve(self, reserve: Reserve) -> None:
        async with self._database.connection() as connection, connection.transaction():
            await self._give_back_overdue(connection, reserve.payer)
            if not await accounts.hold(connection, reserve, opening=self._opening):
                raise BrokerError(ErrorCode.INSUFFICIENT_CREDITS, f"{reserve.amount:.8f} credits are more than is free of the balance")

    async def _give_back_overdue(self, connection: PoolConnectionProxy, payer: str) -> None:
        await self._give_back(connection, "payer = $1 AND return_at < $2", payer, now_ms())

    async def _give_back(self, connection: PoolConnectionProxy, condition: str, *arguments: object) -> None:
        await accounts.give_back(connection, await accounts.take(connection, condition, *arguments))

    async def _undo(self, kind: str, key: str, payer: str) -> None:
        try:
            async with self._database.connection() as connection, connection.transaction():
                await self._give_back(connection, "kind = $1 AND key = $2 AND payer = $3", kind, key, payer)
        except BrokerError:
            _log.error("reserve_not_undone", kind=kind, key=key, payer=payer)  # it comes back at the deadline


_EARNED = """return_at >= $1 AND (
    (kind = 'bid' AND (key, payer) IN (SELECT * FROM unnest($2::text[], $3::text[])))
    OR (kind = 'escrow' AND payer = ANY ($3) AND payee = $4 AND trace_id = $5)
)"""
