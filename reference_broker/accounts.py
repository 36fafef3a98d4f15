"""Accounts in PostgreSQL: what an agent has, what of it is reserved, and the few steps by which either changes.

Every function here works on a connection whose transaction is the caller's, so that what belongs together happens together. Rows are
locked in one order (reserves by their key, then accounts by their DID), so transfers that cross do not wait for each other for ever.
What is reserved when, and who is paid, is `credits.py`'s.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_DOWN, Decimal
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
class Held:
    """A reserve that was just taken off the books: whoever took it says where it goes."""

    payer: str
    payee: str | None
    amount: Decimal


def amount_of(number: float) -> Decimal:
    """A number of a message as an amount. What lies beyond the eighth place is not asked for: nobody pays more than was said."""
    return MOST + 1 if number > MOST else Decimal(str(number)).quantize(PLACE, ROUND_DOWN)


async def read(connection: PoolConnectionProxy, did: str, *, opening: Decimal) -> Account:
    """An account as it stands; one that nothing was ever booked on has its opening balance."""
    row = await connection.fetchrow("SELECT balance, reserved FROM accounts WHERE did = $1", did)
    return Account(row["balance"], row["reserved"]) if row else Account(opening)


async def hold(
    connection: PoolConnectionProxy, kind: str, key: str, payer: str, amount: Decimal, *, payee: str | None, return_at: int, opening: Decimal
) -> bool:
    """Reserve an amount, if so much is free."""
    await connection.execute("INSERT INTO accounts (did, balance) VALUES ($1, $2) ON CONFLICT DO NOTHING", payer, opening)
    held = await connection.fetchval(
        "UPDATE accounts SET reserved = reserved + $2 WHERE did = $1 AND balance - reserved >= $2 RETURNING true", payer, amount
    )
    if not held:
        return False
    await connection.execute("INSERT INTO reserves VALUES ($1, $2, $3, $4, $5, $6)", kind, key, payer, payee, amount, return_at)
    return True


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
        await connection.execute(_BOOK, did, balances[did], reserves[did], opening)


_BOOK = """
INSERT INTO accounts AS old (did, balance, reserved) VALUES ($1, $4::numeric + $2::numeric, greatest($3::numeric, 0))
ON CONFLICT (did) DO UPDATE SET balance = old.balance + $2::numeric, reserved = old.reserved + $3::numeric
"""
