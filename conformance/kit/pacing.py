"""Pacing: every request passes a scheduler that knows the broker's limits, so that the suite measures the broker and not its limiter.

Budgets are sliding windows by key: a DID, or a source address. Against loopback on Linux work is spread over addresses of 127.0.0.0/8.
"""

from __future__ import annotations

import asyncio
import sys
import time
from collections import defaultdict, deque
from collections.abc import Callable, Sequence
from urllib.parse import urlsplit

from ainp_harness.wire.identity import derive

PUBLIC_OPERATIONS = frozenset({"register", "get_agent", "discover_text", "capabilities"})
"""They count by address (summary, network security)."""

EXEMPT_OPERATIONS = frozenset({"health", "ready"})

LONGEST_WAIT_S = 65.0
"""A little over the longest window: a wait never needs more."""


class Budget:
    """At most `limit` requests in any `window_s`, by key."""

    def __init__(self, limit: int, window_s: float, clock: Callable[[], float] = time.monotonic) -> None:
        self.limit, self._window_s, self._clock = limit, window_s, clock
        self._times: dict[str, deque[float]] = defaultdict(deque)

    def used(self, key: str) -> int:
        times, horizon = self._times[key], self._clock() - self._window_s
        while times and times[0] <= horizon:
            times.popleft()
        return len(times)

    def wait_s(self, key: str) -> float:
        """Seconds until one more request of this key fits; 0 where it fits now."""
        if self.used(key) < self.limit:
            return 0.0
        return max(0.0, self._times[key][0] + self._window_s - self._clock())

    def count(self, key: str) -> None:
        self._times[key].append(self._clock())

    def give_back(self, key: str) -> None:
        """The last request counted did not count after all."""
        if self._times[key]:
            self._times[key].pop()


class Pacer:
    """The budgets of one run against one broker.

    Args:
        per_did, per_ip, window_s: the limits, of the profile or as declared. A few of each are left unused, for what the pacer cannot see.
        discovery: how many signed discoveries a DID has in a window, where the broker declares that.
        announce: told about waits of more than a second.
    """

    SPARE = 5

    def __init__(
        self,
        *,
        per_did: int,
        per_ip: int,
        window_s: float,
        addresses: Sequence[str | None],
        announce: Callable[[str], None],
        discovery: int | None = None,
    ) -> None:
        self._by_did = Budget(max(1, per_did - self.SPARE), window_s)
        self._discovery = Budget(discovery, window_s) if discovery else None
        self._by_address = Budget(max(1, per_ip - self.SPARE), window_s)
        self._addresses = list(addresses)
        self._current = 0
        self.announce = announce

    async def admit(self, operation: str, did: str | None) -> str | None:
        """Wait until a request of this operation and DID fits, and give the source address to send it from.

        A signed request may turn out to count against its address (when it is refused before it is verified), so it takes a place there
        until `verified` gives it back.
        """
        if operation in EXEMPT_OPERATIONS:
            return self._addresses[self._current]
        if did is not None and operation not in PUBLIC_OPERATIONS:
            await self._wait(self._by_did, did, f"the limit of {did[:24]}…")
            self._by_did.count(did)
        if did is not None and operation == "discover" and self._discovery is not None:
            await self._wait(self._discovery, did, f"the discoveries of {did[:24]}…")
            self._discovery.count(did)
        address = await self._free_address()
        self._by_address.count(str(address))
        return address

    def verified(self, operation: str, address: str | None) -> None:
        """A signed request was verified: it counts against its DID alone."""
        if operation not in PUBLIC_OPERATIONS | EXEMPT_OPERATIONS:
            self._by_address.give_back(str(address))

    def room_of(self, did: str) -> int:
        """How many more requests of this DID fit now."""
        return self._by_did.limit - self._by_did.used(did)

    def may_discover(self, did: str) -> bool:
        """Whether one more signed discovery of this DID fits now."""
        return self._discovery is None or self._discovery.wait_s(did) == 0

    @property
    def any_address(self) -> str | None:
        """An address for what counts against nobody."""
        return self._addresses[self._current]

    async def make_room(self, count: int) -> None:
        """Wait until some address has room for so many more requests."""
        deadline = time.monotonic() + LONGEST_WAIT_S
        count = min(count, self._by_address.limit)
        while time.monotonic() < deadline:
            for index, address in enumerate(self._addresses):
                if self._by_address.used(str(address)) + count <= self._by_address.limit:
                    self._current = index
                    return
            self.announce("waiting for the limit of this address")
            await asyncio.sleep(1)

    async def fresh_address(self) -> str | None:
        """An address whose budget is unused. It is not used for anything else afterwards, unless there is only one."""
        if len(self._addresses) > 1:
            return self._addresses.pop()
        key = str(self._addresses[0])
        deadline = time.monotonic() + LONGEST_WAIT_S
        while self._by_address.used(key) and time.monotonic() < deadline:
            self.announce("waiting for this address's window to empty, as the next probe uses up a whole one")
            await asyncio.sleep(1)
        for _ in range(self._by_address.limit):
            self._by_address.count(key)
        return self._addresses[0]

    async def _free_address(self) -> str | None:
        for offset in range(len(self._addresses)):
            index = (self._current + offset) % len(self._addresses)
            if self._by_address.wait_s(str(self._addresses[index])) == 0:
                self._current = index
                return self._addresses[index]
        await self._wait(self._by_address, str(self._addresses[self._current]), "the limit of this address")
        return self._addresses[self._current]

    async def _wait(self, budget: Budget, key: str, what: str) -> None:
        deadline = time.monotonic() + LONGEST_WAIT_S
        while (wait := budget.wait_s(key)) > 0 and time.monotonic() < deadline:
            if wait > 1:
                self.announce(f"waiting {wait:.0f} s for {what}")
            await asyncio.sleep(min(wait + 0.01, LONGEST_WAIT_S))


def may_spread(base_url: str) -> bool:
    """Whether there are addresses to spread over: all of 127.0.0.0/8 is ours against IPv4 loopback on Linux."""
    host = urlsplit(base_url).hostname or ""
    return sys.platform == "linux" and (host == "localhost" or host.startswith("127."))


def source_addresses(run_id: str) -> list[str]:
    """250 addresses of 127.0.0.0/8 to spread over.

    Which 250 depends on the run, so that runs at once, or one after another within a minute, don't use up each other's budgets.
    """
    second, third = derive(run_id, "source addresses")[:2]
    return [f"127.{max(second, 1)}.{third}.{last}" for last in range(2, 252)]
