"""The NATS connection: publishing with the stream's acknowledgement, reading and deleting single messages, and live subjects.

nats-py's own JetStream calls cost a subscription or a parsed dataclass each, and it has no batched reads; what is needed here is
four requests of the JetStream API. All answers come in on one inbox. Every call has a deadline, and nothing is buffered while the
server is away: what was refused must not turn up later. What an agent's queue is lies in `inbox.py`.
"""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import nats
import nats.errors
import orjson
import structlog
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.aio.subscription import Subscription

from reference_broker.errors import unavailable

ANSWER_S = 2.0
RECONNECT_S = 0.25
BATCH_MESSAGES = 256
BATCH_BYTES = 1_048_576
REMEMBER_LATE_S = 60
UNSENT_BYTES = 64 * 1_048_576
"""What may wait to be written to a server that does not read; more is refused."""


SUBJECT_FULL = 10077
"""JetStream's error for max_msgs_per_subject with discard_new_per_subject."""

NO_STREAM = 10059
GONE = (10037, 10043, 10057)
"""JetStream's errors for a sequence that holds no message."""

_log = structlog.get_logger("jetstream")


class StreamRefused(Exception):
    """JetStream answered with an error; `code` is its err_code."""

    def __init__(self, code: int, description: str) -> None:
        super().__init__(description)
        self.code = code


@dataclass(frozen=True)
class Stored:
    """One message of the stream."""

    sequence: int
    subject: str
    headers: dict[str, str]
    data: bytes


@dataclass
class _Call:
    """A request under way: the messages that came, and the future that is done with the last of them."""

    done: asyncio.Future[list[Msg]]
    until: Callable[[Msg], bool]
    messages: list[Msg] = field(default_factory=list)


