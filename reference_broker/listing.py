"""An inbox as a listing of the newest first, page by page, with marks of what was read. The messages are those of the stream, where they
wait until they are confirmed (`inbox.py`); only the marks are kept here, in PostgreSQL.
"""

from __future__ import annotations

import asyncio
import datetime
from dataclasses import dataclass
from typing import Any

import orjson

from reference_broker.clock import now_ms
from reference_broker.database import Database
from reference_broker.errors import not_found
from reference_broker.inbox import Inbox
from reference_broker.mailbox import Mailbox, Waiting


@dataclass(frozen=True)
class Listed:
    """One message of a page."""

    delivery_id: str
    envelope: dict[str, Any]
    received_at: int
    read_at: int | None


@dataclass(frozen=True)
class Page:
    """Some messages, and where the next page begins; None after the last."""

    messages: list[Listed]
    cursor: int | None


Key = tuple[str, str]
"""A message by its sender and its id in lower case: sequences mean others once the stream was made anew."""


class Listing:
    """Lists inboxes, and remembers what was marked as read."""

    def __init__(self, inbox: Inbox, database: Database) -> None:
        self._inbox = inbox
        self._database = database

    async def page(self, did: str, *, limit: int, before: int | None = None, unread: bool = False) -> Page:
        """The newest messages of this agent that came before a cursor.

        Raises:
            BrokerError: UNAVAILABLE.
        """
        mailbox = self._inbox.mailbox(did)
        bodies = await mailbox.refresh()
        marks = await self._marks(did)
        waiting = sorted(
            (one for one in mailbox.waiting.values() if before is None or one.sequence < before), key=lambda one: -one.sequence
        )
        found: list[Listed] = []
        while waiting and len(found) < limit:
            some, waiting = waiting[: limit - len(found)], waiting[limit - len(found) :]
            last = some[-1].sequence
            given = await self._inbox.hand_over(mailbox, some)
            wanted = (self._listed(did, mailbox, one, bodies.get(one.sequence), marks) for one in some if one.sequence in given)
            found += [one for one in await asyncio.gather(*wanted) if one is not None and not (unread and one.read_at is not None)]
        return Page(found, last if waiting else None)

    async def mark_read(self, did: str, sequence: int) -> None:
        """Remember that this agent has read the message at this place of the stream. It stays listed.

        Raises:
            BrokerError: NOT_FOUND when it does not wait any more; UNAVAILABLE.
        """
        mailbox = self._inbox.mailbox(did)
        await mailbox.refresh()
        waiting = mailbox.waiting.get(sequence)
        body = await mailbox.body(sequence) if waiting is not None else None
        if waiting is None or body is None:
            raise not_found("this message")
        sender, message = key_of(orjson.loads(body))
        await self._database.execute(
            "INSERT INTO read_marks (did, sender, message, at, forget_at) VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING",
            did, sender, message, now_ms(), waiting.deadline_ms,
        )  # fmt: skip

    async def sweep(self) -> None:
        """Forget the marks of messages that have expired."""
        await self._database.execute("DELETE FROM read_marks WHERE forget_at < $1", now_ms())

    async def _marks(self, did: str) -> dict[Key, int]:
        rows = await self._database.fetch("SELECT sender, message, at FROM read_marks WHERE did = $1", did)
        return {(row["sender"], row["message"]): row["at"] for row in rows}

    async def _listed(self, did: str, mailbox: Mailbox, waiting: Waiting, body: bytes | None, marks: dict[Key, int]) -> Listed | None:
        body = await mailbox.body(waiting.sequence) if body is None else body
        if body is None:  # confirmed, or expired, meanwhile
            return None
        envelope = orjson.loads(body)
        delivery = self._inbox.delivery(did, waiting.sequence, body)
        return Listed(delivery.delivery_id, envelope, _milliseconds(waiting.stored_at), marks.get(key_of(envelope)))


def key_of(envelope: dict[str, Any]) -> Key:
    return envelope["from_did"], envelope["id"].lower()


def _milliseconds(stored_at: str) -> int:
    """The stream's time, RFC 3339 with up to nine digits of a second, in Unix milliseconds."""
    return int(datetime.datetime.fromisoformat(stored_at).timestamp() * 1000)
