"""A server of known truth, as a process of its own: `python truth_server.py DIR [--mode MODE]`.

It speaks just enough of the v1 surface for the phase load, stands still when a file `freeze` appears in DIR, and writes a ledger: one line
a request, with the times at which its head was read and its answer written.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import time
from pathlib import Path

SLOW = {"slow-confirm": ("/confirm", 1.2), "slow-advertise": ("/advertise", 0.6)}
"""Modes in which an answer waits, and what was asked for takes effect only then."""


class Truth:
    """The ledger, and what the server was told to do."""

    def __init__(self, options: argparse.Namespace) -> None:
        self.options = options
        self.ledger = (Path(options.folder) / "ledger.jsonl").open("a")
        self.frozen_until = 0.0
        self.dids: list[str] = []
        self.inbox: dict[str, list[dict[str, object]]] = {}

    def note(self, method: str, target: str, arrived_us: int, status: int, edge_token: str | None) -> None:
        line = {
            "method": method,
            "target": target,
            "arrived_us": arrived_us,
            "answered_us": time.time_ns() // 1000,
            "status": status,
            "edge_token": edge_token,
        }
        self.ledger.write(json.dumps(line) + "\n")
        self.ledger.flush()

    async def freeze_when_told(self) -> None:
        """Stand still: a blocking sleep, as a garbage collection or a lock would."""
        flag = Path(self.options.folder) / "freeze"
        while True:
            await asyncio.sleep(0.01)
            if flag.exists():
                flag.unlink()
                time.sleep(self.options.freeze_s)  # noqa: ASYNC251  # the loop is meant to stand still

    def answer(self, method: str, target: str, body: bytes) -> tuple[int, dict[str, str], object]:
        path = target.partition("?")[0]
        if self.options.mode == "no-broker":
            return 404, {}, {"detail": "Not Found"}
        if path == "/health/ready":
            return 200, {}, {"status": "ready", "checks": {"database": "ok", "redis": "ok", "nats": "ok"}}
        if path == "/health":
            return 200, {}, {"status": "healthy"}
        if path == "/api/v1/advertise":
            did = json.loads(body)["from_did"]
            self.dids.append(did)
            return 200, {}, {"did": did, "expires_at": 0}
        if path == "/api/v1/discovery":
            return self.discover(json.loads(body))
        if path == "/api/v1/intents":
            return self.intent(json.loads(body))
        if path.startswith("/api/v1/inbox/"):
            return self.mailbox(method, path, body)
        return 404, {}, {"error_code": "NOT_FOUND"}

    def discover(self, envelope: dict[str, object]) -> tuple[int, dict[str, str], object]:
        match self.options.mode:
            case "limited":
                return 429, {"Retry-After": "1"}, {"error_code": "RATE_LIMIT_EXCEEDED", "retry_after_ms": 1000}
            case "empty":
                return 200, {}, {"payload": {"matches": []}}
            case "garbage":
                return 200, {}, {"payload": {"matches": [{"did": {"not": "a text"}}]}}
        return 200, {}, {"payload": {"matches": [{"did": did, "score": 1.0} for did in self.dids]}, "trace_id": envelope["trace_id"]}

    def intent(self, envelope: dict[str, object]) -> tuple[int, dict[str, str], object]:
        self.inbox.setdefault(str(envelope["to_did"]), []).append({"delivery_id": str(envelope["id"]), "envelope": envelope})
        return 202, {}, {"status": "accepted", "id": envelope["id"], "recipients": [envelope["to_did"]]}

    def mailbox(self, method: str, path: str, body: bytes) -> tuple[int, dict[str, str], object]:
        did = path.split("/")[4]
        if method == "POST":
            confirmed = json.loads(body)["delivery_ids"]
            self.inbox[did] = [message for message in self.inbox.get(did, []) if message["delivery_id"] not in confirmed]
            return 204, {}, None
        return 200, {}, {"messages": self.inbox.get(did, [])}


async def serve(truth: Truth, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while head := await reader.readuntil(b"\r\n\r\n"):
            arrived_us = time.time_ns() // 1000
            lines = head.decode("latin-1").split("\r\n")
            method, target, _ = lines[0].split(" ")
            length = next((int(line.split(":")[1]) for line in lines if line.lower().startswith("content-length")), 0)
            edge_token = next((line.split(": ")[1] for line in lines if line.lower().startswith("x-edge-token")), None)
            body = await reader.readexactly(length)
            if truth.options.mode == "silent" and "discovery" in target:
                truth.note(method, target, arrived_us, 0, edge_token)
                continue
            slow, delay_s = SLOW.get(truth.options.mode, ("", 0.0))
            if slow and target.endswith(slow):
                await asyncio.sleep(delay_s)
            status, headers, value = truth.answer(method, target, body)
            data = b"" if value is None else json.dumps(value).encode()
            extra = "".join(f"{name}: {text}\r\n" for name, text in headers.items())
            length_header = "" if status == 204 else f"Content-Length: {len(data)}\r\n"
            writer.write(f"HTTP/1.1 {status} X\r\n{extra}{length_header}\r\n".encode() + data)
            truth.note(method, target, arrived_us, status, edge_token)
            await writer.drain()
    except (asyncio.IncompleteReadError, ConnectionError):
        pass
    finally:
        writer.close()


async def main(options: argparse.Namespace) -> None:
    truth = Truth(options)
    freezing = asyncio.create_task(truth.freeze_when_told())
    server = await asyncio.start_server(lambda reader, writer: serve(truth, reader, writer), "127.0.0.1", 0, backlog=1024)
    (Path(options.folder) / "port.new").write_text(str(server.sockets[0].getsockname()[1]))
    (Path(options.folder) / "port.new").rename(Path(options.folder) / "port")
    async with server:
        await asyncio.wait_for(freezing, options.life_s)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("folder")
    parser.add_argument("--mode", default="honest")
    parser.add_argument("--freeze-s", type=float, default=0.3)
    parser.add_argument("--life-s", type=float, default=60)
    asyncio.run(main(parser.parse_args()))
