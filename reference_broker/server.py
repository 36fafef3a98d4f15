"""The process: its services, uvicorn with one worker, and how it ends. A broker that is told to stop finishes what it has begun and
loses nothing."""

from __future__ import annotations

import asyncio
import gc
import signal
import socket
import sys
import time
from contextlib import suppress
from types import FrameType

import structlog
import uvicorn
import uvloop

from reference_broker.app import create_app, every_answer, front_door
from reference_broker.broker import Broker, new_instance_id, start_broker
from reference_broker.connections import Connection
from reference_broker.settings import Settings

FINISH_S = 60
"""Requests in flight may take so long after SIGTERM (deployment summary, zero-downtime deployment)."""

LAST_REQUESTS_S = 1.0
"""So long after SIGTERM kept connections are still answered, with `Connection: close`: their next request may be on its way."""

KEEP_ALIVE_S = 75
"""Longer than the idle time of common proxies and clients: whoever closes first must not be us, in the middle of a request."""

WEBSOCKET_FRAME_BYTES = 1_048_576
PING_S = 25

_log = structlog.get_logger("server")


class Server(uvicorn.Server):
    """uvicorn, whose shutdown begins with the broker's own."""

    def __init__(self, config: uvicorn.Config, broker: Broker) -> None:
        super().__init__(config)
        self._broker = broker

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        _log.info("listening")

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        _log.info("stopping")
        for server in self.servers:
            server.close()
        self.server_state.default_headers.append((b"connection", b"close"))
        await self._broker.drain()
        until = time.monotonic() + LAST_REQUESTS_S
        while self.server_state.connections and time.monotonic() < until:  # noqa: ASYNC110  # uvicorn tells nobody when one ends
            await asyncio.sleep(0.05)
        await super().shutdown(sockets)


def serve(settings: Settings) -> None:
    """Run until SIGTERM or SIGINT, then end with exit code 0.

    Raises:
        StartFailed: the services do not answer, or the database was made for other settings.
    """
    # uvicorn takes the signals over while it serves and raises them again at its end: before and after, they mean the same.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _leave)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_serve(settings))


async def _serve(settings: Settings) -> None:
    """It listens only once all its services have answered: a new instance takes no traffic before it is ready."""
    instance = new_instance_id()
    _log.info("starting", instance=instance, host=settings.host, port=settings.port, revision=settings.ainp_revision)
    broker = await start_broker(settings, instance)
    sweeping = asyncio.create_task(broker.sweep_for_ever())
    gc.collect()
    gc.freeze()  # what was made until here stays: later collections need not look at it
    gc.set_threshold(20_000, 20, 50)
    try:
        # One that instances share: what has connected to it and was not accepted yet is the other's when this one ends.
        inherited = None if settings.listen_fd is None else [socket.socket(fileno=settings.listen_fd)]
        await Server(_configuration(settings, broker), broker).serve(inherited)
    finally:
        sweeping.cancel()
        with suppress(asyncio.CancelledError):
            await sweeping
        await broker.stop()
        _log.info("stopped")


def _configuration(settings: Settings, broker: Broker) -> uvicorn.Config:
    return uvicorn.Config(
        front_door(create_app(broker)),
        host=settings.host,
        port=settings.port,
        http=Connection,
        interface="asgi3",
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        headers=list(every_answer(broker.instance).items()),
        timeout_keep_alive=KEEP_ALIVE_S,
        timeout_graceful_shutdown=FINISH_S,
        ws_max_size=WEBSOCKET_FRAME_BYTES,
        ws_ping_interval=PING_S,
        ws_ping_timeout=PING_S,
        ws_per_message_deflate=False,
    )


def _leave(_number: int, _frame: FrameType | None) -> None:
    sys.exit(0)
