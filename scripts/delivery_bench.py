"""From acknowledgement to recipient: agents listen on WebSockets, intents come at a constant rate, and each frame is timed on arrival."""

from __future__ import annotations

import asyncio
import os
import time
from urllib.parse import urlsplit

import orjson
from websockets.asyncio.client import ClientConnection, connect

from ainp_harness.wire import messages
from ainp_harness.wire.envelope import MsgType
from ainp_harness.wire.identity import Identity
from ainp_harness.wire.messages import Stamp
from scripts.http_lanes import Lane, http_request, open_lanes

AGENTS = 1_000
RATE = 2_000.0
SECONDS = 8.0
PER_DID = 95


async def deliveries(url: str, *, agents: int = AGENTS, rate: float = RATE, seconds: float = SECONDS) -> list[dict[str, object]]:
    """p50, p95 and p99 of the time from the sender's answer to the recipient's frame; 0 where the frame came first."""
    seed = os.urandom(4).hex()
    listening = [Identity.derived(seed, "listener", number) for number in range(agents)]
    host, port = str(urlsplit(url).hostname), int(urlsplit(url).port or 80)
    arrived: dict[str, float] = {}
    sockets = [await _open(url, identity) for identity in listening]
    tasks = [asyncio.create_task(_listen(socket, arrived)) for socket in sockets]
    acknowledged: dict[str, float] = {}
    lanes = await open_lanes(host, port, 128)
    free: asyncio.Queue[Lane] = asyncio.Queue()
    for lane in lanes:
        free.put_nowait(lane)
    count = int(rate * seconds)
    made = _intents(seed, listening, count, host)

    async def one(lane: Lane, identifier: str, request: bytes) -> None:
        if await lane.ask(request) == 202:
            acknowledged[identifier] = time.perf_counter()
        free.put_nowait(lane)

    begun = time.perf_counter()
    sending: set[asyncio.Task[None]] = set()
    for number, (identifier, request) in enumerate(made):
        if (early := begun + number / rate - time.perf_counter()) > 0:
            await asyncio.sleep(early)
        task = asyncio.create_task(one(await free.get(), identifier, request))
        sending.add(task)
        task.add_done_callback(sending.discard)
    took = time.perf_counter() - begun
    await asyncio.gather(*sending)
    await asyncio.sleep(1)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    await asyncio.gather(*(socket.close() for socket in sockets))
    for lane in lanes:
        lane.close()
    waits = sorted(max(0.0, arrived[identifier] - at) * 1000 for identifier, at in acknowledged.items() if identifier in arrived)
    lost = len(acknowledged) - len(waits)
    name = f"acknowledged to delivered, {agents:,} agents at {count / took:,.0f}/s"
    return [
        *(
            {"name": f"{name}: p{round(q * 100)}", "value": round(waits[int(q * (len(waits) - 1))], 2), "unit": "ms"}
            for q in (0.5, 0.95, 0.99)
        ),
        {"name": "acknowledged and not delivered within a second", "value": lost, "unit": "intents"},
    ]


async def _open(url: str, who: Identity) -> ClientConnection:
    target = f"/api/v1/ws?did={who.did}"
    proof = who.prove(method="GET", target=target, timestamp_ms=int(time.time() * 1000))
    return await connect(url.replace("http", "ws", 1) + target, additional_headers=proof, compression=None, ping_interval=None)


async def _listen(socket: ClientConnection, arrived: dict[str, float]) -> None:
    async for frame in socket:
        now = time.perf_counter()
        said = orjson.loads(frame)
        if "envelope" in said:
            arrived[said["envelope"]["id"]] = now
            await socket.send(orjson.dumps({"confirm": [said["delivery_id"]]}).decode())


def _intents(seed: str, listening: list[Identity], count: int, host: str) -> list[tuple[str, bytes]]:
    made = []
    for number in range(count):
        if number % PER_DID == 0:
            sender = Identity.derived(seed, "sender", number)
        identity = listening[number % len(listening)]
        stamp = Stamp(_uuid(), _uuid(), int(time.time() * 1000))
        note = messages.freeform_note("a short note", [1.0] + [0.0] * 15)
        envelope = messages.envelope(
            MsgType.INTENT, stamp, from_did=sender.did, to_did=identity.did, schema=messages.FREEFORM_NOTE_SCHEMA, payload=note
        )
        made.append((stamp.id, http_request("POST", "/api/v1/intents", host, orjson.dumps(sender.sign(envelope)))))
    return made


def _uuid() -> str:
    data = bytearray(os.urandom(16))
    data[6], data[8] = data[6] & 0x0F | 0x40, data[8] & 0x3F | 0x80
    text = data.hex()
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"
