"""Pacing: no more than the limit in any window, by DID and by address, and what was verified gives its place at the address back."""

from __future__ import annotations

import asyncio

from hypothesis import given
from hypothesis import strategies as st

from conformance.kit.pacing import Budget, Pacer, may_spread, source_addresses


class Clock:
    """A clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@given(st.lists(st.floats(min_value=0, max_value=30), min_size=1, max_size=200))
def test_no_window_holds_more_than_the_limit(pauses: list[float]) -> None:
    clock = Clock()
    budget = Budget(5, 60, clock)
    sent: list[float] = []
    for pause in pauses:
        clock.now += pause
        if budget.wait_s("key") == 0:
            budget.count("key")
            sent.append(clock.now)
    assert all(sum(0 <= at - start < 60 - 1e-6 for at in sent) <= 5 for start in sent)


def test_the_wait_is_until_the_oldest_leaves_the_window() -> None:
    clock = Clock()
    budget = Budget(2, 60, clock)
    budget.count("key")
    clock.now += 10
    budget.count("key")
    assert budget.wait_s("key") == 50
    assert budget.wait_s("another") == 0


def test_what_did_not_count_is_given_back() -> None:
    budget = Budget(1, 60, Clock())
    budget.count("key")
    budget.give_back("key")
    assert budget.wait_s("key") == 0


def pacer(addresses: list[str | None]) -> Pacer:
    return Pacer(per_did=100, per_ip=10, window_s=60, addresses=addresses, announce=lambda message: None)


async def test_work_moves_on_to_an_address_with_room() -> None:
    paced = pacer(["127.1.1.1", "127.1.1.2"])
    used = [await paced.admit("get_agent", None) for _ in range(10)]
    assert used == ["127.1.1.1"] * 5 + ["127.1.1.2"] * 5  # five places are left unused


async def test_a_signed_request_that_was_verified_does_not_use_up_its_address() -> None:
    paced = pacer(["127.1.1.1"])
    async with asyncio.timeout(1):
        for number in range(20):
            address = await paced.admit("send_intent", f"did:key:z{number}")
            paced.verified("send_intent", address)


async def test_a_burst_in_flight_reserves_its_places() -> None:
    """Until it is known that they verified, all of a burst might count against the address."""
    paced = pacer(["127.1.1.1", "127.1.1.2", "127.1.1.3"])
    used = [await paced.admit("send_intent", f"did:key:z{number}") for number in range(15)]
    assert {address: used.count(address) for address in used} == {"127.1.1.1": 5, "127.1.1.2": 5, "127.1.1.3": 5}


async def test_a_fresh_address_is_used_for_nothing_else() -> None:
    paced = pacer(["127.1.1.1", "127.1.1.2"])
    fresh = await paced.fresh_address()
    assert [await paced.admit("health", None), await paced.admit("get_agent", None)] == ["127.1.1.1", "127.1.1.1"]
    assert fresh == "127.1.1.2"


def test_addresses_are_spread_against_loopback_only() -> None:
    first, second = source_addresses("run-1"), source_addresses("run-2")
    assert len(set(first)) == 250
    assert not set(first) & set(second)
    assert all(address.startswith("127.") for address in first)
    assert may_spread("http://127.0.0.1:8080")
    assert not may_spread("https://broker.example")
