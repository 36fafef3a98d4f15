"""Accounts: what an agent is told of its credits, and whether what moved is what should have. An agent without an account has nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from ainp_harness.judging.expectation import Context, Judgement, broken, describe, expectation, held, not_shown
from ainp_harness.judging.expectations.answers import was_accepted
from ainp_harness.wire.binding import pick
from ainp_harness.wire.exchange import Exchange

NONE = Decimal(0)


@dataclass(frozen=True)
class Account:
    """What an answer of `credits` tells."""

    balance: Decimal
    reserved: Decimal

    @property
    def free(self) -> Decimal:
        return self.balance - self.reserved


def account_in(exchange: Exchange, context: Context) -> Account | None:
    """The account of an answer; None where it tells none. NOT_FOUND tells that there is none, so nothing in it."""
    if exchange.response is not None and exchange.response.status == 404:
        return Account(NONE, NONE)
    if exchange.response is None or not was_accepted(exchange, context):
        return None
    operation, body = context.binding.operations[exchange.operation], exchange.response.body.json()
    told = [pick(operation, name, body) for name in ("balance", "reserved")]
    try:
        balance, reserved = (Decimal(text) for text in told if isinstance(text, str))
    except (InvalidOperation, ValueError):
        return None
    return Account(balance, reserved) if balance.is_finite() and reserved.is_finite() else None


@expectation
def sound_accounts(exchanges: Sequence[Exchange], context: Context) -> Judgement:
    """Every account is told as decimal strings, its balance never below what is reserved, and neither below zero."""
    for exchange in exchanges:
        account = account_in(exchange, context)
        if account is None:
            return _unread(exchange, context)
        if not NONE <= account.reserved <= account.balance:
            return broken(f"balance {account.balance} with {account.reserved} reserved: {describe(exchange)}")
    return held()


@expectation
def has_free(exchanges: Sequence[Exchange], context: Context, at_least: str) -> Judgement:
    """Every one of these agents has so many credits that are not reserved: what a probe of payments needs."""
    for exchange in exchanges:
        account = account_in(exchange, context)
        if account is None:
            return _unread(exchange, context)
        if account.free < Decimal(at_least):
            return not_shown(
                f"a fresh agent has {account.free} credits, and {at_least} are needed to see any move. Give new agents a starting balance "
                "(AINP_STARTING_BALANCE of the reference broker), or name a command of the target that mints (docs/configuration.md)"
            )
    return held()


@expectation
def moved(exchanges: Sequence[Exchange], context: Context, amount: str) -> Judgement:
    """Of payer and payee before, and payer and payee after: this amount went from the one to the other, and nothing is still reserved."""
    accounts = [account_in(exchange, context) for exchange in exchanges]
    if (told := _all_told(exchanges, accounts, context)) is not None:
        return told
    payer, payee, payer_after, payee_after = (account for account in accounts if account is not None)
    if payer.balance - payer_after.balance != Decimal(amount):
        return broken(f"the payer's balance went from {payer.balance} to {payer_after.balance}, expected {amount} less")
    if payee_after.balance - payee.balance != Decimal(amount):
        return broken(f"the payee's balance went from {payee.balance} to {payee_after.balance}, expected {amount} more")
    if payer_after.reserved != payer.reserved:
        return broken(f"{payer_after.reserved} of the payer's are still reserved, {payer.reserved} were before")
    return held()


@expectation
def conserved(exchanges: Sequence[Exchange], context: Context) -> Judgement:
    """The first half of these accounts before, the second half after: their balances have the same sum."""
    accounts = [account_in(exchange, context) for exchange in exchanges]
    if (told := _all_told(exchanges, accounts, context)) is not None:
        return told
    balances, half = [account.balance for account in accounts if account is not None], len(exchanges) // 2
    before, after = sum(balances[:half], NONE), sum(balances[half:], NONE)
    return held(f"{after} in all") if before == after else broken(f"there were {before} credits in all, and are {after}")


@expectation
def balances_stay(exchanges: Sequence[Exchange], context: Context, at: str | None = None) -> Judgement:
    """Every one of these answers tells the same balance, and where `at` says so, that one."""
    accounts = [account_in(exchange, context) for exchange in exchanges]
    if (told := _all_told(exchanges, accounts, context)) is not None:
        return told
    if not any(was_accepted(exchange, context) for exchange in exchanges):
        return not_shown(f"no account was told by any of these answers: {describe(exchanges[-1])}")
    balances = [account.balance for account in accounts if account is not None]
    expected = balances[0] if at is None else Decimal(at)
    if (wrong := next((balance for balance in balances if balance != expected), None)) is not None:
        return broken(f"the balance is {wrong}, expected {expected}")
    return held()


@expectation
def returned(exchanges: Sequence[Exchange], context: Context, amount: str) -> Judgement:
    """Of one account before, in between and after: this amount was reserved in between, and is free again, with nothing paid. A fourth
    exchange is what called it off: where that was not taken, nothing is shown."""
    exchanges, calling_off = exchanges[:3], exchanges[3:]
    if (untaken := next((one for one in calling_off if not was_accepted(one, context)), None)) is not None:
        return not_shown(f"it was not called off: {describe(untaken)}")
    accounts = [account_in(exchange, context) for exchange in exchanges]
    if (told := _all_told(exchanges, accounts, context)) is not None:
        return told
    before, between, after = (account for account in accounts if account is not None)
    if between.free != before.free - Decimal(amount):
        return not_shown(f"{before.free} were free before and {between.free} in between, so {amount} were not reserved")
    if after != before:
        return broken(f"balance {after.balance} with {after.reserved} reserved, expected {before.balance} with {before.reserved} as before")
    return held()


def _all_told(exchanges: Sequence[Exchange], accounts: Sequence[Account | None], context: Context) -> Judgement | None:
    """What is to be said where one of them tells no account; None where all do."""
    unread = next((one for one, account in zip(exchanges, accounts, strict=True) if account is None), None)
    return None if unread is None else _unread(unread, context)


def _unread(exchange: Exchange, context: Context) -> Judgement:
    if exchange.response is None or not was_accepted(exchange, context):
        return not_shown(f"no account is told: {describe(exchange)}")
    return broken(f"an account has balance and reserved as decimal strings: {describe(exchange)}")