class JetStream:
    """One connection and one stream."""

    def __init__(self, url: str, stream: str) -> None:
        self._url = url
        self.stream = stream
        self._client = Client()
        self._calls: dict[str, _Call] = {}
        self._tokens = map(str, itertools.count())
        self._inbox = ""
        self._reconnected: list[Callable[[], Awaitable[None]]] = []
        self._deleting: set[asyncio.Task[None]] = set()

    async def connect(self) -> None:
        """Connect, however long that takes: the caller has a deadline. May be called again after a failure."""
        self._client = Client()
        await self._client.connect(
            self._url,
            name="ainp-broker",
            connect_timeout=int(ANSWER_S),
            reconnect_time_wait=RECONNECT_S,  # type: ignore[arg-type]  # used as seconds, fractions too
            max_reconnect_attempts=-1,
            ping_interval=5,
            max_outstanding_pings=2,
            pending_size=-1,  # nothing is buffered while disconnected
            allow_reconnect=True,
            skip_subject_validation=True,  # ours are made by us, with the DID's special characters encoded
            error_cb=_log_error,
            reconnected_cb=self._on_reconnected,
        )
        self._inbox = self._client.new_inbox()
        await self._client.subscribe(f"{self._inbox}.*", cb=self._on_answer)

    async def close(self) -> None:
        if self._client.is_connected:
            try:
                await asyncio.wait_for(self._client.close(), ANSWER_S)
            except (TimeoutError, nats.errors.Error):
                _log.warning("nats_not_closed")

    def on_reconnected(self, callback: Callable[[], Awaitable[None]]) -> None:
        self._reconnected.append(callback)

    @property
    def max_payload(self) -> int:
        return self._client.max_payload

    async def publish(self, subject: str, data: bytes, headers: dict[str, str]) -> int:
        """Store a message; its sequence.

        A message whose acknowledgement comes after the deadline was refused to its sender: it is deleted again.

        Raises:
            StreamRefused: the stream does not take it.
            BrokerError: UNAVAILABLE, when it was not acknowledged in time.
        """
        answer = await self._ask(subject, data, headers, too_late=self._take_back)
        return int(_result(answer[0])["seq"])

    async def read(self, subjects: str, *, start: int) -> list[Stored]:
        """Messages on `subjects` from this sequence on, in its order, the next few hundred at most; none when there are none."""
        request = {"seq": start, "next_by_subj": subjects, "batch": BATCH_MESSAGES, "max_bytes": BATCH_BYTES}
        return _stored(await self._ask(f"$JS.API.DIRECT.GET.{self.stream}", orjson.dumps(request), until=_end_of_batch))

    async def get(self, sequence: int) -> Stored | None:
        found = _stored(await self._ask(f"$JS.API.DIRECT.GET.{self.stream}", orjson.dumps({"seq": sequence})))
        return found[0] if found else None

    async def delete(self, sequence: int) -> None:
        """Delete one message; one that is gone already does no harm."""
        try:
            await self.api(f"STREAM.MSG.DELETE.{self.stream}", {"seq": sequence, "no_erase": True})
        except StreamRefused as error:
            if error.code not in GONE:
                _log.warning("message_not_deleted", code=error.code)
                raise unavailable() from error

    async def api(self, name: str, request: dict[str, Any] | None = None) -> dict[str, Any]:
        """One call of the JetStream API."""
        return _result((await self._ask(f"$JS.API.{name}", b"" if request is None else orjson.dumps(request)))[0])

    async def subscribe(self, subject: str, callback: Callable[[bytes], Awaitable[None]]) -> Subscription:
        """Hear what is published on a subject from now on: core NATS, at most once. End it with `unsubscribe` of what is returned."""

        async def hear(message: Msg) -> None:
            await callback(message.data)

        try:
            return await self._client.subscribe(subject, cb=hear)
        except nats.errors.Error as error:
            raise unavailable() from error

    async def say(self, subject: str, data: bytes) -> None:
        """Publish to whoever listens just now; lost when nobody does, or when NATS is away."""
        if self._client.is_connected:
            await self._client.publish(subject, data)

    async def _ask(
        self,
        subject: str,
        data: bytes,
        headers: dict[str, str] | None = None,
        *,
        until: Callable[[Msg], bool] = lambda _message: True,
        too_late: Callable[[_Call], None] | None = None,
    ) -> list[Msg]:
        if not self._client.is_connected or self._client.pending_data_size > UNSENT_BYTES:
            raise unavailable()
        token = next(self._tokens)
        loop = asyncio.get_running_loop()
        done: asyncio.Future[list[Msg]] = loop.create_future()
        call = self._calls[token] = _Call(done, until)
        # A timer, not asyncio.timeout: there is one for every message. Publishing itself never waits: it hands over to the flusher.
        timer = loop.call_later(ANSWER_S, _give_up, done)
        try:
            await self._client.publish(subject, data, reply=f"{self._inbox}.{token}", headers=headers)
            return await done
        except nats.errors.MaxPayloadError:
            self._calls.pop(token)
            raise
        except asyncio.CancelledError:
            loop.call_later(REMEMBER_LATE_S, self._calls.pop, token, None)
            raise
        except (TimeoutError, nats.errors.Error, OSError) as error:
            if too_late is None:
                self._calls.pop(token, None)
            else:
                call.done = loop.create_future()
                too_late(call)
                loop.call_later(REMEMBER_LATE_S, self._calls.pop, token, None)
            _log.warning("nats_unavailable", reason=type(error).__name__)
            raise unavailable() from error
        finally:
            timer.cancel()

    async def _on_answer(self, message: Msg) -> None:
        token = message.subject.rpartition(".")[2]
        call = self._calls.get(token)
        if call is None:
            return
        call.messages.append(message)
        if call.until(message):
            del self._calls[token]
            if not call.done.done():
                call.done.set_result(call.messages)

    def _take_back(self, call: _Call) -> None:
        def acknowledged(future: asyncio.Future[list[Msg]]) -> None:
            if future.cancelled() or b'"seq"' not in future.result()[0].data:
                return
            sequence = int(orjson.loads(future.result()[0].data)["seq"])
            _log.warning("late_acknowledgement", sequence=sequence)
            task = asyncio.create_task(self.delete(sequence))
            self._deleting.add(task)
            task.add_done_callback(self._deleting.discard)

        call.done.add_done_callback(acknowledged)

    async def _on_reconnected(self) -> None:
        _log.info("nats_reconnected")
        for callback in self._reconnected:
            await callback()


def _end_of_batch(message: Msg) -> bool:
    """A batch ends with a status. Servers before 2.11 know no batches: one message, without a count of what is pending."""
    headers = message.headers or {}
    return "Status" in headers or "Nats-Num-Pending" not in headers


def _stored(messages: list[Msg]) -> list[Stored]:
    stored = []
    for message in messages:
        headers = message.headers or {}
        if "Nats-Sequence" in headers:
            stored.append(Stored(int(headers["Nats-Sequence"]), headers["Nats-Subject"], headers, message.data))
        elif headers.get("Status") not in ("204", "404"):
            raise unavailable()
    return stored


def _result(message: Msg) -> dict[str, Any]:
    if message.headers and message.headers.get("Status") == "503":  # nobody listens: JetStream, or the stream, is not there
        raise StreamRefused(NO_STREAM, "no stream on this subject")
    answer: dict[str, Any] = orjson.loads(message.data)
    if error := answer.get("error"):
        raise StreamRefused(error.get("err_code", 0), error.get("description", ""))
    return answer


def _give_up(done: asyncio.Future[list[Msg]]) -> None:
    if not done.done():
        done.set_exception(TimeoutError())


async def _log_error(error: Exception) -> None:
    _log.warning("nats_error", reason=type(error).__name__)
