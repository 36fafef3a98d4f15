"""Accounts in PostgreSQL: what an agent has, what of it is reserved, and the few steps by which either changes.

Every function here works on a connection whose transaction is the caller's, so that what belongs together happens together. Rows are
locked in one order (reserves by their key, then accounts by their DID), so transfers that cross do not wait for each other for ever.
What is reserved when, and who is paid, is `credits.py`'s.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import astuple, dataclass
from decimal import ROUND_DOWN, Decimal, InvalidOperation
from typing import Any

from asyncpg.pool import PoolConnectionProxy

PLACE = Decimal("0.00000001")
MOST = Decimal(10) ** 12
"""No account holds more; a bid over it is over every balance."""

ZERO = Decimal(0)


@dataclass(frozen=True)
class Account:
    """What one agent has. Never less than what of it is reserved, and neither below zero."""

    balance: Decimal
    reserved: Decimal = ZERO

    @property
    def free(self) -> Decimal:
        return self.balance - self.reserved

    def body(self) -> dict[str, str]:
        return {"balance": f"{self.balance:.8f}", "reserved": f"{self.reserved:.8f}"}


@dataclass(frozen=True)
class Reserve:
    """A row of what is reserved, in the order of its columns."""

    kind: str
    key: str
    payer: str
    payee: str | None
    """Who alone may be paid; None for a bid, which goes to the recipient that answers."""
    trace_id: str | None
    """Of an escrow: the trace by which a RESULT names what was agreed."""
    amount: Decimal
    return_at: int


@dataclass(frozen=True)
class Held:
    """A reserve that was just taken off the books: whoever took it says where it goes."""

    payer: str
    payee: str | None
    amount: Decimal


def amount_of(number: float) -> Decimal:
    """A number of a message as an amount. What lies beyond the eighth place is not asked for: nobody pays more than was said."""
    return MOST + 1 if number > MOST else Decimal(str(number)).quantize(PLACE, ROUND_DOWN)


def minted(text: str) -> Decimal:
    """An amount as an administrator writes it.

    Raises:
        ValueError: it is none.
    """
    try:
        amount = Decimal(text)
    except InvalidOperation:
        amount = ZERO
    if not amount.is_finite() or not PLACE <= amount <= MOST or amount != amount.quantize(PLACE):
        raise ValueError(f"{text!r} is no amount of credits: over 0, at most {MOST}, with at most 8 decimals")
    return amount


async def read(connection: PoolConnectionProxy, did: str, *, opening: Decimal) -> Account:
    """An account as it stands; one that nothing was ever booked on has its opening balance."""
    row = await connection.fetchrow("SELECT balance, reserved FROM accounts WHERE did = $1", did)
    return Account(row["balance"], row["reserved"]) if row else Account(opening)


async def hold(connection: PoolConnectionProxy, reserve: Reserve, *, opening: Decimal) -> bool:
    """Reserve an amount, if so much is free. A reserve that stands is reserved already."""
    await connection.execute(_OPEN, reserve.payer, opening)
    await connection.execute("SELECT 1 FROM accounts WHERE did = $1 FOR UPDATE", reserve.payer)
    if await connection.fetchval(_STANDS, reserve.kind, reserve.key, reserve.payer):
        return True
    held = await connection.fetchval(
        "UPDATE accounts SET reserved = reserved + $2 WHERE did = $1 AND balance - reserved >= $2 RETURNING true",
        reserve.payer,
        reserve.amount,
    )
    if held:
        await connection.execute("INSERT INTO reserves VALUES ($1, $2, $3, $4, $5, $6, $7)", *astuple(reserve))
    return bool(held)


async def take(connection: PoolConnectionProxy, condition: str, *arguments: Any) -> list[Held]:
    """Take the reserves of this condition off the books. Who comes second finds none."""
    rows = await connection.fetch(
        "DELETE FROM reserves WHERE (kind, key, payer) IN"
        f" (SELECT kind, key, payer FROM reserves WHERE {condition} ORDER BY kind, key, payer FOR UPDATE)"
        " RETURNING payer, payee, amount",
        *arguments,
    )
    return [Held(row["payer"], row["payee"], row["amount"]) for row in rows]


async def give_back(connection: PoolConnectionProxy, held: Sequence[Held]) -> None:
    """The payers have it again."""
    await _book(connection, [(one.payer, ZERO, -one.amount) for one in held], opening=ZERO)


async def pay(connection: PoolConnectionProxy, held: Sequence[Held], payee: str, *, opening: Decimal) -> None:
    """It leaves the payers and is the payee's."""
    lines = [(one.payer, -one.amount, -one.amount) for one in held] + [(payee, one.amount, ZERO) for one in held]
    await _book(connection, lines, opening=opening)


async def mint(connection: PoolConnectionProxy, did: str, amount: Decimal, *, opening: Decimal) -> Account:
    """Credits that were not there before."""
    await _book(connection, [(did, amount, ZERO)], opening=opening)
    return await read(connection, did, opening=opening)


async def _book(connection: PoolConnectionProxy, lines: Sequence[tuple[str, Decimal, Decimal]], *, opening: Decimal) -> None:
    """Add to balance and reserved of each account, in the order of their DIDs; an account that is not there is opened."""
    balances: dict[str, Decimal] = defaultdict(Decimal)
    reserves: dict[str, Decimal] = defaultdict(Decimal)
    for did, balance, reserved in lines:
        balances[did] += balance
        reserves[did] += reserved
    for did in sorted(balances):
        await connection.execute(_OPEN, did, opening)
        await connection.execute(
            "UPDATE accounts SET balance = balance + $2, reserved = reserved + $3 WHERE did = $1", did, balances[did], reserves[did]
        )


_OPEN = "INSERT INTO accounts (did, balance) VALUES ($1, $2) ON CONFLICT DO NOTHING"

_STANDS = "SELECT true FROM reserves WHERE kind = $1 AND key = $2 AND payer = $3"
