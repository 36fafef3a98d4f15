"""Inboxes, in whichever shape a surface gives them: a queue that is emptied by confirming, or a listing that is paged through."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from ainp_harness.judging.expectations.delivery import is_done_with, rows_of
from ainp_harness.wire.binding import Rendered, pick
from ainp_harness.wire.exchange import Exchange
from ainp_harness.wire.proof import DID_HEADER
from ainp_harness.wire.sockets import Socket
from conformance.kit.agents import Agent
from conformance.kit.driver import DELIVERY_S, LOOK_AGAIN_S
from conformance.kit.sockets import Sockets
from conformance.kit.transport import Call

LONG_POLL_MS = 1_000

POLL_LIMIT = 50

MOST_ANNOUNCED = 200
"""A page that names what a WebSocket announced; the most that a page may have."""

MOST_POLLS = 24
"""Polls that emptying one inbox may take."""


@dataclass
class Inboxes(Sockets):
    """A driver that reads inboxes."""

    async def poll(self, agent: Agent, *, limit: int = POLL_LIMIT, wait_ms: int | None = None, cursor: Any = None) -> Exchange:
        return await self.call("poll", {"did": agent.did, "limit": limit, "wait_ms": wait_ms, "cursor": cursor}, self.proven(agent))

    async def confirm(self, agent: Agent, polls: Iterable[Exchange]) -> Exchange | None:
        """Confirm all that these polls delivered; None where that is nothing. Where nothing can be confirmed, mark each as read."""
        delivery_ids = list(dict.fromkeys(identifier for poll in polls for identifier in self.delivery_ids(poll)))
        if not delivery_ids:
            return None
        if self.offers("confirm") or not self.offers("mark_read"):
            return await self.call("confirm", {"did": agent.did, "delivery_ids": delivery_ids}, self.proven(agent))
        marked = [await self.call("mark_read", {"message_id": identifier}, self.proven(agent)) for identifier in delivery_ids]
        return marked[-1]

    async def drain(self, agent: Agent, *, until: str | Iterable[str] = ()) -> list[Exchange]:
        """Poll and confirm until the inbox is empty, and give the polls; for these messages it waits as long as a delivery may take.

        A listing that confirming does not empty is read as far as these messages.
        """
        polls: list[Exchange] = []
        missing = {identifier.lower() for identifier in ([until] if isinstance(until, str) else until)}
        deadline, cursor = time.monotonic() + DELIVERY_S, None
        for _ in range(MOST_POLLS):
            poll = await self.poll(agent, wait_ms=LONG_POLL_MS if missing else None, cursor=cursor)
            polls.append(poll)
            emptied = _is_done(await self.confirm(agent, [poll])) and self.offers("confirm")
            missing -= self._named_in(poll, missing)
            whole = len(self.delivery_ids(poll)) < POLL_LIMIT
            if (whole or not emptied) and (not missing or time.monotonic() > deadline):
                break
            cursor = None if emptied else self._next_page(poll)
            if missing and cursor is None:
                await self._before_looking_again()
        return polls

    async def poll_until(self, agent: Agent, identifier: str) -> Exchange:
        """Poll, without confirming, until this message is there or a delivery has taken as long as it may; the last poll."""
        deadline = time.monotonic() + DELIVERY_S
        while True:
            poll = await self.poll(agent, wait_ms=LONG_POLL_MS)
            if self._named_in(poll, {identifier.lower()}) or time.monotonic() > deadline:
                return poll
            await self._before_looking_again()

    def delivery_ids(self, poll: Exchange) -> list[Any]:
        """What a poll's answer calls its deliveries, for confirming them; without those that only stay listed."""
        body = poll.response.body.json() if poll.response is not None else None
        operation = self.shared.transport.binding.operations["poll"]
        if not self.shared.transport.binding.picks("poll", "read_at"):
            return pick(operation, "delivery_ids", body) or []
        return [row["delivery_id"] for row in rows_of(operation, body) if not is_done_with(row, self.shared.context)]

    async def came_over(self, agent: Agent, *sockets: Socket) -> list[Exchange]:
        """The sockets, closed, as exchanges; where they only announce messages, with a poll of the agent's that says which."""
        closed = [await self.close_websocket(socket) for socket in sockets]
        if self.shared.transport.binding.picks("websocket", "message_id"):
            closed.append(await self.poll(agent, limit=MOST_ANNOUNCED))
        return closed

    def anothers_proof(self, owner: Agent, stranger: Agent) -> Call:
        """The stranger asks for what is the owner's: by a right proof of its own where the request names the owner, else by one in the
        owner's name with the stranger's signature."""
        if self.takes("poll", "did"):
            return self.proven(stranger)

        def in_the_owners_name(rendered: Rendered, now_ms: int) -> dict[str, str]:
            proof = stranger.identity.prove(method=rendered.method, target=rendered.target, timestamp_ms=now_ms, body=rendered.body)
            return {**proof, DID_HEADER: owner.did}

        return self.with_proof(self.call_by(None), in_the_owners_name)

    @property
    def shows_envelopes(self) -> bool:
        """Whether an inbox shows whole envelopes, which a recipient can verify."""
        return self.shared.transport.binding.picks("poll", "envelopes")

    def _named_in(self, poll: Exchange, identifiers: set[str]) -> set[str]:
        text = poll.response.body.text.lower() if poll.response is not None else ""
        return {identifier for identifier in identifiers if identifier in text}

    def _next_page(self, poll: Exchange) -> Any:
        """The cursor of the next page; None where there is none."""
        operation = self.shared.transport.binding.operations["poll"]
        body = poll.response.body.json() if poll.response is not None else None
        return pick(operation, "cursor", body) if pick(operation, "more", body) else None

    async def _before_looking_again(self) -> None:
        """A poll that waits by itself needs no pause before the next."""
        if not self.takes("poll", "wait_ms"):
            await asyncio.sleep(LOOK_AGAIN_S)


def _is_done(confirmed: Exchange | None) -> bool:
    return confirmed is None or (confirmed.response is not None and confirmed.response.status < 300)
